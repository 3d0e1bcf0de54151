//! Names whose meaning is being changed, and databases that are being copied. A name is *reserved* from the moment a
//! statement is judged until it is done: nobody else begins to use the database or to change the name. It is *switched*
//! for the moment in which the engine attaches or detaches: statements that begin meanwhile wait, so that none finds two
//! databases of one name. Deliberately absent: the turn (`turn`), and what is done under the names (`workspace`).

use std::time::{Duration, Instant};

use wire::{Diagnostic, SqlState};

use super::{
    IsStopped, Workspace, key,
    members::{InUse, MemberId},
    turn::Turn,
    workspace::{State, canceled},
};

/// How long a copy waits for statements about the database that it is made of.
const COPY_WAIT: Duration = Duration::from_secs(5);

/// How long a change waits for statements that are no part of a block.
const PASSING_WAIT: Duration = Duration::from_millis(500);

/// How often somebody who waits looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(20);

/// How often a name that is switched is looked at.
const SWITCH_LOOK: Duration = Duration::from_millis(1);

/// A name that is reserved, until this value goes.
#[derive(Debug)]
pub(crate) struct Change<'w> {
    workspace: &'w Workspace,
    key: String,
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.workspace.state().reserved.remove(&self.key);
    }
}

/// A name that gets another meaning, until this value goes.
#[derive(Debug)]
pub(super) struct Switch<'w> {
    workspace: &'w Workspace,
    key: String,
}

impl Drop for Switch<'_> {
    fn drop(&mut self) {
        self.workspace.state().switching.remove(&self.key);
    }
}

/// A database that is being copied, until this value goes: it stays what it is.
#[derive(Debug)]
pub(crate) struct Copying<'w> {
    workspace: &'w Workspace,
    key: String,
}

impl Drop for Copying<'_> {
    fn drop(&mut self) {
        let mut state = self.workspace.state();
        if let Some(count) = state.copying.get_mut(&self.key) {
            *count = count.saturating_sub(1);
        }
        state.copying.retain(|_, count| *count > 0);
    }
}

fn busy(database: &str) -> InUse {
    let users = vec!["another session's statement about it".to_owned()];
    InUse { database: database.to_owned(), users }
}

impl Workspace {
    /// The turn of a statement about these names: when nobody else's is about one of them, and none is being copied.
    ///
    /// # Errors
    /// 57014 when the statement is stopped.
    pub(crate) fn turn_for(
        &self,
        names: &[&str],
        is_stopped: &IsStopped<'_>,
    ) -> Result<Turn<'_>, Diagnostic> {
        let is_busy = |state: &State| {
            names
                .iter()
                .map(|name| key(name))
                .any(|key| state.reserved.contains(&key) || state.copying.contains_key(&key))
        };
        loop {
            let turn = self.turns().take(is_stopped)?;
            if !is_busy(&self.state()) {
                self.sweep();
                return Ok(turn);
            }
            drop(turn);
            if is_stopped() {
                return Err(canceled());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Reserves a name, whether there is a database of it or not.
    ///
    /// # Errors
    /// When somebody else's statement is about it.
    pub(crate) fn reserve(&self, database: &str) -> Result<Change<'_>, InUse> {
        let key = key(database);
        let mut state = self.state();
        if state.copying.contains_key(&key) || !state.reserved.insert(key.clone()) {
            return Err(busy(database));
        }
        Ok(Change { workspace: self, key })
    }

    /// Reserves the name of a database, if it is there.
    ///
    /// # Errors
    /// When others use it.
    pub(crate) fn begin_change(&self, member: MemberId, database: &str) -> Result<Change<'_>, InUse> {
        let (key, begun) = (key(database), Instant::now());
        loop {
            let mut state = self.state();
            if state.reserved.contains(&key) || state.copying.contains_key(&key) {
                return Err(busy(database));
            }
            let users = state.members.users(Some(member), database);
            if users.is_empty() {
                state.reserved.insert(key.clone());
                return Ok(Change { workspace: self, key });
            }
            // A statement that just lists what there is, say.
            let is_passing = users.iter().all(|user| state.members.is_passing(*user, &key));
            if !is_passing || begun.elapsed() > PASSING_WAIT {
                return Err(state.members.in_use(database, &users));
            }
            drop(state);
            std::thread::sleep(SWITCH_LOOK);
        }
    }

    /// Keeps a database what it is while it is copied; a name that the copying statement has reserved itself is no
    /// hindrance.
    ///
    /// # Errors
    /// 55006 while somebody else's statement is about it, 57014 when the statement is stopped.
    pub(crate) fn begin_copy(
        &self,
        database: &str,
        own: Option<&str>,
        is_stopped: &IsStopped<'_>,
    ) -> Result<Copying<'_>, Diagnostic> {
        let (key, begun) = (key(database), Instant::now());
        let is_own = own.is_some_and(|own| own.eq_ignore_ascii_case(database));
        loop {
            let mut state = self.state();
            if is_own || !state.reserved.contains(&key) {
                *state.copying.entry(key.clone()).or_default() += 1;
                return Ok(Copying { workspace: self, key });
            }
            drop(state);
            if is_stopped() {
                return Err(canceled());
            }
            if begun.elapsed() > COPY_WAIT {
                return Err(busy(database).diagnostic("Try again when it is done."));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// From here on, until the value goes, statements wait that would begin to use the name.
    pub(super) fn switch(&self, database: &str) -> Switch<'_> {
        let key = key(database);
        // Whoever else has it waits for nothing but the engine.
        while !self.state().switching.insert(key.clone()) {
            std::thread::sleep(SWITCH_LOOK);
        }
        Switch { workspace: self, key }
    }
}

/// 55006, for a statement that would begin to use a database which is being changed.
pub(super) fn is_being_changed(database: &str) -> Diagnostic {
    let message = format!("database \"{database}\" is being changed by another session");
    Diagnostic::error(SqlState::OBJECT_IN_USE, message).with_hint("Try again.")
}
