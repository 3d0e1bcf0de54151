//! One statement of an account at a time: every answer is predicted. Which session sends it, by which protocol and in
//! which spelling, is random; the two accounts run side by side, each as fast as it can.

use std::{
    collections::BTreeMap,
    sync::{
        Barrier, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use harness::{Backend, Pintail, RawClient, Target, raw};

use super::{
    Expected, Listing, Operation, SESSIONS, Secrets, SessionState, State, apply, effect::fail,
    operation::OPTIONS, predict, settle, spelled,
};

/// How many of the last statements a failure shows.
const SHOWN: usize = 100;

/// An account, as the driver and the model know it.
pub(crate) struct Account {
    pub target: Target,
    pub mark: String,
    ledger: Mutex<Ledger>,
    secrets: Secrets,
    /// Addresses of its shares that nobody else may read.
    addresses: Mutex<Vec<String>>,
}

struct Ledger {
    state: State,
    sessions: Vec<SessionState>,
    log: Vec<String>,
    counts: BTreeMap<String, u64>,
}

impl Account {
    fn new(pintail: &Pintail, name: &str, seed: u64) -> anyhow::Result<Self> {
        let target = pintail.other_account(name)?;
        let mark = format!("mark_of_{name}_{seed}");
        let secrets = Secrets::default();
        secrets.add(&mark);
        secrets.add(&target.password);
        let ledger = Ledger {
            state: State::new(),
            sessions: vec![SessionState::default(); SESSIONS],
            log: Vec::new(),
            counts: BTreeMap::new(),
        };
        Ok(Self { target, mark, ledger: Mutex::new(ledger), secrets, addresses: Mutex::default() })
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn addresses(&self) -> MutexGuard<'_, Vec<String>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn run(duration: Duration, seed: u64) -> anyhow::Result<()> {
    let mut pintail =
        Pintail::configured(&[("SHARES_SETTLE_MS", "3600000"), ("LIMITS_SNAPSHOTS", "100000")])?;
    let _third = pintail.other_account("third")?;
    let accounts = [Account::new(&pintail, "left", seed)?, Account::new(&pintail, "right", seed)?];
    let over = AtomicBool::new(false);
    let until = Instant::now() + duration;
    // Where a session is counts from its beginning.
    let begin = Barrier::new(accounts.len() * (SESSIONS + 1));
    let outcome = thread::scope(|scope| {
        let mut threads = Vec::new();
        for (side, account) in accounts.iter().enumerate() {
            let (other, over, begin) = (&accounts[1 - side], &over, &begin);
            for number in 0..SESSIONS {
                let random =
                    fastrand::Rng::with_seed(seed.wrapping_mul(1000) + u64::try_from(side * 100 + number)?);
                threads.push(
                    scope.spawn(move || session((account, other), number, random, (begin, over, until))),
                );
            }
            threads.push(scope.spawn(move || {
                watch(account, other, (begin, over, until))?;
                Ok(None)
            }));
        }
        let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("a session")).collect();
        outcomes.into_iter().collect::<anyhow::Result<Vec<_>>>()
    });
    for account in &accounts {
        println!("{}: {:?}", account.mark, account.ledger().counts);
    }
    if outcome.is_err() {
        let log = pintail.log();
        println!("{}", log.lines().filter(|line| line.contains("WARN")).collect::<Vec<_>>().join("\n"));
    }
    outcome?;
    compare(&accounts, &pintail, "at the end")?;
    pintail.start_again()?;
    compare(&accounts, &pintail, "after a restart")
}

/// One session's part.
fn session(
    (account, other): (&Account, &Account),
    number: usize,
    mut random: fastrand::Rng,
    (begin, over, until): (&Barrier, &AtomicBool, Instant),
) -> anyhow::Result<Option<RawClient>> {
    let client = RawClient::connect(&account.target);
    settle(&State::new(), &mut account.ledger().sessions[number]);
    begin.wait();
    let mut client = client?;
    while Instant::now() < until && !over.load(Ordering::Relaxed) {
        let outcome = step(account, other, number, &mut random, &mut client);
        if let Err(error) = outcome {
            let already = over.swap(true, Ordering::Relaxed);
            if already {
                return Ok(Some(client));
            }
            let log = account.ledger().log.clone();
            let last = log[log.len().saturating_sub(SHOWN)..].join("\n  ");
            return Err(error.context(format!("the last statements:\n  {last}")));
        }
        thread::sleep(Duration::from_micros(random.u64(0..2000)));
    }
    // Until all have ended: where it is counts for the last statements of the others.
    Ok(Some(client))
}

fn step(
    account: &Account,
    other: &Account,
    number: usize,
    random: &mut fastrand::Rng,
    client: &mut RawClient,
) -> anyhow::Result<()> {
    let mut ledger = account.ledger();
    let Ledger { state, sessions, log, counts } = &mut *ledger;
    if random.u8(0..100) == 0
        && sessions[number].block.is_none()
        && sessions[number].place == Some(state.default_id())
    {
        // In the default database others are anyway, so that its leaving changes nothing.
        *client = RawClient::connect(&account.target)?;
        sessions[number] = SessionState::default();
    }
    settle(state, &mut sessions[number]);
    let (operation, expected) = choose(state, sessions, number, (random, other));
    let sql = spelled(random, &operation.sql(&account.mark));
    let extended = random.bool();
    let answer = if extended { client.extended(&sql) } else { client.simple(&sql) };
    let answer = answer.with_context(|| sql.clone())?;
    let found = raw::error_in(&answer).map_or("done", |report| report.code()).to_owned();
    let notices = answer.iter().filter_map(|message| match message {
        Backend::Notice(report) => Some(format!(" [{}]", report.message())),
        _ => None,
    });
    let notices: String = notices.collect();
    log.push(format!("{number}: {sql} -> {found}{notices} (expected {expected:?})"));
    let kind = format!("{operation:?}");
    let kind = kind.split(['(', ' ', '{']).next().unwrap_or_default();
    *counts.entry(format!("{kind} {found}")).or_default() += 1;
    other.secrets.expect_unseen(&sql, &answer)?;
    judge(&expected, &answer, &account.mark)
        .with_context(|| format!("{operation:?} of session {number} in {state:?}; sessions: {sessions:?}"))?;
    if found == "done" {
        let value = first_value(&answer);
        apply(state, sessions, number, &operation, &value);
        remember(account, state, &operation, &value)?;
    } else {
        fail(state, &mut sessions[number], &operation);
    }
    let status = if sessions[number].block.as_ref().is_some_and(|block| block.is_failed) {
        'E'
    } else if sessions[number].block.is_some() {
        'T'
    } else {
        'I'
    };
    ensure!(
        answer.last() == Some(&Backend::ReadyForQuery(status)),
        "{sql}: status {status} expected: {answer:?}"
    );
    Ok(())
}

fn choose(
    state: &State,
    sessions: &[SessionState],
    number: usize,
    (random, other): (&mut fastrand::Rng, &Account),
) -> (Operation, Expected) {
    let block = sessions[number].block.as_ref();
    let forced = match block {
        Some(block) if block.is_failed => Some(Operation::Rollback),
        Some(block) if block.is_lost => Some(Operation::Commit),
        Some(_) | None => None,
    };
    if let Some(operation) = forced {
        let expected = predict(state, sessions, number, &operation);
        return (operation, expected);
    }
    let addresses = other.addresses();
    let url = (!addresses.is_empty()).then(|| addresses[random.usize(0..addresses.len())].clone());
    drop(addresses);
    loop {
        let operation = Operation::random(random, state, url.as_ref());
        match predict(state, sessions, number, &operation) {
            Expected::Skip => {}
            expected => return (operation, expected),
        }
    }
}

/// What is made is known by its address or text from now on.
fn remember(account: &Account, state: &State, operation: &Operation, value: &str) -> anyhow::Result<()> {
    match operation {
        Operation::CreateShare { name, options, .. } => {
            let share = state.share(name).context("a share")?;
            ensure!(share.url == value.to_lowercase(), "the address is {value}, and was {}", share.url);
            account.secrets.add(value.rsplit('/').next().unwrap_or_default());
            if share.options[0] == OPTIONS[0][0] && options[0] == OPTIONS[0][0] {
                account.addresses().push(value.to_owned());
            }
        }
        Operation::CreateToken(_) => account.secrets.add(value),
        _ => {}
    }
    Ok(())
}

fn first_value(answer: &[Backend]) -> String {
    let row = answer.iter().find_map(|message| match message {
        Backend::DataRow(row) => row.first().cloned().flatten(),
        _ => None,
    });
    row.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// The rows of an answer, sorted, their values separated by bars.
pub(crate) fn rows(answer: &[Backend]) -> Vec<String> {
    let text = |value: &Option<Vec<u8>>| {
        value.as_ref().map_or_else(|| "null".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    let row = |message: &Backend| match message {
        Backend::DataRow(row) => Some(row.iter().map(text).collect::<Vec<_>>().join("|")),
        _ => None,
    };
    let mut rows: Vec<String> = answer.iter().filter_map(row).collect();
    rows.sort();
    rows
}

/// Whether the answer is what was expected.
pub(crate) fn judge(expected: &Expected, answer: &[Backend], mark: &str) -> anyhow::Result<()> {
    let found = raw::error_in(answer).map(harness::Report::code);
    match (expected, found) {
        (Expected::Success | Expected::Unsure(_), None) => {}
        (Expected::Codes(codes) | Expected::Unsure(codes), Some(code)) if codes.contains(&code) => {}
        (Expected::Lines(lines), None) => {
            let rows = rows(answer);
            ensure!(rows == *lines, "listed: {rows:#?}\nexpected: {lines:#?}");
        }
        (Expected::Rows(allowed), None) => {
            let rows = rows(answer);
            let first = rows.first().map(|row| row.split('|').collect::<Vec<_>>()).unwrap_or_default();
            let [count, least, most] = first[..] else { bail!("{rows:?}") };
            ensure!(allowed.contains(&count.parse()?), "{count} rows; expected one of {allowed:?}");
            let is_own = |text: &str| text == mark || (count == "0" && text == "null");
            ensure!(is_own(least) && is_own(most), "rows of somebody else: {rows:?}");
        }
        (_, _) => bail!("expected {expected:?}, but it was answered: {}", raw::lines(answer)),
    }
    Ok(())
}

/// Sessions of other kinds beside them: one in attach mode single.
fn watch(
    account: &Account,
    other: &Account,
    (begin, over, until): (&Barrier, &AtomicBool, Instant),
) -> anyhow::Result<()> {
    let single = RawClient::connect_with(&account.target, &[("options", "--attach_mode=single")]);
    begin.wait();
    let mut single = single?;
    while Instant::now() < until && !over.load(Ordering::Relaxed) {
        {
            let ledger = account.ledger();
            let default = &ledger
                .state
                .databases
                .iter()
                .find(|database| database.is_default)
                .context("a default")?
                .name;
            for sql in [
                "show databases",
                "select distinct database_name from duckdb_tables()",
                "from duckdb_databases()",
            ] {
                let answer = single.simple(sql)?;
                other.secrets.expect_unseen(sql, &answer)?;
                let rows = rows(&answer);
                let is_own = |row: &String| row.split('|').any(|value| value.to_lowercase() == *default);
                if rows.len() > 1 || !rows.iter().all(is_own) {
                    over.store(true, Ordering::Relaxed);
                    bail!("in single mode: {sql}: {rows:?}");
                }
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn compare(accounts: &[Account], pintail: &Pintail, when: &str) -> anyhow::Result<()> {
    for (side, account) in accounts.iter().enumerate() {
        let target = Target { port: pintail.target().port, ..account.target.clone() };
        let mut client = RawClient::connect(&target)?;
        let state = account.ledger().state.clone();
        observe(&mut client, &state, &account.mark)
            .with_context(|| format!("{} {when}: {state:?}", account.mark))?;
        for sql in ["from md_all_databases()", "from duckdb_databases()", "from duckdb_tables()"] {
            accounts[1 - side].secrets.expect_unseen(sql, &client.simple(sql)?)?;
        }
    }
    Ok(())
}

/// Whether everything that there is can be seen and read as the model has it.
pub(crate) fn observe(client: &mut RawClient, state: &State, mark: &str) -> anyhow::Result<()> {
    for listing in
        [Listing::AllDatabases, Listing::Shares, Listing::Snapshots, Listing::Tokens, Listing::Storage]
    {
        let answer = client.simple(listing.sql())?;
        judge(&Expected::Lines(listing.lines(state)), &answer, mark)
            .with_context(|| format!("{listing:?}"))?;
    }
    let own = state.databases.iter().filter(|database| database.is_attached).map(|d| (&d.name, d.rows));
    let shares =
        state.shares.iter().filter_map(|share| share.attached_as.as_ref().map(|name| (name, share.rows)));
    for (name, rows) in own.chain(shares) {
        let expected = rows.map_or(Expected::Codes(vec!["42P01"]), |rows| Expected::Rows(vec![rows]));
        let answer = client.simple(&Operation::Count(name.clone()).sql(mark))?;
        judge(&expected, &answer, mark).with_context(|| format!("rows of {name}"))?;
    }
    Ok(())
}
