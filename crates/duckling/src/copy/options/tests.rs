//! What options are taken, and what is said of the others.

use super::*;

/// One word is a text, several are a list, none is none.
fn read(pairs: &[(&str, &[&str])], direction: CopyDirection) -> Result<CopyOptions, Diagnostic> {
    let options: Vec<_> = pairs
        .iter()
        .map(|(name, values)| CopyOption {
            name: (*name).to_owned(),
            value: match values {
                [] => CopyValue::None,
                ["*"] => CopyValue::Star,
                [one] => CopyValue::Text((*one).to_owned()),
                _ => CopyValue::List(values.iter().map(|value| (*value).to_owned()).collect()),
            },
            offset: 0,
        })
        .collect();
    CopyOptions::read(&options, direction).map_err(|error| *error.diagnostic)
}

#[test]
fn defaults_follow_the_format() {
    let text = read(&[], CopyDirection::In).unwrap();
    assert_eq!((text.format, text.delimiter, text.null.as_str()), (CopyFormat::Text, b'\t', "\\N"));
    let csv = read(&[("FORMAT", &["csv"]), ("sep", &[";"]), ("header", &[])], CopyDirection::Out).unwrap();
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
    let cases: [Case<'_>; 22] = [
        (&[("format", &["xml"])], In, "22023", "COPY format \"xml\" not recognized"),
        (&[("nope", &[])], In, "42601", "option \"nope\" not recognized"),
        (&[("null", &["a"]), ("null", &["b"])], In, "42601", "conflicting or redundant options"),
        (&[("delimiter", &["ab"])], In, "0A000", "COPY delimiter must be a single one-byte character"),
        (&[("delimiter", &["\n"])], In, "22023", "COPY delimiter cannot be newline or carriage return"),
        (&[("delimiter", &["a"])], In, "22023", "COPY delimiter cannot be \"a\""),
        (&[("null", &["\n"])], In, "22023", "COPY null representation cannot use newline or carriage return"),
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
            "0A000",
            "cannot use \"match\" with HEADER in COPY TO",
        ),
        (&[("header", &["maybe"])], In, "42601", "header requires a Boolean value or \"match\""),
        (&[("encoding", &["latin1"])], In, "0A000", "COPY encoding \"latin1\" is not supported"),
        (
            &[("encoding", &["nope"])],
            In,
            "22023",
            "argument to option \"encoding\" must be a valid encoding name",
        ),
        (
            &[("format", &["csv"]), ("force_null", &["a"])],
            In,
            "22023",
            "argument to option \"force_null\" must be a list of column names",
        ),
        (&[("default", &["x"])], Out, "0A000", "COPY DEFAULT only available using COPY FROM"),
        (
            &[("default", &["\\N"])],
            In,
            "0A000",
            "NULL specification and DEFAULT specification cannot be the same",
        ),
        (&[("format", &["parquet"]), ("null", &["x"])], In, "42601", "cannot specify NULL in PARQUET mode"),
    ];
    for (pairs, direction, code, message) in cases {
        let error = read(pairs, direction).unwrap_err();
        assert_eq!((error.code.as_str(), error.message.as_str()), (code, message), "{pairs:?}");
    }
}
