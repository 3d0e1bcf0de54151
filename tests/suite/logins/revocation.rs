//! What is taken away ends at once: from the command line and from SQL, in the middle of a statement and when idle, and
//! nothing else ends with it.

use std::time::{Duration, Instant};

use harness::{Backend, Batch, Pintail, RawClient, Target};

/// What an open session may last after its token was revoked.
const LIMIT: Duration = Duration::from_secs(1);

/// A token of the account `default` under this name.
fn token(pintail: &Pintail, name: &str) -> anyhow::Result<(Target, String)> {
    let made = pintail.command(&["token", "create", "--name", name, "--json"])?;
    let made: serde_json::Value = serde_json::from_str(&made)?;
    let target = pintail.target().password(made["token"].as_str().expect("its text"));
    Ok((target, made["id"].to_string()))
}

/// Waits for the last message of a session that is ended, and for the end.
fn expect_end(client: &mut RawClient) -> anyhow::Result<()> {
    client.answer_timeout(Duration::from_secs(5))?;
    while let Some(message) = client.receive()? {
        if let Backend::Error(report) = message {
            assert_eq!((report.severity(), report.code()), ("FATAL", "57P01"), "{report:?}");
            assert!(report.hint().contains("no longer valid"), "{report:?}");
        }
    }
    Ok(())
}

#[test]
fn a_revoked_token_ends_its_sessions_whatever_they_do() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (target, id) = token(&pintail, "laptop")?;
    let mut idle = RawClient::connect(&target)?;
    let mut in_block = RawClient::connect(&target)?;
    in_block.simple("begin; create table t(a int)")?;
    let mut busy = RawClient::connect(&target)?;
    busy.send(&Batch::new().query("select sum(a.range * b.range) from range(10000000) a, range(1000000) b"))?;
    // Nobody reads this one's rows.
    let mut slow = RawClient::connect(&target)?;
    slow.send(&Batch::new().query("select range, repeat('x', 1000) from range(10000000)"))?;
    std::thread::sleep(Duration::from_millis(500));
    let mut other = RawClient::connect(&pintail.target())?;

    let begun = Instant::now();
    pintail.command(&["token", "revoke", &id])?;
    expect_end(&mut idle)?;
    expect_end(&mut in_block)?;
    expect_end(&mut busy)?;
    let took = begun.elapsed();
    assert!(took < LIMIT, "{took:?}");
    assert_eq!(RawClient::refusal(&target, &[])?.code(), "28P01");
    // What was not committed is gone, and nobody else has noticed.
    assert_eq!(other.failure("select * from t")?.code(), "42P01");
    // The rest of what is under way to it comes, and then the end.
    let mut bytes = 0;
    loop {
        match slow.discard(1 << 20) {
            Ok(0) | Err(_) => break,
            Ok(count) => bytes += count,
        }
        assert!(bytes < 200 << 20, "the result goes on");
    }
    Ok(())
}

#[test]
fn tokens_are_revoked_by_name_too_from_the_shell_and_from_sql() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (target, _) = token(&pintail, "Laptop")?;
    let mut client = RawClient::connect(&target)?;
    pintail.command(&["token", "revoke", "laptop"])?;
    expect_end(&mut client)?;
    let missing = pintail.command(&["token", "revoke", "laptop"]).expect_err("it is gone");
    assert!(missing.to_string().contains("token \"laptop\" does not exist"), "{missing}");
    // The name is free again.
    let (target, _) = token(&pintail, "laptop")?;
    let mut client = RawClient::connect(&target)?;
    let mut administrator = RawClient::connect(&pintail.target())?;
    administrator.rows("drop token laptop")?;
    expect_end(&mut client)?;
    assert_eq!(administrator.value("select 1")?, "1");
    Ok(())
}

/// For a figure: 50 revocations by each way, each with an open session, 100 other sessions beside them.
#[test]
#[ignore = "measures: some minutes"]
fn milliseconds_from_revocation_to_the_end() -> anyhow::Result<()> {
    const ROUNDS: usize = 50;
    let pintail = Pintail::configured(&[("LIMITS_SESSIONS_PER_ACCOUNT", "200")])?;
    let mut others = Vec::new();
    for _ in 0..100 {
        others.push(RawClient::connect(&pintail.target())?);
    }
    let mut administrator = RawClient::connect(&pintail.target())?;
    for way in ["shell", "SQL", "REST"] {
        let mut took_ms = Vec::new();
        for round in 0..ROUNDS {
            let name = format!("{way}-{round}");
            let (target, id) = token(&pintail, &name)?;
            let mut sessions = [RawClient::connect(&target)?, RawClient::connect(&target)?];
            let busy = "select sum(a.range * b.range) from range(10000000) a, range(1000000) b";
            sessions[1].send(&Batch::new().query(busy))?;
            let begun = Instant::now();
            match way {
                "shell" => drop(pintail.command(&["token", "revoke", &id])?),
                "SQL" => drop(administrator.rows(&format!("drop token \"{name}\""))?),
                _ => crate::rest::revoke(&pintail, &name)?,
            }
            for session in &mut sessions {
                expect_end(session)?;
            }
            took_ms.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        took_ms.sort_by(f64::total_cmp);
        let (median, worst) = (took_ms[ROUNDS / 2], took_ms[ROUNDS - 1]);
        println!("| {way} | {ROUNDS} | {:.1} | {median:.1} | {worst:.1} |", took_ms[0]);
        assert!(worst < 1000.0, "{way}: {worst} ms");
    }
    for other in &mut others {
        assert_eq!(other.value("select 1")?, "1", "a session that was none of its business");
    }
    Ok(())
}
