//! Sizes as people type them: bytes, `512MiB`, `4GB`, or percent of what the machine has.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Typed", into = "String")]
pub(crate) enum Size {
    /// So many bytes.
    Bytes(u64),
    /// So many percent.
    Percent(u64),
}

/// A size as it stands in the file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Typed {
    Bytes(u64),
    Text(String),
}

const UNITS: [(&str, u64); 10] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("KB", 1_000),
    ("B", 1),
];

impl Size {
    /// The size in bytes, where the machine has `total` of it.
    pub(crate) fn of(self, total: u64) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Percent(percent) => total / 100 * percent,
        }
    }
}

impl TryFrom<Typed> for Size {
    type Error = String;

    fn try_from(typed: Typed) -> Result<Self, String> {
        match typed {
            Typed::Bytes(bytes) => Ok(Self::Bytes(bytes)),
            Typed::Text(text) => text.parse(),
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error = || format!("{text:?} is no size: write bytes, \"512MiB\", \"4GB\" or \"40%\"");
        let number = |digits: &str| digits.trim().parse::<u64>().map_err(|_| error());
        if let Some(percent) = text.strip_suffix('%') {
            let percent = number(percent)?;
            return (1..=100).contains(&percent).then_some(Self::Percent(percent)).ok_or_else(error);
        }
        let unit = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
        let (digits, unit_bytes) = unit.unwrap_or((text, 1));
        number(digits)?.checked_mul(unit_bytes).map(Self::Bytes).ok_or_else(error)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Percent(percent) => write!(formatter, "{percent}%"),
            Self::Bytes(bytes) => {
                let fits = |unit: &&(&str, u64)| bytes > 0 && bytes % unit.1 == 0;
                match UNITS.iter().find(fits) {
                    Some((unit, unit_bytes)) => write!(formatter, "{}{unit}", bytes / unit_bytes),
                    None => write!(formatter, "{bytes}"),
                }
            }
        }
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        size.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bytes_units_or_percent() {
        for (text, size) in [
            ("40%", Size::Percent(40)),
            ("256MiB", Size::Bytes(256 << 20)),
            ("4 GB", Size::Bytes(4_000_000_000)),
            ("3KB", Size::Bytes(3_000)),
            ("17", Size::Bytes(17)),
            ("0", Size::Bytes(0)),
        ] {
            assert_eq!(text.parse(), Ok(size));
            assert_eq!(size.to_string().parse(), Ok(size));
        }
        for bad in ["", "%", "0%", "101%", "4 apples", "-1", "99999999TiB"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
        assert_eq!(Size::Percent(40).of(1000), 400);
    }
}
