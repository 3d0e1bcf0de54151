//! Results stream: bounded memory whatever the size, backpressure by the socket, the first row early.

use std::{
    thread,
    time::{Duration, Instant},
};

use harness::{Batch, Pintail, RawClient, process, raw};

#[test]
fn a_result_that_nobody_reads_takes_no_memory() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("select 1")?;
    let duckling = pintail.duckling()?;
    let resident = |pid| process::resident_bytes(pid) >> 20;
    let (before, gateway_before) = (resident(duckling), resident(pintail.gateway()));
    client.send(&Batch::new().query("select range, repeat('x', 100) as filler from range(10000000)"))?;
    // 1.2 GB of rows, read at some megabytes a second for a while.
    let begun = Instant::now();
    let (mut most, mut gateway_most) = (0, 0);
    while begun.elapsed() < Duration::from_secs(4) {
        client.discard(64 * 1024)?;
        most = most.max(resident(duckling));
        gateway_most = gateway_most.max(resident(pintail.gateway()));
        thread::sleep(Duration::from_millis(5));
    }
    assert!(most < before + 100, "the duckling grew from {before} to {most} MiB");
    assert!(
        gateway_most < gateway_before + 30,
        "the gateway grew from {gateway_before} to {gateway_most} MiB"
    );
    Ok(())
}

#[test]
fn a_large_result_arrives_whole_by_every_way() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    let rows = 1_000_000;
    let sql = format!("select range as a, range * 2 as b from range({rows})");
    client.send(&Batch::new().query(&sql))?;
    assert_eq!(client.count_rows()?.rows, rows);
    for results in [0, 1] {
        let bind = harness::Bind { results: &[results], ..harness::Bind::default() };
        client.send(&Batch::new().parse("", &sql, &[]).bind(&bind).execute("", 0).sync())?;
        assert_eq!(client.count_rows()?.rows, rows, "result format {results}");
    }
    // With a row limit, in many pieces.
    client.rows("begin")?;
    let bind = harness::Bind { portal: "p", ..harness::Bind::default() };
    client.send(&Batch::new().parse("", &sql, &[]).bind(&bind).execute("p", 300_000).sync())?;
    let mut total = client.count_rows()?.rows;
    assert_eq!(total, 300_000);
    while total < rows {
        client.send(&Batch::new().execute("p", 300_000).sync())?;
        let count = client.count_rows()?;
        assert!(count.rows > 0 && count.error.is_none(), "{count:?}");
        total += count.rows;
    }
    assert_eq!(total, rows);
    client.rows("commit")?;
    Ok(())
}

#[test]
fn rows_keep_their_order() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("create table ordered as select range as a from range(500000)")?;
    let rows = client.rows("select a from ordered")?;
    assert_eq!(rows.len(), 500_000);
    let in_order =
        rows.iter().enumerate().all(|(at, row)| row[0].as_deref() == Some(at.to_string().as_str()));
    assert!(in_order, "a scan of a table keeps the order of insertion");
    Ok(())
}

#[test]
fn the_first_row_comes_early() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("select 1")?;
    // The first chunk is there at once; the whole takes seconds (each row hashes a long string).
    let slow = "select range, md5(repeat(range::varchar, 3000)) as h from range(200000)";
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let mut client = RawClient::connect(&pintail.target())?;
        client.rows("select 1")?;
        client.send(&Batch::new().query(slow))?;
        let begun = Instant::now();
        loop {
            let message = client.receive()?.expect("rows");
            if matches!(message, harness::Backend::DataRow(_)) {
                break;
            }
        }
        best = best.min(begun.elapsed());
        let (process_id, secret) = client.key()?;
        raw::cancel(&pintail.target(), process_id, &secret)?;
    }
    println!("first row after {best:?}");
    // One chunk of 2048 rows costs the engine some 50 ms here.
    assert!(best < Duration::from_millis(400), "the first row came after {best:?}");
    Ok(())
}

#[test]
fn a_large_value_and_many_columns_pass() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    for megabytes in [1, 5, 20] {
        let value = client.value(&format!("select repeat('x', {megabytes} * 1048576)"))?;
        assert_eq!(value.len(), megabytes * 1_048_576);
    }
    let columns = (0..1600).map(|n| format!("{n} as c{n}")).collect::<Vec<_>>().join(", ");
    let rows = client.rows(&format!("select {columns}"))?;
    assert_eq!(rows[0].len(), 1600);
    assert_eq!(rows[0][1599].as_deref(), Some("1599"));
    Ok(())
}
