//! Every type: bound as a parameter, fetched, read as a slice; and described from SQL and back.

use engine::{Chunk, Connection, Fixed, Interval, LogicalType, Value, Vector};

use super::{connection, run, text};

/// Binds the value to `$1::type`, and gives back the row.
fn echo(connection: &Connection, logical_type: &LogicalType, value: &Value) -> Chunk {
    let sql = format!("SELECT $1::{}", logical_type.sql());
    let mut statement = connection.prepare_sql(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    statement.bind(0, value).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let mut chunks = run(&mut statement).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let chunk = chunks.remove(0);
    assert_eq!(chunk.column(0).unwrap().logical_type(), logical_type, "{sql}");
    chunk
}

/// The column's values as the type of `expected`.
fn values_like<'c, T: Fixed>(column: &Vector<'c>, _expected: &[T]) -> Option<&'c [T]> {
    column.values()
}

macro_rules! fixed_round_trip {
    ($connection:expr, $($logical_type:expr, $value:expr => $stored:expr;)*) => {$(
        let chunk = echo(&$connection, &$logical_type, &$value);
        let column = chunk.column(0).unwrap();
        assert!(column.validity().is_valid(0));
        let expected = [$stored];
        assert_eq!(values_like(&column, &expected), Some(&expected[..]), "{}", stringify!($value));
    )*};
}

#[test]
fn fixed_width_values_survive_the_round_trip() {
    use LogicalType as L;
    let connection = connection();
    fixed_round_trip! { connection,
        L::Boolean, Value::Boolean(true) => 1_u8;
        L::TinyInt, Value::TinyInt(i8::MIN) => i8::MIN;
        L::SmallInt, Value::SmallInt(i16::MIN) => i16::MIN;
        L::Integer, Value::Integer(i32::MIN) => i32::MIN;
        L::BigInt, Value::BigInt(i64::MIN) => i64::MIN;
        L::HugeInt, Value::HugeInt(i128::MIN + 1) => i128::MIN + 1;
        L::UTinyInt, Value::UTinyInt(u8::MAX) => u8::MAX;
        L::USmallInt, Value::USmallInt(u16::MAX) => u16::MAX;
        L::UInteger, Value::UInteger(u32::MAX) => u32::MAX;
        L::UBigInt, Value::UBigInt(u64::MAX) => u64::MAX;
        L::UHugeInt, Value::UHugeInt(u128::MAX) => u128::MAX;
        L::Float, Value::Float(1.5) => 1.5_f32;
        L::Double, Value::Double(-0.1) => -0.1_f64;
        L::Date, Value::Date(-719_528) => -719_528_i32;
        L::Time, Value::Time(86_399_999_999) => 86_399_999_999_i64;
        L::TimeNs, Value::TimeNs(86_399_999_999_999) => 86_399_999_999_999_i64;
        L::Timestamp, Value::Timestamp(1_700_000_000_123_456) => 1_700_000_000_123_456_i64;
        L::TimestampS, Value::TimestampS(-1) => -1_i64;
        L::TimestampMs, Value::TimestampMs(1_700_000_000_123) => 1_700_000_000_123_i64;
        L::TimestampNs, Value::TimestampNs(1_700_000_000_123_456_789) => 1_700_000_000_123_456_789_i64;
        L::TimestampTz, Value::TimestampTz(-62_135_596_800_000_000) => -62_135_596_800_000_000_i64;
        L::Interval, Value::Interval(Interval { months: -1, days: 2, micros: -3 })
            => Interval { months: -1, days: 2, micros: -3 };
        L::Decimal { width: 4, scale: 1 }, Value::Decimal { value: -9999, width: 4, scale: 1 } => -9999_i16;
        L::Decimal { width: 9, scale: 2 }, Value::Decimal { value: 12_345, width: 9, scale: 2 } => 12_345_i32;
        L::Decimal { width: 18, scale: 3 }, Value::Decimal { value: -1, width: 18, scale: 3 } => -1_i64;
        L::Decimal { width: 38, scale: 10 },
            Value::Decimal { value: i128::from(u64::MAX) * 7, width: 38, scale: 10 } => i128::from(u64::MAX) * 7;
    }
    // Stored with the highest bit turned over, so that it sorts as bytes do.
    let uuid = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_u128;
    let chunk = echo(&connection, &L::Uuid, &Value::Uuid(uuid));
    assert_eq!(chunk.column(0).unwrap().values::<i128>().unwrap(), &[(uuid ^ 1 << 127).cast_signed()]);
    // 40 bits of microseconds, 24 of 57599 - offset (duckdb::dtime_tz_t).
    let value = Value::TimeTz { micros: 1, offset_s: -3600 };
    let chunk = echo(&connection, &L::TimeTz, &value);
    assert_eq!(chunk.column(0).unwrap().values::<u64>().unwrap(), &[1 << 24 | (57_599 + 3600)]);
}

#[test]
fn values_are_lent_only_as_what_they_are() {
    let chunk = echo(&connection(), &LogicalType::Integer, &Value::Integer(7));
    let column = chunk.column(0).unwrap();
    assert!(column.values::<i64>().is_none());
    assert!(column.values::<u32>().is_none());
    assert!(column.values::<f32>().is_none());
    assert!(column.strings().is_none());
    assert!(column.list().is_none());
    assert!(column.array().is_none());
    assert!(column.fields().is_empty());
    assert!(chunk.column(1).is_none());
}

#[test]
fn strings_short_and_long_survive_the_round_trip() {
    let connection = connection();
    for text in ["", "twelve chars", "thirteen char", "long ".repeat(1000).as_str(), "ü€🦆 \u{0} after NUL"]
    {
        let chunk = echo(&connection, &LogicalType::Varchar, &Value::Varchar(text.to_owned()));
        assert_eq!(chunk.column(0).unwrap().strings().unwrap().bytes(0), text.as_bytes());
    }
    let json = echo(&connection, &LogicalType::Json, &Value::Varchar("{\"a\": 1}".to_owned()));
    assert_eq!(json.column(0).unwrap().strings().unwrap().bytes(0), b"{\"a\": 1}");
    let bytes = [0, 255, 1, 2, 254].repeat(5);
    let blob = echo(&connection, &LogicalType::Blob, &Value::Blob(bytes.clone()));
    assert_eq!(blob.column(0).unwrap().strings().unwrap().iter().collect::<Vec<_>>(), [&bytes[..]]);
    // one byte that says how many bits of padding, then the bits, the padding set
    let bit = echo(&connection, &LogicalType::Bit, &Value::Bit("10100000011".to_owned()));
    assert_eq!(bit.column(0).unwrap().strings().unwrap().bytes(0), [5, 0b1111_1101, 0b0000_0011]);
    // 3 bytes of header (sign and length), then the magnitude
    let bignum =
        echo(&connection, &LogicalType::BigNum, &Value::BigNum { negative: false, magnitude: vec![1, 0] });
    assert_eq!(bignum.column(0).unwrap().strings().unwrap().bytes(0), [0x80, 0, 2, 1, 0]);
    let sql = "SELECT (-(2::BIGNUM))::VARCHAR";
    assert_eq!(text(&connection, sql), "-2");
}

#[test]
fn values_that_fit_no_type_are_errors() {
    let mut statement = connection().prepare_sql("SELECT $1").unwrap();
    assert!(statement.bind(0, &Value::Bit(String::new())).is_err());
    assert!(statement.bind(0, &Value::Bit("012".to_owned())).is_err());
    assert!(statement.bind(0, &Value::Decimal { value: 100, width: 2, scale: 0 }).is_err());
    assert!(statement.bind(0, &Value::Decimal { value: 1, width: 39, scale: 0 }).is_err());
    assert!(statement.bind(1, &Value::Null).is_err(), "there is one parameter");
}

#[test]
fn nulls_are_told_by_the_mask() {
    let connection = connection();
    for logical_type in
        [LogicalType::Integer, LogicalType::Varchar, LogicalType::List(Box::new(LogicalType::Date))]
    {
        let chunk = echo(&connection, &logical_type, &Value::Null);
        let column = chunk.column(0).unwrap();
        assert!(!column.validity().all_valid());
        assert!(!column.validity().is_valid(0));
        if let Some(strings) = column.strings() {
            assert_eq!(strings.bytes(0), b"", "a NULL's bytes are never read");
        }
    }
    let sql = "SELECT CASE WHEN range % 3 = 0 THEN NULL ELSE 'row ' || range END FROM range(3000)";
    let chunks = run(&mut connection.prepare_sql(sql).unwrap()).unwrap();
    let mut row = 0;
    for chunk in &chunks {
        let column = chunk.column(0).unwrap();
        for (index, bytes) in column.strings().unwrap().iter().enumerate() {
            let expected = if row % 3 == 0 { String::new() } else { format!("row {row}") };
            assert_eq!(bytes, expected.as_bytes());
            assert_eq!(column.validity().is_valid(index), row % 3 != 0);
            row += 1;
        }
    }
    assert_eq!(row, 3000);
}

#[test]
fn enums_are_indexes_into_their_values() {
    let connection = connection();
    let values = ["sad".into(), "ok".into(), "it's".into()].into_iter().collect();
    let chunk = echo(&connection, &LogicalType::Enum(values), &Value::Varchar("it's".to_owned()));
    assert_eq!(chunk.column(0).unwrap().values::<u8>().unwrap(), &[2]);
    // 300 values need two bytes
    let names: Vec<_> = (0..300).map(|index| format!("value {index}").into_boxed_str()).collect();
    let chunk = echo(&connection, &LogicalType::Enum(names.into()), &Value::Varchar("value 299".to_owned()));
    assert_eq!(chunk.column(0).unwrap().values::<u16>().unwrap(), &[299]);
}

fn integers<'c>(vector: &Vector<'c>) -> &'c [i32] {
    vector.values().expect("integers")
}

#[test]
fn lists_arrays_and_maps_lend_their_children() {
    use LogicalType as L;
    let connection = connection();
    let numbers = vec![Value::Integer(1), Value::Null, Value::Integer(3)];

    let chunk = echo(&connection, &L::List(Box::new(L::Integer)), &Value::List(L::Integer, numbers.clone()));
    let (entries, child) = chunk.column(0).unwrap().list().unwrap();
    assert_eq!((entries[0].offset, entries[0].length), (0, 3));
    assert_eq!((integers(&child)[0], integers(&child)[2]), (1, 3));
    assert!(!child.validity().is_valid(1));

    let chunk = echo(&connection, &L::Array(Box::new(L::Integer), 3), &Value::Array(L::Integer, numbers));
    let (size, child) = chunk.column(0).unwrap().array().unwrap();
    assert_eq!((size, child.len(), integers(&child)[2]), (3, 3, 3));

    let map = Value::Map(L::Varchar, L::Integer, vec![(Value::Varchar("k".to_owned()), Value::Integer(9))]);
    let chunk = echo(&connection, &L::Map(Box::new(L::Varchar), Box::new(L::Integer)), &map);
    let (entries, child) = chunk.column(0).unwrap().list().unwrap();
    assert_eq!(entries[0].length, 1);
    let fields = child.fields();
    assert_eq!(fields[0].strings().unwrap().bytes(0), b"k");
    assert_eq!(integers(&fields[1])[0], 9);

    let nested = L::List(Box::new(L::List(Box::new(L::Integer))));
    let sql = "SELECT [[1, 2], NULL, [], [3]] FROM range(5000)";
    let chunks = run(&mut connection.prepare_sql(sql).unwrap()).unwrap();
    for chunk in &chunks {
        let column = chunk.column(0).unwrap();
        assert_eq!(column.logical_type(), &nested);
        let (outer, middle) = column.list().unwrap();
        let (inner, leaf) = middle.list().unwrap();
        for entry in outer {
            let at = usize::try_from(entry.offset).unwrap();
            assert_eq!(entry.length, 4);
            assert!(!middle.validity().is_valid(at + 1));
            let last = usize::try_from(inner[at + 3].offset).unwrap();
            assert_eq!(integers(&leaf)[last], 3);
        }
    }
}

#[test]
fn structs_and_unions_lend_their_fields() {
    use LogicalType as L;
    let connection = connection();
    let types = vec![("a".to_owned(), L::Integer), ("b \"c\"".to_owned(), L::Varchar)];
    let value = Value::Struct(vec![
        ("a".to_owned(), L::Integer, Value::Integer(5)),
        ("b \"c\"".to_owned(), L::Varchar, Value::Varchar("text longer than twelve".to_owned())),
    ]);
    let chunk = echo(&connection, &L::Struct(types.clone()), &value);
    let fields = chunk.column(0).unwrap().fields();
    assert_eq!(integers(&fields[0]), [5]);
    assert_eq!(fields[1].strings().unwrap().bytes(0), b"text longer than twelve");

    let value = Value::Union(types.clone(), 0, Box::new(Value::Integer(6)));
    let chunk = echo(&connection, &L::Union(types), &value);
    let fields = chunk.column(0).unwrap().fields();
    assert_eq!(fields[0].values::<u8>().unwrap(), [0], "the tag");
    assert_eq!(integers(&fields[1]), [6]);
    assert!(!fields[2].validity().is_valid(0));
}

#[test]
fn constant_children_of_nested_columns_come_out_flat() {
    let sql = "SELECT {'a': 7, 'b': {'c': 'constant text, not short'}, 'd': range} FROM range(4000)";
    let chunks = run(&mut connection().prepare_sql(sql).unwrap()).unwrap();
    for chunk in &chunks {
        let fields = chunk.column(0).unwrap().fields();
        assert!(integers(&fields[0]).iter().all(|&value| value == 7));
        let inner = fields[1].fields();
        assert!(inner[0].strings().unwrap().iter().all(|bytes| bytes == b"constant text, not short"));
    }
    assert_eq!(chunks.iter().map(Chunk::len).sum::<usize>(), 4000);
}

#[test]
fn geometry_and_variant_are_described() {
    let connection = connection();
    let statement = connection.prepare_sql("SELECT 'POINT(1 2)'::GEOMETRY, 1::VARIANT, NULL").unwrap();
    let types: Vec<_> = statement.columns().into_iter().map(|column| column.logical_type).collect();
    assert_eq!(types[..2], [LogicalType::Geometry, LogicalType::Variant]);
    let chunks = run(&mut connection.prepare_sql("SELECT 'POINT(1 2)'::GEOMETRY").unwrap()).unwrap();
    let wkb = chunks[0].column(0).unwrap().strings().unwrap().bytes(0);
    assert_eq!(wkb[..5], [1, 1, 0, 0, 0], "little-endian well-known binary of a point");
    assert_eq!(wkb.len(), 21);
}

#[test]
fn a_bare_null_and_unresolved_parameters_are_described() {
    let connection = connection();
    let chunks = run(&mut connection.prepare_sql("SELECT NULL").unwrap()).unwrap();
    let column = chunks[0].column(0).unwrap();
    assert!(!column.validity().is_valid(0));
    assert!(
        matches!(column.logical_type(), LogicalType::Integer | LogicalType::SqlNull),
        "{column_type:?}",
        column_type = column.logical_type()
    );

    let statement = connection.prepare_sql("SELECT $1").unwrap();
    assert!(!statement.is_resolved());
    assert_eq!(statement.parameter_type(0), None);
    assert_eq!(statement.columns()[0].logical_type, LogicalType::Unknown);

    let statement = connection.prepare_sql("SELECT $2::DATE + $1::INTEGER, $name::VARCHAR").unwrap_err();
    assert_eq!(statement.kind, engine::ErrorKind::NotImplemented, "{statement}");
    let statement = connection.prepare_sql("SELECT $2::DATE + $1::INTEGER").unwrap();
    assert_eq!(statement.parameter_count(), 2);
    assert_eq!(statement.parameter_type(0), Some(LogicalType::Integer));
    assert_eq!(statement.parameter_type(1), Some(LogicalType::Date));
    assert_eq!(statement.parameter_name(1).as_deref(), Some("2"));
    assert_eq!(statement.parameter_type(2), None);
}

#[test]
fn every_type_is_spelled_as_duckdb_reads_it() {
    use LogicalType as L;
    let connection = connection();
    let named = |name: &str, logical_type| (name.to_owned(), logical_type);
    for logical_type in [
        L::Boolean,
        L::HugeInt,
        L::UHugeInt,
        L::TimeNs,
        L::TimeTz,
        L::TimestampS,
        L::TimestampMs,
        L::TimestampNs,
        L::TimestampTz,
        L::Bit,
        L::BigNum,
        L::Uuid,
        L::Json,
        L::Geometry,
        L::Variant,
        L::Decimal { width: 38, scale: 0 },
        L::Enum(vec!["a b".into(), "it's".into()].into()),
        L::List(Box::new(L::Array(Box::new(L::Decimal { width: 5, scale: 2 }), 7))),
        L::Array(Box::new(L::List(Box::new(L::Json))), 2),
        L::Map(Box::new(L::Varchar), Box::new(L::List(Box::new(L::TimestampTz)))),
        L::Struct(vec![named("a \"b\"", L::Integer), named("select", L::Struct(vec![named("x", L::Blob)]))]),
        L::Union(vec![named("n", L::Integer), named("t", L::List(Box::new(L::Varchar)))]),
    ] {
        let sql = format!("SELECT NULL::{}", logical_type.sql());
        let columns = connection.prepare_sql(&sql).unwrap_or_else(|error| panic!("{sql}: {error}")).columns();
        assert_eq!(columns[0].logical_type, logical_type, "{sql}");
    }
}
