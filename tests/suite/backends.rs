//! What an account's sessions see of each other and may do to each other: `pg_stat_activity`, `md_active_server_connections()`,
//! `pg_cancel_backend`, `pg_terminate_backend`, `md_interrupt_server_connection`.

use std::{
    thread,
    time::{Duration, Instant},
};

use harness::{Backend, Batch, Pintail, RawClient, Report, raw};

/// Runs for minutes unless it is stopped.
const LONG: &str = "select sum(a.range * b.range) from range(10000000) a, range(1000000) b";

/// A session of this name, and its process id.
fn named(pintail: &Pintail, name: &str) -> anyhow::Result<(RawClient, String)> {
    let parameters =
        [("options", format!("--session_name={name}")), ("application_name", "loader".to_owned())];
    let parameters: Vec<(&str, &str)> =
        parameters.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let mut client = RawClient::connect_with(&pintail.target(), &parameters)?;
    let process_id = client.value("select pg_backend_pid()")?;
    assert_eq!(process_id, client.key()?.0.to_string());
    Ok((client, process_id))
}

/// Asks until the answer is the expected one.
fn await_value(client: &mut RawClient, sql: &str, expected: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let found = client.value(sql)?;
        if found == expected {
            return Ok(());
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{sql}: {found}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The last words of a session that was terminated.
fn expect_end(client: &mut RawClient, what: &str) -> anyhow::Result<()> {
    client.answer_timeout(Duration::from_secs(10))?;
    let mut report = None;
    while let Some(message) = client.receive()? {
        if let Backend::Error(found) = message {
            report = Some(found);
        }
    }
    let report = report.unwrap_or_else(|| panic!("{what}: nothing was said"));
    assert_eq!((report.severity(), report.code()), ("FATAL", "57P01"), "{what}");
    assert_eq!(report.message(), "terminating connection due to administrator command", "{what}");
    Ok(())
}

#[test]
fn live_sessions_are_shown_with_what_they_do() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (mut busy, busy_id) = named(&pintail, "busy")?;
    let (mut block, block_id) = named(&pintail, "block")?;
    let mut watcher = RawClient::connect(&pintail.target())?;
    block.simple("begin; select 1")?;
    busy.send(&Batch::new().query(LONG))?;
    let state = |id: &str| format!("select state || ' ' || query from pg_stat_activity where pid = {id}");
    await_value(&mut watcher, &state(&busy_id), &format!("active {LONG}"))?;
    await_value(&mut watcher, &state(&block_id), "idle in transaction begin; select 1")?;
    let rows = watcher.rows(&format!(
        "select application_name, client_addr, client_port > 0, datname, usename, backend_type, xact_start <= query_start \
         from pg_stat_activity where pid = {busy_id}"
    ))?;
    let expected = ["loader", "127.0.0.1", "t", "my_db", "default", "client backend", "t"];
    assert_eq!(rows, [expected.map(|text| Some(text.to_owned()))]);
    assert_eq!(watcher.value("select inet_client_addr()")?, "127.0.0.1");
    let names =
        "select string_agg(session_name, ' ' order by session_name) from md_active_server_connections()";
    assert_eq!(watcher.value(names)?, "block busy");
    // A name and an application can be changed, and nobody else's sessions are there.
    busy_is_cancelled(&mut watcher, &busy_id, &mut busy)?;
    busy.rows("set application_name = 'other'")?;
    await_value(
        &mut watcher,
        &format!("select application_name from pg_stat_activity where pid = {busy_id}"),
        "other",
    )?;
    let mut stranger = RawClient::connect(&pintail.other_account("bob")?)?;
    assert_eq!(stranger.value("select count(*) from pg_stat_activity")?, "1");
    Ok(())
}

fn busy_is_cancelled(watcher: &mut RawClient, busy_id: &str, busy: &mut RawClient) -> anyhow::Result<()> {
    assert_eq!(watcher.value(&format!("select pg_cancel_backend({busy_id})"))?, "t");
    let answer = busy.until_ready()?;
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("57014"), "{}", raw::lines(&answer));
    Ok(())
}

#[test]
fn progress_grows_while_a_table_is_read() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("DUCKLING_THREADS", "1")])?;
    let (mut busy, _) = named(&pintail, "busy")?;
    busy.rows("create table t as select range as i from range(3000000)")?;
    let mut watcher = RawClient::connect(&pintail.target())?;
    // Work for each row, so that the scan takes some seconds.
    busy.send(&Batch::new().query("select sum(length(repeat(md5(i::varchar), 40))) from t"))?;
    let sql = "select coalesce(max(server_query_progress), -1) from md_active_server_connections() \
               where session_name = 'busy'";
    let mut seen: Vec<f64> = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30)
        && seen.iter().filter(|percent| **percent > 0.0).count() < 3
    {
        let percent: f64 = watcher.value(sql)?.parse()?;
        if seen.last() != Some(&percent) {
            seen.push(percent);
        }
        thread::sleep(Duration::from_millis(20));
    }
    busy.until_ready()?;
    assert!(seen.iter().filter(|percent| (0.0..=100.0).contains(*percent)).count() >= 3, "{seen:?}");
    let rising: Vec<f64> = seen.into_iter().filter(|percent| *percent >= 0.0).collect();
    assert!(rising.is_sorted(), "{rising:?}");
    // Nothing runs, nothing is said.
    await_value(
        &mut watcher,
        "select count(server_query_progress) from md_active_server_connections() where session_name = 'busy'",
        "0",
    )
}

#[test]
fn a_session_is_terminated_whatever_it_does() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (mut idle, idle_id) = named(&pintail, "idle")?;
    let (mut prepared, prepared_id) = named(&pintail, "prepared")?;
    let (mut block, block_id) = named(&pintail, "block")?;
    let (mut failed, failed_id) = named(&pintail, "failed")?;
    let (mut busy, busy_id) = named(&pintail, "busy")?;
    let (mut copying, copying_id) = named(&pintail, "copying")?;
    let (mut kept, _) = named(&pintail, "kept")?;
    prepared.rows("prepare p as select 1")?;
    block.simple("begin; create table lost (a int)")?;
    failed.simple("begin; select 1/")?;
    busy.send(&Batch::new().query(LONG))?;
    copying.rows("create table c (a int)")?;
    copying.send(&Batch::new().query("copy c from stdin").copy_data(b"1\n"))?;
    let mut watcher = RawClient::connect(&pintail.target())?;
    let active = "select count(*) from pg_stat_activity where state = 'active' and pid <> pg_backend_pid()";
    await_value(&mut watcher, active, "2")?;
    for id in [&idle_id, &prepared_id, &block_id, &failed_id, &busy_id, &copying_id] {
        assert_eq!(watcher.value(&format!("select pg_terminate_backend({id}, 5000)"))?, "t", "{id}");
        assert_eq!(watcher.value(&format!("select count(*) from pg_stat_activity where pid = {id}"))?, "0");
    }
    for (what, client) in [
        ("idle", &mut idle),
        ("prepared", &mut prepared),
        ("block", &mut block),
        ("failed", &mut failed),
        ("busy", &mut busy),
        ("copying", &mut copying),
    ] {
        expect_end(client, what)?;
    }
    assert_eq!(kept.value("select 1")?, "1", "the others notice nothing");
    assert_eq!(watcher.failure("select * from lost")?.code(), "42P01");
    assert_eq!(watcher.value("select count(*) from c")?, "0");
    // Itself, too.
    watcher.send(&Batch::new().query("select pg_terminate_backend(pg_backend_pid())"))?;
    expect_end(&mut watcher, "itself")
}

#[test]
fn only_sessions_of_the_account_are_reached() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (mut busy, busy_id) = named(&pintail, "busy")?;
    busy.send(&Batch::new().query(LONG))?;
    let mut stranger = RawClient::connect(&pintail.other_account("bob")?)?;
    let mut reader = RawClient::connect(&pintail.reader()?)?;
    let mut watcher = RawClient::connect(&pintail.target())?;
    await_value(
        &mut watcher,
        &format!("select state from pg_stat_activity where pid = {busy_id}"),
        "active",
    )?;
    for function in ["pg_cancel_backend", "pg_terminate_backend"] {
        for id in [busy_id.as_str(), "0", "-1", "2147483647"] {
            assert_eq!(stranger.value(&format!("select {function}({id})"))?, "f", "{function} {id}");
        }
        assert_eq!(stranger.rows(&format!("select {function}(null)"))?, [[None]]);
        assert_eq!(reader.failure(&format!("select {function}({busy_id})"))?.code(), "25006");
    }
    assert_eq!(stranger.failure("select pg_terminate_backend(1, -1)")?.code(), "22003");
    // A view of somebody else's must not do it for whoever reads it.
    watcher.rows(&format!("create view trap as select pg_terminate_backend({busy_id}) as gone"))?;
    assert_eq!(watcher.failure("from trap")?.code(), "42501");
    busy_is_cancelled(&mut watcher, &busy_id, &mut busy)?;
    assert_eq!(busy.value("select 1")?, "1");
    Ok(())
}
