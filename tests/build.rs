//! Lets the suites find DuckDB's library where `scripts/get-duckdb.sh` put it.

use std::{env, error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "a build script is configured by the environment")]
    let directory =
        env::var_os("DUCKDB_LIB_DIR").ok_or("DUCKDB_LIB_DIR is not set: build inside the repository")?;
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib,-rpath,{}", PathBuf::from(directory).display());
    Ok(())
}
