//! Who may change what the names mean: one session at a time, from its question to the gateway to what it makes of the
//! answer. Otherwise an older answer could be carried out after a newer one.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use wire::Diagnostic;

use super::{IsStopped, workspace::canceled};

/// How often somebody who waits looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(20);

/// The turns of a workspace's sessions.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    is_taken: Mutex<bool>,
    given_back: Condvar,
}

/// A session's turn, until this value goes.
#[derive(Debug)]
pub(crate) struct Turn<'t>(&'t Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.is_taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.given_back.notify_one();
    }
}

impl Turns {
    /// It, if it is free.
    pub(crate) fn try_take(&self) -> Option<Turn<'_>> {
        let mut is_taken = self.is_taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = !std::mem::replace(&mut *is_taken, true);
        is_free.then(|| Turn(self))
    }

    /// Waits for it.
    ///
    /// # Errors
    /// 57014 when the statement is stopped.
    pub(crate) fn take(&self, is_stopped: &IsStopped<'_>) -> Result<Turn<'_>, Diagnostic> {
        let mut is_taken = self.is_taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *is_taken {
            if is_stopped() {
                return Err(canceled());
            }
            let waited = self.given_back.wait_timeout(is_taken, LOOK);
            is_taken = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *is_taken = true;
        Ok(Turn(self))
    }
}
