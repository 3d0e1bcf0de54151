//! The binary form of `numeric` (`numeric_send`): groups of four decimal digits.

use super::{Decimal, NAME, Numeric, POWERS};
use crate::types::ValueError;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xc000;
const INFINITY: u16 = 0xd000;
const NEGATIVE_INFINITY: u16 = 0xf000;
const MAX_SCALE: u16 = 0x3fff;

/// The binary form of a magnitude with so many digits after the point.
#[inline]
pub fn write_binary(out: &mut Vec<u8>, negative: bool, magnitude: u128, scale: u8) {
    let padding = match scale % 4 {
        1 => 1000,
        2 => 100,
        3 => 10,
        0 | 4.. => 1,
    };
    match u64::try_from(magnitude).ok().and_then(|magnitude| magnitude.checked_mul(padding)) {
        Some(padded) => write_padded(out, negative, padded, scale),
        None => write_wide(out, negative, magnitude, scale),
    }
}

/// A magnitude whose digits after the point are whole groups already: at most five groups in all.
#[inline]
fn write_padded(out: &mut Vec<u8>, negative: bool, padded: u64, scale: u8) {
    let (mut rest, mut groups, mut count, mut zeros) = (padded, 0u128, 0u16, 0i16);
    while rest != 0 {
        let group = rest % 10_000;
        rest /= 10_000;
        if group == 0 && count == 0 {
            zeros += 1;
        } else {
            groups |= u128::from(group) << (16 * count);
            count += 1;
        }
    }
    if count == 0 {
        return header(out, 0, 0, POSITIVE, u16::from(scale));
    }
    let weight = zeros + i16::try_from(count).unwrap_or(0) - 1 - i16::from(scale.div_ceil(4));
    header(out, count, weight, if negative { NEGATIVE } else { POSITIVE }, u16::from(scale));
    let end = out.len() + 2 * usize::from(count);
    out.extend_from_slice(&(groups << (128 - 16 * count)).to_be_bytes());
    out.truncate(end);
}

fn write_wide(out: &mut Vec<u8>, negative: bool, magnitude: u128, scale: u8) {
    let power = POWERS.get(usize::from(scale)).copied().unwrap_or(1);
    let mut groups = Groups::default();
    groups.push_fraction(magnitude % power, scale);
    let mut whole = magnitude / power;
    while whole != 0 {
        groups.push(u64::try_from(whole % 10_000).unwrap_or(0));
        whole /= 10_000;
    }
    let fraction_groups = scale.div_ceil(4);
    groups.write(out, negative, fraction_groups, scale);
}

/// Groups of four digits, the least significant first: 128 bits have at most 39 digits before the point
/// or around it, which are at most 11 groups; a scale of up to 255 is never met with more than 38.
#[derive(Default)]
struct Groups {
    values: [u16; 24],
    count: usize,
}

impl Groups {
    fn push(&mut self, value: u64) {
        if let Some(slot) = self.values.get_mut(self.count) {
            *slot = u16::try_from(value).unwrap_or(0);
            self.count += 1;
        }
    }

    /// The groups of so many digits after the point; zeros make the last one whole.
    fn push_fraction(&mut self, fraction: u128, scale: u8) {
        if scale == 0 {
            return;
        }
        let (cut, filled) = match scale % 4 {
            1 => (10u64, 1000u64),
            2 => (100, 100),
            3 => (1000, 10),
            0 | 4.. => (10_000, 1),
        };
        let others = scale.div_ceil(4) - 1;
        self.push(u64::try_from(fraction % u128::from(cut)).unwrap_or(0) * filled);
        let mut rest = fraction / u128::from(cut);
        for _ in 0..others {
            self.push(u64::try_from(rest % 10_000).unwrap_or(0));
            rest /= 10_000;
        }
    }

    fn write(&self, out: &mut Vec<u8>, negative: bool, fraction_groups: u8, scale: u8) {
        let groups = self.values.get(..self.count).unwrap_or_default();
        let low = groups.iter().position(|group| *group != 0);
        let high = groups.iter().rposition(|group| *group != 0);
        let (Some(low), Some(high)) = (low, high) else {
            header(out, 0, 0, POSITIVE, u16::from(scale));
            return;
        };
        let digits = groups.get(low..=high).unwrap_or_default();
        let weight = i16::try_from(high).unwrap_or(0) - i16::from(fraction_groups);
        let sign = if negative { NEGATIVE } else { POSITIVE };
        header(out, u16::try_from(digits.len()).unwrap_or(0), weight, sign, u16::from(scale));
        for digit in digits.iter().rev() {
            out.extend_from_slice(&digit.to_be_bytes());
        }
    }
}

fn header(out: &mut Vec<u8>, count: u16, weight: i16, sign: u16, scale: u16) {
    let weight = u16::from_be_bytes(weight.to_be_bytes());
    let words = [count, weight, sign, scale];
    let header = words.iter().fold(0u64, |header, word| header << 16 | u64::from(*word));
    out.extend_from_slice(&header.to_be_bytes());
}

/// The binary form of an integer given as ASCII digits; false when PostgreSQL has no such number.
pub fn write_digits_binary(out: &mut Vec<u8>, negative: bool, digits: &[u8]) -> bool {
    if digits.len() > 131_072 {
        return false;
    }
    let groups: Vec<u16> = digits
        .rchunks(4)
        .rev()
        .map(|group| u16::try_from(crate::types::digits::parse(group).unwrap_or(0)).unwrap_or(0))
        .collect();
    let leading = groups.iter().take_while(|group| **group == 0).count();
    let Some(last) = groups.iter().rposition(|group| *group != 0) else {
        header(out, 0, 0, POSITIVE, 0);
        return true;
    };
    let weight = i16::try_from(groups.len() - leading).unwrap_or(1) - 1;
    let kept = groups.get(leading..=last).unwrap_or_default();
    let sign = if negative { NEGATIVE } else { POSITIVE };
    header(out, u16::try_from(kept.len()).unwrap_or(0), weight, sign, 0);
    for group in kept {
        out.extend_from_slice(&group.to_be_bytes());
    }
    true
}

/// Reads the binary form (`numeric_recv`).
///
/// # Errors
/// [`ValueError::Binary`] or [`ValueError::BinaryContent`].
pub fn parse_binary(input: &[u8]) -> Result<Numeric, ValueError> {
    let wrong = || ValueError::Binary { type_name: NAME };
    let content = |message| ValueError::BinaryContent { message };
    let (header, mut body) = input.split_first_chunk::<8>().ok_or_else(wrong)?;
    let [c0, c1, w0, w1, s0, s1, d0, d1] = *header;
    let count = u16::from_be_bytes([c0, c1]);
    let weight = i16::from_be_bytes([w0, w1]);
    let scale = u16::from_be_bytes([d0, d1]);
    if body.len() != usize::from(count) * 2 {
        return Err(wrong());
    }
    let negative = match u16::from_be_bytes([s0, s1]) {
        POSITIVE => false,
        NEGATIVE => true,
        NAN => return Ok(Numeric::NaN),
        INFINITY => return Ok(Numeric::Infinity),
        NEGATIVE_INFINITY => return Ok(Numeric::NegativeInfinity),
        0x0001..=0x3fff | 0x4001..=0xbfff | 0xc001..=0xcfff | 0xd001..=0xefff | 0xf001..=0xffff => {
            return Err(content("invalid sign in external \"numeric\" value"));
        }
    };
    if scale > MAX_SCALE {
        return Err(content("invalid scale in external \"numeric\" value"));
    }
    let mut digits = Vec::with_capacity(body.len() * 2);
    while let Some((group, rest)) = body.split_first_chunk::<2>() {
        let group = u16::from_be_bytes(*group);
        if group >= 10_000 {
            return Err(content("invalid digit in external \"numeric\" value"));
        }
        digits.extend_from_slice(&crate::types::digits::four(u32::from(group)));
        body = rest;
    }
    Ok(Numeric::Finite(place(negative, digits, weight, usize::from(scale))))
}

/// Gives digits that start at 10000^weight exactly `scale` places after the point, cutting or filling.
fn place(negative: bool, mut digits: Vec<u8>, weight: i16, scale: usize) -> Decimal {
    let whole = (i64::from(weight) + 1) * 4;
    if digits.iter().all(|digit| *digit == b'0') {
        return Decimal { negative: false, digits: Vec::new(), scale };
    }
    if let Ok(missing) = usize::try_from(-whole) {
        digits.splice(0..0, std::iter::repeat_n(b'0', missing));
    }
    let wanted = usize::try_from(whole.max(0)).unwrap_or(0) + scale;
    digits.resize(wanted, b'0');
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.drain(..zeros);
    Decimal { negative: negative && !digits.is_empty(), digits, scale }
}
