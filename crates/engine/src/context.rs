//! The engine's connection, shared by everything that runs on it: it closes when the last of connection,
//! statements, executions and appenders is gone. Deliberately absent: operations (`connection.rs`).

#![expect(unsafe_code, reason = "owns the shim's connection")]

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::guard::Record;
use crate::sys;

/// An open connection of the shim.
#[derive(Debug)]
pub(crate) struct Context {
    handle: Mutex<*mut sys::ShimConnection>,
    /// What the connection's guard saw.
    pub(crate) record: Record,
}

// SAFETY: nothing in DuckDB's connection belongs to a thread, and the mutex lets one at a time use it.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    /// # Safety
    /// `handle` is an owned connection.
    pub(crate) unsafe fn new(handle: *mut sys::ShimConnection, record: Record) -> Self {
        Self { handle: Mutex::new(handle), record }
    }

    /// The live connection, for one operation on it or on what runs on it: statements and executions may have
    /// moved to other threads.
    pub(crate) fn lock(&self) -> MutexGuard<'_, *mut sys::ShimConnection> {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: owned; who shares it holds an Arc.
        unsafe { sys::shim_disconnect(*self.lock()) }
    }
}
