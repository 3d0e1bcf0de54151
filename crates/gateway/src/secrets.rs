//! Secrets of accounts, for remote data: which there can be, whoever writes them down (the configuration, the command line,
//! SQL). What is refused here is named by its key, never by its value. Deliberately absent: keeping them (`vault`, `store`).

use wire::link::Secret;

/// The longest value, in bytes.
const VALUE_BYTES_MAX: usize = 8192;

/// Scopes of one secret.
const SCOPES_MAX: usize = 100;

/// A type of DuckDB's.
struct Kind {
    name: &'static str,
    schemes: &'static [&'static str],
    /// DuckDB's parameters, without those that would go around the proxy or the checking of certificates.
    parameters: &'static [&'static str],
}

const S3_SCHEMES: &[&str] = &["s3", "s3a", "s3n", "gs", "gcs", "r2"];
const S3_PARAMETERS: &[&str] = &[
    "key_id",
    "secret",
    "region",
    "endpoint",
    "session_token",
    "url_style",
    "use_ssl",
    "kms_key_id",
    "requester_pays",
];

const KINDS: [Kind; 6] = [
    Kind { name: "s3", schemes: S3_SCHEMES, parameters: S3_PARAMETERS },
    Kind { name: "gcs", schemes: S3_SCHEMES, parameters: S3_PARAMETERS },
    Kind {
        name: "r2",
        schemes: S3_SCHEMES,
        parameters: &[
            "key_id",
            "secret",
            "account_id",
            "region",
            "endpoint",
            "session_token",
            "url_style",
            "use_ssl",
        ],
    },
    Kind { name: HTTP, schemes: &["https", "http"], parameters: &["bearer_token"] },
    Kind { name: "huggingface", schemes: &["hf", "https"], parameters: &["token"] },
    Kind { name: "azure", schemes: &["az", "azure"], parameters: &["connection_string", "account_name"] },
];

const HTTP: &str = "http";

/// Parameters that have few values. DuckDB takes others for some of them, and fails where the secret is used.
const CHOICES: [(&str, &[&str]); 3] =
    [("url_style", &["path", "vhost"]), ("use_ssl", BOOLEANS), ("requester_pays", BOOLEANS)];

const BOOLEANS: &[&str] = &["true", "false", "t", "f", "1", "0"];

/// What is wrong with a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Of no type that there is.
    #[error("there is no such type of secret; there are: {}", names().join(", "))]
    Kind,
    /// A parameter that its type does not have.
    #[error("unknown key {key:?}; there are: type, scope, {}", known.join(", "))]
    Key {
        /// The parameter, without what a slip may have put there.
        key: String,
        /// Those that there are.
        known: &'static [&'static str],
    },
    /// A value that is none of those that the parameter has.
    #[error("{key} is one of: {}", known.join(", "))]
    Value {
        /// The parameter.
        key: &'static str,
        /// Its values.
        known: &'static [&'static str],
    },
    /// DuckDB would show a token without a scope to every host that is asked.
    #[error("a secret of the type http needs a scope, as [\"https://host/\"]")]
    Unscoped,
    /// A scope that is none of its type.
    #[error("scope {scope:?} does not begin with one of: {}://", schemes.join("://, "))]
    Scheme {
        /// The scope.
        scope: String,
        /// What it may begin with.
        schemes: &'static [&'static str],
    },
    /// A scope without a host or a bucket.
    #[error("scope {scope:?} is none: write as \"{scheme}://name/\"")]
    Host {
        /// The scope.
        scope: String,
        /// What it begins with.
        scheme: String,
    },
    /// A scope that ends within the name of the host or the bucket.
    #[error("scope {0:?} would also fit \"{0}.example/\": write \"{0}/\"")]
    Open(String),
    /// Values become headers of requests.
    #[error("a value must not have line ends and other control characters")]
    Control,
    /// Too much.
    #[error("a value may have {VALUE_BYTES_MAX} bytes, and a secret {SCOPES_MAX} scopes")]
    Long,
}

fn names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

/// Whether the account's duckling could use it.
///
/// # Errors
/// What is wrong with it.
pub fn check(secret: &Secret) -> Result<(), SecretError> {
    let kind = KINDS.iter().find(|kind| kind.name == secret.kind).ok_or(SecretError::Kind)?;
    let unknown = secret.parameters.keys().find(|key| !kind.parameters.contains(&key.as_str()));
    if let Some(key) = unknown {
        return Err(SecretError::Key { key: plain(key), known: kind.parameters });
    }
    let is_control = |value: &str| value.chars().any(char::is_control);
    if secret.parameters.values().any(|value| is_control(&value.0))
        || secret.scopes.iter().any(|scope| is_control(scope))
    {
        return Err(SecretError::Control);
    }
    let is_none = |(key, known): &&(&str, &[&str])| {
        let value = secret.parameters.get(*key);
        value.is_some_and(|value| known.iter().all(|known| !value.0.eq_ignore_ascii_case(known)))
    };
    if let Some((key, known)) = CHOICES.iter().find(is_none) {
        return Err(SecretError::Value { key, known });
    }
    if kind.name == HTTP && secret.scopes.is_empty() {
        return Err(SecretError::Unscoped);
    }
    let is_long = secret.parameters.values().any(|value| value.0.len() > VALUE_BYTES_MAX);
    if is_long || secret.scopes.len() > SCOPES_MAX {
        return Err(SecretError::Long);
    }
    secret.scopes.iter().try_for_each(|scope| check_scope(kind, scope))
}

/// Names of parameters are words; what is none may be a value in the wrong place.
fn plain(key: &str) -> String {
    let is_word = key.len() <= 32 && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_word { key.to_owned() } else { "…".to_owned() }
}

/// DuckDB takes a scope for the beginning of an address: one that ends within the host's name (or the bucket's) would
/// also be that of hosts that others choose, as `https://host.evil.example/` and `https://host@evil.example/`.
fn check_scope(kind: &Kind, scope: &str) -> Result<(), SecretError> {
    let (scheme, rest) = scope.split_once("://").unwrap_or_default();
    if !kind.schemes.contains(&scheme) {
        return Err(SecretError::Scheme { scope: scope.to_owned(), schemes: kind.schemes });
    }
    let is_web = matches!(scheme, "http" | "https");
    // Every bucket and every repository may be meant, but not every host.
    if rest.is_empty() && !is_web {
        return Ok(());
    }
    let host = rest.split('/').next().unwrap_or_default();
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    if host.is_empty() || !host.chars().all(fits) {
        return Err(SecretError::Host { scope: scope.to_owned(), scheme: scheme.to_owned() });
    }
    if !rest.contains('/') {
        return Err(SecretError::Open(scope.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use wire::link::Hidden;

    use super::*;

    #[test]
    fn what_is_wrong_is_named_without_a_value() {
        let secret = |kind: &str, scope: &[&str], key: &str| Secret {
            name: "s".to_owned(),
            kind: kind.to_owned(),
            scopes: scope.iter().map(|&scope| scope.to_owned()).collect(),
            parameters: [(key.to_owned(), Hidden("hush".to_owned()))].into(),
        };
        assert_eq!(check(&secret("s3", &["s3://b/"], "secret")), Ok(()));
        let wrong = |secret: &Secret| check(secret).unwrap_err().to_string();
        assert!(wrong(&secret("ftp", &[], "secret")).contains("there are: s3, gcs"));
        assert!(wrong(&secret("s3", &[], "secrte")).contains("unknown key \"secrte\""));
        assert!(wrong(&secret("s3", &[], "AKIAHUSH")).contains("unknown key \"…\""));
        let injected = Secret {
            parameters: [("bearer_token".to_owned(), Hidden("x\r\nX-Evil: 1".to_owned()))].into(),
            ..secret("http", &["https://host/"], "bearer_token")
        };
        assert!(wrong(&injected).contains("control characters"));
        assert_eq!(wrong(&secret("s3", &[], "url_style")), "url_style is one of: path, vhost");
        assert!(wrong(&secret("s3", &[], "use_ssl")).contains("one of: true, false"));
        assert!(wrong(&secret("http", &[], "bearer_token")).contains("needs a scope"));
        assert!(wrong(&secret("s3", &["s3://b"], "secret")).contains("would also fit \"s3://b.example/\""));
    }
}
