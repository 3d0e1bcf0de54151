//! What the catalog answers in several parts, put together again: a table's indexes and sequences, and its definition.

use super::draft::{Draft, Look};
use crate::sql::quote_name;

/// An index of a table.
pub(super) struct Index {
    pub(super) name: String,
    pub(super) is_unique: bool,
    /// As SQL.
    pub(super) expressions: Vec<String>,
}

impl Index {
    /// CREATE INDEX on a table, whose name is SQL, with these expressions.
    pub(super) fn create(&self, table: &str, expressions: &[String]) -> String {
        let unique = if self.is_unique { "UNIQUE " } else { "" };
        format!("CREATE {unique}INDEX {} ON {table} ({})", quote_name(&self.name), expressions.join(", "))
    }
}

/// Those of the table of this name.
pub(super) fn indexes(table: &[String], draft: &mut Draft<'_>) -> Vec<Index> {
    let mut found = draft.look(Look::Indexes, table).into_iter();
    let mut indexes = Vec::new();
    while let (Some(name), Some(is_unique), Some(count)) = (found.next(), found.next(), found.next()) {
        let count = count.parse().unwrap_or_default();
        let expressions = found.by_ref().take(count).collect();
        indexes.push(Index { name, is_unique: is_unique == "t", expressions });
    }
    indexes
}

/// The sequences that belong to columns of the table of this name: the column, and the sequence as SQL.
pub(super) fn owned_sequences(table: &[String], draft: &mut Draft<'_>) -> Vec<(String, String)> {
    let mut found = draft.look(Look::OwnedSequences, table).into_iter();
    let mut owned = Vec::new();
    while let (Some(column), Some(sequence)) = (found.next(), found.next()) {
        owned.push((column, sequence));
    }
    owned
}

/// What a table is made from.
pub(super) struct Definition {
    /// Database, schema and name.
    pub(super) path: [String; 3],
    /// Another one when the table or its indexes have been altered.
    pub(super) state: String,
    pub(super) is_referred_to: bool,
    /// What CREATE TABLE has behind the name.
    pub(super) elements: String,
    /// Those that can be written, as SQL.
    pub(super) columns: String,
    pub(super) comment: String,
    /// Columns as SQL, and their comments.
    pub(super) comments: Vec<(String, String)>,
}

/// Where the answer says whether others refer to the table.
pub(super) const IS_REFERRED_TO: usize = 4;

impl Definition {
    /// Of the parts that [`Look::Definition`] has answered; nothing when there is no such table.
    pub(super) fn read(found: Vec<String>) -> Option<Self> {
        let mut found = found.into_iter();
        let mut next = || found.next();
        let path = [next()?, next()?, next()?];
        let (state, is_referred_to) = (next()?, next()? == "t");
        let (elements, columns, comment) = (next()?, next()?, next()?);
        let mut comments = Vec::new();
        while let (Some(column), Some(comment)) = (found.next(), found.next()) {
            comments.push((column, comment));
        }
        Some(Self { path, state, is_referred_to, elements, columns, comment, comments })
    }
}
