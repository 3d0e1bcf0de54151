//! What passes through one connection: counted for the account and the host, stopped when the hour's bytes
//! are used up or nothing has moved for too long.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use prometheus_client::metrics::counter::Counter;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::{ledger::Account, metrics, release::Release};

/// A connection on which nothing has moved for this long may be the one that a stopped statement waits for.
const STANDING_STILL: Duration = Duration::from_secs(1);

/// A body's error, whoever made it.
pub(super) type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To the host.
    Out,
    /// From the host.
    In,
}

/// Counts for one connection.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    account: Arc<Account>,
    bytes: metrics::Bytes,
    began: Instant,
    /// When something moved last, in milliseconds since it began.
    moved_ms: Arc<AtomicU64>,
    release: Arc<Release>,
}

impl Meter {
    pub(super) fn new(account: Arc<Account>, bytes: metrics::Bytes, release: Arc<Release>) -> Self {
        Self { account, bytes, began: Instant::now(), moved_ms: Arc::default(), release }
    }

    /// Counts bytes; answers whether more may follow.
    pub(super) fn count(&self, way: Way, bytes: usize) -> bool {
        let counter: &Counter = match way {
            Way::Out => &self.bytes.sent,
            Way::In => &self.bytes.received,
        };
        counter.inc_by(u64::try_from(bytes).unwrap_or(u64::MAX));
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved_ms.store(now, Ordering::Relaxed);
        self.account.count(bytes)
    }

    fn moved(&self) -> Instant {
        self.began + Duration::from_millis(self.moved_ms.load(Ordering::Relaxed))
    }

    /// Comes when the duckling lets go of what stands still, and this does.
    pub(super) async fn released(&self) {
        loop {
            self.release.of_what_stands_still().await;
            if self.moved().elapsed() >= STANDING_STILL {
                return;
            }
        }
    }

    /// Comes when nothing has moved for this long.
    pub(super) async fn idle(&self, limit: Duration) {
        let mut end = Instant::now() + limit;
        while Instant::now() < end {
            sleep_until(end).await;
            end = self.moved() + limit;
        }
    }
}

/// A body that is counted as it passes.
pub(super) struct Metered<B> {
    body: B,
    meter: Meter,
    way: Way,
    idle_timeout: Duration,
    idle: Pin<Box<Sleep>>,
}

impl<B> Metered<B> {
    pub(super) fn new(body: B, meter: Meter, way: Way, idle_timeout: Duration) -> Self {
        Self { body, meter, way, idle_timeout, idle: Box::pin(sleep(idle_timeout)) }
    }
}

impl<B> Body for Metered<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let frame = match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Pending => {
                return match this.idle.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Some(Err("the transfer stands still".into()))),
                    Poll::Pending => Poll::Pending,
                };
            }
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(Some(Ok(frame))) => frame,
        };
        this.idle.as_mut().reset(Instant::now() + this.idle_timeout);
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        if this.meter.count(this.way, bytes) {
            Poll::Ready(Some(Ok(frame)))
        } else {
            Poll::Ready(Some(Err("the account has moved as many bytes as it may".into())))
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
