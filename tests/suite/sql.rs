//! sqllogictest files: `tests/policy/*.slt` (what is refused), `tests/platform/*.slt` (the platform's statements) and
//! `tests/sql/*.slt` (SQLSTATEs, settings). Each file runs twice, by the simple and by the extended protocol. After
//! every refusal the session must still answer.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use harness::{Backend, Pintail, RawClient, Target, config, raw};
use sqllogictest::{DBOutput, DefaultColumnType, Runner};

struct Session {
    client: RawClient,
    protocol: Protocol,
    /// Whether `SELECT 1` must work after each statement.
    check: bool,
}

#[derive(Clone, Copy, Debug)]
enum Protocol {
    Simple,
    Extended,
}

#[derive(Debug)]
struct Failure {
    code: String,
    text: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

impl std::error::Error for Failure {}

fn broken(error: impl fmt::Display) -> Failure {
    Failure { code: "(connection)".to_owned(), text: error.to_string() }
}

impl Session {
    fn ask(&mut self, sql: &str) -> Result<Vec<Backend>, Failure> {
        match self.protocol {
            Protocol::Simple => self.client.simple(sql),
            Protocol::Extended => self.client.extended(sql),
        }
        .map_err(broken)
    }
}

impl Session {
    /// The session goes on, except in a block that the statement has failed.
    fn expect_answer(&mut self, sql: &str, answer: &[Backend]) -> Result<(), Failure> {
        let is_failed = matches!(answer.last(), Some(Backend::ReadyForQuery('E')));
        if is_failed {
            let report = self.client.failure("select 1").map_err(broken)?;
            assert_eq!(report.code(), "25P02", "after {sql}");
        } else {
            let after = self.client.value("select 1").map_err(broken)?;
            assert_eq!(after, "1", "after {sql}");
        }
        Ok(())
    }
}

impl sqllogictest::DB for Session {
    type Error = Failure;
    type ColumnType = DefaultColumnType;

    fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failure> {
        let answer = self.ask(sql)?;
        if self.check {
            self.expect_answer(sql, &answer)?;
        }
        if let Some(report) = raw::error_in(&answer) {
            return Err(Failure { code: report.code().to_owned(), text: report.message().to_owned() });
        }
        let mut rows = Vec::new();
        let mut columns = None;
        for message in answer {
            match message {
                Backend::RowDescription(fields) => columns = Some(fields.len()),
                Backend::DataRow(row) => rows.push(row.into_iter().map(text).collect()),
                _ => {}
            }
        }
        Ok(columns.map_or(DBOutput::StatementComplete(0), |count| DBOutput::Rows {
            types: vec![DefaultColumnType::Any; count],
            rows,
        }))
    }

    fn engine_name(&self) -> &'static str {
        "pintail"
    }

    fn error_sql_state(error: &Failure) -> Option<String> {
        Some(error.code.clone())
    }
}

/// As sqllogictest writes values.
fn text(value: Option<Vec<u8>>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some(bytes) if bytes.is_empty() => "(empty)".to_owned(),
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

fn run_file(target: &Target, file: &Path, protocol: Protocol, check: bool) -> Vec<String> {
    let connect = || async move {
        let client = RawClient::connect(target).map_err(broken)?;
        Ok(Session { client, protocol, check })
    };
    let mut runner = Runner::new(connect);
    let mut failures = Vec::new();
    for record in sqllogictest::parse_file(file).expect("a readable test file") {
        if let Err(error) = runner.run(record) {
            let file = file.file_name().unwrap_or_default().to_string_lossy();
            failures.push(format!("{file}, {protocol:?}: {error}"));
        }
    }
    failures
}

/// The settings that a file needs: its first line, `# with LIMITS_CONNECTIONS=5 SQL_PROFILE=reference`.
fn settings(file: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(file)?;
    let Some(line) = text.lines().next().and_then(|line| line.strip_prefix("# with ")) else {
        return Ok(Vec::new());
    };
    let pairs = line.split(' ').map(|pair| pair.split_once('=').context("KEY=VALUE after `# with`"));
    pairs.map(|pair| pair.map(|(key, value)| (key.to_owned(), value.to_owned()))).collect()
}

pub(crate) fn run_folder(folder: &str, check: bool) -> anyhow::Result<()> {
    let mut failures = Vec::new();
    let mut files: BTreeMap<Vec<(String, String)>, Vec<PathBuf>> = BTreeMap::new();
    for entry in std::fs::read_dir(config::root().join(folder))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "slt") {
            files.entry(settings(&path)?).or_default().push(path);
        }
    }
    assert!(!files.is_empty(), "no .slt files in {folder}");
    for (settings, files) in &files {
        let settings = settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let settings: Vec<(&str, &str)> = settings.chain([("DUCKLING_COOLDOWN_S", "0")]).collect();
        let pintail = Pintail::configured(&settings)?;
        for protocol in [Protocol::Simple, Protocol::Extended] {
            for (index, file) in files.iter().enumerate() {
                // Each file has the database for itself, by its own account.
                let target = pintail.other_account(&format!("{protocol:?}{index}").to_lowercase())?;
                failures.extend(run_file(&target, file, protocol, check));
            }
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    Ok(())
}

#[test]
fn refusals_name_the_rule_and_the_session_goes_on() -> anyhow::Result<()> {
    run_folder("tests/policy", true)
}

#[test]
fn statements_answer_as_written() -> anyhow::Result<()> {
    run_folder("tests/sql", false)
}

#[test]
fn a_refusal_says_what_to_do_instead() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    for sql in [
        "copy (select 1) to '/tmp/x.csv'",
        "attach ':memory:' as m",
        "create temp table t(a int4)",
        "install httpfs",
        "load httpfs",
        "set threads = 4",
        "create secret (type s3)",
        "export database 'x'",
        "create result r as select 1",
    ] {
        let report = client.failure(sql)?;
        assert!(report.hint().len() > 10, "{sql}: {report:?}");
        assert!(!report.message().ends_with('.'), "{report:?}");
    }
    // Whether the engine's lock or the guard refuses it, it is one rule.
    for sql in [
        "copy (select 1) to '/tmp/x.csv'",
        "copy (select 1) to '/tmp/x.parquet' (format parquet)",
        "explain copy (select 1) to '/tmp/x.csv'",
        "from read_csv('/etc/hostname')",
        "from '/etc/hostname.csv'",
        "from glob('/etc/*')",
    ] {
        let report = client.failure(sql)?;
        assert_eq!(report.message(), "access to local files of the server is not allowed", "{sql}");
        assert!(report.hint().contains("\\copy"), "{sql}: {report:?}");
    }
    Ok(())
}

#[test]
fn metadata_shows_no_path_of_the_server() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    for sql in ["PRAGMA database_list", "FROM duckdb_databases()", "SHOW DATABASES", "SHOW ALL TABLES"] {
        let answer = raw::lines(&client.simple(sql)?);
        let folder = pintail.data().display().to_string();
        assert!(!answer.contains(&folder) && !answer.contains(".duckdb"), "{sql}: {answer}");
    }
    Ok(())
}

#[test]
fn a_syntax_error_has_its_position_and_a_wrong_name_its_suggestion() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    // In characters from 1, as PostgreSQL counts, over the whole string.
    for (sql, position) in
        [("select 1 fro m x", "10"), ("select 'ü', 1 fro m x", "15"), ("select 1; selec 2", "11")]
    {
        let report = client.failure(sql)?;
        assert_eq!(report.code(), "42601", "{report:?}");
        let found: usize = report.field('P').parse()?;
        let expected: usize = position.parse()?;
        // DuckDB points at the first token it cannot use, which may be the one after.
        assert!((expected..=expected + 6).contains(&found), "{sql}: position {found}: {report:?}");
    }
    client.rows("create table flamingos(wingspan int4)")?;
    let report = client.failure("select * from flamingo")?;
    assert_eq!(report.code(), "42P01");
    assert!(report.hint().contains("flamingos"), "{report:?}");
    let report = client.failure("select wingspam from flamingos")?;
    assert_eq!(report.code(), "42703");
    assert!(report.hint().contains("wingspan"), "{report:?}");
    Ok(())
}
