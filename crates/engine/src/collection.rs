//! Rows kept aside as values, for whoever comes for them later: DuckDB's column data collection, whose memory counts
//! towards the instance's limit and is spilled when that is reached. Chunks come back in the order they were added.
//! Deliberately absent: taking rows out, so that its size only grows.

#![expect(unsafe_code, reason = "owns the shim's collection")]

use std::sync::Arc;

use crate::chunk::Chunk;
use crate::context::Context;
use crate::error::{Error, ErrorSlot};
use crate::sys;
use crate::types::LogicalType;

/// Kept rows of one result.
#[derive(Debug)]
pub struct Collection {
    handle: *mut sys::ShimCollection,
    types: Arc<[LogicalType]>,
    /// Whose buffer manager holds the rows.
    context: Arc<Context>,
}

// SAFETY: the collection owns its rows; nothing in it belongs to a thread.
unsafe impl Send for Collection {}

impl Collection {
    /// Room for rows of these types.
    pub(crate) fn new(context: &Arc<Context>, types: Arc<[LogicalType]>) -> Result<Self, Error> {
        let mut error = ErrorSlot::new();
        // SAFETY: a place for the error.
        let handle = unsafe { sys::shim_collection_create(error.as_out()) };
        if handle.is_null() {
            return Err(error.take());
        }
        Ok(Self { handle, types, context: Arc::clone(context) })
    }

    /// Adds a copy of a chunk of the same result.
    ///
    /// # Errors
    /// No memory, and no room in the spill directory either.
    pub fn append(&mut self, chunk: &Chunk) -> Result<(), Error> {
        let mut error = ErrorSlot::new();
        let lock = self.context.lock();
        // SAFETY: a live collection, a live connection, and a live chunk, which is copied.
        if unsafe { sys::shim_collection_append(self.handle, *lock, chunk.handle(), error.as_out()) } {
            return Ok(());
        }
        Err(error.take())
    }

    /// What it takes up, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        // SAFETY: a live collection.
        unsafe { sys::shim_collection_bytes(self.handle) }
    }

    /// The chunk of this number, counted from 0; `None` behind the last.
    ///
    /// # Errors
    /// Spilled rows that cannot be read back, or no memory.
    pub fn chunk(&self, index: usize) -> Result<Option<Chunk>, Error> {
        let mut chunk = std::ptr::null_mut();
        let mut error = ErrorSlot::new();
        // SAFETY: a live collection and places for the answers.
        if !unsafe { sys::shim_collection_fetch(self.handle, index, &raw mut chunk, error.as_out()) } {
            return Err(error.take());
        }
        if chunk.is_null() {
            return Ok(None);
        }
        // SAFETY: the shim gives an owned chunk of flat vectors of the types that were added.
        Ok(Some(unsafe { Chunk::new(chunk, Arc::clone(&self.types)) }))
    }
}

impl Drop for Collection {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { sys::shim_collection_free(self.handle) }
    }
}
