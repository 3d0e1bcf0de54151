//! Functions that return rows: several lists side by side (`FROM unnest(a, b)`), the numbers of a macro's rows (`WITH ORDINALITY`,
//! as Hasura and `PostgREST` write it), all that a pattern finds (`regexp_matches(x, 'p', 'g')`), and groups of such rows (`SELECT
//! unnest(x) AS w … GROUP BY w`, pgcli's words). DuckDB has the first two for some of its own, and groups by none.

use super::{
    draft::{Draft, split_list},
    labels::{ends, items},
};
use crate::sql::{Token, Tokens, quote_name, token::Kind};

/// Macros that return rows of one column (catalog/*.sql).
const COLUMNS: [&str; 9] = [
    "regexp_split_to_table",
    "string_to_table",
    "generate_subscripts",
    "json_array_elements",
    "jsonb_array_elements",
    "json_array_elements_text",
    "jsonb_array_elements_text",
    "json_object_keys",
    "jsonb_object_keys",
];

/// And of several.
const TABLES: [&str; 4] = ["jsonb_each", "json_each_text", "jsonb_each_text", "pg_get_keywords"];

/// What the rows of such a function are called in FROM.
const SOURCE: &str = "__pintail_rows";

/// Whether a function of this name may be one of these.
pub(super) fn returns_rows(token: &Token<'_>) -> bool {
    COLUMNS.iter().chain(&["unnest", "regexp_matches"]).any(|name| token.is_word(name))
}

/// A call, and what stands behind it.
struct Call<'t, 's> {
    function: &'t Token<'s>,
    open: &'t Token<'s>,
    close: &'t Token<'s>,
    arguments: Vec<&'t [Token<'s>]>,
    after: Tokens<'t, 's>,
}

impl<'t, 's> Call<'t, 's> {
    fn read(tokens: &'t [Token<'s>]) -> Option<Self> {
        let mut cursor = Tokens::new(tokens);
        let _ = cursor.word("lateral");
        let schema = cursor;
        if !(cursor.word("pg_catalog") && cursor.symbol(".")) {
            cursor = schema;
        }
        let function = cursor.take().filter(|token| token.kind == Kind::Word)?;
        let behind = cursor.rest();
        let inner = cursor.group()?;
        let arguments = split_list(inner.rest());
        Some(Self {
            function,
            open: behind.first()?,
            close: behind.get(inner.rest().len() + 1)?,
            arguments,
            after: cursor,
        })
    }

    fn is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.function.is_word(name))
    }
}

/// Translates what stands behind FROM, JOIN or a comma there.
pub(super) fn source(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let Some(call) = Call::read(rest) else { return };
    let mut after = call.after;
    let is_numbered = after.words(&["with", "ordinality"]);
    if call.is(&["unnest"]) && call.arguments.len() > 1 && !is_numbered {
        side_by_side(&call, draft);
    } else if is_numbered && (call.is(&COLUMNS) || call.is(&TABLES)) {
        // DuckDB numbers the rows of its own functions alone.
        let [with, ordinality, ..] = call.after.rest() else { return };
        draft.insert(call.function.start, "(SELECT *, row_number() OVER () AS ordinality FROM ");
        draft.replace(with.start, ordinality.end, ")");
    } else if let Some(found) = matches(&call, draft) {
        let _ = after.word("as");
        let alias = after.name();
        draft.replace(
            call.function.start,
            call.close.end,
            format!("(SELECT unnest({found}) AS regexp_matches)"),
        );
        let is_bare = !after.peek().is_some_and(|next| next.is_symbol("("));
        if let (Some(alias), Some(end)) = (alias.filter(|_| is_bare), last_before(call.after, after)) {
            draft.insert(end, format!("({})", quote_name(&alias)));
        }
    }
}

/// Where the last token ends that one cursor has taken and another has not.
fn last_before(before: Tokens<'_, '_>, after: Tokens<'_, '_>) -> Option<usize> {
    let taken = before.rest().len().checked_sub(after.rest().len())?;
    Some(before.rest().get(taken.checked_sub(1)?)?.end)
}

/// `unnest(a, b)`: a column each.
fn side_by_side(call: &Call<'_, '_>, draft: &mut Draft<'_>) {
    draft.replace(call.function.start, call.open.end, "(SELECT unnest(");
    for pair in call.arguments.windows(2) {
        let [one, next] = pair else { continue };
        if let (Some(last), Some(first)) = (one.last(), next.first()) {
            draft.replace(last.end, first.start, "), unnest(");
        }
    }
    draft.insert(call.close.end, ")");
}

/// Translates an output column.
pub(super) fn item(item: &[Token<'_>], draft: &mut Draft<'_>) {
    let Some(call) = Call::read(item) else { return };
    if let Some(found) = matches(&call, draft) {
        draft.replace_value(call.function.start, call.close.end, format!("unnest({found})"));
    }
}

/// The list of all that `regexp_matches(x, 'p', 'g')` finds, each with its groups. DuckDB's own has no such option, and says
/// whether anything is found.
fn matches(call: &Call<'_, '_>, draft: &Draft<'_>) -> Option<String> {
    let [string, [pattern], [flags]] = &call.arguments[..] else { return None };
    let (flags, text) = (flags.string()?, pattern.string()?);
    let is_known =
        call.is(&["regexp_matches"]) && flags.contains('g') && flags.chars().all(|flag| "gi".contains(flag));
    is_known.then_some(())?;
    let string = draft.text(string.first()?.start, string.last()?.end);
    let pattern =
        if flags.contains('i') { format!("'(?i)' || {}", pattern.text) } else { pattern.text.to_owned() };
    let found = |group: usize| format!("regexp_extract_all({string}, {pattern}, {group})");
    let groups = groups_in(&text);
    if groups == 0 {
        return Some(format!("list_transform({}, lambda __found: [__found])", found(0)));
    }
    let parts: Vec<String> = (1..=groups).map(|group| format!("{}[__place]", found(group))).collect();
    let places = format!("generate_series(1, len({}))", found(0));
    Some(format!("list_transform({places}, lambda __place: [{}])", parts.join(", ")))
}

/// How many groups a pattern has that keep what they find.
pub(super) fn groups_in(pattern: &str) -> usize {
    let (mut groups, mut is_escaped, mut class) = (0, false, None);
    let mut rest = pattern.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        let was_escaped = std::mem::take(&mut is_escaped);
        match character {
            _ if was_escaped => {}
            '\\' => is_escaped = true,
            '[' if class.is_none() => class = Some(at),
            // The first in a class is one of its letters.
            ']' if class.is_some_and(|begun| !matches!(pattern.get(begun + 1..at), Some("" | "^"))) => {
                class = None;
            }
            '(' if class.is_none() && rest.peek().is_none_or(|(_, next)| *next != '?') => groups += 1,
            _ => {}
        }
    }
    groups
}

/// `SELECT unnest(x) AS w, count(*) FROM t GROUP BY w`: the function goes into FROM. `rest` stands behind SELECT.
pub(super) fn grouped(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let outer: Vec<(usize, &Token<'_>)> = ends(rest).collect();
    let place =
        |words: &[&str]| outer.iter().position(|(_, token)| words.iter().any(|word| token.is_word(word)));
    let (Some(from), Some(group)) = (place(&["from"]), place(&["group"])) else { return };
    let stop = place(&["where", "group"]).filter(|stop| *stop > from);
    let Some((_, stop)) = stop.and_then(|stop| outer.get(stop)).filter(|_| from < group) else { return };
    let keys: Vec<&Token<'_>> = outer
        .iter()
        .skip(group + 2)
        .take_while(|(_, token)| {
            !["having", "order", "limit", "union"].iter().any(|word| token.is_word(word))
        })
        .map(|(_, token)| *token)
        .collect();
    for (number, item) in items(rest).into_iter().enumerate() {
        let Some(call) = Call::read(item).filter(|call| call.is(&COLUMNS) || call.is(&["unnest"])) else {
            continue;
        };
        let mut after = call.after;
        let _ = after.word("as");
        let alias = after.name().unwrap_or_else(|| call.function.text.to_lowercase());
        let position = (number + 1).to_string();
        let is_key = keys.iter().any(|key| key.name().as_deref() == Some(&alias) || key.text == position);
        if !after.is_empty() || !is_key {
            continue;
        }
        let text = draft.text(call.function.start, call.close.end);
        let label = quote_name(&alias);
        let query = draft.translated(&format!("SELECT {text} AS {label}"));
        draft.replace(call.function.start, call.close.end, format!("{SOURCE}.{label}"));
        draft.insert(stop.start, format!(", LATERAL ({query}) AS {SOURCE} "));
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_counted() {
        for (pattern, count) in [
            ("a", 0),
            ("(a)(b)", 2),
            ("(?:a)", 0),
            (r"\(a", 0),
            ("[(]", 0),
            ("[](]", 0),
            ("[^](](x)", 1),
            (r"[\]](x)", 1),
        ] {
            assert_eq!(groups_in(pattern), count, "{pattern}");
        }
    }
}
