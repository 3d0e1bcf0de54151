//! Addresses of S3 objects that would have a secret's signature sent to a host of the statement's choice: by themselves,
//! by an option of COPY that adds to them.

use std::collections::BTreeMap;

use harness::{Pintail, RawClient};

use super::hosts::{self, Hosts};

/// The message of the rule.
const MESSAGE: &str = "the address of an object must be a bucket and a key, without host or parameters";

#[test]
fn no_address_chooses_the_host_that_a_secret_signs_for() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    // The canary may be reached: only the rule keeps requests from it.
    let allowed =
        format!("{}, 127.0.0.1:{canary}, localhost:{canary}", hosts.allowed(), canary = hosts.canary);
    let more = [("EGRESS_WRITE", "true"), ("EGRESS_ATTACH", "true"), ("EGRESS_ALLOW", allowed.as_str())];
    let settings: BTreeMap<String, String> = hosts::settings(&hosts, &more)?;
    let settings: Vec<(&str, &str)> =
        settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let pintail = Pintail::configured(&settings)?;
    let mut client = RawClient::connect(&pintail.target())?;
    let parameters = format!("?s3_endpoint=127.0.0.1:{}&s3_use_ssl=false&s3_url_style=path", hosts.canary);
    let encoded = parameters.replace("s3_endpoint", "s3%5Fendpoint");
    for sql in [
        format!("from read_csv('s3://lake/x.csv{parameters}')"),
        format!("from read_csv('s3://lake/x.csv{encoded}')"),
        format!("from 's3://lake/*.csv{parameters}'"),
        format!("select count(*) from read_text('s3://lake/x{parameters}')"),
        format!("from read_csv('s3://127.0.0.1:{}#/x.csv')", hosts.canary),
        format!("copy (select 1) to 's3://lake/x.csv{parameters}'"),
        format!("copy (select 1) to 's3://lake/x{parameters}' (format parquet)"),
        format!("copy (select 1 a, 2 b) to 's3://lake/parts{parameters}' (format csv, partition_by (a))"),
        format!(
            "copy (select 1 a, 2 b) to 's3://lake/parts' (format csv, partition_by (a), filename_pattern 'x{parameters}&i={{i}}')"
        ),
        format!(
            "copy (from range(10)) to 's3://lake/each' (format csv, per_thread_output, file_extension 'csv{parameters}')"
        ),
        format!("attach 's3://lake/x.duckdb{parameters}' as far (read_only)"),
    ] {
        let failure = client.failure(&sql)?;
        assert_eq!((failure.code(), failure.message()), ("42501", MESSAGE), "{sql}: {failure:?}");
        assert!(failure.hint().contains("[account.NAME.secret."), "{failure:?}");
        assert_eq!(client.value("select 1")?, "1");
    }
    assert_eq!(hosts.visitors(), Vec::<String>::new());
    Ok(())
}
