//! Checkpoints that are owed. DuckDB 1.5.5 does not replay logs rightly in which indexes are made or dropped between writes:
//! rows are missing in them afterwards, or the database does not open. So after such a transaction its database is brought
//! into its file before anything else is written: at once, or, where transactions are in the way, as soon as they are not.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::Workspace;
use crate::sql::quote_name;

/// How long the first try may wait for the end of others.
const WAIT: Duration = Duration::from_millis(500);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// The databases that owe one.
#[derive(Debug, Default)]
pub(super) struct Owed(Mutex<BTreeSet<String>>);

impl Owed {
    fn names(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Workspace {
    /// These databases owe a checkpoint from now on, and get it, if others are not in the way for long.
    pub(super) fn owe(&self, databases: BTreeSet<String>) {
        if databases.is_empty() {
            return;
        }
        self.owed.0.lock().unwrap_or_else(PoisonError::into_inner).extend(databases);
        let begun = Instant::now();
        while !self.pay() && begun.elapsed() < WAIT {
            std::thread::sleep(LOOK);
        }
    }

    /// Tries to make the checkpoints that are owed. Whether none is any more.
    pub(crate) fn pay(&self) -> bool {
        let names = self.owed.names();
        if names.is_empty() {
            return true;
        }
        let Some(control) = self.control.upgrade() else { return true };
        let control = control.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names {
            match control.execute(&format!("CHECKPOINT {}", quote_name(&name))) {
                Err(error) if self.find(&name).is_some() => {
                    tracing::debug!(kind = ?error.kind, "a checkpoint is owed after a change of indexes");
                }
                // One that is gone owes nothing.
                Ok(()) | Err(_) => {
                    self.owed.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
                }
            }
        }
        self.owed.names().is_empty()
    }
}
