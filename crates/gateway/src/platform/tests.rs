//! Requests of accounts, carried out on a data directory. Databases are files with any content here.

mod crashes;

use std::{fs, path::PathBuf, sync::Mutex, time::Duration};

use tempfile::TempDir;
use wire::{
    SqlState,
    link::{
        Mount, ShareChange,
        platform::{Access, DatabaseSource as Origin, Overview, ShareOptions, TokenInfo, UpdateMode},
    },
};

use super::*;
use crate::{
    duckling::tests::{nine_sessions, settings},
    home::Home,
    store::{DatabaseId, sqlite::SqliteStore},
};

const SAMPLE: &str = "md:_share/sample_data/23b0d623-1361-421d-ae77-62d701d471e6";

/// A data directory with the accounts ann and bob, and sample data.
struct World {
    platform: Platform,
    ann: Account,
    bob: Account,
    _home: Home,
    _folder: TempDir,
}

fn world() -> World {
    world_with(settings(), nine_sessions())
}

fn world_with(settings: DucklingSettings, allowances: Allowances) -> World {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(&folder.path().join("data")).unwrap();
    let store = SqliteStore::open(&home).unwrap();
    let account =
        |name: &str| store.create_account(&name.parse().unwrap(), &"my_db".parse().unwrap()).unwrap();
    let (ann, bob) = (account("ann"), account("bob"));
    let layout = home.layout().clone();
    let mut place = |edition| {
        fs::write(layout.edition(edition), "samples").unwrap();
        Ok(())
    };
    store
        .create_common_share(&"sample_data".parse().unwrap(), crate::store::SAMPLE_DATA, &mut place)
        .unwrap();
    let platform = Platform::new(Records::new(store), layout.clone(), settings, allowances);
    World { platform, ann, bob, _home: home, _folder: folder }
}

fn named(name: &str) -> PlatformRequest {
    create(name, None)
}

fn create(name: &str, source: Option<Origin>) -> PlatformRequest {
    PlatformRequest::CreateDatabase {
        name: name.to_owned(),
        or_replace: false,
        if_not_exists: false,
        source,
        persist: true,
    }
}

fn share(name: &str, database: &str, options: ShareOptions) -> PlatformRequest {
    PlatformRequest::CreateShare {
        name: name.to_owned(),
        database: database.to_owned(),
        or_replace: false,
        if_not_exists: false,
        options,
    }
}

fn attach(url: &str, alias: Option<&str>) -> PlatformRequest {
    PlatformRequest::Attach { url: url.to_owned(), alias: alias.map(ToOwned::to_owned), persist: true }
}

fn drop_database(name: &str, cascade: bool) -> PlatformRequest {
    PlatformRequest::DropDatabase { name: name.to_owned(), cascade }
}

impl World {
    fn layout(&self) -> &Layout {
        &self.platform.inner.layout
    }

    fn work(&self, account: &Account) -> Work {
        let inner = Arc::clone(&self.platform.inner);
        Work { inner, account: account.clone(), cancel: CancellationToken::new(), turn: None }
    }

    fn ask(&self, account: &Account, request: PlatformRequest) -> Result<PlatformReply, Diagnostic> {
        self.work(account).perform(request).map(|done| done.reply)
    }

    fn news(&self, account: &Account, request: PlatformRequest) -> News {
        self.work(account).perform(request).unwrap().news
    }

    fn refusal(&self, account: &Account, request: PlatformRequest) -> (SqlState, Diagnostic) {
        let refused = self.ask(account, request).unwrap_err();
        (refused.code, refused)
    }

    fn mount(&self, account: &Account, request: PlatformRequest) -> Mount {
        let reply = self.ask(account, request).unwrap();
        let PlatformReply::Database { mount, .. } = reply else { panic!("{reply:?}") };
        mount
    }

    fn url(&self, account: &Account, request: PlatformRequest) -> String {
        let reply = self.ask(account, request).unwrap();
        let PlatformReply::Share { url, .. } = reply else { panic!("{reply:?}") };
        url
    }

    fn overview(&self, account: &Account) -> Overview {
        let reply = self.ask(account, PlatformRequest::Overview).unwrap();
        let PlatformReply::Overview(overview) = reply else { panic!("{reply:?}") };
        *overview
    }

    /// Writes a database's main file, as DuckDB would.
    fn write(&self, account: &Account, name: &str, content: &str) -> PathBuf {
        let found = self.platform.inner.records.blocking().find_database(account.id, name).unwrap().unwrap();
        let path = PathBuf::from(self.platform.inner.mount(account.id, &found).unwrap().path);
        fs::write(&path, content).unwrap();
        path
    }

    /// What an account is told of shares, after this news.
    fn told(&self, account: &Account, news: &News) -> Vec<ShareChange> {
        let reader = Told { account: account.id, changes: Mutex::default() };
        let shares = (Some(news.shares.as_slice()), news.reason);
        for former in self.platform.inner.bring_up_to_date(&reader, shares).unwrap() {
            fs::remove_file(former).unwrap();
        }
        self.platform.inner.remove_former(Some(&news.shares)).unwrap();
        reader.changes.into_inner().unwrap()
    }
}

struct Told {
    account: AccountId,
    changes: Mutex<Vec<ShareChange>>,
}

impl Reader for Told {
    fn account_id(&self) -> AccountId {
        self.account
    }

    fn is_running(&self) -> bool {
        true
    }

    fn tell(&self, change: ShareChange) {
        self.changes.lock().unwrap().push(change);
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap()
}

fn automatic() -> ShareOptions {
    ShareOptions { update: UpdateMode::Automatic, ..ShareOptions::default() }
}

#[test]
fn a_database_is_made_empty_or_as_a_copy_of_another() {
    let world = world();
    let ann = &world.ann;
    let empty = world.mount(ann, named("empty"));
    assert!(!fs::exists(&empty.path).unwrap() && !empty.read_only, "DuckDB makes it");
    assert_eq!(world.refusal(ann, named("EMPTY")).0, SqlState::DUPLICATE_DATABASE);
    assert_eq!(world.refusal(ann, named("sample_data")).0, SqlState::DUPLICATE_DATABASE);
    assert_eq!(world.refusal(ann, named("md:x")).0, SqlState::RESERVED_NAME);
    assert_eq!(world.refusal(ann, named("a/b")).0, SqlState::INVALID_NAME);
    world.write(ann, "my_db", "rows");
    for (name, origin, content) in [
        ("one", Origin::Own("MY_DB".to_owned()), "rows"),
        ("two", Origin::Share("sample_data".to_owned()), "samples"),
        ("three", Origin::Share(SAMPLE.to_owned()), "samples"),
    ] {
        let mount = world.mount(ann, create(name, Some(origin)));
        assert_eq!(read(&mount.path), content);
        fs::write(&mount.path, "may be written").unwrap();
    }
    let copy = world.mount(ann, create("four", Some(Origin::Own("empty".to_owned()))));
    assert!(!fs::exists(copy.path).unwrap());
    let missing = world.refusal(ann, create("five", Some(Origin::Own("nothing".to_owned()))));
    assert_eq!(missing.0, SqlState::INVALID_CATALOG_NAME);
    let kept = PlatformRequest::CreateDatabase {
        name: "sample_data".to_owned(),
        or_replace: false,
        if_not_exists: true,
        source: None,
        persist: true,
    };
    assert!(world.mount(ann, kept).read_only);
}

#[test]
fn replaced_dropped_and_brought_back_with_what_was_in_it() {
    let world = world();
    let ann = &world.ann;
    let first = world.write(ann, "my_db", "old");
    let replace = PlatformRequest::CreateDatabase {
        name: "my_db".to_owned(),
        or_replace: true,
        if_not_exists: false,
        source: Some(Origin::Own("my_db".to_owned())),
        persist: true,
    };
    let second = world.mount(ann, replace);
    assert_eq!((read(&second.path).as_str(), first.exists()), ("old", true));
    let (code, refused) = world.refusal(ann, drop_database("my_db", true));
    assert_eq!(code, SqlState::OBJECT_IN_USE);
    assert!(refused.message.contains("default"), "{refused:?}");
    world.mount(ann, PlatformRequest::RenameDatabase { from: "my_db".to_owned(), to: "new".to_owned() });
    let back = world.mount(ann, PlatformRequest::UndropDatabase { name: "my_db".to_owned(), persist: true });
    assert_eq!(back.path, first.to_str().unwrap());
    assert_eq!(world.ask(ann, drop_database("gone", false)).unwrap(), PlatformReply::Missing);
    let (code, refused) =
        world.refusal(ann, PlatformRequest::UndropDatabase { name: "gone".to_owned(), persist: true });
    assert_eq!(code, SqlState::INVALID_CATALOG_NAME);
    assert!(refused.hint.unwrap().contains("1 hour"));
    assert_eq!(world.refusal(ann, drop_database("sample_data", false)).0, SqlState::WRONG_OBJECT_TYPE);
}

#[test]
fn what_is_not_wanted_any_more_is_not_made() {
    let world = world();
    world.write(&world.ann, "my_db", "rows");
    let work = world.work(&world.ann);
    work.cancel.cancel();
    let refused = work.perform(create("x", Some(Origin::Own("my_db".to_owned())))).unwrap_err();
    assert_eq!(refused.code, SqlState::QUERY_CANCELED);
    assert_eq!(world.overview(&world.ann).databases.len(), 1);
    assert_eq!(fs::read_dir(world.layout().databases(world.ann.id)).unwrap().count(), 1);
}

#[test]
fn copies_keep_to_the_quota_and_dropped_databases_give_way() {
    let mut allowances = nine_sessions();
    allowances.default.disk_quota_bytes = 2500;
    let world = world_with(settings(), allowances);
    let ann = &world.ann;
    world.write(ann, "my_db", &"x".repeat(1000));
    let copy = |name: &str| world.ask(ann, create(name, Some(Origin::Own("my_db".to_owned()))));
    copy("one").unwrap();
    world.ask(ann, create("small", None)).unwrap();
    world.write(ann, "small", &"x".repeat(10));
    world.ask(ann, drop_database("small", false)).unwrap();
    assert_eq!(copy("two").unwrap_err().code, SqlState::DISK_FULL);
    let undrop = |name: &str| PlatformRequest::UndropDatabase { name: name.to_owned(), persist: true };
    world.ask(ann, undrop("small")).unwrap();
    world.ask(ann, drop_database("small", false)).unwrap();
    let shared = world.refusal(ann, share("s", "my_db", ShareOptions::default()));
    assert_eq!(shared.0, SqlState::DISK_FULL);
    let taken =
        world.refusal(ann, PlatformRequest::CreateSnapshot { name: None, database: "my_db".to_owned() });
    assert_eq!(taken.0, SqlState::DISK_FULL);
    world.ask(ann, drop_database("one", false)).unwrap();
    copy("two").unwrap();
    assert_eq!(world.refusal(ann, undrop("one")).0, SqlState::INVALID_CATALOG_NAME);
    let reserve = DucklingSettings { disk_reserve_bytes: u64::MAX, ..settings() };
    let world = world_with(reserve, nine_sessions());
    world.write(&world.ann, "my_db", "x");
    // The reserve is a fifth at most: only on a disk that is fuller than that is there nothing to test.
    let status = rustix::fs::statvfs(world.layout().root()).unwrap();
    let made = world.ask(&world.ann, create("x", Some(Origin::Own("my_db".to_owned()))));
    assert_eq!(made.is_ok(), status.f_bavail > status.f_blocks / 5);
}

#[test]
fn a_share_is_read_until_it_is_gone() {
    let world = world();
    let (ann, bob) = (&world.ann, &world.bob);
    assert_eq!(
        world.refusal(ann, share("s", "my_db", automatic())).0,
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE
    );
    world.write(ann, "my_db", "one");
    let url = world.url(ann, share("s", "my_db", automatic()));
    assert_eq!(world.refusal(ann, share("S", "my_db", automatic())).0, SqlState::DUPLICATE_OBJECT);
    assert_eq!(world.refusal(bob, attach(&url, None)).0, SqlState::DUPLICATE_DATABASE, "my_db is taken");
    let first = world.mount(bob, attach(&url, Some("theirs")));
    assert_eq!((read(&first.path).as_str(), first.read_only), ("one", true));
    world.write(ann, "my_db", "two");
    let news = world.news(ann, PlatformRequest::PublishShares { database: "my_db".to_owned() });
    let told = world.told(bob, &news);
    let [ShareChange::Published { former, path }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((former, read(path).as_str()), (&first.path, "two"));
    assert!(!fs::exists(former).unwrap());
    assert_eq!(fs::read_dir(world.layout().shares()).unwrap().count(), 2, "with the sample data");
    let (code, refused) = world.refusal(ann, drop_database("my_db", false));
    assert_eq!(code, SqlState::OBJECT_IN_USE, "{refused:?}");
    let news = world.news(ann, PlatformRequest::DropShare { name: "s".to_owned() });
    let told = world.told(bob, &news);
    let [ShareChange::Gone { path: gone, reason }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((gone, reason.contains("dropped by its owner")), (path, true));
    assert!(!fs::exists(gone).unwrap());
    assert_eq!(fs::read_dir(world.layout().shares()).unwrap().count(), 1);
    let (code, refused) = world.refusal(bob, attach(&url, Some("theirs")));
    assert_eq!(code, SqlState::INVALID_CATALOG_NAME);
    assert_eq!(refused.message, format!("share \"{url}\" does not exist"));
    let missing = PlatformRequest::DropShare { name: "s".to_owned() };
    assert_eq!(world.ask(ann, missing).unwrap(), PlatformReply::Missing);
}

#[test]
fn what_is_being_published_is_not_taken_for_a_former_state() {
    let world = world();
    let (ann, bob) = (&world.ann, &world.bob);
    world.write(ann, "my_db", "one");
    let url = world.url(ann, share("s", "my_db", automatic()));
    std::thread::scope(|scope| {
        let publisher = scope.spawn(|| {
            for _ in 0..100 {
                world.ask(ann, PlatformRequest::UpdateShare { name: "s".to_owned() }).unwrap();
            }
        });
        while !publisher.is_finished() {
            world.platform.inner.remove_former(None).unwrap();
            assert_eq!(read(&world.mount(bob, attach(&url, Some("theirs"))).path), "one");
            world.ask(bob, create("x", Some(Origin::Share(url.clone())))).unwrap();
            world.ask(bob, drop_database("x", false)).unwrap();
        }
    });
    world.platform.inner.remove_former(None).unwrap();
    assert_eq!(fs::read_dir(world.layout().shares()).unwrap().count(), 2, "with the sample data");
    assert_eq!(read(&world.mount(bob, attach(&url, Some("theirs"))).path), "one");
}

#[test]
fn a_grant_gives_and_takes() {
    let world = world();
    let (ann, bob) = (&world.ann, &world.bob);
    world.write(ann, "my_db", "one");
    let options = ShareOptions { access: Access::Restricted, ..ShareOptions::default() };
    let url = world.url(ann, share("s", "my_db", options));
    let hidden = world.refusal(bob, attach(&url, Some("x"))).1;
    let unknown = "md:_share/my_db/00000000-0000-4000-8000-000000000000";
    let none = world.refusal(bob, attach(unknown, Some("x"))).1;
    assert_eq!(hidden.message.replace(&url, "?"), none.message.replace(unknown, "?"));
    assert_eq!(hidden.hint, none.hint);
    let grant = |accounts: &[&str], is_granted| PlatformRequest::Grant {
        share: "s".to_owned(),
        accounts: accounts.iter().map(|&account| account.to_owned()).collect(),
        is_granted,
    };
    assert_eq!(world.refusal(ann, grant(&["bob", "nobody"], true)).0, SqlState::UNDEFINED_OBJECT);
    assert_eq!(
        world.refusal(bob, attach(&url, Some("x"))).0,
        SqlState::INVALID_CATALOG_NAME,
        "all or nothing"
    );
    assert_eq!(world.news(ann, grant(&["BOB"], true)), News::default());
    let mount = world.mount(bob, attach(&url, Some("x")));
    assert_eq!(world.overview(bob).shared_with_me[1].attached_as.as_deref(), Some("x"));
    assert_eq!(world.overview(ann).owned_shares[0].grants, ["bob"]);
    let news = world.news(ann, grant(&["bob"], false));
    let told = world.told(bob, &news);
    assert!(matches!(&told[..], [ShareChange::Gone { path, .. }] if *path == mount.path), "{told:?}");
    assert_eq!(world.overview(bob).shared_with_me.len(), 1, "only the sample data");
    world.ask(ann, grant(&["nobody"], false)).unwrap_err();
    assert_eq!(world.refusal(bob, grant(&["bob"], true)).0, SqlState::INVALID_CATALOG_NAME);
}

#[test]
fn a_share_goes_with_its_database_and_its_readers_are_told() {
    let world = world();
    let (ann, bob) = (&world.ann, &world.bob);
    world.ask(ann, named("x")).unwrap();
    world.write(ann, "x", "one");
    let url = world.url(ann, share("s", "x", ShareOptions::default()));
    world.mount(bob, attach(&url, None));
    let (code, refused) = world.refusal(ann, drop_database("x", false));
    assert_eq!(code, SqlState::DEPENDENT_OBJECTS_STILL_EXIST);
    assert!(refused.detail.unwrap().contains("\"s\""));
    let told = world.told(bob, &world.news(ann, drop_database("x", true)));
    assert!(matches!(&told[..], [ShareChange::Gone { .. }]), "{told:?}");
    assert!(world.platform.inner.begin(bob.id).unwrap().mounts.iter().all(|mount| mount.name != "x"));
}

#[test]
fn snapshots_are_taken_and_restored() {
    let world = world();
    let ann = &world.ann;
    world.write(ann, "my_db", "monday");
    let take = |name: &str| PlatformRequest::CreateSnapshot {
        name: Some(name.to_owned()),
        database: "my_db".to_owned(),
    };
    world.ask(ann, take("s")).unwrap();
    world.write(ann, "my_db", "tuesday");
    assert_eq!(world.refusal(ann, take("S")).0, SqlState::DUPLICATE_OBJECT);
    let restored = world.mount(ann, create("x", Some(Origin::Snapshot("s".to_owned()))));
    assert_eq!(read(&restored.path), "monday");
    let overview = world.overview(ann);
    assert_eq!((overview.snapshots[0].bytes, overview.databases[0].historical_bytes), (6, 6));
    assert_eq!(overview.databases[0].active_bytes, 7);
    let id = overview.snapshots[0].id.clone();
    assert_eq!(read(&world.mount(ann, create("y", Some(Origin::Snapshot(id)))).path), "monday");
    let missing = world.refusal(ann, create("z", Some(Origin::Snapshot("t".to_owned()))));
    assert_eq!(missing.0, SqlState::UNDEFINED_OBJECT);
}

#[test]
fn sample_data_are_detached_and_attached_by_either_name() {
    let world = world();
    let ann = &world.ann;
    let names = || -> Vec<String> {
        let begun = world.platform.inner.begin(ann.id).unwrap();
        begun.mounts.into_iter().map(|mount| mount.name).collect()
    };
    for url in [SAMPLE, "md:sample_data"] {
        assert_eq!(names(), ["my_db", "sample_data"]);
        assert_eq!(fs::read_dir(world.layout().links(ann.id)).unwrap().count(), 1);
        world.ask(ann, PlatformRequest::Detach { name: "sample_data".to_owned() }).unwrap();
        assert_eq!(names(), ["my_db"]);
        assert_eq!(fs::read_dir(world.layout().links(ann.id)).unwrap().count(), 0);
        assert!(world.mount(ann, attach(url, None)).read_only);
    }
    let (code, refused) = world.refusal(ann, attach("md:my_db", Some("x")));
    assert_eq!(code, SqlState::FEATURE_NOT_SUPPORTED);
    assert!(refused.message.contains("Database aliases are not yet supported"));
    assert_eq!(world.refusal(ann, attach("md:none", None)).0, SqlState::INVALID_CATALOG_NAME);
    assert_eq!(world.refusal(ann, attach("md:_share/x", None)).0, SqlState::INVALID_CATALOG_NAME);
}

#[test]
fn tokens_by_sql_are_those_of_the_command_line() {
    let world = world();
    let ann = &world.ann;
    let make =
        PlatformRequest::CreateToken { name: "ci".to_owned(), ttl_seconds: Some(60), is_read_scaling: true };
    let Ok(PlatformReply::Token { secret }) = world.ask(ann, make.clone()) else { panic!("no token") };
    assert!(secret.0.starts_with("pt_"));
    assert_eq!(world.refusal(ann, make).0, SqlState::DUPLICATE_OBJECT);
    let Ok(PlatformReply::Tokens { tokens }) = world.ask(ann, PlatformRequest::Tokens) else {
        panic!("none")
    };
    let [TokenInfo { name, kind, created_us, expires_us, last_used_us: None }] = tokens.as_slice() else {
        panic!("{tokens:?}")
    };
    assert_eq!((name.as_str(), kind.as_str()), ("ci", "read_scaling"));
    assert_eq!(expires_us.unwrap() - created_us, 60_000_000);
    let drop = PlatformRequest::DropToken { name: "ci".to_owned() };
    assert_eq!(world.ask(&world.bob, drop.clone()).unwrap(), PlatformReply::Missing);
    assert!(world.news(ann, drop.clone()).revoked.is_some());
    assert_eq!(world.ask(ann, drop).unwrap(), PlatformReply::Missing);
}

#[test]
fn what_has_changed_since_it_was_published_is_published_at_the_next_start() {
    let world = world();
    let ann = &world.ann;
    let unpublished = || world.platform.inner.begin(ann.id).unwrap().unpublished;
    let path = world.write(ann, "my_db", "one");
    world.url(ann, share("manual", "my_db", ShareOptions::default()));
    assert_eq!(unpublished(), Vec::<String>::new());
    world.url(ann, share("s", "my_db", automatic()));
    assert_eq!(unpublished(), Vec::<String>::new());
    fs::write(path.with_added_extension("wal"), "change").unwrap();
    assert_eq!(unpublished(), ["my_db"]);
    fs::write(path.with_added_extension("wal"), "").unwrap();
    std::thread::sleep(Duration::from_millis(20));
    world.write(ann, "my_db", "two");
    assert_eq!(unpublished(), ["my_db"]);
    world.ask(ann, PlatformRequest::PublishShares { database: "my_db".to_owned() }).unwrap();
    assert_eq!(unpublished(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_waits_for_its_turn_can_be_withdrawn_and_readers_do_not_wait() {
    let world = world();
    let turn = world.platform.turn(world.ann.id).await;
    let cancel = CancellationToken::new();
    let waiting = world.platform.carry_out(world.ann.clone(), named("x"), cancel.clone());
    for request in [PlatformRequest::Overview, PlatformRequest::DropToken { name: "t".to_owned() }] {
        let done = world.platform.carry_out(world.ann.clone(), request, cancel.clone()).await;
        assert!(done.reply.is_ok());
    }
    let other = world.platform.carry_out(world.bob.clone(), named("x"), CancellationToken::new());
    assert!(other.await.reply.is_ok(), "other accounts have turns of their own");
    cancel.cancel();
    assert_eq!(waiting.await.reply.unwrap_err().code, SqlState::QUERY_CANCELED);
    drop(turn);
    assert_eq!(world.overview(&world.ann).databases.len(), 1);
}
