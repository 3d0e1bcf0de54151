//! The views of `pg_catalog` and `information_schema`: every relation that PostgreSQL has there, with its columns in its order and
//! of its types. `pg_catalog.sql` and `information_schema.sql` say what those show that have something to show.

use std::collections::HashMap;

use engine::{Connection, Error, Instance, LogicalType, NamedType};
use wire::oid;

use crate::{decode, platform::INFORMATION, sql::quote_name};

const SOURCES: [(&str, &str); 2] = [
    ("pg_catalog", include_str!("pg_catalog.sql")),
    ("information_schema", include_str!("information_schema.sql")),
];
const CLASSES: &str = include_str!("postgres/pg_class.tsv");
const ATTRIBUTES: &str = include_str!("postgres/pg_attribute.tsv");

/// A line `== NAME` begins what a relation shows.
const BEGIN: &str = "\n== ";

/// The number of `pg_catalog`, as in `pg_class.tsv`.
const PG_CATALOG: &str = "11";

/// A column of a relation of PostgreSQL's.
struct Column {
    name: &'static str,
    type_oid: u32,
    is_not_null: bool,
}

/// Puts the views there.
///
/// # Errors
/// When DuckDB does not take them.
pub(super) fn define(control: &Connection) -> Result<(), Error> {
    let mut columns = columns();
    let mut sources: HashMap<(&str, &str), &str> = HashMap::new();
    for (schema, text) in SOURCES {
        sources.extend(parts(text).map(|(name, query)| ((schema, name), query)));
    }
    // In the order of the files: a view may read those before it.
    let shown = SOURCES.iter().flat_map(|(schema, text)| parts(text).map(|(name, _)| (*schema, name)));
    let relations = CLASSES.lines().skip(1).filter_map(|line| {
        let mut fields = line.split('\t');
        let (number, name, schema) = (fields.next()?, fields.next()?, fields.next()?);
        Some((number, if schema == PG_CATALOG { "pg_catalog" } else { "information_schema" }, name))
    });
    let numbers: HashMap<_, _> = relations.map(|(number, schema, name)| ((schema, name), number)).collect();
    let empty = numbers.keys().copied().filter(|relation| !sources.contains_key(relation));
    let mut statements = String::new();
    for relation in shown.chain(empty) {
        let columns = numbers.get(&relation).and_then(|number| columns.remove(number)).unwrap_or_default();
        let query = match sources.get(&relation) {
            Some(source) => {
                // Those before it are there when it is bound.
                control.define(&std::mem::take(&mut statements))?;
                let source = source.replace("{information}", INFORMATION);
                filled(control, &source.replace("{engine}", &Instance::version()), &columns)?
            }
            None => nothing(&columns),
        };
        let (schema, name) = relation;
        statements.extend(["CREATE VIEW ", schema, ".", &quote_name(name), " AS ", &query, ";\n"]);
    }
    control.define(&statements)
}

/// The relations of a file, with what they show.
fn parts(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.split(BEGIN).skip(1).filter_map(|part| part.split_once('\n'))
}

/// The columns of PostgreSQL's relations, by the relation's number.
fn columns() -> HashMap<&'static str, Vec<Column>> {
    let mut columns: HashMap<_, Vec<_>> = HashMap::new();
    for line in ATTRIBUTES.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [relation, name, type_oid, _, is_not_null] = fields.as_slice() else { continue };
        columns.entry(*relation).or_default().push(Column {
            name,
            type_oid: type_oid.parse().unwrap_or_default(),
            is_not_null: *is_not_null == "t",
        });
    }
    columns
}

/// What a source shows, with the columns it lacks.
fn filled(control: &Connection, source: &str, columns: &[Column]) -> Result<String, Error> {
    let found = control.prepare_sql(source)?;
    let found = found.columns();
    let shown: HashMap<&str, &LogicalType> =
        found.iter().map(|column| (column.name.as_str(), &column.logical_type)).collect();
    let selected: Vec<_> = columns
        .iter()
        .map(|column| {
            let (name, kind) = (quote_name(column.name), sql_type(column.type_oid));
            match shown.get(column.name) {
                // It is called by both of its names.
                Some(LogicalType::Named(NamedType::SchemaName)) => name,
                Some(_) => format!("CAST({name} AS {kind}) AS {name}"),
                None => format!("CAST({} AS {kind}) AS {name}", value_of_none(column)),
            }
        })
        .collect();
    Ok(format!("SELECT {} FROM ({source})", selected.join(", ")))
}

fn nothing(columns: &[Column]) -> String {
    let selected: Vec<_> = columns
        .iter()
        .map(|column| format!("CAST(NULL AS {}) AS {}", sql_type(column.type_oid), quote_name(column.name)))
        .collect();
    format!("SELECT {} WHERE false", selected.join(", "))
}

/// What a column says that nothing is known of: the zero of its type where PostgreSQL has no NULL.
fn value_of_none(column: &Column) -> &'static str {
    if !column.is_not_null {
        return "NULL";
    }
    match column.type_oid {
        oid::BOOL => "false",
        oid::NAME | oid::TEXT | oid::CHAR | oid::VARCHAR => "''",
        oid::INT2VECTOR | oid::OIDVECTOR => "[]",
        _ => "0",
    }
}

/// How DuckDB's SQL writes the type of a column.
fn sql_type(type_oid: u32) -> String {
    let named = |named: NamedType| named.sql().to_owned();
    match type_oid {
        oid::NAME => named(NamedType::Name),
        oid::CHAR => named(NamedType::Char),
        oid::VARCHAR => named(NamedType::Varchar),
        oid::PG_NODE_TREE => named(NamedType::PgNodeTree),
        oid::PG_LSN => named(NamedType::PgLsn),
        oid::INT2VECTOR => named(NamedType::Int2Vector),
        oid::OIDVECTOR => named(NamedType::OidVector),
        oid::NAME_ARRAY => "pg_catalog.\"name\"[]".to_owned(),
        oid::CHAR_ARRAY => "pg_catalog.pg_char[]".to_owned(),
        oid::ACLITEM_ARRAY => "pg_catalog.aclitem[]".to_owned(),
        // Anything may be in it.
        oid::ANYARRAY => "VARCHAR[]".to_owned(),
        _ => decode::oid_to_logical(type_oid).map_or("VARCHAR".to_owned(), |logical| logical.sql()),
    }
}
