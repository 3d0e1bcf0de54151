//! Control groups: a memory limit on each duckling that the kernel keeps, where this process may make groups.
//!
//! Version 2 wants a group that is ours alone (`Delegate=yes` in a systemd unit; a container's own): the gateway moves
//! into one below it, the ducklings into others beside. Version 1 has a tree of its own for memory. The limit is what
//! the process may map: the page cache is counted too, and given back first (cgroups(7)).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::fs::{Access, access};

use crate::ids::AccountId;

/// Where control groups are mounted.
const MOUNT: &str = "/sys/fs/cgroup";

/// The group that the gateway itself moves into, with version 2.
const OWN: &str = "gateway";

/// How the names of a gateway's group (version 1) and of a duckling's begin; process numbers end them.
const GATEWAY: &str = "pintail-";
const ACCOUNT: &str = "account-";

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
    /// Makes the place, once for the life of this process, and removes what gateways before it have left.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub fn open() -> Result<Self, String> {
        let own = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        let place = Place::find(Path::new(MOUNT), &own, std::process::id())?;
        place.make(std::process::id()).map_err(|error| error.to_string())
    }

    /// Whether there is a place, without making it.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub fn look() -> Result<(), String> {
        let own = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        Place::find(Path::new(MOUNT), &own, std::process::id()).map(drop)
    }

    /// Puts a process into a group of its own, of so many bytes. They should be what the process may map
    /// ([`address_bytes`](wire::link::Configuration::address_bytes)) at least.
    ///
    /// # Errors
    /// Whatever the system answers.
    pub fn add(&self, account: AccountId, process: u32, bytes: u64) -> io::Result<Group> {
        let folder = self.folder.join(format!("{ACCOUNT}{account}-{process}"));
        // One that is there already was left by a process of the same number.
        fs::create_dir_all(&folder)?;
        let group = Group { folder };
        fs::write(group.folder.join(self.limit_file), bytes.to_string())?;
        fs::write(group.folder.join("cgroup.procs"), process.to_string())?;
        Ok(group)
    }
}

/// Where groups could be made.
#[derive(Debug)]
enum Place {
    /// In the tree of the memory controller, below this group.
    Version1(PathBuf),
    /// Below this group, which already has a gateway's group in it.
    Version2(PathBuf),
    /// Below this group, once the gateway has moved out of it.
    Version2Alone(PathBuf),
}

impl Place {
    /// `own` is what `/proc/self/cgroup` says of this process.
    fn find(mount: &Path, own: &str, process: u32) -> Result<Self, String> {
        let paths = own.lines().filter_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            Some((parts.next()?, parts.next()?.trim_start_matches('/')))
        });
        for (controllers, path) in paths {
            if controllers.split(',').any(|name| name == "memory") {
                let group = mount.join("memory").join(path);
                access(&group, Access::WRITE_OK).map_err(|error| error.to_string())?;
                return Ok(Self::Version1(group));
            }
            if controllers.is_empty() && mount.join("cgroup.controllers").exists() {
                return Self::version_2(&mount.join(path), process);
            }
        }
        Err("no control group with a memory controller".to_owned())
    }

    fn version_2(group: &Path, process: u32) -> Result<Self, String> {
        let read = |group: &Path, file: &str| fs::read_to_string(group.join(file)).unwrap_or_default();
        let has_memory = |text: &str| text.split_whitespace().any(|name| name == "memory");
        if let Some(parent) = group.parent()
            && group.ends_with(OWN)
            && has_memory(&read(parent, "cgroup.subtree_control"))
        {
            return Ok(Self::Version2(parent.to_owned()));
        }
        access(group, Access::WRITE_OK).map_err(|error| error.to_string())?;
        if !has_memory(&read(group, "cgroup.controllers")) {
            return Err("this process's control group has no memory controller".to_owned());
        }
        if read(group, "cgroup.procs").split_whitespace().any(|other| other != process.to_string()) {
            return Err(
                "this process shares its control group with others (Delegate=yes in a systemd unit gives it one)"
                    .to_owned(),
            );
        }
        Ok(Self::Version2Alone(group.to_owned()))
    }

    fn make(self, process: u32) -> io::Result<Groups> {
        match self {
            Self::Version1(group) => {
                for (folder, gateway) in numbered(&group, GATEWAY) {
                    if !is_running(gateway) {
                        remove_left(&folder);
                        let _ = fs::remove_dir(folder);
                    }
                }
                let folder = group.join(format!("{GATEWAY}{process}"));
                fs::create_dir_all(&folder)?;
                Ok(Groups { folder, limit_file: "memory.limit_in_bytes" })
            }
            Self::Version2(folder) => {
                remove_left(&folder);
                Ok(Groups { folder, limit_file: "memory.max" })
            }
            Self::Version2Alone(folder) => {
                remove_left(&folder);
                let own = folder.join(OWN);
                fs::create_dir_all(&own)?;
                fs::write(own.join("cgroup.procs"), process.to_string())?;
                fs::write(folder.join("cgroup.subtree_control"), "+memory")?;
                Ok(Groups { folder, limit_file: "memory.max" })
            }
        }
    }
}

/// Folders whose names are this text and then something that ends with a process's number.
fn numbered(group: &Path, text: &str) -> Vec<(PathBuf, u32)> {
    let entries = fs::read_dir(group).into_iter().flatten().flatten();
    let number = |entry: &fs::DirEntry| {
        entry.file_name().to_str()?.strip_prefix(text)?.rsplit('-').next()?.parse().ok()
    };
    entries.filter_map(|entry| Some((entry.path(), number(&entry)?))).collect()
}

fn is_running(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

/// Removes the groups of ducklings that are gone.
fn remove_left(group: &Path) {
    for (folder, duckling) in numbered(group, ACCOUNT) {
        if !is_running(duckling) {
            let _ = fs::remove_dir(folder);
        }
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

    /// No process has this number.
    const NOBODY: u32 = 4_194_305;

    #[test]
    fn version_2_moves_itself_away_and_gives_its_group_to_ducklings() {
        let mount = tempfile::tempdir().unwrap();
        let unit = mount.path().join("system.slice/pintail.service");
        let left = unit.join(format!("account-3-{NOBODY}"));
        fs::create_dir_all(&left).unwrap();
        fs::write(mount.path().join("cgroup.controllers"), "cpu memory\n").unwrap();
        fs::write(unit.join("cgroup.controllers"), "cpu memory\n").unwrap();
        fs::write(unit.join("cgroup.procs"), "7\n").unwrap();
        let own = "0::/system.slice/pintail.service\n";
        let place = Place::find(mount.path(), own, 7).unwrap();
        assert!(!unit.join("gateway").exists(), "looking makes nothing");
        let groups = place.make(7).unwrap();
        assert!(!left.exists());
        assert_eq!(fs::read_to_string(unit.join("gateway/cgroup.procs")).unwrap(), "7");
        assert_eq!(fs::read_to_string(unit.join("cgroup.subtree_control")).unwrap(), "+memory");
        let group = groups.add(AccountId(3), 99, 512 << 20).unwrap();
        assert_eq!(group.folder, unit.join("account-3-99"));
        assert_eq!(fs::read_to_string(group.folder.join("memory.max")).unwrap(), (512u64 << 20).to_string());
        assert_eq!(fs::read_to_string(group.folder.join("cgroup.procs")).unwrap(), "99");
        // The next gateway in the same unit begins where this one is.
        fs::write(unit.join("cgroup.subtree_control"), "memory\n").unwrap();
        let again = Place::find(mount.path(), "0::/system.slice/pintail.service/gateway\n", 8).unwrap();
        assert_eq!(again.make(8).unwrap(), groups);
    }

    #[test]
    fn a_group_that_others_are_in_is_left_alone() {
        let mount = tempfile::tempdir().unwrap();
        fs::write(mount.path().join("cgroup.controllers"), "memory\n").unwrap();
        fs::write(mount.path().join("cgroup.procs"), "1\n7\n").unwrap();
        let error = Place::find(mount.path(), "0::/\n", 7).unwrap_err();
        assert!(error.contains("shares its control group"), "{error}");
        assert!(!mount.path().join(OWN).exists());
        assert!(Place::find(mount.path(), "1:cpu:/\n", 7).is_err());
    }

    #[test]
    fn version_1_has_its_own_tree_for_memory_and_clears_it_of_the_dead() {
        let mount = tempfile::tempdir().unwrap();
        let group = mount.path().join("memory/box");
        let (dead, alive) =
            (group.join(format!("pintail-{NOBODY}")), format!("pintail-{}", std::process::id()));
        fs::create_dir_all(dead.join(format!("account-1-{NOBODY}"))).unwrap();
        fs::create_dir_all(group.join(&alive)).unwrap();
        let own = "5:devices:/\n4:memory:/box\n0::/\n";
        let groups = Place::find(mount.path(), own, 7).unwrap().make(7).unwrap();
        assert_eq!(groups, Groups { folder: group.join("pintail-7"), limit_file: "memory.limit_in_bytes" });
        assert!(!dead.exists() && group.join(alive).exists());
    }
}
