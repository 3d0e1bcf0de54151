//! What stands in expressions, in whatever statement: operators by their schema, collations, types, array literals,
//! sequences by `regclass` (psql's `\d` writes operators and collations so; psycopg2, Rails, Sequelize and `TypeORM` arrays;
//! Rails and `pg_dump` `nextval('s'::regclass)`). One pass over the tokens, which stops at few of them.

use super::{
    calls, catalogs,
    draft::{Draft, Look},
    operators,
    public::PUBLIC,
    sets, types,
};
use crate::sql::{Token, Tokens, quote_name, quote_text, token::Kind};

/// Translates the forms wherever they stand in the statement.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    let reads_catalog = draft.reads_catalog();
    for (index, token) in tokens.iter().enumerate() {
        let rest = tokens.get(index..).unwrap_or_default();
        match token.kind {
            Kind::Symbol if token.text == "~" && reads_catalog => operators::matching(index, draft),
            Kind::Symbol if token.text == "#" => operators::path(rest, draft),
            Kind::Word => word(token, rest, draft),
            Kind::Symbol if token.text == ":" => {
                if let [first, second, type_name @ ..] = rest
                    && second.is_symbol(":")
                    && first.end == second.start
                {
                    types::translate(type_name, draft);
                    catalogs::type_name(type_name, draft);
                }
            }
            Kind::Symbol | Kind::QuotedName | Kind::Text | Kind::Number | Kind::Parameter => {}
        }
    }
}

fn word(token: &Token<'_>, rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let Some(next) = rest.get(1) else { return };
    if next.is_symbol("(") {
        calls::translate(token, rest, draft);
    }
    let is = |word: &str| token.is_word(word);
    // By the first letter: most words are none of these.
    match token.text.bytes().next().map(|byte| byte.to_ascii_lowercase()) {
        Some(b'o') if is("operator") && next.is_symbol("(") => operators::named(rest, draft),
        Some(b'c') if is("collate") => collation(rest, draft),
        Some(b'c') if is("cast") && next.is_symbol("(") => cast(rest, draft),
        Some(b'c' | b'n' | b's') if next.is_symbol("(") => {
            if ["nextval", "currval", "setval"].iter().any(|name| is(name)) {
                sequence(rest, draft);
            } else if is("substring") {
                substring(rest, draft);
            } else if is("current_timestamp") || is("current_time") {
                precision(rest, draft);
            }
        }
        Some(b'l') if next.is_symbol("(") && (is("localtimestamp") || is("localtime")) => {
            precision(rest, draft);
        }
        Some(b'a' | b's') if (is("any") || is("all") || is("some")) && next.is_symbol("(") => {
            quantified(rest, draft);
        }
        Some(b'j') if is("jsonb") && next.kind == Kind::Text => draft.replace(token.start, token.end, "JSON"),
        Some(b't') if is("tablesample") => sample(rest, draft),
        Some(b'p') if is("pg_catalog") && next.is_symbol(".") => built_in(token, rest, draft),
        Some(b'i') if is("information_schema") => small(token, draft),
        _ => {}
    }
}

/// Collations by PostgreSQL's names; the default one is no collation at all.
fn collation(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(rest);
    let _ = cursor.take();
    let schema = cursor;
    if !(cursor.name().as_deref() == Some("pg_catalog") && cursor.symbol(".")) {
        cursor = schema;
    }
    let Some(name) = cursor.written_name() else { return };
    let taken = rest.get(..rest.len() - cursor.rest().len()).unwrap_or_default();
    let (Some(first), Some(last)) = (taken.first(), taken.last()) else { return };
    let lower = name.to_lowercase();
    let base = lower.trim_end_matches(".utf8").trim_end_matches(".utf-8").trim_end_matches("-x-icu");
    if matches!(base, "default" | "und" | "unicode") {
        return draft.replace(first.start, last.end, "");
    }
    if matches!(base, "c" | "posix" | "ucs_basic") {
        // The catalogs' columns are compared byte by byte anyway, and DuckDB cannot collate types that are VARCHAR under another
        // name.
        let is_own = draft.reads_catalog();
        return draft.replace(first.start, last.end, if is_own { "" } else { "COLLATE C" });
    }
    if draft.reads_catalog() {
        return draft.replace(
            first.start,
            last.end,
            format!("::VARCHAR COLLATE {}", quote_name(&base.replace('-', "_"))),
        );
    }
    let is_renamed = base != lower || taken.len() > 2;
    if is_renamed {
        draft.replace(first.start, last.end, format!("COLLATE {}", quote_name(&base.replace('-', "_"))));
    }
}

/// `CAST(x AS type)`.
fn cast(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(rest);
    let _ = cursor.take();
    let Some(inner) = cursor.group() else { return };
    let mut depth = 0i32;
    for (index, token) in inner.rest().iter().enumerate() {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth -= 1;
        } else if depth == 0 && token.is_word("as") {
            let type_name = inner.rest().get(index + 1..).unwrap_or_default();
            types::translate(type_name, draft);
            catalogs::type_name(type_name, draft);
        }
    }
}

/// `nextval('s'::regclass)`: DuckDB wants the name alone.
fn sequence(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let [_, _, name, rest @ ..] = rest else { return };
    let Some(text) = name.string() else { return };
    if let [first, second, class, ..] = rest
        && first.is_symbol(":")
        && second.is_symbol(":")
        && class.is_word("regclass")
    {
        draft.replace(first.start, class.end, "");
    }
    if let Some(bare) = text.strip_prefix("public.").or_else(|| text.strip_prefix("\"public\"."))
        && draft.look_once(Look::Schema, &[PUBLIC.to_owned()]).is_empty()
    {
        draft.replace(name.start, name.end, quote_text(&format!("main.{bare}")));
    }
}

/// `substring(x FROM 'pattern')`: what a regular expression finds, or its first group.
fn substring(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(rest);
    let Some(function) = cursor.take() else { return };
    let Some(inner) = cursor.group() else { return };
    let [.., separator, pattern] = inner.rest() else { return };
    let Some(text) = pattern.string() else { return };
    let is_plain = !inner.rest().iter().any(|token| token.is_word("for") || token.is_word("similar"));
    if !is_plain || !(separator.is_word("from") || separator.is_symbol(",")) {
        return;
    }
    let is_group = sets::groups_in(&text) > 0;
    draft.rename(function, "__pintail_matched");
    draft.replace(separator.start, separator.end, ",");
    draft.insert(pattern.end, if is_group { ", 1" } else { ", 0" });
}

/// `CURRENT_TIMESTAMP(3)`: DuckDB's has no precision.
fn precision(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    if let [_, open, number, close, ..] = rest
        && number.kind == Kind::Number
        && close.is_symbol(")")
    {
        draft.replace(open.start, close.end, "");
    }
}

/// `ANY('{1,2}')`: an array's literal without a type.
fn quantified(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let [_, _, literal, close, ..] = rest else { return };
    let Some(text) = literal.string().filter(|text| text.starts_with('{')) else { return };
    if !close.is_symbol(")") {
        return;
    }
    let Ok(array) = wire::types::array::parse(text.as_bytes()) else { return };
    if array.dimensions.len() > 1 {
        return;
    }
    let element = |element: &Option<std::borrow::Cow<'_, [u8]>>| {
        element
            .as_ref()
            .map_or_else(|| "NULL".to_owned(), |bytes| literal_of(&String::from_utf8_lossy(bytes)))
    };
    let before = draft.tokens.get(..draft.tokens.len() - rest.len()).unwrap_or_default();
    if let Some((start, word)) = membership(before, rest).filter(|_| !array.elements.is_empty()) {
        // Values without a type take that of the left side, whatever it is.
        let element = |element: &Option<std::borrow::Cow<'_, [u8]>>| {
            element
                .as_ref()
                .map_or_else(|| "NULL".to_owned(), |bytes| quote_text(&String::from_utf8_lossy(bytes)))
        };
        let elements: Vec<String> = array.elements.iter().map(element).collect();
        return draft.replace(start, close.end, format!("{word} ({})", elements.join(", ")));
    }
    let elements: Vec<String> = array.elements.iter().map(element).collect();
    draft.replace(literal.start, literal.end, format!("[{}]", elements.join(", ")));
}

/// `= ANY` is IN, and `<> ALL` is NOT IN: where the operator begins, and the word.
fn membership(before: &[Token<'_>], rest: &[Token<'_>]) -> Option<(usize, &'static str)> {
    let quantifier = rest.first()?;
    let is_all = quantifier.is_word("all");
    match before {
        [.., one, two] if is_all && two.end <= quantifier.start && one.end == two.start => {
            let is_unequal =
                (one.is_symbol("<") && two.is_symbol(">")) || (one.is_symbol("!") && two.is_symbol("="));
            is_unequal.then_some((one.start, "NOT IN"))
        }
        [.., value, equals] if !is_all && equals.is_symbol("=") => {
            let is_longer = value.end == equals.start
                && value.kind == Kind::Symbol
                && !value.is_symbol(")")
                && !value.is_symbol("]");
            (!is_longer).then_some((equals.start, "IN"))
        }
        _ => None,
    }
}

/// DuckDB finds its own schemas in small letters alone (dbt writes `INFORMATION_SCHEMA`).
fn small(token: &Token<'_>, draft: &mut Draft<'_>) {
    let lower = token.text.to_lowercase();
    if lower != token.text {
        draft.replace(token.start, token.end, lower);
    }
}

/// `pg_catalog.lower(…)`: DuckDB's own functions are in the schema `main` (psql's and `pg_dump`'s queries).
fn built_in(token: &Token<'_>, rest: &[Token<'_>], draft: &mut Draft<'_>) {
    let [_, _, function, open, ..] = rest else { return };
    let Some(name) = function.name().filter(|_| open.is_symbol("(")) else { return };
    if draft.look_once(Look::PgCatalogFunction, &[name]).is_empty() {
        draft.replace(token.start, function.start, "");
    }
}

/// A number as such, anything else as text: DuckDB compares no texts with numbers here.
fn literal_of(element: &str) -> String {
    let digits = element.strip_prefix('-').unwrap_or(element);
    let is_number =
        !digits.is_empty() && digits.len() < 19 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && !(digits.len() > 1 && digits.starts_with('0')) {
        element.to_owned()
    } else {
        quote_text(element)
    }
}

/// `TABLESAMPLE SYSTEM (10)` means per cent.
fn sample(rest: &[Token<'_>], draft: &mut Draft<'_>) {
    if let [_, method, open, number, close, ..] = rest
        && (method.is_word("system") || method.is_word("bernoulli"))
        && open.is_symbol("(")
        && number.kind == Kind::Number
        && close.is_symbol(")")
    {
        draft.insert(number.end, " PERCENT");
    }
}
