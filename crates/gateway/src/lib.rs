//! The front door: what stands between PostgreSQL clients and the ducklings.
//!
//! In the order a connection flows: the server accepts it, TLS and login are settled at the front, the
//! relay pumps messages between the client and the session socket of a duckling, which the supervision
//! has started for the account. Beside it: the REST API, the admin socket, the certificates, the accounts store, the
//! data directory, metrics, the platform (what ducklings ask for: databases, shares), and the egress proxy, through
//! which they reach remote data. DuckDB is never opened
//! here and SQL is never looked at.

pub mod server;
pub mod api;
pub mod front;
pub mod relay;
pub mod admin;
pub mod backup;
pub mod metrics;
pub mod sessions;
pub mod duckling;
pub mod platform;
pub mod target;
pub mod tls;
pub mod vault;
pub mod store;
pub mod history;
pub mod scram;
pub mod token;
pub mod home;
pub mod ids;
pub mod settings;
pub mod egress;
pub mod access;
mod key;
pub mod secrets;
