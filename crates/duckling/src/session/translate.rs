//! A statement in PostgreSQL's form, written as DuckDB's own before DuckDB parses it (`crate::dialect`): with what the
//! catalog has under its names, as far as that decides what it becomes.

use engine::{Connection, Error, ErrorKind, Look, Parsed};
use wire::Diagnostic;

use super::{Session, source::Source, transaction::Block};
use crate::{
    dialect::{self, Lookup},
    out::Out,
    sql,
};

/// The catalog, as the session's transaction sees it.
struct Catalog<'c>(&'c Connection);

impl Lookup for Catalog<'_> {
    fn look(&self, what: Look, name: &[String]) -> Vec<String> {
        self.0.look(what, name)
    }
}

/// No catalog: the transaction has failed.
struct Nothing;

impl Lookup for Nothing {
    fn look(&self, _: Look, _: &[String]) -> Vec<String> {
        Vec::new()
    }
}

impl Session {
    /// Whether a statement has become another one by what the catalog has now.
    pub(super) fn is_translated_anew(&self, source: &mut Source) -> bool {
        if !source.is_late {
            return false;
        }
        let before = source.engine_text().to_owned();
        self.translate(source);
        source.engine_text() != before
    }

    /// Has DuckDB parse a translated statement. Where it cannot, words that are names in PostgreSQL are tried as names.
    pub(super) fn parsed(&self, source: &mut Source) -> Result<Vec<Parsed>, Error> {
        let error = match self.connection.extract(source.engine_text()) {
            Err(error) if matches!(error.kind, ErrorKind::Parser | ErrorKind::Syntax) => error,
            other => return other,
        };
        let parse = |sql: &str| self.connection.extract(sql).map_err(|error| error.position);
        let (layer, parsed) =
            dialect::with_names(source.engine_text(), error.position, parse).ok_or(error)?;
        source.layers.push(layer);
        Ok(parsed)
    }

    /// Translates a statement, from what it was before any translation.
    pub(super) fn translate(&self, source: &mut Source) {
        let own_layers = *source.own_layers.get_or_insert(source.layers.len());
        source.layers.truncate(own_layers);
        let catalog = Catalog(&self.connection);
        let lookup: &dyn Lookup = if self.transaction.block == Block::Failed { &Nothing } else { &catalog };
        source.notices.clear();
        if let Some(before) = dialect::without_public(source.engine_text(), lookup) {
            source.layers.extend(before.text);
            source.notices = before.notices;
            source.refusal = source.refusal.or(before.refusal);
        }
        let translation = {
            let text = source.engine_text();
            dialect::translate(text, &sql::lex(text), lookup)
        };
        source.layers.extend(translation.text);
        source.is_late = translation.is_late;
        source.notices.extend(translation.notices);
        source.refusal = source.refusal.or(translation.refusal);
    }
}

/// Says what there is to say about a statement that is about to run.
pub(super) fn tell(notices: &[Diagnostic], out: &mut Out) {
    for notice in notices {
        out.diagnostic(notice);
    }
}
