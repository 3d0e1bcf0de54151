//! Snapshots of databases.

use rusqlite::{Row, Transaction, params};
use uuid::Uuid;

use super::{
    super::{AccountId, Moment, NewSnapshot, OwnDatabase, Place, Snapshot, SnapshotId, StoreError},
    databases, not_full, taken,
};

/// After those of the database.
const COLUMNS: &str = "snapshots.id, snapshots.uuid, snapshots.name, snapshots.created_us, snapshots.bytes";

pub(super) fn all(transaction: &Transaction<'_>, account: AccountId) -> Result<Vec<Snapshot>, StoreError> {
    select(transaction, "dropped_us IS NULL AND ?2 = ''", account, "")
}

pub(super) fn check(transaction: &Transaction<'_>, new: &NewSnapshot) -> Result<OwnDatabase, StoreError> {
    let database = databases::find_own(transaction, new.account, &new.database)?;
    if let Some(name) = &new.name {
        let sql = "SELECT count(*) FROM snapshots WHERE database = ? AND name = ?";
        let count: i64 =
            transaction.query_row(sql, params![database.id.0, name.as_str()], |row| row.get(0))?;
        if count > 0 {
            return Err(StoreError::Exists { what: "snapshot", name: name.as_str().to_owned() });
        }
    }
    // Those of dropped databases go with them.
    let sql = "SELECT count(*) FROM snapshots JOIN databases ON databases.id = snapshots.database
               WHERE account = ? AND dropped_us IS NULL";
    let count = transaction.query_row(sql, [new.account.0], |row| row.get(0))?;
    not_full("snapshots", count, new.limit)?;
    Ok(database)
}

pub(super) fn create(
    transaction: &Transaction<'_>,
    new: &NewSnapshot,
    place: Place<'_, SnapshotId>,
) -> Result<Snapshot, StoreError> {
    let database = check(transaction, new)?;
    let name = new.name.as_ref().map(|name| name.as_str().to_owned());
    let uuid = Uuid::new_v4();
    let bytes = i64::try_from(new.bytes).unwrap_or(i64::MAX);
    transaction
        .execute(
            "INSERT INTO snapshots (database, uuid, name, created_us, bytes) VALUES (?, ?, ?, ?, ?)",
            params![database.id.0, uuid.to_string(), name, new.created.0, bytes],
        )
        .map_err(taken("snapshot", name.as_deref().unwrap_or_default()))?;
    let id = SnapshotId(transaction.last_insert_rowid());
    place(id)?;
    Ok(Snapshot { id, uuid, name, database, created: new.created, bytes: new.bytes })
}

pub(super) fn find(
    transaction: &Transaction<'_>,
    account: AccountId,
    text: &str,
) -> Result<Snapshot, StoreError> {
    // By its number also that of a dropped database.
    if let Ok(uuid) = Uuid::try_parse(text)
        && let Some(found) = select(transaction, "snapshots.uuid = ?2", account, &uuid.to_string())?.pop()
    {
        return Ok(found);
    }
    let named = select(transaction, "snapshots.name = ?2 AND dropped_us IS NULL", account, text)?;
    match <[Snapshot; 1]>::try_from(named) {
        Ok([snapshot]) => Ok(snapshot),
        Err(none) if none.is_empty() => Err(StoreError::Missing { what: "snapshot", name: text.to_owned() }),
        Err(several) => {
            let candidate = |snapshot: Snapshot| format!("{} of {}", snapshot.uuid, snapshot.database.name);
            let candidates = several.into_iter().map(candidate).collect();
            Err(StoreError::Ambiguous { name: text.to_owned(), candidates })
        }
    }
}

fn select(
    transaction: &Transaction<'_>,
    condition: &str,
    account: AccountId,
    text: &str,
) -> Result<Vec<Snapshot>, StoreError> {
    let own = databases::OWN;
    let sql = format!(
        "SELECT {own}, {COLUMNS} FROM snapshots JOIN databases ON databases.id = snapshots.database
         WHERE account = ?1 AND {condition} ORDER BY snapshots.id"
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    let rows = statement.query_map(params![account.0, text], snapshot)?;
    rows.map(|row| row?).collect()
}

fn snapshot(row: &Row<'_>) -> rusqlite::Result<Result<Snapshot, StoreError>> {
    let database = databases::own_database(row)?;
    let (id, uuid): (_, String) = (SnapshotId(row.get(6)?), row.get(7)?);
    let (name, created) = (row.get(8)?, Moment(row.get(9)?));
    let bytes = u64::try_from(row.get::<_, i64>(10)?).unwrap_or_default();
    Ok(super::uuid(&uuid).and_then(|uuid| {
        let database = database?;
        Ok(Snapshot { id, uuid, name, database, created, bytes })
    }))
}
