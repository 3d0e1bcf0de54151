//! Calls of functions that DuckDB has under the same name with other arguments: those with PostgreSQL's are macros of another
//! name (catalog/*.sql), since a built-in function cannot get another form. Django, Rails, Hasura, dbt's Postgres macros and
//! everybody's reports send them.

use super::draft::{Draft, split_list};
use crate::sql::{Token, Tokens};

/// For any number of arguments.
const ANY: usize = 0;

/// Name, how many arguments, and the macro's name.
const CALLS: [(&str, usize, &str); 16] = [
    ("array_length", 2, "__pintail_array_length"),
    ("array_position", 3, "__pintail_position_from"),
    ("cardinality", 1, "len"),
    ("date_trunc", 3, "__pintail_trunc_in"),
    ("decode", 2, "__pintail_decode"),
    ("encode", 2, "__pintail_encode"),
    ("json_extract_path", 3, "__pintail_json_path"),
    ("json_extract_path_text", 3, "__pintail_json_path_text"),
    ("json_build_array", ANY, "json_array"),
    ("json_build_object", ANY, "json_object"),
    ("jsonb_build_array", ANY, "json_array"),
    ("jsonb_build_object", ANY, "json_object"),
    ("octet_length", 1, "__pintail_octets"),
    ("string_to_array", 2, "__pintail_to_array"),
    ("string_to_array", 3, "__pintail_to_array"),
    ("to_timestamp", 2, "__pintail_to_timestamp"),
];

/// Translates a call; `rest` begins with its name.
pub(super) fn translate(name: &Token<'_>, rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let is_known = CALLS.iter().any(|call| name.is_word(call.0));
    if !is_known && !name.is_word("format") {
        return;
    }
    let mut cursor = Tokens::new(rest.get(1..).unwrap_or_default());
    let Some(inner) = cursor.group() else { return };
    let arguments = split_list(inner.rest());
    if name.is_word("format") {
        return format(name, &arguments, draft);
    }
    let call = CALLS.iter().find(|call| name.is_word(call.0) && (call.1 == arguments.len() || call.1 == ANY));
    if let Some((_, _, written)) = call {
        draft.replace(name.start, name.end, *written);
    }
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
