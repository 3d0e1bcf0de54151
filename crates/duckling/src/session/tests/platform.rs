//! The platform's statements on several sessions of one account, with a gateway in memory.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use wire::{
    Diagnostic, SqlState,
    frontend::Frontend,
    link::{
        Configuration, Greeting, Mount, PlatformReply, PlatformRequest, SessionId, SessionLimits,
        SessionStart,
        platform::{DatabaseInfo, DatabaseSource, Overview},
    },
};

use super::{Recorder, render};
use crate::{
    instance::Database,
    out::Out,
    platform::{IsStopped, Platform},
    session::{Alarm, Flow, Incoming, Session},
};

mod changes;
mod releases;
mod sights;

/// A test that waits longer has failed.
const LONG: Duration = Duration::from_secs(20);

#[derive(Clone)]
struct Row {
    name: String,
    path: PathBuf,
    is_dropped: bool,
    is_attached: bool,
}

/// A gateway that knows databases and nothing else.
struct Memory {
    folder: PathBuf,
    rows: Mutex<Vec<Row>>,
    /// Told when a copy is to be made, which waits for an answer.
    copying: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
}

impl Memory {
    fn live(rows: &mut [Row], name: &str) -> Option<usize> {
        rows.iter().position(|row| !row.is_dropped && row.name.eq_ignore_ascii_case(name))
    }

    fn mount(row: &Row) -> Mount {
        Mount { name: row.name.clone(), path: row.path.to_string_lossy().into_owned(), read_only: false }
    }
}

fn missing(name: &str) -> Diagnostic {
    Diagnostic::error(SqlState::INVALID_CATALOG_NAME, format!("database \"{name}\" does not exist"))
}

impl Platform for Memory {
    #[expect(clippy::wildcard_enum_match_arm, reason = "shares and tokens are not this gateway's")]
    fn ask(&self, request: PlatformRequest, _: &IsStopped<'_>) -> Result<PlatformReply, Diagnostic> {
        if let PlatformRequest::CreateDatabase { source: Some(_), .. } = &request
            && let Some((begun, go)) = self.copying.lock().unwrap().take()
        {
            begun.send(()).unwrap();
            go.recv_timeout(LONG).unwrap();
        }
        let mut rows = self.rows.lock().unwrap();
        let database = |row: &Row, is_new| PlatformReply::Database { mount: Self::mount(row), is_new };
        match request {
            PlatformRequest::CreateDatabase { name, or_replace, if_not_exists, source, persist } => {
                if let Some(index) = Self::live(&mut rows, &name) {
                    if if_not_exists {
                        return Ok(database(&rows[index], false));
                    }
                    if !or_replace {
                        return Err(Diagnostic::error(SqlState::DUPLICATE_DATABASE, "already exists"));
                    }
                    rows[index].is_dropped = true;
                }
                let path = self.folder.join(format!("{}.duckdb", rows.len() + 1));
                if let Some(DatabaseSource::Own(source)) = source {
                    let index = rows.iter().position(|row| row.name == source).unwrap();
                    std::fs::copy(&rows[index].path, &path).unwrap();
                }
                let row = Row { name, path, is_dropped: false, is_attached: persist };
                rows.push(row.clone());
                Ok(database(&row, true))
            }
            PlatformRequest::DropDatabase { name, .. } => match Self::live(&mut rows, &name) {
                Some(index) => {
                    rows[index].is_dropped = true;
                    Ok(PlatformReply::Done)
                }
                None => Ok(PlatformReply::Missing),
            },
            PlatformRequest::UndropDatabase { name, persist } => {
                let found = rows.iter_mut().rfind(|row| row.is_dropped && row.name == name);
                let row = found.ok_or_else(|| missing(&name))?;
                row.is_dropped = false;
                row.is_attached = persist;
                Ok(database(row, false))
            }
            PlatformRequest::RenameDatabase { from, to } => {
                let index = Self::live(&mut rows, &from).ok_or_else(|| missing(&from))?;
                rows[index].name = to;
                Ok(database(&rows[index], false))
            }
            PlatformRequest::Attach { url, persist, .. } => {
                let name = url.strip_prefix("md:").unwrap();
                let index = Self::live(&mut rows, name).ok_or_else(|| missing(name))?;
                rows[index].is_attached |= persist;
                Ok(database(&rows[index], false))
            }
            PlatformRequest::Detach { .. } => Ok(PlatformReply::Done),
            PlatformRequest::Overview => {
                let info = |row: &Row| DatabaseInfo {
                    name: row.name.clone(),
                    id: String::new(),
                    created_us: 0,
                    is_default: false,
                    is_attached: row.is_attached,
                    retention_s: 0,
                    active_bytes: 0,
                    historical_bytes: 0,
                };
                let databases = rows.iter().filter(|row| !row.is_dropped).map(info).collect();
                Ok(PlatformReply::Overview(Box::new(Overview { databases, ..Overview::default() })))
            }
            other => panic!("{other:?}"),
        }
    }
}

struct Account {
    database: Database,
    memory: Arc<Memory>,
    configuration: Configuration,
    directory: tempfile::TempDir,
}

struct Client {
    session: Session,
    out: Out,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Account {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("1.duckdb");
        let configuration = Configuration {
            account: "default".into(),
            directory: directory.path().to_string_lossy().into_owned(),
            mounts: vec![Mount {
                name: "my_db".into(),
                path: path.to_string_lossy().into_owned(),
                read_only: false,
            }],
            default_database: "my_db".into(),
            memory_limit_bytes: 1 << 30,
            threads: 2,
            spill_limit_bytes: 1 << 30,
            sessions_max: 8,
            stop_grace_ms: 5000,
            portal_spool_limit_bytes: 1 << 20,
            max_value_bytes: 1 << 20,
            version: "pintail test".into(),
            ..Configuration::default()
        };
        let database = Database::open(&configuration, None).unwrap();
        let row = Row { name: "my_db".into(), path, is_dropped: false, is_attached: true };
        let rows = Mutex::new(vec![row]);
        let memory = Memory { folder: directory.path().to_owned(), rows, copying: Mutex::default() };
        let memory = Arc::new(memory);
        let platform: Arc<dyn Platform> = memory.clone();
        database.workspace().connect(platform);
        Self { database, memory, configuration, directory }
    }

    /// The next copy tells when it begins, and waits until it is told to go on.
    fn pause_copy(&self) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
        let ((begun, has_begun), (go, told)) = (mpsc::channel(), mpsc::channel());
        *self.memory.copying.lock().unwrap() = Some((begun, told));
        (has_begun, go)
    }

    fn client(&self, database: &str) -> Client {
        self.client_with(database, false, false)
    }

    fn client_with(&self, database: &str, single: bool, read_only: bool) -> Client {
        let session = self.database.session(&self.configuration, Arc::new(Alarm::default())).unwrap();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let mut client = Client { session, out: Out::new(Box::new(Recorder(Arc::clone(&sent)))), sent };
        let start = SessionStart {
            session: SessionId(1),
            greeting: Greeting::Full,
            backend_key: vec![0, 0, 0, 7, 0, 0, 0, 0],
            database: database.into(),
            single,
            read_only,
            user: "postgres".into(),
            settings: vec![("session_name".into(), "etl".into())],
            notices: vec![],
            client_address: "127.0.0.1:1".into(),
            server_address: "127.0.0.1:2".into(),
            limits: SessionLimits::default(),
        };
        assert_eq!(client.session.start(&start, &mut client.out).unwrap(), Flow::Continue);
        client.take();
        client
    }
}

impl Client {
    fn take(&mut self) -> Vec<String> {
        self.out.flush().unwrap();
        let texts = render(&std::mem::take(&mut *self.sent.lock().unwrap()));
        texts.into_iter().filter(|text| text != "S").collect()
    }

    fn query(&mut self, sql: &str) -> Vec<String> {
        let incoming = Incoming { kind: 0, message: Ok(Frontend::Query { sql }), sync_follows: false };
        self.session.handle(incoming, &mut self.out).unwrap();
        self.take()
    }

    /// The one value that a query gives, or its error.
    fn value(&mut self, sql: &str) -> String {
        let texts = self.query(sql);
        let found = texts.iter().find(|text| text.starts_with("D(") || text.starts_with("E("));
        found.unwrap_or_else(|| panic!("{sql}: {texts:?}")).clone()
    }

    /// Runs what must succeed.
    fn run(&mut self, sql: &str) {
        let texts = self.query(sql);
        assert!(!texts.iter().any(|text| text.starts_with("E(")), "{sql}: {texts:?}");
    }

    fn code(&mut self, sql: &str) -> String {
        let texts = self.query(sql);
        let error = texts.iter().find_map(|text| text.strip_prefix("E("));
        error.unwrap_or_else(|| panic!("{sql}: {texts:?}"))[..5].to_owned()
    }
}

#[test]
fn a_database_is_made_used_copied_and_dropped() {
    let account = Account::new();
    let mut client = account.client("my_db");
    assert_eq!(client.query("CREATE DATABASE sales"), ["C(CREATE DATABASE)", "Z(I)"]);
    assert_eq!(client.code("create database Sales"), "42P04");
    assert_eq!(
        client.query("CREATE DATABASE IF NOT EXISTS sales"),
        ["N(00000 database \"sales\" already exists, skipping)", "C(CREATE DATABASE)", "Z(I)"]
    );
    client.run("CREATE TABLE sales.t AS SELECT range AS i FROM range(5)");
    assert_eq!(client.query("USE sales"), ["C(USE)", "Z(I)"]);
    assert_eq!(client.value("SELECT current_database()"), "D(sales)");
    assert_eq!(client.value("SELECT count(*) FROM t"), "D(5)");
    client.run("CREATE DATABASE copy FROM sales");
    client.run("INSERT INTO sales.t VALUES (9)");
    assert_eq!(client.value("SELECT count(*) FROM copy.t"), "D(5)");
    assert_eq!(client.value("SELECT count(*) FROM sales.t"), "D(6)");
    assert_eq!(client.code("DROP DATABASE sales"), "55006");
    client.run("USE my_db");
    assert_eq!(client.query("DROP DATABASE sales"), ["C(DROP DATABASE)", "Z(I)"]);
    assert_eq!(client.code("DROP DATABASE sales"), "3D000");
    assert!(client.query("DROP DATABASE IF EXISTS sales")[0].starts_with("N(00000"));
    assert!(client.value("SELECT count(*) FROM sales.t").starts_with("E("));
    client.run("UNDROP DATABASE sales");
    assert_eq!(client.value("SELECT count(*) FROM sales.t"), "D(6)");
    client.run("CREATE OR REPLACE DATABASE sales");
    assert!(client.value("SELECT count(*) FROM sales.t").starts_with("E(42P01"));
    client.run("COPY FROM DATABASE copy TO sales");
    assert_eq!(client.value("SELECT count(*) FROM sales.t"), "D(5)");
    client.run("INSERT INTO copy.t VALUES (1)");
    client.run("COPY FROM DATABASE copy TO sales (OVERWRITE)");
    assert_eq!(client.value("SELECT count(*) FROM sales.t"), "D(6)");
    drop(client);
    drop(account.directory);
}

#[test]
fn others_are_asked_before_a_database_is_taken_away() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 1 AS i");
    assert_eq!(two.value("SELECT i FROM d.t"), "D(1)");
    two.run("USE d");
    let refused = one.query("DROP DATABASE d");
    assert!(
        refused[0].starts_with("E(55006 database \"d\" is being accessed by other sessions"),
        "{refused:?}"
    );
    assert_eq!(one.code("ALTER DATABASE d RENAME TO e"), "55006");
    assert_eq!(one.code("CREATE OR REPLACE DATABASE d"), "55006");
    assert_eq!(one.code("DETACH d"), "55006");
    two.run("USE my_db");
    two.run("BEGIN; SELECT i FROM d.t");
    assert_eq!(one.code("DROP DATABASE d"), "55006");
    two.run("COMMIT");
    one.run("ALTER DATABASE d RENAME TO e");
    assert_eq!(two.value("SELECT i FROM e.t"), "D(1)");
    two.run("BEGIN; INSERT INTO e.t VALUES (2)");
    one.run("DROP DATABASE e CASCADE");
    let aborted = two.query("COMMIT");
    assert_eq!(aborted.last().unwrap(), "Z(I)");
    assert!(
        aborted[0].starts_with("E(55006 the transaction is aborted: database \"e\" was dropped"),
        "{aborted:?}"
    );
    two.run("ROLLBACK");
    assert!(two.value("SELECT i FROM e.t").starts_with("E("));
    one.run("UNDROP DATABASE e");
    assert_eq!(one.value("SELECT count(*) FROM e.t"), "D(1)");
    two.run("USE e");
    one.run("DROP DATABASE e CASCADE");
    let told = two.query("SELECT current_database()");
    assert!(told[0].starts_with("N(00000 database \"e\" was dropped by another session"), "{told:?}");
    assert_eq!(told[2], "D(my_db)");
}

#[test]
fn they_stand_alone_and_are_not_part_of_a_block() {
    let account = Account::new();
    let mut client = account.client("my_db");
    client.run("CREATE TABLE t(i INTEGER)");
    client.run("BEGIN");
    assert_eq!(client.code("CREATE DATABASE d"), "25001");
    client.run("ROLLBACK");
    let texts = client.query(
        "INSERT INTO t VALUES (1); CREATE DATABASE d; INSERT INTO t VALUES (2); SELECT 1/0 FROM nowhere",
    );
    assert_eq!(texts[..3], ["C(INSERT 0 1)", "C(CREATE DATABASE)", "C(INSERT 0 1)"]);
    assert_eq!(client.value("SELECT count(*) FROM t"), "D(1)");
    for statement in [
        "DROP DATABASE d",
        "UNDROP DATABASE d",
        "ALTER DATABASE d RENAME TO e",
        "COPY FROM DATABASE my_db TO d",
    ] {
        client.run("BEGIN");
        assert_eq!(client.code(statement), "25001", "{statement}");
        client.run("ROLLBACK");
    }
    assert_eq!(client.query("CREATE DATABASE a b")[0], "E(42601 syntax error at or near \"b\" @19)");
    assert_eq!(
        client.query("SELECT 1; DROP DATABASE"),
        ["E(42601 syntax error at end of input @24)", "Z(I)"]
    );
}

#[test]
fn use_is_undone_by_rollback_and_knows_schemas() {
    let account = Account::new();
    let mut client = account.client("my_db");
    client.run("CREATE DATABASE d; CREATE SCHEMA d.s; CREATE TABLE d.s.t AS SELECT 7 AS i");
    client.run("CREATE SCHEMA my_db.s");
    client.run("BEGIN; USE d.s");
    assert_eq!(client.value("SELECT i FROM t"), "D(7)");
    client.run("ROLLBACK");
    assert_eq!(client.value("SELECT current_database() || '.' || current_schema()"), "D(my_db.public)");
    client.run("USE d.s");
    assert_eq!(client.value("SELECT current_database() || '.' || current_schema()"), "D(d.s)");
    client.run("USE DATABASE my_db");
    client.run("USE s");
    assert_eq!(client.value("SELECT current_database() || '.' || current_schema()"), "D(my_db.s)");
    assert_eq!(client.code("USE nowhere"), "3D000");
    assert_eq!(client.code("USE d.nowhere"), "3F000");
    assert_eq!(client.value("SELECT current_database() || '.' || current_schema()"), "D(my_db.s)");
    client.run("CREATE SCHEMA my_db.d");
    assert_eq!(client.code("USE d"), "42P09");
    client.run("USE DATABASE d");
    client.run("DISCARD ALL");
    assert_eq!(client.value("SELECT current_database() || '.' || current_schema()"), "D(my_db.public)");
    client.run("CREATE TABLE my_db.main.t AS SELECT 8 AS i; PREPARE p AS SELECT i FROM t");
    assert_eq!(client.value("EXECUTE p"), "D(8)");
    client.run("USE d.s");
    assert_eq!(client.value("EXECUTE p"), "D(7)");
}

#[test]
fn a_single_session_sees_its_database_and_what_it_attaches() {
    let account = Account::new();
    let mut all = account.client("my_db");
    all.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 1 AS i");
    all.run("CREATE TABLE my_db.u AS SELECT 2 AS i");
    let mut one = account.client_with("d", true, false);
    assert_eq!(one.value("SELECT i FROM t"), "D(1)");
    let refused = one.query("SELECT i FROM my_db.u");
    assert_eq!(refused[0], "E(3D000 database \"my_db\" is not attached)");
    assert_eq!(one.code("INSERT INTO my_db.u VALUES (1)"), "3D000");
    assert_eq!(one.code("USE my_db"), "3D000");
    one.run("ATTACH 'md:my_db'");
    assert_eq!(one.value("SELECT i FROM my_db.u"), "D(2)");
    one.run("DETACH my_db");
    assert_eq!(one.code("SELECT i FROM my_db.u"), "3D000");
    assert_eq!(all.value("SELECT i FROM my_db.u"), "D(2)");
    assert_eq!(one.code("DETACH d"), "55006");
    all.run("CREATE DATABASE far; CREATE TABLE far.t AS SELECT 3 AS i; DETACH far");
    assert_eq!(all.code("SELECT i FROM far.t"), "3D000");
    one.run("ATTACH 'md:far'");
    assert_eq!(one.value("SELECT i FROM far.t"), "D(3)");
    assert_eq!(all.code("SELECT i FROM far.t"), "3D000");
    drop(one);
    all.run("ATTACH 'md:far'");
    assert_eq!(all.value("SELECT i FROM far.t"), "D(3)");
}

#[test]
fn a_reader_changes_nothing() {
    let account = Account::new();
    account.client("my_db").run("CREATE DATABASE d");
    let mut reader = account.client_with("my_db", false, true);
    for statement in
        ["CREATE DATABASE e", "DROP DATABASE d", "DETACH d", "CREATE SHARE FROM my_db", "CREATE TOKEN t"]
    {
        assert_eq!(reader.code(statement), "25006", "{statement}");
    }
    reader.run("USE d");
}

#[test]
fn prepared_statements_follow_their_names() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 1 AS i");
    two.run("PREPARE p AS SELECT i FROM d.t");
    assert_eq!(two.value("EXECUTE p"), "D(1)");
    one.run("CREATE OR REPLACE DATABASE d; CREATE TABLE d.t AS SELECT 2 AS i");
    assert_eq!(two.value("EXECUTE p"), "D(2)");
    one.run("DROP DATABASE d");
    assert!(two.value("EXECUTE p").starts_with("E("));
}

#[test]
fn what_cannot_be_carried_out_is_refused_before_anything_is_done() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 1 AS i; CREATE DATABASE e");
    assert_eq!(one.code("ALTER DATABASE d RENAME TO e"), "42P04");
    assert_eq!(one.value("SELECT i FROM d.t"), "D(1)");
    two.run("BEGIN; INSERT INTO d.t VALUES (2)");
    one.run("DROP DATABASE d CASCADE");
    assert_eq!(one.code("UNDROP DATABASE d"), "55006");
    two.run("ROLLBACK");
    one.run("UNDROP DATABASE d");
    assert_eq!(two.value("SELECT count(*) FROM d.t"), "D(1)");
}

#[test]
fn a_session_always_has_a_place() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE DATABASE d; CREATE DATABASE e; USE d");
    two.run("USE e");
    one.run("DETACH my_db");
    one.run("DROP DATABASE e CASCADE");
    assert_eq!(two.value("SELECT current_database()"), "D(my_db)");
    assert_eq!(two.value("SELECT 1"), "D(1)");
}

#[test]
fn listings_in_a_transaction_use_every_database() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE DATABASE d; CREATE TABLE d.t AS SELECT 1 AS i");
    two.run("BEGIN; SELECT count(*) FROM duckdb_tables()");
    assert_eq!(one.code("CREATE OR REPLACE DATABASE d"), "55006");
    assert_eq!(one.code("DETACH d"), "55006");
    two.run("SELECT count(*) FROM pg_catalog.pg_class; COMMIT");
    one.run("CREATE OR REPLACE DATABASE d");
    assert_eq!(two.value("SELECT count(*) FROM duckdb_tables() WHERE database_name = 'd'"), "D(0)");
}

#[test]
fn a_schema_goes_with_its_database_and_the_session_stays() {
    let account = Account::new();
    let (mut one, mut two) = (account.client("my_db"), account.client("my_db"));
    one.run("CREATE DATABASE d; CREATE SCHEMA d.s");
    two.run("USE d.s");
    one.run("DROP DATABASE d CASCADE");
    assert_eq!(two.value("SELECT current_database() || '.' || current_schema()"), "D(my_db.public)");
    one.run("CREATE DATABASE e; CREATE SCHEMA e.s; USE e.s");
    one.run("CREATE OR REPLACE DATABASE e");
    assert_eq!(one.value("SELECT current_database() || '.' || current_schema()"), "D(e.public)");
    let mut three = account.client("e");
    three.run("USE my_db");
    one.run("ALTER DATABASE e RENAME TO f");
    three.run("DISCARD ALL");
    assert_eq!(three.value("SELECT current_database()"), "D(my_db)");
}
