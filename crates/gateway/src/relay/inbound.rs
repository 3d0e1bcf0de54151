//! From the client to the duckling: messages framed and bounded, their bodies streamed through.
//!
//! A header is checked before anything of its message is forwarded (protocol page "Message Formats"),
//! and nothing is allocated for a message: a body of any length passes through the same buffer. The
//! buffer is small while the session is idle.

use std::io;

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::unix::WriteHalf,
};
use wire::frontend::{FrontendError, Header};

use super::progress::Progress;

/// The buffer while little is sent.
const SMALL_BUFFER_BYTES: usize = 2 * 1024;

/// The buffer while much is sent.
const LARGE_BUFFER_BYTES: usize = 64 * 1024;

const TERMINATE: u8 = b'X';
const PASSWORD: u8 = b'p';

/// The client's bytes: `0..checked` may be forwarded (`0..sent` has been), `checked..filled` is the
/// beginning of a header.
#[derive(Debug)]
pub(super) struct Inbound {
    buffer: Vec<u8>,
    sent: usize,
    checked: usize,
    filled: usize,
    /// Bytes of the present message's body that have not come yet.
    body_left: usize,
    max_message_bytes: usize,
    violation: Option<FrontendError>,
    terminated: bool,
}

/// Why forwarding ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InboundEnd {
    /// The client has closed its side of the connection.
    Silent,
    /// The client has closed its connection, or it broke.
    ClientGone,
    /// The client has sent Terminate, which has been forwarded.
    Terminated,
    /// The client has sent what is no message; everything before it has been forwarded.
    Violation(FrontendError),
    /// The session socket is closed at the far end.
    SessionGone,
}

/// What came while no duckling was there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A message, or a part of one.
    Message,
    /// The client's farewell, or its end.
    Gone,
    /// No message.
    Violation(FrontendError),
}

impl Inbound {
    pub(super) fn new(max_message_bytes: usize) -> Self {
        Self {
            buffer: vec![0; SMALL_BUFFER_BYTES],
            sent: 0,
            checked: 0,
            filled: 0,
            body_left: 0,
            max_message_bytes,
            violation: None,
            terminated: false,
        }
    }

    /// Forwards until one side ends. May be dropped at any await: nothing is lost or sent twice.
    pub(super) async fn forward<R: AsyncRead + Unpin>(
        &mut self,
        reader: &mut R,
        session: &WriteHalf<'_>,
        progress: &Progress,
    ) -> InboundEnd {
        loop {
            if self.drain(session, progress).await.is_err() {
                return InboundEnd::SessionGone;
            }
            if let Some(violation) = self.violation {
                return InboundEnd::Violation(violation);
            }
            if self.terminated {
                return InboundEnd::Terminated;
            }
            if progress.standing().is_idle {
                self.shrink();
            }
            match self.fill(reader).await {
                Ok(0) => return InboundEnd::Silent,
                // Many clients close without TLS's own goodbye.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return InboundEnd::Silent,
                Err(_) => return InboundEnd::ClientGone,
                Ok(_) => {}
            }
        }
    }

    /// Waits until the client sends something.
    pub(super) async fn wait<R: AsyncRead + Unpin>(&mut self, reader: &mut R) -> Next {
        self.shrink();
        loop {
            // Nothing but the client's own Terminate: no duckling is started for that.
            if self.terminated && self.checked - self.sent <= Header::LENGTH_BYTES {
                return Next::Gone;
            }
            if self.sent < self.checked {
                return Next::Message;
            }
            if let Some(violation) = self.violation {
                return Next::Violation(violation);
            }
            match self.fill(reader).await {
                Ok(0) | Err(_) => return Next::Gone,
                Ok(_) => {}
            }
        }
    }

    /// Writes what may be forwarded.
    async fn drain(&mut self, session: &WriteHalf<'_>, progress: &Progress) -> io::Result<()> {
        while let Some(bytes) = self.buffer.get(self.sent..self.checked)
            && !bytes.is_empty()
        {
            match session.try_write(bytes) {
                Ok(written) => {
                    progress.forwarded(written);
                    self.sent += written;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => session.writable().await?,
                Err(error) => return Err(error),
            }
        }
        self.buffer.copy_within(self.checked..self.filled, 0);
        self.filled -= self.checked;
        (self.sent, self.checked) = (0, 0);
        Ok(())
    }

    /// Reads once and checks what came.
    async fn fill<R: AsyncRead + Unpin>(&mut self, reader: &mut R) -> io::Result<usize> {
        let Some(room) = self.buffer.get_mut(self.filled..) else {
            return Ok(0);
        };
        let (room_bytes, count) = (room.len(), reader.read(room).await?);
        self.filled += count;
        self.check();
        if count == room_bytes && self.buffer.len() < LARGE_BUFFER_BYTES {
            self.buffer.resize(LARGE_BUFFER_BYTES, 0);
        }
        Ok(count)
    }

    /// Moves `checked` over what may be forwarded.
    fn check(&mut self) {
        while self.violation.is_none() && !self.terminated {
            let body = self.body_left.min(self.filled - self.checked);
            self.body_left -= body;
            self.checked += body;
            let rest = self.buffer.get(self.checked..self.filled).unwrap_or_default();
            if let Some(&kind) = rest.first()
                && (kind == PASSWORD || !Header::is_known(kind))
            {
                // PostgreSQL, too, reads no further than the type; passwords end with the login.
                self.violation = Some(FrontendError::Type(kind));
                return;
            }
            let Some(header) = rest.first_chunk() else {
                return;
            };
            match Header::decode(*header, self.max_message_bytes) {
                Ok(header) => {
                    self.checked += Header::LENGTH_BYTES;
                    self.body_left = header.body_bytes;
                    self.terminated = header.kind == TERMINATE;
                }
                Err(violation) => self.violation = Some(violation),
            }
        }
    }

    fn shrink(&mut self) {
        if self.buffer.len() > SMALL_BUFFER_BYTES && self.filled <= SMALL_BUFFER_BYTES {
            self.buffer.truncate(SMALL_BUFFER_BYTES);
            self.buffer.shrink_to_fit();
        }
    }
}

/// Reads and throws away until the client has gone.
pub(super) async fn discard<R: AsyncRead + Unpin>(reader: &mut R) {
    let mut bytes = [0; 256];
    while matches!(reader.read(&mut bytes).await, Ok(count) if count > 0) {}
}

#[cfg(test)]
mod tests {
    use tokio::net::UnixStream;

    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    /// What the far end of the session socket gets when the client sends these pieces and leaves.
    async fn forwarded(pieces: &[&[u8]], limit: usize) -> (Vec<u8>, InboundEnd) {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        let reader = tokio::spawn(async move {
            let mut bytes = Vec::new();
            far.read_to_end(&mut bytes).await.unwrap();
            bytes
        });
        let mut client = tokio_test_reader(pieces);
        let mut inbound = Inbound::new(limit);
        let progress = Progress::default();
        let end = inbound.forward(&mut client, &near.split().1, &progress).await;
        drop(near);
        (reader.await.unwrap(), end)
    }

    fn tokio_test_reader(pieces: &[&[u8]]) -> impl AsyncRead + Unpin + use<> {
        let (mut writer, reader) = tokio::io::duplex(7);
        let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.to_vec()).collect();
        tokio::spawn(async move {
            for piece in pieces {
                use tokio::io::AsyncWriteExt;
                if writer.write_all(&piece).await.is_err() {
                    return;
                }
            }
        });
        reader
    }

    #[tokio::test]
    async fn messages_pass_whatever_the_pieces_they_come_in() {
        let all =
            [message(b'Q', b"SELECT 1\0"), message(b'P', &vec![7; 200_000]), message(b'S', b"")].concat();
        for cut in [1, 4, 5, 14, 20, 100_000] {
            let (out, end) = forwarded(&[&all[..cut], &all[cut..]], 1 << 20).await;
            assert_eq!(out, all);
            assert_eq!(end, InboundEnd::Silent);
        }
    }

    #[tokio::test]
    async fn a_violation_stops_there_and_what_came_before_is_forwarded() {
        let good = message(b'Q', b"SELECT 1\0");
        let huge = message(b'Q', &[0; 101]);
        for (bad, error) in [
            (&b"GET / HTTP/1.1"[..], FrontendError::Type(b'G')),
            (&b"Q\x80\0\0\0"[..], FrontendError::Length),
            (&b"Q\0\0\0\x03"[..], FrontendError::Length),
            (&huge[..], FrontendError::Length),
        ] {
            let (out, end) = forwarded(&[&good, bad], 100).await;
            assert_eq!(out, good);
            assert_eq!(end, InboundEnd::Violation(error));
        }
    }

    #[tokio::test]
    async fn nothing_passes_after_terminate() {
        let bye = message(b'X', b"");
        let more = message(b'Q', b"DROP TABLE t\0");
        let (out, end) = forwarded(&[&bye, &more], 100).await;
        assert_eq!((out, end), (bye, InboundEnd::Terminated));
    }

    #[tokio::test]
    async fn waiting_tells_a_message_from_a_farewell() {
        for (sent, expected) in [
            (message(b'Q', b"x\0"), Next::Message),
            (message(b'X', b""), Next::Gone),
            (b"??????".to_vec(), Next::Violation(FrontendError::Type(b'?'))),
            (Vec::new(), Next::Gone),
        ] {
            let mut client = tokio_test_reader(&[&sent]);
            assert_eq!(Inbound::new(100).wait(&mut client).await, expected);
        }
    }
}
