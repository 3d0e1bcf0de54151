//! What sessions have run: rows from a duckling to the gateway, which keeps them, and back again for
//! `md_information_schema.QUERY_HISTORY`.
//!
//! They come by themselves, many in a frame, and nobody waits for them: a row that is lost fails no statement.

use serde::{Deserialize, Serialize};

/// One statement that was run, or could not be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// Its number (UUID).
    pub query_id: String,
    /// Its session's number (UUID).
    pub connection_id: String,
    /// Counts the statements of the session.
    pub query_nr: u64,
    /// Counts the transactions of the session.
    pub transaction_nr: u64,
    /// Its text, without values that may be secrets.
    pub query_text: String,
    /// What it was, as its command tag says (`SELECT`, `CREATE TABLE`); nothing when it failed.
    pub query_type: Option<String>,
    /// When it began, in microseconds since 1970.
    pub start_us: i64,
    /// How long it took, in microseconds.
    pub execution_us: u64,
    /// Rows that were sent, or changed, as its command tag says.
    pub rows: Option<u64>,
    /// The SQLSTATE, when it failed.
    pub error_type: Option<String>,
    /// What the client was told then.
    pub error_message: Option<String>,
    /// What the client says of itself (`application_name`).
    pub user_agent: String,
    /// The session's name.
    pub session_name: String,
}

impl HistoryRow {
    /// About so many bytes in a frame, at most: each byte of a text may become six.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        const REST: usize = 512;
        let message = self.error_message.as_ref().map_or(0, String::len);
        let texts = [self.query_text.len(), message, self.user_agent.len(), self.session_name.len()];
        texts.iter().sum::<usize>() * 6 + REST
    }
}

/// A part of an account's history, the newest rows first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// The rows.
    pub rows: Vec<HistoryRow>,
    /// Where the next part begins; nothing when this is the last.
    pub next: Option<i64>,
}
