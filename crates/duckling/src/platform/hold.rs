//! A database's file as it is for a while: everything that is committed is in it, and it stays so until the gateway has
//! copied it.

use std::{
    sync::{Arc, PoisonError, Weak, mpsc},
    time::{Duration, Instant},
};

use engine::{CheckpointHold, Connection, Error, ErrorKind, Look};
use wire::{Diagnostic, SqlState, link::PlatformRequest};

use super::{
    IsStopped, Workspace,
    workspace::{canceled, no_gateway},
};
use crate::{
    diagnose::diagnose,
    sql::{quote_name as name, quote_text},
};

/// How long a checkpoint may wait for the end of transactions that write.
const CHECKPOINT_WAIT: Duration = Duration::from_secs(5);

/// How long writers may be kept from beginning for a checkpoint's sake.
const FORCED_WAIT: Duration = Duration::from_secs(1);

/// How long a backup waits for transactions that write, before they are ended.
const BACKUP_PATIENCE: Duration = Duration::from_secs(15);

/// How many statements an interrupt that came too late may hit.
const CALMING_MAX: u32 = 10;

/// How often somebody who waits looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(20);

impl Workspace {
    /// Brings everything that is committed into a database's file, and keeps that as it is until the hold goes.
    ///
    /// # Errors
    /// 55006 when transactions that write do not end in time, 57014 when the statement is stopped.
    pub(crate) fn hold(
        &self,
        database: &str,
        is_stopped: &IsStopped<'_>,
    ) -> Result<Arc<CheckpointHold>, Diagnostic> {
        let checkpoint = format!("CHECKPOINT {}", name(database));
        let begun = Instant::now();
        loop {
            let control = self.control.upgrade().ok_or_else(no_gateway)?;
            let control = control.lock().unwrap_or_else(PoisonError::into_inner);
            let mut made = control.execute(&checkpoint);
            if made.is_err() && begun.elapsed() > CHECKPOINT_WAIT {
                // Where others always write, none may begin for a moment.
                made = forced(&control, &format!("FORCE {checkpoint}"), is_stopped)?;
            }
            match made {
                Ok(()) => {
                    let held = control.hold_checkpoints(database);
                    drop(control);
                    let held = held.map_err(|error| self.not_held(database, &error, is_stopped))?;
                    let held = Arc::new(held);
                    self.state().held.insert(super::key(database), Arc::downgrade(&held));
                    return Ok(held);
                }
                Err(error) if !is_passing(&error) || begun.elapsed() > CHECKPOINT_WAIT => {
                    drop(control);
                    return Err(self.not_held(database, &error, is_stopped));
                }
                Err(_) => drop(control),
            }
            if is_stopped() {
                return Err(canceled());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// The same for the operator, whom nobody's transactions keep from a backup: in the end they are ended.
    fn hold_in_the_end(&self, database: &str) -> Result<Arc<CheckpointHold>, Diagnostic> {
        let (begun, mut is_patient) = (Instant::now(), true);
        loop {
            // Somebody else may hold it who waits for the end of the backup; then it is as it is for both.
            if let Some(held) = self.state().held.get(&super::key(database)).and_then(Weak::upgrade) {
                return Ok(held);
            }
            match self.hold(database, &|| false) {
                Err(error) if error.code == SqlState::OBJECT_IN_USE && is_patient => {
                    if begun.elapsed() > BACKUP_PATIENCE {
                        is_patient = false;
                        self.end_writers(database);
                    }
                }
                held => return held,
            }
        }
    }

    /// Ends the sessions whose transactions have written to a database (57P01).
    fn end_writers(&self, database: &str) {
        let key = super::key(database);
        let state = self.state();
        let writers = state.members.all().filter(|entry| entry.written.contains(&key));
        let handles: Vec<_> = writers.filter_map(|entry| entry.handle.clone()).collect();
        drop(state);
        tracing::warn!(database, sessions = handles.len(), "sessions are ended that a backup has waited for");
        for handle in handles {
            handle.terminate();
        }
    }

    /// Has the gateway copy a database's file for a backup, while it stays as it is. One that the engine does not have
    /// attached is as it is anyway.
    pub(crate) fn back_up(&self, number: u64, database: &str) {
        let held = self.begin_copy(database, None, &|| false).and_then(|copying| {
            let is_attached = self.find(database).is_some();
            let hold = is_attached.then(|| self.hold_in_the_end(database)).transpose()?;
            Ok((hold, copying))
        });
        let obstacle = held.as_ref().err().cloned();
        let answered = self.ask(PlatformRequest::BackUp { number, obstacle }, &|| false);
        if let Err(error) = answered {
            tracing::warn!(error = error.message, "a database is not backed up");
        }
        drop(held);
    }

    /// Whether a database has a schema for everybody.
    pub(crate) fn has_committed_schema(&self, database: &str, schema: &str) -> bool {
        let Some(control) = self.control.upgrade() else { return false };
        let control = control.lock().unwrap_or_else(PoisonError::into_inner);
        !control.look(Look::Schema, &[database.to_owned(), schema.to_owned()]).is_empty()
    }

    /// Whether a database has types of its own in schemas of its own.
    pub(crate) fn has_types_in_schemas(&self, database: &str) -> bool {
        let Some(control) = self.control.upgrade() else { return false };
        let control = control.lock().unwrap_or_else(PoisonError::into_inner);
        let sql = format!(
            "SELECT type_name FROM duckdb_types() WHERE NOT internal AND schema_name <> 'main' AND lower(database_name) = {} LIMIT 1",
            quote_text(&super::key(database))
        );
        control.texts(&sql).is_ok_and(|found| !found.is_empty())
    }

    fn not_held(&self, database: &str, error: &Error, is_stopped: &IsStopped<'_>) -> Diagnostic {
        if is_stopped() {
            return canceled();
        }
        if self.find(database).is_none() {
            return self.missing(database);
        }
        // The time was up, or FORCE was interrupted at its end.
        if !is_passing(error) {
            return diagnose(error);
        }
        let state = self.state();
        let users = state.members.touches(database);
        state.members.in_use(database, &users).diagnostic(
            "A copy is made between transactions that write; try again when those of the others have ended.",
        )
    }
}

/// Whether a checkpoint may succeed the next time.
fn is_passing(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Transaction | ErrorKind::Interrupt)
}

/// A checkpoint that waits for transactions which write: no new ones begin meanwhile.
///
/// # Errors
/// 53300 when there is no thread to be had that watches the time.
fn forced(
    control: &Connection,
    sql: &str,
    is_stopped: &IsStopped<'_>,
) -> Result<Result<(), Error>, Diagnostic> {
    let interrupter = control.interrupter();
    let begun = Instant::now();
    let (done, is_done) = mpsc::channel::<()>();
    let made = std::thread::scope(|scope| {
        let watch = move || {
            while let Err(mpsc::RecvTimeoutError::Timeout) = is_done.recv_timeout(LOOK) {
                if is_stopped() || begun.elapsed() > FORCED_WAIT {
                    interrupter.interrupt();
                }
            }
        };
        let watching = std::thread::Builder::new().name("forced".to_owned()).spawn_scoped(scope, watch);
        if watching.is_err() {
            return Err(no_thread());
        }
        let outcome = control.execute(sql);
        drop(done);
        Ok(outcome)
    })?;
    // An interrupt that came too late for it is for nobody else.
    let is_calm = (0..CALMING_MAX).any(|_| control.execute("SELECT 1").is_ok());
    if !is_calm {
        tracing::warn!("the duckling's own connection stays interrupted");
    }
    Ok(made)
}

fn no_thread() -> Diagnostic {
    Diagnostic::error(SqlState::TOO_MANY_CONNECTIONS, "no thread for another checkpoint")
        .with_hint("Try again when fewer sessions are open.")
}
