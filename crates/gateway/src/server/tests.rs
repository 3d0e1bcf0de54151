//! A whole server on loopback, its ducklings threads; clients that behave and clients that do not.

mod client;

use std::time::Duration;

use client::{Client, TestServer, startup_packet};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_rustls::client::TlsStream;

const SSL_REQUEST: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x2f";
const GSSENC_REQUEST: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x30";

const POSTGRES: &[(&str, &str)] = &[("user", "postgres"), ("database", "md:")];

#[tokio::test(flavor = "multi_thread")]
async fn a_token_inside_tls_lets_in() {
    let server = TestServer::start().await;
    let mut client = server.log_in(POSTGRES).await;
    assert_eq!(client.kinds().await, "RKZ");
    client.query("ok").await;
    assert_eq!(client.kinds().await, "CZ");
}

#[tokio::test(flavor = "multi_thread")]
async fn gss_encryption_is_declined_and_tls_follows() {
    let server = TestServer::start().await;
    let mut plain = server.plain().await;
    plain.send(GSSENC_REQUEST).await;
    assert_eq!(plain.byte().await, Some(b'N'));
    plain.send(SSL_REQUEST).await;
    assert_eq!(plain.byte().await, Some(b'S'));
    let mut client = server.secure(plain, &[]).await.unwrap();
    client.start(0, POSTGRES, &server.token).await;
    assert_eq!(client.kinds().await, "RKZ");
}

#[tokio::test(flavor = "multi_thread")]
async fn direct_tls_needs_the_protocol_name() {
    let server = TestServer::start().await;
    let plain = server.plain().await;
    let mut client = server.secure(plain, &[b"postgresql"]).await.unwrap();
    client.start(0, POSTGRES, &server.token).await;
    assert_eq!(client.kinds().await, "RKZ");

    let plain = server.plain().await;
    let mut client = server.secure(plain, &[]).await.unwrap();
    assert_eq!(client.fatal().await.0, "08P01");

    let plain = server.plain().await;
    assert!(server.secure(plain, &[b"h2"]).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plaintext_startup_is_refused_at_once() {
    let server = TestServer::start().await;
    let mut plain = server.plain().await;
    plain.send(&startup_packet(0, POSTGRES)).await;
    let (code, text) = plain.fatal().await;
    assert_eq!(code, "28000");
    assert!(text.contains("sslmode=require"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_before_the_handshake_are_refused() {
    let server = TestServer::start().await;
    let mut plain = server.plain().await;
    plain.send(&[SSL_REQUEST, &startup_packet(0, POSTGRES)].concat()).await;
    assert_eq!(plain.byte().await, Some(b'S'));
    let mut client = server.secure(plain, &[]).await.unwrap();
    assert_eq!(client.fatal().await.0, "08P01");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_startup_packet_is_answered_or_closed() {
    let server = TestServer::start().await;
    for (sent, code) in [
        (&b"\x80\0\0\0\0\x03\0\0"[..], "08P01"),
        (b"garbage that goes on and on", "08P01"),
        (b"\0\0\0\x04", "08P01"),
        (b"\0\0\0\x08\0\x02\0\0", "0A000"),
        (b"\0\0\0\x09\x04\xd2\x16\x2f!", "08P01"),
        (b"\0\0\0\x0c\0\x03\0\0user", "08P01"),
    ] {
        let mut plain = server.plain().await;
        plain.send(sent).await;
        assert_eq!(plain.fatal().await.0, code, "{sent:?}");
    }
    let mut plain = server.plain().await;
    plain.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let answer = plain.rest().await;
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{answer:?}");
    // Half a packet, then the end of the client's side.
    let mut plain = server.plain().await;
    plain.send(b"\0\0\0\x20\0\x03\0\0us").await;
    plain.stream.shutdown().await.unwrap();
    assert_eq!(plain.rest().await, b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_protocols_and_unknown_options_are_negotiated() {
    let server = TestServer::start().await;
    for (minor, options, expected) in [
        (0, POSTGRES, None),
        (2, POSTGRES, None),
        (9, POSTGRES, Some((2u8, 0u8))),
        (0, &[("user", "postgres"), ("database", "md:"), ("_pq_.x", "1")][..], Some((0, 1))),
    ] {
        let mut client = server.tls().await;
        client.begin(minor, options).await;
        let (kind, body) = client.message().await.unwrap();
        let Some((version, unknown)) = expected else {
            assert_eq!(kind, b'R');
            continue;
        };
        assert_eq!(kind, b'v');
        assert_eq!(body[..8], [0, 3, 0, version, 0, 0, 0, unknown]);
        assert_eq!(client.message().await.unwrap().0, b'R');
    }
    let mut client = server.tls().await;
    client.start(2, POSTGRES, &server.token).await;
    assert_eq!(client.message().await.unwrap().0, b'R');
    let (kind, key) = client.message().await.unwrap();
    assert_eq!((kind, key.len()), (b'K', 36));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tokens_are_all_refused_in_the_same_words() {
    let server = TestServer::start().await;
    let mut texts = Vec::new();
    for wrong in ["", "x", "pt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &server.token[..45]] {
        let mut client = server.tls().await;
        client.start(0, POSTGRES, wrong).await;
        let (code, text) = client.fatal().await;
        assert_eq!(code, "28P01");
        texts.push(text);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_login_nothing_but_a_password_is_taken() {
    let server = TestServer::start().await;
    for bad in [
        &b"Q\0\0\0\x0eSELECT 1\0\0"[..],
        b"p\0\x01\0\x05",
        b"p\0\0\0\x03",
        b"p\0\0\0\x06ab",
        b"p\0\0\0\x07a\0b",
    ] {
        let mut client = server.tls().await;
        client.begin(0, POSTGRES).await;
        assert_eq!(client.message().await.unwrap().0, b'R');
        client.send(bad).await;
        assert_eq!(client.fatal().await.0, "08P01", "{bad:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_begin_is_told_after_the_login() {
    let server = TestServer::start().await;
    for (parameters, code) in [
        (&[("user", "postgres"), ("database", "nope")][..], "3D000"),
        (&[("user", "postgres"), ("database", "md:?attach_mode=foo")], "22023"),
    ] {
        let mut client = server.tls().await;
        client.start(0, parameters, &server.token).await;
        assert_eq!(client.fatal().await.0, code, "{parameters:?}");
    }
    // Without a user nobody is asked for a password.
    for parameters in [&[("database", "md:")][..], &[("user", ""), ("database", "md:")]] {
        let mut client = server.tls().await;
        client.begin(0, parameters).await;
        assert_eq!(client.fatal().await.0, "28000", "{parameters:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_request_works_in_the_clear_and_inside_tls() {
    let server = TestServer::start().await;
    let mut client = server.log_in(POSTGRES).await;
    assert_eq!(client.message().await.unwrap().0, b'R');
    let (_, key) = client.message().await.unwrap();
    assert_eq!(client.kinds().await, "Z");
    let cancel = [&b"\0\0\0\x10\x04\xd2\x16\x2e"[..], &key].concat();

    for is_encrypted in [false, true] {
        client.query("wait").await;
        assert_eq!(cancelled(&server, &mut client, &cancel, is_encrypted).await, "EZ");
    }
}

/// What the client is answered. A request that overtakes its statement is for nothing, as in PostgreSQL, so it is sent again.
async fn cancelled(
    server: &TestServer,
    client: &mut Client<TlsStream<TcpStream>>,
    request: &[u8],
    is_encrypted: bool,
) -> String {
    const TIMES: usize = 50;
    let mut answer = std::pin::pin!(client.kinds());
    for _ in 0..TIMES {
        if is_encrypted {
            server.tls().await.send(request).await;
        } else {
            let mut plain = server.plain().await;
            plain.send(request).await;
            assert_eq!(plain.rest().await, b"");
        }
        if let Ok(kinds) = timeout(Duration::from_millis(200), &mut answer).await {
            return kinds;
        }
    }
    panic!("a statement was cancelled {TIMES} times and goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_connections_are_told_so() {
    let server = TestServer::limited(|limits, allowances| {
        allowances.default.sessions = 1;
        limits.connections = 2;
    })
    .await;
    let mut first = server.log_in(POSTGRES).await;
    assert_eq!(first.kinds().await, "RKZ");
    let mut second = server.log_in(POSTGRES).await;
    let (code, text) = second.fatal().await;
    assert_eq!(code, "53300");
    assert!(text.contains("sessions_per_account"), "{text}");
    let _idle = server.plain().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut third = server.tls().await;
    third.begin(0, POSTGRES).await;
    let (code, text) = third.fatal().await;
    assert_eq!(code, "53300");
    assert!(text.contains("limits.connections"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_log_in_is_closed() {
    let server = TestServer::limited(|limits, _| limits.login_timeout = Duration::from_millis(200)).await;
    let mut silent = server.plain().await;
    assert_eq!(silent.rest().await, b"");
    let mut asked = server.tls().await;
    asked.begin(0, POSTGRES).await;
    assert_eq!(asked.message().await.unwrap().0, b'R');
    assert!(asked.message().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_sessions_and_frees_the_data_directory() {
    let server = TestServer::start().await;
    let mut client = server.log_in(POSTGRES).await;
    assert_eq!(client.kinds().await, "RKZ");
    let folder = server.stop().await;
    assert_eq!(client.fatal().await.0, "57P01");
    crate::home::Home::open(&folder.path().join("data")).unwrap();
}
