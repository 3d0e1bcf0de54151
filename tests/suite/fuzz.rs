//! A fuzzer on real sockets: after TLS and a valid login, streams of messages built by a grammar and then damaged, from
//! several connections at once, with cancel requests in between. The server must not die or log an error, no session
//! may hang, another session must be answered at once, and memory must come back. Some seconds of the same streams in
//! every run; `make fuzz` (`PINTAIL_FUZZ_SECONDS`) runs others for as long as wanted.

mod grammar;

use std::{
    net::Shutdown,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use harness::{Batch, Pintail, RawClient, Target, config, process, raw};

/// Streams of every run, the same ones.
const FIXED_STREAMS: usize = 120;

/// The seed of those.
const FIXED_SEED: u64 = 20_260_721;

/// What memory is measured after.
const WARM_UP_STREAMS: usize = 40;

/// A session that is not over by then after its client has left hangs.
const END_TIMEOUT: Duration = Duration::from_secs(20);

/// Another session's small question takes no longer, on a machine that does other things too.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// What the gateway and the duckling may grow by; allocators keep some of what was used once.
const GATEWAY_GROWTH_MAX: u64 = 48 << 20;
const DUCKLING_GROWTH_MAX: u64 = 256 << 20;

/// Says how to see a failure again.
struct Report {
    seed: u64,
}

impl Drop for Report {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the streams were those of seed {}", self.seed);
        }
    }
}

#[test]
fn damaged_streams_harm_nobody_else() -> anyhow::Result<()> {
    match config::fuzz_duration() {
        None => run(FIXED_SEED, |streams, _| streams < FIXED_STREAMS),
        Some(duration) => {
            let begun = Instant::now();
            run(fastrand::u64(..), move |_, _| begun.elapsed() < duration)
        }
    }
}

fn run(seed: u64, goes_on: impl Fn(usize, &mut fastrand::Rng) -> bool) -> anyhow::Result<()> {
    let _report = Report { seed };
    println!("seed {seed}");
    let random = &mut fastrand::Rng::with_seed(seed);
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut witness = RawClient::connect(&target)?;
    witness.answer_timeout(ANSWER_MAX)?;
    witness.rows("create table fuzzed (a int4, b text)")?;
    let duckling = pintail.duckling()?;
    let resident = || (process::resident_bytes(pintail.gateway()), process::resident_bytes(duckling));
    let mut before = resident();
    let mut totals = Totals::default();
    while goes_on(totals.streams, random) {
        one_round(&target, random, &mut totals)?;
        let begun = Instant::now();
        let one = witness.value("select 1").context("the witness was not answered")?;
        totals.slowest_answer = totals.slowest_answer.max(begun.elapsed());
        ensure!(one == "1", "the witness was told {one}");
        let now = pintail.duckling()?;
        ensure!(now == duckling, "the duckling is another one: {duckling} became {now}");
        if totals.streams < WARM_UP_STREAMS {
            before = resident();
        }
    }
    // What was left to be cleaned up is cleaned up by then.
    thread::sleep(Duration::from_millis(300));
    let after = resident();
    println!(
        "{totals:?}, gateway {} → {} bytes, duckling {} → {} bytes",
        before.0, after.0, before.1, after.1
    );
    ensure!(after.0.saturating_sub(before.0) < GATEWAY_GROWTH_MAX, "the gateway grew: {before:?} {after:?}");
    ensure!(
        after.1.saturating_sub(before.1) < DUCKLING_GROWTH_MAX,
        "the duckling grew: {before:?} {after:?}"
    );
    let errors =
        pintail.log().lines().filter(|line| line.contains("panicked") || line.contains("ERROR")).count();
    ensure!(errors == 0, "{errors} errors in the log");
    Ok(())
}

#[derive(Debug, Default)]
struct Totals {
    streams: usize,
    messages: usize,
    bytes: usize,
    answers: usize,
    cancels: usize,
    slowest_answer: Duration,
}

/// One to three sessions at once, each with a stream, in pieces that take turns; then all of them leave.
fn one_round(target: &Target, random: &mut fastrand::Rng, totals: &mut Totals) -> anyhow::Result<()> {
    let mut sessions = Vec::new();
    for _ in 0..random.usize(1..=3) {
        let is_login = random.u8(..12) == 0;
        let client = if is_login { RawClient::secure(target)? } else { RawClient::connect(target)? };
        let messages = if is_login { grammar::startup(random, target) } else { grammar::messages(random) };
        totals.streams += 1;
        totals.messages += messages.len();
        let bytes = grammar::damage(random, messages);
        totals.bytes += bytes.len();
        sessions.push((client, bytes, 0));
    }
    let mut is_sending = true;
    while is_sending {
        is_sending = false;
        for (client, bytes, sent) in &mut sessions {
            if *sent >= bytes.len() {
                continue;
            }
            let piece = random.usize(1..=(bytes.len() - *sent).min(8192));
            let batch = Batch::new().raw(&bytes[*sent..*sent + piece]);
            *sent += piece;
            // A server that has had enough closes while we still send.
            if client.send(&batch).is_err() {
                *sent = bytes.len();
            }
            is_sending = true;
            if random.u8(..40) == 0
                && let Ok((process_id, secret)) = client.key()
            {
                raw::cancel(target, process_id, &secret)?;
                totals.cancels += 1;
            }
        }
    }
    for (mut client, bytes, _) in sessions {
        totals.answers += leave(&mut client)
            .with_context(|| format!("a session hangs after \"{}\"", bytes.escape_ascii()))?;
    }
    Ok(())
}

/// Closes the sending side and reads what is still to come, up to the server's own end.
fn leave(client: &mut RawClient) -> anyhow::Result<usize> {
    client.answer_timeout(END_TIMEOUT)?;
    // It may be closed already.
    let _ = client.shutdown(Shutdown::Write);
    let mut answers = 0;
    loop {
        match client.receive() {
            Ok(Some(_)) => answers += 1,
            Ok(None) => return Ok(answers),
            // Reset, because the server did not read all of ours; a message may be cut by that.
            Err(error) if error.to_string().contains("inside a message") => return Ok(answers),
            Err(error) => return Err(error),
        }
    }
}
