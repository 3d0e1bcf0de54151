//! The data directory: where everything lies, who may use it, and files that survive a crash.
//!
//! Paths carry no meaning: accounts, databases and shares are numbers here, their names are in the
//! store. All folders are 0700 and all files 0600, but for shares and the
//! certificates to trust, which ducklings with users of their own read; a lock file keeps a second server out.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, flock},
    rand::{GetRandomFlags, getrandom},
};

use crate::ids::{AccountId, DatabaseId, Edition, SnapshotId};

const LOCK_FILE: &str = "pintail.lock";

/// What a folder holds that is being restored.
pub const UNFINISHED: &str = "restoring";

/// How the names of folders begin that hold copies on their way into a backup.
pub const STAGE: &str = "backup-";

/// What can go wrong with the data directory.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Another server or command has it.
    #[error("another pintail process uses the data directory {0}")]
    InUse(PathBuf),
    /// It holds something else.
    #[error("{0} is not empty and not a pintail data directory; choose another one with data_dir")]
    Foreign(PathBuf),
    /// A restore into it was not finished.
    #[error("{0} was not restored to the end; repeat `pintail restore`")]
    Unfinished(PathBuf),
    /// The system refused.
    #[error("cannot use {path}: {source}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl HomeError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// Where things lie in a data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout below this folder.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The accounts store.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.root.join("store.sqlite")
    }

    /// The query history.
    #[must_use]
    pub fn history(&self) -> PathBuf {
        self.root.join("history.sqlite")
    }

    /// The admin socket.
    #[must_use]
    pub fn admin_socket(&self) -> PathBuf {
        self.root.join("admin.sock")
    }

    /// What the running (or last) server wrote about itself.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.root.join("state.json")
    }

    /// Keys and certificates.
    #[must_use]
    pub fn tls(&self) -> PathBuf {
        self.root.join("tls")
    }

    /// The development CA's certificate, for clients.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.root.join("ca.pem")
    }

    /// The system's roots and the development CA.
    #[must_use]
    pub fn ca_bundle(&self) -> PathBuf {
        self.root.join("ca-bundle.pem")
    }

    /// The certificates that ducklings trust when they reach out: the system's roots and the operator's.
    #[must_use]
    pub fn egress_roots(&self) -> PathBuf {
        self.root.join("egress-ca.pem")
    }

    /// The key that seals accounts' secrets, unless the configuration has another one.
    #[must_use]
    pub fn secret_key(&self) -> PathBuf {
        self.root.join("secret.key")
    }

    /// Where the user ids of this server's ducklings begin.
    #[must_use]
    pub fn user_id_base(&self) -> PathBuf {
        self.root.join("user-id-base")
    }

    /// The same for Java.
    #[must_use]
    pub fn truststore(&self) -> PathBuf {
        self.root.join("truststore.p12")
    }

    /// All accounts.
    #[must_use]
    pub fn accounts(&self) -> PathBuf {
        self.root.join("accounts")
    }

    /// One account's own folder.
    #[must_use]
    pub fn account(&self, account: AccountId) -> PathBuf {
        self.accounts().join(account.to_string())
    }

    /// One database's file.
    #[must_use]
    pub fn database(&self, account: AccountId, database: DatabaseId) -> PathBuf {
        self.databases(account).join(format!("{database}.duckdb"))
    }

    /// All shares' immutable files.
    #[must_use]
    pub fn shares(&self) -> PathBuf {
        self.root.join("shares")
    }

    /// The immutable file of one state of a share.
    #[must_use]
    pub fn edition(&self, edition: Edition) -> PathBuf {
        self.shares().join(format!("{edition}.duckdb"))
    }

    /// The folder of the hard links through which an account reads shares.
    #[must_use]
    pub fn links(&self, account: AccountId) -> PathBuf {
        self.account(account).join("shares")
    }

    /// The hard link through which an account reads a share.
    #[must_use]
    pub fn link(&self, account: AccountId, edition: Edition) -> PathBuf {
        self.links(account).join(format!("{edition}.duckdb"))
    }

    /// The folder of an account's databases.
    #[must_use]
    pub fn databases(&self, account: AccountId) -> PathBuf {
        self.account(account).join("db")
    }

    /// The folder of an account's snapshots.
    #[must_use]
    pub fn snapshots(&self, account: AccountId) -> PathBuf {
        self.account(account).join("snapshots")
    }

    /// One snapshot's file.
    #[must_use]
    pub fn snapshot(&self, account: AccountId, snapshot: SnapshotId) -> PathBuf {
        self.snapshots(account).join(format!("{snapshot}.duckdb"))
    }
}

/// A data directory in use by this process, and by no other while this value lives.
#[derive(Debug)]
pub struct Home {
    layout: Layout,
    _lock: File,
}

impl Home {
    /// Makes the folder if it is missing and locks it.
    ///
    /// # Errors
    /// When another process has it, when it holds something else, or when the system refuses.
    pub fn open(root: &Path) -> Result<Self, HomeError> {
        let error = || HomeError::io(root);
        if root.join(UNFINISHED).exists() {
            return Err(HomeError::Unfinished(root.to_owned()));
        }
        if is_foreign(root).map_err(error())? {
            return Err(HomeError::Foreign(root.to_owned()));
        }
        create_folder(root)?;
        let root = root.canonicalize().map_err(error())?;
        let lock_path = root.join(LOCK_FILE);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock_path)
            .map_err(HomeError::io(&lock_path))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(HomeError::InUse(root)),
            Err(errno) => return Err(HomeError::io(&lock_path)(errno.into())),
        }
        let layout = Layout::new(root);
        for folder in [layout.tls(), layout.accounts(), layout.shares()] {
            create_folder(&folder)?;
        }
        remove_stages(layout.root())?;
        Ok(Self { layout, _lock: lock })
    }

    /// Where things lie.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

/// What a backup has left that a crash has ended.
fn remove_stages(root: &Path) -> Result<(), HomeError> {
    for entry in fs::read_dir(root).map_err(HomeError::io(root))? {
        let path = entry.map_err(HomeError::io(root))?.path();
        let is_stage =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(STAGE));
        if is_stage {
            fs::remove_dir_all(&path).map_err(HomeError::io(&path))?;
        }
    }
    Ok(())
}

/// Whether a folder holds other things and is open to others: nobody meant it as a data directory.
fn is_foreign(root: &Path) -> io::Result<bool> {
    if !root.exists() || root.join(LOCK_FILE).exists() {
        return Ok(false);
    }
    let others = fs::metadata(root)?.permissions().mode() & 0o077;
    Ok(others != 0 && fs::read_dir(root)?.next().is_some())
}

/// Makes an account's folders; those that are there already stay.
///
/// # Errors
/// When the system refuses.
pub fn create_account_folders(layout: &Layout, account: AccountId) -> Result<(), HomeError> {
    let folder = layout.account(account);
    create_folder(&folder)?;
    for part in ["db", "shares", "snapshots", "spill"] {
        create_folder(&folder.join(part))?;
    }
    Ok(())
}

/// Makes a folder (and those above it) with mode 0700, durably.
///
/// # Errors
/// When the system refuses.
pub fn create_folder(path: &Path) -> Result<(), HomeError> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path).map_err(HomeError::io(path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Where the user ids of this data directory's ducklings begin: drawn once, since the limit on threads counts them for a
/// user on the whole machine, whichever server they belong to. The ids are those that systemd's list of ranges leaves to
/// nobody.
///
/// # Errors
/// When the system refuses, or the file holds something else.
pub fn user_id_base(layout: &Layout) -> Result<u32, HomeError> {
    const FIRST: u32 = 0x7000_0000;
    let path = layout.user_id_base();
    match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map_err(|_| HomeError::io(&path)(io::ErrorKind::InvalidData.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut drawn = [0; 2];
            getrandom(&mut drawn, GetRandomFlags::empty())
                .map_err(|error| HomeError::io(&path)(error.into()))?;
            let base = FIRST | u32::from(u16::from_be_bytes(drawn) & 0x0fff) << 16;
            write_file(&path, format!("{base}\n").as_bytes())?;
            Ok(base)
        }
        Err(error) => Err(HomeError::io(&path)(error)),
    }
}

/// Makes a folder's entries durable.
///
/// # Errors
/// When the system refuses.
pub fn sync_folder(path: &Path) -> Result<(), HomeError> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path).and_then(|folder| folder.sync_all()).map_err(HomeError::io(path))
}

/// Writes a file with mode 0600 so that after a crash either the old or the new content is there.
///
/// # Errors
/// When the system refuses.
pub fn write_file(path: &Path, content: &[u8]) -> Result<(), HomeError> {
    write_with_mode(path, content, 0o600)
}

/// The same with mode 0644: for what ducklings read, whose users are their own.
///
/// # Errors
/// When the system refuses.
pub fn write_public_file(path: &Path, content: &[u8]) -> Result<(), HomeError> {
    write_with_mode(path, content, 0o644)
}

fn write_with_mode(path: &Path, content: &[u8], mode: u32) -> Result<(), HomeError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let draft = path.with_file_name(name);
    let write = || {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&draft)?;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(HomeError::io(path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Puts a finished share file in its place, read-only and durable. The draft must lie in the data
/// directory's file system.
///
/// # Errors
/// When the system refuses.
pub fn publish_share(layout: &Layout, edition: Edition, draft: &Path) -> Result<(), HomeError> {
    let place = layout.edition(edition);
    let publish = || {
        fs::set_permissions(draft, fs::Permissions::from_mode(0o444))?;
        File::open(draft)?.sync_all()?;
        fs::rename(draft, &place)
    };
    publish().map_err(HomeError::io(&place))?;
    sync_folder(&layout.shares())
}

/// Lets an account read a share: a hard link in its own folder; answers the link.
///
/// # Errors
/// When the system refuses.
pub fn link_share(layout: &Layout, account: AccountId, edition: Edition) -> Result<PathBuf, HomeError> {
    let link = layout.link(account, edition);
    match fs::hard_link(layout.edition(edition), &link) {
        Ok(()) => Ok(link),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(link),
        Err(error) => Err(HomeError::io(&link)(error)),
    }
}

/// Removes the folders of accounts that the store no longer knows (dropped ones).
///
/// # Errors
/// When the system refuses.
pub fn remove_orphans(layout: &Layout, known: &[AccountId]) -> Result<(), HomeError> {
    let accounts = layout.accounts();
    for entry in fs::read_dir(&accounts).map_err(HomeError::io(&accounts))? {
        let path = entry.map_err(HomeError::io(&accounts))?.path();
        let is_account = path.file_name().and_then(|name| name.to_str()?.parse::<i64>().ok()).is_some();
        let is_known = known.iter().any(|account| layout.account(*account) == path);
        if is_account && !is_known {
            fs::remove_dir_all(&path).map_err(HomeError::io(&path))?;
        }
    }
    sync_folder(&accounts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ShareId;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_second_opener_is_kept_out_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        let home = Home::open(&root).unwrap();
        assert!(matches!(Home::open(&root), Err(HomeError::InUse(_))));
        drop(home);
        Home::open(&root).unwrap();
    }

    #[test]
    fn a_folder_with_other_things_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.doc"), "x").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(Home::open(folder.path()), Err(HomeError::Foreign(_))));
    }

    #[test]
    fn folders_and_files_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("data")).unwrap();
        let account = AccountId(3);
        create_account_folders(home.layout(), account).unwrap();
        write_file(&home.layout().ca(), b"x").unwrap();
        assert_eq!(mode(home.layout().root()), 0o700);
        assert_eq!(mode(&home.layout().account(account).join("db")), 0o700);
        assert_eq!(mode(&home.layout().ca()), 0o600);
    }

    #[test]
    fn a_share_is_linked_into_the_account_and_a_dropped_account_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("data")).unwrap();
        let layout = home.layout();
        create_account_folders(layout, AccountId(1)).unwrap();
        create_account_folders(layout, AccountId(2)).unwrap();
        let draft = layout.shares().join("draft");
        fs::write(&draft, "rows").unwrap();
        let edition = Edition { share: ShareId(9), version: 2 };
        publish_share(layout, edition, &draft).unwrap();
        let link = link_share(layout, AccountId(1), edition).unwrap();
        assert_eq!(link_share(layout, AccountId(1), edition).unwrap(), link);
        assert_eq!(fs::read(&link).unwrap(), b"rows");
        assert_eq!(mode(&link), 0o444);
        remove_orphans(layout, &[AccountId(1)]).unwrap();
        assert!(layout.account(AccountId(1)).exists());
        assert!(!layout.account(AccountId(2)).exists());
    }
}
