//! What is attached when the process begins: the account's databases, each by itself. A file or a log that cannot be read
//! takes its own database away and no other. Where the engine does not outlive the attempt, the gateway is told which file
//! it was, and begins another process that leaves it alone.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use engine::{Connection, Error, ErrorKind};
use wire::link::{Configuration, Unusable};

use crate::{
    diagnose::diagnose,
    sql::{quote_name as name, quote_text as text},
};

/// How long a new duckling waits for the one before it to let go of the files.
const LOCK_WAIT: Duration = Duration::from_secs(15);

/// Why the databases could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct OpenError {
    /// What the engine says.
    pub error: Error,
    /// The database's file without which it may go better.
    pub culprit: Option<String>,
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self { error, culprit: None }
    }
}

/// Says which file is opened next; nothing when no more are.
pub(crate) type Announce<'a> = &'a dyn Fn(Option<&str>);

/// Attaches what the account's workspace has; which files could not be.
pub(crate) fn attach_all(
    control: &Connection,
    configuration: &Configuration,
    announce: Announce<'_>,
) -> Result<Vec<Unusable>, OpenError> {
    let mut unusable = configuration.unusable.clone();
    replay_logs(control, configuration, announce)?;
    for mount in &configuration.mounts {
        if configuration.unusable.iter().any(|unusable| unusable.path == mount.path) {
            continue;
        }
        announce(Some(&mount.path));
        let mode = if mount.read_only { " (READ_ONLY)" } else { "" };
        let sql = format!("ATTACH {} AS {}{mode}", text(&mount.path), name(&mount.name));
        if let Err(error) = attach(control, &sql) {
            let error = expect_bearable(control, error, &mount.path)?;
            tracing::error!(database = mount.name, path = mount.path, %error, "a database cannot be opened");
            unusable.push(Unusable { path: mount.path.clone(), reason: diagnose(&error).message });
        }
    }
    announce(None);
    Ok(unusable)
}

/// Brings what a crash has left in logs into the files of databases that are not attached now (detached, or dropped): DuckDB
/// replays a log on a connection of its own, which the guard refuses once the instance is sealed.
fn replay_logs(
    control: &Connection,
    configuration: &Configuration,
    announce: Announce<'_>,
) -> Result<(), OpenError> {
    let folder = Path::new(&configuration.directory).join("db");
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for log in entries.flatten().map(|entry| entry.path()) {
        let file = log.with_extension("");
        let is_log = log.extension().is_some_and(|extension| extension == "wal") && file.is_file();
        let is_other = |path: &String| Path::new(path) == file;
        let mut others = configuration.mounts.iter().map(|mount| &mount.path);
        let mut left_alone = configuration.unusable.iter().map(|unusable| &unusable.path);
        if !is_log || others.any(is_other) || left_alone.any(is_other) {
            continue;
        }
        let path = file.to_string_lossy();
        announce(Some(&path));
        let replayed = attach(control, &format!("ATTACH {} AS replayed", text(&path)))
            .and_then(|()| control.execute("CHECKPOINT replayed"));
        if let Err(error) = replayed {
            let error = expect_bearable(control, error, &path)?;
            tracing::warn!(%error, "the log of a database that is not attached cannot be replayed");
        }
        // Not there when it could not be attached.
        let _ = control.execute("DETACH DATABASE IF EXISTS replayed");
    }
    Ok(())
}

/// Gives the error back when the instance has outlived it and it is the file's own.
fn expect_bearable(control: &Connection, error: Error, path: &str) -> Result<Error, OpenError> {
    if is_locked(&error) {
        // By another process, for a while: nothing is wrong with the file.
        return Err(error.into());
    }
    if control.execute("SELECT 1").is_err() {
        return Err(OpenError { error, culprit: Some(path.to_owned()) });
    }
    Ok(error)
}

/// Attaches a database, waiting while a duckling that is just ending still holds the file's lock.
fn attach(control: &Connection, sql: &str) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        match control.execute(sql) {
            Err(error) if is_locked(&error) && begun.elapsed() < LOCK_WAIT => {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return other,
        }
    }
}

fn is_locked(error: &Error) -> bool {
    error.kind == ErrorKind::Io && error.message.starts_with("Could not set lock on file")
}
