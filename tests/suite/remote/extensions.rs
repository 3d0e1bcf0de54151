//! The readers and writers of extensions, on remote files.

use std::{fmt::Write, fs};

use engine::{AllowAll, Instance, Options};
use harness::{RawClient, config, raw};

use super::{hosts::Hosts, start};

#[test]
fn excel_files_are_read_and_written() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let pintail = start(&hosts, &[("EGRESS_WRITE", "true"), ("DUCKLING_EXTENSIONS", "httpfs,excel")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    let answer = client
        .simple("copy (select i, 'row ' || i as t from range(10) r(i)) to 's3://lake/x.xlsx' (format xlsx, header true)")?;
    assert!(raw::error_in(&answer).is_none(), "{}", raw::lines(&answer));
    let web = format!("https://127.0.0.1:{}/x.xlsx", hosts.web);
    for from in [
        "read_xlsx('s3://lake/x.xlsx')".to_owned(),
        "'s3://lake/x.xlsx'".to_owned(),
        format!("read_xlsx('{web}')"),
        format!("'{web}'"),
    ] {
        assert_eq!(client.value(&format!("select sum(i) || max(t) from {from}"))?, "45.0row 9", "{from}");
    }
    let report = client.failure(&format!("from read_xlsx('https://127.0.0.1:{}/x.xlsx')", hosts.canary))?;
    assert_eq!(report.code(), "42501", "{report:?}");
    Ok(())
}

/// A table of five rows, made once with fastavro: its metadata name `s3://lake/ice`. In `local` they name a file of
/// the server's in the place of the data.
fn put_iceberg(hosts: &Hosts) -> anyhow::Result<()> {
    let fixture = config::root().join("tests/suite/remote/iceberg");
    for (from, to) in [("data", "ice/data"), ("metadata", "ice/metadata"), ("local", "bad/metadata")] {
        let folder = hosts.lake().join(to);
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(fixture.join(from))? {
            let entry = entry?;
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    Ok(())
}

#[test]
fn iceberg_tables_are_read() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    put_iceberg(&hosts)?;
    let pintail = start(&hosts, &[("DUCKLING_EXTENSIONS", "httpfs,iceberg")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    let table = "'s3://lake/ice/metadata/v1.metadata.json'";
    assert_eq!(client.value(&format!("select sum(i) || max(t) from iceberg_scan({table})"))?, "10row 4");
    assert_eq!(client.value(&format!("select record_count from iceberg_metadata({table})"))?, "5");
    assert_eq!(client.value(&format!("select snapshot_id from iceberg_snapshots({table})"))?, "1");
    let manifest = "read_avro('s3://lake/ice/metadata/m0.avro')";
    assert_eq!(client.value(&format!("select count(*) from {manifest}"))?, "1");
    // What a table's own metadata name is opened by DuckDB, within its locks.
    let report = client.failure("from iceberg_scan('s3://lake/bad/metadata/v1.metadata.json')")?;
    assert_eq!(report.code(), "42501", "{report:?}");
    assert_eq!(client.value("select 1")?, "1");
    Ok(())
}

/// A table of five rows in two files, written by hand as the protocol of Delta Lake says; and one whose log names a file
/// of the server's.
fn put_delta(hosts: &Hosts) -> anyhow::Result<()> {
    let table = hosts.lake().join("delta");
    fs::create_dir_all(table.join("_delta_log"))?;
    let duckdb = Instance::open(&Options::default())?.connect(AllowAll)?;
    let schema = r#"{\"type\":\"struct\",\"fields\":[{\"name\":\"i\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},{\"name\":\"t\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}"#;
    let mut log = format!(
        "{{\"protocol\":{{\"minReaderVersion\":1,\"minWriterVersion\":2}}}}\n{{\"metaData\":{{\"id\":\"5fba94ed-9794-4965-ba6e-6ee3c0d22af9\",\
         \"format\":{{\"provider\":\"parquet\",\"options\":{{}}}},\"schemaString\":\"{schema}\",\"partitionColumns\":[],\
         \"configuration\":{{}},\"createdTime\":1}}}}\n"
    );
    for (name, rows) in [("a.parquet", "0, 3"), ("b.parquet", "3, 5")] {
        let path = table.join(name);
        duckdb.execute(&format!(
            "COPY (SELECT i, 'row ' || i AS t FROM range({rows}) r(i)) TO '{}'",
            path.display()
        ))?;
        let size = fs::metadata(&path)?.len();
        writeln!(
            log,
            "{{\"add\":{{\"path\":\"{name}\",\"partitionValues\":{{}},\"size\":{size},\"modificationTime\":1,\"dataChange\":true}}}}"
        )?;
    }
    fs::write(table.join("_delta_log/00000000000000000000.json"), &log)?;
    let stray = hosts.lake().join("stray/_delta_log");
    fs::create_dir_all(&stray)?;
    fs::write(
        stray.join("00000000000000000000.json"),
        log.replace("a.parquet", "file:///etc/passwd").replace("b.parquet", "../../../etc/passwd"),
    )?;
    Ok(())
}

#[test]
fn delta_tables_are_read() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    put_delta(&hosts)?;
    let pintail = start(&hosts, &[("DUCKLING_EXTENSIONS", "delta")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    let table = "delta_scan('s3://lake/delta')";
    assert_eq!(client.value(&format!("select sum(i) || max(t) from {table}"))?, "10row 4");
    assert_eq!(client.value(&format!("select t from {table} where i = 3"))?, "row 3");
    assert_eq!(client.value("select count(*) from delta_list_files('s3://lake/delta')")?, "2");
    let web = format!("https://127.0.0.1:{}", hosts.web);
    for (sql, code, words) in [
        ("from delta_scan('/etc')".to_owned(), "42501", "local files"),
        ("from delta_scan('file:///etc')".to_owned(), "42501", "local files"),
        // What the log names is taken for a name below the table.
        ("from delta_scan('s3://lake/stray')".to_owned(), "58P01", "s3://lake/stray/"),
        // A store over https that knows no listing; its certificate is trusted, by the operator's own authority.
        (format!("from delta_scan('{web}/delta')"), "58030", "No files in log segment"),
        (
            format!("from delta_scan('https://127.0.0.1:{}/delta')", hosts.impostor),
            "58030",
            "error sending request",
        ),
        // No plain HTTP, and no credentials from the place where clouds have them.
        (format!("from delta_scan('http://127.0.0.1:{}/delta')", hosts.canary), "58030", "builder error"),
        ("from delta_scan('s3://nobody/delta')".to_owned(), "58030", "169.254.169.254"),
        (
            format!("from delta_scan('https://127.0.0.1:{}/delta')", hosts.canary),
            "42501",
            "egress rule \"port\"",
        ),
        ("attach 's3://lake/delta' as d (type delta)".to_owned(), "42501", "ATTACH"),
    ] {
        let failure = client.failure(&sql)?;
        assert_eq!(failure.code(), code, "{sql}: {failure:?}");
        assert!(failure.message().contains(words), "{sql}: {failure:?}");
        assert_eq!(client.value("select 1")?, "1");
    }
    assert_eq!(hosts.visitors(), Vec::<String>::new());
    Ok(())
}

#[test]
fn azure_blobs_are_read() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let pintail = start(&hosts, &[("DUCKLING_EXTENSIONS", "httpfs,azure"), ("EGRESS_WRITE", "true")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.simple("copy (from range(1000)) to 's3://lake/x.csv'")?;
    client.simple("copy (from range(1000)) to 's3://lake/x.parquet'")?;
    for from in [
        "read_csv('az://plain/x.csv')",
        "'az://plain/x.csv'",
        "read_csv('az://plain/*.csv')",
        "read_parquet('azure://plain/x.parquet')",
        "'az://secure/x.parquet'",
    ] {
        assert_eq!(client.value(&format!("select sum(range) from {from}"))?, "499500", "{from}");
    }
    for (sql, code, words) in [
        ("from 'az://plain/none.csv'", "58P01", "no remote files match"),
        ("from 'az://nobody/x.csv'", "22023", "credentials"),
        ("from read_csv('az://impostor/x.csv')", "58030", "SSL"),
        ("from read_csv('az://canary/x.csv')", "42501", "egress rule \"port\""),
        ("from read_csv('az://devstore.example.org/plain/x.csv')", "42501", "bucket and a key"),
        ("from read_csv('abfss://plain@devstore.example.org/x.csv')", "42501", "local files"),
        ("set azure_http_proxy = 'http://127.0.0.1:1'", "0A000", "setting"),
    ] {
        let failure = client.failure(sql)?;
        assert_eq!(failure.code(), code, "{sql}: {failure:?}");
        assert!(failure.message().contains(words), "{sql}: {failure:?}");
        assert_eq!(client.value("select 1")?, "1");
    }
    assert_eq!(hosts.visitors(), Vec::<String>::new());
    // Another account has no secret.
    let other = pintail.other_account("other")?;
    assert_eq!(RawClient::connect(&other)?.failure("from 'az://plain/x.csv'")?.code(), "22023");
    Ok(())
}
