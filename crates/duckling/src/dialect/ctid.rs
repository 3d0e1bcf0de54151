//! `ctid`, the place of a row: `postgres_fdw` and `pgAdmin` read it, and change rows by it in the same transaction. DuckDB's
//! `rowid` is the same thing, a number; it is shown as PostgreSQL's block and row.

use super::draft::{Draft, Look, Name};
use crate::sql::{Token, Tokens};

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
        draft.replace_value(start, token.end, format!("__pintail_ctid({prefix}rowid)"));
    }
}

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
