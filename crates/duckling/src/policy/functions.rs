//! The functions of the pinned engine and its extensions, each with what the policy makes of it: `functions.csv`.
//!
//! It is an allowlist of scalar, aggregate and table functions, pragmas, formats of COPY and kinds of index. A function
//! that is not in the file is refused. A test compares the file with the engine, so that an upgrade shows what is new.

use std::{collections::HashMap, sync::LazyLock};

use super::{Rule, rules};

/// The file.
const FILE: &str = include_str!("functions.csv");

/// By kind and name, in lower case.
static TABLE: LazyLock<HashMap<Kind, HashMap<String, Access>>> = LazyLock::new(|| {
    let mut table: HashMap<Kind, HashMap<String, Access>> = HashMap::new();
    for entry in entries() {
        if let (Some(kind), Some(access)) = (entry.kind, entry.access) {
            table.entry(kind).or_default().insert(entry.name.to_ascii_lowercase(), access);
        }
    }
    table
});

/// What is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Scalar functions and operators.
    Scalar,
    /// Aggregate and window functions.
    Aggregate,
    /// Table functions.
    Table,
    /// PRAGMAs.
    Pragma,
    /// Formats of COPY … TO.
    Copy,
    /// Kinds of index.
    Index,
}

/// What may be done with a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It sees nothing but its arguments and what its session may see.
    Allowed,
    /// It reads the files that its arguments name: they decide.
    Reader,
    /// It looks into the database that its argument names: that decides.
    Database,
    /// It looks into the table that its argument names: that one's database decides, which the engine tells.
    Table,
    /// It changes a sequence or shows one: a write to the sequence's database.
    Sequence,
    /// It acts, for parts of statements that the session makes of others.
    Part,
    /// The rule refuses it.
    Refused(&'static Rule),
}

/// One line of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Nothing for a word that is none.
    pub(super) kind: Option<Kind>,
    /// As DuckDB writes it.
    pub(super) name: &'static str,
    /// `core` stands for DuckDB itself with what is linked into it.
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the file, and for its test"))]
    pub(super) extension: &'static str,
    /// Nothing for a word that is none.
    pub(super) access: Option<Access>,
}

impl Kind {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "scalar" => Self::Scalar,
            "aggregate" => Self::Aggregate,
            "table" => Self::Table,
            "pragma" => Self::Pragma,
            "copy" => Self::Copy,
            "index" => Self::Index,
            _ => return None,
        })
    }

    /// The rule for what is not in the file.
    fn rule(self) -> &'static Rule {
        match self {
            Self::Scalar | Self::Aggregate => &rules::SCALAR_FUNCTION,
            Self::Table => &rules::TABLE_FUNCTION,
            Self::Pragma => &rules::PRAGMA,
            Self::Copy | Self::Index => &rules::OPERATOR,
        }
    }
}

impl Access {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "allowed" => Self::Allowed,
            "reader" => Self::Reader,
            "database" => Self::Database,
            "table" => Self::Table,
            "sequence" => Self::Sequence,
            "part" => Self::Part,
            id => Self::Refused(rules::ALL.iter().find(|rule| rule.id == id)?),
        })
    }
}

/// The lines of the file.
pub(super) fn entries() -> impl Iterator<Item = Entry> {
    FILE.lines().skip(1).map(|line| {
        let mut fields = line.split(',');
        let mut field = || fields.next().unwrap_or_default();
        let (kind, name, extension, access) = (field(), field(), field(), field());
        Entry { kind: Kind::read(kind), name, extension, access: Access::read(access) }
    })
}

/// What may be done with a function of this name, in whatever case.
pub(super) fn access(kind: Kind, name: &str) -> Access {
    let known = TABLE.get(&kind).and_then(|names| match names.get(name) {
        None if name.bytes().any(|byte| byte.is_ascii_uppercase()) => names.get(&name.to_ascii_lowercase()),
        known => known,
    });
    known.copied().unwrap_or_else(|| Access::Refused(kind.rule()))
}

/// The names of this kind that are allowed to everybody with any argument.
pub(crate) fn harmless() -> engine::Harmless<'static> {
    let names = |kind| {
        let allowed = entries().filter(|entry| entry.access == Some(Access::Allowed));
        allowed.filter(|entry| entry.kind == Some(kind)).map(|entry| entry.name).collect()
    };
    engine::Harmless {
        scalar_functions: names(Kind::Scalar),
        table_functions: names(Kind::Table),
        pragmas: names(Kind::Pragma),
    }
}
