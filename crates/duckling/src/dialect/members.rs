//! `x = ANY(list)` in the condition of an outer join: DuckDB makes a subquery of it, which stands in none. `SQLAlchemy`, Superset and
//! `TypeORM` read the columns of keys so (`LEFT JOIN pg_attribute a ON … AND a.attnum = ANY(c.conkey)`).

use super::draft::Draft;
use crate::sql::{Token, Tokens, token::Kind};

/// How many tokens before it are looked at for the ON that it belongs to.
const DISTANCE_MAX: usize = 200;

/// Translates the form wherever it stands in the statement.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    if !tokens.iter().any(|token| token.is_word("join")) {
        return;
    }
    for (index, token) in tokens.iter().enumerate() {
        if (token.is_word("any") || token.is_word("some")) && is_condition(tokens, index) {
            member(tokens, index, draft);
        }
    }
}

/// Whether what stands here belongs to a join's ON.
fn is_condition(tokens: &[Token<'_>], index: usize) -> bool {
    let mut closed = 0usize;
    for token in tokens.get(..index).unwrap_or_default().iter().rev().take(DISTANCE_MAX) {
        if token.is_symbol(")") {
            closed += 1;
        } else if token.is_symbol("(") {
            closed = closed.saturating_sub(1);
        } else if closed == 0 && token.is_word("on") {
            return true;
        } else if closed == 0
            && ["select", "from", "where", "having", "by"].iter().any(|word| token.is_word(word))
        {
            return false;
        }
    }
    false
}

/// `a.x = ANY(list)` becomes a call with both; where `a.x` is more than a name, it is left.
fn member(tokens: &[Token<'_>], index: usize, draft: &mut Draft<'_>) {
    let before = tokens.get(..index).unwrap_or_default();
    let Some((equals, left)) = before.split_last().filter(|(last, _)| last.is_symbol("=")) else { return };
    let start = name_start(left);
    let (Some(first), Some(any), Some(open)) = (left.get(start), tokens.get(index), tokens.get(index + 1))
    else {
        return;
    };
    let mut after = Tokens::new(tokens.get(index + 1..).unwrap_or_default());
    let Some(list) = after.group() else { return };
    let is_query = list.rest().iter().any(|token| token.is_word("select") || token.is_word("values"));
    // NULL in the list would tell the two apart.
    let is_negated = start
        .checked_sub(1)
        .and_then(|at| left.get(at))
        .is_some_and(|token| token.is_word("not") || token.kind == Kind::Symbol && !token.is_symbol("("));
    if is_query || is_negated || equals.end > any.start {
        return;
    }
    draft.insert(first.start, "__pintail_is_in(");
    draft.replace(equals.start, open.end, ", ");
}

/// Where the name begins that these tokens end in.
fn name_start(tokens: &[Token<'_>]) -> usize {
    let mut start = tokens.len();
    let is_name =
        |at: usize| tokens.get(at).is_some_and(|token| matches!(token.kind, Kind::Word | Kind::QuotedName));
    while let Some(at) = start.checked_sub(1).filter(|at| is_name(*at)) {
        start = at;
        match at.checked_sub(1) {
            Some(dot) if tokens.get(dot).is_some_and(|token| token.is_symbol(".")) => start = dot,
            Some(_) | None => break,
        }
    }
    start
}
