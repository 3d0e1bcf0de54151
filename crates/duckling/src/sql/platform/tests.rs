//! The grammar of the platform's statements: every spelling, and where one stops following it.

use wire::link::platform::{Access, ShareOptions, UpdateMode, Visibility};

use super::*;
use crate::sql::lex;

fn read(sql: &str) -> Option<Result<PlatformStatement, Malformed>> {
    PlatformStatement::read(Tokens::new(&lex(sql)))
}

fn statement(sql: &str) -> PlatformStatement {
    read(sql)
        .unwrap_or_else(|| panic!("{sql} is not recognised"))
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

#[test]
fn databases_in_their_spellings() {
    let create = |sql| {
        let PlatformStatement::CreateDatabase(create) = statement(sql) else { panic!("{sql}") };
        create
    };
    let plain = CreateDatabase { name: "a".into(), or_replace: false, if_not_exists: false, source: None };
    assert_eq!(create("create database a"), plain);
    assert_eq!(create("CREATE /* x */ DATABASE\n-- y\n A").name, "A");
    assert_eq!(create("create database if not exists \"B c\"").name, "B c");
    assert!(create("CREATE OR REPLACE DATABASE a").or_replace);
    let source = |sql| create(sql).source.unwrap();
    assert_eq!(source("create database a from b"), DatabaseSource::Database("b".into()));
    assert_eq!(source("create database a from snapshot s"), DatabaseSource::Snapshot("s".into()));
    assert_eq!(source("create database a from snapshot"), DatabaseSource::Database("snapshot".into()));
    assert_eq!(source("create database a from current_database()"), DatabaseSource::Current);
    assert_eq!(source("create database a from 'md:_share/x/y'"), DatabaseSource::Url("md:_share/x/y".into()));
    assert_eq!(
        statement("drop database if exists a cascade"),
        PlatformStatement::DropDatabase(DropDatabase { name: "a".into(), if_exists: true, cascade: true })
    );
    assert_eq!(statement("undrop database a"), PlatformStatement::UndropDatabase("a".into()));
    let renamed = PlatformStatement::RenameDatabase("a".into(), "b".into());
    assert_eq!(statement("alter database a rename to b"), renamed);
    assert_eq!(statement("alter database a set alias to b"), renamed);
    let copied = |overwrite| CopyDatabase { from: "a".into(), to: "b".into(), overwrite, part: None };
    assert_eq!(statement("copy from database a to b"), PlatformStatement::CopyDatabase(copied(false)));
    assert_eq!(
        statement("COPY FROM DATABASE a TO b (OVERWRITE)"),
        PlatformStatement::CopyDatabase(copied(true))
    );
}

#[test]
fn what_a_session_sees() {
    let used = |name: &str, schema: Option<&str>, is_database| {
        PlatformStatement::Use(Use { name: name.into(), schema: schema.map(str::to_owned), is_database })
    };
    assert_eq!(statement("use a"), used("a", None, false));
    assert_eq!(statement("USE a.\"B\""), used("a", Some("B"), false));
    assert_eq!(statement("use database a"), used("a", None, true));
    assert_eq!(statement("use database"), used("database", None, false));
    assert_eq!(statement("use database.main"), used("database", Some("main"), false));
    assert_eq!(statement("SHOW ALL DATABASES"), PlatformStatement::ShowAllDatabases);
    assert!(read("show databases").is_none());
    assert_eq!(
        statement("attach if not exists 'md:_share/d/1' as x"),
        PlatformStatement::Attach(Attach {
            url: "md:_share/d/1".into(),
            alias: Some("x".into()),
            if_not_exists: true,
            read_only: false
        })
    );
    assert!(matches!(statement("ATTACH 'md:db' (READ_ONLY)"), PlatformStatement::Attach(_)));
    let detached = |if_exists| PlatformStatement::Detach(Detach { name: "x".into(), if_exists });
    assert_eq!(statement("detach database if exists x"), detached(true));
    assert_eq!(statement("detach x"), detached(false));
    assert_eq!(statement("refresh databases"), PlatformStatement::Refresh(Refresh { name: None }));
    assert_eq!(
        statement("refresh database a"),
        PlatformStatement::Refresh(Refresh { name: Some("a".into()) })
    );
}

#[test]
fn shares_snapshots_and_tokens() {
    let share = |sql| {
        let PlatformStatement::CreateShare(share) = statement(sql) else { panic!("{sql}") };
        share
    };
    let made =
        share("create or replace share s from d (access restricted, visibility hidden, update automatic)");
    assert_eq!((made.name.as_deref(), made.database.as_deref()), (Some("s"), Some("d")));
    let options = ShareOptions {
        access: Access::Restricted,
        visibility: Visibility::Hidden,
        update: UpdateMode::Automatic,
    };
    assert_eq!((made.options, made.or_replace), (options, true));
    assert_eq!(share("create share").name, None);
    assert_eq!(share("create share from d").database.as_deref(), Some("d"));
    assert_eq!(share("create share if not exists from").name.as_deref(), Some("from"));
    assert_eq!(
        statement("drop share s"),
        PlatformStatement::DropShare { name: "s".into(), if_exists: false }
    );
    assert_eq!(statement("update share s"), PlatformStatement::UpdateShare("s".into()));
    assert_eq!(
        statement("describe share 'md:_share/s/1'"),
        PlatformStatement::DescribeShare("md:_share/s/1".into())
    );
    assert_eq!(statement("list shares"), PlatformStatement::ListShares);
    let grant = |is_granted| Grant { share: "s".into(), accounts: vec!["a".into(), "B".into()], is_granted };
    assert_eq!(statement("grant read on share s to a, \"B\""), PlatformStatement::Grant(grant(true)));
    assert_eq!(statement("revoke read on share s from a, 'B'"), PlatformStatement::Grant(grant(false)));
    let snapshot = |name: Option<&str>, database: &str| {
        PlatformStatement::CreateSnapshot(CreateSnapshot {
            name: name.map(str::to_owned),
            database: database.into(),
        })
    };
    assert_eq!(statement("create snapshot of d"), snapshot(None, "d"));
    assert_eq!(statement("create snapshot n of d"), snapshot(Some("n"), "d"));
    assert_eq!(statement("create snapshot of of d"), snapshot(Some("of"), "d"));
    let token = |ttl: Option<&str>, is_read_scaling| {
        let ttl = ttl.map(str::to_owned);
        PlatformStatement::CreateToken(CreateToken { name: "t".into(), ttl, is_read_scaling })
    };
    assert_eq!(statement("create token t"), token(None, false));
    assert_eq!(statement("create token t with (ttl '90d', type read_scaling)"), token(Some("90d"), true));
    assert_eq!(statement("create token t (ttl = 300)"), token(Some("300"), false));
    assert_eq!(statement("show tokens"), PlatformStatement::ShowTokens);
    let drop_token = |if_exists| PlatformStatement::DropToken { name: "t".into(), if_exists };
    assert_eq!(statement("drop token t"), drop_token(false));
    assert_eq!(statement("DROP TOKEN IF EXISTS t"), drop_token(true));
    assert_eq!(statement("shutdown"), PlatformStatement::Shutdown { terminate: false });
    assert_eq!(statement("shutdown terminate (reason 'x')"), PlatformStatement::Shutdown { terminate: true });
}

#[test]
fn what_goes_on_otherwise_is_a_syntax_error_where_it_does() {
    for (sql, at) in [
        ("create database", None),
        ("create database a b", Some("b")),
        ("create database a from f(1)", Some("1")),
        ("create database 'a'", Some("'a'")),
        ("drop database a cascade restrict", Some("restrict")),
        ("alter database a owner to b", Some("owner")),
        ("copy from database a", None),
        ("create share s (access everybody)", Some("everybody")),
        ("create share s (access restricted visibility hidden)", Some("visibility")),
        ("grant read on share s from a", Some("from a")),
        ("create token t with", None),
        ("create or replace database if not exists a", Some("if")),
        ("create share s (access restricted, access organization)", Some("access organization")),
        ("refresh databases x", Some("x")),
        ("show all databases like 'a'", Some("like")),
    ] {
        let at = at.map(|text| sql.rfind(text).unwrap());
        assert_eq!(read(sql), Some(Err(Malformed { at })), "{sql}");
    }
}

#[test]
fn what_is_duckdbs_stays_duckdbs() {
    for sql in [
        "select 1",
        "create table database(a int)",
        "drop table share",
        "update share set a = 1",
        "update share as s set a = 1",
        "describe share",
        "describe share.t",
        "attach '/tmp/x.duckdb'",
        "attach ':memory:' as x",
        "copy t from 'x'",
        "copy (from t) to stdout",
        "grant select on t to a",
        "alter table t add column a int",
        "show tables",
        "create or replace snapshot s of d",
        "refresh materialized view v",
        "undrop table t",
    ] {
        assert_eq!(read(sql), None, "{sql}");
    }
}
