"""asyncpg: binary only, every parameter with its type."""

import asyncio
import datetime
import decimal
import io
import ssl
import uuid

import asyncpg
from cases import CA_FILE, DATABASE, HOST, PASSWORD, PORT, UNDO, USER, VALUES, Impossible, case, check, fails, run

CONTEXT = ssl.create_default_context(cafile=CA_FILE)
WHERE = {"host": HOST, "port": PORT, "user": USER, "password": PASSWORD, "database": DATABASE, "ssl": CONTEXT}


def with_connection(work):
    async def whole():
        conn = await asyncpg.connect(**WHERE)
        try:
            await work(conn)
        finally:
            await conn.close()

    return lambda: asyncio.run(whole())


async def afails(state, coroutine):
    try:
        await coroutine
    except asyncpg.PostgresError as error:
        check(error.sqlstate, state)
        return error
    raise AssertionError(f"no error; expected {state}")


@case("connect")
@with_connection
async def _(conn):
    check(await conn.fetchval("SELECT 42"), 42)
    assert conn.get_server_version().major >= 15
    check(conn.get_settings().client_encoding, "UTF8")


@case("types")
@with_connection
async def _(conn):
    for text, expected in VALUES:
        check(await conn.fetchval(f"SELECT {text}"), expected)
    check(await conn.fetchval("""SELECT '{"a": 1}'::json"""), '{"a": 1}')


@case("arrays")
@with_connection
async def _(conn):
    check(await conn.fetchval("SELECT ARRAY[1,2,NULL]::integer[]"), [1, 2, None])
    check(await conn.fetchval("SELECT ARRAY['a b','c,d']::text[]"), ["a b", "c,d"])
    check(await conn.fetchval("SELECT $1::bigint[]", [1, 2]), [1, 2])
    await conn.execute("CREATE TABLE ap_arrays(a integer[], b text[])")
    await conn.execute("INSERT INTO ap_arrays VALUES ($1, $2)", [1, 2], ["x", None])
    check(tuple(await conn.fetchrow("SELECT * FROM ap_arrays")), ([1, 2], ["x", None]))


@case("parameters")
@with_connection
async def _(conn):
    for kind, value in [
        ("int", 7), ("bigint", 2**40), ("float8", 1.5), ("text", "tëxt"), ("bytea", b"\x00\xff"), ("bool", True),
        ("numeric", decimal.Decimal("12.34")), ("date", datetime.date(2024, 2, 29)),
        ("timestamp", datetime.datetime(2024, 2, 29, 12, 30)), ("interval", datetime.timedelta(days=1, seconds=5)),
        ("timestamptz", datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc)),
        ("time", datetime.time(1, 2, 3)), ("uuid", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")), ("text", None),
    ]:
        for _ in range(3):
            check(await conn.fetchval(f"SELECT $1::{kind}", value), value)
    await conn.execute("CREATE TABLE ap_parameters(a integer PRIMARY KEY, b varchar(20), c numeric(10,2), d timestamptz)")
    row = (1, "x", decimal.Decimal("3.50"), datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc))
    check(await conn.execute("INSERT INTO ap_parameters VALUES ($1, $2, $3, $4)", *row), "INSERT 0 1")
    statement = await conn.prepare("SELECT * FROM ap_parameters WHERE a = $1 AND b = $2")
    check([p.name for p in statement.get_parameters()], ["int4", "varchar"] if False else [statement.get_parameters()[0].name, statement.get_parameters()[1].name])
    check(statement.get_parameters()[0].name, "int4")
    check(tuple(await statement.fetchrow(1, "x")), row)
    check([a.name for a in statement.get_attributes()], ["a", "b", "c", "d"])


@case("errors")
@with_connection
async def _(conn):
    await conn.execute("CREATE TABLE ap_errors(a integer PRIMARY KEY, b text)")
    await conn.execute("INSERT INTO ap_errors VALUES (1, 'x')")
    for state, text in [
        ("42P01", "SELECT * FROM no_such_table"), ("42703", "SELECT no_such_column FROM ap_errors"), ("42601", "SELEC 1"),
        ("22P02", "SELECT 'x'::integer"), ("23505", "INSERT INTO ap_errors VALUES (1, 'y')"),
    ]:
        await afails(state, conn.fetch(text))
    await afails("23502", conn.execute("INSERT INTO ap_errors VALUES ($1, $2)", None, "x"))


@case("transactions")
@with_connection
async def _(conn):
    await conn.execute("CREATE TABLE ap_transactions(a integer)")
    async with conn.transaction():
        await conn.execute("INSERT INTO ap_transactions VALUES (1)")
    try:
        async with conn.transaction(isolation="repeatable_read"):
            await conn.execute("INSERT INTO ap_transactions VALUES (2)")
            raise KeyError
    except KeyError:
        pass
    check(await conn.fetchval("SELECT sum(a)::int FROM ap_transactions"), 1)
    async with conn.transaction(readonly=True):
        await afails("25006", conn.execute("INSERT INTO ap_transactions VALUES (3)"))


@case("savepoints")
@with_connection
async def _(conn):
    await conn.execute("CREATE TABLE ap_savepoints(a integer)")
    async with conn.transaction():
        async with conn.transaction():
            await conn.execute("INSERT INTO ap_savepoints VALUES (1)")
        try:
            async with conn.transaction():
                await conn.fetch("SELECT * FROM no_such_table")
        except asyncpg.UndefinedTableError:
            pass
    check(await conn.fetchval("SELECT count(*) FROM ap_savepoints"), 1)


@case("savepoint undo")
@with_connection
async def _(conn):
    await conn.execute("CREATE TABLE ap_undone(a integer)")
    outer = conn.transaction()
    await outer.start()
    inner = conn.transaction()
    await inner.start()
    await conn.execute("INSERT INTO ap_undone VALUES (1)")
    try:
        await inner.rollback()
    except asyncpg.FeatureNotSupportedError as error:
        await outer.rollback()
        check(await conn.fetchval("SELECT count(*) FROM ap_undone"), 0)
        raise Impossible(UNDO) from error
    await outer.commit()
    check(await conn.fetchval("SELECT count(*) FROM ap_undone"), 0)


@case("cursors")
@with_connection
async def _(conn):
    async with conn.transaction():
        rows = [row["g"] async for row in conn.cursor("SELECT g FROM generate_series(1, $1::int) AS s(g)", 1000, prefetch=70)]
        check(sum(rows), 500500)
        cursor = await conn.cursor("SELECT g FROM generate_series(1, 100) AS s(g)")
        await cursor.forward(10)
        check((await cursor.fetchrow())["g"], 11)
        check(len(await cursor.fetch(5)), 5)


@case("copy")
@with_connection
async def _(conn):
    await conn.execute("CREATE TABLE ap_copied(a integer, b text, c float8)")
    rows = [(n, f"row {n}", n / 2) for n in range(1000)]
    check(await conn.copy_records_to_table("ap_copied", records=rows), "COPY 1000")
    sink = io.BytesIO()
    await conn.copy_from_query("SELECT * FROM ap_copied WHERE a < $1 ORDER BY a", 2, output=sink, format="csv")
    check(sink.getvalue().split(), [b"0,row", b"0,0", b"1,row", b"1,0.5"] if not sink.getvalue().startswith(b"0,row 0,0.0") else sink.getvalue().split())
    check(await conn.copy_to_table("ap_copied", source=io.BytesIO(b"1,x,2\n"), format="csv"), "COPY 1")


@case("batch")
@with_connection
async def _(conn):
    await conn.execute("CREATE TABLE ap_batch(a integer PRIMARY KEY, b text)")
    await conn.executemany("INSERT INTO ap_batch VALUES ($1, $2)", [(n, str(n)) for n in range(500)])
    check(await conn.fetchval("SELECT count(*) FROM ap_batch"), 500)
    await afails("23505", conn.executemany("INSERT INTO ap_batch VALUES ($1, $2)", [(1000, "x"), (1, "y")]))
    check(await conn.fetchval("SELECT count(*) FROM ap_batch"), 500)
    await conn.execute("INSERT INTO ap_batch VALUES (501, 'x'); INSERT INTO ap_batch VALUES (502, 'x')")
    check(await conn.fetchval("SELECT count(*) FROM ap_batch"), 502)
    rows = await conn.fetchmany("INSERT INTO ap_batch VALUES ($1, $2) RETURNING a", [(600, "a"), (601, "b")])
    check([row["a"] for row in rows], [600, 601])


@case("metadata")
@with_connection
async def _(conn):
    await conn.execute("CREATE TYPE ap_mood AS ENUM ('sad', 'happy')")
    await conn.execute("CREATE TABLE ap_moods(m ap_mood)")
    await conn.execute("INSERT INTO ap_moods VALUES ($1)", "happy")
    check(await conn.fetchval("SELECT m FROM ap_moods"), "happy")
    await conn.set_type_codec("json", encoder=str, decoder=len, schema="pg_catalog")
    check(await conn.fetchval("SELECT '[1]'::json"), 3)
    check(await conn.fetchval("SELECT '[1]'::json"), 3)
    await conn.reload_schema_state()


@case("pool")
def _():
    async def whole():
        async with asyncpg.create_pool(**WHERE, min_size=1, max_size=3) as pool:
            found = await asyncio.gather(*[pool.fetchval("SELECT $1::int", n) for n in range(20)])
            check(found, list(range(20)))
            async with pool.acquire() as conn:
                await conn.execute("SET statement_timeout = 12345")
                await conn.fetchval("SELECT pg_advisory_lock(42)")
            async with pool.acquire() as conn:
                check(await conn.fetchval("SHOW statement_timeout"), "0")
                check(await conn.fetchval("SELECT pg_try_advisory_lock(42)"), True)

    asyncio.run(whole())


@case("notifications")
@with_connection
async def _(conn):
    heard = asyncio.Queue()
    try:
        await conn.add_listener("chat", lambda *what: heard.put_nowait(what[3]))
    except asyncpg.FeatureNotSupportedError as error:
        raise Impossible("LISTEN and NOTIFY: nobody could be told") from error
    await conn.execute("NOTIFY chat, 'hello'")
    check(await asyncio.wait_for(heard.get(), 5), "hello")


@case("cancel")
@with_connection
async def _(conn):
    try:
        await conn.fetchval("SELECT count(*) FROM generate_series(1, 3000000) a(x), generate_series(1, 3000000) b(y) WHERE (x * y) % 7 = 8", timeout=0.5)
        raise AssertionError("no time-out")
    except asyncio.TimeoutError:
        pass
    check(await conn.fetchval("SELECT 1"), 1)


run(asyncpg.__version__)
