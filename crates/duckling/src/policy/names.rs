//! Which databases a session sees, and what it may do with them: what the plan guard asks.

use std::fmt::Debug;

/// How a session stands to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It is the account's own.
    Own,
    /// It can be read and not be written to: a share, or what the server shows of itself.
    Shared,
    /// It is a remote file that a session has attached.
    Remote,
    /// It is not attached, as far as this session goes.
    No,
}

/// The databases of one session.
pub(crate) trait Names: Debug + Send + Sync {
    /// How the session stands to this database.
    fn seen(&self, database: &str) -> Seen;

    /// A statement has attached a remote file under this name.
    fn attached_remote(&self, database: &str);

    /// A remote file is not attached any more.
    fn detached_remote(&self, database: &str);
}

/// No databases at all, and those of tests.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Fixed {
    /// The account's own.
    pub own: Vec<&'static str>,
    /// Shares.
    pub shared: Vec<&'static str>,
    /// Remote files that were attached.
    pub remote: std::sync::Mutex<Vec<String>>,
}

#[cfg(test)]
impl Names for Fixed {
    fn seen(&self, database: &str) -> Seen {
        let is_among = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(database));
        let remote = self.remote.lock().unwrap();
        if is_among(&self.own) {
            Seen::Own
        } else if is_among(&self.shared) {
            Seen::Shared
        } else if remote.iter().any(|name| name.eq_ignore_ascii_case(database)) {
            Seen::Remote
        } else {
            Seen::No
        }
    }

    fn attached_remote(&self, database: &str) {
        self.remote.lock().unwrap().push(database.to_owned());
    }

    fn detached_remote(&self, database: &str) {
        self.remote.lock().unwrap().retain(|name| name != database);
    }
}

#[cfg(test)]
impl Default for super::Context {
    fn default() -> Self {
        Self {
            profile: super::Profile::default(),
            temp_tables: false,
            databases: std::sync::Arc::new(Fixed::default()),
            remote: None,
            copying_database: false,
            expanding_pivot: false,
            own_file: None,
        }
    }
}
