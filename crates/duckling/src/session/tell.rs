//! What a session's SQL may ask of it while it runs: the functions in `catalog/functions.sql` are made of these topics.
//!
//! Called by the engine on any of its threads, so that nothing here may wait for the session's own thread. The settings
//! are a copy, which the session renews.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Deserialize;
use serde_json::{Value, json};
use wire::{
    Diagnostic, SqlState,
    link::{
        PlatformReply, PlatformRequest,
        platform::{Overview, ShareInfo, SharedInfo},
    },
};

use crate::{
    platform::Member,
    policy::{Names, Seen, rules},
    settings::Settings,
    sql::{Token, command::Scope, lex},
};

/// What all of these functions are made of.
const TELL: &str = "__pintail_tell";

/// What `current_setting` asks.
const SETTING: &str = "setting:";

/// What `md_interrupt_server_connection` asks.
const INTERRUPT: &str = "interrupt:";

/// What DESCRIBE SHARE asks.
const DESCRIBE: &str = "describe:";

/// What `set_config` asks.
const SET: &str = "set:";

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
    settings: Arc<Mutex<Copy>>,
}

/// The session's settings, and what its statement has changed of them.
#[derive(Debug, Default)]
struct Copy {
    settings: Settings,
    changes: Vec<Change>,
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

impl Teller {
    /// For a session of this account.
    pub(crate) fn new(account: &str, engine_settings: Arc<BTreeSet<String>>, member: Arc<Member>) -> Self {
        Self { account: Arc::from(account), engine_settings, member, settings: Arc::default() }
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
    fn expect_own_call(&self, function: &str) -> Result<(), Diagnostic> {
        let text = self.member.statement().unwrap_or_default();
        let tokens = lex(&text);
        let is_call = |pair: &[Token<'_>]| match pair {
            [name, open] => {
                let name = name.name().unwrap_or_default();
                open.is_symbol("(") && [function, TELL].iter().any(|own| own.eq_ignore_ascii_case(&name))
            }
            _ => false,
        };
        if tokens.windows(2).any(is_call) {
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
        if let Some(connection) = topic.strip_prefix(INTERRUPT) {
            self.expect_own_call("md_interrupt_server_connection")?;
            return Ok(self.member.interrupt(connection)?.to_string());
        }
        if let Some(change) = topic.strip_prefix(SET) {
            self.expect_own_call("set_config")?;
            return self.set(change);
        }
        let rows = match topic {
            "user" => return Ok(self.account.to_string()),
            "all_databases" => self.all_databases(&self.overview()?),
            _ if topic.starts_with(DESCRIBE) => {
                self.described(topic.get(DESCRIBE.len()..).unwrap_or_default())?
            }
            "databases" => databases(&self.overview()?),
            "owned_shares" => owned_shares(&self.overview()?),
            "shared_with_me" => shared_with_me(&self.overview()?),
            "snapshots" => self.snapshots(&self.overview()?),
            "storage" => self.storage(&self.overview()?),
            "user_info" => json!([{ "user_id": self.overview()?.account_id, "username": &*self.account }]),
            "tokens" => self.tokens()?,
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

    /// What is attached is what this session sees.
    fn all_databases(&self, overview: &Overview) -> Value {
        let own = overview.databases.iter().map(|database| {
            let name = &database.name;
            listed(name, "motherduck", &format!("md:{name}"), self.member.seen(name) == Seen::Own)
        });
        let shares = overview.shared_with_me.iter().map(|share| {
            let alias = share.attached_as.as_ref().unwrap_or(&share.name);
            let is_attached =
                share.attached_as.as_ref().is_some_and(|name| self.member.seen(name) == Seen::Shared);
            listed(alias, "motherduck share", &share.url, is_attached)
        });
        own.chain(shares).collect()
    }

    fn described(&self, share: &str) -> Result<Value, Diagnostic> {
        let mut overview = self.overview()?;
        overview.owned_shares.retain(|found| found.name.eq_ignore_ascii_case(share) || found.url == share);
        if overview.owned_shares.is_empty() {
            let message = format!("share \"{}\" does not exist", shown(share));
            let error = Diagnostic::error(SqlState::UNDEFINED_OBJECT, message);
            return Err(error.with_hint("LIST SHARES lists your shares."));
        }
        Ok(owned_shares(&overview))
    }

    fn snapshots(&self, overview: &Overview) -> Value {
        let snapshots = overview.snapshots.iter().map(|snapshot| {
            json!({
                "database_name": snapshot.database,
                "database_id": snapshot.database_id,
                "snapshot_id": snapshot.id,
                "snapshot_name": snapshot.name,
                "created_us": snapshot.created_us,
                "active_bytes": snapshot.bytes,
                "user_name": &*self.account,
                "user_id": overview.account_id,
            })
        });
        snapshots.collect()
    }

    fn storage(&self, overview: &Overview) -> Value {
        let storage = overview.databases.iter().map(|database| {
            json!({
                "user_name": &*self.account,
                "database_name": database.name,
                "database_id": database.id,
                "active_bytes": database.active_bytes,
                "historical_bytes": database.historical_bytes,
            })
        });
        storage.collect()
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

fn listed(alias: &str, kind: &str, full: &str, is_attached: bool) -> Value {
    json!({ "alias": alias, "is_attached": is_attached, "type": kind, "fully_qualified_name": full })
}

fn databases(overview: &Overview) -> Value {
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

fn owned_shares(overview: &Overview) -> Value {
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

fn shared_with_me(overview: &Overview) -> Value {
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

fn nothing(topic: &str) -> Diagnostic {
    let message = format!("nothing is told about \"{}\"", shown(topic));
    Diagnostic::error(SqlState::UNDEFINED_OBJECT, message)
}

fn unexpected(reply: &PlatformReply) -> Diagnostic {
    tracing::error!(?reply, "unexpected answer of the gateway");
    Diagnostic::error(SqlState::INTERNAL_ERROR, "the server's answer makes no sense")
}
