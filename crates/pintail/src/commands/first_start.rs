//! What a first start makes in an empty data directory: an account with a token, and the sample data.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use gateway::{
    admin::perform,
    home::{self, Layout},
    store::{Name, SAMPLE_DATA as SAMPLE_DATA_UUID, Store, TokenKind},
};
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;

use crate::output;

/// The account that a first start makes.
pub(crate) const FIRST_ACCOUNT: &str = "default";

const SAMPLE_DATA: &str = "sample_data";
const SPINNER_INTERVAL: Duration = Duration::from_millis(100);

/// Makes the first account and its token when there is no account; answers the token's text.
pub(crate) fn make_account(store: &dyn Store) -> anyhow::Result<Option<SecretString>> {
    if !store.accounts()?.is_empty() {
        return Ok(None);
    }
    let account: Name = FIRST_ACCOUNT.parse()?;
    perform::create_account(store, &account)?;
    let name = Some("first".parse()?);
    let (_, secret) = perform::create_token(store, account, name, TokenKind::ReadWrite, None)?;
    Ok(Some(secret))
}

/// Makes the sample data when there are none. A process of its own does it, since this one never opens
/// DuckDB.
pub(crate) fn make_sample_data(layout: &Layout, store: &dyn Store) -> anyhow::Result<()> {
    let name: Name = SAMPLE_DATA.parse()?;
    if store.common_share(&name)?.is_some() {
        return Ok(());
    }
    let progress = progress("making the sample data");
    let draft = layout.shares().join("draft.duckdb");
    let outcome = generate(&draft).and_then(|()| {
        let mut publish = |edition| Ok(home::publish_share(layout, edition, &draft)?);
        store.create_common_share(&name, SAMPLE_DATA_UUID, &mut publish)?;
        Ok(())
    });
    progress.finish_and_clear();
    outcome.context("the sample data cannot be made")
}

fn generate(draft: &Path) -> anyhow::Result<()> {
    // What an interrupted start has left.
    for left_over in [draft.to_owned(), draft.with_extension("duckdb.wal")] {
        if left_over.exists() {
            fs::remove_file(&left_over).with_context(|| left_over.display().to_string())?;
        }
    }
    let output = Command::new("/proc/self/exe")
        .arg("sample-data")
        .arg(draft)
        .env_clear()
        .stdin(Stdio::null())
        .output()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}", output.status, complaint.trim());
    Ok(())
}

/// A spinner where a person watches, a line where nobody does.
fn progress(what: &'static str) -> ProgressBar {
    if !output::is_watched() {
        output::note(what);
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(SPINNER_INTERVAL);
    bar
}
