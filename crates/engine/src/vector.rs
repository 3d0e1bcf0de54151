//! One column of a [`crate::Chunk`], lent as slices without copying: the hot path of every result. Vectors are
//! always flat (the shim sees to it), so row `i`'s value is element `i`. Deliberately absent: boxed values
//! (`value.rs` reads one row at a time, for the rare places that want that).

#![expect(unsafe_code, reason = "turns DuckDB's vectors into slices that live as long as their chunk")]

use std::marker::PhantomData;

use crate::fixed::{Fixed, ListEntry, Physical, is_stored_as};
use crate::named::NamedType;
use crate::sys;
use crate::types::LogicalType;

/// One column, or one child of a nested column. Lives no longer than its chunk.
#[derive(Clone, Copy, Debug)]
pub struct Vector<'c> {
    handle: sys::duckdb_vector,
    logical_type: &'c LogicalType,
    physical: Physical,
    length: usize,
    _chunk: PhantomData<&'c ()>,
}

/// The type of a list's elements; nothing for a MAP.
fn element(list: &LogicalType) -> Option<&LogicalType> {
    if let LogicalType::List(element) = list {
        return Some(element);
    }
    let LogicalType::Named(named) = list else { return None };
    if *named == NamedType::Int2Vector {
        Some(&LogicalType::SmallInt)
    } else if *named == NamedType::OidVector {
        Some(&LogicalType::Named(NamedType::Oid))
    } else {
        None
    }
}

impl<'c> Vector<'c> {
    /// # Safety
    /// `handle` is a flat vector of `logical_type` with `length` rows that lives, unchanged, for `'c`.
    pub(crate) unsafe fn new(
        handle: sys::duckdb_vector,
        logical_type: &'c LogicalType,
        length: usize,
    ) -> Self {
        Self { handle, logical_type, physical: Physical::of(logical_type), length, _chunk: PhantomData }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The column's type.
    #[must_use]
    pub fn logical_type(&self) -> &'c LogicalType {
        self.logical_type
    }

    /// Which rows are not NULL.
    #[must_use]
    pub fn validity(&self) -> Validity<'c> {
        // SAFETY: a live vector; the mask, if any, has a bit for every row.
        let mask = unsafe { sys::duckdb_vector_get_validity(self.handle) };
        if mask.is_null() {
            return Validity { mask: None };
        }
        // SAFETY: 64 rows in each word, for at least `length` rows.
        let mask = unsafe { std::slice::from_raw_parts(mask, self.length.div_ceil(64)) };
        Validity { mask: Some(mask) }
    }

    /// The values, when they are stored as `T` ([`Fixed`] says which Rust type is which). Values of NULL rows are
    /// arbitrary.
    #[must_use]
    pub fn values<T: Fixed>(&self) -> Option<&'c [T]> {
        // SAFETY: stored as T, as just checked.
        is_stored_as::<T>(self.physical).then(|| unsafe { self.data() })
    }

    /// The bytes of VARCHAR, JSON, BLOB, BIT, BIGNUM and GEOMETRY columns.
    #[must_use]
    pub fn strings(&self) -> Option<Strings<'c>> {
        if self.physical != Physical::String {
            return None;
        }
        // SAFETY: stored as strings, as just checked; their heap lives as long as the vector.
        let values = unsafe { self.data() };
        Some(Strings { values, validity: self.validity() })
    }

    /// For LIST and MAP: where each row's elements lie, and the child vector they lie in. The elements of a MAP
    /// are structs of key and value.
    #[must_use]
    pub fn list(&self) -> Option<(&'c [ListEntry], Vector<'c>)> {
        if self.physical != Physical::List {
            return None;
        }
        // SAFETY: a live vector stored as a list; its child is flat too, and as long as said.
        unsafe {
            let child = sys::duckdb_list_vector_get_child(self.handle);
            let length = usize::try_from(sys::duckdb_list_vector_get_size(self.handle)).ok()?;
            let vector = match element(self.logical_type) {
                Some(element) => Self::new(child, element, length),
                None => Self { physical: Physical::Struct, length, handle: child, ..*self },
            };
            Some((self.data(), vector))
        }
    }

    /// For ARRAY: the elements per row, and the child vector with that many rows for each row.
    #[must_use]
    pub fn array(&self) -> Option<(u32, Vector<'c>)> {
        let LogicalType::Array(element, size) = self.logical_type else {
            return None;
        };
        let length = self.length.checked_mul(usize::try_from(*size).ok()?)?;
        // SAFETY: a live vector stored as an array; its child is flat too, and has `size` rows for each row.
        Some((*size, unsafe { Self::new(sys::duckdb_array_vector_get_child(self.handle), element, length) }))
    }

    /// For STRUCT: a vector per field. For UNION: the tag (`u8`, the index of the member), then a vector per member.
    /// For the elements of a MAP: key and value. Else empty.
    #[must_use]
    pub fn fields(&self) -> Vec<Vector<'c>> {
        if self.physical != Physical::Struct {
            return Vec::new();
        }
        let field = |index: u64, logical_type: &'c LogicalType| {
            // SAFETY: a live vector stored as a struct with a child for each field; children are flat too, and as
            // long as their parent.
            unsafe {
                Self::new(sys::duckdb_struct_vector_get_child(self.handle, index), logical_type, self.length)
            }
        };
        if let LogicalType::Struct(fields) = self.logical_type {
            (0..).zip(fields).map(|(index, (_, logical_type))| field(index, logical_type)).collect()
        } else if let LogicalType::Union(members) = self.logical_type {
            let members = (1..).zip(members).map(|(index, (_, logical_type))| field(index, logical_type));
            std::iter::once(field(0, &LogicalType::UTinyInt)).chain(members).collect()
        } else if let LogicalType::Map(key, value) = self.logical_type {
            vec![field(0, key), field(1, value)]
        } else {
            Vec::new()
        }
    }

    /// # Safety
    /// The vector's values are stored as `T`.
    unsafe fn data<T>(&self) -> &'c [T] {
        // SAFETY: a live vector; the data may be null only when there are no rows.
        let data = unsafe { sys::duckdb_vector_get_data(self.handle) };
        if data.is_null() || self.length == 0 {
            return &[];
        }
        // SAFETY: a flat vector has a value for each row, aligned for its type (DuckDB allocates them so).
        unsafe { std::slice::from_raw_parts(data.cast::<T>(), self.length) }
    }
}

/// Which rows of a vector are not NULL.
#[derive(Clone, Copy, Debug)]
pub struct Validity<'c> {
    /// One bit per row, set when it is not NULL; none when there is no NULL.
    mask: Option<&'c [u64]>,
}

impl Validity<'_> {
    /// Whether the vector is known to have no NULL at all.
    #[must_use]
    pub fn all_valid(&self) -> bool {
        self.mask.is_none()
    }

    /// Whether the row is not NULL; true past the end.
    #[must_use]
    pub fn is_valid(&self, row: usize) -> bool {
        self.mask.is_none_or(|mask| mask.get(row / 64).is_none_or(|word| word >> (row % 64) & 1 == 1))
    }
}

/// `duckdb_string_t`: short strings stand in it, long ones behind a pointer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct RawString {
    length: u32,
    inlined: [u8; 12],
}

impl RawString {
    fn bytes(&self) -> &[u8] {
        let length = usize::try_from(self.length).unwrap_or(0);
        if let Some(short) = self.inlined.get(..length) {
            return short;
        }
        let [_, _, _, _, pointer @ ..] = self.inlined;
        let pointer = std::ptr::with_exposed_provenance(usize::from_ne_bytes(pointer));
        // SAFETY: longer than 12 bytes, so the last 8 of them are a pointer to `length` bytes in the vector's heap
        // (the caller asks only for rows that are not NULL).
        unsafe { std::slice::from_raw_parts(pointer, length) }
    }
}

/// The byte strings of a vector.
#[derive(Clone, Copy, Debug)]
pub struct Strings<'c> {
    values: &'c [RawString],
    /// The value of a NULL row may be anything, a wild pointer too.
    validity: Validity<'c>,
}

impl<'c> Strings<'c> {
    /// The bytes of a row, as stored: UTF-8 for VARCHAR and JSON. Empty for a NULL row and past the end.
    #[must_use]
    pub fn bytes(&self, row: usize) -> &'c [u8] {
        match self.values.get(row) {
            Some(value) if self.validity.is_valid(row) => value.bytes(),
            Some(_) | None => &[],
        }
    }

    /// The bytes of every row in order; empty for NULL rows.
    pub fn iter(&self) -> impl Iterator<Item = &'c [u8]> + use<'c> {
        let validity = self.validity;
        let bytes = move |(row, value): (usize, &'c RawString)| {
            if validity.is_valid(row) { value.bytes() } else { &[] }
        };
        self.values.iter().enumerate().map(bytes)
    }
}
