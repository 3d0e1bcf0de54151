//! Foreign clients, each with verify-full (or what it has instead), the reference's examples, a parameterised query
//! and a million rows. What they do stands in `tests/clients/<name>/`; each prints `ok` when all was as expected.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use harness::{
    Pintail, Target,
    foreign::{self, Foreign},
    process::Process,
};
use rustix::process::Signal;

pub(crate) fn assert_ok(command: &mut Command) -> anyhow::Result<()> {
    let printed = foreign::output(command)?;
    assert_eq!(printed.trim().lines().last(), Some("ok"), "{printed}");
    Ok(())
}

/// A file beside the CA: `ca-bundle.pem`, `truststore.p12`.
fn beside_ca(target: &Target, name: &str) -> PathBuf {
    target.ca_file.with_file_name(name)
}

#[test]
fn psql() -> anyhow::Result<()> {
    let Some(client) = Foreign::find("psql", "bash", &["psql"]) else {
        return Ok(());
    };
    let pintail = Pintail::start()?;
    let scratch = tempfile::tempdir()?;
    assert_ok(client.command(&pintail.target()).arg("examples.sh").env("SCRATCH", scratch.path()))
}

fn python(script: &str) -> anyhow::Result<()> {
    let Some(client) = Foreign::find("python", "python/bin/python", &["python/.stamp"]) else {
        return Ok(());
    };
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut command = client.command(&target);
    command
        .arg("-B")
        .arg(script)
        .env("SSL_CERT_FILE", &target.ca_file)
        .env("CA_BUNDLE", beside_ca(&target, "ca-bundle.pem"));
    assert_ok(&mut command)
}

#[test]
fn psycopg_3() -> anyhow::Result<()> {
    python("psycopg3.py")
}

#[test]
fn psycopg2() -> anyhow::Result<()> {
    python("psycopg2_client.py")
}

#[test]
fn asyncpg() -> anyhow::Result<()> {
    python("asyncpg_client.py")
}

#[test]
fn sqlalchemy() -> anyhow::Result<()> {
    python("sqlalchemy_client.py")
}

fn node(script: &str) -> anyhow::Result<()> {
    let Some(client) = Foreign::find("node", "node", &["node/.stamp"]) else {
        return Ok(());
    };
    let pintail = Pintail::start()?;
    let target = pintail.target();
    assert_ok(client.command(&target).arg(script).env("NODE_EXTRA_CA_CERTS", &target.ca_file))
}

#[test]
fn node_postgres() -> anyhow::Result<()> {
    node("pg.cjs")
}

#[test]
fn postgres_js() -> anyhow::Result<()> {
    node("postgres.cjs")
}

/// The class path of the JDBC driver.
pub(crate) fn jars() -> String {
    let jars = ["postgresql.jar", "scram-client.jar", "scram-common.jar"]
        .map(|jar| harness::config::clients().join("jdbc").join(jar).display().to_string());
    jars.join(":")
}

#[test]
fn jdbc() -> anyhow::Result<()> {
    let Some(client) = Foreign::find("jdbc", "java", &["jdbc/postgresql.jar"]) else {
        return Ok(());
    };
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let jars = jars();

    // Java's own trust store, as `pintail connect-info --shell` sets it.
    let shell = pintail.command(&["connect-info", "--shell"])?;
    let line = shell.lines().find(|line| line.contains("JAVA_TOOL_OPTIONS=")).context("JAVA_TOOL_OPTIONS")?;
    let script = format!("{line}; exec \"$@\"");
    let command = client.command(&target);
    let java = command.get_program().to_owned();
    let mut wrapped = Command::new("bash");
    wrapped.current_dir(command.get_current_dir().context("a folder")?);
    wrapped.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
    wrapped.args(["-c", &script, "bash"]).arg(&java).args(["-cp", &jars, "Client.java"]);
    assert_ok(wrapped.arg("&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory"))?;

    // ~/.postgresql/root.crt, the driver's default.
    let home = tempfile::tempdir()?;
    fs::create_dir(home.path().join(".postgresql"))?;
    let mut user_home = std::ffi::OsString::from("-Duser.home=");
    user_home.push(home.path());
    let fresh = Pintail::start()?;
    fs::copy(&fresh.target().ca_file, home.path().join(".postgresql/root.crt"))?;
    assert_ok(client.command(&fresh.target()).arg(user_home).args(["-cp", &jars, "Client.java", ""]))
}

/// Waits until workerd has told its port on the control pipe (its standard output).
fn workerd_port(stdout: &mut impl Read) -> anyhow::Result<u16> {
    let mut line = Vec::new();
    let mut byte = [0];
    while stdout.read(&mut byte)? == 1 && byte != *b"\n" {
        line.push(byte[0]);
    }
    let event: serde_json::Value = serde_json::from_slice(&line)?;
    Ok(u16::try_from(event["port"].as_u64().with_context(|| format!("{event}"))?)?)
}

#[test]
fn cloudflare_workers() -> anyhow::Result<()> {
    const WORKERD: &str = "node/node_modules/@cloudflare/workerd-linux-64/bin/workerd";
    const ESBUILD: &str = "node/node_modules/@esbuild/linux-x64/bin/esbuild";
    let Some(esbuild) = Foreign::find("workerd", ESBUILD, &[WORKERD]) else {
        return Ok(());
    };
    let Some(workerd) = Foreign::find("workerd", WORKERD, &[]) else {
        return Ok(());
    };
    let pintail = Pintail::start()?;
    let target = pintail.target();

    let folder = tempfile::tempdir()?;
    let sources = harness::config::root().join("tests/clients/workerd");
    fs::copy(sources.join("config.capnp"), folder.path().join("config.capnp"))?;
    fs::copy(&target.ca_file, folder.path().join("ca.pem"))?;
    let banner = format!("--banner:js={}", fs::read_to_string(sources.join("node-builtins.js"))?);
    let mut bundle = esbuild.command(&target);
    bundle.args([
        "worker.js",
        "--bundle",
        "--format=esm",
        "--platform=node",
        "--conditions=workerd",
        "--log-level=error",
    ]);
    bundle.args(["--external:cloudflare:sockets", "--external:pg-native", &banner]);
    foreign::output(bundle.arg(format!("--outfile={}", folder.path().join("bundle.js").display())))?;

    let log = fs::File::create(folder.path().join("log"))?;
    let mut command = workerd.command(&target);
    command
        .current_dir(folder.path())
        .args(["serve", "config.capnp", "--control-fd=1"])
        .stdout(Stdio::piped())
        .stderr(log);
    let mut child = command.spawn()?;
    let mut stdout = child.stdout.take().context("standard output")?;
    let _running = Process::adopt(child, Signal::TERM);
    let port = workerd_port(&mut stdout)
        .with_context(|| fs::read_to_string(folder.path().join("log")).unwrap_or_default())?;

    let answer = http_get(port)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let start = body.find('{').with_context(|| answer.clone())?;
    let end = body.rfind('}').with_context(|| answer.clone())?;
    let json: serde_json::Value = serde_json::from_str(&body[start..=end]).with_context(|| answer.clone())?;
    assert_eq!(
        json["best"],
        serde_json::json!({"title": "How We Scaled E-Ink Displays, Part 2", "score": "2188"}),
        "{answer}"
    );
    assert_eq!(json["passengers"], 244_618);
    assert_eq!(json["rows"], 1_000_000);
    assert_eq!(json["sum"].as_f64(), Some(499_999_500_000.0));
    Ok(())
}

fn http_get(port: u16) -> anyhow::Result<String> {
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut stream = loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => break stream,
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    };
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

type Client = tokio_postgres::Client;

pub(crate) async fn tokio_connect(target: &Target) -> anyhow::Result<Client> {
    let tls = tokio_postgres_rustls::MakeRustlsConnect::new(harness::stream::tls_config(&target.ca_file)?);
    let mut config = tokio_postgres::Config::new();
    config.host(&target.host).port(target.port).user("postgres").password(&target.password).dbname("md:");
    config.ssl_mode(tokio_postgres::config::SslMode::Require);
    let (client, connection) = config.connect(tls).await?;
    tokio::spawn(connection);
    Ok(client)
}

#[tokio::test]
async fn tokio_postgres_reads() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let client = tokio_connect(&pintail.target()).await?;
    let stories = "SELECT title, score FROM sample_data.hn.hacker_news WHERE type = 'story' ORDER BY score DESC LIMIT 5";
    let best = &client.query(stories, &[]).await?[0];
    let best = (best.get::<_, &str>(0), best.get::<_, i64>(1));
    assert_eq!(best, ("How We Scaled E-Ink Displays, Part 2", 2188));

    let taxi = "SELECT sum(passenger_count)::INTEGER FROM sample_data.nyc.taxi WHERE payment_type = $1 AND trip_distance < $2";
    let statement = client.prepare(taxi).await?;
    assert_eq!(statement.params(), [tokio_postgres::types::Type::INT8, tokio_postgres::types::Type::FLOAT8]);
    assert!(client.query_one(&statement, &[&1_i64, &5.0_f64]).await?.get::<_, i32>(0) > 0);

    let rows = client.query("SELECT range AS a, 'row ' || range AS b FROM range(1000000)", &[]).await?;
    assert_eq!(rows.iter().map(|row| row.get::<_, i64>(0)).sum::<i64>(), 499_999_500_000);
    // Two at once on one connection: a pipeline.
    let (one, two) =
        tokio::join!(client.query_one("SELECT 1::int", &[]), client.query_one("SELECT 2::int", &[]));
    assert_eq!((one?.get::<_, i32>(0), two?.get::<_, i32>(0)), (1, 2));
    Ok(())
}

#[tokio::test]
async fn tokio_postgres_writes() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = tokio_connect(&pintail.target()).await?;
    client.batch_execute("CREATE TABLE tokio_t(a BIGINT, b VARCHAR)").await?;
    assert_eq!(client.execute("INSERT INTO tokio_t VALUES ($1, $2)", &[&1_i64, &"x"]).await?, 1);
    let transaction = client.transaction().await?;
    transaction.execute("DELETE FROM tokio_t", &[]).await?;
    transaction.rollback().await?;
    assert_eq!(client.query_one("SELECT count(*) FROM tokio_t", &[]).await?.get::<_, i64>(0), 1);
    let error = client.query("SELECT * FROM tokio_no_such_table", &[]).await.expect_err("an unknown table");
    assert_eq!(error.code(), Some(&tokio_postgres::error::SqlState::UNDEFINED_TABLE));
    Ok(())
}

#[test]
fn rustls_takes_the_certificate_for_every_name_it_should() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    for host in ["localhost", "127.0.0.1"] {
        let target = Target { host: host.to_owned(), ..pintail.target() };
        harness::RawClient::connect(&target).with_context(|| host.to_owned())?;
    }
    Ok(())
}
