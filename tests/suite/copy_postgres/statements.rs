//! Statements: what is accepted and what is said of the others.

use super::{Both, none};

/// The same on both, to the letter: code, message, position and context.
const SAME: &[&str] = &[
    "copy t from stdin (format)",
    "copy t from stdin (header 'x')",
    "copy t from stdin (header 2)",
    "copy t from stdin (header -1)",
    "copy t from stdin (header 1, header)",
    "copy t to stdout (header match)",
    "copy t from stdin (format binary, header)",
    "copy t from stdin (format binary, delimiter ',')",
    "copy t from stdin (format binary, null '')",
    "copy t from stdin (format binary, quote '\"')",
    "copy t from stdin (format 'xml')",
    "copy t from stdin (quote '\"')",
    "copy t from stdin (escape '\"')",
    "copy t from stdin (force_quote (a))",
    "copy t from stdin (format csv, force_quote (a))",
    "copy t from stdin (format csv, force_quote a)",
    "copy t from stdin (format csv, force_not_null (z))",
    "copy t from stdin (format csv, force_null (z))",
    "copy t to stdout (format csv, force_quote (z))",
    "copy t to stdout (format csv, force_quote (a, z))",
    "copy t(b) to stdout (format csv, force_quote (a))",
    "copy t(b) from stdin (format csv, force_null (a))",
    "copy t(b) from stdin (format csv, force_not_null (a))",
    "copy t to stdout (format csv, force_null (a))",
    "copy t to stdout (format csv, force_not_null (a))",
    "copy t from stdin (delimiter '')",
    "copy t from stdin (delimiter 'ab')",
    "copy t from stdin (delimiter 'ä')",
    "copy t from stdin (delimiter -1)",
    "copy t from stdin (delimiter 1)",
    "copy t from stdin (delimiter a)",
    "copy t from stdin (delimiter E'\\\\')",
    "copy t from stdin (delimiter '.')",
    "copy t from stdin (delimiter E'\\n')",
    "copy t from stdin (delimiter)",
    "copy t from stdin delimiter",
    "copy t from stdin (null E'a\\nb')",
    "copy t from stdin (null E'\\t')",
    "copy t from stdin (null null)",
    "copy t from stdin (null)",
    "copy t from stdin (header null)",
    "copy t from stdin (format csv, quote '')",
    "copy t from stdin (format csv, quote 'ab')",
    "copy t from stdin (format csv, escape 'ab')",
    "copy t from stdin (format csv, quote ',')",
    "copy t from stdin (format csv, null 'a,b')",
    "copy t from stdin (format csv, null '\"')",
    "copy t from stdin (encoding 'nope')",
    "copy t from stdin (encoding utf8, encoding utf8)",
    "copy t from stdin (encoding)",
    "copy t from stdin (freeze maybe)",
    "copy t from stdin (freeze 1, freeze 0)",
    "copy t from stdin (oids)",
    "copy t from stdin with oids",
    "copy t from stdin (foo)",
    "copy t from stdin (foo bar, \"Foo\" 'x')",
    "copy t from stdin foo",
    "copy t from stdin csv csv",
    "copy t from stdin with csv header header",
    "copy t from stdin csv (format text)",
    "copy t from stdin ()",
    "copy t from stdin (format csv,)",
    "copy t from stdin (format text format csv)",
    "copy t from stdin with (format csv) null 'x'",
    "copy t from stdin (header true, format csv, header false)",
    "copy t from stdin (format csv, force_null ())",
    "copy t from stdin (format csv, force_null (1))",
    "copy t from stdin (format csv, force_null (a, *))",
    "copy t from stdin (force_not_null)",
    "copy public.t from stdin (format csv, where 1)",
    "copy t to stdout csv header match",
    "copy t from stdin csv header true",
    "copy t to stdout where a > 1",
    "copy binary t from stdin (format csv)",
    "copy t(a,a) from stdin",
    "copy t(z) from stdin",
    "copy t(a, z) to stdout",
    "copy g(c) from stdin",
    "copy g(c) to stdout",
    "copy (select 1) from stdin",
    "copy (insert into t values (1,'x')) to stdout",
    "copy (delete from t) to stdout",
    "copy (begin) to stdout",
    "copy (select $1) to stdout",
    // Accepted, with the data that follows.
    "copy t to stdout",
    "copy t to stdin",
    "copy t from stdout",
    "copy binary t to stdout",
    "copy t to stdout binary",
    "COPY/* x */t\nTO -- y\nSTDOUT",
    "copy \"t\" (\"b\", a) to stdout with (format 'csv', header on, force_quote *)",
    "copy t to stdout (header, delimiter '|', null 'none')",
    "copy t to stdout using delimiters '|' with null as 'x'",
    "copy t to stdout with delimiter as ';' null as '-' csv header quote as '''' escape as '\\' force quote b",
    "copy t to stdout csv force quote *",
    "copy t to stdout (format csv, encoding 'UTF-8', freeze false)",
    "copy g to stdout (header)",
    "copy (select a, b || ';' as \"x;y\" from t order by a) to stdout csv header; select 1",
    "copy (values (1, 'a;b'), (2, ')')) to stdout csv",
    "copy (with x as (select 1 as a) select * from x) to stdout",
    "copy (table t) to stdout",
    "copy (insert into t values (7, 'x') returning *) to stdout",
    "copy (delete from t where a = 7 returning a) to stdout",
    "copy (select 1 as n where false) to stdout (header)",
    "copy (select 1 as \"a,b\", 2 as \"q\"\"q\") to stdout (format csv, header)",
    "copy (select null, '', ' ', E'\\\\.') to stdout csv",
    "copy (select E'\\\\.') to stdout csv",
    "copy t to stdout; copy t to stdout csv",
    "copy t from stdin (header 'on', null true)",
];

/// Pintail takes it or says something else, for a reason.
const OTHER: &[(&str, &str, &str)] = &[
    ("copy t from stdin (format 'CSV')", "", "formats are taken in any case, as DuckDB takes them"),
    ("copy t from stdin (format csv, force_null *)", "", "PostgreSQL 17 takes it"),
    ("copy t from stdin (format csv, force_not_null *)", "", "PostgreSQL 17 takes it"),
    ("copy t from stdin csv force null *", "", "PostgreSQL 17 takes it"),
    ("copy t from stdin (default 'x')", "", "PostgreSQL 16 has it"),
    ("copy t from stdin (freeze)", "", "nothing is frozen here, and nothing has to be"),
    ("copy v to stdout", "", "DuckDB copies views"),
    ("copy t to stdout (encoding 'latin1')", "0A000", "only UTF-8 is spoken"),
    ("copy nope.t from stdin", "42P01", "DuckDB does not tell a missing schema from a missing table"),
    ("copy other.public.t from stdin", "3D000", "databases can be named here"),
    ("copy t from stdin where z > 1", "42703", "DuckDB's words"),
    ("copy t from stdin where a > (select 1)", "0A000", "the same without a position"),
    ("copy v from stdin", "42809", "DuckDB has no triggers to be hinted at"),
    ("copy (create table x(a int)) to stdout", "0A000", "it is DuckDB that reads the query"),
];

#[test]
fn statements_are_answered_as_postgresql_answers_them() -> anyhow::Result<()> {
    let mut both = Both::start()?;
    both.run("create table t(a int, b text)")?;
    both.run("insert into t values (1, 'one'), (2, null), (3, E'a,b|\"\\t')")?;
    both.pintail.rows("create table g(a int, b text, c int generated always as (a + 1))")?;
    both.postgres.rows("create table g(a int, b text, c int generated always as (a + 1) stored)")?;
    both.run("insert into g(a, b) values (1, 'x')")?;
    both.run("create view v as select * from t")?;
    let mut wrong = Vec::new();
    for sql in SAME {
        let (pintail, postgres) = both.copy(sql, b"", 1)?;
        if pintail != postgres {
            wrong.push(format!("{sql}\n  pintail  {pintail:?}\n  postgres {postgres:?}"));
        }
    }
    for (sql, code, reason) in OTHER {
        let (pintail, postgres) = both.copy(sql, b"", 1)?;
        if pintail.code() != *code {
            wrong.push(format!("{sql} ({reason})\n  pintail  {pintail:?}\n  postgres {postgres:?}"));
        }
        if pintail == postgres {
            wrong.push(format!("{sql} is no deviation any more ({reason})"));
        }
    }
    println!("COPY statements: {} the same on both, {} deviations", SAME.len(), OTHER.len());
    none(&wrong, SAME.len() + OTHER.len());
    Ok(())
}
