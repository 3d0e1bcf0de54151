//! Chunks into record batches.

use std::{ops::Range, sync::Arc};

use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, FixedSizeListArray, ListArray, MapArray,
    NullArray, PrimitiveArray, RecordBatch, RecordBatchOptions, StringArray, StructArray,
    types::{
        Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
        IntervalMonthDayNano, IntervalMonthDayNanoType, Time64MicrosecondType, Time64NanosecondType,
        TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
        UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Fields, IntervalUnit, Schema, TimeUnit};
use engine::{Chunk, Fixed, LogicalType, Vector};
use wire::{Diagnostic, SqlState, frontend::Format};

use super::extent::{is_fixed, row_bytes};
use crate::encode::{Column, EncodeError, Style};

/// Writes the batches of one stream.
pub(in crate::copy) struct ArrowOut {
    writer: StreamWriter<Vec<u8>>,
    schema: Arc<Schema>,
    columns: Vec<(LogicalType, Field)>,
    style: Style,
    max_value_bytes: usize,
}

/// A batch ends when its texts and lists take up so much, but has a row at least.
const FULL_BATCH_BYTES: usize = 8 << 20;

/// What ends a stream: a message of no length.
pub(in crate::copy) const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

impl ArrowOut {
    pub(in crate::copy) fn new(
        columns: &[(String, LogicalType)],
        style: &Style,
        max_value_bytes: usize,
    ) -> Result<Self, Diagnostic> {
        let columns: Vec<_> = columns
            .iter()
            .map(|(name, logical)| (logical.stored(), field(name, &logical.stored())))
            .collect();
        let fields: Fields = columns.iter().map(|(_, field)| field.clone()).collect();
        let schema = Arc::new(Schema::new(fields));
        let writer = StreamWriter::try_new(Vec::new(), &schema).map_err(refused)?;
        Ok(Self { writer, schema, columns, style: style.clone(), max_value_bytes })
    }

    /// Takes what has been written since it was last taken; the schema comes first.
    pub(in crate::copy) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.get_mut())
    }

    /// Writes rows of a chunk as a batch, from the first on as many as make a full one; answers how many.
    ///
    /// # Errors
    /// 54000 for a value that is too long.
    pub(in crate::copy) fn write(&mut self, chunk: &Chunk, rows: Range<usize>) -> Result<usize, Diagnostic> {
        let count = self.fitting(chunk, rows.clone())?;
        let rows = rows.start..rows.start + count;
        let wanted: Vec<Option<usize>> = rows.clone().map(Some).collect();
        let mut arrays = Vec::with_capacity(self.columns.len());
        for (index, (logical, field)) in self.columns.iter().enumerate() {
            let vector = chunk.column(index);
            let vector = vector.ok_or_else(|| EncodeError::Unreadable(logical.sql()))?;
            arrays.push(array(vector, field.data_type(), &wanted, &self.style)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options);
        self.writer.write(&batch.map_err(refused)?).map_err(refused)?;
        Ok(count)
    }

    /// How many rows make a full batch.
    fn fitting(&self, chunk: &Chunk, rows: Range<usize>) -> Result<usize, Diagnostic> {
        let columns = self.columns.iter().enumerate().filter(|(_, (logical, _))| !is_fixed(logical));
        let vectors: Vec<_> = columns.filter_map(|(index, _)| chunk.column(index)).collect();
        if vectors.is_empty() {
            return Ok(rows.len());
        }
        let (mut total, limit_bytes) = (0usize, self.max_value_bytes);
        for (count, row) in rows.clone().enumerate() {
            for vector in &vectors {
                let length_bytes = row_bytes(*vector, row);
                if length_bytes > limit_bytes {
                    return Err(EncodeError::TooLong { length_bytes, limit_bytes }.into());
                }
                total = total.saturating_add(length_bytes);
            }
            if total > FULL_BATCH_BYTES && count > 0 {
                return Ok(count);
            }
        }
        Ok(rows.len())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(error: ArrowError) -> Diagnostic {
    Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, format!("rows cannot be written as Arrow: {error}"))
}

fn field(name: &str, logical: &LogicalType) -> Field {
    Field::new(name, data_type(logical), true)
}

/// The Arrow type for a DuckDB type; what Arrow lacks goes as text.
fn data_type(logical: &LogicalType) -> DataType {
    use LogicalType as L;
    match logical {
        L::Named(_) => data_type(&logical.stored()),
        L::SqlNull => DataType::Null,
        L::Boolean => DataType::Boolean,
        L::TinyInt => DataType::Int8,
        L::SmallInt => DataType::Int16,
        L::Integer => DataType::Int32,
        L::BigInt => DataType::Int64,
        L::UTinyInt => DataType::UInt8,
        L::USmallInt => DataType::UInt16,
        L::UInteger => DataType::UInt32,
        L::UBigInt => DataType::UInt64,
        L::Float => DataType::Float32,
        L::Double => DataType::Float64,
        L::Decimal { width, scale } => DataType::Decimal128(*width, i8::try_from(*scale).unwrap_or(0)),
        L::Blob | L::Geometry => DataType::Binary,
        L::Date => DataType::Date32,
        L::Time => DataType::Time64(TimeUnit::Microsecond),
        L::TimeNs => DataType::Time64(TimeUnit::Nanosecond),
        L::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        L::TimestampS => DataType::Timestamp(TimeUnit::Second, None),
        L::TimestampMs => DataType::Timestamp(TimeUnit::Millisecond, None),
        L::TimestampNs => DataType::Timestamp(TimeUnit::Nanosecond, None),
        L::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
        L::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
        L::List(element) => DataType::List(Arc::new(field("item", element))),
        L::Array(element, size) => {
            DataType::FixedSizeList(Arc::new(field("item", element)), i32::try_from(*size).unwrap_or(0))
        }
        L::Struct(fields) => DataType::Struct(
            fields
                .iter()
                .enumerate()
                .map(|(index, (name, logical))| field(&named(index, name), logical))
                .collect(),
        ),
        L::Map(key, value) => {
            let key = Field::new("key", data_type(key), false);
            let entries = DataType::Struct([key, field("value", value)].into_iter().collect());
            DataType::Map(Arc::new(Field::new("entries", entries, false)), false)
        }
        L::HugeInt
        | L::UHugeInt
        | L::BigNum
        | L::Varchar
        | L::Json
        | L::Enum(_)
        | L::Bit
        | L::Uuid
        | L::TimeTz
        | L::Union(_)
        | L::Variant
        | L::Unknown
        | L::Other(_) => DataType::Utf8,
    }
}

/// The fields of an unnamed struct are called v1, v2… as DuckDB's `to_json` does.
fn named(index: usize, name: &str) -> String {
    if name.is_empty() { format!("v{}", index + 1) } else { name.to_owned() }
}

/// The rows that are wanted of a vector; none where a value that holds them is NULL.
type Wanted<'w> = &'w [Option<usize>];

fn array(
    vector: Vector<'_>,
    data_type: &DataType,
    rows: Wanted<'_>,
    style: &Style,
) -> Result<ArrayRef, Diagnostic> {
    Ok(match (&vector.logical_type().stored(), data_type) {
        (LogicalType::SqlNull, _) => Arc::new(NullArray::new(rows.len())),
        (LogicalType::Boolean, _) => {
            let values = values::<u8>(vector)?;
            Arc::new(valid(vector, rows).map(|row| Some(*values.get(row?)? != 0)).collect::<BooleanArray>())
        }
        (LogicalType::Decimal { width, .. }, DataType::Decimal128(precision, scale)) => {
            let array = decimals(vector, rows, *width)?.with_precision_and_scale(*precision, *scale);
            Arc::new(array.map_err(refused)?)
        }
        (LogicalType::Interval, _) => Arc::new(intervals(vector, rows)?),
        (LogicalType::Blob | LogicalType::Geometry, _) => {
            let strings = vector.strings().ok_or_else(|| unreadable(vector))?;
            Arc::new(
                valid(vector, rows).map(|row| row.map(|row| strings.bytes(row))).collect::<BinaryArray>(),
            )
        }
        (LogicalType::Varchar | LogicalType::Json, _) => {
            let strings = vector.strings().ok_or_else(|| unreadable(vector))?;
            let text = |row| std::str::from_utf8(strings.bytes(row)).unwrap_or_default();
            Arc::new(valid(vector, rows).map(|row| row.map(text)).collect::<StringArray>())
        }
        (_, DataType::Int8) => primitive::<Int8Type>(vector, rows)?,
        (_, DataType::Int16) => primitive::<Int16Type>(vector, rows)?,
        (_, DataType::Int32) => primitive::<Int32Type>(vector, rows)?,
        (_, DataType::Int64) => primitive::<Int64Type>(vector, rows)?,
        (_, DataType::UInt8) => primitive::<UInt8Type>(vector, rows)?,
        (_, DataType::UInt16) => primitive::<UInt16Type>(vector, rows)?,
        (_, DataType::UInt32) => primitive::<UInt32Type>(vector, rows)?,
        (_, DataType::UInt64) => primitive::<UInt64Type>(vector, rows)?,
        (_, DataType::Float32) => primitive::<Float32Type>(vector, rows)?,
        (_, DataType::Float64) => primitive::<Float64Type>(vector, rows)?,
        (_, DataType::Date32) => primitive::<Date32Type>(vector, rows)?,
        (_, DataType::Time64(TimeUnit::Nanosecond)) => primitive::<Time64NanosecondType>(vector, rows)?,
        (_, DataType::Time64(_)) => primitive::<Time64MicrosecondType>(vector, rows)?,
        (_, DataType::Timestamp(TimeUnit::Second, _)) => primitive::<TimestampSecondType>(vector, rows)?,
        (_, DataType::Timestamp(TimeUnit::Millisecond, _)) => {
            primitive::<TimestampMillisecondType>(vector, rows)?
        }
        (_, DataType::Timestamp(TimeUnit::Nanosecond, _)) => {
            primitive::<TimestampNanosecondType>(vector, rows)?
        }
        (_, DataType::Timestamp(TimeUnit::Microsecond, None)) => {
            primitive::<TimestampMicrosecondType>(vector, rows)?
        }
        (_, DataType::Timestamp(TimeUnit::Microsecond, Some(zone))) => {
            let numbers = numbers::<TimestampMicrosecondType>(vector, rows)?;
            Arc::new(numbers.with_timezone(Arc::clone(zone)))
        }
        (_, DataType::List(field)) => lists(vector, field, rows, style)?,
        (_, DataType::FixedSizeList(field, size)) => fixed_lists(vector, field, *size, rows, style)?,
        (_, DataType::Struct(fields)) => structs(vector, fields, rows, style)?,
        (_, DataType::Map(entries, _)) => maps(vector, entries, rows, style)?,
        _ => texts(vector, rows, style)?,
    })
}

fn unreadable(vector: Vector<'_>) -> Diagnostic {
    EncodeError::Unreadable(vector.logical_type().sql()).into()
}

fn values<T: Fixed>(vector: Vector<'_>) -> Result<&[T], Diagnostic> {
    vector.values::<T>().ok_or_else(|| unreadable(vector))
}

/// The wanted rows, none for those that are NULL.
fn valid<'v>(vector: Vector<'v>, rows: Wanted<'v>) -> impl Iterator<Item = Option<usize>> + 'v {
    let validity = vector.validity();
    rows.iter().map(move |row| row.filter(|row| validity.is_valid(*row)))
}

fn numbers<T: ArrowPrimitiveType>(
    vector: Vector<'_>,
    rows: Wanted<'_>,
) -> Result<PrimitiveArray<T>, Diagnostic>
where
    T::Native: Fixed,
{
    let values = values::<T::Native>(vector)?;
    Ok(valid(vector, rows).map(|row| values.get(row?).copied()).collect())
}

fn primitive<T: ArrowPrimitiveType>(vector: Vector<'_>, rows: Wanted<'_>) -> Result<ArrayRef, Diagnostic>
where
    T::Native: Fixed,
{
    Ok(Arc::new(numbers::<T>(vector, rows)?))
}

fn decimals(
    vector: Vector<'_>,
    rows: Wanted<'_>,
    width: u8,
) -> Result<PrimitiveArray<Decimal128Type>, Diagnostic> {
    fn read<T: Fixed + Into<i128>>(
        vector: Vector<'_>,
        rows: Wanted<'_>,
    ) -> Result<PrimitiveArray<Decimal128Type>, Diagnostic> {
        let values = values::<T>(vector)?;
        Ok(valid(vector, rows).map(|row| values.get(row?).map(|value| (*value).into())).collect())
    }
    match width {
        0..=4 => read::<i16>(vector, rows),
        5..=9 => read::<i32>(vector, rows),
        10..=18 => read::<i64>(vector, rows),
        19.. => read::<i128>(vector, rows),
    }
}

fn intervals(
    vector: Vector<'_>,
    rows: Wanted<'_>,
) -> Result<PrimitiveArray<IntervalMonthDayNanoType>, Diagnostic> {
    let values = values::<engine::Interval>(vector)?;
    let convert = |value: &engine::Interval| {
        let nanos = value.micros.checked_mul(1000).ok_or_else(|| {
            Diagnostic::error(SqlState::DATETIME_FIELD_OVERFLOW, "interval out of range for Arrow")
        });
        nanos.map(|nanos| IntervalMonthDayNano::new(value.months, value.days, nanos))
    };
    let read = valid(vector, rows).map(|row| row.and_then(|row| values.get(row)).map(convert).transpose());
    Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter().collect())
}

/// What Arrow has no type for, as its text.
fn texts(vector: Vector<'_>, rows: Wanted<'_>, style: &Style) -> Result<ArrayRef, Diagnostic> {
    let mut column = Column::new(vector.logical_type(), Format::Text, style);
    let mut texts = Vec::with_capacity(rows.len());
    for row in valid(vector, rows) {
        texts.push(match row {
            Some(row) => {
                column.encode(vector, row..row + 1)?;
                column.fields().value(0).map(|text| String::from_utf8_lossy(text).into_owned())
            }
            None => None,
        });
    }
    Ok(Arc::new(StringArray::from(texts)))
}

fn nulls(vector: Vector<'_>, rows: Wanted<'_>) -> NullBuffer {
    valid(vector, rows).map(|row| row.is_some()).collect()
}

/// Offsets, the rows of the child vector, and that vector.
type Elements<'v> = (OffsetBuffer<i32>, Vec<Option<usize>>, Vector<'v>);

/// Where each list begins and ends, and which rows of the child vector they hold, one after the other.
fn elements<'v>(vector: Vector<'v>, rows: Wanted<'_>) -> Result<Elements<'v>, Diagnostic> {
    let (entries, child) = vector.list().ok_or_else(|| unreadable(vector))?;
    let (mut wanted, mut lengths) = (Vec::new(), Vec::with_capacity(rows.len()));
    let validity = vector.validity();
    for row in rows.iter().map(|row| row.filter(|row| validity.is_valid(*row))) {
        let entry = row.and_then(|row| entries.get(row)).copied().unwrap_or_default();
        let start = usize::try_from(entry.offset).unwrap_or(0);
        let length = usize::try_from(entry.length).unwrap_or(0);
        wanted.extend((start..start + length).map(Some));
        lengths.push(length);
    }
    Ok((OffsetBuffer::from_lengths(lengths), wanted, child))
}

fn lists(
    vector: Vector<'_>,
    field: &Arc<Field>,
    rows: Wanted<'_>,
    style: &Style,
) -> Result<ArrayRef, Diagnostic> {
    let (offsets, wanted, child) = elements(vector, rows)?;
    let items = array(child, field.data_type(), &wanted, style)?;
    let list = ListArray::try_new(Arc::clone(field), offsets, items, Some(nulls(vector, rows)));
    Ok(Arc::new(list.map_err(refused)?))
}

fn fixed_lists(
    vector: Vector<'_>,
    field: &Arc<Field>,
    size: i32,
    rows: Wanted<'_>,
    style: &Style,
) -> Result<ArrayRef, Diagnostic> {
    let (_, child) = vector.array().ok_or_else(|| unreadable(vector))?;
    let count = usize::try_from(size).unwrap_or(0);
    let validity = vector.validity();
    let wanted: Vec<_> = rows
        .iter()
        .map(|row| row.filter(|row| validity.is_valid(*row)))
        .flat_map(|row| (0..count).map(move |index| row.map(|row| row * count + index)))
        .collect();
    let items = array(child, field.data_type(), &wanted, style)?;
    let list = FixedSizeListArray::try_new(Arc::clone(field), size, items, Some(nulls(vector, rows)));
    Ok(Arc::new(list.map_err(refused)?))
}

fn structs(
    vector: Vector<'_>,
    fields: &Fields,
    rows: Wanted<'_>,
    style: &Style,
) -> Result<ArrayRef, Diagnostic> {
    let wanted: Vec<_> = valid(vector, rows).collect();
    let children = vector.fields().into_iter().zip(fields);
    let children = children.map(|(child, field)| array(child, field.data_type(), &wanted, style));
    let children = children.collect::<Result<Vec<_>, _>>()?;
    let array = StructArray::try_new(fields.clone(), children, Some(nulls(vector, rows)));
    Ok(Arc::new(array.map_err(refused)?))
}

fn maps(
    vector: Vector<'_>,
    entries: &Arc<Field>,
    rows: Wanted<'_>,
    style: &Style,
) -> Result<ArrayRef, Diagnostic> {
    let (offsets, wanted, child) = elements(vector, rows)?;
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(unreadable(vector));
    };
    let parts = child.fields().into_iter().zip(fields);
    let parts = parts.map(|(part, field)| array(part, field.data_type(), &wanted, style));
    let items = StructArray::try_new(fields.clone(), parts.collect::<Result<Vec<_>, _>>()?, None);
    let items = items.map_err(refused)?;
    debug_assert_eq!(items.len(), wanted.len());
    let map = MapArray::try_new(Arc::clone(entries), offsets, items, Some(nulls(vector, rows)), false);
    Ok(Arc::new(map.map_err(refused)?))
}
