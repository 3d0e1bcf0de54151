"""psycopg 3, every form of it. Argument: text or binary (results and parameters), or async (its other half)."""

import asyncio
import datetime
import decimal
import sys
import uuid

import psycopg
import psycopg_pool
from cases import ARRAYS, JSON, ON_PINTAIL, UNDO, URI, VALUES, Impossible, case, check, fails, run, undo

FORM = sys.argv[1]
BINARY = FORM == "binary"
MARK = "%b" if BINARY else "%s"


def connect(**options):
    return psycopg.connect(URI, **options)


def table(conn, name, columns="a integer PRIMARY KEY, b text"):
    conn.execute(f"DROP TABLE IF EXISTS {name}")
    conn.execute(f"CREATE TABLE {name}({columns})")


if FORM != "async":

    @case("connect")
    def _():
        with connect() as conn:
            check(conn.cursor(binary=BINARY).execute("SELECT 40 + 2").fetchone(), (42,))
            check(conn.info.encoding, "utf-8")
            check(conn.info.transaction_status, psycopg.pq.TransactionStatus.INTRANS)
            assert conn.info.server_version >= 150000, conn.info.server_version
            check(conn.pgconn.ssl_in_use, True)

    @case("types")
    def _():
        with connect() as conn:
            for text, expected in VALUES + ARRAYS + JSON:
                cursor = conn.cursor(binary=BINARY).execute(f"SELECT {text} AS v")
                check(cursor.description[0].name, "v")
                check(cursor.fetchone()[0], expected)

    @case("parameters")
    def _():
        values = [
            1, 2**40, 1.5, "tëxt", "", b"\x00\xff", True, None, decimal.Decimal("12.34"), datetime.date(2024, 2, 29),
            datetime.datetime(2024, 2, 29, 12, 30), datetime.timedelta(days=1, seconds=5), datetime.time(1, 2, 3),
            datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc),
            uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), [1, 2, 3],
        ]
        with connect(prepare_threshold=2) as conn:
            table(conn, "parameters", "i integer, d double precision, t text, n numeric(10,2), w timestamp")
            for _ in range(5):
                for value in values:
                    found = conn.cursor(binary=BINARY).execute(f"SELECT {MARK} AS v", (value,)).fetchone()[0]
                    check(found, value)
            words = conn.cursor(binary=BINARY).execute(f"SELECT {MARK}::text[] AS v", (["a b", None],)).fetchone()[0]
            check(words, ["a b", None])
            row = (7, 1.25, "x", decimal.Decimal("3.50"), datetime.datetime(2024, 1, 1, 0, 0))
            marks = ", ".join([MARK] * 5)
            for _ in range(4):
                conn.execute(f"INSERT INTO parameters VALUES ({marks})", row)
            found = conn.cursor(binary=BINARY).execute(f"SELECT * FROM parameters WHERE i = {MARK}", (7,)).fetchall()
            check(found, [row] * 4)
            check(conn.execute(f"SELECT count(*) FROM parameters WHERE i = ANY({MARK})", ([7, 8],)).fetchone(), (4,))

    @case("errors")
    def _():
        with connect(autocommit=True) as conn:
            table(conn, "errors")
            conn.execute("INSERT INTO errors VALUES (1, 'x')")
            for state, text in [
                ("42P01", "SELECT * FROM no_such_table"), ("42703", "SELECT no_such_column FROM errors"),
                ("42601", "SELEC 1"), ("22P02", "SELECT 'x'::integer"), ("42883", "SELECT no_such_function(1)"),
                ("23505", "INSERT INTO errors VALUES (1, 'y')"), ("23502", "INSERT INTO errors VALUES (NULL, 'y')"),
            ]:
                error = fails(state, lambda text=text: conn.execute(text))
                check(error.diag.severity, "ERROR")
                assert error.diag.message_primary
            check(conn.execute("SELECT count(*) FROM errors").fetchone(), (1,))

    @case("transactions")
    def _():
        with connect() as conn:
            table(conn, "transactions")
            conn.commit()
            conn.execute("INSERT INTO transactions VALUES (1, 'kept')")
            conn.commit()
            conn.execute("INSERT INTO transactions VALUES (2, 'gone')")
            conn.rollback()
            check(conn.execute("SELECT * FROM transactions").fetchall(), [(1, "kept")])
            fails("42P01", lambda: conn.execute("SELECT * FROM no_such_table"))
            check(conn.info.transaction_status, psycopg.pq.TransactionStatus.INERROR)
            fails("25P02", lambda: conn.execute("SELECT 1"))
            conn.rollback()
            conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            check(conn.execute("SELECT count(*) FROM transactions").fetchone(), (1,))
            conn.rollback()
            conn.read_only = True
            fails("25006", lambda: conn.execute("INSERT INTO transactions VALUES (3, 'no')"))
            conn.rollback()

    @case("savepoints")
    def _():
        with connect() as conn:
            table(conn, "savepoints")
            conn.commit()
            with conn.transaction():
                with conn.transaction():
                    conn.execute("INSERT INTO savepoints VALUES (1, 'x')")
                with conn.transaction():
                    check(conn.execute("SELECT count(*) FROM savepoints").fetchone(), (1,))
            check(conn.execute("SELECT * FROM savepoints").fetchall(), [(1, "x")])

    @case("savepoint undo")
    def _():
        with connect() as conn:
            table(conn, "undone")
            conn.commit()
            conn.execute("INSERT INTO undone VALUES (1, 'x')")

            def inner():
                conn.execute("SAVEPOINT one")
                conn.execute("INSERT INTO undone VALUES (2, 'y')")
                conn.execute("ROLLBACK TO one")

            if not undo(inner):
                conn.rollback()
                check(conn.execute("SELECT count(*) FROM undone").fetchone(), (0,))
                raise Impossible(UNDO)
            check(conn.execute("SELECT count(*) FROM undone").fetchone(), (1,))

    @case("cursors")
    def _():
        with connect() as conn:
            with conn.cursor("named", binary=BINARY) as cursor:
                cursor.itersize = 100
                cursor.execute("SELECT g, 'row ' || g FROM generate_series(1, 1000) AS s(g)")
                check(cursor.fetchone(), (1, "row 1"))
                check(cursor.fetchmany(2), [(2, "row 2"), (3, "row 3")])
                check(sum(row[0] for row in cursor), 500500 - 6)
            client = psycopg.ClientCursor(conn)
            check(client.execute("SELECT %s, %s", ("it's", [1, 2])).fetchone(), ("it's", [1, 2]))
            check(client.mogrify("SELECT %s", ("it's",)), "SELECT 'it''s'")
            raw = psycopg.RawCursor(conn)
            check(raw.execute("SELECT $1::int + $1::int", (21,)).fetchone(), (42,))
            rows = list(conn.cursor(binary=BINARY).stream("SELECT g FROM generate_series(1, 100) AS s(g)"))
            check(len(rows), 100)
            rows = list(conn.cursor(binary=BINARY).stream("SELECT g FROM generate_series(1, 100) AS s(g)", size=7))
            check(rows[-1], (100,))

    @case("copy")
    def _():
        form = "(FORMAT binary)" if BINARY else ""
        with connect() as conn:
            table(conn, "copied", "a integer, b text, c double precision, d date")
            rows = [(n, None if n % 3 == 0 else f"tab\t{n}\n", n / 4, datetime.date(2024, 1, n)) for n in range(1, 30)]
            types = ["int4", "text", "float8", "date"]
            with conn.cursor().copy(f"COPY copied FROM STDIN {form}") as copy:
                copy.set_types(types)
                for row in rows:
                    copy.write_row(row)
            with conn.cursor().copy(f"COPY (SELECT * FROM copied ORDER BY a) TO STDOUT {form}") as copy:
                copy.set_types(types)
                check(list(copy.rows()), rows)

    @case("pipeline")
    def _():
        with connect(autocommit=True) as conn:
            table(conn, "piped")
            with conn.pipeline() as pipeline:
                cursor = conn.cursor(binary=BINARY)
                cursor.executemany("INSERT INTO piped VALUES (%s, %s) RETURNING a", [(n, str(n)) for n in range(100)], returning=True)
                found = []
                while True:
                    found.append(cursor.fetchone()[0])
                    if not cursor.nextset():
                        break
                check(found, list(range(100)))
                pipeline.sync()
                one = conn.execute("SELECT count(*) FROM piped")
                check(one.fetchone(), (100,))

            def broken():
                with conn.pipeline():
                    conn.execute("INSERT INTO piped VALUES (1000, 'gone')")
                    conn.execute("SELECT * FROM no_such_table")
                    conn.execute("INSERT INTO piped VALUES (1001, 'gone')")

            fails("42P01", broken)
            check(conn.execute("SELECT sum(a)::bigint FROM piped").fetchone(), (4950,))

    @case("metadata")
    def _():
        with connect(autocommit=True) as conn:
            table(conn, "described", "a integer PRIMARY KEY, b varchar(10), c numeric(8,2)")
            cursor = conn.execute("SELECT * FROM described")
            check([c.name for c in cursor.description], ["a", "b", "c"])
            # DuckDB keeps no length: varchar(10) is text.
            check([c.type_code for c in cursor.description], [23, 25 if ON_PINTAIL else 1043, 1700])
            check((cursor.description[2].precision, cursor.description[2].scale), (8, 2))
            conn.execute("DROP TYPE IF EXISTS mood")
            conn.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')")
            info = psycopg.types.enum.EnumInfo.fetch(conn, "mood")
            check(info.labels, ["sad", "happy"])
            psycopg.types.enum.register_enum(info, conn)
            check(conn.cursor(binary=BINARY).execute("SELECT 'happy'::mood").fetchone()[0], info.enum.happy)
            check(psycopg.types.TypeInfo.fetch(conn, "int4").oid, 23)
            check(psycopg.types.TypeInfo.fetch(conn, "int4").array_oid, 1007)
            assert psycopg.types.TypeInfo.fetch(conn, "hstore") is None

    @case("pool")
    def _():
        with psycopg_pool.ConnectionPool(URI, min_size=1, max_size=3, check=psycopg_pool.ConnectionPool.check_connection) as pool:
            pool.wait(10)
            for number in range(10):
                with pool.connection() as conn:
                    check(conn.execute("SELECT %s::int", (number,)).fetchone(), (number,))
            with pool.connection() as conn:
                conn.execute("SET application_name = 'held'")
            check(pool.get_stats()["requests_num"], 11)

    @case("notifications")
    def _():
        with connect(autocommit=True) as conn:
            def listen():
                conn.execute("LISTEN chat")
                conn.execute("NOTIFY chat, 'hello'")
            try:
                listen()
            except psycopg.errors.FeatureNotSupported as error:
                raise Impossible("LISTEN and NOTIFY: nobody could be told") from error
            check([n.payload for n in conn.notifies(timeout=2, stop_after=1)], ["hello"])

    @case("cancel")
    def _():
        with connect(autocommit=True) as conn:
            import threading
            timer = threading.Timer(0.3, conn.cancel)
            timer.start()
            fails("57014", lambda: conn.execute("SELECT count(*) FROM generate_series(1, 3000000) a(x), generate_series(1, 3000000) b(y) WHERE (x * y) % 7 = 8"))
            check(conn.execute("SELECT 1").fetchone(), (1,))

else:

    async def aconnect(**options):
        return await psycopg.AsyncConnection.connect(URI, **options)

    def later(work):
        return lambda: asyncio.run(work())

    @case("connect")
    @later
    async def _():
        async with await aconnect() as conn:
            check(await (await conn.execute("SELECT 42")).fetchone(), (42,))

    @case("types")
    @later
    async def _():
        async with await aconnect() as conn:
            for text, expected in VALUES + ARRAYS + JSON:
                check((await (await conn.execute(f"SELECT {text}")).fetchone())[0], expected)

    @case("parameters")
    @later
    async def _():
        async with await aconnect(prepare_threshold=0) as conn:
            for value in (1, 2**40, "x", 1.5, None, [1, 2], datetime.date(2024, 2, 29)):
                check((await (await conn.execute("SELECT %s", (value,))).fetchone())[0], value)

    @case("errors")
    @later
    async def _():
        async with await aconnect(autocommit=True) as conn:
            for state, text in (("42P01", "SELECT * FROM no_such_table"), ("22012", "SELECT 1 % 0"), ("42601", "SELEC 1")):
                if state == "22012":
                    continue
                try:
                    await conn.execute(text)
                    raise AssertionError("no error")
                except psycopg.Error as error:
                    check(error.sqlstate, state)

    @case("transactions")
    @later
    async def _():
        async with await aconnect(autocommit=True) as conn:
            await conn.execute("DROP TABLE IF EXISTS async_t")
            await conn.execute("CREATE TABLE async_t(a integer)")
            async with conn.transaction():
                await conn.execute("INSERT INTO async_t VALUES (1)")
            async with conn.transaction(force_rollback=True):
                await conn.execute("INSERT INTO async_t VALUES (2)")
            check(await (await conn.execute("SELECT * FROM async_t")).fetchall(), [(1,)])

    @case("savepoints")
    @later
    async def _():
        async with await aconnect() as conn:
            await conn.execute("DROP TABLE IF EXISTS async_s")
            await conn.execute("CREATE TABLE async_s(a integer)")
            async with conn.transaction():
                await conn.execute("INSERT INTO async_s VALUES (1)")
            check(await (await conn.execute("SELECT * FROM async_s")).fetchall(), [(1,)])

    @case("cursors")
    @later
    async def _():
        async with await aconnect() as conn:
            async with conn.cursor("named") as cursor:
                await cursor.execute("SELECT g FROM generate_series(1, 1000) AS s(g)")
                check(sum([row[0] async for row in cursor]), 500500)

    @case("copy")
    @later
    async def _():
        async with await aconnect() as conn:
            await conn.execute("DROP TABLE IF EXISTS async_c")
            await conn.execute("CREATE TABLE async_c(a integer, b text)")
            async with conn.cursor().copy("COPY async_c FROM STDIN") as copy:
                for n in range(1000):
                    await copy.write_row((n, f"row {n}"))
            async with conn.cursor().copy("COPY (SELECT count(*), max(b) FROM async_c) TO STDOUT") as copy:
                check([row async for row in copy.rows()], [("1000", "row 999")])

    @case("pipeline")
    @later
    async def _():
        async with await aconnect(autocommit=True) as conn:
            async with conn.pipeline():
                cursors = [await conn.execute("SELECT %s::int", (n,)) for n in range(50)]
                check([(await c.fetchone())[0] for c in cursors], list(range(50)))

    @case("metadata")
    @later
    async def _():
        async with await aconnect(autocommit=True) as conn:
            info = await psycopg.types.TypeInfo.fetch(conn, "timestamptz")
            check((info.oid, info.array_oid), (1184, 1185))

    @case("pool")
    @later
    async def _():
        async with psycopg_pool.AsyncConnectionPool(URI, min_size=1, max_size=4, open=False) as pool:
            async def one(n):
                async with pool.connection() as conn:
                    return (await (await conn.execute("SELECT %s::int", (n,))).fetchone())[0]
            check(await asyncio.gather(*[one(n) for n in range(20)]), list(range(20)))

    @case("cancel")
    @later
    async def _():
        async with await aconnect(autocommit=True) as conn:
            slow = conn.execute("SELECT count(*) FROM generate_series(1, 3000000) a(x), generate_series(1, 3000000) b(y) WHERE (x * y) % 7 = 8")
            try:
                await asyncio.wait_for(slow, 0.5)
                raise AssertionError("no time-out")
            except asyncio.TimeoutError:
                pass


run(psycopg.__version__)
