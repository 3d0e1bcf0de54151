//! The tables that are read and loaded.

/// A table, with the query that makes its rows in each SQL. `{rows}` stands for the number of rows.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static str,
    pub(crate) definition: &'static str,
    /// Over a column `i` that counts from 0: the same words for DuckDB and PostgreSQL.
    pub(crate) values: &'static str,
    /// Must be equal on both servers.
    pub(crate) checksum: &'static str,
}

pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "narrow",
        columns: "bigint",
        definition: "a bigint",
        values: "i",
        checksum: "count(*), sum(a)",
    },
    Table {
        name: "wide",
        columns: "bigint, double precision, varchar(16), date, decimal(18,2)",
        definition: "a bigint, b double precision, c varchar(16), d date, e decimal(18,2)",
        values: "i, cast(i % 1000003 as double precision) / 7, \
                 'item-' || lpad(cast((i * 7919) % 10000000019 as varchar), 11, '0'), \
                 date '2000-01-01' + cast(i % 9000 as integer), \
                 cast((i * 37) % 1000000007 as decimal(18,2)) / 100",
        checksum: "count(*), sum(a), min(c), max(c), min(d), max(d), sum(e), min(length(c))",
    },
];
