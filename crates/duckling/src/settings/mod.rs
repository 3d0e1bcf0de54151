//! A session's settings: what SET, SHOW, RESET and the start-up packet are about.
//!
//! The values live here and nowhere else; DuckDB is told of those that it has to know (through the
//! connection, never by SQL). As in PostgreSQL, SET is undone by ROLLBACK, SET LOCAL ends with the
//! transaction, and RESET returns to what the start-up packet said.

mod definition;
mod list;
mod value;

use std::collections::BTreeMap;

use wire::{Diagnostic, SqlState};

pub(crate) use definition::{DEFINITIONS, Definition, Form};
pub(crate) use list::list;

use crate::{decode::Zone, sql::command::Scope};

type Values = BTreeMap<&'static str, String>;

/// The one setting that a server may limit.
const STATEMENT_TIMEOUT: &str = "statement_timeout";

/// The settings of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// From the start-up packet; what RESET returns to.
    startup: Values,
    /// From SET.
    session: Values,
    /// From SET LOCAL.
    local: Values,
    /// The database that USE has chosen, and the one that the session began in.
    database: String,
    start_database: String,
    /// `session` and `database` as they were when the transaction began.
    saved: Option<(Values, String)>,
    /// Settings with a dot in their name, which belong to nobody and are kept as text.
    custom: BTreeMap<String, String>,
    /// What the client has been told by ParameterStatus.
    reported: Values,
    /// What DuckDB has been told.
    applied: Values,
    /// Raised by every change.
    revision: u64,
    /// The most that `statement_timeout` may be, in milliseconds; 0 is no limit.
    statement_timeout_max_ms: u64,
}

/// Settings as they were at some moment of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    database: String,
    session: Values,
    local: Values,
}

impl Settings {
    /// The settings at this moment of the transaction.
    #[must_use]
    pub(crate) fn mark(&self) -> Mark {
        Mark { database: self.database.clone(), session: self.session.clone(), local: self.local.clone() }
    }

    /// Back to a moment of the same transaction.
    pub(crate) fn return_to(&mut self, mark: &Mark) {
        self.revision += 1;
        self.database.clone_from(&mark.database);
        self.session.clone_from(&mark.session);
        self.local.clone_from(&mark.local);
    }

    /// Raised by every change.
    #[must_use]
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The current database.
    #[must_use]
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// The session begins in this database.
    pub(crate) fn start_in(&mut self, database: &str) {
        database.clone_into(&mut self.database);
        database.clone_into(&mut self.start_database);
    }

    /// Back to the database that the session began in.
    pub(crate) fn return_to_start(&mut self) {
        self.database.clone_from(&self.start_database);
    }

    /// USE of a database.
    pub(crate) fn set_database(&mut self, database: &str) {
        database.clone_into(&mut self.database);
    }

    /// The search path is the default one, whatever was set.
    pub(crate) fn forget_path(&mut self) {
        self.revision += 1;
        let saved = self.saved.as_mut().map(|(values, _)| values);
        for values in [&mut self.session, &mut self.local, &mut self.startup].into_iter().chain(saved) {
            values.remove("search_path");
        }
        self.forget_applied("search_path");
    }

    /// The database that the session began in, and returns to.
    #[must_use]
    pub(crate) fn start_database(&self) -> &str {
        &self.start_database
    }

    /// The database that the session began in is gone.
    pub(crate) fn start_elsewhere(&mut self, database: &str) {
        database.clone_into(&mut self.start_database);
    }

    /// The current database is gone, and this one takes its place, whatever is rolled back.
    pub(crate) fn leave_database(&mut self, database: &str) {
        let gone = std::mem::replace(&mut self.database, database.to_owned());
        self.forget_path();
        if self.start_database == gone {
            database.clone_into(&mut self.start_database);
        }
        if let Some((_, saved)) = &mut self.saved
            && *saved == gone
        {
            database.clone_into(saved);
        }
    }

    /// Where a ROLLBACK leads back to, if not to where the session is.
    #[must_use]
    pub(crate) fn saved_database(&self) -> Option<&str> {
        let (_, saved) = self.saved.as_ref()?;
        Some(saved.as_str()).filter(|saved| !saved.eq_ignore_ascii_case(&self.database))
    }

    /// A ROLLBACK leads back to this one.
    pub(crate) fn return_elsewhere(&mut self, database: &str) {
        if let Some((_, saved)) = &mut self.saved {
            database.clone_into(saved);
        }
    }

    /// A database has another name now.
    pub(crate) fn rename_database(&mut self, from: &str, to: &str) {
        let saved = self.saved.as_mut().map(|(_, database)| database);
        for place in [&mut self.database, &mut self.start_database].into_iter().chain(saved) {
            if place.eq_ignore_ascii_case(from) {
                to.clone_into(place);
            }
        }
        self.forget_applied("search_path");
    }

    /// The current database and the search path as in these settings.
    pub(crate) fn place_as(&mut self, other: &Self) {
        self.revision += 1;
        self.database.clone_from(&other.database);
        self.session.clone_from(&other.session);
        self.local.clone_from(&other.local);
        self.forget_applied("search_path");
    }

    /// DuckDB is told of a setting again, whatever it knows.
    pub(crate) fn forget_applied(&mut self, name: &'static str) {
        self.applied.insert(name, String::new());
    }

    /// The current value of a setting, as SHOW gives it; nothing when it is not one of these.
    #[must_use]
    pub(crate) fn show(&self, name: &str) -> Option<&str> {
        if let Some(custom) = self.custom.get(name) {
            return Some(custom);
        }
        Some(self.value(definition::find(name)?))
    }

    fn value<'v>(&'v self, definition: &'v Definition) -> &'v str {
        let layers = [&self.local, &self.session, &self.startup];
        layers
            .into_iter()
            .find_map(|layer| layer.get(definition.name))
            .map_or(definition.default, String::as_str)
    }

    /// Takes a value from the start-up packet.
    ///
    /// # Errors
    /// 22023 for a bad value, 42704 for an unknown name, 55P02 for one that cannot be set.
    pub(crate) fn set_startup(&mut self, name: &str, value: &str) -> Result<(), Diagnostic> {
        self.revision += 1;
        let (definition, value) = self.checked(name, &[value.to_owned()])?;
        let value = self.capped(name, value);
        if let Some(definition) = definition {
            self.startup.insert(definition.name, value);
        } else {
            self.custom.insert(name.to_owned(), value);
        }
        Ok(())
    }

    /// SET name = values; no values: back to the default.
    ///
    /// # Errors
    /// As [`Settings::set_startup`].
    pub(crate) fn set(&mut self, name: &str, values: &[String], scope: Scope) -> Result<(), Diagnostic> {
        self.revision += 1;
        if values.is_empty() {
            return self.reset(name);
        }
        let (definition, value) = self.checked(name, values)?;
        let value = self.capped(name, value);
        let Some(definition) = definition else {
            self.custom.insert(name.to_owned(), value);
            return Ok(());
        };
        match scope {
            Scope::Local => {
                // Outside a transaction block it has no effect; the caller warns.
                if self.saved.is_some() {
                    self.local.insert(definition.name, value);
                }
            }
            Scope::Session | Scope::Global => {
                self.local.remove(definition.name);
                self.session.insert(definition.name, value);
            }
        }
        Ok(())
    }

    /// Keeps `statement_timeout` from being more than this many milliseconds, or none at all.
    pub(crate) fn limit_statement_timeout(&mut self, max_ms: u64) {
        self.statement_timeout_max_ms = max_ms;
        if max_ms > 0 {
            self.force(STATEMENT_TIMEOUT, &value::show_milliseconds(max_ms));
        }
    }

    /// Whether a value of this setting is above the limit, so that the limit takes its place.
    #[must_use]
    pub(crate) fn is_above_limit(&self, name: &str, value: &str) -> bool {
        let (limit, value) = (self.statement_timeout_max_ms, value::milliseconds(value));
        limit > 0
            && name.eq_ignore_ascii_case(STATEMENT_TIMEOUT)
            && value.is_some_and(|value| value == 0 || value > limit)
    }

    fn capped(&self, name: &str, value: String) -> String {
        if self.is_above_limit(name, &value) {
            return value::show_milliseconds(self.statement_timeout_max_ms);
        }
        value
    }

    fn checked(
        &self,
        name: &str,
        values: &[String],
    ) -> Result<(Option<&'static Definition>, String), Diagnostic> {
        let Some(definition) = definition::find(name) else {
            if name.contains('.') {
                return Ok((None, values.join(", ")));
            }
            return Err(unrecognized(name));
        };
        value::parse(definition, values, self.value(definition)).map(|value| (Some(definition), value))
    }

    /// RESET name.
    ///
    /// # Errors
    /// 42704 for an unknown name, 55P02 for one that cannot be set.
    pub(crate) fn reset(&mut self, name: &str) -> Result<(), Diagnostic> {
        self.revision += 1;
        if self.custom.remove(name).is_some() || name.contains('.') {
            return Ok(());
        }
        let definition = definition::find(name).ok_or_else(|| unrecognized(name))?;
        if definition.form == Form::Fixed {
            return Err(value::cannot_change(definition));
        }
        self.session.remove(definition.name);
        self.local.remove(definition.name);
        Ok(())
    }

    /// RESET ALL.
    pub(crate) fn reset_all(&mut self) {
        self.revision += 1;
        self.session.clear();
        self.local.clear();
        self.custom.clear();
    }

    /// A transaction block begins; once it has, nothing changes.
    pub(crate) fn begin(&mut self) {
        if self.saved.is_none() {
            self.saved = Some((self.session.clone(), self.database.clone()));
        }
    }

    /// The transaction block ends.
    pub(crate) fn end(&mut self, committed: bool) {
        self.revision += 1;
        self.local.clear();
        if let Some(saved) = self.saved.take()
            && !committed
        {
            (self.session, self.database) = saved;
        }
    }

    /// Sets what no client can: settings that are facts of the session.
    pub(crate) fn force(&mut self, name: &str, value: &str) {
        self.revision += 1;
        if let Some(definition) = definition::find(name) {
            self.startup.insert(definition.name, value.to_owned());
        }
    }

    /// Makes the transaction that has begun read-only, or not.
    pub(crate) fn set_transaction_read_only(&mut self, read_only: bool) {
        self.revision += 1;
        self.local.insert("transaction_read_only", if read_only { "on" } else { "off" }.to_owned());
    }

    /// Whether anything was set that a new session would not have.
    #[must_use]
    pub(crate) fn has_state(&self) -> bool {
        !self.session.is_empty() || !self.custom.is_empty() || self.database != self.start_database
    }

    /// The settings whose ParameterStatus the client has not seen in their present value.
    pub(crate) fn take_reports(&mut self) -> Vec<(&'static str, String)> {
        let changed = self.changed(&self.reported, |definition| definition.reported);
        self.reported.extend(changed.iter().cloned());
        changed
    }

    /// The settings that DuckDB must be told of: (DuckDB's name, value).
    pub(crate) fn take_engine_changes(&mut self) -> Vec<(&'static str, String)> {
        let changed = self.changed(&self.applied, |definition| definition.engine.is_some());
        let unseen = |(name, value): &(&'static str, String)| {
            // A default is DuckDB's own until somebody changes it.
            self.applied.contains_key(name)
                || definition::find(name).is_none_or(|found| found.default != value)
        };
        let changed: Vec<_> = changed.into_iter().filter(unseen).collect();
        self.applied.extend(changed.iter().cloned());
        changed
            .into_iter()
            .filter_map(|(name, value)| {
                let definition = definition::find(name)?;
                let value = match (&definition.form, value.as_str()) {
                    (Form::TimeZone, zone) => Zone::engine_name(zone),
                    // DuckDB knows no others.
                    (Form::Boolean, "on") => "true".to_owned(),
                    (Form::Boolean, _) => "false".to_owned(),
                    _ => value,
                };
                Some((definition.engine?, value))
            })
            .collect()
    }

    fn changed(&self, known: &Values, wanted: impl Fn(&Definition) -> bool) -> Vec<(&'static str, String)> {
        DEFINITIONS
            .iter()
            .filter(|definition| wanted(definition))
            .map(|definition| (definition.name, self.value(definition)))
            .filter(|(name, value)| known.get(name).is_none_or(|seen| seen != value))
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    }

    /// A duration setting in milliseconds; 0 is off.
    #[must_use]
    pub(crate) fn milliseconds(&self, name: &str) -> u64 {
        self.show(name).and_then(value::milliseconds).unwrap_or(0)
    }

    /// A boolean setting.
    #[must_use]
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.show(name) == Some("on")
    }
}

/// 42704, as PostgreSQL words it.
fn unrecognized(name: &str) -> Diagnostic {
    Diagnostic::error(SqlState::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: &str) -> Vec<String> {
        vec![value.to_owned()]
    }

    #[test]
    fn rollback_undoes_set_and_local_ends_with_the_transaction() {
        let mut settings = Settings::default();
        settings.begin();
        settings.set("statement_timeout", &one("5s"), Scope::Session).unwrap();
        settings.set("application_name", &one("x"), Scope::Local).unwrap();
        assert_eq!(settings.milliseconds("statement_timeout"), 5000);
        assert_eq!(settings.show("application_name"), Some("x"));
        settings.end(false);
        assert_eq!(settings.show("statement_timeout"), Some("0"));
        assert_eq!(settings.show("application_name"), Some(""));
        settings.begin();
        settings.set("statement_timeout", &one("5s"), Scope::Session).unwrap();
        settings.set("statement_timeout", &one("7s"), Scope::Local).unwrap();
        settings.end(true);
        assert_eq!(settings.show("statement_timeout"), Some("5s"));
    }

    #[test]
    fn reset_returns_to_the_startup_value() {
        let mut settings = Settings::default();
        settings.set_startup("TimeZone", "Europe/Berlin").unwrap();
        settings.set("timezone", &one("UTC"), Scope::Session).unwrap();
        assert_eq!(settings.show("TimeZone"), Some("UTC"));
        settings.reset("timezone").unwrap();
        assert_eq!(settings.show("timezone"), Some("Europe/Berlin"));
    }

    #[test]
    fn a_limit_takes_the_place_of_longer_times_and_of_none() {
        let mut settings = Settings::default();
        settings.limit_statement_timeout(60_000);
        assert_eq!(settings.show("statement_timeout"), Some("1min"));
        settings.set_startup("statement_timeout", "2min").unwrap();
        assert_eq!(settings.show("statement_timeout"), Some("1min"));
        for (value, shown) in [("0", "1min"), ("1h", "1min"), ("5s", "5s"), ("60001", "1min")] {
            assert_eq!(settings.is_above_limit("Statement_Timeout", value), shown == "1min");
            settings.set("statement_timeout", &one(value), Scope::Session).unwrap();
            assert_eq!(settings.show("statement_timeout"), Some(shown));
        }
        settings.begin();
        settings.set("statement_timeout", &one("0"), Scope::Local).unwrap();
        assert_eq!(settings.milliseconds("statement_timeout"), 60_000);
        settings.reset("statement_timeout").unwrap();
        assert_eq!(settings.milliseconds("statement_timeout"), 60_000);
        settings.set("lock_timeout", &one("0"), Scope::Session).unwrap();
        assert_eq!(settings.show("lock_timeout"), Some("0"));
    }

    #[test]
    fn changes_are_reported_once() {
        let mut settings = Settings::default();
        assert!(settings.take_reports().iter().any(|(name, _)| *name == "server_version"));
        assert!(settings.take_reports().is_empty());
        settings.set("application_name", &one("a"), Scope::Session).unwrap();
        assert_eq!(settings.take_reports(), [("application_name", "a".to_owned())]);
        settings.set("timezone", &one("Asia/Tokyo"), Scope::Session).unwrap();
        assert_eq!(settings.take_engine_changes(), [("TimeZone", "Asia/Tokyo".to_owned())]);
    }

    #[test]
    fn unknown_and_fixed_names_are_refused() {
        let mut settings = Settings::default();
        let code = |result: Result<(), Diagnostic>| result.unwrap_err().code;
        assert_eq!(code(settings.set("no_such", &one("1"), Scope::Session)), SqlState::UNDEFINED_OBJECT);
        assert_eq!(
            code(settings.set("server_version", &one("1"), Scope::Session)),
            SqlState::CANT_CHANGE_RUNTIME_PARAM
        );
        assert_eq!(
            code(settings.set("datestyle", &one("nope"), Scope::Session)),
            SqlState::INVALID_PARAMETER_VALUE
        );
        settings.set("my.own", &one("1"), Scope::Session).unwrap();
        assert_eq!(settings.show("my.own"), Some("1"));
    }
}
