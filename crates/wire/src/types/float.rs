//! `real` and `double precision`: the shortest digits that read back the same, in the layout of
//! PostgreSQL's `d2s.c`/`f2s.c`, or `%.{15+n}g` when `extra_float_digits` is zero or less.

use super::{ValueError, trim};

/// A floating point type.
pub trait Float: zmij::Float + Copy + sealed::Sealed {
    /// PostgreSQL's name of the type.
    const NAME: &'static str;
    /// From this decimal exponent on, the exponent form is printed.
    const EXPONENT_FROM: i32;
    /// Digits that always survive (`FLT_DIG`, `DBL_DIG`).
    const DIGITS: i32;
}

mod sealed {
    pub trait Sealed: Copy {
        fn widen(self) -> f64;
        fn is_tie(self, digits: &[u8], exponent: i32) -> bool;
        fn same(self, text: &str) -> bool;
    }
}

impl sealed::Sealed for f64 {
    fn widen(self) -> f64 {
        self
    }

    fn is_tie(self, digits: &[u8], exponent: i32) -> bool {
        let bits = self.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let biased = bits >> 52 & 0x7ff;
        biased != 0 && is_boundary(fraction | 1 << 52, fraction == 0, digits, exponent)
    }

    fn same(self, text: &str) -> bool {
        text.parse::<Self>().is_ok_and(|read| read.to_bits() == self.to_bits())
    }
}

impl sealed::Sealed for f32 {
    fn widen(self) -> f64 {
        f64::from(self)
    }

    fn is_tie(self, digits: &[u8], exponent: i32) -> bool {
        let bits = self.to_bits();
        let fraction = bits & ((1 << 23) - 1);
        let biased = bits >> 23 & 0xff;
        biased != 0 && is_boundary(u64::from(fraction | 1 << 23), fraction == 0, digits, exponent)
    }

    fn same(self, text: &str) -> bool {
        text.parse::<Self>().is_ok_and(|read| read.to_bits() == self.to_bits())
    }
}

impl Float for f64 {
    const NAME: &'static str = "double precision";
    const EXPONENT_FROM: i32 = 15;
    const DIGITS: i32 = 15;
}

impl Float for f32 {
    const NAME: &'static str = "real";
    const EXPONENT_FROM: i32 = 6;
    const DIGITS: i32 = 6;
}

/// The text form.
pub fn write<T: Float>(out: &mut Vec<u8>, value: T, extra_float_digits: i8) {
    let wide = value.widen();
    if !wide.is_finite() {
        let text = if wide.is_nan() {
            "NaN"
        } else if wide > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        out.extend_from_slice(text.as_bytes());
    } else if extra_float_digits > 0 {
        write_shortest(out, value);
    } else {
        let precision = (T::DIGITS + i32::from(extra_float_digits)).max(1);
        let digits = usize::try_from(precision).unwrap_or(1);
        let text = format!("{wide:.*e}", digits - 1);
        write_scientific(out, &text, precision);
    }
}

fn write_shortest<T: Float>(out: &mut Vec<u8>, value: T) {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value);
    let magnitude = value.widen().abs();
    // Between these the digits of zmij stand as PostgreSQL's do, but for a `.0` at the end, and a tie
    // (see below) cannot be.
    let limit = if T::EXPONENT_FROM == 6 { 1e6 } else { 1e15 };
    if (1e-4..limit).contains(&magnitude) {
        let bytes = text.as_bytes();
        super::append(out, bytes.strip_suffix(b".0").unwrap_or(bytes));
        return;
    }
    if magnitude == 0.0 {
        out.extend_from_slice(if text.starts_with('-') { b"-0" } else { b"0" });
        return;
    }
    let (digits, exponent) = decompose(text);
    let negative = text.starts_with('-');
    if value.is_tie(&digits, exponent) {
        // PostgreSQL does not take a decimal that lies exactly between two doubles, since it trusts no
        // reader to round to even (`d2s.c`, acceptBounds = false).
        for count in digits.len()..=17 {
            let text = format!("{:.*e}", count - 1, value.widen());
            let (digits, exponent) = decompose(&text);
            if value.same(&text) && !value.is_tie(&digits, exponent) {
                return layout(out, negative, &digits, exponent, T::EXPONENT_FROM);
            }
        }
    }
    layout(out, negative, &digits, exponent, T::EXPONENT_FROM);
}

/// Whether digits × 10^(exponent + 1 − count) is exactly half way between a float and a neighbour of it:
/// its odd part is that of 2m ± 1 (4m − 1 below a power of two).
fn is_boundary(mantissa: u64, power_of_two: bool, digits: &[u8], exponent: i32) -> bool {
    let power = exponent + 1 - i32::try_from(digits.len()).unwrap_or(0);
    let Ok(power) = u32::try_from(power) else {
        return false;
    };
    let product =
        super::digits::parse(digits).and_then(|digits| 5u64.checked_pow(power)?.checked_mul(digits));
    let Some(product) = product else {
        return false;
    };
    let odd = product >> product.trailing_zeros();
    let below = if power_of_two { 4 * mantissa - 1 } else { 2 * mantissa - 1 };
    mantissa.is_multiple_of(2) && (odd == 2 * mantissa + 1 || odd == below)
}

/// The significant digits of a decimal text (no zeros at either end) and the exponent of the first one.
fn decompose(text: &str) -> (Vec<u8>, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa = mantissa.trim_start_matches('-');
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.drain(..zeros);
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    let first = i32::try_from(whole.len()).unwrap_or(0) - 1 - i32::try_from(zeros).unwrap_or(0);
    (digits, first + exponent)
}

fn layout(out: &mut Vec<u8>, negative: bool, digits: &[u8], exponent: i32, exponent_from: i32) {
    if negative {
        out.push(b'-');
    }
    let count = digits.len();
    if exponent < -4 || exponent >= exponent_from {
        let (first, rest) = digits.split_at_checked(1).unwrap_or_default();
        out.extend_from_slice(first);
        if !rest.is_empty() {
            out.push(b'.');
            out.extend_from_slice(rest);
        }
        out.push(b'e');
        out.push(if exponent < 0 { b'-' } else { b'+' });
        super::digits::padded(out, u64::from(exponent.unsigned_abs()), 2);
    } else if let Ok(before) = usize::try_from(exponent + 1)
        && before > 0
    {
        let (whole, fraction) = digits.split_at_checked(before).unwrap_or((digits, &[]));
        out.extend_from_slice(whole);
        out.extend(std::iter::repeat_n(b'0', before.saturating_sub(count)));
        if !fraction.is_empty() {
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
    } else {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', zeros));
        out.extend_from_slice(digits);
    }
}

/// `%g`'s layout of a `{:e}` text.
fn write_scientific(out: &mut Vec<u8>, text: &str, precision: i32) {
    let (digits, exponent) = decompose(text);
    let negative = text.starts_with('-');
    if digits.is_empty() {
        out.extend_from_slice(if negative { b"-0" } else { b"0" });
    } else {
        layout(out, negative, &digits, exponent, precision);
    }
}

/// Reads the text form of a `double precision`.
///
/// # Errors
/// [`ValueError::Syntax`] or [`ValueError::FloatRange`].
pub fn parse_f64(input: &[u8]) -> Result<f64, ValueError> {
    let (text, zero) = number(f64::NAME, input)?;
    let value: f64 = text.parse().map_err(|_| ValueError::syntax(f64::NAME, input))?;
    let given_infinite = text.bytes().any(|byte| matches!(byte, b'i' | b'I'));
    check(f64::NAME, input, (value.is_infinite() && !given_infinite) || (value == 0.0 && !zero))?;
    Ok(value)
}

/// Reads the text form of a `real`.
///
/// # Errors
/// [`ValueError::Syntax`] or [`ValueError::FloatRange`].
pub fn parse_f32(input: &[u8]) -> Result<f32, ValueError> {
    let (text, zero) = number(f32::NAME, input)?;
    let value: f32 = text.parse().map_err(|_| ValueError::syntax(f32::NAME, input))?;
    let given_infinite = text.bytes().any(|byte| matches!(byte, b'i' | b'I'));
    check(f32::NAME, input, (value.is_infinite() && !given_infinite) || (value == 0.0 && !zero))?;
    Ok(value)
}

fn check(type_name: &'static str, input: &[u8], out_of_range: bool) -> Result<(), ValueError> {
    if out_of_range {
        return Err(ValueError::FloatRange { type_name, input: super::error::lossy(trim(input)) });
    }
    Ok(())
}

/// The trimmed text, and whether every digit of its mantissa is zero.
fn number<'t>(type_name: &'static str, input: &'t [u8]) -> Result<(&'t str, bool), ValueError> {
    let text = std::str::from_utf8(trim(input)).map_err(|_| ValueError::syntax(type_name, input))?;
    let zero = text
        .bytes()
        .take_while(|byte| !matches!(byte, b'e' | b'E'))
        .all(|byte| !(b'1'..=b'9').contains(&byte));
    Ok((text, zero))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<T: Float>(value: T, extra: i8) -> String {
        let mut out = Vec::new();
        write(&mut out, value, extra);
        String::from_utf8(out).unwrap()
    }

    /// Right column: PostgreSQL 15.18, `select X::float8`.
    #[test]
    fn doubles_look_like_postgresqls() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (1e20, "1e+20"),
            (1.5e-7, "1.5e-07"),
            (1e15, "1e+15"),
            (999_999_999_999_999.0, "999999999999999"),
            (123_456_789_012_345.6, "123456789012345.6"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e23, "9.999999999999999e+22"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (9_007_199_254_740_993.0, "9.007199254740992e+15"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(text(value, 1), expected);
        }
        assert_eq!(text(1e6f32, 1), "1e+06");
        assert_eq!(text(999_999.0f32, 1), "999999");
        assert_eq!(text(0.1f32, 1), "0.1");
        assert_eq!(text(16_777_216f32, 1), "1.6777216e+07");
        assert_eq!(text(1e-45f32, 1), "1e-45");
    }

    #[test]
    fn fewer_digits_are_those_of_printf_g() {
        assert_eq!(text(0.1, 0), "0.1");
        assert_eq!(text(1.0 / 3.0, 0), "0.333333333333333");
        assert_eq!(text(1.0 / 3.0, -12), "0.333");
        assert_eq!(text(1234.5, -13), "1.2e+03");
        assert_eq!(text(0.1f32, 0), "0.1");
        assert_eq!(text(100_000.0, -14), "1e+05");
        assert_eq!(text(0.0, 0), "0");
    }

    #[test]
    fn overflow_and_underflow_are_refused() {
        assert!(parse_f64(b"1e400").is_err() && parse_f64(b"1e-400").is_err());
        assert_eq!(parse_f64(b" 0e-400 "), Ok(0.0));
        assert_eq!(parse_f64(b"-inf"), Ok(f64::NEG_INFINITY));
        assert!(parse_f64(b"nan").unwrap().is_nan());
        assert!(parse_f32(b"1e39").is_err());
        assert!(parse_f64(b"").is_err() && parse_f64(b"1x").is_err());
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(bits: u64, narrow: u32) {
            let value = f64::from_bits(bits);
            let read = parse_f64(text(value, 1).as_bytes()).unwrap();
            proptest::prop_assert!(read.to_bits() == bits || value.is_nan());
            let value = f32::from_bits(narrow);
            let read = parse_f32(text(value, 1).as_bytes()).unwrap();
            proptest::prop_assert!(read.to_bits() == narrow || value.is_nan());
        }
    }
}
