//! A protocol client over TLS that can do everything right and everything wrong: it sends whatever bytes a test
//! gives it and hands back each backend message. Blocking, one connection.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};

use crate::{
    message::{Backend, Batch, Report},
    stream::Stream,
    target::Target,
};

/// How long an answer may take.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// The SSLRequest code.
const SSL_REQUEST: u32 = 80_877_103;
/// The CancelRequest code.
const CANCEL_REQUEST: u32 = 80_877_102;
/// Initial size of the read buffer, in bytes.
const PIECE: usize = 512 * 1024;

/// One connection.
pub struct RawClient {
    stream: Stream,
    buffer: Vec<u8>,
    /// The unread part of `buffer` lies between these two.
    start: usize,
    end: usize,
    /// What the server sent between start-up and the first ReadyForQuery.
    pub greeting: Vec<Backend>,
}

impl std::fmt::Debug for RawClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawClient").finish_non_exhaustive()
    }
}

/// What [`RawClient::count_rows`] saw.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// DataRow messages.
    pub rows: u64,
    /// The last command tag.
    pub tag: String,
    /// Bytes of all messages.
    pub bytes: u64,
    /// Time from the call to the first DataRow or CopyData.
    pub first_row: Option<Duration>,
    /// An error, if one came.
    pub error: Option<Report>,
}

/// A TCP connection to the server, nothing sent yet.
pub fn tcp(target: &Target) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect((target.host.as_str(), target.port))?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl RawClient {
    /// Connects, checks the certificate against the CA and the host name, logs in, waits for ReadyForQuery.
    pub fn connect(target: &Target) -> anyhow::Result<Self> {
        Self::connect_with(target, &[])
    }

    /// The same with further start-up parameters.
    pub fn connect_with(target: &Target, parameters: &[(&str, &str)]) -> anyhow::Result<Self> {
        match Self::log_in(target, parameters)? {
            Ok(client) => Ok(client),
            Err(report) => bail!("refused: {} {} {}", report.severity(), report.code(), report.message()),
        }
    }

    /// Connects and expects to be refused; the refusal.
    pub fn refusal(target: &Target, parameters: &[(&str, &str)]) -> anyhow::Result<Report> {
        match Self::log_in(target, parameters)? {
            Ok(_) => bail!("the server let {target:?} in"),
            Err(report) => Ok(report),
        }
    }

    fn log_in(target: &Target, parameters: &[(&str, &str)]) -> anyhow::Result<Result<Self, Report>> {
        let mut client = Self::secure(target)?;
        let mut all = vec![("user", target.user.as_str())];
        if !target.database.is_empty() {
            all.push(("database", target.database.as_str()));
        }
        all.extend(parameters);
        client.send(&Batch::new().startup(&all))?;
        loop {
            match client.receive()?.context("the server closed the connection during log-in")? {
                Backend::Authentication(3) => client.send(&Batch::new().password(&target.password))?,
                Backend::Authentication(0) => {}
                Backend::Authentication(kind) | Backend::Sasl { kind, .. } => {
                    bail!("the server wants authentication {kind}")
                }
                Backend::Error(report) => return Ok(Err(report)),
                Backend::ReadyForQuery(_) => return Ok(Ok(client)),
                other => client.greeting.push(other),
            }
        }
    }

    /// TCP and TLS only: no start-up message sent.
    pub fn secure(target: &Target) -> anyhow::Result<Self> {
        let mut client = Self::plain(target)?;
        client.send(&Batch::new().headless(&SSL_REQUEST.to_be_bytes()))?;
        let answer = client.byte().context("no answer to SSLRequest")?;
        ensure!(answer == Some(b'S'), "SSLRequest was answered with {answer:?}");
        client.start_tls(target, &[]).context("TLS handshake")?;
        Ok(client)
    }

    /// TCP only: nothing sent.
    pub fn plain(target: &Target) -> anyhow::Result<Self> {
        let stream = Stream::Plain(tcp(target)?);
        Ok(Self { stream, buffer: vec![0; PIECE], start: 0, end: 0, greeting: Vec::new() })
    }

    /// Makes the TLS handshake on a plain connection, offering these protocol names.
    pub fn start_tls(&mut self, target: &Target, protocols: &[&str]) -> anyhow::Result<()> {
        ensure!(self.start == self.end, "the server sent something before TLS");
        self.stream.start_tls(target, protocols)
    }

    /// The next byte by itself, as SSLRequest is answered; `None` when the server has closed.
    pub fn byte(&mut self) -> anyhow::Result<Option<u8>> {
        if self.start == self.end && !self.fill()? {
            return Ok(None);
        }
        self.start += 1;
        Ok(self.buffer.get(self.start - 1).copied())
    }

    /// The next byte, if it has been read already.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        (self.start < self.end).then(|| self.buffer[self.start])
    }

    /// Whether one byte has been read and no more.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.end - self.start == 1
    }

    /// Whether what comes is no message: it ends before the length that it would have.
    pub fn is_unframed(&mut self) -> anyhow::Result<bool> {
        while self.frame().is_none() {
            if !self.fill()? {
                return Ok(self.start < self.end);
            }
        }
        Ok(false)
    }

    /// What has been read and is no message.
    pub fn rest(&mut self) -> Vec<u8> {
        let rest = self.buffer[self.start..self.end].to_vec();
        self.start = self.end;
        rest
    }

    /// Whether the server says nothing for so long, and does not close either.
    pub fn is_silent(&mut self, time: Duration) -> anyhow::Result<bool> {
        if self.start < self.end {
            return Ok(false);
        }
        self.answer_timeout(time)?;
        let silent = self.fill().is_err();
        self.answer_timeout(ANSWER_TIMEOUT)?;
        Ok(silent)
    }

    /// Sends messages.
    pub fn send(&mut self, batch: &Batch) -> io::Result<()> {
        self.stream.write_all(&batch.0)?;
        self.stream.flush()
    }

    /// The next message; `None` when the server has closed the connection.
    pub fn receive(&mut self) -> anyhow::Result<Option<Backend>> {
        loop {
            if let Some((tag, from, to)) = self.frame() {
                let message = Backend::decode(tag, &self.buffer[from..to]);
                self.start = to;
                return Ok(Some(message));
            }
            if !self.fill()? {
                ensure!(self.start == self.end, "the server closed the connection inside a message");
                return Ok(None);
            }
        }
    }

    /// All messages up to and including ReadyForQuery, or up to the end of the connection.
    pub fn until_ready(&mut self) -> anyhow::Result<Vec<Backend>> {
        let mut messages = Vec::new();
        while let Some(message) = self.receive()? {
            let ready = matches!(message, Backend::ReadyForQuery(_));
            messages.push(message);
            if ready {
                break;
            }
        }
        Ok(messages)
    }

    /// A simple query and its whole answer.
    pub fn simple(&mut self, sql: &str) -> anyhow::Result<Vec<Backend>> {
        self.send(&Batch::new().query(sql))?;
        self.until_ready()
    }

    /// A query by Parse, Bind, Describe, Execute, Sync, and its whole answer.
    pub fn extended(&mut self, sql: &str) -> anyhow::Result<Vec<Backend>> {
        let bind = crate::message::Bind::default();
        self.send(&Batch::new().parse("", sql, &[]).bind(&bind).describe(b'P', "").execute("", 0).sync())?;
        self.until_ready()
    }

    /// A simple query that must succeed; its rows as text, NULL as `None`.
    pub fn rows(&mut self, sql: &str) -> anyhow::Result<Vec<Vec<Option<String>>>> {
        let answer = self.simple(sql)?;
        if let Some(report) = error_in(&answer) {
            bail!("{sql}: {} {}", report.code(), report.message());
        }
        ensure!(matches!(answer.last(), Some(Backend::ReadyForQuery(_))), "{sql}: the connection ended");
        let rows = answer
            .into_iter()
            .filter_map(|message| if let Backend::DataRow(row) = message { Some(row) } else { None });
        Ok(rows
            .map(|row| {
                row.into_iter()
                    .map(|value| value.map(|bytes| String::from_utf8(bytes).expect("text")))
                    .collect()
            })
            .collect())
    }

    /// The first column of the first row.
    pub fn value(&mut self, sql: &str) -> anyhow::Result<String> {
        let rows = self.rows(sql)?;
        rows.into_iter()
            .next()
            .and_then(|row| row.into_iter().next())
            .flatten()
            .with_context(|| format!("{sql}: no value"))
    }

    /// A simple query that must fail; its error.
    pub fn failure(&mut self, sql: &str) -> anyhow::Result<Report> {
        let answer = self.simple(sql)?;
        error_in(&answer).cloned().with_context(|| format!("{sql}: no error came, but {}", lines(&answer)))
    }

    /// Reads up to ReadyForQuery and counts rows without looking into them (of COPY data the bytes only).
    pub fn count_rows(&mut self) -> anyhow::Result<Count> {
        let begun = Instant::now();
        let mut count = Count::default();
        loop {
            while let Some((tag, from, to)) = self.frame() {
                self.start = to;
                count.bytes += u64::try_from(to - from + 5)?;
                match tag {
                    b'D' | b'd' => {
                        count.rows += u64::from(tag == b'D');
                        if count.first_row.is_none() {
                            count.first_row = Some(begun.elapsed());
                        }
                    }
                    b'Z' => return Ok(count),
                    b'C' => {
                        if let Backend::CommandComplete(tag) = Backend::decode(tag, &self.buffer[from..to]) {
                            count.tag = tag;
                        }
                    }
                    b'E' => {
                        if let Backend::Error(report) = Backend::decode(tag, &self.buffer[from..to]) {
                            count.error = Some(report);
                        }
                    }
                    _ => {}
                }
            }
            if !self.fill()? {
                return Ok(count);
            }
        }
    }

    /// Reads at most `limit` bytes from the server and throws them away; how many came. For slow readers.
    pub fn discard(&mut self, limit: usize) -> anyhow::Result<usize> {
        let mut bytes = vec![0; limit];
        Ok(self.stream.read(&mut bytes)?)
    }

    /// Changes how long [`Self::receive`] waits.
    pub fn answer_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.stream.socket().set_read_timeout(Some(timeout))
    }

    /// Changes how long [`Self::send`] waits for room.
    pub fn write_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.stream.socket().set_write_timeout(Some(timeout))
    }

    /// Closes one or both directions of the TCP connection, without a TLS farewell.
    pub fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        self.stream.socket().shutdown(how)
    }

    /// Process id and secret for a cancel request.
    pub fn key(&self) -> anyhow::Result<(u32, Vec<u8>)> {
        let key = self.greeting.iter().find_map(|message| {
            if let Backend::BackendKeyData { process_id, secret } = message {
                Some((*process_id, secret.clone()))
            } else {
                None
            }
        });
        key.context("no BackendKeyData")
    }

    /// The value of a setting that the server told at start-up.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.greeting.iter().find_map(|message| match message {
            Backend::ParameterStatus(key, value) if key == name => Some(value.as_str()),
            _ => None,
        })
    }

    /// The complete message at the front of the buffer, if there is one: tag, start and end of its body.
    fn frame(&self) -> Option<(u8, usize, usize)> {
        let head = self.buffer[self.start..self.end].first_chunk::<5>()?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let end = self.start + 1 + usize::try_from(length).expect("a 64-bit machine");
        (end <= self.end).then_some((head[0], self.start + 5, end))
    }

    /// Reads more into the buffer; false at the end of the stream.
    fn fill(&mut self) -> anyhow::Result<bool> {
        if self.buffer.len() - self.end < PIECE / 2 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if self.buffer.len() - self.end < PIECE / 2 {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        match self.stream.read(&mut self.buffer[self.end..]) {
            Ok(read) => {
                self.end += read;
                Ok(read > 0)
            }
            // The server may close TCP without TLS's farewell, or reset when it did not read all of ours.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(error).context("no answer from the server"),
        }
    }
}

/// Asks the server to cancel what the connection with this key is doing. Waits until the server has closed.
pub fn cancel(target: &Target, process_id: u32, secret: &[u8]) -> anyhow::Result<()> {
    let mut client = RawClient::secure(target)?;
    client.send(&cancel_request(process_id, secret))?;
    ensure!(client.receive()?.is_none(), "a cancel request gets no answer");
    Ok(())
}

/// A CancelRequest.
#[must_use]
pub fn cancel_request(process_id: u32, secret: &[u8]) -> Batch {
    let body = [&CANCEL_REQUEST.to_be_bytes()[..], &process_id.to_be_bytes(), secret].concat();
    Batch::new().headless(&body)
}

/// The first error of an answer.
#[must_use]
pub fn error_in(answer: &[Backend]) -> Option<&Report> {
    answer.iter().find_map(|message| if let Backend::Error(report) = message { Some(report) } else { None })
}

/// An answer, a message a line.
#[must_use]
pub fn lines(answer: &[Backend]) -> String {
    answer.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
