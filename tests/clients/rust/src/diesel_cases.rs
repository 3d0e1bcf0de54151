//! diesel, over libpq: its query builder, transactions with savepoints, COPY, a pool.

use chrono::NaiveDate;
use diesel::{
    connection::SimpleConnection,
    dsl::{count_star, sql},
    pg::{CopyFormat, PgConnection},
    prelude::*,
    r2d2::{ConnectionManager, Pool},
    result::{DatabaseErrorKind, Error},
    sql_types::{BigInt, Integer, Text},
};

use crate::{Outcome, Result, UNDO, check, on_pintail, report, uri};

diesel::table! {
    ds_author (id) { id -> Int4, name -> Text, born -> Nullable<Date>, tags -> Array<Int4> }
}
diesel::table! {
    ds_book (id) { id -> Int4, title -> Text, author_id -> Int4 }
}
diesel::joinable!(ds_book -> ds_author (author_id));
diesel::allow_tables_to_appear_in_same_query!(ds_author, ds_book);

#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, PartialEq, Clone)]
#[diesel(table_name = ds_author)]
struct Author {
    id: i32,
    name: String,
    born: Option<NaiveDate>,
    tags: Vec<i32>,
}

const REFERENCED: &str = "UPDATE of an indexed column in a row that a foreign key refers to: DuckDB deletes and inserts it";

fn connected() -> Result<PgConnection> {
    Ok(PgConnection::establish(&uri())?)
}

fn connect() -> Result {
    check(diesel::select(sql::<Integer>("42")).get_result::<i32>(&mut connected()?)?, 42)
}

fn types() -> Result {
    let mut db = connected()?;
    check(diesel::select(sql::<Text>("'tëxt'::text")).get_result::<String>(&mut db)?, "tëxt".to_owned())?;
    check(diesel::select(sql::<BigInt>("9223372036854775807::bigint")).get_result::<i64>(&mut db)?, i64::MAX)?;
    let number = sql::<diesel::sql_types::Numeric>("12.340::numeric(10,3)");
    check(diesel::select(number).get_result::<bigdecimal::BigDecimal>(&mut db)?.to_string(), "12.340".to_owned())?;
    let json = sql::<diesel::sql_types::Json>("'[1]'::json");
    check(diesel::select(json).get_result::<serde_json::Value>(&mut db)?, serde_json::json!([1]))
}

fn orm() -> Result {
    let mut db = connected()?;
    db.batch_execute(
        "CREATE TABLE ds_author(id serial PRIMARY KEY, name text NOT NULL UNIQUE, born date, tags integer[] NOT NULL); \
         CREATE TABLE ds_book(id serial PRIMARY KEY, title text NOT NULL, author_id integer NOT NULL REFERENCES ds_author(id));",
    )?;
    let born = NaiveDate::from_ymd_opt(1815, 12, 10);
    let new = (ds_author::name.eq("Ada"), ds_author::born.eq(born), ds_author::tags.eq(vec![1, 2]));
    let ada: Author = diesel::insert_into(ds_author::table).values(new).returning(Author::as_returning()).get_result(&mut db)?;
    check(ada.clone(), Author { id: 1, name: "Ada".into(), born, tags: vec![1, 2] })?;
    let again = Author { name: "Ada L".into(), ..ada.clone() };
    let upsert = diesel::insert_into(ds_author::table).values(&again).on_conflict(ds_author::id).do_update().set(&again);
    check(upsert.execute(&mut db)?, 1)?;
    let books: Vec<_> = ["one", "two"].map(|title| (ds_book::title.eq(title), ds_book::author_id.eq(ada.id))).into();
    check(diesel::insert_into(ds_book::table).values(&books).execute(&mut db)?, 2)?;
    let found: Vec<(String, String)> = ds_book::table.inner_join(ds_author::table).select((ds_book::title, ds_author::name)).order(ds_book::title).load(&mut db)?;
    check(found, vec![("one".into(), "Ada L".into()), ("two".into(), "Ada L".into())])?;
    check(ds_author::table.filter(ds_author::id.eq_any([1, 7])).select(count_star()).get_result::<i64>(&mut db)?, 1)?;
    check(diesel::delete(ds_book::table.filter(ds_book::title.eq("one"))).execute(&mut db)?, 1)
}

/// After `orm`: a row that others refer to gets another value in a column that has an index.
fn referenced() -> Result {
    let mut db = connected()?;
    let change = diesel::update(ds_author::table.find(1)).set(ds_author::name.eq("Countess"));
    match change.execute(&mut db) {
        Ok(1) => check(ds_author::table.find(1).select(ds_author::name).first::<String>(&mut db)?, "Countess".to_owned()),
        Err(Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) if on_pintail() => Err(Outcome::Impossible(REFERENCED.to_owned())),
        other => Err(Outcome::Failed(format!("{other:?}"))),
    }
}

fn errors() -> Result {
    let mut db = connected()?;
    db.batch_execute("CREATE TABLE ds_errors(a integer PRIMARY KEY); INSERT INTO ds_errors VALUES (1)")?;
    let twice = diesel::sql_query("INSERT INTO ds_errors VALUES (1)").execute(&mut db);
    check(matches!(twice, Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))), true)?;
    let none = diesel::sql_query("SELECT * FROM no_such_table").execute(&mut db);
    check(matches!(none, Err(Error::DatabaseError(_, information)) if information.message().contains("no_such_table")), true)
}

fn transactions() -> Result {
    let mut db = connected()?;
    db.batch_execute("CREATE TABLE ds_transactions(a integer)")?;
    db.transaction(|tx| tx.batch_execute("INSERT INTO ds_transactions VALUES (1)"))?;
    let back: std::result::Result<(), Error> = db.build_transaction().repeatable_read().run(|tx| {
        tx.batch_execute("INSERT INTO ds_transactions VALUES (2)")?;
        Err(Error::RollbackTransaction)
    });
    check(back, Err(Error::RollbackTransaction))?;
    check(diesel::select(sql::<BigInt>("(SELECT count(*) FROM ds_transactions)")).get_result::<i64>(&mut db)?, 1)
}

fn savepoints() -> Result {
    let mut db = connected()?;
    db.batch_execute("CREATE TABLE ds_savepoints(a integer)")?;
    db.transaction(|tx| tx.transaction(|inner| inner.batch_execute("INSERT INTO ds_savepoints VALUES (1)")))?;
    check(diesel::select(sql::<BigInt>("(SELECT count(*) FROM ds_savepoints)")).get_result::<i64>(&mut db)?, 1)
}

fn savepoint_undo() -> Result {
    let mut db = connected()?;
    db.batch_execute("CREATE TABLE ds_undone(a integer)")?;
    let outcome = db.transaction::<(), Error, _>(|tx| {
        let inner = tx.transaction::<(), Error, _>(|inner| {
            inner.batch_execute("INSERT INTO ds_undone VALUES (1)")?;
            Err(Error::RollbackTransaction)
        });
        if inner == Err(Error::RollbackTransaction) { Ok(()) } else { inner }
    });
    if on_pintail() {
        let said = format!("{outcome:?}");
        return Err(if said.contains("savepoint") { Outcome::Impossible(UNDO.to_owned()) } else { Outcome::Failed(said) });
    }
    outcome?;
    check(diesel::select(sql::<BigInt>("(SELECT count(*) FROM ds_undone)")).get_result::<i64>(&mut db)?, 0)
}

fn copy() -> Result {
    let mut db = connected()?;
    db.batch_execute("CREATE TABLE IF NOT EXISTS ds_copied(id integer PRIMARY KEY, title text NOT NULL, author_id integer NOT NULL)")?;
    diesel::table! { ds_copied (id) { id -> Int4, title -> Text, author_id -> Int4 } }
    let rows: Vec<_> = (0..100).map(|n| (ds_copied::id.eq(n), ds_copied::title.eq(format!("row {n}")), ds_copied::author_id.eq(1))).collect();
    check(diesel::copy_from(ds_copied::table).from_insertable(rows).execute(&mut db)?, 100)?;
    let _ = CopyFormat::Csv;
    check(ds_copied::table.select(count_star()).get_result::<i64>(&mut db)?, 100)
}

fn cursors() -> Result {
    let mut db = connected()?;
    let rows = diesel::select(sql::<Integer>("unnest(ARRAY[1,2,3]::integer[])")).load_iter::<i32, diesel::pg::PgRowByRowLoadingMode>(&mut db)?;
    check(rows.collect::<std::result::Result<Vec<_>, _>>()?, vec![1, 2, 3])
}

fn pool() -> Result {
    let pool = Pool::builder().max_size(3).test_on_check_out(true).build(ConnectionManager::<PgConnection>::new(uri()))?;
    for n in 0..6 {
        check(diesel::select(n.into_sql::<Integer>()).get_result::<i32>(&mut pool.get()?)?, n)?;
    }
    Ok(())
}

/// Runs all.
pub fn run() {
    println!("version\t2.3");
    report("connect", connect());
    report("types", types());
    report("errors", errors());
    report("transactions", transactions());
    report("savepoints", savepoints());
    report("savepoint undo", savepoint_undo());
    report("cursors", cursors());
    report("copy", copy());
    report("orm", orm());
    report("referenced row", referenced());
    report("pool", pool());
}
