//! Launching a duckling: this very program again, with nothing of ours but the control socket.
//!
//! A trait, so that tests can put a thread in the place of the process.

use std::{
    ffi::OsString,
    io,
    os::{fd::OwnedFd, unix::process::ExitStatusExt},
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    net::UnixStream,
    process::{Child, Command},
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Lines of a duckling's standard error that are logged within a second; more are counted only.
const LOG_LINES_PER_SECOND: u32 = 20;

/// A longer line is cut.
const LOG_LINE_BYTES: u64 = 4096;

/// Launches that may wait for the launching thread.
const LAUNCH_QUEUE: usize = 64;

/// What to launch.
#[derive(Clone, Debug)]
pub struct Order {
    /// The account's name, for the log.
    pub account: String,
    /// The working directory: the account's own.
    pub directory: PathBuf,
}

/// A launched process.
#[derive(Debug)]
pub struct Process {
    /// Its process id.
    pub id: u32,
    /// The control link.
    pub control: UnixStream,
    /// Comes when the process has been reaped.
    pub exit: oneshot::Receiver<ExitStatus>,
    /// Cancelling it kills the process.
    pub kill: CancellationToken,
}

/// Something that can launch ducklings.
pub trait Launch: Send + Sync + 'static {
    /// Begins a launch; the process comes through the channel.
    fn launch(&self, order: Order) -> oneshot::Receiver<io::Result<Process>>;
}

type Reply = oneshot::Sender<io::Result<Process>>;

/// Launches real processes, all from one thread.
///
/// That thread lives as long as the launcher: a duckling asks the system for a signal when its parent
/// *thread* ends (prctl(2), `PR_SET_PDEATHSIG`), and runtime threads come and go.
#[derive(Debug)]
pub struct ProcessLauncher {
    orders: mpsc::Sender<(Order, Reply)>,
}

impl ProcessLauncher {
    /// Starts the launching thread; must be called inside a runtime. `program` is executed with
    /// `arguments`.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(program: PathBuf, arguments: Vec<OsString>) -> io::Result<Self> {
        let (orders, mut inbox) = mpsc::channel::<(Order, Reply)>(LAUNCH_QUEUE);
        let runtime = tokio::runtime::Handle::current();
        std::thread::Builder::new().name("launcher".to_owned()).spawn(move || {
            let _inside = runtime.enter();
            while let Some((order, reply)) = inbox.blocking_recv() {
                // A launch that nobody waits for any more kills its process when dropped.
                let _ = reply.send(launch(&program, &arguments, order));
            }
        })?;
        Ok(Self { orders })
    }
}

impl Launch for ProcessLauncher {
    fn launch(&self, order: Order) -> oneshot::Receiver<io::Result<Process>> {
        let (reply, process) = oneshot::channel();
        if let Err(refused) = self.orders.try_send((order, reply)) {
            let (_, reply) = refused.into_inner();
            let busy = io::Error::new(io::ErrorKind::ResourceBusy, "too many processes are being launched");
            let _ = reply.send(Err(busy));
        }
        process
    }
}

fn launch(program: &PathBuf, arguments: &[OsString], order: Order) -> io::Result<Process> {
    let (near, far) = std::os::unix::net::UnixStream::pair()?;
    near.set_nonblocking(true)?;
    let control = UnixStream::from_std(near)?;
    let mut child = Command::new(program)
        .arg0("pintail")
        .args(arguments)
        .env_clear()
        .current_dir(&order.directory)
        .stdin(Stdio::from(OwnedFd::from(far)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let id = child.id().unwrap_or_default();
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(log_lines(stderr, order.account, id));
    }
    let (reaped, exit) = oneshot::channel();
    let kill = CancellationToken::new();
    tokio::spawn(reap(child, kill.clone(), reaped));
    Ok(Process { id, control, exit, kill })
}

async fn reap(mut child: Child, kill: CancellationToken, reaped: oneshot::Sender<ExitStatus>) {
    let status = tokio::select! {
        status = child.wait() => status,
        () = kill.cancelled() => {
            // It may have ended by itself in between; waiting tells.
            let _ = child.start_kill();
            child.wait().await
        }
    };
    // Waiting fails only when somebody else has reaped the process: it is gone in any case.
    let _ = reaped.send(status.unwrap_or_else(|_| ExitStatus::from_raw(0)));
}

/// An exit status in words.
pub(super) fn describe(status: ExitStatus) -> String {
    status.to_string()
}

/// Logs what the process writes to its standard error, some lines a second.
async fn log_lines(stderr: impl AsyncRead + Unpin, account: String, process: u32) {
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    let mut window = Instant::now();
    let (mut logged, mut dropped) = (0u32, 0u32);
    loop {
        line.clear();
        let mut bounded = (&mut lines).take(LOG_LINE_BYTES);
        if !matches!(bounded.read_until(b'\n', &mut line).await, Ok(count) if count > 0) {
            return;
        }
        if window.elapsed() >= Duration::from_secs(1) {
            if dropped > 0 {
                tracing::warn!(account, process, dropped, "duckling log lines dropped");
            }
            window = Instant::now();
            (logged, dropped) = (0, 0);
        }
        if logged < LOG_LINES_PER_SECOND {
            logged += 1;
            let text = String::from_utf8_lossy(&line);
            tracing::info!(account, process, line = text.trim_end(), "duckling");
        } else {
            dropped += 1;
        }
    }
}
