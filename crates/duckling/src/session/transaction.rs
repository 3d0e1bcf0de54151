//! The transaction block, as the protocol sees it.
//!
//! DuckDB has no status to ask for and forgives errors that PostgreSQL does not, so the state is kept
//! here. Protocol page "Multiple Statements in a Simple Query" and "Pipelining": several statements in one
//! Query, and extended messages up to Sync, are one implicit block.

use wire::backend::TransactionStatus;

use super::savepoint::Savepoint;

/// Where the session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Block {
    /// Every statement is a transaction of its own.
    #[default]
    None,
    /// Several statements are one transaction, though nobody said BEGIN.
    Implicit,
    /// After BEGIN.
    Explicit,
    /// After an error in an explicit block: only COMMIT and ROLLBACK are taken.
    Failed,
}

/// The transaction block of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Transaction {
    /// Where it stands.
    pub block: Block,
    /// Whether DuckDB has been told BEGIN.
    pub begun: bool,
    /// The database that the transaction has written to.
    pub written: Option<String>,
    /// Whether it may only read.
    pub read_only: bool,
    /// How many of its statements have written.
    pub writes: u64,
    /// Its savepoints, oldest first.
    pub savepoints: Vec<Savepoint>,
}

impl Transaction {
    /// What ReadyForQuery says.
    #[must_use]
    pub(super) fn status(&self) -> TransactionStatus {
        match self.block {
            Block::None | Block::Implicit => TransactionStatus::Idle,
            Block::Explicit => TransactionStatus::InTransaction,
            Block::Failed => TransactionStatus::Failed,
        }
    }

    /// Whether a statement's transaction goes on after it.
    #[must_use]
    pub(super) fn is_block(&self) -> bool {
        self.block != Block::None
    }

    /// Back to no block.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
