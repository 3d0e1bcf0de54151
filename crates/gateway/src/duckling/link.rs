//! One duckling's control link: frames out (with a session's socket beside `Open`), frames in, the
//! cooldown, and the end of the process.

use std::{
    collections::{BTreeSet, HashMap},
    future::pending,
    os::fd::{AsFd, OwnedFd},
    process::ExitStatus,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use wire::link::{SessionId, SessionStart, ToDuckling, ToGateway, Trouble};

use super::{
    STOP_GRACE,
    culprits::{Culprits, End},
    frames::Wire,
    launch::describe,
    notes::Notes,
    pulse::{Beat, Pulse},
    requests::Requests,
};
use crate::{
    egress::{Release, Report},
    store::Account,
};

/// Frames that may wait to be written to one duckling.
pub(super) const OUTBOX_FRAMES: usize = 1024;

/// Troubles that may wait to be told to one duckling, or for it to note them.
pub(super) const REPORTS_MAX: usize = 64;

/// So long is waited for frames that a process that has ended may have sent.
const LAST_FRAMES: Duration = Duration::from_millis(100);

/// How often it is looked at whether the requests of a duckling that ends are over.
const REQUESTS_POLL: Duration = Duration::from_secs(1);

/// A frame to send, with the descriptor that travels beside it.
type Outgoing = (ToDuckling, Option<OwnedFd>);

/// A running duckling.
#[derive(Debug)]
pub struct Duckling {
    account: Account,
    process: u32,
    outbox: mpsc::Sender<Outgoing>,
    life: Mutex<Life>,
    kill: CancellationToken,
    ended: CancellationToken,
    crashes: Crashes,
    /// Sessions whose statement did not end when it was stopped.
    stuck: Mutex<BTreeSet<SessionId>>,
    /// Wakes the requests that wait for remote hosts, when a stopped statement waits for one of them.
    release: Arc<Release>,
}

/// Where the blame goes when it crashes.
#[derive(Debug)]
pub(super) struct Crashes {
    /// What its sessions run.
    pub(super) notes: Option<Notes>,
    /// What has ended it, or an earlier process.
    pub(super) culprits: Arc<Culprits>,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// From the end of the last session to the end of the process.
    pub(super) cooldown: Duration,
    /// From a question to its answer.
    pub(super) answer_timeout: Duration,
}

#[derive(Debug)]
struct Life {
    sessions: usize,
    accepting: bool,
    /// When the last session closed; the cooldown counts from here.
    idle_since: Option<Instant>,
    /// It was told to end by its own account, which wants to see its statements through.
    is_draining: bool,
}

impl Duckling {
    pub(super) fn new(
        account: Account,
        process: u32,
        outbox: mpsc::Sender<Outgoing>,
        kill: CancellationToken,
        crashes: Crashes,
    ) -> Self {
        Self {
            account,
            process,
            outbox,
            life: Mutex::new(Life {
                sessions: 0,
                accepting: true,
                idle_since: Some(Instant::now()),
                is_draining: false,
            }),
            kill,
            ended: CancellationToken::new(),
            crashes,
            stuck: Mutex::default(),
            release: Arc::default(),
        }
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether new sessions may be opened.
    pub(super) fn is_accepting(&self) -> bool {
        self.life().accepting
    }

    /// Opens a session; answers whether this duckling (still) takes it.
    pub(super) async fn open(&self, start: SessionStart, socket: OwnedFd) -> bool {
        {
            let mut life = self.life();
            if !life.accepting {
                return false;
            }
            life.sessions += 1;
            life.idle_since = None;
        }
        let frame = (ToDuckling::Open(Box::new(start)), Some(socket));
        self.outbox.send(frame).await.is_ok()
    }

    /// Interrupts what the session is doing, if it is within the bytes that it has been sent.
    pub fn cancel(&self, session: SessionId, sent_bytes: u64) {
        self.send(ToDuckling::Cancel { session, sent_bytes });
    }

    /// Sends a frame without waiting. With [`OUTBOX_FRAMES`] frames unread the duckling hangs, and one
    /// more would not help.
    pub(super) fn send(&self, frame: ToDuckling) {
        if let ToDuckling::ShutDown = frame {
            self.life().accepting = false;
        }
        if let Err(mpsc::error::TrySendError::Full(_)) = self.outbox.try_send((frame, None)) {
            tracing::warn!(account = self.account.name, process = self.process, "control link is stuck");
        }
    }

    /// Waits until the process is gone; kills it when it takes longer than the grace.
    pub(super) async fn finish(&self, grace: Duration) {
        if timeout(grace, self.ended.cancelled()).await.is_err() {
            tracing::warn!(account = self.account.name, process = self.process, "duckling killed");
            self.kill.cancel();
            self.ended.cancelled().await;
        }
    }

    /// Ends it at its account's own wish, once its statements are over.
    pub(super) fn drain(&self) {
        self.life().is_draining = true;
        self.send(ToDuckling::ShutDown);
    }

    /// Whether it ends at its account's own wish; its statements are waited for then.
    pub(super) fn is_draining(&self) -> bool {
        self.life().is_draining
    }

    /// Whether nobody uses it now.
    pub(super) fn is_cooling(&self) -> bool {
        self.life().sessions == 0
    }

    /// Whose it is.
    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    /// Notified when a stopped statement may wait for a remote host.
    pub(super) fn release(&self) -> Arc<Release> {
        Arc::clone(&self.release)
    }

    /// Cancelled when the process is gone.
    pub(super) fn end(&self) -> CancellationToken {
        self.ended.clone()
    }

    /// Comes when the process is gone.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    fn stuck(&self) -> MutexGuard<'_, BTreeSet<SessionId>> {
        self.stuck.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the process was killed because this session's statement did not end.
    pub fn is_stuck(&self, session: SessionId) -> bool {
        self.stuck().contains(&session)
    }

    /// A statement was stopped and does not end: the process is ended, and with it the statement.
    fn kill_stuck(&self, session: SessionId) {
        let notes = self.crashes.notes.as_ref();
        let running = notes.map(|notes| notes.running(Some(&[session].into()))).unwrap_or_default();
        let fingerprint = running.first().map(ToString::to_string).unwrap_or_default();
        let (account, process, session_number) = (&self.account.name, self.process, session.0);
        tracing::warn!(
            account,
            process,
            session_number,
            fingerprint,
            "statement did not stop; duckling killed"
        );
        self.stuck().insert(session);
        self.kill.cancel();
    }

    /// Remembers what was running, unless it was to end.
    fn blame(&self, status: Option<ExitStatus>) {
        let is_stuck = !self.stuck().is_empty();
        let end = if is_stuck { End::Crash } else { End::of(status) };
        let Some(notes) = self.crashes.notes.as_ref().filter(|_| end != End::Other) else {
            return;
        };
        let running = notes.running(None);
        let stuck = Some(self.stuck().clone()).filter(|stuck| !stuck.is_empty());
        let stuck = stuck.map(|stuck| notes.running(Some(&stuck))).unwrap_or_default();
        for fingerprint in &running {
            let (account, process) = (&self.account.name, self.process);
            tracing::info!(account, process, %fingerprint, "statement was running");
        }
        self.crashes.culprits.blame(end, &running, &stuck, Instant::now());
    }

    /// It does not answer any more.
    fn kill_silent(&self) {
        if !self.kill.is_cancelled() {
            let (account, process) = (&self.account.name, self.process);
            tracing::warn!(account, process, "duckling does not answer and is killed");
            self.kill.cancel();
        }
    }

    /// Takes a frame from it.
    fn take(self: &Arc<Self>, frame: ToGateway, talks: &mut Talks) {
        match frame {
            ToGateway::Closed { .. } => self.session_closed(),
            ToGateway::Noted { number } => talks.troubles.noted(number),
            ToGateway::Request { number, request } => talks.requests.begin(self, number, request),
            ToGateway::Withdraw { number } => talks.requests.withdraw(number),
            ToGateway::Release { everything } => self.release.let_go(everything),
            // That it spoke is what counts.
            ToGateway::Alive { .. } => {}
            ToGateway::Stuck { session } => self.kill_stuck(session),
            ToGateway::History { rows } => talks.requests.keep_history(self, rows),
            ToGateway::Absolved { fingerprint } => self.crashes.culprits.absolve(fingerprint),
            other @ (ToGateway::Egress
            | ToGateway::Notes
            | ToGateway::Ready { .. }
            | ToGateway::Probed { .. }
            | ToGateway::Opening { .. }
            | ToGateway::Failed { .. }) => {
                tracing::warn!(process = self.process, ?other, "unexpected frame");
            }
        }
    }

    fn has_sessions(&self) -> bool {
        self.life().sessions > 0
    }

    fn session_closed(&self) {
        let mut life = self.life();
        life.sessions = life.sessions.saturating_sub(1);
        if life.sessions == 0 {
            life.idle_since = Some(Instant::now());
        }
    }

    /// Ends the accepting of sessions if there has been none for the cooldown; answers whether it did.
    fn retire(&self, cooldown: Duration) -> bool {
        let mut life = self.life();
        let is_due = life.idle_since.is_some_and(|since| since.elapsed() >= cooldown);
        if life.accepting && is_due {
            life.accepting = false;
        }
        is_due
    }

    fn cooldown_ends(&self, cooldown: Duration) -> Option<Instant> {
        let life = self.life();
        life.idle_since.filter(|_| life.accepting).map(|since| since + cooldown)
    }
}

/// What waits to be sent to a duckling.
pub(super) struct Inboxes {
    pub(super) frames: mpsc::Receiver<Outgoing>,
    pub(super) reports: mpsc::Receiver<Report>,
}

/// What is under way between a duckling and the gateway, beside sessions.
pub(super) struct Talks {
    troubles: Troubles,
    requests: Requests,
}

impl Talks {
    pub(super) fn new(requests: Requests) -> Self {
        Self { troubles: Troubles::default(), requests }
    }
}

/// Troubles that the duckling was told and has not noted yet.
#[derive(Default)]
struct Troubles {
    last: u64,
    waiting: HashMap<u64, oneshot::Sender<()>>,
}

impl Troubles {
    fn frame(&mut self, report: Report) -> ToDuckling {
        // Whoever has given up waiting is forgotten; the rest are as few as may wait at once.
        self.waiting.retain(|_, noted| !noted.is_closed());
        self.last += 1;
        self.waiting.insert(self.last, report.noted);
        ToDuckling::Trouble(Trouble { number: self.last, ..report.trouble })
    }

    fn noted(&mut self, number: u64) {
        if let Some(noted) = self.waiting.remove(&number) {
            // Nobody waits any more when it took too long.
            let _ = noted.send(());
        }
    }
}

/// Serves the link until the process has been reaped.
pub(super) async fn serve(
    (duckling, mut talks): (Arc<Duckling>, Talks),
    mut wire: Wire,
    mut inboxes: Inboxes,
    mut exit: oneshot::Receiver<ExitStatus>,
    pace: Pace,
) {
    let mut pulse = Pulse::new(pace.answer_timeout, Instant::now());
    let mut exited = None;
    let mut kill_at = None;
    loop {
        let cooldown_end = duckling.cooldown_ends(pace.cooldown);
        let mut frame_to_send = None;
        tokio::select! {
            // In this order: what it has said already comes before judging that it says nothing.
            biased;
            status = &mut exit => {
                exited = Some(status.ok());
                break;
            }
            frame = wire.receive() => match frame {
                Ok(frame) => {
                    pulse.heard(Instant::now());
                    duckling.take(frame, &mut talks);
                }
                Err(error) => {
                    tracing::debug!(process = duckling.process, %error, "control link broken");
                    break;
                }
            },
            Some(report) = inboxes.reports.recv() => frame_to_send = Some((talks.troubles.frame(report), None)),
            Some(frame) = inboxes.frames.recv() => frame_to_send = Some(frame),
            () = at(cooldown_end) => {
                if duckling.retire(pace.cooldown) {
                    duckling.send(ToDuckling::ShutDown);
                    kill_at = Some(Instant::now() + STOP_GRACE);
                }
            }
            () = sleep_until(pulse.due()), if duckling.has_sessions() => match pulse.look(Instant::now()) {
                Beat::Ask(frame) => frame_to_send = Some((frame, None)),
                Beat::Wait => {}
                Beat::Dead => duckling.kill_silent(),
            },
            // What it has published before it ends is seen through.
            () = at(kill_at) => kill_at = if talks.requests.are_running() {
                Some(Instant::now() + REQUESTS_POLL)
            } else {
                duckling.kill.cancel();
                None
            },
        }
        if let Some((frame, socket)) = frame_to_send {
            let sending = wire.send(&frame, socket.as_ref().map(AsFd::as_fd));
            match timeout(pace.answer_timeout, sending).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::debug!(process = duckling.process, %error, "control link broken");
                    break;
                }
                Err(_) => {
                    // Half a frame may be in the stream.
                    duckling.kill_silent();
                    break;
                }
            }
        }
    }
    hear_out(&duckling, talks, wire).await;
    let was_accepting = std::mem::replace(&mut duckling.life().accepting, false);
    let status = match exited {
        Some(status) => status,
        None => reaped(&duckling, exit).await,
    };
    if was_accepting {
        duckling.blame(status);
    }
    log_end(&duckling, status, was_accepting);
    duckling.ended.cancel();
}

/// Takes what it said last of what its sessions have run.
async fn hear_out(duckling: &Duckling, talks: Talks, mut wire: Wire) {
    while let Ok(Ok(frame)) = timeout(LAST_FRAMES, wire.receive()).await {
        if let ToGateway::History { rows } = frame {
            talks.requests.keep_history(duckling, rows);
        }
    }
}

/// A process whose link is broken ends by itself or is killed.
async fn reaped(duckling: &Duckling, mut exit: oneshot::Receiver<ExitStatus>) -> Option<ExitStatus> {
    if let Ok(status) = timeout(STOP_GRACE, &mut exit).await {
        return status.ok();
    }
    duckling.kill.cancel();
    exit.await.ok()
}

fn log_end(duckling: &Duckling, status: Option<ExitStatus>, was_accepting: bool) {
    let (account, process) = (&duckling.account.name, duckling.process);
    let sessions = duckling.life().sessions;
    let status = status.map(describe).unwrap_or_default();
    if was_accepting {
        tracing::warn!(account, process, status, sessions, "duckling died");
    } else {
        tracing::info!(account, process, status, "duckling ended");
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}
