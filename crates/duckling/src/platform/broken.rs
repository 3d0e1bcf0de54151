//! Databases whose files could not be opened when the process began. They are the account's still: whoever asks for one is
//! told what is wrong with it, and the engine is not asked again, which might not outlive that, until the next process.

use std::collections::BTreeMap;

use wire::{
    Diagnostic, SqlState,
    link::{Configuration, Mount, Unusable},
};

use super::{Workspace, key};

const HINT: &str =
    "The server's log says more. SHUTDOWN has it tried again; a snapshot or a backup brings it back.";

/// What could not be opened.
#[derive(Debug, Default)]
pub(super) struct Broken {
    files: Vec<Unusable>,
    /// The paths by the names that they had, until something else has the name.
    names: BTreeMap<String, String>,
}

impl Broken {
    pub(super) fn new(configuration: &Configuration, files: Vec<Unusable>) -> Self {
        let is_broken = |mount: &&Mount| files.iter().any(|file| file.path == mount.path);
        let mounts = configuration.mounts.iter().filter(is_broken);
        let names = mounts.map(|mount| (key(&mount.name), mount.path.clone())).collect();
        Self { files, names }
    }

    /// Whether this file was not opened.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }

    /// The name means something else from now on, or nothing.
    pub(super) fn forget(&mut self, name: &str) {
        self.names.remove(&key(name));
    }

    /// # Errors
    /// 58030 for a file that was not opened.
    pub(super) fn expect_usable(&self, name: &str, path: &str) -> Result<(), Diagnostic> {
        let Some(file) = self.files.iter().find(|file| file.path == path) else { return Ok(()) };
        let message = format!("database \"{name}\" cannot be opened: {}", file.reason);
        Err(Diagnostic::error(SqlState::IO_ERROR, message).with_hint(HINT))
    }

    fn of_name(&self, name: &str) -> Result<(), Diagnostic> {
        self.names.get(&key(name)).map_or(Ok(()), |path| self.expect_usable(name, path))
    }
}

impl Workspace {
    /// What is to be said of a database that is not there: 58030 when it could not be opened, or 3D000.
    pub(crate) fn missing(&self, name: &str) -> Diagnostic {
        self.state().broken.of_name(name).err().unwrap_or_else(|| no_database(name))
    }

    /// The same of the first of these names that belongs to a database which could not be opened.
    pub(crate) fn broken(&self, names: &[String]) -> Option<Diagnostic> {
        let state = self.state();
        let mut missing = names.iter().filter(|name| !state.databases.contains_key(&key(name)));
        missing.find_map(|name| state.broken.of_name(name).err())
    }
}

/// 3D000.
pub(super) fn no_database(name: &str) -> Diagnostic {
    let message = format!("database \"{name}\" does not exist");
    Diagnostic::error(SqlState::INVALID_CATALOG_NAME, message)
        .with_hint("SHOW ALL DATABASES lists your databases.")
}
