//! What COPY loads into, as far as the data's reader has to know it.

use engine::LogicalType;

/// The table of a COPY FROM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CopyTarget {
    /// Its schema, for constraint errors.
    pub(crate) schema: String,
    /// Its name, for messages.
    pub(crate) table: String,
    /// The columns in the order of the data.
    pub(crate) columns: Vec<CopyColumn>,
    /// The columns that must not be NULL, in the table's order, each with its place in the data; nothing for
    /// one that is not there and has no default.
    pub(crate) required: Vec<(Option<usize>, String)>,
}

/// A column that the data has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopyColumn {
    /// Its name.
    pub(crate) name: String,
    /// The table's type.
    pub(crate) logical: LogicalType,
    /// Whether the table has a default for it.
    pub(crate) has_default: bool,
}
