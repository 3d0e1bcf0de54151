//! Requests on the link, and what they mean for the ducklings of others.

use wire::link::{
    PlatformReply, PlatformRequest, ShareChange,
    platform::{ShareOptions, UpdateMode},
};

use super::*;

/// Two accounts with a running duckling each.
async fn two() -> (World, Account) {
    let world = world(Fake::new(Manner::Serve), settings());
    let home = &world.home;
    let bob =
        SqliteStore::open(home).unwrap().create_account(&"bob".parse().unwrap(), &"home".parse().unwrap());
    let bob = bob.unwrap();
    for account in [&world.account, &bob] {
        world.ducklings.open(account, start()).await.unwrap();
    }
    (world, bob)
}

/// Waits until an account's duckling has been told something like this.
async fn told<T>(world: &World, account: &str, is_meant: impl Fn(ToDuckling) -> Option<T>) -> T {
    for _ in 0..200 {
        if let Some(found) = world.fake.heard(account).into_iter().find_map(&is_meant) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{account} was told only {:?}", world.fake.heard(account));
}

async fn ask(
    world: &World,
    account: &str,
    number: u64,
    request: PlatformRequest,
) -> Result<PlatformReply, Diagnostic> {
    world.fake.tell_as(account, &ToGateway::Request { number, request });
    told(world, account, |frame| reply(frame, number)).await
}

fn reply(frame: ToDuckling, expected: u64) -> Option<Result<PlatformReply, Diagnostic>> {
    let ToDuckling::Reply { number, outcome } = frame else { return None };
    (number == expected).then_some(outcome)
}

fn share_change(frame: ToDuckling) -> Option<ShareChange> {
    if let ToDuckling::Share(change) = frame { Some(change) } else { None }
}

async fn change(world: &World, account: &str, after: usize) -> ShareChange {
    for _ in 0..200 {
        let mut changes = world.fake.heard(account).into_iter().filter_map(share_change);
        if let Some(change) = changes.nth(after) {
            return change;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{account} was told only {:?}", world.fake.heard(account));
}

fn share(name: &str) -> PlatformRequest {
    let options = ShareOptions { update: UpdateMode::Automatic, ..ShareOptions::default() };
    let (name, database) = (name.to_owned(), "my_db".to_owned());
    PlatformRequest::CreateShare { name, database, or_replace: false, if_not_exists: false, options }
}

fn write(world: &World, content: &str) {
    let path = world.home.layout().database(world.account.id, crate::store::DatabaseId(1));
    std::fs::write(path, content).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_hears_of_what_is_published_and_what_is_gone() {
    let (world, _) = two().await;
    write(&world, "one");
    let Ok(PlatformReply::Share { url, is_new: true }) = ask(&world, "ann", 1, share("s")).await else {
        panic!("no share");
    };
    let attach = PlatformRequest::Attach { url, alias: Some("theirs".to_owned()), persist: false };
    let Ok(PlatformReply::Database { mount, is_new: true }) = ask(&world, "bob", 1, attach).await else {
        panic!("not attached");
    };
    write(&world, "two");
    let publish = PlatformRequest::PublishShares { database: "my_db".to_owned() };
    assert_eq!(ask(&world, "ann", 2, publish).await, Ok(PlatformReply::Done));
    let ShareChange::Published { former, path } = change(&world, "bob", 0).await else { panic!("gone") };
    assert_eq!((&former, std::fs::read_to_string(&path).unwrap().as_str()), (&mount.path, "two"));
    assert!(std::fs::exists(&mount.path).unwrap(), "for a while, since it may just be about to be opened");
    let drop_share = PlatformRequest::DropShare { name: "s".to_owned() };
    assert_eq!(ask(&world, "ann", 3, drop_share).await, Ok(PlatformReply::Done));
    let ShareChange::Gone { path: gone, reason } = change(&world, "bob", 1).await else { panic!("there") };
    assert!(gone == path || gone == mount.path, "{gone}");
    assert!(!std::fs::exists(&mount.path).unwrap() && !std::fs::exists(&path).unwrap());
    assert!(reason.contains("dropped by its owner"), "{reason}");
    let replies = world.fake.heard("ann");
    assert!(!replies.iter().any(|frame| matches!(frame, ToDuckling::Share(_))), "nobody else hears of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_while_a_reader_was_away_is_there_when_it_starts() {
    let (world, bob) = two().await;
    write(&world, "one");
    let Ok(PlatformReply::Share { url, .. }) = ask(&world, "ann", 1, share("s")).await else {
        panic!("none")
    };
    let attach = PlatformRequest::Attach { url, alias: Some("theirs".to_owned()), persist: true };
    let Ok(PlatformReply::Database { mount, .. }) = ask(&world, "bob", 1, attach).await else {
        panic!("none")
    };
    world.ducklings.stop(bob.id).await;
    write(&world, "two");
    let update = PlatformRequest::UpdateShare { name: "s".to_owned() };
    ask(&world, "ann", 2, update).await.unwrap();
    world.ducklings.open(&bob, start()).await.unwrap();
    let theirs = world.fake.configuration().mounts.into_iter().find(|mount| mount.name == "theirs").unwrap();
    assert_ne!(theirs.path, mount.path);
    assert_eq!(std::fs::read_to_string(theirs.path).unwrap(), "two");
    assert!(std::fs::exists(mount.path).is_ok_and(|exists| !exists));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_withdrawn_is_answered_all_the_same() {
    let (world, _) = two().await;
    let turn = world.ducklings.platform().turn(world.account.id).await;
    let undrop = PlatformRequest::UndropDatabase { name: "x".to_owned(), persist: true };
    world.fake.tell_as("ann", &ToGateway::Request { number: 7, request: undrop });
    world.fake.tell_as("ann", &ToGateway::Withdraw { number: 7 });
    let outcome = told(&world, "ann", |frame| reply(frame, 7)).await;
    assert_eq!(outcome.unwrap_err().code, SqlState::QUERY_CANCELED);
    drop(turn);
    let Ok(PlatformReply::Overview(overview)) = ask(&world, "ann", 8, PlatformRequest::Overview).await else {
        panic!("no overview");
    };
    assert_eq!(overview.databases[0].name, "my_db");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_shut_down_by_sql_sees_its_statements_through() {
    let (world, _) = two().await;
    world.fake.stay();
    let session = world.ducklings.open(&world.account, start()).await.unwrap();
    let shut_down = PlatformRequest::ShutDown { terminate: false };
    assert_eq!(ask(&world, "ann", 1, shut_down).await, Ok(PlatformReply::Done));
    let refused = world.ducklings.open(&world.account, start()).await.unwrap_err();
    assert!(matches!(refused, Unavailable::Draining), "{refused}");
    assert_eq!(Diagnostic::from(refused).code, SqlState::CANNOT_CONNECT_NOW);
    let terminate = PlatformRequest::ShutDown { terminate: true };
    assert_eq!(ask(&world, "ann", 2, terminate).await, Ok(PlatformReply::Done));
    timeout(STOP_GRACE * 2, session.duckling.ended()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_dropped_by_sql_ends_its_sessions() {
    let (world, _) = two().await;
    let (sender, revoked) = std::sync::mpsc::channel();
    world.ducklings.when_revoked(move |token| sender.send(token).unwrap());
    let name = "ci".to_owned();
    let make = PlatformRequest::CreateToken { name, ttl_seconds: None, is_read_scaling: false };
    assert!(matches!(ask(&world, "ann", 1, make).await, Ok(PlatformReply::Token { .. })));
    let drop_token = PlatformRequest::DropToken { name: "ci".to_owned() };
    assert_eq!(ask(&world, "ann", 2, drop_token).await, Ok(PlatformReply::Done));
    let told = tokio::task::spawn_blocking(move || revoked.recv_timeout(Duration::from_secs(5)));
    told.await.unwrap().unwrap();
}
