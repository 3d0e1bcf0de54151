//! Passwords can be guessed, so that wrong ones slow down whoever tries: the address they come from, and everybody who
//! tries the same account from an address that never had its password right.
//!
//! Whoever is slow waits before his password is looked at, and of too many who wait the last are answered at once, and as
//! if they were wrong. So an account is tried some eight times a second at most, however many try; those who know its
//! password from before are not held up by others. Tokens need none of this (`throttle`).

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::throttle::network;
use crate::settings::account_key;

/// Wrong passwords are counted for this long.
const WINDOW: Duration = Duration::from_mins(1);

/// How long an attempt waits once there are too many.
const DELAY: Duration = Duration::from_secs(2);

/// Attempts of one address, or on one account, that wait at the same time.
const WAITING_MAX: u32 = 16;

/// Addresses, and names of accounts, that are kept; when there are more, those whose window is over go.
const KEPT_MAX: usize = 10_000;

/// How often it is looked for those.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Right passwords are remembered for so long.
const KNOWN_FOR: Duration = Duration::from_hours(24 * 7);

/// Wrong passwords by address and by account.
#[derive(Debug)]
pub struct Guesses {
    per_address_max: u32,
    per_account_max: u32,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    addresses: Counts<IpAddr>,
    accounts: Counts<String>,
    /// Who had which account's password right, and when.
    known: HashMap<(IpAddr, String), Instant>,
}

#[derive(Debug)]
struct Counts<K> {
    table: HashMap<K, Count>,
    /// When those whose window was over went last.
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Count {
    since: Instant,
    wrong: u32,
    waiting: u32,
}

/// What an attempt has to do first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Now,
    Wait,
    Hopeless,
}

/// One attempt to log in with a password.
#[derive(Debug)]
pub(super) struct Attempt<'g> {
    guesses: &'g Guesses,
    address: IpAddr,
    account: String,
    turn: Turn,
}

impl Guesses {
    /// After so many wrong passwords a minute attempts wait.
    #[must_use]
    pub fn new(per_address_max: u32, per_account_max: u32) -> Self {
        Self { per_address_max, per_account_max, table: Mutex::default() }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an attempt; waits for its turn.
    pub(super) async fn attempt(&self, address: IpAddr, account: &str) -> Attempt<'_> {
        let attempt = self.enter(address, account, Instant::now());
        if attempt.turn == Turn::Wait {
            tokio::time::sleep(DELAY).await;
        }
        attempt
    }

    fn enter(&self, address: IpAddr, account: &str, now: Instant) -> Attempt<'_> {
        let (address, account) = (network(address), account_key(account));
        let mut table = self.table();
        let is_known = table
            .known
            .get(&(address, account.clone()))
            .is_some_and(|since| now.duration_since(*since) < KNOWN_FOR);
        let (per_address, per_account) = (self.per_address_max, self.per_account_max);
        let is_slow = table.addresses.wrong(&address, now) >= per_address
            || (!is_known && table.accounts.wrong(&account, now) >= per_account);
        let turn = if !is_slow {
            Turn::Now
        } else if table.addresses.waiting(&address) >= WAITING_MAX
            || table.accounts.waiting(&account) >= WAITING_MAX
        {
            Turn::Hopeless
        } else {
            table.addresses.wait(address, now);
            table.accounts.wait(account.clone(), now);
            Turn::Wait
        };
        drop(table);
        Attempt { guesses: self, address, account, turn }
    }
}

impl Attempt<'_> {
    /// Whether it is refused whatever the password.
    pub(super) fn is_hopeless(&self) -> bool {
        self.turn == Turn::Hopeless
    }

    /// The password was right.
    pub(super) fn right(self) {
        let now = Instant::now();
        let mut table = self.guesses.table();
        let known = &mut table.known;
        // Only those who know a password can make it grow.
        if known.len() >= KEPT_MAX {
            known.retain(|_, since| now.duration_since(*since) < KNOWN_FOR);
        }
        if known.len() < KEPT_MAX {
            known.insert((self.address, self.account.clone()), now);
        }
    }

    /// It was wrong.
    pub(super) fn wrong(self) {
        self.count_wrong(Instant::now());
    }

    fn count_wrong(&self, now: Instant) {
        let mut table = self.guesses.table();
        table.addresses.count(self.address, now);
        table.accounts.count(self.account.clone(), now);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.turn == Turn::Wait {
            let mut table = self.guesses.table();
            table.addresses.leave(&self.address);
            table.accounts.leave(&self.account);
        }
    }
}

impl<K: Eq + Hash> Counts<K> {
    /// How many were wrong. Of one for which there is no room, as many as there can be.
    fn wrong(&self, key: &K, now: Instant) -> u32 {
        match self.table.get(key) {
            Some(count) if now.duration_since(count.since) < WINDOW => count.wrong,
            Some(_) => 0,
            None if self.table.len() < KEPT_MAX => 0,
            None => u32::MAX,
        }
    }

    fn waiting(&self, key: &K) -> u32 {
        self.table.get(key).map_or(0, |count| count.waiting)
    }

    fn entry(&mut self, key: K, now: Instant) -> Option<&mut Count> {
        if self.table.len() >= KEPT_MAX && !self.table.contains_key(&key) {
            if self.swept.is_none_or(|swept| now.duration_since(swept) >= SWEEP_INTERVAL) {
                self.swept = Some(now);
                self.table.retain(|_, count| count.waiting > 0 || now.duration_since(count.since) < WINDOW);
            }
            if self.table.len() >= KEPT_MAX {
                return None;
            }
        }
        let count = self.table.entry(key).or_insert(Count { since: now, wrong: 0, waiting: 0 });
        if now.duration_since(count.since) >= WINDOW {
            (count.since, count.wrong) = (now, 0);
        }
        Some(count)
    }

    fn count(&mut self, key: K, now: Instant) {
        if let Some(count) = self.entry(key, now) {
            count.wrong = count.wrong.saturating_add(1);
        }
    }

    fn wait(&mut self, key: K, now: Instant) {
        if let Some(count) = self.entry(key, now) {
            count.waiting += 1;
        }
    }

    fn leave(&mut self, key: &K) {
        if let Some(count) = self.table.get_mut(key) {
            count.waiting = count.waiting.saturating_sub(1);
        }
    }
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self { table: HashMap::new(), swept: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    fn fail(guesses: &Guesses, from: u8, account: &str, now: Instant) -> Turn {
        let attempt = guesses.enter(address(from), account, now);
        attempt.count_wrong(now);
        attempt.turn
    }

    #[test]
    fn an_address_that_guesses_waits_and_no_other() {
        let guesses = Guesses::new(2, 100);
        let now = Instant::now();
        let turns: Vec<Turn> = ["a", "b", "c"].map(|account| fail(&guesses, 1, account, now)).into();
        assert_eq!(turns, [Turn::Now, Turn::Now, Turn::Wait]);
        assert_eq!(fail(&guesses, 2, "a", now), Turn::Now);
        assert_eq!(fail(&guesses, 1, "a", now + WINDOW), Turn::Now);
    }

    #[test]
    fn many_addresses_that_guess_at_one_account_wait_and_who_knows_it_does_not() {
        let guesses = Guesses::new(100, 3);
        let now = Instant::now();
        guesses.enter(address(200), "ann", now).right();
        for from in 1..=3 {
            assert_eq!(fail(&guesses, from, "Ann", now), Turn::Now);
        }
        assert_eq!(fail(&guesses, 4, "ann", now), Turn::Wait);
        assert_eq!(guesses.enter(address(200), "ANN", now).turn, Turn::Now);
        assert_eq!(guesses.enter(address(4), "bob", now).turn, Turn::Now);
    }

    #[test]
    fn no_more_than_some_wait_and_the_others_are_hopeless() {
        let guesses = Guesses::new(0, 0);
        let now = Instant::now();
        let attempts: Vec<_> = (0..20).map(|from| guesses.enter(address(from), "ann", now)).collect();
        assert_eq!(attempts.iter().filter(|attempt| attempt.turn == Turn::Wait).count(), 16);
        assert!(attempts.last().is_some_and(Attempt::is_hopeless));
        drop(attempts);
        assert_eq!(guesses.enter(address(1), "ann", now).turn, Turn::Wait);
    }

    #[test]
    fn memory_is_bounded_and_what_finds_no_room_waits() {
        let guesses = Guesses::new(5, 5);
        let now = Instant::now();
        for number in 0..30_000u32 {
            let attempt = guesses.enter(number.to_be_bytes().into(), &number.to_string(), now);
            attempt.count_wrong(now);
        }
        let table = guesses.table();
        let sizes = [table.addresses.table.len(), table.accounts.table.len()];
        drop(table);
        assert!(sizes.iter().all(|size| *size <= KEPT_MAX), "{sizes:?}");
        assert_eq!(guesses.enter(address(1), "new", now).turn, Turn::Wait);
    }
}
