//! One connection of DuckDB's to the proxy: its requests, read by hyper, judged, and passed on.

use std::{convert::Infallible, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Empty};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderValue},
    server::conn::http1::Builder,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use subtle::ConstantTimeEq;
use tokio::{
    net::TcpStream,
    sync::{Mutex, Notify, mpsc},
};
use tokio_util::task::AbortOnDropHandle;
use wire::link::{Cause, Trouble};

use super::{
    Egress, Report,
    connect::Failure,
    forward::{self, ProxyBody, Upstream},
    ledger::Account,
    meter::Meter,
    target::Target,
    tunnel,
};

/// A request's or an answer's header may be this long.
pub(super) const HEADER_BYTES_MAX: usize = 64 * 1024;

/// A request's or an answer's header may have so many fields.
pub(super) const HEADERS_MAX: usize = 100;

/// The duckling at the other end.
#[derive(Debug)]
pub(super) struct Duckling {
    pub(super) egress: Arc<Egress>,
    pub(super) account: Arc<Account>,
    /// What `Proxy-Authorization` must be.
    pub(super) credentials: String,
    pub(super) reports: mpsc::Sender<Report>,
    pub(super) release: Arc<Notify>,
}

impl Duckling {
    /// Tells the duckling why a request to this target failed.
    pub(super) async fn report(&self, target: Option<&Target>, cause: Cause) {
        let host = target.map(|target| target.place.to_string()).unwrap_or_default();
        let port = target.map_or(0, |target| target.port);
        tracing::debug!(account = self.account.name, host, port, ?cause, "egress request failed");
        super::tell(&self.reports, Trouble { number: 0, host, port, cause }).await;
    }

    fn meter(&self, target: &Target) -> Meter {
        let bytes = self.egress.metrics.bytes(&self.account.name, &target.place.to_string());
        Meter::new(Arc::clone(&self.account), bytes, Arc::clone(&self.release))
    }

    /// Connects, unless it takes long and the duckling lets go of it.
    async fn connect(&self, target: &Target) -> Result<TcpStream, Failure> {
        tokio::select! {
            connected = self.egress.connector.connect(&self.account, target) => connected,
            () = self.release.notified() => Err(Failure::TimedOut("a connection")),
        }
    }
}

/// What a connection keeps between requests.
#[derive(Debug, Default)]
struct Kept {
    /// The host of the last plain request.
    upstream: Option<Upstream>,
    /// After CONNECT: what passes the bytes.
    tunnel: Option<AbortOnDropHandle<()>>,
}

/// Serves one connection, until its last byte; dropping this ends it.
pub(super) async fn serve(duckling: Arc<Duckling>, stream: TcpStream) {
    super::without_delay(&stream);
    let header_timeout = duckling.egress.settings.header_timeout;
    let kept = Arc::new(Mutex::new(Kept::default()));
    let keeping = Arc::clone(&kept);
    let service = service_fn(move |request| {
        let (duckling, kept) = (Arc::clone(&duckling), Arc::clone(&keeping));
        async move { Ok::<_, Infallible>(answer(&duckling, &kept, request).await) }
    });
    let connection = Builder::new()
        .max_headers(HEADERS_MAX)
        .max_header_size(HEADER_BYTES_MAX)
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Err(error) = connection.await {
        tracing::debug!(%error, "egress connection ended");
    }
    let tunnel = kept.lock().await.tunnel.take();
    if let Some(tunnel) = tunnel {
        // It fails only when it panicked, which is logged there.
        let _ = tunnel.await;
    }
}

async fn answer(
    duckling: &Arc<Duckling>,
    kept: &Mutex<Kept>,
    mut request: Request<Incoming>,
) -> Response<ProxyBody> {
    let shown = request.headers_mut().remove(header::PROXY_AUTHORIZATION);
    let expected = duckling.credentials.as_bytes();
    if !shown.is_some_and(|shown| shown.as_bytes().ct_eq(expected).into()) {
        let mut response = status(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        let challenge = HeaderValue::from_static("Basic realm=\"pintail\"");
        response.headers_mut().insert(header::PROXY_AUTHENTICATE, challenge);
        return response;
    }
    let (account, egress) = (&duckling.account, &duckling.egress);
    let is_tunnel = request.method() == Method::CONNECT;
    let uri = request.uri();
    let target = if is_tunnel { Target::of_connect(uri) } else { Target::of_absolute(uri) };
    let Some(target) = target else {
        egress.metrics.request(&account.name, "", "malformed");
        return status(StatusCode::BAD_REQUEST);
    };
    if !is_tunnel && !forward::is_known(request.method(), account.access.write) {
        egress.metrics.request(&account.name, &target.place.to_string(), "method");
        return status(StatusCode::METHOD_NOT_ALLOWED);
    }
    let outcome = if !account.has_bytes() {
        Err(Failure::Exhausted("bytes_per_hour"))
    } else if is_tunnel {
        open_tunnel(duckling, kept, request, target.clone()).await
    } else {
        pass_on(duckling, kept, request, &target).await
    };
    let host = target.place.to_string();
    match outcome {
        Ok(response) => {
            egress.metrics.request(&account.name, &host, "connected");
            response
        }
        Err(failure) => {
            egress.metrics.request(&account.name, &host, failure.name());
            let code = code(&failure);
            duckling.report(Some(&target), failure.into()).await;
            status(code)
        }
    }
}

fn code(failure: &Failure) -> StatusCode {
    match failure {
        Failure::Refused(_) => StatusCode::FORBIDDEN,
        Failure::Unresolved(_) | Failure::Unreachable(_) | Failure::Malformed(_) => StatusCode::BAD_GATEWAY,
        Failure::TimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
        Failure::Exhausted(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// CONNECT: answered when the host is connected, then only bytes.
async fn open_tunnel(
    duckling: &Arc<Duckling>,
    kept: &Mutex<Kept>,
    request: Request<Incoming>,
    target: Target,
) -> Result<Response<ProxyBody>, Failure> {
    let mut host = duckling.connect(&target).await?;
    let duckling = Arc::clone(duckling);
    let tunnel = tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else { return };
        let egress = &duckling.egress;
        let meter = duckling.meter(&target);
        let idle_timeout: Duration = egress.settings.idle_timeout;
        let mut duckdb = parts.io.into_inner();
        let ended = tunnel::pump(&mut duckdb, &mut host, parts.read_buf, &meter, idle_timeout).await;
        if let Some(failure) = ended {
            duckling.report(Some(&target), failure.into()).await;
        }
    });
    kept.lock().await.tunnel = Some(AbortOnDropHandle::new(tunnel));
    Ok(status(StatusCode::OK))
}

/// A plain request.
async fn pass_on(
    duckling: &Duckling,
    kept: &Mutex<Kept>,
    request: Request<Incoming>,
    target: &Target,
) -> Result<Response<ProxyBody>, Failure> {
    let egress = &duckling.egress;
    let settings = &egress.settings;
    let mut kept = kept.lock().await;
    let mut upstream = match Upstream::kept(kept.upstream.take(), target).await {
        Some(upstream) => upstream,
        None => Upstream::new(duckling.connect(target).await?, target).await?,
    };
    let meter = duckling.meter(target);
    let Some(request) = forward::outgoing(request, target, &meter, settings.idle_timeout) else {
        return Ok(status(StatusCode::BAD_REQUEST));
    };
    let answer = upstream.send(request, &meter, settings.header_timeout).await?;
    kept.upstream = Some(upstream);
    Ok(forward::incoming(answer, &meter, settings.idle_timeout))
}

fn status(code: StatusCode) -> Response<ProxyBody> {
    let mut response = Response::new(Empty::<Bytes>::new().map_err(|never| match never {}).boxed());
    *response.status_mut() = code;
    response
}
