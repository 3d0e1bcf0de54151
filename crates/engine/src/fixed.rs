//! The fixed-width physical types a vector's values are stored as (DuckDB's `PhysicalType`), and which logical
//! type is stored as which. Deliberately absent: their meaning, which is the logical type's.

use crate::types::LogicalType;

/// Months, days and microseconds, each with its own sign (`duckdb_interval`).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Months.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds.
    pub micros: i64,
}

/// Where one row's elements lie in the child vector of a LIST or MAP (`duckdb_list_entry`).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListEntry {
    /// Row of the first element in the child vector.
    pub offset: u64,
    /// Number of elements.
    pub length: u64,
}

mod sealed {
    /// How a vector's values are stored.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Physical {
        /// BOOLEAN: 0 or 1.
        Bool,
        /// 1 byte, signed.
        I8,
        /// 2 bytes, signed.
        I16,
        /// 4 bytes, signed.
        I32,
        /// 8 bytes, signed.
        I64,
        /// 16 bytes, signed.
        I128,
        /// 1 byte, unsigned.
        U8,
        /// 2 bytes, unsigned.
        U16,
        /// 4 bytes, unsigned.
        U32,
        /// 8 bytes, unsigned.
        U64,
        /// 16 bytes, unsigned.
        U128,
        /// 4 bytes, IEEE.
        F32,
        /// 8 bytes, IEEE.
        F64,
        /// Months, days, microseconds.
        Interval,
        /// `duckdb_string_t`.
        String,
        /// [`crate::ListEntry`] and a child vector.
        List,
        /// A child vector of a fixed number of elements per row.
        Array,
        /// A child vector per field.
        Struct,
        /// Not readable as any of these.
        Unknown,
    }

    pub trait Sealed {
        const PHYSICAL: Physical;
    }
}

pub(crate) use sealed::Physical;

/// A Rust type whose slices a vector can lend: exactly the fixed-width physical types. BOOLEAN reads as `u8`
/// (0 or 1), as an UTINYINT does.
pub trait Fixed: sealed::Sealed + Copy + 'static {}

macro_rules! fixed {
    ($($rust:ty => $physical:ident),* $(,)?) => {$(
        impl sealed::Sealed for $rust {
            const PHYSICAL: Physical = Physical::$physical;
        }
        impl Fixed for $rust {}
    )*};
}

fixed! {
    i8 => I8, i16 => I16, i32 => I32, i64 => I64, i128 => I128,
    u8 => U8, u16 => U16, u32 => U32, u64 => U64, u128 => U128,
    f32 => F32, f64 => F64, Interval => Interval,
}

/// Whether values stored as `physical` may be lent as `T`.
pub(crate) fn is_stored_as<T: Fixed>(physical: Physical) -> bool {
    physical == T::PHYSICAL || (physical == Physical::Bool && T::PHYSICAL == Physical::U8)
}

impl Physical {
    /// How values of a logical type are stored.
    #[must_use]
    pub(crate) fn of(logical_type: &LogicalType) -> Self {
        use LogicalType as L;
        match logical_type {
            L::Boolean => Self::Bool,
            L::TinyInt => Self::I8,
            L::SmallInt => Self::I16,
            L::Integer | L::Date | L::SqlNull => Self::I32,
            L::BigInt
            | L::Time
            | L::TimeNs
            | L::Timestamp
            | L::TimestampS
            | L::TimestampMs
            | L::TimestampNs
            | L::TimestampTz => Self::I64,
            L::HugeInt | L::Uuid => Self::I128,
            L::UTinyInt => Self::U8,
            L::USmallInt => Self::U16,
            L::UInteger => Self::U32,
            L::UBigInt | L::TimeTz => Self::U64,
            L::UHugeInt => Self::U128,
            L::Float => Self::F32,
            L::Double => Self::F64,
            L::Named(_) => Self::of(&logical_type.stored()),
            L::Decimal { width, .. } => match width {
                0..=4 => Self::I16,
                5..=9 => Self::I32,
                10..=18 => Self::I64,
                _ => Self::I128,
            },
            L::Varchar | L::Json | L::Blob | L::Bit | L::BigNum | L::Geometry => Self::String,
            L::Interval => Self::Interval,
            L::Enum(values) => match values.len() {
                0..=255 => Self::U8,
                256..=65_535 => Self::U16,
                _ => Self::U32,
            },
            L::List(_) | L::Map(..) => Self::List,
            L::Array(..) => Self::Array,
            L::Struct(_) | L::Union(_) => Self::Struct,
            L::Variant | L::Unknown | L::Other(_) => Self::Unknown,
        }
    }
}
