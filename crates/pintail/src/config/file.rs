//! The config file as it is typed: every key, its type and its default.
//!
//! An empty text stands for "found out at start" (see `resolve`). The commented `pintail.example.toml`
//! in the repository's top folder has the same keys and defaults; a test holds the two together.

use std::{collections::BTreeMap, fmt, fs, path::Path};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{
    environment::Environment,
    limits::{AccountLimits, TokenLimits},
    remote::AccountEgress,
    size::Size,
};

/// The whole file.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) data_dir: String,
    pub(crate) listen: Vec<String>,
    pub(crate) port: u16,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    pub(crate) shutdown_grace_s: u64,
    pub(crate) sandbox: Sandbox,
    pub(crate) tls: Tls,
    pub(crate) access: Vec<Access>,
    pub(crate) limits: Limits,
    pub(crate) duckling: Duckling,
    pub(crate) databases: Databases,
    pub(crate) shares: Shares,
    pub(crate) sql: Sql,
    pub(crate) egress: Egress,
    pub(crate) history: History,
    pub(crate) secrets: Secrets,
    pub(crate) api: Api,
    pub(crate) metrics: Metrics,
    pub(crate) account: BTreeMap<String, Account>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs, one object a line.
    Json,
}

/// What a machine that cannot give the whole box means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sandbox {
    /// Without Landlock, do not serve.
    Required,
    /// Serve in what there is of a box.
    BestEffort,
}

/// `[tls]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Tls {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) names: Vec<String>,
    pub(crate) client_ca: String,
}

/// `[[access]]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Access {
    #[serde(default)]
    pub(crate) addresses: Vec<String>,
    #[serde(default)]
    pub(crate) users: Vec<String>,
    pub(crate) method: AccessMethod,
    #[serde(default)]
    pub(crate) client_certificate: ClientCertificate,
    #[serde(default)]
    pub(crate) account: String,
}

/// `[[access]] method`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AccessMethod {
    /// A password for `@NAME`, a token for others.
    Any,
    /// A token.
    Token,
    /// A password.
    Password,
    /// A client certificate.
    Certificate,
    /// Nothing helps.
    Reject,
}

/// `[[access]] client_certificate`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ClientCertificate {
    /// Not needed.
    #[default]
    None,
    /// One of a trusted CA.
    VerifyCa,
    /// Such a one with the user's name.
    VerifyFull,
}

/// `[limits]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) connections_per_address: usize,
    pub(crate) sessions_per_account: usize,
    pub(crate) databases: usize,
    pub(crate) shares: usize,
    pub(crate) snapshots: usize,
    pub(crate) login_timeout_s: u64,
    pub(crate) failed_logins_per_minute: u32,
    pub(crate) failed_passwords_per_minute: u32,
    pub(crate) max_message: Size,
    pub(crate) max_value: Size,
    pub(crate) portal_spool: Size,
    pub(crate) disk_quota: Size,
    pub(crate) disk_reserve: Size,
    pub(crate) result_rows: u64,
    pub(crate) result_bytes: Size,
    pub(crate) statement_timeout_s: u64,
    pub(crate) statement_text: Size,
    pub(crate) expression_depth: u32,
}

/// `[duckling]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Duckling {
    pub(crate) memory_limit: Size,
    pub(crate) threads: u32,
    pub(crate) spill_limit: Size,
    pub(crate) cooldown_s: u64,
    pub(crate) start_timeout_s: u64,
    pub(crate) stop_grace_ms: u64,
    pub(crate) answer_timeout_s: u64,
    pub(crate) crash_backoff_s: u64,
    pub(crate) user_id_base: u32,
    pub(crate) extension_directory: String,
    pub(crate) extensions: Vec<String>,
}

/// `[databases]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Databases {
    pub(crate) retention_s: u64,
}

/// `[shares]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Shares {
    pub(crate) settle_ms: u64,
}

/// `[sql]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Sql {
    pub(crate) temp_tables: bool,
    pub(crate) secrets: bool,
    pub(crate) profile: Profile,
}

/// `[sql] profile`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Profile {
    /// What the reference lacks is there.
    #[default]
    Pintail,
    /// It is refused.
    Reference,
}

/// `[egress]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Egress {
    pub(crate) enabled: bool,
    pub(crate) allow: Vec<String>,
    pub(crate) deny: Vec<String>,
    pub(crate) write: bool,
    pub(crate) attach: bool,
    pub(crate) ca_file: String,
    pub(crate) connections_per_account: usize,
    pub(crate) bytes_per_hour: Size,
    pub(crate) connect_timeout_s: u64,
    pub(crate) header_timeout_s: u64,
    pub(crate) idle_timeout_s: u64,
    pub(crate) retries: u32,
}

/// `[secrets]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Secrets {
    pub(crate) key_file: String,
}

/// `[history]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct History {
    pub(crate) enabled: bool,
    pub(crate) retention_s: u64,
    pub(crate) size: Size,
}

/// Where the REST API listens; another port will do when this one is taken, as long as nobody has chosen it.
pub(crate) const API_LISTEN: &str = "127.0.0.1:8432";

/// `[api]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Api {
    pub(crate) listen: String,
    pub(crate) administrators: Vec<String>,
}

/// `[metrics]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Metrics {
    pub(crate) listen: String,
}

/// `[account.NAME]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) limits: AccountLimits,
    pub(crate) token: BTreeMap<String, TokenLimits>,
    pub(crate) extensions: Vec<String>,
    pub(crate) egress: AccountEgress,
    pub(crate) secret: BTreeMap<String, Secret>,
}

/// `[account.NAME.secret.SECRET]`. Which parameters there are depends on the type (see `remote`).
#[derive(Clone, PartialEq, Deserialize, Serialize)]
pub(crate) struct Secret {
    #[serde(rename = "type")]
    pub(crate) kind: SecretKind,
    #[serde(default)]
    pub(crate) scope: Vec<String>,
    #[serde(flatten)]
    pub(crate) parameters: BTreeMap<String, String>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Secret").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// DuckDB's types of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecretKind {
    /// S3 and what speaks like it.
    S3,
    /// Google Cloud Storage, by its S3 interface.
    Gcs,
    /// Cloudflare R2.
    R2,
    /// Headers and tokens for plain HTTP.
    Http,
    /// Hugging Face.
    Huggingface,
    /// Microsoft's blob storage.
    Azure,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: String::new(),
            listen: vec!["127.0.0.1".to_owned()],
            port: 5432,
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            shutdown_grace_s: 30,
            sandbox: Sandbox::Required,
            tls: Tls::default(),
            access: Vec::new(),
            limits: Limits::default(),
            duckling: Duckling::default(),
            databases: Databases::default(),
            shares: Shares::default(),
            sql: Sql::default(),
            egress: Egress::default(),
            history: History::default(),
            secrets: Secrets::default(),
            api: Api::default(),
            metrics: Metrics::default(),
            account: BTreeMap::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1000,
            connections_per_address: 500,
            sessions_per_account: 100,
            databases: 100,
            shares: 100,
            snapshots: 100,
            login_timeout_s: 30,
            failed_logins_per_minute: 10,
            failed_passwords_per_minute: 20,
            max_message: Size::Bytes(272 << 20),
            max_value: Size::Bytes(256 << 20),
            portal_spool: Size::Bytes(1 << 30),
            disk_quota: Size::Percent(80),
            disk_reserve: Size::Bytes(1 << 30),
            result_rows: 0,
            result_bytes: Size::Bytes(0),
            statement_timeout_s: 0,
            statement_text: Size::Bytes(64 << 20),
            expression_depth: 1000,
        }
    }
}

impl Default for Databases {
    fn default() -> Self {
        Self { retention_s: 7 * 86_400 }
    }
}

impl Default for Shares {
    fn default() -> Self {
        Self { settle_ms: 60_000 }
    }
}

impl Default for Egress {
    fn default() -> Self {
        Self {
            enabled: true,
            allow: Vec::new(),
            deny: Vec::new(),
            write: false,
            attach: false,
            ca_file: String::new(),
            connections_per_account: 256,
            bytes_per_hour: Size::Bytes(1 << 40),
            connect_timeout_s: 10,
            header_timeout_s: 30,
            idle_timeout_s: 60,
            retries: 3,
        }
    }
}

impl Default for History {
    fn default() -> Self {
        Self { enabled: true, retention_s: 30 * 86_400, size: Size::Bytes(1 << 30) }
    }
}

impl Default for Api {
    fn default() -> Self {
        Self { listen: API_LISTEN.to_owned(), administrators: vec!["default".to_owned()] }
    }
}

impl Default for Duckling {
    fn default() -> Self {
        Self {
            memory_limit: Size::Percent(40),
            threads: 0,
            spill_limit: Size::Percent(10),
            cooldown_s: 60,
            start_timeout_s: 30,
            stop_grace_ms: 5000,
            answer_timeout_s: 30,
            crash_backoff_s: 60,
            user_id_base: 0,
            extension_directory: String::new(),
            extensions: vec!["httpfs".to_owned()],
        }
    }
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) config: Config,
    pub(crate) port_origin: PortOrigin,
    /// Variables that look like ours and are none.
    pub(crate) meaningless_variables: Vec<String>,
}

/// Who has chosen the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PortOrigin {
    /// The default: another port will do when it is taken.
    Default,
    /// Somebody's wish.
    Configured,
}

impl Config {
    /// Reads a file (or none) and the environment over it.
    pub(crate) fn read(path: Option<&Path>, environment: &Environment) -> anyhow::Result<Reading> {
        let mut table = match path {
            None => Table::new(),
            Some(path) => {
                let text =
                    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                text.parse().with_context(|| format!("{} is no TOML", path.display()))?
            }
        };
        let place = path.map_or("configuration".to_owned(), |path| path.display().to_string());
        let known = Self::known()?;
        refuse_unknown(&table, &known).with_context(|| place.clone())?;
        let overridden = environment.override_keys(&mut table, &known);
        let meaningless_variables = overridden.map_err(anyhow::Error::msg)?;
        let port_origin =
            if table.contains_key("port") { PortOrigin::Configured } else { PortOrigin::Default };
        let config = table.try_into().with_context(|| place)?;
        Ok(Reading { config, port_origin, meaningless_variables })
    }

    /// Every key with its default.
    pub(crate) fn known() -> anyhow::Result<Table> {
        Ok(Table::try_from(Self::default())?)
    }
}

fn refuse_unknown(table: &Table, known: &Table) -> anyhow::Result<()> {
    // The names of accounts are the operator's; what is inside is checked when it is read.
    for (name, value) in table.iter().filter(|(name, _)| *name != "account") {
        match known.get(name) {
            None => bail!("unknown key {name:?}{}", suggestion(name, known)),
            Some(Value::Table(section)) => {
                let Value::Table(given) = value else {
                    bail!("{name:?} is a section: write [{name}]");
                };
                if let Some(key) = given.keys().find(|key| !section.contains_key(*key)) {
                    bail!("unknown key {key:?} in [{name}]{}", suggestion(key, known));
                }
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The nearest name that there is, with its section.
fn suggestion(name: &str, known: &Table) -> String {
    const NEAR: f64 = 0.7;
    let sections = known.iter().filter_map(|(section, value)| Some((section, value.as_table()?)));
    let inner = sections
        .flat_map(|(section, keys)| keys.keys().map(move |key| (key, format!("{key} in [{section}]"))));
    let outer = known.iter().map(|(key, value)| match value.as_table() {
        Some(_) => (key, format!("[{key}]")),
        None => (key, key.clone()),
    });
    let scored = outer.chain(inner).map(|(key, shown)| (strsim::jaro_winkler(name, key), shown));
    let best = scored.max_by(|one, two| one.0.total_cmp(&two.0));
    match best {
        Some((score, shown)) if score >= NEAR => format!("; did you mean {shown}?"),
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests;
