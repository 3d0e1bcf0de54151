//! Timestamps with a zone, and intervals.

use super::{
    moments::{clock, date_text, offset, random_date, timestamp_edges},
    owned,
};
use crate::types::random::Random;

pub(super) fn timestamptz_edges() -> Vec<String> {
    let mut edges = timestamp_edges();
    edges.extend(owned(&[
        // Without an offset: gaps and folds of the session's zone.
        "2024-03-31 01:59:59",
        "2024-03-31 02:30:00",
        "2024-03-31 03:00:00",
        "2024-10-27 01:59:59",
        "2024-10-27 02:30:00",
        "2024-10-27 03:00:00",
        "2024-04-07 01:45:00",
        "2024-10-06 02:15:00",
        "2011-12-30 12:00:00",
        "1883-11-18 12:00:00",
        "1850-06-01 12:00:00",
        "2024-03-10 02:00:00",
        "2024-03-31 02:30:00 Europe/Berlin",
        "2024-10-27 02:30:00 Europe/Berlin",
        "2024-07-01 12:00 america/new_york",
        "2024-07-01 12:00:00+00:00:01",
        "2024-07-01 12:00:00-15:59:59",
        "2024-07-01 12:00:00+16",
        "2024-07-01 12:00:00Z",
        "2024-07-01 12:00:00 UTC",
        "2024-07-01 12:00 EST",
        "2024-07-01 12:00 CEST",
        "2024-07-01 12:00:00 +05:30",
        "2024-07-01 12:00:00-0330",
        "1900-01-01 00:00:00+00",
        "2037-12-31 23:59:59+00",
        "2038-01-19 03:14:08+00",
        "2500-07-01 12:00:00+00",
        "0001-01-01 00:00:00+00",
        "2024-07-01 12:00 Nowhere/Land",
        "Mon Jul 01 12:00:00 2024 EDT",
        "07/01/2024 12:00:00 PDT",
        "01.07.2024 12:00:00 MESZ",
    ]));
    edges
}

pub(super) fn random_timestamptz(random: &mut Random) -> String {
    let date = if random.one_in(2) {
        date_text(random.between(1880, 2100), random.between(1, 12), random.between(1, 28))
    } else {
        random_date(random)
    };
    let offset = offset(random);
    match date.strip_suffix(" BC") {
        Some(date) => format!("{date} {}{offset} BC", clock(random)),
        None => format!("{date} {}{offset}", clock(random)),
    }
}

#[expect(clippy::too_many_lines, reason = "a list of values")]
pub(super) fn interval_edges() -> Vec<String> {
    owned(&[
        "0",
        "1 year",
        "-1 year",
        "1 mon",
        "14 months",
        "-14 months",
        "1 day",
        "-1 day",
        "1 year -1 mon",
        "00:00:00",
        "00:00:00.000001",
        "-00:00:00.000001",
        "1 year 2 mons 3 days 04:05:06.789",
        "-1 year -2 mons +3 days -04:05:06",
        "1 day -00:00:01",
        "-1 day +00:00:01",
        "1 mon -1 day",
        "1-2",
        "-1-2",
        "1-2 3 4:05:06",
        "+1-2 -3 +4:05:06",
        "3 4:05:06",
        "-3 4:05:06",
        "4:05",
        "-4:05:06.5",
        "P1Y2M3DT4H5M6S",
        "P-1Y2M",
        "PT-1.5S",
        "P1W",
        "PT0S",
        "P0001-02-03T04:05:06",
        "P1Y1M1DT1H1M1.000001S",
        "@ 1 year 2 mons ago",
        "@ 1 min",
        "1 hour ago",
        "1.5 years",
        "1.5 months",
        "1.5 days",
        "1.5 weeks",
        "1.5 hours",
        "0.1 mons",
        "1.25 years 3 days",
        "1 century",
        "1 decade",
        "1 millennium",
        "2 weeks",
        "100 hours",
        "2562047788 hours",
        "-2562047788:00:54.775808",
        "9999999 years",
        "178956970 years 7 mons",
        "-178956970 years -8 mons",
        "2147483647 days",
        "-2147483648 days",
        "178956971 years",
        "2147483648 days",
        "1 us",
        "1 microsecond",
        "1 millisecond",
        "1500 ms",
        "5",
        "5.5",
        "-5",
        "1 x",
        "",
        "x",
        "1 year 1 year",
        "P",
        "PT",
        "1 day 1",
        "1 2:03:04",
        "1:2:3.4",
        "60 sec",
        "90 min",
        "1 mon 1 sec ago",
        "-1 mon 1 sec ago",
        "1y 2mon 3d 4h 5m 6s",
        "+1 day",
        "1 day 24:00:00",
        "999:59:59.999999",
    ])
}

pub(super) fn random_interval(random: &mut Random) -> String {
    let months = if random.one_in(3) { 0 } else { random.sized(16) };
    let days = if random.one_in(3) { 0 } else { random.sized(16) };
    let micros = if random.one_in(3) { 0 } else { random.sized(45) };
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.abs();
    format!("{months} mons {days} days {sign}{}.{:06} secs", micros / 1_000_000, micros % 1_000_000)
}
