//! Passwords, of which only verifiers are kept, and whether what let somebody in still does.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{
    super::{
        Account, AccountId, Credential, Login, Name, Password, StoreError, Timestamp, schema::MOCK_SECRET,
    },
    accounts,
};
use crate::scram::Verifier;

pub(super) fn set(
    transaction: &Transaction<'_>,
    account: &Name,
    verifier: Option<&Verifier>,
) -> Result<Account, StoreError> {
    let account = accounts::find(transaction, account.as_str())?;
    transaction.execute(
        "INSERT INTO passwords (account, verifier, version) VALUES (?1, ?2, 1)
         ON CONFLICT (account) DO UPDATE SET verifier = ?2, version = version + 1",
        params![account.id.0, verifier.map(ToString::to_string)],
    )?;
    Ok(account)
}

/// Reads one row whatever is asked: the account's, else that of the one that comes next by its name. So a name without a
/// password takes as long as one with a password.
pub(super) fn find(connection: &Connection, account: &str) -> Result<Option<Password>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT accounts.id, accounts.name, accounts.created, verifier, version, accounts.name = ?1
         FROM accounts JOIN passwords ON passwords.account = accounts.id
         WHERE accounts.name >= ?2 AND verifier IS NOT NULL ORDER BY accounts.name LIMIT 1",
    )?;
    let mut look = |begin: &str| {
        let read = |row: &Row<'_>| {
            Ok((accounts::account(row)?, row.get::<_, String>(3)?, row.get(4)?, row.get::<_, bool>(5)?))
        };
        statement.query_row([account, begin], read).optional()
    };
    // Behind the last one comes the first, which is looked at in any case.
    let (next, first) = (look(account)?, look("")?);
    let Some((account, verifier, version, is_it)) = next.or(first) else { return Ok(None) };
    let damaged = |error| StoreError::Damaged(format!("password of account {:?}: {error}", account.name));
    let verifier = verifier.parse().map_err(damaged)?;
    Ok(is_it.then_some(Password { account, verifier, version }))
}

pub(super) fn mock_secret(connection: &Connection) -> Result<[u8; 32], StoreError> {
    let sql = "SELECT value FROM server_secrets WHERE name = ?";
    let secret: Option<[u8; 32]> = connection.query_row(sql, [MOCK_SECRET], |row| row.get(0)).optional()?;
    secret.ok_or_else(|| StoreError::Damaged("the server's secret is missing".to_owned()))
}

pub(super) fn admits(connection: &Connection, login: &Login, now: Timestamp) -> Result<bool, StoreError> {
    let AccountId(account) = login.account.id;
    let (sql, key): (&str, i64) = match &login.credential {
        Credential::Token { id, .. } => (
            "SELECT count(*) FROM tokens
             WHERE account = ?1 AND id = ?2 AND revoked IS NULL AND (expires IS NULL OR expires > ?3)",
            id.0,
        ),
        Credential::Password { version } => (
            "SELECT count(*) FROM passwords
             WHERE account = ?1 AND version = ?2 AND verifier IS NOT NULL AND ?3 IS NOT NULL",
            *version,
        ),
        Credential::Certificate => {
            ("SELECT count(*) FROM accounts WHERE id = ?1 AND ?2 IS NOT NULL AND ?3 IS NOT NULL", 0)
        }
    };
    let mut statement = connection.prepare_cached(sql)?;
    let count: i64 = statement.query_row(params![account, key, now.0], |row| row.get(0))?;
    Ok(count > 0)
}
