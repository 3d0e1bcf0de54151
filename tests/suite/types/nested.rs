//! What has no PostgreSQL type but JSON: structs, maps, unions, variants, lists that may be ragged. Always one valid
//! JSON text, with the same numbers, strings and NULLs in it, whatever the settings; and read back from it.

use harness::{Backend, Batch, Bind, Pintail, RawClient, raw};

/// A DuckDB expression, and the JSON text that a client gets.
const DOCUMENTS: &[(&str, &str)] = &[
    ("{'a': 1, 'b': 'x'}", r#"{"a":1,"b":"x"}"#),
    ("{'a': NULL, 'b': [NULL, 1]}", r#"{"a":null,"b":[null,1]}"#),
    (
        "{'n': 'NaN'::double, 'i': 'inf'::float, 'm': '-inf'::double}",
        r#"{"n":"NaN","i":"Infinity","m":"-Infinity"}"#,
    ),
    ("{'z': '-0'::double, 'e': 1e300, 's': 1e-7::float}", r#"{"z":-0,"e":1e+300,"s":1e-07}"#),
    (
        "{'h': 170141183460469231731687303715884105727, 'd': -0.10::decimal(4,2)}",
        r#"{"h":170141183460469231731687303715884105727,"d":-0.10}"#,
    ),
    (
        "{'u': 18446744073709551615::ubigint, 'b': '123456789012345678901234567890'::bignum}",
        r#"{"u":18446744073709551615,"b":123456789012345678901234567890}"#,
    ),
    ("{'t': true, 'f': false, 'n': NULL::bool}", r#"{"t":true,"f":false,"n":null}"#),
    (
        "{'d': date '2024-02-29', 'i': 'infinity'::date, 'bc': '0044-03-15 (BC)'::date}",
        r#"{"d":"2024-02-29","i":"infinity","bc":"0044-03-15 BC"}"#,
    ),
    (
        "{'ts': timestamp '2024-02-29 12:34:56.5', 'tz': timestamptz '2024-02-29 12:34:56+00'}",
        r#"{"ts":"2024-02-29 12:34:56.5","tz":"2024-02-29 12:34:56+00"}"#,
    ),
    (
        "{'t': time '12:34:56', 'z': '12:34:56+05:30'::timetz, 'i': interval '1 year -2 days 3 hours'}",
        r#"{"t":"12:34:56","z":"12:34:56+05:30","i":"1 year -2 days +03:00:00"}"#,
    ),
    (r"{'b': '\x00\xFFa'::blob, 'bits': '101'::bit}", r#"{"b":"\\x00ff61","bits":"101"}"#),
    (
        r#"{'q': '"', 's': '\', 'n': E'a\nb\t', 'c': chr(1), 'u': 'é🦆', 'e': ''}"#,
        r#"{"q":"\"","s":"\\","n":"a\nb\t","c":"\u0001","u":"é🦆","e":""}"#,
    ),
    (r#"{'he said "x"': 1, 'back\slash': 2}"#, r#"{"he said \"x\"":1,"back\\slash":2}"#),
    ("{'j': '{\"a\": [1, 2.50]}'::json, 'n': 'null'::json}", r#"{"j":{"a": [1, 2.50]},"n":null}"#),
    (
        "{'e': 'a b'::enum('a b'), 'u': 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid}",
        r#"{"e":"a b","u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}"#,
    ),
    ("{'o': {'i': {'x': [1, 2]}}, 'e': {'l': []}}", r#"{"o":{"i":{"x":[1,2]}},"e":{"l":[]}}"#),
    ("row(1, 'x')", r#"{"v1":1,"v2":"x"}"#),
    ("map {'k': 1, 'K': NULL}", r#"{"k":1,"K":null}"#),
    ("map {1: 'a', 2: 'b'}", r#"{"1":"a","2":"b"}"#),
    ("map {date '2024-02-29': [1, 2]}", r#"{"2024-02-29":[1,2]}"#),
    ("map {true: {'x': 1}}", r#"{"t":{"x":1}}"#),
    ("map {[1, 2]: 'list'}", r#"{"[1,2]":"list"}"#),
    ("map {'a\"b': 'c\"d'}", r#"{"a\"b":"c\"d"}"#),
    ("map {}", "{}"),
    ("union_value(num := 2)", r#"{"num":2}"#),
    ("union_value(s := 'x')::union(n integer, s varchar)", r#"{"s":"x"}"#),
    ("[{'a': 1}, NULL, {'a': NULL}]", r#"[{"a":1},null,{"a":null}]"#),
    ("[[1], [2, 3]]", "[[1],[2,3]]"),
    ("[[1, NULL], NULL, []]", "[[1,null],null,[]]"),
    ("[['a', 'NULL'], ['b\"']]", r#"[["a","NULL"],["b\""]]"#),
    ("[[[1.5]], [[2.5], []]]", "[[[1.5]],[[2.5],[]]]"),
    ("[map {'a': [1]}]", r#"[{"a":[1]}]"#),
    ("[[date '2024-02-29'], []]", r#"[["2024-02-29"],[]]"#),
    ("{'l': [['x'], ['y', 'z']]}", r#"{"l":[["x"],["y","z"]]}"#),
    (
        "{'arr': [1, 2]::integer[2], 'deep': [[1, 2], [3, 4]]::integer[2][2]}",
        r#"{"arr":[1,2],"deep":[[1,2],[3,4]]}"#,
    ),
    ("{'a': 1}::variant", r#"{"a":1}"#),
    ("['a', 'x']::variant", r#"["a","x"]"#),
    ("{'v': 1::variant, 'w': [true::variant]}", r#"{"v":1,"w":[true]}"#),
    ("42::variant", "42"),
    ("'text'::variant", "\"text\""),
    ("NULL::variant", "NULL"),
    ("NULL::struct(a integer)", "NULL"),
    ("NULL::integer[][]", "NULL"),
    ("NULL::map(varchar, integer)", "NULL"),
];

/// Types that have a JSON text only, with such a text: it goes in as a parameter and comes out again.
const ROUND_TRIPS: &[(&str, &str)] = &[
    ("STRUCT(a INTEGER, b VARCHAR)", r#"{"a":1,"b":"x\"y\\z\né🦆"}"#),
    ("STRUCT(a INTEGER, b VARCHAR)", r#"{"a":null,"b":null}"#),
    (
        "STRUCT(d DATE, t TIMESTAMP, n DECIMAL(6,2), f DOUBLE)",
        r#"{"d":"2024-02-29","t":"2024-02-29 12:34:56","n":1234.50,"f":"NaN"}"#,
    ),
    (
        "STRUCT(o STRUCT(l INTEGER[], m MAP(VARCHAR, BOOLEAN)))",
        r#"{"o":{"l":[1,null,3],"m":{"k":true,"":false}}}"#,
    ),
    (
        "STRUCT(b BLOB, u UUID, i INTERVAL)",
        r#"{"b":"\\x00ff","u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","i":"1 year"}"#,
    ),
    (
        "STRUCT(h HUGEINT, u UBIGINT)",
        r#"{"h":170141183460469231731687303715884105727,"u":18446744073709551615}"#,
    ),
    ("MAP(VARCHAR, INTEGER)", r#"{"a":1,"b\"":null}"#),
    ("MAP(INTEGER, VARCHAR[])", r#"{"1":["x","y,z"],"-2":[]}"#),
    ("INTEGER[][]", "[[1],[2,3],[],null]"),
    ("VARCHAR[][]", r#"[["a,b","{}","null",null],["\\"]]"#),
    ("STRUCT(a INTEGER)[]", r#"[{"a":1},null,{"a":null}]"#),
    ("UNION(num INTEGER, str VARCHAR)", r#"{"str":"x"}"#),
    ("UNION(num INTEGER, str VARCHAR)", r#"{"num":7}"#),
    ("STRUCT(j JSON, k JSON)", r#"{"j":{"x":[1, 2]},"k":"s"}"#),
];

const SETTINGS: &str = "SET DateStyle TO 'German, DMY'; SET IntervalStyle TO 'iso_8601'; \
    SET bytea_output TO 'escape'; SET extra_float_digits TO -10";

fn exchange(
    client: &mut RawClient,
    sql: &str,
    format: i16,
    parameters: &[Option<Vec<u8>>],
) -> anyhow::Result<(Vec<u32>, u32, Option<Vec<u8>>)> {
    let bind = Bind { formats: &[format], parameters, results: &[format], ..Bind::default() };
    let bind = if parameters.is_empty() { Bind { formats: &[], ..bind } } else { bind };
    let batch = Batch::new().parse("", sql, &[]).describe(b'S', "").bind(&bind).execute("", 0).sync();
    client.send(&batch)?;
    let answer = client.until_ready()?;
    if let Some(report) = raw::error_in(&answer) {
        anyhow::bail!("{} {}", report.code(), report.message());
    }
    let mut found = (Vec::new(), 0, None);
    for message in answer {
        match message {
            Backend::ParameterDescription(oids) => found.0 = oids,
            Backend::RowDescription(fields) => found.1 = fields[0].type_oid,
            Backend::DataRow(mut row) => found.2 = row.swap_remove(0),
            _ => {}
        }
    }
    Ok(found)
}

fn check(
    wrong: &mut Vec<String>,
    what: &str,
    expected: &str,
    received: anyhow::Result<(Vec<u32>, u32, Option<Vec<u8>>)>,
) {
    match received {
        Ok((_, 114, None)) if expected == "NULL" => {}
        Ok((_, 114, Some(bytes))) if bytes == expected.as_bytes() => {
            if let Err(error) = serde_json::from_slice::<serde_json::Value>(&bytes) {
                wrong.push(format!("{what}: not JSON ({error}): {}", String::from_utf8_lossy(&bytes)));
            }
        }
        Ok((_, oid, bytes)) => {
            let bytes = bytes.as_deref().map_or("NULL".into(), String::from_utf8_lossy);
            wrong.push(format!("{what}\n   received {oid}: {bytes}\n   expected 114: {expected}"));
        }
        Err(error) => wrong.push(format!("{what}: {error:#}")),
    }
}

#[test]
fn nested_values_are_json() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    let mut wrong = Vec::new();
    for setting in ["SET TimeZone TO 'UTC'", SETTINGS] {
        client.rows(setting)?;
        for format in [0, 1] {
            for (sql, expected) in DOCUMENTS {
                let received = exchange(&mut client, &format!("SELECT {sql} AS v"), format, &[]);
                check(&mut wrong, &format!("{sql}, format {format}"), expected, received);
            }
            for (logical, document) in ROUND_TRIPS {
                let sql = format!("SELECT CAST($1 AS {logical})");
                let received = exchange(&mut client, &sql, format, &[Some(document.as_bytes().to_vec())]);
                if let Ok((wanted, ..)) = &received
                    && *wanted != [114]
                {
                    wrong.push(format!("{sql}: wants {wanted:?}"));
                }
                check(&mut wrong, &format!("{sql} with {document}, format {format}"), document, received);
            }
        }
    }
    let count = (DOCUMENTS.len() + ROUND_TRIPS.len()) * 4;
    println!("JSON texts: {count} compared, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}
