//! Nested columns: arrays in PostgreSQL's forms (see `array`), everything else as JSON text.
//!
//! A nested column encodes its children as columns of their own, over all rows it needs of them, and then
//! puts each value together from theirs.

use std::ops::Range;

use engine::{LogicalType, Vector};
use wire::{frontend::Format, types::json};

use super::{Column, EncodeError, Fields, Style, array::Arrays, column::unreadable};
use crate::decode;

/// How a nested column's values are put together.
pub(super) enum Nested {
    /// `{…}`, or dimensions and elements.
    Arrays(Arrays),
    /// `[…]`
    JsonList(Column),
    /// `{"name":…}`: each name as it stands in the text, colon included.
    JsonStruct(Vec<(Vec<u8>, Column)>),
    /// `{"key":…}`, the key as text.
    JsonMap(Column, Column),
    /// `{"member":…}`, only the member that is set.
    JsonUnion(Vec<(Vec<u8>, Column)>),
    /// A scalar: as it is, or as a string.
    JsonScalar(Column, Literal),
}

/// How a scalar's text stands in JSON.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Literal {
    /// Numbers, and JSON itself.
    Bare,
    /// `true` and `false`.
    Boolean,
    /// Numbers, but `NaN` and the infinities as strings.
    Float,
    /// Everything else.
    String,
}

impl Nested {
    /// For types that nest; nothing for scalars.
    pub(super) fn new(logical: &LogicalType, format: Format, style: &Style) -> Option<Self> {
        if decode::is_scalar(logical) || is_opaque(logical) {
            return None;
        }
        let arrays = Arrays::new(logical, format, style).map(Self::Arrays);
        Some(arrays.unwrap_or_else(|| Self::json(logical, style)))
    }

    /// As JSON, scalars too.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other types are scalars")]
    pub(super) fn json(logical: &LogicalType, style: &Style) -> Self {
        let members = |members: &[(String, LogicalType)]| {
            let keyed = members.iter().enumerate().map(|(index, (name, member))| {
                // The fields of an unnamed struct are called v1, v2… as DuckDB's to_json does.
                let name = if name.is_empty() { format!("v{}", index + 1) } else { name.clone() };
                let mut key = Vec::new();
                json::write_string(&mut key, name.as_bytes());
                key.push(b':');
                (key, Column::json(member, style))
            });
            keyed.collect()
        };
        match logical {
            LogicalType::List(element) | LogicalType::Array(element, _) => {
                Self::JsonList(Column::json(element, style))
            }
            LogicalType::Struct(fields) => Self::JsonStruct(members(fields)),
            LogicalType::Union(fields) => Self::JsonUnion(members(fields)),
            LogicalType::Map(key, value) => {
                let key = if decode::is_scalar(key) {
                    Column::child(key, Format::Text, &style.of_documents())
                } else {
                    Column::json(key, style)
                };
                Self::JsonMap(key, Column::json(value, style))
            }
            _ => Self::JsonScalar(
                Column::child(logical, Format::Text, &style.of_documents()),
                literal(logical),
            ),
        }
    }

    /// Encodes rows of a vector.
    pub(super) fn encode(
        &mut self,
        vector: Vector<'_>,
        rows: Range<usize>,
        fields: &mut Fields,
    ) -> Result<(), EncodeError> {
        match self {
            Self::Arrays(arrays) => arrays.encode(vector, rows, fields),
            Self::JsonList(column) => lists(vector, rows, fields, column, json_list),
            Self::JsonStruct(columns) => structs(vector, rows, fields, columns),
            Self::JsonUnion(columns) => unions(vector, rows, fields, columns),
            Self::JsonMap(keys, values) => maps(vector, rows, fields, keys, values),
            Self::JsonScalar(column, literal) => scalars(vector, rows, fields, column, *literal),
        }
    }
}

/// Types whose vectors nothing here can read; they are refused as columns of their own would be.
fn is_opaque(logical: &LogicalType) -> bool {
    matches!(logical, LogicalType::Variant | LogicalType::Unknown | LogicalType::Other(_))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other types are strings in JSON")]
fn literal(logical: &LogicalType) -> Literal {
    use LogicalType as L;
    match logical {
        L::Boolean => Literal::Boolean,
        L::Float | L::Double => Literal::Float,
        L::TinyInt
        | L::SmallInt
        | L::Integer
        | L::BigInt
        | L::HugeInt
        | L::UTinyInt
        | L::USmallInt
        | L::UInteger
        | L::UBigInt
        | L::UHugeInt
        | L::BigNum
        | L::Decimal { .. }
        | L::Json => Literal::Bare,
        _ => Literal::String,
    }
}

fn put(fields: &mut Fields, write: impl FnOnce(&mut Vec<u8>)) {
    let Ok(()) = fields.push_with(|out| {
        write(out);
        Ok::<(), std::convert::Infallible>(())
    });
}

/// Where each row's elements lie in the child vector (nothing for NULL), and that vector.
pub(super) type Spans<'c> = (Vec<Option<Range<usize>>>, Vector<'c>);

pub(super) fn spans(vector: Vector<'_>, rows: Range<usize>) -> Result<Spans<'_>, EncodeError> {
    let validity = vector.validity();
    if let Some((entries, child)) = vector.list() {
        let entries = entries.get(rows.clone()).ok_or_else(|| unreadable(vector))?;
        let span = |(row, entry): (usize, &engine::ListEntry)| {
            let start = usize::try_from(entry.offset).unwrap_or(0);
            let span = start..start.saturating_add(usize::try_from(entry.length).unwrap_or(0));
            validity.is_valid(row).then_some(span)
        };
        return Ok((rows.zip(entries).map(span).collect(), child));
    }
    let (size, child) = vector.array().ok_or_else(|| unreadable(vector))?;
    let size = usize::try_from(size).unwrap_or(0);
    let span = |row| validity.is_valid(row).then_some(row * size..(row + 1) * size);
    Ok((rows.map(span).collect(), child))
}

/// The part of the child vector that all the rows need.
pub(super) fn covered(spans: &[Option<Range<usize>>]) -> Range<usize> {
    let filled = || spans.iter().flatten().filter(|span| !span.is_empty());
    let start = filled().map(|span| span.start).min().unwrap_or(0);
    start..filled().map(|span| span.end).max().unwrap_or(0)
}

/// Where a row's elements lie among those that were encoded.
fn within(span: &Range<usize>, covered: &Range<usize>) -> Range<usize> {
    if span.is_empty() { 0..0 } else { span.start - covered.start..span.end - covered.start }
}

/// Puts each row's list together from the child column's values. `write` gets those, and which of them.
fn lists(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    column: &mut Column,
    mut write: impl FnMut(&mut Vec<u8>, &Fields, Range<usize>),
) -> Result<(), EncodeError> {
    let (spans, child) = spans(vector, rows)?;
    let covered = covered(&spans);
    column.encode(child, covered.clone())?;
    for span in spans {
        match span {
            Some(span) => put(fields, |out| write(out, column.fields(), within(&span, &covered))),
            None => fields.push_null(),
        }
    }
    Ok(())
}

fn json_value(out: &mut Vec<u8>, value: Option<&[u8]>) {
    out.extend_from_slice(value.unwrap_or(b"null"));
}

fn json_list(out: &mut Vec<u8>, elements: &Fields, range: Range<usize>) {
    out.push(b'[');
    for (position, index) in range.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        json_value(out, elements.value(index));
    }
    out.push(b']');
}

fn structs(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    columns: &mut [(Vec<u8>, Column)],
) -> Result<(), EncodeError> {
    for ((_, column), child) in columns.iter_mut().zip(vector.fields()) {
        column.encode(child, rows.clone())?;
    }
    let validity = vector.validity();
    for (index, row) in rows.enumerate() {
        if !validity.is_valid(row) {
            fields.push_null();
            continue;
        }
        put(fields, |out| {
            out.push(b'{');
            for (position, (key, column)) in columns.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(key);
                json_value(out, column.fields().value(index));
            }
            out.push(b'}');
        });
    }
    Ok(())
}

fn unions(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    columns: &mut [(Vec<u8>, Column)],
) -> Result<(), EncodeError> {
    let mut children = vector.fields().into_iter();
    let tags = children.next().ok_or_else(|| unreadable(vector))?;
    for ((_, column), child) in columns.iter_mut().zip(children) {
        column.encode(child, rows.clone())?;
    }
    let validity = vector.validity();
    let values = tags.values::<u8>().and_then(|values| values.get(rows.clone()));
    for (index, (row, tag)) in rows.zip(values.ok_or_else(|| unreadable(vector))?).enumerate() {
        match columns.get(usize::from(*tag)) {
            Some((key, column)) if validity.is_valid(row) && tags.validity().is_valid(row) => {
                put(fields, |out| {
                    out.push(b'{');
                    out.extend_from_slice(key);
                    json_value(out, column.fields().value(index));
                    out.push(b'}');
                });
            }
            Some(_) | None => fields.push_null(),
        }
    }
    Ok(())
}

fn maps(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    keys: &mut Column,
    values: &mut Column,
) -> Result<(), EncodeError> {
    let (spans, entries) = spans(vector, rows)?;
    let covered = covered(&spans);
    let [key_vector, value_vector] = entries.fields()[..] else {
        return Err(unreadable(vector));
    };
    keys.encode(key_vector, covered.clone())?;
    values.encode(value_vector, covered.clone())?;
    for span in spans {
        let Some(span) = span else {
            fields.push_null();
            continue;
        };
        put(fields, |out| {
            out.push(b'{');
            for (position, index) in within(&span, &covered).enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                json::write_string(out, keys.fields().value(index).unwrap_or(b"null"));
                out.push(b':');
                json_value(out, values.fields().value(index));
            }
            out.push(b'}');
        });
    }
    Ok(())
}

fn scalars(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    column: &mut Column,
    literal: Literal,
) -> Result<(), EncodeError> {
    column.encode(vector, rows.clone())?;
    for index in 0..rows.len() {
        let Some(value) = column.fields().value(index) else {
            fields.push_null();
            continue;
        };
        match literal {
            Literal::Boolean => fields.push(if value == b"t" { b"true" } else { b"false" }),
            Literal::Float if !value.ends_with(b"N") && !value.ends_with(b"y") => fields.push(value),
            Literal::Bare => fields.push(value),
            Literal::Float | Literal::String => {
                put(fields, |out| json::write_string(out, value));
            }
        }
    }
    Ok(())
}
