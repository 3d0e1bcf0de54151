//! What people write for dates and times, as PostgreSQL reads it (`ParseDateTime`, `DecodeDateTime`).
//!
//! ISO 8601 in all its spellings, SQL, German and traditional dates with the session's order of day and
//! month, month and weekday names, `AM`/`PM`, `BC`/`AD`, offsets and zone names, `infinity`, `epoch`.
//! Absent: words that need the present moment (`now`, `today`…), Julian days and days of a year, since a
//! pure function cannot know the first and nothing sends the others.

mod fields;
mod tokens;
mod abbreviations;

use super::{
    DateOrder, ValueError,
    calendar::{Civil, micros_of},
};
pub(super) use tokens::fraction_micros;

/// A moment as it was written.
#[derive(Debug)]
pub(super) enum Moment<'t> {
    Infinity,
    NegativeInfinity,
    At(Fields<'t>),
}

/// The parts of a moment that were written.
#[derive(Debug, Default)]
pub(super) struct Fields<'t> {
    pub(super) date: Option<Civil>,
    /// Microseconds of the day; 24:00:00 is allowed.
    pub(super) time: Option<i64>,
    pub(super) zone: Option<Zone<'t>>,
}

/// A zone as it was written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Zone<'t> {
    /// Seconds east of UTC.
    Offset(i32),
    Name(&'t str),
}

/// What kind of type a moment is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A date, perhaps with a time.
    Day,
    /// A time, perhaps with a date.
    Clock,
}

/// Reads a moment.
pub(super) fn parse<'t>(
    type_name: &'static str,
    input: &'t [u8],
    order: DateOrder,
    wanted: Wanted,
) -> Result<Moment<'t>, ValueError> {
    let text = std::str::from_utf8(input).map_err(|_| ValueError::datetime(type_name, input))?;
    match text.trim_ascii().to_ascii_lowercase().as_str() {
        "infinity" => Ok(Moment::Infinity),
        "-infinity" => Ok(Moment::NegativeInfinity),
        _ => {
            let tokens = tokens::split(text).ok_or_else(|| ValueError::datetime(type_name, input))?;
            fields::decode(&tokens, order, wanted)
                .map(Moment::At)
                .map_err(|problem| problem.into_error(type_name, input))
        }
    }
}

/// The same for the types that have no zone: one that is written is forgotten, but it must be one.
/// Names of the zone database have a slash; whether this one exists is not known here.
pub(super) fn parse_local<'t>(
    type_name: &'static str,
    input: &'t [u8],
    order: DateOrder,
    wanted: Wanted,
) -> Result<Moment<'t>, ValueError> {
    let moment = parse(type_name, input, order, wanted)?;
    match moment {
        Moment::At(Fields { zone: Some(Zone::Name(name)), .. }) if !name.contains('/') => {
            Err(ValueError::datetime(type_name, input))
        }
        Moment::At(_) | Moment::Infinity | Moment::NegativeInfinity => Ok(moment),
    }
}

/// What is wrong with a moment's fields.
#[derive(Debug)]
pub(super) enum Problem {
    Format,
    Field,
    /// A field is out of range that another order might make sense of.
    Order,
    Displacement,
}

impl Problem {
    fn into_error(self, type_name: &'static str, input: &[u8]) -> ValueError {
        match self {
            Self::Format => ValueError::datetime(type_name, input),
            Self::Field => ValueError::field(input, false),
            Self::Order => ValueError::field(input, true),
            Self::Displacement => ValueError::ZoneDisplacement { input: super::error::lossy(input) },
        }
    }
}

/// The fast path: `YYYY-MM-DD`, valid and not BC, and what follows it.
pub(super) fn iso_date(input: &[u8]) -> Option<(Civil, &[u8])> {
    let ([y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2], rest) = input.split_first_chunk::<10>()? else {
        return None;
    };
    let year = pair(*y1, *y2)? * 100 + pair(*y3, *y4)?;
    let (month, day) = (pair(*m1, *m2)?, pair(*d1, *d2)?);
    let valid = year > 0
        && (1..=12).contains(&month)
        && day > 0
        && (day <= 28 || day <= Civil::days_in_month(i64::from(year), month));
    valid.then_some((Civil { year: i64::from(year), month, day }, rest))
}

/// The fast path: `HH:MM:SS` with up to six decimals, valid, and what follows it.
pub(super) fn iso_time(input: &[u8]) -> Option<(i64, &[u8])> {
    let ([h1, h2, b':', m1, m2, b':', s1, s2], mut rest) = input.split_first_chunk::<8>()? else {
        return None;
    };
    let (hour, minute, second) = (pair(*h1, *h2)?, pair(*m1, *m2)?, pair(*s1, *s2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut micros = 0;
    if let [b'.', decimals @ ..] = rest {
        let count = decimals.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (decimals, after) = decimals.split_at_checked(count)?;
        if !(1..=6).contains(&count) {
            return None;
        }
        micros = fraction_micros(decimals);
        rest = after;
    }
    Some((micros_of(i64::from(hour), i64::from(minute), i64::from(second), micros), rest))
}

fn pair(high: u8, low: u8) -> Option<u32> {
    let (high, low) = (high.wrapping_sub(b'0'), low.wrapping_sub(b'0'));
    (high <= 9 && low <= 9).then(|| u32::from(high) * 10 + u32::from(low))
}
