//! Pintail beside PostgreSQL 15: the same tables, the same raw client over TLS, on the same machine, runs interleaved.
//! Measures the CPU time of the servers' processes, wall time and peak memory, and writes a page to `docs/results/`.
//! The client looks into nothing that it reads or sends, so that it costs little.

mod report;
mod results;
mod copies;
mod measure;
mod servers;
mod workload;

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::{measure::Sample, report::Report, servers::Servers};

/// Compares Pintail with PostgreSQL 15 over TLS.
#[derive(Debug, Parser)]
struct Arguments {
    /// What is measured.
    #[arg(value_enum, default_value = "results")]
    scenario: Scenario,
    /// Rows in each table.
    #[arg(long, default_value_t = 10_000_000)]
    rows: u32,
    /// Measured runs of each case, interleaved; one more warms up and is not counted.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Measure PostgreSQL alone.
    #[arg(long)]
    only_postgres: bool,
    /// Where the page is written: docs/results/large-results.md or docs/results/copy.md, unless it is said.
    #[arg(long)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Scenario {
    /// Large results of queries.
    Results,
    /// COPY in and out.
    Copy,
}

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let rows = arguments.rows;
    println!("loading {rows} rows into each table");
    let (title, notes, settings, page) = match arguments.scenario {
        Scenario::Results => (results::TITLE, results::NOTES, results::SETTINGS, "large-results.md"),
        Scenario::Copy => (copies::TITLE, copies::NOTES, copies::SETTINGS, "copy.md"),
    };
    let servers = Servers::start(rows, arguments.only_postgres, settings)?;
    let mut report = Report::new(title, notes, rows, arguments.runs)?;
    for run in 0..=arguments.runs {
        let mut add = |case: &str, server, sample: Sample| {
            println!("run {run}: {case}: {server:13}: {}", line(&sample));
            if run > 0 {
                report.add(case, server, sample);
            }
        };
        match arguments.scenario {
            Scenario::Results => results::round(servers.all(), rows, &mut add)?,
            Scenario::Copy => copies::round(servers.all(), rows, &mut add)?,
        }
    }
    let text = report.page();
    println!("\n{text}");
    let output = arguments.output.unwrap_or_else(|| PathBuf::from("docs/results").join(page));
    std::fs::write(harness::config::root().join(&output), text)?;
    println!("written to {}", output.display());
    Ok(())
}

fn line(sample: &Sample) -> String {
    let processes = sample.processes.iter().map(|usage| {
        format!("{} {:.2} s {} MiB", usage.name, usage.cpu.as_secs_f64(), usage.peak_bytes >> 20)
    });
    let processes = processes.collect::<Vec<_>>().join(", ");
    format!("cpu {:.2} s, wall {:.2} s ({processes})", sample.cpu.as_secs_f64(), sample.wall.as_secs_f64())
}
