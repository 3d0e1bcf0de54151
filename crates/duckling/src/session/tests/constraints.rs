//! The fields of constraint errors, and where columns come from.

use wire::frontend::Frontend;

use super::Rig;

/// Schema, table, column and constraint of the last error.
fn fields(rig: &mut Rig, sql: &str) -> [String; 5] {
    rig.send(Frontend::Query { sql });
    rig.out.flush().unwrap();
    let sent = std::mem::take(&mut *rig.sent.lock().unwrap());
    let mut rest = &sent[..];
    while let Some((kind, tail)) = rest.split_first() {
        let length = usize::try_from(u32::from_be_bytes(tail[..4].try_into().unwrap())).unwrap();
        if *kind == b'E' {
            let fields: Vec<_> = tail[4..length].split(|byte| *byte == 0).collect();
            return [b'C', b's', b't', b'c', b'n'].map(|code| {
                let found = fields.iter().find(|field| field.first() == Some(&code));
                found.map_or(String::new(), |field| String::from_utf8_lossy(&field[1..]).into_owned())
            });
        }
        rest = &tail[length..];
    }
    panic!("no error: {sql}");
}

#[test]
fn constraint_errors_name_table_and_constraint() {
    let mut rig = Rig::greeted();
    rig.query(
        "CREATE SCHEMA s; CREATE TABLE s.parent (id INT PRIMARY KEY, a INT UNIQUE, b INT, c INT NOT NULL, \
         CHECK (b > 0), UNIQUE (b, c)); CREATE TABLE s.child (id INT REFERENCES s.parent (id)); \
         CREATE TABLE s.i (x INT); CREATE UNIQUE INDEX only_once ON s.i (x); INSERT INTO s.i VALUES (1); \
         INSERT INTO s.parent VALUES (1, 1, 1, 1); INSERT INTO s.child VALUES (1)",
    );
    let cases = [
        ("INSERT INTO s.parent VALUES (1, 2, 2, 2)", ["23505", "s", "parent", "", "parent_id_pkey"]),
        ("INSERT INTO s.parent VALUES (2, 1, 2, 2)", ["23505", "s", "parent", "", "parent_a_key"]),
        ("INSERT INTO s.parent VALUES (2, 2, 1, 1)", ["23505", "s", "parent", "", "parent_b_c_key"]),
        ("INSERT INTO s.parent VALUES (2, 2, 0, 2)", ["23514", "s", "parent", "", "parent_b_check"]),
        ("INSERT INTO s.parent VALUES (2, 2, 2, NULL)", ["23502", "s", "parent", "c", ""]),
        ("INSERT INTO s.child VALUES (7)", ["23503", "s", "child", "", "child_id_id_fkey"]),
        ("DELETE FROM s.parent", ["23503", "s", "child", "", "child_id_id_fkey"]),
        ("INSERT INTO s.i VALUES (1)", ["23505", "s", "i", "", "only_once"]),
        ("BEGIN; INSERT INTO s.i VALUES (1)", ["23505", "s", "i", "", "only_once"]),
    ];
    for (sql, expected) in cases {
        assert_eq!(fields(&mut rig, sql), expected, "{sql}");
    }
    assert_eq!(rig.query("SELECT 1")[0].get(..7), Some("E(25P02"));
}

#[test]
fn columns_say_which_table_they_are_from() {
    let mut rig = Rig::greeted();
    rig.query("CREATE TABLE t (a INT, b TEXT)");
    rig.send(Frontend::Query { sql: "SELECT b, a + 1, x.a FROM t AS x" });
    rig.out.flush().unwrap();
    let sent = std::mem::take(&mut *rig.sent.lock().unwrap());
    let mut rest = &sent[7..];
    let mut origins = Vec::new();
    for _ in 0..3 {
        let end = rest.iter().position(|byte| *byte == 0).unwrap() + 1;
        let oid = u32::from_be_bytes(rest[end..end + 4].try_into().unwrap());
        origins.push((oid, u16::from_be_bytes(rest[end + 4..end + 6].try_into().unwrap())));
        rest = &rest[end + 18..];
    }
    let oid = origins[0].0;
    assert_eq!(origins, [(oid, 2), (0, 0), (oid, 1)]);
    let catalog = rig.query("SELECT oid::INT AS oid FROM pg_catalog.pg_class WHERE relname = 't'");
    assert_eq!(catalog[1], format!("D({oid})"));
}
