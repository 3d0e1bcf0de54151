//! Protocol scripts (`tests/wire/*.pt`): frontend messages and the literal answers, run against Pintail and
//! PostgreSQL alike. A line that only one of them may send is marked with its name, and the script says why in a
//! comment that begins with `# deviation:`.
//!
//! ```text
//! case a title
//! setup create table t(a int4)          run before, answer ignored
//! send
//!   Parse s [23] select $1::int4 + 1 as next
//!   Bind p s (41) formats=0 results=1
//!   Execute p 0
//!   Sync
//! receive
//!   ParseComplete
//!   BindComplete
//!   DataRow \x0000002a
//!   CommandComplete SELECT 1
//!   ReadyForQuery I
//! ```
//!
//! An expected ErrorResponse or NoticeResponse needs its severity and code; more words must occur in the message.
//! `DataRow *` fits any row, `closed` is the end of the connection. ParameterStatus is left out unless expected.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, bail, ensure};

use crate::{
    message::{Backend, Batch, Bind},
    raw::RawClient,
    target::Target,
};

/// Which server runs the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Pintail.
    Pintail,
    /// PostgreSQL.
    Postgres,
}

/// One conversation on a connection of its own.
#[derive(Clone, Debug)]
pub struct Case {
    /// File name and title.
    pub title: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Setup(String),
    Send(Vec<String>),
    Receive(Vec<String>),
}

/// Reads all cases of a file for one side.
pub fn read(path: &Path, side: Side) -> anyhow::Result<Vec<Case>> {
    let file = path.file_name().context("a file")?.to_string_lossy().into_owned();
    let text = fs::read_to_string(path)?;
    let marked = text.lines().any(|line| line.starts_with("  [p"));
    ensure!(!marked || text.contains("# deviation:"), "{file}: marked lines need a `# deviation:` comment");
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let at = || format!("{file}:{}", number + 1);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix("case ") {
            cases.push(Case { title: format!("{file}: {title}"), steps: Vec::new() });
            continue;
        }
        let steps = &mut cases.last_mut().with_context(|| format!("{}: before the first case", at()))?.steps;
        match (line.strip_prefix("  "), line.split_once(' ')) {
            (Some(entry), _) => {
                let Some(entry) = for_side(entry, side) else {
                    continue;
                };
                match steps.last_mut() {
                    Some(Step::Send(lines) | Step::Receive(lines)) => lines.push(entry.to_owned()),
                    Some(Step::Setup(_)) | None => bail!("{}: neither send nor receive", at()),
                }
            }
            (None, Some(("setup", sql))) => steps.push(Step::Setup(sql.to_owned())),
            (None, None) if line == "send" => steps.push(Step::Send(Vec::new())),
            (None, None) if line == "receive" => steps.push(Step::Receive(Vec::new())),
            (None, _) => bail!("{}: not understood: {line}", at()),
        }
    }
    Ok(cases)
}

fn for_side(entry: &str, side: Side) -> Option<&str> {
    let (own, other) = match side {
        Side::Pintail => ("[pintail] ", "[postgres] "),
        Side::Postgres => ("[postgres] ", "[pintail] "),
    };
    (!entry.starts_with(other)).then(|| entry.strip_prefix(own).unwrap_or(entry))
}

impl Case {
    /// Runs the case on a new connection.
    pub fn run(&self, target: &Target) -> anyhow::Result<()> {
        let mut client = RawClient::connect(target)?;
        client.answer_timeout(Duration::from_secs(5))?;
        for step in &self.steps {
            match step {
                Step::Setup(sql) => {
                    client.simple(sql)?;
                }
                Step::Send(lines) => {
                    let batch = lines.iter().try_fold(Batch::new(), |batch, line| {
                        message(batch, line).with_context(|| format!("in `{line}`"))
                    })?;
                    client.send(&batch)?;
                }
                Step::Receive(lines) => receive(&mut client, lines)?,
            }
        }
        Ok(())
    }
}

fn receive(client: &mut RawClient, expected: &[String]) -> anyhow::Result<()> {
    let mut seen: Vec<String> = Vec::new();
    let mut next = None;
    for line in expected {
        let context = |seen: &[String]| format!("waiting for `{line}` after\n{}", seen.join("\n"));
        let mut message = match next.take() {
            Some(message) => message,
            None => following(client, line).with_context(|| context(&seen))?,
        };
        if let Some(Backend::CopyData(data)) = &mut message {
            // How rows are spread over CopyData messages is the server's own affair.
            loop {
                match following(client, line).with_context(|| context(&seen))? {
                    Some(Backend::CopyData(more)) => data.extend(more),
                    other => {
                        next = Some(other);
                        break;
                    }
                }
            }
        }
        let shown = message.as_ref().map_or_else(|| "closed".to_owned(), ToString::to_string);
        let fits = fits(line, &shown);
        seen.push(shown);
        if !fits {
            bail!("expected\n{}\nreceived\n{}", expected.join("\n"), seen.join("\n"));
        }
    }
    Ok(())
}

/// The next message that counts; `None` at the end of the connection.
fn following(client: &mut RawClient, line: &str) -> anyhow::Result<Option<Backend>> {
    loop {
        let message = client.receive()?;
        if !matches!(message, Some(Backend::ParameterStatus(..))) || line.starts_with("ParameterStatus") {
            return Ok(message);
        }
    }
}

fn fits(expected: &str, received: &str) -> bool {
    let report = |line: &str| line.starts_with("ErrorResponse ") || line.starts_with("NoticeResponse ");
    if expected == "DataRow *" {
        return received.starts_with("DataRow ");
    }
    if !report(expected) || !report(received) {
        return expected.trim_end() == received.trim_end();
    }
    let mut parts = expected.splitn(4, ' ');
    let head = parts.by_ref().take(3).collect::<Vec<_>>().join(" ");
    received.starts_with(&head) && received.contains(parts.next().unwrap_or(""))
}

/// Appends the message that a `send` line describes.
fn message(batch: Batch, line: &str) -> anyhow::Result<Batch> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    Ok(match verb {
        "Query" => batch.query(&unescape(rest)),
        "Parse" => {
            let (name, rest) = rest.split_once(" [").context("Parse NAME [oids] SQL")?;
            let (oids, sql) = rest.split_once(']').context("Parse NAME [oids] SQL")?;
            let oids = oids.split(',').filter(|oid| !oid.is_empty()).map(|oid| oid.trim().parse());
            batch.parse(name_of(name), &unescape(sql.trim_start()), &oids.collect::<Result<Vec<u32>, _>>()?)
        }
        "Bind" => bind(batch, rest)?,
        "Describe" | "Close" => {
            let (kind, name) = rest.split_once(' ').context("S or P, and a name")?;
            let kind = *kind.as_bytes().first().context("S or P")?;
            if verb == "Close" {
                batch.close(kind, name_of(name))
            } else {
                batch.describe(kind, name_of(name))
            }
        }
        "Execute" => {
            let (portal, rows) = rest.split_once(' ').context("Execute PORTAL ROWS")?;
            batch.execute(name_of(portal), rows.parse()?)
        }
        "Sync" => batch.sync(),
        "Flush" => batch.flush(),
        "CopyData" => batch.copy_data(unescape(rest).as_bytes()),
        "CopyDone" => batch.copy_done(),
        "CopyFail" => batch.copy_fail(rest),
        "Terminate" => batch.terminate(),
        "Password" => batch.password(rest),
        "Message" => {
            let (tag, hex) = rest.split_once(' ').unwrap_or((rest, ""));
            batch.message(*tag.as_bytes().first().context("a type byte")?, &unhex(hex)?)
        }
        "Raw" => batch.raw(&unhex(rest)?),
        _ => bail!("unknown message {verb}"),
    })
}

/// `Bind PORTAL STATEMENT (value,value) formats=0,1 results=1`: a value is text, NULL, or `\x` and hexadecimal digits.
fn bind(batch: Batch, rest: &str) -> anyhow::Result<Batch> {
    let (names, rest) = rest.split_once('(').context("Bind PORTAL STATEMENT (values)")?;
    let (values, options) = rest.rsplit_once(')').context("Bind PORTAL STATEMENT (values)")?;
    let mut names = names.split_whitespace().map(name_of);
    let parameters = values.split(',').filter(|_| !values.is_empty()).map(|value| {
        Ok::<_, anyhow::Error>(match (value, value.strip_prefix("\\x")) {
            ("NULL", _) => None,
            (_, Some(hex)) => Some(unhex(hex)?),
            (text, None) => Some(unescape(text).into_bytes()),
        })
    });
    let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
    let codes = |key: &str| -> anyhow::Result<Vec<i16>> {
        let given = options.split_whitespace().find_map(|option| option.strip_prefix(key));
        Ok(given
            .unwrap_or("")
            .split(',')
            .filter(|code| !code.is_empty())
            .map(str::parse)
            .collect::<Result<_, _>>()?)
    };
    Ok(batch.bind(&Bind {
        portal: names.next().context("a portal")?,
        statement: names.next().context("a statement")?,
        formats: &codes("formats=")?,
        parameters: &parameters,
        results: &codes("results=")?,
    }))
}

/// `-` is the empty name.
fn name_of(word: &str) -> &str {
    if word == "-" { "" } else { word }
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
}

fn unhex(digits: &str) -> anyhow::Result<Vec<u8>> {
    let digits = digits.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    ensure!(digits.len().is_multiple_of(2), "an odd number of hexadecimal digits");
    (0..digits.len()).step_by(2).map(|at| Ok(u8::from_str_radix(&digits[at..at + 2], 16)?)).collect()
}
