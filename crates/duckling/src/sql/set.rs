//! Reads SET, RESET, SHOW, DISCARD and UNLISTEN.
//!
//! Every form of SET is the session's: none of its text ever reaches DuckDB, since `SET GLOBAL` would
//! change other sessions. `SET VARIABLE` is not a setting and goes to DuckDB.

use super::{
    command::{Command, Scope, SetCommand, transaction_mode},
    token::{Kind, Tokens},
};

/// Reads the statement if it is one of these.
pub(super) fn read(mut cursor: Tokens<'_, '_>) -> Option<Command> {
    let verb = cursor.one_of(&["set", "reset", "show", "discard", "unlisten"])?;
    let command = match verb {
        "set" => return set(cursor),
        "reset" => reset(cursor)?,
        "show" => show(cursor)?,
        "discard" => discard(cursor)?,
        _ => SetCommand::Unlisten,
    };
    Some(Command::Set(command))
}

fn set(mut cursor: Tokens<'_, '_>) -> Option<Command> {
    if cursor.words(&["session", "characteristics", "as", "transaction"]) {
        return transaction_mode(cursor).map(SetCommand::Characteristics).map(Command::Set);
    }
    let scope = match cursor.one_of(&["session", "local", "global"]) {
        Some("local") => Scope::Local,
        Some("global") => Scope::Global,
        // `SET session = …` and `SET SESSION AUTHORIZATION` fall through to the name.
        Some(_) | None => Scope::Session,
    };
    if cursor.peek().is_some_and(|token| token.is_word("variable")) {
        return None;
    }
    let (name, separator) = if cursor.words(&["time", "zone"]) {
        if cursor.word("interval") {
            let values = vec![interval(cursor)?];
            return Some(Command::Set(SetCommand::Set { name: "timezone".to_owned(), values, scope }));
        }
        ("timezone".to_owned(), false)
    } else if cursor.word("names") {
        ("client_encoding".to_owned(), false)
    } else if cursor.word("authorization") {
        ("session_authorization".to_owned(), false)
    } else {
        (qualified(&mut cursor)?, true)
    };
    let separated = cursor.symbol("=") || cursor.word("to");
    // DuckDB and PostgreSQL both know `SET SCHEMA 'x'` and `SET ROLE x` without a separator.
    if separator && !separated && !matches!(name.as_str(), "schema" | "role") {
        return None;
    }
    let values = values(cursor)?;
    Some(Command::Set(SetCommand::Set { name, values, scope }))
}

/// `INTERVAL '+05:30' HOUR TO MINUTE` after TIME ZONE (Sequelize): an offset, as a number of hours. What is no such
/// offset stays as it is, and is refused as a time zone.
fn interval(mut cursor: Tokens<'_, '_>) -> Option<String> {
    let token = cursor.take()?;
    let text = if token.kind == Kind::Text { token.string()? } else { return None };
    if cursor.word("hour") && cursor.word("to") && !cursor.word("minute") {
        return None;
    }
    let offset = text.split_once(':').and_then(|(hours, minutes)| {
        // Rounded up, since what reads it cuts off.
        let fraction =
            (minutes.parse::<u32>().ok().filter(|minutes| *minutes < 60)? * 1_000_000).div_ceil(60);
        hours.parse::<i8>().is_ok().then(|| format!("{hours}.{fraction:06}"))
    });
    cursor.is_empty().then(|| offset.unwrap_or(text))
}

/// A setting's name, `a` or `a.b`.
fn qualified(cursor: &mut Tokens<'_, '_>) -> Option<String> {
    let mut name = cursor.name()?.to_lowercase();
    while cursor.symbol(".") {
        name.push('.');
        name.push_str(&cursor.name()?.to_lowercase());
    }
    Some(name)
}

/// A list of values up to the end; DEFAULT is the empty list. Expressions are kept as one text.
fn values(mut cursor: Tokens<'_, '_>) -> Option<Vec<String>> {
    let mut values = Vec::new();
    if cursor.words(&["default"]) {
        return cursor.is_empty().then_some(values);
    }
    loop {
        values.push(value(&mut cursor)?);
        if cursor.is_empty() {
            return Some(values);
        }
        if !cursor.symbol(",") {
            // Something longer than a literal: an expression. It is no value of any setting here, but the
            // statement is still a SET and is refused as one.
            return Some(vec![String::new()]);
        }
    }
}

fn value(cursor: &mut Tokens<'_, '_>) -> Option<String> {
    let mut sign = "";
    if cursor.symbol("-") {
        sign = "-";
    } else {
        let _ = cursor.symbol("+");
    }
    let token = cursor.take()?;
    match token.kind {
        Kind::Text => token.string(),
        Kind::QuotedName => token.name(),
        Kind::Number => Some(format!("{sign}{}", token.text)),
        Kind::Word | Kind::Parameter | Kind::Symbol => Some(token.text.to_owned()),
    }
}

fn reset(mut cursor: Tokens<'_, '_>) -> Option<SetCommand> {
    if cursor.word("all") {
        return cursor.is_empty().then_some(SetCommand::ResetAll);
    }
    let _ = cursor.one_of(&["session", "local", "global"]);
    let name = name_of_setting(&mut cursor)?;
    cursor.is_empty().then_some(SetCommand::Reset { name })
}

fn show(mut cursor: Tokens<'_, '_>) -> Option<SetCommand> {
    if cursor.word("all") {
        // `SHOW ALL TABLES` and `SHOW ALL DATABASES` are not settings.
        return cursor.is_empty().then_some(SetCommand::ShowAll);
    }
    let name = name_of_setting(&mut cursor)?;
    cursor.is_empty().then_some(SetCommand::Show { name })
}

fn name_of_setting(cursor: &mut Tokens<'_, '_>) -> Option<String> {
    if cursor.words(&["transaction", "isolation", "level"]) {
        Some("transaction_isolation".to_owned())
    } else if cursor.words(&["time", "zone"]) {
        Some("timezone".to_owned())
    } else if cursor.words(&["session", "authorization"]) {
        Some("session_authorization".to_owned())
    } else {
        qualified(cursor)
    }
}

fn discard(mut cursor: Tokens<'_, '_>) -> Option<SetCommand> {
    let what = cursor.one_of(&["all", "plans", "sequences", "temporary", "temp"])?;
    let command = match what {
        "all" => SetCommand::DiscardAll,
        "plans" => SetCommand::Discard("DISCARD PLANS"),
        "sequences" => SetCommand::Discard("DISCARD SEQUENCES"),
        _ => SetCommand::Discard("DISCARD TEMP"),
    };
    cursor.is_empty().then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lex;

    fn set_of(sql: &str) -> Option<(String, Vec<String>, Scope)> {
        match Command::read(sql, &lex(sql)) {
            Command::Set(SetCommand::Set { name, values, scope }) => Some((name, values, scope)),
            Command::Set(_)
            | Command::Transaction(_)
            | Command::Copy(_)
            | Command::Deallocate(_)
            | Command::CloseCursor(_)
            | Command::Prepare(_)
            | Command::Execute(_)
            | Command::Declare(_)
            | Command::Fetch(_)
            | Command::Platform(_)
            | Command::Engine => None,
        }
    }

    #[test]
    fn every_spelling_of_set_is_read() {
        let cases = [
            ("SET extra_float_digits = 3", "extra_float_digits", vec!["3"], Scope::Session),
            ("set TimeZone to 'Europe/Berlin'", "timezone", vec!["Europe/Berlin"], Scope::Session),
            ("SET SESSION TIMEZONE TO 'US/Eastern'", "timezone", vec!["US/Eastern"], Scope::Session),
            ("SET TIME ZONE 'UTC'", "timezone", vec!["UTC"], Scope::Session),
            (
                "SET TIME ZONE INTERVAL '-05:30' HOUR TO MINUTE",
                "timezone",
                vec!["-05.500000"],
                Scope::Session,
            ),
            (
                "SET TIME ZONE INTERVAL '+00:00' HOUR TO MINUTE",
                "timezone",
                vec!["+00.000000"],
                Scope::Session,
            ),
            ("SET LOCAL statement_timeout = -1", "statement_timeout", vec!["-1"], Scope::Local),
            ("SET GLOBAL threads=4", "threads", vec!["4"], Scope::Global),
            ("SET search_path TO \"A\", public", "search_path", vec!["A", "public"], Scope::Session),
            ("SET datestyle = DEFAULT", "datestyle", vec![], Scope::Session),
            ("SET NAMES 'utf8'", "client_encoding", vec!["utf8"], Scope::Session),
            ("set schema 'main'", "schema", vec!["main"], Scope::Session),
            ("SET threads = (SELECT 4)", "threads", vec![""], Scope::Session),
        ];
        for (sql, name, values, scope) in cases {
            let values = values.into_iter().map(str::to_owned).collect();
            assert_eq!(set_of(sql), Some((name.to_owned(), values, scope)), "{sql}");
        }
    }

    #[test]
    fn variables_and_listings_are_the_engines() {
        for sql in ["SET VARIABLE x = 1", "SHOW ALL TABLES", "SHOW DATABASES FROM x"] {
            assert_eq!(Command::read(sql, &lex(sql)), Command::Engine, "{sql}");
        }
        let show = Command::Set(SetCommand::Show { name: "transaction_isolation".into() });
        assert_eq!(
            Command::read("show transaction isolation level", &lex("show transaction isolation level")),
            show
        );
    }
}
