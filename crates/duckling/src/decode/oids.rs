//! Which PostgreSQL type stands for which of DuckDB's (PRODUCT §6), and back.

use engine::{LogicalType, NamedType};
use wire::{oid, types::array::MAX_DIMENSIONS};

/// The scalar types that have an array type, with it.
const ARRAYS: [(u32, u32); 29] = [
    (oid::BOOL, oid::BOOL_ARRAY),
    (oid::BYTEA, oid::BYTEA_ARRAY),
    (oid::CHAR, oid::CHAR_ARRAY),
    (oid::NAME, oid::NAME_ARRAY),
    (oid::INT2, oid::INT2_ARRAY),
    (oid::INT4, oid::INT4_ARRAY),
    (oid::TEXT, oid::TEXT_ARRAY),
    (oid::BPCHAR, oid::BPCHAR_ARRAY),
    (oid::VARCHAR, oid::VARCHAR_ARRAY),
    (oid::INT8, oid::INT8_ARRAY),
    (oid::FLOAT4, oid::FLOAT4_ARRAY),
    (oid::FLOAT8, oid::FLOAT8_ARRAY),
    (oid::OID, oid::OID_ARRAY),
    (oid::TIMESTAMP, oid::TIMESTAMP_ARRAY),
    (oid::DATE, oid::DATE_ARRAY),
    (oid::TIME, oid::TIME_ARRAY),
    (oid::TIMESTAMPTZ, oid::TIMESTAMPTZ_ARRAY),
    (oid::INTERVAL, oid::INTERVAL_ARRAY),
    (oid::NUMERIC, oid::NUMERIC_ARRAY),
    (oid::TIMETZ, oid::TIMETZ_ARRAY),
    (oid::VARBIT, oid::VARBIT_ARRAY),
    (oid::UUID, oid::UUID_ARRAY),
    (oid::JSON, oid::JSON_ARRAY),
    (oid::JSONB, oid::JSONB_ARRAY),
    // bit[] and "char"[] have no names of their own in wire::oid.
    (oid::BIT, 1561),
    (oid::REGCLASS, 2210),
    (oid::ACLITEM, oid::ACLITEM_ARRAY),
    (oid::REGPROC, oid::REGPROC_ARRAY),
    (oid::REGTYPE, oid::REGTYPE_ARRAY),
];

/// The array type of a type.
#[must_use]
pub(crate) fn array_of(element_oid: u32) -> Option<u32> {
    ARRAYS.iter().find(|(element, _)| *element == element_oid).map(|(_, array)| *array)
}

/// The element type of an array type; nothing for other types.
#[must_use]
pub(crate) fn element_of(array_oid: u32) -> Option<u32> {
    ARRAYS.iter().find(|(_, array)| *array == array_oid).map(|(element, _)| *element)
}

/// The same for a DuckDB type.
fn array_type(element: &LogicalType) -> Option<u32> {
    if let LogicalType::Enum(values) = element
        && let Some((_, array)) = values.numbers()
    {
        return Some(array);
    }
    array_of(logical_to_oid(element))
}

/// The PostgreSQL type that a DuckDB type goes over the wire as.
#[must_use]
pub(crate) fn logical_to_oid(logical: &LogicalType) -> u32 {
    match logical {
        LogicalType::List(_) | LogicalType::Array(..) => {
            let array = array_element(logical).and_then(|(element, _)| array_type(element));
            array.unwrap_or(oid::JSON)
        }
        LogicalType::Boolean => oid::BOOL,
        LogicalType::TinyInt | LogicalType::UTinyInt | LogicalType::SmallInt => oid::INT2,
        LogicalType::USmallInt | LogicalType::Integer => oid::INT4,
        LogicalType::UInteger | LogicalType::BigInt => oid::INT8,
        LogicalType::UBigInt
        | LogicalType::HugeInt
        | LogicalType::UHugeInt
        | LogicalType::BigNum
        | LogicalType::Decimal { .. } => oid::NUMERIC,
        LogicalType::Float => oid::FLOAT4,
        LogicalType::Double => oid::FLOAT8,
        LogicalType::Enum(values) => values.numbers().map_or(oid::TEXT, |(own, _)| own),
        LogicalType::Varchar | LogicalType::SqlNull | LogicalType::Unknown | LogicalType::Other(_) => {
            oid::TEXT
        }
        LogicalType::Blob | LogicalType::Geometry => oid::BYTEA,
        LogicalType::Bit => oid::VARBIT,
        LogicalType::Uuid => oid::UUID,
        LogicalType::Date => oid::DATE,
        LogicalType::Time | LogicalType::TimeNs => oid::TIME,
        LogicalType::TimeTz => oid::TIMETZ,
        LogicalType::Timestamp
        | LogicalType::TimestampS
        | LogicalType::TimestampMs
        | LogicalType::TimestampNs => oid::TIMESTAMP,
        LogicalType::TimestampTz => oid::TIMESTAMPTZ,
        LogicalType::Interval => oid::INTERVAL,
        LogicalType::Json
        | LogicalType::Struct(_)
        | LogicalType::Map(..)
        | LogicalType::Union(_)
        | LogicalType::Variant => oid::JSON,
        LogicalType::Named(named) => named_to_oid(*named),
    }
}

fn named_to_oid(named: NamedType) -> u32 {
    match named {
        NamedType::Oid => oid::OID,
        NamedType::Name | NamedType::SchemaName => oid::NAME,
        NamedType::Char => oid::CHAR,
        NamedType::Varchar => oid::VARCHAR,
        NamedType::Regproc | NamedType::SentRegproc => oid::REGPROC,
        NamedType::Regprocedure | NamedType::SentRegprocedure => oid::REGPROCEDURE,
        NamedType::Regclass | NamedType::SentRegclass => oid::REGCLASS,
        NamedType::Regtype | NamedType::SentRegtype => oid::REGTYPE,
        NamedType::Regrole | NamedType::SentRegrole => oid::REGROLE,
        NamedType::Regnamespace | NamedType::SentRegnamespace => oid::REGNAMESPACE,
        NamedType::Regoper | NamedType::SentRegoper => oid::REGOPER,
        NamedType::Regoperator | NamedType::SentRegoperator => oid::REGOPERATOR,
        NamedType::Regcollation | NamedType::SentRegcollation => oid::REGCOLLATION,
        NamedType::Regconfig | NamedType::SentRegconfig => oid::REGCONFIG,
        NamedType::Regdictionary | NamedType::SentRegdictionary => oid::REGDICTIONARY,
        NamedType::Xid => oid::XID,
        NamedType::Cid => oid::CID,
        NamedType::PgNodeTree => oid::PG_NODE_TREE,
        NamedType::AclItem => oid::ACLITEM,
        NamedType::PgLsn => oid::PG_LSN,
        NamedType::Int2Vector => oid::INT2VECTOR,
        NamedType::OidVector => oid::OIDVECTOR,
    }
}

/// The innermost elements of a type that is an array on the wire, and how many levels lie above them; nothing
/// for all other types. Lists of lists are arrays where the type makes them rectangular, as `INTEGER[2][3]`
/// does.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "no other type is an array")]
pub(crate) fn array_element(logical: &LogicalType) -> Option<(&LogicalType, usize)> {
    match logical {
        LogicalType::List(element) | LogicalType::Array(element, _) if is_scalar(element) => {
            Some((element, 1))
        }
        LogicalType::Named(NamedType::Int2Vector) => Some((&LogicalType::SmallInt, 1)),
        LogicalType::Named(NamedType::OidVector) => Some((&LogicalType::Named(NamedType::Oid), 1)),
        LogicalType::Array(inner, _) if matches!(**inner, LogicalType::Array(..)) => array_element(inner)
            .map(|(element, depth)| (element, depth + 1))
            .filter(|(_, depth)| *depth <= MAX_DIMENSIONS),
        _ => None,
    }
}

/// Whether lists of the type are PostgreSQL arrays.
#[must_use]
pub(crate) fn is_scalar(logical: &LogicalType) -> bool {
    !matches!(
        logical,
        LogicalType::List(_)
            | LogicalType::Array(..)
            | LogicalType::Struct(_)
            | LogicalType::Map(..)
            | LogicalType::Union(_)
            | LogicalType::Variant
            | LogicalType::Unknown
            | LogicalType::Named(NamedType::Int2Vector | NamedType::OidVector)
            | LogicalType::Other(_)
    )
}

/// The DuckDB type for a type that a client declares; nothing when there is none.
///
/// A bare numeric becomes DECIMAL(38,10): DuckDB has no decimal without a scale.
#[must_use]
pub(crate) fn oid_to_logical(type_oid: u32) -> Option<LogicalType> {
    if let Some(element) = element_of(type_oid) {
        return oid_to_logical(element).map(|element| LogicalType::List(Box::new(element)));
    }
    Some(match type_oid {
        oid::BOOL => LogicalType::Boolean,
        oid::BYTEA => LogicalType::Blob,
        oid::CHAR | oid::NAME | oid::TEXT | oid::BPCHAR | oid::VARCHAR | oid::UNKNOWN => LogicalType::Varchar,
        oid::INT8 => LogicalType::BigInt,
        oid::INT2 => LogicalType::SmallInt,
        oid::INT4 => LogicalType::Integer,
        oid::OID => LogicalType::Named(NamedType::Oid),
        oid::REGPROC => LogicalType::Named(NamedType::Regproc),
        oid::REGPROCEDURE => LogicalType::Named(NamedType::Regprocedure),
        oid::REGCLASS => LogicalType::Named(NamedType::Regclass),
        oid::REGTYPE => LogicalType::Named(NamedType::Regtype),
        oid::REGROLE => LogicalType::Named(NamedType::Regrole),
        oid::REGOPER => LogicalType::Named(NamedType::Regoper),
        oid::REGOPERATOR => LogicalType::Named(NamedType::Regoperator),
        oid::REGCOLLATION => LogicalType::Named(NamedType::Regcollation),
        oid::REGCONFIG => LogicalType::Named(NamedType::Regconfig),
        oid::REGDICTIONARY => LogicalType::Named(NamedType::Regdictionary),
        oid::REGNAMESPACE => LogicalType::Named(NamedType::Regnamespace),
        oid::XID => LogicalType::Named(NamedType::Xid),
        oid::CID => LogicalType::Named(NamedType::Cid),
        oid::FLOAT4 => LogicalType::Float,
        oid::FLOAT8 => LogicalType::Double,
        oid::NUMERIC => LogicalType::Decimal { width: 38, scale: 10 },
        oid::JSON | oid::JSONB => LogicalType::Json,
        oid::DATE => LogicalType::Date,
        oid::TIME => LogicalType::Time,
        oid::TIMETZ => LogicalType::TimeTz,
        oid::TIMESTAMP => LogicalType::Timestamp,
        oid::TIMESTAMPTZ => LogicalType::TimestampTz,
        oid::INTERVAL => LogicalType::Interval,
        oid::BIT | oid::VARBIT => LogicalType::Bit,
        oid::UUID => LogicalType::Uuid,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_a_client_can_declare_comes_back_the_same() {
        for type_oid in [
            oid::BOOL,
            oid::BYTEA,
            oid::INT8,
            oid::INT2,
            oid::INT4,
            oid::TEXT,
            oid::FLOAT4,
            oid::FLOAT8,
            oid::NUMERIC,
            oid::JSON,
            oid::DATE,
            oid::TIME,
            oid::TIMETZ,
            oid::TIMESTAMP,
            oid::TIMESTAMPTZ,
            oid::INTERVAL,
            oid::VARBIT,
            oid::UUID,
            oid::INT4_ARRAY,
            oid::TEXT_ARRAY,
        ] {
            let logical = oid_to_logical(type_oid).unwrap();
            assert_eq!(logical_to_oid(&logical), type_oid, "{logical:?}");
        }
        assert_eq!(oid_to_logical(600), None);
    }

    #[test]
    fn nesting_that_may_be_ragged_is_json() {
        let list = |element| LogicalType::List(Box::new(element));
        assert_eq!(logical_to_oid(&list(LogicalType::Integer)), oid::INT4_ARRAY);
        assert_eq!(logical_to_oid(&list(list(LogicalType::Integer))), oid::JSON);
        assert_eq!(logical_to_oid(&list(LogicalType::Struct(vec![]))), oid::JSON);
        let array = |element| LogicalType::Array(Box::new(element), 2);
        assert_eq!(logical_to_oid(&array(array(LogicalType::Date))), oid::DATE_ARRAY);
        assert_eq!(logical_to_oid(&array(list(LogicalType::Date))), oid::JSON);
        assert_eq!(logical_to_oid(&list(array(LogicalType::Date))), oid::JSON);
        let seven = (0..7).fold(LogicalType::Integer, |element, _| array(element));
        assert_eq!(logical_to_oid(&seven), oid::JSON);
    }
}
