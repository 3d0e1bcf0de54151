//! The examples of the reference's two pages that are about databases and sessions, as they are written, apart from host
//! and certificate. Its commands run with psql itself in `tests/clients/psql/examples.sh`.

use harness::{Pintail, RawClient, raw};

use super::{code, listed, succeed};

#[test]
fn session_options() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    // PGOPTIONS="--attach_mode=single --session_name=pg-using-options" psql … md:
    let options = [("options", "--attach_mode=single --session_name=pg-using-options")];
    let mut client = RawClient::connect_with(&pintail.target(), &options)?;
    assert_eq!(client.value("show attach_mode")?, "single");
    assert_eq!(client.value("show session_name")?, "pg-using-options");
    assert_eq!(client.value("select current_database()")?, "my_db");
    assert_eq!(listed(&mut client, "show databases")?, ["my_db"]);
    Ok(())
}

#[test]
fn databases_by_name() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    assert_eq!(client.value("select current_database()")?, "my_db");
    let story = "SELECT title, score FROM sample_data.hn.hacker_news WHERE type = 'story' ORDER BY score DESC LIMIT 5";
    assert_eq!(client.rows(story)?.len(), 5);
    let mut client = RawClient::connect(&pintail.target().database("sample_data"))?;
    assert_eq!(client.rows(story)?.len(), 5);
    assert_eq!(client.value("select current_database()")?, "sample_data");
    // Both as the reference writes them: by its schema, and without.
    assert_eq!(client.value("SELECT count(*) FROM nyc.taxi")?, "99000");
    assert_eq!(client.value("SELECT count(*) FROM sample_data.taxi")?, "99000");
    assert_eq!(client.value("SELECT count(*) FROM taxi")?, "99000");
    // Metadata of one database, by the current one's name.
    let tables = listed(
        &mut client,
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = current_database()",
    )?;
    assert!(
        tables.contains(&"nyc.taxi".to_owned()) && tables.contains(&"hn.hacker_news".to_owned()),
        "{tables:?}"
    );
    Ok(())
}

#[test]
fn what_it_runs_and_what_it_refuses() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    for sql in [
        "CREATE DATABASE IF NOT EXISTS analytics",
        "USE analytics",
        "CREATE SCHEMA IF NOT EXISTS analytics.main",
        "CREATE TABLE IF NOT EXISTS \"analytics\".\"main\".\"events\" (id UUID DEFAULT uuid(), payload JSON, created_at TIMESTAMP DEFAULT now())",
        "SELECT * FROM MD_USER_INFO()",
        "SHOW ALL DATABASES",
        "USE md_information_schema",
        "SHOW TABLES",
        "FROM databases",
        "USE DATABASE my_db",
        "ATTACH IF NOT EXISTS 'md:_share/sample_data/23b0d623-1361-421d-ae77-62d701d471e6' AS sample_data",
    ] {
        let answer = client.simple(sql)?;
        assert!(raw::error_in(&answer).is_none(), "{sql}: {}", raw::lines(&answer));
        let answer = client.extended(sql)?;
        assert!(raw::error_in(&answer).is_none(), "{sql}: {}", raw::lines(&answer));
    }
    for sql in [
        "ATTACH ':memory:'",
        "ATTACH '/path/to/file.duckdb'",
        "CREATE DATABASE my_database FROM '/path/to/file.duckdb'",
        "EXPORT DATABASE 'folder'",
        "IMPORT DATABASE 'folder'",
    ] {
        assert_eq!(code(&mut client, sql)?, "42501", "{sql}");
    }
    for sql in ["CREATE RESULT r AS SELECT 1", "SET threads = 4", "CREATE TEMP TABLE t(a INT)"] {
        assert_eq!(code(&mut client, sql)?, "0A000", "{sql}");
    }
    succeed(&mut client, "DROP DATABASE analytics")?;
    Ok(())
}
