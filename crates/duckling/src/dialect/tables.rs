//! CREATE TABLE: its columns and constraints (`columns`, `constraints`), LIKE, and what stands behind them. Everybody's
//! migrations send these forms.

use super::{
    columns, constraints,
    draft::{Draft, Look, Name, split_list},
};
use crate::{
    policy::rules,
    sql::{Token, Tokens},
};

/// The table that is being made or changed.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: Name,
    pub(super) is_temporary: bool,
    /// Whether a column is added to it: DuckDB takes no constraint with that.
    pub(super) is_there: bool,
}

/// Whether it is CREATE TABLE, which is translated then.
pub(super) fn create(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) -> bool {
    let _ = cursor.words(&["or", "replace"]);
    let mut is_temporary = false;
    while let Some(word) = cursor.one_of(&["global", "local", "temporary", "temp", "unlogged"]) {
        is_temporary |= word.starts_with("temp");
    }
    if !cursor.word("table") {
        return false;
    }
    let if_not_exists = cursor.words(&["if", "not", "exists"]);
    let Some(name) = Name::take(&mut cursor) else { return true };
    let table = Table { name, is_temporary, is_there: false };
    if cursor.words(&["partition", "of"]) {
        draft.refuse(&rules::PARTITION);
        return true;
    }
    let elements = cursor.group();
    options(cursor, draft);
    if let Some(elements) = elements {
        let mut sequences = 0;
        for element in split_list(elements.rest()) {
            sequences += usize::from(self::element(element, &table, draft));
        }
        if sequences > 0 && if_not_exists && !draft.look(Look::Relation, &table.name.parts).is_empty() {
            draft.become_nothing();
            draft.notice(format!("relation \"{}\" already exists, skipping", table.name.last()));
        }
    }
    true
}

/// One column or constraint; whether it has a sequence of its own.
fn element(element: &[Token<'_>], table: &Table, draft: &mut Draft<'_>) -> bool {
    let Some(first) = element.first() else { return false };
    let is_constraint = ["constraint", "primary", "unique", "foreign", "check"];
    if is_constraint.iter().any(|word| first.is_word(word)) || constraints::is_exclusion(element) {
        constraints::options(element, draft);
        return false;
    }
    if first.is_word("like") && element.get(1).is_some_and(|next| next.name().is_some()) {
        like(element, draft);
        return false;
    }
    columns::definition(element, table, draft)
}

/// `LIKE other [INCLUDING …]`: the columns of another table, with their NOT NULL, and with their defaults if these are
/// included.
fn like(element: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(element);
    let _ = cursor.word("like");
    let Some(other) = Name::take(&mut cursor) else { return };
    let includes_defaults = cursor.rest().windows(2).any(|pair| {
        let [verb, what] = pair else { return false };
        let is_default = what.is_word("all") || what.is_word("defaults") || what.is_word("identity");
        verb.is_word("including") && is_default
    });
    let what = if includes_defaults { Look::ColumnsWithDefaults } else { Look::Columns };
    let columns = draft.look(what, &other.parts);
    let (Some(first), Some(last)) = (element.first(), element.last()) else { return };
    // A table that is not there has no columns: DuckDB says so of its name.
    if columns.is_empty() {
        let missing = draft.text(other.start, other.end);
        draft.prepend(&format!("{} {missing}", super::draft::NOTHING));
        draft.replace(first.start, last.end, "nothing INTEGER");
    } else {
        draft.replace(first.start, last.end, columns.join(", "));
    }
}

/// What stands behind the columns: storage parameters mean nothing to DuckDB.
fn options(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    loop {
        let before = cursor.rest();
        if cursor.words(&["partition", "by"]) || cursor.word("inherits") {
            return draft.refuse(&rules::PARTITION);
        }
        let is_ignored = if cursor.word("with") {
            cursor.group().is_some()
        } else if cursor.one_of(&["using", "tablespace"]).is_some() {
            cursor.take().is_some()
        } else if cursor.words(&["without", "oids"]) {
            true
        } else if cursor.words(&["on", "commit"]) {
            let _ = cursor.take();
            let _ = cursor.word("rows");
            continue;
        } else {
            return;
        };
        if !is_ignored {
            return;
        }
        draft.cut(before.get(..before.len() - cursor.rest().len()).unwrap_or_default());
    }
}
