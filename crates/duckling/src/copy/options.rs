//! The options of a COPY statement (`ProcessCopyOptions`), old and new names, DuckDB's too.

mod values;

use wire::{Diagnostic, SqlState, frontend::Format};

use self::values::{one_byte, read_boolean, read_columns, read_encoding, read_format, read_header, text};

/// Which way the data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyDirection {
    /// FROM STDIN.
    In,
    /// TO STDOUT.
    Out,
}

/// FORMAT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CopyFormat {
    /// Tab-separated, with backslashes.
    #[default]
    Text,
    /// Comma-separated, with quotes.
    Csv,
    /// PostgreSQL's binary format.
    Binary,
    /// A Parquet file.
    Parquet,
    /// An Arrow IPC stream.
    Arrow,
}

impl CopyFormat {
    /// The format of the columns, as the response to COPY says it.
    #[must_use]
    pub(crate) fn columns(self) -> Format {
        match self {
            Self::Text | Self::Csv => Format::Text,
            Self::Binary | Self::Parquet | Self::Arrow => Format::Binary,
        }
    }

    /// Its name in messages about what it cannot have.
    fn mode(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Csv => "CSV",
            Self::Binary => "BINARY",
            Self::Parquet => "PARQUET",
            Self::Arrow => "ARROW",
        }
    }
}

/// One option as the statement gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopyOption {
    /// Its name; words in lower case.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: CopyValue,
    /// Where it begins in the statement, in bytes.
    pub(crate) offset: usize,
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CopyValue {
    /// Only the name was given.
    None,
    /// A word, string or number.
    Text(String),
    /// `*`
    Star,
    /// Words or strings in parentheses.
    List(Vec<String>),
}

/// What is wrong with the options, and with which of them, by its offset.
#[derive(Debug)]
pub(crate) struct OptionError {
    /// PostgreSQL's words and code.
    pub(crate) diagnostic: Box<Diagnostic>,
    /// Where the option begins in the statement, where PostgreSQL says so.
    pub(crate) offset: Option<usize>,
}

impl From<Diagnostic> for OptionError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostic: Box::new(diagnostic), offset: None }
    }
}

/// HEADER.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Header {
    /// No header line.
    #[default]
    No,
    /// A line with the columns' names, which is written or skipped.
    Yes,
    /// The same, and it must name the columns as they are.
    Match,
}

/// Which columns an option is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Columns {
    /// None.
    #[default]
    None,
    /// `*`
    All,
    /// These.
    Named(Vec<String>),
}

impl Columns {
    /// The names, where some are given.
    pub(crate) fn named(&self) -> &[String] {
        match self {
            Self::None | Self::All => &[],
            Self::Named(names) => names,
        }
    }

    /// Whether it is about a column of the list; a name that no column has is an error.
    ///
    /// # Errors
    /// 42703.
    pub(super) fn flags<'n>(
        &self,
        option: &str,
        names: impl Iterator<Item = &'n str> + Clone,
    ) -> Result<Vec<bool>, Diagnostic> {
        match self {
            Self::None => Ok(names.map(|_| false).collect()),
            Self::All => Ok(names.map(|_| true).collect()),
            Self::Named(wanted) => {
                if let Some(unknown) = wanted.iter().find(|name| !names.clone().any(|known| known == *name)) {
                    let message = format!("{option} column \"{unknown}\" not referenced by COPY");
                    return Err(Diagnostic::error(SqlState::INVALID_COLUMN_REFERENCE, message));
                }
                Ok(names.map(|name| wanted.iter().any(|wanted| wanted == name)).collect())
            }
        }
    }
}

/// The options of a COPY statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopyOptions {
    /// FORMAT.
    pub(crate) format: CopyFormat,
    /// DELIMITER.
    pub(crate) delimiter: u8,
    /// NULL.
    pub(crate) null: String,
    /// DEFAULT.
    pub(crate) default: Option<String>,
    /// HEADER.
    pub(crate) header: Header,
    /// QUOTE.
    pub(crate) quote: u8,
    /// ESCAPE.
    pub(crate) escape: u8,
    /// `FORCE_QUOTE`
    pub(crate) force_quote: Columns,
    /// `FORCE_NOT_NULL`
    pub(crate) force_not_null: Columns,
    /// `FORCE_NULL`
    pub(crate) force_null: Columns,
    /// What DuckDB's own writer of the format is told, names with values.
    pub(crate) writer: Vec<(String, String)>,
}

/// DuckDB's options of Parquet files that are handed on.
const PARQUET_OPTIONS: [&str; 8] = [
    "compression",
    "codec",
    "compression_level",
    "row_group_size",
    "chunk_size",
    "row_group_size_bytes",
    "parquet_version",
    "dictionary_size_limit",
];

/// The options as they were given, each at most once.
#[derive(Default)]
struct Given {
    format: Option<CopyFormat>,
    delimiter: Option<String>,
    null: Option<String>,
    default: Option<String>,
    header: Option<Header>,
    quote: Option<String>,
    escape: Option<String>,
    force_quote: Option<Columns>,
    force_not_null: Option<Columns>,
    force_null: Option<Columns>,
    encoding: Option<()>,
    freeze: Option<bool>,
    writer: Vec<(String, String)>,
}

fn syntax(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(SqlState::SYNTAX_ERROR, message)
}

fn unsupported(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message)
}

fn invalid(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// The name that an option has in PostgreSQL.
fn canonical(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "delim" | "sep" => "delimiter".to_owned(),
        "nullstr" => "null".to_owned(),
        _ => lower,
    }
}

fn set<T>(
    slot: &mut Option<T>,
    value: Result<T, OptionError>,
    option: &CopyOption,
) -> Result<(), OptionError> {
    if slot.is_some() {
        return Err(at(syntax("conflicting or redundant options"), option));
    }
    *slot = Some(value?);
    Ok(())
}

fn at(diagnostic: Diagnostic, option: &CopyOption) -> OptionError {
    OptionError { diagnostic: Box::new(diagnostic), offset: Some(option.offset) }
}

impl Given {
    fn gather(options: &[CopyOption], direction: CopyDirection) -> Result<Self, OptionError> {
        let mut given = Self::default();
        for option in options {
            let name = canonical(&option.name);
            let text = || text(&name, &option.value).map_err(OptionError::from);
            match name.as_str() {
                "format" => set(&mut given.format, read_format(option), option)?,
                "delimiter" => set(&mut given.delimiter, text(), option)?,
                "null" => set(&mut given.null, text(), option)?,
                "default" => set(&mut given.default, text(), option)?,
                "header" => set(&mut given.header, read_header(&option.value, direction), option)?,
                "quote" => set(&mut given.quote, text(), option)?,
                "escape" => set(&mut given.escape, text(), option)?,
                "force_quote" => set(&mut given.force_quote, read_columns(option), option)?,
                "force_not_null" => set(&mut given.force_not_null, read_columns(option), option)?,
                "force_null" => set(&mut given.force_null, read_columns(option), option)?,
                "encoding" => set(&mut given.encoding, read_encoding(option), option)?,
                "freeze" => set(&mut given.freeze, read_boolean("freeze", &option.value), option)?,
                other if PARQUET_OPTIONS.contains(&other) => {
                    if given.writer.iter().any(|(known, _)| known == other) {
                        return Err(at(syntax("conflicting or redundant options"), option));
                    }
                    given.writer.push((name.clone(), text()?));
                }
                _ => return Err(at(syntax(format!("option \"{}\" not recognized", option.name)), option)),
            }
        }
        Ok(given)
    }

    /// What is said of formats that have neither delimiters nor quotes.
    fn check_whole_files(&self, format: CopyFormat) -> Result<(), Diagnostic> {
        let mode = format.mode();
        let texts = [(&self.delimiter, "DELIMITER"), (&self.null, "NULL"), (&self.default, "DEFAULT")];
        if let Some((_, name)) = texts.iter().find(|(value, _)| value.is_some()) {
            return Err(syntax(format!("cannot specify {name} in {mode} mode")));
        }
        if self.header.is_some_and(|header| header != Header::No) {
            return Err(unsupported(format!("cannot specify HEADER in {mode} mode")));
        }
        Ok(())
    }

    fn check_csv_only(&self, format: CopyFormat, direction: CopyDirection) -> Result<(), Diagnostic> {
        let csv = format == CopyFormat::Csv;
        let only_csv = [
            (self.quote.is_some(), "quote"),
            (self.escape.is_some(), "escape"),
            (self.force_quote.is_some(), "force quote"),
            (self.force_not_null.is_some(), "force not null"),
            (self.force_null.is_some(), "force null"),
        ];
        let one_way = [
            (self.force_quote.is_some(), "force quote", CopyDirection::Out, "TO"),
            (self.force_not_null.is_some(), "force not null", CopyDirection::In, "FROM"),
            (self.force_null.is_some(), "force null", CopyDirection::In, "FROM"),
        ];
        if let Some((_, name)) = only_csv.iter().find(|(given, _)| *given && !csv) {
            return Err(unsupported(format!("COPY {name} available only in CSV mode")));
        }
        for (given, name, way, word) in one_way {
            if given && way != direction {
                return Err(unsupported(format!("COPY {name} only available using COPY {word}")));
            }
        }
        Ok(())
    }
}

impl CopyOptions {
    /// Reads the options as the statement gave them.
    ///
    /// # Errors
    /// PostgreSQL's: 42601, 22023, 0A000.
    pub(crate) fn read(options: &[CopyOption], direction: CopyDirection) -> Result<Self, OptionError> {
        let given = Given::gather(options, direction)?;
        let format = given.format.unwrap_or_default();
        let csv = format == CopyFormat::Csv;
        match format {
            CopyFormat::Text | CopyFormat::Csv => {}
            CopyFormat::Binary | CopyFormat::Parquet | CopyFormat::Arrow => {
                given.check_whole_files(format)?;
            }
        }
        if let Some((name, _)) = given.writer.first()
            && (format != CopyFormat::Parquet || direction == CopyDirection::In)
        {
            let message =
                format!("COPY {} only available using COPY TO in PARQUET mode", name.replace('_', " "));
            return Err(unsupported(message).into());
        }
        let delimiter = one_byte(given.delimiter.as_deref(), "delimiter", if csv { b',' } else { b'\t' })?;
        let null = given.null.clone().unwrap_or_else(|| if csv { "" } else { "\\N" }.to_owned());
        check_delimiter(delimiter, &null, given.default.as_deref(), csv)?;
        given.check_csv_only(format, direction)?;
        let quote = one_byte(given.quote.as_deref(), "quote", b'"')?;
        if csv && delimiter == quote {
            return Err(invalid("COPY delimiter and quote must be different").into());
        }
        let read = Self {
            format,
            delimiter,
            null,
            default: given.default,
            header: given.header.unwrap_or_default(),
            quote,
            escape: one_byte(given.escape.as_deref(), "escape", quote)?,
            force_quote: given.force_quote.unwrap_or_default(),
            force_not_null: given.force_not_null.unwrap_or_default(),
            force_null: given.force_null.unwrap_or_default(),
            writer: given.writer,
        };
        read.check_markers(direction)?;
        Ok(read)
    }

    /// NULL and DEFAULT must be told from each other and from what stands between fields.
    fn check_markers(&self, direction: CopyDirection) -> Result<(), Diagnostic> {
        let csv = self.format == CopyFormat::Csv;
        if !matches!(self.format, CopyFormat::Text | CopyFormat::Csv) {
            return Ok(());
        }
        if self.null.as_bytes().contains(&self.delimiter) {
            return Err(unsupported("COPY delimiter must not appear in the NULL specification"));
        }
        if csv && self.null.as_bytes().contains(&self.quote) {
            return Err(unsupported("CSV quote character must not appear in the NULL specification"));
        }
        let Some(default) = &self.default else {
            return Ok(());
        };
        if direction == CopyDirection::Out {
            return Err(unsupported("COPY DEFAULT only available using COPY FROM"));
        }
        if default.as_bytes().contains(&self.delimiter) {
            return Err(unsupported("COPY delimiter must not appear in the DEFAULT specification"));
        }
        if csv && default.as_bytes().contains(&self.quote) {
            return Err(unsupported("CSV quote character must not appear in the DEFAULT specification"));
        }
        if *default == self.null {
            return Err(unsupported("NULL specification and DEFAULT specification cannot be the same"));
        }
        Ok(())
    }
}

fn check_delimiter(delimiter: u8, null: &str, default: Option<&str>, csv: bool) -> Result<(), Diagnostic> {
    if matches!(delimiter, b'\r' | b'\n') {
        return Err(invalid("COPY delimiter cannot be newline or carriage return"));
    }
    if null.contains(['\r', '\n']) {
        return Err(invalid("COPY null representation cannot use newline or carriage return"));
    }
    if default.is_some_and(|default| default.contains(['\r', '\n'])) {
        return Err(invalid("COPY default representation cannot use newline or carriage return"));
    }
    if !csv
        && (matches!(delimiter, b'\\' | b'.') || delimiter.is_ascii_lowercase() || delimiter.is_ascii_digit())
    {
        return Err(invalid(format!("COPY delimiter cannot be \"{}\"", char::from(delimiter))));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
