//! What a remote statement's failure is called, where DuckDB's own error tells.
//!
//! SQLSTATEs of class HV (foreign data) and not of class 08, for what PostgreSQL's own `postgres_fdw` says with
//! 08001: connection pools take 08xxx for the end of *their* connection and throw it away.

use engine::{ErrorDetails, ErrorKind};
use wire::{Diagnostic, SqlState};

use super::{is_azure, is_remote};

/// What curl says when there is no connection, or none that can be trusted: the beginnings of the texts of
/// `curl_easy_strerror`.
const NO_CONNECTION: [&str; 12] = [
    "SSL ",
    "Problem with the SSL",
    "Problem with the local SSL",
    "Couldn't ",
    "Could not connect",
    "Could not resolve",
    "Timeout was reached",
    "Failure when receiving data",
    "Failed receiving data",
    "Failed sending data",
    "Server returned nothing",
    "Error in the HTTP",
];

/// The code for an HTTP status.
#[must_use]
pub(crate) fn of_status(error: &ErrorDetails) -> SqlState {
    match status(error) {
        Some(401 | 403 | 407) => SqlState::INSUFFICIENT_PRIVILEGE,
        Some(404 | 410) => SqlState::UNDEFINED_FILE,
        Some(0) | None => no_connection(&error.message).unwrap_or(SqlState::IO_ERROR),
        Some(_) => SqlState::IO_ERROR,
    }
}

/// The code for an I/O error that begins with curl's words for a connection that could not be had.
#[must_use]
pub(crate) fn no_connection(message: &str) -> Option<SqlState> {
    let is_one = NO_CONNECTION.iter().any(|beginning| message.starts_with(beginning));
    is_one.then_some(SqlState::FDW_UNABLE_TO_ESTABLISH_CONNECTION)
}

/// DuckDB 1.5.5 asks again with GET when HEAD was answered with anything but success, 404, 418, 429, 500, 503 or 504,
/// and forgets what that was answered with.
const REFUSED: &str = "Most hosts answer so (401, 403) when they want credentials, or others. The secrets of the account \
                       are in the server's configuration.";

/// Whether a request to a remote host may be what failed.
#[must_use]
pub(crate) fn is_of_a_request(error: &ErrorDetails) -> bool {
    let is_kind =
        matches!(error.kind, ErrorKind::Io | ErrorKind::Http | ErrorKind::Network | ErrorKind::Connection);
    is_kind && error.message.contains("://")
}

/// The HTTP status that an error came with.
pub(super) fn status(error: &ErrorDetails) -> Option<u16> {
    let found = error.extra.iter().find(|(key, _)| key == "status_code");
    found.and_then(|(_, value)| value.parse().ok())
}

/// Our words where DuckDB's would lead astray: 42501 for a request that the host refused, 58P01 for a remote pattern that matches nothing, 0A000 for a pattern
/// over HTTP, which DuckDB would have switched on by a setting that no session can set.
#[must_use]
pub(crate) fn own_words(error: &ErrorDetails) -> Option<Diagnostic> {
    if error.kind == ErrorKind::InvalidInput && error.message.starts_with("Globs (`*`) for generic HTTP") {
        let diagnostic = Diagnostic::error(
            SqlState::FEATURE_NOT_SUPPORTED,
            "patterns are not supported over http, which cannot list files",
        );
        return Some(
            diagnostic
                .with_hint("Name each file, in a list: read_csv(['https://…/1.csv', 'https://…/2.csv'])."),
        );
    }
    if let (ErrorKind::Http, Some(0), Some((request, _))) =
        (error.kind, status(error), error.message.split_once(" (HTTP 0 "))
    {
        let message =
            format!("{}: the host refused it", request.replacen("HTTP GET error on", "HTTP GET of", 1));
        return Some(Diagnostic::error(SqlState::INSUFFICIENT_PRIVILEGE, message).with_detail(REFUSED));
    }
    let pattern = error.message.strip_prefix("No files found that match the pattern \"")?;
    let pattern = pattern.lines().next()?.trim_end_matches('"');
    (error.kind == ErrorKind::Io && (is_remote(pattern) || is_azure(pattern))).then(|| {
        Diagnostic::error(
            SqlState::UNDEFINED_FILE,
            format!("no remote files match the pattern \"{pattern}\""),
        )
    })
}
