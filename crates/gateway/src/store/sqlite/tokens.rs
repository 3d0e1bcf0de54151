//! Tokens, of which only hashes are kept.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use super::{
    super::{AccountId, Credential, Login, Name, NewToken, StoreError, Timestamp, Token, TokenId},
    accounts, taken,
};
use crate::token::TokenHash;

/// `last_used` is written at most this often a token, in seconds.
const LAST_USED_GRAIN_SECONDS: i64 = 60;

const COLUMNS: &str =
    "tokens.id, accounts.name, tokens.name, kind, tokens.created, expires, last_used, revoked, tokens.uuid
    FROM tokens JOIN accounts ON accounts.id = tokens.account";

pub(super) fn create(transaction: &Transaction<'_>, new: &NewToken) -> Result<Token, StoreError> {
    let account = accounts::find(transaction, new.account.as_str())?;
    transaction
        .execute(
            "INSERT INTO tokens (account, name, kind, lookup, hash, created, expires, uuid)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                account.id.0,
                new.name.as_str(),
                new.kind.word(),
                new.hash.lookup_key(),
                new.hash.as_bytes(),
                Timestamp::now().0,
                new.expires.map(|time| time.0),
                Uuid::new_v4().to_string(),
            ],
        )
        .map_err(taken("token", new.name.as_str()))?;
    find(transaction, TokenId(transaction.last_insert_rowid()))
}

pub(super) fn all(connection: &Connection, account: Option<&Name>) -> Result<Vec<Token>, StoreError> {
    let account = account.map(|name| accounts::find(connection, name.as_str())).transpose()?;
    let sql = format!("SELECT {COLUMNS} WHERE ?1 IS NULL OR account = ?1 ORDER BY tokens.id");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([account.map(|account| account.id.0)], token)?;
    rows.map(|row| row?).collect()
}

pub(super) fn revoke(transaction: &Transaction<'_>, id: TokenId) -> Result<Token, StoreError> {
    transaction.execute(
        "UPDATE tokens SET revoked = ? WHERE id = ? AND revoked IS NULL",
        params![Timestamp::now().0, id.0],
    )?;
    find(transaction, id)
}

pub(super) fn revoke_named(
    transaction: &Transaction<'_>,
    account: AccountId,
    name: &str,
) -> Result<Option<Token>, StoreError> {
    let sql = "SELECT id FROM tokens WHERE account = ? AND name = ? COLLATE NOCASE AND revoked IS NULL";
    let id =
        transaction.query_row(sql, params![account.0, name], |row| row.get(0).map(TokenId)).optional()?;
    id.map(|id| revoke(transaction, id)).transpose()
}

/// Looks at one row whatever is asked: that of the token, else the one that comes next by the hashes. So a token that is
/// revoked or expired takes as long as one that never was.
pub(super) fn login(
    connection: &Connection,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<Login>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT accounts.id, accounts.name, accounts.created, tokens.id, kind, hash, last_used, tokens.name, expires,
             revoked, lookup
         FROM tokens JOIN accounts ON accounts.id = tokens.account
         WHERE lookup >= ? ORDER BY lookup",
    )?;
    let wanted = hash.lookup_key();
    // Behind the last one comes the first.
    for begin in [wanted, i64::MIN] {
        let mut rows = statement.query([begin])?;
        let mut is_first = true;
        while let Some(row) = rows.next()? {
            let (kept, lookup): (Vec<u8>, i64) = (row.get(5)?, row.get(10)?);
            let is_it = TokenHash::from_bytes(&kept).is_some_and(|kept| kept == *hash);
            let (expires, revoked): (Option<i64>, Option<i64>) = (row.get(8)?, row.get(9)?);
            let is_valid = revoked.is_none() && expires.is_none_or(|expires| expires > now.0);
            if is_it && is_valid {
                return logged_in(connection, row, now).map(Some);
            }
            // Others may have the same beginning of a hash.
            if is_it || lookup != wanted {
                return Ok(None);
            }
            is_first = false;
        }
        if !is_first {
            break;
        }
    }
    Ok(None)
}

fn logged_in(connection: &Connection, row: &Row<'_>, now: Timestamp) -> Result<Login, StoreError> {
    let login = Login {
        account: accounts::account(row)?,
        credential: Credential::Token {
            id: TokenId(row.get(3)?),
            name: row.get(7)?,
            expires: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        },
        kind: row.get::<_, String>(4)?.parse()?,
    };
    let last_used: Option<i64> = row.get(6)?;
    if last_used.is_none_or(|last| now.0 - last >= LAST_USED_GRAIN_SECONDS) {
        let sql = "UPDATE tokens SET last_used = ? WHERE id = ?";
        // A full disk keeps nobody out.
        if let Err(error) = connection.execute(sql, params![now.0, row.get::<_, i64>(3)?]) {
            tracing::warn!(%error, "a token's last use is not written down");
        }
    }
    Ok(login)
}

fn find(connection: &Connection, id: TokenId) -> Result<Token, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE tokens.id = ?");
    connection.query_row(&sql, [id.0], token).optional()?.ok_or(StoreError::NoToken(id))?
}

fn token(row: &Row<'_>) -> rusqlite::Result<Result<Token, StoreError>> {
    let kind: String = row.get(3)?;
    let time = |index| row.get::<_, Option<i64>>(index).map(|time| time.map(Timestamp));
    let (expires, last_used, revoked) = (time(5)?, time(6)?, time(7)?);
    let (id, account, name) = (TokenId(row.get(0)?), row.get(1)?, row.get(2)?);
    let created = Timestamp(row.get(4)?);
    let uuid: String = row.get(8)?;
    Ok(kind.parse().and_then(|kind| {
        let uuid = super::uuid(&uuid)?;
        Ok(Token { id, uuid, account, name, kind, created, expires, last_used, revoked })
    }))
}
