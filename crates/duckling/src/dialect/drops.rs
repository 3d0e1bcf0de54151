//! DROP of several objects at once, and of what belongs to a table: the sequences of its `serial` and identity columns go
//! with it (everybody's migrations; psycopg's and Rails' test suites).

use super::{
    draft::{Draft, Name},
    found,
};
use crate::sql::{Token, Tokens};

const KINDS: [&str; 9] =
    ["table", "view", "index", "sequence", "type", "schema", "function", "macro", "materialized"];

/// Translates DROP.
pub(super) fn translate(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let Some(kind) = cursor.one_of(&KINDS) else {
        return extension(cursor, draft);
    };
    let _ = kind == "materialized" && cursor.word("view");
    let concurrently = cursor.rest();
    if cursor.word("concurrently") {
        draft.cut(concurrently.get(..1).unwrap_or_default());
    }
    let if_exists = cursor.words(&["if", "exists"]);
    let mut names = Vec::new();
    let mut commas: Vec<&Token<'_>> = Vec::new();
    loop {
        let Some(name) = Name::take(&mut cursor) else { return };
        names.push(name);
        let before = cursor.rest();
        if kind == "function" && cursor.group().is_some() {
            // DuckDB's macros are dropped with all their forms.
            draft.cut(before.get(..before.len() - cursor.rest().len()).unwrap_or_default());
        }
        match cursor.peek() {
            Some(token) if token.is_symbol(",") => commas.extend(cursor.take()),
            Some(_) | None => break,
        }
    }
    let behaviour = match cursor.one_of(&["cascade", "restrict"]) {
        Some("cascade") => " CASCADE",
        Some(_) | None => "",
    };
    let verb = format!("DROP {}{}", kind.to_uppercase(), if if_exists { " IF EXISTS" } else { "" });
    for comma in commas {
        draft.replace(comma.start, comma.end, format!("{behaviour}; {verb} "));
    }
    if kind == "table" {
        drop_owned(&names, draft);
    }
}

fn drop_owned(names: &[Name], draft: &mut Draft<'_>) {
    for name in names {
        for (_, sequence) in found::owned_sequences(&name.parts, draft) {
            draft.append(&format!("DROP SEQUENCE IF EXISTS {sequence}"));
        }
    }
}

/// One that was never there may be dropped, if it need not be there.
fn extension(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    if cursor.words(&["extension", "if", "exists"]) && cursor.rest().len() < 3 {
        draft.become_nothing();
    }
}
