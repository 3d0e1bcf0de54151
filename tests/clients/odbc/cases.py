"""pyodbc over psqlODBC (the Unicode driver), and isql of unixODBC. Argument: the driver."""

import datetime
import decimal
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import pyodbc  # noqa: E402
from cases import CA_FILE, DATABASE, HOST, ON_PINTAIL, PASSWORD, PORT, UNDO, USER, Impossible, case, check, run  # noqa: E402

DRIVER = sys.argv[1]
# The driver reads the root certificate from libpq's own setting.
os.environ["PGSSLROOTCERT"] = CA_FILE


def settings(**more):
    given = {
        "Driver": "{" + DRIVER + "}", "Servername": HOST, "Port": PORT, "Database": DATABASE, "UID": USER, "PWD": PASSWORD, "SSLmode": "verify-full",
        **more,
    }
    return ";".join(f"{key}={value}" for key, value in given.items())


def connect(autocommit=False, **more):
    return pyodbc.connect(settings(**more), autocommit=autocommit)


def fails(state, work):
    try:
        work()
    except pyodbc.Error as error:
        check(error.args[0], state)
        return error
    raise AssertionError(f"no error; expected {state}")


@case("connect")
def _():
    conn = connect()
    check(conn.execute("SELECT 42").fetchval(), 42)
    check(conn.getinfo(pyodbc.SQL_DBMS_NAME), "PostgreSQL")
    assert int(conn.getinfo(pyodbc.SQL_DBMS_VER).split(".")[0]) >= 15, conn.getinfo(pyodbc.SQL_DBMS_VER)


@case("types")
def _():
    conn = connect(BoolsAsChar=0)
    for text, expected in [
        ("1::smallint", 1), ("9223372036854775807::bigint", 2**63 - 1), ("1.5::float8", 1.5), ("12.340::numeric(10,3)", decimal.Decimal("12.340")),
        ("'tëxt'::text", "tëxt"), ("'2024-02-29'::date", datetime.date(2024, 2, 29)), ("'12:30:15'::time", datetime.time(12, 30, 15)),
        ("'2024-02-29 12:30:00.25'::timestamp", datetime.datetime(2024, 2, 29, 12, 30, 0, 250000)), ("true", True), ("NULL::integer", None),
    ]:
        check(conn.execute(f"SELECT {text} AS v").fetchval(), expected)


@case("parameters")
def _():
    for server_side in (0, 1):
        conn = connect(UseServerSidePrepare=server_side)
        name = f"od_t{server_side}"
        conn.execute(f"CREATE TABLE {name}(a integer, b varchar(50), c double precision, d timestamp, e date)")
        row = (1, "it's \\ ü", 1.5, datetime.datetime(2024, 2, 29, 12, 30), datetime.date(2024, 2, 29))
        conn.execute(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?)", *row)
        check(tuple(conn.execute(f"SELECT * FROM {name} WHERE a = ? AND b = ?", 1, row[1]).fetchone()), row)
        check(conn.execute(f"UPDATE {name} SET b = ?", "new").rowcount, 1)
        conn.commit()


@case("errors")
def _():
    conn = connect(autocommit=True)
    conn.execute("CREATE TABLE od_errors(a integer PRIMARY KEY)")
    conn.execute("INSERT INTO od_errors VALUES (1)")
    fails("42P01", lambda: conn.execute("SELECT * FROM no_such_table"))
    fails("42601", lambda: conn.execute("SELEC 1"))
    fails("22P02", lambda: conn.execute("SELECT 'x'::integer"))
    fails("23505", lambda: conn.execute("INSERT INTO od_errors VALUES (1)"))


@case("transactions")
def _():
    conn = connect()
    conn.execute("CREATE TABLE od_transactions(a integer)")
    conn.commit()
    conn.execute("INSERT INTO od_transactions VALUES (1)")
    conn.commit()
    conn.execute("INSERT INTO od_transactions VALUES (2)")
    conn.rollback()
    check(conn.execute("SELECT count(*) FROM od_transactions").fetchval(), 1)


@case("savepoints")
def _():
    # The driver's default (Protocol 7.4-2) puts a savepoint before every statement of a transaction, unasked.
    conn = connect(Protocol="7.4-2")
    conn.execute("CREATE TABLE od_savepoints(a integer PRIMARY KEY)")
    conn.execute("INSERT INTO od_savepoints VALUES (1)")
    conn.commit()
    fails("42P01", lambda: conn.execute("SELECT * FROM no_such_table"))
    check(conn.execute("SELECT count(*) FROM od_savepoints").fetchval(), 1)
    conn.commit()


@case("savepoint undo")
def _():
    conn = connect(Protocol="7.4-2")
    conn.execute("CREATE TABLE od_undone(a integer PRIMARY KEY)")
    conn.commit()
    conn.execute("INSERT INTO od_undone VALUES (1)")
    fails("23505", lambda: conn.execute("INSERT INTO od_undone VALUES (1)"))
    if ON_PINTAIL:
        fails("25P02", lambda: conn.execute("SELECT 1"))
        raise Impossible(UNDO)
    check(conn.execute("SELECT count(*) FROM od_undone").fetchval(), 1)


@case("cursors")
def _():
    conn = connect(UseDeclareFetch=1, Fetch=50)
    rows = conn.execute("SELECT g FROM generate_series(1, 1000) AS s(g)").fetchall()
    check(sum(row[0] for row in rows), 500500)
    conn.commit()


@case("batch")
def _():
    conn = connect()
    conn.execute("CREATE TABLE od_batch(a integer, b varchar(20))")
    cursor = conn.cursor()
    cursor.executemany("INSERT INTO od_batch VALUES (?, ?)", [(n, f"row {n}") for n in range(50)])
    cursor.fast_executemany = True
    cursor.executemany("INSERT INTO od_batch VALUES (?, ?)", [(n, f"row {n}") for n in range(50, 100)])
    check(tuple(conn.execute("SELECT count(*), max(a) FROM od_batch").fetchone()), (100, 99))


@case("metadata")
def _():
    conn = connect(autocommit=True)
    conn.execute("CREATE TABLE od_parent(id integer PRIMARY KEY, name varchar(20) NOT NULL)")
    conn.execute("CREATE TABLE od_child(id integer PRIMARY KEY, parent integer REFERENCES od_parent(id), price numeric(8,2))")
    conn.execute("CREATE INDEX od_child_price ON od_child(price)")
    cursor = conn.cursor()
    check(sorted(row.table_name for row in cursor.tables(table="od_%", tableType="TABLE") if row.table_name in ("od_parent", "od_child")), ["od_child", "od_parent"])
    check([(row.column_name, row.type_name) for row in cursor.columns(table="od_child")], [("id", "int4"), ("parent", "int4"), ("price", "numeric")])
    check([row.column_name for row in cursor.primaryKeys("od_child")], ["id"])
    check([(row.pktable_name, row.fkcolumn_name) for row in cursor.foreignKeys(foreignTable="od_child")], [("od_parent", "parent")])
    assert "od_child_price" in [row.index_name for row in cursor.statistics("od_child")]
    assert len(cursor.getTypeInfo().fetchall()) > 10
    cursor.execute("SELECT id, price FROM od_child")
    check([(c[0], c[1], c[4], c[5]) for c in cursor.description][1], ("price", decimal.Decimal, 8, 2))


@case("isql")
def _():
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/odbc.ini", "w", encoding="utf-8") as ini:
            ini.write("[pintail]\n" + settings().replace("{", "").replace("}", "").replace(";", "\n") + "\n")
        sql = "CREATE TABLE od_isql(a integer, b varchar(10));\nINSERT INTO od_isql VALUES (1, 'one'), (2, 'two');\nSELECT a, b FROM od_isql ORDER BY a;\n"
        found = subprocess.run(
            ["isql", "-b", "-d|", "pintail"], input=sql, capture_output=True, text=True, timeout=60, check=True, env={**os.environ, "ODBCINI": f"{folder}/odbc.ini"},
        )
        check([line for line in found.stdout.splitlines() if "|" in line], ["1|one", "2|two"])


run(pyodbc.connect(settings()).getinfo(pyodbc.SQL_DRIVER_VER) + ", pyodbc " + pyodbc.version)
