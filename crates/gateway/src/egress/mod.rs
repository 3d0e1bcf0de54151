//! The egress proxy: the one way from a duckling to the network.
//!
//! A duckling listens on a TCP port of its own loopback (in its own network namespace, where it has one)
//! and gives the listener away over its control link before any SQL runs; from then on the gateway accepts
//! there, and DuckDB knows the port as its HTTP proxy. So nothing has to be relayed inside the box, and
//! where there is no namespace a password keeps others out. Every request, each hop of a redirect being one,
//! is judged by the account's rules; names are resolved here, once, and the connection goes to the very
//! address that was judged. What is inside a tunnel (CONNECT) is TLS between DuckDB and the host, and is not
//! looked at.

mod proxy;
mod forward;
mod tunnel;
mod meter;
mod connect;
mod names;
mod rules;
mod target;
mod address;
mod ledger;
mod metrics;

use std::{collections::HashMap, io, os::fd::OwnedFd, sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use rustix::net::{AddressFamily, SocketType, sockopt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc, oneshot},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use wire::link::{Cause, Hidden, PROXY_USER, Trouble};

use self::{connect::Connector, ledger::Ledger, names::Names};
pub use self::{
    metrics::Metrics,
    rules::{Entry, EntryError, Rules},
};
use crate::key::account_key;

/// How long a request's answer waits for the duckling to note why it failed.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// After an accept that failed (no descriptors are left, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What an account may do on the way out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// What may be reached.
    pub rules: Rules,
    /// Whether anything but GET and HEAD may be sent in the clear, and `COPY … TO` may write.
    pub write: bool,
    /// Whether `ATTACH 'https://…' (READ_ONLY)` is allowed.
    pub attach: bool,
    /// Connections at the same time.
    pub connections: usize,
    /// Bytes that may be moved within an hour.
    pub bytes_per_hour: u64,
}

/// What an operator can set.
#[derive(Clone, Debug)]
pub struct EgressSettings {
    /// What accounts may do that are not named.
    pub access: Access,
    /// What the others may, by [`account_key`].
    pub accounts: HashMap<String, Access>,
    /// For resolving a name, and again for connecting.
    pub connect_timeout: Duration,
    /// From the first byte of a request to the end of its header, and from the end of a request to the
    /// header of its answer.
    pub header_timeout: Duration,
    /// How long a transfer may stand still.
    pub idle_timeout: Duration,
}

impl EgressSettings {
    /// What this account may do.
    #[must_use]
    pub fn of(&self, account: &str) -> &Access {
        self.accounts.get(&account_key(account)).unwrap_or(&self.access)
    }
}

/// A trouble on its way to the duckling. Its number is given by the link.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) trouble: Trouble,
    /// To be sent when the duckling has noted it.
    pub(crate) noted: oneshot::Sender<()>,
}

/// The proxy, for all accounts.
#[derive(Debug)]
pub struct Egress {
    settings: EgressSettings,
    connector: Connector,
    ledger: Ledger,
    metrics: Metrics,
}

/// Whom a listener is served for.
#[derive(Debug)]
pub(crate) struct Client {
    /// The account's name.
    pub(crate) account: String,
    /// What its DuckDB shows the proxy.
    pub(crate) password: Hidden,
    /// Where its troubles go.
    pub(crate) reports: mpsc::Sender<Report>,
    /// Notified when what stands still is not to be waited for any longer.
    pub(crate) release: Arc<Notify>,
}

impl Egress {
    /// Serves nobody yet.
    #[must_use]
    pub fn new(settings: EgressSettings) -> Self {
        let connector = Connector { names: Names::default(), timeout: settings.connect_timeout };
        Self { settings, connector, ledger: Ledger::default(), metrics: Metrics::default() }
    }

    /// What was counted.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Serves a duckling's listener until it has ended.
    pub(crate) async fn serve(
        self: Arc<Self>,
        client: Client,
        listener: TcpListener,
        ended: CancellationToken,
    ) {
        let account = self.ledger.account(&client.account, self.settings.of(&client.account));
        let gauge = self.metrics.connections(&client.account);
        let credentials = BASE64_STANDARD.encode(format!("{PROXY_USER}:{}", client.password.0));
        let session = Arc::new(proxy::Duckling {
            egress: Arc::clone(&self),
            account: Arc::clone(&account),
            credentials: format!("Basic {credentials}"),
            reports: client.reports,
            release: client.release,
        });
        while let Some(accepted) = ended.run_until_cancelled(listener.accept()).await {
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(account = account.name, %error, "egress connection not accepted");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Some(permit) = account.connect() else {
                // Waits for the duckling, so that a flood of connections is no flood of frames.
                let limit = "connections_per_account".to_owned();
                self.metrics.request(&account.name, "", "exhausted");
                session.report(None, Cause::Exhausted { limit }).await;
                continue;
            };
            let (session, ended, gauge) = (Arc::clone(&session), ended.clone(), gauge.clone());
            tokio::spawn(async move {
                gauge.inc();
                ended.run_until_cancelled(proxy::serve(session, stream)).await;
                gauge.dec();
                drop(permit);
            });
        }
    }
}

/// A duckling's listener, if that is what it gave away: a listening TCP socket on loopback.
pub(crate) fn listener(descriptor: OwnedFd) -> io::Result<TcpListener> {
    let domain = sockopt::socket_domain(&descriptor)?;
    let is_listener = matches!(domain, AddressFamily::INET | AddressFamily::INET6)
        && sockopt::socket_type(&descriptor)? == SocketType::STREAM
        && sockopt::socket_acceptconn(&descriptor)?;
    if !is_listener {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a listening socket"));
    }
    let listener = std::net::TcpListener::from(descriptor);
    if !listener.local_addr()?.ip().is_loopback() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a loopback address"));
    }
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Small messages go at once; a failure costs only time.
fn without_delay(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
}

/// Tells the duckling, and waits a moment for it to note it.
async fn tell(reports: &mpsc::Sender<Report>, trouble: Trouble) {
    let (noted, noting) = oneshot::channel();
    let telling = async {
        if reports.send(Report { trouble, noted }).await.is_ok() {
            // An error means that the duckling has ended.
            let _ = noting.await;
        }
    };
    if timeout(REPORT_TIMEOUT, telling).await.is_err() {
        tracing::debug!("a duckling did not note why its request failed");
    }
}

#[cfg(test)]
mod tests;
