//! Text has to be UTF-8 without NUL (`pg_verify_mbstr`).

use wire::{Diagnostic, SqlState};

/// The bytes as text.
///
/// # Errors
/// 22021, naming the first wrong bytes.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Diagnostic> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(invalid(bytes.get(error.valid_up_to()..).unwrap_or_default())),
    };
    match memchr::memchr(0, bytes) {
        Some(_) => Err(invalid(&[0])),
        None => Ok(text),
    }
}

/// The bytes as an owned text.
///
/// # Errors
/// As [`utf8`].
pub(crate) fn text(bytes: &[u8]) -> Result<String, Diagnostic> {
    utf8(bytes).map(str::to_owned)
}

/// `at` starts with the wrong sequence, of which PostgreSQL shows as many bytes as the first one announces.
fn invalid(at: &[u8]) -> Diagnostic {
    let announced = match at.first() {
        Some(0xc0..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf7) => 4,
        Some(_) | None => 1,
    };
    let shown: Vec<String> = at.iter().take(announced).map(|byte| format!("0x{byte:02x}")).collect();
    let message = format!("invalid byte sequence for encoding \"UTF8\": {}", shown.join(" "));
    Diagnostic::error(SqlState::CHARACTER_NOT_IN_REPERTOIRE, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_bytes_are_shown() {
        assert_eq!(utf8("añ€".as_bytes()), Ok("añ€"));
        for (bytes, shown) in [
            (&b"a\xff"[..], "0xff"),
            (b"a\xe2\x28\xa1", "0xe2 0x28 0xa1"),
            (b"a\0b", "0x00"),
            (b"\xf0\x9f", "0xf0 0x9f"),
        ] {
            let error = utf8(bytes).unwrap_err();
            assert_eq!(error.message, format!("invalid byte sequence for encoding \"UTF8\": {shown}"));
        }
    }
}
