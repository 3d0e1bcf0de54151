//! Rows in and out, bounds, and a file that is in nobody's way.

use super::*;

fn settings() -> HistorySettings {
    HistorySettings { retention: Duration::from_hours(1), size_max_bytes: 1 << 30 }
}

fn row(number: u64, text: &str) -> HistoryRow {
    HistoryRow {
        query_id: format!("q{number}"),
        query_nr: number,
        query_text: text.to_owned(),
        start_us: crate::ids::Moment::now().0,
        rows: Some(number),
        ..HistoryRow::default()
    }
}

fn all(history: &History, account: AccountId) -> Vec<HistoryRow> {
    let (mut rows, mut before) = (Vec::new(), None);
    loop {
        let page = history.page(account, before).unwrap();
        rows.extend(page.rows);
        before = page.next;
        if before.is_none() {
            return rows;
        }
    }
}

#[test]
fn rows_come_back_newest_first_in_parts_that_fit_a_frame_and_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path().join("history.sqlite"), settings());
    let (ann, bob) = (AccountId(1), AccountId(2));
    let text = "x".repeat(10_000);
    for batch in 0..50 {
        history.keep(ann, (0..100).map(|number| row(batch * 100 + number, &text)).collect());
    }
    history.keep(bob, vec![row(1, "bob's")]);
    let rows = all(&history, ann);
    assert!(rows.iter().map(|row| row.query_nr).eq((0..5000).rev()), "{}", rows.len());
    assert_eq!(all(&history, bob).len(), 1);
    let page = history.page(ann, None).unwrap();
    assert!(wire::link::encode_frame(&page).is_ok() && page.rows.len() < 100);
    history.forget(ann);
    assert_eq!((all(&history, ann).len(), all(&history, bob).len()), (0, 1));
}

#[test]
fn what_is_too_old_or_too_much_goes() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = File::open(&folder.path().join("history.sqlite")).unwrap();
    let account = AccountId(1);
    let old = HistoryRow { start_us: 5, ..row(0, "old") };
    let text = "x".repeat(1000);
    let rows = (1..2000).map(|number| row(number, &text)).chain([old]).collect();
    file.write(&[(account, rows)]).unwrap();
    file.prune(&settings()).unwrap();
    let count = |file: &File| file.count();
    assert_eq!(count(&file), 1999);
    file.prune(&HistorySettings { size_max_bytes: 1 << 20, ..settings() }).unwrap();
    let left = count(&file);
    assert!((500..1100).contains(&left), "{left}");
    file.prune(&HistorySettings { size_max_bytes: 0, ..settings() }).unwrap();
    assert_eq!(count(&file), 0);
}

#[test]
fn one_accounts_rows_push_nobody_elses_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let mut file = File::open(&path).unwrap();
    let text = "x".repeat(1000);
    file.write(&[(AccountId(1), vec![row(1, "ann's")])]).unwrap();
    file.write(&[(AccountId(2), (0..5000).map(|number| row(number, &text)).collect())]).unwrap();
    file.prune(&HistorySettings { size_max_bytes: 1 << 20, ..settings() }).unwrap();
    assert!((500..1500).contains(&file.count()), "{}", file.count());
    assert_eq!(File::read(&path, AccountId(1), None).unwrap().rows.len(), 1);
    let kept = File::read(&path, AccountId(2), None).unwrap().rows;
    assert_eq!(kept[0].query_nr, 4999, "the oldest have gone");
}

#[test]
fn a_file_that_is_locked_or_no_database_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let history = History::open(path.clone(), settings());
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let begun = Instant::now();
    for number in 0..10_000 {
        history.keep(AccountId(1), vec![row(number, "x")]);
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
    other.execute_batch("ROLLBACK").unwrap();
    let later = Instant::now();
    while all(&history, AccountId(1)).is_empty() {
        history.keep(AccountId(1), vec![row(1, "again")]);
        assert!(later.elapsed() < Duration::from_secs(20), "it is written again");
    }
    std::fs::write(folder.path().join("rubbish"), "no database").unwrap();
    let off = History::open(folder.path().join("rubbish"), settings());
    off.keep(AccountId(1), vec![row(1, "x")]);
    assert!(all(&off, AccountId(1)).is_empty());
}
