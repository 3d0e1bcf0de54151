//! Statements that crash the process: what their clients see, and that they cannot do it again and again.

use std::{
    thread,
    time::{Duration, Instant},
};

use harness::{Batch, Bind, Pintail, RawClient, Report, raw};

use super::start;

/// Segmentation faults of DuckDB's: the second while it binds.
const CRASHES: [&str; 2] = [
    "SELECT json_structure(repeat('{\"a\":',50000)||'1'||repeat('}',50000))",
    "SELECT from_json('[]', repeat('[',20000)||'\"INT\"'||repeat(']',20000))",
];

fn connect(pintail: &Pintail) -> anyhow::Result<RawClient> {
    RawClient::connect(&pintail.target())
}

/// The process ids of the ducklings that there have been, by the log.
fn starts(pintail: &Pintail) -> usize {
    pintail.log().matches("duckling ready").count()
}

#[test]
fn a_statement_that_crashes_is_refused_for_a_while() -> anyhow::Result<()> {
    for statement in CRASHES {
        let (pintail, _folder) = start("duckling.crash_backoff_s = 4")?;
        let mut other = RawClient::connect(&pintail.other_account("neighbour")?)?;
        connect(&pintail)?.rows("create table kept as select range as a from range(10)")?;
        let mut client = connect(&pintail)?;
        let asked = Instant::now();
        client.send(&Batch::new().query(statement))?;
        let answer = client.until_ready()?;
        let report = raw::error_in(&answer).expect("an end");
        assert_eq!((report.severity(), report.code()), ("FATAL", "57P02"), "{statement}: {report:?}");
        let mut client = connect(&pintail)?;
        assert_eq!(client.value("select count(*) from kept")?, "10");
        println!("{statement}: account answers {:?} after it was asked", asked.elapsed());
        let before = starts(&pintail);
        for attempt in 0..5 {
            let answer =
                if attempt % 2 == 0 { client.simple(statement)? } else { client.extended(statement)? };
            let report = raw::error_in(&answer).expect("a refusal");
            assert_eq!((report.severity(), report.code()), ("ERROR", "54000"), "{report:?}");
            assert!(!report.hint().is_empty(), "{report:?}");
            assert_eq!(client.value("select 1")?, "1");
        }
        assert_eq!(starts(&pintail), before, "no process was lost for it");
        assert_eq!(other.value("select 1")?, "1");
        // After its time it may try again, and is refused for longer then.
        thread::sleep(Duration::from_secs(5));
        client.send(&Batch::new().parse("", statement, &[]).bind(&Bind::default()).execute("", 0).sync())?;
        let answer = client.until_ready()?;
        assert_eq!(raw::error_in(&answer).map(Report::code), Some("57P02"), "{}", raw::lines(&answer));
        let mut client = connect(&pintail)?;
        thread::sleep(Duration::from_secs(5));
        let report = client.failure(statement)?;
        assert_eq!(report.code(), "54000", "{report:?}");
        assert!(report.field('D').contains("2 times"), "{report:?}");
    }
    Ok(())
}

#[test]
fn what_ran_beside_a_crash_may_run_again() -> anyhow::Result<()> {
    let (pintail, _folder) = start("")?;
    let innocent = "select count(*) from range(1000000) a, range(60) b where (a.range * b.range) % 7 = 3";
    for round in 0..3 {
        let (mut one, mut two) = (connect(&pintail)?, connect(&pintail)?);
        one.send(&Batch::new().query(innocent))?;
        thread::sleep(Duration::from_millis(200));
        // Another text each time, so that it is never the one that is refused.
        two.send(&Batch::new().query(&format!("{} /* {round} */", CRASHES[0])))?;
        for client in [&mut one, &mut two] {
            let answer = client.until_ready()?;
            assert_eq!(raw::error_in(&answer).map(Report::code), Some("57P02"), "{}", raw::lines(&answer));
        }
        let answer = connect(&pintail)?.simple(innocent)?;
        assert!(raw::error_in(&answer).is_none(), "round {round}: {}", raw::lines(&answer));
    }
    Ok(())
}

#[test]
fn an_account_that_crashes_again_and_again_waits_for_its_next_process() -> anyhow::Result<()> {
    let (pintail, _folder) = start("")?;
    let mut other = RawClient::connect(&pintail.other_account("neighbour")?)?;
    let begun = Instant::now();
    let mut refusals = 0;
    // Another text each time, so that it is never the one that is refused.
    for round in 0.. {
        if refusals > 10 || begun.elapsed() > Duration::from_secs(90) {
            break;
        }
        match connect(&pintail) {
            Ok(mut client) => {
                client.send(&Batch::new().query(&format!("{} /* {round} */", CRASHES[0])))?;
                client.until_ready()?;
            }
            Err(error) => {
                let error = format!("{error:#}");
                assert!(error.contains("57P03") && error.contains("crashed too often"), "{error}");
                refusals += 1;
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
    let (ready, died) = (starts(&pintail), pintail.log().matches("duckling died").count());
    assert!(refusals > 10 && (51..=55).contains(&died), "{refusals} refusals, {ready} starts, {died} deaths");
    assert_eq!(other.value("select 1")?, "1");
    let deadline = Instant::now() + Duration::from_secs(30);
    while connect(&pintail).and_then(|mut client| client.value("select 1")).is_err() {
        assert!(Instant::now() < deadline, "the account does not come back");
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
