//! Rows of `QUERY_HISTORY` on their way to the gateway: a bounded queue, and one thread that sends them, many in a frame.
//!
//! Sessions put rows in and never wait; a queue that is full loses them. Texts that may hold secrets lose their literals
//! here, before they leave the process.

use std::{
    borrow::Cow,
    io,
    sync::{
        Arc,
        mpsc::{self, Receiver, SyncSender},
    },
    time::{Duration, Instant},
};

use wire::link::HistoryRow;

use crate::sql::{Kind, lex};

/// Rows that may wait.
const QUEUE_ROWS: usize = 4096;

/// How long a row waits for others.
const LINGER: Duration = Duration::from_millis(100);

/// What a frame may take, in bytes; one row always fits.
const FRAME_BYTES: usize = 512 * 1024;

/// Whoever reads the history, and the end of the process, wait no longer for what has not been sent yet.
const FLUSH_PATIENCE: Duration = Duration::from_secs(1);

/// Of a text so much is kept.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// What stands in the place of a literal.
const MASK: &str = "'***'";

/// Words, in lower case, of statements whose literals may be secrets.
const SECRET_WORDS: [&str; 12] = [
    "secret",
    "password",
    "passwd",
    "key_id",
    "access_key",
    "token",
    "bearer",
    "credential",
    "connection_string",
    "signature",
    "authorization",
    "sig=",
];

/// The way of rows to the gateway.
#[derive(Debug)]
pub(crate) struct History {
    queue: SyncSender<Item>,
}

#[derive(Debug)]
enum Item {
    Row(Box<HistoryRow>),
    /// Says that everything before it has been sent.
    Mark(SyncSender<()>),
}

impl History {
    /// Begins the thread that sends rows.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(crate) fn start(
        send: impl Fn(Vec<HistoryRow>) -> io::Result<()> + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let (queue, items) = mpsc::sync_channel(QUEUE_ROWS);
        let thread = std::thread::Builder::new().name("history".to_owned());
        thread.spawn(move || forward(&items, send))?;
        Ok(Arc::new(Self { queue }))
    }

    /// Keeps a row, if there is room.
    pub(crate) fn keep(&self, row: HistoryRow) {
        // A row that is lost fails nothing.
        let _ = self.queue.try_send(Item::Row(Box::new(row)));
    }

    /// Waits until what was kept before has been sent.
    pub(crate) fn flush(&self) {
        let (sender, sent) = mpsc::sync_channel(1);
        if self.queue.try_send(Item::Mark(sender)).is_ok() {
            let _ = sent.recv_timeout(FLUSH_PATIENCE);
        }
    }
}

fn forward(items: &Receiver<Item>, send: impl Fn(Vec<HistoryRow>) -> io::Result<()>) {
    while let Ok(first) = items.recv() {
        let until = Instant::now() + LINGER;
        let (mut rows, mut bytes, mut next) = (Vec::new(), 0, Some(first));
        let mut mark = None;
        while let Some(item) = next.take() {
            match item {
                Item::Row(row) => {
                    bytes += row.frame_bytes();
                    rows.push(*row);
                }
                Item::Mark(sender) => {
                    mark = Some(sender);
                    break;
                }
            }
            // A text may take most of a frame by itself.
            if bytes < FRAME_BYTES - TEXT_BYTES_MAX * 7 {
                next = items.recv_timeout(until.saturating_duration_since(Instant::now())).ok();
            }
        }
        if !rows.is_empty()
            && let Err(error) = send(rows)
        {
            tracing::debug!(%error, "rows of the query history are lost");
        }
        if let Some(mark) = mark {
            // Who asked may have stopped to wait.
            let _ = mark.send(());
        }
    }
}

/// Whether a statement's literals may be secrets, as far as its text is kept.
#[must_use]
pub(crate) fn may_hold_secrets(text: &str) -> bool {
    let lower = head(text).to_lowercase();
    SECRET_WORDS.iter().any(|word| lower.contains(word))
}

/// Shorter literals are no secrets, and would be found in too many words.
const VALUE_BYTES_MIN: usize = 4;

/// The literals of a statement that is about secrets, as an error may repeat them: as they are written, and as they are meant.
#[must_use]
pub(crate) fn values(text: &str) -> Vec<String> {
    let tokens = lex(text);
    let is_definition = tokens
        .first()
        .is_some_and(|first| ["create", "alter", "drop", "attach"].iter().any(|word| first.is_word(word)));
    let is_signed = || ["secret_access_key", "session_token", "sig="].iter().any(|word| text.contains(word));
    if !(is_definition && may_hold_secrets(text) || is_signed()) {
        return Vec::new();
    }
    let literals = tokens.iter().filter(|token| matches!(token.kind, Kind::Text | Kind::QuotedName));
    let mut values: Vec<String> = literals
        .flat_map(|token| {
            let written = token.text.trim_start_matches(['e', 'E']).trim_matches(['\'', '"', '$']);
            [Some(written.to_owned()), token.string()]
        })
        .flatten()
        .filter(|value| value.len() >= VALUE_BYTES_MIN)
        .collect();
    // A value may be a part of another one.
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values
}

/// A statement's text as it is kept.
#[must_use]
pub(crate) fn kept_text(text: &str) -> String {
    let text = head(text);
    if may_hold_secrets(text) { kept(&masked(text)) } else { text.to_owned() }
}

/// A text of which so much is kept as there is room for.
#[must_use]
pub(crate) fn kept(text: &str) -> String {
    head(text).to_owned()
}

/// The part of a text that is kept.
#[must_use]
pub(crate) fn head(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The text without its literals, and without quoted names, which a slip makes of them.
fn masked(text: &str) -> Cow<'_, str> {
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for token in lex(text) {
        if matches!(token.kind, Kind::Text | Kind::QuotedName) {
            shown.push_str(text.get(from..token.start).unwrap_or_default());
            shown.push_str(MASK);
            from = token.end;
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn rows_go_many_in_a_frame_and_all_before_a_flush_returns() {
        let frames: Arc<Mutex<Vec<Vec<HistoryRow>>>> = Arc::default();
        let seen = Arc::clone(&frames);
        let history = History::start(move |rows| {
            seen.lock().unwrap().push(rows);
            Ok(())
        });
        let history = history.unwrap();
        for number in 0..1000 {
            history.keep(HistoryRow { query_nr: number, ..HistoryRow::default() });
        }
        history.flush();
        let frames = frames.lock().unwrap();
        assert!(frames.iter().flatten().map(|row| row.query_nr).eq(0..1000));
        assert!(frames.len() < 100, "{}", frames.len());
    }

    #[test]
    fn long_texts_fit_a_frame() {
        let frames: Arc<Mutex<usize>> = Arc::default();
        let seen = Arc::clone(&frames);
        let history = History::start(move |rows| {
            assert!(wire::link::encode_frame(&wire::link::ToGateway::History { rows }).is_ok());
            *seen.lock().unwrap() += 1;
            Ok(())
        });
        let history = history.unwrap();
        let text = kept_text(&"\u{1}".repeat(10 * TEXT_BYTES_MAX));
        for _ in 0..10 {
            history.keep(HistoryRow { query_text: text.clone(), ..HistoryRow::default() });
        }
        history.flush();
        assert!(*frames.lock().unwrap() >= 5);
    }

    #[test]
    fn literals_of_statements_about_secrets_are_not_kept() {
        for text in [
            "create secret s (type s3, key_id 'AKIAX', secret 'hush')",
            "CREATE SECRTE s (TYPE S3, KEY_ID 'AKIAX', SECRET $$hush$$)",
            "create persistent secret (type s3, secret \"hush\")",
            "create secret (type s3, secret 'hush",
            "alter user ann password E'hu\\'sh'",
            "select * from 's3://b/k?s3_secret_access_key=hush'",
        ] {
            let kept = kept_text(text);
            assert!(!kept.contains("hush") && !kept.contains("AKIAX") && !kept.contains("sh'"), "{kept}");
            assert!(kept.contains(MASK), "{kept}");
        }
        assert_eq!(kept_text("select 'plain'"), "select 'plain'");
    }

    #[test]
    fn the_values_of_statements_about_secrets_are_known_longest_first() {
        let found = values("CREATE SECRET (TYPE s3, SECRET 'hush', TOKEN E'hush\\'hush')");
        assert_eq!(found, ["hush\\'hush", "hush'hush", "hush", "hush"]);
        assert!(values("CREATE SECRTE s (TYPE s3, KEY_ID $$AKIAX$$)").contains(&"AKIAX".to_owned()));
        assert!(values("SELECT 'plain' FROM tokens").is_empty());
        assert!(values("FROM 's3://b/k?s3_secret_access_key=hush'")[0].contains("hush"));
    }

    #[test]
    fn a_cut_text_is_still_text() {
        let text = format!("x{}", "ü".repeat(TEXT_BYTES_MAX));
        assert_eq!(kept(&text).len(), TEXT_BYTES_MAX - 1);
    }
}
