//! Control frames: a 4-byte big-endian length, then JSON.
//!
//! They are few (one when a session begins or is cancelled), so that a readable form is worth more
//! than a small one. The first frame to a duckling is [`ToDuckling::Configure`]; it answers
//! [`ToGateway::Ready`] or [`ToGateway::Failed`]. File descriptors travel beside
//! [`ToDuckling::Open`], [`ToGateway::Egress`] and [`ToGateway::Notes`], one each, in order (`SCM_RIGHTS`).

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    egress::{RemoteAccess, Secret, Trouble},
    history::HistoryRow,
    limits::{Fingerprint, SessionLimits, Suspect},
    platform::{PlatformReply, PlatformRequest, ShareChange},
    sandbox::{LayerReport, ProbeOrder, SandboxOrder, Trial},
};
use crate::diagnostic::Diagnostic;

/// A control frame may not be longer than this.
pub const MAX_FRAME_BYTES: usize = 1024 * 1024;

/// Numbers a session within its duckling; chosen by the gateway, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionId(pub u64);

/// One database that the account sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// The name that SQL uses.
    pub name: String,
    /// The DuckDB file.
    pub path: String,
    /// Whether it is attached `READ_ONLY` (shares).
    pub read_only: bool,
}

/// What a duckling needs to know before it can serve its account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of the operator's")]
pub struct Configuration {
    /// The account's name (`current_user`).
    pub account: String,
    /// The account's own directory: databases and spill. Nothing else may be written.
    pub directory: String,
    /// Databases to attach at start: those of the account's workspace.
    pub mounts: Vec<Mount>,
    /// Own databases whose shares are to be published, since they have changed or may have.
    pub unpublished: Vec<String>,
    /// How long changes settle before shares that update by themselves are published, in milliseconds.
    pub share_settle_ms: u64,
    /// The name of the account's default database.
    pub default_database: String,
    /// Folder that holds `v1.5.5/<platform>/NAME.duckdb_extension`.
    pub extension_directory: String,
    /// Extensions to load before the locks.
    pub extensions: Vec<String>,
    /// DuckDB's memory limit, in bytes.
    pub memory_limit_bytes: u64,
    /// DuckDB's worker threads.
    pub threads: u32,
    /// Bytes that may be spilled to disk.
    pub spill_limit_bytes: u64,
    /// What the account's directory may hold, in bytes; 0 is no limit.
    pub disk_quota_bytes: u64,
    /// What must stay free on the file system, in bytes: beyond that nothing that takes space is begun.
    pub disk_reserve_bytes: u64,
    /// Sessions at the same time.
    pub sessions_max: u32,
    /// How long a statement may take to end after it was stopped, in milliseconds.
    pub stop_grace_ms: u64,
    /// Statements that were running when an earlier process ended.
    pub suspects: Vec<Suspect>,
    /// What a suspended portal may keep, in bytes.
    pub portal_spool_limit_bytes: u64,
    /// The longest value a client may send or be sent, in bytes.
    pub max_value_bytes: u64,
    /// Whether CREATE TEMP TABLE and its kin are allowed.
    pub temp_tables: bool,
    /// Whether sessions may make secrets that the server keeps.
    pub secrets_by_sql: bool,
    /// Whether what the reference lacks is refused too.
    pub reference_profile: bool,
    /// Whether rows of the query history are wanted.
    pub history: bool,
    /// The way to remote data, where there is one.
    pub remote: Option<RemoteAccess>,
    /// How the box around the duckling is to be built.
    pub sandbox: SandboxOrder,
    /// The text that the server names as its own version (`pintail 0.1.0`).
    pub version: String,
}

/// What a session's client is to be told first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Greeting {
    /// A new client: the start-up messages after AuthenticationOk, up to ReadyForQuery.
    Full,
    /// A client that is already talking (its former duckling ended while it was idle): nothing.
    None,
}

/// How a session begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStart {
    /// The session's number.
    pub session: SessionId,
    /// What to tell the client first.
    pub greeting: Greeting,
    /// The process id and secret for BackendKeyData: the body of that message as the client gets it.
    pub backend_key: Vec<u8>,
    /// The database that the session begins in, already resolved by the gateway.
    pub database: String,
    /// Whether only that database is visible.
    pub single: bool,
    /// Whether the token is one that only reads (`read_scaling`).
    pub read_only: bool,
    /// The user name as the client sent it.
    pub user: String,
    /// Settings from the start-up packet, `options` and the database string, in order; names and values
    /// as sent. `session_name` and `attach_mode` are among them.
    pub settings: Vec<(String, String)>,
    /// Notices that the gateway already has for the client.
    pub notices: Vec<Diagnostic>,
    /// The client's address, for `pg_stat_activity` and history.
    pub client_address: String,
    /// The address that the client has connected to; empty when nobody knows.
    pub server_address: String,
    /// What it may do.
    pub limits: SessionLimits,
}

/// From the gateway to a duckling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToDuckling {
    /// First frame: what to serve.
    Configure(Box<Configuration>),
    /// First frame, in the place of [`ToDuckling::Configure`]: build the box, try to get out of it, answer
    /// [`ToGateway::Probed`] and exit.
    Probe {
        /// What would be served.
        configuration: Box<Configuration>,
        /// What to try.
        order: ProbeOrder,
    },
    /// A session begins; its socket comes beside this frame.
    Open(Box<SessionStart>),
    /// The client asked to cancel what the session is doing, or has gone.
    Cancel {
        /// Which session.
        session: SessionId,
        /// Bytes of client messages that the session had been sent when the request came: a statement that
        /// ends behind them is not meant, however late this frame is.
        sent_bytes: u64,
    },
    /// The egress proxy did not let a request of this duckling's through, or could not. To be answered with
    /// [`ToGateway::Noted`].
    Trouble(Trouble),
    /// To be answered with [`ToGateway::Alive`], by whoever serves the control link.
    Ping {
        /// Comes back with the answer.
        number: u64,
    },
    /// The answer to [`ToGateway::Request`].
    Reply {
        /// Which request.
        number: u64,
        /// What came of it.
        outcome: Result<PlatformReply, Diagnostic>,
    },
    /// A share that the account has attached has changed.
    Share(ShareChange),
    /// A copy of a database's file is to be made: to be held as it is, and asked for with
    /// [`PlatformRequest::BackUp`].
    BackUp {
        /// Which copy.
        number: u64,
        /// The account's own database.
        database: String,
    },
    /// The account's secrets are these from now on.
    Secrets {
        /// All of them.
        secrets: Vec<Secret>,
    },
    /// End every session with 57P01 once its statement is over, then exit.
    ShutDown,
}

/// From a duckling to the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToGateway {
    /// The listening socket for the egress proxy comes beside this frame, before [`ToGateway::Ready`] and at
    /// most once.
    Egress,
    /// The databases are attached; sessions may be opened.
    Ready {
        /// What came of each layer of the box.
        layers: Vec<LayerReport>,
    },
    /// What a probe found; it exits after this frame.
    Probed {
        /// What came of each layer of the box.
        layers: Vec<LayerReport>,
        /// What was tried from inside.
        trials: Vec<Trial>,
    },
    /// The duckling cannot serve; it exits after this frame.
    Failed {
        /// Why, for the clients that wait.
        diagnostic: Diagnostic,
    },
    /// A session's thread has ended; its number is free of work.
    Closed {
        /// Which session.
        session: SessionId,
    },
    /// The file with the [`super::Note`]s of what sessions run comes beside this frame, before
    /// [`ToGateway::Ready`].
    Notes,
    /// The answer to [`ToDuckling::Ping`].
    Alive {
        /// Which one.
        number: u64,
    },
    /// A statement was stopped, and has not ended within the grace: only the end of the process will end it.
    Stuck {
        /// Whose statement.
        session: SessionId,
    },
    /// A suspect has run to its end.
    Absolved {
        /// Which statement.
        fingerprint: Fingerprint,
    },
    /// A statement was stopped and does not end: requests that stand still are not to be waited for, or none at all.
    Release {
        /// Whether those that move are ended, too.
        everything: bool,
    },
    /// A session's statement needs something that is the gateway's; to be answered with [`ToDuckling::Reply`].
    Request {
        /// Comes back with the answer.
        number: u64,
        /// What is asked for.
        request: PlatformRequest,
    },
    /// A request is not wanted any more. It is answered all the same: with 57014, unless it was too late to stop it.
    Withdraw {
        /// Which request.
        number: u64,
    },
    /// Statements that sessions have run; nobody waits for an answer.
    History {
        /// In the order in which they ended.
        rows: Vec<HistoryRow>,
    },
    /// A [`ToDuckling::Trouble`] was noted: the request may be answered.
    Noted {
        /// The trouble's number.
        number: u64,
    },
}

/// What can be wrong with a frame; the link is broken then.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The length in front is above [`MAX_FRAME_BYTES`].
    #[error("control frame of {0} bytes is too long")]
    TooLong(usize),
    /// The body is not what the frame should be.
    #[error("control frame cannot be understood")]
    Malformed(#[from] serde_json::Error),
}

/// A frame as bytes: length and JSON.
///
/// # Errors
/// When the frame would be longer than [`MAX_FRAME_BYTES`].
pub fn encode_frame(frame: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let body = serde_json::to_vec(frame)?;
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= MAX_FRAME_BYTES);
    let length = length.ok_or(FrameError::TooLong(body.len()))?;
    let mut bytes = Vec::with_capacity(body.len() + 4);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

/// Puts frames together from bytes as they arrive.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: Vec<u8>,
}

impl FrameReader {
    /// Takes bytes from the link.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, if it is there.
    ///
    /// # Errors
    /// When the bytes are not frames; the link cannot be used any more.
    pub fn next_frame<F: DeserializeOwned>(&mut self) -> Result<Option<F>, FrameError> {
        let Some((head, rest)) = self.buffer.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
        if length > MAX_FRAME_BYTES {
            return Err(FrameError::TooLong(length));
        }
        let Some(body) = rest.get(..length) else {
            return Ok(None);
        };
        let frame = serde_json::from_slice(body)?;
        self.buffer.drain(..4 + length);
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_any_cut() {
        let frames = [ToDuckling::ShutDown, ToDuckling::Cancel { session: SessionId(7), sent_bytes: 42 }];
        let bytes: Vec<u8> = frames.iter().flat_map(|frame| encode_frame(frame).unwrap()).collect();
        for cut in 0..bytes.len() {
            let mut reader = FrameReader::default();
            let mut seen = Vec::new();
            for part in [&bytes[..cut], &bytes[cut..]] {
                reader.push(part);
                while let Some(frame) = reader.next_frame::<ToDuckling>().unwrap() {
                    seen.push(frame);
                }
            }
            assert_eq!(seen, frames);
        }
    }

    #[test]
    fn a_length_above_the_limit_is_refused_before_the_body_is_there() {
        let mut reader = FrameReader::default();
        reader.push(&u32::MAX.to_be_bytes());
        assert!(matches!(reader.next_frame::<ToGateway>(), Err(FrameError::TooLong(_))));
    }
}
