//! Chunks to be filled by us, for bulk load: typed slices for the fast way, any [`Value`] for the slow one.
//! Deliberately absent: rows; a chunk is filled column by column.

#![expect(unsafe_code, reason = "writes into DuckDB's vectors")]

use std::ffi::c_void;

use crate::error::{Error, ErrorKind, ErrorSlot};
use crate::fixed::{Fixed, Physical, is_stored_as};
use crate::sys;
use crate::types::LogicalType;
use crate::value::Value;

/// A chunk of rows under construction.
#[derive(Debug)]
pub struct ChunkBuilder {
    handle: sys::duckdb_data_chunk,
    types: Box<[LogicalType]>,
    /// Looked up once for all rows: the vectors stay where they are until the chunk is reset.
    columns: Vec<RawColumn>,
    length: usize,
}

/// A vector of the chunk, and its values.
#[derive(Clone, Copy, Debug)]
struct RawColumn {
    handle: sys::duckdb_vector,
    data: *mut c_void,
    physical: Physical,
}

// SAFETY: the chunk owns its vectors; nothing ties it to a thread.
unsafe impl Send for ChunkBuilder {}

impl ChunkBuilder {
    /// Rows in a full chunk (DuckDB's `STANDARD_VECTOR_SIZE`).
    pub const CAPACITY: usize = 2048;

    /// An empty chunk with these columns.
    ///
    /// # Errors
    /// A type of which no values can be made.
    pub fn new(types: &[LogicalType]) -> Result<Self, Error> {
        let handles = types.iter().map(LogicalType::to_handle).collect::<Result<Vec<_>, _>>()?;
        let mut raw: Vec<_> = handles.iter().map(|handle| handle.0).collect();
        let count = sys::idx_t::try_from(raw.len()).unwrap_or(0);
        // SAFETY: as many live types as said, which are copied.
        let handle = unsafe { sys::duckdb_create_data_chunk(raw.as_mut_ptr(), count) };
        if handle.is_null() {
            return Err(Error::new(ErrorKind::InvalidInput, "a chunk needs columns of known types"));
        }
        let mut chunk = Self { handle, types: types.into(), columns: Vec::new(), length: 0 };
        chunk.find_columns();
        Ok(chunk)
    }

    fn find_columns(&mut self) {
        self.columns.clear();
        for (index, logical_type) in (0..).zip(&self.types) {
            // SAFETY: an owned chunk with a vector for each of its types.
            let (handle, data) = unsafe {
                let handle = sys::duckdb_data_chunk_get_vector(self.handle, index);
                (handle, sys::duckdb_vector_get_data(handle))
            };
            self.columns.push(RawColumn { handle, data, physical: Physical::of(logical_type) });
        }
    }

    /// Number of rows set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether no rows are set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Says how many rows are filled; at most [`Self::CAPACITY`] count.
    pub fn set_len(&mut self, rows: usize) {
        self.length = rows.min(Self::CAPACITY);
        // SAFETY: an owned chunk, and a size within its capacity.
        unsafe {
            sys::duckdb_data_chunk_set_size(self.handle, sys::idx_t::try_from(self.length).unwrap_or(0));
        }
    }

    /// A column to write into, counted from 0. Its rows are valid and arbitrary until written.
    pub fn column_mut(&mut self, index: usize) -> Option<VectorMut<'_>> {
        let RawColumn { handle, data, physical } = *self.columns.get(index)?;
        Some(VectorMut { handle, data, physical, logical_type: self.types.get(index)? })
    }

    /// Empties it for the next rows.
    pub fn reset(&mut self) {
        // SAFETY: an owned chunk.
        unsafe { sys::duckdb_data_chunk_reset(self.handle) }
        self.length = 0;
        self.find_columns();
    }

    pub(crate) fn handle(&self) -> sys::duckdb_data_chunk {
        self.handle
    }
}

impl Drop for ChunkBuilder {
    fn drop(&mut self) {
        // SAFETY: owned, and no vector outlives it.
        unsafe { sys::duckdb_destroy_data_chunk(&raw mut self.handle) }
    }
}

/// A column of a [`ChunkBuilder`].
#[derive(Debug)]
pub struct VectorMut<'c> {
    handle: sys::duckdb_vector,
    data: *mut c_void,
    physical: Physical,
    logical_type: &'c LogicalType,
}

impl VectorMut<'_> {
    /// The column's type.
    #[must_use]
    pub fn logical_type(&self) -> &LogicalType {
        self.logical_type
    }

    /// Makes a row NULL; rows past the capacity are ignored.
    pub fn set_null(&mut self, row: usize) {
        if row >= ChunkBuilder::CAPACITY {
            return;
        }
        let row = sys::idx_t::try_from(row).unwrap_or(0);
        // SAFETY: a live vector of CAPACITY rows; the mask is made before it is written.
        unsafe {
            sys::duckdb_vector_ensure_validity_writable(self.handle);
            sys::duckdb_validity_set_row_invalid(sys::duckdb_vector_get_validity(self.handle), row);
        }
    }

    /// All its values, when they are stored as `T`.
    #[inline]
    pub fn values_mut<T: Fixed>(&mut self) -> Option<&mut [T]> {
        // A byte that is neither 0 nor 1 must not get into a BOOLEAN.
        if self.physical == Physical::Bool || !is_stored_as::<T>(self.physical) {
            return None;
        }
        // SAFETY: a live flat vector of CAPACITY values stored as T, aligned for it, borrowed mutably.
        Some(unsafe { std::slice::from_raw_parts_mut(self.data.cast::<T>(), ChunkBuilder::CAPACITY) })
    }

    /// Sets a row of a BOOLEAN column; else, and past the capacity, nothing happens.
    pub fn set_bool(&mut self, row: usize, value: bool) {
        if row >= ChunkBuilder::CAPACITY || *self.logical_type != LogicalType::Boolean {
            return;
        }
        // SAFETY: a live flat vector of CAPACITY booleans.
        unsafe {
            self.data.cast::<bool>().add(row).write(value);
        }
    }

    /// Sets a row of a VARCHAR, JSON or BLOB column.
    ///
    /// # Errors
    /// Text that is not UTF-8, a row past the capacity, or a column of another type.
    pub fn set_string(&mut self, row: usize, bytes: &[u8]) -> Result<(), Error> {
        let is_text = matches!(self.logical_type, LogicalType::Varchar | LogicalType::Json);
        if is_text && std::str::from_utf8(bytes).is_err() {
            return Err(Error::new(ErrorKind::InvalidInput, "text is not UTF-8"));
        }
        if row >= ChunkBuilder::CAPACITY || !(is_text || *self.logical_type == LogicalType::Blob) {
            return Err(Error::new(ErrorKind::InvalidInput, "not a row of a text or blob column"));
        }
        if let Some(short) = ShortString::new(bytes) {
            // SAFETY: a live flat vector of CAPACITY strings, a row within it; short strings have no heap.
            unsafe { self.data.cast::<ShortString>().add(row).write(short) }
            return Ok(());
        }
        let row = sys::idx_t::try_from(row).unwrap_or(0);
        let length = sys::idx_t::try_from(bytes.len()).unwrap_or(0);
        // SAFETY: a live vector of strings, a row within it, and `length` readable bytes, which are copied.
        unsafe {
            sys::duckdb_unsafe_vector_assign_string_element_len(
                self.handle,
                row,
                bytes.as_ptr().cast(),
                length,
            );
        }
        Ok(())
    }

    /// Sets a row of any type, nested ones too. The slow way.
    ///
    /// # Errors
    /// The value cannot be cast to the column's type, or the row is past the capacity.
    pub fn set_value(&mut self, row: usize, value: &Value) -> Result<(), Error> {
        if row >= ChunkBuilder::CAPACITY {
            return Err(Error::new(ErrorKind::InvalidInput, "row past the end of the chunk"));
        }
        let value = value.to_handle_of(self.logical_type)?;
        let mut error = ErrorSlot::new();
        // SAFETY: a live vector, a row within it, a live value, and a slot for the error.
        if unsafe { sys::shim_vector_set_value(self.handle, row, value.0, error.as_out()) } {
            return Ok(());
        }
        Err(error.take())
    }
}

/// A `duckdb_string_t` that stands in itself: at most 12 bytes, the rest of them zeros.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug)]
struct ShortString {
    length: u32,
    bytes: [u8; 12],
}

impl ShortString {
    #[inline]
    fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; 12];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { length: u32::try_from(text.len()).ok()?, bytes })
    }
}
