//! The architecture, checked: which crate may depend on which, which module on which, where `unsafe` may stand, how
//! long a file may be. ARCHITECTURE §2 and STYLE say why.

#[cfg(test)]
mod sources;

#[cfg(test)]
mod crates {
    use std::{collections::BTreeMap, process::Command};

    use harness::config;
    use serde_json::Value;

    /// Our crates and those of them that each may depend on, in the order the data flows.
    const ALLOWED: &[(&str, &[&str])] = &[
        ("pintail", &["gateway", "duckling"]),
        ("gateway", &["wire"]),
        ("duckling", &["engine", "wire"]),
        ("engine", &[]),
        ("wire", &[]),
        // Shares no code with the server, so that a mistake cannot hide behind the same mistake.
        ("harness", &[]),
        ("bench", &["harness"]),
    ];

    /// What a crate's nature forbids: IO and async in `wire`, async in the blocking ones, DuckDB outside `engine`.
    const FORBIDDEN: &[(&str, &[&str])] = &[
        ("wire", &["tokio", "rustls", "tokio-rustls", "rusqlite", "rustix", "libduckdb-sys"]),
        ("engine", &["tokio", "rustls", "tokio-rustls", "rusqlite"]),
        ("duckling", &["tokio", "rustls", "tokio-rustls", "rusqlite", "libduckdb-sys", "anyhow"]),
        ("gateway", &["libduckdb-sys", "anyhow"]),
        ("pintail", &["libduckdb-sys"]),
    ];

    fn dependencies() -> BTreeMap<String, Vec<String>> {
        let output = Command::new("cargo")
            .args(["metadata", "--format-version=1", "--no-deps", "--locked", "--offline"])
            .current_dir(config::root())
            .output()
            .expect("cargo");
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
        let packages = metadata["packages"].as_array().expect("packages");
        let of = |package: &Value| {
            let all = package["dependencies"].as_array().expect("dependencies").iter();
            all.filter(|dependency| dependency["kind"].is_null()).map(name).collect()
        };
        packages.iter().map(|package| (name(package), of(package))).collect()
    }

    fn name(value: &Value) -> String {
        value["name"].as_str().expect("a name").to_owned()
    }

    #[test]
    fn depend_only_downwards() {
        let found = dependencies();
        let ours = ALLOWED.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        for (package, dependencies) in &found {
            let allowed = ALLOWED.iter().find(|(name, _)| name == package);
            let (_, allowed) = allowed.unwrap_or_else(|| panic!("{package} is not in the architecture"));
            for dependency in dependencies.iter().filter(|dependency| ours.contains(&dependency.as_str())) {
                assert!(allowed.contains(&dependency.as_str()), "{package} must not depend on {dependency}");
            }
        }
        assert_eq!(found.len(), ALLOWED.len(), "packages: {:?}", found.keys());
    }

    #[test]
    fn keep_to_their_nature() {
        let found = dependencies();
        for (package, forbidden) in FORBIDDEN {
            for dependency in &found[*package] {
                assert!(
                    !forbidden.contains(&dependency.as_str()),
                    "{package} must not depend on {dependency}"
                );
            }
        }
    }
}
