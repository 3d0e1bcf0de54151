//! The server under test, and clients that speak the protocol byte by byte.

use std::{path::PathBuf, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    admin::{Answer, Request, perform::perform},
    duckling::tests::{
        fake::{Fake, Manner},
        settings as duckling_settings,
    },
    home::Home,
    server::Server,
    settings::{AccessRules, Allowances, Limits, Port, Settings, TlsSettings},
    store::{Records, TokenKind, sqlite::SqliteStore},
};

const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct TestServer {
    server: Server,
    folder: TempDir,
    ca: PathBuf,
    pub(super) token: String,
}

/// A client's stream, in the clear or inside TLS.
pub(super) struct Client<S> {
    pub(super) stream: S,
}

pub(super) type Plain = Client<TcpStream>;

impl TestServer {
    pub(super) async fn start() -> Self {
        Self::limited(|_, _| {}).await
    }

    pub(super) async fn limited(change: impl FnOnce(&mut Limits, &mut Allowances)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("data")).unwrap();
        let records = Records::new(SqliteStore::open(&home).unwrap());
        let name = "ann".parse().unwrap();
        let _ = perform(records.blocking(), Request::AccountCreate { name });
        let asked = Request::TokenCreate {
            account: "ann".parse().unwrap(),
            name: None,
            kind: TokenKind::ReadWrite,
            ttl_seconds: None,
        };
        let Answer::NewToken { secret: token, .. } = perform(records.blocking(), asked) else {
            panic!("no token");
        };
        let mut limits = Limits {
            connections: 100,
            connections_per_address: 100,
            login_timeout: PATIENCE,
            max_message_bytes: 1 << 20,
            failed_logins_per_minute: 100,
            failed_passwords_per_minute: 100,
        };
        let mut allowances = crate::duckling::tests::nine_sessions();
        change(&mut limits, &mut allowances);
        let settings = Settings {
            listen: vec!["127.0.0.1".parse().unwrap()],
            port: Port::Exactly(0),
            tls: TlsSettings::default(),
            access: AccessRules::default(),
            limits,
            allowances,
            duckling: duckling_settings(),
            metrics: None,
            api: None,
            shutdown_grace: Duration::from_secs(1),
        };
        let ca = home.layout().ca();
        let launcher = Box::new(Fake::new(Manner::Serve));
        let server = Server::start(home, records, settings, launcher).await.unwrap();
        Self { server, folder, ca, token }
    }

    pub(super) async fn stop(self) -> TempDir {
        self.server.stop().await;
        self.folder
    }

    pub(super) async fn plain(&self) -> Plain {
        let stream = TcpStream::connect(("127.0.0.1", self.server.port())).await.unwrap();
        Client { stream }
    }

    /// The handshake, verifying the server's certificate for `localhost`.
    pub(super) async fn secure(
        &self,
        plain: Plain,
        alpn: &[&[u8]],
    ) -> std::io::Result<Client<TlsStream<TcpStream>>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.ca).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let stream = timeout(PATIENCE, connector.connect(name, plain.stream)).await??;
        Ok(Client { stream })
    }

    pub(super) async fn tls(&self) -> Client<TlsStream<TcpStream>> {
        let mut plain = self.plain().await;
        plain.send(super::SSL_REQUEST).await;
        assert_eq!(plain.byte().await, Some(b'S'));
        self.secure(plain, &[]).await.unwrap()
    }

    pub(super) async fn log_in(&self, parameters: &[(&str, &str)]) -> Client<TlsStream<TcpStream>> {
        let mut client = self.tls().await;
        client.start(0, parameters, &self.token).await;
        client
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(super) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub(super) async fn byte(&mut self) -> Option<u8> {
        timeout(PATIENCE, self.stream.read_u8()).await.unwrap().ok()
    }

    /// Everything up to the end.
    pub(super) async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE, self.stream.read_to_end(&mut bytes)).await;
        read.expect("the connection stays open").expect("reset");
        bytes
    }

    pub(super) async fn begin(&mut self, minor_version: u16, parameters: &[(&str, &str)]) {
        self.send(&startup_packet(minor_version, parameters)).await;
    }

    /// Startup, the request for a password, and the password.
    pub(super) async fn start(&mut self, minor_version: u16, parameters: &[(&str, &str)], token: &str) {
        self.begin(minor_version, parameters).await;
        let (kind, body) = self.message().await.unwrap();
        assert_eq!((kind, body.as_slice()), (b'R', &[0, 0, 0, 3][..]));
        let length = u32::try_from(token.len() + 5).unwrap().to_be_bytes();
        self.send(&[b"p", &length[..], token.as_bytes(), b"\0"].concat()).await;
    }

    pub(super) async fn query(&mut self, text: &str) {
        let length = u32::try_from(text.len() + 5).unwrap().to_be_bytes();
        self.send(&[b"Q", &length[..], text.as_bytes(), b"\0"].concat()).await;
    }

    pub(super) async fn message(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        let read = timeout(PATIENCE, self.stream.read_exact(&mut head)).await;
        read.expect("no answer").ok()?;
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        let mut body = vec![0; usize::try_from(length).unwrap() - 4];
        self.stream.read_exact(&mut body).await.ok()?;
        Some((head[0], body))
    }

    /// Kinds of the messages up to ReadyForQuery or the end.
    pub(super) async fn kinds(&mut self) -> String {
        let mut kinds = String::new();
        while let Some((kind, _)) = self.message().await {
            kinds.push(char::from(kind));
            if kind == b'Z' {
                break;
            }
        }
        kinds
    }

    /// Code and text of the FATAL that ends the connection.
    pub(super) async fn fatal(&mut self) -> (String, String) {
        let (kind, body) = self.message().await.expect("closed without a word");
        assert_eq!(kind, b'E');
        let text = String::from_utf8(body).unwrap();
        assert!(text.contains("VFATAL\0"), "{text:?}");
        assert!(self.message().await.is_none(), "the connection goes on");
        let code = text.split('\0').find_map(|field| field.strip_prefix('C'));
        (code.unwrap().to_owned(), text)
    }
}

pub(super) fn startup_packet(minor_version: u16, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = vec![0, 3];
    body.extend(minor_version.to_be_bytes());
    for (name, value) in parameters {
        body.extend([name.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat());
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&length[..], &body].concat()
}
