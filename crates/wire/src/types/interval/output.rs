//! Printing intervals (`EncodeInterval`).

use super::Interval;
use crate::types::{
    IntervalStyle,
    calendar::{HOUR_US, MINUTE_US, SECOND_US},
    digits::{fraction, padded},
    integer,
};

/// The interval's fields, each with its own sign (`interval2itm`).
#[derive(Clone, Copy)]
struct Parts {
    years: i32,
    months: i32,
    days: i32,
    hours: i64,
    minutes: i64,
    seconds: i64,
    micros: i64,
}

impl Parts {
    fn of(value: Interval) -> Self {
        Self {
            years: value.months / 12,
            months: value.months % 12,
            days: value.days,
            hours: value.micros / HOUR_US,
            minutes: value.micros / MINUTE_US % 60,
            seconds: value.micros / SECOND_US % 60,
            micros: value.micros % SECOND_US,
        }
    }

    fn has_time(self) -> bool {
        self.hours != 0 || self.minutes != 0 || self.seconds != 0 || self.micros != 0
    }

    fn time_is_negative(self) -> bool {
        self.hours < 0 || self.minutes < 0 || self.seconds < 0 || self.micros < 0
    }
}

/// The text form.
pub fn write(out: &mut Vec<u8>, value: Interval, style: IntervalStyle) {
    let parts = Parts::of(value);
    match style {
        IntervalStyle::Postgres => postgres(out, parts),
        IntervalStyle::PostgresVerbose => verbose(out, parts),
        IntervalStyle::SqlStandard => sql_standard(out, value, parts),
        IntervalStyle::Iso8601 => iso(out, parts),
    }
}

/// Seconds without sign, and their fraction (`AppendSeconds`).
fn seconds(out: &mut Vec<u8>, parts: Parts, width: usize) {
    padded(out, parts.seconds.unsigned_abs(), width);
    fraction(out, u32::try_from(parts.micros.unsigned_abs()).unwrap_or(0));
}

/// `H:MM:SS` without sign.
fn clock(out: &mut Vec<u8>, parts: Parts, hour_width: usize) {
    padded(out, parts.hours.unsigned_abs(), hour_width);
    out.push(b':');
    padded(out, parts.minutes.unsigned_abs(), 2);
    out.push(b':');
    seconds(out, parts, 2);
}

fn postgres(out: &mut Vec<u8>, parts: Parts) {
    let mut is_zero = true;
    let mut is_before = false;
    for (value, unit) in [(parts.years, "year"), (parts.months, "mon"), (parts.days, "day")] {
        if value == 0 {
            continue;
        }
        if !is_zero {
            out.push(b' ');
        }
        if is_before && value > 0 {
            out.push(b'+');
        }
        integer::write(out, value);
        out.push(b' ');
        out.extend_from_slice(unit.as_bytes());
        if value != 1 {
            out.push(b's');
        }
        // Each field that is there decides about the sign of the next one only.
        is_before = value < 0;
        is_zero = false;
    }
    if is_zero || parts.has_time() {
        if !is_zero {
            out.push(b' ');
        }
        if parts.time_is_negative() {
            out.push(b'-');
        } else if is_before {
            out.push(b'+');
        }
        clock(out, parts, 2);
    }
}

fn verbose(out: &mut Vec<u8>, parts: Parts) {
    let mut is_zero = true;
    let mut is_before = false;
    out.push(b'@');
    for (value, unit) in [
        (i64::from(parts.years), "year"),
        (i64::from(parts.months), "mon"),
        (i64::from(parts.days), "day"),
        (parts.hours, "hour"),
        (parts.minutes, "min"),
    ] {
        if value == 0 {
            continue;
        }
        let value = if is_zero {
            is_before = value < 0;
            value.abs()
        } else if is_before {
            -value
        } else {
            value
        };
        out.push(b' ');
        integer::write(out, value);
        out.push(b' ');
        out.extend_from_slice(unit.as_bytes());
        if value != 1 {
            out.push(b's');
        }
        is_zero = false;
    }
    if parts.seconds != 0 || parts.micros != 0 {
        out.push(b' ');
        if parts.seconds < 0 || parts.micros < 0 {
            if is_zero {
                is_before = true;
            } else if !is_before {
                out.push(b'-');
            }
        } else if is_before {
            out.push(b'-');
        }
        seconds(out, parts, 1);
        out.extend_from_slice(b" sec");
        if parts.seconds.abs() != 1 || parts.micros != 0 {
            out.push(b's');
        }
        is_zero = false;
    }
    if is_zero {
        out.extend_from_slice(b" 0");
    }
    if is_before {
        out.extend_from_slice(b" ago");
    }
}

fn sql_standard(out: &mut Vec<u8>, value: Interval, parts: Parts) {
    let has_negative = value.months < 0 || value.days < 0 || value.micros < 0;
    let has_positive = value.months > 0 || value.days > 0 || value.micros > 0;
    let has_year_month = value.months != 0;
    let has_day_time = value.days != 0 || value.micros != 0;
    let is_standard = !(has_negative && has_positive || has_year_month && has_day_time);
    let sign = |negative: bool| if negative { b'-' } else { b'+' };
    if !has_negative && !has_positive {
        return out.push(b'0');
    }
    if !is_standard {
        // Signs everywhere, so that nothing can be misread.
        out.push(sign(value.months < 0));
        year_month(out, parts);
        out.push(b' ');
        out.push(sign(value.days < 0));
        integer::write(out, value.days.unsigned_abs());
        out.push(b' ');
        out.push(sign(value.micros < 0));
        return clock(out, parts, 1);
    }
    if has_negative {
        out.push(b'-');
    }
    if has_year_month {
        return year_month(out, parts);
    }
    if value.days != 0 {
        integer::write(out, value.days.unsigned_abs());
        out.push(b' ');
    }
    clock(out, parts, 1);
}

fn year_month(out: &mut Vec<u8>, parts: Parts) {
    integer::write(out, parts.years.unsigned_abs());
    out.push(b'-');
    integer::write(out, parts.months.unsigned_abs());
}

fn iso(out: &mut Vec<u8>, parts: Parts) {
    let date =
        [(i64::from(parts.years), b'Y'), (i64::from(parts.months), b'M'), (i64::from(parts.days), b'D')];
    if !parts.has_time() && date.iter().all(|(value, _)| *value == 0) {
        return out.extend_from_slice(b"PT0S");
    }
    let part = |out: &mut Vec<u8>, (value, unit): (i64, u8)| {
        if value != 0 {
            integer::write(out, value);
            out.push(unit);
        }
    };
    out.push(b'P');
    for field in date {
        part(out, field);
    }
    if parts.has_time() {
        out.push(b'T');
    }
    part(out, (parts.hours, b'H'));
    part(out, (parts.minutes, b'M'));
    if parts.seconds != 0 || parts.micros != 0 {
        if parts.seconds < 0 || parts.micros < 0 {
            out.push(b'-');
        }
        seconds(out, parts, 1);
        out.push(b'S');
    }
}
