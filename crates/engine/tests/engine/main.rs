//! The engine against the pinned library: one test binary, a file per subject.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails here has failed"
)]

mod bulk;
mod collection;
mod errors;
mod guard;
mod hold;
mod locks;
mod names;
mod options;
mod origins;
mod streaming;
mod sights;
mod tell;
mod types;

use engine::{AllowAll, Chunk, Connection, Error, Execution, Instance, Options, Statement, Step};

/// An instance whose configuration no test depends on.
fn instance() -> Instance {
    let config = [("threads", "2"), ("autoload_known_extensions", "false")];
    let config = config.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Instance::open(&Options { config }).unwrap()
}

fn connection() -> Connection {
    instance().connect(AllowAll).unwrap()
}

/// All chunks of an execution.
fn drain(execution: &mut Execution) -> Result<Vec<Chunk>, Error> {
    let mut chunks = Vec::new();
    loop {
        match execution.step()? {
            Step::Chunk(chunk) => chunks.push(chunk),
            Step::NotReady => {}
            Step::Blocked => std::thread::sleep(std::time::Duration::from_micros(50)),
            Step::Finished => return Ok(chunks),
        }
    }
}

fn run(statement: &mut Statement) -> Result<Vec<Chunk>, Error> {
    drain(&mut statement.start()?)
}

/// The one text of a query's first column and row.
fn text(connection: &Connection, sql: &str) -> String {
    let chunks = run(&mut connection.prepare_sql(sql).unwrap()).unwrap();
    let strings = chunks[0].column(0).unwrap().strings().expect("a text column");
    String::from_utf8(strings.bytes(0).to_vec()).unwrap()
}

/// The one bigint of a query's first column and row.
fn bigint(connection: &Connection, sql: &str) -> i64 {
    let chunks = run(&mut connection.prepare_sql(sql).unwrap()).unwrap();
    chunks[0].column(0).unwrap().values::<i64>().expect("a bigint column")[0]
}
