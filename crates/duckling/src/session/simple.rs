//! Query: a string of statements, answered one after the other (protocol page "Simple Query").

use std::{collections::VecDeque, rc::Rc, sync::Arc};

use wire::{Diagnostic, SqlState, backend, frontend::Format};

use super::{
    Failure, Outcome, Session, State,
    copy::Resume,
    plan::Plan,
    portal::{Arguments, Portal},
    prepared::describe_rows,
    rows::Progress,
    source::Source,
    translate::tell,
};
use crate::{
    copy::CopyDirection,
    out::Out,
    sql::{self, Command, Piece, SetCommand},
};

/// Statements that have not been run yet.
pub(super) type Queue = VecDeque<Source>;

impl Session {
    pub(super) fn query(&mut self, sql: &str, out: &mut Out) -> Outcome {
        // A Query forgets the unnamed statement and portal.
        self.statements.remove("");
        self.forget_portal("");
        let outcome = self.begin_text(sql).and_then(|_| self.read_query(sql));
        let outcome = match outcome {
            Ok(queue) if queue.is_empty() => {
                backend::empty_query_response(out.buffer());
                Ok(())
            }
            Ok(queue) => {
                if queue.len() > 1 {
                    self.enter_implicit();
                }
                self.run_queue(queue, out)
            }
            Err(failure) => Err(failure),
        };
        self.end_query(outcome, out)
    }

    /// Reads all statements, and has DuckDB parse all of its own, before any is run: a syntax error anywhere
    /// rejects the whole string.
    fn read_query(&mut self, sql: &str) -> Outcome<Queue> {
        let text: Arc<str> = Arc::from(sql);
        let mut queue = Queue::new();
        for piece in sql::split(sql) {
            let mut source = self.read_source(&text, piece);
            self.extract(&mut source)?;
            queue.push_back(source);
        }
        Ok(queue)
    }

    /// Reads one statement; SHOW of something that is no setting is DuckDB's.
    pub(super) fn read_source(&self, text: &Arc<str>, piece: Piece<'_>) -> Source {
        let mut source = Source::read(text, piece);
        if let Command::Set(SetCommand::Show { name }) = &source.command
            && self.settings.show(name).is_none()
        {
            source.command = Command::Engine;
        }
        if let Some(explained) = self.explained(&source) {
            // It was refused for a name that DuckDB does not know.
            source.layers.push(explained);
            source.refusal = None;
        }
        source
    }

    /// Runs statements until there are none, or until one waits for COPY data.
    pub(super) fn run_queue(&mut self, mut queue: Queue, out: &mut Out) -> Outcome {
        while let Some(mut source) = queue.pop_front() {
            if !queue.is_empty() {
                self.enter_implicit();
            }
            self.reads(source.client_text());
            self.refuse_if_failed(&source)?;
            self.expect_databases(&source.command)?;
            self.runs(source.client_text());
            self.tell_own(&source);
            if let Some(rule) = source.refusal {
                return Err(self.refusal(rule).into());
            }
            match source.command.clone() {
                Command::Engine => self.run_engine(&mut source, queue.is_empty(), out)?,
                Command::Copy(copy) if copy.direction == CopyDirection::In => {
                    return self.begin_copy_in(&copy, Resume::Query(queue), out);
                }
                Command::Copy(copy) => self.copy_out(&copy, queue.is_empty(), out)?,
                Command::Prepare(_) | Command::Execute(_) | Command::Declare(_) | Command::Fetch(_) => {
                    self.run_named(&source, queue.is_empty(), out)?;
                }
                Command::Transaction(_)
                | Command::Set(_)
                | Command::Deallocate(_)
                | Command::CloseCursor(_) => {
                    self.utility(&source.command, true, out)?;
                }
                Command::Platform(statement) => {
                    if let Ok(statement) = *statement {
                        self.platform(&statement, true, out)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends a Query: commits or rolls back what it did, and says ReadyForQuery unless COPY data is due.
    pub(super) fn end_query(&mut self, outcome: Outcome, out: &mut Out) -> Outcome {
        if matches!(self.state, State::CopyIn(_)) && outcome.is_ok() {
            return Ok(());
        }
        let outcome = outcome.and_then(|()| self.end_implicit());
        match outcome {
            Ok(()) => {}
            Err(Failure::Gone(error)) => return Err(Failure::Gone(error)),
            Err(Failure::Diagnosed(diagnostic)) if is_fatal(&diagnostic) => {
                return Err(Failure::Diagnosed(diagnostic));
            }
            Err(Failure::Diagnosed(diagnostic)) => self.fail(&diagnostic, out),
        }
        self.say_ready(out)
    }

    /// Binds and runs one of DuckDB's statements, and sends all of its rows.
    pub(super) fn run_engine(&mut self, source: &mut Source, is_last: bool, out: &mut Out) -> Outcome {
        if source.is_deferred() {
            self.enter_implicit();
        }
        self.begin_implicit()?;
        self.activity.begin(self.statement_timeout());
        let outcome = self.run_engine_now(source, out);
        let tag = self.end_activity(outcome)?;
        self.complete(&tag, is_last, out)
    }

    /// Runs one of the statements about prepared statements and cursors, which DuckDB has a part in.
    fn run_named(&mut self, source: &Source, is_last: bool, out: &mut Out) -> Outcome {
        self.begin_implicit()?;
        self.activity.begin(self.statement_timeout());
        let outcome = self.run_named_now(source, out);
        match self.end_activity(outcome)? {
            Some(tag) => self.complete(&tag, is_last, out),
            None => Ok(()),
        }
    }

    /// Gives the command tag, unless it has been said already.
    fn run_named_now(&mut self, source: &Source, out: &mut Out) -> Outcome<Option<String>> {
        let inner = source.inner();
        match (&source.command, inner) {
            (Command::Prepare(prepare), Some(inner)) => {
                self.prepare_named(prepare, inner).map(|tag| Some(tag.to_owned()))
            }
            (Command::Declare(declare), Some(inner)) => {
                let query = Rc::new(self.prepare(inner, Vec::new())?);
                let cursor = Portal::new(query, Arguments::default(), Vec::new());
                self.declare(declare, cursor, true).map(|tag| Some(tag.to_owned()))
            }
            (Command::Execute(execute), query) => self.execute_whole(execute, query, out).map(Some),
            (Command::Fetch(fetch), _) => self.fetch_whole(fetch, out).map(|()| None),
            _ => Ok(None),
        }
    }

    /// Says CommandComplete; the last statement of an implicit block is complete when the block is committed.
    pub(super) fn complete(&mut self, tag: &str, is_last: bool, out: &mut Out) -> Outcome {
        if is_last {
            self.end_implicit()?;
        }
        self.say_complete(tag, out);
        Ok(out.flush_if_full()?)
    }

    /// Gives the command tag.
    pub(super) fn run_engine_now(&mut self, source: &mut Source, out: &mut Out) -> Outcome<String> {
        let mut plan = self.plan(source, &[])?;
        tell(&source.notices, out);
        if !plan.parameters.is_empty() {
            return Err(Diagnostic::error(SqlState::UNDEFINED_PARAMETER, "there is no parameter $1").into());
        }
        if plan.sends_what_it_changes() {
            self.enter_implicit();
            self.begin_implicit()?;
        }
        self.check_facts(&plan.facts)?;
        self.check_disk(&plan.facts, plan.statement.kind(), &plan.tag)?;
        if plan.columns.is_empty() {
            let changed = self.run_to_end(source, &mut plan)?;
            return Ok(plan.tag.text(changed));
        }
        self.send_all(source, &mut plan, out)
    }

    fn send_all(&mut self, source: &Source, plan: &mut Plan, out: &mut Out) -> Outcome<String> {
        let formats = vec![Format::Text; plan.columns.len()];
        let mut rows = self.start_rows(source, plan, &formats)?;
        describe_rows(&plan.columns, &plan.origins, &formats, out.buffer());
        let progress =
            rows.send(u64::MAX, &self.activity, out).map_err(|broken| self.broken(source, broken))?;
        debug_assert_eq!(progress, Progress::Complete);
        self.note_engine_state(plan);
        Ok(plan.tag.text(rows.sent))
    }
}

pub(super) fn is_fatal(diagnostic: &Diagnostic) -> bool {
    matches!(diagnostic.severity, wire::Severity::Fatal | wire::Severity::Panic)
}
