//! Secrets that the server keeps: made by the command line and by SQL, used at once, never seen again.

use std::{fs, time::Duration};

use harness::{Backend, Pintail, RawClient, raw};

use super::{Hosts, hosts, start};

/// Values that are nowhere to be found afterwards.
const KEY_ID: &str = "PINTAILTEST";
const VALUES: [&str; 3] = [hosts::SECRET_KEY, "wrong-value-of-a-key", "sess10n-t0ken-value"];

/// `pintail secret create` for the S3 server, with this key.
fn keep(pintail: &Pintail, hosts: &Hosts, name: &str, key: &str, more: &[&str]) -> anyhow::Result<String> {
    let endpoint = format!("endpoint=127.0.0.1:{}", hosts.s3);
    let key_id = format!("key_id={KEY_ID}");
    let mut arguments = vec![
        "secret",
        "create",
        name,
        "--account",
        "ann",
        "--type",
        "s3",
        "--scope",
        "s3://lake/",
        "--set",
        &key_id,
        "--set",
        &endpoint,
        "--set",
        "url_style=path",
        "--set",
        "use_ssl=false",
        "--ask",
        "secret",
    ];
    arguments.extend(more);
    pintail.command_reading(&arguments, &format!("{key}\n"))
}

fn by_sql(hosts: &Hosts, head: &str, key: &str) -> String {
    format!(
        "{head} (TYPE s3, SCOPE 's3://lake/', KEY_ID '{KEY_ID}', SECRET '{key}', ENDPOINT '127.0.0.1:{}', \
         URL_STYLE 'path', USE_SSL 'false')",
        hosts.s3
    )
}

/// A bucket with a file that needs a key.
fn bucket() -> anyhow::Result<Hosts> {
    let hosts = Hosts::start()?;
    fs::write(hosts.lake().join("numbers.csv"), "i\n1\n2\n3\n")?;
    Ok(hosts)
}

const READ: &str = "select sum(i) from read_csv('s3://lake/numbers.csv')";

#[test]
fn a_secret_of_the_command_line_is_used_at_once_and_after_a_restart() -> anyhow::Result<()> {
    let hosts = bucket()?;
    let mut pintail = start(&hosts, &[])?;
    let target = pintail.other_account("ann")?;
    let mut client = RawClient::connect(&target)?;
    // Without one it is another store that is asked.
    client.failure(READ)?;
    assert_eq!(keep(&pintail, &hosts, "lake", VALUES[1], &[])?.trim(), "secret lake kept");
    // The store refuses a wrong key.
    client.failure(READ)?;
    let taken = keep(&pintail, &hosts, "Lake", hosts::SECRET_KEY, &[]).expect_err("the name is taken");
    assert!(taken.to_string().contains("already exists"), "{taken}");
    keep(&pintail, &hosts, "lake", hosts::SECRET_KEY, &["--replace"])?;
    await_answer(&mut client, READ, "6")?;
    let listed = pintail.command(&["secret", "list", "--json"])?;
    assert!(listed.contains("\"lake\"") && listed.contains("s3://lake/"), "{listed}");
    assert!(VALUES.iter().all(|value| !listed.contains(value)), "{listed}");
    // Others have nothing of it.
    let mut other = RawClient::connect(&pintail.other_account("bob")?)?;
    assert!(other.failure(READ)?.code() != "00000");
    let seal = fs::read(pintail.data().join("secret.key"))?;
    pintail.crash()?;
    pintail.start_again()?;
    let target = pintail.target().password(&target.password);
    let mut client = RawClient::connect(&target)?;
    assert_eq!(client.value(READ)?, "6");
    assert_eq!(seal, fs::read(pintail.data().join("secret.key"))?);
    pintail.command(&["secret", "drop", "LAKE", "--account", "ann"])?;
    let begun = std::time::Instant::now();
    while client.simple(READ).map(|answer| raw::error_in(&answer).is_none())? {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is used when it is dropped");
    }
    let missing = pintail.command(&["secret", "drop", "lake", "--account", "ann"]).expect_err("it is gone");
    assert!(missing.to_string().contains("does not exist"), "{missing}");
    Ok(())
}

/// The command line's answer comes before the account's process has taken the secret.
fn await_answer(client: &mut RawClient, sql: &str, expected: &str) -> anyhow::Result<()> {
    let begun = std::time::Instant::now();
    loop {
        let answer = client.simple(sql)?;
        match raw::error_in(&answer) {
            None => {
                let row = answer.iter().find_map(|message| match message {
                    Backend::DataRow(row) => row.first().cloned().flatten(),
                    _ => None,
                });
                assert_eq!(row.as_deref(), Some(expected.as_bytes()));
                return Ok(());
            }
            Some(error) => assert!(begun.elapsed() < Duration::from_secs(10), "{error:?}"),
        }
    }
}

#[test]
fn mistakes_of_the_command_line_name_keys_and_no_values() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    for (arguments, complaint) in [
        (&["--type", "ftp", "--ask", "secret"][..], "no such type of secret; there are: s3, gcs"),
        (&["--type", "s3", "--ask", "secrte"], "unknown key \"secrte\""),
        (&["--type", "http", "--ask", "bearer_token"], "needs a scope"),
        (&["--type", "s3", "--scope", "s3://lake", "--ask", "secret"], "would also fit"),
        (&["--type", "s3", "--set", "secret"], "KEY=VALUE"),
        (&["--type", "s3", "--set", "secret=x", "--ask", "secret"], "given twice"),
    ] {
        let arguments = [&["secret", "create", "x"], arguments].concat();
        let refused = pintail.command_reading(&arguments, "hush-hush\n").expect_err("a mistake").to_string();
        assert!(refused.contains(complaint) && !refused.contains("hush-hush"), "{refused}");
    }
    let refused = pintail.command_reading(
        &["secret", "create", "x", "--account", "nobody", "--type", "s3", "--ask", "secret"],
        "hush-hush\n",
    );
    assert!(refused.expect_err("nobody").to_string().contains("does not exist"));
    Ok(())
}

#[test]
fn sql_makes_secrets_where_the_operator_allows_it() -> anyhow::Result<()> {
    let hosts = bucket()?;
    let pintail = start(&hosts, &[("SQL_SECRETS", "true")])?;
    let target = pintail.other_account("ann")?;
    let mut client = RawClient::connect(&target)?;
    for head in [
        "CREATE SECRET lake IN MOTHERDUCK",
        "create or replace persistent secret lake",
        "CREATE SECRET IF NOT EXISTS lake IN MOTHERDUCK",
        "create or replace secret lake in motherduck",
    ] {
        let answer = client.extended(&by_sql(&hosts, head, hosts::SECRET_KEY))?;
        assert!(raw::error_in(&answer).is_none(), "{head}: {}", raw::lines(&answer));
        assert_eq!(client.value(READ)?, "6", "{head}");
    }
    let exists = client.failure(&by_sql(&hosts, "CREATE SECRET lake IN MOTHERDUCK", "x"))?;
    assert_eq!(exists.code(), "42710", "{exists:?}");
    assert_eq!(client.value(READ)?, "6");
    for (sql, code) in [
        ("CREATE SECRET n IN MOTHERDUCK (TYPE ftp, SECRET 'wrong-value-of-a-key')", "22023"),
        ("CREATE SECRET n IN MOTHERDUCK (TYPE s3, SECRTE 'wrong-value-of-a-key')", "22023"),
        ("CREATE SECRET n IN MOTHERDUCK (TYPE s3, USE_SSL 'wrong-value-of-a-key')", "22023"),
        ("CREATE SECRET n IN MOTHERDUCK (TYPE s3, PROVIDER credential_chain)", "22023"),
        ("CREATE SECRET n IN MOTHERDUCK (TYPE s3, SECRET 'wrong-value-of-a-key'", "42601"),
        ("CREATE SECRET n IN MOTHERDUCK (TYPE s3 SECRET 'wrong-value-of-a-key')", "42601"),
        ("CREATE SECRET n IN MOTHERDUCK (TYPE http, BEARER_TOKEN 'wrong-value-of-a-key')", "22023"),
        ("CREATE SECRET n (TYPE s3, SECRET 'wrong-value-of-a-key')", "0A000"),
        ("FROM duckdb_secrets()", "0A000"),
        ("DROP SECRET none", "42704"),
    ] {
        for answer in [client.simple(sql)?, client.extended(sql)?] {
            let error = raw::error_in(&answer).unwrap_or_else(|| panic!("{sql}: {}", raw::lines(&answer)));
            assert_eq!(error.code(), code, "{sql}: {error:?}");
            assert!(!raw::lines(&answer).contains("wrong-value"), "{sql}: {}", raw::lines(&answer));
        }
    }
    assert_eq!(RawClient::connect(&target)?.value(READ)?, "6", "another session of the account");
    client.simple("DROP SECRET IF EXISTS none FROM MOTHERDUCK")?;
    client.rows("drop secret lake from motherduck")?;
    assert!(raw::error_in(&client.simple(READ)?).is_some());
    Ok(())
}

/// What fails leaves what was there before, and does not keep the account out.
#[test]
fn a_secret_stays_as_it_is_when_another_one_is_refused() -> anyhow::Result<()> {
    let hosts = bucket()?;
    let mut pintail = start(&hosts, &[("SQL_SECRETS", "true")])?;
    let target = pintail.other_account("ann")?;
    let mut client = RawClient::connect(&target)?;
    client.rows(&by_sql(&hosts, "CREATE SECRET lake IN MOTHERDUCK", hosts::SECRET_KEY))?;
    for head in
        ["CREATE OR REPLACE SECRET lake IN MOTHERDUCK", "CREATE SECRET IF NOT EXISTS lake IN MOTHERDUCK"]
    {
        let wrong = by_sql(&hosts, head, "x").replace("USE_SSL 'false'", "USE_SSL 'bogus'");
        assert_eq!(client.failure(&wrong)?.code(), "22023", "{head}");
        assert_eq!(client.value(READ)?, "6", "{head}");
    }
    let refused = keep(&pintail, &hosts, "wrong", hosts::SECRET_KEY, &["--set", "requester_pays=bogus"]);
    let refused = refused.expect_err("of no use").to_string();
    assert!(refused.contains("requester_pays is one of"), "{refused}");
    drop(client);
    pintail.start_again()?;
    let target = pintail.target().password(&target.password);
    assert_eq!(RawClient::connect(&target)?.value(READ)?, "6");
    Ok(())
}

#[test]
fn without_the_switch_sql_makes_none() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    for sql in [
        "CREATE SECRET n IN MOTHERDUCK (TYPE s3, SECRET 'wrong-value-of-a-key')",
        "CREATE PERSISTENT SECRET n (TYPE s3, SECRET 'wrong-value-of-a-key'",
        "DROP SECRET n FROM MOTHERDUCK",
        "DROP PERSISTENT SECRET n",
    ] {
        for answer in [client.simple(sql)?, client.extended(sql)?] {
            let error = raw::error_in(&answer).unwrap_or_else(|| panic!("{sql}: {}", raw::lines(&answer)));
            assert_eq!(error.code(), "0A000", "{sql}: {error:?}");
            assert!(!raw::lines(&answer).contains("wrong-value"), "{}", raw::lines(&answer));
        }
    }
    assert!(!pintail.data().join("secret.key").exists());
    Ok(())
}

/// Everything that a client was told, and everything that is left, has none of the values.
#[test]
fn values_are_nowhere_after_a_run_that_uses_and_mistypes_them() -> anyhow::Result<()> {
    let hosts = bucket()?;
    let pintail = start(&hosts, &[("SQL_SECRETS", "true"), ("LOG", "debug")])?;
    let target = pintail.other_account("ann")?;
    keep(&pintail, &hosts, "typed", VALUES[1], &[])?;
    let mut client = RawClient::connect(&target)?;
    let mut told = String::new();
    let good = by_sql(&hosts, "CREATE OR REPLACE SECRET lake IN MOTHERDUCK", VALUES[0]);
    let templates = [
        good.replace("USE_SSL 'false'", "USE_SSL 'false', SESSION_TOKEN 'sess10n-t0ken-value'"),
        good.clone(),
        good.replace("SECRET '", "SECRTE '"),
        good.replace("SECRET lake", "SECRTE lake"),
        good.replace("IN MOTHERDUCK", ""),
        good.replace("TYPE s3", "TYPE s4"),
        good.replace("OR REPLACE ", ""),
        good.replace("', ENDPOINT", " , ENDPOINT"),
        good.replace(VALUES[0], VALUES[1]),
        good.replace("SECRET '", "SECRET $$").replace("', ENDPOINT", "$$, ENDPOINT"),
        good.replace("SECRET '", "SECRET \"").replace("', ENDPOINT", "\", ENDPOINT"),
        good.replace("(TYPE", "WITH (TYPE"),
        format!("{good} extra"),
        format!("PREPARE p AS {good}"),
        format!("EXPLAIN {good}"),
        format!("BEGIN; {good}; ROLLBACK"),
        format!("SELECT 1; {good}"),
        format!("from read_csv('s3://lake/numbers.csv?s3_secret_access_key={}')", VALUES[1]),
        READ.to_owned(),
    ];
    let mut watcher = RawClient::connect(&target)?;
    for text in &templates {
        for answer in [client.simple(text)?, client.extended(text)?] {
            told.push_str(&raw::lines(&answer));
        }
        told.push_str(&shown(&mut watcher)?);
    }
    assert_eq!(client.value(READ)?, "6", "the run has used the right one");
    told.push_str(&pintail.command(&["secret", "list"])?);
    told.push_str(&pintail.command(&["secret", "list", "--json"])?);
    told.push_str(&pintail.command(&["check"])?);
    assert!(
        told.contains("CREATE OR REPLACE SECRET lake IN MOTHERDUCK"),
        "the history has the statement itself"
    );
    let log = pintail.log();
    for value in VALUES {
        assert!(!told.contains(value), "told: {}", around(&told, value));
        assert!(!log.contains(value), "log: {}", around(&log, value));
    }
    // What is in memory may still come to the disk.
    drop((client, pintail.command(&["account", "list"])?));
    assert_eq!(pintail.files_with(&VALUES)?, Vec::<String>::new());
    Ok(())
}

/// What the views show that could show a statement or a secret.
fn shown(watcher: &mut RawClient) -> anyhow::Result<String> {
    let mut shown = String::new();
    for view in [
        "pg_stat_activity",
        "md_active_server_connections()",
        "md_information_schema.query_history",
        "md_information_schema.recent_queries",
        "pg_prepared_statements",
        "pg_settings",
        "duckdb_settings()",
        "duckdb_databases()",
        "duckdb_variables()",
        "duckdb_secret_types()",
        "duckdb_logs",
        "duckdb_secrets()",
    ] {
        shown.push_str(&raw::lines(&watcher.simple(&format!("select * from {view}"))?));
    }
    Ok(shown)
}

fn around<'t>(text: &'t str, value: &str) -> &'t str {
    let at = text.find(value).unwrap_or_default();
    let (mut from, mut to) = (at.saturating_sub(300), (at + 100).min(text.len()));
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    while !text.is_char_boundary(to) {
        to += 1;
    }
    &text[from..to]
}
