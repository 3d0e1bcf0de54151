//! The page of results: medians, ratios, and under what circumstances they were measured.

use std::{fmt::Write as _, fs, process::Command, time::Duration};

use anyhow::Context;

use crate::{
    measure::Sample,
    workload::{Format, TABLES},
};

/// All samples so far.
pub(crate) struct Report {
    rows: u32,
    runs: usize,
    circumstances: String,
    samples: Vec<(&'static str, &'static str, Format, Sample)>,
}

/// The median of the runs of one case.
struct Median {
    cpu: Duration,
    wall: Duration,
    first_row: Duration,
    bytes: u64,
    processes: String,
    spread: (Duration, Duration),
}

impl Report {
    pub(crate) fn new(rows: u32, runs: usize) -> anyhow::Result<Self> {
        Ok(Self { rows, runs, circumstances: circumstances()?, samples: Vec::new() })
    }

    pub(crate) fn add(&mut self, server: &'static str, table: &'static str, format: Format, sample: Sample) {
        self.samples.push((server, table, format, sample));
    }

    fn median(&self, server: &str, table: &str, format: Format) -> Option<Median> {
        let mut samples =
            self.samples.iter().filter(|(s, t, f, _)| *s == server && *t == table && *f == format);
        let mut samples = samples.by_ref().map(|(_, _, _, sample)| sample).collect::<Vec<_>>();
        let middle = samples.len() / 2;
        samples.sort_by_key(|sample| sample.wall);
        let wall = samples.get(middle)?.wall;
        let spread = (samples.first()?.wall, samples.last()?.wall);
        samples.sort_by_key(|sample| sample.first_row);
        let first_row = samples.get(middle)?.first_row;
        samples.sort_by_key(|sample| sample.cpu);
        let sample = samples.get(middle)?;
        let most =
            |at: usize| samples.iter().filter_map(|sample| Some(sample.processes.get(at)?.peak_bytes)).max();
        let processes = sample.processes.iter().enumerate().filter_map(|(at, usage)| {
            Some(format!("{} {:.2} s, {} MiB", usage.name, usage.cpu.as_secs_f64(), most(at)? >> 20))
        });
        let processes = processes.collect::<Vec<_>>().join("; ");
        Some(Median { cpu: sample.cpu, wall, first_row, bytes: sample.bytes, processes, spread })
    }

    /// The page, as markdown.
    pub(crate) fn page(&self) -> String {
        let mut page = format!("# Large results over TLS, beside PostgreSQL 15\n\n{}", self.circumstances);
        let _ = writeln!(
            page,
            "- {} rows in each table; {} runs of each case, servers alternating, after one run that is not counted; medians.\n\
             - CPU: user and system time of the server's processes (gateway + duckling; PostgreSQL's backend), from /proc.\n\
             - One reader in Rust over TLS for both, which counts rows without looking into them, on the same machine.\n\
             - PostgreSQL: shared_buffers 2 GB (counted in its peak as far as touched), tables frozen, all in memory.\n",
            self.rows, self.runs
        );
        for table in TABLES {
            for format in [Format::Text, Format::Binary] {
                self.case(&mut page, table.name, table.columns, format);
            }
        }
        page
    }

    fn case(&self, page: &mut String, table: &str, columns: &str, format: Format) {
        let protocol = match format {
            Format::Text => "text, simple query",
            Format::Binary => "binary, extended query",
        };
        let _ = writeln!(page, "## {table} ({columns}), {protocol}\n");
        let _ = writeln!(
            page,
            "| | CPU s | CPU ns/row | wall s (least to most) | rows/s | first row | MB | each process: CPU, peak memory |"
        );
        let _ = writeln!(page, "|---|---|---|---|---|---|---|---|");
        let rows = f64::from(self.rows);
        let medians = ["postgres", "pintail"].map(|server| self.median(server, table, format));
        for (name, median) in ["PostgreSQL 15", "Pintail"].iter().zip(&medians) {
            let Some(median) = median else { continue };
            let (cpu, wall) = (median.cpu.as_secs_f64(), median.wall.as_secs_f64());
            let _ = writeln!(
                page,
                "| {name} | {cpu:.2} | {:.1} | {wall:.2} ({:.2} to {:.2}) | {:.1} M | {:.1} ms | {} | {} |",
                cpu * 1e9 / rows,
                median.spread.0.as_secs_f64(),
                median.spread.1.as_secs_f64(),
                rows / wall / 1e6,
                median.first_row.as_secs_f64() * 1e3,
                median.bytes / 1_000_000,
                median.processes
            );
        }
        if let [Some(postgres), Some(pintail)] = &medians {
            let cpu = pintail.cpu.as_secs_f64() / postgres.cpu.as_secs_f64();
            let wall = pintail.wall.as_secs_f64() / postgres.wall.as_secs_f64();
            let _ = writeln!(page, "| **Pintail / PostgreSQL** | **{cpu:.2}** | | **{wall:.2}** | | | | |");
        }
        page.push('\n');
    }
}

fn circumstances() -> anyhow::Result<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let commit = output("git", &["rev-parse", "--short", "HEAD"])?;
    let changed = output("git", &["status", "--porcelain", "--untracked-files=no"])?;
    let state = if changed.is_empty() { "" } else { ", with uncommitted changes" };
    let date = output("date", &["-u", "+%Y-%m-%d %H:%M UTC"])?;
    let arguments = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let command =
        if arguments.is_empty() { "make bench".to_owned() } else { format!("make bench ARGS='{arguments}'") };
    Ok(format!("- {date}, commit {commit}{state}, `{command}`\n- {count} cores, {model}\n"))
}

fn output(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(harness::config::root())
        .output()
        .context(program.to_owned())?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
