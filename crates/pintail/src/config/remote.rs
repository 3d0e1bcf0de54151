//! The sections about remote data, `[egress]` and the secrets of `[account.NAME]`, checked.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use anyhow::{Context, ensure};
use gateway::{
    egress::{Access, EgressSettings, Entry, Rules},
    secrets,
    settings::{self, Hidden, RemoteSettings, account_key},
};

use serde::{Deserialize, Serialize};

use super::{
    file::{Config, Egress, Secret, SecretKind},
    size::Size,
};
use crate::machine;

/// `[account.NAME.egress]`: lists are added to those of `[egress]`, the rest is in place of it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountEgress {
    pub(crate) allow: Vec<String>,
    pub(crate) deny: Vec<String>,
    pub(crate) write: Option<bool>,
    pub(crate) attach: Option<bool>,
    pub(crate) connections: Option<usize>,
    pub(crate) bytes_per_hour: Option<Size>,
}

/// What the gateway needs to know; nothing when the way out is switched off.
pub(super) fn settings(config: &Config) -> anyhow::Result<Option<RemoteSettings>> {
    let secrets = by_account(config)?;
    let egress = &config.egress;
    if !egress.enabled {
        return Ok(None);
    }
    Ok(Some(RemoteSettings {
        egress: proxy(config)?,
        ca_file: Some(PathBuf::from(&egress.ca_file)).filter(|path| !path.as_os_str().is_empty()),
        retries: egress.retries,
        secrets,
    }))
}

fn proxy(config: &Config) -> anyhow::Result<EgressSettings> {
    let egress = &config.egress;
    let access = access(egress)?;
    let accounts = config.account.iter().map(|(name, section)| {
        let own = account(&section.egress, &access).with_context(|| format!("[account.{name}.egress]"))?;
        Ok((account_key(name), own))
    });
    let accounts = accounts.collect::<anyhow::Result<_>>()?;
    let seconds = |seconds: u64| Duration::from_secs(seconds.max(1));
    Ok(EgressSettings {
        access,
        accounts,
        connect_timeout: seconds(egress.connect_timeout_s),
        header_timeout: seconds(egress.header_timeout_s),
        idle_timeout: seconds(egress.idle_timeout_s),
    })
}

fn access(egress: &Egress) -> anyhow::Result<Access> {
    ensure!(egress.connections_per_account > 0, "[egress] connections_per_account is 0: set enabled = false");
    let rules = rules(&egress.allow, &egress.deny).context("[egress]")?;
    Ok(Access {
        rules,
        write: egress.write,
        attach: egress.attach,
        connections: egress.connections_per_account,
        bytes_per_hour: egress.bytes_per_hour.of(machine::memory_bytes()),
    })
}

/// An account's own, on top of what all have.
fn account(own: &AccountEgress, all: &Access) -> anyhow::Result<Access> {
    ensure!(own.connections != Some(0), "connections is 0: set deny = [\"0.0.0.0/0\", \"::/0\"]");
    let Rules { allow, deny } = rules(&own.allow, &own.deny)?;
    let mut rules = all.rules.clone();
    rules.allow.extend(allow);
    rules.deny.extend(deny);
    Ok(Access {
        rules,
        write: own.write.unwrap_or(all.write),
        attach: own.attach.unwrap_or(all.attach),
        connections: own.connections.unwrap_or(all.connections),
        bytes_per_hour: own
            .bytes_per_hour
            .map_or(all.bytes_per_hour, |size| size.of(machine::memory_bytes())),
    })
}

fn rules(allow: &[String], deny: &[String]) -> anyhow::Result<Rules> {
    Ok(Rules { allow: entries("allow", allow)?, deny: entries("deny", deny)? })
}

fn entries(key: &'static str, texts: &[String]) -> anyhow::Result<Vec<Entry>> {
    texts.iter().map(|text| text.parse().context(key)).collect()
}

fn by_account(config: &Config) -> anyhow::Result<HashMap<String, Vec<settings::Secret>>> {
    let accounts = config.account.iter();
    accounts
        .map(|(account, section)| {
            let read = |(name, secret): (&String, &Secret)| {
                self::secret(name, secret).with_context(|| format!("[account.{account}.secret.{name}]"))
            };
            Ok((account_key(account), section.secret.iter().map(read).collect::<anyhow::Result<_>>()?))
        })
        .collect()
}

fn secret(name: &str, secret: &Secret) -> anyhow::Result<settings::Secret> {
    let parameters = secret.parameters.iter();
    let secret = settings::Secret {
        name: name.to_owned(),
        kind: kind(secret.kind).to_owned(),
        scopes: secret.scope.clone(),
        parameters: parameters.map(|(key, value)| (key.clone(), Hidden(value.clone()))).collect(),
    };
    secrets::check(&secret)?;
    Ok(secret)
}

fn kind(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::S3 => "s3",
        SecretKind::Gcs => "gcs",
        SecretKind::R2 => "r2",
        SecretKind::Http => "http",
        SecretKind::Huggingface => "huggingface",
        SecretKind::Azure => "azure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings_of(text: &str) -> anyhow::Result<Option<RemoteSettings>> {
        settings(&toml::from_str(text)?)
    }

    #[test]
    fn the_default_is_the_public_internet_for_reading() {
        let remote = settings_of("").unwrap().unwrap();
        let access = remote.egress.of("anybody");
        assert_eq!(access.rules, Rules::default());
        assert!(!access.write && !access.attach && remote.secrets.is_empty());
        assert!(settings_of("egress.enabled = false").unwrap().is_none());
    }

    #[test]
    fn a_secret_belongs_to_its_account_and_is_never_shown() {
        let text = "[account.Default.secret.minio]\ntype = 's3'\nscope = ['s3://lake/']\nkey_id = 'me'\nsecret = 'shh'";
        let remote = settings_of(text).unwrap().unwrap();
        let minio = &remote.secrets["default"][0];
        assert_eq!((minio.name.as_str(), minio.kind.as_str()), ("minio", "s3"));
        assert_eq!(minio.parameters["secret"].0, "shh");
        let config: Config = toml::from_str(text).unwrap();
        assert!(!format!("{config:?} {remote:?}").contains("shh"));
    }

    #[test]
    fn an_accounts_lists_are_added_and_its_switches_and_numbers_replace() {
        let text = "[egress]\nallow = ['one:1']\ndeny = ['two']\nwrite = true\nbytes_per_hour = 7\n\
                    [account.Ann.egress]\nallow = ['three:3']\nwrite = false\nconnections = 2\n[account.bob]";
        let remote = settings_of(text).unwrap().unwrap();
        let entries =
            |texts: &[&str]| -> Vec<Entry> { texts.iter().map(|text| text.parse().unwrap()).collect() };
        let (ann, bob) = (remote.egress.of("ann"), remote.egress.of("bob"));
        assert_eq!(ann.rules, Rules { allow: entries(&["one:1", "three:3"]), deny: entries(&["two"]) });
        assert_eq!((ann.write, ann.attach, ann.connections, ann.bytes_per_hour), (false, false, 2, 7));
        assert_eq!(bob, &remote.egress.access);
        assert_eq!((bob.write, bob.connections), (true, 256));
    }

    #[test]
    fn a_scope_ends_after_the_host() {
        for (kind, scope) in [
            ("http", "https://api.example"),
            ("http", "http://127.0.0.1:9010"),
            ("http", "https://"),
            ("http", "https:///x"),
            ("http", "https://api.example@evil.example/"),
            ("http", "api.example/"),
            ("http", "HTTPS://api.example/"),
            ("s3", "s3://lake"),
            ("gcs", "gs://lake"),
            ("s3", "https://lake/"),
            ("huggingface", "https://huggingface.co"),
        ] {
            let error = check(kind, scope).unwrap_err();
            assert!(error.contains("[account.a.secret.b]") && error.contains(scope), "{error}");
        }
        let error = check("http", "http://127.0.0.1:9010").unwrap_err();
        assert!(error.contains("write \"http://127.0.0.1:9010/\""), "{error}");
        for (kind, scope) in [
            ("http", "https://api.example/"),
            ("http", "http://[::1]:9010/path"),
            ("s3", "s3://lake/"),
            ("s3", "s3://"),
            ("r2", "r2://lake/part-"),
            ("huggingface", "hf://"),
        ] {
            check(kind, scope).unwrap();
        }
    }

    fn check(kind: &str, scope: &str) -> Result<(), String> {
        let text = format!("[account.a.secret.b]\ntype = '{kind}'\nscope = ['{scope}']");
        settings_of(&text).map(drop).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn mistakes_are_named() {
        for (text, complaint) in [
            ("egress.allow = ['http://x']", "[egress]: allow"),
            ("[account.a.secret.b]\ntype = 's3'\nkey = 'x'", "unknown key \"key\""),
            ("[account.a.secret.b]\ntype = 'http'\nbearer_token = 'x'", "needs a scope"),
            ("[account.a.egress]\nallow = ['http://x']", "[account.a.egress]: allow"),
            ("[account.a.egress]\nconnections = 0", "[account.a.egress]"),
            ("[account.a.egress]\nca_file = 'x'", "unknown field"),
            ("[account.a.secret.b]\ntype = 'ftp'", "unknown variant"),
            ("[account.a]\nsecrets = 1", "unknown field"),
        ] {
            let found = format!("{:#}", settings_of(text).unwrap_err());
            assert!(found.contains(complaint), "{found}");
        }
    }
}
