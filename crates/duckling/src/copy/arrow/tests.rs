//! Streams that mean harm: what is not DuckDB's to store, and much said in a few bytes.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BinaryViewArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeListArray,
    Int64Array, ListArray, NullArray, RecordBatch, StringArray, Time32SecondArray, Time64MicrosecondArray,
    Time64NanosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampSecondArray,
    builder::StringViewBuilder, types::Int32Type,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field};
use engine::LogicalType;
use wire::Diagnostic;

use super::ArrowIn;
use crate::encode::tests::Database;

const LIMIT: usize = 1 << 20;

fn array(array: impl Array + 'static) -> ArrayRef {
    Arc::new(array)
}

fn stream(array: ArrayRef) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable([("v", array, true)]).unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// How many rows and chunks a stream is read as.
fn read(data: &[u8], limit: usize) -> Result<(u64, usize), Diagnostic> {
    let mut reader = ArrowIn::new("t", 1, limit);
    let mut chunks = 0;
    reader.push(data, |_, _| {
        chunks += 1;
        Ok(())
    })?;
    reader.finish().map(|rows| (rows, chunks))
}

fn code(array: impl Array + 'static) -> String {
    match read(&stream(Arc::new(array)), LIMIT) {
        Ok(_) => "stored".to_owned(),
        Err(error) => error.code.as_str().to_owned(),
    }
}

/// The same in a list, which is read value by value.
fn code_in_list(array: impl Array + 'static) -> String {
    let field = Arc::new(Field::new("item", array.data_type().clone(), true));
    code(FixedSizeListArray::new(field, i32::try_from(array.len()).unwrap(), Arc::new(array), None))
}

#[test]
fn times_and_decimals_out_of_range_are_refused() {
    macro_rules! case {
        ($kind:ident, $values:expr, $code:literal) => {
            for value in $values {
                assert_eq!(code($kind::from(vec![Some(value), None])), $code, "{value}");
                assert_eq!(code_in_list($kind::from(vec![Some(value), None])), $code, "{value} in a list");
            }
        };
    }
    case!(Time64MicrosecondArray, [0, 86_400_000_000], "stored");
    case!(Time64MicrosecondArray, [-1, 86_400_000_001, 1 << 62, i64::MAX, i64::MIN], "22008");
    case!(Time64NanosecondArray, [0, 86_400_000_000_000], "stored");
    case!(Time64NanosecondArray, [-1, 86_400_000_000_001, i64::MAX], "22008");
    case!(Time32SecondArray, [0, 86_400], "stored");
    case!(Time32SecondArray, [-1, 86_401, i32::MAX], "22008");
    case!(Date32Array, [-i32::MAX, 0, i32::MAX], "stored");
    case!(Date32Array, [i32::MIN], "22008");
    case!(TimestampMicrosecondArray, [-i64::MAX, -9_223_372_022_400_000_000, i64::MAX], "stored");
    case!(TimestampMicrosecondArray, [i64::MIN, -9_223_372_022_400_000_001], "22008");
    case!(TimestampMillisecondArray, [i64::MAX, 9_223_372_036_854_775], "stored");
    case!(TimestampMillisecondArray, [9_223_372_036_854_776, -9_223_372_022_400_001], "22008");
    case!(TimestampSecondArray, [i64::MAX, 9_223_372_036_854], "stored");
    case!(TimestampSecondArray, [9_223_372_036_855, i64::MIN], "22008");
    let decimal = |value: i128, precision: u8| {
        Decimal128Array::from(vec![Some(value), None]).with_precision_and_scale(precision, 1).unwrap()
    };
    for (value, precision, expected) in [
        (9999, 4, "stored"),
        (-9999, 4, "stored"),
        (10_000, 4, "22003"),
        (100_000, 4, "22003"),
        (-1_000_000_000, 9, "22003"),
        (i128::MAX, 18, "22003"),
        (i128::MIN, 38, "22003"),
    ] {
        assert_eq!(code(decimal(value, precision)), expected, "{value} of {precision} digits");
        assert_eq!(code_in_list(decimal(value, precision)), expected, "{value} in a list");
    }
}

/// What is stored can be read: these are DuckDB's bounds, not ours.
#[test]
fn the_bounds_are_those_of_duckdb() {
    let database = Database::open();
    for (array, logical) in [
        (array(Time64MicrosecondArray::from(vec![0, 86_400_000_000])), LogicalType::Time),
        (array(Time64NanosecondArray::from(vec![0, 86_400_000_000_000])), LogicalType::TimeNs),
        (array(Date32Array::from(vec![-i32::MAX, -i32::MAX + 1, i32::MAX - 1])), LogicalType::Date),
        (
            array(TimestampMicrosecondArray::from(vec![-i64::MAX, -9_223_372_022_400_000_000, i64::MAX - 1])),
            LogicalType::Timestamp,
        ),
        (
            array(TimestampMillisecondArray::from(vec![-9_223_372_022_400_000, 9_223_372_036_854_775])),
            LogicalType::TimestampMs,
        ),
        (
            array(TimestampSecondArray::from(vec![-9_223_372_022_400, 9_223_372_036_854])),
            LogicalType::TimestampS,
        ),
    ] {
        let table = format!("CREATE OR REPLACE TABLE t (v {})", logical.sql());
        database.connection().execute(&table).unwrap();
        let insert = "INSERT INTO t SELECT * FROM appended_data";
        let mut appender = database.connection().appender(insert, &[("v", logical)]).unwrap();
        let mut reader = ArrowIn::new("t", 1, LIMIT);
        reader
            .push(&stream(array), |_, chunk| {
                appender.append(chunk).unwrap();
                Ok(())
            })
            .unwrap();
        appender.close().unwrap();
        let (_, chunks) = database.query("SELECT v::VARCHAR FROM t WHERE v::VARCHAR IS NOT NULL");
        let stored: usize = chunks.iter().map(engine::Chunk::len).sum();
        assert_eq!(u64::try_from(stored).unwrap(), reader.finish().unwrap());
    }
}

#[test]
fn much_said_in_a_few_bytes_is_refused() {
    let too_much = |array: ArrayRef| {
        let data = stream(array);
        assert!(data.len() < LIMIT / 8, "the stream is short itself: {}", data.len());
        let error = read(&data, LIMIT).unwrap_err();
        assert_eq!(error.code.as_str(), "54000", "{error:?}");
        assert!(error.hint.is_some());
    };
    too_much(Arc::new(NullArray::new(3_000_000)));
    let nulls = |count: usize| {
        let field = Arc::new(Field::new("item", DataType::Null, true));
        let size = i32::try_from(count).unwrap();
        array(FixedSizeListArray::new(field, size, Arc::new(NullArray::new(count)), None))
    };
    too_much(nulls(3_000_000));
    let field = Arc::new(Field::new("item", nulls(1000).data_type().clone(), true));
    let rows = vec![Some(vec![None::<i32>])];
    assert_eq!(code(ListArray::from_iter_primitive::<Int32Type, _, _>(rows)), "stored");
    let inner = FixedSizeListArray::new(
        Arc::new(Field::new("item", DataType::Null, true)),
        1_000_000,
        Arc::new(NullArray::new(3_000_000)),
        None,
    );
    too_much(Arc::new(FixedSizeListArray::new(
        Arc::new(field.as_ref().clone().with_data_type(inner.data_type().clone())),
        3,
        Arc::new(inner),
        None,
    )));
    // One text, said often.
    let long = "x".repeat(10_000);
    let keys = arrow_array::Int8Array::from(vec![0; 1000]);
    too_much(Arc::new(DictionaryArray::new(keys, Arc::new(StringArray::from(vec![long.as_str()])))));
    let mut views = StringViewBuilder::new().with_deduplicate_strings();
    (0..1000).for_each(|_| views.append_value(&long));
    too_much(Arc::new(views.finish()));
    // As many as there may be, but in one row.
    let error = read(&stream(nulls(3_000_000)), usize::MAX).unwrap_err();
    assert_eq!(error.message, "row of an Arrow stream exceeds the limit of 1048576 values");
    // Rows of many values are handed over a few at a time.
    let lists = FixedSizeListArray::new(
        Arc::new(Field::new("item", DataType::Null, true)),
        400_000,
        Arc::new(NullArray::new(4_000_000)),
        None,
    );
    assert_eq!(read(&stream(Arc::new(lists)), usize::MAX).unwrap(), (10, 5));
    // What has no bytes cannot be said by a dictionary.
    let keys = arrow_array::Int8Array::from(vec![0]);
    let dictionary = DictionaryArray::try_new(keys, Arc::new(NullArray::new(1)));
    assert_eq!(dictionary.map_or("0A000".to_owned(), code), "0A000");
}

/// Once all keys were looked at again for every row.
#[test]
fn dictionaries_of_many_keys_take_no_longer_than_others() {
    let count = 300_000;
    let words: StringArray = (0..count).map(|number| Some(number.to_string())).collect();
    let keys: Int64Array = (0..count).map(Some).collect();
    let data = stream(Arc::new(DictionaryArray::new(keys, Arc::new(words))));
    let begun = std::time::Instant::now();
    assert_eq!(read(&data, 1 << 30).unwrap().0, 300_000);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

/// Long values are cut into batches, and those that are too long refused.
#[test]
fn batches_on_the_way_out_are_bounded() {
    use crate::copy::{CopyDirection, CopyOut, tests::options};
    let database = Database::open();
    for (value, expected) in [
        ("repeat('x', 1000000)", "54000"),
        ("repeat('x', 100000 + r::INT)", "7"),
        ("[repeat('x', 100000), r::VARCHAR]", "7"),
        ("{'a': [[repeat('x', 100000)]], 'b': r}", "7"),
        ("r", "1"),
        ("NULL::VARCHAR", "1"),
    ] {
        let (types, chunks) = database.query(&format!("SELECT {value} AS v FROM range(500) t(r)"));
        let columns = [("v".to_owned(), types[0].clone())];
        let options = options(&[("format", "arrow")], CopyDirection::Out);
        let mut writer = CopyOut::new(&options, &columns, &crate::encode::Style::default(), 500_000).unwrap();
        let (mut batches, mut rows) = (0, 0);
        let encoded: Result<(), Diagnostic> = chunks.iter().try_for_each(|chunk| {
            let mut next = 0;
            while next < chunk.len() {
                let mut out = Vec::new();
                next += writer.encode(chunk, next..chunk.len(), usize::MAX, &mut out)?;
                assert!(out.len() < 10 << 20, "{value}: {}", out.len());
                batches += 1;
            }
            rows += next;
            Ok(())
        });
        match encoded {
            Ok(()) => assert_eq!((batches.to_string().as_str(), rows), (expected, 500), "{value}"),
            Err(error) => assert_eq!(error.code.as_str(), expected, "{value}"),
        }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

/// Written by pyarrow 64 numbers, of which the declared length is then made as long as can be.
#[test]
fn compressed_streams_are_refused_before_anything_is_made_of_them() {
    for data in [LZ4, ZSTD] {
        let honest = unhex(data);
        let declared = honest.windows(8).rposition(|bytes| bytes == 512u64.to_le_bytes()).unwrap();
        for length in [512, 1 << 40, u64::MAX >> 1] {
            let mut data = honest.clone();
            data[declared..declared + 8].copy_from_slice(&u64::to_le_bytes(length));
            let error = read(&data, LIMIT).unwrap_err();
            assert_eq!(error.code.as_str(), "0A000", "{error:?}");
            assert!(error.hint.is_some());
        }
    }
}

#[test]
fn broken_streams_are_errors() {
    let texts = StringArray::from(vec![Some("ä text of more than twelve bytes"), None, Some("x")]);
    let data = stream(Arc::new(texts));
    assert_eq!(read(&data, LIMIT).unwrap(), (3, 1));
    // Cut at every byte: an error, or what came before, but nothing else.
    for end in 0..data.len() {
        match read(&data[..end], LIMIT) {
            Ok((rows, _)) => assert!(rows == 0 || rows == 3),
            Err(error) => assert_eq!(error.code.as_str(), "22P04", "cut at {end}"),
        }
    }
    // Every byte turned around: whatever it is, it ends in rows or an error.
    for at in 0..data.len() {
        let mut data = data.clone();
        data[at] = !data[at];
        if let Err(error) = read(&data, LIMIT) {
            assert!(["22P04", "54000", "0A000", "22021"].contains(&error.code.as_str()), "{at}: {error:?}");
        }
    }
    let at = data.windows(2).rposition(|bytes| bytes == "ä".as_bytes()).unwrap();
    let mut data = data;
    data[at] = 0xff;
    assert_eq!(read(&data, LIMIT).unwrap_err().code.as_str(), "22P04", "not UTF-8");
    assert_eq!(code(BinaryViewArray::from(vec![b"\xff".as_slice()])), "stored", "bytes are bytes");
}

const LZ4: &str = "ffffffff780000001000000000000a000c000600050008000a000000000104000c000000080008000000040008000000\
    040000000100000014000000100014000800060007000c00000010001000000000000102100000001c00000004000000\
    00000000010000007600000008000c0008000700080000000000000140000000ffffffff980000001400000000000000\
    0c0018000600050008000c000c000000000304001c0000002001000000000000000000000c001c001000040008000c00\
    0c000000480000001c000000140000004000000000000000000000000400040004000000020000000000000000000000\
    000000000000000000000000000000001c01000000000000000000000100000040000000000000000000000000000000\
    000200000000000004224d18604082050100001300010013010800130208001303080013040800130508001306080013\
    0708001308080013090800130a0800130b0800130c0800130d0800130e0800130f080013100800131108001312080013\
    130800131408001315080013160800131708001318080013190800131a0800131b0800131c0800131d0800131e080013\
    1f080013200800132108001322080013230800132408001325080013260800132708001328080013290800132a080013\
    2b0800132c0800132d0800132e0800132f08001330080013310800133208001333080013340800133508001336080013\
    3708001338080013390800133a0800133b0800133c0800133d0800133e0800803f000000000000000000000000000000\
    ffffffff00000000";

const ZSTD: &str = "ffffffff780000001000000000000a000c000600050008000a000000000104000c000000080008000000040008000000\
    040000000100000014000000100014000800060007000c00000010001000000000000102100000001c00000004000000\
    00000000010000007600000008000c0008000700080000000000000140000000ffffffffa00000001400000000000000\
    0c0018000600050008000c000c000000000304001c0000006800000000000000000000000c001e001000040008000c00\
    0c0000005000000024000000180000004000000000000000000000000000060008000700060000000000000102000000\
    000000000000000000000000000000000000000000000000640000000000000000000000010000004000000000000000\
    0000000000000000000200000000000028b52ffd6000019502006248120810f86c061fab4c01ff5ede5ddd5cdc5bdb5a\
    da59d958d857d756d655d554d453d352d251d150d04fcf4ece4dcd4ccc4bcb4aca49c948c847c746c645c544c443c342\
    c241c140c0ef3f540200030100000000ffffffff00000000";
