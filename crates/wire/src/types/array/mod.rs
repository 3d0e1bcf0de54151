//! Arrays: `{…}` with PostgreSQL's quoting, and the binary form with dimensions and element OID
//! (`array_in`, `array_out`, `array_recv`, `array_send`). What the elements mean is the caller's business.

mod text;
mod binary;

pub use binary::{BinaryArray, parse_binary, write_element_binary, write_header_binary};
pub use text::{TextArray, parse, write_element};

/// PostgreSQL's limit (`MAXDIM`).
pub const MAX_DIMENSIONS: usize = 6;

#[cfg(test)]
mod tests;
