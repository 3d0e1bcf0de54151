//! How many threads a duckling may have, and how many bytes of addresses.
//!
//! Its own limits (setrlimit(2)) are these numbers, and its control group has to hold as much: otherwise what the one
//! lets it have makes the kernel end it by the other, where an error (53200) would have done.

use super::Configuration;

/// A session's stack, and DuckDB's own threads': its recursion limits are safe with this and crash with 2 MiB.
/// Untouched pages cost nothing but addresses.
pub const STACK_BYTES: usize = 8 << 20;

/// The C library's allocation arenas. More would reserve more addresses, and make nothing faster with so few
/// allocations.
pub const ARENAS: u16 = 4;

/// What the C library reserves for an arena.
const ARENA_BYTES: u64 = 64 << 20;

/// A thread's guard page and its control block, rounded up.
const BESIDE_STACK_BYTES: u64 = 64 << 10;

/// Threads beside those of sessions and of the engine: the control link, deadlines, the engine's own helpers.
const THREADS_BESIDE: u64 = 32;

/// Addresses beyond what the engine may use: code, libraries, buffers of sessions.
const ADDRESSES_BESIDE: u64 = 1 << 30;

impl Configuration {
    /// Threads that the process may have.
    #[must_use]
    pub fn threads_max(&self) -> u64 {
        u64::from(self.sessions_max) + u64::from(self.threads) + THREADS_BESIDE
    }

    /// What the process may map, in bytes: DuckDB keeps to its own limit in most places, and this catches the rest
    /// (`repeat`).
    #[must_use]
    pub fn address_bytes(&self) -> u64 {
        let stack = u64::try_from(STACK_BYTES).unwrap_or(u64::MAX).saturating_add(BESIDE_STACK_BYTES);
        let stacks = self.threads_max().saturating_mul(stack);
        let beside = ADDRESSES_BESIDE + u64::from(ARENAS) * ARENA_BYTES;
        self.memory_limit_bytes.saturating_add(beside).saturating_add(stacks)
    }
}
