//! Arrays, in text and binary, to lists.

use engine::{LogicalType, Value};
use wire::{
    Diagnostic, SqlState,
    frontend::Format,
    oid,
    types::{array, trim},
};

use super::{
    Style, coerce, oid_to_logical,
    parameter::{self, DecodeError},
};

/// Reads an array whose elements are of the type.
pub(super) fn value(
    element_oid: u32,
    target: Option<&LogicalType>,
    bytes: &[u8],
    format: Format,
    style: &Style,
) -> Result<Value, DecodeError> {
    let (dimensions, elements) = match format {
        Format::Text => {
            let text = super::utf8(bytes)?;
            let read = array::parse(trim(text.as_bytes()))?;
            let leaf = leaf(target, read.dimensions.len());
            let elements = read.elements.iter().map(|element| {
                element.as_deref().map_or(Ok(Value::Null), |element| {
                    parameter::value(element_oid, leaf, element, format, style)
                })
            });
            (read.dimensions, elements.collect::<Result<Vec<_>, _>>()?)
        }
        Format::Binary => {
            let read = array::parse_binary(bytes)?;
            // Texts of any kind are sent for each other; anything else has to be what was agreed.
            if read.element_oid != element_oid && !(is_text(read.element_oid) && is_text(element_oid)) {
                let message = "wrong element type";
                return Err(Diagnostic::error(SqlState::DATATYPE_MISMATCH, message).into());
            }
            let leaf = leaf(target, read.dimensions.len());
            let elements = read.elements.iter().map(|element| {
                element.map_or(Ok(Value::Null), |element| {
                    parameter::value(element_oid, leaf, element, format, style)
                })
            });
            (read.dimensions.clone(), elements.collect::<Result<Vec<_>, _>>()?)
        }
    };
    let element = oid_to_logical(element_oid).unwrap_or(LogicalType::Varchar);
    let element =
        leaf(target, dimensions.len()).cloned().unwrap_or_else(|| coerce::common(element, &elements));
    Ok(nest(&dimensions, elements, &element, target))
}

fn is_text(type_oid: u32) -> bool {
    matches!(type_oid, oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME | oid::UNKNOWN)
}

/// The type of the innermost elements under a target that nests so deep; nothing when it does not.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other types have no elements")]
fn leaf(target: Option<&LogicalType>, dimensions: usize) -> Option<&LogicalType> {
    (0..dimensions.max(1)).try_fold(target?, |outer, _| match outer {
        LogicalType::List(inner) | LogicalType::Array(inner, _) => Some(inner.as_ref()),
        _ => None,
    })
}

/// Puts elements into lists, the innermost first.
fn nest(
    dimensions: &[usize],
    elements: Vec<Value>,
    element: &LogicalType,
    target: Option<&LogicalType>,
) -> Value {
    let mut values = elements;
    let mut inner = element.clone();
    // DuckDB's ARRAY has its own values; where it is wanted, all levels are.
    let is_array = target.is_some_and(|target| {
        let depth = super::array_element(target).map(|(_, depth)| depth);
        matches!(target, LogicalType::Array(..)) && depth == Some(dimensions.len())
    });
    let gather = |inner: &LogicalType, values: Vec<Value>| {
        if is_array { Value::Array(inner.clone(), values) } else { Value::List(inner.clone(), values) }
    };
    for length in dimensions.iter().skip(1).rev() {
        let mut lists = Vec::new();
        let mut rest = values.into_iter().peekable();
        while rest.peek().is_some() {
            lists.push(gather(&inner, rest.by_ref().take((*length).max(1)).collect()));
        }
        values = lists;
        inner = match u32::try_from(*length) {
            Ok(length) if is_array => LogicalType::Array(Box::new(inner), length),
            Ok(_) | Err(_) => LogicalType::List(Box::new(inner)),
        };
    }
    gather(&inner, values)
}
