//! Patterns of LIKE in statements that read the catalogs: a backslash escapes what follows it, as in PostgreSQL, where DuckDB
//! has no such letter of itself (JDBC's `getTables` sends `LIKE 'my\_table'`, ADBC the same as a parameter).

use super::draft::Draft;
use crate::sql::{Token, token::Kind};

/// Translates patterns that are a literal or a parameter.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    let is_like = |token: &Token<'_>| token.is_word("like") || token.is_word("ilike");
    if !tokens.iter().any(is_like) || !draft.reads_catalog() {
        return;
    }
    for (index, _) in tokens.iter().enumerate().filter(|(_, token)| is_like(token)) {
        let rest = tokens.get(index + 1..).unwrap_or_default();
        if let Some(end) = pattern(rest) {
            draft.insert(end, " ESCAPE '\\'");
        }
    }
}

/// Where a pattern ends that may have escapes.
fn pattern(rest: &[Token<'_>]) -> Option<usize> {
    let (first, mut after) = rest.split_first()?;
    let may_escape = match first.kind {
        Kind::Text => first.string()?.contains('\\'),
        Kind::Parameter => true,
        Kind::Word | Kind::QuotedName | Kind::Number | Kind::Symbol => false,
    };
    may_escape.then_some(())?;
    let mut end = first.end;
    while let [one, two, name, ..] = after
        && one.is_symbol(":")
        && two.is_symbol(":")
        && name.kind == Kind::Word
    {
        end = name.end;
        after = after.get(3..).unwrap_or_default();
    }
    let goes_on = after.first().is_some_and(|next| {
        next.is_word("escape")
            || next.is_word("collate")
            || next.kind == Kind::Symbol && !next.is_symbol(")") && !next.is_symbol(",")
    });
    (!goes_on).then_some(end)
}
