//! Every frontend message cut off at every byte, and with a length that is wrong by one: the server answers what
//! PostgreSQL answers, never hangs, and goes on with its other sessions.

use std::{net::Shutdown, thread, time::Duration};

use harness::{Backend, Batch, Bind, Pintail, Postgres, RawClient, Target};

const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// How a conversation is ended.
#[derive(Clone, Copy)]
enum End {
    /// The client closes its sending side: no more will come.
    Closed,
    /// A Sync, a Query and Terminate behind it.
    GoesOn,
}

/// A message of each type, all of it right.
fn samples() -> Vec<(&'static str, Batch)> {
    let bind = Bind {
        portal: "p",
        statement: "s",
        formats: &[1],
        parameters: &[Some(vec![0, 0, 0, 7]), None],
        results: &[0],
    };
    vec![
        ("Query", Batch::new().query("select 1::int4 as a")),
        ("Parse", Batch::new().parse("t", "select $1 as a", &[23])),
        ("Bind", Batch::new().bind(&bind)),
        ("Describe", Batch::new().describe(b'S', "s")),
        ("Execute", Batch::new().execute("p", 7)),
        ("Close", Batch::new().close(b'P', "p")),
        ("Flush", Batch::new().flush()),
        ("Sync", Batch::new().sync()),
        ("CopyData", Batch::new().copy_data(b"1\n")),
        ("CopyDone", Batch::new().copy_done()),
        ("CopyFail", Batch::new().copy_fail("no")),
        ("Terminate", Batch::new().terminate()),
        ("Password", Batch::new().password("no")),
    ]
}

/// What the server answers, a line a message: of errors only severity and code.
fn answer(target: &Target, copying: bool, bytes: &[u8], end: End) -> anyhow::Result<Vec<String>> {
    let mut client = RawClient::connect(target)?;
    client.answer_timeout(CLOSE_TIMEOUT)?;
    if copying {
        client.send(&Batch::new().query("copy sweep from stdin"))?;
        client.receive()?;
    }
    let mut batch = Batch::new().raw(bytes);
    if let End::GoesOn = end {
        batch = batch.sync().query("select 2::int4 as b").terminate();
    }
    // The server may have closed before it was all sent.
    let _ = client.send(&batch);
    if let End::Closed = end {
        let _ = client.shutdown(Shutdown::Write);
    }
    let mut lines = Vec::new();
    while let Some(message) = client.receive()? {
        match message {
            Backend::ParameterStatus(..) => {}
            Backend::Error(report) => lines.push(format!("{} {}", report.severity(), report.code())),
            other => lines.push(other.to_string()),
        }
    }
    Ok(lines)
}

/// The differences that are meant.
fn is_meant(what: &str, copying: bool, oracle: &[String], own: &[String]) -> bool {
    // PostgreSQL logs an impossible length and closes without a word.
    let length = oracle.is_empty() && own == ["FATAL 08P01"];
    // During COPY an unexpected message, or the client's end, makes PostgreSQL say ERROR, find that it stopped inside
    // a message, and say FATAL; Pintail says one of them, or nothing to a client that has gone. Both close.
    let copy = copying
        && oracle.last().is_some_and(|last| last == "FATAL 08P01")
        && own.iter().all(|line| ["ERROR 08P01", "ReadyForQuery I", "FATAL 08P01"].contains(&line.as_str()));
    // PostgreSQL looks for the statement before it has read the whole Bind.
    let bind = oracle == ["ERROR 26000", "FATAL 08P01"] && own == ["ERROR 08P01", "FATAL 08P01"];
    // PostgreSQL skips COPY's messages outside COPY unread, Pintail reads every message.
    let skipped =
        what.starts_with("Copy") && own == ["ERROR 08P01", "FATAL 08P01"] && oracle == ["FATAL 08P01"];
    length || copy || bind || skipped
}

/// Each sample cut off at each byte, and with each length that is wrong by one.
fn variants() -> Vec<(String, Vec<u8>, End)> {
    let mut variants = Vec::new();
    for (name, Batch(bytes)) in samples() {
        for cut in 0..bytes.len() {
            variants.push((format!("{name} cut to {cut} bytes"), bytes[..cut].to_vec(), End::Closed));
        }
        for (what, change) in [("short", -1), ("long", 1)] {
            let mut wrong = bytes.clone();
            let length = i32::try_from(bytes.len() - 1).expect("a small message") + change;
            wrong[1..5].copy_from_slice(&length.to_be_bytes());
            variants.push((format!("{name} with a length too {what}"), wrong.clone(), End::GoesOn));
            variants.push((format!("{name} with a length too {what}, and the end"), wrong, End::Closed));
        }
        variants.push((format!("{name} as it should be"), bytes, End::GoesOn));
    }
    variants
}

#[test]
fn cut_messages_and_wrong_lengths_are_answered_as_postgres_does() -> anyhow::Result<()> {
    let (pintail, postgres) = (Pintail::start()?, Postgres::start()?);
    let targets = [pintail.target(), postgres.target()];
    for target in &targets {
        let mut client = RawClient::connect(target)?;
        client.rows("create table sweep(a int4)")?;
    }
    let mut differences = Vec::new();
    let mut compared = 0;
    for copying in [false, true] {
        for (what, bytes, end) in variants() {
            let [own, oracle] = thread::scope(|scope| {
                let answers = targets.each_ref().map(|target| {
                    let bytes = &bytes;
                    scope.spawn(move || answer(target, copying, bytes, end))
                });
                answers.map(|answer| answer.join().expect("no panic"))
            });
            let (own, oracle) = (own.map_err(|error| error.context(what.clone()))?, oracle?);
            compared += 1;
            if own != oracle && !is_meant(&what, copying, &oracle, &own) {
                let during = if copying { " during COPY" } else { "" };
                differences.push(format!("{what}{during}: PostgreSQL {oracle:?}, Pintail {own:?}"));
            }
        }
    }
    println!("{compared} wrong messages compared");
    assert!(differences.is_empty(), "{} of {compared}:\n{}", differences.len(), differences.join("\n"));
    assert_eq!(RawClient::connect(&targets[0])?.value("select count(*) from sweep")?, "0");
    Ok(())
}

#[test]
fn cut_startup_packets_end_the_connection_alone() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut other = RawClient::connect(&target)?;
    let startup = Batch::new().startup(&[("user", "postgres"), ("database", "md:")]);
    let password = Batch::new().password(&target.password);
    for (name, before, Batch(bytes)) in
        [("start-up message", Batch::new(), startup.clone()), ("password", startup, password)]
    {
        for cut in 0..bytes.len() {
            let mut client = RawClient::secure(&target)?;
            client.answer_timeout(CLOSE_TIMEOUT)?;
            client.send(&before.clone().raw(&bytes[..cut]))?;
            client.shutdown(Shutdown::Write)?;
            while let Some(message) = client.receive()? {
                assert!(
                    matches!(message, Backend::Authentication(3) | Backend::Error(_)),
                    "{name} cut to {cut} bytes: {message}"
                );
            }
        }
    }
    assert_eq!(other.value("select 1")?, "1");
    Ok(())
}
