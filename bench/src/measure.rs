//! One measurement: a whole table read over TLS, with what the server's processes used meanwhile.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::{Batch, Bind, RawClient, process};

use crate::{
    servers::Server,
    workload::{Format, Table},
};

/// What one run used.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// User and system time of the server's processes together.
    pub(crate) cpu: Duration,
    /// From the query's sending to ReadyForQuery.
    pub(crate) wall: Duration,
    /// From the query's sending to the first row.
    pub(crate) first_row: Duration,
    /// Bytes of protocol messages, without TLS.
    pub(crate) bytes: u64,
    /// Each process by itself.
    pub(crate) processes: Vec<Usage>,
}

/// What one process used.
#[derive(Clone, Debug)]
pub(crate) struct Usage {
    pub(crate) name: &'static str,
    /// User and system time.
    pub(crate) cpu: Duration,
    /// Peak resident memory, in bytes.
    pub(crate) peak_bytes: u64,
}

/// Reads the table once on a new connection.
pub(crate) fn measure(server: &Server, table: &Table, format: Format, rows: u32) -> anyhow::Result<Sample> {
    let mut client = RawClient::connect(&server.target)?;
    client.answer_timeout(Duration::from_mins(5))?;
    // Something small first: the connection's own start is not what is measured.
    client.rows("select 1")?;
    let processes = processes(server, &mut client)?;
    for (_, pid) in &processes {
        process::reset_peak_resident(*pid);
    }
    let before = processes.iter().map(|(_, pid)| process::cpu_ticks(*pid)).collect::<Vec<_>>();
    let begun = Instant::now();
    let sql = format!("select * from {}", table.name);
    let batch = match format {
        Format::Text => Batch::new().query(&sql),
        Format::Binary => {
            let bind = Bind { results: &[1], ..Bind::default() };
            Batch::new().parse("", &sql, &[]).bind(&bind).execute("", 0).sync()
        }
    };
    client.send(&batch)?;
    let count = client.count_rows()?;
    let wall = begun.elapsed();
    let usage = |((name, pid), before): (&(&'static str, u32), u64)| Usage {
        name,
        // A clock tick is a hundredth of a second on Linux (USER_HZ).
        cpu: Duration::from_millis((process::cpu_ticks(*pid) - before) * 10),
        peak_bytes: process::peak_resident_bytes(*pid),
    };
    let usages = processes.iter().zip(before).map(usage).collect::<Vec<_>>();
    ensure!(
        count.rows == u64::from(rows) && count.error.is_none(),
        "{}: {} rows, {:?}",
        table.name,
        count.rows,
        count.error
    );
    Ok(Sample {
        cpu: usages.iter().map(|usage| usage.cpu).sum(),
        wall,
        first_row: count.first_row.unwrap_or_default(),
        bytes: count.bytes,
        processes: usages,
    })
}

/// The processes that work for this connection.
fn processes(server: &Server, client: &mut RawClient) -> anyhow::Result<Vec<(&'static str, u32)>> {
    let Some(gateway) = server.gateway else {
        return Ok(vec![("backend", client.value("select pg_backend_pid()")?.parse()?)]);
    };
    let mut children = process::descendants(gateway).into_iter();
    let duckling =
        children.find(|pid| process::command_line(*pid).contains(" duckling")).context("no duckling")?;
    Ok(vec![("gateway", gateway), ("duckling", duckling)])
}
