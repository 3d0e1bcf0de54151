//! Session settings beside databases: per session, undone by ROLLBACK, told when they change. What drivers set is in
//! `tests/wire/settings` and `tests/sql/settings.slt`.

use harness::{Backend, Pintail, RawClient, raw};

use super::{code, succeed};

fn statuses(answer: &[Backend]) -> Vec<String> {
    let status = |message: &Backend| match message {
        Backend::ParameterStatus(key, value) => Some(format!("{key}={value}")),
        _ => None,
    };
    answer.iter().filter_map(status).collect()
}

#[test]
fn they_belong_to_one_session() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (mut one, mut two) = (RawClient::connect(&pintail.target())?, RawClient::connect(&pintail.target())?);
    for (name, value, default) in [
        ("timezone", "Asia/Tokyo", "UTC"),
        ("application_name", "one", ""),
        ("search_path", "pg_catalog", ""),
        ("statement_timeout", "7s", "0"),
        ("extra_float_digits", "2", "1"),
        ("datestyle", "German", "ISO, MDY"),
        ("default_transaction_read_only", "on", "off"),
        ("bytea_output", "escape", "hex"),
        ("session_name", "one", ""),
    ] {
        let before = two.value(&format!("show {name}"))?;
        let answer = one.simple(&format!("set {name} = '{value}'"))?;
        if let Some(report) = raw::error_in(&answer) {
            // What can only be at its default, or is fixed when the session begins, says so.
            assert!(["22023", "0A000", "55P02"].contains(&report.code()), "{name}: {report:?}");
            continue;
        }
        assert!(one.value(&format!("show {name}"))?.starts_with(value), "{name}");
        assert_eq!(
            one.value(&format!("select current_setting('{name}')"))?,
            one.value(&format!("show {name}"))?
        );
        assert_eq!(two.value(&format!("show {name}"))?, before, "{name} is another session's too");
        succeed(&mut one, &format!("reset {name}"))?;
        let after = one.value(&format!("show {name}"))?;
        assert!(after == before || after == default, "{name}: {after:?} is not {before:?}");
    }
    Ok(())
}

#[test]
fn they_are_transactional() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(&mut client, "create database d; create schema d.s; create schema my_db.s")?;
    succeed(&mut client, "set timezone = 'Asia/Tokyo'")?;
    let answer = succeed(
        &mut client,
        "begin; set timezone = 'US/Eastern'; set local datestyle = 'ISO, DMY'; use d.s; set application_name = 'x'",
    )?;
    assert!(statuses(&answer).contains(&"TimeZone=US/Eastern".to_owned()), "{}", raw::lines(&answer));
    assert_eq!(client.value("select current_database() || '.' || current_schema()")?, "d.s");
    let answer = client.simple("rollback")?;
    let told = statuses(&answer);
    assert!(told.contains(&"TimeZone=Asia/Tokyo".to_owned()), "{told:?}");
    assert!(told.contains(&"DateStyle=ISO, MDY".to_owned()), "{told:?}");
    assert_eq!(client.value("select current_database() || '.' || current_schema()")?, "my_db.public");
    assert_eq!(client.value("show timezone")?, "Asia/Tokyo");
    assert_eq!(client.value("show application_name")?, "");
    // A block that failed undoes them too.
    client.simple("begin; set timezone = 'US/Eastern'; use d; select * from nowhere")?;
    succeed(&mut client, "rollback")?;
    assert_eq!(client.value("select current_database() || current_setting('timezone')")?, "my_dbAsia/Tokyo");
    // LOCAL ends with the transaction, set or not.
    succeed(&mut client, "begin; set local timezone = 'US/Eastern'; commit")?;
    assert_eq!(client.value("show timezone")?, "Asia/Tokyo");
    succeed(&mut client, "begin; set local search_path = 's'; select current_schema(); commit")?;
    assert_eq!(client.value("select current_schema()")?, "public");
    // By functions.
    succeed(&mut client, "begin; select set_config('timezone', 'US/Eastern', false)")?;
    assert_eq!(client.value("show timezone")?, "US/Eastern");
    succeed(&mut client, "rollback")?;
    assert_eq!(client.value("show timezone")?, "Asia/Tokyo");
    succeed(&mut client, "begin; select set_config('timezone', 'US/Eastern', true); commit")?;
    assert_eq!(client.value("select current_setting('timezone')")?, "Asia/Tokyo");
    assert_eq!(client.value("select set_config('timezone', 'Europe/Berlin', false)")?, "Europe/Berlin");
    assert_eq!(client.value("show timezone")?, "Europe/Berlin");
    succeed(&mut client, "begin; use d; reset all; commit")?;
    assert_eq!(client.value("show timezone")?, "UTC");
    succeed(&mut client, "use d.s; set timezone = 'Asia/Tokyo'; discard all")?;
    assert_eq!(
        client
            .value("select current_database() || '.' || current_schema() || current_setting('timezone')")?,
        "my_db.publicUTC"
    );
    Ok(())
}

#[test]
fn public_is_a_name_for_main_in_every_database() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(
        &mut client,
        "create database d; create table d.t as select 1 as i; use d; set search_path to public",
    )?;
    assert_eq!(client.value("select i from t")?, "1");
    succeed(&mut client, "set search_path to public, pg_catalog")?;
    assert_eq!(client.value("select i from t")?, "1");
    succeed(&mut client, "set search_path = ''; reset search_path")?;
    assert_eq!(client.value("select i from t")?, "1");
    assert_eq!(code(&mut client, "use d.nowhere")?, "3F000");
    Ok(())
}
