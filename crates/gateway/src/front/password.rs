//! Logging in by an account's name and password: the messages around [`crate::scram`], in the order of the protocol page
//! "SASL Authentication".
//!
//! Unknown names, accounts without a password and wrong passwords are refused in the same words, after the same talk.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use wire::{Diagnostic, SqlState, backend, sasl::InitialResponse};

use super::{
    Front,
    login::{Refused, read_answer, send, store_failed},
};
use crate::{
    scram::{self, Challenge, Mechanism, Offer, ScramError},
    store::{Credential, Login, Password, TokenKind},
};

/// Has the client show the account's password; answers the login, which the client has still to be told.
pub(super) async fn check<S>(
    front: &Front,
    stream: &mut S,
    account: &str,
    offer: &Offer,
    peer: SocketAddr,
) -> Result<Option<Login>, Refused>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mechanism, first) = begin(stream, offer).await?;
    let attempt = front.guesses.attempt(peer.ip(), account).await;
    let (found, mock) = look_up(front, account).await?;
    let found = found.filter(|_| !attempt.is_hopeless());
    let verifier = found.as_ref().map_or(mock, |found| found.verifier.clone());
    let challenge = offer.begin(mechanism, verifier, &first).map_err(|error| refusal(&error))?;
    if prove(stream, challenge).await?.is_none() {
        attempt.wrong();
        return Ok(None);
    }
    attempt.right();
    Ok(found.map(|found| Login {
        account: found.account,
        credential: Credential::Password { version: found.version },
        kind: TokenKind::ReadWrite,
    }))
}

/// Offers the mechanisms; the one that the client has chosen, and its first message.
async fn begin<S>(stream: &mut S, offer: &Offer) -> Result<(Mechanism, Vec<u8>), Refused>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let violation = |message: &str| Refused::from(Diagnostic::fatal(SqlState::PROTOCOL_VIOLATION, message));
    let offered = offer.mechanisms();
    let names: Vec<&str> = offered.iter().map(|mechanism| mechanism.name()).collect();
    let mut request = Vec::new();
    backend::authentication_sasl(&mut request, &names);
    send(stream, &request).await?;
    let body = read_answer(stream, "SASL response").await?;
    let response = InitialResponse::decode(&body).map_err(|error| violation(&error.to_string()))?;
    let chosen = offered.into_iter().find(|mechanism| mechanism.name() == response.mechanism);
    let chosen =
        chosen.ok_or_else(|| violation("client selected an invalid SASL authentication mechanism"))?;
    if let Some(data) = response.data {
        return Ok((chosen, data.to_vec()));
    }
    let mut empty = Vec::new();
    backend::authentication_sasl_continue(&mut empty, b"");
    send(stream, &empty).await?;
    let first = read_answer(stream, "SASL response").await?;
    Ok((chosen, first))
}

async fn look_up(front: &Front, account: &str) -> Result<(Option<Password>, scram::Verifier), Refused> {
    let name = account.to_owned();
    let found = front.records.run(move |store| Ok((store.password(&name)?, store.mock_secret()?))).await;
    let (found, secret) = found.map_err(|error| store_failed(&error))?;
    // Made in any case, so that both take the same time.
    Ok((found, scram::mock(account, &secret)))
}

/// Sends the challenge and takes the proof; nothing when it is wrong.
async fn prove<S>(stream: &mut S, challenge: Challenge) -> Result<Option<()>, Refused>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut message = Vec::new();
    backend::authentication_sasl_continue(&mut message, challenge.server_first().as_bytes());
    send(stream, &message).await?;
    let body = read_answer(stream, "SASL response").await?;
    match challenge.finish(&body) {
        Ok(server_final) => {
            message.clear();
            backend::authentication_sasl_final(&mut message, server_final.as_bytes());
            send(stream, &message).await?;
            Ok(Some(()))
        }
        Err(ScramError::Wrong) => Ok(None),
        Err(error) => Err(refusal(&error)),
    }
}

fn refusal(error: &ScramError) -> Refused {
    let wrong = || Diagnostic::fatal(SqlState::INVALID_PASSWORD, error.to_string());
    error.diagnostic().unwrap_or_else(wrong).into()
}
