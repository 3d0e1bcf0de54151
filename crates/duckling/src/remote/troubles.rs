//! What the egress proxy said about requests that did not go out, kept for the sessions that ask why.
//!
//! DuckDB's own error for such a request is vague. The proxy tells the duckling before it answers the request,
//! so that the trouble is here when the error comes. The proxy cannot know which session's request it was: a
//! session takes what fits its error.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use engine::ErrorDetails;
use wire::{
    Diagnostic, SqlState,
    link::{Cause, Trouble},
};

use super::failure::{is_of_a_request, no_connection, status};

/// As many are kept.
const KEPT_MAX: usize = 256;

/// DuckDB's error follows its last attempt at once; an older trouble has nothing to do with it.
const RECENT: Duration = Duration::from_secs(5);

/// The last troubles of this duckling.
#[derive(Debug, Default)]
pub(crate) struct Troubles {
    kept: Mutex<VecDeque<Kept>>,
}

#[derive(Debug)]
struct Kept {
    at: Instant,
    trouble: Trouble,
    /// Whether it has explained an error already.
    told: bool,
}

impl Troubles {
    /// Keeps a trouble.
    pub(crate) fn note(&self, trouble: Trouble) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(Kept { at: Instant::now(), trouble, told: false });
    }

    /// What is behind an error of DuckDB's, if it is one that a trouble explains: the last at the host that the
    /// error names. A redirect fails at a host that it does not name: then the last that has explained
    /// nothing yet, where the error says that a request failed and not why.
    #[must_use]
    pub(crate) fn explain(&self, error: &ErrorDetails) -> Option<Diagnostic> {
        // Statuses that the proxy answers with; 0 is DuckDB's word for one that it could not read.
        let is_by_the_proxy = matches!(status(error), None | Some(0 | 403 | 502 | 503 | 504));
        if !is_of_a_request(error) || !is_by_the_proxy {
            return None;
        }
        // The last is the extension azure, which names no host.
        let is_vague = status(error).is_some()
            || no_connection(&error.message).is_some()
            || error.message.starts_with("Azure");
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = kept.iter().rev().filter(|kept| kept.at.elapsed() < RECENT);
        let is_named = |kept: &&Kept| names(&error.message, &kept.trouble);
        let named = recent.clone().find(is_named);
        let found = named.or_else(|| recent.clone().find(|kept| is_vague && !kept.told))?.trouble.clone();
        // DuckDB's earlier tries had the same trouble.
        let same = |kept: &&mut Kept| kept.trouble.host == found.host && kept.trouble.port == found.port;
        kept.iter_mut().filter(same).for_each(|kept| kept.told = true);
        Some(diagnostic(&found))
    }
}

/// Whether an error names the trouble's host in an address.
fn names(message: &str, trouble: &Trouble) -> bool {
    let host = &trouble.host;
    let with_port = format!("://{host}:{}/", trouble.port);
    let without = format!("://{host}/");
    !host.is_empty()
        && (message.contains(&with_port) || (matches!(trouble.port, 80 | 443) && message.contains(&without)))
}

fn diagnostic(trouble: &Trouble) -> Diagnostic {
    let place = format!("{}:{}", trouble.host, trouble.port);
    match &trouble.cause {
        Cause::Refused { rule, reason } => Diagnostic::error(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("access to host \"{place}\" is refused by the egress rule \"{rule}\""),
        )
        .with_detail(reason.clone())
        .with_hint(if rule == "deny" {
            "The server's operator has denied it, with [egress] deny in pintail.toml.".to_owned()
        } else {
            format!("The server's operator can allow it in pintail.toml: [egress] allow = [\"{place}\"]")
        }),
        Cause::Unresolved { reason } => {
            unconnected(format!("could not translate host name \"{}\" to an address", trouble.host))
                .with_detail(format!("The resolver says: {reason}."))
        }
        Cause::Unreachable { reason } => unconnected(format!("could not connect to host \"{place}\""))
            .with_detail(format!("The system says: {reason}.")),
        Cause::TimedOut { stage } => unconnected(format!("host \"{place}\" did not answer in time"))
            .with_detail(format!("The time ran out while waiting for: {stage}.")),
        Cause::Malformed { reason } => unconnected(format!("host \"{place}\" gave no usable answer"))
            .with_detail(format!("What went wrong: {reason}.")),
        Cause::Exhausted { limit } if limit == "lookups" => Diagnostic::error(
            SqlState::CONFIGURATION_LIMIT_EXCEEDED,
            "too many host names of the account are being resolved",
        )
        .with_detail("Host names that it asked for earlier are answered slowly, or not at all.")
        .with_hint("Try again later, and leave out hosts whose names do not resolve."),
        Cause::Exhausted { limit } => Diagnostic::error(
            SqlState::CONFIGURATION_LIMIT_EXCEEDED,
            "the account's limit for remote data is reached",
        )
        .with_detail(format!("The limit is {limit} in [egress] of pintail.toml, or the account's own."))
        .with_hint("Try again later, or read fewer files at the same time."),
    }
}

fn unconnected(message: String) -> Diagnostic {
    Diagnostic::error(SqlState::FDW_UNABLE_TO_ESTABLISH_CONNECTION, message)
}

#[cfg(test)]
mod tests {
    use engine::ErrorKind;

    use super::*;

    fn error(kind: ErrorKind, message: &str, status: Option<&str>) -> ErrorDetails {
        ErrorDetails {
            kind,
            message: message.to_owned(),
            position: None,
            name: None,
            candidates: Vec::new(),
            subtype: None,
            extra: status.map(|status| ("status_code".to_owned(), status.to_owned())).into_iter().collect(),
        }
    }

    fn troubles() -> Troubles {
        let troubles = Troubles::default();
        for (host, port, rule) in [("10.0.0.1", 443, "private"), ("127.0.0.1", 9000, "loopback")] {
            let cause = Cause::Refused { rule: rule.to_owned(), reason: "A sentence.".to_owned() };
            troubles.note(Trouble { number: 1, host: host.to_owned(), port, cause });
        }
        troubles
    }

    #[test]
    fn the_host_that_the_error_names_is_explained() {
        let vague = "Failure when receiving data from the peer error for HTTP HEAD to 'https://10.0.0.1/x'";
        let diagnostic = troubles().explain(&error(ErrorKind::Io, vague, None)).unwrap();
        assert_eq!(diagnostic.code, SqlState::INSUFFICIENT_PRIVILEGE);
        assert_eq!(
            diagnostic.message,
            "access to host \"10.0.0.1:443\" is refused by the egress rule \"private\""
        );
        let hint = "The server's operator can allow it in pintail.toml: [egress] allow = [\"10.0.0.1:443\"]";
        assert_eq!(diagnostic.hint.as_deref(), Some(hint));
    }

    #[test]
    fn names_that_resolve_slowly_are_a_limit_without_a_setting() {
        let troubles = Troubles::default();
        let cause = Cause::Exhausted { limit: "lookups".to_owned() };
        troubles.note(Trouble { number: 1, host: "slow.test".to_owned(), port: 443, cause });
        let vague =
            error(ErrorKind::Io, "SSL connect error error for HTTP GET to 'https://slow.test/'", None);
        let diagnostic = troubles.explain(&vague).unwrap();
        assert_eq!(diagnostic.code, SqlState::CONFIGURATION_LIMIT_EXCEEDED);
        assert!(diagnostic.detail.is_some_and(|detail| !detail.contains("pintail.toml")));
    }

    #[test]
    fn a_redirects_end_is_explained_by_the_last_trouble() {
        let vague = "HTTP GET error on 'http://public.test/x' (HTTP 0 Internal Server Error)";
        let diagnostic = troubles().explain(&error(ErrorKind::Http, vague, Some("0"))).unwrap();
        assert!(diagnostic.message.contains("127.0.0.1:9000"), "{}", diagnostic.message);
    }

    #[test]
    fn a_trouble_that_was_told_explains_no_other_hosts_error() {
        let troubles = troubles();
        let vague = |host: &str| {
            error(ErrorKind::Io, &format!("SSL connect error error for HTTP GET to 'https://{host}/'"), None)
        };
        for host in ["10.0.0.1", "127.0.0.1:9000", "10.0.0.1:443"] {
            assert!(troubles.explain(&vague(host)).is_some(), "{host}");
        }
        assert!(troubles.explain(&vague("other.test")).is_none());
        let other_port = vague("127.0.0.1:8443");
        assert!(troubles.explain(&other_port).is_none());
        let other = "Cannot open database \"https://other.test/x\" in read-only mode";
        assert!(self::troubles().explain(&error(ErrorKind::Io, other, None)).is_none());
    }

    #[test]
    fn other_errors_keep_their_own_words() {
        let troubles = troubles();
        let missing = "HTTP GET error on 'https://10.0.0.1/x' (HTTP 404 Not Found)";
        assert!(troubles.explain(&error(ErrorKind::Http, missing, Some("404"))).is_none());
        assert!(troubles.explain(&error(ErrorKind::Io, "Could not write file", None)).is_none());
        assert!(troubles.explain(&error(ErrorKind::Binder, "no 'https://10.0.0.1/x'", None)).is_none());
        assert!(Troubles::default().explain(&error(ErrorKind::Io, missing, None)).is_none());
    }
}
