//! CREATE TYPE in a schema: DuckDB 1.5.5 carries it out in the first pass over a log, in which it only looks for a checkpoint
//! (`WriteAheadLogDeserializer::ReplayCreateType`), and so before any CREATE SCHEMA of the same log. Such a log cannot be
//! replayed, and the database not be opened. So the schema has to be in the database's file first.

use std::path::Path;

use super::{Outcome, Session};
use crate::policy::{Facts, rules};

/// Longer logs are not searched.
const LOG_BYTES_MAX: u64 = 64 << 20;

/// Every database's file has it from the beginning.
const MAIN: &str = "main";

impl Session {
    /// `is_first` is whether the transaction has written nothing yet: a checkpoint waits for what it has written.
    ///
    /// # Errors
    /// 0A000 in a block whose schema is not in the file, 55006 when others keep it from getting there.
    pub(super) fn expect_schema_on_disk(&self, facts: &Facts, is_first: bool) -> Outcome {
        let Some((database, schema)) = &facts.creates_type else { return Ok(()) };
        let workspace = self.member.workspace();
        let Some(mount) = workspace.find(database).filter(|_| !schema.eq_ignore_ascii_case(MAIN)) else {
            return Ok(());
        };
        if workspace.has_committed_schema(database, schema) {
            if !may_mention(&Path::new(&mount.path).with_added_extension("wal"), schema) {
                return Ok(());
            }
            if is_first {
                let activity = self.activity.clone();
                drop(workspace.hold(database, &move || activity.stopping())?);
                return Ok(());
            }
        }
        Err(self.refusal(&rules::TYPE_IN_NEW_SCHEMA).into())
    }
}

/// Whether a log has this name in it, or is not to be read.
fn may_mention(log: &Path, name: &str) -> bool {
    let Ok(metadata) = log.metadata() else { return false };
    if metadata.len() > LOG_BYTES_MAX {
        return true;
    }
    let name = name.as_bytes();
    std::fs::read(log)
        .map_or(true, |bytes| name.is_empty() || bytes.windows(name.len()).any(|part| part == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_searched_for_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("x.duckdb.wal");
        assert!(!may_mention(&log, "other"));
        std::fs::write(&log, b"\0\x01othe\0rother").unwrap();
        assert!(may_mention(&log, "other"));
        assert!(!may_mention(&log, "others"));
    }
}
