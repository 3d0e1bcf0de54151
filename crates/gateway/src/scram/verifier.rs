//! What is kept of a password: salt, `StoredKey` and `ServerKey`, in the text form that PostgreSQL's `pg_authid` has.
//!
//! Neither the password nor anything that logs in can be had from it without guessing.

use std::{fmt, io, num::NonZeroU32, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{Key, hmac};
use crate::token::random_bytes;

/// What the text form begins with: the mechanism's name.
const PREFIX: &str = "SCRAM-SHA-256";

/// How often a password is hashed, as PostgreSQL does it.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).unwrap();

/// More than this would let a stored verifier keep clients busy for minutes.
const ITERATIONS_MAX: u32 = 10_000_000;

/// A new salt's length, as PostgreSQL's.
const SALT_BYTES: usize = 16;

/// Bytes of a salt from elsewhere, at most.
const SALT_BYTES_MAX: usize = 1024;

/// What a password is checked against.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    pub(super) iterations: NonZeroU32,
    pub(super) salt: Vec<u8>,
    pub(super) stored_key: Key,
    pub(super) server_key: Key,
    /// Nothing satisfies it.
    pub(super) is_mock: bool,
}

/// A text that is no verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SCRAM-SHA-256 verifier")]
pub struct BadVerifier;

impl Verifier {
    /// Of a password, with a new salt.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn of(password: &SecretString) -> io::Result<Self> {
        Ok(Self::with_salt(password, random_bytes::<SALT_BYTES>()?.to_vec(), ITERATIONS))
    }

    fn with_salt(password: &SecretString, salt: Vec<u8>, iterations: NonZeroU32) -> Self {
        let password = password.expose_secret();
        // What SASLprep cannot prepare is taken as it is, as PostgreSQL and libpq do.
        let prepared = stringprep::saslprep(password).unwrap_or(password.into());
        let mut salted = Key::default();
        pbkdf2::pbkdf2_hmac::<Sha256>(prepared.as_bytes(), &salt, iterations.get(), &mut salted);
        let client_key = hmac(&salted, &[b"Client Key"]);
        Self {
            iterations,
            salt,
            stored_key: Sha256::digest(client_key).into(),
            server_key: hmac(&salted, &[b"Server Key"]),
            is_mock: false,
        }
    }

    pub(super) fn unsatisfiable(salt: Key) -> Self {
        let salt = salt.get(..SALT_BYTES).unwrap_or_default().to_vec();
        let (stored_key, server_key) = Default::default();
        Self { iterations: ITERATIONS, salt, stored_key, server_key, is_mock: true }
    }
}

/// The text form, for the store.
impl fmt::Display for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [salt, stored, server] =
            [&self.salt[..], &self.stored_key, &self.server_key].map(|bytes| STANDARD.encode(bytes));
        write!(formatter, "{PREFIX}${}:{salt}${stored}:{server}", self.iterations)
    }
}

impl FromStr for Verifier {
    type Err = BadVerifier;

    fn from_str(text: &str) -> Result<Self, BadVerifier> {
        let parts: Vec<&str> = text.split(['$', ':']).collect();
        let [PREFIX, iterations, salt, stored, server] = parts[..] else { return Err(BadVerifier) };
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| BadVerifier);
        let key = |text: &str| Key::try_from(decode(text)?).map_err(|_| BadVerifier);
        let iterations: NonZeroU32 = iterations.parse().map_err(|_| BadVerifier)?;
        let salt = decode(salt)?;
        if iterations.get() > ITERATIONS_MAX || salt.is_empty() || salt.len() > SALT_BYTES_MAX {
            return Err(BadVerifier);
        }
        Ok(Self { iterations, salt, stored_key: key(stored)?, server_key: key(server)?, is_mock: false })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Verifier(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_7677_section_3() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let verifier = Verifier::with_salt(&"pencil".into(), salt, ITERATIONS);
        let text = verifier.to_string();
        assert_eq!(
            text,
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
        );
        assert_eq!(text.parse(), Ok(verifier));
    }

    #[test]
    fn two_of_one_password_differ_and_passwords_are_prepared() {
        let of = |text: &str| Verifier::of(&text.into()).unwrap();
        assert_ne!(of("x"), of("x"));
        let fixed = |text: &str| Verifier::with_salt(&text.into(), vec![7; 16], ITERATIONS);
        // RFC 4013: a soft hyphen is mapped to nothing, compatibility forms to plain ones.
        assert_eq!(fixed("I\u{ad}X"), fixed("IX"));
        assert_eq!(fixed("\u{2168}"), fixed("IX"));
        assert_ne!(fixed("ix"), fixed("IX"));
    }

    #[test]
    fn what_is_no_verifier_is_refused() {
        let good = Verifier::of(&"x".into()).unwrap().to_string();
        assert!(good.parse::<Verifier>().is_ok());
        for bad in [
            "",
            "x",
            &good[1..],
            &good[..good.len() - 1],
            &good.replace("4096", "0"),
            &good.replace("$4096:", "$4096:$"),
        ] {
            assert_eq!(bad.parse::<Verifier>(), Err(BadVerifier), "{bad}");
        }
    }
}
