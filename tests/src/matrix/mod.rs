//! The matrix of clients: runs the scripts that `tests/clients/matrix.toml` lists against a server and reads their lines
//! (`case<TAB>ok|failed|impossible<TAB>reason`). Every client gets a database of its own, so that one pair of servers is
//! enough for all. PostgreSQL is the oracle: a case that it does not pass is a mistake of the script.
//!
//! Deliberately absent: what a client does; that stands in its script.

mod page;
mod row;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

pub use page::{Results, page};
pub use row::{Cell, Outcome, Row};

use crate::{
    config, foreign,
    pintail::Pintail,
    postgres::{self, Postgres},
    raw::RawClient,
    target::Target,
};

/// How long one client may take for all its cases.
const CLIENT_TIMEOUT: Duration = Duration::from_mins(8);
/// The users that the pooler's clients log in as, on PostgreSQL with these as passwords.
const POOLER_USERS: [&str; 2] = ["alice", "bob"];

/// A row of the matrix.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its key.
    pub name: String,
    /// How people call it.
    pub title: String,
    /// Where its script lies, under `tests/clients`.
    folder: String,
    /// The program and its arguments.
    command: Vec<String>,
    /// Further programs or files.
    #[serde(default)]
    needs: Vec<String>,
    /// Whether its server allows temporary tables.
    #[serde(default)]
    temp_tables: bool,
    /// Whether it is left to `make test-heavy`.
    #[serde(default)]
    pub heavy: bool,
}

#[derive(Debug, Deserialize)]
struct Listing {
    client: Vec<Client>,
}

/// Reasons by client and case: `tests/clients/known.toml`.
type Known = BTreeMap<String, BTreeMap<String, String>>;

/// All clients, in the order of the table.
pub fn clients() -> anyhow::Result<Vec<Client>> {
    let text = fs::read_to_string(config::root().join("tests/clients/matrix.toml"))?;
    Ok(toml::from_str::<Listing>(&text)?.client)
}

/// The clients that cannot be had, each with its reason.
pub fn absent() -> anyhow::Result<BTreeMap<String, String>> {
    Ok(toml::from_str(&fs::read_to_string(config::root().join("tests/clients/absent.toml"))?)?)
}

/// Both servers, and what clients are told of them.
#[derive(Debug)]
pub struct Servers {
    pintail: Pintail,
    /// One with temporary tables.
    temporary: Pintail,
    postgres: Postgres,
    /// A second account.
    other: Target,
    /// The certificates, where an ordinary user can read them.
    readable: tempfile::TempDir,
}

impl Servers {
    /// Starts both.
    pub fn start() -> anyhow::Result<Self> {
        let pintail = Pintail::start()?;
        let temporary = Pintail::configured(&[("SQL_TEMP_TABLES", "true")])?;
        let postgres = Postgres::start()?;
        let other = pintail.other_account("other")?;
        let mut oracle = RawClient::connect(&postgres.target())?;
        for user in POOLER_USERS {
            oracle.simple(&format!("CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{user}'"))?;
        }
        let readable = tempfile::Builder::new().prefix("pintail-matrix-").tempdir()?;
        fs::set_permissions(readable.path(), fs::Permissions::from_mode(0o755))?;
        for (name, target) in [("pintail.pem", pintail.target()), ("postgres.pem", postgres.target())] {
            let copy = readable.path().join(name);
            fs::copy(&target.ca_file, &copy)?;
            fs::set_permissions(copy, fs::Permissions::from_mode(0o644))?;
        }
        Ok(Self { pintail, temporary, postgres, other, readable })
    }

    /// Runs a client against PostgreSQL, which must pass every case, and against Pintail: its row.
    pub fn run(&self, client: &Client) -> anyhow::Result<Row> {
        let oracle = self.run_on(client, Server::Postgres)?;
        let bad = oracle.failures().map(|(case, reason)| format!("{case}: {reason}")).collect::<Vec<_>>();
        ensure!(bad.is_empty(), "{}: PostgreSQL itself does not pass: {}", client.name, bad.join("; "));
        let row = self.run_on(client, Server::Pintail)?;
        ensure!(
            row.cells.iter().map(|cell| &cell.case).eq(oracle.cells.iter().map(|cell| &cell.case)),
            "{}: not the same cases on both servers",
            client.name
        );
        Ok(row)
    }

    fn run_on(&self, client: &Client, server: Server) -> anyhow::Result<Row> {
        let target = match server {
            Server::Pintail if client.temp_tables => self.temporary.target().database("my_db"),
            Server::Pintail => self.pintail.target().database("my_db"),
            Server::Postgres => self.postgres.target(),
        };
        let database = format!("matrix_{}", client.name.replace('-', "_"));
        RawClient::connect(&target)?.simple(&format!("CREATE DATABASE {database}"))?;
        let mut command = client.prepared(&target.database(&database))?;
        self.describe(&mut command, server)?;
        let output = finished(&mut command)?;
        let printed = String::from_utf8_lossy(&output.stdout);
        Row::read(&client.name, &printed).with_context(|| {
            format!(
                "{} on {server:?} printed:\n{printed}\n{}",
                client.name,
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }

    /// What is not the same for both servers, and what some scripts need besides.
    fn describe(&self, command: &mut Command, server: Server) -> anyhow::Result<()> {
        let (name, copy, passwords) = match server {
            Server::Pintail => {
                let own = self.pintail.target().password;
                ("pintail", "pintail.pem", [own, self.other.password.clone()])
            }
            Server::Postgres => ("postgres", "postgres.pem", POOLER_USERS.map(str::to_owned)),
        };
        let near = self.postgres.target();
        command
            .env("SERVER", name)
            .env("CA_COPY", self.readable.path().join(copy))
            .env("FDW_PORT", near.port.to_string())
            .env("FDW_PASSWORD", &near.password)
            .env("FDW_CA", &near.ca_file)
            .env("PG_BIN", postgres::programs()?)
            .env("USER_A", POOLER_USERS[0])
            .env("USER_B", POOLER_USERS[1])
            .env("PASSWORD_A", &passwords[0])
            .env("PASSWORD_B", &passwords[1]);
        Ok(())
    }
}

#[derive(Clone, Copy, Debug)]
enum Server {
    Pintail,
    Postgres,
}

impl Client {
    /// What this machine lacks for it.
    #[must_use]
    pub fn missing(&self) -> Option<&str> {
        let program = self.command.first();
        program
            .into_iter()
            .chain(&self.needs)
            .map(String::as_str)
            .find(|need| foreign::locate(need).is_none())
    }

    fn prepared(&self, target: &Target) -> anyhow::Result<Command> {
        let clients = config::clients();
        let program = self.command.first().context("a program")?;
        let program = foreign::locate(program).with_context(|| format!("{program} is missing"))?;
        let place = clients.display().to_string();
        let arguments = self.command.iter().skip(1).map(|argument| argument.replace("{clients}", &place));
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(config::root().join("tests/clients").join(&self.folder))
            .env("PGHOST", &target.host)
            .env("PGPORT", target.port.to_string())
            .env("PGUSER", &target.user)
            .env("PGPASSWORD", &target.password)
            .env("PGDATABASE", &target.database)
            .env("PGSSLMODE", "verify-full")
            .env("PGSSLROOTCERT", &target.ca_file)
            .env("CA_FILE", &target.ca_file)
            .env("SSL_CERT_FILE", &target.ca_file)
            .env("NODE_EXTRA_CA_CERTS", &target.ca_file)
            .env("NODE_PATH", node_path(&clients))
            .env("DUCKDB_EXTENSIONS", config::root().join(".duckdb/extensions"));
        Ok(command)
    }
}

/// Packages of the suite first, those of the matrix for what it lacks.
fn node_path(clients: &std::path::Path) -> std::ffi::OsString {
    let paths = ["node/node_modules", "matrix/node/node_modules", "matrix/prisma/node_modules"]
        .map(|folder| clients.join(folder));
    std::env::join_paths(paths).unwrap_or_default()
}

/// Runs to the end, or ends it after a time. What it prints goes to files, so that no pipe fills up.
fn finished(command: &mut Command) -> anyhow::Result<Output> {
    let folder = tempfile::tempdir()?;
    let (out, err): (PathBuf, PathBuf) = (folder.path().join("out"), folder.path().join("err"));
    command.stdin(Stdio::null()).stdout(fs::File::create(&out)?).stderr(fs::File::create(&err)?);
    let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
    let deadline = Instant::now() + CLIENT_TIMEOUT;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            bail!("{command:?} was not done in time:\n{}", fs::read_to_string(&out).unwrap_or_default());
        }
        thread::sleep(Duration::from_millis(20));
    };
    Ok(Output { status, stdout: fs::read(out)?, stderr: fs::read(err)? })
}

/// What a row has against `tests/clients/known.toml`.
#[derive(Debug)]
pub struct Judgement {
    /// Cells that fail and do not stand there, with what was said.
    pub unexpected: Vec<String>,
    /// Cells that stand there and do not fail (any more).
    pub stale: Vec<String>,
}

/// Compares a row with `tests/clients/known.toml`.
pub fn judge(row: &Row) -> anyhow::Result<Judgement> {
    let text = fs::read_to_string(config::root().join("tests/clients/known.toml"))?;
    let mut known = toml::from_str::<Known>(&text)?.remove(&row.client).unwrap_or_default();
    let failures = row.failures().filter(|(case, _)| known.remove(*case).is_none());
    let unexpected = failures.map(|(case, reason)| format!("{case}: {reason}")).collect();
    Ok(Judgement { unexpected, stale: known.into_keys().collect() })
}
