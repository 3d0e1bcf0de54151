//! The order of rows that nobody asked for: columns come in their own order out of PostgreSQL's catalogs, for it reads them by an
//! index, and tools take them as they come (ADBC's metadata, Sequelize's `describeTable`). DuckDB's joins have none.

use super::{
    draft::{Draft, Name},
    labels::{ends, is_too_long},
};
use crate::sql::{Token, Tokens, token::Kind};

/// What is sorted by, of the catalogs that list columns.
const ORDERS: [(&str, &[&str]); 2] = [
    ("pg_attribute", &["attrelid", "attnum"]),
    ("columns", &["table_schema", "table_name", "ordinal_position"]),
];

/// What makes rows that are none of a table, or says an order itself.
const OTHERS: [&str; 14] = [
    "distinct",
    "union",
    "intersect",
    "except",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "fetch",
    "window",
    "qualify",
    "for",
    "into",
];

const AGGREGATES: [&str; 16] = [
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "any_value",
    "first",
    "last",
    "list",
    "array_agg",
    "string_agg",
    "json_agg",
    "jsonb_agg",
    "json_object_agg",
    "bool_or",
    "bool_and",
];

/// Translates a query of columns that says no order.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    if !tokens.first().is_some_and(|first| first.is_word("select"))
        || !draft.reads_catalog()
        || is_too_long(tokens)
    {
        return;
    }
    let outer: Vec<(usize, &Token<'_>)> = ends(tokens).collect();
    let Some(&(from, _)) = outer.iter().find(|(_, token)| token.is_word("from")) else { return };
    let is_plain = outer.iter().all(|(_, token)| !OTHERS.iter().any(|word| token.is_word(word)));
    if !is_plain || has_aggregate(tokens.get(..from).unwrap_or_default()) {
        return;
    }
    let mut sources = outer.iter().filter(|(index, token)| {
        *index >= from && (token.is_word("from") || token.is_word("join") || token.is_symbol(","))
    });
    let found = sources.find_map(|(index, _)| source(tokens.get(index + 1..)?));
    let last = tokens.iter().rev().find(|token| !token.is_symbol(";"));
    if let (Some((alias, columns)), Some(last)) = (found, last) {
        let columns: Vec<String> = columns.iter().map(|column| format!("{alias}.{column}")).collect();
        draft.insert(last.end, format!(" ORDER BY {}", columns.join(", ")));
    }
}

/// Whether an output column aggregates, other than in a query of its own.
fn has_aggregate(columns: &[Token<'_>]) -> bool {
    let mut queries = vec![false];
    for (index, token) in columns.iter().enumerate() {
        let next = columns.get(index + 1);
        if token.is_symbol("(") {
            let is_query = next.is_some_and(|next| next.is_word("select") || next.is_word("with"));
            queries.push(is_query || queries.last().is_some_and(|is_query| *is_query));
        } else if token.is_symbol(")") && queries.len() > 1 {
            let _ = queries.pop();
        }
        let is_call = next.is_some_and(|next| next.is_symbol("("));
        let is_outside = queries.last().is_some_and(|is_query| !is_query);
        if is_call && is_outside && AGGREGATES.iter().any(|word| token.is_word(word)) {
            return true;
        }
    }
    false
}

/// One of these catalogs, and what it is called here.
fn source(tokens: &[Token<'_>]) -> Option<(String, &'static [&'static str])> {
    let mut cursor = Tokens::new(tokens);
    let name = Name::take(&mut cursor)?;
    let is_known = match &name.parts[..] {
        [.., schema, _] => matches!(schema.as_str(), "pg_catalog" | "information_schema"),
        [only] => only == "pg_attribute",
        [] => false,
    };
    let (_, columns) = ORDERS.iter().find(|(catalog, _)| is_known && *catalog == name.last())?;
    let _ = cursor.word("as");
    let is_alias = |token: &&Token<'_>| {
        let follows = ["where", "join", "inner", "left", "right", "full", "cross", "on", "natural", "using"];
        matches!(token.kind, Kind::Word | Kind::QuotedName) && !follows.iter().any(|word| token.is_word(word))
    };
    let alias = cursor.peek().filter(is_alias).map(|token| token.text.to_owned());
    Some((alias.unwrap_or_else(|| name.last().to_owned()), *columns))
}
