//! Platform statements in strings of several, in blocks, in pipelines: what stands alone, and what is undone.

use harness::{Backend, Batch, Bind, Pintail, RawClient, Report, raw};

use super::{code, listed, succeed};

const NAMES: &str = "select alias from md_all_databases() where type = 'motherduck'";

fn tags(answer: &[Backend]) -> Vec<&str> {
    let mut tags = Vec::new();
    for message in answer {
        if let Backend::CommandComplete(tag) = message {
            tags.push(tag.as_str());
        }
    }
    tags
}

#[test]
fn in_a_string_they_commit_what_went_before() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(&mut client, "create table t(i int)")?;
    let answer = client.simple(
        "insert into t values (1); /* a; b */ create database d; insert into t values (2); drop database d; \
         insert into t values (3); select 1 / 'x'::int",
    )?;
    assert_eq!(
        tags(&answer),
        ["INSERT 0 1", "CREATE DATABASE", "INSERT 0 1", "DROP DATABASE", "INSERT 0 1"],
        "{}",
        raw::lines(&answer)
    );
    assert!(raw::error_in(&answer).is_some());
    assert_eq!(listed(&mut client, "select i from t")?, ["1", "2"]);
    // What stands alone and fails undoes nothing that went before, and nothing after it runs.
    let answer =
        client.simple("insert into t values (4); drop database nowhere; insert into t values (5)")?;
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("3D000"));
    assert_eq!(listed(&mut client, "select i from t")?, ["1", "2", "4"]);
    Ok(())
}

#[test]
fn a_string_may_go_through_many_databases() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    let answer = client.simple(
        "create database a; create database b;; use a; create table t as select 'a' as w; create database c from a; \
         use b; create table t as select 'b' as w; create snapshot n of b; attach if not exists 'md:a'; select (select w from a.t) || (select w from b.t); \
         copy from database a to c (overwrite); use my_db; show all databases; -- the end",
    )?;
    assert!(raw::error_in(&answer).is_none(), "{}", raw::lines(&answer));
    assert!(raw::lines(&answer).contains("DataRow ab\n"), "{}", raw::lines(&answer));
    assert_eq!(listed(&mut client, NAMES)?, ["a", "b", "c", "my_db"]);
    // A syntax error anywhere is found before anything runs.
    assert_eq!(code(&mut client, "create database d; create database e f; create database g")?, "42601");
    assert_eq!(listed(&mut client, NAMES)?, ["a", "b", "c", "my_db"]);
    Ok(())
}

#[test]
fn in_a_block_those_that_stand_alone_are_refused() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(
        &mut client,
        "create table t(i int); create database d; create database gone; drop database gone",
    )?;
    for statement in [
        "create database x",
        "create or replace database d",
        "create database if not exists d",
        "create database x from d",
        "drop database d",
        "drop database if exists nowhere",
        "undrop database gone",
        "alter database d rename to x",
        "alter database d set alias to x",
        "copy from database d to x (overwrite)",
        "copy from database d to my_db",
    ] {
        for extended in [false, true] {
            succeed(&mut client, "begin; insert into t values (1)")?;
            let answer = if extended { client.extended(statement)? } else { client.simple(statement)? };
            let report = raw::error_in(&answer).expect("a refusal");
            assert_eq!(report.code(), "25001", "{statement}: {report:?}");
            assert!(matches!(answer.last(), Some(Backend::ReadyForQuery('E'))), "{}", raw::lines(&answer));
            assert_eq!(code(&mut client, statement)?, "25P02");
            assert_eq!(tags(&client.simple("commit")?), ["ROLLBACK"]);
        }
        // The same where the block begins in the same string.
        assert_eq!(code(&mut client, &format!("begin; insert into t values (1); {statement}"))?, "25001");
        succeed(&mut client, "rollback")?;
    }
    assert_eq!(client.value("select count(*) from t")?, "0");
    assert_eq!(listed(&mut client, NAMES)?, ["d", "my_db"]);
    Ok(())
}

#[test]
fn in_a_block_the_others_take_effect_at_once_and_stay() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(
        &mut client,
        "create database d; create table d.t as select 1 as i; create table my_db.t(i int)",
    )?;
    succeed(&mut client, "create share old from d; create token old; create database away; detach away")?;
    succeed(
        &mut client,
        "begin; insert into my_db.t values (1); create share s from d; update share old; list shares; describe share s; \
         grant read on share s to default; create snapshot n of d; create token new; drop token old; show tokens; \
         drop share old; attach 'md:away'; refresh databases; show all databases; use d; select i from t; rollback",
    )?;
    assert_eq!(client.value("select current_database()")?, "my_db");
    assert_eq!(client.value("select count(*) from my_db.t")?, "0");
    assert_eq!(listed(&mut client, "select name from md_list_database_shares()")?, ["s"]);
    assert_eq!(listed(&mut client, "select grants[1].username from md_list_database_shares()")?, ["default"]);
    assert_eq!(
        listed(&mut client, "select snapshot_name from md_information_schema.database_snapshots")?,
        ["n"]
    );
    assert_eq!(listed(&mut client, "select name from md_tokens() where name in ('old', 'new')")?, ["new"]);
    assert_eq!(client.value("select is_attached from md_all_databases() where alias = 'away'")?, "t");
    Ok(())
}

#[test]
fn what_they_copy_is_what_is_committed() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (mut one, mut two) = (RawClient::connect(&pintail.target())?, RawClient::connect(&pintail.target())?);
    succeed(&mut one, "create database d; create table d.t as select 1 as i")?;
    // The session's own transaction has written to it.
    for statement in ["create share s from d", "create snapshot n of d"] {
        succeed(&mut one, "begin; insert into d.t values (2)")?;
        assert_eq!(code(&mut one, statement)?, "25001", "{statement}");
        succeed(&mut one, "rollback")?;
    }
    // Another's has: it is waited for a while.
    succeed(&mut two, "begin; insert into d.t values (3)")?;
    let answer = one.simple("create database copied from d")?;
    if let Some(report) = raw::error_in(&answer) {
        assert_eq!(report.code(), "55006", "{report:?}");
        assert!(report.field('D').contains("process id"), "{report:?}");
    } else {
        assert_eq!(listed(&mut one, "select i from copied.t")?, ["1"]);
    }
    succeed(&mut two, "commit")?;
    succeed(&mut one, "create or replace database copied from d")?;
    assert_eq!(listed(&mut one, "select i from copied.t")?, ["1", "3"]);
    // One that only reads is in nobody's way.
    succeed(&mut two, "begin; select * from d.t")?;
    succeed(
        &mut one,
        "insert into d.t values (4); create snapshot n of d; create share s from d; update share s",
    )?;
    succeed(&mut one, "create database again from d")?;
    assert_eq!(two.value("select count(*) from d.t")?, "2");
    succeed(&mut two, "commit")?;
    assert_eq!(one.value("select count(*) from again.t")?, "3");
    Ok(())
}

#[test]
fn in_a_pipeline_they_commit_what_went_before() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(&mut client, "create table t(i int)")?;
    let step = |batch: Batch, sql| batch.parse("", sql, &[]).bind(&Bind::default()).execute("", 0);
    let statements = [
        "insert into t values (1)",
        "create database d",
        "insert into t values (2)",
        "create database my_db",
        "insert into t values (3)",
    ];
    client.send(&statements.into_iter().fold(Batch::new(), step).sync())?;
    let answer = client.until_ready()?;
    assert_eq!(tags(&answer), ["INSERT 0 1", "CREATE DATABASE", "INSERT 0 1"], "{}", raw::lines(&answer));
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("42P04"));
    // 2 was committed by what stands alone and failed.
    assert_eq!(listed(&mut client, "select i from t")?, ["1", "2"]);
    // Several statements in one Parse are none of these either.
    let answer = client.extended("create database x; create database y")?;
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("42601"));
    assert_eq!(listed(&mut client, NAMES)?, ["d", "my_db"]);
    Ok(())
}
