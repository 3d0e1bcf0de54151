//! JSON texts, read as DuckDB's nested types: what a client gets of a struct, it can send back.

use std::{collections::BTreeMap, fmt};

use engine::{LogicalType, Value};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use wire::{Diagnostic, SqlState, frontend::Format, oid};

use super::{
    Style, logical_to_oid, oids,
    parameter::{self, DecodeError},
};

/// Reads a document as a value of the type; nothing when it is not JSON of that shape, which leaves it to
/// DuckDB's own cast and its own syntax.
///
/// # Errors
/// Those of the values in it.
pub(super) fn value(
    target: &LogicalType,
    document: &str,
    style: &Style,
) -> Result<Option<Value>, DecodeError> {
    match serde_json::from_str::<&RawValue>(document) {
        Ok(raw) => read(target, raw, &style.of_documents()),
        Err(_) => Ok(None),
    }
}

/// Refuses what is not a JSON document. DuckDB's own reader is not so strict: it takes a comma at the end.
///
/// # Errors
/// 22P02.
pub(super) fn check(bytes: &[u8], type_oid: u32, format: Format) -> Result<(), DecodeError> {
    // The binary form of jsonb has its version in front.
    let versioned = type_oid == oid::JSONB && format == Format::Binary;
    let document = if versioned { bytes.get(1..).unwrap_or_default() } else { bytes };
    match serde_json::from_slice::<IgnoredAny>(document) {
        // Deep nesting is refused by its own limit in the reader; DuckDB has another one.
        Err(error) if !error.to_string().starts_with("recursion limit") => {
            let message = "invalid input syntax for type json";
            Err(Diagnostic::error(SqlState::INVALID_TEXT_REPRESENTATION, message).into())
        }
        Ok(IgnoredAny) | Err(_) => Ok(()),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "no other type nests")]
fn read(target: &LogicalType, raw: &RawValue, style: &Style) -> Result<Option<Value>, DecodeError> {
    use LogicalType as L;
    if raw.get() == "null" && *target != L::Json {
        return Ok(Some(Value::Null));
    }
    match target {
        L::List(element) => {
            Ok(items(element, raw, style)?.map(|items| Value::List((**element).clone(), items)))
        }
        L::Array(element, _) => {
            Ok(items(element, raw, style)?.map(|items| Value::Array((**element).clone(), items)))
        }
        L::Struct(fields) => structure(fields, raw, style),
        L::Map(key, value) => map(key, value, raw, style),
        L::Union(members) => union(members, raw, style),
        L::Json => Ok(Some(Value::Varchar(raw.get().to_owned()))),
        scalar if oids::is_scalar(scalar) => {
            let text = match serde_json::from_str::<String>(raw.get()) {
                Ok(text) => text,
                Err(_) => raw.get().to_owned(),
            };
            leaf(scalar, &text, style).map(Some)
        }
        _ => Ok(None),
    }
}

fn leaf(target: &LogicalType, text: &str, style: &Style) -> Result<Value, DecodeError> {
    parameter::value(logical_to_oid(target), Some(target), text.as_bytes(), Format::Text, style)
}

fn items(element: &LogicalType, raw: &RawValue, style: &Style) -> Result<Option<Vec<Value>>, DecodeError> {
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
        return Ok(None);
    };
    items.into_iter().map(|item| read(element, item, style)).collect()
}

fn structure(
    fields: &[(String, LogicalType)],
    raw: &RawValue,
    style: &Style,
) -> Result<Option<Value>, DecodeError> {
    let Ok(entries) = serde_json::from_str::<BTreeMap<String, &RawValue>>(raw.get()) else {
        return Ok(None);
    };
    if entries.keys().any(|key| !fields.iter().any(|(name, _)| name == key)) {
        return Ok(None);
    }
    let mut values = Vec::with_capacity(fields.len());
    for (name, field) in fields {
        let value = match entries.get(name) {
            Some(raw) => read(field, raw, style)?,
            None => Some(Value::Null),
        };
        let Some(value) = value else { return Ok(None) };
        values.push((name.clone(), field.clone(), value));
    }
    Ok(Some(Value::Struct(values)))
}

fn map(
    key: &LogicalType,
    value: &LogicalType,
    raw: &RawValue,
    style: &Style,
) -> Result<Option<Value>, DecodeError> {
    let Ok(Entries(entries)) = serde_json::from_str::<Entries<'_>>(raw.get()) else {
        return Ok(None);
    };
    let mut pairs = Vec::with_capacity(entries.len());
    for (name, raw) in entries {
        let key_value = if oids::is_scalar(key) {
            Some(leaf(key, &name, style)?)
        } else {
            self::value(key, &name, style)?
        };
        let (Some(key_value), Some(value)) = (key_value, read(value, raw, style)?) else {
            return Ok(None);
        };
        pairs.push((key_value, value));
    }
    Ok(Some(Value::Map(key.clone(), value.clone(), pairs)))
}

fn union(
    members: &[(String, LogicalType)],
    raw: &RawValue,
    style: &Style,
) -> Result<Option<Value>, DecodeError> {
    let Ok(Entries(entries)) = serde_json::from_str::<Entries<'_>>(raw.get()) else {
        return Ok(None);
    };
    let [(name, raw)] = entries.as_slice() else { return Ok(None) };
    let Some(tag) = members.iter().position(|(member, _)| member == name) else { return Ok(None) };
    let Some((_, member)) = members.get(tag) else { return Ok(None) };
    let value = read(member, raw, style)?;
    Ok(value.map(|value| Value::Union(members.to_vec(), tag, Box::new(value))))
}

/// An object's members in their order.
struct Entries<'d>(Vec<(String, &'d RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Entries<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = members.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
