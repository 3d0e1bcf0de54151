//! What PostgreSQL lets stand in queries and DML: row locks (Rails' and Django's `select_for_update`, Hibernate, job queues)
//! and conflicts named by their constraint (`SQLAlchemy`, Hasura, Knex).

use super::draft::{Draft, Look, Name};
use crate::sql::{Tokens, quote_name};

/// Translates the forms wherever they stand in the statement.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    // A statement has one at most.
    let mut has_conflict = false;
    for (index, token) in tokens.iter().enumerate() {
        let rest = tokens.get(index..).unwrap_or_default();
        if token.is_word("for") {
            row_lock(Tokens::new(rest), draft);
        } else if token.is_word("on") && !has_conflict {
            has_conflict = conflict(Tokens::new(rest), draft);
        }
    }
}

/// `FOR UPDATE …`: rows are not locked; of two transactions that change the same row the second fails (40001).
fn row_lock(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let before = cursor.rest();
    let _ = cursor.word("for");
    let is_lock = cursor.word("update")
        || cursor.word("share")
        || cursor.words(&["no", "key", "update"])
        || cursor.words(&["key", "share"]);
    if !is_lock {
        return;
    }
    if cursor.word("of") {
        while Name::take(&mut cursor).is_some() && cursor.symbol(",") {}
    }
    let _ = cursor.word("nowait") || cursor.words(&["skip", "locked"]);
    draft.cut(before.get(..before.len() - cursor.rest().len()).unwrap_or_default());
}

/// `ON CONFLICT ON CONSTRAINT name` becomes the constraint's columns. Whether it is one.
fn conflict(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) -> bool {
    if !cursor.words(&["on", "conflict"]) {
        return false;
    }
    let before = cursor.rest();
    if !cursor.words(&["on", "constraint"]) {
        return true;
    }
    let Some(constraint) = cursor.name() else { return true };
    let mut start = Tokens::new(draft.tokens);
    while start.peek().is_some_and(|token| !token.is_word("into")) {
        let _ = start.take();
    }
    let _ = start.word("into");
    let Some(table) = Name::take(&mut start) else { return true };
    let mut asked = table.parts.clone();
    asked.push(constraint);
    let columns: Vec<String> =
        draft.look_once(Look::KeyColumns, &asked).iter().map(|column| quote_name(column)).collect();
    if columns.is_empty() {
        return true;
    }
    let taken = before.get(..before.len() - cursor.rest().len()).unwrap_or_default();
    if let (Some(first), Some(last)) = (taken.first(), taken.last()) {
        draft.replace(first.start, last.end, format!("({})", columns.join(", ")));
    }
    true
}
