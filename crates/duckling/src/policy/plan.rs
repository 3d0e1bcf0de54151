//! The judge of plans: looks at what DuckDB bound, and gathers the facts that outlive the bind.
//!
//! The hook runs at bind, not at each execution of a prepared statement; the [`Facts`] stay with the
//! statement and are judged again whenever it is executed.

use std::collections::BTreeSet;

use engine::{Operator, Touch};

use super::{
    Rule, Verdict,
    functions::{PRAGMAS, READERS, SCALAR_FUNCTIONS_REFUSED, SECRETS, TABLE_FUNCTIONS},
    rules,
};

/// Where DuckDB keeps a session's temporary objects.
const TEMPORARY_DATABASE: &str = "temp";

/// What a session may do, as far as plans depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Context {
    /// Whether temporary objects may be created.
    pub temp_tables: bool,
    /// Databases that are attached read-only: shares.
    pub read_only_databases: BTreeSet<String>,
    /// Databases that may be written to. Temporary objects live in `temp`.
    pub own_databases: BTreeSet<String>,
    /// Whether DuckDB is expanding a PIVOT, whose enum type is temporary and its own business.
    pub expanding_pivot: bool,
    /// The one file that a statement of the session's own making may touch just now.
    pub own_file: Option<OwnFile>,
}

/// A file that the session keeps for a COPY, and what may be done with it. Its name has been made up at random
/// and told to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnFile {
    /// It may be read as Parquet.
    Read(String),
    /// COPY may write it.
    Write(String),
}

/// What a statement touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Databases that it reads.
    pub reads: BTreeSet<String>,
    /// Databases that it writes to.
    pub writes: BTreeSet<String>,
    /// The table whose rows it changes.
    pub target: Option<Target>,
}

/// A table whose rows a statement changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its database.
    pub database: String,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub table: String,
}

/// Judges a bound statement by everything it touches.
pub(crate) fn judge_plan(touches: &[Touch], context: &Context, facts: &mut Facts) -> Verdict {
    for touch in touches {
        let verdict = judge(touch, context, facts);
        if verdict != Verdict::Allow {
            return verdict;
        }
    }
    Verdict::Allow
}

fn judge(touch: &Touch, context: &Context, facts: &mut Facts) -> Verdict {
    let name = touch.name.as_str();
    match touch.operator {
        Operator::TableFunction | Operator::CopyTo if is_own_file(touch, context) => Verdict::Allow,
        Operator::TableFunction => table_function(name, &touch.arguments),
        Operator::ScalarFunction => scalar_function(name),
        Operator::CopyTo => path(touch.arguments.first().map_or("", String::as_str)),
        Operator::Insert | Operator::Update | Operator::Delete | Operator::Merge => {
            if let [database, schema, ..] = &touch.arguments[..] {
                let (database, schema, table) = (database.clone(), schema.clone(), touch.name.clone());
                facts.target = Some(Target { database, schema, table });
            }
            write(touch, context, facts)
        }
        Operator::Alter | Operator::Drop => write(touch, context, facts),
        Operator::CreateTable
        | Operator::CreateView
        | Operator::CreateMacro
        | Operator::CreateType
        | Operator::CreateSequence
        | Operator::CreateIndex
        | Operator::CreateSchema => create(touch, context, facts),
        Operator::Pragma => listed(PRAGMAS, name, &rules::PRAGMA),
        Operator::CreateSecret => Verdict::Refuse(&rules::SECRET),
        Operator::Attach => Verdict::Refuse(&rules::ATTACH),
        Operator::Detach => Verdict::Refuse(&rules::DETACH),
        Operator::Load => Verdict::Refuse(&rules::EXTENSIONS),
        Operator::Export => Verdict::Refuse(&rules::EXPORT),
        Operator::CopyDatabase => Verdict::Refuse(&rules::PLATFORM),
        Operator::Set | Operator::Reset => setting(name),
        Operator::TableScan
        | Operator::AggregateFunction
        | Operator::SetVariable
        | Operator::Transaction
        | Operator::Explain
        | Operator::Vacuum => Verdict::Allow,
        Operator::ReadsDatabase => {
            facts.reads.insert(touch.name.clone());
            Verdict::Allow
        }
        Operator::WritesDatabase => write_to(name, context, facts),
        // Prepared statements are the session's: DuckDB's own would be judged only once.
        Operator::Prepare | Operator::Execute | Operator::Other => Verdict::Refuse(&rules::OPERATOR),
    }
}

fn is_own_file(touch: &Touch, context: &Context) -> bool {
    let path = touch.arguments.first();
    match &context.own_file {
        Some(OwnFile::Read(own)) => {
            let reads = touch.operator == Operator::TableFunction && touch.name == "read_parquet";
            reads && path == Some(own)
        }
        Some(OwnFile::Write(own)) => touch.operator == Operator::CopyTo && path == Some(own),
        None => false,
    }
}

fn listed(list: &[&str], name: &str, rule: &'static Rule) -> Verdict {
    if list.contains(&name.to_ascii_lowercase().as_str()) { Verdict::Allow } else { Verdict::Refuse(rule) }
}

fn table_function(name: &str, arguments: &[String]) -> Verdict {
    let lower = name.to_ascii_lowercase();
    if SECRETS.contains(&lower.as_str()) {
        return Verdict::Refuse(&rules::SECRET);
    }
    if lower.ends_with("checkpoint") {
        let force = lower.starts_with("force");
        return if force { Verdict::Refuse(&rules::CHECKPOINT) } else { Verdict::Allow };
    }
    if READERS.contains(&lower.as_str()) {
        return path(arguments.first().map_or("", String::as_str));
    }
    listed(TABLE_FUNCTIONS, name, &rules::TABLE_FUNCTION)
}

/// Until the way out of the box is a checked one, no path can be read or written; the rule depends on
/// where it points.
fn path(path: &str) -> Verdict {
    let first = path.trim_start_matches(['[', '\'', ' ']);
    let scheme = first.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let all_remote = path.split(", ").all(|one| one.contains("://"));
    match scheme.as_deref() {
        Some(
            "http" | "https" | "s3" | "s3a" | "s3n" | "gcs" | "gs" | "r2" | "hf" | "az" | "azure" | "abfss",
        ) if all_remote => Verdict::Refuse(&rules::REMOTE_FILE),
        Some(_) | None => Verdict::Refuse(&rules::LOCAL_FILE),
    }
}

fn scalar_function(name: &str) -> Verdict {
    if SCALAR_FUNCTIONS_REFUSED.contains(&name.to_ascii_lowercase().as_str()) {
        return Verdict::Refuse(&rules::SCALAR_FUNCTION);
    }
    Verdict::Allow
}

/// The search path and the current schema are the session's own; every other setting came from SQL that
/// should have been answered by the session (PRAGMA in disguise) and is refused.
fn setting(name: &str) -> Verdict {
    match name.to_ascii_lowercase().as_str() {
        "schema" | "search_path" => Verdict::Allow,
        _ => Verdict::Refuse(&rules::SETTING),
    }
}

/// CREATE SCHEMA names no catalog when the statement does not; DuckDB reports the one it writes to beside it.
fn write(touch: &Touch, context: &Context, facts: &mut Facts) -> Verdict {
    let catalog = touch.arguments.first().filter(|catalog| !catalog.is_empty());
    catalog.map_or(Verdict::Allow, |catalog| write_to(catalog, context, facts))
}

fn write_to(catalog: &str, context: &Context, facts: &mut Facts) -> Verdict {
    if context.read_only_databases.contains(catalog) {
        return Verdict::Refuse(&rules::READ_ONLY_DATABASE);
    }
    if !context.own_databases.contains(catalog) && catalog != TEMPORARY_DATABASE {
        return Verdict::Refuse(&rules::INTERNAL_DATABASE);
    }
    facts.writes.insert(catalog.to_owned());
    Verdict::Allow
}

fn create(touch: &Touch, context: &Context, facts: &mut Facts) -> Verdict {
    if touch.arguments.iter().any(|argument| argument == "temporary") {
        let pivot = touch.operator == Operator::CreateType && touch.name.starts_with("__pivot_enum_");
        let allowed = context.temp_tables || (pivot && context.expanding_pivot);
        return if allowed { Verdict::Allow } else { Verdict::Refuse(&rules::TEMPORARY) };
    }
    write(touch, context, facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(operator: Operator, name: &str, arguments: &[&str]) -> Verdict {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let touch = Touch { operator, name: name.to_owned(), arguments };
        let context = Context {
            own_databases: ["my_db".to_owned()].into(),
            read_only_databases: ["sample_data".to_owned()].into(),
            ..Context::default()
        };
        judge_plan(&[touch], &context, &mut Facts::default())
    }

    #[test]
    fn paths_are_refused_by_where_they_point() {
        let reader = |path: &str| verdict(Operator::TableFunction, "read_csv", &[path]);
        assert_eq!(reader("https://x/y.csv"), Verdict::Refuse(&rules::REMOTE_FILE));
        assert_eq!(reader("[https://x/y.csv, /etc/passwd]"), Verdict::Refuse(&rules::LOCAL_FILE));
        for local in ["/etc/passwd", "file:///etc/passwd", "../x", "", "C:\\x"] {
            assert_eq!(reader(local), Verdict::Refuse(&rules::LOCAL_FILE), "{local}");
        }
    }

    #[test]
    fn the_sessions_own_file_is_for_one_thing_only() {
        let verdict = |own_file, operator, name: &str, path: &str| {
            let touch = Touch { operator, name: name.to_owned(), arguments: vec![path.to_owned()] };
            let context = Context { own_file, ..Context::default() };
            judge_plan(&[touch], &context, &mut Facts::default()) == Verdict::Allow
        };
        let read = || Some(OwnFile::Read("/a/x".to_owned()));
        let write = || Some(OwnFile::Write("/a/x".to_owned()));
        assert!(verdict(read(), Operator::TableFunction, "read_parquet", "/a/x"));
        assert!(verdict(write(), Operator::CopyTo, "parquet", "/a/x"));
        for (own, operator, name, path) in [
            (read(), Operator::TableFunction, "read_parquet", "/a/y"),
            (read(), Operator::TableFunction, "read_text", "/a/x"),
            (read(), Operator::CopyTo, "parquet", "/a/x"),
            (write(), Operator::TableFunction, "read_parquet", "/a/x"),
            (write(), Operator::CopyTo, "parquet", "/a/y"),
            (None, Operator::TableFunction, "read_parquet", "/a/x"),
            (None, Operator::CopyTo, "parquet", "/a/x"),
        ] {
            assert!(!verdict(own.clone(), operator, name, path), "{own:?} {operator:?} {name} {path}");
        }
    }

    #[test]
    fn what_is_not_named_is_refused() {
        assert_eq!(
            verdict(Operator::TableFunction, "enable_logging", &[]),
            Verdict::Refuse(&rules::TABLE_FUNCTION)
        );
        assert_eq!(verdict(Operator::TableFunction, "range", &["3"]), Verdict::Allow);
        assert_eq!(verdict(Operator::Pragma, "enable_profiling", &[]), Verdict::Refuse(&rules::PRAGMA));
        assert_eq!(verdict(Operator::Other, "LOGICAL_NEW", &[]), Verdict::Refuse(&rules::OPERATOR));
        assert_eq!(verdict(Operator::Set, "threads", &[]), Verdict::Refuse(&rules::SETTING));
    }

    #[test]
    fn writes_go_to_own_databases_only() {
        let create = |catalog: &str| verdict(Operator::CreateTable, "t", &[catalog, "main"]);
        assert_eq!(create("my_db"), Verdict::Allow);
        assert_eq!(create("memory"), Verdict::Refuse(&rules::INTERNAL_DATABASE));
        assert_eq!(create("sample_data"), Verdict::Refuse(&rules::READ_ONLY_DATABASE));
        assert_eq!(
            verdict(Operator::CreateTable, "t", &["temp", "main", "temporary"]),
            Verdict::Refuse(&rules::TEMPORARY)
        );
        assert_eq!(
            verdict(Operator::Insert, "t", &["sample_data", "nyc"]),
            Verdict::Refuse(&rules::READ_ONLY_DATABASE)
        );
    }
}
