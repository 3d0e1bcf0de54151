//! Where in the data an error is, as PostgreSQL's context line says it (`CopyFromErrorCallback`).

use wire::Diagnostic;

/// Longer values and lines are shortened in the context (`MAX_COPY_DATA_DISPLAY`).
const SHOWN_BYTES: usize = 100;

/// A line of a COPY.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'p> {
    pub(super) table: &'p str,
    /// Counted from 1, header included; of a row of several lines, the last.
    pub(super) line: u64,
}

impl Place<'_> {
    /// An error about the line as a whole, before it could be read.
    pub(super) fn of_line(self, error: Diagnostic) -> Diagnostic {
        error.with_context(format!("COPY {}, line {}", self.table, self.line))
    }

    /// An error about the contents of a line.
    pub(super) fn of_content(self, error: Diagnostic, content: &[u8]) -> Diagnostic {
        error.with_context(format!("COPY {}, line {}: \"{}\"", self.table, self.line, shown(content)))
    }

    /// An error about a column's value that cannot be shown, since it is binary.
    pub(super) fn of_column(self, error: Diagnostic, column: &str) -> Diagnostic {
        error.with_context(format!("COPY {}, line {}, column {column}", self.table, self.line))
    }

    /// An error about a column's value.
    pub(super) fn of_value(self, error: Diagnostic, column: &str, value: Option<&[u8]>) -> Diagnostic {
        let Self { table, line } = self;
        error.with_context(match value {
            Some(value) => format!("COPY {table}, line {line}, column {column}: \"{}\"", shown(value)),
            None => format!("COPY {table}, line {line}, column {column}: null input"),
        })
    }
}

/// At most [`SHOWN_BYTES`] of whole characters.
fn shown(value: &[u8]) -> String {
    if value.len() <= SHOWN_BYTES {
        return String::from_utf8_lossy(value).into_owned();
    }
    let head = value.get(..SHOWN_BYTES).unwrap_or_default();
    let whole = std::str::from_utf8(head).map_or_else(|error| error.valid_up_to(), str::len);
    format!("{}...", String::from_utf8_lossy(head.get(..whole).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_at_a_character() {
        assert_eq!(shown(&[b'a'; 100]), "a".repeat(100));
        assert_eq!(shown(&[b'a'; 101]), format!("{}...", "a".repeat(100)));
        let text = format!("{}€x", "a".repeat(98));
        assert_eq!(shown(text.as_bytes()), format!("{}...", "a".repeat(98)));
    }
}
