//! `pintail backup`, which has the running server write an archive, and `pintail restore`, which needs none.

use std::path::Path;

use anyhow::{Context, bail};
use gateway::{
    admin::{Answer, Request, client},
    backup::{self, Summary},
};

use crate::{cli::Backup, output};

/// Has the server write an archive.
pub(crate) fn take(data_directory: &Path, backup: Backup, json: bool) -> anyhow::Result<()> {
    // The server has another working directory.
    let file = std::path::absolute(&backup.file).with_context(|| backup.file.display().to_string())?;
    let request = Request::Backup { file, account: backup.account };
    let Answer::Backup { summary } = client::request(data_directory, &request)? else {
        bail!("the server's answer makes no sense");
    };
    show(&summary, &format!("written to {}", backup.file.display()), json)
}

/// Restores an archive.
pub(crate) fn restore(data_directory: &Path, file: &Path, json: bool) -> anyhow::Result<()> {
    let summary = backup::restore(file, data_directory)?;
    show(&summary, &format!("restored into {}", data_directory.display()), json)
}

fn show(summary: &Summary, done: &str, json: bool) -> anyhow::Result<()> {
    if json {
        return output::print_json(summary);
    }
    let Summary { accounts, databases, copies, bytes } = summary;
    let accounts = accounts.join(", ");
    output::print(&format!(
        "{databases} databases, {copies} snapshots and shares of {accounts} ({bytes} bytes) {done}\n"
    ))
}
