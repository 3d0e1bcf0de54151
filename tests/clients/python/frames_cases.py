"""Data frames and Arrow. Argument: polars, connectorx, adbc or duckdb (DuckDB's own postgres extension)."""

import datetime
import decimal
import sys

from cases import DATABASE, HOST, ON_PINTAIL, PASSWORD, PORT, CA_FILE, URI, USER, Impossible, case, check, fails, run

WHAT = sys.argv[1]
# connectorx (and polars through it) knows no verify-full; it does check against the certificate that it is given.
RUST_URI = URI.replace("verify-full", "require")


def prepare(name):
    import psycopg

    with psycopg.connect(URI, autocommit=True) as conn:
        conn.execute(f"DROP TABLE IF EXISTS {name}")
        conn.execute(f"CREATE TABLE {name}(i integer, l bigint, f double precision, t text, b boolean, d date, w timestamp, n numeric(10,2))")
        conn.execute(
            f"INSERT INTO {name} SELECT g, g::bigint * 1000000000, g / 4.0, 'row ' || g, g % 2 = 0, DATE '2024-01-01', "
            "TIMESTAMP '2024-01-01 12:00:00', 1.25 FROM generate_series(1, 100) AS s(g)"
        )
        conn.execute(f"INSERT INTO {name}(i) VALUES (NULL)")


FIRST = (1, 1000000000, 0.25, "row 1", False, datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1, 12))

if WHAT == "polars":
    import polars

    version = polars.__version__

    @case("read")
    def _():
        prepare("pl_t")
        for engine in ("connectorx", "adbc"):
            uri = RUST_URI if engine == "connectorx" else URI
            frame = polars.read_database_uri("SELECT i, l, f, t, b, d, w FROM pl_t ORDER BY l NULLS LAST", uri, engine=engine)
            check(frame.shape, (101, 7))
            check(frame.row(0), FIRST)
            check(frame.row(100), (None,) * 7)
            check(frame["i"].sum(), 5050)

    @case("types")
    def _():
        frame = polars.read_database_uri("SELECT 1::smallint AS s, 1.5::real AS r, '12:30:00'::time AS t, 'x'::varchar AS v", RUST_URI)
        check([str(kind) for kind in frame.dtypes], ["Int16", "Float32", "Time", "String"])
        check(frame.row(0), (1, 1.5, datetime.time(12, 30), "x"))

    @case("write")
    def _():
        frame = polars.DataFrame({"a": [1, 2, None], "b": ["x", None, "z"], "c": [1.5, 2.5, 3.5]})
        check(frame.write_database("pl_written", URI, engine="adbc", if_table_exists="replace"), 3)
        check(frame.write_database("pl_written", URI, engine="adbc", if_table_exists="append"), 3)
        back = polars.read_database_uri("SELECT * FROM pl_written WHERE a = 2", RUST_URI)
        check(back.rows(), [(2, None, 2.5)] * 2)

    @case("connection")
    def _():
        import psycopg

        prepare("pl_u")
        with psycopg.connect(URI) as conn:
            frame = polars.read_database("SELECT i, t FROM pl_u ORDER BY l NULLS LAST", conn)
            check(frame.row(0), (1, "row 1"))
            parts = list(polars.read_database("SELECT i FROM pl_u", conn, iter_batches=True, batch_size=50))
            check(sum(part.height for part in parts), 101)

elif WHAT == "connectorx":
    import connectorx

    version = connectorx.__version__

    @case("read")
    def _():
        prepare("cx_t")
        for protocol in ("binary", "csv", "cursor", "simple"):
            frame = connectorx.read_sql(RUST_URI, "SELECT i, l, f, t, b, d, w FROM cx_t ORDER BY l NULLS LAST", return_type="arrow", protocol=protocol)
            check(frame.num_rows, 101)
            check(tuple(value.as_py() for value in (column[0] for column in frame.columns[:5])), FIRST[:5])
            check(frame.column("i").null_count, 1)

    @case("partitions")
    def _():
        prepare("cx_u")
        frame = connectorx.read_sql(RUST_URI, "SELECT i, t FROM cx_u WHERE i IS NOT NULL", return_type="arrow", partition_on="i", partition_num=4)
        check(frame.num_rows, 100)
        check(sum(frame.column("i").to_pylist()), 5050)

    @case("types")
    def _():
        frame = connectorx.read_sql(RUST_URI, "SELECT 1.25::numeric(10,2) AS n, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS u, '[1]'::json AS j, ARRAY[1,2]::integer[] AS a", return_type="pandas")
        check(float(frame["n"][0]), 1.25)
        check(frame["u"][0], "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
        check(list(frame["a"][0]), [1, 2])

elif WHAT == "adbc":
    import adbc_driver_postgresql
    import adbc_driver_postgresql.dbapi as adbc
    import pyarrow

    version = adbc_driver_postgresql.__version__

    @case("connect")
    def _():
        with adbc.connect(URI) as conn, conn.cursor() as cur:
            cur.execute("SELECT 42")
            check(cur.fetchone(), (42,))
            info = conn.adbc_get_info()
            check(info["vendor_name"], "PostgreSQL")

    @case("types")
    def _():
        with adbc.connect(URI) as conn, conn.cursor() as cur:
            for text, expected in [
                ("1::integer", 1), ("1.5::float8", 1.5), ("'x'::text", "x"), ("true", True), ("'2024-02-29'::date", datetime.date(2024, 2, 29)),
                ("'2024-02-29 12:30:00'::timestamp", datetime.datetime(2024, 2, 29, 12, 30)), ("12.34::numeric(10,2)", "12.34"),
                ("ARRAY[1,2,NULL]::integer[]", [1, 2, None]), ("NULL::integer", None), ("'12:30'::time", datetime.time(12, 30)),
            ]:
                cur.execute(f"SELECT {text} AS v")
                check(cur.fetch_arrow_table().column("v")[0].as_py(), expected)

    @case("parameters")
    def _():
        with adbc.connect(URI) as conn, conn.cursor() as cur:
            cur.execute("SELECT $1::int + 1, $2::text", (1, "x"))
            check(cur.fetchone(), (2, "x"))
            cur.execute("CREATE TABLE adbc_p(a bigint, b text)")
            cur.executemany("INSERT INTO adbc_p VALUES ($1, $2)", [(n, str(n)) for n in range(20)])
            cur.execute("SELECT count(*), max(a) FROM adbc_p")
            check(cur.fetchone(), (20, 19))

    @case("errors")
    def _():
        with adbc.connect(URI) as conn, conn.cursor() as cur:
            fails("42P01", lambda: cur.execute("SELECT * FROM no_such_table"))

    @case("transactions")
    def _():
        with adbc.connect(URI) as conn, conn.cursor() as cur:
            cur.execute("CREATE TABLE adbc_x(a integer)")
            conn.commit()
            cur.execute("INSERT INTO adbc_x VALUES (1)")
            conn.rollback()
            cur.execute("SELECT count(*) FROM adbc_x")
            check(cur.fetchone(), (0,))

    @case("copy")
    def _():
        data = pyarrow.table({"a": pyarrow.array([1, 2, None]), "b": ["x", None, "z"], "c": [[1, 2], None, []], "d": [datetime.date(2024, 1, 1)] * 3})
        with adbc.connect(URI) as conn, conn.cursor() as cur:
            check(cur.adbc_ingest("adbc_in", data, mode="create"), 3)
            check(cur.adbc_ingest("adbc_in", data, mode="append"), 3)
            check(cur.adbc_ingest("adbc_in", data, mode="replace"), 3)
            cur.execute("SELECT * FROM adbc_in ORDER BY a NULLS LAST")
            check(cur.fetch_arrow_table().to_pylist(), data.to_pylist())

    @case("metadata")
    def _():
        with adbc.connect(URI) as conn, conn.cursor() as cur:
            cur.execute("CREATE TABLE adbc_parent(id integer PRIMARY KEY)")
            cur.execute("CREATE TABLE adbc_child(id integer PRIMARY KEY, parent integer REFERENCES adbc_parent(id), t text)")
            conn.commit()
            objects = conn.adbc_get_objects(depth="all", catalog_filter=DATABASE, table_name_filter="adbc_child").read_all().to_pylist()
            schemas = {s["db_schema_name"]: s for s in objects[0]["catalog_db_schemas"]}
            child = schemas["public"]["db_schema_tables"][0]
            check(child["table_name"], "adbc_child")
            check([c["column_name"] for c in child["table_columns"]], ["id", "parent", "t"])
            check(sorted(c["constraint_type"] for c in child["table_constraints"]), ["FOREIGN KEY", "PRIMARY KEY"])
            schema = conn.adbc_get_table_schema("adbc_child")
            check([str(f.type) for f in schema], ["int32", "int32", "string"])
            assert "table" in conn.adbc_get_table_types()

else:
    import os

    import duckdb

    version = duckdb.__version__
    FOLDER = os.environ["DUCKDB_EXTENSIONS"]

    def attached(options=""):
        conn = duckdb.connect()
        conn.execute(f"SET extension_directory = '{FOLDER}'")
        conn.execute("SET autoinstall_known_extensions = false")
        conn.execute("LOAD postgres_scanner")
        conn.execute(f"ATTACH 'host={HOST} port={PORT} user={USER} password={PASSWORD} dbname={DATABASE} sslmode=verify-full sslrootcert={CA_FILE}' AS pg (TYPE postgres{options})")
        return conn

    @case("connect")
    def _():
        check(attached().execute("SELECT * FROM postgres_query('pg', 'SELECT 42 AS n')").fetchall(), [(42,)])

    @case("read")
    def _():
        prepare("dd_t")
        conn = attached()
        check(conn.execute("SELECT i, l, f, t, b, d, w FROM pg.dd_t WHERE i = 1").fetchall(), [FIRST])
        check(conn.execute("SELECT count(*), sum(i), count(t) FROM pg.public.dd_t").fetchall(), [(101, 5050, 100)])
        conn.execute("SET pg_experimental_filter_pushdown = false")
        check(conn.execute("SELECT max(n) FROM pg.dd_t").fetchall(), [(decimal.Decimal("1.25"),)])
        conn.execute("SET pg_use_text_protocol = true")
        check(conn.execute("SELECT i, l, f, t, b, d, w FROM pg.dd_t WHERE i = 1").fetchall(), [FIRST])

    @case("write")
    def _():
        conn = attached()
        conn.execute("CREATE TABLE pg.dd_written(a INTEGER, b VARCHAR, c REAL, d DATE, e DECIMAL(8,2))")
        conn.execute("INSERT INTO pg.dd_written SELECT range, 'row ' || range, range / 2, DATE '2024-01-01', 1.25 FROM range(5000)")
        check(conn.execute("SELECT count(*), sum(a), max(e), max(c) FROM pg.dd_written").fetchall(), [(5000, 12497500, decimal.Decimal("1.25"), 2499.5)])
        conn.execute("CREATE TABLE pg.dd_ctas AS SELECT 1 AS x, 'y' AS y")
        check(conn.execute("FROM pg.dd_ctas").fetchall(), [(1, "y")])
        conn.execute("DROP TABLE pg.dd_ctas")

    @case("update")
    def _():
        conn = attached()
        conn.execute("CREATE TABLE pg.dd_updated(a INTEGER, b VARCHAR)")
        conn.execute("INSERT INTO pg.dd_updated SELECT range, 'row' FROM range(5000)")
        conn.execute("UPDATE pg.dd_updated SET b = 'new' WHERE a < 10")
        conn.execute("DELETE FROM pg.dd_updated WHERE a >= 4000")
        check(conn.execute("SELECT count(*), count(*) FILTER (b = 'new') FROM pg.dd_updated").fetchall(), [(4000, 10)])

    @case("doubles")
    def _():
        conn = attached()
        conn.execute("CREATE TABLE pg.dd_doubles(a DOUBLE)")
        conn.execute("INSERT INTO pg.dd_doubles VALUES (0.1), (2.5)")
        try:
            check(conn.execute("SELECT sum(a) FROM pg.dd_doubles").fetchall(), [(2.6,)])
        except duckdb.IOException as error:
            # It wrote FLOAT, which is PostgreSQL's double precision and DuckDB's REAL.
            raise Impossible("the extension writes FLOAT for DOUBLE: it has four bytes in DuckDB's SQL; tables that are there are read as they are") from error

    @case("transactions")
    def _():
        conn = attached()
        conn.execute("CREATE TABLE pg.dd_x(a INTEGER)")
        conn.execute("BEGIN")
        conn.execute("INSERT INTO pg.dd_x VALUES (1)")
        conn.execute("ROLLBACK")
        check(conn.execute("SELECT count(*) FROM pg.dd_x").fetchall(), [(0,)])

    @case("metadata")
    def _():
        import psycopg

        with psycopg.connect(URI, autocommit=True) as direct:
            direct.execute("CREATE TABLE dd_meta(a integer PRIMARY KEY, b text NOT NULL, c integer[])")
            direct.execute("CREATE VIEW dd_view AS SELECT a FROM dd_meta")
        conn = attached()
        names = [row[0] for row in conn.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'pg'").fetchall()]
        assert "dd_meta" in names, names
        columns = conn.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'pg' AND table_name = 'dd_meta'").fetchall()
        check(columns, [("a", "INTEGER"), ("b", "VARCHAR"), ("c", "INTEGER[]")])

    @case("errors")
    def _():
        conn = attached()
        try:
            conn.execute("SELECT * FROM postgres_query('pg', 'SELECT * FROM no_such_table')")
            raise AssertionError("no error")
        except duckdb.Error as error:
            assert "no_such_table" in str(error), error


run(version)
