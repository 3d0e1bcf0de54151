//! One DuckDB instance in memory, with the plan guard installed. Everything persistent is attached to it.
//! Deliberately absent: which options are safe (the duckling's sandbox decides).

#![expect(unsafe_code, reason = "owns the shim's instance")]

use crate::connection::Connection;
use crate::context::Context;
use crate::error::{Error, ErrorKind, ErrorSlot};
use crate::guard::{self, Guard, Record};
use crate::sys::{self, ShimOption, Text};

/// How an instance is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// DuckDB settings, applied in this order before the instance opens.
    pub config: Vec<(String, String)>,
}

/// An open instance. It closes when it and all its connections are gone.
#[derive(Debug)]
pub struct Instance {
    handle: *mut sys::ShimInstance,
}

// SAFETY: DuckDB's instance is made for many threads; connecting takes its locks.
unsafe impl Send for Instance {}
// SAFETY: as above.
unsafe impl Sync for Instance {}

impl Instance {
    /// Opens `:memory:` and installs the plan guard.
    ///
    /// # Errors
    /// A library that is not the one the shim was compiled for, or a setting DuckDB does not take.
    pub fn open(options: &Options) -> Result<Self, Error> {
        check_library()?;
        let config: Vec<_> = options
            .config
            .iter()
            .map(|(name, value)| ShimOption { name: Text::new(name), value: Text::new(value) })
            .collect();
        let mut error = ErrorSlot::new();
        // SAFETY: as many options as said, whose texts are copied.
        let handle = unsafe { sys::shim_open(config.as_ptr(), config.len(), error.as_out()) };
        if handle.is_null() {
            return Err(error.take());
        }
        Ok(Self { handle })
    }

    /// From here on a bind on a connection without a guard (opened by an extension or by DuckDB itself) is refused.
    /// To be called when all databases are attached: DuckDB replays their logs on a connection of its own.
    pub fn seal(&self) {
        // SAFETY: a live instance; the flag is atomic.
        unsafe { sys::shim_seal(self.handle) }
    }

    /// Opens a connection whose every bound plan the guard judges.
    ///
    /// # Errors
    /// Whatever DuckDB fails with.
    pub fn connect(&self, guard: impl Guard) -> Result<Connection, Error> {
        let record = Record::default();
        let mut error = ErrorSlot::new();
        // SAFETY: a live instance; the guard is given away.
        let handle = unsafe {
            sys::shim_connect(self.handle, guard::into_shim(guard, record.clone()), error.as_out())
        };
        if handle.is_null() {
            return Err(error.take());
        }
        // SAFETY: an owned connection.
        Ok(Connection::new(unsafe { Context::new(handle, record) }))
    }

    /// The library's version, as `v1.5.5`.
    #[must_use]
    pub fn version() -> String {
        // SAFETY: a static text.
        unsafe { sys::shim_library_version().into_string() }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: owned; connections keep what they need alive.
        unsafe { sys::shim_close(self.handle) }
    }
}

/// The shim reaches into C++ objects, whose layout belongs to one version.
fn check_library() -> Result<(), Error> {
    // SAFETY: static texts.
    let (library, header) = unsafe {
        (
            (sys::shim_library_version().into_string(), sys::shim_library_source_id().into_string()),
            (sys::shim_header_version().into_string(), sys::shim_header_source_id().into_string()),
        )
    };
    if library == header {
        return Ok(());
    }
    let message = format!(
        "libduckdb is {} ({}), but Pintail was built for {} ({}); run scripts/get-duckdb.sh and build again",
        library.0, library.1, header.0, header.1
    );
    Err(Error::new(ErrorKind::Fatal, message))
}
