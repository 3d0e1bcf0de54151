//! A proxy for one made-up duckling, and hosts that remember what reached them.

use std::sync::Mutex;

use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::*;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers are short: what has not come after this does not come.
const PAUSE: Duration = Duration::from_millis(600);

/// An HTTP server that answers everything and keeps what it was sent.
pub(super) struct Canary {
    pub(super) port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Canary {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let book = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(sing(stream, Arc::clone(&book)));
            }
        });
        Self { port, seen }
    }

    /// The requests that reached it.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn sing(mut stream: TcpStream, book: Arc<Mutex<Vec<String>>>) {
    let mut bytes = [0; 4096];
    while let Ok(length) = stream.read(&mut bytes).await {
        if length == 0 {
            return;
        }
        let request = String::from_utf8_lossy(&bytes[..length]).into_owned();
        let close = request.contains("Connection: close");
        book.lock().unwrap().push(request);
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ncanary";
        if stream.write_all(answer).await.is_err() || close {
            return;
        }
    }
}

/// The proxy, and what its duckling was told.
pub(super) struct Rig {
    egress: Arc<Egress>,
    port: u16,
    troubles: Arc<Mutex<Vec<Trouble>>>,
    ended: CancellationToken,
    pub(super) release: Arc<Notify>,
}

impl Rig {
    pub(super) fn start(allow: &[&str], deny: &[&str]) -> Self {
        let read = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        Self::with(settings(Rules { allow: read(allow), deny: read(deny) }))
    }

    pub(super) fn start_writing(allow: &[&str]) -> Self {
        let allow: Vec<String> = allow.iter().map(|&text| text.to_owned()).collect();
        Self::limited(&allow, |settings| settings.access.write = true)
    }

    pub(super) fn limited(allow: &[String], change: impl FnOnce(&mut EgressSettings)) -> Self {
        let allow = allow.iter().map(|text| text.parse().unwrap()).collect();
        let mut settings = settings(Rules { allow, deny: Vec::new() });
        change(&mut settings);
        Self::with(settings)
    }

    fn with(settings: EgressSettings) -> Self {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let egress = Arc::new(Egress::new(settings));
        let (reports, mut inbox) = mpsc::channel::<Report>(8);
        let troubles: Arc<Mutex<Vec<Trouble>>> = Arc::default();
        let book = Arc::clone(&troubles);
        tokio::spawn(async move {
            while let Some(report) = inbox.recv().await {
                // As slow as a busy duckling: whoever does not wait for the note is found out.
                sleep(Duration::from_millis(20)).await;
                book.lock().unwrap().push(report.trouble);
                let _ = report.noted.send(());
            }
        });
        let (account, password) = ("default".to_owned(), Hidden("secret".to_owned()));
        let release: Arc<Notify> = Arc::default();
        let client = Client { account, password, reports, release: Arc::clone(&release) };
        let ended = CancellationToken::new();
        tokio::spawn(Arc::clone(&egress).serve(client, listener(socket.into()).unwrap(), ended.clone()));
        Self { egress, port, troubles, ended, release }
    }

    /// What the duckling was told.
    pub(super) fn troubles(&self) -> Vec<Trouble> {
        self.troubles.lock().unwrap().clone()
    }

    /// The right password, as a header.
    pub(super) fn credentials() -> String {
        format!("Proxy-Authorization: Basic {}", BASE64_STANDARD.encode(format!("{PROXY_USER}:secret")))
    }

    /// The answer to one request, given without its credentials and the end of its header.
    pub(super) async fn ask(&self, head: &str) -> String {
        self.ask_within(head, PAUSE).await
    }

    /// The same, where the answer may begin late.
    pub(super) async fn ask_within(&self, head: &str, pause: Duration) -> String {
        self.exchange(format!("{head}\r\n{}\r\n\r\n", Self::credentials()).as_bytes(), pause).await
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// Everything that comes back for these bytes.
    pub(super) async fn send_raw(&self, bytes: &[u8]) -> String {
        self.exchange(bytes, PAUSE).await
    }

    async fn exchange(&self, bytes: &[u8], pause: Duration) -> String {
        let mut stream = self.connect().await;
        // The proxy may have closed already.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        while let Ok(Ok(length @ 1..)) = timeout(pause, stream.read(&mut part)).await {
            answer.extend_from_slice(&part[..length]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Waits until the account has just so many connections.
    pub(super) async fn until_connected(&self, count: i64) {
        let connected = async {
            while self.egress.metrics.connections("default").get() != count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, connected).await.unwrap();
    }

    pub(super) fn metrics(&self) -> String {
        let mut registry = Registry::default();
        self.egress.metrics().register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

fn settings(rules: Rules) -> EgressSettings {
    EgressSettings {
        access: Access { rules, write: false, attach: false, connections: 100, bytes_per_hour: 1 << 30 },
        accounts: HashMap::new(),
        connect_timeout: Duration::from_secs(5),
        header_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(5),
    }
}
