//! A statement's text while it is translated: the edits, and what else there is to say about it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    ops::Bound,
};

use wire::{Diagnostic, SqlState};

pub(crate) use engine::Look;

use super::Translation;
use crate::{
    policy::Rule,
    sql::{Rewritten, Token, Tokens, lex, quote_name, token::Kind},
};

/// Answers what the catalog has under a name.
pub(crate) trait Lookup {
    /// Nothing when there is nothing, or nobody to ask. `name` is as it is written: one to three parts.
    fn look(&self, what: Look, name: &[String]) -> Vec<String>;
}

/// The same without indexes, which who asks looks after, and without definitions, which an action before has changed.
struct Bare<'l>(&'l dyn Lookup);

impl Lookup for Bare<'_> {
    fn look(&self, what: Look, name: &[String]) -> Vec<String> {
        if what == Look::Indexes {
            Vec::new()
        } else if matches!(what, Look::Definition | Look::DefinitionWithout) {
            // As one that others refer to, which cannot be made anew.
            ["", "", "", "", "t", "", "", ""].map(str::to_owned).to_vec()
        } else {
            self.0.look(what, name)
        }
    }
}

/// A name with its parts, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) parts: Vec<String>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Name {
    /// Takes a name of one to three parts.
    pub(super) fn take(cursor: &mut Tokens<'_, '_>) -> Option<Self> {
        let mut ahead = *cursor;
        let first = ahead.take()?;
        let mut parts = vec![first.name()?];
        let mut end = first.end;
        while ahead.symbol(".") {
            let next = ahead.take()?;
            parts.push(next.name()?);
            end = next.end;
        }
        *cursor = ahead;
        Some(Self { parts, start: first.start, end })
    }

    /// The last part.
    pub(super) fn last(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// Another name beside this one: in its schema.
    pub(super) fn beside(&self, name: &str) -> Vec<String> {
        let schema = self.parts.len().saturating_sub(1);
        self.parts.iter().take(schema).cloned().chain([name.to_owned()]).collect()
    }
}

/// A name as SQL.
pub(super) fn quoted(parts: &[String]) -> String {
    parts.iter().map(|part| quote_name(part)).collect::<Vec<_>>().join(".")
}

/// See the module.
pub(super) struct Draft<'s> {
    pub(super) sql: &'s str,
    pub(super) tokens: &'s [Token<'s>],
    lookup: &'s dyn Lookup,
    edits: Vec<(usize, usize, String)>,
    translation: Translation,
    /// Where calls have become those of other functions.
    renamed: Vec<usize>,
}

impl<'s> Draft<'s> {
    pub(super) fn new(sql: &'s str, tokens: &'s [Token<'s>], lookup: &'s dyn Lookup) -> Self {
        Self {
            sql,
            tokens,
            lookup,
            edits: Vec::new(),
            translation: Translation::default(),
            renamed: Vec::new(),
        }
    }

    /// Whether the statement reads PostgreSQL's catalogs: what it means and how its columns are called is PostgreSQL's then.
    /// DuckDB has functions of such names, which do not make it one.
    pub(super) fn reads_catalog(&self) -> bool {
        let begins = |text: &str| text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("pg_"));
        let is_catalog = |pair: &[Token<'_>]| {
            let [token, next] = pair else { return false };
            let name = token.text.trim_matches('"');
            let is_schema =
                ["pg_catalog", "information_schema"].iter().any(|schema| name.eq_ignore_ascii_case(schema));
            matches!(token.kind, Kind::Word | Kind::QuotedName)
                && if next.is_symbol(".") { is_schema } else { begins(name) && !next.is_symbol("(") }
        };
        let ends_with_one =
            self.tokens.last().is_some_and(|last| last.kind == Kind::Word && begins(last.text));
        ends_with_one || self.tokens.windows(2).any(is_catalog)
    }

    /// Puts a text in the place of what stands between two bytes.
    pub(super) fn replace(&mut self, start: usize, end: usize, text: impl Into<String>) {
        self.edits.push((start, end, text.into()));
    }

    /// Puts another function's name in the place of one. The column, if it has no label, is called as PostgreSQL calls it.
    pub(super) fn rename(&mut self, function: &Token<'_>, name: &str) {
        self.replace(function.start, function.end, name);
        self.renamed.push(function.start);
    }

    /// Whether a call in these tokens has become another function's.
    pub(super) fn is_renamed(&self, tokens: &[Token<'_>]) -> bool {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return false };
        // In the order of the text.
        let next = self.renamed.partition_point(|at| *at < first.start);
        self.renamed.get(next).is_some_and(|at| *at < last.end)
    }

    /// Whether any call has.
    pub(super) fn has_renamed(&self) -> bool {
        !self.renamed.is_empty()
    }

    /// Puts a text before a byte.
    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at, at, text);
    }

    /// Takes these tokens out.
    pub(super) fn cut(&mut self, tokens: &[Token<'_>]) {
        if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
            self.replace(first.start, last.end, "");
        }
    }

    /// Puts a statement before this one.
    pub(super) fn prepend(&mut self, statement: &str) {
        self.insert(0, format!("{statement}; "));
    }

    /// Puts a statement behind this one.
    pub(super) fn append(&mut self, statement: &str) {
        // A comment without an end of line may stand there.
        self.insert(self.sql.len(), format!("\n; {statement}"));
    }

    /// Puts another text in the place of the whole statement.
    pub(super) fn become_text(&mut self, text: impl Into<String>) {
        self.edits.clear();
        self.replace(0, self.sql.len(), text);
    }

    /// Nothing is to be done: DuckDB gets a statement that does nothing and returns nothing.
    pub(super) fn become_nothing(&mut self) {
        self.become_text(NOTHING);
    }

    /// Whether nothing is left of the statement, or nothing of it will run.
    pub(super) fn does_nothing(&self) -> bool {
        let is_whole = |edit: &(usize, usize, String)| edit.0 == 0 && edit.1 == self.sql.len();
        // A table that is made anew gets its indexes there.
        let others = ["CREATE UNIQUE INDEX", "DROP INDEX", "CREATE TABLE"];
        let is_index = |text: &str| others.iter().any(|other| text.starts_with(other));
        self.translation.refusal.is_some()
            || self
                .edits
                .iter()
                .any(|edit| is_whole(edit) && (edit.2.starts_with(NOTHING) || is_index(&edit.2)))
    }

    /// What stands in the text between two bytes.
    pub(super) fn text(&self, start: usize, end: usize) -> &'s str {
        self.sql.get(start..end).unwrap_or_default()
    }

    /// Asks the catalog. What is answered may be another just before the statement runs.
    pub(super) fn look(&mut self, what: Look, name: &[String]) -> Vec<String> {
        self.translation.is_late = true;
        self.lookup.look(what, name)
    }

    /// Asks for something that does not change while a session runs.
    pub(super) fn look_once(&self, what: Look, name: &[String]) -> Vec<String> {
        self.lookup.look(what, name)
    }

    /// Whether a table has a column, as far as one can see.
    pub(super) fn has_column(&mut self, table: &Name, column: &str) -> bool {
        let columns = self.look(Look::Columns, &table.parts);
        let quoted = format!("{} ", quote_name(column));
        columns.iter().any(|found| found.to_lowercase().starts_with(&quoted.to_lowercase()))
    }

    /// Another statement's translation, which becomes part of this one's.
    pub(super) fn translated(&mut self, sql: &str) -> String {
        let inner = super::translate(sql, &lex(sql), &Bare(self.lookup));
        self.translation.is_late |= inner.is_late;
        self.translation.notices.extend(inner.notices);
        if let Some(rule) = inner.refusal {
            self.refuse(rule);
        }
        inner.text.map_or_else(|| sql.to_owned(), |rewritten| rewritten.text)
    }

    pub(super) fn refuse(&mut self, rule: &'static Rule) {
        self.translation.refusal.get_or_insert(rule);
    }

    pub(super) fn notice(&mut self, message: impl Into<String>) {
        self.translation.notices.push(Diagnostic::notice(SqlState::SUCCESSFUL_COMPLETION, message.into()));
    }

    pub(super) fn warn(&mut self, message: impl Into<String>, hint: &str) {
        let warning = Diagnostic::warning(SqlState::WARNING, message.into());
        self.translation.notices.push(warning.with_hint(hint));
    }

    pub(super) fn finish(mut self) -> Translation {
        if !self.edits.is_empty() {
            self.translation.text = Some(Rewritten::replace(self.sql, without_overlaps(self.edits)));
        }
        self.translation
    }
}

/// Edits in their order, without those that overlap one that was made before: that knew more of the statement.
fn without_overlaps(edits: Vec<(usize, usize, String)>) -> Vec<(usize, usize, String)> {
    // What is taken out: where it begins and ends. None of it overlaps; and where something is put in.
    let mut replaced: BTreeMap<usize, usize> = BTreeMap::new();
    let mut inserted: BTreeSet<usize> = BTreeSet::new();
    let mut kept = Vec::with_capacity(edits.len());
    for edit in edits {
        let (start, end, _) = edit;
        let is_inside = replaced.range(..start).next_back().is_some_and(|(_, other)| *other > start);
        let is_around = start < end
            && (replaced.range(start..end).next().is_some()
                || inserted.range((Bound::Excluded(start), Bound::Excluded(end))).next().is_some());
        if is_inside || is_around {
            continue;
        }
        if start < end {
            replaced.insert(start, end);
        } else {
            inserted.insert(start);
        }
        kept.push(edit);
    }
    kept.sort_by_key(|edit| (edit.0, edit.1));
    kept
}

/// How deep parentheses, brackets and CASE are nested.
pub(super) fn depth(tokens: &[Token<'_>]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for token in tokens {
        if ["(", "[", "{"].iter().any(|open| token.is_symbol(open)) || token.is_word("case") {
            depth += 1;
            deepest = deepest.max(depth);
        } else if [")", "]", "}"].iter().any(|close| token.is_symbol(close)) || token.is_word("end") {
            depth = depth.saturating_sub(1);
        }
    }
    deepest
}

/// A statement of DuckDB's that does nothing, anywhere.
pub(super) const NOTHING: &str = "VACUUM";

/// The parts of a list, at the commas outside of parentheses and brackets.
pub(super) fn split_list<'t, 's>(tokens: &'t [Token<'s>]) -> Vec<&'t [Token<'s>]> {
    let mut parts = Vec::new();
    let mut depth = 0i32;
    let mut start = 0;
    for (index, token) in tokens.iter().enumerate() {
        if token.is_symbol("(") || token.is_symbol("[") {
            depth += 1;
        } else if token.is_symbol(")") || token.is_symbol("]") {
            depth -= 1;
        } else if depth == 0 && token.is_symbol(",") {
            parts.push(tokens.get(start..index).unwrap_or_default());
            start = index + 1;
        }
    }
    parts.push(tokens.get(start..).unwrap_or_default());
    parts
}
