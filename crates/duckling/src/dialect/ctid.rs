//! `ctid`, the place of a row: `postgres_fdw` and `pgAdmin` read it, and change rows by it in the same transaction. DuckDB's
//! `rowid` is the same thing, a number; it is shown as PostgreSQL's block and row.

use super::draft::{Draft, Look, Name};
use crate::sql::{Token, Tokens, token::Kind};

/// Translates the column wherever it stands in a query, an UPDATE or a DELETE.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    let is_ctid = |token: &Token<'_>| token.is_word("ctid");
    let verbs = ["select", "with", "update", "delete"];
    if !tokens.iter().any(is_ctid)
        || !tokens.first().is_some_and(|first| verbs.iter().any(|verb| first.is_word(verb)))
        || draft.reads_catalog()
        || has_such_a_column(draft)
    {
        return;
    }
    for (index, token) in tokens.iter().enumerate().filter(|(_, token)| is_ctid(token)) {
        let at = |index: Option<usize>| index.and_then(|index| tokens.get(index));
        let before = at(index.checked_sub(1));
        if before.is_some_and(|before| before.is_word("as"))
            || at(Some(index + 1)).is_some_and(|next| next.is_symbol("(") || next.is_symbol("."))
        {
            continue;
        }
        let qualifier = at(index.checked_sub(2)).filter(|_| before.is_some_and(|token| token.is_symbol(".")));
        let (start, prefix) = qualifier.map_or((token.start, ""), |qualifier| {
            (qualifier.start, draft.text(qualifier.start, token.start))
        });
        if let Some((end, first, last)) = range(tokens.get(index + 1..).unwrap_or_default()) {
            draft.replace(start, end, format!("{prefix}rowid BETWEEN {first} AND {last}"));
        } else {
            draft.replace_value(start, token.end, format!("__pintail_ctid({prefix}rowid)"));
        }
    }
    for window in tokens.windows(4) {
        let [text, one, two, name] = window else { continue };
        if text.kind == Kind::Text && one.is_symbol(":") && two.is_symbol(":") && name.is_word("tid") {
            draft.cut(&[*one, *two, *name]);
        }
    }
}

/// `BETWEEN '(0,0)'::tid AND '(9,0)'::tid` (DuckDB's `postgres` extension reads tables in such parts): where it ends, and the
/// numbers of rows.
fn range(rest: &[Token<'_>]) -> Option<(usize, i64, i64)> {
    let [between, first, one, two, tid, and, last, three, four, last_tid, ..] = rest else { return None };
    let is_cast = |one: &Token<'_>, two: &Token<'_>, name: &Token<'_>| {
        one.is_symbol(":") && two.is_symbol(":") && name.is_word("tid")
    };
    (between.is_word("between")
        && and.is_word("and")
        && is_cast(one, two, tid)
        && is_cast(three, four, last_tid))
    .then_some(())?;
    Some((last_tid.end, number(&first.string()?)?, number(&last.string()?)?))
}

/// The number of a row by its place, as `__pintail_ctid` shows it.
fn number(place: &str) -> Option<i64> {
    let (block, item) = place.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    block.parse::<i64>().ok()?.checked_mul(BLOCK_ROWS)?.checked_add(item.parse::<i64>().ok()?)?.checked_sub(1)
}

/// How many rows a block is said to have.
const BLOCK_ROWS: i64 = 65535;

/// Whether a table of the statement has a column that is called so.
fn has_such_a_column(draft: &Draft<'_>) -> bool {
    let tokens = draft.tokens;
    let names: Vec<Name> = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| ["from", "join", "update"].iter().any(|word| token.is_word(word)))
        .filter_map(|(index, _)| Name::take(&mut Tokens::new(tokens.get(index + 1..)?)))
        .take(TABLES_MAX)
        .collect();
    names.iter().any(|name| {
        let columns = draft.look_once(Look::Columns, &name.parts);
        columns.iter().any(|column| column.to_lowercase().starts_with("\"ctid\" "))
    })
}

/// How many tables are looked at.
const TABLES_MAX: usize = 20;
