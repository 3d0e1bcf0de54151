//! CREATE SEQUENCE and ALTER SEQUENCE: the options that DuckDB does not know (`pg_dump`, Hibernate, Rails, Ecto).

use super::{
    columns::Marker,
    draft::{Draft, Look, Name, quoted},
};
use crate::{
    policy::rules,
    sql::{Token, Tokens, quote_text},
};

/// What the options of a sequence say.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// Those that DuckDB knows, each with a space before it.
    pub(super) sql: String,
    /// SEQUENCE NAME, as `pg_dump` writes it for identity columns.
    pub(super) name: Option<Name>,
    /// OWNED BY: whether by a column.
    pub(super) owned: Option<bool>,
    /// RESTART.
    pub(super) restart: Option<Restart>,
}

/// Where a sequence goes on.
#[derive(Debug)]
pub(super) enum Restart {
    At(String),
    AtTheBeginning,
}

/// Reads them.
pub(super) fn read(tokens: &[Token<'_>], draft: &mut Draft<'_>) -> Options {
    let mut options = Options::default();
    let mut maximum = "";
    let mut cursor = Tokens::new(tokens);
    while let Some(token) = cursor.peek() {
        if cursor.words(&["sequence", "name"]) {
            options.name = Name::take(&mut cursor);
        } else if cursor.words(&["owned", "by"]) {
            let owner = Name::take(&mut cursor);
            options.owned = owner.map(|owner| owner.parts.len() > 1 || owner.last() != "none");
        } else if cursor.word("as") {
            maximum = match cursor.one_of(&["smallint", "int2", "integer", "int", "int4"]) {
                Some("smallint" | "int2") => " MAXVALUE 32767",
                Some(_) => " MAXVALUE 2147483647",
                None => {
                    let _ = cursor.take();
                    ""
                }
            };
        } else if cursor.word("cache") {
            let _ = number(&mut cursor);
        } else if cursor.one_of(&["logged", "unlogged"]).is_some() {
        } else if cursor.word("restart") {
            let _ = cursor.word("with");
            options.restart = Some(number(&mut cursor).map_or(Restart::AtTheBeginning, Restart::At));
        } else if !known(&mut cursor, &mut options.sql) {
            // DuckDB will say what is wrong with it.
            options.sql.push(' ');
            options.sql.push_str(draft.text(token.start, token.end));
            let _ = cursor.take();
        }
    }
    // A sequence that goes down ends at -1, as DuckDB's do.
    if !options.sql.contains(" INCREMENT -")
        && !options.sql.contains(" MAXVALUE ")
        && !options.sql.contains(" NO MAXVALUE")
    {
        options.sql.push_str(maximum);
    }
    options
}

/// One of DuckDB's own options.
fn known(cursor: &mut Tokens<'_, '_>, sql: &mut String) -> bool {
    if cursor.words(&["no", "minvalue"]) || cursor.words(&["no", "maxvalue"]) {
        return true;
    }
    if cursor.words(&["no", "cycle"]) {
        sql.push_str(" NO CYCLE");
        return true;
    }
    let Some(word) = cursor.one_of(&["increment", "minvalue", "maxvalue", "start", "cycle"]) else {
        return false;
    };
    let _ = cursor.one_of(&["by", "with"]);
    sql.push(' ');
    sql.push_str(&word.to_uppercase());
    if word != "cycle"
        && let Some(number) = number(cursor)
    {
        sql.push(' ');
        sql.push_str(&number);
    }
    true
}

/// A number with its sign.
pub(super) fn number(cursor: &mut Tokens<'_, '_>) -> Option<String> {
    let sign = if cursor.symbol("-") { "-" } else { "" };
    let token = cursor.peek()?;
    let is_number = token.text.starts_with(|first: char| first.is_ascii_digit());
    is_number.then_some(())?;
    let _ = cursor.take();
    Some(format!("{sign}{}", token.text))
}

/// Whether it is CREATE SEQUENCE, which is translated then.
pub(super) fn create(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) -> bool {
    let _ = cursor.words(&["or", "replace"]);
    while cursor.one_of(&["temporary", "temp", "unlogged"]).is_some() {}
    if !cursor.word("sequence") {
        return false;
    }
    let _ = cursor.words(&["if", "not", "exists"]);
    let Some(name) = Name::take(&mut cursor) else { return true };
    let Some(first) = cursor.peek() else { return true };
    let options = read(cursor.rest(), draft);
    draft.replace(first.start, draft.sql.len(), options.sql.trim_start());
    if let Some(owned) = options.owned {
        own(&name, owned, draft);
    }
    true
}

fn own(name: &Name, owned: bool, draft: &mut Draft<'_>) {
    let marker = if owned { quote_text(Marker::Serial.text()) } else { "NULL".to_owned() };
    draft.append(&format!("COMMENT ON SEQUENCE {} IS {marker}", quoted(&name.parts)));
}

/// ALTER SEQUENCE, from its name on.
pub(super) fn alter(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let if_exists = cursor.words(&["if", "exists"]);
    let Some(name) = Name::take(&mut cursor) else { return };
    if if_exists && draft.look(Look::Sequence, &name.parts).is_empty() {
        draft.become_nothing();
        return draft.notice(format!("relation \"{}\" does not exist, skipping", name.last()));
    }
    if cursor.words(&["owner", "to"]) {
        return super::alter::owner(draft);
    }
    if cursor.one_of(&["rename", "set"]).is_some() {
        return draft.refuse(&rules::ALTER_SEQUENCE);
    }
    let options = read(cursor.rest(), draft);
    if !options.sql.is_empty() {
        return draft.refuse(&rules::ALTER_SEQUENCE);
    }
    let sequence = quote_text(&quoted(&name.parts));
    let mut statements = Vec::new();
    match options.restart {
        Some(Restart::At(number)) => statements.push(format!("SELECT setval({sequence}, {number}, false)")),
        Some(Restart::AtTheBeginning) => statements.push(format!("SELECT __pintail_restart({sequence})")),
        None => {}
    }
    statements.push(match options.owned {
        Some(owned) => {
            let marker = if owned { quote_text(Marker::Serial.text()) } else { "NULL".to_owned() };
            format!("COMMENT ON SEQUENCE {} IS {marker}", quoted(&name.parts))
        }
        None => super::draft::NOTHING.to_owned(),
    });
    draft.become_text(statements.join("; "));
}
