//! A folder that a duckling may write to, used without believing anything that is in it: opened without following
//! links, its files by their names in it.

use std::{
    fs::File,
    io,
    os::{fd::OwnedFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, Dir, Gid, Mode, OFlags, Uid, fchown, linkat, open, openat, unlinkat},
    process::geteuid,
};

use crate::home::HomeError;

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    descriptor: OwnedFd,
    path: PathBuf,
}

impl Folder {
    /// Opens it.
    ///
    /// # Errors
    /// When it is no folder, or the system refuses.
    pub(super) fn open(path: &Path) -> Result<Self, HomeError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = open(path, flags, Mode::empty());
        let descriptor = opened.map_err(|error| HomeError::io(path)(error.into()))?;
        Ok(Self { descriptor, path: path.to_owned() })
    }

    fn error(&self, name: &str) -> impl FnOnce(io::Error) -> HomeError + use<> {
        HomeError::io(&self.path.join(name))
    }

    /// Opens a file to be read; nothing when there is none.
    ///
    /// # Errors
    /// When it is not a plain file with one name, or the system refuses.
    pub(super) fn read(&self, name: &str) -> Result<Option<File>, HomeError> {
        // A pipe would be waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match openat(&self.descriptor, name, flags, Mode::empty()) {
            Ok(descriptor) => File::from(descriptor),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(self.error(name)(error.into())),
        };
        let metadata = file.metadata().map_err(self.error(name))?;
        if metadata.is_file() && metadata.nlink() == 1 {
            Ok(Some(file))
        } else {
            Err(self.error(name)(io::Error::other("not a plain file with one name")))
        }
    }

    /// Makes a file of mode 0600, which belongs to whom the folder belongs to.
    ///
    /// # Errors
    /// When there is one, or the system refuses.
    pub(super) fn create(&self, name: &str) -> Result<File, HomeError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let make = || {
            let file = File::from(openat(&self.descriptor, name, flags, Mode::RUSR | Mode::WUSR)?);
            let owner = rustix::fs::fstat(&self.descriptor)?;
            if owner.st_uid != geteuid().as_raw() {
                let (user, group) = (Uid::from_raw(owner.st_uid), Gid::from_raw(owner.st_gid));
                fchown(&file, Some(user), Some(group))?;
            }
            Ok::<_, io::Error>(file)
        };
        make().map_err(self.error(name))
    }

    /// Gives a file a second name, durably.
    ///
    /// # Errors
    /// When the name is taken, or the system refuses.
    pub(super) fn link(&self, from: &str, to: &str) -> Result<(), HomeError> {
        linkat(&self.descriptor, from, &self.descriptor, to, AtFlags::empty())
            .map_err(|error| self.error(to)(error.into()))?;
        rustix::fs::fsync(&self.descriptor).map_err(|error| self.error(to)(error.into()))
    }

    /// Removes a file; it may be gone already.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn remove(&self, name: &str) -> Result<(), HomeError> {
        match unlinkat(&self.descriptor, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(self.error(name)(error.into())),
        }
    }

    /// Removes the files whose names are meant.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn remove_all(&self, is_meant: impl Fn(&str) -> bool) -> Result<(), HomeError> {
        let names = self.names()?;
        names.iter().filter(|name| is_meant(name)).try_for_each(|name| self.remove(name))
    }

    /// The names of what is in it, but for those that are no text.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn names(&self) -> Result<Vec<String>, HomeError> {
        let entries = Dir::read_from(&self.descriptor).map_err(|error| self.error("")(error.into()))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| self.error("")(error.into()))?;
            let name = entry.file_name().to_str().ok().filter(|name| !matches!(*name, "." | ".."));
            names.extend(name.map(ToOwned::to_owned));
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn only_a_plain_file_with_one_name_is_read() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        fs::write(path("plain"), "x").unwrap();
        fs::write(path("twice"), "x").unwrap();
        fs::hard_link(path("twice"), path("thrice")).unwrap();
        symlink("/etc/hostname", path("link")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
        let folder = Folder::open(place.path()).unwrap();
        assert!(folder.read("plain").unwrap().is_some());
        assert!(folder.read("none").unwrap().is_none());
        for odd in ["twice", "link", "pipe"] {
            assert!(folder.read(odd).is_err(), "{odd}");
        }
        symlink(place.path(), path("folder")).unwrap();
        assert!(Folder::open(&path("folder")).is_err());
    }
}
