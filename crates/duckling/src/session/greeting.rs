//! How a session begins: settings from the start-up packet, the database, and what the client hears first
//! (protocol page "Start-up").

use engine::{Error, Look};
use wire::{
    Diagnostic, SqlState, backend,
    link::{Greeting, SessionStart},
};

use super::{Outcome, Session};
use crate::{diagnose::diagnose, out::Out, sql::quote_name};

impl Session {
    pub(super) fn greet(&mut self, start: &SessionStart, out: &mut Out) -> Outcome {
        let mut notices = start.notices.clone();
        self.note = Some(self.limits.notes.entry(start.session.0));
        self.limit(start.limits).map_err(fatal)?;
        self.settings.force("attach_mode", if start.single { "single" } else { "workspace" });
        self.settings.force("session_authorization", &start.user);
        let settings = start.settings.iter().filter(|(name, _)| name != "attach_mode");
        for (name, value) in settings {
            notices.extend(self.startup_setting(name, value)?);
        }
        self.enter(start).map_err(fatal)?;
        self.apply_settings().map_err(|error| fatal(diagnose(&error)))?;
        if let Some(number) = start.backend_key.first_chunk() {
            self.teller.set_backend(i32::from_be_bytes(*number));
        }
        if start.greeting == Greeting::None {
            self.settings.take_reports();
            return Ok(out.resumed()?);
        }
        for (name, value) in self.settings.take_reports() {
            backend::parameter_status(out.buffer(), name, &value);
        }
        backend::message(out.buffer(), b'K', |body| body.extend_from_slice(&start.backend_key));
        for notice in &notices {
            out.diagnostic(notice);
        }
        self.say_ready(out)
    }

    /// Takes one setting of the start-up packet: a wrong value ends the session, an unknown or refused name
    /// only earns a notice.
    fn startup_setting(&mut self, name: &str, value: &str) -> Outcome<Option<Diagnostic>> {
        match self.settings.set_startup(name, value) {
            Ok(()) => Ok(None),
            Err(error) if error.code == SqlState::INVALID_PARAMETER_VALUE => Err(fatal(error)),
            Err(error) => {
                let known = self.limits.engine_settings.contains(&name.to_ascii_lowercase());
                let why = if known { "cannot be set by a session" } else { "is not known" };
                let message = format!("startup option \"{name}\" {why} and is ignored");
                Ok(Some(Diagnostic::notice(error.code, message)))
            }
        }
    }

    /// Tells DuckDB of the settings that it has to know, and of the current database, which it knows as a part of the
    /// search path.
    pub(super) fn apply_settings(&mut self) -> Result<(), Error> {
        self.teller.renew(&self.settings);
        let said = |name: &str| self.settings.show(name).unwrap_or_default();
        self.member.describe(said("application_name"), said("session_name"));
        let is_moved = self.settings.database() != self.place;
        let mut has_path = is_moved;
        for (name, value) in self.settings.take_engine_changes() {
            if name == "search_path" {
                has_path = true;
                continue;
            }
            self.connection.set_option(name, &value)?;
            self.epoch += 1;
        }
        if has_path {
            self.apply_path().inspect_err(|_| self.settings.forget_applied("search_path"))?;
            self.epoch += 1;
            self.settings.database().clone_into(&mut self.place);
        }
        let back = self.settings.saved_database();
        if has_path || back != self.back.as_deref() {
            self.member.go(&self.place, back);
            self.back = back.map(str::to_owned);
        }
        Ok(())
    }

    /// A schema without its database is one of the current database's first.
    fn apply_path(&mut self) -> Result<(), Error> {
        let path = self.settings.show("search_path").unwrap_or_default();
        let qualified = self.engine_path(path, true);
        let plain = self.engine_path(path, false);
        self.connection.set_option("search_path", &qualified).or_else(|error| {
            if plain == qualified { Err(error) } else { self.connection.set_option("search_path", &plain) }
        })
    }

    /// The search path as DuckDB takes it: `public` is a name for `main`, and `"$user"` for nothing here.
    fn engine_path(&self, path: &str, qualified: bool) -> String {
        let home = quote_name(self.settings.database());
        let parts =
            path.split(", ").filter(|part| !matches!(*part, "" | "$user" | "\"$user\"" | "pg_catalog"));
        let has_public = || !self.connection.look(Look::Schema, &["public".to_owned()]).is_empty();
        let parts: Vec<String> = parts
            .map(|part| match part {
                "public" if has_public() => format!("{home}.public"),
                "public" | "main" => format!("{home}.main"),
                // A part with a dot names its database too.
                dotted if dotted.contains('.') => dotted.to_owned(),
                schema if qualified => format!("{home}.{}", quote_name(schema)),
                schema => quote_name(schema),
            })
            .collect();
        if parts.is_empty() { format!("{home}.main") } else { parts.join(",") }
    }
}

fn fatal(mut diagnostic: Diagnostic) -> super::Failure {
    diagnostic.severity = wire::Severity::Fatal;
    diagnostic.into()
}
