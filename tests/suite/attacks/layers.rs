//! What each layer stops by itself: the denied entries, with layers turned off one by one and together. Needs a program
//! with the feature `weaken` (`make attacks` builds one).

use std::time::Duration;

use super::{
    list::{self, Entry, Verdict},
    rig::{Form, Rig},
};

/// A server with less than all layers.
struct Weakened {
    name: &'static str,
    /// For `PINTAIL_TEST_WITHOUT`.
    without: &'static str,
    /// Whether the egress rules allow everything.
    open: bool,
}

const fn weakened(name: &'static str, without: &'static str, open: bool) -> Weakened {
    Weakened { name, without, open }
}

const CASES: [Weakened; 10] = [
    weakened("all layers", "", false),
    weakened("without the plan guard", "guard", false),
    weakened("without the engine's locks", "locks", false),
    weakened("without the operating system's box", "landlock,seccomp,namespaces", false),
    weakened("without the egress rules", "", true),
    weakened("the plan guard alone", "locks,landlock,seccomp,namespaces", true),
    weakened("the engine's locks alone", "guard,landlock,seccomp,namespaces", true),
    weakened("Landlock alone", "guard,locks,seccomp,namespaces", true),
    weakened("the operating system's box alone", "guard,locks", true),
    weakened("none of them", "guard,locks,landlock,seccomp,namespaces", true),
];

/// An entry that was not refused.
struct Passed {
    /// Something was read, written, reached or broken. Otherwise what it wanted was not there for it.
    is_harm: bool,
    line: String,
}

/// Nothing here is about time.
const TIMEOUT: Duration = Duration::from_secs(10);

#[test]
#[ignore = "minutes, and a program of its own"]
fn each_layer_stops_what_it_is_there_for() -> anyhow::Result<()> {
    let entries: Vec<Entry> =
        list::read_all()?.into_iter().filter(|entry| entry.verdict == Verdict::Denied).collect();
    let mut table =
        "| layers | refused | answered, and nothing came of it | harm |\n|---|---|---|---|\n".to_owned();
    let mut counts = Vec::new();
    for case in &CASES {
        let passed = passed(case, &entries)?;
        for entry in &passed {
            println!("    {}: {}{}", case.name, if entry.is_harm { "HARM " } else { "" }, entry.line);
        }
        let harm = passed.iter().filter(|entry| entry.is_harm).count();
        let (refused, empty) = (entries.len() - passed.len(), passed.len() - harm);
        table += &format!("| {} | {refused} | {empty} | {harm} |\n", case.name);
        counts.push((passed.len(), harm));
    }
    println!("{table}");
    assert_eq!(counts[0].0, 0, "with all layers everything is refused");
    assert!(counts[1..].iter().any(|(_, harm)| *harm > 0), "layers were not turned off");
    Ok(())
}

fn start(case: &Weakened) -> anyhow::Result<Rig> {
    let mut settings = vec![("TEST_WITHOUT", case.without), ("SANDBOX", "best-effort")];
    let everything = "{ALLOWED}, 0.0.0.0/0:{INTERNAL_PORT}, [::/0]:{INTERNAL_PORT}, 0.0.0.0/0, ::/0";
    if case.open {
        settings.extend([("EGRESS_WRITE", "true"), ("EGRESS_ATTACH", "true"), ("EGRESS_ALLOW", everything)]);
    }
    Rig::start_as(&harness::config::weakened_bin(), TIMEOUT, &settings)
}

/// The entries that were not stopped. Whatever one of them broke is made anew before the next.
fn passed(case: &Weakened, entries: &[Entry]) -> anyhow::Result<Vec<Passed>> {
    let mut rig = start(case)?;
    let mut passed = Vec::new();
    for entry in entries {
        let (is_harm, failure) = match rig.attempt(entry, Form::Simple) {
            Ok(trial) if trial.complaints.is_empty() => continue,
            Ok(trial) => {
                let is_harm = trial.complaints.iter().any(|complaint| !complaint.starts_with("not refused"));
                (is_harm, trial.complaints.join("; "))
            }
            Err(error) => (true, format!("{error:#}")),
        };
        let brief: String = failure.replace('\n', " ").chars().take(120).collect();
        passed.push(Passed { is_harm, line: format!("{} {}: {brief}", entry.place, entry.why) });
        // A new process forgets what was changed in the old one; what is broken in files needs a new server.
        if rig.renew(Form::Simple).is_err() {
            rig = start(case)?;
        }
    }
    Ok(passed)
}
