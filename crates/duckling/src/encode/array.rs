//! Arrays: lists of scalars, and lists of lists that are rectangular, in PostgreSQL's text and binary forms.
//!
//! Each level of nesting says where the elements of its rows lie in the next one; the innermost elements are
//! a column of their own, encoded once for all rows.

use std::ops::Range;

use engine::{LogicalType, Vector};
use wire::{
    frontend::Format,
    types::array::{write_element, write_header_binary},
};

use super::{
    Column, EncodeError, Fields, Style,
    nested::{covered, spans},
};
use crate::decode;

/// A column of arrays.
pub(super) struct Arrays {
    /// How many levels lie above the elements, 1 or more.
    depth: usize,
    elements: Column,
    /// In binary, the OID of the elements' type.
    binary: Option<u32>,
    /// `1 2` and not `{1,2}`: int2vector and oidvector.
    is_vector: bool,
}

/// One level of nesting: where the elements of each of its rows lie in the level below; nothing is NULL.
struct Level {
    spans: Vec<Option<Range<usize>>>,
    /// The row that the first of them is.
    start: usize,
}

impl Level {
    fn span(&self, row: usize) -> Option<&Range<usize>> {
        self.spans.get(row.checked_sub(self.start)?)?.as_ref()
    }
}

impl Arrays {
    /// For types that are arrays on the wire; nothing for others.
    pub(super) fn new(logical: &LogicalType, format: Format, style: &Style) -> Option<Self> {
        let (element, depth) = decode::array_element(logical)?;
        let elements = Column::child(element, format, style);
        let binary = match format {
            Format::Text => None,
            Format::Binary => Some(decode::logical_to_oid(element)),
        };
        Some(Self { depth, elements, binary, is_vector: matches!(logical, LogicalType::Named(_)) })
    }

    /// Encodes rows of a vector.
    pub(super) fn encode(
        &mut self,
        vector: Vector<'_>,
        rows: Range<usize>,
        fields: &mut Fields,
    ) -> Result<(), EncodeError> {
        let mut levels = Vec::with_capacity(self.depth);
        let (mut vector, mut range) = (vector, rows.clone());
        for _ in 0..self.depth {
            let (spans, child) = spans(vector, range.clone())?;
            let start = range.start;
            range = covered(&spans);
            vector = child;
            levels.push(Level { spans, start });
        }
        self.elements.encode(vector, range.clone())?;
        let tree = Tree { levels: &levels, elements: self.elements.fields(), first: range.start };
        for row in rows {
            if tree.span(0, row).is_none() {
                fields.push_null();
                continue;
            }
            match self.binary {
                None if self.is_vector => fields.push_with(|out| {
                    tree.write_vector(out, row);
                    Ok::<(), EncodeError>(())
                })?,
                None => fields.push_with(|out| {
                    tree.write_text(out, 0, row);
                    Ok::<(), EncodeError>(())
                })?,
                Some(oid) => fields.push_with(|out| tree.write_binary(out, row, oid))?,
            }
        }
        Ok(())
    }
}

/// The levels, and the encoded elements below them.
struct Tree<'l> {
    levels: &'l [Level],
    elements: &'l Fields,
    /// The row of the innermost vector that the first element is.
    first: usize,
}

impl Tree<'_> {
    fn span(&self, level: usize, row: usize) -> Option<&Range<usize>> {
        self.levels.get(level)?.span(row)
    }

    /// A list that is NULL, or of another length than its neighbours, is shown as it is, though PostgreSQL
    /// has no such arrays: in text nothing is lost by it.
    fn write_text(&self, out: &mut Vec<u8>, level: usize, row: usize) {
        let Some(span) = self.span(level, row) else {
            return out.extend_from_slice(b"NULL");
        };
        out.push(b'{');
        for (position, item) in span.clone().enumerate() {
            if position > 0 {
                out.push(b',');
            }
            if level + 1 < self.levels.len() {
                self.write_text(out, level + 1, item);
                continue;
            }
            match self.elements.value(item - self.first) {
                Some(element) => write_element(out, element),
                None => out.extend_from_slice(b"NULL"),
            }
        }
        out.push(b'}');
    }

    fn write_vector(&self, out: &mut Vec<u8>, row: usize) {
        for (position, item) in self.span(0, row).cloned().unwrap_or_default().enumerate() {
            if position > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(self.elements.value(item - self.first).unwrap_or_default());
        }
    }

    fn write_binary(&self, out: &mut Vec<u8>, row: usize, oid: u32) -> Result<(), EncodeError> {
        let mut dimensions = Vec::with_capacity(self.levels.len());
        let mut body = Vec::new();
        let has_null = self.gather(&mut body, &mut dimensions, 0, row)?;
        write_header_binary(out, &dimensions, has_null, oid);
        out.extend_from_slice(&body);
        Ok(())
    }

    /// Appends the elements below a row and notes how many there are at each level; answers whether one of
    /// them is NULL.
    fn gather(
        &self,
        body: &mut Vec<u8>,
        dimensions: &mut Vec<usize>,
        level: usize,
        row: usize,
    ) -> Result<bool, EncodeError> {
        let span = self.span(level, row).ok_or(EncodeError::Ragged)?;
        match dimensions.get(level) {
            None => dimensions.push(span.len()),
            Some(length) if *length == span.len() => {}
            Some(_) => return Err(EncodeError::Ragged),
        }
        let mut has_null = false;
        for item in span.clone() {
            if level + 1 < self.levels.len() {
                has_null |= self.gather(body, dimensions, level + 1, item)?;
            } else {
                let index = item - self.first;
                has_null |= self.elements.value(index).is_none();
                body.extend_from_slice(self.elements.framed(index));
            }
        }
        Ok(has_null)
    }
}
