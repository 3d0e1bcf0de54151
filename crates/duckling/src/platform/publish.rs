//! Shares that update by themselves: which databases have some, which of these have changed, and when that has settled.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use wire::link::{
    PlatformReply, PlatformRequest,
    platform::{Overview, UpdateMode},
};

use super::{Workspace, key};

/// After a publication that failed (transactions that write did not end), before the next try.
const AGAIN: Duration = Duration::from_secs(5);

/// Commits that keep coming put a publication off for at most so many times the settling.
const SETTLES_MAX: u32 = 5;

/// When a database that has changed may be published.
#[derive(Clone, Copy, Debug)]
struct Due {
    at: Instant,
    /// However many more changes come.
    latest: Instant,
}

#[derive(Debug, Default)]
struct State {
    /// Databases with shares that update by themselves.
    automatic: BTreeSet<String>,
    /// Those of them that have changed.
    due: BTreeMap<String, Due>,
}

/// What is to be published, and when.
#[derive(Debug)]
pub(crate) struct Publisher {
    settle: Duration,
    state: Mutex<State>,
    sooner: Condvar,
}

impl Publisher {
    /// These databases are due at once.
    pub(super) fn new(settle: Duration, unpublished: &[String]) -> Self {
        let now = Instant::now();
        let automatic = unpublished.iter().map(|name| key(name)).collect();
        let due = unpublished.iter().map(|name| (key(name), Due { at: now, latest: now })).collect();
        Self { settle, state: Mutex::new(State { automatic, due }), sooner: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account's shares are these.
    pub(crate) fn learn(&self, overview: &Overview) {
        let automatic =
            overview.owned_shares.iter().filter(|share| share.options.update == UpdateMode::Automatic);
        let mut state = self.state();
        state.automatic = automatic.map(|share| key(&share.database)).collect();
        let State { automatic, due } = &mut *state;
        due.retain(|name, _| automatic.contains(name));
    }

    /// Transactions have written to these databases; it settles from now, but not for ever.
    pub(super) fn changed(&self, databases: &BTreeSet<String>) {
        let mut state = self.state();
        let now = Instant::now();
        let patience = self.settle.saturating_mul(SETTLES_MAX);
        let (Some(at), Some(latest)) = (now.checked_add(self.settle), now.checked_add(patience)) else {
            return;
        };
        for name in databases {
            if state.automatic.contains(name) {
                let latest = state.due.get(name).map_or(latest, |due| due.latest);
                state.due.insert(name.clone(), Due { at: at.min(latest), latest });
                self.sooner.notify_one();
            }
        }
    }

    /// Waits for a database whose changes have settled.
    fn next(&self) -> String {
        let mut state = self.state();
        loop {
            let now = Instant::now();
            let first =
                state.due.iter().min_by_key(|(_, due)| due.at).map(|(name, due)| (name.clone(), due.at));
            state = match first {
                Some((name, at)) if at <= now => {
                    state.due.remove(&name);
                    return name;
                }
                Some((_, at)) => {
                    let waited = self.sooner.wait_timeout(state, at.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.sooner.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn put_off(&self, name: String) {
        if let Some(at) = Instant::now().checked_add(AGAIN) {
            self.state().due.entry(name).or_insert(Due { at, latest: at });
        }
    }

    fn take_all(&self) -> Vec<String> {
        std::mem::take(&mut self.state().due).into_keys().collect()
    }
}

impl Workspace {
    /// Publishes what has changed and settled, in a thread of its own.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(crate) fn watch_shares(self: &Arc<Self>) -> io::Result<()> {
        let workspace = Arc::clone(self);
        let thread = std::thread::Builder::new().name("shares".to_owned());
        thread.spawn(move || {
            workspace.learn_shares();
            loop {
                let name = workspace.publisher().next();
                if !workspace.publish(&name) {
                    workspace.publisher().put_off(name);
                }
            }
        })?;
        Ok(())
    }

    /// Asks which shares there are, and what is held for them.
    pub(crate) fn learn_shares(&self) {
        if let Ok(PlatformReply::Overview(overview)) = self.ask(PlatformRequest::Overview, &|| false) {
            self.publisher().learn(&overview);
            self.kept_bytes().store(overview.kept_bytes, Ordering::Relaxed);
        }
    }

    /// Publishes what has changed, settled or not: the process is about to end.
    pub(crate) fn publish_all(&self) {
        for name in self.publisher().take_all() {
            self.publish(&name);
        }
    }

    fn publish(&self, name: &str) -> bool {
        let Some(database) = self.find(name).map(|mount| mount.name) else {
            return true;
        };
        let copied = self.begin_copy(&database, None, &|| false);
        let published = copied.and_then(|copying| {
            let hold = self.hold(&database, &|| false)?;
            let request = PlatformRequest::PublishShares { database: database.clone() };
            let published = self.ask(request, &|| false);
            drop((hold, copying));
            published
        });
        self.learn_shares();
        published.inspect_err(|error| tracing::info!(error = error.message, "shares not published")).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_that_keep_coming_do_not_put_it_off_for_ever() {
        let publisher = Publisher::new(Duration::from_millis(100), &["d".to_owned()]);
        assert_eq!(publisher.next(), "d", "what was not published before");
        let (begun, changed) = (Instant::now(), ["d".to_owned(), "other".to_owned()].into());
        publisher.changed(&changed);
        let found = std::thread::scope(|scope| {
            let found = scope.spawn(|| publisher.next());
            while !found.is_finished() && begun.elapsed() < Duration::from_secs(10) {
                publisher.changed(&changed);
                std::thread::sleep(Duration::from_millis(20));
            }
            found.join().unwrap()
        });
        assert_eq!(found, "d");
        let waited = begun.elapsed();
        assert!((Duration::from_millis(450)..Duration::from_secs(3)).contains(&waited), "{waited:?}");
    }
}
