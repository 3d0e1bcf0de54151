//! Arrays as binary.

use super::MAX_DIMENSIONS;
use crate::{read::Body, types::ValueError};

const NAME: &str = "array";

/// The head: dimensions (their lower bounds are 1), whether there are NULLs, the element's OID.
/// An array without elements has no dimensions.
pub fn write_header_binary(out: &mut Vec<u8>, dimensions: &[usize], has_null: bool, element_oid: u32) {
    let word = |value: usize| i32::try_from(value).unwrap_or(i32::MAX).to_be_bytes();
    let empty = dimensions.contains(&0);
    let dimensions = if empty { &[] } else { dimensions };
    out.extend_from_slice(&word(dimensions.len()));
    out.extend_from_slice(&i32::from(has_null).to_be_bytes());
    out.extend_from_slice(&element_oid.to_be_bytes());
    for length in dimensions {
        out.extend_from_slice(&word(*length));
        out.extend_from_slice(&1i32.to_be_bytes());
    }
}

/// One element: its length and its bytes, or NULL.
pub fn write_element_binary(out: &mut Vec<u8>, element: Option<&[u8]>) {
    match element {
        Some(bytes) => {
            out.extend_from_slice(&i32::try_from(bytes.len()).unwrap_or(i32::MAX).to_be_bytes());
            out.extend_from_slice(bytes);
        }
        None => out.extend_from_slice(&(-1i32).to_be_bytes()),
    }
}

/// An array as it came in binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryArray<'b> {
    /// The OID of its elements' type.
    pub element_oid: u32,
    /// The length of each dimension, the outermost first.
    pub dimensions: Vec<usize>,
    /// The elements in order; nothing is NULL.
    pub elements: Vec<Option<&'b [u8]>>,
}

/// Reads an array.
///
/// # Errors
/// [`ValueError::Binary`], [`ValueError::BinaryContent`] or [`ValueError::ArrayDimensions`].
pub fn parse_binary(input: &[u8]) -> Result<BinaryArray<'_>, ValueError> {
    let wrong = || ValueError::Binary { type_name: NAME };
    let mut body = Body::new(input);
    let count = body.i32().ok_or_else(wrong)?;
    let count = usize::try_from(count)
        .map_err(|_| ValueError::BinaryContent { message: "invalid number of dimensions" })?;
    if count > MAX_DIMENSIONS {
        return Err(ValueError::ArrayDimensions);
    }
    if !matches!(body.i32().ok_or_else(wrong)?, 0 | 1) {
        return Err(ValueError::BinaryContent { message: "invalid array flags" });
    }
    let element_oid = body.u32().ok_or_else(wrong)?;
    let mut dimensions = Vec::with_capacity(count);
    let mut items = usize::from(count > 0);
    for _ in 0..count {
        let length = usize::try_from(body.i32().ok_or_else(wrong)?).map_err(|_| wrong())?;
        body.i32().ok_or_else(wrong)?;
        dimensions.push(length);
        items = items.checked_mul(length).ok_or_else(wrong)?;
    }
    let mut elements = Vec::new();
    // Grows only as far as there are bytes, whatever the dimensions claim.
    for _ in 0..items {
        let length = body.i32().ok_or_else(wrong)?;
        elements.push(match usize::try_from(length) {
            Ok(length) => Some(body.bytes(length).ok_or_else(wrong)?),
            Err(_) if length == -1 => None,
            Err(_) => return Err(wrong()),
        });
    }
    if !body.is_empty() {
        return Err(wrong());
    }
    Ok(BinaryArray { element_oid, dimensions, elements })
}
