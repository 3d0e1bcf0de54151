//! Doing what a request asks for, on the store. Blocking.

use secrecy::ExposeSecret;

use super::{Answer, Request};
pub use crate::platform::create_token;
use crate::platform::{SECRETS_MAX, own_shares};
use crate::{
    scram::{BadVerifier, Verifier},
    store::{Account, Name, Store, StoreError, Token, TokenId},
};

/// The database that every new account has.
pub const FIRST_DATABASE: &str = "my_db";

/// Does it; a failure becomes [`Answer::Refused`].
#[must_use]
pub fn perform(store: &dyn Store, request: Request) -> Answer {
    let done = match request {
        Request::AccountCreate { name } => {
            create_account(store, &name).map(|account| Answer::Account { account })
        }
        Request::AccountList => store.accounts().map(|accounts| Answer::Accounts { accounts }),
        Request::AccountDrop { name } => store.drop_account(&name).map(|account| Answer::Account { account }),
        Request::AccountPassword { name, verifier } => {
            set_password(store, &name, verifier.as_deref()).map(|account| Answer::Account { account })
        }
        Request::TokenCreate { account, name, kind, ttl_seconds } => {
            create_token(store, account, name, kind, ttl_seconds)
                .map(|(token, secret)| Answer::NewToken { token, secret: secret.expose_secret().to_owned() })
        }
        Request::TokenList { account } => {
            store.tokens(account.as_ref()).map(|tokens| Answer::Tokens { tokens })
        }
        Request::TokenRevoke { id } => store.revoke_token(id).map(|token| Answer::Token { token }),
        Request::TokenRevokeNamed { account, name } => {
            revoke_named(store, &account, &name).map(|token| Answer::Token { token })
        }
        Request::DatabaseList { account } => {
            let databases = find(store, &account).and_then(|account| store.connectable(account.id));
            databases.map(|databases| Answer::Databases { databases })
        }
        Request::ShareList { account } => {
            let shares = find(store, &account).and_then(|account| own_shares(store, account.id));
            shares.map(|shares| Answer::Shares { shares })
        }
        Request::SecretCreate { account, secret, if_exists } => store
            .put_secret(&account, &secret, if_exists, SECRETS_MAX)
            .map(|_| Answer::Secret { name: secret.name }),
        Request::SecretList { account } => {
            store.secrets(account.as_ref()).map(|secrets| Answer::Secrets { secrets })
        }
        Request::SecretDrop { account, name } => drop_secret(store, &account, name),
        Request::Backup { .. } => {
            let message = "no server runs on this data directory: start it, then back it up".to_owned();
            return Answer::Refused { message };
        }
    };
    done.unwrap_or_else(|error| Answer::Refused { message: error.to_string() })
}

/// Makes an account with its first database. Its name stands in the configuration's sections, in metrics and in logs, so
/// that it is plainer than other names.
///
/// # Errors
/// [`StoreError::BadAccountName`], [`StoreError::Exists`], or a failure of the store.
pub fn create_account(store: &dyn Store, name: &Name) -> Result<Account, StoreError> {
    let text = name.as_str();
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    if !is_plain || !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(StoreError::BadAccountName(text.to_owned()));
    }
    store.create_account(name, &FIRST_DATABASE.parse()?)
}

fn set_password(store: &dyn Store, name: &Name, verifier: Option<&str>) -> Result<Account, StoreError> {
    let bad = |error: BadVerifier| StoreError::Damaged(error.to_string());
    let verifier: Option<Verifier> = verifier.map(str::parse).transpose().map_err(bad)?;
    store.set_password(name, verifier.as_ref())
}

fn revoke_named(store: &dyn Store, account: &Name, name: &Name) -> Result<Token, StoreError> {
    let account = find(store, account)?;
    if let Some(token) = store.revoke_named_token(account.id, name.as_str())? {
        return Ok(token);
    }
    let missing = || StoreError::Missing { what: "token", name: name.as_str().to_owned() };
    let id = name.as_str().parse().map(TokenId).map_err(|_| missing())?;
    let own = store.tokens(Some(&account.name.parse()?))?;
    if own.iter().all(|token| token.id != id) {
        return Err(missing());
    }
    store.revoke_token(id)
}

fn drop_secret(store: &dyn Store, account: &Name, name: String) -> Result<Answer, StoreError> {
    if store.drop_secret(account, &name)? {
        return Ok(Answer::Secret { name });
    }
    Err(StoreError::Missing { what: "secret", name })
}

fn find(store: &dyn Store, name: &Name) -> Result<Account, StoreError> {
    store.account(name.as_str())?.ok_or_else(|| StoreError::NoAccount(name.as_str().to_owned()))
}
