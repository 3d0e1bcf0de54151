//! Answers of PostgreSQL 15's: `tests/sql/patterns.slt` has more of them, run against both.

use super::compute;

#[track_caller]
fn expect(call: &[&str], answer: &str) {
    assert_eq!(compute(&serde_json::to_string(call).unwrap()).unwrap(), answer, "{call:?}");
}

#[test]
fn moments_are_written() {
    let at = |pattern: &str, answer: &str| {
        expect(&["to_char", "TIMESTAMP", "2024-03-05 14:07:09.123456", pattern], answer);
    };
    at("YYYY-MM-DD HH24:MI:SS.MS", "2024-03-05 14:07:09.123");
    at("FMDay, DDth FMMonth YYYY", "Tuesday, 05th March YYYY".replace("YYYY", "2024").as_str());
    at("Dy Mon RM Q CC J IYYY-IW-ID", "Tue Mar III  1 21 2460375 2024-10-2");
    at("HH12:MI am \"o'clock\"", "02:07 pm o'clock");
}

#[test]
fn numbers_are_written() {
    for (value, pattern, answer) in [
        ("1234.5", "9,999.99", " 1,234.50"),
        ("-0.1", "99.99", "  -.10"),
        ("-0.1", "FM9.99", "-.1"),
        ("0.1", "0.9", " 0.1"),
        ("12", "9990999.9", "    0012.0"),
        ("485", "FMRN", "CDLXXXV"),
        ("-485", "999PR", "<485>"),
        ("12345", "999", " ###"),
        ("0.0004859", "9.99EEEE", " 4.86e-04"),
    ] {
        expect(&["to_char", "DECIMAL(18,3)", value, pattern], answer);
    }
}

#[test]
fn texts_are_read() {
    expect(&["to_date", "05 Dec 2000", "DD Mon YYYY"], "2000-12-05");
    expect(&["to_timestamp", "20240305140709", "YYYYMMDDHH24MISS"], "2024-03-05 14:07:09.000000");
    expect(&["to_number", "12,454.8-", "99G999D9S"], "-12454.8");
    assert_eq!(compute(r#"["to_date", "x", "YYYY"]"#).unwrap_err().code.to_string(), "22007");
}
