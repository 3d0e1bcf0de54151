//! What a session has run, a row for each statement: begun where its text is looked at, ended by its command tag or its
//! error. Each Execute is a row of its own.

use std::{
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use wire::{Diagnostic, backend, link::HistoryRow};

use super::Session;
use crate::{discreet, out::Out};

/// What is told instead of an error's text that may repeat a secret.
const UNTOLD: &str = "not kept, since the statement may hold secrets";

/// The statement at hand.
#[derive(Debug, Default)]
pub(super) struct Chronicle {
    pending: Option<Pending>,
    transactions: u64,
}

#[derive(Debug)]
struct Pending {
    text: Arc<str>,
    begun: Instant,
    start_us: i64,
    /// Its number, once it runs.
    number: Option<u64>,
}

impl Pending {
    fn new(text: &Arc<str>) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let start_us = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Self { text: Arc::clone(text), begun: Instant::now(), start_us, number: None }
    }
}

/// How it ended.
enum Ended<'e> {
    Complete {
        tag: &'e str,
    },
    /// Its portal has more rows.
    Suspended {
        rows: u64,
    },
    Failed(&'e Diagnostic),
}

/// Of a session's name and its client's so much is kept in each row.
const NAME_CHARACTERS_MAX: usize = 255;

impl Session {
    /// A statement is looked at. What goes wrong from now on is its error.
    pub(super) fn reads(&mut self, text: &Arc<str>) {
        self.chronicle.pending = Some(Pending::new(text));
    }

    /// It is run.
    pub(super) fn runs(&mut self, text: &Arc<str>) {
        self.member.runs(text, self.transaction.begun);
        if !self.transaction.begun {
            self.chronicle.transactions += 1;
        }
        let number = Some(self.member.statements());
        let pending = self.chronicle.pending.take().unwrap_or_else(|| Pending::new(text));
        self.chronicle.pending = Some(Pending { number, ..pending });
    }

    /// It is complete.
    pub(super) fn say_complete(&mut self, tag: &str, out: &mut Out) {
        self.record(&Ended::Complete { tag });
        backend::command_complete(out.buffer(), tag);
    }

    /// It waits for the client to ask for more rows.
    pub(super) fn say_suspended(&mut self, rows: u64, out: &mut Out) {
        self.record(&Ended::Suspended { rows });
        backend::portal_suspended(out.buffer());
    }

    /// It has failed, if there is one.
    pub(super) fn record_failure(&mut self, diagnostic: &Diagnostic) {
        self.record(&Ended::Failed(diagnostic));
    }

    /// The error without the statement's literals, where these may be secrets.
    pub(super) fn discreet(&self, diagnostic: &Diagnostic) -> Option<Diagnostic> {
        let text = &self.chronicle.pending.as_ref()?.text;
        let values = discreet::values(text);
        if values.is_empty() {
            return None;
        }
        let mut discreet = diagnostic.clone();
        let texts = [Some(&mut discreet.message), discreet.detail.as_mut(), discreet.hint.as_mut()];
        for text in texts.into_iter().flatten() {
            for value in &values {
                *text = text.replace(value.as_str(), "***");
            }
        }
        Some(discreet)
    }

    /// The session waits for its client: no statement is at hand.
    pub(super) fn rests(&mut self) {
        self.chronicle.pending = None;
        self.member.rests(self.transaction.is_block());
    }

    fn record(&mut self, ended: &Ended<'_>) {
        let Some(pending) = self.chronicle.pending.take() else { return };
        let Some(history) = self.member.workspace().history() else { return };
        let number = pending.number.unwrap_or_else(|| self.member.count_statement());
        let setting = |name: &str| {
            self.settings.show(name).unwrap_or_default().chars().take(NAME_CHARACTERS_MAX).collect()
        };
        let connection_id = self.member.connection();
        let mut row = HistoryRow {
            query_id: query_id(&connection_id, number),
            connection_id,
            query_nr: number,
            transaction_nr: self.chronicle.transactions,
            query_text: discreet::kept_text(&pending.text),
            start_us: pending.start_us,
            execution_us: u64::try_from(pending.begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            user_agent: setting("application_name"),
            session_name: setting("session_name"),
            ..HistoryRow::default()
        };
        match ended {
            Ended::Complete { tag } => {
                (row.query_type, row.rows) = told_by(tag);
            }
            Ended::Suspended { rows } => {
                (row.query_type, row.rows) = (Some("FETCH".to_owned()), Some(*rows));
            }
            Ended::Failed(diagnostic) => {
                row.error_type = Some(diagnostic.code.as_str().to_owned());
                let text = &pending.text;
                let is_told = !discreet::may_hold_secrets(text) && discreet::values(text).is_empty();
                let message = if is_told { diagnostic.message.as_str() } else { UNTOLD };
                row.error_message = Some(discreet::head(message).to_owned());
            }
        }
        history.keep(row);
    }
}

/// The number of a session's statement: the first half is the session's.
#[must_use]
pub(crate) fn query_id(connection: &str, number: u64) -> String {
    format!("{}-{number:012x}", connection.get(..23).unwrap_or_default())
}

/// What a command tag says: `INSERT 0 5` is five rows of an INSERT.
fn told_by(tag: &str) -> (Option<String>, Option<u64>) {
    let mut words: Vec<&str> = tag.split(' ').collect();
    let rows = words.last().and_then(|word| word.parse().ok());
    words.retain(|word| word.parse::<u64>().is_err());
    (Some(words.join(" ")), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_tell_what_it_was_and_how_many_rows() {
        let told = |tag: &str| {
            let (kind, rows) = told_by(tag);
            (kind.unwrap_or_default(), rows)
        };
        assert_eq!(told("INSERT 0 5"), ("INSERT".to_owned(), Some(5)));
        assert_eq!(told("SELECT 0"), ("SELECT".to_owned(), Some(0)));
        assert_eq!(told("CREATE TABLE"), ("CREATE TABLE".to_owned(), None));
        assert_eq!(told("COPY 17"), ("COPY".to_owned(), Some(17)));
    }
}
