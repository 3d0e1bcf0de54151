//! Databases, shares, attachments and snapshots: the rules of names, and of who sees what.

use wire::link::platform::{Access, ShareOptions, UpdateMode, Visibility};

use super::{
    super::super::{DatabaseSource, IfExists, SAMPLE_DATA},
    *,
};

const LIMIT: usize = 10;

/// The start of time.
const ALWAYS: Moment = Moment(0);

const BACK: Undrop = Undrop { since: ALWAYS, limit: LIMIT, persist: true };

fn ann(store: &SqliteStore) -> AccountId {
    store.create_account(&name("ann"), &name("my_db")).unwrap().id
}

fn new(account: AccountId, text: &str, if_exists: IfExists) -> NewDatabase {
    NewDatabase { account, name: name(text), if_exists, limit: LIMIT, persist: true }
}

fn create(
    store: &SqliteStore,
    account: AccountId,
    text: &str,
    if_exists: IfExists,
) -> Result<MadeDatabase, StoreError> {
    store.create_database(&new(account, text, if_exists), &mut |_| Ok(()))
}

fn made(store: &SqliteStore, account: AccountId, text: &str) -> DatabaseId {
    own_id(&create(store, account, text, IfExists::Refuse).unwrap().database)
}

fn own_id(database: &Database) -> DatabaseId {
    match database.source {
        DatabaseSource::Own(id) => id,
        DatabaseSource::Share(_) => panic!("a share: {database:?}"),
    }
}

fn names(databases: Result<Vec<Database>, StoreError>) -> Vec<String> {
    databases.unwrap().into_iter().map(|database| database.name).collect()
}

fn share_of(
    store: &SqliteStore,
    owner: AccountId,
    text: &str,
    options: ShareOptions,
) -> Result<MadeShare, StoreError> {
    let new = NewShare {
        owner,
        name: name(text),
        database: "my_db".to_owned(),
        options,
        if_exists: IfExists::Refuse,
        limit: LIMIT,
    };
    store.create_share(&new, taken(5), &mut |_| Ok(()))
}

fn taken(time: i64) -> Taken {
    Taken { at: Moment(time), source: Moment(time) }
}

fn restricted() -> ShareOptions {
    ShareOptions { access: Access::Restricted, ..ShareOptions::default() }
}

#[test]
fn a_database_is_made_once_kept_replaced_and_brought_back() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    let first = made(&store, ann, "Sales");
    assert!(matches!(create(&store, ann, "SALES", IfExists::Refuse), Err(StoreError::Exists { .. })));
    let kept = create(&store, ann, "sales", IfExists::Keep).unwrap();
    assert_eq!((own_id(&kept.database), kept.is_new, kept.database.name.as_str()), (first, false, "Sales"));
    let second = create(&store, ann, "sales", IfExists::Replace).unwrap();
    assert!(second.is_new && own_id(&second.database) > first);
    let dropped = store.drop_database(ann, "SALES", false).unwrap().unwrap();
    assert_eq!(dropped.0, own_id(&second.database));
    assert_eq!(store.drop_database(ann, "sales", false).unwrap(), None);
    let back = store.undrop_database(ann, "sales", BACK).unwrap();
    assert_eq!(back, second.database, "the one that was dropped last");
    assert!(matches!(store.undrop_database(ann, "sales", BACK), Err(StoreError::Exists { .. })));
    store.rename_database(ann, "sales", &name("new")).unwrap();
    let older = store.undrop_database(ann, "sales", BACK).unwrap();
    assert_eq!(own_id(&older), first);
    let missing = store.undrop_database(ann, "never", BACK);
    assert!(matches!(missing, Err(StoreError::Missing { what: "dropped database", .. })));
}

#[test]
fn the_default_database_stays_the_default_when_it_is_renamed_or_replaced() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    assert!(matches!(store.drop_database(ann, "my_db", true), Err(StoreError::IsDefault(_))));
    let replaced = create(&store, ann, "my_db", IfExists::Replace).unwrap();
    assert!(replaced.database.is_default);
    let renamed = store.rename_database(ann, "MY_DB", &name("My_Db")).unwrap();
    assert!(renamed.is_default);
    assert_eq!(names(store.databases(ann)), ["My_Db"]);
    assert!(matches!(
        store.rename_database(ann, "gone", &name("x")),
        Err(StoreError::Missing { what: "database", .. })
    ));
    store.rename_database(ann, "my_db", &name("other")).unwrap();
    store.undrop_database(ann, "my_db", BACK).unwrap();
    let defaults = store.databases(ann).unwrap().into_iter().filter(|database| database.is_default);
    assert_eq!(defaults.map(|database| database.name).collect::<Vec<_>>(), ["other"]);
}

#[test]
fn what_cannot_be_put_in_place_is_not_made() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    let mut fail = |_| Err(StoreError::Gone);
    assert!(store.create_database(&new(ann, "x", IfExists::Refuse), &mut fail).is_err());
    assert!(store.create_database(&new(ann, "my_db", IfExists::Replace), &mut fail).is_err());
    assert_eq!(names(store.connectable(ann)), ["my_db"]);
    assert!(store.undrop_database(ann, "my_db", BACK).is_err(), "it was not replaced");
}

#[test]
fn there_are_only_so_many() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    made(&store, ann, "gone");
    store.drop_database(ann, "gone", false).unwrap();
    for number in 1..LIMIT {
        made(&store, ann, &format!("db{number}"));
    }
    let full = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Full { limit: LIMIT, .. }));
    assert!(full(create(&store, ann, "more", IfExists::Refuse).map(drop)));
    assert!(full(store.check_database(&new(ann, "more", IfExists::Keep)).map(drop)));
    create(&store, ann, "db1", IfExists::Replace).unwrap();
    assert!(full(store.undrop_database(ann, "gone", BACK).map(drop)));
    for number in 0..LIMIT {
        share_of(&store, ann, &format!("s{number}"), ShareOptions::default()).unwrap();
    }
    assert!(full(share_of(&store, ann, "more", ShareOptions::default()).map(drop)));
}

#[test]
fn what_is_dropped_is_purged_in_time_or_oldest_first() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    let ids: Vec<_> = ["a", "b", "c"].iter().map(|text| made(&store, ann, text)).collect();
    for text in ["a", "b", "c"] {
        store.drop_database(ann, text, false).unwrap().unwrap();
    }
    assert_eq!(store.purge(ALWAYS).unwrap(), []);
    let oldest = store.purge_oldest(ann, 2).unwrap().unwrap();
    assert_eq!(oldest, Purged { account: ann, database: ids[0], snapshots: vec![] });
    assert_eq!(store.purge_oldest(ann, 2).unwrap(), None);
    assert_eq!(store.known(ann).unwrap().databases.len(), 3);
    assert!(store.undrop_database(ann, "b", Undrop { since: Moment(i64::MAX), ..BACK }).is_err(), "too late");
    assert_eq!(store.purge(Moment(i64::MAX)).unwrap().len(), 2);
    assert!(store.undrop_database(ann, "b", BACK).is_err());
}

#[test]
fn a_share_goes_with_its_database_only_when_it_is_said() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    made(&store, ann, "x");
    store.rename_database(ann, "my_db", &name("first")).unwrap();
    store.rename_database(ann, "x", &name("my_db")).unwrap();
    let share = share_of(&store, ann, "s", ShareOptions::default()).unwrap().share;
    assert_eq!(share.address.to_string(), format!("md:_share/my_db/{}", share.address.uuid));
    let refused = store.drop_database(ann, "my_db", false);
    assert!(matches!(refused, Err(StoreError::HasShares { shares, .. }) if shares == ["s"]));
    let (_, gone) = store.drop_database(ann, "my_db", true).unwrap().unwrap();
    assert_eq!(gone, [share.edition.share]);
    store.undrop_database(ann, "my_db", BACK).unwrap();
    assert!(matches!(store.find_share(ann, "s"), Err(StoreError::Missing { .. })));
}

#[test]
fn a_share_keeps_its_address_until_it_is_replaced() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    let made = share_of(&store, ann, "s", ShareOptions::default()).unwrap().share;
    store.rename_database(ann, "my_db", &name("renamed")).unwrap();
    let found = store.find_share(ann, "S").unwrap();
    assert_eq!((found.address, found.database.name), (made.address.clone(), "renamed".to_owned()));
    let mut new = NewShare {
        owner: ann,
        name: name("s"),
        database: "renamed".to_owned(),
        options: ShareOptions::default(),
        if_exists: IfExists::Keep,
        limit: LIMIT,
    };
    let kept = store.create_share(&new, taken(9), &mut |_| Ok(())).unwrap();
    assert!(!kept.is_new && kept.share.address == made.address);
    new.if_exists = IfExists::Replace;
    let replaced = store.create_share(&new, taken(9), &mut |_| Ok(())).unwrap();
    assert_ne!(replaced.share.address.uuid, made.address.uuid);
    assert_eq!(replaced.gone_shares, [made.edition.share]);
}

#[test]
fn who_may_read_a_share_and_who_is_shown_it() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    let bob = store.create_account(&name("bob"), &name("my_db")).unwrap().id;
    let kinds = [
        (Access::Organization, Visibility::Discoverable, true, true),
        (Access::Organization, Visibility::Hidden, true, false),
        (Access::Unrestricted, Visibility::Discoverable, true, true),
        (Access::Unrestricted, Visibility::Hidden, true, false),
        (Access::Restricted, Visibility::Discoverable, false, false),
        (Access::Restricted, Visibility::Hidden, false, false),
    ];
    for (access, visibility, may_read, is_shown) in kinds {
        let options = ShareOptions { access, visibility, update: UpdateMode::Automatic };
        let share = share_of(&store, ann, "s", options).unwrap().share;
        let shown = |account| {
            let seen = store.inventory(account).unwrap().seen;
            seen.iter().any(|seen| seen.address == share.address && seen.options == options)
        };
        let attach = || store.attach_share(bob, &share.address, Some(&name("x")), false);
        assert_eq!(attach().is_ok(), may_read, "{options:?}");
        assert_eq!(shown(bob), is_shown, "{options:?}");
        assert!(!shown(ann), "the owner's own are listed apart");
        store.grant(ann, "s", &["BOB".to_owned()], true).unwrap();
        assert!(attach().is_ok() && shown(bob), "{options:?}");
        assert_eq!(store.find_share(ann, "s").unwrap().grants, ["bob"]);
        assert!(matches!(store.grant(ann, "s", &["nobody".to_owned()], true), Err(StoreError::NoAccount(_))));
        store.attach_share(bob, &share.address, None, true).map(drop).unwrap_err();
        store.attach_share(bob, &share.address, Some(&name("theirs")), true).unwrap();
        store.grant(ann, "s", &["bob".to_owned()], false).unwrap();
        assert_eq!(names(store.databases(bob)).contains(&"theirs".to_owned()), may_read, "{options:?}");
        assert_eq!(store.readable(bob, share.edition.share).unwrap().is_some(), may_read);
        assert!(store.readable(ann, share.edition.share).unwrap().is_some());
        store.drop_share(ann, "S").unwrap().unwrap();
        assert_eq!(names(store.databases(bob)), ["my_db"]);
    }
    assert_eq!(store.drop_share(ann, "s").unwrap(), None);
}

#[test]
fn a_share_has_one_name_in_a_workspace_and_takes_no_other_ones() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    let bob = store.create_account(&name("bob"), &name("home")).unwrap().id;
    let address = share_of(&store, ann, "s", restricted()).unwrap().share.address;
    store.grant(ann, "s", &["bob".to_owned()], true).unwrap();
    let (database, is_new) = store.attach_share(bob, &address, None, true).unwrap();
    assert_eq!((database.name.as_str(), is_new), ("my_db", true), "the address has the database's name");
    assert!(!store.attach_share(bob, &address, None, true).unwrap().1);
    let other = store.attach_share(bob, &address, Some(&name("y")), true);
    assert!(matches!(other, Err(StoreError::Attached(present)) if present == "my_db"));
    for result in [
        create(&store, bob, "MY_DB", IfExists::Refuse).map(drop),
        create(&store, bob, "my_db", IfExists::Replace).map(drop),
        store.rename_database(bob, "home", &name("my_db")).map(drop),
    ] {
        assert!(matches!(result, Err(StoreError::Exists { .. })), "{result:?}");
    }
    assert!(matches!(store.drop_database(bob, "my_db", false), Err(StoreError::IsShare(_))));
    store.detach(bob, "My_Db").unwrap();
    assert_eq!(names(store.connectable(bob)), ["home"]);
    let wrong = Address { database: "guess".to_owned(), ..address };
    assert!(matches!(store.attach_share(bob, &wrong, None, true), Err(StoreError::Missing { .. })));
}

#[test]
fn the_sample_data_can_be_detached_and_attached_again() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    store.create_common_share(&name("sample_data"), SAMPLE_DATA, &mut |_| Ok(())).unwrap();
    assert!(matches!(create(&store, ann, "sample_data", IfExists::Refuse), Err(StoreError::Exists { .. })));
    store.detach(ann, "sample_data").unwrap();
    assert_eq!(names(store.connectable(ann)), ["my_db"]);
    let seen = &store.inventory(ann).unwrap().seen[0];
    assert_eq!(
        (seen.address.to_string().as_str(), &seen.attached_as),
        ("md:_share/sample_data/23b0d623-1361-421d-ae77-62d701d471e6", &None)
    );
    assert!(store.attach_database(ann, "sample_data", None, true).unwrap().1);
    assert_eq!(names(store.databases(ann)), ["my_db", "sample_data"]);
    store.detach(ann, "sample_data").unwrap();
    create(&store, ann, "sample_data", IfExists::Refuse).unwrap();
    let address = Address::parse("md:_share/sample_data/23b0d623-1361-421d-ae77-62d701d471e6").unwrap();
    store.attach_share(ann, &address, Some(&name("theirs")), true).unwrap();
    assert_eq!(names(store.databases(ann)), ["my_db", "sample_data", "theirs"]);
}

#[test]
fn a_detached_database_is_still_there_to_connect_to() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    made(&store, ann, "x");
    store.detach(ann, "X").unwrap();
    assert_eq!(names(store.databases(ann)), ["my_db"]);
    assert_eq!(names(store.connectable(ann)), ["my_db", "x"]);
    assert!(!store.inventory(ann).unwrap().databases[1].is_attached);
    assert!(store.attach_database(ann, "x", None, false).unwrap().1);
    assert_eq!(names(store.databases(ann)), ["my_db"], "for one session only");
    assert!(store.attach_database(ann, "x", None, true).unwrap().1);
    assert!(!store.attach_database(ann, "x", None, true).unwrap().1);
    assert_eq!(names(store.databases(ann)), ["my_db", "x"]);
    let alias = store.attach_database(ann, "x", Some(&name("z")), true);
    assert!(matches!(alias, Err(StoreError::NoAlias(_))));
    assert!(matches!(store.attach_database(ann, "y", None, true), Err(StoreError::Missing { .. })));
}

#[test]
fn publishing_counts_and_tells_what_is_to_be_published() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    let automatic = ShareOptions { update: UpdateMode::Automatic, ..ShareOptions::default() };
    let one = share_of(&store, ann, "one", automatic).unwrap().share.edition;
    share_of(&store, ann, "two", ShareOptions::default()).unwrap();
    assert_eq!(one.version, 1);
    let next = store.publish_share(one.share, taken(7), &mut |_| Ok(())).unwrap().unwrap();
    assert_eq!(next, Edition { version: 2, ..one });
    assert!(store.publish_share(one.share, taken(8), &mut |_| Err(StoreError::Gone)).is_err());
    let followed = store.followed(ann).unwrap();
    assert_eq!((followed.len(), followed[0].source), (1, Moment(7)));
    assert_eq!(store.automatic_shares(ann, "MY_DB").unwrap()[0].edition, next);
    assert_eq!(store.editions().unwrap()[0], next);
    store.drop_share(ann, "one").unwrap();
    assert_eq!(store.publish_share(one.share, taken(9), &mut |_| Ok(())).unwrap(), None);
}

#[test]
fn snapshots_are_found_by_name_or_number_and_go_with_their_database() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    made(&store, ann, "x");
    let new = |database: &str, text: Option<&str>| NewSnapshot {
        account: ann,
        database: database.to_owned(),
        name: text.map(name),
        created: Moment(3),
        bytes: 4,
        limit: LIMIT,
    };
    let take = |new: NewSnapshot| store.create_snapshot(&new, &mut |_| Ok(()));
    let one = take(new("my_db", Some("monday"))).unwrap();
    assert!(matches!(take(new("my_db", Some("MONDAY"))), Err(StoreError::Exists { what: "snapshot", .. })));
    assert_eq!(store.find_snapshot(ann, "Monday").unwrap(), one);
    let two = take(new("x", Some("monday"))).unwrap();
    let ambiguous = store.find_snapshot(ann, "monday");
    assert!(matches!(ambiguous, Err(StoreError::Ambiguous { candidates, .. })
        if candidates[1] == format!("{} of x", two.uuid)));
    take(new("x", None)).unwrap();
    take(new("x", None)).unwrap();
    assert_eq!(store.inventory(ann).unwrap().snapshots.len(), 4);
    store.drop_database(ann, "x", false).unwrap();
    assert_eq!(store.inventory(ann).unwrap().snapshots, std::slice::from_ref(&one));
    assert_eq!(store.find_snapshot(ann, "monday").unwrap(), one);
    assert_eq!(store.find_snapshot(ann, &two.uuid.to_string()).unwrap().id, two.id);
    let purged = store.purge(Moment(i64::MAX)).unwrap();
    assert_eq!(purged[0].snapshots.len(), 3);
    assert!(store.find_snapshot(ann, &two.uuid.to_string()).is_err());
    assert_eq!(store.known(ann).unwrap().snapshots, [one.id]);
}

#[test]
fn other_accounts_see_nothing_of_it() {
    let (_folder, _home, store) = fresh();
    let ann = ann(&store);
    let bob = store.create_account(&name("bob"), &name("my_db")).unwrap().id;
    made(&store, ann, "x");
    share_of(&store, ann, "s", restricted()).unwrap();
    store.grant(ann, "s", &["ann".to_owned()], true).unwrap();
    let inventory = store.inventory(bob).unwrap();
    assert_eq!((inventory.databases.len(), inventory.shares.len(), inventory.seen.len()), (1, 0, 0));
    assert!(matches!(store.find_share(bob, "s"), Err(StoreError::Missing { .. })));
    assert_eq!(store.drop_share(bob, "s").unwrap(), None);
    assert_eq!(store.drop_database(bob, "x", true).unwrap(), None);
    store.drop_account(&name("ann")).unwrap();
    assert_eq!(store.editions().unwrap(), []);
}
