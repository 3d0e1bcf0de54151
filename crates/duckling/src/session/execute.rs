//! PREPARE and EXECUTE in SQL. The statements are those of the protocol, in one name space.
//!
//! The arguments of EXECUTE are a query of their own, whose one row is bound. A parameter that nobody
//! declared has the type of its argument, as in DuckDB; the description of a statement that is executed by
//! the extended protocol has to come before, and there it is text, as in PostgreSQL.

use std::rc::Rc;

use engine::{Chunk, Column, Execution, LogicalType, ReturnKind, Step};
use wire::{Diagnostic, SqlState, frontend::Format};

use super::{
    Outcome, Session,
    explain::PlanEncoder,
    portal::Arguments,
    prepared::{Prepared, describe_rows},
    rows::Rows,
    source::Source,
};
use crate::{
    decode,
    encode::RowEncoder,
    out::Out,
    sql::{self, Execute, Prepare},
};

impl Session {
    /// PREPARE.
    pub(super) fn prepare_named(&mut self, prepare: &Prepare, mut inner: Source) -> Outcome<&'static str> {
        if self.statements.contains_key(&prepare.name) {
            return Err(already_prepared(&prepare.name).into());
        }
        if prepare.name.is_empty() {
            let message = "invalid statement name: must not be empty";
            return Err(Diagnostic::error(SqlState::INVALID_PSTATEMENT_DEFINITION, message).into());
        }
        let declared = self.declared_oids(prepare)?;
        if prepare.types.iter().any(Option::is_some) {
            let casts = sql::cast_parameters(inner.engine_text(), &prepare.types);
            inner.layers.push(casts);
        }
        let prepared = self.prepare(inner, declared)?;
        self.expect_room_for_statement(&prepare.name)?;
        self.statements.insert(prepare.name.clone(), Rc::new(prepared));
        Ok("PREPARE")
    }

    /// The OIDs of the types that PREPARE names: 0 for one that is unknown.
    fn declared_oids(&mut self, prepare: &Prepare) -> Outcome<Vec<u32>> {
        if prepare.types.iter().all(Option::is_none) {
            return Ok(vec![0; prepare.types.len()]);
        }
        let nulls = prepare.types.iter().map(|named| {
            let named = named.as_deref().unwrap_or("VARCHAR");
            format!("CAST(NULL AS {named})")
        });
        let plan = self.plan_own(&format!("SELECT {}", nulls.collect::<Vec<_>>().join(", ")))?;
        let oids = plan.columns.iter().zip(&prepare.types).map(|(column, named)| {
            if named.is_some() { decode::logical_to_oid(&column.logical_type) } else { 0 }
        });
        Ok(oids.collect())
    }

    /// The statement that EXECUTE names.
    pub(super) fn executed(&self, execute: &Execute) -> Outcome<Rc<Prepared>> {
        let prepared = self.statement(&execute.name)?;
        let wanted = prepared.parameters().len();
        let given = execute.argument_names.len();
        if wanted != given {
            let message = format!("wrong number of parameters for prepared statement \"{}\"", execute.name);
            let detail = format!("Expected {wanted} parameters but got {given}.");
            return Err(Diagnostic::error(SqlState::SYNTAX_ERROR, message).with_detail(detail).into());
        }
        Ok(prepared)
    }

    /// The arguments of EXECUTE, worked out: one row of their query, in the order of the parameters.
    pub(super) fn arguments(
        &mut self,
        execute: &Execute,
        prepared: &Prepared,
        query: Option<(&Prepared, &Arguments)>,
    ) -> Outcome<Arguments> {
        let Some((query, values)) = query else {
            return Ok(Arguments::default());
        };
        self.make_room()?;
        self.begin_implicit()?;
        self.refresh(query)?;
        let order = argument_order(execute, prepared)?;
        let source = query.source.borrow();
        let mut plan = query.plan.borrow_mut();
        let Some(plan) = plan.as_mut() else { return Ok(Arguments::default()) };
        self.check_facts(&plan.facts)?;
        values.bind(&mut plan.statement).map_err(|error| self.refused(&source, &error))?;
        let execution = plan.statement.start().map_err(|error| self.refused(&source, &error))?;
        self.check_new_facts()?;
        let row = self.only_row(&source, execution)?;
        if row.column_count() != execute.argument_names.len() {
            return Err(not_one_row().into());
        }
        Ok(Arguments::Cells { row, order })
    }

    fn only_row(&mut self, source: &Source, mut execution: Execution) -> Outcome<Chunk> {
        let mut first = None;
        loop {
            match execution.step().map_err(|error| self.refused(source, &error))? {
                Step::Chunk(chunk) if first.is_none() && chunk.len() == 1 => first = Some(chunk),
                Step::Chunk(_) => return Err(not_one_row().into()),
                Step::Finished => break,
                Step::NotReady => {}
                Step::Blocked => std::thread::sleep(std::time::Duration::from_micros(100)),
            }
            if self.activity.stopping() {
                self.activity.interrupt();
            }
        }
        first.ok_or_else(|| not_one_row().into())
    }

    /// EXECUTE in a Query; gives the tag.
    pub(super) fn execute_whole(
        &mut self,
        execute: &Execute,
        query: Option<Source>,
        out: &mut Out,
    ) -> Outcome<String> {
        let prepared = self.executed(execute)?;
        let query = query.map(|query| self.prepare(query, Vec::new())).transpose()?;
        let none = Arguments::default();
        let arguments = self.arguments(execute, &prepared, query.as_ref().map(|query| (query, &none)))?;
        if prepared.plan.borrow().is_none() {
            // Statements that cannot be bound before they run have no parameters either.
            return self.run_engine_now(&mut prepared.source.borrow_mut(), out);
        }
        self.make_room()?;
        self.refresh(&prepared)?;
        let source = prepared.source.borrow();
        let mut plan = prepared.plan.borrow_mut();
        let Some(plan) = plan.as_mut() else { return Ok(String::new()) };
        if plan.sends_what_it_changes() {
            self.enter_implicit();
            self.begin_implicit()?;
        }
        self.check_facts(&plan.facts)?;
        self.check_disk(&plan.facts, plan.statement.kind(), &plan.tag)?;
        if let Some(statement) = self.without_casts(&source, plan) {
            plan.statement = statement;
            plan.casts_in_use.fill(None);
        }
        arguments.bind(&mut plan.statement).map_err(|error| self.refused(&source, &error))?;
        if plan.columns.is_empty() {
            let changed = self.run_to_end(&source, plan)?;
            return Ok(plan.tag.text(changed));
        }
        let execution = plan.statement.start().map_err(|error| self.refused(&source, &error))?;
        self.check_new_facts()?;
        if execution.return_kind() != ReturnKind::Rows {
            return Err(super::prepared::changed_result().into());
        }
        if plan.statement.kind() == engine::StatementKind::Explain {
            return self.explain_whole(&source, plan, execution, out);
        }
        let columns = self.with_own_enums(execution.columns());
        let formats = vec![Format::Text; columns.len()];
        describe_rows(&columns, &plan.origins, &formats, out.buffer());
        let typed: Vec<(LogicalType, Format)> = columns.into_iter().map(text_column).collect();
        let encoder = RowEncoder::new(&typed, &self.style(), self.limits.max_value_bytes);
        let mut rows = Rows::new(execution, Box::new(encoder), self.bounds);
        rows.send(u64::MAX, &self.activity, out).map_err(|broken| self.broken(&source, broken))?;
        self.note_engine_state(plan);
        Ok(plan.tag.text(rows.sent))
    }

    /// The rows of an EXPLAIN that was prepared.
    fn explain_whole(
        &mut self,
        source: &Source,
        plan: &super::plan::Plan,
        execution: Execution,
        out: &mut Out,
    ) -> Outcome<String> {
        describe_rows(&plan.columns, &[], &[Format::Text], out.buffer());
        let encoder = PlanEncoder::new(plan.columns.first(), self.limits.max_value_bytes);
        let mut rows = Rows::new(execution, Box::new(encoder), self.bounds);
        rows.send(u64::MAX, &self.activity, out).map_err(|broken| self.broken(source, broken))?;
        Ok(plan.tag.text(rows.sent))
    }

    /// The statement as it was written, when its parameters' types were only assumed: DuckDB then takes
    /// those of the values.
    fn without_casts(&mut self, source: &Source, plan: &super::plan::Plan) -> Option<engine::Statement> {
        if plan.casts_in_use.iter().all(Option::is_none) {
            return None;
        }
        let base = source.layers.get(plan.layers.checked_sub(1)?)?;
        let parsed = self.connection.extract(&base.text).ok()?;
        self.connection.prepare(parsed.first()?).ok()
    }
}

fn text_column(column: Column) -> (LogicalType, Format) {
    (column.logical_type, Format::Text)
}

/// For each parameter, which argument is its own: by name where arguments have names, else by position.
fn argument_order(execute: &Execute, prepared: &Prepared) -> Outcome<Vec<usize>> {
    let plan = prepared.plan.borrow();
    let Some(plan) = plan.as_ref() else { return Ok(Vec::new()) };
    let given = &execute.argument_names;
    if given.iter().all(Option::is_none) {
        return Ok((0..given.len()).collect());
    }
    let names = (0..given.len()).map(|index| plan.statement.parameter_name(index).unwrap_or_default());
    names
        .map(|name| {
            let is_it = |given: &Option<String>| {
                given.as_ref().is_some_and(|given| given.eq_ignore_ascii_case(&name))
            };
            given.iter().position(is_it).ok_or_else(|| {
                let message = format!("there is no argument for parameter \"{name}\"");
                Diagnostic::error(SqlState::UNDEFINED_PARAMETER, message).into()
            })
        })
        .collect()
}

fn not_one_row() -> Diagnostic {
    Diagnostic::error(SqlState::CARDINALITY_VIOLATION, "the arguments of EXECUTE are not one row of values")
}

/// 42P05, as PostgreSQL words it.
pub(super) fn already_prepared(name: &str) -> Diagnostic {
    let message = format!("prepared statement \"{name}\" already exists");
    Diagnostic::error(SqlState::DUPLICATE_PSTATEMENT, message)
}
