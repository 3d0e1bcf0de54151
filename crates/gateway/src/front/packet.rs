//! Reading start-up packets: exact bytes, bounded before anything is allocated.

use tokio::io::{AsyncRead, AsyncReadExt};
use wire::{
    Diagnostic, SqlState,
    startup::{self, StartupError},
};

/// What stands where a start-up packet should.
#[derive(Debug)]
pub(super) enum Unread {
    /// The client has gone.
    Gone,
    /// Something that is no packet; these are its first four bytes.
    Invalid(StartupError, [u8; 4]),
}

/// Reads a packet; answers what follows its length.
pub(super) async fn read<R: AsyncRead + Unpin>(reader: &mut R) -> Result<Vec<u8>, Unread> {
    let mut head = [0; 4];
    reader.read_exact(&mut head).await.map_err(|_| Unread::Gone)?;
    let length = startup::packet_length(head).map_err(|error| Unread::Invalid(error, head))?;
    let mut body = vec![0; length - head.len()];
    reader.read_exact(&mut body).await.map_err(|_| Unread::Gone)?;
    Ok(body)
}

/// A request that has been answered already counts as a protocol version that nobody speaks, as in PostgreSQL.
pub(super) const SECOND_SSL: StartupError = StartupError::Version { major: 1234, minor: 5679 };
/// The same for GSSAPI.
pub(super) const SECOND_GSS: StartupError = StartupError::Version { major: 1234, minor: 5680 };

/// What a client that sent no usable packet is told.
pub(super) fn refusal(error: StartupError) -> Diagnostic {
    let code = match error {
        StartupError::Length | StartupError::Layout | StartupError::Cancel => SqlState::PROTOCOL_VIOLATION,
        StartupError::Encoding => SqlState::CHARACTER_NOT_IN_REPERTOIRE,
        StartupError::Version { .. } => SqlState::FEATURE_NOT_SUPPORTED,
    };
    Diagnostic::fatal(code, error.to_string())
}

/// Whether the first bytes are those of an HTTP request.
pub(super) fn is_http(head: [u8; 4]) -> bool {
    const METHODS: [&[u8; 4]; 10] =
        [b"GET ", b"HEAD", b"POST", b"PUT ", b"DELE", b"PATC", b"OPTI", b"CONN", b"TRAC", b"PRI "];
    METHODS.contains(&&head)
}

/// The answer to an HTTP request.
pub(super) const HTTP_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
Content-Type: text/plain\r\nConnection: close\r\n\r\n\
This is a PostgreSQL endpoint. Connect with a PostgreSQL client.\n";
