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
    /// User and system time of the server's processes.
    pub(crate) cpu: Duration,
    /// From the query's sending to ReadyForQuery.
    pub(crate) wall: Duration,
    /// From the query's sending to the first row.
    pub(crate) first_row: Duration,
    /// Bytes of protocol messages, without TLS.
    pub(crate) bytes: u64,
    /// Peak resident memory of each process, in bytes.
    pub(crate) peak_bytes: Vec<(&'static str, u64)>,
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
    let ticks = || {
        processes
            .iter()
            .map(|(_, pid)| process::cpu_ticks(*pid))
            .sum::<u64>()
    };
    let before = ticks();
    let begun = Instant::now();
    let sql = format!("select * from {}", table.name);
    let batch = match format {
        Format::Text => Batch::new().query(&sql),
        Format::Binary => {
            let bind = Bind {
                results: &[1],
                ..Bind::default()
            };
            Batch::new()
                .parse("", &sql, &[])
                .bind(&bind)
                .execute("", 0)
                .sync()
        }
    };
    client.send(&batch)?;
    let count = client.count_rows()?;
    let wall = begun.elapsed();
    let used = ticks() - before;
    ensure!(
        count.rows == u64::from(rows) && count.error.is_none(),
        "{}: {} rows, {:?}",
        table.name,
        count.rows,
        count.error
    );
    Ok(Sample {
        // A clock tick is a hundredth of a second on Linux (USER_HZ).
        cpu: Duration::from_millis(used * 10),
        wall,
        first_row: count.first_row.unwrap_or_default(),
        bytes: count.bytes,
        peak_bytes: processes
            .iter()
            .map(|(name, pid)| (*name, process::peak_resident_bytes(*pid)))
            .collect(),
    })
}

/// The processes that work for this connection.
fn processes(server: &Server, client: &mut RawClient) -> anyhow::Result<Vec<(&'static str, u32)>> {
    let Some(gateway) = server.gateway else {
        return Ok(vec![(
            "backend",
            client.value("select pg_backend_pid()")?.parse()?,
        )]);
    };
    let mut children = process::descendants(gateway).into_iter();
    let duckling = children
        .find(|pid| process::command_line(*pid).contains(" duckling"))
        .context("no duckling")?;
    Ok(vec![("gateway", gateway), ("duckling", duckling)])
}
