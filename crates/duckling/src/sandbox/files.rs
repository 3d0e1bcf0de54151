//! Landlock: which files may be read and written, which port may be connected to, and nobody outside signalled.

use std::{io, path::Path};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, NetPort, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    make_bitflags,
};
use wire::link::Configuration;

use super::owner::WRITTEN;

/// The newest version whose rights are asked for; older kernels give what they have.
const LANDLOCK_ABI: ABI = ABI::V6;

/// What DuckDB reads of the host: without these it misjudges memory and cores, or aborts.
const HOST_FILES: [&str; 4] = ["/sys/fs/cgroup", "/proc/self", "/proc/meminfo", "/sys/devices/system/cpu"];

/// Everything that may be read beside the account's folder.
pub(super) fn readable(configuration: &Configuration) -> impl Iterator<Item = &str> {
    let shares = configuration.mounts.iter().filter(|mount| mount.read_only).map(|mount| mount.path.as_str());
    HOST_FILES
        .into_iter()
        .chain([configuration.extension_directory.as_str()])
        .chain(shares)
        .chain(configuration.remote.as_ref().map(|remote| remote.ca_file.as_str()))
}

/// Restricts the process to writing its account's databases and spilled data, reading also shares and extensions, and
/// to one TCP port, that of the egress proxy.
///
/// # Errors
/// When the kernel has no Landlock.
pub(super) fn restrict(configuration: &Configuration, proxy_port: Option<u16>) -> io::Result<String> {
    let status = ruleset(configuration, proxy_port).map_err(io::Error::other)?;
    match status.ruleset {
        RulesetStatus::FullyEnforced => Ok("files, TCP ports, signals and abstract sockets".to_owned()),
        RulesetStatus::PartiallyEnforced => Ok("files, and what more this kernel knows".to_owned()),
        RulesetStatus::NotEnforced => {
            Err(io::Error::other("the kernel has no Landlock, or it is switched off"))
        }
    }
}

fn ruleset(
    configuration: &Configuration,
    proxy_port: Option<u16>,
) -> Result<RestrictionStatus, RulesetError> {
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let write: BitFlags<AccessFs> =
        read | make_bitflags!(AccessFs::{WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir});
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK_ABI))?
        .handle_access(AccessNet::from_all(LANDLOCK_ABI))?
        .scope(Scope::from_all(LANDLOCK_ABI))?
        .create()?;
    let account = Path::new(&configuration.directory);
    for path in readable(configuration).map(Path::new).chain([account]) {
        if let Ok(file) = PathFd::new(path) {
            let rights = if path.is_dir() { read } else { AccessFs::ReadFile.into() };
            ruleset = ruleset.add_rule(PathBeneath::new(file, rights))?;
        }
    }
    for folder in WRITTEN {
        if let Ok(folder) = PathFd::new(account.join(folder)) {
            ruleset = ruleset.add_rule(PathBeneath::new(folder, write))?;
        }
    }
    if let Some(port) = proxy_port {
        ruleset = ruleset.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
    }
    ruleset.restrict_self()
}
