//! One statement with one parameter, run for many values in few round trips, and what came of each.

use harness::{Backend, Batch, Bind, RawClient};

/// Text or binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Binary,
}

impl Form {
    pub(super) fn code(self) -> i16 {
        match self {
            Self::Text => 0,
            Self::Binary => 1,
        }
    }
}

/// A value as a client sends it.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) form: Form,
    pub(super) bytes: Option<Vec<u8>>,
}

impl Input {
    pub(super) fn text(text: &str) -> Self {
        Self { form: Form::Text, bytes: Some(text.as_bytes().to_vec()) }
    }

    pub(super) fn binary(bytes: &[u8]) -> Self {
        Self { form: Form::Binary, bytes: Some(bytes.to_vec()) }
    }
}

/// The first column of the row that came back, or the error's code and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Value(Option<Vec<u8>>),
    Refused { code: String, message: String },
    Nothing,
}

impl Outcome {
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Value(value) => value.as_deref(),
            Self::Refused { .. } | Self::Nothing => None,
        }
    }

    /// The same bytes, or refused with the same code.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Refused { code: ours, .. }, Self::Refused { code: theirs, .. }) => ours == theirs,
            _ => self == other,
        }
    }

    pub(super) fn is_refused_with(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }

    pub(super) fn shown(&self, form: Form) -> String {
        match (self, form) {
            (Self::Value(None), _) => "NULL".to_owned(),
            (Self::Value(Some(bytes)), Form::Text) => String::from_utf8_lossy(bytes).into_owned(),
            (Self::Value(Some(bytes)), Form::Binary) => hex(bytes),
            (Self::Refused { code, message }, _) => format!("ERROR {code} {message}"),
            (Self::Nothing, _) => "no row".to_owned(),
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// So many values in one write: their answers fit into what the operating system keeps for a socket.
const BATCH: usize = 32;

/// Runs `sql`, whose `$1` is declared as a type, for each value; every one in a transaction of its own.
pub(super) fn run(
    client: &mut RawClient,
    sql: &str,
    oid: u32,
    inputs: &[Input],
    result: Form,
) -> anyhow::Result<Vec<Outcome>> {
    client.send(&Batch::new().close(b'S', "values").parse("values", sql, &[oid]).sync())?;
    let prepared = client.until_ready()?;
    if let Some(report) = harness::raw::error_in(&prepared) {
        let refused =
            Outcome::Refused { code: report.code().to_owned(), message: report.message().to_owned() };
        return Ok(vec![refused; inputs.len()]);
    }
    let mut outcomes = Vec::new();
    for some in inputs.chunks(BATCH) {
        let mut batch = Batch::new();
        for input in some {
            let bind = Bind {
                statement: "values",
                formats: &[input.form.code()],
                parameters: std::slice::from_ref(&input.bytes),
                results: &[result.code()],
                ..Bind::default()
            };
            batch = batch.bind(&bind).execute("", 0).sync();
        }
        client.send(&batch)?;
        for _ in some {
            outcomes.push(outcome(client.until_ready()?));
        }
    }
    Ok(outcomes)
}

fn outcome(answer: Vec<Backend>) -> Outcome {
    let mut outcome = Outcome::Nothing;
    for message in answer {
        match message {
            Backend::DataRow(mut row) if !row.is_empty() => outcome = Outcome::Value(row.swap_remove(0)),
            Backend::Error(report) => {
                outcome =
                    Outcome::Refused { code: report.code().to_owned(), message: report.message().to_owned() };
            }
            _ => {}
        }
    }
    outcome
}
