//! Taking a row apart into fields (`CopyReadAttributesText`, `CopyReadAttributesCSV`).

use std::ops::Range;

use wire::{Diagnostic, SqlState};

use super::{CopyFormat, CopyOptions};
use crate::decode;

/// The fields of one row; reused for every row.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// The contents of fields that had something to undo.
    scratch: Vec<u8>,
    places: Vec<Place>,
}

/// The contents of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'f> {
    Null,
    /// The marker of the column's default.
    Default,
    Value(&'f [u8]),
}

#[derive(Clone, Debug)]
enum Place {
    Null,
    Default,
    /// In the row itself.
    Row(Range<usize>),
    /// In the scratch.
    Scratch(Range<usize>),
}

impl Fields {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Each field's contents.
    #[inline]
    pub(super) fn iter<'f>(&'f self, row: &'f [u8]) -> impl Iterator<Item = Field<'f>> {
        self.places.iter().map(move |place| match place {
            Place::Null => Field::Null,
            Place::Default => Field::Default,
            Place::Row(range) => Field::Value(row.get(range.clone()).unwrap_or_default()),
            Place::Scratch(range) => Field::Value(self.scratch.get(range.clone()).unwrap_or_default()),
        })
    }

    /// Takes a row apart. `is_plain`: it has no backslash (text) or quote (csv).
    ///
    /// # Errors
    /// 22P04 for quotes that are not closed, 22021 for escapes that are no UTF-8.
    pub(super) fn split(
        &mut self,
        row: &[u8],
        is_plain: bool,
        options: &CopyOptions,
    ) -> Result<(), Diagnostic> {
        self.scratch.clear();
        self.places.clear();
        match options.format {
            _ if is_plain => self.split_plain(row, options),
            CopyFormat::Csv => return self.split_csv(row, options),
            CopyFormat::Text | CopyFormat::Binary | CopyFormat::Parquet | CopyFormat::Arrow => {
                return self.split_text(row, options);
            }
        }
        Ok(())
    }

    fn split_plain(&mut self, row: &[u8], options: &CopyOptions) {
        let mut start = 0;
        for end in memchr::memchr_iter(options.delimiter, row).chain(std::iter::once(row.len())) {
            self.places.push(place(row.get(start..end).unwrap_or_default(), start, options));
            start = end + 1;
        }
    }

    fn split_text(&mut self, row: &[u8], options: &CopyOptions) -> Result<(), Diagnostic> {
        let mut start = 0;
        loop {
            let rest = row.get(start..).unwrap_or_default();
            let length = field_length(rest, options.delimiter);
            let raw = rest.get(..length).unwrap_or_default();
            let mut found = place(raw, start, options);
            if matches!(found, Place::Row(_)) && memchr::memchr(b'\\', raw).is_some() {
                let begin = self.scratch.len();
                unescape(raw, &mut self.scratch);
                // `\x` and octal escapes can make anything of a line that was UTF-8.
                decode::utf8(self.scratch.get(begin..).unwrap_or_default())?;
                found = Place::Scratch(begin..self.scratch.len());
            }
            self.places.push(found);
            start += length + 1;
            if start > row.len() {
                return Ok(());
            }
        }
    }

    fn split_csv(&mut self, row: &[u8], options: &CopyOptions) -> Result<(), Diagnostic> {
        let mut start = 0;
        loop {
            let rest = row.get(start..).unwrap_or_default();
            let stop = memchr::memchr2(options.delimiter, options.quote, rest).unwrap_or(rest.len());
            if rest.get(stop) == Some(&options.quote) {
                let begin = self.scratch.len();
                let length = unquote(rest, options, &mut self.scratch)?;
                self.places.push(Place::Scratch(begin..self.scratch.len()));
                start += length + 1;
            } else {
                self.places.push(place(rest.get(..stop).unwrap_or_default(), start, options));
                start += stop + 1;
            }
            if start > row.len() {
                return Ok(());
            }
        }
    }
}

/// A field without quotes, which may be a marker.
#[inline]
fn place(raw: &[u8], start: usize, options: &CopyOptions) -> Place {
    if raw == options.null.as_bytes() {
        Place::Null
    } else if options.default.as_deref().is_some_and(|default| raw == default.as_bytes()) {
        Place::Default
    } else {
        Place::Row(start..start + raw.len())
    }
}

/// The length of a text field up to a delimiter that no backslash stands before.
fn field_length(rest: &[u8], delimiter: u8) -> usize {
    let mut position = 0;
    while let Some(offset) = memchr::memchr2(delimiter, b'\\', rest.get(position..).unwrap_or_default()) {
        position += offset;
        if rest.get(position) == Some(&delimiter) {
            return position;
        }
        position += 2;
    }
    rest.len()
}

/// Undoes the backslashes of a text field.
fn unescape(mut rest: &[u8], out: &mut Vec<u8>) {
    while let Some(position) = memchr::memchr(b'\\', rest) {
        let (head, tail) = rest.split_at_checked(position).unwrap_or_default();
        out.extend_from_slice(head);
        let tail = tail.get(1..).unwrap_or_default();
        let Some((byte, after)) = tail.split_first() else {
            // At the very end of the data a backslash stands for nothing.
            return;
        };
        rest = after;
        out.push(match byte {
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'0'..=b'7' => {
                let (value, count) = number(tail, 8, 3);
                rest = tail.get(count..).unwrap_or_default();
                value
            }
            b'x' => match number(after, 16, 2) {
                (_, 0) => b'x',
                (value, count) => {
                    rest = after.get(count..).unwrap_or_default();
                    value
                }
            },
            _ => *byte,
        });
    }
    out.extend_from_slice(rest);
}

/// Up to so many digits, as one byte (`\777` is 0xff, as in PostgreSQL), and how many there were.
fn number(text: &[u8], radix: u32, most: usize) -> (u8, usize) {
    let digits = text.iter().take(most).map_while(|byte| char::from(*byte).to_digit(radix));
    let (value, count) = digits.fold((0u32, 0), |(value, count), digit| (value * radix + digit, count + 1));
    (u8::try_from(value & 0xff).unwrap_or(0), count)
}

/// Undoes the quotes of a csv field at the start of `rest`; answers how long it is there.
fn unquote(rest: &[u8], options: &CopyOptions, out: &mut Vec<u8>) -> Result<usize, Diagnostic> {
    let CopyOptions { delimiter, quote, escape, .. } = *options;
    let mut position = 0;
    loop {
        let outside = rest.get(position..).unwrap_or_default();
        let stop = memchr::memchr2(delimiter, quote, outside).unwrap_or(outside.len());
        out.extend_from_slice(outside.get(..stop).unwrap_or_default());
        position += stop;
        if rest.get(position) != Some(&quote) {
            return Ok(position);
        }
        position += 1;
        loop {
            let inside = rest.get(position..).unwrap_or_default();
            let Some(stop) = memchr::memchr2(quote, escape, inside) else {
                let code = SqlState::BAD_COPY_FILE_FORMAT;
                return Err(Diagnostic::error(code, "unterminated CSV quoted field"));
            };
            out.extend_from_slice(inside.get(..stop).unwrap_or_default());
            position += stop + 1;
            let byte = inside.get(stop).copied().unwrap_or(quote);
            match inside.get(stop + 1) {
                Some(next) if byte == escape && (*next == quote || *next == escape) => {
                    out.push(*next);
                    position += 1;
                }
                _ if byte == quote => break,
                _ => out.push(byte),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::{CopyDirection, tests::options};

    fn split(row: &str, pairs: &[(&str, &str)]) -> Result<Vec<Option<String>>, Diagnostic> {
        let options = options(pairs, CopyDirection::In);
        let mut fields = Fields::default();
        fields.split(row.as_bytes(), false, &options)?;
        let text = |field| match field {
            Field::Null => None,
            Field::Default => Some("DEFAULT".to_owned()),
            Field::Value(value) => Some(String::from_utf8_lossy(value).into_owned()),
        };
        Ok(fields.iter(row.as_bytes()).map(text).collect())
    }

    fn some(texts: &[&str]) -> Vec<Option<String>> {
        texts.iter().map(|text| Some((*text).to_owned())).collect()
    }

    #[test]
    fn text_escapes_are_undone() {
        assert_eq!(split("a\\tb\\\\c\t\\x41\\101\\x\\q", &[]).unwrap(), some(&["a\tb\\c", "AAxq"]));
        assert_eq!(split("\\N\t\\\\N\t", &[]).unwrap(), [None, Some("\\N".into()), Some(String::new())]);
        assert_eq!(split("a\\|b|c", &[("delimiter", "|")]).unwrap(), some(&["a|b", "c"]));
        assert_eq!(split("", &[]).unwrap(), some(&[""]));
    }

    #[test]
    fn csv_quotes_are_undone() {
        let csv: &[(&str, &str)] = &[("format", "csv")];
        assert_eq!(split("1,\"a,\"\"b\"\"\",x\"y z\"w", csv).unwrap(), some(&["1", "a,\"b\"", "xy zw"]));
        assert_eq!(split(",\"\",", csv).unwrap(), [None, Some(String::new()), None]);
        assert_eq!(split("\"a\nb\"", csv).unwrap(), some(&["a\nb"]));
        let escaped = [("format", "csv"), ("quote", "'"), ("escape", "\\")];
        assert_eq!(split("'a\\'b\\\\c\\d',e", &escaped).unwrap(), some(&["a'b\\c\\d", "e"]));
        let marked = [("format", "csv"), ("default", "D")];
        assert_eq!(split("D,\"D\",d", &marked).unwrap(), some(&["DEFAULT", "D", "d"]));
        assert_eq!(split("\"a", csv).unwrap_err().message, "unterminated CSV quoted field");
    }
}
