//! Crashes: the gateway or a duckling is killed at some moment while clients create, drop, rename, copy, share and
//! snapshot databases. Afterwards everything that was acknowledged is there; what was not is there whole, or not at all;
//! and the files are those that the store names.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use harness::{Backend, Pintail, RawClient, Target, config, process, raw};
use rusqlite::{Connection, OpenFlags};
use rustix::process::Signal;

use super::{
    model::{self, Expected, Operation, SessionState, State, apply, predict, settle},
    wait_until,
};

/// In `make test`.
const ROUNDS: u64 = 5;

/// Rows of the first database, so that copies take a while.
const ROWS: u64 = 300_000;

/// How long a round lasts at most before something is killed, in milliseconds.
const LATEST_MS: u64 = 500;

/// How long an account may take to answer again.
const BACK: Duration = Duration::from_secs(30);

struct Side {
    target: Target,
    mark: String,
    state: State,
    random: fastrand::Rng,
    /// What has been sent, answered or not.
    sent: u64,
}

/// How a side's round ended.
enum Ending {
    /// Its connection did not end.
    Whole,
    /// What was sent last, from the database with this number, was not answered.
    Cut(Operation, Option<u64>),
}

#[test]
#[ignore = "a heavy one, with kills at random moments: make crash"]
fn after_a_crash_the_store_and_the_files_agree() -> anyhow::Result<()> {
    let (rounds, seed) = (config::crash_rounds().unwrap_or(ROUNDS), model::seed());
    let mut random = fastrand::Rng::with_seed(seed);
    let settings =
        [("SHARES_SETTLE_MS", "3600000"), ("LIMITS_SNAPSHOTS", "100000"), ("DUCKLING_CRASH_BACKOFF_S", "0")];
    let mut pintail = Pintail::configured(&settings)?;
    let _third = pintail.other_account("third")?;
    let mut sides = [Side::new(&pintail, "left", seed)?, Side::new(&pintail, "right", seed + 1)?];
    let (mut of_gateway, mut cut) = (0, 0);
    for round in 0..rounds {
        let at = Duration::from_micros(random.u64(0..LATEST_MS * 1000));
        let kill_gateway = random.bool();
        of_gateway += u64::from(kill_gateway);
        let endings = interrupt(&mut pintail, &mut sides, at, (kill_gateway, &mut random))?;
        cut += endings.iter().filter(|ending| matches!(ending, Ending::Cut(..))).count();
        let what = format!("round {round}, killed after {at:?}: gateway {kill_gateway}");
        for (side, ending) in sides.iter_mut().zip(&endings) {
            side.target.port = pintail.target().port;
            side.recover(ending).with_context(|| format!("{what}; {}", side.mark))?;
        }
        files_agree(&pintail.data()).context(what)?;
    }
    let sent: u64 = sides.iter().map(|side| side.sent).sum();
    println!("{rounds} rounds, {of_gateway} of the gateway; {sent} statements, {cut} cut off");
    Ok(())
}

/// Lets both sides work until something is killed, and starts it again.
fn interrupt(
    pintail: &mut Pintail,
    sides: &mut [Side; 2],
    at: Duration,
    (kill_gateway, random): (bool, &mut fastrand::Rng),
) -> anyhow::Result<Vec<Ending>> {
    let over = AtomicBool::new(false);
    let mut clients = Vec::new();
    for side in sides.iter() {
        clients.push(RawClient::connect(&side.target)?);
    }
    let ducklings = pintail.ducklings();
    let (endings, orphans) = thread::scope(|scope| -> anyhow::Result<_> {
        let over = &over;
        let work = |(side, client): (&'_ mut Side, RawClient)| side.work(client, over);
        let pairs: Vec<_> = sides.iter_mut().zip(clients).collect();
        let threads: Vec<_> = pairs.into_iter().map(|pair| scope.spawn(move || work(pair))).collect();
        thread::sleep(at);
        let orphans = if kill_gateway {
            pintail.crash()?
        } else {
            let victim = ducklings[random.usize(0..ducklings.len())];
            process::signal(victim, Signal::KILL);
            vec![victim]
        };
        over.store(true, Ordering::Relaxed);
        let endings = threads.into_iter().map(|thread| thread.join().expect("a side"));
        Ok((endings.collect::<anyhow::Result<Vec<_>>>()?, orphans))
    })?;
    if kill_gateway {
        pintail.start_again()?;
    }
    wait_until("orphaned processes to end", || Ok(!orphans.iter().any(|pid| process::is_running(*pid))))?;
    Ok(endings)
}

impl Side {
    fn new(pintail: &Pintail, name: &str, seed: u64) -> anyhow::Result<Self> {
        let target = pintail.other_account(name)?;
        let mark = format!("mark_of_{name}");
        let mut client = RawClient::connect(&target)?;
        client.rows(&format!(
            "create table my_db.main.t(mark varchar); insert into t select '{mark}' from range({ROWS})"
        ))?;
        let mut state = State::new();
        state.databases[0].rows = Some(ROWS);
        Ok(Self { target, mark, state, random: fastrand::Rng::with_seed(seed), sent: 0 })
    }

    /// Sends statements that the model predicts until the connection ends.
    fn work(&mut self, mut client: RawClient, over: &AtomicBool) -> anyhow::Result<Ending> {
        let mut sessions = vec![SessionState::default()];
        while !over.load(Ordering::Relaxed) {
            settle(&self.state, &mut sessions[0]);
            let operation = self.choose(&sessions);
            let expected = predict(&self.state, &sessions, 0, &operation);
            let sql = operation.sql(&self.mark);
            self.sent += 1;
            let answer = client.simple(&sql).unwrap_or_default();
            // Not an answer but the end: the process is gone, or the gateway.
            let has_ended = !matches!(answer.last(), Some(Backend::ReadyForQuery(_)));
            let is_broken = raw::error_in(&answer).is_some_and(|report| report.code().starts_with("57P"));
            if has_ended || is_broken {
                return Ok(Ending::Cut(operation, sessions[0].place));
            }
            model::judge(&expected, &answer, &self.mark)
                .with_context(|| format!("{sql} in {:?}", self.state))?;
            if raw::error_in(&answer).is_none() {
                let url = answer.iter().find_map(|message| match message {
                    Backend::DataRow(row) => row.first().cloned().flatten(),
                    _ => None,
                });
                let value = String::from_utf8_lossy(&url.unwrap_or_default()).into_owned();
                apply(&mut self.state, &mut sessions, 0, &operation, &value);
            }
        }
        Ok(Ending::Whole)
    }

    fn choose(&mut self, sessions: &[SessionState]) -> Operation {
        loop {
            let mut operation = Operation::random(&mut self.random, &self.state, None);
            if let Operation::CreateShare { options, .. } = &mut operation {
                // One that follows by itself would have changed after a restart.
                options[2] = "manual";
            }
            let is_wanted = match operation {
                Operation::Begin | Operation::Commit | Operation::Rollback | Operation::Count(_) => false,
                Operation::List(_) => self.random.u8(0..10) == 0,
                _ => true,
            };
            if is_wanted && predict(&self.state, sessions, 0, &operation) != Expected::Skip {
                return operation;
            }
        }
    }

    /// Connects again, and finds out whether what was not answered has happened.
    fn recover(&mut self, ending: &Ending) -> anyhow::Result<()> {
        let mut client = self.connect()?;
        self.state.shares.iter_mut().for_each(|share| share.former = None);
        let mut possible = vec![self.state.clone()];
        if let Ending::Cut(operation, place) = ending {
            possible.extend(self.if_done(&mut client, operation, *place)?);
        }
        let mut complaints = Vec::new();
        for state in possible {
            match model::observe(&mut client, &state, &self.mark) {
                Ok(()) => {
                    self.state = state;
                    return self.look_closer(&mut client);
                }
                Err(error) => complaints.push(format!("{error:#}")),
            }
        }
        let cut = match ending {
            Ending::Whole => "nothing".to_owned(),
            Ending::Cut(operation, place) => format!("{operation:?} from {place:?}"),
        };
        bail!(
            "unanswered: {cut}; neither without it nor with it:\n{}\n{:?}",
            complaints.join("\n"),
            self.state
        )
    }

    /// The state if the statement that was not answered has been carried out.
    fn if_done(
        &self,
        client: &mut RawClient,
        operation: &Operation,
        place: Option<u64>,
    ) -> anyhow::Result<Option<State>> {
        let mut sessions = vec![SessionState { place, block: None }];
        let expected = predict(&self.state, &sessions, 0, operation);
        if !matches!(expected, Expected::Success | Expected::Unsure(_)) {
            return Ok(None);
        }
        let mut url = String::new();
        if let Operation::CreateShare { name, .. } = operation {
            let sql = format!("select url from md_list_database_shares() where lower(name) = '{name}'");
            url = client.rows(&sql)?.into_iter().flatten().flatten().next().unwrap_or_default();
        }
        let mut state = self.state.clone();
        apply(&mut state, &mut sessions, 0, operation, &url);
        state.shares.iter_mut().for_each(|share| share.former = None);
        Ok(Some(state))
    }

    fn connect(&self) -> anyhow::Result<RawClient> {
        let deadline = Instant::now() + BACK;
        loop {
            let connected = RawClient::connect(&self.target).and_then(|mut client| {
                client.value("select 1")?;
                Ok(client)
            });
            match connected {
                Ok(client) => return Ok(client),
                Err(error) if Instant::now() > deadline => bail!("the account does not come back: {error:#}"),
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// What is detached, dropped or kept in a snapshot can be had, and is whole.
    fn look_closer(&self, client: &mut RawClient) -> anyhow::Result<()> {
        for database in self.state.databases.iter().filter(|database| !database.is_attached) {
            client.rows(&Operation::Attach(database.name.clone()).sql(""))?;
            self.expect_rows(client, &database.name, database.rows)?;
            client.rows(&Operation::Detach { name: database.name.clone(), if_exists: false }.sql(""))?;
        }
        let names = self.state.snapshots.iter().filter_map(|snapshot| snapshot.name.as_deref());
        let unique =
            names.map(|name| (name, self.state.snapshots_named(name))).find(|(_, all)| all.len() == 1);
        if let Some((name, all)) = unique {
            client.rows(&format!("create or replace database restored from snapshot \"{name}\""))?;
            self.expect_rows(client, "restored", all[0].rows)?;
            client.rows("drop database restored")?;
        }
        Ok(())
    }

    fn expect_rows(&self, client: &mut RawClient, name: &str, rows: Option<u64>) -> anyhow::Result<()> {
        let expected = rows.map_or(Expected::Codes(vec!["42P01"]), |rows| Expected::Rows(vec![rows]));
        let answer = client.simple(&Operation::Count(name.to_owned()).sql(&self.mark))?;
        model::judge(&expected, &answer, &self.mark).with_context(|| format!("rows of {name}"))
    }
}

/// The names in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// One column of the store's, as texts.
fn column(store: &Connection, sql: &str) -> anyhow::Result<BTreeSet<String>> {
    let mut statement = store.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether there are the files that the store's rows name, and no others.
fn files_agree(data: &Path) -> anyhow::Result<()> {
    let store = Connection::open_with_flags(data.join("store.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    for account in column(&store, "SELECT id || '' FROM accounts WHERE name IN ('left', 'right')")? {
        let folder = data.join("accounts").join(&account);
        let known =
            column(&store, &format!("SELECT id || '.duckdb' FROM databases WHERE account = {account}"))?;
        let found = names(&folder.join("db"));
        let logs = |name: &&String| !known.contains(*name) && !known.contains(name.trim_end_matches(".wal"));
        let odd: Vec<_> = found.iter().filter(logs).collect();
        ensure!(odd.is_empty(), "account {account} has files that no row names: {odd:?}; rows: {known:?}");
        let missing: Vec<_> = known.difference(&found).collect();
        ensure!(missing.is_empty(), "account {account} has no files for {missing:?}; there are {found:?}");
        let snapshots = column(
            &store,
            &format!(
                "SELECT snapshots.id || '.duckdb' FROM snapshots JOIN databases ON databases.id = snapshots.database \
                 WHERE account = {account}"
            ),
        )?;
        let found = names(&folder.join("snapshots"));
        ensure!(found == snapshots, "snapshots of account {account}: files {found:?}, rows {snapshots:?}");
    }
    let mut last = String::new();
    // Former states go after the answer.
    let agreed = wait_until("the files of shares to agree", || {
        let known = column(
            &store,
            "SELECT id || CASE version WHEN 0 THEN '' ELSE '-' || version END || '.duckdb' FROM shares",
        )?;
        let found = names(&data.join("shares"));
        let linked: BTreeSet<String> = names(&data.join("accounts"))
            .iter()
            .flat_map(|account| names(&data.join("accounts").join(account).join("shares")))
            .collect();
        last = format!("files {found:?}, rows {known:?}, links {linked:?}");
        Ok(found == known && linked.is_subset(&known))
    });
    agreed.with_context(|| last)
}
