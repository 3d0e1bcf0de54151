//! `to_char` of moments and intervals.

use jiff::civil::{Date, Weekday};
use wire::{Diagnostic, SqlState};

use super::template::{Field, Part, parts};

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
pub(super) const ROMAN_MONTHS: [&str; 12] =
    ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// The Julian day of 1970-01-01.
const JULIAN_OF_EPOCH: i64 = 2_440_588;

/// How wide PostgreSQL makes names of months and days.
const NAME_WIDTH: usize = 9;

/// The fields of a moment or an interval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) microsecond: i64,
    /// The zone's offset in seconds, if there is a zone.
    pub(super) offset_s: i64,
    has_zone: bool,
    /// An interval has no calendar.
    date: Option<Date>,
    /// `infinity` and its opposite.
    special: Option<String>,
    is_interval: bool,
}

fn wrong(value: &str) -> Diagnostic {
    Diagnostic::error(SqlState::INVALID_DATETIME_FORMAT, format!("to_char cannot read \"{value}\""))
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// `HH:MM:SS.ffffff` with its sign.
fn clock(text: &str) -> Option<(i64, i64, i64, i64)> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut fields = text.split(':');
    let (hour, minute) = (number(fields.next()?)?, number(fields.next()?)?);
    let seconds = fields.next().unwrap_or("0");
    let (second, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let micros = number(format!("{fraction:0<6}").get(..6)?)?;
    Some((sign * hour, sign * minute, sign * number(second)?, sign * micros))
}

/// Reads a DATE, TIME or TIMESTAMP as DuckDB writes it.
pub(super) fn of_timestamp(value: &str) -> Result<Moment, Diagnostic> {
    if value.contains("infinity") {
        return Ok(Moment { special: Some(value.to_owned()), ..Moment::default() });
    }
    read_timestamp(value).ok_or_else(|| wrong(value))
}

fn read_timestamp(value: &str) -> Option<Moment> {
    let is_before_christ = value.contains("(BC)");
    let text = value.replace(" (BC)", "");
    let mut words = text.split(' ');
    let first = words.next()?;
    let mut moment = Moment::default();
    let time = if first.contains(':') { Some(first) } else { words.next() };
    if !first.contains(':') {
        let mut fields = first.splitn(3, '-');
        moment.year = number(fields.next()?)?;
        (moment.month, moment.day) = (number(fields.next()?)?, number(fields.next()?)?);
        if is_before_christ {
            moment.year = 1 - moment.year;
        }
        let year = i16::try_from(moment.year).ok()?;
        moment.date = Date::new(year, i8::try_from(moment.month).ok()?, i8::try_from(moment.day).ok()?).ok();
    }
    if let Some(time) = time {
        let sign = time.find(['+', '-']);
        let (time, zone) = sign.map_or((time, ""), |at| time.split_at(at));
        (moment.hour, moment.minute, moment.second, moment.microsecond) = clock(time)?;
        moment.has_zone = !zone.is_empty();
        moment.offset_s = offset(zone)?;
    }
    Some(moment)
}

/// `+05:30`, `-08`, or nothing.
fn offset(zone: &str) -> Option<i64> {
    if zone.is_empty() {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let mut seconds = 0;
    let mut unit = 3600;
    for field in zone.get(1..)?.split(':') {
        seconds += number(field)? * unit;
        unit /= 60;
    }
    Some(sign * seconds)
}

/// Reads an INTERVAL as DuckDB writes it: `1 year 2 months 3 days 04:05:06`.
pub(super) fn of_interval(value: &str) -> Result<Moment, Diagnostic> {
    let mut moment = Moment { is_interval: true, ..Moment::default() };
    let mut words = value.split(' ').peekable();
    while let Some(word) = words.next() {
        if word.contains(':') {
            (moment.hour, moment.minute, moment.second, moment.microsecond) =
                clock(word).ok_or_else(|| wrong(value))?;
            continue;
        }
        let count = number(word).ok_or_else(|| wrong(value))?;
        match words.next().unwrap_or_default().trim_end_matches('s') {
            "year" => moment.year = count,
            "month" => moment.month = count,
            "day" => moment.day = count,
            _ => return Err(wrong(value)),
        }
    }
    Ok(moment)
}

impl Moment {
    /// Writes it by a pattern.
    pub(super) fn write(&self, pattern: &str) -> String {
        if let Some(special) = &self.special {
            return special.clone();
        }
        let mut out = String::new();
        for part in parts(pattern) {
            match part {
                Part::Text(text) | Part::Quoted(text) => out.push_str(&text),
                Part::Field { field, written, is_bare, ordinal } => {
                    let text = self.field(field, &written, is_bare);
                    out.push_str(&text);
                    if let Some(suffix) = ordinal {
                        out.push_str(&ordinal_of(&text, &suffix));
                    }
                }
            }
        }
        out
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others need a calendar")]
    fn field(&self, field: Field, written: &str, is_bare: bool) -> String {
        if let Some(text) = self.name(field, written, is_bare) {
            return text;
        }
        let digits =
            |value: i64, width: usize| if is_bare { value.to_string() } else { padded(value, width) };
        let seconds = (self.hour * 60 + self.minute) * 60 + self.second;
        match field {
            Field::Hour12 => digits(hour12(self.hour), 2),
            Field::Hour24 => digits(self.hour, 2),
            Field::Minute => digits(self.minute, 2),
            Field::Second => digits(self.second, 2),
            Field::Millisecond => padded(self.microsecond / 1000, 3),
            Field::Microsecond => padded(self.microsecond, 6),
            Field::Fraction(count) => padded(self.microsecond, 6).get(..count).unwrap_or_default().to_owned(),
            Field::SecondOfDay => seconds.to_string(),
            Field::Month => digits(self.month, 2),
            Field::Day => digits(self.day, 2),
            Field::ZoneHours => {
                let sign = if self.offset_s < 0 { '-' } else { '+' };
                format!("{sign}{:02}", self.offset_s.abs() / 3600)
            }
            Field::ZoneMinutes => format!("{:02}", self.offset_s.abs() / 60 % 60),
            Field::ZoneOffset => {
                let sign = if self.offset_s < 0 { '-' } else { '+' };
                let minutes = self.offset_s.abs() / 60 % 60;
                let behind = if minutes == 0 { String::new() } else { format!(":{minutes:02}") };
                format!("{sign}{:02}{behind}", self.offset_s.abs() / 3600)
            }
            Field::Year(count) => digits_of_year(self.shown_year(), count, is_bare),
            other => self.calendar(other, is_bare),
        }
    }

    /// What needs a calendar; nothing of an interval.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others were written before")]
    fn calendar(&self, field: Field, is_bare: bool) -> String {
        let Some(date) = self.date else { return String::new() };
        let digits =
            |value: i64, width: usize| if is_bare { value.to_string() } else { padded(value, width) };
        let iso = date.iso_week_date();
        let weekday = i64::from(date.weekday().to_sunday_zero_offset());
        let day_of_year = i64::from(date.day_of_year());
        match field {
            Field::IsoYear(count) => digits_of_year(i64::from(iso.year()), count, is_bare),
            Field::DayOfYear => digits(day_of_year, 3),
            Field::IsoDayOfYear => {
                let day = (i64::from(iso.week()) - 1) * 7 + i64::from(iso.weekday().to_monday_one_offset());
                digits(day, 3)
            }
            Field::DayOfWeek => (weekday + 1).to_string(),
            Field::IsoDayOfWeek => iso.weekday().to_monday_one_offset().to_string(),
            Field::WeekOfMonth => ((self.day - 1) / 7 + 1).to_string(),
            Field::WeekOfYear => digits((day_of_year - 1) / 7 + 1, 2),
            Field::IsoWeek => digits(i64::from(iso.week()), 2),
            Field::Century => {
                let century = if self.year > 0 { (self.year + 99) / 100 } else { self.year / 100 - 1 };
                digits(century, 2)
            }
            Field::Julian => julian(date).to_string(),
            Field::Quarter => ((self.month - 1) / 3 + 1).to_string(),
            _ => String::new(),
        }
    }

    /// There is no year 0: before it count the years before Christ.
    fn shown_year(&self) -> i64 {
        if self.is_interval || self.year > 0 { self.year } else { 1 - self.year }
    }

    /// Names, whose capitals are those of the field.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are numbers")]
    fn name(&self, field: Field, written: &str, is_bare: bool) -> Option<String> {
        let of = |names: &[&'static str], number: i64| {
            usize::try_from(number).ok().and_then(|index| names.get(index).copied()).unwrap_or_default()
        };
        let weekday = self.date.map_or(-1, |date| i64::from(date.weekday().to_sunday_zero_offset()));
        let (name, width) = match field {
            Field::MonthName => (of(&MONTHS, self.month - 1), NAME_WIDTH),
            Field::DayName => (of(&DAYS, weekday), NAME_WIDTH),
            Field::MonthShort => (of(&MONTHS, self.month - 1).get(..3).unwrap_or_default(), 0),
            Field::DayShort => (of(&DAYS, weekday).get(..3).unwrap_or_default(), 0),
            Field::Roman => (of(&ROMAN_MONTHS, self.month - 1), 4),
            Field::Meridiem => {
                let is_afternoon = self.hour.rem_euclid(24) >= 12;
                return Some(in_manner(if is_afternoon { "PM" } else { "AM" }, written));
            }
            Field::Era => return Some(in_manner(if self.year > 0 { "AD" } else { "BC" }, written)),
            Field::Zone => {
                // DuckDB's text of a moment has the offset alone.
                let zone = match self.offset_s {
                    _ if !self.has_zone => String::new(),
                    0 => "UTC".to_owned(),
                    _ => self.field(Field::ZoneOffset, "OF", false),
                };
                return Some(if written.starts_with('t') { zone.to_lowercase() } else { zone });
            }
            _ => return None,
        };
        let name = like(name, written);
        Some(if is_bare { name } else { format!("{name:<width$}") })
    }
}

/// The last digits of a year.
fn digits_of_year(year: i64, count: usize, is_bare: bool) -> String {
    match count {
        0 => format!("{},{:03}", year / 1000, year % 1000),
        4 if is_bare => year.to_string(),
        4 => padded(year, 4),
        count => {
            let modulus = 10_i64.pow(u32::try_from(count).unwrap_or(1));
            let last = year % modulus;
            if is_bare { last.to_string() } else { padded(last, count) }
        }
    }
}

/// A name with the capitals of the field.
fn like(name: &str, written: &str) -> String {
    let mut letters = written.chars();
    let (first, second) = (letters.next(), letters.next());
    match (first.is_some_and(char::is_uppercase), second.is_none_or(char::is_uppercase)) {
        (true, true) => name.to_uppercase(),
        (true, false) => name.to_owned(),
        (false, _) => name.to_lowercase(),
    }
}

/// `PM`, `pm`, `P.M.`, `p.m.`.
fn in_manner(letters: &str, written: &str) -> String {
    let dotted = if written.contains('.') {
        letters.chars().flat_map(|letter| [letter, '.']).collect()
    } else {
        letters.to_owned()
    };
    if written.starts_with(char::is_lowercase) { dotted.to_lowercase() } else { dotted }
}

fn hour12(hour: i64) -> i64 {
    match hour % 12 {
        0 => 12,
        other => other,
    }
}

/// With zeros before it; the sign does not count.
fn padded(value: i64, width: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{:0width$}", value.unsigned_abs())
}

fn ordinal_of(number: &str, suffix: &str) -> String {
    let last =
        |count: usize| number.len().checked_sub(count).and_then(|at| number.get(at..)).unwrap_or_default();
    let letters = match (last(2), last(1)) {
        ("11" | "12" | "13", _) => "th",
        (_, "1") => "st",
        (_, "2") => "nd",
        (_, "3") => "rd",
        _ => "th",
    };
    if suffix.starts_with('T') { letters.to_uppercase() } else { letters.to_owned() }
}

/// Days since the beginning of the Julian period.
pub(super) fn julian(date: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    let days = epoch.until(date).map_or(0, |span| i64::from(span.get_days()));
    JULIAN_OF_EPOCH + days
}

/// The date of a Julian day.
pub(super) fn of_julian(day: i64) -> Option<Date> {
    let epoch = Date::constant(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().try_days(day - JULIAN_OF_EPOCH).ok()?).ok()
}

/// The date of a day in an ISO week.
pub(super) fn of_iso_week(year: i64, week: i64, weekday: i64) -> Option<Date> {
    let weekday = Weekday::from_monday_one_offset(i8::try_from(weekday).ok()?).ok()?;
    let date =
        jiff::civil::ISOWeekDate::new(i16::try_from(year).ok()?, i8::try_from(week).ok()?, weekday).ok()?;
    Some(date.date())
}
