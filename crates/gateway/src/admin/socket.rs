//! The server's end of the admin socket: one request a connection, and what a change means for the
//! sessions that are open.

use std::{
    fs, io,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wire::link::{FrameReader, encode_frame};

use super::{Answer, Request, perform::perform};
use crate::{
    backup,
    duckling::Ducklings,
    home::Layout,
    sessions::Sessions,
    store::{Name, Records},
};

/// A client of the socket has this long to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// What requests are performed on.
#[derive(Clone, Debug)]
pub struct Admin {
    /// The store.
    pub records: Records,
    /// Open sessions, ended when their token or account goes.
    pub sessions: Arc<Sessions>,
    /// Processes, ended when their account goes.
    pub ducklings: Ducklings,
    /// The data directory.
    pub layout: Layout,
}

/// Opens the socket in the data directory, in the place of one that a dead server left.
///
/// # Errors
/// When the system refuses.
pub fn bind(layout: &Layout) -> io::Result<UnixListener> {
    let path = layout.admin_socket();
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = with_short_path(&path, |short| UnixListener::bind(short))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Socket addresses hold some hundred bytes; a longer path is reached through its open folder.
pub(super) fn with_short_path<T>(path: &Path, use_it: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    const ADDRESS_BYTES: usize = 107;
    if path.as_os_str().len() <= ADDRESS_BYTES {
        return use_it(path);
    }
    let folder = fs::File::open(path.parent().unwrap_or(path))?;
    let name = path.file_name().unwrap_or_default();
    let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
    use_it(&short)
}

/// Answers requests until the server stops.
pub async fn serve(admin: Admin, listener: UnixListener, shutdown: CancellationToken, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let admin = admin.clone();
                tasks.spawn(async move {
                    if let Err(error) = answer(&admin, stream).await {
                        tracing::debug!(%error, "admin request not answered");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "admin connection not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn answer(admin: &Admin, mut stream: UnixStream) -> io::Result<()> {
    let Some(request) = timeout(REQUEST_TIMEOUT, read(&mut stream)).await?? else { return Ok(()) };
    let answer = admin.perform(request).await;
    let frame = encode_frame(&answer).map_err(io::Error::other)?;
    stream.write_all(&frame).await
}

/// A request; nothing when the client has gone.
async fn read(stream: &mut UnixStream) -> io::Result<Option<Request>> {
    let mut frames = FrameReader::default();
    let mut bytes = vec![0; 4096];
    loop {
        if let Some(request) = frames.next_frame().map_err(io::Error::other)? {
            return Ok(Some(request));
        }
        let count = stream.read(&mut bytes).await?;
        if count == 0 {
            return Ok(None);
        }
        frames.push(bytes.get(..count).unwrap_or_default());
    }
}

impl Admin {
    /// Does what a request asks for, and what that means for open sessions.
    pub(crate) async fn perform(&self, request: Request) -> Answer {
        if let Request::Backup { file, account } = request {
            return self.back_up(account, file).await;
        }
        let done = request.clone();
        let answer = self.records.run(move |store| Ok(perform(store, request))).await;
        let answer = answer.unwrap_or_else(|error| Answer::Refused { message: error.to_string() });
        self.follow_up(&done, &answer).await;
        answer
    }

    async fn back_up(&self, account: Option<Name>, file: PathBuf) -> Answer {
        let begun = Instant::now();
        let taken = backup::take(&self.ducklings, &self.records, &self.layout, account, file).await;
        match taken {
            Ok(summary) => {
                let (databases, bytes) = (summary.databases, summary.bytes);
                tracing::info!(databases, bytes, elapsed = ?begun.elapsed(), "backup taken");
                Answer::Backup { summary }
            }
            Err(error) => {
                tracing::warn!(%error, "backup not taken");
                Answer::Refused { message: error.to_string() }
            }
        }
    }

    /// What has been taken away ends at once.
    async fn follow_up(&self, request: &Request, answer: &Answer) {
        match (request, answer) {
            (Request::AccountCreate { .. }, Answer::Account { account }) => {
                tracing::info!(account = account.name, "account created");
            }
            (Request::TokenCreate { .. }, Answer::NewToken { token, .. }) => {
                tracing::info!(token = %token.id, account = token.account, "token created");
            }
            (Request::TokenRevoke { .. } | Request::TokenRevokeNamed { .. }, Answer::Token { token }) => {
                let ended = self.sessions.end_token(token.id);
                tracing::info!(token = %token.id, ended, "token revoked");
            }
            (Request::AccountPassword { verifier, .. }, Answer::Account { account }) => {
                let ended = self.sessions.end_password(account.id);
                let is_set = verifier.is_some();
                tracing::info!(account = account.name, is_set, ended, "password changed");
            }
            (
                Request::SecretCreate { account, .. } | Request::SecretDrop { account, .. },
                Answer::Secret { name },
            ) => {
                tracing::info!(account = account.as_str(), secret = name, "secrets changed");
                self.ducklings.tell_secrets(account.as_str()).await;
            }
            (Request::AccountDrop { .. }, Answer::Account { account }) => {
                self.sessions.end_account(account.id);
                self.ducklings.platform().history().forget(account.id);
                self.ducklings.stop(account.id).await;
                self.ducklings.tell_all("its owner's account was dropped").await;
                let _turn = self.ducklings.platform().turn(account.id).await;
                let folder = self.layout.account(account.id);
                let removed = tokio::task::spawn_blocking(move || fs::remove_dir_all(folder)).await;
                // Left-overs go at the next start.
                tracing::info!(
                    account = account.name,
                    removed = matches!(removed, Ok(Ok(()))),
                    "account dropped"
                );
            }
            _ => {}
        }
    }
}
