//! The plan guard of one session: hands DuckDB's bound plans to the policy.
//!
//! DuckDB calls it inside every bind, on the session's own thread. What it found out (the facts, or the
//! rule that refused) waits here for the session.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Guard, Touch};

use crate::{
    policy::{Context, Facts, OwnFile, Rule, Verdict, judge_plan},
    weaken::{self, Switch},
};

#[derive(Debug)]
struct Inner {
    context: Context,
    facts: Facts,
    refusal: Option<&'static Rule>,
    /// The database that a refused bind named and the session does not see.
    unseen: Option<String>,
}

/// Shared between the session and the hook in its connection.
#[derive(Clone, Debug)]
pub(crate) struct Verdicts(Arc<Mutex<Inner>>);

impl Verdicts {
    /// Judges by this context.
    #[must_use]
    pub(crate) fn new(context: Context) -> Self {
        Self(Arc::new(Mutex::new(Inner { context, facts: Facts::default(), refusal: None, unseen: None })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The facts of the binds since they were last taken.
    #[must_use]
    pub(crate) fn take_facts(&self) -> Facts {
        std::mem::take(&mut self.inner().facts)
    }

    /// The rule that refused the last bind, if one did.
    #[must_use]
    pub(crate) fn take_refusal(&self) -> Option<&'static Rule> {
        self.inner().refusal.take()
    }

    /// The database that the last refused bind named, if it is one that the session does not see.
    #[must_use]
    pub(crate) fn take_unseen(&self) -> Option<String> {
        self.inner().unseen.take()
    }

    /// Whether the session is carrying out a COPY FROM DATABASE just now.
    pub(crate) fn set_copying_database(&self, copying: bool) {
        self.inner().context.copying_database = copying;
    }

    /// Whether DuckDB is expanding a PIVOT just now.
    pub(crate) fn set_expanding_pivot(&self, expanding: bool) {
        self.inner().context.expanding_pivot = expanding;
    }

    /// The file that a statement of the session's own making may touch from now on.
    pub(crate) fn set_own_file(&self, file: Option<OwnFile>) {
        self.inner().context.own_file = file;
    }
}

/// The hook itself.
#[derive(Clone, Debug)]
pub(crate) struct SessionGuard(pub Verdicts);

impl Guard for SessionGuard {
    fn judge(&mut self, touches: &[Touch]) -> Result<(), String> {
        let mut inner = self.0.inner();
        let inner = &mut *inner;
        match judge_plan(touches, &inner.context, &mut inner.facts) {
            Verdict::Allow => Ok(()),
            Verdict::Refuse(_) if weaken::is_off(Switch::Guard) => Ok(()),
            Verdict::Refuse(rule) => {
                inner.refusal = Some(rule);
                inner.unseen = inner.facts.unseen.take();
                Err(rule.message.to_owned())
            }
        }
    }
}
