//! The link between the gateway and a duckling: what crosses it, as bytes.
//!
//! Two kinds of socket. The *control link* (one a duckling, its standard input) carries [`ToDuckling`]
//! and [`ToGateway`] frames. A *session socket* (one a client session) carries PostgreSQL messages
//! towards the duckling as they are, and [`batch`]es of whole messages back. Reading and writing the
//! sockets is the business of the two processes.

pub mod addresses;
pub mod batch;
pub mod control;
pub mod egress;
pub mod history;
pub mod limits;
pub mod platform;
pub mod sandbox;

pub use batch::{BatchHeader, BatchKind, SessionStatus};
pub use control::{
    Configuration, FrameError, FrameReader, Greeting, Mount, SessionId, SessionStart, ToDuckling, ToGateway,
    Unusable, encode_frame,
};
pub use egress::{Cause, Hidden, PROXY_USER, RemoteAccess, Secret, Trouble};
pub use history::{HistoryPage, HistoryRow};
pub use limits::{Fingerprint, Note, SessionLimits, Suspect};
pub use platform::{PlatformReply, PlatformRequest, ShareChange};
pub use sandbox::{Layer, LayerReport, ProbeOrder, SandboxOrder, Trial};
