//! A tunnel: bytes in both directions until both ends have said all, or a limit ends it.
//!
//! What comes from the host goes through a pipe with splice(2), so that large files are not copied into this process
//! and out again; where there is no pipe to be had, and for the little that goes out, a buffer does.

use std::{io, os::fd::OwnedFd, time::Duration};

use hyper::body::Bytes;
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Interest},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    task::coop::consume_budget,
};

use super::{
    connect::Failure,
    meter::{Meter, Way},
};

/// What is read at a time into a buffer.
const BUFFER_BYTES: usize = 128 * 1024;

/// What a pipe shall hold. The system may give less.
const PIPE_BYTES: usize = 512 * 1024;

/// How a direction ends before its time.
enum End {
    Broken,
    Exhausted,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        // Whichever end went away: the other notices by itself.
        Self::Broken
    }
}

/// Passes bytes between DuckDB and the host; `early` came from DuckDB behind its CONNECT request. Answers
/// what ended it, when that was a limit; DuckDB's end is still open then.
pub(super) async fn pump(
    duckdb: &mut TcpStream,
    host: &mut TcpStream,
    early: Bytes,
    meter: &Meter,
    idle_timeout: Duration,
) -> Option<Failure> {
    let (from_duckdb, to_duckdb) = duckdb.split();
    let (from_host, mut to_host) = host.split();
    let out = async {
        if !meter.count(Way::Out, early.len()) {
            return Err(End::Exhausted);
        }
        to_host.write_all(&early).await?;
        copy(from_duckdb, to_host, meter, Way::Out).await
    };
    let back = async {
        match Pipe::new() {
            Ok(pipe) => pipe.carry(from_host, to_duckdb, meter).await,
            Err(error) => {
                tracing::debug!(%error, "no pipe for a tunnel");
                copy(from_host, to_duckdb, meter, Way::In).await
            }
        }
    };
    tokio::select! {
        ended = async { tokio::try_join!(out, back) } => match ended {
            Ok(_) | Err(End::Broken) => None,
            Err(End::Exhausted) => Some(Failure::Exhausted("bytes_per_hour")),
        },
        () = meter.released() => None,
        () = meter.idle(idle_timeout) => Some(Failure::TimedOut("data")),
    }
}

/// Where bytes are between two sockets.
struct Pipe {
    out: OwnedFd,
    into: OwnedFd,
}

impl Pipe {
    fn new() -> io::Result<Self> {
        let (out, into) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        // An ordinary user's pipes may all together be too large for that: a small one will do.
        let _ = fcntl_setpipe_size(&into, PIPE_BYTES);
        Ok(Self { out, into })
    }

    /// Carries what comes from the host to DuckDB.
    async fn carry(&self, from: ReadHalf<'_>, mut to: WriteHalf<'_>, meter: &Meter) -> Result<(), End> {
        loop {
            let mut length = self.fill(from.as_ref()).await?;
            if length == 0 {
                return Ok(to.shutdown().await?);
            }
            if !meter.count(Way::In, length) {
                return Err(End::Exhausted);
            }
            while length > 0 {
                let drained = self.drain(to.as_ref(), length).await?;
                if drained == 0 {
                    return Err(End::Broken);
                }
                length = length.saturating_sub(drained);
            }
            // Both sockets may be ready for ever; others want to move, too.
            consume_budget().await;
        }
    }

    /// From a socket into the pipe, which is empty: nothing at the end.
    async fn fill(&self, from: &TcpStream) -> io::Result<usize> {
        let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
        let fill = || Ok(splice(from, None, &self.into, None, PIPE_BYTES, flags)?);
        from.async_io(Interest::READABLE, fill).await
    }

    /// From the pipe, which has so many bytes, into a socket.
    async fn drain(&self, to: &TcpStream, length: usize) -> io::Result<usize> {
        let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
        let drain = || Ok(splice(&self.out, None, to, None, length, flags)?);
        to.async_io(Interest::WRITABLE, drain).await
    }
}

async fn copy(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, meter: &Meter, way: Way) -> Result<(), End> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let length = from.read(&mut buffer).await?;
        let bytes = buffer.get(..length).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(to.shutdown().await?);
        }
        if !meter.count(way, length) {
            return Err(End::Exhausted);
        }
        to.write_all(bytes).await?;
    }
}
