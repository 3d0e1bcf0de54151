//! From a bare connection to TLS: SSLRequest, GSSENCRequest, direct TLS; nothing else gets any further
//! (protocol pages "SSL Session Encryption" and "GSSAPI Session Encryption").
//!
//! A CancelRequest may come without TLS, as libpq before 17 sends it.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use wire::{
    Diagnostic, SqlState,
    startup::{self, Packet, StartupError},
};

use super::{
    Channel,
    packet::{self, Unread},
};
use crate::{
    relay::{say, send_last},
    sessions::Sessions,
    tls::{ALPN, Serving, subject},
};

/// The first byte of a TLS handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

/// Room for a whole batch in records, so that it leaves in one system call (rustls stops at 64 KiB).
const TLS_BUFFER_BYTES: usize = 256 * 1024;

/// What comes before TLS is read and thrown away so many times, half a KiB each.
const EARLY_READS_MAX: usize = 32;

/// Leads the client into TLS; nothing when it has been answered and the connection is over.
pub(super) async fn encrypt(
    mut stream: TcpStream,
    serving: &Serving,
    sessions: &Sessions,
) -> Option<TlsStream<TcpStream>> {
    let tls = &TlsAcceptor::from(Arc::clone(&serving.config));
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? == 0 {
        return None;
    }
    if first == [TLS_HANDSHAKE] {
        return direct(stream, tls).await;
    }
    let mut gss_refused = false;
    loop {
        match packet::read(&mut stream).await {
            Err(Unread::Gone) => return None,
            Err(Unread::Invalid(_, head)) if packet::is_http(head) => {
                send_last(&mut stream, packet::HTTP_ANSWER).await;
                return None;
            }
            Err(Unread::Invalid(error, _)) => return refuse(stream, packet::refusal(error)).await,
            Ok(body) => match startup::decode(&body) {
                Ok(Packet::Ssl) => return negotiated(stream, tls).await,
                Ok(Packet::GssEnc) if gss_refused => {
                    return refuse(stream, packet::refusal(packet::SECOND_GSS)).await;
                }
                Ok(Packet::GssEnc) => {
                    gss_refused = true;
                    stream.write_all(b"N").await.ok()?;
                }
                Ok(Packet::Cancel { process_id, secret }) => {
                    sessions.cancel(process_id, secret);
                    return None;
                }
                // Nobody learns what is wrong with a cancel request.
                Err(StartupError::Cancel) => return None,
                Ok(Packet::Startup(_)) => return refuse(stream, unencrypted()).await,
                Err(error) => return refuse(stream, packet::refusal(error)).await,
            },
        }
    }
}

/// What this TLS connection tells of its ends.
pub(super) fn channel(stream: &TlsStream<TcpStream>, serving: &Serving) -> Channel {
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    Channel { end_point: serving.end_point.clone(), names: shown.map(subject::names) }
}

/// The client waits for our answer to its SSLRequest, so whatever it has sent behind it is not its own
/// (CVE-2021-23214). It is thrown away, and the client is told inside TLS, as by PostgreSQL.
async fn negotiated(mut stream: TcpStream, tls: &TlsAcceptor) -> Option<TlsStream<TcpStream>> {
    let mut was_injected = false;
    for reads in 0.. {
        match stream.try_read(&mut [0; 512]) {
            Ok(_) if reads == EARLY_READS_MAX => return None,
            Ok(0) => return None,
            Ok(_) => was_injected = true,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
            Err(_) => return None,
        }
    }
    stream.write_all(b"S").await.ok()?;
    let mut stream = handshake(stream, tls).await?;
    if was_injected {
        tracing::info!(peer = ?stream.get_ref().0.peer_addr().ok(), "data before the TLS handshake, refused");
        say(&mut stream, &injected()).await;
        return None;
    }
    Some(stream)
}

/// Direct TLS (PostgreSQL 17) is only for clients that name the protocol, so that no other one can be
/// tricked into talking to this port.
async fn direct(stream: TcpStream, tls: &TlsAcceptor) -> Option<TlsStream<TcpStream>> {
    let mut stream = handshake(stream, tls).await?;
    if stream.get_ref().1.alpn_protocol() == Some(ALPN) {
        return Some(stream);
    }
    let message = "received direct SSL connection request without ALPN protocol negotiation extension";
    say(&mut stream, &Diagnostic::fatal(SqlState::PROTOCOL_VIOLATION, message)).await;
    None
}

async fn handshake(stream: TcpStream, tls: &TlsAcceptor) -> Option<TlsStream<TcpStream>> {
    match tls.accept(stream).into_fallible().await {
        Ok(mut stream) => {
            stream.get_mut().1.set_buffer_limit(Some(TLS_BUFFER_BYTES));
            Some(stream)
        }
        Err((error, mut stream)) => {
            let peer = stream.peer_addr().ok();
            tracing::debug!(?peer, %error, "TLS handshake failed");
            // The alert has been written; reading what is left keeps it from being cut off.
            let _ = stream.shutdown().await;
            let _ = stream.read(&mut [0; 512]).await;
            None
        }
    }
}

async fn refuse<T>(mut stream: TcpStream, diagnostic: Diagnostic) -> Option<T> {
    tracing::debug!(peer = ?stream.peer_addr().ok(), code = %diagnostic.code, message = diagnostic.message, "refused");
    say(&mut stream, &diagnostic).await;
    None
}

fn unencrypted() -> Diagnostic {
    let message = "connection is not encrypted";
    Diagnostic::fatal(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, message)
        .with_detail("This server accepts TLS connections only.")
        .with_hint(
            "Connect with sslmode=verify-full and the server's CA certificate, or with sslmode=require.",
        )
}

fn injected() -> Diagnostic {
    let message = "received unencrypted data after SSL request";
    Diagnostic::fatal(SqlState::PROTOCOL_VIOLATION, message).with_detail(
        "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
    )
}
