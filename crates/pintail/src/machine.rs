//! What this machine has: memory, cores, free disk. Limits given in percent are taken of these.

use std::{fs, path::Path, thread};

use rustix::fs::StatVfs;

/// Memory that processes here may use, in bytes: the machine's, or less in a control group.
pub(crate) fn memory_bytes() -> u64 {
    let system = rustix::system::sysinfo();
    let total: u64 = system.totalram.saturating_mul(system.mem_unit.into());
    let limits = control_group_limits();
    limits.into_iter().fold(total, u64::min)
}

/// The limits of the control groups (version 2) that this process is in, from the innermost out.
fn control_group_limits() -> Vec<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let path = own.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let root = Path::new("/sys/fs/cgroup");
    let group = root.join(path.trim_start_matches('/'));
    let groups = group.ancestors().take_while(|group| group.starts_with(root));
    groups
        .filter_map(|group| fs::read_to_string(group.join("memory.max")).ok()?.trim().parse().ok())
        .collect()
}

/// Cores that this process may use.
pub(crate) fn cores() -> u32 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(cores).unwrap_or(u32::MAX)
}

/// Free bytes on the disk of a path, or of the first folder above it that exists.
pub(crate) fn free_disk_bytes(path: &Path) -> u64 {
    status(path).map_or(0, |status| status.f_bavail.saturating_mul(status.f_frsize))
}

/// What that disk holds in all, in bytes.
pub(crate) fn disk_bytes(path: &Path) -> u64 {
    status(path).map_or(0, |status| status.f_blocks.saturating_mul(status.f_frsize))
}

fn status(path: &Path) -> Option<StatVfs> {
    let existing = path.ancestors().find(|folder| folder.exists());
    existing.and_then(|folder| rustix::fs::statvfs(folder).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_machine_has_some_of_each() {
        assert!(memory_bytes() > 64 << 20);
        assert!(cores() > 0);
        assert!(free_disk_bytes(Path::new("/no/such/folder")) > 0);
        assert!(disk_bytes(Path::new("/")) >= free_disk_bytes(Path::new("/")));
    }
}
