//! Rows of fields into the appender's chunks.

use engine::{ChunkBuilder, LogicalType};
use wire::{Diagnostic, SqlState, diagnostic::Object};

use super::{
    CopyColumn, CopyOptions, CopyTarget,
    column::Target,
    fields::{Field, Fields},
    place::Place,
};
use crate::decode::Style;

/// A chunk is handed over when its fields took so many bytes, however few its rows are.
const FULL_CHUNK_BYTES: usize = 8 << 20;

/// Takes a full chunk away: the appender's `append`.
pub(super) type Take<'t> = dyn FnMut(&ChunkBuilder) -> Result<(), Diagnostic> + 't;

/// The columns, and the chunk that is being filled.
pub(super) struct Loader {
    pub(super) targets: Vec<Target>,
    schema: String,
    table: String,
    /// Of each column: `FORCE_NOT_NULL` and `FORCE_NULL`.
    forced: Vec<(bool, bool)>,
    null: Vec<u8>,
    /// Of each column: where in the chunk it is marked that the default is meant.
    markers: Vec<Option<usize>>,
    marker_names: Vec<String>,
    /// The columns that must not be NULL, in the table's order; nothing for one that is not among the data.
    required: Vec<(Option<usize>, String)>,
    /// Of each column: whether the row at hand has NULL there.
    is_null: Vec<bool>,
    style: Style,
    chunk: ChunkBuilder,
    /// Rows in the chunk.
    filled: usize,
    /// How long the fields were that it holds.
    filled_bytes: usize,
    rows: u64,
}

impl Loader {
    pub(super) fn new(options: &CopyOptions, target: &CopyTarget, style: &Style) -> Result<Self, Diagnostic> {
        let columns = &target.columns;
        let names = columns.iter().map(|column| column.name.as_str());
        let not_null = options.force_not_null.flags("FORCE_NOT_NULL", names.clone())?;
        let null = options.force_null.flags("FORCE_NULL", names)?;
        let targets: Vec<_> =
            columns.iter().map(|column| Target::new(&column.name, &column.logical)).collect();
        let marked = |column: &CopyColumn| options.default.is_some() && column.has_default;
        let mut next = targets.len()..;
        let markers: Vec<_> =
            columns.iter().map(|column| marked(column).then(|| next.next()).flatten()).collect();
        let mut types: Vec<_> = targets.iter().map(|target| target.logical.clone()).collect();
        types.extend(markers.iter().flatten().map(|_| LogicalType::Boolean));
        let chunk = ChunkBuilder::new(&types)
            .map_err(|error| Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, error.message.clone()))?;
        let marker_names = columns.iter().zip(&markers).filter(|(_, marker)| marker.is_some());
        Ok(Self {
            marker_names: marker_names.map(|(column, _)| marker_name(&column.name)).collect(),
            schema: target.schema.clone(),
            table: target.table.clone(),
            forced: not_null.into_iter().zip(null).collect(),
            null: options.null.clone().into_bytes(),
            markers,
            required: target.required.clone(),
            is_null: vec![false; targets.len()],
            targets,
            style: style.clone(),
            chunk,
            filled: 0,
            filled_bytes: 0,
            rows: 0,
        })
    }

    /// The appender's columns: the targets and after them the markers.
    pub(super) fn appended(&self) -> Vec<(&str, LogicalType)> {
        let targets = self.targets.iter().map(|target| (target.name.as_str(), target.logical.clone()));
        let markers = self.marker_names.iter().map(|name| (name.as_str(), LogicalType::Boolean));
        targets.chain(markers).collect()
    }

    /// Adds a row, and hands the chunk over when it is full.
    pub(super) fn store(
        &mut self,
        fields: &Fields,
        row: &[u8],
        place: Place<'_>,
        take: &mut Take<'_>,
    ) -> Result<(), Diagnostic> {
        if fields.len() > self.targets.len() {
            let error = malformed("extra data after last expected column");
            return Err(place.of_content(error, row));
        }
        let mut values = fields.iter(row);
        for index in 0..self.targets.len() {
            let Some(field) = values.next() else {
                let name = self.targets.get(index).map_or("", |target| target.name.as_str());
                let error = malformed(format!("missing data for column \"{name}\""));
                return Err(place.of_content(error, row));
            };
            self.set(index, field, row, place)?;
        }
        self.check_required().map_err(|error| place.of_content(error, row))?;
        self.end_row(take)
    }

    #[inline]
    fn set(
        &mut self,
        index: usize,
        field: Field<'_>,
        row: &[u8],
        place: Place<'_>,
    ) -> Result<(), Diagnostic> {
        let forced = self.forced.get(index).copied().unwrap_or_default();
        let value = match (field, forced) {
            (Field::Null, (true, _)) => Some(self.null.as_slice()),
            (Field::Value(value), (_, true)) if value == self.null => None,
            (Field::Value(value), _) => Some(value),
            (Field::Null | Field::Default, _) => None,
        };
        let marker = self.markers.get(index).copied().flatten();
        self.filled_bytes = self.filled_bytes.saturating_add(value.map_or(0, <[u8]>::len));
        let (Some(target), Some(mut vector)) = (self.targets.get(index), self.chunk.column_mut(index)) else {
            return Ok(());
        };
        match value {
            None => vector.set_null(self.filled),
            Some(value) => target
                .set(&mut vector, self.filled, value, &self.style)
                .map_err(|error| place.of_value(error, &target.name, Some(value)))?,
        }
        let is_default = field == Field::Default;
        if let Some(mut vector) = marker.and_then(|marker| self.chunk.column_mut(marker)) {
            vector.set_bool(self.filled, is_default);
        } else if is_default {
            let detail = format!("Column \"{}\" has no default value.", target.name);
            let error = malformed("unexpected default marker in COPY data").with_detail(detail);
            return Err(place.of_content(error, row));
        }
        if let Some(slot) = self.is_null.get_mut(index) {
            *slot = value.is_none() && !is_default;
        }
        Ok(())
    }

    /// Rows added so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Sets a column of the row under way from its binary form; nothing is NULL.
    pub(super) fn set_binary(
        &mut self,
        index: usize,
        value: Option<&[u8]>,
        place: Place<'_>,
    ) -> Result<(), Diagnostic> {
        let (Some(target), Some(mut vector)) = (self.targets.get(index), self.chunk.column_mut(index)) else {
            return Ok(());
        };
        if let Some(slot) = self.is_null.get_mut(index) {
            *slot = value.is_none();
        }
        let Some(value) = value else {
            vector.set_null(self.filled);
            return Ok(());
        };
        self.filled_bytes = self.filled_bytes.saturating_add(value.len());
        let set = target.set_binary(&mut vector, self.filled, value, &self.style);
        set.map_err(|error| place.of_column(error, &target.name))
    }

    /// An error about a field of a column, whose contents cannot be shown.
    pub(super) fn of_column(&self, error: Diagnostic, index: usize, place: Place<'_>) -> Diagnostic {
        match self.targets.get(index) {
            Some(target) => place.of_column(error, &target.name),
            None => place.of_line(error),
        }
    }

    /// Whether the row under way has values where it must (`ExecConstraints`).
    pub(super) fn check_required(&self) -> Result<(), Diagnostic> {
        let is_null = |index: Option<usize>| {
            index.is_none_or(|index| self.is_null.get(index).copied().unwrap_or_default())
        };
        let Some((_, column)) = self.required.iter().find(|(index, _)| is_null(*index)) else {
            return Ok(());
        };
        let table = &self.table;
        let message =
            format!("null value in column \"{column}\" of relation \"{table}\" violates not-null constraint");
        Err(Diagnostic::error(SqlState::NOT_NULL_VIOLATION, message).with_object(Object {
            schema: Some(self.schema.clone()),
            table: Some(table.clone()),
            column: Some(column.clone()),
            ..Object::default()
        }))
    }

    /// Ends the row under way, and hands the chunk over when it is full.
    pub(super) fn end_row(&mut self, take: &mut Take<'_>) -> Result<(), Diagnostic> {
        self.filled += 1;
        self.rows += 1;
        let is_full = self.filled == ChunkBuilder::CAPACITY || self.filled_bytes >= FULL_CHUNK_BYTES;
        if is_full { self.hand_over(take) } else { Ok(()) }
    }

    /// Hands over the rows that there are.
    pub(super) fn hand_over(&mut self, take: &mut Take<'_>) -> Result<(), Diagnostic> {
        if self.filled == 0 {
            return Ok(());
        }
        self.chunk.set_len(self.filled);
        take(&self.chunk)?;
        self.chunk.reset();
        self.filled = 0;
        self.filled_bytes = 0;
        Ok(())
    }
}

/// What the appender's column is called that marks rows where another column's default is meant.
pub(crate) fn marker_name(column: &str) -> String {
    format!("default of {column}")
}

pub(super) fn malformed(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(SqlState::BAD_COPY_FILE_FORMAT, message)
}
