//! The bulk and streaming interfaces of foreign clients: COPY both ways, pipelines, cursors. What they do stands in
//! `tests/clients/<name>/`, beside the clients of [`crate::clients`]. Each script runs against PostgreSQL 15 as well:
//! what it expects is what PostgreSQL does, and where Pintail differs the script says why.

use std::process::Command;

use harness::{Pintail, Postgres, Target, foreign::Foreign};

use crate::clients::assert_ok;

/// Runs the client against both servers; `prepare` gives it what it needs beside the environment.
fn on_both(client: &Foreign, prepare: impl Fn(&mut Command, &Target)) -> anyhow::Result<()> {
    let run = |server: &str, target: &Target| {
        let mut command = client.command(target);
        command.env("SERVER", server).env("PGDATABASE", &target.database);
        prepare(&mut command, target);
        assert_ok(&mut command)
    };
    run("pintail", &Pintail::start()?.target())?;
    run("postgres", &Postgres::start()?.target())
}

fn python(script: &str) -> anyhow::Result<()> {
    let Some(client) = Foreign::find("python", "python/bin/python", &["python/.stamp"]) else {
        return Ok(());
    };
    on_both(&client, |command, target| {
        command.arg("-B").arg(script).env("SSL_CERT_FILE", &target.ca_file).env("CA_BUNDLE", &target.ca_file);
    })
}

#[test]
fn psql_copies_and_fetches() -> anyhow::Result<()> {
    let Some(client) = Foreign::find("psql", "bash", &["psql"]) else {
        return Ok(());
    };
    let scratch = tempfile::tempdir()?;
    on_both(&client, |command, _| {
        command.arg("copy.sh").env("SCRATCH", scratch.path());
    })
}

#[test]
fn psycopg_3_copies() -> anyhow::Result<()> {
    python("psycopg3_copy.py")
}

#[test]
fn psycopg_3_pipelines() -> anyhow::Result<()> {
    python("psycopg3_pipeline.py")
}

#[test]
fn psycopg_3_cursors() -> anyhow::Result<()> {
    python("psycopg3_cursors.py")
}

#[test]
fn psycopg2_copies_and_fetches() -> anyhow::Result<()> {
    python("psycopg2_copy.py")
}

#[test]
fn asyncpg_copies_and_fetches() -> anyhow::Result<()> {
    python("asyncpg_copy.py")
}

#[test]
fn sqlalchemy_streams() -> anyhow::Result<()> {
    python("sqlalchemy_cursors.py")
}

#[test]
fn adbc_ingests() -> anyhow::Result<()> {
    python("adbc_ingest.py")
}

#[test]
fn node_postgres_copies_and_fetches() -> anyhow::Result<()> {
    let Some(client) = Foreign::find("node", "node", &["node/.stamp"]) else {
        return Ok(());
    };
    on_both(&client, |command, target| {
        command.arg("copy.cjs").env("NODE_EXTRA_CA_CERTS", &target.ca_file);
    })
}

#[test]
fn jdbc_copies_and_fetches() -> anyhow::Result<()> {
    let Some(client) = Foreign::find("jdbc", "java", &["jdbc/postgresql.jar"]) else {
        return Ok(());
    };
    on_both(&client, |command, _| {
        command.args(["-cp", &crate::clients::jars(), "Copy.java"]);
    })
}

#[test]
fn pgx_and_lib_pq_copy() -> anyhow::Result<()> {
    match Foreign::find("go", "go/copy", &["go/.stamp"]) {
        Some(client) => on_both(&client, |_, _| {}),
        None => Ok(()),
    }
}

mod tokio_postgres_copies {
    //! tokio-postgres: `copy_in`, `copy_out`, its binary writer and reader, a pipeline of ten thousand.

    use std::pin::pin;

    use futures_util::{SinkExt, StreamExt, TryStreamExt, future::join_all};
    use tokio_postgres::{
        binary_copy::{BinaryCopyInWriter, BinaryCopyOutStream},
        error::SqlState,
        types::Type,
    };

    use harness::Pintail;

    use crate::clients::tokio_connect;

    async fn count(client: &tokio_postgres::Client) -> anyhow::Result<i64> {
        Ok(client.query_one("SELECT count(*) FROM copied", &[]).await?.get(0))
    }

    #[tokio::test]
    async fn in_and_out() -> anyhow::Result<()> {
        let pintail = Pintail::start()?;
        let client = tokio_connect(&pintail.target()).await?;
        client.batch_execute("CREATE TABLE copied(a BIGINT, b VARCHAR, c DOUBLE)").await?;
        let sink = client.copy_in::<_, bytes::Bytes>("COPY copied FROM STDIN").await?;
        let mut sink = pin!(sink);
        for n in 0..1000 {
            sink.send(bytes::Bytes::from(format!("{n}\tü{n}\t{n}.5\n"))).await?;
        }
        assert_eq!(sink.finish().await?, 1000);

        let kinds = [Type::INT8, Type::VARCHAR, Type::FLOAT8];
        let writer =
            BinaryCopyInWriter::new(client.copy_in("COPY copied FROM STDIN (FORMAT binary)").await?, &kinds);
        let mut writer = pin!(writer);
        for n in 1000..2000_i64 {
            let words = (n % 2 == 0).then(|| format!("ü{n}"));
            writer.as_mut().write(&[&n, &words, &f64::from(i32::try_from(n)?)]).await?;
        }
        assert_eq!(writer.finish().await?, 1000);

        let out = client.copy_out("COPY (FROM copied ORDER BY a) TO STDOUT (FORMAT binary)").await?;
        let rows = BinaryCopyOutStream::new(out, &kinds).try_collect::<Vec<_>>().await?;
        assert_eq!(rows.len(), 2000);
        assert_eq!(rows.iter().map(|row| row.get::<i64>(0)).sum::<i64>(), 1999 * 2000 / 2);
        assert_eq!(rows[1001].get::<Option<&str>>(1), None);
        assert_eq!(
            (rows[999].get::<&str>(1), rows[999].get::<f64>(2).to_bits()),
            ("ü999", 999.5_f64.to_bits())
        );

        // A sink that is dropped gives up: nothing is kept, and the connection goes on.
        let sink = client.copy_in::<_, bytes::Bytes>("COPY copied FROM STDIN").await?;
        {
            let mut sink = pin!(sink);
            sink.send(bytes::Bytes::from_static(b"1\thalf\t1\n")).await?;
        }
        assert_eq!(count(&client).await?, 2000);
        // A stream that is dropped.
        drop(client.copy_out("COPY (SELECT * FROM range(1000000)) TO STDOUT").await?);
        assert_eq!(count(&client).await?, 2000);
        // A wrong value.
        let sink = client.copy_in::<_, bytes::Bytes>("COPY copied FROM STDIN").await?;
        let mut sink = pin!(sink);
        sink.send(bytes::Bytes::from_static(b"1\tx\t1\ntwo\ty\t2\n")).await?;
        let error = sink.finish().await.expect_err("a wrong number");
        let error = error.as_db_error().expect("the server's");
        assert_eq!(error.code(), &SqlState::INVALID_TEXT_REPRESENTATION);
        assert_eq!(error.where_(), Some("COPY copied, line 2, column a: \"two\""));
        assert_eq!(count(&client).await?, 2000);
        Ok(())
    }

    #[tokio::test]
    async fn ten_thousand_in_a_pipeline() -> anyhow::Result<()> {
        let pintail = Pintail::start()?;
        let client = tokio_connect(&pintail.target()).await?;
        let double = client.prepare("SELECT CAST(CAST($1 AS VARCHAR) AS INTEGER) * 2").await?;
        let texts = (0..10_000)
            .map(|n| if n % 100 == 99 { "wrong".to_owned() } else { n.to_string() })
            .collect::<Vec<_>>();
        // Each has its own Sync: an error is its own.
        let client = &client;
        let double = &double;
        let answers =
            join_all(texts.iter().map(|text| async move { client.query_one(double, &[text]).await })).await;
        for (n, answer) in (0..).zip(answers) {
            match answer {
                Ok(row) => assert_eq!(row.get::<_, i32>(0), n * 2),
                Err(error) => {
                    assert_eq!(n % 100, 99, "{error}");
                    assert_eq!(error.code(), Some(&SqlState::INVALID_TEXT_REPRESENTATION));
                }
            }
        }
        let rows = client.query_raw("SELECT * FROM range(100000)", Vec::<i32>::new()).await?;
        assert_eq!(rows.count().await, 100_000);
        Ok(())
    }
}
