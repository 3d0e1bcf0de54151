//! What the configuration comes to on this machine: sizes in bytes, folders found, values checked.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, ensure};
use gateway::settings::{
    ApiSettings, CertificateFiles, DucklingSettings, HistorySettings, Limits, Port, SandboxSettings,
    Settings, TlsSettings,
};

use super::{
    access,
    environment::Environment,
    extensions,
    file::{API_LISTEN, Api, Config, LogFormat, PortOrigin, Profile, Sandbox},
    limits as account_limits, remote,
};
use crate::machine;

/// Where the extensions lie in the repository, for development builds.
const DEVELOPMENT_EXTENSIONS: Option<&str> = option_env!("PINTAIL_DEVELOPMENT_EXTENSIONS");

/// The configuration, resolved.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// The file it was read from.
    pub(crate) file: Option<PathBuf>,
    /// The data directory.
    pub(crate) data_directory: PathBuf,
    /// Log level.
    pub(crate) log: String,
    /// Log format.
    pub(crate) log_format: LogFormat,
    /// For the gateway.
    pub(crate) settings: Settings,
    /// What is legal and hardly meant.
    pub(crate) warnings: Vec<String>,
}

/// What the command line sets over file and environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) config: Option<PathBuf>,
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) port: Option<u16>,
}

impl Resolved {
    /// Reads file and environment, and works out the rest.
    pub(crate) fn read(flags: &Flags, environment: &Environment) -> anyhow::Result<Self> {
        let file = find_file(flags, environment);
        let reading = Config::read(file.as_deref(), environment)?;
        let (mut config, mut origin) = (reading.config, reading.port_origin);
        if let Some(port) = flags.port {
            (config.port, origin) = (port, PortOrigin::Configured);
        }
        let data_directory = data_directory(flags, &config, environment)?;
        let settings = settings(&config, origin, &data_directory)?;
        let mut warnings = account_limits::warnings(&settings.allowances);
        let variables = reading.meaningless_variables.iter();
        warnings.extend(variables.map(|variable| format!("no config key has the variable {variable}")));
        Ok(Self { file, data_directory, log: config.log, log_format: config.log_format, settings, warnings })
    }
}

fn find_file(flags: &Flags, environment: &Environment) -> Option<PathBuf> {
    let named = environment.variable("PINTAIL_CONFIG").map(PathBuf::from);
    let usual = [
        Some(PathBuf::from("pintail.toml")),
        environment.config_home().map(|folder| folder.join("pintail/pintail.toml")),
        Some(PathBuf::from("/etc/pintail/pintail.toml")),
    ];
    let found = || usual.into_iter().flatten().find(|path| path.is_file());
    flags.config.clone().or(named).or_else(found)
}

fn data_directory(flags: &Flags, config: &Config, environment: &Environment) -> anyhow::Result<PathBuf> {
    let configured = Some(PathBuf::from(&config.data_dir)).filter(|path| !path.as_os_str().is_empty());
    let usual = || environment.data_home().map(|folder| folder.join("pintail"));
    let path = flags.data_dir.clone().or(configured).or_else(usual);
    let path = path.context("no data directory: set data_dir (HOME is not set either)")?;
    std::path::absolute(&path).with_context(|| format!("data_dir = {:?}", path.display()))
}

fn settings(config: &Config, origin: PortOrigin, data_directory: &Path) -> anyhow::Result<Settings> {
    let port = match origin {
        PortOrigin::Configured => Port::Exactly(config.port),
        PortOrigin::Default => Port::Preferably(config.port),
    };
    Ok(Settings {
        listen: listen(&config.listen)?,
        port,
        api: api(&config.api)?,
        metrics: metrics(&config.metrics.listen)?,
        tls: tls(config)?,
        access: access::rules(config)?,
        limits: limits(config)?,
        allowances: account_limits::allowances(config, data_directory)?,
        duckling: duckling(config, data_directory)?,
        shutdown_grace: Duration::from_secs(config.shutdown_grace_s),
    })
}

fn listen(addresses: &[String]) -> anyhow::Result<Vec<IpAddr>> {
    ensure!(!addresses.is_empty(), "listen is empty: name an address");
    addresses
        .iter()
        .map(|text| {
            let address = text.trim_matches(['[', ']']).parse();
            address
                .with_context(|| format!("listen = {text:?} is no IP address (the port is a key of its own)"))
        })
        .collect()
}

/// The REST API; none when it listens nowhere.
fn api(api: &Api) -> anyhow::Result<Option<ApiSettings>> {
    if api.listen.is_empty() {
        return Ok(None);
    }
    let address: SocketAddr =
        api.listen.parse().with_context(|| format!("[api] listen = {:?} is no address:port", api.listen))?;
    let (port, is_default) = (address.port(), api.listen == API_LISTEN);
    let port = if is_default { Port::Preferably(port) } else { Port::Exactly(port) };
    Ok(Some(ApiSettings { address: address.ip(), port, administrators: api.administrators.clone() }))
}

/// Where metrics are given; nowhere when it is empty.
fn metrics(listen: &str) -> anyhow::Result<Option<SocketAddr>> {
    if listen.is_empty() {
        return Ok(None);
    }
    let address = listen.parse();
    Ok(Some(address.with_context(|| format!("[metrics] listen = {listen:?} is no address:port"))?))
}

fn tls(config: &Config) -> anyhow::Result<TlsSettings> {
    let tls = &config.tls;
    let files = match (tls.certificate.is_empty(), tls.key.is_empty()) {
        (true, true) => None,
        (false, false) => Some(CertificateFiles {
            certificate: PathBuf::from(&tls.certificate),
            key: PathBuf::from(&tls.key),
        }),
        _ => anyhow::bail!("[tls] certificate and key belong together: set both or none"),
    };
    let client_ca = Some(PathBuf::from(&tls.client_ca)).filter(|path| !path.as_os_str().is_empty());
    Ok(TlsSettings { files, names: tls.names.clone(), client_ca })
}

fn limits(config: &Config) -> anyhow::Result<Limits> {
    let limits = &config.limits;
    let max_message = usize::try_from(limits.max_message.of(machine::memory_bytes()))?;
    ensure!(max_message >= 64 * 1024, "[limits] max_message is below 64KiB, which drivers need");
    Ok(Limits {
        connections: limits.connections,
        connections_per_address: limits.connections_per_address,
        login_timeout: Duration::from_secs(limits.login_timeout_s.max(1)),
        max_message_bytes: max_message.min(wire_limit()),
        failed_logins_per_minute: limits.failed_logins_per_minute,
        failed_passwords_per_minute: limits.failed_passwords_per_minute,
    })
}

/// PostgreSQL's own limit for a message (`PQ_LARGE_MESSAGE_LIMIT`): 1 GB less one.
fn wire_limit() -> usize {
    0x3fff_ffff
}

fn duckling(config: &Config, data_directory: &Path) -> anyhow::Result<DucklingSettings> {
    let (duckling, limits) = (&config.duckling, &config.limits);
    let memory = machine::memory_bytes();
    let disk = machine::free_disk_bytes(data_directory);
    ensure!(
        duckling.stop_grace_ms >= 100,
        "[duckling] stop_grace_ms is below 100: no statement stops at once"
    );
    Ok(DucklingSettings {
        start_timeout: Duration::from_secs(duckling.start_timeout_s.max(1)),
        cooldown: Duration::from_secs(duckling.cooldown_s),
        stop_grace: Duration::from_millis(duckling.stop_grace_ms),
        answer_timeout: Duration::from_secs(duckling.answer_timeout_s.max(1)),
        crash_backoff: Duration::from_secs(duckling.crash_backoff_s),
        disk_reserve_bytes: account_limits::disk_reserve_bytes(config, data_directory),
        retention: Duration::from_secs(config.databases.retention_s),
        share_settle: Duration::from_millis(config.shares.settle_ms),
        portal_spool_limit_bytes: limits.portal_spool.of(disk),
        max_value_bytes: limits.max_value.of(memory),
        extension_directory: extension_directory(&duckling.extension_directory),
        extensions: extensions::for_all(config)?,
        account_extensions: extensions::by_account(config)?,
        temp_tables: config.sql.temp_tables,
        key_file: Some(PathBuf::from(&config.secrets.key_file)).filter(|path| !path.as_os_str().is_empty()),
        secrets_by_sql: config.sql.secrets,
        reference_profile: config.sql.profile == Profile::Reference,
        history: config.history.enabled.then(|| HistorySettings {
            retention: Duration::from_secs(config.history.retention_s),
            size_max_bytes: config.history.size.of(disk),
        }),
        sandbox: SandboxSettings {
            required: config.sandbox == Sandbox::Required,
            user_id_base: user_id_base(duckling.user_id_base)?,
        },
        remote: remote::settings(config)?,
    })
}

/// 0 is drawn for each data directory; low ones belong to people and services.
fn user_id_base(configured: u32) -> anyhow::Result<u32> {
    ensure!(
        configured == 0 || configured >= 1 << 16,
        "[duckling] user_id_base = {configured} is among the ids of people and services: take one above 65535"
    );
    Ok(configured)
}

/// The configured folder; else the one beside the installed program; else the repository's.
fn extension_directory(configured: &str) -> PathBuf {
    if !configured.is_empty() {
        return PathBuf::from(configured);
    }
    let program = std::env::current_exe().unwrap_or_default();
    let prefix = program.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    let installed = prefix.join("lib/pintail/extensions");
    match DEVELOPMENT_EXTENSIONS {
        Some(folder) if !installed.is_dir() => PathBuf::from(folder),
        Some(_) | None => installed,
    }
}
