//! The engine's connection, shared by everything that runs on it: it closes when the last of connection,
//! statements, executions and appenders is gone. Deliberately absent: operations (`connection.rs`).

#![expect(unsafe_code, reason = "owns the shim's connection")]

use crate::guard::Record;
use crate::sys;

/// An open connection of the shim.
#[derive(Debug)]
pub(crate) struct Context {
    handle: *mut sys::ShimConnection,
    /// What the connection's guard saw.
    pub(crate) record: Record,
}

// SAFETY: DuckDB's ClientContext takes its own lock in every operation the shim calls, and nothing in it belongs
// to a thread. `Connection` stays !Sync all the same, since its operations kill each other's results.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    /// # Safety
    /// `handle` is an owned connection.
    pub(crate) unsafe fn new(handle: *mut sys::ShimConnection, record: Record) -> Self {
        Self { handle, record }
    }

    /// The live connection, for calls into the shim.
    pub(crate) fn handle(&self) -> *mut sys::ShimConnection {
        self.handle
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: owned; who shares it holds an Arc.
        unsafe { sys::shim_disconnect(self.handle) }
    }
}
