//! Values on their way out: what DuckDB has is encoded in both formats without fail, what was encoded is read
//! again, and read again it is encoded to the same bytes.

use std::cell::RefCell;

use engine::{AllowAll, Connection, Instance, LogicalType, Options, Statement, Step, Value};
use wire::frontend::Format;

use super::{Source, bind};
use crate::{
    decode::{Parameter, Style, logical_to_oid, parameter},
    encode::{RowEncoder, effective_format},
};

/// No value made here is longer.
const MAX_VALUE_BYTES: usize = 1 << 20;

/// Types that only go out, as json.
const NESTED: [&str; 6] = [
    "STRUCT(a INTEGER, \"b c\" VARCHAR)",
    "MAP(VARCHAR, DOUBLE)",
    "UNION(num INTEGER, str VARCHAR)",
    "INTEGER[][]",
    "STRUCT(a TIMESTAMP)[]",
    "STRUCT(m MAP(INTEGER, DECIMAL(9,2)), d DATE)",
];

/// One engine for all inputs, with the statements that were prepared on it.
struct Engine {
    connection: Connection,
    _instance: Instance,
    casts: Vec<Option<Statement>>,
    echoes: Vec<Option<Statement>>,
    types: Vec<LogicalType>,
}

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
}

impl Engine {
    fn open() -> Self {
        let config = vec![("threads".to_owned(), "1".to_owned())];
        let instance = Instance::open(&Options { config }).unwrap();
        let connection = instance.connect(AllowAll).unwrap();
        let mut types = bind::targets();
        // Nothing of these can be made of a text; TRY_CAST to GEOMETRY fails instead of trying.
        types.retain(|logical| {
            let is_unmade =
                matches!(logical, LogicalType::SqlNull | LogicalType::Unknown | LogicalType::Other(_));
            !is_unmade && !matches!(logical, LogicalType::Variant | LogicalType::Geometry)
        });
        let count = types.len() + NESTED.len();
        let none = || (0..count).map(|_| None).collect();
        Self { connection, _instance: instance, casts: none(), echoes: none(), types }
    }

    fn spelling(&self, index: usize) -> String {
        self.types.get(index).map_or_else(|| NESTED[index - self.types.len()].to_owned(), LogicalType::sql)
    }

    /// The value that DuckDB makes of a text, in both formats.
    fn cast(&mut self, index: usize, text: &str, style: &Style) -> Encoded {
        let sql = format!("SELECT TRY_CAST($1::VARCHAR AS {})", self.spelling(index));
        let statement = self.casts[index].get_or_insert_with(|| self.connection.prepare_sql(&sql).unwrap());
        run(statement, &Value::Varchar(text.to_owned()), style)
    }

    /// A value that a client would send, in both formats.
    fn echo(&mut self, index: usize, value: &Value, style: &Style) -> Encoded {
        let sql = format!("SELECT $1::{}", self.spelling(index));
        let statement = self.echoes[index].get_or_insert_with(|| self.connection.prepare_sql(&sql).unwrap());
        run(statement, value, style)
    }
}

/// A value's text and binary form, where it has one; nothing is NULL.
#[derive(Debug, PartialEq, Eq)]
struct Encoded {
    text: Option<Vec<u8>>,
    /// An error's code where there is no binary form of this value.
    binary: Result<Option<Vec<u8>>, String>,
    logical: String,
}

fn run(statement: &mut Statement, value: &Value, style: &Style) -> Encoded {
    statement.bind(0, value).unwrap();
    let mut execution = statement.start().unwrap();
    let logical = execution.types()[0].clone();
    let mut rows = Vec::new();
    loop {
        match execution.step().unwrap_or_else(|error| panic!("{value:?}: {error:?}")) {
            Step::Chunk(chunk) => {
                for format in [Format::Text, Format::Binary] {
                    let mut encoder = RowEncoder::new(&[(logical.clone(), format)], style, MAX_VALUE_BYTES);
                    let mut out = Vec::new();
                    encoder.begin(&chunk).unwrap();
                    let rows_done = encoder.encode(&chunk, 0..1, usize::MAX, &mut out);
                    rows.push(rows_done.map(|_| field(&out)).map_err(|error| error.code.as_str().to_owned()));
                }
            }
            Step::Finished => break,
            Step::NotReady | Step::Blocked => {}
        }
    }
    let logical = format!("{logical:?}");
    let [text, binary] = rows.try_into().expect("one row, twice");
    Encoded { text: text.unwrap_or_else(|code| panic!("{value:?} as {logical}: {code}")), binary, logical }
}

/// The only field of a DataRow message.
fn field(message: &[u8]) -> Option<Vec<u8>> {
    let (head, value) = message.split_first_chunk::<11>().unwrap();
    assert_eq!((head[0], &head[5..7]), (b'D', &[0, 1][..]));
    let length = i32::from_be_bytes(head[7..].try_into().unwrap());
    assert_eq!(usize::try_from(length).unwrap_or(0), value.len());
    (length >= 0).then(|| value.to_vec())
}

/// One value of one type.
pub fn value(data: &[u8]) {
    let source = &mut Source::new(data);
    let style = bind::style(source);
    ENGINE.with_borrow_mut(|engine| {
        let engine = engine.get_or_insert_with(Engine::open);
        let index = source.below(engine.casts.len());
        let text = source.fragments(bind::FRAGMENTS, 8);
        // A NUL in a text of DuckDB's goes out, but no client's text may have one.
        let text = String::from_utf8_lossy(&text).replace('\0', "");
        let first = engine.cast(index, &text, &style);
        match engine.types.get(index).cloned() {
            Some(logical) if !matches!(logical, LogicalType::List(ref inner) if matches!(**inner, LogicalType::List(_))) => {
                check_way_back(engine, index, &logical, &first, &style);
            }
            _ => check_json(&first, &text),
        }
    });
}

/// Both forms are read as the value they were made of.
fn check_way_back(engine: &mut Engine, index: usize, logical: &LogicalType, first: &Encoded, style: &Style) {
    let typed = Parameter { number: 1, oid: logical_to_oid(logical), target: Some(logical) };
    let mut forms = vec![(Format::Text, first.text.clone())];
    if let Ok(binary) = &first.binary {
        forms.push((effective_format(logical, Format::Binary), binary.clone()));
    }
    let is_loose = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).is_err();
    if *logical == LogicalType::Json && first.text.as_deref().is_some_and(is_loose) {
        // DuckDB takes NaN and infinities in JSON; PostgreSQL and its clients do not, and neither do parameters.
        return;
    }
    for (format, bytes) in forms {
        let read = parameter(&typed, bytes.as_deref(), format, style)
            .unwrap_or_else(|error| panic!("{logical:?} {format:?} {first:?}: {error:?}"));
        let again = engine.echo(index, &read, style);
        assert_eq!(
            (&again.text, &again.binary),
            (&first.text, &first.binary),
            "{logical:?} {format:?} {read:?}"
        );
    }
}

fn check_json(first: &Encoded, text: &str) {
    for bytes in first.text.iter().chain(first.binary.iter().flatten()) {
        serde_json::from_slice::<serde_json::Value>(bytes).unwrap_or_else(|error| {
            panic!("{text:?} as {}: {error}: {:?}", first.logical, String::from_utf8_lossy(bytes))
        });
    }
}
