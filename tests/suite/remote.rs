//! Remote data: https and S3 through the egress proxy, what the proxy refuses, and how failures are told.

mod addresses;
mod blobs;
mod extensions;
pub(crate) mod hosts;
mod secrets;
mod throughput;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use harness::{Batch, Pintail, RawClient, Report, raw};

use self::hosts::Hosts;

fn start(hosts: &Hosts, more: &[(&str, &str)]) -> anyhow::Result<Pintail> {
    let settings = hosts::settings(hosts, more)?;
    let settings: Vec<(&str, &str)> =
        settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    Pintail::configured(&settings)
}

/// The bucket, written through Pintail: 1000 rows as Parquet, in two partitions, as CSV and as JSON.
fn fill(client: &mut RawClient) -> anyhow::Result<()> {
    client.rows("create table written as select i, 'row ' || i as t, i % 2 as part from range(1000) r(i)")?;
    for statement in [
        "copy written to 's3://lake/all.parquet'",
        "copy written to 's3://lake/parts' (format parquet, partition_by (part))",
        "copy written to 's3://lake/all.csv' (header)",
        "copy (from written limit 3) to 's3://lake/some.json'",
    ] {
        let answer = client.simple(statement)?;
        assert!(raw::error_in(&answer).is_none(), "{statement}: {}", raw::lines(&answer));
    }
    Ok(())
}

#[test]
fn remote_files_are_read_and_written() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let pintail = start(&hosts, &[("EGRESS_WRITE", "true")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    fill(&mut client)?;
    let web = format!("https://127.0.0.1:{}", hosts.web);
    for (from, expected) in [
        (format!("read_parquet('{web}/all.parquet')"), "1000 499500"),
        (format!("read_csv('{web}/all.csv')"), "1000 499500"),
        (format!("read_csv_auto(['{web}/all.csv', '{web}/all.csv'])"), "2000 999000"),
        (format!("read_json('{web}/some.json')"), "3 3"),
        (format!("'{web}/all.parquet'"), "1000 499500"),
        (format!("\"{web}/all.parquet\""), "1000 499500"),
        ("'s3://lake/all.parquet'".to_owned(), "1000 499500"),
        ("read_parquet('s3://lake/all.parquet', MD_RUN=REMOTE)".to_owned(), "1000 499500"),
        ("read_csv('s3://lake/*.csv')".to_owned(), "1000 499500"),
        ("read_parquet('s3://lake/parts/*/*.parquet')".to_owned(), "1000 499500"),
        (
            "read_parquet('s3://lake/parts/**', hive_partitioning = true) where part = 1".to_owned(),
            "500 250000",
        ),
        ("(select i from 's3://lake/all.csv')".to_owned(), "1000 499500"),
    ] {
        let sql = format!("select count(*) || ' ' || sum(i) from {from}");
        assert_eq!(client.value(&sql)?, expected, "{sql}");
        let answer = client.extended(&sql)?;
        assert!(raw::error_in(&answer).is_none(), "{sql}: {}", raw::lines(&answer));
    }
    client.rows("create table copied as from 's3://lake/all.parquet'")?;
    client.rows("create view seen as from 's3://lake/all.parquet'")?;
    client.rows(&format!("copy copied from '{web}/all.parquet'"))?;
    assert_eq!(
        client.value("select (select count(*) from copied) || ' ' || (select count(*) from seen)")?,
        "2000 1000"
    );
    assert_eq!(client.value("select count(*) from glob('s3://lake/*')")?, "3");
    let other = pintail.other_account("other")?;
    let failure = RawClient::connect(&other)?.failure("from read_csv('s3://lake/all.csv')")?;
    assert_eq!(failure.code(), "42501", "another account has not this one's secret: {failure:?}");
    Ok(())
}

#[test]
fn what_no_rule_allows_is_refused_with_host_and_rule() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let pintail = start(&hosts, &[])?;
    let mut client = RawClient::connect(&pintail.target())?;
    let (web, canary) = (hosts.web, hosts.canary);
    for (url, host, rule) in [
        (format!("http://127.0.0.1:{canary}/x.csv"), format!("127.0.0.1:{canary}"), "port"),
        (format!("https://127.0.0.1:{canary}/x.csv"), format!("127.0.0.1:{canary}"), "port"),
        (format!("http://localhost:{canary}/x.csv"), format!("localhost:{canary}"), "port"),
        ("http://127.0.0.1/x.csv".to_owned(), "127.0.0.1:80".to_owned(), "loopback"),
        ("http://2130706433/x.csv".to_owned(), "127.0.0.1:80".to_owned(), "loopback"),
        ("https://localhost/x.csv".to_owned(), "localhost:443".to_owned(), "loopback"),
        ("http://[::1]/x.csv".to_owned(), "[::1]:80".to_owned(), "loopback"),
        ("http://169.254.169.254/latest/x.csv".to_owned(), "169.254.169.254:80".to_owned(), "link-local"),
        ("http://10.0.0.1/x.csv".to_owned(), "10.0.0.1:80".to_owned(), "private"),
        (format!("https://127.0.0.1:{web}/to-canary.csv"), format!("127.0.0.1:{canary}"), "port"),
    ] {
        for sql in [format!("select * from read_csv('{url}')"), format!("create table t as from '{url}'")] {
            let failure = client.failure(&sql)?;
            assert_eq!(failure.code(), "42501", "{sql}: {failure:?}");
            let message = format!("access to host \"{host}\" is refused by the egress rule \"{rule}\"");
            assert_eq!(failure.message(), message, "{sql}");
            let hint = format!("[egress] allow = [\"{host}\"]");
            assert!(failure.hint().ends_with(&hint), "{sql}: {failure:?}");
            assert_eq!(client.value("select 1")?, "1");
        }
    }
    assert_eq!(hosts.visitors(), Vec::<String>::new());
    Ok(())
}

#[test]
fn failures_say_what_is_wrong() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let pintail = start(&hosts, &[("EGRESS_HEADER_TIMEOUT_S", "1"), ("EGRESS_RETRIES", "0")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    let web = format!("https://127.0.0.1:{}", hosts.web);
    for (sql, code, words) in [
        (format!("from read_csv('{web}/missing.csv')"), "58P01", "404"),
        (format!("from '{web}/missing.parquet'"), "58P01", "404"),
        (format!("from read_csv('{web}/status/403.csv')"), "42501", "the host refused it"),
        (format!("from read_csv('{web}/status/500.csv')"), "58030", "500"),
        ("from read_csv('https://nowhere.invalid/x.csv')".to_owned(), "HV00N", "nowhere.invalid"),
        (format!("from read_csv('https://127.0.0.1:{}/all.csv')", hosts.impostor), "HV00N", "SSL"),
        ("from read_csv('s3://lake/none*.csv')".to_owned(), "58P01", "s3://lake/none*.csv"),
        (format!("from read_csv('{web}/*.csv')"), "0A000", "patterns"),
        ("copy (select 1) to 's3://lake/x.csv'".to_owned(), "42501", "writing remote files"),
        ("copy (select 1) to 'https://127.0.0.1/x.csv'".to_owned(), "42501", "writing remote files"),
        ("from read_csv(['https://127.0.0.1/x.csv', '/etc/passwd'])".to_owned(), "42501", "local files"),
        (format!("attach '{web}/x.duckdb' (read_only)"), "42501", "ATTACH"),
        ("from duckdb_secrets()".to_owned(), "0A000", "secrets"),
    ] {
        let failure = client.failure(&sql)?;
        assert_eq!(failure.code(), code, "{sql}: {failure:?}");
        assert!(failure.message().contains(words), "{sql}: {failure:?}");
        assert_eq!(client.value("select 1")?, "1");
    }
    Ok(())
}

/// DuckDB by itself answers no rows when it need not open a file to answer.
#[test]
fn a_file_that_cannot_be_read_is_an_error_however_little_is_asked_of_it() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    fs::write(hosts.lake().join("t.csv"), "i\n1\n")?;
    let pintail = start(&hosts, &[("EGRESS_RETRIES", "0")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    let web = format!("https://127.0.0.1:{}", hosts.web);
    for function in ["read_text", "read_blob"] {
        let known = format!("{function}(['{web}/t.csv', 's3://lake/t.csv'])");
        assert_eq!(
            client.value(&format!("select count(*) || max(filename) from {known}"))?,
            "2s3://lake/t.csv"
        );
        assert_eq!(client.value(&format!("select sum(size) from {known}"))?, "8");
        assert_eq!(client.value(&format!("select count(*) from {function}('s3://lake/*.csv')"))?, "1");
        assert_eq!(client.value(&format!("select count(*) from {function}('s3://lake/*.none')"))?, "0");
        for (file, code) in [
            (format!("http://127.0.0.1:{}/x", hosts.canary), "42501"),
            ("http://169.254.169.254/x".to_owned(), "42501"),
            (format!("{web}/missing"), "58P01"),
            ("s3://lake/missing".to_owned(), "58P01"),
            (format!("{web}/status/500"), "58030"),
            ("https://nowhere.invalid/x".to_owned(), "HV00N"),
        ] {
            for what in ["count(*)", "filename", "1", "*"] {
                let sql = format!("select {what} from {function}(['{web}/t.csv', '{file}'])");
                let failure = client.failure(&sql)?;
                assert_eq!(failure.code(), code, "{sql}: {failure:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_host_that_does_not_answer_is_not_waited_for_without_end() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let settings =
        [("EGRESS_HEADER_TIMEOUT_S", "1"), ("EGRESS_IDLE_TIMEOUT_S", "2"), ("EGRESS_RETRIES", "0")];
    let pintail = start(&hosts, &settings)?;
    let mut client = RawClient::connect(&pintail.target())?;
    let began = Instant::now();
    let failure = client.failure(&format!("from read_csv('https://127.0.0.1:{}/slow')", hosts.web))?;
    assert_eq!(failure.code(), "HV00N", "{failure:?}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert_eq!(client.value("select 1")?, "1");
    Ok(())
}

#[test]
fn a_statement_that_waits_for_a_host_can_be_cancelled() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let pintail = start(&hosts, &[])?;
    let target = pintail.target();
    let mut client = RawClient::connect(&target)?;
    let slow = format!("from read_csv('https://127.0.0.1:{}/slow')", hosts.web);
    let (process_id, secret) = client.key()?;
    let began = Instant::now();
    client.send(&Batch::new().query(&slow))?;
    std::thread::sleep(Duration::from_millis(500));
    raw::cancel(&target, process_id, &secret)?;
    let answer = client.until_ready()?;
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("57014"), "{}", raw::lines(&answer));
    println!("cancelled while it waited for a host: {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    client.rows("set statement_timeout = 500")?;
    let began = Instant::now();
    assert_eq!(client.failure(&slow)?.code(), "57014");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    Ok(())
}

#[test]
fn without_a_way_out_nothing_is_remote() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let pintail = start(&hosts, &[("EGRESS_ENABLED", "false")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    for sql in [
        format!("from read_csv('https://127.0.0.1:{}/all.csv')", hosts.web),
        "copy (select 1) to 's3://lake/x.csv'".to_owned(),
    ] {
        let failure = client.failure(&sql)?;
        assert!(["0A000", "42501"].contains(&failure.code()), "{sql}: {failure:?}");
    }
    Ok(())
}

#[test]
fn a_remote_database_is_attached_where_the_operator_allows_it() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let pintail = start(&hosts, &[("EGRESS_ATTACH", "true")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    for sql in ["create table kept as select 7 as i", "create view seen as from kept", "checkpoint"] {
        client.rows(sql)?;
    }
    fs::copy(database_file(&pintail.data())?, hosts.lake().join("x.duckdb"))?;
    let web = format!("https://127.0.0.1:{}", hosts.web);
    for sql in [
        format!("attach '{web}/x.duckdb' as far"),
        format!("attach '{web}/x.duckdb' as far (read_only false)"),
        format!("attach '{web}/x.duckdb' as far (read_only, type sqlite)"),
        "attach '/etc/passwd' as far (read_only)".to_owned(),
        format!("attach '{web}/x.duckdb' as Sample_Data (read_only)"),
        format!("attach or replace '{web}/x.duckdb' as SAMPLE_DATA (read_only)"),
        "detach Temp".to_owned(),
    ] {
        assert_eq!(client.failure(&sql)?.code(), "42501", "{sql}");
    }
    for sql in ["detach my_db", "detach \"My_Db\""] {
        assert_eq!(client.failure(sql)?.code(), "55006", "{sql}");
    }
    assert_eq!(client.failure("detach far")?.code(), "3D000");
    client.rows(&format!("attach '{web}/x.duckdb' as far (read_only)"))?;
    assert_eq!(client.value("select (select i from far.kept) + (select i from far.seen)")?, "14");
    let mut second = RawClient::connect(&pintail.target())?;
    assert_eq!(second.value("select i from far.main.kept")?, "7");
    assert_eq!(client.failure("insert into far.kept values (8)")?.code(), "42501");
    client.rows("checkpoint far")?;
    second.rows("detach FAR")?;
    assert_eq!(client.failure("from far.kept")?.severity(), "ERROR");
    // Its name is that of its file when the statement gives none.
    client.rows(&format!("attach '{web}/x.duckdb' (read_only)"))?;
    assert_eq!(second.value("select i from x.kept")?, "7");
    client.rows("detach x")?;
    assert_eq!(client.value("select count(*) > 0 from sample_data.hn.hacker_news")?, "t");
    Ok(())
}

#[test]
fn a_remote_database_is_in_use_as_any_other() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let pintail = start(&hosts, &[("EGRESS_ATTACH", "true")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    for sql in ["create table kept as select 7 as i", "checkpoint"] {
        client.rows(sql)?;
    }
    for name in ["x", "y"] {
        fs::copy(database_file(&pintail.data())?, hosts.lake().join(format!("{name}.duckdb")))?;
    }
    let attach = |file: &str, name: &str| {
        format!("attach 'https://127.0.0.1:{}/{file}.duckdb' as {name} (read_only)", hosts.web)
    };
    client.rows(&attach("x", "far"))?;
    let mut second = RawClient::connect(&pintail.target())?;
    for (begin, end) in [
        ("begin; select i from far.kept", "commit"),
        ("begin; select count(*) from duckdb_sequences()", "commit"),
        ("use far", "use my_db"),
    ] {
        second.simple(begin)?;
        assert_eq!(client.failure("detach far")?.code(), "55006", "{begin}");
        assert_eq!(client.failure(&attach("y", "far"))?.code(), "42501", "{begin}");
        assert_eq!(second.value("select current_database() is not null")?, "t");
        second.rows(end)?;
        client.rows("detach far")?;
        client.rows(&attach("y", "far"))?;
        assert_eq!(second.value("select i from far.kept")?, "7");
    }
    // A name that a session has for itself is taken.
    client.simple("create database mine; detach mine; detach far")?;
    let mut single = RawClient::connect_with(&pintail.target(), &[("options", "--attach_mode=single")])?;
    single.rows(&attach("x", "mine"))?;
    assert_eq!(client.failure("attach 'md:mine'")?.code(), "42P04");
    assert_eq!(client.failure(&attach("y", "mine"))?.code(), "42P04");
    assert_eq!(single.failure("insert into mine.kept values (8)")?.code(), "42501");
    single.rows("detach mine")?;
    client.rows("attach 'md:mine'")?;
    Ok(())
}

#[test]
fn parameters_do_not_keep_a_slow_host_asked_beyond_the_time_out() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let pintail = start(&hosts, &[("DUCKLING_STOP_GRACE_MS", "2000")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    fs::write(hosts.lake().join("late.csv"), "a,b\nx,1\n")?;
    let mut second = RawClient::connect(&pintail.target())?;
    client.rows("set statement_timeout = '2s'")?;
    let sql = format!(
        "select * from read_csv('https://127.0.0.1:{}/late/late.csv') where a::varchar like ('%' || $1 || '%') \
         and b > $2 and b > $3 and b > $4 and b > $5",
        hosts.web
    );
    let began = Instant::now();
    client.send(&Batch::new().parse("", &sql, &[]).sync())?;
    let answer = client.until_ready()?;
    assert_eq!(raw::error_in(&answer).map(Report::code), Some("57014"), "{}", raw::lines(&answer));
    println!("stopped after {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(second.value("select 1")?, "1", "the process goes on");
    Ok(())
}

#[test]
fn without_a_network_namespace_the_port_of_the_proxy_is_still_the_way() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    fs::write(hosts.lake().join("t.csv"), "i\n1\n")?;
    let settings = hosts::settings(&hosts, &[])?;
    let settings: Vec<(&str, &str)> =
        settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let pintail = Pintail::started_by(&[env!("CARGO_BIN_EXE_without"), "unshare"], &settings)?;
    let mut client = RawClient::connect(&pintail.target())?;
    let same = fs::read_link(format!("/proc/{}/ns/net", pintail.duckling()?))?;
    assert_eq!(same, fs::read_link("/proc/self/ns/net")?, "it is in the host's network");
    assert_eq!(client.value(&format!("select i from 'https://127.0.0.1:{}/t.csv'", hosts.web))?, "1");
    let failure = client.failure(&format!("from 'http://127.0.0.1:{}/x.csv'", hosts.canary))?;
    assert_eq!(failure.code(), "42501", "{failure:?}");
    assert_eq!(hosts.visitors(), Vec::<String>::new());
    Ok(())
}

/// What `GET /metrics` answers, at the address that the log names.
fn metrics(pintail: &Pintail) -> anyhow::Result<String> {
    let log = pintail.log();
    let (_, url) = log.split_once("metrics url=\"http://").context("no address in the log")?;
    let (address, _) = url.split_once('/').context("no path in the address")?;
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn requests_and_bytes_are_counted_by_account_and_host() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    fs::write(hosts.lake().join("t.csv"), "i\n1\n")?;
    let pintail = start(&hosts, &[("METRICS_LISTEN", "127.0.0.1:0"), ("EGRESS_RETRIES", "0")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.rows(&format!("from 'https://127.0.0.1:{}/t.csv'", hosts.web))?;
    client.failure("from 'http://10.0.0.1/t.csv'")?;
    let answer = metrics(&pintail)?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    for line in [
        "pintail_sessions 1",
        "pintail_duckling_starts_total{account=\"default\"} 1",
        "pintail_egress_requests_total{account=\"default\",host=\"127.0.0.1\",outcome=\"connected\"} ",
        "pintail_egress_requests_total{account=\"default\",host=\"10.0.0.1\",outcome=\"private\"} ",
        "pintail_egress_moved_bytes_total{account=\"default\",host=\"127.0.0.1\",direction=\"received\"} ",
        "pintail_egress_connections{account=\"default\"} ",
    ] {
        assert!(answer.contains(line), "{line} in {answer}");
    }
    Ok(())
}

/// The file of the account's only own database: the one that was written last.
fn database_file(data: &Path) -> anyhow::Result<PathBuf> {
    let mut folders = vec![data.join("accounts")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "duckdb") {
                files.push((fs::metadata(&path)?.modified()?, path));
            }
        }
    }
    files.into_iter().max().map(|(_, path)| path).context("the account has no database")
}
