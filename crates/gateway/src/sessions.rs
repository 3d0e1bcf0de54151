//! The sessions of all clients: their cancel keys, their accounts and tokens, what they run on now.
//!
//! The process id of BackendKeyData is only a number here; the secret beside it is 4 random bytes for
//! protocol 3.0 and 32 from 3.2 on.

use std::{
    collections::HashMap,
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use subtle::ConstantTimeEq;
use tokio_util::sync::CancellationToken;
use wire::link::SessionId;

use crate::{
    duckling::Duckling,
    store::{AccountId, Login, TokenId},
    token::random_bytes,
};

/// The first minor version of protocol 3 with long cancel keys.
const LONG_KEYS_SINCE: u16 = 2;

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
    entries: HashMap<i32, Arc<Entry>>,
    per_account: HashMap<AccountId, usize>,
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
struct Entry {
    process_id: i32,
    secret: Vec<u8>,
    account: AccountId,
    token: TokenId,
    end: CancellationToken,
    work: Mutex<Option<Arc<Work>>>,
}

/// A session in the table, for as long as this value lives.
#[derive(Debug)]
pub struct Registered {
    sessions: Arc<Sessions>,
    entry: Arc<Entry>,
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
    /// When the account has `limit` sessions, or the system has no randomness to give.
    pub fn register(
        self: &Arc<Self>,
        login: &Login,
        minor_version: u16,
        limit: usize,
    ) -> Result<Registered, RegisterError> {
        let secret = if minor_version >= LONG_KEYS_SINCE {
            random_bytes::<32>()?.to_vec()
        } else {
            random_bytes::<4>()?.to_vec()
        };
        let mut table = self.table();
        let count = table.per_account.entry(login.account.id).or_default();
        if *count >= limit {
            return Err(RegisterError::Full { account: login.account.name.clone(), limit });
        }
        *count += 1;
        let entry = Arc::new(Entry {
            process_id: table.free_number(),
            secret,
            account: login.account.id,
            token: login.token,
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
        self.end(|entry| entry.token == token)
    }

    /// Ends the sessions of this account; answers how many.
    pub fn end_account(&self, account: AccountId) -> usize {
        self.end(|entry| entry.account == account)
    }

    fn end(&self, is_meant: impl Fn(&Entry) -> bool) -> usize {
        let table = self.table();
        let meant = table.entries.values().filter(|entry| is_meant(entry));
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
        if let Some(count) = table.per_account.get_mut(&self.entry.account) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                table.per_account.remove(&self.entry.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Account, Timestamp, TokenKind};

    fn login(account: i64) -> Login {
        Login {
            account: Account {
                id: AccountId(account),
                name: format!("account {account}"),
                created: Timestamp(0),
            },
            token: TokenId(account * 10),
            kind: TokenKind::ReadWrite,
        }
    }

    #[test]
    fn keys_are_long_from_protocol_3_2_on_and_only_the_right_one_cancels() {
        let sessions = Arc::new(Sessions::default());
        let old = sessions.register(&login(1), 0, 9).unwrap();
        let new = sessions.register(&login(1), 2, 9).unwrap();
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
        let first = sessions.register(&login(1), 0, 1).unwrap();
        assert!(matches!(sessions.register(&login(1), 0, 1), Err(RegisterError::Full { limit: 1, .. })));
        let _other = sessions.register(&login(2), 0, 1).unwrap();
        drop(first);
        sessions.register(&login(1), 0, 1).unwrap();
        assert_eq!(sessions.count(), 1);
    }

    #[test]
    fn revoking_ends_the_sessions_of_that_token_only() {
        let sessions = Arc::new(Sessions::default());
        let one = sessions.register(&login(1), 0, 9).unwrap();
        let two = sessions.register(&login(2), 0, 9).unwrap();
        assert_eq!(sessions.end_token(TokenId(10)), 1);
        assert!(one.end().is_cancelled());
        assert!(!two.end().is_cancelled());
        assert_eq!(sessions.end_account(AccountId(2)), 1);
        assert!(two.end().is_cancelled());
    }
}
