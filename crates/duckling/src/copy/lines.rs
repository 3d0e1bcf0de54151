//! Finding the rows in pieces of COPY data (`CopyReadLineText`).
//!
//! Pieces may be cut anywhere, so everything that has to be known about the bytes before is kept: how far
//! they were looked at, whether that is inside quotes. What is in a row is not looked at here.

use wire::Diagnostic;

use super::{CopyFormat, CopyOptions, load::malformed};

/// How the lines end, as the first one did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Newline {
    Unknown,
    Lf,
    Cr,
    CrLf,
}

/// A row that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Bytes of the row.
    pub(super) length: usize,
    /// Bytes of the row and its end.
    pub(super) taken: usize,
    /// Whether no more rows follow: `\.` was there.
    pub(super) is_last: bool,
    /// Whether there is no row, only the end.
    pub(super) is_end: bool,
    /// Whether there is anything to undo in it: a backslash (text) or a quote (csv).
    pub(super) is_plain: bool,
    /// What counts as a line's end inside quotes: as PostgreSQL does, `\r` until the first line's end is known.
    pub(super) inner_newline: u8,
}

/// Looks for rows' ends.
#[derive(Debug)]
pub(super) struct Lines {
    csv: bool,
    quote: u8,
    /// In csv, where it is not the quote itself.
    escape: Option<u8>,
    newline: Newline,
    /// How much of the present row was looked at.
    looked: usize,
    quoting: Quoting,
    is_plain: bool,
    inner_newline: u8,
}

/// Where in a csv row the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    Outside,
    Inside,
    /// Inside, after an escape that is not the quote.
    AfterEscape,
}

impl Lines {
    pub(super) fn new(options: &CopyOptions) -> Self {
        Self {
            csv: options.format == CopyFormat::Csv,
            quote: options.quote,
            escape: (options.escape != options.quote).then_some(options.escape),
            newline: Newline::Unknown,
            looked: 0,
            quoting: Quoting::Outside,
            is_plain: true,
            inner_newline: b'\r',
        }
    }

    /// The row at the start of `data`, once its end is there. `at_end`: no more data will come.
    pub(super) fn next(&mut self, data: &[u8], at_end: bool) -> Result<Option<Line>, Diagnostic> {
        loop {
            let rest = data.get(self.looked..).unwrap_or_default();
            let Some(offset) = self.find(rest) else {
                self.looked = data.len();
                return Ok(if at_end && !data.is_empty() { Some(self.found(data.len(), 0)) } else { None });
            };
            let position = self.looked + offset;
            let (byte, after) = match data.get(position..).and_then(<[u8]>::split_first) {
                Some((byte, after)) => (*byte, after),
                None => return Ok(None),
            };
            let known = match byte {
                b'\n' if self.quoting == Quoting::Outside => return self.line_feed(position).map(Some),
                b'\r' if self.quoting == Quoting::Outside => {
                    match self.carriage_return(position, after.first(), at_end)? {
                        Some(line) => return Ok(Some(line)),
                        None => None,
                    }
                }
                b'\\' if !self.csv => match after.first() {
                    Some(b'.') => {
                        match self.end_marker(position, after.get(1..).unwrap_or_default(), at_end)? {
                            Some(line) => return Ok(Some(line)),
                            None => None,
                        }
                    }
                    Some(_) => {
                        self.is_plain = false;
                        Some(2)
                    }
                    None if at_end => {
                        self.is_plain = false;
                        Some(1)
                    }
                    None => None,
                },
                _ if byte == b'\\' && position == 0 && self.quoting == Quoting::Outside => {
                    match self.csv_end_marker(after, at_end) {
                        Some(Some(line)) => return Ok(Some(line)),
                        Some(None) => {
                            self.quotes(byte);
                            Some(1)
                        }
                        None => None,
                    }
                }
                _ => {
                    self.quotes(byte);
                    Some(1)
                }
            };
            let Some(length) = known else {
                self.looked = position;
                return Ok(None);
            };
            self.looked = position + length;
        }
    }

    /// The next byte that means something.
    fn find(&mut self, rest: &[u8]) -> Option<usize> {
        if !self.csv {
            return memchr::memchr3(b'\n', b'\r', b'\\', rest);
        }
        // `\.` counts only at the start of a line; an escape only for the very next byte.
        if self.looked == 0 || self.quoting == Quoting::AfterEscape {
            return (!rest.is_empty()).then_some(0);
        }
        match (self.quoting != Quoting::Outside, self.escape) {
            (true, Some(escape)) => memchr::memchr2(self.quote, escape, rest),
            (true, None) => memchr::memchr(self.quote, rest),
            (false, _) => memchr::memchr3(b'\n', b'\r', self.quote, rest),
        }
    }

    /// Quotes toggle, wherever they stand, unless escaped inside quotes.
    fn quotes(&mut self, byte: u8) {
        self.quoting = match self.quoting {
            Quoting::Inside if self.escape == Some(byte) => Quoting::AfterEscape,
            Quoting::Inside if byte == self.quote => Quoting::Outside,
            Quoting::Outside if byte == self.quote => {
                self.is_plain = false;
                Quoting::Inside
            }
            Quoting::Inside | Quoting::AfterEscape => Quoting::Inside,
            Quoting::Outside => Quoting::Outside,
        };
    }

    fn found(&mut self, length: usize, newline: usize) -> Line {
        let is_plain = self.is_plain;
        let inner_newline = self.inner_newline;
        self.inner_newline = if self.newline == Newline::Lf { b'\n' } else { b'\r' };
        self.looked = 0;
        self.quoting = Quoting::Outside;
        self.is_plain = true;
        Line { length, taken: length + newline, is_last: false, is_end: false, is_plain, inner_newline }
    }

    fn line_feed(&mut self, position: usize) -> Result<Line, Diagnostic> {
        match self.newline {
            Newline::Unknown | Newline::Lf => {
                self.newline = Newline::Lf;
                Ok(self.found(position, 1))
            }
            Newline::Cr | Newline::CrLf => Err(self.wrong_newline("newline", "\\n")),
        }
    }

    fn carriage_return(
        &mut self,
        position: usize,
        next: Option<&u8>,
        at_end: bool,
    ) -> Result<Option<Line>, Diagnostic> {
        match (self.newline, next) {
            (Newline::Unknown | Newline::CrLf, Some(b'\n')) => {
                self.newline = Newline::CrLf;
                Ok(Some(self.found(position, 2)))
            }
            (Newline::Unknown | Newline::CrLf, None) if !at_end => Ok(None),
            (Newline::Unknown | Newline::Cr, _) => {
                self.newline = Newline::Cr;
                Ok(Some(self.found(position, 1)))
            }
            (Newline::CrLf | Newline::Lf, _) => Err(self.wrong_newline("carriage return", "\\r")),
        }
    }

    fn wrong_newline(&self, what: &str, escaped: &str) -> Diagnostic {
        let (how, hint) = if self.csv {
            ("unquoted", format!("Use quoted CSV field to represent {what}."))
        } else {
            ("literal", format!("Use \"{escaped}\" to represent {what}."))
        };
        malformed(format!("{how} {what} found in data")).with_hint(hint)
    }

    /// `\.` in text: what is before it on its line is still a row, and a newline must follow.
    fn end_marker(
        &mut self,
        position: usize,
        after: &[u8],
        at_end: bool,
    ) -> Result<Option<Line>, Diagnostic> {
        let matches = match (self.newline, after) {
            (_, []) | (Newline::CrLf | Newline::Unknown, [b'\r']) if !at_end => return Ok(None),
            (Newline::CrLf | Newline::Unknown, [b'\r', b'\n', ..])
            | (Newline::Cr | Newline::Unknown, [b'\r', ..])
            | (Newline::Lf | Newline::Unknown, [b'\n', ..]) => true,
            (_, [b'\r' | b'\n', ..]) => {
                return Err(malformed("end-of-copy marker does not match previous newline style"));
            }
            // PostgreSQL wants its newline even at the very end.
            (_, [] | [_, ..]) => false,
        };
        if !matches {
            return Err(malformed("end-of-copy marker corrupt"));
        }
        let line = self.found(position, 0);
        Ok(Some(Line { is_last: true, is_end: position == 0, ..line }))
    }

    /// `\.` in csv counts when it stands alone on a line. Nothing: that cannot be said yet.
    #[expect(clippy::option_option, reason = "not known yet, known to be data, known to be the end")]
    fn csv_end_marker(&mut self, after: &[u8], at_end: bool) -> Option<Option<Line>> {
        match after {
            [] | [b'.'] if !at_end => None,
            [b'.', b'\n' | b'\r', ..] => {
                let line = self.found(0, 0);
                Some(Some(Line { is_last: true, is_end: true, ..line }))
            }
            [..] => Some(None),
        }
    }
}
