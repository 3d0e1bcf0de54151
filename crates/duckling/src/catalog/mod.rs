//! What the system catalog has beside DuckDB's own entries: PostgreSQL's catalogs (`pg_catalog.sql`, `information_schema.sql`,
//! over the listings of `engine/shim/catalog/` and the facts in `postgres/`), functions that tools call (`functions.sql`), and
//! the database in which the server tells of itself (`information.sql`).

mod views;

use engine::{Connection, Error, Instance};

use crate::{encode, platform::INFORMATION};

const FUNCTIONS: &str = include_str!("functions.sql");
const CATALOG_FUNCTIONS: &str = include_str!("catalog_functions.sql");
/// PostgreSQL's functions that DuckDB lacks, by what they are about.
const POSTGRES: [&str; 5] = [
    include_str!("strings.sql"),
    include_str!("arrays.sql"),
    include_str!("json.sql"),
    include_str!("dates.sql"),
    include_str!("server.sql"),
];
const INFORMATION_VIEWS: &str = include_str!("information.sql");

/// The catalogs of PostgreSQL that never change.
const FACTS: [(&str, &str); 13] = [
    ("pg_aggregate", include_str!("postgres/pg_aggregate.tsv")),
    ("pg_am", include_str!("postgres/pg_am.tsv")),
    ("pg_attribute", include_str!("postgres/pg_attribute.tsv")),
    ("pg_cast", include_str!("postgres/pg_cast.tsv")),
    ("pg_class", include_str!("postgres/pg_class.tsv")),
    ("pg_get_keywords", include_str!("postgres/pg_get_keywords.tsv")),
    ("pg_language", include_str!("postgres/pg_language.tsv")),
    ("pg_opclass", include_str!("postgres/pg_opclass.tsv")),
    ("pg_operator", include_str!("postgres/pg_operator.tsv")),
    ("pg_opfamily", include_str!("postgres/pg_opfamily.tsv")),
    ("pg_proc", include_str!("postgres/pg_proc.tsv")),
    ("pg_range", include_str!("postgres/pg_range.tsv")),
    ("pg_type", include_str!("postgres/pg_type.tsv")),
];

/// Puts them there. `version` is the server's own name and version.
///
/// # Errors
/// When DuckDB does not take them.
pub(crate) fn define(control: &Connection, version: &str) -> Result<(), Error> {
    control.add_catalog(&FACTS, |logical| {
        let field = encode::field_type(logical);
        (field.oid, field.modifier)
    })?;
    let functions = FUNCTIONS.replace("{version}", &version.replace('\'', "''"));
    control.define(&functions.replace("{engine}", &Instance::version()))?;
    for functions in POSTGRES {
        control.define(functions)?;
    }
    control.execute(&format!("ATTACH ':memory:' AS {INFORMATION}"))?;
    control.execute(&INFORMATION_VIEWS.replace("{engine}", &Instance::version()))?;
    control.define(CATALOG_FUNCTIONS)?;
    views::define(control)
}
