//! `pintail check`: reads the configuration as `serve` would, and shows what it comes to.

use std::collections::BTreeMap;

use gateway::settings::{Allowance, Port, SessionLimits};
use serde_json::{Map, Value, json};

use crate::{
    config::{Resolved, Size, check_files},
    output,
};

/// Shows it; a mistake has ended the program before.
pub(crate) fn run(resolved: &Resolved, json: bool) -> anyhow::Result<()> {
    check_files(&resolved.settings.duckling)?;
    for warning in &resolved.warnings {
        output::note(&format!("warning: {warning}"));
    }
    let (settings, duckling) = (&resolved.settings, &resolved.settings.duckling);
    let default = &settings.allowances.default;
    let port = match settings.port {
        Port::Exactly(port) | Port::Preferably(port) => port,
    };
    let file = resolved.file.as_ref().map(|path| path.display().to_string());
    let listen: Vec<String> = settings.listen.iter().map(ToString::to_string).collect();
    let accounts: BTreeMap<&String, &Allowance> = settings.allowances.accounts.iter().collect();
    if json {
        return output::print_json(&json!({
            "file": file,
            "data_dir": resolved.data_directory,
            "listen": listen,
            "port": port,
            "connections": settings.limits.connections,
            "sessions_per_account": default.sessions,
            "memory_limit_bytes": default.memory_limit_bytes,
            "threads": default.threads,
            "spill_limit_bytes": default.spill_limit_bytes,
            "disk_quota_bytes": default.disk_quota_bytes,
            "databases": default.databases,
            "shares": default.shares,
            "snapshots": default.snapshots,
            "retention_s": duckling.retention.as_secs(),
            "share_settle_ms": duckling.share_settle.as_millis(),
            "disk_reserve_bytes": duckling.disk_reserve_bytes,
            "session_limits": session_json(&default.session),
            "accounts": accounts.iter().map(|(name, account)| ((*name).clone(), account_json(account)))
                .collect::<Map<_, _>>(),
            "extension_directory": duckling.extension_directory,
        }));
    }
    let mut rows = vec![
        ("config file", file.unwrap_or_else(|| "none, all defaults".to_owned())),
        ("data directory", resolved.data_directory.display().to_string()),
        ("listen", format!("{} port {port}", listen.join(", "))),
        ("connections", settings.limits.connections.to_string()),
        ("disk reserve", rounded(duckling.disk_reserve_bytes)),
        ("dropped kept for", format!("{} s", duckling.retention.as_secs())),
        ("shares settle for", format!("{} ms", duckling.share_settle.as_millis())),
        ("extensions", duckling.extension_directory.display().to_string()),
    ];
    rows.extend(account_rows(default));
    let mut parts = vec![format!("The configuration is good. It comes to:\n\n{}", lines(&rows))];
    for (name, account) in accounts {
        let own = account_rows(account).into_iter().zip(account_rows(default));
        let own: Vec<_> = own.filter(|(own, default)| own != default).map(|(own, _)| own).collect();
        parts.push(format!("\nand for the account {name}:\n\n{}", lines(&own)));
        let mut tokens: Vec<_> = account.tokens.iter().collect();
        tokens.sort_by_key(|(token, _)| *token);
        for (token, limits) in tokens {
            let mut rows = vec![("sessions", number(u64::try_from(limits.sessions).unwrap_or(u64::MAX)))];
            rows.extend(session_rows(&limits.session));
            rows.retain(|(_, value)| value != NONE);
            parts.push(format!("\n  its token {token}, where that is stricter:\n\n{}", lines(&rows)));
        }
    }
    output::print(&parts.concat())
}

/// How a limit of 0 is shown.
const NONE: &str = "none";

fn number(number: u64) -> String {
    if number == 0 { NONE.to_owned() } else { number.to_string() }
}

/// A size that was perhaps worked out from percents.
fn rounded(bytes: u64) -> String {
    Size::Bytes(bytes >> 20 << 20).to_string()
}

fn size(bytes: u64) -> String {
    if bytes == 0 { NONE.to_owned() } else { Size::Bytes(bytes).to_string() }
}

fn lines(rows: &[(&str, String)]) -> String {
    if rows.is_empty() {
        return "  as above\n".to_owned();
    }
    let lines: Vec<String> = rows.iter().map(|(name, value)| format!("  {name:<22} {value}\n")).collect();
    lines.concat()
}

fn account_rows(allowance: &Allowance) -> Vec<(&'static str, String)> {
    let quota = allowance.disk_quota_bytes;
    let mut rows = vec![
        ("sessions per account", allowance.sessions.to_string()),
        ("memory limit", rounded(allowance.memory_limit_bytes)),
        ("threads", allowance.threads.to_string()),
        ("spill limit", rounded(allowance.spill_limit_bytes)),
        ("disk quota", if quota == 0 { NONE.to_owned() } else { rounded(quota) }),
        ("databases", allowance.databases.to_string()),
        ("shares", allowance.shares.to_string()),
        ("snapshots", allowance.snapshots.to_string()),
    ];
    rows.extend(session_rows(&allowance.session));
    rows
}

fn session_rows(limits: &SessionLimits) -> Vec<(&'static str, String)> {
    let timeout = limits.statement_timeout_ms;
    vec![
        ("result rows", number(limits.result_rows)),
        ("result bytes", size(limits.result_bytes)),
        ("statement timeout", if timeout == 0 { NONE.to_owned() } else { format!("{} s", timeout / 1000) }),
        ("statement text", size(limits.statement_text_bytes)),
        ("expression depth", number(limits.expression_depth.into())),
    ]
}

fn account_json(allowance: &Allowance) -> Value {
    let tokens = allowance.tokens.iter();
    let tokens = tokens.map(|(name, token)| {
        (name.clone(), json!({ "sessions": token.sessions, "session_limits": session_json(&token.session) }))
    });
    json!({
        "sessions": allowance.sessions,
        "memory_limit_bytes": allowance.memory_limit_bytes,
        "threads": allowance.threads,
        "spill_limit_bytes": allowance.spill_limit_bytes,
        "disk_quota_bytes": allowance.disk_quota_bytes,
        "databases": allowance.databases,
        "shares": allowance.shares,
        "snapshots": allowance.snapshots,
        "session_limits": session_json(&allowance.session),
        "tokens": tokens.collect::<Map<_, _>>(),
    })
}

fn session_json(limits: &SessionLimits) -> Value {
    json!({
        "result_rows": limits.result_rows,
        "result_bytes": limits.result_bytes,
        "statement_timeout_ms": limits.statement_timeout_ms,
        "statement_text_bytes": limits.statement_text_bytes,
        "expression_depth": limits.expression_depth,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_shows_what_is_its_own() {
        let default = Allowance { sessions: 100, threads: 2, ..Allowance::default() };
        let session = SessionLimits { statement_timeout_ms: 5000, ..SessionLimits::default() };
        let own = Allowance { threads: 1, session, ..default.clone() };
        let differing = account_rows(&own).into_iter().zip(account_rows(&default));
        let differing: Vec<_> = differing.filter(|(own, other)| own != other).map(|(own, _)| own).collect();
        assert_eq!(lines(&differing), format!("  {:<22} 1\n  {:<22} 5 s\n", "threads", "statement timeout"));
        assert_eq!(account_json(&own)["session_limits"]["statement_timeout_ms"], 5000);
    }
}
