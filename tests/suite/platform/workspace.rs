//! Attach mode workspace: what one session changes the account's others have at their next statement.

use harness::{Batch, Bind, Pintail, RawClient, raw};

use super::{code, listed, succeed};

#[test]
fn changes_reach_other_sessions_at_their_next_statement() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (mut one, mut two) = (RawClient::connect(&pintail.target())?, RawClient::connect(&pintail.target())?);
    succeed(&mut one, "create database d; create table d.t as select 1 as i")?;
    assert_eq!(two.value("select i from d.t")?, "1");
    assert_eq!(listed(&mut two, "show databases")?, ["d", "md_information_schema", "my_db", "sample_data"]);
    succeed(&mut two, "alter database d rename to e")?;
    assert_eq!(one.value("select i from e.t")?, "1");
    assert_eq!(code(&mut one, "select i from d.main.t")?, "3D000");
    succeed(&mut one, "detach e")?;
    assert_eq!(code(&mut two, "select i from e.main.t")?, "3D000");
    succeed(&mut two, "attach 'md:e'")?;
    assert_eq!(one.value("select i from e.t")?, "1");
    succeed(&mut one, "create or replace database e; create table e.t as select 2 as i")?;
    assert_eq!(two.value("select i from e.t")?, "2");
    succeed(&mut two, "drop database e")?;
    assert_eq!(code(&mut one, "select i from e.main.t")?, "3D000");
    succeed(&mut two, "undrop database e")?;
    assert_eq!(one.value("select i from e.t")?, "2");
    succeed(&mut one, "detach sample_data")?;
    assert_eq!(code(&mut two, "select * from sample_data.nyc.taxi limit 1")?, "3D000");
    // A session that begins later sees the same.
    let mut three = RawClient::connect(&pintail.target())?;
    assert_eq!(listed(&mut three, "show databases")?, ["e", "md_information_schema", "my_db"]);
    // One may connect to what is detached: it is this session's.
    succeed(&mut three, "detach e")?;
    let mut inside = RawClient::connect(&pintail.target().database("e"))?;
    assert_eq!(inside.value("select i from t")?, "2");
    assert_eq!(code(&mut three, "select i from e.main.t")?, "3D000");
    Ok(())
}

#[test]
fn prepared_statements_are_bound_to_what_a_name_means_now() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (mut one, mut two) = (RawClient::connect(&pintail.target())?, RawClient::connect(&pintail.target())?);
    succeed(&mut one, "create database d; create table d.t as select 1 as i")?;
    succeed(&mut two, "prepare p as select i from d.t")?;
    two.send(&Batch::new().parse("s", "select i from d.t", &[]).describe(b'S', "s").sync())?;
    two.until_ready()?;
    let execute = |client: &mut RawClient| -> anyhow::Result<String> {
        client.send(&Batch::new().bind(&Bind { statement: "s", ..Bind::default() }).execute("", 0).sync())?;
        Ok(raw::lines(&client.until_ready()?))
    };
    assert!(execute(&mut two)?.contains("DataRow 1\n"));
    succeed(&mut one, "create or replace database d; create table d.t as select 2 as i")?;
    assert_eq!(two.value("execute p")?, "2");
    assert!(execute(&mut two)?.contains("DataRow 2\n"));
    succeed(&mut one, "alter database d rename to e; create database d; create table d.t as select 3 as i")?;
    assert_eq!(two.value("execute p")?, "3");
    assert!(execute(&mut two)?.contains("DataRow 3\n"));
    succeed(&mut one, "drop database d")?;
    let gone = execute(&mut two)?;
    assert!(
        gone.contains("ErrorResponse ERROR 3D000") || gone.contains("ErrorResponse ERROR 42P01"),
        "{gone}"
    );
    succeed(&mut one, "undrop database d")?;
    assert!(execute(&mut two)?.contains("DataRow 3\n"));
    // Other columns are another matter: PostgreSQL says 0A000.
    succeed(&mut one, "create or replace database d; create table d.t as select 'x' as i, 1 as j")?;
    let changed = execute(&mut two)?;
    assert!(changed.contains("ErrorResponse ERROR 0A000"), "{changed}");
    assert_eq!(two.value("select i from d.t")?, "x");
    Ok(())
}

#[test]
fn one_transaction_writes_to_one_database() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(&mut client, "create database d; create table d.t(i int); create table my_db.t(i int)")?;
    succeed(&mut client, "begin; insert into d.t values (1); select * from my_db.t")?;
    let report = client.failure("insert into my_db.t values (1)")?;
    assert_eq!(report.code(), "0A000", "{report:?}");
    assert!(!report.hint().is_empty());
    succeed(&mut client, "rollback")?;
    assert_eq!(client.value("select count(*) from d.t")?, "0");
    // One after the other, and in one string, each its own.
    succeed(&mut client, "insert into d.t values (1)")?;
    succeed(&mut client, "insert into my_db.t values (1)")?;
    succeed(
        &mut client,
        "begin; insert into d.t values (2); commit; begin; insert into my_db.t values (2); commit",
    )?;
    assert_eq!(client.value("select (select count(*) from d.t) + (select count(*) from my_db.t)")?, "4");
    Ok(())
}

#[test]
fn accounts_have_names_of_their_own() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (ann_target, mut ann) = super::account(&pintail, "ann")?;
    let (_, mut bob) = super::account(&pintail, "bob")?;
    for (client, word) in [(&mut ann, "ann's"), (&mut bob, "bob's")] {
        let word = word.replace('\'', "''");
        succeed(
            client,
            &format!("create database d; create table d.t as select '{word}' as w; create snapshot n of d"),
        )?;
        client.value("create share s from d (access restricted)")?;
        client.value("create token t")?;
    }
    assert_eq!(
        (ann.value("select w from d.t")?, bob.value("select w from d.t")?),
        ("ann's".into(), "bob's".into())
    );
    succeed(&mut ann, "drop database d cascade; create database d; create table d.t as select 'new' as w")?;
    assert_eq!(bob.value("select w from d.t")?, "bob's");
    succeed(&mut bob, "create database old from snapshot n")?;
    assert_eq!(bob.value("select w from old.t")?, "bob's");
    assert_eq!(code(&mut ann, "create database old from snapshot n")?, "42704");
    assert_eq!(listed(&mut bob, "select name from md_list_database_shares()")?, ["s"]);
    assert_eq!(listed(&mut ann, "select name from md_list_database_shares()")?, [""; 0]);
    assert_eq!(
        (ann.value("select md_user()")?, bob.value("select current_user")?),
        ("ann".into(), "bob".into())
    );
    // Another's snapshot by its number.
    let id = bob.value("select snapshot_id from md_information_schema.database_snapshots")?;
    assert_eq!(code(&mut ann, &format!("create database x from snapshot '{id}'"))?, "42704");
    assert_eq!(RawClient::refusal(&ann_target.database("old"), &[])?.code(), "3D000");
    Ok(())
}
