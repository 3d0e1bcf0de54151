//! `pintail check`: reads the configuration as `serve` would, and shows what it comes to.

use gateway::settings::Port;
use serde_json::json;

use crate::{
    config::{Resolved, Size},
    output,
};

/// Shows it; a mistake has ended the program before.
pub(crate) fn run(resolved: &Resolved, json: bool) -> anyhow::Result<()> {
    for variable in &resolved.meaningless_variables {
        output::note(&format!("warning: no config key has the variable {variable}"));
    }
    let (settings, duckling) = (&resolved.settings, &resolved.settings.duckling);
    let port = match settings.port {
        Port::Exactly(port) | Port::Preferably(port) => port,
    };
    let file = resolved.file.as_ref().map(|path| path.display().to_string());
    let listen: Vec<String> = settings.listen.iter().map(ToString::to_string).collect();
    if json {
        return output::print_json(&json!({
            "file": file,
            "data_dir": resolved.data_directory,
            "listen": listen,
            "port": port,
            "connections": settings.limits.connections,
            "sessions_per_account": settings.limits.sessions_per_account,
            "memory_limit_bytes": duckling.memory_limit_bytes,
            "threads": duckling.threads,
            "spill_limit_bytes": duckling.spill_limit_bytes,
            "extension_directory": duckling.extension_directory,
        }));
    }
    let rounded = |bytes: u64| Size::Bytes(bytes >> 20 << 20).to_string();
    let rows = [
        ("config file", file.unwrap_or_else(|| "none, all defaults".to_owned())),
        ("data directory", resolved.data_directory.display().to_string()),
        ("listen", format!("{} port {port}", listen.join(", "))),
        ("connections", settings.limits.connections.to_string()),
        ("sessions per account", settings.limits.sessions_per_account.to_string()),
        ("memory limit", rounded(duckling.memory_limit_bytes)),
        ("threads", duckling.threads.to_string()),
        ("spill limit", rounded(duckling.spill_limit_bytes)),
        ("extensions", duckling.extension_directory.display().to_string()),
    ];
    let lines = rows.map(|(name, value)| format!("  {name:<22} {value}\n"));
    output::print(&format!("The configuration is good. It comes to:\n\n{}", lines.concat()))
}
