//! Bulk load: typed and general ways into a chunk, flushes, failures.

use engine::{ChunkBuilder, Connection, ErrorKind, LogicalType, Value};

use super::{bigint, connection, text};

const COLUMNS: [(&str, LogicalType); 2] = [("i", LogicalType::BigInt), ("v", LogicalType::Varchar)];

/// Appends rows `from..to`, with every tenth text NULL.
fn load(connection: &Connection, from: i64, to: i64) -> Result<u64, engine::Error> {
    let mut appender = connection.appender("INSERT INTO t SELECT i, v FROM appended_data", &COLUMNS)?;
    let types = COLUMNS.map(|(_, logical_type)| logical_type);
    let mut chunk = ChunkBuilder::new(&types)?;
    let mut next = from;
    while next < to {
        chunk.reset();
        let rows = usize::try_from(to - next).unwrap().min(ChunkBuilder::CAPACITY);
        let numbers = chunk.column_mut(0).unwrap();
        fill(numbers, rows, next);
        let mut texts = chunk.column_mut(1).unwrap();
        for (row, number) in (next..).take(rows).enumerate() {
            if number % 10 == 0 {
                texts.set_null(row);
            } else {
                texts.set_string(row, format!("the text of row {number}").as_bytes())?;
            }
        }
        chunk.set_len(rows);
        appender.append(&chunk)?;
        next += i64::try_from(rows).unwrap();
    }
    appender.close()
}

fn fill(mut column: engine::VectorMut<'_>, rows: usize, from: i64) {
    let values = column.values_mut::<i64>().unwrap();
    for (value, number) in values[..rows].iter_mut().zip(from..) {
        *value = number;
    }
}

#[test]
fn rows_arrive_across_flushes() {
    let connection = connection();
    connection.execute("CREATE TABLE t (i BIGINT PRIMARY KEY, v VARCHAR); BEGIN").unwrap();
    assert_eq!(load(&connection, 0, 500_001).unwrap(), 500_001);
    connection.execute("COMMIT").unwrap();
    assert_eq!(bigint(&connection, "SELECT count(*) FROM t"), 500_001);
    assert_eq!(bigint(&connection, "SELECT sum(i)::BIGINT FROM t"), 125_000_250_000);
    assert_eq!(bigint(&connection, "SELECT count(*) FROM t WHERE v IS NULL"), 50_001);
    let wrong = "SELECT count(*) FROM t WHERE v <> 'the text of row ' || i";
    assert_eq!(bigint(&connection, wrong), 0);
}

#[test]
fn a_failed_load_in_a_transaction_leaves_nothing() {
    let connection = connection();
    connection
        .execute("CREATE TABLE t (i BIGINT PRIMARY KEY, v VARCHAR); INSERT INTO t VALUES (300000, 'x')")
        .unwrap();
    connection.execute("BEGIN").unwrap();
    let error = load(&connection, 0, 400_000).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Constraint, "{error}");
    connection.execute("ROLLBACK").unwrap();
    assert_eq!(bigint(&connection, "SELECT count(*) FROM t"), 1);
}

#[test]
fn dropping_an_appender_loads_nothing() {
    let connection = connection();
    connection.execute("CREATE TABLE t (i BIGINT)").unwrap();
    let columns = [("i", LogicalType::BigInt)];
    let mut appender = connection.appender("INSERT INTO t FROM appended_data", &columns).unwrap();
    let mut chunk = ChunkBuilder::new(&[LogicalType::BigInt]).unwrap();
    chunk.column_mut(0).unwrap().values_mut::<i64>().unwrap()[0] = 1;
    chunk.set_len(1);
    appender.append(&chunk).unwrap();
    drop(appender);
    assert_eq!(bigint(&connection, "SELECT count(*) FROM t"), 0);
}

#[test]
fn a_query_that_does_not_bind_fails_at_the_flush() {
    let connection = connection();
    let columns = [("i", LogicalType::BigInt)];
    let mut appender = connection.appender("INSERT INTO nowhere FROM appended_data", &columns).unwrap();
    let mut chunk = ChunkBuilder::new(&[LogicalType::BigInt]).unwrap();
    chunk.column_mut(0).unwrap().values_mut::<i64>().unwrap()[0] = 1;
    chunk.set_len(1);
    appender.append(&chunk).unwrap();
    assert_eq!(appender.close().unwrap_err().kind, ErrorKind::Catalog);
}

#[test]
fn chunks_take_only_what_fits() {
    let types = [LogicalType::Boolean, LogicalType::Varchar, LogicalType::Date, LogicalType::Blob];
    let mut chunk = ChunkBuilder::new(&types).unwrap();
    assert!(chunk.column_mut(0).unwrap().values_mut::<u8>().is_none(), "a byte is not always a boolean");
    assert!(chunk.column_mut(1).unwrap().values_mut::<i64>().is_none());
    assert!(chunk.column_mut(1).unwrap().set_string(0, b"\xff").is_err(), "not UTF-8");
    assert!(chunk.column_mut(1).unwrap().set_string(ChunkBuilder::CAPACITY, b"x").is_err());
    assert!(chunk.column_mut(2).unwrap().set_string(0, b"x").is_err());
    assert!(chunk.column_mut(3).unwrap().set_string(0, b"\xff").is_ok());
    assert!(chunk.column_mut(2).unwrap().set_value(0, &Value::Varchar("no date".to_owned())).is_err());
    assert!(chunk.column_mut(2).unwrap().set_value(ChunkBuilder::CAPACITY, &Value::Null).is_err());
    assert!(chunk.column_mut(4).is_none());
    chunk.set_len(usize::MAX);
    assert_eq!(chunk.len(), ChunkBuilder::CAPACITY);
    assert!(ChunkBuilder::new(&[LogicalType::Other("nothing".to_owned())]).is_err());
}

#[test]
fn any_value_goes_in_the_slow_way() {
    use LogicalType as L;
    let connection = connection();
    let columns = [
        ("b", L::Boolean),
        ("l", L::List(Box::new(L::Integer))),
        ("s", L::Struct(vec![("x".to_owned(), L::Varchar)])),
        ("e", L::Enum(vec!["red".into(), "green".into()].into())),
        ("n", L::Decimal { width: 9, scale: 2 }),
    ];
    let types = columns.clone().map(|(_, logical_type)| logical_type);
    let mut chunk = ChunkBuilder::new(&types).unwrap();
    chunk.column_mut(0).unwrap().set_bool(0, true);
    chunk.column_mut(0).unwrap().set_bool(1, false);
    let long = "a text that does not fit inline".to_owned();
    let values = [
        Value::List(L::Integer, vec![Value::Integer(1), Value::Null]),
        Value::Struct(vec![("x".to_owned(), L::Varchar, Value::Varchar(long))]),
        Value::Varchar("green".to_owned()),
        Value::Decimal { value: -1234, width: 9, scale: 2 },
    ];
    for (index, value) in values.iter().enumerate() {
        let mut column = chunk.column_mut(index + 1).unwrap();
        column.set_value(0, value).unwrap();
        column.set_value(1, &Value::Null).unwrap();
    }
    assert!(chunk.column_mut(3).unwrap().set_value(0, &Value::Varchar("blue".to_owned())).is_err());
    chunk.set_len(2);
    connection
        .execute("CREATE TABLE t (b BOOLEAN, l INTEGER[], s STRUCT(x VARCHAR), e VARCHAR, n DECIMAL(9,2))")
        .unwrap();
    let mut appender = connection.appender("INSERT INTO t FROM appended_data", &columns).unwrap();
    appender.append(&chunk).unwrap();
    assert_eq!(appender.close().unwrap(), 2);
    let rows = "SELECT string_agg(t::VARCHAR, ' ' ORDER BY b) FROM t";
    assert_eq!(
        text(&connection, rows),
        "{'b': false, 'l': NULL, 's': NULL, 'e': NULL, 'n': NULL} {'b': true, 'l': [1, NULL], \
         's': {'x': a text that does not fit inline}, 'e': green, 'n': -12.34}"
    );
}
