//! `smallint`, `integer`, `bigint` (`pg_strtoint*`, `pg_ltoa`).

use super::{
    ValueError,
    digits::{SIXTEEN_LIMIT, push_sixteen, sixteen},
    is_space,
};

/// An integer type with its PostgreSQL name.
pub trait Integer: itoa::Integer + Copy + TryFrom<i64> + sealed::Sealed {
    /// PostgreSQL's name of the type.
    const NAME: &'static str;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! integers {
    ($($type:ty = $name:literal),*) => {
        $(
            impl sealed::Sealed for $type {}
            impl Integer for $type {
                const NAME: &'static str = $name;
            }
        )*
    };
}

integers!(i16 = "smallint", i32 = "integer", i64 = "bigint");

/// The text form, of any integer type.
pub fn write(out: &mut Vec<u8>, value: impl itoa::Integer) {
    let mut buffer = itoa::Buffer::new();
    out.extend_from_slice(buffer.format(value).as_bytes());
}

/// The text form of any integer of up to 64 bits but the largest unsigned ones.
#[inline]
pub fn write_i64(out: &mut Vec<u8>, value: i64) {
    let magnitude = value.unsigned_abs();
    if magnitude >= SIXTEEN_LIMIT {
        return write(out, value);
    }
    let (digits, count) = sixteen(magnitude, 1);
    if value < 0 {
        push_sixteen(out, digits << 8 | u128::from(b'-'), count + 1);
    } else {
        push_sixteen(out, digits, count);
    }
}

/// Reads the text form.
///
/// # Errors
/// [`ValueError::Syntax`] or [`ValueError::Range`].
pub fn parse<T: Integer>(input: &[u8]) -> Result<T, ValueError> {
    match scan(input) {
        Scan::Value(value) => T::try_from(value).map_err(|_| ValueError::range(T::NAME, input)),
        Scan::Overflow => Err(ValueError::range(T::NAME, input)),
        Scan::Malformed => Err(ValueError::syntax(T::NAME, input)),
    }
}

/// Reads the binary form of exactly the type's width.
///
/// # Errors
/// [`ValueError::Binary`].
pub fn parse_binary<const N: usize>(type_name: &'static str, input: &[u8]) -> Result<[u8; N], ValueError> {
    input.try_into().map_err(|_| ValueError::Binary { type_name })
}

enum Scan {
    Value(i64),
    Overflow,
    Malformed,
}

fn scan(input: &[u8]) -> Scan {
    let mut rest = input;
    while let [first, tail @ ..] = rest
        && is_space(*first)
    {
        rest = tail;
    }
    let (negative, mut rest) = match rest {
        [b'-', tail @ ..] => (true, tail),
        [b'+', tail @ ..] => (false, tail),
        [..] => (false, rest),
    };
    let mut value = 0i64;
    let (mut overflow, mut any) = (false, false);
    while let [first, tail @ ..] = rest {
        let digit = first.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        any = true;
        // Negative, since the range has one more value on that side.
        match value.checked_mul(10).and_then(|value| value.checked_sub(i64::from(digit))) {
            Some(next) => value = next,
            None => overflow = true,
        }
        rest = tail;
    }
    if !any || !rest.iter().all(|byte| is_space(*byte)) {
        return Scan::Malformed;
    }
    if overflow {
        return Scan::Overflow;
    }
    if negative {
        return Scan::Value(value);
    }
    value.checked_neg().map_or(Scan::Overflow, Scan::Value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqlState;

    #[test]
    fn the_whole_range_is_read_and_no_more() {
        assert_eq!(parse::<i64>(b" -9223372036854775808 "), Ok(i64::MIN));
        assert_eq!(parse::<i64>(b"+9223372036854775807"), Ok(i64::MAX));
        let above = parse::<i64>(b"9223372036854775808").unwrap_err();
        assert_eq!(above.code(), SqlState::NUMERIC_VALUE_OUT_OF_RANGE);
        assert_eq!(above.to_string(), "value \"9223372036854775808\" is out of range for type bigint");
        assert!(parse::<i16>(b"32768").is_err());
        assert_eq!(parse::<i32>(b"0012"), Ok(12));
    }

    #[test]
    fn the_fast_way_writes_what_the_other_one_does() {
        let powers = (0..19).map(|power| 10i64.pow(power));
        let values = powers.flat_map(|power| [power - 1, power, power + 1, 7 * (power / 3)]);
        for value in values.flat_map(|value| [value, -value]).chain([i64::MIN, i64::MAX]) {
            let mut out = b"x".to_vec();
            write_i64(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{value}"));
        }
    }

    #[test]
    fn what_is_no_number_says_so() {
        for text in ["", " ", "-", "1x", "1 2", "1.0", "0x10", "99999999999999999999x"] {
            let error = parse::<i32>(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), SqlState::INVALID_TEXT_REPRESENTATION, "{text}");
        }
    }
}
