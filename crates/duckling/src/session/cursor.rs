//! Cursors in SQL: DECLARE, FETCH, MOVE, CLOSE. A cursor is a portal with a name, in one name space with those
//! of the protocol, and either can be fetched from in both ways.
//!
//! Deliberately absent: going backwards, which DuckDB's streams cannot. PostgreSQL goes back with simple
//! plans even when SCROLL was not said; here that is as it is with NO SCROLL.

use std::rc::Rc;

use wire::{Diagnostic, SqlState, frontend::Format};

use super::{
    Outcome, Session,
    portal::{Fetching, Hold, Portal, Stage},
    prepared::{Prepared, changed_result, describe_rows, spread},
    rows::Progress,
    transaction::Block,
};
use crate::{
    out::Out,
    sql::{Declare, Direction, Fetch, Which},
};

impl Session {
    /// DECLARE: opens a portal on the query. It sees the data as they are now, whenever it is fetched from.
    pub(super) fn declare(
        &mut self,
        declare: &Declare,
        mut cursor: Portal,
        in_query: bool,
    ) -> Outcome<&'static str> {
        let outside = match self.transaction.block {
            Block::None => true,
            Block::Implicit => !in_query,
            Block::Explicit | Block::Failed => false,
        };
        if outside && !declare.is_held {
            let message = "DECLARE CURSOR can only be used in transaction blocks";
            return Err(Diagnostic::error(SqlState::NO_ACTIVE_SQL_TRANSACTION, message).into());
        }
        if declare.is_scrollable {
            let message = "scrollable cursors are not available";
            let refused = Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message);
            return Err(refused.with_hint("Leave SCROLL out: the cursor then moves forward only.").into());
        }
        if declare.name.is_empty() {
            let message = "invalid cursor name: must not be empty";
            return Err(Diagnostic::error(SqlState::INVALID_CURSOR_NAME, message).into());
        }
        if self.portals.contains_key(&declare.name) {
            let message = format!("cursor \"{}\" already exists", declare.name);
            return Err(Diagnostic::error(SqlState::DUPLICATE_CURSOR, message).into());
        }
        let prepared = Rc::clone(&cursor.prepared);
        if !is_query(&prepared) {
            let message = "a cursor can only be declared for a query";
            return Err(Diagnostic::error(SqlState::SYNTAX_ERROR, message).into());
        }
        let format = if declare.is_binary { Format::Binary } else { Format::Text };
        cursor.formats = vec![format; self.columns_of(&prepared).0.len()];
        cursor.is_binary_cursor = declare.is_binary;
        if declare.is_held {
            cursor.hold = Hold::UntilCommit;
        }
        self.start_portal(&mut cursor, &prepared, u64::MAX)?;
        if declare.is_held && self.transaction.block == Block::None {
            self.keep_rows(&mut cursor)?;
            cursor.hold = Hold::Kept;
        } else {
            self.streaming = Some(declare.name.clone());
        }
        self.open_portal(&declare.name, cursor)?;
        Ok("DECLARE CURSOR")
    }

    /// FETCH and MOVE in a Query: all the rows that were asked for.
    pub(super) fn fetch_whole(&mut self, fetch: &Fetch, out: &mut Out) -> Outcome {
        let mut fetching = self.begin_fetch(fetch, None, true, out)?;
        self.fetch(fetch, &mut fetching, u64::MAX, out).map(|_| ())
    }

    /// Begins FETCH or MOVE: finds the cursor, and stands it before the first row that is wanted. Formats
    /// are those that Bind asked for; in a Query a binary cursor has its own.
    pub(super) fn begin_fetch(
        &mut self,
        fetch: &Fetch,
        formats: Option<&[Format]>,
        in_query: bool,
        out: &mut Out,
    ) -> Outcome<Fetching> {
        let Some(mut cursor) = self.portals.remove(&fetch.name) else {
            return Err(no_cursor(&fetch.name).into());
        };
        let begun = self.stand_before(fetch, &mut cursor);
        let fetching = self.put_back(&fetch.name, cursor, begun)?;
        if fetch.is_move {
            return Ok(fetching);
        }
        let prepared = Rc::clone(&self.portal(&fetch.name)?.prepared);
        let (columns, origins) = self.columns_of(&prepared);
        let (style, limit_bytes) = (self.style(), self.limits.max_value_bytes);
        let Some(cursor) = self.portals.get_mut(&fetch.name) else {
            return Err(no_cursor(&fetch.name).into());
        };
        let formats = match formats {
            Some(formats) => spread(formats, columns.len(), "result").map_err(|_| changed_result())?,
            None if cursor.is_binary_cursor => cursor.formats.clone(),
            None => vec![Format::Text; columns.len()],
        };
        if in_query {
            describe_rows(&columns, &origins, &formats, out.buffer());
        }
        cursor.encode_as(&formats, &style, limit_bytes)?;
        Ok(fetching)
    }

    /// Moves the cursor to just before the rows that FETCH wants, and tells how many those are.
    fn stand_before(&mut self, fetch: &Fetch, cursor: &mut Portal) -> Outcome<Fetching> {
        let prepared = Rc::clone(&cursor.prepared);
        if !is_query(&prepared) {
            let message = format!("portal \"{}\" cannot be fetched from", fetch.name);
            return Err(Diagnostic::error(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message).into());
        }
        if matches!(cursor.progress, Stage::New) {
            self.start_portal(cursor, &prepared, u64::MAX)?;
        }
        let position = cursor.position();
        let (skipped, wanted) = match fetch.direction {
            Direction::Forward(rows) => (0, rows),
            Direction::Relative(rows) => (rows - 1, 1),
            Direction::Absolute(0) if position == 0 => (0, 0),
            Direction::Absolute(row) if row > position => (row - 1 - position, 1),
            Direction::Current if position == 0 || matches!(cursor.progress, Stage::Complete(_)) => (0, 0),
            // MOVE 0 only tells whether there is a row here.
            Direction::Current if fetch.is_move => return Ok(Fetching { left: 0, total: 1 }),
            Direction::Absolute(_) | Direction::Current | Direction::Backward => {
                let message = "cursor can only scan forward";
                let refused = Diagnostic::error(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message);
                return Err(refused.with_hint("Declare the cursor again to read from the start.").into());
            }
        };
        if skipped > 0 {
            self.pass_over(cursor, skipped)?;
        }
        Ok(Fetching { left: wanted, total: 0 })
    }

    /// Sends the rows of a FETCH, or passes over those of a MOVE, up to a limit; tells whether that was all.
    pub(super) fn fetch(
        &mut self,
        fetch: &Fetch,
        fetching: &mut Fetching,
        limit: u64,
        out: &mut Out,
    ) -> Outcome<Progress> {
        let wanted = fetching.left.min(limit);
        let Some(mut cursor) = self.portals.remove(&fetch.name) else {
            return Err(no_cursor(&fetch.name).into());
        };
        let moved = if fetch.is_move {
            self.pass_over(&mut cursor, wanted)
        } else {
            self.send_rows(&mut cursor, wanted, out)
        };
        let moved = self.put_back(&fetch.name, cursor, moved)?;
        fetching.total += moved;
        fetching.left = if moved < wanted { 0 } else { fetching.left - moved };
        if fetching.left > 0 && limit < u64::MAX {
            self.say_suspended(moved, out);
            return Ok(Progress::Suspended);
        }
        let verb = if fetch.is_move { "MOVE" } else { "FETCH" };
        self.say_complete(&format!("{verb} {}", fetching.total), out);
        out.flush_if_full()?;
        Ok(Progress::Complete)
    }

    /// Sends up to so many rows of a portal that has been started; tells how many.
    fn send_rows(&mut self, portal: &mut Portal, limit: u64, out: &mut Out) -> Outcome<u64> {
        let prepared = Rc::clone(&portal.prepared);
        let Stage::Sending(rows) = &mut portal.progress else {
            return Ok(0);
        };
        let before = rows.sent;
        let sent = rows.send(limit, &self.activity, out);
        let progress = sent.map_err(|broken| self.broken(&prepared.source.borrow(), broken))?;
        let sent = rows.sent - before;
        portal.note(progress);
        Ok(sent)
    }

    fn pass_over(&mut self, portal: &mut Portal, limit: u64) -> Outcome<u64> {
        let prepared = Rc::clone(&portal.prepared);
        let Stage::Sending(rows) = &mut portal.progress else {
            return Ok(0);
        };
        let before = rows.sent;
        let passed = rows.skip(limit, &self.activity);
        let progress = passed.map_err(|broken| self.broken(&prepared.source.borrow(), broken))?;
        let passed = rows.sent - before;
        portal.note(progress);
        Ok(passed)
    }

    /// Puts a portal back that was taken out to be worked with. After an error it is gone.
    fn put_back<T>(&mut self, name: &str, portal: Portal, outcome: Outcome<T>) -> Outcome<T> {
        if self.streaming.as_deref() == Some(name) {
            self.streaming = None;
        }
        let outcome = outcome?;
        if portal.is_streaming() {
            self.streaming = Some(name.to_owned());
        }
        self.portals.insert(name.to_owned(), portal);
        Ok(outcome)
    }

    /// CLOSE.
    pub(super) fn close_cursor(&mut self, which: &Which) -> Outcome<&'static str> {
        match which {
            Which::All => {
                self.portals.clear();
                self.end_open_stream();
                Ok("CLOSE CURSOR ALL")
            }
            Which::One(name) if self.portals.contains_key(name) => {
                self.forget_portal(name);
                Ok("CLOSE CURSOR")
            }
            Which::One(name) => Err(no_cursor(name).into()),
        }
    }
}

/// Whether it is a query, whose rows can be fetched little by little.
fn is_query(prepared: &Prepared) -> bool {
    let plan = prepared.plan.borrow();
    plan.as_ref().is_some_and(|plan| {
        plan.statement.kind() == engine::StatementKind::Select && !plan.columns.is_empty()
    })
}

fn no_cursor(name: &str) -> Diagnostic {
    Diagnostic::error(SqlState::INVALID_CURSOR_NAME, format!("cursor \"{name}\" does not exist"))
}
