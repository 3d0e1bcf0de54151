//! What the client is told when DuckDB does not do a statement: the guard's rule, the proxy's trouble, or DuckDB's own
//! words.

use engine::{Error, ErrorKind};
use wire::{Diagnostic, Severity, SqlState};

use super::{Failure, Session, Stop, source::Source};
use crate::{
    diagnose,
    policy::{Rule, rules},
    remote,
};

impl Session {
    /// What the client is told of a refusal.
    pub(super) fn refusal(&self, rule: &'static Rule) -> Diagnostic {
        let mut diagnostic = Diagnostic::from(rule);
        if let Some(database) = self.verdicts.take_unseen() {
            diagnostic.message = format!("database \"{database}\" is not attached");
        }
        if *rule != rules::EXTENSIONS {
            return diagnostic;
        }
        let loaded = self.limits.extensions.join(", ");
        let others = "The server's operator can add others in its configuration.";
        diagnostic.with_hint(format!("Loaded already are {loaded}. {others}"))
    }

    /// A bind has failed: for its error DuckDB may have looked into every database. Where the transaction goes on, it has
    /// used them all.
    pub(super) fn note_look_around(&self) {
        if self.transaction.begun {
            self.member.touch_all();
        }
    }

    /// The failure for an error of the engine: the guard's rule where it refused, else DuckDB's own words.
    pub(super) fn refused(&mut self, source: &Source, error: &Error) -> Failure {
        self.note_look_around();
        if let Some(rule) = self.verdicts.take_refusal() {
            return self.refusal(rule).into();
        }
        if self.member.is_single()
            && let Some(unattached) = self.unattached(source)
        {
            // The error may repeat what a macro or a type of that database says.
            return unattached.into();
        }
        if error.is_refused_address() {
            return self.refusal(&rules::OBJECT_ADDRESS).into();
        }
        if self.activity.stopping() && remote::is_of_a_request(error) {
            // The proxy let go of it, since the statement was stopped.
            return Stop::Requested.diagnostic().into();
        }
        if let Some(explained) = self.limits.troubles.explain(error).or_else(|| remote::own_words(error)) {
            return explained.into();
        }
        if error.kind == ErrorKind::Io && error.message.starts_with("No files found that match the pattern") {
            // DuckDB looks for a file before its plan can be judged. Were one there, the plan would be refused.
            return Diagnostic::from(&rules::LOCAL_FILE).into();
        }
        if error.is_untold()
            && let Some(untold) = self.verdicts.take_untold()
        {
            return untold.into();
        }
        if error.is_ambiguous_table() {
            return ambiguous(error).into();
        }
        if matches!(error.kind, ErrorKind::Catalog | ErrorKind::Binder)
            && let Some(unattached) = self.unattached(source)
        {
            return unattached.into();
        }
        self.is_broken |= diagnose::is_fatal(error);
        self.note_violation(error, source.diagnose(error)).into()
    }
}

/// 42P09, with the tables that the name may mean.
fn ambiguous(error: &Error) -> Diagnostic {
    Diagnostic::error(SqlState::AMBIGUOUS_ALIAS, error.message.clone())
        .with_detail(format!("It may be {}.", error.candidates.join(", ")))
        .with_hint("Write the schema before the name, or SET search_path.")
}

/// What [`Session`] needs of a diagnostic that ends it.
pub(super) trait Fatal {
    fn with_fatal(self) -> Self;
}

impl Fatal for Diagnostic {
    fn with_fatal(mut self) -> Self {
        self.severity = Severity::Fatal;
        self
    }
}
