//! `QUERY_HISTORY` against a ledger that the client keeps: every statement with its text, rows, SQLSTATE and session; what
//! is never in it; and that nobody waits for it.

use std::time::{Duration, Instant};

use harness::{Backend, Pintail, RawClient, Target, raw};

/// What a client knows of a statement that it has run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    text: String,
    kind: Option<String>,
    rows: Option<u64>,
    code: Option<String>,
    session: String,
}

/// Runs a statement, by either protocol, and writes down what came of it.
fn run(client: &mut RawClient, text: &str, session: &str, is_extended: bool) -> anyhow::Result<Run> {
    let answer = if is_extended { client.extended(text)? } else { client.simple(text)? };
    let code = raw::error_in(&answer).map(|report| report.code().to_owned());
    let tag = answer.iter().find_map(|message| match message {
        Backend::CommandComplete(tag) => Some(tag.clone()),
        _ => None,
    });
    let tag = tag.filter(|_| code.is_none());
    let rows = tag.as_ref().and_then(|tag| tag.rsplit(' ').next()?.parse().ok());
    let kind = tag.map(|tag| {
        let words = tag.split(' ').filter(|word| word.parse::<u64>().is_err());
        words.collect::<Vec<_>>().join(" ")
    });
    Ok(Run { text: text.to_owned(), kind, rows, code, session: session.to_owned() })
}

/// The history of the sessions of this name, in the order in which they ran.
fn recorded(client: &mut RawClient, session: &str) -> anyhow::Result<Vec<Run>> {
    let sql = format!(
        "select query_text, query_type, result_rows, error_type, session_name
         from md_information_schema.query_history where session_name = '{session}' order by query_nr"
    );
    let rows = client.rows(&sql)?.into_iter().map(|row| {
        let [text, kind, rows, code, session] = <[_; 5]>::try_from(row).expect("five columns");
        Run {
            text: text.unwrap_or_default(),
            kind,
            rows: rows.map(|rows| rows.parse().expect("a number")),
            code,
            session: session.unwrap_or_default(),
        }
    });
    Ok(rows.collect())
}

fn in_session(target: &Target, name: &str) -> anyhow::Result<RawClient> {
    RawClient::connect_with(target, &[("options", &format!("--session_name={name}"))])
}

/// A mixed run of so many statements over four sessions.
fn mixed_run(count: usize) -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut random = fastrand::Rng::with_seed(6);
    let mut reader = RawClient::connect(&target)?;
    reader.simple("create table ledger(a bigint)")?;
    let mut ledgers: Vec<Vec<Run>> = vec![Vec::new(); 4];
    let mut clients = Vec::new();
    for number in 0..ledgers.len() {
        clients.push(in_session(&target, &format!("writer-{number}"))?);
    }
    for number in 0..count {
        let at = number % clients.len();
        let (client, ledger, session) = (&mut clients[at], &mut ledgers[at], format!("writer-{at}"));
        let (few, is_extended) = (random.u8(0..9), random.bool());
        let text = match random.u8(0..9) {
            0 | 1 => format!("select * from range({few})"),
            2 => format!("insert into ledger select {at} from range({few})"),
            3 => format!("select count(*) from ledger where a > {few}"),
            4 => format!("select * from missing_{few}"),
            5 => format!("selct {few}"),
            6 => format!("select cast('x{few}' as integer)"),
            7 => "set extra_float_digits = 1".to_owned(),
            _ => format!("select 'ü{number}' /* {few} */"),
        };
        ledger.push(run(client, &text, &session, is_extended)?);
        // A block, with a statement that fails in it and one that comes after that.
        if few == 8 {
            for text in ["begin", "select 1", "select no_such_column", "select 2", "rollback"] {
                ledger.push(run(client, text, &session, is_extended)?);
            }
        }
    }
    for (at, ledger) in ledgers.iter().enumerate() {
        let session = format!("writer-{at}");
        let recorded = recorded(&mut reader, &session)?;
        for (number, (seen, known)) in recorded.iter().zip(ledger).enumerate() {
            assert_eq!(seen, known, "{session}, statement {number}");
        }
        assert_eq!(recorded.len(), ledger.len(), "{session}");
    }
    let sane = "select count(*) from md_information_schema.query_history where end_time < start_time
        or start_time > (now() at time zone 'UTC') or start_time < (now() at time zone 'UTC') - interval 1 hour
        or user_name <> 'default' or duckling_id <> 'default.rw' or total_elapsed_time < execution_time";
    assert_eq!(reader.value(sane)?, "0", "times and names");
    let ids = "select count(distinct query_id) = count(*) from md_information_schema.query_history";
    assert_eq!(reader.value(ids)?, "t");
    Ok(())
}

#[test]
fn every_statement_of_a_mixed_run_is_there() -> anyhow::Result<()> {
    mixed_run(400)
}

#[test]
#[ignore = "a minute or two"]
fn every_one_of_ten_thousand_statements_is_there() -> anyhow::Result<()> {
    mixed_run(10_000)
}

#[test]
fn statements_of_one_query_portals_and_copies_have_rows_of_their_own() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut client = in_session(&target, "parts")?;
    client.simple("create table t(a int); insert into t values (1), (2); select * from t")?;
    client.send(&harness::Batch::new().query("copy t from stdin"))?;
    client.send(&harness::Batch::new().copy_data(b"7\n8\n9\n").copy_done())?;
    client.until_ready()?;
    let batch = harness::Batch::new().parse("", "select * from range(5)", &[]);
    let batch = batch.bind(&harness::Bind::default()).execute("", 2).execute("", 0).sync();
    client.send(&batch)?;
    client.until_ready()?;
    let mut reader = RawClient::connect(&target)?;
    let seen = recorded(&mut reader, "parts")?;
    let seen: Vec<_> = seen.iter().map(|run| (run.kind.as_deref().unwrap_or(""), run.rows)).collect();
    assert_eq!(
        seen,
        [
            ("CREATE TABLE", None),
            ("INSERT", Some(2)),
            ("SELECT", Some(2)),
            ("COPY", Some(3)),
            ("FETCH", Some(2)),
            ("SELECT", Some(3)),
        ]
    );
    Ok(())
}

#[test]
fn an_account_sees_its_own_history_after_restarts_too_and_it_goes_with_the_account() -> anyhow::Result<()> {
    let mut pintail = Pintail::configured(&[("DUCKLING_COOLDOWN_S", "1")])?;
    let ann = pintail.other_account("ann")?;
    in_session(&ann, "hers")?.value("select 'only hers'")?;
    in_session(&pintail.target(), "mine")?.value("select 'only mine'")?;
    std::thread::sleep(Duration::from_secs(3));
    pintail.start_again()?;
    let refreshed = |target: &Target| Target { port: pintail.target().port, ..target.clone() };
    let mut hers = RawClient::connect(&refreshed(&ann))?;
    assert_eq!(recorded(&mut hers, "hers")?.len(), 1);
    assert_eq!(recorded(&mut hers, "mine")?.len(), 0);
    let mut mine = RawClient::connect(&pintail.target())?;
    assert_eq!(recorded(&mut mine, "mine")?.len(), 1);
    drop(hers);
    pintail.command(&["account", "drop", "ann", "--yes"])?;
    std::thread::sleep(Duration::from_millis(500));
    let file = rusqlite::Connection::open(pintail.data().join("history.sqlite"))?;
    let left: i64 =
        file.query_row("select count(*) from queries where session_name = 'hers'", [], |row| row.get(0))?;
    assert_eq!(left, 0);
    Ok(())
}

#[test]
fn secrets_are_not_in_it_even_mistyped() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut client = in_session(&target, "secrets")?;
    let statements = [
        "create secret s (type s3, key_id 'AKIACANARY', secret 'canary-7d1f')",
        "CREATE PERSISTENT SECRTE s (TYPE S3, KEY_ID 'AKIACANARY', SECRET 'canary-7d1f')",
        "create or replace secret s in motherduck (type s3, secret 'canary-7d1f",
        "create secret s (type s3, secret \"canary-7d1f\")",
        "select 's3://b/k?s3_secret_access_key=canary-7d1f'",
        "alter user ann password 'canary-7d1f'",
    ];
    for text in statements {
        run(&mut client, text, "", false)?;
        run(&mut client, text, "", true)?;
    }
    let mut reader = RawClient::connect(&target)?;
    let seen = recorded(&mut reader, "secrets")?;
    assert_eq!(seen.len(), 2 * statements.len());
    drop((client, reader));
    let mut pintail = pintail;
    pintail.start_again()?;
    let found = pintail.files_with(&["canary-7d1f", "AKIACANARY"])?;
    assert!(found.is_empty(), "{found:?}");
    assert!(!pintail.log().contains("canary"));
    Ok(())
}

#[test]
fn a_file_that_is_locked_or_broken_harms_no_query() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target())?;
    assert_eq!(client.value("select 1")?, "1");
    let path = pintail.data().join("history.sqlite");
    let other = rusqlite::Connection::open(&path)?;
    other.execute_batch("begin exclusive")?;
    let begun = Instant::now();
    for _ in 0..2000 {
        assert_eq!(client.value("select 1")?, "1");
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(30), "{took:?}");
    other.execute_batch("rollback")?;
    // It is written again.
    let mut late = in_session(&pintail.target(), "late")?;
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        late.value("select 'late'")?;
        if !recorded(&mut client, "late")?.is_empty() {
            return Ok(());
        }
        assert!(Instant::now() < deadline, "no row since the lock has gone");
    }
}

#[test]
fn it_can_be_turned_off() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("HISTORY_ENABLED", "false")])?;
    let mut client = RawClient::connect(&pintail.target())?;
    client.value("select 1")?;
    assert_eq!(client.value("select count(*) from md_information_schema.query_history")?, "0");
    Ok(())
}

/// For a figure: what a statement costs with the history and without it.
#[test]
#[ignore = "measures: a minute"]
fn what_it_costs() -> anyhow::Result<()> {
    const STATEMENTS: u32 = 20_000;
    let servers = [("with", "true"), ("without", "false")];
    let mut best = [f64::MAX; 2];
    let mut running = Vec::new();
    for (_, enabled) in servers {
        running.push(Pintail::configured(&[("HISTORY_ENABLED", enabled)])?);
    }
    for _ in 0..5 {
        for (at, pintail) in running.iter().enumerate() {
            let mut client = RawClient::connect(&pintail.target())?;
            client.value("select 1")?;
            let begun = Instant::now();
            for _ in 0..STATEMENTS / 5 {
                client.value("select 1")?;
            }
            let each = begun.elapsed().as_secs_f64() * 1e6 / f64::from(STATEMENTS / 5);
            best[at] = best[at].min(each);
        }
    }
    for ((name, _), best) in servers.iter().zip(best) {
        println!("| {name} | {best:.1} |");
    }
    Ok(())
}

/// More than fits one answer: the newest are told, and the process lives.
#[test]
fn a_history_of_long_statements_can_be_read() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = in_session(&pintail.target(), "long")?;
    // Each byte of the text is six in JSON.
    let text = format!("select length('{}')", "\u{1}".repeat(20_000));
    for _ in 0..600 {
        client.simple(&text)?;
    }
    client.value("select 'the last one'")?;
    let mut reader = RawClient::connect(&pintail.target())?;
    let count: u64 = reader.value("select count(*) from md_information_schema.query_history")?.parse()?;
    assert!((100..600).contains(&count), "{count}");
    let sql =
        "select count(*) from md_information_schema.query_history where query_text like '%the last one%'
               and session_name = 'long'";
    assert_eq!(reader.value(sql)?, "1");
    assert_eq!(client.value("select 1")?, "1", "nobody's process has ended");
    Ok(())
}
