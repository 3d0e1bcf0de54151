//! Turns the engine's errors into diagnostics with PostgreSQL's SQLSTATEs.
//!
//! By DuckDB's exception type and subtype first; where one type covers several SQLSTATEs, by the
//! *beginning* of the message. Never by searching inside it: it repeats the user's SQL, which could then
//! choose its own error.

use std::{
    borrow::Cow,
    sync::{PoisonError, RwLock},
};

use engine::{ErrorDetails, ErrorKind};
use wire::{Diagnostic, SqlState, diagnostic::Object};

use crate::{policy::rules, remote};

/// The folders whose names no client is told.
static HIDDEN_FOLDERS: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// From here on this folder's name is taken out of DuckDB's errors: what lies in it keeps its own.
pub(crate) fn hide_folder(path: &str) {
    let path = path.trim_end_matches('/').to_owned();
    let mut hidden = HIDDEN_FOLDERS.write().unwrap_or_else(PoisonError::into_inner);
    if path.len() > 1 && !hidden.contains(&path) {
        hidden.push(path);
    }
}

/// A text without the host's folders.
pub(crate) fn without_folders(message: &str) -> Cow<'_, str> {
    let hidden = HIDDEN_FOLDERS.read().unwrap_or_else(PoisonError::into_inner);
    hidden.iter().fold(Cow::Borrowed(message), |message, folder| {
        if message.contains(folder) { Cow::Owned(message.replace(folder, "...")) } else { message }
    })
}

/// The diagnostic for an error of the engine, without a position: only the caller knows the client's text.
#[must_use]
pub(crate) fn diagnose(error: &ErrorDetails) -> Diagnostic {
    let code = code(error);
    if let Some(limit) = limit(error, code) {
        return limit;
    }
    if error.kind == ErrorKind::Permission && error.message.starts_with("Cannot access ") {
        // The engine's lock, where a path is looked at before the plan is judged.
        return Diagnostic::from(&rules::LOCAL_FILE);
    }
    if error.kind == ErrorKind::Transaction && error.message.starts_with("Cannot CHECKPOINT: there are other")
    {
        let message = "cannot CHECKPOINT while other transactions write";
        return Diagnostic::error(SqlState::OBJECT_IN_USE, message)
            .with_hint("Try again when they have ended; the server also checkpoints by itself.");
    }
    let text = without_folders(&error.message);
    let (message, rest) = split_message(&text);
    let mut diagnostic = Diagnostic::error(code, with_article(error, primary(message)));
    if let Some(hint) = hint(error, rest) {
        diagnostic = diagnostic.with_hint(hint);
    } else if error.kind == ErrorKind::Permission {
        diagnostic = diagnostic.with_hint(rules::LOCAL_FILE.hint);
    }
    if let Some(detail) = detail(rest) {
        diagnostic = diagnostic.with_detail(detail);
    }
    match object(error, message) {
        Some(object) => diagnostic.with_object(object),
        None => diagnostic,
    }
}

/// Memory and disk: DuckDB's advice is for whoever may change its settings, and its text may name files.
fn limit(error: &ErrorDetails, code: SqlState) -> Option<Diagnostic> {
    let (message, hint) = match (code, error.kind) {
        (SqlState::OUT_OF_MEMORY, _) => (
            primary(split_message(&without_folders(&error.message)).0),
            "Read fewer rows or columns at once, sort or group by less; or ask for a larger memory_limit.",
        ),
        (SqlState::DISK_FULL, ErrorKind::OutOfMemory) => (
            "the data that the statement keeps on disk exceeds spill_limit".to_owned(),
            "Read, sort or group fewer rows at once; or ask for a larger spill_limit.",
        ),
        (SqlState::DISK_FULL, _) => (
            "the server's disk has no room for what the statement writes".to_owned(),
            "Try again when there is more room. What was committed is safe.",
        ),
        (SqlState::STATEMENT_TOO_COMPLEX, _) => (
            "statement is nested too deeply".to_owned(),
            "Write it with fewer levels of expressions inside each other.",
        ),
        _ => return None,
    };
    Some(Diagnostic::error(code, message).with_hint(hint))
}

/// Whether the engine's instance cannot be used any more after this error.
#[must_use]
pub(crate) fn is_fatal(error: &ErrorDetails) -> bool {
    matches!(error.kind, ErrorKind::Fatal | ErrorKind::Internal)
}

/// The first line, and what follows it without DuckDB's own picture of the place (`LINE 1: …`).
fn split_message(message: &str) -> (&str, &str) {
    let message = message.rfind("\n\nLINE ").and_then(|end| message.get(..end)).unwrap_or(message);
    message.split_once('\n').unwrap_or((message, ""))
}

/// PostgreSQL's primary messages begin in lower case and have no full stop.
fn primary(message: &str) -> String {
    let message = message.trim().trim_end_matches(['.', '!']);
    let mut characters = message.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if first.is_ascii_uppercase() && second.is_ascii_lowercase() => {
            let (_, tail) = message.split_at(first.len_utf8());
            format!("{}{tail}", first.to_ascii_lowercase())
        }
        _ => message.to_owned(),
    }
}

/// DuckDB says of every kind of entry that something is not "an" one.
fn with_article(error: &ErrorDetails, message: String) -> String {
    match message.rsplit_once(" is not an ") {
        Some((name, kind)) if error.kind == ErrorKind::Catalog && !kind.starts_with(['a', 'i']) => {
            format!("{name} is not a {kind}")
        }
        Some(_) | None => message,
    }
}

/// How the names of the server's own functions begin.
const INNER: &str = "__pintail_";

fn hint(error: &ErrorDetails, rest: &str) -> Option<String> {
    let line = rest.lines().find(|line| line.starts_with("Did you mean"));
    if let Some(line) = line {
        // The server's own functions are nobody's to call.
        return (!line.contains(INNER)).then(|| line.trim().to_owned());
    }
    if error.kind == ErrorKind::Catalog || error.kind == ErrorKind::Binder {
        let first = error.candidates.iter().find(|name| !name.contains(INNER))?;
        return Some(format!("Did you mean \"{}\"?", first.trim_matches('"')));
    }
    let hint = rest.lines().find(|line| line.starts_with("HINT:"))?;
    Some(hint.trim_start_matches("HINT:").trim().to_owned())
}

fn detail(rest: &str) -> Option<String> {
    let lines: Vec<&str> = rest
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("Did you mean") && !line.starts_with("HINT:"))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn code(error: &ErrorDetails) -> SqlState {
    let message = error.message.as_str();
    let subtype = error.subtype.as_deref().unwrap_or_default();
    match error.kind {
        ErrorKind::Parser | ErrorKind::Syntax => parser(message),
        ErrorKind::Catalog => catalog(error, subtype),
        ErrorKind::Binder => binder(message, subtype),
        ErrorKind::Conversion => conversion(message),
        ErrorKind::OutOfRange | ErrorKind::Decimal => out_of_range(message),
        ErrorKind::Constraint => constraint(message),
        ErrorKind::Transaction => transaction(message),
        ErrorKind::Permission => SqlState::INSUFFICIENT_PRIVILEGE,
        ErrorKind::OutOfMemory => out_of_memory(message),
        ErrorKind::Io => io(message),
        ErrorKind::Http | ErrorKind::Network | ErrorKind::Connection => remote::of_status(error),
        ErrorKind::Interrupt => SqlState::QUERY_CANCELED,
        ErrorKind::DivideByZero => SqlState::DIVISION_BY_ZERO,
        ErrorKind::InvalidInput => invalid_input(message),
        ErrorKind::NotImplemented | ErrorKind::MissingExtension | ErrorKind::Autoload => {
            SqlState::FEATURE_NOT_SUPPORTED
        }
        ErrorKind::Dependency => SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
        ErrorKind::Sequence => SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        ErrorKind::MismatchType | ErrorKind::InvalidType | ErrorKind::UnknownType => {
            SqlState::DATATYPE_MISMATCH
        }
        ErrorKind::ParameterNotResolved => SqlState::INDETERMINATE_DATATYPE,
        ErrorKind::ParameterNotAllowed => SqlState::UNDEFINED_PARAMETER,
        ErrorKind::ObjectSize => SqlState::PROGRAM_LIMIT_EXCEEDED,
        ErrorKind::Settings | ErrorKind::InvalidConfiguration => SqlState::INVALID_PARAMETER_VALUE,
        ErrorKind::Expression => SqlState::SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION,
        ErrorKind::Fatal
        | ErrorKind::Internal
        | ErrorKind::Serialization
        | ErrorKind::Invalid
        | ErrorKind::Planner
        | ErrorKind::Scheduler
        | ErrorKind::Executor
        | ErrorKind::Index
        | ErrorKind::Stat
        | ErrorKind::Optimizer
        | ErrorKind::NullPointer
        | ErrorKind::Other => SqlState::INTERNAL_ERROR,
    }
}

/// The code of the first prefix that the message begins with.
fn by_prefix(message: &str, prefixes: &[(&str, SqlState)], otherwise: SqlState) -> SqlState {
    prefixes.iter().find(|(prefix, _)| message.starts_with(prefix)).map_or(otherwise, |(_, code)| *code)
}

fn parser(message: &str) -> SqlState {
    let prefixes = [
        ("Maximum depth", SqlState::STATEMENT_TOO_COMPLEX),
        ("Max expression depth", SqlState::STATEMENT_TOO_COMPLEX),
        // The parser's own stack.
        ("memory exhausted", SqlState::STATEMENT_TOO_COMPLEX),
        ("Duplicate column", SqlState::DUPLICATE_COLUMN),
    ];
    by_prefix(message, &prefixes, SqlState::SYNTAX_ERROR)
}

/// Catalog errors carry the kind of the entry as data (`type`), missing and existing ones alike.
fn catalog(error: &ErrorDetails, subtype: &str) -> SqlState {
    let kind = error.extra.iter().find(|(key, _)| key == "type").map_or("", |(_, value)| value.as_str());
    let message = error.message.as_str();
    let kind = if kind.is_empty() { message.split(" with name").next().unwrap_or_default() } else { kind };
    let exists = subtype == "ENTRY_ALREADY_EXISTS";
    if kind.ends_with("Function") || kind == "function" {
        return if exists { SqlState::DUPLICATE_FUNCTION } else { SqlState::UNDEFINED_FUNCTION };
    }
    match kind {
        "Table" | "View" | "Index" | "Sequence" if exists => SqlState::DUPLICATE_TABLE,
        "Table" | "View" | "Sequence" | "relation" => SqlState::UNDEFINED_TABLE,
        "column" => SqlState::UNDEFINED_COLUMN,
        "Schema" if exists => SqlState::DUPLICATE_SCHEMA,
        "Schema" | "schema" => SqlState::INVALID_SCHEMA_NAME,
        "Database" | "Catalog" if exists => SqlState::DUPLICATE_DATABASE,
        "Database" | "Catalog" | "database" => SqlState::INVALID_CATALOG_NAME,
        _ if exists => SqlState::DUPLICATE_OBJECT,
        _ => by_prefix(message, &CATALOG, SqlState::UNDEFINED_OBJECT),
    }
}

const CATALOG: [(&str, SqlState); 10] = [
    ("Column with name", SqlState::DUPLICATE_COLUMN),
    ("Could not drop the table because", SqlState::DEPENDENT_OBJECTS_STILL_EXIST),
    ("Table with name", SqlState::UNDEFINED_TABLE),
    ("Scalar Function with name", SqlState::UNDEFINED_FUNCTION),
    ("SET search_path", SqlState::INVALID_SCHEMA_NAME),
    ("SET schema", SqlState::INVALID_SCHEMA_NAME),
    ("Existing object", SqlState::WRONG_OBJECT_TYPE),
    ("unrecognized configuration parameter", SqlState::UNDEFINED_OBJECT),
    ("Catalog \"", SqlState::INVALID_CATALOG_NAME),
    ("Cannot drop entry", SqlState::DEPENDENT_OBJECTS_STILL_EXIST),
];

fn binder(message: &str, subtype: &str) -> SqlState {
    match subtype {
        "COLUMN_NOT_FOUND" => return SqlState::UNDEFINED_COLUMN,
        "NO_MATCHING_FUNCTION" => return SqlState::UNDEFINED_FUNCTION,
        "MISSING_ENTRY" => return SqlState::UNDEFINED_TABLE,
        _ => {}
    }
    by_prefix(message, &BINDER, SqlState::SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION)
}

const BINDER: [(&str, SqlState); 24] = [
    // Detached, dropped or replaced between being bound and being executed.
    ("Prepared statement requires database", SqlState::INVALID_CATALOG_NAME),
    ("Duplicate column", SqlState::DUPLICATE_COLUMN),
    ("Set operations can only apply to expressions with the same number", SqlState::SYNTAX_ERROR),
    ("Column with name", SqlState::UNDEFINED_COLUMN),
    ("LIMIT/OFFSET cannot be negative", SqlState::INVALID_ROW_COUNT_IN_LIMIT_CLAUSE),
    ("Referenced column", SqlState::UNDEFINED_COLUMN),
    ("Referenced update column", SqlState::UNDEFINED_COLUMN),
    ("Referenced table", SqlState::UNDEFINED_TABLE),
    ("Table \"", SqlState::UNDEFINED_COLUMN),
    ("Ambiguous reference to column", SqlState::AMBIGUOUS_COLUMN),
    ("Ambiguous reference", SqlState::AMBIGUOUS_COLUMN),
    ("No function matches", SqlState::UNDEFINED_FUNCTION),
    ("Could not choose a best candidate", SqlState::AMBIGUOUS_FUNCTION),
    ("Macro ", SqlState::UNDEFINED_FUNCTION),
    ("Catalog \"", SqlState::INVALID_CATALOG_NAME),
    ("Schema with name", SqlState::INVALID_SCHEMA_NAME),
    ("column \"", SqlState::GROUPING_ERROR),
    ("aggregate function calls cannot be nested", SqlState::GROUPING_ERROR),
    ("WHERE clause cannot contain aggregates", SqlState::GROUPING_ERROR),
    ("Cannot compare values of type", SqlState::UNDEFINED_FUNCTION),
    ("Cannot mix values of type", SqlState::DATATYPE_MISMATCH),
    ("Max expression depth", SqlState::STATEMENT_TOO_COMPLEX),
    ("table ", SqlState::SYNTAX_ERROR),
    ("Duplicate alias", SqlState::DUPLICATE_COLUMN),
];

fn conversion(message: &str) -> SqlState {
    let prefixes = [
        ("Type VARCHAR with value", SqlState::INVALID_TEXT_REPRESENTATION),
        ("Type ", SqlState::NUMERIC_VALUE_OUT_OF_RANGE),
        ("Casting value", SqlState::NUMERIC_VALUE_OUT_OF_RANGE),
        ("Casting ", SqlState::NUMERIC_VALUE_OUT_OF_RANGE),
        ("Could not cast value", SqlState::NUMERIC_VALUE_OUT_OF_RANGE),
        ("Unimplemented type for cast", SqlState::CANNOT_COERCE),
        ("date field value out of range", SqlState::DATETIME_FIELD_OVERFLOW),
        ("timestamp field value out of range", SqlState::DATETIME_FIELD_OVERFLOW),
        ("time field value out of range", SqlState::DATETIME_FIELD_OVERFLOW),
        ("Date out of range", SqlState::DATETIME_FIELD_OVERFLOW),
        ("Timestamp out of range", SqlState::DATETIME_FIELD_OVERFLOW),
        ("Could not convert Timestamp", SqlState::DATETIME_FIELD_OVERFLOW),
        ("invalid date field format", SqlState::INVALID_DATETIME_FORMAT),
        ("invalid timestamp field format", SqlState::INVALID_DATETIME_FORMAT),
        ("invalid time field format", SqlState::INVALID_DATETIME_FORMAT),
    ];
    by_prefix(message, &prefixes, SqlState::INVALID_TEXT_REPRESENTATION)
}

fn out_of_range(message: &str) -> SqlState {
    let prefixes = [
        ("cannot take square root", SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION),
        ("cannot take logarithm", SqlState::INVALID_ARGUMENT_FOR_LOG),
    ];
    by_prefix(message, &prefixes, SqlState::NUMERIC_VALUE_OUT_OF_RANGE)
}

fn constraint(message: &str) -> SqlState {
    let prefixes = [
        ("Duplicate key", SqlState::UNIQUE_VIOLATION),
        ("PRIMARY KEY or UNIQUE constraint", SqlState::UNIQUE_VIOLATION),
        ("Violates foreign key", SqlState::FOREIGN_KEY_VIOLATION),
        ("NOT NULL constraint failed", SqlState::NOT_NULL_VIOLATION),
        ("CHECK constraint failed", SqlState::CHECK_VIOLATION),
    ];
    by_prefix(message, &prefixes, SqlState::INTEGRITY_CONSTRAINT_VIOLATION)
}

fn transaction(message: &str) -> SqlState {
    let prefixes = [
        ("cannot start a transaction", SqlState::ACTIVE_SQL_TRANSACTION),
        ("cannot commit", SqlState::NO_ACTIVE_SQL_TRANSACTION),
        ("cannot rollback", SqlState::NO_ACTIVE_SQL_TRANSACTION),
        ("Current transaction is aborted", SqlState::IN_FAILED_SQL_TRANSACTION),
        ("Attempting to write to database", SqlState::FEATURE_NOT_SUPPORTED),
        ("Cannot write to database", SqlState::READ_ONLY_SQL_TRANSACTION),
        ("Failed to commit: Could not write", SqlState::DISK_FULL),
    ];
    by_prefix(message, &prefixes, SqlState::T_R_SERIALIZATION_FAILURE)
}

fn out_of_memory(message: &str) -> SqlState {
    let prefixes = [
        ("failed to offload data block", SqlState::DISK_FULL),
        ("Could not allocate block", SqlState::DISK_FULL),
    ];
    by_prefix(message, &prefixes, SqlState::OUT_OF_MEMORY)
}

fn io(message: &str) -> SqlState {
    let otherwise = remote::no_connection(message).unwrap_or(SqlState::IO_ERROR);
    by_prefix(message, &[("Could not write file", SqlState::DISK_FULL)], otherwise)
}

fn invalid_input(message: &str) -> SqlState {
    let prefixes = [
        ("Cannot execute statement of type", SqlState::READ_ONLY_SQL_TRANSACTION),
        ("Division by zero", SqlState::DIVISION_BY_ZERO),
        ("More than one row returned by a subquery", SqlState::CARDINALITY_VIOLATION),
        ("Values were not provided", SqlState::UNDEFINED_PARAMETER),
        ("Attempting to write to database", SqlState::FEATURE_NOT_SUPPORTED),
        ("Max expression depth", SqlState::STATEMENT_TOO_COMPLEX),
    ];
    by_prefix(message, &prefixes, SqlState::INVALID_PARAMETER_VALUE)
}

/// Table and column of a failed NOT NULL or CHECK, from the fixed part of DuckDB's message.
fn object(error: &ErrorDetails, message: &str) -> Option<Object> {
    if error.kind != ErrorKind::Constraint {
        return None;
    }
    if let Some(place) = message.strip_prefix("NOT NULL constraint failed: ") {
        let (table, column) = place.rsplit_once('.')?;
        let named = |text: &str| Some(text.to_owned());
        return Some(Object { table: named(table), column: named(column), ..Object::default() });
    }
    let table = message.strip_prefix("CHECK constraint failed on table ")?.split_whitespace().next()?;
    Some(Object { table: Some(table.to_owned()), ..Object::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind, message: &str) -> ErrorDetails {
        ErrorDetails {
            kind,
            message: message.to_owned(),
            position: None,
            name: None,
            candidates: Vec::new(),
            subtype: None,
            extra: Vec::new(),
        }
    }

    #[test]
    fn folders_of_the_server_are_not_named() {
        hide_folder("/srv/pintail/accounts/7/");
        let message = "Cannot open file \"/srv/pintail/accounts/7/spill/x\": No space left on device";
        let diagnostic = diagnose(&error(ErrorKind::Io, message));
        assert_eq!(diagnostic.message, "cannot open file \".../spill/x\": No space left on device");
    }

    #[test]
    fn the_picture_of_the_place_is_left_out_and_the_guess_is_the_hint() {
        let message = "Table with name tt does not exist!\nDid you mean \"t\"?\n\nLINE 1: SELECT * FROM tt\n                      ^";
        let diagnostic = diagnose(&error(ErrorKind::Catalog, message));
        assert_eq!(diagnostic.message, "table with name tt does not exist");
        assert_eq!(diagnostic.hint.as_deref(), Some("Did you mean \"t\"?"));
        assert_eq!((diagnostic.code, diagnostic.detail), (SqlState::UNDEFINED_TABLE, None));
    }

    #[test]
    fn the_article_is_that_of_the_word() {
        let said = |message: &str| diagnose(&error(ErrorKind::Catalog, message)).message;
        assert_eq!(said("x is not an table"), "x is not a table");
        assert_eq!(said("x is not an index"), "x is not an index");
    }

    #[test]
    fn text_of_the_user_inside_a_message_does_not_choose_the_code() {
        let message = "Could not convert string 'Duplicate key NOT NULL constraint failed' to INT32";
        assert_eq!(
            diagnose(&error(ErrorKind::Conversion, message)).code,
            SqlState::INVALID_TEXT_REPRESENTATION
        );
    }

    #[test]
    fn constraint_errors_name_their_table() {
        let diagnostic = diagnose(&error(ErrorKind::Constraint, "NOT NULL constraint failed: t.a"));
        assert_eq!(diagnostic.code, SqlState::NOT_NULL_VIOLATION);
        assert_eq!(diagnostic.object.unwrap().column.as_deref(), Some("a"));
    }
}
