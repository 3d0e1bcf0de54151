//! COPY beyond what the protocol scripts show: much data, bounded memory, errors named by line.

use harness::{Backend, Batch, Pintail, RawClient, Report, process, raw};

#[test]
fn a_million_rows_in_and_out() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("create table copied(a int8, b text, c double precision)")?;
    let duckling = pintail.duckling()?;
    process::reset_peak_resident(duckling);
    let before = process::peak_resident_bytes(duckling) >> 20;
    let rows = 1_000_000;
    client.send(&Batch::new().query("copy copied from stdin"))?;
    assert_eq!(client.receive()?, Some(Backend::CopyIn(0, vec![0; 3])));
    for start in (0..rows).step_by(10_000) {
        let lines = (start..start + 10_000).map(|n| format!("{n}\trow {n}\t{n}.5\n")).collect::<String>();
        client.send(&Batch::new().copy_data(lines.as_bytes()))?;
    }
    client.send(&Batch::new().copy_done())?;
    let answer = client.until_ready()?;
    assert!(answer.contains(&Backend::CommandComplete(format!("COPY {rows}"))), "{}", raw::lines(&answer));
    let grown = (process::peak_resident_bytes(duckling) >> 20).saturating_sub(before);
    println!("COPY FROM STDIN of {rows} rows: the duckling grew by {grown} MiB");
    assert!(grown < 400, "the duckling grew by {grown} MiB");

    let sums = client.rows("select count(*), sum(a), count(distinct b), sum(c) from copied")?;
    let expected = ["1000000", "499999500000", "1000000", "500000000000"];
    assert_eq!(sums[0].iter().flatten().map(String::as_str).collect::<Vec<_>>(), expected);

    client.send(&Batch::new().query("copy (select * from copied order by a) to stdout (format csv)"))?;
    let (mut bytes, mut lines) = (0, 0);
    for message in client.until_ready()? {
        match message {
            Backend::CopyData(data) => {
                bytes += data.len();
                lines += data.iter().filter(|byte| **byte == b'\n').count();
            }
            Backend::CommandComplete(tag) => assert_eq!(tag, format!("COPY {rows}")),
            _ => {}
        }
    }
    assert_eq!(lines, rows);
    assert!(bytes > 20 * rows, "{bytes} bytes");
    Ok(())
}

#[test]
fn a_bad_row_is_named_by_its_line_and_nothing_is_kept() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("create table copied(a int4, b text)")?;
    for (good, options) in [(5, ""), (5000, ""), (5000, "(format csv)")] {
        let delimiter = if options.is_empty() { '\t' } else { ',' };
        let mut data = (0..good).map(|n| format!("{n}{delimiter}x\n")).collect::<String>();
        data.push_str(&format!("wrong{delimiter}y\n1{delimiter}z\n"));
        client.send(
            &Batch::new()
                .query(&format!("copy copied from stdin {options}"))
                .copy_data(data.as_bytes())
                .copy_done(),
        )?;
        let answer = client.until_ready()?;
        let report = raw::error_in(&answer).expect("the bad row is refused");
        assert_eq!(report.code(), "22P02", "{report:?}");
        let line = format!("line {}", good + 1);
        assert!(report.0.values().any(|field| field.contains(&line)), "{line} is not named: {report:?}");
        assert_eq!(client.value("select count(*) from copied")?, "0");
    }
    Ok(())
}

#[test]
fn the_servers_own_files_and_streams_stay_out_of_reach() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("create table copied(a text)")?;
    for sql in [
        "copy copied from '/etc/hostname'",
        "copy copied to '/tmp/pintail-copied.csv'",
        "copy copied from '/dev/stdin'",
        "copy copied to '/dev/stdout'",
        "CoPy copied to 'stdout'",
        "copy copied from program 'id'",
    ] {
        let report = client.failure(sql)?;
        assert!(["42501", "0A000"].contains(&report.code()), "{sql}: {report:?}");
    }
    // However it is spelled, STDIN and STDOUT are the client's.
    for sql in [
        "copy copied to stdout",
        "COPY copied TO StdOut",
        "copy/**/copied to--\n stdout",
        "copy (from copied) to stdout",
    ] {
        client.send(&Batch::new().query(sql))?;
        assert_eq!(client.receive()?, Some(Backend::CopyOut(0, vec![0])), "{sql}");
        client.until_ready()?;
    }
    assert!(!pintail.output().contains("copied"));
    Ok(())
}

#[test]
fn copy_into_a_share_is_refused() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target().database("sample_data"))?;
    let report = client.failure("copy hn.hacker_news from stdin")?;
    assert_eq!(report.code(), "25006", "{report:?}");
    let answer =
        client.simple("copy (select title from hn.hacker_news where title is not null limit 3) to stdout")?;
    assert_eq!(raw::error_in(&answer).map(Report::message), None);
    assert!(answer.contains(&Backend::CommandComplete("COPY 3".to_owned())), "{}", raw::lines(&answer));
    Ok(())
}
