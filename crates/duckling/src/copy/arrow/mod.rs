//! Arrow IPC streams (specification "Serialization and Interprocess Communication", streaming format).
//!
//! [`ArrowOut`] makes record batches of chunks; [`ArrowIn`] reads batches as they come and fills chunks of the
//! types that the stream has, which DuckDB casts to the table's. Deliberately absent: files with a footer,
//! and dictionaries on the way out.

mod extent;
mod input;
mod output;
mod range;
mod size;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use input::ArrowIn;
pub(super) use output::{ArrowOut, END};
