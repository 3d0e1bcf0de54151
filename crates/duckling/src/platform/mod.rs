//! The platform behind the sessions: the way to the gateway, and what of the account's databases is attached.
//!
//! Deliberately absent: the statements' grammar (`sql::platform`) and their execution (`session::platform`).

use wire::{
    Diagnostic,
    link::{PlatformReply, PlatformRequest},
};

/// Whoever decides what a duckling may not decide by itself: the gateway.
pub(crate) trait Platform: Send + Sync {
    /// Asks, and waits for the answer. When `is_stopped` says so the request is withdrawn; it is answered all the same.
    ///
    /// # Errors
    /// What the gateway refuses.
    fn ask(
        &self,
        request: PlatformRequest,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<PlatformReply, Diagnostic>;
}
