//! Snapshots beyond what a file of statements shows, quotas, and what survives the process.

use std::{fs, path::Path};

use harness::{Pintail, RawClient};

use super::{code, listed, succeed, wait_until};

/// The sizes of all files below a folder.
fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            if entry.path().is_dir() { bytes(&entry.path()) } else { entry.metadata().map_or(0, |m| m.len()) }
        })
        .sum()
}

#[test]
fn everything_outlives_the_process() -> anyhow::Result<()> {
    let mut pintail = Pintail::configured(&[("DUCKLING_COOLDOWN_S", "0")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(
        &mut client,
        "create database d; create table d.t as select range as i from range(1000); create snapshot n of d; \
         insert into d.t values (7); create share s from d (access restricted, update automatic); \
         create database gone from d; drop database gone; create database away; create table away.t as select 5 as i; \
         detach away; detach sample_data; alter database my_db rename to first; create token t",
    )?;
    let url = client.value("select url from md_list_database_shares()")?;
    succeed(&mut client, &format!("attach '{url}' as shown"))?;
    let state = "select * from md_all_databases() union all select name, false, url, access || visibility || update from \
                 md_list_database_shares() union all select snapshot_name, false, snapshot_id::varchar, database_name \
                 from md_information_schema.database_snapshots union all select name, false, uuid::varchar, \
                 created_ts::varchar from md_information_schema.databases";
    let before = listed(&mut client, state)?;
    for round in ["the process", "the server", "a crash"] {
        match round {
            "the process" => {
                let pid = pintail.duckling()?;
                drop(client);
                wait_until("the end of an idle process", || Ok(!harness::process::is_running(pid)))?;
            }
            "the server" => pintail.start_again()?,
            _ => {
                pintail.crash()?;
                pintail.start_again()?;
            }
        }
        client = RawClient::connect(&pintail.target())?;
        assert_eq!(listed(&mut client, state)?, before, "after {round}");
        assert_eq!(client.value("select current_database()")?, "first");
        assert_eq!(client.value("select count(*) from d.t")?, "1001");
        assert_eq!(client.value("select count(*) from shown.t")?, "1001");
        assert_eq!(code(&mut client, "select * from sample_data.nyc.taxi limit 1")?, "3D000");
        assert_eq!(code(&mut client, "select i from away.main.t")?, "3D000");
    }
    succeed(&mut client, "undrop database gone; attach 'md:away'; create database old from snapshot n")?;
    assert_eq!(client.value("select (select count(*) from gone.t) + (select i from away.t)")?, "1006");
    assert_eq!(client.value("select count(*) from old.t")?, "1000");
    Ok(())
}

#[test]
fn a_dropped_database_is_purged_after_its_time() -> anyhow::Result<()> {
    let mut pintail = Pintail::configured(&[("DATABASES_RETENTION_S", "1"), ("DUCKLING_COOLDOWN_S", "0")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    let accounts = pintail.data().join("accounts");
    succeed(&mut client, "create database empty; checkpoint")?;
    let before = bytes(&accounts);
    succeed(
        &mut client,
        "create database d; create table d.t as select range as i, hash(range) as h from range(500000); checkpoint d; \
         create snapshot s of d",
    )?;
    let full = bytes(&accounts);
    assert!(full > before + 4_000_000, "{before} {full}");
    succeed(&mut client, "drop database d")?;
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!(code(&mut client, "undrop database d")?, "3D000");
    assert_eq!(client.value("select count(*) from md_information_schema.database_snapshots")?, "0");
    drop(client);
    // At the server's start.
    pintail.start_again()?;
    wait_until("the files of a purged database to go", || Ok(bytes(&accounts) < before + 1_000_000))?;
    Ok(())
}

#[test]
fn a_copy_needs_room() -> anyhow::Result<()> {
    let (pintail, _folder) =
        crate::limits::start("[account.default.limits]\ndisk_quota = '28MiB'\nsnapshots = 2\nshares = 1")?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(
        &mut client,
        "create database d; create table d.t as select md5(range::varchar) as h from range(600000); checkpoint d",
    )?;
    let used: u64 = client
        .value("select active_bytes from md_information_schema.storage_info where database_name = 'd'")?
        .parse()?;
    assert!((9_500_000..14_000_000).contains(&used), "{used}");
    succeed(&mut client, "create database e from d")?;
    for statement in [
        "create database f from d",
        "create snapshot s of d",
        "create share s from d",
        "copy from database d to f (overwrite)",
    ] {
        let report = client.failure(statement)?;
        assert_eq!(report.code(), "53100", "{statement}: {report:?}");
        assert!(!report.hint().is_empty());
    }
    assert_eq!(listed(&mut client, "select name from md_information_schema.databases")?, ["d", "e", "my_db"]);
    // Dropped databases give way.
    succeed(&mut client, "drop database e; create snapshot s of d")?;
    assert_eq!(code(&mut client, "undrop database e")?, "3D000");
    succeed(&mut client, "create database small; create snapshot s of small")?;
    assert_eq!(code(&mut client, "create snapshot t of small")?, "53400");
    succeed(&mut client, "create share s from small")?;
    assert_eq!(code(&mut client, "create share t from small")?, "53400");
    succeed(&mut client, "create or replace share s from small")?;
    Ok(())
}

#[test]
fn shutdown_ends_the_process_and_the_next_session_begins_another() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    for statement in
        ["shutdown", "SHUTDOWN NORMAL", "shutdown terminate", "shutdown/**/terminate (reason 'an upgrade')"]
    {
        let mut client = RawClient::connect(&pintail.target())?;
        succeed(&mut client, "create or replace table t as select 1 as i")?;
        let before = pintail.duckling()?;
        client.simple(statement)?;
        wait_until("the end of the process", || Ok(!harness::process::is_running(before)))?;
        let mut next = RawClient::connect(&pintail.target())?;
        assert_eq!(next.value("select i from t")?, "1", "{statement}");
        assert_ne!(pintail.duckling()?, before);
    }
    // What runs is waited for, or not.
    for (statement, size, finishes) in [("shutdown", 15, true), ("shutdown terminate", 50_000, false)] {
        let mut busy = RawClient::connect(&pintail.target())?;
        let mut client = RawClient::connect(&pintail.target())?;
        busy.send(&harness::Batch::new().query(&format!(
            "create or replace table big as select count(*) as n from range(1000000) a, range({size}) b \
             where (a.range * b.range) % 7 = 3"
        )))?;
        std::thread::sleep(std::time::Duration::from_millis(100));
        client.simple(statement)?;
        let answer = busy.until_ready()?;
        assert_eq!(
            harness::raw::error_in(&answer).is_none(),
            finishes,
            "{statement}: {}",
            harness::raw::lines(&answer)
        );
    }
    Ok(())
}
