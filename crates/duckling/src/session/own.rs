//! What a statement may read of its own session while it runs: the text behind the names in EXECUTE and FETCH, prepared
//! statements (`pg_prepared_statements`) and cursors (`pg_cursors`). The teller gets copies of them before the statement
//! runs, and of the lists only when the statement mentions one. Deliberately absent: those of other sessions.

use std::{rc::Rc, sync::Arc};

use serde_json::{Value, json};

use super::{Session, portal::Hold, prepared::Prepared, source::Source};
use crate::sql::Command;

/// The catalogs that show them.
const PREPARED_STATEMENTS: &str = "pg_prepared_statements";
const CURSORS: &str = "pg_cursors";

impl Session {
    /// Before a statement runs.
    pub(super) fn tell_own(&self, source: &Source) {
        let behind = self.named_by(&source.command).map(|prepared| prepared.source.borrow().text());
        let texts = [Some(source.text()), behind.clone()];
        let mentions = |name: &str| {
            let found = |text: &Arc<str>| {
                text.as_bytes().windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes()))
            };
            texts.iter().flatten().any(found)
        };
        let statements = (!self.statements.is_empty() && mentions(PREPARED_STATEMENTS))
            .then(|| self.prepared_statements());
        let cursors = (!self.portals.is_empty() && mentions(CURSORS)).then(|| self.cursors());
        self.teller.set_own(behind, statements, cursors);
    }

    /// The statement that EXECUTE names, or the query of the cursor that FETCH names.
    fn named_by(&self, command: &Command) -> Option<Rc<Prepared>> {
        match command {
            Command::Execute(execute) => self.statements.get(&execute.name).map(Rc::clone),
            Command::Fetch(fetch) => self.portals.get(&fetch.name).map(|portal| Rc::clone(&portal.prepared)),
            Command::Declare(_)
            | Command::Prepare(_)
            | Command::CloseCursor(_)
            | Command::Deallocate(_)
            | Command::Copy(_)
            | Command::Set(_)
            | Command::Transaction(_)
            | Command::Platform(_)
            | Command::Engine => None,
        }
    }

    fn prepared_statements(&self) -> Value {
        let named = self.statements.iter().filter(|(name, _)| !name.is_empty());
        named
            .map(|(name, prepared)| {
                json!({
                    "name": name,
                    "statement": &*text_of(prepared),
                    "prepare_time_us": prepared.made_us,
                    "from_sql": prepared.is_from_sql(),
                })
            })
            .collect()
    }

    fn cursors(&self) -> Value {
        let named = self.portals.iter().filter(|(name, _)| !name.is_empty());
        named
            .map(|(name, portal)| {
                json!({
                    "name": name,
                    "statement": &*text_of(&portal.prepared),
                    "is_holdable": portal.hold != Hold::No,
                    "is_binary": portal.is_binary_cursor,
                    "creation_time_us": portal.prepared.made_us,
                })
            })
            .collect()
    }
}

/// The text as the client has sent it. The statement that reads it is one of them, and borrowed.
fn text_of(prepared: &Prepared) -> Arc<str> {
    prepared.source.try_borrow().map_or_else(|_| Arc::from(""), |source| source.text())
}
