//! What clients send: parameters in PostgreSQL's text and binary forms, to DuckDB's values.
//!
//! The bytes are read as the type that the client was told or declared, then made a value of exactly the
//! type that DuckDB wants there, where that is known and lossless; what remains is DuckDB's own cast.
//! Also here, since encoding uses them too: which type stands for which, the session's style, time zones,
//! and how DuckDB stores the odd ones.

mod parameter;
mod array;
mod binary;
mod text;
mod coerce;
mod json;
mod oids;
mod style;
pub(crate) mod stored;
mod zone;
mod utf8;

pub(crate) use coerce::narrow_float;
pub(crate) use oids::{array_element, element_of, is_scalar, logical_to_oid, oid_to_logical};
pub(crate) use parameter::{Parameter, binary_value, parameter, text_value};
pub(crate) use style::Style;
pub(crate) use utf8::{text, utf8};
pub(crate) use zone::Zone;

#[cfg(test)]
mod tests;
