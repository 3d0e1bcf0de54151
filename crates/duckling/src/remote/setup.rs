//! The statements that set DuckDB up for remote data, before its locks.

use std::fmt::Write;

use engine::{Connection, Error};
use wire::link::{PROXY_USER, RemoteAccess, Secret};

use super::url::PREFIXES;
use crate::sql::{quote_name, quote_text};

/// The extension that all of this is about.
const EXTENSION: &str = "httpfs";

/// The prefixes that the locks leave open, when `extensions` has what opens them.
pub(crate) fn url_prefixes(remote: Option<&RemoteAccess>, extensions: &[String]) -> &'static [&'static str] {
    let is_loaded = extensions.iter().any(|extension| extension == EXTENSION);
    if remote.is_some() && is_loaded { &PREFIXES } else { &[] }
}

/// Points DuckDB at the proxy, with certificates checked, and creates the account's secrets.
///
/// # Errors
/// Whatever DuckDB fails with.
pub(crate) fn configure(control: &Connection, remote: &RemoteAccess, proxy_port: u16) -> Result<(), Error> {
    let settings = [
        // The one client whose certificate checks and proxy were tried (SECURITY §3).
        ("httpfs_client_implementation", quote_text("curl")),
        ("enable_curl_server_cert_verification", "true".to_owned()),
        ("enable_server_cert_verification", "true".to_owned()),
        ("ca_cert_file", quote_text(&remote.ca_file)),
        ("http_proxy", quote_text(&format!("127.0.0.1:{proxy_port}"))),
        ("http_proxy_username", quote_text(PROXY_USER)),
        ("http_proxy_password", quote_text(&remote.proxy_password.0)),
        ("http_timeout", remote.timeout_s.to_string()),
        ("http_retries", remote.retries.to_string()),
        // The header of a Parquet file is read by several threads of one query, and by the next query.
        ("enable_http_metadata_cache", "false".to_owned()),
    ];
    for (name, value) in settings {
        control.execute(&format!("SET GLOBAL {name} = {value}"))?;
    }
    for secret in &remote.secrets {
        control.execute(&create_secret(secret))?;
    }
    Ok(())
}

fn create_secret(secret: &Secret) -> String {
    let mut sql = format!("CREATE SECRET {} (TYPE {}", quote_name(&secret.name), quote_name(&secret.kind));
    if !secret.scopes.is_empty() {
        let scopes: Vec<String> = secret.scopes.iter().map(|scope| quote_text(scope)).collect();
        let _ = write!(sql, ", SCOPE [{}]", scopes.join(", "));
    }
    for (name, value) in &secret.parameters {
        let _ = write!(sql, ", {} {}", quote_name(name), quote_text(&value.0));
    }
    sql.push(')');
    sql
}

#[cfg(test)]
mod tests {
    use wire::link::Hidden;

    use super::*;

    #[test]
    fn a_secrets_values_stay_values() {
        let secret = Secret {
            name: "a\"b".to_owned(),
            kind: "s3".to_owned(),
            scopes: vec!["s3://bucket".to_owned()],
            parameters: [("key_id".to_owned(), Hidden("x', ENDPOINT 'evil".to_owned()))].into(),
        };
        assert_eq!(
            create_secret(&secret),
            "CREATE SECRET \"a\"\"b\" (TYPE \"s3\", SCOPE ['s3://bucket'], \"key_id\" 'x'', ENDPOINT ''evil')"
        );
    }
}
