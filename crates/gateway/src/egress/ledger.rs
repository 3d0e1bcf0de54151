//! What each account has out at the moment, and has moved within the hour: connections and bytes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::Access;

/// Bytes are counted within windows of this length.
const WINDOW: Duration = Duration::from_hours(1);

/// Names of one account that are resolved at the same time.
const LOOKUPS_PER_ACCOUNT: usize = 8;

/// All accounts.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    accounts: Mutex<HashMap<String, Arc<Account>>>,
}

/// One account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) name: String,
    /// What it may do.
    pub(super) access: Access,
    connections: Arc<Semaphore>,
    lookups: Arc<Semaphore>,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    bytes: u64,
}

impl Ledger {
    /// The account of this name. It outlives its ducklings, so that a new one does not begin anew.
    pub(super) fn account(&self, name: &str, access: &Access) -> Arc<Account> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            Arc::new(Account {
                name: name.to_owned(),
                access: access.clone(),
                connections: Arc::new(Semaphore::new(access.connections)),
                lookups: Arc::new(Semaphore::new(LOOKUPS_PER_ACCOUNT)),
                window: Mutex::new(Window { began: Instant::now(), bytes: 0 }),
            })
        };
        Arc::clone(accounts.entry(name.to_owned()).or_insert_with(new))
    }
}

impl Account {
    /// A place for one more connection, for as long as the permit lives.
    pub(super) fn connect(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.connections).try_acquire_owned().ok()
    }

    /// Waits for a place to resolve one more name, for as long as the permit lives.
    pub(super) async fn lookup(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.lookups).acquire_owned().await
    }

    /// Counts bytes that were moved; answers whether more may be.
    pub(super) fn count(&self, bytes: usize) -> bool {
        self.count_at(Instant::now(), bytes)
    }

    fn count_at(&self, now: Instant, bytes: usize) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(window.began) >= WINDOW {
            *window = Window { began: now, bytes: 0 };
        }
        window.bytes = window.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        window.bytes <= self.access.bytes_per_hour
    }

    /// Whether bytes may be moved now.
    pub(super) fn has_bytes(&self) -> bool {
        self.count(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_by_the_hour() {
        let access = Access { bytes_per_hour: 100, ..Access::default() };
        let account = Ledger::default().account("a", &access);
        assert!(account.count(100));
        assert!(!account.count(1));
        assert!(!account.has_bytes());
        let later = Instant::now() + WINDOW;
        assert!(account.count_at(later, 100) && !account.count_at(later, 1));
    }

    #[test]
    fn connections_are_an_accounts_own_and_come_back() {
        let (ledger, access) = (Ledger::default(), Access { connections: 1, ..Access::default() });
        let first = ledger.account("a", &access).connect().unwrap();
        assert!(ledger.account("a", &access).connect().is_none());
        assert!(ledger.account("b", &access).connect().is_some());
        drop(first);
        assert!(ledger.account("a", &access).connect().is_some());
    }
}
