//! A table or view that is not where DuckDB looks is looked for in the other schemas of its database.

use engine::{AllowAll, Connection, Error, ErrorKind, Guard, Instance, Operator, Touch};

use super::{bigint, instance, run, text};

/// `a` is current. Of each database, `far` alone has `only_…`, `near` alone `seen_…`, both have `twice`.
fn furnished() -> (Instance, Connection) {
    let instance = instance();
    let connection = instance.connect(AllowAll).unwrap();
    for database in ["a", "b"] {
        connection
            .execute(&format!(
                "ATTACH ':memory:' AS {database}; USE {database}; CREATE SCHEMA far; CREATE SCHEMA near;
                 CREATE TABLE far.only_{database} AS SELECT 7::BIGINT AS i, '{database}' AS name;
                 CREATE VIEW near.seen_{database} AS SELECT i + 1 AS i FROM far.only_{database};
                 CREATE TABLE far.twice(i BIGINT); CREATE TABLE near.twice(i BIGINT);
                 CREATE TABLE main.own AS SELECT 1::BIGINT AS i; CREATE TABLE far.own AS SELECT 2::BIGINT AS i"
            ))
            .unwrap();
    }
    connection.execute("USE a").unwrap();
    (instance, connection)
}

fn fails(connection: &Connection, sql: &str) -> Error {
    match connection.prepare_sql(sql).and_then(|mut statement| run(&mut statement)) {
        Ok(_) => panic!("{sql} did not fail"),
        Err(error) => error,
    }
}

/// As a session runs a statement: parsed, prepared, executed.
fn execute(connection: &Connection, sql: &str) {
    for parsed in connection.extract(sql).unwrap() {
        let mut statement = connection.prepare(&parsed).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        run(&mut statement).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
}

#[test]
fn queries_find_one_match() {
    let (_instance, connection) = furnished();
    for (sql, expected) in [
        ("SELECT i FROM only_a", 7),
        ("SELECT only_a.i FROM only_a", 7),
        ("FROM seen_a", 8),
        ("SELECT o.i FROM a.only_a AS o", 7),
        ("SELECT i FROM b.only_b", 7),
        ("SELECT i FROM B.Only_B", 7),
        ("SELECT x.i + y.i FROM only_a x JOIN b.seen_b y ON x.i + 1 = y.i", 15),
        ("WITH w AS (FROM only_a) SELECT i FROM w", 7),
        ("WITH only_a AS (SELECT 3::BIGINT AS i) SELECT i FROM only_a", 3),
        ("SELECT (SELECT max(i) FROM only_a) FROM own", 7),
        ("SELECT i FROM own", 1),
        ("SELECT i FROM a.own", 1),
        ("SELECT i FROM far.own", 2),
        ("SELECT count(*) FROM (DESCRIBE only_a)", 2),
        ("SELECT j FROM only_a AS t(j, n)", 7),
    ] {
        assert_eq!(bigint(&connection, sql), expected, "{sql}");
    }
    assert_eq!(text(&connection, "DESCRIBE only_a"), "i");
    assert_eq!(text(&connection, "DESCRIBE b.only_b"), "i");
    assert_eq!(text(&connection, "SUMMARIZE only_a"), "i");
    connection.execute("USE a.near").unwrap();
    assert_eq!(bigint(&connection, "SELECT i FROM own"), 1, "main is on every path");
    assert_eq!(bigint(&connection, "SELECT i FROM only_a"), 7);
}

#[test]
fn several_matches_are_an_error_and_none_is_duckdbs() {
    let (_instance, connection) = furnished();
    for sql in [
        "FROM twice",
        "FROM b.twice",
        "DESCRIBE twice",
        "INSERT INTO twice VALUES (1)",
        "UPDATE twice SET i = 1",
        "DELETE FROM twice",
        "ALTER TABLE twice ADD COLUMN x INTEGER",
        "DROP TABLE twice",
        "COPY twice FROM '/nowhere.csv'",
        "CREATE INDEX n ON twice(i)",
        "CREATE VIEW v AS FROM twice",
        "CREATE TABLE n AS FROM twice",
    ] {
        let error = fails(&connection, sql);
        assert!(error.is_ambiguous_table(), "{sql}: {error:?}");
        assert_eq!(error.kind, ErrorKind::Binder, "{sql}");
        assert_eq!(error.name.as_deref(), Some("twice"), "{sql}");
        assert_eq!(
            error.message, r#"table "twice" is ambiguous: it exists in schemas "far", "near""#,
            "{sql}"
        );
        let database = if sql.contains("b.") { "b" } else { "a" };
        assert_eq!(
            error.candidates,
            [format!("{database}.far.twice"), format!("{database}.near.twice")],
            "{sql}"
        );
    }
    for sql in [
        "FROM only_b",
        "FROM nothing",
        "FROM b.nothing",
        "FROM near.only_a",
        "FROM a.near.only_a",
        "FROM system.only_a",
        "INSERT INTO nothing VALUES (1)",
        "DROP TABLE nothing",
        "DROP TABLE near.only_a",
    ] {
        assert_eq!(fails(&connection, sql).kind, ErrorKind::Catalog, "{sql}");
    }
    let error = fails(&connection, "FROM 'nothing.parquet'");
    assert_eq!(error.kind, ErrorKind::Io, "files stay DuckDB's: {error:?}");
    connection.execute("CREATE TABLE far.\"x.parquet\" AS SELECT 5::BIGINT AS i").unwrap();
    assert_eq!(bigint(&connection, "SELECT i FROM \"x.parquet\""), 5);
}

#[test]
fn what_changes_tables_finds_them() {
    let (_instance, connection) = furnished();
    for (sql, expected) in [
        ("INSERT INTO only_a VALUES (10, 'x')", 17),
        ("INSERT INTO a.only_a SELECT i, name FROM b.only_b", 24),
        ("UPDATE only_a SET i = only_a.i + 1 WHERE only_a.name = 'x'", 25),
        ("UPDATE only_a SET i = o.i FROM b.only_b AS o WHERE only_a.name = 'x'", 21),
        ("DELETE FROM only_a USING own WHERE only_a.name = 'x'", 14),
        ("MERGE INTO only_a USING own ON only_a.i = 7 WHEN MATCHED THEN UPDATE SET i = 8", 16),
        ("ALTER TABLE only_a ADD COLUMN more INTEGER DEFAULT 3", 16),
        ("ALTER TABLE only_a ADD COLUMN computed BIGINT DEFAULT (1 + 2)", 16),
        ("COMMENT ON TABLE only_a IS 'c'; COMMENT ON COLUMN only_a.i IS 'd'", 16),
        ("CREATE INDEX n ON only_a(name)", 16),
        ("ANALYZE only_a", 16),
        ("EXPLAIN INSERT INTO only_a(i) VALUES (1)", 16),
        ("TRUNCATE only_a", -1),
    ] {
        execute(&connection, sql);
        assert_eq!(
            bigint(&connection, "SELECT coalesce(sum(i), -1)::BIGINT FROM far.only_a"),
            expected,
            "{sql}"
        );
    }
    execute(&connection, "DROP INDEX far.n; ALTER TABLE only_a RENAME TO renamed");
    execute(&connection, "DROP TABLE renamed; ALTER VIEW seen_a RENAME TO other; DROP VIEW other");
    assert_eq!(bigint(&connection, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'renamed'"), 0);
    // asks for nothing but what is there
    execute(&connection, "DROP TABLE IF EXISTS only_b; DROP TABLE IF EXISTS b.only_b");
    assert_eq!(bigint(&connection, "SELECT i FROM b.only_b"), 7);
    // makes a new one here
    execute(&connection, "CREATE TABLE b.only_b AS SELECT 1::BIGINT AS i");
    assert_eq!(bigint(&connection, "SELECT i FROM b.only_b"), 1);
}

#[test]
fn prepared_statements_and_loads_find_them() {
    let (_instance, connection) = furnished();
    let mut insert = connection.prepare_sql("INSERT INTO only_a(i) VALUES ($1) RETURNING i").unwrap();
    for value in [1, 2] {
        insert.bind(0, &engine::Value::BigInt(value)).unwrap();
        run(&mut insert).unwrap();
    }
    let mut select = connection.prepare_sql("SELECT sum(i)::BIGINT FROM only_a").unwrap();
    let sum = |statement: &mut engine::Statement| {
        run(statement).unwrap()[0].column(0).unwrap().values::<i64>().unwrap()[0]
    };
    assert_eq!(sum(&mut select), 10);
    connection
        .execute("ALTER TABLE far.only_a ADD COLUMN more INTEGER; CREATE TABLE near.only_c AS SELECT 1")
        .unwrap();
    assert_eq!(sum(&mut select), 10);

    let columns = [("i", engine::LogicalType::BigInt)];
    let mut appender =
        connection.appender("INSERT INTO only_a (i) SELECT i FROM appended_data", &columns).unwrap();
    let mut chunk = engine::ChunkBuilder::new(&[engine::LogicalType::BigInt]).unwrap();
    chunk.column_mut(0).unwrap().values_mut::<i64>().unwrap()[0] = 90;
    chunk.set_len(1);
    appender.append(&chunk).unwrap();
    appender.flush().unwrap();
    assert_eq!(sum(&mut select), 100);
    let error = connection.appender("INSERT INTO twice FROM appended_data", &columns).map(drop).unwrap_err();
    assert!(error.is_ambiguous_table(), "{error:?}");
}

#[test]
fn views_find_them_from_everywhere() {
    let (_instance, connection) = furnished();
    execute(&connection, "CREATE VIEW v AS SELECT only_a.i FROM only_a WHERE i IN (SELECT i FROM only_a)");
    execute(&connection, "CREATE VIEW far.w AS WITH only_a AS (SELECT 3::BIGINT AS i) SELECT i FROM only_a");
    execute(&connection, "CREATE VIEW b.far.x AS SELECT i FROM only_a");
    execute(&connection, "CREATE VIEW near.y AS SELECT i FROM own UNION ALL SELECT i FROM b.only_b");
    execute(
        &connection,
        "USE a.far; CREATE VIEW near.u AS SELECT i FROM own; CREATE VIEW b.far.t AS SELECT i FROM own; USE a.main",
    );
    execute(&connection, "CREATE TEMP VIEW z AS SELECT i FROM only_a");
    execute(&connection, "CREATE MACRO far.m() AS TABLE SELECT i FROM only_a");
    assert_eq!(bigint(&connection, "SELECT i FROM far.m()"), 7);
    for path in ["a.main", "b.main", "memory.main"] {
        connection.set_option("search_path", path).unwrap();
        for (sql, expected) in [
            ("SELECT i FROM a.main.v", 7),
            ("SELECT i FROM a.far.w", 3),
            ("SELECT i FROM b.far.x", 7),
            ("SELECT sum(i)::BIGINT FROM a.near.y", 8),
            ("SELECT i FROM z", 7),
            ("SELECT i FROM a.near.u", 2),
            ("SELECT i FROM b.far.t", 2),
        ] {
            assert_eq!(bigint(&connection, sql), expected, "{sql} from {path}");
        }
    }
    let stored = "SELECT sql FROM duckdb_views() WHERE view_name = 'v'";
    assert!(!text(&connection, stored).contains("a.far"), "{}", text(&connection, stored));
}

/// Refuses what reads `only_a`, and sees the database `a` alone.
struct Strict;

impl Guard for Strict {
    fn judge(&mut self, touches: &[Touch]) -> Result<(), String> {
        let is_bad = |touch: &Touch| touch.operator == Operator::TableScan && touch.name == "only_a";
        if touches.iter().any(is_bad) { Err("not this one".to_owned()) } else { Ok(()) }
    }

    fn sees(&mut self, database: &str) -> bool {
        database == "a"
    }
}

#[test]
fn what_is_found_is_judged_and_what_is_not_seen_is_not_found() {
    let (instance, _connection) = furnished();
    let connection = instance.connect(Strict).unwrap();
    connection.set_option("search_path", "a.main").unwrap();
    assert!(fails(&connection, "FROM only_a").is_refusal());
    for sql in ["FROM b.only_b", "FROM b.twice", "INSERT INTO b.only_b VALUES (1, 'x')"] {
        assert_eq!(fails(&connection, sql).kind, ErrorKind::Catalog, "{sql}");
    }
}

#[test]
fn an_aborted_transaction_says_so() {
    let (_instance, connection) = furnished();
    execute(&connection, "BEGIN");
    execute(&connection, "INSERT INTO only_a(i) VALUES (1)");
    let error = fails(&connection, "INSERT INTO only_a(i) VALUES ('x'::BIGINT)");
    assert_eq!(error.kind, ErrorKind::Conversion, "{error:?}");
    execute(&connection, "ROLLBACK");
    assert_eq!(bigint(&connection, "SELECT count(*) FROM only_a"), 1);
}
