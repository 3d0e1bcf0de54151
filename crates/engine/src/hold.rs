//! A hold on the checkpoints of one attached database, so that its main file can be copied while it is in use.
//! Deliberately absent: the CHECKPOINT before it, and the copying.

#![expect(unsafe_code, reason = "owns the shim's hold")]

use crate::context::Context;
use crate::error::{Error, ErrorSlot};
use crate::sys::{self, Text};

/// While it lives, no checkpoint (of CHECKPOINT, of a commit, of DETACH or of closing) changes the database's main
/// file: the file by itself, without its log, is the database as the last checkpoint left it. CHECKPOINT fails with
/// [`crate::ErrorKind::Transaction`]; FORCE CHECKPOINT waits, and lets nobody begin to write meanwhile.
#[derive(Debug)]
pub struct CheckpointHold {
    handle: *mut sys::ShimHold,
}

// SAFETY: shared pointers and the key of a lock that counts its holders, whatever thread they are on.
unsafe impl Send for CheckpointHold {}
// SAFETY: nothing can be done with a shared reference to it.
unsafe impl Sync for CheckpointHold {}

impl CheckpointHold {
    pub(crate) fn new(context: &Context, database: &str) -> Result<Self, Error> {
        let mut error = ErrorSlot::new();
        // SAFETY: a live connection.
        let handle = unsafe { sys::shim_hold(*context.lock(), Text::new(database), error.as_out()) };
        if handle.is_null() {
            return Err(error.take());
        }
        Ok(Self { handle })
    }
}

impl Drop for CheckpointHold {
    fn drop(&mut self) {
        // SAFETY: owned; it keeps alive what it refers to.
        unsafe { sys::shim_hold_free(self.handle) }
    }
}
