//! The front: from an accepted connection to a session that can be relayed.
//!
//! `admission` counts connections, `encryption` settles TLS, `login` reads the start-up packet and
//! checks the token (`throttle` slows down who guesses), then the relay takes over. Until then a
//! connection has the login timeout and 64 KiB.

mod encryption;
mod login;
mod admission;
mod throttle;
mod packet;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rustix::net::sockopt;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::admission::Entry;
pub use self::{admission::Admission, throttle::Throttle};
use crate::{duckling::Ducklings, sessions::Sessions, settings::Limits, store::Records};

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
pub async fn accept(front: Arc<Front>, tls: TlsAcceptor, listener: TcpListener, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = front.shutdown.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                tasks.spawn(serve(Arc::clone(&front), tls.clone(), stream, peer));
            }
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(front: Arc<Front>, tls: TlsAcceptor, stream: TcpStream, peer: SocketAddr) {
    let (entry, _place) = front.admission.enter(peer.ip());
    if entry == Entry::Dropped {
        return;
    }
    if let Err(error) = prepare(&stream) {
        tracing::debug!(%peer, %error, "socket options not set");
    }
    let arrival = async {
        let stream = encryption::encrypt(stream, &tls, &front.sessions).await?;
        login::log_in(&front, stream, peer, entry).await
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

fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_PROBES)?;
    Ok(())
}
