//! The oracle: a PostgreSQL 15 server over TLS with a password, as an ordinary user, on a free port. What a protocol
//! script expects is checked against it as well as against Pintail.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use rustix::process::Signal;

use crate::{config, process::Process, raw::RawClient, target::Target, template};

const START_TIMEOUT: Duration = Duration::from_secs(30);
const PASSWORD: &str = "oracle";

/// A running PostgreSQL 15.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    data: tempfile::TempDir,
    port: u16,
}

impl Postgres {
    /// Starts one with an empty database `postgres`.
    pub fn start() -> anyhow::Result<Self> {
        Self::configured(&[])
    }

    /// The same with settings for its configuration.
    pub fn configured(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let programs = programs()?;
        let template = template::prepare("postgres", "15-2", |folder| initialise(&programs, folder))?;
        let data = tempfile::Builder::new().prefix("pintail-postgres-").tempdir()?;
        template::copy(&template, data.path())?;
        // A free port; that another process takes it before PostgreSQL does shows at once and is a rare thing.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = as_user(&programs.join("postgres"));
        command.arg("-D").arg(data.path().join("cluster")).args(["-p", &port.to_string()]);
        for (key, value) in settings {
            command.arg("-c").arg(format!("{key}={value}"));
        }
        let log = fs::File::create(data.path().join("log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // SIGINT is PostgreSQL's "fast shutdown".
        let mut server = Self { process: Process::spawn(&mut command, Signal::INT)?, data, port };
        server.wait()?;
        Ok(server)
    }

    fn wait(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let Err(error) = RawClient::connect(&self.target()) else {
                return Ok(());
            };
            let log = || fs::read_to_string(self.data.path().join("log")).unwrap_or_default();
            if let Some(status) = self.process.ended() {
                bail!("postgres ended with {status}:\n{}", log());
            }
            ensure!(Instant::now() < deadline, "postgres did not start: {error:#}\n{}", log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// How to connect.
    #[must_use]
    pub fn target(&self) -> Target {
        Target {
            host: "localhost".to_owned(),
            port: self.port,
            ca_file: self.data.path().join("ca.pem"),
            user: "postgres".to_owned(),
            password: PASSWORD.to_owned(),
            database: "postgres".to_owned(),
        }
    }

    /// The postmaster's process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

/// Finds (or fetches) the folder with PostgreSQL 15's programs.
pub fn programs() -> anyhow::Result<PathBuf> {
    let output =
        Command::new(config::root().join("scripts/get-postgres.sh")).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "scripts/get-postgres.sh failed");
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// A command that runs as an ordinary user: PostgreSQL refuses to run as root.
fn as_user(program: &Path) -> Command {
    if !rustix::process::getuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program);
    command
}

fn initialise(programs: &Path, folder: &Path) -> anyhow::Result<()> {
    let (certificate, key, ca) = certificates()?;
    fs::write(folder.join("ca.pem"), ca)?;
    fs::write(folder.join("password"), PASSWORD)?;
    let cluster = folder.join("cluster");
    fs::create_dir(&cluster)?;
    if rustix::process::getuid().is_root() {
        let status = Command::new("chown").args(["-R", "nobody:nogroup"]).arg(folder).status()?;
        ensure!(status.success(), "chown failed");
    }
    let mut initdb = as_user(&programs.join("initdb"));
    initdb.arg("-D").arg(&cluster).arg("--pwfile").arg(folder.join("password"));
    initdb.args(["-U", "postgres", "-A", "password", "--locale=C", "--encoding=UTF8", "--no-sync"]);
    let output = initdb.current_dir(folder).output().context("initdb")?;
    ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    for (name, text) in [
        ("server.crt", certificate.as_str()),
        ("server.key", key.as_str()),
        ("postgresql.auto.conf", SETTINGS),
    ] {
        fs::write(cluster.join(name), text)?;
    }
    let mut mode = Command::new("chmod");
    ensure!(mode.args(["0600"]).arg(cluster.join("server.key")).status()?.success(), "chmod failed");
    if rustix::process::getuid().is_root() {
        let status = Command::new("chown").args(["-R", "nobody:nogroup"]).arg(&cluster).status()?;
        ensure!(status.success(), "chown failed");
    }
    Ok(())
}

const SETTINGS: &str = "
ssl = on
listen_addresses = 'localhost'
unix_socket_directories = ''
fsync = off
timezone = 'UTC'
log_timezone = 'UTC'
max_connections = 40
";

/// A server certificate for localhost, its key, and the CA that signed it, as PEM.
fn certificates() -> anyhow::Result<(String, String, String)> {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

    let mut params = CertificateParams::new(Vec::new())?;
    // Not the default name: OpenSSL takes a certificate whose issuer has its own name for self-signed.
    params.distinguished_name.push(DnType::CommonName, "oracle's CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let certificate = CertificateParams::new(names)?.signed_by(&key, &ca)?;
    Ok((certificate.pem(), key.serialize_pem(), ca.pem()))
}
