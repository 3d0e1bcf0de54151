//! A whole session in process: frontend messages in, backend messages out, on a real engine.

mod cancel;
mod constraints;
mod copying;
mod cursors;
mod kept;
mod limits;
mod named;
mod platform;
mod portals;
mod review;
mod savepoints;

use std::{
    io,
    sync::{Arc, Mutex},
};

use wire::{
    frontend::{Bind, Format, Frontend, Target},
    link::{BatchHeader, Configuration, Greeting, Mount, SessionId, SessionLimits, SessionStart},
};

use super::{Alarm, Flow, Incoming, Session};
use crate::{
    instance::Database,
    out::{Out, Sink},
};

struct Recorder(Arc<Mutex<Vec<u8>>>);

impl Sink for Recorder {
    fn send(&mut self, _header: BatchHeader, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(())
    }
}

struct Rig {
    session: Session,
    out: Out,
    sent: Arc<Mutex<Vec<u8>>>,
    _database: Database,
    _directory: tempfile::TempDir,
}

impl Rig {
    fn new() -> Self {
        Self::limited(SessionLimits::default())
    }

    fn limited(limits: SessionLimits) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        let configuration = Configuration {
            account: "default".into(),
            directory: path(""),
            mounts: vec![Mount { name: "my_db".into(), path: path("1.duckdb"), read_only: false }],
            unpublished: vec![],
            share_settle_ms: 0,
            default_database: "my_db".into(),
            extension_directory: path("none"),
            extensions: vec![],
            memory_limit_bytes: 1 << 30,
            threads: 2,
            spill_limit_bytes: 1 << 30,
            disk_quota_bytes: 0,
            disk_reserve_bytes: 0,
            sessions_max: 4,
            stop_grace_ms: 5000,
            suspects: vec![],
            portal_spool_limit_bytes: 1 << 20,
            max_value_bytes: 1 << 20,
            temp_tables: false,
            secrets_by_sql: false,
            reference_profile: false,
            history: false,
            remote: None,
            sandbox: wire::link::SandboxOrder::default(),
            version: "pintail test".into(),
        };
        let database = Database::open(&configuration, None).unwrap();
        let session = database.session(&configuration, Arc::new(Alarm::default())).unwrap();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let out = Out::new(Box::new(Recorder(Arc::clone(&sent))));
        let mut rig = Self { session, out, sent, _database: database, _directory: directory };
        let start = SessionStart {
            session: SessionId(1),
            greeting: Greeting::Full,
            backend_key: vec![0; 8],
            database: "my_db".into(),
            single: false,
            read_only: false,
            user: "postgres".into(),
            settings: vec![("application_name".into(), "test".into()), ("threads".into(), "4".into())],
            notices: vec![],
            client_address: "127.0.0.1:1".into(),
            server_address: "127.0.0.1:2".into(),
            limits,
        };
        assert_eq!(rig.session.start(&start, &mut rig.out).unwrap(), Flow::Continue);
        rig
    }

    /// A rig whose greeting has been read.
    fn greeted() -> Self {
        let mut rig = Self::new();
        rig.take();
        rig
    }

    fn take(&mut self) -> Vec<String> {
        self.out.flush().unwrap();
        render(&std::mem::take(&mut *self.sent.lock().unwrap()))
    }

    fn send(&mut self, message: Frontend<'_>) -> &mut Self {
        let incoming = Incoming { kind: 0, message: Ok(message), sync_follows: false };
        self.session.handle(incoming, &mut self.out).unwrap();
        self
    }

    fn query(&mut self, sql: &str) -> Vec<String> {
        self.send(Frontend::Query { sql });
        self.take()
    }

    fn prepared(&mut self, sql: &str, oids: Vec<u32>, values: &[&str]) -> Vec<String> {
        let parameters = values.iter().map(|value| Some(value.as_bytes())).collect();
        self.send(Frontend::Parse { name: "", sql, parameter_oids: oids })
            .send(Frontend::Describe { target: Target::Statement, name: "" })
            .send(Frontend::Bind(Bind {
                portal: "",
                statement: "",
                parameter_formats: vec![Format::Text],
                parameters,
                result_formats: vec![],
            }))
            .send(Frontend::Execute { portal: "", max_rows: 0 })
            .send(Frontend::Sync);
        self.take()
    }
}

/// Messages as short texts: `T(a:23)`, `D(1|NULL)`, `C(SELECT 1)`, `E(42P01 …)`, `Z(I)`.
fn render(mut bytes: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some((kind, rest)) = bytes.split_first() {
        let length = usize::try_from(u32::from_be_bytes(rest[..4].try_into().unwrap())).unwrap();
        let body = &rest[4..length];
        bytes = &rest[length..];
        texts.push(match kind {
            b'T' => format!("T({})", render_columns(body)),
            b'D' => format!("D({})", render_row(body)),
            b'C' => format!("C({})", String::from_utf8_lossy(&body[..body.len() - 1])),
            b'E' | b'N' => {
                let fields: Vec<String> = body
                    .split(|byte| *byte == 0)
                    .map(|field| String::from_utf8_lossy(field).into_owned())
                    .collect();
                let field =
                    |code: char| fields.iter().find_map(|field| field.strip_prefix(code)).unwrap_or("");
                format!(
                    "{}({} {}{})",
                    char::from(*kind),
                    field('C'),
                    field('M'),
                    if field('P').is_empty() { String::new() } else { format!(" @{}", field('P')) }
                )
            }
            b'Z' => format!("Z({})", char::from(body[0])),
            b't' => format!(
                "t({})",
                body[2..]
                    .chunks(4)
                    .map(|oid| u32::from_be_bytes(oid.try_into().unwrap()).to_string())
                    .collect::<Vec<_>>()
                    .join(",")
            ),
            other => char::from(*other).to_string(),
        });
    }
    texts
}

fn render_columns(body: &[u8]) -> String {
    let mut rest = &body[2..];
    let mut columns = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == 0).unwrap();
        let name = String::from_utf8_lossy(&rest[..end]).into_owned();
        let oid = u32::from_be_bytes(rest[end + 7..end + 11].try_into().unwrap());
        columns.push(format!("{name}:{oid}"));
        rest = &rest[end + 19..];
    }
    columns.join(",")
}

fn render_row(body: &[u8]) -> String {
    let mut rest = &body[2..];
    let mut values = Vec::new();
    while !rest.is_empty() {
        let length = i32::from_be_bytes(rest[..4].try_into().unwrap());
        rest = &rest[4..];
        if let Ok(length) = usize::try_from(length) {
            values.push(String::from_utf8_lossy(&rest[..length]).into_owned());
            rest = &rest[length..];
        } else {
            values.push("NULL".to_owned());
        }
    }
    values.join("|")
}

#[test]
fn a_greeting_tells_settings_and_what_is_ignored() {
    let mut rig = Rig::new();
    let greeting = rig.take();
    assert!(greeting.iter().filter(|message| *message == "S").count() >= 13, "{greeting:?}");
    assert!(
        greeting.iter().any(|message| message.starts_with("N(42704 startup option \"threads\" cannot")),
        "{greeting:?}"
    );
    assert_eq!(greeting.last().unwrap(), "Z(I)");
}

#[test]
fn simple_queries_answer_rows_tags_and_status() {
    let mut rig = Rig::new();
    rig.take();
    assert_eq!(
        rig.query("SELECT 42 AS a, NULL AS b, 'x' AS c"),
        ["T(a:23,b:25,c:25)", "D(42|NULL|x)", "C(SELECT 1)", "Z(I)"]
    );
    assert_eq!(rig.query(""), ["I", "Z(I)"]);
    assert_eq!(rig.query("create table t(i int primary key, s varchar)"), ["C(CREATE TABLE)", "Z(I)"]);
    assert_eq!(rig.query("insert into t select range, 'v' from range(3)"), ["C(INSERT 0 3)", "Z(I)"]);
    assert_eq!(rig.query("update t set s = 'w' where i > 0"), ["C(UPDATE 2)", "Z(I)"]);
    assert_eq!(
        rig.query("insert into t values (9, 'q') returning i"),
        ["T(i:23)", "D(9)", "C(INSERT 0 1)", "Z(I)"]
    );
    assert_eq!(rig.query("create table t2 as select * from t"), ["C(SELECT 4)", "Z(I)"]);
    assert_eq!(
        rig.query("delete from t; select count(*) from t"),
        ["C(DELETE 4)", "T(count_star():20)", "D(0)", "C(SELECT 1)", "Z(I)"]
    );
    assert_eq!(
        rig.query("pivot (select 1 a, 'x' b) on b using sum(a)"),
        ["T(x:1700)", "D(1)", "C(SELECT 1)", "Z(I)"]
    );
    assert!(
        rig.query("select pg_catalog.version()")[1]
            .starts_with("D(PostgreSQL 15.0 (pintail test, DuckDB v1.5.5)")
    );
    let reset = rig.query("SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;");
    assert_eq!(reset[1..], ["D()", "C(SELECT 1)", "C(CLOSE CURSOR ALL)", "C(UNLISTEN)", "C(RESET)", "Z(I)"]);
    assert_eq!(rig.query("show timezone"), ["T(TimeZone:25)", "D(UTC)", "C(SHOW)", "Z(I)"]);
    assert_eq!(
        rig.query("set timezone to 'Europe/Berlin'; select '2024-01-01 00:00:00+00'::timestamptz as tz"),
        ["C(SET)", "T(tz:1184)", "D(2024-01-01 01:00:00+01)", "C(SELECT 1)", "S", "Z(I)"]
    );
}

#[test]
fn errors_have_codes_and_positions_and_undo_the_string() {
    let mut rig = Rig::new();
    rig.take();
    assert_eq!(rig.query("select 1; selec 2"), ["E(42601 syntax error at or near \"selec\" @11)", "Z(I)"]);
    let answer = rig.query("create table a(i int); select * from nope");
    assert_eq!(answer[0], "C(CREATE TABLE)");
    assert!(answer[1].starts_with("E(42P01 table with name nope does not exist @38"), "{answer:?}");
    assert!(rig.query("select * from a")[0].starts_with("E(42P01"));
    assert!(rig.query("select x")[0].starts_with("E(42703"));
    assert!(rig.query("select nofun(1)")[0].starts_with("E(42883"));
    assert!(rig.query("select 'x'::int")[1].starts_with("E(22P02"));
}

#[test]
fn blocks_tell_their_status() {
    let mut rig = Rig::new();
    rig.take();
    assert_eq!(rig.query("begin"), ["C(BEGIN)", "Z(T)"]);
    assert_eq!(
        rig.query("begin"),
        ["N(25001 there is already a transaction in progress)", "C(BEGIN)", "Z(T)"]
    );
    assert_eq!(rig.query("create table t(i int)"), ["C(CREATE TABLE)", "Z(T)"]);
    assert_eq!(rig.query("selec")[1], "Z(E)");
    assert!(rig.query("select 1")[0].starts_with("E(25P02"));
    assert_eq!(rig.query("commit"), ["C(ROLLBACK)", "Z(I)"]);
    assert!(rig.query("select * from t")[0].starts_with("E(42P01"));
    assert_eq!(rig.query("commit"), ["N(25P01 there is no transaction in progress)", "C(COMMIT)", "Z(I)"]);
    assert_eq!(
        rig.query("begin; create table t(i int); commit"),
        ["C(BEGIN)", "C(CREATE TABLE)", "C(COMMIT)", "Z(I)"]
    );
    assert_eq!(rig.query("select * from t"), ["T(i:23)", "C(SELECT 0)", "Z(I)"]);
    rig.query("begin read only");
    assert!(rig.query("insert into t values (1)")[0].starts_with("E(25006"));
}

#[test]
fn extended_queries_describe_bind_and_execute() {
    let mut rig = Rig::new();
    rig.take();
    assert_eq!(
        rig.prepared("select $1::int + 1 as a", vec![], &["41"]),
        ["1", "t(23)", "T(a:23)", "2", "D(42)", "C(SELECT 1)", "Z(I)"]
    );
    assert_eq!(
        rig.prepared("select $1 as foo", vec![], &["x"]),
        ["1", "t(25)", "T(foo:25)", "2", "D(x)", "C(SELECT 1)", "Z(I)"]
    );
    assert_eq!(
        rig.prepared("select $1 as foo", vec![20], &["7"]),
        ["1", "t(20)", "T(foo:20)", "2", "D(7)", "C(SELECT 1)", "Z(I)"]
    );
    rig.query("create table t(i bigint, s varchar)");
    assert_eq!(
        rig.prepared("insert into t values ($1, $2)", vec![], &["1", "a"]),
        ["1", "t(20,25)", "n", "2", "C(INSERT 0 1)", "Z(I)"]
    );
    let numeric = rig.prepared("select $1 = 0 as a, $1 as b", vec![1700], &["0.00000000000001"]);
    assert_eq!(numeric[2..5], ["T(a:16,b:1700)", "2", "D(f|0.00000000000001)"]);
    let sql = "select v from (values (1.5)) t(v) where v > $1";
    assert_eq!(rig.prepared(sql, vec![1700], &["1.4999999999999"])[4], "D(1.5)");
    let error = rig.prepared("select * from nope", vec![], &[]);
    assert!(error[0].starts_with("E(42P01") && error[1] == "Z(I)" && error.len() == 2, "{error:?}");
}

#[test]
fn what_duckdb_makes_several_statements_of_runs_as_one() {
    let mut rig = Rig::new();
    rig.take();
    rig.query("create table t(i int); insert into t values (1)");
    let alter = "alter table t add column j double default random()";
    assert_eq!(rig.prepared(alter, vec![], &[]), ["1", "t()", "n", "2", "C(ALTER TABLE)", "Z(I)"]);
    assert_eq!(rig.query("alter table t add column k uuid default uuid()"), ["C(ALTER TABLE)", "Z(I)"]);
    assert_eq!(rig.query("select count(j) a, count(k) b from t")[1], "D(1|1)");
}

#[test]
fn a_query_that_cannot_be_read_is_answered_at_once() {
    let mut rig = Rig::new();
    rig.take();
    let message = Frontend::decode(b'Q', b"select '\xff'\0");
    rig.session.handle(Incoming { kind: b'Q', message, sync_follows: false }, &mut rig.out).unwrap();
    assert_eq!(rig.take(), ["E(22021 invalid byte sequence for encoding \"UTF8\")", "Z(I)"]);
    assert_eq!(rig.query("create schema s; create table s.t(i int)").len(), 3);
}

#[test]
fn a_string_goes_on_after_it_ended_a_failed_block() {
    let mut rig = Rig::new();
    rig.take();
    rig.query("create table t(i int)");
    rig.query("begin; insert into t values (1)");
    rig.query("selec");
    assert_eq!(
        rig.query("rollback; insert into t values (5); select i from t"),
        ["C(ROLLBACK)", "C(INSERT 0 1)", "T(i:23)", "D(5)", "C(SELECT 1)", "Z(I)"]
    );
}

#[test]
fn settings_of_the_engine_go_back_with_reset_and_rollback() {
    let mut rig = Rig::new();
    rig.take();
    rig.query("create schema s; create table s.t(i int); create table t(j int)");
    let column = |rig: &mut Rig| rig.query("select * from t")[0].clone();
    rig.query("set search_path to s");
    assert_eq!(column(&mut rig), "T(i:23)");
    rig.query("reset search_path");
    assert_eq!(column(&mut rig), "T(j:23)");
    rig.query("begin; set local search_path = s, public");
    assert_eq!(column(&mut rig), "T(i:23)");
    rig.query("commit");
    assert_eq!(column(&mut rig), "T(j:23)");
    rig.query("set schema = 's'; selec");
    rig.query("begin; set search_path = s; rollback");
    assert_eq!(column(&mut rig), "T(j:23)");
    assert!(rig.query("set search_path = nowhere")[0].starts_with("E(3F000"), "an unknown schema");
    rig.query("set statement_timeout = 7000; select * from nowhere");
    assert_eq!(rig.query("show statement_timeout; show search_path")[1], "D(0)");
}

#[test]
fn what_is_refused_says_so_and_the_session_goes_on() {
    let mut rig = Rig::new();
    rig.take();
    let cases = [
        ("COPY (SELECT 1) TO '/tmp/x.csv'", "42501"),
        ("SELECT * FROM read_csv('/etc/passwd')", "42501"),
        ("FROM '/etc/hosts.csv'", "42501"),
        ("ATTACH ':memory:' AS m", "42501"),
        ("ATTACH '' AS m", "42501"),
        ("ATTACH '/tmp/x.duckdb'", "42501"),
        ("CREATE DATABASE x FROM '/tmp/x.duckdb'", "42501"),
        ("INSTALL spatial", "0A000"),
        ("LOAD json", "0A000"),
        ("UPDATE EXTENSIONS", "0A000"),
        ("EXPORT DATABASE '/tmp/x'", "42501"),
        ("IMPORT DATABASE '/tmp/x'", "42501"),
        ("CREATE TEMP TABLE t(i INT)", "0A000"),
        ("CREATE SECRET s (TYPE s3)", "0A000"),
        ("CREATE RESULT r AS SELECT 1", "0A000"),
        ("SET threads=4", "0A000"),
        ("SET GLOBAL threads TO 4", "0A000"),
        ("RESET threads", "0A000"),
        ("PRAGMA threads=4", "0A000"),
        ("FROM read_csv('x', MD_RUN=LOCAL)", "0A000"),
        ("FROM query('FROM enable_' || 'logging()')", "0A000"),
        ("SELECT current_setting('temp_directory')", "0A000"),
        ("SELECT set_config('threads', '4', false)", "0A000"),
        ("COPY (SELECT 1) TO '/dev/stdout'", "42501"),
        ("FORCE CHECKPOINT", "0A000"),
        ("PREPARE p AS COPY (SELECT 1) TO '/tmp/x'", "42501"),
        ("EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x'", "42501"),
    ];
    let mut wrong = Vec::new();
    for (sql, code) in cases {
        let simple = rig.query(sql);
        let extended = rig.prepared(sql, vec![], &[]);
        for answer in [simple, extended] {
            if !answer.iter().any(|message| message.starts_with(&format!("E({code}"))) {
                wrong.push(format!("{sql}: {answer:?}"));
            }
        }
        assert_eq!(rig.query("SELECT 1")[1], "D(1)", "{sql}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn copy_goes_both_ways_and_a_bad_row_leaves_nothing() {
    let mut rig = Rig::new();
    rig.take();
    rig.query("create table t(a int primary key, b varchar)");
    let copy = |rig: &mut Rig, sql: &str, data: &[u8]| {
        rig.send(Frontend::Query { sql }).send(Frontend::CopyData { data }).send(Frontend::CopyDone);
        rig.take()
    };
    assert_eq!(copy(&mut rig, "copy t from stdin", b"1\tx\n2\t\\N\n"), ["G", "C(COPY 2)", "Z(I)"]);
    let bad = copy(&mut rig, "copy t from stdin (format csv); select 1", b"3,y\nz,q\n");
    assert!(
        bad[1].starts_with("E(22P02 invalid input syntax for type integer: \"z\"") && bad.len() == 3,
        "{bad:?}"
    );
    let twice = copy(&mut rig, "copy t from stdin (format csv)", b"7,y\n1,q\n");
    assert!(twice[1].starts_with("E(23505") && twice.len() == 3, "{twice:?}");
    assert_eq!(
        copy(
            &mut rig,
            "copy t(b, a) from stdin (format csv, header); select count(*) c from t",
            b"b,a\nq,9\n"
        ),
        ["G", "C(COPY 1)", "T(c:20)", "D(3)", "C(SELECT 1)", "Z(I)"]
    );
    let out = rig.query("copy (select * from t order by a) to stdout (format csv, header)");
    assert_eq!(out, ["H", "d", "d", "d", "d", "c", "C(COPY 3)", "Z(I)"]);
    rig.send(Frontend::Query { sql: "copy t from stdin" }).send(Frontend::CopyFail { message: "no" });
    assert_eq!(rig.take(), ["G", "E(57014 COPY from stdin failed: no)", "Z(I)"]);
    assert!(rig.query("copy nope from stdin")[0].starts_with("E(42P01"));
}
