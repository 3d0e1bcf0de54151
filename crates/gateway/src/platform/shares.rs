//! CREATE, UPDATE, DROP, GRANT and REVOKE of the account's shares.
//!
//! What a share shows is a copy of the database's file, which never changes. The duckling holds the database's
//! checkpoints meanwhile, so that everything committed is in that file and stays as it is.

use wire::{
    Diagnostic, SqlState,
    link::{PlatformReply, platform::ShareOptions},
};

use super::{Done, News, Work, copying::Draft};
use crate::store::{Edition, IfExists, Name, NewShare, OwnDatabase, OwnShare, StoreError, Taken};

const PUBLISHED: &str = "it was published anew by its owner";
const REPLACED: &str = "it was replaced by its owner, and has another address now";
const DROPPED: &str = "it was dropped by its owner";
const REVOKED: &str = "its owner has revoked the grant";

/// Everybody may read them, nobody may write them.
const MODE: u32 = 0o444;

impl Work {
    pub(super) fn create_share(
        &self,
        name: &str,
        database: String,
        if_exists: IfExists,
        options: ShareOptions,
    ) -> Result<Done, Diagnostic> {
        let name: Name = name.parse()?;
        let (owner, limit) = (self.account.id, self.allowance().shares);
        let new = NewShare { owner, name, database, options, if_exists, limit };
        let (found, source) = self.store().check_share(&new)?;
        if let Some(share) = found.filter(|_| if_exists == IfExists::Keep) {
            return Ok(shared(&share, false).into());
        }
        let (draft, taken) = self.take(&source)?;
        let made = self.store().create_share(&new, taken, &mut |edition| place(&draft, edition))?;
        Ok(Done { news: News::of(made.gone_shares, REPLACED), ..shared(&made.share, made.is_new).into() })
    }

    pub(super) fn update_share(&self, name: &str) -> Result<Done, Diagnostic> {
        let share = self.store().find_share(self.account.id, name)?;
        self.publish(&share.database, &[share.edition])
    }

    pub(super) fn publish_shares(&self, database: &str) -> Result<Done, Diagnostic> {
        let shares = self.store().automatic_shares(self.account.id, database)?;
        let Some(first) = shares.first() else {
            return Ok(PlatformReply::Done.into());
        };
        let editions: Vec<_> = shares.iter().map(|share| share.edition).collect();
        self.publish(&first.database, &editions)
    }

    /// One copy for all of them.
    fn publish(&self, database: &OwnDatabase, editions: &[Edition]) -> Result<Done, Diagnostic> {
        let (draft, taken) = self.take(database)?;
        let mut news = News::of(Vec::new(), PUBLISHED);
        for Edition { share, .. } in editions {
            match self.store().publish_share(*share, taken, &mut |edition| place(&draft, edition)) {
                Ok(_) => news.shares.push(*share),
                Err(error) if news.shares.is_empty() => return Err(error.into()),
                // The readers of the others are told; this one shows what it has shown, until the next time.
                Err(error) => tracing::error!(%share, %error, "a share is not published"),
            }
        }
        Ok(Done { news, ..PlatformReply::Done.into() })
    }

    /// Copies a database for shares.
    fn take(&self, database: &OwnDatabase) -> Result<(Draft, Taken), Diagnostic> {
        let source = self.own_source(database.id)?.ok_or_else(|| unmade(&database.name))?;
        let draft = self.copy(&source, &self.layout().shares(), MODE)?;
        Ok((draft, source.taken))
    }

    pub(super) fn drop_share(&self, name: &str) -> Result<Done, Diagnostic> {
        match self.store().drop_share(self.account.id, name)? {
            None => Ok(PlatformReply::Missing.into()),
            Some(share) => Ok(Done { news: News::of(vec![share], DROPPED), ..PlatformReply::Done.into() }),
        }
    }

    pub(super) fn grant(
        &self,
        share: &str,
        accounts: &[String],
        is_granted: bool,
    ) -> Result<Done, Diagnostic> {
        let share = self.store().grant(self.account.id, share, accounts, is_granted)?;
        let news = if is_granted { News::default() } else { News::of(vec![share], REVOKED) };
        Ok(Done { news, ..PlatformReply::Done.into() })
    }
}

fn place(draft: &Draft, edition: Edition) -> Result<(), StoreError> {
    Ok(draft.place(&format!("{edition}.duckdb"))?)
}

fn shared(share: &OwnShare, is_new: bool) -> PlatformReply {
    PlatformReply::Share { url: share.address.to_string(), is_new }
}

/// DuckDB makes the file when the database is attached for the first time.
pub(super) fn unmade(name: &str) -> Diagnostic {
    let message = format!("database \"{name}\" has never been opened");
    Diagnostic::error(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message)
        .with_hint("Attach it, and try again.")
}
