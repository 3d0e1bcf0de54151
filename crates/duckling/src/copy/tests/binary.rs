//! The binary format, cut anywhere and broken in every way; errors are PostgreSQL 15's.

use engine::LogicalType;

use super::{columns, data_of, load, options, row, two};
use crate::{
    copy::{CopyDirection, CopyOut, binary::SIGNATURE},
    decode::Style,
    encode::tests::Database,
};

const BINARY: &[(&str, &str)] = &[("format", "binary")];

fn header() -> Vec<u8> {
    [SIGNATURE.as_slice(), &[0; 8]].concat()
}

fn field(value: Option<&[u8]>) -> Vec<u8> {
    let length = value.map_or(-1, |value| i32::try_from(value.len()).unwrap());
    [length.to_be_bytes().as_slice(), value.unwrap_or_default()].concat()
}

/// Rows for an integer and a text.
fn rows(rows: &[(Option<i32>, Option<&str>)]) -> Vec<u8> {
    let row = |(number, text): &(Option<i32>, Option<&str>)| {
        let number = number.map(i32::to_be_bytes);
        let number = field(number.as_ref().map(<[u8; 4]>::as_slice));
        [[0, 2].as_slice(), &number, &field(text.map(str::as_bytes))].concat()
    };
    rows.iter().flat_map(row).collect()
}

#[test]
fn pieces_of_every_size() {
    let mut data = SIGNATURE.to_vec();
    // Flags that are not critical, and an extension to be skipped.
    data.extend_from_slice(&[0, 0, 0x12, 0x34, 0, 0, 0, 3, 9, 9, 9]);
    data.extend(rows(&[(Some(1), Some("one")), (Some(-2), None), (None, Some("")), (Some(4), Some("ä€"))]));
    data.extend_from_slice(&[0xff, 0xff]);
    for piece in 1..=data.len() {
        let loaded = load(&two(), BINARY, &data, piece).unwrap();
        let expected = [
            row(&[Some("1"), Some("one")]),
            row(&[Some("-2"), None]),
            row(&[None, Some("")]),
            row(&[Some("4"), Some("ä€")]),
        ];
        assert_eq!(loaded, expected, "pieces of {piece}");
    }
    // Neither the trailer nor any row is needed.
    assert_eq!(load(&two(), BINARY, &header(), 4).unwrap(), [[]; 0]);
    let cut = [header(), rows(&[(Some(1), None)]), vec![0]].concat();
    assert_eq!(load(&two(), BINARY, &cut, 4).unwrap().len(), 1);
}

#[test]
fn what_is_broken_is_said() {
    let one = [header(), rows(&[(Some(1), Some("x"))])].concat();
    let with = |more: &[u8]| [one.as_slice(), more].concat();
    let flags = |flags: [u8; 4]| [SIGNATURE.as_slice(), &flags].concat();
    let short = [[0, 2].as_slice(), &field(Some(&[0, 0, 1])), &field(None)].concat();
    let long = [[0, 2].as_slice(), &field(Some(&[0, 0, 0, 0, 1])), &field(None)].concat();
    let cases: [(Vec<u8>, &str, &str, Option<&str>); 15] = [
        (Vec::new(), "22P04", "COPY file signature not recognized", None),
        (b"PGCOPY".to_vec(), "22P04", "COPY file signature not recognized", None),
        (b"PGCOPY\n\xff\r\r\0\0\0\0\0\0\0\0\0".to_vec(), "22P04", "COPY file signature not recognized", None),
        (flags([0, 0, 0, 0])[..13].to_vec(), "22P04", "invalid COPY file header (missing flags)", None),
        (flags([0, 1, 0, 0]), "22P04", "invalid COPY file header (WITH OIDS)", None),
        (flags([0, 2, 0, 0]), "22P04", "unrecognized critical flags in COPY file header", None),
        (flags([0, 0, 0, 0]), "22P04", "invalid COPY file header (missing length)", None),
        (
            [flags([0; 4]), vec![0, 0, 0, 5, 1]].concat(),
            "22P04",
            "invalid COPY file header (wrong length)",
            None,
        ),
        (with(&[0, 3]), "22P04", "row field count is 3, expected 2", Some("COPY t, line 2")),
        (with(&[0, 2, 0, 0]), "22P04", "unexpected EOF in COPY data", Some("COPY t, line 2, column a")),
        (
            with(&[0, 2, 0xff, 0xff, 0xff, 0xfe]),
            "22P04",
            "invalid field size",
            Some("COPY t, line 2, column a"),
        ),
        (with(&short), "08P01", "insufficient data left in message", Some("COPY t, line 2, column a")),
        (with(&long), "22P03", "incorrect binary data format", Some("COPY t, line 2, column a")),
        (with(&[0xff, 0xff, 0]), "22P04", "received copy data after EOF marker", Some("COPY t, line 2")),
        (
            [header(), rows(&[(None, None)]), vec![0, 2, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 0xff]].concat(),
            "22021",
            "invalid byte sequence for encoding \"UTF8\": 0xff",
            Some("COPY t, line 2, column b"),
        ),
    ];
    for (data, code, message, context) in cases {
        for piece in [1, 7, 1000] {
            let error = load(&two(), BINARY, &data, piece).unwrap_err();
            assert_eq!((error.code.as_str(), error.message.as_str()), (code, message));
            assert_eq!(error.context.as_deref(), context, "{message}");
        }
    }
}

/// Every type is written, and what was written is read back as it was.
#[test]
fn every_type_goes_out_and_comes_back() {
    let values = [
        "true",
        "'-128'::TINYINT",
        "255::UTINYINT",
        "'-32768'::SMALLINT",
        "65535::USMALLINT",
        "'-2147483648'::INTEGER",
        "4294967295::UINTEGER",
        "'-9223372036854775808'::BIGINT",
        "18446744073709551615::UBIGINT",
        "'-170141183460469231731687303715884105728'::HUGEINT",
        "340282366920938463463374607431768211455::UHUGEINT",
        "'-123456789012345678901234567890123456789012345'::BIGNUM",
        "1.5::FLOAT",
        "'-inf'::DOUBLE",
        "'-99.99'::DECIMAL(4,2)",
        "1000.5::DECIMAL(9,1)",
        "'-0.000000001'::DECIMAL(18,9)",
        "123456789012345678901234567890.12345678::DECIMAL(38,8)",
        "99999999999999999999999999999999999999::DECIMAL(38,0)",
        "''",
        "'a b'",
        "'a text that is longer than twelve bytes, ä€'",
        "'\\x00\\xFF'::BLOB",
        "'0101'::BIT",
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID",
        "'4714-11-24 (BC)'::DATE",
        "'infinity'::DATE",
        "'23:59:59.999999'::TIME",
        "'04:05:06+02'::TIMETZ",
        "'04:05:06.7'::TIME_NS",
        "'0001-01-01 00:00:00'::TIMESTAMP",
        "'2020-01-02 03:04:05'::TIMESTAMP_S",
        "'2020-01-02 03:04:05.678'::TIMESTAMP_MS",
        "'2020-01-02 03:04:05.678'::TIMESTAMP_NS",
        "'-infinity'::TIMESTAMPTZ",
        "INTERVAL '-1 month 2 days 3 microseconds'",
        "'{\"a\": [1]}'::JSON",
        "'sad'::ENUM('sad', 'happy')",
        "[1, NULL, 3]",
        "[]::INTEGER[]",
        "['a b', NULL]::VARCHAR[2]",
    ];
    let database = Database::open();
    for value in values {
        let (types, chunks) = database.query(&format!("SELECT v FROM (VALUES ({value}), (NULL)) AS t(v)"));
        let columns = columns(&[("v", types[0].clone())]);
        let writing = options(BINARY, CopyDirection::Out);
        let mut writer = CopyOut::new(&writing, &columns, &Style::default(), 1 << 20).unwrap();
        let mut out = Vec::new();
        writer.header(&mut out);
        for chunk in &chunks {
            writer.begin();
            writer.encode(chunk, 0..chunk.len(), usize::MAX, &mut out).unwrap();
        }
        writer.trailer().append(2, &mut out);
        let data = data_of(&out);
        let loaded = load(&[("v", types[0].clone())], BINARY, &data, 5)
            .unwrap_or_else(|error| panic!("{value}: {error:?}"));
        let (_, expected) = database.query(&format!("SELECT ({value})::VARCHAR"));
        let expected = expected[0].column(0).unwrap().strings().unwrap().bytes(0).to_vec();
        let expected = String::from_utf8(expected).unwrap();
        assert_eq!(loaded, [row(&[Some(&expected)]), row(&[None])], "{value}");
    }
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    let numeric = |weight: i16, sign: u16, scale: u16, groups: &[u16]| {
        let mut bytes = u16::try_from(groups.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(weight.to_be_bytes());
        bytes.extend(sign.to_be_bytes());
        bytes.extend(scale.to_be_bytes());
        bytes.extend(groups.iter().flat_map(|group| group.to_be_bytes()));
        bytes
    };
    let read = |bytes: &[u8]| {
        let data = [header(), vec![0, 1], field(Some(bytes))].concat();
        let decimal = LogicalType::Decimal { width: 6, scale: 2 };
        match load(&[("v", decimal)], BINARY, &data, 3) {
            Ok(rows) => rows[0][0].clone().unwrap(),
            Err(error) => error.code.as_str().to_owned(),
        }
    };
    assert_eq!(read(&numeric(0, 0, 2, &[12, 3400])), "12.34");
    assert_eq!(read(&numeric(0, 0x4000, 2, &[12, 3400])), "-12.34");
    assert_eq!(read(&numeric(0, 0, 3, &[12, 3450])), "12.35", "rounded to the column's scale");
    assert_eq!(read(&numeric(0, 0, 1, &[12, 3456])), "12.30", "cut to its own scale first");
    assert_eq!(read(&numeric(1, 0, 0, &[1])), "22003", "10000 has five digits before the point");
    assert_eq!(read(&numeric(0, 0xc000, 0, &[])), "22003", "there is no NaN");
    assert_eq!(read(&numeric(0, 1, 0, &[])), "22P03", "no such sign");
    assert_eq!(read(&numeric(0, 0, 0, &[10_000])), "22P03", "no such digit");
    assert_eq!(read(&numeric(0, 0, 0, &[1])[..9]), "08P01");
    assert_eq!(read(&[numeric(0, 0, 0, &[1]), vec![0]].concat()), "22P03");
}

/// A wide row that comes field by field: what is kept of it is its bytes, and no chunk is begun for it.
#[test]
fn a_wide_row_cut_at_its_fields_is_read_once() {
    const COLUMNS: usize = 1000;
    let types: Vec<_> = (0..COLUMNS).map(|index| (format!("c{index}"), LogicalType::Varchar)).collect();
    let types: Vec<_> = types.iter().map(|(name, logical)| (name.as_str(), logical.clone())).collect();
    let value = "x".repeat(500);
    let one = field(Some(value.as_bytes()));
    let count = i16::try_from(COLUMNS).unwrap().to_be_bytes();
    let row = [count.as_slice(), &one.repeat(COLUMNS)].concat();
    let options = options(BINARY, CopyDirection::In);
    let mut reader = crate::copy::CopyIn::new(
        &options,
        &crate::copy::tests::target(&columns(&types)),
        &Style::default(),
        1 << 20,
    )
    .unwrap();
    let mut handed = 0;
    let mut take = |chunk: &engine::ChunkBuilder| {
        handed += chunk.len();
        Ok(())
    };
    reader.push(&header(), &mut take).unwrap();
    reader.push(&count, &mut take).unwrap();
    for _ in 1..COLUMNS {
        reader.push(&one, &mut take).unwrap();
    }
    reader.push(&one, &mut take).unwrap();
    reader.push(&row, &mut take).unwrap();
    assert_eq!(reader.rows(), 2);
    // A bad field is only looked at with all others there, or at the end.
    let error = reader.push(&[count.as_slice(), &[0, 0, 0, 1, 0xff]].concat(), &mut take);
    assert!(error.is_ok());
    assert_eq!(
        reader.finish(&mut take).unwrap_err().message,
        "invalid byte sequence for encoding \"UTF8\": 0xff"
    );
}

/// Long rows do not gather until there are many.
#[test]
fn chunks_of_long_rows_are_handed_over_early() {
    let value = vec![b'x'; 1 << 20];
    let row = [vec![0, 1], field(Some(&value))].concat();
    let options = options(BINARY, CopyDirection::In);
    let target = crate::copy::tests::target(&columns(&[("v", LogicalType::Varchar)]));
    let mut reader = crate::copy::CopyIn::new(&options, &target, &Style::default(), 1 << 21).unwrap();
    let mut chunks = Vec::new();
    let mut take = |chunk: &engine::ChunkBuilder| {
        chunks.push(chunk.len());
        Ok(())
    };
    reader.push(&header(), &mut take).unwrap();
    (0..20).for_each(|_| reader.push(&row, &mut take).unwrap());
    reader.finish(&mut take).unwrap();
    assert_eq!(chunks, [8, 8, 4]);
}
