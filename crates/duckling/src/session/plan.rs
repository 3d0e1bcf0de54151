//! A statement that DuckDB has bound: what it takes, what it returns, what it touches.

use engine::{Column, LogicalType, ReturnKind, Statement, StatementKind};
use wire::{Diagnostic, oid};

use super::{Outcome, Session, source::Source};
use crate::{
    decode,
    policy::{Facts, rules},
    sql::{self, Tag},
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
        let statement = self.resolve_parameters(source, statement, declared);
        let parameters = (0..statement.parameter_count()).map(|index| {
            let target = statement.parameter_type(index).filter(|target| *target != LogicalType::Unknown);
            let declared = declared.get(index).copied().filter(|&oid| oid != 0 && oid != oid::UNKNOWN);
            let oid = declared.or_else(|| target.as_ref().map(decode::logical_to_oid)).unwrap_or(oid::TEXT);
            Parameter { oid, target }
        });
        let parameters = parameters.collect();
        let columns =
            if statement.return_kind() == ReturnKind::Rows { statement.columns() } else { Vec::new() };
        let tag = tag(&statement, source);
        Ok(Plan { statement, columns, parameters, facts: self.verdicts.take_facts(), tag, epoch: self.epoch })
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
    /// undeclared one becomes text, as in PostgreSQL, or else the first type with which it binds.
    fn resolve_parameters(
        &mut self,
        source: &mut Source,
        statement: Statement,
        declared: &[u32],
    ) -> Statement {
        let is_open =
            |index: usize| statement.parameter_type(index).is_none_or(|found| found == LogicalType::Unknown);
        let open: Vec<usize> = (0..statement.parameter_count()).filter(|&index| is_open(index)).collect();
        if open.is_empty() || source.parsed.len() != 1 {
            return statement;
        }
        let fallbacks =
            [LogicalType::Varchar, LogicalType::BigInt, LogicalType::Double, LogicalType::Timestamp];
        for fallback in fallbacks {
            let casts: Vec<Option<String>> = (0..statement.parameter_count())
                .map(|index| {
                    let declared = declared.get(index).and_then(|&oid| decode::oid_to_logical(oid));
                    open.contains(&index).then(|| declared.unwrap_or_else(|| fallback.clone()).sql())
                })
                .collect();
            let cast = sql::cast_parameters(source.engine_text(), &casts);
            let Ok(parsed) = self.connection.extract(&cast.text) else {
                continue;
            };
            if let Some(only) = parsed.first()
                && let Ok(statement) = self.connection.prepare(only)
            {
                source.layers.push(cast);
                source.parsed = parsed;
                return statement;
            }
        }
        // No cast helps: DuckDB binds it again with the values.
        statement
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
