//! `[[access]]` with a real configuration file, addresses of this machine and client certificates made here.

use std::{fs, path::Path, process::Command};

use harness::{Pintail, RawClient, Target};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// A CA for clients, with certificates for these names, as files: `ca.pem`, `NAME.pem`, `NAME.key`.
fn client_certificates(folder: &Path, ca_name: &str, names: &[&str]) -> anyhow::Result<()> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, ca_name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(folder.join(format!("{ca_name}.pem")), parameters.self_signed(&key)?.pem())?;
    let issuer = Issuer::new(parameters, key);
    for name in names {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, *name);
        fs::write(folder.join(format!("{name}.pem")), parameters.signed_by(&key, &issuer)?.pem())?;
        let path = folder.join(format!("{name}.key"));
        fs::write(&path, key.serialize_pem())?;
        // libpq refuses a key that others may read.
        let mode: fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&path, mode)?;
    }
    Ok(())
}

fn serve(folder: &Path, rules: &str) -> anyhow::Result<Pintail> {
    let path = folder.join("pintail.toml");
    let ca = folder.join("clients.pem");
    fs::write(&path, format!("{rules}\n[tls]\nclient_ca = {:?}\n", ca.display().to_string()))?;
    let path = path.display().to_string();
    Pintail::configured(&[("CONFIG", &path), ("LISTEN", "127.0.0.1,127.0.0.2")])
}

fn at(target: &Target, host: &str) -> Target {
    Target { host: host.to_owned(), ..target.clone() }
}

/// psql with the client certificate of this name, or with none.
fn psql(folder: &Path, target: &Target, certificate: Option<&str>) -> anyhow::Result<Result<String, String>> {
    let certificate = certificate.map_or("sslcert=/nowhere".to_owned(), |name| {
        let path = |kind: &str| folder.join(format!("{name}.{kind}")).display().to_string();
        format!("sslcert={} sslkey={}", path("pem"), path("key"))
    });
    let answer = super::psql(target, &certificate)?;
    Ok(answer.unwrap_or_else(|| Err("no psql".to_owned())))
}

fn has_psql() -> bool {
    Command::new("psql").arg("--version").output().is_ok()
}

#[test]
fn the_first_rule_that_fits_decides_by_address_and_user() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    client_certificates(folder.path(), "clients", &[])?;
    let rules = "
[[access]]
users = ['nobody']
method = 'reject'
[[access]]
addresses = ['127.0.0.1']
users = ['default']
method = 'password'
[[access]]
addresses = ['127.0.0.0/30']
method = 'any'";
    let pintail = serve(folder.path(), rules)?;
    let target = pintail.target();
    assert_eq!(RawClient::connect(&at(&target, "127.0.0.1"))?.value("select 1")?, "1");
    let refused = RawClient::refusal(&at(&target, "127.0.0.1").user("nobody"), &[])?;
    assert_eq!((refused.severity(), refused.code()), ("FATAL", "28000"));
    assert!(refused.message().contains("rejects host \"127.0.0.1\", user \"nobody\""), "{refused:?}");
    // The rule wants a password of the user `default`, without a sign in front.
    super::set_password(&pintail, "default", super::PASSWORD)?;
    let by_password = at(&target, "127.0.0.1").user("default").password(super::PASSWORD);
    if let Some(answer) = super::psql(&by_password, "channel_binding=require")? {
        assert_eq!(answer, Ok("default my_db".to_owned()));
    }
    Ok(())
}

#[test]
fn whom_no_rule_fits_is_refused() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    client_certificates(folder.path(), "clients", &[])?;
    let pintail = serve(folder.path(), "[[access]]\naddresses = ['10.0.0.0/8', '::2']\nmethod = 'any'")?;
    let refused = RawClient::refusal(&pintail.target(), &[])?;
    assert_eq!(refused.code(), "28000");
    assert!(refused.message().starts_with("no access rule for host"), "{refused:?}");
    Ok(())
}

#[test]
fn client_certificates_stand_beside_a_token_or_alone() -> anyhow::Result<()> {
    if !has_psql() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let place = folder.path();
    client_certificates(place, "clients", &["default", "ann", "machine"])?;
    client_certificates(place, "strangers", &["stranger"])?;
    let rules = "
[[access]]
users = ['ann', 'default']
method = 'certificate'
[[access]]
users = ['report']
method = 'certificate'
account = 'default'
[[access]]
users = ['@ann']
method = 'any'
client_certificate = 'verify-full'
[[access]]
method = 'any'
client_certificate = 'verify-ca'";
    let pintail = serve(place, rules)?;
    pintail.command(&["account", "create", "ann"])?;
    super::set_password(&pintail, "ann", super::PASSWORD)?;
    let target = pintail.target();
    let refused = |answer: Result<String, String>, words: &str| {
        let complaint = answer.expect_err(words);
        assert!(complaint.contains(words), "{complaint}");
    };

    // Beside a token: any that is trusted.
    refused(psql(place, &target, None)?, "connection requires a valid client certificate");
    assert_eq!(psql(place, &target, Some("machine"))?, Ok("default my_db".to_owned()));
    refused(psql(place, &target, Some("stranger"))?, "unknown ca");
    refused(psql(place, &target.password("pt_wrong"), Some("machine"))?, "password authentication failed");
    // Beside a password: the one with the user's name.
    let ann = target.user("@ann").password(super::PASSWORD);
    refused(psql(place, &ann, Some("machine"))?, "certificate authentication failed for user \"@ann\"");
    assert_eq!(psql(place, &ann, Some("ann"))?, Ok("ann my_db".to_owned()));
    // Alone: the user's own account, or the one that the rule names.
    let alone = |user: &str| target.user(user).password("");
    assert_eq!(psql(place, &alone("ann"), Some("ann"))?, Ok("ann my_db".to_owned()));
    refused(psql(place, &alone("ann"), Some("default"))?, "certificate authentication failed");
    assert_eq!(psql(place, &alone("report"), Some("machine"))?, Ok("default my_db".to_owned()));
    refused(psql(place, &alone("ann"), None)?, "requires a valid client certificate");
    Ok(())
}

#[test]
fn rules_that_make_no_sense_are_refused_at_the_start() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("pintail.toml");
    for (rules, words) in [
        ("[[access]]\nmethod = 'certificate'", "need [tls] client_ca"),
        ("[[access]]\nmethod = 'token'\naccount = 'ann'", "account belongs to"),
        ("[[access]]\nmethod = 'token'\naddresses = ['10.0.0.0/99']", "neither an address nor a network"),
        ("[[access]]\nmethod = 'md5'", "md5"),
        ("[[access]]\nmethod = 'token'\nnetworks = []", "networks"),
    ] {
        fs::write(&path, rules)?;
        let output = Command::new(harness::config::pintail_bin())
            .args(["check", "--config"])
            .arg(&path)
            .env("PINTAIL_DATA_DIR", folder.path())
            .output()?;
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && complaint.contains(words), "{rules}: {complaint}");
    }
    Ok(())
}
