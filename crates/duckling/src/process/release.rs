//! Lets the egress proxy know that a statement was stopped and does not end: DuckDB's requests to remote hosts cannot
//! be interrupted, so the proxy ends those that stand still. It cannot know which of them the statement waits for;
//! those of other statements are tried again by DuckDB.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

use wire::link::ToGateway;

use super::sessions::Sessions;

/// A stopped statement may end by itself within this; then the proxy hears of it.
const PATIENCE: Duration = Duration::from_millis(500);

/// And hears of it again as often as this: DuckDB tries a failed request some more times, waiting in between, and all
/// of that has to be over before the statement's grace is.
const INTERVAL: Duration = Duration::from_millis(100);

/// The bell that a stop rings.
#[derive(Debug)]
pub(super) struct Bell(SyncSender<()>);

impl Bell {
    /// The bell, and what hears it.
    pub(super) fn new() -> (Self, Receiver<()>) {
        let (bell, heard) = sync_channel(1);
        (Self(bell), heard)
    }

    /// Some statement was stopped.
    pub(super) fn ring(&self) {
        match self.0.try_send(()) {
            // Nobody listens where there is no way to remote data.
            Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
        }
    }
}

/// Watches over stopped statements, in a thread of its own.
pub(super) fn watch(sessions: &Arc<Sessions>, heard: Receiver<()>) -> io::Result<()> {
    let sessions = Arc::clone(sessions);
    std::thread::Builder::new().name("release".to_owned()).spawn(move || {
        while heard.recv().is_ok() {
            std::thread::sleep(PATIENCE);
            while sessions.is_stopping() {
                if sessions.tell(&ToGateway::Release).is_err() {
                    return;
                }
                std::thread::sleep(INTERVAL);
            }
        }
    })?;
    Ok(())
}
