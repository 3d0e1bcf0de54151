//! CREATE and DROP SECRET, of those that the server keeps (`IN MOTHERDUCK`, or PERSISTENT). DuckDB's own, which live as long as a
//! process, are none of the platform's.

use std::collections::BTreeMap;

use wire::link::{Hidden, Secret};

use super::{
    PlatformStatement, Read,
    reader::{Malformed, Reader},
};
use crate::sql::Tokens;

/// CREATE SECRET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateSecret {
    /// What is to be kept; its type and its parameters are not checked.
    pub secret: Secret,
    /// OR REPLACE.
    pub or_replace: bool,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
}

/// Whether a statement's leading words are those of CREATE or DROP SECRET.
#[must_use]
pub(crate) fn is_about_secrets(mut tokens: Tokens<'_, '_>) -> bool {
    let is_meant = match tokens.one_of(&["create", "drop"]) {
        Some("create") => {
            let _ = tokens.words(&["or", "replace"]);
            true
        }
        other => other.is_some(),
    };
    let _ = tokens.word("persistent");
    is_meant && tokens.word("secret")
}

/// `CREATE [OR REPLACE] [PERSISTENT] SECRET [IF NOT EXISTS] [n] [IN MOTHERDUCK] (TYPE t, key value, …)`.
pub(super) fn create(mut reader: Reader<'_, '_>, or_replace: bool) -> Read {
    let is_persistent = reader.word("persistent");
    if !reader.word("secret") {
        return None;
    }
    let if_not_exists = reader.words(&["if", "not", "exists"]);
    let in_motherduck = |reader: &mut Reader<'_, '_>| reader.words(&["in", "motherduck"]);
    let mut is_kept = in_motherduck(&mut reader);
    let mut name = None;
    if !is_kept {
        name = reader.optional_name();
        is_kept = in_motherduck(&mut reader) || is_persistent;
    }
    is_kept.then(|| {
        let mut secret = options(&mut reader)?;
        // As DuckDB calls one without a name.
        secret.name = name.unwrap_or_else(|| format!("__default_{}", secret.kind));
        reader.end(PlatformStatement::CreateSecret(CreateSecret { secret, or_replace, if_not_exists }))
    })
}

fn options(reader: &mut Reader<'_, '_>) -> Result<Secret, Malformed> {
    let missing = reader.malformed();
    let mut group = reader.group().ok_or(missing)?;
    let (mut kind, mut scopes) = (None, Vec::new());
    let mut parameters = BTreeMap::new();
    loop {
        let repeated = group.malformed();
        let key = group.name()?.to_ascii_lowercase();
        let _ = group.symbol("=");
        let is_new = match key.as_str() {
            "type" => kind.replace(group.value()?.to_ascii_lowercase()).is_none(),
            "scope" => {
                let is_new = scopes.is_empty();
                scopes = list(&mut group)?;
                is_new
            }
            _ => {
                let value = group.value()?;
                // The only provider that there is here.
                let is_default = key == "provider" && value.eq_ignore_ascii_case("config");
                is_default || parameters.insert(key, Hidden(value)).is_none()
            }
        };
        if !is_new {
            return Err(repeated);
        }
        if !group.symbol(",") {
            let kind = kind.ok_or(group.malformed())?;
            return group.end(Secret { name: String::new(), kind, scopes, parameters });
        }
    }
}

/// A text, or several in brackets.
fn list(reader: &mut Reader<'_, '_>) -> Result<Vec<String>, Malformed> {
    if !reader.symbol("[") {
        return Ok(vec![reader.value()?]);
    }
    let mut texts = Vec::new();
    loop {
        texts.push(reader.string()?);
        if reader.symbol("]") {
            return Ok(texts);
        }
        if !reader.symbol(",") {
            return Err(reader.malformed());
        }
    }
}

/// `DROP [PERSISTENT] SECRET [IF EXISTS] n [FROM MOTHERDUCK]`.
pub(super) fn drop_secret(mut reader: Reader<'_, '_>) -> Read {
    let _ = reader.word("persistent");
    reader.word("secret").then(|| {
        let if_exists = reader.words(&["if", "exists"]);
        let name = reader.name()?;
        let _ = reader.words(&["from", "motherduck"]);
        reader.end(PlatformStatement::DropSecret { name, if_exists })
    })
}
