//! CREATE, DROP, UNDROP, ALTER and COPY FROM DATABASE.

use std::sync::Arc;

use wire::{
    Diagnostic, SqlState,
    link::{Mount, PlatformReply, PlatformRequest, platform},
};

use super::{Answer, is_done, unexpected};
use crate::{
    platform::Turn,
    policy::{Names, Seen, rules},
    session::{Outcome, Session},
    sql::{CopyDatabase, CopyPart, CreateDatabase, DatabaseSource, DropDatabase, quote_name},
};

/// What is in the way of taking a database away from others.
const IN_THE_WAY: &str = "End these sessions, or have them USE another database, or add CASCADE.";

impl Session {
    /// Whether new names belong to the workspace, not to this session alone.
    pub(super) fn persists(&self) -> bool {
        !self.member.is_single()
    }

    pub(super) fn create_database(
        &mut self,
        create: &CreateDatabase,
        turn: Option<Turn<'_>>,
    ) -> Outcome<Answer> {
        let name = &create.name;
        if create.if_not_exists && self.member.seen(name) != Seen::No {
            let written = self.member.workspace().find(name).map_or_else(|| name.clone(), |mount| mount.name);
            let message = format!("database \"{written}\" already exists, skipping");
            return Ok(Answer::tag("CREATE DATABASE").with_notice(message));
        }
        if !create.or_replace {
            self.expect_free(name)?;
        }
        let (source, held) = self.source_of(create.source.as_ref())?;
        let request = PlatformRequest::CreateDatabase {
            name: name.clone(),
            or_replace: create.or_replace,
            if_not_exists: create.if_not_exists,
            source,
            persist: self.persists(),
        };
        let member = Arc::clone(&self.member);
        let hint = "End these sessions, or have them USE another database.";
        let change = if create.or_replace {
            let change = member.begin_change(name, hint)?;
            let activity = self.activity.clone();
            member.workspace().expect_unmet(name, &move || activity.stopping())?;
            change
        } else {
            member.workspace().reserve(name).map_err(|in_use| in_use.diagnostic(hint))?
        };
        // The name is reserved: others need not wait for the copy.
        drop(turn);
        let reply = match held {
            Some(database) => self.ask_holding(&database, Some(name), request)?,
            None => self.ask(request)?,
        };
        let PlatformReply::Database { mount, is_new } = reply else {
            return Err(unexpected(&reply).into());
        };
        if !is_new {
            let message = format!("database \"{}\" already exists, skipping", mount.name);
            return Ok(Answer::tag("CREATE DATABASE").with_notice(message));
        }
        let reason = format!("database \"{name}\" was replaced by another session");
        let in_workspace = self.persists();
        if let Err(error) = member.workspace().carry_through(&mount, in_workspace, &reason) {
            if !create.or_replace {
                // As if it had never been asked for.
                self.ask_surely(PlatformRequest::DropDatabase { name: mount.name, cascade: false })?;
            }
            return Err(error.into());
        }
        if !in_workspace {
            member.show(&mount.name);
        }
        drop(change);
        self.settle_place();
        Ok(Answer::tag("CREATE DATABASE"))
    }

    /// # Errors
    /// When a name cannot be that of another database now.
    fn expect_free(&self, name: &str) -> Outcome {
        let activity = self.activity.clone();
        Ok(self.member.workspace().expect_free(name, &move || activity.stopping())?)
    }

    /// Attaches a database that the gateway has given, for whoever is to see it.
    pub(super) fn appear(&mut self, mount: &Mount) -> Outcome {
        let (in_workspace, activity) = (self.persists(), self.activity.clone());
        self.member.workspace().attach(mount, in_workspace, &move || activity.stopping())?;
        if !in_workspace {
            self.member.show(&mount.name);
        }
        Ok(())
    }

    /// What a database is to be made of, and the database whose file must stay as it is for that.
    fn source_of(
        &self,
        source: Option<&DatabaseSource>,
    ) -> Outcome<(Option<platform::DatabaseSource>, Option<String>)> {
        let name = match source {
            None => return Ok((None, None)),
            Some(DatabaseSource::Snapshot(name)) => {
                return Ok((Some(platform::DatabaseSource::Snapshot(name.clone())), None));
            }
            Some(DatabaseSource::Url(url)) => {
                let is_ours = url.get(..3).is_some_and(|scheme| scheme.eq_ignore_ascii_case("md:"));
                if !is_ours {
                    return Err(Diagnostic::from(&rules::CREATE_DATABASE_FROM_FILE).into());
                }
                match url.get(3..) {
                    Some(name) if !name.starts_with("_share/") => name.to_owned(),
                    _ => return Ok((Some(platform::DatabaseSource::Share(url.clone())), None)),
                }
            }
            Some(DatabaseSource::Current) => self.settings.database().to_owned(),
            Some(DatabaseSource::Database(name)) => name.clone(),
        };
        match self.member.seen(&name) {
            Seen::Own => {
                let name = self.own_database(&name)?;
                Ok((Some(platform::DatabaseSource::Own(name.clone())), Some(name)))
            }
            Seen::Shared => Ok((Some(platform::DatabaseSource::Share(name)), None)),
            Seen::Remote => {
                let message = format!("database \"{name}\" is a remote file");
                let diagnostic = Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message);
                let hint = "Create an empty database and use COPY FROM DATABASE.";
                Err(diagnostic.with_hint(hint).into())
            }
            Seen::No => Err(self.no_database(&name).into()),
        }
    }

    pub(super) fn drop_database(&mut self, drop: &DropDatabase) -> Outcome<Answer> {
        let name = &drop.name;
        let answer = Answer::tag("DROP DATABASE");
        if self.settings.database().eq_ignore_ascii_case(name) {
            return Err(is_current("drop", name).into());
        }
        let member = Arc::clone(&self.member);
        let reason = format!("database \"{name}\" was dropped by another session");
        let change = if drop.cascade {
            member.workspace().reserve(name).map_err(|in_use| in_use.diagnostic(IN_THE_WAY))?
        } else {
            member.begin_change(name, IN_THE_WAY)?
        };
        let request = PlatformRequest::DropDatabase { name: name.clone(), cascade: drop.cascade };
        if !is_done(&self.ask(request)?)? {
            if drop.if_exists {
                return Ok(answer.with_notice(format!("database \"{name}\" does not exist, skipping")));
            }
            return Err(self.no_database(name).into());
        }
        // Only now, when it is certain that it goes, is it taken away from others.
        member.take_away(name, &reason);
        member.workspace().detach(name)?;
        member.workspace().learn_shares();
        std::mem::drop(change);
        Ok(answer)
    }

    pub(super) fn undrop_database(&mut self, name: &str) -> Outcome<Answer> {
        self.expect_free(name)?;
        let activity = self.activity.clone();
        self.member.workspace().expect_closed(name, &move || activity.stopping())?;
        let request = PlatformRequest::UndropDatabase { name: name.to_owned(), persist: self.persists() };
        let reply = self.ask(request)?;
        let PlatformReply::Database { mount, .. } = reply else {
            return Err(unexpected(&reply).into());
        };
        if let Err(failure) = self.appear(&mount) {
            // As if it had never been asked for.
            self.ask_surely(PlatformRequest::DropDatabase { name: mount.name, cascade: false })?;
            return Err(failure);
        }
        Ok(Answer::tag("UNDROP DATABASE"))
    }

    pub(super) fn rename_database(&mut self, from: &str, to: &str) -> Outcome<Answer> {
        let from = self.own_database(from)?;
        let member = Arc::clone(&self.member);
        if !from.eq_ignore_ascii_case(to) {
            self.expect_free(to)?;
        }
        let hint = "End these sessions, or have them USE another database.";
        let change = member.begin_change(&from, hint)?;
        let request = PlatformRequest::RenameDatabase { from: from.clone(), to: to.to_owned() };
        let PlatformReply::Database { mount, .. } = self.ask(request)? else {
            return Err(self.no_database(&from).into());
        };
        if let Err(error) = member.workspace().rename(&from, &mount.name) {
            // As if it had never been asked for.
            self.ask_surely(PlatformRequest::RenameDatabase { from: mount.name, to: from })?;
            return Err(error.into());
        }
        self.settings.rename_database(&from, &mount.name);
        drop(change);
        self.settle_place();
        Ok(Answer::tag("ALTER DATABASE"))
    }

    /// Between databases that are both there DuckDB copies, in one transaction; (OVERWRITE) is a copy of the file.
    pub(super) fn copy_database(&mut self, copy: &CopyDatabase, turn: Option<Turn<'_>>) -> Outcome<Answer> {
        if copy.overwrite {
            let create = CreateDatabase {
                name: copy.to.clone(),
                or_replace: true,
                if_not_exists: false,
                source: Some(DatabaseSource::Database(copy.from.clone())),
            };
            self.create_database(&create, turn)?;
            return Ok(Answer::tag("COPY FROM DATABASE"));
        }
        if self.member.seen(&copy.from) == Seen::No {
            return Err(self.no_database(&copy.from).into());
        }
        let to = self.own_database(&copy.to)?;
        let parts: &[&str] = match copy.part {
            None => &["SCHEMA", "DATA"],
            Some(CopyPart::Schema) => &["SCHEMA"],
            Some(CopyPart::Data) => &["DATA"],
        };
        if copy.part != Some(CopyPart::Data) && self.member.workspace().has_types_in_schemas(&copy.from) {
            return Err(self.refusal(&rules::TYPE_IN_NEW_SCHEMA).into());
        }
        let databases = ([copy.from.clone()].into(), [to.clone()].into());
        self.member.touch(&databases.0, &databases.1)?;
        let (from, to) = (quote_name(&copy.from), quote_name(&to));
        let statements = parts.iter().map(|part| format!("COPY FROM DATABASE {from} TO {to} ({part})"));
        self.verdicts.set_copying_database(true);
        let copied = self.run_silently_as_one(&statements.collect::<Vec<_>>());
        self.verdicts.set_copying_database(false);
        self.member.settle();
        copied?;
        Ok(Answer::tag("COPY FROM DATABASE"))
    }
}

/// 55006, as PostgreSQL words it.
pub(super) fn is_current(verb: &str, name: &str) -> Diagnostic {
    let message = format!("cannot {verb} the currently open database \"{name}\"");
    Diagnostic::error(SqlState::OBJECT_IN_USE, message).with_hint("USE another database first.")
}
