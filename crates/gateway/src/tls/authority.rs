//! The development CA: made on first start, kept with its key in the data directory, issues the
//! server's certificate and issues it anew before it expires or when the server's names change.
//!
//! Server certificates live 397 days, the most that Apple's clients accept. The CA lives ten years and
//! may sign nothing but leaves (path length 0).

use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use serde::{Deserialize, Serialize};

use super::TlsError;
use crate::{
    home::{self, Layout},
    ids::Timestamp,
    settings::CertificateFiles,
};

const DAY_SECONDS: u64 = 24 * 60 * 60;
const CA_DAYS: u64 = 3650;
const SERVER_DAYS: u64 = 397;
const RENEW_DAYS_BEFORE: u64 = 30;

/// What the server's certificate was issued for; kept beside it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Issued {
    names: Vec<String>,
    expires: Timestamp,
}

/// The development CA of a data directory.
#[derive(Debug)]
pub(super) struct Authority {
    layout: Layout,
}

impl Authority {
    /// Opens the CA; makes it when there is none. Answers whether it was made.
    pub(super) fn open(layout: &Layout) -> Result<(Self, Made), TlsError> {
        let authority = Self { layout: layout.clone() };
        if authority.layout.ca().exists() && authority.key_path().exists() {
            return Ok((authority, Made::Before));
        }
        let key = KeyPair::generate()?;
        let certificate = ca_params()?.self_signed(&key)?;
        home::write_file(&authority.key_path(), key.serialize_pem().as_bytes())?;
        home::write_file(&authority.layout.ca(), certificate.pem().as_bytes())?;
        Ok((authority, Made::Now))
    }

    fn key_path(&self) -> PathBuf {
        self.layout.tls().join("ca.key")
    }

    /// Where the server's certificate and key lie.
    pub(super) fn files(&self) -> CertificateFiles {
        CertificateFiles {
            certificate: self.layout.tls().join("server.pem"),
            key: self.layout.tls().join("server.key"),
        }
    }

    /// Issues the server's certificate unless the present one has these names and a month to live.
    pub(super) fn renew(&self, names: &[String], now: Timestamp) -> Result<(), TlsError> {
        let note = self.layout.tls().join("server.json");
        let issued: Option<Issued> = fs::read(&note).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let files = self.files();
        let needed_until = now.plus_seconds(RENEW_DAYS_BEFORE * DAY_SECONDS);
        let is_good = issued.is_some_and(|issued| issued.names == names && issued.expires > needed_until);
        if is_good && files.certificate.exists() && files.key.exists() {
            return Ok(());
        }
        let (certificate, key) = self.issue(names)?;
        let ca = read(&self.layout.ca())?;
        home::write_file(&files.key, key.serialize_pem().as_bytes())?;
        home::write_file(&files.certificate, format!("{}{ca}", certificate.pem()).as_bytes())?;
        let issued = Issued { names: names.to_vec(), expires: now.plus_seconds(SERVER_DAYS * DAY_SECONDS) };
        home::write_file(&note, &serde_json::to_vec(&issued).unwrap_or_default())?;
        Ok(())
    }

    fn issue(&self, names: &[String]) -> Result<(Certificate, KeyPair), TlsError> {
        let ca_key = KeyPair::from_pem(&read(&self.key_path())?)?;
        let issuer = Issuer::from_ca_cert_pem(&read(&self.layout.ca())?, ca_key)?;
        let key = KeyPair::generate()?;
        let certificate = server_params(names)?.signed_by(&key, &issuer)?;
        Ok((certificate, key))
    }
}

fn read(path: &Path) -> Result<String, TlsError> {
    fs::read_to_string(path).map_err(|reason| TlsError::Read { path: path.to_owned(), reason })
}

/// Whether something was there or has just been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// It was there.
    Before,
    /// It is new.
    Now,
}

fn ca_params() -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = named("Pintail development CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_lifetime(&mut params, CA_DAYS);
    Ok(params)
}

fn server_params(names: &[String]) -> Result<CertificateParams, TlsError> {
    // rcgen tells addresses from host names and makes the right kind of alternative name.
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = named(names.first().map_or("localhost", String::as_str));
    // Not plain NoCa: only this form writes the subject key identifier that strict clients want.
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    set_lifetime(&mut params, SERVER_DAYS);
    Ok(params)
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Pintail");
    name.push(DnType::CommonName, common_name);
    name
}

fn set_lifetime(params: &mut CertificateParams, days: u64) {
    let since_1970 = Duration::from_secs(Timestamp::now().0.try_into().unwrap_or_default());
    let now = date_time_ymd(1970, 1, 1) + since_1970;
    // A day early: clients' clocks may be behind.
    params.not_before = now - Duration::from_secs(DAY_SECONDS);
    params.not_after = now + Duration::from_secs(days * DAY_SECONDS);
}

/// The names of the certificate: this machine, the addresses listened on, the operator's own; each once.
pub(super) fn server_names(listen: &[IpAddr], own: &[String]) -> Vec<String> {
    let host_name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let addresses = listen.iter().filter(|address| !address.is_unspecified());
    let all = std::iter::once(host_name).chain(addresses.map(IpAddr::to_string)).chain(own.iter().cloned());
    for name in all {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
