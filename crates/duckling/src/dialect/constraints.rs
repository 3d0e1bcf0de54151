//! What PostgreSQL lets stand behind constraints and DuckDB's grammar does not know: referential actions, DEFERRABLE,
//! MATCH, index parameters (Django, Rails, Prisma, `TypeORM`, Sequelize, `pg_dump`).

use super::draft::Draft;
use crate::{
    policy::rules,
    sql::{Token, Tokens},
};

/// Translates the options in one column's definition or one table constraint.
pub(super) fn options(element: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(element);
    while !cursor.is_empty() {
        let before = cursor.rest();
        if cursor.group().is_some() {
            continue;
        }
        if is_ignored(&mut cursor) {
            draft.cut(before.get(..before.len() - cursor.rest().len()).unwrap_or_default());
        } else if cursor.words(&["on", "delete"]) || cursor.words(&["on", "update"]) {
            action(&mut cursor, before, draft);
        } else if is_exclusion(before) {
            return draft.refuse(&rules::ADD_CONSTRAINT);
        } else if cursor.one_of(&["unique", "key"]).is_some() {
            key(&mut cursor, draft);
        } else {
            let _ = cursor.take();
        }
    }
}

/// `EXCLUDE USING …`, `EXCLUDE (…)`; a column may be called so.
pub(super) fn is_exclusion(tokens: &[Token<'_>]) -> bool {
    matches!(tokens, [first, next, ..] if first.is_word("exclude") && (next.is_word("using") || next.is_symbol("(")))
}

/// What changes nothing. A constraint that may be checked later is checked at once: a transaction that would have been
/// in order at its end may fail, none that is not can pass.
fn is_ignored(cursor: &mut Tokens<'_, '_>) -> bool {
    cursor.words(&["not", "deferrable"])
        || cursor.word("deferrable")
        || cursor.words(&["initially", "deferred"])
        || cursor.words(&["initially", "immediate"])
        || cursor.words(&["not", "valid"])
        || cursor.words(&["match", "simple"])
        || cursor.words(&["match", "full"])
        || cursor.words(&["nulls", "distinct"])
        || cursor.words(&["no", "inherit"])
}

/// The parameters of the index of a primary key or unique constraint.
fn key(cursor: &mut Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let _ = cursor.group();
    loop {
        let before = cursor.rest();
        let is_parameter = if cursor.words(&["nulls", "not", "distinct"]) || cursor.word("include") {
            draft.refuse(&rules::INDEX_FORM);
            return;
        } else if cursor.words(&["using", "index", "tablespace"]) {
            cursor.take().is_some()
        } else {
            cursor.word("with") && cursor.group().is_some()
        };
        if !is_parameter {
            return;
        }
        draft.cut(before.get(..before.len() - cursor.rest().len()).unwrap_or_default());
    }
}

/// DuckDB changes no rows of other tables: what would leave a reference without its row is an error there (23503).
fn action(cursor: &mut Tokens<'_, '_>, before: &[Token<'_>], draft: &mut Draft<'_>) {
    if cursor.word("restrict") || cursor.words(&["no", "action"]) {
        return;
    }
    if cursor.word("cascade") || cursor.words(&["set", "null"]) || cursor.words(&["set", "default"]) {
        let clause = before.get(..before.len() - cursor.rest().len()).unwrap_or_default();
        draft.cut(clause);
        let words = clause.iter().map(|token| token.text.to_uppercase()).collect::<Vec<_>>().join(" ");
        draft.warn(
            format!("{words} is not carried out"),
            "Deleting or changing a row that others refer to is an error; change the others first.",
        );
    }
}
