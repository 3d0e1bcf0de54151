//! Names for constraint errors: which table, and which of its constraints, as ErrorResponse has fields for.
//!
//! DuckDB's errors name neither. The table is the one that the statement writes to; the constraint is looked
//! up among its own, once the failed transaction is rolled back. A constraint that came with that transaction
//! is gone then, and has no name.

use engine::{Connection, Error, ErrorKind, Step, Value};
use wire::{Diagnostic, SqlState, diagnostic::Object};

use super::Session;
use crate::policy::Target;

/// A constraint that failed, and DuckDB's own words about it.
#[derive(Debug)]
pub(super) struct Violation {
    target: Target,
    message: String,
}

/// The violated constraint: the only one of the kind whose columns the message names. Parameters are database,
/// schema, table and message.
const UNIQUE: &str = "SELECT schema_name, table_name, constraint_name FROM system.main.duckdb_constraints() \
    WHERE database_name = $1 AND schema_name = $2 AND table_name = $3 \
    AND constraint_type = CASE WHEN system.main.contains($4, 'violates primary key') THEN 'PRIMARY KEY' ELSE 'UNIQUE' END \
    AND system.main.starts_with($4, 'Duplicate key \"' || constraint_column_names[1] || ': ') \
    AND system.main.len(system.main.list_filter(constraint_column_names[2:], lambda c: NOT system.main.contains($4, ', ' || c || ': '))) = 0 \
    UNION ALL SELECT schema_name, table_name, index_name FROM system.main.duckdb_indexes() \
    WHERE database_name = $1 AND schema_name = $2 AND table_name = $3 AND is_unique \
    AND NOT system.main.contains($4, 'violates primary key')";
const CHECK: &str = "SELECT schema_name, table_name, constraint_name FROM system.main.duckdb_constraints() \
    WHERE database_name = $1 AND schema_name = $2 AND table_name = $3 AND constraint_type = 'CHECK' \
    AND system.main.starts_with($4, 'CHECK constraint failed on table ' || $3 || ' with expression ' || constraint_text)";
const FOREIGN_KEY: &str = "SELECT schema_name, table_name, constraint_name FROM system.main.duckdb_constraints() \
    WHERE database_name = $1 AND schema_name = $2 AND constraint_type = 'FOREIGN KEY' \
    AND CASE WHEN system.main.contains($4, 'is still referenced') THEN referenced_table = $3 ELSE table_name = $3 END \
    AND system.main.contains($4, ' key \"' || referenced_column_names[1] || ': ')";

impl Session {
    /// Notes a constraint error of the statement at hand, and names its table.
    pub(super) fn note_violation(&mut self, error: &Error, diagnostic: Diagnostic) -> Diagnostic {
        let Some(target) = self.target.clone().filter(|_| error.kind == ErrorKind::Constraint) else {
            return diagnostic;
        };
        let mut object = diagnostic.object.as_deref().cloned().unwrap_or_default();
        object.schema = Some(target.schema.clone());
        object.table = Some(target.table.clone());
        self.violation = Some(Violation { target, message: error.message.clone() });
        diagnostic.with_object(object)
    }

    /// Names the constraint, after its transaction has been rolled back.
    pub(super) fn name_constraint(&mut self, diagnostic: &Diagnostic) -> Option<Diagnostic> {
        let violation = self.violation.take()?;
        let sql = match diagnostic.code {
            SqlState::UNIQUE_VIOLATION => UNIQUE,
            SqlState::CHECK_VIOLATION => CHECK,
            SqlState::FOREIGN_KEY_VIOLATION => FOREIGN_KEY,
            _ => return None,
        };
        self.activity.begin(self.statement_timeout());
        let row = only_row(&self.connection, sql, &violation);
        let _ = self.activity.end();
        self.end_stream();
        let (schema, table, constraint) = row?;
        let object = diagnostic.object.as_deref().cloned().unwrap_or_default();
        let named =
            Object { schema: Some(schema), table: Some(table), constraint: Some(constraint), ..object };
        Some(diagnostic.clone().with_object(named))
    }
}

/// The three texts of the one row that there is.
fn only_row(connection: &Connection, sql: &str, violation: &Violation) -> Option<(String, String, String)> {
    let mut statement = connection.prepare_sql(sql).ok()?;
    let Violation { target, message } = violation;
    for (index, text) in [&target.database, &target.schema, &target.table, message].into_iter().enumerate() {
        statement.bind(index, &Value::Varchar(text.clone())).ok()?;
    }
    let mut execution = statement.start().ok()?;
    let mut found = None;
    loop {
        match execution.step().ok()? {
            Step::Chunk(chunk) if chunk.len() == 1 && found.is_none() => {
                let text = |column: usize| {
                    let bytes = chunk.column(column)?.strings()?.bytes(0).to_vec();
                    String::from_utf8(bytes).ok()
                };
                found = Some((text(0)?, text(1)?, text(2)?));
            }
            Step::Chunk(_) => return None,
            Step::Finished => return found,
            Step::NotReady => {}
            Step::Blocked => std::thread::sleep(super::rows::BLOCKED),
        }
    }
}
