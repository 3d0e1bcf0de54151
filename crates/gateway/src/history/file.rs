//! The history's file: SQLite with a write-ahead log, whose rows may be lost with the machine, but not with the process.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use wire::link::{HistoryPage, HistoryRow};

use crate::{
    home,
    ids::{AccountId, Moment},
    settings::HistorySettings,
};

/// How long a lock of somebody else's is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);

/// What one part of an answer may take in a frame, in bytes. A row always fits.
const PAGE_BYTES: usize = 512 * 1024;

/// Rows of one part, at most.
const PAGE_ROWS: u32 = 2000;

/// Of too many rows so many go at once, so that it is not done for each.
const PRUNED_SHARE: i64 = 10;

/// What a row takes beside its text, in bytes, more or less.
const ROW_BYTES: i64 = 200;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS queries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    execution_us INTEGER NOT NULL,
    query_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    query_nr INTEGER NOT NULL,
    transaction_nr INTEGER NOT NULL,
    query_text TEXT NOT NULL,
    query_type TEXT,
    rows INTEGER,
    error_type TEXT,
    error_message TEXT,
    user_agent TEXT NOT NULL,
    session_name TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS queries_by_account ON queries (account, id);
";

const COLUMNS: &str =
    "start_us, execution_us, query_id, connection_id, query_nr, transaction_nr, query_text, query_type,
    rows, error_type, error_message, user_agent, session_name";

pub(super) struct File(Connection);

impl File {
    pub(super) fn open(path: &Path) -> Result<Self, rusqlite::Error> {
        if !path.exists() {
            // SQLite makes its side files with the mode of the main one. What fails here fails below.
            let _ = home::write_file(path, b"");
        }
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(connection))
    }

    pub(super) fn write(&mut self, batches: &[(AccountId, Vec<HistoryRow>)]) -> Result<(), rusqlite::Error> {
        if batches.is_empty() {
            return Ok(());
        }
        let transaction = self.0.transaction()?;
        {
            let sql = format!(
                "INSERT INTO queries (account, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            );
            let mut insert = transaction.prepare_cached(&sql)?;
            let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            for (account, row) in
                batches.iter().flat_map(|(account, rows)| rows.iter().map(move |row| (account, row)))
            {
                insert.execute(params![
                    account.0,
                    row.start_us,
                    number(row.execution_us),
                    row.query_id,
                    row.connection_id,
                    number(row.query_nr),
                    number(row.transaction_nr),
                    row.query_text,
                    row.query_type,
                    row.rows.map(number),
                    row.error_type,
                    row.error_message,
                    row.user_agent,
                    row.session_name,
                ])?;
            }
        }
        transaction.commit()
    }

    pub(super) fn forget(&mut self, accounts: &[AccountId]) -> Result<(), rusqlite::Error> {
        for account in accounts {
            self.0.execute("DELETE FROM queries WHERE account = ?", [account.0])?;
        }
        Ok(())
    }

    /// Removes what is too old, and while there is too much the oldest rows of the account that has most: nobody's statements
    /// push those of others out.
    pub(super) fn prune(&mut self, settings: &HistorySettings) -> Result<(), rusqlite::Error> {
        let since = Moment::now().before(settings.retention);
        self.0.execute("DELETE FROM queries WHERE start_us < ?", [since.0])?;
        while self.used_bytes()? > settings.size_max_bytes {
            let sql = "SELECT account FROM queries GROUP BY account ORDER BY sum(length(query_text) + ?) DESC LIMIT 1";
            let largest: Option<i64> = self.0.query_row(sql, [ROW_BYTES], |row| row.get(0)).optional()?;
            let Some(largest) = largest else { break };
            let sql = "DELETE FROM queries WHERE account = ?1 AND id <= (
                SELECT min(id) + (max(id) - min(id)) / ?2 FROM queries WHERE account = ?1)";
            if self.0.execute(sql, [largest, PRUNED_SHARE])? == 0 {
                break;
            }
        }
        Ok(())
    }

    fn used_bytes(&self) -> Result<u64, rusqlite::Error> {
        let pragma = |name: &str| self.0.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let pages = pragma("page_count")?.saturating_sub(pragma("freelist_count")?);
        Ok(u64::try_from(pages.saturating_mul(pragma("page_size")?)).unwrap_or_default())
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> i64 {
        self.0.query_row("SELECT count(*) FROM queries", [], |row| row.get(0)).unwrap()
    }

    /// The newest rows of an account before one of them.
    pub(super) fn read(
        path: &Path,
        account: AccountId,
        before: Option<i64>,
    ) -> Result<HistoryPage, rusqlite::Error> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        let sql = format!(
            "SELECT {COLUMNS}, id FROM queries WHERE account = ? AND id < ? ORDER BY id DESC LIMIT ?"
        );
        let mut statement = connection.prepare(&sql)?;
        let mut found = statement.query(params![account.0, before.unwrap_or(i64::MAX), PAGE_ROWS])?;
        let mut page = HistoryPage::default();
        let (mut bytes, mut last) = (0, None);
        while let Some(row) = found.next()? {
            let kept = history_row(row)?;
            bytes += kept.frame_bytes();
            if bytes > PAGE_BYTES && !page.rows.is_empty() {
                page.next = last;
                return Ok(page);
            }
            last = Some(row.get(13)?);
            page.rows.push(kept);
        }
        let is_full = u32::try_from(page.rows.len()).is_ok_and(|count| count >= PAGE_ROWS);
        page.next = last.filter(|_| is_full);
        Ok(page)
    }
}

fn history_row(row: &Row<'_>) -> Result<HistoryRow, rusqlite::Error> {
    let number = |index| row.get::<_, i64>(index).map(|number| u64::try_from(number).unwrap_or_default());
    Ok(HistoryRow {
        start_us: row.get(0)?,
        execution_us: number(1)?,
        query_id: row.get(2)?,
        connection_id: row.get(3)?,
        query_nr: number(4)?,
        transaction_nr: number(5)?,
        query_text: row.get(6)?,
        query_type: row.get(7)?,
        rows: row.get::<_, Option<i64>>(8)?.map(|rows| u64::try_from(rows).unwrap_or_default()),
        error_type: row.get(9)?,
        error_message: row.get(10)?,
        user_agent: row.get(11)?,
        session_name: row.get(12)?,
    })
}
