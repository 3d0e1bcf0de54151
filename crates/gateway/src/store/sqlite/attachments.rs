//! What an account's workspace has attached.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    super::{AccountId, Address, Database, DatabaseSource, Edition, Name, StoreError},
    databases, editions,
};

pub(super) fn attach_database(
    transaction: &Transaction<'_>,
    account: AccountId,
    name: &str,
    (alias, persist): (Option<&Name>, bool),
) -> Result<(Database, bool), StoreError> {
    let missing = || StoreError::Missing { what: "database", name: name.to_owned() };
    let Some(database) = databases::find(transaction, account, name)? else {
        // A server's own share that was detached.
        let share = editions::common(transaction, name)?.ok_or_else(missing)?;
        let address = editions::address(transaction, share)?.ok_or_else(missing)?;
        return attach_share(transaction, account, &address, (alias, persist));
    };
    let has_alias = alias.is_some_and(|alias| !alias.as_str().eq_ignore_ascii_case(&database.name));
    let DatabaseSource::Own(id) = database.source else {
        return if has_alias { Err(StoreError::Attached(database.name)) } else { Ok((database, false)) };
    };
    if has_alias {
        return Err(StoreError::NoAlias(database.name));
    }
    let was_attached = databases::is_in_workspace(transaction, id)?;
    if persist && !was_attached {
        transaction.execute("UPDATE databases SET is_attached = 1 WHERE id = ?", [id.0])?;
    }
    Ok((database, !was_attached))
}

pub(super) fn attach_share(
    transaction: &Transaction<'_>,
    account: AccountId,
    address: &Address,
    (alias, persist): (Option<&Name>, bool),
) -> Result<(Database, bool), StoreError> {
    let edition = editions::addressed(transaction, account, address)?;
    // As the share was made, however the address is written.
    let own_name = editions::address(transaction, edition.share)?.map(|address| address.database);
    let name = alias.map(|alias| alias.as_str().to_owned()).or(own_name).unwrap_or_default();
    let database =
        |name: String| Database { name, is_default: false, source: DatabaseSource::Share(edition) };
    if let Some(present) = attached_name(transaction, account, edition)? {
        return if present.eq_ignore_ascii_case(&name) {
            Ok((database(present), false))
        } else {
            Err(StoreError::Attached(present))
        };
    }
    if databases::find(transaction, account, &name)?.is_some() {
        return Err(StoreError::Exists { what: "database", name });
    }
    if persist {
        transaction.execute(
            "INSERT OR REPLACE INTO attachments (account, share, name, is_attached) VALUES (?, ?, ?, 1)",
            params![account.0, edition.share.0, name],
        )?;
    }
    Ok((database(name), true))
}

fn attached_name(
    transaction: &Transaction<'_>,
    account: AccountId,
    edition: Edition,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT name FROM attached_shares WHERE account = ? AND share = ?";
    Ok(transaction.query_row(sql, params![account.0, edition.share.0], |row| row.get(0)).optional()?)
}

pub(super) fn detach(
    transaction: &Transaction<'_>,
    account: AccountId,
    name: &str,
) -> Result<(), StoreError> {
    match databases::find(transaction, account, name)?.map(|database| database.source) {
        Some(DatabaseSource::Own(id)) => {
            transaction.execute("UPDATE databases SET is_attached = 0 WHERE id = ?", [id.0])?;
        }
        Some(DatabaseSource::Share(Edition { share, .. })) => {
            // Of a server's share there is a row that says so; of others there is none.
            transaction.execute(
                "DELETE FROM attachments WHERE account = ? AND share = ?",
                params![account.0, share.0],
            )?;
            transaction.execute(
                "INSERT INTO attachments (account, share, name, is_attached)
                 SELECT ?, id, name, 0 FROM shares WHERE id = ? AND owner IS NULL",
                params![account.0, share.0],
            )?;
        }
        None => {}
    }
    Ok(())
}
