"""Apache Superset: the inspector that its SQL Lab and its datasets use (its own PostgresEngineSpec, on the SQLAlchemy
that it pins), and the statements of a chart. The web server is not started."""

import os
import re

os.environ.setdefault("SUPERSET_SECRET_KEY", "0" * 42)

import superset
import sqlalchemy
from cases import CA_FILE, URI, case, check, fails, run
from superset.app import create_app

APP = create_app()
APP.app_context().push()

from superset.db_engine_specs.postgres import PostgresEngineSpec  # noqa: E402
from superset.models.core import Database  # noqa: E402
from superset.sql.parse import Table  # noqa: E402

DATABASE = Database(database_name="pintail", sqlalchemy_uri="postgresql+psycopg2://nobody@nowhere/x")
ENGINE = sqlalchemy.create_engine(URI.replace("postgresql://", "postgresql+psycopg2://"))
with ENGINE.begin() as setting:
    setting.execute(sqlalchemy.text("CREATE TABLE ss_sales(id integer PRIMARY KEY, region varchar(20), amount numeric(10,2), sold timestamp)"))
    setting.execute(sqlalchemy.text("COMMENT ON TABLE ss_sales IS 'what was sold'"))
    setting.execute(sqlalchemy.text("INSERT INTO ss_sales SELECT g, CASE WHEN g % 2 = 0 THEN 'north' ELSE 'south' END, g * 1.5, TIMESTAMP '2024-01-01' + g * INTERVAL '1 day' FROM generate_series(1, 100) AS s(g)"))
    setting.execute(sqlalchemy.text("CREATE VIEW ss_view AS SELECT region, amount FROM ss_sales"))
    setting.execute(sqlalchemy.text("CREATE INDEX ss_sales_sold ON ss_sales(sold)"))
INSPECTOR = sqlalchemy.inspect(ENGINE)


@case("connect")
def _():
    with ENGINE.connect() as conn:
        check(conn.execute(sqlalchemy.text("SELECT 42")).scalar(), 42)
        assert ENGINE.dialect.do_ping(conn.connection)


@case("metadata")
def _():
    assert "public" in PostgresEngineSpec.get_schema_names(INSPECTOR), PostgresEngineSpec.get_schema_names(INSPECTOR)
    assert "ss_sales" in PostgresEngineSpec.get_table_names(DATABASE, INSPECTOR, "public")
    assert "ss_view" in PostgresEngineSpec.get_view_names(DATABASE, INSPECTOR, "public")
    table = Table("ss_sales", "public")
    columns = PostgresEngineSpec.get_columns(INSPECTOR, table)
    check([c["column_name"] for c in columns], ["id", "region", "amount", "sold"])
    check([str(c["type"]) for c in columns][::2], ["INTEGER", "NUMERIC(10, 2)"])
    check(PostgresEngineSpec.get_table_comment(INSPECTOR, table), "what was sold")
    check([i["column_names"] for i in PostgresEngineSpec.get_indexes(DATABASE, INSPECTOR, table) if not i["unique"]], [["sold"]])
    check(INSPECTOR.get_pk_constraint("ss_sales", "public")["constrained_columns"], ["id"])


@case("catalogs")
def _():
    names = PostgresEngineSpec.get_catalog_names(DATABASE, INSPECTOR)
    with ENGINE.connect() as conn:
        assert conn.execute(sqlalchemy.text("SELECT current_database()")).scalar() in names, names


@case("charts")
def _():
    with ENGINE.connect() as conn:
        for grain in ("PT1H", "P1D", "P1W", "P1M", "P3M", "P1Y"):
            bucket = PostgresEngineSpec._time_grain_expressions[grain].format(col="sold")
            rows = conn.execute(sqlalchemy.text(
                f"SELECT {bucket} AS __timestamp, region AS region, sum(amount) AS \"SUM(amount)\" FROM public.ss_sales "
                "WHERE sold >= TO_TIMESTAMP('2024-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND sold < "
                "TO_TIMESTAMP('2025-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') "
                f"GROUP BY {bucket}, region ORDER BY \"SUM(amount)\" DESC LIMIT 10000"
            )).all()
            check(float(sum(row[2] for row in rows)), 7575.0)
        virtual = conn.execute(sqlalchemy.text(
            "SELECT region AS region, COUNT(*) AS count FROM (SELECT * FROM ss_sales) AS virtual_table GROUP BY region ORDER BY count DESC, region LIMIT 1000"
        )).all()
        check([tuple(row) for row in virtual], [("north", 50), ("south", 50)])


@case("estimate")
def _():
    with ENGINE.connect() as conn:
        plan = conn.execute(sqlalchemy.text("EXPLAIN SELECT * FROM ss_sales")).fetchall()
        assert plan


run(re.sub(r"[^0-9.].*", "", superset.__version__ if hasattr(superset, "__version__") else __import__("importlib.metadata").metadata.version("apache-superset")))
