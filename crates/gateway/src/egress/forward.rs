//! A plain request, passed on: taken apart by hyper and put together anew, so that what the host reads is
//! what was judged, whatever the bytes were like.

use std::time::Duration;

use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Uri, Version,
    body::{Bytes, Incoming},
    client::conn::http1::{Builder, SendRequest},
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{
    connect::Failure,
    meter::{BodyError, Meter, Metered, Way},
    proxy::{HEADER_BYTES_MAX, HEADERS_MAX},
    target::Target,
};

/// A body on either side.
pub(super) type ProxyBody = BoxBody<Bytes, BodyError>;

/// Headers that are about one connection only (RFC 9110 §7.6.1), beside those that `Connection` names.
static HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A connection to a host that may serve further requests to the same target.
#[derive(Debug)]
pub(super) struct Upstream {
    target: Target,
    sender: SendRequest<ProxyBody>,
}

impl Upstream {
    /// The one that is there, if it leads to this target and still lives.
    pub(super) async fn kept(kept: Option<Self>, target: &Target) -> Option<Self> {
        let mut kept = kept.filter(|kept| kept.target == *target)?;
        kept.sender.ready().await.is_ok().then_some(kept)
    }

    /// A new one, on a connection to the target.
    pub(super) async fn new(stream: TcpStream, target: &Target) -> Result<Self, Failure> {
        let mut builder = Builder::new();
        builder.max_headers(HEADERS_MAX).max_header_size(HEADER_BYTES_MAX);
        let (sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(Failure::Malformed)?;
        // It ends with the last of: this upstream, its response's body. Its errors show there.
        tokio::spawn(connection);
        Ok(Self { target: target.clone(), sender })
    }

    /// Sends a request and waits for the header of its answer.
    pub(super) async fn send(
        &mut self,
        request: Request<ProxyBody>,
        meter: &Meter,
        header_timeout: Duration,
    ) -> Result<Response<Incoming>, Failure> {
        tokio::select! {
            answer = self.sender.send_request(request) => answer.map_err(Failure::Malformed),
            () = meter.released() => Err(Failure::TimedOut("an answer")),
            () = meter.idle(header_timeout) => Err(Failure::TimedOut("an answer")),
        }
    }
}

/// Whether a request of this method may be passed on in the clear.
pub(super) fn is_known(method: &Method, write: bool) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
        || (write && matches!(*method, Method::PUT | Method::POST | Method::DELETE))
}

/// The request as the host gets it: origin form, the target as Host, nothing that is about our connection.
pub(super) fn outgoing(
    request: Request<Incoming>,
    target: &Target,
    meter: &Meter,
    idle_timeout: Duration,
) -> Option<Request<ProxyBody>> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse::<Uri>().ok()?;
    parts.version = Version::HTTP_11;
    strip(&mut parts.headers);
    parts.headers.remove(header::EXPECT);
    parts.headers.insert(header::HOST, HeaderValue::from_str(&target.host_header()).ok()?);
    let body = Metered::new(body, meter.clone(), Way::Out, idle_timeout);
    Some(Request::from_parts(parts, body.boxed()))
}

/// The answer as DuckDB gets it.
pub(super) fn incoming(
    answer: Response<Incoming>,
    meter: &Meter,
    idle_timeout: Duration,
) -> Response<ProxyBody> {
    let (mut parts, body) = answer.into_parts();
    strip(&mut parts.headers);
    parts.version = Version::HTTP_11;
    if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        // It was not asked for: Upgrade was taken out of the request.
        parts.status = StatusCode::BAD_GATEWAY;
    }
    Response::from_parts(parts, Metered::new(body, meter.clone(), Way::In, idle_timeout).boxed())
}

fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        // A body's length is never about the connection, whatever the sender says.
        .filter(|name| *name != header::CONTENT_LENGTH)
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}
