//! DuckDB's SQL unharmed: every statement of `tests/corpus/*.sql` runs in process on a plain DuckDB and over the wire,
//! by the simple and by the extended protocol, each in a database of its own. Columns, types, values, the order where
//! there is one, counts, success or failure, and the words of the failure must be the same. How the files are written
//! is said in [`statements`].

mod reference;
mod statements;

use std::{collections::BTreeMap, fs};

use engine::LogicalType;
use harness::{Backend, Pintail, RawClient, config, raw};

use reference::{Answer, Failure, Reference};
use statements::{Expect, Statement};

/// The corpus may grow, but not shrink unnoticed.
const STATEMENTS_MIN: usize = 650;

/// Nor may the part of it whose values are compared as DuckDB prints them.
const PRINTED_MIN: usize = 330;

#[derive(Clone, Copy, Debug)]
enum Protocol {
    Simple,
    Extended,
}

/// What was found in one protocol.
#[derive(Default)]
struct Findings {
    statements: usize,
    printed: usize,
    values: usize,
    differences: Vec<String>,
}

#[test]
fn every_statement_answers_as_in_process() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let other = pintail.other_account("corpus")?;
    for (protocol, target) in [(Protocol::Simple, pintail.target()), (Protocol::Extended, other)] {
        let mut findings = Findings::default();
        for (name, text) in files()? {
            // Each file has a DuckDB and a connection of its own, so that settings end with it on both sides.
            let reference = Reference::open()?;
            let mut session =
                Session { protocol, client: RawClient::connect(&target)?, connection: reference.connect()? };
            for statement in statements::read(&name, &text) {
                findings.statements += 1;
                for difference in session.compare(&statement, &mut findings) {
                    findings.differences.push(format!("{name}:{}: {difference}", statement.line));
                }
            }
        }
        let Findings { statements, printed, values, differences } = findings;
        println!("{protocol:?}: {statements} statements, {printed} printed, {values} values compared");
        assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
        assert!(statements >= STATEMENTS_MIN && printed >= PRINTED_MIN, "{statements} and {printed}");
    }
    Ok(())
}

fn files() -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(config::root().join("tests/corpus"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.insert(name, fs::read_to_string(&path)?);
    }
    Ok(files)
}

/// The same session on both sides.
struct Session {
    protocol: Protocol,
    client: RawClient,
    connection: reference::Connection,
}

impl Session {
    fn compare(&mut self, statement: &Statement, findings: &mut Findings) -> Vec<String> {
        let sql = statement.sql.as_str();
        let received = match self.ask(sql) {
            Ok(received) => received,
            Err(error) => return vec![format!("{sql}\n   the connection: {error:#}")],
        };
        if let Expect::Refused { rule, code } = &statement.expect {
            return match &received {
                Err(failure) if failure.code == *code && !failure.hint.is_empty() => Vec::new(),
                other => vec![format!("{sql}\n   must be refused ({rule}, {code}): {other:?}")],
            };
        }
        let expected = self.connection.run(sql);
        let mut found = match (&expected, &received) {
            (Ok(expected), Ok(received)) if statement.expect != Expect::Own => {
                self.answers(statement, expected, received, findings)
            }
            (Ok(_), Ok(_)) => Vec::new(),
            (Ok(_), Err(failure)) if statement.expect == Expect::Differs(failure.code.clone()) => Vec::new(),
            (Err(_), Ok(_)) if statement.expect == Expect::Works => Vec::new(),
            (Err(expected), Err(received)) => failures(&statement.expect, expected, received),
            _ => vec![format!("in process {expected:?}\n   on the wire {received:?}")],
        };
        if expected.is_err() != matches!(statement.expect, Expect::Error(_) | Expect::Works) {
            found.push(format!("the file says {:?}, but in process it is {expected:?}", statement.expect));
        }
        found.iter().map(|difference| format!("{sql}\n   {difference}")).collect()
    }

    /// Two successes: the plain statement, then each value as DuckDB prints it.
    fn answers(
        &mut self,
        statement: &Statement,
        expected: &Answer,
        received: &Wire,
        findings: &mut Findings,
    ) -> Vec<String> {
        let mut found = Vec::new();
        let shape = shape(expected, &received.columns);
        if received.columns != shape {
            found.push(format!("columns {shape:?}\n   on the wire {:?}", received.columns));
        }
        // PostgreSQL's TRUNCATE does not count.
        let is_counted = !received.tag.starts_with("TRUNCATE");
        if expected
            .changed
            .is_some_and(|changed| is_counted && !received.tag.ends_with(&format!(" {changed}")))
        {
            found.push(format!("{:?} rows changed, on the wire {}", expected.changed, received.tag));
        }
        if expected.rows.len() != received.rows.len() {
            found.push(format!("{} rows, on the wire {}", expected.rows.len(), received.rows.len()));
        }
        if statement.expect != Expect::Nondeterministic && found.is_empty() {
            found.extend(self.values(statement, expected, received, findings));
        }
        found
    }

    /// The values: as far as they can be read here, as DuckDB prints them, and DuckDB's print as PostgreSQL's text.
    fn values(
        &mut self,
        statement: &Statement,
        expected: &Answer,
        received: &Wire,
        findings: &mut Findings,
    ) -> Vec<String> {
        let lower = statement.sql.to_ascii_lowercase();
        let is_ordered = lower.contains("order by");
        let types: Vec<_> = expected.columns.iter().map(|(_, logical)| logical.clone()).collect();
        let plain = (
            mapped(&expected.rows, &types, reference::readable),
            mapped(&received.rows, &types, reference::readable),
        );
        let mut found = Vec::from_iter(same(&plain.0, &plain.1, is_ordered));
        // What cannot stand in FROM is not printed.
        let Some(sql) = statement.printed() else { return found };
        let Ok(printed) = self.connection.run(&sql) else { return found };
        findings.printed += 1;
        findings.values += printed.rows.iter().map(Vec::len).sum::<usize>();
        match self.ask(&sql) {
            Ok(Ok(again)) => found.extend(same(&printed.rows, &again.rows, is_ordered)),
            other => found.push(format!("printed: {other:?}")),
        }
        // The second time a sequence gives other values than the first.
        if !lower.contains("nextval") {
            let ours = mapped(&printed.rows, &types, reference::as_postgresql);
            found.extend(same(&ours, &mapped(&received.rows, &types, reference::comparable), is_ordered));
        }
        found
    }

    fn ask(&mut self, sql: &str) -> anyhow::Result<Result<Wire, Failure>> {
        let answer = match self.protocol {
            Protocol::Simple => self.client.simple(sql)?,
            Protocol::Extended => self.client.extended(sql)?,
        };
        anyhow::ensure!(matches!(answer.last(), Some(Backend::ReadyForQuery(_))), "closed");
        if let Some(report) = raw::error_in(&answer) {
            let (code, message) = (report.code().to_owned(), report.message().to_owned());
            return Ok(Err(Failure { code, message, hint: report.hint().to_owned() }));
        }
        let mut wire = Wire::default();
        for message in answer {
            match message {
                Backend::RowDescription(fields) => {
                    wire.columns = fields.into_iter().map(|field| (field.name, field.type_oid)).collect();
                }
                Backend::DataRow(row) => {
                    let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
                    wire.rows.push(row.into_iter().map(|value| value.map(text)).collect());
                }
                Backend::CommandComplete(tag) => wire.tag = tag,
                _ => {}
            }
        }
        Ok(Ok(wire))
    }
}

/// A successful answer on the wire.
#[derive(Debug, Default)]
struct Wire {
    columns: Vec<(String, u32)>,
    rows: Vec<Vec<Option<String>>>,
    tag: String,
}

fn mapped(
    rows: &[Vec<Option<String>>],
    types: &[LogicalType],
    from: fn(&LogicalType, &str) -> String,
) -> Vec<Vec<Option<String>>> {
    let row = |row: &Vec<Option<String>>| {
        let cells = row.iter().zip(types);
        cells.map(|(cell, logical)| cell.as_deref().map(|text| from(logical, text))).collect()
    };
    rows.iter().map(row).collect()
}

/// PostgreSQL numbers what users make from here on.
const FIRST_OWN: u32 = 16384;

/// The columns as they are to be told. A type of the user's own has the number that the catalog gives it, which is not known here.
fn shape(answer: &Answer, received: &[(String, u32)]) -> Vec<(String, u32)> {
    let told = received.iter().map(|(_, number)| Some(*number)).chain(std::iter::repeat(None));
    let number = |logical: &LogicalType, told: Option<u32>| match logical {
        LogicalType::Enum(_) => told.filter(|number| *number >= FIRST_OWN),
        _ => None,
    };
    let columns = answer.columns.iter().zip(told);
    columns
        .map(|((name, logical), told)| {
            (name.clone(), number(logical, told).unwrap_or_else(|| reference::oid(logical)))
        })
        .collect()
}

/// The first difference of two results.
fn same(
    expected: &[Vec<Option<String>>],
    received: &[Vec<Option<String>>],
    is_ordered: bool,
) -> Option<String> {
    let (mut expected, mut received) = (expected.to_vec(), received.to_vec());
    if !is_ordered {
        expected.sort();
        received.sort();
    }
    if expected.len() != received.len() {
        return Some(format!("{} rows, on the wire {}", expected.len(), received.len()));
    }
    let differs = expected.iter().zip(&received).find(|(expected, received)| expected != received);
    differs.map(|(expected, received)| format!("row {expected:?}\n   on the wire {received:?}"))
}

/// Two failures: the same first line, the suggestion kept, and the SQLSTATE that the file names.
fn failures(expect: &Expect, expected: &Failure, received: &Failure) -> Vec<String> {
    let mut found = Vec::new();
    let first = |message: &str| {
        let line = message.lines().next().unwrap_or_default().trim().trim_end_matches(['.', '!']);
        let mut characters = line.chars();
        characters
            .next()
            .map_or(String::new(), |c| c.to_lowercase().collect::<String>() + characters.as_str())
    };
    if first(&expected.message) != first(&received.message) {
        found.push(format!("message {:?}\n   on the wire {:?}", expected.message, received.message));
    }
    let suggestion = expected.message.lines().find(|line| line.starts_with("Did you mean"));
    if suggestion.is_some_and(|line| line.trim() != received.hint) {
        found.push(format!("hint {suggestion:?}\n   on the wire {:?}", received.hint));
    }
    if let Expect::Error(code) = expect
        && !received.code.starts_with(code)
    {
        found.push(format!("SQLSTATE {code}, on the wire {} {}", received.code, received.message));
    }
    found
}
