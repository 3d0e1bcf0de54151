//! Supervision: one process per account, started on demand, stopped after its cooldown, started again
//! when it died.
//!
//! What a client is told about a dead duckling is the relay's business; here the processes live. A new
//! one is launched only when the former has been reaped, since a database file has one user at a time.

mod start;
mod link;
mod requests;
mod frames;
mod culprits;
mod restarts;
mod notes;
mod pulse;
pub mod probe;
pub mod groups;
pub mod launch;

use std::{
    collections::HashMap,
    io,
    os::fd::OwnedFd,
    path::Path,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use rustix::net::sockopt;
use tokio::{
    net::UnixStream,
    sync::Mutex as AsyncMutex,
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wire::{
    Diagnostic, SqlState,
    link::{SessionId, SessionStart, ToDuckling},
};

pub use self::link::Duckling;
use self::{culprits::Culprits, groups::Groups, launch::Launch, restarts::WAITED_MAX};
use crate::{
    egress::Egress,
    home::Layout,
    platform::{Copied, Platform},
    settings::{Allowance, Allowances, DucklingSettings},
    store::{Account, AccountId, OwnFile, Records, StoreError, TokenId},
};

/// A duckling that was told to end is killed after this.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// Send and receive buffers of a session's socket pair: two full batches.
const SESSION_BUFFER_BYTES: usize = 256 * 1024;

/// Waits between failed starts: doubled from the first to the last.
const BACKOFF_MIN: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// Why an account cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// The process could not be launched.
    #[error("cannot launch the account's process: {0}")]
    Launch(#[from] io::Error),
    /// The process says that it cannot serve.
    #[error("the account's process cannot serve: {}", .0.detail.as_ref().unwrap_or(&.0.message))]
    Failed(Box<Diagnostic>),
    /// The process ended, or talked nonsense, before it was ready.
    #[error("the account's process ended while it started ({0})")]
    Died(String),
    /// The process was not ready in time.
    #[error("the account's process was not ready after {0:?}")]
    Slow(Duration),
    /// The last start failed, and it is too early for the next.
    #[error("the account's process failed to start and is not started again for {0:?}")]
    BackingOff(Duration),
    /// Too many in a row have crashed.
    #[error("the account's processes have crashed again and again; the next is started in {0:?}")]
    Crashing(Duration),
    /// What the account has cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server is stopping.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// The account has ended its process, which still has statements to see through.
    #[error("the account's process is shutting down")]
    Draining,
}

impl From<Unavailable> for Diagnostic {
    fn from(error: Unavailable) -> Self {
        match error {
            Unavailable::Failed(mut diagnostic) => {
                diagnostic.severity = wire::Severity::Fatal;
                // The cause names files of the server's: it is for the log.
                diagnostic.detail = None;
                *diagnostic
            }
            Unavailable::Crashing(wait) => {
                let seconds = wait.as_secs() + 1;
                let message = "the account's process has crashed too often and is not started again yet";
                Self::fatal(SqlState::CANNOT_CONNECT_NOW, message)
                    .with_detail("What the account's statements did has ended its last processes.")
                    .with_hint(format!(
                        "Try again in {seconds} s. The server's log has the statements' fingerprints."
                    ))
            }
            Unavailable::Draining => Self::fatal(SqlState::CANNOT_CONNECT_NOW, error.to_string())
                .with_detail("SHUTDOWN lets its statements finish first.")
                .with_hint("Try again later, or end them: SHUTDOWN TERMINATE."),
            Unavailable::ShuttingDown => Self::fatal(SqlState::CANNOT_CONNECT_NOW, error.to_string()),
            Unavailable::Launch(_)
            | Unavailable::Died(_)
            | Unavailable::Slow(_)
            | Unavailable::BackingOff(_)
            | Unavailable::Store(_) => {
                Self::fatal(SqlState::CANNOT_CONNECT_NOW, "the account's databases cannot be opened now")
                    .with_hint("Try again in some seconds. The server's log has the cause.")
            }
        }
    }
}

/// A session's near end.
#[derive(Debug)]
pub struct Session {
    /// The session socket.
    pub stream: UnixStream,
    /// Its number.
    pub id: SessionId,
    /// The process at the far end.
    pub duckling: Arc<Duckling>,
}

/// All ducklings.
#[derive(Clone)]
pub struct Ducklings {
    inner: Arc<Inner>,
}

struct Inner {
    launcher: Box<dyn Launch>,
    settings: DucklingSettings,
    egress: Option<Arc<Egress>>,
    allowances: Allowances,
    groups: Option<Groups>,
    version: String,
    platform: Platform,
    layout: Layout,
    /// Those that run, to be told of shares.
    live: Mutex<HashMap<AccountId, Arc<Duckling>>>,
    /// Ends the sessions of a token.
    on_revoke: OnceLock<Box<dyn Fn(TokenId) + Send + Sync>>,
    accounts: Mutex<HashMap<AccountId, Arc<AsyncMutex<Slot>>>>,
    next_session: AtomicU64,
    stopping: CancellationToken,
    tasks: TaskTracker,
    starts: Family<Of, Counter>,
}

/// A metric's account.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Of {
    account: String,
}

/// What is known of one account's process.
struct Slot {
    current: Option<Arc<Duckling>>,
    /// The statements that have ended former processes.
    culprits: Arc<Culprits>,
    failures: u32,
    not_before: Option<Instant>,
}

impl Ducklings {
    /// None is running yet.
    #[must_use]
    pub fn new(
        launcher: Box<dyn Launch>,
        settings: DucklingSettings,
        allowances: Allowances,
        records: Records,
        layout: Layout,
    ) -> Self {
        let egress = settings.remote.as_ref().map(|remote| Arc::new(Egress::new(remote.egress.clone())));
        let platform = Platform::new(records, layout.clone(), settings.clone(), allowances.clone());
        let groups = Groups::open().inspect_err(|reason| tracing::debug!(reason, "no control groups")).ok();
        let inner = Inner {
            launcher,
            settings,
            egress,
            allowances,
            groups,
            version: concat!("pintail ", env!("CARGO_PKG_VERSION")).to_owned(),
            platform,
            layout,
            live: Mutex::default(),
            on_revoke: OnceLock::new(),
            accounts: Mutex::default(),
            next_session: AtomicU64::new(1),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
            starts: Family::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// What the account may use.
    #[must_use]
    pub fn allowance(&self, account: &Account) -> &Allowance {
        self.inner.allowances.of(&account.name)
    }

    /// Adds what is measured about them, and about their way out, to a registry.
    pub fn register(&self, registry: &mut Registry) {
        let help = "Starts of the accounts' processes";
        registry.register("duckling_starts", help, self.inner.starts.clone());
        if let Some(egress) = &self.inner.egress {
            egress.metrics().register(registry);
        }
    }

    /// Opens a session in the account's duckling, launching one when none runs. The session's number is
    /// set here.
    ///
    /// # Errors
    /// When no duckling can be had.
    pub async fn open(&self, account: &Account, mut start: SessionStart) -> Result<Session, Unavailable> {
        start.session = SessionId(self.inner.next_session.fetch_add(1, Ordering::Relaxed));
        // The one that was found may end its cooldown at this moment; the next one has just begun.
        loop {
            let duckling = self.running(account).await?;
            let (near, far) = session_sockets()?;
            if duckling.open(start.clone(), far).await {
                return Ok(Session { stream: near, id: start.session, duckling });
            }
        }
    }

    async fn running(&self, account: &Account) -> Result<Arc<Duckling>, Unavailable> {
        let slot = self.slot(account.id);
        let mut slot = slot.lock().await;
        if let Some(current) = slot.current.take() {
            if current.is_accepting() {
                slot.current = Some(Arc::clone(&current));
                return Ok(current);
            }
            if current.is_draining() && timeout(STOP_GRACE, current.ended()).await.is_err() {
                slot.current = Some(current);
                return Err(Unavailable::Draining);
            }
            current.finish(STOP_GRACE).await;
        }
        if self.inner.stopping.is_cancelled() {
            return Err(Unavailable::ShuttingDown);
        }
        let wait = slot.culprits.wait(Instant::now());
        if wait > WAITED_MAX {
            return Err(Unavailable::Crashing(wait));
        }
        // The account's other logins wait for the same.
        tokio::time::sleep(wait).await;
        let wait = slot.not_before.map(|time| time.saturating_duration_since(Instant::now()));
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(Unavailable::BackingOff(wait));
        }
        let mut started = start::start(&self.inner, account, &slot.culprits).await;
        if let Err(error) = &started
            && slot.failures == 0
        {
            // Killed while it started, say: worth one more try before anybody is refused.
            tracing::warn!(account = account.name, %error, "account's process not started; trying again");
            started = start::start(&self.inner, account, &slot.culprits).await;
        }
        match started {
            Ok(duckling) => {
                self.inner.starts.get_or_create(&Of { account: account.name.clone() }).inc();
                slot.current = Some(Arc::clone(&duckling));
                (slot.failures, slot.not_before) = (0, None);
                Ok(duckling)
            }
            Err(error) => {
                tracing::error!(account = account.name, %error, "account's process not started");
                let wait = BACKOFF_MIN.saturating_mul(1 << slot.failures.min(16));
                slot.failures += 1;
                slot.not_before = Some(Instant::now() + wait.min(BACKOFF_MAX));
                Err(error)
            }
        }
    }

    fn slot(&self, account: AccountId) -> Arc<AsyncMutex<Slot>> {
        let mut accounts = self.inner.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = || {
            let culprits = Arc::new(Culprits::new(self.inner.settings.crash_backoff));
            let slot = Slot { current: None, culprits, failures: 0, not_before: None };
            Arc::new(AsyncMutex::new(slot))
        };
        Arc::clone(accounts.entry(account).or_insert_with(slot))
    }

    /// The platform behind them.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.inner.platform
    }

    /// Says how the sessions of a token are ended that was revoked by SQL.
    pub fn when_revoked(&self, end: impl Fn(TokenId) + Send + Sync + 'static) {
        // Said once, when the server starts.
        let _ = self.inner.on_revoke.set(Box::new(end));
    }

    /// The accounts whose processes run, by name, and whether each is in its cooldown.
    #[must_use]
    pub fn active(&self) -> Vec<(String, bool)> {
        self.inner.active()
    }

    /// Has all ducklings told what has become of the shares that they read.
    pub async fn tell_all(&self, reason: &'static str) {
        let readers = self.inner.readers();
        self.inner.platform.tell_readers(readers, None, reason).await;
    }

    /// Has the account's duckling, if one runs, use the secrets that there are now.
    pub async fn tell_secrets(&self, account: &str) {
        self.inner.tell_secrets(account).await;
    }

    /// A copy of a database's file, of one moment, in a folder; its duckling is launched where none runs. The caller has
    /// the account's turn.
    ///
    /// # Errors
    /// When no duckling can be had.
    pub async fn copy_database(
        &self,
        account: &Account,
        database: &OwnFile,
        folder: &Path,
    ) -> Result<Copied, Unavailable> {
        let duckling = self.running(account).await?;
        let (number, copied) = self.inner.platform.want_copy(account.id, database.id, folder);
        duckling.send(ToDuckling::BackUp { number, database: database.name.clone() });
        let died = || Unavailable::Died("it ended while a database was copied".to_owned());
        tokio::select! {
            copied = copied => copied.map_err(|_| died()),
            () = duckling.ended() => {
                self.inner.platform.unwant_copy(number);
                Err(died())
            }
        }
    }

    /// Ends the account's duckling, if one runs, and waits until it is gone (for accounts that are
    /// dropped).
    pub async fn stop(&self, account: AccountId) {
        let slot = self.slot(account);
        if let Some(current) = slot.lock().await.current.take() {
            current.send(ToDuckling::ShutDown);
            current.finish(STOP_GRACE).await;
        }
    }

    /// Ends all ducklings: each its sessions' statements first, as far as the grace reaches.
    pub async fn shut_down(&self, grace: Duration) {
        self.inner.stopping.cancel();
        let slots: Vec<_> = {
            let accounts = self.inner.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            accounts.values().cloned().collect()
        };
        let mut running = Vec::new();
        for slot in slots {
            running.extend(slot.lock().await.current.take());
        }
        for duckling in &running {
            duckling.send(ToDuckling::ShutDown);
        }
        let deadline = Instant::now() + grace;
        for duckling in &running {
            duckling.finish(deadline.saturating_duration_since(Instant::now())).await;
        }
        self.inner.tasks.close();
        // The reaping tasks end with their processes, which are dead by now.
        let _ = timeout(STOP_GRACE, self.inner.tasks.wait()).await;
    }
}

impl Inner {
    fn end_token(&self, token: TokenId) {
        if let Some(end) = self.on_revoke.get() {
            end(token);
        }
    }
}

impl std::fmt::Debug for Ducklings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ducklings")
    }
}

/// A session's socket pair: ours non-blocking, the duckling's blocking.
fn session_sockets() -> io::Result<(UnixStream, OwnedFd)> {
    let (near, far) = std::os::unix::net::UnixStream::pair()?;
    for end in [&near, &far] {
        sockopt::set_socket_send_buffer_size(end, SESSION_BUFFER_BYTES)?;
        sockopt::set_socket_recv_buffer_size(end, SESSION_BUFFER_BYTES)?;
    }
    near.set_nonblocking(true)?;
    Ok((UnixStream::from_std(near)?, far.into()))
}

#[cfg(test)]
pub(crate) mod tests;
