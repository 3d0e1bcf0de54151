//! The readers and writers of extensions, on remote files.

use std::fs;

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
