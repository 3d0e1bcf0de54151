//! The documentation's commands, run as they stand. In `docs/connect/*.md` (and `docs/when-to-use-duckdb.md`) a comment
//! before a fenced block marks it: `<!-- run -->` a shell command, `<!-- run: file=NAME -->` a file that later commands
//! use, `<!-- output -->` exactly what the command before it prints. Only the port differs from the text.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, ensure};
use harness::{Pintail, config, foreign::Foreign};

enum Block {
    Run { code: String, output: Option<String> },
    File { name: String, code: String },
}

fn blocks(text: &str) -> anyhow::Result<Vec<Block>> {
    let mut found: Vec<Block> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(mark) = line.trim().strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        if !(mark == "output" || mark.starts_with("run")) {
            continue;
        }
        let fence = lines.next().context("a fenced block after the mark")?;
        ensure!(fence.starts_with("```"), "no fenced block after <!-- {mark} -->");
        let code = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .map(|line| format!("{line}\n"))
            .collect::<String>();
        match mark.strip_prefix("run: file=") {
            Some(name) => found.push(Block::File { name: name.to_owned(), code }),
            None if mark == "run" => found.push(Block::Run { code, output: None }),
            None => match found.last_mut() {
                Some(Block::Run { output, .. }) => *output = Some(code),
                Some(Block::File { .. }) | None => anyhow::bail!("output before any command"),
            },
        }
    }
    Ok(found)
}

/// Runs the page's commands, with `prelude` before each. With `PINTAIL_BLESS` set, output that differs is written into
/// the page instead of failing: for its author, who reads what came.
fn run_page(page: &str, prelude: &str) -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let folder = tempfile::tempdir()?;
    let file = config::root().join("docs").join(page);
    let port = target.port.to_string();
    let mut original = fs::read_to_string(&file)?;
    let text = original.replace("5432", &port);
    let shell = pintail.command(&["connect-info", "--shell"])?;
    let mut commands = 0;
    for block in blocks(&text)? {
        match block {
            Block::File { name, code } => fs::write(folder.path().join(name), code)?,
            Block::Run { code, output } => {
                commands += 1;
                let script = format!("set -euo pipefail\n{shell}\n{prelude}\n{code}");
                let printed = bash(&script, folder.path(), &target.password)?;
                let Some(expected) = output else { continue };
                if config::bless() && printed != expected {
                    original = original.replacen(
                        &expected.replace(&port, "5432"),
                        &printed.replace(&port, "5432"),
                        1,
                    );
                    fs::write(&file, &original)?;
                } else {
                    assert_eq!(printed, expected, "{page}:\n{code}");
                }
            }
        }
    }
    ensure!(commands > 0, "{page} has no commands");
    Ok(())
}

fn bash(script: &str, folder: &Path, token: &str) -> anyhow::Result<String> {
    let clients = config::clients();
    let jars = ["postgresql.jar", "scram-client.jar", "scram-common.jar"]
        .map(|jar| clients.join("jdbc").join(jar).display().to_string());
    let script = format!("export PATH={}:$PATH\n{script}", clients.join("python/bin").display());
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(folder).env("PINTAIL_TOKEN", token);
    command.env("CLASSPATH", jars.join(":")).env("NODE_PATH", clients.join("node/node_modules"));
    harness::foreign::output(&mut command).with_context(|| script.clone())
}

const PASSWORD: &str = "export PGPASSWORD=$MOTHERDUCK_TOKEN";

#[test]
fn psql() -> anyhow::Result<()> {
    if Foreign::find("psql", "psql", &[]).is_none() {
        return Ok(());
    }
    run_page("connect/psql.md", PASSWORD)
}

#[test]
fn reference() -> anyhow::Result<()> {
    if Foreign::find("psql", "psql", &[]).is_none() {
        return Ok(());
    }
    run_page("connect/reference.md", PASSWORD)
}

#[test]
fn python() -> anyhow::Result<()> {
    if Foreign::find("python", "python/bin/python", &["python/.stamp"]).is_none() {
        return Ok(());
    }
    run_page("connect/python.md", PASSWORD)
}

#[test]
fn java() -> anyhow::Result<()> {
    if Foreign::find("jdbc", "java", &["jdbc/postgresql.jar"]).is_none() {
        return Ok(());
    }
    run_page("connect/java.md", PASSWORD)
}

#[test]
fn nodejs() -> anyhow::Result<()> {
    if Foreign::find("node", "node", &["node/.stamp"]).is_none() {
        return Ok(());
    }
    run_page("connect/nodejs.md", PASSWORD)
}

#[test]
#[ignore = "makes and loads a gigabyte: make test-heavy"]
fn tour() -> anyhow::Result<()> {
    if Foreign::find("psql", "psql", &[]).is_none()
        || Foreign::find("python", "python/bin/python", &[]).is_none()
    {
        return Ok(());
    }
    let everything = "export PGPASSWORD=$MOTHERDUCK_TOKEN PGUSER=postgres PGDATABASE=md: PGSSLMODE=verify-full \
                      PGSSLROOTCERT=$SSL_CERT_FILE";
    run_page("tour.md", everything)
}

#[test]
fn links_lead_somewhere() -> anyhow::Result<()> {
    let mut files = vec![config::root().join("README.md")];
    let mut folders = vec![config::root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    let mut broken = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or("");
            let local = !path.is_empty() && !path.contains("://") && !path.contains(' ');
            if local && !file.parent().context("a folder")?.join(path).exists() {
                broken.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}
