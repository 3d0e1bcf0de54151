//! `jsonb_set` and `jsonb_insert`: a value at a path in a document. Keys keep their order and values their spelling, since JSON is
//! text here: only what lies on the path is read.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use wire::{Diagnostic, SqlState};

/// What is done at the path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// The value takes the place of what is there; where nothing is, it is put there if it may be.
    Set {
        /// Whether it may.
        creates: bool,
    },
    /// The value is put in before or behind what is there.
    Insert {
        /// Behind.
        after: bool,
    },
}

/// An object's members in their order.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// The document with the change at the path, a JSON list of texts.
///
/// # Errors
/// 22P02 for what is no JSON, 22023 for a scalar, and for a key that is there before it is to be put in.
pub(super) fn change(document: &str, path: &str, value: &str, change: Change) -> Result<String, Diagnostic> {
    let path: Vec<Option<String>> = read(path)?;
    let value: &RawValue = read(value)?;
    let path: Option<Vec<String>> = path.into_iter().collect();
    let Some(path) = path else {
        let message = "path element is null";
        return Err(Diagnostic::error(SqlState::NULL_VALUE_NOT_ALLOWED, message));
    };
    if !document.trim_start().starts_with(['{', '[']) {
        let message = "cannot set path in scalar";
        return Err(Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    at(document, &path, value.get(), change)
}

fn at(document: &str, path: &[String], value: &str, change: Change) -> Result<String, Diagnostic> {
    let Some((key, rest)) = path.split_first() else { return Ok(document.to_owned()) };
    match document.trim_start().chars().next() {
        Some('{') => in_object(document, key, rest, value, change),
        Some('[') => in_array(document, key, rest, value, change),
        _ => Ok(document.to_owned()),
    }
}

fn in_object(
    document: &str,
    key: &str,
    rest: &[String],
    value: &str,
    change: Change,
) -> Result<String, Diagnostic> {
    let Members(members) = read(document)?;
    let mut parts = Vec::with_capacity(members.len() + 1);
    let mut is_there = false;
    for (name, old) in members {
        let is_it = name == key;
        is_there |= is_it;
        let new = match change {
            _ if !is_it => old.get().to_owned(),
            _ if !rest.is_empty() => at(old.get(), rest, value, change)?,
            Change::Set { .. } => value.to_owned(),
            Change::Insert { .. } => {
                let message = "cannot replace existing key";
                return Err(Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, message)
                    .with_hint("Try using the function jsonb_set to replace key value."));
            }
        };
        parts.push(format!("{}: {new}", quoted(&name)));
    }
    if !is_there && rest.is_empty() && !matches!(change, Change::Set { creates: false }) {
        parts.push(format!("{}: {value}", quoted(key)));
    }
    Ok(format!("{{{}}}", parts.join(", ")))
}

fn in_array(
    document: &str,
    key: &str,
    rest: &[String],
    value: &str,
    change: Change,
) -> Result<String, Diagnostic> {
    let elements: Vec<&RawValue> = read(document)?;
    let mut parts: Vec<String> = elements.iter().map(|element| element.get().to_owned()).collect();
    let Ok(index) = key.parse::<i64>() else {
        let message = format!("path element is not an integer: \"{key}\"");
        return Err(Diagnostic::error(SqlState::INVALID_TEXT_REPRESENTATION, message));
    };
    let count = i64::try_from(parts.len()).unwrap_or(i64::MAX);
    let place = if index < 0 { index.saturating_add(count) } else { index };
    let found = usize::try_from(place).ok().filter(|place| *place < parts.len());
    match (found, change) {
        (Some(place), _) if !rest.is_empty() => {
            if let Some(part) = parts.get_mut(place) {
                *part = at(part, rest, value, change)?;
            }
        }
        (Some(place), Change::Set { .. }) => {
            if let Some(part) = parts.get_mut(place) {
                value.clone_into(part);
            }
        }
        (Some(place), Change::Insert { after }) => parts.insert(place + usize::from(after), value.to_owned()),
        (None, Change::Set { creates: false }) => {}
        (None, Change::Set { .. } | Change::Insert { .. }) if rest.is_empty() => {
            parts.insert(if place < 0 { 0 } else { parts.len() }, value.to_owned());
        }
        (None, Change::Set { .. } | Change::Insert { .. }) => {}
    }
    Ok(format!("[{}]", parts.join(", ")))
}

fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

fn read<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, Diagnostic> {
    serde_json::from_str(text).map_err(|_| {
        Diagnostic::error(SqlState::INVALID_TEXT_REPRESENTATION, "invalid input syntax for type json")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As PostgreSQL 15 answers.
    #[test]
    fn values_are_put_at_paths() {
        let set = Change::Set { creates: true };
        let only = Change::Set { creates: false };
        let before = Change::Insert { after: false };
        for (document, path, value, how, result) in [
            (r#"{"b": 1, "a": {"c": 2}}"#, r#"["a", "c"]"#, "[3]", set, r#"{"b": 1, "a": {"c": [3]}}"#),
            (r#"{"b": 1}"#, r#"["x"]"#, "2", set, r#"{"b": 1, "x": 2}"#),
            (r#"{"b": 1}"#, r#"["x"]"#, "2", only, r#"{"b": 1}"#),
            (r#"{"b": 1}"#, r#"["x", "y"]"#, "2", set, r#"{"b": 1}"#),
            ("[1,2,3]", r#"["-1"]"#, "9", set, "[1, 2, 9]"),
            ("[1,2,3]", r#"["7"]"#, "9", set, "[1, 2, 3, 9]"),
            ("[1,2,3]", r#"["-7"]"#, "9", set, "[9, 1, 2, 3]"),
            ("[1,2,3]", r#"["1"]"#, "9", before, "[1, 9, 2, 3]"),
            ("[1,2,3]", r#"["1"]"#, "9", Change::Insert { after: true }, "[1, 2, 9, 3]"),
            (r#"{"a": [0]}"#, "[]", "9", set, r#"{"a": [0]}"#),
        ] {
            assert_eq!(change(document, path, value, how).unwrap(), result, "{document} {path}");
        }
        assert!(change("1", "[\"a\"]", "2", set).is_err());
        assert!(change("{\"a\": 1}", "[\"a\"]", "2", before).is_err());
    }
}
