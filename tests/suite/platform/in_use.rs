//! DROP, RENAME, DETACH and OR REPLACE of a database that others use: who is named, and what CASCADE does to them.

use harness::{Batch, Bind, Pintail, RawClient, raw};

use super::{notices, succeed};

const CHANGES: [&str; 4] =
    ["drop database d", "alter database d rename to e", "detach d", "create or replace database d"];

fn named(pintail: &Pintail, name: &str) -> anyhow::Result<RawClient> {
    RawClient::connect_with(&pintail.target(), &[("options", &format!("--session_name={name}"))])
}

#[test]
fn the_users_are_named() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut one = RawClient::connect(&pintail.target())?;
    succeed(&mut one, "create database d; create table d.t as select range as i from range(5000)")?;
    let mut two = named(&pintail, "nightly")?;
    let (number, _) = two.key()?;
    let refuse = |one: &mut RawClient, why: &str| -> anyhow::Result<()> {
        for change in CHANGES {
            for extended in [false, true] {
                let answer = if extended { one.extended(change)? } else { one.simple(change)? };
                let report =
                    raw::error_in(&answer).unwrap_or_else(|| panic!("{change} was not refused: {why}"));
                assert_eq!(report.code(), "55006", "{why}: {change}: {report:?}");
                let detail = report.field('D');
                assert!(
                    detail.contains(&number.to_string()) && detail.contains("nightly"),
                    "{why}: {report:?}"
                );
                assert!(!report.hint().is_empty(), "{report:?}");
            }
        }
        Ok(())
    };
    succeed(&mut two, "use d")?;
    refuse(&mut one, "it is where another session is")?;
    succeed(&mut two, "use my_db; begin; use d")?;
    refuse(&mut one, "another session has gone there in a transaction")?;
    succeed(&mut two, "rollback; begin; select count(*) from d.t")?;
    refuse(&mut one, "a transaction has read it")?;
    succeed(&mut two, "rollback; begin; insert into d.t values (1)")?;
    refuse(&mut one, "a transaction has written to it")?;
    succeed(&mut two, "rollback")?;
    // A portal that is not finished.
    let portal = Bind { portal: "p", ..Bind::default() };
    two.send(
        &Batch::new()
            .query("begin")
            .parse("", "select i from d.t", &[])
            .bind(&portal)
            .execute("p", 10)
            .sync(),
    )?;
    two.until_ready()?;
    two.until_ready()?;
    refuse(&mut one, "a portal reads it")?;
    succeed(&mut two, "commit")?;
    // A statement that runs.
    two.send(
        &Batch::new().query("select count(*) from d.t a, d.t b, d.t c where (a.i * b.i + c.i) % 7 = 3"),
    )?;
    std::thread::sleep(std::time::Duration::from_millis(700));
    refuse(&mut one, "a statement reads it")?;
    raw::cancel(&pintail.target(), number, &two.key()?.1)?;
    two.until_ready()?;
    // Nothing of all that has changed anything, and then it may.
    succeed(
        &mut one,
        "create or replace database d; alter database d rename to e; detach e; attach 'md:e'; drop database e",
    )?;
    Ok(())
}

#[test]
fn cascade_takes_it_away() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut one = RawClient::connect(&pintail.target())?;
    let mut two = RawClient::connect(&pintail.target())?;
    succeed(&mut one, "create database d; create table d.t as select 1 as i")?;
    succeed(&mut two, "use d; prepare p as select i from t")?;
    succeed(&mut one, "drop database d cascade")?;
    let answer = two.simple("select current_database()")?;
    let told = notices(&answer);
    assert!(
        told.iter().any(|notice| notice.message().contains("\"d\" was dropped")),
        "{}",
        raw::lines(&answer)
    );
    assert!(raw::lines(&answer).contains("DataRow my_db"), "{}", raw::lines(&answer));
    // Once.
    assert!(notices(&two.simple("select 1")?).is_empty());
    assert!(two.simple("execute p").map(|answer| raw::error_in(&answer).is_some())?);
    succeed(&mut two, "create table mine as select 1 as i; drop table mine")?;
    // A transaction that has used it can only be rolled back; what it wrote elsewhere is not there.
    for (touch, last) in [
        ("select i from d.t", "select 1"),
        ("insert into d.t values (2)", "commit"),
        ("select i from d.t; insert into my_db.kept values (1)", "commit"),
    ] {
        succeed(&mut one, "undrop database d; create or replace table my_db.kept(i int)")?;
        succeed(&mut two, &format!("begin; {touch}"))?;
        succeed(&mut one, "drop database d cascade")?;
        let report = two.failure(last)?;
        assert_eq!(report.code(), "55006", "{touch}: {report:?}");
        assert!(report.message().contains("\"d\" was dropped"), "{report:?}");
        succeed(&mut two, "rollback")?;
        assert_eq!(two.value("select count(*) from my_db.kept")?, "0");
    }
    succeed(&mut one, "undrop database d")?;
    assert_eq!(one.value("select count(*) from d.t")?, "1");
    // A statement that runs meanwhile ends in one way or the other, and the session goes on.
    succeed(&mut one, "insert into d.t select range from range(3000)")?;
    two.send(
        &Batch::new().query("select count(*) from d.t a, d.t b, d.t c where (a.i * b.i + c.i) % 7 = 3"),
    )?;
    std::thread::sleep(std::time::Duration::from_millis(300));
    let (number, secret) = two.key()?;
    let dropped = one.simple("drop database d cascade")?;
    println!("while it is read: {}", raw::lines(&dropped));
    raw::cancel(&pintail.target(), number, &secret)?;
    two.until_ready()?;
    assert_eq!(two.value("select 1")?, "1");
    assert_eq!(two.value("select current_database()")?, "my_db");
    Ok(())
}

#[test]
fn a_copy_into_a_database_that_is_dropped_says_so() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (mut one, mut two) = (RawClient::connect(&pintail.target())?, RawClient::connect(&pintail.target())?);
    succeed(&mut one, "create database d; create table d.t(i int)")?;
    two.send(&Batch::new().query("copy d.t from stdin").copy_data(b"1\n"))?;
    two.receive()?;
    std::thread::sleep(std::time::Duration::from_millis(200));
    let refused = one.failure("drop database d")?;
    assert_eq!(refused.code(), "55006", "{refused:?}");
    succeed(&mut one, "drop database d cascade")?;
    // What goes on in the old one must not find a new one.
    assert_eq!(one.failure("create database d")?.code(), "55006");
    two.send(&Batch::new().copy_data(b"2\n").copy_done())?;
    let answer = two.until_ready()?;
    let report = raw::error_in(&answer).expect("an error");
    assert_eq!(report.code(), "55006", "{report:?}");
    assert!(report.message().contains("\"d\" was dropped by another session"), "{report:?}");
    succeed(&mut one, "undrop database d")?;
    assert_eq!(two.value("select count(*) from d.t")?, "0");
    Ok(())
}

#[test]
fn renaming_leaves_no_session_broken() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut one = RawClient::connect(&pintail.target())?;
    let mut two = RawClient::connect(&pintail.target())?;
    succeed(&mut one, "create database d; create table d.t as select 1 as i")?;
    for (statement, name) in [
        ("alter database d rename to e", "e"),
        ("alter database e set alias to d", "d"),
        ("alter database d rename to \"D d\"", "D d"),
        ("alter database \"d D\" rename to d", "d"),
    ] {
        let present = one_name(&mut one)?;
        succeed(&mut one, &format!("use \"{present}\""))?;
        for extended in [false, true] {
            let answer = if extended { one.extended(statement)? } else { one.simple(statement)? };
            let is_first = !extended;
            // The second time it is not there under that name any more, or the same as before.
            assert!(
                raw::error_in(&answer).is_none() == is_first || statement.contains("d D"),
                "{}",
                raw::lines(&answer)
            );
        }
        assert_eq!(one.value("select concat('a', current_database())")?, format!("a{name}"));
        assert_eq!(one.value("select i from t")?, "1");
        succeed(
            &mut one,
            "create or replace view v as select i + 1 as j from t; create or replace macro m(x) as x + 1",
        )?;
        assert_eq!(one.value("select m(j) from v")?, "3");
        assert_eq!(two.value(&format!("select i from \"{name}\".t"))?, "1");
        assert_eq!(two.value("select concat('a', 1)")?, "a1");
    }
    Ok(())
}

/// The name of the database that is neither the default one nor sample data.
fn one_name(client: &mut RawClient) -> anyhow::Result<String> {
    client.value("select alias from md_all_databases() where type = 'motherduck' and alias <> 'my_db'")
}

#[test]
fn many_sessions_change_the_same_names_and_nobody_waits_for_ever() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let work = |number: usize| {
            let target = &target;
            move || -> anyhow::Result<()> {
                let mut client = RawClient::connect(target)?;
                for round in 0..15 {
                    for statement in [
                        "create database if not exists d".to_owned(),
                        "create or replace database d".to_owned(),
                        format!("alter database d rename to d{number}"),
                        format!("alter database d{number} rename to d"),
                        "drop database if exists d cascade".to_owned(),
                    ] {
                        let answer = client.simple(&statement)?;
                        if let Some(report) = raw::error_in(&answer) {
                            let known = ["55006", "42P04", "3D000"].contains(&report.code());
                            anyhow::ensure!(known, "{round}: {statement}: {report:?}");
                        }
                    }
                }
                Ok(())
            }
        };
        let threads: Vec<_> = (0..6).map(|number| scope.spawn(work(number))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a session"))
    })?;
    let mut client = RawClient::connect(&target)?;
    succeed(&mut client, "create or replace database d; create table d.t as select 1 as i; drop database d")?;
    Ok(())
}
