//! Portals: a prepared statement with its parameters, run as a whole or some rows at a time.

use std::rc::Rc;

use engine::{LogicalType, Step, Value};
use wire::{Diagnostic, SqlState, backend, frontend::Format};

use super::{
    Failure, Outcome, Session,
    copy::Resume,
    plan::Plan,
    prepared::{Prepared, changed_result},
    rows::{Broken, Progress, Rows},
    source::Source,
};
use crate::{
    copy::CopyDirection,
    encode::{self, RowEncoder},
    out::Out,
    sql::Command,
};

/// A portal.
pub(super) struct Portal {
    pub(super) prepared: Rc<Prepared>,
    values: Vec<Value>,
    /// The format of each result column.
    pub(super) formats: Vec<Format>,
    progress: Stage,
}

/// How far a portal has come.
enum Stage {
    New,
    Sending(Box<Rows>),
    Complete,
}

impl Portal {
    pub(super) fn new(prepared: Rc<Prepared>, values: Vec<Value>, formats: Vec<Format>) -> Self {
        Self { prepared, values, formats, progress: Stage::New }
    }
}

impl Session {
    pub(super) fn portal(&self, name: &str) -> Outcome<&Portal> {
        self.portals.get(name).ok_or_else(|| no_portal(name).into())
    }

    pub(super) fn execute(
        &mut self,
        name: &str,
        max_rows: i32,
        sync_follows: bool,
        out: &mut Out,
    ) -> Outcome {
        let Some(mut portal) = self.portals.remove(name) else {
            return Err(no_portal(name).into());
        };
        let limit = u64::try_from(max_rows).ok().filter(|&rows| rows > 0).unwrap_or(u64::MAX);
        if self.streaming.as_deref() == Some(name) {
            self.streaming = None;
        }
        let outcome = self.execute_portal(&mut portal, limit, sync_follows, out);
        if let Stage::Sending(rows) = &portal.progress
            && rows.is_streaming()
        {
            self.streaming = Some(name.to_owned());
        }
        // A transaction that ended has taken its portals with it.
        if outcome.is_ok() {
            self.portals.insert(name.to_owned(), portal);
        } else {
            self.streaming = self.streaming.take().filter(|streaming| streaming != name);
        }
        outcome
    }

    fn execute_portal(
        &mut self,
        portal: &mut Portal,
        limit: u64,
        sync_follows: bool,
        out: &mut Out,
    ) -> Outcome {
        let prepared = Rc::clone(&portal.prepared);
        if prepared.is_empty {
            backend::empty_query_response(out.buffer());
            return Ok(());
        }
        self.refuse_if_failed(&prepared.source.borrow())?;
        let command = prepared.source.borrow().command.clone();
        match command {
            Command::Engine if prepared.plan.borrow().is_none() => {
                return self.run_engine(&mut prepared.source.borrow_mut(), false, out);
            }
            Command::Engine => {}
            Command::Copy(copy) => {
                return match copy.direction {
                    CopyDirection::In => self.begin_copy_in(&copy, Resume::Extended, out),
                    CopyDirection::Out => self.copy_out(&copy, false, out),
                };
            }
            Command::Transaction(_) | Command::Set(_) | Command::Deallocate(_) | Command::CloseCursor(_) => {
                return self.utility(&command, false, out);
            }
        }
        if !sync_follows {
            self.enter_implicit();
        }
        self.activity.begin(self.statement_timeout());
        let outcome = self.run_portal(portal, &prepared, limit, out);
        self.end_activity(outcome)
    }

    fn run_portal(&mut self, portal: &mut Portal, prepared: &Prepared, limit: u64, out: &mut Out) -> Outcome {
        let is_new = matches!(portal.progress, Stage::New);
        if is_new {
            self.start_portal(portal, prepared, limit, out)?;
        }
        let source = prepared.source.borrow();
        let plan = prepared.plan.borrow();
        let Some(plan) = plan.as_ref() else { return Ok(()) };
        let Stage::Sending(rows) = &mut portal.progress else {
            if plan.columns.is_empty() && !is_new {
                let message = "portal cannot be run again";
                return Err(Diagnostic::error(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message).into());
            }
            if !plan.columns.is_empty() {
                // PostgreSQL answers for a portal that has no more rows with a tag of none.
                backend::command_complete(out.buffer(), &plan.tag.text(0));
            }
            return Ok(out.flush_if_full()?);
        };
        let before = rows.sent;
        let progress =
            rows.send(limit, &self.activity, out).map_err(|broken| self.broken(&source, broken))?;
        match progress {
            Progress::Suspended => backend::portal_suspended(out.buffer()),
            Progress::Complete => {
                let sent = rows.sent - before;
                portal.progress = Stage::Complete;
                backend::command_complete(out.buffer(), &plan.tag.text(sent));
            }
        }
        Ok(out.flush_if_full()?)
    }

    /// Binds the values and starts DuckDB; a statement without rows is also finished.
    fn start_portal(
        &mut self,
        portal: &mut Portal,
        prepared: &Prepared,
        limit: u64,
        out: &mut Out,
    ) -> Outcome {
        self.make_room()?;
        self.begin_implicit()?;
        self.refresh(prepared)?;
        let source = prepared.source.borrow();
        let mut plan = prepared.plan.borrow_mut();
        let Some(plan) = plan.as_mut() else { return Ok(()) };
        self.check_facts(&plan.facts)?;
        if let Some(statement) = self.with_own_scales(&source, plan, &portal.values) {
            plan.statement = statement;
        }
        plan.statement.clear_bindings();
        for (index, value) in portal.values.iter().enumerate() {
            plan.statement.bind(index, value).map_err(|error| self.refused(&source, &error))?;
        }
        if plan.columns.is_empty() {
            let changed = self.run_to_end(&source, plan)?;
            portal.progress = Stage::Complete;
            backend::command_complete(out.buffer(), &plan.tag.text(changed));
            return Ok(());
        }
        let mut rows = self.start_rows(&source, plan, &portal.formats)?;
        if limit < u64::MAX && plan.statement.kind() != engine::StatementKind::Select {
            // Rows of a statement that writes are kept: its work must be done however few the client fetches.
            let limits = &self.limits;
            rows.keep_rest(&self.activity, &limits.spill_directory, limits.portal_spool_limit_bytes)
                .map_err(Diagnostic::from)?;
        }
        portal.progress = Stage::Sending(Box::new(rows));
        self.note_engine_state(plan);
        Ok(())
    }

    /// Starts a statement that returns rows.
    pub(super) fn start_rows(
        &mut self,
        source: &Source,
        plan: &mut Plan,
        formats: &[Format],
    ) -> Outcome<Rows> {
        let execution = plan.statement.start().map_err(|error| self.refused(source, &error))?;
        let described = plan.columns.iter().map(|column| &column.logical_type);
        // Where a parameter without a type decides a column's, only the values tell what it is.
        let mut both = described.zip(execution.types());
        let is_other = execution.types().len() != plan.columns.len()
            || both.any(|(described, actual)| !same_for_client(described, actual));
        if is_other {
            return Err(changed_result().into());
        }
        let columns: Vec<_> = execution.types().iter().cloned().zip(formats.iter().copied()).collect();
        let encoder = RowEncoder::new(&columns, &self.style(), self.limits.max_value_bytes);
        Ok(Rows::new(execution, Box::new(encoder)))
    }

    /// Runs a statement that returns no rows; gives how many it changed.
    pub(super) fn run_to_end(&mut self, source: &Source, plan: &mut Plan) -> Outcome<u64> {
        let mut execution = plan.statement.start().map_err(|error| self.refused(source, &error))?;
        loop {
            match execution.step().map_err(|error| self.refused(source, &error))? {
                Step::Finished => break,
                Step::Blocked => std::thread::sleep(std::time::Duration::from_micros(100)),
                Step::NotReady | Step::Chunk(_) => {}
            }
            if self.activity.stopping() {
                self.activity.interrupt();
            }
        }
        let changed = execution.rows_changed();
        self.note_engine_state(plan);
        Ok(changed)
    }

    /// The failure for rows that stopped coming.
    pub(super) fn broken(&mut self, source: &Source, broken: Broken) -> Failure {
        match broken {
            Broken::Engine(error) => self.refused(source, &error),
            Broken::Failure(failure) => failure,
        }
    }

    /// Frees the connection for another statement: the rest of the suspended portal is kept aside.
    pub(super) fn make_room(&mut self) -> Outcome {
        let Some(name) = self.streaming.clone() else {
            return Ok(());
        };
        let limits = &self.limits;
        if let Some(Portal { progress: Stage::Sending(rows), .. }) = self.portals.get_mut(&name) {
            rows.keep_rest(&self.activity, &limits.spill_directory, limits.portal_spool_limit_bytes)
                .map_err(Diagnostic::from)?;
        }
        self.streaming = None;
        Ok(())
    }

    pub(super) fn forget_portal(&mut self, name: &str) {
        self.portals.remove(name);
        if self.streaming.as_deref() == Some(name) {
            self.streaming = None;
            self.end_stream();
        }
    }

    pub(super) fn forget_portals(&mut self) {
        self.portals.clear();
        if self.streaming.take().is_some() {
            self.end_stream();
        }
    }
}

/// Whether values of one type are what a client expects that was told of the other.
fn same_for_client(described: &LogicalType, actual: &LogicalType) -> bool {
    let form = |logical| (encode::field_type(logical).oid, encode::effective_format(logical, Format::Binary));
    *described == LogicalType::Unknown || form(described) == form(actual)
}

fn no_portal(name: &str) -> Diagnostic {
    Diagnostic::error(SqlState::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist"))
}
