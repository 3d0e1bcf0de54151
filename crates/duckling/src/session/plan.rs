//! A statement that DuckDB has bound: what it takes, what it returns, what it touches.

use engine::{Column, LogicalType, ReturnKind, Statement, StatementKind, Value};
use wire::{Diagnostic, oid};

use super::{Outcome, Session, source::Source};
use crate::{
    decode,
    policy::{Facts, rules},
    sql::{self, Rewritten, Tag},
};

/// A bound statement.
pub(super) struct Plan {
    pub(super) statement: Statement,
    /// The columns it returns; none when it returns no rows.
    pub(super) columns: Vec<Column>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) facts: Facts,
    pub(super) tag: Tag,
    /// The session's epoch when it was bound.
    pub(super) epoch: u64,
    /// The casts that its parameters got, by number.
    casts: Vec<Option<String>>,
    /// How many of the source's layers came before these casts.
    layers: usize,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameter {
    /// The type the client is told, and sends.
    pub(super) oid: u32,
    /// The type DuckDB wants, where it knows.
    pub(super) target: Option<LogicalType>,
}

impl Session {
    /// Has DuckDB parse a statement. Its errors have the position in the client's text.
    pub(super) fn extract(&mut self, source: &mut Source) -> Outcome {
        if source.is_engine() {
            self.make_room()?;
            let parsed = self.connection.extract(source.engine_text());
            source.parsed = parsed.map_err(|error| self.refused(source, &error))?;
            if source.parsed.len() > 1 {
                // DuckDB puts BEGIN and COMMIT around its parts; the block is the session's.
                source.parsed.retain(|parsed| parsed.kind() != StatementKind::Transaction);
            }
            if source.parsed.iter().any(|parsed| parsed.kind() == StatementKind::Export) {
                // DuckDB makes its directory while it binds, before the plan can be judged.
                source.refusal = Some(&rules::EXPORT);
            }
        }
        Ok(())
    }

    /// Has DuckDB bind a statement that it parsed.
    pub(super) fn plan(&mut self, source: &mut Source, declared: &[u32]) -> Outcome<Plan> {
        self.make_room()?;
        if source.parsed.is_empty() {
            // Read while the block had failed, which an earlier statement of the same string has ended.
            self.extract(source)?;
            if let Some(rule) = source.refusal {
                return Err(Diagnostic::from(rule).into());
            }
        }
        let _ = self.verdicts.take_facts();
        let statement = self.bind(source)?;
        let layers = source.layers.len();
        let (statement, casts) = self.resolve_parameters(source, statement, declared);
        let parameters = (0..statement.parameter_count()).map(|index| {
            let target = statement.parameter_type(index).filter(|target| *target != LogicalType::Unknown);
            let declared = declared.get(index).copied().filter(|&oid| oid != 0 && oid != oid::UNKNOWN);
            let oid = declared.or_else(|| target.as_ref().map(decode::logical_to_oid)).unwrap_or(oid::TEXT);
            // A decimal is read with the digits it was sent with, whatever scale DuckDB guessed.
            let target = target.filter(|target| !is_decimal(target));
            Parameter { oid, target }
        });
        let parameters = parameters.collect();
        let columns =
            if statement.return_kind() == ReturnKind::Rows { statement.columns() } else { Vec::new() };
        let tag = tag(&statement, source);
        let facts = self.verdicts.take_facts();
        Ok(Plan { statement, columns, parameters, facts, tag, epoch: self.epoch, casts, layers })
    }

    /// The statement with casts of its decimal parameters to just the digits that they have. DuckDB's
    /// decimals have a scale, and it would round a value to whatever scale it guessed from the surroundings:
    /// `column > $1` would compare with another number.
    pub(super) fn with_own_scales(
        &mut self,
        source: &Source,
        plan: &Plan,
        values: &[Value],
    ) -> Option<Statement> {
        let mut casts = plan.casts.clone();
        casts.resize(values.len(), None);
        let mut has_decimals = false;
        for (cast, value) in casts.iter_mut().zip(values) {
            if let Some(decimal) = decimal_type(value) {
                *cast = Some(decimal.sql());
                has_decimals = true;
            }
        }
        if !has_decimals {
            return None;
        }
        let base = source.layers.get(plan.layers.checked_sub(1)?)?;
        self.bind_cast(&base.text, &casts).map(|(_, _, statement)| statement)
    }

    /// Binds the last of the statements that DuckDB made of one; the others are run before it. Only PIVOT
    /// makes several: it creates an enum of the values it finds, then uses it.
    fn bind(&mut self, source: &Source) -> Outcome<Statement> {
        let Some((last, before)) = source.parsed.split_last() else {
            return Err(super::source::several_commands().into());
        };
        if !before.is_empty() {
            self.verdicts.set_expanding_pivot(true);
            let expanded = before.iter().try_for_each(|parsed| self.run_silently(source, parsed));
            self.verdicts.set_expanding_pivot(false);
            expanded?;
        }
        self.connection.prepare(last).map_err(|error| self.refused(source, &error))
    }

    fn run_silently(&mut self, source: &Source, parsed: &engine::Parsed) -> Outcome {
        let run = || {
            let mut execution = self.connection.prepare(parsed)?.start()?;
            while !matches!(execution.step()?, engine::Step::Finished) {}
            Ok(())
        };
        run().map_err(|error| self.refused(source, &error))
    }

    /// Where DuckDB cannot find a parameter's type, the parameter gets a cast to the declared type; an
    /// undeclared one becomes text, as in PostgreSQL, or else the first type with which it binds. Gives the
    /// casts too.
    fn resolve_parameters(
        &mut self,
        source: &mut Source,
        statement: Statement,
        declared: &[u32],
    ) -> (Statement, Vec<Option<String>>) {
        let count = statement.parameter_count();
        if statement.is_resolved() || source.parsed.len() != 1 {
            return (statement, Vec::new());
        }
        let known =
            |index: usize| statement.parameter_type(index).filter(|found| *found != LogicalType::Unknown);
        // DuckDB may know every parameter and still not the statement; then each gets its cast.
        let all_known = (0..count).all(|index| known(index).is_some());
        let open: Vec<bool> = (0..count).map(|index| all_known || known(index).is_none()).collect();
        let declared: Vec<Option<LogicalType>> = (0..count)
            .map(|index| {
                declared.get(index).and_then(|&oid| decode::oid_to_logical(oid)).or_else(|| known(index))
            })
            .collect();
        let casts = |fallback: &LogicalType| -> Vec<Option<String>> {
            let types = declared.iter().zip(&open);
            types.map(|(declared, open)| open.then(|| declared.as_ref().unwrap_or(fallback).sql())).collect()
        };
        for fallback in FALLBACKS {
            let casts = casts(&fallback);
            if let Some((text, parsed, statement)) = self.bind_cast(source.engine_text(), &casts) {
                source.layers.push(text);
                source.parsed = parsed;
                return (statement, casts);
            }
        }
        // No cast helps: DuckDB binds it again with the values.
        (statement, Vec::new())
    }

    /// Binds a statement with casts around its parameters.
    fn bind_cast(
        &mut self,
        text: &str,
        casts: &[Option<String>],
    ) -> Option<(Rewritten, Vec<engine::Parsed>, Statement)> {
        let cast = sql::cast_parameters(text, casts);
        let parsed = self.connection.extract(&cast.text).ok()?;
        let statement = self.connection.prepare(parsed.first()?).ok()?;
        Some((cast, parsed, statement))
    }
}

/// What an undeclared parameter is tried as, where DuckDB cannot tell.
const FALLBACKS: [LogicalType; 4] =
    [LogicalType::Varchar, LogicalType::BigInt, LogicalType::Double, LogicalType::Timestamp];

/// Whether it is a decimal, or a list of them.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other type holds decimals that are compared")]
fn is_decimal(logical: &LogicalType) -> bool {
    match logical {
        LogicalType::Decimal { .. } => true,
        LogicalType::List(element) | LogicalType::Array(element, _) => is_decimal(element),
        _ => false,
    }
}

/// The type of just the digits that a decimal has, or that a list's decimals have.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other value is a decimal")]
fn decimal_type(value: &Value) -> Option<LogicalType> {
    match value {
        Value::Decimal { width, scale, .. } => Some(LogicalType::Decimal { width: *width, scale: *scale }),
        Value::List(element, _) if is_decimal(element) => Some(LogicalType::List(Box::new(element.clone()))),
        _ => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other kinds of DuckDB's long list are utilities")]
fn tag(statement: &Statement, source: &Source) -> Tag {
    match statement.kind() {
        StatementKind::Select => Tag::Select,
        StatementKind::Insert => Tag::Insert,
        StatementKind::Update => Tag::Counted("UPDATE"),
        StatementKind::Delete => match source.utility_tag {
            // DuckDB runs TRUNCATE as a DELETE.
            Tag::Plain(ref words) if words.starts_with("TRUNCATE") => source.utility_tag.clone(),
            Tag::Plain(_) | Tag::Select | Tag::Insert | Tag::Counted(_) => Tag::Counted("DELETE"),
        },
        StatementKind::MergeInto => Tag::Counted("MERGE"),
        StatementKind::Copy => Tag::Counted("COPY"),
        _ => source.utility_tag.clone(),
    }
}
