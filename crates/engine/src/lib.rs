//! Safe DuckDB, and all `unsafe` of Pintail: an in-memory [`Instance`], its [`Connection`]s, prepared
//! [`Statement`]s, streaming [`Execution`]s whose [`Chunk`]s are read column by column, bulk load through an
//! [`Appender`], and the plan [`Guard`] that judges every bound plan. Beside them what the engine's [`process`] asks of
//! the operating system where that is unsafe.
//!
//! Modules in the order the data flows; a module uses only those listed after it. Deliberately absent: any
//! policy, any knowledge of `PostgreSQL`, and Arrow.

pub mod process;
mod instance;
mod look;
mod connection;
mod statement;
mod execution;
mod collection;
mod appender;
mod hold;
mod builder;
mod chunk;
mod vector;
mod value;
mod fixed;
mod description;
mod context;
mod guard;
mod types;
mod enumeration;
mod named;
mod error;
mod sys;

pub use appender::Appender;
pub use builder::{ChunkBuilder, VectorMut};
pub use chunk::Chunk;
pub use collection::Collection;
pub use connection::{Connection, Harmless, Interrupter};
pub use description::{Column, Origin, ReturnKind, StatementKind};
pub use enumeration::Enumeration;
pub use error::{Error, ErrorDetails, ErrorKind};
pub use execution::{Execution, Step};
pub use fixed::{Fixed, Interval, ListEntry};
pub use guard::{AllowAll, Guard, Operator, Touch};
pub use hold::CheckpointHold;
pub use instance::{Instance, Options};
pub use look::Look;
pub use named::NamedType;
pub use statement::{Parsed, Statement};
pub use types::LogicalType;
pub use value::Value;
pub use vector::{Strings, Validity, Vector};
