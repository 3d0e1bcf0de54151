//! Statements' texts without the secrets that may be in them: for the query history, for what other sessions see, and for errors.
//!
//! What cannot be known for sure is decided for the secret's sake. Of a definition that is not of a table or another of
//! DuckDB's objects (CREATE SECRET, and what a slip makes of it) nothing is shown but its head; of statements with words
//! such as `password`, no literals; of addresses, whoever writes them, neither a password nor what follows a question mark.

use std::collections::BTreeSet;

use crate::sql::{Kind, Token, lex};

/// Of a text so much is kept.
pub(crate) const TEXT_BYTES_MAX: usize = 64 * 1024;

/// What stands in the place of a literal, and of part of one.
const MASK: &str = "'***'";
const STARS: &str = "***";

/// Words, in lower case, of statements whose literals may be secrets.
const SECRET_WORDS: [&str; 27] = [
    "secret",
    "password",
    "passwd",
    "pwd",
    "key_id",
    "access_key",
    "accesskey",
    "account_key",
    "accountkey",
    "api_key",
    "apikey",
    "encryption_key",
    "encryption_config",
    "footer_key",
    "parquet_key",
    "private_key",
    "token",
    "bearer",
    "credential",
    "connection_string",
    "signature",
    "authorization",
    "oauth",
    "auth_",
    "sig=",
    "sign=",
    "passphrase",
];

/// What defines something.
const DEFINING: [&str; 3] = ["create", "alter", "drop"];

/// What may stand between that and the kind of the thing.
const MODIFIERS: [&str; 8] =
    ["or", "replace", "persistent", "temporary", "temp", "local", "global", "unlogged"];

/// Kinds of things that have no secrets of their own.
const PLAIN_KINDS: [&str; 22] = [
    "table",
    "view",
    "schema",
    "sequence",
    "index",
    "unique",
    "type",
    "macro",
    "function",
    "aggregate",
    "database",
    "share",
    "snapshot",
    "token",
    "trigger",
    "rule",
    "extension",
    "result",
    "materialized",
    "recursive",
    "domain",
    "procedure",
];

/// Before a definition: EXPLAIN and its options, PREPARE with a name.
const BEFORE_MAX: usize = 6;

/// Statements that take words and numbers for literals.
const LOOSE: [&str; 5] = ["attach", "copy", "pragma", "set", "call"];

/// Words of definitions that are no values.
const KNOWN_WORDS: [&str; 40] = [
    "account_id",
    "account_name",
    "azure",
    "bearer_token",
    "chain",
    "config",
    "connection_string",
    "credential_chain",
    "endpoint",
    "exists",
    "false",
    "gcs",
    "http",
    "huggingface",
    "if",
    "in",
    "key_id",
    "kms_key_id",
    "motherduck",
    "not",
    "password",
    "path",
    "profile",
    "provider",
    "r2",
    "refresh",
    "region",
    "requester_pays",
    "role",
    "s3",
    "scope",
    "secret",
    "session_token",
    "token",
    "true",
    "type",
    "url_style",
    "use_ssl",
    "user",
    "vhost",
];

/// Shorter literals are no secrets, and would be found in too many words.
const VALUE_BYTES_MIN: usize = 4;

/// A statement's text, or that of several, as it is kept.
#[must_use]
pub(crate) fn kept_text(text: &str) -> String {
    let text = head(text);
    let tokens = lex(text);
    let has_words = has_secret_words(text);
    let is_literal = |token: &Token<'_>| matches!(token.kind, Kind::Text | Kind::QuotedName);
    let is_plain = !has_words
        && !tokens.iter().any(|token| is_literal(token) && token.text.contains("://"))
        && !tokens.iter().any(is_defining);
    if is_plain {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    let (mut from, mut is_whole) = (0, true);
    for statement in tokens.split_inclusive(|token| token.is_symbol(";")) {
        let (Some(first), Some(last)) = (statement.first(), statement.last()) else { continue };
        let head = definition_head(statement);
        is_whole = head.is_none();
        if let Some(head) = head {
            // Without what stands between tokens, such as comments.
            shown.push_str(if from == 0 { "" } else { " " });
            let words: Vec<&str> = statement.iter().take(head).map(|token| token.text).collect();
            shown.push_str(&words.join(" "));
            let (is_ended, is_more) = (last.is_symbol(";"), statement.len() > head);
            shown.push_str(if is_more && (!is_ended || statement.len() > head + 1) { " ***" } else { "" });
            shown.push_str(if is_ended { ";" } else { "" });
        } else {
            shown.push_str(text.get(from..first.start).unwrap_or_default());
            from = first.start;
            for (token, mask) in masks(statement, has_words) {
                shown.push_str(text.get(from..token.start).unwrap_or_default());
                shown.push_str(&mask);
                from = token.end;
            }
            shown.push_str(text.get(from..last.end).unwrap_or_default());
        }
        from = last.end;
    }
    if is_whole {
        shown.push_str(text.get(from..).unwrap_or_default());
    }
    kept(&shown)
}

/// What must not be shown of a statement, as an error may repeat it: as it is written, and as it is meant; the longest first.
#[must_use]
pub(crate) fn values(text: &str) -> Vec<String> {
    let tokens = lex(text);
    let has_words = has_secret_words(text);
    let mut values = BTreeSet::new();
    for statement in tokens.split(|token| token.is_symbol(";")) {
        if let Some(head) = definition_head(statement) {
            for token in statement.iter().skip(head) {
                let is_known = token.name().is_some_and(|name| KNOWN_WORDS.contains(&name.as_str()));
                if !is_known || matches!(token.kind, Kind::Text) {
                    values.extend(literal(token));
                }
            }
            continue;
        }
        let is_about =
            has_words && statement.first().is_some_and(|first| is_defining(first) || is_loose(first));
        for token in statement {
            if is_about && matches!(token.kind, Kind::Text | Kind::QuotedName) {
                values.extend(literal(token));
            }
            values.extend(
                hidden_parts(token.text)
                    .into_iter()
                    .map(|(from, to)| token.text.get(from..to).unwrap_or_default().to_owned()),
            );
        }
    }
    let mut values: Vec<String> = values.into_iter().filter(|value| value.len() >= VALUE_BYTES_MIN).collect();
    // A value may be a part of another one.
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values
}

/// A text of which so much is kept as there is room for.
#[must_use]
pub(crate) fn kept(text: &str) -> String {
    head(text).to_owned()
}

/// The part of a text that is kept.
#[must_use]
pub(crate) fn head(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Whether a statement's literals may be secrets, as far as its text is kept.
fn has_secret_words(text: &str) -> bool {
    let lower = head(text).to_lowercase();
    SECRET_WORDS.iter().any(|word| lower.contains(word))
}

fn is_one_of(token: &Token<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| token.is_word(word))
}

fn is_defining(token: &Token<'_>) -> bool {
    is_one_of(token, &DEFINING)
}

fn is_loose(token: &Token<'_>) -> bool {
    is_one_of(token, &LOOSE)
}

/// How many tokens may be shown of a statement that defines what may have secrets: up to the name. Nothing for any other.
fn definition_head(statement: &[Token<'_>]) -> Option<usize> {
    let begin = statement.iter().take(BEFORE_MAX).position(is_defining)?;
    let is_before = |token: &Token<'_>| is_one_of(token, &["explain", "analyze", "prepare"]);
    if begin > 0 && !statement.first().is_some_and(is_before) {
        return None;
    }
    let rest = statement.get(begin + 1..)?;
    let modifiers = rest.iter().take_while(|token| is_one_of(token, &MODIFIERS)).count();
    let kind = rest.get(modifiers)?;
    if is_one_of(kind, &PLAIN_KINDS) {
        return None;
    }
    let mut head = begin + 1 + modifiers;
    let mut words = 0;
    for token in statement.get(head..).unwrap_or_default() {
        let is_joint = is_one_of(token, &["if", "not", "exists", "in", "motherduck"]);
        // The kind, and the name.
        words += usize::from(!is_joint);
        if token.kind != Kind::Word || words > 2 {
            break;
        }
        head += 1;
    }
    Some(head)
}

/// The tokens of a statement that are not shown as they are, and what is shown in their place.
fn masks<'t, 's>(statement: &'t [Token<'s>], has_words: bool) -> Vec<(&'t Token<'s>, String)> {
    let is_loose = has_words && statement.first().is_some_and(is_loose);
    // Its options have no other form; names of columns stand there, too.
    let is_copy = statement.first().is_some_and(|first| first.is_word("copy"));
    let (mut is_value, mut is_joined) = (false, false);
    let mut masks = Vec::new();
    for token in statement {
        match token.kind {
            Kind::Text | Kind::QuotedName if has_words => masks.push((token, MASK.to_owned())),
            Kind::Text | Kind::QuotedName => {
                masks.extend(without_hidden_parts(token.text).map(|shown| (token, shown)));
            }
            Kind::Word | Kind::Number
                if is_loose && is_value && (is_joined || !is_copy) && !token.is_word("to") =>
            {
                masks.push((token, MASK.to_owned()));
            }
            Kind::Word | Kind::Number | Kind::Parameter | Kind::Symbol => {}
        }
        is_joined = token.is_word("to") || ["=", ":", "("].iter().any(|symbol| token.is_symbol(symbol));
        is_value = (is_value && is_joined) || (token.kind == Kind::Word && has_secret_words(token.text));
    }
    masks
}

/// A token as it is written, and as it is meant.
fn literal(token: &Token<'_>) -> Vec<String> {
    let written = match token.kind {
        Kind::Text => token.text.trim_start_matches(['e', 'E']),
        Kind::Word | Kind::QuotedName | Kind::Number | Kind::Parameter | Kind::Symbol => token.text,
    };
    let written = written.trim_matches(['\'', '"', '$']).to_owned();
    [Some(written), token.string()].into_iter().flatten().collect()
}

/// An address without its password and what follows its question mark; nothing when it has neither.
fn without_hidden_parts(literal: &str) -> Option<String> {
    let parts = hidden_parts(literal);
    if parts.is_empty() {
        return None;
    }
    let mut shown = String::with_capacity(literal.len());
    let mut last = 0;
    for (from, to) in parts {
        shown.push_str(literal.get(last..from)?);
        shown.push_str(STARS);
        last = to;
    }
    shown.push_str(literal.get(last..)?);
    Some(shown)
}

/// Where an address has a password, or parameters, in order.
fn hidden_parts(literal: &str) -> Vec<(usize, usize)> {
    let Some(authority) = literal.find("://").map(|at| at + "://".len()) else { return Vec::new() };
    let end = literal.trim_end_matches(['\'', '"', '$']).len();
    let rest = literal.get(authority..end).unwrap_or_default();
    let (before, query) = rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
    let mut parts = Vec::new();
    // A password may have a slash that should have been written otherwise.
    let host = before.split('/').next().unwrap_or_default();
    let user = if host.contains(':') { before.rfind('@') } else { host.rfind('@') };
    if let Some(user) = user.filter(|user| *user > 0) {
        parts.push((authority, authority + user));
    }
    let is_web = literal.get(..authority).is_some_and(|scheme| scheme.to_lowercase().contains("http"));
    // Elsewhere a question mark is part of a pattern, too.
    if let Some(query) = query.filter(|query| !query.is_empty() && (is_web || query.contains('='))) {
        parts.push((end - query.len(), end));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_statements_about_secrets_only_the_head_is_kept() {
        for (text, shown) in [
            ("create secret s (type s3, key_id 'AKIAX', secret 'hush')", "create secret s ***"),
            (
                "create secret s in motherduck (type s3, key_id AKIAX, secret hush)",
                "create secret s in motherduck ***",
            ),
            (
                "create or replace persistent secret if not exists s (secret 12345678)",
                "create or replace persistent secret if not exists s ***",
            ),
            ("CREATE SECRTE s (TYPE S3, KEY_ID AKIAX)", "CREATE SECRTE s ***"),
            ("create persistent secret (type s3, secret \"hush\")", "create persistent secret ***"),
            ("create secret /* hush */ s (type s3, secret 'hush", "create secret s ***"),
            (
                "select 1; create secret s (type s3, hush 'x'); select 2",
                "select 1; create secret s ***; select 2",
            ),
            ("explain create secret s (secret hush)", "explain create secret s ***"),
            ("prepare p as create secret s (secret hush)", "prepare p as create secret s ***"),
            ("alter user ann password hush", "alter user ann ***"),
            ("create role ann password E'hu\\'sh'", "create role ann ***"),
            ("drop secret s", "drop secret s"),
        ] {
            assert_eq!(kept_text(text), shown, "{text}");
        }
    }

    #[test]
    fn literals_beside_words_of_secrets_and_parts_of_addresses_are_not_kept() {
        for text in [
            "select * from 's3://b/k?s3_secret_access_key=hush'",
            "attach 'https://h/x.duckdb' as rr (encryption_key 'hush')",
            "attach 'https://h/x.duckdb' as rr (encryption_key hush)",
            "pragma add_parquet_key('k', 'hush')",
            "copy t to 's3://b/x' (encryption_config {footer_key: 'hush'})",
            "from 'https://user:hush@host/x.csv'",
            "from 'https://user:hu/hush@host/x.csv'",
            "copy t from 'https://host/x?apikey=hush'",
            "from 'https://host/x?hush'",
            "set password to hush",
        ] {
            let kept = kept_text(text);
            assert!(!kept.contains("hush"), "{kept}");
            assert!(kept.contains("***"), "{kept}");
        }
        for text in [
            "select 'plain' -- comment",
            " select 'a'; select 'b' ; ",
            "from 's3://bucket/part-?.parquet'",
            "from 'https://host/a@b.csv'",
            "create table t (a int); insert into t values ('x')",
            "create table users (name text, password text)",
            "select token from tokens where id = 7",
            "copy tokens (name, token) from stdin",
        ] {
            assert_eq!(kept_text(text), text);
        }
    }

    #[test]
    fn the_values_of_statements_about_secrets_are_known_longest_first() {
        let found = values("CREATE SECRET (TYPE s3, SECRET 'hush', TOKEN E'hush\\'hush')");
        assert_eq!(found, ["hush\\'hush", "hush'hush", "hush"]);
        assert!(values("CREATE SECRTE s (TYPE s3, KEY_ID $$AKIAX$$)").contains(&"AKIAX".to_owned()));
        assert_eq!(values("create secret s (type s3, secret hushvisible)"), ["hushvisible"]);
        assert!(
            values("copy t to 's3://b/x' (encryption_config {footer_key: 'hush'})")
                .contains(&"hush".to_owned())
        );
        assert!(values("SELECT 'plain' FROM tokens").is_empty());
        assert_eq!(values("FROM 's3://b/k?s3_secret_access_key=hush'"), ["s3_secret_access_key=hush"]);
        assert_eq!(values("FROM 'https://user:hush@h/x'"), ["user:hush"]);
    }

    #[test]
    fn a_cut_text_is_still_text() {
        let text = format!("x{}", "ü".repeat(TEXT_BYTES_MAX));
        assert_eq!(kept(&text).len(), TEXT_BYTES_MAX - 1);
    }
}
