//! Access tokens: `pt_` and 43 characters of base64url, 256 random bits. Only their SHA-256 is kept.
//!
//! A plain hash is enough for a secret of 256 random bits (there is nothing to guess from a
//! dictionary), and makes a login cost microseconds.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rustix::rand::{GetRandomFlags, getrandom};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every token begins with.
pub const PREFIX: &str = "pt_";

/// SHA-256 of a token's text. Compared in constant time.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of what a client sent as its password.
    #[must_use]
    pub fn of(token: &SecretString) -> Self {
        Self(Sha256::digest(token.expose_secret().as_bytes()).into())
    }

    /// The hash from the store, or nothing when it is not one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes, for the store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its first eight bytes as the number under which the store looks it up. That lookup's time tells
    /// something about a hash, and nothing about the token.
    #[must_use]
    pub fn lookup_key(&self) -> i64 {
        let head = self.0.first_chunk().copied().unwrap_or_default();
        i64::from_be_bytes(head)
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TokenHash(..)")
    }
}

/// Makes a new token.
///
/// # Errors
/// When the system has no randomness to give.
pub fn generate() -> std::io::Result<SecretString> {
    let bytes = random_bytes::<32>()?;
    Ok(SecretString::from(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
}

/// Random bytes from the system.
///
/// # Errors
/// When the system has none to give.
pub fn random_bytes<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        filled += getrandom(rest, GetRandomFlags::empty())?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_46_plain_characters_and_never_the_same() {
        let (one, two) = (generate().unwrap(), generate().unwrap());
        let text = one.expose_secret();
        assert_eq!(text.len(), 46);
        assert!(text.starts_with(PREFIX));
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'));
        assert_ne!(text, two.expose_secret());
        assert_ne!(TokenHash::of(&one), TokenHash::of(&two));
        assert_eq!(TokenHash::of(&one), TokenHash::of(&one));
    }
}
