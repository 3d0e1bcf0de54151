//! What a duckling asks of the platform: each request in a task of its own, so that the link never waits, and what it
//! means for the ducklings of others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use wire::{
    Diagnostic, SqlState,
    link::{HistoryRow, PlatformReply, PlatformRequest, ShareChange, ToDuckling, encode_frame},
};

use super::{Inner, STOP_GRACE, link::Duckling};
use crate::{
    platform::{News, Outcome, Reader},
    store::AccountId,
};

/// Requests of one duckling at the same time: more than it has sessions.
const REQUESTS_MAX: usize = 1024;

/// So long does an answer wait until others have been told what it means for them.
const NEWS_PATIENCE: Duration = Duration::from_secs(1);

/// Between the answer to DROP TOKEN and the end of the token's sessions, of which the one that is answered may be one.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// The requests of one duckling that are under way. They are stopped when this value goes.
pub(super) struct Requests {
    inner: Arc<Inner>,
    running: Arc<Mutex<Running>>,
}

type Running = HashMap<u64, CancellationToken>;

impl Requests {
    pub(super) fn new(inner: &Arc<Inner>) -> Self {
        Self { inner: Arc::clone(inner), running: Arc::default() }
    }

    /// Begins to carry out a request.
    pub(super) fn begin(&self, duckling: &Arc<Duckling>, number: u64, request: PlatformRequest) {
        if let PlatformRequest::ShutDown { terminate } = request {
            return self.shut_down(duckling, number, terminate);
        }
        let cancel = CancellationToken::new();
        {
            let mut running = locked(&self.running);
            if running.len() >= REQUESTS_MAX || running.contains_key(&number) {
                drop(running);
                let message = "too many requests of the account are under way";
                let refused = Diagnostic::error(SqlState::CONFIGURATION_LIMIT_EXCEEDED, message);
                return duckling.send(ToDuckling::Reply { number, outcome: Err(refused) });
            }
            running.insert(number, cancel.clone());
        }
        let (inner, running) = (Arc::clone(&self.inner), Arc::clone(&self.running));
        let duckling = Arc::clone(duckling);
        self.inner.tasks.spawn(async move {
            let outcome = inner.platform.carry_out(duckling.account().clone(), request, cancel).await;
            let Outcome { reply, news, links } = outcome;
            let revoked = news.revoked;
            if news.has_other_secrets {
                inner.tell_secrets(&duckling.account().name).await;
            }
            let told = tokio::spawn(Arc::clone(&inner).spread(news));
            // Others are told first, but an answer that says where a link is comes before what is new there.
            if links.is_none() && timeout(NEWS_PATIENCE, told).await.is_err() {
                tracing::warn!("readers of shares are told late");
            }
            duckling.send(reply_frame(number, reply));
            drop(links);
            locked(&running).remove(&number);
            if let Some(token) = revoked {
                sleep(LAST_WORDS).await;
                inner.end_token(token);
            }
        });
    }

    /// Keeps what the account's sessions have run.
    pub(super) fn keep_history(&self, duckling: &Duckling, rows: Vec<HistoryRow>) {
        self.inner.platform.history().keep(duckling.account().id, rows);
    }

    /// Stops a request that is not wanted any more.
    pub(super) fn withdraw(&self, number: u64) {
        if let Some(cancel) = locked(&self.running).get(&number) {
            cancel.cancel();
        }
    }

    /// Whether there are any.
    pub(super) fn are_running(&self) -> bool {
        !locked(&self.running).is_empty()
    }

    fn shut_down(&self, duckling: &Arc<Duckling>, number: u64, terminate: bool) {
        tracing::info!(account = duckling.account().name, terminate, "duckling shut down by SQL");
        duckling.send(ToDuckling::Reply { number, outcome: Ok(PlatformReply::Done) });
        if terminate {
            duckling.send(ToDuckling::ShutDown);
            let duckling = Arc::clone(duckling);
            self.inner.tasks.spawn(async move { duckling.finish(STOP_GRACE).await });
        } else {
            duckling.drain();
        }
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        for cancel in locked(&self.running).values() {
            cancel.cancel();
        }
    }
}

impl Inner {
    /// Tells the ducklings of others what a request means for them.
    async fn spread(self: Arc<Self>, news: News) {
        if !news.shares.is_empty() {
            self.platform.tell_readers(self.readers(), Some(news.shares), news.reason).await;
        }
    }

    /// Has an account's duckling use the secrets that there are now.
    pub(super) async fn tell_secrets(&self, account: &str) {
        if self.settings.remote.is_none() {
            return;
        }
        let secrets = self.platform.secrets(account).await;
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let meant = live.values().find(|duckling| duckling.account().name.eq_ignore_ascii_case(account));
        if let Some(duckling) = meant {
            duckling.send(ToDuckling::Secrets { secrets });
        }
    }

    /// The accounts whose ducklings run, by name, and whether nobody uses them any more.
    pub(super) fn active(&self) -> Vec<(String, bool)> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let running = live.values().filter(|duckling| !duckling.end().is_cancelled());
        let mut active: Vec<_> =
            running.map(|duckling| (duckling.account().name.clone(), duckling.is_cooling())).collect();
        active.sort();
        active
    }

    /// All ducklings that run.
    pub(super) fn readers(&self) -> Vec<Box<dyn Reader>> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.values().map(|duckling| -> Box<dyn Reader> { Box::new(Arc::clone(duckling)) }).collect()
    }
}

impl Reader for Arc<Duckling> {
    fn account_id(&self) -> AccountId {
        self.account().id
    }

    fn is_running(&self) -> bool {
        !self.end().is_cancelled()
    }

    fn tell(&self, change: ShareChange) {
        self.send(ToDuckling::Share(change));
    }
}

fn reply_frame(number: u64, outcome: Result<PlatformReply, Diagnostic>) -> ToDuckling {
    let frame = ToDuckling::Reply { number, outcome };
    match encode_frame(&frame) {
        Ok(_) => frame,
        // It would break the link.
        Err(_) => ToDuckling::Reply {
            number,
            outcome: Err(Diagnostic::error(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                "the list of databases and shares is too long",
            )
            .with_hint("Drop shares, or revoke grants, that are not needed.")),
        },
    }
}

fn locked(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
