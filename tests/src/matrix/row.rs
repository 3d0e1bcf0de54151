//! A row of the matrix: what one client's script printed.

use anyhow::{Context, bail, ensure};

/// What a case ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every value was as expected.
    Passed,
    /// The server answered, as it documents, that this cannot be done.
    Impossible,
    /// Anything else.
    Failed,
}

impl Outcome {
    /// Its word in scripts and in the table of results.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Impossible => "impossible",
            Self::Failed => "failed",
        }
    }

    fn read(word: &str) -> anyhow::Result<Self> {
        Ok(match word {
            "ok" => Self::Passed,
            "impossible" => Self::Impossible,
            "failed" => Self::Failed,
            other => bail!("no outcome: {other:?}"),
        })
    }
}

/// A case of a client.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Its name.
    pub case: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, unless it passed.
    pub reason: String,
}

/// What a client did.
#[derive(Clone, Debug)]
pub struct Row {
    /// The client's key.
    pub client: String,
    /// Its version, as it says itself.
    pub version: String,
    /// Its cases in their order.
    pub cells: Vec<Cell>,
}

impl Row {
    /// Reads what a script printed. Lines without tabs are a client's own chatter.
    pub fn read(client: &str, printed: &str) -> anyhow::Result<Self> {
        let mut version = None;
        let mut cells = Vec::new();
        for line in printed.lines() {
            let Some((case, rest)) = line.split_once('\t') else { continue };
            if case == "version" {
                version = Some(rest.trim().to_owned());
                continue;
            }
            let (outcome, reason) = rest.split_once('\t').with_context(|| line.to_owned())?;
            let outcome = Outcome::read(outcome).with_context(|| line.to_owned())?;
            // Where this repository lies is nobody's business.
            let reason = reason.replace(concat!(env!("CARGO_MANIFEST_DIR"), "/"), "");
            let reason = reason.replace(char::is_control, " ").trim().to_owned();
            cells.push(Cell { case: case.to_owned(), outcome, reason });
        }
        ensure!(!cells.is_empty(), "no case was run");
        Ok(Self { client: client.to_owned(), version: version.context("no version")?, cells })
    }

    /// The cases that failed, with what was said.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        let failed = self.cells.iter().filter(|cell| cell.outcome == Outcome::Failed);
        failed.map(|cell| (cell.case.as_str(), cell.reason.as_str()))
    }
}
