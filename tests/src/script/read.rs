//! Script files into cases.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};

use super::{Cancel, Case, CloseHow, Key, Line, Side, Start, Step};

/// All script files below a folder, in order.
pub fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "pt") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads all cases of a file; `name` is what they are called by.
pub fn read(path: &Path, name: &str) -> anyhow::Result<Vec<Case>> {
    let text = fs::read_to_string(path)?;
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let at = || format!("{name}:{}", number + 1);
        if let Some(title) = line.strip_prefix("case ") {
            let (file, title) = (name.to_owned(), title.to_owned());
            cases.push(Case { file, title, deviation: None, steps: Vec::new() });
        } else if let Some(comment) = line.strip_prefix('#') {
            if let Some(case) = cases.last_mut() {
                comment_of(case, comment.trim());
            }
        } else if !line.trim().is_empty() {
            let case = cases.last_mut().with_context(|| format!("{}: before the first case", at()))?;
            take(case, line).with_context(at)?;
        }
    }
    Ok(cases)
}

/// A comment `deviation: …` goes on in the comments below it.
fn comment_of(case: &mut Case, comment: &str) {
    if let Some(reason) = comment.strip_prefix("deviation: ") {
        case.deviation = Some(reason.to_owned());
    } else if let Some(reason) = case.deviation.as_mut().filter(|_| case.steps.is_empty()) {
        *reason += " ";
        *reason += comment;
    }
}

fn take(case: &mut Case, line: &str) -> anyhow::Result<()> {
    if let Some(entry) = line.strip_prefix("  ") {
        let (side, text) = marked(entry);
        return match case.steps.last_mut() {
            Some((_, Step::Send(lines) | Step::Receive(lines))) => {
                lines.push(Line { side, text: text.to_owned() });
                Ok(())
            }
            Some(_) | None => bail!("neither send nor receive"),
        };
    }
    let (side, text) = marked(line);
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    case.steps.push((side, step(verb, rest).with_context(|| format!("not understood: {line}"))?));
    Ok(())
}

fn marked(text: &str) -> (Option<Side>, &str) {
    for (mark, side) in [("[pintail] ", Side::Pintail), ("[postgres] ", Side::Postgres)] {
        if let Some(rest) = text.strip_prefix(mark) {
            return (Some(side), rest);
        }
    }
    (None, text)
}

fn step(verb: &str, rest: &str) -> anyhow::Result<Step> {
    Ok(match (verb, rest) {
        ("send", "") => Step::Send(Vec::new()),
        ("receive", "") => Step::Receive(Vec::new()),
        ("setup", sql) => Step::Setup(sql.to_owned()),
        ("client", name) => Step::Client(name.to_owned()),
        ("start", "tcp") => Step::Start(Start::Tcp),
        ("start", "tls") => Step::Start(Start::Tls),
        ("tls", names) => Step::Tls(names.split_whitespace().map(str::to_owned).collect()),
        ("cancel", options) => Step::Cancel(cancel(options)?),
        ("wait", time) => Step::Wait(Duration::from_millis(time.parse()?)),
        ("close", "") => Step::Close(CloseHow::Both),
        ("close", "write") => Step::Close(CloseHow::Write),
        ("statuses", "") => Step::Statuses,
        ("stop", "") => Step::Stop,
        _ => bail!("unknown step {verb}"),
    })
}

fn cancel(options: &str) -> anyhow::Result<Cancel> {
    let mut cancel = Cancel { plain: false, key: Key::Right };
    for option in options.split_whitespace() {
        match option {
            "plain" => cancel.plain = true,
            "wrong-process" => cancel.key = Key::WrongProcess,
            "wrong-secret" => cancel.key = Key::WrongSecret,
            "short" => cancel.key = Key::Short,
            "long" => cancel.key = Key::Long,
            "absent" => cancel.key = Key::Absent,
            other => bail!("unknown option {other}"),
        }
    }
    Ok(cancel)
}

impl Case {
    /// Sees to it that a difference has its reason, and a reason its difference.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.is_marked() == self.deviation.is_some(),
            "marked lines in `receive` and a `# deviation:` comment go together"
        );
        Ok(())
    }

    /// Whether the two servers are expected to answer differently.
    fn is_marked(&self) -> bool {
        self.steps.iter().any(|(_, step)| match step {
            Step::Receive(lines) => lines.iter().any(|line| line.side.is_some()),
            _ => false,
        })
    }
}
