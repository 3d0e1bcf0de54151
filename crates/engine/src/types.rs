//! DuckDB's logical types as Rust data, read from and turned into `duckdb_logical_type` handles. Deliberately
//! absent: how values are stored (`fixed.rs`) and what they look like on any wire.

#![expect(unsafe_code, reason = "reads, makes and frees the C API's type handles")]

use std::ffi::{CStr, CString, c_char, c_void};
use std::fmt::Write;
use std::sync::OnceLock;

use crate::enumeration::Enumeration;
use crate::error::{Error, ErrorKind};
use crate::named::{Base, NamedType};
use crate::sys;

/// A logical type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogicalType {
    /// BOOLEAN.
    Boolean,
    /// TINYINT, 1 byte.
    TinyInt,
    /// SMALLINT, 2 bytes.
    SmallInt,
    /// INTEGER, 4 bytes.
    Integer,
    /// BIGINT, 8 bytes.
    BigInt,
    /// HUGEINT, 16 bytes.
    HugeInt,
    /// UTINYINT.
    UTinyInt,
    /// USMALLINT.
    USmallInt,
    /// UINTEGER.
    UInteger,
    /// UBIGINT.
    UBigInt,
    /// UHUGEINT.
    UHugeInt,
    /// FLOAT, 4 bytes.
    Float,
    /// DOUBLE, 8 bytes.
    Double,
    /// DECIMAL(width, scale).
    Decimal {
        /// Digits in all, 1 to 38.
        width: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// VARCHAR.
    Varchar,
    /// JSON: a VARCHAR with that alias.
    Json,
    /// A type of PostgreSQL's catalogs: one of the others under a name of its own.
    Named(NamedType),
    /// BLOB.
    Blob,
    /// BIT.
    Bit,
    /// BIGNUM: an integer of any size.
    BigNum,
    /// UUID.
    Uuid,
    /// DATE.
    Date,
    /// TIME, microseconds.
    Time,
    /// `TIME_NS`.
    TimeNs,
    /// TIME WITH TIME ZONE.
    TimeTz,
    /// TIMESTAMP, microseconds.
    Timestamp,
    /// `TIMESTAMP_S`.
    TimestampS,
    /// `TIMESTAMP_MS`.
    TimestampMs,
    /// `TIMESTAMP_NS`.
    TimestampNs,
    /// TIMESTAMP WITH TIME ZONE, microseconds in UTC.
    TimestampTz,
    /// INTERVAL.
    Interval,
    /// ENUM with its values.
    Enum(Enumeration),
    /// LIST of one type.
    List(Box<LogicalType>),
    /// ARRAY of one type and a fixed length.
    Array(Box<LogicalType>, u32),
    /// STRUCT; the fields of an unnamed one have empty names.
    Struct(Vec<(String, LogicalType)>),
    /// MAP of key and value.
    Map(Box<LogicalType>, Box<LogicalType>),
    /// UNION with its members.
    Union(Vec<(String, LogicalType)>),
    /// GEOMETRY.
    Geometry,
    /// VARIANT.
    Variant,
    /// The type of a bare NULL.
    SqlNull,
    /// Not resolved: a parameter nothing is known about.
    Unknown,
    /// A type this list does not know, by DuckDB's alias or number.
    Other(String),
}

/// Types without parameters: variant, id in the C API, spelling in SQL.
macro_rules! simple_types {
    ($($variant:ident = $id:ident $sql:literal,)*) => {
        fn simple_from_id(id: sys::DUCKDB_TYPE) -> Option<LogicalType> {
            Some(match id {
                $(sys::$id => LogicalType::$variant,)*
                _ => return None,
            })
        }

        impl LogicalType {
            /// The C API's id and DuckDB's spelling, for types without parameters.
            fn simple(&self) -> Option<(sys::DUCKDB_TYPE, &'static str)> {
                match self {
                    $(Self::$variant => Some((sys::$id, $sql)),)*
                    Self::Json => Some((sys::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR, "JSON")),
                    Self::Unknown => Some((sys::DUCKDB_TYPE_DUCKDB_TYPE_ANY, "ANY")),
                    Self::Decimal { .. }
                    | Self::Enum(_)
                    | Self::List(_)
                    | Self::Array(..)
                    | Self::Struct(_)
                    | Self::Map(..)
                    | Self::Union(_)
                    | Self::Named(_)
                    | Self::Other(_) => None,
                }
            }
        }
    };
}

simple_types! {
    Boolean = DUCKDB_TYPE_DUCKDB_TYPE_BOOLEAN "BOOLEAN",
    TinyInt = DUCKDB_TYPE_DUCKDB_TYPE_TINYINT "TINYINT",
    SmallInt = DUCKDB_TYPE_DUCKDB_TYPE_SMALLINT "SMALLINT",
    Integer = DUCKDB_TYPE_DUCKDB_TYPE_INTEGER "INTEGER",
    BigInt = DUCKDB_TYPE_DUCKDB_TYPE_BIGINT "BIGINT",
    HugeInt = DUCKDB_TYPE_DUCKDB_TYPE_HUGEINT "HUGEINT",
    UTinyInt = DUCKDB_TYPE_DUCKDB_TYPE_UTINYINT "UTINYINT",
    USmallInt = DUCKDB_TYPE_DUCKDB_TYPE_USMALLINT "USMALLINT",
    UInteger = DUCKDB_TYPE_DUCKDB_TYPE_UINTEGER "UINTEGER",
    UBigInt = DUCKDB_TYPE_DUCKDB_TYPE_UBIGINT "UBIGINT",
    UHugeInt = DUCKDB_TYPE_DUCKDB_TYPE_UHUGEINT "UHUGEINT",
    Float = DUCKDB_TYPE_DUCKDB_TYPE_FLOAT "FLOAT",
    Double = DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE "DOUBLE",
    Varchar = DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR "VARCHAR",
    Blob = DUCKDB_TYPE_DUCKDB_TYPE_BLOB "BLOB",
    Bit = DUCKDB_TYPE_DUCKDB_TYPE_BIT "BIT",
    BigNum = DUCKDB_TYPE_DUCKDB_TYPE_BIGNUM "BIGNUM",
    Uuid = DUCKDB_TYPE_DUCKDB_TYPE_UUID "UUID",
    Date = DUCKDB_TYPE_DUCKDB_TYPE_DATE "DATE",
    Time = DUCKDB_TYPE_DUCKDB_TYPE_TIME "TIME",
    TimeNs = DUCKDB_TYPE_DUCKDB_TYPE_TIME_NS "TIME_NS",
    TimeTz = DUCKDB_TYPE_DUCKDB_TYPE_TIME_TZ "TIME WITH TIME ZONE",
    Timestamp = DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP "TIMESTAMP",
    TimestampS = DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_S "TIMESTAMP_S",
    TimestampMs = DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_MS "TIMESTAMP_MS",
    TimestampNs = DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_NS "TIMESTAMP_NS",
    TimestampTz = DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ "TIMESTAMP WITH TIME ZONE",
    Interval = DUCKDB_TYPE_DUCKDB_TYPE_INTERVAL "INTERVAL",
    Geometry = DUCKDB_TYPE_DUCKDB_TYPE_GEOMETRY "GEOMETRY",
    Variant = DUCKDB_TYPE_DUCKDB_TYPE_VARIANT "VARIANT",
    SqlNull = DUCKDB_TYPE_DUCKDB_TYPE_SQLNULL "\"NULL\"",
}

impl LogicalType {
    /// Its spelling in DuckDB's SQL, usable in a cast or a column definition.
    #[must_use]
    pub fn sql(&self) -> String {
        let mut out = String::new();
        self.write_sql(&mut out);
        out
    }

    fn write_sql(&self, out: &mut String) {
        if let Some((_, name)) = self.simple() {
            out.push_str(name);
        } else if let Self::Decimal { width, scale } = self {
            let _ = write!(out, "DECIMAL({width},{scale})");
        } else if let Self::Enum(values) = self {
            let quote = |value: &str| format!("'{}'", value.replace('\'', "''"));
            let values: Vec<_> = values.iter().map(|value| quote(value)).collect();
            let _ = write!(out, "ENUM({})", values.join(", "));
        } else if let Self::List(child) = self {
            let _ = write!(out, "{}[]", child.sql());
        } else if let Self::Array(child, size) = self {
            let _ = write!(out, "{}[{size}]", child.sql());
        } else if let Self::Map(key, value) = self {
            let _ = write!(out, "MAP({}, {})", key.sql(), value.sql());
        } else if let Self::Struct(fields) = self {
            write_fields(out, "STRUCT", fields);
        } else if let Self::Union(members) = self {
            write_fields(out, "UNION", members);
        } else if let Self::Named(named) = self {
            out.push_str(named.sql());
        } else if let Self::Other(name) = self {
            out.push_str(name);
        }
    }

    /// The type that stores this one's values: itself, but for those with a name of their own.
    #[must_use]
    pub fn stored(&self) -> Self {
        let Self::Named(named) = self else { return self.clone() };
        match named.beneath() {
            Base::Number => Self::UInteger,
            Base::Text => Self::Varchar,
            Base::Numbers => Self::List(Box::new(Self::Named(NamedType::Oid))),
            Base::Shorts => Self::List(Box::new(Self::SmallInt)),
        }
    }

    /// This type under DuckDB's alias.
    fn named(self, alias: &str) -> Self {
        match NamedType::find(alias).map(Self::Named) {
            Some(named) if named.stored() == self => named,
            Some(_) | None => self,
        }
    }

    /// Reads a type handle.
    ///
    /// # Safety
    /// `handle` is a live logical type.
    pub(crate) unsafe fn from_handle(handle: sys::duckdb_logical_type) -> Self {
        // SAFETY: the caller's promise, here and for every call below; handles made here are owned by `Handle`.
        let id = unsafe { sys::duckdb_get_type_id(handle) };
        if let Some(simple) = simple_from_id(id) {
            if matches!(simple, Self::Varchar | Self::UInteger) {
                // SAFETY: as above; the alias is a fresh C string or null.
                let alias = unsafe { take_text(sys::duckdb_logical_type_get_alias(handle)) };
                if alias == "JSON" {
                    return Self::Json;
                }
                return simple.named(&alias);
            }
            return simple;
        }
        // SAFETY: as above.
        unsafe { Self::nested_from_handle(id, handle) }
    }

    /// # Safety
    /// `handle` is a live logical type whose id is `id`.
    unsafe fn nested_from_handle(id: sys::DUCKDB_TYPE, handle: sys::duckdb_logical_type) -> Self {
        // SAFETY: the caller's promise; each call below is the one DuckDB documents for that type id, indexes stay
        // below the count asked for, and child handles are owned by `Handle`.
        unsafe {
            match id {
                sys::DUCKDB_TYPE_DUCKDB_TYPE_DECIMAL => Self::Decimal {
                    width: sys::duckdb_decimal_width(handle),
                    scale: sys::duckdb_decimal_scale(handle),
                },
                sys::DUCKDB_TYPE_DUCKDB_TYPE_ENUM => Self::Enum(
                    (0..u64::from(sys::duckdb_enum_dictionary_size(handle)))
                        .map(|index| {
                            take_text(sys::duckdb_enum_dictionary_value(handle, index)).into_boxed_str()
                        })
                        .collect(),
                ),
                sys::DUCKDB_TYPE_DUCKDB_TYPE_LIST => {
                    let list = Self::List(Box::new(Handle(sys::duckdb_list_type_child_type(handle)).read()));
                    let alias = take_text(sys::duckdb_logical_type_get_alias(handle));
                    list.named(&alias)
                }
                sys::DUCKDB_TYPE_DUCKDB_TYPE_ARRAY => Self::Array(
                    Box::new(Handle(sys::duckdb_array_type_child_type(handle)).read()),
                    u32::try_from(sys::duckdb_array_type_array_size(handle)).unwrap_or(u32::MAX),
                ),
                sys::DUCKDB_TYPE_DUCKDB_TYPE_MAP => Self::Map(
                    Box::new(Handle(sys::duckdb_map_type_key_type(handle)).read()),
                    Box::new(Handle(sys::duckdb_map_type_value_type(handle)).read()),
                ),
                sys::DUCKDB_TYPE_DUCKDB_TYPE_STRUCT => Self::Struct(
                    (0..sys::duckdb_struct_type_child_count(handle))
                        .map(|index| {
                            let name = take_text(sys::duckdb_struct_type_child_name(handle, index));
                            (name, Handle(sys::duckdb_struct_type_child_type(handle, index)).read())
                        })
                        .collect(),
                ),
                sys::DUCKDB_TYPE_DUCKDB_TYPE_UNION => Self::Union(
                    (0..sys::duckdb_union_type_member_count(handle))
                        .map(|index| {
                            let name = take_text(sys::duckdb_union_type_member_name(handle, index));
                            (name, Handle(sys::duckdb_union_type_member_type(handle, index)).read())
                        })
                        .collect(),
                ),
                sys::DUCKDB_TYPE_DUCKDB_TYPE_ANY | sys::DUCKDB_TYPE_DUCKDB_TYPE_INVALID => {
                    let alias = take_text(sys::duckdb_logical_type_get_alias(handle));
                    if alias.is_empty() { Self::Unknown } else { Self::Other(alias) }
                }
                _ => Self::Other(format!("type {id}")),
            }
        }
    }

    /// Makes a type handle. Unknown and Other have none.
    pub(crate) fn to_handle(&self) -> Result<Handle, Error> {
        if let Some((id, _)) = self.simple() {
            // SAFETY: makes a new type; null for ids without one is caught by `Handle::checked`.
            let handle = Handle::checked(unsafe { sys::duckdb_create_logical_type(id) }, self)?;
            if *self == Self::Json {
                // SAFETY: a live type and a C string.
                unsafe { sys::duckdb_logical_type_set_alias(handle.0, c"JSON".as_ptr()) }
            }
            return Ok(handle);
        }
        if let Self::Named(named) = self {
            let handle = self.stored().to_handle()?;
            let alias = CString::new(named.alias()).unwrap_or_default();
            // SAFETY: a live type and a C string.
            unsafe { sys::duckdb_logical_type_set_alias(handle.0, alias.as_ptr()) }
            return Ok(handle);
        }
        let made = if let Self::Decimal { width, scale } = self {
            // SAFETY: makes a new type, null when width and scale do not fit.
            unsafe { sys::duckdb_create_decimal_type(*width, *scale) }
        } else if let Self::Enum(values) = self {
            let names = c_strings(values.iter().map(AsRef::as_ref))?;
            let mut pointers = c_pointers(&names);
            // SAFETY: as many live C strings as said.
            unsafe { sys::duckdb_create_enum_type(pointers.as_mut_ptr(), count(&names)) }
        } else if let Self::List(child) = self {
            let child = child.to_handle()?;
            // SAFETY: a live type, which is copied.
            unsafe { sys::duckdb_create_list_type(child.0) }
        } else if let Self::Array(child, size) = self {
            let child = child.to_handle()?;
            // SAFETY: a live type, which is copied.
            unsafe { sys::duckdb_create_array_type(child.0, u64::from(*size)) }
        } else if let Self::Map(key, value) = self {
            let (key, value) = (key.to_handle()?, value.to_handle()?);
            // SAFETY: live types, which are copied.
            unsafe { sys::duckdb_create_map_type(key.0, value.0) }
        } else if let Self::Struct(fields) = self {
            make_from_fields(fields, sys::duckdb_create_struct_type)?
        } else if let Self::Union(members) = self {
            make_from_fields(members, sys::duckdb_create_union_type)?
        } else {
            std::ptr::null_mut()
        };
        Handle::checked(made, self)
    }
}

fn write_fields(out: &mut String, keyword: &str, fields: &[(String, LogicalType)]) {
    out.push_str(keyword);
    for (index, (name, field)) in fields.iter().enumerate() {
        out.push_str(if index == 0 { "(" } else { ", " });
        if !name.is_empty() {
            let _ = write!(out, "\"{}\" ", name.replace('"', "\"\""));
        }
        field.write_sql(out);
    }
    out.push(')');
}

type CreateFromFields = unsafe extern "C" fn(
    *mut sys::duckdb_logical_type,
    *mut *const c_char,
    sys::idx_t,
) -> sys::duckdb_logical_type;

fn make_from_fields(
    fields: &[(String, LogicalType)],
    create: CreateFromFields,
) -> Result<sys::duckdb_logical_type, Error> {
    let types = fields.iter().map(|(_, field)| field.to_handle()).collect::<Result<Vec<_>, _>>()?;
    let mut handles: Vec<_> = types.iter().map(|handle| handle.0).collect();
    let names = c_strings(fields.iter().map(|(name, _)| name.as_str()))?;
    let mut pointers = c_pointers(&names);
    // SAFETY: as many live types and C strings as said; both are copied.
    Ok(unsafe { create(handles.as_mut_ptr(), pointers.as_mut_ptr(), count(&names)) })
}

fn c_strings<'s>(texts: impl Iterator<Item = &'s str>) -> Result<Vec<CString>, Error> {
    texts
        .map(|text| CString::new(text).map_err(|_| Error::new(ErrorKind::InvalidInput, "name with a NUL")))
        .collect()
}

fn c_pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).collect()
}

fn count<T>(list: &[T]) -> sys::idx_t {
    sys::idx_t::try_from(list.len()).unwrap_or(sys::idx_t::MAX)
}

/// Copies and frees a C string that DuckDB made; null is empty.
///
/// # Safety
/// `text` is null or a C string to be freed with `duckdb_free`.
unsafe fn take_text(text: *mut c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    let owned = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    // SAFETY: the caller's promise; not used after this.
    unsafe { sys::duckdb_free(text.cast()) }
    owned
}

/// An owned type handle.
pub(crate) struct Handle(pub(crate) sys::duckdb_logical_type);

impl Handle {
    fn checked(handle: sys::duckdb_logical_type, logical_type: &LogicalType) -> Result<Self, Error> {
        let handle = Self(handle);
        let is_usable = !handle.0.is_null() && {
            // SAFETY: not null, so a live type that was just made.
            let id = unsafe { sys::duckdb_get_type_id(handle.0) };
            id != sys::DUCKDB_TYPE_DUCKDB_TYPE_INVALID
        };
        if is_usable {
            return Ok(handle);
        }
        let message = format!("no values of type {} can be made", logical_type.sql());
        Err(Error::new(ErrorKind::NotImplemented, message))
    }

    /// Reads the type; Unknown when there is none.
    pub(crate) fn read(&self) -> LogicalType {
        if self.0.is_null() {
            return LogicalType::Unknown;
        }
        // SAFETY: not null, so a live type that this handle owns.
        unsafe { LogicalType::from_handle(self.0) }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: null, or a live type that this handle owns.
        unsafe { sys::duckdb_destroy_logical_type(&raw mut self.0) }
    }
}

/// What tells which type values go over the wire as, with its modifier.
pub(crate) type SentAs = fn(&LogicalType) -> (u32, i32);

static SENT_AS: OnceLock<SentAs> = OnceLock::new();

/// The first one stays: all instances of a process serve the same wire.
pub(crate) fn tell_sent_as(sent_as: SentAs) {
    let _ = SENT_AS.set(sent_as);
}

/// `ShimSentAs`.
///
/// # Safety
/// `logical` is a live type, and both places can be written.
pub(crate) unsafe extern "C" fn sent_as(logical: *const c_void, oid: *mut u32, modifier: *mut i32) {
    let Some(tell) = SENT_AS.get() else { return };
    // SAFETY: the caller's promise.
    let logical = unsafe { LogicalType::from_handle(logical.cast_mut().cast()) };
    let told = tell(&logical);
    // SAFETY: the caller's promise.
    unsafe {
        *oid = told.0;
        *modifier = told.1;
    }
}
