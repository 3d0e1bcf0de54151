//! What a first start makes in an empty data directory: an account with a token, and the sample data.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use gateway::{
    admin::{Answer, Request, perform::perform},
    home::{self, Layout},
    store::{Name, Store},
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::output;

/// The account that a first start makes.
pub(crate) const FIRST_ACCOUNT: &str = "default";

const SAMPLE_DATA: &str = "sample_data";
const SPINNER_INTERVAL: Duration = Duration::from_millis(100);

/// Makes the first account and its token when there is no account; answers the token's text.
pub(crate) fn make_account(store: &dyn Store) -> anyhow::Result<Option<String>> {
    if !store.accounts()?.is_empty() {
        return Ok(None);
    }
    let account: Name = FIRST_ACCOUNT.parse()?;
    done(perform(store, Request::AccountCreate { name: account.clone() }))?;
    let token = perform(
        store,
        Request::TokenCreate {
            account,
            name: Some("first".parse()?),
            kind: gateway::store::TokenKind::ReadWrite,
            ttl_seconds: None,
        },
    );
    match done(token)? {
        Answer::NewToken { secret, .. } => Ok(Some(secret)),
        other => anyhow::bail!("unexpected answer {other:?}"),
    }
}

fn done(answer: Answer) -> anyhow::Result<Answer> {
    match answer {
        Answer::Refused { message } => Err(anyhow::Error::msg(message)),
        other => Ok(other),
    }
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
        let mut publish = |share| Ok(home::publish_share(layout, share, &draft)?);
        store.create_common_share(&name, &mut publish)?;
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
