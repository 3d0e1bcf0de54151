//! The talk: client-first, server-first, client-final, server-final (RFC 5802 §5 and §7; refusals as in PostgreSQL's
//! `auth-scram.c`). Each step consumes the one before it.

use std::ops::BitXor;

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use wire::{Diagnostic, SqlState};

use super::{Key, Verifier, hmac};
use crate::token::random_bytes;

/// What the server's half of the nonce is made of, as PostgreSQL's.
const NONCE_BYTES: usize = 18;

/// The only way of channel binding (RFC 5929 §4): the hash of the server's certificate.
const END_POINT: &str = "tls-server-end-point";

/// The mechanisms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// Without channel binding.
    Plain,
    /// With it.
    Plus,
}

impl Mechanism {
    /// Its registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "SCRAM-SHA-256",
            Self::Plus => "SCRAM-SHA-256-PLUS",
        }
    }
}

/// What is offered on one connection.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The hash of the certificate that the client was shown, if there is one for it.
    pub end_point: Option<Vec<u8>>,
}

/// Why there is no login.
#[derive(Debug, thiserror::Error)]
pub enum ScramError {
    /// The client's message is not one.
    #[error("malformed SCRAM message")]
    Malformed(&'static str),
    /// The client's nonce is not ours behind its own.
    #[error("invalid SCRAM response")]
    Nonce,
    /// It wants a kind of channel binding that there is not.
    #[error("unsupported SCRAM channel-binding type")]
    BindingType,
    /// It believes that this server cannot bind channels, which somebody between may have told it.
    #[error("SCRAM channel binding negotiation error")]
    Downgrade,
    /// It was shown another certificate than ours.
    #[error("SCRAM channel binding check failed")]
    Binding,
    /// It asks for something that nobody has.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The proof is wrong: a wrong password, or no such account.
    #[error("the proof is wrong")]
    Wrong,
    /// No randomness for the nonce.
    #[error("no random bytes: {0}")]
    Random(#[from] std::io::Error),
}

impl ScramError {
    /// What the client is told; nothing for [`Self::Wrong`], which has the words of every wrong login.
    #[must_use]
    pub fn diagnostic(&self) -> Option<Diagnostic> {
        let told = |code| Diagnostic::fatal(code, self.to_string());
        Some(match self {
            Self::Wrong => return None,
            Self::Malformed(detail) => told(SqlState::PROTOCOL_VIOLATION).with_detail(*detail),
            Self::Nonce => told(SqlState::PROTOCOL_VIOLATION).with_detail("Nonce does not match."),
            Self::BindingType => told(SqlState::PROTOCOL_VIOLATION),
            Self::Downgrade => told(SqlState::INVALID_AUTHORIZATION_SPECIFICATION).with_detail(
                "The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.",
            ),
            Self::Binding => told(SqlState::INVALID_AUTHORIZATION_SPECIFICATION),
            Self::Unsupported(_) => told(SqlState::FEATURE_NOT_SUPPORTED),
            Self::Random(_) => told(SqlState::INTERNAL_ERROR),
        })
    }
}

/// After client-first: what the server has said, and waits for.
#[derive(Debug)]
pub struct Challenge {
    verifier: Verifier,
    /// What the client has to send back: its header, and the certificate's hash behind it.
    binding: Vec<u8>,
    is_bound: bool,
    nonce: String,
    client_first_bare: String,
    server_first: String,
}

impl Offer {
    /// The mechanisms, the better one first.
    #[must_use]
    pub fn mechanisms(&self) -> Vec<Mechanism> {
        let plus = self.end_point.as_ref().map(|_| Mechanism::Plus);
        plus.into_iter().chain([Mechanism::Plain]).collect()
    }

    /// Takes the client's first message.
    ///
    /// # Errors
    /// When it is not one, or asks for what is not offered.
    pub fn begin(
        &self,
        mechanism: Mechanism,
        verifier: Verifier,
        client_first: &[u8],
    ) -> Result<Challenge, ScramError> {
        let nonce = STANDARD.encode(random_bytes::<NONCE_BYTES>()?);
        self.begin_with(mechanism, verifier, client_first, &nonce)
    }

    fn begin_with(
        &self,
        mechanism: Mechanism,
        verifier: Verifier,
        client_first: &[u8],
        own_nonce: &str,
    ) -> Result<Challenge, ScramError> {
        let message = text(client_first)?;
        let (flag, rest) = message.split_once(',').ok_or(MALFORMED)?;
        self.check_flag(mechanism, flag)?;
        let (authorization, bare) = rest.split_once(',').ok_or(MALFORMED)?;
        if !authorization.is_empty() {
            let is_identity = authorization.starts_with("a=");
            return Err(if is_identity {
                ScramError::Unsupported("client uses authorization identity, but it is not supported")
            } else {
                ScramError::Malformed("Unexpected attribute in client-first-message.")
            });
        }
        if bare.starts_with("m=") {
            return Err(ScramError::Unsupported("client requires an unsupported SCRAM extension"));
        }
        let mut attributes = bare.split(',');
        // The user name, which the start-up packet has said already.
        attribute(attributes.next(), "n=")?;
        let client_nonce = attribute(attributes.next(), "r=")?;
        if client_nonce.is_empty() || !client_nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ScramError::Malformed("Non-printable characters in SCRAM nonce."));
        }
        let nonce = format!("{client_nonce}{own_nonce}");
        let salt = STANDARD.encode(&verifier.salt);
        let server_first = format!("r={nonce},s={salt},i={}", verifier.iterations);
        let mut binding = format!("{flag},,").into_bytes();
        if mechanism == Mechanism::Plus {
            binding.extend(self.end_point.iter().flatten());
        }
        Ok(Challenge {
            verifier,
            binding,
            is_bound: mechanism == Mechanism::Plus,
            nonce,
            client_first_bare: bare.to_owned(),
            server_first,
        })
    }

    fn check_flag(&self, mechanism: Mechanism, flag: &str) -> Result<(), ScramError> {
        match (mechanism, flag) {
            (Mechanism::Plus, "n" | "y") => Err(ScramError::Malformed(
                "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.",
            )),
            (Mechanism::Plain, "y") if self.end_point.is_some() => Err(ScramError::Downgrade),
            (Mechanism::Plain, "n" | "y") => Ok(()),
            (Mechanism::Plain, _) if flag.starts_with("p=") => Err(ScramError::Malformed(
                "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.",
            )),
            (Mechanism::Plus, _) if flag.strip_prefix("p=") == Some(END_POINT) => Ok(()),
            (Mechanism::Plus, _) if flag.starts_with("p=") => Err(ScramError::BindingType),
            (Mechanism::Plain | Mechanism::Plus, _) => {
                Err(ScramError::Malformed("Unexpected channel-binding flag."))
            }
        }
    }
}

impl Challenge {
    /// What the client is sent now.
    #[must_use]
    pub fn server_first(&self) -> &str {
        &self.server_first
    }

    /// Takes the client's last message; answers the server's.
    ///
    /// # Errors
    /// When it is not one, or its proof is wrong.
    pub fn finish(self, client_final: &[u8]) -> Result<String, ScramError> {
        let message = text(client_final)?;
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(MALFORMED)?;
        let mut attributes = without_proof.split(',');
        let binding = attribute(attributes.next(), "c=")?;
        let nonce = attribute(attributes.next(), "r=")?;
        let is_same: bool = STANDARD.encode(&self.binding).as_bytes().ct_eq(binding.as_bytes()).into();
        if !is_same {
            return Err(if self.is_bound {
                ScramError::Binding
            } else {
                ScramError::Malformed("Unexpected channel-binding attribute in client-final-message.")
            });
        }
        if nonce != self.nonce {
            return Err(ScramError::Nonce);
        }
        let proof = STANDARD.decode(proof).ok().and_then(|proof| Key::try_from(proof).ok());
        let proof = proof.ok_or(ScramError::Malformed("Malformed proof in client-final-message."))?;
        let said: [&[u8]; 5] = [
            self.client_first_bare.as_bytes(),
            b",",
            self.server_first.as_bytes(),
            b",",
            without_proof.as_bytes(),
        ];
        let signature = hmac(&self.verifier.stored_key, &said);
        let server_signature = hmac(&self.verifier.server_key, &said);
        let is_right: bool = Sha256::digest(xor(proof, signature)).ct_eq(&self.verifier.stored_key).into();
        if is_right && !self.verifier.is_mock {
            Ok(format!("v={}", STANDARD.encode(server_signature)))
        } else {
            Err(ScramError::Wrong)
        }
    }
}

const MALFORMED: ScramError = ScramError::Malformed("An attribute is missing.");

fn text(message: &[u8]) -> Result<&str, ScramError> {
    if message.contains(&0) {
        return Err(ScramError::Malformed("Message length does not match input length."));
    }
    std::str::from_utf8(message).map_err(|_| ScramError::Malformed("The message is not UTF-8."))
}

fn attribute<'m>(part: Option<&'m str>, prefix: &str) -> Result<&'m str, ScramError> {
    part.and_then(|part| part.strip_prefix(prefix)).ok_or(MALFORMED)
}

fn xor(mut one: Key, two: Key) -> Key {
    for (byte, other) in one.iter_mut().zip(two) {
        *byte = byte.bitxor(other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scram::mock;

    /// RFC 7677 §3.
    const STORED: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    const CLIENT_FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const OWN_NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const CLIENT_FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    fn offer(end_point: Option<&[u8]>) -> Offer {
        Offer { end_point: end_point.map(<[u8]>::to_vec) }
    }

    fn challenge(verifier: Verifier) -> Challenge {
        let plain = Mechanism::Plain;
        offer(None).begin_with(plain, verifier, CLIENT_FIRST.as_bytes(), OWN_NONCE).unwrap()
    }

    #[test]
    fn the_talk_of_rfc_7677_to_the_letter() {
        let challenge = challenge(STORED.parse().unwrap());
        assert_eq!(
            challenge.server_first(),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        );
        assert_eq!(
            challenge.finish(CLIENT_FINAL.as_bytes()).unwrap(),
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        );
    }

    #[test]
    fn a_wrong_proof_and_a_mock_are_refused_alike() {
        let other = Verifier::of(&"pencil2".into()).unwrap();
        for verifier in [other, mock("nobody", &[1; 32])] {
            assert!(matches!(challenge(verifier).finish(CLIENT_FINAL.as_bytes()), Err(ScramError::Wrong)));
        }
        let zero =
            CLIENT_FINAL.replace("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", &STANDARD.encode([0; 32]));
        assert!(matches!(challenge(mock("x", &[1; 32])).finish(zero.as_bytes()), Err(ScramError::Wrong)));
    }

    #[test]
    fn a_mock_has_one_salt_for_a_name_and_another_for_the_next_and_on_another_server() {
        let salt = |name, secret| mock(name, &[secret; 32]).salt;
        assert_eq!(salt("ann", 1), salt("Ann", 1));
        assert_ne!(salt("ann", 1), salt("bob", 1));
        assert_ne!(salt("ann", 1), salt("ann", 2));
        assert_eq!(salt("ann", 1).len(), 16);
    }

    #[test]
    fn channel_binding_is_held_to() {
        let verifier: Verifier = STORED.parse().unwrap();
        let begin = |offer: &Offer, mechanism, flag: &str| {
            let first = format!("{flag},,n=,r=abc");
            offer.begin_with(mechanism, verifier.clone(), first.as_bytes(), "def")
        };
        let (bare, bound) = (offer(None), offer(Some(b"hash")));
        assert_eq!(bare.mechanisms(), [Mechanism::Plain]);
        assert_eq!(bound.mechanisms(), [Mechanism::Plus, Mechanism::Plain]);
        assert!(begin(&bare, Mechanism::Plain, "y").is_ok());
        assert!(begin(&bound, Mechanism::Plain, "n").is_ok());
        assert!(matches!(begin(&bound, Mechanism::Plain, "y"), Err(ScramError::Downgrade)));
        let plus = "p=tls-server-end-point";
        assert!(matches!(begin(&bound, Mechanism::Plain, plus), Err(ScramError::Malformed(_))));
        assert!(matches!(begin(&bound, Mechanism::Plus, "n"), Err(ScramError::Malformed(_))));
        assert!(matches!(begin(&bound, Mechanism::Plus, "p=tls-unique"), Err(ScramError::BindingType)));
        let other = STANDARD.encode("p=tls-server-end-point,,hush");
        let last = format!("c={other},r=abcdef,p={}", STANDARD.encode([0; 32]));
        let refused = begin(&bound, Mechanism::Plus, plus).unwrap().finish(last.as_bytes());
        assert!(matches!(refused, Err(ScramError::Binding)));
        let right = last.replace(&other, &STANDARD.encode("p=tls-server-end-point,,hash"));
        let refused = begin(&bound, Mechanism::Plus, plus).unwrap().finish(right.as_bytes());
        assert!(matches!(refused, Err(ScramError::Wrong)));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let verifier: Verifier = STORED.parse().unwrap();
        for first in [
            "",
            "n",
            "n,",
            "n,,",
            "n,,n=x",
            "n,,r=abc",
            "x,,n=,r=abc",
            "n,a=b,n=,r=abc",
            "n,b,n=,r=abc",
            "n,,m=x,n=,r=a",
            "n,,n=,r=",
            "n,,n=,r=a b",
            "n,,n=,r=a\0",
        ] {
            let begun = offer(None).begin(Mechanism::Plain, verifier.clone(), first.as_bytes());
            assert!(begun.is_err(), "{first:?}");
        }
        for last in [
            "",
            "c=biws",
            "c=biws,r=x,p=AAAA",
            &CLIENT_FINAL.replace("biws", "eSws"),
            &CLIENT_FINAL[..CLIENT_FINAL.len() - 4],
            &format!("{CLIENT_FINAL},x=y"),
            &CLIENT_FINAL.replace("k0,p", "k1,p"),
        ] {
            assert!(challenge(verifier.clone()).finish(last.as_bytes()).is_err(), "{last:?}");
        }
    }
}
