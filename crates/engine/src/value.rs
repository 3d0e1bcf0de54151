//! Single values: parameters for [`crate::Statement::bind`], cells for the slow way into a
//! [`crate::ChunkBuilder`], and the slow way out of a [`crate::Vector`]. Numbers and times are as DuckDB stores them.
//! Deliberately absent: text and wire forms.

#![expect(unsafe_code, reason = "makes and frees the C API's value handles")]

use crate::error::{Error, ErrorKind};
use crate::fixed::Interval;
use crate::sys;
use crate::types::LogicalType;

/// One value of any type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL of no type.
    Null,
    /// BOOLEAN.
    Boolean(bool),
    /// TINYINT.
    TinyInt(i8),
    /// SMALLINT.
    SmallInt(i16),
    /// INTEGER.
    Integer(i32),
    /// BIGINT.
    BigInt(i64),
    /// HUGEINT.
    HugeInt(i128),
    /// UTINYINT.
    UTinyInt(u8),
    /// USMALLINT.
    USmallInt(u16),
    /// UINTEGER.
    UInteger(u32),
    /// UBIGINT.
    UBigInt(u64),
    /// UHUGEINT.
    UHugeInt(u128),
    /// FLOAT.
    Float(f32),
    /// DOUBLE.
    Double(f64),
    /// DECIMAL: `value / 10^scale`.
    Decimal {
        /// The digits.
        value: i128,
        /// Digits in all.
        width: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// VARCHAR; also for JSON and for the values of an ENUM, which DuckDB casts.
    Varchar(String),
    /// BLOB.
    Blob(Vec<u8>),
    /// BIT: `0` and `1`, the highest bit first.
    Bit(String),
    /// BIGNUM.
    BigNum {
        /// Whether it is below zero.
        negative: bool,
        /// The absolute value, most significant byte first.
        magnitude: Vec<u8>,
    },
    /// UUID.
    Uuid(u128),
    /// DATE: days since 1970-01-01.
    Date(i32),
    /// TIME: microseconds since midnight.
    Time(i64),
    /// `TIME_NS`: nanoseconds since midnight.
    TimeNs(i64),
    /// TIME WITH TIME ZONE.
    TimeTz {
        /// Microseconds since midnight.
        micros: i64,
        /// Seconds east of UTC.
        offset_s: i32,
    },
    /// TIMESTAMP: microseconds since 1970-01-01.
    Timestamp(i64),
    /// `TIMESTAMP_S`: seconds.
    TimestampS(i64),
    /// `TIMESTAMP_MS`: milliseconds.
    TimestampMs(i64),
    /// `TIMESTAMP_NS`: nanoseconds.
    TimestampNs(i64),
    /// TIMESTAMP WITH TIME ZONE: microseconds since 1970-01-01 00:00 UTC.
    TimestampTz(i64),
    /// INTERVAL.
    Interval(Interval),
    /// LIST with the type of its elements.
    List(LogicalType, Vec<Value>),
    /// ARRAY with the type of its elements.
    Array(LogicalType, Vec<Value>),
    /// STRUCT with its fields.
    Struct(Vec<(String, LogicalType, Value)>),
    /// MAP with the types of its keys and values.
    Map(LogicalType, LogicalType, Vec<(Value, Value)>),
    /// UNION: all its members, the index of the one that is set, and its value.
    Union(Vec<(String, LogicalType)>, usize, Box<Value>),
}

/// An owned `duckdb_value`.
pub(crate) struct ValueHandle(pub(crate) sys::duckdb_value);

impl Drop for ValueHandle {
    fn drop(&mut self) {
        // SAFETY: null, or a live value that this handle owns.
        unsafe { sys::duckdb_destroy_value(&raw mut self.0) }
    }
}

impl ValueHandle {
    fn checked(value: sys::duckdb_value, what: &str) -> Result<Self, Error> {
        if value.is_null() {
            return Err(Error::new(ErrorKind::InvalidInput, format!("not a value of type {what}")));
        }
        Ok(Self(value))
    }
}

impl Value {
    /// Makes the C API's form of the value.
    pub(crate) fn to_handle(&self) -> Result<ValueHandle, Error> {
        // SAFETY: plain numbers go in and an owned value comes out, or null where they do not fit their type.
        let made = unsafe {
            match self {
                Self::Null => sys::duckdb_create_null_value(),
                Self::Boolean(value) => sys::duckdb_create_bool(*value),
                Self::TinyInt(value) => sys::duckdb_create_int8(*value),
                Self::SmallInt(value) => sys::duckdb_create_int16(*value),
                Self::Integer(value) => sys::duckdb_create_int32(*value),
                Self::BigInt(value) => sys::duckdb_create_int64(*value),
                Self::HugeInt(value) => sys::duckdb_create_hugeint(hugeint(*value)),
                Self::UTinyInt(value) => sys::duckdb_create_uint8(*value),
                Self::USmallInt(value) => sys::duckdb_create_uint16(*value),
                Self::UInteger(value) => sys::duckdb_create_uint32(*value),
                Self::UBigInt(value) => sys::duckdb_create_uint64(*value),
                Self::UHugeInt(value) => sys::duckdb_create_uhugeint(uhugeint(*value)),
                Self::Float(value) => sys::duckdb_create_float(*value),
                Self::Double(value) => sys::duckdb_create_double(*value),
                Self::Uuid(value) => sys::duckdb_create_uuid(uhugeint(*value)),
                Self::Date(days) => sys::duckdb_create_date(sys::duckdb_date { days: *days }),
                Self::Time(micros) => sys::duckdb_create_time(sys::duckdb_time { micros: *micros }),
                Self::TimeNs(nanos) => sys::duckdb_create_time_ns(sys::duckdb_time_ns { nanos: *nanos }),
                Self::TimeTz { micros, offset_s } => {
                    sys::duckdb_create_time_tz_value(sys::duckdb_create_time_tz(*micros, *offset_s))
                }
                Self::Timestamp(micros) => sys::duckdb_create_timestamp(timestamp(*micros)),
                Self::TimestampTz(micros) => sys::duckdb_create_timestamp_tz(timestamp(*micros)),
                Self::TimestampS(seconds) => {
                    sys::duckdb_create_timestamp_s(sys::duckdb_timestamp_s { seconds: *seconds })
                }
                Self::TimestampMs(millis) => {
                    sys::duckdb_create_timestamp_ms(sys::duckdb_timestamp_ms { millis: *millis })
                }
                Self::TimestampNs(nanos) => {
                    sys::duckdb_create_timestamp_ns(sys::duckdb_timestamp_ns { nanos: *nanos })
                }
                Self::Interval(Interval { months, days, micros }) => {
                    let (months, days, micros) = (*months, *days, *micros);
                    sys::duckdb_create_interval(sys::duckdb_interval { months, days, micros })
                }
                Self::Decimal { value, width, scale } => return decimal(*value, *width, *scale),
                Self::Varchar(text) => return varchar(text),
                Self::Blob(bytes) => return blob(bytes),
                Self::Bit(digits) => return bit(digits),
                Self::BigNum { negative, magnitude } => return bignum(*negative, magnitude),
                Self::List(element, values) => return list(element, values),
                Self::Array(element, values) => return array(element, values),
                Self::Struct(fields) => return structure(fields),
                Self::Map(key, value, entries) => return map(key, value, entries),
                Self::Union(members, tag, value) => return union(members, *tag, value),
            }
        };
        ValueHandle::checked(made, "value")
    }

    /// As [`Value::to_handle`], with the values of an ENUM as what they are in `logical_type`.
    pub(crate) fn to_handle_of(&self, logical_type: &LogicalType) -> Result<ValueHandle, Error> {
        let (Self::Varchar(text), LogicalType::Enum(values)) = (self, logical_type) else {
            return self.to_handle();
        };
        let index = values.iter().position(|value| **value == **text);
        let Some(index) = index.and_then(|index| u64::try_from(index).ok()) else {
            return Err(Error::new(ErrorKind::Conversion, format!("\"{text}\" is not a value of the enum")));
        };
        let handle = logical_type.to_handle()?;
        // SAFETY: an enum type and an index into it.
        ValueHandle::checked(unsafe { sys::duckdb_create_enum_value(handle.0, index) }, "ENUM")
    }
}

fn decimal(value: i128, width: u8, scale: u8) -> Result<ValueHandle, Error> {
    let is_type = (1..=38).contains(&width) && scale <= width;
    if !is_type || value.unsigned_abs() >= 10_u128.pow(u32::from(width)) {
        return Err(not_a("DECIMAL"));
    }
    // SAFETY: digits that fit a width that exists.
    let made =
        unsafe { sys::duckdb_create_decimal(sys::duckdb_decimal { width, scale, value: hugeint(value) }) };
    ValueHandle::checked(made, "DECIMAL")
}

fn varchar(text: &str) -> Result<ValueHandle, Error> {
    // SAFETY: as many readable bytes as said, UTF-8, which are copied.
    let made = unsafe { sys::duckdb_create_varchar_length(text.as_ptr().cast(), length(text.as_bytes())) };
    ValueHandle::checked(made, "VARCHAR")
}

fn blob(bytes: &[u8]) -> Result<ValueHandle, Error> {
    // SAFETY: as many readable bytes as said, which are copied.
    ValueHandle::checked(unsafe { sys::duckdb_create_blob(bytes.as_ptr(), length(bytes)) }, "BLOB")
}

fn bit(digits: &str) -> Result<ValueHandle, Error> {
    let mut bytes = pack_bits(digits)?;
    let bit = sys::duckdb_bit { data: bytes.as_mut_ptr(), size: length(&bytes) };
    // SAFETY: a padding byte and at least one of bits, which are copied.
    ValueHandle::checked(unsafe { sys::duckdb_create_bit(bit) }, "BIT")
}

fn bignum(negative: bool, magnitude: &[u8]) -> Result<ValueHandle, Error> {
    let mut bytes = if magnitude.is_empty() { vec![0] } else { magnitude.to_vec() };
    let number = sys::duckdb_bignum { data: bytes.as_mut_ptr(), size: length(&bytes), is_negative: negative };
    // SAFETY: at least one byte, which are copied.
    ValueHandle::checked(unsafe { sys::duckdb_create_bignum(number) }, "BIGNUM")
}

fn list(element: &LogicalType, values: &[Value]) -> Result<ValueHandle, Error> {
    let (element, values) = (element.to_handle()?, Handles::new(values)?);
    // SAFETY: a live type and as many live values as said; all are copied.
    let made = unsafe { sys::duckdb_create_list_value(element.0, values.pointer(), values.count()) };
    ValueHandle::checked(made, "LIST")
}

fn array(element: &LogicalType, values: &[Value]) -> Result<ValueHandle, Error> {
    let (element, values) = (element.to_handle()?, Handles::new(values)?);
    // SAFETY: a live type and as many live values as said; all are copied.
    let made = unsafe { sys::duckdb_create_array_value(element.0, values.pointer(), values.count()) };
    ValueHandle::checked(made, "ARRAY")
}

fn structure(fields: &[(String, LogicalType, Value)]) -> Result<ValueHandle, Error> {
    let types = fields.iter().map(|(name, field, _)| (name.clone(), field.clone())).collect();
    let logical_type = LogicalType::Struct(types).to_handle()?;
    let values = Handles::new(fields.iter().map(|(_, _, value)| value))?;
    // SAFETY: a struct type and a live value for each of its fields; all are copied.
    let made = unsafe { sys::duckdb_create_struct_value(logical_type.0, values.pointer()) };
    ValueHandle::checked(made, "STRUCT")
}

fn map(key: &LogicalType, value: &LogicalType, entries: &[(Value, Value)]) -> Result<ValueHandle, Error> {
    let logical_type = LogicalType::Map(Box::new(key.clone()), Box::new(value.clone())).to_handle()?;
    let keys = Handles::new(entries.iter().map(|(key, _)| key))?;
    let values = Handles::new(entries.iter().map(|(_, value)| value))?;
    // SAFETY: a map type and as many live keys and values as said; all are copied.
    let made = unsafe {
        sys::duckdb_create_map_value(logical_type.0, keys.pointer(), values.pointer(), keys.count())
    };
    ValueHandle::checked(made, "MAP")
}

fn union(members: &[(String, LogicalType)], tag: usize, value: &Value) -> Result<ValueHandle, Error> {
    let logical_type = LogicalType::Union(members.to_vec()).to_handle()?;
    let value = value.to_handle()?;
    let tag = sys::idx_t::try_from(tag).unwrap_or(sys::idx_t::MAX);
    // SAFETY: a union type and a live value; null comes out when the tag does not fit.
    ValueHandle::checked(unsafe { sys::duckdb_create_union_value(logical_type.0, tag, value.0) }, "UNION")
}

/// Several owned values, lent as the array that the C API wants.
struct Handles {
    _owned: Vec<ValueHandle>,
    raw: Vec<sys::duckdb_value>,
}

impl Handles {
    fn new<'v>(values: impl IntoIterator<Item = &'v Value>) -> Result<Self, Error> {
        let owned = values.into_iter().map(Value::to_handle).collect::<Result<Vec<_>, _>>()?;
        let raw = owned.iter().map(|value| value.0).collect();
        Ok(Self { _owned: owned, raw })
    }

    /// The C API takes it as mutable, and does not change it.
    fn pointer(&self) -> *mut sys::duckdb_value {
        self.raw.as_ptr().cast_mut()
    }

    fn count(&self) -> sys::idx_t {
        sys::idx_t::try_from(self.raw.len()).unwrap_or(sys::idx_t::MAX)
    }
}

fn length(bytes: &[u8]) -> sys::idx_t {
    sys::idx_t::try_from(bytes.len()).unwrap_or(sys::idx_t::MAX)
}

fn not_a(what: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("not a valid {what}"))
}

fn timestamp(micros: i64) -> sys::duckdb_timestamp {
    sys::duckdb_timestamp { micros }
}

/// DuckDB's BIT: the number of padding bits, then the bits, padded in front with ones (`bit.cpp`).
fn pack_bits(digits: &str) -> Result<Vec<u8>, Error> {
    let invalid = || Error::new(ErrorKind::Conversion, "a bit string has one or more digits, each 0 or 1");
    if digits.is_empty() {
        return Err(invalid());
    }
    let padding = (8 - digits.len() % 8) % 8;
    let mut packed = vec![u8::try_from(padding).unwrap_or(0)];
    let mut byte = 0_u8;
    let padded = std::iter::repeat_n(b'1', padding).chain(digits.bytes());
    for (index, digit) in padded.enumerate() {
        let bit = match digit {
            b'0' => 0,
            b'1' => 1,
            _ => return Err(invalid()),
        };
        byte = byte << 1 | bit;
        if index % 8 == 7 {
            packed.push(byte);
            byte = 0;
        }
    }
    Ok(packed)
}

fn hugeint(value: i128) -> sys::duckdb_hugeint {
    let bytes = value.to_le_bytes();
    let (low, high) = halves(bytes);
    sys::duckdb_hugeint { lower: u64::from_le_bytes(low), upper: i64::from_le_bytes(high) }
}

fn uhugeint(value: u128) -> sys::duckdb_uhugeint {
    let (low, high) = halves(value.to_le_bytes());
    sys::duckdb_uhugeint { lower: u64::from_le_bytes(low), upper: u64::from_le_bytes(high) }
}

fn halves(bytes: [u8; 16]) -> ([u8; 8], [u8; 8]) {
    let mut low = [0; 8];
    let mut high = [0; 8];
    for (index, byte) in bytes.into_iter().enumerate() {
        let half = if index < 8 { &mut low } else { &mut high };
        if let Some(place) = half.get_mut(index % 8) {
            *place = byte;
        }
    }
    (low, high)
}
