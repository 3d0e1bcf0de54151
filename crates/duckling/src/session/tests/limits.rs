//! Limits that a session has from its account or token: each ends its statement, and never the session.

use super::*;

fn rig(limits: SessionLimits) -> Rig {
    let mut rig = Rig::limited(limits);
    rig.take();
    rig
}

fn rows(result_rows: u64) -> SessionLimits {
    SessionLimits { result_rows, ..SessionLimits::default() }
}

/// How many rows came, and the last message but ReadyForQuery.
fn outcome(answer: &[String]) -> (usize, &str) {
    let rows = answer.iter().filter(|message| message.starts_with("D(") || message.starts_with('d'));
    (rows.count(), answer[answer.len() - 2].as_str())
}

#[test]
fn a_result_of_exactly_so_many_rows_is_whole_and_a_longer_one_is_cut_with_an_error() {
    let mut rig = rig(rows(5000));
    let whole = rig.query("select * from range(5000)");
    assert_eq!(outcome(&whole), (5000, "C(SELECT 5000)"));
    let cut = rig.query("select * from range(5001)");
    let (count, last) = outcome(&cut);
    assert_eq!(count, 5000);
    assert!(last.starts_with("E(54000 result exceeds 5000 rows"), "{last}");
    let copied = rig.query("copy (select * from range(5001)) to stdout");
    let (_, last) = outcome(&copied);
    assert!(last.starts_with("E(54000 "), "{last}");
    assert_eq!(outcome(&rig.query("select 1")), (1, "C(SELECT 1)"));
}

#[test]
fn bytes_are_counted_whatever_the_form() {
    let mut rig = rig(SessionLimits { result_bytes: 1000, ..SessionLimits::default() });
    assert_eq!(outcome(&rig.query("select 'x' from range(50)")).1, "C(SELECT 50)");
    for statement in [
        "select 'x' from range(1000)",
        "select repeat('x', 1000)",
        "copy (select 'x' from range(1000)) to stdout",
        "copy (select 'x' from range(1000)) to stdout (format csv)",
        "copy (select hash(range) from range(1000)) to stdout (format parquet)",
        "copy (select range from range(1000)) to stdout (format arrow)",
    ] {
        let answer = rig.query(statement);
        let (_, last) = outcome(&answer);
        assert!(last.starts_with("E(54000 result exceeds 1000 bytes"), "{statement}: {answer:?}");
    }
}

#[test]
fn the_fetches_of_a_portal_are_counted_together() {
    let mut rig = rig(rows(10));
    rig.query("begin");
    rig.query("declare c cursor for select * from range(100)");
    assert_eq!(outcome(&rig.query("fetch 6 from c")), (6, "C(FETCH 6)"));
    assert_eq!(outcome(&rig.query("move 3 from c")).1, "C(MOVE 3)");
    assert_eq!(outcome(&rig.query("fetch 4 from c")), (4, "C(FETCH 4)"));
    let answer = rig.query("fetch 1 from c");
    assert!(outcome(&answer).1.starts_with("E(54000 "), "{answer:?}");
    assert_eq!(rig.query("rollback").last().unwrap(), "Z(I)");

    rig.send(Frontend::Parse { name: "", sql: "select * from range(100)", parameter_oids: vec![] });
    rig.send(Frontend::Bind(Bind {
        portal: "p",
        statement: "",
        parameter_formats: vec![],
        parameters: vec![],
        result_formats: vec![],
    }));
    rig.send(Frontend::Execute { portal: "p", max_rows: 6 });
    rig.send(Frontend::Execute { portal: "p", max_rows: 6 });
    let answer = rig.send(Frontend::Sync).take();
    let (count, last) = outcome(&answer);
    assert_eq!(count, 10);
    assert!(last.starts_with("E(54000 result exceeds 10 rows"), "{answer:?}");
}

#[test]
fn returning_counts_and_what_it_did_is_undone() {
    let mut rig = rig(rows(10));
    rig.query("create table t(i int)");
    let answer = rig.query("insert into t select range from range(100) returning i");
    assert!(outcome(&answer).1.starts_with("E(54000 "), "{answer:?}");
    assert_eq!(rig.query("select count(*) from t")[1], "D(0)");
}

#[test]
fn a_long_text_is_refused_before_it_is_parsed() {
    let mut rig = rig(SessionLimits { statement_text_bytes: 100, ..SessionLimits::default() });
    let long = format!("selekt {}", "x".repeat(100));
    let answer = rig.query(&long);
    assert!(answer[0].starts_with("E(54000 statement text of 107 bytes exceeds 100 bytes"), "{answer:?}");
    rig.send(Frontend::Parse { name: "", sql: &long, parameter_oids: vec![] });
    let answer = rig.send(Frontend::Sync).take();
    assert!(answer[0].starts_with("E(54000 "), "{answer:?}");
    assert_eq!(rig.query(&format!("select '{}'", "x".repeat(91))).last().unwrap(), "Z(I)");
}

#[test]
fn expressions_are_only_nested_so_deep() {
    let nested = |depth: usize| format!("select {}1{}", "(1+".repeat(depth), ")".repeat(depth));
    let mut narrow = rig(SessionLimits { expression_depth: 50, ..SessionLimits::default() });
    assert_eq!(outcome(&narrow.query(&nested(20))).1, "C(SELECT 1)");
    let answer = narrow.query(&nested(60));
    assert!(answer[0].starts_with("E(54001 "), "{answer:?}");
    let mut wide = rig(SessionLimits::default());
    assert_eq!(outcome(&wide.query(&nested(60))).1, "C(SELECT 1)");
    let answer = wide.query(&nested(5000));
    assert!(answer[0].starts_with("E(54001 "), "{answer:?}");
}

#[test]
fn a_statement_timeout_is_never_longer_than_the_limit() {
    let mut rig = rig(SessionLimits { statement_timeout_ms: 60_000, ..SessionLimits::default() });
    assert_eq!(rig.query("show statement_timeout")[1], "D(1min)");
    let answer = rig.query("set statement_timeout = 0");
    assert!(answer[0].starts_with("N(00000 statement_timeout is limited to 1min"), "{answer:?}");
    assert_eq!(rig.query("show statement_timeout")[1], "D(1min)");
    assert_eq!(rig.query("set statement_timeout = '5s'")[0], "C(SET)");
    assert_eq!(rig.query("show statement_timeout")[1], "D(5s)");
    assert_eq!(rig.query("set statement_timeout = '2h'; show statement_timeout")[3], "D(1min)");
}
