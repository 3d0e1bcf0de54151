//! The server as a whole: opened on a data directory, bound, running, stopped.
//!
//! It says nothing to its operator but through the log; what a first start prints is the program's
//! business.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use tokio::{
    net::{TcpListener, TcpSocket},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    admin::socket::{self, Admin},
    api::{self, Api},
    duckling::{Ducklings, launch::Launch},
    front::{self, Admission, Front, Guesses, Throttle},
    home::{self, Home, HomeError, Layout},
    metrics::{self, Metrics},
    sessions::Sessions,
    settings::{ApiSettings, Port, Settings},
    store::{Records, StoreError},
    tls::{self, Certificates, TlsError},
};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// What a running server writes about itself, for `connect-info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The port in use.
    pub port: u16,
    /// The server's process id.
    pub process_id: u32,
    /// Where the REST API listens, if it does.
    #[serde(default)]
    pub api: Option<SocketAddr>,
}

impl State {
    /// What the running (or last) server wrote; nothing when there was none.
    #[must_use]
    pub fn read(layout: &Layout) -> Option<Self> {
        let text = fs::read(layout.state()).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Certificates cannot be had.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The admin socket cannot be opened.
    #[error("cannot open the admin socket: {0}")]
    Admin(#[source] io::Error),
    /// There is nothing to listen on.
    #[error("no address to listen on is configured")]
    NoAddress,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    port: u16,
    front: Arc<Front>,
    grace: std::time::Duration,
    tasks: TaskTracker,
    layout: Layout,
    _home: Home,
}

impl Server {
    /// Starts on a data directory whose store is open. Must be called inside a runtime.
    ///
    /// # Errors
    /// When it cannot start.
    pub async fn start(
        home: Home,
        records: Records,
        settings: Settings,
        launcher: Box<dyn Launch>,
    ) -> Result<Self, ServerError> {
        let layout = home.layout().clone();
        let (tls_settings, addresses) = (settings.tls.clone(), settings.listen.clone());
        let tls_layout = layout.clone();
        let own_roots = settings.duckling.remote.as_ref().map(|remote| remote.ca_file.clone());
        let open = move || {
            if let Some(own) = own_roots {
                tls::write_egress_roots(&tls_layout, own.as_deref())?;
            }
            Certificates::open(&tls_layout, &tls_settings, &addresses)
        };
        let opened = tokio::task::spawn_blocking(open).await;
        let certificates = Arc::new(opened.map_err(|_| StoreError::Gone)??);
        let front = Arc::new(front(&settings, records, launcher, &layout));
        front.ducklings.platform().put_in_order().await?;
        let (listeners, port) = listen(&settings.listen, settings.port)?;
        let admin = Admin {
            records: front.records.clone(),
            sessions: Arc::clone(&front.sessions),
            ducklings: front.ducklings.clone(),
            layout: layout.clone(),
        };
        let api_listener = settings.api.as_ref().map(listen_for_api).transpose()?;
        let api_address = api_listener.as_ref().and_then(|listener| listener.local_addr().ok());
        let metrics_listener = settings.metrics.map(listen_for_metrics).transpose()?;
        let admin_listener = socket::bind(&layout).map_err(ServerError::Admin)?;
        write_state(&layout, port, api_address)?;
        let tasks = TaskTracker::new();
        for listener in listeners {
            tasks.spawn(front::accept(
                Arc::clone(&front),
                Arc::clone(&certificates),
                listener,
                tasks.clone(),
            ));
        }
        if let Some(listener) = api_listener {
            let administrators = settings.api.map(|api| api.administrators).unwrap_or_default();
            let api = Api { admin: admin.clone(), front: Arc::clone(&front), administrators };
            let (certificates, shutdown) = (Arc::clone(&certificates), front.shutdown.clone());
            tasks.spawn(api::serve(api, certificates, listener, shutdown, tasks.clone()));
        }
        tasks.spawn(socket::serve(admin, admin_listener, front.shutdown.clone(), tasks.clone()));
        if let Some(listener) = metrics_listener {
            let metrics = Metrics::new(&front.sessions, &front.ducklings);
            tasks.spawn(metrics::serve(metrics, listener, front.shutdown.clone(), tasks.clone()));
        }
        let until = front.shutdown.clone();
        tasks.spawn(async move {
            until.run_until_cancelled(certificates.keep_fresh()).await;
        });
        let (sessions, until) = (Arc::clone(&front.sessions), front.shutdown.clone());
        tasks.spawn(async move {
            until.run_until_cancelled(sessions.expire()).await;
        });
        let (platform, until) = (front.ducklings.platform().clone(), front.shutdown.clone());
        tasks.spawn(async move {
            until.run_until_cancelled(platform.purge()).await;
        });
        tracing::info!(port, addresses = ?settings.listen, "listening");
        Ok(Self { port, front, grace: settings.shutdown_grace, tasks, layout, _home: home })
    }

    /// The port in use, which is not the configured one when that was 0 or taken.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops: no new connections, idle sessions end, busy ones may finish within the grace, then the
    /// ducklings end.
    pub async fn stop(self) {
        tracing::info!(sessions = self.front.sessions.count(), "shutting down");
        self.front.shutdown.cancel();
        self.tasks.close();
        let ducklings = self.front.ducklings.shut_down(self.grace);
        // The relays keep to the same grace; a little more for their last words.
        let limit = self.grace + std::time::Duration::from_secs(10);
        let ended = timeout(limit, async { tokio::join!(ducklings, self.tasks.wait()) }).await;
        if ended.is_err() {
            tracing::warn!("not everything ended in time");
        }
        // A stale socket file is replaced by the next server.
        let _ = fs::remove_file(self.layout.admin_socket());
        tracing::info!("stopped");
    }
}

fn front(settings: &Settings, records: Records, launcher: Box<dyn Launch>, layout: &Layout) -> Front {
    let limits = settings.limits.clone();
    let ducklings = Ducklings::new(
        launcher,
        settings.duckling.clone(),
        settings.allowances.clone(),
        records.clone(),
        layout.clone(),
    );
    let sessions = Arc::new(Sessions::default());
    let ended = Arc::clone(&sessions);
    ducklings.when_revoked(move |token| {
        ended.end_token(token);
    });
    Front {
        admission: Arc::new(Admission::new(&limits)),
        throttle: Throttle::new(limits.failed_logins_per_minute),
        guesses: Guesses::new(limits.failed_logins_per_minute, limits.failed_passwords_per_minute),
        access: settings.access.clone(),
        limits,
        records,
        sessions,
        ducklings,
        shutdown: CancellationToken::new(),
        shutdown_grace: settings.shutdown_grace,
    }
}

fn write_state(layout: &Layout, port: u16, api: Option<SocketAddr>) -> Result<(), ServerError> {
    let state = State { port, process_id: std::process::id(), api };
    let text = serde_json::to_vec(&state).unwrap_or_default();
    Ok(home::write_file(&layout.state(), &text)?)
}

/// Listens on all addresses at one port.
fn listen(addresses: &[IpAddr], port: Port) -> Result<(Vec<TcpListener>, u16), ServerError> {
    match port {
        Port::Exactly(port) => bind_all(addresses, port),
        Port::Preferably(port) => match bind_all(addresses, port) {
            Err(ServerError::Listen { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
                bind_all(addresses, 0)
            }
            other => other,
        },
    }
}

fn bind_all(addresses: &[IpAddr], port: u16) -> Result<(Vec<TcpListener>, u16), ServerError> {
    let mut listeners = Vec::new();
    let mut port = port;
    for address in addresses {
        let address = SocketAddr::new(*address, port);
        let error = |source| ServerError::Listen { address, source };
        let listener = bind(address).map_err(error)?;
        port = listener.local_addr().map_err(error)?.port();
        listeners.push(listener);
    }
    if listeners.is_empty() { Err(ServerError::NoAddress) } else { Ok((listeners, port)) }
}

fn listen_for_api(api: &ApiSettings) -> Result<TcpListener, ServerError> {
    let (mut listeners, port) = listen(&[api.address], api.port)?;
    tracing::info!(address = %SocketAddr::new(api.address, port), "REST API");
    listeners.pop().ok_or(ServerError::NoAddress)
}

fn listen_for_metrics(address: SocketAddr) -> Result<TcpListener, ServerError> {
    let error = |source| ServerError::Listen { address, source };
    let listener = bind(address).map_err(error)?;
    let address = listener.local_addr().map_err(error)?;
    tracing::info!(url = metrics::url(address), "metrics");
    Ok(listener)
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of the former server in TIME_WAIT must not keep the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests;
