//! The protocol scripts of `tests/wire/`, against PostgreSQL (which shows that the scripts are right) and Pintail.

use harness::{Pintail, Postgres, Target, config, script};

fn run_all(target: &Target, side: script::Side) -> anyhow::Result<()> {
    let folder = config::root().join("tests/wire");
    let mut files =
        std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.sort();
    let mut failures = Vec::new();
    let mut passed = 0;
    for file in files {
        for case in script::read(&file, side)? {
            match case.run(target) {
                Ok(()) => passed += 1,
                Err(error) => failures.push(format!("--- {}\n{error:#}", case.title)),
            }
        }
    }
    assert!(passed + failures.len() > 50, "the scripts were not found");
    assert!(failures.is_empty(), "{passed} cases passed, {} failed\n{}", failures.len(), failures.join("\n"));
    Ok(())
}

#[test]
fn scripts_hold_on_postgres() -> anyhow::Result<()> {
    let postgres = Postgres::start()?;
    run_all(&postgres.target(), script::Side::Postgres)
}

#[test]
fn scripts_hold_on_pintail() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    run_all(&pintail.target(), script::Side::Pintail)
}
