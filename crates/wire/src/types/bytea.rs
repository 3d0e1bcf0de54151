//! `bytea`: hex and escape, both ways (`byteain`, `byteaout`). The binary form is the bytes themselves.

use super::{ByteaOutput, ValueError};

const HEX: &[u8; 16] = b"0123456789abcdef";

fn hex_digit(value: u8) -> u8 {
    HEX.get(usize::from(value & 15)).copied().unwrap_or(b'0')
}

/// The text form.
pub fn write(out: &mut Vec<u8>, value: &[u8], output: ByteaOutput) {
    match output {
        ByteaOutput::Hex => {
            out.extend_from_slice(b"\\x");
            write_hex(out, value);
        }
        ByteaOutput::Escape => write_escape(out, value),
    }
}

/// Two hexadecimal digits a byte.
pub fn write_hex(out: &mut Vec<u8>, value: &[u8]) {
    out.reserve(value.len() * 2);
    out.extend(value.iter().flat_map(|byte| [hex_digit(byte >> 4), hex_digit(*byte)]));
}

fn write_escape(out: &mut Vec<u8>, value: &[u8]) {
    for byte in value {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x20..=0x7e => out.push(*byte),
            0..=0x1f | 0x7f..=0xff => {
                let octal = |shift: u8| b'0' + (byte >> shift & 7);
                out.extend_from_slice(&[b'\\', octal(6), octal(3), octal(0)]);
            }
        }
    }
}

/// Reads either text form.
///
/// # Errors
/// [`ValueError::HexDigit`], [`ValueError::HexOdd`] or [`ValueError::ByteaEscape`].
pub fn parse(input: &[u8]) -> Result<Vec<u8>, ValueError> {
    match input {
        [b'\\', b'x', hex @ ..] => parse_hex(hex),
        [..] => parse_escape(input),
    }
}

fn parse_hex(mut hex: &[u8]) -> Result<Vec<u8>, ValueError> {
    let mut out = Vec::with_capacity(hex.len() / 2);
    loop {
        match hex {
            [] => return Ok(out),
            [b' ' | b'\n' | b'\t' | b'\r', rest @ ..] => hex = rest,
            [high] => {
                hex_value(*high, hex)?;
                return Err(ValueError::HexOdd);
            }
            [high, low, rest @ ..] => {
                out.push(hex_value(*high, hex)? << 4 | hex_value(*low, hex.get(1..).unwrap_or_default())?);
                hex = rest;
            }
        }
    }
}

fn hex_value(byte: u8, at: &[u8]) -> Result<u8, ValueError> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
        .ok_or_else(|| ValueError::HexDigit { digit: first_character(at) })
}

/// The character that starts here, for a message.
pub(super) fn first_character(at: &[u8]) -> String {
    let text = String::from_utf8_lossy(at.get(..at.len().min(4)).unwrap_or_default()).into_owned();
    text.chars().take(1).collect()
}

fn parse_escape(mut text: &[u8]) -> Result<Vec<u8>, ValueError> {
    let mut out = Vec::with_capacity(text.len());
    loop {
        match text {
            [] => return Ok(out),
            [b'\\', b'\\', rest @ ..] => {
                out.push(b'\\');
                text = rest;
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                text = rest;
            }
            [b'\\', ..] => return Err(ValueError::ByteaEscape),
            [byte, rest @ ..] => {
                out.push(*byte);
                text = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &[u8], output: ByteaOutput) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, value, output);
        out
    }

    #[test]
    fn both_outputs_are_postgresqls() {
        assert_eq!(text(b"a\0\\\xff", ByteaOutput::Hex), b"\\x61005cff");
        assert_eq!(text(b"a\0\\\xff\x7f ", ByteaOutput::Escape), b"a\\000\\\\\\377\\177 ");
        assert_eq!(text(b"", ByteaOutput::Hex), b"\\x");
    }

    #[test]
    fn bad_input_is_named() {
        assert_eq!(parse(b"\\x1"), Err(ValueError::HexOdd));
        assert_eq!(parse(b"\\x1g"), Err(ValueError::HexDigit { digit: "g".to_owned() }));
        assert_eq!(parse(b"\\40"), Err(ValueError::ByteaEscape));
        assert_eq!(parse(b"\\x 61\n62"), Ok(b"ab".to_vec()));
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(value: Vec<u8>) {
            for output in [ByteaOutput::Hex, ByteaOutput::Escape] {
                proptest::prop_assert_eq!(parse(&text(&value, output)), Ok(value.clone()));
            }
        }
    }
}
