//! The scenario of large results: a whole table as rows, in text by a simple query and in binary by the extended
//! protocol.

use anyhow::ensure;
use harness::{Batch, Bind, raw::Count};

use crate::{
    measure::{Sample, measure},
    servers::Server,
    workload::{TABLES, Table},
};

/// The page's title and what has to be said about this scenario alone.
pub(crate) const TITLE: &str = "Large results over TLS, beside PostgreSQL 15";
/// No settings of PostgreSQL's but its own.
pub(crate) const SETTINGS: &[(&str, &str)] = &[];
pub(crate) const NOTES: &str = "\
- One reader in Rust over TLS for both, which counts rows without looking into them, on the same machine.
- PostgreSQL: shared_buffers 2 GB (counted in its peak as far as touched), tables frozen, all in memory.
";

/// Runs each case once; what `add` gets is the case's name, the server's, and what was measured.
pub(crate) fn round(
    servers: &[Server],
    rows: u32,
    add: &mut dyn FnMut(&str, &'static str, Sample),
) -> anyhow::Result<()> {
    for table in TABLES {
        for (format, batch) in [
            ("text, simple query", Batch::new().query(&select(table))),
            ("binary, extended query", extended(table)),
        ] {
            for server in servers {
                let case = format!("{} ({}), {format}", table.name, table.columns);
                let sample = measure(server, &[&batch], |count| check(table, rows, count))?;
                add(&case, server.name, sample);
            }
        }
    }
    Ok(())
}

fn select(table: &Table) -> String {
    format!("select * from {}", table.name)
}

fn extended(table: &Table) -> Batch {
    let bind = Bind { results: &[1], ..Bind::default() };
    Batch::new().parse("", &select(table), &[]).bind(&bind).execute("", 0).sync()
}

fn check(table: &Table, rows: u32, count: &Count) -> anyhow::Result<()> {
    ensure!(count.rows == u64::from(rows), "{}: {} rows", table.name, count.rows);
    Ok(())
}
