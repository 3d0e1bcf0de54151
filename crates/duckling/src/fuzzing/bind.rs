//! Parameters of Bind: any bytes as any type in any format are a value or one of PostgreSQL's data errors, and the
//! value is no larger than the bytes can make it.

use engine::{LogicalType, Value};
use wire::{frontend::Format, oid};

use super::Source;
use crate::decode::{Parameter, Style, oid_to_logical, parameter};

/// Every type that a client can declare here, some arrays by number, and some that nobody knows.
const SCALARS: [u32; 32] = [
    oid::BOOL,
    oid::BYTEA,
    oid::CHAR,
    oid::NAME,
    oid::INT8,
    oid::INT2,
    oid::INT4,
    oid::REGPROC,
    oid::TEXT,
    oid::OID,
    oid::JSON,
    oid::FLOAT4,
    oid::FLOAT8,
    oid::UNKNOWN,
    oid::BPCHAR,
    oid::VARCHAR,
    oid::DATE,
    oid::TIME,
    oid::TIMESTAMP,
    oid::TIMESTAMPTZ,
    oid::INTERVAL,
    oid::TIMETZ,
    oid::BIT,
    oid::VARBIT,
    oid::NUMERIC,
    oid::UUID,
    oid::JSONB,
    oid::REGCLASS,
    oid::INT2VECTOR,
    oid::RECORD,
    600,
    0,
];

/// Types that DuckDB may want where the client says another.
pub(super) fn targets() -> Vec<LogicalType> {
    use LogicalType as L;
    let words = ["happy", "sad", "ü"].map(Box::from);
    let mut all = vec![
        L::Boolean,
        L::TinyInt,
        L::SmallInt,
        L::Integer,
        L::BigInt,
        L::HugeInt,
        L::UTinyInt,
        L::USmallInt,
        L::UInteger,
        L::UBigInt,
        L::UHugeInt,
        L::BigNum,
        L::Float,
        L::Double,
        L::Decimal { width: 4, scale: 2 },
        L::Decimal { width: 9, scale: 0 },
        L::Decimal { width: 18, scale: 18 },
        L::Decimal { width: 38, scale: 10 },
        L::Varchar,
        L::Json,
        L::Blob,
        L::Bit,
        L::Uuid,
        L::Date,
        L::Time,
        L::TimeNs,
        L::TimeTz,
        L::Timestamp,
        L::TimestampS,
        L::TimestampMs,
        L::TimestampNs,
        L::TimestampTz,
        L::Interval,
        L::Enum(words.into_iter().collect()),
    ];
    let lists: Vec<_> = all.iter().map(|element| L::List(Box::new(element.clone()))).collect();
    all.extend(lists);
    all.extend([
        L::Array(Box::new(L::Integer), 2),
        L::List(Box::new(L::List(Box::new(L::BigInt)))),
        L::Struct(vec![("a".to_owned(), L::Integer)]),
        L::Map(Box::new(L::Varchar), Box::new(L::Integer)),
        L::Geometry,
        L::Variant,
        L::SqlNull,
        L::Unknown,
        L::Other("mood".to_owned()),
    ]);
    all
}

/// Texts of values, whole and in parts.
#[rustfmt::skip]
pub(super) const FRAGMENTS: &[&str] = &[
    "t", "f", "true", "off", "1", "0", "-", "+", "-1", "12", "99", "127", "255", "32768", "65536", "2147483647",
    "9223372036854775808", "170141183460469231731687303715884105728", "1e", "e308", "1e-400", "NaN", "Infinity", "-inf",
    "infinity", "0x", "0b1", "1_000", ".", ".5", "5.", "00000", "123.456", "2024", "-02-29", "-13-01", "0001-01-01",
    "294247-01-10", "5874897-12-31", " BC", "44-03-15 (BC)", "T", " ", "24:00:00", "23:59:60", "12:34", "04:05:06.789",
    ".123456789", "+02", "-11:30", "+00:00:01", "Z", " UTC", " Europe/Berlin", " PST", " AM", "PM", "J2451187", "epoch",
    "now", "today", "allballs", "Jan ", "January 8, 1999", "1/8/1999", "19990108", "T040506", "1 year ", "2 mons",
    "-3 days", "1-2", "@ 1 hour", " ago", "P1Y2M3DT4H5M6S", "P0001-02-03T04:05:06", "1.5 weeks", "century", "{", "}",
    "{}", "{1,2}", "{{1},{2}}", "[2:3]={1,2}", "NULL", "null", ",", "\"", "\\", "\"a\\\"b\"", "{\"a\": [1, null]}", "[1]",
    "\\x", "\\x00ff", "\\000", "\\377", "'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{a0eebc99", "101", "x1F",
    "happy", "sad", "ü", "\u{0}", "\u{a0}", "\t", "\n", "🦆", "1e1000000000", "1 1", "--1", "2024-02-29 12:34:56.789",
    "1 day 1 day",
];

/// One parameter.
pub fn bind(data: &[u8]) {
    let source = &mut Source::new(data);
    let type_oid = match source.below(8) {
        0 => source.number::<u16>().into(),
        1..=3 => array_of(*source.pick(&SCALARS)),
        _ => *source.pick(&SCALARS),
    };
    let format = if source.flag() { Format::Binary } else { Format::Text };
    let own = oid_to_logical(type_oid);
    let targets = targets();
    let target = match source.below(3) {
        0 => None,
        1 => own.as_ref(),
        _ => Some(source.pick(&targets)),
    };
    let style = style(source);
    let mut bytes = match (source.below(8), format) {
        (0, _) => source.rest().to_vec(),
        (_, Format::Text) => source.fragments(FRAGMENTS, 8),
        (_, Format::Binary) => binary(source, type_oid),
    };
    source.damage(&mut bytes);
    let typed = Parameter { number: 1, oid: type_oid, target };
    match parameter(&typed, Some(&bytes), format, &style) {
        Ok(value) => {
            let (held, sent) = (size(&value), bytes.len());
            assert!(held <= 16 * sent + 64, "{sent} bytes became a value of {held}");
        }
        Err(error) => {
            let code = error.code.as_str();
            let is_data_error =
                ["08P01", "22", "42804", "0A000", "54000"].iter().any(|class| code.starts_with(class));
            assert!(is_data_error, "{error:?}");
        }
    }
}

/// A session's settings; not those whose output PostgreSQL itself cannot read (`Postgres, YMD`).
pub(super) fn style(source: &mut Source<'_>) -> Style {
    let date_style = *source.pick(&["ISO, YMD", "SQL, DMY", "German, DMY", "Postgres, MDY"]);
    let interval_style = *source.pick(&["postgres", "postgres_verbose", "sql_standard", "iso_8601"]);
    let zone = *source.pick(&["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]);
    Style::from_settings(|name| match name {
        "DateStyle" => Some(date_style),
        "IntervalStyle" => Some(interval_style),
        "TimeZone" => Some(zone),
        _ => None,
    })
}

fn array_of(element: u32) -> u32 {
    // Every array type has a number below this.
    (1..4100).find(|array| crate::decode::element_of(*array) == Some(element)).unwrap_or(oid::INT4_ARRAY)
}

/// A binary form of about the right layout.
pub(super) fn binary(source: &mut Source<'_>, type_oid: u32) -> Vec<u8> {
    if let Some(element) = crate::decode::element_of(type_oid) {
        return array(source, element);
    }
    let width = match type_oid {
        oid::BOOL => 1,
        oid::INT2 => 2,
        oid::INT4 | oid::FLOAT4 | oid::OID | oid::REGCLASS | oid::DATE => 4,
        oid::INT8 | oid::FLOAT8 | oid::TIME | oid::TIMESTAMP | oid::TIMESTAMPTZ => 8,
        oid::TIMETZ => 12,
        oid::UUID | oid::INTERVAL => 16,
        oid::NUMERIC => return numeric(source),
        oid::VARBIT | oid::BIT => {
            let bits = source.below(40);
            let mut bytes = u32::try_from(bits).unwrap().to_be_bytes().to_vec();
            bytes.extend((0..bits.div_ceil(8)).map(|_| source.number::<u8>()));
            return bytes;
        }
        oid::JSONB => return [&[1][..], &source.fragments(FRAGMENTS, 6)].concat(),
        _ => return source.fragments(FRAGMENTS, 6),
    };
    // Edges: the smallest and largest numbers, and zeros.
    let filler = *source.pick(&[None, Some(0x00), Some(0xff), Some(0x80), Some(0x7f)]);
    (0..width).map(|_| filler.unwrap_or_else(|| source.number())).collect()
}

fn numeric(source: &mut Source<'_>) -> Vec<u8> {
    let digits = source.below(12);
    let weight: i16 = if source.flag() { i16::from(source.number::<i8>()) } else { source.number() };
    let sign = *source.pick(&[0u16, 0x4000, 0xC000, 0xD000, 0xF000, 1]);
    let scale: u16 = if source.flag() { u16::from(source.number::<u8>()) } else { source.number() };
    let mut bytes = u16::try_from(digits).unwrap().to_be_bytes().to_vec();
    bytes.extend(weight.to_be_bytes());
    bytes.extend(sign.to_be_bytes());
    bytes.extend(scale.to_be_bytes());
    for _ in 0..digits {
        bytes.extend((source.number::<u16>() % 10_001).to_be_bytes());
    }
    bytes
}

fn array(source: &mut Source<'_>, element: u32) -> Vec<u8> {
    let dimensions: Vec<usize> = (0..source.below(4)).map(|_| source.below(4)).collect();
    let mut bytes = u32::try_from(dimensions.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(u32::from(source.flag()).to_be_bytes());
    bytes.extend(element.to_be_bytes());
    for length in &dimensions {
        bytes.extend(u32::try_from(*length).unwrap().to_be_bytes());
        bytes.extend(1u32.to_be_bytes());
    }
    for _ in 0..dimensions.iter().product::<usize>() {
        if source.below(5) == 4 {
            bytes.extend((-1i32).to_be_bytes());
            continue;
        }
        let value = binary(source, element);
        bytes.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
        bytes.extend(value);
    }
    bytes
}

/// What a value holds, in bytes and elements; a number is one element, since its exponent alone makes it long.
fn size(value: &Value) -> usize {
    match value {
        Value::Varchar(text) | Value::Bit(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        Value::List(_, values) | Value::Array(_, values) => {
            values.iter().map(|value| 1 + size(value)).sum::<usize>()
        }
        _ => 1,
    }
}
