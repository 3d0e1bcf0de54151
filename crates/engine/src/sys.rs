//! The foreign functions: the C API through `libduckdb-sys`, and our own shim (`shim/shim.h`, whose Rust half
//! this is). The only place that names `libduckdb-sys`, so that an upgrade of DuckDB starts here.
//!
//! Deliberately absent: ownership and safety, which the modules above give each handle.

#![expect(unsafe_code, reason = "declares the foreign functions and reads the text they lend")]

use std::ffi::c_void;
use std::marker::{PhantomData, PhantomPinned};

pub(crate) use libduckdb_sys::*;

/// A handle of the shim: only ever behind a pointer.
macro_rules! handles {
    ($($name:ident)*) => {$(
        #[repr(C)]
        pub(crate) struct $name {
            _opaque: [u8; 0],
            _not_send: PhantomData<(*mut u8, PhantomPinned)>,
        }
    )*};
}

handles! {
    ShimCollection ShimError ShimInstance ShimConnection ShimInterrupter ShimParsed ShimStatement ShimExecution ShimAppender
    ShimWords ShimHold
}

/// Text lent to the shim or by it: bytes, not ended by NUL, UTF-8 unless it names a file.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Text {
    data: *const u8,
    length: usize,
}

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        Self { data: text.as_ptr(), length: text.len() }
    }

    /// A copy of the text; bytes that are not UTF-8 are replaced.
    ///
    /// # Safety
    /// The object that lent the text is still there and unchanged.
    pub(crate) unsafe fn into_string(self) -> String {
        if self.data.is_null() {
            return String::new();
        }
        // SAFETY: the lender promises `length` readable bytes, and the caller that they are still there.
        let bytes = unsafe { std::slice::from_raw_parts(self.data, self.length) };
        String::from_utf8_lossy(bytes).into_owned()
    }
}

#[repr(C)]
pub(crate) struct ShimTouch {
    pub(crate) kind: u8,
    pub(crate) name: Text,
    pub(crate) arguments: *const Text,
    pub(crate) argument_count: usize,
}

#[repr(C)]
pub(crate) struct ShimGuard {
    pub(crate) state: *mut c_void,
    pub(crate) judge: extern "C" fn(*mut c_void, *const ShimTouch, usize, *mut ShimWords) -> bool,
    pub(crate) sees: extern "C" fn(*mut c_void, Text) -> bool,
    pub(crate) lists: extern "C" fn(*mut c_void),
    pub(crate) tell: extern "C" fn(*mut c_void, Text, *mut ShimWords) -> bool,
    pub(crate) drop: extern "C" fn(*mut c_void),
}

#[repr(C)]
pub(crate) struct ShimOption {
    pub(crate) name: Text,
    pub(crate) value: Text,
}

#[repr(C)]
pub(crate) struct ShimHarmless {
    pub(crate) scalar_functions: *const Text,
    pub(crate) scalar_function_count: usize,
    pub(crate) table_functions: *const Text,
    pub(crate) table_function_count: usize,
    pub(crate) pragmas: *const Text,
    pub(crate) pragma_count: usize,
}

#[repr(C)]
pub(crate) struct ShimOrigin {
    pub(crate) catalog: Text,
    pub(crate) schema: Text,
    pub(crate) table: Text,
    pub(crate) table_oid: u64,
    pub(crate) column_index: u64,
}

pub(crate) const SHIM_NOT_READY: u8 = 0;
pub(crate) const SHIM_BLOCKED: u8 = 1;
pub(crate) const SHIM_CHUNK: u8 = 2;
pub(crate) const SHIM_FINISHED: u8 = 3;

/// Which type of PostgreSQL's a logical type is sent as, and its modifier.
pub(crate) type ShimSentAs = unsafe extern "C" fn(logical: *const c_void, oid: *mut u32, modifier: *mut i32);

unsafe extern "C" {
    pub(crate) fn shim_error_type(error: *const ShimError) -> u8;
    pub(crate) fn shim_error_message(error: *const ShimError) -> Text;
    pub(crate) fn shim_error_extra_count(error: *const ShimError) -> usize;
    pub(crate) fn shim_error_extra_key(error: *const ShimError, index: usize) -> Text;
    pub(crate) fn shim_error_extra_value(error: *const ShimError, index: usize) -> Text;
    pub(crate) fn shim_error_free(error: *mut ShimError);
    pub(crate) fn shim_say(words: *mut ShimWords, text: Text);

    pub(crate) fn shim_library_version() -> Text;
    pub(crate) fn shim_library_source_id() -> Text;
    pub(crate) fn shim_header_version() -> Text;
    pub(crate) fn shim_header_source_id() -> Text;
    pub(crate) fn shim_open(
        options: *const ShimOption,
        count: usize,
        error: *mut *mut ShimError,
    ) -> *mut ShimInstance;
    pub(crate) fn shim_seal(instance: *mut ShimInstance);
    pub(crate) fn shim_close(instance: *mut ShimInstance);

    pub(crate) fn shim_connect(
        instance: *mut ShimInstance,
        guard: ShimGuard,
        error: *mut *mut ShimError,
    ) -> *mut ShimConnection;
    pub(crate) fn shim_disconnect(connection: *mut ShimConnection);
    pub(crate) fn shim_execute(
        connection: *mut ShimConnection,
        sql: Text,
        error: *mut *mut ShimError,
    ) -> bool;
    pub(crate) fn shim_define(connection: *mut ShimConnection, sql: Text, error: *mut *mut ShimError)
    -> bool;
    pub(crate) fn shim_put_facts(name: Text, rows: Text);
    pub(crate) fn shim_add_catalog(
        connection: *mut ShimConnection,
        sent_as: ShimSentAs,
        error: *mut *mut ShimError,
    ) -> bool;
    pub(crate) fn shim_confine(
        connection: *mut ShimConnection,
        harmless: *const ShimHarmless,
        error: *mut *mut ShimError,
    ) -> bool;
    pub(crate) fn shim_set_option(
        connection: *mut ShimConnection,
        name: Text,
        value: Text,
        error: *mut *mut ShimError,
    ) -> bool;
    pub(crate) fn shim_checkpoint_always(connection: *mut ShimConnection, always: bool);
    pub(crate) fn shim_keep_variable(connection: *mut ShimConnection, name: Text, limit: usize) -> bool;
    pub(crate) fn shim_in_transaction(connection: *mut ShimConnection) -> bool;
    pub(crate) fn shim_transaction_invalidated(connection: *mut ShimConnection) -> bool;
    pub(crate) fn shim_interrupter(connection: *mut ShimConnection) -> *mut ShimInterrupter;
    pub(crate) fn shim_interrupt(interrupter: *const ShimInterrupter);
    pub(crate) fn shim_progress(interrupter: *const ShimInterrupter) -> f64;
    pub(crate) fn shim_interrupter_free(interrupter: *mut ShimInterrupter);

    pub(crate) fn shim_look(
        connection: *mut ShimConnection,
        what: u8,
        parts: *const Text,
        count: usize,
        each: extern "C" fn(*mut c_void, Text),
        state: *mut c_void,
    ) -> bool;

    pub(crate) fn shim_hold(
        connection: *mut ShimConnection,
        database: Text,
        error: *mut *mut ShimError,
    ) -> *mut ShimHold;
    pub(crate) fn shim_hold_free(hold: *mut ShimHold);
    pub(crate) fn shim_has_open(connection: *mut ShimConnection, path: Text) -> bool;
    pub(crate) fn shim_wal_bytes(
        connection: *mut ShimConnection,
        database: Text,
        bytes: *mut u64,
        error: *mut *mut ShimError,
    ) -> bool;

    pub(crate) fn shim_extract(
        connection: *mut ShimConnection,
        sql: Text,
        statements: *mut *mut *mut ShimParsed,
        count: *mut usize,
        error: *mut *mut ShimError,
    ) -> bool;
    pub(crate) fn shim_parsed_array_free(statements: *mut *mut ShimParsed);
    pub(crate) fn shim_parsed_free(parsed: *mut ShimParsed);
    pub(crate) fn shim_parsed_kind(parsed: *const ShimParsed) -> u8;
    pub(crate) fn shim_parsed_computes_target(parsed: *const ShimParsed) -> bool;
    pub(crate) fn shim_parsed_location(parsed: *const ShimParsed) -> usize;
    pub(crate) fn shim_parsed_length(parsed: *const ShimParsed) -> usize;

    pub(crate) fn shim_prepare(
        connection: *mut ShimConnection,
        parsed: *const ShimParsed,
        error: *mut *mut ShimError,
    ) -> *mut ShimStatement;
    pub(crate) fn shim_statement_free(statement: *mut ShimStatement);
    pub(crate) fn shim_statement_kind(statement: *const ShimStatement) -> u8;
    pub(crate) fn shim_statement_return_type(statement: *const ShimStatement) -> u8;
    pub(crate) fn shim_statement_is_read_only(statement: *const ShimStatement) -> bool;
    pub(crate) fn shim_statement_is_resolved(statement: *const ShimStatement) -> bool;
    pub(crate) fn shim_statement_column_count(statement: *const ShimStatement) -> usize;
    pub(crate) fn shim_statement_column_name(statement: *const ShimStatement, index: usize) -> Text;
    pub(crate) fn shim_statement_column_type(
        statement: *const ShimStatement,
        index: usize,
    ) -> duckdb_logical_type;
    pub(crate) fn shim_statement_column_origin(
        statement: *const ShimStatement,
        index: usize,
        origin: *mut ShimOrigin,
    ) -> bool;
    pub(crate) fn shim_statement_parameter_count(statement: *const ShimStatement) -> usize;
    pub(crate) fn shim_statement_parameter_name(statement: *const ShimStatement, index: usize) -> Text;
    pub(crate) fn shim_statement_parameter_type(
        statement: *const ShimStatement,
        index: usize,
    ) -> duckdb_logical_type;
    pub(crate) fn shim_statement_bind(
        statement: *mut ShimStatement,
        index: usize,
        value: duckdb_value,
        error: *mut *mut ShimError,
    ) -> bool;
    pub(crate) fn shim_statement_bind_cell(
        statement: *mut ShimStatement,
        index: usize,
        chunk: duckdb_data_chunk,
        column: usize,
        error: *mut *mut ShimError,
    ) -> bool;
    pub(crate) fn shim_statement_clear(statement: *mut ShimStatement);

    pub(crate) fn shim_start(statement: *mut ShimStatement, error: *mut *mut ShimError)
    -> *mut ShimExecution;
    pub(crate) fn shim_execution_free(execution: *mut ShimExecution);
    pub(crate) fn shim_step(
        execution: *mut ShimExecution,
        chunk: *mut duckdb_data_chunk,
        error: *mut *mut ShimError,
    ) -> u8;
    pub(crate) fn shim_execution_rows_changed(execution: *const ShimExecution) -> u64;
    pub(crate) fn shim_execution_return_type(execution: *const ShimExecution) -> u8;
    pub(crate) fn shim_execution_column_count(execution: *const ShimExecution) -> usize;
    pub(crate) fn shim_execution_column_name(execution: *const ShimExecution, index: usize) -> Text;
    pub(crate) fn shim_execution_column_type(
        execution: *const ShimExecution,
        index: usize,
    ) -> duckdb_logical_type;

    pub(crate) fn shim_collection_create(error: *mut *mut ShimError) -> *mut ShimCollection;
    pub(crate) fn shim_collection_append(
        collection: *mut ShimCollection,
        connection: *mut ShimConnection,
        chunk: duckdb_data_chunk,
        error: *mut *mut ShimError,
    ) -> bool;
    pub(crate) fn shim_collection_bytes(collection: *const ShimCollection) -> usize;
    pub(crate) fn shim_collection_fetch(
        collection: *const ShimCollection,
        index: usize,
        chunk: *mut duckdb_data_chunk,
        error: *mut *mut ShimError,
    ) -> bool;
    pub(crate) fn shim_collection_free(collection: *mut ShimCollection);

    pub(crate) fn shim_appender_create(
        connection: *mut ShimConnection,
        query: Text,
        types: *const duckdb_logical_type,
        names: *const Text,
        count: usize,
        full_bytes: usize,
        error: *mut *mut ShimError,
    ) -> *mut ShimAppender;
    pub(crate) fn shim_appender_append(
        appender: *mut ShimAppender,
        chunk: duckdb_data_chunk,
        error: *mut *mut ShimError,
    ) -> bool;
    pub(crate) fn shim_appender_gathered(appender: *const ShimAppender) -> usize;
    pub(crate) fn shim_appender_flush(appender: *mut ShimAppender, error: *mut *mut ShimError) -> bool;
    pub(crate) fn shim_appender_free(appender: *mut ShimAppender);

    pub(crate) fn shim_vector_set_value(
        vector: duckdb_vector,
        row: usize,
        value: duckdb_value,
        error: *mut *mut ShimError,
    ) -> bool;
}
