//! What a session's SQL does to other sessions of its account: `pg_cancel_backend`, `pg_terminate_backend`,
//! `md_interrupt_server_connection`. Those of other accounts are not there.

use std::{
    thread,
    time::{Duration, Instant},
};

use wire::{Diagnostic, SqlState};

use super::{LOOK_AGAIN, Teller, nothing};
use crate::session::Activity;

/// What `md_interrupt_server_connection` asks.
const INTERRUPT: &str = "interrupt:";

/// What `pg_cancel_backend` asks.
const CANCEL: &str = "cancel:";

/// What `pg_terminate_backend` asks: the process id, and how long the end is waited for, in milliseconds.
const TERMINATE: &str = "terminate:";

impl Teller {
    /// Does what a topic says, if it is one of these.
    pub(super) fn act_on_others(&self, topic: &str) -> Option<Result<String, Diagnostic>> {
        let done = if let Some(connection) = topic.strip_prefix(INTERRUPT) {
            self.expect_own_call("md_interrupt_server_connection", |_| false)
                .and_then(|()| self.member.interrupt(connection))
        } else if let Some(process_id) = topic.strip_prefix(CANCEL) {
            self.expect_own_call("pg_cancel_backend", |_| false)
                .and_then(|()| process_id.parse().map_or(Ok(false), |id| self.member.cancel(id)))
        } else {
            let call = topic.strip_prefix(TERMINATE)?;
            self.expect_own_call("pg_terminate_backend", |_| false).and_then(|()| self.terminate(call))
        };
        Some(done.map(|is_done| is_done.to_string()))
    }

    fn terminate(&self, call: &str) -> Result<bool, Diagnostic> {
        let (process_id, timeout) = call.split_once(':').ok_or_else(|| nothing(TERMINATE))?;
        let timeout: i64 = timeout.parse().map_err(|_| nothing(TERMINATE))?;
        let timeout = u64::try_from(timeout).map_err(|_| {
            let message = "\"timeout\" must not be negative";
            Diagnostic::error(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message)
        })?;
        // A negative number is nobody's.
        let Ok(process_id) = process_id.parse() else { return Ok(false) };
        if !self.member.terminate(process_id)? {
            return Ok(false);
        }
        let begun = Instant::now();
        let is_stopped = || self.own.activity.get().is_some_and(Activity::stopping);
        while timeout > 0 && self.member.is_there(process_id) {
            if begun.elapsed() >= Duration::from_millis(timeout) || is_stopped() {
                return Ok(false);
            }
            thread::sleep(LOOK_AGAIN);
        }
        Ok(true)
    }
}
