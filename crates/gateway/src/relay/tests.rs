//! The relay between an in-memory client and a duckling that is a thread.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    task::JoinHandle,
    time::timeout,
};

use super::*;
use crate::{
    duckling::tests::{
        World,
        fake::{Fake, Manner},
        settings, start, world,
    },
    sessions::Sessions,
    store::{Credential, Login, TokenId, TokenKind},
};

struct Client {
    stream: DuplexStream,
    sessions: Arc<Sessions>,
    key: Vec<u8>,
    shutdown: CancellationToken,
    relay: JoinHandle<()>,
    world: World,
}

async fn connect() -> Client {
    let world = world(Fake::new(Manner::Serve), settings());
    let sessions = Arc::new(Sessions::default());
    let login = Login {
        account: world.account.clone(),
        credential: Credential::Token { id: TokenId(1), name: "laptop".to_owned(), expires: None },
        kind: TokenKind::ReadWrite,
    };
    let registered = sessions.register(&login, 0, world.ducklings.allowance(&world.account)).unwrap();
    let key = registered.backend_key();
    let session = world.ducklings.open(&world.account, start()).await.unwrap();
    let shutdown = CancellationToken::new();
    let relay = Relay {
        ducklings: world.ducklings.clone(),
        account: world.account.clone(),
        start: start(),
        registered,
        max_message_bytes: 1 << 20,
        shutdown: shutdown.clone(),
        shutdown_grace: Duration::from_millis(300),
    };
    let (stream, server) = duplex(64 * 1024);
    let mut client =
        Client { stream, sessions, key, shutdown, relay: tokio::spawn(relay.run(server, session)), world };
    assert_eq!(client.kinds().await, "KZ");
    client
}

impl Client {
    async fn message(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        let read = timeout(Duration::from_secs(10), self.stream.read_exact(&mut head));
        read.await.expect("no answer").ok()?;
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        let mut body = vec![0; usize::try_from(length).unwrap() - 4];
        self.stream.read_exact(&mut body).await.ok()?;
        Some((head[0], body))
    }

    async fn query(&mut self, text: &str) {
        let length = u32::try_from(text.len() + 5).unwrap().to_be_bytes();
        let message = [b"Q", &length[..], text.as_bytes(), b"\0"].concat();
        self.stream.write_all(&message).await.unwrap();
    }

    /// Kinds of the messages up to ReadyForQuery or the end.
    async fn kinds(&mut self) -> String {
        let mut kinds = String::new();
        while let Some((kind, _)) = self.message().await {
            kinds.push(char::from(kind));
            if kind == b'Z' {
                break;
            }
        }
        kinds
    }

    /// The SQLSTATE of the FATAL that ends the connection.
    async fn fatal(&mut self) -> Option<String> {
        let (kind, body) = self.message().await?;
        assert_eq!(kind, b'E');
        let text = String::from_utf8(body).unwrap();
        assert!(text.contains("VFATAL\0"), "{text:?}");
        assert!(self.message().await.is_none(), "the connection goes on");
        let code = text.split('\0').find_map(|field| field.strip_prefix('C'));
        code.map(str::to_owned)
    }

    /// Kills the duckling and waits until the gateway has noticed.
    async fn kill(&self) {
        self.world.fake.die();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_answered_and_goodbye_ends_it() {
    let mut client = connect().await;
    for text in ["ok", "begin", "ok"] {
        client.query(text).await;
        assert_eq!(client.kinds().await, "CZ");
    }
    client.stream.write_all(b"X\0\0\0\x04").await.unwrap();
    assert!(client.message().await.is_none());
    drop(client.stream);
    client.relay.await.unwrap();
    assert_eq!(client.sessions.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_result_arrives_whole() {
    let mut client = connect().await;
    client.query("big").await;
    for number in 0..100u8 {
        let (kind, body) = client.message().await.unwrap();
        assert_eq!((kind, body.len()), (b'd', 130_000));
        assert!(body.iter().all(|byte| *byte == number));
    }
    assert_eq!(client.kinds().await, "CZ");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_without_state_survives_its_duckling() {
    let mut client = connect().await;
    for _ in 0..2 {
        client.query("ok").await;
        assert_eq!(client.kinds().await, "CZ");
        client.kill().await;
    }
    client.query("ok").await;
    assert_eq!(client.kinds().await, "CZ");
    assert_eq!(client.world.fake.launches(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_duckling_starts_only_when_the_client_says_something() {
    let mut client = connect().await;
    client.kill().await;
    client.stream.write_all(b"X\0\0\0\x04").await.unwrap();
    assert!(client.message().await.is_none());
    assert_eq!(client.world.fake.launches(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_with_state_is_ended_with_its_duckling() {
    let mut client = connect().await;
    client.query("state").await;
    assert_eq!(client.kinds().await, "CZ");
    client.kill().await;
    assert_eq!(client.fatal().await.unwrap(), "57P01");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_or_transaction_under_way_is_a_crash() {
    let mut client = connect().await;
    client.query("begin").await;
    assert_eq!(client.kinds().await, "CZ");
    client.kill().await;
    assert_eq!(client.fatal().await.unwrap(), "57P02");

    let mut client = connect().await;
    client.query("die").await;
    assert_eq!(client.fatal().await.unwrap(), "57P02");
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_a_long_message_there_is_only_the_end() {
    let mut client = connect().await;
    client.query("part").await;
    let mut rest = Vec::new();
    client.stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"D\0\x10\0\0half");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_the_duckling_ends_gets_its_last_words() {
    let mut client = connect().await;
    client.query("bye").await;
    assert_eq!(client.fatal().await.unwrap(), "57P05");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_protocol_is_answered_after_what_came_before() {
    let mut client = connect().await;
    client.query("ok").await;
    client.stream.write_all(b"\x7f\0\0\0\x04").await.unwrap();
    assert_eq!(client.kinds().await, "CZ");
    assert_eq!(client.fatal().await.unwrap(), "08P01");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_reaches_the_statement_and_only_with_the_right_secret() {
    let mut client = connect().await;
    client.query("wait").await;
    let process_id = i32::from_be_bytes(client.key[..4].try_into().unwrap());
    assert!(!client.sessions.cancel(process_id, &[0; 4]));
    let early = timeout(Duration::from_millis(100), client.message()).await;
    assert!(early.is_err(), "cancelled by a wrong secret");
    assert!(client.sessions.cancel(process_id, &client.key[4..]));
    assert_eq!(client.kinds().await, "EZ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_vanishes_leaves_nothing_running() {
    let mut client = connect().await;
    client.query("wait").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(client.stream);
    timeout(Duration::from_secs(5), client.relay).await.unwrap().unwrap();
    assert_eq!(client.sessions.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_ends_idle_sessions_at_once_and_busy_ones_after_the_grace() {
    let mut client = connect().await;
    client.shutdown.cancel();
    assert_eq!(client.fatal().await.unwrap(), "57P01");

    let mut client = connect().await;
    client.query("wait").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.shutdown.cancel();
    let early = timeout(Duration::from_millis(150), client.message()).await;
    assert!(early.is_err(), "ended before the grace was over");
    assert_eq!(client.fatal().await.unwrap(), "57P01");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_its_sessions() {
    let mut client = connect().await;
    assert_eq!(client.sessions.end_token(TokenId(1)), 1);
    assert_eq!(client.fatal().await.unwrap(), "57P01");
}
