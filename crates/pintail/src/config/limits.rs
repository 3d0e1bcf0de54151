//! Limits of accounts and of their tokens: the sections `[account.NAME.limits]` and `[account.NAME.token.TOKEN]`, and
//! what they come to together with the defaults in `[limits]` and `[duckling]`.

use std::{collections::HashMap, path::Path};

use anyhow::{Context, ensure};
use gateway::settings::{Allowance, Allowances, SessionLimits, TokenAllowance, account_key};
use serde::{Deserialize, Serialize};

use super::{
    file::{Account, Config},
    size::Size,
};
use crate::machine;

/// DuckDB needs so much to start.
const MEMORY_MIN_BYTES: u64 = 64 << 20;

/// DuckDB's own limit on the nesting of expressions: its stack holds no more.
const EXPRESSION_DEPTH_MAX: u32 = 1000;

/// No statement would be possible with less.
const EXPRESSION_DEPTH_MIN: u32 = 10;

/// More threads than any machine has use for; far more and no process starts.
const THREADS_MAX: u32 = 1024;

/// `[account.NAME.limits]`: what is not set is as in `[limits]` and `[duckling]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountLimits {
    pub(crate) memory_limit: Option<Size>,
    pub(crate) threads: Option<u32>,
    pub(crate) spill_limit: Option<Size>,
    pub(crate) disk_quota: Option<Size>,
    pub(crate) sessions: Option<usize>,
    pub(crate) databases: Option<usize>,
    pub(crate) shares: Option<usize>,
    pub(crate) snapshots: Option<usize>,
    pub(crate) result_rows: Option<u64>,
    pub(crate) result_bytes: Option<Size>,
    pub(crate) statement_timeout_s: Option<u64>,
    pub(crate) statement_text: Option<Size>,
    pub(crate) expression_depth: Option<u32>,
}

/// `[account.NAME.token.TOKEN]`: what is set counts if it is stricter than the account's.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TokenLimits {
    pub(crate) sessions: Option<usize>,
    pub(crate) result_rows: Option<u64>,
    pub(crate) result_bytes: Option<Size>,
    pub(crate) statement_timeout_s: Option<u64>,
    pub(crate) statement_text: Option<Size>,
    pub(crate) expression_depth: Option<u32>,
}

/// What the machine has, of which percents are taken.
#[derive(Clone, Copy, Debug)]
struct Machine {
    memory: u64,
    cores: u32,
    free_disk: u64,
    disk: u64,
}

/// What each account may use.
pub(super) fn allowances(config: &Config, data_directory: &Path) -> anyhow::Result<Allowances> {
    let machine = Machine {
        memory: machine::memory_bytes(),
        cores: machine::cores(),
        free_disk: machine::free_disk_bytes(data_directory),
        disk: machine::disk_bytes(data_directory),
    };
    let default = default(config, machine)?;
    let mut accounts = HashMap::new();
    for (name, account) in &config.account {
        let allowance = self::account(name, account, &default, machine)?;
        let before = accounts.insert(account_key(name), allowance);
        ensure!(before.is_none(), "[account.{name}] is there twice: the case of a name does not matter");
    }
    Ok(Allowances { default, accounts })
}

/// What has to stay free on the file system of the data directory; the duckling takes a part of that at most.
pub(super) fn disk_reserve_bytes(config: &Config, data_directory: &Path) -> u64 {
    let disk = machine::disk_bytes(data_directory);
    config.limits.disk_reserve.of(disk)
}

fn default(config: &Config, machine: Machine) -> anyhow::Result<Allowance> {
    let (duckling, limits) = (&config.duckling, &config.limits);
    let allowance = Allowance {
        memory_limit_bytes: memory("[duckling]", duckling.memory_limit, machine)?,
        threads: threads("[duckling]", duckling.threads)?.unwrap_or(machine.cores),
        spill_limit_bytes: duckling.spill_limit.of(machine.free_disk),
        disk_quota_bytes: limits.disk_quota.of(machine.disk),
        databases: databases("[limits]", limits.databases)?,
        shares: limits.shares,
        snapshots: limits.snapshots,
        sessions: limits.sessions_per_account,
        session: SessionLimits {
            result_rows: limits.result_rows,
            result_bytes: limits.result_bytes.of(machine.memory),
            statement_timeout_ms: limits.statement_timeout_s.saturating_mul(1000),
            statement_text_bytes: limits.statement_text.of(machine.memory),
            expression_depth: depth("[limits]", limits.expression_depth)?,
        },
        tokens: HashMap::new(),
    };
    ensure!(allowance.sessions > 0, "[limits] sessions_per_account is 0: nobody could connect");
    Ok(allowance)
}

fn account(
    name: &str,
    account: &Account,
    default: &Allowance,
    machine: Machine,
) -> anyhow::Result<Allowance> {
    let section = format!("[account.{name}.limits]");
    let limits = &account.limits;
    let bytes =
        |size: Option<Size>, total: u64, otherwise: u64| size.map_or(otherwise, |size| size.of(total));
    let memory_limit_bytes = match limits.memory_limit {
        Some(size) => memory(&section, size, machine)?,
        None => default.memory_limit_bytes,
    };
    let session = SessionLimits {
        result_rows: limits.result_rows.unwrap_or(default.session.result_rows),
        result_bytes: bytes(limits.result_bytes, machine.memory, default.session.result_bytes),
        statement_timeout_ms: limits
            .statement_timeout_s
            .map_or(default.session.statement_timeout_ms, |seconds| seconds.saturating_mul(1000)),
        statement_text_bytes: bytes(
            limits.statement_text,
            machine.memory,
            default.session.statement_text_bytes,
        ),
        expression_depth: match limits.expression_depth {
            Some(levels) => depth(&section, levels)?,
            None => default.session.expression_depth,
        },
    };
    let tokens = account.token.iter();
    let tokens = tokens.map(|(token, limits)| {
        let section = format!("[account.{name}.token.{token}]");
        Ok((token.clone(), self::token(limits, machine).context(section)?))
    });
    let sessions = limits.sessions.unwrap_or(default.sessions);
    ensure!(sessions > 0, "{section} sessions is 0: nobody could connect");
    Ok(Allowance {
        memory_limit_bytes,
        threads: threads(&section, limits.threads.unwrap_or(0))?.unwrap_or(default.threads),
        spill_limit_bytes: bytes(limits.spill_limit, machine.free_disk, default.spill_limit_bytes),
        disk_quota_bytes: bytes(limits.disk_quota, machine.disk, default.disk_quota_bytes),
        databases: databases(&section, limits.databases.unwrap_or(default.databases))?,
        shares: limits.shares.unwrap_or(default.shares),
        snapshots: limits.snapshots.unwrap_or(default.snapshots),
        sessions,
        session,
        tokens: tokens.collect::<anyhow::Result<_>>()?,
    })
}

fn token(limits: &TokenLimits, machine: Machine) -> anyhow::Result<TokenAllowance> {
    let bytes = |size: Option<Size>| size.map_or(0, |size| size.of(machine.memory));
    ensure!(limits.sessions != Some(0), "sessions is 0: revoke the token to keep it out");
    let expression_depth = limits.expression_depth.map(|levels| depth("", levels)).transpose()?;
    Ok(TokenAllowance {
        sessions: limits.sessions.unwrap_or(0),
        session: SessionLimits {
            result_rows: limits.result_rows.unwrap_or(0),
            result_bytes: bytes(limits.result_bytes),
            statement_timeout_ms: limits.statement_timeout_s.unwrap_or(0).saturating_mul(1000),
            statement_text_bytes: bytes(limits.statement_text),
            expression_depth: expression_depth.unwrap_or(0),
        },
    })
}

fn memory(section: &str, size: Size, machine: Machine) -> anyhow::Result<u64> {
    let bytes = size.of(machine.memory);
    ensure!(bytes >= MEMORY_MIN_BYTES, "{section} memory_limit is below 64MiB, which DuckDB needs to start");
    Ok(bytes)
}

/// 0 is as many as otherwise.
fn threads(section: &str, threads: u32) -> anyhow::Result<Option<u32>> {
    ensure!(threads <= THREADS_MAX, "{section} threads = {threads} is above {THREADS_MAX}");
    Ok(Some(threads).filter(|threads| *threads > 0))
}

fn databases(section: &str, databases: usize) -> anyhow::Result<usize> {
    ensure!(databases > 0, "{section} databases is 0: every account has one");
    Ok(databases)
}

/// What may be right elsewhere, and hardly is on this machine.
pub(super) fn warnings(allowances: &Allowances) -> Vec<String> {
    let memory = machine::memory_bytes();
    let default = [("[duckling]".to_owned(), &allowances.default)].into_iter();
    let accounts = allowances.accounts.iter();
    let accounts = accounts.map(|(name, allowance)| (format!("[account.{name}.limits]"), allowance));
    let is_own =
        |allowance: &Allowance| allowance.memory_limit_bytes != allowances.default.memory_limit_bytes;
    let above = default.chain(accounts.filter(|(_, allowance)| is_own(allowance)));
    let above = above.filter(|(_, allowance)| allowance.memory_limit_bytes > memory);
    above
        .map(|(section, _)| {
            format!("{section} memory_limit is above the {} MiB that this machine has", memory >> 20)
        })
        .collect()
}

fn depth(section: &str, levels: u32) -> anyhow::Result<u32> {
    let fits = (EXPRESSION_DEPTH_MIN..=EXPRESSION_DEPTH_MAX).contains(&levels);
    ensure!(
        fits,
        "{section} expression_depth = {levels} is not between {EXPRESSION_DEPTH_MIN} and {EXPRESSION_DEPTH_MAX}"
    );
    Ok(levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Allowances> {
        allowances(&toml::from_str(text)?, Path::new("/"))
    }

    #[test]
    fn an_account_has_the_defaults_where_it_says_nothing() {
        let text =
            "limits.result_rows = 9\n[account.Ann.limits]\nthreads = 1\ndisk_quota = '64MiB'\nshares = 0";
        let allowances = read(text).unwrap();
        let (ann, other) = (allowances.of("ann"), allowances.of("bob"));
        assert_eq!((ann.threads, ann.disk_quota_bytes), (1, 64 << 20));
        assert_eq!((ann.shares, other.shares, ann.databases, ann.snapshots), (0, 100, 100, 100));
        assert_eq!(ann.memory_limit_bytes, other.memory_limit_bytes);
        assert_eq!((ann.session.result_rows, other.session.result_rows), (9, 9));
        assert_eq!(ann.session.expression_depth, 1000);
        assert!(other.disk_quota_bytes > 0, "a part of the disk by default");
    }

    #[test]
    fn an_account_may_have_more_than_the_default_and_a_token_never_more_than_its_account() {
        let text = "limits.result_rows = 9\n[account.ann.limits]\nresult_rows = 90\nstatement_timeout_s = 5\n\
                    [account.ann.token.laptop]\nresult_rows = 900\nstatement_timeout_s = 1\nsessions = 2";
        let allowances = read(text).unwrap();
        let ann = allowances.of("ANN");
        assert_eq!(ann.session_limits(Some("other")).result_rows, 90);
        let laptop = ann.session_limits(Some("laptop"));
        assert_eq!((laptop.result_rows, laptop.statement_timeout_ms), (90, 1000));
        assert_eq!((ann.token_sessions("laptop"), ann.token_sessions("other")), (Some(2), None));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, complaint) in [
            ("limits.expression_depth = 100000", "[limits] expression_depth = 100000 is not between"),
            ("[account.a.limits]\nmemory_limit = '1MiB'", "[account.a.limits] memory_limit is below"),
            ("[account.a.limits]\nsessions = 0", "sessions is 0"),
            ("[account.a.limits]\nthreads = 100000", "[account.a.limits] threads = 100000 is above 1024"),
            ("limits.databases = 0", "[limits] databases is 0"),
            ("[account.a.limits]\ndatabases = 0", "[account.a.limits] databases is 0"),
            ("duckling.threads = 1025", "[duckling] threads = 1025 is above"),
            ("[account.a.limits]\nsession = 1", "unknown field `session`"),
            ("[account.a.token.b]\nmemory_limit = '1GiB'", "unknown field `memory_limit`"),
            ("[account.a]\n[account.A]", "is there twice"),
            ("[account.a.token.b]\nsessions = 0", "[account.a.token.b]"),
        ] {
            let found = format!("{:#}", read(text).unwrap_err());
            assert!(found.contains(complaint), "{found}");
        }
    }

    #[test]
    fn more_memory_than_there_is_makes_a_warning() {
        let allowances = read("[account.Ann.limits]\nmemory_limit = '100TB'\n[account.bob.limits]").unwrap();
        let found = warnings(&allowances);
        assert!(matches!(found.as_slice(), [one] if one.contains("[account.ann.limits]")), "{found:?}");
        assert_eq!(warnings(&read("").unwrap()), Vec::<String>::new());
    }
}
