//! sqlx: binary only; describes every statement, looks types it does not know up in `pg_type`.

use std::{str::FromStr, time::Duration};

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::{
    Acquire, Column, ConnectOptions, Connection, Executor, PgConnection, Row, TypeInfo,
    postgres::{PgConnectOptions, PgPoolOptions, PgPoolCopyExt},
};

use crate::{Outcome, Result, UNDO, check, on_pintail, report, uri};

async fn connected() -> Result<PgConnection> {
    Ok(PgConnectOptions::from_str(&uri())?.connect().await?)
}

fn state(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned()
}

async fn fails(db: &mut PgConnection, expected: &str, sql: &str) -> Result {
    match sqlx::query(sql).fetch_all(db).await {
        Ok(_) => Err(Outcome::Failed(format!("no error; expected {expected}: {sql}"))),
        Err(error) => check(state(&error), expected.to_owned()),
    }
}

async fn connect() -> Result {
    let mut db = connected().await?;
    check(sqlx::query_scalar::<_, i32>("SELECT 42").fetch_one(&mut db).await?, 42)?;
    Ok(db.ping().await?)
}

async fn types() -> Result {
    let mut db = connected().await?;
    check(sqlx::query_scalar::<_, bool>("SELECT true").fetch_one(&mut db).await?, true)?;
    check(sqlx::query_scalar::<_, i64>("SELECT 9223372036854775807::bigint").fetch_one(&mut db).await?, i64::MAX)?;
    check(sqlx::query_scalar::<_, String>("SELECT 'tëxt'::text").fetch_one(&mut db).await?, "tëxt".to_owned())?;
    check(sqlx::query_scalar::<_, BigDecimal>("SELECT 12.340::numeric(10,3)").fetch_one(&mut db).await?, BigDecimal::from_str("12.34")?)?;
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).ok_or("a day")?;
    check(sqlx::query_scalar::<_, NaiveDate>("SELECT '2024-02-29'::date").fetch_one(&mut db).await?, day)?;
    let noon = day.and_hms_opt(12, 0, 0).ok_or("noon")?;
    check(sqlx::query_scalar::<_, NaiveDateTime>("SELECT '2024-02-29 12:00:00'::timestamp").fetch_one(&mut db).await?, noon)?;
    check(sqlx::query_scalar::<_, DateTime<Utc>>("SELECT '2024-02-29 12:00:00+00'::timestamptz").fetch_one(&mut db).await?, noon.and_utc())?;
    check(sqlx::query_scalar::<_, Vec<i32>>("SELECT ARRAY[1,2]::integer[]").fetch_one(&mut db).await?, vec![1, 2])?;
    check(sqlx::query_scalar::<_, Option<i32>>("SELECT NULL::integer").fetch_one(&mut db).await?, None)?;
    check(sqlx::query_scalar::<_, serde_json::Value>(r#"SELECT '{"a": [1]}'::json"#).fetch_one(&mut db).await?, serde_json::json!({"a": [1]}))
}

async fn parameters() -> Result {
    let mut db = connected().await?;
    db.execute("CREATE TABLE sx_t(a integer, b text, c integer[], d timestamptz, e bytea)").await?;
    let now = DateTime::from_timestamp(1_700_000_000, 0).ok_or("a moment")?;
    for a in 0..5 {
        let done = sqlx::query("INSERT INTO sx_t VALUES ($1, $2, $3, $4, $5)")
            .bind(a).bind("it's").bind(vec![1, 2]).bind(now).bind(&b"\x00\xff"[..]).execute(&mut db).await?;
        check(done.rows_affected(), 1)?;
    }
    let row = sqlx::query("SELECT * FROM sx_t WHERE a = $1 AND b = $2").bind(3).bind("it's").fetch_one(&mut db).await?;
    check((row.try_get::<Vec<i32>, _>("c")?, row.try_get::<DateTime<Utc>, _>("d")?, row.try_get::<Vec<u8>, _>("e")?), (vec![1, 2], now, vec![0, 255]))?;
    let several = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sx_t WHERE a = ANY($1)").bind(vec![1, 2, 9]);
    check(several.fetch_one(&mut db).await?, 2)
}

async fn errors() -> Result {
    let mut db = connected().await?;
    db.execute("CREATE TABLE sx_errors(a integer PRIMARY KEY)").await?;
    db.execute("INSERT INTO sx_errors VALUES (1)").await?;
    fails(&mut db, "42P01", "SELECT * FROM no_such_table").await?;
    fails(&mut db, "42601", "SELEC 1").await?;
    fails(&mut db, "22P02", "SELECT 'x'::integer").await?;
    let twice = sqlx::query("INSERT INTO sx_errors VALUES ($1)").bind(1).execute(&mut db).await;
    let unique = twice.err().and_then(|error| error.into_database_error());
    check(unique.is_some_and(|error| error.is_unique_violation()), true)
}

async fn transactions() -> Result {
    let mut db = connected().await?;
    db.execute("CREATE TABLE sx_transactions(a integer)").await?;
    let mut kept = Connection::begin(&mut db).await?;
    kept.execute("INSERT INTO sx_transactions VALUES (1)").await?;
    kept.commit().await?;
    let mut gone = Connection::begin(&mut db).await?;
    gone.execute("INSERT INTO sx_transactions VALUES (2)").await?;
    drop(gone);
    check(sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sx_transactions").fetch_one(&mut db).await?, 1)
}

async fn savepoints() -> Result {
    let mut db = connected().await?;
    db.execute("CREATE TABLE sx_savepoints(a integer)").await?;
    let mut outer = Connection::begin(&mut db).await?;
    let mut inner = Acquire::begin(&mut *outer).await?;
    inner.execute("INSERT INTO sx_savepoints VALUES (1)").await?;
    inner.commit().await?;
    outer.commit().await?;
    check(sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sx_savepoints").fetch_one(&mut db).await?, 1)
}

async fn savepoint_undo() -> Result {
    let mut db = connected().await?;
    db.execute("CREATE TABLE sx_undone(a integer)").await?;
    let mut outer = Connection::begin(&mut db).await?;
    let mut inner = Acquire::begin(&mut *outer).await?;
    inner.execute("INSERT INTO sx_undone VALUES (1)").await?;
    let undone = inner.rollback().await;
    if on_pintail() {
        return match undone {
            Err(error) if state(&error) == "0A000" => Err(Outcome::Impossible(UNDO.to_owned())),
            other => Err(Outcome::Failed(format!("{other:?}"))),
        };
    }
    undone?;
    outer.commit().await?;
    check(sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sx_undone").fetch_one(&mut db).await?, 0)
}

async fn cursors() -> Result {
    let mut db = connected().await?;
    let mut rows = sqlx::query_scalar::<_, i64>("SELECT g::bigint FROM generate_series(1, 1000) AS s(g)").fetch(&mut db);
    let mut sum = 0;
    while let Some(value) = rows.try_next().await? {
        sum += value;
    }
    check(sum, 500_500)
}

async fn copy() -> Result {
    let pool = PgPoolOptions::new().max_connections(2).connect(&uri()).await?;
    pool.execute("CREATE TABLE sx_copied(a integer, b text)").await?;
    let mut writer = pool.copy_in_raw("COPY sx_copied FROM STDIN").await?;
    writer.send(&b"1\tone\n2\ttwo\n"[..]).await?;
    check(writer.finish().await?, 2)?;
    let parts: Vec<_> = pool.copy_out_raw("COPY (SELECT * FROM sx_copied ORDER BY a) TO STDOUT (FORMAT csv)").await?.try_collect().await?;
    check(parts.concat(), b"1,one\n2,two\n".to_vec())
}

async fn metadata() -> Result {
    let mut db = connected().await?;
    db.execute("CREATE TYPE sx_mood AS ENUM ('sad', 'happy')").await?;
    db.execute("CREATE TABLE sx_described(a integer PRIMARY KEY, b text NOT NULL, c sx_mood, d sx_mood[])").await?;
    // What `sqlx prepare` and the macros do: describe, then which columns may be null, by table and column.
    let described = db.describe("SELECT a, b, c FROM sx_described WHERE a = $1").await?;
    check(described.columns().iter().map(|column| column.type_info().name().to_owned()).collect::<Vec<_>>(), ["INT4", "TEXT", "sx_mood"].map(str::to_owned).to_vec())?;
    check((0..3).map(|n| described.nullable(n)).collect::<Vec<_>>(), vec![Some(false), Some(false), Some(true)])?;
    db.execute("INSERT INTO sx_described VALUES (1, 'x', 'happy', ARRAY['sad']::sx_mood[])").await?;
    let row = sqlx::query("SELECT c, d FROM sx_described").fetch_one(&mut db).await?;
    check(row.try_get_unchecked::<String, _>("c")?, "happy".to_owned())
}

async fn migrations() -> Result {
    let folder = std::env::temp_dir().join(format!("sqlx-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("1_first.sql"), "CREATE TABLE sx_migrated(id serial PRIMARY KEY, name text NOT NULL);")?;
    std::fs::write(folder.join("2_second.sql"), "ALTER TABLE sx_migrated ADD COLUMN more integer;")?;
    let pool = PgPoolOptions::new().max_connections(1).connect(&uri()).await?;
    let migrator = sqlx::migrate::Migrator::new(folder.as_path()).await?;
    migrator.run(&pool).await?;
    migrator.run(&pool).await?;
    std::fs::remove_dir_all(&folder)?;
    let id = sqlx::query_scalar::<_, i32>("INSERT INTO sx_migrated(name) VALUES ($1) RETURNING id").bind("x");
    check(id.fetch_one(&pool).await?, 1)
}

async fn pool() -> Result {
    let pool = PgPoolOptions::new().max_connections(3).acquire_timeout(Duration::from_secs(10)).connect(&uri()).await?;
    let all = futures_util::future::try_join_all((0..20).map(|n| sqlx::query_scalar::<_, i32>("SELECT $1::int").bind(n).fetch_one(&pool)));
    check(all.await?, (0..20).collect::<Vec<_>>())
}

/// Runs all.
pub fn run() {
    // Only what the server under test was given counts as trusted.
    println!("version\t0.8");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        report("connect", connect().await);
        report("types", types().await);
        report("parameters", parameters().await);
        report("errors", errors().await);
        report("transactions", transactions().await);
        report("savepoints", savepoints().await);
        report("savepoint undo", savepoint_undo().await);
        report("cursors", cursors().await);
        report("copy", copy().await);
        report("metadata", metadata().await);
        report("migrations", migrations().await);
        report("pool", pool().await);
    });
}
