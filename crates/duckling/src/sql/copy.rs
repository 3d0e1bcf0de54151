//! Reads COPY from or to the client, old and new option syntax (PostgreSQL's reference page "COPY").
//!
//! Only the options' names and values are read here; what they mean is decided by the copy module.
//! COPY with a file or URL is DuckDB's.

use super::{
    command::{CopySource, CopyStatement},
    token::{Kind, Tokens},
};
use crate::copy::CopyDirection;

/// Reads the statement if it is a COPY with the client.
pub(super) fn read(sql: &str, mut cursor: Tokens<'_, '_>) -> Option<CopyStatement> {
    if !cursor.word("copy") {
        return None;
    }
    let mut options = Vec::new();
    if cursor.peek().is_some_and(|token| token.is_word("binary")) && is_table_after_word(cursor) {
        cursor.take();
        options.push(("format".to_owned(), vec!["binary".to_owned()]));
    }
    let source = source(sql, &mut cursor)?;
    let direction = match cursor.one_of(&["from", "to"])? {
        "from" => CopyDirection::In,
        _ => CopyDirection::Out,
    };
    cursor.one_of(&["stdin", "stdout"])?;
    read_options(cursor, &mut options)?;
    Some(CopyStatement { direction, source, options })
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
        return text_of(sql, inner).map(CopySource::Query);
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

fn text_of(sql: &str, inner: Tokens<'_, '_>) -> Option<String> {
    let (first, last) = (inner.rest().first()?, inner.rest().last()?);
    sql.get(first.start..last.end).map(str::to_owned)
}

fn names(mut cursor: Tokens<'_, '_>) -> Option<Vec<String>> {
    let mut names = vec![cursor.name()?];
    while cursor.symbol(",") {
        names.push(cursor.name()?);
    }
    cursor.is_empty().then_some(names)
}

type Options = Vec<(String, Vec<String>)>;

fn read_options(mut cursor: Tokens<'_, '_>, options: &mut Options) -> Option<()> {
    let _ = cursor.word("with");
    if let Some(mut inner) = cursor.group() {
        while !inner.is_empty() {
            let name = inner.name()?;
            options.push((name, new_values(&mut inner)?));
            let _ = inner.symbol(",");
        }
        return cursor.is_empty().then_some(());
    }
    while !cursor.is_empty() {
        old_option(&mut cursor, options)?;
    }
    Some(())
}

/// The value of a new-style option: nothing, a literal, `*`, or a list in parentheses.
fn new_values(cursor: &mut Tokens<'_, '_>) -> Option<Vec<String>> {
    let _ = cursor.symbol("=");
    if let Some(mut inner) = cursor.group() {
        let mut values = vec![literal(&mut inner)?];
        while inner.symbol(",") {
            values.push(literal(&mut inner)?);
        }
        return inner.is_empty().then_some(values);
    }
    match cursor.peek() {
        None => Some(Vec::new()),
        Some(token) if token.is_symbol(",") => Some(Vec::new()),
        Some(_) => literal(cursor).map(|value| vec![value]),
    }
}

fn literal(cursor: &mut Tokens<'_, '_>) -> Option<String> {
    let token = cursor.take()?;
    match token.kind {
        Kind::Text => token.string(),
        Kind::Word | Kind::QuotedName => token.name(),
        Kind::Number => Some(token.text.to_owned()),
        Kind::Symbol if token.text == "*" => Some("*".to_owned()),
        Kind::Symbol | Kind::Parameter => None,
    }
}

/// One option of the syntax before PostgreSQL 9.0.
fn old_option(cursor: &mut Tokens<'_, '_>, options: &mut Options) -> Option<()> {
    let word = cursor.one_of(&[
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
    ])?;
    let (name, values) = match word {
        "binary" | "csv" => ("format", vec![word.to_owned()]),
        "freeze" | "header" => (word, Vec::new()),
        "force" => return old_force(cursor, options),
        _ => {
            let _ = cursor.word("as");
            (if word == "delimiters" { "delimiter" } else { word }, vec![cursor.string()?])
        }
    };
    options.push((name.to_owned(), values));
    Some(())
}

fn old_force(cursor: &mut Tokens<'_, '_>, options: &mut Options) -> Option<()> {
    let name = if cursor.word("quote") {
        "force_quote"
    } else if cursor.words(&["not", "null"]) {
        "force_not_null"
    } else if cursor.word("null") {
        "force_null"
    } else {
        return None;
    };
    let mut values = vec![literal(cursor)?];
    while cursor.symbol(",") {
        values.push(literal(cursor)?);
    }
    options.push((name.to_owned(), values));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{Command, lex};

    fn read_copy(sql: &str) -> Option<CopyStatement> {
        match Command::read(sql, &lex(sql)) {
            Command::Copy(copy) => Some(copy),
            Command::Set(_)
            | Command::Transaction(_)
            | Command::Deallocate(_)
            | Command::CloseCursor(_)
            | Command::Prepare(_)
            | Command::Execute(_)
            | Command::Declare(_)
            | Command::Fetch(_)
            | Command::Engine => None,
        }
    }

    fn option(name: &str, values: &[&str]) -> (String, Vec<String>) {
        (name.to_owned(), values.iter().map(|&value| value.to_owned()).collect())
    }

    #[test]
    fn tables_and_queries() {
        let copy = read_copy("copy  db.\"My T\" (a, \"B\") from /*x*/ STDIN").unwrap();
        let source = CopySource::Table {
            sql: "db.\"My T\"".into(),
            name: "My T".into(),
            columns: vec!["a".into(), "B".into()],
        };
        assert_eq!(copy, CopyStatement { direction: CopyDirection::In, source, options: vec![] });
        let copy = read_copy("COPY (SELECT (1) /* ) */ AS a) TO STDOUT WITH CSV HEADER").unwrap();
        assert_eq!(copy.source, CopySource::Query("SELECT (1) /* ) */ AS a".into()));
        assert_eq!(copy.options, [option("format", &["csv"]), option("header", &[])]);
    }

    #[test]
    fn old_and_new_options() {
        let new = read_copy(
            "COPY t FROM STDIN (FORMAT csv, DELIMITER E'\\t', HEADER, FORCE_QUOTE (a, b), FORCE_NULL *)",
        );
        let expected = [
            option("format", &["csv"]),
            option("delimiter", &["\t"]),
            option("header", &[]),
            option("force_quote", &["a", "b"]),
            option("force_null", &["*"]),
        ];
        assert_eq!(new.unwrap().options, expected);
        let old =
            read_copy("copy t to stdout with delimiter as ';' null 'x' csv quote '''' force quote a, b")
                .unwrap();
        let expected = [
            option("delimiter", &[";"]),
            option("null", &["x"]),
            option("format", &["csv"]),
            option("quote", &["'"]),
            option("force_quote", &["a", "b"]),
        ];
        assert_eq!(old.options, expected);
        assert_eq!(read_copy("COPY BINARY t TO STDOUT").unwrap().options, [option("format", &["binary"])]);
    }

    #[test]
    fn files_are_the_engines() {
        assert_eq!(read_copy("COPY t FROM 'stdin'"), None);
        assert_eq!(read_copy("COPY t TO 's3://b/k'"), None);
    }
}
