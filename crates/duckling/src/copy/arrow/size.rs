//! How much a batch is when it is written out: dictionaries and views say a value as often as they like for a few
//! bytes, and NULLs take none at all.

use arrow_array::{
    Array,
    cast::AsArray,
    types::{BinaryViewType, ByteViewType, StringViewType},
};
use arrow_schema::DataType;

use super::values::key;

/// What a value takes up besides its own bytes: a NULL of a chunk's text column, say.
const VALUE_BYTES: usize = 16;

/// What arrays hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// Values, those in nested ones too.
    pub(super) values: usize,
    /// Bytes of texts and blobs.
    bytes: usize,
}

impl Size {
    fn of(values: usize, bytes: usize) -> Self {
        Self { values, bytes }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            values: self.values.saturating_add(other.values),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// What a client sent at least for as much, if it said nothing twice: a byte for each value.
    pub(super) fn sent_bytes(self) -> usize {
        self.bytes.saturating_add(self.values)
    }

    /// What it takes up in a chunk, about.
    pub(super) fn chunk_bytes(self) -> usize {
        self.bytes.saturating_add(self.values.saturating_mul(VALUE_BYTES))
    }
}

/// The size of some of an array's rows, which are there.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others have no parts and are short")]
pub(super) fn size(array: &dyn Array, start: usize, count: usize) -> Size {
    let rows = Size::of(count, 0);
    let text = |row| scalar_bytes(array, row);
    match array.data_type() {
        DataType::Utf8
        | DataType::Binary
        | DataType::LargeUtf8
        | DataType::LargeBinary
        | DataType::Utf8View
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => Size::of(count, sum((start..start + count).map(text))),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let (keys, values) = (dictionary.keys(), dictionary.values());
            let valid = (start..start + count).filter(|row| keys.is_valid(*row));
            Size::of(count, sum(valid.map(|row| scalar_bytes(values.as_ref(), key(keys, row)))))
        }
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let (from, to) = window(list.value_offsets(), start, count);
            rows.and(size(list.values().as_ref(), from, to.saturating_sub(from)))
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            let (from, to) = window(list.value_offsets(), start, count);
            rows.and(size(list.values().as_ref(), from, to.saturating_sub(from)))
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let (from, to) = window(map.value_offsets(), start, count);
            rows.and(size(map.entries(), from, to.saturating_sub(from)))
        }
        DataType::FixedSizeList(_, length) => {
            let length = usize::try_from(*length).unwrap_or(0);
            let (from, count) = (start.saturating_mul(length), count.saturating_mul(length));
            rows.and(size(array.as_fixed_size_list().values().as_ref(), from, count))
        }
        DataType::Struct(_) => {
            let columns = array.as_struct().columns().iter();
            columns.map(|column| size(column.as_ref(), start, count)).fold(rows, Size::and)
        }
        _ => rows,
    }
}

fn sum(lengths: impl Iterator<Item = usize>) -> usize {
    lengths.fold(0, usize::saturating_add)
}

/// Where the elements of some lists begin and end.
fn window<T: Copy + TryInto<usize>>(offsets: &[T], start: usize, count: usize) -> (usize, usize) {
    let at = |index: usize| offsets.get(index).and_then(|offset| (*offset).try_into().ok()).unwrap_or(0);
    (at(start), at(start + count))
}

/// The length of a text or blob; nothing of any other value.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others are short")]
fn scalar_bytes(array: &dyn Array, row: usize) -> usize {
    fn view<T: ByteViewType>(array: &dyn Array, row: usize) -> usize {
        // The lowest four bytes of a view are its length.
        let view = array.as_byte_view::<T>().views().get(row).copied().unwrap_or(0);
        usize::try_from(view & u128::from(u32::MAX)).unwrap_or(usize::MAX)
    }
    fn between<T: Copy + TryInto<usize>>(offsets: &[T], row: usize) -> usize {
        let (from, to) = window(offsets, row, 1);
        to.saturating_sub(from)
    }
    match array.data_type() {
        DataType::Utf8 => between(array.as_string::<i32>().value_offsets(), row),
        DataType::LargeUtf8 => between(array.as_string::<i64>().value_offsets(), row),
        DataType::Binary => between(array.as_binary::<i32>().value_offsets(), row),
        DataType::LargeBinary => between(array.as_binary::<i64>().value_offsets(), row),
        DataType::Utf8View => view::<StringViewType>(array, row),
        DataType::BinaryView => view::<BinaryViewType>(array, row),
        DataType::FixedSizeBinary(length) => usize::try_from(*length).unwrap_or(0),
        _ => 0,
    }
}
