//! Types on the wire (PRODUCT §6). What PostgreSQL has too is compared with it, byte for byte: OID, text, binary,
//! as result and as parameter. DuckDB's own types are compared with the table of PRODUCT §6.

use harness::{Backend, Batch, Bind, Pintail, Postgres, RawClient, raw};

/// Expressions that both servers understand.
const SHARED: &[&str] = &[
    "true",
    "false",
    "null::bool",
    "0::int2",
    "(-32768)::int2",
    "32767::int2",
    "2147483647::int4",
    "(-2147483648)::int4",
    "9223372036854775807::int8",
    "(-9223372036854775807)::int8",
    "0::numeric(10,2)",
    "123.45::numeric(10,2)",
    "(-0.01)::numeric(4,2)",
    "99999999.99::numeric(10,2)",
    "12345678901234567890.123456789::numeric(38,9)",
    "0.00001::numeric(18,6)",
    "1000000::numeric(18,0)",
    "10000::numeric(9,4)",
    "1.5::numeric(3,1)",
    "(-98765.4321)::numeric(18,4)",
    "0::float4",
    "1.5::float4",
    "3.4028235e38::float4",
    "1e-45::float4",
    "0.1::float4",
    "123456.7::float4",
    "0::float8",
    "'-0'::float8",
    "0.1::float8",
    "1e15::float8",
    "1e16::float8",
    "123456789.125::float8",
    "1e-5::float8",
    "0.0001::float8",
    "1e-300::float8",
    "1.7976931348623157e308::float8",
    "5e-324::float8",
    "'NaN'::float8",
    "'Infinity'::float8",
    "'-Infinity'::float4",
    "''::text",
    "'text'::text",
    "'tab\tnew\nline'::text",
    "'Ünïcødé 🦆'::text",
    "repeat('long ', 1000)",
    "date '2024-02-29'",
    "date '1970-01-01'",
    "date '0001-01-01'",
    "date '9999-12-31'",
    "date '10000-01-01'",
    "'infinity'::date",
    "'-infinity'::date",
    "'0044-03-15 (BC)'::date",
    "time '00:00:00'",
    "time '23:59:59.999999'",
    "time '12:34:56.5'",
    "timestamp '2024-02-29 12:34:56.789'",
    "timestamp '1970-01-01 00:00:00'",
    "timestamp '1969-12-31 23:59:59.999999'",
    "timestamp '0001-01-01 00:00:00'",
    "'infinity'::timestamp",
    "'-infinity'::timestamp",
    "timestamp '2262-04-12 00:00:00'",
    "timestamptz '2024-02-29 12:34:56.789+02'",
    "timestamptz '1969-07-20 20:17:40+00'",
    "timestamptz '2024-07-01 00:00:00+00'",
    "'infinity'::timestamptz",
    "'12:34:56+02'::timetz",
    "'00:00:00.5-11:30'::timetz",
    "interval '1 year 2 months 3 days 04:05:06.789'",
    "interval '0 seconds'",
    "interval '-1 month'",
    "interval '100 hours'",
    "interval '-1 year -2 days 3 hours'",
    "interval '1 day -00:00:01'",
    "interval '14 months'",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
    "'00000000-0000-0000-0000-000000000000'::uuid",
    r#"'{"a": [1, 2, null], "b": "x"}'::json"#,
    "'null'::json",
    "null::text",
    "null::numeric(10,2)",
    "null::timestamptz",
];

/// The same value in DuckDB's and PostgreSQL's words.
const PAIRS: &[(&str, &str)] = &[
    (r"'\x00\xFFab'::blob", r"'\x00ff6162'::bytea"),
    ("''::blob", "''::bytea"),
    ("null::blob", "null::bytea"),
    ("'101'::bit", "'101'::varbit"),
    ("[1, 2, null]::int4[]", "array[1, 2, null]::int4[]"),
    ("[]::int4[]", "'{}'::int4[]"),
    (
        "['Chez Jay', 'Musso & Frank', 'a,b', 'q\"q', 'null', '', null, 'back\\slash', '{x}']::text[]",
        "array['Chez Jay', 'Musso & Frank', 'a,b', 'q\"q', 'null', '', null, 'back\\slash', '{x}']::text[]",
    ),
    ("[1.5, 2.25]::double[]", "array[1.5, 2.25]::float8[]"),
    ("[true, false]", "array[true, false]"),
    ("[date '2024-02-29']", "array[date '2024-02-29']"),
    ("[timestamp '2024-02-29 12:00:00']", "array[timestamp '2024-02-29 12:00:00']"),
    ("[1.50::decimal(5,2)]", "array[1.50::numeric(5,2)]"),
    ("[9223372036854775807]", "array[9223372036854775807]"),
    ("['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid]", "array['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid]"),
    ("[1, 2]::int4[2]", "array[1, 2]::int4[]"),
    ("[interval '1 day']", "array[interval '1 day']"),
    ("null::int4[]", "null::int4[]"),
];

/// DuckDB's own: OID and text. Structs, maps and nested lists are json.
const OWN: &[(&str, u32, &str)] = &[
    ("200::utinyint", 21, "200"),
    ("(-100)::tinyint", 21, "-100"),
    ("60000::usmallint", 23, "60000"),
    ("4000000000::uinteger", 20, "4000000000"),
    ("18446744073709551615::ubigint", 1700, "18446744073709551615"),
    ("170141183460469231731687303715884105727::hugeint", 1700, "170141183460469231731687303715884105727"),
    ("(-170141183460469231731687303715884105727)::hugeint", 1700, "-170141183460469231731687303715884105727"),
    ("340282366920938463463374607431768211455::uhugeint", 1700, "340282366920938463463374607431768211455"),
    ("'mood'::enum('happy', 'mood')", 25, "mood"),
    ("timestamp_s '2024-02-29 12:34:56'", 1114, "2024-02-29 12:34:56"),
    ("timestamp_ms '2024-02-29 12:34:56.789'", 1114, "2024-02-29 12:34:56.789"),
    ("timestamp_ns '2024-02-29 12:34:56.123456789'", 1114, "2024-02-29 12:34:56.123456"),
    ("null", 25, "NULL"),
    ("{'a': 1, 'b': 'x'}", 114, r#"{"a":1,"b":"x"}"#),
    ("map {'k': 1}", 114, r#"{"k":1}"#),
    ("[{'a': 1}]", 114, r#"[{"a":1}]"#),
    ("union_value(num := 2)", 114, r#"{"num":2}"#),
    ("'x'::varchar", 25, "x"),
];

/// The type OID, and the first value, of a query with one column in the given result format.
type Answer = (u32, i16, Option<Vec<u8>>);

fn ask(
    client: &mut RawClient,
    sql: &str,
    format: i16,
    types: &[u32],
    parameters: &[(i16, Option<Vec<u8>>)],
) -> Result<Answer, String> {
    let formats = parameters.iter().map(|(format, _)| *format).collect::<Vec<_>>();
    let values = parameters.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
    let bind = Bind { formats: &formats, parameters: &values, results: &[format], ..Bind::default() };
    let batch = Batch::new().parse("", sql, types).bind(&bind).describe(b'P', "").execute("", 0).sync();
    client.send(&batch).map_err(|error| error.to_string())?;
    let answer = client.until_ready().map_err(|error| format!("{error:#}"))?;
    if let Some(report) = raw::error_in(&answer) {
        return Err(format!("{} {}", report.code(), report.message()));
    }
    let mut found = (0, 0, None);
    for message in answer {
        match message {
            Backend::RowDescription(fields) => (found.0, found.1) = (fields[0].type_oid, fields[0].format),
            Backend::DataRow(mut row) => found.2 = row.remove(0),
            _ => {}
        }
    }
    Ok(found)
}

fn shown(answer: &Result<Answer, String>) -> String {
    match answer {
        Ok((oid, format, value)) => {
            let value = value.as_deref().map_or_else(|| "NULL".to_owned(), harness::message::printable);
            format!("oid {oid}, format {format}: {value}")
        }
        Err(error) => error.clone(),
    }
}

#[test]
fn results_are_postgresqls_to_the_byte() -> anyhow::Result<()> {
    let (pintail, postgres) = (Pintail::start()?, Postgres::start()?);
    let mut ours = RawClient::connect(&pintail.target())?;
    let mut oracle = RawClient::connect(&postgres.target())?;
    let mut differences = Vec::new();
    for zone in ["UTC", "America/New_York", "Asia/Kathmandu"] {
        for client in [&mut ours, &mut oracle] {
            client.rows(&format!("set timezone to '{zone}'"))?;
        }
        for (ours_sql, oracle_sql) in SHARED.iter().map(|sql| (*sql, *sql)).chain(PAIRS.iter().copied()) {
            for format in [0, 1] {
                let expected = ask(&mut oracle, &format!("select {oracle_sql} as v"), format, &[], &[]);
                assert!(expected.is_ok(), "the oracle refuses {oracle_sql}: {expected:?}");
                let received = ask(&mut ours, &format!("select {ours_sql} as v"), format, &[], &[]);
                if received != expected {
                    differences.push(format!(
                        "{zone}: {ours_sql}\n   pintail  {}\n   postgres {}",
                        shown(&received),
                        shown(&expected)
                    ));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    Ok(())
}

#[test]
fn parameters_come_back_as_they_went() -> anyhow::Result<()> {
    let (pintail, postgres) = (Pintail::start()?, Postgres::start()?);
    let mut ours = RawClient::connect(&pintail.target())?;
    let mut oracle = RawClient::connect(&postgres.target())?;
    let mut differences = Vec::new();
    for sql in SHARED.iter().copied().chain(PAIRS.iter().map(|(_, sql)| *sql)) {
        for format in [0, 1] {
            let query = format!("select {sql} as v");
            let (oid, _, value) = ask(&mut oracle, &query, format, &[], &[]).map_err(anyhow::Error::msg)?;
            let expected = Ok((oid, format, value.clone()));
            let received = ask(&mut ours, "select $1 as v", format, &[oid], &[(format, value)]);
            if received != expected {
                differences.push(format!(
                    "{sql}\n   received {}\n   sent     {}",
                    shown(&received),
                    shown(&expected)
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    Ok(())
}

#[test]
fn duckdbs_own_types_have_the_oids_of_the_table() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    let mut differences = Vec::new();
    for (sql, oid, text) in OWN {
        let value = (*text != "NULL").then(|| text.as_bytes().to_vec());
        let expected = Ok((*oid, 0, value));
        let received = ask(&mut client, &format!("select {sql} as v"), 0, &[], &[]);
        if received != expected {
            differences.push(format!(
                "{sql}\n   received {}\n   expected {}",
                shown(&received),
                shown(&expected)
            ));
        }
        // Text bytes never stand in a binary slot: a type without a binary form says that it is text.
        match ask(&mut client, &format!("select {sql} as v"), 1, &[], &[]) {
            Ok((binary_oid, 1, Some(bytes))) if binary_oid == *oid && matches!(oid, 20 | 21 | 23 | 1700) => {
                if bytes == text.as_bytes() {
                    differences.push(format!("{sql}: text in a binary slot"));
                }
            }
            Ok((binary_oid, _, _)) if binary_oid == *oid => {}
            other => differences.push(format!("{sql} in binary: {}", shown(&other))),
        }
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    Ok(())
}

#[test]
fn row_descriptions_agree_with_postgresqls() -> anyhow::Result<()> {
    let (pintail, postgres) = (Pintail::start()?, Postgres::start()?);
    let mut descriptions = Vec::new();
    for target in [pintail.target(), postgres.target()] {
        let mut client = RawClient::connect(&target)?;
        client.rows("create table described(a int8, b double precision, c varchar, d date, e numeric(18,2), f bool, g timestamp)")?;
        client.send(&Batch::new().parse("", "select * from described", &[]).describe(b'S', "").sync())?;
        let answer = client.until_ready()?;
        let fields = answer.into_iter().find_map(|message| {
            if let Backend::RowDescription(fields) = message { Some(fields) } else { None }
        });
        let fields = fields.expect("a RowDescription");
        assert!(fields.iter().all(|field| field.table == fields[0].table), "{fields:?}");
        // varchar is text here: DuckDB keeps no length.
        let oid = |field: &harness::message::Field| {
            if field.type_oid == 1043 { 25 } else { field.type_oid }
        };
        descriptions.push(
            fields
                .iter()
                .map(|field| (field.name.clone(), oid(field), field.type_size, field.modifier))
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(descriptions[0], descriptions[1]);
    Ok(())
}
