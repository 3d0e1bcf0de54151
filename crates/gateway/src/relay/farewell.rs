//! The end of a client's stream: a last message that arrives, and a close that does not cut it off.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};
use wire::{Diagnostic, backend};

/// A client that does not take its last message within this does not get it.
const WRITE_LIMIT: Duration = Duration::from_secs(5);

/// How long and how much a closed client's last bytes are read. Closing a socket with unread bytes in
/// it resets the connection, and the client may never see why.
const LINGER: Duration = Duration::from_millis(500);
const LINGER_BYTES: usize = 1024 * 1024;

/// Sends the diagnostic and closes the stream.
pub(crate) async fn say<S: AsyncRead + AsyncWrite + Unpin>(client: &mut S, diagnostic: &Diagnostic) {
    let mut message = Vec::new();
    backend::diagnostic(&mut message, diagnostic);
    send_last(client, &message).await;
}

/// Sends these bytes and closes the stream.
pub(crate) async fn send_last<S: AsyncRead + AsyncWrite + Unpin>(client: &mut S, bytes: &[u8]) {
    let write = async {
        client.write_all(bytes).await?;
        client.flush().await
    };
    if let Ok(Ok(())) = timeout(WRITE_LIMIT, write).await {
        close(client).await;
    }
}

/// Closes the stream.
pub(crate) async fn close<S: AsyncRead + AsyncWrite + Unpin>(client: &mut S) {
    // An error here means that it is closed.
    let closed = timeout(WRITE_LIMIT, client.shutdown()).await;
    if let Ok(Ok(())) = closed {
        // A client that goes on sending is cut off.
        let _ = timeout(LINGER, linger(client)).await;
    }
}

async fn linger<S: AsyncRead + Unpin>(client: &mut S) {
    let mut bytes = [0; 1024];
    let mut left = LINGER_BYTES;
    while let Ok(count) = client.read(&mut bytes).await {
        left = left.saturating_sub(count);
        if count == 0 || left == 0 {
            return;
        }
    }
}
