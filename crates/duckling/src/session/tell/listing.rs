//! What a session's SQL is told of the account's databases and shares: rows as JSON, made of the gateway's overview. Who may
//! see what the gateway has decided before.

use serde_json::{Value, json};
use wire::link::platform::{Overview, ShareInfo, SharedInfo};

use crate::{
    advisory::{Holder, Mode},
    platform::Member,
    policy::{Names, Seen},
};

/// What is attached is what this session sees.
pub(super) fn all_databases(overview: &Overview, member: &Member) -> Value {
    let own = overview.databases.iter().map(|database| {
        let name = &database.name;
        listed(name, "motherduck", &format!("md:{name}"), member.seen(name) == Seen::Own)
    });
    let shares = overview.shared_with_me.iter().map(|share| {
        let alias = share.attached_as.as_ref().unwrap_or(&share.name);
        let is_attached = share.attached_as.as_ref().is_some_and(|name| member.seen(name) == Seen::Shared);
        listed(alias, "motherduck share", &share.url, is_attached)
    });
    own.chain(shares).collect()
}

/// The account's own databases.
pub(super) fn databases(overview: &Overview) -> Value {
    let databases = overview.databases.iter().map(|database| {
        json!({
            "name": database.name,
            "uuid": database.id,
            "created_us": database.created_us,
            "retention_s": database.retention_s,
        })
    });
    databases.collect()
}

/// The shares that it has made.
pub(super) fn owned_shares(overview: &Overview) -> Value {
    let shares = overview.owned_shares.iter().map(|share: &ShareInfo| {
        let grants = share.grants.iter().map(|name| json!({ "username": name, "access": "READ" }));
        json!({
            "name": share.name,
            "url": share.url,
            "source_db_name": share.database,
            "source_db_uuid": share.database_id,
            "access": share.options.access,
            "grants": grants.collect::<Value>(),
            "visibility": share.options.visibility,
            "update": share.options.update,
            "created_us": share.created_us,
            "published_us": share.published_us,
        })
    });
    shares.collect()
}

/// What others have shared with it.
pub(super) fn shared_with_me(overview: &Overview) -> Value {
    // One's own may be among those that are attached.
    let is_others = |share: &&SharedInfo| overview.owned_shares.iter().all(|own| own.url != share.url);
    let shares = overview.shared_with_me.iter().filter(is_others).map(|share| {
        json!({
            "name": share.name,
            "url": share.url,
            "created_us": share.created_us,
            "update": share.options.update,
            "access": share.options.access,
        })
    });
    shares.collect()
}

/// The snapshots of the account's databases.
pub(super) fn snapshots(overview: &Overview, account: &str) -> Value {
    let snapshots = overview.snapshots.iter().map(|snapshot| {
        json!({
            "database_name": snapshot.database,
            "database_id": snapshot.database_id,
            "snapshot_id": snapshot.id,
            "snapshot_name": snapshot.name,
            "created_us": snapshot.created_us,
            "active_bytes": snapshot.bytes,
            "user_name": account,
            "user_id": overview.account_id,
        })
    });
    snapshots.collect()
}

/// What the databases take of the disk.
pub(super) fn storage(overview: &Overview, account: &str) -> Value {
    let storage = overview.databases.iter().map(|database| {
        json!({
            "user_name": account,
            "database_name": database.name,
            "database_id": database.id,
            "active_bytes": database.active_bytes,
            "historical_bytes": database.historical_bytes,
        })
    });
    storage.collect()
}

fn listed(alias: &str, kind: &str, full: &str, is_attached: bool) -> Value {
    json!({ "alias": alias, "is_attached": is_attached, "type": kind, "fully_qualified_name": full })
}

/// Advisory locks as `pg_locks` has them: of one number the halves, or both of two.
pub(super) fn locks(holder: &Holder) -> Value {
    let row = |lock: crate::advisory::Listed| {
        let half = |text: &str| text.parse::<i32>().ok().map(i32::cast_unsigned);
        let (classid, objid, objsubid) = if let Some((one, two)) = lock.lock.split_once(':') {
            (half(one)?, half(two)?, 2)
        } else {
            let number = lock.lock.parse::<i64>().ok()?.cast_unsigned();
            let lower = u32::try_from(number & u64::from(u32::MAX)).ok()?;
            (u32::try_from(number >> 32).ok()?, lower, 1)
        };
        Some(json!({
            "classid": classid,
            "objid": objid,
            "objsubid": objsubid,
            "pid": lock.backend,
            "mode": match lock.mode { Mode::Exclusive => "ExclusiveLock", Mode::Shared => "ShareLock" },
            "granted": lock.is_granted,
        }))
    };
    holder.list().into_iter().filter_map(row).collect()
}
