//! What stands in FROM: functions of one value (`SELECT * FROM current_schema()`, as `TypeORM` asks), and the alias of a
//! function, which is also the name of its column (`SELECT n FROM generate_series(1, 3) AS n`, as `SQLAlchemy` writes).

use super::{draft::Draft, labels, sets};
use crate::sql::{Token, Tokens, quote_name, token::Kind};

/// Functions of one value that tools read so.
const SCALARS: [&str; 18] = [
    "version",
    "current_schema",
    "current_database",
    "current_setting",
    "set_config",
    "nextval",
    "setval",
    "lastval",
    "currval",
    "txid_current",
    "pg_backend_pid",
    "pg_is_in_recovery",
    "pg_advisory_lock",
    "pg_advisory_unlock",
    "pg_try_advisory_lock",
    "pg_advisory_xact_lock",
    "pg_try_advisory_xact_lock",
    "pg_advisory_unlock_all",
];

/// Words that come behind a source, and are no alias.
const NO_ALIAS: [&str; 22] = [
    "where",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "on",
    "using",
    "group",
    "order",
    "limit",
    "offset",
    "union",
    "intersect",
    "except",
    "having",
    "window",
    "for",
    "fetch",
    "returning",
];

/// Translates what stands behind FROM.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    let is_short = !labels::is_too_long(tokens);
    let reads_catalog = is_short && draft.reads_catalog();
    // Each list of output columns is looked for up to its end.
    let has_rows = is_short && (reads_catalog || tokens.iter().any(sets::returns_rows));
    let is_series = |token: &Token<'_>| SERIES.iter().any(|name| token.is_word(name));
    // Each is looked for in the whole statement: of many, in a long one, none is.
    let are_looked_for = reads_catalog || tokens.iter().filter(|token| is_series(token)).count() == 1;
    let mut sources = vec![false];
    for (index, token) in tokens.iter().enumerate() {
        follow(token, &mut sources);
        let rest = tokens.get(index + 1..).unwrap_or_default();
        if token.is_word("select") && has_rows {
            sets::grouped(rest, draft);
            for item in labels::items(rest) {
                sets::item(item, draft);
                if reads_catalog {
                    rows(item, draft);
                }
            }
        }
        if token.is_word("from") {
            scalar(rest, draft);
        }
        let is_begin = token.is_word("from")
            || token.is_word("join")
            || token.is_symbol(",")
            || token.is_word("lateral");
        if is_begin && sources.last().is_some_and(|is_source| *is_source) {
            sets::source(rest, draft);
            if are_looked_for {
                series(rest, draft);
            }
        }
    }
}

/// Whether sources of rows stand behind a token, for each parenthesis that is open.
fn follow(token: &Token<'_>, sources: &mut Vec<bool>) {
    if token.is_symbol("(") {
        sources.push(false);
    } else if token.is_symbol(")") && sources.len() > 1 {
        sources.pop();
    }
    let Some(is_source) = sources.last_mut() else { return };
    if token.is_word("from") || token.is_word("join") {
        *is_source = true;
    } else if ["select", "where", "group", "having", "order", "limit", "window", "union"]
        .iter()
        .any(|word| token.is_word(word))
    {
        *is_source = false;
    }
}

/// `SELECT generate_series(1, n)` gives rows in PostgreSQL and a list in DuckDB (psqlODBC's keys).
fn rows(item: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(item);
    if !cursor.word("generate_series") || cursor.group().is_none() {
        return;
    }
    if let (Some(first), Some(last)) = (item.first(), item.get(item.len() - cursor.rest().len() - 1)) {
        draft.replace(first.start, first.end, "unnest(generate_series");
        draft.insert(last.end, ")");
    }
}

/// A call becomes a query of one row.
fn scalar(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(rest);
    let schema = cursor;
    if !(cursor.name().as_deref() == Some("pg_catalog") && cursor.symbol(".")) {
        cursor = schema;
    }
    let Some(first) = rest.first() else { return };
    let Some(name) = cursor.name().filter(|name| SCALARS.contains(&name.as_str())) else { return };
    if cursor.group().is_none() {
        return;
    }
    let Some(last) = rest.get(rest.len() - cursor.rest().len() - 1) else { return };
    let label = alias(cursor).and_then(Token::name).unwrap_or(name);
    draft.insert(first.start, "(SELECT ");
    draft.insert(last.end, format!(" AS {})", quote_name(&label)));
}

/// The alias behind a source, if it has one without columns.
fn alias<'t, 's>(mut cursor: Tokens<'t, 's>) -> Option<&'t Token<'s>> {
    let _ = cursor.word("as");
    let alias = cursor.take()?;
    let is_name = alias.kind == Kind::QuotedName
        || alias.kind == Kind::Word && !NO_ALIAS.iter().any(|word| alias.is_word(word));
    let has_columns = cursor.peek().is_some_and(|next| next.is_symbol("("));
    (is_name && !has_columns).then_some(alias)
}

/// Functions that return one column.
const SERIES: [&str; 4] = ["generate_series", "generate_subscripts", "string_to_array", "unnest"];

/// Where the alias is read as a value, and the function's own name is not: DuckDB would give a struct for it.
fn series(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(rest);
    let schema = cursor;
    if !(cursor.word("pg_catalog") && cursor.symbol(".")) {
        cursor = schema;
    }
    let function = cursor.take();
    let is_series = function.is_some_and(|function| SERIES.iter().any(|name| function.is_word(name)));
    if !is_series || cursor.group().is_none() {
        return;
    }
    let Some(alias) = alias(cursor) else { return };
    let Some(name) = alias.name() else { return };
    let tokens = draft.tokens;
    let is_value = |(index, token): (usize, &Token<'_>)| {
        let is_dot =
            |at: Option<usize>| at.and_then(|at| tokens.get(at)).is_some_and(|token| token.is_symbol("."));
        token.start != alias.start
            && matches!(token.kind, Kind::Word | Kind::QuotedName)
            && token.name().as_deref() == Some(&name)
            && !is_dot(index.checked_sub(1))
            && !is_dot(Some(index + 1))
    };
    if tokens.iter().enumerate().any(is_value) {
        draft.insert(alias.end, format!("({})", quote_name(&name)));
    }
}
