//! One client's session: a state machine from frontend messages to backend messages.
//!
//! It does no input or output of its own: messages come in decoded, answers go into [`Out`]. One `match`
//! over all messages; each state and each message has its own file. Protocol pages "Message Flow" and
//! "Message Formats".

mod activity;
mod block;
mod chronicle;
mod constraint;
mod copy;
mod cursor;
mod execute;
mod explain;
mod extended;
mod greeting;
mod guard;
mod kept;
mod limits;
mod own;
mod parameters;
mod place;
mod plan;
mod platform;
mod portal;
mod prepared;
mod refusal;
mod rows;
mod run;
mod savepoint;
mod simple;
mod source;
mod tell;
mod translate;
mod transaction;
mod types_on_disk;
mod utility;
mod words;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, HashMap},
    io,
    rc::Rc,
    sync::Arc,
};

use engine::Connection;
use wire::{
    Diagnostic, SqlState, backend,
    frontend::{Frontend, FrontendError},
    link::{SessionLimits, SessionStart},
};

pub(crate) use activity::{Activity, Alarm, Ending, Stop, shut_down};
pub(crate) use copy::CopySpool;
pub(crate) use guard::{SessionGuard, Verdicts};
pub(crate) use tell::Teller;

use self::{
    chronicle::Chronicle,
    constraint::Violation,
    copy::CopyingIn,
    limits::Writing,
    portal::Portal,
    prepared::Prepared,
    refusal::Fatal,
    transaction::{Block, Transaction},
};
use crate::{
    disk::Disk,
    notes::{Entry, Notes},
    out::Out,
    platform::Member,
    policy::{Profile, Target},
    remote::{Keeper, Troubles},
    settings::Settings,
};

/// What the session waits for.
enum State {
    /// Any message.
    Ready,
    /// After an error in extended messages: Sync.
    Drain,
    /// COPY data.
    CopyIn(Box<CopyingIn>),
    /// Nothing: the session is over.
    Done,
}

/// Whether a session goes on after a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// It waits for the next message.
    Continue,
    /// It is over.
    End,
    /// It is over, and the engine's instance cannot be used any more.
    EndProcess,
}

/// One message from the client.
pub(crate) struct Incoming<'m> {
    /// Its type byte.
    pub kind: u8,
    /// What it says.
    pub message: Result<Frontend<'m>, FrontendError>,
    /// Whether the next message has come already and is Sync.
    pub sync_follows: bool,
}

/// What a session may use.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Whether the session's token only reads.
    pub is_reader: bool,
    /// What the suspended portals of a session may keep, in bytes.
    pub portal_spool_limit_bytes: u64,
    /// The longest value, in bytes.
    pub max_value_bytes: usize,
    /// The names of DuckDB's own settings, which are refused and not unknown.
    pub engine_settings: Arc<BTreeSet<String>>,
    /// Why requests to remote hosts failed.
    pub troubles: Arc<Troubles>,
    /// Where COPY keeps whole files.
    pub copy_spool: Arc<CopySpool>,
    /// What may be written.
    pub disk: Arc<Disk>,
    /// Where it is noted what runs.
    pub notes: Arc<Notes>,
    /// The extensions that are loaded, DuckDB's own among them.
    pub extensions: Arc<[String]>,
    /// How near to the reference the SQL is.
    pub profile: Profile,
    /// Whether it may have the server keep secrets.
    pub secrets_by_sql: bool,
    /// The account's secrets.
    pub secrets: Arc<Keeper>,
}

/// One client's session.
pub(crate) struct Session {
    // Portals hold streams of the connection: they go first.
    portals: HashMap<String, Portal>,
    statements: HashMap<String, Rc<Prepared>>,
    connection: Connection,
    activity: Activity,
    verdicts: Verdicts,
    teller: Teller,
    settings: Settings,
    transaction: Transaction,
    state: State,
    /// Whether ReadyForQuery was the last that the client was told.
    is_idle: bool,
    /// How many portals it has opened.
    opened: u64,
    /// The portal whose stream the connection holds open.
    streaming: Option<String>,
    /// Its part in the account's workspace.
    member: Arc<Member>,
    /// What it has run.
    chronicle: Chronicle,
    /// The workspace's epoch when it last looked.
    workspace_epoch: u64,
    /// Why its transaction cannot go on.
    lost: Option<String>,
    /// The current database, as DuckDB has been told.
    place: String,
    /// Where a ROLLBACK leads back to, as others have been told.
    back: Option<String>,
    /// Raised by whatever DuckDB does not rebind prepared statements for.
    epoch: u64,
    /// Whether SQL changed state that lives in the engine's connection (USE, variables, …).
    has_engine_state: bool,
    /// The table that the statement at hand writes to.
    target: Option<Target>,
    /// The constraint that it has violated.
    violation: Option<Violation>,
    /// Whether the engine's instance has failed for good.
    is_broken: bool,
    limits: Limits,
    /// What this session may do of what its account may.
    bounds: SessionLimits,
    /// What it is running, as the gateway finds it after a crash.
    note: Option<Entry>,
    /// The room that it takes on the disk.
    writing: Writing,
}

/// Why a statement, or the whole session, cannot go on.
enum Failure {
    /// The client is told.
    Diagnosed(Box<Diagnostic>),
    /// Nobody is left to tell.
    Gone(io::Error),
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Diagnosed(Box::new(diagnostic))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

type Outcome<T = ()> = Result<T, Failure>;

impl Session {
    /// A session on a fresh connection.
    #[must_use]
    pub(crate) fn new(
        connection: Connection,
        guard: SessionGuard,
        limits: Limits,
        alarm: Arc<Alarm>,
    ) -> Self {
        let activity = Activity::new(connection.interrupter(), alarm);
        guard.teller.set_activity(activity.clone());
        Self {
            portals: HashMap::new(),
            statements: HashMap::new(),
            connection,
            activity,
            verdicts: guard.verdicts,
            teller: guard.teller,
            settings: Settings::default(),
            transaction: Transaction::default(),
            state: State::Ready,
            is_idle: false,
            opened: 0,
            streaming: None,
            member: guard.member,
            chronicle: Chronicle::default(),
            workspace_epoch: 0,
            lost: None,
            place: String::new(),
            back: None,
            epoch: 0,
            has_engine_state: false,
            target: None,
            violation: None,
            is_broken: false,
            limits,
            bounds: SessionLimits::default(),
            note: None,
            writing: Writing::default(),
        }
    }

    /// The handle with which other threads stop what it does.
    #[must_use]
    pub(crate) fn activity(&self) -> Activity {
        self.activity.clone()
    }

    /// Begins: settings, database, and what the client is told first.
    ///
    /// # Errors
    /// When the gateway is gone.
    pub(crate) fn start(&mut self, start: &SessionStart, out: &mut Out) -> io::Result<Flow> {
        self.limits.is_reader = start.read_only;
        if start.read_only {
            self.member.be_reader();
        }
        let outcome = self.greet(start, out);
        self.settle(outcome, out)
    }

    /// How long the session may wait for the next message, if there is a limit.
    #[must_use]
    pub(crate) fn idle_timeout_ms(&self) -> u64 {
        if matches!(self.state, State::CopyIn(_)) {
            return copy::CANCEL_CHECK_MS;
        }
        let idle = match self.transaction.block {
            Block::None => self.settings.milliseconds("idle_session_timeout"),
            Block::Implicit => 0,
            Block::Explicit | Block::Failed => {
                self.settings.milliseconds("idle_in_transaction_session_timeout")
            }
        };
        // Between the messages of a pipeline the session is not idle.
        let idle = if self.is_idle { idle } else { 0 };
        let transaction = self.transaction.begun.then(|| self.activity.transaction_time_left()).flatten();
        match transaction.map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1)) {
            Some(left) if idle == 0 || left <= idle => left,
            Some(_) | None => idle,
        }
    }

    /// The time of [`Session::idle_timeout_ms`] has passed: ends the session, or lets a COPY that waits for
    /// data see whether it was cancelled.
    ///
    /// # Errors
    /// When the gateway is gone.
    pub(crate) fn idle_timeout(&mut self, out: &mut Out) -> io::Result<Flow> {
        match std::mem::replace(&mut self.state, State::Ready) {
            State::CopyIn(copying) => {
                let outcome = self.check_copy_in(copying, out);
                return self.settle(outcome, out);
            }
            other @ (State::Ready | State::Drain | State::Done) => self.state = other,
        }
        let left = self.transaction.begun.then(|| self.activity.transaction_time_left()).flatten();
        if left.is_some_and(|left| left.is_zero()) {
            return self.settle(Err(activity::transaction_timeout().into()), out);
        }
        if !self.is_idle {
            // The transaction's time is not quite up.
            return Ok(Flow::Continue);
        }
        let diagnostic = match self.transaction.block {
            Block::None | Block::Implicit => Diagnostic::fatal(
                SqlState::IDLE_SESSION_TIMEOUT,
                "terminating connection due to idle-session timeout",
            ),
            Block::Explicit | Block::Failed => Diagnostic::fatal(
                SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                "terminating connection due to idle-in-transaction timeout",
            ),
        };
        self.settle(Err(diagnostic.into()), out)
    }

    /// Ends the session with 57P01.
    ///
    /// # Errors
    /// When the gateway is gone.
    pub(crate) fn shut_down(&mut self, out: &mut Out) -> io::Result<Flow> {
        self.settle(Err(shut_down().into()), out)
    }

    /// Takes one message.
    ///
    /// # Errors
    /// When the gateway is gone.
    pub(crate) fn handle(&mut self, incoming: Incoming<'_>, out: &mut Out) -> io::Result<Flow> {
        self.is_idle = false;
        self.teller.begin_statement();
        self.member.wakes();
        let outcome = match std::mem::replace(&mut self.state, State::Ready) {
            State::Ready => {
                self.catch_up(out);
                self.ready(incoming, out)
            }
            State::Drain => self.drain(&incoming.message, out),
            State::CopyIn(copying) => self.copy_in(copying, &incoming.message, out),
            State::Done => Ok(()),
        };
        self.settle(outcome, out)
    }

    fn ready(&mut self, incoming: Incoming<'_>, out: &mut Out) -> Outcome {
        let Incoming { kind, message, sync_follows } = incoming;
        let message = match message {
            Ok(message) => message,
            Err(error) => return self.malformed(kind, error, out),
        };
        match message {
            Frontend::Query { sql } => self.query(sql, out),
            Frontend::Parse { name, sql, parameter_oids } => {
                let outcome = self.parse(name, sql, parameter_oids, out);
                self.extended(outcome, out)
            }
            Frontend::Bind(bind) => {
                let outcome = self.bind_portal(&bind, out);
                self.extended(outcome, out)
            }
            Frontend::Describe { target, name } => {
                let outcome = self.describe(target, name, out);
                self.extended(outcome, out)
            }
            Frontend::Execute { portal, max_rows } => {
                let outcome = self.execute(portal, max_rows, sync_follows, out);
                self.extended(outcome, out)
            }
            Frontend::Close { target, name } => {
                self.close(target, name, out);
                Ok(())
            }
            Frontend::Flush => Ok(out.flush()?),
            Frontend::Sync => self.sync(out),
            Frontend::FunctionCall => {
                let refused = Diagnostic::error(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "the function call protocol is not supported",
                );
                self.fail(&refused.with_hint("Call the function with SELECT."), out);
                self.say_ready(out)
            }
            // Left over from a COPY that failed: PostgreSQL ignores them too.
            Frontend::CopyData { .. } | Frontend::CopyDone | Frontend::CopyFail { .. } => Ok(()),
            Frontend::Password { .. } => Err(Diagnostic::from(FrontendError::Type(b'p')).with_fatal().into()),
            Frontend::Terminate => {
                self.state = State::Done;
                Ok(())
            }
        }
    }

    /// After an error in extended messages everything up to Sync is skipped.
    fn drain(&mut self, message: &Result<Frontend<'_>, FrontendError>, out: &mut Out) -> Outcome {
        match message {
            Ok(Frontend::Sync) => self.sync(out),
            Ok(Frontend::Terminate) => {
                self.state = State::Done;
                Ok(())
            }
            Err(error) if error.is_fatal() => Err(Diagnostic::from(*error).into()),
            Ok(_) | Err(_) => {
                self.state = State::Drain;
                Ok(())
            }
        }
    }

    /// A message that is not laid out as it should be.
    fn malformed(&mut self, kind: u8, error: FrontendError, out: &mut Out) -> Outcome {
        let diagnostic = Diagnostic::from(error);
        if error.is_fatal() {
            return Err(diagnostic.into());
        }
        if matches!(kind, b'Q' | b'F' | b'S') {
            // These are answered with ReadyForQuery; no Sync will come.
            self.fail(&diagnostic, out);
            return self.say_ready(out);
        }
        self.extended(Err(diagnostic.into()), out)
    }

    /// Says ReadyForQuery, and before it which settings have changed.
    fn say_ready(&mut self, out: &mut Out) -> Outcome {
        for (name, value) in self.settings.take_reports() {
            backend::parameter_status(out.buffer(), name, &value);
        }
        out.set_has_state(self.has_state());
        self.is_idle = true;
        self.rests();
        if !self.transaction.is_block() {
            self.member.settle();
            self.teller.end_transaction();
        }
        // A statement that has broken the instance, which ends the process now, is to blame for that.
        if let Some(note) = self.note.as_mut().filter(|_| !self.is_broken) {
            note.end();
        }
        Ok(out.ready(self.transaction.status())?)
    }

    fn has_state(&self) -> bool {
        self.has_engine_state
            || self.settings.has_state()
            || self.statements.keys().any(|name| !name.is_empty())
            || self.has_held_portals()
            || self.member.has_attached(self.settings.start_database())
    }

    /// What a message's outcome means for the session.
    fn settle(&mut self, outcome: Outcome, out: &mut Out) -> io::Result<Flow> {
        match outcome {
            Ok(()) => {}
            Err(Failure::Gone(error)) => return Err(error),
            Err(Failure::Diagnosed(diagnostic)) => {
                self.record_failure(&diagnostic);
                out.diagnostic(&diagnostic);
                self.state = State::Done;
            }
        }
        if self.is_broken {
            out.flush()?;
            return Ok(Flow::EndProcess);
        }
        if self.activity.is_shutting_down()
            && matches!(self.state, State::Ready)
            && (!self.transaction.is_block() || self.activity.is_terminated())
        {
            out.diagnostic(&shut_down());
            self.state = State::Done;
        }
        if matches!(self.state, State::Done) {
            self.forget_portals();
            out.close()?;
            return Ok(Flow::End);
        }
        Ok(Flow::Continue)
    }
}
