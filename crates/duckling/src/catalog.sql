-- Functions of PostgreSQL's that drivers call and DuckDB lacks, put into its system catalog at start.
-- {version} is the server's own name and version, {engine} DuckDB's.

-- SQLAlchemy reads the PostgreSQL release from it.
CREATE MACRO pg_catalog.version() AS 'PostgreSQL 15.0 ({version}, DuckDB {engine})';

-- asyncpg resets a pooled connection with it; there are no advisory locks to give back.
CREATE MACRO pg_catalog.pg_advisory_unlock_all() AS NULL;

-- Refused by the policy, as SET is for the same settings; SET and SHOW are the session's own.
CREATE MACRO pg_catalog.set_config(name, value, is_local) AS current_setting(name);

-- asyncpg writes arguments of COPY queries with quote_literal.
CREATE MACRO pg_catalog.quote_literal(value) AS
    CASE WHEN contains(value::VARCHAR, '\') THEN 'E' ELSE '' END
    || '''' || replace(replace(value::VARCHAR, '\', '\\'), '''', '''''') || '''';
CREATE MACRO pg_catalog.quote_nullable(value) AS coalesce(pg_catalog.quote_literal(value), 'NULL');
