//! The sets of extensions, `[duckling] extensions` and `[account.NAME] extensions`, checked: only those that the
//! policy knows and whose files are pinned. docs/extensions.md says what each can do.

use std::collections::HashMap;

use anyhow::{Context, bail};
use gateway::settings::account_key;

use super::file::Config;

/// What can be named, and what has to be loaded before it.
const KNOWN: [(&str, &[&str]); 10] = [
    ("avro", &[]),
    ("azure", &[]),
    ("delta", &["httpfs"]),
    ("excel", &[]),
    ("fts", &[]),
    ("httpfs", &[]),
    ("iceberg", &["avro"]),
    ("inet", &[]),
    ("spatial", &[]),
    ("tpch", &[]),
];

/// What somebody may look for, and why it is not there.
const NOT_OFFERED: [(&str, &str); 3] = [
    (
        "aws",
        "its credential chain looks into the environment, files and metadata service of the machine, which the \
         sandbox keeps from it; write the keys into [account.NAME.secret.SECRET]",
    ),
    ("ducklake", "its catalog would be a database that the server does not know"),
    ("postgres_scanner", "its connections do not go through the egress proxy"),
];

/// Extensions for every account.
pub(super) fn for_all(config: &Config) -> anyhow::Result<Vec<String>> {
    set(&config.duckling.extensions).context("[duckling] extensions")
}

/// Further ones by account.
pub(super) fn by_account(config: &Config) -> anyhow::Result<HashMap<String, Vec<String>>> {
    let accounts = config.account.iter();
    accounts
        .map(|(name, account)| {
            let set = set(&account.extensions);
            Ok((account_key(name), set.with_context(|| format!("[account.{name}] extensions"))?))
        })
        .collect()
}

/// Each once, after what it needs.
fn set(names: &[String]) -> anyhow::Result<Vec<String>> {
    let mut set: Vec<String> = Vec::new();
    for name in names {
        let Some((_, needs)) = KNOWN.iter().find(|(known, _)| known == name) else {
            let known: Vec<&str> = KNOWN.iter().map(|(known, _)| *known).collect();
            if let Some((_, reason)) = NOT_OFFERED.iter().find(|(other, _)| other == name) {
                bail!("the extension {name:?} is not offered: {reason}");
            }
            bail!("there is no extension {name:?}; there are: {}", known.join(", "));
        };
        for name in needs.iter().copied().chain([name.as_str()]) {
            if !set.iter().any(|listed| listed == name) {
                set.push(name.to_owned());
            }
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn an_extension_comes_once_and_after_what_it_needs() {
        let config = config("[duckling]\nextensions = ['iceberg', 'avro', 'fts', 'fts']");
        assert_eq!(for_all(&config).unwrap(), ["avro", "iceberg", "fts"]);
    }

    #[test]
    fn an_account_has_its_own() {
        let config = config("[account.Ann]\nextensions = ['fts']");
        assert_eq!(by_account(&config).unwrap()["ann"], ["fts"]);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_list() {
        for text in ["[duckling]\nextensions = ['shellfs']", "[duckling]\nextensions = ['/tmp/x']"] {
            let error = format!("{:#}", for_all(&config(text)).unwrap_err());
            assert!(error.contains("[duckling] extensions") && error.contains("excel, fts"), "{error}");
        }
        let error = format!("{:#}", by_account(&config("[account.a]\nextensions = ['aws']")).unwrap_err());
        assert!(error.contains("[account.a] extensions") && error.contains("credential chain"), "{error}");
    }
}
