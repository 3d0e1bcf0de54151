//! The commands, one file each.

mod serve;
mod first_start;
mod administer;
mod secret;
mod backup;
mod password;
mod connect_info;
mod trust;
mod check;
mod doctor;
mod forms;

use crate::{
    cli::{Cli, Command},
    config::{Environment, Flags, Resolved},
};

/// Runs what was typed.
pub(crate) fn run(cli: Cli) -> anyhow::Result<()> {
    let mut flags = Flags { config: cli.config, data_dir: cli.data_dir, port: None };
    if let Command::Serve(serve) = &cli.command {
        flags.port = serve.port;
    }
    if let Command::SampleData { path } = &cli.command {
        return Ok(duckling::sample_data::generate(path)?);
    }
    let resolved = Resolved::read(&flags, &Environment::read())?;
    match cli.command {
        Command::Serve(_) => serve::run(resolved, cli.json),
        Command::Account(account) => administer::account(&resolved.data_directory, account, cli.json),
        Command::Token(token) => administer::token(&resolved.data_directory, token, cli.json),
        Command::Database(database) => administer::database(&resolved.data_directory, database, cli.json),
        Command::Secret(secret) => secret::run(&resolved, secret, cli.json),
        Command::Backup(backup) => backup::take(&resolved.data_directory, backup, cli.json),
        Command::Restore { file } => backup::restore(&resolved.data_directory, &file, cli.json),
        Command::Share(share) => administer::share(&resolved.data_directory, share, cli.json),
        Command::ConnectInfo(info) => connect_info::run(&resolved, &info, cli.json),
        Command::Trust(trust) => trust::run(&resolved, &trust),
        Command::Check => check::run(&resolved, cli.json),
        Command::Doctor => doctor::run(&resolved, cli.json),
        // Both were taken care of before the configuration was read.
        Command::Duckling { .. } | Command::SampleData { .. } => Ok(()),
    }
}
