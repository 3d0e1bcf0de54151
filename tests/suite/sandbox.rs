//! The box around a duckling, seen from outside: what /proc tells of it, what a probe cannot do, and what happens on
//! machines that cannot give every layer. SECURITY §3.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use harness::{Batch, Pintail, RawClient, config, process, raw};
use serde::Deserialize;

/// Runs a program on a machine that lacks something.
const WITHOUT: &str = env!("CARGO_BIN_EXE_without");

/// What `pintail doctor --json` prints.
#[derive(Debug, Deserialize)]
struct Doctor {
    layers: Vec<Layer>,
    trials: Vec<Trial>,
}

#[derive(Debug, Deserialize)]
struct Layer {
    layer: String,
    holds: bool,
}

#[derive(Debug, Deserialize)]
struct Trial {
    attempt: String,
    held: bool,
}

impl Doctor {
    fn holds(&self, layer: &str) -> bool {
        self.layers.iter().any(|found| found.layer == layer && found.holds)
    }
}

/// The doctor's exit status and findings, on a machine that lacks these.
fn doctor(lacking: &[&str], sandbox: &str) -> anyhow::Result<(bool, Doctor)> {
    let mut command = Command::new(config::pintail_bin());
    if !lacking.is_empty() {
        command = Command::new(WITHOUT);
        command.arg(lacking.join(",")).arg(config::pintail_bin());
    }
    let output = command.args(["doctor", "--json"]).env("PINTAIL_SANDBOX", sandbox).output()?;
    Ok((output.status.success(), serde_json::from_slice(&output.stdout)?))
}

#[test]
fn a_probe_does_not_get_out() -> anyhow::Result<()> {
    for lacking in [&[][..], &["unshare"], &["landlock"]] {
        let (succeeds, found) = doctor(lacking, "best-effort")?;
        let open: Vec<_> =
            found.trials.iter().filter(|trial| !trial.held).map(|trial| &trial.attempt).collect();
        // Without Landlock what a process may read and write is left to the private root and the users.
        assert_eq!(open, Vec::<&String>::new(), "without {lacking:?}");
        assert!(succeeds && found.trials.len() > 10, "{found:?}");
        assert!(
            found.holds("system_calls") && found.holds("limits") && found.holds("descriptors"),
            "{found:?}"
        );
        assert_eq!(found.holds("landlock"), !lacking.contains(&"landlock"), "{found:?}");
        assert_eq!(found.holds("network"), !lacking.contains(&"unshare"), "{found:?}");
    }
    Ok(())
}

#[test]
fn without_landlock_nothing_is_served_unless_the_operator_wants_it() -> anyhow::Result<()> {
    assert!(!doctor(&["landlock"], "required")?.0, "the doctor tells by its status");
    let refused = Pintail::started_by(&[WITHOUT, "landlock"], &[]).unwrap_err().to_string();
    assert!(refused.contains("does not enforce Landlock") && refused.contains("best-effort"), "{refused}");
    let pintail = Pintail::started_by(&[WITHOUT, "landlock"], &[("SANDBOX", "best-effort")])?;
    assert!(pintail.log().lines().any(|line| line.contains("WARN") && line.contains("landlock")));
    let mut client = RawClient::connect(&pintail.target())?;
    assert_eq!(client.value("select 42")?, "42");
    assert_eq!(client.failure("from read_text('/etc/hostname')")?.code(), "42501");
    Ok(())
}

#[test]
fn without_namespaces_the_rest_of_the_box_serves() -> anyhow::Result<()> {
    let pintail = Pintail::started_by(&[WITHOUT, "unshare"], &[])?;
    assert!(pintail.log().lines().any(|line| line.contains("WARN") && line.contains("network namespace")));
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("create table t as select 1")?;
    assert_eq!(client.value("select count(*) from sample_data.nyc.taxi where false")?, "0");
    assert_eq!(client.failure("from read_csv('http://127.0.0.1/x.csv')")?.code(), "42501");
    Ok(())
}

/// Where the whole box was had once, the account's files belong to a user of its own.
#[test]
fn a_data_directory_can_be_served_where_less_of_the_box_is_given() -> anyhow::Result<()> {
    let mut pintail = Pintail::start()?;
    RawClient::connect(&pintail.target())?.rows("create table kept as select 42 as a")?;
    pintail.restart_by(&[WITHOUT, "unshare"])?;
    assert_eq!(RawClient::connect(&pintail.target())?.value("select a from kept")?, "42");
    pintail.restart_by(&["/usr/bin/env"])?;
    assert_eq!(RawClient::connect(&pintail.target())?.value("select a from kept")?, "42");
    Ok(())
}

#[test]
fn an_ordinary_user_can_serve() -> anyhow::Result<()> {
    if !rustix::process::geteuid().is_root() {
        // The other tests run as one then.
        return Ok(());
    }
    let pintail = Pintail::ordinary(&[])?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("create table t as select 1")?;
    assert_eq!(client.value("select count(*) from sample_data.nyc.taxi where false")?, "0");
    let status = status(pintail.duckling()?)?;
    assert_eq!(status["Uid"], "65534 65534 65534 65534");
    assert_eq!(status["CapEff"], "0000000000000000");
    assert_eq!(status["Seccomp"], "2");
    Ok(())
}

#[test]
fn a_duckling_has_nothing_beyond_what_it_needs() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut clients = [RawClient::connect(&target)?, RawClient::connect(&target)?];
    for client in &mut clients {
        client.rows("create table if not exists t as select 1")?;
    }
    let duckling = pintail.duckling()?;
    let proc = PathBuf::from(format!("/proc/{duckling}"));
    assert_eq!(fs::read(proc.join("environ"))?, b"", "the environment");

    let account = pintail.data().join("accounts/1");
    let mut kinds = BTreeMap::<&str, usize>::new();
    let mut sockets = BTreeSet::new();
    for entry in fs::read_dir(proc.join("fd"))? {
        let entry = entry?;
        let link = fs::read_link(entry.path())?;
        println!("descriptor {}: {}", entry.file_name().display(), link.display());
        if link.to_string_lossy().starts_with("socket:") {
            sockets.insert(link);
        } else {
            *kinds.entry(kind(&link, &account)).or_default() += 1;
        }
    }
    // The control link and one for each session, by several descriptors.
    assert_eq!(sockets.len(), 1 + clients.len(), "{sockets:?}");
    assert_eq!(kinds.remove("nowhere"), Some(1));
    assert_eq!(kinds.remove("the log"), Some(1));
    assert_eq!(
        kinds.remove("the notes"),
        Some(1),
        "what runs, for the gateway to read when the process dies"
    );
    assert!(kinds.remove("a database").is_some_and(|count| count >= 2));
    assert!(kinds.keys().all(|kind| *kind == "a wake-up"), "{kinds:?}");

    let status = status(duckling)?;
    assert_eq!((status["NoNewPrivs"].as_str(), status["Seccomp"].as_str()), ("1", "2"));
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(status[set], "0000000000000000", "{set}");
    }
    let limits = fs::read_to_string(proc.join("limits"))?;
    for limit in ["Max core file size", "Max locked memory", "Max msgqueue size"] {
        let values = limits.lines().find_map(|line| line.strip_prefix(limit)).unwrap_or_default();
        assert!(values.trim_start().starts_with("0 "), "{limit}: {limits}");
    }
    let addresses = limits.lines().find(|line| line.starts_with("Max address space")).unwrap_or_default();
    assert!(!addresses.contains("unlimited"), "{addresses}");

    let (own, its) = (fs::read_link("/proc/self/ns/net")?, fs::read_link(proc.join("ns/net"))?);
    assert_ne!(own, its, "the network namespace");
    // In that namespace: no address but loopback's, and one listener, which the gateway holds.
    let routes = fs::read_to_string(proc.join("net/route"))?;
    assert_eq!(routes.lines().count(), 1, "{routes}");
    let listeners = fs::read_to_string(proc.join("net/tcp"))?;
    assert_eq!(listeners.lines().skip(1).count(), 1, "{listeners}");
    if rustix::process::geteuid().is_root() {
        let base: u32 = fs::read_to_string(pintail.data().join("user-id-base"))?.trim().parse()?;
        let own = base + 1;
        assert_eq!(status["Uid"], format!("{own} {own} {own} {own}"));
        assert!(own > 0x7000_0000, "{own}");
        let root = fs::read_dir(proc.join("root"))?.map(|entry| Ok(entry?.file_name()));
        let root: Result<Vec<_>, std::io::Error> = root.collect();
        let names: Vec<_> = root?.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        println!("the root folder: {names:?}");
        assert!(!names.iter().any(|name| name == "etc" || name == "usr" || name == "bin"), "{names:?}");
    }
    assert!(process::resident_bytes(duckling) > 0);
    Ok(())
}

/// Addresses and threads are limited, and yet there is room for every session that may be there, all at work.
#[test]
fn the_limits_leave_room_for_every_session() -> anyhow::Result<()> {
    const SESSIONS: usize = 100;
    let settings = [("LIMITS_SESSIONS_PER_ACCOUNT", "100"), ("DUCKLING_MEMORY_LIMIT", "256MiB")];
    let pintail = Pintail::configured(&settings)?;
    let target = pintail.target();
    let mut clients = Vec::with_capacity(SESSIONS);
    for _ in 0..SESSIONS {
        clients.push(RawClient::connect(&target)?);
    }
    let refusal = RawClient::refusal(&target, &[])?;
    assert_eq!(refusal.code(), "53300", "{refusal:?}");
    let query = "select sum(hash(a)) is not null from range(200000) t(a)";
    for client in &mut clients {
        client.send(&Batch::new().query(query))?;
    }
    for client in &mut clients {
        let answer = client.until_ready()?;
        assert!(raw::error_in(&answer).is_none(), "{}", raw::lines(&answer));
    }
    assert!(!pintail.log().contains("no thread for a session"));
    Ok(())
}

/// What a descriptor is.
fn kind(link: &Path, account: &Path) -> &'static str {
    let text = link.to_string_lossy();
    if text == "/dev/null" {
        "nowhere"
    } else if text.starts_with("pipe:") {
        "the log"
    } else if text == "anon_inode:[eventpoll]" || text == "anon_inode:[eventfd]" {
        "a wake-up"
    } else if text.starts_with("/memfd:pintail-notes") {
        "the notes"
    } else if link.starts_with(account.join("db")) || link.starts_with(account.join("shares")) {
        "a database"
    } else {
        "something else"
    }
}

/// The fields of /proc/PID/status.
fn status(pid: u32) -> anyhow::Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let words = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(fields.map(|(name, value)| (name.to_owned(), words(value))).collect())
}
