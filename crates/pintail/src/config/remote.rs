//! The sections about remote data, `[egress]` and the secrets of `[account.NAME]`, checked.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use anyhow::{Context, bail, ensure};
use gateway::{
    egress::{EgressSettings, Entry, Rules},
    settings::{self, Hidden, RemoteSettings},
};

use super::file::{Config, Egress, Secret, SecretKind};
use crate::machine;

/// What the gateway needs to know; nothing when the way out is switched off.
pub(super) fn settings(config: &Config) -> anyhow::Result<Option<RemoteSettings>> {
    let secrets = secrets(config)?;
    let egress = &config.egress;
    if !egress.enabled {
        return Ok(None);
    }
    Ok(Some(RemoteSettings {
        egress: proxy(egress)?,
        ca_file: Some(PathBuf::from(&egress.ca_file)).filter(|path| !path.as_os_str().is_empty()),
        attach: egress.attach,
        retries: egress.retries,
        secrets,
    }))
}

fn proxy(egress: &Egress) -> anyhow::Result<EgressSettings> {
    ensure!(egress.connections_per_account > 0, "[egress] connections_per_account is 0: set enabled = false");
    let seconds = |seconds: u64| Duration::from_secs(seconds.max(1));
    Ok(EgressSettings {
        rules: Rules { allow: entries("allow", &egress.allow)?, deny: entries("deny", &egress.deny)? },
        write: egress.write,
        connections_per_account: egress.connections_per_account,
        bytes_per_hour: egress.bytes_per_hour.of(machine::memory_bytes()),
        connect_timeout: seconds(egress.connect_timeout_s),
        header_timeout: seconds(egress.header_timeout_s),
        idle_timeout: seconds(egress.idle_timeout_s),
    })
}

fn entries(key: &str, texts: &[String]) -> anyhow::Result<Vec<Entry>> {
    texts.iter().map(|text| text.parse().with_context(|| format!("[egress] {key}"))).collect()
}

fn secrets(config: &Config) -> anyhow::Result<HashMap<String, Vec<settings::Secret>>> {
    let accounts = config.account.iter();
    accounts
        .map(|(account, section)| {
            let read = |(name, secret): (&String, &Secret)| {
                self::secret(name, secret).with_context(|| format!("[account.{account}.secret.{name}]"))
            };
            Ok((account.clone(), section.secret.iter().map(read).collect::<anyhow::Result<_>>()?))
        })
        .collect()
}

fn secret(name: &str, secret: &Secret) -> anyhow::Result<settings::Secret> {
    let known = parameters(secret.kind);
    for key in secret.parameters.keys() {
        if !known.contains(&key.as_str()) {
            bail!("unknown key {key:?}; there are: type, scope, {}", known.join(", "));
        }
    }
    // DuckDB would show a token without a scope to every host that is asked.
    let needs_scope = secret.kind == SecretKind::Http;
    ensure!(
        !needs_scope || !secret.scope.is_empty(),
        "a secret of the type http needs a scope, as [\"https://host/\"]"
    );
    let parameters = secret.parameters.iter();
    Ok(settings::Secret {
        name: name.to_owned(),
        kind: kind(secret.kind).to_owned(),
        scopes: secret.scope.clone(),
        parameters: parameters.map(|(key, value)| (key.clone(), Hidden(value.clone()))).collect(),
    })
}

fn kind(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::S3 => "s3",
        SecretKind::Gcs => "gcs",
        SecretKind::R2 => "r2",
        SecretKind::Http => "http",
        SecretKind::Huggingface => "huggingface",
    }
}

/// The parameters that DuckDB's secrets have, without those that would go around the proxy or the
/// checking of certificates.
fn parameters(kind: SecretKind) -> &'static [&'static str] {
    match kind {
        SecretKind::S3 | SecretKind::Gcs => &[
            "key_id",
            "secret",
            "region",
            "endpoint",
            "session_token",
            "url_style",
            "use_ssl",
            "kms_key_id",
            "requester_pays",
        ],
        SecretKind::R2 => {
            &["key_id", "secret", "account_id", "region", "endpoint", "session_token", "url_style", "use_ssl"]
        }
        SecretKind::Http => &["bearer_token"],
        SecretKind::Huggingface => &["token"],
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
        assert_eq!(remote.egress.rules, Rules::default());
        assert!(!remote.egress.write && !remote.attach && remote.secrets.is_empty());
        assert!(settings_of("egress.enabled = false").unwrap().is_none());
    }

    #[test]
    fn a_secret_belongs_to_its_account_and_is_never_shown() {
        let text = "[account.Default.secret.minio]\ntype = 's3'\nscope = ['s3://lake']\nkey_id = 'me'\nsecret = 'shh'";
        let remote = settings_of(text).unwrap().unwrap();
        let minio = &remote.secrets["default"][0];
        assert_eq!((minio.name.as_str(), minio.kind.as_str()), ("minio", "s3"));
        assert_eq!(minio.parameters["secret"].0, "shh");
        let config: Config = toml::from_str(text).unwrap();
        assert!(!format!("{config:?} {remote:?}").contains("shh"));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, complaint) in [
            ("egress.allow = ['http://x']", "[egress] allow"),
            ("[account.a.secret.b]\ntype = 's3'\nkey = 'x'", "unknown key \"key\""),
            ("[account.a.secret.b]\ntype = 'http'\nbearer_token = 'x'", "needs a scope"),
            ("[account.a.secret.b]\ntype = 'ftp'", "unknown variant"),
            ("[account.a]\nsecrets = 1", "unknown field"),
        ] {
            let found = format!("{:#}", settings_of(text).unwrap_err());
            assert!(found.contains(complaint), "{found}");
        }
    }
}
