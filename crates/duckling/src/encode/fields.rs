//! One column's encoded values, back to back, as they stand in a DataRow: length and bytes.

use wire::types::append;

/// Length and bytes of each value (−1 and nothing for NULL), in one buffer.
#[derive(Debug)]
pub(crate) struct Fields {
    bytes: Vec<u8>,
    /// Where each value ends.
    ends: Vec<usize>,
    limit_bytes: usize,
}

impl Fields {
    /// No values yet. Who fills it stops after the value with which it reaches the limit.
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { bytes: Vec::new(), ends: Vec::new(), limit_bytes }
    }

    /// Whether it holds its limit or more.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= self.limit_bytes
    }

    /// How many values there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The value at an index, length in front, as it stands in a DataRow.
    #[must_use]
    pub(crate) fn framed(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// The value at an index; nothing is NULL.
    #[must_use]
    pub(crate) fn value(&self, index: usize) -> Option<&[u8]> {
        match self.framed(index) {
            [first, ..] if *first >= 0x80 => None,
            [_, _, _, _, value @ ..] => Some(value),
            [..] => None,
        }
    }

    /// Every value with its length, from an index on.
    pub(super) fn framed_from(&self, index: usize) -> impl Iterator<Item = &[u8]> {
        let mut start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(index..).unwrap_or_default().iter().map(move |end| {
            let framed = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            framed
        })
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        // A chunk of long values should not hold its memory for the rest of the result.
        self.bytes.shrink_to(16 << 20);
    }

    pub(super) fn reserve(&mut self, count: usize, bytes_each: usize) {
        self.ends.reserve(count);
        self.bytes.reserve(count * bytes_each);
    }

    #[inline]
    pub(super) fn push_null(&mut self) {
        self.bytes.extend_from_slice(&[0xff; 4]);
        self.ends.push(self.bytes.len());
    }

    /// A value that is there already.
    #[inline]
    pub(super) fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(&length(value.len()));
        append(&mut self.bytes, value);
        self.ends.push(self.bytes.len());
    }

    /// A binary number: length and bytes are copied as one.
    #[inline]
    pub(super) fn push_array<const N: usize>(&mut self, value: [u8; N]) {
        let mut framed = [0; 20];
        if let Some((head, body)) = framed.split_first_chunk_mut::<4>()
            && let Some(body) = body.first_chunk_mut::<N>()
        {
            *head = length(N);
            *body = value;
        }
        let end = self.bytes.len() + 4 + N;
        self.bytes.extend_from_slice(&framed);
        self.bytes.truncate(end);
        self.ends.push(self.bytes.len());
    }

    /// A value that a closure appends.
    #[inline]
    pub(super) fn push_with<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        write(&mut self.bytes)?;
        let written = length(self.bytes.len() - start - 4);
        if let Some(slot) = self.bytes.get_mut(start..start + 4) {
            slot.copy_from_slice(&written);
        }
        self.ends.push(self.bytes.len());
        Ok(())
    }
}

/// A value's length as a DataRow gives it. Longer values than it can hold are refused before they are sent.
#[inline]
fn length(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).unwrap_or(i32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were_put_in() {
        let mut fields = Fields::new(usize::MAX);
        fields.push(b"abc");
        fields.push_null();
        fields
            .push_with(|out| {
                out.push(7);
                Ok::<(), ()>(())
            })
            .unwrap();
        fields.push(b"");
        assert_eq!(fields.framed(0), b"\0\0\0\x03abc");
        assert_eq!(fields.framed(1), [0xff; 4]);
        assert_eq!(
            [0, 1, 2, 3].map(|index| fields.value(index)),
            [Some(&b"abc"[..]), None, Some(&[7]), Some(b"")]
        );
        assert_eq!(fields.framed_from(1).map(<[u8]>::len).collect::<Vec<_>>(), [4, 5, 4]);
        assert_eq!((fields.len(), fields.is_full()), (4, false));
        fields.clear();
        assert_eq!(fields.len(), 0);
    }
}
