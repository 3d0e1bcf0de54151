//! CREATE, SHOW, DROP TOKEN; the making of tokens is the command line's too.

use secrecy::{ExposeSecret, SecretString};
use wire::{
    Diagnostic,
    link::{Hidden, PlatformReply, platform::TokenInfo},
};

use super::{Done, News, Work};
use crate::{
    store::{Name, NewToken, Store, StoreError, Timestamp, Token, TokenKind},
    token::{self, TokenHash},
};

/// An account's tokens that are valid, or were until they expired.
const TOKENS_MAX: usize = 1000;

impl Work {
    pub(super) fn create_token(
        &self,
        name: &str,
        ttl_seconds: Option<u64>,
        is_read_scaling: bool,
    ) -> Result<Done, Diagnostic> {
        let (account, name): (Name, Name) = (self.account.name.parse()?, name.parse()?);
        let kind = if is_read_scaling { TokenKind::ReadScaling } else { TokenKind::ReadWrite };
        let made = create_token(self.store(), account, Some(name), kind, ttl_seconds);
        let (token, secret) = made?;
        tracing::info!(account = self.account.name, token = %token.id, "token made by SQL");
        Ok(PlatformReply::Token { secret: Hidden(secret.expose_secret().to_owned()) }.into())
    }

    pub(super) fn tokens(&self) -> Result<Done, Diagnostic> {
        let tokens = valid(self.store(), &self.account.name.parse()?)?.into_iter().map(|token| TokenInfo {
            name: token.name,
            kind: token.kind.word().to_owned(),
            created_us: microseconds(token.created),
            expires_us: token.expires.map(microseconds),
            last_used_us: token.last_used.map(microseconds),
        });
        Ok(PlatformReply::Tokens { tokens: tokens.collect() }.into())
    }

    pub(super) fn drop_token(&self, name: &str) -> Result<Done, Diagnostic> {
        let Some(token) = self.store().revoke_named_token(self.account.id, name)? else {
            return Ok(PlatformReply::Missing.into());
        };
        tracing::info!(account = self.account.name, token = %token.id, "token revoked by SQL");
        let news = News { revoked: Some(token.id), ..News::default() };
        Ok(Done { news, ..PlatformReply::Done.into() })
    }
}

/// Makes a token, with a name made up where none is given; its text is nowhere else from then on.
///
/// # Errors
/// [`StoreError::NoAccount`], [`StoreError::Exists`], [`StoreError::Full`], or a failure of the store.
pub fn create_token(
    store: &dyn Store,
    account: Name,
    name: Option<Name>,
    kind: TokenKind,
    ttl_seconds: Option<u64>,
) -> Result<(Token, SecretString), StoreError> {
    let random = |error: std::io::Error| StoreError::Damaged(format!("no random bytes: {error}"));
    let name = match name {
        Some(name) => name,
        None => made_up_name().map_err(random)?.parse()?,
    };
    if valid(store, &account)?.len() >= TOKENS_MAX {
        return Err(StoreError::Full { what: "tokens", limit: TOKENS_MAX });
    }
    let secret = token::generate().map_err(random)?;
    let token = store.create_token(&NewToken {
        account,
        name,
        kind,
        hash: TokenHash::of(&secret),
        expires: ttl_seconds.map(|seconds| Timestamp::now().plus_seconds(seconds)),
    })?;
    Ok((token, secret))
}

/// An account's tokens that are not revoked.
fn valid(store: &dyn Store, account: &Name) -> Result<Vec<Token>, StoreError> {
    let mut tokens = store.tokens(Some(account))?;
    tokens.retain(|token| token.revoked.is_none());
    Ok(tokens)
}

fn made_up_name() -> std::io::Result<String> {
    let number = u32::from_be_bytes(token::random_bytes()?);
    Ok(format!("token-{number:08x}"))
}

fn microseconds(time: Timestamp) -> i64 {
    time.0.saturating_mul(1_000_000)
}
