//! Statements that do not stop: the process ends with them, and only the account that ran them notices.

use std::{
    thread,
    time::{Duration, Instant},
};

use harness::{Batch, Pintail, RawClient, Report, Target, process, raw};
use rustix::process::Signal;

use super::start;

const QUICK: &str =
    "duckling.stop_grace_ms = 500\nduckling.crash_backoff_s = 3\nduckling.memory_limit = '512MiB'";

/// They do not look whether they were interrupted.
const ENDLESS: [&str; 2] = [
    "select levenshtein(repeat('a', 200000), repeat('b', 200000))",
    "select damerau_levenshtein(repeat('a', 20000), repeat('b', 20000))",
];

/// Asks all the time, and tells the longest time that an answer took, in another thread.
fn neighbour(target: &Target, time: Duration) -> thread::JoinHandle<anyhow::Result<Duration>> {
    let target = target.clone();
    thread::spawn(move || {
        let mut client = RawClient::connect(&target)?;
        let (begun, mut longest) = (Instant::now(), Duration::ZERO);
        while begun.elapsed() < time {
            let asked = Instant::now();
            assert_eq!(client.value("select count(*) from range(1000)")?, "1000");
            longest = longest.max(asked.elapsed());
        }
        Ok(longest)
    })
}

/// From the stop until the account answers again, on a new connection.
fn until_answered(target: &Target, stopped: Instant) -> anyhow::Result<Duration> {
    loop {
        if let Ok(mut client) = RawClient::connect(target)
            && client.value("select count(*) from kept").is_ok_and(|count| count == "10")
        {
            return Ok(stopped.elapsed());
        }
        anyhow::ensure!(stopped.elapsed() < Duration::from_mins(1), "the account does not come back");
    }
}

fn told(report: &Report) {
    assert_eq!((report.severity(), report.code()), ("FATAL", "57P02"), "{report:?}");
    assert!(!report.hint().is_empty(), "{report:?}");
}

#[test]
fn a_statement_that_ignores_its_timeout_ends_with_its_process() -> anyhow::Result<()> {
    for statement in ENDLESS {
        let (pintail, _folder) = start(QUICK)?;
        let target = pintail.target();
        let other = neighbour(&pintail.other_account("neighbour")?, Duration::from_secs(4));
        let mut client = RawClient::connect(&target)?;
        client.rows("create table kept as select range as a from range(10)")?;
        let mut idle = RawClient::connect(&target)?;
        client.rows("set statement_timeout = '300ms'")?;
        let killed = pintail.duckling_of(&target)?;
        let asked = Instant::now();
        client.send(&Batch::new().query(statement))?;
        let answer = client.until_ready()?;
        let told_after = asked.elapsed();
        told(raw::error_in(&answer).expect("an end"));
        let answered = until_answered(&target, asked + Duration::from_millis(300))?;
        println!(
            "{statement}: told {told_after:?} after the start, account answers {answered:?} after the stop"
        );
        assert!(told_after >= Duration::from_millis(800), "it had its grace: {told_after:?}");
        assert!(answered < Duration::from_secs(10), "{answered:?}");
        assert_eq!(idle.value("select count(*) from kept")?, "10", "an idle session notices nothing");
        assert!(!process::is_running(killed));
        let log = pintail.log();
        assert!(log.contains("statement did not stop; duckling killed"), "{log}");
        assert!(!log.contains("levenshtein"), "no SQL in the log");
        println!("the neighbour waited {:?} at most", other.join().expect("the neighbour's thread")?);
    }
    Ok(())
}

#[test]
fn cancelling_one_ends_the_others_in_statements_cleanly() -> anyhow::Result<()> {
    let (pintail, _folder) = start(QUICK)?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    client.rows("create table kept as select range as a from range(10)")?;
    let mut in_block = RawClient::connect(&target)?;
    in_block.rows("begin")?;
    in_block.rows("insert into kept values (99)")?;
    let (process_id, secret) = client.key()?;
    client.send(&Batch::new().query(ENDLESS[0]))?;
    thread::sleep(Duration::from_millis(200));
    let stopped = Instant::now();
    raw::cancel(&target, process_id, &secret)?;
    told(raw::error_in(&client.until_ready()?).expect("an end"));
    println!("CancelRequest: told after {:?}", stopped.elapsed());
    let _ = in_block.send(&Batch::new().query("commit"));
    told(raw::error_in(&in_block.until_ready()?).expect("an end"));
    println!("account answers {:?} after the stop", until_answered(&target, stopped)?);
    Ok(())
}

#[test]
fn a_client_that_goes_away_takes_an_endless_statement_with_it() -> anyhow::Result<()> {
    let (pintail, _folder) = start(QUICK)?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    client.rows("create table kept as select range as a from range(10)")?;
    let killed = pintail.duckling()?;
    client.send(&Batch::new().query(ENDLESS[0]))?;
    thread::sleep(Duration::from_millis(200));
    drop(client);
    let gone = Instant::now();
    while process::is_running(killed) {
        assert!(gone.elapsed() < Duration::from_secs(10), "the statement goes on for nobody");
        thread::sleep(Duration::from_millis(10));
    }
    until_answered(&target, gone)?;
    Ok(())
}

#[test]
fn a_stopped_statement_that_waits_for_its_reader_is_left_alone() -> anyhow::Result<()> {
    let (pintail, _folder) = start(QUICK)?;
    let mut client = RawClient::connect(&pintail.target())?;
    let running = pintail.duckling()?;
    client.rows("set statement_timeout = '200ms'")?;
    client.send(&Batch::new().query("select repeat('x', 1000) from range(100000000)"))?;
    thread::sleep(Duration::from_secs(2));
    let count = client.count_rows()?;
    assert_eq!(count.error.as_ref().map(Report::code), Some("57014"), "{:?}", count.error);
    assert_eq!(client.value("select 1")?, "1");
    assert_eq!(pintail.duckling()?, running);
    Ok(())
}

#[test]
fn a_process_that_does_not_answer_is_replaced() -> anyhow::Result<()> {
    let (pintail, _folder) = start("duckling.answer_timeout_s = 2")?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    client.rows("create table kept as select range as a from range(10)")?;
    let frozen = pintail.duckling()?;
    process::signal(frozen, Signal::STOP);
    thread::sleep(Duration::from_millis(100));
    let stopped = Instant::now();
    client.send(&Batch::new().query("select 1"))?;
    told(raw::error_in(&client.until_ready()?).expect("an end"));
    println!("a frozen process: account answers after {:?}", until_answered(&target, stopped)?);
    Ok(())
}

#[test]
fn a_busy_process_lives() -> anyhow::Result<()> {
    let (pintail, _folder) = start("duckling.answer_timeout_s = 2\nduckling.stop_grace_ms = 500")?;
    let target: Target = pintail.target();
    let mut clients = (0..8).map(|_| RawClient::connect(&target)).collect::<Result<Vec<_>, _>>()?;
    let running = pintail.duckling()?;
    for client in &mut clients {
        client.rows("set statement_timeout = '4s'")?;
        client.send(&Batch::new().query(
            "select count(*) from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 3",
        ))?;
    }
    for client in &mut clients {
        let answer = client.until_ready()?;
        assert_eq!(raw::error_in(&answer).map(Report::code), Some("57014"), "{}", raw::lines(&answer));
    }
    assert_eq!(pintail.duckling()?, running);
    Ok(())
}

/// The process id of an account's duckling when several run: the one that its sessions begin in.
trait Ducklings {
    fn duckling_of(&self, target: &Target) -> anyhow::Result<u32>;
}

impl Ducklings for Pintail {
    fn duckling_of(&self, _target: &Target) -> anyhow::Result<u32> {
        let folder = self.data().join("accounts/1/db/1.duckdb");
        let holds = |pid: &u32| {
            let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
            files.filter_map(|file| std::fs::read_link(file.path()).ok()).any(|path| path == folder)
        };
        let found = self.ducklings().into_iter().find(holds);
        found.ok_or_else(|| anyhow::anyhow!("no process has {}", folder.display()))
    }
}
