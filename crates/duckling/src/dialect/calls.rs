//! Calls of functions that DuckDB has under the same name with another meaning. Those with arguments of another number or
//! type are overloads beside DuckDB's own (engine's `shim/overloads.cpp`), and need no translation.

use super::draft::{Draft, split_list};
use crate::sql::{Token, Tokens};

/// Translates a call; `rest` begins with its name.
pub(super) fn translate(name: &Token<'_>, rest: &[Token<'_>], draft: &mut Draft<'_>) {
    if !["format", "json_agg", "jsonb_agg", "row_to_json", "to_json", "to_jsonb"]
        .iter()
        .any(|known| name.is_word(known))
    {
        return;
    }
    let mut cursor = Tokens::new(rest.get(1..).unwrap_or_default());
    let Some(inner) = cursor.group() else { return };
    if name.is_word("format") {
        format(name, &split_list(inner.rest()), draft);
    } else if name.is_word("json_agg") || name.is_word("jsonb_agg") {
        let taken = rest.len() - cursor.rest().len();
        let Some(close) = taken.checked_sub(1).and_then(|last| rest.get(last)) else { return };
        aggregate(name, inner.rest(), close, cursor, draft);
    } else {
        record(inner.rest(), draft);
    }
}

/// `row_to_json(row(a, b))`: the fields of such a record are `f1`, `f2`. DuckDB's have no names, of which one stays in JSON.
fn record(inner: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(inner);
    if !cursor.word("row") {
        return;
    }
    let Some(fields) = cursor.group().filter(|_| cursor.is_empty()) else { return };
    let ([row, open, ..], [.., close]) = (inner, inner) else { return };
    let fields = split_list(fields.rest());
    if fields.iter().any(|field| field.is_empty()) {
        return;
    }
    draft.replace(row.start, open.end, "{");
    for (index, field) in fields.iter().enumerate() {
        if let Some(first) = field.first() {
            draft.insert(first.start, format!("'f{}': ", index + 1));
        }
    }
    draft.replace(close.start, close.end, "}");
}

/// `json_agg(x ORDER BY y) FILTER (WHERE z)`: a macro of an aggregate takes neither order nor filter, so that the list becomes
/// the call (Drizzle, Hasura, `PostgREST`, Prisma build their results so).
fn aggregate(
    name: &Token<'_>,
    inner: &[Token<'_>],
    close: &Token<'_>,
    mut after: Tokens<'_, '_>,
    draft: &mut Draft<'_>,
) {
    let behind = after.rest();
    let is_filtered = after.word("filter") && after.group().is_some();
    let is_over = after.peek().is_some_and(|next| next.is_word("over"));
    let is_ordered = inner.first().is_some_and(|first| first.is_word("distinct"))
        || inner
            .windows(2)
            .any(|pair| matches!(pair, [one, two] if one.is_word("order") && two.is_word("by")));
    if is_over || !(is_filtered || is_ordered) {
        return;
    }
    let taken =
        if is_filtered { behind.get(..behind.len() - after.rest().len()).unwrap_or_default() } else { &[] };
    draft.rename(name, "to_json(list");
    draft.insert(taken.last().unwrap_or(close).end, ")");
}

/// `format('%s', …)`: DuckDB's own has braces for placeholders.
fn format(name: &Token<'_>, arguments: &[&[Token<'_>]], draft: &mut Draft<'_>) {
    let Some(([pattern], values)) = arguments.split_first() else { return };
    let Some(text) = pattern.string() else { return };
    let is_placeholder = |after: &str| {
        let kind = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '$' || c == '-');
        kind.starts_with(['s', 'I', 'L', '%'])
    };
    if !text.contains("%%") && !text.split('%').skip(1).any(is_placeholder) {
        return;
    }
    draft.rename(name, "__pintail_sprintf");
    let texts: Vec<String> = values
        .iter()
        .filter_map(|value| {
            Some(format!("({})::VARCHAR", draft.text(value.first()?.start, value.last()?.end)))
        })
        .collect();
    if let (Some(first), Some(last)) =
        (values.first().and_then(|value| value.first()), values.last().and_then(|value| value.last()))
    {
        draft.replace(first.start, last.end, format!("[{}]", texts.join(", ")));
    } else {
        draft.insert(pattern.end, ", []");
    }
}
