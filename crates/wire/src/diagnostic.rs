//! The one object that becomes an ErrorResponse or a NoticeResponse.
//!
//! Each layer has its own error enum; at the edge to the client it turns into a [`Diagnostic`]. What is
//! not in here cannot reach a client. The writing of the message itself is in [`crate::backend`].

use serde::{Deserialize, Serialize};

use crate::sqlstate::SqlState;

/// The severities of PostgreSQL's error and notice fields (protocol page "Error and Notice Message
/// Fields").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Severity {
    /// The statement failed; the session goes on.
    Error,
    /// The session ends.
    Fatal,
    /// The server is in trouble; the session ends.
    Panic,
    /// Something worth looking at, sent as a notice.
    Warning,
    /// Information that is always sent, as a notice.
    Notice,
    /// Information that the client asked for, as a notice.
    Info,
}

impl Severity {
    /// The word that the `S` and `V` fields carry.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
            Self::Panic => "PANIC",
            Self::Warning => "WARNING",
            Self::Notice => "NOTICE",
            Self::Info => "INFO",
        }
    }

    /// Whether a diagnostic of this severity travels as an ErrorResponse (and not as a NoticeResponse).
    #[must_use]
    pub fn is_error(self) -> bool {
        match self {
            Self::Error | Self::Fatal | Self::Panic => true,
            Self::Warning | Self::Notice | Self::Info => false,
        }
    }
}

/// The database object that a constraint error is about: the `s`, `t`, `c` and `n` fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Schema name.
    pub schema: Option<String>,
    /// Table name.
    pub table: Option<String>,
    /// Column name.
    pub column: Option<String>,
    /// Constraint name.
    pub constraint: Option<String>,
    /// PostgreSQL's function that reports it (`R` field), where clients go by it.
    #[serde(default)]
    pub routine: Option<String>,
}

/// What a client is told when something went wrong, or is worth knowing.
///
/// Texts follow PostgreSQL's error style guide: the message in lower case without a full stop, detail and
/// hint as whole sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The SQLSTATE code.
    pub code: SqlState,
    /// The primary message.
    pub message: String,
    /// More about the cause, as whole sentences.
    pub detail: Option<String>,
    /// What to do instead, as whole sentences.
    pub hint: Option<String>,
    /// Where in the client's statement: characters, counted from 1.
    pub position: Option<u32>,
    /// The context (`W` field), one line an entry, innermost first.
    pub context: Option<String>,
    /// What only some errors have: the object that a constraint error is about, and PostgreSQL's function. Boxed,
    /// since it is rare.
    pub object: Option<Box<Object>>,
}

impl Diagnostic {
    /// A diagnostic of the given severity, without detail, hint or position.
    pub fn new(severity: Severity, code: SqlState, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            detail: None,
            hint: None,
            position: None,
            context: None,
            object: None,
        }
    }

    /// An ERROR: the statement failed.
    pub fn error(code: SqlState, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A FATAL: the session ends.
    pub fn fatal(code: SqlState, message: impl Into<String>) -> Self {
        Self::new(Severity::Fatal, code, message)
    }

    /// A NOTICE.
    pub fn notice(code: SqlState, message: impl Into<String>) -> Self {
        Self::new(Severity::Notice, code, message)
    }

    /// A WARNING.
    pub fn warning(code: SqlState, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// The same with a detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with a position, in characters of the client's statement, counted from 1.
    #[must_use]
    pub fn with_position(mut self, position: u32) -> Self {
        self.position = Some(position);
        self
    }

    /// The same with a context line (`W` field).
    #[must_use]
    pub fn with_context(mut self, context: impl Into<String>) -> Self {
        self.context = Some(context.into());
        self
    }

    /// The same with the function of PostgreSQL's that reports it (`R` field).
    #[must_use]
    pub fn with_routine(mut self, routine: impl Into<String>) -> Self {
        self.object.get_or_insert_default().routine = Some(routine.into());
        self
    }

    /// The same about a database object.
    #[must_use]
    pub fn with_object(mut self, object: Object) -> Self {
        self.object = Some(Box::new(object));
        self
    }
}
