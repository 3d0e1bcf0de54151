//! What an operator can set, as the gateway uses it: checked values in plain types.
//!
//! Reading the config file, the environment and the machine's size is the program's business
//! (`crates/pintail`); nothing here knows of files or defaults by percent.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

pub use wire::link::{Hidden, Secret, SessionLimits};

pub use crate::access::{AccessRule, AccessRules, CertificateDemand, Method};
use crate::egress::EgressSettings;
pub use crate::key::account_key;

/// Everything that the gateway needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Addresses to listen on, all at the same port.
    pub listen: Vec<IpAddr>,
    /// Which port.
    pub port: Port,
    /// Where Prometheus may read metrics.
    pub metrics: Option<SocketAddr>,
    /// The REST API.
    pub api: Option<ApiSettings>,
    /// Certificates.
    pub tls: TlsSettings,
    /// Who may come in from where, and by what.
    pub access: AccessRules,
    /// Bounds on what clients may do.
    pub limits: Limits,
    /// What accounts and their tokens may use.
    pub allowances: Allowances,
    /// How ducklings are run.
    pub duckling: DucklingSettings,
    /// How long busy sessions may go on after the server was told to stop.
    pub shutdown_grace: Duration,
}

/// The port to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// This one (0: any free one), and no other.
    Exactly(u16),
    /// This one, or any free one when it is taken.
    Preferably(u16),
}

/// The REST API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSettings {
    /// Where it listens.
    pub address: IpAddr,
    /// At which port.
    pub port: Port,
    /// Accounts that may manage others.
    pub administrators: Vec<String>,
}

/// Where the server's certificate comes from.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// An operator's own files; without them the development CA issues one.
    pub files: Option<CertificateFiles>,
    /// Host names and addresses of this server beyond those of the machine.
    pub names: Vec<String>,
    /// A PEM file with the CAs whose client certificates are taken; without it clients are not asked for any.
    pub client_ca: Option<PathBuf>,
}

/// A certificate chain and its key, in PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Bounds on clients.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address.
    pub connections_per_address: usize,
    /// From accept to the end of authentication.
    pub login_timeout: Duration,
    /// A client's message, in bytes, without type and length.
    pub max_message_bytes: usize,
    /// Failed logins from one address within a minute, after which its failures are answered late.
    pub failed_logins_per_minute: u32,
    /// Wrong passwords for one account within a minute, after which addresses that never had a right one wait.
    pub failed_passwords_per_minute: u32,
}

/// What every account may use, and what some may.
#[derive(Clone, Debug, Default)]
pub struct Allowances {
    /// Of accounts that are not named.
    pub default: Allowance,
    /// By [`account_key`].
    pub accounts: HashMap<String, Allowance>,
}

impl Allowances {
    /// What this account may use.
    #[must_use]
    pub fn of(&self, account: &str) -> &Allowance {
        self.accounts.get(&account_key(account)).unwrap_or(&self.default)
    }
}

/// What one account may use.
#[derive(Clone, Debug, Default)]
pub struct Allowance {
    /// DuckDB's memory limit, in bytes.
    pub memory_limit_bytes: u64,
    /// DuckDB's worker threads.
    pub threads: u32,
    /// What may be spilled to disk, in bytes.
    pub spill_limit_bytes: u64,
    /// What the account's directory may hold, in bytes; 0 is no limit.
    pub disk_quota_bytes: u64,
    /// Databases that it may have, those that were dropped not counted.
    pub databases: usize,
    /// Shares that it may have.
    pub shares: usize,
    /// Snapshots that it may have.
    pub snapshots: usize,
    /// Sessions at the same time.
    pub sessions: usize,
    /// What each of them may do.
    pub session: SessionLimits,
    /// By the tokens' names: what is stricter for sessions that came in by one.
    pub tokens: HashMap<String, TokenAllowance>,
}

impl Allowance {
    /// What a session may do that came in by the token of this name, or by none.
    #[must_use]
    pub fn session_limits(&self, token: Option<&str>) -> SessionLimits {
        let token = token.and_then(|token| self.token(token)).map(|token| token.session).unwrap_or_default();
        self.session.strictest(token)
    }

    /// Sessions at the same time that came in by the token of this name, if they are limited.
    #[must_use]
    pub fn token_sessions(&self, token: &str) -> Option<usize> {
        self.token(token).map(|token| token.sessions).filter(|sessions| *sessions > 0)
    }

    /// What is set for a token of this name, whatever its capitals.
    fn token(&self, name: &str) -> Option<&TokenAllowance> {
        self.tokens.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, token)| token)
    }
}

/// What the sessions of one token may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenAllowance {
    /// Sessions at the same time; 0 is no limit of its own.
    pub sessions: usize,
    /// What each of them may do.
    pub session: SessionLimits,
}

/// How an account's process is run.
#[derive(Clone, Debug)]
pub struct DucklingSettings {
    /// From the launch to its Ready frame.
    pub start_timeout: Duration,
    /// From the end of the account's last session to the end of the process.
    pub cooldown: Duration,
    /// From the stop of a statement to the end of the process, if the statement does not end.
    pub stop_grace: Duration,
    /// A process that has not answered a ping for so long is killed.
    pub answer_timeout: Duration,
    /// How long a statement that has ended the process is not run again, the first time; zero: no such rule.
    pub crash_backoff: Duration,
    /// What must stay free on the file system of the data directory, in bytes.
    pub disk_reserve_bytes: u64,
    /// How long a dropped database can be brought back.
    pub retention: Duration,
    /// How long changes settle before the shares that follow them are published.
    pub share_settle: Duration,
    /// What a suspended portal may keep, in bytes.
    pub portal_spool_limit_bytes: u64,
    /// The longest single value, in bytes.
    pub max_value_bytes: u64,
    /// Folder of the extensions.
    pub extension_directory: PathBuf,
    /// Extensions to load at start, for every account.
    pub extensions: Vec<String>,
    /// Further ones, by [`account_key`].
    pub account_extensions: HashMap<String, Vec<String>>,
    /// Whether CREATE TEMP TABLE is allowed.
    pub temp_tables: bool,
    /// Whether what the reference lacks is refused too.
    pub reference_profile: bool,
    /// The key that seals accounts' secrets, in the place of the data directory's own.
    pub key_file: Option<PathBuf>,
    /// Whether sessions may make secrets that the server keeps.
    pub secrets_by_sql: bool,
    /// Bounds of the query history; without them none is kept.
    pub history: Option<HistorySettings>,
    /// The box around the process.
    pub sandbox: SandboxSettings,
    /// The way to remote data; none keeps ducklings from it.
    pub remote: Option<RemoteSettings>,
}

/// Bounds of the query history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistorySettings {
    /// How long a row is kept.
    pub retention: Duration,
    /// What all rows may take, in bytes.
    pub size_max_bytes: u64,
}

/// The box around an account's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SandboxSettings {
    /// Serve only where Landlock is enforced.
    pub required: bool,
    /// Where the gateway is root: the account's number is added to this for the user id of its process.
    pub user_id_base: u32,
}

/// How ducklings reach remote data.
#[derive(Clone, Debug)]
pub struct RemoteSettings {
    /// The egress proxy.
    pub egress: EgressSettings,
    /// A PEM file with certificates that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// How often DuckDB tries a request again that failed.
    pub retries: u32,
    /// The secrets of accounts, by [`account_key`].
    pub secrets: HashMap<String, Vec<Secret>>,
}
