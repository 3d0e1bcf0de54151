//! What ducklings ask for: databases, shares, snapshots, tokens. One file for each, with the verbs that SQL has.
//!
//! A request comes from a control link and is carried out for the account at its other end, never for another. The
//! store says what there is; files follow it: a new one is put in place as the last step before the commit, an old one
//! is removed after it, and what a crash leaves between is removed by `cleaning`. The requests of one account that change
//! something are carried out one after the other (`turns`), in a blocking thread. SQL is not known here.

mod databases;
mod attach;
mod shares;
mod snapshots;
mod tokens;
mod secrets;
mod backups;
mod overview;
mod links;
mod cleaning;
mod room;
mod refusal;
mod copying;
mod folder;
mod turns;

use std::sync::Arc;

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio_util::sync::CancellationToken;
use wire::{
    Diagnostic,
    link::{PlatformReply, PlatformRequest},
};

use self::{backups::Backups, turns::Turns};
pub use self::{
    backups::{Copied, Held},
    cleaning::Beginning,
    copying::Draft,
    links::Reader,
    overview::own_shares,
    secrets::SECRETS_MAX,
    tokens::create_token,
    turns::Turn,
};
use crate::{
    history::History,
    home::Layout,
    settings::{Allowance, Allowances, DucklingSettings},
    store::{Account, AccountId, Records, ShareId, Store, StoreError, TokenId},
    vault::Vault,
};

/// The platform behind all ducklings.
#[derive(Clone)]
pub struct Platform {
    inner: Arc<Inner>,
}

struct Inner {
    records: Records,
    layout: Layout,
    settings: DucklingSettings,
    allowances: Allowances,
    history: History,
    vault: Vault,
    backups: Backups,
    turns: Turns,
    /// Whoever makes or removes links to shares, and tells of it, has this.
    links: Arc<AsyncMutex<()>>,
}

/// What came of a request.
#[derive(Debug)]
pub struct Outcome {
    /// For the duckling.
    pub reply: Result<PlatformReply, Diagnostic>,
    /// What others are to be told.
    pub news: News,
    /// To be held until the reply is on its way: what it says of links is true for so long.
    pub links: Option<OwnedMutexGuard<()>>,
}

/// What a request means for others. Without any shares or tokens it means nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Shares whose readers have something new to see, or nothing any more.
    pub shares: Vec<ShareId>,
    /// Why there is nothing any more, for the readers.
    pub reason: &'static str,
    /// Tokens that let nobody in any more.
    pub revoked: Option<TokenId>,
    /// Whether the account's secrets are others now.
    pub has_other_secrets: bool,
}

impl News {
    fn of(shares: Vec<ShareId>, reason: &'static str) -> Self {
        Self { shares, reason, ..Self::default() }
    }
}

/// What a request came to, as the blocking thread has it.
#[derive(Debug)]
struct Done {
    reply: PlatformReply,
    news: News,
    links: Option<OwnedMutexGuard<()>>,
}

impl From<PlatformReply> for Done {
    fn from(reply: PlatformReply) -> Self {
        Self { reply, news: News::default(), links: None }
    }
}

/// One request's, in its blocking thread.
struct Work {
    inner: Arc<Inner>,
    account: Account,
    cancel: CancellationToken,
    /// None for what changes no file.
    turn: Option<Turn>,
}

impl Platform {
    /// On a store and its data directory.
    #[must_use]
    pub fn new(records: Records, layout: Layout, settings: DucklingSettings, allowances: Allowances) -> Self {
        let (turns, links) = (Turns::default(), Arc::default());
        let history = match settings.history.clone() {
            Some(bounds) => History::open(layout.history(), bounds),
            None => History::off(),
        };
        let vault = Vault::new(settings.key_file.clone().unwrap_or_else(|| layout.secret_key()));
        let backups = Backups::default();
        let inner = Inner { records, layout, settings, allowances, history, vault, backups, turns, links };
        Self { inner: Arc::new(inner) }
    }

    /// What sessions have run.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.inner.history
    }

    /// Carries out a request of the account's; cancelling stops what takes long.
    pub async fn carry_out(
        &self,
        account: Account,
        request: PlatformRequest,
        cancel: CancellationToken,
    ) -> Outcome {
        let outcome = self.try_to(account, request, cancel).await;
        match outcome {
            Ok(Done { reply, news, links }) => Outcome { reply: Ok(reply), news, links },
            Err(diagnostic) => Outcome { reply: Err(diagnostic), news: News::default(), links: None },
        }
    }

    async fn try_to(
        &self,
        account: Account,
        request: PlatformRequest,
        cancel: CancellationToken,
    ) -> Result<Done, Diagnostic> {
        let turn = if is_free(&request) {
            None
        } else {
            let turn = self.inner.turns.take(account.id, is_copying(&request));
            Some(cancel.run_until_cancelled(turn).await.ok_or_else(copying::canceled)?)
        };
        let work = Work { inner: Arc::clone(&self.inner), account, cancel, turn };
        // What was begun is carried to its end, whoever still waits for it.
        let done = tokio::task::spawn_blocking(move || work.perform(request));
        done.await.map_err(|_| Diagnostic::from(StoreError::Gone))?
    }

    /// Waits until no share changes, and keeps it so.
    pub async fn links(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.inner.links).lock_owned().await
    }

    /// Waits until nothing is being changed or copied for the account, and keeps it so.
    pub async fn turn(&self, account: AccountId) -> Turn {
        self.inner.turns.take(account, true).await
    }
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Platform")
    }
}

/// What changes no file does not wait for what does.
fn is_free(request: &PlatformRequest) -> bool {
    matches!(
        request,
        PlatformRequest::Overview
            | PlatformRequest::Tokens
            | PlatformRequest::CheckSecret { .. }
            // Rows of the store alone, which must not wait for files that are copied.
            | PlatformRequest::CreateToken { .. }
            | PlatformRequest::DropToken { .. }
            | PlatformRequest::CreateSecret { .. }
            | PlatformRequest::DropSecret { .. }
            | PlatformRequest::Grant { .. }
            | PlatformRequest::History { .. }
            // Whoever wants the copy has the turn.
            | PlatformRequest::BackUp { .. }
    )
}

/// What copies files, or may.
fn is_copying(request: &PlatformRequest) -> bool {
    matches!(
        request,
        PlatformRequest::CreateDatabase { source: Some(_), .. }
            | PlatformRequest::CreateShare { .. }
            | PlatformRequest::UpdateShare { .. }
            | PlatformRequest::PublishShares { .. }
            | PlatformRequest::CreateSnapshot { .. }
    )
}

impl Work {
    fn store(&self) -> &dyn Store {
        self.inner.records.blocking()
    }

    fn layout(&self) -> &Layout {
        &self.inner.layout
    }

    fn allowance(&self) -> &Allowance {
        self.inner.allowances.of(&self.account.name)
    }

    fn perform(&self, request: PlatformRequest) -> Result<Done, Diagnostic> {
        match request {
            PlatformRequest::Overview => self.overview(),
            PlatformRequest::CreateDatabase { name, or_replace, if_not_exists, source, persist } => {
                self.create_database(&name, if_exists(or_replace, if_not_exists), source, persist)
            }
            PlatformRequest::DropDatabase { name, cascade } => self.drop_database(&name, cascade),
            PlatformRequest::UndropDatabase { name, persist } => self.undrop_database(&name, persist),
            PlatformRequest::RenameDatabase { from, to } => self.rename_database(&from, &to),
            PlatformRequest::Attach { url, alias, persist } => self.attach(&url, alias.as_deref(), persist),
            PlatformRequest::Detach { name } => self.detach(&name),
            PlatformRequest::CreateShare { name, database, or_replace, if_not_exists, options } => {
                let if_exists = if_exists(or_replace, if_not_exists);
                self.create_share(&name, database, if_exists, options)
            }
            PlatformRequest::UpdateShare { name } => self.update_share(&name),
            PlatformRequest::PublishShares { database } => self.publish_shares(&database),
            PlatformRequest::DropShare { name } => self.drop_share(&name),
            PlatformRequest::Grant { share, accounts, is_granted } => {
                self.grant(&share, &accounts, is_granted)
            }
            PlatformRequest::CreateSnapshot { name, database } => {
                self.create_snapshot(name.as_deref(), database)
            }
            PlatformRequest::CreateToken { name, ttl_seconds, is_read_scaling } => {
                self.create_token(&name, ttl_seconds, is_read_scaling)
            }
            PlatformRequest::Tokens => self.tokens(),
            PlatformRequest::CheckSecret { secret } => self.check_secret(&secret),
            PlatformRequest::CreateSecret { secret, or_replace, if_not_exists } => {
                self.create_secret(&secret, if_exists(or_replace, if_not_exists))
            }
            PlatformRequest::DropSecret { name } => self.drop_secret(&name),
            PlatformRequest::BackUp { number, obstacle } => Ok(self.back_up(number, obstacle)),
            PlatformRequest::History { before } => self.history(before),
            PlatformRequest::DropToken { name } => self.drop_token(&name),
            // The process is the link's to end.
            PlatformRequest::ShutDown { .. } => Ok(PlatformReply::Done.into()),
        }
    }
}

impl Work {
    fn history(&self, before: Option<i64>) -> Result<Done, Diagnostic> {
        let page = self.inner.history.page(self.account.id, before).map_err(StoreError::from)?;
        Ok(PlatformReply::History(page).into())
    }
}

fn if_exists(or_replace: bool, if_not_exists: bool) -> crate::store::IfExists {
    match (or_replace, if_not_exists) {
        (true, _) => crate::store::IfExists::Replace,
        (false, true) => crate::store::IfExists::Keep,
        (false, false) => crate::store::IfExists::Refuse,
    }
}

#[cfg(test)]
mod tests;
