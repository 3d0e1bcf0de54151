//! sqlx and diesel: the matrix's cases, one printed line for each. The argument names the client.

mod diesel_cases;
mod sqlx_cases;

use std::env;

/// Why a case did not pass.
pub enum Outcome {
    /// The server answered as its documentation says.
    Impossible(String),
    /// Anything else.
    Failed(String),
}

impl<E: std::fmt::Display> From<E> for Outcome {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What a case ends with.
pub type Result<T = ()> = std::result::Result<T, Outcome>;

/// Compares, and says both sides.
pub fn check<T: PartialEq + std::fmt::Debug>(found: T, expected: T) -> Result {
    if found == expected { Ok(()) } else { Err(Outcome::Failed(format!("expected {expected:?}, got {found:?}"))) }
}

/// What ROLLBACK TO cannot do.
pub const UNDO: &str = "ROLLBACK TO after something was written: DuckDB has no savepoints";

/// Whether the server is Pintail.
pub fn on_pintail() -> bool {
    env::var("SERVER").is_ok_and(|server| server == "pintail")
}

/// A variable of the environment.
pub fn var(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// The connection string.
pub fn uri() -> String {
    format!(
        "postgresql://{}:{}@{}:{}/{}?sslmode=verify-full&sslrootcert={}",
        var("PGUSER"), var("PGPASSWORD"), var("PGHOST"), var("PGPORT"), var("PGDATABASE"), var("CA_FILE")
    )
}

/// Prints the line of a case.
pub fn report(name: &str, outcome: Result) {
    let one_line = |said: String| said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(600).collect::<String>();
    match outcome {
        Ok(()) => println!("{name}\tok\t"),
        Err(Outcome::Impossible(reason)) => println!("{name}\timpossible\t{reason}"),
        Err(Outcome::Failed(reason)) => println!("{name}\tfailed\t{}", one_line(reason)),
    }
}

fn main() {
    match env::args().nth(1).as_deref() {
        Some("sqlx") => sqlx_cases::run(),
        Some("diesel") => diesel_cases::run(),
        other => panic!("which client? {other:?}"),
    }
}
