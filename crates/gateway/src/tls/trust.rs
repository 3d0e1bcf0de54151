//! The files by which clients come to trust the development CA: a PEM bundle of the system's roots and
//! ours (psycopg2, `SSL_CERT_FILE`), and the same as a PKCS#12 trust store (Java).
//!
//! Both hold the system's roots too, since a program that is pointed at them looks nowhere else.

use std::{fmt::Write, fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry};
use rustls::pki_types::{CertificateDer, pem::PemObject};

use super::TlsError;
use crate::home::{self, Layout};

/// The trust store's password: Java's own default. It keeps nothing secret.
pub const TRUSTSTORE_PASSWORD: &str = "changeit";

const OWN_ALIAS: &str = "pintail-development-ca";
const PEM_LINE_CHARACTERS: usize = 64;

/// Whether the files are there.
pub(super) fn exists(layout: &Layout) -> bool {
    layout.ca_bundle().exists() && layout.truststore().exists()
}

/// Writes both files.
pub(super) fn write(layout: &Layout) -> Result<(), TlsError> {
    let ca_pem = fs::read(layout.ca()).map_err(|reason| TlsError::Read { path: layout.ca(), reason })?;
    let ca =
        CertificateDer::from_pem_slice(&ca_pem).map_err(|error| TlsError::TrustStore(error.to_string()))?;
    // Roots that cannot be read are the system's affair; what there is serves.
    let roots = rustls_native_certs::load_native_certs().certs;
    let mut bundle = String::from_utf8_lossy(&ca_pem).into_owned();
    for root in &roots {
        push_pem(&mut bundle, root);
    }
    home::write_file(&layout.ca_bundle(), bundle.as_bytes())?;
    home::write_file(&layout.truststore(), &truststore(&ca, &roots)?)?;
    Ok(())
}

/// Writes the certificates that ducklings trust when they reach out: the system's roots, and those of the
/// operator's own file.
pub(crate) fn write_egress_roots(layout: &Layout, own: Option<&Path>) -> Result<(), TlsError> {
    let mut bundle = String::new();
    for root in rustls_native_certs::load_native_certs().certs {
        push_pem(&mut bundle, &root);
    }
    for certificate in own.map(read_roots).transpose()?.unwrap_or_default() {
        push_pem(&mut bundle, &certificate);
    }
    Ok(home::write_public_file(&layout.egress_roots(), bundle.as_bytes())?)
}

/// The certificates of an operator's own file.
///
/// # Errors
/// When it cannot be read, or has none.
pub fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = |reason| TlsError::Read { path: path.to_owned(), reason };
    let pem = fs::read(path).map_err(read)?;
    let unusable = |reason: String| TlsError::Unusable { path: path.to_owned(), reason };
    let roots = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let roots = roots.map_err(|error| unusable(error.to_string()))?;
    if roots.is_empty() { Err(unusable("there is no certificate in it".to_owned())) } else { Ok(roots) }
}

fn push_pem(out: &mut String, certificate: &CertificateDer<'_>) {
    let text = STANDARD.encode(certificate);
    out.push_str("-----BEGIN CERTIFICATE-----\n");
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % PEM_LINE_CHARACTERS == 0 {
            out.push('\n');
        }
        out.push(character);
    }
    out.push_str("\n-----END CERTIFICATE-----\n");
}

fn truststore(ca: &CertificateDer<'_>, roots: &[CertificateDer<'_>]) -> Result<Vec<u8>, TlsError> {
    let error = |error: p12_keystore::error::Error| TlsError::TrustStore(error.to_string());
    let mut store = KeyStore::new();
    let own = Certificate::from_der(ca).map_err(error)?;
    store.add_entry(OWN_ALIAS, KeyStoreEntry::Certificate(own));
    let mut alias = String::new();
    for (index, root) in roots.iter().enumerate() {
        // A root that this library cannot read is one that Java's users will not miss.
        if let Ok(certificate) = Certificate::from_der(root) {
            alias.clear();
            let _ = write!(alias, "system-{index}");
            store.add_entry(&alias, KeyStoreEntry::Certificate(certificate));
        }
    }
    store.writer(TRUSTSTORE_PASSWORD).write().map_err(error)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::{home::Home, settings::TlsSettings, tls::Certificates};

    #[test]
    fn the_bundle_holds_our_ca_and_the_systems_roots() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("data")).unwrap();
        Certificates::open(home.layout(), &TlsSettings::default(), &[]).unwrap();
        let bundle = fs::read(home.layout().ca_bundle()).unwrap();
        let found = CertificateDer::pem_slice_iter(&bundle).collect::<Result<Vec<_>, _>>().unwrap();
        let roots = rustls_native_certs::load_native_certs().certs;
        assert_eq!(found.len(), roots.len() + 1);
        assert_eq!(found[1..], roots);
    }

    #[test]
    fn java_opens_the_trust_store() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("data")).unwrap();
        Certificates::open(home.layout(), &TlsSettings::default(), &[]).unwrap();
        let Ok(listing) = Command::new("keytool")
            .args(["-list", "-storepass", TRUSTSTORE_PASSWORD, "-alias", OWN_ALIAS, "-keystore"])
            .arg(home.layout().truststore())
            .output()
        else {
            eprintln!("keytool is not installed: skipped");
            return;
        };
        let text = String::from_utf8_lossy(&listing.stdout);
        assert!(listing.status.success(), "{text}");
        assert!(text.contains("trustedCertEntry"), "{text}");
    }
}
