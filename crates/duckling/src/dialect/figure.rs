//! PostgreSQL's name for the column that an expression is (its `FigureColname`): that of a column or a function, also behind a
//! cast, otherwise the type's, `case`, `array`, `row`, and `?column?` for what is computed.

use super::{
    draft::split_list,
    labels::{OPERATORS, ends, is_bare_label, items},
};
use crate::sql::{Token, Tokens, token::Kind};

/// Types by PostgreSQL's own names.
const TYPES: [(&str, &str); 15] = [
    ("int", "int4"),
    ("integer", "int4"),
    ("bigint", "int8"),
    ("smallint", "int2"),
    ("real", "float4"),
    ("float", "float8"),
    ("double", "float8"),
    ("boolean", "bool"),
    ("decimal", "numeric"),
    ("dec", "numeric"),
    ("character", "bpchar"),
    ("char", "bpchar"),
    ("nchar", "bpchar"),
    ("bit", "bit"),
    ("string", "text"),
];

const NO_NAME: &str = "?column?";

/// A name, and whether it is that of a column or a function, which a cast does not take away.
type Figured = (String, bool);

/// PostgreSQL's name for an expression's column.
pub(super) fn figure(tokens: &[Token<'_>]) -> Figured {
    let nothing = || (NO_NAME.to_owned(), false);
    let Some(first) = tokens.first() else { return nothing() };
    let mut outer = ends(tokens);
    if outer.any(|(index, token)| is_operator(tokens, index, token)) {
        return nothing();
    }
    if let Some(inside) = wrapped(tokens) {
        return figure_wrapped(inside);
    }
    let is_zone = |(index, token): (usize, &Token<'_>)| {
        token.is_word("at") && tokens.get(index + 1).is_some_and(|next| next.is_word("time"))
    };
    if ends(tokens).any(is_zone) {
        return ("timezone".to_owned(), true);
    }
    if let Some((index, _)) = ends(tokens).filter(|(_, token)| token.is_word("collate")).last() {
        return figure(tokens.get(..index).unwrap_or_default());
    }
    if let Some((index, _)) = ends(tokens).filter(|(index, _)| is_cast(tokens, *index)).last() {
        let figured = figure(tokens.get(..index).unwrap_or_default());
        let named = || (type_name(tokens.get(index + 2..).unwrap_or_default()), false);
        return if figured.1 { figured } else { named() };
    }
    if tokens.last().is_some_and(|last| last.is_symbol("]")) && !first.is_word("array") {
        return figure(without_brackets(tokens));
    }
    if first.is_word("case") {
        return figure_case(tokens);
    }
    match tokens {
        [only] => figure_token(only),
        [.., dot, last] if dot.is_symbol(".") => (last.name().unwrap_or_default(), true),
        [_, last] if last.kind == Kind::Text => (type_name(tokens), false),
        [interval, text, _] if interval.is_word("interval") && text.kind == Kind::Text => {
            ("interval".to_owned(), false)
        }
        _ => figure_call(tokens),
    }
}

/// Whether an operator stands between values or in front of one.
fn is_operator(tokens: &[Token<'_>], index: usize, token: &Token<'_>) -> bool {
    let is_field = index
        .checked_sub(1)
        .and_then(|before| tokens.get(before))
        .is_some_and(|before| before.is_symbol("."));
    match token.kind {
        Kind::Symbol if token.is_symbol(":") => {
            !is_cast(tokens, index) && !index.checked_sub(1).is_some_and(|before| is_cast(tokens, before))
        }
        Kind::Symbol => {
            ![".", "(", ")", "[", "]", "{", "}", ","].iter().any(|symbol| token.is_symbol(symbol))
        }
        Kind::Word => !is_field && OPERATORS.iter().any(|word| token.is_word(word)),
        Kind::QuotedName | Kind::Text | Kind::Number | Kind::Parameter => false,
    }
}

fn is_cast(tokens: &[Token<'_>], index: usize) -> bool {
    matches!(tokens.get(index..), Some([one, two, ..]) if one.is_symbol(":") && two.is_symbol(":") && one.end == two.start)
}

/// What stands in the parentheses that are around the whole expression.
fn wrapped<'t, 's>(tokens: &'t [Token<'s>]) -> Option<&'t [Token<'s>]> {
    let mut cursor = Tokens::new(tokens);
    let inside = cursor.group()?;
    cursor.is_empty().then_some(inside.rest())
}

fn figure_wrapped(inside: &[Token<'_>]) -> Figured {
    if inside.first().is_some_and(|first| first.is_word("select")) {
        let columns = items(inside.get(1..).unwrap_or_default());
        let Some(item) = columns.first() else { return (NO_NAME.to_owned(), false) };
        return match item {
            [.., before, last] if before.is_word("as") || is_bare_label(before, last) => {
                (last.name().unwrap_or_default(), true)
            }
            _ => figure(item),
        };
    }
    if split_list(inside).len() > 1 { ("row".to_owned(), true) } else { figure(inside) }
}

/// The name of what ELSE gives, if that has one.
fn figure_case(tokens: &[Token<'_>]) -> Figured {
    let inside = tokens.get(1..tokens.len().saturating_sub(1)).unwrap_or_default();
    let otherwise = ends(inside).find(|(_, token)| token.is_word("else"));
    let figured = otherwise.map(|(index, _)| figure(inside.get(index + 1..).unwrap_or_default()));
    figured.filter(|figured| figured.1).unwrap_or_else(|| ("case".to_owned(), false))
}

fn figure_token(token: &Token<'_>) -> Figured {
    let is_value = token.is_word("true") || token.is_word("false") || token.is_word("null");
    match token.name() {
        Some(name) if !is_value && matches!(token.kind, Kind::Word | Kind::QuotedName) => (name, true),
        Some(_) | None => (NO_NAME.to_owned(), false),
    }
}

/// A function's own name, and what grammar makes of some.
fn figure_call(tokens: &[Token<'_>]) -> Figured {
    let mut name = None;
    let mut rest = tokens;
    while let [token, after @ ..] = rest {
        if token.is_symbol("(") || token.is_symbol("[") {
            break;
        }
        name = token.name().or(name);
        rest = after;
    }
    let Some(name) = name else { return (NO_NAME.to_owned(), false) };
    let inside = Tokens::new(rest).group().map(|inside| inside.rest()).unwrap_or_default();
    let begins = |word: &str| inside.first().is_some_and(|first| first.is_word(word));
    let called = match name.as_str() {
        "cast" | "try_cast" => return figure_cast(inside),
        "trim" if begins("leading") => "ltrim",
        "trim" if begins("trailing") => "rtrim",
        "trim" => "btrim",
        other => other,
    };
    (called.to_owned(), true)
}

fn figure_cast(inside: &[Token<'_>]) -> Figured {
    let Some((index, _)) = ends(inside).find(|(_, token)| token.is_word("as")) else {
        return (NO_NAME.to_owned(), false);
    };
    let figured = figure(inside.get(..index).unwrap_or_default());
    if figured.1 { figured } else { (type_name(inside.get(index + 1..).unwrap_or_default()), false) }
}

/// PostgreSQL's own name of a type as it is written.
fn type_name(tokens: &[Token<'_>]) -> String {
    let mut cursor = Tokens::new(tokens);
    let Some(mut first) = cursor.take() else { return NO_NAME.to_owned() };
    while cursor.symbol(".") {
        let Some(next) = cursor.take() else { break };
        first = next;
    }
    let written = first.name().unwrap_or_default();
    if first.kind == Kind::QuotedName {
        return written;
    }
    let is_varying = cursor.word("varying");
    let _ = cursor.group();
    let has_zone = cursor.words(&["with", "time", "zone"]);
    match written.as_str() {
        "character" | "char" | "nchar" if is_varying => "varchar".to_owned(),
        "bit" if is_varying => "varbit".to_owned(),
        "timestamp" | "time" if has_zone => format!("{written}tz"),
        other => TYPES.iter().find(|(name, _)| *name == other).map_or(other, |(_, own)| own).to_owned(),
    }
}

/// An expression without the subscripts behind it.
fn without_brackets<'t, 's>(tokens: &'t [Token<'s>]) -> &'t [Token<'s>] {
    let mut depth = 0i32;
    for (index, token) in tokens.iter().enumerate().rev() {
        if token.is_symbol("]") {
            depth += 1;
        } else if token.is_symbol("[") {
            depth -= 1;
            if depth == 0 {
                return tokens.get(..index).unwrap_or_default();
            }
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lex;

    /// PostgreSQL 15's names, as it gives them.
    #[test]
    fn columns_are_named_as_postgresql_names_them() {
        for (expression, name) in [
            ("true", NO_NAME),
            ("-1", NO_NAME),
            ("'a'::text", "text"),
            ("(1+2)::int", "int4"),
            ("now()::date", "now"),
            ("case when a then 1 else 2 end", "case"),
            ("case when a then 1 else c.oid end", "oid"),
            ("array[1]", "array"),
            ("array(select 1)", "array"),
            ("exists(select 1)", "exists"),
            ("not exists(select 1)", NO_NAME),
            ("(select oid from pg_class limit 1)", "oid"),
            ("(select count(*) from pg_class)", "count"),
            ("(select 1 as x)", "x"),
            ("nullif(1, 2)", "nullif"),
            ("trim('a')", "btrim"),
            ("trim(both 'a' from 'b')", "btrim"),
            ("date '2020-01-01'", "date"),
            ("interval '1' day", "interval"),
            ("now() at time zone 'utc'", "timezone"),
            ("relname collate \"C\"", "relname"),
            ("(array[1,2])[1]", "array"),
            ("(1,2)", "row"),
            ("1 is null", NO_NAME),
            ("a is distinct from b", NO_NAME),
            ("a || b::text", NO_NAME),
            ("oid::regclass::text", "oid"),
            ("cast(1 as varchar(10))", "varchar"),
            ("cast('x' as character varying)", "varchar"),
            ("1::double precision", "float8"),
            ("'a'::\"char\"", "char"),
            ("'{}'::int[]", "int4"),
            ("substring('a' from 'b')", "substring"),
            ("count(*) over (partition by x)", "count"),
            ("sum(x) filter (where y) over w", "sum"),
            ("pg_catalog.\"format_type\"(1, 2)", "format_type"),
            ("c.relacl[1]", "relacl"),
            ("(information_schema._pg_expandarray(i.indkey)).n", "n"),
            ("(oid)::int8", "oid"),
            ("x::timestamp(3) with time zone", "x"),
            ("'x'::timestamp(3) with time zone", "timestamptz"),
            ("xmin::text::bigint", "xmin"),
            ("CURRENT_USER", "current_user"),
        ] {
            assert_eq!(figure(&lex(expression)).0, name, "{expression}");
        }
    }
}
