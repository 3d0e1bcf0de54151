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

pub use wire::link::{Hidden, Secret};

use crate::egress::EgressSettings;

/// Everything that the gateway needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Addresses to listen on, all at the same port.
    pub listen: Vec<IpAddr>,
    /// Which port.
    pub port: Port,
    /// Where Prometheus may read metrics.
    pub metrics: Option<SocketAddr>,
    /// Certificates.
    pub tls: TlsSettings,
    /// Bounds on what clients may do.
    pub limits: Limits,
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

/// Where the server's certificate comes from.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// An operator's own files; without them the development CA issues one.
    pub files: Option<CertificateFiles>,
    /// Host names and addresses of this server beyond those of the machine.
    pub names: Vec<String>,
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
    /// Sessions of one account.
    pub sessions_per_account: usize,
    /// From accept to the end of authentication.
    pub login_timeout: Duration,
    /// A client's message, in bytes, without type and length.
    pub max_message_bytes: usize,
    /// Failed logins from one address within a minute, after which its failures are answered late.
    pub failed_logins_per_minute: u32,
}

/// How an account's process is run.
#[derive(Clone, Debug)]
pub struct DucklingSettings {
    /// From the launch to its Ready frame.
    pub start_timeout: Duration,
    /// From the end of the account's last session to the end of the process.
    pub cooldown: Duration,
    /// DuckDB's memory limit, in bytes.
    pub memory_limit_bytes: u64,
    /// DuckDB's worker threads.
    pub threads: u32,
    /// What may be spilled to disk, in bytes.
    pub spill_limit_bytes: u64,
    /// What a suspended portal may keep, in bytes.
    pub portal_spool_limit_bytes: u64,
    /// The longest single value, in bytes.
    pub max_value_bytes: u64,
    /// Folder of the extensions.
    pub extension_directory: PathBuf,
    /// Extensions to load at start, for every account.
    pub extensions: Vec<String>,
    /// Further ones, by account.
    pub account_extensions: HashMap<String, Vec<String>>,
    /// Whether CREATE TEMP TABLE is allowed.
    pub temp_tables: bool,
    /// Whether what the reference lacks is refused too.
    pub reference_profile: bool,
    /// The box around the process.
    pub sandbox: SandboxSettings,
    /// The way to remote data; none keeps ducklings from it.
    pub remote: Option<RemoteSettings>,
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
    /// Whether `ATTACH 'https://…' (READ_ONLY)` is allowed.
    pub attach: bool,
    /// How often DuckDB tries a request again that failed.
    pub retries: u32,
    /// The secrets of accounts, by their names.
    pub secrets: HashMap<String, Vec<Secret>>,
}
