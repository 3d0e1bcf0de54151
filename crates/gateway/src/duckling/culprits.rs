//! Statements that were running when an account's process crashed or had to be killed: the next process refuses them
//! for a while, so that one statement does not end it again and again.
//!
//! A statement that was alone at a crash is a culprit at once, and so is one that did not stop. Of several nobody knows
//! which it was, nor of a process that was killed from outside (the kernel does so when memory is used up, whoever uses
//! it): each is only suspected, and a culprit if it is there once more. One that has since run to its end, with whatever
//! result, is forgotten. Statements are known by their fingerprints alone.

use std::{
    collections::{BTreeSet, HashMap},
    os::unix::process::ExitStatusExt,
    process::ExitStatus,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rustix::process::Signal;
use tokio::time::Instant;
use wire::link::{Fingerprint, Suspect};

use super::restarts::Restarts;

/// The status of a duckling whose engine has met a fatal error.
const EXIT_FATAL: i32 = 70;

/// What a process gets for what it does itself.
const CRASHES: [Signal; 5] = [Signal::SEGV, Signal::ABORT, Signal::BUS, Signal::ILL, Signal::FPE];

/// So many statements of an account are kept in mind; those that are older are forgotten.
const KEPT_MAX: usize = 64;

/// A refusal takes at most so many times as long as the first one.
const BACKOFF_FACTOR_MAX: u32 = 32;

/// Nothing is kept in mind for longer after it was last there.
const MEMORY: Duration = Duration::from_hours(1);

/// How a process ended that was not told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By what a statement did, or would not stop doing.
    Crash,
    /// It was killed, for whatever reason.
    Killed,
    /// It has ended without a statement's doing.
    Other,
}

impl End {
    /// What its status tells; none is one that nobody could get.
    pub(super) fn of(status: Option<ExitStatus>) -> Self {
        let Some(status) = status else { return Self::Killed };
        match (status.code(), status.signal().and_then(Signal::from_named_raw)) {
            (Some(EXIT_FATAL), _) => Self::Crash,
            (Some(_), _) => Self::Other,
            (None, Some(signal)) if CRASHES.contains(&signal) => Self::Crash,
            (None, _) => Self::Killed,
        }
    }
}

/// Those of one account.
#[derive(Debug)]
pub(super) struct Culprits {
    /// How long the first refusal takes; zero: nobody is refused.
    backoff: Duration,
    known: Mutex<HashMap<Fingerprint, Record>>,
    restarts: Mutex<Restarts>,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    last: Instant,
    /// Crashes with others beside it, since the last that counted.
    suspicions: u32,
    crashes: u32,
    refused_until: Instant,
}

impl Culprits {
    pub(super) fn new(backoff: Duration) -> Self {
        Self { backoff, known: Mutex::default(), restarts: Mutex::default() }
    }

    fn restarts(&self) -> MutexGuard<'_, Restarts> {
        self.restarts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For how long no process is started, because too many have crashed.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        self.restarts().wait(now)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Fingerprint, Record>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process has ended like this while these were running, or was killed because of some of them.
    pub(super) fn blame(
        &self,
        end: End,
        running: &BTreeSet<Fingerprint>,
        stuck: &BTreeSet<Fingerprint>,
        now: Instant,
    ) {
        if self.backoff.is_zero() {
            return;
        }
        if end == End::Crash {
            self.restarts().crashed(now);
        }
        let mut known = self.known();
        let blamed = if stuck.is_empty() { running } else { stuck };
        let is_certain = end == End::Crash && (blamed.len() == 1 || !stuck.is_empty());
        for fingerprint in blamed {
            let fresh = Record { last: now, suspicions: 0, crashes: 0, refused_until: now };
            let record = known.entry(*fingerprint).or_insert(fresh);
            record.last = now;
            record.suspicions += 1;
            if is_certain || record.suspicions > 1 {
                let factor = 1u32.checked_shl(record.crashes).unwrap_or(u32::MAX).min(BACKOFF_FACTOR_MAX);
                record.refused_until = now + self.backoff.saturating_mul(factor);
                record.crashes += 1;
                record.suspicions = 0;
            }
        }
        known.retain(|_, record| record.last + MEMORY > now || record.refused_until > now);
        while known.len() > KEPT_MAX {
            let Some(oldest) = known.iter().min_by_key(|(_, record)| record.last) else { break };
            let oldest = *oldest.0;
            known.remove(&oldest);
        }
    }

    /// The statement has run to its end.
    pub(super) fn absolve(&self, fingerprint: Fingerprint) {
        self.known().remove(&fingerprint);
    }

    /// What the next process is told.
    pub(super) fn suspects(&self, now: Instant) -> Vec<Suspect> {
        let suspect = |(fingerprint, record): (&Fingerprint, &Record)| {
            let left = record.refused_until.saturating_duration_since(now);
            let refuse_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
            Suspect { fingerprint: *fingerprint, refuse_ms, crashes: record.crashes }
        };
        self.known().iter().map(suspect).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn these(numbers: &[u64]) -> BTreeSet<Fingerprint> {
        numbers.iter().copied().map(Fingerprint).collect()
    }

    fn refused_ms(culprits: &Culprits, number: u64, now: Instant) -> Option<u64> {
        let suspects = culprits.suspects(now);
        suspects.iter().find(|suspect| suspect.fingerprint.0 == number).map(|suspect| suspect.refuse_ms)
    }

    #[test]
    fn one_that_was_alone_is_refused_for_longer_each_time() {
        let culprits = Culprits::new(MINUTE);
        let mut now = Instant::now();
        for minutes in [1, 2, 4, 8, 16, 32, 32] {
            culprits.blame(End::Crash, &these(&[7]), &these(&[]), now);
            assert_eq!(refused_ms(&culprits, 7, now), Some(u64::from(minutes) * 60_000));
            now += MINUTE * minutes;
            assert_eq!(refused_ms(&culprits, 7, now), Some(0), "its time is over");
        }
        now += MEMORY;
        culprits.blame(End::Crash, &these(&[8]), &these(&[]), now);
        assert_eq!(refused_ms(&culprits, 7, now), None, "forgotten");
    }

    #[test]
    fn of_several_each_is_suspected_until_it_has_run_to_its_end() {
        let culprits = Culprits::new(MINUTE);
        let now = Instant::now();
        culprits.blame(End::Crash, &these(&[1, 2]), &these(&[]), now);
        assert_eq!([1, 2].map(|number| refused_ms(&culprits, number, now)), [Some(0), Some(0)]);
        culprits.absolve(Fingerprint(2));
        culprits.blame(End::Crash, &these(&[1, 2]), &these(&[]), now);
        assert_eq!([1, 2].map(|number| refused_ms(&culprits, number, now)), [Some(60_000), Some(0)]);
    }

    #[test]
    fn a_process_that_was_killed_from_outside_makes_suspects_only() {
        let culprits = Culprits::new(MINUTE);
        let now = Instant::now();
        culprits.blame(End::Killed, &these(&[1]), &these(&[]), now);
        assert_eq!(refused_ms(&culprits, 1, now), Some(0));
        culprits.blame(End::Killed, &these(&[1]), &these(&[]), now);
        assert_eq!(refused_ms(&culprits, 1, now), Some(60_000), "twice in a row");
    }

    #[test]
    fn a_crash_is_told_from_a_kill() {
        let end = |raw| End::of(Some(ExitStatus::from_raw(raw)));
        for signal in CRASHES {
            assert_eq!(end(signal.as_raw()), End::Crash);
        }
        assert_eq!(end(EXIT_FATAL << 8), End::Crash);
        assert_eq!([end(Signal::KILL.as_raw()), end(Signal::TERM.as_raw()), End::of(None)], [End::Killed; 3]);
        assert_eq!([end(0), end(1 << 8)], [End::Other; 2]);
    }

    #[test]
    fn one_that_did_not_stop_is_the_culprit_whatever_ran_beside_it() {
        let culprits = Culprits::new(MINUTE);
        let now = Instant::now();
        culprits.blame(End::Crash, &these(&[1, 2]), &these(&[2]), now);
        assert_eq!([1, 2].map(|number| refused_ms(&culprits, number, now)), [None, Some(60_000)]);
    }

    #[test]
    fn only_so_many_are_kept_and_none_without_a_back_off() {
        let culprits = Culprits::new(MINUTE);
        let begun = Instant::now();
        for number in 0..100 {
            culprits.blame(End::Crash, &these(&[number]), &these(&[]), begun + Duration::from_millis(number));
        }
        assert_eq!(culprits.suspects(begun).len(), KEPT_MAX);
        assert_eq!(refused_ms(&culprits, 0, begun), None);
        let none = Culprits::new(Duration::ZERO);
        none.blame(End::Crash, &these(&[1]), &these(&[]), begun);
        assert!(none.suspects(begun).is_empty());
    }
}
