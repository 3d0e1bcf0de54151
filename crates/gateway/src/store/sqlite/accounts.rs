//! Accounts.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use super::{
    super::{Account, AccountId, Name, StoreError, Timestamp},
    taken,
};
use crate::home::{self, Layout};

pub(super) fn create(
    transaction: &Transaction<'_>,
    layout: &Layout,
    name: &Name,
    database: &Name,
) -> Result<Account, StoreError> {
    let created = Timestamp::now();
    transaction
        .execute(
            "INSERT INTO accounts (name, uuid, created) VALUES (?, ?, ?)",
            params![name.as_str(), Uuid::new_v4().to_string(), created.0],
        )
        .map_err(taken("account", name.as_str()))?;
    let id = AccountId(transaction.last_insert_rowid());
    transaction.execute(
        "INSERT INTO databases (account, uuid, name, is_default, is_attached, created_us)
         VALUES (?, ?, ?, 1, 1, ? * 1000000)",
        params![id.0, Uuid::new_v4().to_string(), database.as_str(), created.0],
    )?;
    // Before the commit: an account that can be seen has its folders.
    home::create_account_folders(layout, id)?;
    Ok(Account { id, name: name.as_str().to_owned(), created })
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Account>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, name, created FROM accounts ORDER BY id")?;
    let rows = statement.query_map([], account)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn remove(transaction: &Transaction<'_>, name: &Name) -> Result<Account, StoreError> {
    let account = find(transaction, name.as_str())?;
    transaction.execute("DELETE FROM accounts WHERE id = ?", [account.id.0])?;
    Ok(account)
}

pub(super) fn find(connection: &Connection, name: &str) -> Result<Account, StoreError> {
    let sql = "SELECT id, name, created FROM accounts WHERE name = ?";
    connection
        .query_row(sql, [name], account)
        .optional()?
        .ok_or_else(|| StoreError::NoAccount(name.to_owned()))
}

/// The account's number for clients.
pub(super) fn uuid(connection: &Connection, account: AccountId) -> Result<Uuid, StoreError> {
    let sql = "SELECT uuid FROM accounts WHERE id = ?";
    let text: Option<String> = connection.query_row(sql, [account.0], |row| row.get(0)).optional()?;
    super::uuid(&text.ok_or_else(|| StoreError::NoAccount(account.to_string()))?)
}

pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account { id: AccountId(row.get(0)?), name: row.get(1)?, created: Timestamp(row.get(2)?) })
}
