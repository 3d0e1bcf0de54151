//! Arrow streams into a table, batch by batch through the appender, which is opened when the stream has said
//! which types it has.

use engine::{Appender, ChunkBuilder, Connection, Error, LogicalType};
use wire::{Diagnostic, SqlState};

use super::{
    Outcome, Session, list,
    table::{Table, TableColumn},
};
use crate::{copy::ArrowIn, session::Failure};

/// A stream under way.
pub(super) struct Stream {
    reader: ArrowIn,
    /// The statement that the appender runs.
    insert: String,
    appender: Option<Appender>,
}

impl Stream {
    /// How many columns the data has.
    pub(super) fn column_count(&self) -> usize {
        self.reader.column_count()
    }

    /// Where in the data it is.
    pub(super) fn place(&self) -> String {
        self.reader.place()
    }
}

impl Session {
    /// Opens what a stream's rows go into.
    pub(super) fn begin_stream(&mut self, table: &Table, columns: &[&TableColumn]) -> Outcome<Stream> {
        let names = list(columns.iter().map(|column| column.name.as_str()));
        let insert = format!("INSERT INTO {} ({names}) SELECT", table.sql);
        // Bound for what it touches: the appender binds its own statement only when it has data.
        let nulls = vec!["NULL"; columns.len()].join(", ");
        let plan =
            self.plan_own(&format!("{insert} {nulls}")).map_err(|failure| table.refuse_view(failure))?;
        self.check_facts(&plan.facts)?;
        self.check_disk(&plan.facts, plan.statement.kind(), &plan.tag)?;
        let reader = ArrowIn::new(&table.name, columns.len(), self.limits.max_value_bytes);
        Ok(Stream { reader, insert: format!("{insert} * FROM appended_data"), appender: None })
    }

    /// Takes a piece of the stream.
    pub(super) fn load_stream(&mut self, stream: &mut Stream, data: &[u8]) -> Outcome {
        let Stream { reader, insert, appender } = stream;
        let (connection, activity, mut failed) = (&self.connection, &self.activity, None);
        let place = reader.place();
        let outcome = reader.push(data, |types, chunk| {
            // One message may be many chunks.
            if activity.stopping() {
                return Err(super::canceled().with_context(place.clone()));
            }
            append(connection, insert, appender, types, chunk).map_err(|error| {
                failed = Some(error);
                Diagnostic::error(SqlState::INTERNAL_ERROR, "the engine refused rows")
            })
        });
        match failed {
            Some(error) => Err(self.refused_batch(stream, &error)),
            None => Ok(outcome?),
        }
    }

    /// Takes the end of the stream; answers how many rows it had.
    pub(super) fn finish_stream(&mut self, stream: &mut Stream) -> Outcome<u64> {
        let rows = stream.reader.finish()?;
        let flushed = stream.appender.as_mut().map_or(Ok(()), Appender::flush);
        flushed.map_err(|error| self.refused_batch(stream, &error))?;
        Ok(rows)
    }

    fn refused_batch(&mut self, stream: &Stream, error: &Error) -> Failure {
        match self.refused_own(error) {
            Failure::Diagnosed(diagnostic) => diagnostic.with_context(stream.place()).into(),
            gone @ Failure::Gone(_) => gone,
        }
    }
}

fn append(
    connection: &Connection,
    insert: &str,
    appender: &mut Option<Appender>,
    types: &[LogicalType],
    chunk: &ChunkBuilder,
) -> Result<(), Error> {
    let appender = match appender {
        Some(appender) => appender,
        none => {
            let names: Vec<String> = (0..types.len()).map(|index| format!("c{index}")).collect();
            let columns: Vec<_> = names.iter().map(String::as_str).zip(types.iter().cloned()).collect();
            none.insert(connection.appender(insert, &columns)?)
        }
    };
    appender.append(chunk)
}
