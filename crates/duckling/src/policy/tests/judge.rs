//! The judge of plans by itself: what it makes of single things that a plan may touch.

use engine::{Operator, Touch};

use std::sync::Arc;

use crate::policy::{Context, Facts, Names, OwnFile, Remote, Verdict, judge_plan, names::Fixed, rules};

fn account() -> Arc<Fixed> {
    Arc::new(Fixed { own: vec!["my_db"], shared: vec!["sample_data"], ..Fixed::default() })
}

fn verdict(operator: Operator, name: &str, arguments: &[&str]) -> Verdict {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let touch = Touch { operator, name: name.to_owned(), arguments };
    let context = Context { databases: account(), ..Context::default() };
    judge_plan(&[touch], &context, &mut Facts::default())
}

#[test]
fn paths_are_refused_by_where_they_point() {
    let reader = |path: &str| verdict(Operator::TableFunction, "read_csv", &[path]);
    assert_eq!(reader("https://x/y.csv"), Verdict::Refuse(&rules::REMOTE_FILE));
    assert_eq!(reader("[https://x/y.csv, /etc/passwd]"), Verdict::Refuse(&rules::LOCAL_FILE));
    for local in ["/etc/passwd", "file:///etc/passwd", "../x", "", "C:\\x"] {
        assert_eq!(reader(local), Verdict::Refuse(&rules::LOCAL_FILE), "{local}");
    }
}

#[test]
fn remote_files_are_read_where_there_is_a_way_to_them() {
    let context =
        Context { remote: Some(Remote { write: false, attach: false, azure: false }), ..Context::default() };
    let judged = |operator, name: &str, arguments: &[&str], context: &Context| {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let touch = Touch { operator, name: name.to_owned(), arguments };
        judge_plan(&[touch], context, &mut Facts::default())
    };
    let read = |arguments: &[&str]| judged(Operator::TableFunction, "read_parquet", arguments, &context);
    for allowed in [
        &["https://x/y.parquet"][..],
        &["[https://x/y, s3://b/*.parquet]", "hive_partitioning=true"],
        &["['s3://b/a b', hf://datasets/x]"],
        &["s3://b/1.csv", "s3://b/2.csv", "header=true"],
    ] {
        assert_eq!(read(allowed), Verdict::Allow, "{allowed:?}");
    }
    let azure =
        Context { remote: Some(Remote { write: false, attach: false, azure: true }), ..Context::default() };
    let blob = |path, context| judged(Operator::TableFunction, "read_csv", &[path], context);
    assert_eq!(blob("az://c/k.csv", &azure), Verdict::Allow);
    assert_eq!(blob("az://c/k.csv", &context), Verdict::Refuse(&rules::LOCAL_FILE));
    assert_eq!(blob("abfss://c@host/k.csv", &azure), Verdict::Refuse(&rules::LOCAL_FILE));
    assert_eq!(blob("az://host.example/c/k.csv", &azure), Verdict::Refuse(&rules::OBJECT_ADDRESS));
    for local in [
        &["/etc/passwd"][..],
        &["[https://x/y, /etc/passwd]"],
        &["[https://x/y, '/etc/passwd://']"],
        &["HTTPS://x/y"],
        &["s3://b/1.csv", "/etc/passwd"],
        &[""],
        &[],
    ] {
        assert_eq!(read(local), Verdict::Refuse(&rules::LOCAL_FILE), "{local:?}");
    }
    let copy = |path, context| judged(Operator::CopyTo, "csv", &[path], context);
    assert_eq!(copy("s3://b/x", &context), Verdict::Refuse(&rules::REMOTE_WRITE));
    let writing =
        Context { remote: Some(Remote { write: true, attach: true, azure: false }), ..Context::default() };
    assert_eq!(copy("s3://b/x", &writing), Verdict::Allow);
    assert_eq!(copy("/tmp/x", &writing), Verdict::Refuse(&rules::LOCAL_FILE));
    let attach = |arguments: &[&str], context| judged(Operator::Attach, "x", arguments, context);
    assert_eq!(attach(&["https://h/x.duckdb", "read_only=true"], &writing), Verdict::Allow);
    for refused in [
        &["https://h/x.duckdb", "read_only=false"][..],
        &["https://h/x.duckdb"],
        &["/x.duckdb", "read_only=true"],
        &["https://h/x", "read_only=true", "type=sqlite"],
    ] {
        assert_eq!(attach(refused, &writing), Verdict::Refuse(&rules::ATTACH), "{refused:?}");
    }
    let path = ["https://h/x.duckdb", "read_only=true"];
    assert_eq!(attach(&path, &context), Verdict::Refuse(&rules::ATTACH));
}

#[test]
fn only_what_was_attached_is_detached_in_whatever_letters() {
    let account = account();
    let context = Context {
        databases: account.clone(),
        remote: Some(Remote { write: false, attach: true, azure: false }),
        ..Context::default()
    };
    let mut facts = Facts::default();
    let mut judged = |operator, name: &str, arguments: &[&str]| {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let touch = Touch { operator, name: name.to_owned(), arguments };
        judge_plan(&[touch], &context, &mut facts)
    };
    let path = ["https://h/x.duckdb", "read_only=true"];
    for given in ["my_db", "My_DB", "sample_data", "SAMPLE_DATA"] {
        assert_eq!(judged(Operator::Attach, given, &path), Verdict::Refuse(&rules::ATTACH), "{given}");
        account.attached_remote(given);
        assert_eq!(judged(Operator::Detach, given, &[]), Verdict::Refuse(&rules::DETACH), "{given}");
    }
    for internal in ["system", "SYSTEM", "Temp", "far"] {
        assert_eq!(judged(Operator::Detach, internal, &[]), Verdict::Refuse(&rules::DETACH), "{internal}");
    }
    assert_eq!(judged(Operator::Attach, "Far", &path), Verdict::Allow);
    assert_eq!(judged(Operator::Detach, "far", &[]), Verdict::Refuse(&rules::DETACH));
    account.attached_remote("Far");
    assert_eq!(judged(Operator::Detach, "FAR", &[]), Verdict::Allow);
    assert_eq!(judged(Operator::TableFunction, "checkpoint", &["fAR"]), Verdict::Allow);
    assert_eq!(facts.attaches.as_deref(), Some("Far"));
}

#[test]
fn databases_are_the_same_in_capitals_and_duckdbs_own_are_left_alone() {
    let mut facts = Facts::default();
    let context = Context { databases: account(), ..Context::default() };
    let mut judged = |operator, name: &str, arguments: &[&str]| {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let touch = Touch { operator, name: name.to_owned(), arguments };
        judge_plan(&[touch], &context, &mut facts)
    };
    assert_eq!(judged(Operator::Drop, "t", &["MY_DB", "main", "Table"]), Verdict::Allow);
    let share = judged(Operator::Drop, "t", &["SAMPLE_DATA", "hn", "View"]);
    assert_eq!(share, Verdict::Refuse(&rules::READ_ONLY_DATABASE));
    for name in ["checkpoint", "pragma_metadata_info"] {
        let mut look = |database: &str| judged(Operator::TableFunction, name, &[database]);
        assert_eq!([look("MY_DB"), look("Sample_Data")], [Verdict::Allow; 2]);
        for internal in ["system", "SYSTEM", "temp"] {
            assert_eq!(look(internal), Verdict::Refuse(&rules::INTERNAL_DATABASE), "{name} {internal}");
        }
        for nobodys in ["memory", "", "NULL"] {
            assert_eq!(look(nobodys), Verdict::Refuse(&rules::NOT_ATTACHED), "{name} {nobodys}");
        }
    }
    assert_eq!(facts.writes, ["MY_DB".to_owned()].into());
}

#[test]
fn the_sessions_own_file_is_for_one_thing_only() {
    let verdict = |own_file, operator, name: &str, path: &str| {
        let touch = Touch { operator, name: name.to_owned(), arguments: vec![path.to_owned()] };
        let context = Context { own_file, ..Context::default() };
        judge_plan(&[touch], &context, &mut Facts::default()) == Verdict::Allow
    };
    let read = || Some(OwnFile::Read("/a/x".to_owned()));
    let write = || Some(OwnFile::Write("/a/x".to_owned()));
    assert!(verdict(read(), Operator::TableFunction, "read_parquet", "/a/x"));
    assert!(verdict(write(), Operator::CopyTo, "parquet", "/a/x"));
    for (own, operator, name, path) in [
        (read(), Operator::TableFunction, "read_parquet", "/a/y"),
        (read(), Operator::TableFunction, "read_text", "/a/x"),
        (read(), Operator::CopyTo, "parquet", "/a/x"),
        (write(), Operator::TableFunction, "read_parquet", "/a/x"),
        (write(), Operator::CopyTo, "parquet", "/a/y"),
        (None, Operator::TableFunction, "read_parquet", "/a/x"),
        (None, Operator::CopyTo, "parquet", "/a/x"),
    ] {
        assert!(!verdict(own.clone(), operator, name, path), "{own:?} {operator:?} {name} {path}");
    }
}

#[test]
fn what_is_not_named_is_refused() {
    assert_eq!(
        verdict(Operator::TableFunction, "enable_logging", &[]),
        Verdict::Refuse(&rules::TABLE_FUNCTION)
    );
    assert_eq!(verdict(Operator::TableFunction, "range", &["3"]), Verdict::Allow);
    assert_eq!(verdict(Operator::Pragma, "enable_profiling", &[]), Verdict::Refuse(&rules::PRAGMA));
    assert_eq!(verdict(Operator::Other, "LOGICAL_NEW", &[]), Verdict::Refuse(&rules::OPERATOR));
    assert_eq!(verdict(Operator::Set, "threads", &[]), Verdict::Refuse(&rules::SETTING));
}

#[test]
fn writes_go_to_own_databases_only() {
    let create = |catalog: &str| verdict(Operator::CreateTable, "t", &[catalog, "main"]);
    assert_eq!(create("my_db"), Verdict::Allow);
    assert_eq!(create("memory"), Verdict::Refuse(&rules::NOT_ATTACHED));
    assert_eq!(create("system"), Verdict::Refuse(&rules::INTERNAL_DATABASE));
    assert_eq!(create("sample_data"), Verdict::Refuse(&rules::READ_ONLY_DATABASE));
    assert_eq!(
        verdict(Operator::CreateTable, "t", &["temp", "main", "temporary"]),
        Verdict::Refuse(&rules::TEMPORARY)
    );
    assert_eq!(
        verdict(Operator::Insert, "t", &["sample_data", "nyc"]),
        Verdict::Refuse(&rules::READ_ONLY_DATABASE)
    );
}
