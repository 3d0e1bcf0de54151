//! The plan guard: the verdict on every bound plan of a connection (SECURITY §2). DuckDB calls the shim's hook
//! inside each bind, the shim lists what the plan touches, and the connection's [`Guard`] allows or refuses; a
//! refused bind fails with [`crate::ErrorKind::Permission`] and the subtype `PLAN_GUARD`. The guard also says which
//! databases the connection sees, and answers what its statements ask. Deliberately absent: any policy.

#![expect(unsafe_code, reason = "is called by C++ with borrowed lists")]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use crate::sys;

/// Judges bound plans, and knows what its connection may know. Called while DuckDB holds the connection's lock: it must
/// not use the connection, nor wait for anything that the thread which uses it holds. One call at a time; another
/// waits. A guard that panics refuses, and from then on always.
pub trait Guard: Send + 'static {
    /// Allows the statement, or refuses it with a reason that becomes the error's message. On the thread that
    /// prepares or executes.
    ///
    /// # Errors
    /// The reason of the refusal.
    fn judge(&mut self, touches: &[Touch]) -> Result<(), String>;

    /// Whether DuckDB's own functions (`duckdb_tables()` and their kin, and what is made of them: SHOW, PRAGMA,
    /// `information_schema`) show the connection this database and what is in it. Asked once for each scan and database;
    /// about `system` and `temp` only by `duckdb_databases()`. On any thread.
    fn sees(&mut self, database: &str) -> bool {
        let _ = database;
        true
    }

    /// One of these functions is about to open every database that is attached: from here on the transaction has used them
    /// all. May wait a little for what is just being attached or detached. On any thread.
    fn lists(&mut self) {}

    /// Answers `__pintail_tell(topic)`, and `current_setting(name)` by the topic `setting:name`, while a statement
    /// runs. Everybody can call these functions, with any topic. On any thread.
    ///
    /// # Errors
    /// The message of the statement's error, [`crate::ErrorKind::InvalidInput`] with the subtype `TELL`
    /// ([`crate::Error::is_untold`]).
    fn tell(&mut self, topic: &str) -> Result<String, String> {
        Err(format!("nothing is told about \"{topic}\""))
    }
}

/// Allows everything: for connections on which only the server's own statements run.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllowAll;

impl Guard for AllowAll {
    fn judge(&mut self, _touches: &[Touch]) -> Result<(), String> {
        Ok(())
    }
}

/// One thing that a bound statement does or reaches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Touch {
    /// What is done.
    pub operator: Operator,
    /// To what, as [`Operator`] says.
    pub name: String,
    /// Details, as [`Operator`] says.
    pub arguments: Vec<String>,
}

macro_rules! operators {
    ($($(#[$doc:meta])* $operator:ident,)*) => {
        /// What a statement does. `TableScan` to `AggregateFunction` come from every plan; plain relational
        /// operators (projection, filter, join…) are not listed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operator {
            $($(#[$doc])* $operator,)*
        }

        /// In the order of `TouchKind` in `shim/guard.hpp`.
        const OPERATORS: &[Operator] = &[$(Operator::$operator,)*];
    };
}

operators! {
    /// Reads a table. Name: table; arguments: catalog, schema, table oid.
    TableScan,
    /// Calls a table function. Name: function; arguments: parameters as text, then `k=v` for named ones. COPY FROM
    /// is its format's function with the file names. While one that is not harmless is bound without any, its argument
    /// is the connection's current database.
    TableFunction,
    /// Calls a scalar function. Name: function; arguments: the constant texts among its arguments; for `nextval`
    /// and `currval` catalog, schema, sequence. In definitions that are not bound (generated columns, defaults of
    /// CREATE and ALTER TABLE, checks) the name is as written, which may be a macro.
    ScalarFunction,
    /// Calls an aggregate or window function. Name: function, as `sum`, `row_number`, `first_value`.
    AggregateFunction,
    /// Writes a file. Name: format; arguments: path.
    CopyTo,
    /// Inserts. Name: table; arguments: catalog, schema, table oid.
    Insert,
    /// Updates, also by ON CONFLICT. Name and arguments as [`Operator::Insert`].
    Update,
    /// Deletes. Name and arguments as [`Operator::Insert`].
    Delete,
    /// Merges. Name and arguments as [`Operator::Insert`].
    Merge,
    /// Name: table; arguments: catalog, schema, and `temporary` when it is.
    CreateTable,
    /// Name: view; arguments as [`Operator::CreateTable`].
    CreateView,
    /// Name: macro; arguments as [`Operator::CreateTable`].
    CreateMacro,
    /// Name: type; arguments as [`Operator::CreateTable`].
    CreateType,
    /// Name: sequence; arguments as [`Operator::CreateTable`].
    CreateSequence,
    /// Name: schema; arguments: catalog (empty for the current one), schema.
    CreateSchema,
    /// Name: index; arguments: catalog, schema, table, index type.
    CreateIndex,
    /// Name: secret; arguments: type, provider, storage.
    CreateSecret,
    /// Name: entry; arguments: catalog, schema, kind of entry.
    Drop,
    /// Name: entry; arguments: catalog, schema, kind of entry. COMMENT ON is one too.
    Alter,
    /// Name: alias, which DuckDB makes of the path when the statement has none; arguments: path, then `k=v` options.
    Attach,
    /// Name: alias.
    Detach,
    /// Name: extension; arguments: `load`, `install`, `force install` or `update`, then the repository.
    Load,
    /// EXPORT DATABASE. Name: format; arguments: path. Binding has made the directory by then: refuse it by its
    /// [`crate::StatementKind`].
    Export,
    /// COPY FROM DATABASE. Name: target.
    CopyDatabase,
    /// Name: pragma; arguments: parameters, then `k=v` for named ones.
    Pragma,
    /// SET. Name: setting in lower case; arguments: value, scope (`local`, `session`, `global`, `automatic`).
    Set,
    /// RESET. Name: setting in lower case; arguments: scope.
    Reset,
    /// SET VARIABLE and RESET VARIABLE. Name: variable.
    SetVariable,
    /// BEGIN, COMMIT, ROLLBACK. Name: the statement as text.
    Transaction,
    /// Name: `analyze` or `plan`; what is explained is listed too.
    Explain,
    /// SQL-level PREPARE. Name: statement; what is prepared is listed too.
    Prepare,
    /// SQL-level EXECUTE.
    Execute,
    /// Name: `vacuum` or `analyze`.
    Vacuum,
    /// DuckDB registered the database as read. Name: catalog.
    ReadsDatabase,
    /// DuckDB registered the database as changed. Name: catalog.
    WritesDatabase,
    /// Anything else. Name: DuckDB's operator.
    Other,
}

/// What the last prepare of a connection touched, kept for its statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record(Arc<Mutex<Option<Vec<Touch>>>>);

impl Record {
    /// From here on, judged touches are kept.
    pub(crate) fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
    }

    /// What was judged since [`Record::begin`].
    pub(crate) fn finish(&self) -> Vec<Touch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    fn add(&self, touches: Vec<Touch>) {
        if let Some(kept) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            kept.extend(touches);
        }
    }
}

/// What the shim holds for a connection: a guard and the record of what it saw.
struct State {
    guard: Mutex<Box<dyn Guard>>,
    record: Record,
}

/// Gives a guard away to the shim, which drops it with the connection's last statement.
pub(crate) fn into_shim(guard: impl Guard, record: Record) -> sys::ShimGuard {
    let state = Box::new(State { guard: Mutex::new(Box::new(guard)), record });
    sys::ShimGuard { state: Box::into_raw(state).cast(), judge, sees, lists, tell, drop: drop_state }
}

extern "C" fn drop_state(state: *mut c_void) {
    // SAFETY: the pointer `into_shim` gave away, given back once.
    let state = unsafe { Box::from_raw(state.cast::<State>()) };
    // A guard's own Drop must not unwind into C++ either.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(state)));
}

extern "C" fn judge(
    state: *mut c_void,
    touches: *const sys::ShimTouch,
    count: usize,
    reason: *mut sys::ShimWords,
) -> bool {
    let verdict = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the pointer `into_shim` gave away; the shim owns it and gives it back only afterwards.
        let state = unsafe { &*state.cast::<State>() };
        // SAFETY: the shim lends `count` touches for the length of this call.
        let touches: Vec<Touch> = unsafe { read_list(touches, count) }
            .iter()
            // SAFETY: as above, and so for their texts.
            .map(|touch| unsafe { read_touch(touch) })
            .collect();
        let Ok(mut guard) = state.guard.lock() else {
            return Err("the plan guard is not available".to_owned());
        };
        let verdict = guard.judge(&touches);
        state.record.add(touches);
        verdict
    }));
    let refusal = match verdict {
        Ok(Ok(())) => return true,
        Ok(Err(refusal)) => refusal,
        Err(_panic) => "the plan guard failed".to_owned(),
    };
    // SAFETY: the shim lends `reason` for the length of this call, and copies the text.
    unsafe { sys::shim_say(reason, sys::Text::new(&refusal)) }
    false
}

extern "C" fn sees(state: *mut c_void, database: sys::Text) -> bool {
    let seen = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the pointer `into_shim` gave away; the shim owns it and gives it back only afterwards.
        let state = unsafe { &*state.cast::<State>() };
        // SAFETY: lent for the length of this call.
        let database = unsafe { database.into_string() };
        state.guard.lock().is_ok_and(|mut guard| guard.sees(&database))
    }));
    seen.unwrap_or(false)
}

extern "C" fn lists(state: *mut c_void) {
    // What a guard that panics has not counted, the shim refuses.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the pointer `into_shim` gave away; the shim owns it and gives it back only afterwards.
        let state = unsafe { &*state.cast::<State>() };
        if let Ok(mut guard) = state.guard.lock() {
            guard.lists();
        }
    }));
}

extern "C" fn tell(state: *mut c_void, topic: sys::Text, words: *mut sys::ShimWords) -> bool {
    let told = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the pointer `into_shim` gave away; the shim owns it and gives it back only afterwards.
        let state = unsafe { &*state.cast::<State>() };
        // SAFETY: lent for the length of this call.
        let topic = unsafe { topic.into_string() };
        let Ok(mut guard) = state.guard.lock() else {
            return Err("the plan guard is not available".to_owned());
        };
        guard.tell(&topic)
    }));
    let (is_told, text) = match told {
        Ok(Ok(answer)) => (true, answer),
        Ok(Err(reason)) => (false, reason),
        Err(_panic) => (false, "the plan guard failed".to_owned()),
    };
    // SAFETY: the shim lends `words` for the length of this call, and copies the text.
    unsafe { sys::shim_say(words, sys::Text::new(&text)) }
    is_told
}

/// # Safety
/// Null and 0, or `count` elements that outlive `'l`.
unsafe fn read_list<'l, T>(list: *const T, count: usize) -> &'l [T] {
    if list.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(list, count) }
}

/// # Safety
/// The touch's texts are readable.
unsafe fn read_touch(touch: &sys::ShimTouch) -> Touch {
    // SAFETY: the caller's promise.
    unsafe {
        Touch {
            operator: OPERATORS.get(usize::from(touch.kind)).copied().unwrap_or(Operator::Other),
            name: touch.name.into_string(),
            arguments: read_list(touch.arguments, touch.argument_count)
                .iter()
                .map(|argument| argument.into_string())
                .collect(),
        }
    }
}
