//! Beginning, ending and failing transactions, with DuckDB doing what the block says.

use std::time::Duration;

use engine::StatementKind;
use wire::{Diagnostic, SqlState};

use super::{Failure, Outcome, Session, Stop, plan::Plan, source::Source, tell::Change, transaction::Block};
use crate::{
    diagnose::diagnose,
    out::Out,
    platform::TableName,
    policy::{Facts, Profile, Target, rules},
    sql::{Command, Transaction, TransactionMode},
};

impl Session {
    /// Makes what follows one transaction, if it is not in one already. DuckDB hears of it when it has
    /// something to do; settings are undone with it all the same.
    pub(super) fn enter_implicit(&mut self) {
        if self.transaction.block == Block::None {
            self.transaction.block = Block::Implicit;
            self.settings.begin();
        }
    }

    /// Tells DuckDB that an implicit block begins, once.
    pub(super) fn begin_implicit(&mut self) -> Outcome {
        if self.transaction.block == Block::Implicit && !self.transaction.begun {
            self.begin_engine(TransactionMode::default())?;
        }
        Ok(())
    }

    /// Another transaction of DuckDB's in the place of one that has failed; to the client it is the same one,
    /// with its mode and its time.
    pub(super) fn restart_engine(&mut self) -> Outcome {
        self.roll_back_engine();
        self.run_control("BEGIN TRANSACTION")?;
        self.transaction.begun = true;
        self.settings.begin();
        Ok(())
    }

    fn begin_engine(&mut self, mode: TransactionMode) -> Outcome {
        self.make_room()?;
        self.run_control("BEGIN TRANSACTION")?;
        self.transaction.begun = true;
        self.limit_transaction();
        self.settings.begin();
        let read_only =
            mode.read_only.unwrap_or_else(|| self.settings.is_on("default_transaction_read_only"));
        self.settings.set_transaction_read_only(read_only);
        self.transaction.read_only = read_only;
        self.teller.renew(&self.settings);
        Ok(())
    }

    /// Commits an implicit block, if there is one.
    pub(super) fn end_implicit(&mut self) -> Outcome {
        if self.transaction.block != Block::Implicit {
            return Ok(());
        }
        self.hold_portals()?;
        let begun = self.transaction.begun;
        self.transaction.clear();
        if begun {
            return self.commit_engine();
        }
        self.settings.end(true);
        self.settle_held_portals(true);
        self.reapply_settings();
        Ok(())
    }

    fn commit_engine(&mut self) -> Outcome {
        self.target = None;
        let committed = self.expect_room_to_commit().and_then(|()| self.run_control("COMMIT"));
        self.settings.end(committed.is_ok());
        self.settle_held_portals(committed.is_ok());
        if committed.is_err() {
            self.abandon();
        }
        self.reapply_settings();
        committed
    }

    /// Reports an error to the client, and undoes what its transaction did.
    pub(super) fn fail(&mut self, diagnostic: &Diagnostic, out: &mut Out) {
        let lost = self.explain_loss(diagnostic);
        let diagnostic = lost.as_ref().unwrap_or(diagnostic);
        let discreet = self.discreet(diagnostic);
        let diagnostic = discreet.as_ref().unwrap_or(diagnostic);
        self.record_failure(diagnostic);
        if self.can_return() {
            // The portals go when it is known where to.
            out.diagnostic(diagnostic);
            self.transaction.block = Block::Failed;
            return;
        }
        self.forget_portals();
        self.abandon();
        out.diagnostic(self.name_constraint(diagnostic).as_ref().unwrap_or(diagnostic));
        match self.transaction.block {
            Block::Explicit | Block::Failed => {
                self.transaction.begun = false;
                self.transaction.block = Block::Failed;
            }
            Block::None | Block::Implicit => self.transaction.clear(),
        }
    }

    /// Whether DuckDB's transaction has survived the error and there is a savepoint to return to.
    fn can_return(&self) -> bool {
        matches!(self.transaction.block, Block::Explicit | Block::Failed)
            && !self.transaction.savepoints.is_empty()
            && !self.is_broken
            && self.connection.is_in_transaction()
            && !self.connection.is_transaction_invalidated()
    }

    /// Rolls DuckDB back, if it has a transaction open: failed statements leave one even outside a block.
    pub(super) fn abandon(&mut self) {
        self.writing.has_grown = false;
        if !self.is_broken {
            self.roll_back_engine();
        }
        self.member.let_go();
        self.settings.end(false);
        self.reapply_settings();
    }

    /// Rolls back whatever transaction DuckDB has open; that there is none is no failure. What makes the
    /// engine unusable is noted by [`Session::run_control`].
    fn roll_back_engine(&mut self) {
        if self.connection.is_in_transaction() {
            let _ = self.run_control("ROLLBACK");
        }
    }

    /// Ends DuckDB's transaction; to the client it goes on, and can only be rolled back.
    pub(super) fn end_engine(&mut self) {
        if !self.is_broken {
            self.roll_back_engine();
        }
    }

    /// Ends the transaction that a stream in autocommit keeps open when it is dropped before its end.
    pub(super) fn end_stream(&mut self) {
        if !self.transaction.begun && !self.is_broken {
            self.roll_back_engine();
        }
    }

    /// DuckDB's own idea of the settings after some were undone.
    pub(super) fn reapply_settings(&mut self) {
        if let Err(error) = self.apply_settings() {
            // Each value was taken by DuckDB once already.
            tracing::warn!(%error, "a session setting could not be restored");
        }
    }

    /// Runs one of the duckling's own statements.
    fn run_control(&mut self, sql: &str) -> Outcome {
        self.connection.execute(sql).map_err(|error| {
            self.is_broken |= crate::diagnose::is_fatal(&error);
            diagnose(&error).into()
        })
    }

    /// In a failed block only its end is taken.
    pub(super) fn refuse_if_failed(&self, source: &Source) -> Outcome {
        let ends = matches!(
            source.command,
            Command::Transaction(
                Transaction::Commit { .. } | Transaction::Rollback { .. } | Transaction::RollbackTo(_)
            )
        );
        if self.transaction.block == Block::Failed && !ends {
            let message = "current transaction is aborted, commands ignored until end of transaction block";
            return Err(Diagnostic::error(SqlState::IN_FAILED_SQL_TRANSACTION, message).into());
        }
        Ok(())
    }

    /// Judges what a bound statement touches by the session's present mode, at every execution.
    pub(super) fn check_facts(&mut self, facts: &Facts) -> Outcome {
        self.member.enters();
        self.member.touch(&facts.reads, &facts.writes)?;
        self.target.clone_from(&facts.target);
        // Whatever was tried in vain before is not what this statement fails of.
        let _ = self.verdicts.take_refusal();
        let is_first = self.transaction.written.is_none();
        self.expect_writable(facts)?;
        self.expect_schema_on_disk(facts, is_first)?;
        self.wait_for_table(facts)?;
        if let Some(database) = &facts.changes_indexes {
            self.member.owe(database);
        }
        if !facts.writes.is_empty() {
            self.member.workspace().pay();
            self.transaction.writes += 1;
        }
        Ok(())
    }

    /// Waits for others where DuckDB does not: whoever changes a table does so alone.
    fn wait_for_table(&self, facts: &Facts) -> Outcome {
        let activity = self.activity.clone();
        let is_stopped = move || activity.stopping();
        if let Some([database, schema, table]) = &facts.changes_table {
            let name = TableName::new(database, schema, table);
            // What it is in detail, only its text tells; that has been looked at, unless it was prepared before.
            self.member.change_table(&name, true, &is_stopped)?;
            // DROP INDEX, which names no table, looks at no rows.
            if self.transaction.begun && !table.is_empty() {
                self.member.expect_fresh(&name)?;
            }
        } else if let Some(Target { database, schema, table }) = &facts.target {
            let (name, has_begun) = (TableName::new(database, schema, table), self.transaction.begun);
            self.member.write_table(&name, has_begun, &is_stopped)?;
        }
        Ok(())
    }

    /// The same before the engine looks at a statement that changes a table, as far as its text tells which: what its
    /// transaction sees is then what is there when others have been waited for.
    pub(super) fn wait_for_change(&self, source: &Source) -> Outcome {
        // Who only reads is refused later, and keeps no writer waiting until then.
        if !self.limits.is_reader
            && let Some((table, is_strict)) = source.changed_table(self.settings.database())
        {
            let activity = self.activity.clone();
            // Indexes go and come back around what is changed.
            let is_strict = is_strict || self.member.workspace().has_indexes(&table);
            self.member.change_table(&table, is_strict, &move || activity.stopping())?;
        }
        self.member.enters();
        Ok(())
    }

    /// Judges what DuckDB has found out by binding a statement once more with its values.
    pub(super) fn check_new_facts(&mut self) -> Outcome {
        let facts = self.verdicts.take_facts();
        if facts == Facts::default() { Ok(()) } else { self.check_facts(&facts) }
    }

    /// # Errors
    /// 25006 in a read-only transaction or with a token that only reads, 0A000 for a second database.
    fn expect_writable(&mut self, facts: &Facts) -> Outcome {
        if facts.is_upkeep {
            self.member.expect_writer("run CHECKPOINT, VACUUM or ANALYZE")?;
        }
        if facts.attaches.is_some() {
            self.member.expect_writer("change what the account has attached")?;
        }
        let mut writes = facts.writes.iter().filter(|database| *database != "temp");
        let Some(database) = writes.next() else {
            return Ok(());
        };
        if self.limits.is_reader {
            let message = "cannot write with a read_scaling token";
            let diagnostic = Diagnostic::error(SqlState::READ_ONLY_SQL_TRANSACTION, message);
            return Err(diagnostic.with_hint("Connect with a read_write token to write.").into());
        }
        let in_block = self.transaction.is_block();
        let read_only = if in_block { "transaction_read_only" } else { "default_transaction_read_only" };
        if self.settings.is_on(read_only) {
            return Err(Diagnostic::from(&rules::READ_ONLY).into());
        }
        if !in_block {
            return Ok(());
        }
        match &self.transaction.written {
            Some(written) if !written.eq_ignore_ascii_case(database) => {
                Err(second_database(written, database).into())
            }
            Some(_) => Ok(()),
            None => {
                self.transaction.written = Some(database.clone());
                Ok(())
            }
        }
    }

    /// Transaction control; gives the command tag.
    pub(super) fn transaction_control(
        &mut self,
        command: &Transaction,
        in_query: bool,
        out: &mut Out,
    ) -> Outcome<&'static str> {
        match command {
            Transaction::Begin(mode) => self.begin_block(*mode, out).map(|()| "BEGIN"),
            Transaction::Start(mode) => self.begin_block(*mode, out).map(|()| "START TRANSACTION"),
            Transaction::Commit { chain } => self.end_block(true, *chain, out),
            Transaction::Rollback { chain } => self.end_block(false, *chain, out),
            Transaction::Savepoint(_) | Transaction::Release(_) | Transaction::RollbackTo(_)
                if self.limits.profile == Profile::Reference =>
            {
                Err(Diagnostic::from(&rules::SAVEPOINT_STATEMENT).into())
            }
            Transaction::Savepoint(name) => self.savepoint(name),
            Transaction::Release(name) => self.release(name),
            Transaction::RollbackTo(name) => self.roll_back_to(name),
            Transaction::SetMode(mode) => {
                if self.transaction.block == Block::None
                    || (self.transaction.block == Block::Implicit && !in_query)
                {
                    out.diagnostic(&no_block_warning(
                        "SET TRANSACTION can only be used in transaction blocks",
                    ));
                } else if let Some(read_only) = mode.read_only {
                    self.settings.set_transaction_read_only(read_only);
                    self.transaction.read_only = read_only;
                }
                Ok("SET")
            }
        }
    }

    fn begin_block(&mut self, mode: TransactionMode, out: &mut Out) -> Outcome {
        match self.transaction.block {
            Block::Explicit | Block::Failed => {
                // Never to DuckDB, which would abort the transaction and report its COMMIT as done.
                let message = "there is already a transaction in progress";
                if self.limits.profile == Profile::Reference {
                    return Err(Diagnostic::error(SqlState::ACTIVE_SQL_TRANSACTION, message).into());
                }
                out.diagnostic(&Diagnostic::warning(SqlState::ACTIVE_SQL_TRANSACTION, message));
            }
            Block::Implicit if self.transaction.begun => self.transaction.block = Block::Explicit,
            Block::None | Block::Implicit => {
                self.begin_engine(mode)?;
                self.transaction.block = Block::Explicit;
            }
        }
        Ok(())
    }

    fn end_block(&mut self, commit: bool, chain: bool, out: &mut Out) -> Outcome<&'static str> {
        let block = self.transaction.block;
        if chain && matches!(block, Block::None | Block::Implicit) {
            let message = "COMMIT AND CHAIN and ROLLBACK AND CHAIN can only be used in transaction blocks";
            return Err(Diagnostic::error(SqlState::NO_ACTIVE_SQL_TRANSACTION, message).into());
        }
        if matches!(block, Block::None | Block::Implicit) {
            out.diagnostic(&no_block_warning("there is no transaction in progress"));
        }
        // The next transaction has the modes of this one.
        let mode = TransactionMode { read_only: Some(self.transaction.read_only) };
        let committing = commit && block != Block::Failed;
        if committing {
            self.hold_portals()?;
        } else {
            self.forget_portals();
        }
        let begun = self.transaction.begun;
        self.transaction.clear();
        if begun && committing {
            self.commit_engine()?;
        } else {
            self.abandon();
        }
        if chain {
            self.begin_engine(mode)?;
            self.transaction.block = Block::Explicit;
        }
        Ok(if committing { "COMMIT" } else { "ROLLBACK" })
    }

    /// `statement_timeout`, if it is on. Outside a block the statement is a transaction too, whose time begins.
    pub(super) fn statement_timeout(&self) -> Option<Duration> {
        if !self.transaction.begun {
            self.limit_transaction();
        }
        self.timeout("statement_timeout")
    }

    /// The transaction's time begins.
    pub(super) fn limit_transaction(&self) {
        self.activity.limit_transaction(self.timeout("transaction_timeout"));
    }

    fn timeout(&self, name: &str) -> Option<Duration> {
        let milliseconds = self.settings.milliseconds(name);
        (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
    }

    /// Does something that may take time, so that it can be cancelled and obeys the time-outs, whether it is a
    /// statement's part or comes before one.
    pub(super) fn in_time<T>(&mut self, work: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.activity.is_active() {
            return work(self);
        }
        self.activity.begin(self.statement_timeout());
        let outcome = work(self);
        self.end_activity(outcome)
    }

    /// Ends the activity that a statement began: a stop becomes its error.
    pub(super) fn end_activity<T>(&mut self, outcome: Outcome<T>) -> Outcome<T> {
        self.writing.statement = None;
        let changes = self.teller.take_changes();
        let outcome = outcome.and_then(|value| self.carry_out_changes(&changes).map(|()| value));
        match (self.activity.end(), outcome) {
            (Some(stop @ (Stop::TransactionTimedOut | Stop::Terminated)), Err(Failure::Diagnosed(_))) => {
                Err(stop.diagnostic().into())
            }
            // An error that is not the interrupt's own came before it.
            (Some(stop), Err(Failure::Diagnosed(diagnostic)))
                if diagnostic.code == SqlState::QUERY_CANCELED =>
            {
                Err(stop.diagnostic().into())
            }
            (Some(stop @ Stop::TransactionTimedOut), Ok(_)) if self.transaction.begun => {
                Err(stop.diagnostic().into())
            }
            (_, outcome) => outcome,
        }
    }

    /// What the statement has asked for with `set_config`.
    fn carry_out_changes(&mut self, changes: &[Change]) -> Outcome {
        if changes.is_empty() {
            return Ok(());
        }
        let before = self.settings.clone();
        let applied = changes.iter().try_for_each(|change| change.apply(&mut self.settings));
        let outcome = applied.map_err(Failure::from).and_then(|()| self.settings_changed());
        // A value that DuckDB does not take was never set.
        outcome.inspect_err(|_| self.settings = before)
    }

    /// Notes state in the engine's connection that statements leave there.
    pub(super) fn note_engine_state(&mut self, plan: &Plan) {
        let kind = plan.statement.kind();
        if matches!(kind, StatementKind::Set | StatementKind::VariableSet | StatementKind::Prepare) {
            self.has_engine_state = true;
            // DuckDB does not bind prepared statements again after USE and its kin.
            self.epoch += 1;
        }
        if plan.facts.writes.contains("temp") {
            self.has_engine_state = true;
        }
    }
}

fn no_block_warning(message: &str) -> Diagnostic {
    Diagnostic::warning(SqlState::NO_ACTIVE_SQL_TRANSACTION, message)
}

fn second_database(first: &str, second: &str) -> Diagnostic {
    let message =
        format!("cannot write to database \"{second}\" in a transaction that has written to \"{first}\"");
    Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message)
        .with_hint("A transaction can write to one database; commit it before writing to another.")
}
