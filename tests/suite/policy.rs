//! The policy where a file of statements is not enough (`tests/policy` has the rest): what an operator switches on,
//! statements that were prepared while they were allowed, what shows nothing of the host, and the sets of extensions.

use anyhow::Context;
use harness::{Batch, Bind, Pintail, RawClient, Report, raw};

fn execute(client: &mut RawClient, statement: &str) -> anyhow::Result<Result<(), Report>> {
    let bind = Bind { portal: "", statement, formats: &[], parameters: &[], results: &[] };
    client.send(&Batch::new().bind(&bind).execute("", 0).sync())?;
    let answer = client.until_ready()?;
    Ok(raw::error_in(&answer).map_or(Ok(()), |report| Err(report.clone())))
}

fn prepare(client: &mut RawClient, name: &str, sql: &str) -> anyhow::Result<()> {
    client.send(&Batch::new().parse(name, sql, &[]).describe(b'S', name).sync())?;
    let answer = client.until_ready()?;
    anyhow::ensure!(raw::error_in(&answer).is_none(), "{sql}: {}", raw::lines(&answer));
    Ok(())
}

fn code(outcome: Result<(), Report>) -> String {
    outcome.map_or_else(|report| report.code().to_owned(), |()| "done".to_owned())
}

#[test]
fn temporary_objects_are_there_where_they_are_allowed() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("SQL_TEMP_TABLES", "true")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    for sql in [
        "create temp table t(a int)",
        "insert into t values (1)",
        "create temp view v as from t",
        "create temp macro m(a) as a + 1",
        "create temp sequence s",
        "create temp type e as enum ('a')",
        "select m(nextval('s')) from v",
    ] {
        client.rows(sql).with_context(|| sql.to_owned())?;
    }
    let mut other = RawClient::connect(&pintail.target())?;
    assert_eq!(other.failure("from t")?.code(), "42P01");
    // They are of the session, and hide nothing.
    for sql in ["create temp view x as from duckdb_logs()", "create temp macro y() as write_log('x')"] {
        assert_eq!(client.failure(sql)?.code(), "0A000", "{sql}");
    }
    Ok(())
}

#[test]
fn a_prepared_statement_is_judged_again_when_it_is_executed() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("create table t(a int)")?;
    client.rows("create sequence s")?;
    prepare(&mut client, "insert", "insert into t values (1)")?;
    prepare(&mut client, "next", "select nextval('s')")?;
    prepare(&mut client, "create", "create table u(a int)")?;
    prepare(&mut client, "read", "from t")?;
    client.rows("set default_transaction_read_only = on")?;
    for name in ["insert", "next", "create"] {
        assert_eq!(code(execute(&mut client, name)?), "25006", "{name}");
    }
    assert_eq!(code(execute(&mut client, "read")?), "done");
    client.rows("begin read write")?;
    assert_eq!(code(execute(&mut client, "insert")?), "done");
    client.rows("set transaction read only")?;
    assert_eq!(code(execute(&mut client, "insert")?), "25006");
    client.rows("rollback")?;
    client.rows("set default_transaction_read_only = off")?;
    assert_eq!(code(execute(&mut client, "insert")?), "done");
    assert_eq!(client.value("select count(*) from t")?, "1");
    // What a view has become since is judged when the statement is bound again.
    client.rows("create view v as select 1 as a")?;
    prepare(&mut client, "view", "select * from v")?;
    client.rows("create or replace view v as select 2 as a")?;
    assert_eq!(code(execute(&mut client, "view")?), "done");
    assert_eq!(client.failure("create or replace view v as select write_log('x') as a")?.code(), "0A000");
    Ok(())
}

#[test]
fn nothing_shows_the_host_or_other_sessions() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut other = RawClient::connect(&pintail.target())?;
    prepare(&mut other, "other_secret", "select 'other_secret'")?;
    other.rows("set variable other_secret = 'other_secret'")?;
    other.rows("prepare other_secret_too as select 1")?;
    let mut client = RawClient::connect(&pintail.target())?;
    let folder = pintail.data().display().to_string();
    client.rows("create table t as from range(10)")?;
    for sql in [
        "select * from duckdb_databases()",
        "pragma database_list",
        "show databases",
        "show all tables",
        "from duckdb_settings()",
        "from duckdb_settings() where value like '%/%'",
        "from pg_settings",
        "from pg_catalog.pg_settings",
        "from duckdb_extensions()",
        "from duckdb_prepared_statements()",
        "from duckdb_variables()",
        "from duckdb_connection_count()",
        "from duckdb_memory()",
        "from duckdb_logs",
        "from duckdb_temporary_files()",
        "from duckdb_secrets()",
        "pragma database_size",
        "from pragma_database_size()",
        "pragma storage_info('t')",
        "pragma metadata_info",
        "from duckdb_tables()",
        "from duckdb_views()",
        "from duckdb_functions()",
        "from duckdb_types()",
        "from duckdb_optimizers()",
        "select current_query()",
        "pragma user_agent",
        "pragma platform",
        "pragma version",
        "explain analyze from t",
        "attach 'no_such_database_name'",
        "attach 'x.duckdb' as x",
        "from 'no_such_file.csv'",
        "copy t to 'x.csv'",
        "copy t from 'x.csv'",
        "select * from no_such_database.main.t",
        "select error('x')",
    ] {
        let answer = raw::lines(&client.simple(sql)?);
        for hidden in [folder.as_str(), ".duckdb", "/tmp", "/home", "other_secret"] {
            assert!(!answer.contains(hidden), "{sql} shows {hidden}: {answer}");
        }
    }
    // What a session may see of itself is there.
    assert_eq!(client.value("select value from duckdb_settings() where name = 'TimeZone'")?, "UTC");
    client.rows("set timezone = 'Europe/Berlin'")?;
    assert_eq!(client.value("select value from duckdb_settings() where name = 'TimeZone'")?, "Europe/Berlin");
    client.rows("set variable mine = 1")?;
    assert_eq!(client.value("select name from duckdb_variables()")?, "mine");
    Ok(())
}

#[test]
fn an_engine_error_does_not_name_the_servers_folders() -> anyhow::Result<()> {
    let pintail =
        Pintail::configured(&[("DUCKLING_SPILL_LIMIT", "1MiB"), ("DUCKLING_MEMORY_LIMIT", "64MiB")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    let report = client.failure(
        "select count(*) from (select distinct md5(i::varchar), md5((-i)::varchar) from range(4000000) r(i))",
    )?;
    let folder = pintail.data().display().to_string();
    assert!(report.code().starts_with("53"), "{report:?}");
    assert!(!format!("{report:?}").contains(&folder), "{report:?}");
    Ok(())
}

#[test]
fn the_refusal_of_load_names_what_is_loaded() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("DUCKLING_EXTENSIONS", "httpfs,inet")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    for sql in ["load spatial", "install spatial", "update extensions"] {
        let report = client.failure(sql)?;
        assert_eq!(report.code(), "0A000");
        assert!(report.hint().contains("core_functions, icu, json, parquet, httpfs, inet"), "{report:?}");
    }
    Ok(())
}

#[test]
fn an_extension_belongs_to_the_account_that_has_it() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("pintail.toml");
    std::fs::write(&file, "[account.ann]\nextensions = [\"fts\"]\n")?;
    let pintail = Pintail::configured(&[("CONFIG", &file.display().to_string())])?;
    let mut default = RawClient::connect(&pintail.target())?;
    assert_eq!(default.failure("select stem('running', 'porter')")?.code(), "42883");
    let mut ann = RawClient::connect(&pintail.other_account("ann")?)?;
    assert_eq!(ann.value("select stem('running', 'porter')")?, "run");
    Ok(())
}

#[test]
fn fts() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("DUCKLING_EXTENSIONS", "httpfs,fts")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("create table docs(id int, body varchar)")?;
    client.rows("insert into docs values (1, 'the quick brown fox'), (2, 'a lazy dog')")?;
    client.rows("pragma create_fts_index('docs', 'id', 'body')")?;
    let search = "select id from docs where fts_main_docs.match_bm25(id, 'foxes') is not null";
    assert_eq!(client.value(search)?, "1");
    let answer = client.extended("pragma create_fts_index('docs', 'id', 'body', overwrite = 1)")?;
    assert!(raw::error_in(&answer).is_none(), "{}", raw::lines(&answer));
    assert_eq!(client.value(search)?, "1");
    client.rows("set default_transaction_read_only = on")?;
    assert_eq!(client.failure("pragma drop_fts_index('docs')")?.code(), "25006");
    client.rows("set default_transaction_read_only = off")?;
    client.rows("pragma drop_fts_index('docs')")?;
    assert!(client.failure(search)?.code().starts_with("42"));
    assert_eq!(
        client.failure("pragma create_fts_index('sample_data.nyc.taxi', 'VendorID', 'VendorID')")?.code(),
        "25006"
    );
    assert_eq!(client.value("select 1")?, "1");
    Ok(())
}

#[test]
fn inet_and_tpch() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("DUCKLING_EXTENSIONS", "httpfs,inet,tpch")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    assert_eq!(client.value("select host('10.1.2.3/8'::inet)")?, "10.1.2.3");
    assert_eq!(client.value("select count(*) from tpch_queries()")?, "22");
    // It makes tables in a way that no plan shows.
    assert_eq!(client.failure("call dbgen(sf = 0.01)")?.code(), "0A000");
    assert_eq!(client.failure("from dbgen(sf = 0.01, catalog = 'sample_data')")?.code(), "0A000");
    Ok(())
}

#[test]
fn spatial() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("DUCKLING_EXTENSIONS", "httpfs,spatial")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    assert_eq!(client.value("select st_area(st_buffer(st_point(0, 0), 1)) > 3")?, "t");
    assert_eq!(
        client.value("select round(st_x(st_transform(st_point(52.52, 13.4), 'EPSG:4326', 'EPSG:3857')))")?,
        "1491681"
    );
    client.rows("create table places as select st_point(i, i) as g from range(100) r(i)")?;
    client.rows("create index places_g on places using rtree (g)")?;
    assert_eq!(
        client.value("select count(*) from places where st_within(g, st_makeenvelope(10, 10, 19, 19))")?,
        "8"
    );
    for (sql, code) in [
        ("from st_read('/etc/passwd')", "0A000"),
        ("from st_read('https://example.org/x.geojson')", "0A000"),
        ("from st_read('/vsicurl/http://127.0.0.1:1/x')", "0A000"),
        ("from st_read_meta('/etc/passwd')", "0A000"),
        ("from st_readosm('/etc/passwd')", "42501"),
        ("from st_readshp('/etc/passwd')", "42501"),
        ("from shapefile_meta('/etc/*')", "42501"),
        ("from '/tmp/x.shp'", "42501"),
        ("from query('from st_' || 'read(''/etc/passwd'')')", "0A000"),
        ("copy places to '/tmp/x.geojson' (format gdal, driver 'GeoJSON')", "42501"),
        ("copy places to 's3://bucket/x.geojson' (format gdal, driver 'GeoJSON')", "42501"),
    ] {
        assert_eq!(client.failure(sql)?.code(), code, "{sql}");
        assert_eq!(client.value("select 1")?, "1");
    }
    Ok(())
}

#[test]
fn excel_avro_and_iceberg_read_nothing_local() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("DUCKLING_EXTENSIONS", "httpfs,excel,iceberg")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    assert_eq!(client.value("select excel_text(1234.5, '0.00')")?, "1234.50");
    for (sql, code) in [
        ("from read_xlsx('/etc/passwd')", "42501"),
        ("from '/tmp/x.xlsx'", "42501"),
        ("copy (select 1) to '/tmp/x.xlsx' (format xlsx)", "42501"),
        ("copy (select 1) to 's3://bucket/x.xlsx' (format xlsx)", "42501"),
        ("from read_avro('/etc/passwd')", "42501"),
        ("from iceberg_scan('/tmp/table')", "42501"),
        ("from iceberg_metadata('/tmp/table')", "42501"),
        ("from iceberg_snapshots('/tmp/table')", "42501"),
        ("call iceberg_to_ducklake('a', 'b')", "0A000"),
        ("attach 'warehouse' as w (type iceberg, endpoint 'http://127.0.0.1:1')", "42501"),
        ("create secret (type iceberg, token 'x')", "0A000"),
    ] {
        assert_eq!(client.failure(sql)?.code(), code, "{sql}");
        assert_eq!(client.value("select 1")?, "1");
    }
    Ok(())
}
