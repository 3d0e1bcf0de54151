//! The judge of text: what must not even be parsed by DuckDB, and what DuckDB cannot parse.
//!
//! `IMPORT DATABASE`, `PRAGMA import_database` and `PRAGMA copy_database` read files while DuckDB splits a
//! string into statements. The others are parser errors there, and deserve a better answer. Nothing that
//! DuckDB could bind is refused here: that is the plan's judge.

use super::{
    Rule, Verdict,
    rules::{IMPORT, INTERNAL_FUNCTION, LISTEN, OPERATOR, RESULT, SECRET, SERVER_OBJECT, TWO_PHASE},
};
use crate::sql::{Token, Tokens, token::Kind};

/// Judges a statement by its leading tokens.
#[must_use]
pub(crate) fn judge_text(tokens: &[Token<'_>]) -> Verdict {
    match refusal(Tokens::new(tokens)).or_else(|| internal(tokens)) {
        Some(rule) => Verdict::Refuse(rule),
        None => Verdict::Allow,
    }
}

fn refusal(mut cursor: Tokens<'_, '_>) -> Option<&'static Rule> {
    let first = cursor.take()?.name()?;
    match first.as_str() {
        "import" => Some(&IMPORT),
        "pragma" => pragma(cursor),
        "explain" => explain(cursor),
        "create" => create(cursor),
        "drop" => object(cursor),
        "alter" => alter(cursor),
        "listen" | "notify" => Some(&LISTEN),
        "grant" | "revoke" if !cursor.words(&["read", "on", "share"]) => Some(&SERVER_OBJECT),
        "reassign" | "security" => Some(&SERVER_OBJECT),
        "prepare" if cursor.word("transaction") => Some(&TWO_PHASE),
        "commit" | "rollback" if cursor.word("prepared") => Some(&TWO_PHASE),
        _ => None,
    }
}

/// What the server's functions and views are made of, by their names. Views of clients' may have others of this prefix, which
/// compute and nothing else: PostgreSQL's forms become them (`dialect`).
const INTERNAL: [&str; 16] = [
    "__pintail_attributes",
    "__pintail_constraints",
    "__pintail_database_oid",
    "__pintail_dependencies",
    "__pintail_format",
    "__pintail_indexes",
    "__pintail_macros",
    "__pintail_own_table",
    "__pintail_relations",
    "__pintail_restart",
    "__pintail_schemas",
    "__pintail_sent",
    "__pintail_sequences",
    "__pintail_static",
    "__pintail_tell",
    "__pintail_types",
];

/// The same prefix, as a statement has it that `query()` runs.
const PREFIX: &str = "__pintail_";

/// A call of one of them by a client.
fn internal(tokens: &[Token<'_>]) -> Option<&'static Rule> {
    let runs_text = tokens.iter().any(|token| token.is_word("query"));
    let is_internal = |index: usize, token: &Token<'_>| {
        if token.kind == Kind::Text {
            return runs_text && token.text.to_ascii_lowercase().contains(PREFIX);
        }
        // By the first letters: most words are none.
        let text = token.text.strip_prefix('"').unwrap_or(token.text).as_bytes();
        text.get(..PREFIX.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(PREFIX.as_bytes()))
            && tokens.get(index + 1).is_some_and(|next| next.is_symbol("("))
            && token.name().is_some_and(|name| INTERNAL.contains(&name.to_ascii_lowercase().as_str()))
    };
    tokens.iter().enumerate().any(|(index, token)| is_internal(index, token)).then_some(&INTERNAL_FUNCTION)
}

/// DuckDB has none of the session's prepared statements.
fn explain(mut cursor: Tokens<'_, '_>) -> Option<&'static Rule> {
    let _ = cursor.group();
    let _ = cursor.one_of(&["analyze", "analyse"]);
    let _ = cursor.word("verbose");
    cursor.word("execute").then_some(&OPERATOR)
}

fn pragma(mut cursor: Tokens<'_, '_>) -> Option<&'static Rule> {
    let name = cursor.name()?;
    matches!(name.as_str(), "import_database" | "copy_database").then_some(&IMPORT)
}

fn create(mut cursor: Tokens<'_, '_>) -> Option<&'static Rule> {
    let _ = cursor.words(&["or", "replace"]);
    if cursor.word("result") {
        return Some(&RESULT);
    }
    // `CREATE SECRET … IN MOTHERDUCK` is the reference's and no DuckDB syntax; the plain form is judged here
    // too, before its values can stand in a parser error.
    let mut secret = cursor;
    let _ = secret.one_of(&["persistent", "temporary", "temp"]);
    if secret.word("secret") {
        return Some(&SECRET);
    }
    object(cursor)
}

fn alter(mut cursor: Tokens<'_, '_>) -> Option<&'static Rule> {
    if cursor.words(&["system"]) || cursor.words(&["default", "privileges"]) {
        return Some(&SERVER_OBJECT);
    }
    object(cursor)
}

/// Extensions of PostgreSQL's whose functions are there, as far as they are: the dialect says which.
const BUILT_IN: [&str; 3] = ["uuid-ossp", "pgcrypto", "plpgsql"];

/// Objects of a PostgreSQL server that mean nothing here.
fn object(mut cursor: Tokens<'_, '_>) -> Option<&'static Rule> {
    let _ = cursor.one_of(&["constraint", "trusted", "procedural", "event"]);
    let mut extension = cursor;
    if extension.word("extension") {
        let _ = extension.words(&["if", "not", "exists"]) || extension.words(&["if", "exists"]);
        let is_there = extension.name().is_some_and(|name| BUILT_IN.contains(&name.as_str()));
        return (!is_there).then_some(&SERVER_OBJECT);
    }
    let known = [
        "role",
        "user",
        "group",
        "trigger",
        "rule",
        "procedure",
        "language",
        "tablespace",
        "publication",
        "subscription",
        "policy",
        "server",
        "foreign",
        "operator",
        "aggregate",
        "cast",
        "conversion",
        "domain",
    ];
    cursor.one_of(&known).map(|_| &SERVER_OBJECT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lex;

    fn id(sql: &str) -> Option<&'static str> {
        match judge_text(&lex(sql)) {
            Verdict::Allow => None,
            Verdict::Refuse(rule) => Some(rule.id),
        }
    }

    #[test]
    fn what_acts_while_it_is_parsed_is_refused() {
        for sql in [
            "IMPORT DATABASE 'x'",
            "/* */ import\n-- x\ndatabase 'x'",
            "PRAGMA import_database('x')",
            "pragma \"import_database\"('x')",
            "PRAGMA copy_database('a','b')",
        ] {
            assert_eq!(id(sql), Some("import-database"), "{sql}");
        }
    }

    #[test]
    fn what_duckdb_cannot_parse_gets_a_better_answer() {
        let cases = [
            ("CREATE OR REPLACE RESULT r AS SELECT 1", "create-result"),
            ("CREATE PERSISTENT SECRET s (TYPE s3)", "secret"),
            ("CREATE EXTENSION postgis", "server-object"),
            ("LISTEN x", "listen"),
            ("PREPARE TRANSACTION 'x'", "two-phase"),
            ("EXPLAIN (ANALYZE) EXECUTE p", "operator"),
            ("explain analyze execute p(1)", "operator"),
        ];
        for (sql, rule) in cases {
            assert_eq!(id(sql), Some(rule), "{sql}");
        }
    }

    #[test]
    fn what_the_server_is_made_of_is_nobodys_to_call() {
        for sql in [
            "SELECT __pintail_tell('user')",
            "select \"__PINTAIL_TELL\" ('user')",
            "CREATE VIEW v AS SELECT * FROM main.__pintail_relations(true)",
            "FROM query('FROM __pintail_types(true)')",
        ] {
            assert_eq!(id(sql), Some("internal-function"), "{sql}");
        }
        for sql in [
            "SELECT '__pintail_tell(1)'",
            "SELECT __pintail_matched('a', 'b', 0)",
            "SELECT __pintail_tell FROM t",
        ] {
            assert_eq!(id(sql), None, "{sql}");
        }
    }

    #[test]
    fn duckdbs_own_statements_pass() {
        for sql in [
            "SELECT 1",
            "CREATE TABLE t(i INT)",
            "UPDATE share SET a = 1",
            "UPDATE SHARE s",
            "CREATE DATABASE x",
            "GRANT READ ON SHARE s TO a",
            "PRAGMA table_info('t')",
            "INSTALL httpfs",
            "CREATE TYPE role AS ENUM ('a')",
            "DROP TABLE \"user\"",
            "ALTER TABLE t ADD COLUMN c INT",
            "PREPARE p AS SELECT 1",
        ] {
            assert_eq!(id(sql), None, "{sql}");
        }
    }
}
