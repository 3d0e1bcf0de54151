//! A small generator of numbers (`SplitMix64`) with a fixed seed: a failing value is the same one the next time.

/// The generator.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let count = i128::from(high) - i128::from(low) + 1;
        let offset = i128::from(self.bits()) % count;
        i64::try_from(i128::from(low) + offset).expect("between two numbers")
    }

    /// An index below `count`.
    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.bits() % u64::try_from(count.max(1)).expect("small")).expect("below a count")
    }

    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Whole numbers of all sizes alike: as many bits as it happens, of either sign.
    pub(super) fn sized(&mut self, most_bits: u32) -> i64 {
        let bits = u32::try_from(self.below(usize::try_from(most_bits).expect("small"))).expect("small");
        let value = i64::try_from(self.bits() >> 1 >> (63 - bits.min(63))).expect("63 bits");
        if self.one_in(2) { -value } else { value }
    }

    /// Decimal digits, the first of them not 0.
    pub(super) fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|index| {
                char::from(b'0' + u8::try_from(self.between(i64::from(index == 0), 9)).expect("a digit"))
            })
            .collect()
    }
}
