//! Columns that only DuckDB can put into words: its own functions are put around the statement that returns them. VARIANT
//! becomes JSON, for its vectors hold bytes that only DuckDB can read; regclass and its kin get the names for their numbers.

use engine::{LogicalType, Statement, StatementKind};

use super::{Session, source::Source};
use crate::sql::Rewritten;

impl Session {
    /// The statement with these columns in words. Only a query can stand inside another one: what RETURNING says stays as
    /// it is; a VARIANT is refused when it is sent, and a regclass is its number.
    pub(super) fn put_into_words(&mut self, source: &mut Source, statement: Statement) -> Statement {
        let columns = statement.columns();
        let is_plain = |logical: &LogicalType| {
            !holds_variant(logical) && !is_registered(logical) && !is_list_of_registered(logical)
        };
        if columns.iter().all(|column| is_plain(&column.logical_type))
            || statement.kind() != StatementKind::Select
            || source.parsed.len() != 1
        {
            return statement;
        }
        let selected: Vec<_> = columns
            .iter()
            .enumerate()
            .map(|(index, column)| {
                let (position, name) = (index + 1, column.name.replace('"', "\"\""));
                if holds_variant(&column.logical_type) {
                    format!(
                        "CASE WHEN #{position} IS NOT NULL THEN CAST(#{position} AS JSON) END AS \"{name}\""
                    )
                } else if is_list_of_registered(&column.logical_type) {
                    format!(
                        "list_transform(#{position}, lambda x: pg_catalog.__pintail_sent(x)) AS \"{name}\""
                    )
                } else if is_registered(&column.logical_type) {
                    format!("pg_catalog.__pintail_sent(#{position}) AS \"{name}\"")
                } else {
                    format!("#{position} AS \"{name}\"")
                }
            })
            .collect();
        let before = format!("SELECT {} FROM (", selected.join(", "));
        // The text may end in a comment.
        let wrapped = Rewritten::surrounded(source.engine_text(), &before, "\n)");
        match self.bind_cast(&wrapped.text, &[]) {
            Some((_, parsed, statement)) => {
                source.layers.push(wrapped);
                source.parsed = parsed;
                statement
            }
            None => statement,
        }
    }
}

fn is_registered(logical: &LogicalType) -> bool {
    matches!(logical, LogicalType::Named(named) if named.is_registered())
}

fn is_list_of_registered(logical: &LogicalType) -> bool {
    matches!(logical, LogicalType::List(element) if is_registered(element))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other types hold no others")]
fn holds_variant(logical: &LogicalType) -> bool {
    match logical {
        LogicalType::Variant => true,
        LogicalType::List(element) | LogicalType::Array(element, _) => holds_variant(element),
        LogicalType::Map(key, value) => holds_variant(key) || holds_variant(value),
        LogicalType::Struct(members) | LogicalType::Union(members) => {
            members.iter().any(|(_, member)| holds_variant(member))
        }
        _ => false,
    }
}
