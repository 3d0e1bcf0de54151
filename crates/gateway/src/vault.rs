//! The vault: seals secrets before they come into the store, and opens them for the account's duckling.
//!
//! AES-256-GCM with a key from a file that is made when it is first needed. What is sealed is bound to the account and the name
//! it was sealed for, so that a row of the store cannot be passed for another one. Whoever has the store alone has nothing.

use std::{
    fmt, fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use rustix::process::geteuid;
use sha2::{Digest, Sha256};
use wire::link::Secret;

use crate::{
    home::{self, HomeError},
    store::{SealedSecret, Timestamp},
    token::random_bytes,
};

const KEY_BYTES: usize = 32;

/// What a sealed secret begins with: the form, and which key it was.
const FORM: u8 = 1;
const KEY_NAME_BYTES: usize = 8;

/// Why a secret cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key file cannot be used.
    #[error("key file {path}: {reason}")]
    KeyFile {
        /// Where it lies.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another key file was in use when it was sealed.
    #[error("secret {0:?} was sealed with another key file")]
    OtherKey(String),
    /// It is not what was sealed under this name.
    #[error("secret {0:?} is damaged")]
    Damaged(String),
}

/// The vault; its key is read whenever it is needed.
#[derive(Clone, PartialEq, Eq)]
pub struct Vault {
    key_file: PathBuf,
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Vault").field("key_file", &self.key_file).finish()
    }
}

impl Vault {
    /// With the key in this file.
    #[must_use]
    pub fn new(key_file: PathBuf) -> Self {
        Self { key_file }
    }

    /// Seals a secret of this account's.
    ///
    /// # Errors
    /// [`VaultError::KeyFile`].
    pub fn seal(&self, account: &str, secret: &Secret) -> Result<SealedSecret, VaultError> {
        let key = self.key_or_new()?;
        let failed = |reason: &str| self.failed(&reason);
        let mut sealed = serde_json::to_vec(&secret.parameters).map_err(|error| self.failed(&error))?;
        let cipher = cipher(&key).ok_or_else(|| failed("no such cipher"))?;
        let nonce = cipher
            .seal_in_place_append_tag(Aad::from(binding(account, &secret.name, &secret.kind)), &mut sealed)
            .map_err(|_| failed("the secret cannot be sealed"))?;
        let mut bytes = vec![FORM];
        bytes.extend(key_name(&key));
        bytes.extend(nonce.as_ref());
        bytes.extend(sealed);
        Ok(SealedSecret {
            name: secret.name.clone(),
            kind: secret.kind.clone(),
            scopes: secret.scopes.clone(),
            sealed: bytes,
            created: Timestamp::now(),
        })
    }

    /// Opens one.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn open(&self, account: &str, secret: &SealedSecret) -> Result<Secret, VaultError> {
        let key = self.key()?;
        let damaged = || VaultError::Damaged(secret.name.clone());
        let (form, rest) = secret.sealed.split_first().ok_or_else(damaged)?;
        let (name, rest) = rest.split_at_checked(KEY_NAME_BYTES).ok_or_else(damaged)?;
        if *form != FORM {
            return Err(damaged());
        }
        if name != key_name(&key) {
            return Err(VaultError::OtherKey(secret.name.clone()));
        }
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
        let mut opened = sealed.to_vec();
        let parameters = cipher(&key)
            .ok_or_else(damaged)?
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(binding(account, &secret.name, &secret.kind)),
                &mut opened,
            )
            .map_err(|_| damaged())?;
        let parameters = serde_json::from_slice(parameters).map_err(|_| damaged())?;
        Ok(Secret {
            name: secret.name.clone(),
            kind: secret.kind.clone(),
            scopes: secret.scopes.clone(),
            parameters,
        })
    }

    fn failed(&self, reason: &dyn fmt::Display) -> VaultError {
        VaultError::KeyFile { path: self.key_file.clone(), reason: reason.to_string() }
    }

    fn key(&self) -> Result<[u8; KEY_BYTES], VaultError> {
        let read = || {
            let mode = fs::metadata(&self.key_file)?.permissions().mode();
            if mode & 0o007 != 0 {
                return Err(io::Error::other("everybody may read it; chmod it to 0600"));
            }
            let text = fs::read_to_string(&self.key_file)?;
            let key = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
            key.ok_or_else(|| io::Error::other("it does not hold 32 bytes in base64"))
        };
        read().map_err(|error| self.failed(&error))
    }

    /// A key that root makes is for the server, whose folder it is.
    fn give_away(&self, draft: &Path) -> io::Result<()> {
        let owner = fs::metadata(self.key_file.parent().unwrap_or(Path::new(".")))?;
        if !geteuid().is_root() || owner.uid() == 0 {
            return Ok(());
        }
        chown(draft, Some(owner.uid()), Some(owner.gid()))
    }

    /// Two who make it at the same time get the same.
    fn key_or_new(&self) -> Result<[u8; KEY_BYTES], VaultError> {
        if !self.key_file.exists() {
            let make = || -> Result<(), HomeError> {
                let key: [u8; KEY_BYTES] = random_bytes().map_err(HomeError::io(&self.key_file))?;
                let mark: [u8; 4] = random_bytes().map_err(HomeError::io(&self.key_file))?;
                let draft = self.key_file.with_added_extension(format!("{:08x}", u32::from_be_bytes(mark)));
                home::write_file(&draft, format!("{}\n", STANDARD.encode(key)).as_bytes())?;
                self.give_away(&draft).map_err(HomeError::io(&draft))?;
                let linked = match fs::hard_link(&draft, &self.key_file) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                        Err(HomeError::io(&self.key_file)(error))
                    }
                    Ok(()) | Err(_) => Ok(()),
                };
                fs::remove_file(&draft).map_err(HomeError::io(&draft))?;
                linked?;
                home::sync_folder(self.key_file.parent().unwrap_or(Path::new(".")))
            };
            make().map_err(|error| self.failed(&error))?;
        }
        self.key()
    }
}

fn cipher(key: &[u8; KEY_BYTES]) -> Option<RandomizedNonceKey> {
    RandomizedNonceKey::new(&AES_256_GCM, key).ok()
}

/// What a sealed secret is bound to.
fn binding(account: &str, name: &str, kind: &str) -> Vec<u8> {
    let parts = [account.to_lowercase(), name.to_lowercase(), kind.to_owned()];
    let mut bytes = b"pintail secret".to_vec();
    for part in parts {
        bytes.push(0);
        bytes.extend(part.into_bytes());
    }
    bytes
}

/// Which key it is, without telling the key.
fn key_name(key: &[u8; KEY_BYTES]) -> [u8; KEY_NAME_BYTES] {
    let digest = Sha256::new().chain_update(b"pintail key file\0").chain_update(key).finalize();
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use wire::link::Hidden;

    use super::*;

    fn secret(name: &str) -> Secret {
        Secret {
            name: name.to_owned(),
            kind: "s3".to_owned(),
            scopes: vec!["s3://lake/".to_owned()],
            parameters: [("secret".to_owned(), Hidden("hush-hush".to_owned()))].into(),
        }
    }

    #[test]
    fn what_is_sealed_is_opened_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::new(folder.path().join("secret.key"));
        let sealed = vault.seal("Ann", &secret("lake")).unwrap();
        assert!(!sealed.sealed.windows(4).any(|bytes| bytes == b"hush"));
        assert_eq!(vault.open("ann", &sealed).unwrap(), secret("lake"));
        assert_ne!(sealed.sealed, vault.seal("Ann", &secret("lake")).unwrap().sealed, "never the same twice");
        assert!(matches!(vault.open("bob", &sealed), Err(VaultError::Damaged(_))));
        let renamed = SealedSecret { name: "other".to_owned(), ..sealed.clone() };
        assert!(matches!(vault.open("ann", &renamed), Err(VaultError::Damaged(_))));
        for place in 0..sealed.sealed.len() {
            let mut changed = sealed.clone();
            changed.sealed[place] ^= 1;
            assert!(vault.open("ann", &changed).is_err(), "byte {place}");
            changed.sealed.truncate(place);
            assert!(vault.open("ann", &changed).is_err(), "{place} bytes");
        }
        let other = Vault::new(folder.path().join("other.key"));
        other.seal("ann", &secret("x")).unwrap();
        assert!(matches!(other.open("ann", &sealed), Err(VaultError::OtherKey(_))));
    }

    #[test]
    fn the_key_file_is_private_and_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let vault = Vault::new(path.clone());
        let sealed: Vec<_> = std::thread::scope(|scope| {
            let sealing: Vec<_> =
                (0..8).map(|_| scope.spawn(|| vault.seal("ann", &secret("s")).unwrap())).collect();
            sealing.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(sealed.iter().all(|sealed| vault.open("ann", sealed).is_ok()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no drafts");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(vault.open("ann", &sealed[0]).unwrap_err().to_string().contains("chmod"));
    }
}
