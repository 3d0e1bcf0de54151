//! What a crash leaves at any point, and that the next start brings files and rows together again.

use super::*;
use crate::store::{DatabaseSource::Own, Edition, ShareId, StoreError};

impl World {
    fn store_failure() -> Result<(), StoreError> {
        Err(StoreError::Gone)
    }

    /// As a server and the duckling of each account do when they start; and twice, since that may be killed too.
    fn restart(&self) {
        for _ in 0..2 {
            self.platform.inner.put_in_order().unwrap();
            for account in [&self.ann, &self.bob] {
                self.platform.inner.begin(account.id).unwrap();
            }
        }
        self.agree();
    }

    /// Every file has its row and every row its file.
    fn agree(&self) {
        let store = self.platform.inner.records.blocking();
        for account in [&self.ann, &self.bob] {
            let known = store.known(account.id).unwrap();
            for name in names(&self.layout().databases(account.id)) {
                let id = DatabaseId(name.split('.').next().unwrap().parse().unwrap());
                assert!(known.databases.contains(&id), "{name}");
            }
            let mut snapshots: Vec<_> = known.snapshots.iter().map(|id| format!("{id}.duckdb")).collect();
            snapshots.sort();
            assert_eq!(names(&self.layout().snapshots(account.id)), snapshots);
            let workspace = store.databases(account.id).unwrap();
            let shares = workspace.iter().filter(|database| !matches!(database.source, Own(_))).count();
            assert_eq!(names(&self.layout().links(account.id)).len(), shares);
        }
        let mut editions: Vec<_> =
            store.editions().unwrap().iter().map(|edition| format!("{edition}.duckdb")).collect();
        editions.sort();
        assert_eq!(names(&self.layout().shares()), editions);
    }
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.collect();
    names.sort();
    names
}

/// What is copied, for the steps that are taken one by one.
fn draft(world: &World, folder: &std::path::Path) -> (Draft, crate::store::Taken) {
    let work = world.work(&world.ann);
    let source = work.own_source(DatabaseId(1)).unwrap().unwrap();
    (work.copy(&source, folder, 0o600).unwrap(), source.taken)
}

#[test]
fn a_copy_that_was_not_finished_or_not_named_is_gone() {
    let world = world();
    world.write(&world.ann, "my_db", "rows");
    let layout = world.layout().clone();
    let (db, snapshots) = (layout.databases(world.ann.id), layout.snapshots(world.ann.id));
    // Killed while it was copied.
    for folder in [&db, &snapshots, &layout.shares()] {
        std::mem::forget(draft(&world, folder));
        assert!(names(folder).iter().any(|name| name.ends_with(copying::DRAFT)));
    }
    // Killed between the place and the commit, with and without the draft's own name.
    for is_forgotten in [true, false] {
        for (folder, name) in
            [(&db, "77.duckdb"), (&snapshots, "77.duckdb"), (&layout.shares(), "77-3.duckdb")]
        {
            let (draft, _) = draft(&world, folder);
            draft.place(name).unwrap();
            if is_forgotten {
                std::mem::forget(draft);
            }
        }
        fs::write(db.join("77.duckdb.wal"), "log").unwrap();
        world.restart();
        assert_eq!(names(&db), ["1.duckdb"]);
    }
}

#[test]
fn a_commit_that_fails_leaves_what_was_there_before() {
    let world = world();
    let ann = &world.ann;
    world.write(ann, "my_db", "rows");
    let url = world.url(ann, share("s", "my_db", automatic()));
    world.mount(&world.bob, attach(&url, Some("theirs")));
    let store = world.platform.inner.records.blocking();
    let new = crate::store::NewDatabase {
        account: ann.id,
        name: "x".parse().unwrap(),
        if_exists: crate::store::IfExists::Refuse,
        limit: 9,
        persist: true,
    };
    let (own, taken) = draft(&world, &world.layout().databases(ann.id));
    store
        .create_database(&new, &mut |id| {
            own.place(&format!("{id}.duckdb"))?;
            World::store_failure()
        })
        .unwrap_err();
    let (shared, _) = draft(&world, &world.layout().shares());
    store
        .publish_share(ShareId(2), taken, &mut |edition| {
            shared.place(&format!("{edition}.duckdb"))?;
            World::store_failure()
        })
        .unwrap_err();
    drop((own, shared));
    // The number comes again, and what was left is nobody's content.
    let made = world.mount(ann, named("y"));
    assert!(!fs::exists(&made.path).unwrap());
    world.restart();
    assert_eq!(store.editions().unwrap()[1], Edition { share: ShareId(2), version: 1 });
}

#[test]
fn what_was_committed_is_followed_up_after_a_crash() {
    let world = world();
    let (ann, bob) = (&world.ann, &world.bob);
    world.ask(ann, named("x")).unwrap();
    world.write(ann, "x", "one");
    let url = world.url(ann, share("s", "x", automatic()));
    let former = world.mount(bob, attach(&url, Some("theirs")));
    // Published, and killed before any reader was told.
    world.write(ann, "x", "two");
    world.ask(ann, PlatformRequest::UpdateShare { name: "s".to_owned() }).unwrap();
    world.restart();
    let begun = world.platform.inner.begin(bob.id).unwrap();
    let theirs = begun.mounts.iter().find(|mount| mount.name == "theirs").unwrap();
    assert_eq!(read(&theirs.path), "two");
    assert!(!fs::exists(former.path).unwrap());
    // Dropped, and killed at once.
    world.ask(ann, PlatformRequest::CreateSnapshot { name: None, database: "x".to_owned() }).unwrap();
    world.ask(ann, drop_database("x", true)).unwrap();
    world.restart();
    // Purged, and killed before its files were removed.
    let purged = world.platform.inner.records.blocking().purge(crate::store::Moment(i64::MAX)).unwrap();
    assert_eq!((purged.len(), purged[0].snapshots.len()), (1, 1));
    world.restart();
    assert_eq!(names(&world.layout().snapshots(ann.id)), Vec::<String>::new());
}

#[test]
fn what_the_file_system_refuses_is_refused_and_changes_nothing() {
    let world = world();
    let ann = &world.ann;
    world.write(ann, "my_db", "rows");
    // A folder in the way: the file system's refusal, for root too.
    let gone = [world.layout().snapshots(ann.id), world.layout().shares()];
    for folder in &gone {
        fs::rename(folder, folder.with_extension("away")).unwrap();
        fs::write(folder, "not a folder").unwrap();
    }
    let snapshot = PlatformRequest::CreateSnapshot { name: None, database: "my_db".to_owned() };
    assert_eq!(world.refusal(ann, snapshot).0, SqlState::IO_ERROR);
    assert_eq!(world.refusal(ann, share("s", "my_db", automatic())).0, SqlState::IO_ERROR);
    for folder in &gone {
        fs::remove_file(folder).unwrap();
        fs::rename(folder.with_extension("away"), folder).unwrap();
    }
    // The duckling's own folder, with something else in the place of its database.
    let path = world.layout().database(ann.id, DatabaseId(1));
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &path).unwrap();
    let copy = create("x", Some(Origin::Own("my_db".to_owned())));
    assert_eq!(world.refusal(ann, copy).0, SqlState::IO_ERROR);
    let overview = world.overview(ann);
    assert_eq!((overview.databases.len(), overview.owned_shares.len(), overview.snapshots.len()), (1, 0, 0));
    world.restart();
}

#[test]
fn what_was_dropped_is_purged_when_its_time_is_over() {
    let none = DucklingSettings { retention: Duration::ZERO, ..settings() };
    let world = world_with(none, nine_sessions());
    let ann = &world.ann;
    let path = PathBuf::from(world.mount(ann, named("x")).path);
    fs::write(&path, "rows").unwrap();
    fs::write(path.with_added_extension("wal"), "log").unwrap();
    world.ask(ann, drop_database("x", false)).unwrap();
    assert!(path.exists());
    std::thread::sleep(Duration::from_millis(2));
    world.platform.inner.purge().unwrap();
    assert_eq!(names(&world.layout().databases(ann.id)), Vec::<String>::new());
    world.restart();
}

#[test]
fn a_file_that_duckdb_was_about_to_make_is_made_anew() {
    let world = world();
    let folder = world.layout().databases(world.ann.id);
    let file = folder.join("1.duckdb");
    let magic = [&[7; 8][..], b"DUCK", &[0; 100]].concat();
    for (bytes, log, stays) in [
        (vec![], None, false),
        (vec![0; 4096], None, false),
        (magic.clone(), Some(""), false),
        (magic.clone(), Some("what was committed"), true),
        ([&magic[..], &[0; 3 * 4096]].concat(), None, true),
        (b"something else".to_vec(), None, true),
    ] {
        fs::write(&file, &bytes).unwrap();
        if let Some(log) = log {
            fs::write(folder.join("1.duckdb.wal"), log).unwrap();
        }
        world.restart();
        assert_eq!(file.exists(), stays, "{} bytes, log {log:?}", bytes.len());
    }
}
