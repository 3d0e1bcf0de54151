//! COPY from and to the client, in PostgreSQL's text, csv and binary formats, without any input or output.
//!
//! [`CopyIn`] takes CopyData in pieces cut anywhere and fills chunks for the appender; [`CopyOut`] makes
//! CopyData messages of a result's chunks. The statement's options become [`CopyOptions`]. The session
//! moves the messages and owns the transaction. Rules and wording are those of PostgreSQL 15
//! (`copy.c`, `copyfromparse.c`, `copyto.c`).

mod input;
mod output;
mod arrow;
mod delimited;
mod binary;
mod lines;
mod load;
mod fields;
mod column;
mod received;
mod place;
mod target;
mod options;

pub(crate) use arrow::ArrowIn;
pub(crate) use input::CopyIn;
pub(crate) use load::marker_name;
pub(crate) use options::{Columns, CopyDirection, CopyFormat, CopyOption, CopyOptions, CopyValue, Header};
pub(crate) use output::CopyOut;
pub(crate) use target::{CopyColumn, CopyTarget};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod bench;
