//! Clients that send much before they read, or never read: nobody waits for anybody for ever, and memory is bounded.

use std::{thread, time::Duration};

use harness::{Backend, Batch, Bind, Pintail, Postgres, RawClient, Target, process};

const STATEMENTS: usize = 10_000;

/// Every so many statements one fails.
const FAILS_EVERY: usize = 100;

/// Writes all statements, then reads all answers; ReadyForQuery, rows and errors counted.
fn pipeline(target: &Target, syncs: bool) -> anyhow::Result<[usize; 3]> {
    let mut client = RawClient::connect(target)?;
    let mut batch = Batch::new();
    for number in 0..STATEMENTS {
        let value = if syncs && number % FAILS_EVERY == 0 { "x".to_owned() } else { number.to_string() };
        let parameters = [Some(value.into_bytes())];
        let bind = Bind { parameters: &parameters, ..Bind::default() };
        batch = batch.parse("", "select $1::int4 as a, 'some text' as b", &[25]).bind(&bind);
        batch = batch.describe(b'P', "").execute("", 0);
        if syncs {
            batch = batch.sync();
        }
    }
    client.write_timeout(Duration::from_mins(1))?;
    client.send(&batch.sync())?;
    let mut counts = [0; 3];
    let wanted = if syncs { STATEMENTS + 1 } else { 1 };
    while counts[0] < wanted {
        match client.receive()? {
            Some(Backend::ReadyForQuery(_)) => counts[0] += 1,
            Some(Backend::DataRow(_)) => counts[1] += 1,
            Some(Backend::Error(_)) => counts[2] += 1,
            Some(_) => {}
            None => anyhow::bail!("closed after {counts:?}"),
        }
    }
    Ok(counts)
}

#[test]
fn ten_thousand_statements_are_written_before_the_first_answer_is_read() -> anyhow::Result<()> {
    let (pintail, postgres) = (Pintail::start()?, Postgres::start()?);
    for syncs in [true, false] {
        let own = pipeline(&pintail.target(), syncs)?;
        assert_eq!(own, pipeline(&postgres.target(), syncs)?, "with Syncs: {syncs}");
        let failed = if syncs { STATEMENTS / FAILS_EVERY } else { 0 };
        assert_eq!(own[1..], [STATEMENTS - failed, failed]);
    }
    Ok(())
}

#[test]
fn a_client_that_never_reads_costs_no_memory() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut other = RawClient::connect(&target)?;
    other.value("select count(*) from range(1000000) where range % 3 = 1")?;
    let duckling = pintail.duckling()?;
    let resident =
        || (process::resident_bytes(pintail.gateway()) >> 20, process::resident_bytes(duckling) >> 20);
    let before = resident();
    // One endless result, and many large ones behind each other.
    let endless = Batch::new().query("select range, repeat('x', 1000) from range(1000000000)");
    let many =
        (0..5_000).fold(Batch::new(), |batch, _| batch.query("select repeat('x', 100000) from range(10)"));
    let mut clients = Vec::new();
    for batch in [endless, many] {
        let mut client = RawClient::connect(&target)?;
        client.send(&batch)?;
        clients.push(client);
    }
    thread::sleep(Duration::from_secs(3));
    let after = resident();
    println!("never read: gateway {} to {} MiB, duckling {} to {} MiB", before.0, after.0, before.1, after.1);
    assert!(after.0 < before.0 + 16, "the gateway grew from {} to {} MiB", before.0, after.0);
    assert!(after.1 < before.1 + 200, "the duckling grew from {} to {} MiB", before.1, after.1);
    assert_eq!(other.value("select 1")?, "1", "others go on");
    drop(clients);
    assert_eq!(other.value("select 2")?, "2");
    Ok(())
}
