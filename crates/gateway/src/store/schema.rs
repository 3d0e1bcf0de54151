//! The store's tables, as a list of migrations: entry *n* leads from version *n* to *n + 1*.
//!
//! An entry that has been released is never edited; a change is a new entry. The version is SQLite's
//! own `user_version`.

use rusqlite::Connection;

use super::StoreError;

const MIGRATIONS: &[&str] = &["
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('read_write', 'read_scaling')),
    lookup INTEGER NOT NULL,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    created INTEGER NOT NULL,
    expires INTEGER,
    last_used INTEGER,
    revoked INTEGER
) STRICT;
CREATE INDEX tokens_by_lookup ON tokens (lookup);
-- A revoked token's name is free again.
CREATE UNIQUE INDEX tokens_by_name ON tokens (account, name) WHERE revoked IS NULL;

CREATE TABLE databases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    created INTEGER NOT NULL,
    UNIQUE (account, name)
) STRICT;
CREATE UNIQUE INDEX one_default_database ON databases (account) WHERE is_default = 1;

-- A share without an owner belongs to the server and is seen by every account.
CREATE TABLE shares (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    created INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX shares_by_name ON shares (coalesce(owner, 0), name);
"];

/// Brings the store to the newest version.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    let done =
        usize::try_from(found).map_err(|_| StoreError::Damaged("negative schema version".to_owned()))?;
    for (version, sql) in (1i64..).zip(MIGRATIONS).skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}
