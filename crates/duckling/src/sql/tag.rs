//! Command tags, as CommandComplete carries them (protocol page "CommandComplete", `cmdtaglist.h`).

use super::token::Tokens;

/// What CommandComplete will say, but for the count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// `SELECT n`.
    Select,
    /// `INSERT 0 n`.
    Insert,
    /// A word and a count: `UPDATE n`.
    Counted(&'static str),
    /// Words without a count: `CREATE TABLE`.
    Plain(String),
}

impl Tag {
    /// The tag's text for a number of rows.
    #[must_use]
    pub(crate) fn text(&self, rows: u64) -> String {
        match self {
            Self::Select => format!("SELECT {rows}"),
            Self::Insert => format!("INSERT 0 {rows}"),
            Self::Counted(word) => format!("{word} {rows}"),
            Self::Plain(words) => words.clone(),
        }
    }

    /// Whether it is TRUNCATE's, which DuckDB takes for a DELETE.
    #[must_use]
    pub(crate) fn is_truncate(&self) -> bool {
        matches!(self, Self::Plain(words) if words == "TRUNCATE TABLE")
    }

    /// The tag of a statement that changes the catalog or the session, read from its leading words.
    #[must_use]
    pub(crate) fn of_utility(mut cursor: Tokens<'_, '_>) -> Self {
        let Some(verb) = cursor.take() else {
            return Self::Plain(String::new());
        };
        let verb = verb.text.to_uppercase();
        match verb.as_str() {
            "CREATE" | "DROP" | "ALTER" | "COMMENT" | "TRUNCATE" => {}
            "LOCK" => return Self::Plain("LOCK TABLE".to_owned()),
            "ANALYSE" => return Self::Plain("ANALYZE".to_owned()),
            _ => return Self::Plain(verb),
        }
        if verb == "COMMENT" {
            return Self::Plain(verb);
        }
        if verb == "TRUNCATE" {
            return Self::Plain("TRUNCATE TABLE".to_owned());
        }
        let _ = cursor.words(&["or", "replace"]);
        while cursor
            .one_of(&[
                "temp",
                "temporary",
                "local",
                "global",
                "unique",
                "persistent",
                "recursive",
                "unlogged",
            ])
            .is_some()
        {}
        let object = cursor.take().map(|token| token.text.to_uppercase()).unwrap_or_default();
        if verb == "CREATE" && object == "TABLE" && is_as(cursor) {
            return Self::Select;
        }
        // PostgreSQL has no word for a macro: DuckDB's CREATE MACRO and CREATE FUNCTION are the same thing.
        let object = if object == "MACRO" { "FUNCTION".to_owned() } else { object };
        Self::Plain(format!("{verb} {object}"))
    }
}

/// Whether `CREATE TABLE` goes on with `name [(columns)] AS`: its tag counts rows, as in PostgreSQL.
fn is_as(mut cursor: Tokens<'_, '_>) -> bool {
    let _ = cursor.words(&["if", "not", "exists"]);
    let _ = cursor.name();
    while cursor.symbol(".") {
        let _ = cursor.name();
    }
    let _ = cursor.group();
    cursor.word("as")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lex;

    #[test]
    fn utility_tags_name_verb_and_object() {
        let cases = [
            ("create or replace temp table t(i int)", "CREATE TABLE"),
            ("CREATE UNIQUE INDEX i ON t(i)", "CREATE INDEX"),
            ("create macro f(x) as x", "CREATE FUNCTION"),
            ("drop view if exists v", "DROP VIEW"),
            ("alter table t add column x int", "ALTER TABLE"),
            ("comment on table t is 'x'", "COMMENT"),
            ("truncate t", "TRUNCATE TABLE"),
            ("vacuum", "VACUUM"),
            ("use my_db", "USE"),
            ("create table if not exists a.b(x, y) as from t", "SELECT 0"),
        ];
        for (sql, tag) in cases {
            assert_eq!(Tag::of_utility(Tokens::new(&lex(sql))).text(0), tag, "{sql}");
        }
    }
}
