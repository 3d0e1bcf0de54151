//! CREATE and DROP SECRET … IN MOTHERDUCK, and what an account's duckling gets: the secrets of the configuration, then those that
//! are kept, opened.

use wire::{
    Diagnostic, SqlState,
    link::{PlatformReply, Secret},
};

use super::{Done, News, Platform, Work};
use crate::{
    secrets::{self, SecretError},
    settings::account_key,
    store::{IfExists, Name, SecretRow},
    vault::VaultError,
};

/// Secrets that an account may have.
pub const SECRETS_MAX: usize = 50;

impl Work {
    pub(super) fn check_secret(&self, secret: &Secret) -> Result<Done, Diagnostic> {
        self.expect_secrets()?;
        secrets::check(secret).map_err(|error| refusal(&error))?;
        Ok(PlatformReply::Done.into())
    }

    pub(super) fn create_secret(&self, secret: &Secret, if_exists: IfExists) -> Result<Done, Diagnostic> {
        self.expect_secrets()?;
        let (account, name): (Name, Name) = (self.account.name.parse()?, secret.name.parse()?);
        secrets::check(secret).map_err(|error| refusal(&error))?;
        let sealed = self.inner.vault.seal(account.as_str(), secret).map_err(|error| unusable(&error))?;
        if self.store().put_secret(&account, &sealed, if_exists, SECRETS_MAX)? {
            tracing::info!(account = account.as_str(), secret = name.as_str(), "secret made by SQL");
        }
        Ok(changed(PlatformReply::Done))
    }

    pub(super) fn drop_secret(&self, name: &str) -> Result<Done, Diagnostic> {
        self.expect_secrets()?;
        if !self.store().drop_secret(&self.account.name.parse()?, name)? {
            return Ok(PlatformReply::Missing.into());
        }
        tracing::info!(account = self.account.name, secret = name, "secret dropped by SQL");
        Ok(changed(PlatformReply::Done))
    }

    /// A duckling that was taken over may ask for anything.
    fn expect_secrets(&self) -> Result<(), Diagnostic> {
        if self.inner.settings.secrets_by_sql {
            return Ok(());
        }
        Err(Diagnostic::error(SqlState::INSUFFICIENT_PRIVILEGE, "sessions must not make secrets"))
    }
}

fn changed(reply: PlatformReply) -> Done {
    let news = News { has_other_secrets: true, ..News::default() };
    Done { news, ..reply.into() }
}

fn refusal(error: &SecretError) -> Diagnostic {
    Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, format!("invalid secret: {error}"))
}

fn unusable(error: &VaultError) -> Diagnostic {
    tracing::error!(%error, "a secret cannot be kept");
    Diagnostic::error(SqlState::INTERNAL_ERROR, "the secret cannot be kept")
        .with_hint("The server's log has the cause.")
}

impl Platform {
    /// What the account's duckling gets. A secret that cannot be opened is left out, and the log says so.
    pub async fn secrets(&self, account: &str) -> Vec<Secret> {
        let configured =
            self.inner.settings.remote.as_ref().and_then(|remote| remote.secrets.get(&account_key(account)));
        let mut secrets = configured.cloned().unwrap_or_default();
        let owner = account.parse::<Name>();
        let kept = self.inner.records.run(move |store| store.secrets(Some(&owner?))).await;
        let kept = kept
            .inspect_err(|error| tracing::error!(%error, account, "the account's secrets cannot be read"));
        for SecretRow { secret, .. } in kept.unwrap_or_default() {
            if secrets.iter().any(|other| other.name.eq_ignore_ascii_case(&secret.name)) {
                tracing::warn!(
                    account,
                    secret = secret.name,
                    "the configuration has a secret of this name, which is used"
                );
                continue;
            }
            match self.inner.vault.open(account, &secret) {
                Ok(opened) => secrets.push(opened),
                Err(error) => tracing::error!(%error, account, "a secret is not used"),
            }
        }
        secrets
    }
}
