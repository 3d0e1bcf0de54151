//! What was encoded is decoded to the same value, for every type in both formats; and what PostgreSQL
//! refuses is refused.

use engine::{Interval, LogicalType, Value};
use proptest::prelude::*;
use wire::{frontend::Format, oid};

use super::*;
use crate::encode::{
    RowEncoder,
    tests::{Database, drain, rows_of},
};

/// Sends a value through DuckDB and the encoder.
fn encoded(
    database: &Database,
    value: &Value,
    logical: &LogicalType,
    format: Format,
    style: &Style,
) -> Option<Vec<u8>> {
    let mut statement = database.connection().prepare_sql(&format!("SELECT $1::{}", logical.sql())).unwrap();
    statement.bind(0, value).unwrap();
    let mut execution = statement.start().unwrap();
    let types = execution.types().to_vec();
    assert_eq!(types, std::slice::from_ref(logical));
    let chunks = drain(&mut execution);
    let mut encoder = RowEncoder::new(&[(logical.clone(), format)], style, 1 << 20);
    let mut out = Vec::new();
    encoder.begin(&chunks[0]).unwrap();
    encoder.encode(&chunks[0], 0..1, usize::MAX, &mut out).unwrap();
    rows_of(&out).remove(0).remove(0)
}

fn decoded(bytes: Option<&[u8]>, logical: &LogicalType, format: Format, style: &Style) -> Value {
    let typed = Parameter { number: 1, oid: logical_to_oid(logical), target: Some(logical) };
    parameter(&typed, bytes, format, style).unwrap_or_else(|error| panic!("{logical:?}: {error:?}"))
}

fn list(logical: LogicalType) -> LogicalType {
    LogicalType::List(Box::new(logical))
}

fn text() -> impl Strategy<Value = String> {
    "[^\\x00]{0,20}"
}

/// A type and a value of it.
type Typed = (LogicalType, Value);

fn of<V: 'static>(
    logical: LogicalType,
    values: impl Strategy<Value = V> + 'static,
    make: impl Fn(V) -> Value + 'static,
) -> BoxedStrategy<Typed> {
    values.prop_map(move |value| (logical.clone(), make(value))).boxed()
}

fn integers() -> impl Strategy<Value = Typed> {
    use LogicalType as L;
    prop_oneof![
        of(L::Boolean, any::<bool>(), Value::Boolean),
        of(L::TinyInt, any::<i8>(), Value::TinyInt),
        of(L::SmallInt, any::<i16>(), Value::SmallInt),
        of(L::Integer, any::<i32>(), Value::Integer),
        of(L::BigInt, any::<i64>(), Value::BigInt),
        of(L::HugeInt, any::<i128>(), Value::HugeInt),
        of(L::UTinyInt, any::<u8>(), Value::UTinyInt),
        of(L::USmallInt, any::<u16>(), Value::USmallInt),
        of(L::UInteger, any::<u32>(), Value::UInteger),
        of(L::UBigInt, any::<u64>(), Value::UBigInt),
        of(L::UHugeInt, any::<u128>(), Value::UHugeInt),
    ]
}

fn decimals(width: u8, scale: u8) -> BoxedStrategy<Typed> {
    let limit = 10i128.pow(u32::from(width));
    of(LogicalType::Decimal { width, scale }, -limit + 1..limit, move |value| Value::Decimal {
        value,
        width,
        scale,
    })
}

fn scalars() -> impl Strategy<Value = Typed> {
    use LogicalType as L;
    let big = |(negative, digits): (bool, String)| {
        let decimal = wire::types::numeric::Decimal { negative, digits: digits.into_bytes(), scale: 0 };
        Value::BigNum { negative, magnitude: decimal.integer_bytes() }
    };
    let interval = (any::<i32>(), any::<i32>(), -9_000_000_000_000_000i64..9_000_000_000_000_000);
    prop_oneof![
        of(L::Float, any::<f32>(), Value::Float),
        of(L::Double, any::<f64>(), Value::Double),
        of(L::Varchar, text(), Value::Varchar),
        of(L::Blob, any::<Vec<u8>>(), Value::Blob),
        of(L::Bit, "[01]{1,30}", Value::Bit),
        of(L::Uuid, any::<u128>(), Value::Uuid),
        of(L::BigNum, (any::<bool>(), "[1-9][0-9]{0,60}"), big),
        of(L::Interval, interval, |(months, days, micros)| Value::Interval(Interval {
            months,
            days,
            micros
        })),
    ]
}

fn lists() -> impl Strategy<Value = Typed> {
    use LogicalType as L;
    let nullable =
        |values: BoxedStrategy<Value>| prop::collection::vec(prop_oneof![values, Just(Value::Null)], 1..5);
    let integers = nullable(any::<i32>().prop_map(Value::Integer).boxed());
    let texts = nullable(text().prop_map(Value::Varchar).boxed());
    let doubles = prop::collection::vec(any::<f64>().prop_map(Value::Double), 2);
    prop_oneof![
        of(list(L::Integer), integers, |values| Value::List(LogicalType::Integer, values)),
        of(list(L::Varchar), texts, |values| Value::List(LogicalType::Varchar, values)),
        of(L::Array(Box::new(L::Double), 2), doubles, |values| Value::Array(LogicalType::Double, values)),
    ]
}

/// Within PostgreSQL's range; the ends of DuckDB's are tested by wire.
fn moments() -> impl Strategy<Value = Typed> {
    use LogicalType as L;
    let micros = || {
        prop_oneof![
            9 => -210_866_803_200_000_000i64..9_223_371_331_200_000_000,
            1 => prop::sample::select(vec![i64::MAX, -i64::MAX, 0]),
        ]
    };
    let offsets = (0i64..86_400_000_000, -57_599i32..=57_599);
    prop_oneof![
        of(L::Date, -2_440_588i32..2_000_000_000, Value::Date),
        of(L::Time, 0i64..=86_400_000_000, Value::Time),
        of(L::TimeNs, 0i64..86_400_000_000, |micros| Value::TimeNs(micros * 1000)),
        of(L::TimeTz, offsets, |(micros, offset_s)| Value::TimeTz { micros, offset_s }),
        of(L::Timestamp, micros(), Value::Timestamp),
        of(L::TimestampTz, micros(), Value::TimestampTz),
        of(L::TimestampS, -100_000_000_000i64..100_000_000, Value::TimestampS),
        of(L::TimestampMs, -100_000_000_000_000i64..1_000_000_000_000, Value::TimestampMs),
        of(L::TimestampNs, -9_000_000_000_000_000i64..9_000_000_000_000_000, |micros| {
            Value::TimestampNs(micros * 1000)
        }),
    ]
}

/// A value, or NULL in its place.
fn or_null(value: Value, is_null: bool) -> Value {
    if is_null { Value::Null } else { value }
}

/// What nests: arrays of two dimensions, and what goes as JSON, around values of all other types.
fn nested() -> impl Strategy<Value = Typed> {
    use LogicalType as L;
    let leaf = || prop_oneof![integers(), scalars(), moments(), lists(), decimals(18, 3)];
    let named = |index: usize| format!("field \"{index}\" \\ é");
    let structure = prop::collection::vec((leaf(), any::<bool>()), 1..5).prop_map(move |fields| {
        let fields = fields.into_iter().enumerate();
        let fields: Vec<_> = fields
            .map(|(index, ((logical, value), null))| (named(index), logical, or_null(value, null)))
            .collect();
        let types = fields.iter().map(|(name, logical, _)| (name.clone(), logical.clone())).collect();
        (L::Struct(types), Value::Struct(fields))
    });
    let union = (leaf(), leaf(), any::<bool>()).prop_map(|((first, value), (second, other), is_first)| {
        let members = vec![("one".to_owned(), first), ("two".to_owned(), second)];
        let (tag, value) = if is_first { (0, value) } else { (1, other) };
        (L::Union(members.clone()), Value::Union(members, tag, Box::new(value)))
    });
    let map = prop::collection::btree_map(text(), prop::option::of(any::<f64>()), 0..4).prop_map(|entries| {
        let entries = entries
            .into_iter()
            .map(|(key, value)| (Value::Varchar(key), value.map_or(Value::Null, Value::Double)));
        (
            L::Map(Box::new(L::Varchar), Box::new(L::Double)),
            Value::Map(L::Varchar, L::Double, entries.collect()),
        )
    });
    let ragged = prop::collection::vec(prop::collection::vec(text(), 0..3), 0..4).prop_map(|lists| {
        let lists = lists
            .into_iter()
            .map(|texts| Value::List(L::Varchar, texts.into_iter().map(Value::Varchar).collect()));
        (list(list(L::Varchar)), Value::List(list(L::Varchar), lists.collect()))
    });
    let square = any::<[[Option<i64>; 3]; 2]>().prop_map(|rows| {
        let row = L::Array(Box::new(L::BigInt), 3);
        let rows = rows.map(|row| {
            let cells = row.map(|cell| cell.map_or(Value::Null, Value::BigInt));
            Value::Array(L::BigInt, cells.to_vec())
        });
        (L::Array(Box::new(row.clone()), 2), Value::Array(row, rows.to_vec()))
    });
    prop_oneof![structure, union, map, ragged, square]
}

/// A value of every type, edges among them.
fn values() -> impl Strategy<Value = Typed> {
    let decimals =
        prop_oneof![decimals(4, 2), decimals(9, 0), decimals(18, 3), decimals(38, 20), decimals(38, 38)];
    prop_oneof![integers(), scalars(), lists(), moments(), decimals, nested()]
}

fn same(left: &Value, right: &Value) -> bool {
    // NaN is not equal to itself, and only its being one is kept.
    let is_nan = |value: &Value| {
        matches!(value, Value::Float(value) if value.is_nan())
            || matches!(value, Value::Double(value) if value.is_nan())
    };
    match (left, right) {
        (Value::Array(_, left), Value::Array(_, right)) | (Value::List(_, left), Value::List(_, right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Struct(left), Value::Struct(right)) => {
            left.iter().zip(right).all(|((_, _, left), (_, _, right))| same(left, right))
        }
        (Value::Map(_, _, left), Value::Map(_, _, right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| left.0 == right.0 && same(&left.1, &right.1))
        }
        (Value::Union(_, left_tag, left), Value::Union(_, right_tag, right)) => {
            left_tag == right_tag && same(left, right)
        }
        _ => left == right || (is_nan(left) && is_nan(right)),
    }
}

thread_local! {
    static DATABASE: Database = Database::open();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn what_was_encoded_is_decoded((logical, value) in values()) {
        let tokyo = Style { zone: Zone::named("Asia/Tokyo").unwrap(), ..Style::default() };
        for format in [Format::Text, Format::Binary] {
            let bytes = DATABASE.with(|database| encoded(database, &value, &logical, format, &tokyo));
            let read = decoded(bytes.as_deref(), &logical, format, &tokyo);
            prop_assert!(same(&read, &value), "{:?} {:?}: {:?} became {:?}", logical, format, value, read);
        }
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, index in 0usize..24, binary: bool) {
        const OIDS: [u32; 24] = [
            oid::BOOL, oid::BYTEA, oid::INT2, oid::INT4, oid::INT8, oid::TEXT, oid::JSON, oid::JSONB, oid::FLOAT4,
            oid::FLOAT8, oid::NUMERIC, oid::DATE, oid::TIME, oid::TIMETZ, oid::TIMESTAMP, oid::TIMESTAMPTZ,
            oid::INTERVAL, oid::VARBIT, oid::UUID, oid::INT4_ARRAY, oid::TEXT_ARRAY, oid::NUMERIC_ARRAY, oid::OID, 0,
        ];
        let format = if binary { Format::Binary } else { Format::Text };
        let typed = Parameter { number: 1, oid: OIDS[index], target: None };
        let _ = parameter(&typed, Some(&bytes), format, &Style::default());
    }
}

fn read(
    oid: u32,
    target: Option<&LogicalType>,
    bytes: &[u8],
    format: Format,
) -> Result<Value, wire::Diagnostic> {
    parameter(&Parameter { number: 2, oid, target }, Some(bytes), format, &Style::default())
}

#[test]
fn values_become_what_the_target_is() {
    use LogicalType as L;
    let decimal = L::Decimal { width: 10, scale: 2 };
    for (oid, target, text, expected) in [
        (oid::INT4, Some(L::BigInt), "7", Value::BigInt(7)),
        (oid::INT8, Some(L::UTinyInt), "200", Value::UTinyInt(200)),
        (oid::INT4, Some(L::Double), "7", Value::Double(7.0)),
        (oid::INT4, Some(decimal.clone()), "-7", Value::Decimal { value: -700, width: 10, scale: 2 }),
        (oid::NUMERIC, Some(decimal), "1.005", Value::Decimal { value: 101, width: 10, scale: 2 }),
        (oid::NUMERIC, Some(L::BigInt), "1.5", Value::BigInt(2)),
        (oid::NUMERIC, Some(L::Double), "1.5", Value::Double(1.5)),
        (oid::NUMERIC, None, "1.50", Value::Decimal { value: 150, width: 3, scale: 2 }),
        (oid::NUMERIC, None, "0", Value::Decimal { value: 0, width: 1, scale: 0 }),
        (oid::TEXT, Some(L::Integer), "7", Value::Integer(7)),
        (oid::UNKNOWN, Some(L::Date), "1970-01-02", Value::Date(1)),
        (oid::FLOAT8, Some(L::Float), "1.5", Value::Float(1.5)),
        (oid::TIMESTAMP, Some(L::TimestampMs), "1970-01-01 00:00:01", Value::TimestampMs(1000)),
        (oid::TEXT, None, "x", Value::Varchar("x".into())),
        (
            oid::INT4_ARRAY,
            None,
            "{{1,2},{3,4}}",
            Value::List(
                list(L::Integer),
                vec![
                    Value::List(L::Integer, vec![Value::Integer(1), Value::Integer(2)]),
                    Value::List(L::Integer, vec![Value::Integer(3), Value::Integer(4)]),
                ],
            ),
        ),
        (
            oid::NUMERIC_ARRAY,
            None,
            "{1.5,20}",
            Value::List(
                L::Decimal { width: 3, scale: 1 },
                vec![
                    Value::Decimal { value: 15, width: 2, scale: 1 },
                    Value::Decimal { value: 20, width: 2, scale: 0 },
                ],
            ),
        ),
        (oid::INT4_ARRAY, Some(list(L::BigInt)), "{7}", Value::List(L::BigInt, vec![Value::BigInt(7)])),
    ] {
        assert_eq!(
            read(oid, target.as_ref(), text.as_bytes(), Format::Text),
            Ok(expected),
            "{text} as {target:?}"
        );
    }
    assert_eq!(
        parameter(&Parameter { number: 1, oid: 23, target: None }, None, Format::Text, &Style::default()),
        Ok(Value::Null)
    );
}

#[test]
fn errors_are_postgresqls() {
    use LogicalType as L;
    for (oid, target, bytes, format, code, message) in [
        (oid::INT4, None, &b"x"[..], Format::Text, "22P02", "invalid input syntax for type integer: \"x\""),
        (
            oid::INT4,
            None,
            b"\0\0\0",
            Format::Binary,
            "22P03",
            "incorrect binary data format in bind parameter 2",
        ),
        (oid::INT8, Some(L::SmallInt), b"70000", Format::Text, "22003", "smallint out of range"),
        (
            oid::TEXT,
            None,
            b"a\xff",
            Format::Text,
            "22021",
            "invalid byte sequence for encoding \"UTF8\": 0xff",
        ),
        (
            oid::TEXT,
            None,
            b"a\0",
            Format::Binary,
            "22021",
            "invalid byte sequence for encoding \"UTF8\": 0x00",
        ),
        (
            oid::DATE,
            None,
            b"2020-13-01",
            Format::Text,
            "22008",
            "date/time field value out of range: \"2020-13-01\"",
        ),
        (
            oid::INT4_ARRAY,
            None,
            b"{1,x}",
            Format::Text,
            "22P02",
            "invalid input syntax for type integer: \"x\"",
        ),
        (oid::INT4_ARRAY, None, b"1", Format::Text, "22P02", "malformed array literal: \"1\""),
        (oid::JSONB, None, b"\x02{}", Format::Binary, "22P03", "unsupported jsonb version number"),
        (
            oid::NUMERIC,
            Some(L::Decimal { width: 3, scale: 1 }),
            b"100",
            Format::Text,
            "22003",
            "numeric field overflow",
        ),
    ] {
        let error = read(oid, target.as_ref(), bytes, format).unwrap_err();
        assert_eq!((error.code.as_str(), error.message.as_str()), (code, message));
    }
}
