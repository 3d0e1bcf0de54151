//! Names of accounts, tokens, databases and shares: checked once, where they come in.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::StoreError;

/// The engine's own databases, and those that the platform answers for.
const RESERVED: [&str; 7] =
    ["system", "temp", "main", "memory", "information_schema", "pg_catalog", "md_information_schema"];

/// How addresses begin, which no database's name may look like.
const RESERVED_BEGINNINGS: [&str; 2] = ["md:", "_share"];

/// A name for an account, a token or a database: 1 to 63 characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that a new database, or an attached share, may have.
    ///
    /// # Errors
    /// [`StoreError::BadName`] and [`StoreError::Reserved`].
    pub fn database(text: &str) -> Result<Self, StoreError> {
        let name: Self = text.parse()?;
        let lower = text.to_ascii_lowercase();
        let is_reserved = RESERVED.contains(&lower.as_str())
            || RESERVED_BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning));
        if is_reserved {
            return Err(StoreError::Reserved(name.0));
        }
        // It is a part of addresses.
        if text.contains('/') { Err(StoreError::BadName(name.0)) } else { Ok(name) }
    }
}

impl TryFrom<String> for Name {
    type Error = StoreError;

    fn try_from(text: String) -> Result<Self, StoreError> {
        let length_fits = (1..=63).contains(&text.chars().count());
        let is_plain = !text.chars().any(char::is_control) && text.trim() == text;
        if length_fits && is_plain { Ok(Self(text)) } else { Err(StoreError::BadName(text)) }
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl std::str::FromStr for Name {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        Self::try_from(text.to_owned())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_databases_are_neither_reserved_nor_addresses() {
        for taken in ["SYSTEM", "md_information_schema", "md:x", "_share", "_Shares", "Main"] {
            assert!(matches!(Name::database(taken), Err(StoreError::Reserved(_))), "{taken}");
        }
        for bad in ["", " x", "a/b", "a\nb", &"x".repeat(64)] {
            assert!(matches!(Name::database(bad), Err(StoreError::BadName(_))), "{bad:?}");
        }
        for good in ["mains", "my db", "Größe", "a-b", &"x".repeat(63)] {
            Name::database(good).unwrap();
        }
    }
}
