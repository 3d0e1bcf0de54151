//! EXPLAIN: options that DuckDB does not know are left out (`DBeaver`, `DataGrip`, `pgAdmin`, Rails' `explain`). The plan is
//! DuckDB's and looks as DuckDB shows it.

use super::draft::{Draft, split_list};
use crate::sql::{Token, Tokens};

/// What becomes one statement.
const QUERIES: [&str; 7] = ["select", "with", "values", "insert", "update", "delete", "merge"];

/// Translates EXPLAIN, and the statement inside it.
pub(super) fn translate(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let start = cursor.rest();
    if let Some(group) = cursor.group() {
        let kept: Vec<String> = split_list(group.rest()).into_iter().filter_map(option).collect();
        let (Some(open), Some(close)) = (start.first(), start.get(group.rest().len() + 1)) else { return };
        let list = if kept.is_empty() { String::new() } else { format!("({})", kept.join(", ")) };
        draft.replace(open.start, close.end, list);
    } else {
        let _ = cursor.one_of(&["analyze", "analyse"]);
        let before = cursor.rest();
        if cursor.word("verbose") {
            draft.cut(before.get(..1).unwrap_or_default());
        }
    }
    // Of anything else DuckDB explains its own form: what it would become can be several statements, of which only the
    // first would be explained.
    if cursor.peek().is_some_and(|next| QUERIES.iter().any(|word| next.is_word(word))) {
        super::statement(cursor, draft);
    }
}

/// One of DuckDB's.
fn option(option: &[Token<'_>]) -> Option<String> {
    let mut cursor = Tokens::new(option);
    let name = cursor.one_of(&["analyze", "analyse", "format"])?;
    let value = cursor.take().map(|token| token.text.trim_matches('\'').to_lowercase());
    match (name, value.as_deref()) {
        ("format", Some(format)) => Some(format!("FORMAT {format}")),
        (_, Some("false" | "off" | "0" | "no")) => None,
        _ => Some("ANALYZE".to_owned()),
    }
}
