//! Operators: by their schema (`psql`'s `\d`, `postgres_fdw`), of regular expressions in statements that read the catalog, and
//! PostgreSQL's paths into JSON (Hasura, `PostgREST`, Django's `JSONField`).

use super::draft::Draft;
use crate::sql::{Token, Tokens, token::Kind};

/// `OPERATOR(pg_catalog.=)` is the operator; those of regular expressions find a part of the text, as PostgreSQL's do.
pub(super) fn named(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(rest);
    let _ = cursor.take();
    let Some(inner) = cursor.group() else { return };
    let symbols: String = inner
        .rest()
        .iter()
        .rev()
        .take_while(|token| token.kind == Kind::Symbol && token.text != ".")
        .map(|token| token.text)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let taken = rest.get(..rest.len() - cursor.rest().len()).unwrap_or_default();
    let (Some(first), Some(last)) = (taken.first(), taken.last()) else { return };
    let symbols = match symbols.as_str() {
        "" => return,
        "~" => "@~",
        "!~" => "!@~",
        other => other,
    };
    draft.replace(first.start, last.end, format!(" {symbols} "));
}

/// `~` and `!~` in a statement that reads the catalog find a part of the text: tools write patterns for that (`!~ '^pg_'`).
/// Elsewhere they are DuckDB's, which want all of it.
pub(super) fn matching(index: usize, draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    let at = |index: usize| tokens.get(index);
    let Some(token) = at(index) else { return };
    let touches = |one: &Token<'_>, other: &Token<'_>| {
        one.end == other.start && [one, other].iter().all(|token| token.kind == Kind::Symbol)
    };
    let not =
        index.checked_sub(1).and_then(at).filter(|before| before.is_symbol("!") && touches(before, token));
    let start = not.map_or(index, |_| index - 1);
    let before = start.checked_sub(1).and_then(at);
    let is_longer = before
        .is_some_and(|before| at(start).is_some_and(|token| touches(before, token)) && is_operator(before))
        || at(index + 1).is_some_and(|next| touches(token, next) && is_operator(next));
    let has_left = before
        .is_some_and(|before| before.kind != Kind::Symbol || before.is_symbol(")") || before.is_symbol("]"));
    if has_left && !is_longer {
        draft.replace(not.unwrap_or(token).start, token.end, if not.is_some() { "!@~" } else { "@~" });
    }
}

/// Whether a symbol can be a part of an operator of several.
fn is_operator(token: &Token<'_>) -> bool {
    token.text.chars().all(|symbol| "+-*/<>=~!@#%^&|`?".contains(symbol))
}

/// `json #> '{a,b}'` and `#>>`: DuckDB's grammar has no operators that begin so.
pub(super) fn path(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let [hash, first, rest @ ..] = rest else { return };
    if !first.is_symbol(">") || hash.end != first.start {
        return;
    }
    match rest.first().filter(|second| second.is_symbol(">") && first.end == second.start) {
        Some(second) => draft.replace(hash.start, second.end, " @->> "),
        None => draft.replace(hash.start, first.end, " @-> "),
    }
}
