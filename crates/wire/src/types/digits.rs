//! Decimal digits of small numbers, as fixed arrays that the writers put together.
//!
//! The hot path appends arrays of fixed length and cuts what was too much: that is a store or two, where
//! a copy of unknown length is a call.

#[expect(clippy::as_conversions, reason = "a remainder of 10 fits into a byte")]
fn digit(value: u32) -> u8 {
    b'0' + (value % 10) as u8
}

/// Appends bytes. Short ones go as arrays of fixed length, of which what is too much is cut off: copying an
/// unknown length is a call.
#[inline]
pub fn append(out: &mut Vec<u8>, bytes: &[u8]) {
    let count = bytes.len();
    let end = out.len() + count;
    if let (Some(first), Some(last)) = (bytes.first_chunk::<16>(), bytes.last_chunk::<16>()) {
        if count > 32 {
            return out.extend_from_slice(bytes);
        }
        // Both halves, over each other.
        out.extend_from_slice(first);
        out.truncate(end - 16);
        out.extend_from_slice(last);
        return;
    }
    let joined = if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (count - 8))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << (8 * (count - 4))
    } else {
        bytes.iter().rev().fold(0, |joined, byte| joined << 8 | u128::from(*byte))
    };
    out.extend_from_slice(&joined.to_le_bytes());
    out.truncate(end);
}

/// Eight digits at once, zeros in front, the first in the lowest byte: divides in all lanes of a word.
/// The value is below 10^8.
#[inline]
pub(crate) fn eight(value: u32) -> u64 {
    let fours = u64::from(value / 10_000) | u64::from(value % 10_000) << 32;
    // 10486 / 2^20 is 1/100, exact enough below 10^4; 103 / 2^10 is 1/10 below 100.
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | (fours - hundreds * 100) << 16;
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    (tens | (twos - tens * 10) << 8) | 0x3030_3030_3030_3030
}

/// Below this, [`sixteen`] has all the digits and room for a sign and a point.
pub(crate) const SIXTEEN_LIMIT: u64 = 100_000_000_000_000;

/// The digits of a number below 10^16, at least so many, the first in the lowest byte; and their count.
#[inline]
pub(crate) fn sixteen(value: u64, least: u32) -> (u128, u32) {
    if value < 100_000_000 && least <= 8 {
        let digits = eight(u32::try_from(value).unwrap_or(0));
        let zeros = (digits ^ 0x3030_3030_3030_3030).trailing_zeros() / 8;
        let skip = zeros.min(8 - least);
        return (u128::from(digits >> (8 * skip)), 8 - skip);
    }
    let (high, low) = (value / 100_000_000, value % 100_000_000);
    let digits = u128::from(eight(u32::try_from(high).unwrap_or(0)))
        | u128::from(eight(u32::try_from(low).unwrap_or(0))) << 64;
    let zeros = (digits ^ 0x3030_3030_3030_3030_3030_3030_3030_3030).trailing_zeros() / 8;
    let skip = zeros.min(16 - least);
    (digits >> (8 * skip), 16 - skip)
}

/// Appends the first so many of sixteen bytes, the first in the lowest.
#[inline]
pub(crate) fn push_sixteen(out: &mut Vec<u8>, bytes: u128, count: u32) {
    let length = out.len() + usize::try_from(count).unwrap_or(0);
    out.extend_from_slice(&bytes.to_le_bytes());
    out.truncate(length);
}

/// The last two decimal digits.
pub(crate) fn two(value: u32) -> [u8; 2] {
    [digit(value / 10), digit(value)]
}

/// The last four decimal digits.
pub(crate) fn four(value: u32) -> [u8; 4] {
    [digit(value / 1000), digit(value / 100), digit(value / 10), digit(value)]
}

/// The last six decimal digits.
pub(crate) fn six(value: u32) -> [u8; 6] {
    let ([d1, d2, d3, d4], [d5, d6]) = (four(value / 100), two(value));
    [d1, d2, d3, d4, d5, d6]
}

/// A number with at least the given count of digits, zeros in front.
pub(crate) fn padded(out: &mut Vec<u8>, value: u64, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value);
    out.extend(std::iter::repeat_n(b'0', width.saturating_sub(digits.len())));
    out.extend_from_slice(digits.as_bytes());
}

/// `.` and the fraction of a second without trailing zeros; nothing when it is zero.
pub(crate) fn fraction(out: &mut Vec<u8>, micros: u32) {
    if micros == 0 {
        return;
    }
    let digits = six(micros);
    let length = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    out.push(b'.');
    out.extend_from_slice(digits.get(..length).unwrap_or_default());
}

/// A decimal number of nothing but digits, at most `u64::MAX`.
pub(crate) fn parse(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_appended() {
        for length in 0..70u8 {
            let bytes: Vec<u8> = (1..=length).collect();
            let mut out = b"x".to_vec();
            append(&mut out, &bytes);
            assert_eq!(out.split_first(), Some((&b'x', bytes.as_slice())));
        }
    }
}
