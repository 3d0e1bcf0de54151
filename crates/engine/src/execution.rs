//! A running statement, advanced one task of the engine at a time, so that its caller can look at cancels,
//! time-outs and full buffers in between. Covers both of DuckDB's phases, until the result is there and while it
//! streams; results that DuckDB materialises come out the same way. Deliberately absent: waiting, and rows.

#![expect(unsafe_code, reason = "owns the shim's execution")]

use std::sync::Arc;

use crate::chunk::Chunk;
use crate::collection::Collection;
use crate::context::Context;
use crate::description::{Column, ReturnKind};
use crate::error::{Error, ErrorSlot};
use crate::sys;
use crate::types::{Handle, LogicalType};

/// A started statement. Does not borrow its [`crate::Statement`], so that a portal can hold both.
///
/// Anything else that runs on the connection ends it: the next [`Execution::step`] is then an error, never fewer
/// rows.
#[derive(Debug)]
pub struct Execution {
    handle: *mut sys::ShimExecution,
    names: Vec<String>,
    types: Arc<[LogicalType]>,
    /// What the execution runs on.
    context: Arc<Context>,
}

// SAFETY: the execution owns its handle; what it shares with its connection is behind the context's lock.
unsafe impl Send for Execution {}

/// What one [`Execution::step`] came to.
#[derive(Debug)]
pub enum Step {
    /// Work was done; call again.
    NotReady,
    /// Other threads of the engine are at work, and there is none for this one: wait a little, then call again.
    Blocked,
    /// Rows.
    Chunk(Chunk),
    /// All is done; autocommit included.
    Finished,
}

impl Execution {
    /// # Safety
    /// `handle` is an owned execution on `context`.
    pub(crate) unsafe fn new(handle: *mut sys::ShimExecution, context: Arc<Context>) -> Self {
        // SAFETY: the caller's promise.
        let count = unsafe { sys::shim_execution_column_count(handle) };
        let columns = (0..count).map(|index| {
            // SAFETY: as above, and `index` is below the count; the type handle is owned.
            unsafe {
                let logical_type = Handle(sys::shim_execution_column_type(handle, index)).read();
                (sys::shim_execution_column_name(handle, index).into_string(), logical_type)
            }
        });
        let (names, types): (Vec<_>, Vec<_>) = columns.unzip();
        Self { handle, names, types: types.into(), context }
    }

    /// Does one task of the engine's. Returns soon: a task is a few chunks of one pipeline, or one of DuckDB's
    /// long functions.
    ///
    /// # Errors
    /// Whatever the statement fails with, a failed commit included; [`crate::ErrorKind::InvalidInput`] when another
    /// statement has run on the connection since. After an error, and after [`Step::Finished`], the answer is
    /// `Finished`.
    pub fn step(&mut self) -> Result<Step, Error> {
        let mut chunk = std::ptr::null_mut();
        let mut error = ErrorSlot::new();
        let _lock = self.context.lock();
        // SAFETY: a live execution and places for its answers.
        match unsafe { sys::shim_step(self.handle, &raw mut chunk, error.as_out()) } {
            sys::SHIM_NOT_READY => Ok(Step::NotReady),
            sys::SHIM_BLOCKED => Ok(Step::Blocked),
            // SAFETY: the shim gives an owned chunk of flat vectors of the execution's types.
            sys::SHIM_CHUNK => Ok(Step::Chunk(unsafe { Chunk::new(chunk, Arc::clone(&self.types)) })),
            sys::SHIM_FINISHED => Ok(Step::Finished),
            _ => Err(error.take()),
        }
    }

    /// The columns of its rows. They differ from the prepared statement's only where those were
    /// unresolved.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        let columns = self.names.iter().zip(self.types.iter());
        columns
            .map(|(name, logical_type)| Column { name: name.clone(), logical_type: logical_type.clone() })
            .collect()
    }

    /// The types of its columns.
    #[must_use]
    pub fn types(&self) -> &[LogicalType] {
        &self.types
    }

    /// Room to keep its rows aside.
    ///
    /// # Errors
    /// No memory.
    pub fn collection(&self) -> Result<Collection, Error> {
        Collection::new(&self.context, Arc::clone(&self.types))
    }

    /// What the statement returns. Chunks come only for [`ReturnKind::Rows`].
    #[must_use]
    pub fn return_kind(&self) -> ReturnKind {
        // SAFETY: a live execution.
        ReturnKind::from_duckdb(unsafe { sys::shim_execution_return_type(self.handle) })
    }

    /// Rows inserted, updated, deleted, merged or copied, once it has finished. 0 where rows are returned
    /// (RETURNING): count those.
    #[must_use]
    pub fn rows_changed(&self) -> u64 {
        // SAFETY: a live execution.
        unsafe { sys::shim_execution_rows_changed(self.handle) }
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { sys::shim_execution_free(self.handle) }
    }
}
