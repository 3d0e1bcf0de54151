//! Bytes as scripts write them.

use anyhow::{Context, ensure};

/// Hexadecimal digits and `'text'` (no spaces in it need care, no quotes may), each also repeated: `'ab'*1000`.
pub(super) fn read(text: &str) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (piece, after) = if let Some(quoted) = rest.strip_prefix('\'') {
            let (inside, after) = quoted.split_once('\'').context("a quote that is not closed")?;
            (unescape(inside), after)
        } else {
            let end = rest.find([' ', '*', '\'']).unwrap_or(rest.len());
            let (digits, after) = rest.split_at(end);
            (digits_of(digits)?, after)
        };
        let (times, after) = match after.strip_prefix('*') {
            Some(count) => {
                let end = count.find(' ').unwrap_or(count.len());
                (count[..end].parse()?, &count[end..])
            }
            None => (1, after),
        };
        bytes.extend(piece.repeat(times));
        rest = after.trim_start();
    }
    Ok(bytes)
}

fn digits_of(digits: &str) -> anyhow::Result<Vec<u8>> {
    ensure!(digits.len().is_multiple_of(2), "an odd number of hexadecimal digits in {digits}");
    (0..digits.len()).step_by(2).map(|at| Ok(u8::from_str_radix(&digits[at..at + 2], 16)?)).collect()
}

/// Text with `\n`, `\t`, `\r`, `\\` and `\xHH`.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.as_bytes());
        let hex = after.strip_prefix('x').and_then(|hex| hex.get(..2));
        rest = match (after.chars().next(), hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (_, Some(byte)) => {
                bytes.push(byte);
                &after[3..]
            }
            (Some('n'), _) => {
                bytes.push(b'\n');
                &after[1..]
            }
            (Some('t'), _) => {
                bytes.push(b'\t');
                &after[1..]
            }
            (Some('r'), _) => {
                bytes.push(b'\r');
                &after[1..]
            }
            (Some('\\'), _) => {
                bytes.push(b'\\');
                &after[1..]
            }
            // Any other backslash is itself.
            _ => {
                bytes.push(b'\\');
                after
            }
        };
    }
    bytes.extend(rest.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_text_and_repetitions() {
        assert_eq!(read("00 'ab'*2 ff*3 0102").unwrap(), b"\0abab\xff\xff\xff\x01\x02");
        assert_eq!(read("'a b'00").unwrap(), b"a b\0");
        assert_eq!(unescape(r"a\tb\\N\x00\q"), b"a\tb\\N\0\\q");
    }
}
