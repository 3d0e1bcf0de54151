//! Names in the catalogs that DuckDB has no words for: types of the catalogs (`x::oid`, `pg_catalog.text`: psql, pgJDBC, ADBC),
//! the catalogs under the name of a database (`db.information_schema.columns`: dbt, JDBC tools), the number of a catalog itself
//! (`c.tableoid`: psql's `\\dd` and `\\dL`). Only statements that mention the catalogs are looked at for more than types.

use std::{collections::HashMap, sync::OnceLock};

use engine::NamedType;

use super::draft::Draft;
use crate::sql::{Token, Tokens, token::Kind};

const CLASSES: &str = include_str!("../catalog/postgres/pg_class.tsv");
const SCHEMAS: [&str; 2] = ["pg_catalog", "information_schema"];

/// Types that the server puts into `pg_catalog`, as PostgreSQL writes them.
const TYPES: [(&str, NamedType); 14] = [
    ("oid", NamedType::Oid),
    ("name", NamedType::Name),
    ("regproc", NamedType::Regproc),
    ("regprocedure", NamedType::Regprocedure),
    ("regclass", NamedType::Regclass),
    ("regtype", NamedType::Regtype),
    ("regrole", NamedType::Regrole),
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
    if !tokens.iter().any(|token| catalog_name(token).is_some()) {
        return;
    }
    let names: Vec<_> = tokens.iter().map(catalog_name).collect();
    without_database(&names, draft);
    catalog_numbers(&names, draft);
}

/// The name, if it is a catalog's or that of their schemas.
fn catalog_name(token: &Token<'_>) -> Option<String> {
    // By the first letters: most words are none.
    let text = token.text.strip_prefix('"').unwrap_or(token.text).as_bytes();
    let begins =
        |prefix: &[u8]| text.get(..prefix.len()).is_some_and(|found| found.eq_ignore_ascii_case(prefix));
    if !begins(b"pg_") && !begins(b"information_schema") {
        return None;
    }
    token.name().filter(|name| SCHEMAS.contains(&name.as_str()) || numbers().contains_key(name.as_str()))
}

/// The catalogs by name.
fn numbers() -> &'static HashMap<&'static str, &'static str> {
    static NUMBERS: OnceLock<HashMap<&str, &str>> = OnceLock::new();
    NUMBERS.get_or_init(|| {
        let fields = |line: &'static str| {
            let (number, rest) = line.split_once('\t')?;
            Some((rest.split_once('\t')?.0, number))
        };
        CLASSES.lines().skip(1).filter_map(fields).collect()
    })
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

/// `alias.tableoid` is the number of the catalog that the alias stands for.
fn catalog_numbers(names: &[Option<String>], draft: &mut Draft<'_>) {
    let tokens = draft.tokens;
    if !tokens.iter().any(|token| token.is_word("tableoid")) {
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
    for window in tokens.windows(3) {
        let [alias, dot, column] = window else { continue };
        if dot.is_symbol(".")
            && column.is_word("tableoid")
            && let Some(number) = alias.name().and_then(|alias| aliases.get(&alias))
        {
            draft.replace(alias.start, column.end, format!("{number}::{}", NamedType::Oid.sql()));
        }
    }
}
