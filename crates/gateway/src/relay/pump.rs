//! Both directions of a session in one task, until one of the three parties ends it.

use std::{future::pending, sync::Arc, time::Duration};

use rustix::net::{Shutdown, shutdown};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::unix::{ReadHalf, WriteHalf},
    time::{Instant, sleep},
};
use wire::{Diagnostic, link::SessionId};

use super::{
    Relay,
    inbound::{self, Inbound, InboundEnd},
    outbound::{Outbound, OutboundEnd},
    progress::{Progress, Standing},
};
use crate::duckling::Duckling;

/// How often a busy session is looked at when it is to end once it is idle.
const STOP_POLL: Duration = Duration::from_millis(20);

/// Statements sent before Terminate go on for this long after the client has left.
const TERMINATE_GRACE: Duration = Duration::from_secs(5);

/// The same for a client that has only closed its side: most of them have gone, and their statements hold
/// what others may need.
const HALF_CLOSED_GRACE: Duration = Duration::from_secs(1);

/// A session whose token is no longer valid has this long to come to the end of a message.
const REVOKE_GRACE: Duration = Duration::from_millis(500);

/// One session in one duckling.
pub(super) struct Pump<'r> {
    pub(super) relay: &'r Relay,
    pub(super) duckling: &'r Duckling,
    pub(super) id: SessionId,
    pub(super) to_duckling: &'r WriteHalf<'r>,
    pub(super) progress: Arc<Progress>,
}

/// Why it ended.
#[derive(Debug)]
pub(super) enum PumpEnd {
    /// The duckling has gone before the session began.
    Unbegun,
    /// The client has gone.
    ClientGone,
    /// The duckling has closed the session, and said so.
    SessionClosed,
    /// The client broke the protocol.
    Violation(Diagnostic),
    /// The server stops, or the session's token is no longer valid.
    Stopped,
    /// The duckling has died.
    DucklingGone(Standing),
}

/// What the client has done last.
enum Talk {
    /// It may send messages.
    Open,
    /// It has said goodbye.
    Over,
    /// It has closed its side, and may still want the answers to what it sent.
    Ended,
    /// It broke the protocol.
    Broken(Diagnostic),
    /// The session socket cannot be written to; its end will say why.
    Deaf,
}

impl Pump<'_> {
    /// Pumps until somebody ends it.
    pub(super) async fn run<R, W>(
        &self,
        reader: &mut R,
        writer: &mut W,
        inbound: &mut Inbound,
        from_duckling: &mut ReadHalf<'_>,
    ) -> PumpEnd
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let mut talk = Talk::Open;
        let mut outbound = Outbound::default();
        let out = outbound.forward(from_duckling, writer, &self.progress);
        tokio::pin!(out);
        let stop = self.stop();
        tokio::pin!(stop);
        // First messages, then only the client's end: the duckling still answers what came before.
        let out_end = {
            let forward = inbound.forward(reader, self.to_duckling, &self.progress);
            tokio::pin!(forward);
            tokio::select! {
                end = &mut out => Some(end),
                end = &mut forward => {
                    talk = match end {
                        InboundEnd::ClientGone => return self.abandon(),
                        InboundEnd::Silent => Talk::Ended,
                        InboundEnd::Terminated => Talk::Over,
                        InboundEnd::Violation(error) => Talk::Broken(error.into()),
                        InboundEnd::SessionGone => Talk::Deaf,
                    };
                    None
                }
                () = &mut stop => return self.stopped(),
            }
        };
        let out_end = if let Some(end) = out_end {
            end
        } else {
            self.end_input(&talk);
            tokio::select! {
                end = &mut out => end,
                () = client_end(reader, &talk) => return self.abandon(),
                () = &mut stop => return self.stopped(),
            }
        };
        self.judge(out_end, talk)
    }

    fn judge(&self, end: OutboundEnd, talk: Talk) -> PumpEnd {
        match (end, talk) {
            (OutboundEnd::ClientGone, _) => self.abandon(),
            (OutboundEnd::SessionClosed | OutboundEnd::DucklingGone, Talk::Broken(diagnostic))
                if !self.progress.standing().inside_message =>
            {
                PumpEnd::Violation(diagnostic)
            }
            (OutboundEnd::SessionClosed | OutboundEnd::SessionDismissed, _)
            | (OutboundEnd::DucklingGone, Talk::Over | Talk::Ended | Talk::Broken(_)) => {
                PumpEnd::SessionClosed
            }
            (OutboundEnd::DucklingGone, Talk::Open | Talk::Deaf) if !self.progress.has_begun() => {
                PumpEnd::Unbegun
            }
            (OutboundEnd::DucklingGone, Talk::Open | Talk::Deaf) => {
                PumpEnd::DucklingGone(self.progress.standing())
            }
        }
    }

    /// Tells the duckling's session that nothing more comes; it ends after what it has got.
    fn end_input(&self, talk: &Talk) {
        if matches!(talk, Talk::Over | Talk::Ended | Talk::Broken(_)) {
            // A socket that is closed already needs no shutdown.
            let _ = shutdown(self.to_duckling.as_ref(), Shutdown::Write);
        }
    }

    /// The client has gone: whatever is under way for it is interrupted.
    fn abandon(&self) -> PumpEnd {
        if !self.progress.standing().is_idle {
            self.duckling.cancel(self.id, u64::MAX);
        }
        PumpEnd::ClientGone
    }

    fn stopped(&self) -> PumpEnd {
        let standing = self.progress.standing();
        if !standing.is_idle {
            self.duckling.cancel(self.id, u64::MAX);
        }
        if standing.inside_message { PumpEnd::ClientGone } else { PumpEnd::Stopped }
    }

    /// Comes when the session is to end: at a shutdown once it is idle or the grace is over, for a
    /// token that is no longer valid at the next message boundary.
    async fn stop(&self) {
        tokio::select! {
            () = self.relay.shutdown.cancelled() => {
                let deadline = Instant::now() + self.relay.shutdown_grace;
                while !self.progress.standing().is_idle && Instant::now() < deadline {
                    sleep(STOP_POLL).await;
                }
            }
            () = self.relay.registered.end().cancelled() => {
                let deadline = Instant::now() + REVOKE_GRACE;
                while self.progress.standing().inside_message && Instant::now() < deadline {
                    sleep(STOP_POLL).await;
                }
            }
        }
    }
}

/// Comes when there is nobody left to answer.
async fn client_end<R: AsyncRead + Unpin>(reader: &mut R, talk: &Talk) {
    match talk {
        Talk::Over => {
            inbound::discard(reader).await;
            sleep(TERMINATE_GRACE).await;
        }
        // Nothing tells a client that only listens from one that has gone: an answer in time finds out.
        Talk::Ended => sleep(HALF_CLOSED_GRACE).await,
        Talk::Broken(_) => {
            inbound::discard(reader).await;
            sleep(HALF_CLOSED_GRACE).await;
        }
        // What the client sends is for the next duckling; the present one's end comes by itself.
        Talk::Open | Talk::Deaf => pending().await,
    }
}
