//! `bit varying`: zeros and ones as text; a count of bits and the bits from the high end as binary
//! (`varbit_in`, `varbit_send`).

use super::{ValueError, bytea::first_character};

const NAME: &str = "bit varying";

/// The binary form of a text of zeros and ones.
pub fn write_binary(out: &mut Vec<u8>, bits: &[u8]) {
    let count = i32::try_from(bits.len()).unwrap_or(i32::MAX);
    out.extend_from_slice(&count.to_be_bytes());
    for group in bits.chunks(8) {
        let byte = group.iter().enumerate().fold(0u8, |byte, (at, bit)| byte | (bit & 1) << (7 - at));
        out.push(byte);
    }
}

/// Reads the text form, also with `b` or `x` in front, into zeros and ones.
///
/// # Errors
/// [`ValueError::BitDigit`].
pub fn parse(input: &[u8]) -> Result<String, ValueError> {
    let (hexadecimal, mut digits) = match input {
        [b'b' | b'B', rest @ ..] => (false, rest),
        [b'x' | b'X', rest @ ..] => (true, rest),
        [..] => (false, input),
    };
    let mut bits = String::with_capacity(digits.len());
    while let [digit, rest @ ..] = digits {
        let value = char::from(*digit).to_digit(if hexadecimal { 16 } else { 2 });
        let value =
            value.ok_or_else(|| ValueError::BitDigit { digit: first_character(digits), hexadecimal })?;
        let width = if hexadecimal { 4 } else { 1 };
        bits.extend((0..width).rev().map(|shift| if value >> shift & 1 == 1 { '1' } else { '0' }));
        digits = rest;
    }
    Ok(bits)
}

/// Reads the binary form into zeros and ones.
///
/// # Errors
/// [`ValueError::Binary`].
pub fn parse_binary(input: &[u8]) -> Result<String, ValueError> {
    let wrong = ValueError::Binary { type_name: NAME };
    let Some((count, bytes)) = input.split_first_chunk::<4>() else {
        return Err(wrong);
    };
    let Ok(count) = usize::try_from(i32::from_be_bytes(*count)) else {
        return Err(ValueError::BinaryContent { message: "invalid length in external bit string" });
    };
    if bytes.len() != count.div_ceil(8) {
        return Err(wrong);
    }
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |shift| byte >> shift & 1));
    Ok(bits.take(count).map(|bit| if bit == 1 { '1' } else { '0' }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms() {
        assert_eq!(parse(b"0101").unwrap(), "0101");
        assert_eq!(parse(b"b01").unwrap(), "01");
        assert_eq!(parse(b"xA1").unwrap(), "10100001");
        assert_eq!(parse(b"012").unwrap_err().to_string(), "\"2\" is not a valid binary digit");
        assert_eq!(parse(b"xg").unwrap_err().to_string(), "\"g\" is not a valid hexadecimal digit");
    }

    proptest::proptest! {
        #[test]
        fn binary_reads_back(bits in "[01]{0,40}") {
            let mut out = Vec::new();
            write_binary(&mut out, bits.as_bytes());
            proptest::prop_assert_eq!(parse_binary(&out).unwrap(), bits);
        }
    }
}
