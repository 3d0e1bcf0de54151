//! How long an account waits for its next process when the former ones have crashed one after the other: each start
//! takes processor time from the other accounts. Statements that crash are refused one by one (`culprits`); this counts
//! when their text is another one each time. What was killed from outside does not count.

use std::time::Duration;

use tokio::time::Instant;

/// So many crashes in a row cost nothing.
const FREE: u32 = 10;

/// After so many more a process is started late: whoever tries out what crashes finds the account there again, and hardly
/// notices, while a loop is slowed.
const LATE: u32 = 40;
const LATE_WAIT: Duration = Duration::from_millis(500);

/// Up to this a login waits; for longer it is refused.
pub(super) const WAITED_MAX: Duration = LATE_WAIT;

/// Crashes are in a row when there is less than this between the possible start and the next crash.
const QUIET: Duration = Duration::from_mins(1);

/// Waits, doubled from the first to the last.
const WAIT_MIN: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_mins(1);

/// The crashes of one account's processes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Restarts {
    in_a_row: u32,
    not_before: Option<Instant>,
}

impl Restarts {
    /// A process has crashed.
    pub(super) fn crashed(&mut self, now: Instant) {
        if self.not_before.is_some_and(|time| now >= time + QUIET) {
            self.in_a_row = 0;
        }
        let wait = match self.in_a_row.checked_sub(FREE + LATE) {
            None if self.in_a_row < FREE => Duration::ZERO,
            None => LATE_WAIT,
            Some(doublings) => WAIT_MIN.saturating_mul(1 << doublings.min(16)).min(WAIT_MAX),
        };
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.not_before = Some(now + wait);
    }

    /// For how long no process is started.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        self.not_before.map_or(Duration::ZERO, |time| time.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_crashes_in_a_row_wait_longer_each_time_and_quiet_ends_it() {
        let mut restarts = Restarts::default();
        let mut now = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..FREE + LATE + 9 {
            now += Duration::from_millis(300);
            restarts.crashed(now);
            let wait = restarts.wait(now);
            waits.push(wait.as_millis());
            now += wait;
            assert!(restarts.wait(now).is_zero());
        }
        assert_eq!(waits[..10], [0; 10]);
        assert_eq!(waits[10..50], [500; 40]);
        assert_eq!(waits[50..], [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
        now += QUIET;
        restarts.crashed(now);
        assert!(restarts.wait(now).is_zero(), "a single one, long after");
    }
}
