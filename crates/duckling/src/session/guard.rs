//! The plan guard of one session: hands DuckDB's bound plans to the policy.
//!
//! DuckDB calls it inside every bind, on the session's own thread. What it found out (the facts, or the
//! rule that refused) waits here for the session.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Guard, Touch};

use wire::Diagnostic;

use super::tell::Teller;
use crate::{
    platform::{INFORMATION, Member},
    policy::{Context, Facts, Names, OwnFile, Rule, Seen, Verdict, judge_plan},
    weaken::{self, Switch},
};

#[derive(Debug)]
struct Inner {
    context: Context,
    facts: Facts,
    refusal: Option<&'static Rule>,
    /// The database that a refused bind named and the session does not see.
    unseen: Option<String>,
    /// Why a question was not answered.
    untold: Option<Diagnostic>,
}

/// Shared between the session and the hook in its connection.
#[derive(Clone, Debug)]
pub(crate) struct Verdicts(Arc<Mutex<Inner>>);

impl Verdicts {
    /// Judges by this context.
    #[must_use]
    pub(crate) fn new(context: Context) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            context,
            facts: Facts::default(),
            refusal: None,
            unseen: None,
            untold: None,
        })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The facts of the binds since they were last taken.
    #[must_use]
    pub(crate) fn take_facts(&self) -> Facts {
        std::mem::take(&mut self.inner().facts)
    }

    /// Adds facts to those that are taken next.
    pub(crate) fn add_facts(&self, facts: &Facts) {
        let known = &mut self.inner().facts;
        known.reads.extend(facts.reads.iter().cloned());
        known.writes.extend(facts.writes.iter().cloned());
        known.target = facts.target.clone().or_else(|| known.target.take());
        known.attaches = facts.attaches.clone().or_else(|| known.attaches.take());
        known.detaches = facts.detaches.clone().or_else(|| known.detaches.take());
        known.unseen = facts.unseen.clone().or_else(|| known.unseen.take());
        known.sets_variable = facts.sets_variable.clone().or_else(|| known.sets_variable.take());
        known.changes_sequence |= facts.changes_sequence;
        known.reads_remote |= facts.reads_remote;
        known.is_upkeep |= facts.is_upkeep;
    }

    /// Whether what was bound since the facts were last taken reads remote files.
    pub(crate) fn reads_remote(&self) -> bool {
        self.inner().facts.reads_remote
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

    /// Why a question of the last statement's was not answered.
    #[must_use]
    pub(crate) fn take_untold(&self) -> Option<Diagnostic> {
        self.inner().untold.take()
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
pub(crate) struct SessionGuard {
    /// What it makes of plans.
    pub verdicts: Verdicts,
    /// The databases that it sees.
    pub member: Arc<Member>,
    /// What it tells.
    pub teller: Teller,
}

impl Guard for SessionGuard {
    fn judge(&mut self, touches: &[Touch]) -> Result<(), String> {
        let mut inner = self.verdicts.inner();
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

    fn lists(&mut self) {
        self.member.touch_all();
    }

    /// What the server shows of itself is not a part of a single session's databases; DuckDB's own catalogs are no
    /// databases there either.
    fn sees(&mut self, database: &str) -> bool {
        let is_servers =
            [INFORMATION, "system", "temp"].iter().any(|name| name.eq_ignore_ascii_case(database));
        if is_servers { !self.member.is_single() } else { self.member.seen(database) != Seen::No }
    }

    fn tell(&mut self, topic: &str) -> Result<String, String> {
        self.teller.tell(topic).map_err(|diagnostic| {
            let message = diagnostic.message.clone();
            self.verdicts.inner().untold = Some(diagnostic);
            message
        })
    }
}
