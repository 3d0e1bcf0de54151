//! `pintail backup` and `pintail restore`: while others write, row by row; and what is not whole is refused.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context, ensure};
use harness::{Pintail, RawClient, Target, config};

fn run(program: &mut Command) -> anyhow::Result<String> {
    let output = program.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    ensure!(output.status.success(), "{}", text(&output.stderr));
    Ok(text(&output.stdout))
}

fn restore(archive: &Path, data: &Path) -> anyhow::Result<String> {
    run(Command::new(config::pintail_bin()).args(["restore", "--json", "--data-dir"]).arg(data).arg(archive))
}

/// A server with two accounts: databases, a table with what types there are, a view, a snapshot, a share, tokens.
fn filled() -> anyhow::Result<(Pintail, Target)> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    for statement in [
        "create table kept as select i, 'row ' || i as t, i / 3.0 as d, date '2020-01-01' + i::integer as day, \
         [i, i + 1] as l, {'a': i} as s from range(20000) r(i)",
        "create view seen as select count(*) as n from kept",
        "create database second",
        "create table second.t as select 7 as i",
        "create snapshot first of second",
        "insert into second.t values (8)",
        "create share shown from second",
        "create database gone",
        "create table gone.t as select 'found-nowhere' as t",
        "drop database gone",
        "create database detached",
        "create table detached.t as select 9 as i",
        "detach detached",
    ] {
        client.rows(statement).context(statement)?;
    }
    let ann = pintail.other_account("ann")?;
    RawClient::connect(&ann)?.rows("create table anns as select 'ann' as name")?;
    pintail.command_reading(&["account", "password", "ann"], "open sesame\n")?;
    pintail.command(&["token", "create", "--account", "ann", "--name", "token-of-ann"])?;
    pintail.command(&["token", "create", "--name", "token-of-default"])?;
    Ok((pintail, ann))
}

/// What a writer does: both numbers are the same at the end of every transaction, and the first is that of the last one.
const WRITTEN: &str = "select max(i) || ' ' || count(*) || ' ' || count(distinct i) from written";

#[test]
fn everything_comes_back_row_by_row_although_others_write() -> anyhow::Result<()> {
    let (mut pintail, ann) = filled()?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    client.rows("create table written (i bigint, half integer)")?;
    let folder = tempfile::tempdir()?;
    let archive = folder.path().join("all.tar");
    let stop = AtomicBool::new(false);
    let written = thread::scope(|scope| -> anyhow::Result<u64> {
        let writing = scope.spawn(|| -> anyhow::Result<u64> {
            let mut writer = RawClient::connect(&target)?;
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                number += 1;
                let sql = format!("begin; insert into written values ({number}, 1); insert into written values ({number}, 2); commit");
                writer.simple(&sql)?;
            }
            Ok(number)
        });
        thread::sleep(Duration::from_millis(300));
        let taken = pintail.command(&["backup", "--json", &archive.to_string_lossy()])?;
        let taken: serde_json::Value = serde_json::from_str(&taken)?;
        assert_eq!(taken["accounts"], serde_json::json!(["default", "ann"]));
        // my_db, second, detached; ann's my_db.
        assert_eq!((taken["databases"].as_u64(), taken["copies"].as_u64()), (Some(4), Some(3)), "{taken}");
        stop.store(true, Ordering::Relaxed);
        writing.join().expect("the writer")
    })?;
    let kept = client.rows("select * from kept order by i")?;
    assert_eq!(client.value("select sum(i) from second.t")?, "15");
    let refused = pintail.command(&["backup", &archive.to_string_lossy()]).expect_err("it is there already");
    assert!(refused.to_string().contains("exists"), "{refused}");
    assert!(!String::from_utf8_lossy(&fs::read(&archive)?).contains("found-nowhere"), "what was dropped");
    let left = fs::read_dir(pintail.data())?.filter_map(Result::ok);
    let left: Vec<_> =
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with("backup-")).collect();
    assert!(left.is_empty(), "{left:?}");
    drop(client);

    // In the place of what there was.
    pintail.crash()?;
    fs::remove_dir_all(pintail.data())?;
    restore(&archive, &pintail.data())?;
    pintail.start_again()?;
    let mut client = RawClient::connect(&pintail.target().password(&target.password))?;
    assert_eq!(client.rows("select * from kept order by i")?, kept);
    assert_eq!(client.value("select n from seen")?, "20000");
    assert_eq!(client.value("select sum(i) from second.t")?, "15");
    client.rows("create database of_first from snapshot first")?;
    assert_eq!(client.value("select sum(i) from of_first.t")?, "7");
    client.rows("attach 'md:detached'")?;
    assert_eq!(client.value("select i from detached.t")?, "9");
    assert_eq!(client.value("select string_agg(name) from md_list_database_shares()")?, "shown");
    assert!(client.value("select count(*) > 0 from sample_data.nyc.taxi")? == "t");
    let found = client.value(WRITTEN)?;
    let parts: Vec<u64> = found.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    assert!(parts[0] > 0 && parts[0] <= written, "{found} of {written}");
    assert_eq!(
        (parts[1], parts[2]),
        (2 * parts[0], parts[0]),
        "every transaction that is there is whole, and none is missing before"
    );
    println!("the backup has {} of {written} transactions", parts[0]);
    let ann = pintail.target().password(&ann.password);
    assert_eq!(RawClient::connect(&ann)?.value("select name from anns")?, "ann");
    let by_password = psql(&pintail, "@ann", "open sesame")?;
    assert_eq!(by_password, "ann");
    Ok(())
}

fn psql(pintail: &Pintail, user: &str, password: &str) -> anyhow::Result<String> {
    let target = pintail.target();
    let connection = format!(
        "host={} port={} user={user} dbname=md: sslmode=verify-full sslrootcert={}",
        target.host,
        target.port,
        target.ca_file.display()
    );
    run(Command::new("psql")
        .args(["-XAtc", "select name from anns", &connection])
        .env("PGPASSWORD", password))
}

#[test]
fn one_account_comes_back_alone() -> anyhow::Result<()> {
    let (mut pintail, ann) = filled()?;
    let folder = tempfile::tempdir()?;
    let archive = folder.path().join("ann.tar");
    pintail.command(&["backup", &archive.to_string_lossy(), "--account", "ANN"])?;
    let bytes = fs::read(&archive)?;
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(holds(b"token-of-ann") && !holds(b"token-of-default"), "nothing of others");
    let nobody = pintail.command(&["backup", "x.tar", "--account", "nobody"]).expect_err("nobody");
    assert!(nobody.to_string().contains("does not exist"), "{nobody}");
    let former = pintail.target();
    // Processes that do not run are started for it.
    pintail.crash()?;
    pintail.start_again()?;
    let again = folder.path().join("again.tar");
    pintail.command(&["backup", &again.to_string_lossy()])?;
    assert_eq!(pintail.ducklings().len(), 2);
    pintail.crash()?;
    fs::remove_dir_all(pintail.data())?;
    restore(&archive, &pintail.data())?;
    pintail.start_again()?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target.password(&ann.password))?;
    assert_eq!(client.value("select name from anns")?, "ann");
    assert_eq!(RawClient::refusal(&target.password(&former.password), &[])?.code(), "28P01");
    Ok(())
}

#[test]
fn what_is_damaged_or_in_the_way_is_refused_and_nothing_is_written() -> anyhow::Result<()> {
    let (pintail, _) = filled()?;
    let folder = tempfile::tempdir()?;
    let archive = folder.path().join("all.tar");
    pintail.command(&["backup", &archive.to_string_lossy()])?;
    let whole = fs::read(&archive)?;
    let changed = folder.path().join("changed.tar");
    let data = folder.path().join("data");
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..20 {
        let at = random.usize(0..whole.len());
        let mut bytes = whole.clone();
        if round % 2 == 0 {
            bytes[at] ^= 1 << random.u8(0..8);
        } else {
            bytes.truncate(at);
        }
        fs::write(&changed, bytes)?;
        let refused = restore(&changed, &data).expect_err("it is damaged").to_string();
        assert!(refused.contains("is damaged"), "byte {at}: {refused}");
        assert!(!data.exists(), "byte {at}");
    }
    let occupied = restore(&archive, &pintail.data()).expect_err("a server's").to_string();
    assert!(occupied.contains("is not empty"), "{occupied}");
    let missing = restore(&folder.path().join("none.tar"), &data).expect_err("none").to_string();
    assert!(missing.contains("none.tar"), "{missing}");
    // An attempt that was killed is begun anew, and no server takes the half of it.
    fs::create_dir_all(data.join("shares"))?;
    fs::write(data.join("restoring"), "")?;
    let serve = run(Command::new(config::pintail_bin()).args(["account", "list", "--data-dir"]).arg(&data));
    assert!(serve.expect_err("unfinished").to_string().contains("repeat"));
    restore(&archive, &data)?;
    let accounts =
        run(Command::new(config::pintail_bin()).args(["account", "list", "--data-dir"]).arg(&data))?;
    assert!(accounts.contains("ann"), "{accounts}");
    Ok(())
}

/// A transaction that somebody leaves open does not keep the operator from a backup.
#[test]
fn an_open_transaction_is_ended_in_the_end() -> anyhow::Result<()> {
    let (pintail, ann) = filled()?;
    let mut writer = RawClient::connect(&ann)?;
    writer.rows("begin")?;
    // One that only adds rows would be in nobody's way.
    writer.rows("update anns set name = 'never committed'")?;
    let archive = pintail.data().with_file_name("all.tar");
    pintail.command(&["backup", &archive.display().to_string()])?;
    let ended = writer.simple("select 1");
    let code =
        ended.ok().and_then(|answer| harness::raw::error_in(&answer).map(|error| error.code().to_owned()));
    ensure!(code.is_none_or(|code| code == "57P01"), "the session goes on");
    let folder = tempfile::tempdir()?;
    let summary = restore(&archive, &folder.path().join("data"))?;
    ensure!(summary.contains("ann"), "{summary}");
    Ok(())
}
