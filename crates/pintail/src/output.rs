//! What goes to standard output (results) and standard error (complaints and progress).

use std::{
    fmt,
    io::{self, ErrorKind, IsTerminal, Write},
};

use serde::Serialize;

/// The reader of our output has left, as `head` does. A type of its own: a running server that ends closes a pipe, too.
#[derive(Debug)]
struct Unread;

impl fmt::Display for Unread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("nobody reads the output any more")
    }
}

/// Prints text as it is.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(unprinted)
}

fn unprinted(error: io::Error) -> anyhow::Error {
    if error.kind() == ErrorKind::BrokenPipe { anyhow::Error::msg(Unread) } else { error.into() }
}

/// Prints a value as one JSON document.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    print(&format!("{text}\n"))
}

/// Prints rows under a heading.
pub(crate) fn print_table(heading: &[&str], rows: Vec<Vec<String>>) -> anyhow::Result<()> {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(heading.iter().map(|title| title.to_uppercase()));
    table.add_rows(rows);
    print(&format!("{}\n", table.trim_fmt()))
}

/// Says on standard error, in one line, why the program ends.
pub(crate) fn complain(error: &anyhow::Error) {
    // With standard error closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "pintail: {error:#}");
}

/// A line about a long step, for a person who waits.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether a person watches standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Whether the reader of our output has left; that is no failure.
pub(crate) fn is_unread(error: &anyhow::Error) -> bool {
    error.is::<Unread>()
}

#[cfg(test)]
mod tests {
    use gateway::admin::client::AdminError;

    use super::*;

    #[test]
    fn a_server_that_hangs_up_is_a_failure_and_a_reader_that_leaves_is_none() {
        let closed = || io::Error::from(ErrorKind::BrokenPipe);
        assert!(!is_unread(&AdminError::Server(closed()).into()));
        assert!(is_unread(&unprinted(closed())));
        assert!(!is_unread(&unprinted(ErrorKind::StorageFull.into())));
    }
}
