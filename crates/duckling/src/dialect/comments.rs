//! COMMENT ON: DuckDB keeps those of tables, views, columns, indexes, sequences, types and macros (`pg_dump`, Rails,
//! Django, `TypeORM`, dbt's `persist_docs`).

use super::draft::{Draft, Look, Name};
use crate::sql::{Tokens, quote_text};

/// Translates COMMENT ON.
pub(super) fn translate(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    if !cursor.word("on") {
        return;
    }
    let Some(kind) = cursor.take() else { return };
    let is = |words: &[&str]| words.iter().any(|word| kind.is_word(word));
    if is(&["function", "procedure", "routine", "aggregate"]) {
        draft.replace(kind.start, kind.end, "MACRO");
        let _ = Name::take(&mut cursor);
        let before = cursor.rest();
        if cursor.group().is_some() {
            draft.cut(before.get(..before.len() - cursor.rest().len()).unwrap_or_default());
        }
    } else if is(&["sequence"]) {
        sequence(cursor, draft);
    } else if is(&["materialized"]) {
        draft.replace(kind.start, kind.end, "");
    } else if is(&[
        "schema",
        "database",
        "constraint",
        "extension",
        "trigger",
        "role",
        "domain",
        "policy",
        "rule",
    ]) {
        draft.become_nothing();
        draft.warn(
            format!("comments on a {} are not kept", kind.text.to_lowercase()),
            "Tables, views, columns, indexes, sequences, types and macros keep theirs.",
        );
    }
}

/// A sequence that belongs to a column says so in its comment: what a user says of it stands behind that.
fn sequence(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let Some(name) = Name::take(&mut cursor) else { return };
    let Some(text) = cursor.word("is").then(|| cursor.take()).flatten() else { return };
    let found = draft.look(Look::Sequence, &name.parts);
    let [_, marker] = &found[..] else { return };
    if marker.is_empty() {
        return;
    }
    match text.string() {
        Some(comment) => draft.replace(text.start, text.end, quote_text(&format!("{marker}; {comment}"))),
        None if text.is_word("null") => draft.replace(text.start, text.end, quote_text(marker)),
        None => {}
    }
}
