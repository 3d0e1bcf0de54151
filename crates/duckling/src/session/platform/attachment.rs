//! USE, ATTACH, DETACH and REFRESH: what a session sees, and where it is.

use std::sync::Arc;

use wire::{
    Diagnostic, SqlState,
    link::{PlatformReply, PlatformRequest},
};

use super::{Answer, database::is_current, unexpected};
use crate::{
    policy::{Names, Seen, rules},
    session::{Outcome, Session, transaction::Block},
    sql::{Attach, Detach, Refresh, Use, command::Scope, quote_name},
};

/// What is there for every session.
const INTERNAL: [&str; 3] = ["system", "temp", "md_information_schema"];

impl Session {
    /// The search path goes with it, and ROLLBACK undoes both.
    pub(super) fn use_place(&mut self, place: &Use) -> Outcome<Answer> {
        let before = self.settings.clone();
        // DuckDB looks whether the schema is there, as a part of the transaction.
        let is_seen = self.member.seen(&place.name) != Seen::No;
        let named = is_seen.then(|| place.name.clone()).into_iter().collect();
        self.member.touch(&named, &[].into())?;
        let moved = self.move_to(place).and_then(|()| self.settings_changed());
        if let Err(failure) = moved {
            self.settings.place_as(&before);
            self.reapply_settings();
            return Err(failure);
        }
        self.member.touch(&[].into(), &[].into())?;
        Ok(Answer::tag("USE"))
    }

    fn move_to(&mut self, place: &Use) -> Outcome {
        let is_seen = self.member.seen(&place.name) != Seen::No;
        if let Some(schema) = &place.schema {
            if !is_seen {
                return Err(self.no_database(&place.name).into());
            }
            self.settings.set_database(&self.name_of(&place.name));
            self.settings.set("search_path", std::slice::from_ref(schema), Scope::Session)?;
            return self.expect_schema(schema);
        }
        let is_schema = !place.is_database && self.has_schema(&place.name)?;
        match (is_seen, is_schema) {
            (true, true) if !self.settings.database().eq_ignore_ascii_case(&place.name) => {
                let message = format!("\"{}\" is both a database and a schema", place.name);
                let hint = format!(
                    "Write USE DATABASE {name}, or USE {current}.{name}.",
                    name = quote_name(&place.name),
                    current = quote_name(self.settings.database())
                );
                Err(Diagnostic::error(SqlState::AMBIGUOUS_ALIAS, message).with_hint(hint).into())
            }
            (true, _) => {
                self.settings.set_database(&self.name_of(&place.name));
                self.settings.reset("search_path")?;
                Ok(())
            }
            (false, true) => {
                let schema = std::slice::from_ref(&place.name);
                Ok(self.settings.set("search_path", schema, Scope::Session)?)
            }
            (false, false) => Err(self.no_database(&place.name).into()),
        }
    }

    /// A database's name as it is written.
    fn name_of(&self, name: &str) -> String {
        self.member.workspace().find(name).map_or_else(|| name.to_owned(), |mount| mount.name)
    }

    fn expect_schema(&mut self, schema: &str) -> Outcome {
        if self.has_schema(schema)? {
            return Ok(());
        }
        let message = format!("schema \"{schema}\" does not exist");
        Err(Diagnostic::error(SqlState::INVALID_SCHEMA_NAME, message).into())
    }

    /// Whether the current database has a schema of this name.
    fn has_schema(&mut self, schema: &str) -> Outcome<bool> {
        self.make_room()?;
        let database = self.settings.database();
        let path = format!("{}.{}", quote_name(database), quote_name(schema));
        let found = self.connection.set_option("search_path", &path).is_ok();
        // Whatever it is now, it is told again.
        self.settings.forget_applied("search_path");
        Ok(found)
    }

    pub(super) fn attach(&mut self, attach: &Attach) -> Outcome<Answer> {
        let answer = Answer::tag("ATTACH");
        if attach.read_only && !attach.is_share() {
            // A share is read-only in any case.
            let message = "a database of one's own is attached for reading and writing";
            let hint = "SET default_transaction_read_only = on, or connect with a read_scaling token.";
            return Err(Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message).with_hint(hint).into());
        }
        let target = attach.alias.as_deref().or_else(|| plain_name(&attach.url));
        if let Some(name) = target
            && self.member.seen(name) != Seen::No
        {
            let is_same = attach.alias.is_none();
            if attach.if_not_exists || is_same {
                return Ok(answer.with_notice(format!("database \"{name}\" is attached already, skipping")));
            }
            let message = format!("database \"{name}\" already exists");
            let hint = "Choose another name with AS, or ATTACH IF NOT EXISTS.";
            return Err(Diagnostic::error(SqlState::DUPLICATE_DATABASE, message).with_hint(hint).into());
        }
        let persist = self.persists();
        let url = canonical(&attach.url);
        let request = PlatformRequest::Attach { url, alias: attach.alias.clone(), persist };
        let reply = self.ask(request)?;
        let PlatformReply::Database { mount, .. } = reply else {
            return Err(unexpected(&reply).into());
        };
        if self.member.workspace().has_another(&mount) {
            if persist {
                self.ask_surely(PlatformRequest::Detach { name: mount.name.clone() })?;
            }
            let message = format!("database \"{}\" already exists", mount.name);
            let hint =
                "Another session has attached something else under this name: choose another one with AS.";
            return Err(Diagnostic::error(SqlState::DUPLICATE_DATABASE, message).with_hint(hint).into());
        }
        if let Err(failure) = self.appear(&mount) {
            if persist {
                // As if it had never been asked for.
                self.ask_surely(PlatformRequest::Detach { name: mount.name })?;
            }
            return Err(failure);
        }
        Ok(answer)
    }

    pub(super) fn detach(&mut self, detach: &Detach) -> Outcome<Answer> {
        let (name, answer) = (&detach.name, Answer::tag("DETACH"));
        if INTERNAL.iter().any(|internal| internal.eq_ignore_ascii_case(name)) {
            return Err(Diagnostic::from(&rules::DETACH).into());
        }
        let is_saved = self.settings.saved_database().is_some_and(|saved| saved.eq_ignore_ascii_case(name));
        if is_saved || self.settings.database().eq_ignore_ascii_case(name) {
            return Err(is_current("detach", name).into());
        }
        let seen = self.member.seen(name);
        if seen == Seen::No {
            if detach.if_exists {
                return Ok(answer.with_notice(format!("database \"{name}\" is not attached, skipping")));
            }
            return Err(self.no_database(name).into());
        }
        let Some(written) = self.member.workspace().written(name) else {
            return Err(Diagnostic::from(&rules::DETACH).into());
        };
        if self.transaction.block == Block::Implicit {
            self.end_implicit()?;
            self.member.settle();
        }
        if self.member.has_touched(name) {
            let message = format!("the transaction has used database \"{name}\"");
            return Err(Diagnostic::error(SqlState::OBJECT_IN_USE, message)
                .with_hint("End the transaction first.")
                .into());
        }
        if self.persists() {
            self.detach_from_workspace(&written, seen)?;
        } else if self.member.hide(&written) {
            self.member.workspace().detach(&written)?;
        }
        Ok(answer)
    }

    fn detach_from_workspace(&mut self, name: &str, seen: Seen) -> Outcome {
        let member = Arc::clone(&self.member);
        let hint = "End these sessions, or have them USE another database.";
        let change = member.begin_change(name, hint)?;
        // Remote files are not in the store.
        if seen != Seen::Remote {
            self.ask(PlatformRequest::Detach { name: name.to_owned() })?;
        }
        member.workspace().leave_workspace(name)?;
        drop(change);
        Ok(())
    }

    /// What has been published is attached as soon as it comes: here it is waited for.
    pub(super) fn refresh_databases(&mut self, refresh: &Refresh) -> Outcome<Answer> {
        if let Some(name) = &refresh.name
            && self.member.seen(name) == Seen::No
        {
            return Err(self.no_database(name).into());
        }
        let activity = self.activity.clone();
        self.member.workspace().refresh(&move || activity.stopping())?;
        Ok(Answer::tag("REFRESH DATABASE"))
    }
}

/// An address with its fixed parts in small letters.
fn canonical(url: &str) -> String {
    let rest = url.get(3..).unwrap_or_default();
    match rest.get(..7) {
        Some(share) if share.eq_ignore_ascii_case("_share/") => {
            format!("md:_share/{}", rest.get(7..).unwrap_or_default())
        }
        Some(_) | None => format!("md:{rest}"),
    }
}

/// The name in `md:NAME`.
fn plain_name(url: &str) -> Option<&str> {
    url.get(3..).filter(|name| !name.contains('/'))
}
