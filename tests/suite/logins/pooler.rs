//! PgBouncer that logs in by SCRAM, to the pooler's clients and to the server.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use harness::{Pintail, foreign::Foreign, process::Process};
use rustix::process::Signal;

use super::set_password;

const NOBODY: u32 = 65_534;

#[test]
fn pgbouncer_logs_in_by_password_in_both_modes() -> anyhow::Result<()> {
    let Some(client) = Foreign::find("pgbouncer", "pgbouncer", &["psql"]) else { return Ok(()) };
    let pintail = Pintail::start()?;
    set_password(&pintail, "default", "open sesame")?;
    for mode in ["session", "transaction"] {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        let target = pintail.target();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        fs::copy(&target.ca_file, path("ca.pem"))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let configuration = format!(
            "[databases]\nmy_db = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = {mode}\n\
             server_tls_sslmode = verify-full\nserver_tls_ca_file = {}\n",
            target.host,
            target.port,
            path("users.txt").display(),
            path("ca.pem").display()
        );
        fs::write(path("pgbouncer.ini"), configuration)?;
        fs::write(path("users.txt"), "\"@default\" \"open sesame\"\n")?;
        for name in ["ca.pem", "pgbouncer.ini", "users.txt"] {
            fs::set_permissions(path(name), fs::Permissions::from_mode(0o644))?;
        }
        let mut command = Command::new(client.program());
        command.arg("-q").arg(path("pgbouncer.ini"));
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let mut pooler = Process::spawn(&mut command, Signal::TERM).context("pgbouncer")?;
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(begun.elapsed() < Duration::from_secs(10), "pgbouncer does not listen");
            thread::sleep(Duration::from_millis(50));
        }
        let ask = |password: &str| -> anyhow::Result<String> {
            let connection = format!("host=127.0.0.1 port={port} dbname=my_db user=@default sslmode=disable");
            let output = Command::new("psql")
                .args(["-XAtc", "select current_user || ' ' || current_database()", &connection])
                .env("PGPASSWORD", password)
                .output()?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
            ensure!(output.status.success(), "{}", text(&output.stderr));
            Ok(text(&output.stdout))
        };
        for _ in 0..5 {
            assert_eq!(ask("open sesame")?, "default my_db", "{mode}");
        }
        assert!(ask("wrong").is_err(), "{mode}");
        pooler.stop();
    }
    Ok(())
}
