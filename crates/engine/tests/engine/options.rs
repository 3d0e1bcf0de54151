//! Options of one connection, and of the instance.

use engine::{AllowAll, ErrorKind, Instance, Options};

use super::{bigint, instance, text};

#[test]
fn an_option_is_set_for_one_connection_only_also_when_locked() {
    let instance = instance();
    let one = instance.connect(AllowAll).unwrap();
    let other = instance.connect(AllowAll).unwrap();
    one.execute("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 7::BIGINT AS i").unwrap();
    one.execute("SET lock_configuration = true").unwrap();
    let zone = "SELECT value FROM duckdb_settings() WHERE name = 'TimeZone'";
    let before = text(&other, zone);
    one.set_option("TimeZone", "Asia/Kathmandu").unwrap();
    assert_eq!(text(&one, zone), "Asia/Kathmandu");
    assert_eq!(
        text(&one, "SELECT '2024-01-01 00:00:00+00'::TIMESTAMPTZ::VARCHAR"),
        "2024-01-01 05:45:00+05:45"
    );
    assert_eq!(text(&other, zone), before);
    assert_eq!(text(&instance.connect(AllowAll).unwrap(), zone), before, "nor for later ones");
    one.set_option("Calendar", "japanese").unwrap();
    one.set_option("search_path", "s").unwrap();
    assert_eq!(bigint(&one, "SELECT i FROM t"), 7);
    assert_eq!(text(&other, "SELECT current_schema()"), "main");
    let error = one.execute("SET TimeZone = 'UTC'").unwrap_err();
    assert!(error.message.contains("locked"), "the lock itself holds: {error}");
}

#[test]
fn options_that_are_wrong_or_the_instances_are_errors() {
    let connection = instance().connect(AllowAll).unwrap();
    assert_eq!(connection.set_option("no_such_option", "1").unwrap_err().kind, ErrorKind::Catalog);
    for name in
        ["threads", "memory_limit", "enable_external_access", "lock_configuration", "allowed_directories"]
    {
        let error = connection.set_option(name, "1").unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidInput, "{name}: {error}");
    }
    assert!(connection.set_option("TimeZone", "Nowhere/Atall").is_err());
    assert!(connection.set_option("search_path", "no_such_schema").is_err());
    assert!(connection.set_option("enable_progress_bar", "perhaps").is_err());
    assert!(!connection.is_in_transaction());
}

#[test]
fn options_inside_a_transaction_leave_it_open() {
    let connection = instance().connect(AllowAll).unwrap();
    connection.execute("BEGIN; CREATE TABLE t (i INTEGER)").unwrap();
    connection.set_option("TimeZone", "UTC").unwrap();
    assert!(connection.set_option("TimeZone", "Nowhere").is_err());
    assert!(connection.is_in_transaction() && !connection.is_transaction_invalidated());
    connection.execute("COMMIT; FROM t").unwrap();
}

#[test]
fn instance_options_are_checked() {
    let open = |name: &str, value: &str| {
        Instance::open(&Options { config: vec![(name.to_owned(), value.to_owned())] }).map(|_| ())
    };
    assert!(open("no_such_option", "1").is_err());
    assert!(open("threads", "many").is_err());
    open("memory_limit", "100MB").unwrap();
    assert_eq!(Instance::version(), "v1.5.5");
}

#[test]
fn macros_of_the_system_catalog_are_everywhere() {
    let instance = Instance::open(&Options::default()).unwrap();
    let control = instance.connect(AllowAll).unwrap();
    control.define("CREATE MACRO pg_catalog.twice(x) AS x * 2").unwrap();
    let session = instance.connect(AllowAll).unwrap();
    session.execute("ATTACH ':memory:' AS other; USE other").unwrap();
    assert_eq!(bigint(&session, "SELECT (pg_catalog.twice(20) + twice(1))::BIGINT"), 42);
    assert!(control.define("CREATE TABLE t(i INT)").is_err());
}
