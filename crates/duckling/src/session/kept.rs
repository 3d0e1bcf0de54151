//! What a session keeps from one statement to the next: prepared statements, portals, savepoints, variables. None of it
//! is in DuckDB's `memory_limit`, so that how much there may be is bounded here.

use std::collections::HashMap;

use wire::{Diagnostic, SqlState};

use super::{Outcome, Session, plan::Plan};

/// How many prepared statements, portals or savepoints a session may have, each.
const COUNT_MAX: usize = 10_000;

/// As much text may named prepared statements and portals keep, with the parameters of the latter, before another one is
/// refused. What DuckDB makes of the text is larger.
const TEXT_BYTES_MAX: usize = 16 << 20;

/// As much memory may variables take.
const VARIABLE_BYTES_MAX: usize = 16 << 20;

const CLOSE_SOME: &str = "Close or deallocate those that are not needed any more.";

/// # Errors
/// 53400 when there is no room for one more.
pub(super) fn expect_room(what: &str, count: usize) -> Outcome {
    if count < COUNT_MAX {
        return Ok(());
    }
    let message = format!("a session cannot have more than {COUNT_MAX} {what}");
    let diagnostic = Diagnostic::error(SqlState::CONFIGURATION_LIMIT_EXCEEDED, message);
    Err(diagnostic.with_hint(CLOSE_SOME).into())
}

impl Session {
    /// A prepared statement is about to be kept under this name. The unnamed one is always taken.
    ///
    /// # Errors
    /// 53400 when there are too many, or what there is takes too much.
    pub(super) fn expect_room_for_statement(&self, name: &str) -> Outcome {
        expect_room("prepared statements", self.statements.len())?;
        if name.is_empty() { Ok(()) } else { self.expect_room_for_text() }
    }

    /// The same for a portal.
    ///
    /// # Errors
    /// As for a statement.
    pub(super) fn expect_room_for_portal(&self, name: &str) -> Outcome {
        expect_room("portals and cursors", self.portals.len())?;
        if name.is_empty() { Ok(()) } else { self.expect_room_for_text() }
    }

    fn expect_room_for_text(&self) -> Outcome {
        let portals = self.portals.iter().filter(|(name, _)| !name.is_empty()).map(|(_, portal)| portal);
        let statements = self.statements.iter().filter(|(name, _)| !name.is_empty());
        let sources =
            statements.map(|(_, prepared)| prepared).chain(portals.clone().map(|portal| &portal.prepared));
        // Statements of one string share it.
        let texts: HashMap<*const u8, usize> = sources
            .map(|prepared| prepared.source.borrow().text())
            .map(|text| (text.as_ptr(), text.len()))
            .collect();
        let kept: usize =
            texts.values().sum::<usize>() + portals.map(|portal| portal.parameter_bytes).sum::<usize>();
        if kept <= TEXT_BYTES_MAX {
            return Ok(());
        }
        let message =
            format!("prepared statements and cursors of the session take more than {TEXT_BYTES_MAX} bytes");
        let diagnostic = Diagnostic::error(SqlState::CONFIGURATION_LIMIT_EXCEEDED, message);
        Err(diagnostic.with_hint(CLOSE_SOME).into())
    }

    /// SET VARIABLE has been run. A variable that makes them all too large is taken away again.
    ///
    /// # Errors
    /// 53200 then.
    pub(super) fn check_variables(&mut self, plan: &Plan) -> Outcome {
        let Some(name) = &plan.facts.sets_variable else { return Ok(()) };
        if self.connection.keep_variable(name, VARIABLE_BYTES_MAX) {
            return Ok(());
        }
        let message = format!("variables of the session take more than {VARIABLE_BYTES_MAX} bytes");
        let diagnostic = Diagnostic::error(SqlState::OUT_OF_MEMORY, message)
            .with_detail(format!("Variable \"{name}\" has no value now."));
        Err(diagnostic
            .with_hint("Keep large values in a table, and RESET VARIABLE what is not needed.")
            .into())
    }
}
