//! The targets on stable: the corpus, then inputs made from it, the same ones in every run, then others whose seed
//! is printed.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::{Run, TARGETS};

/// Inputs that are the same in every run.
const FIXED_INPUTS: usize = 600;

/// For inputs that are new in every run.
const FRESH: Duration = Duration::from_millis(500);

/// The longest input.
const MAX_BYTES: usize = 600;

/// Prints what was run when it fails.
struct Report<'i> {
    target: &'i str,
    seed: u64,
    input: &'i [u8],
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let Self { target, seed, input } = self;
            eprintln!("fuzz target {target}, seed {seed}, input \"{}\"", input.escape_ascii());
        }
    }
}

fn run(target: &str, run: Run, seed: u64, input: &[u8]) {
    let _report = Report { target, seed, input };
    run(input);
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// An input: bytes of no meaning, or one of the corpus with some of its bytes changed or another's put in.
fn input(random: &mut fastrand::Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.choice(corpus).cloned().unwrap_or_default();
    if bytes.is_empty() || random.u8(..4) == 0 {
        bytes = (0..random.usize(..300)).map(|_| random.u8(..)).collect();
    }
    for _ in 0..random.usize(..6) {
        let place = random.usize(..=bytes.len());
        match random.u8(..5) {
            0 => bytes.truncate(place),
            1 => bytes.insert(place, random.u8(..)),
            2 => {
                let other = random.choice(corpus).cloned().unwrap_or_default();
                let from = random.usize(..=other.len());
                bytes.splice(place.., other[from..].iter().copied());
            }
            _ => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << random.u8(..8);
                }
            }
        }
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

fn run_target(name: &str) {
    let (_, target) = TARGETS.into_iter().find(|(known, _)| *known == name).unwrap();
    let corpus = corpus(name);
    assert!(!corpus.is_empty(), "no corpus for {name}");
    for input in &corpus {
        run(name, target, 0, input);
    }
    let fixed = &mut fastrand::Rng::with_seed(20_260_721);
    for _ in 0..FIXED_INPUTS {
        run(name, target, 20_260_721, &input(fixed, &corpus));
    }
    let seed = fastrand::u64(..);
    let fresh = &mut fastrand::Rng::with_seed(seed);
    let begun = Instant::now();
    let mut count = 0;
    while begun.elapsed() < FRESH {
        run(name, target, seed, &input(fresh, &corpus));
        count += 1;
    }
    println!("{name}: corpus of {}, {FIXED_INPUTS} fixed inputs, {count} with seed {seed}", corpus.len());
}

macro_rules! targets {
    ($($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                run_target(stringify!($name));
            }
        )*

        #[test]
        fn every_target_is_run() {
            assert_eq!([$(stringify!($name)),*], TARGETS.map(|(name, _)| name));
        }
    };
}

targets! {
    startup,
    frontend,
    bind,
    copy_text,
    copy_csv,
    copy_binary,
    link,
    sql,
    value,
}
