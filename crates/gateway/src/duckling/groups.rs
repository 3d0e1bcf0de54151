//! Control groups: a memory limit on each duckling that the kernel keeps, where this process may make groups.
//!
//! Version 2 wants a group that is ours alone (`Delegate=yes` in a systemd unit; a container's own): the gateway moves
//! into one below it, the ducklings into others beside. Version 1 has a tree of its own for memory. The limit is above
//! the engine's own, since the page cache is counted too and given back first (cgroups(7)).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::ids::AccountId;

/// Where control groups are mounted.
const MOUNT: &str = "/sys/fs/cgroup";

/// The group that the gateway itself moves into, with version 2.
const OWN: &str = "gateway";

/// Beyond the engine's memory limit.
const BESIDE_BYTES: u64 = 1 << 30;

/// Where groups for ducklings can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    folder: PathBuf,
    limit_file: &'static str,
}

/// A duckling's group; it is removed with this value, which has to outlive the process.
#[derive(Debug)]
pub struct Group {
    folder: PathBuf,
}

impl Groups {
    /// Finds the place, once for the life of this process.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub fn open() -> Result<Self, String> {
        let own = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        Self::find(Path::new(MOUNT), &own, std::process::id())
    }

    /// `own` is what `/proc/self/cgroup` says of this process.
    fn find(mount: &Path, own: &str, process: u32) -> Result<Self, String> {
        let paths = own.lines().filter_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            Some((parts.next()?, parts.next()?.trim_start_matches('/')))
        });
        for (controllers, path) in paths {
            let found = if controllers.split(',').any(|name| name == "memory") {
                Self::version_1(&mount.join("memory").join(path), process)
            } else if controllers.is_empty() && mount.join("cgroup.controllers").exists() {
                Self::version_2(&mount.join(path), process)
            } else {
                continue;
            };
            return found.map_err(|error| error.to_string());
        }
        Err("no control group with a memory controller".to_owned())
    }

    fn version_1(group: &Path, process: u32) -> io::Result<Self> {
        for entry in fs::read_dir(group)?.flatten() {
            let name = entry.file_name();
            let gateway = name.to_str().and_then(|name| name.strip_prefix("pintail-"));
            // Those of gateways that are gone.
            if gateway.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
                let _ = fs::remove_dir(entry.path());
            }
        }
        let folder = group.join(format!("pintail-{process}"));
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, limit_file: "memory.limit_in_bytes" })
    }

    fn version_2(group: &Path, process: u32) -> io::Result<Self> {
        let limit_file = "memory.max";
        let gives_memory = |group: &Path| {
            let given = fs::read_to_string(group.join("cgroup.subtree_control")).unwrap_or_default();
            given.split_whitespace().any(|name| name == "memory")
        };
        if let Some(parent) = group.parent().filter(|parent| group.ends_with(OWN) && gives_memory(parent)) {
            return Ok(Self { folder: parent.to_owned(), limit_file });
        }
        let processes = fs::read_to_string(group.join("cgroup.procs"))?;
        if processes.split_whitespace().any(|other| other != process.to_string()) {
            return Err(io::Error::other(
                "this process shares its control group with others (Delegate=yes in a systemd unit gives it one)",
            ));
        }
        let own = group.join(OWN);
        fs::create_dir_all(&own)?;
        fs::write(own.join("cgroup.procs"), process.to_string())?;
        fs::write(group.join("cgroup.subtree_control"), "+memory")?;
        Ok(Self { folder: group.to_owned(), limit_file })
    }

    /// Puts a process into a group of its own.
    ///
    /// # Errors
    /// Whatever the system answers.
    pub fn add(&self, account: AccountId, process: u32, memory_limit_bytes: u64) -> io::Result<Group> {
        let folder = self.folder.join(format!("account-{account}-{process}"));
        fs::create_dir(&folder)?;
        let group = Group { folder };
        let limit = memory_limit_bytes.saturating_add(BESIDE_BYTES);
        fs::write(group.folder.join(self.limit_file), limit.to_string())?;
        fs::write(group.folder.join("cgroup.procs"), process.to_string())?;
        Ok(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.folder) {
            tracing::debug!(%error, "a control group stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_moves_itself_away_and_gives_its_group_to_ducklings() {
        let mount = tempfile::tempdir().unwrap();
        let unit = mount.path().join("system.slice/pintail.service");
        fs::create_dir_all(&unit).unwrap();
        fs::write(mount.path().join("cgroup.controllers"), "cpu memory\n").unwrap();
        fs::write(unit.join("cgroup.procs"), "7\n").unwrap();
        let own = "0::/system.slice/pintail.service\n";
        let groups = Groups::find(mount.path(), own, 7).unwrap();
        assert_eq!(fs::read_to_string(unit.join("gateway/cgroup.procs")).unwrap(), "7");
        assert_eq!(fs::read_to_string(unit.join("cgroup.subtree_control")).unwrap(), "+memory");
        let group = groups.add(AccountId(3), 99, 512 << 20).unwrap();
        assert_eq!(group.folder, unit.join("account-3-99"));
        assert_eq!(fs::read_to_string(group.folder.join("memory.max")).unwrap(), (1536u64 << 20).to_string());
        assert_eq!(fs::read_to_string(group.folder.join("cgroup.procs")).unwrap(), "99");
        // The next gateway in the same unit begins where this one is.
        fs::write(unit.join("cgroup.subtree_control"), "memory\n").unwrap();
        let again = Groups::find(mount.path(), "0::/system.slice/pintail.service/gateway\n", 8).unwrap();
        assert_eq!(again, groups);
    }

    #[test]
    fn a_group_that_others_are_in_is_left_alone() {
        let mount = tempfile::tempdir().unwrap();
        fs::write(mount.path().join("cgroup.controllers"), "memory\n").unwrap();
        fs::write(mount.path().join("cgroup.procs"), "1\n7\n").unwrap();
        let error = Groups::find(mount.path(), "0::/\n", 7).unwrap_err();
        assert!(error.contains("shares its control group"), "{error}");
        assert!(!mount.path().join(OWN).exists());
        assert!(Groups::find(mount.path(), "1:cpu:/\n", 7).is_err());
    }

    #[test]
    fn version_1_has_its_own_tree_for_memory() {
        let mount = tempfile::tempdir().unwrap();
        let group = mount.path().join("memory/box");
        // No process has this number; the other is this one.
        let own_folder = group.join(format!("pintail-{}", std::process::id()));
        for folder in [&group.join("pintail-4194305"), &own_folder] {
            fs::create_dir_all(folder).unwrap();
        }
        let own = "5:devices:/\n4:memory:/box\n0::/\n";
        let groups = Groups::find(mount.path(), own, 7).unwrap();
        assert_eq!(groups, Groups { folder: group.join("pintail-7"), limit_file: "memory.limit_in_bytes" });
        assert!(!group.join("pintail-4194305").exists());
        assert!(own_folder.exists());
    }
}
