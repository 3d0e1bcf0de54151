//! Protocol scripts (`tests/wire/<topic>/*.pt`): what a client does and the literal answers, run against Pintail and
//! PostgreSQL alike. PostgreSQL is the oracle: a line that only one of the two servers gets or sends begins with its
//! name, the case says why in a comment `# deviation: …`, and the runner sees to it that the difference does occur.
//!
//! ```text
//! case a title
//! setup create table t(a int4)          run before; must succeed
//! send
//!   Parse s [23] select $1::int4 + 1 as next
//!   Bind p s (41) formats=0 results=1
//!   Execute p 0
//!   Sync
//! receive
//!   ParseComplete
//!   BindComplete
//!   DataRow \x0000002a
//!   CommandComplete SELECT 1
//!   ReadyForQuery I
//! ```
//!
//! A case begins logged in, on a connection of its own, unless it says `start tcp` (nothing sent) or `start tls`
//! (inside TLS, no start-up message sent). Further steps: `client NAME` goes on with another connection, made when
//! it is first used; `tls [alpn]` makes the handshake, which is received as `TlsDone` or `TlsFailed`;
//! `cancel [plain] [KEY]` sends a CancelRequest for the present connection (see [`Cancel`]); `wait MS`; `close`
//! and `close write`; `statuses` makes every ParameterStatus from here on count; `stop` tells the server to stop.
//!
//! Received: an ErrorResponse or NoticeResponse needs its severity and code; more words must occur in the message,
//! and words in braces (`{D H P=8}`) name fields that must be there. `DataRow *` fits any row (a star at the end, any rest), `...` any number of
//! DataRow and CopyData, `byte S` a single byte, `silence` that nothing comes for a while, `closed` the end of the
//! connection. CopyData messages in a row count as one. Bytes (of Raw, Message, Lie, Headless) are hexadecimal
//! digits and `'text'`, each also repeated (`'ab'*1000`).

mod run;
mod read;
mod answer;
mod compose;
mod bytes;

use std::time::Duration;

pub use self::{
    read::{files, read},
    run::Server,
};

/// Which server runs the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Pintail.
    Pintail,
    /// PostgreSQL.
    Postgres,
}

/// One conversation.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file, below `tests/wire`.
    pub file: String,
    /// The case's title.
    pub title: String,
    /// Why PostgreSQL and Pintail differ, where they do.
    pub deviation: Option<String>,
    steps: Vec<(Option<Side>, Step)>,
}

/// A line and the side that it is for.
#[derive(Clone, Debug)]
struct Line {
    side: Option<Side>,
    text: String,
}

#[derive(Clone, Debug)]
enum Step {
    Client(String),
    Start(Start),
    Setup(String),
    Tls(Vec<String>),
    Send(Vec<Line>),
    Receive(Vec<Line>),
    Cancel(Cancel),
    Wait(Duration),
    Close(CloseHow),
    Statuses,
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// Nothing sent.
    Tcp,
    /// Inside TLS.
    Tls,
    /// Logged in.
    LoggedIn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CloseHow {
    Both,
    Write,
}

/// A CancelRequest: for the present connection, over TLS unless `plain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancel {
    plain: bool,
    key: Key,
}

/// The key of a CancelRequest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    /// The connection's own.
    Right,
    /// Another process id.
    WrongProcess,
    /// Another secret.
    WrongSecret,
    /// A secret cut short by a byte.
    Short,
    /// A secret with a byte more.
    Long,
    /// No secret at all.
    Absent,
}
