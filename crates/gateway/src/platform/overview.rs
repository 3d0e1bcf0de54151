//! Everything that an account may know of databases and shares, with the sizes of the files.

use wire::{
    Diagnostic,
    link::{
        PlatformReply,
        platform::{DatabaseInfo, Overview, ShareInfo, SharedInfo, SnapshotInfo},
    },
};

use super::{
    Done, Work,
    room::{held_bytes, size},
};
use crate::store::{AccountId, Inventory, OwnDatabase, OwnShare, SeenShare, Snapshot, Store, StoreError};

impl Work {
    pub(super) fn overview(&self) -> Result<Done, Diagnostic> {
        let inventory = self.store().inventory(self.account.id)?;
        let snapshots = &inventory.snapshots;
        let kept_bytes = self.kept_bytes(&inventory);
        let databases = inventory.databases.into_iter();
        let overview = Overview {
            account_id: inventory.account.to_string(),
            databases: databases.map(|database| self.database_info(database, snapshots)).collect(),
            owned_shares: inventory.shares.into_iter().map(share_info).collect(),
            shared_with_me: inventory.seen.into_iter().map(shared_info).collect(),
            snapshots: inventory.snapshots.into_iter().map(snapshot_info).collect(),
            kept_bytes,
        };
        Ok(PlatformReply::Overview(Box::new(overview)).into())
    }

    /// The snapshots of dropped databases are not listed, but they are there.
    fn kept_bytes(&self, inventory: &Inventory) -> u64 {
        let shares = inventory.shares.iter().map(|share| size(&self.layout().edition(share.edition)));
        shares.fold(held_bytes(&self.layout().snapshots(self.account.id)), u64::saturating_add)
    }

    fn database_info(&self, database: OwnDatabase, snapshots: &[Snapshot]) -> DatabaseInfo {
        let path = self.layout().database(self.account.id, database.id);
        let own = snapshots.iter().filter(|snapshot| snapshot.database.id == database.id);
        DatabaseInfo {
            name: database.name,
            id: database.uuid.to_string(),
            created_us: database.created.0,
            is_default: database.is_default,
            is_attached: database.is_attached,
            retention_s: self.inner.settings.retention.as_secs(),
            active_bytes: size(&path).saturating_add(size(&path.with_added_extension("wal"))),
            historical_bytes: own.map(|snapshot| snapshot.bytes).sum(),
        }
    }
}

/// The shares that an account has made.
///
/// # Errors
/// A failure of the store.
pub fn own_shares(store: &dyn Store, account: AccountId) -> Result<Vec<ShareInfo>, StoreError> {
    Ok(store.inventory(account)?.shares.into_iter().map(share_info).collect())
}

fn share_info(share: OwnShare) -> ShareInfo {
    ShareInfo {
        name: share.name,
        url: share.address.to_string(),
        database: share.database.name,
        database_id: share.database.uuid.to_string(),
        created_us: share.created.0,
        published_us: share.published.0,
        options: share.options,
        grants: share.grants,
    }
}

fn shared_info(share: SeenShare) -> SharedInfo {
    SharedInfo {
        name: share.name,
        url: share.address.to_string(),
        created_us: share.created.0,
        options: share.options,
        attached_as: share.attached_as,
    }
}

fn snapshot_info(snapshot: Snapshot) -> SnapshotInfo {
    SnapshotInfo {
        database: snapshot.database.name,
        database_id: snapshot.database.uuid.to_string(),
        id: snapshot.uuid.to_string(),
        name: snapshot.name,
        created_us: snapshot.created.0,
        bytes: snapshot.bytes,
    }
}
