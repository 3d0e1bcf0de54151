//! `pintail secret`: secrets for remote data. They are sealed here: the server, its socket and its store get nothing else.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::ensure;
use gateway::{
    admin::{Answer, Request, client},
    home::Layout,
    secrets,
    settings::{Hidden, Secret as Plain},
    store::{IfExists, Name, SecretRow},
    vault::Vault,
};
use secrecy::ExposeSecret;
use serde_json::json;

use super::{administer::time, password};
use crate::{cli::Secret, config::Resolved, output};

/// Secrets.
pub(crate) fn run(resolved: &Resolved, command: Secret, json: bool) -> anyhow::Result<()> {
    let (request, done) = match command {
        Secret::Create { name, account, kind, scope, set, ask, replace } => {
            let secret =
                Plain { name: name.as_str().to_owned(), kind, scopes: scope, parameters: read(set, ask)? };
            secrets::check(&secret)?;
            let secret = vault(resolved).seal(account.as_str(), &secret)?;
            let if_exists = if replace { IfExists::Replace } else { IfExists::Refuse };
            (Request::SecretCreate { account, secret, if_exists }, "kept")
        }
        Secret::List { account } => (Request::SecretList { account }, ""),
        Secret::Drop { name, account } => {
            (Request::SecretDrop { account, name: Name::as_str(&name).to_owned() }, "dropped")
        }
    };
    match client::request(&resolved.data_directory, &request)? {
        Answer::Secret { name } if json => output::print_json(&json!({ "name": name })),
        Answer::Secret { name } => output::print(&format!("secret {name} {done}\n")),
        Answer::Secrets { secrets } if json => {
            output::print_json(&secrets.iter().map(as_json).collect::<Vec<_>>())
        }
        Answer::Secrets { secrets } => output::print_table(
            &["account", "name", "type", "scope", "created"],
            secrets.iter().map(as_row).collect(),
        ),
        Answer::Account { .. }
        | Answer::Accounts { .. }
        | Answer::NewToken { .. }
        | Answer::Token { .. }
        | Answer::Tokens { .. }
        | Answer::Databases { .. }
        | Answer::Shares { .. }
        | Answer::Backup { .. }
        | Answer::Refused { .. } => Ok(()),
    }
}

/// What the server has, too.
fn vault(resolved: &Resolved) -> Vault {
    let own = || Layout::new(resolved.data_directory.clone()).secret_key();
    let key_file: PathBuf = resolved.settings.duckling.key_file.clone().unwrap_or_else(own);
    Vault::new(key_file)
}

fn read(set: Vec<(String, String)>, ask: Vec<String>) -> anyhow::Result<BTreeMap<String, Hidden>> {
    let mut parameters = BTreeMap::new();
    let mut put = |key: String, value: String| {
        ensure!(parameters.insert(key.clone(), Hidden(value)).is_none(), "{key} is given twice");
        Ok(())
    };
    for (key, value) in set {
        put(key, value)?;
    }
    for key in ask {
        let value = password::read_value(&key)?.expose_secret().to_owned();
        put(key, value)?;
    }
    Ok(parameters)
}

fn as_json(row: &SecretRow) -> serde_json::Value {
    let SecretRow { account, secret } = row;
    json!({
        "account": account,
        "name": secret.name,
        "type": secret.kind,
        "scope": secret.scopes,
        "created": time(secret.created),
    })
}

fn as_row(row: &SecretRow) -> Vec<String> {
    let SecretRow { account, secret } = row;
    vec![
        account.clone(),
        secret.name.clone(),
        secret.kind.clone(),
        secret.scopes.join(", "),
        time(secret.created),
    ]
}
