//! What a server showed, with its own numbers replaced by what they name, so that two servers can be compared.

use std::collections::BTreeMap;

use harness::{Backend, RawClient, raw};

/// The numbers below are the same in every server.
const FIRST_OWN_OID: u32 = 16384;

/// Rows shown of a difference.
const ROWS_SHOWN: usize = 3;

/// A row as text.
type Row = Vec<Option<String>>;

/// The names of a server's own numbers, and of the role.
pub(super) struct Names {
    numbers: BTreeMap<String, String>,
    role: String,
}

impl Names {
    pub(super) fn read(client: &mut RawClient) -> anyhow::Result<Self> {
        let mut numbers = BTreeMap::new();
        let sources = [
            "SELECT oid::text, 'schema ' || nspname FROM pg_namespace",
            "SELECT oid::text, 'relation ' || relname FROM pg_class",
            "SELECT oid::text, 'type ' || typname FROM pg_type",
            "SELECT oid::text, 'constraint ' || conname FROM pg_constraint",
            "SELECT oid::text, 'database ' || datname FROM pg_database",
            "SELECT d.oid::text, 'default ' || c.relname || '.' || d.adnum::text FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid",
            "SELECT oid::text, 'label ' || enumlabel FROM pg_enum",
        ];
        for source in sources {
            for row in client.rows(source)? {
                if let [Some(number), Some(name)] = row.as_slice()
                    && number.parse::<u32>().is_ok_and(|number| number >= FIRST_OWN_OID)
                {
                    numbers.insert(number.clone(), format!("<{name}>"));
                }
            }
        }
        Ok(Self { numbers, role: client.value("SELECT current_user")? })
    }

    /// A value with its numbers named, also those in a list.
    fn named(&self, value: &str) -> String {
        if value == self.role {
            return "<role>".to_owned();
        }
        let pieces = value.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric());
        let mut named = String::new();
        for piece in pieces {
            let end = piece.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric()).len();
            let (word, separator) = piece.split_at(end);
            named.push_str(self.numbers.get(word).map_or(word, String::as_str));
            named.push_str(separator);
        }
        named
    }
}

/// What came.
#[derive(Debug)]
pub(super) enum Answer {
    Failed(#[expect(dead_code, reason = "shown when it is unexpected")] String),
    Shown { columns: Vec<String>, rows: Vec<Row>, copied: usize },
}

impl Answer {
    pub(super) fn read(answer: Vec<Backend>, names: &Names) -> Self {
        if let Some(report) = raw::error_in(&answer) {
            return Self::Failed(format!("{} {}", report.code(), report.message()));
        }
        let (mut columns, mut rows, mut copied) = (Vec::new(), Vec::new(), 0);
        for message in answer {
            match message {
                Backend::RowDescription(fields) => {
                    columns = fields
                        .into_iter()
                        .map(|field| format!("{} {}", field.name, names.named(&field.type_oid.to_string())))
                        .collect();
                }
                Backend::DataRow(row) => {
                    let text = |value: Vec<u8>| names.named(&String::from_utf8_lossy(&value));
                    rows.push(row.into_iter().map(|value| value.map(text)).collect());
                }
                Backend::CopyData(_) => copied += 1,
                _ => {}
            }
        }
        rows.sort();
        Self::Shown { columns, rows, copied }
    }

    /// What the other one differs in, in words.
    pub(super) fn differences(&self, other: &Self) -> Vec<(&'static str, String)> {
        let (
            Self::Shown { columns, rows, copied },
            Self::Shown { columns: others, rows: other_rows, copied: other_copied },
        ) = (self, other)
        else {
            return vec![("error", format!("{other:?}"))];
        };
        let mut found = Vec::new();
        if columns != others {
            let differing: Vec<_> = columns.iter().zip(others).filter(|(a, b)| a != b).collect();
            found.push(("columns", format!("   {} and {}: {differing:?}", columns.len(), others.len())));
        }
        if rows != other_rows || copied != other_copied {
            let missing = but_not_in(rows, other_rows);
            let further = but_not_in(other_rows, rows);
            found.push((
                "rows",
                format!(
                    "   {} and {} rows, {copied} and {other_copied} copied\n   PostgreSQL {missing:?}\n   Pintail    {further:?}",
                    rows.len(),
                    other_rows.len()
                ),
            ));
        }
        found
    }
}

fn but_not_in<'a>(rows: &'a [Row], others: &[Row]) -> Vec<&'a Row> {
    rows.iter().filter(|row| !others.contains(row)).take(ROWS_SHOWN).collect()
}
