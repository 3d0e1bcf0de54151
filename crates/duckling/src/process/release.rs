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

/// A stopped statement may end by itself within this part of its grace; then what stands still is let go, once.
const PATIENCE_PART: u32 = 10;

/// After this part everything is let go, again and again: DuckDB tries a failed request some more times, waiting in
/// between, and all of that has to be over before the grace is.
const EVERYTHING_PART: u32 = 4;

/// How often.
const INTERVAL: Duration = Duration::from_millis(50);

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
pub(super) fn watch(sessions: &Arc<Sessions>, heard: Receiver<()>, grace: Duration) -> io::Result<()> {
    let sessions = Arc::clone(sessions);
    std::thread::Builder::new().name("release".to_owned()).spawn(move || {
        while heard.recv().is_ok() {
            std::thread::sleep(grace / PATIENCE_PART);
            let mut everything = false;
            while sessions.is_stopping() {
                if sessions.tell(&ToGateway::Release { everything }).is_err() {
                    return;
                }
                let pause = if everything {
                    INTERVAL
                } else {
                    (grace / EVERYTHING_PART).saturating_sub(grace / PATIENCE_PART)
                };
                std::thread::sleep(pause);
                everything = true;
            }
        }
    })?;
    Ok(())
}
