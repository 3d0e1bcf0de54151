//! The command line: what can be typed, and its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gateway::store::{Name, TokenKind};

/// A self-hosted PostgreSQL endpoint for DuckDB.
#[derive(Debug, Parser)]
#[command(name = "pintail", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Examples:
  pintail serve                               start the server on this machine
  pintail connect-info                        how to connect to it
  pintail token create --account default      make another access token
  eval \"$(pintail connect-info --shell)\"      let this shell's programs find and trust it")]
pub(crate) struct Cli {
    /// Config file [default: ./pintail.toml, ~/.config/pintail/pintail.toml, /etc/pintail/pintail.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Data directory, in the place of the configured one
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server
    #[command(after_help = "Examples:
  pintail serve
  pintail serve --port 6432
  PINTAIL_PORT=0 PINTAIL_DATA_DIR=/tmp/p pintail serve     a second server on any free port")]
    Serve(Serve),
    /// Create, list and drop accounts
    #[command(
        subcommand,
        after_help = "Examples:
  pintail account create ann
  pintail account password ann
  pintail account list --json
  pintail account drop ann --yes"
    )]
    Account(Account),
    /// Create, list and revoke access tokens
    #[command(
        subcommand,
        after_help = "Examples:
  pintail token create --account ann --name laptop --ttl 90d
  pintail token list --account ann
  pintail token revoke 7
  pintail token revoke laptop --account ann"
    )]
    Token(Token),
    /// List an account's databases and shares
    #[command(
        subcommand,
        after_help = "Examples:
  pintail database list
  pintail database list --account ann --json"
    )]
    Database(Database),
    /// List the shares that an account has made
    #[command(
        subcommand,
        after_help = "Examples:
  pintail share list
  pintail share list --account ann --json"
    )]
    Share(Share),
    /// Keep, list and drop an account's secrets for remote data
    #[command(
        subcommand,
        after_help = "Examples:
  pintail secret create lake --type s3 --scope s3://lake/ --set key_id=AKIA... --ask secret
  pintail secret list
  pintail secret drop lake"
    )]
    Secret(Secret),
    /// Write everything that the running server keeps, or one account, into a file
    #[command(after_help = "Examples:
  pintail backup /backups/pintail-monday.tar
  pintail backup ann.tar --account ann --json

Clients notice nothing; databases are not made, dropped or renamed meanwhile. The key file of secrets is not in it.")]
    Backup(Backup),
    /// Bring a backup back, into an empty data directory
    #[command(after_help = "Example:
  pintail restore /backups/pintail-monday.tar --data-dir /var/lib/pintail

Every byte of the file is checked before anything is written.")]
    Restore {
        /// The file
        file: PathBuf,
    },
    /// Print how to connect: psql, URI, DSN, psycopg, JDBC, node
    #[command(after_help = "Examples:
  pintail connect-info
  pintail connect-info --json
  eval \"$(pintail connect-info --shell)\"      exports MOTHERDUCK_TOKEN, PGHOST, SSL_CERT_FILE, ...")]
    ConnectInfo(ConnectInfo),
    /// Put the development CA into the operating system's certificate store, or take it out
    #[command(
        subcommand,
        after_help = "Examples:
  pintail trust install --print               only show the commands
  sudo pintail trust install --data-dir ~/.local/share/pintail
  pintail trust remove"
    )]
    Trust(Trust),
    /// Validate the config file and show what it comes to
    #[command(after_help = "Examples:
  pintail check
  pintail check --config /etc/pintail/pintail.toml --json")]
    Check,
    /// Try out the box around accounts' processes on this machine: which layers it gives, and whether they hold
    #[command(after_help = "Examples:
  pintail doctor
  pintail doctor --json")]
    Doctor,
    /// Serve one account; started by the gateway
    #[command(hide = true)]
    Duckling {
        /// Layers of protection that are turned off, for tests
        #[cfg(feature = "weaken")]
        #[arg(long, default_value = "")]
        without: String,
    },
    /// Make the sample database at a path; started by the gateway
    #[command(hide = true)]
    SampleData {
        /// Where
        path: PathBuf,
    },
}

/// How to serve.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Port to listen on (0: any free one), in the place of the configured one
    #[arg(long)]
    pub(crate) port: Option<u16>,
}

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// Create an account with its own `my_db`
    #[command(after_help = "Example:
  pintail account create ann")]
    Create {
        /// Its name
        name: Name,
    },
    /// Give an account a password, for logins as the user `@NAME`
    #[command(after_help = "Examples:
  pintail account password ann                 asks for it
  pintail account password ann < file          its first line
  pintail account password ann --remove

The server keeps only what checks a password (SCRAM-SHA-256). Sessions that came in by the former one end.")]
    Password {
        /// The account's name
        name: Name,
        /// Take it away: from then on tokens alone let in
        #[arg(long)]
        remove: bool,
    },
    /// List the accounts
    #[command(after_help = "Example:
  pintail account list --json")]
    List,
    /// Drop an account with all its databases and tokens
    #[command(after_help = "Example:
  pintail account drop ann --yes")]
    Drop {
        /// Its name
        name: Name,
        /// Do it: its data are gone for good
        #[arg(long)]
        yes: bool,
    },
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Create a token; its text is shown this once
    #[command(after_help = "Examples:
  pintail token create --account ann --name laptop --ttl 90d
  export PINTAIL_TOKEN=$(pintail token create)")]
    Create {
        /// Whose
        #[arg(long, default_value = "default")]
        account: Name,
        /// A name to know it by
        #[arg(long)]
        name: Option<Name>,
        /// What it allows
        #[arg(long, value_enum, default_value_t = Kind::ReadWrite)]
        kind: Kind,
        /// How long it is valid: 3600s, 12h, 90d [default: for ever]
        #[arg(long, value_name = "DURATION", value_parser = ttl_seconds)]
        ttl: Option<u64>,
    },
    /// List tokens, without their text
    #[command(after_help = "Example:
  pintail token list --account ann --json")]
    List {
        /// Whose [default: everybody's]
        #[arg(long)]
        account: Option<Name>,
    },
    /// Revoke a token and end its sessions
    #[command(after_help = "Examples:
  pintail token revoke 7
  pintail token revoke laptop --account ann")]
    Revoke {
        /// Its number in the list, or its name
        #[arg(value_name = "NUMBER|NAME")]
        token: Name,
        /// Whose; without it a name is one of the account "default", and a number anybody's
        #[arg(long)]
        account: Option<Name>,
    },
}

/// What a token allows, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Everything
    ReadWrite,
    /// Reading only
    ReadScaling,
}

impl From<Kind> for TokenKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::ReadWrite => Self::ReadWrite,
            Kind::ReadScaling => Self::ReadScaling,
        }
    }
}

/// What to do with databases.
#[derive(Debug, Subcommand)]
pub(crate) enum Database {
    /// List databases and shares
    #[command(after_help = "Example:
  pintail database list --account ann --json")]
    List {
        /// Whose
        #[arg(long, default_value = "default")]
        account: Name,
    },
}

/// What to do with shares.
#[derive(Debug, Subcommand)]
pub(crate) enum Share {
    /// List shares, with their addresses
    #[command(after_help = "Example:
  pintail share list --account ann --json")]
    List {
        /// Whose
        #[arg(long, default_value = "default")]
        account: Name,
    },
}

/// What to do with secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Keep a secret, encrypted; the account's sessions use it at once
    #[command(after_help = "Examples:
  pintail secret create lake --type s3 --scope s3://lake/ --set key_id=AKIA... --set region=eu-central-1 --ask secret
  pintail secret create api --account ann --type http --scope https://api.example/ --ask bearer_token < file

A value that is asked for is read from the terminal without an echo, or from the next line of standard input.")]
    Create {
        /// Its name
        name: Name,
        /// Whose
        #[arg(long, default_value = "default")]
        account: Name,
        /// DuckDB's type of secret: s3, gcs, r2, http, huggingface, azure
        #[arg(long = "type", value_name = "TYPE")]
        kind: String,
        /// The beginning of the addresses that it is for; may be given several times
        #[arg(long, value_name = "URL")]
        scope: Vec<String>,
        /// A parameter that other people on this machine may see
        #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
        set: Vec<(String, String)>,
        /// A parameter whose value is read from standard input
        #[arg(long, value_name = "KEY")]
        ask: Vec<String>,
        /// In the place of one that has the name
        #[arg(long)]
        replace: bool,
    },
    /// List secrets, without their values
    #[command(after_help = "Example:
  pintail secret list --account ann --json")]
    List {
        /// Whose [default: everybody's]
        #[arg(long)]
        account: Option<Name>,
    },
    /// Forget a secret
    #[command(after_help = "Example:
  pintail secret drop lake --account ann")]
    Drop {
        /// Its name
        name: Name,
        /// Whose
        #[arg(long, default_value = "default")]
        account: Name,
    },
}

/// What to back up.
#[derive(Args, Debug)]
pub(crate) struct Backup {
    /// The file, which must not be there yet
    pub(crate) file: PathBuf,
    /// This account alone [default: everything]
    #[arg(long)]
    pub(crate) account: Option<Name>,
}

/// How to print the connection forms.
#[derive(Args, Debug)]
pub(crate) struct ConnectInfo {
    /// Print `export` lines for a shell's `eval`
    #[arg(long, conflicts_with = "json")]
    pub(crate) shell: bool,
}

/// What to do with the CA.
#[derive(Debug, Subcommand)]
pub(crate) enum Trust {
    /// Let this machine's programs trust the development CA
    #[command(after_help = "Examples:
  pintail trust install --print
  sudo pintail trust install --data-dir ~/.local/share/pintail")]
    Install {
        /// Only show the commands
        #[arg(long)]
        print: bool,
    },
    /// Take that back
    #[command(after_help = "Example:
  pintail trust remove --print")]
    Remove {
        /// Only show the commands
        #[arg(long)]
        print: bool,
    },
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE is wanted; --ask KEY reads the value")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn ttl_seconds(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit_seconds = match text.get(digits.len()..).unwrap_or_default() {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err("a number and s, m, h or d is wanted, such as 90d".to_owned()),
    };
    let count: u64 = digits.parse().map_err(|_| format!("{digits:?} is no number"))?;
    count
        .checked_mul(unit_seconds)
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| "it must be more than nothing and less than for ever".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_that_is_shown_has_examples() {
        fn check(command: &clap::Command) {
            let has_examples = command.get_after_help().is_some();
            assert!(command.is_hide_set() || has_examples, "{}", command.get_name());
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(ttl_seconds("90d"), Ok(90 * 86_400));
        assert_eq!(ttl_seconds("3600s"), Ok(3600));
        for bad in ["90", "d", "", "0s", "-1d", "5w", "99999999999999999999d"] {
            assert!(ttl_seconds(bad).is_err(), "{bad}");
        }
    }
}
