//! Texts as the query history and other sessions see them: without what may be a secret.
//!
//! Of a statement that defines a secret nothing is kept but its leading words; of others that may hold one, no literals and
//! no quoted names; of any, nothing in an address that lets somebody in. Nobody can know all names of secrets: the lists here
//! are DuckDB's and its extensions', and the usual ones.

use std::ops::Range;

use crate::sql::{Kind, Token, lex};

/// Of a text so much is kept.
pub(crate) const TEXT_BYTES_MAX: usize = 64 * 1024;

/// What stands in the place of what is not kept.
const MASK: &str = "***";

/// Words, in lower case, of statements whose literals may be secrets.
const SECRET_WORDS: [&str; 23] = [
    "secret",
    "passw",
    "pwd",
    "key_id",
    "access_key",
    "api_key",
    "apikey",
    "account_key",
    "accountkey",
    "encryption_key",
    "encryption_config",
    "parquet_key",
    "footer_key",
    "private_key",
    "auth_key",
    "token",
    "bearer",
    "credential",
    "connection_string",
    "signature",
    "authorization",
    "sig=",
    "sign=",
];

/// The words that a statement about a secret may begin with. The first other one is the secret's name.
const LEADING: [&str; 14] = [
    "create",
    "alter",
    "drop",
    "or",
    "replace",
    "temporary",
    "temp",
    "persistent",
    "secret",
    "if",
    "not",
    "exists",
    "in",
    "motherduck",
];

/// What statements begin with that define no secret, whatever they mention.
const HARMLESS: [&str; 52] = [
    "select",
    "with",
    "from",
    "values",
    "insert",
    "update",
    "delete",
    "merge",
    "copy",
    "explain",
    "describe",
    "desc",
    "show",
    "summarize",
    "list",
    "set",
    "reset",
    "pragma",
    "call",
    "attach",
    "detach",
    "use",
    "refresh",
    "undrop",
    "grant",
    "revoke",
    "prepare",
    "execute",
    "deallocate",
    "declare",
    "fetch",
    "move",
    "close",
    "begin",
    "start",
    "commit",
    "end",
    "rollback",
    "abort",
    "savepoint",
    "release",
    "truncate",
    "lock",
    "comment",
    "vacuum",
    "analyze",
    "reindex",
    "checkpoint",
    "discard",
    "pivot",
    "unpivot",
    "table",
];

/// What else is created, altered and dropped.
const OTHERS: [&str; 15] = [
    "unique", "table", "view", "schema", "index", "macro", "function", "sequence", "type", "database",
    "share", "snapshot", "token", "user", "role",
];

/// A text of which so much is kept as there is room for.
#[must_use]
pub(crate) fn head(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Words of statements whose errors may repeat secrets, whatever they begin with.
const STRONG: [&str; 6] = [
    "encryption_key",
    "encryption_config",
    "parquet_key",
    "footer_key",
    "secret_access_key",
    "session_token",
];

/// What statements begin with whose errors may repeat secrets, when they have one of the words.
const TOLD: [&str; 8] = ["create", "alter", "drop", "attach", "pragma", "copy", "call", "set"];

/// Whether a statement's literals may be secrets, as far as its text is kept.
#[must_use]
pub(crate) fn may_hold_secrets(text: &str) -> bool {
    has_one_of(head(text), &SECRET_WORDS)
}

fn has_one_of(text: &str, words: &[&str]) -> bool {
    let lower = text.to_lowercase();
    words.iter().any(|word| lower.contains(word))
}

fn is_one_of(token: &Token<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| token.is_word(word))
}

/// A statement's text as it is kept.
#[must_use]
pub(crate) fn kept_text(text: &str) -> String {
    let text = head(text);
    let is_secret = may_hold_secrets(text);
    if !is_secret && !text.contains("://") {
        return text.to_owned();
    }
    let tokens = lex(text);
    let shown = definition(&tokens).map_or_else(
        || masked(text, &tokens, is_secret),
        |leading| {
            let words: Vec<&str> = leading.iter().map(|token| token.text).collect();
            format!("{} {MASK}", words.join(" "))
        },
    );
    head(&shown).to_owned()
}

/// The leading words of a statement that defines a secret, or was meant to, when there is more of it.
fn definition<'t, 's>(tokens: &'t [Token<'s>]) -> Option<&'t [Token<'s>]> {
    let first = tokens.first().filter(|first| !is_one_of(first, &HARMLESS))?;
    let is_meant = |token: &Token<'_>| {
        let start = token.text.get(..4).unwrap_or_default();
        token.kind == Kind::Word && start.eq_ignore_ascii_case("secr")
    };
    tokens.iter().any(is_meant).then_some(())?;
    let leading = tokens.iter().take_while(|token| is_one_of(token, &LEADING)).count();
    let next = tokens.get(leading)?;
    if is_one_of(first, &["create", "alter", "drop"]) && is_one_of(next, &OTHERS) {
        return None;
    }
    let is_named = tokens.get(..leading)?.iter().any(|token| token.is_word("secret"))
        && matches!(next.kind, Kind::Word | Kind::QuotedName);
    let end = if is_named {
        let rest = tokens.get(leading + 1..)?;
        leading + 1 + rest.iter().take_while(|token| is_one_of(token, &LEADING)).count()
    } else {
        leading
    };
    (end < tokens.len()).then(|| tokens.get(..end))?
}

/// Shorter values are no secrets, and would be found in too many words.
const VALUE_BYTES_MIN: usize = 4;

/// What of a statement that is about secrets an error may repeat: values as they are written, and as they are meant.
#[must_use]
pub(crate) fn values(text: &str) -> Vec<String> {
    let is_secret = may_hold_secrets(text);
    if !is_secret && !text.contains("://") {
        return Vec::new();
    }
    let tokens = lex(text);
    let defined_from = definition(&tokens).map(<[Token<'_>]>::len);
    let is_told =
        is_secret && tokens.first().is_some_and(|first| is_one_of(first, &TOLD)) || has_one_of(text, &STRONG);
    let mut values: Vec<String> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let is_defined = defined_from.is_some_and(|from| index >= from);
        if matches!(token.kind, Kind::Text | Kind::QuotedName) {
            let written = token.text.trim_start_matches(['e', 'E']).trim_matches(['\'', '"', '$']);
            if is_told || is_defined || has_one_of(written, &["sig=", "sign="]) {
                values.extend([Some(written.to_owned()), token.string()].into_iter().flatten());
            }
            values.extend(
                admissions(written).iter().filter_map(|part| written.get(part.clone())).map(str::to_owned),
            );
        } else if is_defined && token.kind != Kind::Symbol && !is_one_of(token, &PARAMETERS) {
            values.push(token.text.to_owned());
        }
    }
    values.retain(|value| value.len() >= VALUE_BYTES_MIN);
    // A value may be a part of another one.
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values
}

/// Words of a secret's definition that its errors may name.
const PARAMETERS: [&str; 18] = [
    "type",
    "provider",
    "scope",
    "secret",
    "key_id",
    "token",
    "region",
    "endpoint",
    "session_token",
    "use_ssl",
    "url_style",
    "requester_pays",
    "bearer_token",
    "account_name",
    "connection_string",
    "config",
    "s3",
    "http",
];

/// The text without its literals, and without quoted names, which a slip makes of them; or without what in its addresses lets
/// somebody in.
fn masked(text: &str, tokens: &[Token<'_>], is_secret: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for token in tokens.iter().filter(|token| matches!(token.kind, Kind::Text | Kind::QuotedName)) {
        if is_secret {
            shown.push_str(text.get(from..token.start).unwrap_or_default());
            shown.push('\'');
            shown.push_str(MASK);
            shown.push('\'');
            from = token.end;
            continue;
        }
        for part in admissions(token.text) {
            shown.push_str(text.get(from..token.start + part.start).unwrap_or_default());
            shown.push_str(MASK);
            from = token.start + part.end;
        }
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    shown
}

/// The parts of a literal's address that may let somebody in: what stands before the host, and the parameters.
fn admissions(literal: &str) -> Vec<Range<usize>> {
    let Some(start) = literal.find("://").map(|at| at + 3) else { return Vec::new() };
    let end = literal.trim_end_matches(['\'', '"', '$']).len();
    let query = literal.get(start..end).and_then(|rest| rest.find('?')).map_or(end, |at| start + at);
    let user = literal.get(start..query).and_then(|place| place.rfind('@'));
    let mut parts: Vec<Range<usize>> = user.map(|at| start..start + at).into_iter().collect();
    if literal.get(query..end).is_some_and(|query| query.contains('=')) {
        parts.push(query + 1..end);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_statements_about_secrets_say_is_not_kept() {
        for text in [
            "create secret s (type s3, key_id 'AKIAX', secret 'hush')",
            "CREATE SECRTE s (TYPE S3, KEY_ID 'AKIAX', SECRET $$hush$$)",
            "create persistent secret (type s3, secret \"hush\")",
            "create secret (type s3, secret 'hush",
            "create secret s in motherduck (type s3, key_id AKIAX, secret hush)",
            "create or replace secret if not exists s (type s3, hush 'x', secret 12345678)",
            "creat secret s (type s3, key_id AKIAX, secret -hush)",
            "create /* hush */ secret s (type s3)",
            "create secret s type s3 secret hush",
            "alter user ann password E'hu\\'sh'",
            "select * from 's3://b/k?s3_secret_access_key=hush'",
            "from 'https://user:hush@host/x.csv'",
            "copy t to 'https://user:hu/hush@host/x.csv?a=hush'",
            "from read_csv('https://host/x.csv?code=hush')",
            "attach 'https://host/x.duckdb' as r (encryption_key 'hush')",
            "pragma add_parquet_key('k', 'hush')",
            "from read_parquet('x', encryption_config = {footer_key: 'hush'})",
        ] {
            let kept = kept_text(text);
            let shown = ["hush", "AKIAX", "sh'", "12345678"].iter().find(|value| kept.contains(**value));
            assert_eq!(shown, None, "{kept}");
            assert!(kept.contains(MASK), "{kept}");
        }
        assert_eq!(kept_text("create secret s (type s3)"), "create secret s ***");
    }

    #[test]
    fn other_texts_are_kept() {
        for text in [
            "select 'plain'",
            "drop secret if exists s",
            "create table secrets (i int, secret text)",
            "create unique index i on secrets(i)",
            "use secrets",
            "create share x from secrets",
            "select count(*) from duckdb_secrets()",
            "from 'https://host/x.csv'",
            "from 's3://bucket/file?.csv'",
        ] {
            assert_eq!(kept_text(text), text);
        }
        assert_eq!(kept_text("from 'https://u:p@host/x.csv'"), "from 'https://***@host/x.csv'");
        assert_eq!(kept_text("from 'https://host/x.csv?v=1'"), "from 'https://host/x.csv?***'");
    }

    #[test]
    fn the_values_of_statements_about_secrets_are_known_longest_first() {
        let found = values("CREATE SECRET (TYPE s3, SECRET 'hush', TOKEN E'hush\\'hush')");
        assert_eq!(found, ["hush\\'hush", "hush'hush", "hush", "hush"]);
        assert!(values("CREATE SECRTE s (TYPE s3, KEY_ID $$AKIAX$$)").contains(&"AKIAX".to_owned()));
        assert!(values("create secret (type s3, secret hushhush)").contains(&"hushhush".to_owned()));
        assert!(values("from 'https://user:hush@host/x.csv'").contains(&"user:hush".to_owned()));
        assert!(
            values("from read_parquet('x', encryption_config = {footer_key: 'hush'})")
                .contains(&"hush".to_owned())
        );
        assert!(values("SELECT 'plain' FROM tokens").is_empty());
        assert!(values("FROM 's3://b/k?s3_secret_access_key=hush'")[0].contains("hush"));
    }

    #[test]
    fn a_cut_text_is_still_text() {
        let text = format!("x{}", "ü".repeat(TEXT_BYTES_MAX));
        assert_eq!(head(&text).len(), TEXT_BYTES_MAX - 1);
    }
}
