//! Reads COPY from or to the client, old and new option syntax (PostgreSQL's reference page "COPY").
//!
//! Only the options' names and values are read here; what they mean is decided by the copy module. Once the
//! other end is known to be the client nothing of the statement goes to DuckDB, so that what is wrong with
//! it is said here too. COPY with a file or URL is DuckDB's.

use std::sync::Arc;

use wire::{Diagnostic, SqlState};

use super::{
    character_position,
    token::{Kind, Token, Tokens},
};
use crate::copy::{CopyDirection, CopyOption, CopyValue};

/// What is copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CopySource {
    /// A table.
    Table {
        /// Its name as SQL, qualified and quoted as the client wrote it.
        sql: String,
        /// The last part of its name, for messages.
        name: String,
        /// The columns that are named, unquoted; none: all.
        columns: Vec<String>,
    },
    /// A query, which can only be copied out.
    Query {
        /// Its text.
        sql: String,
        /// Where it begins in the statement, in bytes.
        offset: usize,
    },
}

/// COPY from or to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopyStatement {
    /// Which way.
    pub direction: CopyDirection,
    /// What.
    pub source: CopySource,
    /// Options in the order they were given.
    pub options: Vec<CopyOption>,
    /// The condition of WHERE, for rows from the client.
    pub condition: Option<String>,
    /// Why it cannot be run, if it cannot: what, and where in the statement.
    error: Option<(Diagnostic, usize)>,
    /// The client's whole string, and where the statement begins in it.
    text: Arc<str>,
    offset: usize,
}

impl CopyStatement {
    /// The same, knowing where it stands in the client's string.
    pub(crate) fn locate(&mut self, text: &Arc<str>, offset: usize) {
        (self.text, self.offset) = (Arc::clone(text), offset);
    }

    /// The client's whole string, and where something in the statement begins in it, in bytes.
    #[must_use]
    pub(crate) fn place(&self, offset: usize) -> (&Arc<str>, usize) {
        (&self.text, self.offset + offset)
    }

    /// The position, as ErrorResponse wants it, of something in the statement.
    #[must_use]
    pub(crate) fn position(&self, offset: usize) -> u32 {
        character_position(&self.text, self.offset + offset)
    }

    /// Fails if the statement is not one that can be run.
    ///
    /// # Errors
    /// 42601.
    pub(crate) fn check(&self) -> Result<(), Diagnostic> {
        match &self.error {
            None => Ok(()),
            Some((error, offset)) => Err(error.clone().with_position(self.position(*offset))),
        }
    }
}

/// Where reading stopped: before a token, or at the end of the statement.
type Stop = Option<(String, usize)>;

/// Reads the statement if it is a COPY with the client.
pub(super) fn read(sql: &str, mut cursor: Tokens<'_, '_>) -> Option<CopyStatement> {
    if !cursor.word("copy") {
        return None;
    }
    let mut options = Vec::new();
    if let Some(binary) = cursor.peek().filter(|token| token.is_word("binary"))
        && is_table_after_word(cursor)
    {
        cursor.take();
        options.push(text_option("format", "binary", binary.start));
    }
    let source = source(sql, &mut cursor)?;
    let before = cursor;
    let direction = match cursor.one_of(&["from", "to"])? {
        "from" => CopyDirection::In,
        _ => CopyDirection::Out,
    };
    cursor.one_of(&["stdin", "stdout"])?;
    let mut copy = CopyStatement {
        direction,
        source,
        options,
        condition: None,
        error: None,
        text: Arc::from(""),
        offset: 0,
    };
    let read = match copy.source {
        CopySource::Query { .. } if direction == CopyDirection::In => Err(near(before)),
        CopySource::Query { .. } | CopySource::Table { .. } => rest(sql, cursor, &mut copy),
    };
    if let Err(stop) = read {
        copy.error = Some(syntax_error(stop, sql.len()));
    }
    Some(copy)
}

fn syntax_error(stop: Stop, end: usize) -> (Diagnostic, usize) {
    let (message, offset) = match stop {
        Some((token, offset)) => (format!("syntax error at or near \"{token}\""), offset),
        None => ("syntax error at end of input".to_owned(), end),
    };
    (Diagnostic::error(SqlState::SYNTAX_ERROR, message), offset)
}

fn near(cursor: Tokens<'_, '_>) -> Stop {
    cursor.peek().map(|token| (token.text.to_owned(), token.start))
}

/// Tells `COPY BINARY t FROM` from a table that is called `binary`.
fn is_table_after_word(mut cursor: Tokens<'_, '_>) -> bool {
    cursor.take();
    cursor.peek().is_some_and(|token| {
        !token.is_word("from") && !token.is_word("to") && matches!(token.kind, Kind::Word | Kind::QuotedName)
    })
}

fn source(sql: &str, cursor: &mut Tokens<'_, '_>) -> Option<CopySource> {
    if let Some(inner) = cursor.group() {
        let (first, last) = (inner.rest().first()?, inner.rest().last()?);
        let query = sql.get(first.start..last.end)?.to_owned();
        return Some(CopySource::Query { sql: query, offset: first.start });
    }
    let first = cursor.peek()?;
    let mut name = cursor.name()?;
    let mut end = first.end;
    while cursor.symbol(".") {
        end = cursor.peek()?.end;
        name = cursor.name()?;
    }
    let columns = match cursor.group() {
        Some(inner) => names(inner)?,
        None => Vec::new(),
    };
    Some(CopySource::Table { sql: sql.get(first.start..end)?.to_owned(), name, columns })
}

fn names(mut cursor: Tokens<'_, '_>) -> Option<Vec<String>> {
    let mut names = vec![cursor.name()?];
    while cursor.symbol(",") {
        names.push(cursor.name()?);
    }
    cursor.is_empty().then_some(names)
}

/// What follows STDIN or STDOUT: options, and the condition.
fn rest(sql: &str, mut cursor: Tokens<'_, '_>, copy: &mut CopyStatement) -> Result<(), Stop> {
    if let Some(word) = cursor.peek().filter(|word| word.is_word("using") || word.is_word("delimiters")) {
        let _ = cursor.word("using");
        if !cursor.word("delimiters") {
            return Err(near(cursor));
        }
        let delimiter = string(&mut cursor)?;
        copy.options.push(text_option("delimiter", &delimiter, word.start));
    }
    let _ = cursor.word("with");
    if cursor.symbol("(") {
        new_options(&mut cursor, &mut copy.options)?;
    } else {
        while let Some(token) = cursor.peek().filter(|token| !token.is_word("where")) {
            old_option(&mut cursor, token, &mut copy.options)?;
        }
    }
    let Some(word) = cursor.peek() else {
        return Ok(());
    };
    if !cursor.word("where") {
        return Err(near(cursor));
    }
    let Some(first) = cursor.peek() else {
        return Err(None);
    };
    if copy.direction == CopyDirection::Out {
        let message = "WHERE clause not allowed with COPY TO";
        copy.error = Some((Diagnostic::error(SqlState::SYNTAX_ERROR, message), word.start));
    }
    copy.condition = sql.get(first.start..).map(str::to_owned);
    Ok(())
}

/// `(name value, …)`, up to the closing parenthesis.
fn new_options(cursor: &mut Tokens<'_, '_>, options: &mut Vec<CopyOption>) -> Result<(), Stop> {
    loop {
        let Some(first) = cursor.peek() else {
            return Err(None);
        };
        let name = cursor.name().ok_or_else(|| near(*cursor))?;
        let _ = cursor.symbol("=");
        let value = new_value(cursor)?;
        options.push(CopyOption { name, value, offset: first.start });
        if cursor.symbol(")") {
            return Ok(());
        }
        if !cursor.symbol(",") {
            return Err(near(*cursor));
        }
    }
}

/// The value of a new-style option: nothing, a literal, `*`, or a list in parentheses.
fn new_value(cursor: &mut Tokens<'_, '_>) -> Result<CopyValue, Stop> {
    let Some(token) = cursor.peek() else {
        return Err(None);
    };
    if token.is_symbol(",") || token.is_symbol(")") {
        return Ok(CopyValue::None);
    }
    if cursor.symbol("*") {
        return Ok(CopyValue::Star);
    }
    if cursor.symbol("(") {
        if cursor.symbol("*") && cursor.symbol(")") {
            // DuckDB's users write it so too.
            return Ok(CopyValue::Star);
        }
        let mut values = vec![word_or_string(cursor)?];
        while cursor.symbol(",") {
            values.push(word_or_string(cursor)?);
        }
        return if cursor.symbol(")") { Ok(CopyValue::List(values)) } else { Err(near(*cursor)) };
    }
    let is_negative = cursor.symbol("-");
    if let Some(number) = cursor.peek().filter(|token| token.kind == Kind::Number) {
        cursor.take();
        let sign = if is_negative { "-" } else { "" };
        return Ok(CopyValue::Text(format!("{sign}{}", number.text)));
    }
    word_or_string(cursor).map(CopyValue::Text)
}

fn word_or_string(cursor: &mut Tokens<'_, '_>) -> Result<String, Stop> {
    let token = cursor.peek().filter(|token| !token.is_word("null"));
    let value = token.and_then(|token| token.string().or_else(|| token.name()));
    let value = value.ok_or_else(|| near(*cursor))?;
    cursor.take();
    Ok(value)
}

fn string(cursor: &mut Tokens<'_, '_>) -> Result<String, Stop> {
    cursor.string().ok_or_else(|| near(*cursor))
}

fn text_option(name: &str, value: &str, offset: usize) -> CopyOption {
    CopyOption { name: name.to_owned(), value: CopyValue::Text(value.to_owned()), offset }
}

/// One option of the syntax before PostgreSQL 9.0.
fn old_option(
    cursor: &mut Tokens<'_, '_>,
    first: &Token<'_>,
    options: &mut Vec<CopyOption>,
) -> Result<(), Stop> {
    let words = [
        "binary",
        "csv",
        "freeze",
        "header",
        "delimiter",
        "delimiters",
        "null",
        "quote",
        "escape",
        "encoding",
        "force",
    ];
    let word = cursor.one_of(&words).ok_or_else(|| near(*cursor))?;
    let (name, value) = match word {
        "binary" | "csv" => ("format", CopyValue::Text(word.to_owned())),
        "freeze" | "header" => (word, CopyValue::None),
        "force" => old_force(cursor)?,
        _ => {
            let _ = word != "encoding" && cursor.word("as");
            (if word == "delimiters" { "delimiter" } else { word }, CopyValue::Text(string(cursor)?))
        }
    };
    options.push(CopyOption { name: name.to_owned(), value, offset: first.start });
    Ok(())
}

fn old_force(cursor: &mut Tokens<'_, '_>) -> Result<(&'static str, CopyValue), Stop> {
    let name = if cursor.word("quote") {
        "force_quote"
    } else if cursor.words(&["not", "null"]) {
        "force_not_null"
    } else if cursor.word("null") {
        "force_null"
    } else {
        return Err(near(*cursor));
    };
    if cursor.symbol("*") {
        return Ok((name, CopyValue::Star));
    }
    let mut values = vec![cursor.name().ok_or_else(|| near(*cursor))?];
    while cursor.symbol(",") {
        values.push(cursor.name().ok_or_else(|| near(*cursor))?);
    }
    Ok((name, CopyValue::List(values)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{Command, lex};

    fn read_copy(sql: &str) -> Option<CopyStatement> {
        let Command::Copy(mut copy) = Command::read(sql, &lex(sql)) else {
            return None;
        };
        copy.locate(&Arc::from(sql), 0);
        Some(copy)
    }

    fn options(sql: &str) -> Vec<(String, CopyValue)> {
        let copy = read_copy(sql).unwrap();
        copy.check().unwrap();
        copy.options.into_iter().map(|option| (option.name, option.value)).collect()
    }

    fn text(name: &str, value: &str) -> (String, CopyValue) {
        (name.to_owned(), CopyValue::Text(value.to_owned()))
    }

    fn list(name: &str, values: &[&str]) -> (String, CopyValue) {
        (name.to_owned(), CopyValue::List(values.iter().map(|&value| value.to_owned()).collect()))
    }

    fn bare(name: &str) -> (String, CopyValue) {
        (name.to_owned(), CopyValue::None)
    }

    #[test]
    fn tables_and_queries() {
        let copy = read_copy("copy  db.\"My T\" (a, \"B\") from /*x*/ STDIN").unwrap();
        let source = CopySource::Table {
            sql: "db.\"My T\"".into(),
            name: "My T".into(),
            columns: vec!["a".into(), "B".into()],
        };
        assert_eq!((copy.direction, copy.source), (CopyDirection::In, source));
        let sql = "COPY (SELECT (1) /* ) */ AS \"a;\", ';') TO STDOUT WITH CSV HEADER";
        let inner = CopySource::Query { sql: "SELECT (1) /* ) */ AS \"a;\", ';'".into(), offset: 6 };
        assert_eq!(read_copy(sql).unwrap().source, inner);
        assert_eq!(options(sql), [text("format", "csv"), bare("header")]);
        let copy = read_copy("copy t from stdin csv where a > 1 and b = 'where'").unwrap();
        assert_eq!(copy.condition.as_deref(), Some("a > 1 and b = 'where'"));
    }

    #[test]
    fn old_and_new_options() {
        let new = options(
            "COPY t FROM STDIN (FORMAT csv, DELIMITER E'\\t', HEADER, FORCE_QUOTE (a, b), FORCE_NULL *)",
        );
        let expected = [
            text("format", "csv"),
            text("delimiter", "\t"),
            bare("header"),
            list("force_quote", &["a", "b"]),
            ("force_null".to_owned(), CopyValue::Star),
        ];
        assert_eq!(new, expected);
        let old = options(
            "copy t to stdout using delimiters '|' with null as 'x' csv quote '''' force quote a, \"B\"",
        );
        let expected = [
            text("delimiter", "|"),
            text("null", "x"),
            text("format", "csv"),
            text("quote", "'"),
            list("force_quote", &["a", "B"]),
        ];
        assert_eq!(old, expected);
        assert_eq!(options("COPY BINARY t TO STDOUT"), [text("format", "binary")]);
        assert_eq!(options("COPY binary FROM STDIN with"), []);
    }

    /// Messages and positions are PostgreSQL 15's.
    #[test]
    fn what_is_wrong_with_the_syntax_is_said_where_it_is() {
        for (sql, token) in [
            ("copy t from stdin foo", "foo"),
            ("copy t from stdin csv (format text)", "("),
            ("copy t from stdin ()", ")"),
            ("copy t from stdin (format csv,)", ")"),
            ("copy t from stdin (null null)", "null)"),
            ("copy t from stdin (format csv, force_null ())", "))"),
            ("copy t from stdin (format csv, force_null (1))", "1"),
            ("copy t from stdin (format csv, force_null (a, *))", "*"),
            ("copy t to stdout csv header match", "match"),
            ("copy t from stdin with (format csv) null 'x'", "null"),
            ("copy t from stdin (format text format csv)", "format csv"),
            ("copy (select 1) from stdin", "from"),
            ("copy t from stdin with oids", "oids"),
            ("copy t from stdin delimiter", ""),
        ] {
            let error = read_copy(sql).unwrap().check().unwrap_err();
            let at = if token.is_empty() { sql.len() } else { sql.rfind(token).unwrap() };
            assert_eq!(error.position, Some(u32::try_from(at + 1).unwrap()), "{sql}: {error:?}");
            assert_eq!(error.code.as_str(), "42601", "{sql}");
        }
        let error = read_copy("copy t to stdout where a > 1").unwrap().check().unwrap_err();
        assert_eq!(
            (error.message.as_str(), error.position),
            ("WHERE clause not allowed with COPY TO", Some(18))
        );
    }

    #[test]
    fn files_are_the_engines() {
        assert_eq!(read_copy("COPY t FROM 'stdin'"), None);
        assert_eq!(read_copy("COPY t TO 's3://b/k'"), None);
    }
}
