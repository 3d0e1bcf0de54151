//! The duckling as a process: the control link, the sessions' threads, start and end.
//!
//! Threads block here: one for the control link, one for deadlines, one for each session. There is no
//! async, since DuckDB's calls block.

mod inbox;
mod link;
mod release;
mod requests;
mod sessions;

use std::{
    io,
    os::fd::AsFd,
    process::ExitCode,
    sync::{Arc, mpsc},
    time::Duration,
};

use wire::{
    Diagnostic, SqlState,
    link::{Configuration, ProbeOrder, Secret, ShareChange, ToDuckling, ToGateway},
};

use self::{
    link::{ControlLink, Sender},
    release::Bell,
    requests::Requests,
    sessions::Sessions,
};
use crate::{
    history::History,
    instance::Database,
    notes::{self, Notes},
    platform::Platform,
    remote,
    sandbox::{self, Sandbox},
};

/// Why a duckling ended before its time.
#[derive(Debug, thiserror::Error)]
enum ProcessError {
    #[error("control link: {0}")]
    Link(#[from] io::Error),
    #[error("control link: the gateway did not begin with a configuration")]
    Unconfigured,
}

/// Runs the duckling on the control link that is its standard input, until the gateway ends it or is gone.
#[must_use]
pub fn run() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "duckling ends");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), ProcessError> {
    let mut sandbox = Sandbox::begin()?;
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    let mut link = ControlLink::new(socket)?;
    let configuration = match link.receive()? {
        Some((ToDuckling::Configure(configuration), _)) => configuration,
        Some((ToDuckling::Probe { configuration, order }, _)) => {
            return Ok(link.sender().send(&probe(sandbox, &configuration, &order)?)?);
        }
        Some(_) | None => return Err(ProcessError::Unconfigured),
    };
    let reply = link.sender();
    sandbox.enclose(&configuration)?;
    let mut proxy_port = None;
    if configuration.remote.is_some() {
        let (listener, port) = remote::open_listener()?;
        reply.give(&ToGateway::Egress, listener.into())?;
        proxy_port = Some(port);
    }
    let file = notes::file()?;
    reply.give(&ToGateway::Notes, file.try_clone()?)?;
    let teller = reply.clone();
    let absolve = move |fingerprint| {
        // When the gateway is gone, so is what it remembers.
        let _ = teller.send(&ToGateway::Absolved { fingerprint });
    };
    let notes = Notes::new(Some(file), &configuration.suspects, Box::new(absolve));
    let database = match open(&mut sandbox, &configuration, proxy_port, &reply) {
        Ok(database) => database.with_notes(notes),
        Err(failed) => {
            reply.send(&failed)?;
            return Ok(());
        }
    };
    let database = Arc::new(database);
    let requests = Arc::new(Requests::new(reply.clone()));
    let platform: Arc<dyn Platform> = requests.clone();
    database.workspace().connect(platform);
    if configuration.history {
        keep_history(&database, reply.clone())?;
    }
    let (bell, heard) = Bell::new();
    let grace = Duration::from_millis(configuration.stop_grace_ms);
    let sessions = Arc::new(Sessions::new(*configuration, Arc::clone(&database), reply.clone(), bell));
    sessions.watch_deadlines()?;
    database.disk().watch()?;
    if proxy_port.is_some() {
        release::watch(&sessions, heard, grace)?;
    }
    reply.send(&ToGateway::Ready { layers: sandbox.reports().to_vec() })?;
    database.workspace().watch_shares()?;
    let changes = follow_shares(&database)?;
    while let Some((frame, socket)) = link.receive()? {
        match (frame, socket) {
            (ToDuckling::Open(start), Some(socket)) => sessions.open(*start, socket),
            (ToDuckling::Open(_), None) => tracing::error!("a session came without its socket"),
            (ToDuckling::Cancel { session, sent_bytes }, _) => sessions.cancel(session, sent_bytes),
            (ToDuckling::Trouble(trouble), _) => sessions.note(trouble)?,
            (ToDuckling::Ping { number }, _) => reply.send(&ToGateway::Alive { number })?,
            (ToDuckling::Reply { number, outcome }, _) => requests.answered(number, outcome),
            (ToDuckling::Share(change), _) => announce(&database, &changes, change),
            (ToDuckling::BackUp { number, database: name }, _) => back_up(&database, number, name)?,
            (ToDuckling::Secrets { secrets }, _) => settle_secrets(&database, secrets)?,
            (ToDuckling::ShutDown, _) => shut_down(&sessions, &database)?,
            (ToDuckling::Configure(_) | ToDuckling::Probe { .. }, _) => {
                tracing::error!("a second configuration came and is ignored");
            }
        }
    }
    // The gateway is gone. Whatever still runs must not hold the database files any longer.
    std::process::exit(0)
}

/// What sessions run is sent to the gateway.
fn keep_history(database: &Database, reply: Sender) -> io::Result<()> {
    let history = History::start(move |rows| reply.send(&ToGateway::History { rows }))?;
    database.workspace().keep_history(history);
    Ok(())
}

/// Carries out what others do to shares, in a thread of its own: the link goes on meanwhile.
fn follow_shares(database: &Arc<Database>) -> io::Result<mpsc::Sender<ShareChange>> {
    let (sender, changes) = mpsc::channel();
    let workspace = Arc::clone(database.workspace());
    let thread = std::thread::Builder::new().name("changes".to_owned());
    thread.spawn(move || workspace.follow_shares(&changes))?;
    Ok(sender)
}

/// A share has changed: said at once, carried out by the thread for that, which lives as long as the process.
fn announce(database: &Database, changes: &mpsc::Sender<ShareChange>, change: ShareChange) {
    database.workspace().share_will_change(&change);
    drop(changes.send(change));
}

/// Has a database's file copied, in a thread of its own.
fn back_up(database: &Database, number: u64, name: String) -> io::Result<()> {
    let workspace = Arc::clone(database.workspace());
    let thread = std::thread::Builder::new().name("backup".to_owned());
    thread.spawn(move || workspace.back_up(number, &name)).map(drop)
}

/// Puts the account's secrets right, in a thread of its own.
fn settle_secrets(database: &Arc<Database>, secrets: Vec<Secret>) -> io::Result<()> {
    let keeper = Arc::clone(database.secrets());
    keeper.want(secrets);
    let thread = std::thread::Builder::new().name("secrets".to_owned());
    thread.spawn(move || keeper.settle()).map(drop)
}

/// Ends the sessions, publishes what is due, and ends the process, while the link goes on.
fn shut_down(sessions: &Arc<Sessions>, database: &Arc<Database>) -> io::Result<()> {
    let (sessions, database) = (Arc::clone(sessions), Arc::clone(database));
    let thread = std::thread::Builder::new().name("end".to_owned());
    thread.spawn(move || {
        sessions.shut_down();
        database.workspace().publish_all();
        database.workspace().checkpoint_all();
        database.workspace().history().into_iter().for_each(History::flush);
        std::process::exit(0)
    })?;
    Ok(())
}

/// Builds the box and tries to get out of it.
fn probe(
    mut sandbox: Sandbox,
    configuration: &Configuration,
    order: &ProbeOrder,
) -> Result<ToGateway, ProcessError> {
    sandbox.enclose(configuration)?;
    // That there is no Landlock is in the report, whether it is required or not.
    if let Err(error) = sandbox.restrict(configuration, None) {
        tracing::debug!(%error, "the box is not good enough");
    }
    let trials = sandbox::attempt(configuration, order);
    Ok(ToGateway::Probed { layers: sandbox.reports().to_vec(), trials })
}

/// Opens the engine inside of the box; what the gateway is told when that cannot be done.
fn open(
    sandbox: &mut Sandbox,
    configuration: &Configuration,
    proxy_port: Option<u16>,
    gateway: &Sender,
) -> Result<Database, Box<ToGateway>> {
    let failed = |error: &dyn std::fmt::Display, culprit| {
        tracing::error!(%error, "the account's databases cannot be opened");
        let diagnostic =
            Diagnostic::fatal(SqlState::CANNOT_CONNECT_NOW, "the account's databases cannot be opened")
                .with_detail(error.to_string())
                .with_hint("The server's log says why; try again later.");
        Box::new(ToGateway::Failed { diagnostic, culprit })
    };
    sandbox.restrict(configuration, proxy_port).map_err(|error| failed(&error, None))?;
    let announce = |path: Option<&str>| {
        // When the gateway is gone, the next read of the link says so.
        let _ = gateway.send(&ToGateway::Opening { path: path.map(str::to_owned) });
    };
    Database::open(configuration, proxy_port, &announce).map_err(|error| failed(&error.error, error.culprit))
}
