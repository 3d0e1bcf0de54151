//! What the engine has attached: the account's workspace and what single sessions have attached beside it.
//!
//! An attachment belongs to the whole instance, a set of visible names to the account's workspace or to a session. The
//! gateway's store says what there is; here its changes are carried out, on the duckling's own connection, and it is known
//! who is in the way of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use engine::{CheckpointHold, Connection};
use wire::{
    Diagnostic, SqlState,
    link::{Configuration, Mount, PlatformReply, PlatformRequest, Unusable},
};

use super::{
    IsStopped, Platform,
    broken::{Broken, no_database},
    key,
    members::Members,
    owed::Owed,
    publish::Publisher,
    tables::Commits,
    turn::Turns,
};
use crate::{
    advisory::Locks,
    diagnose::diagnose,
    history::History,
    sql::{quote_name as name, quote_text as text},
};

/// A database that the engine has attached.
#[derive(Clone, Debug)]
pub(super) struct Attached {
    pub name: String,
    pub path: String,
    pub read_only: bool,
    /// Whether all sessions of attach mode workspace see it.
    pub in_workspace: bool,
    /// Whether it is a remote file.
    pub is_remote: bool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub databases: BTreeMap<String, Attached>,
    pub members: Members,
    /// The account's default database.
    pub default: String,
    pub last: u64,
    /// By the names that they had last: files that were detached and may still be open.
    pub leaving: BTreeMap<String, String>,
    /// Names that a statement is about.
    pub reserved: BTreeSet<String>,
    /// Names that the engine is just giving to another database, or taking away.
    pub switching: BTreeSet<String>,
    /// How many copies are being made of a database.
    pub copying: BTreeMap<String, u32>,
    /// Files that stay as they are, for as long as somebody holds them.
    pub held: BTreeMap<String, Weak<CheckpointHold>>,
    /// What sessions have left that had it for themselves.
    pub orphans: BTreeSet<String>,
    /// Shares that others have taken away, and why; until something else has the name.
    pub gone: BTreeMap<String, String>,
    /// What could not be opened when the process began.
    pub broken: Broken,
    /// When was written to what.
    pub commits: Commits,
}

/// The databases of one account, and who uses them.
pub(crate) struct Workspace {
    pub(super) control: Weak<Mutex<Connection>>,
    platform: OnceLock<Arc<dyn Platform>>,
    /// Where rows of the query history go.
    history: OnceLock<Arc<History>>,
    state: Mutex<State>,
    /// Raised whenever a name comes to mean something else.
    epoch: AtomicU64,
    publisher: Publisher,
    /// Whether what runs is waited for when the process is to end.
    is_patient: AtomicBool,
    /// Changes of shares that have come and are not carried out.
    pub(super) pending: AtomicU64,
    /// Those of them that take a share away.
    pub(super) going: AtomicU64,
    turns: Turns,
    /// Checkpoints that are to be made.
    pub(super) owed: Owed,
    /// The advisory locks of its sessions.
    locks: Arc<Locks>,
    /// When the process began, in microseconds since 1970.
    started_us: i64,
    /// What the account's snapshots and shares hold, as it was told last.
    kept_bytes: Arc<AtomicU64>,
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Workspace").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Workspace {
    /// With the databases that the engine has attached already: all but those of these files.
    pub(crate) fn new(
        configuration: &Configuration,
        control: &Arc<Mutex<Connection>>,
        unusable: Vec<Unusable>,
    ) -> Self {
        let broken = Broken::new(configuration, unusable);
        let is_there = |mount: &&Mount| !broken.has(&mount.path);
        let attached = |mount: &Mount| (key(&mount.name), attached(mount, true));
        let databases = configuration.mounts.iter().filter(is_there).map(attached).collect();
        let default = configuration.default_database.clone();
        let settle = Duration::from_millis(configuration.share_settle_ms);
        Self {
            control: Arc::downgrade(control),
            platform: OnceLock::new(),
            history: OnceLock::new(),
            state: Mutex::new(State { databases, default, broken, ..State::default() }),
            epoch: AtomicU64::new(0),
            publisher: Publisher::new(settle, &configuration.unpublished),
            is_patient: AtomicBool::new(false),
            pending: AtomicU64::new(0),
            going: AtomicU64::new(0),
            turns: Turns::default(),
            owed: Owed::default(),
            locks: Arc::default(),
            started_us: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|since| i64::try_from(since.as_micros()).ok())
                .unwrap_or_default(),
            kept_bytes: Arc::default(),
        }
    }

    /// From now on the gateway can be asked.
    pub(crate) fn connect(&self, platform: Arc<dyn Platform>) {
        // Set here only.
        let _ = self.platform.set(platform);
    }

    /// Rows of the query history are wanted.
    pub(crate) fn keep_history(&self, history: Arc<History>) {
        // Set here only.
        let _ = self.history.set(history);
    }

    /// Where rows of the query history go, if they are wanted.
    pub(crate) fn history(&self) -> Option<&History> {
        self.history.get().map(AsRef::as_ref)
    }

    /// The advisory locks of its sessions.
    pub(crate) fn locks(&self) -> &Arc<Locks> {
        &self.locks
    }

    /// When the process began, in microseconds since 1970.
    pub(crate) fn started_us(&self) -> i64 {
        self.started_us
    }

    /// Who may change what names mean.
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// What the account's snapshots and shares hold, in bytes.
    pub(crate) fn kept_bytes(&self) -> &Arc<AtomicU64> {
        &self.kept_bytes
    }

    /// What publishes the shares that update by themselves.
    pub(crate) fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Raised whenever a name comes to mean something else: statements that are bound are to be bound again.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    pub(super) fn raise_epoch(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// The name of the account's default database.
    pub(crate) fn default_database(&self) -> String {
        self.state().default.clone()
    }

    /// Asks the gateway.
    ///
    /// # Errors
    /// What it refuses.
    pub(crate) fn ask(
        &self,
        request: PlatformRequest,
        is_stopped: &IsStopped<'_>,
    ) -> Result<PlatformReply, Diagnostic> {
        let platform = self.platform.get().ok_or_else(no_gateway)?;
        platform.ask(request, is_stopped)
    }

    /// The name of a database that the engine has attached, a remote file among them, as it is written.
    pub(crate) fn written(&self, database: &str) -> Option<String> {
        self.state().databases.get(&key(database)).map(|found| found.name.clone())
    }

    /// The database of one of these names that somebody else has taken away, and why.
    pub(crate) fn gone(&self, names: &[String]) -> Option<(String, String)> {
        let state = self.state();
        let mut gone = names.iter().filter_map(|name| {
            let reason = state.gone.get(&key(name)).filter(|_| !state.databases.contains_key(&key(name)))?;
            Some((name.clone(), reason.clone()))
        });
        gone.next()
    }

    /// Whether the engine has something else attached under the name of this one, be it a remote file.
    pub(crate) fn has_another(&self, mount: &Mount) -> bool {
        self.state().databases.get(&key(&mount.name)).is_some_and(|other| other.path != mount.path)
    }

    /// Whether the engine has a database of this name attached.
    pub(crate) fn find(&self, database: &str) -> Option<Mount> {
        let state = self.state();
        let found = state.databases.get(&key(database)).filter(|database| !database.is_remote)?;
        Some(Mount { name: found.name.clone(), path: found.path.clone(), read_only: found.read_only })
    }

    /// Attaches a database, in the place of another one of its name if there is one.
    ///
    /// # Errors
    /// When the engine cannot; 55006 while a transaction still has the file open.
    pub(crate) fn attach(
        &self,
        mount: &Mount,
        in_workspace: bool,
        is_stopped: &IsStopped<'_>,
    ) -> Result<(), Diagnostic> {
        let switch = self.switch(&mount.name);
        if !self.is_there(mount) {
            self.expect_unmet(&mount.name, is_stopped)?;
            if !mount.read_only {
                self.expect_closed_file(&mount.path, &mount.name, is_stopped)?;
            }
        }
        self.place(mount, in_workspace)?;
        drop(switch);
        Ok(())
    }

    /// The same for what the gateway has done already, so that it must be done here too: from those who are in the way the
    /// database is taken away. They cannot be but transactions that have listed what there is.
    ///
    /// # Errors
    /// When the engine cannot: then nothing of the name is attached.
    pub(crate) fn carry_through(
        &self,
        mount: &Mount,
        in_workspace: bool,
        reason: &str,
    ) -> Result<(), Diagnostic> {
        let switch = self.switch(&mount.name);
        let mut state = self.state();
        let users = state.members.would_meet_two(&mount.name);
        state.members.evict(&users, &key(&mount.name), reason);
        drop(state);
        self.raise_epoch();
        // Who just runs a statement is waited for; the engine refuses it what it finds two of.
        let _ = self.expect_unmet(&mount.name, &|| false);
        let placed = self.place(mount, in_workspace);
        drop(switch);
        // What is written to the former one would be lost.
        placed.inspect_err(|_| drop(self.detach(&mount.name)))
    }

    fn is_there(&self, mount: &Mount) -> bool {
        self.state().databases.get(&key(&mount.name)).is_some_and(|former| former.path == mount.path)
    }

    /// Has the engine attach it, and notes it.
    fn place(&self, mount: &Mount, in_workspace: bool) -> Result<(), Diagnostic> {
        let former = self.state().databases.get(&key(&mount.name)).cloned();
        let is_there = self.is_there(mount);
        if !is_there {
            self.state().broken.expect_usable(&mount.name, &mount.path)?;
            self.engine_attach(mount, former.as_ref()).map_err(|error| {
                // Its owner has taken it away since it was given.
                let is_gone = mount.read_only && !Path::new(&mount.path).exists();
                if is_gone { no_database(&mount.name) } else { error }
            })?;
            self.leaves(former.as_ref());
        }
        let mut state = self.state();
        // What a session in single mode does with it is its own.
        let kept = former.is_some_and(|former| former.in_workspace);
        state.databases.insert(key(&mount.name), attached(mount, in_workspace || kept));
        // Under whatever name it left: it is open because it is back.
        state.leaving.retain(|_, path| *path != mount.path);
        state.gone.remove(&key(&mount.name));
        state.broken.forget(&mount.name);
        drop(state);
        self.raise_epoch();
        Ok(())
    }

    pub(super) fn engine_attach(&self, mount: &Mount, former: Option<&Attached>) -> Result<(), Diagnostic> {
        let mode = if mount.read_only { " (READ_ONLY)" } else { " (READ_WRITE)" };
        let (path, alias) = (text(&mount.path), name(&mount.name));
        match former {
            Some(former) if former.read_only == mount.read_only => {
                self.execute(&format!("ATTACH OR REPLACE {path} AS {alias}{mode}"))
            }
            Some(_) => {
                self.execute(&format!("DETACH {alias}"))?;
                self.execute(&format!("ATTACH {path} AS {alias}{mode}"))
            }
            None => self.execute(&format!("ATTACH {path} AS {alias}{mode}")),
        }
    }

    /// # Errors
    /// 42P04 when the engine has something else attached under the name, 55006 when a transaction would find two databases
    /// of it. To be asked before the gateway is: what it does is done.
    pub(crate) fn expect_free(&self, database: &str, is_stopped: &IsStopped<'_>) -> Result<(), Diagnostic> {
        if self.state().databases.contains_key(&key(database)) {
            let message = format!("database \"{database}\" already exists");
            let hint = "A session has it attached: choose another name.";
            return Err(Diagnostic::error(SqlState::DUPLICATE_DATABASE, message).with_hint(hint));
        }
        self.expect_unmet(database, is_stopped)
    }

    /// Detaches a database.
    ///
    /// # Errors
    /// When the engine cannot.
    pub(crate) fn detach(&self, database: &str) -> Result<(), Diagnostic> {
        let switch = self.switch(database);
        let removed = {
            let (mut state, key) = (self.state(), key(database));
            // Another database of the name is not what they attached.
            for entry in state.members.all_mut() {
                entry.own.remove(&key);
                entry.remote.remove(&key);
            }
            state.broken.forget(database);
            state.databases.remove(&key)
        };
        self.raise_epoch();
        if let Some(removed) = &removed {
            self.execute(&format!("DETACH DATABASE IF EXISTS {}", name(&removed.name)))?;
        }
        drop(switch);
        self.leaves(removed.as_ref());
        Ok(())
    }

    /// Detaches what sessions have left that are gone, if nobody else sees it. For whoever has the turn.
    pub(crate) fn sweep(&self) {
        let mut state = self.state();
        let orphans = std::mem::take(&mut state.orphans);
        let is_unseen = |name: &String| {
            let is_kept = state.databases.get(name).is_none_or(|database| database.in_workspace);
            !is_kept && !state.members.is_seen(name)
        };
        let (busy, free): (BTreeSet<String>, BTreeSet<String>) = orphans
            .into_iter()
            .filter(is_unseen)
            .partition(|name| state.reserved.contains(name) || state.copying.contains_key(name));
        state.orphans.extend(busy);
        drop(state);
        for name in free {
            // What cannot be detached stays, and nobody sees it.
            let _ = self.detach(&name);
        }
    }

    /// Takes a name out of the workspace, and out of the engine when no session sees it by itself.
    ///
    /// # Errors
    /// When the engine cannot.
    pub(crate) fn leave_workspace(&self, database: &str) -> Result<(), Diagnostic> {
        let is_seen = {
            let mut state = self.state();
            if let Some(found) = state.databases.get_mut(&key(database)) {
                found.in_workspace = false;
            }
            state.members.is_seen(database)
        };
        self.raise_epoch();
        if is_seen { Ok(()) } else { self.detach(database) }
    }

    /// Gives a database another name.
    ///
    /// # Errors
    /// When the engine cannot.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), Diagnostic> {
        let (from_key, to_key) = (key(from), key(to));
        let _switches = (self.switch(from), (from_key != to_key).then(|| self.switch(to)));
        if from_key == to_key {
            // For DuckDB the new name is taken, by the database itself.
            let passing = format!("{to} (being renamed)");
            self.execute(&format!("ALTER DATABASE {} SET ALIAS TO {}", name(from), name(&passing)))?;
            self.execute(&format!("ALTER DATABASE {} SET ALIAS TO {}", name(&passing), name(to)))?;
        } else {
            self.execute(&format!("ALTER DATABASE {} SET ALIAS TO {}", name(from), name(to)))?;
        }
        let from = from_key;
        let mut state = self.state();
        if let Some(mut database) = state.databases.remove(&from) {
            to.clone_into(&mut database.name);
            state.databases.insert(to_key.clone(), database);
        }
        if key(&state.default) == from {
            to.clone_into(&mut state.default);
        }
        for entry in state.members.all_mut() {
            if entry.own.remove(&from) {
                entry.own.insert(to_key.clone());
            }
        }
        drop(state);
        self.raise_epoch();
        Ok(())
    }

    /// SHUTDOWN: whether what runs is waited for when the process is ended.
    pub(crate) fn set_patient(&self, is_patient: bool) {
        self.is_patient.store(is_patient, Ordering::Release);
    }

    /// Whether what runs is waited for when the process is ended.
    pub(crate) fn is_patient(&self) -> bool {
        self.is_patient.load(Ordering::Acquire)
    }

    /// Leaves no log behind, as far as that can be had: the process is about to end.
    pub(crate) fn checkpoint_all(&self) {
        let own: Vec<String> = {
            let state = self.state();
            let own = state.databases.values().filter(|database| !database.read_only);
            own.map(|database| database.name.clone()).collect()
        };
        for database in own {
            // The next process reads the log otherwise.
            let _ = self.execute(&format!("CHECKPOINT {}", name(&database)));
        }
    }

    /// Runs a statement on the duckling's own connection.
    pub(super) fn execute(&self, sql: &str) -> Result<(), Diagnostic> {
        let control = self.control.upgrade().ok_or_else(no_gateway)?;
        let control = control.lock().unwrap_or_else(PoisonError::into_inner);
        control.execute(sql).map_err(|error| {
            tracing::warn!(%error, "the engine refuses a change of what is attached");
            diagnose(&error)
        })
    }
}

pub(super) fn attached(mount: &Mount, in_workspace: bool) -> Attached {
    Attached {
        name: mount.name.clone(),
        path: mount.path.clone(),
        read_only: mount.read_only,
        in_workspace,
        is_remote: false,
    }
}

/// 57014; the session knows why.
pub(super) fn canceled() -> Diagnostic {
    Diagnostic::error(SqlState::QUERY_CANCELED, "canceling statement due to user request")
}

/// Only in tests, and when the process ends.
pub(super) fn no_gateway() -> Diagnostic {
    Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, "this process has no gateway to ask")
}
