//! The incoming side of a session's socket: frontend messages, put together from what arrives.
//!
//! The gateway has checked types and lengths already; the limit here only bounds memory should it be wrong.

use std::{io, os::unix::net::UnixStream, time::Duration};

use rustix::net::{RecvFlags, recv};
use wire::frontend::{Frontend, FrontendError, Header};

/// Read at once, when more is not known to come.
const READ_BYTES: usize = 64 * 1024;

/// Kept between messages; what a long message needed beyond it is given back.
const KEEP_BYTES: usize = 256 * 1024;

/// A session's incoming messages.
pub(super) struct Inbox {
    socket: UnixStream,
    buffer: Vec<u8>,
    /// Where the bytes that have arrived begin and end in the buffer.
    start: usize,
    end: usize,
    limit_bytes: usize,
}

/// What waiting for a message came to.
pub(super) enum Arrival {
    /// A whole message is there.
    Message(Header),
    /// Type or length are impossible.
    Broken(FrontendError),
    /// The time is up.
    TimedOut,
    /// No more will come.
    Closed,
}

impl Inbox {
    pub(super) fn new(socket: UnixStream, limit_bytes: usize) -> Self {
        Self { socket, buffer: Vec::new(), start: 0, end: 0, limit_bytes }
    }

    fn arrived(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Waits until a whole message is there; 0 milliseconds: for as long as it takes.
    pub(super) fn wait(&mut self, timeout_ms: u64) -> io::Result<Arrival> {
        let mut timed = false;
        let arrival = loop {
            let wanted = match self.header() {
                Some(Ok(header)) => {
                    let wanted = Header::LENGTH_BYTES + header.body_bytes;
                    if self.arrived().len() >= wanted {
                        break Arrival::Message(header);
                    }
                    wanted
                }
                Some(Err(error)) => break Arrival::Broken(error),
                None => Header::LENGTH_BYTES,
            };
            if !timed && timeout_ms > 0 {
                self.socket.set_read_timeout(Some(Duration::from_millis(timeout_ms)))?;
                timed = true;
            }
            match self.receive(wanted, RecvFlags::empty()) {
                Ok(0) => break Arrival::Closed,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break Arrival::TimedOut,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break Arrival::Closed,
                Err(error) => return Err(error),
            }
        };
        if timed {
            self.socket.set_read_timeout(None)?;
        }
        Ok(arrival)
    }

    fn header(&self) -> Option<Result<Header, FrontendError>> {
        let head = self.arrived().first_chunk::<{ Header::LENGTH_BYTES }>()?;
        Some(Header::decode(*head, self.limit_bytes))
    }

    /// Reads what is there, making room for a message of so many bytes.
    fn receive(&mut self, wanted: usize, flags: RecvFlags) -> io::Result<usize> {
        if self.start > 0 && self.start == self.end {
            (self.start, self.end) = (0, 0);
            if self.buffer.len() > KEEP_BYTES {
                self.buffer.truncate(KEEP_BYTES);
                self.buffer.shrink_to_fit();
            }
        }
        let room = wanted.saturating_sub(self.end - self.start).max(READ_BYTES);
        if self.buffer.len() - self.end < room {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            self.buffer.resize(self.buffer.len().max(self.end + room), 0);
        }
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        let received = loop {
            match recv(&self.socket, &mut *free, flags) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other?.0,
            }
        };
        self.end += received;
        Ok(received)
    }

    /// The message that [`Inbox::wait`] found.
    pub(super) fn message(&self, header: Header) -> Result<Frontend<'_>, FrontendError> {
        let body = self.arrived().get(Header::LENGTH_BYTES..Header::LENGTH_BYTES + header.body_bytes);
        Frontend::decode(header.kind, body.ok_or(FrontendError::Length)?)
    }

    /// Whether the message after this one has come already and is Sync.
    pub(super) fn sync_follows(&mut self, header: Header) -> bool {
        let next = Header::LENGTH_BYTES + header.body_bytes;
        if self.arrived().len() == next {
            // A failure shows again at the next wait.
            let _ = self.receive(next + Header::LENGTH_BYTES, RecvFlags::DONTWAIT);
        }
        self.arrived().get(next) == Some(&b'S')
    }

    /// Goes on behind the message; gives its bytes in all.
    pub(super) fn consume(&mut self, header: Header) -> u64 {
        let length = Header::LENGTH_BYTES + header.body_bytes;
        self.start = (self.start + length).min(self.end);
        u64::try_from(length).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn pair() -> (UnixStream, Inbox) {
        let (client, server) = UnixStream::pair().unwrap();
        (client, Inbox::new(server, 1 << 20))
    }

    #[test]
    fn messages_are_put_together_and_followed_up() {
        let (mut client, mut inbox) = pair();
        client.write_all(b"Q\0\0\0\x0dSELECT 1\0S\0\0\0\x04").unwrap();
        let Arrival::Message(header) = inbox.wait(0).unwrap() else { panic!("no message") };
        assert_eq!(inbox.message(header), Ok(Frontend::Query { sql: "SELECT 1" }));
        assert!(inbox.sync_follows(header));
        assert_eq!(inbox.consume(header), 14);
        let Arrival::Message(header) = inbox.wait(0).unwrap() else { panic!("no message") };
        assert_eq!(inbox.message(header), Ok(Frontend::Sync));
        assert!(!inbox.sync_follows(header));
        inbox.consume(header);
        drop(client);
        assert!(matches!(inbox.wait(0).unwrap(), Arrival::Closed));
    }

    #[test]
    fn waiting_ends_when_the_time_is_up() {
        let (_client, mut inbox) = pair();
        assert!(matches!(inbox.wait(20).unwrap(), Arrival::TimedOut));
    }
}
