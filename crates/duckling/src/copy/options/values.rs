//! The values of single options.

use wire::Diagnostic;

use super::{
    Columns, CopyDirection, CopyFormat, CopyOption, CopyValue, Header, OptionError, at, invalid, syntax,
    unsupported,
};

/// `defGetString`
pub(super) fn text(name: &str, value: &CopyValue) -> Result<String, Diagnostic> {
    match value {
        CopyValue::None => Err(syntax(format!("{name} requires a parameter"))),
        CopyValue::Text(text) => Ok(text.clone()),
        CopyValue::Star => Ok("*".to_owned()),
        CopyValue::List(words) => Ok(words.join(", ")),
    }
}

/// In any case, as DuckDB's users write it.
pub(super) fn read_format(option: &CopyOption) -> Result<CopyFormat, OptionError> {
    let name = text("format", &option.value)?;
    match name.to_ascii_lowercase().as_str() {
        "text" => Ok(CopyFormat::Text),
        "csv" => Ok(CopyFormat::Csv),
        "binary" => Ok(CopyFormat::Binary),
        "parquet" => Ok(CopyFormat::Parquet),
        "arrow" | "arrows" => Ok(CopyFormat::Arrow),
        _ => Err(at(invalid(format!("COPY format \"{name}\" not recognized")), option)),
    }
}

pub(super) fn one_byte(value: Option<&str>, name: &str, default: u8) -> Result<u8, Diagnostic> {
    match value.map(str::as_bytes) {
        None => Ok(default),
        Some([byte]) if byte.is_ascii() => Ok(*byte),
        // How DuckDB's users write a tab.
        Some(b"\\t") if name == "delimiter" => Ok(b'\t'),
        Some([..]) => Err(unsupported(format!("COPY {name} must be a single one-byte character"))),
    }
}

/// `defGetBoolean`
pub(super) fn read_boolean(name: &str, value: &CopyValue) -> Result<bool, OptionError> {
    let wrong = || syntax(format!("{name} requires a Boolean value")).into();
    match value {
        CopyValue::None => Ok(true),
        CopyValue::Text(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "on" | "1" => Ok(true),
            "false" | "off" | "0" => Ok(false),
            _ => Err(wrong()),
        },
        CopyValue::Star | CopyValue::List(_) => Err(wrong()),
    }
}

pub(super) fn read_header(value: &CopyValue, direction: CopyDirection) -> Result<Header, OptionError> {
    if let CopyValue::Text(text) = value
        && text.eq_ignore_ascii_case("match")
    {
        if direction == CopyDirection::Out {
            return Err(unsupported("cannot use \"match\" with HEADER in COPY TO").into());
        }
        return Ok(Header::Match);
    }
    match read_boolean("header", value) {
        Ok(true) => Ok(Header::Yes),
        Ok(false) => Ok(Header::No),
        Err(_) => Err(syntax("header requires a Boolean value or \"match\"").into()),
    }
}

/// `*` for every one of them, as PostgreSQL 17 has it.
pub(super) fn read_columns(option: &CopyOption) -> Result<Columns, OptionError> {
    match &option.value {
        CopyValue::Star => Ok(Columns::All),
        CopyValue::List(names) => Ok(Columns::Named(names.clone())),
        CopyValue::None | CopyValue::Text(_) => {
            let message = format!("argument to option \"{}\" must be a list of column names", option.name);
            Err(at(invalid(message), option))
        }
    }
}

/// PostgreSQL's names for encodings, without what only separates words; those that are not spoken here.
const OTHER_ENCODINGS: [&str; 40] = [
    "eucjp",
    "euccn",
    "euckr",
    "euctw",
    "eucjis2004",
    "latin1",
    "latin2",
    "latin3",
    "latin4",
    "latin5",
    "latin6",
    "latin7",
    "latin8",
    "latin9",
    "latin10",
    "iso88591",
    "iso885915",
    "iso88595",
    "iso88596",
    "iso88597",
    "iso88598",
    "koi8r",
    "koi8u",
    "muleinternal",
    "win866",
    "win874",
    "win1250",
    "win1251",
    "windows1252",
    "win1252",
    "win1253",
    "win1254",
    "win1255",
    "win1256",
    "win1257",
    "win1258",
    "sjis",
    "big5",
    "gbk",
    "gb18030",
];

/// Only UTF-8 is spoken; `SQL_ASCII` means bytes as they are, which have to be UTF-8 here.
pub(super) fn read_encoding(option: &CopyOption) -> Result<(), OptionError> {
    let name = text("encoding", &option.value)?;
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if ["utf8", "unicode", "sqlascii"].contains(&plain.as_str()) {
        return Ok(());
    }
    if OTHER_ENCODINGS.contains(&plain.as_str()) {
        let error = unsupported(format!("COPY encoding \"{name}\" is not supported"));
        return Err(at(error.with_hint("Convert the data to UTF-8."), option));
    }
    Err(at(invalid("argument to option \"encoding\" must be a valid encoding name"), option))
}
