//! The text form of `numeric` (`numeric_in`, `numeric_out`).

use super::{Decimal, NAME, Numeric, POWERS};
use crate::types::{
    ValueError,
    digits::{SIXTEEN_LIMIT, push_sixteen, sixteen},
    error::lossy,
    trim,
};

/// PostgreSQL's limits: digits before the point and after it (`NUMERIC_WEIGHT_MAX`, `NUMERIC_DSCALE_MAX`).
const MAX_WHOLE_DIGITS: i64 = 131_072;
const MAX_SCALE: i64 = 16_383;

/// The text form of a magnitude with so many digits after the point.
#[inline]
pub fn write(out: &mut Vec<u8>, negative: bool, magnitude: u128, scale: u8) {
    if let Ok(small) = u64::try_from(magnitude)
        && small < SIXTEEN_LIMIT
        && (1..=12).contains(&scale)
    {
        return write_small(out, negative, small, u32::from(scale));
    }
    write_wide(out, negative, magnitude, scale);
}

/// Puts point and sign between the digits of a word.
#[inline]
fn write_small(out: &mut Vec<u8>, negative: bool, magnitude: u64, scale: u32) {
    let (digits, count) = sixteen(magnitude, scale + 1);
    let point = 8 * (count - scale);
    let whole = digits & ((1 << point) - 1);
    let text = whole | u128::from(b'.') << point | (digits >> point) << (point + 8);
    if negative {
        push_sixteen(out, text << 8 | u128::from(b'-'), count + 2);
    } else {
        push_sixteen(out, text, count + 1);
    }
}

fn write_wide(out: &mut Vec<u8>, negative: bool, magnitude: u128, scale: u8) {
    let mut buffer = itoa::Buffer::new();
    let digits = match u64::try_from(magnitude) {
        Ok(small) => buffer.format(small),
        Err(_) => buffer.format(magnitude),
    };
    write_digits(out, negative, digits.as_bytes(), usize::from(scale));
}

/// The text form of ASCII digits, so many of them after the point.
pub fn write_digits(out: &mut Vec<u8>, negative: bool, digits: &[u8], scale: usize) {
    if negative {
        out.push(b'-');
    }
    if scale == 0 {
        out.extend_from_slice(digits);
        return;
    }
    if let Some(before) = digits.len().checked_sub(scale).filter(|before| *before > 0)
        && let Some((whole, fraction)) = digits.split_at_checked(before)
    {
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(fraction);
    } else {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', scale.saturating_sub(digits.len())));
        out.extend_from_slice(digits);
    }
}

/// Reads the text form straight into a field of so many digits, so many of them after the point:
/// the value × 10^scale, rounded half away from zero.
///
/// # Errors
/// [`ValueError::Syntax`]; [`ValueError::NumericField`] when it does not fit, also for `NaN` and the
/// infinities, which DuckDB's decimals do not have.
pub fn parse_fixed(input: &[u8], precision: u8, scale: u8) -> Result<i128, ValueError> {
    if let Some(value) = parse_plain(input, precision, scale) {
        return Ok(value);
    }
    match parse(input)? {
        Numeric::Finite(decimal) => decimal.fit(precision, scale),
        Numeric::NaN | Numeric::Infinity | Numeric::NegativeInfinity => {
            Err(ValueError::NumericField { precision, scale })
        }
    }
}

/// The common case: sign, at most 18 digits, no more of them after the point than the field has.
fn parse_plain(input: &[u8], precision: u8, scale: u8) -> Option<i128> {
    let (negative, digits) = match input {
        [b'-', rest @ ..] => (true, rest),
        [..] => (false, input),
    };
    if digits.len() > 18 {
        return None;
    }
    let (mut value, mut count, mut after) = (0u64, 0u8, None::<u8>);
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value * 10 + u64::from(digit);
            count += 1;
            after = after.map(|after| after + 1);
        } else if *byte == b'.' && after.is_none() {
            after = Some(0);
        } else {
            return None;
        }
    }
    let missing = scale.checked_sub(after.unwrap_or(0))?;
    let magnitude = u128::from(value) * POWERS.get(usize::from(missing))?;
    if count == 0 || missing > 18 || magnitude >= *POWERS.get(usize::from(precision))? {
        return None;
    }
    let value = i128::try_from(magnitude).ok()?;
    Some(if negative { -value } else { value })
}

/// Reads the text form.
///
/// # Errors
/// [`ValueError::Syntax`] or [`ValueError::NumericOverflow`].
pub fn parse(input: &[u8]) -> Result<Numeric, ValueError> {
    let malformed = || ValueError::Syntax { type_name: NAME, input: lossy(input) };
    let text = trim(input);
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        [..] => (false, text),
    };
    if text.eq_ignore_ascii_case(b"nan") {
        return Ok(Numeric::NaN);
    }
    if body.eq_ignore_ascii_case(b"infinity") || body.eq_ignore_ascii_case(b"inf") {
        return Ok(if negative { Numeric::NegativeInfinity } else { Numeric::Infinity });
    }
    let exponent_at = body.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (mantissa, exponent) = match exponent_at.and_then(|at| body.split_at_checked(at)) {
        Some((mantissa, exponent)) => {
            let exponent = exponent.get(1..).and_then(read_exponent).ok_or_else(malformed)?;
            (mantissa, exponent)
        }
        None => (body, 0),
    };
    let point = mantissa.iter().position(|byte| *byte == b'.').unwrap_or(mantissa.len());
    let (whole, fraction) = mantissa.split_at_checked(point).unwrap_or_default();
    let fraction = fraction.get(1..).unwrap_or_default();
    let mut digits = Vec::with_capacity(mantissa.len());
    digits.extend(whole.iter().chain(fraction));
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(malformed());
    }
    let scale = i64::try_from(fraction.len()).unwrap_or(i64::MAX) - exponent;
    scaled(negative, digits, scale).map(Numeric::Finite).ok_or(ValueError::NumericOverflow)
}

/// An exponent, held within bounds that overflow anyway.
fn read_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        [..] => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = crate::types::digits::parse(digits).unwrap_or(u64::MAX);
    let value = i64::try_from(value).unwrap_or(i64::MAX).min(1_000_000);
    Some(if negative { -value } else { value })
}

/// Puts digits with a scale of any size into a [`Decimal`].
fn scaled(negative: bool, mut digits: Vec<u8>, scale: i64) -> Option<Decimal> {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.drain(..zeros);
    let count = i64::try_from(digits.len()).ok()?;
    if digits.is_empty() {
        let scale = usize::try_from(scale.clamp(0, MAX_SCALE)).ok()?;
        return Some(Decimal { negative: false, digits, scale });
    }
    if count - scale > MAX_WHOLE_DIGITS {
        return None;
    }
    if let Ok(zeros) = usize::try_from(-scale) {
        digits.extend(std::iter::repeat_n(b'0', zeros));
    }
    let mut scale = scale.max(0);
    if scale > MAX_SCALE {
        // Beyond what numeric keeps; the digits that are cut could only change its last place.
        let keep = usize::try_from((count - (scale - MAX_SCALE)).max(0)).ok()?;
        digits.truncate(keep);
        scale = MAX_SCALE;
    }
    Some(Decimal { negative: negative && !digits.is_empty(), digits, scale: usize::try_from(scale).ok()? })
}
