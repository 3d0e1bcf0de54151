//! Pintail beside PostgreSQL 15: the same tables, the same raw reader over TLS, on the same machine, runs interleaved.
//! Measures the CPU time of the server's processes, wall time and peak memory, and writes a page to `docs/results/`.
//! The reader counts rows and does not look into them, so that the client costs little.

mod report;
mod measure;
mod servers;
mod workload;

use std::path::PathBuf;

use clap::Parser;

use crate::{
    measure::{Sample, measure},
    report::Report,
    servers::Servers,
    workload::{Format, TABLES},
};

/// Compares Pintail with PostgreSQL 15 on large results over TLS.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rows in each table.
    #[arg(long, default_value_t = 10_000_000)]
    rows: u32,
    /// Measured runs of each case, interleaved; one more warms up and is not counted.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Measure PostgreSQL alone.
    #[arg(long)]
    only_postgres: bool,
    /// Where the page is written.
    #[arg(long, default_value = "docs/results/large-results.md")]
    output: PathBuf,
}

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    println!("loading {} rows into each table", arguments.rows);
    let servers = Servers::start(arguments.rows, arguments.only_postgres)?;
    let mut report = Report::new(arguments.rows, arguments.runs)?;
    for run in 0..=arguments.runs {
        for table in TABLES {
            for format in [Format::Text, Format::Binary] {
                for server in servers.all() {
                    let sample = measure(server, table, format, arguments.rows)?;
                    println!("run {run}: {:8} {:6} {format:?}: {}", server.name, table.name, line(&sample));
                    if run > 0 {
                        report.add(server.name, table.name, format, sample);
                    }
                }
            }
        }
    }
    let page = report.page();
    println!("\n{page}");
    std::fs::write(harness::config::root().join(&arguments.output), page)?;
    println!("written to {}", arguments.output.display());
    Ok(())
}

fn line(sample: &Sample) -> String {
    let processes = sample.processes.iter().map(|usage| {
        format!("{} {:.2} s {} MiB", usage.name, usage.cpu.as_secs_f64(), usage.peak_bytes >> 20)
    });
    let processes = processes.collect::<Vec<_>>().join(", ");
    format!("cpu {:.2} s, wall {:.2} s ({processes})", sample.cpu.as_secs_f64(), sample.wall.as_secs_f64())
}
