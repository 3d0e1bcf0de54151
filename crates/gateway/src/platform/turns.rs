//! Whose turn it is in an account. What changes something takes its turn; what also copies a file takes turns with other
//! copies besides, and lets the rest of the account go on while it copies.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::store::AccountId;

/// The turns of all accounts.
#[derive(Debug, Default)]
pub(super) struct Turns {
    accounts: Mutex<HashMap<AccountId, Locks>>,
}

#[derive(Clone, Debug, Default)]
struct Locks {
    copying: Arc<AsyncMutex<()>>,
    changing: Arc<AsyncMutex<()>>,
}

/// Nothing else is changed for the account while there is this value, but when it steps aside for what takes long.
#[derive(Debug)]
pub struct Turn {
    changing: RefCell<Option<OwnedMutexGuard<()>>>,
    /// Held to the end.
    _copying: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until nothing is changed for the account, and, if this may `copy`, until nothing is copied either.
    pub(super) async fn take(&self, account: AccountId, copies: bool) -> Turn {
        let locks = {
            let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            accounts.entry(account).or_default().clone()
        };
        let copying = if copies { Some(locks.copying.lock_owned().await) } else { None };
        let changing = locks.changing.lock_owned().await;
        Turn { changing: RefCell::new(Some(changing)), _copying: copying }
    }
}

impl Turn {
    /// Does what takes long and changes nothing that others could see, while others change things. In a thread that may
    /// block; what was found out before may be otherwise after it.
    pub(super) fn aside<T>(&self, long: impl FnOnce() -> T) -> T {
        let Some(changing) = self.changing.take() else {
            return long();
        };
        let lock = Arc::clone(OwnedMutexGuard::mutex(&changing));
        drop(changing);
        let result = long();
        self.changing.replace(Some(lock.blocking_lock_owned()));
        result
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    #[tokio::test(flavor = "multi_thread")]
    async fn what_steps_aside_lets_others_change_but_not_copy_and_has_its_turn_afterwards() {
        let turns = Turns::default();
        let (account, other) = (AccountId(1), AccountId(2));
        let copying = turns.take(account, true).await;
        tokio::time::timeout(SHORT, turns.take(account, false)).await.unwrap_err();
        drop(turns.take(other, true).await);
        let ((begun, is_begun), (go, may_go)) = (mpsc::channel(), mpsc::channel::<()>());
        let done = tokio::task::spawn_blocking(move || {
            copying.aside(|| {
                begun.send(()).unwrap();
                may_go.recv().unwrap();
            });
            copying
        });
        tokio::task::spawn_blocking(move || is_begun.recv().unwrap()).await.unwrap();
        let changing = turns.take(account, false).await;
        tokio::time::timeout(SHORT, turns.take(account, true)).await.unwrap_err();
        go.send(()).unwrap();
        tokio::time::sleep(SHORT).await;
        assert!(!done.is_finished(), "while another changes something");
        drop(changing);
        let copying = done.await.unwrap();
        tokio::time::timeout(SHORT, turns.take(account, false)).await.unwrap_err();
        drop(copying);
        turns.take(account, true).await;
    }
}
