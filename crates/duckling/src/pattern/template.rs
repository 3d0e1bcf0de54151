//! A pattern of `to_char` and its counterparts for moments, cut into fields and what stands between them.

/// A field of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Hour12,
    Hour24,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    /// Digits of a second: FF1 to FF6.
    Fraction(usize),
    SecondOfDay,
    /// AM or PM, with its letters and dots.
    Meridiem,
    /// Year with so many digits; 0 is all of it with a comma.
    Year(usize),
    IsoYear(usize),
    /// AD or BC.
    Era,
    MonthName,
    MonthShort,
    Month,
    DayName,
    DayShort,
    DayOfYear,
    IsoDayOfYear,
    Day,
    DayOfWeek,
    IsoDayOfWeek,
    WeekOfMonth,
    WeekOfYear,
    IsoWeek,
    Century,
    Julian,
    Quarter,
    Roman,
    Zone,
    ZoneHours,
    ZoneMinutes,
    ZoneOffset,
}

/// One part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Field {
        field: Field,
        /// As it is written: its capitals say how names are.
        written: String,
        /// FM: without blanks and zeros before it.
        is_bare: bool,
        /// TH or th behind it.
        ordinal: Option<String>,
    },
    /// Anything else, as it is.
    Text(String),
    /// Text in quotes.
    Quoted(String),
}

/// By their names; of two that begin alike the longer comes first.
const FIELDS: &[(&str, Field)] = &[
    ("HH24", Field::Hour24),
    ("HH12", Field::Hour12),
    ("HH", Field::Hour12),
    ("MI", Field::Minute),
    ("SSSSS", Field::SecondOfDay),
    ("SSSS", Field::SecondOfDay),
    ("SS", Field::Second),
    ("MS", Field::Millisecond),
    ("US", Field::Microsecond),
    ("FF1", Field::Fraction(1)),
    ("FF2", Field::Fraction(2)),
    ("FF3", Field::Fraction(3)),
    ("FF4", Field::Fraction(4)),
    ("FF5", Field::Fraction(5)),
    ("FF6", Field::Fraction(6)),
    ("A.M.", Field::Meridiem),
    ("P.M.", Field::Meridiem),
    ("AM", Field::Meridiem),
    ("PM", Field::Meridiem),
    ("Y,YYY", Field::Year(0)),
    ("YYYY", Field::Year(4)),
    ("YYY", Field::Year(3)),
    ("YY", Field::Year(2)),
    ("Y", Field::Year(1)),
    ("IYYY", Field::IsoYear(4)),
    ("IYY", Field::IsoYear(3)),
    ("IY", Field::IsoYear(2)),
    ("IDDD", Field::IsoDayOfYear),
    ("ID", Field::IsoDayOfWeek),
    ("IW", Field::IsoWeek),
    ("I", Field::IsoYear(1)),
    ("B.C.", Field::Era),
    ("A.D.", Field::Era),
    ("BC", Field::Era),
    ("AD", Field::Era),
    ("MONTH", Field::MonthName),
    ("MON", Field::MonthShort),
    ("MM", Field::Month),
    ("DAY", Field::DayName),
    ("DY", Field::DayShort),
    ("DDD", Field::DayOfYear),
    ("DD", Field::Day),
    ("D", Field::DayOfWeek),
    ("WW", Field::WeekOfYear),
    ("W", Field::WeekOfMonth),
    ("CC", Field::Century),
    ("J", Field::Julian),
    ("Q", Field::Quarter),
    ("RM", Field::Roman),
    ("TZH", Field::ZoneHours),
    ("TZM", Field::ZoneMinutes),
    ("TZ", Field::Zone),
    ("OF", Field::ZoneOffset),
];

/// Whether these are among the fields that PostgreSQL knows in two spellings only, all capitals or all small letters.
fn begins_with(text: &str, name: &str) -> bool {
    text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// Cuts a pattern.
pub(super) fn parts(pattern: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = pattern;
    let mut is_bare = false;
    while let Some(first) = rest.chars().next() {
        if begins_with(rest, "FM") || begins_with(rest, "FX") || begins_with(rest, "TM") {
            is_bare |= begins_with(rest, "FM") || begins_with(rest, "TM");
            rest = rest.get(2..).unwrap_or_default();
        } else if let Some((name, field)) = FIELDS.iter().find(|(name, _)| begins_with(rest, name)) {
            let (written, after) = rest.split_at(name.len());
            let ordinal =
                after.get(..2).filter(|suffix| suffix.eq_ignore_ascii_case("th")).map(str::to_owned);
            rest = after.get(ordinal.as_ref().map_or(0, String::len)..).unwrap_or_default();
            parts.push(Part::Field { field: *field, written: written.to_owned(), is_bare, ordinal });
            is_bare = false;
        } else if first == '"' {
            let (text, after) = quoted(rest.get(1..).unwrap_or_default());
            parts.push(Part::Quoted(text));
            rest = after;
        } else {
            let text = match rest.strip_prefix('\\') {
                Some(escaped) if escaped.starts_with('"') => escaped,
                _ => rest,
            };
            let character = text.chars().next().unwrap_or(first);
            match parts.last_mut() {
                Some(Part::Text(before)) => before.push(character),
                _ => parts.push(Part::Text(character.to_string())),
            }
            rest = text.get(character.len_utf8()..).unwrap_or_default();
        }
    }
    parts
}

/// A text in quotes, and what is behind it.
pub(super) fn quoted(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => out.extend(characters.next()),
            other => out.push(other),
        }
    }
    (out, characters.as_str())
}
