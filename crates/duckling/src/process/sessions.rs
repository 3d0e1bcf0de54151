//! The sessions of a duckling: a thread each, and what others may do to them.

use std::{
    collections::HashMap,
    io::{self, IoSlice, Write},
    net::Shutdown,
    os::{fd::OwnedFd, unix::net::UnixStream},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use wire::{
    Diagnostic, SqlState,
    frontend::Frontend,
    link::{BatchHeader, Configuration, SessionId, SessionStart, ToGateway, Trouble, addresses::STACK_BYTES},
};

use super::{
    inbox::{Arrival, Inbox},
    link::Sender,
    release::Bell,
};
use crate::{
    instance::Database,
    out::{Out, Sink},
    session::{Activity, Alarm, Ending, Flow, Incoming, Session, Stop},
};

/// How long statements may go on when the duckling is shut down: the gateway has given their clients its own
/// grace before.
const STATEMENT_GRACE: Duration = Duration::from_secs(1);

/// How long sessions may take to end when the duckling is shut down.
const SHUT_DOWN_GRACE: Duration = Duration::from_secs(30);

struct Running {
    activity: Activity,
    socket: UnixStream,
}

/// All sessions of this process.
pub(super) struct Sessions {
    configuration: Configuration,
    database: Arc<Database>,
    reply: Sender,
    alarm: Arc<Alarm>,
    running: Mutex<HashMap<SessionId, Running>>,
    bell: Bell,
}

impl Sessions {
    pub(super) fn new(
        configuration: Configuration,
        database: Arc<Database>,
        reply: Sender,
        bell: Bell,
    ) -> Self {
        let alarm = Arc::new(Alarm::new(Duration::from_millis(configuration.stop_grace_ms)));
        Self { configuration, database, reply, alarm, running: Mutex::default(), bell }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<SessionId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session in a thread of its own.
    pub(super) fn open(self: &Arc<Self>, start: SessionStart, socket: OwnedFd) {
        let sessions = Arc::clone(self);
        let id = start.session;
        let socket = UnixStream::from(socket);
        let refusal = socket.try_clone();
        let thread = std::thread::Builder::new().name("session".to_owned()).stack_size(STACK_BYTES);
        let spawned = thread.spawn(move || {
            let _closed = Closed { sessions: &sessions, id };
            if let Err(error) = sessions.serve(&start, &socket) {
                tracing::debug!(%error, "session ends: the gateway closed its socket");
            }
            let _ = socket.shutdown(Shutdown::Both);
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread for a session");
            if let Ok(socket) = refusal {
                refuse(
                    socket,
                    &Diagnostic::fatal(SqlState::TOO_MANY_CONNECTIONS, "no resources for another session"),
                );
            }
            self.closed(id);
        }
    }

    fn serve(&self, start: &SessionStart, socket: &UnixStream) -> io::Result<()> {
        let sink = SocketSink::new(socket.try_clone()?);
        let sender = Arc::clone(&sink.sender);
        let mut out = Out::new(Box::new(sink));
        let session = self.database.session(&self.configuration, Arc::clone(&self.alarm));
        let mut session = match session {
            Ok(session) => session,
            Err(diagnostic) => {
                out.diagnostic(&diagnostic);
                return out.close();
            }
        };
        // Set here only.
        let _ = sender.set(session.activity());
        let hung_up = socket.try_clone()?;
        // It can still write.
        session.activity().hang_up_by(move || drop(hung_up.shutdown(Shutdown::Read)));
        let running = Running { activity: session.activity(), socket: socket.try_clone()? };
        self.running().insert(start.session, running);
        let limit_bytes = usize::try_from(self.configuration.max_value_bytes).unwrap_or(usize::MAX);
        let mut inbox = Inbox::new(socket.try_clone()?, limit_bytes.saturating_add(1024 * 1024));
        let mut flow = session.start(start, &mut out)?;
        while flow == Flow::Continue {
            flow = next(&mut session, &mut inbox, &mut out)?;
        }
        if flow == Flow::EndProcess {
            tracing::error!("the engine's instance failed; the duckling ends and a new one will take over");
            std::process::exit(70);
        }
        Ok(())
    }

    /// Whether a statement was stopped and has not ended yet.
    pub(super) fn is_stopping(&self) -> bool {
        self.running().values().any(|running| running.activity.stopping())
    }

    /// Tells the gateway something.
    pub(super) fn tell(&self, frame: &ToGateway) -> io::Result<()> {
        self.reply.send(frame)
    }

    /// Keeps what the egress proxy said, for the session whose request it was.
    pub(super) fn note(&self, trouble: Trouble) -> io::Result<()> {
        let number = trouble.number;
        self.database.troubles().note(trouble);
        self.tell(&ToGateway::Noted { number })
    }

    /// Stops what a session is doing, if that is a statement within the bytes that it had been sent.
    pub(super) fn cancel(&self, session: SessionId, sent_bytes: u64) {
        if let Some(running) = self.running().get(&session) {
            running.activity.cancel(sent_bytes);
        }
        self.bell.ring();
    }

    /// Ends every session once its statement is over, and waits for that.
    pub(super) fn shut_down(&self) {
        for running in self.running().values() {
            running.activity.shut_down();
            // Wakes the session if it waits for a message; it can still write.
            let _ = running.socket.shutdown(Shutdown::Read);
        }
        let begun = Instant::now();
        let is_patient = self.database.workspace().is_patient();
        while !self.running().is_empty() && (is_patient || begun.elapsed() < SHUT_DOWN_GRACE) {
            if begun.elapsed() > STATEMENT_GRACE && !is_patient {
                self.running().values().for_each(|running| running.activity.stop(Stop::Requested));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Stops statements whose time is up, in a thread of its own.
    pub(super) fn watch_deadlines(self: &Arc<Self>) -> io::Result<()> {
        let sessions = Arc::clone(self);
        let thread = std::thread::Builder::new().name("deadlines".to_owned());
        thread.spawn(move || {
            loop {
                sessions.alarm.wait();
                let now = Instant::now();
                let left = sessions.look(now);
                sessions.bell.ring();
                if let Some(next) = left.and_then(|left| now.checked_add(left)) {
                    sessions.alarm.set(next);
                }
            }
        })?;
        Ok(())
    }

    /// Stops statements whose time is up, and says which of those that were stopped do not end; tells when to look
    /// again.
    fn look(&self, now: Instant) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        let mut stuck = Vec::new();
        for (session, running) in self.running().iter() {
            let deadline = running.activity.check_deadline(now);
            let ending = match running.activity.check_ending(now) {
                Ending::None => None,
                Ending::Awaited(left) => Some(left),
                Ending::Stuck => {
                    stuck.push(*session);
                    None
                }
            };
            next = next.into_iter().chain(deadline).chain(ending).min();
        }
        for session in stuck {
            if let Err(error) = self.tell(&ToGateway::Stuck { session }) {
                tracing::debug!(%error, "the gateway is gone");
            }
        }
        next
    }

    fn closed(&self, session: SessionId) {
        self.running().remove(&session);
        if let Err(error) = self.reply.send(&ToGateway::Closed { session }) {
            tracing::debug!(%error, "the gateway is gone");
        }
    }
}

/// Reports the end of a session's thread, however it ends.
struct Closed<'s> {
    sessions: &'s Sessions,
    id: SessionId,
}

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.sessions.closed(self.id);
    }
}

/// Waits for one message and has the session answer it.
fn next(session: &mut Session, inbox: &mut Inbox, out: &mut Out) -> io::Result<Flow> {
    match inbox.wait(session.idle_timeout_ms())? {
        Arrival::Message(header) => {
            let kind = header.kind;
            let sync_follows = kind == b'E' && inbox.sync_follows(header);
            let length = u64::try_from(header.body_bytes).unwrap_or(u64::MAX).saturating_add(5);
            out.consumed(length);
            session.activity().received(length);
            let flow = session.handle(Incoming { kind, message: inbox.message(header), sync_follows }, out);
            inbox.consume(header);
            flow
        }
        Arrival::Broken(error) => {
            session.handle(Incoming { kind: 0, message: Err(error), sync_follows: false }, out)
        }
        Arrival::TimedOut => session.idle_timeout(out),
        Arrival::Closed if session.activity().is_shutting_down() => session.shut_down(out),
        Arrival::Closed => {
            let message = Ok(Frontend::Terminate);
            session.handle(Incoming { kind: b'X', message, sync_follows: false }, out)
        }
    }
}

fn refuse(socket: UnixStream, diagnostic: &Diagnostic) {
    let mut out = Out::new(Box::new(SocketSink::new(socket)));
    out.diagnostic(diagnostic);
    let _ = out.close();
}

/// Batches into a session's socket.
struct SocketSink {
    socket: UnixStream,
    /// The session, once it has begun: it is to be known that it waits here.
    sender: Arc<OnceLock<Activity>>,
}

impl SocketSink {
    fn new(socket: UnixStream) -> Self {
        Self { socket, sender: Arc::default() }
    }

    fn write(&mut self, header: BatchHeader, bytes: &[u8]) -> io::Result<()> {
        let head = header.encode();
        let written = loop {
            match self.socket.write_vectored(&[IoSlice::new(&head), IoSlice::new(bytes)]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if let Some(rest) = head.get(written..) {
            self.socket.write_all(rest)?;
        }
        let body_written = written.saturating_sub(head.len());
        self.socket.write_all(bytes.get(body_written..).unwrap_or_default())
    }
}

impl Sink for SocketSink {
    fn send(&mut self, header: BatchHeader, bytes: &[u8]) -> io::Result<()> {
        let sender = Arc::clone(&self.sender);
        let sending = |is_sending| sender.get().into_iter().for_each(|activity| activity.sending(is_sending));
        sending(true);
        let sent = self.write(header, bytes);
        sending(false);
        sent
    }
}
