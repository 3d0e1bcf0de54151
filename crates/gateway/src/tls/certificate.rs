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
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::{
    TlsError,
    authority::{self, Authority, Made},
    trust,
};
use crate::{
    home::Layout,
    ids::Timestamp,
    settings::{CertificateFiles, TlsSettings},
};

/// How often the files are looked at.
const RELOAD_INTERVAL: Duration = Duration::from_secs(10);

/// The server's certificate, as rustls asks for it.
#[derive(Debug)]
pub struct Certificates {
    files: CertificateFiles,
    authority: Option<(Authority, Vec<String>)>,
    current: RwLock<Arc<CertifiedKey>>,
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
        let current = RwLock::new(Arc::new(load(&files)?));
        Ok(Self { files, authority, current })
    }

    /// Renews and reloads for ever; the server runs this beside its connections.
    pub async fn keep_fresh(self: Arc<Self>) {
        let mut seen = modified(&self.files);
        loop {
            tokio::time::sleep(RELOAD_INTERVAL).await;
            let certificates = Arc::clone(&self);
            let before = seen;
            let refreshed = tokio::task::spawn_blocking(move || certificates.refresh(before)).await;
            match refreshed {
                Ok(Ok(now)) => seen = now,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "certificate not reloaded, the former one stays");
                    seen = modified(&self.files);
                }
                Err(_) => return,
            }
        }
    }

    fn refresh(&self, seen: Modified) -> Result<Modified, TlsError> {
        if let Some((authority, names)) = &self.authority {
            authority.renew(names, Timestamp::now())?;
        }
        let now = modified(&self.files);
        if now != seen {
            let fresh = Arc::new(load(&self.files)?);
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
            tracing::info!(path = %self.files.certificate.display(), "certificate reloaded");
        }
        Ok(now)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

type Modified = [Option<SystemTime>; 2];

fn modified(files: &CertificateFiles) -> Modified {
    [&files.certificate, &files.key].map(|path| fs::metadata(path).and_then(|data| data.modified()).ok())
}

fn load(files: &CertificateFiles) -> Result<CertifiedKey, TlsError> {
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
    Ok(certified)
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
        let tls = TlsSettings { files: None, names: names.iter().map(|name| (*name).to_owned()).collect() };
        Certificates::open(layout, &tls, &[]).unwrap()
    }

    fn leaf(certificates: &Certificates) -> Vec<u8> {
        certificates.current.read().unwrap().cert[0].to_vec()
    }

    #[test]
    fn the_ca_is_made_once_and_the_certificate_again_when_names_change() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("data")).unwrap();
        let first = open(home.layout(), &[]);
        let ca = fs::read(home.layout().ca()).unwrap();
        assert_eq!(first.current.read().unwrap().cert.len(), 2, "leaf and CA are sent");
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
        assert!(certificates.refresh([None, None]).is_err());
        assert_eq!(before, leaf(&certificates));
        let (authority, names) = certificates.authority.as_ref().unwrap();
        fs::remove_file(home.layout().tls().join("server.json")).unwrap();
        authority.renew(names, Timestamp::now()).unwrap();
        certificates.refresh([None, None]).unwrap();
        assert_ne!(before, leaf(&certificates));
    }
}
