//! Rows of text, csv and binary into a table, through the appender.

use engine::{Appender, Error, ErrorKind};
use wire::{Diagnostic, SqlState};

use super::{
    Outcome, Session, list, quoted,
    table::{Table, TableColumn},
};
use crate::{
    copy::{Columns, CopyColumn, CopyIn, CopyOptions, CopyTarget, marker_name},
    policy::rules,
    session::Failure,
    sql::{self, CopyStatement, Tokens, lex, token::Kind},
};

/// A load under way.
pub(super) struct RowLoad {
    reader: CopyIn,
    appender: Appender,
    table: String,
    /// A line before the first of the rows that have gathered and not been inserted yet.
    inserted_line: u64,
    /// With a condition: the statement that counts the table's rows, and how many there were before.
    counted: Option<(String, u64)>,
}

impl RowLoad {
    /// How many columns the data has.
    pub(super) fn column_count(&self) -> usize {
        self.reader.column_count()
    }

    /// Where in the data it is, as PostgreSQL's context says it.
    pub(super) fn place(&self) -> String {
        format!("COPY {}, line {}", self.table, self.reader.line() + 1)
    }

    /// Where in the data the rows are that DuckDB did not take. PostgreSQL names one line; here it is known
    /// only which lines were inserted together.
    fn batch_place(&self) -> String {
        let (first, last) = (self.inserted_line + 1, self.reader.line());
        let table = &self.table;
        if first >= last {
            return format!("COPY {table}, line {last}");
        }
        format!("COPY {table}, lines {first} to {last}")
    }
}

impl Session {
    /// Opens what a COPY's rows go into.
    pub(super) fn begin_rows(
        &mut self,
        table: &Table,
        columns: &[&TableColumn],
        options: &CopyOptions,
        copy: &CopyStatement,
    ) -> Outcome<RowLoad> {
        for names in [&options.force_not_null, &options.force_null].into_iter().flat_map(Columns::named) {
            table.column(names)?;
        }
        let reader =
            CopyIn::new(options, &target(table, columns), &self.style(), self.limits.max_value_bytes)?;
        let fields: Vec<_> = reader.appended().into_iter().map(|(n, l)| (n.to_owned(), l)).collect();
        let insert = insert(table, columns, options, copy.condition.as_deref())?;
        // Bound for what it touches: the appender binds its own statement only when it has data.
        let nulls =
            fields.iter().map(|(name, logical)| format!("NULL::{} AS {}", logical.sql(), quoted(name)));
        let nulls = nulls.collect::<Vec<_>>().join(", ");
        let plan = self.plan_own(&insert.reading(&format!("(SELECT {nulls}) AS appended_data")));
        let plan = plan.map_err(|failure| table.refuse_view(failure))?;
        self.check_facts(&plan.facts)?;
        self.check_disk(&plan.facts, plan.statement.kind(), &plan.tag)?;
        drop(plan);
        let counted = match copy.condition {
            Some(_) => {
                let sql = format!("SELECT count(*)::VARCHAR FROM {}", table.sql);
                let before = self.count(&sql)?;
                Some((sql, before))
            }
            None => None,
        };
        let types: Vec<_> = fields.iter().map(|(name, logical)| (name.as_str(), logical.clone())).collect();
        let opened = self.connection.appender(&insert.reading("appended_data"), &types);
        let appender = opened.map_err(|error| self.refused_own(&error))?;
        let table = table.name.clone();
        Ok(RowLoad { reader, appender, table, inserted_line: 0, counted })
    }

    fn count(&mut self, sql: &str) -> Outcome<u64> {
        let rows = self.own_rows(sql)?;
        let count = rows.first().and_then(|row| row.first().cloned().flatten());
        Ok(count.and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    /// Takes a piece of the data.
    pub(super) fn load_rows(&mut self, load: &mut RowLoad, data: &[u8]) -> Outcome {
        let (line, flushes) = (load.reader.line(), load.appender.flushes());
        let (appender, mut failed) = (&mut load.appender, None);
        let activity = &self.activity;
        let outcome = load.reader.push(data, |chunk| {
            // One message may be many chunks.
            if activity.stopping() { Err(super::canceled()) } else { append(appender, chunk, &mut failed) }
        });
        self.outcome(load, outcome, failed)?;
        if load.appender.flushes() > flushes {
            // Whatever had come before this piece was inserted with what filled the last chunk.
            load.inserted_line = line;
        }
        Ok(())
    }

    /// Takes the end of the data: the rest is inserted, and counted.
    pub(super) fn finish_rows(&mut self, load: &mut RowLoad) -> Outcome<u64> {
        let (appender, mut failed) = (&mut load.appender, None);
        let outcome = load.reader.finish(|chunk| append(appender, chunk, &mut failed)).map(|_| ());
        self.outcome(load, outcome, failed)?;
        let flushed = load.appender.flush();
        flushed.map_err(|error| self.refused_rows(load, &error))?;
        match &load.counted {
            Some((sql, before)) => Ok(self.count(sql)?.saturating_sub(*before)),
            None => Ok(load.reader.rows()),
        }
    }

    fn outcome(&mut self, load: &RowLoad, outcome: Result<(), Diagnostic>, failed: Option<Error>) -> Outcome {
        match failed {
            Some(error) => Err(self.refused_rows(load, &error)),
            None => Ok(outcome?),
        }
    }

    /// The failure for rows that DuckDB did not take.
    fn refused_rows(&mut self, load: &RowLoad, error: &Error) -> Failure {
        match self.refused_own(error) {
            Failure::Diagnosed(diagnostic)
                if matches!(error.kind, ErrorKind::Constraint | ErrorKind::Conversion) =>
            {
                diagnostic.with_context(load.batch_place()).into()
            }
            other @ (Failure::Diagnosed(_) | Failure::Gone(_)) => other,
        }
    }
}

/// Appends a chunk, keeping the engine's own error aside: the reader only knows diagnostics.
fn append(
    appender: &mut Appender,
    chunk: &engine::ChunkBuilder,
    failed: &mut Option<Error>,
) -> Result<(), Diagnostic> {
    appender.append(chunk).map_err(|error| {
        *failed = Some(error);
        Diagnostic::error(SqlState::INTERNAL_ERROR, "the engine refused rows")
    })
}

fn target(table: &Table, columns: &[&TableColumn]) -> CopyTarget {
    let copied = |column: &&TableColumn| CopyColumn {
        name: column.name.clone(),
        logical: column.logical.clone(),
        has_default: column.default.is_some(),
    };
    let required = table.columns.iter().filter(|column| column.is_not_null && !column.is_generated);
    let required = required.filter_map(|column| {
        let index = columns.iter().position(|copied| *copied == column);
        (index.is_some() || column.default.is_none()).then(|| (index, column.name.clone()))
    });
    CopyTarget {
        schema: table.schema.clone(),
        table: table.name.clone(),
        columns: columns.iter().map(copied).collect(),
        required: required.collect(),
    }
}

/// The statement that the appender runs: what stands before and behind the table that it reads.
struct Insert {
    before: String,
    behind: String,
}

impl Insert {
    /// Its text, reading this.
    fn reading(&self, data: &str) -> String {
        let Self { before, behind } = self;
        format!("{before} FROM {data}{behind}")
    }
}

fn insert(
    table: &Table,
    columns: &[&TableColumn],
    options: &CopyOptions,
    condition: Option<&str>,
) -> Result<Insert, Diagnostic> {
    let into = &table.sql;
    let value = |column: &TableColumn| {
        let name = quoted(&column.name);
        match &column.default {
            Some(default) if options.default.is_some() => {
                let (marker, logical) = (quoted(&marker_name(&column.name)), column.logical.sql());
                format!("CASE WHEN {marker} THEN ({default})::{logical} ELSE {name}::{logical} END")
            }
            Some(_) | None => name,
        }
    };
    let Some(condition) = condition else {
        let names = list(columns.iter().map(|column| column.name.as_str()));
        let values: Vec<String> = columns.iter().map(|column| value(column)).collect();
        let before = format!("INSERT INTO {into} ({names}) SELECT {}", values.join(", "));
        return Ok(Insert { before, behind: String::new() });
    };
    let condition = read_condition(condition)?;
    // The condition may name columns that the data does not have: it sees their defaults.
    let all: Vec<&TableColumn> = table.columns.iter().filter(|column| !column.is_generated).collect();
    let names = list(all.iter().map(|column| column.name.as_str()));
    let values = all.iter().map(|column| {
        let value = if columns.contains(column) {
            value(column)
        } else {
            column.default.clone().unwrap_or_else(|| "NULL".to_owned())
        };
        format!("({value})::{} AS {}", column.logical.sql(), quoted(&column.name))
    });
    let values = values.collect::<Vec<_>>().join(", ");
    let rows = quoted(&table.name);
    Ok(Insert {
        before: format!("INSERT INTO {into} ({names}) SELECT {names} FROM (SELECT {values}"),
        behind: format!(") AS {rows} WHERE (\n{condition}\n)"),
    })
}

/// A condition as the engine is to read it, with the changes that every statement gets.
fn read_condition(condition: &str) -> Result<String, Diagnostic> {
    check_condition(condition)?;
    let tokens = lex(condition);
    if let Some(parameter) = tokens.iter().find(|token| token.kind == Kind::Parameter) {
        let message = format!("there is no parameter {}", parameter.text);
        return Err(Diagnostic::error(SqlState::UNDEFINED_PARAMETER, message));
    }
    let stripped = sql::strip_md_run(condition, &tokens);
    let stripped = stripped.map_err(|sql::MdRunRefused| Diagnostic::from(&rules::MD_RUN_LOCAL))?;
    let text = stripped.map_or_else(|| condition.to_owned(), |stripped| stripped.text);
    Ok(sql::bytea_literals(&text, &lex(&text)).map_or(text, |written| written.text))
}

/// A condition of one row's columns, and no more.
fn check_condition(condition: &str) -> Result<(), Diagnostic> {
    let tokens = lex(condition);
    let mut depth = 0usize;
    let mut cursor = Tokens::new(&tokens);
    while let Some(token) = cursor.take() {
        if token.is_symbol("(") {
            depth += 1;
            if cursor.one_of(&["select", "from", "with", "values", "table"]).is_some() {
                let message = "cannot use subquery in COPY FROM WHERE condition";
                return Err(Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message));
            }
        } else if token.is_symbol(")") {
            depth = depth
                .checked_sub(1)
                .ok_or_else(|| Diagnostic::error(SqlState::SYNTAX_ERROR, "syntax error at or near \")\""))?;
        }
    }
    Ok(())
}
