//! `pintail check`: reads the configuration as `serve` would, and shows what it comes to.

use gateway::settings::Port;
use serde_json::json;

use crate::{
    config::{Resolved, Size, check_files},
    output,
};

/// Shows it; a mistake has ended the program before.
pub(crate) fn run(resolved: &Resolved, json: bool) -> anyhow::Result<()> {
    check_files(&resolved.settings.duckling)?;
    for variable in &resolved.meaningless_variables {
        output::note(&format!("warning: no config key has the variable {variable}"));
    }
    let (settings, duckling) = (&resolved.settings, &resolved.settings.duckling);
    let default = &settings.allowances.default;
    let port = match settings.port {
        Port::Exactly(port) | Port::Preferably(port) => port,
    };
    let file = resolved.file.as_ref().map(|path| path.display().to_string());
    let listen: Vec<String> = settings.listen.iter().map(ToString::to_string).collect();
    let mut accounts: Vec<&String> = settings.allowances.accounts.keys().collect();
    accounts.sort();
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
            "disk_reserve_bytes": duckling.disk_reserve_bytes,
            "accounts_with_limits": accounts,
            "extension_directory": duckling.extension_directory,
        }));
    }
    let rounded = |bytes: u64| Size::Bytes(bytes >> 20 << 20).to_string();
    let rows = [
        ("config file", file.unwrap_or_else(|| "none, all defaults".to_owned())),
        ("data directory", resolved.data_directory.display().to_string()),
        ("listen", format!("{} port {port}", listen.join(", "))),
        ("connections", settings.limits.connections.to_string()),
        ("sessions per account", default.sessions.to_string()),
        ("memory limit", rounded(default.memory_limit_bytes)),
        ("threads", default.threads.to_string()),
        ("spill limit", rounded(default.spill_limit_bytes)),
        ("disk quota", rounded(default.disk_quota_bytes)),
        ("disk reserve", rounded(duckling.disk_reserve_bytes)),
        ("extensions", duckling.extension_directory.display().to_string()),
    ];
    let lines = rows.map(|(name, value)| format!("  {name:<22} {value}\n"));
    output::print(&format!("The configuration is good. It comes to:\n\n{}", lines.concat()))
}
