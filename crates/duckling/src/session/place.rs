//! Where the session is: its current database, and what others do to that.

use std::sync::Arc;

use wire::{
    Diagnostic, SqlState,
    link::{PlatformReply, PlatformRequest, SessionStart},
};

use uuid::Uuid;

use super::{Failure, Outcome, Session, source::Source};
use crate::{
    diagnose::diagnose,
    out::Out,
    platform::{INFORMATION, Identity},
    policy::{Names, Seen},
    sql::{Command, Transaction, quote_name},
};

impl Session {
    /// Begins in a database. One that the workspace does not have attached is attached for this session.
    pub(super) fn enter(&mut self, start: &SessionStart) -> Result<(), Diagnostic> {
        let number = start.backend_key.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        let identity = Identity {
            process_id: number,
            connection: Uuid::new_v4().to_string(),
            session: self.settings.show("session_name").unwrap_or_default().to_owned(),
            address: start.client_address.parse().ok(),
        };
        self.member.name(identity, Arc::new(self.activity.clone()));
        self.teller.set_server_address(&start.server_address);
        if start.single {
            self.member.be_single();
            // DuckDB proposes tables of other databases in its errors.
            let quiet = self.connection.set_option("catalog_error_max_schemas", "0");
            quiet.map_err(|error| diagnose(&error))?;
        }
        self.see(&start.database)?;
        self.settings.start_in(&start.database);
        Ok(())
    }

    /// Sees a database, whether the workspace has it attached or not.
    fn see(&self, database: &str) -> Result<(), Diagnostic> {
        let workspace = self.member.workspace();
        if let Some(mount) = workspace.find(database) {
            if self.member.seen(database) == Seen::No {
                self.member.show(&mount.name);
            }
        } else {
            let url = format!("md:{database}");
            let request = PlatformRequest::Attach { url, alias: None, persist: false };
            let _turn = workspace.turn_for(&[database], &|| false)?;
            match workspace.ask(request, &|| false) {
                Ok(PlatformReply::Database { mount, .. }) => {
                    workspace.attach(&mount, false, &|| false)?;
                    self.member.show(&mount.name);
                }
                Ok(_) | Err(_) => return Err(no_database(database)),
            }
        }
        Ok(())
    }

    /// What others have done to the databases since the last message: statements are bound again; a database that is gone
    /// is not the current one any more.
    pub(super) fn catch_up(&mut self, out: &mut Out) {
        let epoch = self.member.workspace().epoch();
        if epoch == self.workspace_epoch {
            return;
        }
        self.workspace_epoch = epoch;
        self.epoch += 1;
        for (name, reason) in self.member.take_evictions() {
            if self.transaction.begun && self.member.has_touched(&name) {
                self.lost = Some(reason.clone());
                // It must not go on: what it finds under the name may be another database.
                self.forget_portals();
                self.end_engine();
            }
            self.leave(&name, &reason, out);
        }
        if self.member.workspace().find(self.settings.start_database()).is_none() {
            let default = self.member.workspace().default_database();
            self.settings.start_elsewhere(&default);
        }
    }

    /// A database that was taken away is not the current one any more, and none to go back to.
    fn leave(&mut self, name: &str, reason: &str, out: &mut Out) {
        let is_current = self.settings.database().eq_ignore_ascii_case(name);
        let is_saved = self.settings.saved_database().is_some_and(|saved| saved.eq_ignore_ascii_case(name));
        if !is_current && !is_saved {
            return;
        }
        let default = self.member.workspace().default_database();
        // Where there is no other database, there is still what the server shows of itself.
        let place = if self.see(&default).is_ok() { default } else { INFORMATION.to_owned() };
        let message = if is_current {
            self.settings.leave_database(&place);
            format!("{reason}; the current database is now \"{place}\"")
        } else {
            self.settings.return_elsewhere(&place);
            format!("{reason}; ROLLBACK leads back to \"{place}\"")
        };
        out.diagnostic(&Diagnostic::notice(SqlState::SUCCESSFUL_COMPLETION, message));
        self.settle_place();
    }

    /// The same, whatever the databases have become: without the schema that is not there any more, or in the database
    /// that is always there.
    pub(super) fn settle_place(&mut self) {
        if self.place_again().is_ok() {
            return;
        }
        self.settings.forget_path();
        match self.place_again() {
            Ok(()) => return,
            Err(Failure::Diagnosed(error)) => {
                tracing::warn!(error = error.message, "the session's database cannot be the current one");
            }
            Err(Failure::Gone(_)) => {}
        }
        self.settings.leave_database(INFORMATION);
        self.reapply_settings();
    }

    /// Tells DuckDB once more where the session is: the name may stand for something else now.
    pub(super) fn place_again(&mut self) -> Outcome {
        self.settings.forget_applied("search_path");
        self.settings_changed()
    }

    /// What a statement fails of when another session has taken a database away from under it.
    pub(super) fn explain_loss(&self, diagnostic: &Diagnostic) -> Option<Diagnostic> {
        let codes =
            [SqlState::INVALID_CATALOG_NAME, SqlState::INVALID_SCHEMA_NAME, SqlState::UNDEFINED_TABLE];
        let reason = self.member.lost().filter(|_| codes.contains(&diagnostic.code))?;
        let message = format!("the transaction is aborted: {reason}");
        Some(Diagnostic::error(SqlState::OBJECT_IN_USE, message))
    }

    /// A part of the search path that leads to a database which the session does not see is not there.
    ///
    /// # Errors
    /// 3F000, in DuckDB's words.
    pub(super) fn expect_seen_path(&self) -> Result<(), Diagnostic> {
        let path = self.settings.show("search_path").unwrap_or_default();
        for part in path.split(", ") {
            let name = part.split('.').next().unwrap_or_default().trim_matches('"');
            let is_hidden =
                self.member.workspace().find(name).is_some() && self.member.seen(name) == Seen::No;
            let home = quote_name(self.settings.database());
            let is_schema = || {
                let schema = format!("{home}.{}", quote_name(part));
                !part.contains('.') && self.connection.set_option("search_path", &schema).is_ok()
            };
            if is_hidden && !is_schema() {
                let message = format!("SET search_path: No catalog + schema named \"{part}\" found");
                return Err(Diagnostic::error(SqlState::INVALID_SCHEMA_NAME, message));
            }
        }
        Ok(())
    }

    /// # Errors
    /// 55006 for a transaction that has used a database which is gone: it is rolled back.
    pub(super) fn expect_databases(&mut self, command: &Command) -> Outcome {
        let reason = self.lost.take();
        let ends = match command {
            Command::Transaction(Transaction::Rollback { .. }) => return Ok(()),
            Command::Transaction(Transaction::Commit { .. }) => true,
            Command::Transaction(_)
            | Command::Set(_)
            | Command::Copy(_)
            | Command::Deallocate(_)
            | Command::Prepare(_)
            | Command::Execute(_)
            | Command::Declare(_)
            | Command::Fetch(_)
            | Command::CloseCursor(_)
            | Command::Platform(_)
            | Command::Engine => false,
        };
        match reason {
            Some(reason) if self.transaction.begun => {
                if ends {
                    // A COMMIT ends the block, whatever comes of it.
                    self.forget_portals();
                    self.transaction.clear();
                    self.abandon();
                }
                let message = format!("the transaction is aborted: {reason}");
                Err(Diagnostic::error(SqlState::OBJECT_IN_USE, message).into())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A database of the account's that a statement names and the session does not see: what DuckDB says of it is that
    /// there is no such table.
    pub(super) fn unattached(&self, source: &Source) -> Option<Diagnostic> {
        let qualifiers = source.qualifiers();
        if qualifiers.is_empty() {
            return None;
        }
        if let Some((name, reason)) = self.member.workspace().gone(&qualifiers) {
            let message = format!("database \"{name}\" is not attached: {reason}");
            return Some(Diagnostic::error(SqlState::INVALID_CATALOG_NAME, message));
        }
        let reply = self.member.workspace().ask(PlatformRequest::Overview, &|| false);
        let Ok(PlatformReply::Overview(overview)) = reply else { return None };
        let names = overview.databases.iter().map(|database| &database.name);
        let is_meant =
            |name: &&String| qualifiers.iter().any(|qualifier| qualifier.eq_ignore_ascii_case(name));
        let mut hidden = names.filter(|name| self.member.seen(name) == Seen::No);
        let name = hidden.find(is_meant)?;
        let message = format!("database \"{name}\" is not attached");
        let diagnostic = Diagnostic::error(SqlState::INVALID_CATALOG_NAME, message);
        Some(diagnostic.with_hint(format!("ATTACH 'md:{name}' attaches it.")))
    }

    /// Runs statements of the session's own making as one transaction of DuckDB's.
    pub(super) fn run_silently_as_one(&mut self, statements: &[String]) -> Outcome {
        let run = |sql: &str| self.connection.execute(sql);
        let mut all =
            ["BEGIN TRANSACTION"].into_iter().chain(statements.iter().map(String::as_str)).chain(["COMMIT"]);
        let outcome = all.try_for_each(run);
        outcome.map_err(|error| {
            self.is_broken |= crate::diagnose::is_fatal(&error);
            if !self.is_broken && self.connection.is_in_transaction() {
                // Its own failure would say nothing more.
                let _ = self.connection.execute("ROLLBACK");
            }
            match self.verdicts.take_refusal() {
                Some(rule) => self.refusal(rule).into(),
                None => diagnose(&error).into(),
            }
        })
    }
}

fn no_database(database: &str) -> Diagnostic {
    let message = format!("database \"{database}\" does not exist");
    Diagnostic::fatal(SqlState::INVALID_CATALOG_NAME, message)
}
