//! The platform behind the sessions: the way to the gateway, and what of the account's databases is attached.
//!
//! Deliberately absent: the statements' grammar (`sql::platform`) and their execution (`session::platform`).

mod follow;
mod hold;
mod owed;
mod release;
mod changing;
mod workspace;
mod member;
mod connections;
mod members;
mod tables;
mod broken;
mod publish;
mod turn;

use wire::{
    Diagnostic,
    link::{PlatformReply, PlatformRequest},
};

pub(crate) use changing::Change;
pub(crate) use member::{INFORMATION, Identity, Member};
pub(crate) use members::Handle;
pub(crate) use tables::TableName;
pub(crate) use turn::Turn;
pub(crate) use workspace::Workspace;

/// Says whether the statement that waits is to end.
pub(crate) type IsStopped<'s> = dyn Fn() -> bool + Sync + 's;

/// Whoever decides what a duckling may not decide by itself: the gateway.
pub(crate) trait Platform: Send + Sync {
    /// Asks, and waits for the answer. When `is_stopped` says so the request is withdrawn; it is answered all the same.
    ///
    /// # Errors
    /// What the gateway refuses.
    fn ask(&self, request: PlatformRequest, is_stopped: &IsStopped<'_>) -> Result<PlatformReply, Diagnostic>;
}

/// Databases' names are the same in capitals; as DuckDB and the store have it, in those of ASCII.
fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}
