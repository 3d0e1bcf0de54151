//! The hosts of these tests, in this process: a web server over TLS with a certificate of a private CA, an S3 server,
//! and canaries on loopback that remember whoever came.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs,
    future::Future,
    net::{Ipv6Addr, SocketAddr},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, body::Bytes, body::Incoming, header, service::service_fn,
};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_rustls::TlsAcceptor;

use super::blobs;

/// The keys of the S3 server.
pub(crate) const ACCESS_KEY: &str = "PINTAILTEST";
pub(crate) const SECRET_KEY: &str = "a-secret-with/slash+plus";

/// The buckets of the S3 server.
const BUCKETS: [&str; 2] = ["lake", "pintail-test"];

/// The accounts that have a secret for it.
const ACCOUNTS: [&str; 3] = ["default", "second", "third"];

/// What a canary answers.
pub(crate) const SONG: &str = "sung-by-a-canary";

/// All of them; they go when this is dropped.
pub(crate) struct Hosts {
    folder: tempfile::TempDir,
    pub(crate) web: u16,
    pub(crate) s3: u16,
    /// The web server without TLS, which gives a bucket's objects to everybody: the S3 server reads a file whole for each range.
    pub(crate) plain: u16,
    /// A web server whose certificate nobody trusts.
    pub(crate) impostor: u16,
    pub(crate) canary: u16,
    visitors: Arc<Mutex<Vec<String>>>,
    _runtime: Runtime,
}

type Answer = Response<Full<Bytes>>;

impl Hosts {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        for bucket in BUCKETS {
            fs::create_dir_all(folder.path().join("s3").join(bucket))?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let _inside = runtime.enter();
        let (trusted, ca) = certificate()?;
        fs::write(folder.path().join("ca.pem"), ca)?;
        let (untrusted, _) = certificate()?;
        let files = folder.path().join("s3/lake");
        let visitors: Arc<Mutex<Vec<String>>> = Arc::default();
        let canary = canaries(&runtime, &visitors)?;
        let tls = |acceptor: TlsAcceptor, files: PathBuf| {
            listen(&runtime, move |stream| serve_tls(acceptor.clone(), stream, files.clone(), canary))
        };
        let plain_files = files.clone();
        let plain = listen(&runtime, move |stream| serve(TokioIo::new(stream), plain_files.clone(), canary))?;
        let web = tls(trusted, files.clone())?;
        let impostor = tls(untrusted, files)?;
        let s3 = s3(&runtime, &folder.path().join("s3"))?;
        Ok(Self { folder, web, s3, plain, impostor, canary, visitors, _runtime: runtime })
    }

    /// The CA that signed the web server's certificate.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The bucket `lake`, which the web server shows too.
    pub(crate) fn lake(&self) -> PathBuf {
        self.folder.path().join("s3/lake")
    }

    /// Whoever came to the canary.
    pub(crate) fn visitors(&self) -> Vec<String> {
        self.visitors.lock().unwrap().clone()
    }

    /// The same; they are forgotten then.
    pub(crate) fn take_visitors(&self) -> Vec<String> {
        std::mem::take(&mut self.visitors.lock().unwrap())
    }

    /// Where a Pintail may go.
    pub(crate) fn allowed(&self) -> String {
        [self.web, self.s3, self.plain, self.impostor].map(|port| format!("127.0.0.1:{port}")).join(", ")
    }

    /// An account's secrets for four containers: at the plain web server, at that with TLS, at the one that nobody trusts,
    /// and where nobody may go.
    fn azure(&self, account: &str) -> String {
        let stores = [
            ("plain", "http", self.plain),
            ("secure", "https", self.web),
            ("impostor", "https", self.impostor),
            ("canary", "http", self.canary),
        ];
        let secret = |(name, scheme, port): (&str, &str, u16)| {
            format!(
                "[account.{account}.secret.az_{name}]\ntype = \"azure\"\nscope = [\"az://{name}/\", \"azure://{name}/\"]\n\
                 connection_string = \"DefaultEndpointsProtocol={scheme};AccountName=devstore;AccountKey=a2V5;\
                 BlobEndpoint={scheme}://127.0.0.1:{port}{}\"\n",
                blobs::ROOT.trim_end_matches('/')
            )
        };
        stores.map(secret).concat()
    }

    /// A config file with the accounts' secrets for the S3 server, and for the plain one as a store without a login. The
    /// account `other` knows where the first is and has no key.
    pub(crate) fn config(&self) -> anyhow::Result<String> {
        let path = self.folder.path().join("pintail.toml");
        let scope = BUCKETS.map(|bucket| format!("\"s3://{bucket}/\"")).join(", ");
        let store = |account: &str, name: &str, scope: &str, port: u16| {
            format!(
                "[account.{account}.secret.{name}]\ntype = \"s3\"\nscope = [{scope}]\n\
                 endpoint = \"127.0.0.1:{port}\"\nurl_style = \"path\"\nuse_ssl = \"false\"\n"
            )
        };
        let keys = format!("key_id = \"{ACCESS_KEY}\"\nsecret = \"{SECRET_KEY}\"\n");
        let secrets = |account: &str| {
            let lake = store(account, "lake", &scope, self.s3);
            let plain = store(account, "plain", "\"s3://plain/\"", self.plain);
            format!("{lake}{keys}{plain}{}", self.azure(account))
        };
        fs::write(&path, ACCOUNTS.map(secrets).concat() + &store("other", "lake", &scope, self.s3))?;
        Ok(path.to_string_lossy().into_owned())
    }
}

/// A server on a free port of the loopback; each connection is given to `serve`.
fn listen<F>(runtime: &Runtime, serve: impl Fn(TcpStream) -> F + Send + 'static) -> anyhow::Result<u16>
where
    F: Future<Output = ()> + Send + 'static,
{
    listen_at(runtime, SocketAddr::from(([127, 0, 0, 1], 0)), serve)
}

/// The same at an address.
fn listen_at<F>(
    runtime: &Runtime,
    address: SocketAddr,
    serve: impl Fn(TcpStream) -> F + Send + 'static,
) -> anyhow::Result<u16>
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = runtime.block_on(TcpListener::bind(address))?;
    let port = listener.local_addr()?.port();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    Ok(port)
}

/// Canaries on 127.0.0.1 and, at the same port, on `[::1]` where this machine has IPv6.
fn canaries(runtime: &Runtime, visitors: &Arc<Mutex<Vec<String>>>) -> anyhow::Result<u16> {
    let singer = || {
        let visitors = Arc::clone(visitors);
        move |stream| sing(stream, Arc::clone(&visitors))
    };
    let port = listen(runtime, singer())?;
    if let Err(error) = listen_at(runtime, SocketAddr::from((Ipv6Addr::LOCALHOST, port)), singer()) {
        println!("no canary on [::1]: {error}");
    }
    Ok(port)
}

/// A certificate for 127.0.0.1 and localhost, and the PEM of the CA that signed it.
fn certificate() -> anyhow::Result<(TlsAcceptor, String)> {
    let ca_key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "a private CA");
    let ca = params.self_signed(&ca_key)?;
    let issuer = Issuer::new(params, ca_key);
    let key = KeyPair::generate()?;
    let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    let leaf = params.signed_by(&key, &issuer)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)?;
    Ok((TlsAcceptor::from(Arc::new(config)), ca.pem()))
}

async fn serve_tls(acceptor: TlsAcceptor, stream: TcpStream, files: PathBuf, canary: u16) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    serve(TokioIo::new(stream), files, canary).await;
}

async fn serve<S>(stream: TokioIo<S>, files: PathBuf, canary: u16)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(move |request| {
        let answer = answer(&request, &files, canary);
        async move {
            let path = request.uri().path();
            if path == "/slow" {
                tokio::time::sleep(Duration::from_hours(1)).await;
            }
            if path.starts_with("/late/") {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await;
}

fn status(code: u16) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::from_u16(code).unwrap();
    answer
}

/// Files with ranges, by their names whatever the folder (`/late/` a second later); `/status/N` answers N, `/to-canary` and `/redirect-internal` lead to the canary,
/// `/redirect-to/URL` leads to that.
fn answer(request: &Request<Incoming>, files: &Path, canary: u16) -> Answer {
    let path = request.uri().path();
    if path.starts_with(blobs::ROOT) {
        return blobs::answer(request, files);
    }
    if let Some(code) = path.strip_prefix("/status/") {
        return status(code.split('.').next().unwrap().parse().unwrap());
    }
    let internal = path.starts_with("/to-canary") || path.starts_with("/redirect-internal");
    let place = match path.strip_prefix("/redirect-to/") {
        Some(place) => Some(place.to_owned()),
        None => internal.then(|| format!("http://127.0.0.1:{canary}/secret.csv")),
    };
    if let Some(place) = place {
        let mut answer = status(302);
        answer.headers_mut().insert(header::LOCATION, place.parse().unwrap());
        return answer;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let Ok(file) = fs::File::open(files.join(name)) else { return status(404) };
    let total = usize::try_from(file.metadata().unwrap().len()).unwrap();
    let range = range(request, total);
    let (first, last) = range.unwrap_or((0, total.saturating_sub(1)));
    let length = total.min(last + 1) - first;
    let mut answer = status(if range.is_some() { 206 } else { 200 });
    let headers = answer.headers_mut();
    headers.insert(header::ACCEPT_RANGES, "bytes".parse().unwrap());
    headers.insert(header::CONTENT_LENGTH, length.into());
    if range.is_some() {
        headers.insert(header::CONTENT_RANGE, format!("bytes {first}-{last}/{total}").parse().unwrap());
    }
    if request.method() != Method::HEAD {
        let mut part = vec![0; length];
        file.read_exact_at(&mut part, u64::try_from(first).unwrap()).unwrap();
        *answer.body_mut() = Full::from(part);
    }
    answer
}

/// `bytes=first-last`, the only form that DuckDB asks for.
fn range(request: &Request<Incoming>, total: usize) -> Option<(usize, usize)> {
    let text = request.headers().get(header::RANGE)?.to_str().ok()?;
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let last: usize = last.parse().unwrap_or(usize::MAX);
    Some((first.parse().ok()?, last.min(total.checked_sub(1)?)))
}

async fn sing(stream: TcpStream, visitors: Arc<Mutex<Vec<String>>>) {
    // Whatever it says or does not say: nobody should have come.
    visitors.lock().unwrap().push("a connection".to_owned());
    let service = service_fn(move |request: Request<Incoming>| {
        visitors.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
        async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(format!("{SONG}\n1\n")))) }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn s3(runtime: &Runtime, root: &Path) -> anyhow::Result<u16> {
    let system = s3s_fs::FileSystem::new(root).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let mut builder = S3ServiceBuilder::new(system);
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    let service = builder.build();
    listen(runtime, move |stream| {
        let service = service.clone();
        async move {
            let connection = hyper::server::conn::http1::Builder::new();
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        }
    })
}

/// Settings for a Pintail that may reach the web server and the S3 server.
pub(crate) fn settings(hosts: &Hosts, more: &[(&str, &str)]) -> anyhow::Result<BTreeMap<String, String>> {
    let ca_file = hosts.ca_file().to_string_lossy().into_owned();
    let mut settings: BTreeMap<String, String> = [
        ("CONFIG".to_owned(), hosts.config()?),
        ("EGRESS_ALLOW".to_owned(), hosts.allowed()),
        ("EGRESS_CA_FILE".to_owned(), ca_file),
    ]
    .into();
    settings.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    Ok(settings)
}
