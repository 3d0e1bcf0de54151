//! How long the rows of a chunk are as Arrow has them, so that batches can be cut before they are made.

use engine::{LogicalType, Vector};

/// What a value without texts takes up, about.
const FIXED_BYTES: usize = 8;

/// Whether the values of a type are all as long as each other.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all others are numbers, times and the like, or short texts"
)]
pub(super) fn is_fixed(logical: &LogicalType) -> bool {
    use LogicalType as L;
    match logical {
        L::Varchar
        | L::Json
        | L::Blob
        | L::Geometry
        | L::Bit
        | L::BigNum
        | L::List(_)
        | L::Map(..)
        | L::Union(_)
        | L::Variant
        | L::Unknown
        | L::Other(_) => false,
        L::Array(element, size) => *size <= 16 && is_fixed(element),
        L::Struct(fields) => fields.iter().all(|(_, field)| is_fixed(field)),
        _ => true,
    }
}

/// How many bytes a row's value has.
pub(super) fn row_bytes(vector: Vector<'_>, row: usize) -> usize {
    if !vector.validity().is_valid(row) {
        return 0;
    }
    if let Some(strings) = vector.strings() {
        return strings.bytes(row).len();
    }
    let (child, start, length) = if let Some((entries, child)) = vector.list() {
        let entry = entries.get(row).copied().unwrap_or_default();
        let [start, length] = [entry.offset, entry.length].map(|at| usize::try_from(at).unwrap_or(0));
        (child, start, length)
    } else if let Some((size, child)) = vector.array() {
        let size = usize::try_from(size).unwrap_or(0);
        (child, row.saturating_mul(size), size)
    } else {
        let fields = vector.fields();
        return FIXED_BYTES
            + fields.into_iter().map(|field| row_bytes(field, row)).fold(0, usize::saturating_add);
    };
    if is_fixed(child.logical_type()) {
        return length.saturating_mul(FIXED_BYTES);
    }
    (start..start.saturating_add(length))
        .map(|row| row_bytes(child, row))
        .fold(FIXED_BYTES, usize::saturating_add)
}
