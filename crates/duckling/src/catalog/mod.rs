//! What the system catalog has beside DuckDB's own entries: functions that tools call (`functions.sql`), the database in
//! which the server tells of itself (`information.sql`), and a `pg_catalog` that shows the connected database alone.

use engine::{Connection, Error, Instance};

use crate::{platform::INFORMATION, sql::quote_text};

const FUNCTIONS: &str = include_str!("functions.sql");
/// PostgreSQL's functions that DuckDB lacks, by what they are about.
const POSTGRES: [&str; 5] = [
    include_str!("strings.sql"),
    include_str!("arrays.sql"),
    include_str!("json.sql"),
    include_str!("dates.sql"),
    include_str!("server.sql"),
];
const INFORMATION_VIEWS: &str = include_str!("information.sql");

/// What DuckDB's views in `pg_catalog` are made of. Each has a column `database_name`.
const SOURCES: [&str; 6] = [
    "duckdb_tables()",
    "duckdb_views()",
    "duckdb_columns()",
    "duckdb_constraints()",
    "duckdb_indexes()",
    "duckdb_sequences()",
];

/// Puts them there. `version` is the server's own name and version.
///
/// # Errors
/// When DuckDB does not take them.
pub(crate) fn define(control: &Connection, version: &str) -> Result<(), Error> {
    let functions = FUNCTIONS.replace("{version}", &version.replace('\'', "''"));
    control.define(&functions.replace("{engine}", &Instance::version()))?;
    for functions in POSTGRES {
        control.define(functions)?;
    }
    control.execute(&format!("ATTACH ':memory:' AS {INFORMATION}"))?;
    control.execute(&INFORMATION_VIEWS.replace("{engine}", &Instance::version()))?;
    scope_pg_catalog(control)
}

/// PostgreSQL's catalogs are those of one database; DuckDB's views show all that are attached.
fn scope_pg_catalog(control: &Connection) -> Result<(), Error> {
    let views =
        "SELECT sql FROM duckdb_views() WHERE database_name = 'system' AND schema_name = 'pg_catalog'";
    for view in control.texts(views)? {
        let mut scoped = view.replacen("CREATE TEMP VIEW", "CREATE OR REPLACE VIEW", 1);
        for source in SOURCES {
            let here = "database_name IN (current_database(), 'system', 'temp')";
            scoped = scoped.replace(source, &format!("(SELECT * FROM {source} WHERE {here})"));
        }
        if scoped.contains("current_database(), 'system'") {
            control.define(&scoped)?;
        }
    }
    // One row for each database of the account, and none for what belongs to the server.
    control.define(&format!(
        "CREATE OR REPLACE VIEW pg_catalog.pg_database AS
         SELECT database_oid AS oid, database_name AS datname, 0 AS datdba, 6 AS encoding, 'c' AS datlocprovider,
             false AS datistemplate, true AS datallowconn, -1 AS datconnlimit, 0 AS dattablespace, 'C' AS datcollate,
             'C' AS datctype, NULL::VARCHAR[] AS datacl
         FROM duckdb_databases() WHERE NOT internal AND database_name <> {}",
        quote_text(INFORMATION)
    ))
}
