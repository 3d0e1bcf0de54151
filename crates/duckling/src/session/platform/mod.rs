//! The platform's statements, carried out: databases, attachments, shares, snapshots, tokens.
//!
//! One file each for what belongs together, with the verbs of the grammar (`sql::platform`). What outlives the session is
//! asked of the gateway; what the engine has attached is the workspace's business. Those that create, drop, rename or copy
//! a database stand alone: in a string of several statements they commit what went before, in a block they are refused.

mod database;
mod attachment;
mod share;
mod snapshot;
mod token;
mod secret;

use engine::{Column, LogicalType};
use wire::{
    Diagnostic, SqlState, backend,
    frontend::Format,
    link::{PlatformReply, PlatformRequest},
};

use super::{Outcome, Session, prepared::describe_rows, transaction::Block};
use crate::{
    out::Out,
    platform::Turn,
    policy::{Names, Seen, rules},
    sql::PlatformStatement,
};

/// What a statement answers: its tag, and the values of its only row.
struct Answer {
    tag: &'static str,
    row: Option<Vec<String>>,
    notice: Option<Diagnostic>,
}

impl Answer {
    fn tag(tag: &'static str) -> Self {
        Self { tag, row: None, notice: None }
    }

    fn with_notice(mut self, message: String) -> Self {
        self.notice = Some(Diagnostic::notice(SqlState::SUCCESSFUL_COMPLETION, message));
        self
    }
}

impl Session {
    /// Carries one of the platform's statements out. In a Query its columns are described too.
    pub(in crate::session) fn platform(
        &mut self,
        statement: &PlatformStatement,
        in_query: bool,
        out: &mut Out,
    ) -> Outcome {
        self.expect_allowed(statement)?;
        if statement.stands_alone() {
            self.stand_alone(statement)?;
        }
        self.make_room()?;
        self.activity.begin(self.statement_timeout());
        let outcome = self.carry_out_in_turn(statement);
        let answer = self.end_activity(outcome)?;
        if let Some(notice) = &answer.notice {
            out.diagnostic(notice);
        }
        if let Some(row) = &answer.row {
            let columns = columns(statement);
            if in_query {
                describe_rows(&columns, &[], &vec![Format::Text; columns.len()], out.buffer());
            }
            let values: Vec<&str> = row.iter().map(String::as_str).collect();
            backend::text_row(out.buffer(), &values);
        }
        self.say_complete(answer.tag, out);
        Ok(out.flush_if_full()?)
    }

    /// Those that change what names mean one at a time.
    fn carry_out_in_turn(&mut self, statement: &PlatformStatement) -> Outcome<Answer> {
        let changes_names = if let PlatformStatement::CopyDatabase(copy) = statement {
            copy.overwrite
        } else {
            let attaches = matches!(statement, PlatformStatement::Attach(_) | PlatformStatement::Detach(_));
            attaches || statement.stands_alone()
        };
        let member = std::sync::Arc::clone(&self.member);
        let activity = self.activity.clone();
        let is_stopped = move || activity.stopping();
        let turn = if changes_names {
            member.workspace().expect_gone(&is_stopped)?;
            Some(member.workspace().turn_for(&statement.names(), &is_stopped)?)
        } else {
            None
        };
        self.carry_out(statement, turn)
    }

    /// What copies gives the turn back before; what else changes names has it until it is done.
    fn carry_out(&mut self, statement: &PlatformStatement, turn: Option<Turn<'_>>) -> Outcome<Answer> {
        match statement {
            PlatformStatement::CreateDatabase(create) => self.create_database(create, turn),
            PlatformStatement::DropDatabase(drop) => self.drop_database(drop),
            PlatformStatement::UndropDatabase(name) => self.undrop_database(name),
            PlatformStatement::RenameDatabase(from, to) => self.rename_database(from, to),
            PlatformStatement::CopyDatabase(copy) => self.copy_database(copy, turn),
            PlatformStatement::Use(place) => self.use_place(place),
            PlatformStatement::Attach(attach) => self.attach(attach),
            PlatformStatement::Detach(detach) => self.detach(detach),
            PlatformStatement::Refresh(refresh) => self.refresh_databases(refresh),
            PlatformStatement::CreateShare(create) => self.create_share(create),
            PlatformStatement::DropShare { name, if_exists } => self.drop_share(name, *if_exists),
            PlatformStatement::UpdateShare(name) => self.update_share(name),
            PlatformStatement::Grant(grant) => self.grant_on_share(grant),
            PlatformStatement::CreateSnapshot(create) => self.create_snapshot(create),
            PlatformStatement::CreateToken(create) => self.create_token(create),
            PlatformStatement::DropToken { name, if_exists } => self.drop_token(name, *if_exists),
            PlatformStatement::CreateSecret(create) => self.create_secret(create),
            PlatformStatement::DropSecret { name, if_exists } => self.drop_secret(name, *if_exists),
            PlatformStatement::Shutdown { terminate } => {
                self.member.workspace().set_patient(!terminate);
                self.ask(PlatformRequest::ShutDown { terminate: *terminate })?;
                Ok(Answer::tag("SHUTDOWN"))
            }
            PlatformStatement::Unavailable => Err(Diagnostic::from(&rules::PLATFORM).into()),
            // Queries by now: see `PlatformStatement::query`.
            PlatformStatement::ShowAllDatabases
            | PlatformStatement::ListShares
            | PlatformStatement::DescribeShare(_)
            | PlatformStatement::ShowTokens => Err(Diagnostic::from(&rules::OPERATOR).into()),
        }
    }

    /// # Errors
    /// 25006 for what a session that only reads must not do.
    fn expect_allowed(&self, statement: &PlatformStatement) -> Outcome {
        if matches!(statement, PlatformStatement::Use(_) | PlatformStatement::Refresh(_)) {
            return Ok(());
        }
        if self.limits.is_reader {
            let message = "this statement is not available with a read_scaling token";
            let diagnostic = Diagnostic::error(SqlState::READ_ONLY_SQL_TRANSACTION, message);
            return Err(diagnostic.with_hint("Connect with a read_write token.").into());
        }
        let in_block = self.transaction.is_block();
        let read_only = if in_block { "transaction_read_only" } else { "default_transaction_read_only" };
        let is_local = matches!(statement, PlatformStatement::Attach(_) | PlatformStatement::Detach(_));
        if !is_local && self.settings.is_on(read_only) {
            return Err(Diagnostic::from(&rules::READ_ONLY).into());
        }
        Ok(())
    }

    /// Commits what went before in the same string.
    ///
    /// # Errors
    /// 25001 in a block that BEGIN has opened.
    fn stand_alone(&mut self, statement: &PlatformStatement) -> Outcome {
        if self.transaction.block == Block::Explicit {
            let message = format!("{} cannot run inside a transaction block", statement.tag());
            return Err(Diagnostic::error(SqlState::ACTIVE_SQL_TRANSACTION, message).into());
        }
        self.end_implicit()?;
        self.member.settle();
        Ok(())
    }

    /// Asks the gateway.
    fn ask(&self, request: PlatformRequest) -> Outcome<PlatformReply> {
        let activity = self.activity.clone();
        let answered = self.member.workspace().ask(request, &move || activity.stopping());
        answered.map_err(Into::into)
    }

    /// The same for what must not be left half done.
    fn ask_surely(&self, request: PlatformRequest) -> Outcome<PlatformReply> {
        Ok(self.member.workspace().ask(request, &|| false)?)
    }

    /// Asks the gateway for something that it takes from a database's file, which stays as it is meanwhile. `own` is a
    /// name that the statement has reserved.
    fn ask_holding(
        &mut self,
        database: &str,
        own: Option<&str>,
        request: PlatformRequest,
    ) -> Outcome<PlatformReply> {
        if self.transaction.block == Block::Implicit {
            // What went before in the same string.
            self.end_implicit()?;
            self.member.settle();
        }
        if self.member.has_written(database) {
            let message = format!("the transaction has written to database \"{database}\"");
            let diagnostic = Diagnostic::error(SqlState::ACTIVE_SQL_TRANSACTION, message);
            return Err(diagnostic.with_hint("Commit it first: a copy has what is committed.").into());
        }
        let activity = self.activity.clone();
        let is_stopped = move || activity.stopping();
        let member = std::sync::Arc::clone(&self.member);
        let copying = member.workspace().begin_copy(database, own, &is_stopped)?;
        let hold = member.workspace().hold(database, &is_stopped)?;
        let answer = self.ask(request);
        drop((hold, copying));
        answer
    }

    /// What is to be said of a database that the session does not see.
    fn no_database(&self, name: &str) -> Diagnostic {
        self.member.workspace().missing(name)
    }

    /// A database of the account's own that the session sees, as it is written.
    ///
    /// # Errors
    /// 3D000 when there is none of this name, 25006 when it is a share.
    fn own_database(&self, name: &str) -> Outcome<String> {
        let found = self.member.workspace().find(name);
        match (self.member.seen(name), found) {
            (Seen::Own, Some(mount)) => Ok(mount.name),
            (Seen::Shared | Seen::Remote, _) => {
                let message = format!("database \"{name}\" is not one of the account's own");
                Err(Diagnostic::error(SqlState::READ_ONLY_SQL_TRANSACTION, message).into())
            }
            (Seen::Own | Seen::No, _) => Err(self.no_database(name).into()),
        }
    }
}

/// Whether what was to be changed was there.
fn is_done(reply: &PlatformReply) -> Result<bool, Diagnostic> {
    match reply {
        PlatformReply::Done => Ok(true),
        PlatformReply::Missing => Ok(false),
        PlatformReply::Database { .. }
        | PlatformReply::Share { .. }
        | PlatformReply::Snapshot { .. }
        | PlatformReply::Token { .. }
        | PlatformReply::Tokens { .. }
        | PlatformReply::Overview(_)
        | PlatformReply::History(_) => Err(unexpected(reply)),
    }
}

/// An answer of the gateway's that does not belong to the question.
fn unexpected(reply: &PlatformReply) -> Diagnostic {
    tracing::error!(?reply, "unexpected answer of the gateway");
    Diagnostic::error(SqlState::INTERNAL_ERROR, "the server's answer makes no sense")
}

/// The columns that a statement answers with; none when it returns no rows.
pub(in crate::session) fn columns(statement: &PlatformStatement) -> Vec<Column> {
    let name = match statement {
        PlatformStatement::CreateShare(_) => "share_url",
        PlatformStatement::CreateToken(_) => "token",
        PlatformStatement::CreateDatabase(_)
        | PlatformStatement::DropDatabase(_)
        | PlatformStatement::UndropDatabase(_)
        | PlatformStatement::RenameDatabase(..)
        | PlatformStatement::CopyDatabase(_)
        | PlatformStatement::ShowAllDatabases
        | PlatformStatement::Use(_)
        | PlatformStatement::Attach(_)
        | PlatformStatement::Detach(_)
        | PlatformStatement::Refresh(_)
        | PlatformStatement::DropShare { .. }
        | PlatformStatement::UpdateShare(_)
        | PlatformStatement::ListShares
        | PlatformStatement::DescribeShare(_)
        | PlatformStatement::Grant(_)
        | PlatformStatement::CreateSnapshot(_)
        | PlatformStatement::ShowTokens
        | PlatformStatement::DropToken { .. }
        | PlatformStatement::CreateSecret(_)
        | PlatformStatement::DropSecret { .. }
        | PlatformStatement::Shutdown { .. }
        | PlatformStatement::Unavailable => return Vec::new(),
    };
    vec![Column { name: name.to_owned(), logical_type: LogicalType::Varchar }]
}
