//! One measurement: what a client does on a new connection over TLS, with what the server's processes used meanwhile.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::{Batch, RawClient, process, raw::Count};

use crate::servers::{POSTGRES, Server};

/// How long the server may be silent.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(10);

/// What one run used.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// User and system time of all of the server's processes together.
    pub(crate) cpu: Duration,
    /// From the query's sending to ReadyForQuery.
    pub(crate) wall: Duration,
    /// From the end of sending to the first row, where rows come back.
    pub(crate) first_row: Duration,
    /// Bytes of the protocol messages that carry rows, without TLS.
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

/// Sends the batches on a new connection and reads one answer; `check` looks at what came.
pub(crate) fn measure(
    server: &Server,
    batches: &[&Batch],
    check: impl FnOnce(&Count) -> anyhow::Result<()>,
) -> anyhow::Result<Sample> {
    let mut client = RawClient::connect(&server.target)?;
    client.answer_timeout(ANSWER_TIMEOUT)?;
    // Something small first: the connection's own start is not what is measured.
    client.rows("select 1")?;
    let processes = processes(server, &mut client)?;
    for (_, pid) in &processes {
        process::reset_peak_resident(*pid);
    }
    let all_before = process::tree_cpu_ticks(server.root);
    let before = processes.iter().map(|(_, pid)| process::cpu_ticks(*pid)).collect::<Vec<_>>();
    let begun = Instant::now();
    for batch in batches {
        client.send(batch)?;
    }
    let count = client.count_rows()?;
    let wall = begun.elapsed();
    let usage = |((name, pid), before): (&(&'static str, u32), u64)| Usage {
        name,
        cpu: ticks(process::cpu_ticks(*pid) - before),
        peak_bytes: process::peak_resident_bytes(*pid),
    };
    let usages = processes.iter().zip(before).map(usage).collect::<Vec<_>>();
    let cpu = ticks(process::tree_cpu_ticks(server.root).saturating_sub(all_before));
    ensure!(count.error.is_none(), "{}: {:?}", server.name, count.error);
    check(&count)?;
    Ok(Sample {
        cpu,
        wall,
        first_row: count.first_row.unwrap_or_default(),
        bytes: count.bytes,
        processes: usages,
    })
}

/// A clock tick is a hundredth of a second on Linux (`USER_HZ`).
fn ticks(count: u64) -> Duration {
    Duration::from_millis(count * 10)
}

/// The processes that work for this connection.
fn processes(server: &Server, client: &mut RawClient) -> anyhow::Result<Vec<(&'static str, u32)>> {
    if server.name == POSTGRES {
        return Ok(vec![("backend", client.value("select pg_backend_pid()")?.parse()?)]);
    }
    let mut children = process::descendants(server.root).into_iter();
    let duckling =
        children.find(|pid| process::command_line(*pid).contains(" duckling")).context("no duckling")?;
    Ok(vec![("gateway", server.root), ("duckling", duckling)])
}
