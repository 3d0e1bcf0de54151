//! Who comes in: passwords by SCRAM with real clients, rules by address and certificate, revocation.

mod access;
mod crashes;
mod measured;
mod pooler;
mod revocation;

use std::{process::Command, time::Duration};

use harness::{
    Pintail, RawClient, Target,
    foreign::{self, Foreign},
};

/// A password that `SASLprep` changes (a soft hyphen, a compatibility form), as PostgreSQL's clients prepare it.
const PASSWORD: &str = "cor\u{ad}rect horse \u{2168}";

/// A server whose account `default` has the password; how to log in by it.
fn with_password() -> anyhow::Result<(Pintail, Target)> {
    let pintail = Pintail::start()?;
    set_password(&pintail, "default", PASSWORD)?;
    let target = pintail.target().user("@default").password(PASSWORD);
    Ok((pintail, target))
}

fn set_password(pintail: &Pintail, account: &str, password: &str) -> anyhow::Result<()> {
    pintail.command_reading(&["account", "password", account], &format!("{password}\n")).map(drop)
}

/// psql with these connection options; what it printed, or its complaint.
fn psql(target: &Target, options: &str) -> anyhow::Result<Option<Result<String, String>>> {
    let Some(client) = Foreign::find("psql", "bash", &["psql"]) else { return Ok(None) };
    let _ = client;
    let root = target.ca_file.display();
    let connection = format!(
        "host={} port={} user={} dbname=md: sslmode=verify-full sslrootcert={root} {options}",
        target.host, target.port, target.user
    );
    let output = Command::new("psql")
        .args(["-X", "-A", "-t", "-c", "select current_user || ' ' || current_database()", &connection])
        .env("PGPASSWORD", &target.password)
        .output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let came_in = output.status.success();
    Ok(Some(if came_in { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }))
}

#[test]
fn psql_logs_in_by_account_and_password_with_and_without_channel_binding() -> anyhow::Result<()> {
    let (_pintail, target) = with_password()?;
    for binding in ["require", "prefer", "disable"] {
        let Some(answer) = psql(&target, &format!("channel_binding={binding}"))? else { return Ok(()) };
        assert_eq!(answer, Ok("default my_db".to_owned()), "{binding}");
    }
    // Capitals in the account's name do not matter, as everywhere.
    let answer = psql(&target.user("@DEFAULT"), "channel_binding=require")?;
    assert_eq!(answer, Some(Ok("default my_db".to_owned())));
    Ok(())
}

#[test]
fn wrong_passwords_and_unknown_names_are_refused_in_the_same_words() -> anyhow::Result<()> {
    let (pintail, target) = with_password()?;
    pintail.command(&["account", "create", "bare"])?;
    let mut wordings = Vec::new();
    for (user, password) in [
        ("@default", "correct horse"),
        ("@nobody", PASSWORD),
        ("@bare", PASSWORD),
        ("@", PASSWORD),
        ("@default", &pintail.target().password),
    ] {
        let Some(answer) = psql(&target.user(user).password(password), "channel_binding=require")? else {
            return Ok(());
        };
        let complaint = answer.expect_err(user);
        assert!(
            complaint.contains(&format!("password authentication failed for user \"{user}\"")),
            "{complaint}"
        );
        wordings.push(complaint.replace(user, "USER"));
    }
    wordings.dedup();
    assert_eq!(wordings.len(), 1, "{wordings:?}");
    // A token is still a token for everybody else.
    assert_eq!(RawClient::connect(&pintail.target())?.value("select 1")?, "1");
    Ok(())
}

#[test]
fn psycopg_with_require_auth_and_channel_binding() -> anyhow::Result<()> {
    let Some(client) = Foreign::find("python", "python/bin/python", &["python/.stamp"]) else {
        return Ok(());
    };
    let (_pintail, target) = with_password()?;
    let mut command = client.command(&target);
    command.args(["-B", "scram.py"]).env("PASSWORD", PASSWORD);
    crate::clients::assert_ok(&mut command)
}

#[test]
fn node_with_scram() -> anyhow::Result<()> {
    let Some(client) = Foreign::find("node", "node", &["node/.stamp"]) else { return Ok(()) };
    let (_pintail, target) = with_password()?;
    let mut command = client.command(&target);
    command.arg("scram.cjs").env("PASSWORD", PASSWORD);
    crate::clients::assert_ok(&mut command)
}

#[test]
fn jdbc_with_scram() -> anyhow::Result<()> {
    let Some(client) = Foreign::find("jdbc", "java", &["jdbc/postgresql.jar"]) else { return Ok(()) };
    let (_pintail, target) = with_password()?;
    let mut command = client.command(&target);
    command.args(["-cp", &crate::clients::jars(), "Scram.java"]).env("PASSWORD", PASSWORD);
    crate::clients::assert_ok(&mut command)
}

#[tokio::test]
async fn tokio_postgres_binds_the_channel() -> anyhow::Result<()> {
    let (_pintail, target) = with_password()?;
    let tls = tokio_postgres_rustls::MakeRustlsConnect::new(harness::stream::tls_config(&target.ca_file)?);
    let mut config = tokio_postgres::Config::new();
    config.host(&target.host).port(target.port).user(&target.user).password(&target.password).dbname("md:");
    config.ssl_mode(tokio_postgres::config::SslMode::Require);
    config.channel_binding(tokio_postgres::config::ChannelBinding::Require);
    let (client, connection) = config.connect(tls).await?;
    tokio::spawn(connection);
    assert_eq!(client.query_one("select 1::int", &[]).await?.get::<_, i32>(0), 1);
    Ok(())
}

#[test]
fn a_new_password_ends_the_sessions_of_the_former_one_and_no_others() -> anyhow::Result<()> {
    let Some(client) = Foreign::find("python", "python/bin/python", &["python/.stamp"]) else {
        return Ok(());
    };
    let (pintail, target) = with_password()?;
    let mut by_token = RawClient::connect(&pintail.target())?;
    let mut command = client.command(&target);
    command.args(["-B", "waits.py"]).env("PASSWORD", PASSWORD).stdout(std::process::Stdio::piped());
    let mut waiting = command.spawn()?;
    let mut stdout = std::io::BufReader::new(waiting.stdout.take().expect("a pipe"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stdout, &mut line)?;
    assert_eq!(line.trim(), "in");
    set_password(&pintail, "default", "another")?;
    line.clear();
    std::io::BufRead::read_line(&mut stdout, &mut line)?;
    assert!(waiting.wait()?.success() && line.trim() == "57P01", "{line}");
    assert_eq!(by_token.value("select 1")?, "1");
    if let Some(answer) = psql(&target, "")? {
        assert!(answer.is_err());
        assert!(psql(&target.password("another"), "")?.is_some_and(|answer| answer.is_ok()));
        pintail.command(&["account", "password", "default", "--remove"])?;
        assert!(psql(&target.password("another"), "")?.is_some_and(|answer| answer.is_err()));
    }
    Ok(())
}

#[test]
fn passwords_are_kept_nowhere_but_as_verifiers() -> anyhow::Result<()> {
    let (pintail, target) = with_password()?;
    if psql(&target, "")?.is_none() {
        return Ok(());
    }
    assert!(psql(&target.password("wrong-8fc1"), "")?.is_some_and(|answer| answer.is_err()));
    let values = [PASSWORD, "wrong-8fc1"];
    assert_eq!(pintail.files_with(&values)?, Vec::<String>::new());
    let log = pintail.log();
    assert!(!values.iter().any(|value| log.contains(value)), "{log}");
    Ok(())
}

#[test]
fn a_token_that_expires_ends_its_session() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let made = pintail.command(&["token", "create", "--name", "short", "--ttl", "3s", "--json"])?;
    let made: serde_json::Value = serde_json::from_str(&made)?;
    let target = pintail.target().password(made["token"].as_str().expect("its text"));
    let mut client = RawClient::connect(&target)?;
    assert_eq!(client.value("select 1")?, "1");
    client.answer_timeout(Duration::from_secs(10))?;
    let Some(harness::Backend::Error(report)) = client.receive()? else { panic!("no last message") };
    assert_eq!((report.severity(), report.code()), ("FATAL", "57P01"));
    assert_eq!(RawClient::refusal(&target, &[])?.code(), "28P01");
    Ok(())
}

#[test]
fn who_guesses_waits_and_who_knows_the_password_does_not() -> anyhow::Result<()> {
    let Some(client) = Foreign::find("python", "python/bin/python", &["python/.stamp"]) else {
        return Ok(());
    };
    let pintail = Pintail::configured(&[
        ("LIMITS_FAILED_LOGINS_PER_MINUTE", "1000"),
        ("LIMITS_FAILED_PASSWORDS_PER_MINUTE", "5"),
    ])?;
    set_password(&pintail, "default", PASSWORD)?;
    pintail.command(&["account", "create", "ann"])?;
    set_password(&pintail, "ann", PASSWORD)?;
    let target = pintail.target().user("@default").password(PASSWORD);
    let mut command = client.command(&target);
    let printed = foreign::output(command.args(["-B", "guess.py"]).env("PASSWORD", PASSWORD))?;
    assert_eq!(printed.trim().lines().last(), Some("ok"), "{printed}");
    Ok(())
}
