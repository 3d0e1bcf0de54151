//! The policy against the engine itself: whether the list of functions is the engine's, with every extension that
//! can be named; whether every rule has its test file; whether the page about refusals is what the table gives.

mod cost;
mod judge;
mod page;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use engine::{AllowAll, Connection, Instance, Options, Step};

use super::{
    functions::{self, Access, Kind},
    rules,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rows(connection: &Connection, sql: &str) -> BTreeSet<(String, String)> {
    let mut statement = connection.prepare_sql(sql).unwrap();
    let mut execution = statement.start().unwrap();
    let mut rows = BTreeSet::new();
    loop {
        match execution.step().unwrap() {
            Step::Finished => return rows,
            Step::NotReady | Step::Blocked => {}
            Step::Chunk(chunk) => {
                let columns = [0, 1].map(|index| chunk.column(index).unwrap());
                let texts = |row| {
                    let [a, b] = &columns;
                    let text = |column: &engine::Vector<'_>| {
                        String::from_utf8_lossy(column.strings().unwrap().bytes(row)).into_owned()
                    };
                    (text(a), text(b))
                };
                rows.extend((0..chunk.len()).map(texts));
            }
        }
    }
}

/// Kind and name of every function that DuckDB has with these extensions. Macros are not among them: a plan has what
/// they are made of.
fn functions_with(extensions: &[&str]) -> BTreeSet<(String, String)> {
    let folder = root().join(".duckdb/extensions/v1.5.5/linux_amd64");
    let instance = Instance::open(&Options { config: vec![] }).unwrap();
    let connection = instance.connect(AllowAll).unwrap();
    for extension in extensions {
        let file = folder.join(format!("{extension}.duckdb_extension"));
        connection.execute(&format!("LOAD '{}'", file.display())).unwrap();
    }
    rows(
        &connection,
        "SELECT DISTINCT function_type, function_name FROM duckdb_functions() WHERE NOT contains(function_type, 'macro')",
    )
}

fn listed(extensions: &[&str]) -> BTreeSet<(String, String)> {
    let entries = functions::entries().filter(|entry| {
        extensions.contains(&entry.extension) && !matches!(entry.kind, Some(Kind::Copy | Kind::Index))
    });
    let word = |kind| match kind {
        Some(Kind::Scalar) => "scalar",
        Some(Kind::Aggregate) => "aggregate",
        Some(Kind::Table) => "table",
        Some(Kind::Pragma) => "pragma",
        Some(Kind::Copy | Kind::Index) | None => "",
    };
    entries.map(|entry| (word(entry.kind).to_owned(), entry.name.to_owned())).collect()
}

#[test]
fn every_line_of_the_file_can_be_read() {
    let mut names = BTreeSet::new();
    for entry in functions::entries() {
        assert!(entry.kind.is_some() && entry.access.is_some(), "{entry:?}");
        assert!(!entry.name.is_empty() && !entry.extension.is_empty(), "{entry:?}");
        assert!(names.insert((format!("{:?}", entry.kind), entry.name)), "twice: {entry:?}");
    }
}

#[test]
fn the_list_is_the_engines() {
    assert_eq!(listed(&["core"]), functions_with(&[]), "left: functions.csv, right: DuckDB");
}

#[test]
fn the_list_is_that_of_every_extension() {
    for set in [
        &["httpfs"][..],
        &["excel"],
        &["fts"],
        &["spatial"],
        &["inet"],
        &["tpch"],
        &["avro"],
        &["avro", "iceberg"],
        &["delta"],
        &["azure"],
        &["aws"],
    ] {
        let file = |name: &str| {
            root().join(format!(".duckdb/extensions/v1.5.5/linux_amd64/{name}.duckdb_extension")).is_file()
        };
        if !set.iter().all(|name| file(name)) {
            eprintln!("{set:?} is not there: scripts/get-duckdb.sh --all fetches it");
            continue;
        }
        let expected: Vec<&str> = ["core"].into_iter().chain(set.iter().copied()).collect();
        assert_eq!(listed(&expected), functions_with(set), "{set:?}: left functions.csv, right DuckDB");
    }
}

#[test]
fn names_are_found_in_any_case_and_what_is_unknown_is_refused() {
    assert_eq!(functions::access(Kind::Scalar, "ST_Area"), Access::Allowed);
    assert_eq!(functions::access(Kind::Scalar, "st_area"), Access::Allowed);
    assert_eq!(functions::access(Kind::Table, "READ_CSV"), Access::Reader);
    assert_eq!(functions::access(Kind::Table, "st_read"), Access::Refused(&rules::TABLE_FUNCTION));
    assert_eq!(functions::access(Kind::Scalar, "getenv"), Access::Refused(&rules::SCALAR_FUNCTION));
    assert_eq!(functions::access(Kind::Aggregate, "no_such"), Access::Refused(&rules::SCALAR_FUNCTION));
    assert_eq!(functions::access(Kind::Copy, "gdal"), Access::Refused(&rules::TABLE_FUNCTION));
}

#[test]
fn every_rule_has_its_test_file_with_its_examples() {
    let folder = root().join("tests/policy");
    let mut files: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "slt"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    for rule in rules::ALL {
        assert!(files.remove(rule.id), "tests/policy/{}.slt is missing", rule.id);
        let text = std::fs::read_to_string(folder.join(format!("{}.slt", rule.id))).unwrap();
        let code = format!("statement error ({})\n", rule.code.as_str());
        for example in rule.examples {
            assert!(text.contains(&format!("{code}{example}\n")), "{}.slt has no `{example}`", rule.id);
        }
    }
    assert!(files.is_empty(), "files of no rule: {files:?}");
}
