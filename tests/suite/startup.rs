//! Start-up: the forms of the database name, users, options, and refusals that say what to do.

use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};

use harness::{Backend, Batch, Pintail, RawClient, Report, raw};

#[test]
fn every_form_of_the_database_name_connects() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let forms = [
        ("md:", "my_db"),
        ("my_db", "my_db"),
        ("md:my_db", "my_db"),
        ("md:?session_name=u1", "my_db"),
        ("md:?session_hint=u1", "my_db"),
        ("md:my_db?attach_mode=single&session_name=u1", "my_db"),
        ("sample_data", "sample_data"),
        ("md:sample_data", "sample_data"),
        ("md:?no_such_option=1", "my_db"),
        ("", "my_db"),
        ("postgres", "my_db"),
    ];
    for (form, database) in forms {
        let mut client = RawClient::connect(&target.database(form))?;
        assert_eq!(client.value("select current_database()")?, database, "database {form:?}");
    }
    Ok(())
}

#[test]
fn a_missing_database_name_is_told_by_a_notice() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    for form in ["", "postgres"] {
        let client = RawClient::connect(&pintail.target().database(form))?;
        assert!(
            notices(&client).any(|notice| notice.message().contains("my_db")),
            "{form:?}: {:?}",
            client.greeting
        );
    }
    let client = RawClient::connect(&pintail.target())?;
    assert_eq!(notices(&client).count(), 0, "md: needs no notice: {:?}", client.greeting);
    Ok(())
}

fn notices(client: &RawClient) -> impl Iterator<Item = &Report> {
    client.greeting.iter().filter_map(
        |message| {
            if let Backend::Notice(report) = message { Some(report) } else { None }
        },
    )
}

#[test]
fn a_read_scaling_token_reads_and_does_not_write() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    RawClient::connect(&pintail.target())?
        .rows("create table kept as select 1 as a; create sequence numbers")?;
    let mut reader = RawClient::connect(&pintail.reader()?)?;
    assert_eq!(reader.value("select a from kept")?, "1");
    for sql in [
        "insert into kept values (2)",
        "update kept set a = 2",
        "delete from kept",
        "truncate kept",
        "drop table kept",
        "create table more(a int4)",
        "create table more as select 1",
        "create index i on kept(a)",
        "alter table kept add column b int4",
        "select nextval('numbers')",
        "copy kept from stdin",
        "begin; set transaction read write; insert into kept values (2)",
        "prepare p as insert into kept values (2); execute p",
    ] {
        let failure = reader.failure(sql)?;
        assert_eq!(failure.code(), "25006", "{sql}: {failure:?}");
        reader.rows("rollback")?;
    }
    assert_eq!(reader.value("select a from kept")?, "1");
    Ok(())
}

#[test]
fn any_user_name_goes_with_a_token() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    for user in ["postgres", "dbt", "anyusername", "user", "Ünïcode", "with space"] {
        let mut target = pintail.target();
        user.clone_into(&mut target.user);
        assert_eq!(RawClient::connect(&target)?.value("select 1")?, "1", "user {user}");
    }
    Ok(())
}

#[test]
fn a_wrong_token_is_refused_with_one_wording() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let revoked = target.password.clone();
    let created = pintail.command(&["token", "create", "--account", "default", "--json"])?;
    let other: serde_json::Value = serde_json::from_str(&created)?;
    let other_id = other["id"].to_string().trim_matches('"').to_owned();
    pintail.command(&["token", "revoke", &other_id])?;

    let wrong = [
        String::new(),
        "pt_wrong".to_owned(),
        format!("{revoked}x"),
        other["token"].as_str().unwrap().to_owned(),
    ];
    let mut wordings = Vec::new();
    for password in wrong {
        let report = RawClient::refusal(&target.password(&password), &[])?;
        assert_eq!(
            (report.severity(), report.code()),
            ("FATAL", "28P01"),
            "password {password:?}: {report:?}"
        );
        wordings.push((report.message().to_owned(), report.hint().to_owned()));
    }
    wordings.dedup();
    assert_eq!(wordings.len(), 1, "one wording for all: {wordings:?}");
    assert!(!wordings[0].0.contains("pt_"), "no token in the message");
    // The throttle never refuses a right token.
    for _ in 0..30 {
        RawClient::refusal(&target.password("pt_again"), &[])?;
    }
    RawClient::connect(&target)?;
    Ok(())
}

#[test]
fn an_unknown_database_is_named_with_what_there_is() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    for form in ["no_such_db", "md:no_such_db"] {
        let report = RawClient::refusal(&pintail.target().database(form), &[])?;
        assert_eq!((report.severity(), report.code()), ("FATAL", "3D000"), "{report:?}");
        assert!(report.message().contains("no_such_db"), "{report:?}");
        assert!(report.hint().contains("my_db") && report.hint().contains("sample_data"), "{report:?}");
    }
    Ok(())
}

#[test]
fn startup_options_apply() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let with = |options: &str| RawClient::connect_with(&target, &[("options", options)]);

    let mut client = with("--attach_mode=single --session_name=pg-using-options")?;
    assert_eq!(client.value("show attach_mode")?, "single");
    assert_eq!(client.value("show session_name")?, "pg-using-options");
    assert_eq!(client.value("select current_database()")?, "my_db", "single mode goes with md:");

    let mut client = with("--attach-mode=single --session-name=a\\ b -c statement_timeout=5s")?;
    assert_eq!(client.value("show attach_mode")?, "single");
    assert_eq!(client.value("show session_name")?, "a b");
    assert_eq!(client.value("show statement_timeout")?, "5s");

    let mut client = RawClient::connect(&target.database("md:?attach_mode=single&session_name=u%201"))?;
    assert_eq!(client.value("show attach_mode")?, "single");

    let mut client = RawClient::connect(&target)?;
    assert_eq!(client.value("show attach_mode")?, "workspace");

    for accepted in ["--compatibility-mode=looker", "--compatibility_mode=metabase", "--no_such_option=1"] {
        assert_eq!(with(accepted)?.value("select 1")?, "1", "{accepted}");
    }
    let report = RawClient::refusal(&target, &[("options", "--attach_mode=foo")])?;
    assert_eq!((report.severity(), report.code()), ("FATAL", "22023"), "{report:?}");
    Ok(())
}

#[test]
fn resource_settings_in_options_are_told_and_not_applied() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    RawClient::connect(&target)?.value("select 1")?;
    // Tenants cannot see the engine's settings, so its threads are counted from outside.
    let threads = || -> anyhow::Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/task", pintail.duckling()?))?.count())
    };
    let before = threads()?;
    let told = |client: &RawClient| notices(client).any(|notice| notice.message().contains("threads"));
    for options in ["--threads=64", "-c threads=64", "-cthreads=64"] {
        let mut client = RawClient::connect_with(&target, &[("options", options)])?;
        assert!(told(&client), "{options}: {:?}", client.greeting);
        client.value("select count(*) from range(1000000) where range % 3 = 1")?;
        assert!(threads()? < before + 16, "{options}: {before} threads before, now {}", threads()?);
    }
    let client = RawClient::connect(&target.database("md:?threads=64"))?;
    assert!(told(&client), "{:?}", client.greeting);
    assert!(threads()? < before + 16);
    Ok(())
}

#[test]
fn the_server_tells_its_parameters() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let parameters = [("application_name", "suite"), ("TimeZone", "Europe/Berlin")];
    let mut client = RawClient::connect_with(&pintail.target(), &parameters)?;
    let expected = [
        ("server_encoding", "UTF8"),
        ("client_encoding", "UTF8"),
        ("DateStyle", "ISO, MDY"),
        ("IntervalStyle", "postgres"),
        ("TimeZone", "Europe/Berlin"),
        ("integer_datetimes", "on"),
        ("standard_conforming_strings", "on"),
        ("application_name", "suite"),
    ];
    for (name, value) in expected {
        assert_eq!(client.parameter(name), Some(value), "{name}");
    }
    assert!(client.parameter("server_version").is_some());
    assert!(client.key().is_ok(), "a key for cancel requests");
    assert_eq!(client.value("show timezone")?, "Europe/Berlin");
    Ok(())
}

#[test]
fn plaintext_is_refused_at_once_with_a_hint() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let begun = Instant::now();
    let mut stream = raw::tcp(&pintail.target())?;
    stream.write_all(&Batch::new().startup(&[("user", "postgres"), ("database", "md:")]).0)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    assert!(begun.elapsed() < Duration::from_secs(2), "took {:?}", begun.elapsed());
    assert_eq!(answer.first(), Some(&b'E'), "{answer:?}");
    let Backend::Error(report) = Backend::decode(b'E', &answer[5..]) else {
        unreachable!("decoded as an error")
    };
    assert_eq!((report.severity(), report.code()), ("FATAL", "28000"));
    assert!(report.hint().contains("sslmode"), "{report:?}");
    Ok(())
}

#[test]
fn a_gss_request_is_answered_no_and_tls_follows() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut stream = raw::tcp(&pintail.target())?;
    let mut answer = [0];
    stream.write_all(&Batch::new().headless(&80_877_104_u32.to_be_bytes()).0)?;
    stream.read_exact(&mut answer)?;
    assert_eq!(answer, *b"N");
    stream.write_all(&Batch::new().headless(&80_877_103_u32.to_be_bytes()).0)?;
    stream.read_exact(&mut answer)?;
    assert_eq!(answer, *b"S");
    Ok(())
}

#[test]
fn a_newer_minor_protocol_is_negotiated_down() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let target = pintail.target();
    let mut client = RawClient::secure(&target)?;
    let mut body = (3_u32 << 16 | 9).to_be_bytes().to_vec();
    body.extend(b"user\0postgres\0database\0md:\0_pq_.no_such_option\0x\0\0");
    client.send(&Batch::new().headless(&body))?;
    let unknown = vec!["_pq_.no_such_option".to_owned()];
    let negotiated = Backend::NegotiateProtocolVersion(3 << 16 | 2, unknown);
    assert_eq!(client.receive()?, Some(negotiated));
    assert_eq!(client.receive()?, Some(Backend::Authentication(3)));
    client.send(&Batch::new().password(&target.password))?;
    assert!(matches!(client.until_ready()?.last(), Some(Backend::ReadyForQuery('I'))));
    Ok(())
}
