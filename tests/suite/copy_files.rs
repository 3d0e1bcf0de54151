//! COPY of whole files: Parquet and Arrow streams out and in again, cut, broken, too large, cancelled; and what
//! is left on disk.

use std::{fs, path::Path};

use harness::{Backend, Batch, Pintail, RawClient, Report, raw};

/// A column of every type, with an edge each.
const TYPES: &str = "create table t as select * from (values
    (1::tinyint, 2::smallint, 3, 4::bigint, 5::utinyint, 6::usmallint, 7::uinteger, 8::ubigint, 1.5::float, -0.0::double,
     12.34::decimal(4,2), -99999999999999999999.5::decimal(38,1), true, 'a', 'a text of more than twelve bytes, ä€',
     '\\x00\\xFF'::blob, date '2020-01-02', time '23:59:59.999999', timestamp '2020-01-02 03:04:05.678901',
     timestamptz '2020-01-02 03:04:05+00', interval '1 month 2 days 3 seconds',
     'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '{\"a\": [1]}'::json, [1, null, 3], [['a'], [], null],
     {'x': 1, 'y': {'z': 'b'}}, map {'k': 1, 'l': null}, 'sad'::enum('sad', 'happy'), 1152921504606846976::hugeint,
     [1, 2]::integer[2], '0101'::bit, timestamp_s '2020-01-02 03:04:05', timestamp_ms '2020-01-02 03:04:05.6',
     timestamp_ns '2020-01-02 03:04:05.678901234'),
    (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
     null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)) as v";

fn copy_in(client: &mut RawClient, sql: &str, data: &[u8], piece: usize) -> anyhow::Result<Vec<Backend>> {
    let mut batch = Batch::new().query(sql);
    for piece in data.chunks(piece) {
        batch = batch.copy_data(piece);
    }
    client.send(&batch.copy_done())?;
    client.until_ready()
}

fn copy_out(client: &mut RawClient, sql: &str) -> anyhow::Result<Vec<u8>> {
    client.send(&Batch::new().query(sql))?;
    let answer = client.until_ready()?;
    assert_eq!(raw::error_in(&answer).map(Report::message), None, "{sql}");
    let mut data = Vec::new();
    for message in answer {
        match message {
            Backend::CopyOut(format, columns) => {
                assert!(format == 1 && columns.iter().all(|format| *format == 1));
            }
            Backend::CopyData(piece) => data.extend(piece),
            _ => {}
        }
    }
    Ok(data)
}

/// The files of COPY that are there.
fn spooled(pintail: &Pintail) -> Vec<String> {
    fn walk(directory: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                walk(&entry.path(), found);
            } else if name.starts_with("copy-") || name.starts_with("tmp_copy-") {
                found.push(name);
            }
        }
    }
    let mut found = Vec::new();
    walk(&pintail.data(), &mut found);
    found
}

#[test]
fn files_go_out_and_come_back() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows(TYPES)?;
    for format in ["parquet", "arrow"] {
        let data = copy_out(&mut client, &format!("copy t to stdout (format {format})"))?;
        if format == "parquet" {
            assert!(data.starts_with(b"PAR1") && data.ends_with(b"PAR1"));
        }
        for piece in [100, 70_000] {
            client.rows("create or replace table u as from t limit 0")?;
            let answer = copy_in(&mut client, &format!("copy u from stdin (format {format})"), &data, piece)?;
            assert!(answer.contains(&Backend::CommandComplete("COPY 2".into())), "{}", raw::lines(&answer));
            for column in client.rows("select column_name from duckdb_columns() where table_name = 't'")? {
                let column = column[0].clone().unwrap_or_default();
                let sql =
                    format!("select count(*) from (select {column} from t except select {column} from u)");
                let now = client.rows(&format!("select {column}::varchar from u"))?;
                assert_eq!(client.value(&sql)?, "0", "{format}: {column} {now:?}");
            }
        }
    }
    // By position, with DuckDB's casts; a query; columns that are left out get their defaults.
    client.rows("create table v(a varchar default 'none', b bigint, c double default 7)")?;
    for (format, expected) in [("parquet", "COPY 3"), ("arrow", "COPY 3")] {
        let query = format!(
            "copy (select range::int as x, range + 0.5 as y from range(3) -- three\n) to stdout (format {format})"
        );
        let data = copy_out(&mut client, &query)?;
        let answer = copy_in(&mut client, &format!("copy v(b, a) from stdin (format {format})"), &data, 999)?;
        assert!(answer.contains(&Backend::CommandComplete(expected.into())), "{}", raw::lines(&answer));
    }
    let rows = client.rows("select distinct a, b, c from v order by b")?;
    assert_eq!(rows[2].iter().flatten().map(String::as_str).collect::<Vec<_>>(), ["2.5", "2", "7"]);
    // No rows are a file too.
    for format in ["parquet", "arrow"] {
        let data =
            copy_out(&mut client, &format!("copy (select 1 as a where false) to stdout (format {format})"))?;
        client.rows("create or replace table w(a int)")?;
        let answer = copy_in(&mut client, &format!("copy w from stdin (format {format})"), &data, 50)?;
        assert!(answer.contains(&Backend::CommandComplete("COPY 0".into())), "{}", raw::lines(&answer));
    }
    let small =
        "copy (from range(100000)) to stdout (format parquet, compression zstd, row_group_size 50000)";
    let plain = "copy (from range(100000)) to stdout (format parquet, compression uncompressed)";
    assert!(copy_out(&mut client, small)?.len() < copy_out(&mut client, plain)?.len());
    assert_eq!(spooled(&pintail), Vec::<String>::new());
    Ok(())
}

#[test]
fn broken_files_are_refused_and_leave_nothing() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("create table t(a int, b varchar)")?;
    client.rows("create table narrow(a int)")?;
    client.rows("create table checked(a int check (a < 50), b varchar)")?;
    for format in ["parquet", "arrow"] {
        let source = "select range::int as a, 'row ' || range as b from range(5000)";
        let data = copy_out(&mut client, &format!("copy ({source}) to stdout (format {format})"))?;
        let sql = format!("copy t from stdin (format {format})");
        let mut cases =
            vec![Vec::new(), b"nonsense".to_vec(), b"PAR1PAR1".to_vec(), vec![0xff; 64], vec![0; 64]];
        cases.extend((1..40).map(|part| data[..data.len() * part / 40].to_vec()));
        cases.extend([data[1..].to_vec(), [data.as_slice(), b"more"].concat()]);
        for case in &cases {
            let answer = copy_in(&mut client, &sql, case, 3000)?;
            let report =
                raw::error_in(&answer).unwrap_or_else(|| panic!("{format}: {} bytes are taken", case.len()));
            assert_eq!(report.code(), "22P04", "{format} of {} bytes: {report:?}", case.len());
            let all = format!("{report:?}");
            assert!(!all.contains("copy-") && !all.contains("/spill"), "a path is shown: {all}");
            assert_eq!(client.value("select count(*) from t")?, "0");
        }
        // Bytes changed anywhere: refused, or read as other values; the session lives.
        for at in (0..data.len()).step_by(data.len() / 60) {
            let mut changed = data.clone();
            changed[at] ^= 0x55;
            copy_in(&mut client, &sql, &changed, 10_000)?;
            client.rows("truncate t")?;
        }
        for (sql, code) in [
            (format!("copy narrow from stdin (format {format})"), "22P04"),
            (format!("copy checked from stdin (format {format})"), "23514"),
            (format!("copy t(b, a) from stdin (format {format})"), "22P02"),
            (format!("copy t from stdin (format {format}) where a > 1"), "0A000"),
            (format!("copy t from stdin (format {format}, header)"), "0A000"),
            (format!("copy t from stdin (format {format}, delimiter ',')"), "42601"),
            (format!("copy t from stdin (format {format}, compression zstd)"), "0A000"),
        ] {
            let answer = copy_in(&mut client, &sql, &data, 9000)?;
            let report = raw::error_in(&answer).unwrap_or_else(|| panic!("{sql} is taken"));
            assert_eq!(report.code(), code, "{sql}: {report:?}");
        }
        for table in ["t", "checked", "narrow"] {
            assert_eq!(client.value(&format!("select count(*) from {table}"))?, "0", "{format}");
        }
        // Errors while a file is written come before any of it.
        let failing = format!(
            "copy (select case when range = 90000 then error('no') else range end as x from range(100000)) to stdout (format {format})"
        );
        client.send(&Batch::new().query(&failing))?;
        let answer = client.until_ready()?;
        assert!(raw::error_in(&answer).is_some(), "{}", raw::lines(&answer));
        assert_eq!(client.value("select 1")?, "1");
        client.send(&Batch::new().query(&sql).copy_data(&data).copy_fail("changed my mind"))?;
        assert_eq!(raw::error_in(&client.until_ready()?).map(Report::code), Some("57014"));
    }
    assert_eq!(spooled(&pintail), Vec::<String>::new());
    Ok(())
}

#[test]
fn uploads_keep_to_their_limit_and_nobody_reads_them() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("DUCKLING_SPILL_LIMIT", "1MiB")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows("create table t(a int)")?;
    let answer = copy_in(&mut client, "copy t from stdin (format parquet)", &vec![1; 2 << 20], 60_000)?;
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("53400"), "{}", raw::lines(&answer));
    client.send(
        &Batch::new()
            .query("copy (select range, hash(range) as h from range(1000000)) to stdout (format parquet)"),
    )?;
    let answer = client.until_ready()?;
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("53400"), "{}", raw::lines(&answer));
    // While an upload waits its file is there, and is nobody's to read.
    client.send(&Batch::new().query("copy t from stdin (format parquet)").copy_data(&[1; 1000]))?;
    assert!(matches!(client.receive()?, Some(Backend::CopyIn(1, _))));
    let mut other = RawClient::connect(&pintail.target())?;
    let mut files = Vec::new();
    for _ in 0..100 {
        files = spooled(&pintail);
        if !files.is_empty() {
            break;
        }
        other.rows("select 1")?;
    }
    assert_eq!(files.len(), 1);
    let path = pintail.data().join("accounts").join("default").join("spill").join(&files[0]);
    for sql in [
        format!("select * from read_blob('{}')", path.display()),
        format!("select * from read_parquet('{}')", path.display()),
        format!("copy t from '{}'", path.display()),
        format!("copy t to '{}' (format parquet)", path.display()),
        "select * from glob('*')".to_owned(),
    ] {
        assert_eq!(other.failure(&sql)?.code(), "42501", "{sql}");
    }
    drop(client);
    for _ in 0..200 {
        if spooled(&pintail).is_empty() {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("the file of a client that has gone stays: {:?}", spooled(&pintail));
}
