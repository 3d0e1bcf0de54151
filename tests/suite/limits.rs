//! Limits of accounts and tokens, through a client: what each answers when it is reached, that the session goes on, and
//! that nobody else notices. Whole results, disk, statements that do not stop and statements that crash are in the
//! files beside this one.

mod crash;
mod disk;
mod hang;

use std::{fs, time::Duration};

use harness::{Backend, Batch, Bind, Pintail, RawClient, Report, Target, raw};

/// A server with this configuration, and the folder of its file.
pub(crate) fn start(config: &str) -> anyhow::Result<(Pintail, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("limits.toml");
    fs::write(&path, config)?;
    let path = path.to_string_lossy().into_owned();
    Ok((Pintail::configured(&[("CONFIG", &path)])?, folder))
}

/// A token of this name for the account `default`.
fn token(pintail: &Pintail, name: &str) -> anyhow::Result<Target> {
    let printed = pintail.command(&["token", "create", "--name", name, "--account", "default", "--json"])?;
    let printed: serde_json::Value = serde_json::from_str(&printed)?;
    Ok(pintail.target().password(printed["token"].as_str().unwrap_or_default()))
}

#[test]
fn sessions_are_counted_by_account_and_by_token() -> anyhow::Result<()> {
    let config = "[account.default.limits]\nsessions = 3\n[account.default.token.narrow]\nsessions = 1";
    let (pintail, _folder) = start(config)?;
    let other = pintail.other_account("neighbour")?;
    let narrow = token(&pintail, "narrow")?;
    let first = RawClient::connect(&narrow)?;
    let refused = RawClient::refusal(&narrow, &[])?;
    assert_eq!((refused.severity(), refused.code()), ("FATAL", "53300"), "{refused:?}");
    assert!(refused.message().contains("access token \"narrow\""), "{refused:?}");
    assert!(!refused.hint().is_empty(), "{refused:?}");
    let wide = pintail.target();
    let _more = [RawClient::connect(&wide)?, RawClient::connect(&wide)?];
    let refused = RawClient::refusal(&wide, &[])?;
    assert_eq!(refused.code(), "53300", "{refused:?}");
    assert!(refused.message().contains("account \"default\""), "{refused:?}");
    let _others = (0..5).map(|_| RawClient::connect(&other)).collect::<Result<Vec<_>, _>>()?;
    drop(first);
    // The gateway notices the end of a connection in its own time.
    let again = (0..50).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        RawClient::connect(&narrow).ok()
    });
    assert_eq!(again.expect("there is room again").value("select 1")?, "1");
    Ok(())
}

#[test]
fn a_token_has_the_stricter_of_two_limits_on_results() -> anyhow::Result<()> {
    let config = "limits.result_rows = 1000\n[account.default.token.narrow]\nresult_rows = 10\nresult_bytes = 500\n\
                  statement_timeout_s = 1\nstatement_text = 200\nexpression_depth = 20";
    let (pintail, _folder) = start(config)?;
    let mut wide = RawClient::connect(&pintail.target())?;
    assert_eq!(wide.rows("select * from range(1000)")?.len(), 1000);
    assert_eq!(wide.failure("select * from range(1001)")?.code(), "54000");
    let mut narrow = RawClient::connect(&token(&pintail, "narrow")?)?;
    assert_eq!(narrow.rows("select * from range(10)")?.len(), 10);
    for statement in [
        "select * from range(11)",
        "select repeat('x', 600)",
        "copy (select * from range(11)) to stdout",
        &format!("select '{}'", "x".repeat(200)),
    ] {
        let simple = narrow.simple(statement)?;
        let report = raw::error_in(&simple).expect("a refusal");
        assert_eq!(report.code(), "54000", "{statement}: {report:?}");
        assert!(!report.hint().is_empty(), "{statement}: {report:?}");
        let extended = narrow.extended(statement)?;
        assert_eq!(raw::error_in(&extended).map(Report::code), Some("54000"), "{statement}");
        assert!(matches!(extended.last(), Some(Backend::ReadyForQuery('I'))), "{statement}");
    }
    let deep = format!("select {}1{}", "(1+".repeat(30), ")".repeat(30));
    assert_eq!(narrow.failure(&deep)?.code(), "54001");
    narrow.rows("set statement_timeout = 0")?;
    assert_eq!(narrow.value("show statement_timeout")?, "1s");
    let long = "select count(*) from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 3";
    assert_eq!(narrow.failure(long)?.code(), "57014");
    assert_eq!(narrow.value("select 1")?, "1");
    Ok(())
}

#[test]
fn a_portal_is_cut_where_its_fetches_together_exceed_the_limit() -> anyhow::Result<()> {
    let (pintail, _folder) = start("limits.result_rows = 10")?;
    let mut client = RawClient::connect(&pintail.target())?;
    let batch = Batch::new()
        .parse("", "select * from range(100)", &[])
        .bind(&Bind { portal: "p", ..Bind::default() });
    client.send(&batch.execute("p", 7).execute("p", 7).sync())?;
    let answer = client.until_ready()?;
    let rows = answer.iter().filter(|message| matches!(message, Backend::DataRow(_))).count();
    assert_eq!(rows, 10, "{}", raw::lines(&answer));
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("54000"));
    Ok(())
}

#[test]
fn memory_and_spilled_data_have_limits() -> anyhow::Result<()> {
    let config = "[account.default.limits]\nmemory_limit = '100MiB'\nthreads = 2\nspill_limit = '4MiB'";
    let (pintail, _folder) = start(config)?;
    let mut neighbour = RawClient::connect(&pintail.other_account("neighbour")?)?;
    let mut client = RawClient::connect(&pintail.target())?;
    for (statement, code) in [
        ("select len(list(i)) from range(100000000) t(i)", "53200"),
        ("select count(*) from (select distinct md5(i::varchar) from range(4000000) t(i))", "53100"),
    ] {
        let report = client.failure(statement)?;
        assert_eq!(report.code(), code, "{statement}: {report:?}");
        assert!(!report.hint().is_empty(), "{report:?}");
        assert!(
            !format!("{report:?}").to_lowercase().contains("set "),
            "advice that no tenant can follow: {report:?}"
        );
        assert_eq!(client.value("select 1")?, "1", "{statement}");
    }
    assert_eq!(neighbour.value("select len(list(i)) from range(1000000) t(i)")?, "1000000");
    Ok(())
}

#[test]
fn a_value_that_outgrows_the_memory_limit_costs_its_statement_alone() -> anyhow::Result<()> {
    let (pintail, _folder) = start("[account.default.limits]\nmemory_limit = '600MiB'\nthreads = 1")?;
    let mut client = RawClient::connect(&pintail.target())?;
    let mut other = RawClient::connect(&pintail.target())?;
    let process = pintail.ducklings();
    for statement in [
        "select repeat('x', 1000000000)",
        "select range(50000000)::varchar",
        "select printf('%1000000000d', 1)",
        "select length(repeat('x', 4000000000))",
    ] {
        let report = client.failure(statement)?;
        assert!(["53200", "54000"].contains(&report.code()), "{statement}: {report:?}");
        assert_eq!(other.value("select 1")?, "1", "{statement}");
    }
    assert_eq!(pintail.ducklings(), process);
    Ok(())
}

#[test]
fn as_many_sessions_as_an_account_may_have_work_at_once() -> anyhow::Result<()> {
    let (pintail, _folder) = start("[account.default.limits]\nsessions = 40\nmemory_limit = '256MiB'")?;
    let target = pintail.target();
    let mut clients = (0..40).map(|_| RawClient::connect(&target)).collect::<Result<Vec<_>, _>>()?;
    for client in &mut clients {
        client.send(&Batch::new().query("select sum(range) from range(100000)"))?;
    }
    for client in &mut clients {
        let answer = client.until_ready()?;
        assert!(raw::error_in(&answer).is_none(), "{}", raw::lines(&answer));
    }
    assert_eq!(RawClient::refusal(&target, &[])?.code(), "53300");
    Ok(())
}
