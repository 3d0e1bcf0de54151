//! Rows of `QUERY_HISTORY` on their way to the gateway: a bounded queue, and one thread that sends them, many in a frame.
//!
//! Sessions put rows in and never wait; a queue that is full loses them. What texts are kept says `redaction`.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{self, Receiver, SyncSender},
    },
    time::{Duration, Instant},
};

use wire::link::HistoryRow;

use crate::redaction::TEXT_BYTES_MAX;

/// Rows that may wait.
const QUEUE_ROWS: usize = 4096;

/// How long a row waits for others.
const LINGER: Duration = Duration::from_millis(100);

/// What a frame may take, in bytes; one row always fits.
const FRAME_BYTES: usize = 512 * 1024;

/// Whoever reads the history, and the end of the process, wait no longer for what has not been sent yet.
const FLUSH_PATIENCE: Duration = Duration::from_secs(1);

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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::redaction::kept_text;

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
}
