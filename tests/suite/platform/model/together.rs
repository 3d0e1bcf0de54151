//! All sessions at once, without any order: what must hold in every order.
//!
//! * A statement fails only for a reason that it can have.
//! * `anchor` is written to by all, in two tables by one transaction each; every copy of it, by whatever way, has of
//!   each session a number of first rows, the same in both tables. So no copy is torn, and none has what was not there.
//! * In the end `anchor` has every row that was acknowledged, and each name is there as often as it was made more often
//!   than taken away: once, or not at all.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use harness::{Backend, Pintail, RawClient, Target, raw};

use super::{SESSIONS, Secrets, exact::rows, spelled};

/// Databases whose comings and goings are counted, and those that are replaced.
const COUNTED: [&str; 4] = ["p0", "p1", "p2", "p3"];
const REPLACED: [&str; 2] = ["r0", "r1"];

/// Of each session its rows in both tables: how many, and the number of the last. None of this, of no session.
const WHOLE: &str = "select count(*) from (select coalesce(x.s, y.s) from (select s, count(*) as n, max(q) as m from DB.main.t \
                     group by s) x full join (select s, count(*) as n, max(q) as m from DB.main.u group by s) y on x.s = y.s \
                     where x.n is distinct from y.n or x.n is distinct from x.m + 1 or y.n is distinct from y.m + 1)";

struct Account {
    target: Target,
    mark: String,
    secrets: Secrets,
    /// How often each name was made, less how often it was taken away.
    names: Mutex<BTreeMap<String, i64>>,
    /// Rows acknowledged.
    rows: AtomicU64,
    outcomes: Mutex<BTreeMap<String, u64>>,
}

impl Account {
    fn new(pintail: &Pintail, name: &str, seed: u64) -> anyhow::Result<Self> {
        let target = pintail.other_account(name)?;
        let mark = format!("mark_of_{name}_{seed}");
        let secrets = Secrets::default();
        secrets.add(&mark);
        secrets.add(&target.password);
        RawClient::connect(&target)?.rows(
            "create database anchor; create table anchor.main.t(s int, q int, mark varchar); \
             create table anchor.main.u(s int, q int, mark varchar)",
        )?;
        let (names, outcomes) = (Mutex::default(), Mutex::default());
        Ok(Self { target, mark, secrets, names, rows: AtomicU64::new(0), outcomes })
    }

    fn count(&self, name: &str, change: i64) {
        *self.names.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default() +=
            change;
    }
}

pub(super) fn run(duration: Duration, seed: u64) -> anyhow::Result<()> {
    let mut pintail = Pintail::configured(&[("SHARES_SETTLE_MS", "300"), ("LIMITS_SNAPSHOTS", "100000")])?;
    let accounts = [Account::new(&pintail, "left", seed)?, Account::new(&pintail, "right", seed)?];
    let (over, until) = (AtomicBool::new(false), Instant::now() + duration);
    let outcome = thread::scope(|scope| {
        let mut threads = Vec::new();
        for (side, account) in accounts.iter().enumerate() {
            for number in 0..SESSIONS {
                let random =
                    fastrand::Rng::with_seed(seed.wrapping_mul(1000) + u64::try_from(side * 100 + number)?);
                let mut session = Session { account, other: &accounts[1 - side], number, written: 0, random };
                let over = &over;
                threads.push(scope.spawn(move || {
                    let outcome = session.run(over, until);
                    over.fetch_or(outcome.is_err(), Ordering::Relaxed);
                    outcome
                }));
            }
        }
        let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("a session")).collect();
        outcomes.into_iter().collect::<anyhow::Result<Vec<_>>>()
    });
    for account in &accounts {
        println!("{}: {:?}", account.mark, account.outcomes);
    }
    outcome?;
    accounts.iter().try_for_each(|account| settle(account, &pintail).context("at the end"))?;
    pintail.start_again()?;
    accounts.iter().try_for_each(|account| settle(account, &pintail).context("after a restart"))
}

struct Session<'a> {
    account: &'a Account,
    other: &'a Account,
    number: usize,
    written: u64,
    random: fastrand::Rng,
}

impl Session<'_> {
    fn run(&mut self, over: &AtomicBool, until: Instant) -> anyhow::Result<()> {
        let mut client = RawClient::connect(&self.account.target)?;
        client.answer_timeout(Duration::from_mins(1))?;
        while Instant::now() < until && !over.load(Ordering::Relaxed) {
            self.step(&mut client)?;
        }
        Ok(())
    }

    fn name(&mut self) -> &'static str {
        COUNTED[self.random.usize(0..COUNTED.len())]
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each operation")]
    fn step(&mut self, client: &mut RawClient) -> anyhow::Result<()> {
        let (name, other) = (self.name(), self.name());
        let replaced = REPLACED[self.random.usize(0..REPLACED.len())];
        let any = if self.random.bool() { name } else { replaced };
        match self.random.u8(0..100) {
            0..25 => self.insert(client)?,
            25..33 => self.made(
                client,
                &format!("create database {name} from anchor"),
                &[(name, 1)],
                &["42P04", "55006"],
            )?,
            33..36 => self.made(
                client,
                &format!("create database {name} from {replaced}"),
                &[(name, 1)],
                &["42P04", "3D000", "55006"],
            )?,
            36..42 => self.made(
                client,
                &format!("drop database {name} cascade"),
                &[(name, -1)],
                &["3D000", "55006"],
            )?,
            42..45 => self.made(
                client,
                &format!("drop database {name}"),
                &[(name, -1)],
                &["3D000", "55006", "2BP01"],
            )?,
            45..49 => self.made(
                client,
                &format!("undrop database {name}"),
                &[(name, 1)],
                &["42P04", "3D000", "55006"],
            )?,
            49..54 => {
                let moved: &[(&str, i64)] = if name == other { &[] } else { &[(name, -1), (other, 1)] };
                self.made(
                    client,
                    &format!("alter database {name} rename to {other}"),
                    moved,
                    &["3D000", "42P04", "55006"],
                )?;
            }
            54..58 => {
                self.ask(client, &format!("create or replace database {replaced} from anchor"), &["55006"])?;
            }
            58..61 => {
                self.ask(
                    client,
                    &format!("copy from database anchor to {replaced} (overwrite)"),
                    &["55006"],
                )?;
            }
            61..64 => self.ask(client, &format!("use {any}"), &["3D000", "55006"])?,
            64..67 => self.ask(client, "use my_db", &[])?,
            67..69 => self.ask(client, &format!("detach {name}"), &["3D000", "55006"])?,
            69..72 => self.ask(client, &format!("attach 'md:{name}'"), &["3D000", "55006", "42P04"])?,
            72..76 => self.share(client)?,
            76..79 => self.ask(client, &format!("create snapshot of {any}"), &["3D000", "55006"])?,
            79..81 => {
                self.ask(client, "create or replace database r0 from snapshot fixed", &["42704", "55006"])?;
            }
            81..82 => self.ask(client, "create snapshot fixed of anchor", &["42710", "55006"])?,
            82..84 => self.ask(client, "show all databases", &[])?,
            84..86 => self.ask(client, "from md_information_schema.storage_info", &[])?,
            86..88 => self.ask(client, "refresh databases", &[])?,
            88..93 => self.look(client, any)?,
            93..96 => self.look(client, "shown")?,
            _ => self.look_in_a_transaction(client, any)?,
        }
        Ok(())
    }

    /// Sends it; an error must be one of these. Whether it succeeded.
    fn send(
        &mut self,
        client: &mut RawClient,
        sql: &str,
        codes: &[&str],
    ) -> anyhow::Result<Option<Vec<Backend>>> {
        let text = spelled(&mut self.random, sql);
        let answer = if self.random.bool() && !sql.contains(';') {
            client.extended(&text)
        } else {
            client.simple(&text)
        };
        let answer = answer.with_context(|| sql.to_owned())?;
        self.other.secrets.expect_unseen(sql, &answer)?;
        let found = raw::error_in(&answer).map(|report| report.code().to_owned());
        let verb = sql.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let kind = format!("{verb} {}", found.as_deref().unwrap_or("done"));
        *self.account.outcomes.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
        match found {
            None => Ok(Some(answer)),
            Some(code) => {
                // Its current database may be taken away just when the statement begins.
                let is_known = codes.contains(&code.as_str())
                    || ["3D000", "3F000"].contains(&code.as_str())
                    || (code == "42000" && raw::lines(&answer).contains("not found"));
                ensure!(is_known, "{sql}: {}", raw::lines(&answer));
                Ok(None)
            }
        }
    }

    fn ask(&mut self, client: &mut RawClient, sql: &str, codes: &[&str]) -> anyhow::Result<()> {
        self.send(client, sql, codes).map(drop)
    }

    fn made(
        &mut self,
        client: &mut RawClient,
        sql: &str,
        changes: &[(&str, i64)],
        codes: &[&str],
    ) -> anyhow::Result<()> {
        if self.send(client, sql, codes)?.is_some() {
            for (name, change) in changes {
                self.account.count(name, *change);
            }
        }
        Ok(())
    }

    fn insert(&mut self, client: &mut RawClient) -> anyhow::Result<()> {
        let (session, row, mark) = (self.number, self.written, &self.account.mark);
        let sql = format!(
            "begin; insert into anchor.main.t values ({session}, {row}, '{mark}'); \
             insert into anchor.main.u values ({session}, {row}, '{mark}'); commit"
        );
        // A database that is copied waits for writers, and they for the copy.
        if self.send(client, &sql, &["55006"])?.is_some() {
            self.written += 1;
            self.account.rows.fetch_add(1, Ordering::Relaxed);
        } else {
            client.simple("rollback")?;
        }
        Ok(())
    }

    fn share(&mut self, client: &mut RawClient) -> anyhow::Result<()> {
        match self.random.u8(0..5) {
            0 => {
                let sql = "create or replace share s from anchor (access restricted, update automatic)";
                if let Some(answer) = self.send(client, sql, &["55006"])? {
                    let url = rows(&answer).concat();
                    self.account.secrets.add(url.rsplit('/').next().unwrap_or_default());
                    self.ask(
                        client,
                        &format!("attach if not exists '{url}' as shown"),
                        &["3D000", "42P04", "55006", "58030"],
                    )?;
                }
                Ok(())
            }
            1 => self.ask(client, "drop share if exists s", &["55006"]),
            2 => self.ask(client, "list shares", &[]),
            3 => self.ask(client, "grant read on share s to default", &["42704", "3D000"]),
            _ => self.ask(client, "update share s", &["42704", "3D000", "55006"]),
        }
    }

    /// A copy that is there is whole.
    fn look(&mut self, client: &mut RawClient, name: &str) -> anyhow::Result<()> {
        let codes = ["3D000", "42P01", "55006"];
        if let Some(answer) = self.send(client, &WHOLE.replace("DB", name), &codes)? {
            ensure!(rows(&answer) == ["0"], "{name} is no whole copy: {}", raw::lines(&answer));
        }
        Ok(())
    }

    fn look_in_a_transaction(&mut self, client: &mut RawClient, name: &str) -> anyhow::Result<()> {
        self.ask(client, "begin", &[])?;
        let count = format!("select count(*) from {name}.main.t");
        let codes = ["3D000", "42P01", "55006"];
        if let Some(first) = self.send(client, &count, &codes)? {
            thread::sleep(Duration::from_millis(self.random.u64(0..20)));
            if let Some(second) = self.send(client, &count, &["55006"])? {
                ensure!(
                    rows(&first) == rows(&second),
                    "{name} changes in a transaction: {first:?} {second:?}"
                );
            }
        }
        client.simple("rollback")?;
        Ok(())
    }
}

/// What must be when nothing runs any more.
fn settle(account: &Account, pintail: &Pintail) -> anyhow::Result<()> {
    let target = Target { port: pintail.target().port, ..account.target.clone() };
    let mut client = RawClient::connect(&target)?;
    let acknowledged = account.rows.load(Ordering::Relaxed).to_string();
    for table in ["t", "u"] {
        let found = client.value(&format!("select count(*) from anchor.main.{table}"))?;
        ensure!(found == acknowledged, "anchor.{table} has {found} rows, {acknowledged} were acknowledged");
    }
    let listed = super::super::listed(
        &mut client,
        "select lower(alias) from md_all_databases() where type = 'motherduck'",
    )?;
    for name in COUNTED {
        let count = account
            .names
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .copied()
            .unwrap_or_default();
        let found = listed.iter().filter(|listed| *listed == name).count();
        ensure!(
            i64::try_from(found)? == count,
            "{name} was made {count} times more than taken away; listed: {listed:?}"
        );
    }
    for name in &listed {
        client.simple(&format!("attach 'md:{name}'"))?;
        if name != "my_db" {
            let rows = client.rows(&WHOLE.replace("DB", name)).with_context(|| name.clone())?;
            ensure!(rows[0][0].as_deref() == Some("0"), "{name} is no whole copy");
        }
    }
    for id in super::super::listed(
        &mut client,
        "select snapshot_id from md_information_schema.database_snapshots limit 5",
    )? {
        client.rows(&format!("create or replace database r1 from snapshot '{id}'"))?;
        let rows = client.rows(&WHOLE.replace("DB", "r1"))?;
        ensure!(rows[0][0].as_deref() == Some("0"), "snapshot {id} is no whole copy");
    }
    Ok(())
}
