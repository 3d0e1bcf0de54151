//! The engine's instance of one account, opened behind its locks.
//!
//! The order is that of the security design: options before opening, extensions, resources, databases,
//! then the locks. What comes after the locks is a tenant's.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use engine::{AllowAll, Connection, Error, Instance, Options};
use wire::{
    Diagnostic, SqlState,
    link::{Configuration, Secret},
};

use crate::{
    catalog, diagnose,
    disk::{Disk, Reclaimed},
    mounts::{self, Announce, OpenError},
    notes::Notes,
    platform::{INFORMATION, Member, Workspace},
    policy::{self, Context, Profile, Remote},
    remote::{self, Keeper, Means, Troubles},
    session::{Alarm, CopySpool, Limits, Session, SessionGuard, Teller, Verdicts},
    sql::{quote_name as name, quote_text as text},
    weaken::{self, Switch},
};

/// What is free inside the databases' files, in bytes.
const FREE_BYTES: &str = "SELECT sum(block_size * free_blocks)::VARCHAR FROM pragma_database_size()";

/// The extensions that are part of the library.
const BUILT_IN: [&str; 4] = ["core_functions", "icu", "json", "parquet"];

/// The database of one account.
pub(crate) struct Database {
    /// The duckling's own connection, which may do everything. It goes before the instance.
    _control: Arc<Mutex<Connection>>,
    instance: Instance,
    engine_settings: Arc<BTreeSet<String>>,
    troubles: Arc<Troubles>,
    workspace: Arc<Workspace>,
    secrets: Arc<Keeper>,
    copy_spool: Arc<CopySpool>,
    disk: Arc<Disk>,
    notes: Arc<Notes>,
}

impl Database {
    /// Opens the instance, attaches the account's databases, and locks it.
    /// Remote data come through the proxy at this port.
    pub(crate) fn open(
        configuration: &Configuration,
        proxy_port: Option<u16>,
        announce: Announce<'_>,
    ) -> Result<Self, OpenError> {
        let spill = spill_directory(configuration);
        for folder in [&configuration.directory, &configuration.extension_directory] {
            diagnose::hide_folder(folder);
        }
        // The directory is the duckling's own; a failure shows when something is spilled.
        let _ = std::fs::create_dir_all(&spill);
        if let (Some(remote), Some(port)) = (&configuration.remote, proxy_port) {
            remote::prepare_extensions(remote, &configuration.extensions, port);
        }
        let instance = Instance::open(&Options { config: options(configuration, &spill) })?;
        let control = instance.connect(AllowAll)?;
        for extension in &configuration.extensions {
            control.execute(&format!("LOAD {}", text(extension)))?;
        }
        control.confine(&policy::harmless())?;
        let remote = configuration.remote.as_ref();
        let prefixes = remote::url_prefixes(remote, &configuration.extensions);
        let secrets = match (remote, proxy_port, prefixes.is_empty()) {
            (Some(remote), Some(port), false) => {
                remote::configure(&control, remote, &configuration.extensions, port)?
            }
            (None, ..) | (_, None, _) | (_, _, true) => Vec::new(),
        };
        control.execute("SET GLOBAL TimeZone = 'UTC'")?;
        // As an option before opening it is taken, and has no effect.
        let spill_limit = format!("{}B", configuration.spill_limit_bytes);
        control.execute(&format!("SET max_temp_directory_size = {}", text(&spill_limit)))?;
        catalog::define(&control, &configuration.version)?;
        let unusable = mounts::attach_all(&control, configuration, announce)?;
        // The instance's own first database is nobody's; that of the control connection is never detached.
        control.execute(&format!("USE {}", name(INFORMATION)))?;
        control.execute("DETACH memory")?;
        let engine_settings = Arc::new(setting_names(&control)?);
        let copy_spool = Arc::new(CopySpool::open(spill, configuration.spill_limit_bytes));
        lock(&control, configuration, &prefixes)?;
        instance.seal();
        let control = Arc::new(Mutex::new(control));
        let workspace = Arc::new(Workspace::new(configuration, &control, unusable));
        let disk = disk(configuration, &control, &workspace);
        let secrets = Arc::new(keeper(configuration, &control, proxy_port, secrets));
        let notes = Arc::new(Notes::new(None, &[], Box::new(|_| {})));
        let troubles = Arc::default();
        Ok(Self {
            _control: control,
            instance,
            engine_settings,
            secrets,
            copy_spool,
            disk,
            notes,
            troubles,
            workspace,
        })
    }

    /// With these notes of what sessions run.
    pub(crate) fn with_notes(mut self, notes: Notes) -> Self {
        self.notes = Arc::new(notes);
        self
    }

    /// The account's disk.
    pub(crate) fn disk(&self) -> &Arc<Disk> {
        &self.disk
    }

    /// The account's databases, and who uses them.
    pub(crate) fn workspace(&self) -> &Arc<Workspace> {
        &self.workspace
    }

    /// The account's secrets.
    pub(crate) fn secrets(&self) -> &Arc<Keeper> {
        &self.secrets
    }

    /// Where the egress proxy's troubles are kept.
    pub(crate) fn troubles(&self) -> &Troubles {
        &self.troubles
    }

    /// A new session, with the policy in its connection.
    pub(crate) fn session(
        &self,
        configuration: &Configuration,
        alarm: Arc<Alarm>,
    ) -> Result<Session, Diagnostic> {
        let member = Member::join(&self.workspace);
        let verdicts = Verdicts::new(Context {
            profile: profile(configuration),
            temp_tables: configuration.temp_tables,
            databases: member.clone(),
            copying_database: false,
            remote: configuration.remote.as_ref().map(|remote| Remote {
                write: remote.write,
                attach: remote.attach,
                azure: configuration.extensions.iter().any(|extension| extension == remote::AZURE),
            }),
            expanding_pivot: false,
            own_file: None,
        });
        let limits = Limits {
            is_reader: false,
            portal_spool_limit_bytes: configuration.portal_spool_limit_bytes,
            max_value_bytes: usize::try_from(configuration.max_value_bytes).unwrap_or(usize::MAX),
            engine_settings: Arc::clone(&self.engine_settings),
            troubles: Arc::clone(&self.troubles),
            copy_spool: Arc::clone(&self.copy_spool),
            disk: Arc::clone(&self.disk),
            notes: Arc::clone(&self.notes),
            extensions: BUILT_IN
                .into_iter()
                .map(str::to_owned)
                .chain(configuration.extensions.clone())
                .collect(),
            profile: profile(configuration),
            secrets_by_sql: configuration.secrets_by_sql,
            secrets: Arc::clone(&self.secrets),
        };
        let teller = Teller::new(
            &configuration.account,
            &configuration.version,
            Arc::clone(&self.engine_settings),
            Arc::clone(&member),
        );
        let guard = SessionGuard { verdicts, member, teller };
        let connection = self.instance.connect(guard.clone()).map_err(|error| {
            tracing::error!(%error, "no connection to the engine");
            Diagnostic::fatal(SqlState::CANNOT_CONNECT_NOW, "the engine has no connection for this session")
        })?;
        Ok(Session::new(connection, guard, limits, alarm))
    }
}

/// The account's secrets, of which the engine has these.
fn keeper(
    configuration: &Configuration,
    control: &Arc<Mutex<Connection>>,
    proxy_port: Option<u16>,
    had: Vec<Secret>,
) -> Keeper {
    let (Some(remote), Some(port)) = (&configuration.remote, proxy_port) else { return Keeper::default() };
    let means = Means::new(&configuration.extensions, port, &remote.proxy_password);
    Keeper::new(control, means, &remote.secrets, had)
}

fn profile(configuration: &Configuration) -> Profile {
    if configuration.reference_profile { Profile::Reference } else { Profile::Pintail }
}

/// What is off in every instance.
const OFF: [&str; 6] = [
    "autoinstall_known_extensions",
    "autoload_known_extensions",
    "allow_community_extensions",
    "allow_unsigned_extensions",
    "allow_persistent_secrets",
    "allow_unredacted_secrets",
];

fn options(configuration: &Configuration, spill: &Path) -> Vec<(String, String)> {
    let off = OFF.into_iter().filter(|_| !weaken::is_off(Switch::Locks));
    let mut options: Vec<(String, String)> = off.map(|name| (name.to_owned(), "false".to_owned())).collect();
    let bytes = |bytes: u64| format!("{bytes}B");
    options.extend([
        ("extension_directory".to_owned(), configuration.extension_directory.clone()),
        ("memory_limit".to_owned(), bytes(configuration.memory_limit_bytes)),
        ("threads".to_owned(), configuration.threads.max(1).to_string()),
        // No secret is persistent; where the locks are off, it shall not lie in the root folder.
        ("secret_directory".to_owned(), spill.join("secrets").to_string_lossy().into_owned()),
        ("temp_directory".to_owned(), spill.to_string_lossy().into_owned()),
    ]);
    options
}

/// The account's disk. Space comes back when DuckDB makes a checkpoint, which cuts the free end off its files.
fn disk(configuration: &Configuration, control: &Arc<Mutex<Connection>>, workspace: &Workspace) -> Arc<Disk> {
    let (quota, reserve) = (configuration.disk_quota_bytes, configuration.disk_reserve_bytes);
    let disk = Disk::new(PathBuf::from(&configuration.directory), quota, reserve);
    let disk = Arc::new(disk.with_kept(Arc::clone(workspace.kept_bytes())));
    let own = configuration.mounts.iter().filter(|mount| !mount.read_only);
    let checkpoints: Vec<String> = own.map(|mount| format!("CHECKPOINT {}", name(&mount.name))).collect();
    let control = Arc::downgrade(control);
    disk.reclaim_by(move || {
        let Some(control) = control.upgrade() else { return Reclaimed::default() };
        let control = control.lock().unwrap_or_else(PoisonError::into_inner);
        control.checkpoint_always(true);
        // The first frees blocks, the second cuts them off.
        let is_done = checkpoints.iter().chain(&checkpoints).fold(true, |is_done, checkpoint| {
            // Not while others write; it is tried again before the next statement is refused.
            let made = control.execute(checkpoint);
            made.inspect_err(|error| tracing::debug!(kind = ?error.kind, "no checkpoint")).is_ok() && is_done
        });
        control.checkpoint_always(false);
        let free = control.texts(FREE_BYTES).unwrap_or_default();
        let reusable_bytes = free.first().and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
        Reclaimed { is_done, reusable_bytes }
    });
    disk
}

/// The locks. Settings that are not listed here keep the values they have.
fn lock(control: &Connection, configuration: &Configuration, prefixes: &[&str]) -> Result<(), Error> {
    if weaken::is_off(Switch::Locks) {
        return Ok(());
    }
    let directory = format!("{}/", configuration.directory.trim_end_matches('/'));
    let allowed: Vec<String> = prefixes.iter().copied().chain([directory.as_str()]).map(text).collect();
    control.execute(&format!("SET allowed_directories = [{}]", allowed.join(", ")))?;
    control.execute("SET allowed_configs = []")?;
    control.execute("SET enable_external_access = false")?;
    control.execute("SET lock_configuration = true")
}

fn spill_directory(configuration: &Configuration) -> PathBuf {
    Path::new(&configuration.directory).join("spill")
}

/// The names of all settings that the engine knows.
fn setting_names(control: &Connection) -> Result<BTreeSet<String>, Error> {
    let names = control.texts("SELECT name FROM duckdb_settings()")?;
    Ok(names.into_iter().map(|name| name.to_lowercase()).collect())
}
