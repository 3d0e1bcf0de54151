//! COPY from and to the client (protocol page "COPY Operations").
//!
//! Data goes through the appender in chunks, always inside a transaction of ours, so that a bad row leaves
//! nothing behind. Neither STDIN nor STDOUT ever reaches DuckDB, which would use the server's own.

mod arrow;
mod load;
mod output;
mod parquet;
mod spool;
mod table;

use std::collections::VecDeque;

use wire::{
    Diagnostic, SqlState, backend,
    frontend::{Frontend, FrontendError},
};

pub(crate) use self::spool::CopySpool;
use self::{arrow::Stream, load::RowLoad, parquet::Upload};
use super::{Failure, Outcome, Session, State, source::Source};
use crate::{
    copy::{CopyFormat, CopyOptions},
    out::Out,
    sql::{CopySource, CopyStatement},
};

/// How often a COPY that waits for data looks whether it was cancelled, in milliseconds.
pub(super) const CANCEL_CHECK_MS: u64 = 100;

/// A COPY FROM STDIN that is under way.
pub(super) struct CopyingIn {
    load: Load,
    /// How many rows were loaded, once all are.
    rows: u64,
    resume: Resume,
}

/// What is loaded: rows one after the other, or a whole file at the end.
enum Load {
    Rows(Box<RowLoad>),
    Parquet(Box<Upload>),
    Arrow(Box<Stream>),
}

impl Load {
    /// How many columns the data has.
    fn column_count(&self) -> usize {
        match self {
            Self::Rows(load) => load.column_count(),
            Self::Parquet(upload) => upload.column_count(),
            Self::Arrow(stream) => stream.column_count(),
        }
    }

    /// Where in the data it is, as PostgreSQL's context says it.
    fn place(&self) -> String {
        match self {
            Self::Rows(load) => load.place(),
            Self::Parquet(upload) => upload.place(),
            Self::Arrow(stream) => stream.place(),
        }
    }
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
        let options = read_options(copy)?;
        let CopySource::Table { sql, name, columns } = &copy.source else {
            // Said by the check of the statement already.
            return Ok(());
        };
        self.enter_implicit();
        self.begin_implicit()?;
        self.activity.begin(self.statement_timeout());
        let begun = self.table(sql, name).and_then(|table| {
            let columns = table.select(columns)?;
            check_column_count(columns.len())?;
            match options.format {
                CopyFormat::Parquet => {
                    refuse_condition(copy)?;
                    self.begin_upload(&table, &columns).map(|upload| Load::Parquet(Box::new(upload)))
                }
                CopyFormat::Arrow => {
                    refuse_condition(copy)?;
                    self.begin_stream(&table, &columns).map(|stream| Load::Arrow(Box::new(stream)))
                }
                CopyFormat::Text | CopyFormat::Csv | CopyFormat::Binary => {
                    self.begin_rows(&table, &columns, &options, copy).map(|load| Load::Rows(Box::new(load)))
                }
            }
        });
        let load = match begun {
            Ok(load) => load,
            Err(failure) => return self.end_activity(Err(failure)),
        };
        backend::copy_in_response(out.buffer(), options.format.columns(), load.column_count());
        out.flush()?;
        self.state = State::CopyIn(Box::new(CopyingIn { load, rows: 0, resume }));
        Ok(())
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
            Ok(Frontend::CopyData { data }) => match self.take_data(&mut copying.load, data) {
                Ok(()) => {
                    self.state = State::CopyIn(copying);
                    return Ok(());
                }
                Err(failure) => Err(failure),
            },
            Ok(Frontend::CopyDone) => match self.finish_load(&mut copying.load) {
                Ok(rows) => {
                    copying.rows = rows;
                    Ok(())
                }
                Err(failure) => Err(failure),
            },
            Ok(Frontend::CopyFail { message }) => {
                let message = format!("COPY from stdin failed: {message}");
                let failed = Diagnostic::error(SqlState::QUERY_CANCELED, message);
                Err(failed.with_context(copying.load.place()).into())
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
        let stopped = stopped(&copying.load);
        self.end_copy_in(*copying, Err(stopped), out)
    }

    fn take_data(&mut self, load: &mut Load, data: &[u8]) -> Outcome {
        if self.activity.stopping() {
            return Err(stopped(load));
        }
        match load {
            Load::Rows(load) => self.load_rows(load, data),
            Load::Parquet(upload) => upload.push(data),
            Load::Arrow(stream) => self.load_stream(stream, data),
        }
    }

    /// Takes the end of the data; answers how many rows were loaded.
    fn finish_load(&mut self, load: &mut Load) -> Outcome<u64> {
        match load {
            Load::Rows(load) => self.finish_rows(load),
            Load::Parquet(upload) => self.load_upload(upload),
            Load::Arrow(stream) => self.finish_stream(stream),
        }
    }

    fn end_copy_in(&mut self, copying: CopyingIn, step: Outcome, out: &mut Out) -> Outcome {
        let CopyingIn { load, rows, resume } = copying;
        drop(load);
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
}

fn stopped(load: &Load) -> Failure {
    canceled().with_context(load.place()).into()
}

/// What a COPY that is to stop says; the end of its activity says which way it was.
fn canceled() -> Diagnostic {
    Diagnostic::error(SqlState::QUERY_CANCELED, "canceling statement due to user request")
}

/// A condition is for rows that come one after the other.
fn refuse_condition(copy: &CopyStatement) -> Result<(), Diagnostic> {
    if copy.condition.is_none() {
        return Ok(());
    }
    let message = "COPY FROM of a whole file cannot have a WHERE clause";
    let refused = Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message);
    Err(refused.with_hint("Delete the rows afterwards, or copy as csv."))
}

/// Reads the options of a statement whose syntax is right.
fn read_options(copy: &CopyStatement) -> Result<CopyOptions, Diagnostic> {
    copy.check()?;
    CopyOptions::read(&copy.options, copy.direction).map_err(|error| match error.offset {
        Some(offset) => error.diagnostic.with_position(copy.position(offset)),
        None => *error.diagnostic,
    })
}

/// Messages count columns in sixteen bits.
fn check_column_count(count: usize) -> Result<(), Diagnostic> {
    if i16::try_from(count).is_ok() {
        return Ok(());
    }
    let message = format!("COPY of {count} columns, of which there can be at most {}", i16::MAX);
    Err(Diagnostic::error(SqlState::TOO_MANY_COLUMNS, message))
}

/// Names as SQL.
fn list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(quoted).collect();
    quoted.join(", ")
}

/// A name as SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
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
