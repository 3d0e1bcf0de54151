//! The engine's own locks of SECURITY §1, in their order, with a signed extension loaded before them.

use std::path::{Path, PathBuf};

use engine::{AllowAll, Connection, ErrorKind, Instance, Options};

use super::{bigint, text};

fn extensions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.duckdb/extensions").canonicalize().unwrap()
}

fn locked(directory: &Path) -> (Instance, Connection) {
    let off = [
        "autoinstall_known_extensions",
        "autoload_known_extensions",
        "allow_community_extensions",
        "allow_unsigned_extensions",
        "allow_persistent_secrets",
        "allow_unredacted_secrets",
    ];
    let mut config: Vec<_> = off.map(|name| (name.to_owned(), "false".to_owned())).to_vec();
    config.push(("extension_directory".to_owned(), extensions().display().to_string()));
    let instance = Instance::open(&Options { config }).unwrap();
    let control = instance.connect(AllowAll).unwrap();
    let directory = directory.display();
    control.execute("LOAD httpfs").unwrap();
    let loaded =
        "SELECT extension_version FROM duckdb_extensions() WHERE extension_name = 'httpfs' AND loaded";
    assert!(!text(&control, loaded).is_empty());
    control
        .execute(&format!(
            "SET temp_directory = '{directory}/spill';
             ATTACH '{directory}/my_db.duckdb' AS my_db; USE my_db;
             SET allowed_directories = ['https://', 's3://', '{directory}/'];
             SET allowed_configs = [];
             SET enable_external_access = false;
             SET lock_configuration = true"
        ))
        .unwrap();
    (instance, control)
}

#[test]
fn httpfs_loads_signed_the_locks_hold_and_paths_are_hidden() {
    let directory = std::env::temp_dir().join(format!("pintail-engine-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    {
        let (instance, control) = locked(&directory);
        control.execute("CREATE TABLE my_db.t AS SELECT 1::BIGINT AS i; CHECKPOINT my_db").unwrap();
        assert_eq!(bigint(&control, "SELECT i FROM my_db.t"), 1);
        let session = instance.connect(AllowAll).unwrap();
        for sql in [
            "SELECT * FROM read_text('/etc/hostname')",
            "FROM '/etc/passwd.csv'",
            "COPY (SELECT 1) TO '/tmp/pintail-engine-out.csv'",
            "ATTACH '/tmp/pintail-engine-other.duckdb' AS other",
            "LOAD '/tmp/whatever.duckdb_extension'",
            "INSTALL httpfs",
            "SET threads = 4",
            "SET GLOBAL TimeZone = 'UTC'",
            "SET enable_external_access = true",
            "SET lock_configuration = false",
            "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
        ] {
            let error = session.execute(sql).unwrap_err();
            let kinds = [ErrorKind::Permission, ErrorKind::InvalidInput, ErrorKind::InvalidConfiguration];
            assert!(kinds.contains(&error.kind), "{sql}: {error:?}");
        }
        session.set_option("TimeZone", "Asia/Tokyo").unwrap();
        for sql in [
            "SELECT coalesce(path, 'none') FROM duckdb_databases() WHERE database_name = 'my_db'",
            "SELECT coalesce(file, 'none') FROM pragma_database_list WHERE name = 'my_db'",
        ] {
            assert_eq!(text(&session, sql), "none", "{sql}");
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn a_log_is_replayed_before_the_seal() {
    let directory = std::env::temp_dir().join(format!("pintail-engine-log-{}", std::process::id()));
    let copy = directory.join("copy");
    std::fs::create_dir_all(&copy).unwrap();
    let open = || {
        let instance = Instance::open(&Options::default()).unwrap();
        let control = instance.connect(AllowAll).unwrap();
        (instance, control)
    };
    let (_first, control) = open();
    control.execute(&format!("ATTACH '{}/a.duckdb' AS a; USE a", directory.display())).unwrap();
    control
        .execute(
            "CREATE TABLE t(i BIGINT PRIMARY KEY, d BIGINT DEFAULT 5, g BIGINT AS (i + 1), CHECK (i > 0));
             CREATE INDEX n ON t(d); INSERT INTO t(i) VALUES (1), (2)",
        )
        .unwrap();
    for file in ["a.duckdb", "a.duckdb.wal"] {
        std::fs::copy(directory.join(file), copy.join(file)).unwrap();
    }
    let (second, control) = open();
    control.execute(&format!("ATTACH '{}/a.duckdb' AS a; USE a", copy.display())).unwrap();
    second.seal();
    assert_eq!(bigint(&control, "SELECT sum(i + d + g)::BIGINT FROM t"), 18);
    std::fs::remove_dir_all(&directory).unwrap();
}
