//! Parsed and prepared statements. Parsing says only what kind of statement it is; preparing binds it, and so
//! asks the connection's guard. Deliberately absent: a cache of them.

#![expect(unsafe_code, reason = "owns the shim's statements")]

use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::chunk::Chunk;
use crate::context::Context;
use crate::description::{Column, Origin, ReturnKind, StatementKind};
use crate::error::{Error, ErrorKind, ErrorSlot};
use crate::execution::Execution;
use crate::guard::Touch;
use crate::sys::{self, Text};
use crate::types::{Handle, LogicalType};
use crate::value::Value;

/// A statement that DuckDB has parsed and not yet bound. Can be prepared any number of times.
#[derive(Debug)]
pub struct Parsed {
    handle: *mut sys::ShimParsed,
}

// SAFETY: a parse tree of its own; nothing ties it to a thread.
unsafe impl Send for Parsed {}

impl Parsed {
    /// Parses all statements of a text.
    pub(crate) fn extract(context: &Context, sql: &str) -> Result<Vec<Self>, Error> {
        let mut statements = std::ptr::null_mut();
        let mut count = 0;
        let mut error = ErrorSlot::new();
        let is_parsed = {
            let (statements, count) = (&raw mut statements, &raw mut count);
            // SAFETY: a live connection and places for the answers.
            unsafe { sys::shim_extract(*context.lock(), Text::new(sql), statements, count, error.as_out()) }
        };
        if !is_parsed {
            return Err(error.take());
        }
        // SAFETY: the shim gives an array of `count` owned statements, which are taken over one by one; then only
        // the array itself is freed.
        unsafe {
            let parsed = (0..count).map(|index| Self { handle: statements.add(index).read() }).collect();
            sys::shim_parsed_array_free(statements);
            Ok(parsed)
        }
    }

    /// The kind of statement.
    #[must_use]
    pub fn kind(&self) -> StatementKind {
        // SAFETY: a live statement.
        StatementKind::from_duckdb(unsafe { sys::shim_parsed_kind(self.handle) })
    }

    /// Whether it is a COPY, or EXPLAIN of one, to a target that an expression computes: its plan has but the path.
    #[must_use]
    pub fn computes_target(&self) -> bool {
        // SAFETY: a live statement.
        unsafe { sys::shim_parsed_computes_target(self.handle) }
    }

    /// Where it stands in the text it was parsed from, as DuckDB sees it: offset and length in bytes. A PRAGMA or
    /// PIVOT that DuckDB has expanded has the place of the whole.
    #[must_use]
    pub fn span(&self) -> (usize, usize) {
        // SAFETY: a live statement.
        unsafe { (sys::shim_parsed_location(self.handle), sys::shim_parsed_length(self.handle)) }
    }
}

impl Drop for Parsed {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { sys::shim_parsed_free(self.handle) }
    }
}

/// A prepared statement with its parameters' values.
#[derive(Debug)]
pub struct Statement {
    handle: *mut sys::ShimStatement,
    touches: Vec<Touch>,
    /// What the statement was prepared on.
    context: Arc<Context>,
}

// SAFETY: the statement owns its handle; what it shares with its connection is behind the connection's lock.
unsafe impl Send for Statement {}

impl Statement {
    pub(crate) fn prepare(context: &Arc<Context>, parsed: &Parsed) -> Result<Self, Error> {
        let mut error = ErrorSlot::new();
        context.record.begin();
        // SAFETY: a live connection and a live statement, which is copied.
        let handle = unsafe { sys::shim_prepare(*context.lock(), parsed.handle, error.as_out()) };
        let touches = context.record.finish();
        if handle.is_null() {
            return Err(error.take());
        }
        Ok(Self { handle, touches, context: Arc::clone(context) })
    }

    /// The kind of statement.
    #[must_use]
    pub fn kind(&self) -> StatementKind {
        // SAFETY: a live statement.
        StatementKind::from_duckdb(unsafe { sys::shim_statement_kind(self.handle) })
    }

    /// What it returns.
    #[must_use]
    pub fn return_kind(&self) -> ReturnKind {
        // SAFETY: a live statement.
        ReturnKind::from_duckdb(unsafe { sys::shim_statement_return_type(self.handle) })
    }

    /// Whether it changes no database. (It may still change settings, write files or attach databases.)
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        // SAFETY: a live statement.
        unsafe { sys::shim_statement_is_read_only(self.handle) }
    }

    /// Whether every parameter's type is known. If not, it is bound (and judged) only when it starts.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        // SAFETY: a live statement.
        unsafe { sys::shim_statement_is_resolved(self.handle) }
    }

    /// What its plan touches, as the guard saw it at prepare. Empty when the statement is not resolved; a rebind at
    /// execution is judged again, and is not kept here.
    #[must_use]
    pub fn touches(&self) -> &[Touch] {
        &self.touches
    }

    /// Number of parameters: the highest of their numbers, though the text may leave some out.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        // SAFETY: a live statement.
        unsafe { sys::shim_statement_parameter_count(self.handle) }
    }

    /// A parameter's type, counted from 0; `None` when DuckDB could not tell, or there is no such parameter.
    #[must_use]
    pub fn parameter_type(&self, index: usize) -> Option<LogicalType> {
        if index >= self.parameter_count() {
            return None;
        }
        // SAFETY: a live statement and a parameter it has; the type handle is owned.
        let logical_type = unsafe { Handle(sys::shim_statement_parameter_type(self.handle, index)) }.read();
        (logical_type != LogicalType::Unknown).then_some(logical_type)
    }

    /// A parameter's name, counted from 0: `1` for `$1`. Empty for one that the text leaves out.
    #[must_use]
    pub fn parameter_name(&self, index: usize) -> Option<String> {
        if index >= self.parameter_count() {
            return None;
        }
        // SAFETY: a live statement and a parameter it has.
        Some(unsafe { sys::shim_statement_parameter_name(self.handle, index).into_string() })
    }

    /// The columns of its result. DDL and DML without RETURNING have a made-up one: look at
    /// [`Statement::return_kind`] first. An untyped NULL is [`LogicalType::SqlNull`], though its vectors are of
    /// integers; lists of lists that the plan shows to be rectangular are [`LogicalType::Array`], though their
    /// vectors are lists.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        // SAFETY: a live statement.
        let count = unsafe { sys::shim_statement_column_count(self.handle) };
        let column = |index| {
            // SAFETY: a live statement and a column it has; the type handle is owned.
            unsafe {
                let name = sys::shim_statement_column_name(self.handle, index).into_string();
                let logical_type = Handle(sys::shim_statement_column_type(self.handle, index)).read();
                Column { name, logical_type }
            }
        };
        (0..count).map(column).collect()
    }

    /// For each column, the table's column that it is, when it is one untouched. Columns of a view name the view's
    /// table; what comes from a set operation or a common table expression has no origin.
    #[must_use]
    pub fn origins(&self) -> Vec<Option<Origin>> {
        // SAFETY: a live statement.
        let count = unsafe { sys::shim_statement_column_count(self.handle) };
        (0..count).map(|index| self.origin(index)).collect()
    }

    fn origin(&self, index: usize) -> Option<Origin> {
        let mut origin = MaybeUninit::<sys::ShimOrigin>::uninit();
        // SAFETY: a live statement and a place for the answer, which is filled when there is one; its texts are
        // the statement's, and copied at once.
        unsafe {
            if !sys::shim_statement_column_origin(self.handle, index, origin.as_mut_ptr()) {
                return None;
            }
            let origin = origin.assume_init();
            Some(Origin {
                catalog: origin.catalog.into_string(),
                schema: origin.schema.into_string(),
                table: origin.table.into_string(),
                table_oid: origin.table_oid,
                column_index: origin.column_index,
            })
        }
    }

    /// Sets a parameter's value, counted from 0; DuckDB casts it to the parameter's type when the statement starts.
    ///
    /// # Errors
    /// No such parameter, or a value that does not fit its own type.
    pub fn bind(&mut self, index: usize, value: &Value) -> Result<(), Error> {
        let value = value.to_handle()?;
        let mut error = ErrorSlot::new();
        // SAFETY: a live statement and a live value, which is copied.
        if unsafe { sys::shim_statement_bind(self.handle, index, value.0, error.as_out()) } {
            return Ok(());
        }
        Err(error.take())
    }

    /// Sets a parameter's value, counted from 0, to the first row of a chunk's column.
    ///
    /// # Errors
    /// No such parameter or column.
    pub fn bind_cell(&mut self, index: usize, chunk: &Chunk, column: usize) -> Result<(), Error> {
        if self.parameter_name(index).is_some_and(|name| name.is_empty()) {
            // A number that the text leaves out.
            return Ok(());
        }
        let mut error = ErrorSlot::new();
        // SAFETY: a live statement and a live chunk, of which the value is copied.
        if unsafe {
            sys::shim_statement_bind_cell(self.handle, index, chunk.handle(), column, error.as_out())
        } {
            return Ok(());
        }
        Err(error.take())
    }

    /// Forgets all parameters' values.
    pub fn clear_bindings(&mut self) {
        // SAFETY: a live statement.
        unsafe { sys::shim_statement_clear(self.handle) }
    }

    /// Starts it with the values bound, for streaming. Ends whatever else runs on the connection. May bind again,
    /// and so ask the guard: when the catalog has changed, and for many statements with parameters.
    ///
    /// # Errors
    /// A parameter without a value, and whatever binding or starting fails with.
    pub fn start(&mut self) -> Result<Execution, Error> {
        let mut error = ErrorSlot::new();
        let lock = self.context.lock();
        // SAFETY: a live statement.
        let handle = unsafe { sys::shim_start(self.handle, error.as_out()) };
        drop(lock);
        if handle.is_null() {
            return Err(error.take());
        }
        // SAFETY: an owned execution on the statement's connection.
        Ok(unsafe { Execution::new(handle, Arc::clone(&self.context)) })
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { sys::shim_statement_free(self.handle) }
    }
}

/// The one statement of a list.
pub(crate) fn only(parsed: Vec<Parsed>) -> Result<Parsed, Error> {
    let count = parsed.len();
    let mut parsed = parsed.into_iter();
    match (parsed.next(), parsed.next()) {
        (Some(statement), None) => Ok(statement),
        _ => Err(Error::new(ErrorKind::InvalidInput, format!("expected one statement, found {count}"))),
    }
}
