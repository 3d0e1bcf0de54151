//! What others do to the shares that the account has attached: carried out between statements, in a thread of its own.

use std::{
    sync::{atomic::Ordering, mpsc},
    time::{Duration, Instant},
};

use wire::{
    Diagnostic,
    link::{Mount, PlatformRequest, ShareChange},
};

use super::{
    IsStopped, Workspace, key,
    workspace::{Attached, attached, canceled},
};

/// How long REFRESH waits for the transactions of other sessions.
const REFRESH_WAIT: Duration = Duration::from_secs(2);

/// How long a statement about names waits for shares that are being taken away.
const GOING_WAIT: Duration = Duration::from_secs(1);

/// How long a publication waits for statements that are no part of a block.
const PUBLISH_WAIT: Duration = Duration::from_millis(500);

/// Of how many shares that are gone it is known why.
const GONE_MAX: usize = 100;

/// How often somebody who waits looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(20);

impl Workspace {
    /// A change of a share has come, and will be carried out.
    pub(crate) fn share_will_change(&self, change: &ShareChange) {
        self.pending.fetch_add(1, Ordering::AcqRel);
        if matches!(change, ShareChange::Gone { .. }) {
            self.going.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Waits until the names of shares that have been taken away are free.
    ///
    /// # Errors
    /// 57014 when the statement is stopped.
    pub(crate) fn expect_gone(&self, is_stopped: &IsStopped<'_>) -> Result<(), Diagnostic> {
        let begun = Instant::now();
        while self.going.load(Ordering::Acquire) > 0 && begun.elapsed() < GOING_WAIT {
            if is_stopped() {
                return Err(canceled());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Waits until what others have published is attached.
    ///
    /// # Errors
    /// What the gateway says, and 57014 when the statement is stopped.
    pub(crate) fn refresh(&self, is_stopped: &IsStopped<'_>) -> Result<(), Diagnostic> {
        // Its answer comes after everything that was published before.
        self.ask(PlatformRequest::Overview, is_stopped)?;
        let begun = Instant::now();
        // What others still read in a transaction stays for them, and so for all.
        while self.pending.load(Ordering::Acquire) > 0 && begun.elapsed() < REFRESH_WAIT {
            if is_stopped() {
                return Err(canceled());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Whether a change of a share has to wait: a transaction must not find two databases of one name. A statement that
    /// is no part of a block is waited for a moment only; what it finds two of is refused to it.
    fn is_awaited(&self, change: &ShareChange, since: Instant) -> bool {
        let ShareChange::Published { former, .. } = change else { return false };
        let state = self.state();
        let share = state.databases.values().find(|database| is_of(database, former));
        let is_used = |name: &str| {
            let is_patient = since.elapsed() < PUBLISH_WAIT;
            state.members.holds(name) || (is_patient && !state.members.would_meet_two(name).is_empty())
        };
        share.is_some_and(|share| is_used(&share.name))
    }

    /// Carries out what others do to shares, in their order but for those that transactions still read, which come later.
    pub(crate) fn follow_shares(&self, changes: &mpsc::Receiver<ShareChange>) {
        let mut waiting: Vec<(ShareChange, Instant)> = Vec::new();
        loop {
            let next = if waiting.is_empty() {
                changes.recv().map_err(|_| mpsc::RecvTimeoutError::Disconnected)
            } else {
                changes.recv_timeout(LOOK)
            };
            match next {
                Ok(change) => waiting.push((change, Instant::now())),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
            for (change, since) in std::mem::take(&mut waiting) {
                if self.is_awaited(&change, since) || !self.share_changed(&change) {
                    waiting.push((change, since));
                }
            }
        }
    }

    /// Attaches what has been published in the place of what was; answers whether that was possible now.
    fn publication(&self, former: &str, path: &str) -> Result<bool, Diagnostic> {
        let attached_share = || {
            let state = self.state();
            let share = state.databases.values().find(|database| is_of(database, former)).cloned();
            share.filter(|share| version(path) > version(&share.path))
        };
        let Some(found) = attached_share() else { return Ok(true) };
        let switch = self.switch(&found.name);
        // Somebody may have detached it while this waited.
        let Some(share) = attached_share().filter(|share| share.name == found.name) else {
            return Ok(true);
        };
        // Who runs a statement is waited for, and ends it or is refused what it finds two of; blocks are not.
        let _ = self.expect_unmet(&share.name, &|| false);
        if self.state().members.holds(&share.name) {
            return Ok(false);
        }
        let mount = Mount { name: share.name, path: path.to_owned(), read_only: true };
        // Readers go on with what their transactions have; the file is another one.
        self.engine_attach(&mount, Some(&Attached { path: former.to_owned(), ..attached(&mount, true) }))?;
        if let Some(database) = self.state().databases.get_mut(&key(&mount.name)) {
            path.clone_into(&mut database.path);
        }
        drop(switch);
        self.raise_epoch();
        Ok(true)
    }

    /// What somebody else did to a share. Answers whether it is carried out.
    fn share_changed(&self, change: &ShareChange) -> bool {
        let outcome = match change {
            ShareChange::Published { former, path } => match self.publication(former, path) {
                Ok(false) => return false,
                Ok(true) => Ok(()),
                Err(error) => Err(error),
            },
            ShareChange::Gone { path, reason } => {
                let share = self.state().databases.values().find(|found| is_of(found, path)).cloned();
                share.map_or(Ok(()), |share| {
                    let mut state = self.state();
                    let users = state.members.users(None, &share.name);
                    state.members.evict(&users, &key(&share.name), reason);
                    // Before it goes: nobody is to find neither the share nor why.
                    state.gone.insert(key(&share.name), reason.clone());
                    if state.gone.len() > GONE_MAX {
                        state.gone.pop_first();
                    }
                    drop(state);
                    self.raise_epoch();
                    self.detach(&share.name)
                })
            }
        };
        if let Err(error) = outcome {
            tracing::warn!(error = error.message, "a share's change could not be carried out");
        }
        self.pending.fetch_sub(1, Ordering::AcqRel);
        if matches!(change, ShareChange::Gone { .. }) {
            self.going.fetch_sub(1, Ordering::AcqRel);
        }
        true
    }
}

/// Share and version of a file, `NUMBER-VERSION.duckdb`; the server's own shares have but one version.
fn parts(path: &str) -> (&str, u64) {
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = name.strip_suffix(".duckdb").unwrap_or(name);
    let (share, version) = name.split_once('-').unwrap_or((name, "0"));
    (share, version.parse().unwrap_or(0))
}

fn version(path: &str) -> u64 {
    parts(path).1
}

/// Whether an attached database is some version of the share with this file. Which one does not matter, since changes may
/// come late.
fn is_of(database: &Attached, path: &str) -> bool {
    database.read_only && !database.is_remote && parts(&database.path).0 == parts(path).0
}
