//! The plan guard sees everything, wherever it hides, and its word is final.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use engine::{AllowAll, Connection, ErrorKind, Guard, Instance, Operator, StatementKind, Touch, Value};

use super::{instance, run};

/// Keeps what it saw; refuses while told to.
#[derive(Clone, Default)]
struct Spy {
    seen: Arc<Mutex<Vec<Touch>>>,
    refused: Arc<Mutex<Option<String>>>,
}

impl Guard for Spy {
    fn judge(&mut self, touches: &[Touch]) -> Result<(), String> {
        self.seen.lock().unwrap().extend_from_slice(touches);
        self.refused.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

impl Spy {
    /// What binding the statement touches; the statement itself is refused, unless it does not even bind.
    fn look(&self, connection: &Connection, sql: &str) -> Vec<Touch> {
        self.seen.lock().unwrap().clear();
        *self.refused.lock().unwrap() = Some("seen".to_owned());
        let pieces = connection.extract(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        for (index, parsed) in pieces.iter().enumerate() {
            let error = connection.prepare(parsed).map(|_| ()).expect_err(sql);
            if index > 0 && !error.is_refusal() {
                break; // a later piece of an expansion may need what an earlier one does
            }
            assert!(error.is_refusal(), "{sql}: {error:?}");
            assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Permission, "seen"), "{sql}");
        }
        *self.refused.lock().unwrap() = None;
        self.seen.lock().unwrap().clone()
    }
}

fn spied() -> (Instance, Connection, Spy) {
    let instance = instance();
    let spy = Spy::default();
    let connection = instance.connect(spy.clone()).unwrap();
    connection
        .execute(
            "CREATE TABLE t (i INTEGER, s VARCHAR);
             CREATE VIEW v AS FROM t;
             CREATE SEQUENCE q;
             CREATE TABLE d (i BIGINT DEFAULT nextval('q'), h VARCHAR DEFAULT md5('x'), CHECK (length(h) > 1));
             CREATE MACRO settings() AS TABLE FROM duckdb_settings();
             CREATE MACRO env(x) AS reverse(x);
             CREATE INDEX ix ON t (i)",
        )
        .unwrap();
    (instance, connection, spy)
}

#[track_caller]
fn assert_touch(touches: &[Touch], operator: Operator, name: &str, arguments: &[&str]) {
    let is_it = |touch: &&Touch| touch.operator == operator && touch.name == name;
    let mut found = touches.iter().filter(is_it);
    let fits =
        |touch: &Touch| arguments.iter().all(|&wanted| touch.arguments.iter().any(|have| have == wanted));
    assert!(found.any(fits), "no {operator:?} {name} {arguments:?} in {touches:#?}");
}

macro_rules! sees {
    ($($sql:expr => $operator:ident $name:literal $arguments:expr;)*) => {{
        let (_instance, connection, spy) = spied();
        $({
            let touches = spy.look(&connection, $sql);
            let arguments: &[&str] = &$arguments;
            assert_touch(&touches, Operator::$operator, $name, arguments);
        })*
    }};
}

#[test]
fn tables_and_functions_are_seen_through_views_macros_and_query() {
    sees! {
        "SELECT v.s, count(*) FROM v JOIN range(3) r ON r.range = v.i GROUP BY ALL" => TableScan "t" ["memory", "main"];
        "SELECT v.s, count(*) FROM v JOIN range(3) r ON r.range = v.i GROUP BY ALL" => TableFunction "range" ["3"];
        "SELECT v.s, count(*) FROM v GROUP BY ALL" => AggregateFunction "count_star" [];
        "FROM query('FROM enable_' || 'logging()')" => TableFunction "enable_logging" [];
        "FROM query_table('t')" => TableScan "t" ["memory", "main"];
        "SELECT count(*) FROM settings()" => TableFunction "duckdb_settings" [];
        "SELECT env('HOME')" => ScalarFunction "reverse" ["HOME"];
        "CALL enable_logging('QueryLog')" => TableFunction "enable_logging" ["QueryLog"];
        "CALL enable_profiling(save_location = '/tmp/x')" => TableFunction "enable_profiling" ["save_location=/tmp/x"];
        "SELECT (SELECT count(*) FROM read_text('/etc/hostname'))" => TableFunction "read_text" ["/etc/hostname"];
        "SELECT * FROM t WHERE i IN (SELECT 1 FROM read_text('/etc/hostname'))"
            => TableFunction "read_text" ["/etc/hostname"];
        "SELECT * FROM t WHERE EXISTS (FROM read_blob('/etc/hostname') b WHERE t.s = b.filename)"
            => TableFunction "read_blob" ["/etc/hostname"];
        "WITH c AS MATERIALIZED (FROM read_text('/etc/hostname')) SELECT 1 FROM c, t"
            => TableFunction "read_text" ["/etc/hostname"];
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r, v WHERE n < 3) FROM r" => TableScan "t" [];
        "SELECT * FROM read_csv('/etc/hosts', delim = ' ', auto_detect = false, columns = {'a': 'VARCHAR'})"
            => TableFunction "read_csv" ["/etc/hosts", "delim= "];
        "PIVOT t ON s IN ('a') USING sum(i)" => AggregateFunction "sum" [];
        "DESCRIBE t" => ReadsDatabase "memory" [];
        "SUMMARIZE v" => TableScan "t" [];
    };
}

#[test]
fn functions_are_seen_wherever_an_expression_hides() {
    sees! {
        "SELECT list_transform([1], lambda x: reverse('HOME'))" => ScalarFunction "reverse" ["HOME"];
        "SELECT list_filter(['a'], lambda x: list_transform([x], lambda y: reverse(y)) IS NULL)"
            => ScalarFunction "reverse" [];
        "SELECT list_aggregate([1], 'sum')" => ScalarFunction "list_aggregate" ["sum"];
        "SELECT sum(i) FILTER (reverse('A') IS NULL) FROM t" => ScalarFunction "reverse" ["A"];
        "SELECT string_agg(s ORDER BY reverse(s)) FROM t" => ScalarFunction "reverse" [];
        "SELECT first(i) OVER (PARTITION BY reverse(s)) FROM t" => ScalarFunction "reverse" [];
        "SELECT first(i) OVER (ORDER BY reverse(s)) FROM t" => AggregateFunction "first_value" [];
        "SELECT row_number() OVER (), sum(i) OVER () FROM t" => AggregateFunction "row_number" [];
        "SELECT row_number() OVER (), sum(i) OVER () FROM t" => AggregateFunction "sum" [];
        "SELECT i FROM t ORDER BY reverse(s)" => ScalarFunction "reverse" [];
        "SELECT DISTINCT ON (reverse(s)) i FROM t" => ScalarFunction "reverse" [];
        "SELECT i FROM t LIMIT (SELECT length(reverse('A')))" => ScalarFunction "reverse" ["A"];
        "SELECT i FROM t GROUP BY i HAVING reverse(i::VARCHAR) = ''" => ScalarFunction "reverse" [];
        "SELECT * FROM t a JOIN t b ON reverse(a.s) = b.s" => ScalarFunction "reverse" [];
        "SELECT * FROM t a JOIN t b ON reverse(a.s) < b.s OR a.i = b.i" => ScalarFunction "reverse" [];
        "SELECT CASE WHEN i > 0 THEN reverse(s) END FROM t" => ScalarFunction "reverse" [];
        "SELECT i BETWEEN length(reverse('A')) AND 3 FROM t" => ScalarFunction "reverse" ["A"];
        "SELECT unnest([reverse('A')])" => ScalarFunction "reverse" ["A"];
        // Arguments of table functions are computed while binding: only what they read or write is left to see.
        "SELECT * FROM range(nextval('q'))" => WritesDatabase "memory" [];
        "SELECT * FROM unnest([reverse('A')])" => TableFunction "unnest" ["[A]"];
        "SELECT {'a': reverse('A')}.a" => ScalarFunction "reverse" ["A"];
        "SELECT (reverse('A') || 'x')::JSON" => ScalarFunction "reverse" ["A"];
        "VALUES (reverse('A'))" => ScalarFunction "reverse" ["A"];
        "SELECT nextval('q')" => ScalarFunction "nextval" ["memory", "main", "q"];
        "SELECT nextval('q')" => WritesDatabase "memory" [];
        "SELECT current_setting('threads')" => ScalarFunction "current_setting" ["threads"];
        "FROM t" => ReadsDatabase "memory" [];
    };
}

#[test]
fn changes_name_their_table_and_what_they_run_beside() {
    sees! {
        "INSERT INTO t VALUES (1, reverse('A'))" => Insert "t" ["memory", "main"];
        "INSERT INTO t VALUES (1, reverse('A'))" => ScalarFunction "reverse" ["A"];
        "INSERT INTO t FROM v" => WritesDatabase "memory" [];
        "INSERT INTO d (h) VALUES ('yy')" => ScalarFunction "nextval" ["memory", "main", "q"];
        "INSERT INTO d DEFAULT VALUES" => ScalarFunction "md5" [];
        "INSERT INTO d (h) VALUES ('yy')" => ScalarFunction "length" [];
        "INSERT INTO t VALUES (1, 'x') RETURNING reverse(s)" => ScalarFunction "reverse" [];
        "UPDATE t SET s = reverse('A')" => Update "t" ["memory", "main"];
        "UPDATE t SET s = reverse('A')" => ScalarFunction "reverse" ["A"];
        "UPDATE d SET i = DEFAULT" => ScalarFunction "nextval" ["q"];
        "UPDATE d SET h = 'abc'" => ScalarFunction "length" [];
        "DELETE FROM t WHERE s = reverse('A') RETURNING *" => Delete "t" ["memory", "main"];
        "DELETE FROM t WHERE s = reverse('A')" => ScalarFunction "reverse" ["A"];
        "MERGE INTO t USING v ON t.i = v.i WHEN MATCHED AND reverse('B') IS NULL THEN DELETE" => Merge "t" ["memory"];
        "MERGE INTO t USING v ON t.i = v.i WHEN MATCHED AND reverse('B') IS NULL THEN DELETE"
            => ScalarFunction "reverse" ["B"];
        "MERGE INTO t USING v ON t.i = v.i WHEN NOT MATCHED THEN INSERT VALUES (1, reverse('C'))"
            => ScalarFunction "reverse" ["C"];
        "COPY t FROM '/etc/hosts' (FORMAT csv, AUTO_DETECT false)" => Insert "t" ["memory", "main"];
        "COPY t FROM '/etc/hosts' (FORMAT csv, AUTO_DETECT false)" => TableFunction "read_csv" ["/etc/hosts"];
        "TRUNCATE t" => Delete "t" [];
    };
}

#[test]
fn files_are_seen_under_every_disguise() {
    sees! {
        "COPY (SELECT 1) TO 'out/x.csv'" => CopyTo "csv" ["out/x.csv"];
        "COPY t TO 'out/x.parquet' (FORMAT parquet)" => CopyTo "parquet" ["out/x.parquet"];
        "EXPLAIN ANALYZE COPY (SELECT 1) TO 'out/x.csv'" => CopyTo "csv" ["out/x.csv"];
        "EXPLAIN ANALYZE COPY (SELECT 1) TO 'out/x.csv'" => Explain "analyze" [];
        "EXPLAIN FROM read_text('/etc/hostname')" => TableFunction "read_text" ["/etc/hostname"];
        "PREPARE p AS COPY (SELECT 1) TO 'out/x.csv'" => CopyTo "csv" ["out/x.csv"];
        "PREPARE p AS SELECT reverse('A')" => ScalarFunction "reverse" ["A"];
        "ATTACH ':memory:' AS m2" => Attach "m2" [":memory:"];
        "ATTACH 'out/x.db' AS m2 (READ_ONLY)" => Attach "m2" ["out/x.db", "read_only=true"];
        "DETACH m2" => Detach "m2" [];
        "LOAD json" => Load "json" ["load"];
        "INSTALL httpfs" => Load "httpfs" ["install"];
        "FORCE INSTALL httpfs" => Load "httpfs" ["force install"];
        "UPDATE EXTENSIONS (httpfs)" => Load "httpfs" ["update"];
        "CREATE SECRET x (TYPE http, BEARER_TOKEN 'x')" => CreateSecret "x" ["http"];
        "CREATE TABLE c AS FROM read_text('/etc/hostname')" => TableFunction "read_text" ["/etc/hostname"];
        "COPY FROM DATABASE memory TO temp" => CopyDatabase "temp" [];
    };
}

#[test]
fn an_export_is_known_before_it_binds() {
    // Binding makes the directory, before any guard is asked: callers refuse it by its kind.
    let (_instance, connection, spy) = spied();
    let directory = std::env::temp_dir().join(format!("pintail-export-{}", std::process::id()));
    let sql = format!("EXPORT DATABASE '{}'", directory.display());
    assert_eq!(connection.extract(&sql).unwrap()[0].kind(), StatementKind::Export);
    let touches = spy.look(&connection, &sql);
    assert_touch(&touches, Operator::Export, "csv", &[&directory.display().to_string()]);
    std::fs::remove_dir(&directory).unwrap();
}

#[test]
fn definitions_are_seen_with_their_expressions() {
    sees! {
        "CREATE TABLE n (i INTEGER)" => CreateTable "n" ["memory", "main"];
        "CREATE TEMP TABLE n AS SELECT 1" => CreateTable "n" ["temp", "main", "temporary"];
        "CREATE TABLE n (s VARCHAR DEFAULT reverse('A'))" => ScalarFunction "reverse" [];
        "CREATE TABLE n (s VARCHAR, g VARCHAR AS (reverse(s)))" => ScalarFunction "reverse" [];
        "CREATE TABLE n (s VARCHAR CHECK (reverse(s) IS NULL))" => ScalarFunction "reverse" [];
        "CREATE TABLE n (s VARCHAR, CHECK (reverse(s) IS NULL))" => ScalarFunction "reverse" [];
        "ALTER TABLE t ADD COLUMN x VARCHAR DEFAULT reverse('A')" => Alter "t" ["memory", "main"];
        "ALTER TABLE t ALTER s SET DEFAULT reverse('A')" => ScalarFunction "reverse" [];
        "ALTER TABLE t ALTER s TYPE INTEGER USING length(reverse(s))" => ScalarFunction "reverse" [];
        "ALTER TABLE t RENAME TO t2" => Alter "t" ["memory", "main"];
        "COMMENT ON TABLE t IS 'x'" => Alter "t" [];
        "CREATE VIEW n AS FROM t" => CreateView "n" ["memory", "main"];
        "CREATE TEMP VIEW n AS FROM t" => CreateView "n" ["temp", "temporary"];
        "CREATE MACRO n(x) AS x + 1" => CreateMacro "n" ["memory", "main"];
        "CREATE TEMP MACRO n(x) AS x + 1" => CreateMacro "n" ["temporary"];
        "CREATE TYPE n AS ENUM ('a')" => CreateType "n" ["memory", "main"];
        "CREATE SEQUENCE n" => CreateSequence "n" ["memory", "main"];
        "CREATE TEMP SEQUENCE n" => CreateSequence "n" ["temporary"];
        "CREATE SCHEMA n" => CreateSchema "n" ["n"];
        "CREATE INDEX n ON t (length(reverse(s)))" => CreateIndex "n" ["memory", "main", "t"];
        "CREATE INDEX n ON t (length(reverse(s)))" => ScalarFunction "reverse" [];
        "DROP TABLE t" => Drop "t" ["memory", "main"];
        "DROP TABLE t" => WritesDatabase "memory" [];
        "DROP SEQUENCE q" => Drop "q" [];
    };
}

#[test]
fn settings_and_the_rest_are_their_own_operators() {
    sees! {
        "SET threads = 1" => Set "threads" ["1", "automatic"];
        "SET GLOBAL TimeZone = 'UTC'" => Set "timezone" ["UTC", "global"];
        "SET SESSION schema = 'main'" => Set "schema" ["main", "session"];
        "RESET threads" => Reset "threads" ["automatic"];
        "SET VARIABLE x = reverse('A')" => SetVariable "x" [];
        "PRAGMA disable_optimizer" => Pragma "disable_optimizer" [];
        "PRAGMA enable_profiling='json'" => Set "enable_profiling" ["json"];
        "CHECKPOINT" => TableFunction "checkpoint" [];
        "FORCE CHECKPOINT" => TableFunction "force_checkpoint" [];
        "BEGIN" => Transaction "BEGIN;" [];
        "VACUUM" => Vacuum "vacuum" [];
        "ANALYZE" => Vacuum "analyze" [];
        "SHOW TABLES" => TableFunction "duckdb_tables" [];
        "PRAGMA database_list" => TableFunction "duckdb_databases" [];
    };
}

#[test]
fn a_rebind_is_judged_again() {
    let (_instance, connection, spy) = spied();
    let mut statement = connection.prepare_sql("SELECT i FROM t WHERE i = $1").unwrap();
    assert_touch(statement.touches(), Operator::TableScan, "t", &["memory", "main"]);
    statement.bind(0, &Value::Integer(1)).unwrap();
    run(&mut statement).unwrap();
    *spy.refused.lock().unwrap() = Some("no longer".to_owned());
    let error = statement.start().map(|_| ()).unwrap_err();
    assert!(error.is_refusal(), "{error:?}");
    *spy.refused.lock().unwrap() = None;

    // Not resolved at prepare: nothing was bound, so everything is judged at the start.
    let mut statement = connection.prepare_sql("SELECT $1, reverse('A')").unwrap();
    statement.bind(0, &Value::Integer(1)).unwrap();
    *spy.refused.lock().unwrap() = Some("late".to_owned());
    let error = statement.start().map(|_| ()).unwrap_err();
    assert!(error.is_refusal(), "{error:?}");
}

#[test]
fn own_statements_and_bulk_loads_are_judged_too() {
    let (_instance, connection, spy) = spied();
    *spy.refused.lock().unwrap() = Some("no".to_owned());
    assert!(connection.execute("SELECT 1").unwrap_err().is_refusal());
    let columns = [("i", engine::LogicalType::Integer)];
    let mut appender = connection.appender("INSERT INTO t (i) FROM appended_data", &columns).unwrap();
    let mut chunk = engine::ChunkBuilder::new(&[engine::LogicalType::Integer]).unwrap();
    chunk.column_mut(0).unwrap().values_mut::<i32>().unwrap()[0] = 1;
    chunk.set_len(1);
    appender.append(&chunk).unwrap();
    assert!(appender.flush().unwrap_err().is_refusal());
}

#[test]
fn guards_belong_to_their_connection() {
    let (instance, connection, spy) = spied();
    let free = instance.connect(AllowAll).unwrap();
    *spy.refused.lock().unwrap() = Some("no".to_owned());
    free.execute("FROM t").unwrap();
    assert!(connection.prepare_sql("FROM t").is_err());
}

struct Panics;

impl Guard for Panics {
    fn judge(&mut self, _touches: &[Touch]) -> Result<(), String> {
        panic!("a guard that fails");
    }
}

#[test]
fn a_guard_that_panics_refuses() {
    let connection = instance().connect(Panics).unwrap();
    for _ in 0..2 {
        assert!(connection.prepare_sql("SELECT 1").map(|_| ()).unwrap_err().is_refusal());
    }
}

struct Dropped(Arc<Mutex<bool>>);

impl Guard for Dropped {
    fn judge(&mut self, _touches: &[Touch]) -> Result<(), String> {
        Ok(())
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = true;
    }
}

#[test]
fn a_guard_is_dropped_with_the_last_statement() {
    let is_dropped = Arc::new(Mutex::new(false));
    let connection = instance().connect(Dropped(Arc::clone(&is_dropped))).unwrap();
    let statement = connection.prepare_sql("SELECT 1").unwrap();
    drop(connection);
    assert!(!*is_dropped.lock().unwrap());
    drop(statement);
    assert!(*is_dropped.lock().unwrap());
}

/// Every attack that was tried on the pinned version; each must show at least one touch that no allowlist has.
#[test]
fn the_experiments_statements_all_reach_the_guard() {
    let (_instance, connection, spy) = spied();
    let directory: PathBuf = std::env::temp_dir();
    let path = directory.join("pintail-guard-never-written.csv");
    for sql in [
        format!("COPY (SELECT 1) TO '{}'", path.display()),
        "SELECT * FROM read_csv('/etc/hosts')".to_owned(),
        "PIVOT (SELECT 1 a, 'x' b) ON b IN ('x') USING sum(a)".to_owned(),
        "WITH a AS (SELECT * FROM t) SELECT * FROM a WHERE i IN (SELECT range FROM range(3))".to_owned(),
    ] {
        assert!(!spy.look(&connection, &sql).is_empty(), "{sql}");
    }
    assert!(!path.exists());
}
