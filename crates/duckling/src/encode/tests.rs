//! Rows as DuckDB gives them, compared with what PostgreSQL 15 sends for the same values.

use engine::{AllowAll, Chunk, Connection, Instance, LogicalType, Options, Step};
use wire::frontend::Format;

use super::*;
use crate::decode::Zone;

/// An engine to ask.
pub(crate) struct Database {
    connection: Connection,
    _instance: Instance,
}

impl Database {
    pub(crate) fn open() -> Self {
        let instance = Instance::open(&Options::default()).unwrap();
        let connection = instance.connect(AllowAll).unwrap();
        Self { connection, _instance: instance }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn query(&self, sql: &str) -> (Vec<LogicalType>, Vec<Chunk>) {
        let mut statement =
            self.connection.prepare_sql(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let mut execution = statement.start().unwrap();
        let types = execution.columns().into_iter().map(|column| column.logical_type).collect();
        (types, drain(&mut execution))
    }
}

pub(crate) fn drain(execution: &mut engine::Execution) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    loop {
        match execution.step().unwrap_or_else(|error| panic!("{error:?}")) {
            Step::Chunk(chunk) => chunks.push(chunk),
            Step::Finished => return chunks,
            Step::NotReady | Step::Blocked => {}
        }
    }
}

/// Takes DataRow messages apart.
pub(crate) fn rows_of(mut bytes: &[u8]) -> Vec<Vec<Option<Vec<u8>>>> {
    let mut rows = Vec::new();
    while !bytes.is_empty() {
        assert_eq!(bytes[0], b'D');
        let length = usize::try_from(u32::from_be_bytes(bytes[1..5].try_into().unwrap())).unwrap();
        let (mut body, rest) = bytes[1..].split_at(length);
        bytes = rest;
        let count = u16::from_be_bytes(body[4..6].try_into().unwrap());
        body = &body[6..];
        let mut row = Vec::new();
        for _ in 0..count {
            let length = i32::from_be_bytes(body[..4].try_into().unwrap());
            body = &body[4..];
            row.push(usize::try_from(length).ok().map(|length| {
                let (value, rest) = body.split_at(length);
                body = rest;
                value.to_vec()
            }));
        }
        assert!(body.is_empty());
        rows.push(row);
    }
    rows
}

fn encode_all(sql: &str, format: Format, style: &Style) -> Vec<Vec<Option<Vec<u8>>>> {
    let (types, chunks) = Database::open().query(sql);
    let columns: Vec<_> = types.into_iter().map(|logical| (logical, format)).collect();
    let mut encoder = RowEncoder::new(&columns, style, 1 << 28);
    let mut out = Vec::new();
    for chunk in &chunks {
        encoder.begin(chunk).unwrap();
        let mut next = 0;
        while next < chunk.len() {
            next += encoder.encode(chunk, next..chunk.len(), 0, &mut out).unwrap();
        }
    }
    rows_of(&out)
}

/// One value in text; NULL is `NULL`.
fn text_in(expression: &str, style: &Style) -> String {
    let rows = encode_all(&format!("SELECT {expression}"), Format::Text, style);
    rows[0][0].as_ref().map_or("NULL".to_owned(), |value| String::from_utf8(value.clone()).unwrap())
}

fn text(expression: &str) -> String {
    text_in(expression, &Style::default())
}

fn hex(expression: &str) -> String {
    use std::fmt::Write;
    let rows = encode_all(&format!("SELECT {expression}"), Format::Binary, &Style::default());
    let value = rows[0][0].as_ref().unwrap();
    value.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

/// The right column is what PostgreSQL 15 prints for the value.
#[test]
fn scalars_in_text() {
    for (expression, expected) in [
        ("true", "t"),
        ("NULL::INTEGER", "NULL"),
        ("NULL", "NULL"),
        ("(-128)::TINYINT", "-128"),
        ("255::UTINYINT", "255"),
        ("(-32768)::SMALLINT", "-32768"),
        ("65535::USMALLINT", "65535"),
        ("4294967295::UINTEGER", "4294967295"),
        ("(-9223372036854775808)::BIGINT", "-9223372036854775808"),
        ("18446744073709551615::UBIGINT", "18446744073709551615"),
        ("(-170141183460469231731687303715884105728)::HUGEINT", "-170141183460469231731687303715884105728"),
        ("340282366920938463463374607431768211455::UHUGEINT", "340282366920938463463374607431768211455"),
        (
            "'-12345678901234567890123456789012345678901234567890'::BIGNUM",
            "-12345678901234567890123456789012345678901234567890",
        ),
        ("1e20::DOUBLE", "1e+20"),
        ("'nan'::FLOAT", "NaN"),
        ("0.1::FLOAT", "0.1"),
        ("(-1.5)::DECIMAL(4,2)", "-1.50"),
        ("0.05::DECIMAL(9,2)", "0.05"),
        ("12345678901.5::DECIMAL(18,3)", "12345678901.500"),
        ("99999999999999999999999999999999999.999::DECIMAL(38,3)", "99999999999999999999999999999999999.999"),
        ("'añ€'", "añ€"),
        ("'{\"a\": 1}'::JSON", "{\"a\": 1}"),
        ("'\\x00\\xFFa'::BLOB", "\\x00ff61"),
        ("'0101100111'::BIT", "0101100111"),
        ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("'happy'::ENUM('sad', 'happy')", "happy"),
        ("DATE '0044-03-15 (BC)'", "0044-03-15 BC"),
        ("'infinity'::DATE", "infinity"),
        ("'-infinity'::TIMESTAMP", "-infinity"),
        ("TIME '23:59:59.5'", "23:59:59.5"),
        ("'04:05:06.789123456'::TIME_NS", "04:05:06.789123"),
        ("'04:05:06-08:30'::TIMETZ", "04:05:06-08:30"),
        ("TIMESTAMP '2020-01-02 03:04:05.678901'", "2020-01-02 03:04:05.678901"),
        ("'2020-01-02 03:04:05'::TIMESTAMP_S", "2020-01-02 03:04:05"),
        ("'2020-01-02 03:04:05.678'::TIMESTAMP_MS", "2020-01-02 03:04:05.678"),
        ("'2020-01-02 03:04:05.678901999'::TIMESTAMP_NS", "2020-01-02 03:04:05.678901"),
        ("'1969-12-31 23:59:59.999999999'::TIMESTAMP_NS", "1969-12-31 23:59:59.999999"),
        ("'infinity'::TIMESTAMP_S", "infinity"),
        ("'2020-01-02 03:04:05+00'::TIMESTAMPTZ", "2020-01-02 03:04:05+00"),
        ("INTERVAL '14 months 3 days 04:05:06.7'", "1 year 2 mons 3 days 04:05:06.7"),
    ] {
        assert_eq!(text(expression), expected, "{expression}");
    }
}

#[test]
fn styles_and_zones_count() {
    let style = Style::from_settings(|name| match name {
        "DateStyle" => Some("SQL, DMY"),
        "TimeZone" => Some("America/New_York"),
        "IntervalStyle" => Some("iso_8601"),
        "bytea_output" => Some("escape"),
        "extra_float_digits" => Some("0"),
        _ => None,
    });
    for (expression, expected) in [
        ("'2020-07-02 03:04:05+00'::TIMESTAMPTZ", "01/07/2020 23:04:05 EDT"),
        ("'2020-01-02 03:04:05+00'::TIMESTAMPTZ", "01/01/2020 22:04:05 EST"),
        ("DATE '2020-01-02'", "02/01/2020"),
        ("INTERVAL '14 months'", "P1Y2M"),
        ("'\\xFF'::BLOB", "\\377"),
        ("1/3", "0.333333333333333"),
    ] {
        assert_eq!(text_in(expression, &style), expected, "{expression}");
    }
    let tokyo = Style { zone: Zone::named("Asia/Tokyo").unwrap(), ..Style::default() };
    assert_eq!(text_in("'2020-01-02 03:04:05+00'::TIMESTAMPTZ", &tokyo), "2020-01-02 12:04:05+09");
}

/// The right column is `encode(xxx_send(value), 'hex')` of PostgreSQL 15.
#[test]
fn scalars_in_binary() {
    for (expression, expected) in [
        ("true", "01"),
        ("(-2)::TINYINT", "fffe"),
        ("200::UTINYINT", "00c8"),
        ("(-2)::SMALLINT", "fffe"),
        ("65535::USMALLINT", "0000ffff"),
        ("4294967295::UINTEGER", "00000000ffffffff"),
        ("1::BIGINT", "0000000000000001"),
        ("18446744073709551615::UBIGINT", "000500040000000007341a5802e103bb064f"),
        (
            "(-170141183460469231731687303715884105728)::HUGEINT",
            "000a00094000000000aa0583209a01d5090d0c601c871bf620da1660",
        ),
        (
            "'12345678901234567890123456789012345678901234567890'::BIGNUM",
            "000d000c00000000000c0d801ed204d2162e23340d801ed204d2162e23340d801ed2",
        ),
        ("1.5::DOUBLE", "3ff8000000000000"),
        ("1.5::FLOAT", "3fc00000"),
        ("(-123.45)::DECIMAL(18,2)", "0002000040000002007b1194"),
        ("'ab'", "6162"),
        ("'\\xFF'::BLOB", "ff"),
        ("'010110011'::BIT", "000000095980"),
        ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", "a0eebc999c0b4ef8bb6d6bb9bd380a11"),
        ("DATE '2000-01-02'", "00000001"),
        ("'-infinity'::DATE", "80000000"),
        ("TIME '00:00:01'", "00000000000f4240"),
        ("'04:05:06-08:30'::TIMETZ", "000000036c8bc08000007788"),
        ("TIMESTAMP '2000-01-01 00:00:01'", "00000000000f4240"),
        ("'infinity'::TIMESTAMPTZ", "7fffffffffffffff"),
        ("INTERVAL '14 months 3 days 1 second'", "00000000000f4240000000030000000e"),
        ("'x'::ENUM('x')", "78"),
        ("[1, NULL]::INTEGER[]", "000000010000000100000017000000020000000100000004000000 01ffffffff"),
        ("[]::INTEGER[]", "000000000000000000000017"),
    ] {
        let expected = expected.replace(' ', "");
        assert_eq!(hex(expression), expected, "{expression}");
    }
}

#[test]
fn nested_values() {
    for (expression, expected) in [
        ("[1, NULL, 3]", "{1,NULL,3}"),
        ("['a b', '', 'NULL', 'q\"\\', 'x,y', NULL]", r#"{"a b","","NULL","q\"\\","x,y",NULL}"#),
        ("[]::VARCHAR[]", "{}"),
        ("array_value(1.5, 2.5)::DOUBLE[2]", "{1.5,2.5}"),
        ("[DATE '2020-01-02', NULL]", "{2020-01-02,NULL}"),
        ("[[1, 2], [], NULL, [3]]", "[[1,2],[],null,[3]]"),
        ("{'a': 1, 'b c': 'x\"y', 'd': NULL}", r#"{"a":1,"b c":"x\"y","d":null}"#),
        ("MAP {'k': 1.5, 'l': NULL}", r#"{"k":1.5,"l":null}"#),
        ("union_value(num := 2)::UNION(s VARCHAR, num INTEGER)", r#"{"num":2}"#),
        (
            "[{'a': true, 'f': 'nan'::DOUBLE, 't': TIMESTAMP '2020-01-02 03:04:05'}]",
            r#"[{"a":true,"f":"NaN","t":"2020-01-02 03:04:05"}]"#,
        ),
        ("{'j': '{\"x\": [1]}'::JSON}", r#"{"j":{"x": [1]}}"#),
        ("row(1, 'x')", r#"{"v1":1,"v2":"x"}"#),
        ("NULL::STRUCT(a INTEGER)", "NULL"),
    ] {
        assert_eq!(text(expression), expected, "{expression}");
    }
}

#[test]
fn rows_of_several_chunks_stop_where_the_caller_says() {
    let database = Database::open();
    let sql = "SELECT range, CASE WHEN range % 3 = 0 THEN NULL ELSE 'v' || range END, \
               [range, NULL], {'a': range} FROM range(5000)";
    let (types, chunks) = database.query(sql);
    let columns: Vec<_> = types.into_iter().map(|logical| (logical, Format::Text)).collect();
    let mut encoder = RowEncoder::new(&columns, &Style::default(), 100);
    let (mut out, mut count) = (Vec::new(), 0);
    for chunk in &chunks {
        encoder.begin(chunk).unwrap();
        let mut next = 0;
        while next < chunk.len() {
            let before = out.len();
            let most = (next + 7).min(chunk.len());
            let written = encoder.encode(chunk, next..most, before + 200, &mut out).unwrap();
            assert!((1..=7).contains(&written) && out.len() - before < 300);
            next += written;
        }
        count += next;
    }
    assert_eq!(count, 5000);
    for (index, row) in rows_of(&out).into_iter().enumerate() {
        let value = |text: String| Some(text.into_bytes());
        let second = if index % 3 == 0 { None } else { value(format!("v{index}")) };
        let expected = [
            value(index.to_string()),
            second,
            value(format!("{{{index},NULL}}")),
            value(format!("{{\"a\":{index}}}")),
        ];
        assert_eq!(row, expected);
    }
}

#[test]
fn long_values_are_sent_in_windows_or_refused() {
    let database = Database::open();
    let (types, chunks) = database.query("SELECT range, repeat('x', 3000000), ['y'] FROM range(10)");
    let columns: Vec<_> = types.into_iter().map(|logical| (logical, Format::Binary)).collect();
    let chunk = &chunks[0];
    let mut encoder = RowEncoder::new(&columns, &Style::default(), 3_000_000);
    let mut out = Vec::new();
    encoder.begin(chunk).unwrap();
    assert_eq!(encoder.encode(chunk, 0..10, usize::MAX, &mut out).unwrap(), 10);
    let rows = rows_of(&out);
    assert!(rows.iter().all(|row| row[1].as_ref().unwrap().len() == 3_000_000));
    assert_eq!(rows[9][0], Some(9i64.to_be_bytes().to_vec()));

    let mut encoder = RowEncoder::new(&columns, &Style::default(), 2_999_999);
    let mut out = b"before".to_vec();
    encoder.begin(chunk).unwrap();
    let error = encoder.encode(chunk, 0..10, usize::MAX, &mut out).unwrap_err();
    assert_eq!(error.code, SqlState::PROGRAM_LIMIT_EXCEEDED);
    assert_eq!(out, b"before");
}

#[test]
fn moments_without_a_binary_form_are_22008() {
    let (types, chunks) = Database::open().query("SELECT '290300-01-01 (BC) 00:00:00'::TIMESTAMP");
    for (format, code) in [(Format::Text, None), (Format::Binary, Some("22008"))] {
        let mut encoder = RowEncoder::new(&[(types[0].clone(), format)], &Style::default(), 100);
        let result = encoder.encode(&chunks[0], 0..1, usize::MAX, &mut Vec::new());
        assert_eq!(result.err().map(|error| error.code.to_string()).as_deref(), code);
    }
}

/// GEOMETRY is stored as WKB: byte order, type, coordinates.
#[test]
fn geometry_is_wkb() {
    assert_eq!(text("'POINT(1 2)'::GEOMETRY"), "\\x0101000000000000000000f03f0000000000000040");
    assert_eq!(text("['a', NULL]::ENUM('a')[]"), "{a,NULL}");
    assert_eq!(text("['{\"x\": 1}']::JSON[]"), r#"{"{\"x\": 1}"}"#);
    assert_eq!(text("[]"), "{}");
}
