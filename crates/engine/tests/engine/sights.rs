//! What DuckDB's own functions show a connection: the databases that its guard says it sees, and what is in them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use engine::{AllowAll, Connection, Guard, Instance, Touch};

use super::{bigint, instance, run};

/// Sees some databases, and remembers which it was asked about.
struct Sees {
    databases: BTreeSet<&'static str>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Guard for Sees {
    fn judge(&mut self, _touches: &[Touch]) -> Result<(), String> {
        Ok(())
    }

    fn sees(&mut self, database: &str) -> bool {
        self.asked.lock().unwrap().push(database.to_owned());
        self.databases.contains(database)
    }
}

struct Eyes {
    connection: Connection,
    asked: Arc<Mutex<Vec<String>>>,
}

fn seeing(instance: &Instance, databases: &[&'static str]) -> Eyes {
    let asked = Arc::default();
    let databases = databases.iter().copied().collect();
    let connection = instance.connect(Sees { databases, asked: Arc::clone(&asked) }).unwrap();
    connection.set_option("search_path", "alfa.main").unwrap();
    Eyes { connection, asked }
}

/// Three databases that have one of everything, named after them.
fn furnished() -> Instance {
    let instance = instance();
    let connection = instance.connect(AllowAll).unwrap();
    for name in ["alfa", "bravo", "charlie"] {
        connection
            .execute(&format!(
                "ATTACH ':memory:' AS {name}; USE {name};
                 CREATE SCHEMA s_{name}; CREATE TABLE s_{name}.t_{name}(c_{name} INTEGER PRIMARY KEY);
                 CREATE VIEW v_{name} AS SELECT * FROM s_{name}.t_{name};
                 CREATE INDEX i_{name} ON s_{name}.t_{name}(c_{name}); CREATE SEQUENCE q_{name};
                 CREATE TYPE e_{name} AS ENUM ('x'); CREATE MACRO m_{name}() AS 1"
            ))
            .unwrap();
    }
    instance
}

/// Everything that a query answers, as one text.
fn everything(connection: &Connection, sql: &str) -> String {
    let mut statement = connection.prepare_sql(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let chunks = run(&mut statement).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let mut text = String::new();
    for chunk in &chunks {
        for column in 0..chunk.column_count() {
            let Some(strings) = chunk.column(column).unwrap().strings() else { continue };
            for row in 0..chunk.len() {
                text.push_str(&String::from_utf8_lossy(strings.bytes(row)));
                text.push('\n');
            }
        }
    }
    text
}

/// Each as text columns only, so that nothing of an answer is missed.
const SHOWN: &[&str] = &[
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_databases()",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_schemas()",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_tables()",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_views()",
    "SELECT view_name, upper(database_name) FROM duckdb_views() WHERE NOT internal",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_columns()",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_constraints()",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_indexes()",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_sequences()",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_types()",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_functions()",
    "SELECT COLUMNS(*)::VARCHAR FROM pragma_database_size()",
    "SELECT COLUMNS(*)::VARCHAR FROM pragma_database_list",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_dependencies()",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_coordinate_systems()",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_memory()",
    "SELECT COLUMNS(*)::VARCHAR FROM duckdb_settings()",
    "SELECT COLUMNS(*)::VARCHAR FROM pragma_collations()",
    "SELECT COLUMNS(*)::VARCHAR FROM information_schema.tables",
    "SELECT COLUMNS(*)::VARCHAR FROM information_schema.columns",
    "SELECT COLUMNS(*)::VARCHAR FROM information_schema.schemata",
    "SELECT COLUMNS(*)::VARCHAR FROM information_schema.table_constraints",
    "SELECT COLUMNS(*)::VARCHAR FROM information_schema.key_column_usage",
    "SELECT COLUMNS(*)::VARCHAR FROM pg_catalog.pg_class",
    "SELECT COLUMNS(*)::VARCHAR FROM pg_catalog.pg_attribute",
    "SELECT COLUMNS(*)::VARCHAR FROM pg_catalog.pg_database",
    "SELECT COLUMNS(*)::VARCHAR FROM pg_catalog.pg_namespace",
    "SELECT COLUMNS(*)::VARCHAR FROM pg_catalog.pg_type",
    "SELECT COLUMNS(*)::VARCHAR FROM pg_catalog.pg_tables",
    "SELECT COLUMNS(*)::VARCHAR FROM pg_catalog.pg_views",
    "SELECT COLUMNS(*)::VARCHAR FROM sqlite_master",
    "SHOW DATABASES",
    "PRAGMA show_databases",
    "PRAGMA database_list",
    "PRAGMA database_size",
    "SHOW TABLES",
    "SHOW TABLES FROM bravo",
    "SHOW TABLES FROM bravo.s_bravo",
    "SELECT schema_name FROM duckdb_schemas",
    "SELECT COLUMNS(*)::VARCHAR FROM (SHOW ALL TABLES)",
    "PRAGMA show_tables_expanded",
];

#[test]
fn nothing_of_what_is_not_seen_is_shown() {
    let instance = furnished();
    let some = seeing(&instance, &["alfa", "charlie"]);
    let all = seeing(&instance, &["alfa", "bravo", "charlie", "memory", "system", "temp"]);
    let mut told = 0;
    for sql in SHOWN {
        let shown = everything(&some.connection, sql);
        assert!(!shown.contains("bravo") && !shown.contains("BRAVO"), "{sql}: {shown}");
        told += usize::from(everything(&all.connection, sql).to_lowercase().contains("bravo"));
    }
    // the guard is what made the difference
    assert!(told > 20, "{told}");
    assert!(everything(&some.connection, "SHOW DATABASES").contains("charlie"));
    assert!(everything(&some.connection, "FROM duckdb_functions()").contains("m_charlie"));
}

#[test]
fn a_scan_asks_once_for_each_database() {
    let instance = furnished();
    let eyes = seeing(&instance, &["alfa"]);
    for sql in ["SELECT count(*) FROM duckdb_columns()", "SELECT count(*) FROM duckdb_functions()"] {
        eyes.asked.lock().unwrap().clear();
        bigint(&eyes.connection, sql);
        let asked = eyes.asked.lock().unwrap().clone();
        let databases = ["memory", "alfa", "charlie", "bravo"];
        assert!(asked.iter().all(|name| databases.contains(&name.as_str())), "{sql}: {asked:?}");
        // What the binder has opened is asked about once more when it has done so.
        let most = databases.iter().map(|name| asked.iter().filter(|other| other == name).count()).max();
        assert!(most <= Some(2), "{sql}: {asked:?}");
    }
    // these two are everybody's, but for the list of databases
    assert!(
        bigint(&eyes.connection, "SELECT count(*) FROM duckdb_functions() WHERE database_name = 'system'")
            > 500
    );
    assert_eq!(everything(&eyes.connection, "SELECT database_name FROM duckdb_databases()"), "alfa\n");
}

#[test]
fn projections_and_filters_stay_right() {
    let instance = furnished();
    let eyes = seeing(&instance, &["alfa", "bravo"]);
    for (sql, expected) in [
        ("SELECT count(*) FROM duckdb_views() WHERE view_name = 'v_bravo'", 1),
        ("SELECT count(*) FROM duckdb_views() WHERE view_name = 'v_charlie'", 0),
        ("SELECT count(*) FROM duckdb_views WHERE database_name = 'alfa' AND NOT internal", 1),
        ("SELECT count(*) FROM duckdb_tables() t JOIN duckdb_schemas() s ON s.oid = t.schema_oid", 2),
        ("SELECT sum(length(view_name))::BIGINT FROM duckdb_views()  WHERE NOT internal", 13),
    ] {
        assert_eq!(bigint(&eyes.connection, sql), expected, "{sql}");
    }
}

/// What DuckDB suggests may come from any database. With this option of a connection it looks no further than it has
/// searched.
#[test]
fn suggestions_can_be_kept_to_what_was_searched() {
    let instance = furnished();
    let eyes = seeing(&instance, &["alfa"]);
    let suggested = |sql: &str| match eyes.connection.prepare_sql(sql) {
        Ok(_) => panic!("{sql} did not fail"),
        Err(error) => format!("{error:?}"),
    };
    let names =
        ["SELECT * FROM t_brav", "SELECT m_brav()", "SELECT nextval('q_brav')", "SELECT NULL::e_brav"];
    assert!(names.iter().any(|sql| suggested(sql).contains("bravo")));
    eyes.connection.set_option("catalog_error_max_schemas", "0").unwrap();
    for sql in names {
        let error = suggested(sql);
        assert!(!error.contains("bravo"), "{sql}: {error}");
    }
}
