//! Parameters whose types follow from where they stand: ParameterDescription, the columns' types, and the rows that
//! values in text and in binary give, all beside PostgreSQL's. Differences that are meant are marked in the case.

use harness::{Backend, Batch, Bind, Pintail, Postgres, RawClient, raw};

use super::exchange::{self, Form, Input, Outcome};

/// How an answer may differ from PostgreSQL's.
#[derive(Clone, Copy)]
enum Compared {
    /// Not at all.
    Same,
    /// In the types that are told for the parameters or columns; rows are the same.
    OtherTypes(&'static str),
    /// PostgreSQL refuses it; these are the rows.
    OnlyHere(&'static [&'static [&'static str]], &'static str),
    /// It is refused here when it runs.
    Refused(&'static str),
}
use Compared::{OnlyHere, OtherTypes, Refused, Same};

struct Case {
    sql: &'static str,
    /// What Parse declares.
    declared: &'static [u32],
    /// The parameters as texts.
    values: &'static [&'static str],
    compared: Compared,
}

const fn case(sql: &'static str, declared: &'static [u32], values: &'static [&'static str]) -> Case {
    Case { sql, declared, values, compared: Same }
}

const fn marked(
    sql: &'static str,
    declared: &'static [u32],
    values: &'static [&'static str],
    compared: Compared,
) -> Case {
    Case { sql, declared, values, compared }
}

const SETUP: &str = "CREATE TABLE p(i int4, b int8, s int2, d float8, r float4, n numeric(10,2), t text, dt date, \
    ts timestamp, tz timestamptz, bo bool, u uuid, bin bytea, iv interval, tm time, a int4[]); \
    INSERT INTO p VALUES (1, 10, 100, 1.5, 2.5, 12.34, 'one', '2024-02-29', '2024-02-29 12:00:00', \
    '2024-02-29 12:00:00+00', true, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'ab', '1 day', '12:00', ARRAY[1,2]), \
    (2, 20, 200, 2, 5, 99.99, 'two', '2024-03-01', '2024-03-01 00:00:00', '2024-03-01 00:00:00+00', false, \
    '00000000-0000-0000-0000-000000000001', 'cd', '2 days', '13:00', NULL)";

const NUMBERS: &str = "DuckDB's functions and operators have other number types";
const CASTS: &str = "DuckDB takes the type from the outermost cast, or none: it is text";
const TEXT_HERE: &str = "PostgreSQL cannot tell the type (42P18); here it is text";

const CASES: &[Case] = &[
    case("SELECT $1", &[], &["x"]),
    case("SELECT $1 AS foo, $2 AS bar", &[], &["x", "y"]),
    case("SELECT $1, $1", &[], &["x"]),
    case("SELECT DISTINCT $1", &[], &["x"]),
    case("SELECT $1, i FROM p ORDER BY i", &[], &["x"]),
    case("SELECT x FROM (SELECT $1 AS x) s", &[], &["x"]),
    case("WITH c AS (SELECT $1 AS x) SELECT x FROM c", &[], &["x"]),
    case("VALUES ($1)", &[], &["x"]),
    marked(
        "SELECT concat(t, $1) FROM p ORDER BY i",
        &[],
        &["!"],
        OnlyHere(&[&["one!"], &["two!"]], TEXT_HERE),
    ),
    marked("SELECT concat($1, $2)", &[], &["a", "b"], OnlyHere(&[&["ab"]], TEXT_HERE)),
    case("SELECT t || $1 FROM p ORDER BY i", &[], &["!"]),
    case("SELECT $1 || $2", &[], &["a", "b"]),
    case("SELECT upper($1)", &[], &["abc"]),
    marked("SELECT length($1)", &[], &["abc"], OtherTypes(NUMBERS)),
    marked("SELECT substr(t, $1, $2) FROM p ORDER BY i", &[], &["1", "2"], OtherTypes(NUMBERS)),
    case("SELECT timezone($1, timestamp '2024-07-01 12:00:00')", &[], &["Europe/Berlin"]),
    case("SELECT timezone($1, tz) FROM p ORDER BY i", &[], &["Asia/Tokyo"]),
    case("SELECT tz AT TIME ZONE $1 FROM p ORDER BY i", &[], &["Asia/Tokyo"]),
    case("SELECT CASE WHEN i = 1 THEN $1 ELSE $2 END FROM p ORDER BY i", &[], &["a", "b"]),
    case("SELECT CASE WHEN i = 1 THEN $1 ELSE i END AS x FROM p ORDER BY p.i", &[], &["7"]),
    case("SELECT CASE WHEN i = 1 THEN $1 ELSE t END FROM p ORDER BY i", &[], &["x"]),
    case("SELECT CASE WHEN i = 1 THEN $1 END FROM p ORDER BY i", &[], &["x"]),
    case("SELECT CASE i WHEN $1 THEN 'hit' ELSE 'miss' END FROM p ORDER BY i", &[], &["1"]),
    case("SELECT CASE WHEN $1 THEN 1 ELSE 2 END", &[], &["true"]),
    case("SELECT i FROM p ORDER BY i LIMIT $1", &[], &["1"]),
    case("SELECT i FROM p ORDER BY i OFFSET $1", &[], &["1"]),
    case("SELECT i FROM p ORDER BY i LIMIT $1 OFFSET $2", &[], &["1", "1"]),
    case("SELECT i FROM p ORDER BY i LIMIT $1", &[23], &["1"]),
    case("SELECT i FROM p ORDER BY i LIMIT $1 OFFSET $2", &[20, 21], &["1", "1"]),
    marked("SELECT $1 IS NULL", &[], &["x"], OnlyHere(&[&["f"]], TEXT_HERE)),
    marked("SELECT i FROM p WHERE $1 IS NULL OR i = 2", &[], &["x"], OnlyHere(&[&["2"]], TEXT_HERE)),
    case("SELECT $1 IS NULL", &[25], &["x"]),
    case("SELECT $1 IS NOT NULL", &[23], &["5"]),
    case("SELECT i FROM p WHERE $1 IS NULL OR i = $1", &[23], &["2"]),
    case("SELECT i FROM p WHERE i = $1 OR $1 IS NULL", &[], &["2"]),
    case("SELECT i FROM p WHERE i = ANY($1) ORDER BY i", &[], &["{1,2}"]),
    case("SELECT i FROM p WHERE t = ANY($1) ORDER BY i", &[], &["{one,\"x y\",NULL}"]),
    case("SELECT i FROM p WHERE dt = ANY($1) ORDER BY i", &[], &["{2024-02-29}"]),
    case("SELECT i FROM p WHERE i = ANY($1) ORDER BY i", &[1007], &["{1,2}"]),
    case("SELECT i FROM p WHERE i = ANY($1) ORDER BY i", &[1016], &["{1,5000000000}"]),
    case("SELECT i FROM p WHERE i = ANY($1) ORDER BY i", &[1005], &["{1}"]),
    case("SELECT i FROM p WHERE b = ANY($1) ORDER BY i", &[1007], &["{10}"]),
    case("SELECT i FROM p WHERE t = ANY($1) ORDER BY i", &[1009], &["{one}"]),
    case("SELECT i FROM p WHERE t = ANY($1) ORDER BY i", &[1015], &["{one}"]),
    case("SELECT i FROM p WHERE i = ANY($1::int4[]) ORDER BY i", &[], &["{1,2}"]),
    case("SELECT i FROM p WHERE i <> ALL($1) ORDER BY i", &[], &["{1}"]),
    case(
        "SELECT i FROM p WHERE u = ANY($1) ORDER BY i",
        &[2951],
        &["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"],
    ),
    case("SELECT $1", &[1007], &["{1,NULL,3}"]),
    case("SELECT $1", &[1007], &["{{1,2},{3,4}}"]),
    case("SELECT $1", &[1009], &["{{a,b},{NULL,\"c,d\"}}"]),
    marked(
        "SELECT $1::int4[]",
        &[],
        &["{{1,2},{3,4}}"],
        Refused("INTEGER[] has one dimension in DuckDB; undeclared, or declared as int4[], it may have more"),
    ),
    case("SELECT i FROM p WHERE i IN ($1, $2) ORDER BY i", &[], &["1", "2"]),
    case("SELECT i FROM p WHERE t IN ($1, $2) ORDER BY i", &[], &["one", "zwei"]),
    marked(
        "SELECT i FROM p WHERE (i, t) = ($1, $2)",
        &[],
        &["1", "one"],
        OtherTypes("the fields of a row get no types of their own: they are text"),
    ),
    marked(
        "SELECT i FROM p WHERE (i, t) IN (($1, $2))",
        &[],
        &["1", "one"],
        OtherTypes("the fields of a row get no types of their own: they are text"),
    ),
    case("SELECT ts + $1 FROM p ORDER BY i", &[1186], &["1 day 02:00:00"]),
    case("SELECT ts - $1 FROM p ORDER BY i", &[1186], &["1 mon"]),
    case("SELECT tz + $1::interval FROM p ORDER BY i", &[], &["1 day"]),
    case(
        "SELECT i FROM p WHERE ts > timestamp '2024-03-05 00:00:00' - $1::interval ORDER BY i",
        &[],
        &["5 days"],
    ),
    case("SELECT iv * $1::float8 FROM p ORDER BY i", &[], &["2"]),
    case("SELECT dt + $1::int4 FROM p ORDER BY i", &[], &["1"]),
    case("SELECT dt + $1 FROM p ORDER BY i", &[23], &["1"]),
    case("SELECT dt - $1 FROM p ORDER BY i", &[23], &["1"]),
    case("SELECT ts - $1 FROM p ORDER BY i", &[1114], &["2024-01-01 00:00:00"]),
    case("SELECT $1::int4, $2::text, $3::date", &[], &["5", "x", "2024-02-29"]),
    case("SELECT $1::numeric(10,2)", &[], &["1.50"]),
    case("SELECT $1::numeric(10,2)", &[1700], &["1.555"]),
    case("SELECT CAST($1 AS timestamptz)", &[], &["2024-02-29 12:00:00+00"]),
    case(
        "SELECT $1::uuid, $2::bytea, $3::bool",
        &[],
        &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "\\x00ff", "t"],
    ),
    case("SELECT $1::json", &[], &["{\"a\": 1}"]),
    case("SELECT $1::interval, $2::time", &[], &["1 day", "12:00"]),
    case("SELECT $1::text::int4", &[], &["5"]),
    case("SELECT ($1::int4)::text", &[], &["5"]),
    case("SELECT COALESCE($1, i) FROM p ORDER BY i", &[], &["5"]),
    case("SELECT COALESCE($1, t) FROM p ORDER BY i", &[], &["x"]),
    case("SELECT COALESCE(i, $1) FROM p ORDER BY i", &[], &["5"]),
    case("SELECT COALESCE($1, 'none')", &[], &["x"]),
    case("SELECT COALESCE($1, 1.5::float8)", &[], &["2.5"]),
    case("SELECT COALESCE($1, dt) FROM p ORDER BY i", &[], &["2024-01-01"]),
    case("SELECT NULLIF(t, $1) FROM p ORDER BY i", &[], &["one"]),
    case("SELECT NULLIF($1, 5)", &[], &["7"]),
    case("SELECT greatest(i, $1) FROM p ORDER BY i", &[], &["5"]),
    case("SELECT i FROM p UNION ALL SELECT $1 ORDER BY 1", &[], &["9"]),
    case("SELECT $1 UNION ALL SELECT t FROM p ORDER BY 1", &[], &["a"]),
    case("SELECT $1 UNION ALL SELECT $2 ORDER BY 1", &[], &["a", "b"]),
    case("SELECT i FROM p WHERE i BETWEEN $1 AND $2 ORDER BY i", &[], &["1", "5"]),
    case("SELECT i FROM p WHERE dt BETWEEN $1 AND $2 ORDER BY i", &[], &["2024-01-01", "2024-02-29"]),
    case(
        "SELECT i FROM p WHERE ts BETWEEN $1 AND $2 ORDER BY i",
        &[1114, 1114],
        &["2024-01-01", "2024-02-29 23:00"],
    ),
    case("SELECT i FROM p WHERE t LIKE $1", &[], &["o%"]),
    case("SELECT i FROM p WHERE t NOT LIKE $1", &[1043], &["o%"]),
    case("SELECT i FROM p WHERE t ILIKE $1", &[], &["O%"]),
    case("SELECT date_trunc($1, ts) FROM p ORDER BY i", &[], &["month"]),
    case("SELECT date_trunc($1, ts) FROM p ORDER BY i", &[1043], &["month"]),
    case("SELECT date_trunc('month', $1::timestamp)", &[], &["2024-02-29 12:00:00"]),
    marked(
        "SELECT i FROM p WHERE i = $1 OR b = $1",
        &[],
        &["1"],
        OtherTypes("two types for one parameter: it is text"),
    ),
    case(
        "SELECT i FROM p WHERE i = $1 AND t = $2 AND d < $3 AND n >= $4",
        &[],
        &["1", "one", "1.75", "12.34"],
    ),
    case("SELECT i FROM p WHERE t = $1 OR t = $1 || 'x'", &[], &["two"]),
    case("SELECT i FROM p WHERE bo = $1", &[], &["t"]),
    case("SELECT i FROM p WHERE bo AND $1 ORDER BY i", &[], &["t"]),
    case("SELECT i FROM p WHERE NOT $1 ORDER BY i", &[], &["f"]),
    case("SELECT i FROM p WHERE u = $1", &[], &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    case("SELECT i FROM p WHERE bin = $1", &[], &["\\x6364"]),
    case("SELECT i FROM p WHERE tm < $1 ORDER BY i", &[], &["12:30"]),
    case("SELECT i FROM p WHERE iv = $1", &[], &["24:00:00"]),
    case("SELECT i FROM p WHERE tz >= $1 ORDER BY i", &[], &["2024-02-29 13:00:00+01"]),
    case("SELECT i FROM p WHERE n = $1", &[], &["12.34"]),
    case("SELECT i FROM p WHERE n > $1 ORDER BY i", &[], &["12.339"]),
    case("SELECT i FROM p WHERE r = $1", &[], &["2.5"]),
    case("SELECT i + $1 FROM p ORDER BY i", &[], &["5"]),
    case("SELECT b * $1 FROM p ORDER BY i", &[], &["5"]),
    case("SELECT d / $1 FROM p ORDER BY i", &[], &["4"]),
    case("SELECT $1 + 1", &[], &["5"]),
    marked("SELECT $1 + 1.5::float8", &[], &["5"], OtherTypes(CASTS)),
    case("SELECT -$1", &[701], &["5"]),
    case("SELECT count(*) FROM p WHERE i > $1", &[], &["0"]),
    case("SELECT t FROM p GROUP BY t HAVING count(*) >= $1 ORDER BY t", &[], &["1"]),
    marked("SELECT sum(i) FROM p WHERE t = $1", &[], &["one"], OtherTypes(NUMBERS)),
    case("SELECT EXISTS (SELECT 1 FROM p WHERE i = $1)", &[], &["1"]),
    case("SELECT i FROM p WHERE i = (SELECT max(i) FROM p WHERE i < $1)", &[], &["2"]),
    case("SELECT p.i FROM p JOIN p q ON p.i = q.i AND q.t = $1", &[], &["one"]),
    case("SELECT i FROM p WHERE EXTRACT(year FROM dt) = $1 ORDER BY i", &[23], &["2024"]),
    case("SELECT row_number() OVER (ORDER BY i) + $1 FROM p", &[20], &["5"]),
    case("SELECT generate_series FROM generate_series(1, $1)", &[20], &["3"]),
    // Declared with another type than the column's.
    case("SELECT i FROM p WHERE i = $1", &[20], &["1"]),
    case("SELECT i FROM p WHERE i < $1 ORDER BY i", &[20], &["5000000000"]),
    case("SELECT i FROM p WHERE s = $1", &[20], &["100000"]),
    case("SELECT i FROM p WHERE i = $1", &[21], &["1"]),
    case("SELECT i FROM p WHERE b = $1", &[21], &["20"]),
    case("SELECT i FROM p WHERE i > $1 ORDER BY i", &[701], &["1.5"]),
    case("SELECT i FROM p WHERE i > $1 ORDER BY i", &[1700], &["1.5"]),
    case("SELECT i FROM p WHERE n > $1 ORDER BY i", &[701], &["12.339"]),
    case("SELECT i FROM p WHERE n < $1 ORDER BY i", &[23], &["2000000000"]),
    case("SELECT i FROM p WHERE n < $1 ORDER BY i", &[20], &["5000000000000"]),
    case("SELECT i FROM p WHERE d > $1 ORDER BY i", &[23], &["1"]),
    case("SELECT i FROM p WHERE r > $1 ORDER BY i", &[701], &["2.5"]),
    case("SELECT i FROM p WHERE dt > $1 ORDER BY i", &[1114], &["2024-02-29 12:00:00"]),
    case("SELECT i FROM p WHERE dt >= $1 ORDER BY i", &[1184], &["2024-02-29 12:00:00+00"]),
    case("SELECT i FROM p WHERE ts > $1 ORDER BY i", &[1082], &["2024-02-29"]),
    case("SELECT i FROM p WHERE ts > $1 ORDER BY i", &[1184], &["2024-02-29 12:30:00+01"]),
    case("SELECT i FROM p WHERE tz > $1 ORDER BY i", &[1114], &["2024-02-29 12:30:00"]),
    case("SELECT i FROM p WHERE tz >= $1 ORDER BY i", &[1082], &["2024-03-01"]),
    case("SELECT i FROM p WHERE t = $1", &[1043], &["one"]),
    case("SELECT i FROM p WHERE t = $1", &[25], &["one"]),
    case("SELECT i FROM p WHERE t = $1", &[705], &["one"]),
    case("SELECT i FROM p WHERE i = $1", &[705], &["1"]),
    case("SELECT i FROM p WHERE t = $1", &[19], &["one"]),
    case("SELECT i FROM p WHERE t = $1", &[1042], &["one"]),
    case("SELECT $1 + 1", &[20], &["5000000000"]),
    marked("SELECT $1 + 1", &[21], &["5"], OtherTypes(NUMBERS)),
    case("SELECT $1 + 1", &[701], &["1.5"]),
    case("SELECT $1 + $2", &[23, 20], &["1", "5000000000"]),
    marked("SELECT $1 * 2", &[700], &["1.5"], OtherTypes(NUMBERS)),
    case("SELECT COALESCE($1, 0)", &[20], &["5000000000"]),
    case("SELECT $1 || 'x'", &[1043], &["y"]),
    case("SELECT $1", &[23], &["5"]),
    case("SELECT $1", &[20], &["5"]),
    case("SELECT $1", &[1082], &["2024-02-29"]),
    case("SELECT $1", &[1184], &["2024-02-29 12:00:00+00"]),
    case("SELECT $1", &[16], &["t"]),
    case("SELECT $1", &[17], &["\\x00ff"]),
    case("SELECT $1", &[114], &["{\"a\": 1}"]),
    case("SELECT $1", &[705], &["x"]),
    marked("SELECT $1", &[1043], &["x"], OtherTypes("DuckDB has no varchar beside text")),
    marked("SELECT $1", &[3802], &["{\"a\": 1}"], OtherTypes("jsonb is json")),
    case("SELECT $1", &[26], &["5"]),
    case("SELECT $1 + 1", &[1700], &["1.5"]),
    case("SELECT $1, $2", &[23], &["5", "x"]),
    case("SELECT $1, $2", &[0, 23], &["x", "5"]),
    // Gaps.
    case("SELECT $2::int4", &[23, 23], &["1", "2"]),
    case("SELECT $3", &[23, 25, 1082], &["1", "x", "2024-02-29"]),
    case("SELECT $2::int4", &[], &["1", "2"]),
    // DML.
    case(
        "INSERT INTO p(i, b, s, d, r, n, t) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING i, b, s, d, r, n, t",
        &[],
        &["3", "4", "5", "6.5", "7.5", "8.25", "nine"],
    ),
    case(
        "INSERT INTO p(dt, ts, tz, bo, u, bin, iv, tm, a) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING dt, ts, tz, bo, u, bin, iv, tm, a",
        &[],
        &[
            "2024-05-01",
            "2024-05-01 01:02:03",
            "2024-05-01 01:02:03+00",
            "f",
            "00000000-0000-0000-0000-000000000002",
            "\\x01",
            "3 days",
            "14:00",
            "{5,NULL}",
        ],
    ),
    case("INSERT INTO p(i, t) SELECT $1, $2 RETURNING i, t", &[23, 25], &["4", "four"]),
    case(
        "INSERT INTO p(b, n, ts, dt) VALUES ($1, $2, $3, $4) RETURNING b, n, ts, dt",
        &[23, 701, 1082, 1114],
        &["5", "1.5", "2024-05-01", "2024-05-01 10:00:00"],
    ),
    case("UPDATE p SET t = $1, n = $2 WHERE i = $3 RETURNING t, n", &[], &["uno", "1.25", "1"]),
    marked("UPDATE p SET n = n + $1 WHERE i = 1 RETURNING n", &[], &["1"], OtherTypes(CASTS)),
    marked("UPDATE p SET i = i + $1 WHERE i = $2 RETURNING i", &[], &["0", "2"], OtherTypes(NUMBERS)),
    case("DELETE FROM p WHERE i > $1 RETURNING i", &[], &["1000"]),
];

/// What a server tells of a statement: the parameters' types and the columns'.
type Told = (Vec<u32>, Vec<u32>);
/// Rows of texts, or the error.
type Rows = Result<Vec<Vec<Option<String>>>, String>;

fn describe(client: &mut RawClient, case: &Case) -> anyhow::Result<Result<Told, String>> {
    client.send(&Batch::new().parse("", case.sql, case.declared).describe(b'S', "").sync())?;
    let answer = client.until_ready()?;
    if let Some(report) = raw::error_in(&answer) {
        return Ok(Err(format!("{} {}", report.code(), report.message())));
    }
    let mut told = (Vec::new(), Vec::new());
    for message in answer {
        match message {
            Backend::ParameterDescription(oids) => told.0 = oids,
            Backend::RowDescription(fields) => {
                told.1 = fields.iter().map(|field| field.type_oid).collect();
            }
            _ => {}
        }
    }
    Ok(Ok(told))
}

/// Runs the statement in a transaction that is taken back.
fn run(client: &mut RawClient, case: &Case, values: &[Input]) -> anyhow::Result<Rows> {
    client.rows("BEGIN")?;
    let formats = values.iter().map(|value| value.form.code()).collect::<Vec<_>>();
    let parameters = values.iter().map(|value| value.bytes.clone()).collect::<Vec<_>>();
    let bind = Bind { formats: &formats, parameters: &parameters, results: &[0], ..Bind::default() };
    client.send(&Batch::new().parse("", case.sql, case.declared).bind(&bind).execute("", 0).sync())?;
    let answer = client.until_ready()?;
    client.rows("ROLLBACK")?;
    if let Some(report) = raw::error_in(&answer) {
        return Ok(Err(format!("{} {}", report.code(), report.message())));
    }
    let rows = answer.into_iter().filter_map(|message| match message {
        Backend::DataRow(row) => Some(row),
        _ => None,
    });
    let text = |value: Option<Vec<u8>>| value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(Ok(rows.map(|row| row.into_iter().map(text).collect()).collect()))
}

/// The values in binary, as values of the types that the server wants.
fn in_binary(oracle: &mut RawClient, wanted: &[u32], values: &[Input]) -> anyhow::Result<Vec<Input>> {
    let mut binary = Vec::new();
    for (oid, value) in wanted.iter().zip(values) {
        let outcomes = exchange::run(oracle, "SELECT $1", *oid, std::slice::from_ref(value), Form::Binary)?;
        match outcomes.as_slice() {
            [Outcome::Value(bytes)] => binary.push(Input { form: Form::Binary, bytes: bytes.clone() }),
            other => anyhow::bail!("the oracle has no binary form of {value:?} as {oid}: {other:?}"),
        }
    }
    Ok(binary)
}

fn compare(
    (ours, oracle): (&mut RawClient, &mut RawClient),
    case: &Case,
    wrong: &mut Vec<String>,
) -> anyhow::Result<()> {
    let values = case.values.iter().map(|value| Input::text(value)).collect::<Vec<_>>();
    let (told, expected) = (describe(ours, case)?, describe(oracle, case)?);
    let what = format!("{} {:?}", case.sql, case.declared);
    let code = |error: &str| error.split(' ').next().unwrap_or_default().to_owned();
    match (&told, &expected, case.compared) {
        (Ok(told), Ok(expected), Same) if told == expected => {}
        (Ok(told), Ok(expected), OtherTypes(_)) if told != expected => {}
        (Ok(told), Ok(expected), Refused(_)) if told == expected => {}
        (Ok(_), Err(_), OnlyHere(..)) => {}
        (Err(told), Err(expected), Same) if code(told) == code(expected) => return Ok(()),
        _ => wrong.push(format!("{what}\n   pintail  {told:?}\n   postgres {expected:?}")),
    }
    let Ok((wanted, _)) = told else { return Ok(()) };
    let rows = run(ours, case, &values)?;
    let expected = match case.compared {
        OnlyHere(rows, _) => {
            let row = |row: &&[&str]| row.iter().map(|value| Some((*value).to_owned())).collect();
            Ok(rows.iter().map(row).collect())
        }
        Refused(_) => {
            if rows.is_ok() {
                wrong.push(format!("{what}: is not refused any more"));
            }
            return Ok(());
        }
        Same | OtherTypes(_) => run(oracle, case, &values)?,
    };
    let as_binary = in_binary(oracle, &wanted, &values)?;
    let binary_rows = run(ours, case, &as_binary)?;
    for (form, rows) in [("text", rows), ("binary", binary_rows)] {
        if rows != expected {
            wrong.push(format!(
                "{what} with {:?} in {form}\n   pintail  {rows:?}\n   postgres {expected:?}",
                case.values
            ));
        }
    }
    Ok(())
}

#[test]
fn parameters_have_the_types_of_their_places() -> anyhow::Result<()> {
    let (pintail, postgres) = (Pintail::start()?, Postgres::start()?);
    let mut ours = RawClient::connect(&pintail.target())?;
    let mut oracle = RawClient::connect(&postgres.target())?;
    for client in [&mut ours, &mut oracle] {
        client.rows("SET TimeZone TO 'UTC'")?;
        client.rows(SETUP)?;
    }
    let mut wrong = Vec::new();
    for case in CASES {
        compare((&mut ours, &mut oracle), case, &mut wrong)?;
    }
    let meant = CASES.iter().filter_map(|case| match case.compared {
        Same => None,
        OtherTypes(reason) | OnlyHere(_, reason) | Refused(reason) => Some((case.sql, reason)),
    });
    let meant = meant.collect::<Vec<_>>();
    println!(
        "parameters: {} statements compared, {} marked as different, {} wrong",
        CASES.len(),
        meant.len(),
        wrong.len()
    );
    for (sql, reason) in meant {
        println!("   {sql}: {reason}");
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

#[test]
fn there_may_be_many_parameters() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    for count in [101, 900] {
        let numbers = (1..=count).map(|number| format!("${number}::int4")).collect::<Vec<_>>();
        let texts = (1..=count).map(|number| format!("${number}")).collect::<Vec<_>>();
        for (sql, expected) in [
            (format!("SELECT {}", numbers.join(" + ")), (count * (count + 1) / 2).to_string()),
            (format!("SELECT concat_ws(',', {})", texts.join(", ")), {
                (1..=count).map(|number: i32| number.to_string()).collect::<Vec<_>>().join(",")
            }),
            (
                format!("SELECT count(*) FROM range(2000) t(i) WHERE i IN ({})", texts.join(", ")),
                count.to_string(),
            ),
        ] {
            let values = (1..=count).map(|number| Some(number.to_string().into_bytes())).collect::<Vec<_>>();
            let bind = Bind { parameters: &values, ..Bind::default() };
            let batch = Batch::new().parse("", &sql, &[]).describe(b'S', "").bind(&bind);
            client.send(&batch.execute("", 0).sync())?;
            let answer = client.until_ready()?;
            assert!(raw::error_in(&answer).is_none(), "{}", raw::lines(&answer));
            let row = answer.into_iter().find_map(|message| match message {
                Backend::DataRow(row) => Some(row),
                _ => None,
            });
            assert_eq!(row, Some(vec![Some(expected.into_bytes())]));
        }
    }
    Ok(())
}
