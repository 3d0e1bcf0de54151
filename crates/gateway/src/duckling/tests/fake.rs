//! A duckling that is a thread: it speaks the link, and instead of SQL it understands some words.
//!
//! `ok` is answered; `state`, `begin` too, with that status; `wait` is answered by a cancel; `die` ends
//! the "process"; `part` sends one fragment of a long message and dies; `big` sends 100 batches.

use std::{
    collections::{HashMap, HashSet},
    io::{self, IoSliceMut, Read, Write},
    mem::MaybeUninit,
    net::Shutdown,
    os::{fd::OwnedFd, unix::net::UnixStream, unix::process::ExitStatusExt},
    process::ExitStatus,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use wire::{
    Diagnostic, SqlState,
    backend::{self, TransactionStatus},
    link::{
        BatchHeader, BatchKind, Configuration, FrameReader, Greeting, SessionId, SessionStart, SessionStatus,
        ToDuckling, ToGateway, encode_frame,
    },
};

use super::super::launch::{Launch, Order, Process};

/// What it does once it is configured.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    Serve,
    Fail,
    Die,
    /// Dies while it opens the first database, unless it is to leave it alone.
    DieAtFile,
    /// Says so of the first database.
    FailAtFile,
    Hang,
    /// Serves, but does not answer pings.
    Mute,
}

/// Launches such ducklings.
#[derive(Clone)]
pub(crate) struct Fake {
    shared: Arc<Shared>,
}

struct Shared {
    manner: Manner,
    launches: AtomicUsize,
    running: AtomicUsize,
    stays: AtomicBool,
    last: Mutex<Option<Arc<Body>>>,
    by_account: Mutex<HashMap<String, Arc<Body>>>,
    configuration: Mutex<Option<Configuration>>,
}

/// One "process".
struct Body {
    shared: Arc<Shared>,
    control: UnixStream,
    sessions: Mutex<HashMap<SessionId, UnixStream>>,
    /// What the gateway says of the platform.
    heard: Mutex<Vec<ToDuckling>>,
    cancelled: Mutex<HashSet<SessionId>>,
    cancel: Condvar,
    exit: Mutex<Option<oneshot::Sender<ExitStatus>>>,
}

impl Fake {
    pub(crate) fn new(manner: Manner) -> Self {
        let shared = Shared {
            manner,
            launches: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            stays: AtomicBool::new(false),
            last: Mutex::default(),
            by_account: Mutex::default(),
            configuration: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) fn launches(&self) -> usize {
        self.shared.launches.load(Ordering::SeqCst)
    }

    pub(crate) fn running(&self) -> usize {
        self.shared.running.load(Ordering::SeqCst)
    }

    pub(crate) fn configuration(&self) -> Configuration {
        self.shared.configuration.lock().unwrap().clone().unwrap()
    }

    /// From now on they do not end when they are told to: their statements go on.
    pub(crate) fn stay(&self) {
        self.shared.stays.store(true, Ordering::SeqCst);
    }

    /// Has the last one say something.
    pub(crate) fn tell(&self, frame: &ToGateway) {
        self.shared.last.lock().unwrap().as_ref().unwrap().tell(frame);
    }

    /// Has an account's say something.
    pub(crate) fn tell_as(&self, account: &str, frame: &ToGateway) {
        self.shared.by_account.lock().unwrap()[account].tell(frame);
    }

    /// What an account's has been told of the platform.
    pub(crate) fn heard(&self, account: &str) -> Vec<ToDuckling> {
        self.shared.by_account.lock().unwrap()[account].heard.lock().unwrap().clone()
    }

    /// Kills the last one.
    pub(crate) fn die(&self) {
        self.shared.last.lock().unwrap().as_ref().unwrap().end(9);
    }
}

impl Launch for Fake {
    fn launch(&self, order: Order) -> oneshot::Receiver<io::Result<Process>> {
        let (near, far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        let (exit_sender, exit) = oneshot::channel();
        let body = Arc::new(Body {
            shared: Arc::clone(&self.shared),
            control: far,
            sessions: Mutex::default(),
            heard: Mutex::default(),
            cancelled: Mutex::default(),
            cancel: Condvar::new(),
            exit: Mutex::new(Some(exit_sender)),
        });
        self.shared.launches.fetch_add(1, Ordering::SeqCst);
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        *self.shared.last.lock().unwrap() = Some(Arc::clone(&body));
        self.shared.by_account.lock().unwrap().insert(order.account, Arc::clone(&body));
        let kill = CancellationToken::new();
        let (killed, victim) = (kill.clone(), Arc::clone(&body));
        tokio::spawn(async move {
            killed.cancelled().await;
            victim.end(9);
        });
        thread::spawn(move || body.run());
        let (sender, receiver) = oneshot::channel();
        let process = Process { id: 1, control: tokio::net::UnixStream::from_std(near).unwrap(), exit, kill };
        let _ = sender.send(Ok(process));
        receiver
    }
}

impl Body {
    fn end(&self, raw_status: i32) {
        if let Some(exit) = self.exit.lock().unwrap().take() {
            let _ = self.control.shutdown(Shutdown::Both);
            for session in self.sessions.lock().unwrap().values() {
                let _ = session.shutdown(Shutdown::Both);
            }
            self.shared.running.fetch_sub(1, Ordering::SeqCst);
            let _ = exit.send(ExitStatus::from_raw(raw_status));
        }
    }

    fn tell(&self, frame: &ToGateway) {
        let _ = (&self.control).write_all(&encode_frame(frame).unwrap());
    }

    fn run(self: &Arc<Self>) {
        let mut frames = FrameReader::default();
        let mut sockets = Vec::new();
        loop {
            while let Ok(Some(frame)) = frames.next_frame::<ToDuckling>() {
                match frame {
                    ToDuckling::Configure(configuration) => self.configure(*configuration),
                    ToDuckling::Open(start) => self.open(*start, sockets.remove(0)),
                    ToDuckling::Cancel { session, .. } => {
                        self.cancelled.lock().unwrap().insert(session);
                        self.cancel.notify_all();
                    }
                    ToDuckling::ShutDown if self.shared.stays.load(Ordering::SeqCst) => {}
                    ToDuckling::ShutDown => return self.end(0),
                    ToDuckling::Ping { number } => {
                        if !matches!(self.shared.manner, Manner::Mute) {
                            self.tell(&ToGateway::Alive { number });
                        }
                    }
                    told @ (ToDuckling::Reply { .. } | ToDuckling::Share(_)) => {
                        self.heard.lock().unwrap().push(told);
                    }
                    ToDuckling::Trouble(_)
                    | ToDuckling::Probe { .. }
                    | ToDuckling::Secrets { .. }
                    | ToDuckling::BackUp { .. } => {}
                }
            }
            let mut bytes = [0; 4096];
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
            let mut control = RecvAncillaryBuffer::new(&mut space);
            let mut into = [IoSliceMut::new(&mut bytes)];
            let received = recvmsg(&self.control, &mut into, &mut control, RecvFlags::empty());
            for message in control.drain() {
                if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                    sockets.extend(descriptors);
                }
            }
            match received {
                Ok(message) if message.bytes > 0 => frames.push(&bytes[..message.bytes]),
                _ => return self.end(0),
            }
        }
    }

    fn configure(&self, configuration: Configuration) {
        let first = configuration.mounts[0].path.clone();
        let is_left_alone = configuration.unusable.iter().any(|file| file.path == first);
        *self.shared.configuration.lock().unwrap() = Some(configuration);
        match self.shared.manner {
            Manner::Serve | Manner::Mute => self.tell(&ToGateway::Ready { layers: Vec::new() }),
            Manner::DieAtFile | Manner::FailAtFile if is_left_alone => {
                self.tell(&ToGateway::Ready { layers: Vec::new() });
            }
            Manner::DieAtFile => {
                self.tell(&ToGateway::Opening { path: Some(first) });
                self.end(11);
            }
            Manner::Fail | Manner::FailAtFile => {
                let diagnostic = Diagnostic::error(SqlState::DISK_FULL, "no space left");
                let culprit = matches!(self.shared.manner, Manner::FailAtFile).then_some(first);
                self.tell(&ToGateway::Failed { diagnostic, culprit });
                self.end(256);
            }
            Manner::Die => self.end(11),
            Manner::Hang => {}
        }
    }

    fn open(self: &Arc<Self>, start: SessionStart, socket: OwnedFd) {
        let socket = UnixStream::from(socket);
        let kept = socket.try_clone().unwrap();
        self.sessions.lock().unwrap().insert(start.session, kept);
        let body = Arc::clone(self);
        thread::spawn(move || {
            let id = start.session;
            let mut session = FakeSession { body: &body, socket, start, consumed_bytes: 0, has_state: false };
            session.serve();
            let _ = session.socket.shutdown(Shutdown::Both);
            body.sessions.lock().unwrap().remove(&id);
            body.tell(&ToGateway::Closed { session: id });
        });
    }
}

struct FakeSession<'b> {
    body: &'b Body,
    socket: UnixStream,
    start: SessionStart,
    consumed_bytes: u64,
    has_state: bool,
}

impl FakeSession<'_> {
    fn send(&mut self, kind: BatchKind, status: SessionStatus, bytes: &[u8]) -> bool {
        let header = BatchHeader {
            length_bytes: bytes.len().try_into().unwrap(),
            kind,
            status,
            has_state: self.has_state,
            consumed_bytes: self.consumed_bytes,
        };
        let batch = [&header.encode()[..], bytes].concat();
        self.socket.write_all(&batch).is_ok()
    }

    fn ready(&mut self, before: impl FnOnce(&mut Vec<u8>), status: SessionStatus) -> bool {
        let mut bytes = Vec::new();
        before(&mut bytes);
        let transaction = match status {
            SessionStatus::InTransaction => TransactionStatus::InTransaction,
            SessionStatus::Busy
            | SessionStatus::Idle
            | SessionStatus::Failed
            | SessionStatus::Closed
            | SessionStatus::Dismissed => TransactionStatus::Idle,
        };
        backend::ready_for_query(&mut bytes, transaction);
        self.send(BatchKind::Messages, status, &bytes)
    }

    fn serve(&mut self) {
        let key = self.start.backend_key.clone();
        let greet = |out: &mut Vec<u8>| backend::message(out, b'K', |out| out.extend_from_slice(&key));
        if self.start.greeting == Greeting::Full && !self.ready(greet, SessionStatus::Idle) {
            return;
        }
        loop {
            let mut head = [0; 5];
            if self.socket.read_exact(&mut head).is_err() {
                self.send(BatchKind::Messages, SessionStatus::Closed, b"");
                return;
            }
            let length = u32::from_be_bytes(head[1..].try_into().unwrap());
            let mut body = vec![0; usize::try_from(length).unwrap() - 4];
            if self.socket.read_exact(&mut body).is_err() {
                return;
            }
            self.consumed_bytes += u64::from(length) + 1;
            if head[0] == b'X' || !self.act(&body) {
                return;
            }
        }
    }

    fn act(&mut self, body: &[u8]) -> bool {
        let done = |out: &mut Vec<u8>| backend::command_complete(out, "DONE");
        match body {
            b"begin\0" => self.ready(done, SessionStatus::InTransaction),
            b"state\0" => {
                self.has_state = true;
                self.ready(done, SessionStatus::Idle)
            }
            b"wait\0" => {
                let id = self.start.session;
                let cancelled = self.body.cancelled.lock().unwrap();
                let mut cancelled = self.body.cancel.wait_while(cancelled, |all| !all.contains(&id)).unwrap();
                cancelled.remove(&id);
                drop(cancelled);
                let told = Diagnostic::error(SqlState::QUERY_CANCELED, "canceled");
                self.ready(|out| backend::diagnostic(out, &told), SessionStatus::Idle)
            }
            b"die\0" => {
                self.body.end(9);
                false
            }
            b"part\0" => {
                self.send(BatchKind::Fragment, SessionStatus::Busy, b"D\0\x10\0\0half");
                self.body.end(9);
                false
            }
            b"big\0" => {
                for number in 0..100u8 {
                    let mut bytes = Vec::new();
                    backend::copy_data(&mut bytes, &vec![number; 130_000]);
                    if !self.send(BatchKind::Messages, SessionStatus::Busy, &bytes) {
                        return false;
                    }
                }
                self.ready(done, SessionStatus::Idle)
            }
            b"bye\0" => {
                let told = Diagnostic::fatal(SqlState::IDLE_SESSION_TIMEOUT, "bye");
                let mut bytes = Vec::new();
                backend::diagnostic(&mut bytes, &told);
                self.send(BatchKind::Messages, SessionStatus::Closed, &bytes);
                false
            }
            _ => self.ready(done, SessionStatus::Idle),
        }
    }
}
