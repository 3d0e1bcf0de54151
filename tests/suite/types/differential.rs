//! Every type that PostgreSQL and DuckDB both have, value by value: the same messages go to Pintail and to PostgreSQL
//! 15, and every answer must be the same to the byte. As parameter in text and binary, as result in text and binary,
//! under the settings that change how values look.

use std::{collections::BTreeMap, fmt::Write};

use harness::{Pintail, Postgres, RawClient};

use super::{
    deviations::{DEVIATIONS, Deviation},
    exchange::{self, Form, Input, Outcome, hex},
    values::{KINDS, Kind},
};

/// How many mismatches of one kind are shown.
const SHOWN: usize = 12;

const DATE_STYLES: [&str; 12] = [
    "ISO, MDY",
    "ISO, DMY",
    "ISO, YMD",
    "SQL, MDY",
    "SQL, DMY",
    "SQL, YMD",
    "Postgres, MDY",
    "Postgres, DMY",
    "Postgres, YMD",
    "German, MDY",
    "German, DMY",
    "German, YMD",
];

/// Names, old names, POSIX rules, numbers, and offsets.
const ZONES: [&str; 20] = [
    "America/New_York",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Amsterdam",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Monrovia",
    "America/St_Johns",
    "EST5EDT",
    "US/Pacific",
    "GMT",
    "Etc/GMT+5",
    "5",
    "-3.5",
    "UTC+5",
    "<+03>-3",
    "<-0430>+04:30",
    "CET-1CEST",
];

/// What both servers are asked, and what came of it.
struct Comparison {
    ours: RawClient,
    oracle: RawClient,
    /// By kind: values compared, and mismatches as they are printed.
    compared: BTreeMap<String, usize>,
    mismatches: BTreeMap<String, Vec<String>>,
    /// How often each deviation of the table was met.
    deviations: Vec<usize>,
}

/// Where a value was when it came out differently.
pub(super) struct Mismatch<'m> {
    pub(super) kind: &'m str,
    pub(super) is_array: bool,
    pub(super) setting: &'m str,
    pub(super) input: &'m Input,
    pub(super) ours: &'m Outcome,
    pub(super) oracle: &'m Outcome,
}

impl Comparison {
    fn set(&mut self, setting: &str) -> anyhow::Result<()> {
        self.ours.rows(setting)?;
        self.oracle.rows(setting)?;
        Ok(())
    }

    /// Sends the values to both; the oracle's answers.
    #[expect(clippy::too_many_arguments, reason = "what is compared, and under which name and setting")]
    fn compare(
        &mut self,
        name: &str,
        sql: &str,
        (oid, is_array): (u32, bool),
        setting: &str,
        inputs: &[Input],
    ) -> anyhow::Result<[Vec<Outcome>; 2]> {
        let mut answers = [Vec::new(), Vec::new()];
        for (result, answer) in [Form::Text, Form::Binary].into_iter().zip(&mut answers) {
            let ours = exchange::run(&mut self.ours, sql, oid, inputs, result)?;
            let oracle = exchange::run(&mut self.oracle, sql, oid, inputs, result)?;
            for ((input, ours), oracle) in inputs.iter().zip(&ours).zip(&oracle) {
                *self.compared.entry(name.to_owned()).or_default() += 1;
                if ours.is_like(oracle) {
                    continue;
                }
                let kind = name.split(['[', '(']).next().unwrap_or(name);
                let mismatch = Mismatch { kind, is_array, setting, input, ours, oracle };
                if let Some(index) = DEVIATIONS.iter().position(|deviation| deviation.covers(&mismatch)) {
                    self.deviations[index] += 1;
                    continue;
                }
                let sent = match (input.form, &input.bytes) {
                    (Form::Text, Some(bytes)) => format!("text {:?}", String::from_utf8_lossy(bytes)),
                    (Form::Binary, Some(bytes)) => format!("binary {}", hex(bytes)),
                    (_, None) => "NULL".to_owned(),
                };
                self.mismatches.entry(name.to_owned()).or_default().push(format!(
                    "{setting} {sql}: {sent}\n      pintail  {}\n      postgres {}",
                    ours.shown(result),
                    oracle.shown(result)
                ));
            }
            *answer = oracle;
        }
        Ok(answers)
    }

    fn kind(&mut self, kind: &Kind) -> anyhow::Result<()> {
        let texts = kind.values();
        let canonical = self.values(kind.name, (kind.oid, false), &texts)?;
        let elements = canonical.iter().filter(|text| text.len() < 200).cloned().collect::<Vec<_>>();
        let arrays = kind.arrays(&elements);
        self.values(&format!("{}[]", kind.name), (kind.array_oid, true), &arrays)?;
        let settings = settings(kind.name);
        for setting in &settings {
            self.set(setting)?;
            self.styled(kind.name, (kind.oid, false), setting, &texts)?;
            self.styled(&format!("{}[]", kind.name), (kind.array_oid, true), setting, &arrays[..60])?;
        }
        if !settings.is_empty() {
            self.set("RESET ALL")?;
            self.set("SET TimeZone TO 'UTC'")?;
        }
        Ok(())
    }

    /// Texts and the binary forms of those that are values; the texts as the oracle prints them.
    fn values(&mut self, name: &str, oid: (u32, bool), texts: &[String]) -> anyhow::Result<Vec<String>> {
        let inputs = texts.iter().map(|text| Input::text(text)).collect::<Vec<_>>();
        let [printed, binary] = self.compare(name, "SELECT $1", oid, "", &inputs)?;
        let mut inputs = binary.iter().filter_map(Outcome::bytes).map(Input::binary).collect::<Vec<_>>();
        inputs.push(Input { form: Form::Binary, bytes: None });
        self.compare(name, "SELECT $1", oid, "", &inputs)?;
        Ok(printed
            .iter()
            .filter_map(Outcome::bytes)
            .map(|bytes| String::from_utf8(bytes.to_vec()).expect("text"))
            .collect())
    }

    /// Under a setting: the texts as they are, the values in binary, and what the oracle prints of them read back.
    fn styled(
        &mut self,
        name: &str,
        oid: (u32, bool),
        setting: &str,
        texts: &[String],
    ) -> anyhow::Result<()> {
        let inputs = texts.iter().map(|text| Input::text(text)).collect::<Vec<_>>();
        let [printed, binary] = self.compare(name, "SELECT $1", oid, setting, &inputs)?;
        let inputs = binary.iter().filter_map(Outcome::bytes).map(Input::binary);
        let inputs = inputs
            .chain(
                printed
                    .iter()
                    .filter_map(Outcome::bytes)
                    .map(|bytes| Input { form: Form::Text, bytes: Some(bytes.to_vec()) }),
            )
            .collect::<Vec<_>>();
        self.compare(name, "SELECT $1", oid, setting, &inputs)?;
        Ok(())
    }

    /// Numbers of a fixed precision and scale, as a cast rounds them.
    fn fixed_numerics(&mut self, kind: &Kind) -> anyhow::Result<()> {
        let texts = kind.values();
        let inputs = texts.iter().map(|text| Input::text(text)).collect::<Vec<_>>();
        for (precision, scale) in [
            (1, 0),
            (4, 2),
            (5, 5),
            (9, 0),
            (9, 4),
            (10, 2),
            (18, 6),
            (18, 18),
            (19, 0),
            (28, 10),
            (38, 0),
            (38, 38),
        ] {
            let name = format!("numeric({precision},{scale})");
            let sql = format!("SELECT CAST($1 AS numeric({precision},{scale}))");
            self.compare(&name, &sql, (kind.oid, false), "", &inputs)?;
        }
        Ok(())
    }

    fn report(&self) -> String {
        let mut report = String::from("| type | compared | not listed |\n|---|---|---|\n");
        for (name, count) in &self.compared {
            let wrong = self.mismatches.get(name).map_or(0, Vec::len);
            let _ = writeln!(report, "| {name} | {count} | {wrong} |");
        }
        let total: usize = self.compared.values().sum();
        let wrong: usize = self.mismatches.values().map(Vec::len).sum();
        let _ = writeln!(report, "| **all** | **{total}** | **{wrong}** |\n");
        let _ = writeln!(report, "| listed deviation | times | reason |\n|---|---|---|");
        for (Deviation { what, reason, .. }, times) in DEVIATIONS.iter().zip(&self.deviations) {
            let _ = writeln!(report, "| {what} | {times} | {reason} |");
        }
        report
    }
}

/// What changes how values of a type look.
fn settings(kind: &str) -> Vec<String> {
    match kind {
        "date" | "timestamp" => DATE_STYLES.map(|style| format!("SET DateStyle TO '{style}'")).to_vec(),
        "timestamptz" | "timetz" => {
            let styles = DATE_STYLES
                .map(|style| format!("SET DateStyle TO '{style}'; SET TimeZone TO 'Europe/Berlin'"));
            let zones = ZONES.iter().enumerate().map(|(index, zone)| {
                // Abbreviations are printed by the styles that are not ISO.
                let style = if index % 2 == 0 { "ISO, MDY" } else { "Postgres, DMY" };
                format!("SET DateStyle TO '{style}'; SET TimeZone TO '{zone}'")
            });
            styles.into_iter().chain(zones).collect()
        }
        "interval" => ["postgres", "postgres_verbose", "sql_standard", "iso_8601"]
            .map(|style| format!("SET IntervalStyle TO '{style}'"))
            .to_vec(),
        "bytea" => ["hex", "escape"].map(|form| format!("SET bytea_output TO '{form}'")).to_vec(),
        "float4" | "float8" => {
            (-15..=3).map(|digits| format!("SET extra_float_digits TO {digits}")).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn every_value_is_postgresqls() -> anyhow::Result<()> {
    let (pintail, postgres) = (Pintail::start()?, Postgres::start()?);
    let mut comparison = Comparison {
        ours: RawClient::connect(&pintail.target())?,
        oracle: RawClient::connect(&postgres.target())?,
        compared: BTreeMap::new(),
        mismatches: BTreeMap::new(),
        deviations: vec![0; DEVIATIONS.len()],
    };
    comparison.set("SET TimeZone TO 'UTC'")?;
    for kind in KINDS {
        comparison.kind(kind)?;
        if kind.name == "numeric" {
            comparison.fixed_numerics(kind)?;
        }
    }
    println!("{}", comparison.report());
    let mut shown = String::new();
    for (name, mismatches) in &comparison.mismatches {
        let _ = writeln!(shown, "{name}: {} mismatches", mismatches.len());
        for mismatch in mismatches.iter().take(SHOWN) {
            let _ = writeln!(shown, "   {mismatch}");
        }
    }
    assert!(shown.is_empty(), "{shown}");
    for (Deviation { what, .. }, times) in DEVIATIONS.iter().zip(&comparison.deviations) {
        assert!(*times > 0, "the deviation «{what}» is listed, and was not met");
    }
    Ok(())
}
