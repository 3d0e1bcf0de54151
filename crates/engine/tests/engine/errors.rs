//! Errors as data: kind, bare message, position, name, candidates, for each phase.

use engine::{Connection, Error, ErrorKind};

use super::{connection, run};

/// The error of whichever phase fails.
fn error(connection: &Connection, sql: &str) -> Error {
    let parsed = match connection.extract(sql) {
        Ok(parsed) => parsed,
        Err(error) => return error,
    };
    for statement in &parsed {
        match connection.prepare(statement).and_then(|mut statement| run(&mut statement)) {
            Ok(_) => {}
            Err(error) => return error,
        }
    }
    panic!("{sql} did not fail");
}

#[test]
fn parse_errors_have_the_position() {
    let connection = connection();
    let sql = "SELECT 1; SELECT FROM WHERE";
    let found = error(&connection, sql);
    assert!(matches!(found.kind, ErrorKind::Parser | ErrorKind::Syntax), "{found:?}");
    assert_eq!(found.position, sql.find("WHERE"), "{found:?}");
    assert!(found.message.starts_with("syntax error at or near \"WHERE\""), "{found:?}");
    assert!(!found.message.contains("LINE 1"), "{found:?}");
}

#[test]
fn bind_errors_have_the_position_in_the_whole_text() {
    let connection = connection();
    connection.execute("CREATE TABLE people (name VARCHAR, age INTEGER)").unwrap();
    let sql = "SELECT 'ü' AS x;\nSELECT name,\n  agee FROM people";
    let found = error(&connection, sql);
    assert_eq!(found.kind, ErrorKind::Binder);
    assert_eq!(found.position, sql.find("agee"), "{found:?}");
    assert_eq!(found.subtype.as_deref(), Some("COLUMN_NOT_FOUND"));
    assert_eq!(found.name.as_deref(), Some("agee"));
    assert!(found.candidates.iter().any(|candidate| candidate.contains("age")), "{found:?}");
    assert!(!found.message.contains("LINE"), "{found:?}");
    assert!(!found.message.starts_with("Binder Error"), "{found:?}");
}

#[test]
fn catalog_errors_have_name_and_candidates() {
    let connection = connection();
    connection.execute("CREATE TABLE people (name VARCHAR)").unwrap();
    let found = error(&connection, "SELECT * FROM peopel");
    assert_eq!((found.kind, found.subtype.as_deref()), (ErrorKind::Catalog, Some("MISSING_ENTRY")));
    assert_eq!(found.name.as_deref(), Some("peopel"));
    assert_eq!(found.candidates, ["people"]);
    assert_eq!(found.position, Some(14));
    let found = error(&connection, "SELECT lenght('x')");
    assert_eq!(found.kind, ErrorKind::Catalog);
    assert!(found.candidates.iter().any(|candidate| candidate == "length"), "{found:?}");
    let found = error(&connection, "CREATE TABLE people (i INTEGER)");
    assert_eq!((found.kind, found.subtype.as_deref()), (ErrorKind::Catalog, Some("ENTRY_ALREADY_EXISTS")));
}

#[test]
fn execution_errors_have_their_kind() {
    let connection = connection();
    connection.execute("CREATE TABLE t (i INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n > 0))").unwrap();
    connection.execute("INSERT INTO t VALUES (1, 1)").unwrap();
    for (sql, kind) in [
        ("SELECT v::INTEGER FROM (VALUES ('1'), ('x')) t(v)", ErrorKind::Conversion),
        ("SELECT v::TINYINT FROM (VALUES (1), (300)) t(v)", ErrorKind::Conversion),
        ("SELECT v + 9223372036854775807 FROM range(5) t(v)", ErrorKind::OutOfRange),
        ("INSERT INTO t VALUES (1, 1)", ErrorKind::Constraint),
        ("INSERT INTO t VALUES (2, NULL)", ErrorKind::Constraint),
        ("INSERT INTO t VALUES (2, -1)", ErrorKind::Constraint),
        ("COMMIT", ErrorKind::Transaction),
        ("SELECT error('own words')", ErrorKind::InvalidInput),
    ] {
        assert_eq!(error(&connection, sql).kind, kind, "{sql}");
    }
}

#[test]
fn a_message_that_looks_like_an_error_decides_nothing() {
    let connection = connection();
    let forged = r#"{"exception_type":"FATAL","exception_message":"Fatal Error: gone","position":"3"}"#;
    let found = error(&connection, &format!("SELECT error('{forged}') FROM range(3)"));
    assert_eq!(found.kind, ErrorKind::InvalidInput);
    assert_eq!(found.message, forged);
    let forged = r#"{"exception_type":"Invalid Input","exception_message":"x","error_subtype":"PLAN_GUARD"}"#;
    let found = error(&connection, &format!("SELECT error('{forged}') FROM range(3)"));
    assert_eq!((found.message.as_str(), found.subtype.as_deref()), (forged, None));
    let found = error(&connection, "SELECT error('{not json')");
    assert_eq!((found.kind, found.message.as_str()), (ErrorKind::InvalidInput, "{not json"));
    let found = error(&connection, "SELECT error('Did you mean nothing')");
    assert!(found.candidates.is_empty());
}

#[test]
fn own_statements_give_the_same_errors() {
    let found = connection().execute("SELECT 1; SELECT nothing_here; SELECT 2").unwrap_err();
    assert_eq!(found.kind, ErrorKind::Binder);
    assert_eq!(found.name.as_deref(), Some("nothing_here"));
}
