//! From the `send` lines of a script to bytes.

use anyhow::{Context, bail};

use super::bytes;
use crate::{
    message::{Batch, Bind},
    target::Target,
};

/// Appends the message that a line describes.
pub(super) fn append(batch: Batch, line: &str, target: &Target) -> anyhow::Result<Batch> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    Ok(match verb {
        "Query" => batch.query(&text(rest)?),
        "Parse" => {
            let (name, rest) = rest.split_once(" [").context("Parse NAME [oids] SQL")?;
            let (oids, sql) = rest.split_once(']').context("Parse NAME [oids] SQL")?;
            let oids = oids.split(',').filter(|oid| !oid.is_empty()).map(|oid| oid.trim().parse());
            batch.parse(name_of(name), &text(sql.trim_start())?, &oids.collect::<Result<Vec<u32>, _>>()?)
        }
        "Bind" => bind(batch, rest)?,
        "Describe" | "Close" => {
            let (kind, name) = rest.split_once(' ').context("S or P, and a name")?;
            let kind = *kind.as_bytes().first().context("S or P")?;
            if verb == "Close" {
                batch.close(kind, name_of(name))
            } else {
                batch.describe(kind, name_of(name))
            }
        }
        "Execute" => {
            let (portal, rows) = rest.split_once(' ').context("Execute PORTAL ROWS")?;
            batch.execute(name_of(portal), rows.parse()?)
        }
        "Sync" => batch.sync(),
        "Flush" => batch.flush(),
        "CopyData" => batch.copy_data(&bytes::unescape(rest)),
        "CopyDone" => batch.copy_done(),
        "CopyFail" => batch.copy_fail(rest),
        "Terminate" => batch.terminate(),
        "Password" => batch.password(&variables(rest, target)),
        "Startup" => startup(batch, rest, target)?,
        "SslRequest" => batch.headless(&80_877_103_u32.to_be_bytes()),
        "GssRequest" => batch.headless(&80_877_104_u32.to_be_bytes()),
        "Message" => {
            let (tag, body) = rest.split_once(' ').unwrap_or((rest, ""));
            batch.message(*tag.as_bytes().first().context("a type byte")?, &bytes::read(body)?)
        }
        "Lie" => {
            let mut parts = rest.splitn(3, ' ');
            let tag = *parts.next().and_then(|tag| tag.as_bytes().first()).context("Lie T LENGTH bytes")?;
            let length: i32 = parts.next().context("Lie T LENGTH bytes")?.parse()?;
            let body = bytes::read(parts.next().unwrap_or_default())?;
            batch.raw(&[tag]).raw(&length.to_be_bytes()).raw(&body)
        }
        "Headless" => batch.headless(&bytes::read(rest)?),
        "Raw" => batch.raw(&bytes::read(rest)?),
        _ => bail!("unknown message {verb}"),
    })
}

/// `Startup 3.0 key=value|key=value`.
fn startup(batch: Batch, rest: &str, target: &Target) -> anyhow::Result<Batch> {
    let (version, parameters) = rest.split_once(' ').unwrap_or((rest, ""));
    let (major, minor) = version.split_once('.').context("Startup MAJOR.MINOR key=value|…")?;
    let mut body = major.parse::<u16>()?.to_be_bytes().to_vec();
    body.extend(minor.parse::<u16>()?.to_be_bytes());
    for parameter in parameters.split('|').filter(|parameter| !parameter.is_empty()) {
        let (key, value) = parameter.split_once('=').context("key=value")?;
        for part in [key, value] {
            body.extend(bytes::unescape(&variables(part, target)));
            body.push(0);
        }
    }
    body.push(0);
    Ok(batch.headless(&body))
}

fn variables(text: &str, target: &Target) -> String {
    text.replace("$user", &target.user)
        .replace("$password", &target.password)
        .replace("$database", &target.database)
}

/// `Bind PORTAL STATEMENT (value,value) formats=0,1 results=1`: a value is text, NULL, or `\x` and hexadecimal digits.
fn bind(batch: Batch, rest: &str) -> anyhow::Result<Batch> {
    let (names, rest) = rest.split_once('(').context("Bind PORTAL STATEMENT (values)")?;
    let (values, options) = rest.rsplit_once(')').context("Bind PORTAL STATEMENT (values)")?;
    let mut names = names.split_whitespace().map(name_of);
    let parameters = values.split(',').filter(|_| !values.is_empty()).map(|value| {
        Ok::<_, anyhow::Error>(match (value, value.strip_prefix("\\x")) {
            ("NULL", _) => None,
            (_, Some(hex)) => Some(bytes::read(hex)?),
            (text, None) => Some(bytes::unescape(text)),
        })
    });
    let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
    let codes = |key: &str| -> anyhow::Result<Vec<i16>> {
        let given = options.split_whitespace().find_map(|option| option.strip_prefix(key));
        let codes = given.unwrap_or("").split(',').filter(|code| !code.is_empty()).map(str::parse);
        Ok(codes.collect::<Result<_, _>>()?)
    };
    Ok(batch.bind(&Bind {
        portal: names.next().context("a portal")?,
        statement: names.next().context("a statement")?,
        formats: &codes("formats=")?,
        parameters: &parameters,
        results: &codes("results=")?,
    }))
}

/// `-` is the empty name.
fn name_of(word: &str) -> &str {
    if word == "-" { "" } else { word }
}

fn text(escaped: &str) -> anyhow::Result<String> {
    Ok(String::from_utf8(bytes::unescape(escaped))?)
}
