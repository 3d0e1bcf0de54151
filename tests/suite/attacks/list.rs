//! Reading an attack list: `-- expect: VERDICT  why` and the statements below it, as `tests/attacks/public.sql`
//! explains in its first lines.

use std::{fs, path::Path};

use anyhow::{Context, bail, ensure};

/// What must become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every statement succeeds.
    Ok,
    /// At least the last statement fails, with a clear error.
    Denied,
    /// Whatever happens, it happens within the limits and to this account alone.
    Limited,
}

/// One attack.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The list's name and the line.
    pub(super) place: String,
    pub(super) verdict: Verdict,
    pub(super) why: String,
    pub(super) statements: Vec<String>,
    /// Whether it stands under a headline about resources.
    pub(super) is_bomb: bool,
}

/// The lists of `tests/attacks`.
pub(super) fn read_all() -> anyhow::Result<Vec<Entry>> {
    let folder = harness::config::root().join("tests/attacks");
    let mut entries = Vec::new();
    for name in ["public", "further"] {
        entries.extend(read(name, &folder.join(name).with_extension("sql"))?);
    }
    Ok(entries)
}

fn read(name: &str, path: &Path) -> anyhow::Result<Vec<Entry>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let entries = parse(name, &text)?;
    ensure!(!entries.is_empty(), "{} holds no entry", path.display());
    Ok(entries)
}

fn parse(name: &str, text: &str) -> anyhow::Result<Vec<Entry>> {
    let mut entries: Vec<(Entry, String)> = Vec::new();
    let mut is_bomb = false;
    for (index, line) in text.lines().enumerate() {
        let place = format!("{name}.sql:{}", index + 1);
        if let Some(headline) = line.strip_prefix("-- =====") {
            is_bomb = headline.contains("resources");
        } else if let Some(expected) = line.strip_prefix("-- expect: ") {
            let (verdict, why) = expected.split_once("  ").with_context(|| format!("{place}: no reason"))?;
            let verdict = match verdict {
                "ok" => Verdict::Ok,
                "denied" => Verdict::Denied,
                "limited" => Verdict::Limited,
                other => bail!("{place}: there is no verdict {other:?}"),
            };
            let why = why.trim().to_owned();
            entries.push((Entry { place, verdict, why, statements: Vec::new(), is_bomb }, String::new()));
        } else if let Some((_, sql)) = entries.last_mut() {
            sql.push_str(line);
            sql.push('\n');
        }
    }
    entries
        .into_iter()
        .map(|(mut entry, sql)| {
            entry.statements = split(&sql);
            ensure!(!entry.statements.is_empty(), "{}: no statement", entry.place);
            Ok(entry)
        })
        .collect()
}

/// What opens a part in which a semicolon ends nothing, and what closes it.
const PARTS: [(&str, &str); 5] = [("'", "'"), ("\"", "\""), ("--", "\n"), ("/*", "*/"), ("$$", "$$")];

/// The statements of a text, each with its semicolon.
fn split(text: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let part = PARTS.iter().find(|(open, _)| rest.starts_with(open));
        let length = match part {
            Some((open, close)) => {
                let body = &rest[open.len()..];
                body.find(close).map_or(rest.len(), |at| open.len() + at + close.len())
            }
            None => next.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        statements.last_mut().unwrap().push_str(piece);
        if next == ';' {
            statements.push(String::new());
        }
        rest = after;
    }
    let own = |text: &String| {
        text.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
    };
    statements.into_iter().filter(own).map(|text| text.trim().to_owned()).collect()
}

#[test]
fn lists_are_read_as_they_explain_themselves() -> anyhow::Result<()> {
    let text = "-- a headline\n-- expect: ok  two\nSELECT ';', \"a;b\" /* ; */ ; -- c;\nFROM $$x;y$$;\n\n\
                -- ===== resources\n-- expect: limited  one\nSELECT 'it''s;'\n";
    let entries = parse("x", text)?;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].statements, ["SELECT ';', \"a;b\" /* ; */ ;", "-- c;\nFROM $$x;y$$;"]);
    assert_eq!((entries[0].verdict, entries[0].is_bomb), (Verdict::Ok, false));
    assert_eq!(entries[1].statements, ["SELECT 'it''s;'"]);
    assert_eq!((entries[1].place.as_str(), entries[1].is_bomb), ("x.sql:7", true));
    assert!(parse("x", "-- expect: maybe  x\nSELECT 1").is_err());
    assert!(parse("x", "-- expect: ok  nothing\n").is_err());
    Ok(())
}
