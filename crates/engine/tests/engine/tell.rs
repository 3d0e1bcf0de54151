//! Statements that ask their connection's guard: the scalar function, and macros made from it.

use engine::{AllowAll, Chunk, Connection, ErrorKind, Guard, Instance, Touch};

use super::{instance, run, text};

/// Answers differently each time, and by its own name.
struct Tells {
    name: &'static str,
    calls: u32,
}

impl Guard for Tells {
    fn judge(&mut self, _touches: &[Touch]) -> Result<(), String> {
        Ok(())
    }

    fn tell(&mut self, topic: &str) -> Result<String, String> {
        self.calls += 1;
        match topic {
            "user" | "setting:application_name" => Ok(self.name.to_owned()),
            "calls" => Ok(self.calls.to_string()),
            "all_databases" => Ok(format!(
                r#"[{{"alias":"{}_db","is_attached":true}},{{"alias":"call {}","is_attached":false}}]"#,
                self.name, self.calls
            )),
            "nothing" => Ok("[]".to_owned()),
            "panic" => panic!("a guard that fails"),
            _ => Err(format!("\"{topic}\" is unknown here")),
        }
    }
}

fn telling(instance: &Instance, name: &'static str) -> Connection {
    instance.connect(Tells { name, calls: 0 }).unwrap()
}

/// A table macro over a topic: its columns are there with no rows, too.
fn table_macro(name: &str, topic: &str, columns: &str) -> String {
    format!(
        "CREATE MACRO {name}() AS TABLE
         SELECT u.* FROM (SELECT unnest(from_json(__pintail_tell('{topic}'), '[{columns}]')) AS u)"
    )
}

fn defined() -> Instance {
    let instance = instance();
    let connection = instance.connect(AllowAll).unwrap();
    let columns = r#"{"alias":"VARCHAR","is_attached":"BOOLEAN"}"#;
    connection.define(&table_macro("md_all_databases", "all_databases", columns)).unwrap();
    connection.define(&table_macro("md_none", "nothing", columns)).unwrap();
    for name in ["current_user", "session_user", "user"] {
        connection.define(&format!("CREATE MACRO {name}() AS __pintail_tell('user')")).unwrap();
    }
    connection.execute("ATTACH ':memory:' AS other; CREATE SCHEMA other.s").unwrap();
    instance
}

fn first_column(chunks: &[Chunk]) -> Vec<String> {
    let mut values = Vec::new();
    for chunk in chunks {
        let strings = chunk.column(0).unwrap().strings().unwrap();
        for row in 0..chunk.len() {
            values.push(String::from_utf8(strings.bytes(row).to_vec()).unwrap());
        }
    }
    values
}

#[test]
fn a_table_macro_tells_each_connection_its_own() {
    let instance = defined();
    let (anna, ben) = (telling(&instance, "anna"), telling(&instance, "ben"));
    for (connection, name) in [(&anna, "anna_db"), (&ben, "ben_db")] {
        for sql in [
            "FROM md_all_databases()",
            "SELECT * FROM md_all_databases()",
            "SELECT alias, is_attached FROM system.main.md_all_databases() WHERE is_attached",
            "SELECT d.alias FROM md_all_databases() AS d JOIN (SELECT 1) ON true ORDER BY alias DESC",
            "WITH a AS (FROM main.md_all_databases()) FROM a",
        ] {
            for path in ["memory.main", "other.s"] {
                connection.set_option("search_path", path).unwrap();
                let mut statement = connection.prepare_sql(sql).unwrap();
                assert_eq!(statement.columns()[0].name, "alias", "{sql}");
                let values = first_column(&run(&mut statement).unwrap());
                assert!(values.contains(&name.to_owned()), "{sql}: {values:?}");
            }
        }
    }
}

#[test]
fn a_prepared_statement_asks_each_time() {
    let instance = defined();
    let connection = telling(&instance, "anna");
    for sql in
        ["SELECT alias FROM md_all_databases() WHERE NOT is_attached", "SELECT __pintail_tell('calls')"]
    {
        let mut statement = connection.prepare_sql(sql).unwrap();
        let first = first_column(&run(&mut statement).unwrap());
        let second = first_column(&run(&mut statement).unwrap());
        assert_ne!(first, second, "{sql}");
    }
}

#[test]
fn no_rows_have_columns_too() {
    let instance = defined();
    let connection = telling(&instance, "anna");
    let mut statement = connection.prepare_sql("SELECT * FROM md_none()").unwrap();
    let names: Vec<_> = statement.columns().iter().map(|column| column.name.clone()).collect();
    assert_eq!(names, ["alias", "is_attached"]);
    assert!(first_column(&run(&mut statement).unwrap()).is_empty());
}

#[test]
fn names_of_users_and_settings_are_told() {
    let instance = defined();
    let connection = telling(&instance, "anna");
    for sql in [
        "SELECT current_user",
        "SELECT current_user()",
        "SELECT user",
        "SELECT session_user",
        "SELECT current_setting('application_name')",
        "SELECT current_setting('application' || '_name')",
        "SELECT current_setting(s) FROM (VALUES ('application_name')) v(s)",
        "SELECT current_setting('application_name', true)",
        "SELECT coalesce(current_setting('nothing', true), 'anna')",
        "SELECT coalesce(current_setting(NULL), 'anna')",
        "SELECT main.current_setting('application_name')",
        "SELECT DISTINCT __pintail_tell('user') FROM range(10000)",
    ] {
        assert_eq!(text(&connection, sql), "anna", "{sql}");
    }
    let error =
        run(&mut connection.prepare_sql("SELECT current_setting('threads')").unwrap()).map(drop).unwrap_err();
    assert!(error.is_untold(), "{error:?}");
    assert_eq!(error.kind, ErrorKind::InvalidInput);
    assert_eq!(error.message, "\"setting:threads\" is unknown here");
    for sql in ["SELECT current_setting('nothing', false)", "SELECT __pintail_tell('{\"x\": 1}')"] {
        let error = run(&mut connection.prepare_sql(sql).unwrap()).map(drop).unwrap_err();
        assert!(error.is_untold(), "{sql}: {error:?}");
    }
    connection.execute("SELECT 1").unwrap();
}

#[test]
fn many_threads_ask_at_once() {
    let instance = defined();
    let connection = telling(&instance, "anna");
    connection.execute("CREATE TABLE t AS SELECT range AS i FROM range(500000)").unwrap();
    let branch = "SELECT count(*) AS n FROM t WHERE __pintail_tell('user') = 'anna' AND i % 2 = length(__pintail_tell('user')) % 2";
    let branches = [branch; 4].join(" UNION ALL ");
    assert_eq!(super::bigint(&connection, &format!("SELECT sum(n)::BIGINT FROM ({branches})")), 1_000_000);
    // while a statement is bound and planned
    assert_eq!(super::bigint(&connection, "SELECT count(*) FROM range(length(__pintail_tell('user')))"), 4);
    assert_eq!(text(&connection, "SELECT 'x' LIMIT length(__pintail_tell('user'))"), "x");
}

#[test]
fn a_guard_that_panics_tells_nothing() {
    let instance = defined();
    let connection = telling(&instance, "anna");
    let error = connection.execute("SELECT __pintail_tell('panic')").unwrap_err();
    assert!(error.is_untold(), "{error:?}");
    assert!(connection.execute("SELECT 1").unwrap_err().is_refusal());
}

/// DuckDB replays a log on a connection that has no guard.
#[test]
fn a_log_with_defaults_that_ask_is_replayed() {
    let directory = std::env::temp_dir().join(format!("pintail-tell-{}", std::process::id()));
    let copy = directory.join("copy");
    std::fs::create_dir_all(&copy).unwrap();
    let instance = defined();
    let connection = telling(&instance, "anna");
    connection.execute(&format!("ATTACH '{}/a.duckdb' AS a; USE a", directory.display())).unwrap();
    connection
        .execute(
            "CREATE TABLE t(i INTEGER, u VARCHAR DEFAULT current_user); INSERT INTO t(i) VALUES (1);
             ALTER TABLE t ADD COLUMN v VARCHAR; ALTER TABLE t ALTER v SET DEFAULT __pintail_tell('user');
             INSERT INTO t(i) VALUES (2)",
        )
        .unwrap();
    for file in ["a.duckdb", "a.duckdb.wal"] {
        std::fs::copy(directory.join(file), copy.join(file)).unwrap();
    }
    let second = defined();
    let control = second.connect(AllowAll).unwrap();
    control.execute(&format!("ATTACH '{}/a.duckdb' AS a; USE a", copy.display())).unwrap();
    second.seal();
    let ben = telling(&second, "ben");
    ben.execute("USE a; INSERT INTO t(i) VALUES (3)").unwrap();
    assert_eq!(text(&ben, "SELECT string_agg(u, ' ' ORDER BY i) FROM t"), "anna anna ben");
    std::fs::remove_dir_all(&directory).unwrap();
}
