//! The store's tables, as a list of migrations: entry *n* leads from version *n* to *n + 1*.
//!
//! An entry that has been released is never edited; a change is a new entry. The version is SQLite's
//! own `user_version`.

use rusqlite::{Connection, Transaction};
use uuid::Uuid;

use super::StoreError;
use crate::token::random_bytes;

/// SQL, and what rows need that were there before.
struct Migration {
    sql: &'static str,
    fill: fn(&Transaction<'_>) -> Result<(), StoreError>,
    /// What can be had only when they have it.
    then: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { sql: FIRST, fill: |_| Ok(()), then: "" },
    Migration { sql: PLATFORM, fill: number, then: PLATFORM_INDEXES },
    Migration { sql: TOKEN_NAMES, fill: |_| Ok(()), then: "" },
    Migration {
        sql: LOGINS,
        fill: prepare_logins,
        then: "CREATE UNIQUE INDEX tokens_by_uuid ON tokens (uuid);",
    },
    Migration { sql: SECRETS, fill: |_| Ok(()), then: "" },
];

const FIRST: &str = "
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
";

/// Times are microseconds from here on, but for those of tokens and accounts. What is dropped gives its name free.
const PLATFORM: &str = "
ALTER TABLE accounts ADD COLUMN uuid TEXT;

ALTER TABLE databases RENAME TO old_databases;
DROP INDEX one_default_database;
CREATE TABLE databases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    uuid TEXT,
    name TEXT NOT NULL COLLATE NOCASE,
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    is_attached INTEGER NOT NULL CHECK (is_attached IN (0, 1)),
    created_us INTEGER NOT NULL,
    dropped_us INTEGER
) STRICT;
INSERT INTO databases (id, account, name, is_default, is_attached, created_us)
    SELECT id, account, name, is_default, 1, created * 1000000 FROM old_databases;
-- Numbers are never used twice, and the files have them.
DELETE FROM sqlite_sequence WHERE name = 'databases';
INSERT INTO sqlite_sequence (name, seq) SELECT 'databases', seq FROM sqlite_sequence WHERE name = 'old_databases';
DROP TABLE old_databases;

DROP INDEX shares_by_name;
ALTER TABLE shares RENAME TO old_shares;
CREATE TABLE shares (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER REFERENCES accounts (id) ON DELETE CASCADE,
    database INTEGER REFERENCES databases (id) ON DELETE CASCADE,
    uuid TEXT,
    name TEXT NOT NULL COLLATE NOCASE,
    -- The name of the database when the share was made: a part of the address.
    address TEXT NOT NULL COLLATE NOCASE,
    access TEXT NOT NULL CHECK (access IN ('ORGANIZATION', 'UNRESTRICTED', 'RESTRICTED')),
    visibility TEXT NOT NULL CHECK (visibility IN ('DISCOVERABLE', 'HIDDEN')),
    update_mode TEXT NOT NULL CHECK (update_mode IN ('MANUAL', 'AUTOMATIC')),
    version INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    published_us INTEGER NOT NULL,
    -- When the database's file had been written last.
    source_us INTEGER NOT NULL,
    CHECK ((owner IS NULL) = (database IS NULL))
) STRICT;
INSERT INTO shares (id, owner, name, address, access, visibility, update_mode, version, created_us, published_us,
                    source_us)
    SELECT id, NULL, name, name, 'ORGANIZATION', 'DISCOVERABLE', 'MANUAL', 0, created * 1000000, created * 1000000, 0
    FROM old_shares WHERE owner IS NULL;
DELETE FROM sqlite_sequence WHERE name = 'shares';
INSERT INTO sqlite_sequence (name, seq) SELECT 'shares', seq FROM sqlite_sequence WHERE name = 'old_shares';
DROP TABLE old_shares;

CREATE TABLE grants (
    share INTEGER NOT NULL REFERENCES shares (id) ON DELETE CASCADE,
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (share, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_by_account ON grants (account);

-- A server's share is attached unless a row says that it is not.
CREATE TABLE attachments (
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    share INTEGER NOT NULL REFERENCES shares (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    is_attached INTEGER NOT NULL CHECK (is_attached IN (0, 1)),
    PRIMARY KEY (account, share)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX attachments_by_name ON attachments (account, name) WHERE is_attached = 1;
CREATE INDEX attachments_by_share ON attachments (share);

CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    database INTEGER NOT NULL REFERENCES databases (id) ON DELETE CASCADE,
    uuid TEXT NOT NULL UNIQUE,
    name TEXT COLLATE NOCASE,
    created_us INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX snapshots_by_name ON snapshots (database, name) WHERE name IS NOT NULL;
CREATE INDEX snapshots_by_database ON snapshots (database);

CREATE VIEW attached_shares (account, share, name) AS
    SELECT account, share, name FROM attachments WHERE is_attached = 1
    UNION ALL
    SELECT accounts.id, shares.id, shares.name FROM accounts, shares
    WHERE shares.owner IS NULL
        AND NOT EXISTS (SELECT 1 FROM attachments WHERE account = accounts.id AND share = shares.id)
        AND NOT EXISTS (SELECT 1 FROM attachments
                        WHERE account = accounts.id AND is_attached = 1 AND attachments.name = shares.name)
        AND NOT EXISTS (SELECT 1 FROM databases
                        WHERE account = accounts.id AND dropped_us IS NULL AND databases.name = shares.name);
";

const PLATFORM_INDEXES: &str = "
CREATE UNIQUE INDEX accounts_by_uuid ON accounts (uuid);
CREATE UNIQUE INDEX databases_by_uuid ON databases (uuid);
CREATE UNIQUE INDEX databases_by_name ON databases (account, name) WHERE dropped_us IS NULL;
CREATE UNIQUE INDEX one_default_database ON databases (account) WHERE is_default = 1 AND dropped_us IS NULL;
CREATE INDEX databases_by_account ON databases (account);
CREATE UNIQUE INDEX shares_by_uuid ON shares (uuid);
CREATE UNIQUE INDEX shares_by_name ON shares (coalesce(owner, 0), name);
CREATE INDEX shares_by_database ON shares (database);
";

/// Names of tokens are the same in capitals, as all names are. Of two that were not, the younger gets its number.
const TOKEN_NAMES: &str = "
UPDATE tokens SET name = name || '-' || id WHERE revoked IS NULL AND EXISTS (
    SELECT 1 FROM tokens AS older WHERE older.account = tokens.account AND older.revoked IS NULL
        AND older.id < tokens.id AND older.name = tokens.name COLLATE NOCASE);
DROP INDEX tokens_by_name;
CREATE UNIQUE INDEX tokens_by_name ON tokens (account, name COLLATE NOCASE) WHERE revoked IS NULL;
";

/// Numbers of tokens for programs; of passwords only what checks them; what this server alone knows.
const LOGINS: &str = "
ALTER TABLE tokens ADD COLUMN uuid TEXT;
CREATE TABLE passwords (
    account INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    -- NULL: it has none any more.
    verifier TEXT,
    -- Counts the changes.
    version INTEGER NOT NULL
) STRICT;
CREATE TABLE server_secrets (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
";

/// Secrets for remote data. What is in `sealed` only the vault can open.
const SECRETS: &str = "
CREATE TABLE secrets (
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    kind TEXT NOT NULL,
    -- A list of texts, as JSON.
    scopes TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
";

/// The share of sample data that public examples name, of which there can be only one here.
pub const SAMPLE_DATA: Uuid = Uuid::from_u128(0x23b0_d623_1361_421d_ae77_62d7_01d4_71e6);

/// Gives tokens their numbers for programs, and the server its secret.
fn prepare_logins(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    number_rows(transaction, "tokens")?;
    let secret: [u8; 32] =
        random_bytes().map_err(|error| StoreError::Damaged(format!("no random bytes: {error}")))?;
    transaction.execute("INSERT INTO server_secrets (name, value) VALUES (?, ?)", (MOCK_SECRET, secret))?;
    Ok(())
}

/// Gives accounts, databases and shares their numbers for clients.
fn number(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    for table in ["accounts", "databases", "shares"] {
        number_rows(transaction, table)?;
    }
    let sql = "UPDATE shares SET uuid = ? WHERE owner IS NULL AND name = 'sample_data'";
    transaction.execute(sql, [SAMPLE_DATA.to_string()])?;
    Ok(())
}

fn number_rows(transaction: &Transaction<'_>, table: &str) -> Result<(), StoreError> {
    let sql = format!("SELECT id FROM {table} WHERE uuid IS NULL ORDER BY id");
    let ids = transaction.prepare(&sql)?.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    for id in ids {
        let sql = format!("UPDATE {table} SET uuid = ? WHERE id = ?");
        transaction.execute(&sql, (Uuid::new_v4().to_string(), id))?;
    }
    Ok(())
}

/// What salts of names without a password are made of.
pub(super) const MOCK_SECRET: &str = "mock";

/// Brings the store to the newest version.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    let done =
        usize::try_from(found).map_err(|_| StoreError::Damaged("negative schema version".to_owned()))?;
    for (version, migration) in (1i64..).zip(MIGRATIONS).skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration.sql)?;
        (migration.fill)(&transaction)?;
        transaction.execute_batch(migration.then)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_the_first_version_keeps_what_is_in_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        connection.execute_batch(FIRST).unwrap();
        connection
            .execute_batch(
                "PRAGMA user_version = 1;
                 INSERT INTO accounts (name, created) VALUES ('ann', 7), ('bob', 8);
                 INSERT INTO databases (account, name, is_default, created)
                     VALUES (1, 'my_db', 1, 7), (2, 'my_db', 1, 8), (2, 'gone', 0, 9);
                 DELETE FROM databases WHERE name = 'gone';
                 INSERT INTO tokens (account, name, kind, lookup, hash, created, revoked)
                     VALUES (1, 'Old', 'read_write', 1, zeroblob(32), 7, 8),
                            (1, 'old', 'read_write', 1, randomblob(32), 7, NULL),
                            (1, 'OLD', 'read_write', 1, randomblob(32), 8, NULL),
                            (2, 'old', 'read_write', 1, randomblob(32), 8, NULL);
                 INSERT INTO shares (owner, name, created) VALUES (NULL, 'sample_data', 7);",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(one("SELECT count(DISTINCT uuid) || ' ' || max(created_us) FROM databases"), "2 8000000");
        assert_eq!(one("SELECT group_concat(name, ' ' ORDER BY id) FROM tokens"), "Old old OLD-3 old");
        assert_eq!(one("SELECT count(DISTINCT uuid) || '' FROM tokens"), "4");
        assert_eq!(one("SELECT length(value) || name FROM server_secrets"), "32mock");
        assert_eq!(one("SELECT uuid FROM shares"), "23b0d623-1361-421d-ae77-62d701d471e6");
        assert_eq!(
            one("SELECT group_concat(name || share) FROM attached_shares"),
            "sample_data1,sample_data1"
        );
        connection
            .execute(
                "INSERT INTO databases (account, uuid, name, is_default, is_attached, created_us)
                      VALUES (1, 'u', 'x', 0, 1, 1)",
                [],
            )
            .unwrap();
        assert_eq!(connection.last_insert_rowid(), 4, "a number is not used twice");
    }
}
