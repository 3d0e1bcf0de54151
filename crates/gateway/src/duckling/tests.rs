//! Supervision against a duckling that is a thread (see [`fake`]).

pub(crate) mod fake;
mod platform;

use std::{collections::HashMap, path::PathBuf, time::Duration};

use fake::{Fake, Manner};
use tempfile::TempDir;
use wire::{
    SqlState,
    link::{Greeting, SessionId, SessionStart, ToGateway},
};

use super::*;
use crate::{
    home::Home,
    settings::{Allowance, Allowances, DucklingSettings, SandboxSettings, SessionLimits},
    store::{Store, sqlite::SqliteStore},
};

pub(crate) fn settings() -> DucklingSettings {
    DucklingSettings {
        start_timeout: Duration::from_secs(2),
        cooldown: Duration::from_mins(1),
        stop_grace: Duration::from_secs(5),
        answer_timeout: Duration::from_secs(30),
        crash_backoff: Duration::from_mins(1),
        disk_reserve_bytes: 0,
        retention: Duration::from_hours(1),
        share_settle: Duration::from_millis(200),
        portal_spool_limit_bytes: 1 << 30,
        max_value_bytes: 1 << 20,
        extension_directory: PathBuf::new(),
        extensions: vec![],
        account_extensions: HashMap::new(),
        temp_tables: false,
        key_file: None,
        secrets_by_sql: false,
        reference_profile: false,
        history: None,
        sandbox: SandboxSettings { required: false, user_id_base: 0x7000_0000 },
        remote: None,
    }
}

pub(crate) fn nine_sessions() -> Allowances {
    let default = Allowance {
        memory_limit_bytes: 1 << 30,
        threads: 1,
        databases: 9,
        shares: 9,
        snapshots: 9,
        sessions: 9,
        ..Allowance::default()
    };
    Allowances { default, ..Allowances::default() }
}

pub(crate) fn start() -> SessionStart {
    SessionStart {
        session: SessionId(0),
        greeting: Greeting::Full,
        backend_key: vec![0; 8],
        database: "my_db".to_owned(),
        single: false,
        read_only: false,
        user: "postgres".to_owned(),
        settings: vec![],
        notices: vec![],
        client_address: "127.0.0.1:1".to_owned(),
        server_address: "127.0.0.1:2".to_owned(),
        limits: SessionLimits::default(),
    }
}

/// A data directory with one account, and ducklings that are threads.
pub(crate) struct World {
    pub(crate) account: Account,
    pub(crate) ducklings: Ducklings,
    pub(crate) fake: Fake,
    pub(crate) home: Home,
    pub(crate) _folder: TempDir,
}

pub(crate) fn world(fake: Fake, settings: DucklingSettings) -> World {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(&folder.path().join("data")).unwrap();
    let store = SqliteStore::open(&home).unwrap();
    let account = store.create_account(&"ann".parse().unwrap(), &"my_db".parse().unwrap()).unwrap();
    let records = Records::new(store);
    let layout = home.layout().clone();
    World {
        account,
        ducklings: Ducklings::new(Box::new(fake.clone()), settings, nine_sessions(), records, layout),
        fake,
        home,
        _folder: folder,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_an_account_share_one_duckling() {
    let world = world(Fake::new(Manner::Serve), settings());
    let one = world.ducklings.open(&world.account, start());
    let two = world.ducklings.open(&world.account, start());
    let (one, two) = tokio::join!(one, two);
    assert_ne!(one.unwrap().id, two.unwrap().id);
    assert_eq!(world.fake.launches(), 1);
    let configuration = world.fake.configuration();
    assert_eq!(configuration.default_database, "my_db");
    assert!(configuration.mounts[0].path.ends_with("/accounts/1/db/1.duckdb"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duckling_ends_its_cooldown_after_the_last_session_and_the_next_is_a_new_one() {
    let cooldown = Duration::from_millis(100);
    let world = world(Fake::new(Manner::Serve), DucklingSettings { cooldown, ..settings() });
    let one = world.ducklings.open(&world.account, start()).await.unwrap();
    tokio::time::sleep(cooldown * 3).await;
    assert_eq!(world.fake.running(), 1, "an open session keeps it");
    drop(one.stream);
    timeout(Duration::from_secs(5), one.duckling.ended()).await.unwrap();
    assert_eq!(world.fake.running(), 0);
    world.ducklings.open(&world.account, start()).await.unwrap();
    assert_eq!(world.fake.launches(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_says_why_it_cannot_serve_is_quoted_and_tried_once_more() {
    let world = world(Fake::new(Manner::Fail), settings());
    let error = world.ducklings.open(&world.account, start()).await.unwrap_err();
    let diagnostic = Diagnostic::from(error);
    assert_eq!(diagnostic.code, SqlState::DISK_FULL);
    assert_eq!(diagnostic.severity, wire::Severity::Fatal);
    let error = world.ducklings.open(&world.account, start()).await.unwrap_err();
    assert!(matches!(error, Unavailable::BackingOff(_)), "{error}");
    tokio::time::sleep(BACKOFF_MIN).await;
    let error = world.ducklings.open(&world.account, start()).await.unwrap_err();
    assert!(matches!(error, Unavailable::Failed(_)), "{error}");
    assert_eq!(world.fake.launches(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_dies_or_hangs_at_start_is_reaped() {
    for manner in [Manner::Die, Manner::Hang] {
        let start_timeout = Duration::from_millis(200);
        let world = world(Fake::new(manner), DucklingSettings { start_timeout, ..settings() });
        let error = world.ducklings.open(&world.account, start()).await.unwrap_err();
        let is_expected = match manner {
            Manner::Die => matches!(error, Unavailable::Died(_)),
            Manner::Serve
            | Manner::Fail
            | Manner::DieAtFile
            | Manner::FailAtFile
            | Manner::Hang
            | Manner::Mute => {
                matches!(error, Unavailable::Slow(_))
            }
        };
        assert!(is_expected, "{error}");
        assert_eq!(world.fake.running(), 0);
        let diagnostic = Diagnostic::from(error);
        assert_eq!(diagnostic.code, SqlState::CANNOT_CONNECT_NOW);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_at_which_a_process_ends_is_left_alone_by_the_next() {
    // One that dies may have been killed by somebody: the same file is tried twice.
    for (manner, launches) in [(Manner::FailAtFile, 2), (Manner::DieAtFile, 3)] {
        let world = world(Fake::new(manner), settings());
        world.ducklings.open(&world.account, start()).await.unwrap();
        assert_eq!(world.fake.launches(), launches, "{manner:?}");
        assert_eq!(world.fake.running(), 1);
        let configuration = world.fake.configuration();
        assert_eq!(configuration.unusable.len(), 1);
        assert_eq!(configuration.unusable[0].path, configuration.mounts[0].path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_one_is_replaced_by_the_next_session() {
    let world = world(Fake::new(Manner::Serve), settings());
    let one = world.ducklings.open(&world.account, start()).await.unwrap();
    world.fake.die();
    one.duckling.ended().await;
    world.ducklings.open(&world.account, start()).await.unwrap();
    assert_eq!(world.fake.launches(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_ends_them_and_no_new_ones_begin() {
    let world = world(Fake::new(Manner::Serve), settings());
    let _session = world.ducklings.open(&world.account, start()).await.unwrap();
    world.ducklings.shut_down(Duration::from_millis(200)).await;
    assert_eq!(world.fake.running(), 0);
    let error = world.ducklings.open(&world.account, start()).await.unwrap_err();
    assert!(matches!(error, Unavailable::ShuttingDown));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_does_not_answer_is_killed_and_one_that_does_lives() {
    for (manner, lives) in [(Manner::Serve, true), (Manner::Mute, false)] {
        let answer_timeout = Duration::from_millis(300);
        let world = world(Fake::new(manner), DucklingSettings { answer_timeout, ..settings() });
        let session = world.ducklings.open(&world.account, start()).await.unwrap();
        let ended = timeout(answer_timeout * 4, session.duckling.ended()).await;
        assert_eq!(ended.is_err(), lives, "{manner:?}");
        assert!(!session.duckling.is_stuck(session.id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_with_a_statement_that_does_not_stop_is_killed() {
    let world = world(Fake::new(Manner::Serve), settings());
    let session = world.ducklings.open(&world.account, start()).await.unwrap();
    let other = world.ducklings.open(&world.account, start()).await.unwrap();
    world.fake.tell(&ToGateway::Stuck { session: session.id });
    timeout(Duration::from_secs(5), session.duckling.ended()).await.unwrap();
    assert!(session.duckling.is_stuck(session.id));
    assert!(!other.duckling.is_stuck(other.id));
}
