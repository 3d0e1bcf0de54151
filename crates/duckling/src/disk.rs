//! The account's disk: what its directory holds against its quota, and what is free on the file system against the
//! reserve. What takes space is refused before either is used up, and stopped when it is crossed under way.
//!
//! DELETE may go on for a margin beyond what is held, and DROP, TRUNCATE and CHECKPOINT always may: DuckDB gives space
//! back when a checkpoint cuts its file. One thread watches, and only while something is being written.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use wire::{Diagnostic, SqlState};

/// The databases lie here.
const DATABASES: &str = "db";

/// The reserve is never more than this part of the file system.
const RESERVE_PART_MAX: u64 = 5;

/// What other accounts share with this one lies here and is not its own; snapshots are the gateway's, which tells what they
/// hold.
const NOT_MEASURED: [&str; 2] = ["shares", "snapshots"];

/// An account's directory is not deeper.
const DEPTH_MAX: u32 = 4;

/// How often writing statements are looked at, at most and at least: the less room there is, the more often.
const INTERVAL_MIN: Duration = Duration::from_millis(2);
const INTERVAL_MAX: Duration = Duration::from_millis(200);

/// So fast do disks take data at most, in bytes for each millisecond.
const BYTES_PER_MS: u64 = 2 << 20;

/// DELETE may write a tenth of the quota beyond what is held, at least this much; COMMIT beyond the quota.
const MARGIN_MIN_BYTES: u64 = 16 << 20;

/// Space is not looked for more often than this.
const RECLAIM_INTERVAL: Duration = Duration::from_secs(1);

/// Which room is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortage {
    /// The account's.
    Quota,
    /// The file system's, but for the reserve.
    Reserve,
}

impl Shortage {
    /// 53100.
    #[must_use]
    pub(crate) fn diagnostic(self) -> Diagnostic {
        match self {
            Self::Quota => Diagnostic::error(SqlState::DISK_FULL, "the account's disk quota is used up")
                .with_hint(
                    "DELETE or DROP what is not needed, then CHECKPOINT; or ask for a larger disk_quota.",
                ),
            Self::Reserve => Diagnostic::error(SqlState::DISK_FULL, "the server's disk is almost full")
                .with_hint("Try again when there is more room. DROP and TRUNCATE are possible now."),
        }
    }
}

/// What a statement does to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// It takes space.
    Space,
    /// What took space is to be kept.
    Commit,
    /// It writes something in order to free more.
    Margin,
    /// It writes next to nothing and frees much.
    Freeing,
}

/// How much is used and free.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "units stand in names")]
struct Room {
    used_bytes: u64,
    free_bytes: u64,
    total_bytes: u64,
}

impl Room {
    /// As if so much more were free.
    fn with(self, bytes: u64) -> Self {
        Self { free_bytes: self.free_bytes.saturating_add(bytes), ..self }
    }
}

/// What a statement may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// It is watched as one of this need.
    need: Need,
    /// What may be held while it runs, in bytes.
    ceiling_bytes: u64,
}

/// What came of having DuckDB give space back.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reclaimed {
    /// Whether it did so for all databases.
    pub is_done: bool,
    /// What is left free inside their files, between what is used.
    pub reusable_bytes: u64,
}

/// Has DuckDB give space back.
type Reclaim = Box<dyn Fn() -> Reclaimed + Send + Sync>;

/// The account's disk.
pub(crate) struct Disk {
    directory: PathBuf,
    /// 0 is none.
    quota_bytes: u64,
    reserve_bytes: u64,
    /// What the account holds elsewhere: its snapshots and what its shares show.
    kept_bytes: Arc<AtomicU64>,
    writers: Mutex<Vec<Writer>>,
    more: Condvar,
    numbers: AtomicU64,
    reclaim: OnceLock<Reclaim>,
    reclaimed: Mutex<Option<(Instant, u64)>>,
    /// Whether something was freed since then.
    has_freed: AtomicBool,
}

/// A statement that writes.
struct Writer {
    number: u64,
    allowance: Allowance,
    is_stopped: bool,
    stop: Box<dyn Fn(Shortage) + Send>,
}

/// Keeps a statement watched for as long as it lives.
#[derive(Debug)]
pub(crate) struct Watched {
    disk: Arc<Disk>,
    number: u64,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Disk").field("quota_bytes", &self.quota_bytes).finish_non_exhaustive()
    }
}

impl Disk {
    /// The disk of an account's directory.
    pub(crate) fn new(directory: PathBuf, quota_bytes: u64, reserve_bytes: u64) -> Self {
        Self {
            directory,
            quota_bytes,
            reserve_bytes,
            kept_bytes: Arc::default(),
            writers: Mutex::default(),
            more: Condvar::new(),
            numbers: AtomicU64::new(0),
            reclaim: OnceLock::new(),
            reclaimed: Mutex::default(),
            has_freed: AtomicBool::new(false),
        }
    }

    /// With what the account holds elsewhere, as it is told.
    pub(crate) fn with_kept(mut self, kept_bytes: Arc<AtomicU64>) -> Self {
        self.kept_bytes = kept_bytes;
        self
    }

    fn used_bytes(&self) -> u64 {
        used_bytes(&self.directory).saturating_add(self.kept_bytes.load(Ordering::Relaxed))
    }

    /// How space is got back.
    pub(crate) fn reclaim_by(&self, reclaim: impl Fn() -> Reclaimed + Send + Sync + 'static) {
        // Said once, when the databases are open.
        let _ = self.reclaim.set(Box::new(reclaim));
    }

    fn writers(&self) -> MutexGuard<'_, Vec<Writer>> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A writing statement begins; `stop` is called, from another thread, when the room is used up meanwhile.
    ///
    /// # Errors
    /// 53100 when it is used up already.
    pub(crate) fn begin(
        self: &Arc<Self>,
        need: Need,
        stop: impl Fn(Shortage) + Send + 'static,
    ) -> Result<Watched, Diagnostic> {
        let allowance = self.expect(need)?;
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.writers().push(Writer { number, allowance, is_stopped: false, stop: Box::new(stop) });
        self.more.notify_one();
        Ok(Watched { disk: Arc::clone(self), number })
    }

    /// Gives what may be taken.
    ///
    /// # Errors
    /// 53100 when the room is used up.
    pub(crate) fn expect(&self, need: Need) -> Result<Allowance, Diagnostic> {
        let room = self.room();
        let ceiling_bytes = self.ceiling_bytes(need, room.used_bytes);
        if self.shortage(room, need, ceiling_bytes).is_none() {
            return Ok(Allowance { need, ceiling_bytes });
        }
        self.try_reclaim();
        let room = self.room();
        let Some(shortage) = self.shortage(room, need, ceiling_bytes) else {
            return Ok(Allowance { need, ceiling_bytes });
        };
        // DuckDB's files have room inside, which a later checkpoint may cut off. Until then they must not grow, but for the
        // log.
        let inside = self.reusable_bytes();
        let log_bytes = room.used_bytes.saturating_add(MARGIN_MIN_BYTES);
        match shortage {
            Shortage::Quota if room.used_bytes.saturating_sub(inside) < ceiling_bytes => {
                return Ok(Allowance { need, ceiling_bytes: log_bytes });
            }
            Shortage::Reserve
                if self.left(room.with(inside), need, ceiling_bytes) > 0
                    && self.left(room, Need::Margin, ceiling_bytes) > 0 =>
            {
                return Ok(Allowance { need: Need::Margin, ceiling_bytes: ceiling_bytes.min(log_bytes) });
            }
            Shortage::Quota | Shortage::Reserve => {}
        }
        let diagnostic = shortage.diagnostic();
        Err(match shortage {
            Shortage::Quota => {
                let (used, quota) = (mebibytes(self.room().used_bytes), mebibytes(self.quota_bytes));
                diagnostic.with_detail(format!("It holds {used} MiB; the quota is {quota} MiB."))
            }
            Shortage::Reserve => diagnostic,
        })
    }

    fn shortage(&self, room: Room, need: Need, ceiling_bytes: u64) -> Option<Shortage> {
        let is_over = room.used_bytes >= ceiling_bytes;
        let shortage = if is_over { Shortage::Quota } else { Shortage::Reserve };
        Some(shortage).filter(|_| self.left(room, need, ceiling_bytes) == 0)
    }

    /// How much may still be written.
    fn left(&self, room: Room, need: Need, ceiling_bytes: u64) -> u64 {
        let reserve = self.reserve_bytes.min(room.total_bytes / RESERVE_PART_MAX);
        let kept = match need {
            Need::Space => reserve,
            Need::Commit | Need::Margin => reserve / 4,
            Need::Freeing => return u64::MAX,
        };
        ceiling_bytes.saturating_sub(room.used_bytes).min(room.free_bytes.saturating_sub(kept))
    }

    fn ceiling_bytes(&self, need: Need, used_bytes: u64) -> u64 {
        let margin = (self.quota_bytes / 10).max(MARGIN_MIN_BYTES);
        match need {
            _ if self.quota_bytes == 0 => u64::MAX,
            Need::Space => self.quota_bytes,
            Need::Commit => self.quota_bytes.saturating_add(margin),
            // An account can be above its quota: the operator has lowered it, say.
            Need::Margin => self.quota_bytes.max(used_bytes).saturating_add(margin),
            Need::Freeing => u64::MAX,
        }
    }

    fn room(&self) -> Room {
        let status = rustix::fs::statvfs(self.directory.join(DATABASES)).ok();
        let status = status.as_ref();
        Room {
            used_bytes: if self.quota_bytes == 0 { 0 } else { self.used_bytes() },
            // Where nothing can be known nothing is refused.
            free_bytes: status.map_or(u64::MAX, |status| status.f_bavail.saturating_mul(status.f_frsize)),
            total_bytes: status.map_or(0, |status| status.f_blocks.saturating_mul(status.f_frsize)),
        }
    }

    /// What was free inside the files when space was last looked for.
    fn reusable_bytes(&self) -> u64 {
        let reclaimed = self.reclaimed.lock().unwrap_or_else(PoisonError::into_inner);
        (*reclaimed).map_or(0, |(_, bytes)| bytes)
    }

    /// Has space given back, unless that was tried just now.
    fn try_reclaim(&self) {
        let mut reclaimed = self.reclaimed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = reclaimed.is_none_or(|(last, _)| last.elapsed() >= RECLAIM_INTERVAL)
            || self.has_freed.load(Ordering::Relaxed);
        let Some(reclaim) = self.reclaim.get().filter(|_| is_due) else {
            return;
        };
        let Reclaimed { is_done, reusable_bytes } = reclaim();
        if is_done {
            self.has_freed.store(false, Ordering::Relaxed);
        }
        *reclaimed = Some((Instant::now(), reusable_bytes));
    }

    /// Watches over writing statements, in a thread of its own.
    ///
    /// # Errors
    /// When there is no thread.
    pub(crate) fn watch(self: &Arc<Self>) -> io::Result<()> {
        let disk = Arc::clone(self);
        std::thread::Builder::new().name("disk".to_owned()).spawn(move || {
            let mut has_stopped = false;
            loop {
                let mut writers = disk.writers();
                while writers.is_empty() {
                    if std::mem::take(&mut has_stopped) {
                        drop(writers);
                        disk.try_reclaim();
                        writers = disk.writers();
                        continue;
                    }
                    writers = disk.more.wait(writers).unwrap_or_else(PoisonError::into_inner);
                }
                drop(writers);
                let (stopped, interval) = disk.look();
                has_stopped |= stopped;
                std::thread::sleep(interval);
            }
        })?;
        Ok(())
    }

    /// Stops the writers that have no room left; tells whether there were any, and when to look again.
    fn look(&self) -> (bool, Duration) {
        let room = self.room();
        let mut has_stopped = false;
        let mut left = u64::MAX;
        for writer in self.writers().iter_mut() {
            let Allowance { need, ceiling_bytes } = writer.allowance;
            match self.shortage(room, need, ceiling_bytes) {
                Some(shortage) if !writer.is_stopped => {
                    (writer.stop)(shortage);
                    writer.is_stopped = true;
                    has_stopped = true;
                }
                Some(_) => {}
                None => left = left.min(self.left(room, need, ceiling_bytes)),
            }
        }
        let interval = Duration::from_millis(left / BYTES_PER_MS / 4);
        (has_stopped, interval.clamp(INTERVAL_MIN, INTERVAL_MAX))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut writers = self.disk.writers();
        let own = writers.iter().position(|writer| writer.number == self.number);
        let own = own.map(|index| writers.swap_remove(index));
        let frees = |own: Writer| {
            let is_above = self.disk.quota_bytes > 0 && own.allowance.ceiling_bytes > self.disk.quota_bytes;
            own.allowance.need != Need::Space || own.is_stopped || is_above
        };
        if own.is_some_and(frees) {
            self.disk.has_freed.store(true, Ordering::Relaxed);
        }
    }
}

/// What the files in an account's directory hold.
fn used_bytes(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let own = entries.filter(|entry| NOT_MEASURED.iter().all(|name| entry.file_name() != *name));
    own.map(|entry| held_bytes(&entry, DEPTH_MAX)).sum()
}

fn held_bytes(entry: &fs::DirEntry, depth: u32) -> u64 {
    // A file that has just gone holds nothing.
    let Ok(metadata) = entry.metadata() else {
        return 0;
    };
    if !metadata.is_dir() {
        return metadata.len();
    }
    let inner = fs::read_dir(entry.path()).into_iter().flatten().flatten();
    depth.checked_sub(1).map_or(0, |depth| inner.map(|entry| held_bytes(&entry, depth)).sum())
}

fn mebibytes(bytes: u64) -> u64 {
    bytes >> 20
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn disk(quota_bytes: u64, reserve_bytes: u64) -> (tempfile::TempDir, Arc<Disk>) {
        let folder = tempfile::tempdir().unwrap();
        for inner in ["db", "spill", "shares", "snapshots"] {
            fs::create_dir(folder.path().join(inner)).unwrap();
        }
        fs::write(folder.path().join("snapshots/1.duckdb"), vec![0; 1 << 20]).unwrap();
        fs::write(folder.path().join("shares/1.duckdb"), vec![0; 1 << 20]).unwrap();
        let disk = Arc::new(Disk::new(folder.path().to_owned(), quota_bytes, reserve_bytes));
        (folder, disk)
    }

    #[test]
    fn what_is_held_counts_and_shares_do_not() {
        let (folder, disk) = disk(1000, 0);
        fs::write(folder.path().join("db/1.duckdb"), vec![0; 600]).unwrap();
        disk.expect(Need::Space).unwrap();
        fs::write(folder.path().join("spill/x"), vec![0; 400]).unwrap();
        let refused = disk.expect(Need::Space).unwrap_err();
        assert_eq!(refused.code, SqlState::DISK_FULL);
        assert!(refused.message.contains("quota"), "{refused:?}");
        disk.expect(Need::Margin).unwrap();
    }

    #[test]
    fn what_it_holds_elsewhere_counts_too() {
        let (folder, _) = disk(0, 0);
        let kept = Arc::new(AtomicU64::new(999));
        let disk = Disk::new(folder.path().to_owned(), 1000, 0).with_kept(Arc::clone(&kept));
        disk.expect(Need::Space).unwrap();
        kept.store(1000, Ordering::Relaxed);
        assert_eq!(disk.expect(Need::Space).unwrap_err().code, SqlState::DISK_FULL);
    }

    #[test]
    fn an_account_above_its_quota_can_free_what_it_holds() {
        let (folder, disk) = disk(1000, 0);
        let file = fs::File::create(folder.path().join("db/1.duckdb")).unwrap();
        file.set_len(MARGIN_MIN_BYTES * 4).unwrap();
        let allowance = disk.expect(Need::Margin).unwrap();
        assert_eq!(allowance.ceiling_bytes, MARGIN_MIN_BYTES * 5, "so far may it grow");
        disk.expect(Need::Freeing).unwrap();
        for need in [Need::Space, Need::Commit] {
            assert_eq!(disk.expect(need).unwrap_err().code, SqlState::DISK_FULL);
        }
    }

    #[test]
    fn a_reserve_that_is_not_there_refuses_everybody() {
        let (_folder, disk) = disk(0, 1000);
        let refused = |free_bytes, need| {
            disk.shortage(Room { used_bytes: 0, free_bytes, total_bytes: 4000 }, need, u64::MAX)
        };
        assert_eq!(refused(800, Need::Space), Some(Shortage::Reserve), "a fifth of the file system");
        assert_eq!(refused(801, Need::Space), None);
        assert_eq!(refused(800, Need::Margin), None);
        assert_eq!(refused(200, Need::Margin), Some(Shortage::Reserve));
        assert_eq!(refused(0, Need::Freeing), None);
    }

    #[test]
    fn a_statement_is_stopped_when_it_crosses_the_quota_and_then_space_is_looked_for() {
        let (folder, disk) = disk(1000, 0);
        let (reclaimed, reclaims) = mpsc::channel();
        disk.reclaim_by(move || {
            reclaimed.send(()).unwrap();
            Reclaimed::default()
        });
        disk.watch().unwrap();
        let (stopped, stops) = mpsc::channel();
        let watched = disk.begin(Need::Space, move |shortage| stopped.send(shortage).unwrap()).unwrap();
        assert!(stops.recv_timeout(Duration::from_millis(50)).is_err());
        fs::write(folder.path().join("db/1.duckdb"), vec![0; 1001]).unwrap();
        assert_eq!(stops.recv_timeout(Duration::from_secs(5)), Ok(Shortage::Quota));
        assert!(reclaims.try_recv().is_err(), "not while it is being stopped");
        drop(watched);
        reclaims.recv_timeout(Duration::from_secs(5)).unwrap();
        assert!(stops.try_recv().is_err(), "once");
    }
}
