//! The catalogs as tools read them: what `tests/catalog/*.sql` captured of real tools is sent to PostgreSQL 15 and to Pintail,
//! with the same tables (`fixture.sql`) on both. Success, columns and rows must be the same but for what
//! `tests/catalog/differences.toml` lists with its reason. Numbers that a server gives out itself (OIDs of what users made) are
//! compared by what they name.

mod captured;
mod shown;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use anyhow::{Context, ensure};
use harness::{Pintail, Postgres, RawClient, Target, config};
use serde::Deserialize;

use captured::Captured;
use shown::{Answer, Names};

/// The corpus may grow, but not shrink unnoticed.
const STATEMENTS_MIN: usize = 420;

/// The database that both servers have for it.
const DATABASE: &str = "corpus";

/// `differences.toml`.
#[derive(Deserialize)]
struct Listed {
    difference: Vec<Difference>,
}

/// Statements that differ for one reason.
#[derive(Deserialize)]
struct Difference {
    /// Why, and whether it is to stay.
    reason: String,
    /// `error`, `columns` or `rows`.
    what: String,
    /// As `psql[12]`.
    statements: Vec<String>,
}

#[test]
fn tools_read_what_postgresql_tells() -> anyhow::Result<()> {
    // Tableau and dbt want temporary tables, which an operator allows.
    let pintail = Pintail::configured(&[("SQL_TEMP_TABLES", "true")])?;
    let postgres = Postgres::start()?;
    let mut postgres = Side::new(postgres.target(), postgres)?;
    let mut pintail = Side::new(pintail.target(), pintail)?;
    let mut found = BTreeMap::new();
    let mut statements = 0;
    for (tool, text) in files()? {
        let mut expected = postgres.begin()?;
        let mut received = pintail.begin()?;
        for statement in captured::read(&text) {
            let reference = expected.ask(&statement)?;
            let answer = received.ask(&statement)?;
            if matches!(reference, Answer::Failed(_)) {
                continue;
            }
            statements += 1;
            for (what, detail) in reference.differences(&answer) {
                found
                    .insert((format!("{tool}[{}]", statement.number), what), (statement.sql.clone(), detail));
            }
        }
    }
    ensure!(statements >= STATEMENTS_MIN, "{statements} statements");
    judge(statements, &found)
}

type Found = BTreeMap<(String, &'static str), (String, String)>;

/// What is found must be listed, and what is listed must be found.
fn judge(statements: usize, found: &Found) -> anyhow::Result<()> {
    let text = fs::read_to_string(config::root().join("tests/catalog/differences.toml"))?;
    let listed: Listed = toml::from_str(&text)?;
    let mut known = BTreeSet::new();
    for difference in &listed.difference {
        ensure!(!difference.reason.is_empty(), "a reason");
        known.extend(difference.statements.iter().map(|place| (place.clone(), difference.what.clone())));
    }
    let is_known = |(place, what): &(String, &str)| known.contains(&(place.clone(), (*what).to_owned()));
    let unexpected: Vec<_> = found
        .iter()
        .filter(|(key, _)| !is_known(key))
        .map(|((place, what), (sql, detail))| format!("{place} {what}: {sql}\n{detail}"))
        .collect();
    let is_found = |(place, what): &(String, String)| found.keys().any(|(p, w)| p == place && w == what);
    let gone: Vec<_> =
        known.iter().filter(|key| !is_found(key)).map(|(place, what)| format!("{place} {what}")).collect();
    println!(
        "{statements} statements, {} differences, {} of them listed",
        found.len(),
        found.len() - unexpected.len()
    );
    ensure!(unexpected.is_empty(), "{} differences\n{}", unexpected.len(), unexpected.join("\n"));
    ensure!(gone.is_empty(), "listed, but the same now: {}", gone.join(", "));
    Ok(())
}

/// The tools with what they sent.
fn files() -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(config::root().join("tests/catalog"))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "sql") && name != "fixture" {
            files.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(files)
}

/// One of the servers.
struct Side<S> {
    target: Target,
    _server: S,
}

impl<S> Side<S> {
    fn new(target: Target, server: S) -> anyhow::Result<Self> {
        RawClient::connect(&target)?.rows(&format!("CREATE DATABASE {DATABASE}"))?;
        Ok(Self { target, _server: server })
    }

    /// A connection to the database with the fixture in it and nothing else.
    fn begin(&mut self) -> anyhow::Result<Session> {
        let mut client = RawClient::connect(&self.target.database(DATABASE))?;
        for statement in [
            "DROP VIEW IF EXISTS c_totals",
            "DROP TABLE IF EXISTS c_orders",
            "DROP TABLE IF EXISTS c_customers",
            "DROP SEQUENCE IF EXISTS c_seq",
            "DROP TYPE IF EXISTS c_mood",
        ] {
            client.rows(statement)?;
        }
        let fixture = fs::read_to_string(config::root().join("tests/catalog/fixture.sql"))?;
        for statement in fixture.split(";\n").filter(|statement| !statement.trim().is_empty()) {
            client.rows(statement)?;
        }
        let names = Names::read(&mut client)?;
        Ok(Session { client, names })
    }
}

struct Session {
    client: RawClient,
    names: Names,
}

impl Session {
    fn ask(&mut self, statement: &Captured) -> anyhow::Result<Answer> {
        let answer = statement.send(&mut self.client, DATABASE).with_context(|| statement.sql.clone())?;
        Ok(Answer::read(answer, &self.names))
    }
}
