//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, the server's side (RFC 5802, RFC 7677), as PostgreSQL speaks it
//! (`auth-scram.c`): the user name inside the exchange is ignored, since the start-up packet has it.
//!
//! `verifier` is all that is kept of a password; `exchange` is the talk, without input or output. An unknown name gets
//! the same talk on a verifier that nothing satisfies ([`mock`]). Who may log in so, and how often wrongly, is decided at
//! the front.

mod exchange;
mod verifier;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use self::{
    exchange::{Challenge, Mechanism, Offer, ScramError},
    verifier::{BadVerifier, Verifier},
};

/// A key, a signature, a hash of this mechanism.
type Key = [u8; 32];

/// What a server without such a password shows for a name: the same salt each time, so that asking twice tells nothing
/// (RFC 5802 leaves it open; PostgreSQL does so, `mock_scram_secret`).
#[must_use]
pub fn mock(name: &str, server_secret: &[u8; 32]) -> Verifier {
    let salt = hmac(server_secret, &[b"scram salt of ", name.to_ascii_lowercase().as_bytes()]);
    Verifier::unsatisfiable(salt)
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Key {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Key::default() };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
