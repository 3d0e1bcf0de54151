//! Decimal digits of small numbers, as fixed arrays that the writers put together.

#[expect(clippy::as_conversions, reason = "a remainder of 10 fits into a byte")]
fn digit(value: u32) -> u8 {
    b'0' + (value % 10) as u8
}

/// The last two decimal digits.
pub(crate) fn two(value: u32) -> [u8; 2] {
    [digit(value / 10), digit(value)]
}

/// The last four decimal digits.
pub(crate) fn four(value: u32) -> [u8; 4] {
    [
        digit(value / 1000),
        digit(value / 100),
        digit(value / 10),
        digit(value),
    ]
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
    let length = digits
        .iter()
        .rposition(|digit| *digit != b'0')
        .map_or(0, |last| last + 1);
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
