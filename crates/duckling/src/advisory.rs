//! Advisory locks: numbers of the client's choice, shared by the sessions of an account (PostgreSQL's manual, "Advisory
//! Locks"). Rails', Flyway's, Prisma's and golang-migrate's migrations and job queues keep others out with them. They lie in
//! memory: the process is the account's one instance, and ends only when nobody holds any. Deliberately absent: the SQL
//! functions, which are macros (catalog/server.sql).

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// How many locks a session may hold.
const LOCKS_MAX: usize = 10_000;

/// How long a session waits before it looks whether it is to stop.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Whether others may hold the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    Exclusive,
    Shared,
}

/// How long a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Extent {
    Session,
    Transaction,
}

/// Why a lock is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Those who hold it wait for this session.
    Deadlock,
    /// The statement was stopped.
    Stopped,
    /// The session holds too many.
    TooMany,
}

/// A session's number.
type Owner = u64;

#[derive(Debug, Default)]
struct State {
    /// By lock: who holds it, how, and how often.
    held: HashMap<String, HashMap<(Owner, Mode, Extent), u32>>,
    /// Who waits for which lock.
    waiting: HashMap<Owner, (String, Mode)>,
    /// The process ids that clients know the sessions by.
    backends: HashMap<Owner, i32>,
}

/// A lock that is held or waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// As it was asked for: one number, or two with a colon between them.
    pub(crate) lock: String,
    pub(crate) mode: Mode,
    /// Whose it is.
    pub(crate) backend: i32,
    pub(crate) is_granted: bool,
}

impl State {
    /// Those who are in the way.
    fn blockers<'s>(&'s self, lock: &str, mode: Mode, owner: Owner) -> impl Iterator<Item = Owner> + 's {
        let holders = self.held.get(lock).into_iter().flat_map(HashMap::keys);
        let in_way = move |holder: &&(Owner, Mode, Extent)| {
            holder.0 != owner && (mode == Mode::Exclusive || holder.1 == Mode::Exclusive)
        };
        holders.filter(in_way).map(|holder| holder.0)
    }

    /// Whether `owner`, waiting for this lock, would wait for itself.
    fn is_deadlock(&self, owner: Owner, lock: &str, mode: Mode) -> bool {
        let mut seen = Vec::new();
        let mut next: Vec<Owner> = self.blockers(lock, mode, owner).collect();
        while let Some(blocker) = next.pop() {
            if blocker == owner {
                return true;
            }
            if seen.contains(&blocker) {
                continue;
            }
            seen.push(blocker);
            if let Some((lock, mode)) = self.waiting.get(&blocker) {
                next.extend(self.blockers(lock, *mode, blocker));
            }
        }
        false
    }

    fn release_where(&mut self, mut released: impl FnMut(&(Owner, Mode, Extent)) -> bool) {
        self.held.retain(|_, holders| {
            holders.retain(|holder, _| !released(holder));
            !holders.is_empty()
        });
    }
}

/// The locks of one account.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    state: Mutex<State>,
    released: Condvar,
    last: AtomicU64,
}

impl Locks {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one session holds; let go when it is dropped.
#[derive(Debug)]
pub(crate) struct Holder {
    locks: Arc<Locks>,
    owner: Owner,
    has_transaction_locks: AtomicBool,
}

impl Holder {
    /// A session that holds nothing yet.
    pub(crate) fn new(locks: &Arc<Locks>) -> Self {
        let owner = locks.last.fetch_add(1, Ordering::Relaxed);
        Self { locks: Arc::clone(locks), owner, has_transaction_locks: AtomicBool::new(false) }
    }

    /// The process id that the client was given.
    pub(crate) fn set_backend(&self, backend: i32) {
        self.locks.state().backends.insert(self.owner, backend);
    }

    /// Those of all sessions of the account.
    pub(crate) fn list(&self) -> Vec<Listed> {
        let state = self.locks.state();
        let listed = |lock: &String, owner: Owner, mode, is_granted| Listed {
            lock: lock.clone(),
            mode,
            backend: state.backends.get(&owner).copied().unwrap_or_default(),
            is_granted,
        };
        let holders = state.held.iter().flat_map(|(lock, holders)| {
            // Of the session's and of its transaction it is one.
            let holders: HashSet<_> = holders.keys().map(|(owner, mode, _)| (*owner, *mode)).collect();
            holders.into_iter().map(|(owner, mode)| listed(lock, owner, mode, true)).collect::<Vec<_>>()
        });
        let waiting = state.waiting.iter().map(|(owner, (lock, mode))| listed(lock, *owner, *mode, false));
        holders.chain(waiting).collect()
    }

    /// Takes a lock if nobody is in the way.
    pub(crate) fn try_lock(&self, lock: &str, mode: Mode, extent: Extent) -> Result<bool, Denied> {
        self.take(&mut self.locks.state(), lock, mode, extent)
    }

    fn take(&self, state: &mut State, lock: &str, mode: Mode, extent: Extent) -> Result<bool, Denied> {
        if state.blockers(lock, mode, self.owner).next().is_some() {
            return Ok(false);
        }
        let own = |holders: &HashMap<(Owner, Mode, Extent), u32>| {
            holders.keys().any(|holder| holder.0 == self.owner)
        };
        if state.held.values().filter(|holders| own(holders)).count() >= LOCKS_MAX {
            return Err(Denied::TooMany);
        }
        *state.held.entry(lock.to_owned()).or_default().entry((self.owner, mode, extent)).or_default() += 1;
        if extent == Extent::Transaction {
            self.has_transaction_locks.store(true, Ordering::Relaxed);
        }
        Ok(true)
    }

    /// Takes a lock, waiting for those who are in the way.
    pub(crate) fn lock(
        &self,
        lock: &str,
        mode: Mode,
        extent: Extent,
        is_stopped: impl Fn() -> bool,
    ) -> Result<(), Denied> {
        let mut state = self.locks.state();
        loop {
            let taken = self.take(&mut state, lock, mode, extent);
            if taken != Ok(false) {
                state.waiting.remove(&self.owner);
                return taken.map(|_| ());
            }
            let denied = if is_stopped() {
                Some(Denied::Stopped)
            } else if state.is_deadlock(self.owner, lock, mode) {
                Some(Denied::Deadlock)
            } else {
                None
            };
            if let Some(denied) = denied {
                state.waiting.remove(&self.owner);
                return Err(denied);
            }
            state.waiting.insert(self.owner, (lock.to_owned(), mode));
            state =
                self.locks.released.wait_timeout(state, LOOK_AGAIN).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Lets a lock of the session's go once; whether it had it.
    pub(crate) fn unlock(&self, lock: &str, mode: Mode) -> bool {
        let mut state = self.locks.state();
        let Some(holders) = state.held.get_mut(lock) else { return false };
        let holder = (self.owner, mode, Extent::Session);
        let Some(count) = holders.get_mut(&holder) else { return false };
        *count -= 1;
        if *count == 0 {
            holders.remove(&holder);
        }
        if holders.is_empty() {
            state.held.remove(lock);
        }
        self.locks.released.notify_all();
        true
    }

    /// Lets all locks of the session's go; those of its transaction stay.
    pub(crate) fn unlock_all(&self) {
        self.locks.state().release_where(|holder| holder.0 == self.owner && holder.2 == Extent::Session);
        self.locks.released.notify_all();
    }

    /// The transaction has ended.
    pub(crate) fn end_transaction(&self) {
        if self.has_transaction_locks.swap(false, Ordering::Relaxed) {
            let mut state = self.locks.state();
            state.release_where(|holder| holder.0 == self.owner && holder.2 == Extent::Transaction);
            self.locks.released.notify_all();
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let mut state = self.locks.state();
        state.backends.remove(&self.owner);
        state.release_where(|holder| holder.0 == self.owner);
        drop(state);
        self.locks.released.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: fn() -> bool = || false;

    #[test]
    fn a_lock_keeps_others_out_until_it_is_let_go_as_often_as_taken() {
        let locks = Arc::default();
        let (one, other) = (Holder::new(&locks), Holder::new(&locks));
        for _ in 0..2 {
            assert_eq!(one.try_lock("1", Mode::Exclusive, Extent::Session), Ok(true));
        }
        assert_eq!(other.try_lock("1", Mode::Shared, Extent::Session), Ok(false));
        assert!(one.unlock("1", Mode::Exclusive));
        assert_eq!(other.try_lock("1", Mode::Shared, Extent::Session), Ok(false));
        assert!(one.unlock("1", Mode::Exclusive) && !one.unlock("1", Mode::Exclusive));
        assert_eq!(other.try_lock("1", Mode::Shared, Extent::Session), Ok(true));
        assert_eq!(one.try_lock("1", Mode::Shared, Extent::Transaction), Ok(true));
        drop(other);
        assert_eq!(one.lock("1", Mode::Exclusive, Extent::Transaction, NEVER), Ok(()));
        one.unlock_all();
        assert!(!one.unlock("1", Mode::Exclusive), "those of a transaction cannot be let go");
        one.end_transaction();
        assert!(locks.state().held.is_empty());
    }

    #[test]
    fn what_is_held_and_waited_for_is_listed() {
        let locks = Arc::default();
        let (one, other) = (Holder::new(&locks), Holder::new(&locks));
        one.set_backend(7);
        other.set_backend(8);
        assert_eq!(one.try_lock("1:2", Mode::Shared, Extent::Session), Ok(true));
        assert_eq!(one.try_lock("1:2", Mode::Shared, Extent::Transaction), Ok(true));
        let listed = |backend, mode, is_granted| Listed { lock: "1:2".to_owned(), mode, backend, is_granted };
        assert_eq!(other.list(), [listed(7, Mode::Shared, true)]);
        locks.state().waiting.insert(other.owner, ("1:2".to_owned(), Mode::Exclusive));
        assert_eq!(one.list(), [listed(7, Mode::Shared, true), listed(8, Mode::Exclusive, false)]);
    }

    #[test]
    fn who_waits_gets_it_or_learns_why_not() {
        let locks: Arc<Locks> = Arc::default();
        let (one, other) = (Holder::new(&locks), Arc::new(Holder::new(&locks)));
        one.lock("a", Mode::Exclusive, Extent::Session, NEVER).unwrap();
        other.lock("b", Mode::Exclusive, Extent::Session, NEVER).unwrap();
        assert_eq!(one.lock("b", Mode::Shared, Extent::Session, || true), Err(Denied::Stopped));
        let waiting = {
            let other = Arc::clone(&other);
            std::thread::spawn(move || other.lock("a", Mode::Exclusive, Extent::Session, NEVER))
        };
        while !locks.state().waiting.contains_key(&other.owner) {
            std::thread::yield_now();
        }
        assert_eq!(one.lock("b", Mode::Exclusive, Extent::Session, NEVER), Err(Denied::Deadlock));
        assert!(one.unlock("a", Mode::Exclusive));
        assert_eq!(waiting.join().unwrap(), Ok(()));
    }
}
