//! How many connections there are, in all and from each address.
//!
//! One above a limit is still led through TLS, so that it can be told 53300 in a form its driver
//! understands; past a second, small reserve it is closed at once.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use wire::{Diagnostic, SqlState};

use crate::settings::Limits;

/// Refused connections that are told so at the same time.
const REFUSED_MAX: usize = 64;

/// Counts connections.
#[derive(Debug)]
pub struct Admission {
    connections_max: usize,
    per_address_max: usize,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    granted: usize,
    refused: usize,
    per_address: HashMap<IpAddr, usize>,
}

/// How a connection is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It may log in.
    Granted,
    /// It is to be told that there are too many in all.
    TooMany,
    /// It is to be told that there are too many from its address.
    TooManyFromAddress,
    /// It is to be closed without a word.
    Dropped,
}

impl Entry {
    /// What the client of a refused connection is told.
    pub(super) fn refusal(self) -> Option<Diagnostic> {
        let hint = match self {
            Self::Granted | Self::Dropped => return None,
            Self::TooMany => {
                "Close connections that are not needed, use a pooler, or raise limits.connections."
            }
            Self::TooManyFromAddress => {
                "Close connections that are not needed, use a pooler, or raise limits.connections_per_address."
            }
        };
        let diagnostic = Diagnostic::fatal(SqlState::TOO_MANY_CONNECTIONS, "sorry, too many clients already");
        Some(diagnostic.with_hint(hint))
    }
}

/// A counted connection; uncounted when dropped.
#[derive(Debug)]
pub(super) struct Place {
    admission: Arc<Admission>,
    address: IpAddr,
    entry: Entry,
}

impl Admission {
    /// Nobody is in yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            connections_max: limits.connections,
            per_address_max: limits.connections_per_address,
            counts: Mutex::default(),
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> (Entry, Place) {
        let mut counts = self.counts();
        let from_address = counts.per_address.get(&address).copied().unwrap_or_default();
        let wish = if counts.granted >= self.connections_max {
            Entry::TooMany
        } else if from_address >= self.per_address_max {
            Entry::TooManyFromAddress
        } else {
            Entry::Granted
        };
        let entry = match wish {
            Entry::Granted => {
                counts.granted += 1;
                *counts.per_address.entry(address).or_default() += 1;
                wish
            }
            Entry::TooMany | Entry::TooManyFromAddress if counts.refused < REFUSED_MAX => {
                counts.refused += 1;
                wish
            }
            Entry::TooMany | Entry::TooManyFromAddress | Entry::Dropped => Entry::Dropped,
        };
        drop(counts);
        let place = Place { admission: Arc::clone(self), address, entry };
        (entry, place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.admission.counts();
        match self.entry {
            Entry::Granted => {
                counts.granted -= 1;
                let left = counts.per_address.entry(self.address).or_default();
                *left = left.saturating_sub(1);
                if *left == 0 {
                    counts.per_address.remove(&self.address);
                }
            }
            Entry::TooMany | Entry::TooManyFromAddress => counts.refused -= 1,
            Entry::Dropped => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn admission(connections_max: usize, per_address_max: usize) -> Arc<Admission> {
        Arc::new(Admission { connections_max, per_address_max, counts: Mutex::default() })
    }

    fn address(last: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, 0, last).into()
    }

    #[test]
    fn limits_hold_in_all_and_per_address_and_places_come_back() {
        let admission = admission(3, 2);
        let (first, place) = admission.enter(address(1));
        let (second, _keep) = admission.enter(address(1));
        assert_eq!((first, second), (Entry::Granted, Entry::Granted));
        let (third, _keep3) = admission.enter(address(1));
        assert_eq!(third, Entry::TooManyFromAddress);
        let (fourth, _keep4) = admission.enter(address(2));
        assert_eq!(fourth, Entry::Granted);
        assert_eq!(admission.enter(address(3)).0, Entry::TooMany);
        drop(place);
        assert_eq!(admission.enter(address(3)).0, Entry::Granted);
    }

    #[test]
    fn past_the_reserve_connections_are_dropped() {
        let admission = admission(0, 9);
        let places: Vec<_> = (0..REFUSED_MAX).map(|_| admission.enter(address(1))).collect();
        assert!(places.iter().all(|(entry, _)| *entry == Entry::TooMany));
        assert_eq!(admission.enter(address(1)).0, Entry::Dropped);
        drop(places);
        assert_eq!(admission.enter(address(1)).0, Entry::TooMany);
        assert!(Entry::TooMany.refusal().is_some_and(|told| told.hint.is_some()));
    }
}
