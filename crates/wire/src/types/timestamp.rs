//! `timestamp` and `timestamptz`: microseconds since 1970-01-01, ±`i64::MAX` for the infinities, as
//! DuckDB stores them (PostgreSQL: `EncodeDateTime`, `timestamp_in`, `timestamptz_in`).

use super::{
    DateOrder, DateStyle, EPOCH_SHIFT_US, Style, ValueError,
    calendar::{Civil, DAY_US, MONTHS, SECOND_US, split, weekday},
    date,
    datetime::{self, Moment, Wanted, Zone},
    digits::{padded, two},
    time,
};

const NAME: &str = "timestamp";
const NAME_TZ: &str = "timestamp with time zone";

/// DuckDB's `infinity`.
pub const INFINITY: i64 = i64::MAX;
/// DuckDB's `-infinity`.
pub const NEGATIVE_INFINITY: i64 = -i64::MAX;

/// What a zone says of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local<'z> {
    /// Seconds east of UTC.
    pub offset_s: i32,
    /// The zone's abbreviation then, such as `CET`; printed by the styles that are not ISO.
    pub abbreviation: &'z str,
}

/// The text form of a `timestamp`.
pub fn write(out: &mut Vec<u8>, micros: i64, style: Style) {
    if !write_infinity(out, micros) {
        let (days, time) = split(micros);
        write_moment(out, days, time, None, style);
    }
}

/// The text form of a `timestamptz` in a zone, of which `local` tells what holds at that moment.
pub fn write_tz(out: &mut Vec<u8>, micros: i64, local: Local<'_>, style: Style) {
    if !write_infinity(out, micros) {
        let (mut days, time) = split(micros);
        // The shifted moment may lie beyond 64 bits, the day and its time do not.
        let shifted = time + i64::from(local.offset_s) * SECOND_US;
        days = days.saturating_add(i32::try_from(shifted.div_euclid(DAY_US)).unwrap_or(0));
        write_moment(out, days, shifted.rem_euclid(DAY_US), Some(local), style);
    }
}

fn write_infinity(out: &mut Vec<u8>, micros: i64) -> bool {
    match micros {
        INFINITY => out.extend_from_slice(b"infinity"),
        NEGATIVE_INFINITY => out.extend_from_slice(b"-infinity"),
        i64::MIN..=i64::MAX => return false,
    }
    true
}

fn write_moment(out: &mut Vec<u8>, days: i32, micros: i64, local: Option<Local<'_>>, style: Style) {
    let civil = Civil::from_days(days);
    let bc = match style.date_style {
        DateStyle::Iso => {
            let bc = write_iso_date(out, civil, style);
            out.push(b' ');
            time::write(out, micros);
            if let Some(local) = local {
                time::write_offset(out, local.offset_s);
            }
            bc
        }
        DateStyle::Sql | DateStyle::German => {
            let bc = date::write_civil(out, civil, style);
            out.push(b' ');
            time::write(out, micros);
            write_abbreviation(out, local);
            bc
        }
        DateStyle::Postgres => {
            let (year, bc) = civil.display_year();
            out.extend_from_slice(weekday(days).as_bytes());
            out.push(b' ');
            let month = usize::try_from(civil.month).unwrap_or(1).checked_sub(1);
            let month = month.and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
            if style.date_order == DateOrder::Dmy {
                out.extend_from_slice(&two(civil.day));
                out.push(b' ');
                out.extend_from_slice(month.as_bytes());
            } else {
                out.extend_from_slice(month.as_bytes());
                out.push(b' ');
                out.extend_from_slice(&two(civil.day));
            }
            out.push(b' ');
            time::write(out, micros);
            out.push(b' ');
            padded(out, u64::from(year), 4);
            write_abbreviation(out, local);
            bc
        }
    };
    if bc {
        out.extend_from_slice(b" BC");
    }
}

#[inline]
fn write_iso_date(out: &mut Vec<u8>, civil: Civil, style: Style) -> bool {
    if (1..=9999).contains(&civil.year) {
        out.extend_from_slice(&date::iso(civil));
        return false;
    }
    date::write_civil(out, civil, style)
}

fn write_abbreviation(out: &mut Vec<u8>, local: Option<Local<'_>>) {
    if let Some(local) = local {
        out.push(b' ');
        out.extend_from_slice(local.abbreviation.as_bytes());
    }
}

/// The binary form of both types.
///
/// # Errors
/// [`ValueError::DatetimeForm`] where DuckDB's range is wider than the form's.
#[inline]
pub fn to_binary(micros: i64) -> Result<[u8; 8], ValueError> {
    let shifted = match micros {
        INFINITY => i64::MAX,
        NEGATIVE_INFINITY => i64::MIN,
        i64::MIN..=i64::MAX => micros
            .checked_sub(EPOCH_SHIFT_US)
            .filter(|shifted| *shifted != i64::MIN)
            .ok_or(ValueError::DatetimeForm { type_name: NAME })?,
    };
    Ok(shifted.to_be_bytes())
}

/// Reads the text form of a `timestamp`; a zone is ignored, as PostgreSQL does.
///
/// # Errors
/// [`ValueError::DatetimeSyntax`], [`ValueError::DatetimeField`], [`ValueError::DatetimeRange`].
pub fn parse(input: &[u8], order: DateOrder) -> Result<i64, ValueError> {
    if let Some((civil, rest)) = datetime::iso_date(input) {
        match rest {
            [] => return within(civil, 0, input, NAME),
            [b' ' | b'T', clock @ ..] => {
                if let Some((time, [])) = datetime::iso_time(clock) {
                    return within(civil, time, input, NAME);
                }
            }
            [..] => {}
        }
    }
    Ok(match datetime::parse_local(NAME, input, order, Wanted::Day)? {
        Moment::Infinity => INFINITY,
        Moment::NegativeInfinity => NEGATIVE_INFINITY,
        Moment::At(fields) => {
            let civil = fields.date.ok_or_else(|| ValueError::datetime(NAME, input))?;
            within(civil, fields.time.unwrap_or(0), input, NAME)?
        }
    })
}

/// Reads the text form of a `timestamptz`. The closure gives the offset, in seconds east, that a named
/// zone (or the session's: no name) has at a local time in microseconds; nothing when there is no such
/// zone.
///
/// # Errors
/// [`ValueError::DatetimeSyntax`], [`ValueError::DatetimeField`], [`ValueError::DatetimeRange`],
/// [`ValueError::ZoneName`].
pub fn parse_tz(
    input: &[u8],
    order: DateOrder,
    offset_at: impl FnOnce(Option<&str>, i64) -> Option<i32>,
) -> Result<i64, ValueError> {
    let fields = match datetime::parse(NAME_TZ, input, order, Wanted::Day)? {
        Moment::Infinity => return Ok(INFINITY),
        Moment::NegativeInfinity => return Ok(NEGATIVE_INFINITY),
        Moment::At(fields) => fields,
    };
    let civil = fields.date.ok_or_else(|| ValueError::datetime(NAME_TZ, input))?;
    let out_of_range = || ValueError::datetime_range(NAME, input);
    let local = i128::from(civil.to_days()) * i128::from(DAY_US) + i128::from(fields.time.unwrap_or(0));
    // At the very ends of the range the session zone's offset is that of the last moment.
    let nearest = i64::try_from(local).unwrap_or(if local < 0 { i64::MIN } else { i64::MAX });
    let offset_s = match fields.zone {
        Some(Zone::Offset(offset_s)) => offset_s,
        Some(Zone::Name(name)) => {
            // A word that is no zone is no part of a moment either; a path can only mean one.
            offset_at(Some(name), nearest).ok_or_else(|| {
                if name.contains('/') {
                    ValueError::ZoneName { name: name.to_owned() }
                } else {
                    ValueError::datetime(NAME_TZ, input)
                }
            })?
        }
        None => offset_at(None, nearest).unwrap_or(0),
    };
    let micros = local - i128::from(offset_s) * i128::from(SECOND_US);
    i64::try_from(micros).ok().filter(|micros| finite(*micros)).ok_or_else(out_of_range)
}

fn finite(micros: i64) -> bool {
    (NEGATIVE_INFINITY + 1..INFINITY).contains(&micros)
}

fn within(civil: Civil, time: i64, input: &[u8], type_name: &'static str) -> Result<i64, ValueError> {
    civil
        .to_days()
        .checked_mul(DAY_US)
        .and_then(|days| days.checked_add(time))
        .filter(|micros| finite(*micros))
        .ok_or_else(|| ValueError::datetime_range(type_name, input))
}

/// Reads the binary form of both types.
///
/// # Errors
/// [`ValueError::Binary`]; [`ValueError::DatetimeForm`] beyond DuckDB's range.
pub fn parse_binary(input: &[u8]) -> Result<i64, ValueError> {
    let bytes = input.try_into().map_err(|_| ValueError::Binary { type_name: NAME })?;
    match i64::from_be_bytes(bytes) {
        i64::MAX => Ok(INFINITY),
        i64::MIN => Ok(NEGATIVE_INFINITY),
        micros => micros
            .checked_add(EPOCH_SHIFT_US)
            .filter(|micros| finite(*micros))
            .ok_or(ValueError::DatetimeForm { type_name: NAME }),
    }
}

#[cfg(test)]
mod tests;
