//! The proxy over real sockets: what gets out, what does not, and what the duckling is told.

mod rig;

use self::rig::{Canary, Rig};
use super::*;

#[tokio::test]
async fn nothing_on_the_host_itself_is_reached_by_any_spelling() {
    let canary = Canary::start().await;
    let rig = Rig::start(&[], &[]);
    let port = canary.port;
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ] {
        let answer = rig.ask(&format!("GET http://{host}:{port}/x HTTP/1.1")).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{host}: {answer}");
        let answer = rig.ask(&format!("CONNECT {host}:{port} HTTP/1.1")).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{host}: {answer}");
    }
    assert_eq!(canary.seen(), Vec::<String>::new());
    let troubles = rig.troubles();
    assert_eq!(troubles.len(), 16);
    assert!(
        troubles
            .iter()
            .all(|trouble| matches!(&trouble.cause, Cause::Refused { rule, .. } if rule == "port"))
    );
}

#[tokio::test]
async fn a_refusal_is_told_before_it_is_answered() {
    let rig = Rig::start(&[], &[]);
    let answer = rig.ask("GET http://169.254.169.254/latest/meta-data HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let reason = "The address 169.254.169.254 is not a public one: link-local.".to_owned();
    let cause = Cause::Refused { rule: "link-local".to_owned(), reason };
    assert_eq!(rig.troubles(), [Trouble { number: 0, host: "169.254.169.254".to_owned(), port: 80, cause }]);
    assert!(rig.metrics().contains("host=\"169.254.169.254\",outcome=\"link-local\"} 1"));
}

#[tokio::test]
async fn a_name_that_leads_to_the_host_is_refused_by_its_address() {
    let rig = Rig::start(&[], &[]);
    let answer = rig.ask("CONNECT localhost:443 HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let reason = "The name does not lead to a public address: loopback.".to_owned();
    assert_eq!(rig.troubles()[0].cause, Cause::Refused { rule: "loopback".to_owned(), reason });
}

#[tokio::test]
async fn a_plain_request_arrives_as_the_proxy_read_it() {
    let canary = Canary::start().await;
    let port = canary.port;
    let rig = Rig::start(&[&format!("127.0.0.1:{port}")], &[]);
    let head = format!(
        "GET http://127.0.0.1:{port}/a?b=c HTTP/1.1\r\nHost: internal.example\r\nConnection: keep-alive, x-secret\r\n\
         X-Secret: 1\r\nX-Kept: 2\r\nProxy-Connection: keep-alive\r\nUpgrade: h2c\r\nTE: trailers"
    );
    let answer = rig.ask(&head).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("canary"), "{answer}");
    let seen = canary.seen().concat().to_lowercase();
    assert!(seen.starts_with("get /a?b=c http/1.1\r\n"), "{seen}");
    assert!(
        seen.contains(&format!("\r\nhost: 127.0.0.1:{port}\r\n")) && seen.contains("\r\nx-kept: 2\r\n"),
        "{seen}"
    );
    for gone in ["internal.example", "x-secret", "proxy-", "upgrade", "\r\nte:", "connection"] {
        assert!(!seen.contains(gone), "{gone} in {seen}");
    }
    assert!(rig.troubles().is_empty());
}

#[tokio::test]
async fn requests_cannot_be_hidden_inside_others() {
    let canary = Canary::start().await;
    let port = canary.port;
    let rig = Rig::start_writing(&[&format!("127.0.0.1:{port}")]);
    let hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
    let target = format!("http://127.0.0.1:{port}/open");
    let length = hidden.len();
    for head in [
        format!("POST {target} HTTP/1.1\r\nContent-Length: {length}\r\nTransfer-Encoding: chunked"),
        format!("POST {target} HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: {length}"),
        format!("POST {target} HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: {length}"),
        format!("POST {target} HTTP/1.1\r\nContent-Length: +0"),
        format!("POST {target} HTTP/1.1\r\nTransfer-Encoding: xchunked"),
        format!("POST {target} HTTP/1.1\r\nTransfer-Encoding : chunked"),
        format!("POST {target} HTTP/1.1\r\nContent-Length: 0\r\nConnection: content-length"),
        format!("GET {target} HTTP/1.1\r\nX: a\nContent-Length: 4"),
        format!("GET {target} HTTP/1.1\r\n Folded: x"),
        format!("GET {target}\u{b}HTTP/1.1"),
    ] {
        rig.send_raw(format!("{head}\r\n{}\r\n\r\n0\r\n\r\n{hidden}", Rig::credentials()).as_bytes()).await;
    }
    let seen = canary.seen();
    assert!(seen.iter().any(|request| request.starts_with("POST /open")), "{seen:?}");
    assert!(seen.iter().all(|request| !request.contains("/hidden")), "{seen:?}");
}

#[tokio::test]
async fn every_request_of_a_connection_is_judged() {
    let (canary, other) = (Canary::start().await, Canary::start().await);
    let rig = Rig::start(&[&format!("127.0.0.1:{}", canary.port)], &[]);
    let one = |port: u16| format!("GET http://127.0.0.1:{port}/x HTTP/1.1\r\n{}\r\n\r\n", Rig::credentials());
    let three = [one(canary.port), one(other.port), one(canary.port)].concat();
    let answers = rig.send_raw(three.as_bytes()).await;
    let codes: Vec<&str> =
        answers.match_indices("HTTP/1.1 ").map(|(at, _)| &answers[at + 9..at + 12]).collect();
    assert_eq!(codes, ["200", "403", "200"]);
    assert_eq!((canary.seen().len(), other.seen().len()), (2, 0));
}

#[tokio::test]
async fn a_tunnel_passes_bytes_and_counts_them() {
    let canary = Canary::start().await;
    let port = canary.port;
    let rig = Rig::start(&[&format!("127.0.0.1:{port}")], &[]);
    let head = format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n{}\r\n\r\n", Rig::credentials());
    let inner = "GET /inside HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = rig.send_raw(format!("{head}{inner}").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("canary"), "{answer}");
    assert_eq!(canary.seen(), [inner]);
    rig.until_connected(0).await;
    let metrics = rig.metrics();
    let sent = format!("host=\"127.0.0.1\",direction=\"sent\"}} {}", inner.len());
    assert!(metrics.contains(&sent), "{metrics}");
}

#[tokio::test]
async fn who_has_not_the_password_gets_nothing() {
    let canary = Canary::start().await;
    let port = canary.port;
    let rig = Rig::start(&[&format!("127.0.0.1:{port}")], &[]);
    for credentials in ["X: y", "Proxy-Authorization: Basic ZHVja2xpbmc6d3Jvbmc="] {
        for line in
            [format!("GET http://127.0.0.1:{port}/ HTTP/1.1"), format!("CONNECT 127.0.0.1:{port} HTTP/1.1")]
        {
            let answer = rig.send_raw(format!("{line}\r\n{credentials}\r\n\r\n").as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 407"), "{answer}");
        }
    }
    assert!(canary.seen().is_empty());
}

#[tokio::test]
async fn what_is_no_proxy_request_is_refused() {
    let canary = Canary::start().await;
    let port = canary.port;
    let rig = Rig::start(&[&format!("127.0.0.1:{port}")], &[]);
    for (line, code) in [
        ("GET /metrics HTTP/1.1".to_owned(), "400"),
        (format!("GET https://127.0.0.1:{port}/ HTTP/1.1"), "400"),
        (format!("GET ftp://127.0.0.1:{port}/ HTTP/1.1"), "400"),
        (format!("GET http://user@127.0.0.1:{port}/ HTTP/1.1"), "400"),
        (format!("PUT http://127.0.0.1:{port}/ HTTP/1.1"), "405"),
        (format!("TRACE http://127.0.0.1:{port}/ HTTP/1.1"), "405"),
        ("OPTIONS * HTTP/1.1".to_owned(), "400"),
        (format!("GET http://127.0.0.1:{port}/ HTTP/1.1\r\nX: {}", "x".repeat(100_000)), "431"),
    ] {
        let answer = rig.ask(&line).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {code}")), "{line:.60}: {answer}");
    }
    assert!(canary.seen().is_empty());
}

#[tokio::test]
async fn an_account_has_so_many_connections_and_bytes() {
    let canary = Canary::start().await;
    let allow = [format!("127.0.0.1:{}", canary.port)];
    let rig = Rig::limited(&allow, |settings| settings.access.connections = 1);
    let held = rig.connect().await;
    rig.until_connected(1).await;
    let line = format!("GET http://127.0.0.1:{}/ HTTP/1.1", canary.port);
    assert_eq!(rig.ask(&line).await, "");
    let limit = "connections_per_account".to_owned();
    assert_eq!(rig.troubles()[0].cause, Cause::Exhausted { limit });
    drop(held);
    rig.until_connected(0).await;
    assert!(rig.ask(&line).await.starts_with("HTTP/1.1 200"));

    let rig = Rig::limited(&allow, |settings| settings.access.bytes_per_hour = 3);
    assert!(!rig.ask(&line).await.ends_with("canary"));
    assert!(rig.ask(&line).await.starts_with("HTTP/1.1 503"));
    let limit = "bytes_per_hour".to_owned();
    assert_eq!(rig.troubles()[0].cause, Cause::Exhausted { limit });
}

#[tokio::test]
async fn an_account_has_rules_of_its_own() {
    let canary = Canary::start().await;
    let allow = [format!("127.0.0.1:{}", canary.port)];
    let line = format!("PUT http://127.0.0.1:{}/ HTTP/1.1\r\nContent-Length: 0", canary.port);
    let another = Rig::limited(&allow, |settings| {
        settings.accounts.insert("another".to_owned(), Access::default());
        settings.access.write = true;
    });
    assert!(another.ask(&line).await.starts_with("HTTP/1.1 200"));
    let own = Rig::limited(&allow, |settings| {
        let access = Access { write: true, connections: 5, bytes_per_hour: 1 << 20, ..Access::default() };
        settings.accounts.insert("default".to_owned(), access);
    });
    assert!(own.ask(&line).await.starts_with("HTTP/1.1 403"));
    assert!(matches!(&own.troubles()[0].cause, Cause::Refused { rule, .. } if rule == "port"));
    assert_eq!(canary.seen().len(), 1);
}

#[tokio::test]
async fn nobody_is_waited_for_without_end() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let allow = [format!("127.0.0.1:{port}")];
    let short = Duration::from_millis(200);
    let rig = Rig::limited(&allow, |settings| {
        (settings.header_timeout, settings.idle_timeout) = (short, short);
    });
    let answer = rig.ask(&format!("GET http://127.0.0.1:{port}/ HTTP/1.1")).await;
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
    assert_eq!(rig.troubles()[0].cause, Cause::TimedOut { stage: "an answer".to_owned() });
    let answer = rig.ask(&format!("CONNECT 127.0.0.1:{port} HTTP/1.1")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(rig.troubles()[1].cause, Cause::TimedOut { stage: "data".to_owned() });
    // A header that does not come to its end.
    assert_eq!(rig.send_raw(b"GET http://x/ HTTP/1.1\r\nX: y").await, "");
}

#[tokio::test]
async fn what_stands_still_is_let_go() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let rig = Rig::start(&[&format!("127.0.0.1:{port}")], &[]);
    let release = Arc::clone(&rig.release);
    tokio::spawn(async move {
        loop {
            sleep(Duration::from_millis(100)).await;
            release.let_go(false);
        }
    });
    let began = std::time::Instant::now();
    let pause = Duration::from_secs(4);
    let plain = rig.ask_within(&format!("GET http://127.0.0.1:{port}/ HTTP/1.1"), pause).await;
    assert!(plain.starts_with("HTTP/1.1 504"), "{plain}");
    let tunnel = rig.ask_within(&format!("CONNECT 127.0.0.1:{port} HTTP/1.1"), pause).await;
    assert!(tunnel.starts_with("HTTP/1.1 200"), "{tunnel}");
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[tokio::test]
async fn failures_have_names() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let rig = Rig::start(&[&format!("127.0.0.1:{closed}"), &format!("nowhere.invalid:{closed}")], &[]);
    let answer = rig.ask(&format!("CONNECT 127.0.0.1:{closed} HTTP/1.1")).await;
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    let answer = rig.ask(&format!("CONNECT nowhere.invalid:{closed} HTTP/1.1")).await;
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    let troubles = rig.troubles();
    assert!(matches!(troubles[0].cause, Cause::Unreachable { .. }), "{troubles:?}");
    assert!(matches!(troubles[1].cause, Cause::Unresolved { .. }), "{troubles:?}");
}

#[tokio::test]
async fn only_a_listener_on_loopback_is_served() {
    let everywhere = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    assert!(listener(everywhere.into()).is_err());
    let here = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let connected = std::net::TcpStream::connect(here.local_addr().unwrap()).unwrap();
    assert!(listener(connected.into()).is_err());
    let file = std::fs::File::open("/dev/null").unwrap();
    assert!(listener(file.into()).is_err());
    let (unix, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    assert!(listener(unix.into()).is_err());
    assert!(listener(here.into()).is_ok());
}
