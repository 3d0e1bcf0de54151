//! A directory outside every account, with files whose contents must never be seen, and of which every change is seen.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use engine::{AllowAll, Instance, Options};

/// Stands in every file of the directory.
pub(super) const SECRET: &str = "kept-in-the-canary-directory";

/// The directory; it goes when this is dropped.
pub(super) struct Canary {
    folder: tempfile::TempDir,
    before: BTreeMap<PathBuf, Vec<u8>>,
}

impl Canary {
    pub(super) fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("canary-").tempdir()?;
        let path = folder.path();
        for name in ["secret.csv", "secret.json", "x.duckdb_extension", "x.db", "m.ducklake"] {
            fs::write(path.join(name), format!("{SECRET}\n{SECRET}\n"))?;
        }
        let duckdb = Instance::open(&Options::default())?.connect(AllowAll)?;
        let path = path.display();
        for sql in [
            format!("COPY (SELECT '{SECRET}' AS s) TO '{path}/secret.parquet'"),
            format!("ATTACH '{path}/other.duckdb' AS other"),
            format!("CREATE TABLE other.t AS SELECT '{SECRET}' AS s"),
            "DETACH other".to_owned(),
        ] {
            duckdb.execute(&sql)?;
        }
        let before = contents(folder.path())?;
        Ok(Self { folder, before })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What has been made, changed or removed; from then on that counts as known.
    pub(super) fn changes(&mut self) -> anyhow::Result<Vec<PathBuf>> {
        let now = contents(self.path())?;
        let before = std::mem::replace(&mut self.before, now);
        let now = &self.before;
        let differs = |path: &&PathBuf| before.get(*path) != now.get(*path);
        Ok(before.keys().chain(now.keys()).filter(differs).cloned().collect())
    }
}

/// All files and folders below this one.
fn contents(folder: &Path) -> anyhow::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let content = if path.is_dir() {
                folders.push(path.clone());
                Vec::new()
            } else {
                fs::read(&path)?
            };
            found.insert(path, content);
        }
    }
    Ok(found)
}

#[test]
fn every_change_is_seen() -> anyhow::Result<()> {
    let mut canary = Canary::new()?;
    assert!(canary.changes()?.is_empty());
    let (new, old) = (canary.path().join("dir/new"), canary.path().join("secret.csv"));
    fs::create_dir(canary.path().join("dir"))?;
    fs::write(&new, "")?;
    fs::write(old, "x")?;
    let changes = canary.changes()?;
    assert!(changes.len() >= 3 && changes.contains(&new), "{changes:?}");
    assert!(canary.changes()?.is_empty());
    Ok(())
}
