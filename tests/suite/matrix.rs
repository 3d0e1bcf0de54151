//! The matrix of clients (`tests/clients/matrix.toml`), a test for each: against PostgreSQL 15, which must pass every case,
//! and against Pintail, which must pass those that `tests/clients/known.toml` does not have. `make clients` runs the same
//! scripts and writes the page.

use harness::{
    foreign,
    matrix::{self, Servers},
};

fn run(name: &str) -> anyhow::Result<()> {
    let clients = matrix::clients()?;
    let client = clients.iter().find(|client| client.name == name).expect("a client of matrix.toml");
    if let Some(missing) = client.missing() {
        foreign::skip(name, missing);
        return Ok(());
    }
    // What passes again is for `make clients` to notice.
    let failures = matrix::judge(&Servers::start()?.run(client)?)?.unexpected;
    assert!(failures.is_empty(), "{failures:#?}");
    Ok(())
}

/// Tests by the clients' names; the second list is for `make test-heavy`.
macro_rules! clients {
    ($($test:ident $name:literal)* ; $($heavy:ident $heavy_name:literal)*) => {
        $(#[test] fn $test() -> anyhow::Result<()> { run($name) })*
        $(#[test] #[ignore = "heavy: fetched by `make clients`"] fn $heavy() -> anyhow::Result<()> { run($heavy_name) })*

        #[test]
        fn every_client_has_a_test() -> anyhow::Result<()> {
            let quick = [$($name),*];
            let heavy = [$($heavy_name),*];
            for client in matrix::clients()? {
                let tests = if client.heavy { &heavy[..] } else { &quick[..] };
                assert!(tests.contains(&client.name.as_str()), "{}", client.name);
            }
            Ok(())
        }
    };
}

clients! {
    psql "psql"
    psycopg_3_binary "psycopg3-binary"
    psycopg2 "psycopg2"
    asyncpg "asyncpg"
    node_pg "node-pg"
    postgres_js "postgres-js"
    jdbc "jdbc"
    ;
    pgbench "pgbench"
    pg_dump "pg_dump"
    psycopg_3_text "psycopg3-text"
    psycopg_3_async "psycopg3-async"
    pg8000 "pg8000"
    sqlalchemy_psycopg "sqlalchemy-psycopg"
    sqlalchemy_psycopg2 "sqlalchemy-psycopg2"
    sqlalchemy_asyncpg "sqlalchemy-asyncpg"
    sqlalchemy_pg8000 "sqlalchemy-pg8000"
    polars "polars"
    connectorx "connectorx"
    adbc "adbc"
    duckdb "duckdb"
    dbt "dbt"
    pgcli "pgcli"
    superset "superset"
    knex "knex"
    kysely "kysely"
    drizzle "drizzle"
    typeorm "typeorm"
    sequelize "sequelize"
    prisma "prisma"
    jdbc_binary "jdbc-binary"
    jdbc_simple "jdbc-simple"
    odbc "odbc"
    sqlx "sqlx"
    diesel "diesel"
    pgx "pgx"
    lib_pq "lib-pq"
    perl "perl"
    php "php"
    ruby "ruby"
    r "r"
    postgres_fdw "fdw"
    pgbouncer_session "pgbouncer-session"
    pgbouncer_transaction "pgbouncer-transaction"
}
