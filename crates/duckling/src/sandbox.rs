//! The box that the operating system puts around a duckling, entered by the duckling itself before it
//! opens DuckDB.
//!
//! What is here: limits on cores and files, the signal at the gateway's death, no new privileges, and
//! Landlock on the file system and on TCP. Namespaces, seccomp and a user of its own come with the sandbox part.

use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};
use wire::link::Configuration;

/// The newest Landlock version whose rights are asked for; older kernels give what they have.
const LANDLOCK_ABI: ABI = ABI::V5;

/// What DuckDB reads of the host: without these it misjudges memory and cores, or aborts.
const HOST_FILES: [&str; 4] = ["/sys/fs/cgroup", "/proc/self", "/proc/meminfo", "/sys/devices/system/cpu"];

/// What has to be done while the process has one thread and has read nothing.
pub(crate) fn before_threads() -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, maximum: files.maximum })?;
    Ok(())
}

/// Restricts the process to its account's directory, reading also to shares and extensions; and to one TCP
/// port, that of the egress proxy.
pub(crate) fn enter(configuration: &Configuration, proxy_port: Option<u16>) -> Result<(), RulesetError> {
    let all = AccessFs::from_all(LANDLOCK_ABI);
    let read = AccessFs::from_read(LANDLOCK_ABI);
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)?
        .handle_access(AccessNet::from_all(LANDLOCK_ABI))?
        .create()?;
    let shares = configuration.mounts.iter().filter(|mount| mount.read_only).map(|mount| mount.path.as_str());
    let readable = HOST_FILES
        .into_iter()
        .chain([configuration.extension_directory.as_str()])
        .chain(shares)
        .chain(configuration.remote.as_ref().map(|remote| remote.ca_file.as_str()));
    for path in readable {
        if let Ok(file) = PathFd::new(path) {
            ruleset = ruleset.add_rule(PathBeneath::new(file, read))?;
        }
    }
    if let Ok(directory) = PathFd::new(&configuration.directory) {
        ruleset = ruleset.add_rule(PathBeneath::new(directory, all))?;
    }
    if let Some(port) = proxy_port {
        ruleset = ruleset.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
    }
    report(&ruleset.restrict_self()?);
    // A relative path of a tenant's must lead nowhere.
    if let Err(error) = std::env::set_current_dir("/") {
        tracing::warn!(%error, "the working directory stays what it was");
    }
    Ok(())
}

fn report(status: &RestrictionStatus) {
    match status.ruleset {
        RulesetStatus::FullyEnforced => tracing::debug!("landlock is enforced"),
        RulesetStatus::PartiallyEnforced => tracing::debug!("landlock is enforced as far as this kernel can"),
        RulesetStatus::NotEnforced => {
            tracing::warn!(
                "this kernel has no landlock: the file system is guarded by the engine's locks alone"
            );
        }
    }
}
