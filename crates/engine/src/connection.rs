//! A connection: where statements come from. Deliberately absent: sessions, transactions' bookkeeping and policy,
//! which are the caller's.

#![expect(unsafe_code, reason = "calls the shim with the connection's handle")]

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::appender::Appender;
use crate::context::Context;
use crate::error::{Error, ErrorSlot};
use crate::execution::Step;
use crate::hold::CheckpointHold;
use crate::statement::{Parsed, Statement, only};
use crate::sys::{self, Text};
use crate::types::{self, LogicalType};

/// The functions that need not ask a guard when they are bound, by their names.
#[derive(Clone, Debug, Default)]
pub struct Harmless<'n> {
    /// Scalar functions.
    pub scalar_functions: Vec<&'n str>,
    /// Table functions.
    pub table_functions: Vec<&'n str>,
    /// Pragmas.
    pub pragmas: Vec<&'n str>,
}

/// A connection to an [`crate::Instance`]. Closes, rolling back what is open, when it and everything made from it
/// are gone. Can move between threads, and serves one at a time: preparing or executing anything ends the
/// execution before it.
#[derive(Debug)]
pub struct Connection {
    context: Arc<Context>,
    /// Send, not Sync.
    _one_thread: PhantomData<Cell<()>>,
}

impl Connection {
    pub(crate) fn new(context: Context) -> Self {
        Self { context: Arc::new(context), _one_thread: PhantomData }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// What other threads interrupt this connection with.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        // SAFETY: a live connection; null (no memory) is allowed in `InterrupterHandle`.
        Interrupter(Arc::new(InterrupterHandle(unsafe { sys::shim_interrupter(*self.context.lock()) })))
    }

    /// Runs statements of our own to their end and drops their rows.
    ///
    /// # Errors
    /// The first error; later statements are not run.
    pub fn execute(&self, sql: &str) -> Result<(), Error> {
        let mut error = ErrorSlot::new();
        // SAFETY: a live connection.
        if unsafe { sys::shim_execute(*self.context.lock(), Text::new(sql), error.as_out()) } {
            return Ok(());
        }
        Err(error.take())
    }

    /// Puts macros and views into DuckDB's system catalog, where every connection of the instance finds them, whatever
    /// database is current: `CREATE MACRO pg_catalog.name(…) AS …`. A name that a built-in function has
    /// cannot be taken.
    ///
    /// # Errors
    /// Text that is not SQL, and statements that are not CREATE MACRO or CREATE VIEW.
    pub fn define(&self, sql: &str) -> Result<(), Error> {
        let mut error = ErrorSlot::new();
        // SAFETY: a live connection.
        if unsafe { sys::shim_define(*self.context.lock(), Text::new(sql), error.as_out()) } {
            return Ok(());
        }
        Err(error.take())
    }

    /// Puts the types, listings and functions that PostgreSQL's catalogs are made of into DuckDB's system catalog
    /// (`shim/catalog/`). `facts` are the catalogs that never change, by name, with a line of `column:type` first;
    /// `sent_as` says which of PostgreSQL's types a column's values are sent as, with its modifier.
    ///
    /// # Errors
    /// An engine that does not take them.
    pub fn add_catalog(
        &self,
        facts: &[(&str, &str)],
        sent_as: fn(&LogicalType) -> (u32, i32),
    ) -> Result<(), Error> {
        types::tell_sent_as(sent_as);
        for (name, rows) in facts {
            // SAFETY: both texts are copied.
            unsafe { sys::shim_put_facts(Text::new(name), Text::new(rows)) }
        }
        let mut error = ErrorSlot::new();
        // SAFETY: a live connection, and a function that lives as long as the process.
        let is_done = unsafe { sys::shim_add_catalog(*self.context.lock(), types::sent_as, error.as_out()) };
        if is_done { Ok(()) } else { Err(error.take()) }
    }

    /// From here on every function of the instance that is not named here asks the guard of its connection when
    /// it is bound: what is evaluated then (arguments of table functions, options, limits, PRAGMAs that become
    /// SQL) is in no plan. Once all extensions are loaded.
    ///
    /// # Errors
    /// A function of the engine that cannot be made to ask.
    pub fn confine(&self, harmless: &Harmless<'_>) -> Result<(), Error> {
        let texts = |names: &[&str]| names.iter().map(|name| Text::new(name)).collect::<Vec<_>>();
        let scalar_functions = texts(&harmless.scalar_functions);
        let table_functions = texts(&harmless.table_functions);
        let pragmas = texts(&harmless.pragmas);
        let lists = sys::ShimHarmless {
            scalar_functions: scalar_functions.as_ptr(),
            scalar_function_count: scalar_functions.len(),
            table_functions: table_functions.as_ptr(),
            table_function_count: table_functions.len(),
            pragmas: pragmas.as_ptr(),
            pragma_count: pragmas.len(),
        };
        let mut error = ErrorSlot::new();
        // SAFETY: a live connection; the lists outlive the call.
        if unsafe { sys::shim_confine(*self.context.lock(), &raw const lists, error.as_out()) } {
            return Ok(());
        }
        Err(error.take())
    }

    /// The texts in the first column of a query of one's own.
    ///
    /// # Errors
    /// What DuckDB says.
    pub fn texts(&self, sql: &str) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        for parsed in self.extract(sql)? {
            let mut statement = self.prepare(&parsed)?;
            let mut execution = statement.start()?;
            loop {
                match execution.step()? {
                    Step::Finished => break,
                    Step::NotReady | Step::Blocked => {}
                    Step::Chunk(chunk) => {
                        let strings = chunk.column(0).and_then(|column| column.strings());
                        let rows = 0..chunk.len();
                        let texts = rows.filter_map(|row| Some(strings.as_ref()?.bytes(row)));
                        found.extend(texts.map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
                    }
                }
            }
        }
        Ok(found)
    }

    /// Parses a text into its statements, without binding any. DuckDB expands some PRAGMAs and PIVOTs here.
    ///
    /// # Errors
    /// Text that is not SQL, with the position.
    pub fn extract(&self, sql: &str) -> Result<Vec<Parsed>, Error> {
        Parsed::extract(&self.context, sql)
    }

    /// Binds and plans a statement.
    ///
    /// # Errors
    /// Whatever binding fails with, with the position in the text that was parsed; the guard's refusal
    /// ([`Error::is_refusal`]).
    pub fn prepare(&self, parsed: &Parsed) -> Result<Statement, Error> {
        Statement::prepare(&self.context, parsed)
    }

    /// Parses and prepares a text with one statement.
    ///
    /// # Errors
    /// As [`Connection::extract`] and [`Connection::prepare`]; not exactly one statement.
    pub fn prepare_sql(&self, sql: &str) -> Result<Statement, Error> {
        self.prepare(&only(self.extract(sql)?)?)
    }

    /// Sets a session-local option of this connection only (`TimeZone`, `Calendar`, `search_path`, `schema`…),
    /// also when `lock_configuration` is on: this is the server's way, tenants' SET never gets here.
    ///
    /// # Errors
    /// No such option, a value it does not take, or an option that belongs to the whole instance.
    pub fn set_option(&self, name: &str, value: &str) -> Result<(), Error> {
        let mut error = ErrorSlot::new();
        let (name, value) = (Text::new(name), Text::new(value));
        // SAFETY: a live connection.
        if unsafe { sys::shim_set_option(*self.context.lock(), name, value, error.as_out()) } {
            return Ok(());
        }
        Err(error.take())
    }

    /// Keeps an attached database's main file as it is, for copying it, until what is answered is dropped. Call it
    /// right after CHECKPOINT: what is committed later stands in the log only. Waits for a checkpoint that runs.
    ///
    /// # Errors
    /// No such database.
    pub fn hold_checkpoints(&self, database: &str) -> Result<CheckpointHold, Error> {
        CheckpointHold::new(&self.context, database)
    }

    /// Whether the instance has a database file open: what was detached stays open while anything refers to it, such as a
    /// transaction that has used it, and cannot be attached again before.
    #[must_use]
    pub fn has_open(&self, path: &str) -> bool {
        // SAFETY: a live connection.
        unsafe { sys::shim_has_open(*self.context.lock(), Text::new(path)) }
    }

    /// How much an attached database's log holds that no checkpoint has brought into the main file: 0 when all is
    /// there.
    ///
    /// # Errors
    /// No such database.
    pub fn wal_bytes(&self, database: &str) -> Result<u64, Error> {
        let mut bytes = 0;
        let mut error = ErrorSlot::new();
        let (database, out) = (Text::new(database), &raw mut bytes);
        // SAFETY: a live connection and a place for the answer.
        if unsafe { sys::shim_wal_bytes(*self.context.lock(), database, out, error.as_out()) } {
            return Ok(bytes);
        }
        Err(error.take())
    }

    /// Whether a CHECKPOINT, of any connection of the instance, does its work when there is nothing in the log too: it then
    /// cuts off the file's free end, which a transaction that was rolled back has left.
    pub fn checkpoint_always(&self, always: bool) {
        // SAFETY: a live connection. The flag is a single byte, which a checkpoint reads once as it begins.
        unsafe { sys::shim_checkpoint_always(*self.context.lock(), always) }
    }

    /// Whether the variables of this connection take no more than so many bytes of memory. Otherwise this one has lost its
    /// value.
    #[must_use]
    pub fn keep_variable(&self, name: &str, limit: usize) -> bool {
        // SAFETY: a live connection.
        unsafe { sys::shim_keep_variable(*self.context.lock(), Text::new(name), limit) }
    }

    /// Whether a transaction is open, begun by BEGIN or by a running statement in autocommit.
    #[must_use]
    pub fn is_in_transaction(&self) -> bool {
        // SAFETY: a live connection.
        unsafe { sys::shim_in_transaction(*self.context.lock()) }
    }

    /// Whether the open transaction can only be rolled back.
    #[must_use]
    pub fn is_transaction_invalidated(&self) -> bool {
        // SAFETY: a live connection.
        unsafe { sys::shim_transaction_invalidated(*self.context.lock()) }
    }

    /// Begins a bulk load: `query` reads the rows as the table `appended_data` with these columns. Open a
    /// transaction first, since in autocommit each flush commits by itself.
    ///
    /// # Errors
    /// A type of which no values can be made. A query that does not parse or bind fails at the first flush.
    pub fn appender(&self, query: &str, columns: &[(&str, LogicalType)]) -> Result<Appender, Error> {
        Appender::new(&self.context, query, columns)
    }
}

/// Interrupts what runs on a connection, from any thread; does nothing once the connection is gone, or when
/// nothing runs: the next statement clears the request.
#[derive(Clone, Debug)]
pub struct Interrupter(Arc<InterrupterHandle>);

impl Interrupter {
    /// The statement that runs now fails with [`crate::ErrorKind::Interrupt`] at its next chance.
    pub fn interrupt(&self) {
        if !self.0.0.is_null() {
            // SAFETY: a live interrupter; it looks after the connection being gone.
            unsafe { sys::shim_interrupt(self.0.0) }
        }
    }

    /// How much of the statement that runs now is done, in percent, where DuckDB can tell.
    #[must_use]
    pub fn progress(&self) -> Option<f64> {
        if self.0.0.is_null() {
            return None;
        }
        // SAFETY: a live interrupter; it looks after the connection being gone.
        let percent = unsafe { sys::shim_progress(self.0.0) };
        (percent >= 0.0).then_some(percent.min(100.0))
    }
}

/// An owned interrupter of the shim, or null.
#[derive(Debug)]
struct InterrupterHandle(*mut sys::ShimInterrupter);

// SAFETY: a weak pointer to the connection's context, which is read atomically; interrupting sets an atomic flag.
unsafe impl Send for InterrupterHandle {}
// SAFETY: as above.
unsafe impl Sync for InterrupterHandle {}

impl Drop for InterrupterHandle {
    fn drop(&mut self) {
        // SAFETY: null, or owned.
        unsafe { sys::shim_interrupter_free(self.0) }
    }
}
