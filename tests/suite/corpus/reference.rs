//! DuckDB in process, and what PostgreSQL's text of a value is where that can be said of DuckDB's text alone. OIDs are
//! written out here again (PRODUCT §6), so that a mistake of the server's table is not repeated.

use engine::{AllowAll, Chunk, Error, Instance, LogicalType, Options, ReturnKind, Step};

/// A plain DuckDB with one database, called as an account's is.
pub(super) struct Reference {
    instance: Instance,
    _folder: tempfile::TempDir,
}

/// A connection to it.
pub(super) struct Connection(engine::Connection);

/// A successful answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) columns: Vec<(String, LogicalType)>,
    /// The values that can be read without knowledge of DuckDB's layouts; `·` for others.
    pub(super) rows: Vec<Vec<Option<String>>>,
    /// For statements that change rows and return none.
    pub(super) changed: Option<u64>,
}

/// A failure, in process without a code.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) hint: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.message.split("\n\nLINE ").next().unwrap_or_default().to_owned();
        Self { code: format!("{:?}", error.kind), message, hint: String::new() }
    }
}

/// Stands for a value that is there, but is not compared in this form.
const UNREAD: &str = "·";

impl Reference {
    pub(super) fn open() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let instance = Instance::open(&Options::default())?;
        let path = folder.path().join("my_db.duckdb");
        let connection = instance.connect(AllowAll)?;
        connection.execute("SET GLOBAL TimeZone = 'UTC'")?;
        connection.execute(&format!("ATTACH '{}' AS my_db", path.display()))?;
        // As on the server, DuckDB's own first database is nobody's.
        connection.execute("USE my_db")?;
        connection.execute("DETACH memory")?;
        Ok(Self { instance, _folder: folder })
    }

    pub(super) fn connect(&self) -> anyhow::Result<Connection> {
        let connection = self.instance.connect(AllowAll)?;
        connection.execute("USE my_db")?;
        Ok(Connection(connection))
    }
}

impl Connection {
    /// Runs a statement; of one that DuckDB makes several of, the last one's answer.
    pub(super) fn run(&self, sql: &str) -> Result<Answer, Failure> {
        let mut answer = Answer::default();
        for parsed in self.0.extract(sql)? {
            let mut statement = self.0.prepare(&parsed)?;
            // Executed, a NULL without a type is an integer.
            let described = statement.columns();
            let mut execution = statement.start()?;
            answer = Answer::default();
            if execution.return_kind() == ReturnKind::Rows {
                answer.columns =
                    described.into_iter().map(|column| (column.name, column.logical_type)).collect();
            }
            loop {
                match execution.step()? {
                    Step::Chunk(chunk) => read(&chunk, &mut answer.rows),
                    Step::Finished => break,
                    Step::NotReady => {}
                    Step::Blocked => std::thread::sleep(std::time::Duration::from_micros(50)),
                }
            }
            if execution.return_kind() == ReturnKind::ChangedRows {
                answer.changed = Some(execution.rows_changed());
            }
        }
        Ok(answer)
    }
}

fn read(chunk: &Chunk, rows: &mut Vec<Vec<Option<String>>>) {
    for row in 0..chunk.len() {
        let cells = (0..chunk.column_count()).map(|index| {
            let column = chunk.column(index).expect("a column below the count");
            column.validity().is_valid(row).then(|| match column.logical_type() {
                LogicalType::Varchar => {
                    String::from_utf8_lossy(column.strings().expect("texts").bytes(row)).into_owned()
                }
                LogicalType::Integer => column.values::<i32>().expect("integers")[row].to_string(),
                LogicalType::BigInt => column.values::<i64>().expect("bigints")[row].to_string(),
                _ => UNREAD.to_owned(),
            })
        });
        rows.push(cells.collect());
    }
}

/// The OID that columns of a type have on the wire.
pub(super) fn oid(logical: &LogicalType) -> u32 {
    use LogicalType as L;
    match logical {
        L::Boolean => 16,
        L::Blob | L::Geometry => 17,
        L::UInteger | L::BigInt => 20,
        L::TinyInt | L::UTinyInt | L::SmallInt => 21,
        L::USmallInt | L::Integer => 23,
        L::Varchar | L::Enum(_) | L::SqlNull | L::Unknown | L::Other(_) => 25,
        L::Named(named) => panic!("{named:?} is PostgreSQL's, not DuckDB's"),
        L::Float => 700,
        L::Double => 701,
        L::Date => 1082,
        L::Time | L::TimeNs => 1083,
        L::TimeTz => 1266,
        L::Timestamp | L::TimestampS | L::TimestampMs | L::TimestampNs => 1114,
        L::TimestampTz => 1184,
        L::Interval => 1186,
        L::Bit => 1562,
        L::UBigInt | L::HugeInt | L::UHugeInt | L::BigNum | L::Decimal { .. } => 1700,
        L::Uuid => 2950,
        L::Json | L::Struct(_) | L::Map(..) | L::Union(_) | L::Variant => 114,
        L::List(element) => array_oid(element, false),
        L::Array(element, _) => array_oid(element, true),
    }
}

fn array_oid(element: &LogicalType, is_fixed: bool) -> u32 {
    let is_scalar = !matches!(
        element,
        LogicalType::List(_)
            | LogicalType::Array(..)
            | LogicalType::Struct(_)
            | LogicalType::Map(..)
            | LogicalType::Union(_)
            | LogicalType::Variant
    );
    // Arrays of one length inside arrays of one length are PostgreSQL's arrays of several dimensions.
    if let LogicalType::Array(inner, _) = element {
        return if is_fixed { array_oid(inner, true) } else { 114 };
    }
    match oid(element) {
        _ if !is_scalar => 114,
        16 => 1000,
        17 => 1001,
        20 => 1016,
        21 => 1005,
        23 => 1007,
        25 => 1009,
        114 => 199,
        700 => 1021,
        701 => 1022,
        1082 => 1182,
        1083 => 1183,
        1114 => 1115,
        1184 => 1185,
        1186 => 1187,
        1266 => 1270,
        1562 => 1563,
        1700 => 1231,
        2950 => 2951,
        other => panic!("no array of {other}"),
    }
}

/// A text of the types that [`read`] reads; [`UNREAD`] for others.
pub(super) fn readable(logical: &LogicalType, text: &str) -> String {
    match logical {
        LogicalType::Varchar | LogicalType::Integer | LogicalType::BigInt => text.to_owned(),
        _ => UNREAD.to_owned(),
    }
}

/// PostgreSQL's text of a value that DuckDB prints so, where no more has to be known; [`UNREAD`] elsewhere.
pub(super) fn as_postgresql(logical: &LogicalType, text: &str) -> String {
    match logical {
        LogicalType::Boolean if text == "true" => "t".to_owned(),
        LogicalType::Boolean if text == "false" => "f".to_owned(),
        LogicalType::Date => text.replace(" (BC)", " BC"),
        // DECIMAL(1,1) has no digit before its point in DuckDB.
        LogicalType::Decimal { .. } if text.starts_with('.') => format!("0{text}"),
        LogicalType::Decimal { .. } if text.starts_with("-.") => text.replacen('-', "-0", 1),
        _ => comparable(logical, text),
    }
}

/// A text from the wire; [`UNREAD`] for types whose text is not DuckDB's.
pub(super) fn comparable(logical: &LogicalType, text: &str) -> String {
    use LogicalType as L;
    match logical {
        L::Boolean
        | L::TinyInt
        | L::SmallInt
        | L::Integer
        | L::BigInt
        | L::HugeInt
        | L::UTinyInt
        | L::USmallInt
        | L::UInteger
        | L::UBigInt
        | L::UHugeInt
        | L::BigNum
        | L::Decimal { .. }
        | L::Varchar
        | L::Enum(_)
        | L::Uuid
        | L::Date
        | L::Time
        | L::Json
        | L::Bit => text.to_owned(),
        // Before Christ PostgreSQL says so at the end, DuckDB after the date.
        L::Timestamp | L::TimestampS | L::TimestampMs if !text.contains("BC") => text.to_owned(),
        L::Float => text.parse::<f32>().map_or_else(|_| text.to_lowercase(), |number| number.to_string()),
        L::Double => text.parse::<f64>().map_or_else(|_| text.to_lowercase(), |number| number.to_string()),
        _ => UNREAD.to_owned(),
    }
}
