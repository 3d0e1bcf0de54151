//! Making sense of a moment's tokens (`DecodeDateTime`, `DecodeNumber`, `ValidateDate`).

use super::{Fields, Problem, Wanted, Zone, fraction_micros, tokens::Token};
use crate::types::{
    DateOrder,
    calendar::{Civil, MONTHS, WEEKDAYS, micros_of},
};

/// The month of a name of three letters or in full.
pub(super) fn month_number(word: &str) -> Option<u32> {
    const FULL: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let known = |name: &&'static str| name.eq_ignore_ascii_case(word);
    let index = FULL
        .iter()
        .position(known)
        .or_else(|| MONTHS.iter().position(known))
        .or_else(|| word.eq_ignore_ascii_case("sept").then_some(8))?;
    u32::try_from(index + 1).ok()
}

fn is_weekday(word: &str) -> bool {
    const FULL: [&str; 11] = [
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "tues",
        "weds",
        "thurs",
        "thur",
    ];
    FULL.iter().chain(&WEEKDAYS).any(|name| name.eq_ignore_ascii_case(word))
}

/// The date's parts as far as they are known.
#[derive(Default)]
struct Draft {
    year: Option<i64>,
    era: Era,
    month: Option<u32>,
    month_is_text: bool,
    day: Option<u32>,
    /// Hours to add for PM, or 12 to take away for 12 AM, decided at the end.
    half: Option<Half>,
    after_t: bool,
}

/// How the year counts.
#[derive(Clone, Copy, Default, PartialEq)]
enum Era {
    #[default]
    Ad,
    /// Two digits: the year nearest to 2020.
    TwoDigits,
    Bc,
}

#[derive(Clone, Copy, PartialEq)]
enum Half {
    Am,
    Pm,
}

/// Whether the first token is four or six digits, perhaps with a fraction.
fn starts_compact(tokens: &[Token<'_>]) -> bool {
    let Some(Token::Number(text)) = tokens.first() else {
        return false;
    };
    matches!(text.split('.').next().map(str::len), Some(4 | 6))
}

pub(super) fn decode<'t>(
    tokens: &[Token<'t>],
    order: DateOrder,
    wanted: Wanted,
) -> Result<Fields<'t>, Problem> {
    let mut fields = Fields::default();
    // `101516` is a time where a time is wanted, and nothing before it was a date.
    let mut draft = Draft { after_t: wanted == Wanted::Clock && starts_compact(tokens), ..Draft::default() };
    for token in tokens {
        match *token {
            Token::Date(text) => draft.date(text, order)?,
            Token::Time(text) => set_time(&mut fields, time(text)?)?,
            Token::Number(text) => draft.number(text, order, &mut fields)?,
            Token::Offset(text) => {
                if fields.zone.is_some() {
                    return Err(Problem::Format);
                }
                fields.zone = Some(Zone::Offset(offset(text)?));
            }
            Token::Word(text) => draft.word(text, &mut fields)?,
            Token::Name(text) => set_zone(&mut fields, Zone::Name(text))?,
        }
    }
    fields.date = draft.finish()?;
    if let (Some(half), Some(time)) = (draft.half, fields.time) {
        fields.time = Some(in_half(half, time)?);
    }
    if fields.date.is_none() && fields.time.is_none() {
        return Err(Problem::Format);
    }
    Ok(fields)
}

fn set_time(fields: &mut Fields<'_>, micros: i64) -> Result<(), Problem> {
    if fields.time.replace(micros).is_some() {
        return Err(Problem::Format);
    }
    Ok(())
}

fn set_zone<'t>(fields: &mut Fields<'t>, zone: Zone<'t>) -> Result<(), Problem> {
    if fields.zone.replace(zone).is_some() {
        return Err(Problem::Format);
    }
    Ok(())
}

fn in_half(half: Half, time: i64) -> Result<i64, Problem> {
    let noon = micros_of(12, 0, 0, 0);
    let hour = time / micros_of(1, 0, 0, 0);
    match (half, hour) {
        (_, 13..) => Err(Problem::Field),
        (Half::Pm, ..12) => Ok(time + noon),
        (Half::Am, 12) => Ok(time - noon),
        (Half::Pm, 12) | (Half::Am, ..12) => Ok(time),
    }
}

impl Draft {
    fn is_complete(&self) -> bool {
        self.year.is_some() && self.month.is_some() && self.day.is_some()
    }

    fn date(&mut self, text: &str, order: DateOrder) -> Result<(), Problem> {
        if self.year.is_some() || self.day.is_some() {
            return Err(Problem::Format);
        }
        let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
        if parts.len() > 3 || parts.iter().any(|part| part.is_empty()) {
            return Err(Problem::Format);
        }
        for part in &parts {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                let month = month_number(part).ok_or(Problem::Format)?;
                if self.month.replace(month).is_some() {
                    return Err(Problem::Format);
                }
                self.month_is_text = true;
            }
        }
        for part in parts {
            if part.bytes().all(|byte| byte.is_ascii_digit()) {
                self.part(part, order)?;
            }
        }
        Ok(())
    }

    /// One number of a date (`DecodeNumber`).
    fn part(&mut self, text: &str, order: DateOrder) -> Result<(), Problem> {
        let value: u32 = text.parse().map_err(|_| Problem::Field)?;
        let year_like = text.len() >= 3 || order == DateOrder::Ymd;
        match (self.year, self.month, self.day) {
            (None, None, None) if year_like => self.set_year(text, value),
            (None, None, None) if order == DateOrder::Dmy => self.day = Some(value),
            (None, None, Some(_) | None) | (Some(_), None, None) => self.month = Some(value),
            (None, Some(_), None) if self.month_is_text && year_like => self.set_year(text, value),
            // `29 Feb 2024` where the year comes first: the 29 was none after all.
            (Some(year), Some(_), None)
                if self.month_is_text && text.len() >= 3 && self.era == Era::TwoDigits =>
            {
                (self.day, self.era) = (u32::try_from(year).ok(), Era::Ad);
                self.year = Some(i64::from(value));
            }
            (None | Some(_), Some(_), None) => self.day = Some(value),
            (None, Some(_), Some(_)) => self.set_year(text, value),
            (Some(_), None | Some(_), Some(_)) => return Err(Problem::Format),
        }
        Ok(())
    }

    fn set_year(&mut self, text: &str, value: u32) {
        if self.era == Era::Ad && text.len() <= 2 {
            self.era = Era::TwoDigits;
        }
        self.year = Some(i64::from(value));
    }

    /// A number that stands alone: part of a date, a whole date, or a time after `T` or a date.
    fn number<'t>(
        &mut self,
        text: &'t str,
        order: DateOrder,
        fields: &mut Fields<'t>,
    ) -> Result<(), Problem> {
        let (digits, decimals) = text.split_once('.').unwrap_or((text, ""));
        let complete = self.is_complete();
        if (self.after_t || complete) && matches!(digits.len(), 2 | 4 | 6) {
            if digits.len() == 2 && !self.after_t {
                return Err(Problem::Format);
            }
            self.after_t = false;
            return set_time(fields, compact_time(digits, decimals)?);
        }
        if complete || !decimals.is_empty() {
            return Err(Problem::Format);
        }
        if digits.len() >= 6 && self.year.is_none() && self.month.is_none() {
            let (year, month_day) =
                digits.split_at_checked(digits.len().saturating_sub(4)).ok_or(Problem::Format)?;
            let (month, day) = month_day.split_at_checked(2).ok_or(Problem::Format)?;
            self.set_year(year, year.parse().map_err(|_| Problem::Field)?);
            self.month = month.parse().ok();
            self.day = day.parse().ok();
            return Ok(());
        }
        self.part(digits, order)
    }

    fn word<'t>(&mut self, text: &'t str, fields: &mut Fields<'t>) -> Result<(), Problem> {
        if let Some(month) = month_number(text) {
            // `Jan 5`, but also `5 Jan`, where the 5 was taken for a month.
            if let Some(earlier) = self.month.replace(month)
                && (self.month_is_text || self.day.replace(earlier).is_some())
            {
                return Err(Problem::Format);
            }
            self.month_is_text = true;
        } else if text.eq_ignore_ascii_case("t") {
            self.after_t = true;
        } else if text.eq_ignore_ascii_case("bc") {
            self.era = Era::Bc;
        } else if text.eq_ignore_ascii_case("am") {
            self.half = Some(Half::Am);
        } else if text.eq_ignore_ascii_case("pm") {
            self.half = Some(Half::Pm);
        } else if text.eq_ignore_ascii_case("epoch") {
            (self.year, self.month, self.day) = (Some(1970), Some(1), Some(1));
            set_zone(fields, Zone::Offset(0))?;
        } else if ["z", "utc", "gmt", "zulu", "ut"].iter().any(|zone| text.eq_ignore_ascii_case(zone)) {
            set_zone(fields, Zone::Offset(0))?;
        } else if !is_weekday(text) && !text.eq_ignore_ascii_case("ad") && !text.eq_ignore_ascii_case("at") {
            let zone = super::abbreviations::offset_s(text).map_or(Zone::Name(text), Zone::Offset);
            set_zone(fields, zone)?;
        }
        Ok(())
    }

    /// `ValidateDate`.
    fn finish(&self) -> Result<Option<Civil>, Problem> {
        let (year, month, day) = match (self.year, self.month, self.day) {
            (Some(year), Some(month), Some(day)) => (year, month, day),
            (None, None, None) => return Ok(None),
            _ => return Err(Problem::Format),
        };
        let year = match self.era {
            Era::TwoDigits => year + if year < 70 { 2000 } else { 1900 },
            Era::Ad | Era::Bc if year == 0 => return Err(Problem::Field),
            Era::Ad => year,
            Era::Bc => 1 - year,
        };
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(Problem::Order);
        }
        if day > Civil::days_in_month(year, month) {
            return Err(Problem::Field);
        }
        Ok(Some(Civil { year, month, day }))
    }
}

/// `HH:MM`, `HH:MM:SS`, with a fraction (`DecodeTime`).
fn time(text: &str) -> Result<i64, Problem> {
    let (clock, decimals) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().map_err(|_| Problem::Format));
    let first = parts.next().ok_or(Problem::Format)??;
    let second = parts.next().ok_or(Problem::Format)??;
    let third = parts.next().transpose()?;
    if parts.next().is_some() || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Format);
    }
    let (hour, minute, second) = match third {
        Some(third) => (first, second, third),
        // `MM:SS.fff`
        None if text.contains('.') => (0, first, second),
        None => (first, second, 0),
    };
    checked_time(hour, minute, second, fraction_micros(decimals.as_bytes()))
}

/// `HHMMSS`, `HHMM`, `HH`.
fn compact_time(digits: &str, decimals: &str) -> Result<i64, Problem> {
    let part =
        |range| digits.get(range).map_or(Ok(0), |part: &str| part.parse().map_err(|_| Problem::Format));
    let (hour, minute, second) = (part(0..2)?, part(2..4)?, part(4..6)?);
    checked_time(hour, minute, second, fraction_micros(decimals.as_bytes()))
}

fn checked_time(hour: i64, minute: i64, second: i64, micros: i64) -> Result<i64, Problem> {
    let end_of_day = hour == 24 && minute == 0 && second == 0 && micros == 0;
    if (hour > 23 && !end_of_day) || minute > 59 || second > 60 {
        return Err(Problem::Field);
    }
    Ok(micros_of(hour, minute, second, micros))
}

/// `+HH`, `+HHMM`, `+HH:MM`, `+HH:MM:SS`, in seconds (`DecodeTimezone`).
fn offset(text: &str) -> Result<i32, Problem> {
    let negative = text.starts_with('-');
    let body = text.get(1..).ok_or(Problem::Format)?;
    let number = |part: &str| part.parse::<i32>().map_err(|_| Problem::Format);
    let mut parts = body.split(':');
    let first = parts.next().unwrap_or_default();
    let (mut hour, mut minute) = (number(first)?, 0);
    let mut second = 0;
    if let Some(minutes) = parts.next() {
        minute = number(minutes)?;
        second = parts.next().map_or(Ok(0), number)?;
    } else if first.len() > 2 {
        (hour, minute) = (hour / 100, hour % 100);
    }
    if parts.next().is_some() {
        return Err(Problem::Format);
    }
    if hour > 15 || minute > 59 || second > 59 {
        return Err(Problem::Displacement);
    }
    let seconds = hour * 3600 + minute * 60 + second;
    Ok(if negative { -seconds } else { seconds })
}
