//! The secrets of the account, as the engine has them: those that the gateway gives, put right whenever it gives others.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use engine::Connection;
use wire::link::Secret;

use super::setup::{self, Means};
use crate::sql::quote_name;

/// Keeps them.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    control: Weak<Mutex<Connection>>,
    /// How they are made; nothing where there is no way to remote data.
    means: Option<Means>,
    wanted: Mutex<Vec<Secret>>,
    /// Those that the engine has.
    had: Mutex<Vec<Secret>>,
}

impl Keeper {
    /// The engine has these.
    pub(crate) fn new(control: &Arc<Mutex<Connection>>, means: Option<Means>, secrets: &[Secret]) -> Self {
        let wanted = Mutex::new(secrets.to_vec());
        Self { control: Arc::downgrade(control), means, wanted, had: Mutex::new(secrets.to_vec()) }
    }

    /// There are to be these.
    pub(crate) fn want(&self, secrets: Vec<Secret>) {
        *locked(&self.wanted) = secrets;
    }

    /// Has the engine have those that there are to be; whether it takes all of them.
    pub(crate) fn settle(&self) -> bool {
        let (Some(control), Some(means)) = (self.control.upgrade(), &self.means) else { return true };
        let mut had = locked(&self.had);
        let wanted = locked(&self.wanted).clone();
        let control = locked(&control);
        let mut takes_all = true;
        for gone in had.iter().filter(|old| wanted.iter().all(|new| !is_same_name(old, new))) {
            let dropped = control.execute(&format!("DROP SECRET IF EXISTS {}", quote_name(&gone.name)));
            if let Err(error) = dropped {
                tracing::error!(kind = ?error.kind, secret = gone.name, "the engine does not drop a secret");
            }
        }
        let mut has = Vec::new();
        for secret in wanted {
            if had.contains(&secret) {
                has.push(secret);
                continue;
            }
            // Its text may repeat a value.
            match setup::create(&control, means, &secret) {
                Ok(()) => has.push(secret),
                Err(error) => {
                    tracing::error!(kind = ?error.kind, secret = secret.name, "the engine does not take a secret");
                    takes_all = false;
                    has.extend(had.iter().find(|old| is_same_name(old, &secret)).cloned());
                }
            }
        }
        *had = has;
        takes_all
    }
}

fn is_same_name(one: &Secret, other: &Secret) -> bool {
    one.name.eq_ignore_ascii_case(&other.name)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
