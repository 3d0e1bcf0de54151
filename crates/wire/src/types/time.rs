//! `time` and `timetz`: microseconds of a day, with seconds east of UTC
//! (PostgreSQL: `EncodeTimeOnly`, `time_in`, `timetz_send`).

use super::{
    DateOrder, ValueError,
    calendar::{DAY_US, HOUR_US},
    datetime::{self, Fields, Moment, Wanted, Zone},
    digits::{eight, fraction, padded, two},
};

const NAME: &str = "time";
const NAME_TZ: &str = "time with time zone";

/// The text form of a `time`: 0 to 24:00:00 in microseconds.
pub fn write(out: &mut Vec<u8>, micros: i64) {
    let micros = u64::try_from(micros).unwrap_or(0);
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let seconds = u32::try_from(seconds).unwrap_or(0);
    let digits = eight(seconds / 3600 * 10_000 + seconds / 60 % 60 * 100 + seconds % 60);
    let [_, _, h1, h2, m1, m2, s1, s2] = digits.to_le_bytes();
    out.extend_from_slice(&[h1, h2, b':', m1, m2, b':', s1, s2]);
    if micros != 0 {
        fraction(out, u32::try_from(micros).unwrap_or(0));
    }
}

/// The text form of a `timetz`.
pub fn write_tz(out: &mut Vec<u8>, micros: i64, offset_s: i32) {
    write(out, micros);
    write_offset(out, offset_s);
}

/// `+05`, `+05:30`, `-00:00:01` (`EncodeTimezone`).
pub fn write_offset(out: &mut Vec<u8>, offset_s: i32) {
    out.push(if offset_s < 0 { b'-' } else { b'+' });
    let seconds = offset_s.unsigned_abs();
    padded(out, u64::from(seconds / 3600), 2);
    if !seconds.is_multiple_of(3600) {
        out.push(b':');
        out.extend_from_slice(&two(seconds / 60 % 60));
    }
    if !seconds.is_multiple_of(60) {
        out.push(b':');
        out.extend_from_slice(&two(seconds % 60));
    }
}

/// The binary form of a `timetz`; that of a `time` is the bare 64-bit number.
pub fn write_tz_binary(out: &mut Vec<u8>, micros: i64, offset_s: i32) {
    out.extend_from_slice(&micros.to_be_bytes());
    // PostgreSQL counts seconds west.
    out.extend_from_slice(&offset_s.wrapping_neg().to_be_bytes());
}

/// Reads the text form of a `time`; a zone is ignored.
///
/// # Errors
/// [`ValueError::DatetimeSyntax`] or [`ValueError::DatetimeField`].
pub fn parse(input: &[u8], order: DateOrder) -> Result<i64, ValueError> {
    if let Some((micros, [])) = datetime::iso_time(input) {
        return Ok(micros);
    }
    let (fields, micros) = fields(NAME, input, datetime::parse_local(NAME, input, order, Wanted::Clock)?)?;
    needs_no_date(&fields, NAME, input)?;
    Ok(micros)
}

/// Reads the text form of a `timetz` into microseconds and seconds east of UTC. The closure gives the
/// offset of a zone's name, or of the session's zone, at a local time in microseconds where a date was given too.
///
/// # Errors
/// [`ValueError::DatetimeSyntax`], [`ValueError::DatetimeField`], [`ValueError::ZoneName`].
pub fn parse_tz(
    input: &[u8],
    order: DateOrder,
    offset_of: impl FnOnce(Option<&str>, Option<i64>) -> Option<i32>,
) -> Result<(i64, i32), ValueError> {
    let (fields, micros) = fields(NAME_TZ, input, datetime::parse(NAME_TZ, input, order, Wanted::Clock)?)?;
    let local = fields.date.and_then(|date| date.to_days().checked_mul(DAY_US)?.checked_add(micros));
    let offset_s = match fields.zone {
        Some(Zone::Offset(offset_s)) => offset_s,
        Some(Zone::Name(name)) => {
            let offset_s = offset_of(Some(name), local);
            let offset_s = offset_s.ok_or_else(|| ValueError::ZoneName { name: name.to_owned() })?;
            needs_no_date(&fields, NAME_TZ, input)?;
            offset_s
        }
        None => offset_of(None, local).unwrap_or(0),
    };
    Ok((micros, offset_s))
}

/// What a zone's name means depends on the day (`DecodeTimeOnly`).
fn needs_no_date(fields: &Fields<'_>, type_name: &'static str, input: &[u8]) -> Result<(), ValueError> {
    match fields.zone {
        Some(Zone::Name(_)) if fields.date.is_none() => Err(ValueError::datetime(type_name, input)),
        Some(Zone::Name(_) | Zone::Offset(_)) | None => Ok(()),
    }
}

fn fields<'t>(
    type_name: &'static str,
    input: &[u8],
    moment: Moment<'t>,
) -> Result<(Fields<'t>, i64), ValueError> {
    match moment {
        Moment::At(fields) => {
            let micros = fields.time.ok_or_else(|| ValueError::datetime(type_name, input))?;
            Ok((fields, micros))
        }
        Moment::Infinity | Moment::NegativeInfinity => Err(ValueError::datetime(type_name, input)),
    }
}

/// Reads the binary form of a `time`.
///
/// # Errors
/// [`ValueError::Binary`] or [`ValueError::DatetimeForm`].
pub fn parse_binary(input: &[u8]) -> Result<i64, ValueError> {
    let bytes = input.try_into().map_err(|_| ValueError::Binary { type_name: NAME })?;
    within(i64::from_be_bytes(bytes), NAME)
}

/// Reads the binary form of a `timetz` into microseconds and seconds east of UTC.
///
/// # Errors
/// [`ValueError::Binary`] or [`ValueError::DatetimeForm`].
pub fn parse_tz_binary(input: &[u8]) -> Result<(i64, i32), ValueError> {
    let wrong = || ValueError::Binary { type_name: NAME_TZ };
    let (micros, rest) = input.split_first_chunk::<8>().ok_or_else(wrong)?;
    let west = i32::from_be_bytes(rest.try_into().map_err(|_| wrong())?);
    let micros = within(i64::from_be_bytes(*micros), NAME_TZ)?;
    if west.unsigned_abs() >= 16 * 3600 {
        return Err(ValueError::BinaryContent { message: "time zone displacement out of range" });
    }
    Ok((micros, -west))
}

fn within(micros: i64, type_name: &'static str) -> Result<i64, ValueError> {
    if (0..=24 * HOUR_US).contains(&micros) {
        return Ok(micros);
    }
    Err(ValueError::DatetimeForm { type_name })
}
