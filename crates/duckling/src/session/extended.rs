//! Parse, Bind, Describe, Execute, Close, Sync (protocol page "Extended Query").

use std::{rc::Rc, sync::Arc};

use wire::{
    Diagnostic, SqlState, backend,
    frontend::{Bind, Format, Target},
};

use super::{
    Failure, Outcome, Session, State,
    execute::already_prepared,
    portal::{Arguments, Portal},
    prepared::{Prepared, describe_rows, spread},
    simple::is_fatal,
    source::{Source, several_commands},
    transaction::Block,
};
use crate::{
    decode,
    out::Out,
    sql::{self, Piece},
};

impl Session {
    /// What the outcome of an extended message means: an error skips everything up to Sync.
    pub(super) fn extended(&mut self, outcome: Outcome, out: &mut Out) -> Outcome {
        match outcome {
            Err(Failure::Diagnosed(diagnostic)) if !is_fatal(&diagnostic) => {
                self.fail(&diagnostic, out);
                self.state = State::Drain;
                // PostgreSQL sends every error at once: the client may wait for it behind a Flush, which is skipped.
                Ok(out.flush()?)
            }
            other => other,
        }
    }

    pub(super) fn parse(&mut self, name: &str, sql: &str, declared: Vec<u32>, out: &mut Out) -> Outcome {
        if !name.is_empty() && self.statements.contains_key(name) {
            return Err(already_prepared(name).into());
        }
        if name.is_empty() {
            // Gone even when the new one fails, as in PostgreSQL.
            self.statements.remove("");
        }
        let fingerprint = self.begin_text(sql)?;
        let text: Arc<str> = Arc::from(sql);
        let mut prepared = match sql::split(sql).as_slice() {
            [] => Self::prepare_nothing(Source::read(&text, Piece { text: "", offset: 0 }), declared),
            [piece] => {
                let mut source = self.read_source(&text, *piece);
                if self.transaction.block == Block::Failed {
                    self.extract(&mut source)?;
                }
                self.refuse_if_failed(&source)?;
                self.prepare_in_time(source, declared)?
            }
            _ => return Err(several_commands().into()),
        };
        prepared.fingerprint = fingerprint;
        self.expect_room_for_statement(name)?;
        self.statements.insert(name.to_owned(), Rc::new(prepared));
        backend::parse_complete(out.buffer());
        Ok(out.flush_if_full()?)
    }

    /// Binding can take time (it plans, and expands PIVOT): it obeys `statement_timeout` and cancel.
    fn prepare_in_time(&mut self, source: Source, declared: Vec<u32>) -> Outcome<Prepared> {
        self.activity.begin(self.statement_timeout());
        let outcome = self.prepare(source, declared);
        self.end_activity(outcome)
    }

    pub(super) fn bind_portal(&mut self, bind: &Bind<'_>, out: &mut Out) -> Outcome {
        let prepared = self.statement(bind.statement)?;
        self.reads(prepared.source.borrow().client_text());
        self.refuse_if_failed(&prepared.source.borrow())?;
        self.go_on(prepared.fingerprint)?;
        if !bind.portal.is_empty() && self.portals.contains_key(bind.portal) {
            let message = format!("cursor \"{}\" already exists", bind.portal);
            return Err(Diagnostic::error(SqlState::DUPLICATE_CURSOR, message).into());
        }
        let parameters = prepared.parameters();
        if bind.parameters.len() != parameters.len() {
            let message = format!(
                "bind message supplies {} parameters, but prepared statement \"{}\" requires {}",
                bind.parameters.len(),
                bind.statement,
                parameters.len()
            );
            return Err(Diagnostic::error(SqlState::PROTOCOL_VIOLATION, message).into());
        }
        let formats = spread(&bind.parameter_formats, parameters.len(), "parameter")?;
        let style = self.style();
        let mut values = Vec::with_capacity(parameters.len());
        for (index, ((parameter, format), bytes)) in
            parameters.iter().zip(formats).zip(&bind.parameters).enumerate()
        {
            let typed = decode::Parameter {
                number: index + 1,
                oid: parameter.oid,
                target: parameter.target.as_ref(),
            };
            values.push(decode::parameter(&typed, *bytes, format, &style)?);
        }
        let (columns, _) = self.columns_of(&prepared);
        let formats = if columns.is_empty() {
            Vec::new() // PostgreSQL counts them only where there are columns.
        } else {
            spread(&bind.result_formats, columns.len(), "result")?
        };
        self.forget_portal(bind.portal);
        let mut portal = Portal::new(prepared, Arguments::Values(values), formats);
        portal.asked.clone_from(&bind.result_formats);
        portal.parameter_bytes = bind.parameters.iter().flatten().map(|bytes| bytes.len()).sum();
        self.open_portal(bind.portal, portal)?;
        backend::bind_complete(out.buffer());
        Ok(out.flush_if_full()?)
    }

    pub(super) fn describe(&mut self, target: Target, name: &str, out: &mut Out) -> Outcome {
        let (prepared, formats) = match target {
            Target::Statement => (self.statement(name)?, None),
            Target::Portal => {
                let portal = self.portal(name)?;
                (Rc::clone(&portal.prepared), Some(portal.formats.clone()))
            }
        };
        self.refuse_if_failed(&prepared.source.borrow())?;
        self.go_on(prepared.fingerprint)?;
        if target == Target::Statement {
            let oids: Vec<u32> = prepared.parameters().iter().map(|parameter| parameter.oid).collect();
            backend::parameter_description(out.buffer(), &oids);
        }
        let (columns, origins) = self.columns_of(&prepared);
        if columns.is_empty() {
            backend::no_data(out.buffer());
        } else {
            let formats = formats.unwrap_or_else(|| vec![Format::Text; columns.len()]);
            describe_rows(&columns, &origins, &formats, out.buffer());
        }
        Ok(out.flush_if_full()?)
    }

    pub(super) fn close(&mut self, target: Target, name: &str, out: &mut Out) {
        match target {
            Target::Statement => {
                self.statements.remove(name);
            }
            Target::Portal => self.forget_portal(name),
        }
        backend::close_complete(out.buffer());
    }

    pub(super) fn sync(&mut self, out: &mut Out) -> Outcome {
        match self.end_implicit() {
            Ok(()) => {}
            Err(Failure::Diagnosed(diagnostic)) => self.fail(&diagnostic, out),
            Err(gone) => return Err(gone),
        }
        if matches!(self.transaction.block, Block::None) {
            self.forget_portals();
        }
        self.say_ready(out)
    }

    pub(super) fn statement(&self, name: &str) -> Outcome<Rc<Prepared>> {
        self.statements.get(name).map(Rc::clone).ok_or_else(|| {
            let message = if name.is_empty() {
                "unnamed prepared statement does not exist".to_owned()
            } else {
                format!("prepared statement \"{name}\" does not exist")
            };
            Diagnostic::error(SqlState::INVALID_SQL_STATEMENT_NAME, message).into()
        })
    }
}
