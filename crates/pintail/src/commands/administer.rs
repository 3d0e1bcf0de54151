//! `pintail account`, `token`, `database`, `share`: asked of the running server, or done on the store itself.

use std::path::Path;

use anyhow::{bail, ensure};
use gateway::{
    admin::{Answer, Request, ShareInfo, client},
    scram::Verifier,
    store::{
        Account as AccountRow, Database as DatabaseRow, DatabaseSource, Timestamp, Token as TokenRow, TokenId,
    },
};
use serde_json::{Value, json};

use super::password;
use crate::{
    cli::{Account, Database, Share, Token},
    output,
};

/// Whose things are meant when no account is named.
const DEFAULT: &str = "default";

/// Accounts.
pub(crate) fn account(data_directory: &Path, command: Account, json: bool) -> anyhow::Result<()> {
    let (request, done) = match command {
        Account::Create { name } => (Request::AccountCreate { name }, "created"),
        Account::Password { name, remove: true } => {
            (Request::AccountPassword { name, verifier: None }, "has no password")
        }
        Account::Password { name, remove: false } => {
            let verifier = Some(Verifier::of(&password::read()?)?.to_string());
            (Request::AccountPassword { name, verifier }, "has a new password")
        }
        Account::List => (Request::AccountList, ""),
        Account::Drop { name, yes } => {
            ensure!(
                yes,
                "dropping account {:?} deletes its databases for good; repeat with --yes",
                name.as_str()
            );
            (Request::AccountDrop { name }, "dropped")
        }
    };
    show(client::request(data_directory, &request)?, json, done)
}

/// Tokens.
pub(crate) fn token(data_directory: &Path, command: Token, json: bool) -> anyhow::Result<()> {
    let request = match command {
        Token::Create { account, name, kind, ttl } => {
            Request::TokenCreate { account, name, kind: kind.into(), ttl_seconds: ttl }
        }
        Token::List { account } => Request::TokenList { account },
        Token::Revoke { token, account } => match (token.as_str().parse(), account) {
            (Ok(id), None) => Request::TokenRevoke { id: TokenId(id) },
            (Err(_), None) => Request::TokenRevokeNamed { account: DEFAULT.parse()?, name: token },
            (_, Some(account)) => Request::TokenRevokeNamed { account, name: token },
        },
    };
    show(client::request(data_directory, &request)?, json, "revoked")
}

/// Databases.
pub(crate) fn database(data_directory: &Path, command: Database, json: bool) -> anyhow::Result<()> {
    let Database::List { account } = command;
    show(client::request(data_directory, &Request::DatabaseList { account })?, json, "")
}

/// Shares.
pub(crate) fn share(data_directory: &Path, command: Share, json: bool) -> anyhow::Result<()> {
    let Share::List { account } = command;
    show(client::request(data_directory, &Request::ShareList { account })?, json, "")
}

fn show(answer: Answer, json: bool, done: &str) -> anyhow::Result<()> {
    match answer {
        Answer::Account { account } if json => output::print_json(&account_json(&account)),
        Answer::Account { account } => output::print(&format!("account {} {done}\n", account.name)),
        Answer::Accounts { accounts } if json => {
            output::print_json(&accounts.iter().map(account_json).collect::<Vec<_>>())
        }
        Answer::Accounts { accounts } => {
            let rows = accounts.into_iter().map(|account| vec![account.name, time(account.created)]);
            output::print_table(&["account", "created"], rows.collect())
        }
        Answer::NewToken { token, secret } if json => output::print_json(&new_token_json(&token, &secret)),
        Answer::NewToken { token, secret } => {
            output::note(&format!(
                "token {} ({}) of account {}, shown this once:",
                token.id, token.name, token.account
            ));
            output::print(&format!("{secret}\n"))
        }
        Answer::Token { token } if json => output::print_json(&token_json(&token)),
        Answer::Token { token } => output::print(&format!("token {} ({}) {done}\n", token.id, token.name)),
        Answer::Tokens { tokens } if json => {
            output::print_json(&tokens.iter().map(token_json).collect::<Vec<_>>())
        }
        Answer::Tokens { tokens } => output::print_table(
            &["id", "account", "name", "kind", "created", "expires", "last used", "state"],
            tokens.iter().map(token_row).collect(),
        ),
        Answer::Databases { databases } if json => {
            output::print_json(&databases.iter().map(database_json).collect::<Vec<_>>())
        }
        Answer::Databases { databases } => output::print_table(
            &["database", "type", "default"],
            databases.iter().map(database_row).collect(),
        ),
        // Of `pintail secret` and `pintail backup`, which show them themselves.
        Answer::Secret { .. } | Answer::Secrets { .. } | Answer::Backup { .. } => Ok(()),
        Answer::Shares { shares } if json => {
            output::print_json(&shares.iter().map(share_json).collect::<Vec<_>>())
        }
        Answer::Shares { shares } => output::print_table(
            &["share", "database", "access", "visibility", "update", "granted to", "published", "address"],
            shares.iter().map(share_row).collect(),
        ),
        Answer::Refused { message } => bail!(message),
    }
}

fn account_json(account: &AccountRow) -> Value {
    json!({ "id": account.id, "name": account.name, "created": time(account.created) })
}

fn token_json(token: &TokenRow) -> Value {
    json!({
        "id": token.id,
        "uuid": token.uuid,
        "account": token.account,
        "name": token.name,
        "kind": token.kind.word(),
        "created": time(token.created),
        "expires": token.expires.map(time),
        "last_used": token.last_used.map(time),
        "revoked": token.revoked.map(time),
    })
}

fn new_token_json(token: &TokenRow, secret: &str) -> Value {
    let mut value = token_json(token);
    if let Some(object) = value.as_object_mut() {
        object.insert("token".to_owned(), secret.into());
    }
    value
}

fn token_row(token: &TokenRow) -> Vec<String> {
    let or_never = |at: Option<Timestamp>| at.map_or("never".to_owned(), time);
    let is_expired = token.expires.is_some_and(|expires| expires <= Timestamp::now());
    let state = match token.revoked {
        Some(_) => "revoked",
        None if is_expired => "expired",
        None => "valid",
    };
    vec![
        token.id.to_string(),
        token.account.clone(),
        token.name.clone(),
        token.kind.word().to_owned(),
        time(token.created),
        or_never(token.expires),
        or_never(token.last_used),
        state.to_owned(),
    ]
}

fn database_type(database: &DatabaseRow) -> &'static str {
    match database.source {
        DatabaseSource::Own(_) => "own",
        DatabaseSource::Share(_) => "share",
    }
}

fn database_json(database: &DatabaseRow) -> Value {
    json!({ "name": database.name, "type": database_type(database), "is_default": database.is_default })
}

fn database_row(database: &DatabaseRow) -> Vec<String> {
    let mark = if database.is_default { "yes" } else { "" };
    vec![database.name.clone(), database_type(database).to_owned(), mark.to_owned()]
}

fn published(share: &ShareInfo) -> String {
    time(Timestamp(share.published_us.div_euclid(1_000_000)))
}

fn share_json(share: &ShareInfo) -> Value {
    json!({
        "name": share.name,
        "database": share.database,
        "access": share.options.access,
        "visibility": share.options.visibility,
        "update": share.options.update,
        "grants": share.grants,
        "published": published(share),
        "url": share.url,
    })
}

fn share_row(share: &ShareInfo) -> Vec<String> {
    let word = |value: Value| value.as_str().unwrap_or_default().to_ascii_lowercase();
    let options = &share.options;
    vec![
        share.name.clone(),
        share.database.clone(),
        word(json!(options.access)),
        word(json!(options.visibility)),
        word(json!(options.update)),
        share.grants.join(", "),
        published(share),
        share.url.clone(),
    ]
}

/// A time as ISO 8601, in UTC.
pub(super) fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).map_or_else(|_| at.0.to_string(), |time| time.to_string())
}
