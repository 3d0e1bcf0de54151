//! What a session may use beyond PostgreSQL's own settings: the limits that came with its start, the account's disk,
//! and the statements that are refused because they have crashed an earlier process.

use engine::StatementKind;
use wire::{
    Diagnostic, SqlState,
    link::{Fingerprint, SessionLimits},
};

use super::{Outcome, Session, Stop};
use crate::{
    diagnose::diagnose,
    discreet,
    disk::{Need, Watched},
    policy::Facts,
    sql::Tag,
};

/// What a session writes to the disk.
#[derive(Debug, Default)]
pub(super) struct Writing {
    /// The statement at hand takes room.
    pub(super) statement: Option<Watched>,
    /// Whether its transaction does.
    pub(super) has_grown: bool,
}

/// How much of a result may still be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    limits: SessionLimits,
    rows: u64,
    bytes: u64,
}

impl Budget {
    /// All that the limits allow.
    pub(super) fn new(limits: SessionLimits) -> Self {
        let all = |limit: u64| if limit == 0 { u64::MAX } else { limit };
        Self { limits, rows: all(limits.result_rows), bytes: all(limits.result_bytes) }
    }

    /// How many of these rows may be sent.
    ///
    /// # Errors
    /// 54000 when none may.
    pub(super) fn rows(&self, wanted: u64) -> Result<u64, Diagnostic> {
        if self.rows == 0 && wanted > 0 {
            return Err(too_many_rows(self.limits.result_rows));
        }
        Ok(wanted.min(self.rows))
    }

    /// Takes what was made of some rows.
    ///
    /// # Errors
    /// 54000 when the bytes are too many: they are not to be sent.
    pub(super) fn take(&mut self, rows: u64, bytes: u64) -> Result<(), Diagnostic> {
        if bytes > self.bytes {
            return Err(too_many_bytes(self.limits.result_bytes));
        }
        self.rows = self.rows.saturating_sub(rows);
        self.bytes = if self.limits.result_bytes == 0 { u64::MAX } else { self.bytes - bytes };
        Ok(())
    }
}

fn too_many_rows(limit: u64) -> Diagnostic {
    Diagnostic::error(SqlState::PROGRAM_LIMIT_EXCEEDED, format!("result exceeds {limit} rows"))
        .with_hint("Select fewer rows, with WHERE or LIMIT; or ask for a larger result_rows.")
}

fn too_many_bytes(limit: u64) -> Diagnostic {
    Diagnostic::error(SqlState::PROGRAM_LIMIT_EXCEEDED, format!("result exceeds {limit} bytes"))
        .with_hint("Select fewer rows or columns; or ask for a larger result_bytes.")
}

impl Session {
    /// Takes the limits that the session has.
    pub(super) fn limit(&mut self, limits: SessionLimits) -> Result<(), Diagnostic> {
        self.bounds = limits;
        self.settings.limit_statement_timeout(limits.statement_timeout_ms);
        if limits.expression_depth > 0 {
            let depth = limits.expression_depth.to_string();
            let set = self.connection.set_option("max_expression_depth", &depth);
            set.map_err(|error| diagnose(&error))?;
        }
        Ok(())
    }

    /// Begins to work on a text of the client's.
    ///
    /// # Errors
    /// 54000 when it is too long, or refused for a while.
    pub(super) fn begin_text(&mut self, sql: &str) -> Outcome<Fingerprint> {
        self.reads(&std::sync::Arc::from(discreet::head(sql)));
        let (length, limit) = (sql.len(), self.bounds.statement_text_bytes);
        if limit > 0 && u64::try_from(length).unwrap_or(u64::MAX) > limit {
            let message = format!("statement text of {length} bytes exceeds {limit} bytes");
            let diagnostic = Diagnostic::error(SqlState::PROGRAM_LIMIT_EXCEEDED, message);
            let hint = "Send it in parts, load data with COPY, or ask for a larger statement_text.";
            return Err(diagnostic.with_hint(hint).into());
        }
        match &mut self.note {
            Some(note) => Ok(note.begin(sql)?),
            None => Ok(Fingerprint::of(sql)),
        }
    }

    /// Goes on with a text that came before.
    ///
    /// # Errors
    /// 54000 when it is refused for a while.
    pub(super) fn go_on(&mut self, fingerprint: Fingerprint) -> Outcome {
        match &mut self.note {
            Some(note) => Ok(note.go_on(fingerprint)?),
            None => Ok(()),
        }
    }

    /// A statement that writes is about to run: there must be room for it, now and for as long as it runs.
    ///
    /// # Errors
    /// 53100 when there is none.
    pub(super) fn check_disk(&mut self, facts: &Facts, kind: StatementKind, tag: &Tag) -> Outcome {
        if facts.writes.is_empty() { Ok(()) } else { self.take_room(need(kind, tag)) }
    }

    /// As [`Session::check_disk`], for a statement of this need.
    ///
    /// # Errors
    /// 53100 when there is no room.
    pub(super) fn take_room(&mut self, need: Need) -> Outcome {
        let activity = self.activity.clone();
        let stop = move |shortage| activity.stop(Stop::Disk(shortage));
        self.writing.statement = None;
        self.writing.statement = Some(self.limits.disk.begin(need, stop)?);
        self.writing.has_grown |= need == Need::Space && self.transaction.begun;
        Ok(())
    }

    /// # Errors
    /// 53100 when a transaction is to be committed that takes space, and even the margin is used up.
    pub(super) fn expect_room_to_commit(&mut self) -> Outcome {
        if std::mem::take(&mut self.writing.has_grown) {
            let _ = self.limits.disk.expect(Need::Commit)?;
        }
        Ok(())
    }

    /// # Errors
    /// 54000 for a result, made as a whole, that is larger than it may be.
    pub(super) fn expect_result(&self, rows: u64, bytes: u64) -> Outcome {
        let mut budget = Budget::new(self.bounds);
        if budget.rows(rows)? < rows {
            return Err(too_many_rows(self.bounds.result_rows).into());
        }
        Ok(budget.take(rows, bytes)?)
    }
}

/// What a statement that writes does to the disk. SELECT writes where it calls `nextval`.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else writes takes space")]
fn need(kind: StatementKind, tag: &Tag) -> Need {
    match kind {
        StatementKind::Drop => Need::Freeing,
        StatementKind::Delete if tag.is_truncate() => Need::Freeing,
        StatementKind::Delete | StatementKind::Select => Need::Margin,
        _ => Need::Space,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_over_several_takings() {
        let limits = SessionLimits { result_rows: 10, result_bytes: 100, ..SessionLimits::default() };
        let mut budget = Budget::new(limits);
        assert_eq!(budget.rows(7).unwrap(), 7);
        budget.take(7, 60).unwrap();
        assert_eq!(budget.rows(7).unwrap(), 3);
        assert_eq!(budget.take(3, 41).unwrap_err().message, "result exceeds 100 bytes");
        budget.take(3, 40).unwrap();
        assert_eq!(budget.rows(1).unwrap_err().message, "result exceeds 10 rows");
        assert_eq!(budget.rows(0).unwrap(), 0);
        let mut endless = Budget::new(SessionLimits::default());
        endless.take(u64::MAX, u64::MAX).unwrap();
        endless.take(1, u64::MAX).unwrap();
    }
}
