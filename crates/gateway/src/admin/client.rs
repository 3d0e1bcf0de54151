//! The command line's end: asks the running server, or does it on the store itself. Blocking.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use wire::link::{FrameReader, encode_frame};

use super::{Answer, Request, perform::perform, socket::with_short_path};
use crate::{
    home::{self, Home, HomeError, Layout},
    store::{Store, StoreError, sqlite::SqliteStore},
};

/// Dropping an account waits for its process to end.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// Why a request was not performed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server does not answer.
    #[error("the running server does not answer ({0}): see with `list` whether it was done")]
    Server(#[from] io::Error),
    /// It was refused.
    #[error("{0}")]
    Refused(String),
}

/// Has the request performed by the server that runs on this data directory, or by this process when
/// none does.
///
/// # Errors
/// When it was not performed.
pub fn request(data_directory: &Path, request: &Request) -> Result<Answer, AdminError> {
    let answer = match connect(&Layout::new(data_directory.to_owned())) {
        Some(stream) => ask(stream, request)?,
        None => perform_here(data_directory, request)?,
    };
    match answer {
        Answer::Refused { message } => Err(AdminError::Refused(message)),
        Answer::Account { .. }
        | Answer::Accounts { .. }
        | Answer::NewToken { .. }
        | Answer::Token { .. }
        | Answer::Tokens { .. }
        | Answer::Databases { .. }
        | Answer::Secret { .. }
        | Answer::Backup { .. }
        | Answer::Secrets { .. }
        | Answer::Shares { .. } => Ok(answer),
    }
}

/// The running server's socket; nothing when none listens.
#[must_use]
pub fn connect(layout: &Layout) -> Option<UnixStream> {
    with_short_path(&layout.admin_socket(), |path| UnixStream::connect(path)).ok()
}

fn ask(mut stream: UnixStream, request: &Request) -> io::Result<Answer> {
    // A backup takes as long as it takes.
    let timeout = (!matches!(request, Request::Backup { .. })).then_some(ANSWER_TIMEOUT);
    stream.set_read_timeout(timeout)?;
    stream.write_all(&encode_frame(request).map_err(io::Error::other)?)?;
    let mut frames = FrameReader::default();
    let mut bytes = vec![0; 64 * 1024];
    loop {
        if let Some(answer) = frames.next_frame().map_err(io::Error::other)? {
            return Ok(answer);
        }
        match stream.read(&mut bytes)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => frames.push(bytes.get(..count).unwrap_or_default()),
        }
    }
}

fn perform_here(data_directory: &Path, request: &Request) -> Result<Answer, AdminError> {
    let home = Home::open(data_directory)?;
    let store = SqliteStore::open(&home)?;
    let answer = perform(&store, request.clone());
    if let Answer::Account { .. } = answer {
        let known = store.accounts()?.into_iter().map(|account| account.id);
        home::remove_orphans(home.layout(), &known.collect::<Vec<_>>())?;
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use tokio_util::{sync::CancellationToken, task::TaskTracker};

    use super::*;
    use crate::{
        duckling::{Ducklings, launch::ProcessLauncher},
        sessions::Sessions,
        store::{Name, Records, TokenKind},
    };

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn new_token() -> Request {
        Request::TokenCreate {
            account: name("ann"),
            name: Some(name("ci")),
            kind: TokenKind::ReadWrite,
            ttl_seconds: Some(60),
        }
    }

    #[test]
    fn without_a_server_the_store_is_used_directly() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        request(&data, &Request::AccountCreate { name: name("ann") }).unwrap();
        let Answer::NewToken { token, secret } = request(&data, &new_token()).unwrap() else {
            panic!("no token");
        };
        assert!(secret.starts_with("pt_"));
        assert_eq!(token.expires.unwrap().0 - token.created.0, 60);
        request(&data, &Request::AccountCreate { name: name("bob") }).unwrap();
        let of_bob = |word: &str| Request::TokenRevokeNamed { account: name("bob"), name: name(word) };
        let number = token.id.to_string();
        let refused = request(&data, &of_bob(&number));
        assert!(matches!(refused, Err(AdminError::Refused(_))), "a number of another account's");
        let misleading = Request::TokenCreate {
            account: name("bob"),
            name: Some(name(&number)),
            kind: TokenKind::ReadWrite,
            ttl_seconds: None,
        };
        request(&data, &misleading).unwrap();
        let Answer::Token { token: revoked } = request(&data, &of_bob(&number)).unwrap() else {
            panic!("no token");
        };
        assert_eq!((revoked.account.as_str(), revoked.name.as_str()), ("bob", number.as_str()));
        let own = Request::TokenRevokeNamed { account: name("bob"), name: name(&revoked.id.to_string()) };
        request(&data, &own).unwrap();
        request(&data, &Request::AccountDrop { name: name("bob") }).unwrap();
        let refused = request(&data, &new_token());
        assert!(matches!(refused, Err(AdminError::Refused(message)) if message.contains("already exists")));
        let listed = request(&data, &Request::DatabaseList { account: name("ann") }).unwrap();
        assert!(matches!(listed, Answer::Databases { databases } if databases[0].name == "my_db"));
        request(&data, &Request::AccountDrop { name: name("ann") }).unwrap();
        let layout = Layout::new(data);
        assert_eq!(std::fs::read_dir(layout.accounts()).unwrap().count(), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn with_a_server_its_socket_is_used() {
        let folder = tempfile::tempdir().unwrap();
        // Longer than a socket address: reached through the open folder.
        let data = folder.path().join("d".repeat(120));
        let home = Home::open(&data).unwrap();
        let records = Records::new(SqliteStore::open(&home).unwrap());
        let launcher = ProcessLauncher::start("/bin/false".into(), vec![]).unwrap();
        let settings = crate::duckling::tests::settings();
        let allowances = crate::duckling::tests::nine_sessions();
        let layout = home.layout().clone();
        let admin = super::super::socket::Admin {
            records: records.clone(),
            sessions: std::sync::Arc::new(Sessions::default()),
            ducklings: Ducklings::new(Box::new(launcher), settings, allowances, records, layout.clone()),
            layout: layout.clone(),
        };
        let listener = super::super::socket::bind(&layout).unwrap();
        tokio::spawn(super::super::socket::serve(
            admin,
            listener,
            CancellationToken::default(),
            TaskTracker::default(),
        ));
        let asked = tokio::task::spawn_blocking(move || {
            request(&data, &Request::AccountCreate { name: name("ann") }).unwrap();
            let Answer::NewToken { token, .. } = request(&data, &new_token()).unwrap() else {
                panic!("no token");
            };
            request(&data, &Request::TokenRevoke { id: token.id }).unwrap();
            request(&data, &Request::AccountDrop { name: name("ann") }).unwrap();
            request(&data, &Request::AccountList).unwrap()
        });
        assert_eq!(asked.await.unwrap(), Answer::Accounts { accounts: vec![] });
        assert_eq!(std::fs::read_dir(layout.accounts()).unwrap().count(), 0);
    }
}
