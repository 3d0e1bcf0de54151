//! The connection forms of the reference, one by one.

use super::*;
use crate::store::{DatabaseId, DatabaseSource, Edition, ShareId};

fn databases() -> Vec<Database> {
    let own = |name: &str, id| Database {
        name: name.to_owned(),
        is_default: id == 1,
        source: DatabaseSource::Own(DatabaseId(id)),
    };
    let share = Database {
        name: "sample_data".to_owned(),
        is_default: false,
        source: DatabaseSource::Share(Edition { share: ShareId(1), version: 0 }),
    };
    vec![own("my_db", 1), own("Sales", 2), share]
}

fn connect(parameters: &[(&str, &str)]) -> Result<Target, TargetError> {
    let mut all = vec![("user".to_owned(), "postgres".to_owned())];
    all.extend(parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    let startup = Startup { minor_version: 0, parameters: all, protocol_options: vec![] };
    resolve(&startup, &databases())
}

fn database(text: &str) -> Result<(String, usize), TargetError> {
    connect(&[("database", text)]).map(|target| (target.database, target.notices.len()))
}

fn options(text: &str) -> Result<Vec<(String, String)>, TargetError> {
    connect(&[("database", "md:"), ("options", text)]).map(|target| target.settings)
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn every_form_of_the_database_name() {
    for (form, name, notices) in [
        ("md:", "my_db", 0),
        ("md:?", "my_db", 0),
        ("my_db", "my_db", 0),
        ("md:my_db", "my_db", 0),
        ("sales", "Sales", 0),
        ("md:SALES", "Sales", 0),
        ("sample_data", "sample_data", 0),
        ("md:sample_data?session_name=x", "sample_data", 0),
        ("postgres", "my_db", 1),
        ("", "my_db", 1),
    ] {
        assert_eq!(database(form), Ok((name.to_owned(), notices)), "{form:?}");
    }
}

#[test]
fn a_database_that_is_left_out_or_called_like_the_user_is_the_default_one() {
    let startup = |database: Option<&str>| Startup {
        minor_version: 0,
        parameters: [("user", Some("dbt")), ("database", database)]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect(),
        protocol_options: vec![],
    };
    for sent in [None, Some("dbt")] {
        let target = resolve(&startup(sent), &databases()).unwrap();
        assert_eq!((target.database.as_str(), target.notices.len()), ("my_db", 1));
    }
    // A database that does have the user's name is that database.
    let mut own = databases();
    own[1].name = "dbt".to_owned();
    let target = resolve(&startup(Some("dbt")), &own).unwrap();
    assert_eq!((target.database.as_str(), target.notices.len()), ("dbt", 0));
}

#[test]
fn an_unknown_database_is_named_and_the_others_are_listed() {
    for form in ["nope", "md:nope", "md:postgres"] {
        let diagnostic = Diagnostic::from(database(form).unwrap_err());
        assert_eq!(diagnostic.code, SqlState::INVALID_CATALOG_NAME);
        let name = form.strip_prefix("md:").unwrap_or(form);
        assert_eq!(diagnostic.message, format!("database \"{name}\" does not exist"));
        let hint = diagnostic.hint.unwrap();
        assert!(hint.contains("\"my_db\", \"Sales\", \"sample_data\""), "{hint}");
    }
}

#[test]
fn the_database_string_carries_percent_encoded_settings() {
    let target =
        connect(&[("database", "md:sales?attach-mode=single&session_hint=a%26b%20%C3%BC&flag")]).unwrap();
    assert!(target.single);
    assert_eq!(target.settings, pairs(&[("attach_mode", "single"), ("session_name", "a&b ü"), ("flag", "")]));
    for bad in ["md:?a=%", "md:?a=%4", "md:?a=%zz", "md:?a=%ff", "md:?a=%+1", "md:?a=%00"] {
        let diagnostic = Diagnostic::from(database(bad).unwrap_err());
        assert_eq!(diagnostic.code, SqlState::INVALID_PARAMETER_VALUE, "{bad}");
    }
}

#[test]
fn every_spelling_of_an_option() {
    for (text, expected) in [
        (
            "--attach_mode=single --session_name=pg-using-options",
            &[("attach_mode", "single"), ("session_name", "pg-using-options")][..],
        ),
        ("--attach-mode=single", &[("attach_mode", "single")]),
        ("-c attach_mode=workspace  -cTimeZone=UTC", &[("attach_mode", "workspace"), ("TimeZone", "UTC")]),
        (r"-c search_path=a\ b\\c\=d", &[("search_path", r"a b\c=d")]),
        ("--session-hint=x --compatibility-mode=looker", &[("session_name", "x")]),
        ("--threads=4", &[("threads", "4")]),
        ("-c geqo=", &[("geqo", "")]),
        ("", &[]),
        (" \\", &[]),
    ] {
        let found = options(text).unwrap();
        let expected = pairs(expected);
        assert_eq!(found, expected, "{text:?}");
    }
}

#[test]
fn an_unknown_switch_is_a_notice_and_a_missing_value_an_error() {
    let target = connect(&[("database", "md:"), ("options", "-fs --a=b")]).unwrap();
    assert_eq!(target.settings, pairs(&[("a", "b")]));
    assert_eq!(target.notices.len(), 1);
    for bad in ["-c", "-c a", "--a", "--=b"] {
        let diagnostic = Diagnostic::from(options(bad).unwrap_err());
        assert_eq!(diagnostic.code, SqlState::SYNTAX_ERROR, "{bad}");
    }
}

#[test]
fn a_wrong_attach_mode_is_fatal_wherever_it_stands() {
    for sent in [
        [("database", "md:?attach_mode=foo"), ("options", "")],
        [("database", "md:"), ("options", "--attach_mode=foo")],
        [("database", "md:"), ("attach_mode", "foo")],
    ] {
        let diagnostic = Diagnostic::from(connect(&sent).unwrap_err());
        assert_eq!(diagnostic.code, SqlState::INVALID_PARAMETER_VALUE);
        assert_eq!(diagnostic.message, "invalid value for parameter \"attach_mode\": \"foo\"");
    }
    assert!(connect(&[("options", "--attach_mode=SINGLE")]).unwrap().single);
}

#[test]
fn settings_keep_their_order_packet_then_options_then_database() {
    let target =
        connect(&[("options", "-c a=2"), ("database", "md:?a=3"), ("application_name", "psql"), ("a", "1")])
            .unwrap();
    assert_eq!(target.settings, pairs(&[("application_name", "psql"), ("a", "1"), ("a", "2"), ("a", "3")]));
}

#[test]
fn a_token_in_the_database_string_goes_no_further() {
    let target = connect(&[("database", "md:?motherduck_token=secret")]).unwrap();
    assert_eq!(target.settings, []);
    assert_eq!(target.notices.len(), 1);
    assert!(!format!("{target:?}").contains("secret"));
}

#[test]
fn replication_is_refused_and_its_absence_is_not() {
    assert_eq!(connect(&[("replication", "database")]), Err(TargetError::Replication));
    assert!(connect(&[("replication", "false")]).is_ok());
}
