//! What reviewers found: each case failed once.

use wire::frontend::{Bind, Format, Frontend};

use super::Rig;

fn answers(rig: &mut Rig, cases: &[(&str, &[&str])]) {
    for (sql, expected) in cases {
        assert_eq!(rig.query(sql), *expected, "{sql}");
    }
}

fn codes(rig: &mut Rig, cases: &[(&str, &str)]) {
    for (sql, code) in cases {
        let answer = rig.query(sql);
        let error = answer.iter().find(|message| message.starts_with("E(")).map(|error| &error[2..7]);
        assert_eq!(error, Some(*code), "{sql}: {answer:?}");
    }
}

fn bind<'m>(
    portal: &'m str,
    statement: &'m str,
    values: Vec<Option<&'m [u8]>>,
    formats: Vec<Format>,
) -> Frontend<'m> {
    Frontend::Bind(Bind {
        portal,
        statement,
        parameter_formats: vec![],
        parameters: values,
        result_formats: formats,
    })
}

#[test]
fn statements_nested_ever_deeper_are_read_once() {
    let mut rig = Rig::greeted();
    let sql = "PREPARE a AS ".repeat(20_000) + "SELECT 1";
    codes(&mut rig, &[(&sql, "42601"), (&sql.replace("PREPARE a AS", "DECLARE a CURSOR FOR"), "42601")]);
}

#[test]
fn a_chained_transaction_keeps_its_mode() {
    let mut rig = Rig::greeted();
    rig.query("CREATE TABLE t (i INT)");
    rig.query("BEGIN READ ONLY; COMMIT AND CHAIN");
    codes(&mut rig, &[("INSERT INTO t VALUES (1)", "25006")]);
    rig.query("ROLLBACK AND CHAIN");
    codes(&mut rig, &[("INSERT INTO t VALUES (1)", "25006")]);
    rig.query("ROLLBACK");
    answers(&mut rig, &[("INSERT INTO t VALUES (1)", &["C(INSERT 0 1)", "Z(I)"])]);
}

#[test]
fn rows_that_fail_beside_another_statement_say_why() {
    let mut rig = Rig::greeted();
    rig.query("CREATE TABLE t (i INT)");
    rig.query(
        "BEGIN; INSERT INTO t VALUES (1); DECLARE c CURSOR FOR \
         SELECT (CASE WHEN i = 9000 THEN 'x' ELSE '1' END)::INT FROM range(10000) r(i); FETCH c",
    );
    codes(&mut rig, &[("INSERT INTO t VALUES (2)", "22P02"), ("SELECT 1", "25P02")]);
    answers(&mut rig, &[("COMMIT", &["C(ROLLBACK)", "Z(I)"])]);
}

#[test]
fn what_values_bring_in_is_judged_too() {
    let mut rig = Rig::greeted();
    rig.query("CREATE SEQUENCE sq; PREPARE q AS FROM query($1)");
    rig.query("SET default_transaction_read_only = on");
    codes(&mut rig, &[("SELECT nextval('sq')", "25006"), ("EXECUTE q('SELECT nextval(''sq'')')", "25006")]);
    let answer = rig.prepared("FROM query($1)", vec![], &["SELECT nextval('sq')"]);
    assert!(answer.iter().any(|message| message.starts_with("E(25006")), "{answer:?}");
}

#[test]
fn prepared_statements_have_one_name_space_in_every_spelling() {
    let mut rig = Rig::greeted();
    answers(
        &mut rig,
        &[
            ("PREPARE 'p' AS SELECT 1::INT AS i", &["C(PREPARE)", "Z(I)"]),
            ("EXECUTE p", &["T(i:23)", "D(1)", "C(SELECT 1)", "Z(I)"]),
            ("EXECUTE 'p'", &["T(i:23)", "D(1)", "C(SELECT 1)", "Z(I)"]),
            ("DEALLOCATE 'p'", &["C(DEALLOCATE)", "Z(I)"]),
            ("PREPARE gap(int, int) AS SELECT $2 AS i", &["C(PREPARE)", "Z(I)"]),
            ("EXECUTE gap(1, 2)", &["T(i:23)", "D(2)", "C(SELECT 1)", "Z(I)"]),
        ],
    );
    codes(
        &mut rig,
        &[
            ("EXECUTE 'p'", "26000"),
            ("EXECUTE gap(unnest(range(2049)), 1)", "21000"),
            ("EXECUTE gap(unnest({'a': 1, 'b': 2}), 100)", "21000"),
        ],
    );
}

#[test]
fn columns_that_came_after_bind_are_sent() {
    let mut rig = Rig::greeted();
    rig.query("BEGIN");
    rig.send(Frontend::Parse { name: "f", sql: "FETCH ALL FROM late", parameter_oids: vec![] })
        .send(bind("p", "f", vec![], vec![Format::Binary]))
        .send(Frontend::Parse {
            name: "d",
            sql: "DECLARE late CURSOR FOR SELECT 65::INT AS i",
            parameter_oids: vec![],
        })
        .send(bind("", "d", vec![], vec![]))
        .send(Frontend::Execute { portal: "", max_rows: 0 })
        .send(Frontend::Execute { portal: "p", max_rows: 0 })
        .send(Frontend::Sync);
    let answer = ["1", "2", "1", "2", "C(DECLARE CURSOR)", "D(\0\0\0A)", "C(FETCH 1)", "Z(T)"];
    assert_eq!(rig.take(), answer);
}

#[test]
fn savepoints_after_refusals_and_lost_cursors() {
    let mut rig = Rig::greeted();
    rig.query("CREATE TABLE t (i INT)");
    rig.query("BEGIN READ ONLY; SAVEPOINT s");
    codes(&mut rig, &[("INSERT INTO t VALUES (1)", "25006")]);
    answers(&mut rig, &[("ROLLBACK TO s", &["C(ROLLBACK)", "Z(T)"]), ("ROLLBACK", &["C(ROLLBACK)", "Z(I)"])]);
    // A cursor whose rows went with DuckDB's transaction is not said to be there still.
    rig.query("BEGIN; DECLARE c CURSOR FOR SELECT i FROM range(9) r(i); FETCH c; SAVEPOINT a");
    codes(&mut rig, &[("SELECT i::VARCHAR::DATE FROM range(2) r(i)", "22007"), ("ROLLBACK TO a", "0A000")]);
    rig.query("ROLLBACK");
}

#[test]
fn a_trial_that_fails_does_not_cost_the_transaction() {
    let mut rig = Rig::greeted();
    rig.query("BEGIN");
    rig.send(Frontend::Parse {
        name: "s",
        sql: "SELECT $1, x FROM (VALUES ($2), (date '2020-01-01')) v(x)",
        parameter_oids: vec![],
    })
    .send(Frontend::Sync);
    assert_eq!(rig.take(), ["1", "Z(T)"]);
    answers(&mut rig, &[("SELECT 1 AS i", &["T(i:23)", "D(1)", "C(SELECT 1)", "Z(T)"])]);
}

#[test]
fn errors_have_postgresqls_codes() {
    let mut rig = Rig::greeted();
    rig.query("CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT REFERENCES p (id))");
    codes(
        &mut rig,
        &[
            ("CREATE TABLE t (a INT, a INT)", "42701"),
            ("ALTER TABLE p ADD COLUMN id INT", "42701"),
            ("INSERT INTO p (id, id) VALUES (1, 2)", "42701"),
            ("DROP TABLE p", "2BP01"),
            ("SELECT 1 UNION SELECT 1, 2", "42601"),
            ("SELECT (SELECT * FROM range(3))", "21000"),
            ("SELECT sqrt(-1)", "2201F"),
            ("SELECT ln(0)", "2201E"),
            ("SELECT '1'::INT[]", "22P02"),
            ("SELECT i FROM p", "42703"),
        ],
    );
}

#[test]
fn parameters_with_a_cast_have_its_type() {
    let mut rig = Rig::greeted();
    let sql = "SELECT $1::INT + i AS n FROM generate_series(1, 1) t(i)";
    assert_eq!(
        rig.prepared(sql, vec![], &["5"]),
        ["1", "t(23)", "T(n:20)", "2", "D(6)", "C(SELECT 1)", "Z(I)"]
    );
    let sql = "SELECT CAST($1 AS numeric(9, 2)) + i AS n, $2::double precision + i AS m FROM range(1) t(i)";
    let answer = rig.prepared(sql, vec![], &["5.5", "1"]);
    assert_eq!((&answer[1][..], &answer[4][..]), ("t(1700,701)", "D(5.50|1)"), "{answer:?}");
}

/// One parameter whose type DuckDB cannot find keeps it from telling those of the others, which are not text for that.
#[test]
fn a_parameter_without_a_type_leaves_the_others_theirs() {
    let mut rig = Rig::greeted();
    rig.query(
        "CREATE TABLE likes(a INT, n VARCHAR); INSERT INTO likes VALUES (1, 'ab'), (2, 'abc'), (3, 'x')",
    );
    let sql = "SELECT a FROM likes WHERE n LIKE ('%' || $1 || '%') AND a > $2 ORDER BY a LIMIT $3 OFFSET $4";
    let answer = rig.prepared(sql, vec![], &["b", "1", "5", "0"]);
    assert_eq!((&answer[1][..], &answer[4][..]), ("t(25,23,20,20)", "D(2)"), "{answer:?}");
}
