//! Statements that have no counterpart in DuckDB: each is refused with what to do instead.

use super::draft::Draft;
use crate::{
    policy::rules,
    sql::{Token, Tokens},
};

/// DO blocks; GRANT and REVOKE are the judge of text's.
pub(super) fn translate(first: &Token<'_>, draft: &mut Draft<'_>) {
    if first.is_word("do") {
        draft.refuse(&rules::FUNCTION_LANGUAGE);
    }
}

/// CREATE FUNCTION in another language than DuckDB's expressions, materialized views, domains.
pub(super) fn create(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let _ = cursor.words(&["or", "replace"]);
    if cursor.words(&["materialized", "view"]) {
        return draft.refuse(&rules::MATERIALIZED_VIEW);
    }
    if cursor.one_of(&["temporary", "temp"]).is_some() || !cursor.word("function") {
        return;
    }
    let _ = cursor.words(&["if", "not", "exists"]);
    let _ = super::draft::Name::take(&mut cursor);
    let _ = cursor.group();
    // DuckDB's own form goes on with AS and an expression.
    let is_foreign = cursor.one_of(&["returns", "language", "immutable", "stable", "volatile"]).is_some();
    if is_foreign {
        draft.refuse(&rules::FUNCTION_LANGUAGE);
    }
}
