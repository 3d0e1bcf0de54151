//! The table of a COPY: its columns with what COPY has to know of them.

use std::sync::Arc;

use engine::{LogicalType, Step};
use wire::{Diagnostic, SqlState};

use super::{Outcome, Session, quoted, without_position};
use crate::{
    session::{Failure, plan::Plan, rows::BLOCKED, source::Source},
    sql::Piece,
};

/// A table, or a view.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name as SQL.
    pub(super) sql: String,
    pub(super) schema: String,
    pub(super) name: String,
    /// All columns in the table's order.
    pub(super) columns: Vec<TableColumn>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TableColumn {
    pub(super) name: String,
    pub(super) logical: LogicalType,
    pub(super) is_not_null: bool,
    /// As SQL.
    pub(super) default: Option<String>,
    pub(super) is_generated: bool,
}

impl Table {
    /// The columns that are copied: the named ones, else all that are not generated.
    ///
    /// # Errors
    /// 42703, 42701 and 42P10, as PostgreSQL words them (`CopyGetAttnums`).
    pub(super) fn select(&self, names: &[String]) -> Result<Vec<&TableColumn>, Diagnostic> {
        if names.is_empty() {
            return Ok(self.columns.iter().filter(|column| !column.is_generated).collect());
        }
        let mut selected: Vec<&TableColumn> = Vec::new();
        for name in names {
            let column = self.column(name)?;
            if column.is_generated {
                let message = format!("column \"{}\" is a generated column", column.name);
                return Err(Diagnostic::error(SqlState::INVALID_COLUMN_REFERENCE, message)
                    .with_detail("Generated columns cannot be used in COPY."));
            }
            if selected.contains(&column) {
                let message = format!("column \"{name}\" specified more than once");
                return Err(Diagnostic::error(SqlState::DUPLICATE_COLUMN, message));
            }
            selected.push(column);
        }
        Ok(selected)
    }

    /// The failure to write into something that is no table (`CopyFrom`).
    pub(super) fn refuse_view(&self, failure: Failure) -> Failure {
        match failure {
            // What the binder says; a refusal or a cancel stays what it is.
            Failure::Diagnosed(diagnostic)
                if self.schema.is_empty()
                    && diagnostic.code.as_str().starts_with("42")
                    && diagnostic.code != SqlState::INSUFFICIENT_PRIVILEGE =>
            {
                let message = format!("cannot copy to view \"{}\"", self.name);
                let mut refused = Diagnostic::error(SqlState::WRONG_OBJECT_TYPE, message);
                refused.detail = Some(diagnostic.message);
                refused.into()
            }
            other @ (Failure::Diagnosed(_) | Failure::Gone(_)) => other,
        }
    }

    /// The column of a name; DuckDB's names do not mind case.
    pub(super) fn column(&self, name: &str) -> Result<&TableColumn, Diagnostic> {
        let exact = self.columns.iter().find(|column| column.name == name);
        let found = exact.or_else(|| self.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name)));
        found.ok_or_else(|| {
            let message = format!("column \"{name}\" of relation \"{}\" does not exist", self.name);
            Diagnostic::error(SqlState::UNDEFINED_COLUMN, message)
        })
    }
}

impl Session {
    /// Looks a table up by its name as the client wrote it.
    pub(super) fn table(&mut self, sql: &str, name: &str) -> Outcome<Table> {
        let plan = self.plan_own(&format!("SELECT * FROM {sql}"))?;
        let origins = plan.statement.origins();
        let place = origins.iter().flatten().next().cloned();
        // A view's columns come from the tables below it.
        let place = place.filter(|place| place.table.eq_ignore_ascii_case(name));
        // Where it was found, whatever the client called it: `public` may be `main`.
        let path = place
            .as_ref()
            .map(|place| [&place.catalog, &place.schema, &place.table].map(|part| quoted(part)).join("."));
        let details = match &path {
            Some(path) => {
                let path = path.replace('\'', "''");
                let sql = "SELECT \"notnull\"::VARCHAR, dflt_value FROM pragma_table_info";
                self.own_rows(&format!("{sql}('{path}') ORDER BY cid"))?
            }
            None => Vec::new(),
        };
        let mut details = details.into_iter();
        let columns = plan.columns.into_iter().zip(origins).map(|(column, origin)| {
            let mut detail = details.next().unwrap_or_default().into_iter();
            let is_not_null = detail.next().flatten().as_deref() == Some("true");
            // What a table computes is bound as what it is computed from.
            let is_generated = place.is_some() && origin.is_none();
            TableColumn {
                name: column.name,
                logical: column.logical_type,
                is_not_null,
                default: detail.next().flatten().filter(|_| !is_generated),
                is_generated,
            }
        });
        let columns = columns.collect();
        let schema = place.map(|place| place.schema).unwrap_or_default();
        Ok(Table { sql: path.unwrap_or_else(|| sql.to_owned()), schema, name: name.to_owned(), columns })
    }

    /// Binds a statement of our own making, for a client's table; positions would mean nothing.
    pub(in crate::session) fn plan_own(&mut self, sql: &str) -> Outcome<Plan> {
        let text: Arc<str> = Arc::from(sql);
        let mut source = Source::read(&text, Piece { text: sql, offset: 0 });
        self.extract(&mut source).and_then(|()| self.plan(&mut source, &[])).map_err(without_position)
    }

    /// Runs a statement of our own making whose columns are texts, and gives all its rows.
    pub(super) fn own_rows(&mut self, sql: &str) -> Outcome<Vec<Vec<Option<String>>>> {
        let mut plan = self.plan_own(sql)?;
        let mut rows = Vec::new();
        let mut execution = plan.statement.start().map_err(|error| self.refused_own(&error))?;
        loop {
            match execution.step().map_err(|error| self.refused_own(&error))? {
                Step::Finished => return Ok(rows),
                Step::NotReady => {}
                Step::Blocked => std::thread::sleep(BLOCKED),
                Step::Chunk(chunk) => rows.extend((0..chunk.len()).map(|row| {
                    let columns = (0..chunk.column_count()).map(|index| {
                        let vector = chunk.column(index)?;
                        let strings = vector.strings().filter(|_| vector.validity().is_valid(row))?;
                        Some(String::from_utf8_lossy(strings.bytes(row)).into_owned())
                    });
                    columns.collect()
                })),
            }
            if self.activity.stopping() {
                // Its next step then says so.
                self.activity.interrupt();
            }
        }
    }

    /// The failure for an error in a statement of our own making.
    pub(super) fn refused_own(&mut self, error: &engine::Error) -> Failure {
        let text: Arc<str> = Arc::from("");
        let source = Source::read(&text, Piece { text: "", offset: 0 });
        without_position(self.refused(&source, error))
    }
}
