//! The output columns of statements that read the catalog have PostgreSQL's names: `format_type`, `?column?`, `case`, and
//! labels without quotes in small letters (`AS TABLE_CAT` is `table_cat`). `DBeaver`, JDBC's metadata, `Npgsql`, Rails and every
//! other tool read their rows by these. Elsewhere DuckDB's names stand, but for calls that have become those of other functions.

use super::{
    draft::{Draft, depth, split_list},
    figure::figure,
};
use crate::sql::{Token, Tokens, quote_name, token::Kind};

/// A longer statement keeps DuckDB's names: no tool writes one, and each level of it is read again.
const TOKENS_MAX: usize = 20_000;
/// The same for a deeper one.
const DEPTH_MAX: usize = 100;

/// What ends a list of output columns.
const ENDS: [&str; 16] = [
    "from",
    "where",
    "group",
    "having",
    "window",
    "union",
    "intersect",
    "except",
    "order",
    "limit",
    "offset",
    "fetch",
    "for",
    "into",
    "qualify",
    "sample",
];

/// Words that combine values, or say something about one.
pub(super) const OPERATORS: [&str; 13] = [
    "and", "or", "not", "is", "in", "like", "ilike", "similar", "between", "isnull", "notnull", "overlaps",
    "operator",
];

/// Words after which a word is no label.
const NO_LABEL_AFTER: [&str; 9] =
    ["collate", "over", "double", "character", "bit", "time", "zone", "distinct", "all"];

/// How many tokens are looked at for all lists of output columns together.
const STEPS_MAX: usize = 2_000_000;

/// Whether a statement keeps DuckDB's names: each list of output columns is looked for up to its end.
pub(super) fn is_too_long(tokens: &[Token<'_>]) -> bool {
    let lists = tokens.iter().filter(|token| token.is_word("select")).count();
    tokens.len() > TOKENS_MAX || lists.saturating_mul(tokens.len()) > STEPS_MAX || depth(tokens) > DEPTH_MAX
}

/// Translates every list of output columns in the statement.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    if is_too_long(tokens) {
        return;
    }
    let reads_catalog = draft.reads_catalog();
    if !reads_catalog && !draft.has_renamed() && !tokens.iter().any(is_own) {
        return;
    }
    for (index, _) in tokens.iter().enumerate().filter(|(_, token)| token.is_word("select")) {
        let is_part =
            index.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|b| b.is_symbol("."));
        if !is_part {
            for item in items(tokens.get(index + 1..).unwrap_or_default()) {
                if reads_catalog || is_own_call(item) || draft.is_renamed(item) && !is_labelled(item) {
                    label(item, draft);
                }
            }
        }
    }
}

fn is_labelled(item: &[Token<'_>]) -> bool {
    matches!(item, [.., before, last] if before.is_word("as") || is_bare_label(before, last))
}

/// Nothing but a call of such a function.
fn is_own_call(item: &[Token<'_>]) -> bool {
    let mut cursor = Tokens::new(item);
    cursor.take().is_some_and(is_own) && cursor.group().is_some() && cursor.is_empty()
}

/// Functions that are PostgreSQL's alone, whatever else the statement does: Knex and `TypeORM` read `version`, Rails the answer of
/// `pg_try_advisory_lock`.
fn is_own(token: &Token<'_>) -> bool {
    let begins = token.text.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("pg_"));
    // That one is DuckDB's, too.
    begins && !token.is_word("pg_typeof") || ["version", "set_config"].iter().any(|name| token.is_word(name))
}

/// The output columns after SELECT.
pub(super) fn items<'t, 's>(tokens: &'t [Token<'s>]) -> Vec<&'t [Token<'s>]> {
    let mut cursor = Tokens::new(tokens);
    if cursor.word("distinct") {
        if cursor.word("on") {
            let _ = cursor.group();
        }
    } else {
        let _ = cursor.word("all");
    }
    let tokens = cursor.rest();
    let end = ends(tokens).find(|(index, token)| {
        let is_compared = token.is_word("from")
            && index
                .checked_sub(1)
                .and_then(|before| tokens.get(before))
                .is_some_and(|t| t.is_word("distinct"));
        let is_name = index
            .checked_sub(1)
            .and_then(|before| tokens.get(before))
            .is_some_and(|t| t.is_symbol(".") || t.is_word("as"));
        !is_compared && !is_name && (token.is_symbol(";") || ENDS.iter().any(|word| token.is_word(word)))
    });
    let end = end.map_or_else(|| closing(tokens), |(index, _)| index);
    split_list(tokens.get(..end).unwrap_or_default())
}

/// The tokens outside of parentheses, brackets and CASE, up to the parenthesis that closes what they are in.
pub(super) fn ends<'t, 's>(tokens: &'t [Token<'s>]) -> impl Iterator<Item = (usize, &'t Token<'s>)> {
    let mut depth = 0i32;
    tokens
        .iter()
        .enumerate()
        .map_while(move |(index, token)| {
            let before = depth;
            depth += change(token);
            (depth >= 0).then_some((index, token, before.max(depth)))
        })
        .filter(|(_, _, depth)| *depth == 0)
        .map(|(index, token, _)| (index, token))
}

fn change(token: &Token<'_>) -> i32 {
    let is = |symbol: &str| token.is_symbol(symbol);
    if is("(") || is("[") || is("{") || token.is_word("case") {
        1
    } else if is(")") || is("]") || is("}") || token.is_word("end") {
        -1
    } else {
        0
    }
}

/// Where what these tokens are in is closed.
fn closing(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0i32;
    for (index, token) in tokens.iter().enumerate() {
        depth += change(token);
        if depth < 0 {
            return index;
        }
    }
    tokens.len()
}

/// Gives an output column its name.
fn label(item: &[Token<'_>], draft: &mut Draft<'_>) {
    let [.., before, last] = item else { return single(item, draft) };
    let is_star = ends(item).any(|(index, token)| {
        let before = index.checked_sub(1).and_then(|before| item.get(before));
        token.is_symbol("*") && before.is_some_and(|before| before.is_symbol("."))
    });
    let is_duckdbs = item
        .first()
        .is_some_and(|first| first.is_symbol("*") || first.is_symbol("{") || first.is_word("columns"));
    let is_prefixed = matches!(item, [_, colon, next, ..] if colon.is_symbol(":") && !next.is_symbol(":"));
    if is_star || is_duckdbs || is_prefixed {
        return;
    }
    if before.is_word("as") || is_bare_label(before, last) {
        return fold(last, draft);
    }
    let (name, is_lasting) = figure(item);
    let is_same =
        if last.kind == Kind::Word { last.text == name } else { last.name().as_ref() == Some(&name) };
    if !(is_lasting && is_same && before.is_symbol(".")) || draft.is_renamed(item) {
        draft.insert(last.end, format!(" AS {}", quote_name(&name)));
    }
}

/// A column that is one token.
fn single(item: &[Token<'_>], draft: &mut Draft<'_>) {
    let [token] = item else { return };
    if token.kind == Kind::QuotedName || token.is_symbol("*") || token.text.is_empty() {
        return;
    }
    let (name, is_lasting) = figure(item);
    if !is_lasting || name != token.text || draft.is_renamed(item) {
        draft.insert(token.end, format!(" AS {}", quote_name(&name)));
    }
}

fn fold(token: &Token<'_>, draft: &mut Draft<'_>) {
    let lower = token.text.to_lowercase();
    if token.kind == Kind::Word && lower != token.text {
        draft.replace(token.start, token.end, lower);
    }
}

/// Whether an expression's last token is a label without AS.
pub(super) fn is_bare_label(before: &Token<'_>, last: &Token<'_>) -> bool {
    const NOT_LABELS: [&str; 6] = ["end", "isnull", "notnull", "null", "precision", "varying"];
    let is_word = last.kind == Kind::Word && !NOT_LABELS.iter().any(|word| last.is_word(word));
    let ends_expression = match before.kind {
        Kind::Word => {
            !OPERATORS.iter().chain(&NO_LABEL_AFTER).any(|word| before.is_word(word))
                && !["from", "when", "then", "else", "escape"].iter().any(|word| before.is_word(word))
        }
        Kind::QuotedName | Kind::Text | Kind::Number | Kind::Parameter => true,
        Kind::Symbol => before.is_symbol(")") || before.is_symbol("]"),
    };
    // INTERVAL '1' DAY is a value.
    let is_unit = before.kind == Kind::Text
        && ["year", "month", "day", "hour", "minute", "second"].iter().any(|unit| last.is_word(unit));
    (is_word || last.kind == Kind::QuotedName) && ends_expression && !is_unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lex;

    #[test]
    fn labels_are_seen() {
        for (item, is_label) in [
            ("a.relname name", true),
            ("count(*) \"N\"", true),
            ("x is null", false),
            ("x::timestamp with time zone", false),
            ("x::double precision", false),
            ("interval '1' day", false),
            ("case when a then b end c", true),
            ("case when a then b end", false),
            ("a and b", false),
            ("f() over w", false),
        ] {
            let tokens = lex(item);
            let [.., before, last] = &tokens[..] else { panic!("{item}") };
            assert_eq!(is_bare_label(before, last), is_label, "{item}");
        }
    }
}
