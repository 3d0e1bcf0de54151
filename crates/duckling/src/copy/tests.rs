//! COPY through a real engine; expected texts and errors are PostgreSQL 15's.

mod binary;

use engine::LogicalType;
use proptest::prelude::*;
use wire::Diagnostic;

use super::*;
use crate::{
    decode::Style,
    encode::tests::{Database, rows_of},
};

/// The contents of CopyData messages.
pub(super) fn data_of(mut messages: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    while !messages.is_empty() {
        assert_eq!(messages[0], b'd');
        let length = usize::try_from(u32::from_be_bytes(messages[1..5].try_into().unwrap())).unwrap();
        data.extend_from_slice(&messages[5..=length]);
        messages = &messages[length + 1..];
    }
    data
}

/// Options as `(name value, …)`; lists of columns are separated by `|`.
pub(super) fn options(pairs: &[(&str, &str)], direction: CopyDirection) -> CopyOptions {
    let value = |name: &str, value: &str| match value {
        "*" => CopyValue::Star,
        _ if name.starts_with("force") => CopyValue::List(value.split('|').map(str::to_owned).collect()),
        _ => CopyValue::Text(value.to_owned()),
    };
    let option = |(name, text): &(&str, &str)| CopyOption {
        name: (*name).to_owned(),
        value: value(name, text),
        offset: 0,
    };
    let options: Vec<_> = pairs.iter().map(option).collect();
    CopyOptions::read(&options, direction).unwrap()
}

/// A table `t` of these columns.
pub(super) fn target(columns: &[(String, LogicalType)]) -> CopyTarget {
    let column = |(name, logical): &(String, LogicalType)| CopyColumn {
        name: name.clone(),
        logical: logical.clone(),
        has_default: false,
    };
    CopyTarget {
        schema: "main".to_owned(),
        table: "t".to_owned(),
        columns: columns.iter().map(column).collect(),
        required: Vec::new(),
    }
}

fn columns(types: &[(&str, LogicalType)]) -> Vec<(String, LogicalType)> {
    types.iter().map(|(name, logical)| ((*name).to_owned(), logical.clone())).collect()
}

/// Loads data in pieces of a size, and prints the rows as DuckDB does.
fn load(
    types: &[(&str, LogicalType)],
    pairs: &[(&str, &str)],
    data: &[u8],
    piece: usize,
) -> Result<Vec<Vec<Option<String>>>, Diagnostic> {
    let database = Database::open();
    let columns = columns(types);
    let options = options(pairs, CopyDirection::In);
    let mut reader = CopyIn::new(&options, &target(&columns), &Style::default(), 1 << 20)?;
    let defined: Vec<_> =
        columns.iter().map(|(name, logical)| format!("\"{name}\" {}", logical.sql())).collect();
    database.connection().execute(&format!("CREATE TABLE t ({})", defined.join(", "))).unwrap();
    let sql = "INSERT INTO t SELECT * FROM appended_data";
    let mut load = database.connection().appender(sql, &reader.appended()).unwrap();
    let mut take = |chunk: &engine::ChunkBuilder| {
        load.append(chunk).unwrap();
        Ok(())
    };
    for piece in data.chunks(piece) {
        reader.push(piece, &mut take)?;
    }
    let count = reader.finish(&mut take)?;
    assert_eq!(load.close().unwrap(), count);
    let (types, chunks) = database.query("SELECT COLUMNS(*)::VARCHAR FROM t");
    let formats: Vec<_> = types.into_iter().map(|logical| (logical, wire::frontend::Format::Text)).collect();
    let mut encoder = crate::encode::RowEncoder::new(&formats, &Style::default(), 1 << 20);
    let mut out = Vec::new();
    for chunk in &chunks {
        encoder.begin(chunk).unwrap();
        encoder.encode(chunk, 0..chunk.len(), usize::MAX, &mut out).unwrap();
    }
    let text = |value: Option<Vec<u8>>| value.map(|value| String::from_utf8(value).unwrap());
    Ok(rows_of(&out).into_iter().map(|row| row.into_iter().map(text).collect()).collect())
}

fn two() -> [(&'static str, LogicalType); 2] {
    [("a", LogicalType::Integer), ("b", LogicalType::Varchar)]
}

fn row(values: &[Option<&str>]) -> Vec<Option<String>> {
    values.iter().map(|value| value.map(str::to_owned)).collect()
}

#[test]
fn text_in_pieces_of_every_size() {
    let data = "1\tone\n2\t\\N\n\\N\ta\\tb\\\\\\x41\\nä€\n4\tlast\\\nline\n\\.\nignored".as_bytes();
    for piece in 1..=data.len() {
        let rows = load(&two(), &[], data, piece).unwrap();
        let expected = [
            row(&[Some("1"), Some("one")]),
            row(&[Some("2"), None]),
            row(&[None, Some("a\tb\\A\nä€")]),
            row(&[Some("4"), Some("last\nline")]),
        ];
        assert_eq!(rows, expected, "pieces of {piece}");
    }
}

#[test]
fn csv_in_pieces_of_every_size() {
    let data = "a,b\r\n1,one\r\n2,\r\n,\"q \"\"x\"\",\r\ny\"\r\n4,\"\"\r\n5,\\.\r\n6,end".as_bytes();
    for piece in 1..=data.len() {
        let rows = load(&two(), &[("format", "csv"), ("header", "match")], data, piece).unwrap();
        let expected = [
            row(&[Some("1"), Some("one")]),
            row(&[Some("2"), None]),
            row(&[None, Some("q \"x\",\r\ny")]),
            row(&[Some("4"), Some("")]),
            row(&[Some("5"), Some("\\.")]),
            row(&[Some("6"), Some("end")]),
        ];
        assert_eq!(rows, expected, "pieces of {piece}");
    }
}

#[test]
fn every_type_is_loaded() {
    use LogicalType as L;
    let list = |element| L::List(Box::new(element));
    let cases: Vec<(LogicalType, &str, &str)> = vec![
        (L::Boolean, "yes", "true"),
        (L::TinyInt, "-128", "-128"),
        (L::UTinyInt, "255", "255"),
        (L::SmallInt, "-32768", "-32768"),
        (L::USmallInt, "65535", "65535"),
        (L::UInteger, "4294967295", "4294967295"),
        (L::BigInt, "-9223372036854775808", "-9223372036854775808"),
        (L::UBigInt, "18446744073709551615", "18446744073709551615"),
        (L::HugeInt, "-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728"),
        (L::UHugeInt, "340282366920938463463374607431768211455", "340282366920938463463374607431768211455"),
        (
            L::BigNum,
            "-123456789012345678901234567890123456789012345",
            "-123456789012345678901234567890123456789012345",
        ),
        (L::Float, "1.5", "1.5"),
        (L::Double, "-Infinity", "-inf"),
        (L::Decimal { width: 4, scale: 1 }, "-1.25", "-1.3"),
        (L::Decimal { width: 9, scale: 2 }, "1e3", "1000.00"),
        (L::Decimal { width: 18, scale: 2 }, "12.3", "12.30"),
        (L::Decimal { width: 38, scale: 2 }, "99999999999999999999.99", "99999999999999999999.99"),
        (L::Json, "{\"a\": [1]}", "{\"a\": [1]}"),
        (L::Blob, "\\\\x00ff", "\\x00\\xFF"),
        (L::Bit, "0101", "0101"),
        (L::Uuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        (L::Date, "2020-01-02", "2020-01-02"),
        (L::Time, "04:05:06.7", "04:05:06.7"),
        (L::TimeTz, "04:05:06+02", "04:05:06+02"),
        (L::TimeNs, "04:05:06.7", "04:05:06.7"),
        (L::Timestamp, "Jan 2 2020 03:04:05", "2020-01-02 03:04:05"),
        (L::TimestampS, "2020-01-02 03:04:05", "2020-01-02 03:04:05"),
        (L::TimestampMs, "2020-01-02 03:04:05.678", "2020-01-02 03:04:05.678"),
        (L::TimestampNs, "2020-01-02 03:04:05.678", "2020-01-02 03:04:05.678"),
        (L::TimestampTz, "infinity", "infinity"),
        (L::Interval, "1 mon 2 days", "1 month 2 days"),
        (L::Enum(["sad".into(), "happy".into()].into_iter().collect()), "happy", "happy"),
        (list(L::Integer), "{1,NULL,3}", "[1, NULL, 3]"),
        (L::Array(Box::new(L::Varchar), 2), "{\"a b\",c}", "[a b, c]"),
        (L::Struct(vec![("x".into(), L::Integer)]), "{'x': 1}", "{'x': 1}"),
    ];
    for (logical, text, expected) in cases {
        let rows = load(&[("v", logical.clone())], &[], format!("{text}\n\\N\n").as_bytes(), 7)
            .unwrap_or_else(|error| panic!("{logical:?}: {error:?}"));
        assert_eq!(rows, [row(&[Some(expected)]), row(&[None])], "{logical:?}");
    }
}

/// Options and data; code, message and context.
type Case<'c> = (&'c [(&'c str, &'c str)], &'c [u8], &'c str, &'c str, &'c str);

/// Codes, messages and contexts as PostgreSQL 15 gives them for `create table t (a int, b text)`.
#[test]
fn errors_name_line_and_column() {
    let csv: &[(&str, &str)] = &[("format", "csv")];
    let header: &[(&str, &str)] = &[("format", "csv"), ("header", "match")];
    let cases: [Case<'_>; 14] = [
        (&[], b"1\tx\n2\n", "22P04", "missing data for column \"b\"", "COPY t, line 2: \"2\""),
        (&[], b"1\tx\ty\n", "22P04", "extra data after last expected column", "COPY t, line 1: \"1\tx\ty\""),
        (
            &[],
            b"1\tx\nabc\ty\n",
            "22P02",
            "invalid input syntax for type integer: \"abc\"",
            "COPY t, line 2, column a: \"abc\"",
        ),
        (
            &[],
            b"99999999999\tx\n",
            "22003",
            "value \"99999999999\" is out of range for type integer",
            "COPY t, line 1, column a: \"99999999999\"",
        ),
        (&[], b"1\tx\n2\ty\r\n", "22P04", "literal carriage return found in data", "COPY t, line 2"),
        (&[], b"1\tx\r\n2\ty\n", "22P04", "literal newline found in data", "COPY t, line 2"),
        (&[], b"1\tx\n\\.x\n", "22P04", "end-of-copy marker corrupt", "COPY t, line 2"),
        (
            &[],
            b"1\tx\n2\t\xff\n",
            "22021",
            "invalid byte sequence for encoding \"UTF8\": 0xff",
            "COPY t, line 2",
        ),
        (
            &[],
            b"1\t\\xff\n",
            "22021",
            "invalid byte sequence for encoding \"UTF8\": 0xff",
            "COPY t, line 1: \"1\t\\xff\"",
        ),
        (csv, b"1,x\n2,\"y\nz\n", "22P04", "unterminated CSV quoted field", "COPY t, line 4: \"2,\"y\nz\n\""),
        (csv, b"1,x\n2,y\rz\n", "22P04", "unquoted carriage return found in data", "COPY t, line 2"),
        (
            csv,
            b"1,\"x\ny\"\nz,y\n",
            "22P02",
            "invalid input syntax for type integer: \"z\"",
            // PostgreSQL does not count the newline: it has not seen how lines end yet.
            "COPY t, line 2, column a: \"z\"",
        ),
        (
            header,
            b"a,c\n",
            "22P04",
            "column name mismatch in header line field 2: got \"c\", expected \"b\"",
            "COPY t, line 1: \"a,c\"",
        ),
        (
            header,
            b"a\n",
            "22P04",
            "wrong number of fields in header line: got 1, expected 2",
            "COPY t, line 1: \"a\"",
        ),
    ];
    for (pairs, data, code, message, context) in cases {
        let error = load(&two(), pairs, data, 5).unwrap_err();
        assert_eq!((error.code.as_str(), error.message.as_str()), (code, message));
        assert_eq!(error.context.as_deref(), Some(context), "{message}");
    }
}

#[test]
fn nulls_can_be_forced() {
    let pairs: &[(&str, &str)] = &[("format", "csv"), ("null", "-"), ("force_not_null", "b")];
    assert_eq!(load(&two(), pairs, b"-,-\n", 9).unwrap(), [row(&[None, Some("-")])]);
    let pairs: &[(&str, &str)] = &[("format", "csv"), ("null", "-"), ("force_null", "*")];
    assert_eq!(load(&two(), pairs, b"1,\"-\"\n", 9).unwrap(), [row(&[Some("1"), None])]);
    let unknown = options(&[("format", "csv"), ("force_null", "z")], CopyDirection::In);
    let error = CopyIn::new(&unknown, &target(&columns(&two())), &Style::default(), 10).err().unwrap();
    assert_eq!(error.code.as_str(), "42P10");
}

#[test]
fn many_rows_and_a_row_that_is_too_long() {
    let lines: Vec<_> = (0..5000).map(|number| format!("{number}\tv{number}\n")).collect();
    let data = lines.concat();
    let rows = load(&two(), &[], data.as_bytes(), 1000).unwrap();
    assert_eq!((rows.len(), rows[4999].clone()), (5000, row(&[Some("4999"), Some("v4999")])));
    let error = load(&two(), &[], &vec![b'x'; (1 << 20) + 1], 100_000).unwrap_err();
    assert_eq!((error.code.as_str(), error.context.as_deref()), ("54000", Some("COPY t, line 1")));
}

fn write(sql: &str, pairs: &[(&str, &str)]) -> String {
    let database = Database::open();
    let (types, chunks) = database.query(sql);
    let named: Vec<_> = (0..).zip(types).map(|(index, logical)| (format!("c{index}"), logical)).collect();
    let mut writer =
        CopyOut::new(&options(pairs, CopyDirection::Out), &named, &Style::default(), 1 << 20).unwrap();
    let mut out = Vec::new();
    writer.header(&mut out);
    for chunk in &chunks {
        writer.begin();
        let mut next = 0;
        while next < chunk.len() {
            next += writer.encode(chunk, next..chunk.len(), 0, &mut out).unwrap();
        }
    }
    String::from_utf8(data_of(&out)).unwrap()
}

#[test]
fn rows_are_written_as_postgresql_writes_them() {
    let sql = "SELECT 1, E'a\\tb\\\\c\\nd\\re\\bf', NULL, '\\xff'::BLOB, [1, NULL]";
    assert_eq!(write(sql, &[]), "1\ta\\tb\\\\c\\nd\\re\\bf\t\\N\t\\\\xff\t{1,NULL}\n");
    assert_eq!(write("SELECT 'a|b', -5", &[("delimiter", "|"), ("null", "x")]), "a\\|b|-5\n");
    let sql = "SELECT 1, 'a,b', NULL, '', 'say \"hi\"', E'x\\ny', 'plain'";
    assert_eq!(write(sql, &[("format", "csv")]), "1,\"a,b\",,\"\",\"say \"\"hi\"\"\",\"x\ny\",plain\n");
    let all = [("format", "csv"), ("force_quote", "*"), ("header", "true"), ("quote", "'"), ("escape", "\\")];
    assert_eq!(write("SELECT 1, NULL, E'it\\'s \\\\'", &all), "c0,c1,c2\n'1',,'it\\'s \\\\'\n");
    assert_eq!(write("SELECT '\\.'", &[("format", "csv")]), "\"\\.\"\n");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_written_is_read_back(
        texts in prop::collection::vec(prop::option::of("[ -~\n\r\t\\\\\"ä€,]{0,12}"), 1..40),
        csv: bool,
        piece in 1usize..50,
    ) {
        let pairs: &[(&str, &str)] = if csv { &[("format", "csv")] } else { &[] };
        let literals: Vec<_> = texts.iter().map(|text| match text {
            Some(text) => format!("('{}')", text.replace('\'', "''")),
            None => "(NULL)".to_owned(),
        }).collect();
        let data = write(&format!("SELECT 7, v FROM (VALUES {}, ('end')) AS t(v)", literals.join(", ")), pairs);
        let rows = load(&two(), pairs, data.as_bytes(), piece).unwrap();
        let expected: Vec<_> = texts.iter().map(Option::as_deref).chain([Some("end")]).map(|text| row(&[Some("7"), text])).collect();
        prop_assert_eq!(rows, expected);
    }
}
