//! Whether a duckling still answers: one that is too sick to speak cannot say that a statement is stuck.
//!
//! It is asked from time to time, by the thread that serves its control link, which never runs SQL. Whatever comes
//! from it counts as an answer. The time-out is long, since a machine may be busy; and when the gateway itself was
//! late to look, the duckling had no fair chance to answer, and gets another one.

use std::time::Duration;

use tokio::time::Instant;
use wire::link::ToDuckling;

/// So often is it asked within the time that it has to answer.
const PINGS_PER_TIMEOUT: u32 = 6;

/// Of a gateway that looks so much later than it wanted to, nobody knows how long it stood still.
const LATE: Duration = Duration::from_secs(1);

/// One duckling's.
#[derive(Debug)]
pub(super) struct Pulse {
    timeout: Duration,
    number: u64,
    /// When it was asked without having answered.
    asked: Option<Instant>,
    next: Instant,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Ask it.
    Ask(ToDuckling),
    /// Wait on.
    Wait,
    /// It is dead.
    Dead,
}

impl Pulse {
    pub(super) fn new(timeout: Duration, now: Instant) -> Self {
        Self { timeout, number: 0, asked: None, next: now + timeout / PINGS_PER_TIMEOUT }
    }

    /// When to look again.
    pub(super) fn due(&self) -> Instant {
        self.next
    }

    /// It has said something.
    pub(super) fn heard(&mut self, now: Instant) {
        if self.asked.take().is_some() {
            self.next = now + self.timeout / PINGS_PER_TIMEOUT;
        }
    }

    /// The time has come to look.
    pub(super) fn look(&mut self, now: Instant) -> Beat {
        let was_late = now.saturating_duration_since(self.next) > LATE;
        match self.asked {
            Some(asked) if !was_late && now.saturating_duration_since(asked) >= self.timeout => {
                // Until it is reaped there is nothing more to do.
                self.next = now + self.timeout;
                Beat::Dead
            }
            Some(asked) if !was_late => {
                self.next = asked + self.timeout;
                Beat::Wait
            }
            Some(_) => {
                self.asked = Some(now);
                self.next = now + self.timeout;
                Beat::Wait
            }
            None => {
                self.asked = Some(now);
                self.next = now + self.timeout;
                self.number += 1;
                Beat::Ask(ToDuckling::Ping { number: self.number })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    #[test]
    fn one_that_answers_is_asked_again_and_one_that_does_not_is_dead() {
        let mut pulse = Pulse::new(TIMEOUT, Instant::now());
        for number in 1..4 {
            let now = pulse.due();
            assert_eq!(pulse.look(now), Beat::Ask(ToDuckling::Ping { number }));
            pulse.heard(now + TIMEOUT / 2);
        }
        let asked = pulse.due();
        assert!(matches!(pulse.look(asked), Beat::Ask(_)));
        assert_eq!(pulse.due(), asked + TIMEOUT);
        assert_eq!(pulse.look(pulse.due()), Beat::Dead);
    }

    #[test]
    fn a_gateway_that_stood_still_blames_nobody() {
        let mut pulse = Pulse::new(TIMEOUT, Instant::now());
        assert!(matches!(pulse.look(pulse.due()), Beat::Ask(_)));
        let late = pulse.due() + TIMEOUT * 5;
        assert_eq!(pulse.look(late), Beat::Wait);
        assert_eq!(pulse.due(), late + TIMEOUT);
        assert_eq!(pulse.look(pulse.due()), Beat::Dead, "it has had its chance");
    }
}
