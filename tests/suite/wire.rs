//! The protocol scripts of `tests/wire/`, against PostgreSQL (which shows that the scripts are right) and Pintail.
//!
//! `PINTAIL_TEST_SCRIPTS=copy/` runs those whose path has that in it. With `PINTAIL_BLESS` set, an empty `receive` is filled
//! in with what PostgreSQL answers.

use std::{collections::BTreeMap, thread};

use anyhow::Context;
use harness::{
    Pintail, Postgres, RawClient, config,
    script::{self, Case, Server, Side},
};
use rustix::process::Signal;

/// The scripts whose servers have short timeouts, and those that stop their servers.
const LIMITS: &str = "limits/";
const SHUTDOWN: &str = "shutdown/";

fn cases(wanted: impl Fn(&str) -> bool) -> anyhow::Result<Vec<Case>> {
    let folder = config::root().join("tests/wire");
    let mut cases = Vec::new();
    for path in script::files(&folder)? {
        let name = path.strip_prefix(&folder)?.to_string_lossy().into_owned();
        if wanted(&name) && name.contains(&config::scripts()) {
            cases.extend(script::read(&path, &name)?);
        }
    }
    Ok(cases)
}

fn postgres(server: &Postgres) -> Server {
    Server { target: server.target(), side: Side::Postgres, process: (server.id(), Signal::INT) }
}

fn pintail(server: &Pintail) -> Server {
    Server { target: server.target(), side: Side::Pintail, process: (server.gateway(), Signal::TERM) }
}

type Failures = Vec<(usize, String)>;

fn run_all(cases: &[Case], run: impl Fn(&Case) -> anyhow::Result<()>) -> Failures {
    let run = |(number, case): (usize, &Case)| run(case).err().map(|error| (number, format!("{error:#}")));
    cases.iter().enumerate().filter_map(run).collect()
}

/// Prints the table, and fails when a case failed.
fn judge(cases: &[Case], postgres: &Failures, pintail: &Failures) {
    let mut topics: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for (number, case) in cases.iter().enumerate() {
        let failed = |failures: &Failures| usize::from(!failures.iter().any(|(failed, _)| *failed == number));
        let row = topics.entry(case.file.split('/').next().unwrap_or_default()).or_default();
        let more = [1, failed(postgres), failed(pintail), usize::from(case.deviation.is_some())];
        row.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
    println!("| topic | cases | pass on PostgreSQL 15 | pass on Pintail | documented differences |");
    println!("|---|---|---|---|---|");
    let mut sums = [0; 4];
    for (topic, row) in &topics {
        println!("| {topic} | {} | {} | {} | {} |", row[0], row[1], row[2], row[3]);
        sums.iter_mut().zip(row).for_each(|(sum, more)| *sum += more);
    }
    println!("| **all** | {} | {} | {} | {} |\n", sums[0], sums[1], sums[2], sums[3]);
    for case in cases {
        if let Some(reason) = &case.deviation {
            println!("- `{}`, {}: {reason}", case.file, case.title);
        }
    }
    let report = |name: &str, failures: &Failures| {
        let lines = failures
            .iter()
            .map(|(number, error)| {
                format!("--- {name}: {}: {}\n{error}\n", cases[*number].file, cases[*number].title)
            })
            .collect::<String>();
        if failures.is_empty() {
            String::new()
        } else {
            format!("{lines}{} failed on {name}\n", failures.len())
        }
    };
    let failures = report("PostgreSQL", postgres) + &report("Pintail", pintail);
    assert!(failures.is_empty(), "{failures}");
}

/// Runs the cases on one server of each kind, both at the same time.
fn compare(cases: &[Case], oracle: &Postgres, server: &Pintail) -> anyhow::Result<()> {
    let (oracle, server) = (postgres(oracle), pintail(server));
    let (on_postgres, on_pintail) = thread::scope(|scope| {
        let on_postgres = scope.spawn(|| run_all(cases, |case| case.run(&oracle)));
        let on_pintail = run_all(cases, |case| case.run(&server));
        (on_postgres.join(), on_pintail)
    });
    judge(cases, &on_postgres.map_err(|_| anyhow::anyhow!("a case panicked"))?, &on_pintail);
    Ok(())
}

#[test]
fn scripts_hold_on_both() -> anyhow::Result<()> {
    let cases = cases(|name| !name.starts_with(LIMITS) && !name.starts_with(SHUTDOWN))?;
    assert!(cases.len() > 150 || !config::scripts().is_empty(), "the scripts were not found");
    let oracle = Postgres::start()?;
    if config::bless() {
        let folder = config::root().join("tests/wire");
        let failures = run_all(&cases, |case| {
            case.transcribe(&postgres(&oracle), &folder.join(&case.file)).with_context(|| case.file.clone())
        });
        let failures = failures.into_iter().map(|(_, error)| error).collect::<Vec<_>>();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        return Ok(());
    }
    compare(&cases, &oracle, &Pintail::start()?)
}

#[test]
fn scripts_with_short_timeouts() -> anyhow::Result<()> {
    let cases = cases(|name| name.starts_with(LIMITS))?;
    let oracle = Postgres::configured(&[("authentication_timeout", "1s")])?;
    let server = Pintail::configured(&[("LIMITS_LOGIN_TIMEOUT_S", "1")])?;
    // The first login starts the account's process, which may take longer on a busy machine.
    let warm = (0..20).any(|_| RawClient::connect(&server.target()).is_ok());
    assert!(warm, "no login within a second");
    compare(&cases, &oracle, &server)
}

#[test]
fn scripts_that_stop_the_server() -> anyhow::Result<()> {
    let cases = cases(|name| name.starts_with(SHUTDOWN))?;
    let on_postgres = run_all(&cases, |case| case.run(&postgres(&Postgres::start()?)));
    let on_pintail =
        run_all(&cases, |case| case.run(&pintail(&Pintail::configured(&[("SHUTDOWN_GRACE_S", "1")])?)));
    judge(&cases, &on_postgres, &on_pintail);
    Ok(())
}
