//! What attacks are tried on: a server, hosts it may reach, canaries it may not, three accounts that attack and one
//! that only wants to work; and what is looked at after each entry.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use engine::{AllowAll, Instance, Options};
use harness::{Backend, Pintail, RawClient, Target, raw};

use super::{
    canary::{Canary, SECRET},
    list::{Entry, Verdict},
};
use crate::remote::hosts::{self, Hosts, SONG};

/// How an entry is sent. Each form has an account of its own, so that what one leaves behind helps no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Each statement as a simple query.
    Simple,
    /// Each statement by Parse, Bind, Describe, Execute.
    Extended,
    /// The whole entry as one simple query.
    Whole,
}

/// Stands in another session's statements and in another account's table.
const OTHERS: &str = "another-sessions-business";

/// The other account's name.
const NEIGHBOUR: &str = "neighbour";

/// What a statement may take beyond its time-out: the way to it, the interrupt, the grace, and a new process.
const AFTER_TIMEOUT: Duration = Duration::from_secs(40);

/// A statement of the account that only wants to work may take this long, on a machine that is busy with tests.
const PATIENCE: Duration = Duration::from_secs(4);

/// All of it.
pub(super) struct Rig {
    pub(super) pintail: Pintail,
    hosts: Hosts,
    canary: Canary,
    attackers: [Target; 3],
    neighbour: RawClient,
    pub(super) neighbour_target: Target,
    statement_timeout: Duration,
    /// Other sessions of the attackers' accounts.
    bystanders: Vec<RawClient>,
    paths: Vec<String>,
}

/// What became of an entry.
#[derive(Debug, Default)]
pub(super) struct Trial {
    /// What should not have been.
    pub(super) complaints: Vec<String>,
    /// The last statement's SQLSTATE and message; empty when it succeeded.
    pub(super) outcome: String,
    /// Until the entry's last statement was answered.
    pub(super) took: Duration,
    /// From then until the account answered again.
    pub(super) back_after: Duration,
}

impl Rig {
    pub(super) fn start(statement_timeout: Duration, more: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::start_as(&harness::config::pintail_bin(), statement_timeout, more)
    }

    /// With a program of its own. `{INTERNAL_PORT}` and `{ALLOWED}` may stand in the settings.
    pub(super) fn start_as(
        program: &Path,
        statement_timeout: Duration,
        more: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let hosts = Hosts::start()?;
        let canary = Canary::new()?;
        let duckdb = Instance::open(&Options::default())?.connect(AllowAll)?;
        for name in ["t.csv", "t.parquet"] {
            let path = hosts.lake().join(name);
            duckdb.execute(&format!("COPY (SELECT range AS i FROM range(10)) TO '{}'", path.display()))?;
        }
        let mut all = vec![
            ("EGRESS_RETRIES", "0"),
            ("EGRESS_CONNECT_TIMEOUT_S", "2"),
            ("DUCKLING_MEMORY_LIMIT", "512MiB"),
            ("DUCKLING_SPILL_LIMIT", "512MiB"),
            ("DUCKLING_THREADS", "2"),
        ];
        all.extend(more);
        let settings = hosts::settings(&hosts, &all)?;
        let port = hosts.canary.to_string();
        let settings: Vec<(&str, String)> = settings
            .iter()
            .map(|(key, value)| {
                (key.as_str(), value.replace("{INTERNAL_PORT}", &port).replace("{ALLOWED}", &hosts.allowed()))
            })
            .collect();
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let mut pintail = Pintail::configured_as(program, &settings)?;
        // That a process of an attacker's ended before its time is an error in the log.
        pintail.expect_errors();
        let attackers = [pintail.target(), pintail.other_account("second")?, pintail.other_account("third")?];
        let neighbour_target = pintail.other_account(NEIGHBOUR)?;
        let mut neighbour = RawClient::connect(&neighbour_target)?;
        neighbour.rows(&format!("create table kept_by_neighbour as select '{OTHERS}' as t"))?;
        let mut others = Vec::new();
        for target in &attackers {
            let mut other = RawClient::connect(target)?;
            other.rows("create table committed as select 7 as i")?;
            other.rows(&format!("prepare other_p as select '{OTHERS}'"))?;
            other.rows("execute other_p")?;
            others.push(other);
        }
        let paths = [pintail.data(), program.parent().context("a folder")?.to_owned()];
        let paths = paths.iter().map(|path| path.display().to_string()).collect();
        Ok(Self {
            pintail,
            hosts,
            canary,
            attackers,
            neighbour,
            neighbour_target,
            statement_timeout,
            bystanders: others,
            paths,
        })
    }

    /// The account that attacks in this form.
    pub(super) fn attacker(&self, form: Form) -> &Target {
        let [simple, extended, whole] = &self.attackers;
        match form {
            Form::Simple => simple,
            Form::Extended => extended,
            Form::Whole => whole,
        }
    }

    /// The statement with the rig's names in the place of the list's.
    fn fill(&self, sql: &str) -> String {
        sql.replace("{CANARY}", &self.canary.path().display().to_string())
            .replace("{INTERNAL_PORT}", &self.hosts.canary.to_string())
            .replace("files.pintail.test/", &format!("localhost:{}/", self.hosts.web))
            .replace("files.pintail.test", "localhost")
    }

    /// Runs an entry on a fresh session and looks at everything afterwards.
    pub(super) fn attempt(&mut self, entry: &Entry, form: Form) -> anyhow::Result<Trial> {
        let statements: Vec<String> = match form {
            Form::Simple | Form::Extended => entry.statements.iter().map(|sql| self.fill(sql)).collect(),
            Form::Whole => vec![self.fill(&entry.statements.join("\n"))],
        };
        let target = self.attacker(form).clone();
        let mut trial = Trial::default();
        let mut client = RawClient::connect(&target).context("the account does not answer")?;
        client.answer_timeout(self.statement_timeout + AFTER_TIMEOUT)?;
        client.rows(&format!("set statement_timeout = {}", self.statement_timeout.as_millis()))?;
        let begun = Instant::now();
        let mut answers = Vec::new();
        for sql in &statements {
            let answer = match form {
                Form::Simple | Form::Whole => client.simple(sql),
                Form::Extended => client.extended(sql),
            };
            match answer {
                Ok(answer) => answers.push(answer),
                Err(error) => {
                    trial.complaints.push(format!("no answer: {error:#}"));
                    break;
                }
            }
            if !is_open(answers.last()) {
                break;
            }
        }
        trial.took = begun.elapsed();
        self.judge(entry, &statements, &answers, &mut trial);
        Self::look_after(client, &target, &mut trial)?;
        self.look_around(&mut trial)?;
        Ok(trial)
    }

    /// What was answered.
    fn judge(&self, entry: &Entry, statements: &[String], answers: &[Vec<Backend>], trial: &mut Trial) {
        let last = (answers.len() == statements.len()).then(|| answers.last()).flatten();
        let failure = last.and_then(|answer| raw::error_in(answer));
        trial.outcome =
            failure.map_or_else(String::new, |report| format!("{} {}", report.code(), report.message()));
        let complaints = &mut trial.complaints;
        for report in answers.iter().filter_map(|answer| raw::error_in(answer)) {
            let (code, message) = (report.code(), report.message());
            if code == "XX000" || message.is_empty() {
                complaints.push(format!("an unclear error: {code} {message}"));
            }
            let is_end = code.starts_with("57P0") || code.starts_with("53");
            if report.severity() != "ERROR" && (entry.verdict != Verdict::Limited || !is_end) {
                complaints.push(format!("the session ended: {code} {message}"));
            }
            if entry.verdict == Verdict::Ok {
                complaints.push(format!("refused: {code} {message}"));
            }
        }
        if entry.verdict == Verdict::Denied && failure.is_none() {
            let answer = answers.last().map(|answer| raw::lines(answer)).unwrap_or_default();
            complaints.push(format!("not refused: {}", answer.chars().take(300).collect::<String>()));
        }
        let asked = statements.concat();
        let told: String = answers.iter().flatten().map(told).collect();
        let secrets = [SECRET, SONG, OTHERS, NEIGHBOUR, "root:x:0:0", hosts::SECRET_KEY].map(str::to_owned);
        for secret in secrets.iter().chain(&self.paths) {
            if told.contains(secret.as_str()) && !asked.contains(secret.as_str()) {
                complaints.push(format!("told: {secret}"));
            }
        }
    }

    /// The attacker's session, or his next one, works and has what was committed.
    fn look_after(mut client: RawClient, target: &Target, trial: &mut Trial) -> anyhow::Result<()> {
        let begun = Instant::now();
        let _ = client.simple("rollback");
        let alive = client.simple("select 1");
        if !alive.is_ok_and(|answer| is_open(Some(&answer)) && raw::error_in(&answer).is_none()) {
            client = RawClient::connect(target).context("no new session")?;
        }
        let committed = client.value("select i from committed");
        trial.back_after = begun.elapsed();
        if !matches!(committed.as_deref(), Ok("7")) {
            trial.complaints.push(format!("committed data: {committed:?}"));
        }
        client.rows(&format!("set statement_timeout = {}", PATIENCE.as_millis()))?;
        let left = client.rows("select table_name from duckdb_tables() where table_name = 'sec_fill'")?;
        if !left.is_empty() {
            client.rows("drop table sec_fill")?;
        }
        Ok(())
    }

    /// Nobody else noticed anything.
    fn look_around(&mut self, trial: &mut Trial) -> anyhow::Result<()> {
        let begun = Instant::now();
        let answer = self.neighbour.value("select t from kept_by_neighbour");
        let took = begun.elapsed();
        if answer.as_deref().ok() != Some(OTHERS) || took > PATIENCE {
            trial.complaints.push(format!("the other account after {took:?}: {answer:?}"));
        }
        for path in self.canary.changes()? {
            trial.complaints.push(format!("changed: {}", path.display()));
        }
        for visitor in self.hosts.take_visitors() {
            trial.complaints.push(format!("reached the canary: {visitor}"));
        }
        Ok(())
    }

    /// Gives the attacker a new process, whose database must be whole.
    pub(super) fn renew(&mut self, form: Form) -> anyhow::Result<()> {
        for pid in self.pintail.ducklings() {
            harness::process::signal(pid, rustix::process::Signal::KILL);
        }
        self.bystanders.clear();
        let mut client = RawClient::connect(self.attacker(form))?;
        let tables = "select string_agg(table_name, ',') from duckdb_tables() where table_name = 'committed'";
        anyhow::ensure!(client.value(tables)? == "committed", "the committed data are gone");
        anyhow::ensure!(client.value("select i from committed")? == "7", "the committed data are others");
        self.neighbour = RawClient::connect(&self.neighbour_target)?;
        self.neighbour.value("select t from kept_by_neighbour")?;
        Ok(())
    }

    /// Ends the attackers' processes and looks whether their databases open again, whole.
    pub(super) fn reopen(&mut self) -> anyhow::Result<()> {
        self.bystanders.clear();
        for pid in self.pintail.ducklings() {
            harness::process::signal(pid, rustix::process::Signal::KILL);
        }
        for target in self.attackers.iter().chain([&self.neighbour_target]) {
            let tables = RawClient::connect(target)?.value("select count(*) from duckdb_tables()")?;
            anyhow::ensure!(tables != "0", "an account's tables are gone");
        }
        for target in &self.attackers {
            let kept = RawClient::connect(target)?.value("select i from committed")?;
            anyhow::ensure!(kept == "7", "committed data: {kept}");
        }
        Ok(())
    }
}

fn is_open(answer: Option<&Vec<Backend>>) -> bool {
    answer.is_some_and(|answer| matches!(answer.last(), Some(Backend::ReadyForQuery(_))))
}

/// Everything that a message tells, as text.
fn told(message: &Backend) -> String {
    match message {
        Backend::DataRow(values) => {
            let values = values.iter().flatten();
            values.map(|value| String::from_utf8_lossy(value).into_owned() + "\n").collect()
        }
        Backend::CopyData(data) => String::from_utf8_lossy(data).into_owned(),
        Backend::Error(report) | Backend::Notice(report) => {
            report.0.values().map(|text| text.clone() + "\n").collect()
        }
        other => other.to_string() + "\n",
    }
}
