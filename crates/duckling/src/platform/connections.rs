//! What is told of the account's sessions: the rows of `pg_stat_activity` and `md_active_server_connections()`.

use std::time::{Instant, SystemTime};

use serde::Serialize;

use super::members::Entry;
use crate::history::kept_text;

/// What is told of a session.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ConnectionInfo {
    client_user_agent: String,
    client_connection_id: String,
    server_transaction_stage: &'static str,
    transaction_us: Option<u64>,
    client_query_id: u64,
    client_query: Option<String>,
    query_us: Option<u64>,
    progress: Option<f64>,
    session_name: Option<String>,
    client_addr: Option<String>,
    client_port: Option<u16>,
    // What pg_stat_activity says more.
    pid: u32,
    database: String,
    state: &'static str,
    /// Of the last statement, also when it is over.
    query: Option<String>,
    backend_start_us: Option<u64>,
    xact_start_us: Option<u64>,
    query_start_us: Option<u64>,
}

/// When something was, in microseconds since 1970.
fn moment_us(then: Instant) -> Option<u64> {
    let since = SystemTime::now().checked_sub(then.elapsed())?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_micros()).ok()
}

impl ConnectionInfo {
    /// Of this session.
    pub(super) fn of(entry: &Entry) -> Self {
        let microseconds = |since: Instant| u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        let running = entry.statement.as_ref().filter(|statement| !statement.is_over);
        let stage = match (running, entry.transaction_since) {
            (Some(_), _) => "EXECUTING",
            (None, Some(_)) => "IDLE IN TRANSACTION",
            (None, None) => "IDLE",
        };
        Self {
            client_user_agent: entry.agent.clone(),
            client_connection_id: entry.connection.clone(),
            server_transaction_stage: stage,
            transaction_us: entry.transaction_since.map(microseconds),
            client_query_id: entry.statements,
            client_query: running.map(|statement| kept_text(&statement.text)),
            query_us: running.map(|statement| microseconds(statement.begun)),
            progress: running.and(entry.handle.as_ref()).and_then(|handle| handle.progress()),
            session_name: Some(entry.session_name.clone()).filter(|name| !name.is_empty()),
            client_addr: entry.address.map(|address| address.ip().to_canonical().to_string()),
            client_port: entry.address.map(|address| address.port()),
            pid: entry.process_id,
            database: entry.place.clone(),
            state: match (running, entry.transaction_since) {
                (Some(_), _) => "active",
                (None, Some(_)) => "idle in transaction",
                (None, None) => "idle",
            },
            query: entry.statement.as_ref().map(|statement| kept_text(&statement.text)),
            backend_start_us: entry.joined.and_then(moment_us),
            xact_start_us: entry.transaction_since.and_then(moment_us),
            query_start_us: entry.statement.as_ref().and_then(|statement| moment_us(statement.begun)),
        }
    }
}
