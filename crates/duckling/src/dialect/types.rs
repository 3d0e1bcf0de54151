//! Names of types: `serial` and its kin, `jsonb`, precisions that DuckDB's types do not have. Everybody's migrations send
//! them (Rails, Django, `TypeORM`, Prisma, `pg_dump`).

use super::draft::Draft;
use crate::{
    policy::rules,
    sql::{Token, Tokens, token::Kind},
};

/// A column whose type is a promise to number its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Serial {
    /// The type of its numbers.
    pub(super) type_name: &'static str,
    /// The largest of them.
    pub(super) maximum: i64,
}

/// What `serial` and its kin stand for.
pub(super) fn serial(token: &Token<'_>) -> Option<Serial> {
    if token.kind != Kind::Word {
        return None;
    }
    let (type_name, maximum) = match token.text.to_ascii_lowercase().as_str() {
        "serial" | "serial4" => ("INTEGER", i64::from(i32::MAX)),
        "bigserial" | "serial8" => ("BIGINT", i64::MAX),
        "smallserial" | "serial2" => ("SMALLINT", i64::from(i16::MAX)),
        _ => return None,
    };
    Some(Serial { type_name, maximum })
}

/// Writes the type that begins here as DuckDB knows it.
pub(super) fn translate(tokens: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(tokens);
    let schema = cursor;
    if cursor.name().as_deref() == Some("pg_catalog") && cursor.symbol(".") {
        // Types are found without their schema, and DuckDB does not find all of its own with it.
        if let (Some(schema), Some(first)) = (schema.peek(), cursor.peek()) {
            draft.replace(schema.start, first.start, "");
        }
    } else {
        cursor = schema;
    }
    let Some(first) = cursor.take().filter(|token| token.kind == Kind::Word) else { return };
    let word = first.text;
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    if is("jsonb") {
        draft.replace(first.start, first.end, "JSON");
    } else if is("citext") {
        draft.refuse(&rules::CITEXT);
    } else if is("varbit") || (is("bit") && cursor.word("varying")) {
        let end = precision(&mut cursor).map_or_else(|| end_before(tokens, cursor, first), |(_, end)| end);
        draft.replace(first.start, end, "BIT");
    } else if is("timestamptz") || is("timetz") || is("time") || is("interval") {
        if let Some((start, end)) = precision(&mut cursor) {
            draft.replace(start, end, "");
        }
    } else if is("timestamp")
        && let Some((start, end)) = precision(&mut cursor)
        && cursor.words(&["with", "time", "zone"])
    {
        draft.replace(start, end, "");
    }
}

/// `(n)`, and where it stands.
fn precision(cursor: &mut Tokens<'_, '_>) -> Option<(usize, usize)> {
    let open = cursor.peek()?;
    let mut ahead = *cursor;
    let inner = ahead.group()?;
    let [number] = inner.rest() else { return None };
    if number.kind != Kind::Number {
        return None;
    }
    let end = cursor.rest().get(2)?.end;
    *cursor = ahead;
    Some((open.start, end))
}

/// Where the last token that was taken ends.
fn end_before(tokens: &[Token<'_>], cursor: Tokens<'_, '_>, first: &Token<'_>) -> usize {
    let taken = tokens.len() - cursor.rest().len();
    taken.checked_sub(1).and_then(|last| tokens.get(last)).map_or(first.end, |last| last.end)
}
