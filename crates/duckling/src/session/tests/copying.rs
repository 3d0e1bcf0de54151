//! COPY FROM with a condition, from views, cancelled, and with rows that are long.

use wire::frontend::Frontend;

use super::Rig;

fn copy(rig: &mut Rig, sql: &str, data: &[u8]) -> Vec<String> {
    rig.send(Frontend::Query { sql }).send(Frontend::CopyData { data }).send(Frontend::CopyDone);
    rig.take()
}

#[test]
fn the_condition_that_runs_is_the_one_that_was_checked() {
    let mut rig = Rig::new();
    rig.take();
    rig.query("create table t(a int, b varchar, c bytea, d varchar default 'FROM appended_data')");
    let sql = "copy t(a, b, c) from stdin where c = '\\xdeadbeef'::bytea";
    assert_eq!(copy(&mut rig, sql, b"1\tx\t\\\\xdeadbeef\n2\ty\t\\\\xde\n")[1], "C(COPY 1)");
    let sql = "copy t(a, b, c) from stdin where b = 'FROM appended_data'";
    assert_eq!(copy(&mut rig, sql, b"3\tFROM appended_data\t\\N\n4\tz\t\\N\n")[1], "C(COPY 1)");
    assert_eq!(rig.query("select d from t where a = 3")[1], "D(FROM appended_data)");
    let sql = "copy t(a, b) from stdin (default 'D') where d = 'FROM appended_data'";
    assert_eq!(copy(&mut rig, sql, b"5\tx\n")[1], "C(COPY 1)");
    let refused = rig.query("copy t from stdin where a = $1");
    assert!(refused[0].starts_with("E(42P02 there is no parameter $1"), "{refused:?}");
}

#[test]
fn views_and_refusals_keep_their_codes() {
    let mut rig = Rig::new();
    rig.take();
    rig.query("create table t(a int)");
    rig.query("create view v as select a + 1 as a from t");
    let view = rig.query("copy v from stdin");
    assert!(view[0].starts_with("E(42809 cannot copy to view \"v\""), "{view:?}");
    rig.query("begin read only");
    let read_only = rig.query("copy t from stdin");
    assert!(read_only[0].starts_with("E(25006"), "{read_only:?}");
    rig.query("rollback");
    let twice = rig.query("copy t(a, a) from stdin");
    assert!(twice[0].starts_with("E(42701 column \"a\" specified more than once"), "{twice:?}");
    let twice = rig.query("copy t(a, a) to stdout");
    assert!(twice[0].starts_with("E(42701 column \"a\" specified more than once"), "{twice:?}");
}

/// What gathers is inserted when it is long, and the lines of a row that is refused are still right.
#[test]
fn long_rows_are_inserted_as_they_come() {
    let mut rig = Rig::new();
    rig.take();
    rig.query("create table t(a int primary key, b varchar)");
    let long = "x".repeat(100_000);
    let rows = |from: usize, to: usize| {
        (from..to).flat_map(|row| format!("{row}\t{long}\n").into_bytes()).collect::<Vec<u8>>()
    };
    rig.send(Frontend::Query { sql: "copy t from stdin" });
    for start in (0..1000).step_by(100) {
        rig.send(Frontend::CopyData { data: &rows(start, start + 100) });
    }
    rig.send(Frontend::CopyDone);
    assert_eq!(rig.take()[1], "C(COPY 1000)");
    rig.send(Frontend::Query { sql: "copy t from stdin" });
    for start in (1000..2000).step_by(100) {
        rig.send(Frontend::CopyData { data: &rows(start, start + 100) });
    }
    rig.send(Frontend::CopyData { data: b"7\tagain\n" }).send(Frontend::CopyDone);
    let refused = rig.take();
    assert!(refused[1].starts_with("E(23505"), "{refused:?}");
    assert_eq!(rig.query("select count(*) from t")[1], "D(1000)");
}
