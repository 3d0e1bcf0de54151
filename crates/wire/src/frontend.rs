//! Messages from the client, after start-up (protocol page "Message Formats").
//!
//! Decoding is strict: a body is a slice of exactly its own length, and whatever is missing, miscounted
//! or left over is a [`FrontendError`]. Nothing is copied but what has to be counted.

use crate::{Diagnostic, SqlState, read::Body};

pub use crate::format::Format;

/// What Describe and Close are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A prepared statement.
    Statement,
    /// A portal.
    Portal,
}

/// The Bind message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind<'m> {
    /// The portal to make; empty: the unnamed one.
    pub portal: &'m str,
    /// The statement it is made from; empty: the unnamed one.
    pub statement: &'m str,
    /// Parameter formats: none (all text), one for all, or one each.
    pub parameter_formats: Vec<Format>,
    /// Parameter values; nothing is NULL.
    pub parameters: Vec<Option<&'m [u8]>>,
    /// Result formats: none (all text), one for all, or one each.
    pub result_formats: Vec<Format>,
}

/// A message from the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frontend<'m> {
    /// `Q`: run these statements.
    Query {
        /// The statements.
        sql: &'m str,
    },
    /// `P`: prepare a statement.
    Parse {
        /// Its name; empty: the unnamed one.
        name: &'m str,
        /// Its text.
        sql: &'m str,
        /// Parameter types that the client declares; 0 leaves one open.
        parameter_oids: Vec<u32>,
    },
    /// `B`: make a portal from a statement.
    Bind(Bind<'m>),
    /// `D`: say what a statement or portal takes and returns.
    Describe {
        /// Which kind.
        target: Target,
        /// Its name.
        name: &'m str,
    },
    /// `E`: run a portal.
    Execute {
        /// Its name.
        portal: &'m str,
        /// Rows at most; zero or less: all.
        max_rows: i32,
    },
    /// `C`: forget a statement or portal.
    Close {
        /// Which kind.
        target: Target,
        /// Its name.
        name: &'m str,
    },
    /// `H`: send what there is.
    Flush,
    /// `S`: end of an extended-query sequence.
    Sync,
    /// `F`: the function-call sub-protocol, which is refused.
    FunctionCall,
    /// `d`: COPY data.
    CopyData {
        /// Any piece of the data.
        data: &'m [u8],
    },
    /// `c`: end of COPY data.
    CopyDone,
    /// `f`: the client gives up its COPY.
    CopyFail {
        /// Why.
        message: &'m str,
    },
    /// `p`: a password or another answer to an authentication request.
    Password {
        /// The body as it is.
        data: &'m [u8],
    },
    /// `X`: the client leaves.
    Terminate,
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrontendError {
    /// No message has this type byte; the stream cannot be followed any further.
    #[error("invalid frontend message type {0}")]
    Type(u8),
    /// The length in front is below 4 or above what the type allows.
    #[error("invalid message length")]
    Length,
    /// The body ended early, or a count does not fit.
    #[error("insufficient data left in message")]
    Short,
    /// Bytes are left over.
    #[error("invalid message format")]
    Trailing,
    /// A string has no terminating NUL.
    #[error("invalid string in message")]
    Unterminated,
    /// A string is not UTF-8.
    #[error("invalid byte sequence for encoding \"UTF8\"")]
    Encoding,
    /// A format code is neither 0 nor 1.
    #[error("unsupported format code: {0}")]
    FormatCode(i16),
    /// Describe or Close of neither `S` nor `P`.
    #[error("invalid DESCRIBE or CLOSE message subtype {0}")]
    Target(u8),
}

impl FrontendError {
    /// Whether the session cannot go on: the stream's framing is lost.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        match self {
            Self::Type(_) | Self::Length => true,
            Self::Short
            | Self::Trailing
            | Self::Unterminated
            | Self::Encoding
            | Self::FormatCode(_)
            | Self::Target(_) => false,
        }
    }
}

impl From<FrontendError> for Diagnostic {
    fn from(error: FrontendError) -> Self {
        let code = match error {
            FrontendError::Encoding => SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            FrontendError::FormatCode(_) => SqlState::INVALID_PARAMETER_VALUE,
            FrontendError::Type(_)
            | FrontendError::Length
            | FrontendError::Short
            | FrontendError::Trailing
            | FrontendError::Unterminated
            | FrontendError::Target(_) => SqlState::PROTOCOL_VIOLATION,
        };
        if error.is_fatal() {
            Self::fatal(code, error.to_string())
        } else {
            Self::error(code, error.to_string())
        }
    }
}

/// The five bytes in front of every message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The type byte.
    pub kind: u8,
    /// Bytes of the body, without type and length.
    pub body_bytes: usize,
}

impl Header {
    /// The header's own length.
    pub const LENGTH_BYTES: usize = 5;

    /// Bodies of the types that PostgreSQL keeps small (all but `Q`, `P`, `B`, `F`, `d`) may have this
    /// many bytes (`PQ_SMALL_MESSAGE_LIMIT`).
    pub const SMALL_LIMIT_BYTES: usize = 10_000;

    /// Whether a message may be of this type at all: the first byte alone tells.
    #[must_use]
    pub fn is_known(kind: u8) -> bool {
        Self::decode([kind, 0, 0, 0, 4], usize::MAX).is_ok()
    }

    /// Reads a header and checks it before anything is allocated: the type must be known, the length
    /// possible and at most `limit_bytes` (or the small limit).
    ///
    /// # Errors
    /// [`FrontendError::Type`] or [`FrontendError::Length`]; both are fatal.
    pub fn decode(bytes: [u8; Self::LENGTH_BYTES], limit_bytes: usize) -> Result<Self, FrontendError> {
        let [kind, l0, l1, l2, l3] = bytes;
        let limit = match kind {
            b'Q' | b'P' | b'B' | b'F' | b'd' => limit_bytes,
            b'D' | b'E' | b'C' | b'H' | b'S' | b'c' | b'f' | b'X' => Self::SMALL_LIMIT_BYTES.min(limit_bytes),
            b'p' => (64 * 1024).min(limit_bytes),
            other => return Err(FrontendError::Type(other)),
        };
        let length = u32::from_be_bytes([l0, l1, l2, l3]).checked_sub(4).ok_or(FrontendError::Length)?;
        let body_bytes = usize::try_from(length).map_err(|_| FrontendError::Length)?;
        if body_bytes > limit { Err(FrontendError::Length) } else { Ok(Self { kind, body_bytes }) }
    }
}

impl<'m> Frontend<'m> {
    /// Reads a message from its type byte and its body.
    ///
    /// # Errors
    /// When the body is not laid out exactly as the type says.
    pub fn decode(kind: u8, body: &'m [u8]) -> Result<Self, FrontendError> {
        let mut body = Body::new(body);
        let message = match kind {
            b'Q' => Self::Query { sql: text(&mut body)? },
            b'P' => decode_parse(&mut body)?,
            b'B' => Self::Bind(decode_bind(&mut body)?),
            b'D' => Self::Describe { target: target(&mut body)?, name: text(&mut body)? },
            b'E' => {
                Self::Execute { portal: text(&mut body)?, max_rows: body.i32().ok_or(FrontendError::Short)? }
            }
            b'C' => Self::Close { target: target(&mut body)?, name: text(&mut body)? },
            b'H' => Self::Flush,
            b'S' => Self::Sync,
            b'F' => {
                body.rest();
                Self::FunctionCall
            }
            b'd' => Self::CopyData { data: body.rest() },
            b'c' => Self::CopyDone,
            b'f' => Self::CopyFail { message: text(&mut body)? },
            b'p' => Self::Password { data: body.rest() },
            b'X' => Self::Terminate,
            other => return Err(FrontendError::Type(other)),
        };
        if body.is_empty() { Ok(message) } else { Err(FrontendError::Trailing) }
    }
}

fn text<'m>(body: &mut Body<'m>) -> Result<&'m str, FrontendError> {
    let bytes = body.c_bytes().ok_or(FrontendError::Unterminated)?;
    std::str::from_utf8(bytes).map_err(|_| FrontendError::Encoding)
}

fn target(body: &mut Body<'_>) -> Result<Target, FrontendError> {
    match body.byte().ok_or(FrontendError::Short)? {
        b'S' => Ok(Target::Statement),
        b'P' => Ok(Target::Portal),
        other => Err(FrontendError::Target(other)),
    }
}

fn decode_parse<'m>(body: &mut Body<'m>) -> Result<Frontend<'m>, FrontendError> {
    let name = text(body)?;
    let sql = text(body)?;
    let count = body.u16().ok_or(FrontendError::Short)?;
    let oids = (0..count).map(|_| body.u32().ok_or(FrontendError::Short));
    Ok(Frontend::Parse { name, sql, parameter_oids: oids.collect::<Result<_, _>>()? })
}

fn decode_bind<'m>(body: &mut Body<'m>) -> Result<Bind<'m>, FrontendError> {
    let portal = text(body)?;
    let statement = text(body)?;
    let parameter_formats = formats(body)?;
    let count = body.u16().ok_or(FrontendError::Short)?;
    let parameters = (0..count).map(|_| parameter(body)).collect::<Result<_, _>>()?;
    let result_formats = formats(body)?;
    Ok(Bind { portal, statement, parameter_formats, parameters, result_formats })
}

fn formats(body: &mut Body<'_>) -> Result<Vec<Format>, FrontendError> {
    let count = body.u16().ok_or(FrontendError::Short)?;
    (0..count)
        .map(|_| match body.i16().ok_or(FrontendError::Short)? {
            0 => Ok(Format::Text),
            1 => Ok(Format::Binary),
            other => Err(FrontendError::FormatCode(other)),
        })
        .collect()
}

fn parameter<'m>(body: &mut Body<'m>) -> Result<Option<&'m [u8]>, FrontendError> {
    match body.i32().ok_or(FrontendError::Short)? {
        -1 => Ok(None),
        length => {
            let length = usize::try_from(length).map_err(|_| FrontendError::Short)?;
            body.bytes(length).map(Some).ok_or(FrontendError::Short)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_query_is_text_up_to_its_nul_and_nothing_else() {
        assert_eq!(Frontend::decode(b'Q', b"SELECT 1\0"), Ok(Frontend::Query { sql: "SELECT 1" }));
        assert_eq!(Frontend::decode(b'Q', b"SELECT 1"), Err(FrontendError::Unterminated));
        assert_eq!(Frontend::decode(b'Q', b"SELECT 1\0\0"), Err(FrontendError::Trailing));
        assert_eq!(Frontend::decode(b'Q', b"SELECT '\xff'\0"), Err(FrontendError::Encoding));
    }

    #[test]
    fn bind_is_read_whole() {
        let body = b"p\0s\0\0\x01\0\x01\0\x02\xff\xff\xff\xff\0\0\0\x02hi\0\x00";
        let bind = Bind {
            portal: "p",
            statement: "s",
            parameter_formats: vec![Format::Binary],
            parameters: vec![None, Some(b"hi")],
            result_formats: vec![],
        };
        assert_eq!(Frontend::decode(b'B', body), Ok(Frontend::Bind(bind)));
        for end in 0..body.len() {
            assert!(Frontend::decode(b'B', &body[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_parameter_length_below_minus_one_is_refused() {
        let body = b"\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0";
        assert_eq!(Frontend::decode(b'B', body), Err(FrontendError::Short));
    }

    #[test]
    fn headers_are_checked_before_the_body_is_there() {
        let limit = 1 << 20;
        assert_eq!(Header::decode([b'Q', 0, 0, 0, 14], limit), Ok(Header { kind: b'Q', body_bytes: 10 }));
        assert_eq!(Header::decode([b'Q', 0, 0, 0, 3], limit), Err(FrontendError::Length));
        assert_eq!(Header::decode([b'Q', 0x80, 0, 0, 0], limit), Err(FrontendError::Length));
        assert_eq!(Header::decode([b'D', 0, 1, 0, 0], limit), Err(FrontendError::Length));
        assert_eq!(Header::decode([b'!', 0, 0, 0, 4], limit), Err(FrontendError::Type(b'!')));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_an_error(kind: u8, body in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = Frontend::decode(kind, &body);
        }
    }
}
