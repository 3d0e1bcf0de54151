//! Secrets, of which only sealed ones are kept.

use rusqlite::{Connection, Row, Transaction, params};

use super::{
    super::{IfExists, Name, SealedSecret, SecretRow, StoreError, Timestamp},
    accounts, not_full,
};

pub(super) fn put(
    transaction: &Transaction<'_>,
    account: &Name,
    secret: &SealedSecret,
    (if_exists, limit): (IfExists, usize),
) -> Result<bool, StoreError> {
    let account = accounts::find(transaction, account.as_str())?;
    let sql = "SELECT count(*) FROM secrets WHERE account = ? AND name = ?";
    let exists: i64 = transaction.query_row(sql, params![account.id.0, secret.name], |row| row.get(0))?;
    match if_exists {
        IfExists::Keep if exists > 0 => return Ok(false),
        IfExists::Refuse if exists > 0 => {
            return Err(StoreError::Exists { what: "secret", name: secret.name.clone() });
        }
        IfExists::Replace => {
            let sql = "DELETE FROM secrets WHERE account = ? AND name = ?";
            transaction.execute(sql, params![account.id.0, secret.name])?;
        }
        IfExists::Keep | IfExists::Refuse => {}
    }
    let sql = "SELECT count(*) FROM secrets WHERE account = ?";
    not_full("secrets", transaction.query_row(sql, [account.id.0], |row| row.get(0))?, limit)?;
    let scopes = serde_json::to_string(&secret.scopes).unwrap_or_default();
    transaction.execute(
        "INSERT INTO secrets (account, name, kind, scopes, sealed, created) VALUES (?, ?, ?, ?, ?, ?)",
        params![account.id.0, secret.name, secret.kind, scopes, secret.sealed, secret.created.0],
    )?;
    Ok(true)
}

pub(super) fn all(connection: &Connection, account: Option<&Name>) -> Result<Vec<SecretRow>, StoreError> {
    let account = account.map(|name| accounts::find(connection, name.as_str())).transpose()?;
    let sql = "SELECT accounts.name, secrets.name, kind, scopes, sealed, secrets.created
               FROM secrets JOIN accounts ON accounts.id = secrets.account
               WHERE ?1 IS NULL OR account = ?1 ORDER BY account, secrets.name";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([account.map(|account| account.id.0)], secret)?;
    rows.map(|row| row?).collect()
}

pub(super) fn remove(transaction: &Transaction<'_>, account: &Name, name: &str) -> Result<bool, StoreError> {
    let account = accounts::find(transaction, account.as_str())?;
    let sql = "DELETE FROM secrets WHERE account = ? AND name = ?";
    Ok(transaction.execute(sql, params![account.id.0, name])? > 0)
}

fn secret(row: &Row<'_>) -> rusqlite::Result<Result<SecretRow, StoreError>> {
    let scopes: String = row.get(3)?;
    let (account, name, kind) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let (sealed, created) = (row.get(4)?, Timestamp(row.get(5)?));
    Ok(serde_json::from_str(&scopes)
        .map_err(|error| StoreError::Damaged(format!("scopes of a secret: {error}")))
        .map(|scopes| SecretRow { account, secret: SealedSecret { name, kind, scopes, sealed, created } }))
}
