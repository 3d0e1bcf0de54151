//! The changes that are made to a statement's text, and the way back for error positions.
//!
//! `MD_RUN` arguments of table functions are taken out (the hosted reference knows them, DuckDB does
//! not), and parameters whose type DuckDB cannot find get a cast. Both work on tokens.

use super::token::{Kind, Token, Tokens, lex};

/// A text with some places replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rewritten {
    /// The new text.
    pub text: String,
    /// Places that were replaced: where the old text was, how long it was, and how long the new one is.
    edits: Vec<Edit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edit {
    old_start: usize,
    old_length: usize,
    new_length: usize,
}

impl Rewritten {
    /// A text as it is.
    #[must_use]
    pub(crate) fn unchanged(text: &str) -> Self {
        Self { text: text.to_owned(), edits: Vec::new() }
    }

    /// A text with something put in front of it and behind it.
    #[must_use]
    pub(crate) fn surrounded(text: &str, before: &str, behind: &str) -> Self {
        let end = text.len();
        Self::replace(text, vec![(0, 0, before.to_owned()), (end, end, behind.to_owned())])
    }

    /// Where a byte of the new text was in the old one.
    #[must_use]
    pub(crate) fn original_offset(&self, offset: usize) -> usize {
        let mut new_position = 0;
        let mut old_position = 0;
        for edit in &self.edits {
            let kept = edit.old_start - old_position;
            if offset < new_position + kept {
                break;
            }
            new_position += kept + edit.new_length;
            old_position = edit.old_start + edit.old_length;
            if offset < new_position {
                return edit.old_start;
            }
        }
        old_position + offset.saturating_sub(new_position)
    }

    /// A text with these places replaced, in order: where each begins and ends in bytes, and what stands there now.
    #[must_use]
    pub(crate) fn replace(sql: &str, replacements: Vec<(usize, usize, String)>) -> Self {
        let mut rewritten = Self::default();
        let mut position = 0;
        for (start, end, new) in replacements {
            // Two neighbours may both have wanted what stands between them.
            let start = start.max(position);
            let end = end.max(start);
            rewritten.text.push_str(sql.get(position..start).unwrap_or_default());
            rewritten.text.push_str(&new);
            rewritten.edits.push(Edit { old_start: start, old_length: end - start, new_length: new.len() });
            position = end;
        }
        rewritten.text.push_str(sql.get(position..).unwrap_or_default());
        rewritten
    }
}

/// Puts a cast around each parameter that has one: `$2` becomes `CAST($2 AS BIGINT)`.
///
/// `casts` is by parameter number, from 0. DuckDB numbers `?` one after the other, and `$name` by its first
/// appearance.
#[must_use]
pub(crate) fn cast_parameters(sql: &str, casts: &[Option<String>]) -> Rewritten {
    map_parameters(sql, |text, index| {
        let cast = casts.get(index)?.as_ref()?;
        Some(format!("CAST({text} AS {cast})"))
    })
}

/// The types that parameters are cast to where they stand, as `$1::int` or `CAST($1 AS int)`: each with the
/// parameter's number from 0.
#[must_use]
pub(crate) fn explicit_casts(sql: &str) -> Vec<(usize, String)> {
    let tokens = lex(sql);
    let at = |index: usize| tokens.get(index);
    let is = |index: usize, symbol: &str| at(index).is_some_and(|token| token.is_symbol(symbol));
    let cast = |index: usize, token: &Token<'_>| {
        let number: usize = token.text.strip_prefix('$')?.parse().ok()?;
        let opened = index.checked_sub(1).is_some_and(|before| is(before, "("));
        let is_cast = |before: usize| at(before).is_some_and(|token| token.is_word("cast"));
        let named = if is(index + 1, ":") && is(index + 2, ":") {
            type_name(sql, tokens.get(index + 3..)?)?
        } else if opened && index.checked_sub(2).is_some_and(is_cast) && at(index + 1)?.is_word("as") {
            type_name(sql, tokens.get(index + 2..)?)?
        } else {
            return None;
        };
        Some((number.checked_sub(1)?, named))
    };
    let parameters = tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Parameter);
    parameters.filter_map(|(index, token)| cast(index, token)).collect()
}

/// The type's name at the start of some tokens.
fn type_name(sql: &str, tokens: &[Token<'_>]) -> Option<String> {
    let mut cursor = Tokens::new(tokens);
    let first = cursor.take().filter(|token| matches!(token.kind, Kind::Word | Kind::QuotedName))?;
    let mut end = first.end;
    let mut taken = |cursor: &Tokens<'_, '_>| {
        let count = tokens.len() - cursor.rest().len();
        end = count.checked_sub(1).and_then(|last| tokens.get(last)).map_or(end, |last| last.end);
    };
    let _ = cursor.word("precision") || cursor.word("varying");
    let _ = cursor.group();
    let _ = cursor.words(&["with", "time", "zone"]) || cursor.words(&["without", "time", "zone"]);
    while cursor.symbol("[") {
        let _ = cursor.peek().is_some_and(|token| token.kind == Kind::Number) && cursor.take().is_some();
        cursor.symbol("]").then_some(())?;
    }
    taken(&cursor);
    sql.get(first.start..end).map(str::to_owned)
}

/// Puts an expression in the place of each parameter that has one, by number from 0.
#[must_use]
pub(crate) fn replace_parameters(sql: &str, expressions: &[String]) -> Rewritten {
    map_parameters(sql, |_, index| expressions.get(index).cloned())
}

/// The text with `= ANY($n)` as `= $n`, so that DuckDB finds the type of `$n`'s elements; and each `n` from 0.
/// Nothing when no parameter stands so.
#[must_use]
pub(crate) fn without_quantifiers(sql: &str) -> Option<(Rewritten, Vec<usize>)> {
    let tokens = lex(sql);
    let mut numbers = Vec::new();
    let mut replacements = Vec::new();
    for window in tokens.windows(4) {
        let [word, open, parameter, close] = window else { continue };
        let is_quantified = ["any", "some", "all"].iter().any(|quantifier| word.is_word(quantifier))
            && open.is_symbol("(")
            && parameter.kind == Kind::Parameter
            && close.is_symbol(")");
        let number = parameter.text.strip_prefix('$').and_then(|number| number.parse::<usize>().ok());
        if let Some(index) = number.and_then(|number| number.checked_sub(1)).filter(|_| is_quantified) {
            numbers.push(index);
            replacements.push((word.start, close.end, parameter.text.to_owned()));
        }
    }
    (!numbers.is_empty()).then(|| (Rewritten::replace(sql, replacements), numbers))
}

fn map_parameters(sql: &str, mut new_text: impl FnMut(&str, usize) -> Option<String>) -> Rewritten {
    let mut names: Vec<String> = Vec::new();
    let mut unnamed = 0;
    let mut index = |text: &str| match text.strip_prefix('$') {
        None => {
            unnamed += 1;
            Some(unnamed - 1)
        }
        Some(number) if number.starts_with(|first: char| first.is_ascii_digit()) => {
            number.parse::<usize>().ok()?.checked_sub(1)
        }
        Some(name) => {
            let name = name.to_lowercase();
            let known = names.iter().position(|known| *known == name);
            Some(known.unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            }))
        }
    };
    let replacements = lex(sql)
        .into_iter()
        .filter(|token| token.kind == Kind::Parameter)
        .filter_map(|token| Some((token.start, token.end, new_text(token.text, index(token.text)?)?)));
    let replacements = replacements.collect();
    Rewritten::replace(sql, replacements)
}

/// Takes `MD_RUN = REMOTE` and `AUTO` out of function calls.
///
/// # Errors
/// When a call says `MD_RUN = LOCAL` (or anything else), which is not to be had here.
pub(crate) fn strip_md_run(sql: &str, tokens: &[Token<'_>]) -> Result<Option<Rewritten>, MdRunRefused> {
    if !tokens.iter().any(|token| token.is_word("md_run")) {
        return Ok(None);
    }
    let mut replacements = Vec::new();
    // For every open parenthesis: whether a function's name stands in front of it.
    let mut calls: Vec<bool> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        if token.is_symbol("(") {
            calls.push(before.is_some_and(is_function_name));
        } else if token.is_symbol(")") {
            calls.pop();
        } else if token.is_word("md_run") && calls.last() == Some(&true) {
            replacements.extend(md_run_argument(tokens, index, before)?);
        }
    }
    Ok((!replacements.is_empty()).then(|| Rewritten::replace(sql, replacements)))
}

/// The platform's listings, and the queries that answer them.
const LISTINGS: [(&[&str], &str); 3] = [
    (&["show", "all", "databases"], "FROM md_all_databases()"),
    (&["list", "shares"], "FROM md_list_database_shares()"),
    (&["show", "tokens"], "FROM md_tokens()"),
];

/// A listing of the platform's inside another statement (`EXPLAIN SHOW ALL DATABASES`, `FROM (LIST SHARES)`), which DuckDB
/// cannot parse, as a query.
#[must_use]
pub(crate) fn nested_listings(sql: &str, tokens: &[Token<'_>]) -> Option<Rewritten> {
    let explains = tokens.first().is_some_and(|token| token.is_word("explain"));
    let replacement = |index: usize| {
        let before = tokens.get(index.checked_sub(1)?)?;
        let found = LISTINGS.iter().find(|(words, _)| {
            let mut written = tokens.iter().skip(index);
            words.iter().all(|word| written.next().is_some_and(|token| token.is_word(word)))
        });
        let (words, query) = found?;
        let after = tokens.get(index + words.len());
        let is_subquery = before.is_symbol("(") && after.is_some_and(|token| token.is_symbol(")"));
        let is_explained = explains && after.is_none_or(|token| token.is_symbol(";"));
        let last = tokens.get(index + words.len() - 1).filter(|_| is_subquery || is_explained)?;
        Some((tokens.get(index)?.start, last.end, (*query).to_owned()))
    };
    let replacements: Vec<_> = (0..tokens.len()).filter_map(replacement).collect();
    (!replacements.is_empty()).then(|| Rewritten::replace(sql, replacements))
}

/// Writes literals of PostgreSQL's `bytea` in hexadecimal (`'\xdeadbeef'::bytea`) as DuckDB has to read them, with
/// `\x` before each byte. Drivers that put parameters into the text (psycopg2) send bytes so, and DuckDB would
/// take all but the first byte for letters. Only under the name `bytea`: as a BLOB, DuckDB's own form stands.
#[must_use]
pub(crate) fn bytea_literals(sql: &str, tokens: &[Token<'_>]) -> Option<Rewritten> {
    if !tokens.iter().any(|token| token.is_word("bytea")) {
        return None;
    }
    let at = |index: usize| tokens.get(index);
    let is_bytea = |index: usize| {
        let follows =
            |ahead: usize, symbol: &str| at(index + ahead).is_some_and(|token| token.is_symbol(symbol));
        let word = |index: usize, word: &str| at(index).is_some_and(|token| token.is_word(word));
        let cast = follows(1, ":") && follows(2, ":") && word(index + 3, "bytea");
        let is_cast = |name: usize| word(name, "cast") || word(name, "try_cast");
        let opened = index.checked_sub(1).and_then(at).is_some_and(|token| token.is_symbol("("));
        let function = opened
            && index.checked_sub(2).is_some_and(is_cast)
            && word(index + 1, "as")
            && word(index + 2, "bytea");
        cast || function || index.checked_sub(1).is_some_and(|before| word(before, "bytea"))
    };
    let replacements: Vec<_> = tokens
        .iter()
        .enumerate()
        .filter(|(index, token)| token.kind == Kind::Text && is_bytea(*index))
        .filter_map(|(_, token)| Some((token.start, token.end, escaped_bytes(&token.string()?)?)))
        .collect();
    (!replacements.is_empty()).then(|| Rewritten::replace(sql, replacements))
}

/// `\xdead` as DuckDB's literal; nothing when it is not hexadecimal, or means the same to both.
fn escaped_bytes(text: &str) -> Option<String> {
    let digits = text.strip_prefix("\\x")?;
    if digits.len() == 2 || digits.len() % 2 != 0 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut literal = String::with_capacity(2 + digits.len() * 2);
    literal.push('\'');
    for (index, digit) in digits.char_indices() {
        if index % 2 == 0 {
            literal.push_str("\\x");
        }
        literal.push(digit);
    }
    literal.push('\'');
    Some(literal)
}

/// Whether an opening parenthesis after this token begins a function's arguments.
fn is_function_name(token: &Token<'_>) -> bool {
    const KEYWORDS: [&str; 24] = [
        "where", "and", "or", "not", "on", "having", "qualify", "when", "then", "else", "case", "select",
        "in", "using", "values", "by", "join", "exists", "any", "all", "some", "as", "from", "filter",
    ];
    match token.kind {
        Kind::Word => !KEYWORDS.iter().any(|keyword| token.is_word(keyword)),
        Kind::QuotedName => true,
        Kind::Text | Kind::Number | Kind::Parameter | Kind::Symbol => false,
    }
}

/// `MD_RUN` asks for something else than the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MdRunRefused;

fn md_run_argument(
    tokens: &[Token<'_>],
    index: usize,
    before: Option<&Token<'_>>,
) -> Result<Option<(usize, usize, String)>, MdRunRefused> {
    let rest = tokens.get(index..).unwrap_or_default();
    // `=`, `:=` and `=>` are one or two symbols.
    let operators = rest.iter().skip(1).take_while(|token| matches!(token.text, "=" | ":" | ">")).count();
    let (Some(first), Some(value)) = (rest.first(), rest.get(1 + operators)) else {
        return Ok(None);
    };
    if operators == 0 {
        return Ok(None);
    }
    let value_text = value.string().unwrap_or_else(|| value.text.to_owned());
    if !value_text.eq_ignore_ascii_case("remote") && !value_text.eq_ignore_ascii_case("auto") {
        return Err(MdRunRefused);
    }
    let after = rest.get(2 + operators);
    Ok(Some(match (before, after) {
        (Some(comma), _) if comma.is_symbol(",") => (comma.start, value.end, String::new()),
        (_, Some(comma)) if comma.is_symbol(",") => (first.start, comma.end, String::new()),
        _ => (first.start, value.end, String::new()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_go_where_types_are_missing() {
        let casts = [None, Some("BIGINT".to_owned())];
        let rewritten = cast_parameters("SELECT $1, $2 || '$2' -- $2\n, x", &casts);
        assert_eq!(rewritten.text, "SELECT $1, CAST($2 AS BIGINT) || '$2' -- $2\n, x");
        let offset = rewritten.text.find(", x").unwrap();
        assert_eq!(rewritten.original_offset(offset), "SELECT $1, $2 || '$2' -- $2\n".len());
        assert_eq!(rewritten.original_offset(3), 3);
        assert_eq!(rewritten.original_offset(15), 11);
    }

    #[test]
    fn quantified_parameters_are_found() {
        let (probe, numbers) = without_quantifiers("i = ANY ($2) AND t <> all($1) AND x = $3").unwrap();
        assert_eq!((probe.text.as_str(), numbers), ("i = $2 AND t <> $1 AND x = $3", vec![1, 0]));
        assert_eq!(without_quantifiers("i = any(SELECT $1)"), None);
    }

    #[test]
    fn what_surrounds_a_text_is_at_its_ends() {
        let rewritten = Rewritten::surrounded("FROM t", "SELECT * FROM (", ")");
        assert_eq!(rewritten.text, "SELECT * FROM (FROM t)");
        assert_eq!(rewritten.original_offset(rewritten.text.find("t)").unwrap()), 5);
        assert_eq!((rewritten.original_offset(3), rewritten.original_offset(21)), (0, 6));
    }

    #[test]
    fn casts_of_parameters_are_found() {
        let found = |sql: &str| {
            let casts = explicit_casts(sql).into_iter();
            casts.map(|(index, named)| format!("{index} {named}")).collect::<Vec<_>>()
        };
        assert_eq!(
            found(
                "SELECT $2::int + 1, CAST($1 AS numeric(9, 2)), $3 :: text[] || x, $4, try_cast($5 AS date)"
            ),
            ["1 int", "0 numeric(9, 2)", "2 text[]"]
        );
        assert_eq!(
            found("SELECT $1::double precision, $2::timestamp with time zone, $3::\"my type\""),
            ["0 double precision", "1 timestamp with time zone", "2 \"my type\""]
        );
    }

    #[test]
    fn bytea_in_hexadecimal_is_written_for_duckdb() {
        let written = |sql: &str| bytea_literals(sql, &lex(sql)).map(|rewritten| rewritten.text);
        for (sql, expected) in [
            (r"SELECT '\xdeadBEEF'::bytea, 1", r"SELECT '\xde\xad\xBE\xEF'::bytea, 1"),
            (r"SELECT E'\\x0001' :: BYTEA", r"SELECT '\x00\x01' :: BYTEA"),
            (r"SELECT CAST('\x' AS bytea)", "SELECT CAST('' AS bytea)"),
            (r"SELECT bytea '\x0102'", r"SELECT bytea '\x01\x02'"),
        ] {
            assert_eq!(written(sql).as_deref(), Some(expected), "{sql}");
        }
        for sql in [
            r"SELECT '\xdead'::blob",
            r"SELECT '\xAB'::bytea",
            r"SELECT '\xAB\xCD'::bytea",
            r"SELECT '\xABC'::bytea",
            r"SELECT '\xABCD', x::bytea",
            r"SELECT '\xdead' AS bytea",
            "SELECT 'text'::bytea",
        ] {
            assert_eq!(written(sql), None, "{sql}");
        }
    }

    fn stripped(sql: &str) -> Result<Option<String>, MdRunRefused> {
        strip_md_run(sql, &lex(sql)).map(|rewritten| rewritten.map(|rewritten| rewritten.text))
    }

    #[test]
    fn listings_inside_other_statements_become_queries() {
        let rewritten = |sql: &str| nested_listings(sql, &lex(sql)).map(|rewritten| rewritten.text);
        for (sql, expected) in [
            ("EXPLAIN SHOW ALL DATABASES", Some("EXPLAIN FROM md_all_databases()")),
            ("explain analyze list /* x */ shares;", Some("explain analyze FROM md_list_database_shares();")),
            (
                "SELECT * FROM (SHOW ALL DATABASES) a, (show tokens) b",
                Some("SELECT * FROM (FROM md_all_databases()) a, (FROM md_tokens()) b"),
            ),
            ("SHOW ALL DATABASES", None),
            ("SELECT '(show all databases)'", None),
            ("SELECT f(list shares, 1)", None),
            ("EXPLAIN SELECT 1 FROM list shares WHERE true", None),
        ] {
            assert_eq!(rewritten(sql).as_deref(), expected, "{sql}");
        }
    }

    #[test]
    fn md_run_remote_is_taken_out_of_calls_only() {
        let cases = [
            ("FROM read_csv('x', MD_RUN = REMOTE)", "FROM read_csv('x')"),
            ("FROM read_csv('x', md_run=>'auto', header = true)", "FROM read_csv('x', header = true)"),
            ("FROM f(MD_RUN := REMOTE, a = 1)", "FROM f( a = 1)"),
        ];
        for (sql, expected) in cases {
            assert_eq!(stripped(sql), Ok(Some(expected.to_owned())), "{sql}");
        }
        assert_eq!(stripped("SELECT 1 WHERE (md_run = local)"), Ok(None));
        assert_eq!(stripped("FROM read_csv('x', MD_RUN = LOCAL)"), Err(MdRunRefused));
        assert_eq!(stripped("SELECT md_run FROM t"), Ok(None));
    }
}
