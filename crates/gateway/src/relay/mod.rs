//! A session under way: bytes between the client's TLS stream and the session socket of a duckling.
//!
//! The gateway always stands at a message boundary in both directions (`inbound` frames the client's
//! messages, `outbound` forwards whole batches), so that it can answer for itself: when the client
//! breaks the protocol, when the duckling dies, when the server stops. What the messages mean is not
//! looked at, apart from Terminate.

mod pump;
mod inbound;
mod outbound;
mod progress;
mod farewell;

use std::{sync::Arc, time::Duration};

use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf, split};
use tokio_util::sync::CancellationToken;
use wire::{
    Diagnostic, SqlState,
    link::{Greeting, SessionStart},
};

pub(crate) use self::farewell::{close, say, send_last};
use self::{
    inbound::Inbound,
    progress::Progress,
    pump::{Pump, PumpEnd},
};
use crate::{
    duckling::{Ducklings, Session, Unavailable},
    sessions::{Registered, Work},
    store::Account,
};

/// What a session needs beside its two streams.
#[derive(Debug)]
pub struct Relay {
    /// Where a new duckling comes from, should the present one die.
    pub ducklings: Ducklings,
    /// Whose session it is.
    pub account: Account,
    /// How it began.
    pub start: SessionStart,
    /// Its place in the table of sessions.
    pub registered: Registered,
    /// A client message's longest body, in bytes.
    pub max_message_bytes: usize,
    /// Cancelled when the server stops.
    pub shutdown: CancellationToken,
    /// How long a busy session may go on after that.
    pub shutdown_grace: Duration,
}

/// A session whose duckling dies before it says anything is begun this often; a duckling that dies of the
/// session itself must not be tried for ever.
const MAX_BEGINNINGS: u32 = 3;

/// How a session ends for its client.
#[derive(Debug)]
enum End {
    /// The client has gone, or has been told by the duckling: nothing more to say.
    Silent,
    /// With this last message.
    With(Diagnostic),
}

/// What there is to do when a duckling has gone.
enum Loss {
    /// Nothing was lost: wait for the client's next message.
    Nothing,
    /// The session had not even begun: begin it in a new duckling.
    Unbegun,
    /// The session is over.
    Session(End),
}

impl Relay {
    /// Relays until the session is over, then closes the client's stream.
    pub async fn run<S>(self, client: S, session: Session)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut reader, mut writer) = split(client);
        let mut inbound = Inbound::new(self.max_message_bytes);
        let end = self.relay(&mut reader, &mut writer, &mut inbound, session).await;
        self.registered.runs_on(None);
        let mut client = reader.unsplit(writer);
        match end {
            End::Silent => close(&mut client).await,
            End::With(diagnostic) => say(&mut client, &diagnostic).await,
        }
    }

    async fn relay<S: AsyncRead + AsyncWrite>(
        &self,
        reader: &mut ReadHalf<S>,
        writer: &mut WriteHalf<S>,
        inbound: &mut Inbound,
        mut session: Session,
    ) -> End {
        let mut progress = Arc::new(Progress::default());
        let mut beginnings = 1;
        loop {
            let Session { mut stream, id, duckling } = session;
            let progress_now = Arc::clone(&progress);
            let sent_bytes = Box::new(move || progress_now.sent_unless_idle());
            self.registered.runs_on(Some(Work { duckling: Arc::clone(&duckling), session: id, sent_bytes }));
            let (mut from_duckling, to_duckling) = stream.split();
            let pump = Pump { relay: self, duckling: &duckling, id, to_duckling: &to_duckling, progress };
            let end = pump.run(reader, writer, inbound, &mut from_duckling).await;
            self.registered.runs_on(None);
            match self.judge(end, duckling.is_stuck(id)) {
                Loss::Session(end) => return end,
                Loss::Nothing => {}
                Loss::Unbegun if beginnings < MAX_BEGINNINGS => {
                    beginnings += 1;
                    match self.ducklings.open(&self.account, self.start.clone()).await {
                        Ok(next) => (session, progress) = (next, Arc::new(Progress::default())),
                        Err(error) => return End::With(error.into()),
                    }
                    continue;
                }
                Loss::Unbegun => return End::With(lost_statement()),
            }
            drop(stream);
            tracing::debug!(session = self.registered.process_id(), "idle session lost its duckling");
            match self.resume(reader, inbound).await {
                Ok(next) => (session, progress) = (next, Arc::new(Progress::resumed())),
                Err(end) => return end,
            }
        }
    }

    fn judge(&self, end: PumpEnd, is_stuck: bool) -> Loss {
        let over = match end {
            PumpEnd::ClientGone | PumpEnd::SessionClosed => End::Silent,
            PumpEnd::Violation(diagnostic) => End::With(diagnostic),
            PumpEnd::Stopped => End::With(self.stopped()),
            PumpEnd::Unbegun => return Loss::Unbegun,
            PumpEnd::DucklingGone(progress) if progress.inside_message => End::Silent,
            PumpEnd::DucklingGone(progress) if !progress.is_idle && is_stuck => End::With(stuck_statement()),
            PumpEnd::DucklingGone(progress) if !progress.is_idle => End::With(lost_statement()),
            PumpEnd::DucklingGone(progress) if progress.has_state => End::With(lost_state()),
            PumpEnd::DucklingGone(_) => return Loss::Nothing,
        };
        Loss::Session(over)
    }

    fn stopped(&self) -> Diagnostic {
        let message = "terminating connection due to administrator command";
        let diagnostic = Diagnostic::fatal(SqlState::ADMIN_SHUTDOWN, message);
        if self.registered.end().is_cancelled() && !self.shutdown.is_cancelled() {
            diagnostic.with_hint("The access token or the account of this connection is no longer valid.")
        } else {
            diagnostic
        }
    }

    /// Waits for the client's next message, then opens a session in a new duckling for it.
    async fn resume<R: AsyncRead + Unpin>(
        &self,
        reader: &mut R,
        inbound: &mut Inbound,
    ) -> Result<Session, End> {
        tokio::select! {
            next = inbound.wait(reader) => match next {
                inbound::Next::Message => {}
                inbound::Next::Gone => return Err(End::Silent),
                inbound::Next::Violation(error) => return Err(End::With(error.into())),
            },
            () = self.shutdown.cancelled() => return Err(End::With(self.stopped())),
            () = self.registered.end().cancelled() => return Err(End::With(self.stopped())),
        }
        let start = SessionStart { greeting: Greeting::None, notices: Vec::new(), ..self.start.clone() };
        let opened = self.ducklings.open(&self.account, start).await;
        opened.map_err(|error: Unavailable| End::With(error.into()))
    }
}

fn lost_statement() -> Diagnostic {
    let message = "terminating connection because the account's process ended unexpectedly";
    Diagnostic::fatal(SqlState::CRASH_SHUTDOWN, message)
        .with_detail("The statement or transaction under way was rolled back; what was committed is safe.")
        .with_hint("In a moment you should be able to reconnect and repeat your command.")
}

fn stuck_statement() -> Diagnostic {
    let message = "terminating connection because its statement did not end when it was canceled";
    Diagnostic::fatal(SqlState::CRASH_SHUTDOWN, message)
        .with_detail("Nothing but the end of the account's process could end it. What was committed is safe.")
        .with_hint(
            "Reconnect. The same statement is refused for a while; write it so that it does less at once.",
        )
}

fn lost_state() -> Diagnostic {
    let message = "terminating connection because the account's process was restarted";
    Diagnostic::fatal(SqlState::ADMIN_SHUTDOWN, message)
        .with_detail("The session's settings or prepared statements were lost; what was committed is safe.")
        .with_hint("Reconnect and prepare them again.")
}

#[cfg(test)]
mod tests;
