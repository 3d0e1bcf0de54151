//! Directories that cost time to make (a server's first start, initdb) are made once per build and copied for
//! each test. A file lock keeps parallel test processes from making the same one twice.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, ensure};
use rustix::fs::{FlockOperation, flock};

/// How long a template outlives its making.
const KEPT: Duration = Duration::from_hours(12);

/// The path of the directory `name`, made by `make` (given an empty directory) unless it already exists.
///
/// It lies in the folder for temporary files, and old ones with the same `kind` are removed.
pub fn prepare(
    kind: &str,
    key: &str,
    make: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("pintail-tests-{}", rustix::process::getuid().as_raw()));
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join(format!("{kind}.lock")))?;
    flock(&lock, FlockOperation::LockExclusive)?;
    let finished = folder.join(format!("{kind}-{key}"));
    if finished.is_dir() {
        return Ok(finished);
    }
    // Not the young ones: another build's tests may be copying them at this moment.
    for old in fs::read_dir(&folder)?.flatten() {
        let aged = old.metadata()?.modified()?.elapsed().is_ok_and(|age| age > KEPT);
        if aged && old.path().is_dir() && old.file_name().to_string_lossy().starts_with(&format!("{kind}-")) {
            fs::remove_dir_all(old.path())?;
        }
    }
    let unfinished = folder.join(format!("{kind}-{key}.unfinished"));
    if unfinished.is_dir() {
        fs::remove_dir_all(&unfinished)?;
    }
    fs::create_dir(&unfinished)?;
    make(&unfinished).with_context(|| format!("making the template {kind}"))?;
    fs::rename(&unfinished, &finished)?;
    Ok(finished)
}

/// Copies everything in `from` into the existing directory `to`, with owners and modes.
pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let status = Command::new("cp").arg("-a").arg("--reflink=auto").arg(from.join(".")).arg(to).status()?;
    ensure!(status.success(), "cp -a {} {} failed", from.display(), to.display());
    Ok(())
}
