//! `quote_ident`, `parse_ident`, `initcap`, `unistr`, and `format` with its placeholders.

use wire::{Diagnostic, SqlState};

/// PostgreSQL 15's keywords that cannot stand for a name as they are (`pg_get_keywords`, all but category U).
const KEYWORDS: &str = " all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean \
both case cast char character check coalesce collate collation column concurrently constraint create cross \
current_catalog current_date current_role current_schema current_time current_timestamp current_user dec decimal \
default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full \
grant greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull \
join lateral leading least left like limit localtime localtimestamp national natural nchar none normalize not \
notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary \
real references returning right row select session_user setof similar smallint some substring symmetric table \
tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic \
verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi \
xmlroot xmlserialize xmltable ";

pub(super) fn quote_ident(name: &str) -> String {
    let is_start = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let is_part = |byte: u8| is_start(byte) || byte.is_ascii_digit();
    let is_plain = name.bytes().next().is_some_and(is_start) && name.bytes().all(is_part);
    if is_plain && !KEYWORDS.contains(&format!(" {name} ")) {
        return name.to_owned();
    }
    crate::sql::quote_name(name)
}

fn quote_literal(value: &str) -> String {
    let quoted = crate::sql::quote_text(value);
    if value.contains('\\') { format!("E{}", quoted.replace('\\', "\\\\")) } else { quoted }
}

/// Each word with a capital letter and the rest small.
pub(super) fn initcap(string: &str) -> String {
    let mut is_inside = false;
    let mut out = String::with_capacity(string.len());
    for character in string.chars() {
        if is_inside {
            out.extend(character.to_lowercase());
        } else {
            out.extend(character.to_uppercase());
        }
        is_inside = character.is_alphanumeric();
    }
    out
}

/// The parts of a name, as a JSON list.
pub(super) fn parse_ident(name: &str) -> Result<String, Diagnostic> {
    let wrong = || {
        let message = format!("string is not a valid identifier: \"{name}\"");
        Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, message)
    };
    let tokens = crate::sql::lex(name);
    let mut parts = Vec::new();
    let mut wants_name = true;
    for token in &tokens {
        if wants_name {
            parts.push(token.name().filter(|part| !part.is_empty()).ok_or_else(wrong)?);
        } else if !token.is_symbol(".") {
            return Err(wrong());
        }
        wants_name = !wants_name;
    }
    if wants_name { Err(wrong()) } else { serde_json::to_string(&parts).map_err(|_| wrong()) }
}

/// `\0061`, `\+000061`, `\u0061`, `\U00000061`, `\\`.
pub(super) fn unistr(string: &str) -> Result<String, Diagnostic> {
    let wrong = || Diagnostic::error(SqlState::SYNTAX_ERROR, "invalid Unicode escape");
    let mut out = String::with_capacity(string.len());
    let mut rest = string;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.push_str(plain);
        if let Some(after) = escape.strip_prefix('\\') {
            out.push('\\');
            rest = after;
            continue;
        }
        let (start, count) = match escape.chars().next() {
            Some('+') => (1, 6),
            Some('u') => (1, 4),
            Some('U') => (1, 8),
            _ => (0, 4),
        };
        let digits = escape.get(start..start + count).ok_or_else(wrong)?;
        let code = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
        out.push(char::from_u32(code).ok_or_else(wrong)?);
        rest = escape.get(start + count..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}

/// `format('%s %I %L %1$s %-10s', …)`; the arguments are a JSON list.
pub(super) fn format(pattern: &str, arguments: &str) -> Result<String, Diagnostic> {
    let arguments: Vec<serde_json::Value> = serde_json::from_str(arguments).unwrap_or_default();
    let mut out = String::new();
    let mut rest = pattern;
    let mut next = 0;
    while let Some((plain, after)) = rest.split_once('%') {
        out.push_str(plain);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (placeholder, after) = Placeholder::read(after)?;
        let index = placeholder.number.unwrap_or(next);
        next = index + 1;
        let argument = arguments.get(index).ok_or_else(|| {
            Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, "too few arguments for format()")
        })?;
        out.push_str(&placeholder.fill(argument)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

struct Placeholder {
    number: Option<usize>,
    is_left: bool,
    width: usize,
    kind: char,
}

/// The widest field; PostgreSQL has no limit but memory.
const WIDTH_MAX: usize = 10_000;

impl Placeholder {
    /// `[position$][-][width]type`.
    fn read(text: &str) -> Result<(Self, &str), Diagnostic> {
        let (number, text) = match text.split_once('$') {
            Some((digits, after))
                if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                let number: usize = digits.parse().unwrap_or_default();
                let index = number.checked_sub(1).ok_or_else(|| {
                    let message = "format specifies argument 0, but arguments are numbered from 1";
                    Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, message)
                })?;
                (Some(index), after)
            }
            _ => (None, text),
        };
        let (is_left, text) = text.strip_prefix('-').map_or((false, text), |after| (true, after));
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (width, text) = text.split_at(digits);
        let width = width.parse().unwrap_or(0).min(WIDTH_MAX);
        let mut characters = text.chars();
        let kind = characters.next().filter(|kind| matches!(kind, 's' | 'I' | 'L')).ok_or_else(|| {
            let message = "unrecognized format() type specifier";
            Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, message)
                .with_hint("For a single \"%\" use \"%%\".")
        })?;
        Ok((Self { number, is_left, width, kind }, characters.as_str()))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "numbers, lists and objects are written as they are")]
    fn fill(&self, argument: &serde_json::Value) -> Result<String, Diagnostic> {
        let text = match argument {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Bool(value) => Some(if *value { "t" } else { "f" }.to_owned()),
            other => Some(other.to_string()),
        };
        let filled = match (self.kind, text) {
            ('I', None) => {
                let message = "null values cannot be formatted as an SQL identifier";
                return Err(Diagnostic::error(SqlState::NULL_VALUE_NOT_ALLOWED, message));
            }
            ('I', Some(text)) => quote_ident(&text),
            ('L', None) => "NULL".to_owned(),
            ('L', Some(text)) => quote_literal(&text),
            (_, text) => text.unwrap_or_default(),
        };
        let missing = self.width.saturating_sub(filled.chars().count());
        let blanks = " ".repeat(missing);
        Ok(if self.is_left { filled + &blanks } else { blanks + &filled })
    }
}
