//! What RowDescription says about a DuckDB type (PRODUCT §6).

use engine::{Enumeration, LogicalType};
use wire::{frontend::Format, oid};

use crate::decode;

/// OID, size and modifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FieldType {
    /// The type's OID.
    pub(crate) oid: u32,
    /// Its size in bytes; −1: varying.
    pub(crate) size: i16,
    /// Its modifier; −1: none.
    pub(crate) modifier: i32,
}

/// What RowDescription says about a type.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "all other types have the size of their number")]
pub(crate) fn field_type(logical: &LogicalType) -> FieldType {
    let type_oid = decode::logical_to_oid(logical);
    let size = match logical {
        LogicalType::Enum(values) if values.numbers().is_some() => ENUM_BYTES,
        _ => size(type_oid),
    };
    FieldType { oid: type_oid, size, modifier: modifier(logical) }
}

/// What an enum takes in PostgreSQL.
const ENUM_BYTES: i16 = 4;

/// A type with its enums under the numbers that the catalog gives them, by their values.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "no other type is sent as an enum or an array of one")]
pub(crate) fn numbered(
    logical: &LogicalType,
    numbers: &mut dyn FnMut(&Enumeration) -> Option<(u32, u32)>,
) -> LogicalType {
    match logical {
        LogicalType::Enum(values) => LogicalType::Enum(values.numbered(numbers(values))),
        LogicalType::List(element) => LogicalType::List(Box::new(numbered(element, numbers))),
        LogicalType::Array(element, length) => {
            LogicalType::Array(Box::new(numbered(element, numbers)), *length)
        }
        other => other.clone(),
    }
}

/// Whether a type is an enum, or an array of one.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "no other type is sent as an enum or an array of one")]
pub(crate) fn is_enum(logical: &LogicalType) -> bool {
    match logical {
        LogicalType::Enum(_) => true,
        LogicalType::List(element) | LogicalType::Array(element, _) => is_enum(element),
        _ => false,
    }
}

fn size(type_oid: u32) -> i16 {
    match type_oid {
        oid::BOOL | oid::CHAR => 1,
        oid::INT2 => 2,
        oid::INT4
        | oid::FLOAT4
        | oid::DATE
        | oid::OID
        | oid::XID
        | oid::CID
        | oid::REGPROC
        | oid::REGPROCEDURE
        | oid::REGCLASS
        | oid::REGTYPE
        | oid::REGROLE
        | oid::REGNAMESPACE => 4,
        oid::NAME => 64,
        oid::INT8 | oid::FLOAT8 | oid::TIME | oid::TIMESTAMP | oid::TIMESTAMPTZ => 8,
        oid::TIMETZ => 12,
        oid::INTERVAL | oid::UUID => 16,
        _ => -1,
    }
}

/// Precision and scale of a decimal, as `numeric` packs them; arrays carry their element's.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other types have none")]
fn modifier(logical: &LogicalType) -> i32 {
    match logical {
        LogicalType::Decimal { width, scale } => ((i32::from(*width) << 16) | i32::from(*scale)) + 4,
        _ => decode::array_element(logical).map_or(-1, |(element, _)| modifier(element)),
    }
}

/// The format that values of a type are sent in when a client asks for `asked`. Text where there is no
/// binary form, so that text never goes out under the name of binary.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "all other types have both formats")]
pub(crate) fn effective_format(logical: &LogicalType, asked: Format) -> Format {
    match logical {
        LogicalType::Unknown | LogicalType::Other(_) | LogicalType::Variant => Format::Text,
        _ => asked,
    }
}

/// The type to encode a column as whose values are of one type, when the client has been told of another;
/// nothing when it would not understand them.
#[must_use]
pub(crate) fn sent_type(described: &LogicalType, actual: &LogicalType) -> Option<LogicalType> {
    // The vectors do not say which of the catalog's enums theirs is.
    if is_enum(described) && numbered(described, &mut |_| None) == *actual {
        return Some(described.clone());
    }
    let form = |logical| (field_type(logical).oid, effective_format(logical, Format::Binary));
    if *described == LogicalType::Unknown {
        return Some(actual.clone());
    }
    // The plan knows more than the vectors' types: that there are but NULLs.
    if has_nulls_only(described) {
        return Some(described.clone());
    }
    if form(described) == form(actual) {
        return Some(actual.clone());
    }
    // It knew that lists are rectangular, or an array parameter came with more dimensions than DuckDB was told.
    let rectangular = as_array(actual)?;
    (form(described) == form(&rectangular)).then_some(rectangular)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other types have values")]
/// Whether a column of this type has but NULLs.
pub(crate) fn has_nulls_only(logical: &LogicalType) -> bool {
    match logical {
        LogicalType::List(element) => has_nulls_only(element),
        LogicalType::SqlNull => true,
        _ => false,
    }
}

/// Lists of lists taken for rectangular.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other type is a list")]
fn as_array(logical: &LogicalType) -> Option<LogicalType> {
    match logical {
        LogicalType::List(element) | LogicalType::Array(element, _) => {
            let element = if decode::is_scalar(element) { (**element).clone() } else { as_array(element)? };
            Some(LogicalType::Array(Box::new(element), 1))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_described_as_pg_type_lists_them() {
        let described = |logical: &LogicalType| {
            let FieldType { oid, size, modifier } = field_type(logical);
            (oid, size, modifier)
        };
        let decimal = LogicalType::Decimal { width: 18, scale: 2 };
        assert_eq!(described(&decimal), (oid::NUMERIC, -1, 1_179_654));
        assert_eq!(described(&LogicalType::List(Box::new(decimal))), (oid::NUMERIC_ARRAY, -1, 1_179_654));
        assert_eq!(described(&LogicalType::UTinyInt), (oid::INT2, 2, -1));
        assert_eq!(described(&LogicalType::Varchar), (oid::TEXT, -1, -1));
        assert_eq!(described(&LogicalType::TimeTz), (oid::TIMETZ, 12, -1));
        assert_eq!(
            described(&LogicalType::Map(Box::new(LogicalType::Varchar), Box::new(LogicalType::Date))).0,
            oid::JSON
        );
    }
}
