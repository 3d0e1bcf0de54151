//! A duckling that dies: what its clients see, and that nobody else does. ARCHITECTURE §1.

use std::{
    thread,
    time::{Duration, Instant},
};

use harness::{Batch, Pintail, RawClient, Report, process};
use rustix::process::Signal;

fn kill(pintail: &Pintail) -> anyhow::Result<u32> {
    let pid = pintail.duckling()?;
    process::signal(pid, Signal::KILL);
    let deadline = Instant::now() + Duration::from_secs(5);
    while process::is_running(pid) {
        assert!(Instant::now() < deadline, "the duckling outlived SIGKILL");
        thread::sleep(Duration::from_millis(1));
    }
    Ok(pid)
}

#[test]
fn while_streaming_the_client_is_told() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    client.rows("create table kept as select range as a from range(1000)")?;
    client.send(&Batch::new().query("select * from range(1000000000)"))?;
    client.receive()?;
    let killed = kill(&pintail)?;
    let count = client.count_rows()?;
    let report = count.error.expect("an error at the end of the cut result");
    assert_eq!((report.severity(), report.code()), ("FATAL", "57P02"), "{report:?}");
    assert!(!report.hint().is_empty(), "{report:?}");
    assert!(count.rows < 1_000_000_000);

    let begun = Instant::now();
    let mut next = RawClient::connect(&target)?;
    assert_eq!(next.value("select count(*) from kept")?, "1000", "what was committed is there");
    println!("next answer after {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_ne!(pintail.duckling()?, killed);
    Ok(())
}

#[test]
fn while_idle_the_connection_goes_on() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("create table kept(a int4)")?;
    client.rows("insert into kept values (1), (2)")?;
    kill(&pintail)?;
    thread::sleep(Duration::from_millis(100));
    assert_eq!(
        client.value("select count(*) from kept")?,
        "2",
        "the next message is served by a new duckling"
    );
    Ok(())
}

#[test]
fn while_idle_with_state_the_connection_ends_cleanly() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("set timezone to 'Europe/Berlin'")?;
    client.send(&Batch::new().parse("kept", "select 1", &[]).sync())?;
    client.until_ready()?;
    kill(&pintail)?;
    thread::sleep(Duration::from_millis(100));
    // PostgreSQL, too, says so either at once or at the next statement.
    let _ = client.send(&Batch::new().query("show timezone"));
    let answer = client.until_ready()?;
    let report = harness::raw::error_in(&answer).expect("the lost state is told");
    assert_eq!((report.severity(), report.code()), ("FATAL", "57P01"), "{report:?}");
    Ok(())
}

#[test]
fn what_a_session_has_for_itself_is_state_whatever_it_is() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("SQL_TEMP_TABLES", "true")])?;
    let mut first = RawClient::connect(&pintail.target())?;
    first.simple("create table work as select 1 as i; create database mine; detach mine")?;
    let single = [("options", "--attach_mode=single")];
    for (made, options, then) in [
        ("create temp table work as select 99 as i", &[][..], "delete from work"),
        ("create temp view work as select 99 as i", &[], "from work"),
        ("create temp macro plus(x) as x + 1", &[], "select plus(1)"),
        ("declare c cursor with hold for select range from range(3)", &[], "fetch c"),
        ("attach 'md:mine'", &single, "show databases"),
    ] {
        let mut client = RawClient::connect_with(&pintail.target(), options)?;
        client.rows(made)?;
        kill(&pintail)?;
        thread::sleep(Duration::from_millis(100));
        let _ = client.send(&Batch::new().query(then));
        let answer = client.until_ready()?;
        let report = harness::raw::error_in(&answer).expect("the lost state is told");
        assert_eq!((report.severity(), report.code()), ("FATAL", "57P01"), "{made}: {report:?}");
        // What was there before goes on.
        assert_eq!(first.value("select count(*) from work")?, "1", "{made}");
    }
    let mut client = RawClient::connect_with(&pintail.target(), &single)?;
    assert_eq!(client.value("select count(*) from work")?, "1");
    kill(&pintail)?;
    thread::sleep(Duration::from_millis(100));
    assert_eq!(client.value("select count(*) from work")?, "1", "it has attached nothing");
    Ok(())
}

#[test]
fn inside_a_transaction_nothing_of_it_stays() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    client.rows("create table kept(a int4)")?;
    client.rows("begin")?;
    client.rows("insert into kept values (1)")?;
    kill(&pintail)?;
    let _ = client.send(&Batch::new().query("commit"));
    let answer = client.until_ready()?;
    let report = harness::raw::error_in(&answer).expect("the lost transaction is told");
    assert_eq!((report.severity(), report.code()), ("FATAL", "57P02"), "{report:?}");
    assert_eq!(RawClient::connect(&target)?.value("select count(*) from kept")?, "0");
    Ok(())
}

#[test]
fn another_account_notices_nothing() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let other = pintail.other_account("neighbour")?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.value("select 1")?;
    let own = pintail.duckling()?;
    let mut neighbour = RawClient::connect(&other)?;
    neighbour.rows("set timezone to 'Europe/Berlin'")?;
    neighbour.rows("begin")?;
    process::signal(own, Signal::KILL);
    for _ in 0..20 {
        assert_eq!(neighbour.value("show timezone")?, "Europe/Berlin");
        thread::sleep(Duration::from_millis(10));
    }
    neighbour.rows("commit")?;
    Ok(())
}

#[test]
fn accounts_do_not_see_each_other() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let other = pintail.other_account("neighbour")?;
    RawClient::connect(&pintail.target())?.rows("create table secret as select 1 as a")?;
    let mut neighbour = RawClient::connect(&other)?;
    assert_eq!(neighbour.failure("select * from secret")?.code(), "42P01");
    assert_eq!(neighbour.value("select current_database()")?, "my_db");
    assert_eq!(neighbour.value("select count(*) from sample_data.who.ambient_air_quality")?, "1331");
    Ok(())
}

#[test]
fn commits_survive_twenty_kills() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    RawClient::connect(&target)?.rows("create table acknowledged(a int8)")?;
    let mut acknowledged = 0;
    for _ in 0..20 {
        let mut client = RawClient::connect(&target)?;
        for _ in 0..5 {
            let answer = client.simple(&format!("insert into acknowledged values ({acknowledged})"))?;
            assert_eq!(harness::raw::error_in(&answer).map(Report::message), None);
            acknowledged += 1;
        }
        client.send(
            &Batch::new().query("insert into acknowledged select range + 1000000 from range(3000000)"),
        )?;
        thread::sleep(Duration::from_millis(30));
        kill(&pintail)?;
    }
    let mut client = RawClient::connect(&target)?;
    let small = client.value("select count(*) from acknowledged where a < 1000000")?;
    assert_eq!(small, acknowledged.to_string(), "every acknowledged row, once");
    let large = client.value("select count(*) % 3000000 from acknowledged where a >= 1000000")?;
    assert_eq!(large, "0", "each large insert whole or not at all");
    Ok(())
}
