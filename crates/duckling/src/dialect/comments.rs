//! COMMENT ON: DuckDB keeps those of tables, views, columns, indexes, sequences, types and macros (`pg_dump`, Rails,
//! Django, `TypeORM`, dbt's `persist_docs`).

use super::draft::{Draft, Name};
use crate::sql::Tokens;

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
