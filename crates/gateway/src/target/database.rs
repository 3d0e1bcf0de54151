//! The forms of the `database` parameter: `md:`, `NAME`, `md:NAME`, `md:?k=v&k=v`, `md:NAME?k=v`.

use super::TargetError;

/// A database parameter, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// The name; nothing for the default database.
    pub(super) name: Option<String>,
    /// Whether it was written with `md:`, which leaves no room for guesses.
    pub(super) has_prefix: bool,
    /// The options after `?`, decoded.
    pub(super) settings: Vec<(String, String)>,
}

/// Takes the parameter apart.
pub(super) fn parse(text: &str) -> Result<Form, TargetError> {
    let Some(rest) = text.strip_prefix("md:") else {
        return Ok(Form { name: Some(text.to_owned()), has_prefix: false, settings: Vec::new() });
    };
    let (name, query) = rest.split_once('?').unwrap_or((rest, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let settings = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(name)?, decode(value)?))
    });
    Ok(Form {
        name: (!name.is_empty()).then(|| name.to_owned()),
        has_prefix: true,
        settings: settings.collect::<Result<_, TargetError>>()?,
    })
}

/// Percent-decoding (RFC 3986, section 2.1).
fn decode(text: &str) -> Result<String, TargetError> {
    let error = || TargetError::Encoding(text.to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, tail) = rest.split_first_chunk::<2>().ok_or_else(error)?;
        let digits = std::str::from_utf8(digits).map_err(|_| error())?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let value = u8::from_str_radix(digits, 16).ok().filter(|value| is_hex && *value != 0);
        bytes.push(value.ok_or_else(error)?);
        rest = tail;
    }
    String::from_utf8(bytes).map_err(|_| error())
}
