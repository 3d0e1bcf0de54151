"""pg8000: a driver in Python alone; extended protocol, text format."""

import datetime
import decimal
import io
import ssl
import uuid

import pg8000.dbapi
import pg8000.native
from cases import CA_FILE, DATABASE, HOST, PASSWORD, PORT, UNDO, USER, Impossible, case, check, fails, run, undo

CONTEXT = ssl.create_default_context(cafile=CA_FILE)
WHERE = {"user": USER, "host": HOST, "port": PORT, "password": PASSWORD, "database": DATABASE, "ssl_context": CONTEXT}


@case("connect")
def _():
    with pg8000.native.Connection(**WHERE) as conn:
        check(conn.run("SELECT 42"), [[42]])
        assert conn.parameter_statuses["server_version"]


@case("types")
def _():
    with pg8000.native.Connection(**WHERE) as conn:
        for text, expected in [
            ("true", True), ("1::smallint", 1), ("9223372036854775807::bigint", 2**63 - 1), ("1.5::real", 1.5),
            ("12.340::numeric(10,3)", decimal.Decimal("12.340")), ("'tëxt'::text", "tëxt"),
            ("'2024-02-29'::date", datetime.date(2024, 2, 29)), ("'12:30:15.5'::time", datetime.time(12, 30, 15, 500000)),
            ("'2024-02-29 12:30:00.25'::timestamp", datetime.datetime(2024, 2, 29, 12, 30, 0, 250000)),
            ("'2024-02-29 12:30:00+00'::timestamptz", datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc)),
            ("interval '1 day 5 seconds'", datetime.timedelta(days=1, seconds=5)), ("NULL::integer", None),
            ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
            ("ARRAY[1,2]::integer[]", [1, 2]), ("ARRAY['a b']::text[]", ["a b"]), ("""'{"a": [1]}'::json""", {"a": [1]}),
        ]:
            check(conn.run(f"SELECT {text}"), [[expected]])


@case("parameters")
def _():
    with pg8000.native.Connection(**WHERE) as conn:
        conn.run("CREATE TABLE p8_t(a integer, b text, c numeric(10,2), d timestamp, e bytea)")
        row = [1, "x", decimal.Decimal("3.50"), datetime.datetime(2024, 1, 1), b"\x00\xff"]
        conn.run("INSERT INTO p8_t VALUES (:a, :b, :c, :d, :e)", **dict(zip("abcde", row)))
        check(conn.run("SELECT * FROM p8_t WHERE a = :a", a=1), [row])
        check(conn.run("SELECT * FROM p8_t WHERE a = ANY(:a)", a=[1, 2]), [row])
        statement = conn.prepare("SELECT a FROM p8_t WHERE b = :b")
        check(statement.run(b="x"), [[1]])
        statement.close()


@case("errors")
def _():
    with pg8000.native.Connection(**WHERE) as conn:
        for state, text in [("42P01", "SELECT * FROM no_such_table"), ("42601", "SELEC 1"), ("22P02", "SELECT 'x'::integer")]:
            fails(state, lambda text=text: conn.run(text))


@case("transactions")
def _():
    with pg8000.dbapi.connect(**WHERE) as conn:
        cur = conn.cursor()
        cur.execute("CREATE TABLE p8_transactions(a integer)")
        conn.commit()
        cur.execute("INSERT INTO p8_transactions VALUES (%s)", (1,))
        conn.commit()
        cur.execute("INSERT INTO p8_transactions VALUES (%s)", (2,))
        conn.rollback()
        cur.execute("SELECT * FROM p8_transactions")
        check([list(row) for row in cur.fetchall()], [[1]])


@case("savepoint undo")
def _():
    with pg8000.native.Connection(**WHERE) as conn:
        conn.run("CREATE TABLE p8_undone(a integer)")
        conn.run("START TRANSACTION")
        conn.run("SAVEPOINT a")
        conn.run("INSERT INTO p8_undone VALUES (1)")
        works = undo(lambda: conn.run("ROLLBACK TO SAVEPOINT a"))
        conn.run("ROLLBACK")
        check(conn.run("SELECT count(*) FROM p8_undone"), [[0]])
        if not works:
            raise Impossible(UNDO)


@case("copy")
def _():
    with pg8000.native.Connection(**WHERE) as conn:
        conn.run("CREATE TABLE p8_copied(a integer, b text)")
        conn.run("COPY p8_copied FROM STDIN WITH (FORMAT csv)", stream=io.BytesIO(b"1,one\n2,two\n"))
        sink = io.BytesIO()
        conn.run("COPY (SELECT * FROM p8_copied ORDER BY a) TO STDOUT WITH (FORMAT csv)", stream=sink)
        check(sink.getvalue(), b"1,one\n2,two\n")


@case("batch")
def _():
    with pg8000.dbapi.connect(**WHERE) as conn:
        cur = conn.cursor()
        cur.execute("CREATE TABLE p8_batch(a integer, b text)")
        cur.executemany("INSERT INTO p8_batch VALUES (%s, %s)", [(n, str(n)) for n in range(50)])
        cur.execute("SELECT count(*), max(a) FROM p8_batch")
        check(list(cur.fetchone()), [50, 49])


@case("metadata")
def _():
    with pg8000.native.Connection(**WHERE) as conn:
        conn.run("SELECT 1 AS one, 'x'::text AS two")
        check([(c["name"], c["type_oid"]) for c in conn.columns], [("one", 23), ("two", 25)])


run(pg8000.__version__)
