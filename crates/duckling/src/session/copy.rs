//! COPY from and to the client (protocol page "COPY Operations").
//!
//! Data goes through the appender in chunks, always inside a transaction of ours, so that a bad row leaves
//! nothing behind. Neither STDIN nor STDOUT ever reaches DuckDB, which would use the server's own.

use std::{collections::VecDeque, sync::Arc};

use engine::{Appender, ChunkBuilder, Error, LogicalType};
use wire::{
    Diagnostic, SqlState, backend,
    frontend::{Frontend, FrontendError},
};

use super::{Failure, Outcome, Session, State, plan::Plan, rows::Rows, source::Source};
use crate::{
    copy::{CopyDirection, CopyIn, CopyOptions, CopyOut},
    out::Out,
    sql::{CopySource, CopyStatement, Piece},
};

/// How often a COPY that waits for data looks whether it was cancelled, in milliseconds.
pub(super) const CANCEL_CHECK_MS: u64 = 100;

/// A COPY FROM STDIN that is under way.
pub(super) struct CopyingIn {
    reader: CopyIn,
    appender: Appender,
    resume: Resume,
}

/// What follows a COPY FROM STDIN.
pub(super) enum Resume {
    /// The rest of a Query.
    Query(VecDeque<Source>),
    /// Sync.
    Extended,
}

impl Session {
    /// Begins COPY FROM STDIN: the client is asked for data.
    pub(super) fn begin_copy_in(&mut self, copy: &CopyStatement, resume: Resume, out: &mut Out) -> Outcome {
        let CopySource::Table { sql, name, columns } = &copy.source else {
            let message = "COPY query FROM STDIN is not possible";
            return Err(Diagnostic::error(SqlState::SYNTAX_ERROR, message).into());
        };
        let options = CopyOptions::from_pairs(&copy.options, CopyDirection::In)?;
        self.enter_implicit();
        self.begin_implicit()?;
        self.activity.begin(self.statement_timeout());
        let begun = self.open_copy(sql, name, columns, &options);
        let (reader, appender) = match begun {
            Ok(begun) => begun,
            Err(failure) => return self.end_activity(Err(failure)),
        };
        backend::copy_in_response(out.buffer(), reader.format(), reader.columns().count());
        out.flush()?;
        self.state = State::CopyIn(Box::new(CopyingIn { reader, appender, resume }));
        Ok(())
    }

    fn open_copy(
        &mut self,
        table: &str,
        name: &str,
        columns: &[String],
        options: &CopyOptions,
    ) -> Outcome<(CopyIn, Appender)> {
        let listed = list(columns);
        let selected = if columns.is_empty() { "*".to_owned() } else { listed.clone() };
        let plan = self.plan_own(&format!("SELECT {selected} FROM {table}"))?;
        let described: Vec<(String, LogicalType)> =
            plan.columns.into_iter().map(|column| (column.name, column.logical_type)).collect();
        let names: Vec<String> = described.iter().map(|(name, _)| name.clone()).collect();
        let listed = list(&names);
        // Bound for what it touches: the appender binds its own statement only when it has data.
        let insert = format!("INSERT INTO {table} ({listed}) SELECT {listed} FROM");
        let plan = self.plan_own(&format!("{insert} {table}"))?;
        self.check_facts(&plan.facts)?;
        let reader = CopyIn::new(options, name, &described, &self.style(), self.limits.max_value_bytes)?;
        let columns: Vec<_> = reader.columns().map(|(name, logical)| (name, logical.clone())).collect();
        let appender = self.connection.appender(&format!("{insert} appended_data"), &columns);
        let appender = appender.map_err(|error| self.refused_own(&error))?;
        Ok((reader, appender))
    }

    /// Binds a statement of our own making, for a client's table or query; positions would mean nothing.
    fn plan_own(&mut self, sql: &str) -> Outcome<Plan> {
        let text: Arc<str> = Arc::from(sql);
        let mut source = Source::read(&text, Piece { text: sql, offset: 0 });
        self.extract(&mut source).and_then(|()| self.plan(&mut source, &[])).map_err(without_position)
    }

    fn refused_own(&mut self, error: &Error) -> Failure {
        let text: Arc<str> = Arc::from("");
        let source = Source::read(&text, Piece { text: "", offset: 0 });
        without_position(self.refused(&source, error))
    }

    /// Takes one message while COPY data is due.
    pub(super) fn copy_in(
        &mut self,
        mut copying: Box<CopyingIn>,
        message: &Result<Frontend<'_>, FrontendError>,
        out: &mut Out,
    ) -> Outcome {
        let step = match message {
            Err(error) => Err(Diagnostic::from(*error).into()),
            Ok(Frontend::CopyData { data }) => match self.load(&mut copying, data) {
                Ok(()) => {
                    self.state = State::CopyIn(copying);
                    return Ok(());
                }
                Err(failure) => Err(failure),
            },
            Ok(Frontend::CopyDone) => self.finish_load(&mut copying),
            Ok(Frontend::CopyFail { message }) => {
                let message = format!("COPY from stdin failed: {message}");
                Err(Diagnostic::error(SqlState::QUERY_CANCELED, message).into())
            }
            // PostgreSQL ignores these two here, for clients that send Sync before they know of the COPY.
            Ok(Frontend::Flush | Frontend::Sync) => {
                self.state = State::CopyIn(copying);
                return Ok(());
            }
            Ok(Frontend::Terminate) => {
                self.state = State::Done;
                return Ok(());
            }
            Ok(
                Frontend::Query { .. }
                | Frontend::Parse { .. }
                | Frontend::Bind(_)
                | Frontend::Describe { .. }
                | Frontend::Execute { .. }
                | Frontend::Close { .. }
                | Frontend::FunctionCall
                | Frontend::Password { .. },
            ) => {
                let message = "unexpected message type during COPY from stdin";
                Err(Diagnostic::fatal(SqlState::PROTOCOL_VIOLATION, message).into())
            }
        };
        self.end_copy_in(*copying, step, out)
    }

    /// Looks, while data is due, whether the COPY is to stop.
    pub(super) fn check_copy_in(&mut self, copying: Box<CopyingIn>, out: &mut Out) -> Outcome {
        if !self.activity.stopping() {
            self.state = State::CopyIn(copying);
            return Ok(());
        }
        let stopped = Diagnostic::error(SqlState::QUERY_CANCELED, "canceling statement due to user request");
        self.end_copy_in(*copying, Err(stopped.into()), out)
    }

    fn load(&mut self, copying: &mut CopyingIn, data: &[u8]) -> Outcome {
        if self.activity.stopping() {
            let stopped = "canceling statement due to user request";
            return Err(Diagnostic::error(SqlState::QUERY_CANCELED, stopped).into());
        }
        let CopyingIn { reader, appender, .. } = copying;
        let mut failed = None;
        let outcome = reader.push(data, |chunk| append(appender, chunk, &mut failed));
        self.load_outcome(outcome, failed)
    }

    fn finish_load(&mut self, copying: &mut CopyingIn) -> Outcome {
        let CopyingIn { reader, appender, .. } = copying;
        let mut failed = None;
        let outcome = reader.finish(|chunk| append(appender, chunk, &mut failed)).map(|_| ());
        self.load_outcome(outcome, failed)?;
        appender.flush().map_err(|error| self.refused_own(&error))
    }

    fn load_outcome(&mut self, outcome: Result<(), Diagnostic>, failed: Option<Error>) -> Outcome {
        match failed {
            Some(error) => Err(self.refused_own(&error)),
            None => Ok(outcome?),
        }
    }

    fn end_copy_in(&mut self, copying: CopyingIn, step: Outcome, out: &mut Out) -> Outcome {
        let CopyingIn { reader, appender, resume } = copying;
        drop(appender);
        let rows = reader.rows();
        let step = self.end_activity(step);
        match resume {
            Resume::Extended => {
                let step = step.and_then(|()| self.complete(&format!("COPY {rows}"), false, out));
                self.extended(step, out)
            }
            Resume::Query(queue) => {
                let step = step.and_then(|()| self.complete(&format!("COPY {rows}"), queue.is_empty(), out));
                let step = step.and_then(|()| self.run_queue(queue, out));
                self.end_query(step, out)
            }
        }
    }

    /// COPY TO STDOUT: the rows, as data of the client's.
    pub(super) fn copy_out(&mut self, copy: &CopyStatement, is_last: bool, out: &mut Out) -> Outcome {
        let options = CopyOptions::from_pairs(&copy.options, CopyDirection::Out)?;
        let sql = match &copy.source {
            CopySource::Query(sql) => sql.clone(),
            CopySource::Table { sql, columns, .. } if columns.is_empty() => format!("SELECT * FROM {sql}"),
            CopySource::Table { sql, columns, .. } => format!("SELECT {} FROM {sql}", list(columns)),
        };
        self.begin_implicit()?;
        self.activity.begin(self.statement_timeout());
        let sent = self.send_copy(&sql, &options, out);
        let sent = self.end_activity(sent)?;
        self.complete(&format!("COPY {sent}"), is_last, out)
    }

    fn send_copy(&mut self, sql: &str, options: &CopyOptions, out: &mut Out) -> Outcome<u64> {
        let text: Arc<str> = Arc::from(sql);
        let mut source = Source::read(&text, Piece { text: sql, offset: 0 });
        if let Some(rule) = source.refusal {
            return Err(Diagnostic::from(rule).into());
        }
        self.extract(&mut source).map_err(without_position)?;
        let mut plan = self.plan(&mut source, &[]).map_err(without_position)?;
        self.check_facts(&plan.facts)?;
        if plan.columns.is_empty() {
            let message = "COPY query must return rows";
            return Err(Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message).into());
        }
        let execution = plan.statement.start().map_err(|error| self.refused_own(&error))?;
        let names = plan.columns.iter().map(|column| column.name.clone());
        let columns: Vec<_> = names.zip(execution.types().iter().cloned()).collect();
        let writer = CopyOut::new(options, &columns, &self.style(), self.limits.max_value_bytes)?;
        backend::copy_out_response(out.buffer(), writer.format(), columns.len());
        writer.header(out.buffer());
        let trailer = writer.trailer();
        let mut rows = Rows::new(execution, Box::new(writer));
        let sent = rows.send(u64::MAX, &self.activity, out);
        sent.map_err(|broken| without_position(self.broken(&source, broken)))?;
        out.buffer().extend_from_slice(&trailer);
        backend::copy_done(out.buffer());
        Ok(rows.sent)
    }
}

/// Appends a chunk, keeping the engine's own error aside: the reader only knows diagnostics.
fn append(
    appender: &mut Appender,
    chunk: &ChunkBuilder,
    failed: &mut Option<Error>,
) -> Result<(), Diagnostic> {
    appender.append(chunk).map_err(|error| {
        *failed = Some(error);
        Diagnostic::error(SqlState::INTERNAL_ERROR, "the engine refused rows")
    })
}

/// Names as SQL.
fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
    quoted.join(", ")
}

fn without_position(failure: Failure) -> Failure {
    match failure {
        Failure::Diagnosed(mut diagnostic) => {
            diagnostic.position = None;
            Failure::Diagnosed(diagnostic)
        }
        Failure::Gone(error) => Failure::Gone(error),
    }
}
