//! `pintail trust`: the development CA in the operating system's certificate store, so that clients
//! that look there (`sslrootcert=system`, most languages' TLS) trust this server.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};
use gateway::home::Layout;

use crate::{cli::Trust, config::Resolved, output};

/// Does it, or prints how.
pub(crate) fn run(resolved: &Resolved, trust: &Trust) -> anyhow::Result<()> {
    let ca = Layout::new(resolved.data_directory.clone()).ca();
    ensure!(
        ca.exists(),
        "there is no {}: the development CA is made at the first `pintail serve`",
        ca.display()
    );
    let store =
        Store::find().context("this system's certificate store is not known; use the CA file itself")?;
    let (commands, print) = match trust {
        Trust::Install { print } => (store.install(&ca), *print),
        Trust::Remove { print } => (store.remove(&ca), *print),
    };
    for command in commands {
        let shown = command.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
        if print {
            output::print(&format!("{shown}\n"))?;
        } else {
            execute(&command).with_context(|| shown)?;
        }
    }
    if !print {
        output::note("done");
    }
    Ok(())
}

/// A kind of certificate store.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Store {
    /// A folder for local CAs and a program that collects them.
    Folder { anchors: PathBuf, update: Vec<String> },
    /// macOS.
    Keychain,
}

impl Store {
    fn find() -> Option<Self> {
        if cfg!(target_os = "macos") {
            return Some(Self::Keychain);
        }
        let known = [
            ("/usr/local/share/ca-certificates", "update-ca-certificates"),
            ("/etc/pki/ca-trust/source/anchors", "update-ca-trust"),
            ("/etc/ca-certificates/trust-source/anchors", "update-ca-trust"),
            ("/usr/share/pki/trust/anchors", "update-ca-certificates"),
        ];
        let found = known.iter().find(|(anchors, _)| Path::new(anchors).is_dir());
        found.map(|(anchors, update)| Self::Folder {
            anchors: PathBuf::from(anchors),
            update: vec![(*update).to_owned()],
        })
    }

    fn install(&self, ca: &Path) -> Vec<Vec<String>> {
        let ca = ca.display().to_string();
        match self {
            Self::Folder { update, .. } => {
                vec![words(&["install", "-m", "0644", &ca, &self.place()]), update.clone()]
            }
            Self::Keychain => vec![words(&[
                "security",
                "add-trusted-cert",
                "-d",
                "-r",
                "trustRoot",
                "-k",
                "/Library/Keychains/System.keychain",
                &ca,
            ])],
        }
    }

    fn remove(&self, ca: &Path) -> Vec<Vec<String>> {
        match self {
            Self::Folder { update, .. } => vec![words(&["rm", "-f", &self.place()]), update.clone()],
            Self::Keychain => {
                vec![words(&["security", "remove-trusted-cert", "-d", &ca.display().to_string()])]
            }
        }
    }

    fn place(&self) -> String {
        match self {
            Self::Folder { anchors, .. } => anchors.join("pintail-development-ca.crt").display().to_string(),
            Self::Keychain => String::new(),
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn quote(word: &str) -> String {
    let is_plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn execute(command: &[String]) -> anyhow::Result<()> {
    let Some((program, arguments)) = command.split_first() else {
        return Ok(());
    };
    let status = Command::new(program).args(arguments).status()?;
    ensure!(status.success(), "{status}; administrators can do it (sudo), --print shows the commands");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_install_puts_in_place_remove_takes_away() {
        let store = Store::Folder { anchors: PathBuf::from("/anchors"), update: vec!["update".to_owned()] };
        let place = "/anchors/pintail-development-ca.crt";
        let install = store.install(Path::new("/data/ca.pem"));
        assert_eq!(install, [words(&["install", "-m", "0644", "/data/ca.pem", place]), words(&["update"])]);
        assert_eq!(
            store.remove(Path::new("/data/ca.pem")),
            [words(&["rm", "-f", place]), words(&["update"])]
        );
        assert_eq!(quote("it's here"), r"'it'\''s here'");
    }
}
