//! Whole Parquet files: an upload is spooled and then read by a statement of our own, a download is written
//! by DuckDB and then sent. Both pass the plan guard for their own file only, and only while they run.

use std::io::Read;

use engine::ErrorKind;
use wire::{Diagnostic, SqlState, backend};

use super::{
    Outcome, Session, list,
    spool::SpoolFile,
    table::{Table, TableColumn},
};
use crate::{
    copy::CopyOptions,
    diagnose::without_folders,
    out::Out,
    policy::OwnFile,
    session::{Failure, plan::Plan},
};

/// A CopyData message of a file holds this much.
const PIECE_BYTES: usize = 64 << 10;

/// An upload under way.
pub(super) struct Upload {
    file: SpoolFile,
    table: String,
    /// The statement that loads the file, up to its name.
    insert: String,
    column_count: usize,
}

impl Upload {
    pub(super) fn column_count(&self) -> usize {
        self.column_count
    }

    /// Where in the data it is: a whole file has no lines.
    pub(super) fn place(&self) -> String {
        format!("COPY {}", self.table)
    }

    /// Takes a piece of the file.
    pub(super) fn push(&mut self, data: &[u8]) -> Outcome {
        self.file.write(data).map_err(|error| Diagnostic::from(error).with_context(self.place()).into())
    }
}

/// What an error of the engine means.
type Refuse = fn(&mut Session, &engine::Error) -> Failure;

impl Session {
    /// Opens an upload for a table.
    pub(super) fn begin_upload(&mut self, table: &Table, columns: &[&TableColumn]) -> Outcome<Upload> {
        let names = list(columns.iter().map(|column| column.name.as_str()));
        let into = &table.sql;
        // Bound for what it touches, before the client sends anything.
        let nulls = vec!["NULL"; columns.len()].join(", ");
        let insert = format!("INSERT INTO {into} ({names}) SELECT");
        let plan =
            self.plan_own(&format!("{insert} {nulls}")).map_err(|failure| table.refuse_view(failure))?;
        self.check_facts(&plan.facts)?;
        self.check_disk(&plan.facts, plan.statement.kind(), &plan.tag)?;
        let file = self.limits.copy_spool.file().map_err(Diagnostic::from)?;
        let insert = format!("{insert} * FROM");
        Ok(Upload { file, table: table.name.clone(), insert, column_count: columns.len() })
    }

    /// Reads the file that was uploaded into its table; answers how many rows it had.
    pub(super) fn load_upload(&mut self, upload: &mut Upload) -> Outcome<u64> {
        // An empty upload has no file yet.
        upload.push(&[])?;
        let path = upload.file.path().to_string_lossy().into_owned();
        let read = format!("read_parquet('{}', hive_partitioning = false)", path.replace('\'', "''"));
        self.verdicts.set_own_file(Some(OwnFile::Read(path.clone())));
        let loaded = self.load_file(upload, &read);
        self.verdicts.set_own_file(None);
        loaded.map_err(|failure| match failure {
            Failure::Diagnosed(diagnostic) => {
                without_path(*diagnostic, &path).with_context(upload.place()).into()
            }
            gone @ Failure::Gone(_) => gone,
        })
    }

    fn load_file(&mut self, upload: &Upload, read: &str) -> Outcome<u64> {
        let described = self.own_plan_of_file(&format!("SELECT * FROM {read}"), Self::refused_file)?;
        let (found, expected) = (described.columns.len(), upload.column_count);
        if found != expected {
            let message = format!("Parquet file has {found} columns, expected {expected}");
            return Err(Diagnostic::error(SqlState::BAD_COPY_FILE_FORMAT, message).into());
        }
        drop(described);
        let mut plan = self.own_plan_of_file(&format!("{} {read}", upload.insert), Self::refused_file)?;
        self.run_own(&mut plan, None, Self::refused_file)
    }

    fn own_plan_of_file(&mut self, sql: &str, refuse: Refuse) -> Outcome<Plan> {
        let text: std::sync::Arc<str> = std::sync::Arc::from(sql);
        let piece = crate::sql::Piece { text: sql, offset: 0 };
        let mut source = crate::session::source::Source::read(&text, piece);
        let _ = self.verdicts.take_facts();
        let planned = self.connection.extract(sql).and_then(|parsed| match parsed.first() {
            Some(first) => self.connection.prepare(first).map(|_| parsed),
            None => Ok(parsed),
        });
        source.parsed = planned.map_err(|error| refuse(self, &error))?;
        self.plan(&mut source, &[])
    }

    /// The failure for an error in a statement over a file of the client's.
    fn refused_file(&mut self, error: &engine::Error) -> Failure {
        let is_rows = matches!(
            error.kind,
            ErrorKind::Constraint
                | ErrorKind::Conversion
                | ErrorKind::OutOfRange
                | ErrorKind::Interrupt
                | ErrorKind::OutOfMemory
                | ErrorKind::Transaction
                | ErrorKind::Fatal
                | ErrorKind::Internal
        );
        match self.refused_own(error) {
            Failure::Diagnosed(diagnostic)
                if !is_rows && diagnostic.code != SqlState::INSUFFICIENT_PRIVILEGE =>
            {
                let invalid = Diagnostic::error(SqlState::BAD_COPY_FILE_FORMAT, "invalid Parquet file");
                invalid.with_detail(sentence(&diagnostic.message)).into()
            }
            other @ (Failure::Diagnosed(_) | Failure::Gone(_)) => other,
        }
    }

    /// Runs a statement of our own to its end; answers how many rows it changed or wrote. What it writes may
    /// only grow as far as the limit.
    fn run_own(
        &mut self,
        plan: &mut Plan,
        mut written: Option<&mut SpoolFile>,
        refuse: Refuse,
    ) -> Outcome<u64> {
        let mut execution = plan.statement.start().map_err(|error| refuse(self, &error))?;
        loop {
            let step = execution.step().map_err(|error| refuse(self, &error))?;
            match step {
                engine::Step::Finished => return Ok(execution.rows_changed()),
                engine::Step::Blocked => std::thread::sleep(std::time::Duration::from_micros(100)),
                engine::Step::NotReady | engine::Step::Chunk(_) => {}
            }
            if self.activity.stopping() {
                self.activity.interrupt();
            }
            if let Some(file) = &mut written {
                file.measure().map_err(Diagnostic::from)?;
            }
        }
    }

    /// Sends a query's rows as a Parquet file; answers how many there are. The query has been bound and judged
    /// by itself before.
    pub(super) fn send_parquet(
        &mut self,
        query: &str,
        columns: usize,
        options: &CopyOptions,
        out: &mut Out,
    ) -> Outcome<u64> {
        let mut file = self.limits.copy_spool.file().map_err(Diagnostic::from)?;
        let path = file.path().to_string_lossy().into_owned();
        let quoted = path.replace('\'', "''");
        let writer =
            options.writer.iter().map(|(name, value)| format!(", {name} '{}'", value.replace('\'', "''")));
        let writer = writer.collect::<String>();
        // The line's end ends a comment that the query may end with.
        let sql = format!("COPY ({query}\n) TO '{quoted}' (FORMAT parquet, USE_TMP_FILE false{writer})");
        self.verdicts.set_own_file(Some(OwnFile::Write(path.clone())));
        let planned = self.own_plan_of_file(&sql, Self::refused_own);
        let written =
            planned.and_then(|mut plan| self.run_own(&mut plan, Some(&mut file), Self::refused_own));
        self.verdicts.set_own_file(None);
        let rows = written.map_err(|failure| match failure {
            Failure::Diagnosed(diagnostic) => without_path(*diagnostic, &path).into(),
            gone @ Failure::Gone(_) => gone,
        })?;
        file.measure().map_err(Diagnostic::from)?;
        self.expect_result(rows, file.bytes())?;
        backend::copy_out_response(out.buffer(), options.format.columns(), columns);
        self.send_file(&file, out)?;
        backend::copy_done(out.buffer());
        Ok(rows)
    }

    fn send_file(&mut self, file: &SpoolFile, out: &mut Out) -> Outcome {
        let unreadable = |error: std::io::Error| {
            Diagnostic::error(SqlState::IO_ERROR, format!("cannot read the file of a COPY: {error}"))
        };
        let mut reader = file.read().map_err(unreadable)?;
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let length = reader.read(&mut piece).map_err(unreadable)?;
            if length == 0 {
                return Ok(());
            }
            if self.activity.stopping() {
                let stopped = "canceling statement due to user request";
                return Err(Diagnostic::error(SqlState::QUERY_CANCELED, stopped).into());
            }
            backend::copy_data(out.buffer(), piece.get(..length).unwrap_or_default());
            out.flush_if_full()?;
        }
    }
}

/// The file's name is nobody's business.
fn without_path(mut diagnostic: Diagnostic, path: &str) -> Diagnostic {
    // The diagnostic shows no folder of the host any more.
    let shown = without_folders(path);
    diagnostic.message = diagnostic.message.replace(&*shown, "the file");
    diagnostic.detail = diagnostic.detail.map(|detail| detail.replace(&*shown, "the file"));
    diagnostic.hint = diagnostic.hint.map(|hint| hint.replace(&*shown, "the file"));
    diagnostic.position = None;
    diagnostic
}

/// A message as the whole sentence that a detail is.
fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    let text = first.into_iter().chain(characters).collect::<String>();
    if text.ends_with('.') { text } else { format!("{text}.") }
}
