//! `date`: days since 1970-01-01, ±`i32::MAX` for the infinities, as DuckDB stores it
//! (PostgreSQL: `EncodeDateOnly`, `date_in`, `date_send`).

use super::{
    DateOrder, DateStyle, EPOCH_SHIFT_DAYS, Style, ValueError,
    calendar::Civil,
    datetime::{self, Moment, Wanted},
    digits::{eight, padded, two},
};

const NAME: &str = "date";

/// DuckDB's `infinity`.
pub const INFINITY: i32 = i32::MAX;
/// DuckDB's `-infinity`.
pub const NEGATIVE_INFINITY: i32 = -i32::MAX;

/// The text form.
pub fn write(out: &mut Vec<u8>, days: i32, style: Style) {
    match days {
        INFINITY => return out.extend_from_slice(b"infinity"),
        NEGATIVE_INFINITY => return out.extend_from_slice(b"-infinity"),
        i32::MIN..=i32::MAX => {}
    }
    let civil = Civil::from_days(days);
    if style.date_style == DateStyle::Iso && (1..=9999).contains(&civil.year) {
        return out.extend_from_slice(&iso(civil));
    }
    let bc = write_civil(out, civil, style);
    if bc {
        out.extend_from_slice(b" BC");
    }
}

/// `YYYY-MM-DD`, of the years 1 to 9999.
#[inline]
pub(super) fn iso(civil: Civil) -> [u8; 10] {
    let year = u32::try_from(civil.year).unwrap_or(0);
    let digits = eight(year * 10_000 + civil.month * 100 + civil.day);
    let [y1, y2, y3, y4, m1, m2, d1, d2] = digits.to_le_bytes();
    [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]
}

/// Year, month and day in the style's order; answers whether ` BC` has to follow at the very end.
/// The Postgres style here is that of a date without time.
pub(super) fn write_civil(out: &mut Vec<u8>, civil: Civil, style: Style) -> bool {
    let (year, bc) = civil.display_year();
    let (month, day) = (two(civil.month), two(civil.day));
    let separator = match style.date_style {
        DateStyle::Iso => {
            padded(out, u64::from(year), 4);
            out.push(b'-');
            out.extend_from_slice(&month);
            out.push(b'-');
            out.extend_from_slice(&day);
            return bc;
        }
        DateStyle::Sql => b'/',
        DateStyle::Postgres => b'-',
        DateStyle::German => b'.',
    };
    let day_first = style.date_style == DateStyle::German || style.date_order == DateOrder::Dmy;
    let (first, second) = if day_first { (day, month) } else { (month, day) };
    out.extend_from_slice(&first);
    out.push(separator);
    out.extend_from_slice(&second);
    out.push(separator);
    padded(out, u64::from(year), 4);
    bc
}

/// The binary form.
///
/// # Errors
/// [`ValueError::DatetimeForm`] for the days before 5877611 BC, which DuckDB has and the form has not.
#[inline]
pub fn to_binary(days: i32) -> Result<[u8; 4], ValueError> {
    let shifted = match days {
        INFINITY => i32::MAX,
        NEGATIVE_INFINITY => i32::MIN,
        i32::MIN..=i32::MAX => days
            .checked_sub(EPOCH_SHIFT_DAYS)
            .filter(|shifted| *shifted != i32::MIN)
            .ok_or(ValueError::DatetimeForm { type_name: NAME })?,
    };
    Ok(shifted.to_be_bytes())
}

/// Reads the text form.
///
/// # Errors
/// [`ValueError::DatetimeSyntax`], [`ValueError::DatetimeField`], [`ValueError::DatetimeRange`].
pub fn parse(input: &[u8], order: DateOrder) -> Result<i32, ValueError> {
    if let Some((civil, [])) = datetime::iso_date(input) {
        return within(civil, input);
    }
    match datetime::parse_local(NAME, input, order, Wanted::Day)? {
        Moment::Infinity => Ok(INFINITY),
        Moment::NegativeInfinity => Ok(NEGATIVE_INFINITY),
        Moment::At(fields) => within(fields.date.ok_or_else(|| ValueError::datetime(NAME, input))?, input),
    }
}

fn within(civil: Civil, input: &[u8]) -> Result<i32, ValueError> {
    i32::try_from(civil.to_days())
        .ok()
        .filter(|days| (NEGATIVE_INFINITY + 1..INFINITY).contains(days))
        .ok_or_else(|| ValueError::datetime_range(NAME, input))
}

/// Reads the binary form.
///
/// # Errors
/// [`ValueError::Binary`]; [`ValueError::DatetimeForm`] beyond DuckDB's range.
pub fn parse_binary(input: &[u8]) -> Result<i32, ValueError> {
    let bytes = input.try_into().map_err(|_| ValueError::Binary { type_name: NAME })?;
    match i32::from_be_bytes(bytes) {
        i32::MAX => Ok(INFINITY),
        i32::MIN => Ok(NEGATIVE_INFINITY),
        days => days
            .checked_add(EPOCH_SHIFT_DAYS)
            .filter(|days| *days != INFINITY)
            .ok_or(ValueError::DatetimeForm { type_name: NAME }),
    }
}
