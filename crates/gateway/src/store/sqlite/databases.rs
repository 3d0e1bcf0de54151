//! Databases of accounts, and what else their workspaces show.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use super::{
    super::{
        AccountId, Database, DatabaseId, DatabaseSource, Edition, IfExists, MadeDatabase, Moment, Name,
        NewDatabase, OwnDatabase, Place, ShareId, StoreError,
    },
    dropped, not_full, taken,
};

/// Own databases and the workspace's shares, with `is_attached`; the account is the only parameter.
const VISIBLE: &str = "
    SELECT name, is_default, 0 AS is_share, id, 0 AS version, is_attached
    FROM databases WHERE account = ?1 AND dropped_us IS NULL
    UNION ALL
    SELECT attached_shares.name, 0, 1, shares.id, shares.version, 1
    FROM attached_shares JOIN shares ON shares.id = attached_shares.share WHERE attached_shares.account = ?1";

/// Of one's own, with what [`own_database`] reads.
pub(super) const OWN: &str = "databases.id, databases.uuid, databases.name, databases.created_us,
    databases.is_default, databases.is_attached";

pub(super) fn workspace(connection: &Connection, account: AccountId) -> Result<Vec<Database>, StoreError> {
    let sql = format!("SELECT * FROM ({VISIBLE}) WHERE is_attached = 1 ORDER BY is_share, id");
    list(connection, &sql, account)
}

pub(super) fn connectable(connection: &Connection, account: AccountId) -> Result<Vec<Database>, StoreError> {
    list(connection, &format!("SELECT * FROM ({VISIBLE}) ORDER BY is_share, id"), account)
}

fn list(connection: &Connection, sql: &str, account: AccountId) -> Result<Vec<Database>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([account.0], database)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn find(
    connection: &Connection,
    account: AccountId,
    name: &str,
) -> Result<Option<Database>, StoreError> {
    let sql = format!("SELECT * FROM ({VISIBLE}) WHERE name = ?2 COLLATE NOCASE ORDER BY is_share LIMIT 1");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row(params![account.0, name], database).optional()?)
}

/// The account's own database of this name.
pub(super) fn find_own(
    connection: &Connection,
    account: AccountId,
    name: &str,
) -> Result<OwnDatabase, StoreError> {
    let sql = format!("SELECT {OWN} FROM databases WHERE account = ? AND name = ? AND dropped_us IS NULL");
    let found = connection.query_row(&sql, params![account.0, name], own_database).optional()?;
    match found {
        Some(database) => database,
        None if find(connection, account, name)?.is_some() => Err(StoreError::IsShare(name.to_owned())),
        None => Err(StoreError::Missing { what: "database", name: name.to_owned() }),
    }
}

/// The account's own databases, in the order in which they were made.
pub(super) fn own(connection: &Connection, account: AccountId) -> Result<Vec<OwnDatabase>, StoreError> {
    let sql = format!("SELECT {OWN} FROM databases WHERE account = ? AND dropped_us IS NULL ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([account.0], own_database)?;
    rows.map(|row| row?).collect()
}

pub(super) fn check(
    transaction: &Transaction<'_>,
    new: &NewDatabase,
) -> Result<Option<Database>, StoreError> {
    let Some(found) = find(transaction, new.account, new.name.as_str())? else {
        not_full("databases", count(transaction, new.account)?, new.limit)?;
        return Ok(None);
    };
    match (new.if_exists, found.source) {
        (IfExists::Keep, _) | (IfExists::Replace, DatabaseSource::Own(_)) => Ok(Some(found)),
        (IfExists::Refuse, _) | (IfExists::Replace, DatabaseSource::Share(_)) => {
            Err(StoreError::Exists { what: "database", name: found.name })
        }
    }
}

pub(super) fn count(transaction: &Transaction<'_>, account: AccountId) -> Result<i64, StoreError> {
    let sql = "SELECT count(*) FROM databases WHERE account = ? AND dropped_us IS NULL";
    Ok(transaction.query_row(sql, [account.0], |row| row.get(0))?)
}

/// Whether the workspace has an own database attached.
pub(super) fn is_in_workspace(transaction: &Transaction<'_>, id: DatabaseId) -> rusqlite::Result<bool> {
    transaction.query_row("SELECT is_attached FROM databases WHERE id = ?", [id.0], |row| row.get(0))
}

pub(super) fn create(
    transaction: &Transaction<'_>,
    new: &NewDatabase,
    place: Place<'_, DatabaseId>,
) -> Result<MadeDatabase, StoreError> {
    let found = check(transaction, new)?;
    let mut gone_shares = Vec::new();
    let mut is_default = false;
    let mut is_attached = new.persist;
    match found {
        Some(database) if new.if_exists == IfExists::Keep => {
            return Ok(MadeDatabase { database, is_new: false, gone_shares });
        }
        Some(Database { source: DatabaseSource::Own(id), is_default: was_default, .. }) => {
            is_default = was_default;
            is_attached |= is_in_workspace(transaction, id)?;
            gone_shares = dropped::mark(transaction, id)?;
        }
        Some(_) | None => {}
    }
    let name = new.name.as_str();
    transaction
        .execute(
            "INSERT INTO databases (account, uuid, name, is_default, is_attached, created_us)
             VALUES (?, ?, ?, ?, ?, ?)",
            params![
                new.account.0,
                Uuid::new_v4().to_string(),
                name,
                is_default,
                is_attached,
                Moment::now().0
            ],
        )
        .map_err(taken("database", name))?;
    let id = DatabaseId(transaction.last_insert_rowid());
    place(id)?;
    let database = Database { name: name.to_owned(), is_default, source: DatabaseSource::Own(id) };
    Ok(MadeDatabase { database, is_new: true, gone_shares })
}

pub(super) fn rename(
    transaction: &Transaction<'_>,
    account: AccountId,
    from: &str,
    to: &Name,
) -> Result<Database, StoreError> {
    let database = find_own(transaction, account, from)?;
    let source = DatabaseSource::Own(database.id);
    let name = to.as_str().to_owned();
    // To write its own name in another way is no conflict.
    if find(transaction, account, to.as_str())?.is_some_and(|other| other.source != source) {
        return Err(StoreError::Exists { what: "database", name });
    }
    let sql = "UPDATE databases SET name = ? WHERE id = ?";
    transaction.execute(sql, params![name, database.id.0]).map_err(taken("database", &name))?;
    Ok(Database { name, is_default: database.is_default, source })
}

fn database(row: &Row<'_>) -> rusqlite::Result<Database> {
    let is_share: bool = row.get(2)?;
    let id = row.get(3)?;
    let source = if is_share {
        DatabaseSource::Share(Edition { share: ShareId(id), version: row.get(4)? })
    } else {
        DatabaseSource::Own(DatabaseId(id))
    };
    Ok(Database { name: row.get(0)?, is_default: row.get(1)?, source })
}

/// Of the columns [`OWN`].
pub(super) fn own_database(row: &Row<'_>) -> rusqlite::Result<Result<OwnDatabase, StoreError>> {
    let uuid: String = row.get(1)?;
    let (id, name, created) = (DatabaseId(row.get(0)?), row.get(2)?, Moment(row.get(3)?));
    let (is_default, is_attached) = (row.get(4)?, row.get(5)?);
    Ok(super::uuid(&uuid).map(|uuid| OwnDatabase { id, uuid, name, created, is_default, is_attached }))
}
