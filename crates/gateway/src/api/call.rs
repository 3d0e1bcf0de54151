//! Doing what a request asks for: who asks, whether he may, what came of it.

use std::{net::SocketAddr, time::Duration};

use http_body_util::{BodyExt, Limited};
use hyper::{
    Request,
    body::Incoming,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap},
};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::{
    Api, DOCUMENT,
    answer::{Answer, Failure, json_answer, text_answer},
    route::{NoRoute, Route},
};
use crate::{
    admin::{self, Request as Task},
    key::account_key,
    store::{Account, Login, Name, Timestamp, Token, TokenKind},
    token::TokenHash,
};

/// What a request's body may take.
const BODY_MAX_BYTES: usize = 64 * 1024;

/// How long a request's body may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a token of the API's may be valid, in seconds; for ever without a number.
const TTL_SECONDS: std::ops::RangeInclusive<u64> = 300..=31_536_000;

/// Answers a request.
pub(super) async fn respond(api: &Api, request: Request<Incoming>, peer: SocketAddr) -> Answer {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answer = try_to(api, request, peer).await.unwrap_or_else(Failure::answer);
    tracing::debug!(%peer, %method, path, status = answer.status().as_u16(), "API request");
    answer
}

async fn try_to(api: &Api, request: Request<Incoming>, peer: SocketAddr) -> Result<Answer, Failure> {
    let route = Route::of(request.method(), request.uri().path()).map_err(|none| match none {
        NoRoute::Path => Failure::not_found("Not Found"),
        NoRoute::Method(allow) => Failure::method(allow),
    })?;
    if route == Route::Document {
        return Ok(text_answer(DOCUMENT));
    }
    let caller = authenticate(api, request.headers(), peer).await?;
    match route {
        Route::Document => Ok(text_answer(DOCUMENT)),
        Route::CreateUser => {
            caller.expect_administrator()?;
            let name = new_user(&body(request).await?)?;
            let made = api.perform(Task::AccountCreate { name }).await?;
            account_answer(&made)
        }
        Route::DeleteUser { user } => {
            caller.expect_administrator()?;
            let name = find(api, &user).await?;
            let dropped = api.perform(Task::AccountDrop { name }).await?;
            account_answer(&dropped)
        }
        Route::CreateToken { user } => {
            let account = caller.expect_access(api, &user).await?;
            let new = new_token(&body(request).await?)?;
            create_token(api, account, new).await
        }
        Route::Tokens { user } => {
            let account = caller.expect_access(api, &user).await?;
            let tokens = tokens(api, account).await?;
            Ok(json_answer(&json!({ "tokens": tokens.iter().map(token_json).collect::<Vec<_>>() })))
        }
        Route::DeleteToken { user, token } => {
            let account = caller.expect_access(api, &user).await?;
            let found = tokens(api, account).await?.into_iter().find(|own| own.uuid.to_string() == token);
            let found = found.ok_or_else(|| Failure::not_found("there is no such token"))?;
            api.perform(Task::TokenRevoke { id: found.id }).await?;
            Ok(json_answer(&json!({})))
        }
        Route::ActiveAccounts => {
            caller.expect_administrator()?;
            let active = api.front.ducklings.active().into_iter().map(|(account, is_cooling)| {
                let status = if is_cooling { "cooldown" } else { "active" };
                json!({ "username": account, "ducklings": [{ "id": "rw", "status": status }] })
            });
            Ok(json_answer(&json!({ "accounts": active.collect::<Vec<_>>() })))
        }
    }
}

/// Who asks.
struct Caller {
    account: Account,
    is_administrator: bool,
}

impl Caller {
    fn expect_administrator(&self) -> Result<(), Failure> {
        let refused = || Failure::forbidden("only an administrator may do this");
        self.is_administrator.then_some(()).ok_or_else(refused)
    }

    /// The account of this name, if the caller may manage it. What others' accounts are called is not told.
    async fn expect_access(&self, api: &Api, user: &str) -> Result<Name, Failure> {
        if account_key(user) != account_key(&self.account.name) {
            self.expect_administrator()?;
        }
        find(api, user).await
    }
}

async fn authenticate(api: &Api, headers: &HeaderMap, peer: SocketAddr) -> Result<Caller, Failure> {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(token.trim()))
    });
    let token = token.ok_or_else(Failure::unauthorized)?;
    let hash = TokenHash::of(&token);
    let found = api.admin.records.run(move |store| store.login(&hash, Timestamp::now())).await;
    let Some(Login { account, kind, .. }) = found.map_err(|error| Failure::internal(&error))? else {
        api.front.throttle.fail(peer.ip()).await;
        return Err(Failure::unauthorized());
    };
    if kind == TokenKind::ReadScaling {
        return Err(Failure::forbidden("a read_write token is needed"));
    }
    let key = account_key(&account.name);
    let is_administrator = api.administrators.iter().any(|name| account_key(name) == key);
    Ok(Caller { account, is_administrator })
}

impl Api {
    /// Does it, with what it means for open sessions.
    async fn perform(&self, task: Task) -> Result<admin::Answer, Failure> {
        let answer = self.admin.perform(task).await;
        if let admin::Answer::Refused { message } = answer {
            return Err(Failure::conflict(message));
        }
        Ok(answer)
    }
}

/// The account's name, as it is written.
async fn find(api: &Api, user: &str) -> Result<Name, Failure> {
    let name = user.to_owned();
    let found = api.admin.records.run(move |store| store.account(&name)).await;
    let found = found.map_err(|error| Failure::internal(&error))?;
    let missing = || Failure::not_found(format!("user {user:?} does not exist"));
    let name = found.ok_or_else(missing)?.name;
    name.parse().map_err(|error| Failure::internal(&error))
}

/// The account's tokens that have not been revoked.
async fn tokens(api: &Api, account: Name) -> Result<Vec<Token>, Failure> {
    let tokens = api.admin.records.run(move |store| store.tokens(Some(&account))).await;
    let mut tokens = tokens.map_err(|error| Failure::internal(&error))?;
    tokens.retain(|token| token.revoked.is_none());
    Ok(tokens)
}

async fn create_token(api: &Api, account: Name, new: NewToken) -> Result<Answer, Failure> {
    let NewToken { name, kind, ttl_seconds } = new;
    let made = api.perform(Task::TokenCreate { account, name: Some(name), kind, ttl_seconds }).await?;
    let admin::Answer::NewToken { token, secret } = made else {
        return Err(Failure::internal(&"no token came"));
    };
    let mut answer = token_json(&token);
    answer.insert("token".to_owned(), secret.into());
    Ok(json_answer(&answer))
}

fn account_answer(answer: &admin::Answer) -> Result<Answer, Failure> {
    let admin::Answer::Account { account } = answer else {
        return Err(Failure::internal(&"no account came"));
    };
    Ok(json_answer(&json!({ "username": account.name })))
}

/// The reference's fields, and when it was used last.
fn token_json(token: &Token) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    put("id", token.uuid.to_string().into());
    put("name", token.name.clone().into());
    put("created_ts", time(token.created).into());
    put("read_only", (token.kind == TokenKind::ReadScaling).into());
    put("token_type", token.kind.word().into());
    if let Some(expires) = token.expires {
        put("expire_at", time(expires).into());
    }
    if let Some(last_used) = token.last_used {
        put("last_used_ts", time(last_used).into());
    }
    object
}

fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).map_or_else(|_| at.0.to_string(), |time| time.to_string())
}

/// A request's body, which has to be an object.
async fn body(request: Request<Incoming>) -> Result<Map<String, Value>, Failure> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_json = kind.is_none_or(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    });
    if !is_json {
        return Err(Failure::bad_request("the body must be application/json"));
    }
    let collected = timeout(BODY_TIMEOUT, Limited::new(request.into_body(), BODY_MAX_BYTES).collect()).await;
    let bytes = match collected.map_err(|_| Failure::too_slow())? {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return Err(Failure::too_large()),
        Err(error) => return Err(Failure::bad_request(error.to_string())),
    };
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::bad_request("the body must be an object")),
        Err(error) => Err(Failure::bad_request(format!("the body is not JSON: {error}"))),
    }
}

fn known_keys(body: &Map<String, Value>, known: &[&str]) -> Result<(), Failure> {
    match body.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => {
            Err(Failure::bad_request(format!("{key:?} is not known; there are {}", known.join(", "))))
        }
        None => Ok(()),
    }
}

/// The reference's rule for names of users.
fn new_user(body: &Map<String, Value>) -> Result<Name, Failure> {
    const RULE: &str = "username must be a text of 3 to 63 characters: a letter, then letters, digits and _";
    known_keys(body, &["username"])?;
    let name = body.get("username").and_then(Value::as_str).unwrap_or_default();
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let name = Some(name).filter(|name| is_plain && begins_well && name.len() >= 3);
    name.and_then(|name| name.parse().ok()).ok_or_else(|| Failure::bad_request(RULE))
}

/// What a new token is to be.
struct NewToken {
    name: Name,
    kind: TokenKind,
    ttl_seconds: Option<u64>,
}

fn new_token(body: &Map<String, Value>) -> Result<NewToken, Failure> {
    const NAME: &str =
        "name must be a text of 1 to 63 characters without control characters and outer spaces";
    const TTL: &str = "ttl must be a whole number of seconds from 300 to 31536000";
    const KIND: &str = "token_type must be \"read_write\" or \"read_scaling\"";
    known_keys(body, &["name", "ttl", "token_type"])?;
    let name = body.get("name").and_then(Value::as_str).and_then(|name| name.parse().ok());
    let name = name.ok_or_else(|| Failure::bad_request(NAME))?;
    let kind = match body.get("token_type") {
        None => Some(TokenKind::ReadWrite),
        Some(kind) => kind.as_str().and_then(|kind| kind.parse().ok()),
    };
    let kind = kind.ok_or_else(|| Failure::bad_request(KIND))?;
    let ttl_seconds = body.get("ttl").map(|ttl| {
        let seconds = ttl.as_u64().filter(|seconds| TTL_SECONDS.contains(seconds));
        seconds.ok_or_else(|| Failure::bad_request(TTL))
    });
    Ok(NewToken { name, kind, ttl_seconds: ttl_seconds.transpose()? })
}
