//! Inside TLS: the start-up packet, the token (or what else the rules want), and the session's beginning in a duckling.
//!
//! Everything that is refused for the token's sake is refused in the same words (28P01), whether it is
//! unknown, revoked, expired or no token at all.

use std::net::SocketAddr;

use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use wire::{
    Diagnostic, SqlState, backend,
    frontend::Header,
    link::{Greeting, SessionId, SessionLimits, SessionStart},
    startup::{self, NEWEST_MINOR_VERSION, Packet, Startup, StartupError},
};

use super::{
    Arrival, Channel, Front,
    packet::{self, Unread},
    password,
};
use crate::{
    access::{Demand, Denied},
    duckling::Session,
    relay::{Relay, close, say},
    scram::Offer,
    sessions::RegisterError,
    store::{Credential, Login, StoreError, Timestamp, TokenKind},
    target::{self, Target, TargetError},
    token::TokenHash,
};

/// A password message's body, at most.
const PASSWORD_MAX_BYTES: usize = 64 * 1024;

const PASSWORD: u8 = b'p';

/// A session that is ready to be relayed.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) relay: Relay,
    pub(super) session: Session,
}

/// Why there is no session.
pub(super) enum Refused {
    /// The client has gone.
    Gone,
    /// It wanted something else, and there is nothing to say about it.
    Answered,
    /// It is to be told this.
    Told(Box<Diagnostic>),
}

impl From<std::io::Error> for Refused {
    fn from(_: std::io::Error) -> Self {
        Self::Gone
    }
}

impl From<Diagnostic> for Refused {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Told(Box::new(diagnostic))
    }
}

/// Logs a client in; nothing when it has been refused and the connection is over.
pub(super) async fn log_in<S>(front: &Front, mut stream: S, arrival: Arrival) -> Option<(S, Begun)>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let peer = arrival.peer;
    match begin(front, &mut stream, arrival).await {
        Ok(begun) => Some((stream, begun)),
        Err(Refused::Gone) => None,
        Err(Refused::Answered) => {
            // With TLS's own goodbye: libpq takes its absence for a failed cancel request.
            close(&mut stream).await;
            None
        }
        Err(Refused::Told(diagnostic)) => {
            // It repeats names as the client has sent them, line ends and all.
            let (code, reason) = (diagnostic.code, &diagnostic.message);
            tracing::info!(%peer, %code, ?reason, "connection refused");
            say(&mut stream, &diagnostic).await;
            None
        }
    }
}

async fn begin<S>(front: &Front, stream: &mut S, arrival: Arrival) -> Result<Begun, Refused>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let startup = read_startup(front, stream).await?;
    let peer = arrival.peer;
    if let Some(refusal) = arrival.entry.refusal() {
        return Err(refusal.into());
    }
    let minor_version = startup.minor_version.min(NEWEST_MINOR_VERSION);
    let mut greeting = Vec::new();
    if startup.minor_version > NEWEST_MINOR_VERSION || !startup.protocol_options.is_empty() {
        backend::negotiate_protocol_version(&mut greeting, minor_version, &startup.protocol_options);
    }
    send(stream, &greeting).await?;
    let login = authenticate(front, stream, &startup, (peer, arrival.channel)).await?;
    let allowance = front.ducklings.allowance(&login.account);
    let registered = front
        .sessions
        .register(&login, minor_version, allowance)
        .map_err(|error| register_refusal(&error))?;
    let target = resolve(front, &startup, &login).await?;
    let limits = allowance.session_limits(login.credential.token_name());
    let read_only = login.kind == TokenKind::ReadScaling;
    let server_address = arrival.own.map(|own| own.to_string()).unwrap_or_default();
    let start = SessionStart {
        limits,
        read_only,
        server_address,
        ..session_start(&startup, target, registered.backend_key(), peer)
    };
    let opened = front.ducklings.open(&login.account, start.clone()).await;
    let session = opened.map_err(|error| Refused::from(Diagnostic::from(error)))?;
    let mut ok = Vec::new();
    backend::authentication_ok(&mut ok);
    stream.write_all(&ok).await?;
    let relay = Relay {
        ducklings: front.ducklings.clone(),
        account: login.account,
        start,
        registered,
        max_message_bytes: front.limits.max_message_bytes,
        shutdown: front.shutdown.clone(),
        shutdown_grace: front.shutdown_grace,
    };
    Ok(Begun { relay, session })
}

/// Reads packets until the start-up message proper. Inside TLS there is nothing to negotiate any more.
async fn read_startup<S>(front: &Front, stream: &mut S) -> Result<Startup, Refused>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let refuse = |error| Refused::from(packet::refusal(error));
    let body = match packet::read(stream).await {
        Ok(body) => body,
        Err(Unread::Gone) => return Err(Refused::Gone),
        Err(Unread::Invalid(error, _)) => return Err(refuse(error)),
    };
    let packet = match startup::decode(&body) {
        // Nobody learns what is wrong with a cancel request.
        Err(StartupError::Cancel) => return Err(Refused::Answered),
        decoded => decoded.map_err(refuse)?,
    };
    match packet {
        Packet::Startup(startup) if startup.parameter("user").is_none_or(str::is_empty) => {
            Err(Diagnostic::from(TargetError::NoUser).into())
        }
        Packet::Startup(startup) => Ok(startup),
        Packet::Cancel { process_id, secret } => {
            front.sessions.cancel(process_id, secret);
            Err(Refused::Answered)
        }
        Packet::Ssl => Err(refuse(packet::SECOND_SSL)),
        Packet::GssEnc => Err(refuse(packet::SECOND_GSS)),
    }
}

/// Has the client show what the rules want of it.
async fn authenticate<S>(
    front: &Front,
    stream: &mut S,
    startup: &Startup,
    (peer, channel): (SocketAddr, Channel),
) -> Result<Login, Refused>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let user = startup.parameter("user").unwrap_or_default();
    let demand = front.access.demand(peer.ip(), user, channel.names.as_deref());
    match demand.map_err(|denied| denied_refusal(denied, user, peer))? {
        Demand::Token => {
            let mut request = Vec::new();
            backend::authentication_cleartext_password(&mut request);
            send(stream, &request).await?;
            let token = read_password(stream).await?;
            check(front, &token, user, peer).await
        }
        Demand::Password(account) => {
            let offer = Offer { end_point: channel.end_point };
            let login = password::check(front, stream, &account, &offer, peer).await?;
            login.ok_or_else(|| {
                wrong(user, "The password must be that of the account (pintail account password).")
            })
        }
        Demand::Account(account) => {
            let accounts = front.records.run(move |store| store.account(&account)).await;
            let found = accounts.map_err(|error| store_failed(&error))?;
            let login =
                |account| Login { account, credential: Credential::Certificate, kind: TokenKind::ReadWrite };
            found.map(login).ok_or_else(|| wrong(user, "The certificate's account must exist."))
        }
    }
}

/// Reads the password message, the only one that may come before the login is done.
async fn read_password<R: AsyncRead + Unpin>(reader: &mut R) -> Result<SecretString, Refused> {
    let violation = |message: &str| Refused::from(Diagnostic::fatal(SqlState::PROTOCOL_VIOLATION, message));
    let mut body = read_answer(reader, "password response").await?;
    let ended_at = body.iter().position(|byte| *byte == 0);
    if ended_at.is_none_or(|end| end + 1 != body.len()) {
        return Err(violation("invalid password packet size"));
    }
    body.pop();
    // No token is anything but ASCII; what is not UTF-8 is a wrong one like any other.
    let text = String::from_utf8(body).unwrap_or_default();
    Ok(SecretString::from(text))
}

/// Reads an answer to a request for authentication; its body.
pub(super) async fn read_answer<R: AsyncRead + Unpin>(
    reader: &mut R,
    expected: &str,
) -> Result<Vec<u8>, Refused> {
    let violation = |message: String| Refused::from(Diagnostic::fatal(SqlState::PROTOCOL_VIOLATION, message));
    let mut head = [0; Header::LENGTH_BYTES];
    reader.read_exact(&mut head).await?;
    let [kind, ..] = head;
    if kind != PASSWORD {
        return Err(violation(format!("expected {expected}, got message type {kind}")));
    }
    let header = Header::decode(head, PASSWORD_MAX_BYTES).map_err(|error| violation(error.to_string()))?;
    let mut body = vec![0; header.body_bytes];
    reader.read_exact(&mut body).await?;
    Ok(body)
}

async fn check(front: &Front, token: &SecretString, user: &str, peer: SocketAddr) -> Result<Login, Refused> {
    let hash = TokenHash::of(token);
    let found = front
        .records
        .run(move |store| store.login(&hash, Timestamp::now()))
        .await
        .map_err(|error| store_failed(&error))?;
    if let Some(login) = found {
        return Ok(login);
    }
    front.throttle.fail(peer.ip()).await;
    Err(wrong(user, WRONG_TOKEN))
}

const WRONG_TOKEN: &str = "The password must be a valid access token of this server (pintail token create).";

fn wrong(user: &str, hint: &str) -> Refused {
    let message = format!("password authentication failed for user \"{user}\"");
    Diagnostic::fatal(SqlState::INVALID_PASSWORD, message).with_hint(hint).into()
}

fn denied_refusal(denied: Denied, user: &str, peer: SocketAddr) -> Refused {
    let address = peer.ip().to_canonical();
    let (message, hint) = match denied {
        Denied::NoRule => (
            format!("no access rule for host \"{address}\", user \"{user}\""),
            "The server's configuration has no [[access]] rule that fits.",
        ),
        Denied::Rejected => (
            format!("an access rule rejects host \"{address}\", user \"{user}\""),
            "The server's configuration has an [[access]] rule for this.",
        ),
        Denied::NoCertificate => (
            "connection requires a valid client certificate".to_owned(),
            "Connect with sslcert and sslkey; the certificate's CA must be one of [tls] client_ca.",
        ),
        Denied::OtherName => (
            format!("certificate authentication failed for user \"{user}\""),
            "The client certificate must have the user's name as its common name.",
        ),
    };
    Diagnostic::fatal(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, message).with_hint(hint).into()
}

/// Where the session begins. What let the client in is looked at again: the session is in the table now, so that whoever
/// revokes it later ends this session, too.
async fn resolve(front: &Front, startup: &Startup, login: &Login) -> Result<Target, Refused> {
    let again = login.clone();
    let databases = front.records.run(move |store| {
        let admits = store.admits(&again, Timestamp::now())?;
        admits.then(|| store.connectable(again.account.id)).transpose()
    });
    let databases = databases.await.map_err(|error| store_failed(&error))?;
    let user = startup.parameter("user").unwrap_or_default();
    let databases = databases.ok_or_else(|| wrong(user, WRONG_TOKEN))?;
    target::resolve(startup, &databases).map_err(|error| Diagnostic::from(error).into())
}

fn session_start(startup: &Startup, target: Target, backend_key: Vec<u8>, peer: SocketAddr) -> SessionStart {
    SessionStart {
        // The supervision numbers it.
        session: SessionId(0),
        greeting: Greeting::Full,
        backend_key,
        database: target.database,
        single: target.single,
        read_only: false,
        user: startup.parameter("user").unwrap_or_default().to_owned(),
        settings: target.settings,
        notices: target.notices,
        client_address: peer.to_string(),
        server_address: String::new(),
        limits: SessionLimits::default(),
    }
}

pub(super) fn store_failed(error: &StoreError) -> Refused {
    tracing::error!(%error, "the accounts store failed");
    Diagnostic::fatal(SqlState::INTERNAL_ERROR, "the accounts store cannot be read").into()
}

fn register_refusal(error: &RegisterError) -> Refused {
    let message = error.to_string();
    let diagnostic = match error {
        RegisterError::Full { limit, .. } => Diagnostic::fatal(SqlState::TOO_MANY_CONNECTIONS, message)
            .with_detail(format!("An account may have {limit} connections."))
            .with_hint(
                "Close connections that are not needed, use a pooler, or raise limits.sessions_per_account.",
            ),
        RegisterError::TokenFull { limit, .. } => Diagnostic::fatal(SqlState::TOO_MANY_CONNECTIONS, message)
            .with_detail(format!("This token may have {limit} connections."))
            .with_hint(
                "Close connections that are not needed, use another token, or raise the token's sessions.",
            ),
        RegisterError::Random(_) => Diagnostic::fatal(SqlState::INTERNAL_ERROR, message),
    };
    diagnostic.into()
}

pub(super) async fn send<W: AsyncWrite + Unpin>(writer: &mut W, bytes: &[u8]) -> std::io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await
}
