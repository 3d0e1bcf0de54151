//! A statement that DuckDB has bound: what it takes, what it returns, what it touches.

use engine::{
    Column, Enumeration, ErrorKind, LogicalType, Look, Origin, Parsed, ReturnKind, Statement, StatementKind,
};

use super::{
    Outcome, Session, Stop, explain,
    parameters::{self, Casts, Parameter},
    source::Source,
    transaction::Block,
};
use crate::{
    encode,
    policy::{Facts, Rule, rules},
    sql::{self, Tag},
    weaken::{self, Switch},
};

/// A bound statement.
pub(super) struct Plan {
    pub(super) statement: Statement,
    /// The columns it returns; none when it returns no rows.
    pub(super) columns: Vec<Column>,
    /// Which tables' columns they are, where they are.
    pub(super) origins: Vec<Option<Origin>>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) facts: Facts,
    pub(super) tag: Tag,
    /// The session's epoch when it was bound.
    pub(super) epoch: u64,
    /// The types that DuckDB found for the parameters.
    pub(super) found: Vec<Option<LogicalType>>,
    /// The casts that its parameters got.
    pub(super) casts: Casts,
    /// Those that the statement at hand has: some values need others.
    pub(super) casts_in_use: Casts,
    /// How many of the source's layers came before these casts.
    pub(super) layers: usize,
}

impl Plan {
    /// Whether it returns rows of what it changes: should these not all reach the client, nothing is to be changed,
    /// which needs a transaction of ours. DuckDB's own is over before the first of them is sent.
    pub(super) fn sends_what_it_changes(&self) -> bool {
        !self.columns.is_empty()
            && !self.facts.writes.is_empty()
            && self.statement.kind() != StatementKind::Select
    }
}

impl Session {
    /// Has DuckDB parse a statement. Its errors have the position in the client's text.
    pub(super) fn extract(&mut self, source: &mut Source) -> Outcome {
        if source.is_about_secrets {
            source.refusal = (!self.limits.secrets_by_sql).then_some(&rules::SECRET);
            if source.refusal.is_some() {
                return Ok(());
            }
        }
        source.expect_grammar()?;
        if let Some(mut inner) = source.inner()
            && source.refusal.is_none()
        {
            inner.expect_engine()?;
            self.extract(&mut inner)?;
            source.refusal = inner.refusal;
        }
        if source.is_engine() {
            self.make_room()?;
            let _ = self.verdicts.take_refusal();
            source.expect_parameters()?;
            self.translate(source);
            if source.refusal.is_some() {
                return Ok(());
            }
            let parsed = self.parsed(source);
            if self.transaction.block == Block::Failed {
                // Only whether it can be read at all: that comes before its being ignored.
                return match parsed {
                    Err(error) if matches!(error.kind, ErrorKind::Parser | ErrorKind::Syntax) => {
                        Err(self.refused(source, &error))
                    }
                    Ok(_) | Err(_) => Ok(()),
                };
            }
            source.parsed = parsed.map_err(|error| self.refused(source, &error))?;
            if source.parsed.len() > 1 {
                // DuckDB puts BEGIN and COMMIT around its parts; the block is the session's.
                source.parsed.retain(|parsed| parsed.kind() != StatementKind::Transaction);
            }
            source.expect_no_command()?;
            if !weaken::is_off(Switch::Guard)
                && let Some(rule) = source.parsed.iter().find_map(refused_unbound)
            {
                source.refusal = Some(rule);
            }
        }
        Ok(())
    }

    /// Has DuckDB bind a statement that it parsed.
    pub(super) fn plan(&mut self, source: &mut Source, declared: &[u32]) -> Outcome<Plan> {
        self.make_room()?;
        if source.parsed.is_empty() || self.is_translated_anew(source) {
            // Read while the block had failed, which an earlier statement of the same string has ended; or what it was made
            // by in the catalog is not what is there now.
            self.extract(source)?;
            if let Some(rule) = source.refusal {
                return Err(self.refusal(rule).into());
            }
        }
        let _ = self.verdicts.take_facts();
        let statement = self.bind(source)?;
        let statement = self.put_into_words(source, statement);
        let layers = source.layers.len();
        let (statement, casts) = self.resolve_parameters(source, statement, declared);
        if self.activity.stopping() {
            // What it was interrupted in may have looked like a failure of its own.
            return Err(Stop::Requested.diagnostic().into());
        }
        let explicit = if statement.is_resolved() { Vec::new() } else { self.explicit(source) };
        let parameters = parameters::describe(&statement, declared, &explicit)?;
        let found = (0..statement.parameter_count()).map(|index| statement.parameter_type(index)).collect();
        let example = if statement.is_resolved() { None } else { self.example(source, &statement) };
        let tag = tag(&statement, source);
        // DuckDB answers a CHECKPOINT with a row of no meaning.
        let is_checkpoint = tag == Tag::Plain("CHECKPOINT".to_owned());
        let described = example.as_ref().unwrap_or(&statement);
        let (columns, origins) = if is_checkpoint { Default::default() } else { describe(described) };
        let mut columns = self.with_own_enums(columns);
        if statement.kind() == StatementKind::Explain {
            columns = vec![explain::column(source)];
        }
        if example.is_some() {
            // That the example has but NULLs says nothing of the statement's own rows.
            let nulls = columns.iter_mut().filter(|column| encode::has_nulls_only(&column.logical_type));
            nulls.for_each(|column| column.logical_type = LogicalType::Unknown);
        }
        let mut facts = self.verdicts.take_facts();
        // Some statements that do nothing here are a VACUUM to DuckDB.
        facts.is_upkeep &= !does_nothing(statement.kind(), &source.utility_tag);
        // Binding is a part of the transaction, whether it is executed or not.
        let named = facts.reads.union(&facts.writes).cloned().collect();
        self.member.touch(&named, &[].into())?;
        let mut casts_in_use = casts.clone();
        casts_in_use.resize(parameters.len(), None);
        let epoch = self.epoch;
        Ok(Plan {
            statement,
            columns,
            origins,
            parameters,
            facts,
            tag,
            epoch,
            found,
            casts,
            casts_in_use,
            layers,
        })
    }

    /// Columns whose enums are those of the connected database, as the catalog numbers them.
    pub(super) fn with_own_enums(&self, mut columns: Vec<Column>) -> Vec<Column> {
        let look = &mut |values: &Enumeration| {
            let labels: Vec<String> = values.iter().map(|label| (**label).to_owned()).collect();
            match &self.connection.look(Look::Enum, &labels)[..] {
                [own, array] => own.parse().ok().zip(array.parse().ok()),
                _ => None,
            }
        };
        for column in columns.iter_mut().filter(|column| encode::is_enum(&column.logical_type)) {
            column.logical_type = encode::numbered(&column.logical_type, look);
        }
        columns
    }

    /// The statement with values of no meaning for its parameters: DuckDB binds the arguments of table functions
    /// by their values, and can describe the rows only then. It is never run.
    fn example(&mut self, source: &Source, statement: &Statement) -> Option<Statement> {
        let types: Vec<String> = (0..statement.parameter_count())
            .map(|index| statement.parameter_type(index).unwrap_or(LogicalType::Varchar).sql())
            .collect();
        ["1", "NULL"].iter().find_map(|value| {
            let values: Vec<String> =
                types.iter().map(|logical| format!("CAST({value} AS {logical})")).collect();
            let text = sql::replace_parameters(source.engine_text(), &values).text;
            let [parsed] = &self.connection.extract(&text).ok()?[..] else { return None };
            self.connection.prepare(parsed).ok().filter(Statement::is_resolved)
        })
    }

    /// Binds the last of the statements that DuckDB made of one; the others are run before it. Only PIVOT
    /// makes several: it creates an enum of the values it finds, then uses it.
    fn bind(&mut self, source: &Source) -> Outcome<Statement> {
        let Some((last, before)) = source.parsed.split_last() else {
            return Err(super::source::several_commands().into());
        };
        if !before.is_empty() {
            self.verdicts.set_expanding_pivot(true);
            let expanded = before.iter().try_for_each(|parsed| self.run_part(source, parsed));
            self.verdicts.set_expanding_pivot(false);
            expanded?;
        }
        self.connection.prepare(last).map_err(|error| self.refused(source, &error))
    }

    /// Runs a part, which is judged before as any statement is.
    fn run_part(&mut self, source: &Source, parsed: &Parsed) -> Outcome {
        let before = self.verdicts.take_facts();
        let mut statement = self.connection.prepare(parsed).map_err(|error| self.refused(source, &error))?;
        let facts = self.verdicts.take_facts();
        let is_upkeep = facts.is_upkeep && !does_nothing(statement.kind(), &source.utility_tag);
        let own = Facts { is_upkeep, ..facts.clone() };
        self.check_facts(&own)?;
        self.check_disk(&own, statement.kind(), &tag(&statement, source))?;
        let mut run = || {
            let mut execution = statement.start()?;
            loop {
                match execution.step()? {
                    engine::Step::Finished => return Ok(()),
                    engine::Step::Blocked => std::thread::sleep(std::time::Duration::from_micros(100)),
                    engine::Step::NotReady | engine::Step::Chunk(_) => {}
                }
                if self.activity.stopping() {
                    self.activity.interrupt();
                }
            }
        };
        let outcome = run();
        outcome.map_err(|error| self.refused(source, &error))?;
        self.verdicts.add_facts(&before);
        self.verdicts.add_facts(&facts);
        Ok(())
    }
}

/// Whether it is the VACUUM that stands for a statement which does nothing here (LOCK TABLE, OWNER TO, …).
fn does_nothing(kind: StatementKind, written: &Tag) -> bool {
    let words = ["VACUUM", "ANALYZE", "REINDEX"];
    let is_written = matches!(written, Tag::Plain(tag) if words.iter().any(|word| tag.starts_with(word)));
    kind == StatementKind::Vacuum && !is_written
}

/// What must not even be bound: EXPORT makes its directory then, and a target that was computed looks like a literal
/// afterwards.
fn refused_unbound(parsed: &Parsed) -> Option<&'static Rule> {
    if parsed.kind() == StatementKind::Export {
        return Some(&rules::EXPORT);
    }
    parsed.computes_target().then_some(&rules::COPY_TARGET)
}

/// The columns of a statement and where they come from; none when it returns no rows.
fn describe(statement: &Statement) -> (Vec<Column>, Vec<Option<Origin>>) {
    match statement.return_kind() {
        ReturnKind::Rows => (statement.columns(), statement.origins()),
        ReturnKind::ChangedRows | ReturnKind::Nothing => (Vec::new(), Vec::new()),
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
