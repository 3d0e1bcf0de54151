//! The values of an ENUM, and which of the catalog's types they are, where somebody has found that out: DuckDB's columns keep
//! the values alone. Deliberately absent: how they are stored (`fixed.rs`).

use std::ops::Deref;
use std::sync::Arc;

/// The values of an ENUM, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enumeration {
    values: Arc<[Box<str>]>,
    numbers: Option<(u32, u32)>,
}

impl Enumeration {
    /// The same, known to be one of the catalog's types: by its number and that of its arrays.
    #[must_use]
    pub fn numbered(&self, numbers: Option<(u32, u32)>) -> Self {
        Self { values: Arc::clone(&self.values), numbers }
    }

    /// The numbers of the type and of its arrays, where they are known. DuckDB's columns say nothing of them.
    #[must_use]
    pub fn numbers(&self) -> Option<(u32, u32)> {
        self.numbers
    }
}

impl Deref for Enumeration {
    type Target = [Box<str>];

    fn deref(&self) -> &Self::Target {
        &self.values
    }
}

impl FromIterator<Box<str>> for Enumeration {
    fn from_iter<I: IntoIterator<Item = Box<str>>>(values: I) -> Self {
        Self { values: values.into_iter().collect(), numbers: None }
    }
}

impl From<Vec<Box<str>>> for Enumeration {
    fn from(values: Vec<Box<str>>) -> Self {
        values.into_iter().collect()
    }
}
