//! The listener at which DuckDB finds its proxy.
//!
//! It is opened on this process's loopback (that of its own network namespace, where it has one) and given
//! away to the gateway at once: nothing in this process accepts on it, and no handle to it stays here. The
//! simplest way out of a box without a network: no bytes are copied inside the box, and the only thing that
//! crosses its wall is one descriptor, once, before any SQL.

use std::{io, net::TcpListener};

/// The listener, and its port.
///
/// # Errors
/// When the loopback cannot be listened on.
pub(crate) fn open() -> io::Result<(TcpListener, u16)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}
