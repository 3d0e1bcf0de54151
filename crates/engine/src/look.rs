//! What the catalog has under a name, for those who write a statement anew before it is bound. Deliberately absent:
//! whether one may see it; the statement's plan is judged as ever.

#![expect(unsafe_code, reason = "calls the shim with the connection's handle")]

use std::ffi::c_void;

use crate::connection::Connection;
use crate::sys::{self, Text};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A table or view: its name.
    Relation,
    /// A sequence: its name, and what it says of the column that it belongs to, or nothing.
    Sequence,
    /// A schema, of the current database unless another stands before it: its name.
    Schema,
    /// An index: its name.
    Index,
    /// A table's columns: name, type and NOT NULL, as SQL.
    Columns,
    /// The same with their defaults.
    ColumnsWithDefaults,
    /// The sequences that belong to a table's columns: for each its column's name, then its own as SQL.
    OwnedSequences,
    /// The columns of a table's key; its name stands behind the table's.
    KeyColumns,
    /// A table's indexes: for each its name, whether it is unique (`t` or `f`), how many expressions it has, and these as SQL.
    Indexes,
    /// A function or macro of the schema `pg_catalog`: its name.
    PgCatalogFunction,
    /// A table's definition: its database, schema and name; a text that is another one when it or its indexes have been
    /// altered; whether others refer to it (`t` or `f`); what CREATE TABLE has behind its name; the columns that can be
    /// written; its comment or nothing; and each commented column before its comment.
    Definition,
    /// The same without a constraint, whose name stands behind the table's; nothing when it has none of that name.
    DefinitionWithout,
    /// A view: its name.
    View,
    /// The definition without a column, whose name stands behind the table's, and without what is about it.
    DefinitionWithoutColumn,
    /// An own enum with these labels: its number as a type, and that of its arrays.
    Enum,
}

impl Look {
    /// Its number in `ShimLook`.
    fn number(self) -> u8 {
        match self {
            Self::Relation => 0,
            Self::Sequence => 1,
            Self::Schema => 2,
            Self::Index => 3,
            Self::Columns => 4,
            Self::ColumnsWithDefaults => 5,
            Self::OwnedSequences => 6,
            Self::KeyColumns => 7,
            Self::Indexes => 8,
            Self::PgCatalogFunction => 9,
            Self::Definition => 10,
            Self::DefinitionWithout => 11,
            Self::View => 12,
            Self::DefinitionWithoutColumn => 13,
            Self::Enum => 14,
        }
    }
}

impl Connection {
    /// Looks; nothing is found where nothing is, or where the transaction cannot be used. `name` has one to three parts.
    #[must_use]
    pub fn look(&self, what: Look, name: &[String]) -> Vec<String> {
        let parts: Vec<Text> = name.iter().map(|part| Text::new(part)).collect();
        let mut found: Vec<String> = Vec::new();
        let state = (&raw mut found).cast::<c_void>();
        // SAFETY: a live connection, `parts` lives as long as the call, and `each` gets the pointer to `found` only
        // during it.
        unsafe {
            let context = self.context().lock();
            let _ = sys::shim_look(*context, what.number(), parts.as_ptr(), parts.len(), each, state);
        }
        found
    }
}

extern "C" fn each(state: *mut c_void, name: Text) {
    // SAFETY: `look` gave the pointer to its own list, and the shim lends the text for the call.
    unsafe {
        if let Some(found) = state.cast::<Vec<String>>().as_mut() {
            found.push(name.into_string());
        }
    }
}
