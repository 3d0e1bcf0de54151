//! Choices out of fuzz bytes. Never fails: when the bytes are used up, every choice is the first one.

use arbitrary::Unstructured;

/// Bytes that choose.
pub(super) struct Source<'d>(Unstructured<'d>);

impl<'d> Source<'d> {
    pub(super) fn new(data: &'d [u8]) -> Self {
        Self(Unstructured::new(data))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A number below `count`.
    pub(super) fn below(&mut self, count: usize) -> usize {
        self.0.int_in_range(0..=count.saturating_sub(1)).unwrap_or(0)
    }

    pub(super) fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    pub(super) fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        &from[self.below(from.len())]
    }

    /// One of the words.
    pub(super) fn word<'w>(&mut self, from: &[&'w str]) -> &'w str {
        from[self.below(from.len())]
    }

    pub(super) fn number<N: arbitrary::Arbitrary<'d>>(&mut self) -> N {
        self.0.arbitrary().expect("numbers are filled up with zeros")
    }

    /// At most so many bytes, as they are.
    pub(super) fn bytes(&mut self, max: usize) -> &'d [u8] {
        let length = self.below(max + 1).min(self.0.len());
        self.0.bytes(length).unwrap_or_default()
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> &'d [u8] {
        self.0.bytes(self.0.len()).unwrap_or_default()
    }

    /// UTF-8 without NUL, of at most so many bytes.
    pub(super) fn text(&mut self, max: usize) -> String {
        String::from_utf8_lossy(self.bytes(max)).replace('\0', "0")
    }

    /// Some of the fragments one after the other, now and then a few bytes of no meaning.
    pub(super) fn fragments(&mut self, fragments: &[&str], max: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for _ in 0..self.below(max + 1) {
            if self.is_empty() {
                break;
            }
            if self.below(16) == 15 {
                let bytes = self.bytes(4);
                out.extend_from_slice(bytes);
            } else {
                out.extend_from_slice(self.pick(fragments).as_bytes());
            }
        }
        out
    }

    /// Damages bytes in a place or two, or leaves them.
    pub(super) fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.below(4) {
            let place = self.below(bytes.len() + 1);
            match self.below(5) {
                0 => bytes.truncate(place),
                1 => {
                    let value = self.number();
                    bytes.insert(place, value);
                }
                2 if place < bytes.len() => {
                    bytes.remove(place);
                }
                3 if place < bytes.len() => {
                    let count = self.below(8).min(bytes.len() - place);
                    bytes.extend_from_within(place..place + count);
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(place) {
                        *byte = self.number();
                    }
                }
            }
        }
    }

    /// Cuts bytes into pieces.
    pub(super) fn pieces<'b>(&mut self, mut bytes: &'b [u8]) -> Vec<&'b [u8]> {
        let mut pieces = Vec::new();
        while !bytes.is_empty() && pieces.len() < 32 {
            let size = match self.below(4) {
                0 => 1,
                1 => 1 + self.below(4),
                _ => 1 + self.below(bytes.len()),
            };
            let (piece, rest) = bytes.split_at(size.min(bytes.len()));
            pieces.push(piece);
            bytes = rest;
        }
        pieces.push(bytes);
        pieces
    }
}
