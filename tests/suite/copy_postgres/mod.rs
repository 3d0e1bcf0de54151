//! COPY on Pintail and on PostgreSQL 15, side by side: the same statements and the same bytes, and what each
//! answers is compared: the response's formats, the data, the tag, the error with its code, message, position
//! and context, and what is in the table afterwards.

mod data;
mod random;
mod statements;

use harness::{Backend, Batch, Pintail, Postgres, RawClient, Report};

/// A connection to each.
struct Both {
    pintail: RawClient,
    postgres: RawClient,
    _servers: (Pintail, Postgres),
}

/// What a COPY was answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Answer {
    /// The formats of CopyInResponse or CopyOutResponse: the whole, then each column's.
    formats: Option<(char, u8, Vec<i16>)>,
    data: Vec<u8>,
    tags: Vec<String>,
    /// Code, message, position, context.
    error: Option<[String; 4]>,
}

impl Answer {
    fn read(messages: &[Backend]) -> Self {
        let mut answer = Self::default();
        for message in messages {
            match message {
                Backend::CopyIn(format, columns) => answer.formats = Some(('G', *format, columns.clone())),
                Backend::CopyOut(format, columns) => answer.formats = Some(('H', *format, columns.clone())),
                Backend::CopyData(data) => answer.data.extend(data),
                Backend::CommandComplete(tag) => answer.tags.push(tag.clone()),
                _ => {}
            }
        }
        answer.error = harness::raw::error_in(messages).map(error);
        answer
    }

    fn code(&self) -> &str {
        self.error.as_ref().map_or("", |[code, ..]| code)
    }
}

fn error(report: &Report) -> [String; 4] {
    ['C', 'M', 'P', 'W'].map(|key| report.field(key).to_owned())
}

impl Both {
    fn start() -> anyhow::Result<Self> {
        let servers = (Pintail::start()?, Postgres::start()?);
        let pintail = RawClient::connect(&servers.0.target())?;
        let postgres = RawClient::connect(&servers.1.target())?;
        Ok(Self { pintail, postgres, _servers: servers })
    }

    /// Runs a statement on both, which has to work.
    fn run(&mut self, sql: &str) -> anyhow::Result<()> {
        self.pintail.rows(sql)?;
        self.postgres.rows(sql)?;
        Ok(())
    }

    /// Sends a statement, and data whether or not it is wanted, in pieces of a size.
    fn copy(&mut self, sql: &str, data: &[u8], piece: usize) -> anyhow::Result<(Answer, Answer)> {
        let mut batch = Batch::new().query(sql);
        for piece in data.chunks(piece.max(1)) {
            batch = batch.copy_data(piece);
        }
        let batch = batch.copy_done();
        let ask = |client: &mut RawClient| {
            client.send(&batch)?;
            anyhow::Ok(Answer::read(&client.until_ready()?))
        };
        Ok((ask(&mut self.pintail)?, ask(&mut self.postgres)?))
    }

    /// A table's rows, as each prints them, sorted.
    fn rows(&mut self, table: &str) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
        let (pintail, postgres) = self.copy(&format!("copy {table} to stdout"), b"", 1)?;
        let sorted = |answer: Answer| {
            let mut lines: Vec<_> =
                answer.data.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            lines.sort();
            lines.concat()
        };
        Ok((sorted(pintail), sorted(postgres)))
    }
}

/// Shows bytes in a failure.
fn shown(data: &[u8]) -> String {
    data.escape_ascii().to_string()
}

/// Fails with the first few of what is wrong, long lines cut.
fn none(wrong: &[String], cases: usize) {
    let cut = |line: &str| line.chars().take(700).collect::<String>();
    let head: Vec<_> = wrong.iter().take(15).flat_map(|case| case.lines().map(cut)).collect();
    assert!(wrong.is_empty(), "{} of {cases} wrong:\n{}", wrong.len(), head.join("\n"));
}
