//! Bulk load: chunks go to a statement of the caller's (INSERT, MERGE…) that reads them as the table
//! `appended_data`. DuckDB runs it each time enough rows (204,800) or bytes have gathered and at a flush, so that in
//! autocommit each of these commits by itself: open a transaction around it. Deliberately absent: rows.

#![expect(unsafe_code, reason = "owns the shim's appender")]

use std::sync::Arc;

use crate::builder::ChunkBuilder;
use crate::context::Context;
use crate::error::{Error, ErrorSlot};
use crate::sys::{self, Text};
use crate::types::LogicalType;

/// The statement runs when the gathered rows take up so many bytes: they do not count towards the memory limit.
const FULL_BYTES: usize = 32 << 20;

/// A bulk load in progress. Dropping it drops the rows not yet flushed.
#[derive(Debug)]
pub struct Appender {
    handle: *mut sys::ShimAppender,
    rows: u64,
    flushes: u64,
    /// The appender runs its statement on this connection.
    context: Arc<Context>,
}

// SAFETY: the appender owns its buffers; what it shares with its connection is behind the connection's lock.
unsafe impl Send for Appender {}

impl Appender {
    pub(crate) fn new(
        context: &Arc<Context>,
        query: &str,
        columns: &[(&str, LogicalType)],
    ) -> Result<Self, Error> {
        let types = columns.iter().map(|(_, column)| column.to_handle()).collect::<Result<Vec<_>, _>>()?;
        let handles: Vec<_> = types.iter().map(|handle| handle.0).collect();
        let names: Vec<_> = columns.iter().map(|(name, _)| Text::new(name)).collect();
        let mut error = ErrorSlot::new();
        // SAFETY: a live connection, and as many live types and names as said, all copied.
        let handle = unsafe {
            sys::shim_appender_create(
                *context.lock(),
                Text::new(query),
                handles.as_ptr(),
                names.as_ptr(),
                columns.len(),
                FULL_BYTES,
                error.as_out(),
            )
        };
        if handle.is_null() {
            return Err(error.take());
        }
        Ok(Self { handle, rows: 0, flushes: 0, context: Arc::clone(context) })
    }

    /// Takes the rows of a chunk, which must have the appender's columns. Runs the statement when enough rows
    /// have gathered.
    ///
    /// # Errors
    /// Columns that do not fit, and whatever the statement fails with.
    pub fn append(&mut self, chunk: &ChunkBuilder) -> Result<(), Error> {
        let mut error = ErrorSlot::new();
        let _lock = self.context.lock();
        // SAFETY: a live appender and a live chunk, which is copied.
        if unsafe { sys::shim_appender_append(self.handle, chunk.handle(), error.as_out()) } {
            self.rows = self.rows.saturating_add(u64::try_from(chunk.len()).unwrap_or(0));
            // SAFETY: a live appender.
            if unsafe { sys::shim_appender_gathered(self.handle) } == 0 {
                self.flushes = self.flushes.saturating_add(1);
            }
            return Ok(());
        }
        Err(error.take())
    }

    /// How often the statement has run by itself, because enough had gathered.
    #[must_use]
    pub fn flushes(&self) -> u64 {
        self.flushes
    }

    /// Runs the statement over the rows that have gathered.
    ///
    /// # Errors
    /// Whatever the statement fails with; the rows are then lost.
    pub fn flush(&mut self) -> Result<(), Error> {
        let mut error = ErrorSlot::new();
        let _lock = self.context.lock();
        // SAFETY: a live appender.
        if unsafe { sys::shim_appender_flush(self.handle, error.as_out()) } {
            return Ok(());
        }
        Err(error.take())
    }

    /// Flushes, and tells how many rows were appended in all.
    ///
    /// # Errors
    /// As [`Appender::flush`].
    pub fn close(mut self) -> Result<u64, Error> {
        self.flush()?;
        Ok(self.rows)
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { sys::shim_appender_free(self.handle) }
    }
}
