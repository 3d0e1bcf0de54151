//! Databases, sessions, shares: the files of `tests/platform`, and what needs several sessions or accounts. The
//! model-based test and the crash test have a short form here and a long one (`make model`, `make crash`).

mod answers;
mod blocks;
mod broken;
mod crash;
mod in_use;
mod links;
mod model;
mod readers;
mod reference;
mod settings;
mod shares;
mod single;
mod snapshots;
mod workspace;

use std::{
    thread,
    time::{Duration, Instant},
};

use harness::{Backend, RawClient, Report, Target, raw};

#[test]
fn statements_answer_as_written() -> anyhow::Result<()> {
    crate::sql::run_folder("tests/platform", true)
}

/// The SQLSTATE of a statement that must fail.
fn code(client: &mut RawClient, sql: &str) -> anyhow::Result<String> {
    Ok(client.failure(sql)?.code().to_owned())
}

/// Another account, with a session.
fn account(pintail: &harness::Pintail, name: &str) -> anyhow::Result<(Target, RawClient)> {
    let target = pintail.other_account(name)?;
    let client = RawClient::connect(&target)?;
    Ok((target, client))
}

/// The notices of an answer.
fn notices(answer: &[Backend]) -> Vec<&Report> {
    let mut notices = Vec::new();
    for message in answer {
        if let Backend::Notice(report) = message {
            notices.push(report);
        }
    }
    notices
}

/// Statements one after the other, each by itself; their answers. All must succeed.
fn succeed(client: &mut RawClient, sql: &str) -> anyhow::Result<Vec<Backend>> {
    let mut answers = Vec::new();
    for statement in sql.split(';').filter(|statement| !statement.trim().is_empty()) {
        let answer = client.simple(statement)?;
        anyhow::ensure!(raw::error_in(&answer).is_none(), "{statement}: {}", raw::lines(&answer));
        answers.extend(answer);
    }
    Ok(answers)
}

/// All rows as texts, sorted, their values separated by bars.
fn listed(client: &mut RawClient, sql: &str) -> anyhow::Result<Vec<String>> {
    let row = |row: Vec<Option<String>>| {
        row.into_iter().map(|value| value.unwrap_or_else(|| "NULL".to_owned())).collect::<Vec<_>>().join("|")
    };
    let mut rows: Vec<String> = client.rows(sql)?.into_iter().map(row).collect();
    rows.sort();
    Ok(rows)
}

/// Waits until something is so.
fn wait_until(what: &str, mut is_so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so()? {
        anyhow::ensure!(Instant::now() < deadline, "in vain waited for: {what}");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
