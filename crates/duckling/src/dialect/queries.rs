//! What PostgreSQL lets stand in queries and DML: row locks (Rails' and Django's `select_for_update`, Hibernate, job queues)
//! and conflicts named by their constraint (`SQLAlchemy`, Hasura, Knex).

use super::{
    draft::{Draft, Look, Name, split_list},
    labels::ends,
};
use crate::sql::{Token, Tokens, quote_name};

/// Translates the forms wherever they stand in the statement.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    // A statement has one at most.
    let mut has_conflict = false;
    for (index, token) in tokens.iter().enumerate() {
        let rest = tokens.get(index..).unwrap_or_default();
        if token.is_word("for") && is_in_query(tokens.get(..index).unwrap_or_default()) {
            row_lock(Tokens::new(rest), draft);
        } else if token.is_word("on") && !has_conflict {
            has_conflict = conflict(Tokens::new(rest), draft);
        }
    }
}

/// How many tokens are looked at before a FOR.
const DISTANCE_MAX: usize = 2000;

/// Whether what comes next stands in a query, and not in the arguments of a function (`substring(x FROM 2 FOR share)`).
fn is_in_query(before: &[Token<'_>]) -> bool {
    let mut closed = 0usize;
    for (index, token) in before.iter().enumerate().rev().take(DISTANCE_MAX) {
        if [")", "]"].iter().any(|close| token.is_symbol(close)) {
            closed += 1;
        } else if ["(", "["].iter().any(|open| token.is_symbol(open)) {
            if closed == 0 {
                let begins = before.get(index + 1);
                return begins.is_some_and(|first| {
                    ["select", "with", "values", "from", "("]
                        .iter()
                        .any(|word| first.is_word(word) || first.is_symbol(word))
                });
            }
            closed -= 1;
        }
    }
    true
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
        if let Some(target) = cursor.group() {
            key_of_itself(target, cursor, draft);
        }
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

/// `DO UPDATE SET id = EXCLUDED.id` of a column that the conflict is about sets it to what it is (Sequelize and `TypeORM` write all
/// columns): it is left out where another column is set, for DuckDB would remove the row and insert it again, which it cannot where
/// another table refers to it.
fn key_of_itself(target: Tokens<'_, '_>, mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let keys: Vec<String> = target.rest().iter().filter_map(Token::name).collect();
    if !cursor.words(&["do", "update", "set"]) {
        return;
    }
    let tokens = cursor.rest();
    let end = ends(tokens).find(|(_, token)| ["where", "returning"].iter().any(|word| token.is_word(word)));
    let assignments =
        split_list(tokens.get(..end.map_or(tokens.len(), |(index, _)| index)).unwrap_or_default());
    let is_itself = |assignment: &[Token<'_>]| {
        matches!(assignment, [column, equals, excluded, dot, same]
            if equals.is_symbol("=") && excluded.is_word("excluded") && dot.is_symbol(".")
                && column.name() == same.name() && column.name().is_some_and(|name| keys.contains(&name)))
    };
    let Some(last_kept) = assignments.iter().rposition(|assignment| !is_itself(assignment)) else { return };
    let span = |index: usize| {
        let assignment = assignments.get(index)?;
        Some((assignment.first()?.start, assignment.last()?.end))
    };
    for (index, _) in assignments.iter().enumerate().filter(|(_, assignment)| is_itself(assignment)) {
        // With the comma behind it, or all that follow with the comma before them.
        let cut = if index < last_kept {
            span(index).zip(span(index + 1)).map(|(own, next)| (own.0, next.0))
        } else {
            span(index - 1).zip(span(index)).map(|(before, own)| (before.1, own.1))
        };
        if let Some((start, end)) = cut {
            draft.replace(start, end, "");
        }
    }
}
