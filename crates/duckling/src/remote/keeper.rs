//! The secrets of the account, as the engine has them: those that the gateway gives, put right whenever it gives others.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use engine::Connection;
use wire::link::Secret;

use super::setup::{self, Means};
use crate::sql::quote_name;

/// The name of a secret that is tried out.
const TRIAL: &str = "pintail-trial";

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
    /// There are to be these, of which the engine has some.
    pub(crate) fn new(
        control: &Arc<Mutex<Connection>>,
        means: Means,
        wanted: &[Secret],
        had: Vec<Secret>,
    ) -> Self {
        let (wanted, had) = (Mutex::new(wanted.to_vec()), Mutex::new(had));
        Self { control: Arc::downgrade(control), means: Some(means), wanted, had }
    }

    /// Whether the engine would take a secret: it is made under another name, for addresses that there are not.
    pub(crate) fn takes(&self, secret: &Secret) -> bool {
        let (Some(control), Some(means)) = (self.control.upgrade(), &self.means) else { return true };
        let control = locked(&control);
        let trial = Secret { name: TRIAL.to_owned(), scopes: vec![format!("{TRIAL}://")], ..secret.clone() };
        let made = setup::create(&control, means, &trial);
        if let Err(error) = control.execute(&format!("DROP SECRET IF EXISTS {}", quote_name(TRIAL))) {
            tracing::error!(kind = ?error.kind, "the engine does not drop a secret that was tried out");
        }
        made.is_ok()
    }

    /// There are to be these.
    pub(crate) fn want(&self, secrets: Vec<Secret>) {
        *locked(&self.wanted) = secrets;
    }

    /// Has the engine have those that there are to be; whether it has the one of this name, if there is to be one.
    pub(crate) fn settles(&self, name: &str) -> bool {
        self.settle().iter().all(|missing| !missing.eq_ignore_ascii_case(name))
    }

    /// Has the engine have those that there are to be; the names of those that it does not take.
    pub(crate) fn settle(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let (Some(control), Some(means)) = (self.control.upgrade(), &self.means) else { return missing };
        let mut had = locked(&self.had);
        let wanted = locked(&self.wanted).clone();
        let control = locked(&control);
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
            match setup::create(&control, means, &secret) {
                Ok(()) => has.push(secret),
                Err(error) => {
                    setup::not_taken(&secret, &error);
                    missing.push(secret.name.clone());
                    has.extend(had.iter().find(|old| is_same_name(old, &secret)).cloned());
                }
            }
        }
        *had = has;
        missing
    }
}

fn is_same_name(one: &Secret, other: &Secret) -> bool {
    one.name.eq_ignore_ascii_case(&other.name)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
