//! A call: which function, and its arguments.

use wire::{Diagnostic, SqlState};

use super::{escape, json, moment, number, reading, text};

/// Works a call out.
///
/// # Errors
/// 22007 and its kin for texts that do not follow their pattern.
pub(crate) fn compute(call: &str) -> Result<String, Diagnostic> {
    let call: Vec<Option<String>> = serde_json::from_str(call).map_err(|_| unknown())?;
    let words: Vec<&str> = call.iter().map(|word| word.as_deref().unwrap_or_default()).collect();
    match words[..] {
        ["to_char", kind, value, pattern] => to_char(kind, value, pattern),
        ["to_date", string, pattern] => reading::date(string, pattern),
        ["to_timestamp", string, pattern] => reading::timestamp(string, pattern),
        ["to_number", string, pattern] => number::read(string, pattern),
        ["quote_ident", name] => Ok(text::quote_ident(name)),
        ["initcap", string] => Ok(text::initcap(string)),
        ["parse_ident", name] => text::parse_ident(name),
        ["unistr", string] => text::unistr(string),
        ["format", pattern, arguments] => text::format(pattern, arguments),
        ["bytes_to_escapes", hex] => escape::from_bytes(hex).ok_or_else(unknown),
        ["escapes_to_bytes", string] => escape::to_bytes(string),
        ["jsonb_set", document, path, value, creates] => {
            json::change(document, path, value, json::Change::Set { creates: creates == "true" })
        }
        ["jsonb_insert", document, path, value, after] => {
            json::change(document, path, value, json::Change::Insert { after: after == "true" })
        }
        _ => Err(unknown()),
    }
}

fn to_char(kind: &str, value: &str, pattern: &str) -> Result<String, Diagnostic> {
    let is_number = ["INT", "DECIMAL", "DOUBLE", "FLOAT", "BIGNUM"].iter().any(|word| kind.contains(word))
        && kind != "INTERVAL";
    if kind == "INTERVAL" {
        return Ok(moment::of_interval(value)?.write(pattern));
    }
    if is_number {
        return number::write(value, pattern);
    }
    if kind.starts_with("TIMESTAMP") || kind == "DATE" || kind.starts_with("TIME") {
        return Ok(moment::of_timestamp(value)?.write(pattern));
    }
    let message = format!("function to_char({}, text) does not exist", kind.to_lowercase());
    Err(Diagnostic::error(SqlState::UNDEFINED_FUNCTION, message))
}

fn unknown() -> Diagnostic {
    Diagnostic::error(SqlState::UNDEFINED_FUNCTION, "no such computation")
}
