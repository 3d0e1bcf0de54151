//! What bombs do: what the client sees, when the account answers again, how much memory it took, and whether another
//! account's queries notice. Prints a table.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::Context;
use harness::{RawClient, Target, process};

use super::{
    entries,
    rig::{Form, Rig},
};

/// For a bomb; what obeys it is no bomb.
const TIMEOUT: Duration = Duration::from_secs(3);

/// How long the other account is watched before the first bomb.
const BASELINE: Duration = Duration::from_secs(5);

/// The other account's query: some milliseconds of work.
const WORK: &str = "select sum(hash(range)) from range(200000)";

/// When each query began, and how long it took.
type Done = Vec<(Instant, Duration)>;

/// The other account at work, without a pause.
struct Worker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<anyhow::Result<Done>>>,
}

impl Worker {
    fn start(target: &Target) -> anyhow::Result<Self> {
        let mut client = RawClient::connect(target)?;
        let stop: Arc<AtomicBool> = Arc::default();
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut done = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let begun = Instant::now();
                client.value(WORK)?;
                done.push((begun, begun.elapsed()));
            }
            Ok(done)
        });
        Ok(Self { stop, thread: Some(thread) })
    }

    /// What it did; an error when any of its queries failed.
    fn end(mut self) -> anyhow::Result<Done> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().context("ended once")?.join().expect("no panic")
    }
}

/// The middle one, the 99th of a hundred, and the longest, in milliseconds.
fn quantiles(mut times: Vec<Duration>) -> (f64, f64, f64) {
    times.sort();
    let at = |part: usize| times.get(times.len() * part / 100).or(times.last()).copied().unwrap_or_default();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    (ms(at(50)), ms(at(99)), ms(times.last().copied().unwrap_or_default()))
}

/// The highest resident memory of an account's processes while this is there.
struct Watch {
    stop: Arc<AtomicBool>,
    peak: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    fn start(gateway: u32, except: u32) -> Self {
        let (stop, peak): (Arc<AtomicBool>, Arc<AtomicU64>) = (Arc::default(), Arc::default());
        let (stopped, highest) = (Arc::clone(&stop), Arc::clone(&peak));
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                for pid in process::descendants(gateway).into_iter().filter(|pid| *pid != except) {
                    highest.fetch_max(process::resident_bytes(pid), Ordering::Relaxed);
                }
                thread::sleep(Duration::from_millis(25));
            }
        });
        Self { stop, peak, thread: Some(thread) }
    }

    fn end(mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().expect("ended once").join().expect("no panic");
        self.peak.load(Ordering::Relaxed)
    }
}

/// The process of an account, by the log.
fn process_of(rig: &Rig, account: &str) -> anyhow::Result<u32> {
    let log = rig.pintail.log();
    let ready = format!("duckling ready account=\"{account}\" process=");
    let (_, rest) = log.rsplit_once(&ready).with_context(|| format!("{ready} is not in the log"))?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().context("a number")?;
    Ok(digits.parse()?)
}

#[test]
#[ignore = "minutes"]
fn bombs_hurt_nobody_else() -> anyhow::Result<()> {
    // With a core for each of the two accounts, what is seen is what one does to the other.
    let mut rig = Rig::start(TIMEOUT, &[("DUCKLING_THREADS", "1")])?;
    let neighbour = process_of(&rig, "neighbour")?;
    let worker = Worker::start(&rig.neighbour_target)?;
    thread::sleep(BASELINE);
    let began = Instant::now();
    let mut spans = Vec::new();
    let mut complaints = Vec::new();
    println!(
        "| entry | bomb | client saw | after ms | account back after ms | peak MB |\n|---|---|---|---|---|---|"
    );
    for entry in entries(|entry| entry.is_bomb)? {
        let watch = Watch::start(rig.pintail.gateway(), neighbour);
        let start = Instant::now();
        let trial = rig.attempt(&entry, Form::Simple);
        let peak = watch.end() >> 20;
        spans.push((entry.place.clone(), start, Instant::now()));
        let trial = trial.with_context(|| format!("{}: {}", entry.place, entry.why))?;
        let saw =
            if trial.outcome.is_empty() { "done" } else { trial.outcome.lines().next().unwrap_or_default() };
        let saw: String = saw.replace('|', "/").chars().take(90).collect();
        println!(
            "| {} | {} | {saw} | {} | {} | {peak} |",
            entry.place,
            entry.why,
            trial.took.as_millis(),
            trial.back_after.as_millis()
        );
        complaints.extend(trial.complaints.iter().map(|complaint| format!("{}: {complaint}", entry.place)));
    }
    let done = worker.end().context("a query of the other account failed")?;
    let times = |from: Option<Instant>, to: Option<Instant>| {
        let within = done
            .iter()
            .filter(move |(at, _)| from.is_none_or(|from| *at >= from) && to.is_none_or(|to| *at < to));
        within.map(|(_, took)| *took).collect::<Vec<_>>()
    };
    println!(
        "\n| the other account's query | median ms | 99 % ms | longest ms | queries |\n|---|---|---|---|---|"
    );
    let line = |name: &str, times: Vec<Duration>| {
        let count = times.len();
        let (median, most, longest) = quantiles(times);
        println!("| {name} | {median:.1} | {most:.1} | {longest:.1} | {count} |");
        median
    };
    let before = line("alone", times(None, Some(began)));
    let during = line("beside the bombs", times(Some(began), None));
    for (place, from, to) in &spans {
        let (median, _, longest) = quantiles(times(Some(*from), Some(*to)));
        if median > before * 2.0 {
            println!("slower beside {place}: median {median:.1} ms, longest {longest:.1} ms");
        }
    }
    rig.reopen()?;
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(during < before * 2.0, "the other account was slowed down: {before:.1} ms, then {during:.1} ms");
    Ok(())
}
