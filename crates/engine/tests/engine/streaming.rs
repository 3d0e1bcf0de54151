//! Streaming step by step: completeness, laziness, interruption, and what ends a stream.

use std::time::{Duration, Instant};

use engine::{AllowAll, Chunk, Connection, ErrorKind, Execution, ReturnKind, StatementKind, Step, Value};

use super::{bigint, connection, drain, instance, run};

fn first_chunk(execution: &mut Execution) -> Chunk {
    loop {
        match execution.step().unwrap() {
            Step::Chunk(chunk) => return chunk,
            Step::NotReady | Step::Blocked => {}
            Step::Finished => panic!("no rows"),
        }
    }
}

#[test]
fn a_stream_has_every_row_once() {
    let connection = connection();
    let mut sum = 0_i64;
    let mut rows = 0;
    let mut execution = connection.prepare_sql("SELECT range FROM range(1000000)").unwrap().start().unwrap();
    loop {
        match execution.step().unwrap() {
            Step::Chunk(chunk) => {
                rows += chunk.len();
                sum += chunk.column(0).unwrap().values::<i64>().unwrap().iter().sum::<i64>();
            }
            Step::NotReady | Step::Blocked => {}
            Step::Finished => break,
        }
    }
    assert_eq!((rows, sum), (1_000_000, 499_999_500_000));
    assert!(matches!(execution.step().unwrap(), Step::Finished), "finished stays finished");
}

#[test]
fn order_and_rows_of_a_table_are_kept() {
    let connection = connection();
    connection.execute("CREATE TABLE t AS SELECT range AS i, 'v' || range AS v FROM range(300000)").unwrap();
    for sql in ["FROM t", "FROM t ORDER BY i", "FROM t WHERE i % 1 = 0"] {
        let chunks = run(&mut connection.prepare_sql(sql).unwrap()).unwrap();
        let mut expected = 0..300_000_i64;
        for chunk in &chunks {
            let strings = chunk.column(1).unwrap().strings().unwrap();
            for (row, &value) in chunk.column(0).unwrap().values::<i64>().unwrap().iter().enumerate() {
                assert_eq!(Some(value), expected.next(), "{sql}");
                assert_eq!(strings.bytes(row), format!("v{value}").as_bytes(), "{sql}");
            }
        }
        assert_eq!(expected.next(), None, "{sql}");
    }
}

#[test]
fn a_stream_is_lazy() {
    let connection = connection();
    // would need 8 TB when materialised
    let sql = "SELECT range FROM range(1000000000000)";
    let mut execution = connection.prepare_sql(sql).unwrap().start().unwrap();
    for _ in 0..100 {
        assert!(first_chunk(&mut execution).len() > 0);
    }
}

#[test]
fn another_statement_ends_the_stream_with_an_error() {
    let connection = connection();
    let mut statement = connection.prepare_sql("SELECT range FROM range(10000000)").unwrap();
    let mut execution = statement.start().unwrap();
    first_chunk(&mut execution);
    connection.execute("SELECT 1").unwrap();
    let error = drain(&mut execution).map(|chunks| chunks.len()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidInput);
    // preparing is enough, and so is a stream that has not got anywhere
    let mut execution = statement.start().unwrap();
    connection.prepare_sql("SELECT 2").unwrap();
    assert_eq!(drain(&mut execution).map(|chunks| chunks.len()).unwrap_err().kind, ErrorKind::InvalidInput);
    // and the connection is none the worse
    assert_eq!(bigint(&connection, "SELECT 42::BIGINT"), 42);
}

#[test]
fn what_keeps_an_execution_alive_may_go_first() {
    let instance = instance();
    let connection = instance.connect(AllowAll).unwrap();
    let mut statement = connection.prepare_sql("SELECT range FROM range(100000)").unwrap();
    let mut execution = statement.start().unwrap();
    drop(statement);
    drop(connection);
    drop(instance);
    let rows: usize = drain(&mut execution).unwrap().iter().map(Chunk::len).sum();
    assert_eq!(rows, 100_000);
}

fn is_interrupted_within(connection: &Connection, sql: &str, limit: Duration) {
    let interrupter = connection.interrupter();
    let mut statement = connection.prepare_sql(sql).unwrap();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        interrupter.interrupt();
        Instant::now()
    });
    let error = run(&mut statement).map(|chunks| chunks.len()).unwrap_err();
    let since = thread.join().unwrap();
    assert_eq!(error.kind, ErrorKind::Interrupt, "{error}");
    assert!(since.elapsed() < limit, "{sql}: {:?}", since.elapsed());
    assert!(!connection.is_in_transaction());
    assert_eq!(bigint(connection, "SELECT 42::BIGINT"), 42, "the next statement is not hit");
}

#[test]
fn another_thread_interrupts() {
    let connection = connection();
    let limit = Duration::from_secs(5);
    is_interrupted_within(&connection, "SELECT count(*) FROM range(10000000) a, range(10000000) b", limit);
    let streaming = "SELECT a.range, b.range FROM range(10000000) a, range(10000000) b";
    is_interrupted_within(&connection, streaming, limit);
}

#[test]
fn an_interrupt_is_seen_while_the_buffer_is_full() {
    let connection = connection();
    let mut execution =
        connection.prepare_sql("SELECT range FROM range(100000000)").unwrap().start().unwrap();
    first_chunk(&mut execution);
    connection.interrupter().interrupt();
    let error = drain(&mut execution).map(|chunks| chunks.len()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Interrupt);
    assert!(!connection.is_in_transaction());
}

#[test]
fn an_interrupter_outlives_its_connection() {
    let interrupter = connection().interrupter();
    interrupter.clone().interrupt();
}

#[test]
fn errors_come_while_streaming_and_before() {
    let connection = connection();
    let sql = "SELECT CASE WHEN range = 900000 THEN error('late')::BIGINT ELSE range END FROM range(1000000)";
    let error = run(&mut connection.prepare_sql(sql).unwrap()).map(|chunks| chunks.len()).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::InvalidInput, "late"));
    let mut statement = connection.prepare_sql("SELECT range // $1 FROM range(10)").unwrap();
    let error = statement.start().map(|_| ()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidInput, "a value is missing: {error}");
    statement.bind(0, &Value::BigInt(2)).unwrap();
    assert_eq!(run(&mut statement).unwrap()[0].column(0).unwrap().values::<i64>().unwrap()[9], 4);
    statement.clear_bindings();
    assert!(statement.start().is_err());
}

#[test]
fn changes_are_counted_and_have_no_rows() {
    use ReturnKind::{ChangedRows, Nothing};
    use StatementKind as K;

    let connection = connection();
    let table = |sql: &str| {
        let mut statement = connection.prepare_sql(sql).unwrap();
        let mut execution = statement.start().unwrap();
        assert!(drain(&mut execution).unwrap().is_empty(), "{sql}");
        (statement.kind(), statement.return_kind(), execution.rows_changed())
    };
    assert_eq!(table("CREATE TABLE t (i INTEGER PRIMARY KEY, v VARCHAR)"), (K::Create, Nothing, 0));
    assert_eq!(table("INSERT INTO t SELECT range, 'x' FROM range(5000)"), (K::Insert, ChangedRows, 5000));
    assert_eq!(table("UPDATE t SET v = 'y' WHERE i < 10"), (K::Update, ChangedRows, 10));
    assert_eq!(table("DELETE FROM t WHERE i >= 4000"), (K::Delete, ChangedRows, 1000));
    let merge = "MERGE INTO t USING (SELECT 1 AS i UNION ALL SELECT 9999) s ON t.i = s.i
                 WHEN MATCHED THEN UPDATE SET v = 'm' WHEN NOT MATCHED THEN INSERT VALUES (s.i, 'n')";
    assert_eq!(table(merge), (K::MergeInto, ChangedRows, 2));
    assert_eq!(table("CREATE TABLE u AS FROM t"), (K::Create, Nothing, 4001), "counted all the same");
    assert_eq!(table("BEGIN"), (K::Transaction, Nothing, 0));
    assert!(connection.is_in_transaction());
    assert_eq!(table("ROLLBACK"), (K::Transaction, Nothing, 0));
    assert!(!connection.is_in_transaction());

    let mut statement = connection.prepare_sql("DELETE FROM t WHERE i < 3 RETURNING i").unwrap();
    assert_eq!(statement.return_kind(), ReturnKind::Rows);
    assert!(!statement.is_read_only());
    assert_eq!(run(&mut statement).unwrap()[0].len(), 3);
    assert!(connection.prepare_sql("FROM t").unwrap().is_read_only());
}

#[test]
fn a_slow_query_gives_its_first_chunk_before_it_is_done() {
    let connection = connection();
    // one thread of the engine's and many slow chunks: 1 ms a row would be hours for all of them
    let sql = "SELECT range, md5(repeat(range::VARCHAR, 20000)) FROM range(3000000)";
    let begin = Instant::now();
    let mut execution = connection.prepare_sql(sql).unwrap().start().unwrap();
    first_chunk(&mut execution);
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}

#[test]
fn transactions_tell_their_state() {
    let connection = connection();
    connection.execute("CREATE TABLE t (i INTEGER PRIMARY KEY); BEGIN; INSERT INTO t VALUES (1)").unwrap();
    assert!(connection.is_in_transaction() && !connection.is_transaction_invalidated());
    let error = connection.execute("INSERT INTO t VALUES (1)").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Constraint);
    assert!(connection.is_in_transaction() && connection.is_transaction_invalidated());
    let error = connection.execute("SELECT 1").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transaction);
    connection.execute("ROLLBACK").unwrap();
    assert!(!connection.is_in_transaction() && !connection.is_transaction_invalidated());
}
