//! The recorded results (`docs/results/clients.tsv`) and the page made of them (`docs/clients.md`).

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use super::{Cell, Client, Outcome, Row, absent};
use crate::config;

/// The results of all clients that were ever run, by client.
#[derive(Debug, Default)]
pub struct Results(BTreeMap<String, Row>);

impl Results {
    fn path() -> PathBuf {
        config::root().join("docs/results/clients.tsv")
    }

    /// What is recorded.
    pub fn recorded() -> anyhow::Result<Self> {
        let mut lines: BTreeMap<String, String> = BTreeMap::new();
        for line in fs::read_to_string(Self::path()).unwrap_or_default().lines() {
            if let Some((client, rest)) = line.split_once('\t') {
                let _ = writeln!(lines.entry(client.to_owned()).or_default(), "{rest}");
            }
        }
        let rows = lines.into_iter().map(|(client, text)| Ok((client.clone(), Row::read(&client, &text)?)));
        Ok(Self(rows.collect::<anyhow::Result<_>>()?))
    }

    /// Takes a new row in place of the client's former one.
    pub fn record(&mut self, row: Row) {
        self.0.insert(row.client.clone(), row);
    }

    /// Writes the table of results, in the order of the matrix.
    pub fn save(&self, clients: &[Client]) -> anyhow::Result<()> {
        let mut text = String::new();
        for row in clients.iter().filter_map(|client| self.0.get(&client.name)) {
            let _ = writeln!(text, "{}\tversion\t{}", row.client, row.version);
            for Cell { case, outcome, reason } in &row.cells {
                let _ = writeln!(text, "{}\t{case}\t{}\t{reason}", row.client, outcome.word());
            }
        }
        Ok(fs::write(Self::path(), text)?)
    }
}

const HEAD: &str = "# Clients

Real clients against a started server: each runs the cases that apply to it and asserts on values. The same scripts pass on
PostgreSQL 15, which is checked in the same run. `make clients` fetches the clients, runs everything and writes this page
(`make clients ARGS='psql dbt'` some of it); what each cell does stands in [tests/clients](../tests/clients/).

Tests of the suite beside them: Cloudflare's workerd with `pg` and tokio-postgres
([tests/suite/clients.rs](../tests/suite/clients.rs)), COPY and cursors at length for nine clients
([tests/suite/clients_copy.rs](../tests/suite/clients_copy.rs)).

✓ passes · – is impossible on DuckDB, and refused as documented · ✗ fails

";

/// The page.
pub fn page(clients: &[Client], results: &Results) -> anyhow::Result<String> {
    let mut page = HEAD.to_owned();
    let (mut passed, mut all) = (0, 0);
    let mut impossible: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut failed = Vec::new();
    page.push_str("| client | version | cases |\n|---|---|---|\n");
    for client in clients {
        let Some(row) = results.0.get(&client.name) else { continue };
        let cells = row.cells.iter().map(|cell| {
            all += 1;
            let mark = match cell.outcome {
                Outcome::Passed => {
                    passed += 1;
                    "✓"
                }
                Outcome::Impossible => {
                    let place = format!("{}: {}", client.title, cell.case);
                    impossible.entry(&cell.reason).or_default().push(place);
                    "–"
                }
                Outcome::Failed => {
                    failed.push((&client.title, cell));
                    "✗"
                }
            };
            format!("{mark} {}", cell.case)
        });
        let cells = cells.collect::<Vec<_>>().join(" · ");
        writeln!(page, "| {} | {} | {cells} |", client.title, row.version)?;
    }
    let refused: usize = impossible.values().map(Vec::len).sum();
    let failing = failed.len();
    writeln!(page, "\n{all} cells: {passed} pass, {refused} are impossible on DuckDB, {failing} fail.")?;
    if !impossible.is_empty() {
        page.push_str("\n## What is impossible\n\n");
        for (reason, places) in &impossible {
            writeln!(page, "* {reason}: {}.", places.join(", "))?;
        }
    }
    if !failed.is_empty() {
        page.push_str("\n## What fails\n\n");
        for (title, cell) in failed {
            // Ticks and bars would end the code and the table.
            let said = cell.reason.replace('`', "'").chars().take(200).collect::<String>();
            writeln!(page, "* {title}, {}: `{said}`", cell.case)?;
        }
    }
    page.push_str("\n## What is not there\n\n");
    for (client, reason) in absent()? {
        writeln!(page, "* {client}: {reason}")?;
    }
    Ok(page)
}
