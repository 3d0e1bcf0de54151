//! Attach mode single: one database, as if there were no other.

use harness::{Pintail, RawClient, Target, raw};

use super::{code, listed, succeed};

fn single(target: &Target, database: &str) -> anyhow::Result<RawClient> {
    RawClient::connect_with(&target.database(database), &[("options", "--attach_mode=single")])
}

/// What metadata there is: none of it may show `hidden_db` or anything in it.
const METADATA: &[&str] = &[
    "show databases",
    "show tables",
    "show all tables",
    "show schemas",
    "pragma database_list",
    "pragma show_databases",
    "pragma database_size",
    "from pragma_database_size()",
    "from duckdb_databases()",
    "from duckdb_schemas()",
    "from duckdb_tables()",
    "from duckdb_views()",
    "from duckdb_columns()",
    "from duckdb_constraints()",
    "from duckdb_indexes()",
    "from duckdb_sequences()",
    "from duckdb_types()",
    "from duckdb_functions()",
    "from information_schema.schemata",
    "from information_schema.tables",
    "from information_schema.columns",
    "from information_schema.views",
    "from information_schema.table_constraints",
    "from information_schema.key_column_usage",
    "from information_schema.referential_constraints",
    "from information_schema.constraint_column_usage",
    "from pg_catalog.pg_database",
    "from pg_catalog.pg_namespace",
    "from pg_catalog.pg_class",
    "from pg_catalog.pg_tables",
    "from pg_catalog.pg_views",
    "from pg_catalog.pg_indexes",
    "from pg_catalog.pg_sequences",
    "from pg_catalog.pg_attribute",
    "from pg_catalog.pg_constraint",
    "from pg_catalog.pg_type",
    "from pg_catalog.pg_proc",
    "from sqlite_master",
    // pgjdbc's getCatalogs, getSchemas, getTables, getColumns
    "SELECT datname AS TABLE_CAT FROM pg_catalog.pg_database WHERE datallowconn = true ORDER BY datname",
    "SELECT nspname AS TABLE_SCHEM, current_database() AS TABLE_CATALOG FROM pg_catalog.pg_namespace ORDER BY TABLE_SCHEM",
    "SELECT n.nspname, c.relname, c.relkind FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c WHERE c.relnamespace = n.oid",
    "SELECT n.nspname, c.relname, a.attname FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid WHERE a.attnum > 0",
];

const OTHERS: [&str; 5] = ["hidden_db", "hidden_table", "hidden_column", "hidden_schema", "sample_data"];

fn prepare(pintail: &Pintail) -> anyhow::Result<RawClient> {
    let mut owner = RawClient::connect(&pintail.target())?;
    succeed(
        &mut owner,
        "create database hidden_db; create schema hidden_db.hidden_schema; \
         create table hidden_db.hidden_schema.hidden_table(hidden_column int primary key); \
         create table hidden_db.main.hidden_table(hidden_column int); \
         create view hidden_db.hidden_view as select 1 as hidden_column; create sequence hidden_db.hidden_sequence; \
         create macro hidden_db.hidden_macro(a) as a; create type hidden_db.hidden_type as enum ('a'); \
         create table my_db.shown_table(shown_column int primary key)",
    )?;
    Ok(owner)
}

#[test]
fn metadata_shows_the_one_database() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut owner = prepare(&pintail)?;
    for database in ["my_db", "md:", "md:my_db"] {
        let mut client = single(&pintail.target(), database)?;
        assert_eq!(client.value("show attach_mode")?, "single");
        assert_eq!(listed(&mut client, "show databases")?, ["my_db"], "{database}");
        for sql in METADATA {
            for extended in [false, true] {
                let answer = if extended { client.extended(sql)? } else { client.simple(sql)? };
                let text = raw::lines(&answer);
                for other in OTHERS {
                    assert!(!text.contains(other), "{sql} shows {other}: {text}");
                }
                assert!(!text.contains("hidden_"), "{sql}: {text}");
            }
        }
        let tables = listed(
            &mut client,
            "select table_name from information_schema.tables where table_schema = 'main'",
        )?;
        assert_eq!(tables, ["shown_table"], "{database}");
    }
    // Sessions that are elsewhere are none of its business.
    let mut aside = RawClient::connect(&pintail.target().database("md:hidden_db"))?;
    aside.value("select 'hidden_statement'")?;
    let mut client = single(&pintail.target(), "my_db")?;
    let places =
        listed(&mut client, "select distinct datname from pg_stat_activity where datname is not null")?;
    assert_eq!(places, ["my_db"]);
    let shown = client.simple("from md_active_server_connections()")?;
    assert!(!raw::lines(&shown).contains("hidden_statement"), "{}", raw::lines(&shown));
    assert!(raw::lines(&owner.simple("from pg_stat_activity")?).contains("hidden_statement"));
    // Workspace: everything that is attached there, the connected one in pg_catalog.
    let all = listed(
        &mut owner,
        "select distinct table_catalog from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')",
    )?;
    assert!(
        ["hidden_db", "my_db", "sample_data"].iter().all(|name| all.contains(&(*name).to_owned())),
        "{all:?}"
    );
    let tables = listed(&mut owner, "select distinct database_name from duckdb_tables()")?;
    assert_eq!(tables, ["hidden_db", "my_db", "sample_data"]);
    assert_eq!(
        listed(&mut owner, "select tablename from pg_tables where schemaname = 'main'")?,
        ["shown_table"]
    );
    succeed(&mut owner, "use hidden_db")?;
    assert_eq!(
        listed(&mut owner, "select tablename from pg_tables where schemaname = 'main'")?,
        ["hidden_table"]
    );
    Ok(())
}

/// Statements that name what is in another database: none of them may do anything.
const QUALIFIED: &[&str] = &[
    "select * from hidden_db.main.hidden_table",
    "select * from hidden_db.hidden_schema.hidden_table",
    "from hidden_db.hidden_table",
    "select (select count(*) from hidden_db.main.hidden_table)",
    "with x as (select * from hidden_db.main.hidden_table) from x",
    "insert into hidden_db.main.hidden_table values (1)",
    "update hidden_db.main.hidden_table set hidden_column = 1",
    "delete from hidden_db.main.hidden_table",
    "truncate hidden_db.main.hidden_table",
    "create table hidden_db.main.x(a int)",
    "create table x as from hidden_db.main.hidden_table",
    "drop table hidden_db.main.hidden_table",
    "alter table hidden_db.main.hidden_table add column b int",
    "create schema hidden_db.x",
    "drop schema hidden_db.hidden_schema cascade",
    "select nextval('hidden_db.main.hidden_sequence')",
    "copy hidden_db.main.hidden_table to stdout",
    "copy hidden_db.main.hidden_table from stdin",
    "describe hidden_db.main.hidden_table",
    "summarize hidden_db.main.hidden_table",
    "explain select * from hidden_db.main.hidden_table",
    "prepare p as select * from hidden_db.main.hidden_table",
    "use hidden_db",
    "use hidden_db.hidden_schema",
    "use database hidden_db",
    "detach hidden_db",
    "refresh database hidden_db",
    "select * from sample_data.nyc.taxi limit 1",
    "create share x from hidden_db",
    "create snapshot x of hidden_db",
    "create database x from hidden_db",
    "copy from database hidden_db to my_db",
    "alter database hidden_db rename to x",
    "select currval('hidden_db.hidden_sequence')",
    "select currval('hidden_db.main.hidden_sequel')",
    "select hidden_db.hidden_macro(1)",
    "select hidden_db.main.hidden_macro(1)",
    "select 1 where exists (select 1 where hidden_db.hidden_macro(1) = 1)",
    "with x as (select hidden_db.hidden_macro(1) as a) insert into shown_table select a from x",
    "update shown_table set shown_column = hidden_db.hidden_macro(1)",
    "explain select hidden_db.hidden_macro(1)",
    "prepare p as select hidden_db.hidden_macro(1)",
    "create macro m() as hidden_db.hidden_macro(1)",
    "create view x as select hidden_db.hidden_macro(1) as a",
    "create table x as select hidden_db.hidden_macro(1) as a",
    "create table x(a int default (hidden_db.hidden_macro(1)))",
    "select 'a'::hidden_db.hidden_type",
    "select try_cast('a' as hidden_db.main.hidden_type)",
    "select enum_range(null::hidden_db.hidden_type)",
    "select ['a']::hidden_db.hidden_type[]",
    "create table x(a hidden_db.hidden_type)",
    "create table x(a struct(b hidden_db.hidden_type))",
    "create type x as hidden_db.hidden_type",
    "alter table shown_table add column b hidden_db.hidden_type",
    "copy (select 'a'::hidden_db.hidden_type) to stdout",
    "create table x (like hidden_db.main.hidden_table including all)",
    "select * from shown_table limit hidden_db.hidden_macro('secret')",
    "select date_part(hidden_db.hidden_macro('secret'), now())",
    "select regexp_matches('a', '(' || hidden_db.hidden_macro('secret'))",
    "select * from query(hidden_db.hidden_macro('secret'))",
];

#[test]
fn names_of_other_databases_are_not_attached() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut owner = prepare(&pintail)?;
    let mut client = single(&pintail.target(), "my_db")?;
    for sql in QUALIFIED {
        for extended in [false, true] {
            let answer = if extended { client.extended(sql)? } else { client.simple(sql)? };
            let report = raw::error_in(&answer).unwrap_or_else(|| panic!("{sql} was not refused"));
            assert_eq!(report.code(), "3D000", "{sql}: {report:?}");
            assert_eq!(client.value("select 1")?, "1");
        }
    }
    // The same letters, that mean the session's own.
    for (sql, value) in [
        ("select hidden_db.hidden_column from (select 1 as hidden_column) as hidden_db", "1"),
        ("select 'hidden_db.hidden_macro(1)'", "hidden_db.hidden_macro(1)"),
    ] {
        assert_eq!(client.value(sql)?, value, "{sql}");
    }
    succeed(
        &mut client,
        "begin; from duckdb_tables(); create table x as select 1 as a; drop table x; commit",
    )?;
    // A listing opens every database, for the whole of the transaction.
    for sql in [
        "create table x as select hidden_db.hidden_macro(1) as a",
        "create table x as select enum_range(null::hidden_db.hidden_type) as a",
        "create table x(a hidden_db.hidden_type)",
        "create type x as hidden_db.hidden_type",
        "create view x as select hidden_db.hidden_macro(1) as a",
        "create macro x() as hidden_db.hidden_macro(1)",
    ] {
        succeed(&mut client, "begin; select count(*) from duckdb_tables()")?;
        assert_eq!(code(&mut client, sql)?, "3D000", "{sql}");
        succeed(&mut client, "rollback")?;
    }
    for sql in [
        "set search_path = 'hidden_db.main'",
        "set search_path = 'hidden_db.hidden_schema'",
        "set schema = 'hidden_db.main'",
    ] {
        client.simple(sql)?;
        assert!(["3D000", "42P01"].contains(&code(&mut client, "from hidden_table")?.as_str()), "{sql}");
        client.rows("reset search_path")?;
    }
    // A view is not read before it is used.
    client.simple("create view x as from hidden_db.main.hidden_table")?;
    assert!(["3D000", "42P01"].contains(&code(&mut client, "from x")?.as_str()));
    // Errors show nothing of what is hidden.
    for sql in [
        "select * from hidden_tablet",
        "select * from hidden_tables",
        "select hidden_macro(1)",
        "select 1::hidden_type",
    ] {
        let text = format!("{:?}", client.failure(sql)?);
        assert!(!text.contains("hidden_db") && !text.contains("hidden_schema"), "{sql}: {text}");
    }
    assert_eq!(owner.value("select count(*) from hidden_db.main.hidden_table")?, "0");
    Ok(())
}

#[test]
fn a_macro_of_ones_own_reaches_no_hidden_one() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut owner = prepare(&pintail)?;
    succeed(&mut owner, "create macro shown_macro(a) as hidden_db.hidden_macro(a)")?;
    succeed(&mut owner, "create view shown_view as select hidden_db.hidden_macro(2) as a")?;
    assert_eq!(owner.value("select shown_macro(1) + a from shown_view")?, "3");
    let mut client = single(&pintail.target(), "my_db")?;
    for sql in ["select shown_macro(1)", "from shown_view"] {
        assert_eq!(code(&mut client, sql)?, "3D000", "{sql}");
    }
    Ok(())
}

#[test]
fn its_changes_are_its_own() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut owner = prepare(&pintail)?;
    let url = owner.value("create share s from hidden_db")?;
    let (mut one, mut two) = (single(&pintail.target(), "my_db")?, single(&pintail.target(), "my_db")?);
    succeed(&mut one, "attach 'md:hidden_db'")?;
    assert_eq!(listed(&mut one, "show databases")?, ["hidden_db", "my_db"]);
    assert_eq!(one.value("select count(*) from hidden_db.main.hidden_table")?, "0");
    assert_eq!(listed(&mut two, "show databases")?, ["my_db"]);
    assert_eq!(code(&mut two, "select * from hidden_db.main.hidden_table")?, "3D000");
    succeed(&mut one, &format!("attach '{url}' as theirs"))?;
    assert_eq!(one.value("select count(*) from theirs.main.hidden_table")?, "0");
    assert_eq!(code(&mut owner, "select count(*) from theirs.main.hidden_table")?, "3D000");
    succeed(&mut one, "detach hidden_db")?;
    assert_eq!(code(&mut one, "select * from hidden_db.main.hidden_table")?, "3D000");
    assert_eq!(owner.value("select count(*) from hidden_db.main.hidden_table")?, "0");
    succeed(&mut one, "attach 'md:sample_data'")?;
    assert_eq!(one.value("select count(*) from sample_data.nyc.taxi")?, "99000");
    assert_eq!(code(&mut one, "detach my_db")?, "55006");
    // The next one begins anew.
    let mut next = single(&pintail.target(), "my_db")?;
    assert_eq!(listed(&mut next, "show databases")?, ["my_db"]);
    // What the workspace detaches is this session's all the same.
    let mut inside = single(&pintail.target(), "hidden_db")?;
    assert_eq!(code(&mut owner, "detach hidden_db")?, "55006");
    drop(inside.simple("select 1")?);
    drop(inside);
    super::wait_until("a session to leave", || {
        Ok(owner.simple("detach hidden_db").is_ok_and(|a| raw::error_in(&a).is_none()))
    })?;
    let mut inside = single(&pintail.target(), "hidden_db")?;
    assert_eq!(inside.value("select count(*) from main.hidden_table")?, "0");
    assert_eq!(code(&mut owner, "select count(*) from hidden_db.main.hidden_table")?, "3D000");
    Ok(())
}

#[test]
fn every_way_into_single_mode() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let _owner = prepare(&pintail)?;
    for (database, options) in [
        ("my_db", "--attach_mode=single"),
        ("my_db", "--attach-mode=single"),
        ("md:", "--attach_mode=single --session_name=x"),
        ("my_db", "-c attach_mode=single"),
        ("md:?attach_mode=single", ""),
        ("md:my_db?attach_mode=single", ""),
        ("md:my_db?session_name=y&attach_mode=single", ""),
    ] {
        let parameters = [("options", options)];
        let parameters = if options.is_empty() { &parameters[..0] } else { &parameters[..] };
        let mut client = RawClient::connect_with(&pintail.target().database(database), parameters)?;
        assert_eq!(listed(&mut client, "show databases")?, ["my_db"], "{database} {options}");
    }
    let mut share = single(&pintail.target(), "sample_data")?;
    assert_eq!(listed(&mut share, "show databases")?, ["sample_data"]);
    assert_eq!(share.value("select count(*) from nyc.taxi")?, "99000");
    assert_eq!(code(&mut share, "create table x(a int)")?, "25006");
    let report = RawClient::refusal(&pintail.target(), &[("options", "--attach_mode=foo")])?;
    assert_eq!((report.severity(), report.code()), ("FATAL", "22023"));
    // It is fixed when the session begins.
    let mut client = single(&pintail.target(), "my_db")?;
    client.simple("set attach_mode = 'workspace'")?;
    assert_eq!(listed(&mut client, "show databases")?, ["my_db"]);
    Ok(())
}

#[test]
fn what_it_creates_is_not_in_the_workspace_of_the_next_process_either() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut owner = RawClient::connect(&pintail.target())?;
    succeed(&mut owner, "create database replaced; create database back; drop database back")?;
    let mut one = single(&pintail.target(), "my_db")?;
    succeed(
        &mut one,
        "create database made; undrop database back; create or replace database replaced; create table made.t(a int)",
    )?;
    let attached = "select alias from md_all_databases() where is_attached order by all";
    for round in 0..2 {
        let mut owner = RawClient::connect(&pintail.target())?;
        assert_eq!(listed(&mut owner, attached)?, ["my_db", "replaced", "sample_data"], "process {round}");
        assert_eq!(code(&mut owner, "from made.t")?, "3D000");
        succeed(&mut owner, "shutdown")?;
    }
    let mut inside = single(&pintail.target(), "made")?;
    assert_eq!(inside.value("select count(*) from t")?, "0");
    Ok(())
}
