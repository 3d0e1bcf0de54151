//! The certificate that is shown to clients, read from files and read again when they change.
//!
//! A reload that fails keeps the former certificate and is logged; connections under way are not
//! touched.

use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

use super::{
    ALPN, TlsError, WEB_ALPN,
    authority::{self, Authority, Made},
    server_config, subject, trust,
};
use crate::{
    home::Layout,
    ids::Timestamp,
    settings::{CertificateFiles, TlsSettings},
};

/// How often the files are looked at.
const RELOAD_INTERVAL: Duration = Duration::from_secs(10);

/// The server's certificate.
#[derive(Debug)]
pub struct Certificates {
    files: CertificateFiles,
    client_ca: Option<PathBuf>,
    authority: Option<(Authority, Vec<String>)>,
    current: RwLock<Arc<Serving>>,
}

/// What one connection is served with. Each certificate has a configuration of its own, so that it is known which one a
/// client was shown.
#[derive(Debug)]
pub struct Serving {
    /// For rustls.
    pub config: Arc<ServerConfig>,
    /// The same for HTTP.
    pub web: Arc<ServerConfig>,
    /// The hash that binds a login to the certificate, where there is one.
    pub end_point: Option<Vec<u8>>,
    #[cfg(test)]
    chain: Vec<CertificateDer<'static>>,
}

impl Certificates {
    /// Loads the operator's files; without such, opens (on first start: makes) the development CA and
    /// its trust files and has it issue a certificate.
    ///
    /// # Errors
    /// When a file cannot be read, used or written.
    pub fn open(layout: &Layout, tls: &TlsSettings, listen: &[IpAddr]) -> Result<Self, TlsError> {
        let (files, authority) = if let Some(files) = &tls.files {
            (files.clone(), None)
        } else {
            let (authority, made) = Authority::open(layout)?;
            if made == Made::Now || !trust::exists(layout) {
                trust::write(layout)?;
            }
            let names = authority::server_names(listen, &tls.names);
            authority.renew(&names, Timestamp::now())?;
            (authority.files(), Some((authority, names)))
        };
        let client_ca = tls.client_ca.clone();
        let current = RwLock::new(Arc::new(load(&files, client_ca.as_deref())?));
        Ok(Self { files, client_ca, authority, current })
    }

    /// What a connection that begins now is served with.
    #[must_use]
    pub fn serving(&self) -> Arc<Serving> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Renews and reloads for ever; the server runs this beside its connections.
    pub async fn keep_fresh(self: Arc<Self>) {
        let mut seen = self.modified();
        loop {
            tokio::time::sleep(RELOAD_INTERVAL).await;
            let certificates = Arc::clone(&self);
            let before = seen;
            let refreshed = tokio::task::spawn_blocking(move || certificates.refresh(before)).await;
            match refreshed {
                Ok(Ok(now)) => seen = now,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "certificate not reloaded, the former one stays");
                    seen = self.modified();
                }
                Err(_) => return,
            }
        }
    }

    fn refresh(&self, seen: Modified) -> Result<Modified, TlsError> {
        if let Some((authority, names)) = &self.authority {
            authority.renew(names, Timestamp::now())?;
        }
        let now = self.modified();
        if now != seen {
            let fresh = Arc::new(load(&self.files, self.client_ca.as_deref())?);
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
            tracing::info!(path = %self.files.certificate.display(), "certificate reloaded");
        }
        Ok(now)
    }

    fn modified(&self) -> Modified {
        let files = [Some(&self.files.certificate), Some(&self.files.key), self.client_ca.as_ref()];
        files.map(|path| fs::metadata(path?).and_then(|data| data.modified()).ok())
    }
}

type Modified = [Option<SystemTime>; 3];

fn load(files: &CertificateFiles, client_ca: Option<&Path>) -> Result<Serving, TlsError> {
    let chain = CertificateDer::pem_slice_iter(&read(&files.certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(unusable(&files.certificate))?;
    if chain.is_empty() {
        return Err(unusable(&files.certificate)("no certificate in it"));
    }
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?).map_err(unusable(&files.key))?;
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).map_err(unusable(&files.key))?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(unusable(&files.key))?;
    let roots = client_ca.map(client_roots).transpose()?;
    Ok(Serving {
        end_point: certified.cert.first().and_then(subject::end_point),
        #[cfg(test)]
        chain: certified.cert.clone(),
        web: Arc::new(server_config(certified.clone(), None, WEB_ALPN)?),
        config: Arc::new(server_config(certified, roots, ALPN)?),
    })
}

fn client_roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&read(path)?) {
        roots.add(certificate.map_err(unusable(path))?).map_err(unusable(path))?;
    }
    if roots.is_empty() { Err(unusable(path)("no certificate in it")) } else { Ok(roots) }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|reason| TlsError::Read { path: path.to_owned(), reason })
}

fn unusable<E: ToString>(path: &Path) -> impl Fn(E) -> TlsError {
    let path: PathBuf = path.to_owned();
    move |reason| TlsError::Unusable { path: path.clone(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::Home;

    fn open(layout: &Layout, names: &[&str]) -> Certificates {
        let tls = TlsSettings {
            files: None,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            client_ca: None,
        };
        Certificates::open(layout, &tls, &[]).unwrap()
    }

    fn leaf(certificates: &Certificates) -> Vec<u8> {
        certificates.serving().chain[0].to_vec()
    }

    #[test]
    fn the_ca_is_made_once_and_the_certificate_again_when_names_change() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("data")).unwrap();
        let first = open(home.layout(), &[]);
        let ca = fs::read(home.layout().ca()).unwrap();
        assert_eq!(first.serving().chain.len(), 2, "leaf and CA are sent");
        let second = open(home.layout(), &[]);
        assert_eq!(leaf(&first), leaf(&second));
        let third = open(home.layout(), &["db.example.com"]);
        assert_ne!(leaf(&first), leaf(&third));
        assert_eq!(ca, fs::read(home.layout().ca()).unwrap());
    }

    #[test]
    fn a_certificate_about_to_expire_is_issued_anew() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("data")).unwrap();
        let (authority, _) = Authority::open(home.layout()).unwrap();
        let names = vec!["localhost".to_owned()];
        let read = || fs::read(authority.files().certificate).unwrap();
        let now = Timestamp::now();
        authority.renew(&names, now).unwrap();
        let first = read();
        authority.renew(&names, now.plus_seconds(360 * 86_400)).unwrap();
        assert_eq!(first, read());
        authority.renew(&names, now.plus_seconds(368 * 86_400)).unwrap();
        assert_ne!(first, read());
    }

    #[test]
    fn changed_files_are_loaded_and_bad_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("data")).unwrap();
        let certificates = open(home.layout(), &[]);
        let before = leaf(&certificates);
        fs::write(&certificates.files.certificate, "rubbish").unwrap();
        assert!(certificates.refresh([None; 3]).is_err());
        assert_eq!(before, leaf(&certificates));
        let (authority, names) = certificates.authority.as_ref().unwrap();
        fs::remove_file(home.layout().tls().join("server.json")).unwrap();
        authority.renew(names, Timestamp::now()).unwrap();
        certificates.refresh([None; 3]).unwrap();
        assert_ne!(before, leaf(&certificates));
    }
}
