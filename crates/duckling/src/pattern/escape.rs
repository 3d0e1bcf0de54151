//! Bytes in PostgreSQL's form `escape`: a backslash is doubled, zero and what is no letter of ASCII are three octal digits.

use std::fmt::Write;

use wire::{Diagnostic, SqlState};

/// Bytes, given as hexadecimal digits, in this form. Nothing for what are none.
pub(super) fn from_bytes(hex: &str) -> Option<String> {
    let mut out = String::with_capacity(hex.len());
    for pair in hex.as_bytes().chunks(2) {
        let byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        match byte {
            b'\\' => out.push_str("\\\\"),
            0 | 0x80.. => {
                let _ = write!(out, "\\{byte:03o}");
            }
            _ => out.push(char::from(byte)),
        }
    }
    Some(out)
}

/// The bytes of a text in this form, as hexadecimal digits.
///
/// # Errors
/// 22P02 for a backslash with anything else behind it.
pub(super) fn to_bytes(string: &str) -> Result<String, Diagnostic> {
    let mut out = String::with_capacity(string.len() * 2);
    let mut rest = string.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, after) = match (*first, after) {
            (b'\\', [b'\\', after @ ..]) => (b'\\', after),
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                ((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'), after)
            }
            (b'\\', _) => {
                let message = "invalid input syntax for type bytea";
                return Err(Diagnostic::error(SqlState::INVALID_TEXT_REPRESENTATION, message));
            }
            (other, after) => (other, after),
        };
        let _ = write!(out, "{byte:02X}");
        rest = after;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_postgresql_writes_them() {
        assert_eq!(from_bytes("00FF5C41").as_deref(), Some("\\000\\377\\\\A"));
        assert_eq!(to_bytes("\\000\\377\\\\A").unwrap(), "00FF5C41");
        assert!(to_bytes("a\\9").is_err());
    }
}
