//! The page of results: medians, ratios, and under what circumstances they were measured.

use std::{fmt::Write as _, fs, process::Command, time::Duration};

use anyhow::Context;

use crate::{
    measure::Sample,
    servers::{PINTAIL, POSTGRES},
};

/// All samples so far.
pub(crate) struct Report {
    title: &'static str,
    notes: &'static str,
    rows: u32,
    runs: usize,
    circumstances: String,
    /// In the order in which they came first.
    cases: Vec<Case>,
}

/// One case, and what each server needed for it.
struct Case {
    name: String,
    samples: Vec<(&'static str, Sample)>,
}

/// The medians of the runs of one case.
struct Median {
    cpu: Duration,
    wall: Duration,
    first_row: Duration,
    bytes: u64,
    processes: String,
    spread: (Duration, Duration),
}

impl Report {
    pub(crate) fn new(
        title: &'static str,
        notes: &'static str,
        rows: u32,
        runs: usize,
    ) -> anyhow::Result<Self> {
        Ok(Self { title, notes, rows, runs, circumstances: circumstances()?, cases: Vec::new() })
    }

    pub(crate) fn add(&mut self, case: &str, server: &'static str, sample: Sample) {
        let samples = match self.cases.iter_mut().find(|known| known.name == case) {
            Some(known) => &mut known.samples,
            None => &mut self.cases.push_mut(Case { name: case.to_owned(), samples: Vec::new() }).samples,
        };
        samples.push((server, sample));
    }

    /// The page, as markdown.
    pub(crate) fn page(&self) -> String {
        let mut page = format!("# {}\n\n{}", self.title, self.circumstances);
        let _ = writeln!(
            page,
            "- {} rows in each table; {} runs of each case, servers alternating, after one run that is not counted; medians.\n\
             - CPU: user and system time of all of the server's processes (gateway and ducklings; postmaster and all its\n  \
             children, also those that ended), from /proc. Peak memory: of the processes that work for the connection.\n\
             {}",
            self.rows, self.runs, self.notes
        );
        self.summary(&mut page);
        for case in &self.cases {
            self.table(&mut page, case);
        }
        page
    }

    fn summary(&self, page: &mut String) {
        page.push_str("| Pintail / PostgreSQL 15 | CPU | wall |\n|---|---|---|\n");
        for case in &self.cases {
            if let Some((cpu, wall)) = case.ratios() {
                let _ = writeln!(page, "| {} | {cpu:.2} | {wall:.2} |", case.name);
            }
        }
        page.push('\n');
    }

    fn table(&self, page: &mut String, case: &Case) {
        let _ = writeln!(page, "## {}\n", case.name);
        let _ = writeln!(
            page,
            "| | CPU s | CPU ns/row | wall s (least to most) | rows/s | first row | MB | each process: CPU, peak memory |"
        );
        let _ = writeln!(page, "|---|---|---|---|---|---|---|---|");
        let rows = f64::from(self.rows);
        for server in [POSTGRES, PINTAIL] {
            let Some(median) = case.median(server) else { continue };
            let (cpu, wall) = (median.cpu.as_secs_f64(), median.wall.as_secs_f64());
            let first_row = if median.first_row.is_zero() {
                "–".to_owned()
            } else {
                format!("{:.1} ms", median.first_row.as_secs_f64() * 1e3)
            };
            let _ = writeln!(
                page,
                "| {server} | {cpu:.2} | {:.1} | {wall:.2} ({:.2} to {:.2}) | {:.1} M | {first_row} | {} | {} |",
                cpu * 1e9 / rows,
                median.spread.0.as_secs_f64(),
                median.spread.1.as_secs_f64(),
                rows / wall / 1e6,
                median.bytes / 1_000_000,
                median.processes
            );
        }
        if let Some((cpu, wall)) = case.ratios() {
            let _ = writeln!(page, "| **Pintail / PostgreSQL** | **{cpu:.2}** | | **{wall:.2}** | | | | |");
        }
        page.push('\n');
    }
}

impl Case {
    fn median(&self, server: &str) -> Option<Median> {
        let mut samples =
            self.samples.iter().filter(|(of, _)| *of == server).map(|(_, sample)| sample).collect::<Vec<_>>();
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

    /// Pintail's CPU and wall time as parts of PostgreSQL's.
    fn ratios(&self) -> Option<(f64, f64)> {
        let (postgres, pintail) = (self.median(POSTGRES)?, self.median(PINTAIL)?);
        Some((
            pintail.cpu.as_secs_f64() / postgres.cpu.as_secs_f64(),
            pintail.wall.as_secs_f64() / postgres.wall.as_secs_f64(),
        ))
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
