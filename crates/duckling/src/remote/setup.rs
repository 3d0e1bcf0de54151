//! The statements that set DuckDB up for remote data, before its locks.

use std::fmt::Write;

use engine::{Connection, Error, process::set_variable};
use wire::link::{Hidden, PROXY_USER, RemoteAccess, Secret};

use super::url::{AZURE_PREFIXES, PREFIXES};
use crate::sql::{quote_name, quote_text};

/// The extension that most of this is about.
const HTTPFS: &str = "httpfs";

/// The extension for Microsoft's blob storage.
pub(crate) const AZURE: &str = "azure";

/// The extensions that make requests of their own.
const OWN_CLIENTS: [&str; 2] = [AZURE, "delta"];

/// The prefixes that the locks leave open, when `extensions` has what opens them.
pub(crate) fn url_prefixes(remote: Option<&RemoteAccess>, extensions: &[String]) -> Vec<&'static str> {
    let opened = |extension, prefixes: &[&'static str]| {
        let is_open = remote.is_some() && has(extensions, extension);
        if is_open { prefixes.to_vec() } else { Vec::new() }
    };
    [opened(HTTPFS, &PREFIXES), opened(AZURE, &AZURE_PREFIXES)].concat()
}

/// Whether an extension is loaded.
fn has(extensions: &[String], name: &str) -> bool {
    extensions.iter().any(|extension| extension == name)
}

/// Points the clients that some extensions bring along at the proxy, which they look for in the environment. Tenants
/// cannot read it. Before any thread is started.
pub(crate) fn prepare_extensions(remote: &RemoteAccess, extensions: &[String], proxy_port: u16) {
    if !OWN_CLIENTS.into_iter().any(|extension| has(extensions, extension)) {
        return;
    }
    let proxy = format!("http://{PROXY_USER}:{}@127.0.0.1:{proxy_port}", remote.proxy_password.0);
    for (name, value) in [
        ("HTTP_PROXY", proxy.as_str()),
        ("HTTPS_PROXY", &proxy),
        ("http_proxy", &proxy),
        ("https_proxy", &proxy),
        ("SSL_CERT_FILE", &remote.ca_file),
        ("CURL_CA_INFO", &remote.ca_file),
    ] {
        set_variable(name, value);
    }
}

/// Points DuckDB at the proxy, with certificates checked, and creates the account's secrets; those that it takes. One that
/// it does not take must not keep the account's databases from being opened.
///
/// # Errors
/// Whatever else DuckDB fails with.
pub(crate) fn configure(
    control: &Connection,
    remote: &RemoteAccess,
    extensions: &[String],
    proxy_port: u16,
) -> Result<Vec<Secret>, Error> {
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
    if has(extensions, AZURE) {
        // The one of its clients that takes a certificate authority from the environment.
        control.execute("SET GLOBAL azure_transport_option_type = 'curl'")?;
    }
    let means = Means::new(extensions, proxy_port, &remote.proxy_password);
    let is_taken = |secret: &&Secret| {
        let made = create(control, &means, secret);
        // Its text may repeat a value.
        made.inspect_err(|error| not_taken(secret, error)).is_ok()
    };
    Ok(remote.secrets.iter().filter(is_taken).cloned().collect())
}

/// Says which secret the engine does not take, and nothing of its values.
pub(super) fn not_taken(secret: &Secret, error: &Error) {
    tracing::error!(kind = ?error.kind, secret = secret.name, "the engine does not take a secret");
}

/// How secrets are made.
#[derive(Clone, Debug)]
pub(crate) struct Means {
    extensions: Vec<String>,
    proxy_port: u16,
    proxy_password: Hidden,
}

impl Means {
    /// With these extensions loaded, and the proxy at this port.
    pub(crate) fn new(extensions: &[String], proxy_port: u16, proxy_password: &Hidden) -> Self {
        Self { extensions: extensions.to_vec(), proxy_port, proxy_password: proxy_password.clone() }
    }
}

/// Has the engine have a secret, in the place of one of the same name. One for an extension that is not there waits for it.
///
/// # Errors
/// What DuckDB says, which may repeat a value.
pub(super) fn create(control: &Connection, means: &Means, secret: &Secret) -> Result<(), Error> {
    if secret.kind != AZURE {
        return if has(&means.extensions, HTTPFS) {
            control.execute(&create_secret(secret, &[]))
        } else {
            Ok(())
        };
    }
    if !has(&means.extensions, AZURE) {
        return Ok(());
    }
    // Its client has its proxy from the secret.
    let proxy = format!("http://127.0.0.1:{}", means.proxy_port);
    let proxy = [
        ("http_proxy", proxy.as_str()),
        ("proxy_user_name", PROXY_USER),
        ("proxy_password", &means.proxy_password.0),
    ];
    control.execute(&create_secret(secret, &proxy))
}

fn create_secret(secret: &Secret, more: &[(&str, &str)]) -> String {
    let mut sql =
        format!("CREATE OR REPLACE SECRET {} (TYPE {}", quote_name(&secret.name), quote_name(&secret.kind));
    if !secret.scopes.is_empty() {
        let scopes: Vec<String> = secret.scopes.iter().map(|scope| quote_text(scope)).collect();
        let _ = write!(sql, ", SCOPE [{}]", scopes.join(", "));
    }
    let own = secret.parameters.iter().map(|(name, value)| (name.as_str(), value.0.as_str()));
    for (name, value) in own.chain(more.iter().copied()) {
        let _ = write!(sql, ", {} {}", quote_name(name), quote_text(value));
    }
    sql.push(')');
    sql
}

#[cfg(test)]
mod tests {
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
            create_secret(&secret, &[]),
            "CREATE OR REPLACE SECRET \"a\"\"b\" (TYPE \"s3\", SCOPE ['s3://bucket'], \"key_id\" 'x'', ENDPOINT ''evil')"
        );
    }
}
