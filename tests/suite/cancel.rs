//! Cancel requests and `statement_timeout`.

use std::{
    thread,
    time::{Duration, Instant},
};

use harness::{Backend, Batch, Pintail, RawClient, Report, raw};

/// Runs for minutes unless it is cancelled; DuckDB cannot answer it from statistics.
const LONG: &str =
    "select count(*) from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 3";

#[test]
fn a_cancel_request_ends_the_statement_and_not_the_session() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    let (process_id, secret) = client.key()?;
    client.send(&Batch::new().query(LONG))?;
    thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    raw::cancel(&target, process_id, &secret)?;
    let answer = client.until_ready()?;
    assert!(begun.elapsed() < Duration::from_secs(2), "took {:?}", begun.elapsed());
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("57014"), "{}", raw::lines(&answer));
    assert!(matches!(answer.last(), Some(Backend::ReadyForQuery('I'))));
    assert_eq!(client.value("select 1")?, "1");
    Ok(())
}

#[test]
fn a_streaming_result_can_be_cancelled() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    let (process_id, secret) = client.key()?;
    client.send(&Batch::new().query("select * from range(1000000000)"))?;
    client.receive()?;
    raw::cancel(&target, process_id, &secret)?;
    let count = client.count_rows()?;
    assert_eq!(count.error.as_ref().map(Report::code), Some("57014"));
    assert!(count.rows < 1_000_000_000);
    assert_eq!(client.value("select 1")?, "1");
    Ok(())
}

#[test]
fn in_a_transaction_it_leaves_a_failed_one() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    let (process_id, secret) = client.key()?;
    client.rows("begin")?;
    client.send(&Batch::new().query(LONG))?;
    thread::sleep(Duration::from_millis(200));
    raw::cancel(&target, process_id, &secret)?;
    let answer = client.until_ready()?;
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("57014"));
    assert!(matches!(answer.last(), Some(Backend::ReadyForQuery('E'))), "{}", raw::lines(&answer));
    assert_eq!(client.failure("select 1")?.code(), "25P02");
    client.rows("rollback")?;
    assert_eq!(client.value("select 1")?, "1");
    Ok(())
}

#[test]
fn a_late_or_wrong_request_hits_nothing() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    let (process_id, secret) = client.key()?;
    // Idle, then at once the next statement: fifty times.
    for round in 0..50 {
        raw::cancel(&target, process_id, &secret)?;
        assert_eq!(client.value("select 1")?, "1", "round {round}");
    }
    let mut other = secret.clone();
    other[0] ^= 1;
    client.send(&Batch::new().query("select count(*) from range(300000000) where range % 3 = 1"))?;
    raw::cancel(&target, process_id, &other)?;
    raw::cancel(&target, process_id.wrapping_add(1), &secret)?;
    let answer = client.until_ready()?;
    assert!(raw::error_in(&answer).is_none(), "{}", raw::lines(&answer));
    Ok(())
}

#[test]
fn a_request_that_races_with_the_end_of_its_statement_never_hits_the_next() -> anyhow::Result<()> {
    const ROUNDS: u64 = 400;

    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    let (process_id, secret) = client.key()?;
    let mut hits = 0;
    for round in 0..ROUNDS {
        let mut canceler = RawClient::secure(&target)?;
        let request = raw::cancel_request(process_id, &secret);
        client.send(&Batch::new().query("select count(*) from range(400000) where range % 7 = 3"))?;
        // Somewhere between the statement's beginning and well behind its end.
        thread::sleep(Duration::from_micros(round % 40 * 100));
        canceler.send(&request)?;
        let answer = client.until_ready()?;
        hits += u64::from(raw::error_in(&answer).is_some());
        assert!(canceler.receive()?.is_none());
        // The server has taken the request and is done with it. What is sent now was not meant.
        let next = client.simple("select count(*) from range(100000) where range % 7 = 3")?;
        assert_eq!(raw::error_in(&next), None, "round {round}");
    }
    println!("{hits} of {ROUNDS} requests hit their statement, none the next");
    assert!(hits > 0, "the race was never a race");
    assert!(hits < ROUNDS, "the race was never a race");
    Ok(())
}

#[test]
fn statement_timeout_ends_the_statement() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("set statement_timeout = '300ms'")?;
    let begun = Instant::now();
    let report = client.failure(LONG)?;
    assert_eq!(report.code(), "57014", "{report:?}");
    assert!(report.message().contains("statement timeout"), "{report:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "took {:?}", begun.elapsed());
    assert_eq!(client.value("select 1")?, "1");
    Ok(())
}
