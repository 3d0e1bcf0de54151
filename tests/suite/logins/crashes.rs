//! Crashes: the server is killed at some moment of operations on accounts, tokens, passwords and secrets. What was acknowledged
//! is there afterwards, what was not is there whole or not at all, and the store is sound.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Shutdown,
    os::unix::net::UnixListener,
    thread,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use harness::{Pintail, RawClient, config};
use rusqlite::Connection;
use serde_json::Value;

/// In `make test`.
const ROUNDS: u64 = 8;

/// Kills come this late at most, in microseconds: a command takes some 30 ms, with the start of its program.
const LATEST_US: u64 = 60_000;

/// The files of the store.
const STORE: [&str; 3] = ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"];

/// What there is: accounts; tokens by their number, with their text; secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    accounts: BTreeSet<String>,
    /// Whether it lets in; by account and name.
    tokens: BTreeMap<(String, String), bool>,
    secrets: BTreeSet<(String, String)>,
}

#[derive(Clone, Debug)]
enum Operation {
    CreateAccount(String),
    DropAccount(String),
    CreateToken(String, String),
    RevokeToken(String, String),
    SetPassword(String),
    CreateSecret(String, String),
    DropSecret(String, String),
}

impl Operation {
    fn choose(state: &State, number: u64, random: &mut fastrand::Rng) -> Self {
        let accounts: Vec<&String> = state.accounts.iter().collect();
        let account = accounts[random.usize(0..accounts.len())].clone();
        let name = format!("n{number}");
        let tokens: Vec<_> = state.tokens.iter().filter(|(_, valid)| **valid).map(|(key, _)| key).collect();
        let secrets: Vec<_> = state.secrets.iter().collect();
        match random.u8(0..9) {
            0 | 1 => Self::CreateAccount(format!("a{number}")),
            2 if account != "default" => Self::DropAccount(account),
            3 | 4 => Self::CreateToken(account, name),
            5 if !tokens.is_empty() => {
                let (account, name) = tokens[random.usize(0..tokens.len())].clone();
                Self::RevokeToken(account, name)
            }
            6 => Self::SetPassword(account),
            7 if !secrets.is_empty() => {
                let (account, name) = secrets[random.usize(0..secrets.len())].clone();
                Self::DropSecret(account, name)
            }
            _ => Self::CreateSecret(account, name),
        }
    }

    fn arguments(&self) -> (Vec<&str>, &'static str) {
        match self {
            Self::CreateAccount(name) => (vec!["account", "create", name], ""),
            Self::DropAccount(name) => (vec!["account", "drop", name, "--yes"], ""),
            Self::CreateToken(account, name) => {
                (vec!["token", "create", "--account", account, "--name", name], "")
            }
            Self::RevokeToken(account, name) => (vec!["token", "revoke", name, "--account", account], ""),
            Self::SetPassword(account) => (vec!["account", "password", account], "open sesame\n"),
            Self::CreateSecret(account, name) => (
                vec!["secret", "create", name, "--account", account, "--type", "s3", "--ask", "secret"],
                "hush-hush\n",
            ),
            Self::DropSecret(account, name) => (vec!["secret", "drop", name, "--account", account], ""),
        }
    }

    fn apply(&self, state: &mut State) {
        match self {
            Self::CreateAccount(name) => drop(state.accounts.insert(name.clone())),
            Self::DropAccount(name) => {
                state.accounts.remove(name);
                state.tokens.retain(|(account, _), _| account != name);
                state.secrets.retain(|(account, _)| account != name);
            }
            Self::CreateToken(account, name) => {
                state.tokens.insert((account.clone(), name.clone()), true);
            }
            Self::RevokeToken(account, name) => {
                state.tokens.insert((account.clone(), name.clone()), false);
            }
            Self::SetPassword(_) => {}
            Self::CreateSecret(account, name) => {
                state.secrets.insert((account.clone(), name.clone()));
            }
            Self::DropSecret(account, name) => {
                state.secrets.remove(&(account.clone(), name.clone()));
            }
        }
    }
}

/// What the server says that there is.
fn seen(pintail: &Pintail) -> anyhow::Result<State> {
    let list = |what: &str| -> anyhow::Result<Vec<Value>> {
        Ok(serde_json::from_str(&pintail.command(&[what, "list", "--json"])?)?)
    };
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let accounts = list("account")?.iter().map(|row| text(row, "name")).collect();
    let mut tokens = BTreeMap::new();
    for row in list("token")? {
        let name = text(&row, "name");
        if name.starts_with('n') {
            tokens.insert((text(&row, "account"), name), row["revoked"].is_null());
        }
    }
    let secrets = list("secret")?.iter().map(|row| (text(row, "account"), text(row, "name"))).collect();
    Ok(State { accounts, tokens, secrets })
}

/// A copy of the store's files: whoever opens the files themselves takes part in what becomes of them.
fn copy(pintail: &Pintail) -> anyhow::Result<tempfile::TempDir> {
    let copy = tempfile::Builder::new().prefix("pintail-left-").tempdir()?;
    for name in STORE {
        let path = pintail.data().join(name);
        if path.exists() {
            std::fs::copy(&path, copy.path().join(name))?;
        }
    }
    Ok(copy)
}

/// What a kill has left, before the next server looks at it.
struct Left {
    store: tempfile::TempDir,
    log: String,
}

impl Left {
    fn by(pintail: &Pintail) -> anyhow::Result<Self> {
        Ok(Self { store: copy(pintail)?, log: pintail.log() })
    }

    /// For whoever has to find out what has happened: what there was, where it still lies, and what the killed server
    /// has said.
    fn describe(self) -> String {
        let lengths = STORE.map(|name| self.store.path().join(name).metadata().map_or(0, |file| file.len()));
        let folder = self.store.keep();
        let tokens = (|| {
            // Without the index of a dead process.
            std::fs::remove_file(folder.join("store.sqlite-shm")).ok();
            let opened = tempfile::tempdir()?;
            for name in &STORE[..2] {
                std::fs::copy(folder.join(name), opened.path().join(name)).ok();
            }
            let store = Connection::open(opened.path().join(STORE[0]))?;
            let sql = "SELECT account, name, revoked IS NULL FROM tokens ORDER BY id";
            let rows = store
                .prepare(sql)?
                .query_map([], |row| {
                    Ok(format!(
                        "{} {} {}",
                        row.get::<_, i64>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, bool>(2)?
                    ))
                })?
                .collect::<Result<Vec<_>, _>>()?;
            anyhow::Ok(rows)
        })();
        format!(
            "left were {lengths:?} bytes in {}, with the tokens {tokens:?}; the log:\n{}",
            folder.display(),
            self.log
        )
    }
}

/// The store itself, and the accounts' folders.
fn is_sound(pintail: &Pintail, state: &State) -> anyhow::Result<()> {
    let copy = copy(pintail)?;
    let store = Connection::open(copy.path().join(STORE[0]))?;
    let answer: String = store.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    ensure!(answer == "ok", "{answer}");
    let broken: i64 =
        store.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
    ensure!(broken == 0, "{broken} rows that belong to nothing");
    let mut statement = store.prepare("SELECT id FROM accounts ORDER BY id")?;
    let ids: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    ensure!(ids.len() == state.accounts.len(), "{ids:?}");
    let mut folders: Vec<i64> = std::fs::read_dir(pintail.data().join("accounts"))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    folders.sort_unstable();
    ensure!(folders == ids, "folders {folders:?}, accounts {ids:?}");
    Ok(())
}

#[test]
#[ignore = "a heavy one, with kills at random moments: make logins"]
fn after_two_hundred_crashes_the_store_is_sound() -> anyhow::Result<()> {
    crash(config::crash_rounds().unwrap_or(200))
}

#[test]
fn after_a_crash_the_store_is_sound() -> anyhow::Result<()> {
    crash(ROUNDS)
}

/// The kernel keeps less than this for a socket whose other end does not read.
const LONG_SCOPE_BYTES: usize = 100_000;

/// A server that ends while it is sent a request: nothing was done, and the command must not say that it was.
#[test]
fn a_command_whose_server_hangs_up_fails() -> anyhow::Result<()> {
    let mut pintail = Pintail::start()?;
    pintail.crash()?;
    let socket = pintail.data().join("admin.sock");
    std::fs::remove_file(&socket)?;
    let listener = UnixListener::bind(&socket)?;
    let scope = format!("s3://bucket/{}", "x".repeat(LONG_SCOPE_BYTES));
    let mut arguments =
        vec!["secret", "create", "n", "--account", "default", "--type", "s3", "--ask", "secret"];
    arguments.extend(["--scope", &scope].repeat(5));
    let outcome = thread::scope(|scope| {
        let serving = scope.spawn(|| -> std::io::Result<_> {
            let (stream, _) = listener.accept()?;
            stream.shutdown(Shutdown::Read)?;
            Ok(stream)
        });
        let outcome = pintail.command_reading(&arguments, "hush-hush\n");
        serving.join().expect("the listener").map(|_| outcome)
    })?;
    let complaint = outcome.map_or_else(|error| error.to_string(), |said| format!("done: {said:?}"));
    ensure!(complaint.contains("does not answer"), "{complaint}");
    Ok(())
}

fn crash(rounds: u64) -> anyhow::Result<()> {
    let seed = config::seed().unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut pintail = Pintail::start()?;
    let mut state = seen(&pintail)?;
    let (mut done, mut undone, mut unknown) = (0, 0, 0);
    for round in 0..rounds {
        let operation = Operation::choose(&state, round, &mut random);
        let after = Duration::from_micros(random.u64(0..LATEST_US));
        let what = format!("round {round}, {operation:?}, killed after {after:?}");
        let (arguments, input) = operation.arguments();
        let (answer, killed) = thread::scope(|scope| {
            let server = &pintail;
            let asking = scope.spawn(move || server.command_reading(&arguments, input));
            thread::sleep(after);
            rustix::process::kill_process(
                rustix::process::Pid::from_raw(i32::try_from(server.gateway()).expect("a process id"))
                    .expect("one"),
                rustix::process::Signal::KILL,
            )
            .map(|()| asking.join().expect("the command"))
            .map_or_else(|error| (Err(error.into()), false), |answer| (answer, true))
        });
        ensure!(killed, "{what}");
        pintail.crash()?;
        let left = Left::by(&pintail)?;
        pintail.start_again()?;
        let found = seen(&pintail).with_context(|| what.clone())?;
        is_sound(&pintail, &found).with_context(|| what.clone())?;
        let before = state.clone();
        operation.apply(&mut state);
        match answer {
            Ok(secret) => {
                done += 1;
                if found != state {
                    bail!("{what}: acknowledged, and there is {found:?}; {}", left.describe());
                }
                if let Operation::CreateToken(..) = operation {
                    let target = pintail.target().password(secret.trim());
                    RawClient::connect(&target)
                        .with_context(|| format!("{what}: the token does not let in"))?;
                }
            }
            // Before the store had it, or when nobody was left to say so.
            Err(_) if found == before => undone += 1,
            Err(_) => {
                unknown += 1;
                ensure!(found == state, "{what}: there is {found:?} instead of {before:?} or {state:?}");
            }
        }
        state = found;
    }
    println!("{rounds} crashes: {done} acknowledged, {undone} not done, {unknown} done and not acknowledged");
    Ok(())
}
