//! The program: command line, config file, logging, signals.
//!
//! `pintail serve` is the gateway; the hidden `pintail duckling` is one account's process, which the
//! gateway launches. Everything else administers accounts, tokens and databases, or helps clients to
//! connect.

mod commands;
mod cli;
mod log;
mod output;
mod config;
mod machine;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Before anything else: the duckling sets its limits while it has one thread and no environment.
    if let Command::Duckling { .. } = cli.command {
        log::start_plain();
        #[cfg(feature = "weaken")]
        if let Command::Duckling { without } = &cli.command
            && let Err(error) = duckling::weaken(without)
        {
            output::complain(&anyhow::Error::msg(error));
            return ExitCode::FAILURE;
        }
        return duckling::run();
    }
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if output::is_unread(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}
