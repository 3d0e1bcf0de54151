//! For figures: what a wrong login tells by its time, and what good ones notice of a storm of wrong ones. `make logins`.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use harness::{Backend, Batch, Pintail, RawClient, Target, process};
use tokio::net::TcpSocket;

use super::set_password;

/// Tries of each kind.
const TRIES: usize = 10_000;

/// Medians that are no farther from each other than this part are the same.
const SAME: f64 = 0.02;

/// Without delays, which would be all that is measured.
const UNTHROTTLED: [(&str, &str); 2] =
    [("LIMITS_FAILED_LOGINS_PER_MINUTE", "100000000"), ("LIMITS_FAILED_PASSWORDS_PER_MINUTE", "100000000")];

/// Up to the server's question.
fn asked(target: &Target) -> anyhow::Result<RawClient> {
    let mut client = RawClient::secure(target)?;
    client.send(&Batch::new().startup(&[("user", &target.user), ("database", "md:")]))?;
    match client.receive()? {
        Some(Backend::Authentication(_) | Backend::Sasl { .. }) => Ok(client),
        other => anyhow::bail!("{other:?}"),
    }
}

/// The time from a wrong token to its refusal, in microseconds.
fn token_time(target: &Target) -> anyhow::Result<f64> {
    let mut client = asked(target)?;
    let begun = Instant::now();
    client.send(&Batch::new().password(&target.password))?;
    let answer = client.receive()?;
    let took = begun.elapsed().as_secs_f64() * 1e6;
    assert!(matches!(answer, Some(Backend::Error(_))), "{answer:?}");
    Ok(took)
}

/// The times of both steps of SCRAM with a wrong proof, in microseconds.
fn scram_times(target: &Target) -> anyhow::Result<(f64, f64)> {
    let mut client = asked(target)?;
    let first = b"n,,n=,r=rOprNGfwEbeRWgbNEkqO";
    let length = i32::try_from(first.len())?.to_be_bytes();
    let message = [&b"SCRAM-SHA-256\0"[..], &length, first].concat();
    let begun = Instant::now();
    client.send(&Batch::new().message(b'p', &message))?;
    let answer = client.receive()?;
    let first_took = begun.elapsed().as_secs_f64() * 1e6;
    // The server's first message has the nonce, which stands first in it, and comes back; the proof is nobody's.
    let Some(Backend::Sasl { data, .. }) = answer else { anyhow::bail!("{answer:?}") };
    let text = String::from_utf8(data)?;
    let nonce = text.split("r=").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default();
    assert!(nonce.starts_with("rOprNGfwEbeRWgbNEkqO"), "{text}");
    let proof = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let begun = Instant::now();
    client.send(&Batch::new().message(b'p', format!("c=biws,r={nonce},p={proof}").as_bytes()))?;
    let answer = client.receive()?;
    let second_took = begun.elapsed().as_secs_f64() * 1e6;
    assert!(matches!(answer, Some(Backend::Error(_))), "{answer:?}");
    Ok((first_took, second_took))
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// How sure it is that two kinds of times differ: the z value of Mann and Whitney's test.
fn rank_difference(one: &[f64], other: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        one.iter().map(|time| (*time, true)).chain(other.iter().map(|time| (*time, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = |times: &[f64]| f64::from(u32::try_from(times.len()).expect("a small number"));
    let (m, n) = (count(one), count(other));
    let ranks = all.iter().zip(1u32..).filter(|((_, is_one), _)| *is_one).map(|(_, rank)| f64::from(rank));
    let u = ranks.sum::<f64>() - m * (m + 1.0) / 2.0;
    (u - m * n / 2.0) / (m * n * (m + n + 1.0) / 12.0).sqrt()
}

fn report(what: &str, one: &mut [f64], other: &mut [f64]) {
    let z = rank_difference(one, other);
    let (first, second) = (median(one), median(other));
    println!("| {what} | {first:.1} | {second:.1} | {:+.2} % | {z:+.2} |", (second / first - 1.0) * 100.0);
    assert!((second / first - 1.0).abs() < SAME, "{what}: the medians {first} and {second} differ");
}

#[test]
#[ignore = "measures: some minutes"]
fn the_time_of_a_refusal_tells_nothing() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&UNTHROTTLED)?;
    set_password(&pintail, "default", "open sesame")?;
    let revoked = pintail.command(&["token", "create", "--name", "revoked"])?.trim().to_owned();
    pintail.command(&["token", "revoke", "revoked"])?;
    let valid = pintail.target().password;
    let nearly = format!("{}{}", &valid[..45], if valid.ends_with('A') { 'B' } else { 'A' });
    let unknown = "pt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let (known, nobody) = (pintail.target().user("@default"), pintail.target().user("@nobody"));
    let mut times: [Vec<f64>; 7] = Default::default();
    for round in 0..TRIES {
        // In turn, so that what else the machine does is the same for all.
        for shift in 0..3 {
            let at = (round + shift) % 3;
            let token = [unknown, revoked.as_str(), nearly.as_str()][at];
            times[at].push(token_time(&pintail.target().password(token))?);
        }
        for shift in 0..2 {
            let at = (round + shift) % 2;
            let (first, second) = scram_times(if at == 0 { &nobody } else { &known })?;
            times[3 + at].push(first);
            times[5 + at].push(second);
        }
    }
    println!("| compared | median us | median us | difference | z |\n|---|---|---|---|---|");
    let [unknown, revoked, nearly, first_nobody, first_known, second_nobody, second_known] = &mut times;
    report("token: unknown, revoked", unknown, revoked);
    report("token: unknown, one character off a valid one", unknown, nearly);
    report("SCRAM, first answer: no such account, wrong password", first_nobody, first_known);
    report("SCRAM, refusal: no such account, wrong password", second_nobody, second_known);
    Ok(())
}

/// An address of the loopback.
fn address(number: u64) -> IpAddr {
    let bytes = number.to_be_bytes();
    Ipv4Addr::new(127, 1 + bytes[5] % 200, bytes[6], bytes[7].max(1)).into()
}

/// One wrong login from this address; whether it was refused.
async fn wrong(server: SocketAddr, from: IpAddr, tls: &tokio_rustls::TlsConnector) -> anyhow::Result<bool> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    let mut stream = socket.connect(server).await?;
    stream.write_all(b"\0\0\0\x08\x04\xd2\x16\x2f").await?;
    let mut byte = [0];
    stream.read_exact(&mut byte).await?;
    let name = rustls::pki_types::ServerName::try_from("localhost")?;
    let mut stream = tls.connect(name, stream).await?;
    let body = b"\0\x03\0\0user\0postgres\0database\0md:\0\0";
    let length = u32::try_from(body.len() + 4)?.to_be_bytes();
    stream.write_all(&[&length[..], body].concat()).await?;
    let mut answer = [0; 9];
    stream.read_exact(&mut answer).await?;
    let token = b"pt_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\0";
    let length = u32::try_from(token.len() + 4)?.to_be_bytes();
    stream.write_all(&[&b"p"[..], &length, token].concat()).await?;
    let mut kind = [0];
    stream.read_exact(&mut kind).await?;
    Ok(kind[0] == b'E')
}

/// Wrong logins as fast as asked for, until it is to stop; how many were refused.
fn storm(target: &Target, per_second: u64, stop: &AtomicBool) -> anyhow::Result<(u64, u64)> {
    const AT_ONCE: usize = 512;
    let server = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), target.port);
    let config = harness::stream::tls_config(&target.ca_file)?;
    let tls = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let (refused, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let (refused, failed) = (std::sync::Arc::new(refused), std::sync::Arc::new(failed));
        let places = std::sync::Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        let mut number = 0;
        while !stop.load(Ordering::Relaxed) {
            ticks.tick().await;
            for _ in 0..per_second / 100 {
                number += 1;
                let Ok(place) = std::sync::Arc::clone(&places).try_acquire_owned() else { break };
                let (tls, refused, failed) = (tls.clone(), refused.clone(), failed.clone());
                tokio::spawn(async move {
                    let _place = place;
                    let counter = match wrong(server, address(number % 4000), &tls).await {
                        Ok(true) => refused,
                        Ok(false) | Err(_) => failed,
                    };
                    counter.fetch_add(1, Ordering::Relaxed);
                });
            }
        }
        Ok((refused.load(Ordering::Relaxed), failed.load(Ordering::Relaxed)))
    })
}

/// Logins with a right token for so long; their times in milliseconds.
fn good_logins(target: &Target, length: Duration) -> anyhow::Result<Vec<f64>> {
    let (begun, mut times) = (Instant::now(), Vec::new());
    while begun.elapsed() < length {
        let one = Instant::now();
        let mut client = RawClient::connect(target)?;
        assert_eq!(client.value("select 1")?, "1");
        times.push(one.elapsed().as_secs_f64() * 1000.0);
        thread::sleep(Duration::from_millis(20));
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

#[test]
#[ignore = "measures: a minute"]
fn a_storm_of_wrong_logins_keeps_no_right_one_out() -> anyhow::Result<()> {
    const LENGTH: Duration = Duration::from_secs(20);
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let _warm = RawClient::connect(&target)?;
    println!(
        "| beside | wrong ones a second | answered | failed | good ones | median ms | 99 % | worst | MiB |"
    );
    for per_second in [0, 500, 1000, 2000] {
        let stop = AtomicBool::new(false);
        let (times, (refused, failed)) = thread::scope(|scope| {
            let storming = scope.spawn(|| storm(&target, per_second, &stop));
            let times = good_logins(&target, LENGTH);
            stop.store(true, Ordering::Relaxed);
            anyhow::Ok((times?, storming.join().expect("the storm")?))
        })?;
        let at = |percent: usize| times[(times.len() - 1) * percent / 100];
        println!(
            "| {per_second} | {} | {refused} | {failed} | {} | {:.1} | {:.1} | {:.1} | {} |",
            refused / LENGTH.as_secs(),
            times.len(),
            at(50),
            at(99),
            at(100),
            process::resident_bytes(pintail.gateway()) >> 20
        );
        assert!(times.len() > 20, "good logins go on");
    }
    Ok(())
}
