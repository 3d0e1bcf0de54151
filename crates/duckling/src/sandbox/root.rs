//! A root folder with nothing in it but the account's folder, the extensions and what the engine reads of the host,
//! all at the paths they have outside.
//!
//! The folders above them exist in this root alone and belong to root, so that a user of the duckling's own gets
//! through to the account's folder wherever the data directory lies, and sees nothing beside it.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use rustix::{
    fs::{Mode, StatVfsMountFlags, statvfs},
    mount::{
        MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind_recursive, mount_change,
        mount_remount, unmount,
    },
    process::{chdir, pivot_root, umask},
};
use wire::link::Configuration;

use super::files;

/// Beside the account's folder: where the new root is put together, each duckling's in its own mounts.
const STAGE: &str = "root";

/// Enters the new root.
///
/// # Errors
/// Whatever the system answers; the process may then be between both roots and see more than it should, as if this
/// had never been tried.
pub(super) fn enter(configuration: &Configuration) -> io::Result<()> {
    // The folders of the new root are for the duckling's own user to pass through.
    let former = umask(Mode::WGRP | Mode::WOTH);
    let built = build(configuration);
    umask(former);
    built
}

fn build(configuration: &Configuration) -> io::Result<()> {
    let account = Path::new(&configuration.directory);
    let stage = account.with_file_name(STAGE);
    fs::create_dir_all(&stage)?;
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("pintail", &stage, "tmpfs", flags, Some(c"size=1m,mode=755"))?;
    // With what is mounted below it: an operator may give an account a file system of its own.
    let inside = place(&stage, account)?;
    mount_bind_recursive(account, &inside)?;
    narrow(&inside, MountFlags::NOEXEC);
    for path in files::readable(configuration) {
        if Path::new(path).exists() && !Path::new(path).starts_with(account) {
            let inside = place(&stage, Path::new(path))?;
            mount_bind_recursive(path, &inside)?;
            let is_code = path == configuration.extension_directory;
            narrow(
                &inside,
                if is_code { MountFlags::RDONLY } else { MountFlags::RDONLY | MountFlags::NOEXEC },
            );
        }
    }
    chdir(&stage)?;
    pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    chdir("/")?;
    Ok(mount_remount("/", flags | MountFlags::RDONLY, c"")?)
}

/// Takes rights from a mount, and devices and set-user-id programs in any case. What it has to keep (a user namespace may
/// not take flags away) is read off it first.
fn narrow(path: &Path, rights: MountFlags) {
    let narrowed = statvfs(path).map_err(io::Error::from).and_then(|status| {
        let kept = [
            (StatVfsMountFlags::RDONLY, MountFlags::RDONLY),
            (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
            (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
            (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
            (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
        ];
        let kept = kept.into_iter().filter(|(has, _)| status.f_flag.contains(*has)).map(|(_, flag)| flag);
        let all = kept
            .fold(MountFlags::BIND | MountFlags::NOSUID | MountFlags::NODEV | rights, |all, flag| all | flag);
        Ok(mount_remount(path, all, c"")?)
    });
    if let Err(error) = narrowed {
        // Landlock and the users say the same once more.
        tracing::debug!(%error, path = %path.display(), "a mount keeps its rights");
    }
}

/// Makes the place for a path under the stage: an empty folder, or an empty file.
fn place(stage: &Path, path: &Path) -> io::Result<std::path::PathBuf> {
    let place = stage.join(path.strip_prefix("/").unwrap_or(path));
    if path.is_dir() {
        fs::create_dir_all(&place)?;
    } else {
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        File::create(&place)?;
    }
    Ok(place)
}
