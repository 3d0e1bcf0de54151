//! Compiles the C++ shim against the headers that `scripts/get-duckdb.sh` unpacked, and tells the linker where
//! `libduckdb.so` lies for this package's own tests. A library cannot pass link arguments on, so every package
//! that makes a binary or a test repeats the function [`link_duckdb`] in its own `build.rs`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;
use std::{env, fs, thread};

/// The shim's files, below shim/.
const SOURCES: &[&str] = &[
    "shim.cpp",
    "state.cpp",
    "execution.cpp",
    "appender.cpp",
    "collection.cpp",
    "define.cpp",
    "hold.cpp",
    "look.cpp",
    "sequences.cpp",
    "arrays.cpp",
    "definition.cpp",
    "own.cpp",
    "overloads.cpp",
    "names.cpp",
    "unseen.cpp",
    "shown.cpp",
    "tell.cpp",
    "reach.cpp",
    "addresses.cpp",
    "opened.cpp",
    "variables.cpp",
    "guard.cpp",
    "expressions.cpp",
    "origins.cpp",
    "forms.cpp",
    "literals.cpp",
    "collations.cpp",
    "catalog/directory.cpp",
    "catalog/connected.cpp",
    "catalog/constraints.cpp",
    "catalog/defaults.cpp",
    "catalog/words.cpp",
    "catalog/statics.cpp",
    "catalog/types.cpp",
    "catalog/numbers.cpp",
    "catalog/listings.cpp",
    "catalog/attributes.cpp",
    "catalog/dependencies.cpp",
    "catalog/indexes.cpp",
    "catalog/functions.cpp",
    "catalog/definitions.cpp",
    "catalog/sizes.cpp",
    "catalog/catalog.cpp",
];

fn main() -> Result<(), Box<dyn Error>> {
    let duckdb = link_duckdb()?;
    let include = duckdb.join("include");
    // Lies beside include/ in the same source package: it says which DuckDB the headers belong to.
    let version_file = duckdb.join("function/table/version/pragma_version.cpp");
    let version = fs::read_to_string(&version_file)
        .map_err(|error| format!("{}: {error}; run scripts/get-duckdb.sh", version_file.display()))?;
    let major = defined(&version, "DUCKDB_MAJOR_VERSION")?;
    let minor = defined(&version, "DUCKDB_MINOR_VERSION")?;
    let patch = defined(&version, "DUCKDB_PATCH_VERSION")?;
    let source_id = defined(&version, "DUCKDB_SOURCE_ID")?;

    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .flag("-isystem")
        .flag(&include)
        .include("shim/absent")
        .flag("-fvisibility=hidden")
        .define("PINTAIL_HEADER_VERSION", format!("\"v{major}.{minor}.{patch}\"").as_str())
        .define("PINTAIL_HEADER_SOURCE_ID", format!("\"{source_id}\"").as_str());
    for object in compile(&build, &version_file)? {
        build.object(object);
    }
    build.try_compile("pintail_shim")?;
    println!("cargo:rerun-if-changed=shim");
    println!("cargo:rerun-if-changed={}", version_file.display());
    Ok(())
}

/// The object files of the shim. Only what is older than its source or a header is compiled: DuckDB's headers take
/// seconds for each file.
fn compile(build: &cc::Build, version_file: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "a build script is configured by the environment")]
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: not a build script")?);
    let mut headers = modified(version_file)?.max(modified(Path::new("build.rs"))?);
    for folder in ["shim", "shim/catalog"] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "h" || extension == "hpp") {
                headers = headers.max(modified(&path)?);
            }
        }
    }
    let mut objects = Vec::new();
    let mut outdated = Vec::new();
    for name in SOURCES {
        let source = Path::new("shim").join(name);
        let object = out.join(name.replace('/', "-")).with_extension("o");
        let needed = headers.max(modified(&source)?);
        if modified(&object).map_or(true, |made| made < needed) {
            outdated.push((source, object.clone()));
        }
        objects.push(object);
    }
    let compiler = build.get_compiler();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let queue = Mutex::new(outdated);
    let next = || queue.lock().ok().and_then(|mut queue| queue.pop());
    let is_done = thread::scope(|scope| {
        let work = || {
            while let Some((source, object)) = next() {
                let mut command = compiler.to_command();
                if !command
                    .arg("-c")
                    .arg(&source)
                    .arg("-o")
                    .arg(&object)
                    .status()
                    .is_ok_and(|end| end.success())
                {
                    let _ = fs::remove_file(&object);
                    return false;
                }
            }
            true
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let done: Vec<bool> =
            threads.into_iter().map(|thread| thread.join().is_ok_and(|done| done)).collect();
        done.into_iter().all(|done| done)
    });
    if is_done { Ok(objects) } else { Err("the shim does not compile; the compiler says why above".into()) }
}

fn modified(path: &Path) -> Result<SystemTime, Box<dyn Error>> {
    Ok(fs::metadata(path)?.modified()?)
}

/// Lets binaries and tests of this package find the library: beside an installed binary, and where
/// `scripts/get-duckdb.sh` put it (a released binary carries only the first). Returns that directory.
fn link_duckdb() -> Result<PathBuf, Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "a build script is configured by the environment")]
    let directory =
        env::var_os("DUCKDB_LIB_DIR").ok_or("DUCKDB_LIB_DIR is not set: build inside the repository")?;
    let directory = PathBuf::from(directory);
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib,-rpath,{}", directory.display());
    Ok(directory)
}

/// The value of `#define NAME value` in C++ source, without quotes.
fn defined<'s>(source: &'s str, name: &str) -> Result<&'s str, String> {
    source
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.strip_prefix(name))
        .map(|value| value.trim().trim_matches('"'))
        .next()
        .ok_or_else(|| format!("{name} is not defined in pragma_version.cpp"))
}
