//! Statements that the session answers itself: transaction control, SET and SHOW, DISCARD, DEALLOCATE.

use engine::{Column, LogicalType};
use wire::{Diagnostic, SqlState, backend, frontend::Format};

use super::{Outcome, Session, platform::columns, prepared::describe_rows};
use crate::{
    decode::Style,
    diagnose::diagnose,
    out::Out,
    policy::rules,
    settings::DEFINITIONS,
    sql::{Command, SetCommand, Which, command::Scope},
};

impl Session {
    /// Answers one of the session's own statements. In a Query its columns are described too.
    pub(super) fn utility(&mut self, command: &Command, in_query: bool, out: &mut Out) -> Outcome {
        let tag = match command {
            Command::Transaction(transaction) => self.transaction_control(transaction, in_query, out)?,
            Command::Set(set) => self.set_command(set, command, in_query, out)?,
            Command::Deallocate(which) => self.deallocate(which)?,
            Command::CloseCursor(which) => self.close_cursor(which)?,
            // The callers send these elsewhere.
            Command::Copy(_)
            | Command::Prepare(_)
            | Command::Execute(_)
            | Command::Declare(_)
            | Command::Fetch(_)
            | Command::Platform(_)
            | Command::Engine => return Ok(()),
        };
        self.say_complete(tag, out);
        Ok(out.flush_if_full()?)
    }

    fn set_command(
        &mut self,
        set: &SetCommand,
        command: &Command,
        in_query: bool,
        out: &mut Out,
    ) -> Outcome<&'static str> {
        match set {
            SetCommand::Set { name, values, scope } => self.set(name, values, *scope, out),
            SetCommand::Characteristics(mode) => {
                if let Some(read_only) = mode.read_only {
                    let value = if read_only { "on" } else { "off" };
                    self.settings.set(
                        "default_transaction_read_only",
                        &[value.to_owned()],
                        Scope::Session,
                    )?;
                }
                Ok("SET")
            }
            SetCommand::Reset { name } => {
                self.settings.reset(name).map_err(|error| self.unknown_setting(name, error))?;
                self.settings_changed()?;
                Ok("RESET")
            }
            SetCommand::ResetAll => {
                self.settings.reset_all();
                self.settings_changed()?;
                Ok("RESET")
            }
            SetCommand::Show { .. } | SetCommand::ShowAll => {
                self.show(set, command, in_query, out)?;
                Ok("SHOW")
            }
            SetCommand::DiscardAll => self.discard_all(),
            SetCommand::Discard(tag) => Ok(tag),
            SetCommand::Unlisten => Ok("UNLISTEN"),
        }
    }

    fn set(&mut self, name: &str, values: &[String], scope: Scope, out: &mut Out) -> Outcome<&'static str> {
        // DuckDB's own name for a search path of one schema.
        let name = if name == "schema" { "search_path" } else { name };
        let before = self.settings.clone();
        let split = split_search_path(name, values);
        let values = split.as_deref().unwrap_or(values);
        self.settings.set(name, values, scope).map_err(|error| self.unknown_setting(name, error))?;
        if let [value] = values
            && self.settings.is_above_limit(name, value)
        {
            let limit = self.settings.show(name).unwrap_or_default();
            let message = format!("{name} is limited to {limit} by the server");
            out.diagnostic(&Diagnostic::notice(SqlState::SUCCESSFUL_COMPLETION, message));
        }
        if name == "transaction_timeout" && self.transaction.begun {
            self.limit_transaction();
        }
        if scope == Scope::Local && !self.transaction.is_block() {
            let message = "SET LOCAL can only be used in transaction blocks";
            out.diagnostic(&Diagnostic::warning(SqlState::NO_ACTIVE_SQL_TRANSACTION, message));
        }
        // A value that DuckDB does not take (a schema that does not exist) was never set.
        self.settings_changed().inspect_err(|_| self.settings = before)?;
        Ok("SET")
    }

    /// An unknown name that is a setting of the engine is refused by the rule, not as unknown.
    fn unknown_setting(&self, name: &str, error: Diagnostic) -> Diagnostic {
        let bare = name.rsplit('.').next().unwrap_or(name);
        if error.code == SqlState::UNDEFINED_OBJECT && self.limits.engine_settings.contains(bare) {
            return Diagnostic::from(&rules::SETTING);
        }
        error
    }

    pub(super) fn settings_changed(&mut self) -> Outcome {
        self.make_room()?;
        self.expect_seen_path()?;
        self.apply_settings().map_err(|error| diagnose(&error).into())
    }

    fn show(&self, set: &SetCommand, command: &Command, in_query: bool, out: &mut Out) -> Outcome {
        let columns = utility_columns(command);
        if in_query {
            describe_rows(&columns, &[], &vec![Format::Text; columns.len()], out.buffer());
        }
        if let SetCommand::Show { name } = set {
            let value = self.settings.show(name).unwrap_or_default();
            backend::text_row(out.buffer(), &[value]);
            return Ok(());
        }
        for definition in DEFINITIONS {
            let value = self.settings.show(definition.name).unwrap_or_default();
            backend::text_row(out.buffer(), &[definition.name, value, definition.description]);
        }
        Ok(out.flush_if_full()?)
    }

    /// DISCARD ALL: as a new session, but for its database.
    fn discard_all(&mut self) -> Outcome<&'static str> {
        if self.transaction.is_block() {
            let message = "DISCARD ALL cannot run inside a transaction block";
            return Err(Diagnostic::error(SqlState::ACTIVE_SQL_TRANSACTION, message).into());
        }
        self.close_cursor(&Which::All)?;
        self.statements.clear();
        self.teller.unlock_all();
        self.settings.reset_all();
        self.settings.return_to_start();
        self.settings_changed()?;
        Ok("DISCARD ALL")
    }

    fn deallocate(&mut self, which: &Which) -> Outcome<&'static str> {
        match which {
            Which::All => {
                self.statements.clear();
                Ok("DEALLOCATE ALL")
            }
            Which::One(name) if self.statements.remove(name).is_some() => Ok("DEALLOCATE"),
            Which::One(name) => {
                let message = format!("prepared statement \"{name}\" does not exist");
                Err(Diagnostic::error(SqlState::INVALID_SQL_STATEMENT_NAME, message).into())
            }
        }
    }

    /// How values are printed and read, by the session's settings.
    pub(super) fn style(&self) -> Style {
        Style::from_settings(|name| self.settings.show(name))
    }
}

/// DuckDB's own form of a search path: one string with commas.
fn split_search_path(name: &str, values: &[String]) -> Option<Vec<String>> {
    match values {
        [one] if name == "search_path" && one.contains(',') => {
            let unquoted = |part: &str| part.trim().trim_matches('"').to_owned();
            Some(one.split(',').map(unquoted).collect())
        }
        _ => None,
    }
}

/// The columns of a session's own statement; none when it returns no rows.
pub(super) fn utility_columns(command: &Command) -> Vec<Column> {
    let names: Vec<String> = match command {
        Command::Set(SetCommand::Show { name }) => {
            let defined = DEFINITIONS.iter().find(|definition| definition.name.eq_ignore_ascii_case(name));
            vec![defined.map_or_else(|| name.clone(), |definition| definition.name.to_owned())]
        }
        Command::Platform(statement) => {
            return statement.as_ref().as_ref().map(columns).unwrap_or_default();
        }
        Command::Set(SetCommand::ShowAll) => ["name", "setting", "description"].map(str::to_owned).to_vec(),
        Command::Set(_)
        | Command::Transaction(_)
        | Command::Deallocate(_)
        | Command::CloseCursor(_)
        | Command::Prepare(_)
        | Command::Execute(_)
        | Command::Declare(_)
        | Command::Fetch(_)
        | Command::Copy(_)
        | Command::Engine => Vec::new(),
    };
    names.into_iter().map(|name| Column { name, logical_type: LogicalType::Varchar }).collect()
}
