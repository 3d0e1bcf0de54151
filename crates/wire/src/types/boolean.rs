//! `boolean`: `t` and `f`, any unique start of PostgreSQL's words as input (`parse_bool_with_len`).

use super::{ValueError, trim};

const NAME: &str = "boolean";

/// The text form.
pub fn write(out: &mut Vec<u8>, value: bool) {
    out.push(if value { b't' } else { b'f' });
}

/// The binary form.
pub fn write_binary(out: &mut Vec<u8>, value: bool) {
    out.push(u8::from(value));
}

/// Reads the text form.
///
/// # Errors
/// [`ValueError::Syntax`].
pub fn parse(input: &[u8]) -> Result<bool, ValueError> {
    let word = trim(input);
    let starts = |full: &str, shortest: usize| {
        word.len() >= shortest
            && full.as_bytes().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if starts("true", 1) || starts("yes", 1) || starts("on", 2) || word == b"1" {
        return Ok(true);
    }
    if starts("false", 1) || starts("no", 1) || starts("off", 2) || word == b"0" {
        return Ok(false);
    }
    Err(ValueError::syntax(NAME, input))
}

/// Reads the binary form: one byte, zero is false.
///
/// # Errors
/// [`ValueError::Binary`].
pub fn parse_binary(input: &[u8]) -> Result<bool, ValueError> {
    match input {
        [byte] => Ok(*byte != 0),
        [] | [_, ..] => Err(ValueError::Binary { type_name: NAME }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_unique_start_of_a_word_is_taken() {
        for word in ["t", "tr", "TRUE", "y", "yes", "on", "1", " on\n"] {
            assert_eq!(parse(word.as_bytes()), Ok(true), "{word}");
        }
        for word in ["f", "fals", "FALSE", "n", "no", "of", "off", "0"] {
            assert_eq!(parse(word.as_bytes()), Ok(false), "{word}");
        }
        for word in ["", "o", "2", "truee", "10", "x"] {
            assert!(parse(word.as_bytes()).is_err(), "{word}");
        }
    }

    #[test]
    fn binary_is_one_byte() {
        assert_eq!(parse_binary(&[0]), Ok(false));
        assert_eq!(parse_binary(&[2]), Ok(true));
        assert!(parse_binary(&[]).is_err() && parse_binary(&[0, 0]).is_err());
    }
}
