//! Logging: to standard error, at the configured level, as text or JSON.

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts logging.
pub(crate) fn start(level: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter: EnvFilter = level
        .parse()
        .with_context(|| format!("log = {level:?} is no level (error, warn, info, debug, trace)"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => {
            let ansi = crate::output::is_watched();
            builder.with_ansi(ansi).with_target(false).init();
        }
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

/// A duckling's log: bare lines, which the gateway reads, limits and logs.
pub(crate) fn start_plain() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .init();
}
