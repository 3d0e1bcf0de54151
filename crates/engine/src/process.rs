//! What the process that holds an engine asks of the operating system where Rust has no safe call for it.
//!
//! All of it is for a process that has one thread still. Deliberately absent: what to ask for and in which order;
//! that is the sandbox's.

#![expect(unsafe_code, reason = "asks the C library and the kernel directly")]

use std::{
    ffi::{CStr, c_int},
    io,
};

use rustix::thread::{UnshareFlags, unshare_unsafe};

/// Closes every file descriptor from this one on (`close_range(2)`).
///
/// Nothing in this process may use one of them: descriptors that a Rust value owns must lie below.
///
/// # Errors
/// When the kernel has no `close_range` (before Linux 5.9).
pub fn close_descriptors_from(first: u32) -> io::Result<()> {
    // SAFETY: closing takes no pointers. The caller vouches that no value owns a descriptor in the range; the
    // sandbox calls this before it opens anything, with standard input, output and error below the range.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Sets a variable of this process's environment, for libraries that can be told in no other way.
pub fn set_variable(name: &str, value: &str) {
    // SAFETY: no second thread exists, so nobody reads the environment meanwhile.
    unsafe { std::env::set_var(name, value) }
}

/// Loads one of the system's libraries, for what is loaded later, where the system's folders cannot be seen any more.
/// Where there is none, that fails and says so.
pub fn load_library(name: &CStr) {
    // SAFETY: the name ends with NUL. The libraries asked for are the C library's own, whose initialisers do nothing
    // that needs care.
    unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW) };
}

/// Makes a write beyond the file size limit fail with `EFBIG` in the place of ending the process (`SIGXFSZ`,
/// `setrlimit(2)`).
///
/// # Errors
/// Whatever the system answers.
pub fn ignore_file_size_signal() -> io::Result<()> {
    // SAFETY: SIG_IGN is a valid disposition; no handler of anybody's is replaced in a process that has just begun.
    let former = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    if former == libc::SIG_ERR { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Caps the C library's allocation arenas, each of which reserves 64 MiB of addresses (`mallopt(3)`).
///
/// # Errors
/// When the C library does not know the option.
pub fn cap_arenas(arenas: u16) -> io::Result<()> {
    const M_ARENA_MAX: c_int = -8;
    // SAFETY: mallopt takes two numbers; before the second thread exists there is nothing to race with.
    let done = unsafe { libc::mallopt(M_ARENA_MAX, c_int::from(arenas)) };
    if done == 1 { Ok(()) } else { Err(io::Error::other("mallopt refused M_ARENA_MAX")) }
}

/// Has DuckDB's allocator (jemalloc, in its own names) unmap what it no longer needs, in the place of keeping the
/// addresses: under a limit on addresses it would run out of them. Answers whether this library has that allocator.
#[must_use]
pub fn give_back_addresses() -> bool {
    // SAFETY: the name ends with NUL; the symbol, where there is one, is jemalloc's `bool opt_retain`, which it reads
    // each time it frees pages. No engine is open and no second thread exists, so nothing reads it now.
    unsafe {
        let retain = libc::dlsym(libc::RTLD_DEFAULT, c"duckdb_je_opt_retain".as_ptr()).cast::<bool>();
        if retain.is_null() {
            return false;
        }
        retain.write(false);
    }
    true
}

/// Namespaces of its own for this process (`namespaces(7)`): network, mounts, inter-process communication and host
/// name; with a user namespace around them where the process has not the right otherwise.
///
/// # Errors
/// Whatever the system answers.
pub fn unshare_namespaces(with_user: bool, with_mounts: bool) -> io::Result<()> {
    let mut flags = UnshareFlags::NEWNET | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS;
    flags.set(UnshareFlags::NEWUSER, with_user);
    flags.set(UnshareFlags::NEWNS, with_mounts);
    // SAFETY: CLONE_FILES is not among the flags, which is what makes unshare unsafe.
    unsafe { unshare_unsafe(flags) }.map_err(io::Error::from)
}
