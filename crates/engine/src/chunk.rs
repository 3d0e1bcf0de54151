//! A block of at most 2048 rows, as the engine hands them out. Owned, and independent of the execution it came
//! from. Deliberately absent: building one (`builder.rs`).

#![expect(unsafe_code, reason = "owns DuckDB's data chunk")]

use std::sync::Arc;

use crate::sys;
use crate::types::LogicalType;
use crate::vector::Vector;

/// Some rows of a result, column by column.
#[derive(Debug)]
pub struct Chunk {
    handle: sys::duckdb_data_chunk,
    types: Arc<[LogicalType]>,
    length: usize,
}

// SAFETY: the chunk owns its vectors and their heaps; nothing in DuckDB ties it to a thread, and nothing changes
// it through a shared reference.
unsafe impl Send for Chunk {}
// SAFETY: as above: through `&Chunk` vectors are only read.
unsafe impl Sync for Chunk {}

impl Chunk {
    /// # Safety
    /// `handle` is an owned chunk of flat vectors of these types.
    pub(crate) unsafe fn new(handle: sys::duckdb_data_chunk, types: Arc<[LogicalType]>) -> Self {
        // SAFETY: the caller's promise.
        let length = unsafe { sys::duckdb_data_chunk_get_size(handle) };
        Self { handle, types, length: usize::try_from(length).unwrap_or(0) }
    }

    /// The live chunk, for as long as `self` is borrowed.
    pub(crate) fn handle(&self) -> sys::duckdb_data_chunk {
        self.handle
    }

    /// Number of rows, at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an execution never hands out an empty chunk")]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Number of columns.
    #[must_use]
    pub fn column_count(&self) -> usize {
        self.types.len()
    }

    /// A column, counted from 0.
    #[must_use]
    pub fn column(&self, index: usize) -> Option<Vector<'_>> {
        let logical_type = self.types.get(index)?;
        // SAFETY: the chunk has a flat vector of `length` rows for each of its types, and lives as long as `self`.
        unsafe {
            let vector = sys::duckdb_data_chunk_get_vector(self.handle, sys::idx_t::try_from(index).ok()?);
            Some(Vector::new(vector, logical_type, self.length))
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: owned, and no vector outlives it.
        unsafe { sys::duckdb_destroy_data_chunk(&raw mut self.handle) }
    }
}
