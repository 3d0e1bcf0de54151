//! SAVEPOINT, RELEASE, ROLLBACK TO, as far as they can be had honestly: DuckDB has no savepoints.
//!
//! Drivers send them unasked around statements that may fail. Going back is free of lies when nothing was
//! written since: a failed parse or bind leaves DuckDB's transaction as it was. When it is gone (DuckDB gives
//! it up after an error of execution) and had written nothing at all, another one takes its place; what it
//! reads is then of a later moment. In all other cases going back is refused and the block stays failed.

use wire::{Diagnostic, SqlState};

use super::{
    Outcome, Session,
    kept::expect_room,
    portal::{Hold, Stage},
    transaction::Block,
};
use crate::{policy::rules, settings::Mark};

/// A savepoint.
#[derive(Clone, Debug)]
pub(super) struct Savepoint {
    name: String,
    /// How many statements of the transaction had written before it.
    writes: u64,
    settings: Mark,
    /// How many portals the session had opened.
    opened: u64,
    /// The portals that had rows left.
    unfinished: Vec<String>,
}

impl Session {
    /// SAVEPOINT.
    pub(super) fn savepoint(&mut self, name: &str) -> Outcome<&'static str> {
        self.expect_block("SAVEPOINT")?;
        expect_room("savepoints", self.transaction.savepoints.len())?;
        let unfinished =
            self.portals.iter().filter(|(_, portal)| matches!(portal.progress, Stage::Sending(_)));
        let unfinished = unfinished.map(|(name, _)| name.clone()).collect();
        let savepoint = Savepoint {
            name: name.to_owned(),
            writes: self.transaction.writes,
            settings: self.settings.mark(),
            opened: self.opened,
            unfinished,
        };
        self.transaction.savepoints.push(savepoint);
        Ok("SAVEPOINT")
    }

    /// RELEASE: forgets the savepoint, and those after it.
    pub(super) fn release(&mut self, name: &str) -> Outcome<&'static str> {
        self.expect_block("RELEASE SAVEPOINT")?;
        let index = self.find_savepoint(name)?;
        self.transaction.savepoints.truncate(index);
        Ok("RELEASE")
    }

    /// ROLLBACK TO: the savepoint stays.
    pub(super) fn roll_back_to(&mut self, name: &str) -> Outcome<&'static str> {
        self.expect_block("ROLLBACK TO SAVEPOINT")?;
        let index = self.find_savepoint(name)?;
        let Some(savepoint) = self.transaction.savepoints.get(index).cloned() else {
            return Err(no_savepoint(name).into());
        };
        let is_alive = self.connection.is_in_transaction() && !self.connection.is_transaction_invalidated();
        // The stream of a cursor goes with DuckDB's transaction, and so do those that were forgotten with it.
        let has_lost_portals = |session: &Self| {
            let is_there =
                |name: &String| session.portals.get(name).is_some_and(|portal| !portal.is_streaming());
            !savepoint.unfinished.iter().all(is_there)
        };
        let is_lost = !is_alive && (self.transaction.writes > 0 || has_lost_portals(self));
        if self.transaction.writes != savepoint.writes || is_lost {
            return Err(Diagnostic::from(&rules::SAVEPOINT).into());
        }
        self.portals.retain(|_, portal| portal.hold == Hold::Kept || portal.opened <= savepoint.opened);
        if self.streaming.as_ref().is_some_and(|streaming| !self.portals.contains_key(streaming)) {
            self.streaming = None;
        }
        if !is_alive {
            self.restart_engine()?;
        }
        self.settings.return_to(&savepoint.settings);
        self.reapply_settings();
        self.transaction.savepoints.truncate(index + 1);
        self.transaction.block = Block::Explicit;
        Ok("ROLLBACK")
    }

    fn find_savepoint(&self, name: &str) -> Outcome<usize> {
        let position = self.transaction.savepoints.iter().rposition(|savepoint| savepoint.name == name);
        position.ok_or_else(|| no_savepoint(name).into())
    }

    fn expect_block(&self, what: &str) -> Outcome {
        match self.transaction.block {
            Block::Explicit | Block::Failed => Ok(()),
            Block::None | Block::Implicit => {
                let message = format!("{what} can only be used in transaction blocks");
                Err(Diagnostic::error(SqlState::NO_ACTIVE_SQL_TRANSACTION, message).into())
            }
        }
    }
}

fn no_savepoint(name: &str) -> Diagnostic {
    let message = format!("savepoint \"{name}\" does not exist");
    Diagnostic::error(SqlState::S_E_INVALID_SPECIFICATION, message)
}
