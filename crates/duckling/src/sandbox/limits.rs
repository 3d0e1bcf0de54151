//! Resource limits, and the rights that a process has beside its user's (capabilities).

use std::{fs, io, path::Path};

use rustix::{
    process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit},
    thread::{CapabilitySet, CapabilitySets, set_capabilities},
};
use wire::link::Configuration;

use super::begin::ARENAS;

/// A session's stack, and DuckDB's own threads': its recursion limits are safe with this and crash with 2 MiB.
/// Untouched pages cost nothing but addresses.
pub(crate) const STACK_BYTES: usize = 8 << 20;

/// Addresses beyond what the engine may use: code, libraries, buffers of sessions.
const ADDRESSES_BESIDE: u64 = 1 << 30;

/// What the C library reserves for an arena.
const ARENA_BYTES: u64 = 64 << 20;

/// A thread's guard page and its control block, rounded up.
const BESIDE_STACK_BYTES: u64 = 64 << 10;

/// Threads beside those of sessions and of the engine: the control link, deadlines, the engine's own helpers.
const THREADS_BESIDE: u64 = 32;

/// Sets the limits. The number of processes is limited only where they are counted for this duckling alone.
///
/// # Errors
/// Whatever the system answers.
pub(super) fn set(configuration: &Configuration, has_own_count: bool) -> io::Result<String> {
    let threads = u64::from(configuration.sessions_max) + u64::from(configuration.threads) + THREADS_BESIDE;
    let addresses = address_bytes(configuration.memory_limit_bytes, threads);
    limit(Resource::As, addresses)?;
    limit(Resource::Memlock, 0)?;
    if let Some(bytes) = file_bytes(configuration) {
        limit(Resource::Fsize, bytes)?;
    }
    limit(Resource::Msgqueue, 0)?;
    if has_own_count {
        limit(Resource::Nproc, threads)?;
    }
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    Ok(format!("{} MiB of addresses, {threads} threads, no capabilities, no cores", addresses >> 20))
}

fn limit(resource: Resource, value: u64) -> io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })?)
}

/// How long a file may become: beyond the quota, which is watched from inside and counts all files, by what lets a tenant
/// free space, and beyond what is there already. Nothing without a quota.
fn file_bytes(configuration: &Configuration) -> Option<u64> {
    const BESIDE: u64 = 256 << 20;
    let databases =
        fs::read_dir(Path::new(&configuration.directory).join("db")).into_iter().flatten().flatten();
    let largest = databases.filter_map(|entry| Some(entry.metadata().ok()?.len())).max().unwrap_or_default();
    let bound = configuration.disk_quota_bytes.max(configuration.spill_limit_bytes).max(largest);
    (configuration.disk_quota_bytes > 0).then(|| bound.saturating_add(bound / 10).saturating_add(BESIDE))
}

/// What the process may map: DuckDB keeps to its own limit in most places, and this catches the rest (`repeat`).
fn address_bytes(memory_limit_bytes: u64, threads: u64) -> u64 {
    let stack = u64::try_from(STACK_BYTES).unwrap_or(u64::MAX).saturating_add(BESIDE_STACK_BYTES);
    let stacks = threads.saturating_mul(stack);
    let beside = ADDRESSES_BESIDE + u64::from(ARENAS) * ARENA_BYTES;
    memory_limit_bytes.saturating_add(beside).saturating_add(stacks)
}
