//! A running `pintail serve` with its own data directory, on a free port, ended by its own process id when dropped.
//! Its log must hold no line at ERROR unless the test says that it expects some.

use std::{
    fs,
    io::Write,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant, UNIX_EPOCH},
};

use anyhow::{Context, bail, ensure};
use rustix::process::Signal;
use serde::Deserialize;

use crate::{
    config,
    process::{self, Process},
    target::Target,
    template,
};

/// How long the first start may take (it makes keys, an account and the sample data).
const START_TIMEOUT: Duration = Duration::from_mins(2);

/// A running server.
#[derive(Debug)]
pub struct Pintail {
    process: Process,
    /// What it was started with.
    settings: Vec<(String, String)>,
    /// The data directory and, beside it, what the server wrote.
    folder: tempfile::TempDir,
    info: ConnectInfo,
    token: String,
    expect_errors: bool,
}

/// What `pintail connect-info --json` prints (the part that tests use).
#[derive(Clone, Debug, Deserialize)]
struct ConnectInfo {
    port: u16,
    ca_file: PathBuf,
}

/// What `pintail token create --json` prints (the part that tests use).
#[derive(Debug, Deserialize)]
struct Token {
    token: String,
}

impl Pintail {
    /// Starts a server as it is after its first start: account `default`, `my_db`, `sample_data`.
    pub fn start() -> anyhow::Result<Self> {
        Self::configured(&[])
    }

    /// The same with settings, as `PINTAIL_…` variables without that prefix; an empty value leaves the default.
    pub fn configured(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::configured_as(&config::pintail_bin(), settings)
    }

    /// The same with this program.
    pub fn configured_as(program: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let command = |folder: &Path| in_folder(Command::new(program), folder);
        let template = template::prepare("pintail", &fingerprint(program)?, |folder| {
            let mut process = serve(command(folder), folder, &[])?;
            wait_until_ready(&mut process, folder)?;
            ensure!(process.stop(), "the server did not stop at SIGTERM:\n{}", log(folder));
            fs::remove_file(folder.join(OUTPUT))?;
            Ok(fs::remove_file(folder.join(LOG))?)
        })?;
        let folder = tempfile::Builder::new().prefix("pintail-").tempdir()?;
        template::copy(&template, folder.path())?;
        let process = serve(command(folder.path()), folder.path(), settings)?;
        let mut running = Self::running(folder, process)?;
        running.settings =
            settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Ok(running)
    }

    /// Starts a server on an empty data directory: its very first start.
    pub fn fresh() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("pintail-").tempdir()?;
        let process = serve(pintail(folder.path()), folder.path(), &[])?;
        Self::running(folder, process)
    }

    /// Starts a server by another program (with its arguments), on an empty data directory.
    pub fn started_by(program: &[&str], settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("pintail-").tempdir()?;
        let mut command = in_folder(Command::new(program[0]), folder.path());
        command.args(&program[1..]).arg(config::pintail_bin());
        let process = serve(command, folder.path(), settings)?;
        Self::running(folder, process)
    }

    /// Stops the server and starts it again on the same data, by another program (with its arguments).
    pub fn restart_by(&mut self, program: &[&str]) -> anyhow::Result<()> {
        ensure!(self.process.stop(), "the server did not stop at SIGTERM:\n{}", self.log());
        let mut command = in_folder(Command::new(program[0]), self.folder.path());
        command.args(&program[1..]).arg(config::pintail_bin());
        self.process = serve(command, self.folder.path(), &[])?;
        wait_until_ready(&mut self.process, self.folder.path())?;
        self.info = json(self.folder.path(), &["connect-info", "--json"])?;
        Ok(())
    }

    /// Ends the gateway with SIGKILL, as a crash would. Its ducklings are left to themselves; which there were.
    pub fn crash(&mut self) -> anyhow::Result<Vec<u32>> {
        let orphans = self.ducklings();
        self.process.kill();
        ensure!(!self.log().contains("panicked at"), "a panic in the server's log:\n{}", self.log());
        Ok(orphans)
    }

    /// Ends the server if it runs, and starts it again on the same data with the same settings.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        ensure!(self.process.stop(), "the server did not stop at SIGTERM:\n{}", self.log());
        let settings =
            self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect::<Vec<_>>();
        self.process = serve(pintail(self.folder.path()), self.folder.path(), &settings)?;
        wait_until_ready(&mut self.process, self.folder.path())?;
        self.info = json(self.folder.path(), &["connect-info", "--json"])?;
        Ok(())
    }

    /// Starts a server as an ordinary user, from a folder of its own as a package would install it. Needs root.
    pub fn ordinary(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("pintail-").tempdir()?;
        let program = install(folder.path())?;
        let mut command = in_folder(Command::new(program), folder.path());
        command.uid(NOBODY).gid(NOBODY).env("HOME", folder.path());
        let process = serve(command, folder.path(), settings)?;
        Self::running(folder, process)
    }

    fn running(folder: tempfile::TempDir, mut process: Process) -> anyhow::Result<Self> {
        wait_until_ready(&mut process, folder.path())?;
        let info: ConnectInfo = json(folder.path(), &["connect-info", "--json"])?;
        let Token { token } = json(folder.path(), &["token", "create", "--account", "default", "--json"])?;
        Ok(Self { process, settings: Vec::new(), folder, info, token, expect_errors: false })
    }

    /// How to connect: by `localhost`, to the default database of the account `default`.
    #[must_use]
    pub fn target(&self) -> Target {
        Target {
            host: "localhost".to_owned(),
            port: self.info.port,
            ca_file: self.info.ca_file.clone(),
            user: "postgres".to_owned(),
            password: self.token.clone(),
            database: "md:".to_owned(),
        }
    }

    /// A second account with a token of its own.
    pub fn other_account(&self, name: &str) -> anyhow::Result<Target> {
        self.command(&["account", "create", name])?;
        let Token { token } = json(self.folder.path(), &["token", "create", "--account", name, "--json"])?;
        Ok(self.target().password(&token))
    }

    /// A token of the account `default` that only reads.
    pub fn reader(&self) -> anyhow::Result<Target> {
        let arguments = ["token", "create", "--account", "default", "--kind", "read_scaling", "--json"];
        let Token { token } = json(self.folder.path(), &arguments)?;
        Ok(self.target().password(&token))
    }

    /// Runs `pintail` with this server's data directory; its output, when it succeeds.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = run(self.folder.path(), arguments)?;
        ensure!(
            output.status.success(),
            "pintail {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The same with a text on its standard input.
    pub fn command_reading(&self, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let mut command = pintail(self.folder.path());
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        child.stdin.take().context("standard input")?.write_all(input.as_bytes())?;
        let output = child.wait_with_output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pintail {arguments:?}: {complaint}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join(DATA)
    }

    /// The files of the data directory that hold one of these texts, and which.
    pub fn files_with(&self, texts: &[&str]) -> anyhow::Result<Vec<String>> {
        let (mut folders, mut found) = (vec![self.data()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(bytes) = fs::read(&path) {
                    let holds = |text: &&&str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
                    found.extend(
                        texts.iter().filter(holds).map(|text| format!("{text} in {}", path.display())),
                    );
                }
            }
        }
        Ok(found)
    }

    /// The gateway's process id.
    #[must_use]
    pub fn gateway(&self) -> u32 {
        self.process.id()
    }

    /// The process ids of the running ducklings.
    #[must_use]
    pub fn ducklings(&self) -> Vec<u32> {
        let children = process::descendants(self.process.id()).into_iter();
        children
            .filter(|pid| process::is_running(*pid) && process::command_line(*pid).contains(" duckling"))
            .collect()
    }

    /// The process id of the only running duckling.
    pub fn duckling(&self) -> anyhow::Result<u32> {
        match self.ducklings()[..] {
            [pid] => Ok(pid),
            ref others => bail!("expected one duckling, found {others:?}"),
        }
    }

    /// What the server printed at its start.
    #[must_use]
    pub fn output(&self) -> String {
        fs::read_to_string(self.folder.path().join(OUTPUT)).unwrap_or_default()
    }

    /// The log so far.
    #[must_use]
    pub fn log(&self) -> String {
        log(self.folder.path())
    }

    /// Allows lines at ERROR in the log.
    pub fn expect_errors(&mut self) {
        self.expect_errors = true;
    }
}

impl Drop for Pintail {
    fn drop(&mut self) {
        let in_time = self.process.stop();
        let log = self.log();
        if thread::panicking() {
            eprintln!("--- the server's log\n{log}---");
            return;
        }
        assert!(in_time, "the server did not stop at SIGTERM; its log:\n{log}");
        let errors = log.lines().filter(|line| is_error(line)).collect::<Vec<_>>();
        assert!(
            self.expect_errors || errors.is_empty(),
            "lines at ERROR in the server's log:\n{}",
            errors.join("\n")
        );
        assert!(!log.contains("panicked at"), "a panic in the server's log:\n{log}");
    }
}

/// In a server's folder: its data directory, its standard output, its log.
const DATA: &str = "data";
const OUTPUT: &str = "output";
const LOG: &str = "log";

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join(LOG)).unwrap_or_default()
}

fn is_error(line: &str) -> bool {
    line.split_whitespace().take(3).any(|word| word == "ERROR") || line.contains(r#""level":"ERROR""#)
}

/// The user and group `nobody`, on Debian and elsewhere.
const NOBODY: u32 = 65534;

/// Installs the program and the engine's library under this folder, which becomes the ordinary user's.
fn install(folder: &Path) -> anyhow::Result<PathBuf> {
    let (program, library) = (folder.join("bin/pintail"), folder.join("lib/libduckdb.so"));
    for part in ["bin", "lib"] {
        fs::create_dir(folder.join(part))?;
    }
    fs::copy(config::pintail_bin(), &program)?;
    fs::copy(config::root().join(".duckdb/1.5.5/libduckdb.so"), &library)?;
    let extensions = folder.join("lib/pintail/extensions/v1.5.5/linux_amd64");
    fs::create_dir_all(&extensions)?;
    let httpfs = "httpfs.duckdb_extension";
    let fetched = config::root().join(".duckdb/extensions/v1.5.5/linux_amd64").join(httpfs);
    fs::copy(fetched, extensions.join(httpfs))?;
    chown(folder, Some(NOBODY), Some(NOBODY))?;
    Ok(program)
}

fn serve(mut command: Command, folder: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Process> {
    command.arg("serve").stdin(Stdio::null());
    // Others test on this machine, too.
    command.env("PINTAIL_PORT", "0").env("PINTAIL_API_LISTEN", "127.0.0.1:0");
    for (key, value) in settings {
        if value.is_empty() {
            command.env_remove(format!("PINTAIL_{key}"));
        } else {
            command.env(format!("PINTAIL_{key}"), value);
        }
    }
    command.stdout(fs::File::create(folder.join(OUTPUT))?).stderr(fs::File::create(folder.join(LOG))?);
    Process::spawn(&mut command, Signal::TERM).with_context(|| format!("{}", config::pintail_bin().display()))
}

fn wait_until_ready(process: &mut Process, folder: &Path) -> anyhow::Result<()> {
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        let output = fs::read_to_string(folder.join(OUTPUT))?;
        if output.lines().any(|line| line.trim() == "ready") {
            return Ok(());
        }
        if let Some(status) = process.ended() {
            bail!("pintail serve ended with {status}:\n{output}\n{}", log(folder));
        }
        ensure!(Instant::now() < deadline, "pintail serve was not ready in time:\n{output}\n{}", log(folder));
        thread::sleep(Duration::from_millis(5));
    }
}

fn pintail(folder: &Path) -> Command {
    in_folder(Command::new(config::pintail_bin()), folder)
}

fn in_folder(mut command: Command, folder: &Path) -> Command {
    command.env("PINTAIL_DATA_DIR", folder.join(DATA)).env("NO_COLOR", "1");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    Ok(pintail(folder).args(arguments).stdin(Stdio::null()).output()?)
}

fn json<T: serde::de::DeserializeOwned>(folder: &Path, arguments: &[&str]) -> anyhow::Result<T> {
    let output = run(folder, arguments)?;
    ensure!(output.status.success(), "pintail {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    serde_json::from_str(&text).with_context(|| format!("pintail {arguments:?} printed {text}"))
}

/// Changes whenever the program is built anew.
fn fingerprint(binary: &Path) -> anyhow::Result<String> {
    let metadata = fs::metadata(binary)?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    Ok(format!("{}-{modified}", metadata.len()))
}
