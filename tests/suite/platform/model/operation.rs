//! Statements at random.

use super::state::State;

/// Names of databases, of attached shares, of shares, snapshots and tokens: few, so that they meet.
const NAMES: [&str; 5] = ["a", "b", "c", "d e", "größe"];

/// In small letters.
pub(crate) const OPTIONS: [[&str; 3]; 4] = [
    ["restricted", "hidden", "manual"],
    ["restricted", "discoverable", "manual"],
    ["unrestricted", "hidden", "automatic"],
    ["organization", "hidden", "manual"],
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Empty,
    Database(String),
    Current,
    Snapshot(String),
}

/// What lists something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    AllDatabases,
    Shares,
    Snapshots,
    Tokens,
    Databases,
    Storage,
    SharedWithMe,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create {
        name: String,
        or_replace: bool,
        if_not_exists: bool,
        origin: Origin,
    },
    Drop {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    Undrop(String),
    Rename(String, String),
    Copy {
        from: String,
        to: String,
        overwrite: bool,
    },
    Use(String),
    Attach(String),
    AttachShare {
        url: String,
        alias: String,
    },
    Detach {
        name: String,
        if_exists: bool,
    },
    CreateShare {
        name: String,
        database: Option<String>,
        or_replace: bool,
        if_not_exists: bool,
        options: [&'static str; 3],
    },
    UpdateShare(String),
    DropShare {
        name: String,
        if_exists: bool,
    },
    Grant {
        share: String,
        account: &'static str,
        is_granted: bool,
    },
    CreateSnapshot {
        name: Option<String>,
        database: String,
    },
    CreateToken(String),
    DropToken(String),
    Refresh(Option<String>),
    CreateTable(String),
    Insert(String),
    Count(String),
    List(Listing),
    Begin,
    Commit,
    Rollback,
}

fn pick(random: &mut fastrand::Rng) -> String {
    NAMES[random.usize(0..NAMES.len())].to_owned()
}

/// Of a database, more often than not one that there is.
fn any(random: &mut fastrand::Rng, state: &State) -> String {
    let known: Vec<String> = state
        .databases
        .iter()
        .map(|database| database.name.clone())
        .chain(state.shares.iter().filter_map(|share| share.attached_as.clone()))
        .collect();
    if random.u8(0..10) < 7 { known[random.usize(0..known.len())].clone() } else { pick(random) }
}

impl Operation {
    /// One at random. `url` is another account's share, if there is one.
    pub(crate) fn random(random: &mut fastrand::Rng, state: &State, url: Option<&String>) -> Self {
        match random.u8(0..100) {
            0..10 => Self::create(random, state),
            10..16 => {
                let (if_exists, cascade) = (random.u8(0..4) == 0, random.u8(0..3) == 0);
                Self::Drop { name: any(random, state), if_exists, cascade }
            }
            16..20 => Self::Undrop(pick(random)),
            20..24 => Self::Rename(any(random, state), pick(random)),
            24..28 => {
                Self::Copy { from: any(random, state), to: any(random, state), overwrite: random.bool() }
            }
            28..33 => Self::Use(any(random, state)),
            33..36 => Self::Attach(pick(random)),
            36..39 => Self::attach_share(random, state, url),
            39..42 => Self::Detach { name: any(random, state), if_exists: random.u8(0..4) == 0 },
            42..48 => Self::share(random, state),
            48..50 => Self::UpdateShare(pick(random)),
            50..52 => Self::DropShare { name: pick(random), if_exists: random.u8(0..4) == 0 },
            52..54 => Self::Grant {
                share: pick(random),
                account: ["third", "nobody"][random.usize(0..2)],
                is_granted: random.bool(),
            },
            54..57 => {
                let name = random.bool().then(|| pick(random));
                Self::CreateSnapshot { name, database: any(random, state) }
            }
            57..59 => Self::CreateToken(pick(random)),
            59..61 => Self::DropToken(pick(random)),
            61..63 => Self::Refresh(random.bool().then(|| any(random, state))),
            63..68 => Self::CreateTable(any(random, state)),
            68..78 => Self::Insert(any(random, state)),
            78..84 => Self::Count(any(random, state)),
            84..94 => Self::List(Listing::ALL[random.usize(0..Listing::ALL.len())]),
            94..96 => Self::Begin,
            96..99 => Self::Commit,
            _ => Self::Rollback,
        }
    }

    fn create(random: &mut fastrand::Rng, state: &State) -> Self {
        let (or_replace, if_not_exists) = match random.u8(0..5) {
            0 => (true, false),
            1 => (false, true),
            _ => (false, false),
        };
        let origin = match random.u8(0..8) {
            0..3 => Origin::Empty,
            3..6 => Origin::Database(any(random, state)),
            6 => Origin::Current,
            _ => Origin::Snapshot(pick(random)),
        };
        Self::Create { name: pick(random), or_replace, if_not_exists, origin }
    }

    fn attach_share(random: &mut fastrand::Rng, state: &State, url: Option<&String>) -> Self {
        let own =
            (!state.shares.is_empty()).then(|| state.shares[random.usize(0..state.shares.len())].url.clone());
        let other = url.filter(|_| random.u8(0..4) == 0).cloned();
        let none = "md:_share/a/00000000-0000-4000-8000-000000000000".to_owned();
        Self::AttachShare { url: other.or(own).unwrap_or(none), alias: pick(random) }
    }

    fn share(random: &mut fastrand::Rng, state: &State) -> Self {
        let (or_replace, if_not_exists) = match random.u8(0..5) {
            0 => (true, false),
            1 => (false, true),
            _ => (false, false),
        };
        Self::CreateShare {
            name: pick(random),
            database: (random.u8(0..4) > 0).then(|| any(random, state)),
            or_replace,
            if_not_exists,
            options: OPTIONS[random.usize(0..OPTIONS.len())],
        }
    }

    /// The statement; rows that it inserts have this mark.
    #[expect(clippy::too_many_lines, reason = "one arm for each operation")]
    pub(crate) fn sql(&self, mark: &str) -> String {
        let word = |is_wanted: bool, word: &'static str| if is_wanted { word } else { "" };
        match self {
            Self::Create { name, or_replace, if_not_exists, origin } => {
                let origin = match origin {
                    Origin::Empty => String::new(),
                    Origin::Database(name) => format!(" from {}", quoted(name)),
                    Origin::Current => " from current_database()".to_owned(),
                    Origin::Snapshot(name) => format!(" from snapshot {}", quoted(name)),
                };
                let (replace, exists) =
                    (word(*or_replace, "or replace "), word(*if_not_exists, "if not exists "));
                format!("create {replace}database {exists}{}{origin}", quoted(name))
            }
            Self::Drop { name, if_exists, cascade } => {
                format!(
                    "drop database {}{}{}",
                    word(*if_exists, "if exists "),
                    quoted(name),
                    word(*cascade, " cascade")
                )
            }
            Self::Undrop(name) => format!("undrop database {}", quoted(name)),
            Self::Rename(from, to) => format!("alter database {} rename to {}", quoted(from), quoted(to)),
            Self::Copy { from, to, overwrite } => {
                let overwrite = word(*overwrite, " (overwrite)");
                format!("copy from database {} to {}{overwrite}", quoted(from), quoted(to))
            }
            Self::Use(name) => format!("use database {}", quoted(name)),
            Self::Attach(name) => format!("attach 'md:{name}'"),
            Self::AttachShare { url, alias } => format!("attach '{url}' as {}", quoted(alias)),
            Self::Detach { name, if_exists } => {
                format!("detach {}{}", word(*if_exists, "if exists "), quoted(name))
            }
            Self::CreateShare { name, database, or_replace, if_not_exists, options } => {
                let from =
                    database.as_ref().map(|name| format!(" from {}", quoted(name))).unwrap_or_default();
                let (replace, exists) =
                    (word(*or_replace, "or replace "), word(*if_not_exists, "if not exists "));
                let [access, visibility, update] = options;
                format!(
                    "create {replace}share {exists}{}{from} (access {access}, visibility {visibility}, update {update})",
                    quoted(name)
                )
            }
            Self::UpdateShare(name) => format!("update share {}", quoted(name)),
            Self::DropShare { name, if_exists } => {
                format!("drop share {}{}", word(*if_exists, "if exists "), quoted(name))
            }
            Self::Grant { share, account, is_granted: true } => {
                format!("grant read on share {} to {account}", quoted(share))
            }
            Self::Grant { share, account, is_granted: false } => {
                format!("revoke read on share {} from {account}", quoted(share))
            }
            Self::CreateSnapshot { name, database } => {
                let name = name.as_ref().map(|name| format!("{} ", quoted(name))).unwrap_or_default();
                format!("create snapshot {name}of {}", quoted(database))
            }
            Self::CreateToken(name) => format!("create token {}", quoted(name)),
            Self::DropToken(name) => format!("drop token {}", quoted(name)),
            Self::Refresh(None) => "refresh databases".to_owned(),
            Self::Refresh(Some(name)) => format!("refresh database {}", quoted(name)),
            Self::CreateTable(name) => format!("create table {}.main.t(mark varchar)", quoted(name)),
            Self::Insert(name) => format!("insert into {}.main.t values ('{mark}')", quoted(name)),
            Self::Count(name) => {
                format!("select count(*), min(mark), max(mark) from {}.main.t", quoted(name))
            }
            Self::List(listing) => listing.sql().to_owned(),
            Self::Begin => "begin".to_owned(),
            Self::Commit => "commit".to_owned(),
            Self::Rollback => "rollback".to_owned(),
        }
    }

    /// Whether it cannot be a part of a transaction.
    pub(crate) fn stands_alone(&self) -> bool {
        matches!(
            self,
            Self::Create { .. } | Self::Drop { .. } | Self::Undrop(_) | Self::Rename(..) | Self::Copy { .. }
        )
    }
}

impl Listing {
    const ALL: [Self; 7] = [
        Self::AllDatabases,
        Self::Shares,
        Self::Snapshots,
        Self::Tokens,
        Self::Databases,
        Self::Storage,
        Self::SharedWithMe,
    ];

    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::AllDatabases => {
                "select lower(alias), is_attached, type, lower(fully_qualified_name) from \
                                   md_all_databases() where alias <> 'sample_data'"
            }
            Self::Shares => {
                "select lower(name), lower(source_db_name), lower(url), lower(access), lower(visibility), \
                             lower(update), len(grants) from md_list_database_shares()"
            }
            Self::Snapshots => {
                "select coalesce(lower(snapshot_name), 'null'), lower(database_name) from \
                                md_information_schema.database_snapshots"
            }
            Self::Tokens => "select lower(name) from md_tokens() where not starts_with(name, 'token-')",
            Self::Databases => "select lower(name) from md_information_schema.databases",
            Self::Storage => "select lower(database_name) from md_information_schema.storage_info",
            Self::SharedWithMe => "select name from md_information_schema.shared_with_me",
        }
    }

    /// What it must list, sorted.
    pub(crate) fn lines(self, state: &State) -> Vec<String> {
        match self {
            Self::AllDatabases => state.all_databases(),
            Self::Shares => state.owned_shares(),
            Self::Snapshots => state.all_snapshots(),
            Self::Tokens => state.tokens.iter().cloned().collect(),
            Self::Databases | Self::Storage => state.names(),
            Self::SharedWithMe => vec!["sample_data".to_owned()],
        }
    }
}

pub(crate) fn quoted(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_plain { name.to_owned() } else { format!("\"{name}\"") }
}
