//! Tells the program where `libduckdb.so` lies: beside it when installed, and in the repository for
//! development builds. With `PINTAIL_PACKAGE` set, only the former.

use std::{env, error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    println!("cargo:rerun-if-env-changed=PINTAIL_PACKAGE");
    println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib");
    // DuckDB's extension iceberg needs it, and is loaded where the system's libraries cannot be read any more.
    println!("cargo:rustc-link-arg=-Wl,--push-state,--no-as-needed,-l:librt.so.1,--pop-state");
    if variable("PINTAIL_PACKAGE").is_some() {
        return Ok(());
    }
    let library =
        variable("DUCKDB_LIB_DIR").ok_or("DUCKDB_LIB_DIR is not set: build inside the repository")?;
    let extensions = library.parent().unwrap_or(&library).join("extensions");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", library.display());
    println!("cargo:rustc-env=PINTAIL_DEVELOPMENT_EXTENSIONS={}", extensions.display());
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a build script is configured by the environment")]
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from)
}
