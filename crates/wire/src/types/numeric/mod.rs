//! `numeric`: exact decimals, as text and as groups of four digits.
//!
//! DuckDB's decimals and wide integers are a magnitude of at most 128 bits and a scale; what a client
//! sends may be wider and is a [`Decimal`] of digits until its target is known.

mod text;
mod binary;

pub use binary::{parse_binary, write_binary, write_digits_binary};
pub use text::{parse, parse_fixed, write, write_digits};

use super::ValueError;

pub(super) const NAME: &str = "numeric";

/// The powers of ten that fit into 128 bits.
pub static POWERS: [u128; 39] = {
    let mut powers = [1u128; 39];
    let mut rest: &mut [u128] = &mut powers;
    let mut power = 1u128;
    while let Some((first, tail)) = rest.split_first_mut() {
        *first = power;
        // The last product is never used: 10^39 does not fit.
        power = power.wrapping_mul(10);
        rest = tail;
    }
    powers
};

/// A numeric as a client gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Numeric {
    /// A number.
    Finite(Decimal),
    /// `NaN`.
    NaN,
    /// `Infinity`.
    Infinity,
    /// `-Infinity`.
    NegativeInfinity,
}

/// A decimal number of any width.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decimal {
    /// Below zero. Zero itself is never negative.
    pub negative: bool,
    /// ASCII digits, the most significant first, none needless in front.
    pub digits: Vec<u8>,
    /// How many of them stand after the point; may exceed their count.
    pub scale: usize,
}

impl Decimal {
    /// The number × 10^scale, rounded half away from zero; nothing when it does not fit.
    #[must_use]
    pub fn rounded(&self, scale: usize) -> Option<i128> {
        let mut magnitude = 0i128;
        let (kept, dropped) = if scale >= self.scale {
            (self.digits.as_slice(), None)
        } else {
            let cut = self.scale - scale;
            match self.digits.len().checked_sub(cut) {
                Some(keep) => {
                    let (kept, dropped) = self.digits.split_at_checked(keep)?;
                    (kept, dropped.first().copied())
                }
                None => (self.digits.get(..0)?, None),
            }
        };
        // Below zero, since that side of the range has one more number.
        for digit in kept {
            magnitude = magnitude.checked_mul(10)?.checked_sub(i128::from(digit.wrapping_sub(b'0')))?;
        }
        if dropped.is_some_and(|digit| digit >= b'5') {
            magnitude = magnitude.checked_sub(1)?;
        }
        if scale > self.scale && magnitude != 0 {
            let power = POWERS.get(scale - self.scale)?;
            magnitude = magnitude.checked_mul(i128::try_from(*power).ok()?)?;
        }
        if self.negative { Some(magnitude) } else { magnitude.checked_neg() }
    }

    /// The same in a field of so many digits, so many of them after the point.
    ///
    /// # Errors
    /// [`ValueError::NumericField`] when it does not fit.
    pub fn fit(&self, precision: u8, scale: u8) -> Result<i128, ValueError> {
        let limit = POWERS.get(usize::from(precision)).copied().unwrap_or(u128::MAX);
        self.rounded(usize::from(scale))
            .filter(|value| value.unsigned_abs() < limit)
            .ok_or(ValueError::NumericField { precision, scale })
    }

    /// The magnitude of an integer as bytes, the most significant first; the fraction is rounded away.
    #[must_use]
    pub fn integer_bytes(&self) -> Vec<u8> {
        let keep = self.digits.len().saturating_sub(self.scale);
        let (kept, dropped) = self.digits.split_at_checked(keep).unwrap_or_default();
        let round_up = self.scale <= self.digits.len() && dropped.first().is_some_and(|digit| *digit >= b'5');
        // Little-endian limbs in base 2^32, multiplied by ten for each digit.
        let mut limbs: Vec<u32> = Vec::new();
        let mut step = |factor: u64, add: u64| {
            let mut carry = add;
            for limb in &mut limbs {
                let value = u64::from(*limb) * factor + carry;
                *limb = u32::try_from(value & 0xffff_ffff).unwrap_or(0);
                carry = value >> 32;
            }
            if carry != 0 {
                limbs.push(u32::try_from(carry).unwrap_or(0));
            }
        };
        for digit in kept {
            step(10, u64::from(digit.wrapping_sub(b'0')));
        }
        if round_up {
            step(1, 1);
        }
        let bytes: Vec<u8> = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        bytes.get(zeros..).unwrap_or_default().to_vec()
    }
}

/// The decimal digits of an unsigned integer given as bytes, the most significant first.
#[must_use]
pub fn digits_of_bytes(bytes: &[u8]) -> Vec<u8> {
    const BILLION: u64 = 1_000_000_000;
    // Little-endian limbs in base 10^9.
    let mut limbs: Vec<u32> = vec![0];
    for byte in bytes {
        let mut carry = u64::from(*byte);
        for limb in &mut limbs {
            let value = u64::from(*limb) * 256 + carry;
            *limb = u32::try_from(value % BILLION).unwrap_or(0);
            carry = value / BILLION;
        }
        if carry != 0 {
            limbs.push(u32::try_from(carry).unwrap_or(0));
        }
    }
    let mut digits = Vec::with_capacity(limbs.len() * 9);
    for (index, limb) in limbs.iter().rev().enumerate() {
        super::digits::padded(&mut digits, u64::from(*limb), if index == 0 { 1 } else { 9 });
    }
    digits
}

#[cfg(test)]
mod tests;
