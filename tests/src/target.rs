//! Where a server listens and how to get in: the same for Pintail and PostgreSQL, so that one test can run
//! against both.

use std::path::PathBuf;

/// A server to connect to.
#[derive(Clone, Debug)]
pub struct Target {
    /// Host name, for the TCP connection and for the check of the certificate.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// PEM file with the root that signed the server's certificate.
    pub ca_file: PathBuf,
    /// The user name of the start-up message.
    pub user: String,
    /// The password; a token where the server is Pintail.
    pub password: String,
    /// The database of the start-up message.
    pub database: String,
}

impl Target {
    /// The same server, another database.
    #[must_use]
    pub fn database(&self, name: &str) -> Self {
        Self { database: name.to_owned(), ..self.clone() }
    }

    /// The same server, another user name.
    #[must_use]
    pub fn user(&self, name: &str) -> Self {
        Self { user: name.to_owned(), ..self.clone() }
    }

    /// The same server, another password.
    #[must_use]
    pub fn password(&self, password: &str) -> Self {
        Self { password: password.to_owned(), ..self.clone() }
    }
}
