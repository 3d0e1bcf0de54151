//! What is not to be waited for any longer: DuckDB cannot be interrupted in a request to a remote host, so the duckling
//! says when a statement that was stopped does not end.
//!
//! The proxy cannot know whose request is whose. So at first only what stands still is let go, once: DuckDB tries the
//! requests of other statements again. When the statement still runs, everything of the account's is ended, and what is
//! tried anew, until it does not: the alternative is the end of its process.

use tokio::sync::Notify;

/// Lets requests go.
#[derive(Debug, Default)]
pub(crate) struct Release {
    still: Notify,
    everything: Notify,
}

impl Release {
    /// Lets go of what stands still at this moment, or of everything.
    pub(crate) fn let_go(&self, everything: bool) {
        self.still.notify_waiters();
        if everything {
            self.everything.notify_waiters();
        }
    }

    /// Comes when what stands still is let go.
    pub(super) async fn of_what_stands_still(&self) {
        self.still.notified().await;
    }

    /// Comes when everything is let go.
    pub(super) async fn of_everything(&self) {
        self.everything.notified().await;
    }
}
