//! Reading a setting's value into the form in which SHOW gives it back.

use wire::{Diagnostic, SqlState};

use super::definition::{Definition, Form};
use crate::decode::Zone;

/// libpq takes no longer ParameterStatus than 30,000 bytes.
const LONGEST_BYTES: usize = 10_000;

/// As PostgreSQL cuts names (`NAMEDATALEN`).
const NAME_BYTES: usize = 63;

fn cut_name(value: &str) -> String {
    let end = (0..=NAME_BYTES.min(value.len())).rev().find(|end| value.is_char_boundary(*end));
    value.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
}

/// The value in its canonical form.
///
/// # Errors
/// 22023 when the setting cannot have it, 55P02 when the setting cannot be changed.
pub(super) fn parse(definition: &Definition, values: &[String], current: &str) -> Result<String, Diagnostic> {
    let joined = values.join(", ");
    let single = match values {
        [value] => Some(value.as_str()),
        _ => None,
    };
    if joined.len() > LONGEST_BYTES || joined.contains('\0') {
        let message = format!(
            "value of parameter \"{}\" is too long or has a character that is not allowed",
            definition.name
        );
        return Err(Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    let parsed = match definition.form {
        Form::Fixed => return Err(cannot_change(definition)),
        Form::Text if definition.name == "application_name" => single.map(cut_name),
        Form::Text => single.map(str::to_owned),
        Form::Boolean => single.and_then(boolean).map(|on| if on { "on" } else { "off" }.to_owned()),
        Form::Word(words) => single.and_then(|value| word(words, value)),
        Form::Integer(low, high) => single
            .and_then(|value| value.trim().parse().ok())
            .filter(|value| (low..=high).contains(value))
            .map(|value: i64| value.to_string()),
        Form::Milliseconds => single.and_then(milliseconds).map(show_milliseconds),
        Form::TimeZone => single.and_then(time_zone),
        Form::DateStyle => date_style(values, current),
        Form::Encoding => single.filter(|value| is_utf8(value)).map(|_| "UTF8".to_owned()),
        Form::Names => Some(names(values)),
    };
    parsed.ok_or_else(|| invalid(definition, &joined))
}

/// PostgreSQL shows `$user` in quotes, as it has to be written.
fn names(values: &[String]) -> String {
    let shown = |name: &String| if name.starts_with('$') { format!("\"{name}\"") } else { name.clone() };
    values.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn invalid(definition: &Definition, value: &str) -> Diagnostic {
    let message = format!("invalid value for parameter \"{}\": \"{value}\"", definition.name);
    let diagnostic = Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, message);
    match definition.form {
        Form::Word(words) => diagnostic.with_hint(format!("Available values: {}.", words.join(", "))),
        Form::Encoding => diagnostic.with_hint("The only client encoding is UTF8."),
        // As PostgreSQL's `parse_int` has them.
        Form::Milliseconds if number_and_unit(value).is_some() => {
            diagnostic.with_hint("Value exceeds integer range.")
        }
        Form::Milliseconds => diagnostic.with_hint(
            "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".",
        ),
        Form::Text
        | Form::Boolean
        | Form::Integer(..)
        | Form::TimeZone
        | Form::DateStyle
        | Form::Names
        | Form::Fixed => diagnostic,
    }
}

/// 55P02, as PostgreSQL words it.
pub(super) fn cannot_change(definition: &Definition) -> Diagnostic {
    let message = format!("parameter \"{}\" cannot be changed", definition.name);
    Diagnostic::error(SqlState::CANT_CHANGE_RUNTIME_PARAM, message)
}

/// PostgreSQL's spellings of a boolean, unique prefixes included (`parse_bool`).
pub(super) fn boolean(value: &str) -> Option<bool> {
    let value = value.trim().to_ascii_lowercase();
    let begins = |word: &str, least: usize| value.len() >= least && word.starts_with(&value);
    if value == "1" || begins("true", 1) || begins("yes", 1) || value == "on" {
        Some(true)
    } else if value == "0" || begins("false", 1) || begins("no", 1) || begins("off", 2) {
        Some(false)
    } else {
        None
    }
}

fn word(words: &[&str], value: &str) -> Option<String> {
    let found =
        words.iter().find(|word| word.eq_ignore_ascii_case(value.trim())).map(|&word| word.to_owned());
    // `on` alone is a boolean that may only be true.
    found.or_else(|| (words == ["on"] && boolean(value) == Some(true)).then(|| "on".to_owned()))
}

/// The digits of a time, and what its unit is in milliseconds: a numerator and a denominator.
fn number_and_unit(value: &str) -> Option<(&str, (u64, u64))> {
    let value = value.trim();
    let split = value
        .find(|character: char| !(character.is_ascii_digit() || character == '.'))
        .unwrap_or(value.len());
    let (number, unit) = value.split_at_checked(split)?;
    let unit = match unit.trim() {
        "us" => (1, 1000),
        "" | "ms" => (1, 1),
        "s" => (1000, 1),
        "min" => (60_000, 1),
        "h" => (3_600_000, 1),
        "d" => (86_400_000, 1),
        _ => return None,
    };
    (!number.is_empty()).then_some((number, unit))
}

/// A time with or without a unit, in milliseconds.
pub(super) fn milliseconds(value: &str) -> Option<u64> {
    let (number, (numerator, denominator)) = number_and_unit(value)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<3.3}").parse().ok()? };
    let thousandths = whole.checked_mul(1000)?.checked_add(fraction)?;
    let result = thousandths.checked_mul(numerator)? / denominator / 1000;
    (result <= 2_147_483_647).then_some(result)
}

/// A time with the largest unit that keeps it whole, as SHOW prints it.
pub(super) fn show_milliseconds(milliseconds: u64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")];
    match units.into_iter().find(|(size, _)| milliseconds > 0 && milliseconds.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{}{unit}", milliseconds / size),
        None if milliseconds == 0 => "0".to_owned(),
        None => format!("{milliseconds}ms"),
    }
}

fn is_utf8(value: &str) -> bool {
    let name: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    ["utf8", "unicode", "sqlascii"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// A zone of the tz database, in its own spelling, or an offset from UTC.
fn time_zone(value: &str) -> Option<String> {
    let value = value.trim().trim_matches('\'');
    if value.eq_ignore_ascii_case("local") || value.eq_ignore_ascii_case("default") {
        return Some("UTC".to_owned());
    }
    match hours(value) {
        Some(name) => Some(name),
        None => Zone::canonical(value),
    }
}

/// A number of hours east of Greenwich, as the POSIX rules that PostgreSQL makes of it (`pg_tzset_offset`).
fn hours(value: &str) -> Option<String> {
    let (west, number) = match value.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, value.strip_prefix('+').unwrap_or(value)),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let hours: u32 = whole.parse().ok().filter(|hours| *hours < 24)?;
    let millionths: u64 = format!("{fraction:0<6.6}").parse().ok()?;
    let seconds = millionths * 3600 / 1_000_000;
    let (minutes, rest) = (seconds / 60, seconds % 60);
    let offset = match (minutes, rest) {
        (0, 0) => format!("{hours:02}"),
        (_, 0) => format!("{hours:02}:{minutes:02}"),
        _ => format!("{hours:02}:{minutes:02}:{rest:02}"),
    };
    Some(if west { format!("<-{offset}>+{offset}") } else { format!("<+{offset}>-{offset}") })
}

/// Output form and field order, each kept from the current value where not given (`check_datestyle`).
fn date_style(values: &[String], current: &str) -> Option<String> {
    let (mut style, mut order) = current.split_once(", ")?;
    let mut explicit = None;
    let parts = values.iter().flat_map(|value| value.split(','));
    for part in parts.map(|part| part.trim().to_ascii_lowercase()) {
        match part.as_str() {
            "iso" => style = "ISO",
            "sql" => style = "SQL",
            "german" => {
                // German dates are day first, as in PostgreSQL, unless an order is asked for.
                (style, order) = ("German", explicit.unwrap_or("DMY"));
            }
            "default" => (style, order) = ("ISO", "MDY"),
            "ymd" => order = *explicit.insert("YMD"),
            "dmy" => order = *explicit.insert("DMY"),
            "mdy" => order = *explicit.insert("MDY"),
            _ if part.starts_with("postgres") => style = "Postgres",
            _ if part.starts_with("euro") => order = *explicit.insert("DMY"),
            _ if part.starts_with("us") || part.starts_with("noneuro") => order = *explicit.insert("MDY"),
            _ => return None,
        }
    }
    Some(format!("{style}, {order}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_shown_with_units() {
        for (value, shown) in
            [("0", "0"), ("1500", "1500ms"), ("5s", "5s"), ("60 s", "1min"), ("1.5s", "1500ms"), ("2h", "2h")]
        {
            assert_eq!(milliseconds(value).map(show_milliseconds).as_deref(), Some(shown), "{value}");
        }
        for bad in ["", "x", "5 weeks", "-1", "99999999999"] {
            assert_eq!(milliseconds(bad), None, "{bad}");
        }
        assert!(number_and_unit("99999999999").is_some() && number_and_unit("5 weeks").is_none());
    }

    #[test]
    fn date_styles_keep_what_is_not_said() {
        let style = |value: &str| date_style(&[value.to_owned()], "ISO, MDY");
        assert_eq!(style("German").as_deref(), Some("German, DMY"));
        assert_eq!(style("German, YMD").as_deref(), Some("German, YMD"));
        assert_eq!(style("mdy, German").as_deref(), Some("German, MDY"));
        assert_eq!(style("ymd").as_deref(), Some("ISO, YMD"));
        assert_eq!(style("postgres").as_deref(), Some("Postgres, MDY"));
        assert_eq!(style("iso, nope"), None);
    }

    #[test]
    fn zones_come_in_their_own_spelling() {
        for (value, zone) in [
            ("europe/berlin", "Europe/Berlin"),
            ("US/Eastern", "US/Eastern"),
            ("utc", "UTC"),
            ("+2", "<+02>-02"),
            ("-3.5", "<-03:30>+03:30"),
            ("utc+5", "UTC+5"),
            ("cet-1cest", "CET-1CEST"),
        ] {
            assert_eq!(time_zone(value).as_deref(), Some(zone), "{value}");
        }
        assert_eq!(time_zone("Nowhere/Land"), None);
    }
}
