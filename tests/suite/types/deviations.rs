//! Where Pintail's answers differ from PostgreSQL's, and why. Each entry has to be met by the differential test.

use super::{
    differential::Mismatch,
    exchange::{Form, Outcome, hex},
};

/// One difference.
pub(super) struct Deviation {
    pub(super) what: &'static str,
    pub(super) reason: &'static str,
    pub(super) is_met: fn(&Mismatch<'_>) -> bool,
}

impl Deviation {
    pub(super) fn covers(&self, mismatch: &Mismatch<'_>) -> bool {
        (self.is_met)(mismatch)
    }
}

pub(super) const DEVIATIONS: &[Deviation] = &[
    Deviation {
        what: "timestamps after 294247-01-10 04:00:54.775806",
        reason: "DuckDB's last one; 22008 beyond it, where PostgreSQL goes on to the end of 294276",
        is_met: |mismatch| {
            let sent = match mismatch.input.form {
                Form::Text => text(mismatch),
                Form::Binary => hex(mismatch.input.bytes.as_deref().unwrap_or_default()),
            };
            let late = ["294247", "294276", "294277", "7ffca2fe", "7ffca2ff", "7ffca3", "7fffff"];
            mismatch.kind.starts_with("timestamp")
                && mismatch.ours.is_refused_with("22008")
                && late.iter().any(|late| sent.contains(late))
        },
    },
    Deviation {
        what: "moments before 4714-11-24 BC",
        reason: "DuckDB's calendar goes on, PostgreSQL's Julian days begin there",
        is_met: |mismatch| {
            (mismatch.kind.starts_with("timestamp") || mismatch.kind == "date")
                && text(mismatch).contains("4714")
                && mismatch.oracle.is_refused_with("22008")
        },
    },
    Deviation {
        what: "Amsterdam before 1946",
        reason: "Debian's PostgreSQL reads zone files built with PACKRATDATA; jiff's are tzdata's own, where \
            Amsterdam has been Brussels since 2022",
        is_met: |mismatch| mismatch.setting.contains("Europe/Amsterdam"),
    },
    Deviation {
        what: "the old zone abbreviations TMT and PWT",
        reason: "not among the abbreviations that are read",
        is_met: |mismatch| {
            [" TMT", " PWT"].iter().any(|zone| text(mismatch).contains(zone))
                && mismatch.ours.is_refused_with("22007")
        },
    },
    Deviation {
        what: "which of two mistakes in a moment is named",
        reason: "both refuse it: a zone nobody knows (LMT), and a field out of range in this DateStyle",
        is_met: |mismatch| {
            let codes = ["22007", "22008", "22023"];
            codes.iter().any(|code| mismatch.ours.is_refused_with(code))
                && codes.iter().any(|code| mismatch.oracle.is_refused_with(code))
        },
    },
    Deviation {
        what: "dates as a day of the year, as a Julian day; the time «allballs»",
        reason: "nobody sends them: PostgreSQL's dates from 2024-060 and J2451187",
        is_met: |mismatch| {
            ["2024-060", "J2451187", "allballs"].contains(&text(mismatch).as_str())
                && mismatch.ours.is_refused_with("22007")
        },
    },
    Deviation {
        what: "the most negative interval",
        reason: "PostgreSQL 15 cannot read back what it prints for it",
        is_met: |mismatch| {
            mismatch.kind == "interval"
                && ["-2562047788:00:54.775808", "@ 2147483648 days ago"].contains(&text(mismatch).as_str())
        },
    },
    Deviation {
        what: "the empty bit string",
        reason: "DuckDB's bit strings have one digit or more",
        is_met: |mismatch| mismatch.kind == "varbit" && mismatch.ours.is_refused_with("22P02"),
    },
    Deviation {
        what: "NaN and the infinities as numeric",
        reason: "DuckDB's decimals have none; where a double stands in their place they are doubles",
        is_met: |mismatch| {
            let is_odd = mismatch.input.form == Form::Binary || {
                let text = text(mismatch).to_ascii_lowercase();
                text.contains("nan") || text.contains("inf")
            };
            mismatch.kind == "numeric" && is_odd && matches!(mismatch.ours, Outcome::Refused { .. })
        },
    },
    Deviation {
        what: "numbers of more than 38 digits",
        reason: "the widest of DuckDB's decimals; integers beyond are BIGNUM, fractions are cut to 38 digits",
        is_met: |mismatch| {
            mismatch.kind == "numeric"
                && !mismatch.is_array
                && text(mismatch).bytes().filter(u8::is_ascii_digit).count() > 38
        },
    },
    Deviation {
        what: "numeric arrays with elements of different scales",
        reason: "a list in DuckDB has one scale for all its elements: 1 and 2.50 come back as 1.00 and 2.50",
        is_met: |mismatch| mismatch.kind == "numeric" && mismatch.is_array,
    },
    Deviation {
        what: "the element type in the binary form of varchar[]",
        reason: "DuckDB has no varchar beside text: it comes back as text[], with the same elements",
        is_met: |mismatch| match (mismatch.ours.bytes(), mismatch.oracle.bytes()) {
            (Some(ours), Some(oracle)) if mismatch.kind == "varchar" && mismatch.is_array => {
                let as_text = |bytes: &[u8]| {
                    let mut bytes = bytes.to_vec();
                    if bytes.get(8..12) == Some(&1043_u32.to_be_bytes()) {
                        bytes[8..12].copy_from_slice(&25_u32.to_be_bytes());
                    }
                    bytes
                };
                ours == as_text(oracle)
            }
            _ => false,
        },
    },
];

fn text(mismatch: &Mismatch<'_>) -> String {
    match (mismatch.input.form, &mismatch.input.bytes) {
        (Form::Text, Some(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        (Form::Text | Form::Binary, _) => String::new(),
    }
}
