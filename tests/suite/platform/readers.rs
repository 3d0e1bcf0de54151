//! Sessions by a `read_scaling` token: they look, and change nothing.

use harness::{Pintail, RawClient, raw};

use super::succeed;

#[test]
#[expect(clippy::too_many_lines, reason = "one list of statements")]
fn a_read_scaling_token_changes_nothing() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut owner = RawClient::connect(&pintail.target())?;
    succeed(
        &mut owner,
        "create database d; create table d.t as select 1 as i; create share s from d; create token t; \
         create database gone; drop database gone; create database away; detach away",
    )?;
    let before = super::listed(&mut owner, "from md_all_databases()")?;
    let mut reader = RawClient::connect(&pintail.reader()?)?;
    for statement in [
        "create database x",
        "create or replace database d",
        "create database if not exists d",
        "create database x from d",
        "drop database d",
        "drop database if exists nowhere",
        "drop database d cascade",
        "undrop database gone",
        "alter database d rename to x",
        "alter database d set alias to x",
        "copy from database d to x (overwrite)",
        "copy from database d to my_db",
        "create share x from d",
        "create share if not exists s from d",
        "update share s",
        "drop share s",
        "drop share if exists nowhere",
        "grant read on share s to default",
        "revoke read on share s from default",
        "create snapshot n of d",
        "attach 'md:away'",
        "attach if not exists 'md:d'",
        "detach d",
        "create token x",
        "create token x with (type read_scaling)",
        "drop token t",
        "shutdown",
        "shutdown terminate",
        "insert into d.t values (2)",
    ] {
        for extended in [false, true] {
            let answer = if extended { reader.extended(statement)? } else { reader.simple(statement)? };
            let report = raw::error_in(&answer).unwrap_or_else(|| panic!("{statement} was not refused"));
            assert_eq!(report.code(), "25006", "{statement}: {report:?}");
            assert_eq!(reader.value("select 1")?, "1");
        }
    }
    for statement in [
        "use d",
        "select i from t",
        "use database my_db",
        "refresh database d",
        "refresh databases",
        "show databases",
        "show all databases",
        "list shares",
        "describe share s",
        "from md_information_schema.databases",
        "select md_user()",
    ] {
        succeed(&mut reader, statement)?;
        let answer = reader.extended(statement)?;
        assert!(raw::error_in(&answer).is_none(), "{statement}: {}", raw::lines(&answer));
    }
    // A setting does not make a writer of it.
    for way in
        ["set default_transaction_read_only = off", "set session characteristics as transaction read write"]
    {
        reader.simple(way)?;
        assert_eq!(super::code(&mut reader, "create database x")?, "25006", "{way}");
    }
    assert_eq!(super::listed(&mut owner, "from md_all_databases()")?, before);
    Ok(())
}

#[test]
fn a_token_made_by_sql_is_what_it_says() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    let writing = client.value("create token w")?;
    let reading = client.value("create token r with (ttl '1h', type read_scaling)")?;
    let short = client.value("create token s with (ttl 2)")?;
    let mut writer = RawClient::connect(&pintail.target().password(&writing))?;
    succeed(&mut writer, "create database d")?;
    let mut reader = RawClient::connect(&pintail.target().password(&reading))?;
    assert_eq!(super::code(&mut reader, "create database e")?, "25006");
    RawClient::connect(&pintail.target().password(&short))?;
    let used = client.value(
        "select count(*) from md_tokens() where last_used_ts is not null and name in ('w', 'r', 's')",
    )?;
    assert_eq!(used, "3");
    std::thread::sleep(std::time::Duration::from_millis(3100));
    assert_eq!(RawClient::refusal(&pintail.target().password(&short), &[])?.code(), "28P01");
    // Its sessions end with it, and it lets nobody in.
    succeed(&mut client, "drop token w")?;
    assert_eq!(RawClient::refusal(&pintail.target().password(&writing), &[])?.code(), "28P01");
    super::wait_until("the end of a revoked token's session", || Ok(writer.value("select 1").is_err()))?;
    assert_eq!(client.value("select 1")?, "1");
    // Nobody's log has them.
    for secret in [&writing, &reading, &short] {
        assert!(!pintail.log().contains(secret.as_str()), "a token is in the log");
    }
    Ok(())
}
