//! Shares between accounts: who may read them, who is shown them, what they show and when, and how they end.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use harness::{Pintail, RawClient, raw};

use super::{account, code, listed, notices, succeed, wait_until};

const SHARED_WITH_ME: &str =
    "select name from md_information_schema.shared_with_me where name <> 'sample_data'";

#[test]
fn access_and_visibility_say_who_reads_and_who_is_shown() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (_, mut ann) = account(&pintail, "ann")?;
    let (_, mut bob) = account(&pintail, "bob")?;
    let (_, mut eve) = account(&pintail, "eve")?;
    succeed(&mut ann, "create database d; create table d.t as select 'of ann' as w")?;
    for (access, visibility, shown, readable) in [
        ("organization", "discoverable", true, true),
        ("organization", "hidden", false, true),
        ("unrestricted", "discoverable", true, true),
        ("unrestricted", "hidden", false, true),
        ("restricted", "discoverable", false, false),
        ("restricted", "hidden", false, false),
    ] {
        let what = format!("{access} {visibility}");
        let url = ann
            .value(&format!("create or replace share s from d (access {access}, visibility {visibility})"))?;
        assert_eq!(!listed(&mut bob, SHARED_WITH_ME)?.is_empty(), shown, "{what}");
        let in_all = bob.value(&format!(
            "select count(*) from md_all_databases() where fully_qualified_name = '{url}'"
        ))?;
        assert_eq!(in_all == "1", shown, "{what}");
        // Nobody is shown another's among his own.
        assert_eq!(listed(&mut bob, "from md_list_database_shares()")?, [""; 0], "{what}");
        let answer = bob.simple(&format!("attach '{url}' as theirs"))?;
        assert_eq!(raw::error_in(&answer).is_none(), readable, "{what}: {}", raw::lines(&answer));
        if readable {
            assert_eq!(bob.value("select w from theirs.t")?, "of ann");
            assert_eq!(code(&mut bob, "insert into theirs.t values ('x')")?, "25006");
            // What is attached is listed, hidden or not.
            assert_eq!(listed(&mut bob, SHARED_WITH_ME)?, ["s"], "{what}");
            succeed(&mut bob, "detach theirs")?;
        }
        // A grant opens it and shows it.
        succeed(&mut ann, "grant read on share s to bob")?;
        assert_eq!(listed(&mut bob, SHARED_WITH_ME)?, ["s"], "{what}");
        succeed(&mut bob, &format!("attach '{url}' as granted"))?;
        assert_eq!(bob.value("select w from granted.t")?, "of ann");
        if !readable {
            assert_eq!(code(&mut eve, &format!("attach '{url}'"))?, "3D000", "{what}");
        }
        succeed(&mut ann, "revoke read on share s from bob")?;
        if readable {
            assert_eq!(bob.value("select w from granted.t")?, "of ann", "{what}");
            succeed(&mut bob, "detach granted")?;
        } else {
            wait_until("the end of a revoked share", || Ok(bob.value("select w from granted.t").is_err()))?;
            let told = bob.failure("select w from granted.t")?;
            assert_eq!(told.code(), "3D000", "{told:?}");
            assert!(told.message().contains("may not be read any more"), "{told:?}");
            assert_eq!(listed(&mut bob, SHARED_WITH_ME)?, [""; 0], "{what}");
            assert_eq!(code(&mut bob, &format!("attach '{url}' as again"))?, "3D000", "{what}");
        }
    }
    Ok(())
}

#[test]
fn what_one_may_not_read_is_answered_as_if_it_were_not_there() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (_, mut ann) = account(&pintail, "ann")?;
    let (bob_target, mut bob) = account(&pintail, "bob")?;
    succeed(&mut ann, "create database secrets; create table secrets.t as select 'of ann' as w")?;
    let url = ann.value("create share s from secrets (access restricted, visibility hidden)")?;
    let none = "md:_share/secrets/9b0d6230-1361-421d-ae77-62d701d471e6";
    let words = |report: &harness::Report, url: &str| {
        report.0.iter().map(|(key, text)| format!("{key}{}", text.replace(url, "URL"))).collect::<Vec<_>>()
    };
    for form in
        ["attach 'URL'", "attach 'URL' as x", "attach if not exists 'URL'", "create database x from 'URL'"]
    {
        let (of_ann, of_none) =
            (bob.failure(&form.replace("URL", &url))?, bob.failure(&form.replace("URL", none))?);
        assert_eq!(of_ann.code(), "3D000", "{form}: {of_ann:?}");
        assert_eq!(words(&of_ann, &url), words(&of_none, none), "{form}");
    }
    for statement in [
        "update share s",
        "drop share s",
        "grant read on share s to bob",
        "create snapshot x of secrets",
        "create share x from secrets",
        "create database x from secrets",
        "create database x from 'md:secrets'",
        "attach 'md:secrets'",
        "use secrets",
        "detach secrets",
        "drop database secrets",
        "undrop database secrets",
        "alter database secrets rename to x",
        "copy from database secrets to my_db",
        "copy from database my_db to secrets",
        "refresh database secrets",
    ] {
        let answer = bob.simple(statement)?;
        let report = raw::error_in(&answer).unwrap_or_else(|| panic!("{statement} was not refused"));
        let other =
            bob.failure(&statement.replace("secrets", "nothing").replace("share s", "share nothing"))?;
        assert_eq!(report.code(), other.code(), "{statement}: {report:?} {other:?}");
        assert_eq!(
            report.message().replace("secrets", "nothing").replace("\"s\"", "\"nothing\""),
            other.message(),
            "{statement}"
        );
    }
    assert!(RawClient::refusal(&bob_target.database("secrets"), &[])?.code() == "3D000");
    Ok(())
}

#[test]
fn addresses_cannot_be_guessed() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    let mut numbers = BTreeSet::new();
    for _ in 0..40 {
        let url =
            client.value("create or replace share s from my_db (access unrestricted, visibility hidden)")?;
        let number = url.strip_prefix("md:_share/my_db/").unwrap_or_else(|| panic!("{url}")).to_owned();
        // A version 4 UUID: 122 random bits.
        assert_eq!((number.len(), &number[14..15]), (36, "4"), "{url}");
        assert!("89ab".contains(&number[19..20]), "{url}");
        numbers.insert(number);
    }
    assert_eq!(numbers.len(), 40);
    // Nothing in them counts up: every digit that is random varies.
    for place in (0..36).filter(|place| ![8, 13, 14, 18, 19, 23].contains(place)) {
        let digits: BTreeSet<_> = numbers.iter().map(|number| number.as_bytes()[place]).collect();
        assert!(digits.len() > 6, "digit {place} has only {} values of 40", digits.len());
    }
    // Those that were replaced are gone.
    let last = client.value("select url from md_list_database_shares()")?;
    for number in numbers.iter().filter(|number| !last.ends_with(number.as_str())) {
        assert_eq!(code(&mut client, &format!("attach 'md:_share/my_db/{number}' as x"))?, "3D000");
    }
    Ok(())
}

#[test]
fn a_share_that_ends_tells_its_readers() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (_, mut ann) = account(&pintail, "ann")?;
    let (target, mut bob) = account(&pintail, "bob")?;
    succeed(&mut ann, "create database d; create table d.t as select 1 as i")?;
    for end in [
        "drop share s",
        "create or replace share s from d",
        "drop database d cascade",
        "revoke read on share s from bob",
    ] {
        ann.simple("undrop database d")?;
        let url = ann.value("create or replace share s from d (access restricted)")?;
        succeed(&mut ann, "grant read on share s to bob")?;
        succeed(&mut bob, &format!("attach '{url}' as shown"))?;
        let mut inside = RawClient::connect(&target.database("shown"))?;
        let mut reading = RawClient::connect(&target)?;
        assert_eq!(inside.value("select i from t")?, "1");
        succeed(&mut reading, "begin; select i from shown.t")?;
        succeed(&mut ann, end)?;
        wait_until("the end of a share", || Ok(bob.value("select i from shown.main.t").is_err()))?;
        let report = bob.failure("select i from shown.main.t")?;
        assert_eq!(report.code(), "3D000", "{end}: {report:?}");
        assert!(report.message().contains("shown"), "{end}: {report:?}");
        // Where it was the current database: the next statement says why it is not.
        let answer = inside.simple("select current_database()")?;
        let told = notices(&answer).iter().any(|notice| notice.message().contains("share"));
        assert!(told && raw::lines(&answer).contains("DataRow my_db"), "{end}: {}", raw::lines(&answer));
        // A transaction that has read it cannot go on.
        let report = reading.failure("select i from shown.t")?;
        assert_eq!(report.code(), "55006", "{end}: {report:?}");
        assert!(report.message().contains("owner"), "{end}: {report:?}");
        succeed(&mut reading, "rollback")?;
        assert_eq!(RawClient::refusal(&target.database("shown"), &[])?.code(), "3D000", "{end}");
        assert_eq!(listed(&mut bob, "select alias from md_all_databases() where alias = 'shown'")?, [""; 0]);
        // The name is free.
        succeed(&mut bob, "create database shown; drop database shown")?;
    }
    Ok(())
}

#[test]
fn automatic_shares_follow_and_manual_ones_wait() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("SHARES_SETTLE_MS", "200")])?;
    let (_, mut ann) = account(&pintail, "ann")?;
    let (_, mut bob) = account(&pintail, "bob")?;
    succeed(&mut ann, "create database d; create table d.t as select 1 as i")?;
    let automatic = ann.value("create share a from d (update automatic)")?;
    let manual = ann.value("create share m from d (update manual)")?;
    succeed(&mut bob, &format!("attach '{automatic}' as a; attach '{manual}' as m"))?;
    for round in 2..6 {
        succeed(&mut ann, &format!("insert into d.t values ({round})"))?;
        let wanted = round.to_string();
        wait_until("an automatic share to follow", || Ok(bob.value("select count(*) from a.t")? == wanted))?;
        assert_eq!(bob.value("select count(*) from m.t")?, "1");
    }
    succeed(&mut ann, "update share m")?;
    succeed(&mut bob, "refresh database m")?;
    assert_eq!(bob.value("select count(*) from m.t")?, "5");
    // A transaction that is rolled back changes nothing, and DDL is a change.
    succeed(&mut ann, "begin; insert into d.t values (99); rollback; create view d.v as select 7 as seven")?;
    wait_until("a view in an automatic share", || Ok(bob.value("select seven from a.v").is_ok()))?;
    assert_eq!(bob.value("select count(*) from a.t")?, "5");
    Ok(())
}

#[test]
fn automatic_shares_follow_when_the_owner_leaves_or_crashes() -> anyhow::Result<()> {
    let settings = [("SHARES_SETTLE_MS", "600000"), ("DUCKLING_COOLDOWN_S", "1")];
    let mut pintail = Pintail::configured(&settings)?;
    let (ann_target, mut ann) = account(&pintail, "ann")?;
    let (bob_target, mut bob) = account(&pintail, "bob")?;
    succeed(&mut ann, "create database d; create table d.t as select 1 as i")?;
    let url = ann.value("create share a from d (update automatic)")?;
    succeed(&mut bob, &format!("attach '{url}' as a"))?;
    succeed(&mut ann, "insert into d.t values (2)")?;
    assert_eq!(bob.value("select count(*) from a.t")?, "1");
    drop(ann);
    wait_until("publication at the end of a process", || Ok(bob.value("select count(*) from a.t")? == "2"))?;
    // A crash before it: published when the owner comes back.
    let mut ann = RawClient::connect(&ann_target)?;
    succeed(&mut ann, "insert into d.t values (3)")?;
    assert_eq!(bob.value("select count(*) from a.t")?, "2");
    pintail.crash()?;
    pintail.start_again()?;
    let port = pintail.target().port;
    let _ann = RawClient::connect(&harness::Target { port, ..ann_target })?;
    let mut bob = RawClient::connect(&harness::Target { port, ..bob_target })?;
    wait_until("publication after a crash", || Ok(bob.value("select count(*) from a.t")? == "3"))?;
    Ok(())
}

/// Two tables that every transaction of the writer changes together.
const TOGETHER: &str =
    "select (select n from shown.a), (select n from shown.b), (select count(*) from shown.c)";

#[test]
fn a_reader_never_sees_a_mixture() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (_, mut ann) = account(&pintail, "ann")?;
    let (target, mut bob) = account(&pintail, "bob")?;
    succeed(
        &mut ann,
        "create database d; use d; create table a as select 0 as n; create table b as select 0 as n; \
         create table c(i int, pad varchar)",
    )?;
    let url = ann.value("create share s from d")?;
    succeed(&mut bob, &format!("attach '{url}' as shown"))?;
    let (over, published, read) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| -> anyhow::Result<()> {
        let readers = (0..4).map(|number| {
            let (over, read, target) = (&over, &read, &target);
            scope.spawn(move || read_along(target, number, over, read))
        });
        let readers: Vec<_> = readers.collect();
        let until = Instant::now() + Duration::from_secs(8);
        let mut round = 0;
        while Instant::now() < until {
            round += 1;
            succeed(
                &mut ann,
                &format!(
                    "begin; update a set n = {round}; insert into c values ({round}, repeat('x', 1000)); \
                     update b set n = {round}; commit"
                ),
            )?;
            if round % 3 == 0 {
                succeed(&mut ann, "update share s")?;
                published.fetch_add(1, Ordering::Relaxed);
            }
        }
        over.store(true, Ordering::Relaxed);
        readers.into_iter().try_for_each(|reader| reader.join().expect("a reader"))
    })?;
    let (published, read) = (published.into_inner(), read.into_inner());
    println!("{published} publications, {read} readings");
    assert!(published > 5 && read > 50, "{published} publications, {read} readings");
    succeed(&mut ann, "update share s")?;
    let rows = bob.rows("refresh database shown").and_then(|_| bob.rows(TOGETHER))?;
    assert_eq!(rows[0][0], rows[0][1]);
    Ok(())
}

fn read_along(
    target: &harness::Target,
    number: usize,
    over: &AtomicBool,
    read: &AtomicU64,
) -> anyhow::Result<()> {
    let mut client = RawClient::connect(target)?;
    let mut last = 0;
    let mut seen = BTreeSet::new();
    let value = |value: &Option<String>| value.as_deref().unwrap_or_default().parse::<u64>();
    while !over.load(Ordering::Relaxed) {
        let rows = client.rows(TOGETHER)?;
        let (a, b, c) = (value(&rows[0][0])?, value(&rows[0][1])?, value(&rows[0][2])?);
        anyhow::ensure!(a == b && b == c, "a mixture: {a} {b} {c}");
        anyhow::ensure!(a >= last, "it goes back: {last}, then {a}");
        last = a;
        seen.insert(a);
        if number.is_multiple_of(2) {
            // In a transaction it stays as it is.
            succeed(&mut client, "begin")?;
            let first = client.value("select n from shown.a")?;
            thread::sleep(Duration::from_millis(60));
            let second = client.value("select n from shown.b")?;
            let rows = client.rows(TOGETHER)?;
            succeed(&mut client, "commit")?;
            anyhow::ensure!(first == second, "a mixture in a transaction: {first} {second}");
            anyhow::ensure!(rows[0].iter().all(|value| value.as_ref() == Some(&first)), "{first}: {rows:?}");
        }
        read.fetch_add(1, Ordering::Relaxed);
    }
    anyhow::ensure!(seen.len() > 2, "reader {number} saw only {seen:?}");
    Ok(())
}

#[test]
fn a_view_in_a_share_acts_for_nobody() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (_, mut ann) = account(&pintail, "ann")?;
    let (_, mut bob) = account(&pintail, "bob")?;
    // Both have a sequence and a table of the same names.
    for client in [&mut ann, &mut bob] {
        succeed(client, "create sequence my_db.ids; create table my_db.theirs (i int)")?;
        succeed(client, "select nextval('my_db.main.ids') from range(9)")?;
    }
    succeed(
        &mut ann,
        "create database d; create table d.t as select 1 as i; \
         create view d.sets as select i, setval('my_db.main.ids', 1) as x from d.main.t; \
         create view d.takes as select i, nextval('my_db.main.ids') as x from d.main.t",
    )?;
    let url = ann.value("create share s from d")?;
    succeed(&mut bob, &format!("attach '{url}'"))?;
    for sql in ["select * from d.sets", "select * from d.takes", "select count(x) from d.sets"] {
        assert_eq!(code(&mut bob, sql)?, "42501", "{sql}");
    }
    assert_eq!(bob.value("select nextval('my_db.main.ids')")?, "10");
    // What is told of the account is no part of an address.
    let told = "create view d.sends as select * from read_csv('http://localhost/x?' || hex(__pintail_tell('history')))";
    assert_eq!(code(&mut ann, told)?, "42883");
    assert_eq!(
        code(&mut bob, "select * from read_csv('http://localhost/x?' || pg_advisory_lock(1))")?,
        "0A000"
    );
    Ok(())
}
