//! Names and files that are free again: for whom at once, for whom after a while.

use std::{sync::mpsc, thread, time::Duration};

use super::{Account, LONG};

#[test]
fn a_name_is_free_at_once_and_a_dead_transaction_never_meets_two_databases() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    let mut three = account.client("my_db");
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 1 AS i");
    two.run("BEGIN; INSERT INTO d.t VALUES (2)");
    three.run("BEGIN; SELECT count(*) FROM duckdb_tables()");
    one.run("DROP DATABASE d CASCADE");
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 3 AS i");
    assert_eq!(one.value("SELECT i FROM d.t"), "D(3)");
    for (client, sql) in
        [(&mut two, "SELECT i FROM d.t"), (&mut three, "SELECT count(*) FROM duckdb_tables()")]
    {
        let refused = client.query(sql);
        let reason = "E(55006 the transaction is aborted: database \"d\" was dropped by another session";
        assert!(refused.iter().any(|text| text.starts_with(reason)), "{refused:?}");
        assert_eq!(refused.last().unwrap(), "Z(E)");
        client.run("ROLLBACK");
        assert_eq!(client.value("SELECT i FROM d.t"), "D(3)");
    }
}

#[test]
fn a_file_that_is_still_open_is_waited_for_a_little() {
    let account = Account::new();
    let mut one = account.client("my_db");
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 1 AS i");
    let ((begun, has_begun), (go, told)) = (mpsc::channel(), mpsc::channel::<()>());
    thread::scope(|scope| {
        let account = &account;
        scope.spawn(move || {
            let mut two = account.client("my_db");
            for _ in 0..2 {
                two.run("BEGIN; SELECT i FROM d.t");
                begun.send(()).unwrap();
                told.recv_timeout(LONG).unwrap();
                thread::sleep(Duration::from_millis(150));
                two.run("ROLLBACK");
                begun.send(()).unwrap();
                told.recv_timeout(LONG).unwrap();
            }
        });
        for replaced in [false, true] {
            has_begun.recv_timeout(LONG).unwrap();
            one.run("DROP DATABASE d CASCADE");
            if replaced {
                one.run(
                    "CREATE DATABASE d; DROP DATABASE d; UNDROP DATABASE d; ALTER DATABASE d RENAME TO e",
                );
            }
            assert_eq!(one.code("UNDROP DATABASE d"), "55006", "the transaction goes on");
            assert_eq!(one.code("SELECT i FROM d.t"), "42P01", "nothing is done");
            go.send(()).unwrap();
            one.run("UNDROP DATABASE d");
            assert_eq!(one.value("SELECT i FROM d.t"), "D(1)");
            has_begun.recv_timeout(LONG).unwrap();
            go.send(()).unwrap();
        }
    });
}

#[test]
fn where_a_rollback_leads_back_to_is_in_use() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE DATABASE d");
    two.run("USE d");
    two.run("BEGIN; USE my_db");
    for change in
        ["DROP DATABASE d", "DETACH d", "ALTER DATABASE d RENAME TO e", "CREATE OR REPLACE DATABASE d"]
    {
        assert_eq!(one.code(change), "55006", "{change}");
    }
    two.run("ROLLBACK");
    assert_eq!(two.value("SELECT current_database()"), "D(d)");
    two.run("BEGIN; USE my_db");
    assert_eq!(two.code("DETACH d"), "55006", "its own way back");
    two.run("ROLLBACK");
    two.run("BEGIN; USE my_db");
    one.run("DROP DATABASE d CASCADE");
    let told = two.query("SELECT 1");
    assert!(told[0].contains("ROLLBACK leads back to \"my_db\""), "{told:?}");
    two.run("ROLLBACK");
    assert_eq!(two.value("SELECT current_database()"), "D(my_db)");
    two.run("BEGIN; USE my_db; COMMIT");
    one.run("CREATE DATABASE d");
    two.run("USE d");
    two.run("BEGIN; USE my_db; COMMIT");
    one.run("DROP DATABASE d");
}

#[test]
fn what_was_bound_or_gone_to_in_a_transaction_is_in_use() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 1 AS i");
    for use_it in ["PREPARE p AS SELECT i FROM d.t", "USE d; USE my_db"] {
        two.run("BEGIN");
        two.run(use_it);
        assert_eq!(one.code("DROP DATABASE d"), "55006", "{use_it}");
        one.run("DROP DATABASE d CASCADE");
        assert_eq!(one.code("UNDROP DATABASE d"), "55006", "{use_it}");
        assert_eq!(two.code("SELECT 1"), "55006", "{use_it}");
        two.run("ROLLBACK");
        one.run("UNDROP DATABASE d");
    }
}

#[test]
fn what_a_failed_transaction_has_used_is_free() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 1 AS i");
    two.run("BEGIN; SELECT i FROM d.t");
    assert_eq!(one.code("DROP DATABASE d"), "55006");
    assert_eq!(two.code("SELECT 1/0 FROM nowhere"), "42P01");
    one.run("DROP DATABASE d; UNDROP DATABASE d");
    two.run("ROLLBACK");
    assert_eq!(two.value("SELECT i FROM d.t"), "D(1)");
}

#[test]
fn what_is_not_there_cannot_be_held() {
    let account = Account::new();
    let refused = account.database.workspace().hold("nowhere", &|| false).unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.message.as_str()),
        ("3D000", "database \"nowhere\" does not exist")
    );
}
