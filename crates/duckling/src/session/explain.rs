//! EXPLAIN as PostgreSQL's clients read it: one column called `QUERY PLAN`, a row for each line of what DuckDB draws, or one JSON
//! value whose plans are inside each other as PostgreSQL's are. EXPLAIN EXECUTE explains the prepared statement with its arguments
//! in it (sqlx asks so whether columns can be NULL). Deliberately absent: options, which `dialect::explain` reads.

use std::{fmt::Write, ops::Range};

use engine::{Chunk, Column, LogicalType, StatementKind};
use serde_json::{Map, Value};
use wire::{Diagnostic, backend};

use super::{Session, rows::Encoder, source::Source};
use crate::{
    encode::EncodeError,
    sql::{self, Command, Execute, Rewritten, Tokens},
};

const COLUMN: &str = "QUERY PLAN";

/// Whether the plan is asked for as JSON.
fn is_json(source: &Source) -> bool {
    let tokens = sql::lex(source.engine_text());
    let mut cursor = Tokens::new(&tokens);
    let options = cursor.word("explain").then(|| cursor.group()).flatten();
    options.is_some_and(|options| {
        options.rest().windows(2).any(
            |pair| matches!(pair, [format, json] if format.is_word("format") && json.text.eq_ignore_ascii_case("json")),
        )
    })
}

/// The column of EXPLAIN's rows.
pub(super) fn column(source: &Source) -> Column {
    let logical_type = if is_json(source) { LogicalType::Json } else { LogicalType::Varchar };
    Column { name: COLUMN.to_owned(), logical_type }
}

/// What makes messages of DuckDB's rows, which are the plan's name and the plan.
pub(super) struct PlanEncoder {
    is_json: bool,
    max_value_bytes: usize,
    /// Of the chunk at hand.
    lines: Vec<String>,
}

impl PlanEncoder {
    pub(super) fn new(column: Option<&Column>, max_value_bytes: usize) -> Self {
        let is_json = column.is_some_and(|column| column.logical_type == LogicalType::Json);
        Self { is_json, max_value_bytes, lines: Vec::new() }
    }

    fn add(&mut self, name: &str, plan: &str) {
        if self.is_json {
            self.lines.push(as_postgres(plan));
        } else {
            self.lines.extend(head(name, plan));
            self.lines.extend(plan.trim_end_matches('\n').split('\n').map(str::to_owned));
        }
    }
}

impl Encoder for PlanEncoder {
    fn begin(&mut self, chunk: &Chunk) -> Result<(), Diagnostic> {
        let texts = |index| chunk.column(index).and_then(|column| column.strings());
        let (Some(names), Some(plans)) = (texts(0), texts(1)) else {
            return Err(EncodeError::Unreadable("EXPLAIN".to_owned()).into());
        };
        self.lines.clear();
        for row in 0..chunk.len() {
            self.add(&String::from_utf8_lossy(names.bytes(row)), &String::from_utf8_lossy(plans.bytes(row)));
        }
        Ok(())
    }

    fn rows(&self, _chunk: &Chunk) -> usize {
        self.lines.len()
    }

    fn encode(
        &mut self,
        _chunk: &Chunk,
        rows: Range<usize>,
        _full_bytes: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, Diagnostic> {
        let lines = self.lines.get(rows).unwrap_or_default();
        for line in lines {
            if line.len() > self.max_value_bytes {
                let (length_bytes, limit_bytes) = (line.len(), self.max_value_bytes);
                return Err(EncodeError::TooLong { length_bytes, limit_bytes }.into());
            }
            backend::text_row(out, &[line]);
        }
        Ok(lines.len())
    }
}

/// What stands above the drawing: DuckDB's guess of the rows, where PostgreSQL has it (`postgres_fdw` reads it). DuckDB has no
/// costs: each row costs one.
fn head(name: &str, plan: &str) -> Option<String> {
    let guess = plan.split('~').nth(1)?;
    let digits: String =
        guess.chars().take_while(|c| c.is_ascii_digit() || *c == ',').filter(|c| *c != ',').collect();
    (!digits.is_empty() && name.ends_with("plan")).then_some(())?;
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let mut head = words;
    let _ = write!(head, "  (cost=0.00..{digits}.00 rows={digits} width=0)");
    Some(head)
}

/// DuckDB's tree of plans as PostgreSQL's: `Plan`, `Node Type`, `Plans`. One that is not as expected stays as it is.
fn as_postgres(plan: &str) -> String {
    let Ok(Value::Array(plans)) = serde_json::from_str::<Value>(plan) else { return plan.to_owned() };
    let plans = plans.into_iter().map(|plan| {
        let mut outer = Map::new();
        let _ = outer.insert("Plan".to_owned(), node(plan));
        Value::Object(outer)
    });
    Value::Array(plans.collect()).to_string()
}

/// DuckDB parsed nothing deeper than its limit, and a plan is not much deeper than its text.
fn node(plan: Value) -> Value {
    let Value::Object(fields) = plan else { return plan };
    let mut node = Map::new();
    let mut inner = Vec::new();
    for (key, value) in fields {
        match (key.as_str(), value) {
            ("name", name) => {
                let _ = node.insert("Node Type".to_owned(), name);
            }
            ("children", Value::Array(children)) => inner = children,
            ("extra_info", Value::Object(info)) => node.extend(info),
            (_, value) => {
                let _ = node.insert(key, value);
            }
        }
    }
    if !inner.is_empty() {
        let _ = node.insert("Plans".to_owned(), Value::Array(inner.into_iter().map(self::node).collect()));
    }
    Value::Object(node)
}

impl Session {
    /// `EXPLAIN … EXECUTE name(arguments)` with what the name stands for, if it is that.
    pub(super) fn explained(&self, source: &Source) -> Option<Rewritten> {
        let text = source.engine_text();
        let tokens = sql::lex(text);
        tokens.first()?.is_word("explain").then_some(())?;
        let at = tokens.iter().position(|token| token.is_word("execute"))?;
        let before = tokens.get(..at)?.iter();
        before.clone().all(|token| !token.is_word("select") && !token.is_word("as")).then_some(())?;
        let start = tokens.get(at)?.start;
        let inner = text.get(start..)?;
        let Command::Execute(execute) = Command::read(inner, &sql::lex(inner)) else { return None };
        let prepared = self.statements.get(&execute.name)?;
        is_one_query(&prepared.source.borrow()).then_some(())?;
        let values = arguments(inner, &execute);
        let parameters = prepared.parameters();
        let typed: Vec<String> = parameters
            .iter()
            .zip(values)
            .map(|(parameter, value)| match &parameter.target {
                Some(logical) => format!("CAST({value} AS {})", logical.sql()),
                None => format!("({value})"),
            })
            .collect();
        (typed.len() == parameters.len()).then_some(())?;
        let statement = prepared.source.borrow();
        let statement = sql::replace_parameters(statement.engine_text(), &typed).text;
        Some(Rewritten::replace(text, vec![(start, text.len(), statement)]))
    }
}

/// Whether EXPLAIN before its text is before all of it: what is behind the first of several statements would be run.
fn is_one_query(source: &Source) -> bool {
    use StatementKind::{Delete, Insert, MergeInto, Select, Update};
    let [parsed] = &source.parsed[..] else { return false };
    matches!(parsed.kind(), Select | Insert | Update | Delete | MergeInto)
}

/// The text of each argument.
fn arguments(text: &str, execute: &Execute) -> Vec<String> {
    let tokens = sql::lex(text);
    let mut cursor = Tokens::new(&tokens);
    let _ = (cursor.take(), cursor.take());
    let Some(group) = cursor.group().filter(|_| execute.argument_names.iter().all(Option::is_none)) else {
        return Vec::new();
    };
    let mut depth = 0i32;
    let parts = group.rest().split(|token| {
        depth += i32::from(token.is_symbol("(") || token.is_symbol("["));
        depth -= i32::from(token.is_symbol(")") || token.is_symbol("]"));
        depth == 0 && token.is_symbol(",")
    });
    parts.filter_map(|part| text.get(part.first()?.start..part.last()?.end)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_inside_each_other_as_in_postgres() {
        let plan = r#"[{"name":"A","children":[{"name":"B","children":[],"extra_info":{"Table":"t"}}],"extra_info":{}}]"#;
        let expected = r#"[{"Plan":{"Node Type":"A","Plans":[{"Node Type":"B","Table":"t"}]}}]"#;
        assert_eq!(as_postgres(plan), expected);
        assert_eq!(as_postgres("not json"), "not json");
    }

    #[test]
    fn the_guess_of_rows_stands_above_the_drawing() {
        let head = |plan| head("physical_plan", plan);
        assert_eq!(
            head("\u{2502} ~1,200 rows \u{2502}").as_deref(),
            Some("Physical plan  (cost=0.00..1200.00 rows=1200 width=0)")
        );
        assert_eq!(head("nothing"), None);
    }
}
