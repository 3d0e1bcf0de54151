//! Doing what a request asks for, on the store. Blocking.

use secrecy::{ExposeSecret, SecretString};

use super::{Answer, Request};
use crate::{
    store::{Account, Name, NewToken, Store, StoreError, Timestamp, Token, TokenKind},
    token::{self, TokenHash},
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
        Request::TokenCreate { account, name, kind, ttl_seconds } => {
            create_token(store, account, name, kind, ttl_seconds)
                .map(|(token, secret)| Answer::NewToken { token, secret: secret.expose_secret().to_owned() })
        }
        Request::TokenList { account } => {
            store.tokens(account.as_ref()).map(|tokens| Answer::Tokens { tokens })
        }
        Request::TokenRevoke { id } => store.revoke_token(id).map(|token| Answer::Token { token }),
        Request::DatabaseList { account } => list_databases(store, &account),
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

/// Makes a token, with a name made up where none is given; its text is nowhere else from then on.
///
/// # Errors
/// [`StoreError::NoAccount`], [`StoreError::Exists`], or a failure of the store.
pub fn create_token(
    store: &dyn Store,
    account: Name,
    name: Option<Name>,
    kind: TokenKind,
    ttl_seconds: Option<u64>,
) -> Result<(Token, SecretString), StoreError> {
    let random = |error: std::io::Error| StoreError::Damaged(format!("no random bytes: {error}"));
    let name = match name {
        Some(name) => name,
        None => made_up_name().map_err(random)?.parse()?,
    };
    let secret = token::generate().map_err(random)?;
    let token = store.create_token(&NewToken {
        account,
        name,
        kind,
        hash: TokenHash::of(&secret),
        expires: ttl_seconds.map(|seconds| Timestamp::now().plus_seconds(seconds)),
    })?;
    Ok((token, secret))
}

fn made_up_name() -> std::io::Result<String> {
    let number = u32::from_be_bytes(token::random_bytes()?);
    Ok(format!("token-{number:08x}"))
}

fn list_databases(store: &dyn Store, name: &Name) -> Result<Answer, StoreError> {
    let account = store
        .accounts()?
        .into_iter()
        .find(|account| account.name.eq_ignore_ascii_case(name.as_str()))
        .ok_or_else(|| StoreError::NoAccount(name.as_str().to_owned()))?;
    let databases = store.databases(account.id)?;
    Ok(Answer::Databases { databases })
}
