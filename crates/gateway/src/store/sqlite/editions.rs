//! States of shares: which is the present one, who may read it, what is to be published next.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use super::{
    super::{
        AccountId, Address, DatabaseId, Edition, Followed, Moment, Name, Place, ShareId, StoreError, Taken,
    },
    taken,
};

/// That account ?1 may read the share.
const READABLE: &str = "(owner IS NULL OR owner = ?1 OR access <> 'RESTRICTED'
    OR EXISTS (SELECT 1 FROM grants WHERE share = shares.id AND account = ?1))";

pub(super) fn common(connection: &Connection, name: &str) -> Result<Option<ShareId>, StoreError> {
    let sql = "SELECT id FROM shares WHERE owner IS NULL AND name = ?";
    Ok(connection.query_row(sql, [name], |row| row.get(0).map(ShareId)).optional()?)
}

pub(super) fn create_common(
    transaction: &Transaction<'_>,
    name: &Name,
    uuid: Uuid,
    place: Place<'_, Edition>,
) -> Result<ShareId, StoreError> {
    let name = name.as_str();
    let now = Moment::now().0;
    transaction
        .execute(
            "INSERT INTO shares (uuid, name, address, access, visibility, update_mode, version,
                                 created_us, published_us, source_us)
             VALUES (?, ?, ?, 'ORGANIZATION', 'DISCOVERABLE', 'MANUAL', 0, ?, ?, 0)",
            params![uuid.to_string(), name, name, now, now],
        )
        .map_err(taken("share", name))?;
    let share = ShareId(transaction.last_insert_rowid());
    place(Edition { share, version: 0 })?;
    Ok(share)
}

/// The address of a share.
pub(super) fn address(connection: &Connection, share: ShareId) -> Result<Option<Address>, StoreError> {
    let sql = "SELECT address, uuid FROM shares WHERE id = ?";
    let found =
        connection.query_row(sql, [share.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    let parts = found.optional()?;
    parts.map(|(database, uuid)| Ok(Address { database, uuid: super::uuid(&uuid)? })).transpose()
}

pub(super) fn publish(
    transaction: &Transaction<'_>,
    share: ShareId,
    when: Taken,
    place: Place<'_, Edition>,
) -> Result<Option<Edition>, StoreError> {
    let sql = "UPDATE shares SET version = version + 1, published_us = ?, source_us = ?
               WHERE id = ? RETURNING id, version";
    let next = transaction.query_row(sql, params![when.at.0, when.source.0, share.0], edition).optional()?;
    if let Some(next) = next {
        place(next)?;
    }
    Ok(next)
}

pub(super) fn followed(connection: &Connection, owner: AccountId) -> Result<Vec<Followed>, StoreError> {
    let sql = "SELECT databases.id, databases.name, min(source_us) FROM shares
               JOIN databases ON databases.id = shares.database
               WHERE owner = ? AND update_mode = 'AUTOMATIC' GROUP BY databases.id ORDER BY databases.id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([owner.0], |row| {
        Ok(Followed { id: DatabaseId(row.get(0)?), name: row.get(1)?, source: Moment(row.get(2)?) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn readable(
    connection: &Connection,
    account: AccountId,
    share: ShareId,
) -> Result<Option<Edition>, StoreError> {
    let sql = format!("SELECT id, version FROM shares WHERE id = ?2 AND {READABLE}");
    Ok(connection.query_row(&sql, params![account.0, share.0], edition).optional()?)
}

pub(super) fn addressed(
    connection: &Connection,
    account: AccountId,
    address: &Address,
) -> Result<Edition, StoreError> {
    let sql = format!("SELECT id, version FROM shares WHERE uuid = ?2 AND address = ?3 AND {READABLE}");
    let parameters = params![account.0, address.uuid.to_string(), address.database];
    connection
        .query_row(&sql, parameters, edition)
        .optional()?
        .ok_or_else(|| StoreError::Missing { what: "share", name: address.to_string() })
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Edition>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, version FROM shares ORDER BY id")?;
    let rows = statement.query_map([], edition)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn edition(row: &Row<'_>) -> rusqlite::Result<Edition> {
    Ok(Edition { share: ShareId(row.get(0)?), version: row.get(1)? })
}
