//! What was detached, until the engine has let go of it: a transaction must never find two databases of one name, and a
//! file is closed only when nothing refers to it any more, which is moments later, or when a transaction ends that has used
//! it. Both are waited for, a little. Deliberately absent: who detaches, and why.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use wire::{Diagnostic, SqlState};

use super::{
    IsStopped, Workspace, key,
    workspace::{Attached, canceled, no_gateway},
};

/// How long a name or a file that is about to be free is waited for.
const RELEASE_WAIT: Duration = Duration::from_secs(2);

/// How often somebody who waits looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(10);

const HINT: &str = "Try again when their transactions have ended.";

impl Workspace {
    /// This has been detached. The file of a share can be opened any number of times.
    pub(super) fn leaves(&self, detached: Option<&Attached>) {
        let Some(detached) = detached.filter(|detached| !detached.read_only && !detached.is_remote) else {
            return;
        };
        let mut leaving = std::mem::take(&mut self.state().leaving);
        leaving.insert(key(&detached.name), detached.path.clone());
        leaving.retain(|_, path| self.has_open(path).unwrap_or(true));
        self.state().leaving.append(&mut leaving);
    }

    /// Waits until a transaction that has used a database of this name cannot find another one.
    ///
    /// # Errors
    /// 55006 when that takes too long, 57014 when the statement is stopped.
    pub(crate) fn expect_unmet(&self, database: &str, is_stopped: &IsStopped<'_>) -> Result<(), Diagnostic> {
        let is_free = || Ok(self.state().members.would_meet_two(database).is_empty());
        if wait_until(is_free, is_stopped)? {
            return Ok(());
        }
        let state = self.state();
        let users = state.members.would_meet_two(database);
        Err(state.members.in_use(database, &users).diagnostic(HINT))
    }

    /// Waits until the file is closed that had this name last. To be asked before the gateway is.
    ///
    /// # Errors
    /// 55006 when that takes too long, 57014 when the statement is stopped.
    pub(crate) fn expect_closed(&self, database: &str, is_stopped: &IsStopped<'_>) -> Result<(), Diagnostic> {
        let path = self.state().leaving.get(&key(database)).cloned();
        path.map_or(Ok(()), |path| self.expect_closed_file(&path, database, is_stopped))
    }

    /// The same for a file.
    pub(super) fn expect_closed_file(
        &self,
        path: &str,
        database: &str,
        is_stopped: &IsStopped<'_>,
    ) -> Result<(), Diagnostic> {
        if wait_until(|| self.has_open(path).map(|is_open| !is_open), is_stopped)? {
            return Ok(());
        }
        let state = self.state();
        let users = state.members.touches(database);
        if !users.is_empty() {
            return Err(state.members.in_use(database, &users).diagnostic(HINT));
        }
        let message = format!("database \"{database}\" is still being closed");
        Err(Diagnostic::error(SqlState::OBJECT_IN_USE, message).with_hint("Try again in a moment."))
    }

    fn has_open(&self, path: &str) -> Result<bool, Diagnostic> {
        let control = self.control.upgrade().ok_or_else(no_gateway)?;
        let control = control.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(control.has_open(path))
    }
}

/// Waits until something is so; answers whether it came to be.
///
/// # Errors
/// Its own, and 57014 when the statement is stopped.
fn wait_until(
    is_so: impl Fn() -> Result<bool, Diagnostic>,
    is_stopped: &IsStopped<'_>,
) -> Result<bool, Diagnostic> {
    let begun = Instant::now();
    while !is_so()? {
        if is_stopped() {
            return Err(canceled());
        }
        if begun.elapsed() > RELEASE_WAIT {
            return Ok(false);
        }
        std::thread::sleep(LOOK);
    }
    Ok(true)
}
