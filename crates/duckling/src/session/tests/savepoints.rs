//! Savepoints, as far as they can be had.

use super::Rig;

fn answers(rig: &mut Rig, cases: &[(&str, &[&str])]) {
    for (sql, expected) in cases {
        assert_eq!(rig.query(sql), *expected, "{sql}");
    }
}

const LOST: &str =
    "E(0A000 cannot return to the savepoint, since the transaction has written after it or is lost)";

#[test]
fn what_has_written_nothing_since_goes_back() {
    let mut rig = Rig::greeted();
    rig.query("CREATE TABLE t (i INT)");
    answers(
        &mut rig,
        &[
            ("BEGIN", &["C(BEGIN)", "Z(T)"]),
            ("INSERT INTO t VALUES (1)", &["C(INSERT 0 1)", "Z(T)"]),
            ("SAVEPOINT a", &["C(SAVEPOINT)", "Z(T)"]),
            (
                "SELECT nonsense",
                &[
                    "E(42703 referenced column \"nonsense\" was not found because the FROM clause is missing @8)",
                    "Z(E)",
                ],
            ),
            (
                "SELECT 1",
                &[
                    "E(25P02 current transaction is aborted, commands ignored until end of transaction block)",
                    "Z(E)",
                ],
            ),
            ("ROLLBACK TO a", &["C(ROLLBACK)", "Z(T)"]),
            ("RELEASE a", &["C(RELEASE)", "Z(T)"]),
            ("RELEASE a", &["E(3B001 savepoint \"a\" does not exist)", "Z(E)"]),
            ("ROLLBACK", &["C(ROLLBACK)", "Z(I)"]),
            (
                "BEGIN; SAVEPOINT a; INSERT INTO t VALUES (2); RELEASE SAVEPOINT a; COMMIT",
                &["C(BEGIN)", "C(SAVEPOINT)", "C(INSERT 0 1)", "C(RELEASE)", "C(COMMIT)", "Z(I)"],
            ),
            ("SELECT i FROM t", &["T(i:23)", "D(2)", "C(SELECT 1)", "Z(I)"]),
            ("SAVEPOINT a", &["E(25P01 SAVEPOINT can only be used in transaction blocks)", "Z(I)"]),
        ],
    );
}

#[test]
fn what_was_written_is_not_said_to_be_undone() {
    let mut rig = Rig::greeted();
    rig.query("CREATE TABLE t (i INT PRIMARY KEY)");
    answers(
        &mut rig,
        &[
            (
                "BEGIN; SAVEPOINT a; INSERT INTO t VALUES (1)",
                &["C(BEGIN)", "C(SAVEPOINT)", "C(INSERT 0 1)", "Z(T)"],
            ),
            ("ROLLBACK TO a", &[LOST, "Z(E)"]),
            ("COMMIT", &["C(ROLLBACK)", "Z(I)"]),
            // DuckDB gives the transaction up after an error of execution.
            (
                "BEGIN; INSERT INTO t VALUES (1); SAVEPOINT a",
                &["C(BEGIN)", "C(INSERT 0 1)", "C(SAVEPOINT)", "Z(T)"],
            ),
            (
                "INSERT INTO t VALUES (2), ('x')",
                &["E(22P02 could not convert string 'x' to INT32 @28)", "Z(E)"],
            ),
            ("ROLLBACK TO a", &[LOST, "Z(E)"]),
            ("ROLLBACK", &["C(ROLLBACK)", "Z(I)"]),
            ("SELECT count(*)::INT AS n FROM t", &["T(n:23)", "D(0)", "C(SELECT 1)", "Z(I)"]),
        ],
    );
}

#[test]
fn a_transaction_that_only_read_goes_on_in_another() {
    let mut rig = Rig::greeted();
    rig.query("CREATE TABLE t (i VARCHAR); INSERT INTO t VALUES ('x')");
    rig.query("BEGIN; SET LOCAL extra_float_digits = 0; SAVEPOINT a; SET extra_float_digits = 3");
    assert_eq!(rig.query("SELECT i::INT FROM t").last().unwrap(), "Z(E)");
    answers(
        &mut rig,
        &[
            ("ROLLBACK TO SAVEPOINT a", &["C(ROLLBACK)", "Z(T)"]),
            ("SHOW extra_float_digits", &["T(extra_float_digits:25)", "D(0)", "C(SHOW)", "Z(T)"]),
            ("SELECT i FROM t", &["T(i:25)", "D(x)", "C(SELECT 1)", "Z(T)"]),
            (
                "DECLARE c CURSOR FOR SELECT i FROM t; SAVEPOINT b; DECLARE d CURSOR FOR SELECT 1",
                &["C(DECLARE CURSOR)", "C(SAVEPOINT)", "C(DECLARE CURSOR)", "Z(T)"],
            ),
            ("ROLLBACK TO b; FETCH c", &["C(ROLLBACK)", "T(i:25)", "D(x)", "C(FETCH 1)", "Z(T)"]),
            ("FETCH d", &["E(34000 cursor \"d\" does not exist)", "Z(E)"]),
            ("COMMIT", &["C(ROLLBACK)", "Z(I)"]),
        ],
    );
}
