//! The judge of plans: looks at what DuckDB bound, and gathers the facts that outlive the bind.
//!
//! The hook runs at bind, not at each execution of a prepared statement; the [`Facts`] stay with the
//! statement and are judged again whenever it is executed.

use std::{collections::BTreeSet, sync::Arc};

use engine::{Operator, Touch};

use super::{
    Names, Profile, Seen, Verdict,
    functions::{Access, Kind, access},
    rules,
};
use crate::remote::{is_azure, is_remote, names_no_host};

/// Where DuckDB keeps a session's temporary objects.
const TEMPORARY_DATABASE: &str = "temp";

/// The functions that change a sequence.
const SEQUENCE_WRITERS: [&str; 3] = ["nextval", "setval", "__pintail_restart"];

/// What CHECKPOINT is for DuckDB.
const CHECKPOINT: &str = "checkpoint";

/// DuckDB's catalogs beside the databases that are attached.
const INTERNAL_DATABASES: [&str; 2] = ["system", TEMPORARY_DATABASE];

/// What may be done with remote files beside reading them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    /// `COPY … TO`.
    pub write: bool,
    /// `ATTACH 'https://…' (READ_ONLY)`.
    pub attach: bool,
    /// Whether `az://` and `azure://` are remote files: the extension is loaded.
    pub azure: bool,
}

/// What a session may do, as far as plans depend on it.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Whether what the reference lacks is refused too.
    pub profile: Profile,
    /// Whether temporary objects may be created.
    pub temp_tables: bool,
    /// The databases that it sees.
    pub databases: Arc<dyn Names>,
    /// What may be done with remote files; nothing when there is no way to them.
    pub remote: Option<Remote>,
    /// Whether the session is carrying out a COPY FROM DATABASE just now.
    pub copying_database: bool,
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
    /// The name under which it attaches a database.
    pub attaches: Option<String>,
    /// The name of the one that it detaches.
    pub detaches: Option<String>,
    /// The database that it is refused for, since the session does not see it.
    pub unseen: Option<String>,
    /// Database, schema and name of the table that it changes, or whose indexes; what is not known is empty.
    pub changes_table: Option<[String; 3]>,
    /// The database whose indexes it makes or drops.
    pub changes_indexes: Option<String>,
    /// Database and schema of the type that it creates.
    pub creates_type: Option<(String, String)>,
    /// The variable whose value it sets.
    pub sets_variable: Option<String>,
    /// Whether it calls a function that changes a sequence.
    pub changes_sequence: bool,
    /// Whether it reads remote files.
    pub reads_remote: bool,
    /// Whether it is work on a database's file: CHECKPOINT, VACUUM, ANALYZE.
    pub is_upkeep: bool,
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
        Operator::TableFunction => {
            facts.is_upkeep |= name.eq_ignore_ascii_case(CHECKPOINT);
            let verdict = table_function(name, &touch.arguments, context);
            facts.reads_remote |= access(Kind::Table, name) == Access::Reader;
            verdict
        }
        Operator::ScalarFunction => scalar_function(touch, context, facts),
        Operator::AggregateFunction => listed(Kind::Aggregate, name),
        Operator::CopyTo => written_file(touch, context),
        Operator::Insert | Operator::Update | Operator::Delete | Operator::Merge => {
            if let [database, schema, ..] = &touch.arguments[..] {
                let (database, schema, table) = (database.clone(), schema.clone(), touch.name.clone());
                facts.target = Some(Target { database, schema, table });
            }
            write(touch, context, facts)
        }
        Operator::Alter => alter(touch, context, facts),
        Operator::Drop => match touch.arguments.last().map_or("", String::as_str) {
            "Index" => write_index(touch, context, facts),
            "Table" | "View" | "Sequence" | "Schema" | "Type" | "Macro Function" | "Table Macro Function" => {
                write(touch, context, facts)
            }
            "Secret" => Verdict::Refuse(&rules::SECRET),
            _ => Verdict::Refuse(&rules::OPERATOR),
        },
        Operator::CreateSequence | Operator::CreateIndex if context.profile == Profile::Reference => {
            let is_index = touch.operator == Operator::CreateIndex;
            Verdict::Refuse(if is_index { &rules::INDEX } else { &rules::SEQUENCE })
        }
        Operator::CreateIndex => match listed(Kind::Index, touch.arguments.last().map_or("", String::as_str))
        {
            Verdict::Allow => write_index(touch, context, facts),
            refusal @ Verdict::Refuse(_) => refusal,
        },
        Operator::CreateTable
        | Operator::CreateView
        | Operator::CreateMacro
        | Operator::CreateType
        | Operator::CreateSequence
        | Operator::CreateSchema => create(touch, context, facts),
        Operator::Pragma => listed(Kind::Pragma, name),
        Operator::CreateSecret => Verdict::Refuse(&rules::SECRET),
        Operator::Attach => attach(touch, context, facts),
        Operator::Detach => detach(name, context, facts),
        Operator::Load => Verdict::Refuse(&rules::EXTENSIONS),
        Operator::Export => Verdict::Refuse(&rules::EXPORT),
        // The session has judged its databases.
        Operator::CopyDatabase if context.copying_database => Verdict::Allow,
        Operator::CopyDatabase => Verdict::Refuse(&rules::PLATFORM),
        Operator::Set | Operator::Reset => setting(name),
        Operator::TableScan | Operator::Transaction | Operator::Explain => Verdict::Allow,
        Operator::Vacuum => {
            facts.is_upkeep = true;
            Verdict::Allow
        }
        Operator::SetVariable => {
            facts.sets_variable = Some(touch.name.clone());
            Verdict::Allow
        }
        Operator::ReadsDatabase => read_from(name, context, facts),
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

/// What needs no more than a name.
fn listed(kind: Kind, name: &str) -> Verdict {
    match access(kind, name) {
        // A database's name is judged where there is one.
        Access::Allowed | Access::Reader | Access::Database | Access::Table | Access::Sequence => {
            Verdict::Allow
        }
        Access::Part => Verdict::Refuse(&rules::INTERNAL_FUNCTION),
        Access::Refused(rule) => Verdict::Refuse(rule),
    }
}

fn table_function(name: &str, arguments: &[String], context: &Context) -> Verdict {
    match access(Kind::Table, name) {
        Access::Reader => {
            let verdict = sources(arguments, context);
            let attaches = name == "read_duckdb" && !context.remote.is_some_and(|remote| remote.attach);
            if attaches && verdict == Verdict::Allow { Verdict::Refuse(&rules::ATTACH) } else { verdict }
        }
        Access::Database => inspected_database(arguments, context),
        Access::Allowed | Access::Table | Access::Sequence => Verdict::Allow,
        // The state in which the parts of a statement are run before its last.
        Access::Part if context.expanding_pivot => Verdict::Allow,
        Access::Part => Verdict::Refuse(&rules::INTERNAL_FUNCTION),
        Access::Refused(rule) => Verdict::Refuse(rule),
    }
}

/// A database that a function is to look into, or the session's own. DuckDB's own catalogs have no storage: they end
/// the instance. Without an argument the function is in a plan, and has been judged with one when it was bound.
fn inspected_database(arguments: &[String], context: &Context) -> Verdict {
    match arguments.first() {
        Some(name) if is(&INTERNAL_DATABASES, name) => Verdict::Refuse(&rules::INTERNAL_DATABASE),
        Some(name) if context.databases.seen(name) == Seen::No => Verdict::Refuse(&rules::NOT_ATTACHED),
        Some(_) | None => Verdict::Allow,
    }
}

/// The files of a reader: its first argument, one path or a list of them; COPY FROM has one argument for each,
/// before its named ones.
fn sources(arguments: &[String], context: &Context) -> Verdict {
    let is_named = |argument: &&String| {
        argument
            .split_once('=')
            .is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
    };
    let first = arguments.first().map_or("", String::as_str);
    let further = arguments.iter().skip(1).filter(|argument| !is_named(argument)).map(String::as_str);
    // A list's text is `[a, b]`, with quotes where an element needs them. An address that has a comma and a
    // space inside is taken for two, and refused.
    let list = first.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(first);
    let paths = list.split(", ").map(|path| path.trim_matches('\'')).chain(further);
    if !paths.clone().all(|path| is_reached(path, context)) {
        return Verdict::Refuse(&rules::LOCAL_FILE);
    }
    match context.remote {
        Some(_) if paths.clone().all(names_no_host) => Verdict::Allow,
        Some(_) => Verdict::Refuse(&rules::OBJECT_ADDRESS),
        None => Verdict::Refuse(&rules::REMOTE_FILE),
    }
}

/// Whether a path is a remote one, by the extensions that are loaded.
fn is_reached(path: &str, context: &Context) -> bool {
    is_remote(path) || (is_azure(path) && context.remote.is_some_and(|remote| remote.azure))
}

/// The file that COPY TO writes.
fn written_file(touch: &Touch, context: &Context) -> Verdict {
    let path = touch.arguments.first().map_or("", String::as_str);
    if !is_reached(path, context) {
        return Verdict::Refuse(&rules::LOCAL_FILE);
    }
    match context.remote {
        Some(_) if !names_no_host(path) => Verdict::Refuse(&rules::OBJECT_ADDRESS),
        Some(Remote { write: true, .. }) => listed(Kind::Copy, &touch.name),
        Some(Remote { write: false, .. }) => Verdict::Refuse(&rules::REMOTE_WRITE),
        None => Verdict::Refuse(&rules::REMOTE_FILE),
    }
}

/// A remote database, read-only and nothing else, in the place of none that is there.
fn attach(touch: &Touch, context: &Context, facts: &mut Facts) -> Verdict {
    let is_free = context.databases.seen(&touch.name) == Seen::No;
    let is_allowed = context.remote.is_some_and(|remote| remote.attach) && is_free;
    match &touch.arguments[..] {
        [path, ..] if is_allowed && !names_no_host(path) => Verdict::Refuse(&rules::OBJECT_ADDRESS),
        [path, option] if is_allowed && is_reached(path, context) && option == "read_only=true" => {
            facts.attaches = Some(touch.name.clone());
            Verdict::Allow
        }
        _ => Verdict::Refuse(&rules::ATTACH),
    }
}

/// Remote files only: everything else is detached by the session.
fn detach(name: &str, context: &Context, facts: &mut Facts) -> Verdict {
    let is_theirs = context.databases.seen(name) == Seen::Remote;
    if !is_theirs || is(&INTERNAL_DATABASES, name) {
        return Verdict::Refuse(&rules::DETACH);
    }
    facts.detaches = Some(name.to_owned());
    Verdict::Allow
}

/// Whether a database is among these: DuckDB's names of databases are the same in capitals.
fn is(databases: impl IntoIterator<Item: AsRef<str>>, name: &str) -> bool {
    databases.into_iter().any(|database| database.as_ref().eq_ignore_ascii_case(name))
}

/// A sequence whose function has been bound is known; one in a definition is judged when that is used.
fn scalar_function(touch: &Touch, context: &Context, facts: &mut Facts) -> Verdict {
    match access(Kind::Scalar, &touch.name) {
        Access::Sequence if context.profile == Profile::Reference => Verdict::Refuse(&rules::SEQUENCE),
        Access::Sequence if SEQUENCE_WRITERS.contains(&touch.name.as_str()) => {
            facts.changes_sequence = true;
            write(touch, context, facts)
        }
        Access::Allowed | Access::Reader | Access::Database | Access::Table | Access::Sequence => {
            Verdict::Allow
        }
        Access::Part => Verdict::Refuse(&rules::INTERNAL_FUNCTION),
        Access::Refused(rule) => Verdict::Refuse(rule),
    }
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

fn alter(touch: &Touch, context: &Context, facts: &mut Facts) -> Verdict {
    if let [database, schema, .., kind] = &touch.arguments[..]
        && kind == "Table"
    {
        facts.changes_table = Some([database, schema, &touch.name].map(Clone::clone));
    }
    write(touch, context, facts)
}

fn write_index(touch: &Touch, context: &Context, facts: &mut Facts) -> Verdict {
    let argument = |index| touch.arguments.get(index).cloned().unwrap_or_default();
    facts.changes_indexes = touch.arguments.first().cloned();
    // What DROP INDEX names is the index.
    let is_new = touch.operator == Operator::CreateIndex;
    let (schema, table) = if is_new { (argument(1), argument(2)) } else { Default::default() };
    facts.changes_table = Some([argument(0), schema, table]);
    write(touch, context, facts)
}

/// DuckDB's own catalogs are everybody's to read.
fn read_from(catalog: &str, context: &Context, facts: &mut Facts) -> Verdict {
    if !is(&INTERNAL_DATABASES, catalog) && context.databases.seen(catalog) == Seen::No {
        return unseen(catalog, facts);
    }
    facts.reads.insert(catalog.to_owned());
    Verdict::Allow
}

fn write_to(catalog: &str, context: &Context, facts: &mut Facts) -> Verdict {
    if catalog.eq_ignore_ascii_case(TEMPORARY_DATABASE) {
        facts.writes.insert(TEMPORARY_DATABASE.to_owned());
        return Verdict::Allow;
    }
    if is(&INTERNAL_DATABASES, catalog) {
        return Verdict::Refuse(&rules::INTERNAL_DATABASE);
    }
    match context.databases.seen(catalog) {
        Seen::Own => {
            facts.writes.insert(catalog.to_owned());
            Verdict::Allow
        }
        Seen::Shared => Verdict::Refuse(&rules::READ_ONLY_DATABASE),
        Seen::Remote => Verdict::Refuse(&rules::INTERNAL_DATABASE),
        Seen::No => unseen(catalog, facts),
    }
}

fn unseen(database: &str, facts: &mut Facts) -> Verdict {
    facts.unseen = Some(database.to_owned());
    Verdict::Refuse(&rules::NOT_ATTACHED)
}

fn create(touch: &Touch, context: &Context, facts: &mut Facts) -> Verdict {
    if touch.arguments.iter().any(|argument| argument == "temporary") {
        let pivot = touch.operator == Operator::CreateType && touch.name.starts_with("__pivot_enum_");
        if pivot && context.expanding_pivot {
            return Verdict::Allow;
        }
        if !context.temp_tables {
            return Verdict::Refuse(&rules::TEMPORARY);
        }
        // It goes with the process, so that the session is not one that could go on in another.
        facts.writes.insert(TEMPORARY_DATABASE.to_owned());
        return Verdict::Allow;
    }
    if let (Operator::CreateType, [database, schema, ..]) = (touch.operator, &touch.arguments[..]) {
        facts.creates_type = Some((database.clone(), schema.clone()));
    }
    write(touch, context, facts)
}
