//! The disk quota of an account and the reserve of the file system.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use harness::{Batch, Pintail, RawClient, Report, Target, config, raw};

use super::start;

const QUOTA: &str = "[account.default.limits]\ndisk_quota = '64MiB'\nmemory_limit = '256MiB'";

/// Rows that DuckDB cannot make small: about 35 bytes each.
const ROWS: &str = "select i, md5(i::varchar) as t from range(10000000) r(i)";

/// What the account's directory holds, but for shares.
fn held_bytes(pintail: &Pintail, account: u32) -> u64 {
    let folder = pintail.data().join("accounts").join(account.to_string());
    ["db", "spill"].iter().map(|part| folder_bytes(&folder.join(part))).sum()
}

fn folder_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

fn code(client: &mut RawClient, statement: &str) -> anyhow::Result<String> {
    let answer = client.simple(statement)?;
    Ok(raw::error_in(&answer).map_or("", Report::code).to_owned())
}

#[test]
fn a_write_beyond_the_quota_is_stopped_and_room_can_be_made() -> anyhow::Result<()> {
    let (pintail, _folder) = start(QUOTA)?;
    let mut neighbour = RawClient::connect(&pintail.other_account("neighbour")?)?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.answer_timeout(Duration::from_mins(2))?;
    client.rows("create table kept as select range as a from range(1000)")?;
    client.rows("create table filler(i bigint, t text)")?;
    let report = client.failure(&format!("insert into filler {ROWS}"))?;
    assert_eq!(report.code(), "53100", "{report:?}");
    assert!(!report.hint().is_empty(), "{report:?}");
    assert!(held_bytes(&pintail, 1) < 128 << 20, "{} bytes", held_bytes(&pintail, 1));
    assert_eq!(client.value("select count(*) from kept")?, "1000", "what was committed is there");
    assert_eq!(client.value("select count(*) from filler")?, "0", "nothing of the insert is");
    // The room comes back without the client's doing anything.
    client.rows("insert into kept select range from range(1000)")?;
    assert_eq!(neighbour.rows("create table t as select range from range(1000000)")?.len(), 0);

    // Filled little by little, up to the quota.
    let part = "insert into filler select i, md5(i::varchar) from range(200000) r(i)";
    let mut last = String::new();
    for _ in 0..100 {
        last = code(&mut client, part)?;
        if !last.is_empty() {
            break;
        }
    }
    assert_eq!(last, "53100");
    for refused in
        ["create table more as select 1 as a", "update kept set a = a + 1", "insert into kept values (1)"]
    {
        let report = client.failure(refused)?;
        assert_eq!(report.code(), "53100", "{refused}: {report:?}");
        assert!(report.field('D').contains("MiB"), "{report:?}");
    }
    client.send(&Batch::new().query("copy kept from stdin"))?;
    let answer = client.until_ready()?;
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("53100"), "{}", raw::lines(&answer));
    for allowed in
        ["select count(*) from filler", "delete from kept where a = 5", "begin; delete from kept; rollback"]
    {
        assert_eq!(code(&mut client, allowed)?, "", "{allowed}");
    }
    assert_eq!(neighbour.value("select count(*) from t")?, "1000000");
    neighbour.rows("insert into t select 1")?;

    client.rows("drop table filler")?;
    client.rows("insert into kept values (1)")?;
    assert_eq!(client.value("select count(*) from kept")?, "1999");
    // A checkpoint with something to do cuts the file.
    client.rows("checkpoint")?;
    assert!(held_bytes(&pintail, 1) < 32 << 20, "{} bytes", held_bytes(&pintail, 1));
    Ok(())
}

#[test]
fn copy_and_transactions_keep_to_the_quota() -> anyhow::Result<()> {
    let (pintail, _folder) = start(QUOTA)?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.answer_timeout(Duration::from_mins(2))?;
    client.rows("create table filler(i bigint, t text)")?;
    client.send(&Batch::new().query("copy filler from stdin"))?;
    client.receive()?;
    let lines: String = (0..20_000_u64)
        .map(|i| format!("{i}\t{:032x}\n", u128::from(i).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c)))
        .collect();
    let begun = Instant::now();
    let mut sent = 0;
    while sent < 400 && begun.elapsed() < Duration::from_mins(1) {
        if client.send(&Batch::new().copy_data(lines.as_bytes())).is_err()
            || !client.is_silent(Duration::from_millis(1))?
        {
            break;
        }
        sent += 1;
    }
    let _ = client.send(&Batch::new().copy_done());
    let answer = client.until_ready()?;
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("53100"), "{}", raw::lines(&answer));
    assert_eq!(client.value("select count(*) from filler")?, "0");

    client.rows("begin")?;
    assert_eq!(code(&mut client, &format!("insert into filler {ROWS}"))?, "53100");
    assert_eq!(code(&mut client, "select 1")?, "25P02");
    client.rows("rollback")?;
    client.rows("insert into filler values (1, 'x')")?;
    assert_eq!(client.value("select count(*) from filler")?, "1");
    Ok(())
}

#[test]
fn an_account_far_above_its_quota_can_free_what_it_holds() -> anyhow::Result<()> {
    let (pintail, _folder) = start(QUOTA)?;
    let mut client = RawClient::connect(&pintail.target())?;
    for table in ["dropped", "emptied", "thinned"] {
        client
            .rows(&format!("create table {table} as select i, md5(i::varchar) t from range(300000) r(i)"))?;
    }
    // As after a COMMIT that has gone beyond, or when the operator has lowered the quota.
    let other = pintail.data().join("accounts/1/db/other");
    fs::File::create(&other)?.set_len(300 << 20)?;
    for (statement, answer) in [
        ("create table more as select 1 as a", "53100"),
        ("insert into thinned values (1, 'x')", "53100"),
        ("checkpoint", ""),
        ("delete from thinned where i > 10", ""),
        ("truncate emptied", ""),
        ("drop table dropped", ""),
        ("checkpoint", ""),
        ("insert into thinned values (1, 'x')", "53100"),
    ] {
        assert_eq!(code(&mut client, statement)?, answer, "{statement}");
    }
    fs::remove_file(&other)?;
    client.rows("insert into thinned values (1, 'x')")?;
    assert!(held_bytes(&pintail, 1) < 24 << 20, "{} bytes", held_bytes(&pintail, 1));
    Ok(())
}

/// A small file system in the place of the folder of an account's databases; none where this machine lets nobody mount one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(pintail: &Pintail, account: u32, size: &str) -> anyhow::Result<Option<Self>> {
        let folder = pintail.data().join("accounts").join(account.to_string()).join("db");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "pintail-test"])
            .arg(&folder)
            .output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            let reason = "limits::disk::a_full_disk, because a tmpfs cannot be mounted here (needs root)";
            eprintln!("skipped: {reason}");
            if let Some(path) = config::skips() {
                writeln!(fs::File::options().append(true).create(true).open(path)?, "{reason}")?;
            }
            return Ok(None);
        }
        Ok(Some(Self(folder)))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the duckling ends with the server, after this.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// What a statement had written when it was stopped goes, though the log has nothing for a checkpoint to do.
#[test]
fn the_file_shrinks_again_after_a_disk_was_full() -> anyhow::Result<()> {
    let (pintail, _folder) = start("limits.disk_quota = 0\nduckling.memory_limit = '1GiB'")?;
    let small: Target = pintail.other_account("small")?;
    let Some(disk) = SmallDisk::mount(&pintail, 2, "100m")? else { return Ok(()) };
    let mut client = RawClient::connect(&small)?;
    client.answer_timeout(Duration::from_mins(2))?;
    client.rows("create table kept as select 1 as a")?;
    client.rows("checkpoint")?;
    for round in 0..3 {
        assert_eq!(code(&mut client, &format!("create table filler as {ROWS}"))?, "53100");
        let begun = Instant::now();
        while folder_bytes(&disk.0) > 8 << 20 && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let held = folder_bytes(&disk.0);
        println!("round {round}: {held} bytes after {:?}", begun.elapsed());
        assert!(held < 8 << 20, "round {round}: {held} bytes");
        client.rows("insert into kept values (2)")?;
    }
    assert_eq!(client.value("select count(*) from kept")?, "4");
    Ok(())
}

#[test]
fn a_full_disk_refuses_before_it_is_full_and_loses_nothing() -> anyhow::Result<()> {
    let (pintail, _folder) = start("limits.disk_quota = 0\nduckling.memory_limit = '1GiB'")?;
    let small: Target = pintail.other_account("small")?;
    let Some(_disk) = SmallDisk::mount(&pintail, 2, "200m")? else { return Ok(()) };
    let mut client = RawClient::connect(&small)?;
    client.answer_timeout(Duration::from_mins(2))?;
    client.rows("create table kept(a bigint)")?;
    client.rows("create table filler(i bigint, t text)")?;
    let mut kept = 0;
    let mut refused = 0;
    for round in 0..36 {
        match code(&mut client, &format!("insert into kept values ({round})"))?.as_str() {
            "" => kept += 1,
            code => assert_eq!(code, "53100", "round {round}"),
        }
        let statement = match round % 4 {
            0 => format!("insert into filler {ROWS}"),
            1 => "insert into filler select i, md5(i::varchar) from range(400000) r(i)".to_owned(),
            2 => "update filler set t = md5(t)".to_owned(),
            _ => "begin; insert into filler select i, md5(i::varchar) from range(100000) r(i); \
                  update filler set i = i + 1; commit"
                .to_owned(),
        };
        match code(&mut client, &statement)?.as_str() {
            "" => {}
            code => {
                // What a transaction changes it keeps in memory, which may be used up before the disk is.
                assert!(code == "53100" || code == "53200", "round {round}: {code}: {statement}");
                refused += 1;
                client.rows("rollback")?;
            }
        }
        if round == 20 {
            soon(&mut client, "truncate filler")?;
            soon(&mut client, "checkpoint")?;
        }
    }
    assert!(refused > 6, "{refused} refused");
    assert_eq!(client.value("select count(*) from kept")?, kept.to_string());
    assert!(!pintail.log().contains("duckling died"), "no instance was lost");
    soon(&mut client, "drop table filler")?;
    soon(&mut client, "checkpoint")?;
    soon(&mut client, "insert into kept values (1)")?;
    Ok(())
}

/// A statement that has room as soon as the file has been cut, which the server does some moments after the disk was full.
fn soon(client: &mut RawClient, statement: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        match code(client, statement)?.as_str() {
            "" => return Ok(()),
            "53100" if begun.elapsed() < Duration::from_secs(20) => {
                std::thread::sleep(Duration::from_millis(50));
            }
            code => anyhow::bail!("{statement}: {code} after {:?}", begun.elapsed()),
        }
    }
}
