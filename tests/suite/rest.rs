//! The REST API: what the reference's programs send, who may do what, and schemathesis against the API's own document.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use harness::{
    Pintail, RawClient, config,
    foreign::{self, Foreign},
};
use rustls::{ClientConnection, StreamOwned, pki_types::ServerName};
use serde_json::{Value, json};

/// One request at the server's API; status and body.
fn ask(pintail: &Pintail, token: &str, line: &str, body: Option<&Value>) -> anyhow::Result<(u16, Value)> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let authorization =
        if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    let answer = exchange(pintail, request.as_bytes())?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no head")?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    let body = serde_json::from_str(body).with_context(|| answer.clone())?;
    Ok((status, body))
}

fn exchange(pintail: &Pintail, request: &[u8]) -> anyhow::Result<String> {
    let address: SocketAddr = address(pintail)?.parse()?;
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    let config = harness::stream::tls_config(&pintail.target().ca_file)?;
    let connection = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?;
    let mut stream = StreamOwned::new(connection, socket);
    stream.write_all(request)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Where the API listens: `127.0.0.1:PORT`.
fn address(pintail: &Pintail) -> anyhow::Result<String> {
    let info: Value = serde_json::from_str(&pintail.command(&["connect-info", "--json"])?)?;
    let url = info["api"].as_str().context("no API")?;
    Ok(url.trim_start_matches("https://").trim_end_matches("/v1/").to_owned())
}

/// Revokes the token of the account `default` that has this name.
pub(crate) fn revoke(pintail: &Pintail, name: &str) -> anyhow::Result<()> {
    let token = pintail.target().password;
    let (_, listed) = ask(pintail, &token, "GET /v1/users/default/tokens", None)?;
    let found = listed["tokens"].as_array().and_then(|all| all.iter().find(|one| one["name"] == name));
    let id = found.and_then(|token| token["id"].as_str()).context("no such token")?;
    let (status, _) = ask(pintail, &token, &format!("DELETE /v1/users/default/tokens/{id}"), None)?;
    ensure!(status == 200, "{status}");
    Ok(())
}

#[test]
fn accounts_and_tokens_as_in_the_reference() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let admin = pintail.target().password;
    let ask = |line: &str, body: Option<Value>| ask(&pintail, &admin, line, body.as_ref());

    assert_eq!(
        ask("POST /v1/users", Some(json!({"username": "reports"})))?,
        (200, json!({"username": "reports"}))
    );
    let (status, taken) = ask("POST /v1/users", Some(json!({"username": "Reports"})))?;
    assert_eq!((status, &taken["code"]), (409, &json!("CONFLICT")));

    let body = json!({"name": "nightly", "ttl": 300, "token_type": "read_scaling"});
    let (status, made) = ask("POST /v1/users/reports/tokens", Some(body))?;
    assert_eq!(status, 200, "{made}");
    assert_eq!(
        (&made["name"], &made["read_only"], &made["token_type"]),
        (&json!("nightly"), &json!(true), &json!("read_scaling"))
    );
    let seconds = |name: &str| made[name].as_str().and_then(|text| text.parse::<String>().ok());
    assert!(seconds("expire_at") > seconds("created_ts"), "{made}");
    let (status, plain) = ask("POST /v1/users/REPORTS/tokens", Some(json!({"name": "plain"})))?;
    assert_eq!((status, &plain["token_type"], plain.get("expire_at")), (200, &json!("read_write"), None));

    // They log in, and what is listed shows it.
    let secret = plain["token"].as_str().context("its text")?.to_owned();
    let mut session = RawClient::connect(&pintail.target().password(&secret))?;
    assert_eq!(session.value("select current_user")?, "reports");
    let (_, listed) = ask("GET /v1/users/reports/tokens", None)?;
    let tokens = listed["tokens"].as_array().context("a list")?;
    assert_eq!(tokens.iter().map(|token| &token["name"]).collect::<Vec<_>>(), ["nightly", "plain"]);
    assert!(tokens[0].get("last_used_ts").is_none() && tokens[1].get("last_used_ts").is_some(), "{listed}");
    assert!(tokens.iter().all(|token| token.get("token").is_none()), "secrets are shown once");

    // Revoked, it ends its sessions.
    let id = plain["id"].as_str().context("its number")?;
    let begun = Instant::now();
    assert_eq!(ask(&format!("DELETE /v1/users/reports/tokens/{id}"), None)?, (200, json!({})));
    assert!(session.value("select 1").is_err());
    assert!(begun.elapsed() < Duration::from_secs(1));
    let (status, _) = ask(&format!("DELETE /v1/users/reports/tokens/{id}"), None)?;
    assert_eq!(status, 404);
    let (_, active) = ask("GET /v1/active_accounts", None)?;
    assert!(
        active["accounts"].as_array().is_some_and(|all| all.iter().any(|one| one["username"] == "reports")),
        "{active}"
    );

    assert_eq!(ask("DELETE /v1/users/reports", None)?, (200, json!({"username": "reports"})));
    assert_eq!(ask("GET /v1/users/reports/tokens", None)?.0, 404);
    Ok(())
}

#[test]
fn who_may_do_what() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let admin = pintail.target().password;
    let ann = pintail.other_account("ann")?.password;
    let reader = pintail.reader()?.password;
    let code = |token: &str, line: &str, body: Option<Value>| {
        let (status, answer) = ask(&pintail, token, line, body.as_ref())?;
        anyhow::Ok((status, answer["code"].as_str().unwrap_or_default().to_owned()))
    };
    let refused = |status: u16, code: &str| (status, code.to_owned());
    let (unauthorized, forbidden) = (refused(401, "UNAUTHORIZED"), refused(403, "FORBIDDEN"));
    for token in ["", "pt_wrong", &format!("{admin}x")] {
        assert_eq!(code(token, "GET /v1/users/default/tokens", None)?, unauthorized, "{token}");
    }
    assert_eq!(code(&reader, "GET /v1/users/default/tokens", None)?, forbidden);
    assert_eq!(code(&ann, "GET /v1/users/Ann/tokens", None)?.0, 200);
    assert_eq!(code(&admin, "GET /v1/users/ann/tokens", None)?.0, 200);
    // What others are called is not told.
    assert_eq!(code(&ann, "GET /v1/users/default/tokens", None)?, forbidden);
    assert_eq!(code(&ann, "GET /v1/users/nobody/tokens", None)?, forbidden);
    assert_eq!(code(&ann, "DELETE /v1/users/default", None)?, forbidden);
    assert_eq!(code(&ann, "POST /v1/users", Some(json!({"username": "bob"})))?, forbidden);
    assert_eq!(code(&ann, "GET /v1/active_accounts", None)?, forbidden);
    assert_eq!(code(&admin, "GET /v1/users/nobody/tokens", None)?, refused(404, "NOT_FOUND"));
    // Another's token by its number.
    let (_, made) = ask(&pintail, &admin, "POST /v1/users/default/tokens", Some(&json!({"name": "x"})))?;
    let id = made["id"].as_str().context("its number")?;
    assert_eq!(code(&ann, &format!("DELETE /v1/users/ann/tokens/{id}"), None)?, refused(404, "NOT_FOUND"));
    Ok(())
}

#[test]
fn what_is_wrong_is_said() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let admin = pintail.target().password;
    let tokens = "POST /v1/users/default/tokens";
    for (line, body, words) in [
        (tokens, json!({}), "name must be"),
        (tokens, json!({"name": ""}), "name must be"),
        (tokens, json!({"name": "x".repeat(64)}), "name must be"),
        (tokens, json!({"name": "a", "ttl": 299}), "ttl must be"),
        (tokens, json!({"name": "a", "ttl": 31_536_001}), "ttl must be"),
        (tokens, json!({"name": "a", "ttl": "300"}), "ttl must be"),
        (tokens, json!({"name": "a", "token_type": "admin"}), "token_type must be"),
        (tokens, json!({"name": "a", "tll": 300}), "\"tll\" is not known"),
        (tokens, json!([1]), "must be an object"),
        ("POST /v1/users", json!({"username": "a"}), "username must be"),
        ("POST /v1/users", json!({"username": "1abc"}), "username must be"),
        ("POST /v1/users", json!({"username": "a-b-c"}), "username must be"),
    ] {
        let (status, answer) = ask(&pintail, &admin, line, Some(&body))?;
        assert_eq!((status, &answer["code"]), (400, &json!("BAD_REQUEST")), "{body}");
        assert!(answer["issues"][0]["message"].as_str().is_some_and(|text| text.contains(words)), "{answer}");
    }
    let (status, _) = ask(&pintail, &admin, tokens, Some(&json!({"name": "x".repeat(100_000)})))?;
    assert_eq!(status, 413);
    for (line, status, allow) in [
        ("PUT /v1/users/default/tokens", "405", "allow: GET, POST"),
        ("GET /v1/users", "405", "allow: POST"),
        ("GET /v1/nothing", "404", ""),
        ("GET /", "404", ""),
    ] {
        let request = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = exchange(&pintail, request.as_bytes())?;
        assert!(answer.split(' ').nth(1) == Some(status) && answer.contains(allow), "{line}: {answer}");
    }
    // Plain HTTP is no way in.
    let mut plain = TcpStream::connect(address(&pintail)?)?;
    plain.write_all(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("openapi"));
    Ok(())
}

#[test]
fn wrong_tokens_are_answered_late_after_a_while_and_right_ones_are_not() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("LIMITS_FAILED_LOGINS_PER_MINUTE", "3")])?;
    let timed = |token: &str| {
        let begun = Instant::now();
        let (status, _) = ask(&pintail, token, "GET /v1/users/default/tokens", None)?;
        anyhow::Ok((status, begun.elapsed() > Duration::from_secs(2)))
    };
    for _ in 0..3 {
        assert_eq!(timed("pt_wrong")?, (401, false));
    }
    assert_eq!(timed("pt_wrong")?, (401, true));
    assert_eq!(timed(&pintail.target().password)?, (200, false));
    Ok(())
}

/// Clients that say nothing keep nobody else from the API, and are not waited for.
#[test]
fn clients_that_are_slow_keep_nobody_out() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (address, token): (SocketAddr, _) = (address(&pintail)?.parse()?, pintail.target().password);
    let from = |host: [u8; 4]| -> anyhow::Result<TcpStream> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4()?;
            socket.bind((std::net::IpAddr::from(host), 0).into())?;
            let stream = socket.connect(address).await?.into_std()?;
            stream.set_nonblocking(false)?;
            Ok(stream)
        })
    };
    let silent = (0..300).map(|_| from([127, 0, 0, 2])).collect::<Result<Vec<_>, _>>()?;
    assert_eq!(ask(&pintail, &token, "GET /v1/users/default/tokens", None)?.0, 200);
    drop(silent);
    let begun = Instant::now();
    let slow = format!(
        "POST /v1/users/default/tokens HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 50\r\nConnection: close\r\n\r\n{{"
    );
    let answer = exchange(&pintail, slow.as_bytes())?;
    ensure!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    ensure!(begun.elapsed() < Duration::from_secs(18), "{:?}", begun.elapsed());
    Ok(())
}

#[test]
fn without_an_address_there_is_no_api() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("pintail.toml");
    std::fs::write(&path, "[api]\nlisten = ''")?;
    let pintail = Pintail::configured(&[("CONFIG", &path.display().to_string()), ("API_LISTEN", "")])?;
    assert!(address(&pintail).is_err());
    assert!(!pintail.log().contains("REST API"));
    Ok(())
}

/// The document held against the server, with requests that fit it and requests that do not.
#[test]
fn schemathesis_finds_nothing() -> anyhow::Result<()> {
    let Some(client) =
        Foreign::find("schemathesis", "schemathesis/bin/schemathesis", &["schemathesis/.stamp"])
    else {
        return Ok(());
    };
    // It tries wrong tokens, too, and does not want to wait.
    let pintail = Pintail::configured(&[("LIMITS_FAILED_LOGINS_PER_MINUTE", "1000000")])?;
    let target = pintail.target();
    // The document's example; what is tried there does not revoke the token that tries.
    pintail.command(&["account", "create", "reports"])?;
    let examples = config::schemathesis_examples();
    let base = format!("https://{}", address(&pintail)?);
    let mut command = Command::new(client.program());
    let folder = tempfile::tempdir()?;
    command.current_dir(folder.path());
    command
        .args(["run", &format!("{base}/openapi.json"), "--url", &base, "--tls-verify"])
        .arg(&target.ca_file);
    command.args(["--header", &format!("Authorization: Bearer {}", target.password)]);
    // What drops accounts would drop the one that asks.
    command.args(["--checks", "all", "--max-examples", &examples, "--exclude-operation-id", "users-delete"]);
    command.args(["--phases", "examples,coverage,fuzzing,stateful", "--no-color", "--seed", "7"]);
    let printed = foreign::output(&mut command)?;
    println!("{printed}");
    assert!(printed.contains("No issues found"), "{printed}");
    assert_eq!(RawClient::connect(&target)?.value("select 1")?, "1");
    Ok(())
}
