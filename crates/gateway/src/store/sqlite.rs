//! The store in a SQLite file: WAL, every commit synced, foreign keys on.
//!
//! One connection behind a mutex: the calls take microseconds (a commit some milliseconds) and logins
//! are the only frequent ones. The process that has the data directory's lock is the only one that
//! opens it.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::{
    Account, AccountId, Database, DatabaseId, DatabaseSource, Login, Name, NewToken, ShareId, Store,
    StoreError, Timestamp, Token, TokenId, schema,
};
use crate::{
    home::{self, Home, Layout},
    token::TokenHash,
};

/// `last_used` is written at most this often a token, in seconds.
const LAST_USED_GRAIN_SECONDS: i64 = 60;

/// The store in a data directory.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Mutex<Connection>,
    layout: Layout,
}

impl SqliteStore {
    /// Opens the store of a data directory, making or upgrading it.
    ///
    /// # Errors
    /// When the file cannot be used, or is from a newer version.
    pub fn open(home: &Home) -> Result<Self, StoreError> {
        let path = home.layout().store();
        create_private(&path)?;
        let mut connection = Connection::open(&path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        schema::migrate(&mut connection)?;
        Ok(Self { connection: Mutex::new(connection), layout: home.layout().clone() })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic in another call left no transaction open: they roll back when dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = change(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }
}

/// SQLite makes its side files with the mode of the main one.
fn create_private(path: &Path) -> Result<(), StoreError> {
    if path.exists() { Ok(()) } else { Ok(home::write_file(path, b"")?) }
}

const TOKEN_COLUMNS: &str =
    "tokens.id, accounts.name, tokens.name, kind, tokens.created, expires, last_used, revoked
    FROM tokens JOIN accounts ON accounts.id = tokens.account";

impl Store for SqliteStore {
    fn create_account(&self, name: &Name, database: &Name) -> Result<Account, StoreError> {
        let created = Timestamp::now();
        self.change(|transaction| {
            transaction
                .execute(
                    "INSERT INTO accounts (name, created) VALUES (?, ?)",
                    params![name.as_str(), created.0],
                )
                .map_err(taken("account", name))?;
            let id = AccountId(transaction.last_insert_rowid());
            transaction.execute(
                "INSERT INTO databases (account, name, is_default, created) VALUES (?, ?, 1, ?)",
                params![id.0, database.as_str(), created.0],
            )?;
            // Before the commit: an account that can be seen has its folders.
            home::create_account_folders(&self.layout, id)?;
            Ok(Account { id, name: name.as_str().to_owned(), created })
        })
    }

    fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT id, name, created FROM accounts ORDER BY id")?;
        let rows = statement.query_map([], account)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn drop_account(&self, name: &Name) -> Result<Account, StoreError> {
        self.change(|transaction| {
            let account = find_account(transaction, name)?;
            transaction.execute("DELETE FROM accounts WHERE id = ?", [account.id.0])?;
            Ok(account)
        })
    }

    fn create_token(&self, new: &NewToken) -> Result<Token, StoreError> {
        self.change(|transaction| {
            let account = find_account(transaction, &new.account)?;
            transaction
                .execute(
                    "INSERT INTO tokens (account, name, kind, lookup, hash, created, expires)
                     VALUES (?, ?, ?, ?, ?, ?, ?)",
                    params![
                        account.id.0,
                        new.name.as_str(),
                        new.kind.word(),
                        new.hash.lookup_key(),
                        new.hash.as_bytes(),
                        Timestamp::now().0,
                        new.expires.map(|time| time.0),
                    ],
                )
                .map_err(taken("token", &new.name))?;
            find_token(transaction, TokenId(transaction.last_insert_rowid()))
        })
    }

    fn tokens(&self, account: Option<&Name>) -> Result<Vec<Token>, StoreError> {
        let connection = self.connection();
        let account = account.map(|name| find_account(&connection, name)).transpose()?;
        let sql = format!("SELECT {TOKEN_COLUMNS} WHERE ?1 IS NULL OR account = ?1 ORDER BY tokens.id");
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map([account.map(|account| account.id.0)], token)?;
        rows.map(|row| row?).collect()
    }

    fn revoke_token(&self, id: TokenId) -> Result<Token, StoreError> {
        self.change(|transaction| {
            transaction.execute(
                "UPDATE tokens SET revoked = ? WHERE id = ? AND revoked IS NULL",
                params![Timestamp::now().0, id.0],
            )?;
            find_token(transaction, id)
        })
    }

    fn login(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<Login>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT accounts.id, accounts.name, accounts.created, tokens.id, kind, hash, last_used, tokens.name
             FROM tokens JOIN accounts ON accounts.id = tokens.account
             WHERE lookup = ? AND revoked IS NULL AND (expires IS NULL OR expires > ?)",
        )?;
        let mut rows = statement.query(params![hash.lookup_key(), now.0])?;
        while let Some(row) = rows.next()? {
            let kept: Vec<u8> = row.get(5)?;
            if TokenHash::from_bytes(&kept).is_none_or(|kept| kept != *hash) {
                continue;
            }
            let login = Login {
                account: account(row)?,
                token: TokenId(row.get(3)?),
                token_name: row.get(7)?,
                kind: row.get::<_, String>(4)?.parse()?,
            };
            let last_used: Option<i64> = row.get(6)?;
            if last_used.is_none_or(|last| now.0 - last >= LAST_USED_GRAIN_SECONDS) {
                connection
                    .execute("UPDATE tokens SET last_used = ? WHERE id = ?", params![now.0, login.token.0])?;
            }
            return Ok(Some(login));
        }
        Ok(None)
    }

    fn databases(&self, account: AccountId) -> Result<Vec<Database>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT name, is_default, 0 AS is_share, id FROM databases WHERE account = ?1
             UNION ALL
             SELECT name, 0, 1, id FROM shares WHERE owner IS NULL
                 AND name NOT IN (SELECT name FROM databases WHERE account = ?1)
             ORDER BY 3, 4",
        )?;
        let rows = statement.query_map([account.0], database)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn common_share(&self, name: &Name) -> Result<Option<ShareId>, StoreError> {
        let connection = self.connection();
        let sql = "SELECT id FROM shares WHERE owner IS NULL AND name = ?";
        let id = connection.query_row(sql, [name.as_str()], |row| row.get(0).map(ShareId)).optional()?;
        Ok(id)
    }

    fn create_common_share(
        &self,
        name: &Name,
        publish: &mut dyn FnMut(ShareId) -> Result<(), StoreError>,
    ) -> Result<ShareId, StoreError> {
        self.change(|transaction| {
            transaction
                .execute(
                    "INSERT INTO shares (owner, name, created) VALUES (NULL, ?, ?)",
                    params![name.as_str(), Timestamp::now().0],
                )
                .map_err(taken("share", name))?;
            let id = ShareId(transaction.last_insert_rowid());
            publish(id)?;
            Ok(id)
        })
    }
}

/// Turns a broken uniqueness into "already exists".
fn taken<'n>(what: &'static str, name: &'n Name) -> impl FnOnce(rusqlite::Error) -> StoreError + 'n {
    move |error| {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) {
            StoreError::Exists { what, name: name.as_str().to_owned() }
        } else {
            error.into()
        }
    }
}

fn find_account(connection: &Connection, name: &Name) -> Result<Account, StoreError> {
    let sql = "SELECT id, name, created FROM accounts WHERE name = ?";
    connection
        .query_row(sql, [name.as_str()], account)
        .optional()?
        .ok_or_else(|| StoreError::NoAccount(name.as_str().to_owned()))
}

fn find_token(connection: &Connection, id: TokenId) -> Result<Token, StoreError> {
    let sql = format!("SELECT {TOKEN_COLUMNS} WHERE tokens.id = ?");
    connection.query_row(&sql, [id.0], token).optional()?.ok_or(StoreError::NoToken(id))?
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account { id: AccountId(row.get(0)?), name: row.get(1)?, created: Timestamp(row.get(2)?) })
}

fn token(row: &Row<'_>) -> rusqlite::Result<Result<Token, StoreError>> {
    let kind: String = row.get(3)?;
    let time = |index| row.get::<_, Option<i64>>(index).map(|time| time.map(Timestamp));
    let (expires, last_used, revoked) = (time(5)?, time(6)?, time(7)?);
    let (id, account, name) = (TokenId(row.get(0)?), row.get(1)?, row.get(2)?);
    let created = Timestamp(row.get(4)?);
    Ok(kind.parse().map(|kind| Token { id, account, name, kind, created, expires, last_used, revoked }))
}

fn database(row: &Row<'_>) -> rusqlite::Result<Database> {
    let is_share: bool = row.get(2)?;
    let id = row.get(3)?;
    let source =
        if is_share { DatabaseSource::Share(ShareId(id)) } else { DatabaseSource::Own(DatabaseId(id)) };
    Ok(Database { name: row.get(0)?, is_default: row.get(1)?, source })
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::{super::TokenKind, *};

    fn fresh() -> (tempfile::TempDir, Home, SqliteStore) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("data")).unwrap();
        let store = SqliteStore::open(&home).unwrap();
        (folder, home, store)
    }

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn new_token(account: &str, token: &str, text: &str, expires: Option<Timestamp>) -> NewToken {
        NewToken {
            account: name(account),
            name: name(token),
            kind: TokenKind::ReadWrite,
            hash: TokenHash::of(&SecretString::from(text)),
            expires,
        }
    }

    fn login(store: &SqliteStore, text: &str, now: i64) -> Option<Login> {
        store.login(&TokenHash::of(&SecretString::from(text)), Timestamp(now)).unwrap()
    }

    #[test]
    fn an_account_has_its_folders_and_its_default_database() {
        let (_folder, home, store) = fresh();
        let account = store.create_account(&name("ann"), &name("my_db")).unwrap();
        assert!(home.layout().account(account.id).join("db").is_dir());
        let databases = store.databases(account.id).unwrap();
        assert_eq!(databases.len(), 1);
        assert!(databases[0].is_default);
        assert!(matches!(store.create_account(&name("ANN"), &name("my_db")), Err(StoreError::Exists { .. })));
        assert_eq!(store.accounts().unwrap(), [account]);
    }

    #[test]
    fn only_a_token_that_is_known_unrevoked_and_unexpired_lets_in() {
        let (_folder, _home, store) = fresh();
        store.create_account(&name("ann"), &name("my_db")).unwrap();
        let lasting = store.create_token(&new_token("ann", "a", "secret", None)).unwrap();
        store.create_token(&new_token("ann", "b", "short", Some(Timestamp(100)))).unwrap();
        assert_eq!(login(&store, "secret", 50).unwrap().token, lasting.id);
        assert_eq!(login(&store, "Secret", 50), None);
        assert!(login(&store, "short", 99).is_some());
        assert_eq!(login(&store, "short", 100), None);
        assert!(store.revoke_token(lasting.id).unwrap().revoked.is_some());
        assert_eq!(login(&store, "secret", 50), None);
        assert!(matches!(store.revoke_token(TokenId(77)), Err(StoreError::NoToken(_))));
    }

    #[test]
    fn a_revoked_tokens_name_is_free_again() {
        let (_folder, _home, store) = fresh();
        store.create_account(&name("ann"), &name("my_db")).unwrap();
        let first = store.create_token(&new_token("ann", "ci", "1", None)).unwrap();
        assert!(matches!(
            store.create_token(&new_token("ann", "ci", "2", None)),
            Err(StoreError::Exists { what: "token", .. })
        ));
        store.revoke_token(first.id).unwrap();
        store.create_token(&new_token("ann", "ci", "2", None)).unwrap();
        assert_eq!(store.tokens(Some(&name("ann"))).unwrap().len(), 2);
        assert!(matches!(store.tokens(Some(&name("bob"))), Err(StoreError::NoAccount(_))));
    }

    #[test]
    fn last_used_is_kept_to_the_minute() {
        let (_folder, _home, store) = fresh();
        store.create_account(&name("ann"), &name("my_db")).unwrap();
        store.create_token(&new_token("ann", "a", "x", None)).unwrap();
        for (now, kept) in [(1000, 1000), (1030, 1000), (1060, 1060)] {
            login(&store, "x", now).unwrap();
            assert_eq!(store.tokens(None).unwrap()[0].last_used, Some(Timestamp(kept)));
        }
    }

    #[test]
    fn dropping_an_account_takes_its_tokens_and_databases_along() {
        let (_folder, _home, store) = fresh();
        let ann = store.create_account(&name("ann"), &name("my_db")).unwrap();
        store.create_token(&new_token("ann", "a", "x", None)).unwrap();
        store.drop_account(&name("ann")).unwrap();
        assert_eq!(login(&store, "x", 1), None);
        assert_eq!(store.databases(ann.id).unwrap(), []);
        let again = store.create_account(&name("ann"), &name("my_db")).unwrap();
        assert!(again.id > ann.id, "numbers are never used twice");
    }

    #[test]
    fn everybody_sees_a_common_share_unless_an_own_database_has_its_name() {
        let (_folder, _home, store) = fresh();
        let ann = store.create_account(&name("ann"), &name("my_db")).unwrap();
        let bob = store.create_account(&name("bob"), &name("sample_data")).unwrap();
        let share = store.create_common_share(&name("sample_data"), &mut |_| Ok(())).unwrap();
        let seen = store.databases(ann.id).unwrap();
        assert_eq!(seen[1].source, DatabaseSource::Share(share));
        assert_eq!(store.databases(bob.id).unwrap().len(), 1);
        assert_eq!(store.common_share(&name("sample_data")).unwrap(), Some(share));
    }

    #[test]
    fn a_share_whose_file_cannot_be_placed_does_not_exist() {
        let (_folder, _home, store) = fresh();
        let failed = store.create_common_share(&name("s"), &mut |_| Err(StoreError::Gone));
        assert!(failed.is_err());
        assert_eq!(store.common_share(&name("s")).unwrap(), None);
    }

    #[test]
    fn the_store_is_there_again_after_reopening_and_a_newer_one_is_refused() {
        let (_folder, home, store) = fresh();
        store.create_account(&name("ann"), &name("my_db")).unwrap();
        drop(store);
        let store = SqliteStore::open(&home).unwrap();
        assert_eq!(store.accounts().unwrap().len(), 1);
        store.connection().pragma_update(None, "user_version", 99).unwrap();
        drop(store);
        assert!(matches!(SqliteStore::open(&home), Err(StoreError::Newer { found: 99, .. })));
    }
}
