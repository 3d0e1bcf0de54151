//! The front: from an accepted connection to a session that can be relayed.
//!
//! `admission` counts connections, `encryption` settles TLS, `login` reads the start-up packet and
//! checks the token (`throttle` slows down who guesses) or has the password shown (`password`, `guesses`), then the relay
//! takes over. Until then a
//! connection has the login timeout and 64 KiB.

mod encryption;
mod login;
mod password;
mod guesses;
mod admission;
mod throttle;
mod packet;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rustix::net::sockopt;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::admission::Entry;
pub use self::{admission::Admission, guesses::Guesses, throttle::Throttle};
use crate::{
    duckling::Ducklings,
    sessions::Sessions,
    settings::{AccessRules, Limits},
    store::Records,
    tls::Certificates,
};

/// A client that has vanished without a word is noticed after about two minutes.
const KEEPALIVE_IDLE: Duration = Duration::from_mins(1);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_PROBES: u32 = 4;

/// After a failed accept (out of descriptors, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What every connection needs.
#[derive(Debug)]
pub struct Front {
    /// Bounds.
    pub limits: Limits,
    /// Connections counted.
    pub admission: Arc<Admission>,
    /// Failed logins counted.
    pub throttle: Throttle,
    /// Wrong passwords counted.
    pub guesses: Guesses,
    /// Who has to show what.
    pub access: AccessRules,
    /// Accounts, tokens, databases.
    pub records: Records,
    /// Open sessions.
    pub sessions: Arc<Sessions>,
    /// Processes.
    pub ducklings: Ducklings,
    /// Cancelled when the server stops.
    pub shutdown: CancellationToken,
    /// How long a busy session may go on after that.
    pub shutdown_grace: Duration,
}

/// Accepts connections until the server stops; each is a task of the tracker.
pub async fn accept(front: Arc<Front>, tls: Arc<Certificates>, listener: TcpListener, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = front.shutdown.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                tasks.spawn(serve(Arc::clone(&front), Arc::clone(&tls), stream, peer));
            }
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(front: Arc<Front>, tls: Arc<Certificates>, stream: TcpStream, peer: SocketAddr) {
    let (entry, _place) = front.admission.enter(peer.ip());
    if entry == Entry::Dropped {
        return;
    }
    if let Err(error) = prepare(&stream) {
        tracing::debug!(%peer, %error, "socket options not set");
    }
    let own = stream.local_addr().ok();
    let arrival = async {
        let serving = tls.serving();
        let stream = encryption::encrypt(stream, &serving, &front.sessions).await?;
        let channel = encryption::channel(&stream, &serving);
        login::log_in(&front, stream, Arrival { peer, own, entry, channel }).await
    };
    match timeout(front.limits.login_timeout, arrival).await {
        Ok(Some((stream, login))) => {
            let process_id = login.relay.registered.process_id();
            tracing::debug!(%peer, session = process_id, account = login.relay.account.name, "session begins");
            login.relay.run(stream, login.session).await;
            tracing::debug!(%peer, session = process_id, "session ends");
        }
        Ok(None) => {}
        Err(_) => tracing::info!(%peer, "login took too long, connection closed"),
    }
}

/// A client that has not logged in yet.
#[derive(Debug)]
struct Arrival {
    peer: SocketAddr,
    /// Where it has arrived.
    own: Option<SocketAddr>,
    entry: Entry,
    channel: Channel,
}

/// What its TLS tells.
#[derive(Debug)]
struct Channel {
    /// What a login by password can be bound to.
    end_point: Option<Vec<u8>>,
    /// The names in the client's certificate, if it has shown one; that is trusted then.
    names: Option<Vec<String>>,
}

fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_PROBES)?;
    Ok(())
}
