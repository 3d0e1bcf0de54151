//! A database's main file stays as it is while its checkpoints are held: a copy of it opens by itself, without a log,
//! and has the rows of the last checkpoint, whatever is written meanwhile.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use engine::{AllowAll, Connection, ErrorKind, Instance, Options};

use super::{bigint, instance};

/// A folder of one test's, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pintail-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn attached(instance: &Instance, file: &Path) -> Connection {
    let connection = instance.connect(AllowAll).unwrap();
    connection.execute(&format!("ATTACH IF NOT EXISTS '{}' AS a; USE a", file.display())).unwrap();
    connection
}

/// Copies the main file alone and asks the copy.
fn ask_copy(file: &Path, copy: &Path, sql: &str) -> i64 {
    std::fs::copy(file, copy).unwrap();
    let other = Instance::open(&Options::default()).unwrap();
    let connection = other.connect(AllowAll).unwrap();
    connection.execute(&format!("ATTACH '{}' AS c (READ_ONLY); USE c", copy.display())).unwrap();
    bigint(&connection, sql)
}

#[test]
fn the_main_file_has_what_was_before() {
    let folder = Folder::new("hold");
    let (file, copy) = (folder.file("a.duckdb"), folder.file("copy.duckdb"));
    let instance = instance();
    let connection = attached(&instance, &file);
    connection.execute("CREATE TABLE t AS SELECT range AS i FROM range(1000); CHECKPOINT").unwrap();
    assert_eq!(connection.wal_bytes("a").unwrap(), 0);

    let hold = connection.hold_checkpoints("A").unwrap();
    let before = std::fs::read(&file).unwrap();
    connection.execute("INSERT INTO t VALUES (5000); CREATE TABLE later(i INTEGER)").unwrap();
    assert!(connection.wal_bytes("a").unwrap() > 0);
    let error = connection.execute("CHECKPOINT").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transaction, "{error:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let rows = "SELECT count(*) * 1000000 + sum(i)::BIGINT FROM t";
    assert_eq!(ask_copy(&file, &copy, rows), 1_000_000_000 + 499_500);

    // dropped by another thread
    std::thread::spawn(move || drop(hold)).join().unwrap();
    connection.execute("CHECKPOINT").unwrap();
    assert_eq!(connection.wal_bytes("a").unwrap(), 0);
    assert_eq!(ask_copy(&file, &copy, "SELECT count(*) FROM t"), 1001);
    let error = connection.hold_checkpoints("nothing").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Catalog, "{error:?}");
}

#[test]
fn neither_detach_nor_the_end_of_the_instance_writes() {
    let folder = Folder::new("hold-detach");
    let (file, copy) = (folder.file("a.duckdb"), folder.file("copy.duckdb"));
    let instance = instance();
    let connection = attached(&instance, &file);
    connection.execute("CREATE TABLE t AS SELECT range AS i FROM range(10); CHECKPOINT").unwrap();
    let hold = connection.hold_checkpoints("a").unwrap();
    connection.execute("INSERT INTO t VALUES (1); USE memory; DETACH a").unwrap();
    assert_eq!(ask_copy(&file, &copy, "SELECT count(*) FROM t"), 10);
    drop(hold);
    assert_eq!(ask_copy(&file, &copy, "SELECT count(*) FROM t"), 11);

    connection.execute(&format!("ATTACH '{}' AS a; INSERT INTO a.t VALUES (2)", file.display())).unwrap();
    let hold = connection.hold_checkpoints("a").unwrap();
    drop((connection, instance));
    assert_eq!(ask_copy(&file, &copy, "SELECT count(*) FROM t"), 11);
    drop(hold);
    assert_eq!(ask_copy(&file, &copy, "SELECT count(*) FROM t"), 12);
}

/// Large inserts write their blocks into the main file before they are committed; deletes and drops free blocks.
#[test]
fn large_writes_do_not_disturb_a_copy() {
    const ROWS: i64 = 130_000; // more than one row group
    let folder = Folder::new("hold-large");
    let (file, copy) = (folder.file("a.duckdb"), folder.file("copy.duckdb"));
    let instance = instance();
    let connection = attached(&instance, &file);
    let all =
        "SELECT (SELECT count(*) FROM kept) * 1000000007 + (SELECT sum(i + length(s))::BIGINT FROM kept)";
    connection
        .execute(&format!(
            "CREATE TABLE kept AS SELECT range AS i, md5(range::VARCHAR) AS s FROM range({ROWS});
             CREATE TABLE gone AS FROM kept; CHECKPOINT"
        ))
        .unwrap();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let writer = attached(&instance, &file);
            let is_done = &is_done;
            scope.spawn(move || {
                let mut round = 0;
                while !is_done.load(Ordering::Relaxed) {
                    round += 1;
                    // conflicts between the two, and between them and the checkpoints, are part of it
                    let big = format!("big_{thread}_{round}");
                    let _ = writer.execute(&format!(
                        "CREATE TABLE {big} AS SELECT range AS i, md5((range * {round})::VARCHAR) AS s FROM range({ROWS})"
                    ));
                    let _ = writer.execute(&format!("DELETE FROM kept WHERE i % 97 = {round} % 97"));
                    let _ = writer.execute(&format!("INSERT INTO kept FROM {big} WHERE i % 97 = {round} % 97"));
                    let _ = writer.execute(&format!("DROP TABLE IF EXISTS gone; DROP TABLE {big}"));
                    let _ = writer.execute("BEGIN; DELETE FROM kept; ROLLBACK");
                }
            });
        }
        for round in 0..8 {
            for _ in 0..200 {
                if connection.execute("CHECKPOINT").is_ok() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            let hold = connection.hold_checkpoints("a").unwrap();
            let first = ask_copy(&file, &copy, all);
            std::thread::sleep(std::time::Duration::from_millis(30));
            assert_eq!(ask_copy(&file, &copy, all), first, "round {round}");
            drop(hold);
        }
        is_done.store(true, Ordering::Relaxed);
    });
}
