//! The scenario of COPY: a whole table out and in, in text, csv and binary. What goes in was taken from PostgreSQL's
//! COPY TO beforehand and stands in memory, cut into messages; both servers get the same bytes.

use anyhow::{Context, ensure};
use harness::{Backend, Batch, RawClient, Target};

use crate::{
    measure::{Sample, measure},
    servers::{POSTGRES, Server, checksum},
    workload::{TABLES, Table},
};

pub(crate) const TITLE: &str = "COPY over TLS, beside PostgreSQL 15";
pub(crate) const NOTES: &str = "\
- One client in Rust over TLS for both, on the same machine. In: bytes of PostgreSQL's own COPY TO, held in memory, in
  CopyData messages of 64 KiB, into an empty table made beforehand; the sums of what was loaded are compared with the
  source's. Out: bytes are counted, and the rows of the command tag.
- Both servers write durably: PostgreSQL with fsync on (wal_level replica, no autovacuum, shared_buffers 2 GB, counted in
  its peak as far as touched), DuckDB as it always does.
";
/// PostgreSQL's settings for this scenario: durable as Pintail is, and nothing in the background.
pub(crate) const SETTINGS: &[(&str, &str)] = &[("fsync", "on"), ("autovacuum", "off")];

const FORMATS: &[&str] = &["text", "csv", "binary"];
/// Bytes of rows in one CopyData message.
const PIECE_BYTES: usize = 64 << 10;
/// Bytes that are handed to TLS at once.
const BATCH_BYTES: usize = 16 << 20;

/// Runs each case once; what `add` gets is the case's name, the server's, and what was measured.
pub(crate) fn round(
    servers: &[Server],
    rows: u32,
    add: &mut dyn FnMut(&str, &'static str, Sample),
) -> anyhow::Result<()> {
    let oracle = servers.iter().find(|server| server.name == POSTGRES).context("PostgreSQL")?;
    for table in TABLES {
        let expected = checksum(&oracle.target, table, table.name)?;
        for format in FORMATS {
            let data = messages(&oracle.target, table, format)?;
            let bytes = data.iter().map(|batch| u64::try_from(batch.0.len())).sum::<Result<u64, _>>()?;
            for server in servers {
                let case = format!("{} ({}), {format}: COPY FROM STDIN", table.name, table.columns);
                let sample = load(server, table, format, &data, rows)?;
                let found = checksum(&server.target, table, "loaded")?;
                ensure!(found == expected, "{case}, {}: {found:?} instead of {expected:?}", server.name);
                add(&case, server.name, Sample { bytes, ..sample });
                clear(server)?;
            }
            drop(data);
            for server in servers {
                let case = format!("{} ({}), {format}: COPY TO STDOUT", table.name, table.columns);
                let copy = format!("copy {} to stdout (format {format})", table.name);
                let sample = measure(server, &[&Batch::new().query(&copy)], |count| tag(&count.tag, rows))?;
                add(&case, server.name, sample);
            }
        }
    }
    Ok(())
}

/// The table as PostgreSQL copies it out, as messages to be sent, with the command before and CopyDone after them.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other message says anything here")]
fn messages(oracle: &Target, table: &Table, format: &str) -> anyhow::Result<Vec<Batch>> {
    let mut client = RawClient::connect(oracle)?;
    client.send(&Batch::new().query(&format!("copy {} to stdout (format {format})", table.name)))?;
    let mut batches = vec![Batch::new().query(&format!("copy loaded from stdin (format {format})"))];
    let mut piece = Vec::with_capacity(PIECE_BYTES * 2);
    let mut batch = Batch::new();
    loop {
        match client.receive()?.context("PostgreSQL closed the connection")? {
            Backend::CopyData(data) => piece.extend(data),
            Backend::ReadyForQuery(_) => break,
            Backend::Error(report) => anyhow::bail!("{report:?}"),
            _ => {}
        }
        if piece.len() >= PIECE_BYTES {
            batch = batch.copy_data(&piece);
            piece.clear();
        }
        if batch.0.len() >= BATCH_BYTES {
            batches.push(std::mem::take(&mut batch));
        }
    }
    batches.push(batch.copy_data(&piece).copy_done());
    Ok(batches)
}

fn load(server: &Server, table: &Table, format: &str, data: &[Batch], rows: u32) -> anyhow::Result<Sample> {
    let mut client = RawClient::connect(&server.target)?;
    client.rows(&format!("create table loaded({})", table.definition))?;
    client.rows("checkpoint")?;
    let batches = data.iter().collect::<Vec<_>>();
    let sample = measure(server, &batches, |count| tag(&count.tag, rows));
    sample.with_context(|| format!("{}: COPY FROM, {} {format}", server.name, table.name))
}

/// Takes the loaded table away; what the server still has to write, it writes before the next run.
fn clear(server: &Server) -> anyhow::Result<()> {
    let mut client = RawClient::connect(&server.target)?;
    client.rows("drop table loaded")?;
    client.rows("checkpoint")?;
    Ok(())
}

fn tag(found: &str, rows: u32) -> anyhow::Result<()> {
    ensure!(found == format!("COPY {rows}"), "the command tag is {found}");
    Ok(())
}
