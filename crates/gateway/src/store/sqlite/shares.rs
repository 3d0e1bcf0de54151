//! Shares of accounts: made, dropped, granted, listed.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use uuid::Uuid;
use wire::link::platform::{Access, ShareOptions, UpdateMode, Visibility};

use super::{
    super::{
        AccountId, Address, Edition, IfExists, MadeShare, Moment, NewShare, OwnDatabase, OwnShare, Place,
        SeenShare, ShareId, StoreError, Taken,
    },
    accounts, databases, dropped, not_full, taken,
};

/// Of the shares of others, at most so many are listed.
const SEEN_MAX: usize = 1000;

/// After those of the database.
const COLUMNS: &str =
    "shares.id, shares.version, shares.name, shares.uuid, shares.address, shares.created_us,
    shares.published_us, shares.access, shares.visibility, shares.update_mode";

pub(super) fn check(
    transaction: &Transaction<'_>,
    new: &NewShare,
) -> Result<(Option<OwnShare>, OwnDatabase), StoreError> {
    let database = databases::find_own(transaction, new.owner, &new.database)?;
    let found = match find(transaction, new.owner, new.name.as_str()) {
        Err(StoreError::Missing { .. }) => None,
        found => Some(found?),
    };
    match (&found, new.if_exists) {
        (Some(share), IfExists::Refuse) => {
            Err(StoreError::Exists { what: "share", name: share.name.clone() })
        }
        (Some(_), IfExists::Keep | IfExists::Replace) => Ok((found, database)),
        (None, _) => {
            let sql = "SELECT count(*) FROM shares WHERE owner = ?";
            let count = transaction.query_row(sql, [new.owner.0], |row| row.get(0))?;
            not_full("shares", count, new.limit)?;
            Ok((None, database))
        }
    }
}

pub(super) fn create(
    transaction: &Transaction<'_>,
    new: &NewShare,
    when: Taken,
    place: Place<'_, Edition>,
) -> Result<MadeShare, StoreError> {
    let (found, database) = check(transaction, new)?;
    let mut gone_shares = Vec::new();
    if let Some(share) = found {
        if new.if_exists == IfExists::Keep {
            return Ok(MadeShare { share, is_new: false, gone_shares });
        }
        // Another address is another share.
        transaction.execute("DELETE FROM shares WHERE id = ?", [share.edition.share.0])?;
        gone_shares.push(share.edition.share);
    }
    let name = new.name.as_str();
    transaction
        .execute(
            "INSERT INTO shares (owner, database, uuid, name, address, access, visibility, update_mode, version,
                                 created_us, published_us, source_us)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)",
            params![
                new.owner.0,
                database.id.0,
                Uuid::new_v4().to_string(),
                name,
                database.name,
                access_word(new.options.access),
                visibility_word(new.options.visibility),
                update_word(new.options.update),
                Moment::now().0,
                when.at.0,
                when.source.0,
            ],
        )
        .map_err(taken("share", name))?;
    place(Edition { share: ShareId(transaction.last_insert_rowid()), version: 1 })?;
    Ok(MadeShare { share: find(transaction, new.owner, name)?, is_new: true, gone_shares })
}

pub(super) fn find(
    transaction: &Transaction<'_>,
    owner: AccountId,
    name: &str,
) -> Result<OwnShare, StoreError> {
    let mut found = select(transaction, "owner = ?1 AND shares.name = ?2", owner, name)?;
    found.pop().ok_or_else(|| StoreError::Missing { what: "share", name: name.to_owned() })
}

pub(super) fn own(transaction: &Transaction<'_>, owner: AccountId) -> Result<Vec<OwnShare>, StoreError> {
    select(transaction, "owner = ?1 AND ?2 = ''", owner, "")
}

/// Those of one database that follow it by themselves.
pub(super) fn automatic(
    transaction: &Transaction<'_>,
    owner: AccountId,
    database: &str,
) -> Result<Vec<OwnShare>, StoreError> {
    let database = databases::find_own(transaction, owner, database)?;
    let condition = "owner = ?1 AND databases.name = ?2 AND update_mode = 'AUTOMATIC'";
    select(transaction, condition, owner, &database.name)
}

fn select(
    transaction: &Transaction<'_>,
    condition: &str,
    owner: AccountId,
    name: &str,
) -> Result<Vec<OwnShare>, StoreError> {
    let own = databases::OWN;
    let sql = format!(
        "SELECT {own}, {COLUMNS} FROM shares JOIN databases ON databases.id = shares.database
         WHERE {condition} ORDER BY shares.id"
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    let rows = statement.query_map(params![owner.0, name], own_share)?;
    let mut shares = rows.map(|row| row?).collect::<Result<Vec<_>, _>>()?;
    for share in &mut shares {
        let sql = "SELECT name FROM grants JOIN accounts ON accounts.id = grants.account
                   WHERE share = ? ORDER BY name";
        share.grants = dropped::texts(transaction, sql, share.edition.share.0)?;
    }
    Ok(shares)
}

pub(super) fn remove(
    transaction: &Transaction<'_>,
    owner: AccountId,
    name: &str,
) -> Result<Option<ShareId>, StoreError> {
    let sql = "DELETE FROM shares WHERE owner = ? AND name = ? RETURNING id";
    Ok(transaction.query_row(sql, params![owner.0, name], |row| row.get(0).map(ShareId)).optional()?)
}

pub(super) fn grant(
    transaction: &Transaction<'_>,
    (owner, share): (AccountId, &str),
    grantees: &[String],
    is_granted: bool,
) -> Result<ShareId, StoreError> {
    let share = find(transaction, owner, share)?;
    let id = share.edition.share;
    for grantee in grantees {
        let account = accounts::find(transaction, grantee)?.id;
        let sql = if is_granted {
            "INSERT OR IGNORE INTO grants (share, account) VALUES (?, ?)"
        } else {
            "DELETE FROM grants WHERE share = ? AND account = ?"
        };
        transaction.execute(sql, params![id.0, account.0])?;
        if !is_granted && share.options.access == Access::Restricted && account != owner {
            let sql = "DELETE FROM attachments WHERE share = ? AND account = ?";
            transaction.execute(sql, params![id.0, account.0])?;
        }
    }
    Ok(id)
}

/// Shares that the account has attached, its own too, and those of others that it was granted or may discover.
pub(super) fn seen(transaction: &Transaction<'_>, account: AccountId) -> Result<Vec<SeenShare>, StoreError> {
    let sql = "
        SELECT shares.name, shares.uuid, shares.address, shares.created_us, shares.access, shares.visibility,
               shares.update_mode, attached_shares.name
        FROM shares LEFT JOIN attached_shares
            ON attached_shares.share = shares.id AND attached_shares.account = ?1
        WHERE attached_shares.name IS NOT NULL
            OR (coalesce(owner, 0) <> ?1
                AND (EXISTS (SELECT 1 FROM grants WHERE share = shares.id AND account = ?1)
                     OR (visibility = 'DISCOVERABLE' AND access <> 'RESTRICTED')))
        ORDER BY attached_shares.name IS NULL, shares.id LIMIT ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    let limit = i64::try_from(SEEN_MAX).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![account.0, limit], |row| {
        let (uuid, database): (String, String) = (row.get(1)?, row.get(2)?);
        let (name, created, attached_as) = (row.get(0)?, Moment(row.get(3)?), row.get(7)?);
        let options = options(row, 4)?;
        Ok(super::uuid(&uuid).and_then(|uuid| {
            Ok(SeenShare {
                name,
                address: Address { database, uuid },
                created,
                options: options?,
                attached_as,
            })
        }))
    })?;
    rows.map(|row| row?).collect()
}

fn own_share(row: &Row<'_>) -> rusqlite::Result<Result<OwnShare, StoreError>> {
    let database = databases::own_database(row)?;
    let edition = Edition { share: ShareId(row.get(6)?), version: row.get(7)? };
    let (name, uuid): (String, String) = (row.get(8)?, row.get(9)?);
    let address: String = row.get(10)?;
    let (created, published) = (Moment(row.get(11)?), Moment(row.get(12)?));
    let options = options(row, 13)?;
    Ok(super::uuid(&uuid).and_then(|uuid| {
        let address = Address { database: address, uuid };
        let (database, options) = (database?, options?);
        Ok(OwnShare { edition, name, address, database, created, published, options, grants: Vec::new() })
    }))
}

/// From three columns: access, visibility, update mode.
fn options(row: &Row<'_>, first: usize) -> rusqlite::Result<Result<ShareOptions, StoreError>> {
    let (access, visibility): (String, String) = (row.get(first)?, row.get(first + 1)?);
    let update: String = row.get(first + 2)?;
    let damaged = |word: &str| StoreError::Damaged(format!("option of a share {word:?}"));
    let access = match access.as_str() {
        "ORGANIZATION" => Ok(Access::Organization),
        "UNRESTRICTED" => Ok(Access::Unrestricted),
        "RESTRICTED" => Ok(Access::Restricted),
        other => Err(damaged(other)),
    };
    let visibility = match visibility.as_str() {
        "DISCOVERABLE" => Ok(Visibility::Discoverable),
        "HIDDEN" => Ok(Visibility::Hidden),
        other => Err(damaged(other)),
    };
    let update = match update.as_str() {
        "MANUAL" => Ok(UpdateMode::Manual),
        "AUTOMATIC" => Ok(UpdateMode::Automatic),
        other => Err(damaged(other)),
    };
    Ok((|| Ok(ShareOptions { access: access?, visibility: visibility?, update: update? }))())
}

fn access_word(access: Access) -> &'static str {
    match access {
        Access::Organization => "ORGANIZATION",
        Access::Unrestricted => "UNRESTRICTED",
        Access::Restricted => "RESTRICTED",
    }
}

fn visibility_word(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Discoverable => "DISCOVERABLE",
        Visibility::Hidden => "HIDDEN",
    }
}

fn update_word(update: UpdateMode) -> &'static str {
    match update {
        UpdateMode::Manual => "MANUAL",
        UpdateMode::Automatic => "AUTOMATIC",
    }
}
