//! `uuid`: `8-4-4-4-12` as text, 16 bytes as binary (`uuid_in`, `uuid_out`).

use super::{ValueError, bytea::write_hex};

const NAME: &str = "uuid";

/// The text form.
pub fn write(out: &mut Vec<u8>, value: u128) {
    for (index, byte) in value.to_be_bytes().iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        write_hex(out, std::slice::from_ref(byte));
    }
}

/// Reads the text form: 32 hexadecimal digits, a hyphen allowed after each group of four, braces around
/// them allowed.
///
/// # Errors
/// [`ValueError::Syntax`].
pub fn parse(input: &[u8]) -> Result<u128, ValueError> {
    read(input).ok_or_else(|| ValueError::syntax(NAME, input))
}

fn read(input: &[u8]) -> Option<u128> {
    let mut rest = match input {
        [b'{', inner @ .., b'}'] => inner,
        [..] => input,
    };
    let mut value = 0u128;
    for byte in 0..16 {
        let [high, low, tail @ ..] = rest else {
            return None;
        };
        for digit in [high, low] {
            value = value << 4 | u128::from(char::from(*digit).to_digit(16)?);
        }
        rest = match tail {
            [b'-', after @ ..] if byte % 2 == 1 && byte < 15 => after,
            [..] => tail,
        };
    }
    rest.is_empty().then_some(value)
}

/// Reads the binary form.
///
/// # Errors
/// [`ValueError::Binary`].
pub fn parse_binary(input: &[u8]) -> Result<u128, ValueError> {
    let bytes: [u8; 16] = input.try_into().map_err(|_| ValueError::Binary { type_name: NAME })?;
    Ok(u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: u128 = 0xa0ee_bc99_9c0b_4ef8_bb6d_6bb9_bd38_0a11;

    #[test]
    fn every_form_of_the_manual_is_read() {
        for text in [
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
            "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(VALUE), "{text}");
        }
        for text in ["", "a0ee", "{a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11-"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        let mut out = Vec::new();
        write(&mut out, VALUE);
        assert_eq!(out, b"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    }
}
