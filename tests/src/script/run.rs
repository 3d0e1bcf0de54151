//! One case against one server.

use std::{collections::HashMap, net::Shutdown, path::Path, thread, time::Duration};

use anyhow::{Context, bail, ensure};
use rustix::process::Signal;

use super::{
    Cancel, Case, CloseHow, Key, Line, Side, Start, Step,
    answer::{FIELDS, fits, groups},
    compose,
};
use crate::{
    message::{Backend, Batch, Report},
    process,
    raw::{self, RawClient},
    target::Target,
};

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long nothing comes when a script says `silence`.
const SILENCE: Duration = Duration::from_millis(150);

/// A server that scripts run against.
#[derive(Clone, Debug)]
pub struct Server {
    /// How to connect.
    pub target: Target,
    /// Which of the two it is.
    pub side: Side,
    /// The process that is told to stop, and how.
    pub process: (u32, Signal),
}

impl Case {
    /// Runs the case.
    pub fn run(&self, server: &Server) -> anyhow::Result<()> {
        self.check()?;
        let mut run = Run::new(server);
        for step in self.steps_for(server.side) {
            run.step(step).with_context(|| format!("heard so far:\n{}", run.heard.join("\n")))?;
        }
        for client in run.clients.values_mut() {
            ensure!(client.raw.peek().is_none(), "unread at the end: {}", client.message(true)?);
        }
        Ok(())
    }

    /// Runs the case and writes what the server answers into the script where a `receive` is empty.
    pub fn transcribe(&self, server: &Server, path: &Path) -> anyhow::Result<()> {
        let mut run = Run::new(server);
        let mut answers = Vec::new();
        for step in self.steps_for(server.side) {
            match step {
                Step::Receive(lines) if lines.is_empty() => answers.push(run.listen()?),
                step => run
                    .step(step)
                    .with_context(|| format!("{}: heard so far:\n{}", self.title, run.heard.join("\n")))?,
            }
        }
        let text = std::fs::read_to_string(path)?;
        let (mut filled, mut here, mut answers) = (String::new(), false, answers.into_iter());
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            filled.extend([line, "\n"]);
            if let Some(title) = line.strip_prefix("case ") {
                here = title == self.title;
            }
            if here && line == "receive" && !lines.peek().is_some_and(|next| next.starts_with("  ")) {
                let answer = answers.next().unwrap_or_default();
                for line in answer {
                    filled.extend(["  ", line.as_str(), "\n"]);
                }
            }
        }
        Ok(std::fs::write(path, filled)?)
    }

    fn steps_for(&self, side: Side) -> impl Iterator<Item = &Step> {
        let own = self.steps.iter().filter(move |(marked, _)| marked.is_none_or(|marked| marked == side));
        own.map(|(_, step)| step)
    }
}

/// A case under way.
struct Run<'s> {
    server: &'s Server,
    clients: HashMap<String, Client>,
    /// The connection that the steps are about.
    current: String,
    /// How the next connection begins.
    start: Start,
    /// Whether ParameterStatus counts.
    statuses: bool,
    heard: Vec<String>,
}

struct Client {
    raw: RawClient,
    /// What was read to see whether more CopyData comes: a message, or the end; at most one.
    ahead: Vec<Option<Backend>>,
    /// The outcome of a TLS handshake that no script line has seen yet.
    handshake: Option<bool>,
    /// From BackendKeyData, wherever it came.
    key: Option<(u32, Vec<u8>)>,
}

impl<'s> Run<'s> {
    fn new(server: &'s Server) -> Self {
        Self {
            server,
            clients: HashMap::new(),
            current: String::new(),
            start: Start::LoggedIn,
            statuses: false,
            heard: Vec::new(),
        }
    }

    fn step(&mut self, step: &Step) -> anyhow::Result<()> {
        match step {
            Step::Client(name) => {
                self.current.clone_from(name);
                self.start = Start::LoggedIn;
                self.client()?;
            }
            Step::Start(start) => self.start = *start,
            Step::Setup(sql) => {
                let answer = self.client()?.raw.simple(sql)?;
                if let Some(report) = raw::error_in(&answer) {
                    bail!("setup {sql}: {} {}", report.code(), report.message());
                }
            }
            Step::Tls(names) => {
                let target = self.server.target.clone();
                let client = self.client()?;
                let names = names.iter().map(String::as_str).collect::<Vec<_>>();
                client.handshake = Some(client.raw.start_tls(&target, &names).is_ok());
            }
            Step::Send(lines) => self.send(lines)?,
            Step::Receive(lines) => self.receive(lines)?,
            Step::Cancel(cancel) => self.cancel(*cancel)?,
            Step::Wait(time) => thread::sleep(*time),
            Step::Close(CloseHow::Both) => {
                self.clients.remove(&self.current);
            }
            Step::Close(CloseHow::Write) => self.client()?.raw.shutdown(Shutdown::Write)?,
            Step::Statuses => self.statuses = true,
            Step::Stop => process::signal(self.server.process.0, self.server.process.1),
        }
        Ok(())
    }

    /// The present connection, made when there is none yet.
    fn client(&mut self) -> anyhow::Result<&mut Client> {
        if !self.clients.contains_key(&self.current) {
            let target = &self.server.target;
            let mut raw = match self.start {
                Start::Tcp => RawClient::plain(target)?,
                Start::Tls => RawClient::secure(target)?,
                Start::LoggedIn => RawClient::connect(target)?,
            };
            raw.answer_timeout(ANSWER_TIMEOUT)?;
            let key = raw.key().ok();
            let client = Client { raw, ahead: Vec::new(), handshake: None, key };
            self.clients.insert(self.current.clone(), client);
        }
        self.clients.get_mut(&self.current).context("the connection was made")
    }

    fn send(&mut self, lines: &[Line]) -> anyhow::Result<()> {
        let side = self.server.side;
        let own = lines.iter().filter(|line| line.side.is_none_or(|marked| marked == side));
        let batch = own.map(|line| &line.text).try_fold(Batch::new(), |batch, line| {
            compose::append(batch, line, &self.server.target).with_context(|| format!("in `{line}`"))
        })?;
        // The server may have closed already; what it said before is what the script is about.
        let _ = self.client()?.raw.send(&batch);
        Ok(())
    }

    fn cancel(&mut self, cancel: Cancel) -> anyhow::Result<()> {
        let target = self.server.target.clone();
        let (process_id, mut secret) = self.client()?.key.clone().context("no BackendKeyData")?;
        let mut process = process_id;
        match cancel.key {
            Key::Right => {}
            Key::WrongProcess => process = process.wrapping_add(100_000),
            Key::WrongSecret => secret[0] ^= 1,
            Key::Short => secret.truncate(secret.len() - 1),
            Key::Long => secret.push(0),
            Key::Absent => secret.clear(),
        }
        let mut canceler =
            if cancel.plain { RawClient::plain(&target)? } else { RawClient::secure(&target)? };
        canceler.send(&raw::cancel_request(process, &secret))?;
        let answer = canceler.receive()?;
        ensure!(
            answer.is_none() || !matches!(cancel.key, Key::Right | Key::WrongProcess | Key::WrongSecret),
            "a cancel request gets no answer: {answer:?}"
        );
        Ok(())
    }

    fn receive(&mut self, lines: &[Line]) -> anyhow::Result<()> {
        for group in groups(lines, self.server.side) {
            let mut shown = Vec::new();
            for expected in &group.own {
                shown.push(self.expect(expected)?);
            }
            if let Some(other) = group.other {
                let same = other.len() == shown.len()
                    && other.iter().zip(&shown).all(|(expected, shown)| fits(expected, shown));
                ensure!(!same, "the difference that is written down does not occur: both send {other:?}");
            }
        }
        Ok(())
    }

    /// Reads what a line describes, and gives it printed.
    fn expect(&mut self, expected: &str) -> anyhow::Result<String> {
        let statuses = self.statuses;
        let client = self.client()?;
        let shown = match expected {
            "TlsDone" | "TlsFailed" => match client.handshake.take() {
                Some(true) => "TlsDone".to_owned(),
                Some(false) => "TlsFailed".to_owned(),
                None => "no handshake".to_owned(),
            },
            "silence" => {
                let silent = client.ahead.is_empty() && client.raw.is_silent(SILENCE)?;
                client.raw.answer_timeout(ANSWER_TIMEOUT)?;
                if silent { "silence".to_owned() } else { "something".to_owned() }
            }
            "..." => {
                loop {
                    let next = client.next(statuses)?;
                    if !matches!(next, Some(Backend::DataRow(_) | Backend::CopyData(_))) {
                        client.ahead.push(next);
                        break;
                    }
                }
                "...".to_owned()
            }
            line if line.starts_with("byte ") => client.byte()?,
            line => {
                let statuses = statuses || line.starts_with("ParameterStatus");
                client.message(statuses).with_context(|| format!("waiting for `{line}`"))?
            }
        };
        self.heard.push(shown.replace(FIELDS, " | "));
        ensure!(fits(expected, &shown), "expected `{expected}`");
        Ok(shown)
    }

    /// Everything that comes until nothing comes any more.
    fn listen(&mut self) -> anyhow::Result<Vec<String>> {
        let statuses = self.statuses;
        let client = self.client()?;
        let mut lines = Vec::new();
        if let Some(done) = client.handshake.take() {
            lines.push(if done { "TlsDone" } else { "TlsFailed" }.to_owned());
        }
        loop {
            if client.ahead.is_empty() && client.raw.is_silent(2 * SILENCE)? {
                break;
            }
            client.raw.answer_timeout(ANSWER_TIMEOUT)?;
            if let Some(byte) =
                client.raw.peek().filter(|byte| matches!(byte, b'S' | b'N') && client.raw.is_alone())
            {
                client.byte()?;
                lines.push(format!("byte {}", char::from(byte)));
                continue;
            }
            let line = client.message(statuses)?;
            let line = line.split(FIELDS).next().unwrap_or_default().to_owned();
            let report = line.starts_with("ErrorResponse ") || line.starts_with("NoticeResponse ");
            let is_last = line == "closed";
            if !line.starts_with("ParameterStatus") || statuses {
                lines.push(if report {
                    line.splitn(4, ' ').take(3).collect::<Vec<_>>().join(" ")
                } else {
                    line
                });
            }
            if is_last {
                break;
            }
        }
        Ok(lines)
    }
}

impl Client {
    /// The next message that counts; nothing at the end of the connection.
    fn next(&mut self, statuses: bool) -> anyhow::Result<Option<Backend>> {
        loop {
            let message = match self.ahead.pop() {
                Some(message) => message,
                None if self.raw.is_unframed()? => return Ok(Some(Backend::Other(b'?', self.raw.rest()))),
                None => self.raw.receive()?,
            };
            match message {
                Some(Backend::BackendKeyData { process_id, ref secret }) => {
                    self.key = Some((process_id, secret.clone()));
                }
                Some(Backend::ParameterStatus(..)) if !statuses => continue,
                Some(_) | None => {}
            }
            return Ok(message);
        }
    }

    /// The next message, printed; CopyData messages in a row count as one, since how rows are spread over them is
    /// the server's own affair.
    fn message(&mut self, statuses: bool) -> anyhow::Result<String> {
        let mut message = self.next(statuses)?;
        while let Some(Backend::CopyData(data)) = &mut message {
            match self.next(statuses)? {
                Some(Backend::CopyData(more)) => data.extend(more),
                other => {
                    self.ahead.push(other);
                    break;
                }
            }
        }
        Ok(match &message {
            None => "closed".to_owned(),
            Some(Backend::Error(report) | Backend::Notice(report)) => print_report(message.as_ref(), report),
            Some(message) => message.to_string(),
        })
    }

    fn byte(&mut self) -> anyhow::Result<String> {
        let byte = self.raw.byte()?;
        Ok(byte.map_or_else(|| "closed".to_owned(), |byte| format!("byte {}", char::from(byte))))
    }
}

fn print_report(message: Option<&Backend>, report: &Report) -> String {
    let mut printed = message.map(ToString::to_string).unwrap_or_default();
    for (key, value) in report.0.iter().filter(|(key, _)| !"SVCMFLR".contains(**key)) {
        printed.extend([FIELDS, *key, '=']);
        printed.push_str(value);
    }
    printed
}
