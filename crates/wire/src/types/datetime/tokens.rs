//! Cutting a moment's text into tokens (`ParseDateTime`).

use crate::types::is_space;

/// A piece of a moment's text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Token<'t> {
    /// Digits, perhaps with a fraction.
    Number(&'t str),
    /// Digits and colons, perhaps with a fraction.
    Time(&'t str),
    /// Two or three parts with the same separator between them.
    Date(&'t str),
    /// A sign and digits.
    Offset(&'t str),
    /// Letters.
    Word(&'t str),
    /// Letters with digits or punctuation inside: a zone's name.
    Name(&'t str),
}

/// Cuts; nothing when a character belongs nowhere.
pub(super) fn split(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::with_capacity(4);
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let (token, length) = match first {
            byte if is_space(byte) => (None, 1),
            b'0'..=b'9' => {
                let (token, length) = number(rest)?;
                (Some(token), length)
            }
            b'a'..=b'z' | b'A'..=b'Z' => {
                let (token, length) = word(rest)?;
                (Some(token), length)
            }
            b'+' | b'-' => {
                let body = rest.get(1..)?;
                let length = 1 + count(body, |byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
                if length == 1 {
                    return None;
                }
                (Some(Token::Offset(rest.get(..length)?)), length)
            }
            byte if byte.is_ascii_punctuation() => (None, 1),
            _ => return None,
        };
        tokens.extend(token);
        rest = rest.get(length..)?;
    }
    Some(tokens)
}

fn count(text: &str, wanted: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| wanted(*byte)).count()
}

fn number(text: &str) -> Option<(Token<'_>, usize)> {
    let digits = count(text, |byte| byte.is_ascii_digit());
    let after = text.get(digits..)?;
    let mut bytes = after.bytes();
    let next = bytes.next();
    let following = bytes.next();
    match next {
        Some(b':') => {
            let length = count(text, |byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
            Some((Token::Time(text.get(..length)?), length))
        }
        Some(separator @ (b'-' | b'/' | b'.')) if following.is_some_and(|byte| byte.is_ascii_digit()) => {
            let second = digits + 1 + count(after.get(1..)?, |byte| byte.is_ascii_digit());
            if text.as_bytes().get(second) == Some(&separator) {
                let tail = count(text.get(second..)?, |byte| byte.is_ascii_digit() || byte == separator);
                return Some((Token::Date(text.get(..second + tail)?), second + tail));
            }
            let token = text.get(..second)?;
            Some((if separator == b'.' { Token::Number(token) } else { Token::Date(token) }, second))
        }
        Some(separator @ (b'-' | b'/' | b'.'))
            if following.is_some_and(|byte| byte.is_ascii_alphabetic()) =>
        {
            let length = count(text, |byte| byte.is_ascii_alphanumeric() || byte == separator);
            Some((Token::Date(text.get(..length)?), length))
        }
        _ => Some((Token::Number(text.get(..digits)?), digits)),
    }
}

fn word(text: &str) -> Option<(Token<'_>, usize)> {
    let letters = count(text, |byte| byte.is_ascii_alphabetic());
    let word = text.get(..letters)?;
    match text.as_bytes().get(letters) {
        Some(b'-' | b'/' | b'.' | b'+' | b'_' | b'0'..=b'9') if !word.eq_ignore_ascii_case("t") => {
            let length = count(text, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'/' | b'_' | b'.' | b':')
            });
            let whole = text.get(..length)?;
            let separated = matches!(text.as_bytes().get(letters), Some(b'-' | b'/' | b'.'));
            let token = if separated && super::fields::month_number(word).is_some() {
                Token::Date(whole)
            } else {
                Token::Name(whole)
            };
            Some((token, length))
        }
        _ => Some((Token::Word(word), letters)),
    }
}

/// The microseconds of a fraction's digits, rounded to even at exactly half (C's `rint`).
pub(in crate::types) fn fraction_micros(digits: &[u8]) -> i64 {
    let mut micros = 0i64;
    for place in 0..6 {
        micros = micros * 10 + digits.get(place).map_or(0, |digit| i64::from(digit.wrapping_sub(b'0')));
    }
    let Some((first, rest)) = digits.get(6..).and_then(<[u8]>::split_first) else {
        return micros;
    };
    let half = *first == b'5' && rest.iter().all(|digit| *digit == b'0');
    let up = if half { micros % 2 == 1 } else { *first >= b'5' };
    micros + i64::from(up)
}
