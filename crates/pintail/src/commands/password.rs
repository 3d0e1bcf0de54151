//! Reading a password: from a person at a terminal, twice and without an echo, or from a file's first line.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, ensure};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret, SecretString};

/// As PostgreSQL's clients take them, at most.
const LENGTH_MAX_BYTES: usize = 1024;

/// Reads a value that is not to be seen from standard input.
pub(super) fn read_value(key: &str) -> anyhow::Result<SecretString> {
    if io::stdin().is_terminal() { ask(&format!("{key}: ")) } else { read_line() }
}

/// Reads a password from standard input.
pub(super) fn read() -> anyhow::Result<SecretString> {
    let input = io::stdin();
    if !input.is_terminal() {
        return read_line();
    }
    let first = ask("Password: ")?;
    let second = ask("Again: ")?;
    ensure!(first.expose_secret() == second.expose_secret(), "the two passwords are not the same");
    Ok(first)
}

fn ask(prompt: &str) -> anyhow::Result<SecretString> {
    let mut screen = io::stderr();
    write!(screen, "{prompt}").and_then(|()| screen.flush())?;
    let _silence = Silence::begin().context("the terminal cannot be silenced")?;
    let password = read_line();
    writeln!(screen)?;
    password
}

fn read_line() -> anyhow::Result<SecretString> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("no password on standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    ensure!(!password.is_empty(), "an empty password is none");
    ensure!(password.len() <= LENGTH_MAX_BYTES, "a password may have {LENGTH_MAX_BYTES} bytes");
    Ok(SecretString::from(password))
}

/// A terminal without echo, for as long as this value lives.
struct Silence(Termios);

impl Silence {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // The terminal has gone then.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
