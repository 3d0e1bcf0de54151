//! What sessions ask of the gateway: numbered on the control link, answered in any order.

use std::{
    collections::HashMap,
    io,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

use wire::{
    Diagnostic, SqlState,
    link::{PlatformReply, PlatformRequest, ToGateway},
};

use super::link::Sender;
use crate::platform::{IsStopped, Platform};

/// How often a session that waits for an answer looks whether it is wanted.
const LOOK: Duration = Duration::from_millis(20);

type Outcome = Result<PlatformReply, Diagnostic>;

/// The way to the gateway, for any session.
pub(super) struct Requests {
    reply: Sender,
    last: AtomicU64,
    waiting: Mutex<HashMap<u64, mpsc::Sender<Outcome>>>,
}

impl Requests {
    pub(super) fn new(reply: Sender) -> Self {
        Self { reply, last: AtomicU64::new(0), waiting: Mutex::default() }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, mpsc::Sender<Outcome>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The gateway has answered.
    pub(super) fn answered(&self, number: u64, outcome: Outcome) {
        if let Some(waiting) = self.waiting().remove(&number) {
            // Who asked waits for as long as there is a process.
            let _ = waiting.send(outcome);
        }
    }
}

impl Platform for Requests {
    /// Waits for the answer, however long that takes: what the gateway has begun is done or undone by then.
    fn ask(&self, request: PlatformRequest, is_stopped: &IsStopped<'_>) -> Outcome {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, answer) = mpsc::channel();
        self.waiting().insert(number, sender);
        self.reply.send(&ToGateway::Request { number, request }).map_err(|error| gone(&error))?;
        let mut is_withdrawn = false;
        loop {
            match answer.recv_timeout(LOOK) {
                Ok(outcome) => return outcome,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(gone(&io::ErrorKind::UnexpectedEof.into()));
                }
            }
            if !is_withdrawn && is_stopped() {
                is_withdrawn = true;
                self.reply.send(&ToGateway::Withdraw { number }).map_err(|error| gone(&error))?;
            }
        }
    }
}

fn gone(error: &io::Error) -> Diagnostic {
    tracing::debug!(%error, "the gateway is gone");
    Diagnostic::fatal(SqlState::ADMIN_SHUTDOWN, "terminating connection due to administrator command")
}
