//! What can be measured about the running server, for Prometheus: `GET /metrics` at an address of its own.
//!
//! It is plain HTTP without a login, so there is none unless the operator names an address. Labels are accounts
//! and the hosts that they reached, both bounded. Deliberately absent: anything about statements.

use std::{convert::Infallible, fmt, net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderValue},
    server::conn::http1::Builder,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, text::encode},
    metrics::gauge::ConstGauge,
    registry::Registry,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{duckling::Ducklings, sessions::Sessions};

/// The text format's name (`OpenMetrics` 1.0).
const CONTENT_TYPE: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Whoever reads metrics has this long for it.
const SCRAPE_TIMEOUT: Duration = Duration::from_secs(10);

/// More that read at the same time are closed at once.
const SCRAPES_MAX: usize = 8;

/// After an accept that failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Everything that is measured.
#[derive(Debug)]
pub struct Metrics(Registry);

/// What is counted when somebody asks.
#[derive(Debug)]
struct Present(Arc<Sessions>);

impl Collector for Present {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let sessions = ConstGauge::new(i64::try_from(self.0.count()).unwrap_or(i64::MAX));
        let help = "Sessions of all clients";
        sessions.encode(encoder.encode_descriptor("sessions", help, None, sessions.metric_type())?)
    }
}

impl Metrics {
    /// Of these parts of the server.
    #[must_use]
    pub fn new(sessions: &Arc<Sessions>, ducklings: &Ducklings) -> Self {
        let mut registry = Registry::with_prefix("pintail");
        registry.register_collector(Box::new(Present(Arc::clone(sessions))));
        ducklings.register(&mut registry);
        Self(registry)
    }

    fn text(&self) -> Option<String> {
        let mut text = String::new();
        encode(&mut text, &self.0).ok()?;
        Some(text)
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::default());
        if request.uri().path() != "/metrics" {
            *response.status_mut() = StatusCode::NOT_FOUND;
        } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        } else if let Some(text) = self.text() {
            response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
            *response.body_mut() = Full::from(text);
        } else {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
        response
    }
}

/// Answers until the server stops.
pub async fn serve(metrics: Metrics, listener: TcpListener, shutdown: CancellationToken, tasks: TaskTracker) {
    let metrics = Arc::new(metrics);
    let places = Arc::new(Semaphore::new(SCRAPES_MAX));
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "metrics connection not accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (metrics, shutdown) = (Arc::clone(&metrics), shutdown.clone());
        tasks.spawn(async move {
            let scraped = timeout(SCRAPE_TIMEOUT, scrape(&metrics, stream));
            if !matches!(shutdown.run_until_cancelled(scraped).await, Some(Ok(()))) {
                tracing::debug!("metrics not read to their end");
            }
            drop(place);
        });
    }
}

/// One connection, one answer.
async fn scrape(metrics: &Metrics, stream: TcpStream) {
    let service = service_fn(|request| async move { Ok::<_, Infallible>(metrics.answer(&request)) });
    let connection = Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "metrics connection ended");
    }
}

/// Where metrics are given, once the address is bound.
#[must_use]
pub fn url(address: SocketAddr) -> String {
    format!("http://{address}/metrics")
}
