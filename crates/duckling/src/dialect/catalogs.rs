//! Names in the catalogs that DuckDB has no words for: types of the catalogs (`x::oid`, `pg_catalog.text`: psql, pgJDBC, ADBC),
//! the catalogs under the name of a database (`db.information_schema.columns`: dbt, JDBC tools), the number of a catalog itself
//! (`c.tableoid`: psql's `\\dd` and `\\dL`). Only statements that mention the catalogs are looked at for more than types.

use std::collections::HashMap;

use engine::NamedType;

use super::{
    draft::{Draft, Name},
    labels::ends,
    reading::{SCHEMAS, catalog_name, numbers},
};
use crate::sql::{Token, Tokens, token::Kind};

/// Types that the server puts into `pg_catalog`, as PostgreSQL writes them.
const TYPES: [(&str, NamedType); 19] = [
    ("oid", NamedType::Oid),
    ("name", NamedType::Name),
    ("regproc", NamedType::Regproc),
    ("regprocedure", NamedType::Regprocedure),
    ("regclass", NamedType::Regclass),
    ("regtype", NamedType::Regtype),
    ("regrole", NamedType::Regrole),
    ("regoper", NamedType::Regoper),
    ("regoperator", NamedType::Regoperator),
    ("regcollation", NamedType::Regcollation),
    ("regconfig", NamedType::Regconfig),
    ("regdictionary", NamedType::Regdictionary),
    ("regnamespace", NamedType::Regnamespace),
    ("xid", NamedType::Xid),
    ("cid", NamedType::Cid),
    ("pg_node_tree", NamedType::PgNodeTree),
    ("pg_lsn", NamedType::PgLsn),
    ("int2vector", NamedType::Int2Vector),
    ("oidvector", NamedType::OidVector),
];

/// Writes the type that a cast names, if it is one of the catalogs' or is called by their schema.
pub(super) fn type_name(tokens: &[Token<'_>], draft: &mut Draft<'_>) {
    let (start, name) = match tokens {
        [schema, dot, name, ..] if schema.is_word("pg_catalog") && dot.is_symbol(".") => (schema.start, name),
        [name, ..] => (name.start, name),
        [] => return,
    };
    let own = if name.kind == Kind::QuotedName && name.text == "\"char\"" {
        Some(NamedType::Char)
    } else {
        let called = name.name();
        TYPES.iter().find(|(found, _)| Some(*found) == called.as_deref()).map(|(_, own)| *own)
    };
    match own {
        Some(own) => draft.replace(start, name.end, own.sql()),
        // DuckDB's own types are in no schema.
        None if start < name.start => draft.replace(start, name.start, ""),
        None => {}
    }
}

/// Translates the forms wherever they stand in a statement that mentions the catalogs.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    if !draft.reads_catalog() {
        return;
    }
    let names: Vec<_> = tokens.iter().map(catalog_name).collect();
    without_database(&names, draft);
    catalog_numbers(&names, draft);
}

/// `db.pg_catalog.t` is `pg_catalog.t`: they are the same in every database, and show the connected one.
fn without_database(names: &[Option<String>], draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    for (index, window) in tokens.windows(4).enumerate() {
        let [database, dot, _, second_dot] = window else { continue };
        let is_schema = names
            .get(index + 2)
            .is_some_and(|name| name.as_deref().is_some_and(|name| SCHEMAS.contains(&name)));
        let is_first = index
            .checked_sub(1)
            .and_then(|before| tokens.get(before))
            .is_none_or(|before| !before.is_symbol("."));
        let is_name = matches!(database.kind, Kind::Word | Kind::QuotedName);
        if is_schema && is_first && is_name && dot.is_symbol(".") && second_dot.is_symbol(".") {
            draft.cut(&[*database, *dot]);
        }
    }
}

/// `alias.tableoid` is the number of the catalog that the alias stands for; `alias.xmin` says in `DataGrip` when a row was made.
fn catalog_numbers(names: &[Option<String>], draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    let is_system = |token: &Token<'_>| token.is_word("tableoid") || token.is_word("xmin");
    if !tokens.iter().any(is_system) {
        return;
    }
    let mut aliases = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        let Some((name, number)) = name.as_deref().and_then(|name| numbers().get_key_value(name)) else {
            continue;
        };
        aliases.insert((*name).to_owned(), *number);
        let mut after = Tokens::new(tokens.get(index + 1..).unwrap_or_default());
        let _ = after.word("as");
        aliases.extend(after.name().map(|alias| (alias, *number)));
    }
    for (index, column) in tokens.iter().enumerate().filter(|(_, token)| is_system(token)) {
        let at = |back: usize| index.checked_sub(back).and_then(|index| tokens.get(index));
        if at(1).is_some_and(|before| before.is_word("as")) {
            continue;
        }
        let is_qualified = at(1).is_some_and(|before| before.is_symbol("."));
        let (start, number) = if is_qualified {
            let Some(alias) = at(2) else { continue };
            (alias.start, alias.name().and_then(|alias| aliases.get(&alias).copied()))
        } else {
            (column.start, first_source(tokens.get(index..).unwrap_or_default()))
        };
        match number {
            // Every row is as old as PostgreSQL's own are.
            Some(_) if column.is_word("xmin") => {
                draft.replace_value(start, column.end, format!("1::{}", NamedType::Xid.sql()));
            }
            Some(number) => {
                draft.replace_value(start, column.end, format!("{number}::{}", NamedType::Oid.sql()));
            }
            None => {}
        }
    }
}

/// The number of the catalog that the query reads first, which these tokens are in.
fn first_source(tokens: &[Token<'_>]) -> Option<&'static str> {
    let (at, _) = ends(tokens).find(|(_, token)| token.is_word("from"))?;
    let name = Name::take(&mut Tokens::new(tokens.get(at + 1..)?))?;
    numbers().get(name.last()).copied()
}
