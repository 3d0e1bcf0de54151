//! Cursors in SQL, and their common ground with portals.

use wire::frontend::{Bind, Format, Frontend, Target};

use super::Rig;

fn answers(rig: &mut Rig, cases: &[(&str, &[&str])]) {
    for (sql, expected) in cases {
        assert_eq!(rig.query(sql), *expected, "{sql}");
    }
}

#[test]
fn a_cursor_goes_forward_in_every_spelling() {
    let mut rig = Rig::greeted();
    rig.query("CREATE TABLE t AS SELECT i::INT AS i FROM range(1, 11) r(i)");
    answers(
        &mut rig,
        &[
            ("BEGIN", &["C(BEGIN)", "Z(T)"]),
            ("DECLARE c CURSOR FOR SELECT i FROM t ORDER BY i", &["C(DECLARE CURSOR)", "Z(T)"]),
            ("FETCH 0 FROM c", &["T(i:23)", "C(FETCH 0)", "Z(T)"]),
            ("FETCH c", &["T(i:23)", "D(1)", "C(FETCH 1)", "Z(T)"]),
            ("FETCH FORWARD 2 IN c", &["T(i:23)", "D(2)", "D(3)", "C(FETCH 2)", "Z(T)"]),
            ("MOVE 2 c", &["C(MOVE 2)", "Z(T)"]),
            ("MOVE 0 c", &["C(MOVE 1)", "Z(T)"]),
            ("FETCH RELATIVE 2 c", &["T(i:23)", "D(7)", "C(FETCH 1)", "Z(T)"]),
            ("FETCH ABSOLUTE 9 c", &["T(i:23)", "D(9)", "C(FETCH 1)", "Z(T)"]),
            ("FETCH ALL c", &["T(i:23)", "D(10)", "C(FETCH 1)", "Z(T)"]),
            ("FETCH NEXT FROM c", &["T(i:23)", "C(FETCH 0)", "Z(T)"]),
            ("CLOSE c", &["C(CLOSE CURSOR)", "Z(T)"]),
            ("CLOSE c", &["E(34000 cursor \"c\" does not exist)", "Z(E)"]),
            ("ROLLBACK", &["C(ROLLBACK)", "Z(I)"]),
        ],
    );
}

#[test]
fn what_a_cursor_cannot_is_refused() {
    let mut rig = Rig::greeted();
    let outside = "E(25P01 DECLARE CURSOR can only be used in transaction blocks)";
    answers(
        &mut rig,
        &[
            ("DECLARE c CURSOR FOR SELECT 1", &[outside, "Z(I)"]),
            ("FETCH c", &["E(34000 cursor \"c\" does not exist)", "Z(I)"]),
            (
                "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT 1",
                &["C(BEGIN)", "E(0A000 scrollable cursors are not available)", "Z(E)"],
            ),
            ("ROLLBACK", &["C(ROLLBACK)", "Z(I)"]),
            (
                "BEGIN; DECLARE c CURSOR FOR VALUES (1), (2); FETCH 1 c; FETCH PRIOR c",
                &[
                    "C(BEGIN)",
                    "C(DECLARE CURSOR)",
                    "T(col0:23)",
                    "D(1)",
                    "C(FETCH 1)",
                    "E(55000 cursor can only scan forward)",
                    "Z(E)",
                ],
            ),
            ("ROLLBACK", &["C(ROLLBACK)", "Z(I)"]),
            (
                "BEGIN; DECLARE c CURSOR FOR SELECT 1; DECLARE c CURSOR FOR SELECT 2",
                &["C(BEGIN)", "C(DECLARE CURSOR)", "E(42P03 cursor \"c\" already exists)", "Z(E)"],
            ),
            ("ROLLBACK", &["C(ROLLBACK)", "Z(I)"]),
            (
                "BEGIN; DECLARE c CURSOR FOR COPY t TO STDOUT",
                &["E(42601 syntax error at or near \"COPY\" @29)", "Z(I)"],
            ),
            (
                "BEGIN; DECLARE c CURSOR FOR SELECT nonsense",
                &[
                    "C(BEGIN)",
                    "E(42703 referenced column \"nonsense\" was not found because the FROM clause is missing @36)",
                    "Z(E)",
                ],
            ),
            ("ROLLBACK", &["C(ROLLBACK)", "Z(I)"]),
        ],
    );
}

#[test]
fn a_cursor_sees_the_data_of_its_declaration_and_others_go_on_beside_it() {
    let mut rig = Rig::greeted();
    rig.query("CREATE TABLE t AS SELECT i::INT AS i FROM range(5000) r(i)");
    answers(
        &mut rig,
        &[
            (
                "BEGIN; DECLARE a CURSOR FOR SELECT i FROM t ORDER BY i",
                &["C(BEGIN)", "C(DECLARE CURSOR)", "Z(T)"],
            ),
            ("DECLARE b CURSOR FOR SELECT -i AS j FROM t ORDER BY i", &["C(DECLARE CURSOR)", "Z(T)"]),
            ("FETCH 1 a", &["T(i:23)", "D(0)", "C(FETCH 1)", "Z(T)"]),
            ("MOVE 3000 b", &["C(MOVE 3000)", "Z(T)"]),
            ("DELETE FROM t", &["C(DELETE 5000)", "Z(T)"]),
            ("FETCH 1 b", &["T(j:23)", "D(-3000)", "C(FETCH 1)", "Z(T)"]),
            ("MOVE 4998 a", &["C(MOVE 4998)", "Z(T)"]),
            ("FETCH ALL a", &["T(i:23)", "D(4999)", "C(FETCH 1)", "Z(T)"]),
            ("CLOSE ALL", &["C(CLOSE CURSOR ALL)", "Z(T)"]),
            ("COMMIT", &["C(COMMIT)", "Z(I)"]),
            ("FETCH a", &["E(34000 cursor \"a\" does not exist)", "Z(I)"]),
        ],
    );
}

#[test]
fn a_held_cursor_outlives_its_transaction_if_that_commits() {
    let mut rig = Rig::greeted();
    let declare = "DECLARE h CURSOR WITH HOLD FOR SELECT i::INT AS i FROM range(4000) r(i)";
    answers(
        &mut rig,
        &[
            ("BEGIN", &["C(BEGIN)", "Z(T)"]),
            (declare, &["C(DECLARE CURSOR)", "Z(T)"]),
            ("MOVE 2500 h", &["C(MOVE 2500)", "Z(T)"]),
            ("COMMIT", &["C(COMMIT)", "Z(I)"]),
            ("FETCH 1 h", &["T(i:23)", "D(2500)", "C(FETCH 1)", "Z(I)"]),
            (
                "SELECT nonsense",
                &[
                    "E(42703 referenced column \"nonsense\" was not found because the FROM clause is missing @8)",
                    "Z(I)",
                ],
            ),
            (
                "BEGIN; FETCH 1 h; ROLLBACK",
                &["C(BEGIN)", "T(i:23)", "D(2501)", "C(FETCH 1)", "C(ROLLBACK)", "Z(I)"],
            ),
            ("FETCH 1 h", &["T(i:23)", "D(2502)", "C(FETCH 1)", "Z(I)"]),
            ("CLOSE h", &["C(CLOSE CURSOR)", "Z(I)"]),
            // In autocommit it is held at once.
            (declare, &["C(DECLARE CURSOR)", "Z(I)"]),
            ("FETCH 1 h", &["T(i:23)", "D(0)", "C(FETCH 1)", "Z(I)"]),
            ("CLOSE h; BEGIN", &["C(CLOSE CURSOR)", "C(BEGIN)", "Z(T)"]),
            (declare, &["C(DECLARE CURSOR)", "Z(T)"]),
            ("ROLLBACK", &["C(ROLLBACK)", "Z(I)"]),
            ("FETCH 1 h", &["E(34000 cursor \"h\" does not exist)", "Z(I)"]),
        ],
    );
}

#[test]
fn a_commit_that_cannot_keep_its_cursors_fails() {
    let mut rig = Rig::greeted();
    rig.query("CREATE TABLE t (i INT)");
    let declare = "BEGIN; INSERT INTO t VALUES (1); DECLARE h CURSOR WITH HOLD FOR \
                   SELECT CASE WHEN i = 60000 THEN error('no more') ELSE i END FROM range(100000) r(i)";
    assert_eq!(rig.query(declare), ["C(BEGIN)", "C(INSERT 0 1)", "C(DECLARE CURSOR)", "Z(T)"]);
    assert_eq!(rig.query("COMMIT"), ["E(22023 no more)", "Z(I)"]);
    let declare = "BEGIN; INSERT INTO t VALUES (1); DECLARE h CURSOR WITH HOLD FOR \
                   SELECT repeat('x', 100) FROM range(100000)";
    assert_eq!(rig.query(declare), ["C(BEGIN)", "C(INSERT 0 1)", "C(DECLARE CURSOR)", "Z(T)"]);
    assert_eq!(rig.query("COMMIT")[0].get(..7), Some("E(53400"));
    assert_eq!(rig.query("FETCH h")[0].get(..7), Some("E(34000"));
    assert_eq!(rig.query("SELECT count(*)::INT AS n FROM t"), ["T(n:23)", "D(0)", "C(SELECT 1)", "Z(I)"]);
}

#[test]
fn rows_kept_aside_have_a_limit() {
    let mut rig = Rig::greeted();
    answers(
        &mut rig,
        &[
            (
                "BEGIN; DECLARE c CURSOR FOR SELECT i, repeat('x', 100) FROM range(100000) r(i)",
                &["C(BEGIN)", "C(DECLARE CURSOR)", "Z(T)"],
            ),
            (
                "SELECT 1",
                &["E(53400 the rows that a suspended portal has left exceed portal_spool_limit)", "Z(E)"],
            ),
            ("ROLLBACK", &["C(ROLLBACK)", "Z(I)"]),
        ],
    );
}

#[test]
fn formats_are_those_of_the_fetch_unless_the_cursor_is_binary() {
    let mut rig = Rig::greeted();
    rig.query("BEGIN; DECLARE c CURSOR FOR SELECT 65::INT AS i FROM range(3000); SELECT 1");
    let fetch = |rig: &mut Rig, sql: &'static str, formats: Vec<Format>| {
        rig.send(Frontend::Parse { name: "", sql, parameter_oids: vec![] })
            .send(Frontend::Bind(Bind {
                portal: "",
                statement: "",
                parameter_formats: vec![],
                parameters: vec![],
                result_formats: formats,
            }))
            .send(Frontend::Execute { portal: "", max_rows: 0 })
            .send(Frontend::Sync);
        rig.take()
    };
    let binary = ["1", "2", "D(\0\0\0A)", "C(FETCH 1)", "Z(T)"];
    assert_eq!(fetch(&mut rig, "FETCH 1 c", vec![Format::Binary]), binary);
    assert_eq!(fetch(&mut rig, "FETCH 1 c", vec![]), ["1", "2", "D(65)", "C(FETCH 1)", "Z(T)"]);
    rig.query("DECLARE b BINARY CURSOR FOR SELECT 65::INT AS i FROM range(3000)");
    assert_eq!(rig.query("FETCH 1 b"), ["T(i:23)", "D(\0\0\0A)", "C(FETCH 1)", "Z(T)"]);
    // By the extended protocol the formats are those of Bind, for a binary cursor too.
    assert_eq!(fetch(&mut rig, "FETCH 1 b", vec![]), ["1", "2", "D(65)", "C(FETCH 1)", "Z(T)"]);
}

#[test]
fn cursors_and_portals_are_the_same_thing() {
    let mut rig = Rig::greeted();
    rig.query("BEGIN");
    // A cursor with a parameter, described and executed by the protocol.
    let sql = "DECLARE c CURSOR FOR SELECT i::INT AS i FROM range(10) r(i) WHERE i >= $1";
    let answer = ["1", "t(20)", "n", "2", "C(DECLARE CURSOR)", "Z(T)"];
    assert_eq!(rig.prepared(sql, vec![20], &["4"]), answer);
    rig.send(Frontend::Describe { target: Target::Portal, name: "c" })
        .send(Frontend::Execute { portal: "c", max_rows: 2 })
        .send(Frontend::Sync);
    assert_eq!(rig.take(), ["T(i:23)", "D(4)", "D(5)", "s", "Z(T)"]);
    assert_eq!(rig.query("FETCH 2 c"), ["T(i:23)", "D(6)", "D(7)", "C(FETCH 2)", "Z(T)"]);
    rig.send(Frontend::Execute { portal: "c", max_rows: 0 }).send(Frontend::Sync);
    assert_eq!(rig.take(), ["D(8)", "D(9)", "C(SELECT 2)", "Z(T)"]);
    // A portal of the protocol, fetched from in SQL.
    rig.send(Frontend::Parse {
        name: "",
        sql: "SELECT i::INT AS i FROM range(3) r(i)",
        parameter_oids: vec![],
    })
    .send(Frontend::Bind(Bind {
        portal: "p",
        statement: "",
        parameter_formats: vec![],
        parameters: vec![],
        result_formats: vec![],
    }))
    .send(Frontend::Sync);
    rig.take();
    assert_eq!(rig.query("FETCH 2 p"), ["T(i:23)", "D(0)", "D(1)", "C(FETCH 2)", "Z(T)"]);
    // A FETCH that is itself suspended.
    rig.query("DECLARE d CURSOR FOR SELECT i::INT AS i FROM range(5) r(i)");
    rig.send(Frontend::Parse { name: "f", sql: "FETCH 4 d", parameter_oids: vec![] })
        .send(Frontend::Describe { target: Target::Statement, name: "f" })
        .send(Frontend::Bind(Bind {
            portal: "",
            statement: "f",
            parameter_formats: vec![],
            parameters: vec![],
            result_formats: vec![],
        }))
        .send(Frontend::Execute { portal: "", max_rows: 3 })
        .send(Frontend::Execute { portal: "", max_rows: 3 })
        .send(Frontend::Sync);
    let answer = ["1", "t()", "T(i:23)", "2", "D(0)", "D(1)", "D(2)", "s", "D(3)", "C(FETCH 4)", "Z(T)"];
    assert_eq!(rig.take(), answer);
}
