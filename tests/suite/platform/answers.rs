//! What each statement answers besides doing its work: tag, columns, notices, messages with hints, by both protocols.

use harness::{Backend, Batch, Bind, Pintail, RawClient, raw};

use super::{account, notices, succeed};

/// In order: the statement, its columns, its tag, and words of its notice where it has one.
const ANSWERS: &[(&str, &str, &str, &str)] = &[
    ("create database d", "", "CREATE DATABASE", ""),
    ("create database if not exists D", "", "CREATE DATABASE", "\"d\" already exists, skipping"),
    ("create or replace database d", "", "CREATE DATABASE", ""),
    ("create table d.t as select 1 as i", "", "SELECT 1", ""),
    ("create database e from d", "", "CREATE DATABASE", ""),
    ("alter database e rename to f", "", "ALTER DATABASE", ""),
    ("alter database f set alias to e", "", "ALTER DATABASE", ""),
    ("copy from database d to g (overwrite)", "", "COPY FROM DATABASE", ""),
    ("drop database g", "", "DROP DATABASE", ""),
    ("drop database if exists g", "", "DROP DATABASE", "\"g\" does not exist, skipping"),
    ("undrop database g", "", "UNDROP DATABASE", ""),
    ("use d", "", "USE", ""),
    ("use database my_db", "", "USE", ""),
    ("use d.main", "", "USE", ""),
    ("use my_db", "", "USE", ""),
    ("create snapshot s of d", "", "CREATE SNAPSHOT", ""),
    ("create database h from snapshot s", "", "CREATE DATABASE", ""),
    ("create share s from d", "share_url:25", "CREATE SHARE", ""),
    ("create share if not exists s from d", "share_url:25", "CREATE SHARE", "\"s\" already exists, skipping"),
    ("create or replace share s from d", "share_url:25", "CREATE SHARE", ""),
    ("update share s", "", "UPDATE SHARE", ""),
    ("grant read on share s to default", "", "GRANT", ""),
    ("revoke read on share s from default", "", "REVOKE", ""),
    (
        "list shares",
        "name:25 url:25 source_db_name:25 source_db_uuid:2950 access:25 grants:114 visibility:25 update:25 \
         created_ts:1114",
        "SELECT",
        "",
    ),
    (
        "describe share s",
        "name:25 url:25 source_db_name:25 source_db_uuid:2950 access:25 grants:114 visibility:25 update:25 \
         created_ts:1114",
        "SELECT",
        "",
    ),
    ("drop share s", "", "DROP SHARE", ""),
    ("drop share if exists s", "", "DROP SHARE", "\"s\" does not exist, skipping"),
    ("detach d", "", "DETACH", ""),
    ("detach database if exists d", "", "DETACH", "\"d\" is not attached, skipping"),
    ("attach 'md:d'", "", "ATTACH", ""),
    ("attach if not exists 'md:d'", "", "ATTACH", "\"d\" is attached already, skipping"),
    ("refresh database d", "", "REFRESH DATABASE", ""),
    ("refresh databases", "", "REFRESH DATABASE", ""),
    ("show databases", "database_name:25", "SELECT", ""),
    ("show all databases", "alias:25 is_attached:16 type:25 fully_qualified_name:25", "SELECT", ""),
    ("create token t", "token:25", "CREATE TOKEN", ""),
    ("show tokens", "name:25 type:25 created_ts:1114 expire_at:1114 last_used_ts:1114", "SELECT", ""),
    ("drop token t", "", "DROP TOKEN", ""),
];

fn columns(answer: &[Backend]) -> String {
    let description = answer.iter().find_map(|message| match message {
        Backend::RowDescription(fields) => Some(fields),
        _ => None,
    });
    let fields = description.into_iter().flatten();
    fields.map(|field| format!("{}:{}", field.name, field.type_oid)).collect::<Vec<_>>().join(" ")
}

fn tag(answer: &[Backend]) -> &str {
    let tag = answer.iter().find_map(|message| match message {
        Backend::CommandComplete(tag) => Some(tag.as_str()),
        _ => None,
    });
    tag.unwrap_or("(none)")
}

fn check(
    answer: &[Backend],
    (sql, expected, wanted, notice): (&str, &str, &str, &str),
    protocol: &str,
) -> Option<String> {
    let found = notices(answer);
    let is_told = if notice.is_empty() {
        found.is_empty()
    } else {
        matches!(found[..], [one] if one.message().to_lowercase().contains(notice) && one.code() == "00000")
    };
    // Rows are counted in the tags of queries that DuckDB runs.
    let is_right = columns(answer) == expected
        && tag(answer).strip_prefix(wanted).is_some_and(|rows| rows.is_empty() || wanted == "SELECT")
        && is_told;
    (!is_right).then(|| format!("{protocol}: {sql}\n{}", raw::lines(answer)))
}

#[test]
fn tags_columns_and_notices_are_as_they_should_be() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut wrong = Vec::new();
    let (_, mut simple) = account(&pintail, "simple")?;
    for case in ANSWERS {
        wrong.extend(check(&simple.simple(case.0)?, *case, "simple"));
    }
    let (_, mut extended) = account(&pintail, "extended")?;
    for case in ANSWERS {
        let batch = Batch::new().parse("s", case.0, &[]).describe(b'S', "s").sync();
        extended.send(&batch)?;
        let described = extended.until_ready()?;
        if columns(&described) != case.1 {
            wrong.push(format!("described: {}\n{}", case.0, raw::lines(&described)));
        }
        let bind = Bind { statement: "s", ..Bind::default() };
        extended.send(&Batch::new().bind(&bind).describe(b'P', "").execute("", 0).close(b'S', "s").sync())?;
        wrong.extend(check(&extended.until_ready()?, *case, "extended"));
    }
    // A statement that has been described has not been carried out.
    extended.send(&Batch::new().parse("s", "create database never", &[]).describe(b'S', "s").sync())?;
    extended.until_ready()?;
    let never = extended.value("select count(*) from md_all_databases() where alias = 'never'")?;
    assert_eq!(never, "0");
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n\n"));
    Ok(())
}

#[test]
fn a_described_statement_runs_again_and_again() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    for (name, sql) in [("create", "create database d"), ("drop", "drop database d"), ("use", "use my_db")] {
        client.send(&Batch::new().parse(name, sql, &[]).sync())?;
        client.until_ready()?;
    }
    for _ in 0..3 {
        for name in ["create", "use", "drop"] {
            let bind = Bind { statement: name, ..Bind::default() };
            client.send(&Batch::new().bind(&bind).execute("", 0).sync())?;
            let answer = client.until_ready()?;
            assert!(raw::error_in(&answer).is_none(), "{name}: {}", raw::lines(&answer));
        }
    }
    Ok(())
}

#[test]
fn a_refusal_names_what_it_is_about_and_says_what_to_do() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    succeed(&mut client, "create database d; create share s from d; create snapshot n of d; create token t")?;
    for (sql, code, words, hint) in [
        ("create database D", "42P04", "D", ""),
        ("create database system", "42939", "system", "another name"),
        ("drop database nowhere", "3D000", "nowhere", "SHOW ALL DATABASES"),
        ("drop database my_db", "55006", "my_db", ""),
        ("drop database d", "2BP01", "d", "CASCADE"),
        ("undrop database nowhere", "3D000", "nowhere", "7 days"),
        ("undrop database d", "42P04", "d", ""),
        ("alter database d rename to my_db", "42P04", "my_db", ""),
        ("create database x from nowhere", "3D000", "nowhere", ""),
        ("create database x from '/tmp/x.duckdb'", "42501", "", "COPY"),
        ("create database x from snapshot nowhere", "42704", "nowhere", "database_snapshots"),
        ("create snapshot n of d", "42710", "n", ""),
        ("use nowhere", "3D000", "nowhere", "SHOW ALL DATABASES"),
        ("attach 'md:nowhere'", "3D000", "nowhere", "SHOW ALL DATABASES"),
        ("attach 'md:d' as e", "42P04", "", ""),
        ("detach my_db", "55006", "my_db", "USE"),
        ("detach nowhere", "3D000", "nowhere", "SHOW ALL DATABASES"),
        ("create share s from d", "42710", "s", ""),
        ("update share nowhere", "42704", "nowhere", "LIST SHARES"),
        ("drop share nowhere", "42704", "nowhere", "LIST SHARES"),
        ("grant read on share nowhere to default", "42704", "nowhere", "LIST SHARES"),
        ("grant read on share s to nobody", "42704", "nobody", ""),
        ("create token t", "42710", "t", ""),
        ("drop token nowhere", "42704", "nowhere", "SHOW TOKENS"),
        ("begin; create database x", "25001", "CREATE DATABASE", ""),
    ] {
        let report = client.failure(sql)?;
        let is_right = report.code() == code
            && report.message().to_lowercase().contains(&words.to_lowercase())
            && report.hint().contains(hint)
            && report.severity() == "ERROR"
            && !report.message().ends_with('.');
        // An alias in workspace mode has words of the reference's own.
        let is_alias = sql.contains(" as e") && report.code() == "0A000";
        assert!(is_right || is_alias, "{sql}: {report:?}");
        client.simple("rollback")?;
    }
    let report = client.failure("drop database d")?;
    assert!(report.field('D').contains("\"s\""), "the shares are not named: {report:?}");
    Ok(())
}
