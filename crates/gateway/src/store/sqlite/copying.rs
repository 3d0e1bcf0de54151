//! A copy of the store for a backup: of one moment, without what was dropped, and of all accounts or one.

use std::path::Path;

use rusqlite::{Connection, Row, params};

use super::{
    super::{AccountId, Contents, DatabaseId, Edition, Name, OwnFile, ShareId, SnapshotId, StoreError},
    accounts,
};

/// Makes the copy at a path where nothing is; what files its rows name.
pub(super) fn copy(
    connection: &Connection,
    path: &Path,
    account: Option<&Name>,
) -> Result<Contents, StoreError> {
    let account = account.map(|name| accounts::find(connection, name.as_str())).transpose()?;
    super::create_private(path)?;
    connection.execute("VACUUM INTO ?", [path.to_string_lossy()])?;
    let copy = Connection::open(path)?;
    copy.pragma_update(None, "foreign_keys", true)?;
    if let Some(account) = account {
        copy.execute("DELETE FROM accounts WHERE id <> ?", params![account.id.0])?;
    }
    copy.execute("DELETE FROM databases WHERE dropped_us IS NOT NULL", [])?;
    // Rows that are gone are not to be found in the file either.
    copy.execute_batch("VACUUM; PRAGMA journal_mode = DELETE;")?;
    contents(&copy)
}

fn contents(copy: &Connection) -> Result<Contents, StoreError> {
    Ok(Contents {
        databases: all(copy, "SELECT account, id, name FROM databases ORDER BY account, id", |row| {
            Ok(OwnFile { account: AccountId(row.get(0)?), id: DatabaseId(row.get(1)?), name: row.get(2)? })
        })?,
        snapshots: all(
            copy,
            "SELECT account, snapshots.id FROM snapshots JOIN databases ON databases.id = snapshots.database
             ORDER BY account, snapshots.id",
            |row| Ok((AccountId(row.get(0)?), SnapshotId(row.get(1)?))),
        )?,
        editions: all(copy, "SELECT id, version FROM shares ORDER BY id", |row| {
            Ok(Edition { share: ShareId(row.get(0)?), version: row.get(1)? })
        })?,
    })
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
