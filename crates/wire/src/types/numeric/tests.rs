//! Tests of `numeric`; expected bytes are those of PostgreSQL 15 (`numeric_send`).

use proptest::prelude::*;

use super::*;

fn text(negative: bool, magnitude: u128, scale: u8) -> String {
    let mut out = Vec::new();
    write(&mut out, negative, magnitude, scale);
    String::from_utf8(out).unwrap()
}

fn binary(negative: bool, magnitude: u128, scale: u8) -> Vec<u8> {
    let mut out = Vec::new();
    write_binary(&mut out, negative, magnitude, scale);
    out
}

#[test]
fn text_has_all_digits_of_the_scale() {
    assert_eq!(text(false, 0, 0), "0");
    assert_eq!(text(false, 0, 2), "0.00");
    assert_eq!(text(true, 5, 2), "-0.05");
    assert_eq!(text(false, 12_345, 2), "123.45");
    assert_eq!(text(false, u128::MAX, 0), "340282366920938463463374607431768211455");
    assert_eq!(text(true, 10u128.pow(38) - 1, 38), "-0.99999999999999999999999999999999999999");
}

#[test]
fn binary_is_postgresqls() {
    assert_eq!(binary(false, 0, 2), [0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!(binary(false, 12_345, 2), [0, 2, 0, 0, 0, 0, 0, 2, 0, 123, 0x11, 0x94]);
    assert_eq!(binary(true, 1, 3), [0, 1, 0xff, 0xff, 0x40, 0, 0, 3, 0, 10]);
    assert_eq!(binary(false, 10_000, 0), [0, 1, 0, 1, 0, 0, 0, 0, 0, 1]);
    assert_eq!(binary(false, 1, 8), [0, 1, 0xff, 0xfe, 0, 0, 0, 8, 0, 1]);
}

#[test]
fn wide_integers_go_both_ways() {
    let digits = b"340282366920938463463374607431768211456000";
    let decimal = Decimal { negative: false, digits: digits.to_vec(), scale: 0 };
    assert_eq!(digits_of_bytes(&decimal.integer_bytes()), digits);
    let mut out = Vec::new();
    assert!(write_digits_binary(&mut out, false, digits));
    assert_eq!(parse_binary(&out), Ok(Numeric::Finite(decimal)));
}

#[test]
fn input_forms_and_their_errors() {
    let number = |text: &str| match parse(text.as_bytes()) {
        Ok(Numeric::Finite(decimal)) => (decimal.rounded(2), decimal.scale),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(number(" 1.5 "), (Some(150), 1));
    assert_eq!(number("-1e3"), (Some(-100_000), 0));
    assert_eq!(number("1.5e-2"), (Some(2), 3));
    assert_eq!(number("0.005"), (Some(1), 3));
    assert_eq!(number("-0.005"), (Some(-1), 3));
    assert_eq!(number("0.004999"), (Some(0), 6));
    assert_eq!(number(".5"), (Some(50), 1));
    assert_eq!(number("5."), (Some(500), 0));
    assert_eq!(parse(b"NaN"), Ok(Numeric::NaN));
    assert_eq!(parse(b"-inf"), Ok(Numeric::NegativeInfinity));
    for text in ["", ".", "1e", "1..2", "1e+", "x", "--1", "1 2", "1e5x"] {
        assert!(matches!(parse(text.as_bytes()), Err(ValueError::Syntax { .. })), "{text}");
    }
    assert_eq!(parse(b"1e200000"), Err(ValueError::NumericOverflow));
    let error = parse_fixed(b"123.456", 4, 2).unwrap_err();
    assert_eq!(
        error.detail().unwrap(),
        "A field with precision 4, scale 2 must round to an absolute value less than 10^2."
    );
    assert_eq!(parse_fixed(b"99.994", 4, 2), Ok(9999));
    assert!(parse_fixed(b"99.995", 4, 2).is_err());
    assert_eq!(parse_fixed(b"1e-40", 38, 38), Ok(0));
}

#[test]
fn bad_binary_is_refused() {
    assert!(parse_binary(&[]).is_err());
    assert!(parse_binary(&[0, 1, 0, 0, 0, 0, 0, 0]).is_err());
    assert!(parse_binary(&[0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10]).is_err());
    assert!(parse_binary(&[0, 0, 0, 0, 0x50, 0, 0, 0]).is_err());
    assert_eq!(parse_binary(&[0, 0, 0, 0, 0xc0, 0, 0, 0]), Ok(Numeric::NaN));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(value in -(10i128.pow(38) - 1)..10i128.pow(38), scale in 0u8..=38) {
        let (negative, magnitude) = (value < 0, value.unsigned_abs());
        prop_assert_eq!(parse_fixed(text(negative, magnitude, scale).as_bytes(), 38, scale), Ok(value));
        let Ok(Numeric::Finite(decimal)) = parse_binary(&binary(negative, magnitude, scale)) else {
            panic!("no number");
        };
        prop_assert_eq!(decimal.rounded(usize::from(scale)), Some(value));
        prop_assert_eq!(decimal.scale, usize::from(scale));
    }

    #[test]
    fn small_numbers_too(value in -1_000_000i128..1_000_000, scale in 0u8..=12) {
        let (negative, magnitude) = (value < 0, value.unsigned_abs());
        prop_assert_eq!(parse_fixed(text(negative, magnitude, scale).as_bytes(), 38, scale), Ok(value));
        let Ok(Numeric::Finite(decimal)) = parse_binary(&binary(negative, magnitude, scale)) else {
            panic!("no number");
        };
        prop_assert_eq!(decimal.rounded(usize::from(scale)), Some(value));
    }
}
