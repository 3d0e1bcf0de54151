//! The ways to connect, written out for this server: after the reference's page "Connection string
//! formats", with our host, port and CA file.

use std::{fmt::Write, net::IpAddr, path::PathBuf};

use gateway::{
    home::Layout,
    server::State,
    settings::{Port, Settings},
    tls::trust::TRUSTSTORE_PASSWORD,
};
use serde::Serialize;

/// What stands where the token belongs.
pub(crate) const TOKEN_VARIABLE: &str = "$PINTAIL_TOKEN";

/// Where the server is, and what clients need to trust it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Place {
    /// Host name.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
    /// User name; any will do.
    pub(crate) user: &'static str,
    /// The default database's name.
    pub(crate) database: &'static str,
    /// The development CA; nothing when the operator has an own certificate.
    pub(crate) ca_file: Option<PathBuf>,
    /// The system's roots and that CA.
    pub(crate) ca_bundle: Option<PathBuf>,
    /// The same for Java.
    pub(crate) truststore: Option<PathBuf>,
    /// Its password.
    pub(crate) truststore_password: Option<&'static str>,
    /// Where the REST API is.
    pub(crate) api: Option<String>,
}

/// The forms.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Forms {
    pub(crate) psql: String,
    pub(crate) uri: String,
    pub(crate) dsn: String,
    pub(crate) psycopg: String,
    pub(crate) jdbc: String,
    pub(crate) node: String,
}

impl Place {
    /// The place of the server that runs (or ran last) on this data directory.
    pub(crate) fn of(layout: &Layout, settings: &Settings) -> Self {
        let configured = match settings.port {
            Port::Exactly(port) | Port::Preferably(port) => port,
        };
        let port = State::read(layout).map_or(configured, |state| state.port);
        Self::at(layout, settings, port)
    }

    /// The place of a server on this port.
    pub(crate) fn at(layout: &Layout, settings: &Settings, port: u16) -> Self {
        let has_own_ca = settings.tls.files.is_none();
        let api = State::read(layout).and_then(|state| state.api).filter(|_| settings.api.is_some());
        Self {
            host: host(settings),
            port,
            user: "postgres",
            database: "md:",
            ca_file: has_own_ca.then(|| layout.ca()),
            ca_bundle: has_own_ca.then(|| layout.ca_bundle()),
            truststore: has_own_ca.then(|| layout.truststore()),
            truststore_password: has_own_ca.then_some(TRUSTSTORE_PASSWORD),
            api: api.map(|address| format!("https://{address}/v1/")),
        }
    }

    /// The forms with this token.
    pub(crate) fn forms(&self, token: &str) -> Forms {
        let Self { host, port, user, database, .. } = self;
        let root = self.ca_file.as_ref().map_or("system".to_owned(), |path| path.display().to_string());
        let dsn = format!(
            "host={host} port={port} dbname={database} user={user} password={token} sslmode=verify-full sslrootcert={}",
            quote_dsn(&root)
        );
        let uri_root = percent_encode(&root);
        let authority =
            if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        // JDBC reads the system's roots through a factory of its own, not through `sslrootcert=system`.
        let jdbc_trust = match &self.ca_file {
            Some(_) => format!("sslrootcert={uri_root}"),
            None => "sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory".to_owned(),
        };
        let node_ca = match &self.ca_file {
            Some(path) => format!("ca: fs.readFileSync({:?}), ", path.display().to_string()),
            None => String::new(),
        };
        Forms {
            psql: format!(
                "PGPASSWORD={token} psql -h {host} -p {port} -U {user} \"dbname={database} sslmode=verify-full sslrootcert={}\"",
                escape_shell(&quote_dsn(&root))
            ),
            uri: format!(
                "postgresql://{user}:{token}@{authority}/{database}?sslmode=verify-full&sslrootcert={uri_root}"
            ),
            psycopg: format!("psycopg.connect({dsn:?})"),
            jdbc: format!(
                "jdbc:postgresql://{authority}/{database}?user={user}&password={token}&sslmode=verify-full&{jdbc_trust}"
            ),
            node: format!(
                "new pg.Client({{ host: {host:?}, port: {port}, user: {user:?}, password: {token:?}, database: {database:?}, \
                 ssl: {{ {node_ca}rejectUnauthorized: true }} }})"
            ),
            dsn,
        }
    }

    /// `export` lines for a shell.
    pub(crate) fn exports(&self) -> String {
        let mut lines = String::new();
        let mut export = |name: &str, value: &str| {
            // Writing to a String does not fail.
            let _ = writeln!(lines, "export {name}=\"{value}\"");
        };
        export("MOTHERDUCK_TOKEN", "${PINTAIL_TOKEN:-$MOTHERDUCK_TOKEN}");
        export("PGHOST", &escape_shell(&self.host));
        export("PGPORT", &self.port.to_string());
        let path =
            |path: &Option<PathBuf>| path.as_ref().map(|path| escape_shell(&path.display().to_string()));
        if let Some(bundle) = path(&self.ca_bundle) {
            export("SSL_CERT_FILE", &bundle);
        }
        if let Some(ca) = path(&self.ca_file) {
            export("NODE_EXTRA_CA_CERTS", &ca);
        }
        if let Some(store) = path(&self.truststore) {
            let options = format!(
                "-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword={TRUSTSTORE_PASSWORD}"
            );
            export("JAVA_TOOL_OPTIONS", &options);
        }
        lines
    }
}

impl Forms {
    /// The forms with their names, to be read at a glance.
    pub(crate) fn listing(&self, place: &Place) -> String {
        let Self { psql, uri, dsn, psycopg, jdbc, node } = self;
        let ca = place.ca_file.as_ref().map(|path| path.display().to_string());
        let forms = [
            ("psql", Some(psql)),
            ("URI", Some(uri)),
            ("DSN", Some(dsn)),
            ("psycopg", Some(psycopg)),
            ("JDBC", Some(jdbc)),
            ("node", Some(node)),
            ("CA file", ca.as_ref()),
            ("REST API", place.api.as_ref()),
        ];
        let lines = forms.iter().filter_map(|(name, form)| Some(line(name, form.as_ref()?)));
        lines.collect()
    }
}

/// A line of the listing.
pub(crate) fn line(name: &str, value: &str) -> String {
    format!("  {name:<9} {value}\n")
}

/// A name that the certificate has and that leads to the address listened on.
fn host(settings: &Settings) -> String {
    let is_local = |address: &IpAddr| address.is_loopback();
    let first = settings.listen.first();
    match first {
        Some(address) if !is_local(address) && !address.is_unspecified() => address.to_string(),
        Some(address) if address.is_unspecified() => {
            let own = settings.tls.names.first().cloned();
            own.unwrap_or_else(|| "localhost".to_owned())
        }
        Some(_) | None => "localhost".to_owned(),
    }
}

/// A value of a keyword string (libpq, "Connection Strings").
fn quote_dsn(value: &str) -> String {
    let is_plain = !value.is_empty() && !value.contains([' ', '\'', '\\']);
    if is_plain {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

/// Text inside double quotes of a POSIX shell.
fn escape_shell(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '$' | '`') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A value of a URI's query, with its slashes left alone.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(ca: Option<&str>) -> Place {
        Place {
            host: "localhost".to_owned(),
            port: 6432,
            user: "postgres",
            database: "md:",
            ca_file: ca.map(PathBuf::from),
            ca_bundle: ca.map(PathBuf::from),
            truststore: ca.map(PathBuf::from),
            truststore_password: None,
            api: None,
        }
    }

    #[test]
    fn the_forms_are_those_of_the_reference() {
        let forms = place(Some("/d/ca.pem")).forms("pt_x");
        assert_eq!(
            forms.psql,
            "PGPASSWORD=pt_x psql -h localhost -p 6432 -U postgres \"dbname=md: sslmode=verify-full sslrootcert=/d/ca.pem\""
        );
        assert_eq!(
            forms.uri,
            "postgresql://postgres:pt_x@localhost:6432/md:?sslmode=verify-full&sslrootcert=/d/ca.pem"
        );
        assert!(place(None).forms("t").dsn.ends_with("sslrootcert=system"));
        assert_eq!(forms.listing(&place(None)).lines().count(), 6);
        assert_eq!(forms.listing(&place(Some("/d/ca.pem"))).lines().count(), 7);
    }

    #[test]
    fn awkward_paths_are_quoted_in_each_form() {
        let forms = place(Some("/my $data/it's/ca.pem")).forms("t");
        assert!(forms.dsn.ends_with(r"sslrootcert='/my $data/it\'s/ca.pem'"), "{}", forms.dsn);
        assert!(forms.psql.contains(r"sslrootcert='/my \$data/it\\'s/ca.pem'"), "{}", forms.psql);
        assert!(forms.uri.ends_with("sslrootcert=/my%20%24data/it%27s/ca.pem"), "{}", forms.uri);
    }

    #[test]
    fn a_shell_evaluates_the_exports() {
        let exports = place(Some("/a $b/ca.pem")).exports();
        let script = format!("{exports}printf '%s|' \"$MOTHERDUCK_TOKEN\" \"$PGPORT\" \"$SSL_CERT_FILE\"");
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("PINTAIL_TOKEN", "pt_x")
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "pt_x|6432|/a $b/ca.pem|");
    }
}
