//! Where result columns come from.

use engine::{Connection, Value};

use super::{connection, run};

/// For each column `table.place`, or nothing.
fn origins(connection: &Connection, sql: &str) -> Vec<Option<String>> {
    let statement = connection.prepare_sql(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let place = |origin: engine::Origin| format!("{}.{}", origin.table, origin.column_index);
    statement.origins().into_iter().map(|origin| origin.map(place)).collect()
}

#[test]
fn columns_are_followed_to_their_table() {
    let connection = connection();
    connection
        .execute(
            "CREATE TABLE t (i INTEGER, s VARCHAR, d DATE);
             CREATE TABLE u (d DATE, i INTEGER);
             CREATE VIEW v AS SELECT s AS renamed, i + 1 AS more, d FROM t",
        )
        .unwrap();
    for (sql, expected) in [
        ("FROM t", &["t.0", "t.1", "t.2"][..]),
        ("SELECT d, i AS other, i + 0, 1, 'x' FROM t", &["t.2", "t.0", "", "", ""]),
        ("SELECT s, i FROM t WHERE i > $1 ORDER BY d LIMIT 3", &["t.1", "t.0"]),
        ("SELECT DISTINCT s FROM t", &["t.1"]),
        ("SELECT x.s, u.d, u.i FROM t x JOIN u ON x.i = u.i", &["t.1", "u.0", "u.1"]),
        ("SELECT * FROM t JOIN u USING (i)", &["t.0", "t.1", "t.2", "u.0"]),
        ("FROM v", &["t.1", "", "t.2"]),
        ("SELECT q.a FROM (SELECT s AS a, i FROM t) q", &["t.1"]),
        ("SELECT s, count(*), max(i) FROM t GROUP BY s", &["t.1", "", ""]),
        ("SELECT s FROM t GROUP BY ROLLUP (s)", &[""]),
        ("SELECT i FROM t UNION ALL SELECT i FROM u", &[""]),
        ("SELECT rowid FROM t", &[""]),
        ("SELECT range FROM range(3)", &[""]),
        ("SELECT (SELECT max(i) FROM u), s FROM t", &["", "t.1"]),
        ("SELECT upper(s), s::BLOB FROM t", &["", ""]),
    ] {
        let found = origins(&connection, sql);
        let found: Vec<_> = found.iter().map(|origin| origin.as_deref().unwrap_or_default()).collect();
        assert_eq!(found, expected, "{sql}");
    }
}

#[test]
fn origins_name_database_schema_and_number() {
    let first = connection();
    first
        .execute("ATTACH ':memory:' AS other; CREATE SCHEMA other.s; CREATE TABLE other.s.t (i INTEGER)")
        .unwrap();
    let statement = first.prepare_sql("SELECT i FROM other.s.t").unwrap();
    let origin = statement.origins().remove(0).unwrap();
    assert_eq!((origin.catalog.as_str(), origin.schema.as_str(), origin.table.as_str()), ("other", "s", "t"));
    // Made of the name: the same in every instance, and above PostgreSQL's own.
    let second = connection();
    second.execute("CREATE SCHEMA s; CREATE TABLE s.u (i INTEGER); CREATE TABLE s.t (i INTEGER)").unwrap();
    let oids = |sql: &str| {
        let statement = second.prepare_sql(sql).unwrap();
        statement.origins().into_iter().map(|origin| origin.unwrap().table_oid).collect::<Vec<_>>()
    };
    assert_eq!(oids("SELECT i FROM s.t"), [origin.table_oid]);
    assert_ne!(oids("SELECT i FROM s.u"), [origin.table_oid]);
    assert!(origin.table_oid >= 16384, "{}", origin.table_oid);
}

#[test]
fn origins_of_one_statement_are_not_the_nexts() {
    let connection = connection();
    connection.execute("CREATE TABLE t (i INTEGER)").unwrap();
    assert_eq!(origins(&connection, "FROM t"), [Some("t.0".to_owned())]);
    assert_eq!(origins(&connection, "SELECT $1"), [None]);
    let mut statement = connection.prepare_sql("SELECT i FROM t WHERE i = $1").unwrap();
    statement.bind(0, &Value::Integer(1)).unwrap();
    run(&mut statement).unwrap();
    assert!(statement.origins()[0].is_some(), "kept across a rebind");
    assert_eq!(origins(&connection, "SHOW TABLES"), [None]);
}
