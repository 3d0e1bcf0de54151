//! The `options` parameter: command-line switches for a server process, as `PGOPTIONS` carries them.
//!
//! Split as PostgreSQL's `pg_split_opts` does (white space separates, a backslash takes the next
//! character as it is), then `-c name=value`, `-cname=value` and `--name=value`. Unlike PostgreSQL,
//! which ends the connection (`process_postgres_switches`), other switches get a notice only.

use wire::{Diagnostic, SqlState};

use super::TargetError;

/// The settings of the option string, in order.
pub(super) fn parse(text: &str, notices: &mut Vec<Diagnostic>) -> Result<Vec<(String, String)>, TargetError> {
    let mut settings = Vec::new();
    let mut words = split(text).into_iter();
    while let Some(word) = words.next() {
        if word == "-c" {
            let assignment = words.next().ok_or(TargetError::MissingValue(word))?;
            settings.push(assignment_of("-c ", &assignment)?);
        } else if let Some(assignment) = word.strip_prefix("--") {
            settings.push(assignment_of("--", assignment)?);
        } else if let Some(assignment) = word.strip_prefix("-c") {
            settings.push(assignment_of("-c ", assignment)?);
        } else {
            let message = format!("unrecognized option \"{word}\" is ignored");
            notices.push(Diagnostic::notice(SqlState::SUCCESSFUL_COMPLETION, message));
        }
    }
    Ok(settings)
}

fn assignment_of(switch: &str, text: &str) -> Result<(String, String), TargetError> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err(TargetError::MissingValue(format!("{switch}{text}"))),
    }
}

fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character.is_ascii_whitespace() {
            words.extend(word.take());
        } else if character == '\\' {
            // A backslash at the very end stands for nothing, as in PostgreSQL.
            word.get_or_insert_default().extend(characters.next());
        } else {
            word.get_or_insert_default().push(character);
        }
    }
    words.extend(word);
    words
}
