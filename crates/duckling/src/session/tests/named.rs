//! PREPARE, EXECUTE, DEALLOCATE in SQL, in one name space with the protocol's statements.

use wire::frontend::{Bind, Frontend};

use super::Rig;

fn answers(rig: &mut Rig, cases: &[(&str, &[&str])]) {
    for (sql, expected) in cases {
        assert_eq!(rig.query(sql), *expected, "{sql}");
    }
}

#[test]
fn prepared_statements_are_executed_with_their_arguments() {
    let mut rig = Rig::greeted();
    answers(
        &mut rig,
        &[
            ("CREATE TABLE t (i INT, v VARCHAR)", &["C(CREATE TABLE)", "Z(I)"]),
            ("PREPARE ins (int, text) AS INSERT INTO t VALUES ($1, $2)", &["C(PREPARE)", "Z(I)"]),
            (
                "EXECUTE ins(1, 'a'); EXECUTE ins(1 + 1, upper('b'))",
                &["C(INSERT 0 1)", "C(INSERT 0 1)", "Z(I)"],
            ),
            ("PREPARE q AS SELECT v FROM t WHERE i = $1", &["C(PREPARE)", "Z(I)"]),
            ("EXECUTE q(2)", &["T(v:25)", "D(B)", "C(SELECT 1)", "Z(I)"]),
            ("EXECUTE q('2')", &["T(v:25)", "D(B)", "C(SELECT 1)", "Z(I)"]),
            ("EXECUTE q(NULL)", &["T(v:25)", "C(SELECT 0)", "Z(I)"]),
            ("PREPARE q AS SELECT 1", &["E(42P05 prepared statement \"q\" already exists)", "Z(I)"]),
            ("EXECUTE q", &["E(42601 wrong number of parameters for prepared statement \"q\")", "Z(I)"]),
            ("EXECUTE nope", &["E(26000 prepared statement \"nope\" does not exist)", "Z(I)"]),
            ("PREPARE more(int, int) AS SELECT $1 AS i", &["C(PREPARE)", "Z(I)"]),
            ("EXECUTE more(7, 8)", &["T(i:23)", "D(7)", "C(SELECT 1)", "Z(I)"]),
            (
                "DEALLOCATE q; EXECUTE q(1)",
                &["C(DEALLOCATE)", "E(26000 prepared statement \"q\" does not exist)", "Z(I)"],
            ),
            (
                "PREPARE w AS SELECT nonsense",
                &[
                    "E(42703 referenced column \"nonsense\" was not found because the FROM clause is missing @21)",
                    "Z(I)",
                ],
            ),
            ("PREPARE w AS BEGIN", &["E(42601 syntax error at or near \"BEGIN\" @14)", "Z(I)"]),
            ("SELECT 1; PREPARE w AS SELEKT", &["E(42601 syntax error at or near \"SELEKT\" @24)", "Z(I)"]),
        ],
    );
}

#[test]
fn a_parameter_without_a_type_takes_that_of_its_argument() {
    let mut rig = Rig::greeted();
    answers(
        &mut rig,
        &[
            ("PREPARE p AS SELECT $1 AS a, $1 + $2 AS s", &["C(PREPARE)", "Z(I)"]),
            ("EXECUTE p(1, 2)", &["T(a:23,s:23)", "D(1|3)", "C(SELECT 1)", "Z(I)"]),
            ("EXECUTE p(1.5, 2)", &["T(a:1700,s:1700)", "D(1.5|3.5)", "C(SELECT 1)", "Z(I)"]),
            ("PREPARE n AS SELECT $who || ', ' || $what AS t", &["C(PREPARE)", "Z(I)"]),
            ("EXECUTE n(what := 'b', who := 'a')", &["T(t:25)", "D(a, b)", "C(SELECT 1)", "Z(I)"]),
            ("PREPARE m AS SELECT ? || ? AS t", &["C(PREPARE)", "Z(I)"]),
            ("EXECUTE m('x', 'y')", &["T(t:25)", "D(xy)", "C(SELECT 1)", "Z(I)"]),
            ("PREPARE d(numeric(10, 2)) AS SELECT $1 AS d", &["C(PREPARE)", "Z(I)"]),
            ("EXECUTE d(1.005)", &["T(d:1700)", "D(1.01)", "C(SELECT 1)", "Z(I)"]),
        ],
    );
}

#[test]
fn sql_and_protocol_share_their_statements() {
    let mut rig = Rig::greeted();
    rig.send(Frontend::Parse { name: "s", sql: "SELECT $1::INT + 1 AS n", parameter_oids: vec![] })
        .send(Frontend::Sync);
    rig.take();
    assert_eq!(rig.query("EXECUTE s(41)"), ["T(n:23)", "D(42)", "C(SELECT 1)", "Z(I)"]);
    rig.query("PREPARE x AS SELECT $1::INT * 2 AS n");
    rig.send(Frontend::Bind(Bind {
        portal: "",
        statement: "x",
        parameter_formats: vec![],
        parameters: vec![Some(b"21")],
        result_formats: vec![],
    }))
    .send(Frontend::Execute { portal: "", max_rows: 0 })
    .send(Frontend::Sync);
    assert_eq!(rig.take(), ["2", "D(42)", "C(SELECT 1)", "Z(I)"]);
    // EXECUTE itself with a parameter.
    let answer = ["1", "t(23)", "T(n:23)", "2", "D(14)", "C(SELECT 1)", "Z(I)"];
    assert_eq!(rig.prepared("EXECUTE x($1::INT + 0)", vec![], &["7"]), answer);
    assert_eq!(
        rig.prepared("PREPARE y AS SELECT $1", vec![], &[]),
        ["1", "t()", "n", "2", "C(PREPARE)", "Z(I)"]
    );
    assert_eq!(rig.query("DISCARD ALL"), ["C(DISCARD ALL)", "Z(I)"]);
    assert_eq!(rig.query("EXECUTE y(1)"), ["E(26000 prepared statement \"y\" does not exist)", "Z(I)"]);
}

#[test]
fn what_is_prepared_is_judged() {
    let mut rig = Rig::greeted();
    let refused = rig.query("PREPARE r AS SELECT * FROM read_csv('/etc/passwd')");
    assert!(refused[0].starts_with("E(42501 "), "{refused:?}");
    rig.query("CREATE TABLE t (i INT); PREPARE w AS INSERT INTO t VALUES ($1)");
    let refused = rig.query("BEGIN READ ONLY; EXECUTE w(1)");
    assert_eq!(refused, ["C(BEGIN)", "E(25006 cannot write in a read-only transaction)", "Z(E)"]);
    rig.query("ROLLBACK");
    assert_eq!(rig.query("EXECUTE w((SELECT count(*) FROM read_text('/etc/passwd')))").len(), 2);
    assert_eq!(rig.query("SELECT count(*)::INT AS n FROM t"), ["T(n:23)", "D(0)", "C(SELECT 1)", "Z(I)"]);
}

#[test]
fn table_functions_take_parameters() {
    let mut rig = Rig::greeted();
    let sql = "SELECT n FROM generate_series(1, $1::INT) AS s(n)";
    let answer = ["1", "t(23)", "T(n:20)", "2", "D(1)", "D(2)", "C(SELECT 2)", "Z(I)"];
    assert_eq!(rig.prepared(sql, vec![], &["2"]), answer);
    let sql = "SELECT n, $2 AS t FROM generate_series($1, 3, 2) AS s(n)";
    let answer = ["1", "t(20,25)", "T(n:20,t:25)", "2", "D(1|x)", "D(3|x)", "C(SELECT 2)", "Z(I)"];
    assert_eq!(rig.prepared(sql, vec![20], &["1", "x"]), answer);
}

#[test]
fn what_has_run_is_not_run_again_and_parameters_have_numbers() {
    let mut rig = Rig::greeted();
    let bind = Bind {
        portal: "",
        statement: "",
        parameter_formats: vec![],
        parameters: vec![],
        result_formats: vec![],
    };
    rig.send(Frontend::Parse { name: "", sql: "SET extra_float_digits = 1", parameter_oids: vec![] })
        .send(Frontend::Bind(bind))
        .send(Frontend::Execute { portal: "", max_rows: 0 })
        .send(Frontend::Execute { portal: "", max_rows: 0 })
        .send(Frontend::Sync);
    assert_eq!(rig.take(), ["1", "2", "C(SET)", "E(55000 portal \"\" cannot be run)", "Z(I)"]);
    assert_eq!(rig.prepared("SELECT $0", vec![], &[]), ["E(42P02 there is no parameter $0 @8)", "Z(I)"]);
    let answer = ["E(42P02 there is no parameter $99999999999 @8)", "Z(I)"];
    assert_eq!(rig.prepared("SELECT $99999999999", vec![], &[]), answer);
    assert_eq!(rig.prepared("", vec![23], &["1"]), ["1", "t(23)", "n", "2", "I", "Z(I)"]);
    assert_eq!(rig.query("CHECKPOINT"), ["C(CHECKPOINT)", "Z(I)"]);
    rig.query("BEGIN; SELECT nonsense");
    assert_eq!(rig.query("SELEKT")[0].get(..7), Some("E(42601"));
    assert_eq!(rig.query("SELECT 1")[0].get(..7), Some("E(25P02"));
}

#[test]
fn small_things_of_drivers() {
    let mut rig = Rig::greeted();
    let sql = "SELECT quote_literal('it''s') AS a, quote_literal('a\\b') AS b, quote_nullable(NULL) AS c";
    assert_eq!(rig.query(sql)[1], "D('it''s'|E'a\\\\b'|NULL)");
    rig.query("CREATE SCHEMA s; CREATE TABLE s.only_there AS SELECT 1::INT AS i");
    assert_eq!(rig.query("SET search_path = 'main,s'").first().unwrap(), "C(SET)");
    assert_eq!(rig.query("FROM only_there")[1], "D(1)");
    assert_eq!(rig.query("SELECT 1 LIMIT -1")[0].get(..7), Some("E(2201W"));
}
