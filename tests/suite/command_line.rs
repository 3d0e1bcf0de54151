//! The command line: accounts, tokens, databases, connection details; several servers side by side; failures that say
//! what is wrong in one line.

use std::{net::TcpListener, process::Command};

use harness::{Backend, Batch, Pintail, RawClient, config};
use serde_json::Value;

fn json(pintail: &Pintail, arguments: &[&str]) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&pintail.command(arguments)?)?)
}

#[test]
fn the_first_start_prints_what_is_needed_to_connect() -> anyhow::Result<()> {
    let pintail = Pintail::fresh()?;
    let output = pintail.output();
    assert_eq!(output.lines().last().map(str::trim), Some("ready"), "{output}");
    for part in [
        "psql",
        "postgresql://",
        "sslmode=verify-full",
        "psycopg",
        "jdbc:postgresql://",
        "rejectUnauthorized",
        "ca.pem",
        "pt_",
    ] {
        assert!(output.contains(part), "{part} is missing:\n{output}");
    }
    let token = output
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
        .find(|word| word.starts_with("pt_"));
    let target = pintail.target().password(token.expect("a token"));
    assert_eq!(RawClient::connect(&target)?.value("select 1")?, "1", "the printed token works");
    Ok(())
}

#[test]
fn accounts_tokens_and_databases() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    json(&pintail, &["account", "create", "ada", "--json"])?;
    let accounts = json(&pintail, &["account", "list", "--json"])?.to_string();
    assert!(accounts.contains("\"default\"") && accounts.contains("\"ada\""), "{accounts}");
    assert!(pintail.command(&["account", "create", "ada"]).is_err(), "a second account of that name");
    for odd in ["a/../b", "x'y", "a b", "-a", ".a", "é", ""] {
        assert!(pintail.command(&["account", "create", "--", odd]).is_err(), "{odd}");
    }
    pintail.command(&["account", "create", "a.b-c_1"])?;

    let token = json(&pintail, &["token", "create", "--account", "ada", "--json"])?;
    let secret = token["token"].as_str().expect("a token");
    assert!(secret.starts_with("pt_") && secret.len() > 40, "{secret}");
    assert!(secret.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'), "{secret}");
    let target = pintail.target().password(secret);
    RawClient::connect(&target)?;

    let tokens = json(&pintail, &["token", "list", "--account", "ada", "--json"])?.to_string();
    let id = token["id"].to_string().trim_matches('"').to_owned();
    assert!(tokens.contains(&id) && !tokens.contains(secret), "{tokens}");

    let databases = json(&pintail, &["database", "list", "--account", "ada", "--json"])?.to_string();
    assert!(databases.contains("my_db"), "{databases}");

    let mut ada = RawClient::connect(&target)?;
    let url = ada.value("create share numbers from my_db (access restricted, update automatic)")?;
    ada.rows("grant read on share numbers to \"a.b-c_1\"")?;
    let shares = json(&pintail, &["share", "list", "--account", "ada", "--json"])?;
    assert_eq!(
        (shares[0]["name"].as_str(), shares[0]["url"].as_str(), shares[0]["grants"][0].as_str()),
        (Some("numbers"), Some(url.as_str()), Some("a.b-c_1")),
        "{shares}"
    );
    assert_eq!((&shares[0]["access"], &shares[0]["update"]), (&"RESTRICTED".into(), &"AUTOMATIC".into()));
    let table = pintail.command(&["share", "list", "--account", "Ada"])?;
    assert!(table.contains("numbers") && table.contains("automatic") && table.contains(&url), "{table}");
    assert!(!pintail.command(&["share", "list"])?.contains("numbers"), "another account's");
    assert!(pintail.command(&["share", "list", "--account", "nobody"]).is_err());
    drop(ada);

    pintail.command(&["token", "revoke", &id])?;
    assert_eq!(RawClient::refusal(&target, &[])?.code(), "28P01");
    assert!(pintail.command(&["account", "drop", "ada"]).is_err(), "dropped without being asked twice");
    pintail.command(&["account", "drop", "ada", "--yes"])?;
    assert!(!json(&pintail, &["account", "list", "--json"])?.to_string().contains("\"ada\""));
    Ok(())
}

#[test]
fn sessions_of_a_dropped_account_are_told() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.other_account("zed")?;
    let mut idle = RawClient::connect(&target)?;
    let mut in_block = RawClient::connect(&target)?;
    in_block.rows("begin; create table t(i int)")?;
    let mut busy = RawClient::connect(&target)?;
    busy.send(
        &Batch::new().query(
            "select count(*) from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 3",
        ),
    )?;
    std::thread::sleep(std::time::Duration::from_millis(500));
    let mut other = RawClient::connect(&pintail.target())?;
    pintail.command(&["account", "drop", "zed", "--yes"])?;
    for (client, what) in [(&mut idle, "idle"), (&mut in_block, "in a block"), (&mut busy, "busy")] {
        let mut last = None;
        while let Ok(Some(message)) = client.receive() {
            last = Some(message);
        }
        let Some(Backend::Error(report)) = last else { panic!("{what}: {last:?}") };
        assert_eq!((report.severity(), report.code()), ("FATAL", "57P01"), "{what}: {report:?}");
    }
    assert_eq!(other.value("select 1")?, "1");
    Ok(())
}

#[test]
fn connect_info_tells_everything_but_the_token() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let info = json(&pintail, &["connect-info", "--json"])?;
    assert_eq!(info["port"].as_u64(), Some(u64::from(pintail.target().port)));
    assert!(std::path::Path::new(info["ca_file"].as_str().expect("ca_file")).is_file());
    assert!(!info.to_string().contains("pt_"), "{info}");
    let shell = pintail.command(&["connect-info", "--shell"])?;
    for name in
        ["MOTHERDUCK_TOKEN", "PGHOST", "PGPORT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "JAVA_TOOL_OPTIONS"]
    {
        assert!(shell.contains(&format!("{name}=")), "{name} is missing:\n{shell}");
    }
    for file in ["ca.pem", "ca-bundle.pem", "truststore.p12"] {
        assert!(find(&pintail.data(), file), "{file} is missing in the data directory");
    }
    Ok(())
}

fn find(folder: &std::path::Path, name: &str) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .into_iter()
        .any(|entry| entry.file_name() == name || (entry.path().is_dir() && find(&entry.path(), name)))
}

#[test]
fn two_servers_run_side_by_side() -> anyhow::Result<()> {
    let (one, two) = (Pintail::start()?, Pintail::start()?);
    RawClient::connect(&one.target())?.rows("create table only_here(a int4)")?;
    assert_eq!(RawClient::connect(&two.target())?.failure("select * from only_here")?.code(), "42P01");
    assert_eq!(RawClient::refusal(&two.target().password(&one.target().password), &[])?.code(), "28P01");
    Ok(())
}

#[test]
fn what_cannot_start_says_so_in_a_line() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    // A second server on the same data directory.
    let output = Command::new(config::pintail_bin())
        .args(["serve"])
        .env("PINTAIL_DATA_DIR", pintail.data())
        .env("PINTAIL_PORT", "0")
        .env("NO_COLOR", "1")
        .output()?;
    assert!(!output.status.success());
    let complaint = String::from_utf8(output.stderr)?;
    assert!((1..=3).contains(&complaint.trim().lines().count()), "{complaint}");
    assert!(!complaint.contains("panicked"), "{complaint}");
    // An unknown key in the configuration names its neighbour.
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("pintail.toml");
    std::fs::write(&file, "prot = 5432\n")?;
    let check = Command::new(config::pintail_bin()).arg("check").arg("--config").arg(&file).output()?;
    let complaint = String::from_utf8(check.stderr)?;
    assert!(
        !check.status.success() && complaint.contains("prot") && complaint.contains("port"),
        "{complaint}"
    );
    Ok(())
}

#[test]
fn a_taken_port_is_said() -> anyhow::Result<()> {
    // Asked for by number, it is an error.
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    let error = Pintail::configured(&[("PORT", &port)]).expect_err("the port is taken").to_string();
    assert!(error.contains(&port), "{error}");
    // The usual one, not asked for, gives way to another. (If 5432 is taken already, so much the better.)
    let _usual = TcpListener::bind("127.0.0.1:5432");
    let pintail = Pintail::configured(&[("PORT", "")])?;
    assert_ne!(pintail.target().port, 5432);
    assert!(pintail.output().contains("5432") || pintail.log().contains("5432"), "{}", pintail.output());
    RawClient::connect(&pintail.target())?;
    Ok(())
}

#[test]
fn every_command_has_help_with_an_example() -> anyhow::Result<()> {
    for command in [
        &["serve"][..],
        &["account"],
        &["token", "create"],
        &["connect-info"],
        &["trust"],
        &["check"],
        &["database"],
    ] {
        let output = Command::new(config::pintail_bin()).args(command).arg("--help").output()?;
        let help = String::from_utf8(output.stdout)?;
        assert!(output.status.success() && help.contains("xample"), "{command:?}:\n{help}");
    }
    Ok(())
}
