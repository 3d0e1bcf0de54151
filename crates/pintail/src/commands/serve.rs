//! `pintail serve`: opens the data directory, makes what a first start needs, runs the server until a
//! signal.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, ensure};
use gateway::{
    duckling::{
        launch::ProcessLauncher,
        probe::{self, Layer},
    },
    home::{self, Home},
    server::Server,
    settings::{Port, Settings, account_key},
    store::{Account, Records, sqlite::SqliteStore},
};
use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit, umask};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    first_start,
    forms::{Place, TOKEN_VARIABLE, line},
};
use crate::{
    config::{Environment, Resolved, check_files},
    log, output,
};

/// What blocking work may still take when the server has stopped.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves.
pub(crate) fn run(resolved: Resolved, json: bool) -> anyhow::Result<()> {
    log::start(&resolved.log, resolved.log_format)?;
    umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    raise_descriptor_limit();
    set_stack_limit();
    for warning in &resolved.warnings {
        tracing::warn!("{warning}");
    }
    check_files(&resolved.settings.duckling)?;
    let home = Home::open(&resolved.data_directory)?;
    let store = SqliteStore::open(&home)?;
    let records = Records::new(store);
    let token = first_start::make_account(records.blocking())?;
    let accounts = records.blocking().accounts()?;
    let known: Vec<_> = accounts.iter().map(|account| account.id).collect();
    home::remove_orphans(home.layout(), &known)?;
    for section in unknown_accounts(&resolved.settings, &accounts) {
        tracing::warn!("[account.{section}] is there in the configuration, and no account of this name");
    }
    if let Err(error) = first_start::make_sample_data(home.layout(), records.blocking()) {
        // The server is as good without them; the next start tries again.
        tracing::warn!(error = format!("{error:#}"), "no sample data");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(home, records, resolved.settings, token, json));
    // A name that is being resolved is not waited for.
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    served
}

/// Sections of the configuration whose account there is not, or not yet.
fn unknown_accounts(settings: &Settings, accounts: &[Account]) -> Vec<String> {
    let known: HashSet<String> = accounts.iter().map(|account| account_key(&account.name)).collect();
    let sections = settings.allowances.accounts.keys();
    let mut unknown: Vec<String> = sections.filter(|section| !known.contains(*section)).cloned().collect();
    unknown.sort();
    unknown
}

async fn serve(
    home: Home,
    records: Records,
    mut settings: Settings,
    token: Option<SecretString>,
    json: bool,
) -> anyhow::Result<()> {
    // Before the server is there, so that no signal is lost.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let layout = home.layout().clone();
    let launcher =
        ProcessLauncher::start(PathBuf::from("/proc/self/exe"), Environment::read().duckling_arguments())
            .context("cannot start the launching thread")?;
    if geteuid().is_root() && settings.duckling.sandbox.user_id_base == 0 {
        settings.duckling.sandbox.user_id_base = home::user_id_base(&layout)?;
    }
    examine_box(&launcher, &settings, layout.root()).await?;
    let wanted = settings.clone();
    let server = Server::start(home, records, settings, Box::new(launcher)).await?;
    let place = Place::at(&layout, &wanted, server.port());
    announce(&place, wanted.port, token.as_ref(), json)?;
    drop(token);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::spawn(async move {
        // A second signal means: now.
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(130);
    });
    server.stop().await;
    Ok(())
}

/// Has a probe build the box, warns of layers that this machine cannot give, and refuses to serve without the one that
/// has to be there.
async fn examine_box(launcher: &ProcessLauncher, settings: &Settings, folder: &Path) -> anyhow::Result<()> {
    let duckling = &settings.duckling;
    let user_id = geteuid().is_root().then_some(duckling.sandbox.user_id_base);
    let probed = probe::probe(launcher, duckling, &settings.allowances.default, user_id, folder).await;
    let found = match probed {
        Ok(found) => found,
        // Each process still refuses to serve without Landlock. A disk that is full must not keep the others down.
        Err(error) => {
            tracing::warn!(%error, "the sandbox cannot be tried out");
            return Ok(());
        }
    };
    for report in found.layers.iter().filter(|report| !report.holds) {
        let needed = report.layer == Layer::Landlock && duckling.sandbox.required;
        ensure!(
            !needed,
            "this kernel does not enforce Landlock ({}): accounts' processes would be boxed in by the engine's locks \
             alone. Use a kernel with Landlock (Linux 5.13 or newer, lsm=landlock), or set sandbox = \"best-effort\"",
            report.note
        );
        // An ordinary user's server never has this one.
        if report.layer == Layer::User && user_id.is_none() {
            continue;
        }
        tracing::warn!(layer = %report.layer, reason = report.note, "a layer of the sandbox is missing");
    }
    for trial in found.trials.iter().filter(|trial| !trial.held) {
        tracing::warn!(attempt = trial.attempt, "from inside the sandbox this is possible");
    }
    Ok(())
}

/// Says how to connect; at the first start with the token, which is shown this once.
fn announce(place: &Place, port: Port, token: Option<&SecretString>, json: bool) -> anyhow::Result<()> {
    let token = token.map(ExposeSecret::expose_secret);
    let forms = place.forms(token.unwrap_or(TOKEN_VARIABLE));
    if json {
        output::print_json(&json!({ "place": place, "forms": forms, "token": token }))?;
        return output::print("ready\n");
    }
    let moved = match port {
        Port::Preferably(wanted) if wanted != place.port => format!(
            "Port {wanted} is taken: listening on port {} instead (choose one with --port).\n\n",
            place.port
        ),
        Port::Preferably(_) | Port::Exactly(_) => String::new(),
    };
    let listing = forms.listing(place);
    let about_token = match token {
        Some(token) => {
            let line = line("token", token);
            format!("{line}\nThe token is shown this once; more are made by `pintail token create`.\n")
        }
        None => "\nA new token is made by `pintail token create`.\n".to_owned(),
    };
    output::print(&format!("{moved}{listing}{about_token}ready\n"))
}

/// DuckDB's own threads get the stack that this limit gives at the start of their process.
fn set_stack_limit() {
    const STACK_BYTES: u64 = 8 << 20;
    let limit = getrlimit(Resource::Stack);
    if let Err(error) = setrlimit(Resource::Stack, Rlimit { current: Some(STACK_BYTES), ..limit }) {
        tracing::warn!(%error, "stack limit not set");
    }
}

/// Each connection takes two descriptors; the soft limit is often 1024.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "descriptor limit not raised");
    }
}
