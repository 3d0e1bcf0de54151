//! The attack lists of `tests/attacks`, tried on a server whose surroundings are watched: a directory of canaries,
//! services on loopback that nobody may reach, and another account that must notice nothing.

mod bombs;
mod canary;
mod layers;
mod list;
mod rig;

use std::time::Duration;

use self::{
    list::Entry,
    rig::{Form, Rig, Trial},
};

/// For entries that are about reach, where time is not what is attacked.
const LONG_TIMEOUT: Duration = Duration::from_secs(20);

/// For those that are about resources, where every CI run waits for it.
const SHORT_TIMEOUT: Duration = Duration::from_millis(700);

/// The list's own figure.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// The entries that are to be run.
fn entries(wanted: impl Fn(&Entry) -> bool) -> anyhow::Result<Vec<Entry>> {
    let only = harness::config::attacks();
    let is_named = |entry: &Entry| entry.place.contains(&only) || entry.why.contains(&only);
    Ok(list::read_all()?.into_iter().filter(|entry| wanted(entry) && is_named(entry)).collect())
}

fn line(entry: &Entry, form: Form, trial: &Trial) -> String {
    format!(
        "{} {:?} {:?} {} ms, back after {} ms: {} -> {}",
        entry.place,
        entry.verdict,
        form,
        trial.took.as_millis(),
        trial.back_after.as_millis(),
        entry.why,
        if trial.outcome.is_empty() { "done" } else { &trial.outcome },
    )
}

/// Runs entries in these forms; what was not as it should be, a line each.
fn run(rig: &mut Rig, entries: &[Entry], forms: &[Form]) -> anyhow::Result<Vec<String>> {
    let mut complaints = Vec::new();
    for entry in entries {
        for &form in forms {
            if form == Form::Whole && entry.statements.len() == 1 {
                continue;
            }
            let trial = rig.attempt(entry, form)?;
            let line = line(entry, form, &trial);
            println!("{line}");
            complaints.extend(trial.complaints.iter().map(|complaint| format!("{complaint}\n    {line}")));
        }
    }
    Ok(complaints)
}

fn expect_nothing(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn nothing_is_read_written_reached_or_told() -> anyhow::Result<()> {
    let mut rig = Rig::start(LONG_TIMEOUT, &[])?;
    let entries = entries(|entry| !entry.is_bomb)?;
    let complaints = run(&mut rig, &entries, &[Form::Simple, Form::Extended, Form::Whole])?;
    rig.reopen()?;
    expect_nothing(&complaints);
    Ok(())
}

#[test]
fn resources_are_limited() -> anyhow::Result<()> {
    let mut rig = Rig::start(SHORT_TIMEOUT, &[("DUCKLING_STOP_GRACE_MS", "500")])?;
    let entries = entries(|entry| entry.is_bomb)?;
    let complaints = run(&mut rig, &entries, &[Form::Simple])?;
    rig.reopen()?;
    expect_nothing(&complaints);
    Ok(())
}

#[test]
#[ignore = "minutes"]
fn resources_are_limited_as_the_lists_say() -> anyhow::Result<()> {
    let mut rig = Rig::start(LIST_TIMEOUT, &[])?;
    let entries = entries(|entry| entry.is_bomb)?;
    let complaints = run(&mut rig, &entries, &[Form::Simple])?;
    rig.reopen()?;
    expect_nothing(&complaints);
    Ok(())
}
