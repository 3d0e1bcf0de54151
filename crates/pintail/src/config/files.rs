//! Files that ducklings cannot do without, looked at before anybody is served: extensions, certificates.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use gateway::{settings::DucklingSettings, tls::trust};

/// Fails at the first that is missing or unusable.
pub(crate) fn check(duckling: &DucklingSettings) -> anyhow::Result<()> {
    let folder = extension_folder(duckling);
    let own = duckling.account_extensions.values().flatten();
    for name in duckling.extensions.iter().chain(own) {
        let file = folder.join(format!("{name}.duckdb_extension"));
        ensure!(
            file.is_file(),
            "the extension {name} is missing: there is no {}; set [duckling] extension_directory, or take the \
             extension out of the list",
            file.display()
        );
    }
    let remote = duckling.remote.as_ref();
    if let Some(path) = remote.and_then(|remote| remote.ca_file.as_ref()) {
        trust::read_roots(path).context("[egress] ca_file")?;
    }
    Ok(())
}

/// Where DuckDB looks for them: by its version and platform.
fn extension_folder(duckling: &DucklingSettings) -> PathBuf {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let platform = format!("{}_{architecture}", std::env::consts::OS);
    duckling.extension_directory.join(duckling::engine_version()).join(platform)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::{Environment, Flags, Resolved};

    fn complaint(text: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pintail.toml");
        fs::write(&file, text).unwrap();
        let flags =
            Flags { config: Some(file), data_dir: Some(folder.path().to_owned()), ..Flags::default() };
        let resolved = Resolved::read(&flags, &Environment::of(&[])).unwrap();
        check(&resolved.settings.duckling).err().map(|error| format!("{error:#}"))
    }

    #[test]
    fn what_is_missing_is_named() {
        let nothing = "[duckling]\nextensions = []\nextension_directory = '/nope'";
        assert_eq!(complaint(nothing), None);
        let error = complaint("[duckling]\nextension_directory = '/nope'").unwrap();
        assert!(error.contains("/nope/v") && error.contains("httpfs.duckdb_extension"), "{error}");
        let error = complaint(&format!("{nothing}\n[account.a]\nextensions = ['fts']")).unwrap();
        assert!(error.contains("fts.duckdb_extension"), "{error}");
        for path in ["/nope.pem", "/etc/passwd"] {
            let error = complaint(&format!("{nothing}\n[egress]\nca_file = '{path}'")).unwrap();
            assert!(error.contains("[egress] ca_file") && error.contains(path), "{error}");
            assert!(error.matches("os error").count() < 2, "{error}");
        }
    }
}
