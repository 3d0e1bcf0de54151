//! COPY FROM STDIN: any data with any options comes to the same rows or the same error however it is cut.

use engine::LogicalType;
use wire::Diagnostic;

use super::{Source, bind};
use crate::{
    copy::{CopyColumn, CopyDirection, CopyIn, CopyOption, CopyOptions, CopyTarget, CopyValue},
    decode::logical_to_oid,
};

/// What is loaded may not be longer than this in one row.
const MAX_VALUE_BYTES: usize = 1 << 16;

/// Beside the texts of values: what divides and escapes them.
#[rustfmt::skip]
const FRAGMENTS: &[&str] = &[
    "\t", "\t", ",", ",", ";", "|", "\n", "\n", "\n", "\r\n", "\r", "\\n", "\\r", "\\N", "\\.", "\\.\n", "\\.\r\n", "\\\\", "\\t",
    "\\x41", "\\x", "\\101", "\\777", "\\\n", "\\", "\"", "\"", "\"\"", "\"a\"", "'", "''", "NULL", "a", "b", "1", "2", "",
    "\u{0}", "ü", "\\,",
];

/// The text format.
pub fn copy_text(data: &[u8]) {
    copy(&mut Source::new(data), "text");
}

/// The csv format.
pub fn copy_csv(data: &[u8]) {
    copy(&mut Source::new(data), "csv");
}

/// The binary format.
pub fn copy_binary(data: &[u8]) {
    let source = &mut Source::new(data);
    let columns = columns(source);
    let Ok(options) = CopyOptions::read(&[option("format", "binary")], CopyDirection::In) else {
        return;
    };
    let mut bytes = b"PGCOPY\n\xff\r\n\0".to_vec();
    bytes.extend([0; 4]);
    let extension = source.bytes(5);
    bytes.extend(u32::try_from(extension.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(extension);
    for _ in 0..source.below(6) {
        bytes.extend(u16::try_from(columns.len()).unwrap().to_be_bytes());
        for (_, logical) in &columns {
            if source.below(5) == 4 {
                bytes.extend((-1i32).to_be_bytes());
                continue;
            }
            let value = bind::binary(source, logical_to_oid(logical));
            bytes.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
            bytes.extend(value);
        }
    }
    bytes.extend((-1i16).to_be_bytes());
    if source.flag() {
        source.damage(&mut bytes);
    }
    check_cuts(source, &options, &columns, &bytes);
}

fn columns(source: &mut Source<'_>) -> Vec<(String, LogicalType)> {
    let all = bind::targets();
    (0..=source.below(4)).map(|index| (format!("c{index}"), source.pick(&all).clone())).collect()
}

/// However the data is cut, it comes to the same.
fn check_cuts(
    source: &mut Source<'_>,
    options: &CopyOptions,
    columns: &[(String, LogicalType)],
    bytes: &[u8],
) {
    let style = bind::style(source);
    let column = |(name, logical): &(String, LogicalType)| CopyColumn {
        name: name.clone(),
        logical: logical.clone(),
        has_default: false,
    };
    let columns_in = columns.iter().map(column).collect();
    let target = CopyTarget { table: "t".to_owned(), columns: columns_in, ..CopyTarget::default() };
    let open = || CopyIn::new(options, &target, &style, MAX_VALUE_BYTES);
    let (Ok(mut whole), Ok(mut cut)) = (open(), open()) else {
        return;
    };
    let outcome = load(&mut whole, &[bytes]);
    assert_eq!(load(&mut cut, &source.pieces(bytes)), outcome, "{options:?}, {columns:?}, {bytes:?}");
    if let Err(error) = &outcome {
        let code = error.code.as_str();
        assert!(code.starts_with("22") || ["08P01", "54000", "0A000", "42804"].contains(&code), "{error:?}");
    }
}

fn copy(source: &mut Source<'_>, format: &str) {
    let columns = columns(source);
    let pairs = pairs(source, format);
    let _ = CopyOptions::read(&pairs, CopyDirection::Out);
    let Ok(options) = CopyOptions::read(&pairs, CopyDirection::In) else {
        return;
    };
    let mut bytes = if source.flag() { b"c0\tc1\n".to_vec() } else { Vec::new() };
    if source.below(8) == 0 {
        bytes.extend_from_slice(source.bytes(400));
    }
    for _ in 0..12 {
        if source.flag() {
            bytes.extend(source.fragments(FRAGMENTS, 6));
        } else {
            bytes.extend(source.fragments(bind::FRAGMENTS, 3));
        }
    }
    source.damage(&mut bytes);
    check_cuts(source, &options, &columns, &bytes);
}

fn load(reader: &mut CopyIn, pieces: &[&[u8]]) -> Result<u64, Diagnostic> {
    let mut take = |_: &engine::ChunkBuilder| Ok(());
    for piece in pieces {
        reader.push(piece, &mut take)?;
    }
    reader.finish(&mut take)
}

fn option(name: &str, value: &str) -> CopyOption {
    let value = match value {
        "*" => CopyValue::Star,
        _ if name.starts_with("force") => CopyValue::List(vec![value.to_owned()]),
        _ => CopyValue::Text(value.to_owned()),
    };
    CopyOption { name: name.to_owned(), value, offset: 0 }
}

/// Options that mostly go together.
fn pairs(source: &mut Source<'_>, format: &str) -> Vec<CopyOption> {
    let mut pairs = vec![option("format", format)];
    let mut add = |name: &str, value: &str| pairs.push(option(name, value));
    if source.below(3) == 0 {
        add("delimiter", source.word(&[",", "\t", ";", "|", "a", "\\", "ü", "1"]));
    }
    if source.below(3) == 0 {
        add("null", source.word(&["", "\\N", "NULL", "a", ",", "ü"]));
    }
    if source.below(3) == 0 {
        add("header", source.word(&["true", "match", "off", "x"]));
    }
    if source.below(8) == 0 {
        add("encoding", source.word(&["UTF8", "utf-8", "LATIN1"]));
    }
    if format == "csv" {
        if source.below(4) == 0 {
            add("quote", source.word(&["\"", "'", "a", "\\", ","]));
        }
        if source.below(4) == 0 {
            add("escape", source.word(&["\"", "\\", "'", "b"]));
        }
        for name in ["force_not_null", "force_null"] {
            if source.below(6) == 0 {
                add(name, source.word(&["*", "c0", "c1", "x"]));
            }
        }
    }
    pairs
}
