//! A prepared statement: a source, bound by DuckDB where it is DuckDB's, with the types it was given.

use std::{cell::RefCell, rc::Rc};

use engine::{Column, Origin};
use wire::{
    Diagnostic, SqlState,
    backend::{self, Field},
    frontend::Format,
    link::Fingerprint,
};

use super::{Outcome, Session, parameters::Parameter, plan::Plan, source::Source, utility::utility_columns};
use crate::{encode, sql::Command};

/// Stands for no text of its own.
const NONE: Fingerprint = Fingerprint(0);

/// A prepared statement.
pub(super) struct Prepared {
    pub(super) source: RefCell<Source>,
    /// DuckDB's part; nothing for the session's own statements, for those that cannot be bound before they
    /// run, and for an empty string.
    pub(super) plan: RefCell<Option<Plan>>,
    /// The statement inside this one, prepared too: a cursor's query, or that for the arguments of EXECUTE.
    pub(super) inner: Option<Rc<Prepared>>,
    /// The types that Parse declared.
    declared: Vec<u32>,
    /// Whether the string held no statement at all.
    pub(super) is_empty: bool,
    /// That of the Parse message; nothing for what is prepared inside other statements.
    pub(super) fingerprint: Fingerprint,
    /// When it was prepared, in microseconds since 1970.
    pub(super) made_us: i64,
}

impl Prepared {
    /// Whether PREPARE made it, and not a Parse message.
    pub(super) fn is_from_sql(&self) -> bool {
        self.fingerprint == NONE
    }

    /// The parameters, as the client is told of them.
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        match (&self.inner, self.plan.borrow().as_ref()) {
            (Some(inner), _) => inner.parameters(),
            (None, Some(plan)) => plan.parameters.clone(),
            // The session's own statements have none, but a client may declare some.
            (None, None) => self.declared.iter().map(|&oid| Parameter { oid, target: None }).collect(),
        }
    }
}

impl Session {
    /// Whether a statement returns rows.
    pub(super) fn returns_rows(&self, prepared: &Prepared) -> bool {
        if let Some(plan) = prepared.plan.borrow().as_ref() {
            return !plan.columns.is_empty();
        }
        !self.columns_of(prepared).0.is_empty()
    }

    /// The columns that a statement returns, and where they come from; none when it returns no rows. Those of
    /// FETCH are its cursor's, those of EXECUTE its statement's.
    pub(super) fn columns_of(&self, prepared: &Prepared) -> (Vec<Column>, Vec<Option<Origin>>) {
        if let Some(plan) = prepared.plan.borrow().as_ref() {
            return (plan.columns.clone(), plan.origins.clone());
        }
        let source = prepared.source.borrow();
        let other = match &source.command {
            Command::Fetch(fetch) if !fetch.is_move => {
                self.portals.get(&fetch.name).map(|portal| Rc::clone(&portal.prepared))
            }
            Command::Execute(execute) => self.statements.get(&execute.name).map(Rc::clone),
            Command::Fetch(_)
            | Command::Declare(_)
            | Command::Prepare(_)
            | Command::CloseCursor(_)
            | Command::Deallocate(_)
            | Command::Copy(_)
            | Command::Set(_)
            | Command::Transaction(_)
            | Command::Platform(_)
            | Command::Engine => return (utility_columns(&source.command), Vec::new()),
        };
        // Neither can name another of its kind.
        other
            .filter(|other| other.plan.borrow().is_some())
            .map(|other| self.columns_of(&other))
            .unwrap_or_default()
    }

    /// Prepares a statement: parse and bind, without running it.
    pub(super) fn prepare(&mut self, mut source: Source, declared: Vec<u32>) -> Outcome<Prepared> {
        // By its text alone a statement about secrets is refused, which may not be so here.
        if source.refusal.is_none() || source.is_about_secrets {
            self.extract(&mut source)?;
        }
        if let Some(rule) = source.refusal {
            return Err(self.refusal(rule).into());
        }
        let bindable = source.is_engine() && !source.is_deferred();
        let plan = if bindable { Some(self.plan(&mut source, &declared)?) } else { None };
        // The parameters in PREPARE's statement are not those of PREPARE.
        let takes_parameters = matches!(source.command, Command::Declare(_) | Command::Execute(_));
        let inner = if takes_parameters { source.inner() } else { None };
        let inner = inner.map(|inner| self.prepare(inner, declared.clone())).transpose()?.map(Rc::new);
        Ok(Prepared {
            source: source.into(),
            plan: plan.into(),
            inner,
            declared,
            is_empty: false,
            fingerprint: NONE,
            made_us: super::tell::now_us(),
        })
    }

    /// A prepared string without any statement.
    pub(super) fn prepare_nothing(source: Source, declared: Vec<u32>) -> Prepared {
        let inner = None;
        Prepared {
            source: source.into(),
            plan: None.into(),
            inner,
            declared,
            is_empty: true,
            fingerprint: NONE,
            made_us: super::tell::now_us(),
        }
    }

    /// Binds a statement again if what it was bound to may have changed.
    ///
    /// # Errors
    /// 0A000 when it would return other columns than the client has been told.
    pub(super) fn refresh(&mut self, prepared: &Prepared) -> Outcome {
        let mut slot = prepared.plan.borrow_mut();
        let Some(old) = slot.as_ref() else { return Ok(()) };
        let mut source = prepared.source.borrow_mut();
        if old.epoch == self.epoch && source.parsed.len() == 1 {
            return Ok(());
        }
        source.layers.truncate(old.layers);
        self.extract(&mut source)?;
        let new = self.plan(&mut source, &prepared.declared)?;
        if new.columns != old.columns {
            return Err(changed_result().into());
        }
        *slot = Some(new);
        Ok(())
    }
}

/// 0A000, as PostgreSQL words it.
pub(super) fn changed_result() -> Diagnostic {
    Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, "cached plan must not change result type")
        .with_hint("Prepare the statement again.")
        // asyncpg and JDBC prepare again by themselves when they see this name.
        .with_routine("RevalidateCachedQuery")
}

/// The format of each column, from Bind's list: none, one for all, or one each.
///
/// # Errors
/// 08P01 when the list has another length.
pub(super) fn spread(formats: &[Format], count: usize, what: &str) -> Result<Vec<Format>, Diagnostic> {
    match formats {
        [] => Ok(vec![Format::Text; count]),
        [all] => Ok(vec![*all; count]),
        each if each.len() == count => Ok(each.to_vec()),
        each => {
            let message = format!("bind message has {} {what} formats but needs {count}", each.len());
            Err(Diagnostic::error(SqlState::PROTOCOL_VIOLATION, message))
        }
    }
}

/// Writes RowDescription. Where origins are known, they are in the order of the columns.
pub(super) fn describe_rows(
    columns: &[Column],
    origins: &[Option<Origin>],
    formats: &[Format],
    buffer: &mut Vec<u8>,
) {
    let origins = origins.iter().map(Option::as_ref).chain(std::iter::repeat(None));
    let fields: Vec<Field<'_>> = columns
        .iter()
        .zip(formats)
        .zip(origins)
        .map(|((column, &format), origin)| {
            let described = encode::field_type(&column.logical_type);
            let (table_oid, column_number) = origin.map_or((0, 0), table_column);
            Field {
                name: &column.name,
                table_oid,
                column_number,
                type_oid: described.oid,
                type_size: described.size,
                type_modifier: described.modifier,
                format: encode::effective_format(&column.logical_type, format),
            }
        })
        .collect();
    backend::row_description(buffer, &fields);
}

/// Table OID and column number as `pg_class` and `pg_attribute` have them.
fn table_column(origin: &Origin) -> (u32, i16) {
    let number = i16::try_from(origin.column_index + 1);
    match (u32::try_from(origin.table_oid), number) {
        (Ok(oid), Ok(number)) => (oid, number),
        _ => (0, 0),
    }
}
