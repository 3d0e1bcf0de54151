//! Databases whose files cannot be read: each is lost by itself, says so, and is brought back by what the account has.

use std::{fs, os::unix::fs::FileExt, path::PathBuf};

use anyhow::Context;
use harness::{Pintail, RawClient, process::is_running};
use rustix::process::{Pid, Signal, kill_process};

use super::{code, listed, succeed, wait_until};

/// The file of the database that was made last.
fn newest(pintail: &Pintail) -> anyhow::Result<PathBuf> {
    let folder = pintail.data().join("accounts/1/db");
    let entries = fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))?;
    let files = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    let files = files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "duckdb"));
    let number = |path: &PathBuf| path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
    Ok(files.max_by_key(number).expect("a database"))
}

/// Kills the account's process, which leaves its logs as they are, and the server.
fn crash(pintail: &mut Pintail) -> anyhow::Result<()> {
    let process = pintail.duckling()?;
    let number = i32::try_from(process).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(number, Signal::KILL)?;
    wait_until("the end of the account's process", || Ok(!is_running(process)))?;
    pintail.crash()?;
    Ok(())
}

/// Overwrites the headers.
fn damage(pintail: &Pintail) -> anyhow::Result<()> {
    let file = fs::OpenOptions::new().write(true).open(newest(pintail)?)?;
    Ok(file.write_all_at(&[0xa5; 12_288], 0)?)
}

#[test]
fn one_that_cannot_be_opened_takes_no_other_away() -> anyhow::Result<()> {
    let mut pintail = Pintail::start()?;
    pintail.expect_errors();
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(
        &mut client,
        "create table my_db.t as select 1 as i; create database d; create table d.t as select 2 as i; create snapshot s of d",
    )?;
    drop(client);
    crash(&mut pintail)?;
    damage(&pintail)?;
    pintail.start_again()?;
    let mut client = RawClient::connect(&pintail.target())?;
    assert_eq!(client.value("select i from t")?, "1");
    for statement in [
        "select * from d.t",
        "insert into d.main.t values (1)",
        "use d",
        "use d.main",
        "alter database d rename to e",
        "create snapshot of d",
        "create share of_d from d",
        "create database x from d",
        "copy from database d to my_db",
        "attach 'md:d'",
    ] {
        let told = client.failure(statement)?;
        assert_eq!(told.code(), "58030", "{statement}: {told:?}");
        assert!(told.message().contains("\"d\" cannot be opened"), "{statement}: {told:?}");
        assert!(!format!("{told:?}").contains("accounts"), "{statement}: {told:?}");
    }
    assert_eq!(code(&mut client, "create database d")?, "42P04");
    assert_eq!(
        listed(
            &mut client,
            "select alias, is_attached from md_all_databases() where alias <> 'sample_data'"
        )?,
        ["d|f", "my_db|t"]
    );
    let Err(refused) = RawClient::connect(&pintail.target().database("md:d")) else {
        panic!("it was let in")
    };
    assert!(format!("{refused:?}").contains("58030"), "{refused:?}");
    // In another process as in this one.
    succeed(&mut client, "create or replace database d from snapshot s")?;
    assert_eq!(client.value("select i from d.t")?, "2");
    drop(client);
    crash(&mut pintail)?;
    damage(&pintail)?;
    pintail.start_again()?;
    let mut client = RawClient::connect(&pintail.target())?;
    assert_eq!(code(&mut client, "select * from d.t")?, "58030");
    succeed(&mut client, "drop database d")?;
    assert_eq!(code(&mut client, "select * from d.main.t")?, "3D000");
    assert_eq!(code(&mut client, "undrop database d")?, "58030");
    succeed(&mut client, "create database d; create table d.t as select 3 as i")?;
    assert_eq!(client.value("select i from d.t")?, "3");
    Ok(())
}

#[test]
fn a_log_that_cannot_be_replayed_takes_no_other_database_away() -> anyhow::Result<()> {
    let mut pintail = Pintail::start()?;
    pintail.expect_errors();
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(
        &mut client,
        "create table my_db.t as select 1 as i; create database d; create table d.t as select 2 as i; checkpoint d; \
         insert into d.t select range from range(100)",
    )?;
    drop(client);
    crash(&mut pintail)?;
    let log = newest(&pintail)?.with_extension("duckdb.wal");
    let length = fs::metadata(&log)?.len();
    assert!(length > 300, "{length} bytes");
    fs::OpenOptions::new().write(true).open(&log)?.write_all_at(&[0xa5; 40], length / 2)?;
    pintail.start_again()?;
    let mut client = RawClient::connect(&pintail.target())?;
    assert_eq!(client.value("select i from t")?, "1");
    let told = client.failure("select * from d.t")?;
    assert_eq!(told.code(), "58030", "{told:?}");
    Ok(())
}
