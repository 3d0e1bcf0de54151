//! Accounts, tokens and what every account sees; the rest in `platform`.

mod platform;

use secrecy::SecretString;

use super::{
    super::{DatabaseSource, SAMPLE_DATA, TokenKind},
    *,
};

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
    assert_eq!(login(&store, "secret", 50).unwrap().credential.token(), Some(lasting.id));
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
    let share = store.create_common_share(&name("sample_data"), SAMPLE_DATA, &mut |_| Ok(())).unwrap();
    let seen = store.databases(ann.id).unwrap();
    assert_eq!(seen[1].source, DatabaseSource::Share(Edition { share, version: 0 }));
    assert_eq!(store.databases(bob.id).unwrap().len(), 1);
    assert_eq!(store.common_share(&name("sample_data")).unwrap(), Some(share));
}

#[test]
fn a_share_whose_file_cannot_be_placed_does_not_exist() {
    let (_folder, _home, store) = fresh();
    let failed = store.create_common_share(&name("s"), SAMPLE_DATA, &mut |_| Err(StoreError::Gone));
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
