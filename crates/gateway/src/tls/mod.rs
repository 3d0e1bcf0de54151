//! TLS: the server's certificate, from an operator's files or from a development CA of our own.
//!
//! TLS 1.2 and 1.3 by rustls with aws-lc-rs; the ALPN name `postgresql` for clients that offer one
//! (RFC 7301, registered for PostgreSQL 17's direct TLS). The files that clients need to trust the
//! development CA are made in [`trust`].

pub mod certificate;
pub mod trust;
pub mod subject;
mod authority;

use std::{io, path::PathBuf, sync::Arc};

use rustls::{
    CipherSuite, RootCertStore, ServerConfig, server::WebPkiClientVerifier, sign::CertifiedKey,
    sign::SingleCertAndKey,
};

pub use self::certificate::{Certificates, Serving};
pub(crate) use self::trust::write_egress_roots;
use crate::home::HomeError;

/// The protocol name that clients of direct TLS offer.
pub const ALPN: &[u8] = b"postgresql";

/// The one of HTTP/1.1.
const WEB_ALPN: &[u8] = b"http/1.1";

/// What can go wrong with certificates.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} is not a usable certificate or key: {reason}")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The CAs of clients cannot be used.
    #[error("the client CA cannot be used: {0}")]
    ClientCa(String),
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Issue(#[from] rcgen::Error),
    /// A trust store could not be made.
    #[error("cannot make the trust store: {0}")]
    TrustStore(String),
    /// A file could not be written.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// rustls refuses the configuration.
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
}

/// The cipher suites that come first where the client knows them.
const AES_128: [CipherSuite; 3] = [
    CipherSuite::TLS13_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
];

/// The configuration for every connection that is shown this certificate. Clients are asked for certificates of their own
/// where there are `roots` to check them by; whether one has to be shown is not TLS's business.
fn server_config(
    certified: CertifiedKey,
    roots: Option<RootCertStore>,
    protocol: &[u8],
) -> Result<ServerConfig, TlsError> {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    // Each record is encrypted by the gateway, and AES-128 costs a quarter less than the AES-256 that most
    // clients list first.
    provider.cipher_suites.sort_by_key(|suite| !AES_128.contains(&suite.suite()));
    let provider = Arc::new(provider);
    let clients = match roots {
        None => WebPkiClientVerifier::no_client_auth(),
        Some(roots) => WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .map_err(|error| TlsError::ClientCa(error.to_string()))?,
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_client_cert_verifier(clients)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.ignore_client_order = true;
    config.alpn_protocols = vec![protocol.to_vec()];
    // Sessions are long; tickets of TLS 1.3 would cost every connection some records that no driver uses.
    config.send_tls13_tickets = 0;
    Ok(config)
}
