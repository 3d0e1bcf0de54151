//! The sessions of a duckling: a thread each, and what others may do to them.

use std::{
    collections::HashMap,
    io::{self, IoSlice, Write},
    net::Shutdown,
    os::{fd::OwnedFd, unix::net::UnixStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use wire::{
    Diagnostic, SqlState,
    frontend::Frontend,
    link::{BatchHeader, Configuration, SessionId, SessionStart, ToGateway, Trouble},
};

use super::{
    inbox::{Arrival, Inbox},
    link::Sender,
    release::Bell,
};
use crate::{
    instance::Database,
    out::{Out, Sink},
    sandbox::STACK_BYTES,
    session::{Activity, Alarm, Flow, Incoming, Session, Stop},
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
        Self { configuration, database, reply, alarm: Arc::default(), running: Mutex::default(), bell }
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
        let mut out = Out::new(Box::new(SocketSink(socket.try_clone()?)));
        let session = self.database.session(&self.configuration, Arc::clone(&self.alarm));
        let mut session = match session {
            Ok(session) => session,
            Err(diagnostic) => {
                out.diagnostic(&diagnostic);
                return out.close();
            }
        };
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
        while !self.running().is_empty() && begun.elapsed() < SHUT_DOWN_GRACE {
            if begun.elapsed() > STATEMENT_GRACE {
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
                let left = sessions
                    .running()
                    .values()
                    .filter_map(|running| running.activity.check_deadline(now))
                    .min();
                sessions.bell.ring();
                if let Some(next) = left.and_then(|left| now.checked_add(left)) {
                    sessions.alarm.set(next);
                }
            }
        })?;
        Ok(())
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
    let mut out = Out::new(Box::new(SocketSink(socket)));
    out.diagnostic(diagnostic);
    let _ = out.close();
}

/// Batches into a session's socket.
struct SocketSink(UnixStream);

impl Sink for SocketSink {
    fn send(&mut self, header: BatchHeader, bytes: &[u8]) -> io::Result<()> {
        let head = header.encode();
        let written = loop {
            match self.0.write_vectored(&[IoSlice::new(&head), IoSlice::new(bytes)]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if let Some(rest) = head.get(written..) {
            self.0.write_all(rest)?;
        }
        let body_written = written.saturating_sub(head.len());
        self.0.write_all(bytes.get(body_written..).unwrap_or_default())
    }
}
