//! What DuckDB says when it refuses: its exception with type, position, name and candidates as data. Taken from
//! `duckdb::ErrorData` by the shim for parse, bind and execution alike, never by searching in the message, which
//! repeats the user's SQL. Deliberately absent: SQLSTATEs, which are the caller's.

#![expect(unsafe_code, reason = "reads and frees the shim's error objects")]

use std::ops::{Deref, DerefMut};

use crate::sys;

/// An error of the engine: a pointer to its [`ErrorDetails`], so that results stay small.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct Error(Box<ErrorDetails>);

impl Deref for Error {
    type Target = ErrorDetails;

    fn deref(&self) -> &ErrorDetails {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut ErrorDetails {
        &mut self.0
    }
}

/// What is known of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDetails {
    /// DuckDB's exception type.
    pub kind: ErrorKind,
    /// DuckDB's message without the prefix that names the type.
    pub message: String,
    /// Where in the SQL text given, in bytes from 0.
    pub position: Option<usize>,
    /// The table, column, function or setting the error is about.
    pub name: Option<String>,
    /// What was probably meant.
    pub candidates: Vec<String>,
    /// DuckDB's finer distinction, as `MISSING_ENTRY` or `COLUMN_NOT_FOUND`; `PLAN_GUARD` for a refusal by the
    /// connection's guard, `TELL` for what it does not tell.
    pub subtype: Option<String>,
    /// Everything else DuckDB attached to the exception.
    pub extra: Vec<(String, String)>,
}

/// [`ErrorDetails::subtype`] of a refusal by the connection's guard.
pub(crate) const PLAN_GUARD: &str = "PLAN_GUARD";

/// [`ErrorDetails::subtype`] of a name without a schema that several schemas have.
const AMBIGUOUS_TABLE: &str = "AMBIGUOUS_TABLE";

/// [`ErrorDetails::subtype`] of what the connection's guard does not tell.
const TELL: &str = "TELL";
/// [`ErrorDetails::subtype`] of the refusal of an address.
const OBJECT_ADDRESS: &str = "OBJECT_ADDRESS";

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $number:literal,)*) => {
        /// DuckDB's exception types (`duckdb/common/exception.hpp`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
            /// A type this list does not know.
            Other,
        }

        impl ErrorKind {
            fn from_duckdb(number: u8) -> Self {
                match number {
                    $($number => Self::$kind,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

kinds! {
    /// No type was given.
    Invalid = 0,
    /// A value is out of its range.
    OutOfRange = 1,
    /// A value cannot be cast.
    Conversion = 2,
    /// Unknown type.
    UnknownType = 3,
    /// Decimal arithmetic.
    Decimal = 4,
    /// Types do not match.
    MismatchType = 5,
    /// Division by zero, where DuckDB raises it.
    DivideByZero = 6,
    /// An object is too large.
    ObjectSize = 7,
    /// The type does not allow the operation.
    InvalidType = 8,
    /// Serialization.
    Serialization = 9,
    /// Transaction management: conflicts, a second BEGIN, an aborted transaction.
    Transaction = 10,
    /// Not implemented.
    NotImplemented = 11,
    /// Expression parsing.
    Expression = 12,
    /// A catalog entry is missing, exists already, or is of another kind.
    Catalog = 13,
    /// The text is not SQL.
    Parser = 14,
    /// Planner.
    Planner = 15,
    /// Scheduler.
    Scheduler = 16,
    /// Executor.
    Executor = 17,
    /// A constraint is violated.
    Constraint = 18,
    /// Index.
    Index = 19,
    /// Statistics.
    Stat = 20,
    /// Connection.
    Connection = 21,
    /// Syntax error.
    Syntax = 22,
    /// Settings.
    Settings = 23,
    /// The statement does not fit the catalog: columns, functions, types.
    Binder = 24,
    /// Network.
    Network = 25,
    /// Optimizer.
    Optimizer = 26,
    /// Null pointer.
    NullPointer = 27,
    /// Input or output failed.
    Io = 28,
    /// The statement was interrupted.
    Interrupt = 29,
    /// The instance is unusable from here on.
    Fatal = 30,
    /// A bug of DuckDB; raised while executing it makes the instance unusable.
    Internal = 31,
    /// Wrong arguments, or a statement that cannot run now.
    InvalidInput = 32,
    /// Out of memory.
    OutOfMemory = 33,
    /// Not permitted: by DuckDB's locks, or by the guard (then the subtype is `PLAN_GUARD`).
    Permission = 34,
    /// A parameter's type could not be found out.
    ParameterNotResolved = 35,
    /// A parameter stands where none may.
    ParameterNotAllowed = 36,
    /// Another entry depends on this one.
    Dependency = 37,
    /// An HTTP request failed; status and headers are in `extra`.
    Http = 38,
    /// The statement needs an extension that is not loaded.
    MissingExtension = 39,
    /// An extension could not be loaded by itself.
    Autoload = 40,
    /// A sequence is exhausted.
    Sequence = 41,
    /// A secret or setting that is needed is missing or wrong.
    InvalidConfiguration = 42,
}

impl Error {
    /// An error of the engine crate itself.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(ErrorDetails {
            kind,
            message: message.into(),
            position: None,
            name: None,
            candidates: Vec::new(),
            subtype: None,
            extra: Vec::new(),
        }))
    }

    /// Whether the connection's guard refused the plan; the message is then the guard's reason.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.kind == ErrorKind::Permission && self.subtype.as_deref() == Some(PLAN_GUARD)
    }

    /// Whether a statement asked the connection's guard ([`crate::Guard::tell`]) for something that it does not tell;
    /// the message is then the guard's reason.
    #[must_use]
    pub fn is_untold(&self) -> bool {
        self.kind == ErrorKind::InvalidInput && self.subtype.as_deref() == Some(TELL)
    }

    /// Whether a table's name was given without its schema, and several schemas of its database have one: the full
    /// names are the candidates.
    #[must_use]
    pub fn is_ambiguous_table(&self) -> bool {
        self.kind == ErrorKind::Binder && self.subtype.as_deref() == Some(AMBIGUOUS_TABLE)
    }

    /// Whether the address of an S3 object was refused where it would have been opened (`shim/addresses.cpp`).
    #[must_use]
    pub fn is_refused_address(&self) -> bool {
        self.kind == ErrorKind::Permission && self.subtype.as_deref() == Some(OBJECT_ADDRESS)
    }

    fn add(&mut self, key: String, value: String) {
        match key.as_str() {
            "position" => self.position = value.parse().ok(),
            "name" => self.name = Some(value),
            "error_subtype" => self.subtype = Some(value),
            "candidates" => {
                self.candidates =
                    value.split(',').map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect();
            }
            _ => self.extra.push((key, value)),
        }
    }

    /// For a missing table or setting DuckDB has no list, only a last sentence.
    fn read_suggestion(&mut self) {
        let Some((_, suggestion)) = self.message.rsplit_once("Did you mean \"") else {
            return;
        };
        let Some((name, _)) = suggestion.split_once('"') else {
            return;
        };
        let name = name.to_owned();
        self.candidates.push(name);
    }
}

/// The out parameter of a shim function: holds its error until it is taken, and frees it.
pub(crate) struct ErrorSlot(*mut sys::ShimError);

impl ErrorSlot {
    pub(crate) fn new() -> Self {
        Self(std::ptr::null_mut())
    }

    pub(crate) fn as_out(&mut self) -> *mut *mut sys::ShimError {
        &raw mut self.0
    }

    /// The error a shim function left. Null means that there was no memory even for the error.
    pub(crate) fn take(self) -> Error {
        if self.0.is_null() {
            return Error::new(ErrorKind::OutOfMemory, "out of memory");
        }
        // SAFETY: not null, so a live error object that this slot owns; the texts are copied at once.
        let (kind, message) = unsafe {
            (
                ErrorKind::from_duckdb(sys::shim_error_type(self.0)),
                sys::shim_error_message(self.0).into_string(),
            )
        };
        let mut error = Error::new(kind, message);
        // SAFETY: as above.
        let count = unsafe { sys::shim_error_extra_count(self.0) };
        for index in 0..count {
            // SAFETY: as above, and `index` is below the count.
            let (key, value) = unsafe {
                (
                    sys::shim_error_extra_key(self.0, index).into_string(),
                    sys::shim_error_extra_value(self.0, index).into_string(),
                )
            };
            error.add(key, value);
        }
        if error.candidates.is_empty() {
            error.read_suggestion();
        }
        error
    }
}

impl Drop for ErrorSlot {
    fn drop(&mut self) {
        // SAFETY: null, or an error object that this slot owns.
        unsafe { sys::shim_error_free(self.0) }
    }
}
