//! Execute: runs a portal, as a whole or some rows at a time (protocol page "Extended Query").

use std::{rc::Rc, sync::Arc};

use engine::Step;
use wire::{Diagnostic, SqlState, backend, frontend::Format};

use super::{
    Failure, Outcome, Session,
    copy::Resume,
    explain::PlanEncoder,
    plan::Plan,
    portal::{Portal, Stage, no_portal},
    prepared::{Prepared, changed_result},
    rows::{Broken, Progress, Rows},
    source::Source,
    translate::tell,
};
use crate::{
    copy::CopyDirection,
    encode::{self, RowEncoder},
    out::Out,
    platform::{Change, Member},
    policy::Names,
    sql::{Command, Declare, Execute, Fetch, Prepare},
};

impl Session {
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
        if portal.is_over {
            let message = format!("portal \"{name}\" cannot be run");
            return Err(Diagnostic::error(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message).into());
        }
        let limit = u64::try_from(max_rows).ok().filter(|&rows| rows > 0).unwrap_or(u64::MAX);
        if self.streaming.as_deref() == Some(name) {
            self.streaming = None;
        }
        let outcome = self.execute_portal(&mut portal, limit, sync_follows, out);
        if portal.is_streaming() {
            self.streaming = Some(name.to_owned());
        }
        // A transaction that ended has taken its portals with it.
        if outcome.is_ok() {
            portal.is_over = !portal.prepared.is_empty && !self.returns_rows(&portal.prepared);
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
        self.reads(prepared.source.borrow().client_text());
        self.refuse_if_failed(&prepared.source.borrow())?;
        self.expect_databases(&prepared.source.borrow().command)?;
        self.runs(prepared.source.borrow().client_text());
        self.tell_own(&prepared.source.borrow());
        self.go_on(prepared.fingerprint)?;
        let command = prepared.source.borrow().command.clone();
        match command {
            Command::Engine if prepared.plan.borrow().is_none() => {
                return self.run_engine(&mut prepared.source.borrow_mut(), false, out);
            }
            Command::Copy(copy) => {
                return match copy.direction {
                    CopyDirection::In => self.begin_copy_in(&copy, Resume::Extended, out),
                    CopyDirection::Out => self.copy_out(&copy, false, out),
                };
            }
            Command::Transaction(_) | Command::Set(_) | Command::Deallocate(_) | Command::CloseCursor(_) => {
                return self.utility(&command, false, out);
            }
            Command::Platform(statement) => {
                return match *statement {
                    Ok(statement) => self.platform(&statement, false, out),
                    // Refused when it was parsed.
                    Err(_) => Ok(()),
                };
            }
            Command::Engine
            | Command::Execute(_)
            | Command::Prepare(_)
            | Command::Declare(_)
            | Command::Fetch(_) => {}
        }
        if !sync_follows {
            self.enter_implicit();
        }
        self.activity.begin(self.statement_timeout());
        let outcome = self.run_command(&command, portal, limit, out);
        self.end_activity(outcome)
    }

    /// Runs what DuckDB has a part in.
    fn run_command(&mut self, command: &Command, portal: &mut Portal, limit: u64, out: &mut Out) -> Outcome {
        match command {
            Command::Prepare(prepare) => self.prepare_in_portal(prepare, &portal.prepared, out),
            Command::Declare(declare) => self.declare_in_portal(declare, portal, out),
            Command::Fetch(fetch) => self.fetch_in_portal(fetch, portal, limit, out),
            Command::Execute(execute) => self.execute_in_portal(execute, portal, limit, out),
            Command::Engine
            | Command::Copy(_)
            | Command::Transaction(_)
            | Command::Set(_)
            | Command::Deallocate(_)
            | Command::Platform(_)
            | Command::CloseCursor(_) => {
                let prepared = Rc::clone(&portal.prepared);
                self.run_portal(portal, &prepared, limit, out)
            }
        }
    }

    fn prepare_in_portal(&mut self, prepare: &Prepare, prepared: &Prepared, out: &mut Out) -> Outcome {
        let Some(inner) = prepared.source.borrow().inner() else { return Ok(()) };
        let tag = self.prepare_named(prepare, inner)?;
        self.say_complete(tag, out);
        Ok(out.flush_if_full()?)
    }

    fn declare_in_portal(&mut self, declare: &Declare, portal: &mut Portal, out: &mut Out) -> Outcome {
        let Some(inner) = portal.prepared.inner.clone() else { return Ok(()) };
        let cursor = Portal::new(inner, std::mem::take(&mut portal.arguments), Vec::new());
        let tag = self.declare(declare, cursor, false)?;
        self.say_complete(tag, out);
        Ok(out.flush_if_full()?)
    }

    fn fetch_in_portal(&mut self, fetch: &Fetch, portal: &mut Portal, limit: u64, out: &mut Out) -> Outcome {
        let mut fetching = match portal.fetching {
            Some(fetching) => fetching,
            None => self.begin_fetch(fetch, Some(&portal.asked), false, out)?,
        };
        self.fetch(fetch, &mut fetching, limit, out)?;
        portal.fetching = Some(fetching);
        Ok(())
    }

    /// Works the arguments out; from there on the portal is one of the statement that was prepared.
    fn execute_in_portal(
        &mut self,
        execute: &Execute,
        portal: &mut Portal,
        limit: u64,
        out: &mut Out,
    ) -> Outcome {
        let target = self.executed(execute)?;
        let query = portal.prepared.inner.clone();
        let values = std::mem::take(&mut portal.arguments);
        portal.arguments =
            self.arguments(execute, &target, query.as_deref().map(|query| (query, &values)))?;
        portal.prepared = Rc::clone(&target);
        portal.settle_formats(self.columns_of(&target).0.len())?;
        if target.plan.borrow().is_none() {
            let tag = self.run_engine_now(&mut target.source.borrow_mut(), out)?;
            self.say_complete(&tag, out);
            return Ok(());
        }
        self.run_portal(portal, &target, limit, out)
    }

    fn run_portal(&mut self, portal: &mut Portal, prepared: &Prepared, limit: u64, out: &mut Out) -> Outcome {
        let is_new = matches!(portal.progress, Stage::New);
        if is_new {
            tell(&prepared.source.borrow().notices, out);
        }
        let changed = if is_new { self.start_portal(portal, prepared, limit)? } else { None };
        if portal.is_encoded_otherwise {
            let formats = portal.formats.clone();
            portal.encode_as(&formats, &self.style(), self.limits.max_value_bytes)?;
            portal.is_encoded_otherwise = false;
        }
        let source = prepared.source.borrow();
        let plan = prepared.plan.borrow();
        let Some(plan) = plan.as_ref() else { return Ok(()) };
        let Stage::Sending(rows) = &mut portal.progress else {
            // PostgreSQL answers for a portal that has no more rows with a tag of none.
            self.say_complete(&plan.tag.text(changed.unwrap_or(0)), out);
            return Ok(out.flush_if_full()?);
        };
        let before = rows.sent;
        let progress =
            rows.send(limit, &self.activity, out).map_err(|broken| self.broken(&source, broken))?;
        let sent = rows.sent - before;
        portal.note(progress);
        match progress {
            Progress::Suspended => self.say_suspended(sent, out),
            Progress::Complete => self.say_complete(&plan.tag.text(sent), out),
        }
        Ok(out.flush_if_full()?)
    }

    /// Binds the values and starts DuckDB; a statement without rows is also finished, and tells how many it
    /// changed.
    pub(super) fn start_portal(
        &mut self,
        portal: &mut Portal,
        prepared: &Prepared,
        limit: u64,
    ) -> Outcome<Option<u64>> {
        self.make_room()?;
        if prepared.plan.borrow().as_ref().is_some_and(Plan::sends_what_it_changes) {
            self.enter_implicit();
        }
        self.begin_implicit()?;
        self.refresh(prepared)?;
        let source = prepared.source.borrow();
        let mut plan = prepared.plan.borrow_mut();
        let Some(plan) = plan.as_mut() else { return Ok(None) };
        self.check_facts(&plan.facts)?;
        self.check_disk(&plan.facts, plan.statement.kind(), &plan.tag)?;
        if let Some(statement) = self.with_own_types(&source, plan, portal.arguments.values()) {
            plan.statement = statement;
        }
        portal.arguments.bind(&mut plan.statement).map_err(|error| self.refused(&source, &error))?;
        if plan.columns.is_empty() {
            let changed = self.run_to_end(&source, plan)?;
            portal.progress = Stage::Complete(0);
            return Ok(Some(changed));
        }
        let mut rows = self.start_rows(&source, plan, &portal.formats)?;
        if limit < u64::MAX && plan.statement.kind() != engine::StatementKind::Select {
            // Rows of a statement that writes are kept: its work must be done however few the client fetches.
            rows.keep_rest(&self.activity, self.limits.portal_spool_limit_bytes)?;
        }
        portal.progress = Stage::Sending(Box::new(rows));
        self.note_engine_state(plan);
        Ok(None)
    }

    /// Starts a statement that returns rows.
    pub(super) fn start_rows(
        &mut self,
        source: &Source,
        plan: &mut Plan,
        formats: &[Format],
    ) -> Outcome<Rows> {
        let execution = plan.statement.start().map_err(|error| self.refused(source, &error))?;
        self.check_new_facts()?;
        if plan.statement.kind() == engine::StatementKind::Explain {
            let encoder = PlanEncoder::new(plan.columns.first(), self.limits.max_value_bytes);
            return Ok(Rows::new(execution, Box::new(encoder), self.bounds));
        }
        let described = plan.columns.iter().map(|column| &column.logical_type);
        // Where a parameter without a type decides a column's, only the values tell what it is.
        let sent: Option<Vec<_>> = described
            .zip(execution.types())
            .map(|(described, actual)| encode::sent_type(described, actual))
            .collect();
        let sent = sent.filter(|sent| sent.len() == execution.types().len());
        let Some(sent) = sent.filter(|sent| sent.len() == plan.columns.len()) else {
            return Err(changed_result().into());
        };
        let columns: Vec<_> = sent.iter().cloned().zip(formats.iter().copied()).collect();
        let encoder = RowEncoder::new(&columns, &self.style(), self.limits.max_value_bytes);
        let mut rows = Rows::new(execution, Box::new(encoder), self.bounds);
        rows.types = sent;
        Ok(rows)
    }

    /// Runs a statement that returns no rows; gives how many it changed.
    pub(super) fn run_to_end(&mut self, source: &Source, plan: &mut Plan) -> Outcome<u64> {
        let member = Arc::clone(&self.member);
        let reserved = self.reserve_name(&member, plan)?;
        let mut execution = plan.statement.start().map_err(|error| self.refused(source, &error))?;
        self.check_new_facts()?;
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
        self.check_variables(plan)?;
        if let Some(name) = &plan.facts.attaches {
            self.member.attached_remote(name);
        }
        if let Some(name) = &plan.facts.detaches {
            self.member.detached_remote(name);
        }
        drop(reserved);
        self.note_engine_state(plan);
        Ok(changed)
    }

    /// The name under which DuckDB is about to attach a remote file.
    ///
    /// # Errors
    /// 42P04 and 55006 when it cannot be that of another database now.
    fn reserve_name<'m>(&self, member: &'m Member, plan: &Plan) -> Outcome<Option<Change<'m>>> {
        let Some(name) = &plan.facts.attaches else { return Ok(None) };
        let (workspace, activity) = (member.workspace(), self.activity.clone());
        let is_stopped = move || activity.stopping();
        let turn = workspace.turn_for(&[name], &is_stopped)?;
        workspace.expect_free(name, &is_stopped)?;
        let reserved = workspace.reserve(name);
        drop(turn);
        Ok(Some(reserved.map_err(|in_use| in_use.diagnostic("Try again when it is done."))?))
    }

    /// The failure for rows that stopped coming.
    pub(super) fn broken(&mut self, source: &Source, broken: Broken) -> Failure {
        match broken {
            Broken::Engine(error) => self.refused(source, &error),
            Broken::Failure(failure) => failure,
        }
    }
}
