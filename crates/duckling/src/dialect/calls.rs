//! Calls of functions that DuckDB has under the same name with another meaning. Those with arguments of another number or
//! type are overloads beside DuckDB's own (engine's `shim/overloads.cpp`), and need no translation.

use super::draft::{Draft, split_list};
use crate::sql::{Token, Tokens};

/// Translates a call; `rest` begins with its name.
pub(super) fn translate(name: &Token<'_>, rest: &[Token<'_>], draft: &mut Draft<'_>) {
    if !name.is_word("format") {
        return;
    }
    let mut cursor = Tokens::new(rest.get(1..).unwrap_or_default());
    let Some(inner) = cursor.group() else { return };
    format(name, &split_list(inner.rest()), draft);
}

/// `format('%s', …)`: DuckDB's own has braces for placeholders.
fn format(name: &Token<'_>, arguments: &[&[Token<'_>]], draft: &mut Draft<'_>) {
    let Some(([pattern], values)) = arguments.split_first() else { return };
    let Some(text) = pattern.string() else { return };
    let is_placeholder = |after: &str| {
        let kind = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '$' || c == '-');
        kind.starts_with(['s', 'I', 'L', '%'])
    };
    if !text.split('%').skip(1).any(is_placeholder) {
        return;
    }
    draft.replace(name.start, name.end, "__pintail_sprintf");
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
