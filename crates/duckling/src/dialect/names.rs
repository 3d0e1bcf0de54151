//! Words that are keywords to DuckDB and ordinary names in PostgreSQL: a column `at` or `by` (everybody's logs and events),
//! a label without AS (`SELECT nspname name`, as JDBC tools and reports write). Only a statement that DuckDB cannot parse is
//! looked at, at the place where it could not go on, so that its own meaning of such a word stands wherever it has one.

use crate::sql::{Rewritten, Token, lex, quote_name, token::Kind};

/// Keywords of DuckDB's that cannot be a name everywhere, and can in PostgreSQL.
const NAMES: [&str; 24] = [
    "anti",
    "asof",
    "at",
    "by",
    "columns",
    "describe",
    "generated",
    "glob",
    "grouping_id",
    "lambda",
    "map",
    "pivot",
    "pivot_longer",
    "pivot_wider",
    "positional",
    "qualify",
    "semi",
    "show",
    "struct",
    "summarize",
    "text",
    "try_cast",
    "unpack",
    "unpivot",
];

/// Words that PostgreSQL wants AS before, too, and its reserved ones.
const NO_LABELS: &str = "all analyse analyze and any array as asc asymmetric authorization binary both case cast \
    char character check collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema \
    current_time current_timestamp current_user day default deferrable desc distinct do else end except false fetch \
    filter for foreign freeze from full grant group having hour ilike in initially inner \
    intersect into is isnull join lateral leading left like limit localtime localtimestamp minute month \
    natural not notnull null offset on only or order outer over overlaps placing precision \
    primary references returning right second select session_user similar some symmetric table tablesample then to \
    trailing true union unique user using variadic varying verbose when where window with within \
    without year";

/// How many words of one statement are looked at.
const WORDS_MAX: usize = 100;

/// How much is parsed in all to find them.
const BYTES_MAX: usize = 8 << 20;

/// Why a text cannot be parsed: where.
pub(crate) type Place = Option<usize>;

type Edit = (usize, usize, String);

/// Finds a text that `parse` takes, with such words as names. `place` is where it failed to take this one.
pub(crate) fn with_names<P>(
    sql: &str,
    place: Place,
    mut parse: impl FnMut(&str) -> Result<P, Place>,
) -> Option<(Rewritten, P)> {
    let tokens = lex(sql);
    if tokens.first().is_some_and(|first| first.is_word("pragma")) {
        return None;
    }
    let mut edits: Vec<Edit> = Vec::new();
    let mut reached = place?;
    let mut left = BYTES_MAX;
    'words: for _ in 0..WORDS_MAX {
        for edit in readings(&tokens, reached) {
            if edits.iter().any(|made| made.0 < edit.1 && edit.0 < made.1) {
                continue;
            }
            let mut tried = edits.clone();
            tried.push(edit);
            tried.sort_by_key(|edit| edit.0);
            left = left.checked_sub(sql.len())?;
            let rewritten = Rewritten::replace(sql, tried.clone());
            match parse(&rewritten.text) {
                Ok(parsed) => return Some((rewritten, parsed)),
                Err(Some(place)) if rewritten.original_offset(place) > reached => {
                    reached = rewritten.original_offset(place);
                    edits = tried;
                    continue 'words;
                }
                Err(_) => {}
            }
        }
        return None;
    }
    None
}

/// What the words at a place may be meant as, the likeliest first.
fn readings(tokens: &[Token<'_>], place: usize) -> Vec<Edit> {
    let index = tokens.iter().position(|token| token.end > place).unwrap_or(tokens.len());
    let token = tokens.get(index);
    let before = index.checked_sub(1).and_then(|before| tokens.get(before));
    let is_name =
        |token: &&Token<'_>| token.kind == Kind::Word && NAMES.iter().any(|word| token.is_word(word));
    let as_name = |token: &Token<'_>| (token.start, token.end, quote_name(token.text));
    let mut found = Vec::new();
    found.extend(token.filter(is_name).map(as_name));
    found.extend(before.filter(is_name).map(as_name));
    let is_label = |token: &&Token<'_>| {
        token.kind == Kind::Word && !NO_LABELS.split(' ').any(|word| token.is_word(word.trim()))
    };
    let as_label = |token: &Token<'_>| (token.start, token.end, format!("AS {}", quote_name(token.text)));
    found.extend(token.filter(is_label).map(as_label));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes texts in which none of these words stands, and says where the first does.
    fn without(words: &'static [&'static str]) -> impl FnMut(&str) -> Result<(), Place> {
        move |sql| {
            let tokens = lex(sql);
            let mut before: Option<&Token<'_>> = None;
            for token in &tokens {
                let is_labelled = before.is_some_and(|before| before.is_word("as"));
                if words.iter().any(|word| token.is_word(word)) && !is_labelled {
                    return Err(Some(token.start));
                }
                before = Some(token);
            }
            Ok(())
        }
    }

    fn named(sql: &str, words: &'static [&'static str]) -> Option<String> {
        let mut parse = without(words);
        let place = parse(sql).expect_err("a word");
        with_names(sql, place, parse).map(|(rewritten, ())| rewritten.text)
    }

    #[test]
    fn words_become_names_one_after_the_other() {
        assert_eq!(
            named("SELECT at, x.BY FROM t", &["at", "by"]).as_deref(),
            Some("SELECT \"at\", x.\"BY\" FROM t")
        );
        assert_eq!(named("SELECT a type, b", &["type"]).as_deref(), Some("SELECT a AS \"type\", b"));
    }

    #[test]
    fn what_stays_wrong_is_left() {
        assert_eq!(named("SELECT at, x.where FROM t", &["at", "where"]), None);
        assert_eq!(with_names("SELECT at", None, |_| Ok::<(), Place>(())).map(|found| found.0), None);
    }
}
