//! Names that come to mean something else beside sessions that list what there is, that copy, and that go.

use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use wire::link::{Mount, ShareChange};

use super::{Account, LONG};

/// Listings that have no row of any database here.
const EMPTY: [&str; 4] = [
    "SELECT count(*) FROM duckdb_sequences()",
    "SELECT count(*) FROM pg_catalog.pg_sequences",
    "SELECT count(*) FROM duckdb_indexes()",
    "SELECT count(*) FROM duckdb_constraints()",
];

/// Ends what goes on until then, also when the test fails.
struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How long a race goes on.
const RACE: Duration = Duration::from_secs(2);

#[test]
fn who_has_listed_nothing_has_used_every_database() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE DATABASE d");
    for listing in EMPTY {
        two.run("BEGIN");
        two.run(listing);
        assert_eq!(one.code("CREATE OR REPLACE DATABASE d"), "55006", "{listing}");
        assert_eq!(one.code("DETACH d"), "55006", "{listing}");
        two.run(listing);
        two.run("COMMIT");
        one.run("CREATE OR REPLACE DATABASE d");
        two.run(listing);
    }
    two.run("BEGIN; SAVEPOINT s");
    assert_eq!(two.code("FROM nowhere"), "42P01", "for its hint DuckDB looks everywhere");
    two.run("ROLLBACK TO s");
    assert_eq!(one.code("CREATE OR REPLACE DATABASE d"), "55006");
    assert_eq!(two.code("FROM nowhere"), "42P01");
}

#[test]
fn listings_and_replacements_do_not_meet() {
    let account = Account::new();
    let mut one = account.client("my_db");
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 1 AS i");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let list = |blocks: bool| {
            let (account, is_over) = (&account, &is_over);
            scope.spawn(move || {
                let mut client = account.client("my_db");
                while !is_over.load(Ordering::Relaxed) {
                    if blocks {
                        client.run("BEGIN");
                        let _ = client.query("SELECT count(*) FROM duckdb_tables()");
                        let _ = client.query("SELECT count(*) FROM pg_catalog.pg_class");
                        client.run("ROLLBACK");
                    } else {
                        client.run("SELECT count(*) FROM pg_catalog.pg_class");
                    }
                }
            })
        };
        let over = Over(&is_over);
        let listing = [list(true), list(false), list(false)];
        let begun = Instant::now();
        let mut replaced = 0;
        while begun.elapsed() < RACE && !listing.iter().any(thread::ScopedJoinHandle::is_finished) {
            let answer = one.query("CREATE OR REPLACE DATABASE d");
            let refused = answer.iter().find(|text| text.starts_with("E("));
            assert!(refused.is_none_or(|text| text.starts_with("E(55006")), "{answer:?}");
            replaced += usize::from(refused.is_none());
        }
        drop(over);
        for thread in listing {
            thread.join().unwrap();
        }
        assert!(replaced > 0, "none came through");
    });
}

#[test]
fn a_publication_waits_for_those_who_have_listed_and_not_for_ever() {
    let account = Account::new();
    let mut one = account.client("my_db");
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 1 AS i");
    one.run("CHECKPOINT d");
    let shares = account.directory.path().join("shares");
    std::fs::create_dir(&shares).unwrap();
    let path = |version: usize| {
        let path = shares.join(format!("7-{version}.duckdb"));
        let file =
            account.memory.rows.lock().unwrap().iter().find(|row| row.name == "d").unwrap().path.clone();
        if !path.exists() {
            std::fs::copy(file, &path).unwrap();
        }
        path.to_string_lossy().into_owned()
    };
    let workspace = account.database.workspace();
    let mount = Mount { name: "theirs".to_owned(), path: path(1), read_only: true };
    workspace.attach(&mount, true, &|| false).unwrap();
    let is_attached = |version: usize| workspace.find("theirs").unwrap().path == path(version);
    let wait = |version: usize| {
        let begun = Instant::now();
        while !is_attached(version) {
            assert!(begun.elapsed() < LONG, "version {version} is not attached");
            thread::sleep(Duration::from_millis(5));
        }
    };
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel::<ShareChange>();
        scope.spawn(move || workspace.follow_shares(&told));
        let publish = |version: usize| {
            let change = ShareChange::Published { former: path(version - 1), path: path(version) };
            workspace.share_will_change(&change);
            tell.send(change).unwrap();
        };
        one.run("BEGIN");
        one.run(EMPTY[0]);
        publish(2);
        thread::sleep(Duration::from_millis(1500));
        assert!(!is_attached(2), "a block has listed it");
        one.run(EMPTY[0]);
        one.run("COMMIT");
        wait(2);
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..3 {
                let (account, is_over) = (&account, &is_over);
                scope.spawn(move || {
                    let mut client = account.client("my_db");
                    while !is_over.load(Ordering::Relaxed) {
                        client.run("SELECT count(*) FROM pg_catalog.pg_class");
                        client
                            .run("SELECT max(i) FROM theirs.t, (SELECT count(*) FROM duckdb_tables()) AS x");
                    }
                });
            }
            let _over = Over(&is_over);
            for version in 3..8 {
                publish(version);
                wait(version);
            }
        });
    });
}

#[test]
fn what_the_gateway_has_replaced_is_replaced_whoever_has_listed_it_meanwhile() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    let other = || account.client("my_db");
    one.run("CREATE DATABASE big; CREATE TABLE big.t AS SELECT 'big' AS i");
    one.run("CHECKPOINT big");
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 'old' AS i");
    let (begun, go) = account.pause_copy();
    thread::scope(|scope| {
        let replacing = scope.spawn(|| other().query("CREATE OR REPLACE DATABASE d FROM big"));
        begun.recv_timeout(LONG).unwrap();
        two.run("BEGIN; SELECT count(*) FROM duckdb_tables()");
        go.send(()).unwrap();
        assert_eq!(replacing.join().unwrap(), ["C(CREATE DATABASE)", "Z(I)"]);
    });
    let told = two.value("SELECT count(*) FROM duckdb_tables()");
    assert!(told.starts_with("E(55006 the transaction is aborted: database \"d\" was replaced"), "{told}");
    two.run("ROLLBACK; INSERT INTO d.t VALUES ('precious')");
    assert_eq!(one.value("SELECT string_agg(i, ',' ORDER BY i) FROM d.t"), "D(big,precious)");
    let path = account.memory.rows.lock().unwrap().last().unwrap().path.clone();
    assert_eq!(account.database.workspace().find("d").unwrap().path, path.to_string_lossy());
}

#[test]
fn a_copy_keeps_only_its_own_names_from_others() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE DATABASE big; CREATE TABLE big.t AS SELECT 1 AS i; CREATE DATABASE away; DETACH away");
    let (begun, go) = account.pause_copy();
    thread::scope(|scope| {
        let copying = scope.spawn(|| account.client("my_db").query("CREATE DATABASE copy FROM big"));
        begun.recv_timeout(LONG).unwrap();
        two.run("CREATE DATABASE other; ATTACH 'md:away'; ALTER DATABASE other RENAME TO others");
        let others = [
            scope.spawn(|| account.client("my_db").query("CREATE DATABASE IF NOT EXISTS copy")),
            scope.spawn(|| account.client("my_db").query("DROP DATABASE big")),
        ];
        thread::sleep(Duration::from_millis(300));
        assert!(!others.iter().any(thread::ScopedJoinHandle::is_finished), "they wait");
        go.send(()).unwrap();
        assert_eq!(copying.join().unwrap(), ["C(CREATE DATABASE)", "Z(I)"]);
        let answers = others.map(|other| other.join().unwrap());
        assert!(answers[0][0].contains("already exists, skipping"), "{answers:?}");
        assert_eq!(answers[1], ["C(DROP DATABASE)", "Z(I)"]);
    });
    assert_eq!(two.value("SELECT i FROM copy.t"), "D(1)");
}

#[test]
fn closing_waits_for_nobody_and_what_is_left_is_swept() {
    let account = Account::new();
    let mut one = account.client("my_db");
    one.run("CREATE DATABASE d; DETACH d");
    let workspace = account.database.workspace();
    let mut single = account.client_with("my_db", true, false);
    single.run("ATTACH 'md:d'");
    assert!(workspace.find("d").is_some());
    let turn = workspace.turns().take(&|| false).unwrap();
    drop(single);
    assert!(workspace.find("d").is_some(), "somebody else has the turn");
    drop(turn);
    one.run("CREATE DATABASE e");
    assert!(workspace.find("d").is_none());
    let mut single = account.client_with("my_db", true, false);
    single.run("ATTACH 'md:d'");
    drop(single);
    assert!(workspace.find("d").is_none(), "at once when nobody has it");
}

#[test]
fn ones_own_database_is_not_said_to_be_attached_for_reading() {
    let account = Account::new();
    let mut client = account.client("my_db");
    client.run("CREATE DATABASE d; DETACH d");
    assert_eq!(client.code("ATTACH 'md:d' (READ_ONLY)"), "0A000");
    client.run("ATTACH 'md:d'; CREATE TABLE d.t AS SELECT 1 AS i");
}

#[test]
fn a_checkpoint_beside_a_writer_says_what_to_wait_for() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE TABLE t AS SELECT 1 AS i");
    two.run("BEGIN; UPDATE t SET i = 2");
    assert_eq!(one.value("CHECKPOINT my_db"), "E(55006 cannot CHECKPOINT while other transactions write)");
    two.run("COMMIT");
    one.run("CHECKPOINT my_db");
}

#[test]
fn what_a_single_session_replaces_stays_in_the_workspace() {
    let account = Account::new();
    let mut one = account.client("my_db");
    one.run("CREATE DATABASE d");
    let mut single = account.client_with("my_db", true, false);
    single.run("CREATE OR REPLACE DATABASE d; CREATE TABLE d.t AS SELECT 7 AS i");
    assert_eq!(one.value("SELECT i FROM d.t"), "D(7)");
}

#[test]
fn every_setting_of_the_engines_takes_each_of_its_values() {
    let account = Account::new();
    let mut client = account.client("my_db");
    let cases = [
        ("integer_division", "7 / 2", "D(3)", "D(3.5)"),
        ("ieee_floating_point_ops", "1.0::DOUBLE / 0", "D(Infinity)", "D(NULL)"),
        ("order_by_non_integer_literal", "(SELECT 1 ORDER BY 'a')", "D(1)", "E("),
        ("scalar_subquery_error_on_multiple_rows", "(SELECT x FROM (VALUES (1), (2)) AS t(x))", "E(", "D(1)"),
    ];
    for (name, expression, on, off) in cases {
        for (values, expected) in [(["on", "true", "1", "yes"], on), (["off", "false", "0", "no"], off)] {
            for value in values {
                client.run(&format!("SET {name} = {value}"));
                let shown = client.value(&format!("SELECT {expression}"));
                assert!(shown.starts_with(expected), "{name} {value}: {shown}");
            }
        }
        client.run(&format!("SELECT set_config('{name}', 'on', false)"));
        client.run(&format!("BEGIN; SET LOCAL {name} = off; ROLLBACK"));
        assert!(client.value(&format!("SELECT {expression}")).starts_with(on), "{name}");
        client.run(&format!("RESET {name}"));
    }
    for (name, value, sql, expected) in [
        (
            "default_null_order",
            "nulls_first",
            "SELECT i FROM (VALUES (1), (NULL)) AS t(i) ORDER BY i",
            "D(NULL)",
        ),
        ("default_order", "desc", "SELECT i FROM (VALUES (1), (2)) AS t(i) ORDER BY i", "D(2)"),
    ] {
        client.run(&format!("SET {name} = {value}"));
        assert_eq!(client.value(sql), expected, "{name}");
    }
}
