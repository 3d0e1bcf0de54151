//! Streams of messages that could have come from a client, and what damages them.

use harness::{Batch, Bind, Target};

/// What is asked; each leaves the account about as it was, and answers little.
const STATEMENTS: [&str; 44] = [
    "select 1",
    "select $1::int4, $2",
    "select $1",
    "select * from range(500)",
    "select repeat('x', 3000)",
    "select 1; select 2; select 1/0::int4; select error('x')",
    "",
    " ; ; ",
    "-- nothing",
    "begin",
    "begin read only",
    "commit",
    "rollback",
    "savepoint a",
    "insert into fuzzed values (1, 'one')",
    "insert into fuzzed select $1::int4, $2::text returning *",
    "delete from fuzzed",
    "truncate fuzzed",
    "create or replace table fuzzed (a int4, b text)",
    "select * from fuzzed",
    "select * from nothing",
    "selec 1",
    "select 'unterminated",
    "copy fuzzed from stdin",
    "copy fuzzed from stdin with (format csv, header)",
    "copy fuzzed from stdin with (format binary)",
    "copy fuzzed to stdout",
    "copy (select * from range(300)) to stdout with (format csv)",
    "copy (select 1, 'x') to stdout with (format binary)",
    "set timezone to 'Europe/Berlin'",
    "set datestyle to 'german'",
    "reset all",
    "show all",
    "discard all",
    "prepare p as select $1::int4",
    "execute p(1)",
    "deallocate all",
    "declare c cursor for select * from range(100)",
    "fetch 10 from c",
    "close all",
    "explain select * from fuzzed",
    "describe fuzzed",
    "pivot fuzzed on b using count(*)",
    "select {'a': [1, 2]}, map {'k': 1}, 1.5::decimal(5,2), now(), interval 1 day, '\\xff'::blob",
];

const NAMES: [&str; 5] = ["", "", "s1", "s2", "ü\u{7f}long_name_of_a_statement_that_nobody_would_write"];

const OIDS: [u32; 10] = [0, 16, 20, 23, 25, 1114, 1700, 1007, 2950, 4_000_000_000];

/// Messages of a session after its login.
pub(super) fn messages(random: &mut fastrand::Rng) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    for _ in 0..random.usize(1..12) {
        match random.u8(..8) {
            0 | 1 => messages.push(Batch::new().query(pick(random, &STATEMENTS)).0),
            2..=4 => round(random, &mut messages),
            5 => copy(random, &mut messages),
            _ => messages.push(any_message(random)),
        }
    }
    if random.bool() {
        messages.push(Batch::new().sync().0);
    }
    messages
}

/// Messages of a login that is not finished: no wrong passwords, which are slowed down on purpose.
pub(super) fn startup(random: &mut fastrand::Rng, target: &Target) -> Vec<Vec<u8>> {
    let value = ["md:", "", "my_db?attach_mode=single", "x%zz", "-c a=b --", "replication"];
    let mut parameters = vec![("user", "postgres")];
    for name in ["database", "options", "replication", "_pq_.x", "client_encoding", "TimeZone"] {
        if random.bool() {
            parameters.push((name, pick(random, &value)));
        }
    }
    let mut messages = vec![Batch::new().startup(&parameters).0];
    if random.bool() {
        messages.push(Batch::new().password(&target.password).0);
        messages.push(Batch::new().query("select 1").0);
    }
    messages
}

fn pick<T: Copy>(random: &mut fastrand::Rng, from: &[T]) -> T {
    from[random.usize(..from.len())]
}

/// Parse to Sync, mostly in order.
fn round(random: &mut fastrand::Rng, messages: &mut Vec<Vec<u8>>) {
    let (statement, portal) = (pick(random, &NAMES), pick(random, &NAMES));
    let oids: Vec<u32> = (0..random.usize(..3)).map(|_| pick(random, &OIDS)).collect();
    messages.push(Batch::new().parse(statement, pick(random, &STATEMENTS), &oids).0);
    if random.bool() {
        messages.push(Batch::new().describe(b'S', statement).0);
    }
    for _ in 0..random.usize(1..3) {
        messages.push(bind(random, portal, statement));
        messages.push(Batch::new().describe(b'P', portal).0);
        for _ in 0..random.usize(1..4) {
            let limit = pick(random, &[0, 0, 1, 7, -1, i32::MAX, i32::MIN]);
            messages.push(Batch::new().execute(portal, limit).0);
        }
    }
    if random.bool() {
        messages.push(Batch::new().close(pick(random, b"SP"), pick(random, &NAMES)).0);
    }
    messages.push(if random.u8(..4) == 0 { Batch::new().flush().0 } else { Batch::new().sync().0 });
}

fn bind(random: &mut fastrand::Rng, portal: &str, statement: &str) -> Vec<u8> {
    let formats: Vec<i16> = (0..random.usize(..3)).map(|_| pick(random, &[0, 1, 1, 2])).collect();
    let results: Vec<i16> = (0..random.usize(..3)).map(|_| pick(random, &[0, 1])).collect();
    let values: [&[u8]; 7] = [b"1", b"text", b"", b"\0\0\0\x01", b"{1,2}", b"\xff", b"2024-02-29"];
    let value = |random: &mut fastrand::Rng| random.bool().then(|| pick(random, &values).to_vec());
    let parameters: Vec<_> = (0..random.usize(..4)).map(|_| value(random)).collect();
    let message = Bind { portal, statement, formats: &formats, parameters: &parameters, results: &results };
    Batch::new().bind(&message).0
}

/// A COPY from the client, with good and bad data.
fn copy(random: &mut fastrand::Rng, messages: &mut Vec<Vec<u8>>) {
    let statement = pick(random, &["copy fuzzed from stdin", "copy fuzzed from stdin (format csv)"]);
    if random.bool() {
        messages.push(Batch::new().query(statement).0);
    } else {
        messages.push(Batch::new().parse("", statement, &[]).bind(&Bind::default()).execute("", 0).0);
    }
    let pieces: [&[u8]; 9] =
        [b"1\tone\n", b"2,two\n", b"x", b"\\N\t\\N\n", b"3\t\"q", b"\\.\n", b"\xff\n", b"", b"4\tfour\r\n"];
    for _ in 0..random.usize(..6) {
        messages.push(Batch::new().copy_data(pick(random, &pieces)).0);
    }
    messages.push(match random.u8(..4) {
        0 => Batch::new().copy_fail("enough").0,
        1 => Batch::new().query("select 1").0,
        _ => Batch::new().copy_done().0,
    });
}

/// A message that belongs nowhere in particular.
fn any_message(random: &mut fastrand::Rng) -> Vec<u8> {
    match random.u8(..10) {
        0 => Batch::new().flush().0,
        1 => Batch::new().copy_data(b"1\tone\n").0,
        2 => Batch::new().copy_done().0,
        3 => Batch::new().copy_fail("why").0,
        4 => Batch::new().password("pt_late").0,
        5 => Batch::new().message(b'F', &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]).0,
        6 => Batch::new().execute(pick(random, &NAMES), 1).0,
        7 => Batch::new().describe(pick(random, b"SPX"), pick(random, &NAMES)).0,
        8 if random.u8(..4) == 0 => Batch::new().terminate().0,
        _ => Batch::new().sync().0,
    }
}

/// Damages a stream in a place or two, or leaves it; a third of them stay whole.
pub(super) fn damage(random: &mut fastrand::Rng, mut messages: Vec<Vec<u8>>) -> Vec<u8> {
    for _ in 0..random.usize(..3) {
        let (one, other) = (random.usize(..messages.len()), random.usize(..messages.len()));
        match random.u8(..6) {
            0 => messages.swap(one, other),
            1 => messages.insert(other, messages[one].clone()),
            2 => {
                let length = random.usize(..=messages[one].len());
                messages[one].truncate(length);
            }
            3 => {
                // A wrong length, near the right one or far from it.
                let wrong = pick(random, &[0, 1, 3, 4, 5, 100, 10_005, 1 << 30, u32::MAX, 1 << 31]);
                if let Some(length) = messages[one].get_mut(1..5) {
                    length.copy_from_slice(&wrong.to_be_bytes());
                }
            }
            4 => {
                let place = random.usize(..=messages[one].len());
                let bytes: Vec<u8> = (0..random.usize(1..20)).map(|_| random.u8(..)).collect();
                messages[one].splice(place..place, bytes);
            }
            _ => {
                let place = random.usize(..=messages[one].len());
                if let Some(byte) = messages[one].get_mut(place) {
                    *byte = random.u8(..);
                }
            }
        }
    }
    messages.concat()
}
