//! The options of a COPY statement (`ProcessCopyOptions`), old and new names, DuckDB's too.

use wire::{Diagnostic, SqlState};

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
}

/// The options as they were given, each at most once.
#[derive(Default)]
struct Given<'o> {
    format: Option<&'o [String]>,
    delimiter: Option<&'o [String]>,
    null: Option<&'o [String]>,
    header: Option<&'o [String]>,
    quote: Option<&'o [String]>,
    escape: Option<&'o [String]>,
    force_quote: Option<&'o [String]>,
    force_not_null: Option<&'o [String]>,
    force_null: Option<&'o [String]>,
    encoding: Option<&'o [String]>,
    freeze: Option<&'o [String]>,
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

impl<'o> Given<'o> {
    fn gather(pairs: &'o [(String, Vec<String>)]) -> Result<Self, Diagnostic> {
        let mut given = Self::default();
        for (name, values) in pairs {
            let slot = match name.to_ascii_lowercase().as_str() {
                "format" => &mut given.format,
                "delimiter" | "delim" | "sep" => &mut given.delimiter,
                "null" | "nullstr" => &mut given.null,
                "header" => &mut given.header,
                "quote" => &mut given.quote,
                "escape" => &mut given.escape,
                "force_quote" => &mut given.force_quote,
                "force_not_null" => &mut given.force_not_null,
                "force_null" => &mut given.force_null,
                "encoding" => &mut given.encoding,
                "freeze" => &mut given.freeze,
                _ => return Err(syntax(format!("option \"{name}\" not recognized"))),
            };
            if slot.replace(values).is_some() {
                return Err(syntax("conflicting or redundant options"));
            }
        }
        Ok(given)
    }
}

impl CopyOptions {
    /// Reads the options from their names and values as the statement gave them.
    ///
    /// # Errors
    /// PostgreSQL's: 42601, 22023, 0A000.
    pub(crate) fn from_pairs(
        pairs: &[(String, Vec<String>)],
        direction: CopyDirection,
    ) -> Result<Self, Diagnostic> {
        let given = Given::gather(pairs)?;
        let format = read_format(given.format)?;
        let csv = format == CopyFormat::Csv;
        if format == CopyFormat::Binary {
            for (value, name) in [(given.delimiter, "DELIMITER"), (given.null, "NULL")] {
                if value.is_some() {
                    return Err(syntax(format!("cannot specify {name} in BINARY mode")));
                }
            }
        }
        let only_csv = [
            (given.quote, "quote"),
            (given.escape, "escape"),
            (given.force_quote, "force quote"),
            (given.force_not_null, "force not null"),
            (given.force_null, "force null"),
        ];
        if let Some((_, name)) = only_csv.iter().find(|(value, _)| value.is_some() && !csv) {
            return Err(unsupported(format!("COPY {name} available only in CSV mode")));
        }
        let one_way = [
            (given.force_quote, "force quote", CopyDirection::Out, "TO"),
            (given.force_not_null, "force not null", CopyDirection::In, "FROM"),
            (given.force_null, "force null", CopyDirection::In, "FROM"),
        ];
        for (value, name, way, word) in one_way {
            if value.is_some() && way != direction {
                return Err(unsupported(format!("COPY {name} only available using COPY {word}")));
            }
        }
        if let Some(values) = given.encoding {
            read_encoding(values)?;
        }
        if let Some(values) = given.freeze {
            read_boolean("freeze", values)?;
        }
        let quote = one_byte(given.quote, "quote", b'"')?;
        let options = Self {
            format,
            delimiter: one_byte(given.delimiter, "delimiter", if csv { b',' } else { b'\t' })?,
            null: match given.null {
                Some(values) => single("null", values)?.to_owned(),
                None => if csv { "" } else { "\\N" }.to_owned(),
            },
            header: given.header.map_or(Ok(Header::No), read_header)?,
            quote,
            escape: one_byte(given.escape, "escape", quote)?,
            force_quote: read_columns(given.force_quote),
            force_not_null: read_columns(given.force_not_null),
            force_null: read_columns(given.force_null),
        };
        options.check(direction)?;
        Ok(options)
    }

    fn check(&self, direction: CopyDirection) -> Result<(), Diagnostic> {
        let csv = self.format == CopyFormat::Csv;
        if matches!(self.delimiter, b'\r' | b'\n') {
            return Err(invalid("COPY delimiter cannot be newline or carriage return"));
        }
        if self.null.contains(['\r', '\n']) {
            return Err(invalid("COPY null representation cannot use newline or carriage return"));
        }
        if !csv
            && (matches!(self.delimiter, b'\\' | b'.')
                || self.delimiter.is_ascii_lowercase()
                || self.delimiter.is_ascii_digit())
        {
            return Err(invalid(format!("COPY delimiter cannot be \"{}\"", char::from(self.delimiter))));
        }
        if self.format == CopyFormat::Binary && self.header != Header::No {
            return Err(unsupported("cannot specify HEADER in BINARY mode"));
        }
        if self.header == Header::Match && direction == CopyDirection::Out {
            return Err(invalid("cannot use \"match\" with HEADER in COPY TO"));
        }
        if csv && self.delimiter == self.quote {
            return Err(invalid("COPY delimiter and quote must be different"));
        }
        if self.format != CopyFormat::Binary && self.null.as_bytes().contains(&self.delimiter) {
            return Err(unsupported("COPY delimiter must not appear in the NULL specification"));
        }
        if csv && self.null.as_bytes().contains(&self.quote) {
            return Err(unsupported("CSV quote character must not appear in the NULL specification"));
        }
        Ok(())
    }
}

fn single<'v>(name: &str, values: &'v [String]) -> Result<&'v str, Diagnostic> {
    match values {
        [value] => Ok(value),
        [] | [_, _, ..] => Err(syntax(format!("{name} requires a parameter"))),
    }
}

fn read_format(values: Option<&[String]>) -> Result<CopyFormat, Diagnostic> {
    let Some(values) = values else {
        return Ok(CopyFormat::Text);
    };
    let name = single("format", values)?;
    match name.to_ascii_lowercase().as_str() {
        "text" => Ok(CopyFormat::Text),
        "csv" => Ok(CopyFormat::Csv),
        "binary" => Ok(CopyFormat::Binary),
        _ => Err(invalid(format!("COPY format \"{name}\" not recognized"))),
    }
}

fn one_byte(values: Option<&[String]>, name: &str, default: u8) -> Result<u8, Diagnostic> {
    let Some(values) = values else {
        return Ok(default);
    };
    match single(name, values)?.as_bytes() {
        [byte] if byte.is_ascii() => Ok(*byte),
        // How DuckDB's users write a tab.
        b"\\t" if name == "delimiter" => Ok(b'\t'),
        [..] => Err(unsupported(format!("COPY {name} must be a single one-byte character"))),
    }
}

fn read_boolean(name: &str, values: &[String]) -> Result<bool, Diagnostic> {
    let value = match values {
        [] => return Ok(true),
        [value] => value.to_ascii_lowercase(),
        [_, _, ..] => return Err(syntax(format!("{name} requires a Boolean value"))),
    };
    match value.as_str() {
        "true" | "on" | "1" => Ok(true),
        "false" | "off" | "0" => Ok(false),
        _ => Err(syntax(format!("{name} requires a Boolean value"))),
    }
}

fn read_header(values: &[String]) -> Result<Header, Diagnostic> {
    if let [value] = values
        && value.eq_ignore_ascii_case("match")
    {
        return Ok(Header::Match);
    }
    match read_boolean("header", values) {
        Ok(true) => Ok(Header::Yes),
        Ok(false) => Ok(Header::No),
        Err(_) => Err(syntax("header requires a Boolean value or \"match\"")),
    }
}

fn read_columns(values: Option<&[String]>) -> Columns {
    match values {
        None => Columns::None,
        Some([star]) if star == "*" => Columns::All,
        Some(names) => Columns::Named(names.to_vec()),
    }
}

/// Only UTF-8 is spoken; `SQL_ASCII` and plain ASCII are parts of it.
fn read_encoding(values: &[String]) -> Result<(), Diagnostic> {
    let name = single("encoding", values)?;
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if ["utf8", "unicode", "sqlascii"].iter().any(|known| known.eq_ignore_ascii_case(&plain)) {
        return Ok(());
    }
    Err(unsupported(format!("COPY encoding \"{name}\" is not supported"))
        .with_hint("Convert the data to UTF-8."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &[&str])], direction: CopyDirection) -> Result<CopyOptions, Diagnostic> {
        let owned: Vec<_> = pairs
            .iter()
            .map(|(name, values)| {
                ((*name).to_owned(), values.iter().map(|value| (*value).to_owned()).collect())
            })
            .collect();
        CopyOptions::from_pairs(&owned, direction)
    }

    #[test]
    fn defaults_follow_the_format() {
        let text = read(&[], CopyDirection::In).unwrap();
        assert_eq!((text.format, text.delimiter, text.null.as_str()), (CopyFormat::Text, b'\t', "\\N"));
        let csv =
            read(&[("FORMAT", &["csv"]), ("sep", &[";"]), ("header", &[])], CopyDirection::Out).unwrap();
        assert_eq!((csv.delimiter, csv.null.as_str(), csv.header), (b';', "", Header::Yes));
        let quoted = read(&[("format", &["csv"]), ("quote", &["'"])], CopyDirection::In).unwrap();
        assert_eq!((quoted.quote, quoted.escape), (b'\'', b'\''));
    }

    /// Options and direction; code and message.
    type Case<'c> = (&'c [(&'c str, &'c [&'c str])], CopyDirection, &'c str, &'c str);

    /// Messages and codes are PostgreSQL 15's.
    #[test]
    fn what_cannot_be_is_refused() {
        use CopyDirection::{In, Out};
        let cases: [Case<'_>; 16] = [
            (&[("format", &["xml"])], In, "22023", "COPY format \"xml\" not recognized"),
            (&[("nope", &[])], In, "42601", "option \"nope\" not recognized"),
            (&[("null", &["a"]), ("null", &["b"])], In, "42601", "conflicting or redundant options"),
            (&[("delimiter", &["ab"])], In, "0A000", "COPY delimiter must be a single one-byte character"),
            (&[("delimiter", &["\n"])], In, "22023", "COPY delimiter cannot be newline or carriage return"),
            (&[("delimiter", &["a"])], In, "22023", "COPY delimiter cannot be \"a\""),
            (
                &[("null", &["\n"])],
                In,
                "22023",
                "COPY null representation cannot use newline or carriage return",
            ),
            (&[("null", &["a\tb"])], In, "0A000", "COPY delimiter must not appear in the NULL specification"),
            (&[("quote", &["x"])], In, "0A000", "COPY quote available only in CSV mode"),
            (
                &[("format", &["csv"]), ("quote", &[","])],
                In,
                "22023",
                "COPY delimiter and quote must be different",
            ),
            (
                &[("format", &["csv"]), ("null", &["\""])],
                In,
                "0A000",
                "CSV quote character must not appear in the NULL specification",
            ),
            (
                &[("format", &["csv"]), ("force_quote", &["*"])],
                In,
                "0A000",
                "COPY force quote only available using COPY TO",
            ),
            (
                &[("format", &["csv"]), ("force_null", &["*"])],
                Out,
                "0A000",
                "COPY force null only available using COPY FROM",
            ),
            (&[("format", &["binary"]), ("null", &["x"])], In, "42601", "cannot specify NULL in BINARY mode"),
            (
                &[("format", &["csv"]), ("header", &["match"])],
                Out,
                "22023",
                "cannot use \"match\" with HEADER in COPY TO",
            ),
            (&[("header", &["maybe"])], In, "42601", "header requires a Boolean value or \"match\""),
        ];
        for (pairs, direction, code, message) in cases {
            let error = read(pairs, direction).unwrap_err();
            assert_eq!((error.code.as_str(), error.message.as_str()), (code, message), "{pairs:?}");
        }
    }
}
