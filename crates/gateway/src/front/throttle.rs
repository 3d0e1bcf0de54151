//! Wrong tokens slow down the address they come from: their refusals come late.
//!
//! A right token is never refused nor delayed, whatever came from its address before: 256 random bits
//! need no lock-out, only a bound on the work that guessing can cause.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Failures are counted for this long.
const WINDOW: Duration = Duration::from_mins(1);

/// How late a refusal comes once there are too many.
const DELAY: Duration = Duration::from_secs(2);

/// Refusals of one address that wait at the same time; more are answered at once, to hold no sockets.
const WAITING_MAX: u32 = 16;

/// Addresses that are kept; when there are more, those whose window is over go.
const ADDRESSES_MAX: usize = 10_000;

/// How often it is looked for those.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Failed logins by address.
#[derive(Debug)]
pub struct Throttle {
    failures_max: u32,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    failures: HashMap<IpAddr, Failures>,
    /// When those whose window was over went last.
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Failures {
    since: Instant,
    count: u32,
    waiting: u32,
}

impl Throttle {
    /// After so many failures a minute refusals come late.
    #[must_use]
    pub fn new(failures_max: u32) -> Self {
        Self { failures_max, table: Mutex::default() }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a failed login and waits as long as its refusal is to wait.
    pub(crate) async fn fail(&self, address: IpAddr) {
        let address = network(address);
        if self.count(address, Instant::now()) {
            let _waiting = Waiting { throttle: self, address };
            tokio::time::sleep(DELAY).await;
        }
    }

    /// Counts a failure; answers whether its refusal is to wait.
    fn count(&self, address: IpAddr, now: Instant) -> bool {
        let mut table = self.table();
        let Table { failures: table, swept } = &mut *table;
        if table.len() >= ADDRESSES_MAX && !table.contains_key(&address) {
            if swept.is_none_or(|swept| now.duration_since(swept) >= SWEEP_INTERVAL) {
                *swept = Some(now);
                table.retain(|_, failures| {
                    failures.waiting > 0 || now.duration_since(failures.since) < WINDOW
                });
            }
            if table.len() >= ADDRESSES_MAX {
                return false;
            }
        }
        let failures = table.entry(address).or_insert(Failures { since: now, count: 0, waiting: 0 });
        if now.duration_since(failures.since) >= WINDOW {
            (failures.since, failures.count) = (now, 0);
        }
        failures.count = failures.count.saturating_add(1);
        let is_late = failures.count > self.failures_max && failures.waiting < WAITING_MAX;
        failures.waiting += u32::from(is_late);
        is_late
    }
}

/// A refusal that waits.
struct Waiting<'t> {
    throttle: &'t Throttle,
    address: IpAddr,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(failures) = self.throttle.table().failures.get_mut(&self.address) {
            failures.waiting = failures.waiting.saturating_sub(1);
        }
    }
}

/// One customer has a whole IPv6 /64.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_come_late_after_too_many_and_in_time_again_a_minute_later() {
        let throttle = Throttle::new(2);
        let address = "10.0.0.1".parse().unwrap();
        let start = Instant::now();
        let late: Vec<bool> = (0..4).map(|_| throttle.count(address, start)).collect();
        assert_eq!(late, [false, false, true, true]);
        assert!(!throttle.count("10.0.0.2".parse().unwrap(), start));
        assert!(!throttle.count(address, start + WINDOW));
    }

    #[test]
    fn no_more_than_some_wait() {
        let throttle = Throttle::new(0);
        let address = "10.0.0.1".parse().unwrap();
        let now = Instant::now();
        let waiting = (0..100).filter(|_| throttle.count(address, now)).count();
        assert_eq!(waiting, 16);
    }

    #[test]
    fn a_64_is_one_address() {
        let one = network("2001:db8:1:2:3::1".parse().unwrap());
        assert_eq!(one, network("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_ne!(one, network("2001:db8:1:3::1".parse().unwrap()));
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::new(5);
        let now = Instant::now();
        for number in 0..30_000u32 {
            throttle.count(IpAddr::from(number.to_be_bytes()), now);
        }
        assert!(throttle.table().failures.len() <= ADDRESSES_MAX);
    }
}
