//! Which statements read PostgreSQL's catalogs, by the names in them. Deliberately absent: whether such a name is hidden by a
//! user's own table, since nobody's tools give one.

use std::{collections::HashMap, sync::OnceLock};

use crate::sql::Token;

const CLASSES: &str = include_str!("../catalog/postgres/pg_class.tsv");
pub(super) const SCHEMAS: [&str; 2] = ["pg_catalog", "information_schema"];

/// Whether a statement reads PostgreSQL's catalogs: what it means and how its columns are called is PostgreSQL's then. DuckDB
/// has functions of such names, which do not make it one.
pub(super) fn reads_catalogs(tokens: &[Token<'_>]) -> bool {
    tokens.iter().enumerate().any(|(index, token)| {
        let next = tokens.get(index + 1);
        catalog_name(token).is_some_and(|name| {
            if SCHEMAS.contains(&name.as_str()) {
                next.is_some_and(|next| next.is_symbol("."))
            } else {
                !next.is_some_and(|next| next.is_symbol("("))
            }
        })
    })
}

/// The name, if it is a catalog's or that of their schemas.
pub(super) fn catalog_name(token: &Token<'_>) -> Option<String> {
    // By the first letters: most words are none.
    let text = token.text.strip_prefix('"').unwrap_or(token.text).as_bytes();
    let begins =
        |prefix: &[u8]| text.get(..prefix.len()).is_some_and(|found| found.eq_ignore_ascii_case(prefix));
    if !begins(b"pg_") && !begins(b"information_schema") {
        return None;
    }
    token.name().filter(|name| SCHEMAS.contains(&name.as_str()) || numbers().contains_key(name.as_str()))
}

/// The catalogs by name.
pub(super) fn numbers() -> &'static HashMap<&'static str, &'static str> {
    static NUMBERS: OnceLock<HashMap<&str, &str>> = OnceLock::new();
    NUMBERS.get_or_init(|| {
        let fields = |line: &'static str| {
            let (number, rest) = line.split_once('\t')?;
            Some((rest.split_once('\t')?.0, number))
        };
        CLASSES.lines().skip(1).filter_map(fields).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lex;

    #[test]
    fn names_of_catalogs_make_a_statement_read_them() {
        for (sql, reads) in [
            ("SELECT 1 FROM pg_class", true),
            ("SELECT 1 FROM \"pg_type\" t", true),
            ("SELECT pg_catalog.version()", true),
            ("select * from INFORMATION_SCHEMA.tables", true),
            ("SELECT pg_tables()", false),
            ("SELECT pg_backend_pid()", false),
            ("SELECT pg_class_of_mine FROM information_schema", false),
            ("SELECT 'pg_class'", false),
        ] {
            assert_eq!(reads_catalogs(&lex(sql)), reads, "{sql}");
        }
    }
}
