//! Taking an archive of a server that serves. The accounts' databases are neither made, dropped nor renamed meanwhile; what is
//! in them may be changed as ever.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{BackupError, Summary, archive::Writer, file_error};
use crate::{
    duckling::Ducklings,
    home::{self, Layout, STAGE},
    store::{Account, Contents, Name, OwnFile, Records, StoreError},
};

/// Takes everything, or one account.
///
/// # Errors
/// A database that cannot be copied now, what the system refuses.
pub async fn take(
    ducklings: &Ducklings,
    records: &Records,
    layout: &Layout,
    account: Option<Name>,
    file: PathBuf,
) -> Result<Summary, BackupError> {
    let wanted = account.clone();
    let accounts = records.run(move |store| accounts(store.accounts()?, wanted.as_ref())).await?;
    let ids: Vec<_> = accounts.iter().map(|account| account.id).collect();
    let held = ducklings.platform().hold(&ids).await;
    let stage = Stage::make(layout)?;
    let writer = Writer::create(&file)?;
    let links = ducklings.platform().links().await;
    let (copy, place, only) = (stage.path("store.sqlite"), layout.clone(), account.clone());
    let folder = stage.0.clone();
    let contents = records.run(move |store| {
        let contents = store.back_up(&copy, only.as_ref())?;
        link_all(&place, &folder, &contents)?;
        Ok(contents)
    });
    let contents = contents.await?;
    drop(links);
    let mut writer = writer;
    for database in &contents.databases {
        let owner = accounts.iter().find(|account| account.id == database.account);
        let Some(owner) = owner else { continue };
        let path = layout.database(database.account, database.id);
        let files = match copy_database(ducklings, owner, database, &stage).await {
            Ok(draft) => Files::of(&path, draft)?,
            // Nobody writes what no process can open.
            Err(BackupError::Unavailable(error)) => {
                tracing::warn!(account = owner.name, %error, "its files are backed up as they are");
                Files::as_they_are(&path)?
            }
            Err(error) => return Err(error),
        };
        let place = layout.clone();
        writer = blocking(move || {
            files.add_to(&mut writer, &place)?;
            Ok(writer)
        })
        .await?;
    }
    let (stage_folder, place, is_whole) = (stage.0.clone(), layout.clone(), account.is_none());
    let names = accounts.into_iter().map(|account| account.name).collect();
    let summary = blocking(move || {
        add_rest(&mut writer, &place, (&stage_folder, is_whole), &contents)?;
        let (databases, copies) =
            (contents.databases.len(), contents.snapshots.len() + contents.editions.len());
        writer.finish(Summary { accounts: names, databases, copies, bytes: 0 })
    })
    .await?;
    drop((held, stage));
    Ok(summary)
}

fn accounts(all: Vec<Account>, wanted: Option<&Name>) -> Result<Vec<Account>, StoreError> {
    let Some(name) = wanted else { return Ok(all) };
    let meant = |account: &Account| account.name.eq_ignore_ascii_case(name.as_str());
    let found: Vec<_> = all.into_iter().filter(meant).collect();
    if found.is_empty() { Err(StoreError::NoAccount(name.as_str().to_owned())) } else { Ok(found) }
}

async fn copy_database(
    ducklings: &Ducklings,
    account: &Account,
    database: &OwnFile,
    stage: &Stage,
) -> Result<Option<crate::platform::Draft>, BackupError> {
    let copied =
        ducklings.copy_database(account, database, &stage.0).await.map_err(BackupError::Unavailable)?;
    copied.map_err(|diagnostic| BackupError::Database {
        account: account.name.clone(),
        database: database.name.clone(),
        reason: diagnostic.message,
    })
}

/// The files of one database.
struct Files {
    files: Vec<(PathBuf, File)>,
    /// Whether they are the database's own, which must stay as they are.
    are_own: bool,
}

impl Files {
    /// A copy for the file at this path. One that DuckDB has not made yet is empty.
    fn of(path: &Path, draft: Option<crate::platform::Draft>) -> Result<Self, BackupError> {
        let copied = draft.map(|draft| draft.open().map_err(BackupError::Home)).transpose()?;
        let files = copied.map(|file| (path.to_owned(), file)).into_iter().collect();
        Ok(Self { files, are_own: false })
    }

    /// The file at this path itself, and its log.
    fn as_they_are(path: &Path) -> Result<Self, BackupError> {
        let mut files = Vec::new();
        for path in [path.to_owned(), path.with_added_extension("wal")] {
            match File::open(&path) {
                Ok(file) => files.push((path, file)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(file_error(&path)(error)),
            }
        }
        Ok(Self { files, are_own: true })
    }

    fn add_to(&self, writer: &mut Writer, layout: &Layout) -> Result<(), BackupError> {
        let written = |path: &Path| {
            let read = fs::metadata(path).and_then(|metadata| Ok((metadata.len(), metadata.modified()?)));
            read.map_err(file_error(path))
        };
        let all = || self.files.iter().map(|(path, _)| written(path)).collect::<Result<Vec<_>, _>>();
        let before = self.are_own.then(all).transpose()?;
        for (path, file) in &self.files {
            writer.add(&relative(layout, path), file.try_clone().map_err(file_error(path))?)?;
        }
        if before != self.are_own.then(all).transpose()? {
            let changed = std::io::Error::other("a database was changed while it was backed up; try again");
            return Err(file_error(layout.root())(changed));
        }
        Ok(())
    }
}

/// What never changes gets a second name, so that it stays until it is in the archive.
fn link_all(layout: &Layout, stage: &Path, contents: &Contents) -> Result<(), StoreError> {
    for path in unchanging(layout, contents) {
        let link = stage.join(link_name(layout, &path));
        fs::hard_link(&path, &link).map_err(home::HomeError::io(&path))?;
    }
    Ok(())
}

fn unchanging(layout: &Layout, contents: &Contents) -> Vec<PathBuf> {
    let snapshots = contents.snapshots.iter().map(|(account, id)| layout.snapshot(*account, *id));
    snapshots.chain(contents.editions.iter().map(|edition| layout.edition(*edition))).collect()
}

fn link_name(layout: &Layout, path: &Path) -> String {
    relative(layout, path).replace('/', "+")
}

/// A path in the data directory.
fn relative(layout: &Layout, path: &Path) -> String {
    path.strip_prefix(layout.root()).unwrap_or(path).to_string_lossy().into_owned()
}

/// Snapshots, shares, certificates, and the store as the last.
fn add_rest(
    writer: &mut Writer,
    layout: &Layout,
    (stage, is_whole): (&Path, bool),
    contents: &Contents,
) -> Result<(), BackupError> {
    let open = |path: &Path| File::open(path).map_err(file_error(path));
    for path in unchanging(layout, contents) {
        writer.add(&relative(layout, &path), open(&stage.join(link_name(layout, &path)))?)?;
    }
    if is_whole {
        let folder = layout.tls();
        let mut paths = vec![layout.ca(), layout.ca_bundle(), layout.truststore()];
        for entry in fs::read_dir(&folder).map_err(file_error(&folder))? {
            paths.push(entry.map_err(file_error(&folder))?.path());
        }
        for path in paths.into_iter().filter(|path| path.is_file()) {
            writer.add(&relative(layout, &path), open(&path)?)?;
        }
    }
    writer.add("store.sqlite", open(&stage.join("store.sqlite"))?)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| BackupError::Store(StoreError::Gone))?
}

/// A folder for copies on their way, in the data directory's file system; it goes with this value.
struct Stage(PathBuf);

impl Stage {
    fn make(layout: &Layout) -> Result<Self, BackupError> {
        let folder = layout.root().join(format!("{STAGE}{}", Uuid::new_v4()));
        home::create_folder(&folder)?;
        Ok(Self(folder))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            // Removed at the next start.
            tracing::warn!(%error, "copies of a backup are not removed");
        }
    }
}
