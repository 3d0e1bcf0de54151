//! What clients are told when the store refuses: SQLSTATE, message, what to do instead.
//!
//! What other accounts have is answered as if it were not there, in the same words.

use wire::{Diagnostic, SqlState};

use crate::store::StoreError;

impl From<StoreError> for Diagnostic {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoAccount(name) => {
                Self::error(SqlState::UNDEFINED_OBJECT, format!("account \"{name}\" does not exist"))
            }
            StoreError::Missing { what, name } => missing(what, &name),
            StoreError::Exists { what, name } => exists(what, &name),
            StoreError::Attached(name) => {
                let message = format!("the share is already attached as \"{name}\"");
                Self::error(SqlState::DUPLICATE_DATABASE, message)
                    .with_hint(format!("Use that name, or DETACH {} first.", quoted(&name)))
            }
            StoreError::NoAlias(name) => no_alias(&name),
            StoreError::BadName(name) => Self::error(
                SqlState::INVALID_NAME,
                format!("invalid name: \"{}\"", shown(&name)),
            )
            .with_detail(
                "A name has 1 to 63 characters, no control characters and no spaces at its ends; that of a \
                     database has no slash.",
            ),
            StoreError::Reserved(name) => {
                Self::error(SqlState::RESERVED_NAME, format!("database name \"{name}\" is reserved"))
                    .with_hint("Choose another name.")
            }
            StoreError::IsShare(name) => Self::error(
                SqlState::WRONG_OBJECT_TYPE,
                format!("\"{name}\" is a share, not a database of yours"),
            )
            .with_hint(format!(
                "It can be detached (DETACH {0}) and copied (CREATE DATABASE … FROM {0}).",
                quoted(&name)
            )),
            StoreError::IsDefault(name) => {
                Self::error(SqlState::OBJECT_IN_USE, format!("cannot drop the default database \"{name}\""))
                    .with_hint("Use ALTER DATABASE … RENAME TO, or CREATE OR REPLACE DATABASE.")
            }
            StoreError::HasShares { name, shares } => has_shares(&name, &shares),
            StoreError::Full { what, limit } => {
                Self::error(SqlState::CONFIGURATION_LIMIT_EXCEEDED, format!("too many {what}"))
                    .with_detail(format!("An account may have {limit} {what}."))
                    .with_hint(format!(
                        "Drop those that are not needed, or ask for a larger limit of {what}."
                    ))
            }
            StoreError::Ambiguous { name, candidates } => {
                Self::error(SqlState::AMBIGUOUS_FUNCTION, format!("snapshot name \"{name}\" is ambiguous"))
                    .with_detail(format!("Snapshots of this name: {}.", candidates.join(", ")))
                    .with_hint("Name the snapshot by its id.")
            }
            StoreError::NoToken(_)
            | StoreError::BadAccountName(_)
            | StoreError::Newer { .. }
            | StoreError::Damaged(_)
            | StoreError::Sqlite(_)
            | StoreError::Home(_)
            | StoreError::Gone => {
                tracing::error!(%error, "the accounts store failed");
                Self::error(SqlState::INTERNAL_ERROR, "the accounts store cannot be used now")
                    .with_hint("Nothing was changed. The server's log has the cause.")
            }
        }
    }
}

/// In the reference's words.
fn no_alias(name: &str) -> Diagnostic {
    let message = "Database aliases are not yet supported in workspace mode";
    Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message)
        .with_hint(format!("Attach the database as {0}, or use ALTER DATABASE {0} RENAME TO.", quoted(name)))
}

fn has_shares(name: &str, shares: &[String]) -> Diagnostic {
    let shares: Vec<String> = shares.iter().map(|share| format!("\"{share}\"")).collect();
    let message = format!("cannot drop database \"{name}\" because shares depend on it");
    Diagnostic::error(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message)
        .with_detail(format!("Shares: {}.", shares.join(", ")))
        .with_hint("Use DROP DATABASE … CASCADE to drop the shares too.")
}

fn missing(what: &str, name: &str) -> Diagnostic {
    let message = format!("{what} \"{}\" does not exist", shown(name));
    match what {
        "snapshot" => Diagnostic::error(SqlState::UNDEFINED_OBJECT, message)
            .with_hint("FROM md_information_schema.database_snapshots shows the account's snapshots."),
        "share" => Diagnostic::error(SqlState::INVALID_CATALOG_NAME, message).with_hint(
            "LIST SHARES shows the account's own shares; others need a grant, or their whole address.",
        ),
        _ => Diagnostic::error(SqlState::INVALID_CATALOG_NAME, message)
            .with_hint("SHOW ALL DATABASES shows what there is."),
    }
}

fn exists(what: &str, name: &str) -> Diagnostic {
    let message = format!("{what} \"{name}\" already exists");
    match what {
        "database" => Diagnostic::error(SqlState::DUPLICATE_DATABASE, message),
        _ => Diagnostic::error(SqlState::DUPLICATE_OBJECT, message),
    }
}

/// A name as SQL writes it.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A client's text, cut where it is too long to be a name.
fn shown(name: &str) -> String {
    const SHOWN_MAX: usize = 200;
    let plain = name.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char });
    let mut cut: String = plain.clone().take(SHOWN_MAX).collect();
    if plain.count() > SHOWN_MAX {
        cut.push('…');
    }
    cut
}
