//! Twelve clients that read Parquet over https and s3 through the proxy, beside DuckDB that reads the same from the same
//! servers directly. Prints a table.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use engine::{AllowAll, Instance, Options};
use harness::{Pintail, RawClient, process};

use super::{hosts::Hosts, start};

const CLIENTS: usize = 12;

/// Files that each client reads in a round.
const FILES: usize = 3;

/// Rounds of each side, in turn; the best counts.
const ROUNDS: usize = 4;

/// For both sides.
const THREADS: &str = "4";
const MEMORY: &str = "2GiB";

/// Of what the proxy may at least leave.
const LEAST: f64 = 0.85;

/// Each reading is of a name of its own, so that nothing is found in DuckDB's cache of remote files.
static READINGS: AtomicUsize = AtomicUsize::new(0);

/// Runs a query to its end.
type Client = Box<dyn FnMut(&str) + Send>;

/// Where the file is, in one of its many names.
#[derive(Clone, Copy, Debug)]
enum Store {
    Https,
    S3,
}

fn sql(hosts: &Hosts, store: Store) -> String {
    let number = READINGS.fetch_add(1, Ordering::Relaxed);
    let url = match store {
        Store::Https => format!("https://localhost:{}/{number}/big.parquet", hosts.web),
        Store::S3 => format!("s3://plain/{number}/big.parquet"),
    };
    format!(
        "SELECT bit_xor(a), bit_xor(b), bit_xor(c), bit_xor(d), bit_xor(e), bit_xor(f) FROM read_parquet('{url}')"
    )
}

/// Runs the readings of all clients at the same time; how long it took.
fn round(clients: &mut [Client], hosts: &Hosts, store: Store) -> Duration {
    let work: Vec<Vec<String>> =
        clients.iter().map(|_| (0..FILES).map(|_| sql(hosts, store)).collect()).collect();
    let begun = Instant::now();
    thread::scope(|scope| {
        for (client, work) in clients.iter_mut().zip(&work) {
            scope.spawn(move || work.iter().for_each(|sql| client(sql)));
        }
    });
    begun.elapsed()
}

/// DuckDB in this process, with the settings that a duckling has but for the proxy.
fn direct(hosts: &Hosts) -> anyhow::Result<Vec<Client>> {
    let extensions = harness::config::root().join(".duckdb/extensions").display().to_string();
    let options =
        [("extension_directory", extensions.as_str()), ("threads", THREADS), ("memory_limit", MEMORY)];
    let config = options.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let instance = Instance::open(&Options { config })?;
    let control = instance.connect(AllowAll)?;
    for statement in [
        "LOAD 'httpfs'".to_owned(),
        "SET GLOBAL httpfs_client_implementation = 'curl'".to_owned(),
        "SET GLOBAL enable_curl_server_cert_verification = true".to_owned(),
        "SET GLOBAL enable_server_cert_verification = true".to_owned(),
        format!("SET GLOBAL ca_cert_file = '{}'", hosts.ca_file().display()),
        "SET GLOBAL enable_http_metadata_cache = false".to_owned(),
        format!(
            "CREATE SECRET plain (TYPE s3, SCOPE 's3://plain/', ENDPOINT '127.0.0.1:{}', URL_STYLE 'path', \
             USE_SSL 'false')",
            hosts.plain
        ),
    ] {
        control.execute(&statement)?;
    }
    let clients = (0..CLIENTS).map(|_| {
        let connection = instance.connect(AllowAll)?;
        let run: Client = Box::new(move |sql: &str| connection.execute(sql).unwrap());
        Ok(run)
    });
    clients.collect()
}

fn proxied(pintail: &Pintail) -> anyhow::Result<Vec<Client>> {
    let clients = (0..CLIENTS).map(|_| {
        let mut client = RawClient::connect(&pintail.target())?;
        let run: Client = Box::new(move |sql: &str| drop(client.rows(sql).unwrap()));
        Ok(run)
    });
    clients.collect()
}

#[test]
#[ignore = "a minute of all cores"]
fn the_proxy_costs_little() -> anyhow::Result<()> {
    let hosts = Hosts::start()?;
    let file = hosts.lake().join("big.parquet");
    let columns =
        ["a", "b", "c", "d", "e", "f"].map(|name| format!("hash(range, '{name}') AS {name}")).join(", ");
    let duckdb = Instance::open(&Options::default())?.connect(AllowAll)?;
    duckdb.execute(&format!("COPY (SELECT {columns} FROM range(1000000)) TO '{}'", file.display()))?;
    let bytes = fs::metadata(&file)?.len() * u64::try_from(CLIENTS * FILES)?;
    let settings = [("DUCKLING_THREADS", THREADS), ("DUCKLING_MEMORY_LIMIT", MEMORY)];
    let pintail = start(&hosts, &settings)?;
    let (mut direct, mut proxied) = (direct(&hosts)?, proxied(&pintail)?);
    println!("| store | directly MB/s | through the proxy MB/s | ratio | gateway's CPU, ms per GB |");
    println!("|---|---|---|---|---|");
    let mut ratios = Vec::new();
    for store in [Store::Https, Store::S3] {
        let (mut best_direct, mut best_proxied) = (Duration::MAX, Duration::MAX);
        let before = process::cpu_ticks(pintail.gateway());
        for _ in 0..ROUNDS {
            best_direct = best_direct.min(round(&mut direct, &hosts, store));
            best_proxied = best_proxied.min(round(&mut proxied, &hosts, store));
        }
        let ticks = process::cpu_ticks(pintail.gateway()) - before;
        let moved = u32::try_from(bytes >> 20)?;
        let rate = |time: Duration| f64::from(moved) / time.as_secs_f64();
        let ratio = rate(best_proxied) / rate(best_direct);
        let cpu = f64::from(u32::try_from(ticks)?) * 10.0
            / (f64::from(moved) * f64::from(u32::try_from(ROUNDS)?) / 1024.0);
        println!(
            "| {store:?} | {:.0} | {:.0} | {ratio:.2} | {cpu:.0} |",
            rate(best_direct),
            rate(best_proxied)
        );
        ratios.push(ratio);
    }
    assert!(ratios.iter().all(|ratio| *ratio >= LEAST), "{ratios:?}");
    Ok(())
}
