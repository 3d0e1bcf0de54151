//! `to_date` and `to_timestamp`: texts read by a pattern, as leniently as PostgreSQL reads them (blanks and separators stand
//! for each other, numbers take the digits that are there).

use jiff::civil::Date;
use wire::{Diagnostic, SqlState};

use super::{
    moment::{DAYS, MONTHS, ROMAN_MONTHS, of_iso_week, of_julian},
    template::{Field, Part, parts},
};

/// What a text says.
#[derive(Debug, Default)]
struct Said {
    year: Option<i64>,
    is_before_christ: bool,
    century: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    julian: Option<i64>,
    iso_year: Option<i64>,
    iso_week: Option<i64>,
    iso_weekday: Option<i64>,
    hour: Option<i64>,
    hour12: Option<i64>,
    is_afternoon: Option<bool>,
    minute: i64,
    second: i64,
    microsecond: i64,
    second_of_day: Option<i64>,
    zone_minutes: Option<i64>,
}

/// The date that a text says, as DuckDB reads it.
pub(super) fn date(string: &str, pattern: &str) -> Result<String, Diagnostic> {
    let said = read(string, pattern)?;
    Ok(written(said.date(string)?))
}

/// The moment that a text says, without its zone; with one it is that in UTC.
pub(super) fn timestamp(string: &str, pattern: &str) -> Result<String, Diagnostic> {
    let said = read(string, pattern)?;
    let date = said.date(string)?;
    let (hour, minute, second) = said.clock(string)?;
    let text = format!("{} {hour:02}:{minute:02}:{second:02}.{:06}", written(date), said.microsecond);
    Ok(match said.zone_minutes {
        None => text,
        Some(minutes) => {
            let sign = if minutes < 0 { '-' } else { '+' };
            format!("{text}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
        }
    })
}

fn written(date: Date) -> String {
    let year = i64::from(date.year());
    let (year, era) = if year > 0 { (year, "") } else { (1 - year, " (BC)") };
    format!("{year:04}-{:02}-{:02}{era}", date.month(), date.day())
}

fn read(string: &str, pattern: &str) -> Result<Said, Diagnostic> {
    let parts = parts(pattern);
    let mut said = Said::default();
    let mut rest = string.trim_start();
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => {
                for _ in text.chars() {
                    rest = skip_separator(rest);
                }
            }
            Part::Quoted(text) => {
                let count = text.chars().count();
                rest =
                    rest.char_indices().nth(count).map_or("", |(at, _)| rest.get(at..).unwrap_or_default());
            }
            Part::Field { field, written, is_bare, .. } => {
                // Digits that stand together belong to the field as far as its width goes.
                let follows = matches!(parts.get(index + 1), Some(Part::Field { .. }));
                rest =
                    said.take(rest.trim_start(), *field, &Width { written, follows, is_bare: *is_bare })?;
            }
        }
        if rest.is_empty() {
            break;
        }
    }
    Ok(said)
}

/// One separator of the pattern stands for any run of blanks and one other mark.
fn skip_separator(rest: &str) -> &str {
    let rest = rest.trim_start();
    let mut characters = rest.chars();
    match characters.next() {
        // A sign may belong to the number.
        Some(mark) if !mark.is_alphanumeric() && !matches!(mark, '+') => characters.as_str(),
        _ => rest,
    }
}

/// How many digits a field takes.
struct Width<'p> {
    written: &'p str,
    follows: bool,
    is_bare: bool,
}

fn wrong(text: &str, field: &str) -> Diagnostic {
    let message = format!("invalid value \"{}\" for \"{field}\"", text.chars().take(8).collect::<String>());
    Diagnostic::error(SqlState::INVALID_DATETIME_FORMAT, message).with_detail("Value must be an integer.")
}

fn out_of_range(text: &str) -> Diagnostic {
    let message = format!("date/time field value out of range: \"{text}\"");
    Diagnostic::error(SqlState::DATETIME_FIELD_OVERFLOW, message)
}

/// Takes a number of at most so many digits.
fn number<'t>(text: &'t str, most: usize, width: &Width<'_>) -> Result<(i64, usize, &'t str), Diagnostic> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(after) => (-1, after),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let most = if width.follows && !width.is_bare { most } else { 18 };
    let count = unsigned.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = unsigned.split_at(count);
    let value: i64 = digits.parse().map_err(|_| wrong(text, width.written))?;
    Ok((sign * value, count, rest))
}

/// Takes one of some names, by its beginning of at least three letters where `is_short`.
fn name<'t>(
    text: &'t str,
    names: &[&str],
    is_short: bool,
    field: &str,
) -> Result<(i64, &'t str), Diagnostic> {
    let length = |name: &str| if is_short { 3 } else { name.len() };
    for (index, name) in (0_i64..).zip(names) {
        let start = name.get(..length(name)).unwrap_or(name);
        if text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)) {
            return Ok((index, text.get(start.len()..).unwrap_or_default()));
        }
    }
    Err(Diagnostic::error(
        SqlState::INVALID_DATETIME_FORMAT,
        format!("invalid value \"{}\" for \"{field}\"", text.chars().take(8).collect::<String>()),
    )
    .with_detail("The given value did not match any of the allowed values for this field."))
}

impl Said {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others have names, or say nothing")]
    fn take<'t>(&mut self, text: &'t str, field: Field, width: &Width<'_>) -> Result<&'t str, Diagnostic> {
        let most = match field {
            Field::Year(4 | 0) | Field::IsoYear(4) => 4,
            Field::Year(count) | Field::IsoYear(count) | Field::Fraction(count) => count,
            Field::DayOfYear | Field::IsoDayOfYear | Field::Millisecond => 3,
            Field::Microsecond => 6,
            Field::SecondOfDay => 5,
            Field::Julian => 7,
            Field::IsoDayOfWeek | Field::DayOfWeek | Field::WeekOfMonth | Field::Quarter => 1,
            _ => 2,
        };
        if let Some(rest) = self.take_name(text, field, width)? {
            return Ok(rest);
        }
        if field == Field::Year(0) {
            let (thousands, _, rest) = number(text, 1, &Width { follows: true, ..*width })?;
            let (units, _, rest) = number(rest.strip_prefix(',').unwrap_or(rest), 3, width)?;
            self.year = Some(thousands * 1000 + units);
            return Ok(rest);
        }
        let (value, count, rest) = number(text, most, width)?;
        match field {
            Field::Year(digits) => self.year = Some(whole_year(value, digits, count)),
            Field::IsoYear(digits) => self.iso_year = Some(whole_year(value, digits, count)),
            Field::Century => self.century = Some(value),
            Field::Month => self.month = Some(value),
            Field::Day => self.day = Some(value),
            Field::DayOfYear => self.day_of_year = Some(value),
            Field::Julian => self.julian = Some(value),
            Field::IsoWeek => self.iso_week = Some(value),
            Field::IsoDayOfWeek => self.iso_weekday = Some(value),
            Field::WeekOfYear => self.day_of_year = Some((value - 1) * 7 + 1),
            Field::Hour24 => self.hour = Some(value),
            Field::Hour12 => self.hour12 = Some(value),
            Field::Minute => self.minute = value,
            Field::Second => self.second = value,
            Field::SecondOfDay => self.second_of_day = Some(value),
            Field::Millisecond | Field::Microsecond | Field::Fraction(_) => {
                self.microsecond = micros(value, count);
            }
            _ => {}
        }
        Ok(rest)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are numbers")]
    fn take_name<'t>(
        &mut self,
        text: &'t str,
        field: Field,
        width: &Width<'_>,
    ) -> Result<Option<&'t str>, Diagnostic> {
        let rest = match field {
            Field::MonthName | Field::MonthShort => {
                let (month, rest) = name(text, &MONTHS, field == Field::MonthShort, width.written)?;
                self.month = Some(month + 1);
                rest
            }
            Field::DayName | Field::DayShort => name(text, &DAYS, field == Field::DayShort, width.written)?.1,
            Field::Roman => {
                let by_length =
                    |text: &str| text.chars().take_while(|letter| "IVXivx".contains(*letter)).count();
                let (roman, rest) = text.split_at(by_length(text));
                let month = ROMAN_MONTHS.iter().position(|name| name.eq_ignore_ascii_case(roman));
                self.month = month.and_then(|month| i64::try_from(month + 1).ok());
                rest
            }
            Field::Meridiem => {
                let (index, rest) = name(text, &["AM", "PM", "A.M.", "P.M."], false, width.written)?;
                self.is_afternoon = Some(index % 2 == 1);
                rest
            }
            Field::Era => {
                let (index, rest) = name(text, &["AD", "BC", "A.D.", "B.C."], false, width.written)?;
                self.is_before_christ = index % 2 == 1;
                rest
            }
            Field::ZoneHours => {
                let (hours, _, rest) = number(text, 2, &Width { follows: true, ..*width })?;
                self.zone_minutes = Some(hours * 60);
                rest
            }
            Field::ZoneMinutes => {
                let (minutes, _, rest) = number(text, 2, &Width { follows: true, ..*width })?;
                let hours = self.zone_minutes.unwrap_or_default();
                self.zone_minutes = Some(hours + if hours < 0 { -minutes } else { minutes });
                rest
            }
            Field::Zone | Field::ZoneOffset => {
                let message = format!("formatting field \"{}\" is only supported in to_char", width.written);
                return Err(Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message));
            }
            _ => return Ok(None),
        };
        Ok(Some(rest))
    }

    fn date(&self, text: &str) -> Result<Date, Diagnostic> {
        let wrong = || out_of_range(text);
        if let Some(day) = self.julian {
            return of_julian(day).ok_or_else(wrong);
        }
        if let (Some(year), Some(week)) = (self.iso_year, self.iso_week) {
            return of_iso_week(year, week, self.iso_weekday.unwrap_or(1)).ok_or_else(wrong);
        }
        let year = match (self.year, self.century) {
            (Some(year), Some(century)) if year < 100 => (century - 1) * 100 + year,
            (Some(year), _) => year,
            (None, Some(century)) => (century - 1) * 100 + 1,
            (None, None) => 0,
        };
        // PostgreSQL takes the year 0 for 1 BC here, and what is not said for the first.
        let year = if self.is_before_christ { 1 - year.abs() } else { year };
        let year = i16::try_from(year).map_err(|_| wrong())?;
        if let Some(day) = self.day_of_year {
            let first = Date::new(year, 1, 1).map_err(|_| wrong())?;
            let span = jiff::Span::new().try_days(day - 1).map_err(|_| wrong())?;
            return first.checked_add(span).map_err(|_| wrong());
        }
        let month = i8::try_from(self.month.unwrap_or(1)).map_err(|_| wrong())?;
        let day = i8::try_from(self.day.unwrap_or(1)).map_err(|_| wrong())?;
        Date::new(year, month, day).map_err(|_| wrong())
    }

    fn clock(&self, text: &str) -> Result<(i64, i64, i64), Diagnostic> {
        if let Some(seconds) = self.second_of_day {
            return Ok((seconds / 3600, seconds / 60 % 60, seconds % 60));
        }
        let hour = match (self.hour, self.hour12, self.is_afternoon) {
            (Some(hour), ..) => hour,
            (None, Some(hour), _) if !(1..=12).contains(&hour) => {
                let message = format!("hour \"{hour}\" is invalid for the 12-hour clock");
                return Err(Diagnostic::error(SqlState::INVALID_DATETIME_FORMAT, message)
                    .with_hint("Use the 24-hour clock, or give an hour between 1 and 12."));
            }
            (None, Some(hour), Some(true)) => hour % 12 + 12,
            (None, Some(hour), _) => hour % 12,
            (None, None, _) => 0,
        };
        let is_clock =
            (0..24).contains(&hour) && (0..60).contains(&self.minute) && (0..60).contains(&self.second);
        is_clock.then_some((hour, self.minute, self.second)).ok_or_else(|| out_of_range(text))
    }
}

/// Years of fewer than four digits are those nearest to 2020.
fn whole_year(value: i64, digits: usize, count: usize) -> i64 {
    if digits >= 4 || count >= 4 {
        return value;
    }
    match value {
        0..=69 | 100..=519 => value + 2000,
        70..=99 => value + 1900,
        520..=999 => value + 1000,
        other => other,
    }
}

/// Digits behind a point.
fn micros(value: i64, count: usize) -> i64 {
    let power = u32::try_from(6_usize.saturating_sub(count)).unwrap_or(0);
    value * 10_i64.pow(power)
}
