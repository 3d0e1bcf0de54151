//! Where a session begins: from the start-up packet's `user`, `database` and `options` to a database of
//! the account, its attach mode, its settings and the notices the client gets.
//!
//! Pure. Which settings exist and what they may be is the duckling's to judge; here only `attach_mode`
//! is read, since it decides where the session begins. The forms are those of the reference's page
//! "Connection string formats".

mod database;
mod options;

use wire::{Diagnostic, SqlState, startup::Startup};

use self::database::Form;
use crate::store::Database;

/// Names in the hint of an unknown database, at most.
const HINT_NAMES_MAX: usize = 20;

/// Where a session begins and what it begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The database's name, as the store has it.
    pub database: String,
    /// Whether only that database is visible.
    pub single: bool,
    /// Settings in order: start-up packet, `options`, database string.
    pub settings: Vec<(String, String)>,
    /// What the client is to be told.
    pub notices: Vec<Diagnostic>,
}

/// Why a session cannot begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The packet names no user.
    #[error("no PostgreSQL user name specified in startup packet")]
    NoUser,
    /// No such database.
    #[error("database \"{name}\" does not exist")]
    UnknownDatabase {
        /// The name asked for.
        name: String,
        /// What there is.
        available: Vec<String>,
    },
    /// The account has no default database.
    #[error("no default database")]
    NoDefault,
    /// A value that the parameter cannot have.
    #[error("invalid value for parameter \"{name}\": \"{value}\"")]
    InvalidValue {
        /// The parameter.
        name: &'static str,
        /// The value sent.
        value: String,
        /// The values it can have.
        allowed: &'static str,
    },
    /// An option without its value.
    #[error("{0} requires a value")]
    MissingValue(String),
    /// The option string of a database name cannot be decoded.
    #[error("invalid percent-encoding in database name: \"{0}\"")]
    Encoding(String),
    /// The packet asks for the replication protocol.
    #[error("replication connections are not supported")]
    Replication,
}

impl From<TargetError> for Diagnostic {
    fn from(error: TargetError) -> Self {
        let message = error.to_string();
        match error {
            TargetError::NoUser => Self::fatal(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, message),
            TargetError::UnknownDatabase { available, .. } => {
                Self::fatal(SqlState::INVALID_CATALOG_NAME, message).with_hint(database_hint(&available))
            }
            TargetError::NoDefault => Self::fatal(SqlState::INVALID_CATALOG_NAME, message)
                .with_hint("Name one of your databases in the connection string."),
            TargetError::InvalidValue { allowed, .. } => {
                Self::fatal(SqlState::INVALID_PARAMETER_VALUE, message)
                    .with_hint(format!("Available values: {allowed}."))
            }
            TargetError::MissingValue(_) => Self::fatal(SqlState::SYNTAX_ERROR, message),
            TargetError::Encoding(_) => Self::fatal(SqlState::INVALID_PARAMETER_VALUE, message),
            TargetError::Replication => Self::fatal(SqlState::FEATURE_NOT_SUPPORTED, message),
        }
    }
}

fn database_hint(available: &[String]) -> String {
    let mut names: Vec<String> =
        available.iter().take(HINT_NAMES_MAX).map(|name| format!("\"{name}\"")).collect();
    if available.len() > HINT_NAMES_MAX {
        names.push("…".to_owned());
    }
    format!("Databases of this account: {}. Use \"md:\" for the default one.", names.join(", "))
}

/// Finds out where the session of this start-up packet begins, among the account's databases.
///
/// # Errors
/// When it cannot begin; every error is FATAL to the client.
pub fn resolve(startup: &Startup, available: &[Database]) -> Result<Target, TargetError> {
    let user = startup.parameter("user").filter(|user| !user.is_empty()).ok_or(TargetError::NoUser)?;
    let form = database::parse(startup.parameter("database").unwrap_or(user))?;
    let mut notices = Vec::new();
    let database = find(&form, user, available, &mut notices)?;
    let mut settings = Vec::new();
    for (name, value) in &startup.parameters {
        match name.as_str() {
            "user" | "database" | "options" => {}
            "replication" => refuse_replication(value)?,
            _ => settings.push((name.clone(), value.clone())),
        }
    }
    let options = options::parse(startup.parameter("options").unwrap_or_default(), &mut notices)?;
    let given = options.into_iter().chain(form.settings);
    settings.extend(given.filter_map(|(name, value)| canonical(&name, value, &mut notices)));
    let single = attach_mode(&settings)?;
    Ok(Target { database, single, settings, notices })
}

/// The database that the form names. Drivers that are told none send `postgres` or the user's name.
fn find(
    form: &Form,
    user: &str,
    available: &[Database],
    notices: &mut Vec<Diagnostic>,
) -> Result<String, TargetError> {
    let Some(name) = &form.name else {
        return default(available);
    };
    let exact = available.iter().find(|database| database.name == *name);
    let found = exact.or_else(|| available.iter().find(|database| database.name.eq_ignore_ascii_case(name)));
    if let Some(database) = found {
        return Ok(database.name.clone());
    }
    let is_placeholder = name.is_empty() || name == "postgres" || name == user;
    if form.has_prefix || !is_placeholder {
        return Err(TargetError::UnknownDatabase {
            name: name.clone(),
            available: available.iter().map(|database| database.name.clone()).collect(),
        });
    }
    let database = default(available)?;
    let message = format!("database \"{name}\" does not exist, using the default database \"{database}\"");
    notices.push(
        Diagnostic::notice(SqlState::SUCCESSFUL_COMPLETION, message)
            .with_hint("Use \"md:\" as the database name to connect to the default database."),
    );
    Ok(database)
}

fn default(available: &[Database]) -> Result<String, TargetError> {
    available
        .iter()
        .find(|database| database.is_default)
        .map(|database| database.name.clone())
        .ok_or(TargetError::NoDefault)
}

fn refuse_replication(value: &str) -> Result<(), TargetError> {
    let is_off = ["false", "off", "no", "0"].iter().any(|word| value.eq_ignore_ascii_case(word));
    is_off.then_some(()).ok_or(TargetError::Replication)
}

/// A setting under the name that the duckling knows; nothing when it is not one.
fn canonical(name: &str, value: String, notices: &mut Vec<Diagnostic>) -> Option<(String, String)> {
    // As PostgreSQL's ParseLongOption.
    let name = name.replace('-', "_");
    match name.to_ascii_lowercase().as_str() {
        "session_hint" | "session_name" => Some(("session_name".to_owned(), value)),
        "attach_mode" => Some(("attach_mode".to_owned(), value)),
        "compatibility_mode" => None,
        "motherduck_token" => {
            let message = "token in the database name is ignored";
            notices.push(
                Diagnostic::notice(SqlState::SUCCESSFUL_COMPLETION, message)
                    .with_hint("Send the token as the password."),
            );
            None
        }
        _ => Some((name, value)),
    }
}

/// Whether the last `attach_mode` is `single`.
fn attach_mode(settings: &[(String, String)]) -> Result<bool, TargetError> {
    let mut single = false;
    for (_, value) in settings.iter().filter(|(name, _)| name == "attach_mode") {
        single = match value.to_ascii_lowercase().as_str() {
            "single" => true,
            "workspace" => false,
            _ => {
                return Err(TargetError::InvalidValue {
                    name: "attach_mode",
                    value: value.clone(),
                    allowed: "workspace, single",
                });
            }
        };
    }
    Ok(single)
}

#[cfg(test)]
mod tests;
