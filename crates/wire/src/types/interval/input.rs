//! Reading intervals (`DecodeInterval`, `DecodeISO8601Interval`).

use super::{Interval, NAME};
use crate::types::{
    IntervalStyle, ValueError,
    calendar::{DAY_US, HOUR_US, MINUTE_US, SECOND_US},
    datetime::fraction_micros,
    error::lossy,
    trim,
};

/// What an interval is gathered in; 128 bits never overflow here.
#[derive(Default)]
struct Sum {
    months: i128,
    days: i128,
    micros: i128,
    /// The units that were given, a bit each: none may come twice.
    seen: u16,
    /// Whether a number of months or years by itself was too large.
    is_field_long: bool,
}

enum Problem {
    Format,
    Range,
    /// The fields are in their ranges, their sum is not.
    Whole,
}

/// Reads the text form, in any of the four styles.
///
/// # Errors
/// [`ValueError::DatetimeSyntax`] or [`ValueError::IntervalField`].
pub fn parse(input: &[u8], style: IntervalStyle) -> Result<Interval, ValueError> {
    let text = std::str::from_utf8(trim(input)).map_err(|_| ValueError::datetime(NAME, input))?;
    let sum = match text.strip_prefix('P') {
        Some(duration) => iso(duration),
        None => words(text, style),
    };
    let fitted = sum.and_then(|sum| {
        Ok(Interval {
            months: i32::try_from(sum.months)
                .map_err(|_| if sum.is_field_long { Problem::Range } else { Problem::Whole })?,
            days: i32::try_from(sum.days).map_err(|_| Problem::Range)?,
            micros: i64::try_from(sum.micros).map_err(|_| Problem::Range)?,
        })
    });
    fitted.map_err(|problem| match problem {
        Problem::Format => ValueError::datetime(NAME, input),
        Problem::Range => ValueError::IntervalField { input: lossy(input) },
        Problem::Whole => ValueError::DatetimeForm { type_name: NAME },
    })
}

/// A number with a sign and a fraction.
#[derive(Clone, Copy)]
struct Number<'t> {
    negative: bool,
    whole: i64,
    decimals: &'t str,
}

impl<'t> Number<'t> {
    /// Reads `[+-]digits[.digits]` in front of a text.
    fn read(text: &'t str) -> Result<(Self, &'t str), Problem> {
        let (negative, body) = match text.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (digits, rest) = take_digits(body);
        let (decimals, rest) = match rest.strip_prefix('.') {
            Some(after) => take_digits(after),
            None => ("", rest),
        };
        if digits.is_empty() && decimals.is_empty() {
            return Err(Problem::Format);
        }
        let whole = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| Problem::Range)? };
        Ok((Self { negative, whole, decimals }, rest))
    }

    fn signed(self, value: i128) -> i128 {
        if self.negative { -value } else { value }
    }

    /// The fraction's share of so many units, rounded to a whole one, half to even (C's `rint`).
    fn share(self, units: i128) -> i128 {
        // Fifteen digits are what PostgreSQL's double keeps.
        let digits = self.decimals.get(..self.decimals.len().min(15)).unwrap_or_default();
        let Ok(value) = digits.parse::<i128>() else {
            return 0;
        };
        let scale = 10i128.pow(u32::try_from(digits.len()).unwrap_or(0));
        let (quotient, rest) = (value * units / scale, value * units % scale);
        let up = rest * 2 > scale || (rest * 2 == scale && quotient % 2 == 1);
        quotient + i128::from(up)
    }
}

fn take_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[derive(Clone, Copy)]
enum Unit {
    /// So many microseconds.
    Time(i64),
    /// So many days.
    Days(i64),
    /// So many months.
    Months(i64),
}

const MONTH: u16 = 1;
const YEAR: u16 = 1 << 1;
const SECOND: u16 = 1 << 2;
const MINUTE: u16 = 1 << 3;
const HOUR: u16 = 1 << 4;

impl Unit {
    fn bit(self) -> u16 {
        match self {
            Self::Months(1) => MONTH,
            Self::Months(12) => YEAR,
            Self::Time(SECOND_US) => SECOND,
            Self::Time(MINUTE_US) => MINUTE,
            Self::Time(HOUR_US) => HOUR,
            Self::Time(1000) => 1 << 5,
            Self::Time(_) => 1 << 6,
            Self::Days(1) => 1 << 7,
            Self::Days(_) => 1 << 8,
            Self::Months(120) => 1 << 9,
            Self::Months(1200) => 1 << 10,
            Self::Months(_) => 1 << 11,
        }
    }
}

impl Sum {
    fn see(&mut self, bits: u16) -> Result<(), Problem> {
        if self.seen & bits != 0 {
            return Err(Problem::Format);
        }
        self.seen |= bits;
        Ok(())
    }

    fn add(&mut self, number: Number<'_>, unit: Unit) {
        let whole = i128::from(number.whole);
        if matches!(unit, Unit::Months(_)) {
            self.is_field_long |= i32::try_from(number.whole).is_err();
        }
        match unit {
            Unit::Time(1) => self.micros += number.signed(whole + number.share(1)),
            Unit::Time(size) if size == SECOND_US => {
                let micros = fraction_micros(number.decimals.as_bytes());
                self.micros += number.signed(whole * i128::from(size) + i128::from(micros));
            }
            Unit::Time(size) => {
                let size = i128::from(size);
                self.micros += number.signed(whole * size + number.share(size));
            }
            Unit::Days(size) => self.add_days(number, i128::from(size), whole),
            // A fraction of a month is days of 30, a fraction of a year or more is whole months.
            Unit::Months(1) => {
                self.months += number.signed(whole);
                self.add_days(number, 30, 0);
            }
            Unit::Months(size) => {
                let size = i128::from(size);
                self.months += number.signed(whole * size + number.share(size));
            }
        }
    }

    /// Whole × size days, and the fraction's share of size days with the rest as time.
    fn add_days(&mut self, number: Number<'_>, size: i128, whole: i128) {
        let day = i128::from(DAY_US);
        let share = number.share(size * day);
        self.days += number.signed(whole * size + share / day);
        self.micros += number.signed(share % day);
    }

    fn negate(&mut self) {
        self.months = -self.months;
        self.days = -self.days;
        self.micros = -self.micros;
    }
}

fn unit(word: &str) -> Option<Unit> {
    Some(match word.to_ascii_lowercase().as_str() {
        "us" | "usec" | "usecs" | "usecond" | "useconds" | "microsecond" | "microseconds" | "microsecon" => {
            Unit::Time(1)
        }
        "ms" | "msec" | "msecs" | "msecond" | "mseconds" | "millisecond" | "milliseconds" | "millisecon" => {
            Unit::Time(1000)
        }
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Time(SECOND_US),
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Time(MINUTE_US),
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Time(HOUR_US),
        "d" | "day" | "days" => Unit::Days(1),
        "w" | "week" | "weeks" => Unit::Days(7),
        "mon" | "mons" | "month" | "months" => Unit::Months(1),
        "y" | "yr" | "yrs" | "year" | "years" => Unit::Months(12),
        "dec" | "decs" | "decade" | "decades" => Unit::Months(120),
        "c" | "cent" | "century" | "centuries" => Unit::Months(1200),
        "mil" | "mils" | "millennia" | "millennium" => Unit::Months(12_000),
        _ => return None,
    })
}

/// The styles `postgres`, `postgres_verbose` and `sql_standard`.
fn words(text: &str, style: IntervalStyle) -> Result<Sum, Problem> {
    let mut sum = Sum::default();
    let mut rest = text;
    let mut any = false;
    // sql_standard: one sign in front of everything counts for everything.
    let signs = text.bytes().filter(|byte| matches!(byte, b'+')).count()
        + text.split(|c: char| c.is_ascii_whitespace()).filter(|word| word.starts_with('-')).count();
    let negate_all = style == IntervalStyle::SqlStandard && text.starts_with('-') && signs == 1;
    if negate_all {
        rest = text.get(1..).unwrap_or_default();
    }
    loop {
        rest = rest.trim_ascii_start();
        let Some(first) = rest.bytes().next() else {
            break;
        };
        if first == b'@' {
            rest = rest.get(1..).unwrap_or_default();
        } else if let Some(after) = strip_word(rest, "ago") {
            if !any || !after.trim_ascii().is_empty() {
                return Err(Problem::Format);
            }
            sum.negate();
            rest = "";
        } else {
            rest = field(&mut sum, rest)?;
            any = true;
        }
    }
    if !any {
        return Err(Problem::Format);
    }
    if negate_all {
        sum.negate();
    }
    Ok(sum)
}

fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (head, tail) = text.split_at_checked(word.len())?;
    (head.eq_ignore_ascii_case(word) && !tail.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(tail)
}

/// One `number unit`, `H:M:S`, `Y-M` or bare number in front; answers what follows.
fn field<'t>(sum: &mut Sum, text: &'t str) -> Result<&'t str, Problem> {
    let (number, rest) = Number::read(text)?;
    match rest.bytes().next() {
        Some(b':') if number.decimals.is_empty() => {
            let end =
                rest.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')).count();
            let (tail, rest) = rest.split_at_checked(end).ok_or(Problem::Format)?;
            sum.see(HOUR | MINUTE | SECOND)?;
            sum.micros += number.signed(clock(number.whole, tail)?);
            Ok(rest)
        }
        Some(b'-') if number.decimals.is_empty() => {
            let (months, rest) = take_digits(rest.get(1..).unwrap_or_default());
            let months: i128 = months.parse().map_err(|_| Problem::Format)?;
            if months > 11 {
                return Err(Problem::Range);
            }
            sum.see(YEAR | MONTH)?;
            sum.months += number.signed(i128::from(number.whole) * 12 + months);
            Ok(rest)
        }
        _ => {
            let after = rest.trim_ascii_start();
            let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (word, tail) = after.split_at_checked(letters).ok_or(Problem::Format)?;
            if let Some(unit) = unit(word) {
                sum.see(unit.bit())?;
                sum.add(number, unit);
                return Ok(tail);
            }
            if word.is_empty() && (after.is_empty() || after.len() < rest.len()) {
                // A bare number before a time is days, at the end it is seconds.
                let days = after.bytes().any(|byte| byte == b':');
                let unit = if days { Unit::Days(1) } else { Unit::Time(SECOND_US) };
                sum.see(unit.bit())?;
                sum.add(number, unit);
                return Ok(after);
            }
            if word.eq_ignore_ascii_case("ago") {
                sum.add(number, Unit::Time(SECOND_US));
                return Ok(after);
            }
            Err(Problem::Format)
        }
    }
}

/// `H` and `:M`, `:M:S` or, with a fraction, `M:S.f`, in microseconds.
fn clock(first: i64, tail: &str) -> Result<i128, Problem> {
    let (whole, decimals) = tail.split_once('.').unwrap_or((tail, ""));
    let mut parts = whole.split(':').skip(1).map(|part| part.parse::<i64>().map_err(|_| Problem::Format));
    let second_part = parts.next().ok_or(Problem::Format)??;
    let third = parts.next().transpose()?;
    if parts.next().is_some() || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Format);
    }
    let (hours, minutes, seconds) = match third {
        Some(third) => (first, second_part, third),
        None if tail.contains('.') => (0, first, second_part),
        None => (first, second_part, 0),
    };
    if minutes > 59 || seconds > 60 {
        return Err(Problem::Range);
    }
    Ok(i128::from(hours) * i128::from(HOUR_US)
        + i128::from(minutes) * i128::from(MINUTE_US)
        + i128::from(seconds) * i128::from(SECOND_US)
        + i128::from(fraction_micros(decimals.as_bytes())))
}

/// What follows the `P` of ISO 8601: designators, or the alternative format `Y-M-DTH:M:S`.
fn iso(text: &str) -> Result<Sum, Problem> {
    let mut sum = Sum::default();
    if text.is_empty() {
        return Err(Problem::Format);
    }
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let mut rest = date;
    while !rest.is_empty() {
        let (number, after) = Number::read(rest)?;
        let (unit, after) = match after.split_at_checked(1) {
            Some(("Y", after)) => (Unit::Months(12), after),
            Some(("M", after)) => (Unit::Months(1), after),
            Some(("W", after)) => (Unit::Days(7), after),
            Some(("D", after)) => (Unit::Days(1), after),
            Some(("-", _)) => {
                alternative_date(&mut sum, rest)?;
                break;
            }
            _ => return Err(Problem::Format),
        };
        sum.add(number, unit);
        rest = after;
    }
    rest = time;
    while !rest.is_empty() {
        let (number, after) = Number::read(rest)?;
        let (unit, after) = match after.split_at_checked(1) {
            Some(("H", after)) => (Unit::Time(HOUR_US), after),
            Some(("M", after)) => (Unit::Time(MINUTE_US), after),
            Some(("S", after)) => (Unit::Time(SECOND_US), after),
            Some((":", _)) => {
                sum.micros += number.signed(clock(number.whole, after)?);
                break;
            }
            _ => return Err(Problem::Format),
        };
        sum.add(number, unit);
        rest = after;
    }
    Ok(sum)
}

fn alternative_date(sum: &mut Sum, text: &str) -> Result<(), Problem> {
    let units = [Unit::Months(12), Unit::Months(1), Unit::Days(1)];
    let mut parts = text.split('-');
    for (part, unit) in parts.by_ref().zip(units) {
        let (number, rest) = Number::read(part)?;
        if !rest.is_empty() {
            return Err(Problem::Format);
        }
        sum.add(number, unit);
    }
    if parts.next().is_some() { Err(Problem::Format) } else { Ok(()) }
}
