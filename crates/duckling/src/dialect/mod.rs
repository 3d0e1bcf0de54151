//! PostgreSQL's forms of statements that DuckDB's grammar does not know, written as DuckDB's own.
//!
//! A statement is looked at by its tokens, between being read and being parsed: what has to change is noted as edits
//! ([`Draft`]), so that positions of errors stay those of the client's text; everything else goes to DuckDB as it is, and
//! what is *allowed* is decided on DuckDB's bound plan as ever. Some forms become several statements (`serial` is a
//! sequence and a default), which run in one block. What DuckDB cannot do is refused by a rule, with a hint. Each file
//! names the clients that send its forms; docs/postgres-syntax.md lists them.

mod alter;
mod catalogs;
mod columns;
mod comments;
mod ctid;
mod constraints;
mod drops;
mod explain;
mod expressions;
mod calls;
mod indexes;
mod labels;
mod figure;
mod maintenance;
mod members;
mod operators;
mod order;
mod patterns;
mod names;
mod public;
mod quantified;
mod queries;
mod refused;
mod schemas;
mod rebuilding;
mod sequences;
mod sets;
mod sources;
mod tables;
mod types;
mod found;
mod draft;
mod reading;
#[cfg(test)]
mod tests;

use wire::Diagnostic;

use draft::Draft;
pub(crate) use draft::Lookup;
pub(crate) use names::with_names;
pub(crate) use public::without_public;

use crate::{
    policy::Rule,
    sql::{Rewritten, Token, Tokens},
};

/// How deep parentheses may be nested, as by DuckDB's `max_expression_depth`.
const DEPTH_MAX: usize = 1000;

/// What a statement has become.
#[derive(Debug, Default)]
pub(crate) struct Translation {
    /// The text for DuckDB, if it is another one; it may hold several statements.
    pub text: Option<Rewritten>,
    /// Whether the text depends on what the catalog has, so that it is to be made again just before it runs.
    pub is_late: bool,
    /// What the client is told when it runs.
    pub notices: Vec<Diagnostic>,
    /// Why it cannot be had.
    pub refusal: Option<&'static Rule>,
}

/// Translates one statement. `lookup` is asked about names in the catalog.
#[must_use]
pub(crate) fn translate(sql: &str, tokens: &[Token<'_>], lookup: &dyn Lookup) -> Translation {
    // DuckDB parses nothing that is so deep, and what is inside is read once for each level here.
    if draft::depth(tokens) > DEPTH_MAX {
        return Translation::default();
    }
    let mut draft = Draft::new(sql, tokens, lookup);
    statement(Tokens::new(tokens), &mut draft);
    catalogs::translate(&mut draft);
    quantified::translate(&mut draft);
    expressions::translate(&mut draft);
    members::translate(&mut draft);
    patterns::translate(&mut draft);
    ctid::translate(&mut draft);
    order::translate(&mut draft);
    labels::translate(&mut draft);
    draft.finish()
}

/// By the leading word; a statement that is nothing of these has but expressions.
fn statement(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let Some(first) = cursor.take() else { return };
    let is = |word: &str| first.is_word(word);
    if is("select")
        || is("with")
        || is("values")
        || is("insert")
        || is("update")
        || is("delete")
        || is("merge")
    {
        queries::translate(draft);
        sources::translate(draft);
    } else if is("create") {
        create(cursor, draft);
    } else if is("alter") {
        alter::translate(cursor, draft);
    } else if is("drop") {
        drops::translate(cursor, draft);
    } else if is("comment") {
        comments::translate(cursor, draft);
    } else if is("explain") {
        explain::translate(cursor, draft);
    } else if is("grant") || is("revoke") || is("do") {
        refused::translate(first, draft);
    } else {
        maintenance::translate(first, cursor, draft);
    }
}

fn create(cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let known = tables::create(cursor, draft)
        || indexes::create(cursor, draft)
        || sequences::create(cursor, draft)
        || schemas::create(cursor, draft);
    if !known {
        refused::create(cursor, draft);
    }
}
