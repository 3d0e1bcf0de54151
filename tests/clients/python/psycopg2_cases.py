"""psycopg2."""

import datetime
import decimal
import io
import uuid

import psycopg2
import psycopg2.extensions
import psycopg2.extras
import psycopg2.pool
from cases import ARRAYS, JSON, ON_PINTAIL, UNDO, URI, VALUES, Impossible, case, check, fails, run, undo

psycopg2.extras.register_uuid()


def connect(**options):
    return psycopg2.connect(URI, **options)


def table(cur, name, columns="a integer PRIMARY KEY, b text"):
    cur.execute(f"DROP TABLE IF EXISTS {name}")
    cur.execute(f"CREATE TABLE {name}({columns})")


@case("connect")
def _():
    with connect() as conn, conn.cursor() as cur:
        cur.execute("SELECT 42")
        check(cur.fetchone(), (42,))
        check(conn.encoding, "UTF8")
        check(conn.get_parameter_status("integer_datetimes"), "on")
        assert conn.server_version >= 150000


@case("types")
def _():
    with connect() as conn, conn.cursor() as cur:
        for text, expected in VALUES + ARRAYS + JSON:
            cur.execute(f"SELECT {text}")
            found = cur.fetchone()[0]
            check(bytes(found) if isinstance(found, memoryview) else found, expected)


@case("parameters")
def _():
    values = [
        1, 2**40, 1.5, "it's \\ tëxt", "", True, None, decimal.Decimal("12.34"), datetime.date(2024, 2, 29),
        datetime.datetime(2024, 2, 29, 12, 30), datetime.timedelta(days=1, seconds=5), datetime.time(1, 2, 3),
        uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), [1, 2, 3], ["a b", None],
    ]
    with connect() as conn, conn.cursor() as cur:
        for value in values:
            cur.execute("SELECT %s", (value,))
            found = cur.fetchone()[0]
            check(float(found) if isinstance(value, float) else found, value)
        cur.execute("SELECT %s", (psycopg2.Binary(b"\x00\xff'\\"),))
        check(bytes(cur.fetchone()[0]), b"\x00\xff'\\")
        table(cur, "p2_parameters")
        psycopg2.extras.execute_values(cur, "INSERT INTO p2_parameters VALUES %s RETURNING a", [(n, str(n)) for n in range(250)], page_size=100)
        cur.execute("SELECT a FROM p2_parameters WHERE a IN %s ORDER BY a", ((3, 1, 2),))
        check(cur.fetchall(), [(1,), (2,), (3,)])
        cur.execute("SELECT b FROM p2_parameters WHERE a = ANY(%s) ORDER BY a", ([5, 6],))
        check(cur.fetchall(), [("5",), ("6",)])


@case("errors")
def _():
    conn = connect()
    conn.autocommit = True
    cur = conn.cursor()
    table(cur, "p2_errors")
    cur.execute("INSERT INTO p2_errors VALUES (1, 'x')")
    for state, text in [
        ("42P01", "SELECT * FROM no_such_table"), ("42703", "SELECT no_such_column FROM p2_errors"), ("42601", "SELEC 1"),
        ("22P02", "SELECT 'x'::integer"), ("23505", "INSERT INTO p2_errors VALUES (1, 'y')"),
        ("23502", "INSERT INTO p2_errors VALUES (NULL, 'y')"),
    ]:
        fails(state, lambda text=text: cur.execute(text))
    conn.close()


@case("transactions")
def _():
    conn = connect()
    cur = conn.cursor()
    table(cur, "p2_transactions")
    conn.commit()
    cur.execute("INSERT INTO p2_transactions VALUES (1, 'kept')")
    conn.commit()
    cur.execute("INSERT INTO p2_transactions VALUES (2, 'gone')")
    conn.rollback()
    cur.execute("SELECT * FROM p2_transactions")
    check(cur.fetchall(), [(1, "kept")])
    conn.rollback()
    for level in ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"):
        conn.set_session(isolation_level=level)
        cur.execute("SHOW transaction_isolation")
        # DuckDB's transactions are snapshots, whatever is asked for; SHOW says what holds.
        check(cur.fetchone(), ("repeatable read" if ON_PINTAIL else level.lower(),))
        conn.rollback()
    conn.set_session(readonly=True)
    fails("25006", lambda: cur.execute("DELETE FROM p2_transactions"))
    conn.close()


@case("savepoints")
def _():
    with connect() as conn, conn.cursor() as cur:
        table(cur, "p2_savepoints")
        cur.execute("SAVEPOINT a")
        cur.execute("INSERT INTO p2_savepoints VALUES (1, 'x')")
        cur.execute("RELEASE SAVEPOINT a")
        cur.execute("SAVEPOINT b")
        fails("42P01", lambda: cur.execute("SELECT * FROM no_such_table"))
        cur.execute("ROLLBACK TO SAVEPOINT b")
        cur.execute("SELECT count(*) FROM p2_savepoints")
        check(cur.fetchone(), (1,))


@case("savepoint undo")
def _():
    conn = connect()
    cur = conn.cursor()
    table(cur, "p2_undone")
    cur.execute("SAVEPOINT a")
    cur.execute("INSERT INTO p2_undone VALUES (1, 'x')")
    works = undo(lambda: cur.execute("ROLLBACK TO SAVEPOINT a"))
    if works:
        cur.execute("SELECT count(*) FROM p2_undone")
        check(cur.fetchone(), (0,))
    conn.close()
    if not works:
        raise Impossible(UNDO)


@case("cursors")
def _():
    with connect() as conn:
        with conn.cursor("named", withhold=True) as cur:
            cur.itersize = 100
            cur.execute("SELECT g FROM generate_series(1, 1000) AS s(g)")
            check(cur.fetchone(), (1,))
            conn.commit()
            check(sum(row[0] for row in cur), 500499)
        with conn.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cur:
            cur.execute("SELECT 1 AS one, 'x' AS two")
            check(dict(cur.fetchone()), {"one": 1, "two": "x"})


@case("copy")
def _():
    with connect() as conn, conn.cursor() as cur:
        table(cur, "p2_copied", "a integer, b text")
        cur.copy_from(io.StringIO("1\tone\n2\t\\N\n"), "p2_copied")
        cur.copy_expert("COPY p2_copied FROM STDIN (FORMAT csv, HEADER)", io.StringIO('a,b\n3,"x, y"\n'))
        sink = io.StringIO()
        cur.copy_expert("COPY (SELECT * FROM p2_copied ORDER BY a) TO STDOUT (FORMAT csv)", sink)
        check(sink.getvalue(), '1,one\n2,\n3,"x, y"\n')


@case("batch")
def _():
    with connect() as conn, conn.cursor() as cur:
        table(cur, "p2_batch")
        cur.executemany("INSERT INTO p2_batch VALUES (%s, %s)", [(n, "x") for n in range(100)])
        psycopg2.extras.execute_batch(cur, "UPDATE p2_batch SET b = %s WHERE a = %s", [(str(n), n) for n in range(100)])
        cur.execute("SELECT count(*) FROM p2_batch WHERE b = a::text")
        check(cur.fetchone(), (100,))
        check(cur.rowcount, 1)


@case("metadata")
def _():
    with connect() as conn, conn.cursor() as cur:
        table(cur, "p2_described", "a integer, c numeric(8,2), d date")
        cur.execute("SELECT * FROM p2_described")
        check([(c.name, c.type_code) for c in cur.description], [("a", 23), ("c", 1700), ("d", 1082)])
        assert cur.description[0].table_oid, "no table's OID"
        check(cur.description[1].table_column, 2)
        cur.execute("SELECT relname FROM pg_class WHERE oid = %s", (cur.description[0].table_oid,))
        check(cur.fetchone(), ("p2_described",))
        check(psycopg2.extras.HstoreAdapter.get_oids(conn), ((), ()))
        cur.execute("DROP TYPE IF EXISTS p2_pair")
        psycopg2.extras.register_default_json(conn)


@case("pool")
def _():
    pool = psycopg2.pool.ThreadedConnectionPool(1, 3, URI)
    for n in range(6):
        conn = pool.getconn()
        with conn.cursor() as cur:
            cur.execute("SELECT %s", (n,))
            check(cur.fetchone(), (n,))
        pool.putconn(conn)
    pool.closeall()
    conn = connect()
    with conn.cursor() as cur:
        cur.execute("SET statement_timeout = 12345")
    conn.commit()
    conn.reset()
    with conn.cursor() as cur:
        cur.execute("SHOW statement_timeout")
        check(cur.fetchone(), ("0",))
    conn.close()


run(psycopg2.__version__.split()[0])
