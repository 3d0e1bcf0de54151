//! Tables that are made anew (ADD CHECK, ADD FOREIGN KEY, DROP CONSTRAINT): no row of anybody's is lost, the table stays
//! where it is, and names are no SQL.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use harness::{Pintail, RawClient, process, raw};
use rustix::process::Signal;

fn succeed(client: &mut RawClient, sql: &str) -> anyhow::Result<()> {
    let answer = client.simple(sql)?;
    anyhow::ensure!(raw::error_in(&answer).is_none(), "{sql}: {}", raw::lines(&answer));
    Ok(())
}

fn code(client: &mut RawClient, sql: &str) -> anyhow::Result<String> {
    let answer = client.simple(sql)?;
    Ok(raw::error_in(&answer).map_or_else(String::new, |report| report.code().to_owned()))
}

#[test]
fn rows_that_others_insert_meanwhile_are_kept_or_refused() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut owner = RawClient::connect(&pintail.target())?;
    succeed(&mut owner, "create table big as select range as i from range(300000)")?;
    let is_over = AtomicBool::new(false);
    let (inserted, refused) = thread::scope(|scope| {
        let writer = scope.spawn(|| -> anyhow::Result<(usize, usize)> {
            let mut other = RawClient::connect(&pintail.target())?;
            let (mut inserted, mut refused) = (0, 0);
            while !is_over.load(Ordering::SeqCst) {
                match code(&mut other, "insert into big values (7)")?.as_str() {
                    "" => inserted += 1,
                    "40001" | "42P01" => refused += 1,
                    code => anyhow::bail!("{code}"),
                }
            }
            Ok((inserted, refused))
        });
        let altered = (0..6).try_for_each(|round| {
            thread::sleep(Duration::from_millis(30));
            let answer = code(&mut owner, &format!("alter table big add check (i > -{})", round + 5))?;
            anyhow::ensure!(answer.is_empty() || answer == "40001", "{answer}");
            Ok(())
        });
        is_over.store(true, Ordering::SeqCst);
        altered.and(writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))?)
    })?;
    assert!(inserted > 0, "{refused} refused");
    assert_eq!(owner.value("select count(*) from big")?, (300_000 + inserted).to_string());
    succeed(&mut owner, "alter table big add check (i > -1)")?;
    assert_eq!(code(&mut owner, "insert into big values (-2)")?, "23514");
    assert_eq!(owner.value("select count(*) from big")?, (300_000 + inserted).to_string());
    Ok(())
}

#[test]
fn in_a_block_nobody_else_writes_until_it_ends() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut one = RawClient::connect(&pintail.target())?;
    let mut two = RawClient::connect(&pintail.target())?;
    succeed(&mut one, "create table t (i int); insert into t values (1)")?;
    for end in ["rollback", "commit"] {
        succeed(&mut one, "begin; alter table t add check (i < 1000)")?;
        succeed(&mut two, "set statement_timeout = '200ms'")?;
        for sql in ["insert into t values (2)", "update t set i = 2", "delete from t"] {
            assert_eq!(code(&mut two, sql)?, "57014", "{sql}");
        }
        succeed(&mut two, "reset statement_timeout")?;
        assert_eq!(two.value("select sum(i) from t")?, "1", "reading goes on");
        succeed(&mut one, end)?;
        succeed(&mut two, "insert into t values (0)")?;
    }
    assert_eq!(code(&mut two, "insert into t values (1000)")?, "23514");
    assert_eq!(one.value("select count(*) from t")?, "3");
    // What others have written since the transaction began is not overwritten.
    for write in ["insert into t values (4)", "update t set i = 5 where i = 1", "delete from t where i = 5"] {
        succeed(&mut one, "begin; select count(*) from t")?;
        succeed(&mut two, write)?;
        assert_eq!(code(&mut one, "alter table t add check (i > -9)")?, "40001", "{write}");
        succeed(&mut one, "rollback")?;
        succeed(&mut two, "insert into t values (0)")?;
    }
    // What others are writing is waited for, but not without end.
    for write in ["insert into t values (8)", "update t set i = 9"] {
        succeed(&mut two, &format!("begin; {write}"))?;
        assert_eq!(code(&mut one, "alter table t add check (i > -7)")?, "55P03", "{write}");
        succeed(&mut two, "commit")?;
    }
    succeed(&mut one, "alter table t add check (i > -7)")?;
    succeed(&mut two, "commit")?;
    assert_eq!(one.value("select count(*) filter (i = 9) = count(*) from t")?, "t");
    Ok(())
}

#[test]
fn what_its_own_transaction_has_written_is_kept_or_refused() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(
        &mut client,
        "begin; create table t (i int); insert into t values (1); alter table t add check (i > 0); insert into t values (2); commit",
    )?;
    succeed(&mut client, "begin; insert into t values (3); alter table t add check (i < 9); commit")?;
    assert_eq!(client.value("select sum(i) from t")?, "6");
    assert_eq!(code(&mut client, "begin; update t set i = i + 1; alter table t add check (i < 8)")?, "0A000");
    succeed(&mut client, "rollback")?;
    assert_eq!(client.value("select sum(i) from t")?, "6");
    succeed(&mut client, "insert into t values (4)")
}

#[test]
fn it_stays_in_its_schema_with_indexes_and_comments() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(
        &mut client,
        "create schema s1; create schema s2; create table s2.t (i int, j int); insert into s2.t values (1, 2); \
         create index ij on s2.t (i, j); comment on table s2.t is 'it''s'; comment on column s2.t.j is 'j'; \
         set search_path = 's1,s2'; alter table t add check (i > 0)",
    )?;
    assert_eq!(client.value("select count(*) from s2.t")?, "1");
    assert_eq!(code(&mut client, "from s1.t")?, "42P01");
    let found = "select comment from duckdb_tables() union all select comment from duckdb_columns() where comment is not null \
                 union all select index_name from duckdb_indexes() order by all";
    let found: Vec<String> = client.rows(found)?.into_iter().flatten().flatten().collect();
    assert_eq!(found, ["ij", "it's", "j"]);
    Ok(())
}

#[test]
fn names_are_not_read_as_sql() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(
        &mut client,
        "create table victim (i int); create table t (a int, b int, \"c\u{1f}'; drop table victim; --\" int); \
         create index \"i\u{1f}f\u{1f}(a)); DROP TABLE victim; --\" on t(a)",
    )?;
    succeed(&mut client, "comment on column t.\"c\u{1f}'; drop table victim; --\" is 'x\u{1f}y'")?;
    succeed(&mut client, "alter table t add check (b < 100)")?;
    succeed(&mut client, "alter table t add column d int, drop column b")?;
    assert_eq!(client.value("select count(*) from victim")?, "0");
    assert_eq!(client.value("select count(*) from duckdb_indexes()")?, "1");
    Ok(())
}

#[test]
fn explaining_changes_nothing() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(&mut client, "create table a (i int); create table b (i int); insert into b values (1)")?;
    for sql in [
        "explain drop table a, b",
        "explain truncate a, b",
        "explain alter table a add x int, add y int",
        "explain alter table b add check (i > 0)",
        "explain create table z (id serial)",
        "explain analyze drop table a, b",
    ] {
        client.simple(sql)?;
        client.extended(sql)?;
        assert_eq!(client.value("select count(*) from b")?, "1", "{sql}");
        let columns =
            "select count(*) from duckdb_columns() where schema_name = 'main' and database_name = 'my_db'";
        assert_eq!(client.value(columns)?, "2", "{sql}");
        assert_eq!(client.value("select count(*) from duckdb_sequences()")?, "0", "{sql}");
    }
    Ok(())
}

#[test]
fn parts_of_a_statement_are_under_its_rules() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(&mut client, "create sequence s; select nextval('s'); create table t (i serial)")?;
    for sql in [
        "alter sequence s restart with 444",
        "truncate t restart identity",
        "alter table t add check (i > 0)",
    ] {
        for mode in ["begin read only", "set default_transaction_read_only = on"] {
            succeed(&mut client, mode)?;
            assert_eq!(code(&mut client, sql)?, "25006", "{sql}");
            client.simple("rollback")?;
            succeed(&mut client, "reset default_transaction_read_only")?;
        }
    }
    assert_eq!(client.value("select nextval('s')")?, "2");
    Ok(())
}

#[test]
fn a_database_with_types_in_schemas_opens_after_a_crash() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(&mut client, "create schema extra; create table extra.t (i int)")?;
    assert_eq!(code(&mut client, "create schema one; create type one.mood as enum ('a')")?, "0A000");
    assert_eq!(code(&mut client, "begin; create schema two; create type two.mood as enum ('a')")?, "0A000");
    succeed(&mut client, "rollback")?;
    for sql in [
        "create type extra.mood as enum ('a', 'b')",
        "create table extra.u (m extra.mood)",
        "insert into extra.u values ('b')",
        "begin",
        "create type extra.other as enum ('c')",
        "commit",
    ] {
        succeed(&mut client, sql)?;
    }
    for pid in pintail.ducklings() {
        process::signal(pid, Signal::KILL);
    }
    let mut client = RawClient::connect(&pintail.target())?;
    assert_eq!(client.value("select m from extra.u")?, "b");
    assert_eq!(client.value("select 'c'::extra.other")?, "c");
    Ok(())
}

#[test]
fn indexes_have_all_rows_after_a_crash() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    for sql in [
        "create table t (id int primary key, a int, b text)",
        "insert into t values (2, 3, 'x'), (3, 4, 'y')",
        "create index i1 on t(a)",
        "insert into t values (5, 3, 'x'), (6, 4, 'y')",
        "begin; create index i2 on t(b); create index i3 on t(b, a); commit",
        "insert into t values (7, 3, 'x'), (8, 4, 'y')",
        "drop index i3",
        "insert into t values (9, 3, 'x')",
        "alter table t add column d int default 1",
        "insert into t values (10, 3, 'x', 2)",
        "alter table t add check (d < 9)",
        "insert into t values (11, 3, 'x', 3)",
    ] {
        succeed(&mut client, sql)?;
    }
    for round in 0..2 {
        for pid in pintail.ducklings() {
            process::signal(pid, Signal::KILL);
        }
        let mut client = RawClient::connect(&pintail.target())?;
        for (indexed, scanned) in
            [("a = 3", "a + 0 = 3"), ("b = 'x'", "b || '' = 'x'"), ("id = 11", "id + 0 = 11")]
        {
            let count = |condition: &str| format!("select count(*) from t where {condition}");
            assert_eq!(client.value(&count(indexed))?, client.value(&count(scanned))?, "{indexed}");
        }
        assert_eq!(client.value("select count(*) from t where a = 3")?, "6");
        succeed(&mut client, "update t set a = a + 1; update t set a = a - 1")?;
        succeed(&mut client, &format!("create index again{round} on t(id, a)"))?;
        succeed(&mut client, &format!("drop index again{round}; delete from t where id = 100"))?;
    }
    Ok(())
}

#[test]
fn a_change_of_indexes_beside_others_writes_is_right_after_a_crash() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut one = RawClient::connect(&pintail.target())?;
    let mut two = RawClient::connect(&pintail.target())?;
    succeed(&mut one, "create table t (a int, b int); insert into t values (1, 1); create table u (i int)")?;
    succeed(&mut two, "begin; insert into u values (1)")?;
    // Who has used the database before is waited for, for a while.
    assert_eq!(code(&mut one, "create index i1 on t(a)")?, "55P03");
    succeed(&mut two, "commit")?;
    succeed(&mut one, "create index i1 on t(a)")?;
    for sql in [
        "insert into t values (1, 1)",
        "create index i2 on t(b)",
        "insert into t values (1, 1)",
        "drop index i1",
    ] {
        succeed(&mut one, sql)?;
    }
    succeed(&mut two, "insert into t values (1, 1)")?;
    for pid in pintail.ducklings() {
        process::signal(pid, Signal::KILL);
    }
    let mut client = RawClient::connect(&pintail.target())?;
    assert_eq!(client.value("select count(*) from t where b = 1")?, "4");
    assert_eq!(client.value("select count(*) from t where a = 1")?, "4");
    succeed(&mut client, "update t set b = 2")
}

/// What a session has been told that a row's value is, by its number; nothing for one that is deleted.
type Ledger = BTreeMap<u64, Option<u64>>;

/// Writes one row at a time, by itself or in blocks, until it is over.
fn write(pintail: &Pintail, number: u64, is_over: &AtomicBool) -> anyhow::Result<Ledger> {
    let mut client = RawClient::connect(&pintail.target())?;
    let mut random = fastrand::Rng::with_seed(number);
    let (mut ledger, mut next) = (Ledger::new(), number * 1_000_000);
    while !is_over.load(Ordering::SeqCst) {
        let mut draft = ledger.clone();
        let mut statements = Vec::new();
        for _ in 0..random.usize(1..4) {
            let there: Vec<(u64, u64)> =
                draft.iter().filter_map(|(id, value)| Some((*id, (*value)?))).collect();
            match random.u8(0..4) {
                0 | 1 => {
                    next += 1;
                    statements.push(format!("insert into t (id, v) values ({next}, 0)"));
                    draft.insert(next, Some(0));
                }
                2 if !there.is_empty() => {
                    let (id, value) = there[random.usize(0..there.len())];
                    statements.push(format!("update t set v = v + 1 where id = {id}"));
                    draft.insert(id, Some(value + 1));
                }
                3 if !there.is_empty() => {
                    let (id, _) = there[random.usize(0..there.len())];
                    statements.push(format!("delete from t where id = {id}"));
                    draft.insert(id, None);
                }
                _ => {}
            }
        }
        // All of it, or nothing: the statements of one string are one transaction.
        match code(&mut client, &statements.join("; "))?.as_str() {
            "" => ledger = draft,
            "40001" => {}
            other => anyhow::bail!("{statements:?}: {other}"),
        }
    }
    Ok(ledger)
}

#[test]
fn what_others_are_told_beside_changes_of_a_table_is_so() -> anyhow::Result<()> {
    let mut pintail = Pintail::start()?;
    let mut owner = RawClient::connect(&pintail.target())?;
    succeed(
        &mut owner,
        "create table t (id bigint, v int); create index ti on t(id); insert into t select -range - 1, 0 from range(3000)",
    )?;
    let is_over = AtomicBool::new(false);
    let server = &pintail;
    let ledgers = thread::scope(|scope| {
        let writers: Vec<_> = (1..4).map(|number| (number, &is_over)).collect();
        let writers: Vec<_> = writers
            .into_iter()
            .map(|(number, over)| scope.spawn(move || write(server, number, over)))
            .collect();
        let changes = [
            "create index if not exists tv on t(v)",
            "alter table t add column if not exists x int default 5",
            "drop index if exists tv",
            "alter table t drop constraint if exists t_v_check",
            "alter table t alter v type bigint",
            "begin; create index tw on t(v); rollback",
            "alter table t add check (v > -1)",
            "alter table t drop column if exists x",
        ];
        let outcome = changes.iter().cycle().take(2 * changes.len()).try_for_each(|sql| {
            // In a block others may have written since it began.
            for _ in 0..20 {
                thread::sleep(Duration::from_millis(50));
                let answer = code(&mut owner, sql)?;
                if answer.is_empty() {
                    return Ok(());
                }
                anyhow::ensure!(answer == "40001", "{sql}: {answer}");
                succeed(&mut owner, "rollback")?;
            }
            anyhow::bail!("{sql}: always 40001")
        });
        is_over.store(true, Ordering::SeqCst);
        let ledgers: Vec<_> = writers.into_iter().map(|writer| writer.join().expect("a writer")).collect();
        outcome.and(ledgers.into_iter().collect::<anyhow::Result<Vec<_>>>())
    })?;
    let expected: Vec<String> =
        ledgers.iter().flatten().filter_map(|(id, value)| Some(format!("{id}|{}", (*value)?))).collect();
    assert!(expected.len() > 20, "{}", expected.len());
    for round in ["at once", "after a crash"] {
        let there = "select id || '|' || v from t where id + 0 > 0 order by id";
        let found: Vec<String> = owner.rows(there)?.into_iter().flatten().flatten().collect();
        assert_eq!(found, expected, "{round}");
        let by_index = "select count(*) from range(1, 4) r(n), range(1, 2000) s(i) where exists \
                        (select 1 from t where t.id = n * 1000000 + i)";
        assert_eq!(owner.value(by_index)?, expected.len().to_string(), "{round}");
        succeed(&mut owner, "update t set v = v")?;
        drop(owner);
        pintail.crash()?;
        pintail.start_again()?;
        owner = RawClient::connect(&pintail.target())?;
    }
    Ok(())
}
