//! What anybody can send to the port: garbage, other protocols, lies about lengths, half a conversation. Each ends
//! that connection alone; the server lives, logs no ERROR (the harness checks), and does not grow.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use harness::{Backend, Batch, Pintail, RawClient, Report, Target, process, raw};

/// How soon the server must have closed a connection that sent nonsense.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends bytes before TLS, closes the sending side if asked to; what came back until the server closed.
fn plain(target: &Target, bytes: &[u8], close: bool) -> anyhow::Result<Vec<u8>> {
    let mut stream = raw::tcp(target)?;
    stream.write_all(bytes)?;
    if close {
        stream.shutdown(Shutdown::Write)?;
    }
    until_closed(&mut stream)
}

fn until_closed(stream: &mut TcpStream) -> anyhow::Result<Vec<u8>> {
    stream.set_read_timeout(Some(CLOSE_TIMEOUT))?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => Err(error.into()),
        Ok(_) | Err(_) => Ok(answer),
    }
}

/// The ErrorResponse at the front of what came, if there is one.
fn report(answer: &[u8]) -> Option<Report> {
    let (tag, rest) = answer.split_first()?;
    let body = rest.get(4..).filter(|_| *tag == b'E')?;
    if let Backend::Error(report) = Backend::decode(*tag, body) { Some(report) } else { None }
}

fn assert_alive(target: &Target) -> anyhow::Result<()> {
    assert_eq!(RawClient::connect(target)?.value("select 42")?, "42");
    Ok(())
}

#[test]
fn before_tls() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let startup = Batch::new().startup(&[("user", "postgres")]).0;
    let ssl_request = Batch::new().headless(&80_877_103_u32.to_be_bytes()).0;
    let http = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let two_gib = [&[0x7f, 0xff, 0xff, 0xff], &196_608_u32.to_be_bytes()[..], b"user\0x\0\0"].concat();

    for (what, bytes) in [
        ("garbage", &[0xff_u8; 64][..]),
        ("an HTTP request", &http[..]),
        ("a 2 GiB length", &two_gib[..]),
        ("a length of 0", &[0; 8]),
        ("a length of 7", &[0, 0, 0, 7, 0, 3, 0]),
        ("a length of 10001", &[0, 0, 0x27, 0x11, 0, 3, 0, 0]),
        ("protocol 2", &[0, 0, 0, 8, 0, 2, 0, 0]),
    ] {
        let answer = plain(&target, bytes, false)?;
        if let Some(report) = report(&answer) {
            assert_eq!(report.severity(), "FATAL", "{what}: {report:?}");
            assert!(["08P01", "0A000", "28000"].contains(&report.code()), "{what}: {report:?}");
        } else {
            // Who speaks HTTP is told so in HTTP.
            assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400 "), "{what}: {answer:?}");
        }
    }
    for (what, bytes) in [
        ("nothing", &[][..]),
        ("three bytes", &[0, 0, 0]),
        ("half a start-up message", &startup[..startup.len() / 2]),
        ("half an SSLRequest", &ssl_request[..5]),
    ] {
        let answer = plain(&target, bytes, true)?;
        assert!(answer.is_empty() || answer[0] == b'E', "{what}: {answer:?}");
    }
    assert_alive(&target)
}

#[test]
fn bytes_sent_before_the_handshake_never_reach_the_session() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let early = Batch::new().startup(&[("user", "x")]).query("select 1");
    let mut client = RawClient::plain(&target)?;
    client.send(&Batch::new().headless(&80_877_103_u32.to_be_bytes()).raw(&early.0))?;
    assert_eq!(client.byte()?, Some(b'S'));
    client.start_tls(&target, &[])?;
    let report = match client.receive()? {
        Some(Backend::Error(report)) => report,
        other => panic!("no refusal but {other:?}"),
    };
    assert_eq!((report.severity(), report.code()), ("FATAL", "08P01"));
    assert_eq!(client.receive()?, None);
    assert_alive(&target)
}

#[test]
fn before_login() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let startup = || Batch::new().startup(&[("user", "postgres"), ("database", "md:")]);
    for (what, batch) in [
        ("garbage inside TLS", Batch::new().raw(&[0xff; 64])),
        ("an HTTP request inside TLS", Batch::new().raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")),
        ("a query instead of the password", startup().query("select 1")),
        ("a password of 1 MB", startup().password(&"x".repeat(1 << 20))),
        ("a password message of 2 GiB", startup().raw(&[b'p', 0x7f, 0xff, 0xff, 0xff])),
        ("a start-up message without its end", Batch::new().headless(b"\0\x03\0\0user\0x")),
        ("a start-up message with bytes after its end", Batch::new().headless(b"\0\x03\0\0user\0x\0\0more")),
    ] {
        let mut client = RawClient::secure(&target)?;
        client.answer_timeout(CLOSE_TIMEOUT)?;
        // The server may close while we still send.
        let _ = client.send(&batch);
        let answer = client.until_ready().map_err(|error| error.context(what))?;
        assert!(!answer.iter().any(|message| matches!(message, Backend::ReadyForQuery(_))), "{what}: let in");
        if let Some(report) = raw::error_in(&answer) {
            assert_eq!(report.severity(), "FATAL", "{what}: {report:?}");
        }
    }
    assert_alive(&target)
}

#[test]
fn after_login() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let body_without_zero = Batch::new().message(b'Q', b"select 1");
    for (what, batch) in [
        ("a query of 2 GiB", Batch::new().raw(&[b'Q', 0x7f, 0xff, 0xff, 0xff])),
        ("a negative length", Batch::new().raw(&[b'Q', 0xff, 0xff, 0xff, 0xff])),
        ("a length of 3", Batch::new().raw(&[b'Q', 0, 0, 0, 3])),
        ("an unknown type", Batch::new().message(b'!', b"")),
        ("a backend's message", Batch::new().message(b'Z', b"I")),
        ("a query without its zero byte", body_without_zero),
        ("a query with bytes after its zero byte", Batch::new().message(b'Q', b"select 1\0more")),
        ("a Sync with a body", Batch::new().message(b'S', b"x")),
        ("an Execute without its row limit", Batch::new().message(b'E', b"\0")),
        ("a Describe of neither kind", Batch::new().message(b'D', b"X\0")),
        ("a Parse that counts more types than it has", Batch::new().message(b'P', b"\0select 1\0\x00\x05")),
        ("a Bind that counts more values than it has", Batch::new().message(b'B', b"\0\0\0\0\x7f\xff")),
        (
            "a Bind with a value longer than the message",
            Batch::new().message(b'B', b"\0\0\0\0\0\x01\x7f\xff\xff\xff"),
        ),
        ("a second start-up message", Batch::new().startup(&[("user", "x")])),
    ] {
        let mut client = RawClient::connect(&target)?;
        client.answer_timeout(CLOSE_TIMEOUT)?;
        client.send(&batch.sync())?;
        let answer = client.until_ready().map_err(|error| error.context(what))?;
        let report = raw::error_in(&answer).unwrap_or_else(|| panic!("{what}: {}", raw::lines(&answer)));
        assert_eq!(report.code(), "08P01", "{what}: {report:?}");
    }
    assert_alive(&target)
}

#[test]
fn text_that_is_not_utf8_is_an_error_of_the_statement() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.send(&Batch::new().message(b'Q', b"select '\xff\xfe'\0"))?;
    let answer = client.until_ready()?;
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("22021"), "{}", raw::lines(&answer));
    assert_eq!(client.value("select 1")?, "1");
    Ok(())
}

#[test]
fn half_closed_sockets() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    // The client closes its sending side in the middle of a message, after a query, inside a transaction.
    for batch in [
        Batch::new().raw(b"Q\0\0\0\x20sel"),
        Batch::new().query("select 1"),
        Batch::new().query("begin; create table half_closed(a int4)"),
        Batch::new().parse("", "select 1", &[]),
    ] {
        let mut client = RawClient::connect(&target)?;
        client.answer_timeout(CLOSE_TIMEOUT)?;
        client.send(&batch)?;
        client.shutdown(Shutdown::Write)?;
        while client.receive()?.is_some() {}
    }
    // The client vanishes while a large result streams.
    let mut client = RawClient::connect(&target)?;
    client.send(&Batch::new().query("select * from range(100000000)"))?;
    client.receive()?;
    drop(client);
    let begun = Instant::now();
    let mut other = RawClient::connect(&target)?;
    assert_eq!(
        other.failure("select * from half_closed")?.code(),
        "42P01",
        "the open transaction was rolled back"
    );
    assert!(begun.elapsed() < CLOSE_TIMEOUT);
    Ok(())
}

#[test]
fn a_flood_of_nonsense_leaves_no_memory_behind() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let nonsense = |rounds: usize| -> anyhow::Result<()> {
        for _ in 0..rounds {
            plain(&target, &[0xff; 512], false)?;
            plain(&target, b"\0\0", true)?;
            let mut client = RawClient::secure(&target)?;
            client.send(&Batch::new().raw(&[0x7f; 512]))?;
            let _ = client.until_ready();
        }
        // Few: refusals are slowed down on purpose.
        RawClient::refusal(&target.password("pt_wrong"), &[])?;
        Ok(())
    };
    nonsense(20)?;
    let before = process::resident_bytes(pintail.gateway());
    nonsense(200)?;
    let grown = process::resident_bytes(pintail.gateway()).saturating_sub(before);
    assert!(grown < 8 << 20, "the gateway grew by {grown} bytes");
    assert_alive(&target)
}
