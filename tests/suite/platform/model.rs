//! The model-based test: two accounts with the same names, many sessions each, every platform statement at random from a
//! seed. A model says what each statement must answer (`exact`: one statement of an account at a time, predicted to
//! the SQLSTATE), or what must hold whatever the order was (`together`: all at once). Nothing that one account has may
//! ever stand in an answer to the other.

mod effect;
mod exact;
mod operation;
mod predict;
mod state;
mod together;

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::ensure;
use harness::{Backend, config};

pub(super) use self::{
    effect::{apply, settle},
    exact::{judge, observe},
    operation::{Listing, Operation},
    predict::{Expected, predict},
    state::{SessionState, State},
};

/// In `make test`.
const SHORT: Duration = Duration::from_secs(10);

/// The sessions of each account.
const SESSIONS: usize = 20;

fn duration() -> Duration {
    config::model_duration().unwrap_or(SHORT)
}

/// The seed of this run, which is printed.
pub(super) fn seed() -> u64 {
    let seed = config::seed().unwrap_or_else(|| fastrand::u64(1..1_000_000_000));
    println!("PINTAIL_SEED={seed}");
    seed
}

/// What of an account nobody else may see.
#[derive(Debug, Default)]
pub(super) struct Secrets(Mutex<BTreeSet<String>>);

impl Secrets {
    pub(super) fn add(&self, text: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(text.to_owned());
    }

    /// Whether an answer to somebody else shows any of them.
    pub(super) fn expect_unseen(&self, sql: &str, answer: &[Backend]) -> anyhow::Result<()> {
        let text = told(answer);
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What one knows already is no leak.
        let is_told = |secret: &&String| text.contains(secret.as_str()) && !sql.contains(secret.as_str());
        let seen = all.iter().find(is_told);
        ensure!(seen.is_none(), "a leak: {sql}: shows {seen:?} of another account: {text}");
        Ok(())
    }
}

/// Everything that an answer tells, errors with all their fields.
fn told(answer: &[Backend]) -> String {
    let text = |message: &Backend| match message {
        Backend::Error(report) | Backend::Notice(report) => format!("{report:?}"),
        other => other.to_string(),
    };
    answer.iter().map(text).collect::<Vec<_>>().join("\n")
}

/// Keywords in any case, with comments and new lines where a space may be; what is quoted stays.
pub(super) fn spelled(random: &mut fastrand::Rng, sql: &str) -> String {
    let manner = random.u8(0..4);
    // Names of tokens, alone, are told apart by their capitals.
    let manner = if sql.contains(" token ") { 0 } else { manner };
    let (mut text, mut quote) = (String::new(), None);
    for char in sql.chars() {
        match (quote, char) {
            (None, '\'' | '"') => quote = Some(char),
            (Some(open), _) if open == char => quote = None,
            (Some(_) | None, _) => {}
        }
        match (quote, manner) {
            (None, 1) if random.bool() => text.extend(char.to_uppercase()),
            (None, 2) => text.push(char.to_ascii_uppercase()),
            (None, 3) if char == ' ' && random.u8(0..4) == 0 => {
                text.push_str([" /* it's */ ", "\n", " -- x\n"][random.usize(0..3)]);
            }
            (None | Some(_), _) => text.push(char),
        }
    }
    text
}

#[test]
#[ignore = "make model"]
fn every_statement_answers_as_the_model_says() -> anyhow::Result<()> {
    exact::run(duration(), seed())
}

#[test]
#[ignore = "make model"]
fn all_at_once_they_leave_what_some_order_leaves() -> anyhow::Result<()> {
    together::run(duration(), seed())
}
