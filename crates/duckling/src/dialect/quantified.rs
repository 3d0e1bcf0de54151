//! `x LIKE ANY (list)`, `NOT ILIKE ALL (list)` and their kin, which DuckDB's grammar has for subqueries alone (Hasura, Superset's
//! filters, everybody's reports). They become calls of macros (catalog/strings.sql).

use super::draft::Draft;
use crate::sql::{Token, Tokens};

/// How many tokens before it are looked at for where the left side begins.
const DISTANCE_MAX: usize = 500;

/// What a left side cannot go beyond: words and symbols of a lower rank.
const WORDS: [&str; 24] = [
    "select",
    "distinct",
    "all",
    "where",
    "and",
    "or",
    "not",
    "on",
    "when",
    "then",
    "else",
    "having",
    "by",
    "from",
    "filter",
    "case",
    "using",
    "returning",
    "set",
    "values",
    "limit",
    "is",
    "as",
    "qualify",
];
const SYMBOLS: [&str; 8] = ["(", "[", "{", ",", ";", "=", "<", ">"];

/// Translates the form wherever it stands in the statement.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    for (index, pair) in tokens.windows(2).enumerate() {
        let [like, quantifier] = pair else { continue };
        let is_like = like.is_word("like") || like.is_word("ilike");
        if is_like && ["any", "some", "all"].iter().any(|word| quantifier.is_word(word)) {
            like_any(index, draft);
        }
    }
}

fn like_any(index: usize, draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    let rest = tokens.get(index + 2..).unwrap_or_default();
    let Some(patterns) = Tokens::new(rest).group() else { return };
    let (Some(open), Some(close)) = (rest.first(), rest.get(patterns.rest().len() + 1)) else { return };
    let (Some(like), Some(quantifier)) = (tokens.get(index), tokens.get(index + 1)) else { return };
    let before = tokens.get(..index).unwrap_or_default();
    let (before, is_negated) = match before.split_last() {
        Some((last, before)) if last.is_word("not") => (before, true),
        _ => (before, false),
    };
    let left = left_side(before);
    let (Some(first), Some(last)) = (left.first(), left.last()) else { return };
    let name = format!(
        "__pintail_{}{}_{}(",
        if is_negated { "not_" } else { "" },
        like.text.to_lowercase(),
        if quantifier.is_word("all") { "all" } else { "any" }
    );
    draft.insert(first.start, name);
    let is_query = patterns.peek().is_some_and(|first| first.is_word("select") || first.is_word("values"));
    draft.replace(last.end, open.end, if is_query { ", ARRAY(" } else { ", " });
    if is_query {
        draft.insert(close.end, ")");
    }
}

/// The expression that these tokens end in.
fn left_side<'t, 's>(tokens: &'t [Token<'s>]) -> &'t [Token<'s>] {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().rev().take(DISTANCE_MAX) {
        let closes = [")", "]", "}"].iter().any(|symbol| token.is_symbol(symbol)) || token.is_word("end");
        let opens = ["(", "[", "{"].iter().any(|symbol| token.is_symbol(symbol)) || token.is_word("case");
        if depth > 0 && opens {
            depth -= 1;
        } else if closes {
            depth += 1;
        } else if depth == 0
            && (SYMBOLS.iter().any(|symbol| token.is_symbol(symbol))
                || WORDS.iter().any(|word| token.is_word(word)))
        {
            return tokens.get(index + 1..).unwrap_or_default();
        }
    }
    if tokens.len() > DISTANCE_MAX { &[] } else { tokens }
}
