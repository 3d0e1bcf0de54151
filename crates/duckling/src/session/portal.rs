//! Portals: a prepared statement with its parameters, how far it has come, and how long it lives.

use std::rc::Rc;

use engine::{Chunk, Error, Statement, Value};
use wire::{Diagnostic, SqlState, frontend::Format};

use super::{
    Outcome, Session,
    prepared::{Prepared, changed_result, spread},
    rows::{Progress, Rows},
};
use crate::encode::{RowEncoder, Style};

/// A portal.
pub(super) struct Portal {
    pub(super) prepared: Rc<Prepared>,
    pub(super) arguments: Arguments,
    /// What Bind brought for them, in bytes.
    pub(super) parameter_bytes: usize,
    /// The format of each result column.
    pub(super) formats: Vec<Format>,
    /// The formats as Bind asked for them: none, one for all columns, or one for each.
    pub(super) asked: Vec<Format>,
    pub(super) progress: Stage,
    /// The how manieth portal of the session it is.
    pub(super) opened: u64,
    /// Whether it has run and returned no rows: it is not run again.
    pub(super) is_over: bool,
    /// Whether it was declared BINARY.
    pub(super) is_binary_cursor: bool,
    /// Whether rows are to be encoded otherwise than `formats` says, since FETCH asked for them.
    pub(super) is_encoded_otherwise: bool,
    pub(super) hold: Hold,
    /// How far a FETCH has come that this portal runs.
    pub(super) fetching: Option<Fetching>,
}

/// What a portal's parameters are.
pub(super) enum Arguments {
    /// Values from Bind.
    Values(Vec<Value>),
    /// A row, and for each parameter the column that it takes: from EXECUTE.
    Cells {
        /// The row.
        row: Chunk,
        /// The columns.
        order: Vec<usize>,
    },
}

impl Default for Arguments {
    fn default() -> Self {
        Self::Values(Vec::new())
    }
}

impl Arguments {
    /// Binds them, and nothing else.
    pub(super) fn bind(&self, statement: &mut Statement) -> Result<(), Error> {
        statement.clear_bindings();
        // A client may declare more parameters than there are.
        let count = statement.parameter_count();
        match self {
            Self::Values(values) => values
                .iter()
                .take(count)
                .enumerate()
                .try_for_each(|(index, value)| statement.bind(index, value)),
            Self::Cells { row, order } => {
                let mut order = order.iter().take(count).enumerate();
                order.try_for_each(|(index, &column)| statement.bind_cell(index, row, column))
            }
        }
    }

    /// The values that came with Bind.
    pub(super) fn values(&self) -> &[Value] {
        match self {
            Self::Values(values) => values,
            Self::Cells { .. } => &[],
        }
    }
}

/// How far a portal has come.
pub(super) enum Stage {
    New,
    Sending(Box<Rows>),
    /// All rows are sent; so many there were.
    Complete(u64),
}

/// How long a portal lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Until its transaction ends.
    No,
    /// WITH HOLD, in the transaction that declared it: its rows are kept at COMMIT.
    UntilCommit,
    /// WITH HOLD, after its transaction.
    Kept,
}

/// A FETCH or MOVE under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fetching {
    /// Rows still wanted.
    pub(super) left: u64,
    /// Rows so far.
    pub(super) total: u64,
}

impl Portal {
    pub(super) fn new(prepared: Rc<Prepared>, arguments: Arguments, formats: Vec<Format>) -> Self {
        Self {
            prepared,
            arguments,
            parameter_bytes: 0,
            formats,
            asked: Vec::new(),
            progress: Stage::New,
            opened: 0,
            is_over: false,
            is_binary_cursor: false,
            is_encoded_otherwise: false,
            hold: Hold::No,
            fetching: None,
        }
    }

    /// Settles the formats for columns that were not known when they were asked for.
    ///
    /// # Errors
    /// 0A000 when another number of columns was.
    pub(super) fn settle_formats(&mut self, columns: usize) -> Result<(), Diagnostic> {
        if self.formats.len() != columns {
            self.formats = spread(&self.asked, columns, "result").map_err(|_| changed_result())?;
        }
        Ok(())
    }

    /// How many rows it has sent or passed over.
    pub(super) fn position(&self) -> u64 {
        match &self.progress {
            Stage::New => 0,
            Stage::Sending(rows) => rows.sent,
            Stage::Complete(rows) => *rows,
        }
    }

    /// What its rows take up that were kept aside, in bytes.
    fn kept_bytes(&self) -> u64 {
        match &self.progress {
            Stage::Sending(rows) => rows.kept_bytes(),
            Stage::New | Stage::Complete(_) => 0,
        }
    }

    /// Whether the connection runs its statement.
    pub(super) fn is_streaming(&self) -> bool {
        matches!(&self.progress, Stage::Sending(rows) if rows.is_streaming())
    }

    /// Notes that it has come to its end, if it has.
    pub(super) fn note(&mut self, progress: Progress) {
        if progress == Progress::Complete {
            self.progress = Stage::Complete(self.position());
        }
    }

    /// Has its rows encoded in these formats from here on.
    pub(super) fn encode_as(
        &mut self,
        formats: &[Format],
        style: &Style,
        max_value_bytes: usize,
    ) -> Result<(), Diagnostic> {
        if let Stage::Sending(rows) = &mut self.progress
            && !rows.types.is_empty()
        {
            let columns: Vec<_> = rows.types.iter().cloned().zip(formats.iter().copied()).collect();
            rows.set_encoder(Box::new(RowEncoder::new(&columns, style, max_value_bytes)))?;
            self.is_encoded_otherwise = true;
        }
        Ok(())
    }
}

impl Session {
    /// Keeps a new portal under its name.
    ///
    /// # Errors
    /// 53400 when there are too many.
    pub(super) fn open_portal(&mut self, name: &str, mut portal: Portal) -> Outcome {
        self.expect_room_for_portal(name)?;
        self.opened += 1;
        portal.opened = self.opened;
        self.portals.insert(name.to_owned(), portal);
        Ok(())
    }

    pub(super) fn portal(&self, name: &str) -> Outcome<&Portal> {
        self.portals.get(name).ok_or_else(|| no_portal(name).into())
    }

    /// Frees the connection for another statement: the rest of the suspended portal is kept aside.
    ///
    /// # Errors
    /// 53400 when there is too much of it, 57014 when that is stopped. An error of the rows themselves is kept
    /// for whoever fetches them, unless it has cost DuckDB's transaction: then it is this statement's too.
    pub(super) fn make_room(&mut self) -> Outcome {
        let Some(name) = self.streaming.clone() else {
            return Ok(());
        };
        let Some(mut portal) = self.portals.remove(&name) else {
            self.streaming = None;
            return Ok(());
        };
        let kept = self.in_time(|session| session.keep_rest(&mut portal));
        if kept.is_ok() {
            self.streaming = None;
        }
        self.portals.insert(name, portal);
        kept
    }

    fn keep_rest(&mut self, portal: &mut Portal) -> Outcome {
        let others: u64 = self.portals.values().map(Portal::kept_bytes).sum();
        let Stage::Sending(rows) = &mut portal.progress else {
            return Ok(());
        };
        rows.keep_rest(&self.activity, self.limits.portal_spool_limit_bytes.saturating_sub(others))?;
        if self.activity.stopping() {
            let message = "canceling statement due to user request";
            return Err(Diagnostic::error(SqlState::QUERY_CANCELED, message).into());
        }
        let is_lost = self.transaction.begun && self.connection.is_transaction_invalidated();
        match rows.take_failure_if(is_lost) {
            Some(broken) => Err(self.broken(&portal.prepared.source.borrow(), broken)),
            None => Ok(()),
        }
    }

    /// Takes all rows of a portal out of the connection's transaction.
    pub(super) fn keep_rows(&mut self, portal: &mut Portal) -> Outcome {
        self.in_time(|session| session.keep_rest(portal))?;
        let Stage::Sending(rows) = &mut portal.progress else {
            return Ok(());
        };
        match rows.take_failure_if(true) {
            Some(broken) => Err(self.broken(&portal.prepared.source.borrow(), broken)),
            None => Ok(()),
        }
    }

    pub(super) fn forget_portal(&mut self, name: &str) {
        self.portals.remove(name);
        if self.streaming.as_deref() == Some(name) {
            self.end_open_stream();
        }
    }

    /// Forgets the portals that end with their transaction, and those WITH HOLD that it declared: it has not
    /// been committed.
    pub(super) fn forget_portals(&mut self) {
        self.portals.retain(|_, portal| portal.hold == Hold::Kept);
        self.end_open_stream();
    }

    /// Before COMMIT: keeps the rows of cursors WITH HOLD, and forgets all portals that end with the
    /// transaction.
    ///
    /// # Errors
    /// When their rows cannot be had or kept: there is nothing to commit then.
    pub(super) fn hold_portals(&mut self) -> Outcome {
        let mut portals = std::mem::take(&mut self.portals);
        portals.retain(|_, portal| portal.hold != Hold::No);
        let mut pending = portals.values_mut().filter(|portal| portal.hold == Hold::UntilCommit);
        let kept = pending.try_for_each(|portal| self.keep_rows(portal));
        self.portals = portals;
        self.end_open_stream();
        if kept.is_err() {
            self.transaction.clear();
        }
        kept
    }

    /// After COMMIT: cursors WITH HOLD go on if it succeeded.
    pub(super) fn settle_held_portals(&mut self, is_committed: bool) {
        if !is_committed {
            return self.forget_portals();
        }
        for portal in self.portals.values_mut().filter(|portal| portal.hold == Hold::UntilCommit) {
            portal.hold = Hold::Kept;
        }
    }

    /// Whether there are cursors that have outlived their transaction.
    pub(super) fn has_held_portals(&self) -> bool {
        self.portals.values().any(|portal| portal.hold == Hold::Kept)
    }

    /// Ends the stream that the connection has open, its portal being gone.
    pub(super) fn end_open_stream(&mut self) {
        if self.streaming.take().is_some() {
            self.end_stream();
        }
    }
}

/// 34000, as PostgreSQL words it.
pub(super) fn no_portal(name: &str) -> Diagnostic {
    Diagnostic::error(SqlState::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist"))
}
