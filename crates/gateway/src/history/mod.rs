//! `QUERY_HISTORY`: what sessions have run, in a file of its own beside the store.
//!
//! Ducklings send rows on their control links (`wire::link::history`); they wait here in a bounded queue for one thread
//! that writes them, many in a transaction. A queue that is full and a file that cannot be written to lose rows, which is
//! counted and logged; nobody waits. What is too old goes, and the oldest when there is too much.

mod file;

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    time::{Duration, Instant},
};

use wire::link::{HistoryPage, HistoryRow};

use self::file::File;
use crate::{ids::AccountId, settings::HistorySettings};

/// Batches of rows that may wait to be written.
const QUEUE_BATCHES: usize = 256;

/// How often it is looked for rows that are too old or too many.
const PRUNE_INTERVAL: Duration = Duration::from_secs(30);

/// Whoever reads waits no longer for what has not been written yet.
const READ_PATIENCE: Duration = Duration::from_secs(2);

/// The history of all accounts.
#[derive(Clone)]
pub struct History {
    inner: Option<Arc<Inner>>,
}

struct Inner {
    path: PathBuf,
    queue: SyncSender<Task>,
    lost: AtomicU64,
}

enum Task {
    Write(AccountId, Vec<HistoryRow>),
    Forget(AccountId),
    /// Says that everything before it is written.
    Mark(SyncSender<()>),
}

impl History {
    /// One that keeps nothing.
    #[must_use]
    pub fn off() -> Self {
        Self { inner: None }
    }

    /// Opens it at a path, and begins its thread. A file that cannot be used is told in the log, and nothing is kept: the
    /// server is as good without.
    #[must_use]
    pub fn open(path: PathBuf, settings: HistorySettings) -> Self {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "no query history");
                return Self::off();
            }
        };
        let (queue, tasks) = mpsc::sync_channel(QUEUE_BATCHES);
        let thread = std::thread::Builder::new().name("history".to_owned());
        if let Err(error) = thread.spawn(move || write(file, &tasks, &settings)) {
            tracing::warn!(%error, "no query history");
            return Self::off();
        }
        Self { inner: Some(Arc::new(Inner { path, queue, lost: AtomicU64::new(0) })) }
    }

    /// Keeps rows of an account, if there is room for them.
    pub fn keep(&self, account: AccountId, rows: Vec<HistoryRow>) {
        let Some(inner) = &self.inner else { return };
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            inner.queue.try_send(Task::Write(account, rows))
        {
            let before = inner.lost.fetch_add(count, Ordering::Relaxed);
            if before == 0 {
                tracing::warn!("rows of the query history are lost: more come than can be written");
            }
        }
    }

    /// Forgets an account's rows.
    pub fn forget(&self, account: AccountId) {
        if let Some(inner) = &self.inner
            && inner.queue.try_send(Task::Forget(account)).is_err()
        {
            // They go when they are too old.
            tracing::info!(%account, "the query history of a dropped account is kept for a while");
        }
    }

    /// A part of an account's history, what came before the call included. Blocking.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn page(&self, account: AccountId, before: Option<i64>) -> Result<HistoryPage, rusqlite::Error> {
        let Some(inner) = &self.inner else { return Ok(HistoryPage::default()) };
        if before.is_none() {
            let (sender, written) = mpsc::sync_channel(1);
            if inner.queue.try_send(Task::Mark(sender)).is_ok() {
                // What is written later is shown later.
                let _ = written.recv_timeout(READ_PATIENCE);
            }
        }
        File::read(&inner.path, account, before)
    }
}

impl fmt::Debug for History {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("History")
    }
}

/// Writes what comes, for as long as anybody may send.
fn write(mut file: File, tasks: &Receiver<Task>, settings: &HistorySettings) {
    let mut is_failing = false;
    let mut pruned = None;
    loop {
        let first = match tasks.recv_timeout(PRUNE_INTERVAL) {
            Ok(task) => Some(task),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let mut rows = Vec::new();
        let mut marks = Vec::new();
        let mut forgotten = Vec::new();
        for task in first.into_iter().chain(tasks.try_iter().take(QUEUE_BATCHES)) {
            match task {
                Task::Write(account, batch) => rows.push((account, batch)),
                Task::Forget(account) => forgotten.push(account),
                Task::Mark(sender) => marks.push(sender),
            }
        }
        let mut outcome = file.write(&rows).and_then(|()| file.forget(&forgotten));
        if pruned.is_none_or(|at: Instant| at.elapsed() >= PRUNE_INTERVAL) {
            pruned = Some(Instant::now());
            outcome = outcome.and_then(|()| file.prune(settings));
        }
        for mark in marks {
            // Who asked may have gone.
            let _ = mark.send(());
        }
        match outcome {
            Ok(()) => is_failing = false,
            Err(error) if !is_failing => {
                is_failing = true;
                tracing::warn!(%error, "the query history cannot be written; its rows are lost for now");
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
