//! Arrays as text.

use std::borrow::Cow;

use super::MAX_DIMENSIONS;
use crate::types::{ValueError, error::lossy, is_space, trim};

/// One element's text, in quotes where PostgreSQL puts them. NULL is the bare word, written by the caller.
pub fn write_element(out: &mut Vec<u8>, element: &[u8]) {
    let plain = !element.is_empty()
        && !element.eq_ignore_ascii_case(b"null")
        && !element.iter().any(|byte| matches!(byte, b'"' | b'\\' | b'{' | b'}' | b',') || is_space(*byte));
    if plain {
        return out.extend_from_slice(element);
    }
    out.push(b'"');
    for byte in element {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// An array as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextArray<'t> {
    /// The length of each dimension, the outermost first; none for `{}`.
    pub dimensions: Vec<usize>,
    /// The elements in order; nothing is NULL.
    pub elements: Vec<Option<Cow<'t, [u8]>>>,
}

/// Reads an array. Lower bounds (`[2:3]={…}`) are read and forgotten, since DuckDB's lists begin at 1.
///
/// # Errors
/// [`ValueError::ArrayLiteral`] or [`ValueError::ArrayDimensions`].
pub fn parse(input: &[u8]) -> Result<TextArray<'_>, ValueError> {
    let mut reader =
        Reader { input, rest: trim(input), array: TextArray::default(), open: Vec::new(), seen: Vec::new() };
    let bounds = reader.bounds()?;
    reader.braces()?;
    if !reader.rest.is_empty() {
        return Err(reader.malformed("Junk after closing right brace."));
    }
    if bounds.is_some_and(|bounds| bounds != reader.array.dimensions) {
        return Err(reader.malformed("Specified array dimensions do not match array contents."));
    }
    Ok(reader.array)
}

struct Reader<'t> {
    input: &'t [u8],
    rest: &'t [u8],
    array: TextArray<'t>,
    /// How many items each open brace holds so far.
    open: Vec<usize>,
    /// The length that the first closed brace of each depth had.
    seen: Vec<Option<usize>>,
}

impl<'t> Reader<'t> {
    fn malformed(&self, detail: &'static str) -> ValueError {
        ValueError::ArrayLiteral { input: lossy(self.input), detail }
    }

    fn skip_space(&mut self) {
        while let [first, rest @ ..] = self.rest
            && is_space(*first)
        {
            self.rest = rest;
        }
    }

    /// `[l:u][l:u]=` in front; answers the lengths.
    fn bounds(&mut self) -> Result<Option<Vec<usize>>, ValueError> {
        if self.rest.first() != Some(&b'[') {
            return Ok(None);
        }
        let wrong = || self.malformed("Missing array dimension value.");
        let equals = self.rest.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
        let (head, tail) = self.rest.split_at_checked(equals).unwrap_or_default();
        let text = std::str::from_utf8(trim(head)).map_err(|_| wrong())?;
        let mut lengths = Vec::new();
        for part in text.split_terminator(']') {
            let range = part.trim_ascii().strip_prefix('[').ok_or_else(wrong)?;
            let (lower, upper) = range.split_once(':').unwrap_or(("1", range));
            let (Ok(lower), Ok(upper)) = (lower.trim().parse::<i64>(), upper.trim().parse::<i64>()) else {
                return Err(wrong());
            };
            let length = upper.checked_sub(lower).and_then(|last| usize::try_from(last + 1).ok());
            lengths.push(length.ok_or_else(wrong)?);
        }
        self.rest = trim(tail.get(1..).unwrap_or_default());
        Ok(Some(lengths))
    }

    /// The whole of the outermost braces, without recursion.
    fn braces(&mut self) -> Result<(), ValueError> {
        if self.rest.first() != Some(&b'{') {
            return Err(self.malformed("Array value must start with \"{\" or dimension information."));
        }
        self.open_brace()?;
        let mut item_due = true;
        while !self.open.is_empty() {
            self.skip_space();
            match (self.rest, item_due) {
                ([b'{', ..], true) => {
                    self.open_brace()?;
                    continue;
                }
                // Only an empty brace may close where an item is due.
                ([b'}', ..], true) if self.open.last() == Some(&0) => self.close_brace()?,
                ([b'}', ..], false) => self.close_brace()?,
                ([b',', rest @ ..], false) => {
                    self.rest = rest;
                    item_due = true;
                    continue;
                }
                ([b',', ..], true) => return Err(self.malformed("Unexpected \",\" character.")),
                ([b'}', ..], true) => return Err(self.malformed("Unexpected \"}\" character.")),
                ([], _) => return Err(self.malformed("Unexpected end of input.")),
                ([_, ..], true) => self.element()?,
                ([_, ..], false) => return Err(self.malformed("Unexpected array element.")),
            }
            item_due = false;
        }
        self.array.dimensions = if self.array.elements.is_empty() {
            Vec::new()
        } else {
            self.seen.iter().map(|length| length.unwrap_or(0)).collect()
        };
        Ok(())
    }

    fn open_brace(&mut self) -> Result<(), ValueError> {
        if let Some(count) = self.open.last_mut() {
            *count += 1;
        }
        self.open.push(0);
        if self.open.len() > MAX_DIMENSIONS {
            return Err(ValueError::ArrayDimensions);
        }
        if self.seen.len() < self.open.len() {
            if !self.array.elements.is_empty() {
                return Err(self.malformed("Unexpected \"{\" character."));
            }
            self.seen.push(None);
        }
        self.rest = self.rest.get(1..).unwrap_or_default();
        Ok(())
    }

    fn close_brace(&mut self) -> Result<(), ValueError> {
        let depth = self.open.len();
        let count = self.open.pop().unwrap_or(0);
        if depth > 1 && count == 0 {
            return Err(self.malformed("Unexpected \"}\" character."));
        }
        let slot = depth.checked_sub(1).and_then(|index| self.seen.get_mut(index));
        if let Some(length) = slot
            && *length.get_or_insert(count) != count
        {
            return Err(
                self.malformed("Multidimensional arrays must have sub-arrays with matching dimensions.")
            );
        }
        self.rest = self.rest.get(1..).unwrap_or_default();
        Ok(())
    }

    fn element(&mut self) -> Result<(), ValueError> {
        if self.open.len() != self.seen.len() {
            return Err(
                self.malformed("Multidimensional arrays must have sub-arrays with matching dimensions.")
            );
        }
        let element = if self.rest.first() == Some(&b'"') { Some(self.quoted()?) } else { self.bare()? };
        self.array.elements.push(element);
        if let Some(count) = self.open.last_mut() {
            *count += 1;
        }
        Ok(())
    }

    fn quoted(&mut self) -> Result<Cow<'t, [u8]>, ValueError> {
        let body = self.rest.get(1..).unwrap_or_default();
        let Some(stop) = memchr::memchr2(b'"', b'\\', body) else {
            return Err(self.malformed("Unexpected end of input."));
        };
        let (plain, mut rest) = body.split_at_checked(stop).unwrap_or_default();
        if let [b'"', after @ ..] = rest {
            self.rest = after;
            return Ok(Cow::Borrowed(plain));
        }
        let mut value = plain.to_vec();
        loop {
            match rest {
                [b'"', after @ ..] => {
                    self.rest = after;
                    return Ok(Cow::Owned(value));
                }
                [b'\\', byte, after @ ..] | [byte, after @ ..]
                    if *byte != b'\\' || after.len() + 2 == rest.len() =>
                {
                    value.push(*byte);
                    rest = after;
                }
                [..] => return Err(self.malformed("Unexpected end of input.")),
            }
        }
    }

    fn bare(&mut self) -> Result<Option<Cow<'t, [u8]>>, ValueError> {
        let mut value = Vec::new();
        // White space at the end does not count, an escaped character always does.
        let (mut kept, mut escaped) = (0, false);
        loop {
            match self.rest {
                [b',' | b'}', ..] => break,
                [b'"' | b'{', ..] => return Err(self.malformed("Unexpected array element.")),
                [b'\\', byte, rest @ ..] => {
                    value.push(*byte);
                    kept = value.len();
                    escaped = true;
                    self.rest = rest;
                }
                [b'\\'] | [] => return Err(self.malformed("Unexpected end of input.")),
                [byte, rest @ ..] => {
                    value.push(*byte);
                    if !is_space(*byte) {
                        kept = value.len();
                    }
                    self.rest = rest;
                }
            }
        }
        value.truncate(kept);
        let null = !escaped && value.eq_ignore_ascii_case(b"null");
        Ok((!null).then_some(Cow::Owned(value)))
    }
}
