//! A prepared statement: a source, bound by DuckDB where it is DuckDB's, with the types it was given.

use std::cell::RefCell;

use engine::Column;
use wire::{
    Diagnostic, SqlState,
    backend::{self, Field},
    frontend::Format,
};

use super::{
    Outcome, Session,
    plan::{Parameter, Plan},
    source::Source,
    utility::utility_columns,
};
use crate::encode;

/// A prepared statement.
pub(super) struct Prepared {
    pub(super) source: RefCell<Source>,
    /// DuckDB's part; nothing for the session's own statements, for those that cannot be bound before they
    /// run, and for an empty string.
    pub(super) plan: RefCell<Option<Plan>>,
    /// The types that Parse declared.
    declared: Vec<u32>,
    /// Whether the string held no statement at all.
    pub(super) is_empty: bool,
}

impl Prepared {
    /// The parameters, as the client is told of them.
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        self.plan.borrow().as_ref().map(|plan| plan.parameters.clone()).unwrap_or_default()
    }

    /// The columns that it returns; none when it returns no rows.
    pub(super) fn columns(&self) -> Vec<Column> {
        match self.plan.borrow().as_ref() {
            Some(plan) => plan.columns.clone(),
            None => utility_columns(&self.source.borrow().command),
        }
    }
}

impl Session {
    /// Prepares a statement: parse and bind, without running it.
    pub(super) fn prepare(&mut self, mut source: Source, declared: Vec<u32>) -> Outcome<Prepared> {
        if source.refusal.is_none() {
            self.extract(&mut source)?;
        }
        if let Some(rule) = source.refusal {
            return Err(Diagnostic::from(rule).into());
        }
        let bindable = source.is_engine() && !source.is_deferred();
        let plan = if bindable { Some(self.plan(&mut source, &declared)?) } else { None };
        Ok(Prepared { source: source.into(), plan: plan.into(), declared, is_empty: false })
    }

    /// A prepared string without any statement.
    pub(super) fn prepare_nothing(source: Source, declared: Vec<u32>) -> Prepared {
        Prepared { source: source.into(), plan: None.into(), declared, is_empty: true }
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
        source.layers.truncate(1);
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

/// Writes RowDescription.
pub(super) fn describe_rows(columns: &[Column], formats: &[Format], buffer: &mut Vec<u8>) {
    let fields: Vec<Field<'_>> = columns
        .iter()
        .zip(formats)
        .map(|(column, &format)| {
            let described = encode::field_type(&column.logical_type);
            Field {
                name: &column.name,
                table_oid: 0,
                column_number: 0,
                type_oid: described.oid,
                type_size: described.size,
                type_modifier: described.modifier,
                format: encode::effective_format(&column.logical_type, format),
            }
        })
        .collect();
    backend::row_description(buffer, &fields);
}
