//! Foreign clients: finds their programs, runs them against a server, and keeps account of those that this machine
//! does not have.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};

use crate::{config, target::Target};

/// A client of `tests/clients/<name>`, with the program that runs it.
#[derive(Debug)]
pub struct Foreign {
    name: &'static str,
    program: PathBuf,
}

impl Foreign {
    /// The client, or `None` (noted as skipped) when this machine lacks one of the files or programs it needs.
    /// `program` is the one that is run. With CI=true a skip panics unless `tests/clients/absent.toml` has its reason.
    #[must_use]
    pub fn find(name: &'static str, program: &str, needs: &[&str]) -> Option<Self> {
        let located = needs
            .iter()
            .chain([&program])
            .map(|need| locate(need).ok_or(*need))
            .collect::<Result<Vec<_>, _>>();
        match located {
            Ok(mut paths) => paths.pop().map(|program| Self { name, program }),
            Err(missing) => {
                skip(name, missing);
                None
            }
        }
    }

    /// Its program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command that runs the client in its folder, with the server in environment variables: the libpq names
    /// (PGHOST, PGPORT, PGUSER, PGPASSWORD) and `MOTHERDUCK_TOKEN`, and `CA_FILE`.
    #[must_use]
    pub fn command(&self, target: &Target) -> Command {
        let mut command = Command::new(&self.program);
        command
            .current_dir(config::root().join("tests/clients").join(self.name))
            .env("PGHOST", &target.host)
            .env("PGPORT", target.port.to_string())
            .env("PGUSER", &target.user)
            .env("MOTHERDUCK_TOKEN", &target.password)
            .env("CA_FILE", &target.ca_file)
            .env("NODE_PATH", config::clients().join("node/node_modules"));
        command
    }
}

/// Runs a command that must succeed; what it printed.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let result = command.output().with_context(|| format!("{command:?}"))?;
    let printed = String::from_utf8_lossy(&result.stdout).into_owned();
    ensure!(
        result.status.success(),
        "{command:?} failed with {}:\n{printed}\n{}",
        result.status,
        String::from_utf8_lossy(&result.stderr)
    );
    Ok(printed)
}

/// A file under `.tests/` (where there is a slash in the name), else a program on the PATH.
#[must_use]
pub fn locate(need: &str) -> Option<PathBuf> {
    if need.contains('/') {
        return Some(config::clients().join(need)).filter(|fetched| fetched.exists());
    }
    let found =
        Command::new("sh").args(["-c", r#"PATH=$PATH:/usr/sbin command -v "$0""#, need]).output().ok()?;
    let path = String::from_utf8(found.stdout).ok()?;
    found.status.success().then(|| Path::new(path.trim()).to_path_buf())
}

/// Notes that a client is skipped. With CI=true this panics unless `absent.toml` has its reason.
pub fn skip(name: &str, missing: &str) {
    eprintln!("skipped: {name}, because {missing} is missing");
    if let Some(path) = config::skips() {
        let mut file = OpenOptions::new().append(true).create(true).open(path).expect("the list of skips");
        writeln!(file, "{name}: {missing} is missing").expect("the list of skips");
    }
    let absent =
        std::fs::read_to_string(config::root().join("tests/clients/absent.toml")).unwrap_or_default();
    let excused = absent.lines().any(|line| line.split('=').next().is_some_and(|key| key.trim() == name));
    assert!(
        !config::is_ci() || excused,
        "CI skips {name} ({missing} is missing) without a reason in absent.toml"
    );
}
