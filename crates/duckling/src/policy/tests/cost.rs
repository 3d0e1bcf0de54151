//! What the guard costs a statement: `cargo test --release -p duckling bench_guard -- --ignored --nocapture`.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use engine::{AllowAll, Connection, Guard, Instance, Options, Touch};

use super::super::{Context, Facts, judge_plan, names::Fixed};

/// Judges as a session does, and adds up the time it takes.
struct Clocked(Arc<Mutex<(Duration, usize)>>, Context);

impl Guard for Clocked {
    fn judge(&mut self, touches: &[Touch]) -> Result<(), String> {
        let begun = Instant::now();
        let verdict = judge_plan(touches, &self.1, &mut Facts::default());
        let mut sum = self.0.lock().unwrap();
        sum.0 += begun.elapsed();
        sum.1 += touches.len();
        assert_eq!(verdict, super::super::Verdict::Allow);
        Ok(())
    }
}

const ROUNDS: u32 = 1000;

/// CPU time of this thread (`/proc/thread-self/schedstat`), so that other work on the machine counts less.
fn cpu_us() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e3
}

/// The best of several rounds, in microseconds a statement.
fn prepare_us(connection: &Connection, sql: &str, rounds: u32) -> f64 {
    let parsed = connection.extract(sql).unwrap().remove(0);
    let mut best = f64::MAX;
    for _ in 0..9 {
        let begun = cpu_us();
        for _ in 0..rounds {
            drop(connection.prepare(&parsed).unwrap());
        }
        best = best.min((cpu_us() - begun) / f64::from(rounds));
    }
    best
}

#[test]
#[ignore = "a measurement, for release builds"]
fn bench_guard() {
    let instance = Instance::open(&Options { config: vec![] }).unwrap();
    let control = instance.connect(AllowAll).unwrap();
    let columns: Vec<String> = (0..50).map(|index| format!("c{index} INTEGER")).collect();
    let columns = columns.join(", ");
    control
        .execute(&format!(
            "CREATE TABLE p(id INTEGER PRIMARY KEY, v VARCHAR); CREATE TABLE a({columns}); CREATE TABLE b({columns})"
        ))
        .unwrap();
    let join: Vec<String> =
        (0..25).map(|index| format!("a.c{index} + 1, upper(b.c{index}::VARCHAR)")).collect();
    let join = format!("SELECT {} FROM a JOIN b ON a.c0 = b.c0 WHERE a.c1 > 5", join.join(", "));
    let clock = Arc::new(Mutex::new((Duration::ZERO, 0)));
    let context = Context {
        databases: Arc::new(Fixed { own: vec!["memory"], ..Fixed::default() }),
        ..Context::default()
    };
    let guarded = instance.connect(Clocked(Arc::clone(&clock), context)).unwrap();
    eprintln!("statement          prepare us   judge us   touches   share of the judge");
    for (name, sql, rounds) in [
        ("SELECT 1", "SELECT 1", ROUNDS),
        ("point query", "SELECT v FROM p WHERE id = $1", ROUNDS),
        ("50-column join", join.as_str(), ROUNDS / 10),
    ] {
        let whole = prepare_us(&guarded, sql, rounds);
        *clock.lock().unwrap() = (Duration::ZERO, 0);
        let parsed = guarded.extract(sql).unwrap().remove(0);
        for _ in 0..rounds {
            drop(guarded.prepare(&parsed).unwrap());
        }
        let (time, touches) = *clock.lock().unwrap();
        let judge = time.as_secs_f64() * 1e6 / f64::from(rounds);
        let touches = touches / usize::try_from(rounds).unwrap();
        eprintln!("{name:<16} {whole:>12.1} {judge:>10.2} {touches:>9} {:>8.1} %", judge / whole * 100.0);
    }
}
