//! The REST API for accounts and tokens: HTTP/1.1 over TLS at a port of its own, bearer tokens, the reference's shapes.
//!
//! `route` reads method and path, `call` does what is asked through [`crate::admin`], as the command line does, `answer`
//! makes the response. What may be asked is written down in `openapi.json`, which is served too and which the tests
//! hold against the server. Everybody may manage his own tokens; accounts and other people's tokens are for those whom
//! the configuration names.

mod call;
mod route;
mod answer;

use std::{
    collections::HashMap,
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hyper::{server::conn::http1::Builder, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{admin::socket::Admin, front::Front, tls::Certificates};

/// Connections at the same time, in all and from one address; one more is closed at once, so that it need not wait for those
/// who say nothing.
const CONNECTIONS_MAX: usize = 256;
const CONNECTIONS_PER_ADDRESS: usize = 64;

/// For the TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// For the head of a request, and between two requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// For a connection, whose client may not take what it has asked for.
const CONNECTION_TIMEOUT: Duration = Duration::from_mins(10);

/// What a request's head may take.
const HEAD_MAX_BYTES: usize = 64 * 1024;

/// After an accept that failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The API's document.
const DOCUMENT: &str = include_str!("openapi.json");

/// What requests are answered from.
#[derive(Debug)]
pub struct Api {
    /// What does what is asked.
    pub admin: Admin,
    /// Whose throttle slows down wrong tokens here, too.
    pub front: Arc<Front>,
    /// Accounts that may manage others.
    pub administrators: Vec<String>,
}

/// Answers until the server stops.
pub async fn serve(
    api: Api,
    certificates: Arc<Certificates>,
    listener: TcpListener,
    shutdown: CancellationToken,
    tasks: TaskTracker,
) {
    let api = Arc::new(api);
    let places = Arc::new(Places::default());
    loop {
        let accepted = match shutdown.run_until_cancelled(listener.accept()).await {
            None => return,
            Some(Ok(accepted)) => accepted,
            Some(Err(error)) => {
                tracing::warn!(%error, "API connection not accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (stream, peer) = accepted;
        let Some(place) = Places::take(&places, peer.ip()) else {
            tracing::debug!(%peer, "too many API connections");
            continue;
        };
        let tls = TlsAcceptor::from(Arc::clone(&certificates.serving().web));
        let (api, shutdown) = (Arc::clone(&api), shutdown.clone());
        tasks.spawn(async move {
            shutdown.run_until_cancelled(connection(&api, tls, stream, peer)).await;
            drop(place);
        });
    }
}

/// Who is connected, by address.
#[derive(Debug, Default)]
struct Places {
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// A place, for as long as this value lives.
#[derive(Debug)]
struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a client at this address, if there is one.
    fn take(places: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let mut taken = places.taken();
        let own = taken.get(&address).copied().unwrap_or_default();
        if own >= CONNECTIONS_PER_ADDRESS || taken.values().sum::<usize>() >= CONNECTIONS_MAX {
            return None;
        }
        taken.insert(address, own + 1);
        Some(Place { places: Arc::clone(places), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(own) = taken.get_mut(&self.address) {
            *own = own.saturating_sub(1);
        }
        taken.retain(|_, own| *own > 0);
    }
}

async fn connection(api: &Arc<Api>, tls: TlsAcceptor, stream: TcpStream, peer: SocketAddr) {
    let stream = match timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%peer, %error, "TLS handshake of the API failed"),
        Err(_) => return tracing::debug!(%peer, "TLS handshake of the API took too long"),
    };
    let service = service_fn(|request| {
        let api = Arc::clone(api);
        async move { Ok::<_, Infallible>(call::respond(&api, request, peer).await) }
    });
    let served = Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_MAX_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(CONNECTION_TIMEOUT, served).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%peer, %error, "API connection ended"),
        Err(_) => tracing::debug!(%peer, "API connection took too long"),
    }
}
