//! Databases that were dropped: kept for a while, brought back, purged; and the files that rows still name.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    super::{
        AccountId, Database, DatabaseId, DatabaseSource, Known, Moment, Purged, ShareId, SnapshotId,
        StoreError, Undrop,
    },
    databases, not_full,
};

pub(super) fn remove(
    transaction: &Transaction<'_>,
    account: AccountId,
    name: &str,
    cascade: bool,
) -> Result<Option<(DatabaseId, Vec<ShareId>)>, StoreError> {
    let database = match databases::find_own(transaction, account, name) {
        Ok(database) => database,
        Err(StoreError::Missing { .. }) => return Ok(None),
        Err(other) => return Err(other),
    };
    if database.is_default {
        return Err(StoreError::IsDefault(database.name));
    }
    let sql = "SELECT name FROM shares WHERE database = ? ORDER BY name";
    let shares = texts(transaction, sql, database.id.0)?;
    if !shares.is_empty() && !cascade {
        return Err(StoreError::HasShares { name: database.name, shares });
    }
    Ok(Some((database.id, mark(transaction, database.id)?)))
}

/// Marks a database as dropped; its shares go for good.
pub(super) fn mark(transaction: &Transaction<'_>, id: DatabaseId) -> Result<Vec<ShareId>, StoreError> {
    let sql = "DELETE FROM shares WHERE database = ? RETURNING id";
    let mut statement = transaction.prepare_cached(sql)?;
    let rows = statement.query_map([id.0], |row| row.get(0).map(ShareId))?;
    let shares = rows.collect::<Result<_, _>>()?;
    let sql = "UPDATE databases SET dropped_us = ?, is_default = 0 WHERE id = ?";
    transaction.execute(sql, params![Moment::now().0, id.0])?;
    Ok(shares)
}

pub(super) fn bring_back(
    transaction: &Transaction<'_>,
    account: AccountId,
    name: &str,
    how: Undrop,
) -> Result<Database, StoreError> {
    let sql = "SELECT id, name FROM databases WHERE account = ? AND name = ? AND dropped_us >= ?
               ORDER BY dropped_us DESC, id DESC LIMIT 1";
    let found = transaction.query_row(sql, params![account.0, name, how.since.0], |row| {
        Ok((DatabaseId(row.get(0)?), row.get::<_, String>(1)?))
    });
    let name_taken = databases::find(transaction, account, name)?;
    if let Some(taken) = name_taken {
        return Err(StoreError::Exists { what: "database", name: taken.name });
    }
    let (id, name) = found
        .optional()?
        .ok_or_else(|| StoreError::Missing { what: "dropped database", name: name.to_owned() })?;
    not_full("databases", databases::count(transaction, account)?, how.limit)?;
    let sql = "UPDATE databases SET dropped_us = NULL, is_attached = ? WHERE id = ?";
    transaction.execute(sql, params![how.persist, id.0])?;
    Ok(Database { name, is_default: false, source: DatabaseSource::Own(id) })
}

pub(super) fn purge(transaction: &Transaction<'_>, before: Moment) -> Result<Vec<Purged>, StoreError> {
    let sql = "SELECT account, id FROM databases WHERE dropped_us < ? ORDER BY id";
    let mut statement = transaction.prepare_cached(sql)?;
    let rows =
        statement.query_map([before.0], |row| Ok((AccountId(row.get(0)?), DatabaseId(row.get(1)?))))?;
    let expired = rows.collect::<Result<Vec<_>, _>>()?;
    expired.into_iter().map(|(account, database)| forget(transaction, account, database)).collect()
}

pub(super) fn purge_oldest(
    transaction: &Transaction<'_>,
    account: AccountId,
    keep: usize,
) -> Result<Option<Purged>, StoreError> {
    // That many behind the one that was dropped last.
    let sql = "SELECT id FROM databases WHERE account = ? AND dropped_us IS NOT NULL
               ORDER BY dropped_us DESC, id DESC LIMIT -1 OFFSET ?";
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    let mut statement = transaction.prepare_cached(sql)?;
    let rows = statement.query_map(params![account.0, keep], |row| row.get(0).map(DatabaseId))?;
    let beyond = rows.collect::<Result<Vec<_>, _>>()?;
    beyond.last().map(|oldest| forget(transaction, account, *oldest)).transpose()
}

/// Dropped databases that can still be brought back.
pub(super) fn dropped(transaction: &Transaction<'_>, account: AccountId) -> Result<Vec<Purged>, StoreError> {
    let sql = "SELECT id FROM databases WHERE account = ? AND dropped_us IS NOT NULL ORDER BY id";
    let mut statement = transaction.prepare_cached(sql)?;
    let rows = statement.query_map([account.0], |row| row.get(0).map(DatabaseId))?;
    let databases = rows.collect::<Result<Vec<_>, _>>()?;
    let with_snapshots = databases.into_iter().map(|database| {
        let snapshots = snapshot_ids(transaction, "database = ?", database.0)?;
        Ok(Purged { account, database, snapshots })
    });
    with_snapshots.collect()
}

fn forget(
    transaction: &Transaction<'_>,
    account: AccountId,
    database: DatabaseId,
) -> Result<Purged, StoreError> {
    let snapshots = snapshot_ids(transaction, "database = ?", database.0)?;
    transaction.execute("DELETE FROM databases WHERE id = ?", [database.0])?;
    Ok(Purged { account, database, snapshots })
}

pub(super) fn known(transaction: &Transaction<'_>, account: AccountId) -> Result<Known, StoreError> {
    let mut statement = transaction.prepare_cached("SELECT id FROM databases WHERE account = ?")?;
    let rows = statement.query_map([account.0], |row| row.get(0).map(DatabaseId))?;
    let databases = rows.collect::<Result<_, _>>()?;
    let condition = "database IN (SELECT id FROM databases WHERE account = ?)";
    Ok(Known { databases, snapshots: snapshot_ids(transaction, condition, account.0)? })
}

fn snapshot_ids(connection: &Connection, condition: &str, id: i64) -> Result<Vec<SnapshotId>, StoreError> {
    let sql = format!("SELECT id FROM snapshots WHERE {condition} ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([id], |row| row.get(0).map(SnapshotId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One column of texts.
pub(super) fn texts(connection: &Connection, sql: &str, id: i64) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
