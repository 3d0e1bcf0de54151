//! What goes to standard output (results) and standard error (complaints and progress).

use std::io::{self, ErrorKind, IsTerminal, Write};

use serde::Serialize;

/// Prints text as it is.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
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

/// Whether the reader of our output has left, as `head` does; that is no failure.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == ErrorKind::BrokenPipe)
}
