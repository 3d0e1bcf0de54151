//! Statements as they were captured: `-- [NUMBER] via PROTOCOL`, the values of their parameters, then the SQL.

use anyhow::Context;
use harness::{Backend, Batch, Bind, RawClient};

/// A statement that a tool sent.
pub(super) struct Captured {
    /// Its number in the file.
    pub number: String,
    is_extended: bool,
    parameters: Vec<Option<String>>,
    pub sql: String,
}

/// The statements of a file.
pub(super) fn read(text: &str) -> Vec<Captured> {
    let mut all: Vec<Captured> = Vec::new();
    for line in text.lines() {
        if let Some((number, protocol)) = line.strip_prefix("-- [").and_then(|rest| rest.split_once(']')) {
            // What was written by hand says nothing of the protocol.
            let (number, is_extended) = (number.to_owned(), protocol.trim() == "via extended");
            all.push(Captured { number, is_extended, parameters: Vec::new(), sql: String::new() });
        } else if let Some(statement) = all.last_mut() {
            match line.strip_prefix("-- params:") {
                Some(values) => statement.parameters = parameters(values),
                None => statement.sql.extend([line, "\n"]),
            }
        }
    }
    for statement in &mut all {
        statement.sql = statement.sql.trim().to_owned();
    }
    all
}

/// The values of `$1 = 'one', $2 = NULL`.
fn parameters(text: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = text;
    while let Some((_, value)) = rest.split_once(" = ") {
        let Some(quoted) = value.strip_prefix('\'') else {
            values.push(None);
            rest = value;
            continue;
        };
        let mut value = String::new();
        let mut letters = quoted.char_indices().peekable();
        rest = "";
        while let Some((place, letter)) = letters.next() {
            if letter != '\'' {
                value.push(letter);
            } else if letters.next_if(|(_, next)| *next == '\'').is_some() {
                value.push('\'');
            } else {
                rest = &quoted[place + 1..];
                break;
            }
        }
        values.push(Some(value));
    }
    values
}

impl Captured {
    /// Sends it as the tool did, and brings the whole answer. A COPY into a table is ended with nothing copied.
    pub(super) fn send(&self, client: &mut RawClient, database: &str) -> anyhow::Result<Vec<Backend>> {
        let sql = filled(&self.sql, database, client)?;
        if self.is_extended {
            let mut parameters = Vec::new();
            for value in &self.parameters {
                let text = value.as_ref().map(|text| filled(text, database, client)).transpose()?;
                parameters.push(text.map(String::into_bytes));
            }
            let bind = Bind { parameters: &parameters, ..Bind::default() };
            client.send(
                &Batch::new().parse("", &sql, &[]).bind(&bind).describe(b'P', "").execute("", 0).sync(),
            )?;
        } else {
            client.send(&Batch::new().query(&sql))?;
        }
        let mut answer = Vec::new();
        while let Some(message) = client.receive()? {
            if matches!(message, Backend::CopyIn(..)) {
                // The Sync that is already on its way is not answered while data is awaited.
                let end = Batch::new().copy_done();
                client.send(&if self.is_extended { end.sync() } else { end })?;
            }
            let is_ready = matches!(message, Backend::ReadyForQuery(_));
            answer.push(message);
            if is_ready {
                break;
            }
        }
        Ok(answer)
    }
}

/// With the database's name, and the server's numbers of relations (`{{oid:NAME}}`).
fn filled(text: &str, database: &str, client: &mut RawClient) -> anyhow::Result<String> {
    let mut text = text.replace("{{db}}", database);
    while let Some((before, rest)) = text.split_once("{{oid:") {
        let (name, after) = rest.split_once("}}").context("an open placeholder")?;
        let number = client.value(&format!("SELECT CAST(CAST('{name}' AS regclass) AS oid)"))?;
        text = format!("{before}{number}{after}");
    }
    Ok(text)
}

#[test]
fn parameters_are_read() {
    let read = parameters(" $1 = 'it''s', $2 = NULL, $3 = ''");
    assert_eq!(read, [Some("it's".to_owned()), None, Some(String::new())]);
}
