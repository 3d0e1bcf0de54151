//! The first packets of a connection: they have a length and a code, but no type byte.
//!
//! Protocol pages "Start-up", "SSL Session Encryption", "GSSAPI Session Encryption" and "Canceling
//! Requests in Progress". What the gateway does with them is not decided here.

use crate::read::Body;

/// The shortest start-up packet: its length and its code.
pub const MIN_PACKET_BYTES: usize = 8;

/// The longest start-up packet, as in PostgreSQL (`MAX_STARTUP_PACKET_LENGTH`).
pub const MAX_PACKET_BYTES: usize = 10_000;

/// The newest minor version of protocol 3 that is spoken here.
pub const NEWEST_MINOR_VERSION: u16 = 2;

const CANCEL_CODE: u32 = code(5678);
const SSL_CODE: u32 = code(5679);
const GSSENC_CODE: u32 = code(5680);

/// Request codes look like a protocol version 1234.x, which no protocol has.
const fn code(minor: u32) -> u32 {
    (1234 << 16) + minor
}

/// A start-up packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet<'p> {
    /// The client asks for TLS.
    Ssl,
    /// The client asks for GSSAPI encryption.
    GssEnc,
    /// Another connection's work is to be cancelled.
    Cancel {
        /// The process id of BackendKeyData.
        process_id: i32,
        /// The secret of BackendKeyData: 4 bytes up to protocol 3.0, up to 256 from 3.2 on.
        secret: &'p [u8],
    },
    /// A session begins.
    Startup(Startup),
}

/// The start-up message proper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Startup {
    /// The minor version of protocol 3 that the client asks for.
    pub minor_version: u16,
    /// Names and values, in order, without the `_pq_.` ones.
    pub parameters: Vec<(String, String)>,
    /// Names of the protocol options (`_pq_.`…) that the client asks for; none is known here.
    pub protocol_options: Vec<String>,
}

impl Startup {
    /// The last value of the parameter, if there is one.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What is wrong with a start-up packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartupError {
    /// The length in front is below 8 or above 10,000.
    #[error("invalid length of startup packet")]
    Length,
    /// The body is not laid out as its code says.
    #[error("invalid startup packet layout: expected terminator as last byte")]
    Layout,
    /// A name or a value is not UTF-8.
    #[error("invalid byte sequence for encoding \"UTF8\" in startup packet")]
    Encoding,
    /// A cancel request without a process id, or with a secret of an impossible length.
    #[error("invalid cancel request")]
    Cancel,
    /// Not protocol 3.
    #[error("unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.2")]
    Version {
        /// Major version asked for.
        major: u16,
        /// Minor version asked for.
        minor: u16,
    },
}

/// The length of the whole packet from its first four bytes.
///
/// # Errors
/// When no start-up packet has such a length.
pub fn packet_length(head: [u8; 4]) -> Result<usize, StartupError> {
    let length = usize::try_from(u32::from_be_bytes(head)).map_err(|_| StartupError::Length)?;
    if (MIN_PACKET_BYTES..=MAX_PACKET_BYTES).contains(&length) {
        Ok(length)
    } else {
        Err(StartupError::Length)
    }
}

/// Reads a packet from what follows its length.
///
/// # Errors
/// When it is not a start-up packet of protocol 3.
pub fn decode(body: &[u8]) -> Result<Packet<'_>, StartupError> {
    let mut body = Body::new(body);
    let code = body.u32().ok_or(StartupError::Layout)?;
    match code {
        SSL_CODE => body.is_empty().then_some(Packet::Ssl).ok_or(StartupError::Layout),
        GSSENC_CODE => body.is_empty().then_some(Packet::GssEnc).ok_or(StartupError::Layout),
        CANCEL_CODE => decode_cancel(body),
        version => {
            let [major1, major2, minor1, minor2] = version.to_be_bytes();
            let major = u16::from_be_bytes([major1, major2]);
            let minor = u16::from_be_bytes([minor1, minor2]);
            if major != 3 {
                return Err(StartupError::Version { major, minor });
            }
            decode_parameters(body, minor).map(Packet::Startup)
        }
    }
}

fn decode_cancel(mut body: Body<'_>) -> Result<Packet<'_>, StartupError> {
    let process_id = body.i32().ok_or(StartupError::Cancel)?;
    let secret = body.rest();
    if (4..=256).contains(&secret.len()) {
        Ok(Packet::Cancel { process_id, secret })
    } else {
        Err(StartupError::Cancel)
    }
}

fn decode_parameters(mut body: Body<'_>, minor_version: u16) -> Result<Startup, StartupError> {
    let mut startup = Startup { minor_version, parameters: Vec::new(), protocol_options: Vec::new() };
    loop {
        let name = text(&mut body)?;
        if name.is_empty() {
            return body.is_empty().then_some(startup).ok_or(StartupError::Layout);
        }
        let value = text(&mut body)?;
        if name.starts_with("_pq_.") {
            startup.protocol_options.push(name.to_owned());
        } else {
            startup.parameters.push((name.to_owned(), value.to_owned()));
        }
    }
}

fn text<'p>(body: &mut Body<'p>) -> Result<&'p str, StartupError> {
    let bytes = body.c_bytes().ok_or(StartupError::Layout)?;
    std::str::from_utf8(bytes).map_err(|_| StartupError::Encoding)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(code: u32, rest: &[u8]) -> Vec<u8> {
        [&code.to_be_bytes()[..], rest].concat()
    }

    #[test]
    fn requests_have_no_body() {
        assert_eq!(decode(&packet(SSL_CODE, b"")), Ok(Packet::Ssl));
        assert_eq!(decode(&packet(GSSENC_CODE, b"")), Ok(Packet::GssEnc));
        assert_eq!(decode(&packet(SSL_CODE, b"x")), Err(StartupError::Layout));
    }

    #[test]
    fn parameters_end_with_an_empty_name_and_nothing_after() {
        let bytes = packet(3 << 16, b"user\0postgres\0_pq_.x\0y\0\0");
        let startup = decode(&bytes).unwrap();
        let Packet::Startup(startup) = startup else { panic!("not a startup") };
        assert_eq!(startup.parameter("user"), Some("postgres"));
        assert_eq!(startup.protocol_options, ["_pq_.x"]);
        for bad in [&b"user\0postgres\0"[..], b"user\0", b"user\0postgres\0\0x", b""] {
            assert_eq!(decode(&packet(3 << 16, bad)), Err(StartupError::Layout), "{bad:?}");
        }
    }

    #[test]
    fn cancel_secrets_are_4_to_256_bytes() {
        for (length, good) in [(3, false), (4, true), (32, true), (256, true), (257, false)] {
            let body = [&7i32.to_be_bytes()[..], &vec![9; length]].concat();
            assert_eq!(decode(&packet(CANCEL_CODE, &body)).is_ok(), good, "{length}");
        }
    }

    #[test]
    fn lengths_are_bounded() {
        for (length, good) in [(7u32, false), (8, true), (10_000, true), (10_001, false), (u32::MAX, false)] {
            assert_eq!(packet_length(length.to_be_bytes()).is_ok(), good, "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_packet_or_an_error(body in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(&body);
        }
    }
}
