//! What only DuckDB has: each value beside the PostgreSQL value that it goes over the wire as (PRODUCT §6). OID, text
//! and binary as PostgreSQL sends them, as result, and back again as an undeclared parameter of the DuckDB type.

use anyhow::Context;
use harness::{Backend, Batch, Bind, Pintail, Postgres, RawClient, raw};

/// DuckDB's type, a value of it, and PostgreSQL's words for what a client gets.
type Own = (&'static str, &'static str, &'static str);

const SCALARS: &[Own] = &[
    ("TINYINT", "-128", "(-128)::int2"),
    ("TINYINT", "127", "127::int2"),
    ("TINYINT", "NULL", "NULL::int2"),
    ("UTINYINT", "0", "0::int2"),
    ("UTINYINT", "255", "255::int2"),
    ("USMALLINT", "65535", "65535::int4"),
    ("UINTEGER", "4294967295", "4294967295::int8"),
    ("UBIGINT", "0", "0::numeric"),
    ("UBIGINT", "18446744073709551615", "18446744073709551615::numeric"),
    (
        "HUGEINT",
        "170141183460469231731687303715884105727",
        "170141183460469231731687303715884105727::numeric",
    ),
    (
        "HUGEINT",
        "-170141183460469231731687303715884105728",
        "-170141183460469231731687303715884105728::numeric",
    ),
    ("HUGEINT", "-10000", "-10000::numeric"),
    (
        "UHUGEINT",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211455::numeric",
    ),
    ("BIGNUM", "'0'", "0::numeric"),
    ("BIGNUM", "'-1'", "-1::numeric"),
    (
        "BIGNUM",
        "'12345678901234567890123456789012345678901234567890'",
        "12345678901234567890123456789012345678901234567890::numeric",
    ),
    (
        "BIGNUM",
        "'-9999999999999999999999999999999999999999999990000'",
        "-9999999999999999999999999999999999999999999990000::numeric",
    ),
    ("BIGNUM", "'256'", "256::numeric"),
    ("TIMESTAMP_S", "'2024-02-29 12:34:56'", "'2024-02-29 12:34:56'::timestamp"),
    ("TIMESTAMP_S", "'1969-12-31 23:59:59'", "'1969-12-31 23:59:59'::timestamp"),
    ("TIMESTAMP_S", "'infinity'", "'infinity'::timestamp"),
    ("TIMESTAMP_MS", "'2024-02-29 12:34:56.789'", "'2024-02-29 12:34:56.789'::timestamp"),
    ("TIMESTAMP_MS", "'1969-12-31 23:59:59.001'", "'1969-12-31 23:59:59.001'::timestamp"),
    ("TIMESTAMP_MS", "'-infinity'", "'-infinity'::timestamp"),
    // Nanoseconds are cut, in text and binary alike.
    ("TIMESTAMP_NS", "'2024-02-29 12:34:56.123456'", "'2024-02-29 12:34:56.123456'::timestamp"),
    ("TIMESTAMP_NS", "'infinity'", "'infinity'::timestamp"),
    ("TIME_NS", "'12:34:56.123456'", "'12:34:56.123456'::time"),
    ("TIME_NS", "'00:00:00'", "'00:00:00'::time"),
    ("ENUM('happy', 'it''s', 'ünï')", "'it''s'", "'it''s'::text"),
    ("ENUM('happy', 'it''s', 'ünï')", "'ünï'", "'ünï'::text"),
    ("BLOB", r"'\x00\x01\x7F\x80\xFF\x5C\x27'", r"'\x00017f80ff5c27'::bytea"),
    ("BLOB", "''", "''::bytea"),
    ("BIT", "'1'", "'1'::varbit"),
    ("BIT", "'00000000'", "'00000000'::varbit"),
    ("BIT", "'101010101010101'", "'101010101010101'::varbit"),
    ("JSON", r#"'{"a": [1, 2.50, null], "b" : "x\ny"}'"#, r#"'{"a": [1, 2.50, null], "b" : "x\ny"}'::json"#),
    ("VARCHAR", "'x'", "'x'::text"),
    ("CHAR", "'x'", "'x'::text"),
    ("DECIMAL(4,1)", "-999.9", "(-999.9)::numeric(4,1)"),
    (
        "DECIMAL(38,37)",
        "'1.2345678901234567890123456789012345678'",
        "1.2345678901234567890123456789012345678::numeric(38,37)",
    ),
    ("DOUBLE", "'-0'", "'-0'::float8"),
    ("FLOAT", "'1e-45'", "'1e-45'::float4"),
    ("UUID", "'ffffffff-0000-0000-0000-000000000000'", "'ffffffff-0000-0000-0000-000000000000'::uuid"),
];

/// Lists and arrays of scalars, and nested ones whose shape the type or the expression fixes.
const ARRAYS: &[Own] = &[
    ("UTINYINT[]", "[1, 255, NULL]", "array[1, 255, NULL]::int2[]"),
    ("UBIGINT[]", "[18446744073709551615]", "array[18446744073709551615]::numeric[]"),
    ("HUGEINT[]", "[]", "'{}'::numeric[]"),
    ("VARCHAR[3]", "['a', 'b\"', NULL]", "array['a', 'b\"', NULL]::text[]"),
    ("ENUM('a', 'b c')[]", "['b c', NULL]", "array['b c', NULL]::text[]"),
    ("TIMESTAMP_S[]", "['2024-02-29 12:34:56']", "array['2024-02-29 12:34:56']::timestamp[]"),
    ("BLOB[]", r"['\x00ab', NULL]", r"array['\x006162', NULL]::bytea[]"),
    ("BIT[]", "['101', '1']", "array['101', '1']::varbit[]"),
    ("JSON[]", r#"['{"a": 1}', 'null', NULL]"#, r#"array['{"a": 1}', 'null', NULL]::json[]"#),
    ("INTEGER[2][3]", "[[1, 2], [3, NULL], [5, 6]]", "array[[1, 2], [3, NULL], [5, 6]]::int4[]"),
    ("VARCHAR[1][1][2]", "[[['x,']], [['null']]]", "array[[['x,']], [['null']]]::text[]"),
    ("DECIMAL(5,2)[2]", "[1.5, 2.25]", "array[1.5, 2.25]::numeric(5,2)[]"),
];

/// Rectangular lists of lists: as expressions, since the type alone does not say it.
const RECTANGULAR: &[(&str, &str)] = &[
    ("[[1, 2], [3, 4]]", "array[[1, 2], [3, 4]]"),
    ("[['a', NULL], ['b', 'c']]", "array[['a', NULL], ['b', 'c']]"),
    ("[[[1.5::double]], [[2]]]", "array[[[1.5::float8]], [[2]]]"),
    ("[[1, 2], [3, 4]]::BIGINT[][]", "array[[1, 2], [3, 4]]::int8[]"),
    ("x FROM (SELECT [[true], [false]] AS x)", "x FROM (SELECT array[[true], [false]] AS x) s"),
    ("* FROM (VALUES ([[1], [2]])) ORDER BY 1", "* FROM (VALUES (array[[1], [2]])) v ORDER BY 1"),
];

/// NULLs without a type are text.
const UNTYPED: &[(&str, &str)] = &[
    ("NULL", "NULL"),
    ("NULL AS x LIMIT 1", "NULL AS x LIMIT 1"),
    ("x FROM (SELECT NULL AS x)", "x FROM (SELECT NULL AS x) s"),
    ("* FROM (VALUES (NULL), (NULL))", "* FROM (VALUES (NULL), (NULL)) v"),
    ("NULL UNION ALL SELECT NULL", "NULL UNION ALL SELECT NULL"),
    ("NULL UNION ALL SELECT 1", "NULL UNION ALL SELECT 1"),
    ("x FROM (SELECT NULL AS x) GROUP BY x ORDER BY x", "x FROM (SELECT NULL AS x) s GROUP BY x ORDER BY x"),
    // With a type they keep it.
    ("NULL::INTEGER", "NULL::int4"),
    ("CAST(NULL AS INTEGER)", "CAST(NULL AS int4)"),
    ("x::INTEGER FROM (SELECT NULL AS x)", "x::text::int4 FROM (SELECT NULL AS x) s"),
    ("NULL::DATE", "NULL::date"),
    ("coalesce(NULL, 1)", "coalesce(NULL, 1)"),
    ("CASE WHEN true THEN NULL ELSE 1.5::double END", "CASE WHEN true THEN NULL ELSE 1.5::float8 END"),
];

/// OID, and all values of the first column.
type Answer = (u32, Vec<Option<Vec<u8>>>);

fn ask(client: &mut RawClient, sql: &str, format: i16) -> anyhow::Result<Answer> {
    let bind = Bind { results: &[format], ..Bind::default() };
    let batch = Batch::new().parse("", sql, &[]).bind(&bind).describe(b'P', "").execute("", 0).sync();
    client.send(&batch)?;
    read(client.until_ready()?).with_context(|| sql.to_owned())
}

fn read(answer: Vec<Backend>) -> anyhow::Result<Answer> {
    if let Some(report) = raw::error_in(&answer) {
        anyhow::bail!("{} {}", report.code(), report.message());
    }
    let mut found = (0, Vec::new());
    for message in answer {
        match message {
            Backend::RowDescription(fields) => found.0 = fields[0].type_oid,
            Backend::DataRow(mut row) => found.1.push(row.swap_remove(0)),
            _ => {}
        }
    }
    Ok(found)
}

/// The type that the server wants for `$1`, then what came back for a value of it.
fn echo(
    client: &mut RawClient,
    sql: &str,
    format: i16,
    value: Option<Vec<u8>>,
) -> anyhow::Result<(Vec<u32>, Answer)> {
    let bind = Bind { formats: &[format], parameters: &[value], results: &[format], ..Bind::default() };
    let batch = Batch::new().parse("", sql, &[]).describe(b'S', "").bind(&bind).execute("", 0).sync();
    client.send(&batch)?;
    let answer = client.until_ready()?;
    let wanted = answer.iter().find_map(|message| match message {
        Backend::ParameterDescription(oids) => Some(oids.clone()),
        _ => None,
    });
    Ok((wanted.unwrap_or_default(), read(answer).with_context(|| sql.to_owned())?))
}

fn shown(values: &[Option<Vec<u8>>]) -> String {
    let value = |value: &Option<Vec<u8>>| {
        value.as_deref().map_or_else(|| "NULL".to_owned(), harness::message::printable)
    };
    values.iter().map(value).collect::<Vec<_>>().join(", ")
}

#[test]
fn duckdbs_own_types_go_as_the_table_says() -> anyhow::Result<()> {
    let (pintail, postgres) = (Pintail::start()?, Postgres::start()?);
    let mut ours = RawClient::connect(&pintail.target())?;
    let mut oracle = RawClient::connect(&postgres.target())?;
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (logical, value, postgres) in SCALARS.iter().chain(ARRAYS) {
        for format in [0, 1] {
            let expected = ask(&mut oracle, &format!("SELECT {postgres}"), format)?;
            let received = ask(&mut ours, &format!("SELECT CAST({value} AS {logical})"), format);
            compared += 1;
            note(&mut wrong, &format!("{value} as {logical}"), format, &received, &expected);
            let sql = format!("SELECT CAST($1 AS {logical})");
            let received = echo(&mut ours, &sql, format, expected.1[0].clone());
            compared += 1;
            match received {
                Ok((wanted, received)) if wanted == [expected.0] => {
                    note(&mut wrong, &format!("{sql} with {value}"), format, &Ok(received), &expected);
                }
                Ok((wanted, _)) => wrong.push(format!("{sql}: wants {wanted:?}, not {}", expected.0)),
                Err(error) => wrong.push(format!("{sql} with {value}, format {format}: {error:#}")),
            }
        }
    }
    for (sql, postgres) in RECTANGULAR.iter().chain(UNTYPED) {
        for format in [0, 1] {
            let expected = ask(&mut oracle, &format!("SELECT {postgres}"), format)?;
            let received = ask(&mut ours, &format!("SELECT {sql}"), format);
            compared += 1;
            note(&mut wrong, sql, format, &received, &expected);
        }
    }
    println!("DuckDB's own types: {compared} answers compared, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

fn note(
    wrong: &mut Vec<String>,
    what: &str,
    format: i16,
    received: &anyhow::Result<Answer>,
    expected: &Answer,
) {
    match received {
        Ok(received) if received == expected => {}
        Ok((oid, values)) => wrong.push(format!(
            "{what}, format {format}\n   pintail  {oid}: {}\n   expected {}: {}",
            shown(values),
            expected.0,
            shown(&expected.1)
        )),
        Err(error) => wrong.push(format!("{what}, format {format}: {error:#}")),
    }
}
