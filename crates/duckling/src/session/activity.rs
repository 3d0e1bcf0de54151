//! What a session is doing right now, shared with the threads that may want to stop it.
//!
//! An interrupt means one statement: it is given only while that statement is under way, under the same
//! lock with which the session begins and ends statements, so that a late one never hits the next.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use engine::Interrupter;
use wire::{Diagnostic, SqlState};

use crate::{disk::Shortage, platform::Handle};

/// Why a statement is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The client sent a CancelRequest, or has gone.
    Requested,
    /// `statement_timeout` has passed.
    TimedOut,
    /// `transaction_timeout` has passed: the session ends.
    TransactionTimedOut,
    /// Another session has it end, or it does itself (`pg_terminate_backend`).
    Terminated,
    /// There is no room on the disk for what it writes.
    Disk(Shortage),
}

impl Stop {
    /// What the client is told.
    #[must_use]
    pub(crate) fn diagnostic(self) -> Diagnostic {
        match self {
            Self::Requested => {
                Diagnostic::error(SqlState::QUERY_CANCELED, "canceling statement due to user request")
            }
            Self::TimedOut => {
                Diagnostic::error(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout")
            }
            Self::TransactionTimedOut => transaction_timeout(),
            Self::Terminated => shut_down(),
            Self::Disk(shortage) => shortage.diagnostic(),
        }
    }
}

/// 25P04, as PostgreSQL words it.
#[must_use]
pub(super) fn transaction_timeout() -> Diagnostic {
    Diagnostic::fatal(SqlState::TRANSACTION_TIMEOUT, "terminating connection due to transaction timeout")
}

/// 57P01, as PostgreSQL words it.
#[must_use]
pub(crate) fn shut_down() -> Diagnostic {
    Diagnostic::fatal(SqlState::ADMIN_SHUTDOWN, "terminating connection due to administrator command")
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of a session")]
struct Now {
    active: bool,
    /// Bytes of the client's messages up to the end of the one that is being answered, and to the end of the one
    /// that began the statement under way.
    received_bytes: u64,
    begun_at_bytes: u64,
    /// A cancel request for what lies within so many bytes, of which the session has not read all.
    requested: Option<u64>,
    deadline: Option<Instant>,
    /// When the transaction's time is up, whatever statement it is at.
    transaction_deadline: Option<Instant>,
    stop: Option<Stop>,
    /// Since when it is to end.
    stopped: Option<Stopped>,
    /// Whether it waits for its client to take what it has written.
    is_sending: bool,
    shutting_down: bool,
    /// Whether it ends even with a transaction open.
    is_terminated: bool,
}

/// A statement that is to end.
#[derive(Clone, Copy, Debug)]
struct Stopped {
    /// When it was stopped, or came back after that from writing to its client.
    at: Instant,
    /// Whether it was found not to end.
    is_stuck: bool,
}

impl Now {
    fn set_stop(&mut self, stop: Stop) {
        self.stop = Some(stop);
        self.stopped.get_or_insert_with(|| Stopped { at: Instant::now(), is_stuck: false });
    }
}

/// Whether a statement that was stopped ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// There is no such statement.
    None,
    /// It may take so much longer.
    Awaited(Duration),
    /// It does not.
    Stuck,
}

/// Wakes the thread that watches deadlines when the next one comes.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    /// How long a statement may take to end after it was stopped.
    grace: Duration,
    next: Mutex<Option<Instant>>,
    sooner: Condvar,
}

impl Alarm {
    /// With this grace for statements that were stopped.
    #[must_use]
    pub(crate) fn new(grace: Duration) -> Self {
        Self { grace, ..Self::default() }
    }

    /// Has the thread look whether a statement ends that was stopped just now.
    fn set_grace(&self) {
        if let Some(at) = Instant::now().checked_add(self.grace) {
            self.set(at);
        }
    }

    /// Has the thread wake at this time, or earlier.
    pub(crate) fn set(&self, at: Instant) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.is_none_or(|next| at < next) {
            *next = Some(at);
            self.sooner.notify_one();
        }
    }

    /// Waits for the next deadline.
    pub(crate) fn wait(&self) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = next.map(|at| at.saturating_duration_since(Instant::now()));
            next = match left {
                Some(Duration::ZERO) => break,
                Some(left) => self.sooner.wait_timeout(next, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.sooner.wait(next).unwrap_or_else(PoisonError::into_inner),
            };
        }
        *next = None;
    }
}

/// Wakes a session that waits for its client.
type HangUp = Box<dyn Fn() + Send + Sync>;

/// The activity of one session.
#[derive(Clone)]
pub(crate) struct Activity {
    now: Arc<Mutex<Now>>,
    hang_up: Arc<OnceLock<HangUp>>,
    interrupter: Interrupter,
    alarm: Arc<Alarm>,
}

impl std::fmt::Debug for Activity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Activity").finish_non_exhaustive()
    }
}

impl Activity {
    /// An idle session on a connection of the engine.
    #[must_use]
    pub(crate) fn new(interrupter: Interrupter, alarm: Arc<Alarm>) -> Self {
        Self { now: Arc::default(), hang_up: Arc::default(), interrupter, alarm }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        // Nothing in this module panics while it holds the lock; a poisoned one is as good as new.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A statement begins; it may take this long.
    pub(crate) fn begin(&self, timeout: Option<Duration>) {
        let mut now = self.now();
        now.active = true;
        (now.stop, now.stopped) = (None, None);
        now.begun_at_bytes = now.received_bytes;
        if now.requested.take().is_some_and(|sent_bytes| now.begun_at_bytes <= sent_bytes) {
            now.set_stop(Stop::Requested);
            self.alarm.set_grace();
        }
        now.deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if let Some(deadline) = now.deadline.into_iter().chain(now.transaction_deadline).min() {
            self.alarm.set(deadline);
        }
    }

    /// A transaction begins that may take this long, or ends.
    pub(super) fn limit_transaction(&self, timeout: Option<Duration>) {
        let mut now = self.now();
        now.transaction_deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if let Some(deadline) = now.transaction_deadline {
            self.alarm.set(deadline);
        }
    }

    /// The time that is left to the transaction, if it is limited.
    #[must_use]
    pub(super) fn transaction_time_left(&self) -> Option<Duration> {
        let deadline = self.now().transaction_deadline?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// The statement is over; tells why it was stopped, if it was.
    pub(crate) fn end(&self) -> Option<Stop> {
        let mut now = self.now();
        now.active = false;
        now.deadline = None;
        now.stopped = None;
        now.stop.take()
    }

    /// Whether a statement is under way.
    #[must_use]
    pub(super) fn is_active(&self) -> bool {
        self.now().active
    }

    /// Whether somebody wants the statement to stop.
    #[must_use]
    pub(crate) fn stopping(&self) -> bool {
        self.now().stop.is_some()
    }

    /// The next message has come; it is so long.
    pub(crate) fn received(&self, bytes: u64) {
        let mut now = self.now();
        now.received_bytes = now.received_bytes.saturating_add(bytes);
    }

    /// A cancel request came when the session had been sent so many bytes. It is for the statement under way, or
    /// for the first one in those bytes that the session has not read yet; never for one that was sent later.
    pub(crate) fn cancel(&self, sent_bytes: u64) {
        let mut now = self.now();
        if !now.active {
            now.requested = Some(sent_bytes);
        } else if now.begun_at_bytes <= sent_bytes {
            now.set_stop(Stop::Requested);
            self.alarm.set_grace();
            self.interrupter.interrupt();
        }
    }

    /// Stops the statement that is under way, if there is one.
    pub(crate) fn stop(&self, stop: Stop) {
        let mut now = self.now();
        if now.active {
            now.set_stop(stop);
            self.alarm.set_grace();
            self.interrupter.interrupt();
        }
    }

    /// The session begins to write to its client, or has done so. Nothing can be said against a statement that only
    /// waits for its client to read.
    pub(crate) fn sending(&self, is_sending: bool) {
        let mut now = self.now();
        now.is_sending = is_sending;
        if let Some(stopped) = &mut now.stopped
            && !is_sending
        {
            stopped.at = Instant::now();
            self.alarm.set_grace();
        }
    }

    /// Whether a statement that was stopped ends within the grace; that it does not is said once.
    pub(crate) fn check_ending(&self, at: Instant) -> Ending {
        let mut now = self.now();
        let is_counted = now.active && !now.is_sending;
        let Some(stopped) = now.stopped.as_mut().filter(|stopped| is_counted && !stopped.is_stuck) else {
            return Ending::None;
        };
        let left = self.alarm.grace.saturating_sub(at.saturating_duration_since(stopped.at));
        if left.is_zero() {
            stopped.is_stuck = true;
            return Ending::Stuck;
        }
        Ending::Awaited(left)
    }

    /// Has the session end after its statement.
    pub(crate) fn shut_down(&self) {
        self.now().shutting_down = true;
    }

    /// How a session that waits for its client finds out that it is to end.
    pub(crate) fn hang_up_by(&self, hang_up: impl Fn() + Send + Sync + 'static) {
        // Set here only.
        let _ = self.hang_up.set(Box::new(hang_up));
    }

    /// Has the session end at once: its statement is stopped, its transaction rolled back.
    fn end_session(&self) {
        let mut now = self.now();
        (now.shutting_down, now.is_terminated) = (true, true);
        if now.active {
            now.set_stop(Stop::Terminated);
            self.alarm.set_grace();
            self.interrupter.interrupt();
        }
        drop(now);
        self.hang_up.get().into_iter().for_each(|hang_up| hang_up());
    }

    /// Whether the session is to end whatever its transaction.
    #[must_use]
    pub(super) fn is_terminated(&self) -> bool {
        self.now().is_terminated
    }

    /// Interrupts the engine again: a statement that had only just begun may have missed it.
    pub(crate) fn interrupt(&self) {
        self.interrupter.interrupt();
    }

    /// Whether the session is to end after its statement.
    #[must_use]
    pub(crate) fn is_shutting_down(&self) -> bool {
        self.now().shutting_down
    }

    /// Stops the statement if its time is up; gives the time that is left otherwise.
    pub(crate) fn check_deadline(&self, at: Instant) -> Option<Duration> {
        let mut now = self.now();
        if !now.active {
            return None;
        }
        let deadline = now.deadline.into_iter().chain(now.transaction_deadline).min()?;
        if deadline > at {
            return Some(deadline - at);
        }
        let is_transaction = now.transaction_deadline.is_some_and(|deadline| deadline <= at);
        now.set_stop(if is_transaction { Stop::TransactionTimedOut } else { Stop::TimedOut });
        now.deadline = None;
        now.transaction_deadline = now.transaction_deadline.filter(|_| !is_transaction);
        self.interrupter.interrupt();
        None
    }
}

impl Handle for Activity {
    fn cancel(&self) {
        self.stop(Stop::Requested);
    }

    fn terminate(&self) {
        self.end_session();
    }

    fn progress(&self) -> Option<f64> {
        self.interrupter.progress()
    }
}
