//! Resource limits, and the rights that a process has beside its user's (capabilities).

use std::{fs, io, path::Path};

use rustix::{
    process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit},
    thread::{CapabilitySet, CapabilitySets, set_capabilities},
};
use wire::link::Configuration;

/// Sets the limits. The number of processes is limited only where they are counted for this duckling alone.
///
/// # Errors
/// Whatever the system answers.
pub(super) fn set(configuration: &Configuration, has_own_count: bool) -> io::Result<String> {
    let (threads, addresses) = (configuration.threads_max(), configuration.address_bytes());
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
