//! Tests of intervals; expected texts are those of PostgreSQL 15.18.

use proptest::prelude::*;

use super::*;
use crate::types::IntervalStyle;

const STYLES: [IntervalStyle; 4] = [
    IntervalStyle::Postgres,
    IntervalStyle::PostgresVerbose,
    IntervalStyle::SqlStandard,
    IntervalStyle::Iso8601,
];

fn text(value: Interval, style: IntervalStyle) -> String {
    let mut out = Vec::new();
    write(&mut out, value, style);
    String::from_utf8(out).unwrap()
}

fn interval(months: i32, days: i32, micros: i64) -> Interval {
    Interval { months, days, micros }
}

#[test]
fn every_style_prints_as_postgresql_does() {
    for (value, expected) in [
        (
            interval(14, 3, 14_706_000_000),
            [
                "1 year 2 mons 3 days 04:05:06",
                "@ 1 year 2 mons 3 days 4 hours 5 mins 6 secs",
                "+1-2 +3 +4:05:06",
                "P1Y2M3DT4H5M6S",
            ],
        ),
        (
            interval(-14, 3, -14_706_700_000),
            [
                "-1 years -2 mons +3 days -04:05:06.7",
                "@ 1 year 2 mons -3 days 4 hours 5 mins 6.7 secs ago",
                "-1-2 +3 -4:05:06.7",
                "P-1Y-2M3DT-4H-5M-6.7S",
            ],
        ),
        (interval(0, 0, 0), ["00:00:00", "@ 0", "0", "PT0S"]),
        (interval(0, 0, -500_000), ["-00:00:00.5", "@ 0.5 secs ago", "-0:00:00.5", "PT-0.5S"]),
        (interval(-1, 1, 0), ["-1 mons +1 day", "@ 1 mon -1 days ago", "-0-1 +1 +0:00:00", "P-1M1D"]),
        (interval(0, -1, 0), ["-1 days", "@ 1 day ago", "-1 0:00:00", "P-1D"]),
        (interval(25, 0, 0), ["2 years 1 mon", "@ 2 years 1 mon", "2-1", "P2Y1M"]),
        (interval(0, 0, 1_000_000), ["00:00:01", "@ 1 sec", "0:00:01", "PT1S"]),
    ] {
        for (style, expected) in STYLES.into_iter().zip(expected) {
            assert_eq!(text(value, style), expected);
        }
    }
}

#[test]
fn what_people_write_is_understood() {
    for (input, expected) in [
        ("1 day", interval(0, 1, 0)),
        ("1.5 days", interval(0, 1, 43_200_000_000)),
        ("1.5 months", interval(1, 15, 0)),
        ("1.5 years", interval(18, 0, 0)),
        ("2 weeks", interval(0, 14, 0)),
        ("1 day ago", interval(0, -1, 0)),
        ("@ 1 hour 30 mins ago", interval(0, 0, -5_400_000_000)),
        ("1-2", interval(14, 0, 0)),
        ("1-2 3 4:05:06", interval(14, 3, 14_706_000_000)),
        ("-1-2 +3 -4:05:06", interval(-14, 3, -14_706_000_000)),
        ("3 4:05:06", interval(0, 3, 14_706_000_000)),
        ("10", interval(0, 0, 10_000_000)),
        ("1.5", interval(0, 0, 1_500_000)),
        ("100ms", interval(0, 0, 100_000)),
        ("1h30m", interval(0, 0, 5_400_000_000)),
        ("P1Y2M3DT4H5M6S", interval(14, 3, 14_706_000_000)),
        ("P0001-02-03T04:05:06", interval(14, 3, 14_706_000_000)),
        ("PT1.5S", interval(0, 0, 1_500_000)),
        ("P1W", interval(0, 7, 0)),
        ("1 decade", interval(120, 0, 0)),
    ] {
        assert_eq!(parse(input.as_bytes(), IntervalStyle::Postgres), Ok(expected), "{input}");
    }
    assert_eq!(parse(b"-1 2:03:04", IntervalStyle::SqlStandard), Ok(interval(0, -1, -7_384_000_000)));
}

#[test]
fn bad_intervals_say_what_is_wrong() {
    for (input, code) in [
        ("", "22007"),
        ("x", "22007"),
        ("1 foo", "22007"),
        ("1 day 1 day", "22007"),
        ("10 20", "22007"),
        ("ago", "22007"),
        ("P", "22007"),
        ("178956971 years", "22008"),
        ("P1X", "22007"),
        ("3000000000 months", "22015"),
        ("1:61:00", "22015"),
    ] {
        let error = parse(input.as_bytes(), IntervalStyle::Postgres).unwrap_err();
        assert_eq!(error.code().as_str(), code, "{input}");
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(months: i32, days: i32, micros: i64, style in 0usize..4) {
        let value = interval(months, days, micros);
        let style = STYLES[style];
        prop_assume!(micros != i64::MIN);
        let printed = text(value, style);
        prop_assert_eq!(parse(printed.as_bytes(), style), Ok(value), "{}", printed);
        let mut out = Vec::new();
        write_binary(&mut out, value);
        prop_assert_eq!(parse_binary(&out), Ok(value));
    }
}
