//! The sessions of all clients: their cancel keys, their accounts and tokens, what they run on now.
//!
//! The process id of BackendKeyData is only a number here; the secret beside it is 4 random bytes for
//! protocol 3.0 and 32 from 3.2 on.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    hash::Hash,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use subtle::ConstantTimeEq;
use tokio_util::sync::CancellationToken;
use wire::link::SessionId;

use crate::{
    duckling::Duckling,
    settings::Allowance,
    store::{AccountId, Credential, Login, Timestamp, TokenId},
    token::random_bytes,
};

/// The first minor version of protocol 3 with long cancel keys.
const LONG_KEYS_SINCE: u16 = 2;

/// How often it is looked for tokens that have expired.
const EXPIRY_INTERVAL: Duration = Duration::from_millis(500);

/// Why a session cannot be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The account has as many as it may.
    #[error("too many connections for account \"{account}\"")]
    Full {
        /// The account's name.
        account: String,
        /// How many it may have.
        limit: usize,
    },
    /// The token has as many as it may.
    #[error("too many connections for access token \"{token}\"")]
    TokenFull {
        /// The token's name.
        token: String,
        /// How many it may have.
        limit: usize,
    },
    /// No randomness for the secret.
    #[error("no random bytes: {0}")]
    Random(#[from] io::Error),
}

/// All sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    entries: HashMap<i32, Arc<Member>>,
    per_account: HashMap<AccountId, usize>,
    per_token: HashMap<TokenId, usize>,
    last: i32,
}

/// Where a session runs, and whether it is doing anything.
pub struct Work {
    /// Its duckling.
    pub duckling: Arc<Duckling>,
    /// Its number there.
    pub session: SessionId,
    /// Bytes that its client has sent it, unless the client waits for nothing.
    pub sent_bytes: Box<dyn Fn() -> Option<u64> + Send + Sync>,
}

impl fmt::Debug for Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Work").field("session", &self.session).finish_non_exhaustive()
    }
}

/// One session.
#[derive(Debug)]
struct Member {
    process_id: i32,
    secret: Vec<u8>,
    account: AccountId,
    credential: Credential,
    end: CancellationToken,
    work: Mutex<Option<Arc<Work>>>,
}

/// A session in the table, for as long as this value lives.
#[derive(Debug)]
pub struct Registered {
    sessions: Arc<Sessions>,
    entry: Arc<Member>,
}

impl Sessions {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.table().entries.len()
    }

    /// Adds a session of this login, for a client of this minor protocol version.
    ///
    /// # Errors
    /// When the account or its token has as many sessions as it may, or the system has no randomness to give.
    pub fn register(
        self: &Arc<Self>,
        login: &Login,
        minor_version: u16,
        allowance: &Allowance,
    ) -> Result<Registered, RegisterError> {
        let secret = if minor_version >= LONG_KEYS_SINCE {
            random_bytes::<32>()?.to_vec()
        } else {
            random_bytes::<4>()?.to_vec()
        };
        let mut table = self.table();
        let limit = allowance.sessions;
        if table.per_account.get(&login.account.id).is_some_and(|count| *count >= limit) || limit == 0 {
            return Err(RegisterError::Full { account: login.account.name.clone(), limit });
        }
        if let Credential::Token { id, name, .. } = &login.credential {
            let open = table.per_token.entry(*id).or_default();
            if let Some(limit) = allowance.token_sessions(name).filter(|limit| *open >= *limit) {
                return Err(RegisterError::TokenFull { token: name.clone(), limit });
            }
            *open += 1;
        }
        *table.per_account.entry(login.account.id).or_default() += 1;
        let entry = Arc::new(Member {
            process_id: table.free_number(),
            secret,
            account: login.account.id,
            credential: login.credential.clone(),
            end: CancellationToken::new(),
            work: Mutex::default(),
        });
        table.entries.insert(entry.process_id, Arc::clone(&entry));
        drop(table);
        Ok(Registered { sessions: Arc::clone(self), entry })
    }

    /// Cancels what the session with this key is doing; answers whether there is one.
    pub fn cancel(&self, process_id: i32, secret: &[u8]) -> bool {
        let entry = self.table().entries.get(&process_id).cloned();
        let found = entry.filter(|entry| entry.secret.ct_eq(secret).into());
        if let Some(entry) = &found {
            let work = entry.work.lock().unwrap_or_else(PoisonError::into_inner).clone();
            // An idle session has nothing to cancel, and a late frame never hits its next statement.
            if let Some(work) = work
                && let Some(sent_bytes) = (work.sent_bytes)()
            {
                work.duckling.cancel(work.session, sent_bytes);
            }
        }
        found.is_some()
    }

    /// Ends the sessions that came in by this token; answers how many.
    pub fn end_token(&self, token: TokenId) -> usize {
        self.end(|entry| entry.credential.token() == Some(token))
    }

    /// Ends the sessions that came in by this account's password; answers how many.
    pub fn end_password(&self, account: AccountId) -> usize {
        self.end(|entry| entry.account == account && matches!(entry.credential, Credential::Password { .. }))
    }

    /// Ends the sessions whose token has ended to be valid by itself; answers how many.
    pub fn end_expired(&self, now: Timestamp) -> usize {
        self.end(|entry| match &entry.credential {
            Credential::Token { expires: Some(expires), .. } => *expires <= now,
            Credential::Token { expires: None, .. }
            | Credential::Password { .. }
            | Credential::Certificate => false,
        })
    }

    /// Ends the sessions of this account; answers how many.
    pub fn end_account(&self, account: AccountId) -> usize {
        self.end(|entry| entry.account == account)
    }

    /// Ends sessions whose token expires, for ever; the server runs this beside them.
    pub async fn expire(&self) {
        loop {
            tokio::time::sleep(EXPIRY_INTERVAL).await;
            let ended = self.end_expired(Timestamp::now());
            if ended > 0 {
                tracing::info!(ended, "tokens expired");
            }
        }
    }

    fn end(&self, is_meant: impl Fn(&Member) -> bool) -> usize {
        let table = self.table();
        let meant = table.entries.values().filter(|entry| !entry.end.is_cancelled() && is_meant(entry));
        meant.map(|entry| entry.end.cancel()).count()
    }
}

impl Table {
    fn free_number(&mut self) -> i32 {
        loop {
            self.last = self.last.checked_add(1).unwrap_or(1);
            if !self.entries.contains_key(&self.last) {
                return self.last;
            }
        }
    }
}

impl Registered {
    /// The body of BackendKeyData: number and secret.
    #[must_use]
    pub fn backend_key(&self) -> Vec<u8> {
        let number = self.entry.process_id.to_be_bytes();
        [&number[..], &self.entry.secret].concat()
    }

    /// The number that the client knows it by.
    #[must_use]
    pub fn process_id(&self) -> i32 {
        self.entry.process_id
    }

    /// Cancelled when the session is to end (its token was revoked, its account dropped).
    #[must_use]
    pub fn end(&self) -> &CancellationToken {
        &self.entry.end
    }

    /// Says where the session runs now; cancel requests go there.
    pub fn runs_on(&self, work: Option<Work>) {
        let work = work.map(Arc::new);
        *self.entry.work.lock().unwrap_or_else(PoisonError::into_inner) = work;
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut table = self.sessions.table();
        table.entries.remove(&self.entry.process_id);
        leave(&mut table.per_account, self.entry.account);
        if let Some(token) = self.entry.credential.token() {
            leave(&mut table.per_token, token);
        }
    }
}

/// Counts one less.
fn leave<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Entry::Occupied(mut count) = counts.entry(key) {
        *count.get_mut() = count.get().saturating_sub(1);
        if *count.get() == 0 {
            count.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        settings::TokenAllowance,
        store::{Account, Timestamp, TokenKind},
    };

    fn token(id: i64, name: &str) -> Credential {
        Credential::Token { id: TokenId(id), name: name.to_owned(), expires: Some(Timestamp(id)) }
    }

    fn login(account: i64) -> Login {
        Login {
            account: Account {
                id: AccountId(account),
                name: format!("account {account}"),
                created: Timestamp(0),
            },
            credential: token(account * 10, "laptop"),
            kind: TokenKind::ReadWrite,
        }
    }

    fn sessions_of(sessions: usize) -> Allowance {
        Allowance { sessions, ..Allowance::default() }
    }

    #[test]
    fn a_token_may_have_a_limit_of_its_own() {
        let sessions = Arc::new(Sessions::default());
        let narrow = TokenAllowance { sessions: 1, ..TokenAllowance::default() };
        let tokens = [("Laptop".to_owned(), narrow)].into();
        let allowance = Allowance { tokens, ..sessions_of(3) };
        let first = sessions.register(&login(1), 0, &allowance).unwrap();
        let refused = sessions.register(&login(1), 0, &allowance).unwrap_err();
        assert!(matches!(refused, RegisterError::TokenFull { limit: 1, .. }), "{refused}");
        let other = Login { credential: token(11, "server"), ..login(1) };
        let _wide = [0, 1].map(|_| sessions.register(&other, 0, &allowance).unwrap());
        assert!(matches!(
            sessions.register(&other, 0, &allowance),
            Err(RegisterError::Full { limit: 3, .. })
        ));
        drop(first);
        sessions.register(&login(1), 0, &allowance).unwrap();
    }

    #[test]
    fn keys_are_long_from_protocol_3_2_on_and_only_the_right_one_cancels() {
        let sessions = Arc::new(Sessions::default());
        let old = sessions.register(&login(1), 0, &sessions_of(9)).unwrap();
        let new = sessions.register(&login(1), 2, &sessions_of(9)).unwrap();
        assert_eq!(old.backend_key().len(), 8);
        assert_eq!(new.backend_key().len(), 36);
        let secret = new.backend_key()[4..].to_vec();
        assert!(sessions.cancel(new.process_id(), &secret));
        assert!(!sessions.cancel(old.process_id(), &secret));
        assert!(!sessions.cancel(new.process_id(), &secret[..4]));
        assert!(!sessions.cancel(77, &secret));
    }

    #[test]
    fn an_account_has_a_limit_and_gets_its_room_back() {
        let sessions = Arc::new(Sessions::default());
        let first = sessions.register(&login(1), 0, &sessions_of(1)).unwrap();
        assert!(matches!(
            sessions.register(&login(1), 0, &sessions_of(1)),
            Err(RegisterError::Full { limit: 1, .. })
        ));
        let _other = sessions.register(&login(2), 0, &sessions_of(1)).unwrap();
        drop(first);
        sessions.register(&login(1), 0, &sessions_of(1)).unwrap();
        assert_eq!(sessions.count(), 1);
    }

    #[test]
    fn revoking_ends_the_sessions_of_that_token_only() {
        let sessions = Arc::new(Sessions::default());
        let one = sessions.register(&login(1), 0, &sessions_of(9)).unwrap();
        let two = sessions.register(&login(2), 0, &sessions_of(9)).unwrap();
        assert_eq!(sessions.end_token(TokenId(10)), 1);
        assert!(one.end().is_cancelled());
        assert!(!two.end().is_cancelled());
        assert_eq!(sessions.end_account(AccountId(2)), 1);
        assert!(two.end().is_cancelled());
    }

    #[test]
    fn a_token_that_expires_and_a_password_that_changes_end_their_sessions() {
        let sessions = Arc::new(Sessions::default());
        let token = sessions.register(&login(1), 0, &sessions_of(9)).unwrap();
        let by_password = Login { credential: Credential::Password { version: 1 }, ..login(1) };
        let password = sessions.register(&by_password, 0, &sessions_of(9)).unwrap();
        assert_eq!(sessions.end_expired(Timestamp(9)), 0);
        assert_eq!(sessions.end_expired(Timestamp(10)), 1);
        assert_eq!(sessions.end_expired(Timestamp(11)), 0, "it has ended already");
        assert!(token.end().is_cancelled() && !password.end().is_cancelled());
        assert_eq!(sessions.end_password(AccountId(2)), 0);
        assert_eq!(sessions.end_password(AccountId(1)), 1);
    }
}
