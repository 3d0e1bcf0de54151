//! Starts both servers and loads the same tables into them.

use anyhow::ensure;
use harness::{Pintail, Postgres, RawClient, Target};

use crate::workload::{TABLES, Table};

/// The servers' names.
pub(crate) const POSTGRES: &str = "PostgreSQL 15";
pub(crate) const PINTAIL: &str = "Pintail";

/// Both servers, running.
pub(crate) struct Servers {
    _postgres: Postgres,
    _pintail: Option<Pintail>,
    all: Vec<Server>,
}

/// A server that is measured.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) target: Target,
    /// The process that all others descend from: Pintail's gateway, the postmaster.
    pub(crate) root: u32,
}

impl Servers {
    /// Starts them; loads `rows` rows into each table of each. `settings` are PostgreSQL's, further ones.
    pub(crate) fn start(rows: u32, only_postgres: bool, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        // The tables stay in memory on both sides.
        let settings = [&[("shared_buffers", "2GB"), ("max_wal_size", "8GB")], settings].concat();
        let postgres = Postgres::configured(&settings)?;
        load_postgres(&postgres.target(), rows)?;
        let mut all = vec![Server { name: POSTGRES, target: postgres.target(), root: postgres.id() }];
        let pintail = if only_postgres { None } else { Some(Pintail::start()?) };
        if let Some(pintail) = &pintail {
            load_pintail(&pintail.target(), rows)?;
            all.push(Server { name: PINTAIL, target: pintail.target(), root: pintail.gateway() });
            for table in TABLES {
                let sums = all
                    .iter()
                    .map(|server| checksum(&server.target, table, table.name))
                    .collect::<Result<Vec<_>, _>>()?;
                ensure!(sums.windows(2).all(|pair| pair.first() == pair.last()), "{}: {sums:?}", table.name);
            }
        }
        Ok(Self { _postgres: postgres, _pintail: pintail, all })
    }

    pub(crate) fn all(&self) -> &[Server] {
        &self.all
    }
}

fn load_postgres(target: &Target, rows: u32) -> anyhow::Result<()> {
    let mut client = RawClient::connect(target)?;
    for table in TABLES {
        let Table { name, definition, values, .. } = table;
        client.answer_timeout(std::time::Duration::from_mins(10))?;
        client.rows(&format!("create table {name}({definition})"))?;
        let last = rows - 1;
        client.rows(&format!(
            "insert into {name} select {values} from generate_series(0::bigint, {last}) as t(i)"
        ))?;
        // So that the measured scans need not set hint bits.
        client.rows(&format!("vacuum (freeze, analyze) {name}"))?;
    }
    client.rows("checkpoint")?;
    Ok(())
}

fn load_pintail(target: &Target, rows: u32) -> anyhow::Result<()> {
    let mut client = RawClient::connect(target)?;
    client.answer_timeout(std::time::Duration::from_mins(10))?;
    for table in TABLES {
        let Table { name, definition, values, .. } = table;
        client.rows(&format!("create table {name}({definition})"))?;
        client.rows(&format!("insert into {name} select {values} from range({rows}) as t(i)"))?;
    }
    client.rows("checkpoint")?;
    Ok(())
}

/// The sums over `name`, a table like `table`.
pub(crate) fn checksum(
    target: &Target,
    table: &Table,
    name: &str,
) -> anyhow::Result<Vec<Vec<Option<String>>>> {
    let mut client = RawClient::connect(target)?;
    client.answer_timeout(std::time::Duration::from_mins(10))?;
    client.rows(&format!("select {} from {name}", table.checksum))
}
