//! Dates, times and timestamps.

use super::owned;
use crate::types::random::Random;

pub(super) fn date_edges() -> Vec<String> {
    owned(&[
        "1970-01-01",
        "2000-01-01",
        "1999-12-31",
        "0001-01-01",
        "0001-12-31 BC",
        "0001-01-01 BC",
        "0044-03-15 BC",
        "4713-01-01 BC",
        "9999-12-31",
        "10000-01-01",
        "99999-06-15",
        "294276-12-31",
        "5874897-12-31",
        "infinity",
        "-infinity",
        "Infinity",
        "2024-02-29",
        "1900-02-28",
        "2000-02-29",
        "0004-02-29",
        "0005-02-29 BC",
        "2023-02-29",
        "1900-02-29",
        "2024-13-01",
        "2024-00-10",
        "2024-04-31",
        "0000-01-01",
        "",
        "x",
        "2024",
        "20240229",
        "240229",
        "2024-2-9",
        "2024/02/29",
        "2024.02.29",
        "February 29, 2024",
        "29 Feb 2024",
        "Feb-29-2024",
        "29-Feb-2024",
        "2024-Feb-29",
        "1/2/2003",
        "13/2/2003",
        "2/13/2003",
        "1-2-03",
        "1/2/99",
        "1/2/69",
        "1/2/70",
        "99-1-2",
        "2024-02-29 12:34:56",
        "2024-02-29T12:34:56Z",
        "Thu Feb 29 2024",
        "2024-060",
        "2024060",
        "January 8, 99 BC",
        "08-Jan-1999",
        "Jan 8 1999 AD",
        "epoch",
        " 2024-02-29 ",
        "2024-02-29 x",
        "today is",
        "J2451187",
        "1999-01-08 BC",
        "99999999-01-01",
    ])
}

pub(super) fn date_text(year: i64, month: i64, day: i64) -> String {
    if year > 0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{:04}-{month:02}-{day:02} BC", 1 - year)
    }
}

pub(super) fn random_date(random: &mut Random) -> String {
    let year = match random.below(6) {
        0 => random.between(-4700, 0),
        1 => random.between(10_000, 294_000),
        2 => random.between(1, 999),
        _ => random.between(1000, 9999),
    };
    date_text(year, random.between(1, 12), random.between(1, 28))
}

pub(super) fn time_edges() -> Vec<String> {
    owned(&[
        "00:00:00",
        "00:00",
        "23:59:59",
        "23:59:59.999999",
        "23:59:59.9999994",
        "23:59:59.9999995",
        "24:00:00",
        "24:00:01",
        "25:00",
        "12:60",
        "12:34:60",
        "23:59:60",
        "12:34:61",
        "12:34:56.1",
        "12:34:56.000001",
        "1:2:3",
        "12:34 PM",
        "12:34 AM",
        "11:59:59.5 pm",
        "13:00 PM",
        "0:30 am",
        "040506",
        "0405",
        "040506.789",
        "T040506",
        "allballs",
        "",
        "x",
        "12",
        "12:34:56.",
        "12:34:56.1234567",
        "12:34:56+02",
        "12:34:56 Europe/Paris",
        "2024-01-01 12:34:56",
        " 12:34 ",
        "-12:34",
        "12:34:56 x",
        "12.5",
        "12:34.5",
    ])
}

pub(super) fn clock(random: &mut Random) -> String {
    let micros = random.between(0, 86_399_999_999);
    let (seconds, mut micros) = (micros / 1_000_000, micros % 1_000_000);
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if !random.one_in(4) {
        for _ in 0..random.below(6) {
            micros = micros / 10 * 10;
        }
        text.push_str(&format!(".{micros:06}"));
    }
    text
}

pub(super) fn random_time(random: &mut Random) -> String {
    clock(random)
}

pub(super) fn offset(random: &mut Random) -> String {
    let seconds = match random.below(4) {
        0 => random.between(-57_599, 57_599),
        1 => random.between(-959, 959) * 60,
        _ => random.between(-15, 15) * 3600,
    };
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    match (seconds / 60 % 60, seconds % 60) {
        (0, 0) => format!("{sign}{:02}", seconds / 3600),
        (minutes, 0) => format!("{sign}{:02}:{minutes:02}", seconds / 3600),
        (minutes, rest) => format!("{sign}{:02}:{minutes:02}:{rest:02}", seconds / 3600),
    }
}

pub(super) fn timetz_edges() -> Vec<String> {
    owned(&[
        "00:00:00+00",
        "24:00:00+00",
        "23:59:59.999999+15:59:59",
        "00:00:00-15:59:59",
        "12:00:00+00:00:01",
        "12:00:00-00:00:01",
        "12:00:00+05:30",
        "12:00:00-03:30",
        "12:00+16",
        "12:00-16",
        "12:00:00Z",
        "12:00 UTC",
        "12:00 EST",
        "12:00:00 PM +02",
        "12:00 CEST",
        "12:00:00+0530",
        "120000+02",
        "12:00",
        "12:00:00+",
        "",
        "x",
        "12:00 Nowhere/Land",
        "12:00:00+14",
        "12:00:00-12",
        "12:00:00 +01:02:03",
        "04:05:06.789-8",
        "2024-07-01 12:00 Europe/Berlin",
        "2024-01-01 12:00 America/New_York",
    ])
}

pub(super) fn random_timetz(random: &mut Random) -> String {
    format!("{}{}", clock(random), offset(random))
}

pub(super) fn timestamp_edges() -> Vec<String> {
    owned(&[
        "1970-01-01 00:00:00",
        "2000-01-01 00:00:00",
        "1999-12-31 23:59:59.999999",
        "1969-12-31 23:59:59.999999",
        "0001-01-01 00:00:00",
        "0001-12-31 23:59:59.999999 BC",
        "4713-01-01 00:00:00 BC",
        "4714-12-01 00:00:00 BC",
        "9999-12-31 23:59:59.999999",
        "10000-01-01 00:00:00",
        "294246-12-31 23:59:59.999999",
        "294247-01-01",
        "294247-01-10 04:00:54.775806",
        "294247-01-10 04:00:54.775807",
        "294247-01-11",
        "294276-12-31 23:59:59",
        "294277-01-01",
        "infinity",
        "-infinity",
        "epoch",
        "2024-02-29 24:00:00",
        "2024-12-31 23:59:60",
        "2024-02-29T12:34:56.789",
        "2024-02-29 12:34:56.7891234",
        "2024-02-29 12:34",
        "2024-02-29",
        "20240229T123456",
        "20240229 123456",
        "Feb 29 2024 12:34 PM",
        "29.02.2024 12:34:56",
        "2024-02-29 12:34:56+05",
        "Thu Feb 29 12:34:56 2024",
        "Thu Feb 29 12:34:56.5 2024 BC",
        "2024-02-30 00:00",
        "x",
        "",
        "2024-02-29 25:00",
        "2024-02-29 12:34:56 Europe/Paris",
        "2024-02-29 12:34:56 PST",
        "2024-03-10 02:30:00",
        "2024-11-03 01:30:00",
        "12/31/1999 11:59 pm",
        "1/8/1999",
        "1999-01-08 04:05:06 BC",
        "Jan 8 04:05:06 1999 PST",
        "2024-02-29 x",
        "2024-02-29 12:34:56.999999999",
    ])
}

pub(super) fn random_timestamp(random: &mut Random) -> String {
    let date = random_date(random);
    match date.strip_suffix(" BC") {
        Some(date) => format!("{date} {} BC", clock(random)),
        None => format!("{date} {}", clock(random)),
    }
}
