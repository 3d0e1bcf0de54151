//! What the gateway and a duckling tell each other about the way out.
//!
//! The duckling listens on a TCP port of its own loopback and gives that listener away to the gateway, whose
//! egress proxy serves it; DuckDB is told this port as its HTTP proxy. When a request does not go out,
//! DuckDB's error does not say why, so the gateway says it here, *before* it answers the request: a
//! duckling that has noted the [`Trouble`] can explain the error that follows.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// The name that DuckDB shows the proxy beside its password.
pub const PROXY_USER: &str = "duckling";

/// A text that is never shown: its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hidden")
    }
}

/// How an account reaches remote data. Without it, it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteAccess {
    /// What DuckDB must show the proxy, so that it serves this duckling alone.
    pub proxy_password: Hidden,
    /// A PEM file with the certificates that are trusted.
    pub ca_file: String,
    /// Whether `COPY … TO` may write remote files.
    pub write: bool,
    /// Whether `ATTACH 'https://…' (READ_ONLY)` is allowed.
    pub attach: bool,
    /// How long a request may stand still, in seconds.
    pub timeout_s: u64,
    /// How often a request that failed is tried again.
    pub retries: u32,
    /// What DuckDB's secret manager gets.
    pub secrets: Vec<Secret>,
}

/// One secret of the account's, for DuckDB's `CREATE SECRET`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// DuckDB's type of secret (`s3`, `gcs`, `r2`, `http`, `huggingface`).
    pub kind: String,
    /// The URL prefixes that it is for; every one that its type knows when there are none.
    pub scopes: Vec<String>,
    /// Its parameters, by DuckDB's names.
    pub parameters: BTreeMap<String, Hidden>,
}

/// A request that did not go out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Its number, which the duckling repeats.
    pub number: u64,
    /// The host, as it was asked for; empty when the request was not even read.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Why.
    pub cause: Cause,
}

/// Why a request did not go out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Cause {
    /// A rule speaks against it.
    Refused {
        /// The rule's name.
        rule: String,
        /// A sentence about it.
        reason: String,
    },
    /// The host's name leads nowhere.
    Unresolved {
        /// What the resolver said.
        reason: String,
    },
    /// No connection to the host.
    Unreachable {
        /// What the system said.
        reason: String,
    },
    /// The host did not answer in time.
    TimedOut {
        /// What was waited for.
        stage: String,
    },
    /// The account has as many connections, or has moved as many bytes, as it may.
    Exhausted {
        /// The limit's name.
        limit: String,
    },
    /// The host's answer was no HTTP.
    Malformed {
        /// What is wrong.
        reason: String,
    },
}
