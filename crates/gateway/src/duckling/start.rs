//! From an account to a duckling that is ready: its configuration, the launch, the first frames.

use std::{
    io,
    os::fd::OwnedFd,
    process::ExitStatus,
    sync::{Arc, PoisonError},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rustix::process::geteuid;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use wire::link::{
    Configuration, Hidden, RemoteAccess, SandboxOrder, Suspect, ToDuckling, ToGateway, Unusable,
};

use super::{
    Inner, Unavailable,
    culprits::Culprits,
    frames::Wire,
    launch::{Order, Process, describe},
    link::{self, Crashes, Duckling, Inboxes, OUTBOX_FRAMES, Pace, REPORTS_MAX, Talks},
    notes::Notes,
    requests::Requests,
};
use crate::{
    egress::{self, Client},
    platform::Beginning,
    settings::{DucklingSettings, RemoteSettings, SandboxSettings, account_key},
    store::{Account, AccountId},
    token::random_bytes,
};

/// A process that failed to start may end by itself within this.
const EXIT_GRACE: Duration = Duration::from_secs(1);

/// DuckDB waits so much longer than the proxy, whose answer says more than its own error.
const LATER: Duration = Duration::from_secs(5);

/// What clients are told of a file at which a process has ended.
const UNREADABLE: &str = "the engine ends while it reads its file or its log";

/// What is known of a share that went away while a duckling started.
const CHANGED: &str = "it was dropped by its owner, or the grant was revoked";

/// So many of an account's files are left alone before it is given up to open the others.
const UNUSABLE_MAX: usize = 32;

/// Launches the account's duckling and waits until it is ready. One that ends at a database's file is launched again,
/// without that one.
pub(super) async fn start(
    inner: &Arc<Inner>,
    account: &Account,
    culprits: &Arc<Culprits>,
) -> Result<Arc<Duckling>, Unavailable> {
    let mut unusable = Vec::new();
    let mut died_of = None;
    loop {
        let error = match launch(inner, account, culprits, unusable.clone()).await {
            Ok(duckling) => return Ok(duckling),
            Err(error) => error,
        };
        let Some(path) = error.culprit.filter(|_| unusable.len() < UNUSABLE_MAX) else {
            return Err(error.unavailable);
        };
        let is_certain =
            matches!(error.unavailable, Unavailable::Failed(_)) || died_of.as_ref() == Some(&path);
        tracing::error!(account = account.name, path, error = %error.unavailable, "a database ends its process");
        if is_certain {
            unusable.push(Unusable { path, reason: UNREADABLE.to_owned() });
        } else {
            // It may have been killed by somebody, for whatever reason.
            died_of = Some(path);
        }
    }
}

/// Why a duckling is not ready, and the database's file that it ended at.
struct NotReady {
    unavailable: Unavailable,
    culprit: Option<String>,
}

impl<E: Into<Unavailable>> From<E> for NotReady {
    fn from(error: E) -> Self {
        Self { unavailable: error.into(), culprit: None }
    }
}

async fn launch(
    inner: &Arc<Inner>,
    account: &Account,
    culprits: &Arc<Culprits>,
    unusable: Vec<Unusable>,
) -> Result<Arc<Duckling>, NotReady> {
    let suspects = culprits.suspects(tokio::time::Instant::now());
    let configuration = configuration(inner, account, suspects, unusable).await?;
    let address_bytes = configuration.address_bytes();
    let sessions_max = usize::try_from(configuration.sessions_max).unwrap_or(usize::MAX);
    let password = configuration.remote.as_ref().map(|remote| remote.proxy_password.clone());
    let order = Order { account: account.name.clone(), directory: inner.layout.account(account.id) };
    let began = tokio::time::Instant::now();
    let process = inner
        .launcher
        .launch(order)
        .await
        .map_err(|_| io::Error::other("the launching thread has ended"))??;
    let Process { id, control, exit, kill } = process;
    let group = inner.groups.as_ref().and_then(|groups| {
        let added = groups.add(account.id, id, address_bytes);
        added.inspect_err(|error| tracing::warn!(%error, "no control group for a duckling")).ok()
    });
    let mut wire = Wire::new(control);
    let limit = inner.settings.start_timeout;
    let mut opening = None;
    let greeted = timeout(limit, greet(&mut wire, configuration, &mut opening)).await;
    let greeted = greeted.unwrap_or(Err(Greeted::Slow(limit)));
    let Given { listener, notes } = match greeted {
        Ok(given) => given,
        Err(failure) => {
            // Reaped before the next one may be launched.
            let status = end(&kill, exit).await;
            return Err(match failure {
                Greeted::Failed(diagnostic, culprit) => {
                    NotReady { unavailable: Unavailable::Failed(diagnostic), culprit }
                }
                Greeted::Broken(reason) => {
                    let unavailable = Unavailable::Died(format!("{reason}; {status}"));
                    NotReady { unavailable, culprit: opening }
                }
                Greeted::Slow(limit) => Unavailable::Slow(limit).into(),
            });
        }
    };
    tracing::info!(account = account.name, process = id, elapsed = ?began.elapsed(), "duckling ready");
    let (outbox, frames) = mpsc::channel(OUTBOX_FRAMES);
    let (reporter, reports) = mpsc::channel(REPORTS_MAX);
    let notes = notes.map(|file| Notes::new(file, sessions_max));
    let crashes = Crashes { notes, culprits: Arc::clone(culprits) };
    let duckling = Arc::new(Duckling::new(account.clone(), id, outbox, kill, crashes));
    if let Some(group) = group {
        let end = duckling.end();
        inner.tasks.spawn(async move {
            end.cancelled().await;
            drop(group);
        });
    }
    let inboxes = Inboxes { frames, reports };
    let pace = Pace { cooldown: inner.settings.cooldown, answer_timeout: inner.settings.answer_timeout };
    let talks = Talks::new(Requests::new(inner));
    inner.tasks.spawn(live(Arc::clone(inner), Arc::clone(&duckling)));
    inner.tasks.spawn(link::serve((Arc::clone(&duckling), talks), wire, inboxes, exit, pace));
    if let (Some(egress), Some(listener), Some(password)) = (&inner.egress, listener, password) {
        let client = Client {
            account: account.name.clone(),
            password,
            reports: reporter,
            release: duckling.release(),
        };
        inner.tasks.spawn(Arc::clone(egress).serve(client, listener, duckling.end()));
    }
    Ok(duckling)
}

/// Keeps a duckling among those that are told of shares, and tells it what has happened since it was configured.
async fn live(inner: Arc<Inner>, duckling: Arc<Duckling>) {
    let account = duckling.account().id;
    let table = || inner.live.lock().unwrap_or_else(PoisonError::into_inner);
    table().insert(account, Arc::clone(&duckling));
    inner.platform.tell_readers(vec![Box::new(Arc::clone(&duckling))], None, CHANGED).await;
    inner.tell_secrets(&duckling.account().name).await;
    duckling.ended().await;
    let mut live = table();
    if live.get(&account).is_some_and(|other| Arc::ptr_eq(other, &duckling)) {
        live.remove(&account);
    }
}

/// Why a duckling did not become ready.
enum Greeted {
    Failed(Box<wire::Diagnostic>, Option<String>),
    Broken(String),
    Slow(Duration),
}

/// What a duckling gives when it starts.
#[derive(Default)]
struct Given {
    /// For the egress proxy, where there is remote data.
    listener: Option<TcpListener>,
    /// Where it notes what its sessions run.
    notes: Option<OwnedFd>,
}

/// Configures the duckling; gives what came from it, and notes the database's file that it is just opening.
async fn greet(
    wire: &mut Wire,
    configuration: Configuration,
    opening: &mut Option<String>,
) -> Result<Given, Greeted> {
    let broken = |error: io::Error| Greeted::Broken(error.to_string());
    wire.send(&ToDuckling::Configure(Box::new(configuration)), None).await.map_err(broken)?;
    let mut given = Given::default();
    loop {
        match wire.receive().await.map_err(broken)? {
            ToGateway::Egress if given.listener.is_none() => {
                let descriptor = wire.take_descriptor();
                let descriptor = descriptor.ok_or_else(|| broken(io::Error::other("no listener came")))?;
                given.listener = Some(egress::listener(descriptor).map_err(broken)?);
            }
            ToGateway::Notes if given.notes.is_none() => given.notes = wire.take_descriptor(),
            ToGateway::Ready { layers } => {
                for report in layers.iter().filter(|report| !report.holds) {
                    tracing::info!(layer = %report.layer, reason = report.note, "a layer of the box is missing");
                }
                return Ok(given);
            }
            ToGateway::Opening { path } => *opening = path,
            ToGateway::Failed { diagnostic, culprit } => {
                return Err(Greeted::Failed(Box::new(diagnostic), culprit));
            }
            ToGateway::Egress
            | ToGateway::Notes
            | ToGateway::Probed { .. }
            | ToGateway::Closed { .. }
            | ToGateway::Noted { .. }
            | ToGateway::Alive { .. }
            | ToGateway::Stuck { .. }
            | ToGateway::Absolved { .. }
            | ToGateway::History { .. }
            | ToGateway::Request { .. }
            | ToGateway::Withdraw { .. }
            | ToGateway::Release { .. } => {
                return Err(Greeted::Broken("unexpected frame".to_owned()));
            }
        }
    }
}

/// Lets a process that cannot serve end by itself for a moment, which keeps its exit status, then kills
/// it; answers how it ended, in words.
async fn end(kill: &CancellationToken, mut exit: oneshot::Receiver<ExitStatus>) -> String {
    if let Ok(status) = timeout(EXIT_GRACE, &mut exit).await {
        return status.map(describe).unwrap_or_default();
    }
    kill.cancel();
    exit.await.map(describe).unwrap_or_default()
}

async fn configuration(
    inner: &Arc<Inner>,
    account: &Account,
    suspects: Vec<Suspect>,
    unusable: Vec<Unusable>,
) -> Result<Configuration, Unavailable> {
    let Beginning { mounts, default_database, unpublished } = inner.platform.begin(account.id).await?;
    let (settings, allowance) = (&inner.settings, inner.allowances.of(&account.name));
    Ok(Configuration {
        account: account.name.clone(),
        directory: text(&inner.layout.account(account.id)),
        mounts,
        unusable,
        unpublished,
        share_settle_ms: u64::try_from(settings.share_settle.as_millis()).unwrap_or(u64::MAX),
        default_database,
        extension_directory: text(&settings.extension_directory),
        extensions: extensions(settings, &account.name),
        memory_limit_bytes: allowance.memory_limit_bytes,
        threads: allowance.threads,
        spill_limit_bytes: allowance.spill_limit_bytes,
        disk_quota_bytes: allowance.disk_quota_bytes,
        disk_reserve_bytes: settings.disk_reserve_bytes,
        sessions_max: u32::try_from(allowance.sessions).unwrap_or(u32::MAX),
        stop_grace_ms: u64::try_from(settings.stop_grace.as_millis()).unwrap_or(u64::MAX),
        suspects,
        portal_spool_limit_bytes: settings.portal_spool_limit_bytes,
        max_value_bytes: settings.max_value_bytes,
        temp_tables: settings.temp_tables,
        secrets_by_sql: settings.secrets_by_sql,
        reference_profile: settings.reference_profile,
        history: settings.history.is_some(),
        remote: match &settings.remote {
            Some(remote) => Some(access(inner, remote, account).await?),
            None => None,
        },
        sandbox: SandboxOrder {
            required: settings.sandbox.required,
            user_id: user_id(settings.sandbox, account.id),
        },
        version: inner.version.clone(),
    })
}

/// Those of every account and the account's own, each once.
fn extensions(settings: &DucklingSettings, account: &str) -> Vec<String> {
    let own = settings.account_extensions.get(&account_key(account)).into_iter().flatten();
    let own = own.filter(|name| !settings.extensions.contains(name));
    settings.extensions.iter().chain(own).cloned().collect()
}

/// Accounts that have a user of their own: the distance between the bases of two servers on a machine.
const USER_IDS: u32 = 1 << 16;

/// The user that an account's process becomes, where this process may choose.
fn user_id(settings: SandboxSettings, account: AccountId) -> Option<u32> {
    let number = u32::try_from(account.0).ok()?;
    let is_ours = geteuid().is_root() && number < USER_IDS;
    is_ours.then(|| settings.user_id_base.checked_add(number)).flatten()
}

async fn access(inner: &Inner, remote: &RemoteSettings, account: &Account) -> io::Result<RemoteAccess> {
    let password = random_bytes::<32>()?;
    let access = remote.egress.of(&account.name);
    Ok(RemoteAccess {
        proxy_password: Hidden(BASE64_URL_SAFE_NO_PAD.encode(password)),
        ca_file: text(&inner.layout.egress_roots()),
        write: access.write,
        attach: access.attach,
        timeout_s: (remote.egress.header_timeout + LATER).as_secs(),
        retries: remote.retries,
        secrets: inner.platform.secrets(&account.name).await,
    })
}

fn text(path: &std::path::Path) -> String {
    path.to_string_lossy().into_owned()
}
