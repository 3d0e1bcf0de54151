//! What a session's SQL may ask of it while it runs: the functions in `catalog/functions.sql` are made of these topics.
//!
//! Called by the engine on any of its threads, so that nothing here may wait for the session's own thread. The settings
//! are a copy, which the session renews.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicI32, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

mod listing;
mod others;

use serde::Deserialize;
use serde_json::{Value, json};
use wire::{
    Diagnostic, SqlState,
    link::{PlatformReply, PlatformRequest, platform::Overview},
};

use super::Activity;
use crate::{
    advisory::{Denied, Extent, Holder, Mode},
    history::History,
    pattern,
    platform::Member,
    policy::rules,
    settings::{self, Settings},
    sql::{Token, command::Scope, lex},
};

/// What all of these functions are made of.
const TELL: &str = "__pintail_tell";

/// What `current_setting` asks.
const SETTING: &str = "setting:";

/// What DESCRIBE SHARE asks.
const DESCRIBE: &str = "describe:";

/// What `set_config` asks.
const SET: &str = "set:";

/// What computes: patterns, quoting.
const FORMAT: &str = "format:";

/// What the functions of advisory locks ask.
const ADVISORY: &str = "advisory:";

/// Of the history so much is told at once, as JSON, in bytes: DuckDB takes several times as much to read it.
const HISTORY_BYTES_MAX: usize = 32 << 20;

/// What `pg_sleep` asks.
const SLEEP: &str = "sleep:";

/// How long it sleeps before it looks whether it is to stop.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What is repeated of a client's text, at most.
const SHOWN_CHARACTERS: usize = 63;

fn shown(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(SHOWN_CHARACTERS).collect()
}

/// Answers what a session's SQL asks.
#[derive(Clone, Debug)]
pub(crate) struct Teller {
    account: Arc<str>,
    engine_settings: Arc<BTreeSet<String>>,
    member: Arc<Member>,
    /// What `version()` says.
    version: Arc<str>,
    settings: Arc<Mutex<Copy>>,
    own: Arc<Own>,
}

/// What is the session's and does not change.
#[derive(Debug)]
struct Own {
    locks: Holder,
    activity: OnceLock<Activity>,
    /// The number that the client was given for cancelling.
    backend: AtomicI32,
    started_us: i64,
    /// Where its client has connected to: address and port, with a space between.
    server_address: OnceLock<String>,
    named: Mutex<Named>,
}

/// What the statement at hand may read of its session (`own`).
#[derive(Debug, Default)]
struct Named {
    /// The text behind the name in EXECUTE or FETCH.
    behind: Option<Arc<str>>,
    statements: Option<Value>,
    cursors: Option<Value>,
}

/// The session's settings, and what its statement has changed of them.
#[derive(Debug, Default)]
struct Copy {
    settings: Settings,
    changes: Vec<Change>,
    /// When the statement at hand began.
    statement_us: i64,
}

/// What `set_config` asks for.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Change {
    /// The setting.
    pub name: String,
    /// Its value; nothing for its default.
    pub value: Option<String>,
    /// Whether it ends with the transaction.
    pub local: bool,
}

impl Change {
    /// Carries it out.
    pub(super) fn apply(&self, settings: &mut Settings) -> Result<(), Diagnostic> {
        let scope = if self.local { Scope::Local } else { Scope::Session };
        settings.set(&self.name.to_lowercase(), self.value.as_slice(), scope)
    }
}

/// Whether this is one of the functions of advisory locks.
fn is_advisory(name: &str) -> bool {
    let rest = name.strip_prefix("pg_").map(|rest| rest.strip_prefix("try_").unwrap_or(rest));
    rest.is_some_and(|rest| rest.starts_with("advisory_"))
}

impl Teller {
    /// For a session of this account.
    pub(crate) fn new(
        account: &str,
        version: &str,
        engine_settings: Arc<BTreeSet<String>>,
        member: Arc<Member>,
    ) -> Self {
        let version =
            Arc::from(format!("PostgreSQL 15.0 ({version}, DuckDB {})", engine::Instance::version()));
        let own = Own {
            locks: Holder::new(member.workspace().locks()),
            activity: OnceLock::new(),
            backend: AtomicI32::new(0),
            started_us: member.workspace().started_us(),
            server_address: OnceLock::new(),
            named: Mutex::default(),
        };
        let account = Arc::from(account);
        Self { account, engine_settings, member, version, settings: Arc::default(), own: Arc::new(own) }
    }

    /// How its statements are stopped.
    pub(super) fn set_activity(&self, activity: Activity) {
        let _ = self.own.activity.set(activity);
    }

    /// The number that the client was given for cancelling.
    pub(super) fn set_backend(&self, backend: i32) {
        self.own.backend.store(backend, Ordering::Relaxed);
        self.own.locks.set_backend(backend);
    }

    /// Where its client has connected to.
    pub(super) fn set_server_address(&self, address: &str) {
        let address = address.parse::<SocketAddr>();
        let shown = address.map(|address| format!("{} {}", address.ip().to_canonical(), address.port()));
        let _ = self.own.server_address.set(shown.unwrap_or_default());
    }

    /// What the next statement may read of its session.
    pub(super) fn set_own(
        &self,
        behind: Option<Arc<str>>,
        statements: Option<Value>,
        cursors: Option<Value>,
    ) {
        *self.named() = Named { behind, statements, cursors };
    }

    fn named(&self) -> MutexGuard<'_, Named> {
        self.own.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The transaction has ended, or there is none.
    pub(super) fn end_transaction(&self) {
        self.own.locks.end_transaction();
    }

    /// DISCARD ALL.
    pub(super) fn unlock_all(&self) {
        self.own.locks.unlock_all();
    }

    /// A statement of the client's begins.
    pub(super) fn begin_statement(&self) {
        self.copy().statement_us = now_us();
    }

    fn advisory(&self, call: &str) -> Result<String, Diagnostic> {
        let call: Vec<String> = serde_json::from_str(call).map_err(|_| nothing("advisory"))?;
        let words: Vec<&str> = call.iter().map(String::as_str).collect();
        let locks = &self.own.locks;
        let mode = |word: &str| if word == "shared" { Mode::Shared } else { Mode::Exclusive };
        let extent = |word: &str| if word == "transaction" { Extent::Transaction } else { Extent::Session };
        match words[..] {
            ["unlock_all"] => {
                locks.unlock_all();
                Ok(String::new())
            }
            ["unlock", _, how, key] => Ok(locks.unlock(key, mode(how)).to_string()),
            ["try", until, how, key] => {
                locks.try_lock(key, mode(how), extent(until)).map(|taken| taken.to_string()).map_err(denied)
            }
            ["lock", until, how, key] => {
                let is_stopped = || self.own.activity.get().is_some_and(Activity::stopping);
                let taken = locks.lock(key, mode(how), extent(until), is_stopped);
                taken.map(|()| String::new()).map_err(denied)
            }
            _ => Err(nothing("advisory")),
        }
    }

    /// Until the time is over, or the statement is stopped.
    fn sleep(&self, seconds: &str) -> Result<String, Diagnostic> {
        let seconds: f64 = seconds.parse().map_err(|_| nothing("sleep"))?;
        let begun = Instant::now();
        let is_stopped = || self.own.activity.get().is_some_and(Activity::stopping);
        while !is_stopped() {
            let left = seconds - begun.elapsed().as_secs_f64();
            let Ok(left) = Duration::try_from_secs_f64(left) else { break };
            thread::sleep(left.min(LOOK_AGAIN));
        }
        Ok(String::new())
    }

    /// The session's settings are these.
    pub(super) fn renew(&self, settings: &Settings) {
        let mut copy = self.copy();
        if copy.settings.revision() != settings.revision() {
            copy.settings.clone_from(settings);
        }
    }

    fn copy(&self) -> MutexGuard<'_, Copy> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the statement has changed: the session's to carry out.
    pub(super) fn take_changes(&self) -> Vec<Change> {
        std::mem::take(&mut self.copy().changes)
    }

    /// What a view or a macro hides acts for whoever wrote it, who may be the owner of a share.
    fn expect_own_call(&self, function: &str, is_it: impl Fn(&str) -> bool) -> Result<(), Diagnostic> {
        let behind = self.named().behind.clone();
        let texts: Vec<Arc<str>> = self.member.statement().into_iter().chain(behind).collect();
        let is_call = |pair: &[Token<'_>]| match pair {
            [name, open] => {
                let name = name.name().unwrap_or_default();
                let name = name.to_lowercase();
                open.is_symbol("(") && (name == function || name == TELL || is_it(&name))
            }
            _ => false,
        };
        if texts.iter().any(|text| lex(text).windows(2).any(is_call)) {
            return Ok(());
        }
        let message = format!("{function} is called by a view or a macro");
        Err(Diagnostic::error(SqlState::INSUFFICIENT_PRIVILEGE, message)
            .with_hint("Call it in the statement itself."))
    }

    fn set(&self, change: &str) -> Result<String, Diagnostic> {
        let change: Change = serde_json::from_str(change).map_err(|_| nothing("set"))?;
        let mut copy = self.copy();
        change.apply(&mut copy.settings).map_err(|error| self.unknown(&change.name, error))?;
        let value = copy.settings.show(&change.name).unwrap_or_default().to_owned();
        copy.changes.push(change);
        Ok(value)
    }

    /// Answers a topic.
    ///
    /// # Errors
    /// For a topic that does not exist, and what the gateway refuses.
    pub(super) fn tell(&self, topic: &str) -> Result<String, Diagnostic> {
        if let Some(name) = topic.strip_prefix(SETTING) {
            return self.setting(name);
        }
        if let Some(call) = topic.strip_prefix(FORMAT) {
            return pattern::compute(call);
        }
        if let Some(seconds) = topic.strip_prefix(SLEEP) {
            return self.sleep(seconds);
        }
        if let Some(call) = topic.strip_prefix(ADVISORY) {
            self.expect_own_call("pg_advisory_lock", is_advisory)?;
            return self.advisory(call);
        }
        if let Some(answer) = self.act_on_others(topic) {
            return answer;
        }
        if let Some(change) = topic.strip_prefix(SET) {
            self.expect_own_call("set_config", |_| false)?;
            return self.set(change);
        }
        let rows = match topic {
            "user" => return Ok(self.account.to_string()),
            "clock" => return Ok(now_us().to_string()),
            "statement_clock" => return Ok(self.copy().statement_us.to_string()),
            "started" => return Ok(self.own.started_us.to_string()),
            "backend" => return Ok(self.own.backend.load(Ordering::Relaxed).to_string()),
            "version" => return Ok(self.version.to_string()),
            "address" => return Ok(self.member.address()),
            "server_address" => return Ok(self.own.server_address.get().cloned().unwrap_or_default()),
            "all_databases" => listing::all_databases(&self.overview()?, &self.member),
            _ if topic.starts_with(DESCRIBE) => {
                self.described(topic.get(DESCRIBE.len()..).unwrap_or_default())?
            }
            "databases" => listing::databases(&self.overview()?),
            "owned_shares" => listing::owned_shares(&self.overview()?),
            "shared_with_me" => listing::shared_with_me(&self.overview()?),
            "snapshots" => listing::snapshots(&self.overview()?, &self.account),
            "storage" => listing::storage(&self.overview()?, &self.account),
            "user_info" => json!([{ "user_id": self.overview()?.account_id, "username": &*self.account }]),
            "prepared_statements" => self.named().statements.clone().unwrap_or_else(|| json!([])),
            "cursors" => self.named().cursors.clone().unwrap_or_else(|| json!([])),
            "locks" => listing::locks(&self.own.locks),
            "settings" => settings::list(&self.copy().settings),
            "tokens" => self.tokens()?,
            "history" => return self.history(),
            "connection" => return Ok(self.member.connection()),
            "last_query" => return self.member.last_query().ok_or_else(|| nothing(topic)),
            "connections" => serde_json::to_value(self.member.connections()).map_err(|_| nothing(topic))?,
            _ => return Err(nothing(topic)),
        };
        Ok(rows.to_string())
    }

    fn setting(&self, name: &str) -> Result<String, Diagnostic> {
        let settings = &self.copy().settings;
        let name = if name.eq_ignore_ascii_case("schema") { "search_path" } else { name };
        settings.show(name).map(str::to_owned).ok_or_else(|| {
            let message = format!("unrecognized configuration parameter \"{}\"", shown(name));
            let error = Diagnostic::error(SqlState::UNDEFINED_OBJECT, message);
            self.unknown(name, error.with_hint("SHOW ALL lists the settings of a session."))
        })
    }

    /// An unknown name that is a setting of the engine's is refused by the rule, not as unknown.
    fn unknown(&self, name: &str, error: Diagnostic) -> Diagnostic {
        let is_engines = self.engine_settings.contains(&name.to_lowercase());
        if is_engines && error.code == SqlState::UNDEFINED_OBJECT {
            Diagnostic::from(&rules::SETTING)
        } else {
            error
        }
    }

    fn overview(&self) -> Result<Overview, Diagnostic> {
        let reply = self.member.workspace().ask(PlatformRequest::Overview, &|| false)?;
        let PlatformReply::Overview(overview) = reply else {
            return Err(unexpected(&reply));
        };
        Ok(*overview)
    }

    fn described(&self, share: &str) -> Result<Value, Diagnostic> {
        let mut overview = self.overview()?;
        overview.owned_shares.retain(|found| found.name.eq_ignore_ascii_case(share) || found.url == share);
        if overview.owned_shares.is_empty() {
            let message = format!("share \"{}\" does not exist", shown(share));
            let error = Diagnostic::error(SqlState::UNDEFINED_OBJECT, message);
            return Err(error.with_hint("LIST SHARES lists your shares."));
        }
        Ok(listing::owned_shares(&overview))
    }

    /// What the account's sessions have run, the newest first, as far as there is room in one answer.
    fn history(&self) -> Result<String, Diagnostic> {
        let workspace = self.member.workspace();
        workspace.history().into_iter().for_each(History::flush);
        let mut told = String::from("[");
        let mut before = None;
        let is_full = |told: &str| told.len() > HISTORY_BYTES_MAX;
        while !is_full(&told) {
            let reply = workspace.ask(PlatformRequest::History { before }, &|| false)?;
            let PlatformReply::History(page) = reply else {
                return Err(unexpected(&reply));
            };
            for row in &page.rows {
                let row = serde_json::to_string(row).map_err(|_| nothing("history"))?;
                told.push_str(if told.len() == 1 { "" } else { "," });
                told.push_str(&row);
                if is_full(&told) {
                    break;
                }
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        told.push(']');
        Ok(told)
    }

    fn tokens(&self) -> Result<Value, Diagnostic> {
        self.member.expect_writer("list tokens")?;
        let reply = self.member.workspace().ask(PlatformRequest::Tokens, &|| false)?;
        let PlatformReply::Tokens { tokens } = &reply else {
            return Err(unexpected(&reply));
        };
        serde_json::to_value(tokens).map_err(|_| nothing("tokens"))
    }
}

fn denied(denied: Denied) -> Diagnostic {
    match denied {
        Denied::Deadlock => Diagnostic::error(SqlState::T_R_DEADLOCK_DETECTED, "deadlock detected")
            .with_hint("Those who hold the lock wait for one that this session holds."),
        Denied::Stopped => {
            Diagnostic::error(SqlState::QUERY_CANCELED, "canceling statement due to user request")
        }
        Denied::TooMany => {
            Diagnostic::error(SqlState::CONFIGURATION_LIMIT_EXCEEDED, "too many advisory locks")
                .with_hint("pg_advisory_unlock_all() lets those of the session go.")
        }
    }
}

/// Microseconds since 1970.
pub(super) fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or_default()
}

fn nothing(topic: &str) -> Diagnostic {
    let message = format!("nothing is told about \"{}\"", shown(topic));
    Diagnostic::error(SqlState::UNDEFINED_OBJECT, message)
}

fn unexpected(reply: &PlatformReply) -> Diagnostic {
    tracing::error!(?reply, "unexpected answer of the gateway");
    Diagnostic::error(SqlState::INTERNAL_ERROR, "the server's answer makes no sense")
}
