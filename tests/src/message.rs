//! PostgreSQL protocol 3.0 messages as the tests see them: frontend messages to build (also wrong ones), backend
//! messages to read and print. Written after the protocol's documentation alone, not after `crates/wire`.
//! <https://www.postgresql.org/docs/15/protocol-message-formats.html>

use std::{collections::BTreeMap, fmt};

/// Frontend messages in one buffer, sent together.
#[derive(Clone, Debug, Default)]
pub struct Batch(pub Vec<u8>);

/// What a Bind message holds.
#[derive(Clone, Debug, Default)]
pub struct Bind<'a> {
    /// Portal name, empty for the unnamed one.
    pub portal: &'a str,
    /// Statement name, empty for the unnamed one.
    pub statement: &'a str,
    /// Format codes of the parameters: none, one for all, or one each (0 text, 1 binary).
    pub formats: &'a [i16],
    /// The parameters; `None` is NULL.
    pub parameters: &'a [Option<Vec<u8>>],
    /// Format codes of the result columns.
    pub results: &'a [i16],
}

impl Batch {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A simple query.
    #[must_use]
    pub fn query(self, sql: &str) -> Self {
        self.message(b'Q', &c_string(sql))
    }

    /// Parse, with declared parameter types (OIDs, 0 = undeclared).
    #[must_use]
    pub fn parse(self, statement: &str, sql: &str, types: &[u32]) -> Self {
        let mut body = c_string(statement);
        body.extend(c_string(sql));
        body.extend(count(types.len()));
        body.extend(types.iter().flat_map(|oid| oid.to_be_bytes()));
        self.message(b'P', &body)
    }

    /// Bind.
    #[must_use]
    pub fn bind(self, bind: &Bind<'_>) -> Self {
        let mut body = c_string(bind.portal);
        body.extend(c_string(bind.statement));
        body.extend(count(bind.formats.len()));
        body.extend(bind.formats.iter().flat_map(|format| format.to_be_bytes()));
        body.extend(count(bind.parameters.len()));
        for parameter in bind.parameters {
            match parameter {
                None => body.extend((-1_i32).to_be_bytes()),
                Some(bytes) => {
                    body.extend(i32::try_from(bytes.len()).expect("small parameter").to_be_bytes());
                    body.extend(bytes);
                }
            }
        }
        body.extend(count(bind.results.len()));
        body.extend(bind.results.iter().flat_map(|format| format.to_be_bytes()));
        self.message(b'B', &body)
    }

    /// Describe: `kind` is `b'S'` (statement) or `b'P'` (portal).
    #[must_use]
    pub fn describe(self, kind: u8, name: &str) -> Self {
        self.named(b'D', kind, name)
    }

    /// Close: `kind` is `b'S'` (statement) or `b'P'` (portal).
    #[must_use]
    pub fn close(self, kind: u8, name: &str) -> Self {
        self.named(b'C', kind, name)
    }

    /// Execute, with the greatest number of rows to return (0 = all).
    #[must_use]
    pub fn execute(self, portal: &str, max_rows: i32) -> Self {
        let mut body = c_string(portal);
        body.extend(max_rows.to_be_bytes());
        self.message(b'E', &body)
    }

    /// Sync.
    #[must_use]
    pub fn sync(self) -> Self {
        self.message(b'S', &[])
    }

    /// Flush.
    #[must_use]
    pub fn flush(self) -> Self {
        self.message(b'H', &[])
    }

    /// Some COPY data.
    #[must_use]
    pub fn copy_data(self, data: &[u8]) -> Self {
        self.message(b'd', data)
    }

    /// The end of COPY data.
    #[must_use]
    pub fn copy_done(self) -> Self {
        self.message(b'c', &[])
    }

    /// The client gives COPY up.
    #[must_use]
    pub fn copy_fail(self, reason: &str) -> Self {
        self.message(b'f', &c_string(reason))
    }

    /// A password.
    #[must_use]
    pub fn password(self, password: &str) -> Self {
        self.message(b'p', &c_string(password))
    }

    /// The end of the session.
    #[must_use]
    pub fn terminate(self) -> Self {
        self.message(b'X', &[])
    }

    /// The start-up message, protocol 3.0.
    #[must_use]
    pub fn startup(self, parameters: &[(&str, &str)]) -> Self {
        let mut body = 196_608_u32.to_be_bytes().to_vec();
        for (key, value) in parameters {
            body.extend(c_string(key));
            body.extend(c_string(value));
        }
        body.push(0);
        self.headless(&body)
    }

    /// A message without a type byte (start-up, SSLRequest, CancelRequest).
    #[must_use]
    pub fn headless(mut self, body: &[u8]) -> Self {
        self.0.extend(length(body.len()));
        self.0.extend(body);
        self
    }

    /// Any message.
    #[must_use]
    pub fn message(mut self, tag: u8, body: &[u8]) -> Self {
        self.0.push(tag);
        self.headless(body)
    }

    /// Bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn named(self, tag: u8, kind: u8, name: &str) -> Self {
        let mut body = vec![kind];
        body.extend(c_string(name));
        self.message(tag, &body)
    }
}

fn c_string(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

fn count(n: usize) -> [u8; 2] {
    u16::try_from(n).expect("at most 65535").to_be_bytes()
}

fn length(body: usize) -> [u8; 4] {
    u32::try_from(body + 4).expect("a message under 4 GiB").to_be_bytes()
}

/// A column of a RowDescription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// OID of the table it comes from, or 0.
    pub table: u32,
    /// OID of its type.
    pub type_oid: u32,
    /// Size of the type in bytes, negative when variable.
    pub type_size: i16,
    /// Type modifier, -1 for none.
    pub modifier: i32,
    /// 0 text, 1 binary.
    pub format: i16,
}

/// The fields of an ErrorResponse or NoticeResponse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(pub BTreeMap<char, String>);

impl Report {
    /// A field by its letter, empty when absent.
    #[must_use]
    pub fn field(&self, key: char) -> &str {
        self.0.get(&key).map_or("", String::as_str)
    }

    /// The SQLSTATE.
    #[must_use]
    pub fn code(&self) -> &str {
        self.field('C')
    }

    /// ERROR, FATAL, NOTICE …
    #[must_use]
    pub fn severity(&self) -> &str {
        self.field('V')
    }

    /// The primary message.
    #[must_use]
    pub fn message(&self) -> &str {
        self.field('M')
    }

    /// The hint.
    #[must_use]
    pub fn hint(&self) -> &str {
        self.field('H')
    }
}

/// A backend message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Authentication request; 0 = ok, 3 = cleartext password.
    Authentication(u32),
    /// A step of SASL: 10 = the mechanisms, 11 = the exchange goes on, 12 = its end.
    Sasl {
        /// Which.
        kind: u32,
        /// What comes with it.
        data: Vec<u8>,
    },
    /// For CancelRequest.
    BackendKeyData {
        /// Process id.
        process_id: u32,
        /// Secret key (4 bytes in protocol 3.0).
        secret: Vec<u8>,
    },
    /// A setting the server tells.
    ParameterStatus(String, String),
    /// I, T or E.
    ReadyForQuery(char),
    /// Column descriptions.
    RowDescription(Vec<Field>),
    /// Parameter type OIDs.
    ParameterDescription(Vec<u32>),
    /// One row; `None` is NULL.
    DataRow(Vec<Option<Vec<u8>>>),
    /// Command tag.
    CommandComplete(String),
    /// An error.
    Error(Report),
    /// A notice.
    Notice(Report),
    /// Empty query string.
    EmptyQuery,
    /// Parse done.
    ParseComplete,
    /// Bind done.
    BindComplete,
    /// Close done.
    CloseComplete,
    /// Describe: no columns.
    NoData,
    /// Execute reached its row limit.
    PortalSuspended,
    /// COPY wants data: overall format and one per column.
    CopyIn(u8, Vec<i16>),
    /// COPY sends data: overall format and one per column.
    CopyOut(u8, Vec<i16>),
    /// COPY data.
    CopyData(Vec<u8>),
    /// End of COPY data.
    CopyDone,
    /// The newest minor version that the server speaks, and the options it does not know.
    NegotiateProtocolVersion(u32, Vec<String>),
    /// Anything else.
    Other(u8, Vec<u8>),
}

impl Backend {
    /// Reads one message body. Panics on a malformed one: that is a defect of the server.
    #[must_use]
    pub fn decode(tag: u8, body: &[u8]) -> Self {
        let mut reader = Reader(body);
        let message = match tag {
            b'R' => match reader.u32() {
                kind @ 10..=12 => Self::Sasl { kind, data: reader.rest() },
                kind => Self::Authentication(kind),
            },
            b'K' => Self::BackendKeyData { process_id: reader.u32(), secret: reader.rest() },
            b'S' => Self::ParameterStatus(reader.string(), reader.string()),
            b'Z' => Self::ReadyForQuery(char::from(reader.u8())),
            b'T' => Self::RowDescription((0..reader.u16()).map(|_| reader.field()).collect()),
            b't' => Self::ParameterDescription((0..reader.u16()).map(|_| reader.u32()).collect()),
            b'D' => Self::DataRow((0..reader.u16()).map(|_| reader.value()).collect()),
            b'C' => Self::CommandComplete(reader.string()),
            b'E' => Self::Error(reader.report()),
            b'N' => Self::Notice(reader.report()),
            b'I' => Self::EmptyQuery,
            b'1' => Self::ParseComplete,
            b'2' => Self::BindComplete,
            b'3' => Self::CloseComplete,
            b'n' => Self::NoData,
            b's' => Self::PortalSuspended,
            b'G' => Self::CopyIn(reader.u8(), reader.formats()),
            b'H' => Self::CopyOut(reader.u8(), reader.formats()),
            b'd' => Self::CopyData(reader.rest()),
            b'c' => Self::CopyDone,
            b'v' => {
                let version = reader.u32();
                Self::NegotiateProtocolVersion(version, (0..reader.u32()).map(|_| reader.string()).collect())
            }
            _ => Self::Other(tag, reader.rest()),
        };
        // Other authentication requests may carry more.
        assert!(reader.0.is_empty() || tag == b'R', "bytes left over after {message}: {:?}", reader.0);
        message
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, n: usize) -> &[u8] {
        let (head, rest) = self.0.split_at_checked(n).expect("the server sent a message that is too short");
        self.0 = rest;
        head
    }

    fn u8(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.take(2).try_into().expect("two bytes"))
    }

    fn i16(&mut self) -> i16 {
        i16::from_be_bytes(self.take(2).try_into().expect("two bytes"))
    }

    fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().expect("four bytes"))
    }

    fn i32(&mut self) -> i32 {
        i32::from_be_bytes(self.take(4).try_into().expect("four bytes"))
    }

    fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0).to_vec()
    }

    fn string(&mut self) -> String {
        let end = self.0.iter().position(|byte| *byte == 0).expect("a string without its zero byte");
        let text = String::from_utf8(self.take(end).to_vec()).expect("the server sends UTF-8");
        self.u8();
        text
    }

    fn formats(&mut self) -> Vec<i16> {
        (0..self.u16()).map(|_| self.i16()).collect()
    }

    fn value(&mut self) -> Option<Vec<u8>> {
        usize::try_from(self.i32()).ok().map(|length| self.take(length).to_vec())
    }

    fn field(&mut self) -> Field {
        let name = self.string();
        let table = self.u32();
        let _column = self.i16();
        Field {
            name,
            table,
            type_oid: self.u32(),
            type_size: self.i16(),
            modifier: self.i32(),
            format: self.i16(),
        }
    }

    fn report(&mut self) -> Report {
        let mut fields = BTreeMap::new();
        loop {
            match self.u8() {
                0 => return Report(fields),
                key => fields.insert(char::from(key), self.string()),
            };
        }
    }
}

/// One line, as the protocol scripts write it.
impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authentication(kind) | Self::Sasl { kind, .. } => write!(f, "Authentication {kind}"),
            Self::BackendKeyData { secret, .. } => write!(f, "BackendKeyData {}", secret.len()),
            Self::ParameterStatus(key, value) => write!(f, "ParameterStatus {key}={value}"),
            Self::ReadyForQuery(status) => write!(f, "ReadyForQuery {status}"),
            Self::RowDescription(fields) => {
                write!(f, "RowDescription")?;
                fields.iter().try_for_each(|field| {
                    let binary = if field.format == 1 { ":b" } else { "" };
                    write!(f, " {}:{}{binary}", field.name, field.type_oid)
                })
            }
            Self::ParameterDescription(types) => {
                write!(f, "ParameterDescription")?;
                types.iter().try_for_each(|oid| write!(f, " {oid}"))
            }
            Self::DataRow(values) => {
                let values =
                    values.iter().map(|value| value.as_deref().map_or_else(|| "NULL".to_owned(), printable));
                write!(f, "DataRow {}", values.collect::<Vec<_>>().join("|"))
            }
            Self::CommandComplete(tag) => write!(f, "CommandComplete {tag}"),
            Self::Error(report) => {
                write!(f, "ErrorResponse {} {} {}", report.severity(), report.code(), report.message())
            }
            Self::Notice(report) => {
                write!(f, "NoticeResponse {} {} {}", report.severity(), report.code(), report.message())
            }
            Self::EmptyQuery => write!(f, "EmptyQueryResponse"),
            Self::ParseComplete => write!(f, "ParseComplete"),
            Self::BindComplete => write!(f, "BindComplete"),
            Self::CloseComplete => write!(f, "CloseComplete"),
            Self::NoData => write!(f, "NoData"),
            Self::PortalSuspended => write!(f, "PortalSuspended"),
            Self::CopyIn(overall, formats) => write!(f, "CopyInResponse {overall} {formats:?}"),
            Self::CopyOut(overall, formats) => write!(f, "CopyOutResponse {overall} {formats:?}"),
            Self::CopyData(data) => write!(f, "CopyData {}", printable(data)),
            Self::CopyDone => write!(f, "CopyDone"),
            Self::NegotiateProtocolVersion(version, options) => {
                let options = options.join(" ");
                write!(f, "NegotiateProtocolVersion {}.{} {options}", version >> 16, version & 0xffff)
            }
            Self::Other(tag, body) => write!(f, "Other {} {}", char::from(*tag), printable(body)),
        }
    }
}

/// Text with escapes where it is text, else hexadecimal digits after `\x`.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    use fmt::Write as _;

    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t' && c != '\r') => {
            text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r")
        }
        _ => bytes.iter().fold("\\x".to_owned(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }),
    }
}
