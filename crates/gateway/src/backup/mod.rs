//! `pintail backup` and `pintail restore`: everything that a server keeps, or one account, in one file; taken while it serves.
//!
//! An archive is a tar file: a copy of the store, the files that its rows name, and a list of them with their SHA-256; behind
//! all of it stands the SHA-256 of the whole. The database files are copies of the kind that CREATE SNAPSHOT makes, each of one
//! moment. Deliberately absent: the key file of secrets, the query history, databases that were dropped.

mod archive;
mod take;
mod restore;

use std::{io, path::PathBuf};

use serde::{Deserialize, Serialize};

pub use self::{restore::restore, take::take};
use crate::{duckling::Unavailable, home::HomeError, store::StoreError};

/// Why there is no archive, or nothing was restored from one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A database cannot be copied now.
    #[error("database {database:?} of account {account:?}: {reason}")]
    Database {
        /// Whose.
        account: String,
        /// Its name.
        database: String,
        /// Why.
        reason: String,
    },
    /// It is no archive, or has been changed since it was made.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The data directory holds something.
    #[error("{0} is not empty: restore into an empty folder (--data-dir)")]
    Occupied(PathBuf),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The data directory cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The account's process cannot be had.
    #[error(transparent)]
    Unavailable(Unavailable),
}

/// What is in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The accounts' names.
    pub accounts: Vec<String>,
    /// Databases.
    pub databases: usize,
    /// Snapshots and states of shares.
    pub copies: usize,
    /// What all files take, in bytes.
    pub bytes: u64,
}

fn file_error(path: &std::path::Path) -> impl FnOnce(io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}
