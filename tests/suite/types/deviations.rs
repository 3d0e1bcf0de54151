//! Where Pintail's answers differ from PostgreSQL's, and why. Each entry has to be met by the differential test.

use super::differential::Mismatch;

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

pub(super) const DEVIATIONS: &[Deviation] = &[];
