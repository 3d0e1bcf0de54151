//! A tunnel: bytes in both directions until both ends have said all, or a limit ends it.

use std::{io, time::Duration};

use hyper::body::Bytes;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    connect::Failure,
    meter::{Meter, Way},
};

/// What is read at a time.
const BUFFER_BYTES: usize = 128 * 1024;

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
    let back = copy(from_host, to_duckdb, meter, Way::In);
    tokio::select! {
        ended = async { tokio::try_join!(out, back) } => match ended {
            Ok(_) | Err(End::Broken) => None,
            Err(End::Exhausted) => Some(Failure::Exhausted("bytes_per_hour")),
        },
        () = meter.released() => None,
        () = meter.idle(idle_timeout) => Some(Failure::TimedOut("data")),
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    meter: &Meter,
    way: Way,
) -> Result<(), End> {
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
