//! The `sample_data` database: made by a script of ours, the same bytes of data every time.
//!
//! Run in a process of its own, since the gateway never opens DuckDB.

use std::path::Path;

use engine::{AllowAll, Error, Instance, Options};

const SCRIPT: &str = include_str!("sample_data.sql");

/// Makes the database at a path where there is no file.
///
/// # Errors
/// When the engine cannot write it.
pub fn generate(path: &Path) -> Result<(), Error> {
    let instance = Instance::open(&Options { config: Vec::new() })?;
    let connection = instance.connect(AllowAll)?;
    let literal = path.to_string_lossy().replace('\'', "''");
    connection.execute(&format!("ATTACH '{literal}' AS sample_data"))?;
    connection.execute("USE sample_data")?;
    connection.execute(SCRIPT)?;
    connection.execute("CHECKPOINT sample_data")?;
    connection.execute("ATTACH ':memory:' AS nothing")?;
    connection.execute("USE nothing")?;
    connection.execute("DETACH sample_data")
}
