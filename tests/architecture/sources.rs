//! Checks that read the sources as text.

use std::{
    fs,
    path::{Path, PathBuf},
};

use harness::config;

/// The greatest number of lines in a file.
const LINES_MAX: usize = 500;

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())).flatten()
        {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn all() -> Vec<(PathBuf, String)> {
    let folders = ["crates", "tests", "bench"].map(|folder| config::root().join(folder));
    let files = folders
        .iter()
        .flat_map(|folder| rust_files(folder))
        .filter(|path| !path.components().any(|part| part.as_os_str() == "target"));
    let files = files.map(|path| {
        let text = fs::read_to_string(&path).expect("a source file");
        (path.strip_prefix(config::root()).expect("in the repository").to_path_buf(), text)
    });
    files.collect()
}

#[test]
fn files_are_short() {
    let long = all()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .collect::<Vec<_>>();
    assert!(long.is_empty(), "longer than {LINES_MAX} lines: {long:?}");
}

#[test]
fn files_say_what_they_are() {
    let silent = all()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| path)
        .collect::<Vec<_>>();
    assert!(silent.is_empty(), "no //! paragraph at the top: {silent:?}");
}

#[test]
fn unsafe_stands_only_in_the_engine() {
    let unsafe_code = |text: &str| {
        text.lines().map(|line| line.split("//").next().unwrap_or("")).any(|line| {
            ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe trait"]
                .iter()
                .any(|word| line.contains(word))
        })
    };
    let found = all().into_iter().filter(|(path, text)| {
        !path.starts_with("crates/engine") && !path.ends_with("architecture/sources.rs") && unsafe_code(text)
    });
    let found = found.map(|(path, _)| path).collect::<Vec<_>>();
    assert!(found.is_empty(), "unsafe outside crates/engine: {found:?}");
}

#[test]
fn tests_are_not_switched_off() {
    // Built from parts, so that this file is no match for itself.
    let ignore = ["#[", "ignore]"].concat();
    let silent = all()
        .into_iter()
        .filter(|(_, text)| text.contains(&ignore))
        .map(|(path, _)| path)
        .collect::<Vec<_>>();
    assert!(silent.is_empty(), "an ignored test without a reason: {silent:?}");
}

/// `lib.rs` lists the modules in data-flow order; a module may use only those listed after it (and itself).
#[test]
fn modules_look_only_downwards() {
    let mut upward = Vec::new();
    let crates = ["crates/gateway", "crates/duckling", "crates/engine", "crates/wire", "tests"];
    for name in crates {
        let folder = config::root().join(name).join("src");
        let library = fs::read_to_string(folder.join("lib.rs")).expect("lib.rs");
        let order = library.lines().filter_map(declared_module).collect::<Vec<_>>();
        assert!(!order.is_empty(), "{name}/src/lib.rs declares no modules");
        for path in rust_files(&folder) {
            let inner = path.strip_prefix(&folder).expect("below src");
            // Unit tests may look anywhere.
            if inner.components().any(|part| part.as_os_str() == "tests.rs" || part.as_os_str() == "tests") {
                continue;
            }
            let top =
                inner.components().next().expect("a name").as_os_str().to_string_lossy().replace(".rs", "");
            let Some(own) = order.iter().position(|module| *module == top) else {
                continue;
            };
            let text = fs::read_to_string(&path).expect("a source file");
            for used in used_modules(&text) {
                if order.iter().position(|module| *module == used).is_some_and(|place| place < own) {
                    upward.push(format!("{name}: {top} uses {used} ({})", inner.display()));
                }
            }
        }
    }
    assert!(upward.is_empty(), "upward use inside a crate:\n{}", upward.join("\n"));
}

fn declared_module(line: &str) -> Option<String> {
    let rest =
        line.trim().trim_start_matches("pub ").trim_start_matches("pub(crate) ").strip_prefix("mod ")?;
    Some(rest.strip_suffix(';')?.to_owned())
}

/// The first names after each `crate::`, those inside braces as well; test modules are left out.
fn used_modules(text: &str) -> Vec<String> {
    let production = text.split("#[cfg(test)]").next().unwrap_or(text);
    let code =
        production.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => {
                let mut depth = 1;
                let mut name = String::new();
                let mut at_start = true;
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 1 => {
                            at_start = true;
                            found.push(std::mem::take(&mut name));
                        }
                        ':' if depth == 1 => at_start = false,
                        c if depth == 1 && at_start && (c.is_alphanumeric() || c == '_') => name.push(c),
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
                found.push(name);
            }
            None => found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()),
        }
    }
    found
}

#[test]
fn the_list_reader_reads_lists() {
    let text = "use crate::{alpha::{One, Two}, beta};\nfn f() -> crate::gamma::Three { crate::delta() }\n// crate::epsilon";
    assert_eq!(used_modules(text), ["alpha", "beta", "gamma", "delta"]);
}
